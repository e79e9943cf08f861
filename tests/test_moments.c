/*
 * When to ask about rules that hold at some hours: each holds at one moment.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aasctl/moments.h"
#include "tests/policy_make.h"

#define NOW     INT64_C(1700000000)
#define WEEK    INT64_C(604800)
#define HOUR    INT64_C(3600)
#define RULES_N 24

static uint32_t
some(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static int
met(const struct aas_policy *p, const struct aas_span *span, const int64_t *at,
    size_t n)
{
	uint32_t minute = 0;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(aas_policy_minute(p, at[i], &minute), AAS_OK);
		if (span->from <= minute && minute < span->to)
			return 1;
	}
	return 0;
}

static struct aas_policy *
policy_of(struct aas_span *spans, size_t n, const struct aas_zone_step *zone,
    size_t zone_n)
{
	static char names[RULES_N][4];
	struct aas_rule rules[RULES_N];
	struct aas_policy_source s = make_source(rules, n);

	for (size_t i = 0; i < n; i++) {
		rules[i] = make_rule(AAS_EF_REQUIRE);
		(void)snprintf(names[i], sizeof(names[i]), "r%zu", i);
		rules[i].name = names[i];
		rules[i].spans = &spans[i];
		rules[i].spans_n = 1;
	}
	s.zone = zone;
	s.zone_n = zone_n;
	return make_compiled(&s);
}

static void
moments_of_no_hours_are_this_one(void **state)
{
	struct aas_policy *p = make_policy(NULL, 0);
	int64_t *at = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(aasctl_moments(p, NOW, &at, &n), AAS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(at[0], NOW);
	free(at);
	aas_policy_free(&p);
}

/* Clocks that are set between now and then, forward and back. */
static void
moments_meet_each_rule_across_a_change_of_clocks(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct aas_zone_step zone[] = { { 0, 3600 },
			{ NOW + (int64_t)some(&seed, (uint32_t)WEEK), 7200 },
			{ NOW + 5 * WEEK, 1800 } };
		struct aas_span spans[RULES_N];
		struct aas_policy *p = NULL;
		int64_t *at = NULL;
		size_t n = 0;

		if (round % 2 == 0)
			zone[1].offset_s = 0;
		for (size_t i = 0; i < RULES_N; i++) {
			spans[i].from = (uint16_t)some(&seed, 10079);
			spans[i].to = (uint16_t)(spans[i].from + 1 +
			    some(&seed, i % 2 == 0 ? 1 : 60));
			if (spans[i].to > 10080)
				spans[i].to = 10080;
		}
		p = policy_of(spans, RULES_N, zone, 3);
		assert_int_equal(aasctl_moments(p, NOW, &at, &n), AAS_OK);
		assert_int_equal(at[0], NOW);
		assert_true(n <= RULES_N + 1);
		for (size_t i = 0; i < RULES_N; i++)
			assert_true(met(p, &spans[i], at, n));
		for (size_t i = 0; i < n; i++) {
			assert_true(at[i] > NOW - 2 * HOUR);
			assert_true(at[i] < NOW + 2 * WEEK + 2 * HOUR);
		}
		free(at);
		aas_policy_free(&p);
	}
}

/* Alike, they cost one. */
static void
moments_are_as_few_as_the_hours_are(void **state)
{
	struct aas_span spans[RULES_N];
	struct aas_policy *p = NULL;
	int64_t *at = NULL;
	uint32_t minute = 0;
	size_t n = 0;

	(void)state;
	p = make_policy(NULL, 0);
	assert_int_equal(aas_policy_minute(p, NOW, &minute), AAS_OK);
	aas_policy_free(&p);
	for (size_t i = 0; i < RULES_N; i++) {
		spans[i].from = (uint16_t)((minute + 600) % 10000);
		spans[i].to = (uint16_t)(spans[i].from + 30);
	}
	p = policy_of(spans, RULES_N, NULL, 0);
	assert_int_equal(aasctl_moments(p, NOW, &at, &n), AAS_OK);
	assert_int_equal(n, 2);
	free(at);
	aas_policy_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_of_no_hours_are_this_one),
		cmocka_unit_test(
		    moments_meet_each_rule_across_a_change_of_clocks),
		cmocka_unit_test(moments_are_as_few_as_the_hours_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
