/*
 * The authenticator data of a new credential: one form is read, every other
 * is refused.
 */
#include "tests/fixture.h"

#include <string.h>

#include "lib/assertion.h"
#include "lib/ceremony/made.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "tests/signer.h"

#define RP SIGNER_REALM

static uint8_t auth[2048];
static struct aas_cred cred;
static uint8_t flags, aaguid[16];
static uint32_t counter;
static unsigned why;

static size_t
put(size_t at, const void *p, size_t n)
{
	memcpy(auth + at, p, n);
	return at + n;
}

/* What a good key sends. */
static size_t
good(const struct signer *s)
{
	static const uint8_t es256[] = { 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21,
		0x58, 0x20 };
	static const uint8_t mid[] = { 0x22, 0x58, 0x20 };
	static const uint8_t eddsa[] = { 0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21,
		0x58, 0x20 };
	static const uint8_t head[] = { 0x45, 0, 0, 0, 9 };
	const struct aas_cred *c = &s->key.login;
	uint8_t hash[32], len[2];
	size_t n;

	assert_int_equal(
	    aas_sha256(RP, strlen(RP), NULL, 0, NULL, 0, hash), AAS_OK);
	n = put(0, hash, 32);
	n = put(n, head, sizeof(head));
	n = put(n, "0123456789abcdef", 16);
	len[0] = (uint8_t)(c->id_len >> 8);
	len[1] = (uint8_t)c->id_len;
	n = put(n, len, 2);
	n = put(n, c->id, c->id_len);
	if (c->alg == AAS_ALG_EDDSA) {
		n = put(n, eddsa, sizeof(eddsa));
		return put(n, c->pk, 32);
	}
	n = put(n, es256, sizeof(es256));
	n = put(n, c->pk, 32);
	n = put(n, mid, sizeof(mid));
	return put(n, c->pk + 32, 32);
}

static int
parse(size_t len)
{
	return aas_made_parse(
	    auth, len, RP, 1, &cred, &flags, &counter, aaguid, &why);
}

static void
reads_what_a_good_key_sends(int32_t alg)
{
	struct signer s;
	size_t len;

	signer_new(&s, "blue", RP, alg);
	len = good(&s);
	assert_int_equal(parse(len), AAS_OK);
	assert_int_equal(why, AAS_WHY_OK);
	assert_int_equal(cred.alg, alg);
	assert_string_equal(cred.rp, RP);
	assert_int_equal(cred.id_len, s.key.login.id_len);
	assert_memory_equal(cred.id, s.key.login.id, cred.id_len);
	assert_memory_equal(cred.pk, s.key.login.pk, cred.pk_len);
	assert_int_equal(flags, 0x45);
	assert_int_equal(counter, 9);
	assert_memory_equal(aaguid, "0123456789abcdef", 16);
	for (size_t i = 0; i < len; i++)
		assert_int_not_equal(parse(i), AAS_OK);
	auth[len] = 0;
	assert_int_not_equal(parse(len + 1), AAS_OK);
	signer_free(&s);
}

static void
ceremony_made_es256_is_read(void **state)
{
	(void)state;
	reads_what_a_good_key_sends(AAS_ALG_ES256);
}

static void
ceremony_made_eddsa_is_read(void **state)
{
	(void)state;
	reads_what_a_good_key_sends(AAS_ALG_EDDSA);
}

/* Every bit outside counter, AAGUID, id and the x of a curve matters. */
static void
ceremony_made_each_flipped_bit_is_refused(void **state)
{
	struct signer s;
	size_t len, key;

	(void)state;
	signer_new(&s, "blue", RP, AAS_ALG_ES256);
	len = good(&s);
	key = 55 + s.key.login.id_len;
	for (size_t bit = 0; bit < len * 8; bit++) {
		size_t at = bit / 8;

		if (at >= 33 && at < 53) /* counter, AAGUID */
			continue;
		if (at >= 55 && at < key) /* the id may be anything */
			continue;
		/* Backup eligible is for the record to judge. */
		if (bit == 32 * 8 + 3)
			continue;
		auth[at] ^= (uint8_t)(1u << bit % 8);
		if (parse(len) == AAS_OK)
			fail_msg("bit %zu of byte %zu", bit % 8, at);
		assert_int_not_equal(why, AAS_WHY_OK);
		auth[at] ^= (uint8_t)(1u << bit % 8);
	}
	signer_free(&s);
}

static void
ceremony_made_says_why(void **state)
{
	struct signer s;
	size_t len;

	(void)state;
	signer_new(&s, "blue", RP, AAS_ALG_ES256);
	len = good(&s);
	auth[0] ^= 1;
	assert_int_equal(parse(len), AAS_ERR_CRYPTO);
	assert_int_equal(why, AAS_WHY_RP);
	(void)good(&s);
	auth[32] = 0x44;
	assert_int_equal(parse(len), AAS_ERR_CRYPTO);
	assert_int_equal(why, AAS_WHY_UP);
	auth[32] = 0x41;
	assert_int_equal(parse(len), AAS_ERR_CRYPTO);
	assert_int_equal(why, AAS_WHY_UV);
	auth[32] = 0x55;
	assert_int_equal(parse(len), AAS_ERR_FORMAT);
	assert_int_equal(why, AAS_WHY_BACKUP);
	auth[32] = 0xc5;
	assert_int_equal(parse(len), AAS_ERR_FORMAT);
	assert_int_equal(why, AAS_WHY_AUTHDATA);
	signer_free(&s);
}

static void
ceremony_made_id_out_of_bounds_is_refused(void **state)
{
	struct signer s;
	size_t len;

	(void)state;
	signer_new(&s, "blue", RP, AAS_ALG_ES256);
	len = good(&s);
	auth[53] = 0xff;
	auth[54] = 0xff;
	assert_int_equal(parse(len), AAS_ERR_FORMAT);
	auth[53] = 0;
	auth[54] = 0;
	assert_int_equal(parse(len), AAS_ERR_FORMAT);
	auth[53] = 0x04;
	auth[54] = 0x01; /* one over AAS_CRED_MAX, and enough bytes follow */
	assert_int_equal(parse(sizeof(auth)), AAS_ERR_FORMAT);
	signer_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ceremony_made_es256_is_read),
		cmocka_unit_test(ceremony_made_eddsa_is_read),
		cmocka_unit_test(ceremony_made_each_flipped_bit_is_refused),
		cmocka_unit_test(ceremony_made_says_why),
		cmocka_unit_test(ceremony_made_id_out_of_bounds_is_refused),
	};

	return cmocka_run_group_tests_name("ceremony_made", tests, NULL, NULL);
}
