/*
 * Since when a user has had grace.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "policy/signin/seen.h"
#include "tests/fixture.h"

#define NOW INT64_C(1780272000)

static const struct aas_user alice = { "alice", 1001, 1001 };
static const struct aas_user mallory = { "mallory", 1001, 1001 };

static void
seen_first_sign_in_is_kept(void **state)
{
	const struct fixture *f = *state;
	struct stat st;
	int64_t since = 0;

	assert_int_equal(
	    aas_seen_get(f->dir, &alice, NOW, &since), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(since, NOW);
	assert_int_equal(
	    aas_seen_need(f->dir, &alice, NOW + 100, &since), AAS_OK);
	assert_int_equal(since, NOW);
	assert_int_equal(
	    aas_seen_get(f->dir, &alice, NOW + 100, &since), AAS_OK);
	assert_int_equal(since, NOW);
	assert_int_equal(fstatat(f->dirfd, "seen/1001", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* Who has the uid now; by --wrap. */
static struct {
	int error;
	uid_t uid;
	int calls;
} ns;

int __wrap_aas_user_name(const char *name, struct aas_user *u);

int
__wrap_aas_user_name(const char *name, struct aas_user *u)
{
	ns.calls++;
	if (ns.error != 0)
		return ns.error;
	memset(u, 0, sizeof(*u));
	(void)snprintf(u->name, sizeof(u->name), "%s", name);
	u->uid = ns.uid;
	return AAS_OK;
}

/* bob and bobby in turn: one grace. */
static void
seen_f61_other_name_of_the_uid_has_the_same_grace(void **state)
{
	const struct fixture *f = *state;
	int64_t since = 0;

	memset(&ns, 0, sizeof(ns));
	ns.uid = 1001;
	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(ns.calls, 0);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(
		    aas_seen_need(f->dir, &mallory, NOW + i, &since), AAS_OK);
		assert_int_equal(since, NOW);
		assert_int_equal(
		    aas_seen_need(f->dir, &alice, NOW + i, &since), AAS_OK);
		assert_int_equal(since, NOW);
	}
	assert_int_equal(
	    aas_seen_get(f->dir, &mallory, NOW + 9, &since), AAS_OK);
	assert_int_equal(since, NOW);
}

static void
seen_f61_name_that_cannot_be_looked_up_is_no_grace(void **state)
{
	const struct fixture *f = *state;
	int64_t since = 0;

	memset(&ns, 0, sizeof(ns));
	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	since = -1;
	ns.error = AAS_ERR_SYS;
	assert_int_equal(
	    aas_seen_need(f->dir, &mallory, NOW + 9, &since), AAS_ERR_SYS);
	assert_int_equal(since, -1);
	ns.error = AAS_ERR_NOTFOUND;
	assert_int_equal(
	    aas_seen_need(f->dir, &mallory, NOW + 9, &since), AAS_OK);
	assert_int_equal(since, NOW + 9);
}

static void
seen_uid_with_another_name_begins_anew(void **state)
{
	const struct fixture *f = *state;
	int64_t since = 0;

	memset(&ns, 0, sizeof(ns));
	ns.uid = 1002; /* of alice, today */
	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(
	    aas_seen_get(f->dir, &mallory, NOW + 9, &since), AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_seen_need(f->dir, &mallory, NOW + 9, &since), AAS_OK);
	assert_int_equal(since, NOW + 9);
}

/* A clock that ran ahead must not give grace until it is there again. */
static void
seen_f12_stamp_from_the_future_is_made_anew(void **state)
{
	const struct fixture *f = *state;
	int64_t since = 0;

	assert_int_equal(
	    aas_seen_need(f->dir, &alice, NOW + 999999, &since), AAS_OK);
	assert_int_equal(
	    aas_seen_get(f->dir, &alice, NOW, &since), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(since, NOW);
}

static void
seen_that_cannot_be_stored_is_no_grace(void **state)
{
	const struct fixture *f = *state;
	int64_t since = -1;

	assert_true(aas_seen_need("/proc", &alice, NOW, &since) != AAS_OK);
	fixture_write(f, "seen", "", 0644); /* a file where the folder goes */
	assert_true(aas_seen_need(f->dir, &alice, NOW, &since) != AAS_OK);
	assert_int_equal(unlinkat(f->dirfd, "seen", 0), 0);
	assert_true(aas_seen_need(f->dir, &alice, 0, &since) != AAS_OK);
	assert_int_equal(aas_seen_get("/nonexistent", &alice, NOW, &since),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(since, -1);
}

static void
seen_writable_by_others_does_not_count(void **state)
{
	const struct fixture *f = *state;
	int64_t since = -1;

	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(fchmodat(f->dirfd, "seen/1001", 0666, 0), 0);
	since = -1;
	assert_int_equal(
	    aas_seen_get(f->dir, &alice, NOW, &since), AAS_ERR_PERMS);
	assert_int_equal(
	    aas_seen_need(f->dir, &alice, NOW, &since), AAS_ERR_PERMS);
	assert_int_equal(since, -1);
}

static void
seen_damaged_is_refused(void **state)
{
	uint8_t buf[AAS_SEEN_MAX], bad[AAS_SEEN_MAX];
	struct aas_user u = { "", 0, 0 };
	size_t len = 0;
	int64_t since = 0;

	(void)state;
	assert_int_equal(
	    aas_seen_put(&alice, NOW, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(aas_seen_parse(buf, len, &u, &since), AAS_OK);
	assert_int_equal(since, NOW);
	assert_string_equal(u.name, "alice");
	assert_int_equal(u.uid, 1001);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(
		    aas_seen_parse(buf, n, &u, &since), AAS_ERR_FORMAT);
	for (size_t bit = 0; bit < len * 8; bit++) {
		memcpy(bad, buf, len);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
		    aas_seen_parse(bad, len, &u, &since), AAS_ERR_FORMAT);
	}
	assert_int_equal(
	    aas_seen_put(&alice, 0, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(aas_seen_parse(buf, len, &u, &since), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_seen_put(&alice, NOW, buf, 8, &len), AAS_ERR_TOOBIG);
}

/* A file that was moved to another uid's name. */
static void
seen_of_another_uid_is_none(void **state)
{
	static const struct aas_user other = { "alice", 1002, 1002 };
	const struct fixture *f = *state;
	int64_t since = 0;

	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(
	    renameat(f->dirfd, "seen/1001", f->dirfd, "seen/1002"), 0);
	since = 0;
	assert_int_equal(
	    aas_seen_get(f->dir, &other, NOW + 9, &since), AAS_ERR_NOTFOUND);
	assert_int_equal(since, 0);
}

static void
seen_damaged_file_is_no_grace(void **state)
{
	const struct fixture *f = *state;
	char large[AAS_SEEN_MAX + 2];
	int64_t since = -1;

	assert_int_equal(mkdirat(f->dirfd, "seen", 0700), 0);
	fixture_write(f, "seen/1001", "AASSE", 0600);
	assert_int_equal(
	    aas_seen_need(f->dir, &alice, NOW, &since), AAS_ERR_FORMAT);
	fixture_write(f, "seen/1001", "", 0600);
	assert_int_equal(
	    aas_seen_need(f->dir, &alice, NOW, &since), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_seen_get(f->dir, &alice, NOW, &since), AAS_ERR_FORMAT);
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	fixture_write(f, "seen/1001", large, 0600);
	assert_int_equal(
	    aas_seen_need(f->dir, &alice, NOW, &since), AAS_ERR_TOOBIG);
	assert_int_equal(since, -1);
	/* What the administrator does about it. */
	assert_int_equal(unlinkat(f->dirfd, "seen/1001", 0), 0);
	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(since, NOW);
}

/* One sign-in: 0 if it has the instant that all have. */
static int
sign_in(const struct fixture *f, int64_t now_s, int go)
{
	int64_t since = 0;
	int64_t again = 0;
	char c;

	if (read(go, &c, 1) != 0)
		return 1;
	return aas_seen_need(f->dir, &alice, now_s, &since) != AAS_OK ||
	    aas_seen_get(f->dir, &alice, NOW + 99, &again) != AAS_OK ||
	    since != again;
}

static void
seen_first_sign_ins_at_once_have_one_instant(void **state)
{
	enum { ROUNDS = 30, MANY = 8 };
	const struct fixture *f = *state;

	for (int round = 0; round < ROUNDS; round++) {
		pid_t pid[MANY];
		int go[2];

		assert_int_equal(pipe(go), 0);
		for (int i = 0; i < MANY; i++) {
			assert_int_not_equal(pid[i] = fork(), -1);
			if (pid[i] == 0) {
				(void)close(go[1]);
				_exit(sign_in(f, NOW + 99, go[0]));
			}
		}
		(void)close(go[0]);
		(void)close(go[1]);
		for (int i = 0; i < MANY; i++) {
			int status = -1;

			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_int_equal(status, 0);
		}
		assert_int_equal(unlinkat(f->dirfd, "seen/1001", 0), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(seen_first_sign_in_is_kept),
		FIXTURE_TEST(seen_uid_with_another_name_begins_anew),
		FIXTURE_TEST(seen_f12_stamp_from_the_future_is_made_anew),
		FIXTURE_TEST(seen_that_cannot_be_stored_is_no_grace),
		FIXTURE_TEST(seen_writable_by_others_does_not_count),
		FIXTURE_TEST(seen_damaged_is_refused),
		FIXTURE_TEST(seen_of_another_uid_is_none),
		FIXTURE_TEST(seen_damaged_file_is_no_grace),
		FIXTURE_TEST(seen_f61_other_name_of_the_uid_has_the_same_grace),
		FIXTURE_TEST(
		    seen_f61_name_that_cannot_be_looked_up_is_no_grace),
		FIXTURE_TEST(seen_first_sign_ins_at_once_have_one_instant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
