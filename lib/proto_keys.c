/*
 * Payloads of the helper protocol about keys: what one has signed, one that
 * was made, one that is plugged in.
 *
 * The rules of lib/proto.c.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/proto_parts.h"

int
aas_proof_put(const struct aas_proof *pf, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	aas_part_put_bytes(&w, pf->id, pf->id_len, sizeof(pf->id));
	aas_part_put_bytes(&w, pf->auth, pf->auth_len, sizeof(pf->auth));
	aas_part_put_bytes(&w, pf->sig, pf->sig_len, sizeof(pf->sig));
	return aas_wr_end(&w, len);
}

int
aas_proof_get(const uint8_t *p, size_t len, struct aas_proof *pf)
{
	struct aas_rd r;
	int e;

	memset(pf, 0, sizeof(*pf));
	aas_rd_init(&r, p, len);
	pf->id_len = aas_part_get_bytes(&r, pf->id, sizeof(pf->id));
	pf->auth_len = aas_part_get_bytes(&r, pf->auth, sizeof(pf->auth));
	pf->sig_len = aas_part_get_bytes(&r, pf->sig, sizeof(pf->sig));
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(pf, 0, sizeof(*pf));
	return e;
}

int
aas_made_put(const struct aas_made *m, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	aas_part_put_cred(&w, &m->login);
	aas_part_put_cred(&w, &m->ssh);
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
	aas_part_get_cred(&r, &m->login);
	aas_part_get_cred(&r, &m->ssh);
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
	aas_part_put_str(&w, k->label, sizeof(k->label));
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
	k->state = aas_part_get_u8_max(&r, AAS_PLUGGED_FAULTY);
	aas_part_get_name(&r, k->label, sizeof(k->label));
	aas_rd_raw(&r, k->aaguid, sizeof(k->aaguid));
	k->pin = aas_part_get_u8_max(&r, 1);
	k->uv = aas_part_get_u8_max(&r, 1);
	k->pin_retries = aas_rd_u8(&r);
	k->uv_retries = aas_rd_u8(&r);
	if (k->state == 0)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(k, 0, sizeof(*k));
	return e;
}
