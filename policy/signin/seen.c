/*
 * Since when somebody has had grace.
 *
 * 1. A stamp MUST NOT serve another user than the one it was made for: a uid
 *    that is used anew begins anew.  Another name of the same user MUST NOT
 *    begin anew: two names in turn would be grace without end.
 * 2. What cannot be read or stored MUST NOT give grace.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/record/index.h"
#include "lib/wire.h"
#include "policy/signin/seen.h"
#include "lib/put.h"

#define MAGIC     "AASSEEN1"
#define MAGIC_LEN 8
#define CRC_LEN   4
#define NAME_LEN  16
#define LOCK_NAME "lock"
#define LOCK_MS   5000 /* a full or slow disk; nobody else has it open */

int
aas_seen_put(const struct aas_user *u, int64_t since_s, uint8_t *buf,
    size_t cap, size_t *len)
{
	struct aas_wr w;
	size_t n = 0;
	int r = AAS_ERR_TOOBIG;

	aas_wr_init(&w, buf, cap);
	aas_wr_raw(&w, MAGIC, MAGIC_LEN);
	aas_wr_u32(&w, u->uid);
	aas_wr_str(&w, u->name);
	aas_wr_u64(&w, (uint64_t)since_s);
	if ((r = aas_wr_end(&w, &n)) != AAS_OK)
		return r;
	aas_wr_u32(&w, aas_crc32(buf, n));
	return aas_wr_end(&w, len);
}

int
aas_seen_parse(
    const uint8_t *p, size_t len, struct aas_user *u, int64_t *since_s)
{
	struct aas_user got = { .gid = 0 };
	uint8_t magic[MAGIC_LEN];
	struct aas_rd rd;
	int64_t since = 0;

	if (len < MAGIC_LEN + CRC_LEN)
		return AAS_ERR_FORMAT;
	aas_rd_init(&rd, p + len - CRC_LEN, CRC_LEN);
	if (aas_rd_u32(&rd) != aas_crc32(p, len - CRC_LEN))
		return AAS_ERR_FORMAT;
	aas_rd_init(&rd, p, len - CRC_LEN);
	aas_rd_raw(&rd, magic, sizeof(magic));
	got.uid = aas_rd_u32(&rd);
	aas_rd_str(&rd, got.name, sizeof(got.name));
	since = (int64_t)aas_rd_u64(&rd);
	if (aas_rd_end(&rd) != AAS_OK || memcmp(magic, MAGIC, MAGIC_LEN) != 0 ||
	    since <= 0)
		return AAS_ERR_FORMAT;
	*u = got;
	*since_s = since;
	return AAS_OK;
}

/*
 * Whose stamp it is.  Of another name: theirs, if that one still is of the
 * same uid; what cannot be looked up is nobody's, and no reason to begin.
 */
static int
theirs(const struct aas_user *made_for, const struct aas_user *u)
{
	struct aas_user now;
	int r = AAS_OK;

	if (made_for->uid != u->uid)
		return AAS_ERR_NOTFOUND;
	if (strcmp(made_for->name, u->name) == 0)
		return AAS_OK;
	r = aas_user_name(made_for->name, &now);
	if (r == AAS_ERR_INVAL || r == AAS_ERR_DENIED ||
	    (r == AAS_OK && now.uid != u->uid))
		r = AAS_ERR_NOTFOUND;
	return r;
}

static int
get_at(int dirfd, uid_t owner, const struct aas_user *u, int64_t now_s,
    int64_t *since_s)
{
	char file[NAME_LEN];
	struct aas_buf buf = { NULL, 0 };
	struct aas_user made_for;
	int64_t since = 0;
	int r = AAS_ERR_SYS;

	(void)aas_format(file, sizeof(file), "%u", (unsigned)u->uid);
	r = aas_fs_read(dirfd, file, owner, 022, AAS_SEEN_MAX, &buf, NULL);
	if (r == AAS_OK)
		r = aas_seen_parse(buf.p, buf.len, &made_for, &since);
	aas_buf_free(&buf);
	if (r == AAS_OK)
		r = theirs(&made_for, u);
	if (r == AAS_OK && since > now_s)
		r = AAS_ERR_NOTFOUND;
	if (r == AAS_OK)
		*since_s = since;
	return r;
}

/* The directory of the stamps; made for a writer. */
static int
open_dir(const char *statedir, int make, int *fd, uid_t *owner)
{
	int top = -1;
	int r = aas_index_dir(statedir, &top, owner);

	if (r != AAS_OK)
		return r;
	r = aas_fs_dirat(top, AAS_SEEN_DIR, *owner, fd);
	if (r == AAS_ERR_NOTFOUND && make) {
		if (mkdirat(top, AAS_SEEN_DIR, 0700) == -1 && errno != EEXIST)
			r = AAS_ERR_SYS;
		else
			r = aas_fs_dirat(top, AAS_SEEN_DIR, *owner, fd);
	}
	aas_close(&top);
	return r;
}

int
aas_seen_get(const char *statedir, const struct aas_user *u, int64_t now_s,
    int64_t *since_s)
{
	uid_t owner = 0;
	int fd = -1;
	int r = open_dir(statedir, 0, &fd, &owner);

	if (r == AAS_OK)
		r = get_at(fd, owner, u, now_s, since_s);
	aas_close(&fd);
	return r;
}

/* The first of several that come at once; the others take what it stored. */
static int
begin(int fd, uid_t owner, const struct aas_user *u, int64_t now_s,
    int64_t *since_s)
{
	char file[NAME_LEN];
	uint8_t buf[AAS_SEEN_MAX];
	size_t len = 0;
	int lock = -1;
	int r = aas_fs_lock(fd, LOCK_NAME, 1, LOCK_MS, &lock);

	if (r != AAS_OK)
		return r;
	if ((r = get_at(fd, owner, u, now_s, since_s)) != AAS_ERR_NOTFOUND)
		goto out;
	(void)aas_format(file, sizeof(file), "%u", (unsigned)u->uid);
	r = AAS_ERR_SYS;
	if (now_s > 0 &&
	    (r = aas_seen_put(u, now_s, buf, sizeof(buf), &len)) == AAS_OK)
		r = aas_fs_replace(
		    fd, file, buf, len, (uid_t)-1, (gid_t)-1, 0600);
	if (r == AAS_OK)
		*since_s = now_s;
out:
	aas_close(&lock);
	return r;
}

int
aas_seen_need(const char *statedir, const struct aas_user *u, int64_t now_s,
    int64_t *since_s)
{
	uid_t owner = 0;
	int fd = -1;
	int r = open_dir(statedir, 1, &fd, &owner);

	if (r == AAS_OK)
		r = get_at(fd, owner, u, now_s, since_s);
	if (r == AAS_ERR_NOTFOUND && fd != -1)
		r = begin(fd, owner, u, now_s, since_s);
	aas_close(&fd);
	return r;
}
