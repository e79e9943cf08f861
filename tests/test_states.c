/*
 * The sign-in state machine: each cell of the table, each branch.
 */
#include <string.h>

#include "lib/reason.h"
#include "policy/signin/states.h"
#include "tests/fixture.h"

#define R AAS_ACT_REFUSE
#define N AAS_ACT_NEXT
#define K AAS_ACT_KEY
#define U AAS_ACT_UNLOCK
#define P AAS_ACT_PASS
#define E AAS_ACT_ENROLL
#define X AAS_ACT_EXPIRED

/* As the manual prints it: other, login, job, exempt; by phase. */
static const struct {
	enum aas_row row;
	enum aas_act want[3][AAS_CL_N];
} table[] = {
	{ AAS_ROW_BROKEN, { { R, R, R, R }, { R, R, N, N }, { R, R, N, N } } },
	{ AAS_ROW_DENY, { { R, R, R, R }, { R, R, R, R }, { R, R, R, R } } },
	{ AAS_ROW_FREE, { { N, N, N, N }, { N, N, N, N }, { N, N, N, N } } },
	{ AAS_ROW_SOON, { { N, N, N, N }, { N, N, N, N }, { N, N, N, N } } },
	{ AAS_ROW_DUE, { { N, N, N, N }, { X, E, X, N }, { N, R, R, N } } },
	{ AAS_ROW_ATTEST, { { N, N, N, N }, { X, N, X, N }, { R, R, R, R } } },
	{ AAS_ROW_KEYS, { { K, K, R, R }, { P, P, P, P }, { P, P, P, P } } },
	{ AAS_ROW_FEW, { { K, K, R, R }, { P, P, P, P }, { P, P, P, P } } },
	{ AAS_ROW_KIND, { { R, R, R, R }, { P, R, P, P }, { P, R, P, P } } },
	{ AAS_ROW_ONE, { { K, K, R, R }, { P, P, P, P }, { P, P, P, P } } },
	{ AAS_ROW_ONE_LATE,
	    { { K, K, R, R }, { P, X, P, P }, { P, R, P, P } } },
	{ AAS_ROW_RECOVERING,
	    { { R, R, R, R }, { R, R, R, N }, { R, R, R, N } } },
	{ AAS_ROW_RECOVERY_DUE,
	    { { R, R, R, R }, { R, R, R, N }, { R, R, R, N } } },
	{ AAS_ROW_LOCKED, { { R, U, R, R }, { R, R, R, N }, { R, R, R, N } } },
	{ AAS_ROW_GLASS, { { R, R, R, N }, { R, R, R, N }, { R, R, R, N } } },
};

static void
states_table_is_the_manuals(void **state)
{
	static const enum aas_phase phases[] = { AAS_PH_AUTH, AAS_PH_ACCOUNT,
		AAS_PH_SESSION };

	(void)state;
	assert_int_equal(sizeof(table) / sizeof(table[0]), AAS_ROW_N);
	for (size_t i = 0; i < AAS_ROW_N; i++)
		for (size_t p = 0; p < 3; p++)
			for (int c = 0; c < AAS_CL_N; c++)
				assert_int_equal(
				    aas_states_act(phases[p], table[i].row,
					(enum aas_class)c),
				    table[i].want[p][c]);
}

static void
states_auth_never_passes_keys_to_the_next_module(void **state)
{
	(void)state;
	for (int r = 0; r < AAS_ROW_N; r++)
		for (int c = 0; c < AAS_CL_N; c++) {
			enum aas_act a = aas_states_act(
			    AAS_PH_AUTH, (enum aas_row)r, (enum aas_class)c);

			if (r == AAS_ROW_GLASS && c == AAS_CL_EXEMPT)
				assert_int_equal(a, N);
			else if (aas_states_keys((enum aas_row)r))
				assert_int_not_equal(a, N);
			else
				assert_int_equal(a, N);
			assert_int_not_equal(a, P);
		}
	assert_int_equal(aas_states_keys((enum aas_row)99), 1);
	assert_int_equal(aas_states_keys(AAS_ROW_N), 1);
}

static void
states_what_is_not_in_the_table_is_refused(void **state)
{
	(void)state;
	for (int p = -1; p < 12; p++)
		for (int r = -1; r < 20; r++)
			for (int c = -1; c < 8; c++)
				if (p < 0 || p > AAS_PH_SESSION || r < 0 ||
				    r >= AAS_ROW_N || c < 0 || c >= AAS_CL_N)
					assert_int_equal(
					    aas_states_act((enum aas_phase)p,
						(enum aas_row)r,
						(enum aas_class)c),
					    R);
}

static const struct {
	unsigned state;
	uint32_t verdict;
	int64_t from, deadline;
	enum aas_row row;
	unsigned why;
} rows[] = {
	{ AAS_ST_BROKEN, AAS_V_OPTIONAL, 0, 0, AAS_ROW_BROKEN,
	    AAS_WHY_RECORD_BROKEN },
	{ 99, AAS_V_OPTIONAL, 0, 0, AAS_ROW_BROKEN, AAS_WHY_RECORD_BROKEN },
	{ AAS_ST_NONE, AAS_V_OPTIONAL, 0, 0, AAS_ROW_FREE,
	    AAS_WHY_NOT_ENROLLED },
	{ AAS_ST_NONE, AAS_V_OUT, 0, 0, AAS_ROW_FREE, AAS_WHY_NOT_ENROLLED },
	{ AAS_ST_HELD, AAS_V_OPTIONAL, 0, 0, AAS_ROW_FREE,
	    AAS_WHY_NOT_ENROLLED },
	{ AAS_ST_DISABLED, AAS_V_REQUIRE, 0, 0, AAS_ROW_DUE,
	    AAS_WHY_ENROLL_NOW },
	{ AAS_ST_NONE, AAS_V_REQUIRE, 1000, 0, AAS_ROW_DUE,
	    AAS_WHY_ENROLL_NOW },
	{ AAS_ST_NONE, AAS_V_REQUIRE, 1001, 0, AAS_ROW_SOON,
	    AAS_WHY_ENROLL_NOW },
	{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 0, 0, AAS_ROW_KEYS,
	    AAS_WHY_POLICY_DENY },
	{ AAS_ST_ENROLLED, AAS_V_OUT, 0, 0, AAS_ROW_KEYS, AAS_WHY_POLICY_DENY },
	{ AAS_ST_DEGRADED, AAS_V_OPTIONAL, 0, 0, AAS_ROW_ONE,
	    AAS_WHY_DEGRADED },
	{ AAS_ST_DEGRADED, AAS_V_OPTIONAL, 0, 901, AAS_ROW_ONE,
	    AAS_WHY_DEGRADED },
	{ AAS_ST_DEGRADED, AAS_V_OPTIONAL, 0, 900, AAS_ROW_ONE_LATE,
	    AAS_WHY_DEGRADED },
	{ AAS_ST_RECOVERING, AAS_V_OPTIONAL, 0, 0, AAS_ROW_RECOVERING,
	    AAS_WHY_RECOVERING },
	{ AAS_ST_RECOVERY_DUE, AAS_V_OPTIONAL, 0, 0, AAS_ROW_RECOVERY_DUE,
	    AAS_WHY_RECOVERING },
	{ AAS_ST_LOCKED, AAS_V_OPTIONAL, 0, 0, AAS_ROW_LOCKED, AAS_WHY_LOCKED },
	{ AAS_ST_ENROLLED, AAS_V_DENY, 0, 0, AAS_ROW_DENY, AAS_WHY_GROUPS },
	{ AAS_ST_NONE, 1, 0, 0, AAS_ROW_DENY, AAS_WHY_GROUPS },
};

static void
states_rows(void **state)
{
	struct aas_decision d = { .degraded_s = 100 };
	unsigned why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		d.verdict = rows[i].verdict;
		d.from_s = rows[i].from;
		d.reason = AAS_WHY_GROUPS;
		assert_int_equal(aas_states_row(rows[i].state, &d, 2,
				     rows[i].deadline, 1000, &why),
		    rows[i].row);
		assert_int_equal(why, rows[i].why);
	}
	d.verdict = 0;
	d.from_s = 0;
	d.reason = AAS_WHY_OK;
	assert_int_equal(
	    aas_states_row(AAS_ST_NONE, &d, 2, 0, 0, &why), AAS_ROW_DENY);
	assert_int_equal(why, AAS_WHY_POLICY_DENY);
	d.reason = AAS_WHY_UNKNOWN;
	(void)aas_states_row(AAS_ST_NONE, &d, 2, 0, 0, &why);
	assert_int_equal(why, AAS_WHY_POLICY_DENY);
}

static void
states_attestation_that_does_not_do_is_the_reason(void **state)
{
	static const struct {
		uint8_t attest;
		enum aas_row row;
		unsigned why;
	} t[] = {
		{ AAS_AT_NONE, AAS_ROW_DUE, AAS_WHY_ENROLL_NOW },
		{ AAS_AT_PENDING, AAS_ROW_ATTEST, AAS_WHY_ATTEST_MISSING },
		{ AAS_AT_MISSING, AAS_ROW_DUE, AAS_WHY_ATTEST_MISSING },
		{ AAS_AT_EXPIRED, AAS_ROW_DUE, AAS_WHY_ATTEST_EXPIRED },
		{ AAS_AT_FUTURE, AAS_ROW_DUE, AAS_WHY_ATTEST_FUTURE },
		{ AAS_AT_REVOKED, AAS_ROW_DUE, AAS_WHY_ATTEST_REVOKED },
		{ AAS_AT_VOID, AAS_ROW_DUE, AAS_WHY_ATTEST_VOID },
		{ AAS_AT_UNREAD, AAS_ROW_DUE, AAS_WHY_ATTEST_UNREAD },
		/* Shown, the verdict would be another. */
		{ AAS_AT_SHOWN, AAS_ROW_DUE, AAS_WHY_ENROLL_NOW },
		{ 99, AAS_ROW_DUE, AAS_WHY_ENROLL_NOW },
	};
	struct aas_decision d = { .verdict = AAS_V_REQUIRE, .from_s = 1000 };
	unsigned why;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		d.attest = t[i].attest;
		assert_int_equal(
		    aas_states_row(AAS_ST_NONE, &d, 2, 0, 1000, &why),
		    t[i].row);
		assert_int_equal(why, t[i].why);
		assert_int_equal(
		    aas_states_row(AAS_ST_NONE, &d, 2, 0, 999, &why),
		    AAS_ROW_SOON);
		/* With keys it is nothing. */
		assert_int_equal(
		    aas_states_row(AAS_ST_ENROLLED, &d, 2, 0, 1000, &why),
		    AAS_ROW_KEYS);
	}
}

static void
states_keys_of_another_kind_are_none(void **state)
{
	static const struct {
		unsigned state;
		uint32_t verdict;
		int bound, lists, present, keys;
		enum aas_row row;
		unsigned why;
	} t[] = {
		/* No kind is asked for: a ceremony will tell. */
		{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 0, 0, 2, 1, AAS_ROW_FEW,
		    AAS_WHY_POLICY_DENY },
		{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 1, 0, 1, 0, AAS_ROW_KIND,
		    AAS_WHY_KEY_KIND },
		{ AAS_ST_ENROLLED, AAS_V_OPTIONAL, 0, 1, 0, 0, AAS_ROW_KIND,
		    AAS_WHY_KEY_KIND },
		{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 0, 0xffff, 1, 0, AAS_ROW_KIND,
		    AAS_WHY_KEY_KIND },
		{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 1, 0, 2, 1, AAS_ROW_KIND,
		    AAS_WHY_KEY_KIND },
		{ AAS_ST_DEGRADED, AAS_V_REQUIRE, 1, 0, 1, 0, AAS_ROW_KIND,
		    AAS_WHY_KEY_KIND },
		{ AAS_ST_DEGRADED, AAS_V_REQUIRE, 1, 0, 1, 1, AAS_ROW_ONE,
		    AAS_WHY_DEGRADED },
		{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 1, 0, 1, 1, AAS_ROW_FEW,
		    AAS_WHY_POLICY_DENY },
		{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 1, 0, 2, 2, AAS_ROW_KEYS,
		    AAS_WHY_POLICY_DENY },
		/* Not known: a ceremony will tell. */
		{ AAS_ST_ENROLLED, AAS_V_REQUIRE, 1, 1, 1, AAS_KEYS_UNKNOWN,
		    AAS_ROW_KEYS, AAS_WHY_POLICY_DENY },
		/* No ceremony is held. */
		{ AAS_ST_ENROLLED, AAS_V_OUT, 1, 0, 1, 0, AAS_ROW_FEW,
		    AAS_WHY_POLICY_DENY },
		{ AAS_ST_LOCKED, AAS_V_REQUIRE, 1, 0, 1, 0, AAS_ROW_LOCKED,
		    AAS_WHY_LOCKED },
	};
	struct aas_decision d = { .enrolled_min = 2 };
	unsigned why = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		d.verdict = t[i].verdict;
		d.device_bound = (uint8_t)t[i].bound;
		d.aaguids_n = (uint16_t)t[i].lists;
		d.present = (uint8_t)t[i].present;
		assert_int_equal(
		    aas_states_row(t[i].state, &d, t[i].keys, 0, 1000, &why),
		    t[i].row);
		assert_int_equal(why, t[i].why);
	}
}

/* Only an exemption that says so reaches a user with keys. */
static void
states_break_glass(void **state)
{
	static const uint32_t verdicts[] = { AAS_V_OUT, AAS_V_OPTIONAL,
		AAS_V_REQUIRE, AAS_V_DENY };
	struct aas_decision d = { .degraded_s = 100 };
	unsigned why;

	(void)state;
	for (unsigned st = 0; st <= AAS_ST_DISABLED + 1; st++)
		for (size_t v = 0; v < 4; v++)
			for (int glass = 0; glass < 2; glass++) {
				int keys = st != AAS_ST_NONE &&
				    st != AAS_ST_HELD && st != AAS_ST_DISABLED;
				enum aas_row row;

				d.verdict = verdicts[v];
				d.break_glass = (uint8_t)glass;
				row = aas_states_row(st, &d, 2, 0, 1000, &why);
				assert_int_equal(row == AAS_ROW_GLASS,
				    keys && glass && d.verdict == AAS_V_OUT);
			}
}

/* CVE-2023-42465: no single flipped bit makes another verdict. */
static void
states_f65_cve_2023_42465_flipped_bit_in_a_verdict_denies(void **state)
{
	static const uint32_t good[] = { AAS_V_OUT, AAS_V_OPTIONAL,
		AAS_V_REQUIRE };
	struct aas_decision d = { 0 };
	unsigned why;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (int bit = 0; bit < 32; bit++) {
			d.verdict = good[i] ^ (UINT32_C(1) << bit);
			assert_int_equal(
			    aas_states_row(AAS_ST_NONE, &d, 2, 0, 0, &why),
			    AAS_ROW_DENY);
		}
}

static enum aas_class
class_of(const char *service, int ssh, uint32_t verdict, uint8_t glass)
{
	const struct aas_decision d = { .verdict = verdict,
		.break_glass = glass };

	return aas_states_class(service, ssh, &d);
}

static void
states_classes(void **state)
{
	(void)state;
	assert_int_equal(class_of("sshd", 0, AAS_V_OPTIONAL, 0), AAS_CL_LOGIN);
	assert_int_equal(
	    class_of("sshd-2", 1, AAS_V_OPTIONAL, 0), AAS_CL_LOGIN);
	assert_int_equal(class_of("greetd", 0, AAS_V_REQUIRE, 0), AAS_CL_LOGIN);
	assert_int_equal(class_of("sudo", 0, AAS_V_REQUIRE, 0), AAS_CL_OTHER);
	assert_int_equal(class_of("", 0, AAS_V_REQUIRE, 0), AAS_CL_OTHER);
	assert_int_equal(class_of("cron", 0, AAS_V_REQUIRE, 0), AAS_CL_JOB);
	assert_int_equal(class_of("systemd-user", 0, 0, 0), AAS_CL_JOB);
	assert_int_equal(class_of("ftp", 0, AAS_V_OUT, 0), AAS_CL_EXEMPT);
}

/* It takes a public key without asking us whether that will do. */
static void
states_exempt_sshd_is_a_login_but_with_break_glass(void **state)
{
	(void)state;
	assert_int_equal(class_of("sshd", 1, AAS_V_OUT, 0), AAS_CL_LOGIN);
	assert_int_equal(class_of("cron", 1, AAS_V_OUT, 0), AAS_CL_LOGIN);
	assert_int_equal(class_of("sshd", 1, AAS_V_OUT, 2), AAS_CL_LOGIN);
	assert_int_equal(class_of("sshd", 1, AAS_V_OUT, 1), AAS_CL_EXEMPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_table_is_the_manuals),
		cmocka_unit_test(
		    states_auth_never_passes_keys_to_the_next_module),
		cmocka_unit_test(states_what_is_not_in_the_table_is_refused),
		cmocka_unit_test(states_rows),
		cmocka_unit_test(
		    states_attestation_that_does_not_do_is_the_reason),
		cmocka_unit_test(
		    states_f65_cve_2023_42465_flipped_bit_in_a_verdict_denies),
		cmocka_unit_test(states_keys_of_another_kind_are_none),
		cmocka_unit_test(states_break_glass),
		cmocka_unit_test(states_classes),
		cmocka_unit_test(
		    states_exempt_sshd_is_a_login_but_with_break_glass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
