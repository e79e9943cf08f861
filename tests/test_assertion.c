#include <string.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "tests/fixture.h"
#include "tests/signer.h"

static struct signer key[2]; /* ES256, EdDSA */
static const uint8_t hash[32] = { 1, 2, 3 };

static int
group_setup(void **state)
{
	(void)state;
	signer_new(&key[0], "blue", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&key[1], "spare", SIGNER_REALM, AAS_ALG_EDDSA);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	signer_free(&key[0]);
	signer_free(&key[1]);
	return 0;
}

static unsigned why;

static int
verify(const struct signer *s, int uv, const struct aas_proof *pf)
{
	uint8_t flags = 0;
	uint32_t counter = 0;
	int r = aas_assertion_verify(
	    &s->key.login, hash, uv, pf, &flags, &counter, &why);

	if (r != AAS_OK)
		assert_int_equal(flags | counter, 0);
	return r;
}

/* An honest proof, its authenticator data changed before it was signed. */
static int
signed_as(struct signer *s, int uv, size_t len, size_t at, uint8_t value)
{
	struct aas_proof pf;
	uint8_t auth[64] = { 0 };

	signer_prove(s, hash, &pf);
	memcpy(auth, pf.auth, 37);
	auth[at] = value;
	signer_sign(s, auth, len, hash, &pf);
	return verify(s, uv, &pf);
}

static void
assertion_good_one_is_taken(void **state)
{
	struct aas_proof pf;
	uint8_t flags = 0;
	uint32_t counter = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		key[i].counter = 0x01020304;
		signer_prove(&key[i], hash, &pf);
		key[i].counter = 0;
		assert_int_equal(aas_assertion_verify(&key[i].key.login, hash,
				     1, &pf, &flags, &counter, &why),
		    AAS_OK);
		assert_int_equal(why, AAS_WHY_OK);
		assert_int_equal(flags, AAS_AD_UP | AAS_AD_UV);
		assert_int_equal(counter, 0x01020304);
		assert_int_equal(aas_assertion_verify(&key[i].key.login, hash,
				     1, &pf, NULL, NULL, &why),
		    AAS_OK);
	}
}

static void
assertion_f54_each_signed_bit_is_checked(void **state)
{
	struct aas_proof pf;
	uint8_t h[32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		signer_prove(&key[i], hash, &pf);
		for (unsigned bit = 0; bit < 37 * 8; bit++) {
			pf.auth[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_not_equal(verify(&key[i], 1, &pf), AAS_OK);
			pf.auth[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (unsigned bit = 0; bit < 8u * pf.sig_len; bit += 3) {
			pf.sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_not_equal(verify(&key[i], 1, &pf), AAS_OK);
			pf.sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (unsigned bit = 0; bit < 8u * pf.id_len; bit += 7) {
			pf.id[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_not_equal(verify(&key[i], 1, &pf), AAS_OK);
			assert_int_equal(why, AAS_WHY_CREDENTIAL);
			pf.id[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (unsigned bit = 0; bit < 256; bit += 5) {
			memcpy(h, hash, sizeof(h));
			h[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(aas_assertion_verify(&key[i].key.login,
					     h, 1, &pf, NULL, NULL, &why),
			    AAS_ERR_CRYPTO);
			assert_int_equal(why, AAS_WHY_SIGNATURE);
		}
		assert_int_equal(verify(&key[i], 1, &pf), AAS_OK);
	}
}

static void
assertion_signed_lies_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct signer *s = &key[i];

		assert_int_equal(signed_as(s, 1, 37, 32, 0x05), AAS_OK);
		assert_int_equal(signed_as(s, 1, 37, 32, 0x04), AAS_ERR_CRYPTO);
		assert_int_equal(why, AAS_WHY_UP);
		assert_int_equal(signed_as(s, 0, 37, 32, 0x00), AAS_ERR_CRYPTO);
		assert_int_equal(why, AAS_WHY_UP);
		assert_int_equal(signed_as(s, 1, 37, 32, 0x01), AAS_ERR_CRYPTO);
		assert_int_equal(why, AAS_WHY_UV);
		assert_int_equal(signed_as(s, 0, 37, 32, 0x01), AAS_OK);
		assert_int_equal(signed_as(s, 1, 37, 32, 0x15), AAS_ERR_CRYPTO);
		assert_int_equal(why, AAS_WHY_BACKUP);
		assert_int_equal(signed_as(s, 1, 37, 32, 0x0d), AAS_OK);
		assert_int_equal(signed_as(s, 1, 37, 32, 0x1d), AAS_OK);
		for (unsigned f = 0; f < 4; f++) {
			static const uint8_t bad[] = { 0x07, 0x25, 0x45, 0x85 };

			assert_int_equal(
			    signed_as(s, 1, 37, 32, bad[f]), AAS_ERR_FORMAT);
			assert_int_equal(why, AAS_WHY_AUTHDATA);
		}
		assert_int_equal(signed_as(s, 1, 37, 0, 0), AAS_ERR_CRYPTO);
		assert_int_equal(why, AAS_WHY_RP);
		assert_int_equal(signed_as(s, 1, 36, 32, 5), AAS_ERR_FORMAT);
		assert_int_equal(signed_as(s, 1, 38, 32, 5), AAS_ERR_FORMAT);
		assert_int_equal(why, AAS_WHY_AUTHDATA);
	}
}

static void
assertion_of_another_key_or_party_is_refused(void **state)
{
	struct aas_proof pf;
	struct aas_cred c;

	(void)state;
	signer_prove(&key[0], hash, &pf);
	assert_int_equal(verify(&key[1], 1, &pf), AAS_ERR_CRYPTO);
	assert_int_equal(why, AAS_WHY_CREDENTIAL);
	/* Its SSH credential is of another relying party. */
	c = key[0].key.login;
	memcpy(c.rp, key[0].key.ssh.rp, sizeof(c.rp));
	assert_int_equal(
	    aas_assertion_verify(&c, hash, 1, &pf, NULL, NULL, &why),
	    AAS_ERR_CRYPTO);
	assert_int_equal(why, AAS_WHY_RP);
	/* The public key of somebody else, or taken for another algorithm. */
	c = key[0].key.login;
	memcpy(c.pk, key[0].key.ssh.pk, sizeof(c.pk));
	assert_int_equal(
	    aas_assertion_verify(&c, hash, 1, &pf, NULL, NULL, &why),
	    AAS_ERR_CRYPTO);
	c = key[0].key.login;
	c.alg = AAS_ALG_EDDSA;
	assert_int_equal(
	    aas_assertion_verify(&c, hash, 1, &pf, NULL, NULL, &why),
	    AAS_ERR_CRYPTO);
	c.alg = -257;
	assert_int_equal(
	    aas_assertion_verify(&c, hash, 1, &pf, NULL, NULL, &why),
	    AAS_ERR_CRYPTO);
	c = key[0].key.login;
	c.id_len = pf.id_len = 0;
	assert_int_equal(
	    aas_assertion_verify(&c, hash, 1, &pf, NULL, NULL, &why),
	    AAS_ERR_CRYPTO);
}

static void
assertion_signature_has_one_form(void **state)
{
	struct aas_proof pf;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		signer_prove(&key[i], hash, &pf);
		pf.sig_len++;
		assert_int_not_equal(verify(&key[i], 1, &pf), AAS_OK);
		pf.sig_len = (uint16_t)(pf.sig_len - 2);
		assert_int_not_equal(verify(&key[i], 1, &pf), AAS_OK);
		pf.sig_len = 0;
		assert_int_equal(verify(&key[i], 1, &pf), AAS_ERR_FORMAT);
		pf.sig_len = sizeof(pf.sig) + 1;
		assert_int_equal(verify(&key[i], 1, &pf), AAS_ERR_FORMAT);
	}
}

static void
assertion_f55_public_keys_are_points(void **state)
{
	/* Encodings of small order, and not reduced ones. */
	static const uint8_t weak[][2] = { { 0x00, 0x00 }, { 0x01, 0x00 },
		{ 0x01, 0x80 }, { 0xec, 0x7f }, { 0xed, 0x7f }, { 0xee, 0x7f },
		{ 0xec, 0xff } };
	static const uint8_t order8[32] = { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2,
		0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38,
		0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 };
	uint8_t pk[64] = { 0 };

	(void)state;
	assert_int_equal(aas_pk_valid(AAS_ALG_ES256, pk, 64), AAS_ERR_CRYPTO);
	memset(pk, 0xff, sizeof(pk));
	assert_int_equal(aas_pk_valid(AAS_ALG_ES256, pk, 64), AAS_ERR_CRYPTO);
	assert_int_equal(aas_pk_valid(AAS_ALG_ES256, key[0].key.login.pk, 63),
	    AAS_ERR_CRYPTO);
	assert_int_equal(
	    aas_pk_valid(AAS_ALG_ES256, key[0].key.login.pk, 64), AAS_OK);
	assert_int_equal(
	    aas_pk_valid(AAS_ALG_EDDSA, key[1].key.login.pk, 32), AAS_OK);
	assert_int_equal(aas_pk_valid(AAS_ALG_EDDSA, key[1].key.login.pk, 31),
	    AAS_ERR_CRYPTO);
	assert_int_equal(
	    aas_pk_valid(0, key[1].key.login.pk, 32), AAS_ERR_CRYPTO);
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		memset(pk, weak[i][0] >= 0xec ? 0xff : 0, 32);
		pk[0] = weak[i][0];
		pk[31] = weak[i][1];
		assert_int_equal(
		    aas_pk_valid(AAS_ALG_EDDSA, pk, 32), AAS_ERR_CRYPTO);
	}
	/* Their neighbors are keys like others. */
	memset(pk, 0xff, 32);
	pk[31] = 0x7e;
	assert_int_equal(aas_pk_valid(AAS_ALG_EDDSA, pk, 32), AAS_OK);
	pk[31] = 0x7f;
	pk[0] = 0xeb;
	assert_int_equal(aas_pk_valid(AAS_ALG_EDDSA, pk, 32), AAS_OK);
	pk[0] = 0xff;
	pk[9] = 0;
	assert_int_equal(aas_pk_valid(AAS_ALG_EDDSA, pk, 32), AAS_OK);
	memset(pk, 0, 32);
	pk[0] = 2;
	assert_int_equal(aas_pk_valid(AAS_ALG_EDDSA, pk, 32), AAS_OK);
	memcpy(pk, order8, 32);
	assert_int_equal(aas_pk_valid(AAS_ALG_EDDSA, pk, 32), AAS_ERR_CRYPTO);
	pk[31] |= 0x80;
	assert_int_equal(aas_pk_valid(AAS_ALG_EDDSA, pk, 32), AAS_ERR_CRYPTO);
}

static void
assertion_sha256_joins_its_parts(void **state)
{
	/* FIPS 180-2, "abc". */
	static const uint8_t want[32] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
		0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10,
		0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	uint8_t got[32];

	(void)state;
	assert_int_equal(aas_crypto_init(), AAS_OK);
	assert_int_equal(aas_sha256("a", 1, "b", 1, "c", 1, got), AAS_OK);
	assert_memory_equal(got, want, 32);
	assert_int_equal(aas_sha256(NULL, 0, "abc", 3, NULL, 0, got), AAS_OK);
	assert_memory_equal(got, want, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(assertion_good_one_is_taken),
		FIXTURE_TEST(assertion_f54_each_signed_bit_is_checked),
		FIXTURE_TEST(assertion_signed_lies_are_refused_by_name),
		FIXTURE_TEST(assertion_of_another_key_or_party_is_refused),
		FIXTURE_TEST(assertion_signature_has_one_form),
		FIXTURE_TEST(assertion_f55_public_keys_are_points),
		FIXTURE_TEST(assertion_sha256_joins_its_parts),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
