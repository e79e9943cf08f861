/*
 * The proofs of a line.
 *
 * 1. Every proof MUST hold: one that does not refuses the line, even if the
 *    others would do.
 * 2. A proof MUST show user verification, and that the key is as able to be
 *    copied as it was when it was enrolled.
 * 3. The same key MUST NOT count twice.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/record/parts.h"
#include "lib/record/recovery.h"

static int
same_id(const struct aas_cred *c, const struct aas_proof *pf)
{
	return c->id_len == pf->id_len &&
	    memcmp(c->id, pf->id, pf->id_len) == 0;
}

static const struct aas_key *
find(const struct aas_key *keys, size_t n, const struct aas_proof *pf)
{
	for (size_t i = 0; i < n; i++)
		if (same_id(&keys[i].login, pf))
			return &keys[i];
	return NULL;
}

int
aas_key_find(const struct aas_key *keys, size_t n, const uint8_t id[32])
{
	uint8_t got[32];

	for (size_t i = 0; i < n; i++)
		if (aas_key_id(&keys[i].login, got) == AAS_OK &&
		    memcmp(got, id, sizeof(got)) == 0)
			return (int)i;
	return -1;
}

enum aas_signer
aas_signer_of(const struct aas_record *rec, const struct aas_entry *e,
    const struct aas_proof *pf)
{
	const struct aas_key *k = NULL;

	if (find(e->keys, e->keys_n, pf) != NULL)
		return AAS_SIGN_OWN;
	if ((k = find(rec->keys, rec->keys_n, pf)) == NULL)
		return AAS_SIGN_NONE;
	if (!k->suspended)
		return AAS_SIGN_ACTIVE;
	if (e->type == AAS_T_RESUME_KEY && aas_key_find(k, 1, e->key) == 0)
		return AAS_SIGN_OWN;
	return AAS_SIGN_SUSPENDED;
}

static int
key_usable(const struct aas_key *k)
{
	int r = aas_pk_valid(k->login.alg, k->login.pk, k->login.pk_len);

	if (r == AAS_OK && k->ssh.id_len > 0)
		r = aas_pk_valid(k->ssh.alg, k->ssh.pk, k->ssh.pk_len);
	return r;
}

static int
proof_verify(const struct aas_line *l, size_t i, const struct aas_key *known,
    size_t known_n)
{
	const struct aas_proof *pf = &l->proofs[i];
	const struct aas_key *k = find(l->e.keys, l->e.keys_n, pf);
	uint32_t counter = 0;
	uint8_t flags = 0;
	unsigned why = 0;
	int r = AAS_ERR_CRYPTO;

	for (size_t j = 0; j < i; j++)
		if (l->proofs[j].id_len == pf->id_len &&
		    memcmp(l->proofs[j].id, pf->id, pf->id_len) == 0)
			return AAS_ERR_CRYPTO;
	if (k == NULL)
		k = find(known, known_n, pf);
	if (k == NULL)
		return AAS_ERR_CRYPTO;
	if ((r = aas_assertion_verify(
		 &k->login, l->challenge, 1, pf, &flags, &counter, &why)) != 0)
		return r;
	return (flags & AAS_AD_BE) == (k->backup & AAS_BE) ? AAS_OK
							   : AAS_ERR_CRYPTO;
}

int
aas_proofs_verify(
    const struct aas_line *l, const struct aas_key *known, size_t known_n)
{
	int r = AAS_OK;

	for (size_t i = 0; i < l->e.keys_n; i++)
		if ((r = key_usable(&l->e.keys[i])) != AAS_OK)
			return r;
	for (size_t i = 0; i < l->e.recovery_n; i++)
		if ((r = aas_pk_valid(AAS_ALG_EDDSA, l->e.recovery[i], 32)) !=
		    AAS_OK)
			return r;
	for (size_t i = 0; i < l->proofs_n; i++)
		if ((r = proof_verify(l, i, known, known_n)) != AAS_OK)
			return r;
	if (l->has_recovery)
		r = aas_recovery_verify(l->rpub, l->challenge, l->rsig);
	return r;
}
