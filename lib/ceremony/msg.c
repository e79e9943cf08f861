/*
 * Jobs and results between the two halves of a ceremony, as bytes.
 *
 * 1. A result comes from a process that a hostile key may have taken over:
 *    every length and index MUST be checked, and trailing data refused.
 */
#include <stddef.h>
#include <string.h>

#include "lib/ceremony/msg.h"
#include "lib/err.h"
#include "lib/wire.h"

void
aas_io_job_wipe(struct aas_io_job *j)
{
	explicit_bzero(j, offsetof(struct aas_io_job, ids));
}

int
aas_io_job_put(
    const struct aas_io_job *j, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	if (j->ids_n > AAS_KEYS_MAX || j->pin.len > AAS_SECRET_MAX)
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	aas_wr_u8(&w, j->op);
	aas_wr_u32(&w, j->timeout_ms);
	aas_wr_u8(&w, j->want);
	aas_wr_u8(&w, j->uv);
	aas_wr_str(&w, j->rp);
	aas_wr_raw(&w, j->hash, sizeof(j->hash));
	aas_wr_u32(&w, (uint32_t)j->alg);
	aas_wr_str(&w, j->user);
	aas_wr_raw(&w, j->handle, sizeof(j->handle));
	aas_wr_bytes(&w, j->pin.b, j->pin.len);
	aas_wr_u8(&w, j->ids_n);
	for (size_t i = 0; i < j->ids_n; i++) {
		if (j->ids[i].len > AAS_CRED_MAX)
			return AAS_ERR_INVAL;
		aas_wr_bytes(&w, j->ids[i].b, j->ids[i].len);
	}
	return aas_wr_end(&w, len);
}

int
aas_io_job_get(const uint8_t *p, size_t len, struct aas_io_job *j)
{
	struct aas_rd r;
	size_t n = 0;
	int e;

	aas_io_job_wipe(j);
	aas_rd_init(&r, p, len);
	j->op = aas_rd_u8(&r);
	j->timeout_ms = aas_rd_u32(&r);
	j->want = aas_rd_u8(&r);
	j->uv = aas_rd_u8(&r);
	aas_rd_str(&r, j->rp, sizeof(j->rp));
	aas_rd_raw(&r, j->hash, sizeof(j->hash));
	j->alg = (int32_t)aas_rd_u32(&r);
	aas_rd_str(&r, j->user, sizeof(j->user));
	aas_rd_raw(&r, j->handle, sizeof(j->handle));
	aas_rd_bytes(&r, j->pin.b, AAS_SECRET_MAX, &n);
	j->pin.len = r.bad ? 0 : n;
	j->ids_n = aas_rd_u8(&r);
	if (j->ids_n > AAS_KEYS_MAX) {
		r.bad = 1;
		j->ids_n = 0;
	}
	for (size_t i = 0; i < j->ids_n; i++) {
		aas_rd_bytes(&r, j->ids[i].b, sizeof(j->ids[i].b), &n);
		j->ids[i].len = r.bad ? 0 : (uint16_t)n;
	}
	if ((e = aas_rd_end(&r)) != AAS_OK)
		aas_io_job_wipe(j);
	return e;
}

int
aas_io_result_put(
    const struct aas_io_result *r, uint8_t *buf, size_t cap, size_t *len)
{
	uint8_t proof[sizeof(struct aas_proof) + 8];
	struct aas_wr w;
	size_t n;
	int e;

	if (r->auth_len > sizeof(r->auth))
		return AAS_ERR_INVAL;
	if ((e = aas_proof_put(&r->proof, proof, sizeof(proof), &n)) != AAS_OK)
		return e;
	aas_wr_init(&w, buf, cap);
	aas_wr_u8(&w, r->op);
	aas_wr_u8(&w, r->end);
	aas_wr_u32(&w, (uint32_t)r->fido);
	aas_wr_u8(&w, r->caps);
	aas_wr_raw(&w, r->aaguid, sizeof(r->aaguid));
	aas_wr_u8(&w, r->transports);
	aas_wr_u8(&w, r->pin_min);
	aas_wr_u8(&w, r->pin_retries);
	aas_wr_u8(&w, r->uv_retries);
	aas_wr_u8(&w, r->match);
	aas_wr_u8(&w, r->touched);
	aas_wr_bytes(&w, proof, n);
	aas_wr_bytes(&w, r->auth, r->auth_len);
	return aas_wr_end(&w, len);
}

int
aas_io_result_get(const uint8_t *p, size_t len, struct aas_io_result *r)
{
	uint8_t proof[sizeof(struct aas_proof) + 8];
	struct aas_rd rd;
	size_t n = 0, m = 0;
	int e;

	memset(r, 0, sizeof(*r));
	aas_rd_init(&rd, p, len);
	r->op = aas_rd_u8(&rd);
	r->end = aas_rd_u8(&rd);
	r->fido = (int32_t)aas_rd_u32(&rd);
	r->caps = aas_rd_u8(&rd);
	aas_rd_raw(&rd, r->aaguid, sizeof(r->aaguid));
	r->transports = aas_rd_u8(&rd);
	r->pin_min = aas_rd_u8(&rd);
	r->pin_retries = aas_rd_u8(&rd);
	r->uv_retries = aas_rd_u8(&rd);
	r->match = aas_rd_u8(&rd);
	r->touched = aas_rd_u8(&rd);
	aas_rd_bytes(&rd, proof, sizeof(proof), &n);
	aas_rd_bytes(&rd, r->auth, sizeof(r->auth), &m);
	r->auth_len = rd.bad ? 0 : (uint16_t)m;
	if (r->end < AAS_IO_DONE || r->end > AAS_IO_CANCELED ||
	    r->match > AAS_KEYS_MAX || r->touched > 1)
		rd.bad = 1;
	if ((e = aas_rd_end(&rd)) == AAS_OK)
		e = aas_proof_get(proof, n, &r->proof);
	if (e != AAS_OK)
		memset(r, 0, sizeof(*r));
	return e;
}
