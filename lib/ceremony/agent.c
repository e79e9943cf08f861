/*
 * Keys behind the caller's SSH agent, for sudo in a session from another
 * machine: the half that verifies, and a process that talks.
 *
 * 1. The half that verifies MUST NOT talk to the agent: another process does,
 *    with the user's rights and no more, which hands back one signature.
 * 2. Nothing of the caller's environment MUST count but where the socket is
 *    said to be; whatever answers there proves nothing but by a signature over
 *    a challenge of ours.
 * 3. A counter of an SSH credential MUST NOT be held against that of the
 *    other credential of its key: keys may count each alone.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/sshagent.h"

#define DOMAIN      "aas-agent-v1"
#define COUNTER     "aas-ssh-counter"
#define ENVIRON_MAX (256u * 1024u)
#define PATH_LEN    108 /* of a socket's address */
#define NAME        "SSH_AUTH_SOCK="
#define NOBODY      65534

struct round {
	struct aas_agent_want want;
	unsigned key[AAS_KEYS_MAX]; /* which of c->keys that is */
	uint32_t issued[AAS_KEYS_MAX];
	uint8_t data[sizeof(DOMAIN) + 32];
	uint8_t hash[32]; /* of the data */
};

/* What the other process says: one packet. */
struct said {
	int32_t r; /* 0, or an enum aas_err */
	uint32_t which;
	uint32_t len;
	uint8_t sig[AAS_SSHSIG_MAX];
};

/* --- where the agent is --- */

static int
find_in(const char *env, size_t len, char path[PATH_LEN])
{
	for (const char *p = env; p < env + len;) {
		size_t n = strnlen(p, (size_t)(env + len - p));

		if (n > sizeof(NAME) - 1 &&
		    memcmp(p, NAME, sizeof(NAME) - 1) == 0) {
			n -= sizeof(NAME) - 1;
			if (n >= PATH_LEN)
				return AAS_ERR_NOTFOUND;
			memcpy(path, p + sizeof(NAME) - 1, n);
			path[n] = '\0';
			return path[0] == '/' ? AAS_OK : AAS_ERR_NOTFOUND;
		}
		p += n + 1;
	}
	return AAS_ERR_NOTFOUND;
}

/* As the program that asks us was started, by a stranger. */
static int
find_path(char path[PATH_LEN])
{
	char name[64];
	char *env = malloc(ENVIRON_MAX);
	size_t len = 0;
	ssize_t n = 1;
	int fd = -1, r = AAS_ERR_NOTFOUND;

	(void)snprintf(
	    name, sizeof(name), "/proc/%ld/environ", (long)getppid());
	if (env != NULL)
		fd = aas_fs_high(open(name, O_RDONLY | O_CLOEXEC));
	while (fd != -1 && n > 0 && len < ENVIRON_MAX) {
		if ((n = read(fd, env + len, ENVIRON_MAX - len)) > 0)
			len += (size_t)n;
	}
	aas_close(&fd);
	if (env != NULL && len > 0)
		r = find_in(env, len, path);
	free(env);
	return r;
}

/* --- the process that talks --- */

/* The user's rights, and nothing of ours. */
static int
become(uid_t uid, int *sock)
{
	static const struct rlimit none = { 0, 0 }, few = { 16, 16 };
	int fd = fcntl(*sock, F_DUPFD_CLOEXEC, 16);

	if (fd == -1 || dup2(fd, 0) == -1 ||
	    syscall(SYS_close_range, 1U, ~0U, 0U) == -1)
		return AAS_ERR_SYS;
	*sock = 0;
	if (setgroups(0, NULL) == -1 ||
	    setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	    setresuid(uid, uid, uid) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    setrlimit(RLIMIT_FSIZE, &none) == -1 ||
	    setrlimit(RLIMIT_NOFILE, &few) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

static _Noreturn void
talk(const struct aas_cer *c, const struct round *t, const char *path, int sock)
{
	struct said s;
	size_t len = 0;
	unsigned which = 0;

	memset(&s, 0, sizeof(s));
	if (become((uid_t)c->rq.uid, &sock) != AAS_OK)
		_exit(126);
	s.r = aas_agent_sign(
	    path, (uid_t)c->rq.uid, &t->want, c->until_ms, &which, s.sig, &len);
	s.which = which;
	s.len = (uint32_t)len;
	(void)send(sock, &s, sizeof(s), MSG_NOSIGNAL);
	_exit(0);
}

/* Its packet, with an ear for the caller. */
static int
await(struct aas_cer *c, int fd, struct said *s)
{
	for (;;) {
		struct pollfd p[2] = { { fd, POLLIN, 0 },
			{ c->sock, POLLIN, 0 } };
		int64_t left = c->until_ms - aas_clock_ms();
		ssize_t n;
		int r;

		if (left <= 0)
			return aas_cer_fail(c, AAS_WHY_TIMEOUT);
		if (poll(p, 2, (int)left) == -1 && errno != EINTR)
			return aas_cer_fail(c, AAS_WHY_SYSTEM);
		if (p[1].revents != 0 && (r = aas_cer_hear(c)) != AAS_OK)
			return r;
		if (p[0].revents == 0)
			continue;
		n = recv(fd, s, sizeof(*s), MSG_DONTWAIT);
		if (n != (ssize_t)sizeof(*s) || s->len > sizeof(s->sig) ||
		    s->r > 0)
			return aas_cer_fail(c, AAS_WHY_AGENT);
		return AAS_OK;
	}
}

static int
ask(struct aas_cer *c, const struct round *t, const char *path, struct said *s)
{
	int sv[2] = { -1, -1 };
	pid_t pid = -1;
	int r = AAS_ERR_SYS;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == 0)
		pid = fork();
	if (pid == 0)
		talk(c, t, path, sv[1]);
	aas_close(&sv[1]);
	if (pid > 0) {
		r = await(c, sv[0], s);
		(void)kill(pid, SIGKILL); /* not reaped yet: it is that one */
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
	} else {
		(void)aas_cer_fail(c, AAS_WHY_SYSTEM);
	}
	aas_close(&sv[0]);
	return r;
}

/* --- the half that verifies --- */

static const struct aas_index_key *
in_index(const struct aas_cer *c, const struct aas_cer_key *k)
{
	for (size_t i = 0; i < c->ix.keys_n && i < AAS_KEYS_MAX; i++) {
		if (memcmp(c->ix.keys[i].id, k->id, sizeof(k->id)) == 0)
			return &c->ix.keys[i];
	}
	return NULL;
}

/* What its counter is kept under. */
static int
counter_id(const uint8_t *blob, size_t len, uint8_t id[32])
{
	return aas_sha256(COUNTER, sizeof(COUNTER), blob, len, NULL, 0, id);
}

/* Keys that may answer, and one challenge for all of them. */
static int
prepare(struct aas_cer *c, struct round *t)
{
	uint8_t id[32];

	memset(t, 0, sizeof(*t));
	for (unsigned i = 0; i < c->keys_n; i++) {
		const struct aas_index_key *k = in_index(c, &c->keys[i]);
		uint32_t issued = 0;
		int refused = 0;

		if (k == NULL || k->ssh_len == 0 || c->keys[i].used ||
		    aas_cer_issue(c, &c->keys[i]) != AAS_OK ||
		    counter_id(k->ssh, k->ssh_len, id) != AAS_OK ||
		    aas_store_counter_get(
			c->store, c->rq.uid, id, &issued, &refused) != AAS_OK ||
		    refused)
			continue;
		t->key[t->want.n] = i;
		t->issued[t->want.n] = issued;
		t->want.key[t->want.n].blob = k->ssh;
		t->want.key[t->want.n++].len = k->ssh_len;
	}
	memcpy(t->data, DOMAIN, sizeof(DOMAIN));
	if (aas_cer_challenge(c, t->data + sizeof(DOMAIN)) != AAS_OK ||
	    aas_sha256(t->data, sizeof(t->data), NULL, 0, NULL, 0, t->hash) !=
		AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	t->want.data = t->data;
	t->want.data_len = sizeof(t->data);
	return t->want.n > 0 ? AAS_OK : aas_cer_fail(c, AAS_WHY_AGENT);
}

/* The signature as the assertion that it is. */
static int
verify(struct aas_cer *c, const struct round *t, const struct said *s,
    uint8_t *flags, uint32_t *counter)
{
	const uint8_t *blob = t->want.key[s->which].blob;
	size_t len = t->want.key[s->which].len;
	unsigned why = AAS_WHY_SIGNATURE;
	struct aas_cred cred;
	struct aas_proof pf;
	char rp[sizeof(c->rp) + 4];
	uint8_t rp_hash[32];

	(void)snprintf(rp, sizeof(rp), "ssh:%s", c->rp);
	if (aas_sshsk_key(blob, len, &cred) != AAS_OK ||
	    strcmp(cred.rp, rp) != 0)
		return aas_cer_fail(c, AAS_WHY_RP);
	if (aas_sha256(rp, strlen(rp), NULL, 0, NULL, 0, rp_hash) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	if (aas_sshsk_sig(s->sig, s->len, &cred, rp_hash, &pf) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SIGNATURE);
	/* SSH names no credential id: the key is the one that was asked for. */
	cred.id_len = pf.id_len = 1;
	if (aas_assertion_verify(&cred, t->hash, (c->rq.flags & AAS_RQ_UV) != 0,
		&pf, flags, counter, &why) != AAS_OK)
		return aas_cer_fail(
		    c, why == AAS_WHY_OK ? AAS_WHY_SIGNATURE : why);
	return AAS_OK;
}

static int
check(struct aas_cer *c, const struct round *t, const struct said *s,
    uint8_t *flags)
{
	struct aas_cer_key *k = NULL;
	uint32_t counter = 0;
	uint8_t id[32];
	int r;

	if (s->r != AAS_OK || s->which >= t->want.n)
		return aas_cer_fail(c,
		    s->r == AAS_ERR_TIMEOUT ? AAS_WHY_TIMEOUT : AAS_WHY_AGENT);
	if ((r = verify(c, t, s, flags, &counter)) != AAS_OK)
		return r;
	k = &c->keys[t->key[s->which]];
	if (counter_id(t->want.key[s->which].blob, t->want.key[s->which].len,
		id) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	r = aas_store_counter_put(
	    c->store, c->rq.uid, id, t->issued[s->which], counter);
	if (r == AAS_ERR_DENIED)
		return aas_cer_fail(c, AAS_WHY_COUNTER);
	if (r != AAS_OK)
		aas_log(LOG_WARNING, "counter not stored: uid=%u err=\"%s\"",
		    (unsigned)c->rq.uid, aas_strerror(r));
	k->used = 1;
	return AAS_OK;
}

int
aas_cer_agent(struct aas_cer *c)
{
	unsigned need = c->rq.present == 2 ? 2 : 1;
	char path[PATH_LEN];
	struct round t;
	struct said s;
	uint8_t flags = 0, uv = 1;
	int r;

	if (find_path(path) != AAS_OK)
		return aas_cer_failf(c, AAS_WHY_AGENT,
		    "This shell came from another machine and has no SSH "
		    "agent, by which a key of yours there could answer. Sign "
		    "in with ssh -A, with the key in your agent.");
	for (unsigned i = 0; i < need; i++) {
		if ((r = prepare(c, &t)) != AAS_OK ||
		    (r = aas_cer_info(
			 c, "Touch your key, where your SSH agent is.")) !=
			AAS_OK ||
		    (r = ask(c, &t, path, &s)) != AAS_OK ||
		    (r = check(c, &t, &s, &flags)) != AAS_OK)
			return r;
		aas_cer_answered(c, t.key[s.which], i);
		uv = uv && (flags & AAS_AD_UV) != 0;
	}
	c->v.uv = uv;
	return AAS_OK;
}
