/*
 * The chain of a user's alerts: what is damaged, and who reads it meanwhile.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/notify/queue.h"
#include "tests/depot.h"
#include "tests/fixture.h"

#define UID     7
#define CHAIN   "alerts/7"
#define OLD     CHAIN ".1"
#define ASIDE   CHAIN ".damaged.1"
#define GARBAGE "{\"number\":99,\"prev\":\"x\"}\n"

static int
put(const struct fixture *f, const struct aas_depot *sp, unsigned k)
{
	return depot_put(f, sp, "sign-in", UID, k);
}

struct seen {
	size_t n, wrong;
	uint64_t first, last;
};

static int
see(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	struct seen *s = arg;

	(void)line;
	(void)len;
	s->wrong += wrong != NULL;
	if (a == NULL)
		return AAS_OK;
	if (s->n++ == 0)
		s->first = a->number;
	s->last = a->number;
	return AAS_OK;
}

static struct seen
chain_of(const struct aas_depot *sp)
{
	struct seen s = { .n = 0 };

	assert_int_equal(aas_chain_each(sp->alerts, UID, see, &s), AAS_OK);
	return s;
}

static int
told(void *arg, const struct aas_alert *a, int why)
{
	assert_int_equal(a->uid, UID);
	assert_true(why == AAS_ERR_FORMAT || why == AAS_ERR_PERMS);
	++*(int *)arg;
	return 0;
}

static int
not_told(void *arg, const struct aas_alert *a, int why)
{
	(void)a;
	(void)why;
	++*(int *)arg;
	return AAS_ERR_SYS;
}

/* --- ways to be damaged --------------------------------------------------- */

static void
append(const struct fixture *f, const char *name, const char *text, size_t len)
{
	char path[FIXTURE_PATH];
	int fd = open(
	    fixture_path(f, name, path), O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

static void
by_garbage(const struct fixture *f)
{
	append(f, CHAIN, GARBAGE, sizeof(GARBAGE) - 1);
}

static void
by_zeros(const struct fixture *f)
{
	static const char zeros[100000];

	append(f, CHAIN, zeros, sizeof(zeros));
}

/* Shorter than what is looked at, and nothing of it is a line. */
static void
by_zeros_alone(const struct fixture *f)
{
	static const char zeros[3000];
	char path[FIXTURE_PATH];

	assert_int_equal(truncate(fixture_path(f, CHAIN, path), 0), 0);
	append(f, CHAIN, zeros, sizeof(zeros));
}

static void
by_mode(const struct fixture *f)
{
	char path[FIXTURE_PATH];

	assert_int_equal(chmod(fixture_path(f, CHAIN, path), 0666), 0);
}

static void
by_link(const struct fixture *f)
{
	char path[FIXTURE_PATH];

	assert_int_equal(unlink(fixture_path(f, CHAIN, path)), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
}

static void
by_directory(const struct fixture *f)
{
	char path[FIXTURE_PATH];

	assert_int_equal(unlink(fixture_path(f, CHAIN, path)), 0);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* It was begun anew, and nothing is in the new one yet. */
static void
by_old(const struct fixture *f)
{
	char path[FIXTURE_PATH], old[FIXTURE_PATH];

	assert_int_equal(
	    rename(fixture_path(f, CHAIN, path), fixture_path(f, OLD, old)), 0);
	append(f, OLD, GARBAGE, sizeof(GARBAGE) - 1);
}

/* ${next}: the next number at least; 1: none of those before can be read. */
static void
damaged(const struct fixture *f, void (*damage)(const struct fixture *f),
    uint64_t next)
{
	struct aas_depot sp = depot_of(f);
	struct seen s;
	struct stat st;
	char path[FIXTURE_PATH];
	int times = 0;

	for (unsigned k = 1; k <= 3; k++)
		assert_int_equal(put(f, &sp, k), AAS_OK);
	s = chain_of(&sp);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.wrong, 0);
	damage(f);
	/* Nobody could be told: it waits, and is no dead letter. */
	sp.damaged = not_told;
	sp.damaged_arg = &times;
	assert_int_equal(put(f, &sp, 4), AAS_ERR_SYS);
	assert_int_equal(times, 1);
	assert_false(aas_depot_some(sp.dead));
	assert_true(aas_depot_some(sp.new));
	assert_int_equal(lstat(fixture_path(f, ASIDE, path), &st), -1);
	sp.damaged = told;
	assert_int_equal(put(f, &sp, 4), AAS_OK);
	assert_int_equal(put(f, &sp, 5), AAS_OK);
	assert_int_equal(times, 2);
	assert_int_equal(lstat(path, &st), 0);
	s = chain_of(&sp);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.wrong, 1);
	assert_true(s.first >= next);
	assert_int_equal(s.last, s.first + 1);
	/* A new beginning, once the old one is out of sight. */
	assert_int_equal(remove(path), 0);
	assert_int_equal(chain_of(&sp).wrong, 0);
	aas_depot_close(&sp);
}

static void
chain_whose_last_line_is_none_goes_on_in_a_new_file(void **state)
{
	damaged(*state, by_garbage, 4);
}

static void
chain_without_lines_goes_on_in_a_new_file(void **state)
{
	damaged(*state, by_zeros, 1);
}

static void
chain_that_others_may_write_goes_on_in_a_new_file(void **state)
{
	damaged(*state, by_mode, 1);
}

static void
chain_that_is_a_link_goes_on_in_a_new_file(void **state)
{
	damaged(*state, by_link, 1);
}

static void
chain_that_is_a_directory_goes_on_in_a_new_file(void **state)
{
	damaged(*state, by_directory, 1);
}

static void
chain_whose_old_file_is_damaged_goes_on_in_a_new_file(void **state)
{
	damaged(*state, by_old, 4);
}

static void
chain_of_zeros_alone_goes_on_in_a_new_file(void **state)
{
	damaged(*state, by_zeros_alone, 1);
}

/* The first line after one that was put aside, of which a crash left a part. */
static void
chain_torn_behind_a_damaged_one_gives_no_number_twice(void **state)
{
	static const char torn[] = "{\"number\":4,\"prev";
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	char path[FIXTURE_PATH];
	int times = 0;

	sp.damaged = told;
	sp.damaged_arg = &times;
	for (unsigned k = 1; k <= 3; k++)
		assert_int_equal(put(f, &sp, k), AAS_OK);
	for (size_t len = 0; len < sizeof(torn); len++) {
		uint64_t last = chain_of(&sp).last;

		by_garbage(f);
		assert_int_equal(put(f, &sp, 10), AAS_OK);
		assert_int_equal(truncate(fixture_path(f, CHAIN, path), 0), 0);
		append(f, CHAIN, torn, len);
		assert_int_equal(put(f, &sp, 10), AAS_OK);
		assert_true(chain_of(&sp).first > last);
	}
	assert_int_equal(times, sizeof(torn));
	aas_depot_close(&sp);
}

/* An older file is whole: what stood in the newer one had numbers, too. */
static void
chain_damaged_behind_a_whole_file_gives_no_number_twice(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct seen s;
	char path[FIXTURE_PATH], old[FIXTURE_PATH];
	int times = 0;

	sp.damaged = told;
	sp.damaged_arg = &times;
	for (unsigned k = 1; k <= 3; k++)
		assert_int_equal(put(f, &sp, k), AAS_OK);
	assert_int_equal(
	    rename(fixture_path(f, CHAIN, path), fixture_path(f, OLD, old)), 0);
	for (unsigned k = 4; k <= 6; k++)
		assert_int_equal(put(f, &sp, k), AAS_OK);
	assert_int_equal(chain_of(&sp).wrong, 0);
	by_garbage(f);
	assert_int_equal(put(f, &sp, 7), AAS_OK);
	assert_int_equal(put(f, &sp, 8), AAS_OK);
	assert_int_equal(times, 1);
	s = chain_of(&sp);
	assert_int_equal(s.n, 5);
	assert_int_equal(s.wrong, 1);
	assert_true(s.last > 7);
	/* Looked at, and removed. */
	assert_int_equal(unlink(fixture_path(f, ASIDE, path)), 0);
	assert_int_equal(chain_of(&sp).wrong, 0);
	aas_depot_close(&sp);
}

/* The first lines of the only file are gone. */
static void
chain_whose_begin_was_cut_off_is_wrong(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct aas_buf b = { NULL, 0 };
	struct seen s;
	char path[FIXTURE_PATH];
	const char *second = NULL;

	for (unsigned k = 1; k <= 3; k++)
		assert_int_equal(put(f, &sp, k), AAS_OK);
	assert_int_equal(
	    aas_fs_read(sp.alerts, "7", geteuid(), 077, 4096, &b, NULL),
	    AAS_OK);
	second = memchr(b.p, '\n', b.len);
	assert_non_null(second);
	second++;
	assert_int_equal(unlink(fixture_path(f, CHAIN, path)), 0);
	append(f, CHAIN, second, b.len - (size_t)(second - (char *)b.p));
	aas_buf_free(&b);
	s = chain_of(&sp);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.first, 2);
	assert_int_equal(s.wrong, 1);
	aas_depot_close(&sp);
}

static void
chain_damaged_again_and_again_keeps_nine(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct stat st;
	struct seen s;
	uint64_t last = 0;
	int times = 0;
	char path[FIXTURE_PATH];

	sp.damaged = told;
	sp.damaged_arg = &times;
	for (unsigned k = 1; k <= 12; k++) {
		assert_int_equal(put(f, &sp, k), AAS_OK);
		s = chain_of(&sp);
		assert_int_equal(s.n, 1);
		/* No number is given twice. */
		assert_true(s.last > last);
		last = s.last;
		by_garbage(f);
	}
	assert_int_equal(times, 11);
	assert_int_equal(
	    stat(fixture_path(f, CHAIN ".damaged.9", path), &st), 0);
	assert_int_equal(
	    stat(fixture_path(f, CHAIN ".damaged.10", path), &st), -1);
	aas_depot_close(&sp);
}

/* --- read while it is written --------------------------------------------- */

/* Files of one line each, that follow from each other. */
static void
make_files(const struct fixture *f, const struct aas_depot *sp, unsigned n)
{
	char now[FIXTURE_PATH], old[FIXTURE_PATH], name[64];
	struct aas_buf b = { NULL, 0 };

	for (unsigned k = 0; k < n; k++) {
		assert_int_equal(put(f, sp, k + 1), AAS_OK);
		assert_int_equal(aas_fs_read(sp->alerts, "7", geteuid(), 077,
				     4096, &b, NULL),
		    AAS_OK);
		(void)snprintf(name, sizeof(name), "g%u", k);
		append(f, name, (const char *)b.p, b.len);
		aas_buf_free(&b);
		assert_int_equal(rename(fixture_path(f, CHAIN, now),
				     fixture_path(f, OLD, old)),
		    0);
	}
}

static int
begin_anew(const struct fixture *f, unsigned n)
{
	char now[FIXTURE_PATH], old[FIXTURE_PATH], next[FIXTURE_PATH];
	char name[64];

	fixture_path(f, CHAIN, now);
	fixture_path(f, OLD, old);
	for (unsigned k = 1; k < n; k++) {
		(void)snprintf(name, sizeof(name), "g%u", k);
		fixture_path(f, name, next);
		if (rename(now, old) != 0 || rename(next, now) != 0)
			return 1;
	}
	return 0;
}

static void
chain_begun_anew_while_it_is_read_misses_none(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	char now[FIXTURE_PATH], next[FIXTURE_PATH];
	const unsigned n = 1000;
	uint64_t last = 0;
	int status = 0;
	pid_t pid;

	make_files(f, &sp, n);
	assert_int_equal(unlink(fixture_path(f, OLD, now)), 0);
	assert_int_equal(
	    rename(fixture_path(f, "g0", next), fixture_path(f, CHAIN, now)),
	    0);
	if ((pid = fork()) == 0)
		_exit(begin_anew(f, n));
	assert_true(pid > 0);
	do {
		struct seen s = { .n = 0 };
		int r = aas_chain_each(sp.alerts, UID, see, &s);

		/* On a slow machine it is begun anew faster than opened. */
		if (r == AAS_ERR_AGAIN)
			continue;
		assert_int_equal(r, AAS_OK);
		assert_int_equal(s.wrong, 0);
		assert_true(s.last >= last);
		last = s.last;
	} while (waitpid(pid, &status, WNOHANG) == 0);
	assert_int_equal(status, 0);
	assert_int_equal(chain_of(&sp).last, n);
	aas_depot_close(&sp);
}

/* Somebody may fill the disk before the next one. */
static void
chain_has_blocks_for_the_next_lines(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct stat st;
	int fd = openat(sp.top, "probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int can = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;

	aas_close(&fd);
	assert_int_equal(put(f, &sp, 1), AAS_OK);
	assert_int_equal(fstatat(sp.alerts, "7", &st, 0), 0);
	aas_depot_close(&sp);
	if (!can)
		skip();
	assert_in_range(st.st_size, 1, 4095);
	assert_in_range(st.st_blocks * 512, 8192, 65536);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(
		    chain_whose_last_line_is_none_goes_on_in_a_new_file),
		FIXTURE_TEST(chain_without_lines_goes_on_in_a_new_file),
		FIXTURE_TEST(chain_that_others_may_write_goes_on_in_a_new_file),
		FIXTURE_TEST(chain_that_is_a_link_goes_on_in_a_new_file),
		FIXTURE_TEST(chain_that_is_a_directory_goes_on_in_a_new_file),
		FIXTURE_TEST(
		    chain_whose_old_file_is_damaged_goes_on_in_a_new_file),
		FIXTURE_TEST(chain_of_zeros_alone_goes_on_in_a_new_file),
		FIXTURE_TEST(
		    chain_torn_behind_a_damaged_one_gives_no_number_twice),
		FIXTURE_TEST(
		    chain_damaged_behind_a_whole_file_gives_no_number_twice),
		FIXTURE_TEST(chain_whose_begin_was_cut_off_is_wrong),
		FIXTURE_TEST(chain_has_blocks_for_the_next_lines),
		FIXTURE_TEST(chain_damaged_again_and_again_keeps_nine),
		FIXTURE_TEST(chain_begun_anew_while_it_is_read_misses_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
