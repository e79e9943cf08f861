/*
 * The compiled policy and the decision.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/wire.h"
#include "policy/format.h"
#include "policy/policy.h"
#include "tests/fixture.h"

static const char *const users[] = { "carol", "alice", "bob", "alice" };
static const gid_t groups[] = { 40, 10, 30, 20, 10 };
static const char *const services[] = { "cron", "atd", "cron" };

static struct aas_policy_source
source(void)
{
	struct aas_policy_source s = { .realm = "example.org",
		.statedir = "/var/lib/aas",
		.rundir = "/run/aas",
		.libexecdir = "/usr/libexec/aas",
		.uv = 1,
		.required_from_s = 5000,
		.users = users,
		.users_n = 4,
		.groups = groups,
		.groups_n = 5,
		.exempt_services = services,
		.exempt_services_n = 3 };

	return s;
}

static struct aas_policy *
compiled(const struct aas_policy_source *s)
{
	struct aas_policy *p = NULL;
	uint8_t *b = NULL;
	size_t n = 0;

	assert_int_equal(aas_policy_compile(s, &b, &n), AAS_OK);
	assert_int_equal(aas_policy_parse(b, n, &p), AAS_OK);
	free(b);
	return p;
}

static void
policy_what_was_compiled_is_read(void **state)
{
	struct aas_policy_source s = source();
	struct aas_policy *p = compiled(&s);

	(void)state;
	assert_string_equal(aas_policy_realm(p), "example.org");
	assert_string_equal(aas_policy_statedir(p), "/var/lib/aas");
	assert_string_equal(aas_policy_rundir(p), "/run/aas");
	assert_string_equal(aas_policy_libexecdir(p), "/usr/libexec/aas");
	assert_int_equal(aas_policy_needs_groups(p), 1);
	assert_int_equal(p->users.n, 3);
	assert_int_equal(p->groups_n, 4);
	assert_int_equal(p->services.n, 2);
	assert_int_equal(p->enrolled_min, 2);
	assert_int_equal(p->timeout_s, 60);
	aas_policy_free(&p);
	assert_null(p);
	aas_policy_free(&p);
}

struct ask {
	const char *user, *service;
	int gids_n;
	gid_t gid;
	uint32_t verdict;
	const char *rule;
};

static void
policy_decides(void **state)
{
	static const struct ask t[] = {
		{ "alice", "sudo", 0, 0, AAS_V_REQUIRE, "required_users" },
		{ "bob", "sudo", -1, 0, AAS_V_REQUIRE, "required_users" },
		{ "carol", "sudo", 0, 0, AAS_V_REQUIRE, "required_users" },
		{ "alic", "sudo", 0, 0, AAS_V_OPTIONAL, "enrolled" },
		{ "alicee", "sudo", 0, 0, AAS_V_OPTIONAL, "enrolled" },
		{ "dave", "sudo", 1, 10, AAS_V_REQUIRE, "required_groups" },
		{ "dave", "sudo", 1, 40, AAS_V_REQUIRE, "required_groups" },
		{ "dave", "sudo", 1, 25, AAS_V_OPTIONAL, "enrolled" },
		{ "dave", "sudo", 1, 5, AAS_V_OPTIONAL, "enrolled" },
		{ "dave", "sudo", -1, 0, AAS_V_DENY, "required_groups" },
		{ "alice", "cron", 0, 0, AAS_V_OUT, "exempt_services" },
		{ "dave", "atd", -1, 0, AAS_V_OUT, "exempt_services" },
	};
	struct aas_policy_source s = source();
	struct aas_policy *p = compiled(&s);
	struct aas_decision d;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct aas_query q = { .user = t[i].user,
			.uid = 1000,
			.gids = &t[i].gid,
			.gids_n = t[i].gids_n,
			.service = t[i].service };

		assert_int_equal(aas_policy_eval(p, &q, &d), AAS_OK);
		assert_int_equal(d.verdict, t[i].verdict);
		assert_string_equal(d.rule, t[i].rule);
		assert_int_equal(d.reason,
		    t[i].verdict == AAS_V_DENY ? AAS_WHY_GROUPS : AAS_WHY_OK);
	}
	aas_policy_free(&p);
}

static void
policy_values_have_defaults_by_rule(void **state)
{
	struct aas_policy_source s = source();
	struct aas_policy *p = compiled(&s);
	struct aas_query q = { .user = "alice", .uid = 1, .service = "sudo" };
	struct aas_decision d;

	(void)state;
	assert_int_equal(aas_policy_eval(p, &q, &d), AAS_OK);
	assert_int_equal(d.session_s, 12 * 3600);
	assert_int_equal(d.idle_s, 900);
	assert_int_equal(d.from_s, 5000);
	q.user = "dave";
	assert_int_equal(aas_policy_eval(p, &q, &d), AAS_OK);
	assert_int_equal(d.session_s, 24 * 3600);
	assert_int_equal(d.idle_s, 3600);
	assert_int_equal(d.reauth_s, 300);
	assert_int_equal(d.degraded_s, 7 * 86400);
	assert_int_equal(d.from_s, 0);
	assert_int_equal(d.present, 1);
	assert_int_equal(d.uv, 1);
	assert_int_equal(d.server_keys, 0);
	aas_policy_free(&p);
	s.session_s = 1;
	s.idle_s = 2;
	s.reauth_s = 3;
	s.degraded_s = 4;
	s.present = 2;
	s.server_keys = 1;
	s.uv = 0;
	p = compiled(&s);
	assert_int_equal(aas_policy_eval(p, &q, &d), AAS_OK);
	assert_int_equal(d.session_s, 1);
	assert_int_equal(d.idle_s, 2);
	assert_int_equal(d.reauth_s, 3);
	assert_int_equal(d.degraded_s, 4);
	assert_int_equal(d.present, 2);
	assert_int_equal(d.server_keys, 1);
	assert_int_equal(d.uv, 0);
	aas_policy_free(&p);
}

static void
policy_query_that_breaks_the_contract_is_denied(void **state)
{
	static const struct aas_query bad[] = {
		{ .user = NULL, .service = "sudo" },
		{ .user = "", .service = "sudo" },
		{ .user = "a", .service = NULL },
		{ .user = "a", .service = "" },
		{ .user = "a", .service = "sudo", .gids_n = 1 },
		{ .user = "a", .service = "sudo", .uid = (uid_t)-1 },
	};
	struct aas_policy_source s = source();
	struct aas_policy *p = compiled(&s);
	struct aas_query good = { .user = "a", .service = "s" };
	struct aas_decision d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&d, 0xff, sizeof(d));
		assert_int_equal(
		    aas_policy_eval(p, &bad[i], &d), AAS_ERR_INVAL);
		assert_int_equal(d.verdict, AAS_V_DENY);
		assert_int_equal(d.reason, AAS_WHY_POLICY_DENY);
	}
	memset(&d, 0xff, sizeof(d));
	assert_int_equal(aas_policy_eval(NULL, &good, &d), AAS_ERR_INVAL);
	assert_int_equal(d.verdict, AAS_V_DENY);
	aas_policy_free(&p);
}

static void
policy_source_out_of_range_is_refused(void **state)
{
	struct aas_policy_source s;
	uint8_t *b = NULL;
	size_t n = 0;
	static const char *const empty[] = { "" };
	static const char *const control[] = { "a\nb" };
	static const char *const missing[] = { "a", NULL };
	int i;

	(void)state;
	for (i = 0; i < 21; i++) {
		s = source();
		switch (i) {
		case 0:
			s.realm[0] = '\0';
			break;
		case 1:
			memset(s.realm, 'x', sizeof(s.realm));
			break;
		case 2:
			(void)snprintf(
			    s.statedir, sizeof(s.statedir), "relative");
			break;
		case 3:
			(void)snprintf(s.rundir, sizeof(s.rundir), "/");
			break;
		case 4:
			(void)snprintf(
			    s.libexecdir, sizeof(s.libexecdir), "/a/../b");
			break;
		case 5:
			(void)snprintf(
			    s.libexecdir, sizeof(s.libexecdir), "/a//b");
			break;
		case 6:
			(void)snprintf(
			    s.libexecdir, sizeof(s.libexecdir), "/a/");
			break;
		case 7:
			s.enrolled_min = 1;
			break;
		case 8:
			s.enrolled_min = 17;
			break;
		case 9:
			s.present = 3;
			break;
		case 10:
			s.timeout_s = 601;
			break;
		case 11:
			s.session_s = -1;
			break;
		case 12:
			s.idle_s = INT64_MAX;
			break;
		case 13:
			s.required_from_s = -1;
			break;
		case 14:
			s.users = empty;
			s.users_n = 1;
			break;
		case 15:
			s.users = control;
			s.users_n = 1;
			break;
		case 16:
			s.users = missing;
			s.users_n = 2;
			break;
		case 17:
			s.uv = 2;
			break;
		case 18:
			s.server_keys = 2;
			break;
		case 19:
			s.users_n = POL_LIST_MAX + 1;
			break;
		default:
			s.groups_n = POL_LIST_MAX + 1;
			break;
		}
		assert_int_equal(aas_policy_compile(&s, &b, &n), AAS_ERR_INVAL);
		assert_null(b);
	}
	s = source();
	memset(s.statedir, 'x', sizeof(s.statedir));
	s.statedir[0] = '/';
	s.statedir[220] = '\0';
	assert_int_equal(aas_policy_compile(&s, &b, &n), AAS_ERR_INVAL);
}

static void
policy_s6_flipped_bit_or_short_file_is_refused(void **state)
{
	struct aas_policy_source s = source();
	struct aas_policy *p = NULL;
	uint8_t *b = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(aas_policy_compile(&s, &b, &n), AAS_OK);
	for (size_t bit = 0; bit < n * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(aas_policy_parse(b, n, &p), AAS_OK);
		assert_null(p);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < n; len++)
		assert_int_not_equal(aas_policy_parse(b, len, &p), AAS_OK);
	b = realloc(b, n + 1);
	b[n] = 0;
	assert_int_not_equal(aas_policy_parse(b, n + 1, &p), AAS_OK);
	assert_int_equal(aas_policy_parse(b, n, &p), AAS_OK);
	aas_policy_free(&p);
	free(b);
}

/* Seal ${b} anew, as an attacker or a bug of ours would. */
static void
seal(uint8_t *b, size_t n)
{
	struct aas_wr w;

	aas_wr_init(&w, b + n - 4, 4);
	aas_wr_u32(&w, aas_crc32(b, n - 4));
}

static void
policy_well_sealed_nonsense_is_refused_without_harm(void **state)
{
	struct aas_policy_source s = source();
	struct aas_policy *p = NULL;
	uint8_t *b = NULL, *c;
	size_t n = 0;

	(void)state;
	assert_int_equal(aas_policy_compile(&s, &b, &n), AAS_OK);
	c = malloc(n);
	for (size_t i = 0; i < n - 4; i++) {
		static const uint8_t v[] = { 0, 1, 0x7f, 0xff };

		for (size_t k = 0; k < sizeof(v); k++) {
			memcpy(c, b, n);
			c[i] = v[k];
			seal(c, n);
			/* Some are other policies; none may crash. */
			if (aas_policy_parse(c, n, &p) == AAS_OK)
				aas_policy_free(&p);
		}
	}
	memcpy(c, b, n);
	c[7] = '2';
	seal(c, n);
	assert_int_equal(aas_policy_parse(c, n, &p), AAS_ERR_VERSION);
	free(c);
	free(b);
}

static void
policy_lists_may_be_long(void **state)
{
	struct aas_policy_source s = source();
	const char **many = calloc(10000, sizeof(*many));
	struct aas_query q = { .uid = 1, .service = "sudo" };
	struct aas_decision d;
	struct aas_policy *p;
	char(*names)[16] = calloc(10000, 16);

	(void)state;
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(names[i], 16, "user%d", (i * 7919) % 10000);
		many[i] = names[i];
	}
	s.users = many;
	s.users_n = 10000;
	s.groups_n = 0;
	p = compiled(&s);
	assert_int_equal(aas_policy_needs_groups(p), 0);
	for (int i = 0; i < 10000; i += 37) {
		q.user = names[i];
		assert_int_equal(aas_policy_eval(p, &q, &d), AAS_OK);
		assert_int_equal(d.verdict, AAS_V_REQUIRE);
	}
	q.user = "user10000";
	q.gids_n = -1; /* no rule needs a group */
	assert_int_equal(aas_policy_eval(p, &q, &d), AAS_OK);
	assert_int_equal(d.verdict, AAS_V_OPTIONAL);
	aas_policy_free(&p);
	free(names);
	free(many);
}

static void
policy_file_of_others_is_refused(void **state)
{
	struct fixture *f = *state;
	struct aas_policy_source s = source();
	struct aas_policy *p = NULL;
	char path[FIXTURE_PATH], link[FIXTURE_PATH];
	uint8_t *b = NULL;
	size_t n = 0;
	FILE *out;

	if (geteuid() != 0)
		skip();
	assert_int_equal(aas_policy_compile(&s, &b, &n), AAS_OK);
	out = fopen(fixture_path(f, "policy.bin", path), "we");
	assert_non_null(out);
	assert_int_equal(fwrite(b, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	free(b);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_OK);
	aas_policy_free(&p);
	assert_int_equal(symlink(path, fixture_path(f, "link", link)), 0);
	assert_int_not_equal(aas_policy_open(link, &p), AAS_OK);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 1, 0), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_PERMS);
	assert_int_equal(aas_policy_open(fixture_path(f, "none", link), &p),
	    AAS_ERR_NOTFOUND);
	fixture_write(f, "empty", "", 0644);
	assert_int_equal(aas_policy_open(fixture_path(f, "empty", link), &p),
	    AAS_ERR_FORMAT);
	assert_int_equal(mkfifo(fixture_path(f, "fifo", link), 0644), 0);
	assert_int_not_equal(aas_policy_open(link, &p), AAS_OK);
	assert_int_not_equal(aas_policy_open(f->dir, &p), AAS_OK);
	assert_null(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(policy_what_was_compiled_is_read),
		FIXTURE_TEST(policy_decides),
		FIXTURE_TEST(policy_values_have_defaults_by_rule),
		FIXTURE_TEST(policy_query_that_breaks_the_contract_is_denied),
		FIXTURE_TEST(policy_source_out_of_range_is_refused),
		FIXTURE_TEST(policy_s6_flipped_bit_or_short_file_is_refused),
		FIXTURE_TEST(
		    policy_well_sealed_nonsense_is_refused_without_harm),
		FIXTURE_TEST(policy_lists_may_be_long),
		FIXTURE_TEST(policy_file_of_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
