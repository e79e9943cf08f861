/*
 * Retiring a user's record: moved away or copied, never destroyed.
 *
 * 1. Between its steps the user MUST be refused, not new: the pin goes after
 *    the record, and the waits last of all.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/store/parts.h"

#define COPY_MAX (1 << 20)

/* A directory of its own below archive/, named after uid and time. */
static int
make_place(
    struct aas_store *s, const char *file, const struct aas_now *now, int *fd)
{
	char name[64];

	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "%s.%lld.%u", file,
		    (long long)now->real_s, i);
		if (mkdirat(s->archive, name, 0700) == 0)
			return aas_fs_dirat(s->archive, name, s->owner, fd);
		if (errno != EEXIST)
			break;
	}
	return AAS_ERR_SYS;
}

int
aas_retire_locked(struct aas_store *s, uint32_t uid, const struct aas_now *now)
{
	char file[16];
	const struct {
		int fd;
		const char *as;
	} parts[] = {
		{ s->index, "index" },
		{ s->records, "record" },
		{ s->pins, "pin" },
		{ s->state, "state" },
	};
	struct stat st;
	unsigned there = 0;
	int place = -1;
	int r = AAS_ERR_SYS;

	aas_store_file(uid, file);
	for (unsigned i = 0; i < 4; i++)
		if (fstatat(parts[i].fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0)
			there |= 1u << i;
	if (there == 0)
		return AAS_ERR_NOTFOUND;
	if ((r = make_place(s, file, now, &place)) != AAS_OK)
		return r;
	for (unsigned i = 0; i < 4; i++) {
		if ((there & 1u << i) == 0)
			continue;
		r = AAS_ERR_SYS;
		if (renameat(parts[i].fd, file, place, parts[i].as) == -1 ||
		    fsync(place) == -1 || fsync(parts[i].fd) == -1)
			goto out;
	}
	r = fsync(s->archive) == 0 ? AAS_OK : AAS_ERR_SYS;
out:
	aas_close(&place);
	return r;
}

static int
copy(const struct aas_store *s, int from, const char *file, int to,
    const char *as)
{
	struct aas_buf b = { NULL, 0 };
	int r = aas_fs_read(from, file, s->owner, 022, COPY_MAX, &b, NULL);

	if (r == AAS_OK)
		r = aas_fs_replace(
		    to, as, b.p, b.len, (uid_t)-1, (gid_t)-1, 0600);
	aas_buf_free(&b);
	return r == AAS_ERR_NOTFOUND ? AAS_OK : r;
}

int
aas_retire_copy(struct aas_store *s, uint32_t uid, const struct aas_now *now)
{
	char file[16];
	int place = -1;
	int r = AAS_ERR_SYS;

	aas_store_file(uid, file);
	if ((r = make_place(s, file, now, &place)) != AAS_OK)
		return r;
	if ((r = copy(s, s->records, file, place, "record")) != AAS_OK ||
	    (r = copy(s, s->pins, file, place, "pin")) != AAS_OK ||
	    (r = copy(s, s->state, file, place, "state")) != AAS_OK)
		goto out;
	r = fsync(s->archive) == 0 ? AAS_OK : AAS_ERR_SYS;
out:
	aas_close(&place);
	return r;
}

int
aas_store_retire(struct aas_store *s, uint32_t uid, const struct aas_now *now)
{
	char file[16];
	int lock = -1;
	int r = AAS_ERR_PERMS;

	if (!s->writer || s->records < 0 || s->archive < 0)
		return AAS_ERR_PERMS;
	aas_store_file(uid, file);
	if ((r = aas_fs_lock(s->locks, file, 1, AAS_LOCK_MS, &lock)) != AAS_OK)
		return r;
	r = aas_retire_locked(s, uid, now);
	aas_close(&lock);
	return r;
}
