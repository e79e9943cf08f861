/*
 * Whose typing a session goes on for: the terminals and the processes are made
 * up.
 */
#include <stdio.h>
#include <string.h>

#include "lib/codex/is.h"
#include "lib/err.h"
#include "lib/keep/learn.h"
#include "lib/keep/term.h"
#include "tests/fixture.h"

#define NOW_MS  1000000
#define REAL_MS 90000000
#define LEADER  100
#define AUDIT   7
#define OLD_MS  500000 /* what was known before */

/* --- terminals: each was last typed on so many milliseconds ago ----------- */

static int64_t ago_ms[16];

int __wrap_aas_term_input(uint32_t tty, uid_t uid, int64_t *real_ms);

int
__wrap_aas_term_input(uint32_t tty, uid_t uid, int64_t *real_ms)
{
	(void)uid;
	if (ago_ms[tty] == 0)
		return AAS_ERR_NOTFOUND;
	*real_ms = REAL_MS - ago_ms[tty];
	return AAS_OK;
}

/* --- programs: those below 110 run sshd, the others each its own ---------- */

int __wrap_aas_codex_link(pid_t pid, const char *name, char *dst, size_t cap);

int
__wrap_aas_codex_link(pid_t pid, const char *name, char *dst, size_t cap)
{
	assert_string_equal(name, "exe");
	(void)snprintf(dst, cap, "/bin/%d", pid < 110 ? 0 : (int)pid);
	return AAS_OK;
}

/* --- processes ------------------------------------------------------------ */

struct row {
	pid_t pid, ppid;
	uint32_t tty;
	pid_t leads; /* its POSIX session; 0: it is its own's leader */
};

/* When somebody last typed, in milliseconds before NOW_MS. */
static int64_t
quiet(const struct row *rows, size_t n, enum aas_origin origin, int display)
{
	struct aas_keep_proc v[20] = { { .audit = AUDIT } };
	struct aas_keep_procs ps = { v, n, n, 0 };
	struct aas_kept k = { .l = { .audit = AUDIT,
				  .origin = origin,
				  .display = display,
				  .leader = { LEADER, 5 } },
		.t = { .input_ms = OLD_MS } };
	struct aas_kept *one = &k;

	for (size_t i = 0; i < n; i++) {
		v[i] = (struct aas_keep_proc){ .audit = AUDIT };
		v[i].is.id.pid = rows[i].pid;
		v[i].is.id.start = 5;
		v[i].is.ppid = rows[i].ppid;
		v[i].is.tty = rows[i].tty;
		v[i].is.session =
		    rows[i].leads != 0 ? rows[i].leads : rows[i].pid;
	}
	assert_int_equal(
	    aas_learn_input(&ps, &one, 1, REAL_MS, NOW_MS), AAS_OK);
	return NOW_MS - k.t.input_ms;
}

#define QUIET(rows, origin) \
	quiet(rows, sizeof(rows) / sizeof((rows)[0]), origin, 0)

static int
reset(void **state)
{
	(void)state;
	memset(ago_ms, 0, sizeof(ago_ms));
	return 0;
}

static void
input_of_a_program_on_its_own_terminal_is_no_typing(void **state)
{
	/* sshd, its half of the user's; a shell; a program; what it made. */
	static const struct row rows[] = { { 100, 1, 0, 0 }, { 101, 100, 0, 0 },
		{ 120, 101, 1, 0 }, { 130, 120, 1, 120 }, { 131, 130, 2, 0 },
		{ 132, 131, 2, 131 } };

	(void)state;
	ago_ms[1] = 40000;
	ago_ms[2] = 100;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_REMOTE), 40000);
	ago_ms[1] = 300;
	ago_ms[2] = 50000;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_REMOTE), 300);
}

static void
input_in_what_left_its_terminal_is_no_typing(void **state)
{
	/* A server of terminals (tmux), given to process 1. */
	static const struct row rows[] = { { 1, 0, 0, 0 }, { 100, 1, 0, 0 },
		{ 101, 100, 0, 0 }, { 120, 101, 1, 0 }, { 121, 120, 1, 120 },
		{ 130, 1, 0, 0 }, { 131, 130, 2, 0 } };
	/* One that is a child of the shell still. */
	static const struct row child[] = { { 100, 1, 0, 0 },
		{ 101, 100, 0, 0 }, { 120, 101, 1, 0 }, { 130, 120, 0, 0 },
		{ 131, 130, 2, 0 } };

	(void)state;
	ago_ms[1] = 40000;
	ago_ms[2] = 100;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_REMOTE), 40000);
	assert_int_equal(QUIET(child, AAS_ORIGIN_REMOTE), 40000);
	/* A person in tmux types on the terminal of its client, 121. */
	ago_ms[1] = 200;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_REMOTE), 200);
}

static void
input_in_the_second_shell_of_a_connection_is_typing(void **state)
{
	static const struct row rows[] = { { 100, 1, 0, 0 }, { 101, 100, 0, 0 },
		{ 120, 101, 1, 0 }, { 121, 101, 2, 0 } };
	/* root's has no half of the user's. */
	static const struct row root[] = { { 100, 1, 0, 0 }, { 120, 100, 1, 0 },
		{ 121, 100, 2, 0 } };

	(void)state;
	ago_ms[1] = 40000;
	ago_ms[2] = 100;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_REMOTE), 100);
	assert_int_equal(QUIET(root, AAS_ORIGIN_REMOTE), 100);
}

static void
input_of_a_program_beside_the_shell_is_no_typing(void **state)
{
	/* Started on the same connection without a terminal: 122. */
	static const struct row rows[] = { { 100, 1, 0, 0 }, { 101, 100, 0, 0 },
		{ 120, 101, 1, 0 }, { 122, 101, 0, 0 }, { 123, 122, 2, 0 } };
	static const struct row root[] = { { 100, 1, 0, 0 }, { 120, 100, 1, 0 },
		{ 122, 100, 0, 0 }, { 123, 122, 2, 0 } };

	(void)state;
	ago_ms[1] = 40000;
	ago_ms[2] = 100;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_REMOTE), 40000);
	assert_int_equal(QUIET(root, AAS_ORIGIN_REMOTE), 40000);
}

static void
input_at_a_console_is_typing(void **state)
{
	/* login(1) leads the terminal, or its shell has taken it over. */
	static const struct row rows[] = { { 100, 1, 3, 0 },
		{ 120, 100, 3, 100 }, { 130, 120, 2, 0 } };
	static const struct row shell[] = { { 100, 1, 0, 0 },
		{ 120, 100, 3, 0 }, { 130, 120, 2, 0 } };

	(void)state;
	ago_ms[3] = 40000;
	ago_ms[2] = 100;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_LOCAL), 40000);
	assert_int_equal(QUIET(shell, AAS_ORIGIN_LOCAL), 40000);
}

static void
input_around_sudo_is_on_the_terminal_it_was_called_on(void **state)
{
	/* su; sudo, whose second half has a terminal of its own. */
	static const struct row su[] = { { 90, 1, 1, 0 }, { 100, 90, 1, 90 },
		{ 120, 100, 1, 90 } };
	static const struct row sudo[] = { { 90, 1, 1, 0 }, { 100, 90, 1, 90 },
		{ 101, 100, 2, 0 }, { 120, 101, 2, 101 } };
	/* The session around it. */
	static const struct row around[] = { { 100, 1, 0, 0 },
		{ 101, 100, 0, 0 }, { 120, 101, 1, 0 }, { 130, 120, 1, 120 },
		{ 131, 130, 2, 0 }, { 132, 131, 2, 131 } };

	(void)state;
	ago_ms[1] = 4000;
	ago_ms[2] = 90000;
	assert_int_equal(QUIET(su, AAS_ORIGIN_WITHIN), 4000);
	assert_int_equal(QUIET(sudo, AAS_ORIGIN_WITHIN), 4000);
	assert_int_equal(QUIET(around, AAS_ORIGIN_REMOTE), 4000);
}

static void
input_without_a_terminal_of_the_sign_in_is_of_whoever_has_one(void **state)
{
	/* Its connection is gone: a terminal in tmux, a program's in that. */
	static const struct row left[] = { { 1, 0, 0, 0 }, { 130, 1, 0, 0 },
		{ 131, 130, 1, 0 }, { 132, 131, 1, 131 }, { 133, 132, 2, 0 } };
	/* An editor's server, by a connection without one. */
	static const struct row editor[] = { { 100, 1, 0, 0 },
		{ 101, 100, 0, 0 }, { 122, 101, 0, 0 }, { 123, 122, 1, 0 } };

	(void)state;
	ago_ms[1] = 40000;
	ago_ms[2] = 100;
	assert_int_equal(QUIET(left, AAS_ORIGIN_REMOTE), 40000);
	assert_int_equal(QUIET(editor, AAS_ORIGIN_REMOTE), 40000);
}

static void
input_of_a_session_without_terminal_is_now(void **state)
{
	static const struct row rows[] = { { 100, 1, 0, 0 }, { 101, 100, 0, 0 },
		{ 122, 101, 0, 0 } };

	(void)state;
	assert_int_equal(QUIET(rows, AAS_ORIGIN_REMOTE), 0);
	/* Of a display something else tells. */
	assert_int_equal(quiet(rows, 3, AAS_ORIGIN_LOCAL, 1), NOW_MS - OLD_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    input_of_a_program_on_its_own_terminal_is_no_typing, reset),
		cmocka_unit_test_setup(
		    input_in_what_left_its_terminal_is_no_typing, reset),
		cmocka_unit_test_setup(
		    input_in_the_second_shell_of_a_connection_is_typing, reset),
		cmocka_unit_test_setup(
		    input_of_a_program_beside_the_shell_is_no_typing, reset),
		cmocka_unit_test_setup(input_at_a_console_is_typing, reset),
		cmocka_unit_test_setup(
		    input_around_sudo_is_on_the_terminal_it_was_called_on,
		    reset),
		cmocka_unit_test_setup(
		    input_without_a_terminal_of_the_sign_in_is_of_whoever_has_one,
		    reset),
		cmocka_unit_test_setup(
		    input_of_a_session_without_terminal_is_now, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
