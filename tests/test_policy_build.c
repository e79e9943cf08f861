/*
 * What a policy is made of, and whether an edit shows, also one made while the
 * sources are asked, and damage; when aasd has it built.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "tests/fixture.h"
#include "tools/aasd_watch.h"
#include "tools/policy_build.h"
#include "tools/policy_origin.h"

#define BEFORE "realm = \"example.org\";\n"
#define AFTER  "realm = \"example.net\";\n"

/* While the sources are asked, if not NULL: the settings are edited. */
static const struct fixture *edits;

int __wrap_aas_gather_run(const struct aas_switch *sw,
    const struct aas_gather *g, struct aas_gathered *got);

int
__wrap_aas_gather_run(const struct aas_switch *sw, const struct aas_gather *g,
    struct aas_gathered *got)
{
	(void)sw;
	(void)g;
	if (edits != NULL)
		fixture_write(edits, "aas.conf", AFTER, 0600);
	memset(got, 0, sizeof(*got));
	return AAS_OK;
}

/* Build from text; what changed since, NULL for nothing. */
static const char *
built(const struct fixture *f, const char *text, struct policy_build *b,
    char path[PATH_MAX])
{
	struct aas_policy *p = NULL;
	char conf[FIXTURE_PATH];
	int r = 0;

	memset(b, 0, sizeof(*b));
	fixture_write(f, "aas.conf", text, 0600);
	(void)snprintf(b->conf_path, sizeof(b->conf_path), "%s",
	    fixture_path(f, "aas.conf", conf));
	b->now_s = time(NULL);
	if ((r = policy_build_make(b)) != AAS_OK)
		print_error("%s", b->said);
	assert_int_equal(r, AAS_OK);
	assert_int_equal(aas_policy_parse(b->bin, b->len, &p), AAS_OK);
	r = policy_origin_changed(p, path, NULL);
	aas_policy_free(&p);
	assert_in_range(r, 0, 1);
	return r == 1 ? path : NULL;
}

static int
names(const struct policy_build *b, const char *path)
{
	for (size_t i = 0; i < b->src.files_n; i++) {
		if (strcmp(b->src.files[i].path, path) == 0)
			return 1;
	}
	return 0;
}

static void
policy_build_untouched_is_current(void **state)
{
	struct policy_build b;
	char path[PATH_MAX];

	edits = NULL;
	assert_null(built(*state, BEFORE, &b, path));
	assert_true(names(&b, b.conf_path));
	policy_build_free(&b);
}

static void
policy_build_settings_edited_meanwhile_is_stale(void **state)
{
	struct policy_build b;
	char path[PATH_MAX];

	edits = *state;
	assert_string_equal(built(*state, BEFORE, &b, path), b.conf_path);
	assert_string_equal(b.src.realm, "example.org");
	edits = NULL;
	policy_build_free(&b);
}

static void
policy_build_with_groups_has_the_group_file(void **state)
{
	struct policy_build b;
	char path[PATH_MAX];

	edits = NULL;
	assert_null(built(
	    *state, BEFORE "required_groups = ( \"root\" );\n", &b, path));
	assert_true(names(&b, "/etc/group"));
	policy_build_free(&b);
	assert_null(
	    built(*state, BEFORE "required_users = ( \"root\" );\n", &b, path));
	assert_false(names(&b, "/etc/group"));
	policy_build_free(&b);
}

/* --- damage --- */

static void
policy_origin_flipped_byte_is_damage(void **state)
{
	struct fixture *f = *state;
	struct policy_build b;
	char path[PATH_MAX];
	char bin[FIXTURE_PATH];
	uint8_t *at = NULL;
	uint64_t stamp = 0;

	edits = NULL;
	(void)built(
	    f, BEFORE "required_users = ( \"nobody-else\" );\n", &b, path);
	(void)fixture_path(f, "policy.bin", bin);
	assert_int_equal(
	    policy_origin_state(bin, path, &stamp), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_fs_replace(f->dirfd, "policy.bin", b.bin, b.len,
			     (uid_t)-1, (gid_t)-1, 0644),
	    AAS_OK);
	assert_int_equal(policy_origin_state(bin, path, &stamp), 0);
	at = memmem(b.bin, b.len, "required_users", 14);
	assert_non_null(at);
	*at ^= 0x80;
	assert_int_equal(aas_fs_replace(f->dirfd, "policy.bin", b.bin, b.len,
			     (uid_t)-1, (gid_t)-1, 0644),
	    AAS_OK);
	assert_int_equal(
	    policy_origin_state(bin, path, &stamp), AAS_ERR_FORMAT);
	policy_build_free(&b);
}

static void
policy_origin_stamp_differs_with_each_file(void **state)
{
	struct fixture *f = *state;
	const char *dirs[] = { f->dir, "/nonexistent" };
	uint64_t none = policy_origin_stamp(dirs, 2);
	uint64_t one = 0;

	assert_true(policy_origin_stamp(dirs, 2) == none);
	fixture_write(f, "aas.conf", BEFORE, 0600);
	one = policy_origin_stamp(dirs, 2);
	assert_true(one != none);
	assert_true(policy_origin_stamp(dirs, 2) == one);
	fixture_write(f, "aas.conf", BEFORE BEFORE, 0600);
	assert_true(policy_origin_stamp(dirs, 2) != one);
}

/* --- when aasd has it built --- */

static void
aasd_watch_failed_build_is_tried_ever_more_seldom(void **state)
{
	struct aasd_watch w = { .epoll = -1 };
	int64_t now_ms = 1000;
	int64_t s = 60;

	(void)state;
	assert_true(aasd_watch_due(&w, 1, 7, now_ms));
	for (int i = 0; i < 10; i++) {
		assert_false(aasd_watch_due(&w, 1, 7, now_ms + s * 1000 - 1));
		now_ms += s * 1000;
		assert_true(aasd_watch_due(&w, 1, 7, now_ms));
		s = s * 2 > 3600 ? 3600 : s * 2;
	}
}

static void
aasd_watch_changed_file_is_tried_at_once(void **state)
{
	struct aasd_watch w = { .epoll = -1 };

	(void)state;
	assert_true(aasd_watch_due(&w, 1, 7, 1000));
	assert_false(aasd_watch_due(&w, 1, 7, 1001));
	assert_true(aasd_watch_due(&w, 1, 8, 1002));
	assert_false(aasd_watch_due(&w, 1, 8, 61001));
	assert_true(aasd_watch_due(&w, 1, 8, 61002));
}

static void
aasd_watch_second_loss_is_built_at_once(void **state)
{
	struct aasd_watch w = { .epoll = -1 };

	(void)state;
	assert_false(aasd_watch_due(&w, 0, 0, 1000));
	assert_true(aasd_watch_due(&w, 1, 0, 1001));
	assert_false(aasd_watch_due(&w, 0, 5, 1002));
	assert_true(aasd_watch_due(&w, 1, 0, 1003));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(policy_build_untouched_is_current),
		FIXTURE_TEST(policy_build_settings_edited_meanwhile_is_stale),
		FIXTURE_TEST(policy_build_with_groups_has_the_group_file),
		FIXTURE_TEST(policy_origin_flipped_byte_is_damage),
		FIXTURE_TEST(policy_origin_stamp_differs_with_each_file),
		cmocka_unit_test(
		    aasd_watch_failed_build_is_tried_ever_more_seldom),
		cmocka_unit_test(aasd_watch_changed_file_is_tried_at_once),
		cmocka_unit_test(aasd_watch_second_loss_is_built_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
