/*
 * Events on the disk: whole and durable, or told.
 */
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/event/spool.h"
#include "lib/fs_parts.h"
#include "tests/fixture.h"

#define ID   "00112233445566778899aabbccddeeff"
#define LINE "{\"v\":1}\n"

/* --- calls that fail once -------------------------------------------------*/

static long fail_at; /* counts down; 0: never */
static int fail_with;
static long called;

static int
fails(void)
{
	called++;
	if (fail_at == 0 || --fail_at != 0)
		return 0;
	errno = fail_with;
	return 1;
}

long __real_syscall(long n, ...);
/* It takes as many arguments as there can be, also where fewer were given. */
__attribute__((no_sanitize_address)) long __wrap_syscall(long n, ...);
long
__wrap_syscall(long n, ...)
{
	va_list ap;
	long a[6];

	va_start(ap, n);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return fails() ? -1
		       : __real_syscall(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __real_aas_fs_openat(int d, const char *name, int flags, mode_t mode);
int __wrap_aas_fs_openat(int d, const char *name, int flags, mode_t mode);
int
__wrap_aas_fs_openat(int d, const char *name, int flags, mode_t mode)
{
	return fails() ? -1 : __real_aas_fs_openat(d, name, flags, mode);
}

int __real_renameat2(
    int a, const char *b, int c, const char *d, unsigned flags);
int __wrap_renameat2(
    int a, const char *b, int c, const char *d, unsigned flags);
int
__wrap_renameat2(int a, const char *b, int c, const char *d, unsigned flags)
{
	return fails() ? -1 : __real_renameat2(a, b, c, d, flags);
}

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	return fails() ? -1 : __real_write(fd, p, n);
}

int __real_getrlimit(int what, struct rlimit *limit);
int __wrap_getrlimit(int what, struct rlimit *limit);
int
__wrap_getrlimit(int what, struct rlimit *limit)
{
	return fails() ? -1 : __real_getrlimit(what, limit);
}

int __real_fstatat(int d, const char *name, struct stat *st, int flags);
int __wrap_fstatat(int d, const char *name, struct stat *st, int flags);
int
__wrap_fstatat(int d, const char *name, struct stat *st, int flags)
{
	return fails() ? -1 : __real_fstatat(d, name, st, flags);
}

/* --- helpers --------------------------------------------------------------*/

static char spool[FIXTURE_PATH];

static const char *
at(const char *name)
{
	static char path[3 * FIXTURE_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", spool, name);
	return path;
}

static int
names(const char *dir, int dotted)
{
	struct dirent *e;
	DIR *d = opendir(at(dir));
	int n = 0;

	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    (e->d_name[0] == '.') == dotted;
	(void)closedir(d);
	return n;
}

static int
put(enum aas_event_type type)
{
	return aas_spool_put(spool, NULL, type, LINE, strlen(LINE), ID);
}

static int
setup(void **state)
{
	fail_at = 0;
	if (fixture_setup(state) != 0)
		return -1;
	fixture_path(*state, "spool", spool);
	return 0;
}
#define SPOOL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

static int got_n;
static char got[AAS_SPOOL_SLOT];

static int
take(void *arg, const char *line, size_t len)
{
	got_n++;
	memcpy(got, line, len);
	got[len] = '\0';
	return *(int *)arg;
}

static int
reserved(int answer)
{
	got_n = 0;
	assert_int_equal(aas_spool_reserved(spool, take, &answer), AAS_OK);
	return got_n;
}

/* --- tests ----------------------------------------------------------------*/

static void
spool_keeps_a_line_whole_under_its_name(void **state)
{
	char name[300] = "", text[64] = "";
	struct dirent *e;
	struct stat st;
	DIR *d;
	int fd;

	(void)state;
	(void)umask(0);
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	(void)umask(022);
	assert_int_equal(names("new", 0), 1);
	assert_int_equal(names("new", 1), 0);
	d = opendir(at("new"));
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			(void)snprintf(name, sizeof(name), "new/%s", e->d_name);
	(void)closedir(d);
	assert_int_equal(strlen(name), 4 + AAS_SPOOL_NAME - 1);
	assert_string_equal(name + 4 + 20, "-" ID ".json");
	assert_int_equal(stat(at(name), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fd = open(at(name), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof(text)), strlen(LINE));
	assert_int_equal(close(fd), 0);
	assert_string_equal(text, LINE);
	assert_int_equal(stat(at("new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(at(""), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void
spool_raise_writes_an_event(void **state)
{
	struct aas_event e = { .type = AAS_EV_TEST, .user = "alice" };
	struct fixture *f = *state;
	char id[AAS_EVENT_ID] = "";
	struct aas_now now;

	assert_int_equal(aas_clock_now(&now), AAS_OK);
	assert_int_equal(aas_event_keep(f->dir, NULL, &e, &now, id), AAS_OK);
	assert_int_equal(strlen(id), 32);
	/* Nobody is there to tell it: it is kept all the same. */
	assert_int_equal(
	    aas_event_raise(f->dir, "/nonexistent", &e, &now), AAS_OK);
	assert_int_equal(names("new", 0), 2);
	e.type = AAS_EV_N;
	assert_int_equal(
	    aas_event_raise(f->dir, "/nonexistent", &e, &now), AAS_ERR_INVAL);
}

static void
spool_each_call_failing_is_told_and_leaves_nothing(void **state)
{
	static const int with[] = { EIO, ENOSPC, EROFS, ENOMEM };
	long most;

	(void)state;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	called = 0;
	assert_int_equal(put(AAS_EV_EXEMPTION), AAS_OK);
	most = called;
	assert_in_range(most, 6, 20);
	for (size_t i = 0; i < 4; i++) {
		for (long n = 1; n <= most; n++) {
			int before = names("new", 0);
			int r;

			fail_with = with[i];
			fail_at = n;
			r = put(AAS_EV_EXEMPTION);
			fail_at = 0;
			/* Of directories above: told, whatever it is. */
			assert_int_not_equal(r, AAS_OK);
			assert_int_equal(names("new", 0), before);
			assert_int_equal(names("new", 1), 0);
		}
	}
}

static void
spool_interrupted_write_goes_on(void **state)
{
	(void)state;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	called = 0;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	for (long n = 1; n <= called; n++) {
		long all = called;

		fail_with = EINTR;
		fail_at = n;
		(void)put(AAS_EV_SIGN_IN);
		fail_at = 0;
		assert_int_equal(names("new", 1), 0);
		called = all;
	}
}

static void
spool_of_somebody_else_is_not_used(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	assert_int_equal(chown(at("new"), 1234, 1234), 0);
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_ERR_PERMS);
	assert_int_equal(chown(at("new"), 0, 0), 0);
	assert_int_equal(chmod(at("new"), 0777), 0);
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_ERR_PERMS);
	assert_int_equal(chmod(at("new"), 0700), 0);
	assert_int_equal(chown(at(""), 1234, 1234), 0);
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_ERR_PERMS);
	assert_int_equal(chown(at(""), 0, 0), 0);
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	assert_int_equal(aas_spool_prepare(spool), AAS_OK);
	assert_int_equal(chown(at("reserve"), 1234, 1234), 0);
	assert_int_equal(aas_spool_prepare(spool), AAS_ERR_PERMS);
	assert_int_equal(
	    aas_spool_reserved(spool, take, &(int){ 0 }), AAS_ERR_PERMS);
}

/* Something else in the place of a directory or file: told, never a hang. */
static void
odd(const char *name, int want_put)
{
	char to[3 * FIXTURE_PATH];

	(void)snprintf(to, sizeof(to), "%s", at(name));
	if (name[0] == '\0')
		to[strlen(to) - 1] = '\0';
	for (int kind = 0; kind < 4; kind++) {
		switch (kind) {
		case 0:
			assert_int_equal(mkfifo(to, 0600), 0);
			break;
		case 1:
			assert_int_equal(symlink("/tmp", to), 0);
			break;
		case 2:
			assert_int_equal(symlink("nowhere", to), 0);
			break;
		default:
			if (want_put == AAS_OK)
				assert_int_equal(mkdir(to, 0700), 0);
			else
				assert_int_equal(
				    mknod(to, S_IFREG | 0600, 0), 0);
		}
		assert_int_equal(put(AAS_EV_SIGN_IN), want_put);
		assert_int_not_equal(aas_spool_prepare(spool), AAS_OK);
		if (remove(to) != 0)
			fail();
	}
}

static void
spool_fifo_link_or_file_in_a_place_is_told(void **state)
{
	(void)state;
	odd("", AAS_ERR_PERMS);
	assert_int_equal(mkdir(at(""), 0755), 0);
	odd("new", AAS_ERR_PERMS);
	odd("reserve", AAS_OK);
	/* And in the reserve's, when it is needed. */
	assert_int_equal(mkfifo(at("reserve"), 0600), 0);
	fail_with = ENOSPC;
	called = 0;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	for (long n = called, i = 1; i <= n; i++) {
		fail_at = i;
		assert_int_not_equal(put(AAS_EV_SIGN_IN), AAS_OK);
		fail_at = 0;
	}
}

static void
spool_full_disk_takes_the_reserve_for_what_has_one(void **state)
{
	long last;

	(void)state;
	assert_int_equal(aas_spool_prepare(spool), AAS_OK);
	assert_int_equal(reserved(0), 0);
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	fail_with = ENOSPC;
	called = 0;
	assert_int_equal(put(AAS_EV_EXEMPTION), AAS_OK);
	last = called;
	for (long i = 1; i <= last; i++) {
		fail_at = i;
		assert_int_not_equal(put(AAS_EV_EXEMPTION), AAS_OK);
	}
	fail_at = 0;
	assert_int_equal(reserved(0), 0);
	/* The file cannot be made, or its bytes find no room, and so on. */
	for (int full = 0; full < AAS_SPOOL_SLOTS;) {
		fail_at = last - full % 2; /* rename, fsync */
		if (put(AAS_EV_SIGN_IN) != AAS_OK)
			fail();
		fail_at = 0;
		assert_int_equal(reserved(1), ++full);
		assert_string_equal(got, LINE);
	}
	fail_at = last;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_ERR_SYS);
	assert_int_equal(errno, ENOSPC);
	fail_at = 0;
	/* Handed on once, then free. */
	assert_int_equal(reserved(0), AAS_SPOOL_SLOTS);
	assert_int_equal(reserved(0), 0);
	fail_at = last;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	fail_at = 0;
	assert_int_equal(reserved(1), 1);
}

static void
spool_f10_slot_of_a_writer_that_stands_still_is_passed_over(void **state)
{
	const char torn[] = "{\"v\":1,\"id\":\"half";
	long last;
	int fd;

	(void)state;
	assert_int_equal(aas_spool_prepare(spool), AAS_OK);
	assert_int_equal(put(AAS_EV_TEST), AAS_OK);
	called = 0;
	assert_int_equal(put(AAS_EV_TEST), AAS_OK);
	last = called;
	fd = open(at("reserve"), O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(aas_spool_lock(fd, 0, AAS_SPOOL_SLOT, 1), AAS_OK);
	assert_int_equal(
	    pwrite(fd, torn, sizeof(torn), 0), (ssize_t)sizeof(torn));
	fail_with = EDQUOT;
	fail_at = last;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	fail_at = 0;
	assert_int_equal(reserved(1), 1);
	/* It has died: what it left is no event, and the slot is free again. */
	assert_int_equal(close(fd), 0);
	assert_int_equal(reserved(1), 1);
	fail_at = last;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	fail_at = 0;
	assert_int_equal(reserved(0), 2);
	/* A reserve that is cut is none until it is made anew. */
	assert_int_equal(truncate(at("reserve"), 5000), 0);
	fail_at = last;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_ERR_SYS);
	fail_at = 0;
	assert_int_equal(aas_spool_prepare(spool), AAS_OK);
	fail_at = last;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	fail_at = 0;
}

/* A small disk that is really full. */
static int
full_disk(void *arg)
{
	int fd, r;

	(void)arg;
	if ((r = fixture_disk(spool, "size=1900k,mode=755")) == -2)
		return -2;
	CHECK(r == 0);
	CHECK(aas_spool_prepare(spool) == AAS_OK);
	fd = open(at("stuff"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fixture_fill(fd) > 5);
	CHECK((r = put(AAS_EV_EXEMPTION)) == AAS_ERR_SYS && errno == ENOSPC);
	for (int i = 0; i < AAS_SPOOL_SLOTS; i++)
		CHECK(put(AAS_EV_SIGN_IN) == AAS_OK);
	CHECK(put(AAS_EV_SIGN_IN) == AAS_ERR_SYS && errno == ENOSPC);
	CHECK(names("new", 1) == 0);
	got_n = 0;
	r = 0;
	CHECK(aas_spool_reserved(spool, take, &r) == AAS_OK);
	CHECK(got_n == AAS_SPOOL_SLOTS);
	CHECK(put(AAS_EV_SIGN_IN) == AAS_OK);
	/* No inode left. */
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(mount(NULL, spool, NULL, MS_REMOUNT, "nr_inodes=5,size=1900k") ==
	    0);
	CHECK(put(AAS_EV_EXEMPTION) == AAS_ERR_SYS && errno == ENOSPC);
	CHECK(put(AAS_EV_SIGN_IN) == AAS_OK);
	/* Read-only. */
	CHECK(close(fd) == 0);
	CHECK(mount(NULL, spool, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK(put(AAS_EV_SIGN_IN) == AAS_ERR_SYS && errno == EROFS);
	return 0;
}

static void
spool_on_a_full_or_read_only_disk_is_told(void **state)
{
	int r;

	(void)state;
	if (geteuid() != 0)
		skip();
	if ((r = fixture_in_child(full_disk, NULL)) == -2)
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(rmdir(spool), 0);
}

/* The host's own limit: no signal, which would end it. */
static int
small_files(void *arg)
{
	const struct rlimit l = { 4, RLIM_INFINITY };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	(void)arg;
	CHECK(setrlimit(RLIMIT_FSIZE, &l) == 0);
	CHECK(put(AAS_EV_SIGN_IN) == AAS_ERR_SYS && errno == EFBIG);
	/* What measures coverage has to write at the end. */
	CHECK(setrlimit(RLIMIT_FSIZE, &all) == 0);
	return 0;
}

static void
spool_over_the_hosts_file_size_limit_raises_no_signal(void **state)
{
	(void)state;
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	assert_int_equal(fixture_in_child(small_files, NULL), 0);
}

static int
closed(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++)
		(void)close(i);
	CHECK(put(AAS_EV_SIGN_IN) == AAS_OK);
	CHECK(fcntl(0, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1);
	return 0;
}

static void
spool_f30_with_standard_descriptors_closed_keeps_them_so(void **state)
{
	(void)state;
	assert_int_equal(fixture_in_child(closed, NULL), 0);
	assert_int_equal(names("new", 0), 1);
}

static void
spool_of_too_many_files_takes_no_more_but_the_reserve(void **state)
{
	char name[FIXTURE_PATH];
	int64_t began;
	int dir;

	(void)state;
	assert_int_equal(aas_spool_prepare(spool), AAS_OK);
	dir = open(at("new"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < AAS_SPOOL_FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%020d-%s.json", i, ID);
		if (mknodat(dir, name, S_IFREG | 0600, 0) != 0)
			fail();
		if (i == AAS_SPOOL_FILES_MAX - 3)
			assert_int_equal(put(AAS_EV_EXEMPTION), AAS_OK);
	}
	began = aas_clock_ms();
	assert_int_equal(put(AAS_EV_EXEMPTION), AAS_ERR_TOOBIG);
	assert_int_equal(put(AAS_EV_SIGN_IN), AAS_OK);
	assert_in_range(aas_clock_ms() - began, 0, 5000);
	assert_int_equal(reserved(0), 1);
	for (int i = 0; i < AAS_SPOOL_FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%020d-%s.json", i, ID);
		if (unlinkat(dir, name, 0) != 0)
			fail();
	}
	assert_int_equal(close(dir), 0);
	assert_int_equal(put(AAS_EV_EXEMPTION), AAS_OK);
}

static void
spool_line_that_is_none_is_refused(void **state)
{
	static char big[AAS_EVENT_MAX + 2];

	(void)state;
	memset(big, ' ', sizeof(big));
	big[AAS_EVENT_MAX] = '\n';
	assert_int_equal(
	    aas_spool_put(spool, NULL, AAS_EV_TEST, big, AAS_EVENT_MAX + 1, ID),
	    AAS_ERR_INVAL);
	assert_int_equal(
	    aas_spool_put(spool, NULL, AAS_EV_TEST, "", 0, ID), AAS_ERR_INVAL);
	assert_int_equal(aas_spool_put(spool, NULL, AAS_EV_TEST, "{}", 2, ID),
	    AAS_ERR_INVAL);
	assert_int_equal(aas_spool_put(spool, NULL, AAS_EV_TEST, LINE,
			     strlen(LINE), "../../x"),
	    AAS_ERR_INVAL);
	assert_int_equal(
	    aas_spool_put("spool", NULL, AAS_EV_TEST, LINE, strlen(LINE), ID),
	    AAS_ERR_INVAL);
}

static void
spool_stands_below_a_state_directory_of_its_own(void **state)
{
	static char big[AAS_SPOOL_PATH + 1];
	char path[AAS_SPOOL_PATH];

	(void)state;
	assert_int_equal(aas_spool_dir(AAS_STATEDIR, path), AAS_OK);
	assert_string_equal(path, AAS_SPOOLDIR);
	assert_int_equal(aas_spool_dir("/srv/x", path), AAS_OK);
	assert_string_equal(path, "/srv/x/spool");
	memset(big, '/', AAS_SPOOL_PATH - 6);
	assert_int_equal(aas_spool_dir(big, path), AAS_ERR_INVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(spool_keeps_a_line_whole_under_its_name),
		SPOOL_TEST(spool_raise_writes_an_event),
		SPOOL_TEST(spool_each_call_failing_is_told_and_leaves_nothing),
		SPOOL_TEST(spool_interrupted_write_goes_on),
		SPOOL_TEST(spool_of_somebody_else_is_not_used),
		SPOOL_TEST(spool_fifo_link_or_file_in_a_place_is_told),
		SPOOL_TEST(spool_full_disk_takes_the_reserve_for_what_has_one),
		SPOOL_TEST(
		    spool_f10_slot_of_a_writer_that_stands_still_is_passed_over),
		SPOOL_TEST(spool_on_a_full_or_read_only_disk_is_told),
		SPOOL_TEST(
		    spool_over_the_hosts_file_size_limit_raises_no_signal),
		SPOOL_TEST(
		    spool_f30_with_standard_descriptors_closed_keeps_them_so),
		SPOOL_TEST(
		    spool_of_too_many_files_takes_no_more_but_the_reserve),
		SPOOL_TEST(spool_line_that_is_none_is_refused),
		SPOOL_TEST(spool_stands_below_a_state_directory_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
