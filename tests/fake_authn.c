/*
 * Stands in for aas-authn, aas-unlock and aas-enroll where the module is
 * tested, not the ceremony: it does what the file "script" beside it says, one
 * command a line, and writes what it was asked to the file "log".
 *
 *	info TEXT, error TEXT     show
 *	secret TEXT, ask TEXT     prompt; the reply goes to the log
 *	grant N                   verdict granted, by N keys
 *	grant-state STATE [TIME]  verdict granted with that enum aas_state and
 *	                          deadline
 *	refuse REASON STATE TEXT  verdict refused
 *	kind I MAKE BACKUP        key I of the next verdict: first byte of its
 *	                          AAGUID, backup flags
 *	key I BYTE                key I of the next verdict: first byte of its
 *id nonce, uid, op, uv, same, word  spoil that part of the next verdict renew
 *FILE TO             rename FILE, both below the parent directory junk N, type
 *N, long      send broken messages exit, hang, slow MS       end, never answer,
 *wait
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/frame.h"
#include "lib/proto.h"
#include "lib/reason.h"

static struct aas_request rq;
static struct aas_verdict v;
static struct aas_frame in;
static uint8_t out[AAS_FRAME_MAX];
static FILE *logfile;
static char dir[512];

static void
send_text(uint8_t type, const char *text)
{
	static uint32_t serial;
	struct aas_text t = { 0 };
	struct aas_reply r;
	size_t len = 0;
	int ask = type == AAS_MSG_SECRET || type == AAS_MSG_ASK;

	t.serial = ask ? ++serial : 0;
	(void)snprintf(t.text, sizeof(t.text), "%s", text);
	if (aas_text_put(type, &t, out, sizeof(out), &len) != 0 ||
	    aas_frame_send(0, type, out, len) != 0)
		exit(3);
	if (!ask)
		return;
	if (aas_frame_recv(0, 20000, &in) != 0 || in.type != AAS_MSG_REPLY ||
	    aas_reply_get(in.b, in.len, &r) != 0) {
		fprintf(logfile, "noreply\n");
		exit(4);
	}
	fprintf(logfile, "reply %u %u %s\n", r.serial == t.serial, r.status,
	    r.text);
	if (r.status != 0)
		exit(5);
}

static void
verdict(uint32_t result, unsigned reason, const char *text)
{
	size_t len = 0;

	v.result ^= result; /* "word" left one bit in it */
	v.reason = (uint16_t)reason;
	v.op ^= rq.op;
	v.uid ^= rq.uid;
	for (int i = 0; i < AAS_NONCE_LEN; i++)
		v.nonce[i] ^= rq.nonce[i];
	(void)snprintf(v.text, sizeof(v.text), "%s", text);
	if (aas_verdict_put(&v, out, sizeof(out), &len) == 0)
		(void)aas_frame_send(0, AAS_MSG_VERDICT, out, len);
	fclose(logfile);
	exit(0);
}

static void
grant(const char *arg)
{
	v.keys_n = (uint8_t)atoi(arg);
	v.uv ^= 1;
	if (v.keys_n > 0)
		(void)snprintf(v.label[0], sizeof(v.label[0]), "blue");
	if (v.keys_n > 1)
		(void)snprintf(v.label[1], sizeof(v.label[1]), "spare");
	if (v.key[1][0] == 0xff)
		memset(v.key[1], 0, sizeof(v.key[1]));
	else if (v.keys_n > 1 && v.key[1][0] == 0)
		v.key[1][0] = 1;
	verdict(AAS_GRANTED, AAS_WHY_OK, "");
}

static void
kind(const char *arg)
{
	unsigned i = 0, make = 0, backup = 0;

	if (sscanf(arg, "%u %u %u", &i, &make, &backup) != 3 || i > 1)
		return;
	v.aaguid[i][0] = (uint8_t)make;
	v.backup[i] = (uint8_t)backup;
}

static void
key(const char *arg)
{
	unsigned i = 0, byte = 0;

	if (sscanf(arg, "%u %u", &i, &byte) == 2 && i < 2)
		v.key[i][0] = (uint8_t)byte;
}

static void
nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

static void
refuse(char *arg)
{
	char *end = NULL;
	unsigned reason = (unsigned)strtoul(arg, &end, 10);

	v.state = (uint8_t)strtoul(end, &end, 10);
	verdict(AAS_REFUSED, reason, *end == ' ' ? end + 1 : end);
}

static void
renew(char *arg)
{
	char from[1024], to[1024];
	char *sp = strchr(arg, ' ');

	if (sp == NULL)
		return;
	*sp = '\0';
	(void)snprintf(from, sizeof(from), "%s/../%s", dir, arg);
	(void)snprintf(to, sizeof(to), "%s/../%s", dir, sp + 1);
	(void)rename(from, to);
}

static void
junk(const char *cmd, const char *arg)
{
	static uint8_t big[AAS_FRAME_MAX + 64];

	if (strcmp(cmd, "junk") == 0)
		(void)send(0, "AA?", (size_t)atoi(arg) % 4, MSG_NOSIGNAL);
	else if (strcmp(cmd, "type") == 0)
		(void)aas_frame_send(0, (uint8_t)atoi(arg), "x", 1);
	else
		(void)send(0, big, sizeof(big), MSG_NOSIGNAL);
}

static void
command(const char *cmd, char *arg)
{
	if (strcmp(cmd, "info") == 0)
		send_text(AAS_MSG_INFO, arg);
	else if (strcmp(cmd, "error") == 0)
		send_text(AAS_MSG_ERROR, arg);
	else if (strcmp(cmd, "secret") == 0)
		send_text(AAS_MSG_SECRET, arg);
	else if (strcmp(cmd, "ask") == 0)
		send_text(AAS_MSG_ASK, arg);
	else if (strcmp(cmd, "grant") == 0)
		grant(arg);
	else if (strcmp(cmd, "grant-state") == 0) {
		v.state = (uint8_t)strtoul(arg, &arg, 10);
		v.deadline_s = strtoll(arg, NULL, 10);
		verdict(AAS_GRANTED, AAS_WHY_OK, "");
	} else if (strcmp(cmd, "refuse") == 0)
		refuse(arg);
	else if (strcmp(cmd, "kind") == 0)
		kind(arg);
	else if (strcmp(cmd, "key") == 0)
		key(arg);
	else if (strcmp(cmd, "nonce") == 0)
		v.nonce[15] = 1;
	else if (strcmp(cmd, "uid") == 0)
		v.uid = 1;
	else if (strcmp(cmd, "op") == 0)
		v.op = 7;
	else if (strcmp(cmd, "uv") == 0)
		v.uv = 1;
	else if (strcmp(cmd, "same") == 0)
		v.key[1][0] = 0xff;
	else if (strcmp(cmd, "word") == 0)
		v.result = 1;
	else if (strcmp(cmd, "renew") == 0)
		renew(arg);
	else if (strcmp(cmd, "hang") == 0)
		nap(1000000);
	else if (strcmp(cmd, "slow") == 0)
		nap(atoi(arg));
	else if (strcmp(cmd, "exit") == 0)
		exit(0);
	else
		junk(cmd, arg);
}

static FILE *
open_beside(const char *name, const char *how)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fopen(path, how);
}

/* What the process was given, for the test that counts it. */
static void
log_process(void)
{
	extern char **environ;
	sigset_t set;
	int n = 0, blocked = 0, i;

	for (i = 3; i < 256; i++)
		n += fcntl(i, F_GETFD) != -1;
	(void)sigprocmask(SIG_SETMASK, NULL, &set);
	for (i = 1; i < 32; i++)
		blocked += sigismember(&set, i) == 1;
	fprintf(logfile, "process fds=%d env=%d blocked=%d leader=%d\n", n,
	    environ[0] != NULL, blocked, getsid(0) == getpid());
}

int
main(int argc, char **argv)
{
	char line[2048], *arg;
	FILE *f;
	ssize_t n;

	(void)argc;
	n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (n <= 0)
		return 1;
	dir[n] = '\0';
	*strrchr(dir, '/') = '\0';
	if ((logfile = open_beside("log", "ae")) == NULL)
		logfile = fopen("/dev/null", "we");
	setvbuf(logfile, NULL, _IOLBF, 0);
	log_process();
	if (aas_frame_recv(0, 20000, &in) != 0 || in.type != AAS_MSG_REQUEST ||
	    aas_request_get(in.b, in.len, &rq) != 0)
		return 2;
	fprintf(logfile,
	    "request %s op=%u flags=%u uid=%u user=%s service=%s "
	    "present=%u timeout=%u bound=%u listed=%u makes=%u\n",
	    argv[0], rq.op, rq.flags, rq.uid, rq.user, rq.service, rq.present,
	    rq.timeout_s, rq.kinds.device_bound, rq.kinds.listed,
	    rq.kinds.aaguids_n);
	(void)snprintf(line, sizeof(line), "script.%u", rq.op);
	if ((f = open_beside(line, "re")) == NULL &&
	    (f = open_beside("script", "re")) == NULL)
		return 6;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		arg = strchr(line, ' ');
		if (arg != NULL)
			*arg++ = '\0';
		command(line, arg != NULL ? arg : line + strlen(line));
	}
	return 0;
}
