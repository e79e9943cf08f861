/*
 * What a policy is made of, and whether an edit shows: also one made while
 * the sources are asked.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "tests/fixture.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(policy_build_untouched_is_current),
		FIXTURE_TEST(policy_build_settings_edited_meanwhile_is_stale),
		FIXTURE_TEST(policy_build_with_groups_has_the_group_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
