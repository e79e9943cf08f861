#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/fixture.h"

static void
clock_now_is_this_boot_and_this_second(void **state)
{
	static const uint8_t none[16];
	struct aas_now a = { 0 };
	struct aas_now b = { 0 };

	(void)state;
	assert_int_equal(aas_clock_now(&a), AAS_OK);
	assert_int_equal(aas_clock_now(&b), AAS_OK);
	assert_true(llabs((long long)(a.real_s - time(NULL))) < 60);
	assert_true(b.boottime_ms >= a.boottime_ms);
	assert_true(aas_clock_ms() >= b.boottime_ms);
	assert_memory_equal(a.boot_id, b.boot_id, 16);
	assert_memory_not_equal(a.boot_id, none, 16);
	assert_in_range(a.synced, 0, 1);
}

static const struct {
	const char *text;
	int64_t real_s;
} dates[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "2000-02-29T12:34:56Z", 951827696 },
	{ "2026-06-01T00:00:00Z", 1780272000 },
	{ "2038-01-19T03:14:08Z", 2147483648 },
	{ "2100-02-28T23:59:59Z", 4107542399 },
	{ "0000-01-01T00:00:00Z", -62167219200 },
	{ "9999-12-31T23:59:59Z", 253402300799 },
};

static void
clock_dates_go_both_ways(void **state)
{
	char text[AAS_CLOCK_TEXT];
	int64_t s = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		aas_clock_format(dates[i].real_s, text);
		assert_string_equal(text, dates[i].text);
		assert_int_equal(aas_clock_parse(text, &s), AAS_OK);
		assert_true(s == dates[i].real_s);
	}
}

static void
clock_agrees_with_libc_over_400_years(void **state)
{
	char text[AAS_CLOCK_TEXT];
	char want[64];
	int64_t back = 0;

	(void)state;
	/* 9,973 s past a day each step, so that hours and seconds move. */
	for (int64_t s = -6311433600; s < 6311433600; s += 86400 + 9973) {
		time_t t = (time_t)s;
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_not_equal(
		    strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm), 0);
		aas_clock_format(s, text);
		assert_string_equal(text, want);
		assert_int_equal(aas_clock_parse(text, &back), AAS_OK);
		assert_true(back == s);
	}
}

static void
clock_years_without_a_text_become_the_nearest(void **state)
{
	char text[AAS_CLOCK_TEXT];

	(void)state;
	aas_clock_format(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
	aas_clock_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void
clock_f13_time_zone_changes_nothing(void **state)
{
	char text[AAS_CLOCK_TEXT];
	int64_t s = 0;

	(void)state;
	assert_int_equal(setenv("TZ", "Pacific/Kiritimati", 1), 0);
	tzset();
	aas_clock_format(0, text);
	assert_int_equal(aas_clock_parse("2026-06-01T00:00:00Z", &s), AAS_OK);
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	assert_true(s == 1780272000);
}

static void
clock_offset_is_subtracted(void **state)
{
	int64_t s = 0;

	(void)state;
	assert_int_equal(
	    aas_clock_parse("2026-06-01T02:00:00+02:00", &s), AAS_OK);
	assert_true(s == 1780272000);
	assert_int_equal(
	    aas_clock_parse("2026-05-31T18:30:00-05:30", &s), AAS_OK);
	assert_true(s == 1780272000);
	assert_int_equal(
	    aas_clock_parse("2026-06-01T00:00:00-00:00", &s), AAS_OK);
	assert_true(s == 1780272000);
}

static void
clock_bad_date_is_refused(void **state)
{
	static const char *const bad[] = { "", "2026", "2026-06-01",
		"2026-06-01T00:00:00", "2026-06-01 00:00:00Z",
		"2026-06-01t00:00:00Z", "2026-06-01T00:00:00z",
		"2026-06-01T00:00Z", "2026-6-1T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-06-00T00:00:00Z", "2026-06-31T00:00:00Z",
		"2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2026-06-01T24:00:00Z", "2026-06-01T00:60:00Z",
		"2026-06-01T00:00:60Z", "2026-06-01T00:00:00.5Z",
		"2026-06-01T00:00:00+24:00", "2026-06-01T00:00:00+02:60",
		"2026-06-01T00:00:00+0200", "2026-06-01T00:00:00+02",
		"2026-06-01T00:00:00Z ", " 2026-06-01T00:00:00Z",
		"2026-06-01T00:00:00ZZ", "-026-06-01T00:00:00Z",
		"+026-06-01T00:00:00Z", "20260601T000000Z",
		"12026-06-01T00:00:00Z", "2026-06-01T00:00:-1Z" };
	int64_t s = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aas_clock_parse(bad[i], &s), AAS_ERR_FORMAT);
	assert_int_equal(aas_clock_parse(NULL, &s), AAS_ERR_FORMAT);
	assert_true(s == 4711);
}

static void
clock_durations_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} good[] = { { "90s", 90 }, { "15m", 900 }, { "12h", 43200 },
		{ "3d", 259200 }, { "1h30m", 5400 }, { "1d1h1m1s", 90061 },
		{ "0s", 0 }, { "010m", 600 }, { "36525d", 3155760000 },
		{ "3155760000s", 3155760000 } };
	int64_t s = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(aas_clock_duration(good[i].text, &s), AAS_OK);
		assert_true(s == good[i].s);
	}
}

static void
clock_bad_duration_is_refused(void **state)
{
	static const char *const bad[] = { "", "12", "h", "1", "-1h", "+1h",
		"1 h", " 1h", "1h ", "1H", "1w", "1y", "30m1h", "1h1h", "1m1m",
		"1.5h", "1hh", "0x1h", "1e3s", "1h30", "36526d", "3155760001s",
		"99999999999999999999s", "18446744073709551617s",
		"876599h3601s", "\xd9\xa1h" };
	int64_t s = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    aas_clock_duration(bad[i], &s), AAS_ERR_FORMAT);
	assert_int_equal(aas_clock_duration(NULL, &s), AAS_ERR_FORMAT);
	assert_true(s == 4711);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(clock_now_is_this_boot_and_this_second),
		FIXTURE_TEST(clock_dates_go_both_ways),
		FIXTURE_TEST(clock_agrees_with_libc_over_400_years),
		FIXTURE_TEST(clock_years_without_a_text_become_the_nearest),
		FIXTURE_TEST(clock_f13_time_zone_changes_nothing),
		FIXTURE_TEST(clock_offset_is_subtracted),
		FIXTURE_TEST(clock_bad_date_is_refused),
		FIXTURE_TEST(clock_durations_are_read),
		FIXTURE_TEST(clock_bad_duration_is_refused),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
