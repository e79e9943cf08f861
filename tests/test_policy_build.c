/*
 * What a policy is made of, and whether an edit shows, also one made while the
 * sources are asked, and damage; when aasd has it built.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "tests/fixture.h"
#include "aasd/watch.h"
#include "tools/policy_build.h"
#include "tools/policy_origin.h"
#include "tools/policy_told.h"

#define BEFORE "realm = \"example.org\";\n"
#define AFTER  "realm = \"example.net\";\n"

/* While the sources are asked, if not NULL: the settings are edited. */
static const struct fixture *edits;
/* What the sources came by and did not read, if not NULL. */
static const char *not_read;

int __wrap_aas_gather_run(const struct aas_switch *sw,
    const struct aas_gather *g, struct aas_gathered *got);

/* As policy/source/host_files.c tells of it. */
static void
came_by(const char *path, struct aas_gathered *got)
{
	struct aas_origin_file *f = calloc(1, sizeof(*f));
	struct stat st;

	assert_non_null(f);
	assert_int_equal(lstat(path, &st), 0);
	f->path = path;
	aas_origin_stat(&st, f);
	got->files = f;
	got->files_n = 1;
}

int
__wrap_aas_gather_run(const struct aas_switch *sw, const struct aas_gather *g,
    struct aas_gathered *got)
{
	(void)sw;
	(void)g;
	if (edits != NULL)
		fixture_write(edits, "aas.conf", AFTER, 0600);
	memset(got, 0, sizeof(*got));
	if (not_read != NULL)
		came_by(not_read, got);
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

static void
policy_proof_is_of_groups_that_the_file_has_not(void **state)
{
	static const char *names[] = { "a", "b", "c", "d", "e", "f" };
	static gid_t some[] = { 4200000005u, 0, 4200000003u, 4200000004u,
		4200000003u, 4200000006u };
	static gid_t local[] = { 0 };
	struct aas_rule rules[2] = { { .groups = { 1, names }, .gids = local },
		{ .groups = { 6, names }, .gids = some } };
	struct aas_arena *arena = NULL;
	const gid_t *got = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(aas_arena_new(&arena), AAS_OK);
	assert_int_equal(policy_proof(rules, 1, arena, &got, &n), AAS_OK);
	assert_int_equal(n, 0);
	assert_int_equal(policy_proof(rules, 2, arena, &got, &n), AAS_OK);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], 4200000003u + i);
	aas_arena_free(&arena);
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

/* A link is refused, not followed: the policy was made of it as it stands. */
static void
policy_origin_refused_link_is_no_change(void **state)
{
	static const char *const to[] = { "/nonexistent", "/etc/passwd" };
	struct fixture *f = *state;
	struct policy_build b;
	struct aas_policy *p = NULL;
	char path[PATH_MAX];
	char link[FIXTURE_PATH];

	edits = NULL;
	not_read = fixture_path(f, "a.jws", link);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(symlink(to[i], link), 0);
		assert_null(built(f, BEFORE, &b, path));
		assert_int_equal(aas_policy_parse(b.bin, b.len, &p), AAS_OK);
		assert_int_equal(unlink(link), 0);
		assert_int_equal(policy_origin_changed(p, path, NULL), 1);
		assert_string_equal(path, link);
		assert_int_equal(symlink("/etc/group", link), 0);
		assert_int_equal(policy_origin_changed(p, path, NULL), 1);
		assert_int_equal(unlink(link), 0);
		aas_policy_free(&p);
		policy_build_free(&b);
	}
	not_read = NULL;
}

/* --- when aasd has it built --- */

static void
aasd_watch_new_file_edited_in_place_shows(void **state)
{
	struct fixture *f = *state;
	const char *at[] = { f->dir, "/nonexistent", NULL };
	struct policy_build b;
	char path[PATH_MAX], bin[FIXTURE_PATH], file[FIXTURE_PATH];
	uint64_t was = 0, is = 0;

	edits = NULL;
	(void)built(
	    f, BEFORE "required_users = ( \"nobody-else\" );\n", &b, path);
	assert_int_equal(aas_fs_replace(f->dirfd, "policy.bin", b.bin, b.len,
			     (uid_t)-1, (gid_t)-1, 0644),
	    AAS_OK);
	policy_build_free(&b);
	(void)fixture_path(f, "policy.bin", bin);
	at[2] = fixture_path(f, "group", file);
	/* Of these the policy knows nothing. */
	fixture_write(f, "new.conf", "rules = (", 0600);
	(void)aasd_watch_wanted(bin, at, 3, &was);
	(void)aasd_watch_wanted(bin, at, 3, &is);
	assert_true(was == is);
	fixture_write(f, "new.conf", "rules = ();", 0600);
	(void)aasd_watch_wanted(bin, at, 3, &is);
	assert_true(was != is);
	fixture_write(f, "group", "a:x:1:", 0600);
	(void)aasd_watch_wanted(bin, at + 1, 2, &was);
	fixture_write(f, "group", "a:x:1:b", 0600);
	(void)aasd_watch_wanted(bin, at + 1, 2, &is);
	assert_true(was != is);
}

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

static void
aasd_watch_build_that_hangs_is_stuck(void **state)
{
	struct aasd_watch w = { .child = AAS_CHILD_NONE, .until_ms = 5000 };

	(void)state;
	assert_false(aasd_watch_stuck(&w, 5000));
	w.child.pid = 4711;
	assert_false(aasd_watch_stuck(&w, 4999));
	assert_true(aasd_watch_stuck(&w, 5000));
}

/* --- what root hears of it --- */

/* How many events the spool has, and how many ids; e[] are their names. */
static int
spooled(const struct fixture *f, int *ids)
{
	char dir[FIXTURE_PATH], seen[32][40];
	const struct dirent *e = NULL;
	int n = 0;
	DIR *d = opendir(fixture_path(f, "spool/new", dir));

	*ids = 0;
	while (d != NULL && (e = readdir(d)) != NULL) {
		const char *id = strchr(e->d_name, '-');
		int i = 0;

		if (e->d_name[0] == '.' || id == NULL)
			continue;
		assert_in_range(n++, 0, 31);
		while (i < *ids && strcmp(seen[i], id + 1) != 0)
			i++;
		if (i == *ids)
			(void)snprintf(
			    seen[(*ids)++], sizeof(seen[0]), "%.39s", id + 1);
	}
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* Build it as of ${now_s}, and tell; how many events there are then. */
static int
told(const struct fixture *f, const char *text, int64_t now_s, int same)
{
	struct policy_build b;
	char path[PATH_MAX];
	int ids = 0;

	edits = NULL;
	(void)built(f, text, &b, path);
	b.src.built_s = now_s;
	policy_told_changed(f->dir, "/nonexistent", &b, same);
	policy_build_free(&b);
	return spooled(f, &ids);
}

static int
refused(const struct fixture *f, const char *text, const char *said)
{
	char conf[FIXTURE_PATH];
	int ids = 0;

	fixture_write(f, "aas.conf", text, 0600);
	policy_told_refused(f->dir, "/nonexistent",
	    fixture_path(f, "aas.conf", conf), "mistake", said);
	return spooled(f, &ids);
}

#define RULED BEFORE "required_users = ( \"root\" );\n"

static void
policy_told_each_other_policy_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(told(f, BEFORE, 1000, 0), 1);
	assert_int_equal(told(f, BEFORE, 2000, 0), 1);
	assert_int_equal(told(f, "// more\n" BEFORE, 3000, 0), 1);
	assert_int_equal(told(f, RULED, 4000, 0), 2);
	assert_int_equal(told(f, "\n" RULED, 4000, 0), 2);
	assert_int_equal(told(f, BEFORE, 5000, 0), 3);
	assert_int_equal(told(f, RULED, 6000, 0), 4);
}

static void
policy_told_not_what_was_there_before(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(told(f, BEFORE, 1000, 1), 0);
	assert_int_equal(told(f, BEFORE, 1000, 0), 0);
	assert_int_equal(told(f, RULED, 1000, 0), 1);
}

static void
policy_told_each_refused_file_once_until_one_is_good(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(refused(f, "x", "aas.conf:1: took 12 ms"), 1);
	assert_int_equal(refused(f, "x", "aas.conf:1: took 345 ms"), 1);
	assert_int_equal(refused(f, "xx", "aas.conf:1: took 12 ms"), 2);
	assert_int_equal(refused(f, "xx", "no memory"), 3);
	assert_int_equal(told(f, BEFORE, 1000, 1), 3);
	assert_int_equal(refused(f, "xx", "no memory"), 4);
}

/* Killed between the event and the mark. */
static void
policy_told_again_has_the_same_id(void **state)
{
	struct fixture *f = *state;
	struct aas_buf mark = { NULL, 0 };
	int ids = 0;

	assert_int_equal(told(f, BEFORE, 1000, 0), 1);
	assert_int_equal(aas_fs_read(f->dirfd, "policy.told", geteuid(), 077,
			     4096, &mark, NULL),
	    AAS_OK);
	assert_int_equal(told(f, RULED, 2000, 0), 2);
	assert_int_equal(aas_fs_replace(f->dirfd, "policy.told", mark.p,
			     mark.len, (uid_t)-1, (gid_t)-1, 0600),
	    AAS_OK);
	aas_buf_free(&mark);
	assert_int_equal(told(f, RULED, 3000, 0), 3);
	assert_int_equal(spooled(f, &ids), 3);
	assert_int_equal(ids, 2);
}

static void
policy_told_damaged_mark_begins_anew(void **state)
{
	static const char *const marks[] = { "", "aas-policy-told 1 7",
		"aas-policy-told 1 7 - x\n", "aas-policy-told 1 7 - - \n",
		"aas-policy-told 2 7 - -\n" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		fixture_write(f, "policy.told", marks[i], 0600);
		assert_int_equal(told(f, BEFORE, 1000, 1), 0);
		assert_int_equal(told(f, BEFORE, 1000, 0), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(policy_build_untouched_is_current),
		FIXTURE_TEST(policy_told_each_other_policy_once),
		FIXTURE_TEST(policy_told_not_what_was_there_before),
		FIXTURE_TEST(
		    policy_told_each_refused_file_once_until_one_is_good),
		FIXTURE_TEST(policy_told_again_has_the_same_id),
		FIXTURE_TEST(policy_told_damaged_mark_begins_anew),
		FIXTURE_TEST(policy_build_settings_edited_meanwhile_is_stale),
		FIXTURE_TEST(policy_proof_is_of_groups_that_the_file_has_not),
		FIXTURE_TEST(policy_build_with_groups_has_the_group_file),
		FIXTURE_TEST(policy_origin_flipped_byte_is_damage),
		FIXTURE_TEST(policy_origin_stamp_differs_with_each_file),
		FIXTURE_TEST(policy_origin_refused_link_is_no_change),
		FIXTURE_TEST(aasd_watch_new_file_edited_in_place_shows),
		cmocka_unit_test(
		    aasd_watch_failed_build_is_tried_ever_more_seldom),
		cmocka_unit_test(aasd_watch_build_that_hangs_is_stuck),
		cmocka_unit_test(aasd_watch_changed_file_is_tried_at_once),
		cmocka_unit_test(aasd_watch_second_loss_is_built_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
