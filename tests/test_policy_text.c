/*
 * What `aasctl policy explain` prints is read back as the same rule.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/rule.h"
#include "tests/fixture.h"
#include "tools/policy_text.h"

extern const struct aas_plugin aas_policy_plugin;

struct fake {
	const char *text;
	struct aas_arena *arena;
	struct aas_rule rule;
	unsigned n;
	char said[512];
};

static int
gid_of(void *arg, const char *name, gid_t *gid)
{
	(void)arg;
	(void)name;
	*gid = 1;
	return AAS_OK;
}

static int
host_rule(
    void *ctx, const struct aas_plugin_rule *r, struct aas_plugin_fault *fault)
{
	struct fake *f = ctx;

	f->n++;
	return aas_rule_from(r, "files", gid_of, NULL, f->arena, &f->rule,
		   fault) == AAS_OK
	    ? 0
	    : -1;
}

static void
host_report(
    void *ctx, int level, const char *file, uint32_t line, const char *text)
{
	struct fake *f = ctx;

	(void)level;
	(void)file;
	(void)snprintf(f->said, sizeof(f->said), "%u: %s", line, text);
}

static int
host_read(void *ctx, const char *path, size_t max, unsigned flags, char **text,
    size_t *len)
{
	const struct fake *f = ctx;

	(void)max;
	(void)flags;
	if (strcmp(path, "/c/policy.conf") != 0)
		return -1;
	*text = strdup(f->text);
	assert_non_null(*text);
	*len = strlen(f->text);
	return 0;
}

static void
host_release(void *ctx, char *text)
{
	(void)ctx;
	free(text);
}

static int
host_list(void *ctx, const char *dir, const char *suffix,
    int (*each)(void *arg, const char *path), void *arg)
{
	(void)ctx;
	(void)dir;
	(void)suffix;
	(void)each;
	(void)arg;
	return -1;
}

static int64_t
host_left_ms(void *ctx)
{
	(void)ctx;
	return 1000;
}

/* The rule that a file with just this one has. */
static void
read_rule(struct fake *f, const char *rule)
{
	const struct aas_plugin_host h = { sizeof(h), f, host_rule, host_report,
		host_read, host_release, host_list, host_left_ms };
	const struct aas_plugin_query q = { .struct_size = sizeof(q),
		.confdir = "/c" };
	char file[8192];

	(void)snprintf(file, sizeof(file), "rules = (\n%s\n);\n", rule);
	memset(f, 0, sizeof(*f));
	f->text = file;
	assert_int_equal(aas_arena_new(&f->arena), AAS_OK);
	if (aas_policy_plugin.rules(&h, &q) != AAS_PLUGIN_SUCCESS)
		fail_msg("%s\n%s", f->said, rule);
	f->text = NULL;
}

static const char *const rules[] = {
	"{ name = \"everything\"; mode = \"warn\"; users = [ \"alice\", "
	"\"do\\\"m\\\\x\" ]; groups = ( \"staff\", \"ops\" ); "
	"services = [ \"sshd\" ]; hosts = [ \"WEB*.example.org\" ]; "
	"origin = \"remote\"; networks = [ \"192.0.2.0/24\", "
	"\"2001:db8::/32\", \"10.0.0.1\", \"::/0\", \"0.0.0.0/0\", "
	"\"::fffe:0:0/95\" ]; "
	"require = \"attested\"; from = \"2026-06-01T02:00:00+02:00\"; "
	"grace = \"14d\"; enrolled = 3; present = 2; uv = \"required\"; "
	"device_bound = true; "
	"aaguids = [ \"2FC0579F-8113-47ea-b116-bb5a8db9202a\" ]; "
	"session = \"1d12h\"; idle = \"90s\"; reauth = \"5m\"; "
	"window = \"90s\"; alert = \"required\"; training = \"excluded\"; }",
	"{ name = \"h\"; mode = \"observe\"; origin = \"local\"; deny = true; "
	"hours = [ \"Mon-Fri 08:00-18:00\", \"Fri 22:00-06:00\", "
	"\"Sun 20:00-24:00\", \"Sun 23:00-01:00\", \"00:00-00:01\" ]; }",
	"{ name = \"x\"; users = [ \"root\" ]; services = [ \"login\" ]; "
	"exempt = true; break_glass = true; }",
	"{ name = \"l\"; lease = { grantors = [ \"ops\" ]; "
	"accounts = [ \"deploy\", \"ci\" ]; max = \"8h\"; }; }",
	"{ name = \"t\"; uv = \"discouraged\"; }",
	"{ name = \"e\"; require = \"enrolled\"; }",
};

static void
policy_text_is_read_back_as_the_same_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct fake a, b;
		char *first = NULL, *second = NULL;

		read_rule(&a, rules[i]);
		assert_int_equal(policy_text(&a.rule, &first), AAS_OK);
		read_rule(&b, first);
		assert_int_equal(b.n, 1);
		assert_int_equal(policy_text(&b.rule, &second), AAS_OK);
		assert_string_equal(first, second);
		/* not by saying less */
		assert_int_equal(a.rule.effect, b.rule.effect);
		assert_int_equal(a.rule.nets_n, b.rule.nets_n);
		for (uint32_t k = 0; k < a.rule.nets_n; k++)
			assert_memory_equal(&a.rule.nets[k], &b.rule.nets[k],
			    sizeof(a.rule.nets[k]));
		assert_int_equal(a.rule.spans_n, b.rule.spans_n);
		for (uint32_t k = 0; k < a.rule.spans_n; k++)
			assert_memory_equal(&a.rule.spans[k], &b.rule.spans[k],
			    sizeof(a.rule.spans[k]));
		assert_int_equal(a.rule.users.n, b.rule.users.n);
		assert_true(a.rule.from_s == b.rule.from_s &&
		    a.rule.session_s == b.rule.session_s &&
		    a.rule.idle_s == b.rule.idle_s &&
		    a.rule.grace_s == b.rule.grace_s &&
		    a.rule.lease_s == b.rule.lease_s);
		free(first);
		free(second);
		aas_arena_free(&a.arena);
		aas_arena_free(&b.arena);
	}
}

static void
policy_text_of_what_has_no_form_is_a_comment(void **state)
{
	static const uint8_t key[] = { 0, 0, 0, 1, 'a', 0 };
	const char *users[] = { "alice" };
	const struct aas_blob ca = { sizeof(key), key };
	struct aas_rule r = { .source = "attest",
		.name = "a",
		.mode = AAS_MODE_ENFORCE,
		.effect = AAS_EF_ATTEST,
		.users = { 1, users },
		.not_before_s = 1,
		.not_after_s = 86400,
		.cas_n = 1,
		.cas = &ca };
	char *text = NULL;

	(void)state;
	assert_int_equal(policy_text(&r, &text), AAS_OK);
	for (const char *p = text; p != NULL;
	     p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL)
		assert_memory_equal(p, "// ", 3);
	assert_non_null(strstr(text, "not_after = \"1970-01-02T00:00:00Z\""));
	assert_non_null(strstr(text, "AAAAAWEA"));
	free(text);
	r = (struct aas_rule){ .source = "settings",
		.name = "exempt_services",
		.mode = AAS_MODE_ENFORCE,
		.effect = AAS_EF_EXEMPT };
	assert_int_equal(policy_text(&r, &text), AAS_OK);
	assert_memory_equal(text, "// {", 4);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy_text_is_read_back_as_the_same_rule),
		cmocka_unit_test(policy_text_of_what_has_no_form_is_a_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
