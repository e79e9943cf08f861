/*
 * The payloads of the helper protocol (docs/protocol.md): struct to bytes and
 * back.  What is read here came from another process, possibly a hostile one.
 *
 * 1. Reading MUST end with aas_rd_end(): trailing data is a refusal.
 * 2. Every count and length MUST be checked before it is used as a bound.
 * 3. An out-parameter MUST be all zero unless the whole payload held.
 */
#include "lib/proto.h"

#include <stddef.h>
#include <string.h>

#include "lib/err.h"
#include "lib/record/index.h"
#include "lib/secret.h"
#include "lib/wire.h"
#include "lib/str.h"

#define RQ_FLAGS                                                      \
	(AAS_RQ_REMOTE | AAS_RQ_UV | AAS_RQ_SILENT | AAS_RQ_CONFIRM | \
	    AAS_RQ_HOSTAUTH | AAS_RQ_ORIGIN | AAS_RQ_SERVER_KEYS)
#define TIMEOUT_MAX_S 600

/* A string without control characters; a text may have line breaks. */
static void
check_str(struct aas_rd *r, const char *s, int text)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (text && (c == '\n' || c == '\t'))
			continue;
		if (c < 0x20 || c == 0x7f)
			r->bad = 1;
	}
}

static void
get_name(struct aas_rd *r, char *dst, size_t cap)
{
	aas_rd_str(r, dst, cap);
	check_str(r, dst, 0);
}

static void
get_text(struct aas_rd *r, char *dst, size_t cap)
{
	aas_rd_str(r, dst, cap);
	check_str(r, dst, 1);
}

static uint16_t
get_bytes(struct aas_rd *r, uint8_t *dst, size_t cap)
{
	size_t n = 0;

	aas_rd_bytes(r, dst, cap, &n);
	return (uint16_t)n;
}

static uint8_t
get_u8_max(struct aas_rd *r, uint8_t max)
{
	uint8_t v = aas_rd_u8(r);

	if (v > max) {
		r->bad = 1;
		return 0;
	}
	return v;
}

/* A length over its bound must never be put: it would read past the array. */
static void
put_bytes(struct aas_wr *w, const uint8_t *p, size_t len, size_t max)
{
	if (len > max)
		w->bad = 1;
	else
		aas_wr_bytes(w, p, len);
}

static void
put_str(struct aas_wr *w, const char *s, size_t cap)
{
	put_bytes(w, (const uint8_t *)s, aas_str_nlen(s, cap), cap - 1);
}

static void
put_cred(struct aas_wr *w, const struct aas_cred *c)
{
	put_str(w, c->rp, sizeof(c->rp));
	aas_wr_u32(w, (uint32_t)c->alg);
	put_bytes(w, c->pk, c->pk_len, sizeof(c->pk));
	put_bytes(w, c->id, c->id_len, sizeof(c->id));
}

static void
get_cred(struct aas_rd *r, struct aas_cred *c)
{
	get_name(r, c->rp, sizeof(c->rp));
	c->alg = (int32_t)aas_rd_u32(r);
	if (c->alg != 0 && c->alg != AAS_ALG_ES256 && c->alg != AAS_ALG_EDDSA)
		r->bad = 1;
	c->pk_len = get_bytes(r, c->pk, sizeof(c->pk));
	c->id_len = get_bytes(r, c->id, sizeof(c->id));
}

int
aas_request_put(
    const struct aas_request *rq, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	if (rq->creds_n > AAS_KEYS_MAX)
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	aas_wr_u8(&w, rq->op);
	aas_wr_u32(&w, rq->flags);
	aas_wr_raw(&w, rq->nonce, sizeof(rq->nonce));
	aas_wr_u32(&w, rq->uid);
	put_str(&w, rq->user, sizeof(rq->user));
	put_str(&w, rq->service, sizeof(rq->service));
	put_str(&w, rq->policy, sizeof(rq->policy));
	aas_wr_u8(&w, rq->present);
	aas_wr_u32(&w, rq->timeout_s);
	put_str(&w, rq->realm, sizeof(rq->realm));
	put_str(&w, rq->label, sizeof(rq->label));
	aas_wr_raw(&w, rq->hash, sizeof(rq->hash));
	aas_wr_raw(&w, rq->handle, sizeof(rq->handle));
	aas_wr_u8(&w, rq->creds_n);
	for (size_t i = 0; i < rq->creds_n; i++) {
		put_str(&w, rq->creds[i].label, sizeof(rq->creds[i].label));
		put_cred(&w, &rq->creds[i].c);
	}
	return aas_wr_end(&w, len);
}

int
aas_request_get(const uint8_t *p, size_t len, struct aas_request *rq)
{
	struct aas_rd r;
	int e;

	memset(rq, 0, offsetof(struct aas_request, creds));
	aas_rd_init(&r, p, len);
	rq->op = get_u8_max(&r, AAS_OP_ENROLL);
	rq->flags = aas_rd_u32(&r);
	aas_rd_raw(&r, rq->nonce, sizeof(rq->nonce));
	rq->uid = aas_rd_u32(&r);
	get_name(&r, rq->user, sizeof(rq->user));
	get_name(&r, rq->service, sizeof(rq->service));
	get_name(&r, rq->policy, sizeof(rq->policy));
	rq->present = get_u8_max(&r, 2);
	rq->timeout_s = aas_rd_u32(&r);
	get_name(&r, rq->realm, sizeof(rq->realm));
	get_name(&r, rq->label, sizeof(rq->label));
	aas_rd_raw(&r, rq->hash, sizeof(rq->hash));
	aas_rd_raw(&r, rq->handle, sizeof(rq->handle));
	rq->creds_n = get_u8_max(&r, AAS_KEYS_MAX);
	for (size_t i = 0; i < rq->creds_n; i++) {
		memset(&rq->creds[i], 0, sizeof(rq->creds[i]));
		get_name(&r, rq->creds[i].label, sizeof(rq->creds[i].label));
		get_cred(&r, &rq->creds[i].c);
	}
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
		put_str(&w, v->label[i], sizeof(v->label[i]));
		aas_wr_raw(&w, v->key[i], sizeof(v->key[i]));
	}
	aas_wr_u8(&w, v->uv);
	aas_wr_u8(&w, v->state);
	aas_wr_u64(&w, (uint64_t)v->deadline_s);
	put_str(&w, v->text, sizeof(v->text));
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
	v->op = get_u8_max(&r, AAS_OP_ENROLL);
	aas_rd_raw(&r, v->nonce, sizeof(v->nonce));
	v->uid = aas_rd_u32(&r);
	v->keys_n = get_u8_max(&r, 2);
	for (size_t i = 0; i < 2; i++) {
		get_name(&r, v->label[i], sizeof(v->label[i]));
		aas_rd_raw(&r, v->key[i], sizeof(v->key[i]));
	}
	v->uv = get_u8_max(&r, 1);
	v->state = get_u8_max(&r, AAS_ST_DISABLED);
	v->deadline_s = (int64_t)aas_rd_u64(&r);
	get_text(&r, v->text, sizeof(v->text));
	if ((v->result != AAS_GRANTED && v->result != AAS_REFUSED) ||
	    v->deadline_s < 0)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(v, 0, sizeof(*v));
	return e;
}

int
aas_proof_put(const struct aas_proof *pf, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	put_bytes(&w, pf->id, pf->id_len, sizeof(pf->id));
	put_bytes(&w, pf->auth, pf->auth_len, sizeof(pf->auth));
	put_bytes(&w, pf->sig, pf->sig_len, sizeof(pf->sig));
	return aas_wr_end(&w, len);
}

int
aas_proof_get(const uint8_t *p, size_t len, struct aas_proof *pf)
{
	struct aas_rd r;
	int e;

	memset(pf, 0, sizeof(*pf));
	aas_rd_init(&r, p, len);
	pf->id_len = get_bytes(&r, pf->id, sizeof(pf->id));
	pf->auth_len = get_bytes(&r, pf->auth, sizeof(pf->auth));
	pf->sig_len = get_bytes(&r, pf->sig, sizeof(pf->sig));
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(pf, 0, sizeof(*pf));
	return e;
}

int
aas_made_put(const struct aas_made *m, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	put_cred(&w, &m->login);
	put_cred(&w, &m->ssh);
	aas_wr_raw(&w, m->aaguid, sizeof(m->aaguid));
	aas_wr_u8(&w, m->flags);
	aas_wr_u8(&w, m->transports);
	aas_wr_u32(&w, m->counter);
	return aas_wr_end(&w, len);
}

int
aas_made_get(const uint8_t *p, size_t len, struct aas_made *m)
{
	struct aas_rd r;
	int e;

	memset(m, 0, sizeof(*m));
	aas_rd_init(&r, p, len);
	get_cred(&r, &m->login);
	get_cred(&r, &m->ssh);
	aas_rd_raw(&r, m->aaguid, sizeof(m->aaguid));
	m->flags = aas_rd_u8(&r);
	m->transports = aas_rd_u8(&r);
	m->counter = aas_rd_u32(&r);
	if (m->login.id_len == 0)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(m, 0, sizeof(*m));
	return e;
}

int
aas_plugged_put(
    const struct aas_plugged *k, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	aas_wr_u8(&w, k->state);
	put_str(&w, k->label, sizeof(k->label));
	aas_wr_raw(&w, k->aaguid, sizeof(k->aaguid));
	aas_wr_u8(&w, k->pin);
	aas_wr_u8(&w, k->uv);
	aas_wr_u8(&w, k->pin_retries);
	aas_wr_u8(&w, k->uv_retries);
	return aas_wr_end(&w, len);
}

int
aas_plugged_get(const uint8_t *p, size_t len, struct aas_plugged *k)
{
	struct aas_rd r;
	int e;

	memset(k, 0, sizeof(*k));
	aas_rd_init(&r, p, len);
	k->state = get_u8_max(&r, AAS_PLUGGED_FAULTY);
	get_name(&r, k->label, sizeof(k->label));
	aas_rd_raw(&r, k->aaguid, sizeof(k->aaguid));
	k->pin = get_u8_max(&r, 1);
	k->uv = get_u8_max(&r, 1);
	k->pin_retries = aas_rd_u8(&r);
	k->uv_retries = aas_rd_u8(&r);
	if (k->state == 0)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(k, 0, sizeof(*k));
	return e;
}

static int
is_prompt(uint8_t type)
{
	return type == AAS_MSG_SECRET || type == AAS_MSG_ASK;
}

int
aas_text_put(uint8_t type, const struct aas_text *t, uint8_t *buf, size_t cap,
    size_t *len)
{
	size_t n = aas_str_nlen(t->text, sizeof(t->text));
	struct aas_wr w;

	if (n == 0 || n == sizeof(t->text))
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	if (is_prompt(type))
		aas_wr_u32(&w, t->serial);
	aas_wr_raw(&w, t->text, n);
	return aas_wr_end(&w, len);
}

int
aas_text_get(uint8_t type, const uint8_t *p, size_t len, struct aas_text *t)
{
	struct aas_rd r;
	size_t n;
	int e;

	memset(t, 0, sizeof(*t));
	aas_rd_init(&r, p, len);
	if (is_prompt(type))
		t->serial = aas_rd_u32(&r);
	n = r.len;
	if (r.bad || n == 0 || n >= sizeof(t->text))
		return AAS_ERR_FORMAT;
	aas_rd_raw(&r, t->text, n);
	check_str(&r, t->text, 1);
	if (strlen(t->text) != n)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(t, 0, sizeof(*t));
	return e;
}

int
aas_reply_put(const struct aas_reply *rp, uint8_t *buf, size_t cap, size_t *len)
{
	size_t n = aas_str_nlen(rp->text, sizeof(rp->text));
	struct aas_wr w;

	if (n == sizeof(rp->text))
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	aas_wr_u32(&w, rp->serial);
	aas_wr_u8(&w, rp->status);
	aas_wr_raw(&w, rp->text, n);
	return aas_wr_end(&w, len);
}

int
aas_reply_get(const uint8_t *p, size_t len, struct aas_reply *rp)
{
	struct aas_rd r;
	size_t n;
	int e;

	explicit_bzero(rp, sizeof(*rp));
	aas_rd_init(&r, p, len);
	rp->serial = aas_rd_u32(&r);
	rp->status = get_u8_max(&r, 1);
	n = r.len;
	if (r.bad || n >= sizeof(rp->text)) {
		explicit_bzero(rp, sizeof(*rp));
		return AAS_ERR_FORMAT;
	}
	if (n > 0)
		aas_rd_raw(&r, rp->text, n);
	if (strlen(rp->text) != n)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		explicit_bzero(rp, sizeof(*rp));
	return e;
}
