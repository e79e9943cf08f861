#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "tests/fixture.h"

#define OTHER 12345 /* a uid that is neither root nor ours */

/* Called once, before the next read(2) of the library; by --wrap. */
static void (*before_read)(int fd);

ssize_t __real_read(int fd, void *p, size_t len);
ssize_t __wrap_read(int fd, void *p, size_t len);
ssize_t __wrap___read_chk(int fd, void *p, size_t len, size_t size);

ssize_t
__wrap_read(int fd, void *p, size_t len)
{
	void (*fn)(int) = before_read;

	before_read = NULL;
	if (fn != NULL)
		fn(fd);
	return __real_read(fd, p, len);
}

ssize_t
__wrap___read_chk(int fd, void *p, size_t len, size_t size)
{
	(void)size;
	return __wrap_read(fd, p, len);
}

static int
read_text(
    const struct fixture *f, const char *name, mode_t forbid, const char *want)
{
	struct aas_buf b = { NULL, 0 };
	int r = aas_fs_read(f->dirfd, name, geteuid(), forbid, 4096, &b, NULL);

	if (r == AAS_OK) {
		assert_int_equal(b.len, strlen(want));
		assert_string_equal((const char *)b.p, want);
	}
	aas_buf_free(&b);
	return r;
}

static int
exists(const struct fixture *f, const char *name)
{
	struct stat st;

	return fstatat(f->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- reading -------------------------------------------------------------- */

static void
fs_plain_file_is_read(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	struct aas_buf b = { NULL, 0 };

	fixture_write(f, "a", "hello", 0600);
	assert_int_equal(
	    aas_fs_read(f->dirfd, "a", geteuid(), 077, 5, &b, &st), AAS_OK);
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.p, "hello", 6);
	assert_int_equal(st.st_size, 5);
	aas_buf_free(&b);
	assert_null(b.p);
	aas_buf_free(&b);
	aas_buf_free(NULL);
}

static void
fs_f47_empty_file_is_zero_bytes_not_an_error(void **state)
{
	struct fixture *f = *state;
	struct aas_buf b = { NULL, 9 };

	fixture_write(f, "a", "", 0600);
	assert_int_equal(
	    aas_fs_read(f->dirfd, "a", geteuid(), 077, 5, &b, NULL), AAS_OK);
	assert_int_equal(b.len, 0);
	assert_non_null(b.p);
	aas_buf_free(&b);
}

static void
fs_over_the_bound_is_toobig(void **state)
{
	struct fixture *f = *state;
	struct aas_buf b = { NULL, 0 };
	int fd = -1;

	fixture_write(f, "a", "hello!", 0600);
	assert_int_equal(
	    aas_fs_read(f->dirfd, "a", geteuid(), 077, 5, &b, NULL),
	    AAS_ERR_TOOBIG);
	/* A sparse terabyte costs neither memory nor time. */
	fd = openat(f->dirfd, "a", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(
	    aas_fs_read(f->dirfd, "a", geteuid(), 077, 1 << 20, &b, NULL),
	    AAS_ERR_TOOBIG);
	assert_null(b.p);
}

static void
shrink(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(truncate(path, 3), 0);
}

static void
grow(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(truncate(path, 9), 0);
}

static void
fs_file_that_changes_its_length_meanwhile_is_again(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "a", "hello", 0600);
	before_read = shrink;
	assert_int_equal(read_text(f, "a", 077, ""), AAS_ERR_AGAIN);
	before_read = grow;
	assert_int_equal(read_text(f, "a", 077, ""), AAS_ERR_AGAIN);
	assert_null(before_read);
}

static void
fs_missing_file_is_not_found(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_text(f, "none", 077, ""), AAS_ERR_NOTFOUND);
}

static void
fs_name_that_is_a_path_is_refused(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/etc/passwd",
		"../a", "a/" };
	struct fixture *f = *state;
	int fd = -1;

	fixture_write(f, "a", "x", 0600);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_text(f, bad[i], 0, ""), AAS_ERR_INVAL);
		assert_int_equal(
		    aas_fs_dirat(f->dirfd, bad[i], 0, &fd), AAS_ERR_INVAL);
		assert_int_equal(aas_fs_create(f->dirfd, bad[i], "x", 1, 0600),
		    AAS_ERR_INVAL);
		assert_int_equal(aas_fs_replace(f->dirfd, bad[i], "x", 1,
				     (uid_t)-1, (gid_t)-1, 0600),
		    AAS_ERR_INVAL);
		assert_int_equal(
		    aas_fs_lock(f->dirfd, bad[i], 1, 0, &fd), AAS_ERR_INVAL);
	}
	assert_int_equal(read_text(f, NULL, 0, ""), AAS_ERR_INVAL);
	assert_int_equal(fd, -1);
}

/* --- F45: the nine things that may stand where a file should be ----------- */

static void
make_socket(const struct fixture *f, const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char path[FIXTURE_PATH];
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(fixture_path(f, name, path)) < sizeof(sa.sun_path));
	memcpy(sa.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(s, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(close(s), 0);
}

/* Refused for reading, and at once: nothing of it may block. */
static void
refused(const struct fixture *f, const char *name)
{
	int64_t before = aas_clock_ms();

	assert_int_equal(read_text(f, name, 022, ""), AAS_ERR_PERMS);
	assert_true(aas_clock_ms() - before < 1000);
}

static void
fs_f45_symlink_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	fixture_write(f, "a", "x", 0600);
	assert_int_equal(symlinkat("a", f->dirfd, "link"), 0);
	assert_int_equal(symlinkat("nowhere", f->dirfd, "dangling"), 0);
	refused(f, "link");
	refused(f, "dangling");
	assert_int_equal(
	    aas_fs_lock(f->dirfd, "link", 1, 0, &fd), AAS_ERR_PERMS);
	assert_int_equal(
	    aas_fs_lock(f->dirfd, "dangling", 1, 0, &fd), AAS_ERR_PERMS);
	assert_false(exists(f, "nowhere"));
}

static void
fs_f45_fifo_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	assert_int_equal(mkfifoat(f->dirfd, "fifo", 0600), 0);
	refused(f, "fifo");
	assert_int_equal(
	    aas_fs_lock(f->dirfd, "fifo", 1, 0, &fd), AAS_ERR_PERMS);
}

static void
fs_f45_socket_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	make_socket(f, "sock");
	refused(f, "sock");
	assert_int_equal(
	    aas_fs_lock(f->dirfd, "sock", 1, 0, &fd), AAS_ERR_PERMS);
}

static void
fs_f45_device_is_refused(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip(); /* mknod(2) */
	/* null, zero, tty, and one without a driver */
	if (mknodat(f->dirfd, "null", S_IFCHR | 0600, makedev(1, 3)) == -1)
		skip(); /* a container may forbid it to root as well */
	assert_int_equal(
	    mknodat(f->dirfd, "zero", S_IFCHR | 0600, makedev(1, 5)), 0);
	assert_int_equal(
	    mknodat(f->dirfd, "tty", S_IFCHR | 0600, makedev(5, 0)), 0);
	assert_int_equal(
	    mknodat(f->dirfd, "void", S_IFCHR | 0600, makedev(4000, 1)), 0);
	refused(f, "null");
	refused(f, "zero");
	refused(f, "void");
	assert_int_not_equal(read_text(f, "tty", 022, ""), AAS_OK);
}

static void
fs_f45_directory_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	assert_int_equal(mkdirat(f->dirfd, "dir", 0700), 0);
	refused(f, "dir");
	assert_int_equal(
	    aas_fs_lock(f->dirfd, "dir", 1, 0, &fd), AAS_ERR_PERMS);
}

static void
fs_f45_second_link_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	fixture_write(f, "a", "x", 0600);
	assert_int_equal(linkat(f->dirfd, "a", f->dirfd, "b", 0), 0);
	refused(f, "a");
	refused(f, "b");
	assert_int_equal(aas_fs_lock(f->dirfd, "b", 1, 0, &fd), AAS_ERR_PERMS);
}

static void
fs_f45_other_owner_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	if (geteuid() != 0)
		skip(); /* chown(2) */
	fixture_write(f, "a", "x", 0600);
	assert_int_equal(fchownat(f->dirfd, "a", OTHER, 0, 0), 0);
	refused(f, "a");
	assert_int_equal(aas_fs_lock(f->dirfd, "a", 1, 0, &fd), AAS_ERR_PERMS);
	/* ... unless it is the owner that was asked for. */
	assert_int_equal(
	    aas_fs_open(f->dirfd, "a", OTHER, 022, &fd, NULL), AAS_OK);
	aas_close(&fd);
	assert_int_equal(fd, -1);
}

static void
fs_f45_forbidden_mode_bits_are_refused(void **state)
{
	static const struct {
		unsigned int mode;
		mode_t forbid;
		int want;
	} t[] = {
		{ 0600, 022, AAS_OK },
		{ 0644, 022, AAS_OK },
		{ 0620, 022, AAS_ERR_PERMS },
		{ 0602, 022, AAS_ERR_PERMS },
		{ 0666, 022, AAS_ERR_PERMS },
		{ 0600, 077, AAS_OK },
		{ 0640, 077, AAS_ERR_PERMS },
		{ 0604, 077, AAS_ERR_PERMS },
		{ 0601, 077, AAS_ERR_PERMS },
		{ 02755, 022, AAS_OK }, /* aas-unlock is setgid */
		{ 0400, 022, AAS_OK },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fixture_write(f, "a", "x", t[i].mode);
		assert_int_equal(
		    read_text(f, "a", t[i].forbid, "x"), t[i].want);
		assert_int_equal(unlinkat(f->dirfd, "a", 0), 0);
	}
}

/* --- directories ---------------------------------------------------------- */

static int
open_dir(const struct fixture *f, const char *name)
{
	char path[FIXTURE_PATH];
	int fd = -1;
	int r = aas_fs_dir(fixture_path(f, name, path), geteuid(), &fd);

	if (r == AAS_OK) {
		assert_true(fd >= 3);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	} else {
		assert_int_equal(fd, -1);
	}
	aas_close(&fd);
	return r;
}

static void
fs_dir_checks_every_component(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdirat(f->dirfd, "a", 0755), 0);
	assert_int_equal(mkdirat(f->dirfd, "a/b", 0755), 0);
	assert_int_equal(mkdirat(f->dirfd, "a/b/c", 0700), 0);
	assert_int_equal(open_dir(f, "a/b/c"), AAS_OK);
	assert_int_equal(open_dir(f, "a//b///c/"), AAS_OK);
	assert_int_equal(fchmodat(f->dirfd, "a", 0777, 0), 0);
	assert_int_equal(open_dir(f, "a/b/c"), AAS_ERR_PERMS);
	/* A sticky one is good enough above, but not as the last. */
	assert_int_equal(fchmodat(f->dirfd, "a", 01777, 0), 0);
	assert_int_equal(open_dir(f, "a/b/c"), AAS_OK);
	assert_int_equal(open_dir(f, "a"), AAS_ERR_PERMS);
	assert_int_equal(fchmodat(f->dirfd, "a", 0755, 0), 0);
	assert_int_equal(fchmodat(f->dirfd, "a/b/c", 0702, 0), 0);
	assert_int_equal(open_dir(f, "a/b/c"), AAS_ERR_PERMS);
}

static void
fs_dir_group_writable_only_by_roots_group(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip(); /* chown(2) */
	assert_int_equal(mkdirat(f->dirfd, "a", 0700), 0);
	assert_int_equal(fchownat(f->dirfd, "a", 0, 0, 0), 0);
	assert_int_equal(fchmodat(f->dirfd, "a", 0770, 0), 0);
	assert_int_equal(open_dir(f, "a"), AAS_OK);
	assert_int_equal(fchownat(f->dirfd, "a", 0, OTHER, 0), 0);
	assert_int_equal(fchmodat(f->dirfd, "a", 0770, 0), 0);
	assert_int_equal(open_dir(f, "a"), AAS_ERR_PERMS);
	assert_int_equal(fchmodat(f->dirfd, "a", 0750, 0), 0);
	assert_int_equal(open_dir(f, "a"), AAS_OK);
}

static void
fs_dir_of_another_owner_is_refused(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip(); /* chown(2) */
	assert_int_equal(mkdirat(f->dirfd, "a", 0755), 0);
	assert_int_equal(mkdirat(f->dirfd, "a/b", 0755), 0);
	assert_int_equal(fchownat(f->dirfd, "a", OTHER, 0, 0), 0);
	assert_int_equal(open_dir(f, "a"), AAS_ERR_PERMS);
	assert_int_equal(open_dir(f, "a/b"), AAS_ERR_PERMS);
	/* Sticky does not help: its owner may rename what is in it. */
	assert_int_equal(fchmodat(f->dirfd, "a", 01777, 0), 0);
	assert_int_equal(open_dir(f, "a/b"), AAS_ERR_PERMS);
}

static void
fs_dir_link_or_file_on_the_way_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdirat(f->dirfd, "a", 0755), 0);
	assert_int_equal(mkdirat(f->dirfd, "a/b", 0755), 0);
	assert_int_equal(symlinkat("a", f->dirfd, "l"), 0);
	fixture_write(f, "file", "x", 0600);
	assert_int_equal(open_dir(f, "l"), AAS_ERR_PERMS);
	assert_int_equal(open_dir(f, "l/b"), AAS_ERR_PERMS);
	assert_int_equal(open_dir(f, "file"), AAS_ERR_PERMS);
	assert_int_equal(open_dir(f, "file/b"), AAS_ERR_PERMS);
	assert_int_equal(open_dir(f, "a/none"), AAS_ERR_NOTFOUND);
	assert_int_equal(open_dir(f, "none/b"), AAS_ERR_NOTFOUND);
	assert_int_equal(open_dir(f, "a/../a"), AAS_ERR_INVAL);
	assert_int_equal(open_dir(f, "a/./b"), AAS_ERR_INVAL);
}

static void
fs_look_goes_on_from_what_was_seen_and_no_further(void **state)
{
	struct fixture *f = *state;
	struct aas_fs_seen seen = { .path = "" };
	char path[FIXTURE_PATH];
	uid_t uid = 99;

	assert_int_equal(mkdirat(f->dirfd, "a", 0755), 0);
	assert_int_equal(mkdirat(f->dirfd, "a/b", 0755), 0);
	assert_int_equal(mkdirat(f->dirfd, "ab", 0777), 0);
	assert_int_equal(fchmodat(f->dirfd, "ab", 0777, 0), 0);
	(void)fixture_path(f, "a//b/", path);
	assert_int_equal(aas_fs_look(path, geteuid(), &seen, &uid), AAS_OK);
	assert_int_equal(uid, geteuid());
	(void)fixture_path(f, "a/b", path);
	assert_string_equal(seen.path, path);
	/* It and all above it are known, as long as it is not the last. */
	assert_int_equal(fchmodat(f->dirfd, "a", 0777, 0), 0);
	uid = 99;
	assert_int_equal(aas_fs_look(path, geteuid(), &seen, &uid), AAS_OK);
	assert_int_equal(uid, geteuid());
	assert_int_equal(
	    aas_fs_look(fixture_path(f, "a/b/c", path), geteuid(), &seen, NULL),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_fs_look(fixture_path(f, "a", path), geteuid(), &seen, NULL),
	    AAS_ERR_PERMS);
	/* Not what only begins alike, not for another owner. */
	assert_int_equal(
	    aas_fs_look(fixture_path(f, "ab", path), geteuid(), &seen, NULL),
	    AAS_ERR_PERMS);
	assert_int_equal(
	    aas_fs_look(fixture_path(f, "a/b", path), OTHER, &seen, NULL),
	    AAS_ERR_PERMS);
	/* A sticky one that was passed is not good enough as the last. */
	assert_int_equal(fchmodat(f->dirfd, "a", 01777, 0), 0);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(
	    aas_fs_look(fixture_path(f, "a/b", path), geteuid(), &seen, NULL),
	    AAS_OK);
	assert_int_equal(
	    aas_fs_look(fixture_path(f, "a", path), geteuid(), &seen, NULL),
	    AAS_ERR_PERMS);
}

static void
fs_kernel_text_is_read_whole_or_refused(void **state)
{
	struct fixture *f = *state;
	char b[8], path[FIXTURE_PATH];
	size_t len = 0;

	(void)fixture_path(f, "a", path);
	fixture_write(f, "a", "12345\n", 0600);
	assert_int_equal(aas_fs_kernel(path, b, sizeof(b), &len), AAS_OK);
	assert_int_equal(len, 6);
	assert_string_equal(b, "12345\n");
	assert_int_equal(aas_fs_kernel(path, b, 7, &len), AAS_OK);
	assert_int_equal(aas_fs_kernel(path, b, 6, &len), AAS_ERR_TOOBIG);
	/* /proc/PID/loginuid has no line feed. */
	fixture_write(f, "b", "1", 0600);
	(void)fixture_path(f, "b", path);
	assert_int_equal(aas_fs_kernel(path, b, sizeof(b), &len), AAS_OK);
	assert_string_equal(b, "1");
	fixture_write(f, "c", "", 0600);
	(void)fixture_path(f, "c", path);
	assert_int_equal(aas_fs_kernel(path, b, sizeof(b), &len), AAS_OK);
	assert_int_equal(len, 0);
	assert_int_equal(
	    aas_fs_kernel(fixture_path(f, "none", path), b, sizeof(b), &len),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_fs_kernel(f->dir, b, sizeof(b), &len), AAS_ERR_SYS);
}

static void
fs_dirat_opens_one_checked_component(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	assert_int_equal(mkdirat(f->dirfd, "a", 0700), 0);
	assert_int_equal(aas_fs_dirat(f->dirfd, "a", geteuid(), &fd), AAS_OK);
	assert_true(fd >= 3);
	aas_close(&fd);
	assert_int_equal(fchmodat(f->dirfd, "a", 01777, 0), 0);
	assert_int_equal(
	    aas_fs_dirat(f->dirfd, "a", geteuid(), &fd), AAS_ERR_PERMS);
	assert_int_equal(
	    aas_fs_dirat(f->dirfd, "b", geteuid(), &fd), AAS_ERR_NOTFOUND);
}

static int
as_another_user(void *arg)
{
	const struct fixture *f = arg;
	struct aas_buf b = { NULL, 0 };
	char path[FIXTURE_PATH];
	int fd = -1;

	CHECK(setgid(OTHER) == 0 && setuid(OTHER) == 0);
	CHECK(snprintf(path, sizeof(path), "%s/pass", f->dir) > 0);
	CHECK(aas_fs_dir(path, OTHER, &fd) == AAS_OK);
	CHECK(aas_fs_read(fd, "a", OTHER, 022, 9, &b, NULL) == AAS_OK);
	aas_buf_free(&b);
	CHECK(aas_fs_read(fd, "x", OTHER, 022, 9, &b, NULL) == AAS_ERR_SYS);
	CHECK(errno == EACCES);
	/* A reader may take root's lock, and write nothing to it. */
	CHECK(aas_fs_lock(fd, "a", 0, 0, &fd) == AAS_OK);
	aas_close(&fd);
	return 0;
}

/* As aas-unlock and aasctl do: pass through, read what is for everyone. */
static void
fs_directory_that_may_only_be_passed_is_enough(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip(); /* setuid(2) */
	assert_int_equal(fchmod(f->dirfd, 0711), 0);
	assert_int_equal(mkdirat(f->dirfd, "pass", 0711), 0);
	assert_int_equal(fchmodat(f->dirfd, "pass", 0711, 0), 0);
	fixture_write(f, "pass/a", "x", 0644);
	fixture_write(f, "pass/x", "x", 0600);
	assert_int_equal(fixture_in_child(as_another_user, f), 0);
}

static void
fs_dir_path_must_be_absolute(void **state)
{
	char huge[5000];
	int fd = -1;

	(void)state;
	assert_int_equal(aas_fs_dir("tmp", 0, &fd), AAS_ERR_INVAL);
	assert_int_equal(aas_fs_dir("", 0, &fd), AAS_ERR_INVAL);
	assert_int_equal(aas_fs_dir(NULL, 0, &fd), AAS_ERR_INVAL);
	memset(huge, 'a', sizeof(huge));
	huge[0] = '/';
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(aas_fs_dir(huge, 0, &fd), AAS_ERR_INVAL);
	assert_int_equal(aas_fs_read_path("etc/passwd", 0, 022, 1, NULL, NULL),
	    AAS_ERR_INVAL);
	assert_int_equal(
	    aas_fs_read_path(huge, 0, 022, 1, NULL, NULL), AAS_ERR_INVAL);
	assert_int_equal(
	    aas_fs_read_path("/tmp/", 0, 022, 1, NULL, NULL), AAS_ERR_PERMS);
	assert_int_equal(aas_fs_dir("/", 0, &fd), AAS_OK);
	aas_close(&fd);
}

static void
fs_read_path_reads_below_a_checked_parent(void **state)
{
	struct fixture *f = *state;
	struct aas_buf b = { NULL, 0 };
	char path[FIXTURE_PATH];

	assert_int_equal(mkdirat(f->dirfd, "d", 0755), 0);
	fixture_write(f, "d/a", "hello", 0644);
	(void)fixture_path(f, "d/a", path);
	assert_int_equal(
	    aas_fs_read_path(path, geteuid(), 022, 99, &b, NULL), AAS_OK);
	assert_string_equal((const char *)b.p, "hello");
	aas_buf_free(&b);
	assert_int_equal(fchmodat(f->dirfd, "d", 0757, 0), 0);
	assert_int_equal(aas_fs_read_path(path, geteuid(), 022, 99, &b, NULL),
	    AAS_ERR_PERMS);
}

/* --- F46: swapped between check and use ----------------------------------- */

/* In a child: exchange two names until killed. */
static pid_t
swap_forever(const struct fixture *f, const char *a, const char *b)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			(void)renameat2(
			    f->dirfd, a, f->dirfd, b, RENAME_EXCHANGE);
	}
	return pid;
}

static void
swap_stop(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
swapped(const struct fixture *f, const char *other)
{
	pid_t pid = swap_forever(f, "good", other);
	int good = 0;
	int refusals = 0;

	for (int i = 0; i < 20000; i++) {
		struct aas_buf b = { NULL, 0 };
		int r =
		    aas_fs_read(f->dirfd, "good", geteuid(), 022, 64, &b, NULL);

		if (r == AAS_OK) {
			assert_string_equal((const char *)b.p, "good");
			good++;
		} else {
			assert_int_equal(r, AAS_ERR_PERMS);
			refusals++;
		}
		aas_buf_free(&b);
	}
	swap_stop(pid);
	assert_true(good + refusals == 20000);
}

static void
fs_f46_file_swapped_with_a_writable_one_is_never_read(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "good", "good", 0600);
	fixture_write(f, "evil", "evil", 0666);
	swapped(f, "evil");
}

static void
fs_f46_file_swapped_with_a_link_is_never_followed(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "good", "good", 0600);
	fixture_write(f, "secret", "evil", 0600);
	assert_int_equal(symlinkat("secret", f->dirfd, "evil"), 0);
	swapped(f, "evil");
}

static void
fs_f46_cve_2025_6020_directory_swapped_with_a_link_is_never_followed(
    void **state)
{
	struct fixture *f = *state;
	char path[FIXTURE_PATH];
	pid_t pid = 0;

	assert_int_equal(mkdirat(f->dirfd, "d", 0755), 0);
	assert_int_equal(mkdirat(f->dirfd, "bad", 0755), 0);
	fixture_write(f, "d/a", "good", 0644);
	fixture_write(f, "bad/a", "evil", 0644);
	assert_int_equal(symlinkat("bad", f->dirfd, "link"), 0);
	(void)fixture_path(f, "d/a", path);
	pid = swap_forever(f, "d", "link");
	for (int i = 0; i < 10000; i++) {
		struct aas_buf b = { NULL, 0 };
		int r = aas_fs_read_path(path, geteuid(), 022, 9, &b, NULL);

		if (r == AAS_OK)
			assert_string_equal((const char *)b.p, "good");
		else
			assert_int_equal(r, AAS_ERR_PERMS);
		aas_buf_free(&b);
	}
	swap_stop(pid);
}

/* --- writing -------------------------------------------------------------- */

static void
fs_replace_makes_exactly_that_file(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	mode_t was = umask(0777); /* a host's umask is not ours */

	assert_int_equal(
	    aas_fs_replace(f->dirfd, "a", "one", 3, (uid_t)-1, (gid_t)-1, 0640),
	    AAS_OK);
	assert_int_equal(aas_fs_replace(f->dirfd, "a", "three", 5, (uid_t)-1,
			     (gid_t)-1, 0604),
	    AAS_OK);
	(void)umask(was);
	assert_int_equal(fstatat(f->dirfd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0604);
	assert_int_equal(read_text(f, "a", 022, "three"), AAS_OK);
	assert_int_equal(
	    aas_fs_replace(f->dirfd, "a", NULL, 0, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_OK);
	assert_int_equal(read_text(f, "a", 077, ""), AAS_OK);
	assert_false(exists(f, ".a.tmp"));
}

static void
fs_replace_gives_it_to_owner_and_group(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	if (geteuid() != 0)
		skip(); /* chown(2) */
	assert_int_equal(
	    aas_fs_replace(f->dirfd, "a", "x", 1, OTHER, OTHER + 1, 0640),
	    AAS_OK);
	assert_int_equal(fstatat(f->dirfd, "a", &st, 0), 0);
	assert_int_equal(st.st_uid, OTHER);
	assert_int_equal(st.st_gid, OTHER + 1);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
}

static void
fs_f9_left_over_temporary_file_is_not_in_the_way(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "victim", "keep", 0600);
	fixture_write(
	    f, ".a.tmp", "left by a crash, longer than what comes", 0444);
	assert_int_equal(
	    aas_fs_replace(f->dirfd, "a", "x", 1, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_OK);
	assert_int_equal(read_text(f, "a", 077, "x"), AAS_OK);
	assert_int_equal(symlinkat("victim", f->dirfd, ".a.tmp"), 0);
	assert_int_equal(
	    aas_fs_replace(f->dirfd, "a", "y", 1, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_OK);
	assert_int_equal(read_text(f, "a", 077, "y"), AAS_OK);
	assert_int_equal(read_text(f, "victim", 077, "keep"), AAS_OK);
}

static void
fs_cve_2019_12209_replace_takes_the_place_of_a_link_not_its_target(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "victim", "keep", 0600);
	assert_int_equal(symlinkat("victim", f->dirfd, "a"), 0);
	assert_int_equal(
	    aas_fs_replace(f->dirfd, "a", "x", 1, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_OK);
	assert_int_equal(read_text(f, "a", 077, "x"), AAS_OK);
	assert_int_equal(read_text(f, "victim", 077, "keep"), AAS_OK);
}

static void
fs_failed_replace_leaves_the_old_and_no_litter(void **state)
{
	struct fixture *f = *state;
	char name[256];

	assert_int_equal(mkdirat(f->dirfd, "a", 0700), 0);
	assert_int_equal(
	    aas_fs_replace(f->dirfd, "a", "x", 1, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_ERR_SYS);
	assert_false(exists(f, ".a.tmp"));
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_int_equal(
	    aas_fs_replace(f->dirfd, name, "x", 1, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_ERR_INVAL);
	assert_int_equal(
	    aas_fs_replace(-1, "a", "x", 1, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_ERR_SYS);
}

/* RLIMIT_FSIZE stands for every way a write falls short; SIGXFSZ kills. */
static int
write_over_a_limit(void *arg)
{
	const struct fixture *f = arg;
	struct rlimit limit = { 4, RLIM_INFINITY };
	struct stat st;

	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHECK(aas_fs_replace(f->dirfd, "a", "too long", 8, (uid_t)-1, (gid_t)-1,
		  0600) == AAS_ERR_SYS);
	CHECK(errno == EFBIG);
	CHECK(aas_fs_create(f->dirfd, "b", "too long", 8, 0600) == AAS_ERR_SYS);
	CHECK(errno == EFBIG);
	CHECK(fstatat(f->dirfd, ".a.tmp", &st, 0) == -1);
	CHECK(fstatat(f->dirfd, "b", &st, 0) == -1);
	CHECK(aas_fs_replace(f->dirfd, "c", "four", 4, (uid_t)-1, (gid_t)-1,
		  0600) == AAS_OK);
	limit.rlim_cur = RLIM_INFINITY; /* for what a coverage build writes */
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	return 0;
}

static void
fs_f42_file_size_limit_is_an_error_not_a_signal(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "a", "old", 0600);
	assert_int_equal(fixture_in_child(write_over_a_limit, f), 0);
	assert_int_equal(read_text(f, "a", 077, "old"), AAS_OK);
}

static void
fs_create_never_replaces(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	mode_t was = umask(0777);

	assert_int_equal(aas_fs_create(f->dirfd, "a", "one", 3, 0640), AAS_OK);
	(void)umask(was);
	assert_int_equal(fstatat(f->dirfd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(
	    aas_fs_create(f->dirfd, "a", "two", 3, 0600), AAS_ERR_EXISTS);
	assert_int_equal(read_text(f, "a", 022, "one"), AAS_OK);
	assert_int_equal(symlinkat("nowhere", f->dirfd, "link"), 0);
	assert_int_equal(
	    aas_fs_create(f->dirfd, "link", "x", 1, 0600), AAS_ERR_EXISTS);
	assert_false(exists(f, "nowhere"));
}

#define RACERS 8

static void
fs_create_raced_has_one_winner(void **state)
{
	struct fixture *f = *state;
	char text[2] = "0";
	pid_t pids[RACERS];
	int winners = 0;

	for (int round = 0; round < 20; round++) {
		(void)unlinkat(f->dirfd, "a", 0);
		winners = 0;
		for (int i = 0; i < RACERS; i++) {
			text[0] = (char)('0' + i);
			if ((pids[i] = fork()) == 0)
				_exit(aas_fs_create(f->dirfd, "a", text, 1,
					  0600) == AAS_OK);
			assert_int_not_equal(pids[i], -1);
		}
		for (int i = 0; i < RACERS; i++) {
			int status = 0;

			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_true(WIFEXITED(status));
			winners += WEXITSTATUS(status);
		}
		assert_int_equal(winners, 1);
	}
}

/* --- locks ---------------------------------------------------------------- */

static void
fs_f10_lock_keeps_the_second_out_until_its_limit(void **state)
{
	struct fixture *f = *state;
	int64_t before = 0;
	int a = -1;
	int b = -1;

	assert_int_equal(aas_fs_lock(f->dirfd, "l", 1, 0, &a), AAS_OK);
	assert_int_equal(aas_fs_lock(f->dirfd, "l", 1, 0, &b), AAS_ERR_TIMEOUT);
	before = aas_clock_ms();
	assert_int_equal(
	    aas_fs_lock(f->dirfd, "l", 0, 30, &b), AAS_ERR_TIMEOUT);
	assert_true(aas_clock_ms() - before >= 30);
	assert_true(aas_clock_ms() - before < 2000);
	assert_int_equal(b, -1);
	aas_close(&a);
	assert_int_equal(aas_fs_lock(f->dirfd, "l", 1, 0, &b), AAS_OK);
	assert_true(fcntl(b, F_GETFD) & FD_CLOEXEC);
	aas_close(&b);
}

static void
fs_lock_shared_is_shared(void **state)
{
	struct fixture *f = *state;
	int a = -1;
	int b = -1;
	int c = -1;

	assert_int_equal(aas_fs_lock(f->dirfd, "l", 0, 0, &a), AAS_OK);
	assert_int_equal(aas_fs_lock(f->dirfd, "l", 0, 0, &b), AAS_OK);
	assert_int_equal(aas_fs_lock(f->dirfd, "l", 1, 0, &c), AAS_ERR_TIMEOUT);
	aas_close(&a);
	aas_close(&b);
}

static void
fs_lock_under_any_umask_is_0600(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	mode_t was = umask(0777);
	int a = -1;

	assert_int_equal(aas_fs_lock(f->dirfd, "l", 1, 0, &a), AAS_OK);
	(void)umask(was);
	assert_int_equal(fstat(a, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	aas_close(&a);
}

static void
fs_lock_that_others_may_write_is_refused(void **state)
{
	struct fixture *f = *state;
	int a = -1;

	fixture_write(f, "l", "", 0666);
	assert_int_equal(aas_fs_lock(f->dirfd, "l", 1, 0, &a), AAS_ERR_PERMS);
}

/* Eight processes lock, check that they are alone, remove the file, go. */
static int
lock_and_remove(const struct fixture *f)
{
	for (int i = 0; i < 25; i++) {
		int fd = -1;

		CHECK(aas_fs_lock(f->dirfd, "l", 1, 20000, &fd) == AAS_OK);
		CHECK(mkdirat(f->dirfd, "alone", 0700) == 0);
		CHECK(unlinkat(f->dirfd, "alone", AT_REMOVEDIR) == 0);
		CHECK(unlinkat(f->dirfd, "l", 0) == 0);
		aas_close(&fd);
	}
	return 0;
}

static void
fs_lock_on_a_file_removed_meanwhile_is_not_taken(void **state)
{
	struct fixture *f = *state;
	pid_t pids[RACERS];

	for (int i = 0; i < RACERS; i++) {
		if ((pids[i] = fork()) == 0)
			_exit(lock_and_remove(f) != 0);
		assert_int_not_equal(pids[i], -1);
	}
	for (int i = 0; i < RACERS; i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

/* --- descriptors, signals, the host's oddities ---------------------------- */

static void
fs_high_moves_up_and_keeps_the_rest(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int up = -1;

	(void)state;
	assert_true(fd >= 3);
	assert_int_equal(aas_fs_high(fd), fd);
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	up = aas_fs_high(fd); /* not close-on-exec: a new one, that is */
	assert_true(up >= 3);
	assert_true(fcntl(up, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(close(up), 0);
	assert_int_equal(aas_fs_high(-1), -1);
}

static int
everything_without_standard_descriptors(void *arg)
{
	const struct fixture *f = arg;
	struct aas_buf b = { NULL, 0 };
	int fd = -1;
	int lock = -1;

	for (int i = 0; i < 3; i++)
		(void)close(i);
	CHECK(aas_fs_dir(f->dir, geteuid(), &fd) == AAS_OK && fd >= 3);
	CHECK(aas_fs_replace(fd, "a", "x", 1, (uid_t)-1, (gid_t)-1, 0600) ==
	    AAS_OK);
	CHECK(aas_fs_create(fd, "b", "x", 1, 0600) == AAS_OK);
	CHECK(aas_fs_lock(fd, "l", 1, 0, &lock) == AAS_OK && lock >= 3);
	aas_close(&lock);
	CHECK(aas_fs_open(fd, "a", geteuid(), 077, &lock, NULL) == AAS_OK);
	CHECK(lock >= 3);
	aas_close(&lock);
	CHECK(aas_fs_read(fd, "a", geteuid(), 077, 9, &b, NULL) == AAS_OK);
	aas_buf_free(&b);
	aas_close(&fd);
	for (int i = 0; i < 3; i++)
		CHECK(fcntl(i, F_GETFD) == -1 && errno == EBADF);
	return 0;
}

static void
fs_f30_no_descriptor_is_ever_0_to_2(void **state)
{
	assert_int_equal(
	    fixture_in_child(everything_without_standard_descriptors, *state),
	    0);
}

static int
no_descriptors_left(void *arg)
{
	const struct fixture *f = arg;
	struct aas_buf b = { NULL, 0 };
	struct rlimit limit = { 3, 3 };
	int fd = -1;

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK(aas_fs_dir(f->dir, geteuid(), &fd) == AAS_ERR_SYS);
	CHECK(aas_fs_read(f->dirfd, "a", geteuid(), 0, 9, &b, NULL) ==
	    AAS_ERR_SYS);
	CHECK(aas_fs_replace(f->dirfd, "a", "new", 3, (uid_t)-1, (gid_t)-1,
		  0600) == AAS_ERR_SYS);
	CHECK(aas_fs_lock(f->dirfd, "l", 1, 0, &fd) == AAS_ERR_SYS);
	(void)close(0);
	CHECK(aas_fs_dir(f->dir, geteuid(), &fd) == AAS_ERR_SYS);
	CHECK(fcntl(0, F_GETFD) == -1);
	return 0;
}

static void
fs_f42_no_descriptors_left_is_an_error(void **state)
{
	struct fixture *f = *state;

	if (fixture_valgrind())
		skip(); /* it keeps descriptors of its own */
	fixture_write(f, "a", "old", 0600);
	assert_int_equal(fixture_in_child(no_descriptors_left, f), 0);
	assert_int_equal(read_text(f, "a", 0, "old"), AAS_OK);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static int
interrupted_each_millisecond(void *arg)
{
	const struct fixture *f = arg;
	struct sigaction sa = { .sa_handler = on_alarm }; /* no SA_RESTART */
	struct itimerval it = { { 0, 1000 }, { 0, 1000 } };
	struct aas_buf b = { NULL, 0 };
	int fd = -1;
	int again = -1;

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	for (int i = 0; i < 50; i++) {
		CHECK(aas_fs_replace(f->dirfd, "a", "x", 1, (uid_t)-1,
			  (gid_t)-1, 0600) == AAS_OK);
		CHECK(aas_fs_read(f->dirfd, "a", geteuid(), 077, 9, &b, NULL) ==
		    AAS_OK);
		aas_buf_free(&b);
	}
	CHECK(aas_fs_lock(f->dirfd, "l", 1, 0, &fd) == AAS_OK);
	CHECK(aas_fs_lock(f->dirfd, "l", 1, 30, &again) == AAS_ERR_TIMEOUT);
	aas_close(&fd);
	return 0;
}

static void
fs_f25_signals_change_nothing(void **state)
{
	assert_int_equal(
	    fixture_in_child(interrupted_each_millisecond, *state), 0);
}

static void
fs_all_bytes_through_a_pipe_or_an_error(void **state)
{
	char got[8] = "";
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(aas_fs_write_all(p[1], "hello", 5), AAS_OK);
	assert_int_equal(aas_fs_write_all(p[1], NULL, 0), AAS_OK);
	assert_int_equal(close(p[1]), 0);
	assert_int_equal(read(p[0], got, sizeof(got)), 5);
	assert_memory_equal(got, "hello", 5);
	assert_int_equal(close(p[0]), 0);
	assert_int_equal(aas_fs_write_all(-1, got, 1), AAS_ERR_SYS);
}

static void
fs_buffer_is_wiped_before_it_is_freed(void **state)
{
	struct fixture *f = *state;
	struct aas_buf b = { NULL, 0 };
	const uint8_t *was = NULL;

	fixture_write(f, "a", "secret", 0600);
	assert_int_equal(
	    aas_fs_read(f->dirfd, "a", geteuid(), 077, 9, &b, NULL), AAS_OK);
	was = b.p;
	wipe_reset();
	aas_buf_free(&b);
	assert_true(wipe_covers(was, 6));
}

static void
fs_close_keeps_errno(void **state)
{
	int fd = dup(STDERR_FILENO);

	(void)state;
	errno = EDOM;
	aas_close(&fd);
	assert_int_equal(fd, -1);
	aas_close(&fd);
	assert_int_equal(errno, EDOM);
	fd = 9999; /* not open: still no error of ours */
	aas_close(&fd);
	assert_int_equal(errno, EDOM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(fs_plain_file_is_read),
		FIXTURE_TEST(fs_f47_empty_file_is_zero_bytes_not_an_error),
		FIXTURE_TEST(fs_over_the_bound_is_toobig),
		FIXTURE_TEST(
		    fs_file_that_changes_its_length_meanwhile_is_again),
		FIXTURE_TEST(fs_missing_file_is_not_found),
		FIXTURE_TEST(fs_name_that_is_a_path_is_refused),
		FIXTURE_TEST(fs_f45_symlink_is_refused),
		FIXTURE_TEST(fs_f45_fifo_is_refused),
		FIXTURE_TEST(fs_f45_socket_is_refused),
		FIXTURE_TEST(fs_f45_device_is_refused),
		FIXTURE_TEST(fs_f45_directory_is_refused),
		FIXTURE_TEST(fs_f45_second_link_is_refused),
		FIXTURE_TEST(fs_f45_other_owner_is_refused),
		FIXTURE_TEST(fs_f45_forbidden_mode_bits_are_refused),
		FIXTURE_TEST(fs_dir_checks_every_component),
		FIXTURE_TEST(fs_dir_group_writable_only_by_roots_group),
		FIXTURE_TEST(fs_dir_of_another_owner_is_refused),
		FIXTURE_TEST(fs_dir_link_or_file_on_the_way_is_refused),
		FIXTURE_TEST(fs_look_goes_on_from_what_was_seen_and_no_further),
		FIXTURE_TEST(fs_kernel_text_is_read_whole_or_refused),
		FIXTURE_TEST(fs_dirat_opens_one_checked_component),
		FIXTURE_TEST(fs_directory_that_may_only_be_passed_is_enough),
		FIXTURE_TEST(fs_dir_path_must_be_absolute),
		FIXTURE_TEST(fs_read_path_reads_below_a_checked_parent),
		FIXTURE_TEST(
		    fs_f46_file_swapped_with_a_writable_one_is_never_read),
		FIXTURE_TEST(fs_f46_file_swapped_with_a_link_is_never_followed),
		FIXTURE_TEST(
		    fs_f46_cve_2025_6020_directory_swapped_with_a_link_is_never_followed),
		FIXTURE_TEST(fs_replace_makes_exactly_that_file),
		FIXTURE_TEST(fs_replace_gives_it_to_owner_and_group),
		FIXTURE_TEST(fs_f9_left_over_temporary_file_is_not_in_the_way),
		FIXTURE_TEST(
		    fs_cve_2019_12209_replace_takes_the_place_of_a_link_not_its_target),
		FIXTURE_TEST(fs_failed_replace_leaves_the_old_and_no_litter),
		FIXTURE_TEST(fs_f42_file_size_limit_is_an_error_not_a_signal),
		FIXTURE_TEST(fs_create_never_replaces),
		FIXTURE_TEST(fs_create_raced_has_one_winner),
		FIXTURE_TEST(fs_f10_lock_keeps_the_second_out_until_its_limit),
		FIXTURE_TEST(fs_lock_shared_is_shared),
		FIXTURE_TEST(fs_lock_under_any_umask_is_0600),
		FIXTURE_TEST(fs_lock_that_others_may_write_is_refused),
		FIXTURE_TEST(fs_lock_on_a_file_removed_meanwhile_is_not_taken),
		FIXTURE_TEST(fs_high_moves_up_and_keeps_the_rest),
		FIXTURE_TEST(fs_f30_no_descriptor_is_ever_0_to_2),
		FIXTURE_TEST(fs_f42_no_descriptors_left_is_an_error),
		FIXTURE_TEST(fs_f25_signals_change_nothing),
		FIXTURE_TEST(fs_all_bytes_through_a_pipe_or_an_error),
		FIXTURE_TEST(fs_buffer_is_wiped_before_it_is_freed),
		FIXTURE_TEST(fs_close_keeps_errno),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
