/*
 * What `aasctl policy explain` prints is read back as the same rule.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/fixture.h"
#include "tests/plugin_host.h"
#include "tools/policy_text.h"

/* The rule that a file with just this one has; rules[0]. */
static void
read_rule(struct plugin_host *f, const char *rule)
{
	char file[8192];

	(void)snprintf(file, sizeof(file), "rules = (\n%s\n);\n", rule);
	memset(f, 0, sizeof(*f));
	f->path[0] = "/c/policy.conf";
	f->text[0] = file;
	assert_int_equal(aas_arena_new(&f->arena), AAS_OK);
	if (plugin_host_run(f, "/c") != AAS_PLUGIN_SUCCESS)
		fail_msg("%s\n%s", f->said, rule);
	f->text[0] = NULL;
	assert_int_equal(f->rules_n, 1);
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
	"window = \"90s\"; alert = \"required\"; training = \"excluded\"; "
	"sudo = \"local-key\"; }",
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

/* What was read back does not say less. */
static void
same_rule(const struct aas_rule *a, const struct aas_rule *b)
{
	assert_int_equal(a->effect, b->effect);
	assert_int_equal(a->nets_n, b->nets_n);
	for (uint32_t i = 0; i < a->nets_n; i++)
		assert_memory_equal(
		    &a->nets[i], &b->nets[i], sizeof(a->nets[i]));
	assert_int_equal(a->spans_n, b->spans_n);
	for (uint32_t i = 0; i < a->spans_n; i++)
		assert_memory_equal(
		    &a->spans[i], &b->spans[i], sizeof(a->spans[i]));
	assert_int_equal(a->users.n, b->users.n);
	assert_true(a->from_s == b->from_s && a->session_s == b->session_s &&
	    a->idle_s == b->idle_s && a->grace_s == b->grace_s &&
	    a->lease_s == b->lease_s);
}

static void
policy_text_is_read_back_as_the_same_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct plugin_host a, b;
		char *first = NULL, *second = NULL;

		read_rule(&a, rules[i]);
		assert_int_equal(policy_text(&a.rules[0], &first), AAS_OK);
		read_rule(&b, first);
		assert_int_equal(policy_text(&b.rules[0], &second), AAS_OK);
		assert_string_equal(first, second);
		same_rule(&a.rules[0], &b.rules[0]);
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
