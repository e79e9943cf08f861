/*
 * F61: a rule that names one of two passwd names of a uid is about both.
 */
#include <errno.h>
#include <malloc.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/fixture.h"
#include "tools/policy_build.h"

/* The users of these tests; by --wrap. */
static struct {
	size_t at;
	int error; /* at the end */
	int calls;
	unsigned many; /* so many users of two names instead */
} ns;

static char names[][8] = { "root", "bin", "toor", "alice", "-bad", "root",
	"admin", "toor", "root", "bin" };
static const uid_t uids[] = { 0, 2, 0, 1000, 0, 0, 0, 1000, 1001, 0 };

void __wrap_setpwent(void);
void __wrap_endpwent(void);
struct passwd *__wrap_getpwent(void);

void
__wrap_setpwent(void)
{
	ns.at = 0;
	ns.calls++;
}

void
__wrap_endpwent(void)
{
}

struct passwd *
__wrap_getpwent(void)
{
	static struct passwd pw;
	static char name[16];

	if (ns.many > 0 && ns.at < (size_t)2 * ns.many) {
		(void)snprintf(name, sizeof(name), "%s%zu",
		    ns.at % 2 == 0 ? "u" : "dom-u", ns.at / 2);
		pw.pw_name = name;
		pw.pw_uid = (uid_t)(20000 + ns.at++ / 2);
		return &pw;
	}
	if (ns.many > 0 || ns.at == sizeof(uids) / sizeof(uids[0])) {
		errno = ns.error != 0 ? ns.error : ENOENT;
		return NULL;
	}
	pw.pw_name = names[ns.at];
	pw.pw_uid = uids[ns.at++];
	return &pw;
}

static struct aas_arena *arena;

static int
up(void **state)
{
	memset(&ns, 0, sizeof(ns));
	if (aas_arena_new(&arena) != AAS_OK)
		return -1;
	return fixture_setup(state);
}

static int
down(void **state)
{
	aas_arena_free(&arena);
	return fixture_teardown(state);
}

static int
has(const struct aas_rule *r, const char *name)
{
	int n = 0;

	for (uint32_t i = 0; i < r->users.n; i++)
		n += strcmp(r->users.v[i], name) == 0;
	return n;
}

static void
alias_f61_rule_about_a_user_is_about_all_names_of_the_uid(void **state)
{
	static const uint8_t effects[] = { AAS_EF_TERMS, AAS_EF_REQUIRE,
		AAS_EF_DENY };
	const char *users[] = { "alice", "toor" };
	size_t added = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(effects); i++) {
		struct aas_rule rule = { .effect = effects[i],
			.users = { 2, users } };

		assert_int_equal(policy_alias(&rule, 1, arena, &added), AAS_OK);
		assert_int_equal(added, 2);
		assert_int_equal(rule.users.n, 4);
		assert_int_equal(has(&rule, "alice"), 1);
		assert_int_equal(has(&rule, "toor"), 1);
		assert_int_equal(has(&rule, "root"), 1);
		assert_int_equal(has(&rule, "admin"), 1);
	}
}

static void
alias_f61_exemption_stays_with_the_name_it_spells(void **state)
{
	static const uint8_t effects[] = { AAS_EF_EXEMPT, AAS_EF_ATTEST };
	const char *users[] = { "toor" };
	size_t added = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(effects); i++) {
		struct aas_rule rule = { .effect = effects[i],
			.users = { 1, users } };

		assert_int_equal(policy_alias(&rule, 1, arena, &added), AAS_OK);
		assert_int_equal(added, 0);
		assert_int_equal(rule.users.n, 1);
	}
	/* Nobody had to be asked. */
	assert_int_equal(ns.calls, 0);
}

static void
alias_user_with_one_name_stays_as_it_is(void **state)
{
	const char *users[] = { "alice", "bin", "nobody-here" };
	const char *both[] = { "admin", "root", "toor" };
	struct aas_rule rules[] = {
		{ .effect = AAS_EF_REQUIRE, .users = { 3, users } },
		{ .effect = AAS_EF_REQUIRE, .users = { 3, both } },
		{ .effect = AAS_EF_REQUIRE },
	};
	size_t added = 4711;

	(void)state;
	assert_int_equal(policy_alias(rules, 3, arena, &added), AAS_OK);
	assert_int_equal(added, 0);
	assert_ptr_equal(rules[0].users.v, users);
	assert_ptr_equal(rules[1].users.v, both);
	assert_int_equal(rules[2].users.n, 0);
}

static void
alias_users_that_cannot_be_read_are_an_error(void **state)
{
	static const int t[] = { EIO, EMFILE, ENFILE, ENOMEM };
	const char *users[] = { "root" };
	struct aas_rule rule = { .effect = AAS_EF_DENY, .users = { 1, users } };
	size_t added = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ns.error = t[i];
		assert_int_equal(
		    policy_alias(&rule, 1, arena, &added), AAS_ERR_SYS);
		assert_int_equal(rule.users.n, 1);
	}
}

static void
alias_f61_second_entry_of_a_name_is_nobody(void **state)
{
	const char *users[] = { "toor" };
	const char *other[] = { "bin" };
	struct aas_rule rules[] = {
		{ .effect = AAS_EF_DENY, .users = { 1, users } },
		{ .effect = AAS_EF_DENY, .users = { 1, other } },
	};
	size_t added = 0;

	(void)state;
	assert_int_equal(policy_alias(rules, 2, arena, &added), AAS_OK);
	assert_int_equal(added, 2);
	assert_int_equal(has(&rules[0], "root"), 1);
	assert_int_equal(has(&rules[0], "admin"), 1);
	assert_int_equal(has(&rules[0], "alice"), 0);
	assert_int_equal(rules[1].users.n, 1);
}

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
alias_f43_many_users_of_two_names_take_little_room(void **state)
{
	enum { MANY = 4000 };
	struct aas_rule *rules = calloc(MANY, sizeof(*rules));
	char(*text)[16] = calloc(MANY, sizeof(*text));
	const char **users = calloc(MANY, sizeof(*users));
	size_t added = 0;
	size_t before = 0;

	(void)state;
	assert_true(rules != NULL && text != NULL && users != NULL);
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "u%u", i);
		users[i] = text[i];
		rules[i].effect = AAS_EF_DENY;
		rules[i].users.v = &users[i];
		rules[i].users.n = 1;
	}
	ns.many = MANY;
	before = in_use();
	assert_int_equal(policy_alias(rules, MANY, arena, &added), AAS_OK);
	assert_int_equal(added, MANY);
	assert_string_equal(rules[7].users.v[1], "dom-u7");
	assert_true(in_use() - before < (size_t)4 * 1024 * 1024);
	free(rules);
	free(text);
	free(users);
}

#define ALIAS_TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

/* "sudo, su" as one text. */
static const char *
services(const struct aas_rule *r, char text[256])
{
	text[0] = '\0';
	for (uint32_t i = 0; i < r->services.n; i++)
		(void)snprintf(text + strlen(text), 256 - strlen(text), "%s%s",
		    i > 0 ? ", " : "", r->services.v[i]);
	return text;
}

static void
alias_services_with_a_login_shell_are_bound_too(void **state)
{
	static const uint8_t effects[] = { AAS_EF_TERMS, AAS_EF_REQUIRE,
		AAS_EF_DENY, AAS_EF_LEASE };
	const char *both[] = { "sudo", "sshd", "su" };
	const char *twice[] = { "su", "su" };
	const char *there[] = { "sudo-i", "sudo" };
	struct aas_rule r;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(effects); i++) {
		r = (struct aas_rule){ .effect = effects[i],
			.services = { 3, both } };
		assert_int_equal(policy_alias_services(&r, 1, arena), AAS_OK);
		assert_string_equal(
		    services(&r, text), "sudo, sshd, su, sudo-i, su-l");
	}
	r = (struct aas_rule){ .effect = AAS_EF_DENY,
		.services = { 2, twice } };
	assert_int_equal(policy_alias_services(&r, 1, arena), AAS_OK);
	assert_string_equal(services(&r, text), "su, su, su-l");
	r.services = (struct aas_names){ 2, there };
	assert_int_equal(policy_alias_services(&r, 1, arena), AAS_OK);
	assert_string_equal(services(&r, text), "sudo-i, sudo");
	r = (struct aas_rule){ .effect = AAS_EF_EXEMPT,
		.services = { 3, both } };
	assert_int_equal(policy_alias_services(&r, 1, arena), AAS_OK);
	assert_int_equal(r.services.n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALIAS_TEST(
		    alias_f61_rule_about_a_user_is_about_all_names_of_the_uid),
		ALIAS_TEST(alias_f61_exemption_stays_with_the_name_it_spells),
		ALIAS_TEST(alias_user_with_one_name_stays_as_it_is),
		ALIAS_TEST(alias_services_with_a_login_shell_are_bound_too),
		ALIAS_TEST(alias_f61_second_entry_of_a_name_is_nobody),
		ALIAS_TEST(alias_f43_many_users_of_two_names_take_little_room),
		ALIAS_TEST(alias_users_that_cannot_be_read_are_an_error),
	};

	return cmocka_run_group_tests_name("alias", tests, NULL, NULL);
}
