/*
 * How sessions are shown: ids, spans of time, columns, trees, pages.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/fixture.h"
#include "tools/sessions.h"

static json_t *
session(const char *id, int64_t boottime_ms)
{
	json_t *s = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, "
			      "s:I, s:I, s:b, s:n}",
	    "id", id, "user", "demo", "app", "ssh", "tty", "pts/3", "rhost",
	    "2001:db8::1", "key", "blue", "boottime_ms", boottime_ms, "age_s",
	    (json_int_t)11100, "expires_s", (json_int_t)42, "quiet_s",
	    (json_int_t)0, "processes", (json_int_t)7, "partial", 0, "ending");

	assert_non_null(s);
	return s;
}

static void
add(json_t *set, const char *id, int64_t boottime_ms)
{
	assert_int_equal(
	    json_object_set_new(set, id, session(id, boottime_ms)), 0);
}

/* --- spans of time -------------------------------------------------------- */

static void
sessions_span_is_its_two_largest_units(void **state)
{
	static const struct {
		int64_t s;
		const char *brief, *words;
	} t[] = {
		{ -5, "0s", "0 seconds" },
		{ 0, "0s", "0 seconds" },
		{ 1, "1s", "1 second" },
		{ 59, "59s", "59 seconds" },
		{ 60, "1m", "1 minute" },
		{ 3599, "59m", "59 minutes" },
		{ 3600, "1h", "1 hour" },
		{ 3659, "1h", "1 hour" },
		{ 11100, "3h 5m", "3 hours 5 minutes" },
		{ 86400, "1d", "1 day" },
		{ 90000, "1d 1h", "1 day 1 hour" },
		{ INT64_MAX, "106751991167300d 15h",
		    "106751991167300 days 15 hours" },
	};
	char text[AAS_SESSION_SPAN];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_string_equal(aas_session_span(t[i].s, text), t[i].brief);
		assert_string_equal(
		    aas_session_span_words(t[i].s, text), t[i].words);
	}
}

/* --- ids ------------------------------------------------------------------ */

static void
sessions_prefix_stands_for_one_or_for_none(void **state)
{
	static const struct {
		const char *text;
		int r;
	} t[] = {
		{ "0123", AAS_ERR_EXISTS },
		{ "01234567", AAS_ERR_EXISTS },
		{ "012345670", AAS_OK },
		{ "0123456700000000", AAS_OK },
		{ "FEDC", AAS_OK },
		{ "aaaa", AAS_ERR_NOTFOUND },
		{ "fed", AAS_ERR_INVAL },
		{ "", AAS_ERR_INVAL },
		{ "fedg", AAS_ERR_INVAL },
		{ "../..", AAS_ERR_INVAL },
		{ "fedcba98765432100", AAS_ERR_INVAL },
		{ NULL, AAS_ERR_INVAL },
	};
	json_t *set = json_object();
	char id[AAS_SESSION_ID];

	(void)state;
	add(set, "0123456700000000", 1);
	add(set, "0123456711111111", 2);
	add(set, "fedcba9876543210", 3);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(aas_sessions_find(set, t[i].text, id), t[i].r);
	assert_int_equal(aas_sessions_find(set, "FeDc", id), AAS_OK);
	assert_string_equal(id, "fedcba9876543210");
	assert_true(aas_session_id("FEDCBA9876543210", id));
	assert_string_equal(id, "fedcba9876543210");
	assert_false(aas_session_id("fedcba987654321", id));
	json_decref(set);
}

/* --- pages ---------------------------------------------------------------- */

struct book {
	const char *const *pages; /* answers, in order */
	size_t n, at;
	json_int_t from[8];
};

static int
turn(void *arg, json_t *rq, json_t **rep)
{
	struct book *b = arg;

	b->from[b->at % 8] = json_integer_value(json_object_get(rq, "from"));
	json_decref(rq);
	if (b->at >= b->n)
		return 75;
	*rep = json_loads(b->pages[b->at++], 0, NULL);
	assert_non_null(*rep);
	return 0;
}

#define ONE "{\"id\":\"0000000000000001\",\"boottime_ms\":5}"
#define TWO "{\"id\":\"0000000000000002\",\"boottime_ms\":3}"
#define MAN "{\"id\":\"0000000000000003\",\"app\":\"manager\"}"

static void
sessions_pages_are_read_to_the_last_without_doubles(void **state)
{
	static const char *const pages[] = {
		"{\"ok\":true,\"sessions\":[" MAN "," ONE "],\"next\":2}",
		"{\"ok\":true,\"sessions\":[" ONE "," TWO "],\"next\":9}",
		"{\"ok\":true,\"sessions\":[],\"next\":null}",
	};
	struct book b = { pages, 3, 0, { 0 } };
	json_t *set = NULL;
	const json_t **v = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(aas_sessions_read(turn, &b, 0, &set), AAS_OK);
	assert_int_equal(b.at, 3);
	assert_int_equal(b.from[1], 2);
	assert_int_equal(b.from[2], 9);
	assert_int_equal(json_object_size(set), 3);
	assert_int_equal(aas_sessions_sort(set, &v, &n), AAS_OK);
	assert_int_equal(n, 3);
	assert_string_equal(aas_session_text(v[0], "id"), "0000000000000002");
	assert_string_equal(aas_session_text(v[1], "id"), "0000000000000001");
	assert_string_equal(aas_session_text(v[2], "id"), "0000000000000003");
	free(v);
	json_decref(set);
}

static void
sessions_pages_that_make_no_sense_are_refused(void **state)
{
	static const char *const bad[] = {
		"{\"ok\":true}",
		"{\"ok\":true,\"sessions\":{},\"next\":null}",
		"{\"ok\":true,\"sessions\":[{}],\"next\":null}",
		"{\"ok\":true,\"sessions\":[3],\"next\":null}",
		"{\"ok\":true,\"sessions\":[{\"id\":\"x\"}],\"next\":null}",
		"{\"ok\":true,\"sessions\":[" ONE "],\"next\":0}",
		"{\"ok\":true,\"sessions\":[" ONE "],\"next\":\"2\"}",
		"{\"ok\":true,\"sessions\":[" ONE "]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct book b = { &bad[i], 1, 0, { 0 } };
		json_t *set = NULL;

		assert_int_equal(
		    aas_sessions_read(turn, &b, 0, &set), AAS_ERR_FORMAT);
		assert_null(set);
	}
}

static void
sessions_refusal_in_the_middle_is_given_on(void **state)
{
	static const char *const pages[] = {
		"{\"ok\":true,\"sessions\":[" ONE "],\"next\":2}",
	};
	struct book b = { pages, 1, 0, { 0 } };
	json_t *set = NULL;

	(void)state;
	assert_int_equal(aas_sessions_read(turn, &b, 0, &set), 75);
	assert_null(set);
}

/* --- text ----------------------------------------------------------------- */

static void
sessions_f68_hostile_text_is_made_visible(void **state)
{
	static const char *const keys[] = { "user", "tty", "rhost", "key",
		"app", "ending", "via", "time", "id" };
	char cell[AAS_SESSION_CELL], *text = NULL;
	size_t len = 0;
	json_t *s = session("0000000000000001", 1);
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(json_object_set_new(s, keys[i],
				     json_string("\x1b]0;x\a\nsession: 1"
						 "\u202e\u200b\xc2\x9b")),
		    0);
	for (int c = 0; c < AAS_SC_COLS; c++) {
		(void)aas_session_cell(s, (enum aas_session_col)c, cell);
		for (const char *p = cell; *p != '\0'; p++)
			assert_in_range(*p, 0x20, 0x7e);
	}
	aas_session_facts(out, s);
	assert_int_equal(fclose(out), 0);
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(text, '\a'));
	assert_null(strstr(text, "\nsession: 1"));
	free(text);
	json_decref(s);
}

static void
sessions_long_text_ends_within_its_cell(void **state)
{
	char cell[AAS_SESSION_CELL], *long_text = calloc(1, 5001);
	json_t *s = session("0000000000000001", 1);

	(void)state;
	assert_non_null(long_text);
	memset(long_text, '\\', 5000);
	assert_int_equal(
	    json_object_set_new(s, "user", json_string(long_text)), 0);
	assert_int_equal(
	    json_object_set_new(s, "ending", json_string(long_text)), 0);
	for (int c = 0; c < AAS_SC_COLS; c++)
		assert_true(strlen(aas_session_cell(s, (enum aas_session_col)c,
				cell)) < AAS_SESSION_CELL);
	free(long_text);
	json_decref(s);
}

static void
sessions_cells_say_what_is_known(void **state)
{
	char cell[AAS_SESSION_CELL];
	json_t *s = session("0000000000000001", 1), *none = json_object();

	(void)state;
	assert_string_equal(
	    aas_session_cell(s, AAS_SC_SIGNED_IN, cell), "3h 5m ago");
	assert_string_equal(aas_session_cell(s, AAS_SC_EXPIRES, cell), "42s");
	assert_string_equal(
	    aas_session_cell(s, AAS_SC_FROM, cell), "2001:db8::1");
	assert_string_equal(aas_session_cell(s, AAS_SC_NOTE, cell), "");
	assert_string_equal(aas_session_cell(s, AAS_SC_CURRENT, cell), "");
	(void)json_object_set_new(s, "current", json_true());
	(void)json_object_set_new(s, "partial", json_true());
	(void)json_object_set_new(s, "ending", json_string("limit"));
	assert_string_equal(aas_session_cell(s, AAS_SC_CURRENT, cell), "*");
	assert_string_equal(
	    aas_session_cell(s, AAS_SC_NOTE, cell), "ending: limit, partial");
	/* A user manager that was found without a line. */
	assert_string_equal(aas_session_cell(none, AAS_SC_USER, cell), "-");
	assert_string_equal(aas_session_cell(none, AAS_SC_EXPIRES, cell), "-");
	assert_string_equal(aas_session_cell(none, AAS_SC_PROCS, cell), "0");
	json_decref(s);
	json_decref(none);
}

/* --- columns -------------------------------------------------------------- */

static int
taken(const int give[AAS_SC_COLS])
{
	int all = -1;

	for (int c = 0; c < AAS_SC_COLS; c++)
		all += give[c] > 0 ? give[c] + 1 : 0;
	return all;
}

static void
sessions_columns_fit_any_terminal(void **state)
{
	json_t *s = session("0123456789abcdef", 1);
	const json_t *v[1] = { s };
	int give[AAS_SC_COLS];

	(void)state;
	(void)json_object_set_new(
	    s, "rhost", json_string("host.with.a.long.name.example.com"));
	for (int width = 8; width < 200; width++) {
		aas_sessions_fit(v, 1, 1, width, give);
		assert_true(taken(give) <= width);
		assert_true(give[AAS_SC_ID] >= 8);
	}
	aas_sessions_fit(v, 1, 0, 40, give);
	assert_int_equal(give[AAS_SC_USER], 0);
	assert_true(give[AAS_SC_APP] > 0 && give[AAS_SC_EXPIRES] > 0 &&
	    give[AAS_SC_FROM] > 0 && give[AAS_SC_CURRENT] > 0);
	aas_sessions_fit(v, 1, 0, 80, give);
	assert_true(give[AAS_SC_IDLE] > 0 && give[AAS_SC_TTY] > 0 &&
	    give[AAS_SC_PROCS] > 0);
	aas_sessions_fit(v, 1, 1, 0, give);
	assert_int_equal(give[AAS_SC_ID], 16);
	assert_int_equal(give[AAS_SC_FROM], 33);
	assert_int_equal(give[AAS_SC_NOTE], 0);
	assert_int_equal(give[AAS_SC_FIRST], 0);
	(void)json_object_set_new(s, "first", json_true());
	aas_sessions_fit(v, 1, 1, 0, give);
	assert_int_equal(give[AAS_SC_FIRST], 5);
	json_decref(s);
}

/* Cut, it would be the id of another one. */
static void
sessions_id_of_a_codex_is_whole_or_left_out(void **state)
{
	json_t *s = session("0123456789abcdef", 1);
	json_t *a = session("codex-18", 2), *b = session("codex-1846701", 3);
	const json_t *v[3] = { s, a, b };
	int give[AAS_SC_COLS];

	(void)state;
	for (int width = 8; width < 200; width++) {
		aas_sessions_fit(v, 3, 1, width, give);
		assert_true(taken(give) <= width + 1);
		if (width < 13)
			assert_int_equal(give[AAS_SC_ID], 0);
		else
			assert_true(give[AAS_SC_ID] >= 13);
	}
	aas_sessions_fit(v, 2, 1, 8, give);
	assert_int_equal(give[AAS_SC_ID], 8);
	json_decref(s);
	json_decref(a);
	json_decref(b);
}

static void
sessions_text_is_cut_between_characters(void **state)
{
	char cut[AAS_SESSION_CELL];

	(void)state;
	assert_string_equal(
	    aas_session_cut(AAS_SC_USER, "abcdef", 6, cut), "abcdef");
	assert_string_equal(
	    aas_session_cut(AAS_SC_USER, "abcdef", 5, cut), "abcd~");
	assert_string_equal(
	    aas_session_cut(AAS_SC_ID, "0123456789abcdef", 8, cut), "01234567");
	assert_string_equal(
	    aas_session_cut(AAS_SC_CURRENT, "CURRENT", 2, cut), "CU");
	assert_string_equal(aas_session_cut(AAS_SC_USER, "abc", 0, cut), "");
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return;
	assert_int_equal(aas_session_width("\xc3\xa4\xe6\xbc\xa2"), 3);
	assert_string_equal(aas_session_cut(AAS_SC_USER,
				"\xc3\xa4\xe6\xbc\xa2\xe6\xbc\xa2", 4, cut),
	    "\xc3\xa4\xe6\xbc\xa2~");
	(void)setlocale(LC_CTYPE, "C");
}

/* --- trees ---------------------------------------------------------------- */

static const json_t *
process(const json_t *s, size_t i, json_int_t *pid)
{
	const json_t *p = json_array_get(json_object_get(s, "tree"), i);

	*pid = json_integer_value(json_object_get(p, "pid"));
	return p;
}

static void
sessions_tree_says_what_does_not_stem_from_the_leader(void **state)
{
	static const struct {
		json_int_t pid, depth;
		int outlives;
	} want[] = {
		{ 10, 0, 0 },
		{ 30, 1, 0 },
		{ 20, 2, 0 },
		{ 31, 1, 0 },
		{ 15, 0, 1 },
		{ 40, 1, 1 },
	};
	json_t *s = json_pack("{s:i, s:[{s:i, s:i}, {s:i, s:i}, {s:i, s:i}, "
			      "{s:i, s:i}, {s:i, s:i}, {s:i, s:i}]}",
	    "leader", 10, "tree", "pid", 40, "ppid", 15, "pid", 31, "ppid", 10,
	    "pid", 30, "ppid", 10, "pid", 20, "ppid", 30, "pid", 15, "ppid", 1,
	    "pid", 10, "ppid", 2);
	json_int_t pid = 0;

	(void)state;
	assert_non_null(s);
	assert_int_equal(aas_session_tree_mark(s), AAS_OK);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const json_t *p = process(s, i, &pid);

		assert_int_equal(pid, want[i].pid);
		assert_int_equal(
		    json_integer_value(json_object_get(p, "depth")),
		    want[i].depth);
		assert_int_equal(json_is_true(json_object_get(p, "outlives")),
		    want[i].outlives);
	}
	json_decref(s);
}

static void
sessions_tree_that_is_a_circle_ends(void **state)
{
	json_t *s = json_pack("{s:i, s:[{s:i, s:i}, {s:i, s:i}, {s:i, s:i}]}",
	    "leader", 10, "tree", "pid", 5, "ppid", 6, "pid", 6, "ppid", 5,
	    "pid", 7, "ppid", 7);

	(void)state;
	assert_non_null(s);
	assert_int_equal(aas_session_tree_mark(s), AAS_OK);
	assert_int_equal(json_array_size(json_object_get(s, "tree")), 3);
	json_decref(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(sessions_span_is_its_two_largest_units),
		FIXTURE_TEST(sessions_prefix_stands_for_one_or_for_none),
		FIXTURE_TEST(
		    sessions_pages_are_read_to_the_last_without_doubles),
		FIXTURE_TEST(sessions_pages_that_make_no_sense_are_refused),
		FIXTURE_TEST(sessions_refusal_in_the_middle_is_given_on),
		FIXTURE_TEST(sessions_f68_hostile_text_is_made_visible),
		FIXTURE_TEST(sessions_long_text_ends_within_its_cell),
		FIXTURE_TEST(sessions_cells_say_what_is_known),
		FIXTURE_TEST(sessions_columns_fit_any_terminal),
		FIXTURE_TEST(sessions_id_of_a_codex_is_whole_or_left_out),
		FIXTURE_TEST(sessions_text_is_cut_between_characters),
		FIXTURE_TEST(
		    sessions_tree_says_what_does_not_stem_from_the_leader),
		FIXTURE_TEST(sessions_tree_that_is_a_circle_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
