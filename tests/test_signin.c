/*
 * From the facts of a sign-in to its answer, and the answer beforehand.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/mark.h"
#include "lib/reason.h"
#include "policy/signin/foretell.h"
#include "tests/policy_make.h"

#define NOW INT64_C(1700000000)
#define DAY INT64_C(86400)

static const char *const alice[] = { "alice" };

/* A rule about alice. */
static struct aas_rule
rule(uint8_t effect, uint8_t mode)
{
	struct aas_rule r = make_rule(effect);

	r.mode = mode;
	r.users.n = 1;
	r.users.v = (const char **)(uintptr_t)alice;
	return r;
}

static struct aas_person
person(unsigned state)
{
	struct aas_person p = { .user = { "alice", 1000, 1000 },
		.state = state };

	return p;
}

static struct aas_scene
scene(const char *service, const char *from)
{
	struct aas_scene s = { .service = service,
		.host = "h",
		.phases = AAS_PHASES,
		.now_s = NOW };

	aas_signin_place(service, NULL, from, &s.place);
	return s;
}

static struct aas_foretold
foretell(const struct aas_rule *r, size_t n, unsigned state,
    const char *service, const char *from)
{
	struct aas_policy *p = make_policy(r, n);
	struct aas_person who = person(state);
	struct aas_scene s = scene(service, from);
	struct aas_foretold f;

	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	aas_policy_free(&p);
	return f;
}

static void
signin_place_is_from_items_alone(void **state)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 7 };
	struct aas_place p;

	(void)state;
	aas_signin_place("sudo", "/dev/tty1", NULL, &p);
	assert_false(p.ssh || p.remote || p.addr_known);
	aas_signin_place("sudo", NULL, "", &p);
	assert_false(p.ssh || p.remote || p.addr_known);
	aas_signin_place("sshd", NULL, NULL, &p);
	assert_true(p.ssh && p.remote && !p.addr_known);
	aas_signin_place("other", "ssh", "192.0.2.7", &p);
	assert_true(p.ssh && p.remote && p.addr_known);
	assert_memory_equal(p.addr, v4, 16);
	aas_signin_place("ftp", NULL, "host.example.org", &p);
	assert_true(!p.ssh && p.remote && !p.addr_known);
	aas_signin_place("login", NULL, "127.0.0.1", &p);
	assert_true(p.remote && p.addr_known);
}

/* --- the clock --- */

static struct aas_policy *
policy_in(const struct fixture *f, const struct aas_rule *r)
{
	struct aas_policy_source s = make_source(r, 1);

	(void)snprintf(s.statedir, sizeof(s.statedir), "%s", f->dir);
	return make_compiled(&s);
}

/* The clock is set back by an hour after the day came: it stays over. */
static void
signin_f11_clock_set_back_reopens_no_date(void **state)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct aas_now now = { .real_s = NOW, .synced = 1 };
	struct aas_person who = person(AAS_ST_NONE);
	struct aas_scene s = scene("sudo", NULL);
	struct aas_foretold f;
	struct aas_policy *p;

	r.from_s = NOW;
	p = policy_in(*state, &r);
	assert_int_equal(aas_policy_needs(p) & AAS_NEED_TIME, AAS_NEED_TIME);
	assert_int_equal(
	    aas_mark_raise(((struct fixture *)*state)->dir, &now, 0), AAS_OK);
	assert_int_equal(aas_signin_now(p, NOW - 3600, &s.now_s), AAS_OK);
	assert_int_equal(s.now_s, NOW);
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_ENROLL_NOW);
	aas_policy_free(&p);
}

/* Ten years ahead without synchronization: in force while it lasts. */
static void
signin_f12_clock_ahead_poisons_nothing(void **state)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct aas_policy *p;
	int64_t s = 0;

	r.from_s = NOW + 365 * DAY;
	p = policy_in(*state, &r);
	assert_int_equal(aas_signin_now(p, NOW + 3650 * DAY, &s), AAS_OK);
	assert_int_equal(s, NOW + 3650 * DAY);
	assert_int_equal(aas_signin_now(p, NOW, &s), AAS_OK);
	assert_int_equal(s, NOW);
	aas_policy_free(&p);
}

/* Without a date no file is looked at: there is none, and it is no error. */
static void
signin_without_dates_reads_no_mark(void **state)
{
	struct aas_rule r = rule(AAS_EF_DENY, AAS_MODE_ENFORCE);
	const struct fixture *f = *state;
	struct aas_policy *p;
	int64_t s = 0;

	fixture_write(f, AAS_MARK_FILE, "", 0666);
	p = policy_in(f, &r);
	assert_int_equal(aas_signin_now(p, NOW, &s), AAS_OK);
	assert_int_equal(s, NOW);
	aas_policy_free(&p);
	r.effect = AAS_EF_REQUIRE;
	r.from_s = NOW;
	p = policy_in(f, &r);
	assert_int_equal(aas_signin_now(p, NOW, &s), AAS_ERR_PERMS);
	aas_policy_free(&p);
}

static void
signin_tick_moves_no_mark_where_no_date_is(void **state)
{
	struct aas_rule r = rule(AAS_EF_DENY, AAS_MODE_ENFORCE);
	const struct fixture *f = *state;
	struct aas_policy *p = policy_in(f, &r);
	int64_t s = -1;

	aas_signin_tick(p, NOW);
	assert_int_equal(aas_mark_get(f->dir, &s), AAS_OK);
	assert_int_equal(s, 0);
	aas_policy_free(&p);
}

/* --- grace --- */

static int
since(void *arg, int64_t now_s, int64_t *since_s)
{
	const int64_t *want = arg;

	(void)now_s;
	if (*want < 0)
		return AAS_ERR_SYS;
	*since_s = *want;
	return AAS_OK;
}

static enum aas_row
graced(unsigned st, int64_t began)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct aas_query q = make_query();
	struct aas_answer a;
	struct aas_policy *p;
	unsigned why = 0;

	r.from_s = NOW - 100 * DAY;
	r.grace_s = 7 * DAY;
	p = make_policy(&r, 1);
	q.now_s = NOW;
	a.size = sizeof(a);
	assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
	assert_int_equal(a.now.wants_since, 1);
	assert_int_equal(
	    aas_signin_grace(p, &q, st, since, &began, &a), AAS_OK);
	aas_policy_free(&p);
	return aas_states_row(st, &a.now, 2, 0, NOW, &why);
}

static void
signin_grace_begins_with_the_first_sign_in(void **state)
{
	(void)state;
	assert_int_equal(graced(AAS_ST_NONE, NOW), AAS_ROW_SOON);
	assert_int_equal(graced(AAS_ST_HELD, NOW - 6 * DAY), AAS_ROW_SOON);
	assert_int_equal(graced(AAS_ST_NONE, NOW - 7 * DAY), AAS_ROW_DUE);
}

static int
since_never(void *arg, int64_t now_s, int64_t *since_s)
{
	(void)arg;
	(void)now_s;
	(void)since_s;
	fail();
	return AAS_ERR_SYS;
}

static void
signin_grace_that_is_only_observed_begins_nothing(void **state)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_OBSERVE);
	struct aas_query q = make_query();
	struct aas_answer a;
	struct aas_policy *p;
	unsigned why = 0;

	(void)state;
	r.grace_s = 7 * DAY;
	p = make_policy(&r, 1);
	q.now_s = NOW;
	a.size = sizeof(a);
	assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
	assert_int_equal(a.observe.wants_since, 1);
	assert_int_equal(
	    aas_signin_grace(p, &q, AAS_ST_NONE, since_never, NULL, &a),
	    AAS_OK);
	assert_int_equal(
	    aas_states_row(AAS_ST_NONE, &a.observe, 0, 0, NOW, &why),
	    AAS_ROW_SOON);
	aas_policy_free(&p);
}

static void
signin_grace_that_cannot_be_told_is_none(void **state)
{
	(void)state;
	assert_int_equal(graced(AAS_ST_NONE, -1), AAS_ROW_DUE);
	assert_int_equal(graced(AAS_ST_NONE, 0), AAS_ROW_DUE);
	assert_int_equal(graced(AAS_ST_ENROLLED, -1), AAS_ROW_KEYS);
}

/* --- foretold --- */

static void
foretell_each_state(void **state)
{
	static const struct {
		unsigned state;
		const char *service, *from;
		enum aas_fate fate;
		unsigned why;
		int key;
	} t[] = {
		{ AAS_ST_NONE, "sudo", NULL, AAS_FATE_IN, AAS_WHY_OK, 0 },
		{ AAS_ST_ENROLLED, "sudo", NULL, AAS_FATE_KEY, AAS_WHY_OK, 1 },
		{ AAS_ST_ENROLLED, "cron", NULL, AAS_FATE_IN, AAS_WHY_OK, 0 },
		{ AAS_ST_ENROLLED, "sshd", NULL, AAS_FATE_DENIED,
		    AAS_WHY_REMOTE, 1 },
		{ AAS_ST_ENROLLED, "login", "192.0.2.1", AAS_FATE_DENIED,
		    AAS_WHY_REMOTE, 1 },
		{ AAS_ST_DEGRADED, "sudo", NULL, AAS_FATE_WARNED,
		    AAS_WHY_DEGRADED, 1 },
		{ AAS_ST_RECOVERING, "sudo", NULL, AAS_FATE_DENIED,
		    AAS_WHY_RECOVERING, 0 },
		{ AAS_ST_LOCKED, "login", NULL, AAS_FATE_DENIED, AAS_WHY_LOCKED,
		    0 },
		{ AAS_ST_BROKEN, "sudo", NULL, AAS_FATE_DENIED,
		    AAS_WHY_RECORD_BROKEN, 0 },
		{ AAS_ST_BROKEN, "cron", NULL, AAS_FATE_IN, AAS_WHY_OK, 0 },
		{ AAS_ST_DISABLED, "sudo", NULL, AAS_FATE_IN, AAS_WHY_OK, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct aas_foretold f =
		    foretell(NULL, 0, t[i].state, t[i].service, t[i].from);

		assert_int_equal(f.fate, t[i].fate);
		assert_int_equal(f.why, t[i].why);
		assert_int_equal(f.key, t[i].key);
	}
}

static void
foretell_ssh_credential_serves_from_elsewhere(void **state)
{
	struct aas_policy *p = make_policy(NULL, 0);
	struct aas_person who = person(AAS_ST_ENROLLED);
	struct aas_scene s = scene("sshd", NULL);
	struct aas_index ix = { .keys_n = 2 };
	struct aas_foretold f;

	(void)state;
	ix.keys[0].active = 1;
	ix.keys[0].ssh_len = 1;
	ix.keys[1].active = 1;
	who.ix = &ix;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_KEY);
	s = scene("ftp", "192.0.2.1");
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	aas_policy_free(&p);
}

/* One key cannot answer where two are asked for, by whatever way. */
static void
foretell_too_few_keys_for_a_sign_in(void **state)
{
	struct aas_policy_source src = make_source(NULL, 0);
	struct aas_policy *p = NULL;
	struct aas_person who = person(AAS_ST_DEGRADED);
	struct aas_index ix = { .keys_n = 2 };
	struct aas_foretold f;
	struct aas_scene s;

	(void)state;
	src.present = 2;
	p = make_compiled(&src);
	ix.keys[0].active = 1;
	ix.keys[0].ssh_len = 1;
	ix.keys[1].ssh_len = 1;
	who.ix = &ix;
	for (int keys = 1; keys <= 2; keys++) {
		ix.keys[1].active = keys == 2;
		s = scene("sshd", NULL);
		assert_int_equal(
		    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
		assert_int_equal(f.fate == AAS_FATE_DENIED, keys == 1);
		assert_int_equal(f.why == AAS_WHY_SECOND_KEY, keys == 1);
		s = scene("sudo", NULL);
		assert_int_equal(
		    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
		assert_int_equal(f.fate == AAS_FATE_DENIED, keys == 1);
		assert_int_equal(f.why == AAS_WHY_SECOND_KEY, keys == 1);
		s = scene("cron", NULL);
		assert_int_equal(
		    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
		assert_int_equal(f.fate, AAS_FATE_IN);
	}
	aas_policy_free(&p);
}

/* sshd that takes public keys alone: the session asks for an SSH key. */
static void
foretell_sshd_without_an_auth_phase_takes_ssh_keys(void **state)
{
	struct aas_policy *p = make_policy(NULL, 0);
	struct aas_person who = person(AAS_ST_ENROLLED);
	struct aas_scene s = scene("sshd", "192.0.2.1");
	struct aas_index ix = { .keys_n = 2 };
	struct aas_foretold f;

	(void)state;
	s.phases =
	    AAS_PHASE_BIT(AAS_PH_ACCOUNT) | AAS_PHASE_BIT(AAS_PH_SESSION);
	ix.keys[0].active = ix.keys[1].active = 1;
	who.ix = &ix;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_NO_TICKET);
	ix.keys[0].ssh_len = 1;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_KEY);
	s.phases = AAS_PHASE_BIT(AAS_PH_ACCOUNT);
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_IN);
	s = scene("sudo", NULL);
	s.phases = AAS_PHASE_BIT(AAS_PH_SESSION);
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_IN);
	aas_policy_free(&p);
}

/* --- kinds of keys --- */

static const uint8_t makes[][16] = { { 1 }, { 2 }, { 3 } };

/* A record of two: 'blue' of make 1, and make 2 that can be backed up. */
static void
two_kinds(struct aas_index *ix)
{
	memset(ix, 0, sizeof(*ix));
	ix->keys_n = 2;
	for (int i = 0; i < 2; i++) {
		ix->keys[i].active = 1;
		ix->keys[i].ssh_len = 1;
		memcpy(ix->keys[i].aaguid, makes[i], 16);
	}
	ix->keys[1].backup = AAS_BE | AAS_BS;
}

static struct aas_foretold
foretell_kinds(const struct aas_rule *r, size_t n, const struct aas_index *ix,
    const char *service)
{
	struct aas_policy *p = make_policy(r, n);
	struct aas_person who = person(AAS_ST_ENROLLED);
	struct aas_scene s = scene(service, NULL);
	struct aas_foretold f;

	who.ix = ix;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	aas_policy_free(&p);
	return f;
}

static void
foretell_keys_of_another_kind_are_none(void **state)
{
	struct aas_rule r = rule(AAS_EF_TERMS, AAS_MODE_ENFORCE);
	static struct aas_index ix;
	struct aas_foretold f;

	(void)state;
	two_kinds(&ix);
	r.name = "bound";
	r.device_bound = 1;
	/* One is left of the two that an enrolment takes. */
	f = foretell_kinds(&r, 1, &ix, "sudo");
	assert_int_equal(f.fate, AAS_FATE_KEY);
	assert_int_equal(f.keys, 1);
	f = foretell_kinds(&r, 1, &ix, "login");
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	assert_int_equal(f.why, AAS_WHY_FEW_KEYS);
	assert_non_null(strstr(f.text, "asks for 2"));
	assert_non_null(strstr(f.text, "you have 1"));
	f = foretell_kinds(&r, 1, &ix, "cron");
	assert_int_equal(f.fate, AAS_FATE_IN);
	/* Its SSH credential serves, the other's does not. */
	f = foretell_kinds(&r, 1, &ix, "sshd");
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	ix.keys[0].ssh_len = 0;
	f = foretell_kinds(&r, 1, &ix, "sshd");
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_REMOTE);
	/* Two at a sign-in: there are not two. */
	r.present = 2;
	f = foretell_kinds(&r, 1, &ix, "sudo");
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_KEY_KIND);
	assert_non_null(strstr(f.text, "cannot be backed up"));
	assert_non_null(strstr(f.text, "(rule bound)"));
	assert_non_null(strstr(f.text, "too few"));
	assert_int_equal(f.acts[AAS_PH_AUTH], AAS_ACT_REFUSE);
	assert_int_equal(f.acts[AAS_PH_ACCOUNT], AAS_ACT_PASS);
	f = foretell_kinds(&r, 1, &ix, "cron");
	assert_int_equal(f.fate, AAS_FATE_IN);
	/* What is not known a ceremony tells. */
	f = foretell_kinds(&r, 1, NULL, "sudo");
	assert_int_equal(f.fate, AAS_FATE_KEY);
}

static void
foretell_makes(void **state)
{
	struct aas_rule r[2] = { rule(AAS_EF_TERMS, AAS_MODE_ENFORCE),
		rule(AAS_EF_TERMS, AAS_MODE_WARN) };
	static struct aas_index ix;
	struct aas_foretold f;

	(void)state;
	two_kinds(&ix);
	r[0].name = "first";
	r[0].aaguids = makes;
	r[0].aaguids_n = 2;
	r[1].name = "second";
	r[1].aaguids = makes + 2;
	r[1].aaguids_n = 1;
	/* A rule that warns takes neither: told before it is in force. */
	f = foretell_kinds(r, 2, &ix, "sudo");
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	assert_int_equal(f.why, AAS_WHY_KEY_KIND);
	r[1].mode = AAS_MODE_ENFORCE;
	f = foretell_kinds(r, 2, &ix, "sudo");
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_KEY_KIND);
	assert_non_null(strstr(f.text, "makes"));
	assert_non_null(strstr(f.text, "none of them"));
	f = foretell_kinds(r, 1, &ix, "sudo");
	assert_int_equal(f.fate, AAS_FATE_KEY);
	assert_int_equal(f.keys, 2);
}

static void
signin_kinds_are_those_of_the_decision(void **state)
{
	struct aas_rule r[2] = { rule(AAS_EF_TERMS, AAS_MODE_ENFORCE),
		rule(AAS_EF_TERMS, AAS_MODE_ENFORCE) };
	struct aas_policy *p = make_policy(r, 1);
	struct aas_kinds k;
	struct aas_answer a;
	char name[AAS_RULE_TEXT];

	(void)state;
	a = make_ask(p, NULL);
	assert_int_equal(aas_signin_asks(&a.now), 0);
	assert_int_equal(aas_signin_kinds(p, &a.now, &k), AAS_OK);
	assert_false(k.device_bound || k.listed);
	assert_string_equal(
	    aas_signin_kind_rule(p, &a.now, name, sizeof(name)), "-");
	aas_policy_free(&p);
	r[0].name = "lists";
	r[0].aaguids = makes;
	r[0].aaguids_n = 2;
	r[1].name = "more";
	r[1].aaguids = makes + 1;
	r[1].aaguids_n = 2;
	p = make_policy(r, 2);
	a = make_ask(p, NULL);
	assert_int_equal(aas_signin_asks(&a.now), 1);
	assert_int_equal(aas_signin_kinds(p, &a.now, &k), AAS_OK);
	assert_int_equal(k.aaguids_n, 1);
	assert_int_equal(aas_kinds_make(&k, makes[0]), 0);
	assert_int_equal(aas_kinds_make(&k, makes[1]), 1);
	assert_string_equal(
	    aas_signin_kind_rule(p, &a.now, name, sizeof(name)), "lists");
	/* Damaged: nothing is taken. */
	a.now.aaguids[1] = 99;
	assert_int_equal(aas_signin_kinds(p, &a.now, &k), AAS_ERR_FORMAT);
	assert_int_equal(aas_kinds_take(&k, makes[1], 0), 0);
	assert_true(k.device_bound || k.listed);
	aas_policy_free(&p);
}

static void
foretell_dates(void **state)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct aas_foretold f;

	(void)state;
	r.name = "staff-2026";
	r.from_s = NOW + 2 * DAY;
	f = foretell(&r, 1, AAS_ST_NONE, "sshd", NULL);
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	assert_non_null(strstr(f.text, " 2 days"));
	f = foretell(&r, 1, AAS_ST_NONE, "cron", NULL);
	assert_int_equal(f.fate, AAS_FATE_IN); /* it has nobody to tell */
	r.from_s = NOW;
	f = foretell(&r, 1, AAS_ST_NONE, "sshd", NULL);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.enroll, 1);
	assert_non_null(strstr(f.text, "staff-2026"));
	assert_non_null(strstr(f.text, "invite"));
	f = foretell(&r, 1, AAS_ST_NONE, "sudo", NULL);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.enroll, 0);
}

static void
foretell_rules_that_only_warn_let_in(void **state)
{
	struct aas_rule r[2] = { rule(AAS_EF_REQUIRE, AAS_MODE_WARN),
		rule(AAS_EF_DENY, AAS_MODE_OBSERVE) };
	struct aas_foretold f;

	(void)state;
	r[0].name = "next-year";
	r[1].name = "sometime";
	f = foretell(r, 2, AAS_ST_NONE, "sudo", NULL);
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	assert_int_equal(f.warn_why, AAS_WHY_ENROLL_NOW);
	assert_int_equal(f.observe_why, AAS_WHY_POLICY_DENY);
	assert_non_null(strstr(f.text, "\"next-year\""));
	assert_non_null(strstr(f.text, "aasctl enroll"));
	f = foretell(r + 1, 1, AAS_ST_NONE, "sudo", NULL);
	assert_int_equal(f.fate, AAS_FATE_IN);
	assert_int_equal(f.warn_why, 0);
	assert_int_equal(f.observe_why, AAS_WHY_POLICY_DENY);
	r[1].mode = AAS_MODE_WARN;
	f = foretell(r + 1, 1, AAS_ST_ENROLLED, "sudo", NULL);
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	assert_int_equal(f.key, 1);
	r[1].mode = AAS_MODE_ENFORCE;
	f = foretell(r + 1, 1, AAS_ST_ENROLLED, "sudo", NULL);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.warn_why, 0);
	assert_non_null(strstr(f.text, "sometime"));
}

static void
foretell_exemptions(void **state)
{
	static const char *const ftp[] = { "ftp" };
	struct aas_rule r = rule(AAS_EF_EXEMPT, AAS_MODE_ENFORCE);
	struct aas_foretold f;

	(void)state;
	r.services.n = 1;
	r.services.v = (const char **)(uintptr_t)ftp;
	f = foretell(&r, 1, AAS_ST_NONE, "ftp", NULL);
	assert_int_equal(f.fate, AAS_FATE_IN);
	assert_int_equal(f.class, AAS_CL_EXEMPT);
	f = foretell(&r, 1, AAS_ST_ENROLLED, "ftp", NULL);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	r.break_glass = 1;
	for (unsigned st = AAS_ST_BROKEN; st <= AAS_ST_DISABLED; st++) {
		f = foretell(&r, 1, st, "ftp", NULL);
		assert_int_equal(f.fate, AAS_FATE_IN);
		f = foretell(&r, 1, st, "sudo", NULL);
		assert_int_equal(f.class, AAS_CL_OTHER);
	}
}

/* A stack without an auth line of ours asks for no key. */
static void
foretell_only_where_the_module_stands(void **state)
{
	struct aas_rule r = rule(AAS_EF_DENY, AAS_MODE_ENFORCE);
	struct aas_policy *p = make_policy(&r, 1);
	struct aas_person who = person(AAS_ST_ENROLLED);
	struct aas_scene s = scene("sudo", NULL);
	struct aas_foretold f;

	(void)state;
	s.phases = 0;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_IN);
	aas_policy_free(&p);
	p = make_policy(NULL, 0);
	s.phases = AAS_PHASE_BIT(AAS_PH_ACCOUNT);
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_IN);
	assert_int_equal(f.key, 0);
	aas_policy_free(&p);
}

static void
foretell_what_cannot_be_told_is_denied(void **state)
{
	struct aas_rule r = make_rule(AAS_EF_REQUIRE);
	static const char *const staff[] = { "staff" };
	static const gid_t gids[] = { 50 };
	struct aas_person who = person(AAS_ST_NONE);
	struct aas_scene s = scene("sudo", NULL);
	struct aas_foretold f;
	struct aas_policy *p;

	(void)state;
	r.groups.n = 1;
	r.groups.v = (const char **)(uintptr_t)staff;
	r.gids = gids;
	p = make_policy(&r, 1);
	who.gids_n = -1;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_GROUPS);
	who.gids_n = 0;
	who.user.name[0] = '\0';
	assert_int_equal(
	    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_ERR_INVAL);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	s.phases = 0;
	assert_int_equal(
	    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_ERR_INVAL);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	who = person(AAS_ST_BROKEN);
	who.why = AAS_WHY_RECORD_MISSING;
	s.phases = AAS_PHASES;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.why, AAS_WHY_RECORD_MISSING);
	aas_policy_free(&p);
}

static void
foretell_grace(void **state)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct aas_person who = person(AAS_ST_NONE);
	struct aas_scene s = scene("sudo", NULL);
	struct aas_foretold f;
	struct aas_policy *p;

	(void)state;
	r.grace_s = 7 * DAY;
	p = make_policy(&r, 1);
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	who.since_s = NOW - 8 * DAY;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	who.since_s = NOW + DAY;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	aas_policy_free(&p);
}

/* Who is let in by the answer does not begin grace anew with each question. */
static void
foretell_grace_that_never_began_is_none(void **state)
{
	static const int64_t none[] = { 0, NOW + DAY, NOW - 8 * DAY };
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct aas_person who = person(AAS_ST_NONE);
	struct aas_scene s = scene("codex-runner", NULL);
	struct aas_foretold f;
	struct aas_policy *p;

	(void)state;
	r.grace_s = 7 * DAY;
	p = make_policy(&r, 1);
	who.stamped = 1;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		who.since_s = none[i];
		assert_int_equal(
		    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
		assert_int_equal(f.fate, AAS_FATE_DENIED);
		assert_true(f.answer.now.wants_since);
	}
	who.since_s = NOW - DAY;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	aas_policy_free(&p);
}

static int
lent(void *arg, int64_t *left_s)
{
	const int64_t *want = arg;

	if (*want == INT64_MIN)
		return AAS_ERR_SYS;
	*left_s = *want;
	return AAS_OK;
}

static int
lent_never(void *arg, int64_t *left_s)
{
	(void)arg;
	(void)left_s;
	fail();
	return AAS_ERR_SYS;
}

/* The rule for an account "ci", and a query about it. */
static struct aas_rule
lease_rule(void)
{
	static const char *names[] = { "ci", "ops" };
	static const gid_t gid = 4242;
	struct aas_rule r = rule(AAS_EF_LEASE, AAS_MODE_ENFORCE);

	r.users = (struct aas_names){ 1, names };
	r.groups = (struct aas_names){ 1, names + 1 };
	r.gids = &gid;
	r.lease_s = 8 * 3600;
	return r;
}

static void
signin_lease_is_asked_for_where_one_is_needed(void **state)
{
	static const int64_t left[] = { INT64_MIN, -1, 0, 1, 9999 };
	struct aas_rule r = lease_rule();
	struct aas_query q = make_query();
	struct aas_answer a;
	struct aas_policy *p = make_policy(&r, 1);

	(void)state;
	q.user = "ci";
	q.service = "aas-runner";
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		int64_t v = left[i];

		q.lease_s = 0;
		a.size = sizeof(a);
		assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
		assert_int_equal(aas_signin_lease(p, &q, lent, &v, &a), AAS_OK);
		assert_int_equal(a.now.verdict != AAS_V_DENY, v > 0);
	}
	q.service = "sshd";
	q.lease_s = 0;
	assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
	assert_int_equal(aas_signin_lease(p, &q, lent_never, NULL, &a), AAS_OK);
	assert_int_not_equal(a.now.verdict, AAS_V_DENY);
	aas_policy_free(&p);
}

static void
foretell_runner_is_in_until_its_lease_ends(void **state)
{
	static const struct {
		int64_t until_s;
		enum aas_fate fate;
	} t[] = { { 0, AAS_FATE_DENIED }, { NOW - 1, AAS_FATE_DENIED },
		{ NOW, AAS_FATE_DENIED }, { NOW + 1, AAS_FATE_IN } };
	struct aas_rule r = lease_rule();
	struct aas_person who = person(AAS_ST_NONE);
	struct aas_scene s = scene("codex-runner", NULL);
	struct aas_foretold f;
	struct aas_policy *p = make_policy(&r, 1);

	(void)state;
	(void)snprintf(who.user.name, sizeof(who.user.name), "ci");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		who.lease_until_s = t[i].until_s;
		assert_int_equal(
		    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
		assert_int_equal(f.fate, t[i].fate);
		if (f.fate == AAS_FATE_DENIED) {
			assert_int_equal(f.why, AAS_WHY_NO_LEASE);
			assert_non_null(strstr(f.text, "aasctl lease grant"));
		}
	}
	aas_policy_free(&p);
}

/* With keeper = "required" no session opens that nobody would end. */
static void
foretell_sessions_that_nobody_would_end(void **state)
{
	static const struct {
		const char *user, *service, *from;
		unsigned state;
		uint32_t session_s; /* a setting */
		int denied;
	} t[] = {
		{ "alice", "login", NULL, AAS_ST_NONE, 0, 0 },
		{ "alice", "login", NULL, AAS_ST_NONE, 60, 1 },
		{ "alice", "login", NULL, AAS_ST_ENROLLED, 0, 1 },
		{ "alice", "sudo", NULL, AAS_ST_ENROLLED, 60, 0 },
		{ "alice", "ftp", "192.0.2.1", AAS_ST_NONE, 60, 1 },
		{ "ci", "aas-runner", NULL, AAS_ST_NONE, 0, 1 },
		{ "ci", "cron", NULL, AAS_ST_NONE, 60, 0 },
	};
	struct aas_rule r = lease_rule();

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (int keeper = 0; keeper < 4; keeper++) {
			struct aas_policy_source src = make_source(&r, 1);
			struct aas_person who = person(t[i].state);
			struct aas_scene s = scene(t[i].service, t[i].from);
			struct aas_policy *p = NULL;
			struct aas_foretold f;

			src.keeper = keeper & 1;
			src.session_s = t[i].session_s;
			p = make_compiled(&src);
			s.unkept = keeper >> 1;
			who.lease_until_s = NOW + 60;
			(void)snprintf(who.user.name, sizeof(who.user.name),
			    "%s", t[i].user);
			assert_int_equal(
			    aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
			assert_int_equal(f.fate == AAS_FATE_DENIED,
			    keeper == 3 && t[i].denied);
			assert_int_equal(f.why == AAS_WHY_KEEPER,
			    keeper == 3 && t[i].denied);
			aas_policy_free(&p);
		}
	}
}

static void
count(void *arg, const struct aas_rule_view *v, const char *miss)
{
	(void)v;
	(void)miss;
	++*(int *)arg;
}

static void
foretell_trace_tells_each_rule_once(void **state)
{
	struct aas_rule r[2] = { rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE),
		rule(AAS_EF_REQUIRE, AAS_MODE_WARN) };
	struct aas_person who = person(AAS_ST_NONE);
	struct aas_scene s = scene("sudo", NULL);
	struct aas_foretold f;
	struct aas_policy *p;
	int n = 0;

	(void)state;
	r[0].grace_s = DAY;
	r[1].name = "other";
	p = make_policy(r, 2);
	assert_int_equal(aas_foretell(p, &who, &s, count, &n, &f), AAS_OK);
	assert_int_equal(n, 2);
	aas_policy_free(&p);
}

/* Attested until ${until}, by an SSH authority and by the service "sso". */
static struct aas_foretold
attested(int64_t until, const char *service)
{
	static const uint8_t key[4] = { 1, 2, 3, 4 };
	static const struct aas_blob ca = { sizeof(key), key };
	static const char *const sso[] = { "sso" };
	struct aas_rule r[2] = { rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE),
		rule(AAS_EF_ATTEST, AAS_MODE_ENFORCE) };

	r[0].attestable = 1;
	r[0].from_s = NOW - DAY;
	r[1].name = "a";
	r[1].not_before_s = NOW - 400 * DAY;
	r[1].not_after_s = until;
	r[1].cas_n = 1;
	r[1].cas = &ca;
	r[1].evidence_services.n = 1;
	r[1].evidence_services.v = (const char **)(uintptr_t)sso;
	return foretell(r, 2, AAS_ST_NONE, service, NULL);
}

static void
foretell_attestations(void **state)
{
	struct aas_foretold f;

	(void)state;
	f = attested(NOW + 100 * DAY, "sso");
	assert_int_equal(f.fate, AAS_FATE_IN);
	f = attested(NOW + 30 * DAY, "sso");
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	assert_non_null(strstr(f.text, "ends on"));
	f = attested(NOW + 100 * DAY, "sshd");
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	assert_int_equal(f.why, AAS_WHY_ATTEST_MISSING);
	f = attested(NOW + 100 * DAY, "sudo");
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_ATTEST_MISSING);
	f = attested(NOW, "sso");
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	assert_int_equal(f.why, AAS_WHY_ATTEST_EXPIRED);
	assert_non_null(strstr(f.text, "ended on 2023-11-14"));
}

/* A degraded user, past the limit; and keys of this host that serve others. */
static void
foretell_last_key(void **state)
{
	struct aas_policy_source src = make_source(NULL, 0);
	struct aas_person who = person(AAS_ST_DEGRADED);
	struct aas_scene s = scene("sudo", NULL);
	struct aas_foretold f;
	struct aas_policy *p;

	(void)state;
	src.server_keys = 1;
	p = make_compiled(&src);
	who.deadline_s = NOW - 100 * DAY;
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.row, AAS_ROW_ONE_LATE);
	assert_int_equal(f.fate, AAS_FATE_WARNED);
	s = scene("login", NULL);
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_DENIED);
	who = person(AAS_ST_ENROLLED);
	s = scene("sshd", "192.0.2.1");
	assert_int_equal(aas_foretell(p, &who, &s, NULL, NULL, &f), AAS_OK);
	assert_int_equal(f.fate, AAS_FATE_KEY);
	aas_policy_free(&p);
}

/* Grace counts for rules that only warn or observe too. */
static void
foretell_grace_of_rules_not_in_force(void **state)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_WARN);
	struct aas_foretold f;

	(void)state;
	r.grace_s = 7 * DAY;
	f = foretell(&r, 1, AAS_ST_NONE, "sudo", NULL);
	assert_int_equal(f.fate, AAS_FATE_IN);
	assert_int_equal(f.warn_why, 0);
	r.mode = AAS_MODE_OBSERVE;
	f = foretell(&r, 1, AAS_ST_NONE, "sudo", NULL);
	assert_int_equal(f.fate, AAS_FATE_IN);
	assert_int_equal(f.observe_why, 0);
}

static void
signin_tick_follows_the_clock_where_dates_are(void **state)
{
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	const struct fixture *f = *state;
	struct aas_now now;
	struct aas_policy *p;
	int64_t s = -1;

	r.from_s = NOW;
	p = policy_in(f, &r);
	assert_int_equal(aas_clock_now(&now), AAS_OK);
	aas_signin_tick(p, now.real_s);
	assert_int_equal(aas_mark_get(f->dir, &s), AAS_OK);
	assert_true(now.synced ? s >= now.real_s : s == 0);
	aas_signin_tick(p, s + 1); /* within the minute: nothing */
	aas_policy_free(&p);
}

static void
signin_texts_say_what_and_what_to_do(void **state)
{
	static const unsigned attests[] = { AAS_AT_EXPIRED, AAS_AT_FUTURE,
		AAS_AT_MISSING, AAS_AT_REVOKED, AAS_AT_VOID, AAS_AT_UNREAD };
	struct aas_decision d = { .verdict = AAS_V_REQUIRE };
	char text[AAS_TEXT_MAX], plain[AAS_TEXT_MAX];

	(void)state;
	aas_signin_say_no(
	    NULL, &d, AAS_ROW_DUE, 2, AAS_WHY_ENROLL_NOW, plain, sizeof(plain));
	assert_null(strstr(plain, "rule"));
	assert_null(strstr(plain, "since"));
	for (size_t i = 0; i < 6; i++) {
		d.attest = (uint8_t)attests[i];
		aas_signin_say_no(NULL, &d, AAS_ROW_DUE, 2, AAS_WHY_ENROLL_NOW,
		    text, sizeof(text));
		assert_non_null(strstr(text, "ttestation"));
		/* Whole, not cut at the end of a buffer. */
		assert_non_null(strstr(text, ". Sign in with your password"));
	}
	aas_signin_say_no(NULL, &d, AAS_ROW_DUE, 2, AAS_WHY_ATTEST_UNREAD, text,
	    sizeof(text));
	assert_non_null(strstr(text, "not read"));
	aas_signin_say_no(NULL, &d, AAS_ROW_DUE, 2, AAS_WHY_ATTEST_FUTURE, text,
	    sizeof(text));
	assert_non_null(strstr(text, "are required"));
	aas_signin_say_no(NULL, &d, AAS_ROW_ATTEST, 2, AAS_WHY_ATTEST_MISSING,
	    text, sizeof(text));
	assert_non_null(strstr(text, "are required"));
	d.attest = AAS_AT_PENDING;
	aas_signin_say_no(NULL, &d, AAS_ROW_ATTEST, 2, AAS_WHY_ATTEST_MISSING,
	    text, sizeof(text));
	assert_non_null(strstr(text, "another kind of sign-in"));
	aas_signin_say_no(
	    NULL, &d, AAS_ROW_DUE, 2, AAS_WHY_BUSY, text, sizeof(text));
	assert_string_equal(text, aas_reason_text(AAS_WHY_BUSY));
	aas_signin_say_no(
	    NULL, &d, AAS_ROW_DENY, 2, AAS_WHY_POLICY_DENY, text, sizeof(text));
	assert_non_null(strstr(text, "administrator"));
	aas_signin_say_no(
	    NULL, &d, AAS_ROW_DENY, 2, AAS_WHY_GROUPS, text, sizeof(text));
	assert_string_equal(text, aas_reason_text(AAS_WHY_GROUPS));
	aas_signin_say_no(NULL, &d, AAS_ROW_ONE_LATE, 2, AAS_WHY_DEGRADED, text,
	    sizeof(text));
	assert_non_null(strstr(text, "keys add"));
	aas_signin_say_no(
	    NULL, &d, AAS_ROW_ONE_LATE, 2, AAS_WHY_BUSY, text, sizeof(text));
	assert_string_equal(text, aas_reason_text(AAS_WHY_BUSY));
	assert_int_equal(aas_signin_days(&d, 1), 0);
	d.from_s = NOW;
	assert_int_equal(aas_signin_days(&d, NOW - 1), 1);
	aas_signin_say_soon(&d, NOW - 1, text, sizeof(text));
	assert_non_null(strstr(text, "in 1 day ("));
}

static void
signin_errors_have_reasons(void **state)
{
	(void)state;
	assert_int_equal(
	    aas_signin_why(AAS_ERR_ROLLBACK), AAS_WHY_RECORD_MISSING);
	assert_int_equal(aas_signin_why(AAS_ERR_SYS), AAS_WHY_SYSTEM);
	assert_int_equal(aas_signin_why(AAS_ERR_NOMEM), AAS_WHY_SYSTEM);
	assert_int_equal(aas_signin_why(AAS_ERR_FORMAT), AAS_WHY_RECORD_BROKEN);
	assert_string_equal(aas_fate_name(AAS_FATE_DENIED), "denied");
	assert_string_equal(aas_fate_name(AAS_FATE_WARNED), "warned");
	assert_string_equal(aas_fate_name(AAS_FATE_KEY), "key");
	assert_string_equal(aas_fate_name(AAS_FATE_IN), "in");
	assert_string_equal(aas_fate_name((enum aas_fate)77), "denied");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signin_place_is_from_items_alone),
		FIXTURE_TEST(signin_f11_clock_set_back_reopens_no_date),
		FIXTURE_TEST(signin_f12_clock_ahead_poisons_nothing),
		FIXTURE_TEST(signin_without_dates_reads_no_mark),
		FIXTURE_TEST(signin_tick_moves_no_mark_where_no_date_is),
		cmocka_unit_test(signin_grace_begins_with_the_first_sign_in),
		cmocka_unit_test(signin_grace_that_cannot_be_told_is_none),
		cmocka_unit_test(
		    signin_grace_that_is_only_observed_begins_nothing),
		cmocka_unit_test(foretell_each_state),
		cmocka_unit_test(foretell_ssh_credential_serves_from_elsewhere),
		cmocka_unit_test(foretell_too_few_keys_for_a_sign_in),
		cmocka_unit_test(
		    foretell_sshd_without_an_auth_phase_takes_ssh_keys),
		cmocka_unit_test(foretell_sessions_that_nobody_would_end),
		cmocka_unit_test(foretell_keys_of_another_kind_are_none),
		cmocka_unit_test(foretell_makes),
		cmocka_unit_test(signin_kinds_are_those_of_the_decision),
		cmocka_unit_test(foretell_dates),
		cmocka_unit_test(foretell_rules_that_only_warn_let_in),
		cmocka_unit_test(foretell_exemptions),
		cmocka_unit_test(foretell_only_where_the_module_stands),
		cmocka_unit_test(foretell_what_cannot_be_told_is_denied),
		cmocka_unit_test(foretell_grace),
		cmocka_unit_test(foretell_grace_that_never_began_is_none),
		cmocka_unit_test(signin_lease_is_asked_for_where_one_is_needed),
		cmocka_unit_test(foretell_runner_is_in_until_its_lease_ends),
		cmocka_unit_test(foretell_trace_tells_each_rule_once),
		cmocka_unit_test(foretell_attestations),
		cmocka_unit_test(foretell_last_key),
		cmocka_unit_test(foretell_grace_of_rules_not_in_force),
		FIXTURE_TEST(signin_tick_follows_the_clock_where_dates_are),
		cmocka_unit_test(signin_texts_say_what_and_what_to_do),
		cmocka_unit_test(signin_errors_have_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
