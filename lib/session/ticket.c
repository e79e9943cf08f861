/*
 * Tickets between the auth and the session phase.
 *
 * 1. A ticket MUST let in one session, of its user, service and boot, in the
 *    transaction that earned it, and nothing else.
 * 2. A ticket MUST be off the disk before it counts.
 * 3. A process that asks for somebody else's MUST NOT take it away from them.
 * 4. A pid alone MUST NOT be taken for a process: pids are used again.
 */
#include <sys/random.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/session/rundir.h"
#include "lib/session/ticket.h"
#include "lib/wire.h"
#include "lib/str.h"

#define MAGIC     "AASTKT01"
#define SWEEP_MAX 256

static int
encode(const struct aas_ticket *t, uint8_t *buf, size_t *len)
{
	struct aas_wr w;
	int i;

	aas_wr_init(&w, buf, AAS_TICKET_BYTES);
	aas_wr_raw(&w, MAGIC, 8);
	aas_wr_u32(&w, t->uid);
	aas_wr_str(&w, t->service);
	aas_wr_raw(&w, t->boot_id, sizeof(t->boot_id));
	aas_wr_u64(&w, (uint64_t)t->boottime_ms);
	aas_wr_u32(&w, (uint32_t)t->caller.pid);
	aas_wr_u64(&w, t->caller.start);
	aas_wr_u32(&w, (uint32_t)t->parent.pid);
	aas_wr_u64(&w, t->parent.start);
	aas_wr_u8(&w, t->uv);
	aas_wr_u8(&w, t->keys_n);
	for (i = 0; i < t->keys_n; i++) {
		aas_wr_str(&w, t->label[i]);
		aas_wr_raw(&w, t->key[i], sizeof(t->key[i]));
	}
	aas_wr_u32(&w, aas_crc32(buf, w.len));
	return aas_wr_end(&w, len);
}

static int
decode(const uint8_t *p, size_t len, struct aas_ticket *t)
{
	uint8_t magic[8];
	struct aas_rd r;
	size_t body;
	int i;

	memset(t, 0, sizeof(*t));
	aas_rd_init(&r, p, len);
	aas_rd_raw(&r, magic, sizeof(magic));
	t->uid = aas_rd_u32(&r);
	aas_rd_str(&r, t->service, sizeof(t->service));
	aas_rd_raw(&r, t->boot_id, sizeof(t->boot_id));
	t->boottime_ms = (int64_t)aas_rd_u64(&r);
	t->caller.pid = (pid_t)aas_rd_u32(&r);
	t->caller.start = aas_rd_u64(&r);
	t->parent.pid = (pid_t)aas_rd_u32(&r);
	t->parent.start = aas_rd_u64(&r);
	t->uv = aas_rd_u8(&r);
	t->keys_n = aas_rd_u8(&r);
	if (r.bad || memcmp(magic, MAGIC, 8) != 0 || t->keys_n > 2)
		return AAS_ERR_FORMAT;
	for (i = 0; i < t->keys_n; i++) {
		aas_rd_str(&r, t->label[i], sizeof(t->label[i]));
		aas_rd_raw(&r, t->key[i], sizeof(t->key[i]));
	}
	body = len - r.len;
	if (aas_rd_u32(&r) != aas_crc32(p, body))
		return AAS_ERR_FORMAT;
	return aas_rd_end(&r);
}

static int
is_name(const char *s)
{
	uint8_t raw[AAS_NONCE_LEN];

	return aas_hex_parse(s, raw, sizeof(raw)) == AAS_OK;
}

static int
load(int dirfd, const char *hex, struct aas_ticket *t)
{
	struct aas_buf buf = { NULL, 0 };
	int r;

	if (!is_name(hex))
		return AAS_ERR_FORMAT;
	r = aas_fs_read(
	    dirfd, hex, geteuid(), 077, AAS_TICKET_BYTES, &buf, NULL);
	if (r == AAS_OK)
		r = decode(buf.p, buf.len, t);
	aas_buf_free(&buf);
	return r;
}

static int
is_old(const struct aas_ticket *t, const struct aas_now *now)
{
	return memcmp(t->boot_id, now->boot_id, sizeof(t->boot_id)) != 0 ||
	    t->boottime_ms > now->boottime_ms ||
	    now->boottime_ms - t->boottime_ms >= AAS_TICKET_S * INT64_C(1000);
}

static int
is_proc(const struct aas_proc *a, const struct aas_proc *b)
{
	return a->pid > 0 && a->pid == b->pid && a->start == b->start;
}

static int
check(const struct aas_ticket *t, const struct aas_ticket_want *w)
{
	if (is_old(t, w->now))
		return AAS_ERR_TIMEOUT;
	if (t->uid != w->uid || strcmp(t->service, w->service) != 0)
		return AAS_ERR_DENIED;
	if (!is_proc(&t->caller, &w->me) && !is_proc(&t->parent, &w->me))
		return AAS_ERR_DENIED;
	return AAS_OK;
}

/* Tickets of transactions that never opened a session. */
static void
sweep(int dirfd, const struct aas_ticket *mine)
{
	struct aas_now now = { .boottime_ms = mine->boottime_ms };
	_Alignas(struct dirent64) char buf[4096];
	const struct dirent64 *e = NULL;
	struct aas_ticket t;
	long len = 0;
	int n = 0;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if ((fd = fd == -1 ? -1 : aas_fs_high(fd)) == -1)
		return;
	memcpy(now.boot_id, mine->boot_id, sizeof(now.boot_id));
	/* Without readdir(3), which allocates 32 kB. */
	while (n < SWEEP_MAX &&
	    (len = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < len; at += e->d_reclen, n++) {
			e = (const void *)(buf + at);
			if (load(dirfd, e->d_name, &t) == AAS_OK &&
			    is_old(&t, &now))
				(void)unlinkat(dirfd, e->d_name, 0);
		}
	}
	aas_close(&fd);
}

int
aas_ticket_write(
    const char *rundir, const struct aas_ticket *t, char hex[AAS_TICKET_HEX])
{
	uint8_t buf[AAS_TICKET_BYTES], nonce[AAS_NONCE_LEN];
	char name[AAS_TICKET_HEX];
	size_t len = 0;
	int dirfd = -1;
	int r = AAS_ERR_SYS;

	if (t->keys_n > 2 || aas_str_nlen(t->service, AAS_SERVICE_MAX) == 0)
		return AAS_ERR_INVAL;
	if ((r = encode(t, buf, &len)) != AAS_OK)
		return r;
	if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
		return AAS_ERR_SYS;
	aas_hex_format(nonce, sizeof(nonce), name);
	if ((r = aas_rundir_open(rundir, "tickets", &dirfd)) != AAS_OK)
		return r;
	sweep(dirfd, t);
	r = aas_rundir_create(dirfd, name, buf, len);
	if (r == AAS_OK)
		memcpy(hex, name, sizeof(name));
	aas_close(&dirfd);
	return r;
}

static int
find(const char *rundir, const char *hex, const struct aas_ticket_want *want,
    int take, struct aas_ticket *out)
{
	struct aas_ticket t;
	int dirfd = -1;
	int r;

	if ((r = aas_rundir_open(rundir, "tickets", &dirfd)) != AAS_OK)
		return r;
	if ((r = load(dirfd, hex, &t)) != AAS_OK)
		goto out;
	r = check(&t, want);
	if (r == AAS_ERR_TIMEOUT && take)
		(void)unlinkat(dirfd, hex, 0);
	if (r == AAS_OK && take && unlinkat(dirfd, hex, 0) == -1)
		r = errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	if (r == AAS_OK)
		*out = t;
out:
	aas_close(&dirfd);
	return r;
}

int
aas_ticket_peek(const char *rundir, const char *hex,
    const struct aas_ticket_want *want, struct aas_ticket *t)
{
	return find(rundir, hex, want, 0, t);
}

int
aas_ticket_take(const char *rundir, const char *hex,
    const struct aas_ticket_want *want, struct aas_ticket *t)
{
	return find(rundir, hex, want, 1, t);
}

void
aas_ticket_drop(const char *rundir, const char *hex, const struct aas_proc *me)
{
	struct aas_ticket t;
	int dirfd = -1;

	if (aas_rundir_open(rundir, "tickets", &dirfd) != AAS_OK)
		return;
	if (load(dirfd, hex, &t) == AAS_OK && is_proc(&t.caller, me))
		(void)unlinkat(dirfd, hex, 0);
	aas_close(&dirfd);
}
