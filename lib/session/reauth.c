/*
 * Stamps of keys that answered at a terminal.
 *
 * 1. A stamp MUST serve its user, at the very terminal, in the very session
 *    and boot, under the very policy, and nobody else.
 * 2. A terminal and a pid alone MUST NOT be taken for those of the stamp: both
 *    are used again.
 * 3. A stamp of a time to come MUST NOT count; nor one that another than root
 *    wrote, or could have written.
 */
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/put.h"
#include "lib/session/reauth.h"
#include "lib/session/rundir.h"
#include "lib/str.h"
#include "lib/wire.h"

#define MAGIC     "AASREA01"
#define SUB       "reauth"
#define SWEEP_MAX 256
#define NAME_LEN  40 /* three numbers of ten digits, and what is between */

static int
encode(const struct aas_reauth *s, uint8_t *buf, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, AAS_REAUTH_BYTES);
	aas_wr_raw(&w, MAGIC, 8);
	aas_wr_u32(&w, s->uid);
	aas_wr_u32(&w, s->seat.tty);
	aas_wr_u32(&w, (uint32_t)s->seat.leader.pid);
	aas_wr_u64(&w, s->seat.leader.start);
	aas_wr_u32(&w, s->seat.audit);
	aas_wr_raw(&w, s->boot_id, sizeof(s->boot_id));
	aas_wr_u64(&w, (uint64_t)s->boottime_ms);
	aas_wr_u64(&w, (uint64_t)s->built_s);
	aas_wr_str(&w, s->service);
	aas_wr_u8(&w, s->how);
	aas_wr_u8(&w, s->uv);
	aas_wr_u8(&w, s->keys_n);
	for (unsigned i = 0; i < s->keys_n; i++)
		aas_wr_raw(&w, s->key[i], sizeof(s->key[i]));
	aas_wr_u32(&w, aas_crc32(buf, w.len));
	return aas_wr_end(&w, len);
}

static int
decode(const uint8_t *p, size_t len, struct aas_reauth *s)
{
	uint8_t magic[8];
	struct aas_rd r;
	size_t body;

	memset(s, 0, sizeof(*s));
	aas_rd_init(&r, p, len);
	aas_rd_raw(&r, magic, sizeof(magic));
	s->uid = aas_rd_u32(&r);
	s->seat.tty = aas_rd_u32(&r);
	s->seat.leader.pid = (pid_t)aas_rd_u32(&r);
	s->seat.leader.start = aas_rd_u64(&r);
	s->seat.audit = aas_rd_u32(&r);
	aas_rd_raw(&r, s->boot_id, sizeof(s->boot_id));
	s->boottime_ms = (int64_t)aas_rd_u64(&r);
	s->built_s = (int64_t)aas_rd_u64(&r);
	aas_rd_str(&r, s->service, sizeof(s->service));
	s->how = aas_rd_u8(&r);
	s->uv = aas_rd_u8(&r);
	s->keys_n = aas_rd_u8(&r);
	if (r.bad || memcmp(magic, MAGIC, 8) != 0 || s->keys_n < 1 ||
	    s->keys_n > 2)
		return AAS_ERR_FORMAT;
	for (unsigned i = 0; i < s->keys_n; i++)
		aas_rd_raw(&r, s->key[i], sizeof(s->key[i]));
	body = len - r.len;
	if (aas_rd_u32(&r) != aas_crc32(p, body))
		return AAS_ERR_FORMAT;
	return aas_rd_end(&r);
}

static void
name_of(uint32_t uid, const struct aas_proc_seat *seat, char name[NAME_LEN])
{
	struct aas_put t;

	aas_put_init(&t, name, NAME_LEN);
	aas_put_number(&t, uid);
	aas_put_char(&t, '-');
	aas_put_number(&t, seat->tty);
	aas_put_char(&t, '-');
	aas_put_number(&t, seat->audit);
}

static int
load(int dirfd, const char *name, struct aas_reauth *s)
{
	struct aas_buf buf = { NULL, 0 };
	int r;

	r = aas_fs_read(
	    dirfd, name, geteuid(), 077, AAS_REAUTH_BYTES, &buf, NULL);
	if (r == AAS_OK)
		r = decode(buf.p, buf.len, s);
	aas_buf_free(&buf);
	return r;
}

/* --- all of them --- */

/* Is the file ${name} to go? */
typedef int pick_fn(int dirfd, const char *name, const void *arg);

/* Without readdir(3), which allocates 32 kB. */
static void
remove_some(int dirfd, int max, pick_fn *pick, const void *arg)
{
	_Alignas(struct dirent64) char buf[4096];
	const struct dirent64 *e = NULL;
	long len = 0;
	int n = 0;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if ((fd = fd == -1 ? -1 : aas_fs_high(fd)) == -1)
		return;
	while (n < max &&
	    (len = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < len; at += e->d_reclen, n++) {
			e = (const void *)(buf + at);
			if (e->d_name[0] != '.' && pick(dirfd, e->d_name, arg))
				(void)unlinkat(dirfd, e->d_name, 0);
		}
	}
	aas_close(&fd);
}

static int
is_over(int dirfd, const char *name, const void *arg)
{
	const uint8_t *boot_id = arg;
	struct aas_reauth s;
	int r = load(dirfd, name, &s);

	/* What could not be read may be one, and is looked at again. */
	if (r != AAS_OK)
		return r == AAS_ERR_PERMS || r == AAS_ERR_FORMAT ||
		    r == AAS_ERR_TOOBIG;
	return memcmp(s.boot_id, boot_id, sizeof(s.boot_id)) != 0 ||
	    !aas_proc_alive(&s.seat.leader);
}

static int
is_of(int dirfd, const char *name, const void *arg)
{
	const char *head = arg;

	(void)dirfd;
	return strncmp(name, head, strlen(head)) == 0;
}

/* --- the calls --- */

int
aas_reauth_write(const char *rundir, const struct aas_reauth *s)
{
	uint8_t buf[AAS_REAUTH_BYTES];
	char name[NAME_LEN];
	size_t len = 0;
	int dirfd = -1;
	int r = AAS_ERR_INVAL;

	if (s->keys_n < 1 || s->keys_n > 2 || s->seat.tty == 0 ||
	    s->seat.leader.pid <= 0)
		return r;
	if ((r = encode(s, buf, &len)) != AAS_OK ||
	    (r = aas_rundir_open(rundir, SUB, &dirfd)) != AAS_OK)
		return r;
	remove_some(dirfd, SWEEP_MAX, is_over, s->boot_id);
	name_of(s->uid, &s->seat, name);
	(void)unlinkat(dirfd, name, 0);
	r = aas_rundir_create(dirfd, name, buf, len);
	aas_close(&dirfd);
	return r;
}

static int
check(const struct aas_reauth *s, const struct aas_reauth_want *w)
{
	int64_t age_ms = w->now->boottime_ms - s->boottime_ms;

	if (s->uid != w->uid || s->seat.tty != w->seat->tty ||
	    s->seat.leader.pid != w->seat->leader.pid ||
	    s->seat.leader.start != w->seat->leader.start ||
	    s->seat.audit != w->seat->audit || s->built_s != w->built_s)
		return AAS_ERR_DENIED;
	if (memcmp(s->boot_id, w->now->boot_id, sizeof(s->boot_id)) != 0 ||
	    s->boottime_ms < 0 || s->boottime_ms > w->now->boottime_ms ||
	    age_ms / 1000 >= w->reauth_s)
		return AAS_ERR_TIMEOUT;
	return AAS_OK;
}

int
aas_reauth_find(const char *rundir, const struct aas_reauth_want *want,
    struct aas_reauth *s)
{
	struct aas_reauth got;
	char name[NAME_LEN];
	int dirfd = -1;
	int r;

	if (want->reauth_s <= 0 || want->seat->tty == 0)
		return AAS_ERR_NOTFOUND;
	if ((r = aas_rundir_open(rundir, SUB, &dirfd)) != AAS_OK)
		return r;
	name_of(want->uid, want->seat, name);
	r = load(dirfd, name, &got);
	aas_close(&dirfd);
	if (r == AAS_OK)
		r = check(&got, want);
	if (r == AAS_OK)
		*s = got;
	return r;
}

int
aas_reauth_forget(const char *rundir, uint32_t uid)
{
	char head[NAME_LEN];
	struct aas_put t;
	int dirfd = -1;
	int r = aas_rundir_open(rundir, SUB, &dirfd);

	if (r != AAS_OK)
		return r;
	aas_put_init(&t, head, sizeof(head));
	aas_put_number(&t, uid);
	aas_put_char(&t, '-');
	remove_some(dirfd, INT32_MAX, is_of, head);
	aas_close(&dirfd);
	return AAS_OK;
}

int
aas_reauth_sweep(const char *rundir, const struct aas_now *now)
{
	int dirfd = -1;
	int r = aas_rundir_open(rundir, SUB, &dirfd);

	if (r != AAS_OK)
		return r;
	remove_some(dirfd, INT32_MAX, is_over, now->boot_id);
	aas_close(&dirfd);
	return AAS_OK;
}
