/*
 * authenticatorMakeCredential of the software key.
 * Source: CTAP 2.1, section 6.1; WebAuthn, sections 6.5 and 8.2.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/crypto.h"
#include "tests/rig/ctap.h"

#define CERTIFICATE_MAX 640

/* The parameters, borrowed from the parsed map. */
struct make {
	const uint8_t *challenge;
	uint8_t rp_hash[32];
	const uint8_t *user_id;
	size_t user_id_n;
	const char *user_name;
	size_t user_name_n;
	int alg;
	const cbor_item_t *exclude;
	bool rk;
	bool uv;
};

/* The first algorithm of the host's list that we have; 0 if none. */
static int
choose_alg(const cbor_item_t *list)
{
	const char *type;
	int64_t alg;
	size_t n;

	if (list == NULL || !cbor_isa_array(list))
		return 0;
	for (size_t i = 0; i < cbor_array_size(list); i++) {
		const cbor_item_t *e = cbor_array_handle(list)[i];

		if (rig_get_text(rig_map_text(e, "type"), &type, &n) &&
		    n == 10 && memcmp(type, "public-key", 10) == 0 &&
		    rig_get_int(rig_map_text(e, "alg"), &alg) &&
		    (alg == RIG_ES256 || alg == RIG_EDDSA))
			return (int)alg;
	}
	return 0;
}

static int
parse_options(
    const struct rig_key *key, const cbor_item_t *options, struct make *m)
{
	bool up = true;

	(void)rig_get_bool(rig_map_text(options, "rk"), &m->rk);
	(void)rig_get_bool(rig_map_text(options, "uv"), &m->uv);
	if (rig_get_bool(rig_map_text(options, "up"), &up) && !up)
		return CTAP_ERR_INVALID_OPTION;
	if (m->rk && !key->rk_option)
		return CTAP_ERR_UNSUPPORTED_OPTION;
	return CTAP_OK;
}

static int
parse(const struct rig_key *key, const cbor_item_t *map, struct make *m)
{
	const cbor_item_t *user = rig_map_int(map, 0x03);
	const char *rp;
	size_t n;

	if (!rig_get_bytes(rig_map_int(map, 0x01), &m->challenge, &n) ||
	    !rig_get_text(rig_map_text(rig_map_int(map, 0x02), "id"), &rp, &n))
		return CTAP_ERR_MISSING_PARAMETER;
	if (rig_sha256(rp, n, m->rp_hash) != 0)
		return CTAP_ERR_OTHER;
	if (!rig_get_bytes(rig_map_int(map, 0x01), &m->challenge, &n) ||
	    n != 32)
		return CTAP_ERR_INVALID_LENGTH;
	if (!rig_get_bytes(
		rig_map_text(user, "id"), &m->user_id, &m->user_id_n) ||
	    rig_map_int(map, 0x04) == NULL)
		return CTAP_ERR_MISSING_PARAMETER;
	if (m->user_id_n > RIG_USER_ID_MAX)
		return CTAP_ERR_INVALID_LENGTH;
	(void)rig_get_text(
	    rig_map_text(user, "name"), &m->user_name, &m->user_name_n);
	if ((m->alg = choose_alg(rig_map_int(map, 0x04))) == 0)
		return CTAP_ERR_UNSUPPORTED_ALGORITHM;
	m->exclude = rig_map_int(map, 0x05);
	return parse_options(key, rig_map_int(map, 0x07), m);
}

static bool
excluded(const struct rig_key *key, const struct make *m)
{
	const uint8_t *id;
	size_t n;

	if (m->exclude == NULL || !cbor_isa_array(m->exclude))
		return false;
	for (size_t i = 0; i < cbor_array_size(m->exclude); i++)
		if (rig_get_bytes(
			rig_map_text(cbor_array_handle(m->exclude)[i], "id"),
			&id, &n) &&
		    rig_cred_known(key, m->rp_hash, id, n))
			return true;
	return false;
}

/* Keep a resident credential; one of the same user is replaced. */
static int
keep(struct rig_key *key, const struct make *m, const uint8_t *id)
{
	struct rig_resident *rk;
	size_t i;

	for (i = 0; i < key->st.rk_n; i++) {
		rk = &key->st.rk[i];
		if (memcmp(rk->rp_hash, m->rp_hash, 32) == 0 &&
		    rk->user_id_n == m->user_id_n &&
		    memcmp(rk->user_id, m->user_id, m->user_id_n) == 0)
			break;
	}
	if (i == RIG_RESIDENT_MAX)
		return CTAP_ERR_KEY_STORE_FULL;
	rk = &key->st.rk[i];
	memset(rk, 0, sizeof(*rk));
	memcpy(rk->rp_hash, m->rp_hash, 32);
	memcpy(rk->id, id, RIG_CRED_ID_LEN);
	memcpy(rk->user_id, m->user_id, m->user_id_n);
	rk->user_id_n = m->user_id_n;
	if (m->user_name_n > 0 && m->user_name_n <= RIG_USER_NAME_MAX)
		memcpy(rk->user_name, m->user_name, m->user_name_n);
	if (i == key->st.rk_n)
		key->st.rk_n++;
	return CTAP_OK;
}

static void
put_cose(struct rig_buf *ad, int alg, const uint8_t pub[64])
{
	bool es256 = alg == RIG_ES256;

	rig_put_map(ad, es256 ? 5 : 4);
	rig_put_int(ad, 1); /* kty: EC2 or OKP */
	rig_put_int(ad, es256 ? 2 : 1);
	rig_put_int(ad, 3);
	rig_put_int(ad, alg);
	rig_put_int(ad, -1); /* crv: P-256 or Ed25519 */
	rig_put_int(ad, es256 ? 1 : 6);
	rig_put_int(ad, -2);
	rig_put_bytes(ad, pub, 32);
	if (es256) {
		rig_put_int(ad, -3);
		rig_put_bytes(ad, pub + 32, 32);
	}
}

/* Authenticator data with the new credential in it. */
static int
put_authdata(struct rig_key *key, const struct make *m, bool verified,
    const uint8_t *id, const uint8_t secret[32], struct rig_buf *ad)
{
	uint32_t counter = rig_fault_counter(key, true);
	uint8_t head[37], idlen[2] = { 0, RIG_CRED_ID_LEN };
	uint8_t aaguid[16];
	uint8_t pub[64];
	size_t n;
	int alg = m->alg;

	if (rig_fault_on(key, RIG_FAULT_WRONG_ALG, true))
		alg = alg == RIG_ES256 ? RIG_EDDSA : RIG_ES256;
	if (rig_public(alg, secret, pub, &n) != 0)
		return CTAP_ERR_OTHER;
	memcpy(head, m->rp_hash, 32);
	head[32] = (uint8_t)(CTAP_FLAG_UP | CTAP_FLAG_AT |
	    (verified ? CTAP_FLAG_UV : 0));
	for (int i = 0; i < 4; i++)
		head[33 + i] = (uint8_t)(counter >> (24 - 8 * i));
	rig_fault_head(key, true, head);
	rig_put(ad, head, sizeof(head));
	rig_aaguid(key, aaguid);
	rig_put(ad, aaguid, sizeof(aaguid));
	rig_put(ad, idlen, sizeof(idlen));
	rig_put(ad, id, RIG_CRED_ID_LEN);
	put_cose(ad, alg, pub);
	rig_fault_extension(key, true, ad);
	return CTAP_OK;
}

/* One attestation key for all software keys, as makers have for a batch. */
static int
batch_secret(uint8_t secret[32])
{
	static const char label[] = "rig attestation";

	if (rig_sha256(label, sizeof(label), secret) != 0)
		return -1;
	secret[0] &= 0x7f; /* below the order of P-256 */
	return 0;
}

/* The attestation statement over ${text}. */
static int
put_statement(struct rig_key *key, const struct make *m,
    const uint8_t secret[32], const uint8_t *text, size_t n,
    struct rig_buf *out)
{
	const bool basic = key->attest == RIG_ATTEST_BASIC;
	const int alg = basic ? RIG_ES256 : m->alg;
	uint8_t batch[32], der[CERTIFICATE_MAX], sig[RIG_SIG_MAX];
	size_t der_n = sizeof(der), sig_n = 0;

	if (key->attest == RIG_ATTEST_NONE) {
		rig_put_map(out, 0);
		return CTAP_OK;
	}
	if (basic &&
	    (batch_secret(batch) != 0 ||
		rig_certificate(batch, der, &der_n) != 0))
		return CTAP_ERR_OTHER;
	if (rig_sign(alg, basic ? batch : secret, text, n, sig, &sig_n) != 0)
		return CTAP_ERR_OTHER;
	rig_fault_flip(key, true, NULL, 0, sig, sig_n);
	rig_put_map(out, basic ? 3 : 2);
	rig_put_text(out, "alg");
	rig_put_int(out, alg);
	rig_put_text(out, "sig");
	rig_put_bytes(out, sig, sig_n);
	if (basic) {
		rig_put_text(out, "x5c");
		rig_put_array(out, 1);
		rig_put_bytes(out, der, der_n);
	}
	return CTAP_OK;
}

static int
attest(struct rig_key *key, const struct make *m, const uint8_t secret[32],
    struct rig_buf *ad, struct rig_buf *out)
{
	uint8_t text[RIG_AD_MAX + 32];
	const size_t n = ad->n + 32;

	memcpy(text, ad->p, ad->n);
	memcpy(text + ad->n, m->challenge, 32);
	if (rig_fault_on(key, RIG_FAULT_OTHER_CHALLENGE, true))
		text[ad->n] ^= 0x01;
	rig_fault_flip(key, true, ad->p, ad->n, NULL, 0);
	rig_put_map(out, 3);
	rig_put_int(out, 0x01);
	rig_put_text(out, key->attest == RIG_ATTEST_NONE ? "none" : "packed");
	rig_put_int(out, 0x02);
	rig_put_bytes(out, ad->p, ad->n);
	rig_put_int(out, 0x03);
	return put_statement(key, m, secret, text, n, out);
}

static int
create(struct rig_key *key, const struct make *m, bool verified,
    struct rig_buf *out)
{
	uint8_t id[RIG_CRED_ID_LEN], secret[32];
	uint8_t authdata[RIG_AD_MAX];
	struct rig_buf ad = { .p = authdata, .max = sizeof(authdata) };
	int status;

	if (rig_cred_new(key, m->rp_hash, m->alg, id) != 0 ||
	    rig_cred_secret(key, m->rp_hash, id, secret) != 0)
		return CTAP_ERR_OTHER;
	if (m->rk && (status = keep(key, m, id)) != CTAP_OK)
		return status;
	if ((status = put_authdata(key, m, verified, id, secret, &ad)) !=
	    CTAP_OK)
		return status;
	if (ad.full || rig_store_save(key) != 0)
		return CTAP_ERR_OTHER;
	return attest(key, m, secret, &ad, out);
}

int
rig_cmd_make(struct rig_key *key, const cbor_item_t *map, struct rig_buf *out)
{
	struct make m = { 0 };
	struct rig_uv_ask ask = { .map = map,
		.param = 0x08,
		.protocol = 0x09,
		.permission = CTAP_PERM_MAKE };
	bool verified = false;
	int status;

	if ((status = parse(key, map, &m)) != CTAP_OK)
		return status;
	ask.challenge = m.challenge;
	ask.rp_hash = m.rp_hash;
	ask.uv = m.uv;
	if ((status = rig_uv_check(key, &ask, &verified)) != CTAP_OK)
		return status;
	if (!verified &&
	    (key->always_uv || (!key->make_uv_not_required && key->st.has_pin)))
		return CTAP_ERR_PUAT_REQUIRED;
	if ((status = rig_need_touch(key)) != CTAP_OK)
		return status;
	if (excluded(key, &m))
		return CTAP_ERR_CREDENTIAL_EXCLUDED;
	rig_token_used(key);
	if ((status = create(key, &m, verified, out)) == CTAP_OK)
		rig_fault_body(key, true, out);
	return status;
}
