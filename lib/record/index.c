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
#include "lib/wire.h"

#define INDEX_MAGIC "AASIDX01"
#define PIN_MAGIC   "AASPIN01"
#define MAGIC_LEN   8
#define MAGIC_KIND  6 /* the rest is the version */
#define CRC_LEN     4

const char *
aas_state_name(unsigned state)
{
	static const char *const name[] = { "broken", "none", "held",
		"enrolled", "degraded", "recovering", "recovery-due", "locked",
		"disabled" };

	return state < sizeof(name) / sizeof(name[0]) ? name[state] : "broken";
}

/* Append the checksum of what was written so far. */
static int
seal(struct aas_wr *w, const uint8_t *buf, size_t *len)
{
	size_t n = 0;
	int r = aas_wr_end(w, &n);

	if (r != AAS_OK)
		return r;
	aas_wr_u32(w, aas_crc32(buf, n));
	return aas_wr_end(w, len);
}

/* Check magic, version and checksum, and set ${rd} on what is between. */
static int
unseal(const uint8_t *p, size_t len, const char *magic, struct aas_rd *rd)
{
	struct aas_rd crc;

	if (len < MAGIC_LEN + CRC_LEN || memcmp(p, magic, MAGIC_KIND) != 0)
		return AAS_ERR_FORMAT;
	aas_rd_init(&crc, p + len - CRC_LEN, CRC_LEN);
	if (aas_rd_u32(&crc) != aas_crc32(p, len - CRC_LEN))
		return AAS_ERR_FORMAT;
	if (memcmp(p, magic, MAGIC_LEN) != 0)
		return AAS_ERR_VERSION;
	aas_rd_init(rd, p + MAGIC_LEN, len - MAGIC_LEN - CRC_LEN);
	return AAS_OK;
}

static void
put_pin(struct aas_wr *w, const struct aas_pin *pin)
{
	aas_wr_raw(w, pin->genesis, sizeof(pin->genesis));
	aas_wr_u64(w, pin->seq);
	aas_wr_raw(w, pin->head, sizeof(pin->head));
}

static void
get_pin(struct aas_rd *rd, struct aas_pin *pin)
{
	aas_rd_raw(rd, pin->genesis, sizeof(pin->genesis));
	pin->seq = aas_rd_u64(rd);
	aas_rd_raw(rd, pin->head, sizeof(pin->head));
}

static int
pin_equal(const struct aas_pin *a, const struct aas_pin *b)
{
	return a->seq == b->seq &&
	    memcmp(a->genesis, b->genesis, sizeof(a->genesis)) == 0 &&
	    memcmp(a->head, b->head, sizeof(a->head)) == 0;
}

int
aas_pin_put(const struct aas_pin *pin, const struct aas_pin *next, uint8_t *buf,
    size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	aas_wr_raw(&w, PIN_MAGIC, MAGIC_LEN);
	put_pin(&w, pin);
	put_pin(&w, next);
	return seal(&w, buf, len);
}

int
aas_pin_get(
    const uint8_t *p, size_t len, struct aas_pin *pin, struct aas_pin *next)
{
	struct aas_pin a;
	struct aas_pin b;
	struct aas_rd rd;
	int r = AAS_ERR_FORMAT;

	if ((r = unseal(p, len, PIN_MAGIC, &rd)) != AAS_OK)
		return r;
	get_pin(&rd, &a);
	get_pin(&rd, &b);
	if ((r = aas_rd_end(&rd)) != AAS_OK)
		return r;
	*pin = a;
	*next = b;
	return AAS_OK;
}

int
aas_index_put(const struct aas_index *ix, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	if (ix->keys_n > AAS_KEYS_MAX || ix->holds_n > AAS_HOLDS_MAX)
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	aas_wr_raw(&w, INDEX_MAGIC, MAGIC_LEN);
	aas_wr_u32(&w, ix->uid);
	aas_wr_str(&w, ix->user);
	aas_wr_str(&w, ix->realm);
	aas_wr_u8(&w, ix->state);
	aas_wr_u64(&w, (uint64_t)ix->deadline_s);
	aas_wr_u64(&w, (uint64_t)ix->refresh_s);
	put_pin(&w, &ix->pin);
	aas_wr_u64(&w, ix->file.dev);
	aas_wr_u64(&w, ix->file.ino);
	aas_wr_u64(&w, ix->file.size);
	aas_wr_u64(&w, (uint64_t)ix->file.mtime_s);
	aas_wr_u64(&w, (uint64_t)ix->file.ctime_s);
	aas_wr_u32(&w, ix->file.mtime_ns);
	aas_wr_u32(&w, ix->file.ctime_ns);
	aas_wr_u8(&w, ix->keys_n);
	for (unsigned i = 0; i < ix->keys_n; i++) {
		aas_wr_u8(&w, ix->keys[i].active);
		aas_wr_raw(&w, ix->keys[i].id, sizeof(ix->keys[i].id));
		aas_wr_str(&w, ix->keys[i].label);
		aas_wr_bytes(&w, ix->keys[i].ssh, ix->keys[i].ssh_len);
	}
	aas_wr_u8(&w, ix->holds_n);
	for (unsigned i = 0; i < ix->holds_n; i++) {
		aas_wr_raw(&w, ix->holds[i].hash, sizeof(ix->holds[i].hash));
		aas_wr_u64(&w, ix->holds[i].release);
	}
	return seal(&w, buf, len);
}

static void
get_file(struct aas_rd *rd, struct aas_fileid *id)
{
	id->dev = aas_rd_u64(rd);
	id->ino = aas_rd_u64(rd);
	id->size = aas_rd_u64(rd);
	id->mtime_s = (int64_t)aas_rd_u64(rd);
	id->ctime_s = (int64_t)aas_rd_u64(rd);
	id->mtime_ns = aas_rd_u32(rd);
	id->ctime_ns = aas_rd_u32(rd);
}

static void
get_key(struct aas_rd *rd, struct aas_index_key *k)
{
	size_t n = 0;

	memset(k, 0, sizeof(*k));
	k->active = aas_rd_u8(rd);
	aas_rd_raw(rd, k->id, sizeof(k->id));
	aas_rd_str(rd, k->label, sizeof(k->label));
	aas_rd_bytes(rd, k->ssh, sizeof(k->ssh), &n);
	k->ssh_len = (uint16_t)n;
	if (k->active > AAS_INDEX_COPIED)
		rd->bad = 1;
}

int
aas_index_get(const uint8_t *p, size_t len, struct aas_index *ix)
{
	struct aas_rd rd;
	int r = AAS_ERR_FORMAT;

	if ((r = unseal(p, len, INDEX_MAGIC, &rd)) != AAS_OK)
		return r;
	/* Keys and holds are 14 kB, cleared one by one as they are there. */
	memset(ix, 0, offsetof(struct aas_index, keys));
	ix->holds_n = 0;
	ix->uid = aas_rd_u32(&rd);
	aas_rd_str(&rd, ix->user, sizeof(ix->user));
	aas_rd_str(&rd, ix->realm, sizeof(ix->realm));
	ix->state = aas_rd_u8(&rd);
	ix->deadline_s = (int64_t)aas_rd_u64(&rd);
	ix->refresh_s = (int64_t)aas_rd_u64(&rd);
	get_pin(&rd, &ix->pin);
	get_file(&rd, &ix->file);
	ix->keys_n = aas_rd_u8(&rd);
	if (ix->keys_n > AAS_KEYS_MAX)
		rd.bad = 1;
	for (unsigned i = 0; !rd.bad && i < ix->keys_n; i++)
		get_key(&rd, &ix->keys[i]);
	ix->holds_n = aas_rd_u8(&rd);
	if (ix->holds_n > AAS_HOLDS_MAX)
		rd.bad = 1;
	for (unsigned i = 0; !rd.bad && i < ix->holds_n; i++) {
		aas_rd_raw(&rd, ix->holds[i].hash, sizeof(ix->holds[i].hash));
		ix->holds[i].release = aas_rd_u64(&rd);
	}
	r = aas_rd_end(&rd);
	if (r == AAS_OK &&
	    (ix->state <= AAS_ST_NONE || ix->state > AAS_ST_DISABLED ||
		ix->pin.seq == 0))
		r = AAS_ERR_FORMAT;
	if (r != AAS_OK)
		memset(ix, 0, sizeof(*ix)); /* broken, not half an index */
	return r;
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
	    aas_index_get(ixb.p, ixb.len, ix) != AAS_OK)
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
