#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/wire.h"
#include "tests/fixture.h"

/* One of each field; returns its length. */
static size_t
sample(uint8_t *b, size_t cap)
{
	struct aas_wr w;
	size_t len = 0;

	aas_wr_init(&w, b, cap);
	aas_wr_u8(&w, 0x01);
	aas_wr_u16(&w, 0x0203);
	aas_wr_u32(&w, 0x04050607);
	aas_wr_u64(&w, 0x08090a0b0c0d0e0f);
	aas_wr_raw(&w, "raw", 3);
	aas_wr_bytes(&w, "\0\xff", 2);
	aas_wr_str(&w, "alice");
	aas_wr_str(&w, NULL);
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	return len;
}

static int
sample_read(const uint8_t *b, size_t len)
{
	struct aas_rd r;
	char raw[3];
	uint8_t bytes[2];
	size_t bytes_len = 0;
	char name[6];
	char none[1];
	int same = 1;

	aas_rd_init(&r, b, len);
	same &= aas_rd_u8(&r) == 0x01;
	same &= aas_rd_u16(&r) == 0x0203;
	same &= aas_rd_u32(&r) == 0x04050607;
	same &= aas_rd_u64(&r) == 0x08090a0b0c0d0e0f;
	aas_rd_raw(&r, raw, sizeof(raw));
	same &= memcmp(raw, "raw", 3) == 0;
	aas_rd_bytes(&r, bytes, sizeof(bytes), &bytes_len);
	same &= bytes_len == 2 && memcmp(bytes, "\0\xff", 2) == 0;
	aas_rd_str(&r, name, sizeof(name));
	same &= strcmp(name, "alice") == 0;
	aas_rd_str(&r, none, sizeof(none));
	same &= none[0] == '\0';
	return aas_rd_end(&r) == AAS_OK ? same : aas_rd_end(&r);
}

static void
wire_what_is_written_is_read(void **state)
{
	uint8_t b[64];
	size_t len = sample(b, sizeof(b));

	(void)state;
	assert_int_equal(len, 15 + 3 + 4 + 7 + 2);
	assert_memory_equal(b, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 15);
	assert_int_equal(sample_read(b, len), 1);
}

static void
wire_truncated_at_each_byte_is_refused(void **state)
{
	uint8_t b[64];
	size_t len = sample(b, sizeof(b));

	(void)state;
	for (size_t n = 0; n < len; n++) {
		/* Of its own size, so that a sanitizer sees one byte over. */
		uint8_t *cut = malloc(n == 0 ? 1 : n);

		assert_non_null(cut);
		memcpy(cut, b, n);
		assert_int_equal(sample_read(cut, n), AAS_ERR_FORMAT);
		free(cut);
	}
}

static void
wire_trailing_byte_is_refused(void **state)
{
	uint8_t b[64] = { 0 };
	size_t len = sample(b, sizeof(b));

	(void)state;
	assert_int_equal(sample_read(b, len + 1), AAS_ERR_FORMAT);
}

static void
wire_too_small_a_buffer_at_each_size_is_toobig(void **state)
{
	uint8_t b[64];
	size_t need = sample(b, sizeof(b));

	(void)state;
	for (size_t cap = 0; cap < need; cap++) {
		uint8_t *small = malloc(cap == 0 ? 1 : cap);
		struct aas_wr w;
		size_t len = 4711;

		assert_non_null(small);
		aas_wr_init(&w, small, cap);
		aas_wr_u64(&w, 1);
		aas_wr_u64(&w, 2);
		aas_wr_raw(&w, b, need - 16);
		assert_int_equal(aas_wr_end(&w, &len), AAS_ERR_TOOBIG);
		assert_int_equal(len, 4711);
		free(small);
	}
}

static void
wire_failure_sticks_to_the_reader(void **state)
{
	static const uint8_t b[] = { 0, 1, 2, 3, 4, 5 };
	char dst[4] = "abc";
	size_t n = 9;
	struct aas_rd r;

	(void)state;
	aas_rd_init(&r, b, sizeof(b));
	assert_int_equal(aas_rd_u64(&r), 0);
	assert_int_equal(aas_rd_u8(&r), 0);
	assert_int_equal(aas_rd_u16(&r), 0);
	assert_int_equal(aas_rd_u32(&r), 0);
	aas_rd_raw(&r, dst, 3);
	assert_memory_equal(dst, "\0\0\0", 3);
	aas_rd_bytes(&r, dst, sizeof(dst), &n);
	assert_int_equal(n, 0);
	aas_rd_str(&r, dst, sizeof(dst));
	assert_string_equal(dst, "");
	assert_int_equal(aas_rd_end(&r), AAS_ERR_FORMAT);
}

static void
wire_failure_sticks_to_the_writer(void **state)
{
	uint8_t b[4] = { 9, 9, 9, 9 };
	size_t len = 0;
	struct aas_wr w;

	(void)state;
	aas_wr_init(&w, b, sizeof(b));
	aas_wr_u64(&w, 0);
	aas_wr_u8(&w, 0);
	assert_int_equal(aas_wr_end(&w, &len), AAS_ERR_TOOBIG);
	assert_memory_equal(b, "\11\11\11\11", 4);
}

static void
wire_length_over_the_room_is_refused(void **state)
{
	static const uint8_t b[] = { 0, 4, 'a', 'b', 'c', 'd' };
	static const uint8_t huge[] = { 0xff, 0xff, 'a' };
	uint8_t dst[4];
	char str[4];
	size_t n = 0;
	struct aas_rd r;

	(void)state;
	aas_rd_init(&r, b, sizeof(b));
	aas_rd_bytes(&r, dst, 3, &n);
	assert_int_equal(aas_rd_end(&r), AAS_ERR_FORMAT);
	aas_rd_init(&r, b, sizeof(b));
	aas_rd_str(&r, str, sizeof(str)); /* no room for the NUL */
	assert_string_equal(str, "");
	assert_int_equal(aas_rd_end(&r), AAS_ERR_FORMAT);
	aas_rd_init(&r, b, sizeof(b));
	aas_rd_str(&r, str, 0);
	assert_int_equal(aas_rd_end(&r), AAS_ERR_FORMAT);
	aas_rd_init(&r, huge, sizeof(huge));
	aas_rd_bytes(&r, dst, sizeof(dst), &n);
	assert_int_equal(n, 0);
	assert_int_equal(aas_rd_end(&r), AAS_ERR_FORMAT);
}

static void
wire_nul_inside_a_string_is_refused(void **state)
{
	static const uint8_t b[] = { 0, 3, 'a', 0, 'b' };
	char str[8];
	struct aas_rd r;

	(void)state;
	aas_rd_init(&r, b, sizeof(b));
	aas_rd_str(&r, str, sizeof(str));
	assert_string_equal(str, "");
	assert_int_equal(aas_rd_end(&r), AAS_ERR_FORMAT);
}

static void
wire_nothing_at_all_is_an_end(void **state)
{
	struct aas_rd r;
	struct aas_wr w;
	uint8_t b[1];
	size_t len = 9;

	(void)state;
	aas_rd_init(&r, NULL, 0);
	aas_rd_raw(&r, NULL, 0);
	assert_int_equal(aas_rd_end(&r), AAS_OK);
	aas_rd_init(&r, NULL, 1);
	assert_int_equal(aas_rd_end(&r), AAS_ERR_FORMAT);
	aas_wr_init(&w, b, 0);
	aas_wr_raw(&w, NULL, 0);
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	assert_int_equal(len, 0);
	aas_wr_init(&w, NULL, 8);
	assert_int_equal(aas_wr_end(&w, &len), AAS_ERR_TOOBIG);
}

static void
wire_over_64k_does_not_fit_a_length(void **state)
{
	uint8_t *big = calloc(1, 70000);
	uint8_t *out = calloc(1, 80000);
	size_t len = 0;
	struct aas_wr w;

	(void)state;
	assert_non_null(big);
	assert_non_null(out);
	aas_wr_init(&w, out, 80000);
	aas_wr_bytes(&w, big, 65535);
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	assert_int_equal(len, 65537);
	aas_wr_init(&w, out, 80000);
	aas_wr_bytes(&w, big, 65536);
	assert_int_equal(aas_wr_end(&w, &len), AAS_ERR_TOOBIG);
	free(big);
	free(out);
}

static void
wire_crc32_is_the_ieee_one(void **state)
{
	uint8_t b[32] = { 0 };
	uint32_t was = aas_crc32(b, sizeof(b));

	(void)state;
	assert_int_equal(aas_crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(aas_crc32(NULL, 0), 0);
	for (size_t i = 0; i < sizeof(b) * 8; i++) {
		b[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_not_equal(aas_crc32(b, sizeof(b)), was);
		b[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(wire_what_is_written_is_read),
		FIXTURE_TEST(wire_truncated_at_each_byte_is_refused),
		FIXTURE_TEST(wire_trailing_byte_is_refused),
		FIXTURE_TEST(wire_too_small_a_buffer_at_each_size_is_toobig),
		FIXTURE_TEST(wire_failure_sticks_to_the_reader),
		FIXTURE_TEST(wire_failure_sticks_to_the_writer),
		FIXTURE_TEST(wire_length_over_the_room_is_refused),
		FIXTURE_TEST(wire_nul_inside_a_string_is_refused),
		FIXTURE_TEST(wire_nothing_at_all_is_an_end),
		FIXTURE_TEST(wire_over_64k_does_not_fit_a_length),
		FIXTURE_TEST(wire_crc32_is_the_ieee_one),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
