/*
 * The index of one record, the pin, and the rules by which the module trusts
 * them.  No crypto and no JSON: this runs inside sshd and login.
 *
 * 1. An index MUST NOT count unless its pin block equals the pin, its file
 *    block equals the record's fstat(2), and both uid and name are right.
 * 2. A missing record of a user with a pin MUST NOT look like a user who
 *    never enrolled.
 * 3. A state that nobody filled in is AAS_ST_BROKEN, a refusal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/record/index.h"

const char *
aas_state_name(unsigned state)
{
	static const char *const name[] = { "broken", "none", "held",
		"enrolled", "degraded", "recovering", "recovery-due", "locked",
		"disabled" };

	return state < sizeof(name) / sizeof(name[0]) ? name[state] : "broken";
}

static int
pin_equal(const struct aas_pin *a, const struct aas_pin *b)
{
	return a->seq == b->seq &&
	    memcmp(a->genesis, b->genesis, sizeof(a->genesis)) == 0 &&
	    memcmp(a->head, b->head, sizeof(a->head)) == 0;
}

void
aas_fileid_of(const struct stat *st, struct aas_fileid *id)
{
	memset(id, 0, sizeof(*id));
	id->dev = (uint64_t)st->st_dev;
	id->ino = (uint64_t)st->st_ino;
	id->size = (uint64_t)st->st_size;
	id->mtime_s = st->st_mtim.tv_sec;
	id->ctime_s = st->st_ctim.tv_sec;
	id->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	id->ctime_ns = (uint32_t)st->st_ctim.tv_nsec;
}

static int
fileid_equal(const struct aas_fileid *a, const struct aas_fileid *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns &&
	    a->ctime_s == b->ctime_s && a->ctime_ns == b->ctime_ns;
}

/* Read ${dir}/${name}; a directory that is not there is a file that is not. */
static int
read_below(int top, const char *dir, const char *name, uid_t owner, size_t max,
    struct aas_buf *buf)
{
	int fd = -1;
	int r = aas_fs_dirat(top, dir, owner, &fd);

	if (r == AAS_OK)
		r = aas_fs_read(fd, name, owner, 027, max, buf, NULL);
	aas_close(&fd);
	return r;
}

static int
stat_below(
    int top, const char *dir, const char *name, uid_t owner, struct stat *st)
{
	int dirfd = -1;
	int fd = -1;
	int r = aas_fs_dirat(top, dir, owner, &dirfd);

	if (r == AAS_OK)
		r = aas_fs_open(dirfd, name, owner, 027, &fd, st);
	aas_close(&fd);
	aas_close(&dirfd);
	return r;
}

/* What the pin says when there is no record. */
static int
no_record(int pin_r, const struct aas_pin *pin, int top, const char *name,
    uid_t owner)
{
	struct stat st;
	int r = AAS_ERR_ROLLBACK;

	if (pin_r == AAS_OK)
		/* An intention without a pin: the first entry never arrived. */
		return pin->seq == 0 ? AAS_ERR_NOTFOUND : AAS_ERR_ROLLBACK;
	if (pin_r != AAS_ERR_NOTFOUND)
		return pin_r;
	r = stat_below(top, "index", name, owner, &st);
	return r == AAS_OK ? AAS_ERR_AGAIN : r;
}

int
aas_index_load(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_index *ix)
{
	return aas_index_load_creds(statedir, uid, name, now_s, ix, NULL);
}

int
aas_index_load_creds(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_index *ix, struct aas_index_cred *creds)
{
	char file[16];
	struct aas_buf pinb = { NULL, 0 };
	struct aas_buf ixb = { NULL, 0 };
	struct aas_pin pin = { .seq = 0 };
	struct aas_pin next = { .seq = 0 };
	struct aas_fileid id;
	struct stat st;
	uid_t owner = 0;
	int top = -1;
	int pin_r = AAS_ERR_SYS;
	int r = AAS_ERR_SYS;

	(void)snprintf(file, sizeof(file), "%u", uid);
	if ((r = aas_index_dir(statedir, &top, &owner)) != AAS_OK) {
		/* No store at all is a fault, not a user without a record. */
		if (r == AAS_ERR_NOTFOUND)
			r = AAS_ERR_SYS;
		goto out;
	}
	/* The pin first: whoever appends meanwhile only moves us to "again". */
	pin_r = read_below(top, "pins", file, owner, AAS_PIN_MAX, &pinb);
	if (pin_r == AAS_OK)
		pin_r = aas_pin_get(pinb.p, pinb.len, &pin, &next);
	r = stat_below(top, "records", file, owner, &st);
	if (r == AAS_ERR_NOTFOUND)
		r = no_record(pin_r, &pin, top, file, owner);
	if (r != AAS_OK)
		goto out;
	aas_fileid_of(&st, &id);
	r = AAS_ERR_AGAIN;
	if (pin_r != AAS_OK ||
	    read_below(top, "index", file, owner, AAS_INDEX_MAX, &ixb) !=
		AAS_OK ||
	    aas_index_get(ixb.p, ixb.len, ix, creds) != AAS_OK)
		goto out;
	if (!pin_equal(&ix->pin, &pin) || !fileid_equal(&ix->file, &id) ||
	    (ix->refresh_s != 0 && now_s >= ix->refresh_s))
		goto out;
	r = AAS_OK;
	if (ix->uid != uid || strcmp(ix->user, name) != 0)
		r = AAS_ERR_FORMAT;
out:
	if (r != AAS_OK)
		memset(ix, 0, sizeof(*ix));
	aas_buf_free(&pinb);
	aas_buf_free(&ixb);
	aas_close(&top);
	return r;
}

int
aas_index_dir(const char *statedir, int *fd, uid_t *owner)
{
	struct stat st;
	int top = -1;
	int r = aas_fs_dir(statedir, geteuid(), &top);

	if (r != AAS_OK)
		return r;
	if (fstat(top, &st) == -1) {
		aas_close(&top);
		return AAS_ERR_SYS;
	}
	*fd = top;
	*owner = st.st_uid;
	return AAS_OK;
}
