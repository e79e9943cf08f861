/*
 * A conversation with an SSH agent, which may be forwarded from another
 * machine: whoever is root there answers.
 *
 * 1. No wait MUST be without a deadline, and no answer without a bound.
 * 2. What it answers MUST be checked by somebody else (lib/assertion.c).
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/sshagent.h"
#include "lib/wire.h"

#define ANSWER_MAX (256u * 1024u) /* OpenSSH's own bound */
#define ASK_MAX    4096
#define DATA_MAX   256

struct talk {
	int fd;
	int64_t until_ms;
	uint8_t *in; /* ANSWER_MAX */
	size_t in_len;
};

static int
wait_for(const struct talk *t, short events)
{
	struct pollfd p = { .fd = t->fd, .events = events };
	int64_t left = t->until_ms - aas_clock_ms();
	int n;

	if (left <= 0)
		return AAS_ERR_TIMEOUT;
	n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	if (n == -1)
		return errno == EINTR ? AAS_OK : AAS_ERR_SYS;
	return n == 0 ? AAS_ERR_TIMEOUT : AAS_OK;
}

static int
move(struct talk *t, uint8_t *p, size_t len, int out)
{
	size_t at = 0;
	int r;

	while (at < len) {
		ssize_t n;

		if ((r = wait_for(t, out ? POLLOUT : POLLIN)) != AAS_OK)
			return r;
		n = out ? send(t->fd, p + at, len - at, MSG_NOSIGNAL)
			: recv(t->fd, p + at, len - at, 0);
		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return AAS_ERR_SYS;
	}
	return AAS_OK;
}

/* One question, one answer: t->in. */
static int
ask(struct talk *t, uint8_t *msg, size_t len)
{
	uint8_t head[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16),
		(uint8_t)(len >> 8), (uint8_t)len };
	int r;

	if ((r = move(t, head, sizeof(head), 1)) != AAS_OK ||
	    (r = move(t, msg, len, 1)) != AAS_OK ||
	    (r = move(t, head, sizeof(head), 0)) != AAS_OK)
		return r;
	t->in_len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | head[3];
	if (t->in_len == 0 || t->in_len > ANSWER_MAX)
		return AAS_ERR_FORMAT;
	return move(t, t->in, t->in_len, 0);
}

static void
put_string(struct aas_wr *w, const uint8_t *p, size_t len)
{
	aas_wr_u32(w, (uint32_t)len);
	aas_wr_raw(w, p, len);
}

static int
sign(struct talk *t, const struct aas_agent_want *want, size_t i,
    uint8_t sig[AAS_SSHSIG_MAX], size_t *len)
{
	uint8_t msg[ASK_MAX];
	const uint8_t *p = NULL;
	struct aas_wr w;
	size_t n = 0;
	int r;

	aas_wr_init(&w, msg, sizeof(msg));
	aas_wr_u8(&w, AAS_AGENT_REQUEST_SIGN);
	put_string(&w, want->key[i].blob, want->key[i].len);
	put_string(&w, want->data, want->data_len);
	aas_wr_u32(&w, 0);
	if ((r = aas_wr_end(&w, &n)) != AAS_OK ||
	    (r = ask(t, msg, n)) != AAS_OK ||
	    (r = aas_agent_signed(t->in, t->in_len, &p, &n)) != AAS_OK)
		return r;
	memcpy(sig, p, n);
	*len = n;
	return AAS_OK;
}

/* Which of them it has: bits. */
static int
look(struct talk *t, const struct aas_agent_want *want, uint32_t *has)
{
	uint8_t msg[1] = { AAS_AGENT_REQUEST_IDS };
	int r = ask(t, msg, sizeof(msg));

	*has = 0;
	for (size_t i = 0; r == AAS_OK && i < want->n; i++) {
		int is = aas_agent_has(
		    t->in, t->in_len, want->key[i].blob, want->key[i].len);

		if (is < 0)
			r = is;
		else if (is == 1)
			*has |= 1u << i;
	}
	return r;
}

static int
call(const char *path, uid_t owner, struct talk *t)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	size_t n = strnlen(path, sizeof(sun.sun_path));

	if (n == 0 || n == sizeof(sun.sun_path) || path[0] != '/')
		return AAS_ERR_NOTFOUND;
	if (lstat(path, &st) == -1)
		return AAS_ERR_NOTFOUND;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != owner)
		return AAS_ERR_PERMS;
	memcpy(sun.sun_path, path, n + 1);
	t->fd = aas_fs_high(
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (t->fd == -1)
		return AAS_ERR_SYS;
	/* A queue that is full says so at once. */
	if (connect(t->fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		return AAS_ERR_NOTFOUND;
	return AAS_OK;
}

int
aas_agent_sign(const char *path, uid_t owner, const struct aas_agent_want *want,
    int64_t until_ms, unsigned *which, uint8_t sig[AAS_SSHSIG_MAX], size_t *len)
{
	struct talk t = { .fd = -1, .until_ms = until_ms };
	uint32_t has = 0;
	int r = AAS_ERR_INVAL;

	if (want->n > AAS_KEYS_MAX || want->data_len > DATA_MAX)
		return r;
	if ((t.in = malloc(ANSWER_MAX)) == NULL)
		return AAS_ERR_NOMEM;
	if ((r = call(path, owner, &t)) != AAS_OK ||
	    (r = look(&t, want, &has)) != AAS_OK)
		goto out;
	r = AAS_ERR_NOTFOUND;
	for (unsigned i = 0; i < want->n; i++) {
		if ((has >> i & 1) == 0)
			continue;
		if ((r = sign(&t, want, i, sig, len)) == AAS_OK)
			*which = i;
		if (r != AAS_ERR_DENIED)
			break;
	}
out:
	aas_close(&t.fd);
	free(t.in);
	return r;
}
