/* getgrnam_r(3) is the test's own. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/source/groups.h"
#include "tests/fixture.h"

static int calls, fails;
static size_t wants;

int __wrap_getgrnam_r(
    const char *name, struct group *gr, char *b, size_t n, struct group **res);

int
__wrap_getgrnam_r(
    const char *name, struct group *gr, char *b, size_t n, struct group **res)
{
	(void)b;
	calls++;
	*res = NULL;
	if (fails != 0)
		return fails;
	if (n < wants)
		return ERANGE;
	if (strncmp(name, "g", 1) != 0)
		return 0;
	gr->gr_gid = strcmp(name, "g-1") == 0 ? (gid_t)-1 : (gid_t)strlen(name);
	*res = gr;
	return 0;
}

static int
setup(void **state)
{
	calls = fails = 0;
	wants = 0;
	return fixture_setup(state);
}

static void
groups_each_is_asked_once(void **state)
{
	struct aas_groups *g = NULL;
	char name[32];
	gid_t gid = 0;

	(void)state;
	assert_int_equal(aas_groups_new(&g), AAS_OK);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3000; i++) {
			(void)snprintf(name, sizeof(name), "g%d", i);
			assert_int_equal(aas_groups_gid(g, name, &gid), AAS_OK);
			assert_int_equal(gid, strlen(name));
		}
	}
	assert_int_equal(calls, 3000);
	aas_groups_free(&g);
	assert_null(g);
	aas_groups_free(&g);
}

static void
groups_none_is_an_answer_and_a_failure_is_not(void **state)
{
	struct aas_groups *g = NULL;
	gid_t gid = 77;

	(void)state;
	assert_int_equal(aas_groups_new(&g), AAS_OK);
	assert_int_equal(aas_groups_gid(g, "x", &gid), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_groups_gid(g, "x", &gid), AAS_ERR_NOTFOUND);
	assert_int_equal(calls, 1);
	assert_int_equal(aas_groups_gid(g, "g-1", &gid), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_groups_gid(g, "g-1", &gid), AAS_ERR_NOTFOUND);
	assert_int_equal(gid, 77);
	fails = EIO;
	assert_int_equal(aas_groups_gid(g, "gy", &gid), AAS_ERR_SYS);
	assert_int_equal(errno, EIO);
	fails = ENOENT;
	assert_int_equal(aas_groups_gid(g, "gy", &gid), AAS_ERR_SYS);
	assert_int_equal(gid, 77);
	fails = 0;
	assert_int_equal(aas_groups_gid(g, "gy", &gid), AAS_OK);
	assert_int_equal(gid, 2);
	aas_groups_free(&g);
}

static void
groups_a_large_one_gets_room_up_to_a_bound(void **state)
{
	struct aas_groups *g = NULL;
	gid_t gid = 0;

	(void)state;
	assert_int_equal(aas_groups_new(&g), AAS_OK);
	wants = 1024 * 1024;
	assert_int_equal(aas_groups_gid(g, "gz", &gid), AAS_OK);
	wants = 64 * 1024 * 1024;
	assert_int_equal(aas_groups_gid(g, "gw", &gid), AAS_ERR_SYS);
	assert_int_equal(errno, ERANGE);
	aas_groups_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    groups_each_is_asked_once, setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    groups_none_is_an_answer_and_a_failure_is_not, setup,
		    fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    groups_a_large_one_gets_room_up_to_a_bound, setup,
		    fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
