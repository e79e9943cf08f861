/*
 * A caller of aas-authn and aas-unlock for tests: speaks the protocol, prints
 * what the helper says, one line each, and answers its prompts from the
 * command line.  For scripts; must never be installed.
 *
 *	authn_client policy FILE STATEDIR RUNDIR REALM
 *	authn_client path	where this build looks for its state
 *	authn_client OP [OPTION...]
 *
 * OP: assert, verify, preflight, make, enroll (make, prove and store), raw.
 * SIGUSR1 makes it send a cancel.  Exit: 0 granted, 1 refused, 2 no verdict, 64
 *wrong use.
 */
#include <sys/random.h>

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/fs.h"
#include "lib/proto.h"
#include "lib/reason.h"
#include "lib/spawn.h"
#include "lib/store/store.h"
#include "policy/policy.h"
#include "policy/rule.h"

#define USAGE    64
#define REPLIES  8
#define PATIENCE 30000

struct script {
	const char *helper;
	const char *pins[REPLIES]; /* the last one again and again */
	size_t pins_n, pins_at;
	const char *ask; /* NULL: give up */
	const char *statedir;
	const char *labels;    /* enroll: "blue,spare" */
	const char *quit_on;   /* hang up when a line starts so */
	const char *cancel_on; /* send a cancel then */
	const char *extra;     /* raw: what to break */
};

static struct aas_request rq;
static struct aas_frame frame;
static struct aas_verdict verdict;
static struct aas_made made;
static struct aas_proof proofs[AAS_KEYS_MAX];
static size_t proofs_n;

static int cancel_sock = -1;

/* SIGUSR1: what a host sends when its user gives up. */
static void
cancel(int sig)
{
	static const uint8_t msg[] = { 'A', 'A', AAS_FRAME_VERSION,
		AAS_MSG_CANCEL };

	(void)sig;
	if (write(cancel_sock, msg, sizeof(msg)) == -1)
		_exit(2);
}

static void
must(int r, const char *what)
{
	if (r != AAS_OK)
		errx(2, "%s: %s", what, aas_strerror(r));
}

static void
reply(int sock, const struct aas_text *t, const char *text)
{
	struct aas_reply rp = { .serial = t->serial };
	uint8_t buf[512];
	size_t len;

	if (text == NULL)
		rp.status = 1;
	else
		(void)snprintf(rp.text, sizeof(rp.text), "%s", text);
	must(aas_reply_put(&rp, buf, sizeof(buf), &len), "reply");
	(void)aas_frame_send(sock, AAS_MSG_REPLY, buf, len);
}

static const char *
next_pin(struct script *s)
{
	if (s->pins_n == 0)
		return NULL;
	if (s->pins_at < s->pins_n - 1)
		return s->pins[s->pins_at++];
	return s->pins[s->pins_n - 1];
}

/* Text and prompts. */
static void
show(struct script *s, int sock)
{
	static const char *const names[] = { "INFO", "ERROR", "SECRET", "ASK" };
	struct aas_text t;
	char line[AAS_TEXT_MAX + 16];

	must(aas_text_get(frame.type, frame.b, frame.len, &t), "text");
	(void)snprintf(line, sizeof(line), "%s %s",
	    names[frame.type - AAS_MSG_INFO], t.text);
	puts(line);
	if (frame.type == AAS_MSG_SECRET)
		reply(sock, &t, next_pin(s));
	else if (frame.type == AAS_MSG_ASK)
		reply(sock, &t, s->ask);
}

static void
show_key(void)
{
	static const char *const states[] = { "?", "yours", "foreign",
		"faulty" };
	struct aas_plugged k;

	must(aas_plugged_get(frame.b, frame.len, &k), "key");
	printf("KEY state=%s label=%s pin=%u uv=%u pin_retries=%u\n",
	    states[k.state], k.label, k.pin, k.uv, k.pin_retries);
}

static int
show_verdict(void)
{
	const struct aas_verdict *v = &verdict;

	must(aas_verdict_get(frame.b, frame.len, &verdict), "verdict");
	if (memcmp(v->nonce, rq.nonce, sizeof(v->nonce)) != 0 ||
	    v->op != rq.op || v->uid != rq.uid)
		errx(2, "verdict of another request");
	printf("VERDICT %s reason=%s keys=%u label=%s%s%s uv=%u state=%s "
	       "text=%s\n",
	    v->result == AAS_GRANTED ? "granted" : "refused",
	    aas_reason_code(v->reason), v->keys_n, v->label[0],
	    v->label[1][0] != '\0' ? "," : "", v->label[1], v->uv,
	    aas_state_name(v->state), v->text);
	return v->result == AAS_GRANTED ? 0 : 1;
}

static void
send_request(const struct script *s, int sock)
{
	static uint8_t buf[AAS_FRAME_MAX];
	size_t len;

	must((int)-(getrandom(rq.nonce, sizeof(rq.nonce), 0) !=
		 (ssize_t)sizeof(rq.nonce)),
	    "getrandom");
	must(aas_request_put(&rq, buf, sizeof(buf) - 1, &len), "request");
	if (s->extra != NULL && strcmp(s->extra, "trailing") == 0)
		buf[len++] = 0;
	if (s->extra != NULL && strcmp(s->extra, "truncated") == 0)
		len /= 2;
	must(aas_frame_send(sock, AAS_MSG_REQUEST, buf, len), "send");
	if (s->extra != NULL && strcmp(s->extra, "unasked-reply") == 0) {
		struct aas_text t = { .serial = 1 };

		reply(sock, &t, "1234");
	}
}

/* One conversation.  0 granted, 1 refused, 2 no verdict. */
static int
talk(struct script *s)
{
	char *argv[] = { (char *)(uintptr_t) "helper", NULL };
	struct aas_child c = AAS_CHILD_NONE;
	int end = -1, r;

	must(aas_spawn(s->helper, argv, &c), s->helper);
	cancel_sock = c.sock;
	send_request(s, c.sock);
	while (end == -1) {
		r = aas_frame_recv(c.sock, PATIENCE, &frame);
		if (r != AAS_OK) {
			printf("END %s\n", aas_strerror(r));
			end = 2;
			break;
		}
		switch (frame.type) {
		case AAS_MSG_INFO:
		case AAS_MSG_ERROR:
		case AAS_MSG_SECRET:
		case AAS_MSG_ASK:
			show(s, c.sock);
			break;
		case AAS_MSG_KEY:
			show_key();
			break;
		case AAS_MSG_CRED:
			must(aas_made_get(frame.b, frame.len, &made), "made");
			puts("CRED");
			break;
		case AAS_MSG_PROOF:
			if (proofs_n == AAS_KEYS_MAX)
				errx(2, "too many proofs");
			must(aas_proof_get(
				 frame.b, frame.len, &proofs[proofs_n++]),
			    "proof");
			puts("PROOF");
			break;
		case AAS_MSG_VERDICT:
			end = show_verdict();
			break;
		default:
			errx(2, "message %u", frame.type);
		}
		(void)fflush(stdout);
	}
	aas_child_end(&c, 5000);
	return end;
}

static void
key_of(struct aas_key *k, const char *label)
{
	memset(k, 0, sizeof(*k));
	(void)snprintf(k->label, sizeof(k->label), "%s", label);
	k->login = made.login;
	k->ssh = made.ssh;
	memcpy(k->aaguid, made.aaguid, sizeof(k->aaguid));
	k->transports = made.transports;
	k->backup = made.flags & (AAS_BE | AAS_BS);
	k->roaming = 1;
	k->counter = made.counter;
}

/* Make each key, let each prove the genesis, store it. */
static int
enroll(struct script *s)
{
	static struct aas_entry e;
	char *names = strdup(s->labels), *at = names, *name, *json, *line;
	struct aas_store *store = NULL;
	struct aas_now now;
	unsigned why;
	int r;

	e.type = AAS_T_GENESIS;
	e.seq = 1;
	e.uid = rq.uid;
	e.recovery_wait_s = 72 * 3600;
	(void)snprintf(e.user, sizeof(e.user), "%s", rq.user);
	(void)snprintf(e.realm, sizeof(e.realm), "%s", rq.realm);
	(void)snprintf(e.host, sizeof(e.host), "test");
	must(aas_clock_now(&now), "clock");
	e.time_s = now.real_s;
	rq.op = AAS_OP_MAKE;
	while ((name = strsep(&at, ",")) != NULL) {
		(void)snprintf(rq.label, sizeof(rq.label), "%s", name);
		if ((r = talk(s)) != 0)
			return r;
		key_of(&e.keys[e.keys_n], name);
		rq.creds[rq.creds_n].c = made.login;
		(void)snprintf(
		    rq.creds[rq.creds_n].label, AAS_LABEL_MAX, "%s", name);
		e.keys_n++;
		rq.creds_n++;
	}
	e.recovery_n = 1;
	/* Any point of the curve will do: nobody recovers here. */
	memcpy(e.recovery[0],
	    "\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a"
	    "\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a",
	    32);
	must(aas_entry_payload(&e, &json), "payload");
	must(aas_entry_challenge(json, rq.hash), "challenge");
	rq.op = AAS_OP_PROVE;
	if ((r = talk(s)) != 0)
		return r;
	must(aas_entry_line(json, proofs, proofs_n, NULL, NULL, &line), "line");
	must(aas_store_open(s->statedir, 1, &store), "store");
	r = aas_store_append(store, rq.uid, rq.user, line, AAS_AUTH_HOST, NULL,
	    &now, NULL, &why);
	if (r != AAS_OK)
		errx(2, "append: %s (%s)", aas_strerror(r),
		    aas_reason_code(why));
	aas_store_close(&store);
	free(line);
	free(json);
	free(names);
	puts("ENROLLED");
	return 0;
}

static int
write_policy(char **v)
{
	static struct aas_policy_source src;
	uint8_t *buf;
	size_t len;
	int fd;

	(void)snprintf(src.statedir, sizeof(src.statedir), "%s", v[1]);
	(void)snprintf(src.rundir, sizeof(src.rundir), "%s", v[2]);
	(void)snprintf(src.realm, sizeof(src.realm), "%s", v[3]);
	(void)snprintf(src.libexecdir, sizeof(src.libexecdir), "%s", "/usr");
	src.uv = 1;
	must(aas_policy_compile(&src, &buf, &len), "policy");
	if ((fd = open(v[0], O_WRONLY | O_CREAT | O_TRUNC, 0644)) == -1)
		err(2, "%s", v[0]);
	must(aas_fs_write_all(fd, buf, len), v[0]);
	(void)close(fd);
	free(buf);
	return 0;
}

static uint8_t
op_of(const char *name)
{
	static const struct {
		const char *name;
		uint8_t op;
	} ops[] = {
		{ "assert", AAS_OP_ASSERT },
		{ "make", AAS_OP_MAKE },
		{ "enroll", AAS_OP_MAKE },
		{ "preflight", AAS_OP_PREFLIGHT },
		{ "verify", AAS_OP_VERIFY },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(name, ops[i].name) == 0)
			return ops[i].op;
	errx(USAGE, "unknown operation %s", name);
}

static void
set(char *dst, size_t cap, const char *value)
{
	if ((size_t)snprintf(dst, cap, "%s", value) >= cap)
		errx(USAGE, "too long: %s", value);
}

static void
option(struct script *s, int opt, const char *arg)
{
	switch (opt) {
	case 'u':
		set(rq.user, sizeof(rq.user), arg);
		break;
	case 'U':
		rq.uid = (uint32_t)strtoul(arg, NULL, 10);
		break;
	case 'P':
		set(rq.policy, sizeof(rq.policy), arg);
		break;
	case 'r':
		set(rq.realm, sizeof(rq.realm), arg);
		break;
	case 't':
		rq.timeout_s = (uint32_t)strtoul(arg, NULL, 10);
		break;
	case 'n':
		rq.present = (uint8_t)strtoul(arg, NULL, 10);
		break;
	case 'f':
		if (strcmp(arg, "uv") == 0)
			rq.flags |= AAS_RQ_UV;
		else if (strcmp(arg, "remote") == 0)
			rq.flags |= AAS_RQ_REMOTE;
		else if (strcmp(arg, "confirm") == 0)
			rq.flags |= AAS_RQ_CONFIRM;
		else if (strcmp(arg, "silent") == 0)
			rq.flags |= AAS_RQ_SILENT;
		else
			errx(USAGE, "flag %s", arg);
		break;
	case 'p':
		if (s->pins_n == REPLIES)
			errx(USAGE, "too many PINs");
		s->pins[s->pins_n++] = arg;
		break;
	case 'a':
		s->ask = arg;
		break;
	case 'H':
		s->helper = arg;
		break;
	case 's':
		s->statedir = arg;
		break;
	case 'l':
		s->labels = arg;
		set(rq.label, sizeof(rq.label), arg);
		break;
	case 'x':
		s->extra = arg;
		break;
	default:
		errx(USAGE, "unknown option");
	}
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "user", 1, NULL, 'u' },
		{ "uid", 1, NULL, 'U' },
		{ "policy", 1, NULL, 'P' },
		{ "realm", 1, NULL, 'r' },
		{ "timeout", 1, NULL, 't' },
		{ "present", 1, NULL, 'n' },
		{ "flag", 1, NULL, 'f' },
		{ "pin", 1, NULL, 'p' },
		{ "ask", 1, NULL, 'a' },
		{ "helper", 1, NULL, 'H' },
		{ "statedir", 1, NULL, 's' },
		{ "label", 1, NULL, 'l' },
		{ "break", 1, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	struct script s = { .helper = AAS_LIBEXECDIR "/aas-authn" };
	int opt;

	if (argc == 6 && strcmp(argv[1], "policy") == 0)
		return write_policy(argv + 2);
	if (argc == 2 && strcmp(argv[1], "path") == 0)
		return puts(AAS_STATEDIR) == EOF ? 2 : 0;
	if (argc < 2)
		errx(USAGE, "no operation");
	rq.op = op_of(argv[1]);
	rq.timeout_s = 10;
	rq.present = 1;
	set(rq.service, sizeof(rq.service), "test");
	optind = 2;
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1)
		option(&s, opt, optarg);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGUSR1, cancel);
	if (strcmp(argv[1], "enroll") == 0)
		return enroll(&s);
	return talk(&s);
}
