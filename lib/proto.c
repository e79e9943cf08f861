/*
 * The payloads of the helper protocol (docs/protocol.md): struct to bytes and
 * back.  What is read here came from another process, possibly a hostile one.
 * Here is what is asked and decided; lib/proto_keys.c has keys, and
 * lib/proto_text.c what people read and type.
 *
 * 1. Reading MUST end with aas_rd_end(): trailing data is a refusal.
 * 2. Every count and length MUST be checked before it is used as a bound.
 * 3. An out-parameter MUST be all zero unless the whole payload held.
 */
#include <stddef.h>
#include <string.h>

#include "lib/err.h"
#include "lib/proto_parts.h"
#include "lib/record/index.h"

#define RQ_FLAGS                                                      \
	(AAS_RQ_REMOTE | AAS_RQ_UV | AAS_RQ_SILENT | AAS_RQ_CONFIRM | \
	    AAS_RQ_HOSTAUTH | AAS_RQ_ORIGIN | AAS_RQ_SERVER_KEYS |    \
	    AAS_RQ_FRESH | AAS_RQ_AGENT | AAS_RQ_ANY)
#define TIMEOUT_MAX_S 600

/* The one byte that says which kinds of keys are taken. */
#define KINDS_BOUND  0x01u
#define KINDS_LISTED 0x02u

static void
put_kinds(struct aas_wr *w, const struct aas_kinds *k)
{
	aas_wr_u8(w,
	    (uint8_t)((k->device_bound ? KINDS_BOUND : 0) |
		(k->listed ? KINDS_LISTED : 0)));
	if (!k->listed)
		return;
	aas_wr_u16(w, k->aaguids_n);
	for (size_t i = 0; i < k->aaguids_n; i++)
		aas_wr_raw(w, k->aaguids[i], sizeof(k->aaguids[i]));
}

static void
get_kinds(struct aas_rd *r, struct aas_kinds *k)
{
	uint8_t said = aas_part_get_u8_max(r, KINDS_BOUND | KINDS_LISTED);

	k->device_bound = (said & KINDS_BOUND) != 0;
	k->listed = (said & KINDS_LISTED) != 0;
	k->aaguids_n = k->listed ? aas_rd_u16(r) : 0;
	if (k->aaguids_n > AAS_KINDS_MAX) {
		k->aaguids_n = 0;
		r->bad = 1;
	}
	for (size_t i = 0; i < k->aaguids_n; i++)
		aas_rd_raw(r, k->aaguids[i], sizeof(k->aaguids[i]));
}

static uint8_t
get_backup(struct aas_rd *r)
{
	uint8_t v = aas_rd_u8(r);

	if ((v & ~(AAS_BE | AAS_BS)) != 0)
		r->bad = 1;
	return v;
}

int
aas_request_put(
    const struct aas_request *rq, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	if (rq->creds_n > AAS_KEYS_MAX || rq->kinds.aaguids_n > AAS_KINDS_MAX)
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	aas_wr_u8(&w, rq->op);
	aas_wr_u32(&w, rq->flags);
	aas_wr_raw(&w, rq->nonce, sizeof(rq->nonce));
	aas_wr_u32(&w, rq->uid);
	aas_part_put_str(&w, rq->user, sizeof(rq->user));
	aas_part_put_str(&w, rq->service, sizeof(rq->service));
	aas_part_put_str(&w, rq->policy, sizeof(rq->policy));
	aas_wr_u8(&w, rq->present);
	aas_wr_u32(&w, rq->timeout_s);
	aas_wr_u32(&w, rq->fresh_s);
	aas_part_put_str(&w, rq->realm, sizeof(rq->realm));
	aas_part_put_str(&w, rq->label, sizeof(rq->label));
	aas_wr_raw(&w, rq->hash, sizeof(rq->hash));
	aas_wr_raw(&w, rq->handle, sizeof(rq->handle));
	aas_wr_u8(&w, rq->creds_n);
	for (size_t i = 0; i < rq->creds_n; i++) {
		aas_part_put_str(
		    &w, rq->creds[i].label, sizeof(rq->creds[i].label));
		aas_part_put_cred(&w, &rq->creds[i].c);
	}
	put_kinds(&w, &rq->kinds);
	return aas_wr_end(&w, len);
}

int
aas_request_get(const uint8_t *p, size_t len, struct aas_request *rq)
{
	struct aas_rd r;
	int e;

	memset(rq, 0, offsetof(struct aas_request, creds));
	aas_rd_init(&r, p, len);
	rq->op = aas_part_get_u8_max(&r, AAS_OP_UNLOCK);
	rq->flags = aas_rd_u32(&r);
	aas_rd_raw(&r, rq->nonce, sizeof(rq->nonce));
	rq->uid = aas_rd_u32(&r);
	aas_part_get_name(&r, rq->user, sizeof(rq->user));
	aas_part_get_name(&r, rq->service, sizeof(rq->service));
	aas_part_get_name(&r, rq->policy, sizeof(rq->policy));
	rq->present = aas_part_get_u8_max(&r, 2);
	rq->timeout_s = aas_rd_u32(&r);
	rq->fresh_s = aas_rd_u32(&r);
	aas_part_get_name(&r, rq->realm, sizeof(rq->realm));
	aas_part_get_name(&r, rq->label, sizeof(rq->label));
	aas_rd_raw(&r, rq->hash, sizeof(rq->hash));
	aas_rd_raw(&r, rq->handle, sizeof(rq->handle));
	rq->creds_n = aas_part_get_u8_max(&r, AAS_KEYS_MAX);
	for (size_t i = 0; i < rq->creds_n; i++) {
		memset(&rq->creds[i], 0, sizeof(rq->creds[i]));
		aas_part_get_name(
		    &r, rq->creds[i].label, sizeof(rq->creds[i].label));
		aas_part_get_cred(&r, &rq->creds[i].c);
	}
	get_kinds(&r, &rq->kinds);
	if ((rq->flags & ~RQ_FLAGS) != 0 || rq->op == 0 || rq->timeout_s < 1 ||
	    rq->timeout_s > TIMEOUT_MAX_S ||
	    (rq->policy[0] != '\0' && rq->policy[0] != '/'))
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(rq, 0, sizeof(*rq));
	return e;
}

int
aas_verdict_put(
    const struct aas_verdict *v, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	aas_wr_u32(&w, v->result);
	aas_wr_u16(&w, v->reason);
	aas_wr_u8(&w, v->op);
	aas_wr_raw(&w, v->nonce, sizeof(v->nonce));
	aas_wr_u32(&w, v->uid);
	aas_wr_u8(&w, v->keys_n);
	for (size_t i = 0; i < 2; i++) {
		aas_part_put_str(&w, v->label[i], sizeof(v->label[i]));
		aas_wr_raw(&w, v->key[i], sizeof(v->key[i]));
		aas_wr_raw(&w, v->aaguid[i], sizeof(v->aaguid[i]));
		aas_wr_u8(&w, v->backup[i]);
	}
	aas_wr_u8(&w, v->how);
	aas_wr_u8(&w, v->uv);
	aas_wr_u8(&w, v->state);
	aas_wr_u64(&w, (uint64_t)v->deadline_s);
	aas_part_put_str(&w, v->text, sizeof(v->text));
	return aas_wr_end(&w, len);
}

int
aas_verdict_get(const uint8_t *p, size_t len, struct aas_verdict *v)
{
	struct aas_rd r;
	int e;

	memset(v, 0, sizeof(*v));
	aas_rd_init(&r, p, len);
	v->result = aas_rd_u32(&r);
	v->reason = aas_rd_u16(&r);
	v->op = aas_part_get_u8_max(&r, AAS_OP_UNLOCK);
	aas_rd_raw(&r, v->nonce, sizeof(v->nonce));
	v->uid = aas_rd_u32(&r);
	v->keys_n = aas_part_get_u8_max(&r, 2);
	for (size_t i = 0; i < 2; i++) {
		aas_part_get_name(&r, v->label[i], sizeof(v->label[i]));
		aas_rd_raw(&r, v->key[i], sizeof(v->key[i]));
		aas_rd_raw(&r, v->aaguid[i], sizeof(v->aaguid[i]));
		v->backup[i] = get_backup(&r);
	}
	v->how = aas_part_get_u8_max(&r, AAS_HOW_SERVER);
	v->uv = aas_part_get_u8_max(&r, 1);
	v->state = aas_part_get_u8_max(&r, AAS_ST_DISABLED);
	v->deadline_s = (int64_t)aas_rd_u64(&r);
	aas_part_get_text(&r, v->text, sizeof(v->text));
	if ((v->result != AAS_GRANTED && v->result != AAS_REFUSED) ||
	    v->deadline_s < 0)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(v, 0, sizeof(*v));
	return e;
}
