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
#include "lib/put.h"

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

/* Where the files of one user are: <state directory>/<kind>/<uid>. */
struct place {
	char path[512];
	size_t top; /* bytes of the state directory */
	uint32_t uid;
	uid_t owner;
	struct aas_fs_seen *seen;
};

/* The path of a directory, or of the user's file in it. */
static const char *
below(struct place *p, const char *kind, int file)
{
	struct aas_put t;

	aas_put_init(&t, p->path + p->top, sizeof(p->path) - p->top);
	aas_put_char(&t, '/');
	aas_put_text(&t, kind);
	if (file) {
		aas_put_char(&t, '/');
		aas_put_number(&t, p->uid);
	}
	return t.bad ? NULL : p->path;
}

/* The checked state directory; each file below it must belong to its owner. */
static int
find_place(const char *statedir, struct place *p)
{
	struct aas_put t;
	int r = aas_fs_look(statedir, geteuid(), p->seen, &p->owner);

	/* No store at all is a fault, not a user without a record. */
	if (r != AAS_OK)
		return r == AAS_ERR_NOTFOUND ? AAS_ERR_SYS : r;
	aas_put_init(&t, p->path, sizeof(p->path));
	aas_put_text(&t, statedir);
	p->top = t.len;
	return t.bad ? AAS_ERR_INVAL : AAS_OK;
}

/* A directory that is not there is a file that is not. */
static int
read_below(struct place *p, const char *kind, size_t max, struct aas_buf *buf)
{
	struct stat st;
	int fd = -1;
	int r = aas_fs_open_seen(
	    below(p, kind, 1), p->owner, 027, p->seen, &fd, &st);

	if (r == AAS_OK)
		r = aas_fs_slurp(fd, &st, max, buf);
	aas_close(&fd);
	return r;
}

/* 0 if that file, or its directory, is not there; all that is must be good. */
static int
is_missing(struct place *p, const char *kind)
{
	struct stat st;
	int r = aas_fs_look(below(p, kind, 0), p->owner, p->seen, NULL);

	if (r == AAS_OK)
		r = aas_fs_stat_path(below(p, kind, 1), p->owner, 027, &st);
	if (r == AAS_ERR_NOTFOUND)
		return AAS_OK;
	return r == AAS_OK ? AAS_ERR_AGAIN : r;
}

/* What the pin says when there is no record. */
static int
no_record(int pin_r, const struct aas_pin *pin, struct place *p)
{
	int r = is_missing(p, "records");

	if (r != AAS_OK)
		return r;
	if (pin_r == AAS_OK)
		/* An intention without a pin: the first entry never arrived. */
		return pin->seq == 0 ? AAS_ERR_NOTFOUND : AAS_ERR_ROLLBACK;
	if (pin_r != AAS_ERR_NOTFOUND)
		return pin_r;
	r = is_missing(p, "index");
	return r == AAS_OK ? AAS_ERR_NOTFOUND : r;
}

/* The index, if it is of the record that is there and not past its time. */
static int
read_index(struct place *p, const struct stat *record, int64_t now_s,
    struct aas_index *ix, struct aas_index_cred *creds)
{
	struct aas_buf b = { NULL, 0 };
	struct aas_fileid id;
	int r = read_below(p, "index", AAS_INDEX_MAX, &b);

	if (r == AAS_OK)
		r = aas_index_get(b.p, b.len, ix, creds);
	aas_buf_free(&b);
	aas_fileid_of(record, &id);
	if (r != AAS_OK || !fileid_equal(&ix->file, &id) ||
	    (ix->refresh_s != 0 && now_s >= ix->refresh_s))
		return AAS_ERR_AGAIN;
	return AAS_OK;
}

/*
 * Pin and record are the very files that the index was made from: nothing has
 * to be read but the index.  Whatever else is the case, look closer.
 */
static int
look_quick(struct place *p, int64_t now_s, struct aas_index *ix,
    struct aas_index_cred *creds)
{
	struct aas_fileid id;
	struct stat pin;
	struct stat record;

	/* The pin first: whoever appends meanwhile only changes the record. */
	if (aas_fs_stat_path(below(p, "pins", 1), p->owner, 027, &pin) !=
		AAS_OK ||
	    aas_fs_stat_path(below(p, "records", 1), p->owner, 027, &record) !=
		AAS_OK ||
	    read_index(p, &record, now_s, ix, creds) != AAS_OK)
		return AAS_ERR_AGAIN;
	aas_fileid_of(&pin, &id);
	return fileid_equal(&ix->pinfile, &id) ? AAS_OK : AAS_ERR_AGAIN;
}

static int
look_closer(struct place *p, int64_t now_s, struct aas_index *ix,
    struct aas_index_cred *creds)
{
	struct aas_buf b = { NULL, 0 };
	struct aas_pin pin = { .seq = 0 };
	struct aas_pin next = { .seq = 0 };
	struct stat st;
	int r = AAS_ERR_SYS;
	/* The pin first: whoever appends meanwhile only moves us to "again". */
	int pin_r = read_below(p, "pins", AAS_PIN_MAX, &b);

	if (pin_r == AAS_OK)
		pin_r = aas_pin_get(b.p, b.len, &pin, &next);
	aas_buf_free(&b);
	r = aas_fs_stat_path(below(p, "records", 1), p->owner, 027, &st);
	if (r == AAS_ERR_NOTFOUND)
		return no_record(pin_r, &pin, p);
	if (r != AAS_OK)
		return r;
	if (pin_r != AAS_OK || read_index(p, &st, now_s, ix, creds) != AAS_OK ||
	    !pin_equal(&ix->pin, &pin))
		return AAS_ERR_AGAIN;
	return AAS_OK;
}

int
aas_index_find(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_fs_seen *seen, struct aas_index *ix,
    struct aas_index_cred *creds)
{
	struct place p = { .uid = uid, .seen = seen };
	int r = find_place(statedir, &p);

	if (r == AAS_OK && look_quick(&p, now_s, ix, creds) != AAS_OK)
		r = look_closer(&p, now_s, ix, creds);
	if (r == AAS_OK && (ix->uid != uid || strcmp(ix->user, name) != 0))
		r = AAS_ERR_FORMAT;
	if (r != AAS_OK)
		memset(ix, 0, sizeof(*ix));
	return r;
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
	struct aas_fs_seen seen = { .path = "" };

	return aas_index_find(statedir, uid, name, now_s, &seen, ix, creds);
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
