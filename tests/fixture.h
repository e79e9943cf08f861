#ifndef AAS_TESTS_FIXTURE_H
#define AAS_TESTS_FIXTURE_H

/* cmocka.h does not include what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * What every test gets: a directory of its own, removed after it, and a count
 * of open descriptors before and after: one more or less fails the test.
 */
struct fixture {
	char dir[64];    /* absolute, mode 0700, ours */
	int dirfd;       /* the same, open */
	uint64_t before; /* which of the first 64 descriptors were open */
	size_t before_n; /* how many were open in all */
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

#define FIXTURE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

/*
 * fixture_path(f, name, dst):
 * The absolute path of ${name} in the test's directory.  Returns ${dst}.
 */
#define FIXTURE_PATH 128
char *fixture_path(
    const struct fixture *f, const char *name, char dst[FIXTURE_PATH]);

/*
 * fixture_write(f, name, text, mode):
 * Create ${name} in the test's directory with exactly ${mode}.
 */
void fixture_write(const struct fixture *f, const char *name, const char *text,
    unsigned int mode);

/*
 * fixture_copy(f, from, name):
 * Copy the program or plugin at ${from} to ${name} in the test's directory,
 * mode 0755: wherever the tree stands, owner and parents are then as they have
 * to be.
 */
void fixture_copy(const struct fixture *f, const char *from, const char *name);

/* The number of descriptors this process has open. */
size_t fixture_fds(void);

/*
 * fixture_in_child(fn, arg):
 * Run ${fn} in a forked child, for what must not happen to the test program:
 * closed standard descriptors, handlers, limits.  In ${fn} a condition is
 * checked by CHECK(), never by cmocka.  Returns the line of the CHECK() that
 * failed, 0 for none, -1 for a child that was killed.
 */
int fixture_in_child(int (*fn)(void *arg), void *arg);

#define CHECK(cond)                      \
	do {                             \
		if (!(cond))             \
			return __LINE__; \
	} while (0)

/*
 * fixture_disk(dir, options): in a child, as root: a disk of its own at ${dir},
 * which is made: a tmpfs with these options of mount(8).  0; -2: that may not
 * be had here.
 */
int fixture_disk(const char *dir, const char *options);

/* fixture_fill(fd): write until there is no room; how many blocks of 4 kB. */
int fixture_fill(int fd);

/*
 * 1 if this runs under valgrind, which knows neither the limits nor the
 * vfork-like clone of posix_spawn(3).
 */
int fixture_valgrind(void);

/*
 * What explicit_bzero(3) was called on since wipe_reset(), in programs linked
 * with $(WRAP_WIPE).  wipe_covers() is 1 if one call covered the ${len}
 * bytes at ${p}.
 */
void wipe_reset(void);
size_t wipe_calls(void);
int wipe_covers(const void *p, size_t len);

#endif
