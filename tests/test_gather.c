/*
 * The sources are tests/plugin.c under many names, run by the real worker.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/gathering.h"

#define SHORT_MS 300

/* The plugin of this name. */
static void
add(struct gathering *w, const char *name)
{
	char so[128];

	(void)snprintf(so, sizeof(so), "libaas_policy_%s.so", name);
	fixture_copy(w->f, PLUGIN, so);
}

static void
begin(void **state, struct gathering *w)
{
	gathering_begin(state, w, WORKER);
}

static void
end(struct gathering *w)
{
	aas_gathered_free(&w->got);
	assert_null(w->got.rules);
}

/* One source by itself: its status, and what its reports must hold. */
static void
expect(struct gathering *w, const char *name, int status, const char *text)
{
	const struct aas_source_answer *a = &w->got.answers[0];

	gathering_run(w, name);
	if (a->status != status)
		fail_msg("%s: %s: %s", name, aas_source_status(a->status),
		    a->text != NULL ? a->text : "-");
	if (text != NULL && (a->text == NULL || strstr(a->text, text) == NULL))
		fail_msg("%s: not in: %s", text, a->text ? a->text : "-");
	assert_int_equal(a->asked, 1);
	assert_int_equal(w->got.denied, status >= AAS_PLUGIN_UNAVAIL);
	if (status != AAS_PLUGIN_SUCCESS) {
		assert_int_equal(w->got.rules_n, 0);
		assert_int_equal(a->rules_n, 0);
	}
}

/* --- what it should do -----------------------------------------------------
 */

static void
gather_rules_come_with_their_source(void **state)
{
	struct gathering w;

	begin(state, &w);
	add(&w, "good");
	expect(
	    &w, "good", AAS_PLUGIN_SUCCESS, "a\\x0afile:3: hello \\x1b[31m\n");
	assert_int_equal(w.got.rules_n, 2);
	assert_int_equal(w.got.answers[0].rules_n, 2);
	assert_string_equal(w.got.rules[0].name, "one");
	assert_string_equal(w.got.rules[1].name, "two");
	assert_string_equal(w.got.rules[1].source, "good");
	assert_int_equal(w.got.rules[1].users.n, 2);
	assert_string_equal(w.got.rules[1].users.v[1], "alice");
	end(&w);
}

static void
gather_lookup_hands_over_the_user(void **state)
{
	static const char *const groups[] = { "staff", "wheel", NULL };
	struct gathering w;

	begin(state, &w);
	add(&w, "good");
	w.g.user = "alice";
	w.g.uid = 4242;
	expect(&w, "good", AAS_PLUGIN_SUCCESS, "alice 4242 - - -\n");
	w.g.groups = groups;
	w.g.service = "sshd";
	expect(&w, "good", AAS_PLUGIN_SUCCESS, "alice 4242 staff wheel sshd\n");
	assert_int_equal(w.got.rules_n, 1);
	assert_string_equal(w.got.rules[0].name, "looked-up");
	end(&w);
}

static void
gather_cve_2024_48990_plugin_gets_nothing_of_the_host(void **state)
{
	struct gathering w;

	begin(state, &w);
	add(&w, "see");
	assert_int_equal(setenv("LD_DEBUG_OUTPUT", "x", 1), 0);
	expect(&w, "see", AAS_PLUGIN_SUCCESS, NULL);
	if (w.got.answers[0].text != NULL)
		fail_msg("%s", w.got.answers[0].text);
	assert_int_equal(unsetenv("LD_DEBUG_OUTPUT"), 0);
	end(&w);
}

static const struct aas_origin_file *
file_of(const struct gathering *w, const char *name)
{
	for (size_t i = 0; i < w->got.files_n; i++) {
		const char *p = w->got.files[i].path + strlen(w->f->dir);

		if (strcmp(p + 1, name) == 0)
			return &w->got.files[i];
	}
	fail_msg("%s: no such origin", name);
	return NULL;
}

static void
gather_files_are_checked_and_remembered(void **state)
{
	static const char *const said[] = { "good.conf=0,abc\n",
		"include.conf=0,@include", "@include is not allowed here",
		"include.conf=-2", "none.conf=-1", "none/none.conf=-1",
		"writable.conf=-2", "link.conf=-2", "fifo.conf=-2",
		"big.conf=-2", "x=-2", "d/a.conf: listed", "d/b.conf: listed",
		"d/c.stop.conf: listed", "list=5\n", "list=-1\n", "list=-2\n" };
	char big[201];
	struct gathering w;

	begin(state, &w);
	add(&w, "files");
	memset(big, 'x', sizeof(big));
	big[200] = '\0';
	fixture_write(w.f, "good.conf", "abc", 0644);
	fixture_write(w.f, "include.conf", "@include \"x\"", 0644);
	fixture_write(w.f, "writable.conf", "abc", 0666);
	fixture_write(w.f, "big.conf", big, 0644);
	assert_int_equal(symlinkat("good.conf", w.f->dirfd, "link.conf"), 0);
	assert_int_equal(mkfifoat(w.f->dirfd, "fifo.conf", 0644), 0);
	assert_int_equal(mkdirat(w.f->dirfd, "d", 0755), 0);
	assert_int_equal(mkdirat(w.f->dirfd, "open", 0755), 0);
	assert_int_equal(fchmodat(w.f->dirfd, "open", 0777, 0), 0);
	fixture_write(w.f, "d/b.conf", "", 0644);
	fixture_write(w.f, "d/a.conf", "", 0644);
	fixture_write(w.f, "d/.x.conf", "", 0644);
	fixture_write(w.f, "d/x.con", "", 0644);
	fixture_write(w.f, "d/c.stop.conf", "", 0644);
	fixture_write(w.f, "d/d.conf", "", 0644);
	expect(&w, "files", AAS_PLUGIN_SUCCESS, NULL);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		if (strstr(w.got.answers[0].text, said[i]) == NULL)
			fail_msg(
			    "%s: not in: %s", said[i], w.got.answers[0].text);
	}
	assert_null(strstr(w.got.answers[0].text, "d.conf: listed"));
	assert_null(strstr(w.got.answers[0].text, ".x.conf"));
	/* Each once, whether it was there, was read, or not. */
	assert_int_equal(w.got.files_n, 11);
	assert_int_equal(file_of(&w, "good.conf")->size, 3);
	assert_memory_equal(file_of(&w, "good.conf")->sha256,
	    "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
	    "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
	    32);
	assert_int_not_equal(file_of(&w, "good.conf")->ctime_ns, 0);
	assert_int_not_equal(file_of(&w, "good.conf")->ino, 0);
	assert_int_equal(file_of(&w, "none.conf")->size, -1);
	assert_int_equal(file_of(&w, "none.conf")->mtime_ns, 0);
	assert_int_equal(file_of(&w, "none")->size, -1);
	assert_int_not_equal(file_of(&w, "writable.conf")->ino, 0);
	assert_int_equal(file_of(&w, "writable.conf")->sha256[0], 0);
	assert_int_not_equal(file_of(&w, "d")->mtime_ns, 0);
	assert_int_not_equal(file_of(&w, "open")->mtime_ns, 0);
	end(&w);
}

/* --- the line --------------------------------------------------------------
 */

static void
gather_actions_decide_what_a_failure_costs(void **state)
{
	struct gathering w;

	begin(state, &w);
	add(&w, "good");
	add(&w, "good2");
	add(&w, "unavail");
	add(&w, "tryagain");
	add(&w, "notfound");
	gathering_run(&w, "good unavail good2");
	assert_int_equal(w.got.denied, 1);
	assert_int_equal(w.got.rules_n, 0);
	assert_int_equal(w.got.answers_n, 3);
	assert_int_equal(w.got.answers[0].status, AAS_PLUGIN_SUCCESS);
	assert_int_equal(w.got.answers[2].asked, 0);
	gathering_run(&w, "good unavail [UNAVAIL=continue] good2");
	assert_int_equal(w.got.denied, 0);
	assert_int_equal(w.got.rules_n, 4);
	assert_int_equal(w.got.answers[1].rules_n, 0);
	gathering_run(&w, "good tryagain [UNAVAIL=continue] good2");
	assert_int_equal(w.got.denied, 1);
	gathering_run(&w, "good tryagain [!SUCCESS=return] good2");
	assert_int_equal(w.got.denied, 0);
	assert_int_equal(w.got.rules_n, 2);
	assert_int_equal(w.got.answers[2].asked, 0);
	gathering_run(&w, "notfound good [SUCCESS=return] good2");
	assert_int_equal(w.got.rules_n, 2);
	assert_int_equal(w.got.answers[0].status, AAS_PLUGIN_NOTFOUND);
	assert_int_equal(w.got.answers[0].rules_n, 0);
	gathering_run(&w, "notfound [NOTFOUND=deny] good");
	assert_int_equal(w.got.denied, 1);
	end(&w);
}

/* --- F63 -------------------------------------------------------------------
 */

static void
gather_f63_statuses_outside_the_four_are_unavail(void **state)
{
	struct gathering w;

	begin(state, &w);
	add(&w, "outside");
	add(&w, "zero");
	add(&w, "tryagain");
	add(&w, "notfound");
	expect(&w, "outside", AAS_PLUGIN_UNAVAIL, "returned 17");
	expect(&w, "zero", AAS_PLUGIN_UNAVAIL, "returned 0");
	expect(&w, "tryagain", AAS_PLUGIN_TRYAGAIN, NULL);
	expect(&w, "notfound", AAS_PLUGIN_NOTFOUND, NULL);
	end(&w);
}

static void
gather_f63_missing_plugin_is_unavail(void **state)
{
	struct gathering w;
	char path[FIXTURE_PATH];

	begin(state, &w);
	expect(&w, "none", AAS_PLUGIN_UNAVAIL,
	    "libaas_policy_none.so: there is no such plugin");
	w.g.plugindir = "/nonexistent/aas";
	expect(&w, "none", AAS_PLUGIN_UNAVAIL, "there is no such plugin");
	w.g.plugindir = w.f->dir;
	w.g.worker = fixture_path(w.f, "no-worker", path);
	expect(&w, "none", AAS_PLUGIN_UNAVAIL, "could not be asked by ");
	expect(&w, "none", AAS_PLUGIN_UNAVAIL, "no-worker: not found");
	end(&w);
}

static void
gather_f63_symbol_missing_or_no_library_is_unavail(void **state)
{
	struct gathering w;

	begin(state, &w);
	fixture_copy(w.f, PLAIN, "libaas_policy_plain.so");
	fixture_write(w.f, "libaas_policy_text.so", "not ELF\n", 0755);
	fixture_write(w.f, "libaas_policy_empty.so", "", 0755);
	expect(&w, "plain", AAS_PLUGIN_UNAVAIL,
	    "does not export aas_policy_plugin");
	expect(&w, "text", AAS_PLUGIN_UNAVAIL, "libaas_policy_text.so");
	expect(&w, "empty", AAS_PLUGIN_UNAVAIL, "libaas_policy_empty.so");
	end(&w);
}

static void
gather_f63_wrong_abi_is_unavail_and_says_so(void **state)
{
	static const struct {
		const char *name, *says;
	} bad[] = {
		{ "magic", "is not a struct aas_plugin" },
		{ "major",
		    "libaas_policy_major.so: made for major version 2, "
		    "this host speaks 1" },
		{ "short", "at least" },
		{ "alias", "calls itself \"other\"" },
		{ "noname", "calls itself" },
	};
	struct gathering w;

	begin(state, &w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add(&w, bad[i].name);
		expect(&w, bad[i].name, AAS_PLUGIN_UNAVAIL, bad[i].says);
	}
	/* A later minor version is fine, unless it says what we cannot. */
	add(&w, "minor");
	expect(&w, "minor", AAS_PLUGIN_SUCCESS, NULL);
	add(&w, "longer");
	expect(&w, "longer", AAS_PLUGIN_SUCCESS, NULL);
	assert_int_equal(w.got.rules_n, 1);
	add(&w, "more");
	expect(&w, "more", AAS_PLUGIN_UNAVAIL, "does not know");
	/* Each function may be missing. */
	add(&w, "nothing");
	expect(&w, "nothing", AAS_PLUGIN_NOTFOUND, NULL);
	end(&w);
}

static void
gather_f63_others_may_write_it_is_unavail(void **state)
{
	struct gathering w;
	char so[] = "libaas_policy_good.so";

	begin(state, &w);
	add(&w, "good");
	expect(&w, "good", AAS_PLUGIN_SUCCESS, NULL);
	assert_int_equal(fchmodat(w.f->dirfd, so, 0775, 0), 0);
	expect(&w, "good", AAS_PLUGIN_UNAVAIL, "nobody else may write");
	assert_int_equal(fchmodat(w.f->dirfd, so, 0757, 0), 0);
	expect(&w, "good", AAS_PLUGIN_UNAVAIL, "nobody else may write");
	assert_int_equal(fchmodat(w.f->dirfd, so, 0755, 0), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(w.f->dirfd, so, 12345, 0, 0), 0);
		expect(&w, "good", AAS_PLUGIN_UNAVAIL, "must be a plain file");
		assert_int_equal(fchownat(w.f->dirfd, so, 0, 0, 0), 0);
	}
	assert_int_equal(symlinkat(so, w.f->dirfd, "libaas_policy_link.so"), 0);
	expect(&w, "link", AAS_PLUGIN_UNAVAIL, "must be a plain file");
	assert_int_equal(fchmod(w.f->dirfd, 0777), 0);
	expect(&w, "good", AAS_PLUGIN_UNAVAIL, NULL);
	assert_int_equal(fchmod(w.f->dirfd, 0700), 0);
	expect(&w, "good", AAS_PLUGIN_SUCCESS, NULL);
	end(&w);
}

static void
gather_f63_crash_costs_its_own_answer(void **state)
{
	static const char *const bad[] = { "crash", "aborts", "exits", "closes",
		"constructor" };
	char line[128];
	struct gathering w;

	begin(state, &w);
	add(&w, "good");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add(&w, bad[i]);
		expect(&w, bad[i], AAS_PLUGIN_UNAVAIL, "ended without answer");
		(void)snprintf(
		    line, sizeof(line), "%s [UNAVAIL=continue] good", bad[i]);
		gathering_run(&w, line);
		assert_int_equal(w.got.denied, 0);
		assert_int_equal(w.got.rules_n, 2);
	}
	end(&w);
}

static void
gather_f63_never_returns_ends_at_the_deadline(void **state)
{
	static const char *const bad[] = { "hang", "spin" };
	int64_t began_ms = 0;
	struct gathering w;

	begin(state, &w);
	w.g.timeout_ms = SHORT_MS;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add(&w, bad[i]);
		began_ms = aas_clock_ms();
		expect(
		    &w, bad[i], AAS_PLUGIN_UNAVAIL, "no answer within 0.3 s");
		assert_true(aas_clock_ms() - began_ms >= SHORT_MS);
		assert_true(aas_clock_ms() - began_ms < SHORT_MS + 5000);
		assert_true(w.got.answers[0].took_ms >= SHORT_MS);
	}
	end(&w);
}

static void
gather_f63_garbage_on_the_wire_is_unavail(void **state)
{
	static const char *const bad[] = { "w_huge", "w_zero", "w_half",
		"w_type", "w_query", "w_rule", "w_report", "w_file", "w_end",
		"w_more", "w_none", "gigabyte" };
	struct gathering w;

	begin(state, &w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add(&w, bad[i]);
		expect(&w, bad[i], AAS_PLUGIN_UNAVAIL, "answered nonsense");
	}
	/* Well formed, but not a rule. */
	add(&w, "w_wrong");
	expect(&w, "w_wrong", AAS_PLUGIN_UNAVAIL, "answered nonsense");
	add(&w, "w_flood");
	expect(&w, "w_flood", AAS_PLUGIN_UNAVAIL, "said too much");
	end(&w);
}

static void
gather_f63_grandchild_does_not_hold_us_up(void **state)
{
	int64_t began_ms = aas_clock_ms();
	char path[64];
	char stat[512] = "";
	const char *p = NULL;
	struct gathering w;
	int fd = -1;

	begin(state, &w);
	add(&w, "child");
	expect(&w, "child", AAS_PLUGIN_SUCCESS, "pid ");
	assert_true(aas_clock_ms() - began_ms < GATHERING_MS / 2);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat",
	    atoi(strstr(w.got.answers[0].text, "pid ") + 4));
	/* Gone, or waiting for init to bury it, before long. */
	for (int i = 0; i < 1000; i++) {
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
			break;
		memset(stat, 0, sizeof(stat));
		(void)!read(fd, stat, sizeof(stat) - 1);
		assert_int_equal(close(fd), 0);
		p = strrchr(stat, ')');
		if (p == NULL || p[2] == 'Z' || p[2] == 'X')
			break;
		(void)usleep(10000);
	}
	assert_true(fd == -1 || p == NULL || p[2] == 'Z' || p[2] == 'X');
	end(&w);
}

static void
gather_refused_rule_tells_the_plugin_at_once(void **state)
{
	struct gathering w;

	begin(state, &w);
	add(&w, "refused");
	expect(&w, "refused", AAS_PLUGIN_UNAVAIL, "/nowhere:3: networks\n");
	end(&w);
}

static void
gather_one_rule_too_many_is_unavail(void **state)
{
	struct gathering w;

	begin(state, &w);
	w.g.timeout_ms = 120000;
	add(&w, "many");
	expect(&w, "many", AAS_PLUGIN_UNAVAIL, NULL);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(gather_rules_come_with_their_source),
		FIXTURE_TEST(gather_lookup_hands_over_the_user),
		FIXTURE_TEST(
		    gather_cve_2024_48990_plugin_gets_nothing_of_the_host),
		FIXTURE_TEST(gather_files_are_checked_and_remembered),
		FIXTURE_TEST(gather_actions_decide_what_a_failure_costs),
		FIXTURE_TEST(gather_f63_statuses_outside_the_four_are_unavail),
		FIXTURE_TEST(gather_f63_missing_plugin_is_unavail),
		FIXTURE_TEST(
		    gather_f63_symbol_missing_or_no_library_is_unavail),
		FIXTURE_TEST(gather_f63_wrong_abi_is_unavail_and_says_so),
		FIXTURE_TEST(gather_f63_others_may_write_it_is_unavail),
		FIXTURE_TEST(gather_f63_crash_costs_its_own_answer),
		FIXTURE_TEST(gather_f63_never_returns_ends_at_the_deadline),
		FIXTURE_TEST(gather_f63_garbage_on_the_wire_is_unavail),
		FIXTURE_TEST(gather_f63_grandchild_does_not_hold_us_up),
		FIXTURE_TEST(gather_refused_rule_tells_the_plugin_at_once),
		FIXTURE_TEST(gather_one_rule_too_many_is_unavail),
	};

	if (fixture_valgrind()) {
		(void)fprintf(stderr, "valgrind cannot run posix_spawn(3)\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
