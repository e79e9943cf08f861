/*
 * F13: the zone of the policy is a table that libc's clock agrees with at
 * each minute of three years, whatever the environment says.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/fixture.h"
#include "tools/policy_build.h"

#define FROM_S INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define TO_S                                                             \
	INT64_C(1861920000) /* 2029-01-01T00:00:00Z; 2028 is a leap year \
			     */

static int32_t
offset_of(const struct aas_zone_step *steps, size_t n, int64_t s)
{
	size_t lo = 0, hi = n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (steps[mid].at_s <= s)
			lo = mid;
		else
			hi = mid;
	}
	return steps[lo].offset_s;
}

static void
have_zone(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	if (access(path, R_OK) == -1)
		skip();
}

static void
each_minute(const char *name, size_t least)
{
	struct aas_zone_step *steps = NULL;
	char path[PATH_MAX];
	size_t n = 0;

	have_zone(name);
	assert_int_equal(policy_zone_steps(name, &steps, &n, path), AAS_OK);
	assert_true(n >= least);
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (int64_t s = FROM_S; s < TO_S; s += 60) {
		time_t t = (time_t)s;
		struct tm tm;

		assert_non_null(localtime_r(&t, &tm));
		if (tm.tm_gmtoff != offset_of(steps, n, s))
			fail_msg("%s at %lld", name, (long long)s);
	}
	for (size_t i = 1; i < n; i++) {
		assert_true(steps[i].at_s > steps[i - 1].at_s);
		assert_true(steps[i].offset_s != steps[i - 1].offset_s);
	}
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
	free(steps);
}

static void
zone_f13_each_minute_of_three_years_in_berlin(void **state)
{
	(void)state;
	each_minute("Europe/Berlin", 200);
}

/* Half an hour of summer time. */
static void
zone_f13_each_minute_of_three_years_on_lord_howe(void **state)
{
	(void)state;
	each_minute("Australia/Lord_Howe", 200);
}

/* Summer time ends for a month of the moon's. */
static void
zone_f13_each_minute_of_three_years_in_casablanca(void **state)
{
	(void)state;
	each_minute("Africa/Casablanca", 50);
}

static void
zone_f13_the_environment_does_not_count(void **state)
{
	struct aas_zone_step *a = NULL, *b = NULL;
	char path[PATH_MAX];
	size_t an = 0, bn = 0;
	const char *tz = NULL;

	(void)state;
	have_zone("Europe/Berlin");
	assert_int_equal(
	    policy_zone_steps("Europe/Berlin", &a, &an, path), AAS_OK);
	assert_string_equal(path, "/usr/share/zoneinfo/Europe/Berlin");
	assert_int_equal(setenv("TZ", "America/New_York", 1), 0);
	assert_int_equal(setenv("TZDIR", "/nowhere", 1), 0);
	assert_int_equal(
	    policy_zone_steps("Europe/Berlin", &b, &bn, path), AAS_OK);
	assert_int_equal(an, bn);
	assert_memory_equal(a, b, an * sizeof(*a));
	free(b);
	/* and is as it was */
	tz = getenv("TZ");
	assert_non_null(tz);
	assert_string_equal(tz, "America/New_York");
	assert_int_equal(unsetenv("TZDIR"), 0);
	assert_int_equal(unsetenv("TZ"), 0);
	free(a);
	a = NULL;
	assert_int_equal(policy_zone_steps("", &a, &an, path), AAS_OK);
	assert_string_equal(path, "/etc/localtime");
	assert_null(getenv("TZ"));
	assert_true(an >= 1);
	free(a);
}

static void
zone_that_does_not_exist_is_an_error(void **state)
{
	struct aas_zone_step *steps = NULL;
	char path[PATH_MAX];
	size_t n = 0;

	(void)state;
	have_zone("Europe/Berlin");
	assert_int_equal(policy_zone_steps("Europe/Nowhere", &steps, &n, path),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(
	    policy_zone_steps("Europe", &steps, &n, path), AAS_ERR_NOTFOUND);
	assert_int_equal(policy_zone_steps("Europe/Berlin/x", &steps, &n, path),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(
	    policy_zone_steps("zone.tab", &steps, &n, path), AAS_ERR_FORMAT);
	assert_null(steps);
}

static void
zone_utc_is_one_step(void **state)
{
	struct aas_zone_step *steps = NULL;
	char path[PATH_MAX];
	size_t n = 0;

	(void)state;
	have_zone("UTC");
	assert_int_equal(policy_zone_steps("UTC", &steps, &n, path), AAS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(steps[0].offset_s, 0);
	free(steps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zone_f13_each_minute_of_three_years_in_berlin),
		cmocka_unit_test(
		    zone_f13_each_minute_of_three_years_on_lord_howe),
		cmocka_unit_test(
		    zone_f13_each_minute_of_three_years_in_casablanca),
		cmocka_unit_test(zone_f13_the_environment_does_not_count),
		cmocka_unit_test(zone_that_does_not_exist_is_an_error),
		cmocka_unit_test(zone_utc_is_one_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
