/*
 * Keeps the keys that an enrolment has made, so that one that was broken off
 * goes on.  Nothing in a draft is secret, and nothing in it is believed: the
 * entry counts only with an assertion by each key that it names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/enroll/enroll.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/wire.h"

#define MAGIC     "AASDRF01"
#define DRAFT_MAX 65536
#define FILE_NAME 32
#define KEEP_S    86400

static void
draft_name(uint32_t uid, char dst[FILE_NAME])
{
	(void)snprintf(dst, FILE_NAME, "draft.%lu", (unsigned long)uid);
}

static void
put_cred(struct aas_wr *w, const struct aas_cred *c)
{
	aas_wr_str(w, c->rp);
	aas_wr_u32(w, (uint32_t)c->alg);
	aas_wr_bytes(w, c->pk, c->pk_len);
	aas_wr_bytes(w, c->id, c->id_len);
}

static void
get_cred(struct aas_rd *r, struct aas_cred *c)
{
	size_t n = 0;

	aas_rd_str(r, c->rp, sizeof(c->rp));
	c->alg = (int32_t)aas_rd_u32(r);
	aas_rd_bytes(r, c->pk, sizeof(c->pk), &n);
	c->pk_len = (uint16_t)n;
	aas_rd_bytes(r, c->id, sizeof(c->id), &n);
	c->id_len = (uint16_t)n;
}

static void
put_key(struct aas_wr *w, const struct aas_key *k)
{
	aas_wr_str(w, k->label);
	put_cred(w, &k->login);
	put_cred(w, &k->ssh);
	aas_wr_raw(w, k->aaguid, sizeof(k->aaguid));
	aas_wr_u8(w, k->transports);
	aas_wr_u8(w, k->backup);
	aas_wr_u8(w, k->roaming);
	aas_wr_u32(w, k->counter);
}

static void
get_key(struct aas_rd *r, struct aas_key *k)
{
	aas_rd_str(r, k->label, sizeof(k->label));
	get_cred(r, &k->login);
	get_cred(r, &k->ssh);
	aas_rd_raw(r, k->aaguid, sizeof(k->aaguid));
	k->transports = aas_rd_u8(r);
	k->backup = aas_rd_u8(r);
	k->roaming = aas_rd_u8(r);
	k->counter = aas_rd_u32(r);
}

int
aas_draft_save(int dirfd, const struct aas_draft *d)
{
	struct aas_wr w;
	char name[FILE_NAME];
	uint8_t *buf = NULL;
	size_t len = 0;
	int r = AAS_ERR_NOMEM;

	if (dirfd == -1)
		return AAS_OK;
	if ((buf = malloc(DRAFT_MAX)) == NULL)
		return r;
	aas_wr_init(&w, buf, DRAFT_MAX - 4);
	aas_wr_raw(&w, MAGIC, 8);
	aas_wr_u32(&w, d->uid);
	aas_wr_str(&w, d->realm);
	aas_wr_u64(&w, (uint64_t)d->time_s);
	aas_wr_raw(&w, d->handle, sizeof(d->handle));
	aas_wr_u8(&w, d->keys_n);
	for (size_t i = 0; i < d->keys_n && i < AAS_ENROLL_KEYS; i++)
		put_key(&w, &d->keys[i]);
	if ((r = aas_wr_end(&w, &len)) != AAS_OK)
		goto out;
	w.cap += 4;
	aas_wr_u32(&w, aas_crc32(buf, len));
	if ((r = aas_wr_end(&w, &len)) != AAS_OK)
		goto out;
	draft_name(d->uid, name);
	r = aas_fs_replace(dirfd, name, buf, len, (uid_t)-1, (gid_t)-1, 0600);
out:
	free(buf);
	return r;
}

static int
parse(const struct aas_buf *b, struct aas_draft *d)
{
	struct aas_rd r;
	uint8_t magic[8];

	if (b->len < 12)
		return AAS_ERR_FORMAT;
	aas_rd_init(&r, b->p + b->len - 4, 4);
	if (aas_rd_u32(&r) != aas_crc32(b->p, b->len - 4))
		return AAS_ERR_FORMAT;
	aas_rd_init(&r, b->p, b->len - 4);
	aas_rd_raw(&r, magic, sizeof(magic));
	d->uid = aas_rd_u32(&r);
	aas_rd_str(&r, d->realm, sizeof(d->realm));
	d->time_s = (int64_t)aas_rd_u64(&r);
	aas_rd_raw(&r, d->handle, sizeof(d->handle));
	d->keys_n = aas_rd_u8(&r);
	if (d->keys_n > AAS_ENROLL_KEYS)
		return AAS_ERR_FORMAT;
	for (size_t i = 0; i < d->keys_n; i++)
		get_key(&r, &d->keys[i]);
	if (memcmp(magic, MAGIC, sizeof(magic)) != 0)
		return AAS_ERR_FORMAT;
	return aas_rd_end(&r);
}

int
aas_draft_load(int dirfd, uint32_t uid, const char *realm, int64_t now_s,
    struct aas_draft *d)
{
	struct aas_draft *got = NULL;
	struct aas_buf buf = { NULL, 0 };
	char name[FILE_NAME];
	int r = AAS_ERR_NOTFOUND;

	if (dirfd == -1)
		return r;
	draft_name(uid, name);
	r = aas_fs_read(dirfd, name, geteuid(), 077, DRAFT_MAX, &buf, NULL);
	if (r != AAS_OK)
		return r;
	r = AAS_ERR_NOMEM;
	if ((got = calloc(1, sizeof(*got))) == NULL)
		goto out;
	if ((r = parse(&buf, got)) != AAS_OK)
		goto out;
	r = AAS_ERR_FORMAT;
	if (got->uid != uid || strcmp(got->realm, realm) != 0 ||
	    got->time_s > now_s || now_s - got->time_s > KEEP_S)
		goto out;
	for (size_t i = 0; i < got->keys_n; i++) {
		if (!aas_label_valid(got->keys[i].label))
			goto out;
	}
	*d = *got;
	r = AAS_OK;
out:
	free(got);
	aas_buf_free(&buf);
	return r;
}

void
aas_draft_drop(int dirfd, uint32_t uid)
{
	char name[FILE_NAME];

	if (dirfd == -1)
		return;
	draft_name(uid, name);
	(void)unlinkat(dirfd, name, 0);
}
