/*
 * authenticatorGetAssertion and authenticatorGetNextAssertion of the
 * software key.  Source: CTAP 2.1, sections 6.2 and 6.3.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/crypto.h"
#include "tests/rig/ctap.h"

struct get {
	uint8_t rp_hash[32];
	const uint8_t *challenge;
	const cbor_item_t *allow;
	bool up;
	bool uv;
};

static int
parse(const cbor_item_t *map, struct get *g)
{
	const cbor_item_t *options = rig_map_int(map, 0x05);
	const char *rp;
	size_t n;
	bool rk;

	g->up = true;
	if (!rig_get_text(rig_map_int(map, 0x01), &rp, &n))
		return CTAP_ERR_MISSING_PARAMETER;
	if (rig_sha256(rp, n, g->rp_hash) != 0)
		return CTAP_ERR_OTHER;
	if (!rig_get_bytes(rig_map_int(map, 0x02), &g->challenge, &n))
		return CTAP_ERR_MISSING_PARAMETER;
	if (n != 32)
		return CTAP_ERR_INVALID_LENGTH;
	if ((g->allow = rig_map_int(map, 0x03)) != NULL &&
	    !cbor_isa_array(g->allow))
		return CTAP_ERR_UNEXPECTED_TYPE;
	(void)rig_get_bool(rig_map_text(options, "up"), &g->up);
	(void)rig_get_bool(rig_map_text(options, "uv"), &g->uv);
	if (rig_get_bool(rig_map_text(options, "rk"), &rk))
		return CTAP_ERR_UNSUPPORTED_OPTION;
	return CTAP_OK;
}

/* The credentials that may answer: one of the list, or all residents. */
static size_t
find(const struct rig_key *key, const struct get *g, struct rig_cred *cred)
{
	const uint8_t *id;
	size_t found = 0;
	size_t n;

	if (g->allow != NULL && cbor_array_size(g->allow) > 0) {
		for (size_t i = 0; i < cbor_array_size(g->allow); i++) {
			const cbor_item_t *e = cbor_array_handle(g->allow)[i];

			if (!rig_get_bytes(rig_map_text(e, "id"), &id, &n) ||
			    !rig_cred_known(key, g->rp_hash, id, n))
				continue;
			memcpy(cred[0].id, id, RIG_CRED_ID_LEN);
			return 1;
		}
		return 0;
	}
	for (size_t i = key->st.rk_n; i-- > 0;) { /* newest first */
		const struct rig_resident *rk = &key->st.rk[i];

		if (memcmp(rk->rp_hash, g->rp_hash, 32) != 0)
			continue;
		memcpy(cred[found].id, rk->id, RIG_CRED_ID_LEN);
		cred[found++].rk = rk;
	}
	return found;
}

static void
put_credential(const struct rig_key *key, const struct rig_cred *cred, bool up,
    struct rig_buf *out)
{
	uint8_t id[RIG_CRED_ID_LEN];

	memcpy(id, cred->id, sizeof(id));
	if (rig_fault_on(key, RIG_FAULT_OTHER_CRED, up))
		id[sizeof(id) - 1] ^= 0x01;
	rig_put_int(out, 0x01);
	rig_put_map(out, 2);
	rig_put_text(out, "id");
	rig_put_bytes(out, id, sizeof(id));
	rig_put_text(out, "type");
	rig_put_text(out, "public-key");
}

/* Names of users go out only to a verified user (section 6.2.2). */
static void
put_user(const struct rig_resident *rk, bool verified, struct rig_buf *out)
{
	bool name = verified && rk->user_name[0] != '\0';

	rig_put_int(out, 0x04);
	rig_put_map(out, name ? 2 : 1);
	rig_put_text(out, "id");
	rig_put_bytes(out, rk->user_id, rk->user_id_n);
	if (name) {
		rig_put_text(out, "name");
		rig_put_text(out, rk->user_name);
	}
}

static int
sign(const struct rig_key *key, const struct rig_next *next,
    const struct rig_cred *cred, const struct rig_buf *ad, uint8_t *sig,
    size_t *sig_n)
{
	bool up = (next->flags & CTAP_FLAG_UP) != 0;
	uint8_t text[RIG_AD_MAX + 32];
	uint8_t secret[32];
	int alg = rig_cred_alg(cred->id);

	if (rig_fault_on(key, RIG_FAULT_WRONG_ALG, up))
		alg = alg == RIG_ES256 ? RIG_EDDSA : RIG_ES256;
	memcpy(text, ad->p, ad->n);
	memcpy(text + ad->n, next->challenge, 32);
	if (rig_fault_on(key, RIG_FAULT_OTHER_CHALLENGE, up))
		text[ad->n] ^= 0x01;
	if (rig_cred_secret(key, next->rp_hash, cred->id, secret) != 0)
		return -1;
	return rig_sign(alg, secret, text, ad->n + 32, sig, sig_n);
}

/* One assertion, by the credential whose turn it is. */
static int
assertion(struct rig_key *key, struct rig_next *next, size_t total,
    struct rig_buf *out)
{
	const struct rig_cred *cred = &next->cred[next->at];
	bool up = (next->flags & CTAP_FLAG_UP) != 0;
	uint32_t counter = rig_fault_counter(key, up);
	uint8_t head[37], authdata[RIG_AD_MAX], sig[RIG_SIG_MAX];
	struct rig_buf ad = { .p = authdata, .max = sizeof(authdata) };
	size_t sig_n;

	memcpy(head, next->rp_hash, 32);
	head[32] = next->flags;
	for (int i = 0; i < 4; i++)
		head[33 + i] = (uint8_t)(counter >> (24 - 8 * i));
	rig_fault_head(key, up, head);
	rig_put(&ad, head, sizeof(head));
	rig_fault_extension(key, up, &ad);
	if (ad.full || sign(key, next, cred, &ad, sig, &sig_n) != 0 ||
	    rig_store_save(key) != 0)
		return CTAP_ERR_OTHER;
	rig_fault_flip(key, up, ad.p, ad.n, sig, sig_n);
	rig_put_map(out, 3u + (cred->rk != NULL) + (total > 1));
	put_credential(key, cred, up, out);
	rig_put_int(out, 0x02);
	rig_put_bytes(out, ad.p, ad.n);
	rig_put_int(out, 0x03);
	rig_put_bytes(out, sig, sig_n);
	if (cred->rk != NULL)
		put_user(cred->rk, (next->flags & CTAP_FLAG_UV) != 0, out);
	if (total > 1) {
		rig_put_int(out, 0x05);
		rig_put_int(out, (int64_t)total);
	}
	next->at++;
	key->asserts++;
	return CTAP_OK;
}

/* Faults "replay": an old answer instead, or else remember this one. */
static void
replay(struct rig_key *key, bool up, struct rig_buf *out)
{
	if (!up)
		return;
	if (key->fault == RIG_FAULT_REPLAY && key->old_reply_n != 0) {
		memcpy(out->p, key->old_reply, key->old_reply_n);
		out->n = key->old_reply_n;
	} else if (!out->full && out->n <= sizeof(key->old_reply)) {
		memcpy(key->old_reply, out->p, out->n);
		key->old_reply_n = out->n;
	}
}

int
rig_cmd_get(struct rig_key *key, const cbor_item_t *map, struct rig_buf *out)
{
	struct rig_uv_ask ask = { .map = map,
		.param = 0x06,
		.protocol = 0x07,
		.permission = CTAP_PERM_GET };
	struct rig_next next = { 0 };
	struct get g = { 0 };
	bool verified = false;
	int status;

	if ((status = parse(map, &g)) != CTAP_OK)
		return status;
	ask.challenge = g.challenge;
	ask.rp_hash = g.rp_hash;
	ask.uv = g.uv;
	if ((status = rig_uv_check(key, &ask, &verified)) != CTAP_OK)
		return status;
	if (g.up && key->always_uv && !verified)
		return CTAP_ERR_PUAT_REQUIRED;
	if (key->fault == RIG_FAULT_NO_CREDENTIALS ||
	    (next.n = find(key, &g, next.cred)) == 0)
		return CTAP_ERR_NO_CREDENTIALS;
	if (g.up) {
		if ((status = rig_need_touch(key)) != CTAP_OK)
			return status;
		rig_token_used(key);
	}
	memcpy(next.rp_hash, g.rp_hash, 32);
	memcpy(next.challenge, g.challenge, 32);
	next.flags = (uint8_t)((g.up ? CTAP_FLAG_UP : 0) |
	    (verified ? CTAP_FLAG_UV : 0));
	if ((status = assertion(key, &next, next.n, out)) != CTAP_OK)
		return status;
	replay(key, g.up, out);
	rig_fault_body(key, g.up, out);
	key->next = next;
	return CTAP_OK;
}

int
rig_cmd_next(struct rig_key *key, struct rig_buf *out)
{
	if (key->next.at >= key->next.n)
		return CTAP_ERR_NOT_ALLOWED;
	return assertion(key, &key->next, 0, out);
}
