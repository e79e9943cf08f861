/* What logind says of a session of a display. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/keep/hint.h"

static void
hint_parse_tells_four_cases_apart(void **state)
{
	static const struct {
		const char *text;
		enum aas_keep_hint is;
		int64_t since;
	} rows[] = {
		{ "IdleHint=no\nIdleSinceHintMonotonic=0\n", AAS_HINT_NEVER,
		    0 },
		{ "IdleHint=no\nIdleSinceHintMonotonic=12\n", AAS_HINT_ACTIVE,
		    0 },
		{ "IdleSinceHintMonotonic=34\nType=x11\nIdleHint=yes\n",
		    AAS_HINT_IDLE, 34 },
		{ "Name=demo\nIdleHint=yes\nIdleSinceHint=9\n"
		  "IdleSinceHintMonotonic=999999999999999999\n",
		    AAS_HINT_IDLE, 999999999999999999 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct aas_hint h = { AAS_HINT_UNASKED, -1 };

		assert_int_equal(aas_hint_parse(rows[i].text, &h), AAS_OK);
		assert_int_equal(h.is, rows[i].is);
		assert_true(h.since_us == rows[i].since);
	}
}

static void
hint_parse_refuses_what_it_does_not_know(void **state)
{
	static const char *const rows[] = {
		"",
		"IdleHint=yes\n",
		"IdleSinceHintMonotonic=1\n",
		"IdleHint=yes\nIdleSinceHintMonotonic=1",
		"IdleHint=yes\nIdleSinceHintMonotonic=\n",
		"IdleHint=yes\nIdleSinceHintMonotonic=-1\n",
		"IdleHint=yes\nIdleSinceHintMonotonic=1s\n",
		"IdleHint=yes\nIdleSinceHintMonotonic=1000000000000000000\n",
		"IdleHint=maybe\nIdleSinceHintMonotonic=1\n",
		"IdleHint=yes \nIdleSinceHintMonotonic=1\n",
		"xIdleHint=yes\nIdleSinceHintMonotonic=1\n",
		"IdleHint=yes\nIdleHint=yes\nIdleSinceHintMonotonic=1\n",
		"IdleHint=yes\nIdleSinceHintMonotonic=1\n"
		"IdleSinceHintMonotonic=1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct aas_hint h = { AAS_HINT_UNASKED, -1 };

		assert_int_equal(aas_hint_parse(rows[i], &h), AAS_ERR_FORMAT);
		assert_int_equal(h.is, AAS_HINT_UNASKED);
	}
}

#define NOW_MS  INT64_C(1000000)
#define MONO_US INT64_C(400000000) /* it has slept for ten minutes */

static void
hint_take_counts_as_input_unless_idle(void **state)
{
	struct aas_kept k = { .t = { .input_ms = 5000 } };
	const struct aas_hint never = { AAS_HINT_NEVER, 0 };
	const struct aas_hint idle = { AAS_HINT_IDLE, MONO_US - 30000000 };

	(void)state;
	aas_hint_take(&k, &never, MONO_US, NOW_MS);
	assert_int_equal(k.hint, AAS_HINT_NEVER);
	assert_true(k.t.input_ms == NOW_MS && k.hint_ms == NOW_MS);
	/* Idle since before the last look: that is not undone. */
	aas_hint_take(&k, &idle, MONO_US, NOW_MS);
	assert_true(k.t.input_ms == NOW_MS);
	k = (struct aas_kept){ .t = { .input_ms = 5000 } };
	aas_hint_take(&k, &idle, MONO_US, NOW_MS);
	assert_int_equal(k.hint, AAS_HINT_IDLE);
	assert_true(k.t.input_ms == NOW_MS - 30000);
	/* The machine slept for an hour, and nobody came. */
	aas_hint_take(&k, &idle, MONO_US + 1000000, NOW_MS + 3601000);
	assert_true(k.t.input_ms == NOW_MS - 30000);
	/* Somebody did, and went. */
	aas_hint_take(&k,
	    &(struct aas_hint){ AAS_HINT_IDLE, MONO_US + 1500000 },
	    MONO_US + 2000000, NOW_MS + 3602000);
	assert_true(k.t.input_ms == NOW_MS + 3601500);
}

static void
hint_take_of_the_future_is_now(void **state)
{
	struct aas_kept k = { .t = { .input_ms = 5000 } };
	const struct aas_hint idle = { AAS_HINT_IDLE, INT64_MAX };

	(void)state;
	aas_hint_take(&k, &idle, MONO_US, NOW_MS);
	assert_true(k.t.input_ms == NOW_MS);
}

static void
hint_name_of_a_leader_that_is_gone_is_none(void **state)
{
	struct aas_kept k = { .l = { .leader = { .pid = 1, .start = 1 } } };
	char id[AAS_HINT_ID];

	(void)state;
	assert_int_equal(aas_hint_name(&k, id), AAS_ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hint_parse_tells_four_cases_apart),
		cmocka_unit_test(hint_parse_refuses_what_it_does_not_know),
		cmocka_unit_test(hint_take_counts_as_input_unless_idle),
		cmocka_unit_test(hint_take_of_the_future_is_now),
		cmocka_unit_test(hint_name_of_a_leader_that_is_gone_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
