/*
 * How near its end an attestation is, and that each threshold is told once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fixture.h"
#include "tools/attest_remind.h"

#define DAY 86400
#define NOW ((int64_t)1000 * DAY)

static struct aas_attest_token tokens[3];
static struct aas_attest_set set = { .tokens = tokens, .tokens_n = 1 };

/* Days from now; about user u. */
static void
token(size_t i, const char *user, int64_t from, int64_t until)
{
	struct aas_attest_token *t = &tokens[i];

	memset(t, 0, sizeof(*t));
	t->why = AAS_AW_OK;
	t->told = 1;
	(void)snprintf(t->is.user, sizeof(t->is.user), "%s", user);
	(void)snprintf(t->is.id, sizeof(t->is.id), "%016zu", i);
	t->is.not_before_s = NOW + from * DAY;
	t->is.not_after_s = NOW + until * DAY;
	set.tokens_n = i + 1;
}

static void
remind_days_are_the_least_threshold_that_is_reached(void **state)
{
	static const struct {
		int64_t left_s;
		int days;
	} all[] = { { 31 * DAY, 0 }, { 30 * DAY + 1, 0 }, { 30 * DAY, 30 },
		{ 8 * DAY, 30 }, { 7 * DAY, 7 }, { DAY + 1, 7 }, { DAY, 1 },
		{ 1, 1 }, { 0, 0 }, { -DAY, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		token(0, "u", -100, 0);
		tokens[0].is.not_after_s = NOW + all[i].left_s;
		assert_int_equal(attest_remind_days(&set, 0, NOW), all[i].days);
	}
}

static void
remind_short_lived_is_not_told_at_its_beginning(void **state)
{
	(void)state;
	token(0, "u", 0, 30);
	assert_int_equal(attest_remind_days(&set, 0, NOW), 0);
	token(0, "u", -1, 30);
	assert_int_equal(attest_remind_days(&set, 0, NOW), 30);
	token(0, "u", -1, 1);
	assert_int_equal(attest_remind_days(&set, 0, NOW), 1);
	token(0, "u", 0, 1);
	assert_int_equal(attest_remind_days(&set, 0, NOW), 0);
}

static void
remind_what_does_not_count_is_not_told(void **state)
{
	(void)state;
	token(0, "u", -50, 5);
	for (unsigned why = 0; why <= AAS_AW_LAST; why++) {
		tokens[0].why = why;
		assert_int_equal(
		    attest_remind_days(&set, 0, NOW), why == AAS_AW_OK ? 7 : 0);
	}
}

static void
remind_renewed_is_not_told(void **state)
{
	(void)state;
	token(0, "u", -50, 5);
	token(1, "u", 2, 60);
	tokens[1].why = AAS_AW_FUTURE;
	assert_int_equal(attest_remind_days(&set, 0, NOW), 0);
	tokens[1].why = AAS_AW_REVOKED;
	assert_int_equal(attest_remind_days(&set, 0, NOW), 7);
	token(1, "v", 2, 60);
	assert_int_equal(attest_remind_days(&set, 0, NOW), 7);
	token(1, "u", 6, 60); /* a day without */
	assert_int_equal(attest_remind_days(&set, 0, NOW), 7);
	token(1, "u", -40, 5); /* one of two that end at once */
	assert_int_equal(
	    attest_remind_days(&set, 0, NOW) + attest_remind_days(&set, 1, NOW),
	    7);
	token(1, "", -40, 60);
	(void)snprintf(
	    tokens[1].is.group, sizeof(tokens[1].is.group), "%s", "u");
	assert_int_equal(attest_remind_days(&set, 0, NOW), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(
		    remind_days_are_the_least_threshold_that_is_reached),
		FIXTURE_TEST(remind_short_lived_is_not_told_at_its_beginning),
		FIXTURE_TEST(remind_what_does_not_count_is_not_told),
		FIXTURE_TEST(remind_renewed_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
