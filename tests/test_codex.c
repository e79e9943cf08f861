/*
 * What a hook of Codex decides, and that it takes all of its input.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/record/index.h"
#include "policy/policy.h"
#include "tests/fixture.h"
#include "tools/codex.h"

/* --- sessions ------------------------------------------------------------- */

static enum aas_codex
judge(const char *set, int64_t grace_s, char text[AAS_CODEX_TEXT])
{
	json_t *obj = json_loads(set, 0, NULL);
	enum aas_codex verdict = AAS_CODEX_REFUSE;

	assert_non_null(obj);
	verdict = aas_codex_judge(obj, grace_s, text);
	json_decref(obj);
	return verdict;
}

#define S(current, ending, left) \
	"{\"current\":" current ",\"ending\":" ending ",\"expires_s\":" left "}"

static void
codex_current_session_decides(void **state)
{
	static const struct {
		const char *set;
		int64_t grace_s;
		enum aas_codex verdict;
		const char *text; /* begins so */
	} t[] = {
		{ "{}", 0, AAS_CODEX_NOWHERE, "" },
		{ "{\"a\":" S("false", "\"limit\"", "0") "}", 0,
		    AAS_CODEX_NOWHERE, "" },
		{ "{\"a\":" S("true", "null", "42") "}", 0, AAS_CODEX_GO, "" },
		{ "{\"a\":" S("true", "null", "null") "}", 1 << 30,
		    AAS_CODEX_GO, "" },
		{ "{\"a\":" S("true", "null", "42") "}", 41, AAS_CODEX_GO, "" },
		{ "{\"a\":" S("true", "null", "42") "}", 42, AAS_CODEX_REFUSE,
		    "this session ends in 42 seconds; sign in again" },
		{ "{\"a\":" S("true", "null", "0") "}", 0, AAS_CODEX_REFUSE,
		    "this session has reached its limit" },
		{ "{\"a\":" S("true", "\"limit\"", "0") "}", 0,
		    AAS_CODEX_REFUSE, "this session has reached its limit" },
		{ "{\"a\":" S("true", "\"idle\"", "9") "}", 0, AAS_CODEX_REFUSE,
		    "nobody has typed" },
		{ "{\"a\":" S("true", "\"asked\"", "9") "}", 0,
		    AAS_CODEX_REFUSE, "somebody has asked for the end" },
		{ "{\"a\":" S("true", "\"locked\"", "9") "}", 0,
		    AAS_CODEX_REFUSE, "the account was locked" },
		{ "{\"a\":" S("true", "\"last-session\"", "9") "}", 0,
		    AAS_CODEX_REFUSE, "your last session ends" },
		{ "{\"a\":" S("true", "\"\\u001b[2J\\n\"", "9") "}", 0,
		    AAS_CODEX_REFUSE, "this session ends; sign in" },
		{ "{\"a\":" S("true", "null", "9") ",\"b\":" S(
		      "true", "\"limit\"", "0") "}",
		    0, AAS_CODEX_REFUSE, "this session has reached" },
		{ "{\"a\":" S("false", "\"limit\"", "0") ",\"b\":" S(
		      "true", "null", "9") "}",
		    0, AAS_CODEX_GO, "" },
	};
	char text[AAS_CODEX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(
		    judge(t[i].set, t[i].grace_s, text), t[i].verdict);
		assert_int_equal(
		    strncmp(text, t[i].text, strlen(t[i].text)), 0);
		assert_null(strpbrk(text, "\n\033"));
		assert_int_equal(
		    text[0] != '\0', t[i].verdict == AAS_CODEX_REFUSE);
	}
}

static void
codex_session_around_decides(void **state)
{
	static const struct {
		const char *rep;
		enum aas_codex verdict;
		const char *text; /* begins so */
	} t[] = {
		{ "{\"within\":false,\"ending\":null,\"expires_s\":null}",
		    AAS_CODEX_NOWHERE, "" },
		{ "{\"within\":true,\"ending\":null,\"expires_s\":null}",
		    AAS_CODEX_GO, "" },
		{ "{\"within\":true,\"ending\":null,\"expires_s\":11}",
		    AAS_CODEX_GO, "" },
		{ "{\"within\":true,\"ending\":null,\"expires_s\":10}",
		    AAS_CODEX_REFUSE, "this session ends in 10 seconds" },
		{ "{\"within\":true,\"ending\":\"locked\",\"expires_s\":0}",
		    AAS_CODEX_REFUSE, "the account was locked" },
		{ "{\"within\":true}", AAS_CODEX_REFUSE, "what aasd says" },
		{ "{\"within\":1,\"ending\":null,\"expires_s\":null}",
		    AAS_CODEX_REFUSE, "what aasd says" },
		{ "{}", AAS_CODEX_REFUSE, "what aasd says" },
		{ "[]", AAS_CODEX_REFUSE, "what aasd says" },
	};
	char text[AAS_CODEX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		json_t *rep = json_loads(t[i].rep, 0, NULL);

		assert_non_null(rep);
		assert_int_equal(
		    aas_codex_judge_around(rep, 10, text), t[i].verdict);
		assert_int_equal(
		    strncmp(text, t[i].text, strlen(t[i].text)), 0);
		json_decref(rep);
	}
}

static void
codex_answer_that_makes_no_sense_is_a_refusal(void **state)
{
	static const char *const t[] = {
		"{\"a\":{\"current\":true}}",
		"{\"a\":{\"current\":true,\"ending\":null}}",
		"{\"a\":{\"current\":true,\"expires_s\":9}}",
		"{\"a\":" S("true", "false", "9") "}",
		"{\"a\":" S("true", "null", "\"9\"") "}",
		"{\"a\":" S("true", "null", "9.5") "}",
		"{\"a\":" S("true", "null", "-9") "}",
	};
	char text[AAS_CODEX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(judge(t[i], 0, text), AAS_CODEX_REFUSE);
		assert_true(text[0] != '\0');
	}
}

/* --- no session ----------------------------------------------------------- */

static void
codex_outside_refuses_whom_keys_are_asked_of(void **state)
{
	static const struct {
		uint32_t verdict;
		int64_t from_s;
		const char *state;
		enum aas_codex is;
	} t[] = {
		{ AAS_V_OPTIONAL, 0, "none", AAS_CODEX_GO },
		{ AAS_V_OPTIONAL, 0, "held", AAS_CODEX_GO },
		{ AAS_V_OPTIONAL, 0, "disabled", AAS_CODEX_GO },
		{ AAS_V_OPTIONAL, 0, "enrolled", AAS_CODEX_REFUSE },
		{ AAS_V_OPTIONAL, 0, "degraded", AAS_CODEX_REFUSE },
		{ AAS_V_OPTIONAL, 0, "broken", AAS_CODEX_REFUSE },
		{ AAS_V_OPTIONAL, 0, "", AAS_CODEX_REFUSE },
		{ AAS_V_OPTIONAL, 0, NULL, AAS_CODEX_REFUSE },
		{ AAS_V_REQUIRE, 0, "none", AAS_CODEX_REFUSE },
		{ AAS_V_REQUIRE, 1000, "none", AAS_CODEX_REFUSE },
		{ AAS_V_REQUIRE, 1001, "none", AAS_CODEX_GO },
		{ AAS_V_REQUIRE, 1001, "enrolled", AAS_CODEX_REFUSE },
		{ AAS_V_OUT, 0, "enrolled", AAS_CODEX_GO },
		{ AAS_V_DENY, 0, "none", AAS_CODEX_REFUSE },
		{ 1, 0, NULL, AAS_CODEX_REFUSE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(aas_codex_outside(t[i].verdict, t[i].from_s,
				     1000, t[i].state),
		    t[i].is);
}

/* --- input ---------------------------------------------------------------- */

static void
codex_input_is_taken_to_its_end(void **state)
{
	struct fixture *f = *state;
	char path[FIXTURE_PATH];
	int fd = open(fixture_path(f, "in", path), O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 10000000), 0);
	assert_int_equal(aas_codex_drain(fd, 1000, 60000), AAS_OK);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 10000000);
	assert_int_equal(close(fd), 0);
}

static void
codex_silent_input_is_not_waited_for(void **state)
{
	int64_t began_ms = aas_clock_ms();
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "{\"hook", 6), 6);
	assert_int_equal(aas_codex_drain(p[0], 20, 60000), AAS_OK);
	assert_true(aas_clock_ms() - began_ms < 30000);
	assert_int_equal(close(p[1]), 0);
	assert_int_equal(aas_codex_drain(p[0], 60000, 60000), AAS_OK);
	assert_int_equal(close(p[0]), 0);
	/* Closed from the beginning. */
	assert_int_equal(aas_codex_drain(p[0], 20, 60000), AAS_OK);
}

static void
codex_endless_input_is_left(void **state)
{
	int fd = open("/dev/zero", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(aas_codex_drain(fd, 1000, 30), AAS_ERR_TIMEOUT);
	assert_int_equal(close(fd), 0);
	assert_true((fd = open(".", O_RDONLY)) >= 0);
	assert_int_equal(aas_codex_drain(fd, 1000, 60000), AAS_ERR_SYS);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(codex_current_session_decides),
		FIXTURE_TEST(codex_session_around_decides),
		FIXTURE_TEST(codex_answer_that_makes_no_sense_is_a_refusal),
		FIXTURE_TEST(codex_outside_refuses_whom_keys_are_asked_of),
		FIXTURE_TEST(codex_input_is_taken_to_its_end),
		FIXTURE_TEST(codex_silent_input_is_not_waited_for),
		FIXTURE_TEST(codex_endless_input_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
