/*
 * Which services of a host have our module, by their stacks.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/signin/foretell.h"
#include "tests/fixture.h"
#include "tools/stacks.h"

#define A AAS_PHASE_BIT(AAS_PH_AUTH)
#define C AAS_PHASE_BIT(AAS_PH_ACCOUNT)
#define S AAS_PHASE_BIT(AAS_PH_SESSION)

#define LINE " [success=ok default=die] pam_aas.so aas1\n"

static const char *const nowhere[] = { "/nonexistent", NULL };

static int
phases_of(const struct fixture *f, const char *service, unsigned *got)
{
	const char *const dirs[] = { f->dir, NULL };

	return aas_stacks_phases(dirs, service, got);
}

static unsigned
phases(const struct fixture *f, const char *service)
{
	unsigned got = 99;

	assert_int_equal(phases_of(f, service, &got), AAS_OK);
	return got;
}

static void
stacks_each_way_to_the_module_is_followed(void **state)
{
	const struct fixture *f = *state;

	fixture_write(
	    f, "common-auth", "auth" LINE "auth required p.so\n", 0644);
	fixture_write(f, "common-account", "account" LINE, 0644);
	fixture_write(f, "plain", "auth required pam_unix.so\n", 0644);
	fixture_write(f, "whole",
	    "# pam_aas.so\n\n@include common-auth\n@include common-account\n"
	    "-session optional /usr/lib/security/pam_aas.so aas1",
	    0644);
	fixture_write(f, "parts",
	    "AUTH include whole\naccount substack whole # x\n"
	    "session required pam_unix.so\npassword" LINE,
	    0644);
	fixture_write(
	    f, "goes-on", "session \\\n  required \\\n pam_aas.so\n", 0644);
	fixture_write(
	    f, "comment", "auth required pam_x.so # pam_aas.so\n", 0644);
	fixture_write(f, "arg", "auth required pam_exec.so pam_aas.so\n", 0644);
	assert_int_equal(phases(f, "plain"), 0);
	assert_int_equal(phases(f, "whole"), A | C | S);
	assert_int_equal(phases(f, "parts"), A | C);
	assert_int_equal(phases(f, "goes-on"), S);
	assert_int_equal(phases(f, "comment"), 0);
	assert_int_equal(phases(f, "arg"), 0);
}

static void
stacks_bad_files_end(void **state)
{
	const struct fixture *f = *state;
	unsigned got = 99;

	fixture_write(f, "loop", "@include loop\n", 0644);
	fixture_write(f, "gone",
	    "@include nothing\nauth\nauth x\nauth include\n"
	    "@include\nauth include ../../etc/passwd\n\\",
	    0644);
	fixture_write(f, "empty", "", 0644);
	assert_int_equal(phases_of(f, "loop", &got), AAS_ERR_TOOBIG);
	assert_int_equal(phases(f, "gone"), 0);
	assert_int_equal(phases(f, "empty"), 0);
	assert_int_equal(phases_of(f, "nothing", &got), AAS_ERR_NOTFOUND);
	assert_int_equal(phases_of(f, "../x", &got), AAS_ERR_INVAL);
	assert_int_equal(phases_of(f, "", &got), AAS_ERR_INVAL);
	assert_int_equal(
	    aas_stacks_phases(nowhere, "sshd", &got), AAS_ERR_NOTFOUND);
	assert_int_equal(got, 99);
}

static void
stacks_services_are_listed_by_name(void **state)
{
	const struct fixture *f = *state;
	const char *const dirs[] = { f->dir, NULL };
	struct aas_stack *list = NULL;
	size_t n = 0;

	fixture_write(f, "common-auth", "auth" LINE, 0644);
	fixture_write(f, "sudo", "@include common-auth\n", 0644);
	fixture_write(f, "cron", "account required pam_unix.so\n", 0644);
	fixture_write(f, "sudo.dpkg-old", "", 0644);
	fixture_write(f, "login~", "", 0644);
	fixture_write(f, "system-auth", "", 0644);
	fixture_write(f, ".hidden", "", 0644);
	assert_int_equal(aas_stacks_read(dirs, &list, &n), AAS_OK);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].service, "cron");
	assert_int_equal(list[0].phases, 0);
	assert_string_equal(list[1].service, "sudo");
	assert_int_equal(list[1].phases, A);
	free(list);
	assert_int_equal(aas_stacks_read(nowhere, &list, &n), AAS_ERR_NOTFOUND);
}

/* What a vendor ships is asked only where the administrator has no file. */
static void
stacks_the_first_place_wins(void **state)
{
	const struct fixture *f = *state;
	char etc[sizeof(f->dir) + 16], vendor[sizeof(f->dir) + 16];
	char path[sizeof(vendor) + 64];
	const char *const dirs[] = { etc, vendor, NULL };
	const char *const both[] = { "/nonexistent", vendor, NULL };
	struct aas_stack *list = NULL;
	size_t n = 0;

	(void)snprintf(etc, sizeof(etc), "%s/etc", f->dir);
	(void)snprintf(vendor, sizeof(vendor), "%s/vendor", f->dir);
	assert_int_equal(mkdir(etc, 0755), 0);
	assert_int_equal(mkdir(vendor, 0755), 0);
	fixture_write(f, "etc/own", "auth" LINE, 0644);
	fixture_write(f, "vendor/own", "session" LINE, 0644);
	fixture_write(f, "vendor/theirs", "@include own\n", 0644);
	(void)snprintf(path, sizeof(path), "@include %s/own\n", vendor);
	fixture_write(f, "vendor/exact", path, 0644);
	assert_int_equal(aas_stacks_read(dirs, &list, &n), AAS_OK);
	assert_int_equal(n, 3);
	assert_string_equal(list[0].service, "exact");
	assert_int_equal(list[0].phases, S);
	assert_string_equal(list[1].service, "own");
	assert_int_equal(list[1].phases, A);
	assert_string_equal(list[2].service, "theirs");
	assert_int_equal(list[2].phases, A);
	free(list);
	assert_int_equal(aas_stacks_read(both, &list, &n), AAS_OK);
	assert_int_equal(n, 3);
	free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(stacks_each_way_to_the_module_is_followed),
		FIXTURE_TEST(stacks_bad_files_end),
		FIXTURE_TEST(stacks_services_are_listed_by_name),
		FIXTURE_TEST(stacks_the_first_place_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
