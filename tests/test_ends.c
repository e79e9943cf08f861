/*
 * Ends of sessions that another keeper takes up: each test kills one by
 * letting go of all that it knows.
 */
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/keep/end.h"
#include "lib/keep/learn.h"
#include "tests/fixture.h"
#include "aasd/ends.h"
#include "aasd/ledger.h"

#define MANAGER "000000000000d431" /* its id */
#define NOBODY  54321

/* 1: what was typed is as the line says, not as the terminals do. */
static int typed;

int __real_aas_learn_input(struct aas_keep_procs *ps, struct aas_kept *const *v,
    size_t n, int64_t real_ms, int64_t now_ms);
int __wrap_aas_learn_input(struct aas_keep_procs *ps, struct aas_kept *const *v,
    size_t n, int64_t real_ms, int64_t now_ms);

int
__wrap_aas_learn_input(struct aas_keep_procs *ps, struct aas_kept *const *v,
    size_t n, int64_t real_ms, int64_t now_ms)
{
	return typed ? AAS_OK
		     : __real_aas_learn_input(ps, v, n, real_ms, now_ms);
}

/* Each time that it is asked for, the clock has gone on by that. */
static int64_t step_ms, steps_ms;

int __real_aas_clock_boot(struct aas_now *now);
int __wrap_aas_clock_boot(struct aas_now *now);

int
__wrap_aas_clock_boot(struct aas_now *now)
{
	int r = __real_aas_clock_boot(now);

	now->boottime_ms += steps_ms += step_ms;
	return r;
}

/* Deaf, and below us. */
static pid_t
process(void)
{
	char c = 0;
	int fds[2];
	pid_t pid = -1;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		(void)signal(SIGHUP, SIG_IGN);
		(void)signal(SIGTERM, SIG_IGN);
		(void)!write(fds[1], "x", 1);
		for (;;)
			(void)pause();
	}
	assert_int_not_equal(pid, -1);
	assert_int_equal(read(fds[0], &c, 1), 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return pid;
}

static void
reap(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The line of a session that began a minute ago. */
static void
line(const char *rundir, pid_t leader, int64_t idle_s, char id[AAS_LEDGER_ID])
{
	struct aas_ledger l = { .user = "nobody54321",
		.uid = NOBODY,
		.service = "sshd",
		.via = "keys",
		.origin = AAS_ORIGIN_REMOTE,
		.idle_s = idle_s };
	struct aas_fs_seen *seen = calloc(1, sizeof(*seen));
	struct aas_now now;

	assert_non_null(seen);
	assert_int_equal(aas_clock_boot(&now), AAS_OK);
	now.boottime_ms = now.boottime_ms > 60000 ? now.boottime_ms - 60000 : 1;
	assert_int_equal(aas_proc_get(leader, &l.leader, NULL), AAS_OK);
	assert_int_equal(aas_ledger_open(rundir, seen, &l, &now, id), AAS_OK);
	free(seen);
}

static struct aas_kept *
started(struct aasd_keep *k, const char *rundir, const char *id)
{
	struct aas_kept *s = NULL;

	assert_int_equal(aasd_keep_start(k, rundir, NULL), AAS_OK);
	s = aas_book_find(&k->book, id);
	assert_non_null(s);
	return s;
}

static void
ends_idle_goes_on_after_the_keeper_was_killed(void **state)
{
	char rundir[FIXTURE_PATH], id[AAS_LEDGER_ID], path[300], text[16];
	pid_t pid = process();
	struct aasd_keep k;
	struct aas_kept *s = NULL;

	fixture_path(*state, "run", rundir);
	line(rundir, pid, 1, id);
	(void)snprintf(path, sizeof(path), "%s/sessions/%s.end", rundir, id);
	s = started(&k, rundir, id);
	typed = 1;
	k.extra.ready(k.extra.arg);
	typed = 0;
	assert_int_equal(s->why, AAS_KEEP_IDLE);
	assert_int_equal(s->rounds, 1);
	aasd_keep_stop(&k);
	assert_int_equal(readlink(path, text, sizeof(text)), 5);
	assert_memory_equal(text, "!idle", 5);
	/* No terminal: somebody just typed, for who does not know better. */
	s = started(&k, rundir, id);
	k.extra.ready(k.extra.arg);
	assert_int_equal(s->why, AAS_KEEP_IDLE);
	assert_string_equal(s->by, "");
	assert_int_equal(s->left, 1);
	/* The note goes with the line. */
	aasd_ledger_drop(&k, s);
	assert_int_equal(readlink(path, text, sizeof(text)), -1);
	aasd_keep_stop(&k);
	reap(pid);
}

static void
ends_asked_keeps_the_name_of_who_asked(void **state)
{
	char rundir[FIXTURE_PATH], id[AAS_LEDGER_ID];
	pid_t pid = process();
	struct aasd_keep k;
	struct aas_kept *s = NULL;

	fixture_path(*state, "run", rundir);
	line(rundir, pid, 0, id);
	aasd_keep_end(&k, started(&k, rundir, id), "idle", 0);
	aasd_keep_stop(&k);
	s = started(&k, rundir, id);
	assert_int_equal(s->why, AAS_KEEP_ASKED);
	assert_string_equal(s->by, "idle");
	aasd_keep_stop(&k);
	reap(pid);
}

/* The manager of that user, as if it had been found. */
static struct aas_kept *
managed(struct aasd_keep *k, pid_t pid)
{
	struct aas_ledger_line l = { .uid = NOBODY,
		.audit = AAS_PROC_NO_AUDIT,
		.origin = AAS_ORIGIN_WITHIN,
		.manager = 1 };
	struct aas_kept *m = NULL;

	assert_int_equal(aas_proc_get(pid, &l.leader, NULL), AAS_OK);
	assert_int_equal(aas_book_put(&k->book, MANAGER, &l, "{}", &m), AAS_OK);
	return m;
}

/* Rounds for what is ending, until LATE of a clock of our own. */
static void
rounds(struct aasd_keep *k, int64_t from_ms, int n)
{
	for (int i = 0; i < n; i++) {
		struct aas_kept *v[2] = { NULL }, *some[8] = { NULL };
		struct wake w = { .k = k, .cap = 6, .ends = v, .some = some };

		w.now.boottime_ms = from_ms + (int64_t)i * AAS_END_ROUND_MS;
		for (size_t j = 0; j < k->book.n; j++)
			v[w.ends_n++] = k->book.heap[j];
		aasd_ends_round(&w);
	}
}

static void
ends_line_stays_until_the_manager_has_ended(void **state)
{
	char rundir[FIXTURE_PATH], id[AAS_LEDGER_ID], file[300];
	pid_t pid = process(), manager = process();
	struct aasd_keep k;
	struct aas_kept *s = NULL, *m = NULL;

	fixture_path(*state, "run", rundir);
	line(rundir, pid, 0, id);
	reap(pid);
	(void)snprintf(file, sizeof(file), "%s/sessions/%s", rundir, id);
	s = started(&k, rundir, id);
	m = managed(&k, manager);
	aasd_ends_begin(s, AAS_KEEP_LIMIT, 0);
	aasd_ends_begin(m, AAS_KEEP_LAST, 0);
	rounds(&k, 0, 8);
	assert_int_equal(s->left, 0);
	assert_int_equal(m->left, 1);
	assert_ptr_equal(aas_book_find(&k.book, id), s);
	assert_int_equal(readlink(file, (char[8]){ 0 }, 8), 8);
	rounds(&k, AAS_END_ALL_MS, 1);
	assert_int_equal(waitpid(manager, NULL, 0), manager);
	rounds(&k, AAS_END_ALL_MS, 4);
	assert_null(aas_book_find(&k.book, MANAGER));
	assert_null(aas_book_find(&k.book, id));
	assert_int_equal(readlink(file, (char[8]){ 0 }, 8), -1);
	aasd_keep_stop(&k);
}

/* Many processes of others make each round dear. */
static void
ends_rest_as_long_as_rounds_take(void **state)
{
	char rundir[FIXTURE_PATH], id[AAS_LEDGER_ID];
	pid_t pid = process();
	struct aasd_keep k;
	struct aas_kept *s = NULL;

	fixture_path(*state, "run", rundir);
	line(rundir, pid, 0, id);
	s = started(&k, rundir, id);
	s->l.audit = 123456789; /* nobody's */
	aasd_ends_begin(s, AAS_KEEP_LIMIT, 0);
	rounds(&k, 0, 1);
	assert_in_range(s->due_ms, AAS_END_ROUND_MS, AAS_END_SAID_MS);
	step_ms = 20000;
	rounds(&k, AAS_END_SAID_MS, 1);
	step_ms = 0;
	assert_int_equal(s->asked, 1);
	assert_int_equal(s->due_ms, AAS_END_KILL_MS);
	rounds(&k, AAS_END_KILL_MS, 1);
	assert_int_equal(s->due_ms, AAS_END_KILL_MS + AAS_END_ROUND_MS);
	aasd_keep_stop(&k);
	reap(pid);
}

/* A session within another has no part in that. */
static void
ends_line_within_waits_for_no_manager(void **state)
{
	char rundir[FIXTURE_PATH], id[AAS_LEDGER_ID];
	pid_t pid = process(), manager = process();
	struct aasd_keep k;
	struct aas_kept *s = NULL, *m = NULL;

	fixture_path(*state, "run", rundir);
	line(rundir, pid, 0, id);
	reap(pid);
	s = started(&k, rundir, id);
	s->l.origin = AAS_ORIGIN_WITHIN;
	m = managed(&k, manager);
	aasd_ends_begin(s, AAS_KEEP_LIMIT, 0);
	aasd_ends_begin(m, AAS_KEEP_LAST, 0);
	rounds(&k, 0, 4);
	assert_null(aas_book_find(&k.book, id));
	assert_ptr_equal(aas_book_find(&k.book, MANAGER), m);
	aasd_keep_stop(&k);
	reap(manager);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(ends_idle_goes_on_after_the_keeper_was_killed),
		FIXTURE_TEST(ends_asked_keeps_the_name_of_who_asked),
		FIXTURE_TEST(ends_line_stays_until_the_manager_has_ended),
		FIXTURE_TEST(ends_rest_as_long_as_rounds_take),
		FIXTURE_TEST(ends_line_within_waits_for_no_manager),
	};

	/* It has no pidfd_send_signal(2): nothing would ever end. */
	if (fixture_valgrind()) {
		(void)fprintf(stderr, "valgrind cannot signal by pidfd\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
