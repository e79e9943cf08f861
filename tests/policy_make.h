#ifndef AAS_TESTS_POLICY_MAKE_H
#define AAS_TESTS_POLICY_MAKE_H

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/format.h"
#include "tests/fixture.h"

/* Policies of a few rules, for tests; anything that fails ends the test. */

static inline struct aas_rule
make_rule(uint8_t effect)
{
	struct aas_rule r;

	memset(&r, 0, sizeof(r));
	r.source = "files";
	r.name = "r";
	r.where = "/etc/aas/policy.conf:1";
	r.mode = AAS_MODE_ENFORCE;
	r.effect = effect;
	return r;
}

static inline struct aas_policy_source
make_source(const struct aas_rule *rules, size_t n)
{
	struct aas_policy_source s = { .realm = "example.org",
		.statedir = "/var/lib/aas",
		.rundir = "/run/aas",
		.libexecdir = "/usr/libexec/aas",
		.uv = 1,
		.rules = rules,
		.rules_n = n };

	return s;
}

/* Each decision is asked of the policy twice: unchecked, and checked whole. */
static inline struct aas_policy *
make_compiled(const struct aas_policy_source *s)
{
	struct aas_policy *p = NULL;
	uint8_t *b = NULL;
	size_t n = 0;

	assert_int_equal(aas_policy_compile(s, &b, &n), AAS_OK);
	assert_int_equal(aas_policy_parse(b, n, &p), AAS_OK);
	free(b);
	return p;
}

static inline struct aas_policy *
make_policy(const struct aas_rule *rules, size_t n)
{
	struct aas_policy_source s = make_source(rules, n);

	return make_compiled(&s);
}

static inline struct aas_query
make_query(void)
{
	struct aas_query q = { .size = sizeof(q),
		.user = "alice",
		.uid = 1000,
		.service = "sudo",
		.host = "host.example.org",
		.now_s = 1700000000,
		.ca_state = AAS_CA_NONE };

	return q;
}

static inline struct aas_answer
make_ask(struct aas_policy *p, const struct aas_query *query)
{
	struct aas_query q = query != NULL ? *query : make_query();
	struct aas_answer a, b;

	memset(&a, 0xff, sizeof(a));
	memset(&b, 0xff, sizeof(b));
	a.size = b.size = sizeof(a);
	assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
	p->whole = 0;
	assert_int_equal(aas_policy_eval(p, &q, &b), AAS_OK);
	p->whole = 1;
	assert_memory_equal(&a.now, &b.now, sizeof(a.now));
	assert_memory_equal(&a.warn, &b.warn, sizeof(a.warn));
	assert_memory_equal(&a.observe, &b.observe, sizeof(a.observe));
	return a;
}

#endif
