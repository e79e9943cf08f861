/*
 * The compiled policy and the decision: one test per sentence of
 * aas-policy(5).
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "tests/policy_make.h"

#define DAY (24 * 3600)

/* One rule alone, asked by alice over sudo at this machine. */
static struct aas_decision
alone(const struct aas_rule *r)
{
	struct aas_policy *p = make_policy(r, 1);
	struct aas_answer a = make_ask(p, NULL);

	aas_policy_free(&p);
	return a.now;
}

static void
policy_what_was_compiled_is_read(void **state)
{
	struct aas_policy_source s = make_source(NULL, 0);
	struct aas_policy *p = NULL;

	(void)state;
	s.built_s = 77;
	p = make_compiled(&s);
	assert_string_equal(aas_policy_realm(p), "example.org");
	assert_string_equal(aas_policy_statedir(p), "/var/lib/aas");
	assert_string_equal(aas_policy_rundir(p), "/run/aas");
	assert_string_equal(aas_policy_libexecdir(p), "/usr/libexec/aas");
	assert_int_equal(aas_policy_built_s(p), 77);
	assert_int_equal(aas_policy_needs(p), 0);
	assert_int_equal(aas_policy_rules(p), 0);
	assert_int_equal(aas_policy_check(p), AAS_OK);
	aas_policy_free(&p);
	assert_null(p);
	aas_policy_free(&p);
}

static void
policy_without_rules_binds_who_has_enrolled(void **state)
{
	struct aas_policy *p = make_policy(NULL, 0);
	struct aas_answer a = make_ask(p, NULL);

	(void)state;
	assert_int_equal(a.now.verdict, AAS_V_OPTIONAL);
	assert_int_equal(a.now.reason, AAS_WHY_OK);
	assert_int_equal(a.now.rules_n, 0);
	assert_int_equal(a.now.session_s, DAY);
	assert_int_equal(a.now.idle_s, 3600);
	assert_int_equal(a.now.reauth_s, 300);
	assert_int_equal(a.now.sudo, AAS_SUDO_FRESH);
	assert_int_equal(a.now.degraded_s, 7 * DAY);
	assert_int_equal(a.now.timeout_s, 60);
	assert_int_equal(a.now.enrolled_min, 2);
	assert_int_equal(a.now.present, 1);
	assert_int_equal(a.now.uv, 1);
	assert_memory_equal(&a.now, &a.warn, sizeof(a.now));
	assert_memory_equal(&a.now, &a.observe, sizeof(a.now));
	aas_policy_free(&p);
}

/* --- criteria --------------------------------------------------------------*/

static const char *alice_list[] = { "zoe", "alice", "bob", "alice" };
static const char *sudo_list[] = { "sudo", "su" };
static const char *staff_list[] = { "staff", "eng" };
static const gid_t staff_gids[] = { 70, 50 };

static void
policy_users_groups_services_match_by_one_entry(void **state)
{
	static const struct {
		const char *user, *service;
		int gids_n;
		gid_t gids[2];
		int hit[4]; /* users, groups, services, all three */
	} t[] = {
		{ "alice", "sudo", 0, { 0 }, { 1, 0, 1, 0 } },
		{ "alice", "sudo", 2, { 1, 50 }, { 1, 1, 1, 1 } },
		{ "zoe", "su", 1, { 70 }, { 1, 1, 1, 1 } },
		{ "alic", "sud", 1, { 60 }, { 0, 0, 0, 0 } },
		{ "alicee", "sudoo", 1, { 40 }, { 0, 0, 0, 0 } },
		{ "ALICE", "SUDO", 1, { 80 }, { 0, 0, 0, 0 } },
		{ "aaa", "a", 1, { 50 }, { 0, 1, 0, 0 } },
	};
	struct aas_rule r[4] = { make_rule(AAS_EF_DENY), make_rule(AAS_EF_DENY),
		make_rule(AAS_EF_DENY), make_rule(AAS_EF_DENY) };

	(void)state;
	for (int k = 0; k < 4; k++) {
		if (k == 0 || k == 3)
			r[k].users = (struct aas_names){ 4, alice_list };
		if (k == 1 || k == 3) {
			r[k].groups = (struct aas_names){ 2, staff_list };
			r[k].gids = staff_gids;
		}
		if (k == 2 || k == 3)
			r[k].services = (struct aas_names){ 2, sudo_list };
	}
	for (int k = 0; k < 4; k++) {
		struct aas_policy *p = make_policy(&r[k], 1);

		for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			struct aas_query q = make_query();
			struct aas_answer a;

			q.user = t[i].user;
			q.service = t[i].service;
			q.gids = t[i].gids;
			q.gids_n = t[i].gids_n;
			a = make_ask(p, &q);
			assert_int_equal(a.now.verdict,
			    t[i].hit[k] ? AAS_V_DENY : AAS_V_OPTIONAL);
		}
		aas_policy_free(&p);
	}
}

static void
policy_hosts_in_any_case_with_one_star(void **state)
{
	static const struct {
		const char *pattern, *host;
		int hit;
	} t[] = {
		{ "web1", "web1", 1 }, { "WEB1", "wEb1", 1 },
		{ "web1", "web12", 0 }, { "web12", "web1", 0 },
		{ "web*", "web", 1 }, { "web*", "WEB1.example.org", 1 },
		{ "*", "x", 1 }, { "*.example.org", "a.example.org", 1 },
		{ "*.example.org", "example.org", 0 },
		{ "web*.org", "web.org", 1 }, { "web*web", "web", 0 },
		{ "web*web", "webweb", 1 }, { "web*web", "wEb-x-WeB", 1 },
		{ "web*web", "xeb-x-web", 0 }, { "web[", "web{", 0 },
		{ "a@", "a`", 0 }, { "other", NULL, 1 }, /* not known */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *list[] = { "nothing", t[i].pattern };
		struct aas_rule r = make_rule(AAS_EF_DENY);
		struct aas_query q = make_query();
		struct aas_policy *p;
		struct aas_answer a;

		r.hosts = (struct aas_names){ 2, list };
		p = make_policy(&r, 1);
		assert_int_equal(aas_policy_needs(p), AAS_NEED_HOST);
		q.host = t[i].host;
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict == AAS_V_DENY, t[i].hit);
		aas_policy_free(&p);
	}
}

static void
policy_origin(void **state)
{
	struct aas_rule r = make_rule(AAS_EF_DENY);
	struct aas_query q = make_query();

	(void)state;
	for (int origin = 0; origin < 3; origin++) {
		for (int remote = 0; remote < 2; remote++) {
			struct aas_policy *p;
			struct aas_answer a;

			r.origin = (uint8_t)origin;
			q.remote = remote;
			p = make_policy(&r, 1);
			a = make_ask(p, &q);
			assert_int_equal(a.now.verdict == AAS_V_DENY,
			    origin == AAS_OR_ANY ||
				(origin == AAS_OR_REMOTE) == remote);
			aas_policy_free(&p);
		}
	}
}

static void
policy_networks_by_prefix(void **state)
{
	static const struct {
		const char *net, *addr;
		uint8_t bits;
		int hit;
	} t[] = {
		{ "192.0.2.0", "192.0.2.255", 120, 1 },
		{ "192.0.2.0", "192.0.3.0", 120, 0 },
		{ "192.0.2.128", "192.0.2.200", 121, 1 },
		{ "192.0.2.128", "192.0.2.100", 121, 0 },
		{ "192.0.2.7", "192.0.2.7", 128, 1 },
		{ "192.0.2.7", "192.0.2.6", 128, 0 },
		{ "0.0.0.0", "203.0.113.9", 96, 1 },
		{ "0.0.0.0", "2001:db8::1", 96, 0 },
		{ "2001:db8::", "2001:db8:ffff::1", 32, 1 },
		{ "2001:db8::", "2001:db9::1", 32, 0 },
		{ "2001:db8::", "::ffff:192.0.2.1", 32, 0 },
		{ "::", "203.0.113.9", 0, 0 }, /* IPv4 is in IPv4 networks */
		{ "::", "2001:db8::1", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct aas_net nets[2] = { { { 9 }, 128 }, { { 0 }, 0 } };
		struct aas_rule r = make_rule(AAS_EF_DENY);
		struct aas_query q = make_query();
		struct aas_policy *p;
		struct aas_answer a;

		assert_int_equal(
		    aas_policy_addr(t[i].net, nets[1].addr), AAS_OK);
		assert_int_equal(aas_policy_addr(t[i].addr, q.addr), AAS_OK);
		nets[1].bits = t[i].bits;
		r.nets = nets;
		r.nets_n = 2;
		p = make_policy(&r, 1);
		assert_int_equal(aas_policy_needs(p), AAS_NEED_ADDR);
		q.remote = 1;
		q.addr_known = 1;
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict == AAS_V_DENY, t[i].hit);
		/* A person at this machine is in no network. */
		q.remote = 0;
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict, AAS_V_OPTIONAL);
		/* Not known where: it matches. */
		q.remote = 1;
		q.addr_known = 0;
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict, AAS_V_DENY);
		aas_policy_free(&p);
	}
}

static void
policy_hours_on_the_clock_of_the_zone(void **state)
{
	/* Monday 2026-06-01 00:00 UTC. */
	const int64_t monday = 1780272000;
	static const struct aas_span spans[] = { { 480, 1080 },
		{ 6 * 1440, 7 * 1440 } };
	static const struct aas_zone_step zone[] = { { 1000, 3600 },
		{ 1780272000, 7200 }, { 1790000000, -3600 } };
	const struct {
		int64_t at;
		int hit, hit_zone;
	} t[] = {
		{ monday + 8 * 3600 - 1, 0, 1 },
		{ monday + 8 * 3600, 1, 1 },
		{ monday + 16 * 3600 - 1, 1, 1 },
		{ monday + 16 * 3600, 1, 0 },
		{ monday + 18 * 3600 - 1, 1, 0 },
		{ monday + 18 * 3600, 0, 0 },
		{ monday - 1, 1, 0 },       /* Sunday; +1 h: Monday */
		{ monday - 3601, 1, 1 },    /* Sunday; +1 h: still */
		{ monday - DAY, 1, 1 },     /* Sunday's first minute */
		{ monday - DAY - 1, 0, 1 }, /* Saturday's last */
		{ 0, 0, 0 },                /* a Thursday */
		{ -DAY * 3 - 3600, 1, 0 },  /* Sunday 23:00, 1969 */
		{ INT64_MIN, 0, 0 },
		{ INT64_MAX, 0, 0 },
	};
	struct aas_rule r = make_rule(AAS_EF_DENY);
	struct aas_policy_source s;
	struct aas_policy *p, *z;

	(void)state;
	r.spans = spans;
	r.spans_n = 2;
	p = make_policy(&r, 1);
	s = make_source(&r, 1);
	s.zone = zone;
	s.zone_n = 3;
	z = make_compiled(&s);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct aas_query q = make_query();
		struct aas_answer a;

		q.now_s = t[i].at;
		a = make_ask(p, &q);
		if (i < 12)
			assert_int_equal(a.now.verdict == AAS_V_DENY, t[i].hit);
		a = make_ask(z, &q);
		if (i < 12)
			assert_int_equal(
			    a.now.verdict == AAS_V_DENY, t[i].hit_zone);
	}
	aas_policy_free(&p);
	aas_policy_free(&z);
}

static void
policy_h2_fact_not_known_never_lets_off(void **state)
{
	struct aas_rule r[2] = { make_rule(AAS_EF_REQUIRE),
		make_rule(AAS_EF_ATTEST) };
	static const struct aas_net net = { { 1 }, 8 };
	struct aas_query q = make_query();
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	r[0].attestable = 1;
	r[1].name = "a";
	r[1].users = (struct aas_names){ 4, alice_list };
	r[1].hosts = (struct aas_names){ 2, staff_list };
	r[1].evidence_services = (struct aas_names){ 2, sudo_list };
	r[1].not_after_s = INT64_MAX;
	p = make_policy(r, 2);
	q.host = NULL;
	a = make_ask(p, &q);
	assert_int_equal(a.now.verdict, AAS_V_REQUIRE);
	q.host = "eng";
	a = make_ask(p, &q);
	assert_int_equal(a.now.verdict, AAS_V_OPTIONAL);
	aas_policy_free(&p);
	r[1].hosts.n = 0;
	r[1].nets = &net;
	r[1].nets_n = 1;
	p = make_policy(r, 2);
	q.remote = 1;
	a = make_ask(p, &q);
	assert_int_equal(a.now.verdict, AAS_V_REQUIRE);
	aas_policy_free(&p);
}

static void
policy_groups_not_known_deny(void **state)
{
	struct aas_rule r[2] = { make_rule(AAS_EF_TERMS),
		make_rule(AAS_EF_EXEMPT) };
	struct aas_query q = make_query();
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	r[0].groups = (struct aas_names){ 2, staff_list };
	r[0].gids = staff_gids;
	r[0].mode = AAS_MODE_OBSERVE;
	r[1].name = "e";
	r[1].users = (struct aas_names){ 4, alice_list };
	r[1].services = (struct aas_names){ 2, sudo_list };
	p = make_policy(r, 2);
	assert_int_equal(aas_policy_needs(p), AAS_NEED_GROUPS);
	a = make_ask(p, &q);
	assert_int_equal(a.now.verdict, AAS_V_OUT);
	q.gids_n = -1;
	a = make_ask(p, &q);
	assert_int_equal(a.now.verdict, AAS_V_DENY);
	assert_int_equal(a.now.reason, AAS_WHY_GROUPS);
	assert_int_equal(a.observe.reason, AAS_WHY_GROUPS);
	assert_true(a.now.session_s > 0 && a.now.present == 1);
	aas_policy_free(&p);
	p = make_policy(r + 1, 1);
	a = make_ask(p, &q);
	assert_int_equal(a.now.verdict, AAS_V_OUT);
	aas_policy_free(&p);
}

/* --- combining -------------------------------------------------------------*/

static void
policy_deny_before_exempt_before_require(void **state)
{
	struct aas_rule r[4] = { make_rule(AAS_EF_REQUIRE),
		make_rule(AAS_EF_EXEMPT), make_rule(AAS_EF_DENY),
		make_rule(AAS_EF_TERMS) };
	static const uint32_t want[8] = { AAS_V_OPTIONAL, AAS_V_REQUIRE,
		AAS_V_OUT, AAS_V_OUT, AAS_V_DENY, AAS_V_DENY, AAS_V_DENY,
		AAS_V_DENY };

	(void)state;
	r[1].users = (struct aas_names){ 4, alice_list };
	r[1].services = (struct aas_names){ 2, sudo_list };
	for (int i = 0; i < 4; i++)
		r[i].name = alice_list[i < 3 ? i : 0];
	r[3].name = "terms";
	for (unsigned set = 0; set < 8; set++) {
		for (int back = 0; back < 2; back++) {
			struct aas_rule some[4];
			uint32_t n = 0, decider = 0;
			struct aas_policy *p;
			struct aas_answer a;

			for (unsigned k = 0; k < 3; k++) {
				unsigned bit = back ? 2 - k : k;

				if (!(set & 1u << bit))
					continue;
				if (set >> bit == 1)
					decider = n;
				some[n++] = r[bit];
			}
			some[n++] = r[3];
			p = make_policy(some, n);
			a = make_ask(p, NULL);
			assert_int_equal(a.now.verdict, want[set]);
			assert_int_equal(a.now.rules_n, set != 0);
			if (set != 0)
				assert_int_equal(a.now.rules[0], decider);
			assert_int_equal(a.now.reason,
			    set & 4 ? AAS_WHY_POLICY_DENY : AAS_WHY_OK);
			/* A require matched, whatever outdoes it. */
			assert_int_equal(
			    a.now.session_s, set & 1 ? DAY / 2 : DAY);
			assert_int_equal(a.now.idle_s, set & 1 ? 900 : 3600);
			aas_policy_free(&p);
		}
	}
}

static void
policy_break_glass_counts_only_where_exempt(void **state)
{
	struct aas_rule r[2] = { make_rule(AAS_EF_EXEMPT),
		make_rule(AAS_EF_DENY) };
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	r[0].users = (struct aas_names){ 4, alice_list };
	r[0].services = (struct aas_names){ 2, sudo_list };
	r[0].break_glass = 1;
	r[1].name = "d";
	p = make_policy(r, 1);
	a = make_ask(p, NULL);
	assert_int_equal(a.now.break_glass, 1);
	aas_policy_free(&p);
	p = make_policy(r, 2);
	a = make_ask(p, NULL);
	assert_int_equal(a.now.break_glass, 0);
	aas_policy_free(&p);
}

static void
policy_strictest_term_wins_with_the_settings(void **state)
{
	struct aas_rule r[2] = { make_rule(AAS_EF_TERMS),
		make_rule(AAS_EF_REQUIRE) };
	struct aas_policy_source s;
	struct aas_policy *p;
	struct aas_decision d;

	(void)state;
	r[0].enrolled_min = 4;
	r[0].present = 1;
	r[0].timeout_s = 90;
	r[0].session_s = 7200;
	r[0].idle_s = 600;
	r[0].reauth_s = 120;
	r[0].alert = 1;
	r[0].training = 1;
	r[0].sudo = AAS_SUDO_AGENT;
	r[1].name = "b";
	r[1].enrolled_min = 3;
	r[1].present = 2;
	r[1].timeout_s = 30;
	r[1].session_s = 3600;
	r[1].idle_s = 900;
	r[1].reauth_s = 60;
	r[1].sudo = AAS_SUDO_KEY;
	r[1].uv = 1;
	r[1].uv_said = 1;
	r[1].device_bound = 1;
	s = make_source(r, 2);
	s.uv = 0;
	s.enrolled_min = 2;
	s.timeout_s = 45;
	s.session_s = 5000;
	s.idle_s = 100;
	s.reauth_s = 70;
	s.degraded_s = 99;
	s.server_keys = 1;
	s.sudo = AAS_SUDO_FRESH;
	s.keeper = 1;
	p = make_compiled(&s);
	assert_int_equal(aas_policy_total_s(p), 2 * 86400);
	assert_int_equal(aas_policy_keeper(p), 1);
	d = make_ask(p, NULL).now;
	assert_int_equal(d.enrolled_min, 4);
	assert_int_equal(d.present, 2);
	assert_int_equal(d.timeout_s, 30);
	assert_int_equal(d.session_s, 3600);
	assert_int_equal(d.idle_s, 100);
	assert_int_equal(d.reauth_s, 60);
	assert_int_equal(d.degraded_s, 99);
	assert_int_equal(d.server_keys, 1);
	assert_int_equal(d.sudo, AAS_SUDO_KEY);
	assert_int_equal(d.uv, 1);
	assert_int_equal(d.device_bound, 1);
	assert_int_equal(d.alert, 1);
	assert_int_equal(d.training, 1);
	aas_policy_free(&p);
}

static void
policy_modes_are_three_stages(void **state)
{
	struct aas_rule r[3] = { make_rule(AAS_EF_REQUIRE),
		make_rule(AAS_EF_TERMS), make_rule(AAS_EF_DENY) };
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	r[0].mode = AAS_MODE_WARN;
	r[0].from_s = 700;
	r[1].name = "b";
	r[1].present = 2;
	r[2].name = "c";
	r[2].mode = AAS_MODE_OBSERVE;
	p = make_policy(r, 3);
	a = make_ask(p, NULL);
	assert_int_equal(a.now.verdict, AAS_V_OPTIONAL);
	assert_int_equal(a.now.session_s, DAY);
	assert_int_equal(a.warn.verdict, AAS_V_REQUIRE);
	assert_int_equal(a.warn.from_s, 700);
	assert_int_equal(a.warn.session_s, DAY / 2);
	assert_int_equal(a.warn.present, 2);
	assert_int_equal(a.observe.verdict, AAS_V_DENY);
	assert_int_equal(a.observe.rules[0], 2);
	assert_int_equal(a.observe.present, 2);
	aas_policy_free(&p);
	p = make_policy(r + 2, 1);
	a = make_ask(p, NULL);
	assert_int_equal(a.warn.verdict, AAS_V_OPTIONAL);
	assert_int_equal(a.observe.verdict, AAS_V_DENY);
	aas_policy_free(&p);
}

static void
policy_earliest_date_of_all_counts_with_its_grace(void **state)
{
	struct aas_rule r[2] = { make_rule(AAS_EF_REQUIRE),
		make_rule(AAS_EF_REQUIRE) };
	struct aas_query q = make_query();
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	r[0].from_s = 1000;
	r[0].grace_s = 500;
	r[1].name = "b";
	r[1].from_s = 3000;
	p = make_policy(r, 2);
	a = make_ask(p, &q);
	assert_int_equal(a.now.from_s, 1000);
	assert_int_equal(a.now.wants_since, 1);
	assert_int_equal(a.now.rules_n, 2);
	q.since_s = 100; /* long ago: the date counts */
	a = make_ask(p, &q);
	assert_int_equal(a.now.from_s, 1000);
	q.since_s = 1200;
	a = make_ask(p, &q);
	assert_int_equal(a.now.from_s, 1700);
	q.since_s = 2900; /* past the other rule's date */
	a = make_ask(p, &q);
	assert_int_equal(a.now.from_s, 3000);
	aas_policy_free(&p);
	p = make_policy(r, 1);
	q.since_s = INT64_MAX - 1;
	a = make_ask(p, &q);
	assert_int_equal(a.now.from_s, INT64_MAX);
	aas_policy_free(&p);
	p = make_policy(r + 1, 1);
	a = make_ask(p, &q);
	assert_int_equal(a.now.from_s, 3000);
	assert_int_equal(a.now.wants_since, 0);
	aas_policy_free(&p);
}

static void
policy_remembers_the_first_eight_each_once(void **state)
{
	static char names[12][8];
	static const char *both[] = { "alice", "ALICE" };
	struct aas_rule r[12];
	static const uint8_t makes[2][16] = { { 1 }, { 2 } };
	static const uint8_t other[16] = { 3 };
	struct aas_query q = make_query();
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	for (int i = 0; i < 12; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "r%d", i);
		r[i] = make_rule(AAS_EF_REQUIRE);
		r[i].name = names[i];
		/* By several groups: reached twice. */
		if (i % 3 == 0) {
			r[i].groups = (struct aas_names){ 2, staff_list };
			r[i].gids = staff_gids;
		} else if (i % 3 == 1) {
			r[i].users = (struct aas_names){ 2, both };
		}
		r[i].aaguids = makes;
		r[i].aaguids_n = i == 2 ? 1 : 2;
	}
	q.gids = staff_gids;
	q.gids_n = 2;
	p = make_policy(r, 12);
	a = make_ask(p, &q);
	assert_int_equal(a.now.rules_n, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(a.now.rules[i], i);
	assert_int_equal(a.now.aaguids_n, 0xffff);
	assert_int_equal(aas_policy_key(p, &a.now, makes[0], 0), 0);
	aas_policy_free(&p);
	p = make_policy(r, 8);
	a = make_ask(p, &q);
	assert_int_equal(a.now.rules_n, 8);
	assert_int_equal(a.now.aaguids_n, 8);
	assert_int_equal(aas_policy_key(p, &a.now, makes[0], 1), 1);
	assert_int_equal(aas_policy_key(p, &a.now, makes[1], 0), 0);
	assert_int_equal(aas_policy_key(p, &a.now, other, 0), 0);
	a.now.device_bound = 1;
	assert_int_equal(aas_policy_key(p, &a.now, makes[0], 1), 0);
	assert_int_equal(aas_policy_key(p, &a.now, makes[0], 0), 1);
	a.now.aaguids[0] = 99;
	assert_int_equal(aas_policy_key(p, &a.now, makes[0], 0), 0);
	assert_int_equal(aas_policy_key(NULL, &a.now, makes[0], 0), 0);
	aas_policy_free(&p);
}

static const uint8_t makes[3][16] = { { 1 }, { 2 }, { 3 } };

/* One more than a decision remembers, each with a list of all three. */
static void
of_makes(struct aas_rule r[9])
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g",
		"h", "i" };

	for (int i = 0; i < 9; i++) {
		r[i] = make_rule(AAS_EF_TERMS);
		r[i].name = names[i];
		r[i].aaguids = makes;
		r[i].aaguids_n = 3;
	}
}

static void
policy_makes_without_a_list_are_not_an_empty_one(void **state)
{
	struct aas_rule r = make_rule(AAS_EF_TERMS);
	struct aas_policy *p;
	struct aas_answer a;
	uint8_t got[4][16];
	size_t n = 99;

	(void)state;
	r.device_bound = 1;
	p = make_policy(&r, 1);
	a = make_ask(p, NULL);
	assert_int_equal(
	    aas_policy_makes(p, &a.now, got, 4, &n), AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_policy_makes(NULL, &a.now, got, 4, &n), AAS_ERR_INVAL);
	assert_int_equal(n, 99);
	aas_policy_free(&p);
}

static void
policy_makes_are_in_every_list(void **state)
{
	struct aas_rule r[9];
	struct aas_policy *p;
	struct aas_answer a;
	uint8_t got[4][16];
	size_t n = 99;

	(void)state;
	of_makes(r);
	r[1].aaguids_n = 2;
	p = make_policy(r, 8);
	a = make_ask(p, NULL);
	assert_int_equal(aas_policy_makes(p, &a.now, got, 4, &n), AAS_OK);
	assert_int_equal(n, 2);
	assert_memory_equal(got, makes, 32);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(aas_policy_key(p, &a.now, makes[i], 0), i < n);
	n = 99;
	assert_int_equal(
	    aas_policy_makes(p, &a.now, got, 1, &n), AAS_ERR_INVAL);
	assert_int_equal(n, 99);
	a.now.aaguids[7] = 99;
	assert_int_equal(
	    aas_policy_makes(p, &a.now, got, 4, &n), AAS_ERR_FORMAT);
	a.now.aaguids[0] = 99;
	assert_int_equal(
	    aas_policy_makes(p, &a.now, got, 4, &n), AAS_ERR_FORMAT);
	aas_policy_free(&p);
	/* More lists than a decision remembers. */
	p = make_policy(r, 9);
	a = make_ask(p, NULL);
	assert_int_equal(aas_policy_makes(p, &a.now, got, 4, &n), AAS_OK);
	assert_int_equal(n, 0);
	aas_policy_free(&p);
	/* None in common. */
	r[1].aaguids = makes + 1;
	r[1].aaguids_n = 1;
	r[0].aaguids_n = 1;
	p = make_policy(r, 2);
	a = make_ask(p, NULL);
	assert_int_equal(aas_policy_makes(p, &a.now, got, 4, &n), AAS_OK);
	assert_int_equal(n, 0);
	aas_policy_free(&p);
}

/* Whose name a refusal gives does not depend on who is met first. */
static void
policy_device_bound_is_of_the_lowest_rule(void **state)
{
	static const char *alice[] = { "alice" };
	struct aas_rule r[3];
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "a", "b", "c" };

		r[i] = make_rule(AAS_EF_TERMS);
		r[i].name = names[i];
		r[i].device_bound = 1;
	}
	/* A user's rules come first. */
	r[2].users = (struct aas_names){ 1, alice };
	r[0].mode = AAS_MODE_WARN;
	p = make_policy(r, 3);
	a = make_ask(p, NULL);
	assert_int_equal(a.now.bound_rule, 1);
	assert_int_equal(a.warn.bound_rule, 0);
	aas_policy_free(&p);
}

/* --- attestations ----------------------------------------------------------*/

static const uint8_t ca_bytes[] = "ca key";
static const struct aas_blob ca_list[] = { { 3, ca_bytes }, { 6, ca_bytes } };
static const char *sso_list[] = { "sso" };

static struct aas_rule
attestation(const char *name, int64_t begin, int64_t end)
{
	struct aas_rule r = make_rule(AAS_EF_ATTEST);

	r.name = name;
	r.source = "attest";
	r.users = (struct aas_names){ 4, alice_list };
	r.not_before_s = begin;
	r.not_after_s = end;
	r.evidence_services = (struct aas_names){ 1, sso_list };
	r.cas = ca_list;
	r.cas_n = 2;
	return r;
}

static void
policy_attestation_has_five_states(void **state)
{
	const struct {
		int64_t now;
		const char *service;
		uint8_t ca_state;
		uint16_t ca_len;
		uint8_t want;
	} t[] = {
		{ 999, "sso", AAS_CA_NONE, 0, AAS_AT_FUTURE },
		{ 1000, "sso", AAS_CA_NONE, 0, AAS_AT_SHOWN },
		{ 1999, "sso", AAS_CA_UNKNOWN, 0, AAS_AT_SHOWN },
		{ 2000, "sso", AAS_CA_NONE, 0, AAS_AT_EXPIRED },
		{ 1500, "sshd", AAS_CA_UNKNOWN, 0, AAS_AT_PENDING },
		{ 1500, "sshd", AAS_CA_NONE, 0, AAS_AT_MISSING },
		{ 1500, "sshd", AAS_CA_KNOWN, 6, AAS_AT_SHOWN },
		{ 1500, "sshd", AAS_CA_KNOWN, 3, AAS_AT_SHOWN },
		{ 1500, "sshd", AAS_CA_KNOWN, 5, AAS_AT_MISSING },
		{ 1500, "sshd", AAS_CA_KNOWN, 0, AAS_AT_MISSING },
	};
	struct aas_rule r[2] = { attestation("a", 1000, 2000),
		make_rule(AAS_EF_REQUIRE) };
	struct aas_policy *p;

	(void)state;
	r[1].attestable = 1;
	r[1].from_s = 5;
	p = make_policy(r, 2);
	assert_int_equal(aas_policy_needs(p), AAS_NEED_CA | AAS_NEED_TIME);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct aas_query q = make_query();
		struct aas_decision d;

		q.now_s = t[i].now;
		q.service = t[i].service;
		q.ca_state = t[i].ca_state;
		q.ca = ca_bytes;
		q.ca_len = t[i].ca_len;
		d = make_ask(p, &q).now;
		assert_int_equal(d.attest, t[i].want);
		assert_int_equal(d.attest_rule, 0);
		assert_int_equal(d.attest_until_s, 2000);
		assert_int_equal(d.verdict,
		    t[i].want == AAS_AT_SHOWN ? AAS_V_OPTIONAL : AAS_V_REQUIRE);
		assert_int_equal(d.from_s, t[i].want == AAS_AT_SHOWN ? 0 : 5);
		/* Of a program user all the same. */
		assert_int_equal(d.session_s, DAY / 2);
		q.user = "mallory";
		assert_int_equal(make_ask(p, &q).now.attest, AAS_AT_NONE);
		assert_int_equal(make_ask(p, &q).now.verdict, AAS_V_REQUIRE);
	}
	aas_policy_free(&p);
	/* Without authorities nothing can still show. */
	r[0].cas_n = 0;
	p = make_policy(r, 2);
	assert_int_equal(aas_policy_needs(p), AAS_NEED_TIME);
	assert_int_equal(make_ask(p, NULL).now.attest, AAS_AT_EXPIRED);
	aas_policy_free(&p);
}

/* One that does not count, about alice, or of a file that nobody read. */
static struct aas_rule
flawed(const char *name, uint8_t flaw)
{
	struct aas_rule r = make_rule(AAS_EF_ATTEST);

	r.name = name;
	r.source = "attest";
	r.flaw = flaw;
	if (flaw != AAS_FLAW_UNREAD)
		r.users = (struct aas_names){ 4, alice_list };
	return r;
}

/* The worst first. */
static const struct {
	uint8_t flaw, want;
} flaws[] = { { AAS_FLAW_UNREAD, AAS_AT_UNREAD },
	{ AAS_FLAW_VOID, AAS_AT_VOID }, { AAS_FLAW_REVOKED, AAS_AT_REVOKED } };

static void
policy_flawed_attestation_is_told_and_decides_nothing(void **state)
{
	struct aas_rule r[2] = { make_rule(AAS_EF_REQUIRE) };
	struct aas_query q = make_query();
	struct aas_decision d;
	struct aas_policy *p;

	(void)state;
	r[0].attestable = 1;
	r[0].from_s = 5;
	for (size_t i = 0; i < 3; i++) {
		r[1] = flawed("f", flaws[i].flaw);
		p = make_policy(r, 2);
		assert_int_equal(aas_policy_needs(p), AAS_NEED_TIME);
		q = make_query();
		q.service = "sso";
		q.ca_state = AAS_CA_KNOWN;
		q.ca = ca_bytes;
		q.ca_len = 6;
		d = make_ask(p, &q).now;
		assert_int_equal(d.attest, flaws[i].want);
		assert_int_equal(d.attest_rule, 1);
		assert_int_equal(d.attest_until_s, 0);
		assert_int_equal(d.verdict, AAS_V_REQUIRE);
		assert_int_equal(d.from_s, 5);
		q.user = "mallory";
		d = make_ask(p, &q).now;
		assert_int_equal(d.attest,
		    flaws[i].flaw == AAS_FLAW_UNREAD ? AAS_AT_UNREAD
						     : AAS_AT_NONE);
		assert_int_equal(d.verdict, AAS_V_REQUIRE);
		aas_policy_free(&p);
		/* A rule that takes none. */
		r[0].attestable = 0;
		p = make_policy(r, 2);
		assert_int_equal(make_ask(p, NULL).now.attest, AAS_AT_NONE);
		aas_policy_free(&p);
		r[0].attestable = 1;
	}
}

/* In whatever order they stand. */
static void
policy_flawed_attestation_is_worse_than_a_sound_one(void **state)
{
	static const uint8_t sound[] = { AAS_AT_EXPIRED, AAS_AT_FUTURE,
		AAS_AT_MISSING, AAS_AT_SHOWN };
	static const int64_t at[] = { 2000, 999, 1500, 1500 };
	struct aas_rule r[4] = { make_rule(AAS_EF_REQUIRE) };
	struct aas_rule better = attestation("s", 1000, 2000);
	struct aas_query q = make_query();
	struct aas_policy *p;

	(void)state;
	r[0].attestable = 1;
	for (size_t i = 0; i < 3 * 8; i++) {
		size_t flaw = i / 8, j = i % 4;
		int first = i % 8 >= 4;

		q.now_s = at[j];
		q.service = j == 3 ? "sso" : "sudo";
		r[1] = first ? better : flawed("f", flaws[flaw].flaw);
		r[2] = flawed("g", flaws[flaw == 0 ? 0 : flaw - 1].flaw);
		r[3] = first ? flawed("f", flaws[flaw].flaw) : better;
		p = make_policy(r, 4);
		assert_int_equal(make_ask(p, &q).now.attest, sound[j]);
		aas_policy_free(&p);
		/* Of two that are flawed, the later kind. */
		r[1] = flawed("f", flaws[flaw].flaw);
		p = make_policy(r, 3);
		assert_int_equal(
		    make_ask(p, NULL).now.attest, flaws[flaw].want);
		aas_policy_free(&p);
	}
}

/* It may not make a decision ask for groups, which it would deny without. */
static void
policy_void_attestation_needs_no_groups(void **state)
{
	static const char *staff[] = { "staff" };
	static const gid_t gid[] = { 50 };
	struct aas_rule r[2] = { make_rule(AAS_EF_REQUIRE),
		flawed("f", AAS_FLAW_VOID) };
	struct aas_query q = make_query();
	struct aas_policy *p;

	(void)state;
	r[0].attestable = 1;
	r[1].users.n = 0;
	r[1].groups = (struct aas_names){ 1, staff };
	r[1].gids = gid;
	p = make_policy(r, 2);
	assert_int_equal(aas_policy_needs(p), 0);
	q.gids_n = -1;
	assert_int_equal(make_ask(p, &q).now.verdict, AAS_V_REQUIRE);
	aas_policy_free(&p);
	r[1].flaw = AAS_FLAW_REVOKED;
	p = make_policy(r, 2);
	assert_int_equal(aas_policy_needs(p), AAS_NEED_GROUPS);
	aas_policy_free(&p);
}

/* What does not count has nothing by which it could. */
static void
policy_flawed_attestation_with_evidence_is_not_compiled(void **state)
{
	struct aas_policy_source src;
	uint8_t *b = NULL;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct aas_rule r =
		    flawed("f", i < 7 ? AAS_FLAW_REVOKED : AAS_FLAW_UNREAD);

		switch (i) {
		case 0:
			r.not_before_s = 1;
			break;
		case 1:
			r.not_after_s = 1;
			break;
		case 2:
			r.evidence_services = (struct aas_names){ 1, sso_list };
			break;
		case 3:
			r.cas = ca_list;
			r.cas_n = 1;
			break;
		case 4:
			r.users.n = 0;
			break;
		case 5:
			r.flaw = AAS_FLAW_LAST + 1;
			break;
		case 6:
			r.mode = AAS_MODE_WARN;
			break;
		default:
			r.users = (struct aas_names){ 4, alice_list };
			break;
		}
		src = make_source(&r, 1);
		assert_int_equal(
		    aas_policy_compile(&src, &b, &n), AAS_ERR_INVAL);
	}
}

static void
policy_attestation_waives_only_what_takes_one(void **state)
{
	struct aas_rule r[3] = { attestation("a", 0, INT64_MAX),
		make_rule(AAS_EF_REQUIRE), make_rule(AAS_EF_REQUIRE) };
	struct aas_query q = make_query();
	struct aas_policy *p;
	struct aas_answer a;

	(void)state;
	q.service = "sso";
	r[1].attestable = 1;
	r[1].mode = AAS_MODE_WARN;
	r[2].name = "plain";
	r[2].mode = AAS_MODE_OBSERVE;
	p = make_policy(r, 3);
	a = make_ask(p, &q);
	assert_int_equal(a.now.verdict, AAS_V_OPTIONAL);
	assert_int_equal(a.now.attest, AAS_AT_NONE);
	assert_int_equal(a.warn.verdict, AAS_V_OPTIONAL);
	assert_int_equal(a.warn.attest, AAS_AT_SHOWN);
	assert_int_equal(a.observe.verdict, AAS_V_REQUIRE);
	assert_int_equal(a.observe.attest, AAS_AT_NONE);
	aas_policy_free(&p);
}

static void
policy_best_attestation_counts_then_the_longest(void **state)
{
	/* Now is 1500; sudo: no evidence, or a certificate to come. */
	struct aas_rule r[7] = { attestation("expired", 0, 1000),
		attestation("later", 0, 1100),
		attestation("future", 1600, 1700),
		attestation("missing", 0, 1900),
		attestation("missing2", 0, 1900),
		attestation("pending", 0, 1800), make_rule(AAS_EF_REQUIRE) };
	static const uint32_t want[] = { 0, 1, 2, 3, 3, 5 };
	static const uint8_t states[] = { AAS_AT_EXPIRED, AAS_AT_EXPIRED,
		AAS_AT_FUTURE, AAS_AT_MISSING, AAS_AT_MISSING, AAS_AT_PENDING };
	struct aas_query q = make_query();

	(void)state;
	q.now_s = 1500;
	r[3].cas_n = 0;
	r[4].cas_n = 0;
	r[6].attestable = 1;
	for (uint32_t n = 1; n <= 6; n++) {
		struct aas_rule some[7];

		for (int back = 0; back < 2; back++) {
			struct aas_policy *p;
			struct aas_decision d;
			uint32_t best = want[n - 1];

			for (uint32_t i = 0; i < n; i++)
				some[i] = r[back ? n - 1 - i : i];
			some[n] = r[6];
			p = make_policy(some, n + 1);
			q.ca_state = AAS_CA_UNKNOWN;
			d = make_ask(p, &q).now;
			assert_int_equal(d.attest, states[n - 1]);
			/* Of two alike the lower number. */
			assert_int_equal(d.attest_rule,
			    !back        ? best
				: n == 5 ? 0
					 : n - 1 - best);
			aas_policy_free(&p);
		}
	}
}

/* --- leases, trace, rules --------------------------------------------------*/

static void
policy_lease_needs_a_rule(void **state)
{
	static const char *accounts[] = { "ci", "deploy" };
	struct aas_rule r[3] = { make_rule(AAS_EF_LEASE),
		make_rule(AAS_EF_LEASE), make_rule(AAS_EF_DENY) };
	struct aas_query q = make_query();
	struct aas_policy *p;
	int64_t max = -1;

	(void)state;
	for (int i = 0; i < 2; i++) {
		r[i].users = (struct aas_names){ (uint32_t)i + 1, accounts };
		r[i].groups = (struct aas_names){ 1, &staff_list[i] };
		r[i].gids = &staff_gids[i];
		r[i].lease_s = (i + 1) * 1000;
	}
	r[1].name = "b";
	r[2].name = "c";
	r[2].users = (struct aas_names){ 2, accounts };
	p = make_policy(r, 3);
	assert_int_equal(aas_policy_needs(p), AAS_NEED_LEASE);
	q.gids = staff_gids;
	q.gids_n = 2;
	assert_int_equal(aas_policy_lease(p, &q, "ci", &max), AAS_OK);
	assert_int_equal(max, 2000);
	q.gids_n = 1;
	assert_int_equal(aas_policy_lease(p, &q, "ci", &max), AAS_OK);
	assert_int_equal(max, 1000);
	assert_int_equal(
	    aas_policy_lease(p, &q, "deploy", &max), AAS_ERR_DENIED);
	assert_int_equal(
	    aas_policy_lease(p, &q, "other", &max), AAS_ERR_DENIED);
	q.gids_n = -1;
	assert_int_equal(aas_policy_lease(p, &q, "ci", &max), AAS_ERR_DENIED);
	assert_int_equal(aas_policy_lease(p, &q, "", &max), AAS_ERR_INVAL);
	assert_int_equal(aas_policy_lease(p, &q, NULL, &max), AAS_ERR_INVAL);
	assert_int_equal(aas_policy_lease(NULL, &q, "ci", &max), AAS_ERR_INVAL);
	assert_int_equal(max, 1000);
	q.size = 0;
	assert_int_equal(aas_policy_lease(p, &q, "ci", &max), AAS_ERR_INVAL);
	/* Elsewhere than at a runner's it is no rule about a sign-in. */
	q = make_query();
	q.user = "ci";
	assert_int_equal(make_ask(p, &q).now.verdict, AAS_V_DENY);
	assert_int_equal(make_ask(p, &q).now.rules_n, 1);
	aas_policy_free(&p);
}

/* Two leases of ci, one for cron; what lets cron in, and what nothing. */
static void
on_leases(struct aas_rule r[4])
{
	static const char *accounts[] = { "ci" };
	static const char *cron[] = { "cron" };

	for (int i = 0; i < 2; i++) {
		r[i].users = (struct aas_names){ 1, accounts };
		r[i].groups = (struct aas_names){ 1, staff_list };
		r[i].gids = staff_gids;
		r[i].lease_s = 1000;
	}
	r[1].name = "b";
	r[1].services = (struct aas_names){ 1, cron };
	r[2].name = "c";
	r[2].users = (struct aas_names){ 1, accounts };
	r[2].services = (struct aas_names){ 1, cron };
	r[3].name = "d";
	r[3].users = (struct aas_names){ 1, accounts };
}

/* An account that runs on a lease alone: whatever else lets it in. */
static void
policy_lease_is_needed_where_its_rule_says(void **state)
{
	static const struct {
		const char *user, *service;
		int needed;
	} t[] = { { "ci", "aas-runner", 1 }, { "ci", "codex-runner", 1 },
		{ "ci", "cron", 1 }, { "ci", "sshd", 0 },
		{ "ci2", "aas-runner", 0 }, { "c", "codex-runner", 0 } };
	struct aas_rule r[4] = { make_rule(AAS_EF_LEASE),
		make_rule(AAS_EF_LEASE), make_rule(AAS_EF_EXEMPT),
		make_rule(AAS_EF_DENY) };
	struct aas_query q = make_query();
	struct aas_decision d;
	struct aas_policy *p;

	(void)state;
	on_leases(r);
	p = make_policy(r, 3);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		q.user = t[i].user;
		q.service = t[i].service;
		for (q.lease_s = -1; q.lease_s < 2; q.lease_s++) {
			int let_in = !t[i].needed || q.lease_s > 0;

			d = make_ask(p, &q).now;
			assert_int_equal(d.wants_lease, t[i].needed);
			assert_int_equal(d.verdict != AAS_V_DENY, let_in);
			assert_int_equal(
			    d.reason, let_in ? AAS_WHY_OK : AAS_WHY_NO_LEASE);
			if (let_in)
				continue;
			assert_int_equal(d.rules_n, 1);
			assert_int_equal(
			    d.rules[0], strcmp(q.service, "cron") == 0);
		}
	}
	aas_policy_free(&p);
	/* What a rule denies stays denied, and is said so. */
	q.user = "ci";
	q.service = "aas-runner";
	p = make_policy(r, 4);
	for (q.lease_s = 0; q.lease_s < 2; q.lease_s++) {
		d = make_ask(p, &q).now;
		assert_int_equal(d.verdict, AAS_V_DENY);
		assert_int_equal(d.reason, AAS_WHY_POLICY_DENY);
	}
	aas_policy_free(&p);
}

struct steps {
	char text[512];
};

static void
note(void *arg, const struct aas_rule_view *v, const char *miss)
{
	struct steps *s = arg;
	size_t n = strlen(s->text);

	(void)snprintf(s->text + n, sizeof(s->text) - n, "%u:%s:%s ", v->number,
	    v->name, miss != NULL ? miss : "-");
}

static void
policy_trace_says_what_did_not_match(void **state)
{
	static const struct aas_net net = { { 1 }, 8 };
	static const struct aas_span span = { 0, 1 };
	static const char *root[] = { "root" };
	struct aas_rule r[10];
	struct aas_query q = make_query();
	struct aas_answer a = { .size = sizeof(a) };
	struct steps s = { "" };
	struct aas_policy *p;

	(void)state;
	for (int i = 0; i < 10; i++) {
		static char names[10][4];

		(void)snprintf(names[i], sizeof(names[i]), "r%d", i);
		r[i] = make_rule(AAS_EF_TERMS);
		r[i].name = names[i];
	}
	r[0].users = (struct aas_names){ 4, alice_list };
	r[0].groups = (struct aas_names){ 2, staff_list };
	r[0].gids = staff_gids;
	r[1].users = (struct aas_names){ 1, root };
	r[2].services = (struct aas_names){ 2, sudo_list };
	r[2].hosts = (struct aas_names){ 2, staff_list };
	r[3].origin = AAS_OR_REMOTE;
	r[4].nets = &net;
	r[4].nets_n = 1;
	r[5].spans = &span;
	r[5].spans_n = 1;
	r[6].users = (struct aas_names){ 4, alice_list };
	r[6].services = (struct aas_names){ 1, sso_list };
	r[7].effect = AAS_EF_LEASE;
	r[7].users = (struct aas_names){ 4, alice_list };
	r[7].groups = (struct aas_names){ 2, staff_list };
	r[7].gids = staff_gids;
	r[7].lease_s = 60;
	r[8].groups = (struct aas_names){ 2, staff_list };
	r[8].gids = staff_gids;
	p = make_policy(r, 10);
	assert_int_equal(aas_policy_trace(p, &q, &a, note, &s), AAS_OK);
	assert_string_equal(s.text,
	    "0:r0:groups 2:r2:hosts 3:r3:origin 4:r4:networks 5:r5:hours "
	    "6:r6:services 7:r7:services 9:r9:- ");
	q.user = NULL;
	s.text[0] = '\0';
	assert_int_equal(aas_policy_trace(p, &q, &a, note, &s), AAS_ERR_INVAL);
	assert_string_equal(s.text, "");
	aas_policy_free(&p);
}

static void
policy_rule_is_named(void **state)
{
	struct aas_rule r = make_rule(AAS_EF_TERMS);
	struct aas_policy *p = make_policy(&r, 1);
	struct aas_rule_view v;

	(void)state;
	assert_int_equal(aas_policy_rules(p), 1);
	assert_int_equal(aas_policy_rule(p, 0, &v), AAS_OK);
	assert_string_equal(v.name, "r");
	assert_string_equal(v.where, "/etc/aas/policy.conf:1");
	assert_string_equal(v.source, "files");
	assert_int_equal(v.mode, AAS_MODE_ENFORCE);
	assert_int_equal(v.effect, AAS_EF_TERMS);
	assert_int_equal(aas_policy_rule(p, 1, &v), AAS_ERR_NOTFOUND);
	aas_policy_free(&p);
	assert_string_equal(aas_policy_reason(AAS_WHY_GROUPS), "groups");
	assert_non_null(strstr(aas_policy_reason_text(9999), "not known"));
}

static void
policy_cve_2024_10963_address_is_numeric_or_unknown(void **state)
{
	static const char *const bad[] = { "", "localhost", "example.org",
		"1.2.3", "1.2.3.4.5", "01.2.3.4", "0x1.2.3.4", "1.2.3.256",
		"1.2.3.4 ", " 1.2.3.4", "1.2.3.4%eth0", "::1%lo", "fe80::1%",
		"fe80::1%0123456789abcdef", "tty1", "LOCAL",
		":::", "2001:db8::1/64",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa" };
	static const struct {
		const char *text;
		uint8_t want[16];
	} good[] = {
		{ "192.0.2.1",
		    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1 } },
		{ "::ffff:192.0.2.1",
		    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1 } },
		{ "::1", { [15] = 1 } },
		{ "fe80::1%eth0", { 0xfe, 0x80, [15] = 1 } },
	};
	uint8_t addr[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aas_policy_addr(bad[i], addr), AAS_ERR_FORMAT);
	assert_int_equal(aas_policy_addr(NULL, addr), AAS_ERR_FORMAT);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(aas_policy_addr(good[i].text, addr), AAS_OK);
		assert_memory_equal(addr, good[i].want, 16);
	}
}

/* What cannot be read as an address is in every network that is strict. */
static void
policy_cve_2022_28321_address_that_is_none_lets_nobody_off(void **state)
{
	static const struct {
		uint8_t effect;
		uint32_t verdict;
	} t[] = { { AAS_EF_DENY, AAS_V_DENY },
		{ AAS_EF_REQUIRE, AAS_V_REQUIRE } };
	static const struct aas_net net = { { 0x20, 0x01, 0x0d, 0xb8 }, 32 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct aas_rule r = make_rule(t[i].effect);
		struct aas_query q = make_query();
		struct aas_policy *p;
		struct aas_policy_source src;
		struct aas_answer a;
		uint8_t *b = NULL;
		size_t n = 0;

		r.users = (struct aas_names){ 4, alice_list };
		r.services = (struct aas_names){ 2, sudo_list };
		r.nets = &net;
		r.nets_n = 1;
		p = make_policy(&r, 1);
		q.remote = 1;
		q.addr_known = aas_policy_addr("192.0.2.300", q.addr) == AAS_OK;
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict, t[i].verdict);
		aas_policy_free(&p);
		/* And an exemption may not ask for one. */
		r.effect = AAS_EF_EXEMPT;
		src = make_source(&r, 1);
		assert_int_equal(
		    aas_policy_compile(&src, &b, &n), AAS_ERR_INVAL);
	}
}

/* A uid that is negative as an int is nobody's. */
static void
policy_cve_2018_19788_cve_2019_14287_uid_is_no_other(void **state)
{
	static const uid_t uids[] = { 1000, 0x7fffffff };
	static const uid_t bad[] = { 0x80000000U, 4294967294U, 4294967295U };
	struct aas_rule r = make_rule(AAS_EF_DENY);
	struct aas_policy *p;
	struct aas_query q = make_query();
	struct aas_answer a;

	(void)state;
	r.users = (struct aas_names){ 4, alice_list };
	p = make_policy(&r, 1);
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		q.uid = uids[i];
		q.user = "alice";
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict, AAS_V_DENY);
		q.user = "root";
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict, AAS_V_OPTIONAL);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.uid = bad[i];
		memset(&a, 0xff, sizeof(a));
		a.size = sizeof(a);
		assert_int_equal(aas_policy_eval(p, &q, &a), AAS_ERR_INVAL);
		assert_int_equal(a.now.verdict, AAS_V_DENY);
	}
	aas_policy_free(&p);
}

/* --- contract --------------------------------------------------------------*/

static void
policy_query_that_breaks_the_contract_is_denied(void **state)
{
	struct aas_policy *p = make_policy(NULL, 0);
	struct aas_query q[12];
	struct aas_answer a;

	(void)state;
	for (int i = 0; i < 12; i++)
		q[i] = make_query();
	q[0].user = NULL;
	q[1].user = "";
	q[2].service = NULL;
	q[3].service = "";
	q[4].gids_n = 1;
	q[5].uid = (uid_t)-1;
	q[6].size--;
	q[7].ca_state = 3;
	q[8].ca_len = 1;
	q[9].ca_len = 4097;
	q[9].ca = ca_bytes;
	for (int i = 0; i < 12; i++) {
		memset(&a, 0xff, sizeof(a));
		a.size = sizeof(a);
		assert_int_equal(aas_policy_eval(i == 10 ? NULL : p,
				     i == 11 ? NULL : &q[i], &a),
		    AAS_ERR_INVAL);
		assert_int_equal(a.now.verdict, AAS_V_DENY);
		assert_int_equal(a.now.reason, AAS_WHY_POLICY_DENY);
		assert_int_equal(a.warn.verdict, AAS_V_DENY);
		assert_int_equal(a.observe.verdict, AAS_V_DENY);
		assert_int_equal(a.now.present, 1);
	}
	/* A caller that knows less gets nothing but denials. */
	q[0] = make_query();
	memset(&a, 0xff, sizeof(a));
	a.size = sizeof(a) - 1;
	assert_int_equal(aas_policy_eval(p, q, &a), AAS_ERR_INVAL);
	assert_int_equal(a.now.verdict, AAS_V_DENY);
	assert_int_equal(a.observe.verdict, AAS_V_DENY);
	memset(&a, 0xff, sizeof(a));
	a.size = 0;
	assert_int_equal(aas_policy_eval(p, q, &a), AAS_ERR_INVAL);
	assert_int_equal(a.now.verdict, 0xffffffff);
	aas_policy_free(&p);
}

static void
policy_f65_cve_2023_42465_no_bit_makes_another_verdict(void **state)
{
	static const uint32_t v[] = { AAS_V_DENY, AAS_V_OUT, AAS_V_REQUIRE,
		AAS_V_OPTIONAL };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++) {
			if (i != k)
				assert_true(
				    __builtin_popcount(v[i] ^ v[k]) >= 8);
		}
	}
}

static void
policy_single_rule_of_each_effect(void **state)
{
	struct aas_rule r = make_rule(AAS_EF_REQUIRE);

	(void)state;
	assert_int_equal(alone(&r).verdict, AAS_V_REQUIRE);
	assert_int_equal(alone(&r).from_s, 0);
	r.effect = AAS_EF_DENY;
	assert_int_equal(alone(&r).verdict, AAS_V_DENY);
	r.effect = AAS_EF_TERMS;
	assert_int_equal(alone(&r).verdict, AAS_V_OPTIONAL);
	r.effect = AAS_EF_EXEMPT;
	r.source = "settings";
	r.services = (struct aas_names){ 2, sudo_list };
	assert_int_equal(alone(&r).verdict, AAS_V_OUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(policy_what_was_compiled_is_read),
		FIXTURE_TEST(policy_without_rules_binds_who_has_enrolled),
		FIXTURE_TEST(policy_users_groups_services_match_by_one_entry),
		FIXTURE_TEST(policy_hosts_in_any_case_with_one_star),
		FIXTURE_TEST(policy_origin),
		FIXTURE_TEST(policy_networks_by_prefix),
		FIXTURE_TEST(policy_hours_on_the_clock_of_the_zone),
		FIXTURE_TEST(policy_h2_fact_not_known_never_lets_off),
		FIXTURE_TEST(policy_groups_not_known_deny),
		FIXTURE_TEST(policy_deny_before_exempt_before_require),
		FIXTURE_TEST(policy_break_glass_counts_only_where_exempt),
		FIXTURE_TEST(policy_strictest_term_wins_with_the_settings),
		FIXTURE_TEST(policy_makes_without_a_list_are_not_an_empty_one),
		FIXTURE_TEST(policy_makes_are_in_every_list),
		FIXTURE_TEST(policy_device_bound_is_of_the_lowest_rule),
		FIXTURE_TEST(policy_modes_are_three_stages),
		FIXTURE_TEST(policy_earliest_date_of_all_counts_with_its_grace),
		FIXTURE_TEST(policy_remembers_the_first_eight_each_once),
		FIXTURE_TEST(policy_attestation_has_five_states),
		FIXTURE_TEST(
		    policy_flawed_attestation_is_told_and_decides_nothing),
		FIXTURE_TEST(
		    policy_flawed_attestation_is_worse_than_a_sound_one),
		FIXTURE_TEST(policy_void_attestation_needs_no_groups),
		FIXTURE_TEST(
		    policy_flawed_attestation_with_evidence_is_not_compiled),
		FIXTURE_TEST(policy_attestation_waives_only_what_takes_one),
		FIXTURE_TEST(policy_best_attestation_counts_then_the_longest),
		FIXTURE_TEST(policy_lease_needs_a_rule),
		FIXTURE_TEST(policy_lease_is_needed_where_its_rule_says),
		FIXTURE_TEST(policy_trace_says_what_did_not_match),
		FIXTURE_TEST(policy_rule_is_named),
		FIXTURE_TEST(
		    policy_cve_2024_10963_address_is_numeric_or_unknown),
		FIXTURE_TEST(
		    policy_cve_2022_28321_address_that_is_none_lets_nobody_off),
		FIXTURE_TEST(
		    policy_cve_2018_19788_cve_2019_14287_uid_is_no_other),
		FIXTURE_TEST(policy_query_that_breaks_the_contract_is_denied),
		FIXTURE_TEST(
		    policy_f65_cve_2023_42465_no_bit_makes_another_verdict),
		FIXTURE_TEST(policy_single_rule_of_each_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
