/*
 * aas.conf(5): what is read, and what is refused with its line.
 */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/conf/conf.h"
#include "lib/err.h"

#define REALM "realm = \"example.org\";\n"

static int
parse(const char *text, struct aas_conf **conf, char *err)
{
	return aas_conf_parse("t.conf", text, strlen(text), conf, err);
}

/* The text is refused with exactly this message. */
static void
refused(const char *text, size_t len, const char *message)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];

	assert_int_equal(
	    aas_conf_parse("t.conf", text, len, &conf, err), AAS_ERR_FORMAT);
	assert_null(conf);
	assert_string_equal(err, message);
}

static void
conf_realm_alone_has_the_defaults(void **state)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];

	(void)state;
	assert_int_equal(parse(REALM, &conf, err), AAS_OK);
	assert_string_equal(err, "");
	assert_string_equal(conf->realm, "example.org");
	assert_string_equal(conf->state_dir, AAS_STATEDIR);
	assert_string_equal(conf->run_dir, AAS_RUNDIR);
	assert_string_equal(conf->libexec_dir, AAS_LIBEXECDIR);
	assert_int_equal(conf->uv, 1);
	assert_int_equal(conf->present, 1);
	assert_int_equal(conf->enrolled_min, 2);
	assert_int_equal(conf->server_keys, 0);
	assert_int_equal(conf->timeout_s, 60);
	assert_int_equal(conf->codex_grace_s, 1);
	assert_int_equal(conf->session_s, 0);
	assert_int_equal(conf->required_users.n, 0);
	assert_string_equal(conf->policy, "files attest");
	assert_string_equal(conf->zone, "");
	assert_int_equal(conf->at.policy, 0);
	aas_conf_free(&conf);
	assert_null(conf);
}

static void
conf_every_setting_is_read(void **state)
{
	static const char text[] = REALM
	    "server_keys = true; present = 2; enrolled_min = 3;\n"
	    "uv = \"discouraged\"; timeout = \"30s\"; session = \"12h\";\n"
	    "idle = \"15m\"; reauth = \"5m\"; degraded = \"7d\"; "
	    "sudo = \"agent\"; max_total = \"36h\"; "
	    "keeper = \"required\";\n"
	    "required_from = \"2026-06-01T00:00:00Z\";\n"
	    "required_users = [ \"alice\", \"bob\" ];\n"
	    "required_groups = ( \"staff\" );\n"
	    "exempt_services = [ \"cron\" ];\n"
	    "policy = \"files exec [UNAVAIL=continue]\";\n"
	    "zone = \"America/Port-au-Prince\";\n"
	    "state_dir = \"/s\"; run_dir = \"/r\"; libexec_dir = \"/l/x\";\n";
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];

	(void)state;
	assert_int_equal(parse(text, &conf, err), AAS_OK);
	assert_int_equal(conf->server_keys, 1);
	assert_int_equal(conf->present, 2);
	assert_int_equal(conf->enrolled_min, 3);
	assert_int_equal(conf->uv, 0);
	assert_int_equal(conf->timeout_s, 30);
	assert_int_equal(conf->session_s, 43200);
	assert_int_equal(conf->idle_s, 900);
	assert_int_equal(conf->reauth_s, 300);
	assert_int_equal(conf->degraded_s, 604800);
	assert_int_equal(conf->sudo, 2);
	assert_int_equal(conf->total_s, 36 * 3600);
	assert_int_equal(conf->keeper, 1);
	assert_int_equal(conf->required_from_s, 1780272000);
	assert_int_equal(conf->required_users.n, 2);
	assert_string_equal(conf->required_users.v[1], "bob");
	assert_string_equal(conf->required_groups.v[0], "staff");
	assert_string_equal(conf->exempt_services.v[0], "cron");
	assert_string_equal(conf->policy, "files exec [UNAVAIL=continue]");
	assert_string_equal(conf->zone, "America/Port-au-Prince");
	assert_int_equal(conf->at.required_users, 6);
	assert_int_equal(conf->at.required_groups, 7);
	assert_int_equal(conf->at.exempt_services, 8);
	assert_int_equal(conf->at.policy, 9);
	assert_int_equal(conf->at.zone, 10);
	assert_string_equal(conf->state_dir, "/s");
	assert_string_equal(conf->run_dir, "/r");
	assert_string_equal(conf->libexec_dir, "/l/x");
	aas_conf_free(&conf);
}

static const struct {
	const char *line;
	const char *message;
} bad_settings[] = {
	{ "serverkeys = true;", "t.conf:2: unknown setting \"serverkeys\"" },
	{ "server_keys = 1;", "t.conf:2: server_keys must be true or false" },
	{ "server_keys = \"yes\";",
	    "t.conf:2: server_keys must be true or false" },
	{ "keeper = \"always\";",
	    "t.conf:2: keeper must be \"required\" or \"optional\"" },
	{ "present = 3;", "t.conf:2: present must be 1 to 2" },
	{ "present = 0;", "t.conf:2: present must be 1 to 2" },
	{ "present = 1L;", "t.conf:2: present must be a number" },
	{ "present = 1.0;", "t.conf:2: present must be a number" },
	{ "enrolled_min = 1;", "t.conf:2: enrolled_min must be 2 to 8" },
	{ "enrolled_min = -2147483648;",
	    "t.conf:2: a number of more than nine digits" },
	{ "uv = true;", "t.conf:2: uv must be text in double quotes" },
	{ "uv = \"no\";",
	    "t.conf:2: uv must be \"required\" or \"discouraged\"" },
	{ "timeout = 60;", "t.conf:2: timeout must be text in double quotes" },
	{ "timeout = \"60\";",
	    "t.conf:2: timeout must be a duration such as \"90s\", "
	    "\"15m\" or \"8h\"" },
	{ "timeout = \"1s\";", "t.conf:2: timeout must be 5 to 600 seconds" },
	{ "required_from = \"2026-06-01\";",
	    "t.conf:2: required_from must be a date such as "
	    "\"2026-06-01T00:00:00Z\"" },
	{ "required_users = \"alice\";",
	    "t.conf:2: required_users must be a list, such as "
	    "[ \"one\", \"two\" ]" },
	{ "required_users = [ 1 ];",
	    "t.conf:2: required_users must be text in double quotes" },
	{ "required_users = [ \"a/b\" ];",
	    "t.conf:2: required_users: \"a/b\" is not a name" },
	{ "state_dir = \"var\";",
	    "t.conf:2: state_dir must be an absolute path" },
	{ "state_dir = \"/a/../b\";",
	    "t.conf:2: state_dir must be an absolute path" },
	{ "zone = \"\";",
	    "t.conf:2: zone must be the name of a time zone, such as "
	    "\"Europe/Berlin\"" },
	{ "zone = \"/etc/passwd\";",
	    "t.conf:2: zone must be the name of a time zone, such as "
	    "\"Europe/Berlin\"" },
	{ "zone = \"../x\";",
	    "t.conf:2: zone must be the name of a time zone, such as "
	    "\"Europe/Berlin\"" },
	{ "zone = \"Europe/ Berlin\";",
	    "t.conf:2: zone must be the name of a time zone, such as "
	    "\"Europe/Berlin\"" },
	{ "zone = \"a//b\";",
	    "t.conf:2: zone must be the name of a time zone, such as "
	    "\"Europe/Berlin\"" },
	{ "zone = \":UTC\";",
	    "t.conf:2: zone must be the name of a time zone, such as "
	    "\"Europe/Berlin\"" },
	{ "zone = \"-x\";",
	    "t.conf:2: zone must be the name of a time zone, such as "
	    "\"Europe/Berlin\"" },
	{ "policy = [ \"files\" ];",
	    "t.conf:2: policy must be text in double quotes" },
	{ "realm = \"other.org\";", "t.conf:2: duplicate setting name" },
	{ "present = ;", "t.conf:2: syntax error" },
};

static void
conf_bad_setting_is_an_error_with_its_line(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_settings) / sizeof(bad_settings[0]);
	     i++) {
		(void)snprintf(
		    text, sizeof(text), REALM "%s\n", bad_settings[i].line);
		refused(text, strlen(text), bad_settings[i].message);
	}
}

static void
conf_no_realm_or_nothing_at_all_is_refused(void **state)
{
	(void)state;
	refused("", 0, "t.conf: realm is missing");
	refused("present = 1;", 12, "t.conf: realm is missing");
	refused("realm = \"\";", 11,
	    "t.conf:1: realm must be a DNS name in lower case, such as "
	    "\"example.org\"");
}

static void
conf_h3_h4_what_libconfig_misreads_never_reaches_it(void **state)
{
	static const char nul[] = REALM "required_users = [ \"a\0b\" ];\n";
	static const char *const bad[] = {
		"a\xff",
		"\xc0\xaf",
		"\xed\xa0\x80",
		"x\x07",
	};
	char text[256];

	(void)state;
	refused(nul, sizeof(nul) - 1, "t.conf:2: a NUL byte");
	refused(REALM "\n\npresent = 4294967297;",
	    strlen(REALM "\n\npresent = 4294967297;"),
	    "t.conf:4: a number of more than nine digits");
	refused("present = 0x100000001;", 22,
	    "t.conf:1: hexadecimal numbers are not allowed here");
	refused("realm = \"a\\x00b\";", 17,
	    "t.conf:1: \\x escapes are not allowed here");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct aas_conf *conf = NULL;
		char err[AAS_CONF_ERR];

		(void)snprintf(text, sizeof(text), REALM "# %s\n", bad[i]);
		assert_int_equal(parse(text, &conf, err), AAS_ERR_FORMAT);
		assert_non_null(strstr(err, "t.conf:2: "));
	}
}

/* ${n} times ${what} between two texts; the caller frees it. */
static char *
repeat(const char *before, const char *what, size_t n, const char *after)
{
	size_t len = strlen(what);
	char *s = malloc(strlen(before) + n * len + strlen(after) + 1);
	char *p = s;

	assert_non_null(s);
	p = stpcpy(p, before);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, what);
	(void)stpcpy(p, after);
	return s;
}

static void
conf_f43_h5_what_costs_too_much_never_reaches_libconfig(void **state)
{
	static const struct {
		const char *before, *what;
		size_t n;
		const char *after, *message;
	} t[] = {
		{ "\na = ", "(", 200000, "", "t.conf:2: nested too deeply" },
		{ "a = ", "{ a = ", 30000, "", "t.conf:1: nested too deeply" },
		{ "a = ", "[", 9, "", "t.conf:1: nested too deeply" },
		{ "a = \"", "x", 4096, "\";",
		    "t.conf:1: a text of more than 4096 bytes" },
		{ "a = \"", "x", 200000, "\";",
		    "t.conf:1: a text of more than 4096 bytes" },
		{ "a = \"x\" ", " /* */ # y\n", 2, "\"y\";",
		    "t.conf:3: two texts with nothing between them" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *s = repeat(t[i].before, t[i].what, t[i].n, t[i].after);

		refused(s, strlen(s), t[i].message);
		free(s);
	}
}

static void
conf_guard_knows_strings_and_comments(void **state)
{
	static const char *const good[] = {
		"a = \"((((((((((\";",
		"# (((((((((((((",
		"// (((((((((((((\"",
		"/* (((((((((((((\" */",
		"/*/ (((((((((( */ a = (((((((1)))))));",
		"a = \"\\\"((((((((((((((\";",
		"a = \"\\\\\"; b = \"x\";",
		"a = [ \"x\", \"y\" ];",
		")))))))) a = ((((((((1))))))));",
		"a = \"# not one\"; b = (\"x\" /* \" */, # \"\n\"y\");",
		"a = \"unfinished ((((((((((((((((",
		"a = \"882adaf5-3aa9-4708-8e7d-3957103775b4\";",
		"a = [ \"00000000-0000-0000-0000-000000000000\" ];",
		"a = [ \"2012345678\", \"0x10-lab\" ];",
		"/* 1234567890 0x1 */ a = 1; # 1234567890\n// 0x1",
	};
	char err[AAS_CONF_ERR];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (aas_conf_guard("t", good[i], strlen(good[i]), err) !=
		    AAS_OK)
			fail_msg("%s: %s", good[i], err);
	}
	assert_int_equal(
	    aas_conf_guard_max("t", "12345", 5, 4, err), AAS_ERR_TOOBIG);
	assert_string_equal(err, "t: larger than 4 bytes");
	assert_int_equal(aas_conf_guard_max("t", "1234", 4, 4, err), AAS_OK);
}

static void
conf_h5_over_its_size_is_refused_unread(void **state)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];
	char *big = malloc(AAS_CONF_MAX + 1);

	(void)state;
	assert_non_null(big);
	memset(big, '\n', AAS_CONF_MAX + 1);
	assert_int_equal(
	    aas_conf_parse("t.conf", big, AAS_CONF_MAX + 1, &conf, err),
	    AAS_ERR_TOOBIG);
	assert_null(conf);
	free(big);
}

static void
conf_realms_are_host_names(void **state)
{
	char longest[300];

	(void)state;
	assert_int_equal(aas_realm_valid("example.org"), 1);
	assert_int_equal(aas_realm_valid("a"), 1);
	assert_int_equal(aas_realm_valid("x-1.y"), 1);
	assert_int_equal(aas_realm_valid(""), 0);
	assert_int_equal(aas_realm_valid("."), 0);
	assert_int_equal(aas_realm_valid("a."), 0);
	assert_int_equal(aas_realm_valid("a..b"), 0);
	assert_int_equal(aas_realm_valid("-a"), 0);
	assert_int_equal(aas_realm_valid("a-"), 0);
	assert_int_equal(aas_realm_valid("a-.b"), 0);
	assert_int_equal(aas_realm_valid("Example.org"), 0);
	assert_int_equal(aas_realm_valid("10.0.0.1"), 0);
	assert_int_equal(aas_realm_valid("a_b"), 0);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(aas_realm_valid(longest), 0);
	longest[64] = '\0';
	assert_int_equal(aas_realm_valid(longest), 0);
	longest[63] = '\0';
	assert_int_equal(aas_realm_valid(longest), 1);
}

/* A path below a directory of our own; returned by mkdtemp(3). */
static char *
private_dir(void)
{
	static char dir[] = "/tmp/test_conf.XXXXXX";

	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	return mkdtemp(dir);
}

static void
conf_h5_file_that_is_none_is_refused_without_waiting(void **state)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];
	char path[128];
	char *dir = private_dir();

	(void)state;
	assert_non_null(dir);
	(void)snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(
	    aas_conf_load(path, getuid(), &conf, err), AAS_ERR_PERMS);
	assert_int_equal(strncmp(err, path, strlen(path)), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
	    aas_conf_load(path, getuid(), &conf, err), AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_conf_load("t.conf", getuid(), &conf, err), AAS_ERR_INVAL);
	assert_null(conf);
	assert_int_equal(rmdir(dir), 0);
}

static void
conf_file_others_may_write_is_refused(void **state)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];
	char path[128];
	char *dir = private_dir();
	FILE *f = NULL;

	(void)state;
	assert_non_null(dir);
	(void)snprintf(path, sizeof(path), "%s/aas.conf", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(REALM, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(
	    aas_conf_load(path, getuid(), &conf, err), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(aas_conf_load(path, getuid(), &conf, err), AAS_OK);
	aas_conf_free(&conf);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/*
 * libconfig's scanner ends the program at a file that cannot be read or
 * included: it gets only a text that was read, without "@include".
 */
static void
conf_h1_no_file_of_its_own_reaches_libconfig(void **state)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];
	char path[64];

	(void)state;
	refused(REALM "@include \"x\"", strlen(REALM "@include \"x\""),
	    "t.conf:2: @include is not allowed here");
	refused("@include \".\"", 12, "t.conf:1: @include is not allowed here");
	refused("# @include", 10, "t.conf:1: @include is not allowed here");
	/* A file that opens, and cannot be read from its beginning: EIO. */
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)getpid());
	assert_int_equal(
	    aas_conf_load(path, getuid(), &conf, err), AAS_ERR_SYS);
	assert_int_equal(strncmp(err, path, strlen(path)), 0);
	assert_null(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_realm_alone_has_the_defaults),
		cmocka_unit_test(conf_every_setting_is_read),
		cmocka_unit_test(conf_bad_setting_is_an_error_with_its_line),
		cmocka_unit_test(conf_no_realm_or_nothing_at_all_is_refused),
		cmocka_unit_test(
		    conf_h3_h4_what_libconfig_misreads_never_reaches_it),
		cmocka_unit_test(conf_h1_no_file_of_its_own_reaches_libconfig),
		cmocka_unit_test(
		    conf_f43_h5_what_costs_too_much_never_reaches_libconfig),
		cmocka_unit_test(conf_guard_knows_strings_and_comments),
		cmocka_unit_test(conf_h5_over_its_size_is_refused_unread),
		cmocka_unit_test(conf_realms_are_host_names),
		cmocka_unit_test(
		    conf_h5_file_that_is_none_is_refused_without_waiting),
		cmocka_unit_test(conf_file_others_may_write_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
