#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/bech32.h"
#include "lib/err.h"
#include "lib/record/recovery.h"
#include "tests/fixture.h"

/* --- bech32m: the test vectors of BIP 350 -------------------------------- */

static void
recovery_bech32m_valid_vectors(void **state)
{
	static const char *const good[] = { "A1LQFN3A", "a1lqfn3a",
		"an83characterlonghumanreadablepartthatcontainsthetheexcluded"
		"charactersbioandnumber11sg7hg6",
		"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
		"11llllllllllllllllllllllllllllllllllllllllllllllllll"
		"llllllllllllllllllllllllllllllllludsr8",
		"split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
		"?1v759aa" };
	char hrp[AAS_BECH32_MAX];
	char back[AAS_BECH32_MAX + 1];
	uint8_t v[AAS_BECH32_MAX];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(aas_bech32_decode(good[i], hrp, sizeof(hrp), v,
				     sizeof(v), &n),
		    AAS_OK);
		assert_int_equal(
		    aas_bech32_encode(hrp, v, n, back, sizeof(back)), AAS_OK);
		for (size_t k = 0; back[k] != '\0'; k++)
			assert_int_equal(
			    back[k], tolower((unsigned char)good[i][k]));
		assert_int_equal(strlen(back), strlen(good[i]));
	}
}

static void
recovery_bech32m_invalid_vectors(void **state)
{
	static const char *const bad[] = { " 1xj0phk",
		"\x7f"
		"1g6xzxy",
		"\x80"
		"1vctc34",
		"an84characterslonghumanreadablepartthatcontainsthetheexcluded"
		"charactersbioandnumber11d6pts4",
		"qyrz8wqd2c9m", "1qyrz8wqd2c9m", "y1b0jsk6g", "lt1igcx5c0",
		"in1muywd", "mm1crxm3i", "au1s5cgom", "M1VUXWEZ", "16plkw9",
		"1p2gdwpf", "",
		/* the constant of the older bech32, mixed case */
		"a12uel5l", "A1lqfn3a" };
	char hrp[AAS_BECH32_MAX];
	uint8_t v[AAS_BECH32_MAX];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (aas_bech32_decode(bad[i], hrp, sizeof(hrp), v, sizeof(v),
			&n) != AAS_ERR_FORMAT)
			fail_msg("taken: %s", bad[i]);
}

static void
recovery_bech32m_bounds(void **state)
{
	char text[AAS_BECH32_MAX + 1];
	char hrp[2];
	uint8_t v[90] = { 0 };
	size_t n = 0;

	(void)state;
	assert_int_equal(
	    aas_bech32_encode("", v, 0, text, sizeof(text)), AAS_ERR_INVAL);
	assert_int_equal(
	    aas_bech32_encode("A", v, 0, text, sizeof(text)), AAS_ERR_INVAL);
	assert_int_equal(
	    aas_bech32_encode("a", v, 83, text, sizeof(text)), AAS_ERR_TOOBIG);
	assert_int_equal(aas_bech32_encode("a", v, 0, text, 8), AAS_ERR_TOOBIG);
	assert_int_equal(aas_bech32_encode("a", v, 0, text, 9), AAS_OK);
	v[0] = 32;
	assert_int_equal(
	    aas_bech32_encode("a", v, 1, text, sizeof(text)), AAS_ERR_INVAL);
	assert_int_equal(
	    aas_bech32_decode("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
		hrp, sizeof(hrp), v, sizeof(v), &n),
	    AAS_ERR_TOOBIG);
	assert_int_equal(
	    aas_bech32_decode("split1checkupstagehandshakeupstreamerranterred"
			      "caperredlc445v",
		text, sizeof(text), v, 3, &n),
	    AAS_ERR_TOOBIG);
}

/* --- keys ---------------------------------------------------------------- */

static void
recovery_text_comes_back_as_people_write_it(void **state)
{
	uint8_t key[AAS_RECOVERY_LEN];
	uint8_t back[AAS_RECOVERY_LEN];
	char text[AAS_RECOVERY_TEXT];
	char other[2 * AAS_RECOVERY_TEXT];
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(aas_recovery_new(key), AAS_OK);
		aas_recovery_format(key, text);
		assert_int_equal(strlen(text), 6 + 8 * 5);
		assert_memory_equal(text, "aasrk1 ", 7);
		assert_int_equal(aas_recovery_parse(text, back), AAS_OK);
		assert_memory_equal(key, back, sizeof(key));
		/* Upper case, hyphens, no spaces, many spaces. */
		n = 0;
		for (size_t k = 0; text[k] != '\0'; k++) {
			if (text[k] == ' ' && i % 2 == 0)
				continue;
			if (text[k] == ' ')
				other[n++] = '-';
			other[n++] = (char)toupper((unsigned char)text[k]);
		}
		other[n] = '\0';
		memset(back, 0, sizeof(back));
		assert_int_equal(aas_recovery_parse(other, back), AAS_OK);
		assert_memory_equal(key, back, sizeof(key));
	}
}

static void
recovery_f69_a_typo_is_found_before_anything_is_spent(void **state)
{
	static const uint8_t key[AAS_RECOVERY_LEN] = { 0x13, 0x37 };
	static const char digit[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	uint8_t back[AAS_RECOVERY_LEN];
	char text[AAS_RECOVERY_TEXT];
	char bad[AAS_RECOVERY_TEXT + 8];

	(void)state;
	aas_recovery_format(key, text);
	for (size_t i = 0; text[i] != '\0'; i++) {
		char was = text[i];

		if (was == ' ')
			continue;
		for (size_t k = 0; digit[k] != '\0'; k++) {
			if (digit[k] == was)
				continue;
			text[i] = digit[k];
			assert_int_equal(
			    aas_recovery_parse(text, back), AAS_ERR_FORMAT);
		}
		text[i] = was;
		/* Cut off here, and one case mixed. */
		memcpy(bad, text, i);
		bad[i] = '\0';
		assert_int_equal(aas_recovery_parse(bad, back), AAS_ERR_FORMAT);
		if (i > 0 && islower((unsigned char)was)) {
			text[i] = (char)toupper((unsigned char)was);
			assert_int_equal(
			    aas_recovery_parse(text, back), AAS_ERR_FORMAT);
			text[i] = was;
		}
	}
	(void)snprintf(bad, sizeof(bad), "%sq", text);
	assert_int_equal(aas_recovery_parse(bad, back), AAS_ERR_FORMAT);
	/* bech32m all right, but of somebody else, or not of our length. */
	assert_int_equal(aas_recovery_parse("a1lqfn3a", back), AAS_ERR_FORMAT);
	assert_int_equal(aas_recovery_parse("?1v759aa", back), AAS_ERR_FORMAT);
	{
		uint8_t v[26] = { 0 };

		assert_int_equal(
		    aas_bech32_encode("aasrk", v, 25, bad, sizeof(bad)),
		    AAS_OK);
		assert_int_equal(aas_recovery_parse(bad, back), AAS_ERR_FORMAT);
		v[25] = 1; /* padding is not zero */
		assert_int_equal(
		    aas_bech32_encode("aasrk", v, 26, bad, sizeof(bad)),
		    AAS_OK);
		assert_int_equal(aas_recovery_parse(bad, back), AAS_ERR_FORMAT);
	}
}

static void
recovery_signature_holds_for_its_key_and_hash_alone(void **state)
{
	uint8_t key[AAS_RECOVERY_LEN] = { 1 };
	uint8_t pub[32];
	uint8_t again[32];
	uint8_t hash[32] = { 7 };
	uint8_t sig[64];

	(void)state;
	assert_int_equal(aas_recovery_public(key, pub), AAS_OK);
	assert_int_equal(aas_recovery_public(key, again), AAS_OK);
	assert_memory_equal(pub, again, 32);
	assert_int_equal(aas_recovery_sign(key, hash, sig), AAS_OK);
	assert_int_equal(aas_recovery_verify(pub, hash, sig), AAS_OK);
	for (size_t i = 0; i < 64; i += 9) {
		sig[i] ^= 1;
		assert_int_equal(
		    aas_recovery_verify(pub, hash, sig), AAS_ERR_CRYPTO);
		sig[i] ^= 1;
	}
	hash[0] ^= 1;
	assert_int_equal(aas_recovery_verify(pub, hash, sig), AAS_ERR_CRYPTO);
	hash[0] ^= 1;
	key[0] ^= 1;
	assert_int_equal(aas_recovery_public(key, again), AAS_OK);
	assert_memory_not_equal(pub, again, 32);
	assert_int_equal(aas_recovery_verify(again, hash, sig), AAS_ERR_CRYPTO);
}

/* The seed is derived as docs say; a change would void every printed key. */
static void
recovery_public_half_is_stable(void **state)
{
	static const uint8_t key[AAS_RECOVERY_LEN] = { 0, 1, 2, 3, 4, 5, 6, 7,
		8, 9, 10, 11, 12, 13, 14, 15 };
	static const uint8_t want[32] = { 0x57, 0x35, 0xc6, 0x34, 0x0f, 0x30,
		0x40, 0xba, 0x1c, 0x45, 0x6e, 0x04, 0xe0, 0x92, 0xdb, 0x47,
		0x06, 0x7a, 0xff, 0xac, 0xd7, 0xfc, 0x29, 0x61, 0xff, 0xf7,
		0x18, 0xb9, 0xc5, 0x83, 0xf4, 0x50 };
	uint8_t pub[32];
	char text[AAS_RECOVERY_TEXT];

	(void)state;
	assert_int_equal(aas_recovery_public(key, pub), AAS_OK);
	assert_memory_equal(pub, want, sizeof(want));
	aas_recovery_format(key, text);
	assert_string_equal(
	    text, "aasrk1 qqqs yqcy q5rq wzqf pg9s crgw pus0 e306");
}

static void
recovery_parse_wipes_what_it_read(void **state)
{
	static const uint8_t key[AAS_RECOVERY_LEN] = { 5 };
	uint8_t back[AAS_RECOVERY_LEN];
	uint8_t sig[64];
	char text[AAS_RECOVERY_TEXT];

	(void)state;
	wipe_reset();
	aas_recovery_format(key, text);
	assert_int_equal(wipe_calls(), 2);
	wipe_reset();
	assert_int_equal(aas_recovery_parse(text, back), AAS_OK);
	assert_int_equal(wipe_calls(), 4);
	wipe_reset();
	assert_int_equal(aas_recovery_parse("aasrk1", back), AAS_ERR_FORMAT);
	assert_int_equal(wipe_calls(), 4);
	wipe_reset();
	assert_int_equal(
	    aas_recovery_sign(key, (const uint8_t[32]){ 0 }, sig), AAS_OK);
	assert_int_equal(wipe_calls(), 2);
	wipe_reset();
	assert_int_equal(aas_recovery_new(back), AAS_OK);
	assert_int_equal(wipe_calls(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(recovery_bech32m_valid_vectors),
		FIXTURE_TEST(recovery_bech32m_invalid_vectors),
		FIXTURE_TEST(recovery_bech32m_bounds),
		FIXTURE_TEST(recovery_text_comes_back_as_people_write_it),
		FIXTURE_TEST(
		    recovery_f69_a_typo_is_found_before_anything_is_spent),
		FIXTURE_TEST(
		    recovery_signature_holds_for_its_key_and_hash_alone),
		FIXTURE_TEST(recovery_public_half_is_stable),
		FIXTURE_TEST(recovery_parse_wipes_what_it_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
