/*
 * The bytes of index and pin: fixed fields, a checksum, nothing else.
 *
 * 1. Nothing MUST be taken from bytes whose checksum, version, counts or
 *    lengths do not hold, nor from bytes that are left over.
 * 2. A key that does not count here MUST NOT come with its credential.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/record/index.h"
#include "lib/wire.h"
#include "lib/put.h"

#define INDEX_MAGIC "AASIDX05"
#define CREDS_MAGIC "AASCRD02"
#define PIN_MAGIC   "AASPIN01"
#define MAGIC_LEN   8
#define MAGIC_KIND  6 /* the rest is the version */
#define CRC_LEN     4
#define FRONT_LEN   4 /* after the magic: bytes of the part before creds */

/* Append the checksum of what was written after ${from}. */
static int
seal(struct aas_wr *w, const uint8_t *buf, size_t from, size_t *len)
{
	size_t n = 0;
	int r = aas_wr_end(w, &n);

	if (r != AAS_OK)
		return r;
	aas_wr_u32(w, aas_crc32(buf + from, n - from));
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

int
aas_pin_put(const struct aas_pin *pin, const struct aas_pin *next, uint8_t *buf,
    size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	aas_wr_raw(&w, PIN_MAGIC, MAGIC_LEN);
	put_pin(&w, pin);
	put_pin(&w, next);
	return seal(&w, buf, 0, len);
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

static void
put_file(struct aas_wr *w, const struct aas_fileid *id)
{
	aas_wr_u64(w, id->dev);
	aas_wr_u64(w, id->ino);
	aas_wr_u64(w, id->size);
	aas_wr_u64(w, (uint64_t)id->mtime_s);
	aas_wr_u64(w, (uint64_t)id->ctime_s);
	aas_wr_u32(w, id->mtime_ns);
	aas_wr_u32(w, id->ctime_ns);
}

static void
put_front(struct aas_wr *w, const struct aas_index *ix)
{
	aas_wr_u32(w, ix->uid);
	aas_wr_str(w, ix->user);
	aas_wr_str(w, ix->realm);
	aas_wr_u8(w, ix->state);
	aas_wr_u64(w, (uint64_t)ix->deadline_s);
	aas_wr_u64(w, (uint64_t)ix->refresh_s);
	put_pin(w, &ix->pin);
	aas_wr_u64(w, ix->out_seq);
	aas_wr_u8(w, ix->out_type);
	put_file(w, &ix->file);
	put_file(w, &ix->pinfile);
	aas_wr_u8(w, ix->keys_n);
	for (unsigned i = 0; i < ix->keys_n; i++) {
		aas_wr_u8(w, ix->keys[i].active);
		aas_wr_u8(w, ix->keys[i].backup);
		aas_wr_raw(w, ix->keys[i].aaguid, sizeof(ix->keys[i].aaguid));
		aas_wr_raw(w, ix->keys[i].id, sizeof(ix->keys[i].id));
		aas_wr_str(w, ix->keys[i].label);
		aas_wr_bytes(w, ix->keys[i].ssh, ix->keys[i].ssh_len);
	}
	aas_wr_u8(w, ix->holds_n);
	for (unsigned i = 0; i < ix->holds_n; i++) {
		aas_wr_raw(w, ix->holds[i].hash, sizeof(ix->holds[i].hash));
		aas_wr_u64(w, ix->holds[i].release);
	}
}

static int
cred_fits(const struct aas_index_key *k, const struct aas_cred *c)
{
	if (c->id_len == 0)
		return 1;
	return k->active != 0 && c->id_len <= sizeof(c->id) &&
	    ((c->alg == AAS_ALG_ES256 && c->pk_len == 64) ||
		(c->alg == AAS_ALG_EDDSA && c->pk_len == 32));
}

static void
put_cred(struct aas_wr *w, const struct aas_index_cred *c)
{
	if (c == NULL || c->login.id_len == 0) {
		aas_wr_u16(w, 0);
		return;
	}
	aas_wr_bytes(w, c->login.id, c->login.id_len);
	aas_wr_u32(w, (uint32_t)c->login.alg);
	aas_wr_bytes(w, c->login.pk, c->login.pk_len);
}

int
aas_index_put(const struct aas_index *ix, const struct aas_index_cred *creds,
    uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w, head;
	size_t front = 0;
	int r = AAS_ERR_INVAL;

	if (ix->keys_n > AAS_KEYS_MAX || ix->holds_n > AAS_HOLDS_MAX)
		return AAS_ERR_INVAL;
	for (unsigned i = 0; creds != NULL && i < ix->keys_n; i++)
		if (!cred_fits(&ix->keys[i], &creds[i].login))
			return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	aas_wr_raw(&w, INDEX_MAGIC, MAGIC_LEN);
	aas_wr_u32(&w, 0);
	put_front(&w, ix);
	if ((r = aas_wr_end(&w, &front)) != AAS_OK)
		return r;
	aas_wr_init(&head, buf + MAGIC_LEN, FRONT_LEN);
	aas_wr_u32(&head, (uint32_t)(front + CRC_LEN));
	if ((r = seal(&w, buf, 0, &front)) != AAS_OK)
		return r;
	aas_wr_raw(&w, CREDS_MAGIC, MAGIC_LEN);
	for (unsigned i = 0; i < ix->keys_n; i++)
		put_cred(&w, creds == NULL ? NULL : &creds[i]);
	return seal(&w, buf, front, len);
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
	k->backup = aas_rd_u8(rd);
	aas_rd_raw(rd, k->aaguid, sizeof(k->aaguid));
	aas_rd_raw(rd, k->id, sizeof(k->id));
	aas_rd_str(rd, k->label, sizeof(k->label));
	aas_rd_bytes(rd, k->ssh, sizeof(k->ssh), &n);
	k->ssh_len = (uint16_t)n;
	if (k->active > AAS_INDEX_COPIED ||
	    (k->backup & ~(AAS_BE | AAS_BS)) != 0)
		rd->bad = 1;
}

static void
get_cred(struct aas_rd *rd, const char *realm, const struct aas_index_key *k,
    struct aas_index_cred *c)
{
	size_t n = 0;

	memset(c, 0, sizeof(*c));
	aas_rd_bytes(rd, c->login.id, sizeof(c->login.id), &n);
	c->login.id_len = (uint16_t)n;
	if (n == 0)
		return;
	c->login.alg = (int32_t)aas_rd_u32(rd);
	aas_rd_bytes(rd, c->login.pk, sizeof(c->login.pk), &n);
	c->login.pk_len = (uint16_t)n;
	(void)aas_format(c->login.rp, sizeof(c->login.rp), "%s", realm);
	if (!cred_fits(k, &c->login))
		rd->bad = 1;
}

static int
get_front(struct aas_rd *rd, struct aas_index *ix)
{
	int r = AAS_ERR_FORMAT;

	/* Keys and holds are 14 kB, cleared one by one as they are there. */
	memset(ix, 0, offsetof(struct aas_index, keys));
	ix->holds_n = 0;
	ix->uid = aas_rd_u32(rd);
	aas_rd_str(rd, ix->user, sizeof(ix->user));
	aas_rd_str(rd, ix->realm, sizeof(ix->realm));
	ix->state = aas_rd_u8(rd);
	ix->deadline_s = (int64_t)aas_rd_u64(rd);
	ix->refresh_s = (int64_t)aas_rd_u64(rd);
	get_pin(rd, &ix->pin);
	ix->out_seq = aas_rd_u64(rd);
	ix->out_type = aas_rd_u8(rd);
	get_file(rd, &ix->file);
	get_file(rd, &ix->pinfile);
	ix->keys_n = aas_rd_u8(rd);
	if (ix->keys_n > AAS_KEYS_MAX)
		rd->bad = 1;
	for (unsigned i = 0; !rd->bad && i < ix->keys_n; i++)
		get_key(rd, &ix->keys[i]);
	ix->holds_n = aas_rd_u8(rd);
	if (ix->holds_n > AAS_HOLDS_MAX)
		rd->bad = 1;
	for (unsigned i = 0; !rd->bad && i < ix->holds_n; i++) {
		aas_rd_raw(rd, ix->holds[i].hash, sizeof(ix->holds[i].hash));
		ix->holds[i].release = aas_rd_u64(rd);
	}
	r = aas_rd_end(rd);
	if (r == AAS_OK &&
	    (ix->state <= AAS_ST_NONE || ix->state > AAS_ST_DISABLED ||
		ix->pin.seq == 0))
		r = AAS_ERR_FORMAT;
	return r;
}

int
aas_index_get(const uint8_t *p, size_t len, struct aas_index *ix,
    struct aas_index_cred *creds)
{
	struct aas_rd rd, head;
	size_t front = 0;
	int r = AAS_ERR_FORMAT;

	ix->state = AAS_ST_BROKEN; /* until all of it held */
	if (len < MAGIC_LEN + FRONT_LEN || memcmp(p, INDEX_MAGIC, MAGIC_KIND))
		return AAS_ERR_FORMAT;
	if (memcmp(p, INDEX_MAGIC, MAGIC_LEN) != 0)
		return AAS_ERR_VERSION;
	aas_rd_init(&head, p + MAGIC_LEN, FRONT_LEN);
	front = aas_rd_u32(&head);
	if (front < MAGIC_LEN + FRONT_LEN + CRC_LEN || front > len)
		return AAS_ERR_FORMAT;
	if ((r = unseal(p, front, INDEX_MAGIC, &rd)) != AAS_OK)
		return r;
	(void)aas_rd_u32(&rd); /* the length, again */
	r = get_front(&rd, ix);
	if (r == AAS_OK && creds != NULL) {
		r = unseal(p + front, len - front, CREDS_MAGIC, &rd);
		for (unsigned i = 0; r == AAS_OK && i < ix->keys_n; i++)
			get_cred(&rd, ix->realm, &ix->keys[i], &creds[i]);
		if (r == AAS_OK)
			r = aas_rd_end(&rd);
	}
	if (r != AAS_OK)
		memset(ix, 0, sizeof(*ix)); /* broken, not half an index */
	return r;
}
