/*
 * A whole pam_sm_authenticate(), its helper played by the input, its system
 * calls and allocations failing now and then.
 *
 * fuzz-wrap: aas_spawn aas_child_end aas_user_name aas_index_find
 * fuzz-wrap: aas_policy_open_seen aas_ticket_write aas_ticket_drop aas_log
 * fuzz-wrap: geteuid getuid getrandom malloc calloc sendmsg recvmsg poll
 * fuzz-wrap: clock_gettime open openat read fstat
 *
 * Input: flags, state of the record, seed of failures (0: none; 255: among
 * them every getrandom(2)), what the
 * conversation does; then packets, a u16 length before each; a packet of no
 * bytes ends one helper, the next one goes on behind it.
 *
 * What is held here:
 * 1. PAM_SUCCESS only when some helper sent a granted verdict that answers
 *    this very request, for a user with keys, with enough distinct keys and
 *    the user verified; never for a remote sign-in without server_keys.
 * 2. PAM_IGNORE never for a user with keys, whatever fails.
 * 3. A good verdict with nothing failing is PAM_SUCCESS: the two above are
 *    not held by refusing everybody.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAM_SM_AUTH
#include <security/pam_modules.h>

#include "lib/err.h"
#include "lib/frame.h"
#include "lib/record/index.h"
#include "lib/proto.h"
#include "lib/reason.h"
#include "lib/spawn.h"
#include "lib/session/ticket.h"
#include "lib/user.h"
#include "policy/policy.h"
#include "policy/rule.h"
#include "tests/fuzz/fuzz.h"
#include "policy/open.h"

#define F_LOCKER   0x01u /* the host is not root */
#define F_RHOST    0x02u
#define F_SSH      0x04u
#define F_SERVER   0x08u /* server_keys */
#define F_TWO      0x10u /* present = 2 */
#define F_UV       0x20u
#define F_VERIFY   0x40u /* the index does not vouch */
#define F_REQUIRED 0x80u
#define UID        1000
#define ONE_IN     400 /* calls that fail: 0.25 % */
#define NO_RANDOM  255 /* as the seed: getrandom(2) always fails */

static struct {
	unsigned flags, state, seed, conv;
	const uint8_t *p;
	size_t len;
	int active; /* only then do calls fail */
	unsigned rnd;
	int failed; /* calls that did */
	int helpers;
	int peers[8];
	int asked;  /* the conversation, so often */
	void *data; /* of pam_set_data() */
	void (*cleanup)(pam_handle_t *, void *, int);
} g;

/* --- calls that fail -------------------------------------------------------*/

static int
fails(void)
{
	static const int codes[] = { ENOMEM, EIO, EINTR, EMFILE };

	if (!g.active || g.seed == 0)
		return 0;
	g.rnd = g.rnd * 1103515245u + 12345u;
	if ((g.rnd >> 8) % ONE_IN != 0)
		return 0;
	g.failed++;
	errno = codes[(g.rnd >> 4) % 4];
	return 1;
}

#define CALL(type, name, args, pass, bad)  \
	type __real_##name args;           \
	type __wrap_##name args;           \
	type __wrap_##name args            \
	{                                  \
		if (fails())               \
			return bad;        \
		return __real_##name pass; \
	}

CALL(void *, malloc, (size_t n), (n), NULL)
CALL(void *, calloc, (size_t n, size_t m), (n, m), NULL)
CALL(ssize_t, sendmsg, (int s, const struct msghdr *m, int f), (s, m, f), -1)
CALL(ssize_t, recvmsg, (int s, struct msghdr *m, int f), (s, m, f), -1)
CALL(int, poll, (struct pollfd * p, nfds_t n, int ms), (p, n, ms), -1)
CALL(int, clock_gettime, (clockid_t c, struct timespec *t), (c, t), -1)
CALL(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), -1)
CALL(int, fstat, (int fd, struct stat *st), (fd, st), -1)
CALL(int, open, (const char *p, int f, mode_t m), (p, f, m), -1)
CALL(int, openat, (int d, const char *p, int f, mode_t m), (d, p, f, m), -1)

ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);
ssize_t
__wrap_getrandom(void *p, size_t n, unsigned flags)
{
	(void)flags;
	if (fails() || g.seed == NO_RANDOM)
		return -1;
	memset(p, 0x42, n);
	return (ssize_t)n;
}

/* --- the machine around it -------------------------------------------------*/

uid_t __wrap_geteuid(void);
uid_t
__wrap_geteuid(void)
{
	return g.flags & F_LOCKER ? UID : 0;
}

uid_t __wrap_getuid(void);
uid_t
__wrap_getuid(void)
{
	return g.flags & F_LOCKER ? UID : 0;
}

void __wrap_aas_log(int priority, const char *fmt, ...);
void
__wrap_aas_log(int priority, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	(void)priority;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	FUZZ_REQUIRE(strchr(line, '\n') == NULL);
}

int __wrap_aas_user_name(const char *name, struct aas_user *u);
int
__wrap_aas_user_name(const char *name, struct aas_user *u)
{
	if (fails())
		return AAS_ERR_SYS;
	if (strcmp(name, "alice") != 0)
		return AAS_ERR_NOTFOUND;
	memset(u, 0, sizeof(*u));
	memcpy(u->name, "alice", 6);
	u->uid = UID;
	u->gid = UID;
	return AAS_OK;
}

int __wrap_aas_policy_open_seen(
    const char *path, struct aas_fs_seen *seen, struct aas_policy **p);
int
__wrap_aas_policy_open_seen(
    const char *path, struct aas_fs_seen *seen, struct aas_policy **p)
{
	static const char *users[] = { "alice" };
	static const struct aas_rule rule = { .source = "settings",
		.name = "required_users",
		.where = "aas.conf",
		.mode = AAS_MODE_ENFORCE,
		.effect = AAS_EF_REQUIRE,
		.users = { 1, users } };
	struct aas_policy_source src = {
		.realm = "aas.test",
		.statedir = "/nonexistent/state",
		.rundir = "/nonexistent/run",
		.libexecdir = "/nonexistent/libexec",
		.enrolled_min = 2,
		.present = g.flags & F_TWO ? 2 : 1,
		.uv = g.flags & F_UV ? 1 : 0,
		.server_keys = g.flags & F_SERVER ? 1 : 0,
		.timeout_s = 60,
		.session_s = 86400,
		.idle_s = 3600,
		.reauth_s = 300,
		.degraded_s = 604800,
		.rules_n = g.flags & F_REQUIRED ? 1 : 0,
		.rules = &rule,
	};
	uint8_t *buf = NULL;
	size_t len = 0;
	int r;

	(void)path;
	(void)seen;
	if (fails())
		return AAS_ERR_SYS;
	if ((r = aas_policy_compile(&src, &buf, &len)) != AAS_OK)
		return r;
	r = aas_policy_parse(buf, len, p);
	free(buf);
	return r;
}

int __wrap_aas_index_find(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_fs_seen *seen, struct aas_index *ix,
    struct aas_index_cred *creds);
int
__wrap_aas_index_find(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_fs_seen *seen, struct aas_index *ix,
    struct aas_index_cred *creds)
{
	(void)statedir;
	(void)now_s;
	(void)seen;
	(void)creds;
	if (fails())
		return AAS_ERR_SYS;
	FUZZ_REQUIRE(uid == UID && strcmp(name, "alice") == 0);
	if (g.state == AAS_ST_NONE)
		return AAS_ERR_NOTFOUND;
	if ((g.flags & F_VERIFY) && g.helpers == 0)
		return AAS_ERR_AGAIN;
	memset(ix, 0, sizeof(*ix));
	ix->uid = uid;
	memcpy(ix->user, "alice", 6);
	memcpy(ix->realm, "aas.test", 9);
	ix->state = (uint8_t)g.state;
	return AAS_OK;
}

int __wrap_aas_ticket_write(
    const char *rundir, const struct aas_ticket *t, char hex[AAS_TICKET_HEX]);
int
__wrap_aas_ticket_write(
    const char *rundir, const struct aas_ticket *t, char hex[AAS_TICKET_HEX])
{
	(void)rundir;
	FUZZ_REQUIRE(t->uid == UID);
	FUZZ_REQUIRE(!(g.flags & F_LOCKER));
	if (fails())
		return AAS_ERR_SYS;
	memset(hex, 'a', AAS_TICKET_HEX - 1);
	hex[AAS_TICKET_HEX - 1] = '\0';
	return AAS_OK;
}

void __wrap_aas_ticket_drop(
    const char *rundir, const char *hex, const struct aas_proc *me);
void
__wrap_aas_ticket_drop(
    const char *rundir, const char *hex, const struct aas_proc *me)
{
	(void)rundir;
	(void)hex;
	(void)me;
}

/* --- the helper ------------------------------------------------------------*/

/* Take one packet off the input; 0: the end of this helper's. */
static size_t
packet(const uint8_t **p, const uint8_t **rest, size_t *len)
{
	size_t n;

	if (*len < 2)
		return 0;
	n = (size_t)((*rest)[0] << 8 | (*rest)[1]);
	*rest += 2;
	*len -= 2;
	if (n > *len)
		n = *len;
	*p = *rest;
	*rest += n;
	*len -= n;
	return n;
}

int __wrap_aas_spawn(const char *path, char *const argv[], struct aas_child *c);
int
__wrap_aas_spawn(const char *path, char *const argv[], struct aas_child *c)
{
	const uint8_t *p = NULL;
	size_t n;
	int s[2];

	FUZZ_REQUIRE(strstr(path, "/nonexistent/libexec/aas-") == path);
	FUZZ_REQUIRE(argv[0] != NULL && argv[1] == NULL);
	if (g.helpers == 8 || fails() ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) != 0)
		return AAS_ERR_SYS;
	while ((n = packet(&p, &g.p, &g.len)) > 0)
		if (send(s[0], p, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
	(void)shutdown(s[0], SHUT_WR);
	g.peers[g.helpers++] = s[0];
	c->pid = -1;
	c->pidfd = -1;
	c->sock = s[1];
	return AAS_OK;
}

void __wrap_aas_child_end(struct aas_child *c, int grace_ms);
void
__wrap_aas_child_end(struct aas_child *c, int grace_ms)
{
	(void)grace_ms;
	if (c->sock != -1)
		close(c->sock);
	c->sock = -1;
}

/* --- libpam, as a module sees it -------------------------------------------*/

static int
converse(int n, const struct pam_message **m, struct pam_response **r, void *a)
{
	(void)a;
	FUZZ_REQUIRE(n == 1);
	FUZZ_REQUIRE(memchr(m[0]->msg, '\0', PAM_MAX_MSG_SIZE * 4) != NULL);
	g.asked++;
	switch ((g.conv >> (g.asked % 4)) & 3) {
	case 0:
		return PAM_CONV_ERR;
	case 1:
		*r = NULL;
		return PAM_SUCCESS;
	default:
		break;
	}
	*r = __real_calloc(1, sizeof(**r));
	if (m[0]->msg_style <= PAM_PROMPT_ECHO_ON)
		(*r)->resp = strdup(g.conv & 0x80 ? "" : "1234");
	return PAM_SUCCESS;
}

static const struct pam_conv conversation = { converse, NULL };

int
pam_get_item(const pam_handle_t *h, int type, const void **item)
{
	(void)h;
	if (fails())
		return PAM_SYSTEM_ERR;
	*item = NULL;
	switch (type) {
	case PAM_USER:
		*item = "alice";
		break;
	case PAM_SERVICE:
		*item = g.flags & F_SSH ? "sshd" : "login";
		break;
	case PAM_TTY:
		*item = g.flags & F_SSH ? "ssh" : "/dev/tty1";
		break;
	case PAM_RHOST:
		*item = g.flags & F_RHOST ? "192.0.2.1" : NULL;
		break;
	case PAM_CONV:
		*item = &conversation;
		break;
	default:
		break;
	}
	return PAM_SUCCESS;
}

int
pam_get_user(pam_handle_t *h, const char **user, const char *prompt)
{
	(void)prompt;
	return pam_get_item(h, PAM_USER, (const void **)user);
}

int
pam_set_data(pam_handle_t *h, const char *name, void *data,
    void (*cleanup)(pam_handle_t *, void *, int))
{
	(void)name;
	if (fails())
		return PAM_BUF_ERR;
	/* As libpam does with what is set twice. */
	if (g.cleanup != NULL)
		g.cleanup(h, g.data, PAM_DATA_REPLACE);
	g.data = data;
	g.cleanup = cleanup;
	return PAM_SUCCESS;
}

int
pam_get_data(const pam_handle_t *h, const char *name, const void **data)
{
	(void)h;
	(void)name;
	if (g.data == NULL || fails())
		return PAM_NO_MODULE_DATA;
	*data = g.data;
	return PAM_SUCCESS;
}

int
pam_putenv(pam_handle_t *h, const char *name_value)
{
	(void)h;
	FUZZ_REQUIRE(strncmp(name_value, "AAS_TICKET", 10) == 0);
	return fails() ? PAM_BUF_ERR : PAM_SUCCESS;
}

const char *
pam_getenv(pam_handle_t *h, const char *name)
{
	(void)h;
	(void)name;
	return NULL;
}

/* --- what must hold --------------------------------------------------------*/

static int
is_good(const struct aas_verdict *v)
{
	static const uint8_t nonce[AAS_NONCE_LEN] = { 0x42, 0x42, 0x42, 0x42,
		0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42,
		0x42, 0x42 };
	unsigned want = g.flags & F_TWO ? 2 : 1;

	return v->result == AAS_GRANTED && v->op == AAS_OP_ASSERT &&
	    v->uid == UID && memcmp(v->nonce, nonce, sizeof(nonce)) == 0 &&
	    v->keys_n >= want && v->keys_n <= 2 &&
	    (!(g.flags & F_UV) || v->uv == 1) &&
	    (v->keys_n < 2 || memcmp(v->key[0], v->key[1], 32) != 0);
}

/* Good verdicts in the input; *first: one is the very first packet. */
static int
good_ones(const uint8_t *rest, size_t len, int *first)
{
	struct aas_verdict v;
	const uint8_t *p = NULL;
	int count = 0, at = 0;
	size_t n;

	*first = 0;
	while (len >= 2) {
		n = packet(&p, &rest, &len);
		if (n >= AAS_FRAME_HEAD && p[0] == 'A' && p[1] == 'A' &&
		    p[2] == AAS_FRAME_VERSION && p[3] == AAS_MSG_VERDICT &&
		    aas_verdict_get(
			p + AAS_FRAME_HEAD, n - AAS_FRAME_HEAD, &v) == AAS_OK &&
		    is_good(&v)) {
			count++;
			/* Anything else has to be asked for. */
			if (at == 0 && v.how == AAS_HOW_HERE)
				*first = 1;
		}
		at++;
	}
	return count;
}

static void
judge(int rv, int good, int first)
{
	int remote = (g.flags & (F_RHOST | F_SSH)) != 0;
	int barred = remote && (!(g.flags & F_SERVER) || (g.flags & F_LOCKER));
	int keys = g.state != AAS_ST_NONE && g.state != AAS_ST_HELD &&
	    g.state != AAS_ST_DISABLED;

	if (rv == PAM_SUCCESS) {
		FUZZ_REQUIRE(g.seed != NO_RANDOM);
		FUZZ_REQUIRE(good > 0);
		FUZZ_REQUIRE(!barred);
		FUZZ_REQUIRE((g.flags & F_LOCKER) ||
		    g.state == AAS_ST_ENROLLED || g.state == AAS_ST_DEGRADED ||
		    (g.flags & F_VERIFY));
	}
	/* A locker cannot read the record: there its helper's word counts. */
	if (rv == PAM_IGNORE)
		FUZZ_REQUIRE((g.flags & F_LOCKER) || !keys);
	if (first && !barred && g.seed == 0 && g.state == AAS_ST_ENROLLED &&
	    !(g.flags & F_VERIFY))
		FUZZ_REQUIRE(rv == PAM_SUCCESS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const char *argv[] = { "aas1", "conf=/nonexistent/policy.bin" };
	int first = 0, good, rv;

	if (len < 4)
		return 0;
	memset(&g, 0, sizeof(g));
	g.flags = p[0];
	g.state = p[1] % (AAS_ST_DISABLED + 2u); /* and one that is not known */
	g.seed = p[2];
	g.rnd = g.seed * 2654435761u;
	g.conv = p[3];
	g.p = p + 4;
	g.len = len - 4;
	good = good_ones(g.p, g.len, &first);
	g.active = 1;
	rv = pam_sm_authenticate(
	    (pam_handle_t *)&g, g.conv & 0x40 ? PAM_SILENT : 0, 2, argv);
	g.active = 0;
	while (g.helpers > 0)
		close(g.peers[--g.helpers]);
	if (g.cleanup != NULL)
		g.cleanup((pam_handle_t *)&g, g.data, rv);
	judge(rv, good, first);
	return 0;
}
