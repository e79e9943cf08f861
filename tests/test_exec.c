/*
 * The source "exec" as it ships, asked through the real worker; the program
 * is a shell script in the test's directory.
 */
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/gathering.h"

#define OK_HEAD "{\"version\":1,\"status\":\"success\",\"rules\":["

static void
begin(void **state, struct gathering *w)
{
	gathering_begin(state, w, WORKER);
	fixture_copy(w->f, PLUGIN, "libaas_policy_exec.so");
}

static void
program(struct gathering *w, const char *script)
{
	static char text[65536];

	(void)unlinkat(w->f->dirfd, "policy.exec", 0);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	fixture_write(w->f, "policy.exec", text, 0755);
}

/* The program's status, and what its reports must hold. */
static void
expect(struct gathering *w, int status, const char *text)
{
	const struct aas_source_answer *a = &w->got.answers[0];

	gathering_run(w, "exec");
	if (a->status != status ||
	    (text != NULL &&
		(a->text == NULL || strstr(a->text, text) == NULL)))
		fail_msg("%s, not \"%s\": %s", aas_source_status(a->status),
		    text != NULL ? text : "", a->text != NULL ? a->text : "-");
	if (status == AAS_PLUGIN_SUCCESS && text == NULL && a->text != NULL)
		fail_msg("%s", a->text);
}

/* The answer as it is. */
static void
answers(struct gathering *w, const char *json, int status, const char *text)
{
	char script[4096];

	(void)snprintf(script, sizeof(script), "cat <<'E'\n%s\nE", json);
	program(w, script);
	expect(w, status, text);
}

/* --- what it says ----------------------------------------------------------
 */

static void
exec_rules_of_a_program_count(void **state)
{
	struct gathering w;

	begin(state, &w);
	answers(&w,
	    OK_HEAD
	    "{\"name\":\"a\",\"users\":[\"alice\",\"bob\"],"
	    "\"services\":[\"sshd\"],\"hosts\":[\"web*\"],"
	    "\"networks\":[\"192.0.2.0/24\"],\"hours\":[\"08:00-18:00\"],"
	    "\"origin\":\"remote\",\"mode\":\"warn\","
	    "\"require\":\"enrolled\",\"from\":\"2026-06-01T00:00:00Z\","
	    "\"grace\":\"3d\",\"enrolled\":3,\"present\":2,"
	    "\"uv\":\"required\",\"device_bound\":true,"
	    "\"aaguids\":[\"2fc0579f-8113-47ea-b116-bb5a8db9202a\"],"
	    "\"session\":\"8h\",\"idle\":\"15m\",\"reauth\":\"5m\","
	    "\"window\":\"60s\",\"alert\":\"required\","
	    "\"training\":\"excluded\"},"
	    "{\"name\":\"b\",\"deny\":true,\"exempt\":false},"
	    "{\"name\":\"c\",\"lease\":{\"grantors\":[\"root\"],"
	    "\"accounts\":[\"ci\"],\"max\":\"8h\"}}]}",
	    AAS_PLUGIN_SUCCESS, NULL);
	assert_int_equal(w.got.rules_n, 3);
	assert_string_equal(w.got.rules[0].source, "exec");
	assert_string_equal(w.got.rules[0].users.v[1], "bob");
	assert_int_equal(w.got.rules[0].mode, AAS_MODE_WARN);
	assert_int_equal(w.got.rules[0].present, 2);
	assert_int_equal(w.got.rules[0].session_s, 8 * 3600);
	assert_int_equal(w.got.rules[0].aaguids_n, 1);
	assert_non_null(strstr(w.got.rules[1].where, "/policy.exec:2"));
	assert_int_equal(w.got.rules[1].effect, AAS_EF_DENY);
	assert_int_equal(w.got.rules[2].effect, AAS_EF_LEASE);
	/* The program is one of the files that the policy was made of. */
	assert_int_equal(w.got.files_n, 1);
	assert_non_null(strstr(w.got.files[0].path, "/policy.exec"));
	aas_gathered_free(&w.got);
}

static void
exec_question_arrives_on_its_standard_input(void **state)
{
	static const char *const groups[] = { "staff", "a\"b", NULL };
	char want[512];
	struct gathering w;

	begin(state, &w);
	(void)snprintf(want, sizeof(want),
	    "q={\"version\":1,\"op\":\"rules\",\"confdir\":\"%s\","
	    "\"now\":1000000} env=2 fds=4",
	    w.f->dir);
	/* PATH, PWD or _ of the shell itself; ls has one of its own. */
	program(&w,
	    "read -r q\nread -r more && exit 9\n"
	    "n=$(env | grep -c -v -e '^_=' -e '^OLDPWD=')\n"
	    "f=$(ls /proc/self/fd | wc -l)\n"
	    "q=$(printf '%s' \"$q\" | sed 's/[\"]/\\\\\"/g')\n"
	    "printf '{\"version\":1,\"status\":\"success\",\"message\":"
	    "\"q=%s env=%s fds=%s\"}' \"$q\" \"$n\" \"$f\"");
	expect(&w, AAS_PLUGIN_SUCCESS, "q={");
	if (strstr(w.got.answers[0].text, "fds=4") == NULL)
		fail_msg("%s", w.got.answers[0].text);
	if (strstr(w.got.answers[0].text, "env=2") == NULL)
		fail_msg("%s", w.got.answers[0].text);
	w.g.user = "alice";
	w.g.uid = 4242;
	w.g.groups = groups;
	w.g.service = "sshd";
	program(&w,
	    "read -r q\ncase $q in\n"
	    "*'\"op\":\"lookup\"'*'\"user\":\"alice\",\"uid\":4242,"
	    "\"groups\":[\"staff\",\"a\\\"b\"],\"service\":\"sshd\"}') ;;\n"
	    "*) exit 1 ;;\nesac\n"
	    "echo '{\"version\":1,\"status\":\"notfound\"}'");
	expect(&w, AAS_PLUGIN_NOTFOUND, NULL);
	aas_gathered_free(&w.got);
}

static void
exec_statuses_and_exit_codes(void **state)
{
	struct gathering w;

	begin(state, &w);
	answers(&w, "{\"version\":1,\"status\":\"success\"}",
	    AAS_PLUGIN_SUCCESS, NULL);
	answers(&w, "{\"version\":1,\"status\":\"notfound\",\"rules\":[]}",
	    AAS_PLUGIN_NOTFOUND, NULL);
	answers(&w, "{\"version\":1,\"status\":\"unavail\"}",
	    AAS_PLUGIN_UNAVAIL, NULL);
	answers(&w,
	    "{\"version\":1,\"status\":\"tryagain\",\"message\":\"busy\"}",
	    AAS_PLUGIN_TRYAGAIN, "policy.exec: busy\n");
	program(&w, "exit 75");
	expect(&w, AAS_PLUGIN_TRYAGAIN, NULL);
	program(&w, "echo '{\"version\":1,\"status\":\"success\"}'; exit 3");
	expect(&w, AAS_PLUGIN_UNAVAIL, "ended with status 3");
	program(&w, "kill -9 $$");
	expect(&w, AAS_PLUGIN_UNAVAIL, "ended with signal 9");
	/* Not reading the question is fine; so is a child left behind. */
	program(&w,
	    "exec <&-\nsleep 60 &\n"
	    "echo '{\"version\":1,\"status\":\"success\"}'");
	expect(&w, AAS_PLUGIN_SUCCESS, NULL);
	aas_gathered_free(&w.got);
}

static const struct {
	const char *json, *says;
} bad_answers[] = {
	{ "", "its answer, line" },
	{ "garbage", "its answer, line 1" },
	{ "[]", "xpected object" },
	{ "{}", "version" },
	{ "{\"version\":2,\"status\":\"success\"}", "another than 1" },
	{ "{\"version\":4294967297,\"status\":\"success\"}", "another than 1" },
	{ "{\"version\":\"1\",\"status\":\"success\"}", "nteger" },
	{ "{\"version\":1}", "status" },
	{ "{\"version\":1,\"status\":\"allow\"}", "is not known" },
	{ "{\"version\":1,\"status\":\"success\",\"rule\":[]}", "unpacked" },
	{ "{\"version\":1,\"status\":\"success\"} x", "its answer" },
	{ "{\"version\":1,\"version\":1,\"status\":\"success\"}", "duplicate" },
	{ "{\"version\":1,\"status\":\"success\",\"rules\":{}}",
	    "is not a list" },
	{ "{\"version\":1,\"status\":\"notfound\",\"rules\":[1]}",
	    "need the status" },
	{ OK_HEAD "1]}", "policy.exec:1: \"rules\" is not an obj" },
	{ OK_HEAD "{\"name\":\"a\",\"deny\":true},{\"nane\":\"b\"}]}",
	    "policy.exec:2: \"nane\" is not known" },
	{ OK_HEAD "{\"name\":7}]}", "is not a text" },
	{ OK_HEAD "{\"name\":\"a\\u0000b\"}]}", "its answer" },
	{ OK_HEAD "{\"name\":\"a\",\"users\":\"x\"}]}", "is not a list" },
	{ OK_HEAD "{\"name\":\"a\",\"users\":[]}]}", "empty list" },
	{ OK_HEAD "{\"name\":\"a\",\"users\":[\"x\",null]}]}", "but texts" },
	{ OK_HEAD "{\"name\":\"a\",\"deny\":1}]}", "neither true" },
	{ OK_HEAD "{\"name\":\"a\",\"present\":\"2\"}]}", "whole number" },
	{ OK_HEAD "{\"name\":\"a\",\"present\":0}]}", "out of range" },
	{ OK_HEAD "{\"name\":\"a\",\"present\":4294967298}]}", "out of range" },
	{ OK_HEAD "{\"name\":\"a\",\"present\":-1}]}", "out of range" },
	{ OK_HEAD "{\"name\":\"a\",\"lease\":true}]}", "is not an object" },
	{ OK_HEAD "{\"name\":\"a\",\"deny\":true,\"lease\":{}}]}", "is empty" },
	{ OK_HEAD "{\"name\":\"a\",\"lease\":{\"users\":[\"x\"]}}]}",
	    "is not known" },
	{ OK_HEAD "{\"name\":\"a\",\"lease\":{\"max\":8}}]}", "is not a text" },
	{ OK_HEAD "{\"name\":\"a\",\"not_before\":\"x\"}]}", "is not known" },
	/* What the host refuses. */
	{ OK_HEAD "{\"deny\":true}]}", "policy.exec:1: name:" },
	{ OK_HEAD "{\"name\":\"a\",\"deny\":true,"
		  "\"networks\":[\"10.0.0.0/33\"]}]}",
	    "policy.exec:1: networks:" },
};

static void
exec_wrong_answers_are_unavail(void **state)
{
	struct gathering w;

	begin(state, &w);
	for (size_t i = 0; i < sizeof(bad_answers) / sizeof(bad_answers[0]);
	     i++) {
		answers(&w, bad_answers[i].json, AAS_PLUGIN_UNAVAIL,
		    bad_answers[i].says);
		assert_int_equal(w.got.rules_n, 0);
	}
	aas_gathered_free(&w.got);
}

/* Nothing is clamped: what is out of range is said back. */
static void
exec_f64_limits_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = { "\"session\":\"0s\"",
		"\"session\":\"-1h\"", "\"session\":\"\"",
		"\"session\":\"101y\"", "\"session\":\"99999999d\"",
		"\"idle\":\"0s\"", "\"reauth\":\"forever\"",
		"\"window\":\"4s\"", "\"window\":\"11m\"", "\"present\":3",
		"\"enrolled\":1", "\"enrolled\":9", "\"present\":-1",
		"\"lease\":{\"grantors\":[\"root\"],\"accounts\":"
		"[\"ci\"],\"max\":\"0s\"}" };
	char json[512];
	struct gathering w;

	begin(state, &w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(json, sizeof(json),
		    OK_HEAD "{\"name\":\"a\",%s}]}", bad[i]);
		answers(&w, json, AAS_PLUGIN_UNAVAIL, "policy.exec:1: ");
		assert_int_equal(w.got.rules_n, 0);
	}
	aas_gathered_free(&w.got);
}

/* --- what it is, and how long it takes -------------------------------------
 */

static void
exec_program_that_others_may_write_is_not_run(void **state)
{
	struct gathering w;

	begin(state, &w);
	expect(&w, AAS_PLUGIN_UNAVAIL, "policy.exec: is not there");
	answers(&w, "{\"version\":1,\"status\":\"success\"}",
	    AAS_PLUGIN_SUCCESS, NULL);
	assert_int_equal(fchmodat(w.f->dirfd, "policy.exec", 0775, 0), 0);
	expect(&w, AAS_PLUGIN_UNAVAIL, "nobody else may write");
	assert_int_equal(fchmodat(w.f->dirfd, "policy.exec", 0644, 0), 0);
	expect(&w, AAS_PLUGIN_UNAVAIL, "Permission denied");
	if (geteuid() == 0) {
		assert_int_equal(
		    fchmodat(w.f->dirfd, "policy.exec", 0755, 0), 0);
		assert_int_equal(
		    fchownat(w.f->dirfd, "policy.exec", 12345, 0, 0), 0);
		expect(&w, AAS_PLUGIN_UNAVAIL, "must be a plain file");
	}
	assert_int_equal(unlinkat(w.f->dirfd, "policy.exec", 0), 0);
	assert_int_equal(symlinkat("/bin/true", w.f->dirfd, "policy.exec"), 0);
	expect(&w, AAS_PLUGIN_UNAVAIL, "must be a plain file");
	aas_gathered_free(&w.got);
}

static void
exec_program_that_does_not_end_is_killed(void **state)
{
	int64_t began_ms = 0;
	struct gathering w;

	begin(state, &w);
	w.g.timeout_ms = 2000;
	program(&w, "trap '' TERM\nwhile :; do sleep 60; done");
	began_ms = aas_clock_ms();
	expect(&w, AAS_PLUGIN_UNAVAIL, "policy.exec: did not end in time");
	assert_true(aas_clock_ms() - began_ms < 10000);
	/* Closing its output is not an end. */
	program(&w, "exec >&-\nsleep 60");
	expect(&w, AAS_PLUGIN_UNAVAIL, "policy.exec: did not end in time");
	aas_gathered_free(&w.got);
}

static void
exec_program_that_says_too_much_is_unavail(void **state)
{
	struct gathering w;

	begin(state, &w);
	program(&w, "exec cat /dev/zero");
	expect(&w, AAS_PLUGIN_UNAVAIL, "policy.exec: said too much");
	aas_gathered_free(&w.got);
}

static void
exec_asker_killed_kills_the_program(void **state)
{
	struct gathering w;
	char script[512];
	char buf[32] = "";
	int fd = -1, pidfd = -1;
	pid_t asker = -1;
	pid_t pid = -1;
	struct pollfd pfd = { -1, POLLIN, 0 };

	begin(state, &w);
	(void)snprintf(script, sizeof(script),
	    "echo $$ >%s/pipe; exec sleep 60", w.f->dir);
	program(&w, script);
	assert_int_equal(mkfifoat(w.f->dirfd, "pipe", 0600), 0);
	assert_int_not_equal(asker = fork(), -1);
	if (asker == 0) {
		struct aas_switch sw;
		char err[256];

		if (aas_switch_parse("exec", &sw, err) == AAS_OK)
			(void)aas_gather_run(&sw, &w.g, &w.got);
		_exit(0);
	}
	fd = openat(w.f->dirfd, "pipe", O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_true(read(fd, buf, sizeof(buf) - 1) > 0);
	assert_int_equal(close(fd), 0);
	pid = (pid_t)strtol(buf, NULL, 10);
	assert_true(pid > 1);
	pidfd = pidfd_open(pid, 0);
	assert_int_not_equal(pidfd, -1);
	assert_int_equal(kill(asker, SIGKILL), 0);
	assert_int_equal(waitpid(asker, NULL, 0), asker);
	pfd.fd = pidfd;
	assert_int_equal(poll(&pfd, 1, 10000), 1);
	assert_int_equal(close(pidfd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(exec_rules_of_a_program_count),
		FIXTURE_TEST(exec_question_arrives_on_its_standard_input),
		FIXTURE_TEST(exec_statuses_and_exit_codes),
		FIXTURE_TEST(exec_wrong_answers_are_unavail),
		FIXTURE_TEST(exec_f64_limits_out_of_range_are_refused),
		FIXTURE_TEST(exec_program_that_others_may_write_is_not_run),
		FIXTURE_TEST(exec_program_that_does_not_end_is_killed),
		FIXTURE_TEST(exec_program_that_says_too_much_is_unavail),
		FIXTURE_TEST(exec_asker_killed_kills_the_program),
	};

	if (fixture_valgrind()) {
		(void)fprintf(stderr, "valgrind cannot run posix_spawn(3)\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
