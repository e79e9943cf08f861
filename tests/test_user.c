#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/user.h"
#include "tests/fixture.h"

/* The name service of these tests; by --wrap. */
static struct {
	int error;        /* what the look-up returns */
	int eintr;        /* first, so many times, EINTR */
	int absent;       /* no such entry */
	const char *name; /* as the entry spells it; NULL: as asked */
	uid_t uid;
	size_t need; /* bytes of buffer the entry wants */
	int groups;  /* how many; -1: no memory */
	int calls;
	int list_fails;  /* so many times getgrouplist sees the own group alone
			  */
	int file_error;  /* of /etc/group itself */
	int gid_error;   /* what getgrgid_r returns */
	int gid_eintr;   /* first, so many times, EINTR */
	size_t gid_need; /* bytes of buffer that groups before it want */
	gid_t gid_known; /* a group that there is */
	int unasked;     /* 1: no source at all: errno is what is returned */
} ns;

int __wrap_getpwnam_r(const char *name, struct passwd *pw, char *buf, size_t n,
    struct passwd **res);
int __wrap_getpwuid_r(
    uid_t uid, struct passwd *pw, char *buf, size_t n, struct passwd **res);
int __wrap_getgrouplist(const char *name, gid_t gid, gid_t *gids, int *n);
int __real_openat(int fd, const char *path, int flags, ...);
int __wrap_openat(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...);
int __wrap_getgrgid_r(
    gid_t gid, struct group *gr, char *buf, size_t n, struct group **res);

int
__wrap_getpwnam_r(const char *name, struct passwd *pw, char *buf, size_t n,
    struct passwd **res)
{
	ns.calls++;
	*res = NULL;
	if (ns.eintr > 0) {
		ns.eintr--;
		return EINTR;
	}
	if (n < ns.need)
		return ERANGE;
	if (ns.error != 0 || ns.absent)
		return ns.error;
	memset(pw, 0, sizeof(*pw));
	(void)snprintf(buf, n, "%s", ns.name != NULL ? ns.name : name);
	pw->pw_name = buf;
	pw->pw_uid = ns.uid;
	pw->pw_gid = 100;
	*res = pw;
	return 0;
}

int
__wrap_getpwuid_r(
    uid_t uid, struct passwd *pw, char *buf, size_t n, struct passwd **res)
{
	(void)uid;
	return __wrap_getpwnam_r("alice", pw, buf, n, res);
}

int
__wrap_getgrouplist(const char *name, gid_t gid, gid_t *gids, int *n)
{
	int cap = *n;

	(void)name;
	if (ns.groups == -1)
		return -1;
	if (ns.list_fails > 0) {
		ns.list_fails--;
		*n = 1;
		gids[0] = gid;
		return 1;
	}
	*n = ns.groups;
	for (int i = 0; i < ns.groups && i < cap; i++)
		gids[i] = gid + (gid_t)i;
	return ns.groups > cap ? -1 : ns.groups;
}

int
__wrap_openat(int fd, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	if (strcmp(path, "/etc/group") != 0) {
		va_start(ap, flags);
		if ((flags & O_CREAT) != 0)
			mode = va_arg(ap, mode_t);
		va_end(ap);
		return __real_openat(fd, path, flags, mode);
	}
	if (ns.file_error == 0)
		return __real_openat(fd, "/dev/null", O_RDONLY | O_CLOEXEC);
	errno = ns.file_error;
	return -1;
}

int
__wrap_openat64(int fd, const char *path, int flags, ...)
{
	return __wrap_openat(fd, path, flags, 0600);
}

int
__wrap_getgrgid_r(
    gid_t gid, struct group *gr, char *buf, size_t n, struct group **res)
{
	/* The user's own group would end in the first source that has it. */
	assert_true(gid == (gid_t)-1 || gid >= 7000);
	assert_true(n > 0 && buf != NULL);
	*res = NULL;
	if (ns.gid_eintr > 0) {
		ns.gid_eintr--;
		return EINTR;
	}
	if (ns.unasked)
		return errno;
	if (ns.gid_error != 0)
		return ns.gid_error;
	memset(gr, 0, sizeof(*gr));
	if (ns.gid_known != 0 && gid == ns.gid_known)
		*res = gr;
	return n < ns.gid_need ? ERANGE : 0;
}

static int
ns_reset(void **state)
{
	memset(&ns, 0, sizeof(ns));
	ns.uid = 1000;
	ns.groups = 1;
	return fixture_setup(state);
}

static void
user_entry_of_that_name_is_taken(void **state)
{
	struct aas_user u;

	(void)state;
	assert_int_equal(aas_user_name("alice", &u), AAS_OK);
	assert_string_equal(u.name, "alice");
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 100);
	assert_int_equal(aas_user_uid(1000, &u), AAS_OK);
	assert_string_equal(u.name, "alice");
}

static void
user_f32_hostile_name_is_never_looked_up(void **state)
{
	static const char *const bad[] = { "", ".", "..", "../x", "a/b", "/",
		"-x", "-", "a:b", "a\nb", "a\tb", "\x1b[2J", "a\x7f", " a",
		"a ", " ", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82",
		"a\xc2\x85", "\xf4\x90\x80\x80" };
	char *huge = malloc(1000001);
	struct aas_user u = { .uid = 4711 };

	(void)state;
	assert_non_null(huge);
	memset(huge, 'a', 1000000);
	huge[1000000] = '\0';
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(aas_user_valid(bad[i]), 0);
		assert_int_equal(aas_user_name(bad[i], &u), AAS_ERR_INVAL);
	}
	assert_int_equal(aas_user_name(NULL, &u), AAS_ERR_INVAL);
	assert_int_equal(aas_user_name(huge, &u), AAS_ERR_INVAL);
	huge[256] = '\0';
	assert_int_equal(aas_user_name(huge, &u), AAS_ERR_INVAL);
	huge[255] = '\0';
	assert_int_equal(aas_user_name(huge, &u), AAS_OK);
	assert_int_equal(ns.calls, 1);
	free(huge);
}

static void
user_f32_odd_name_is_only_data(void **state)
{
	static const char *const odd[] = { "a", "0", "%n%s", "user@dom",
		"DOM\\user", "$(id)", "a;b", "a b", "machine$", "Alice",
		"\xc3\xa9lodie", "\xd0\xb0lice", "..a", "a-" };
	struct aas_user u;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(aas_user_name(odd[i], &u), AAS_OK);
		assert_string_equal(u.name, odd[i]);
	}
	ns.absent = 1;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(aas_user_name(odd[i], &u), AAS_ERR_NOTFOUND);
}

static void
user_cve_2025_11561_folded_name_is_another_user(void **state)
{
	struct aas_user u = { .uid = 4711 };

	(void)state;
	ns.name = "alice";
	assert_int_equal(aas_user_name("Alice", &u), AAS_ERR_INVAL);
	assert_int_equal(aas_user_name("alice@dom", &u), AAS_ERR_INVAL);
	assert_int_equal(u.uid, 4711);
}

static void
user_entry_with_a_hostile_name_is_refused(void **state)
{
	struct aas_user u = { .uid = 4711 };

	(void)state;
	ns.name = "../root";
	assert_int_equal(aas_user_uid(1000, &u), AAS_ERR_INVAL);
	assert_int_equal(u.uid, 4711);
}

static void
user_cve_2018_19788_cve_2019_14287_uid_is_no_other(void **state)
{
	static const uid_t bad[] = { (uid_t)-1, 65535, 0x80000000, 4294967294U,
		4294967295U };
	static const uid_t good[] = { 0, 1000, 65534, 65536, 0x7fffffff };
	struct aas_user u;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ns.uid = bad[i];
		assert_int_equal(aas_user_name("alice", &u), AAS_ERR_DENIED);
		assert_int_equal(aas_user_uid(bad[i], &u), AAS_ERR_DENIED);
		assert_int_equal(aas_user_why(AAS_ERR_DENIED), AAS_WHY_UID);
	}
	assert_int_equal(aas_user_why(AAS_ERR_NOTFOUND), AAS_WHY_USER);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ns.uid = good[i];
		assert_int_equal(aas_user_name("alice", &u), AAS_OK);
		assert_true(u.uid == good[i]);
		assert_int_equal(aas_user_uid(good[i], &u), AAS_OK);
	}
}

static void
user_entry_of_another_uid_is_refused(void **state)
{
	struct aas_user u;

	(void)state;
	ns.uid = 0;
	assert_int_equal(aas_user_uid(1000, &u), AAS_ERR_NOTFOUND);
}

static void
user_failed_lookup_is_never_a_user(void **state)
{
	static const struct {
		int error;
		int want;
	} t[] = { { EIO, AAS_ERR_SYS }, { EMFILE, AAS_ERR_SYS },
		{ EPERM, AAS_ERR_SYS }, { EBADF, AAS_ERR_SYS },
		{ EAGAIN, AAS_ERR_SYS }, { ETIMEDOUT, AAS_ERR_SYS },
		{ ENOMEM, AAS_ERR_NOMEM }, { ENOENT, AAS_ERR_SYS },
		{ ESRCH, AAS_ERR_SYS } };
	struct aas_user u = { .uid = 4711 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ns.error = t[i].error;
		assert_int_equal(aas_user_name("alice", &u), t[i].want);
		assert_int_equal(aas_user_uid(1000, &u), t[i].want);
	}
	assert_int_equal(u.uid, 4711);
}

static void
user_interrupted_lookup_goes_on(void **state)
{
	struct aas_user u;

	(void)state;
	ns.eintr = 3;
	assert_int_equal(aas_user_name("alice", &u), AAS_OK);
}

static void
user_big_entry_gets_room_up_to_a_limit(void **state)
{
	struct aas_user u;

	(void)state;
	ns.need = 100000;
	assert_int_equal(aas_user_name("alice", &u), AAS_OK);
	ns.need = SIZE_MAX;
	assert_int_equal(aas_user_name("alice", &u), AAS_ERR_SYS);
	assert_int_equal(errno, ERANGE);
}

static void
user_buffer_with_a_hash_is_wiped(void **state)
{
	struct aas_user u;

	(void)state;
	wipe_reset();
	ns.need = 2048; /* two rounds, two buffers */
	assert_int_equal(aas_user_name("alice", &u), AAS_OK);
	assert_int_equal(wipe_calls(), 2);
}

static void
user_groups_are_all_or_none(void **state)
{
	struct aas_user u = { .name = "alice", .uid = 1000, .gid = 100 };
	gid_t gids[AAS_USER_GROUPS];
	int n = 4711;

	(void)state;
	ns.groups = AAS_USER_GROUPS + 1;
	assert_int_equal(
	    aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_TOOBIG);
	ns.groups = -1;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_NOMEM);
	ns.groups = 0;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_SYS);
	assert_int_equal(n, 4711);
	ns.groups = AAS_USER_GROUPS;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_OK);
	assert_int_equal(n, AAS_USER_GROUPS);
	ns.groups = 2;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_OK);
	assert_int_equal(n, 2);
	assert_int_equal(gids[0], 100);
	memset(&u, 0, sizeof(u));
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_INVAL);
}

static void
user_f62_groups_of_a_source_that_fails_are_none(void **state)
{
	static const struct {
		int error;
		int want;
	} t[] = { { EIO, AAS_ERR_SYS }, { EMFILE, AAS_ERR_SYS },
		{ ENFILE, AAS_ERR_SYS }, { EACCES, AAS_ERR_SYS },
		{ EAGAIN, AAS_ERR_SYS }, { ETIMEDOUT, AAS_ERR_SYS },
		{ ECONNREFUSED, AAS_ERR_SYS }, { ENOMEM, AAS_ERR_NOMEM } };
	struct aas_user u = { .name = "alice", .uid = 1000, .gid = 100 };
	gid_t gids[AAS_USER_GROUPS];
	int n = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ns.gid_error = t[i].error;
		assert_int_equal(
		    aas_user_groups(&u, NULL, 0, gids, &n), t[i].want);
		assert_int_equal(errno, t[i].error);
	}
	/* A later source knows no such group. */
	ns.gid_error = 0;
	for (int i = 0; i < 4; i++) {
		ns.file_error = t[i].error;
		assert_int_equal(
		    aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_SYS);
	}
	assert_int_equal(n, 4711);
}

static void
user_f62_one_failed_read_does_not_shorten_the_list(void **state)
{
	struct aas_user u = { .name = "alice", .uid = 1000, .gid = 100 };
	gid_t gids[AAS_USER_GROUPS];
	int n = 0;

	(void)state;
	ns.groups = 3;
	ns.list_fails = 1;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_OK);
	assert_int_equal(n, 3);
}

static void
user_f62_group_that_is_nowhere_is_an_answer(void **state)
{
	static const int t[] = { 0, ENOENT, ESRCH };
	struct aas_user u = { .name = "alice", .uid = 1000, .gid = 100 };
	gid_t gids[AAS_USER_GROUPS];
	int n = 0;

	(void)state;
	ns.groups = 2;
	ns.gid_eintr = 3;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = 0;
		ns.gid_error = t[i];
		assert_int_equal(
		    aas_user_groups(&u, NULL, 0, gids, &n), AAS_OK);
		assert_int_equal(n, 2);
	}
	ns.gid_error = 0;
	ns.file_error = ENOENT; /* a host without one */
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_OK);
}

static void
user_f62_large_group_does_not_hide_a_fault(void **state)
{
	struct aas_user u = { .name = "alice", .uid = 1000, .gid = 100 };
	gid_t gids[AAS_USER_GROUPS];
	int n = 0;

	(void)state;
	ns.groups = 2;
	ns.gid_need = 100000;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_OK);
	ns.file_error = EACCES;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_SYS);
	ns.file_error = 0;
	ns.gid_need = SIZE_MAX;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_SYS);
}

/* su under a limit on memory: the library of the source cannot be loaded. */
static void
user_f62_source_that_was_passed_over_is_found_by_its_group(void **state)
{
	static const gid_t proof[] = { 7001, 7777 };
	struct aas_user u = { .name = "alice", .uid = 1000, .gid = 100 };
	gid_t gids[AAS_USER_GROUPS];
	int n = 4711;

	(void)state;
	ns.groups = 2;
	assert_int_equal(aas_user_groups(&u, proof, 2, gids, &n), AAS_ERR_SYS);
	assert_int_equal(n, 4711);
	ns.gid_known = 7000; /* not one of them */
	assert_int_equal(aas_user_groups(&u, proof, 2, gids, &n), AAS_ERR_SYS);
	ns.gid_known = 7777; /* any of them will do */
	assert_int_equal(aas_user_groups(&u, proof, 1, gids, &n), AAS_ERR_SYS);
	assert_int_equal(aas_user_groups(&u, proof, 2, gids, &n), AAS_OK);
	assert_int_equal(n, 2);
	ns.gid_error = ENOENT;
	assert_int_equal(aas_user_groups(&u, proof, 2, gids, &n), AAS_ERR_SYS);
}

static void
user_f62_no_source_asked_is_no_answer(void **state)
{
	struct aas_user u = { .name = "alice", .uid = 1000, .gid = 100 };
	gid_t gids[AAS_USER_GROUPS];
	int n = 4711;

	(void)state;
	ns.groups = 1;
	ns.unasked = 1;
	errno = 0;
	assert_int_equal(aas_user_groups(&u, NULL, 0, gids, &n), AAS_ERR_SYS);
	assert_int_equal(n, 4711);
}

#define NS_TEST(f) \
	cmocka_unit_test_setup_teardown(f, ns_reset, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NS_TEST(user_entry_of_that_name_is_taken),
		NS_TEST(user_f32_hostile_name_is_never_looked_up),
		NS_TEST(user_f32_odd_name_is_only_data),
		NS_TEST(user_cve_2025_11561_folded_name_is_another_user),
		NS_TEST(user_entry_with_a_hostile_name_is_refused),
		NS_TEST(user_cve_2018_19788_cve_2019_14287_uid_is_no_other),
		NS_TEST(user_entry_of_another_uid_is_refused),
		NS_TEST(user_failed_lookup_is_never_a_user),
		NS_TEST(user_interrupted_lookup_goes_on),
		NS_TEST(user_big_entry_gets_room_up_to_a_limit),
		NS_TEST(user_buffer_with_a_hash_is_wiped),
		NS_TEST(user_groups_are_all_or_none),
		NS_TEST(
		    user_f62_source_that_was_passed_over_is_found_by_its_group),
		NS_TEST(user_f62_no_source_asked_is_no_answer),
		NS_TEST(user_f62_groups_of_a_source_that_fails_are_none),
		NS_TEST(user_f62_one_failed_read_does_not_shorten_the_list),
		NS_TEST(user_f62_group_that_is_nowhere_is_an_answer),
		NS_TEST(user_f62_large_group_does_not_hide_a_fault),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
