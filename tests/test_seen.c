/*
 * Since when a user has had grace.
 */
#include <sys/stat.h>

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

static void
seen_uid_with_another_name_begins_anew(void **state)
{
	const struct fixture *f = *state;
	int64_t since = 0;

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
	size_t len = 0;
	int64_t since = 0;

	(void)state;
	assert_int_equal(
	    aas_seen_put(&alice, NOW, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(aas_seen_parse(buf, len, &alice, &since), AAS_OK);
	assert_int_equal(since, NOW);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(
		    aas_seen_parse(buf, n, &alice, &since), AAS_ERR_FORMAT);
	for (size_t bit = 0; bit < len * 8; bit++) {
		memcpy(bad, buf, len);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
		    aas_seen_parse(bad, len, &alice, &since), AAS_ERR_FORMAT);
	}
	assert_int_equal(
	    aas_seen_put(&alice, 0, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(
	    aas_seen_parse(buf, len, &alice, &since), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_seen_put(&alice, NOW, buf, 8, &len), AAS_ERR_TOOBIG);
}

/* A file that was moved to another uid's name. */
static void
seen_of_another_uid_is_none(void **state)
{
	static const struct aas_user other = { "alice", 1002, 1002 };
	uint8_t buf[AAS_SEEN_MAX];
	size_t len = 0;
	int64_t since = 0;

	(void)state;
	assert_int_equal(
	    aas_seen_put(&alice, NOW, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(
	    aas_seen_parse(buf, len, &other, &since), AAS_ERR_NOTFOUND);
	assert_int_equal(since, 0);
}

static void
seen_torn_file_counts_as_none(void **state)
{
	const struct fixture *f = *state;
	int64_t since = 0;

	assert_int_equal(mkdirat(f->dirfd, "seen", 0700), 0);
	fixture_write(f, "seen/1001", "AASSE", 0600);
	assert_int_equal(aas_seen_need(f->dir, &alice, NOW, &since), AAS_OK);
	assert_int_equal(since, NOW);
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
		FIXTURE_TEST(seen_torn_file_counts_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
