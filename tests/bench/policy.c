/*
 * policy: what decisions cost.
 *
 *	policy make DIR RULES	DIR/policy-RULES.bin, DIR/access-RULES.conf
 *	policy warm FILE N	N decisions, the policy opened once
 *	policy whole FILE N	the same, checked whole beforehand, in turns of
 *				many users, as a dashboard asks
 *	policy cold FILE N	N times: open, decide, free
 *	policy hash FILE N	N times the bare look-ups of a decision
 *	policy compile RULES N	compile N times
 *	policy none FILE N	as warm, and no decision: to be taken off
 *
 * Of RULES, one is about everybody, three are about a service each, one in
 * fifty is about a group and the others about a user, all with services or a
 * network beside it.  Who asks is in eight groups; three rules are about her:
 * one by name, one by group, and that about everybody.  With times: "ns
 *NANOSECONDS-EACH".
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "policy/format.h"

#define GROUPS 8

struct made {
	struct aas_rule *rules;
	char (*text)[24];
	const char **names;
	gid_t *gids;
};

static const struct aas_net net = { { 0x20, 1, 0xd, 0xb8 }, 32 };

static uint32_t
number(const char *s)
{
	unsigned long n = strtoul(s, NULL, 10);

	if (n == 0 || n > 100000000)
		errx(2, "%s: not a number", s);
	return (uint32_t)n;
}

static void
make_rule(struct made *m, uint32_t i, uint32_t n)
{
	static const char *services[] = { "sshd", "sudo" };
	static const char *one[] = { "cron", "su", "login" };
	struct aas_rule *r = &m->rules[i];

	(void)snprintf(m->text[i], sizeof(m->text[i]), "name-%u", i);
	m->names[i] = m->text[i];
	m->gids[i] = 100000 + i;
	r->source = "files";
	r->name = m->text[i];
	r->where = "/etc/aas/policy.conf:12345";
	r->mode = AAS_MODE_ENFORCE;
	r->effect = AAS_EF_REQUIRE;
	r->from_s = 1780272000;
	r->session_s = 3600 + i % 7;
	if (i + 4 >= n) {
		r->effect = AAS_EF_TERMS;
		r->from_s = 0;
		if (i + 1 < n)
			r->services = (struct aas_names){ 1, &one[n - 2 - i] };
		return;
	}
	if (i % 50 == 2) {
		r->groups = (struct aas_names){ 1, &m->names[i] };
		r->gids = &m->gids[i];
	} else {
		r->users = (struct aas_names){ 1, &m->names[i] };
	}
	if (i % 2 == 0) {
		r->services = (struct aas_names){ 2, services };
	} else {
		r->nets = &net;
		r->nets_n = 1;
	}
}

static struct made
make_rules(uint32_t n)
{
	struct made m = { calloc(n, sizeof(*m.rules)), calloc(n, 24),
		calloc(n, sizeof(*m.names)), calloc(n, sizeof(*m.gids)) };

	if (m.rules == NULL || m.text == NULL || m.names == NULL ||
	    m.gids == NULL)
		err(1, "calloc");
	for (uint32_t i = 0; i < n; i++)
		make_rule(&m, i, n);
	return m;
}

static void
compile(const struct made *m, uint32_t n, uint8_t **buf, size_t *len)
{
	struct aas_policy_source src = { .realm = "bench.test",
		.statedir = "/var/lib/aas",
		.rundir = "/run/aas",
		.libexecdir = "/usr/libexec/aas",
		.uv = 1,
		.rules_n = n,
		.rules = m->rules };
	int r = aas_policy_compile(&src, buf, len);

	if (r != AAS_OK)
		errx(1, "compile: %s", aas_strerror(r));
}

static FILE *
create(const char *dir, const char *name, uint32_t n, const char *end)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s-%u.%s", dir, name, n, end);
	if ((f = fopen(path, "we")) == NULL)
		err(1, "%s", path);
	return f;
}

static void
make(const char *dir, uint32_t n)
{
	struct made m = make_rules(n);
	uint8_t *buf = NULL;
	size_t len = 0;
	FILE *f;

	compile(&m, n, &buf, &len);
	f = create(dir, "policy", n, "bin");
	if (fwrite(buf, 1, len, f) != len || fclose(f) != 0)
		err(1, "write");
	free(buf);
	/* The peer's file: as many lines, the one that counts last. */
	f = create(dir, "access", n, "conf");
	for (uint32_t i = 0; i + 1 < n; i++)
		fprintf(f, "- : name-%u : ALL\n", i + 10);
	fprintf(f, "+ : ALL : ALL\n");
	if (fclose(f) != 0)
		err(1, "write");
}

static double
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* In eight groups; that of the number 2 has a rule. */
static struct aas_query
query(void)
{
	static const gid_t gids[GROUPS] = { 100, 101, 100002, 104, 100105, 27,
		1000, 1001 };
	struct aas_query q = { .size = sizeof(q),
		.user = "name-4",
		.uid = 1000,
		.gids = gids,
		.gids_n = GROUPS,
		.service = "sshd",
		.remote = 1,
		.addr_known = 1,
		.addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
		.now_s = 1790000000 };

	return q;
}

static struct aas_policy *
opened(const char *path)
{
	struct aas_policy *p = NULL;
	int r = aas_policy_open(path, &p);

	if (r != AAS_OK)
		errx(1, "%s: %s", path, aas_strerror(r));
	return p;
}

static void
ask(const struct aas_policy *p, const struct aas_query *q)
{
	struct aas_answer a;

	a.size = sizeof(a);
	if (aas_policy_eval(p, q, &a) != AAS_OK ||
	    a.now.verdict != AAS_V_REQUIRE)
		errx(1, "not the answer");
}

static void
warm(const char *path, uint32_t n, int ask_it)
{
	struct aas_policy *p = opened(path);
	struct aas_query q = query();

	for (uint32_t i = 0; i < n && ask_it; i++)
		ask(p, &q);
	aas_policy_free(&p);
}

static void
whole(const char *path, uint32_t n)
{
	struct aas_policy *p = opened(path);
	struct aas_query q = query();
	uint32_t users = aas_policy_rules(p) - 4;
	char name[24];
	double start;

	if (aas_policy_check(p) != AAS_OK)
		errx(1, "%s: damaged", path);
	q.user = name;
	start = now_ns();
	for (uint32_t i = 0; i < n; i++) {
		uint32_t u = i * 7919 % users, k = sizeof(name) - 1;

		/* A name with its number, and no snprintf(3) to measure. */
		name[k] = '\0';
		do
			name[--k] = (char)('0' + u % 10);
		while ((u /= 10) != 0);
		k -= 5;
		memcpy(name + k, "name-", 5);
		q.user = name + k;
		ask(p, &q);
	}
	printf("ns %.0f\n", (now_ns() - start) / n);
	aas_policy_free(&p);
}

static void
cold(const char *path, uint32_t n)
{
	struct aas_query q = query();
	double start = now_ns();

	for (uint32_t i = 0; i < n; i++) {
		struct aas_policy *p = opened(path);

		ask(p, &q);
		aas_policy_free(&p);
	}
	printf("ns %.0f\n", (now_ns() - start) / n);
}

/* One look-up: a hash of the key, the cell of the file, its key. */
static uint32_t
bare(const struct aas_policy *p, const struct pol_table *t, uint32_t tag)
{
	const struct pol_cell *cells =
	    (const struct pol_cell *)(const void *)(p->map + (size_t)t->at * 8);
	uint32_t mask = t->n - 1;

	for (uint32_t i = tag & mask; cells[i].value != 0; i = (i + 1) & mask)
		if (cells[i].value >> 32 == tag)
			return (uint32_t)cells[i].value;
	return 0;
}

static void
hash(const char *path, uint32_t n)
{
	struct aas_policy *p = opened(path);
	struct aas_query q = query();
	volatile uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += bare(p, &p->h.users, pol_tag_name(PK_USER, q.user));
		for (int k = 0; k < q.gids_n; k++)
			sum += bare(p, &p->h.others, pol_tag_gid(q.gids[k]));
		sum +=
		    bare(p, &p->h.others, pol_tag_name(PK_SERVICE, q.service));
	}
	aas_policy_free(&p);
}

static void
compile_often(uint32_t rules, uint32_t n)
{
	struct made m = make_rules(rules);
	double start = now_ns();

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *buf = NULL;
		size_t len = 0;

		compile(&m, rules, &buf, &len);
		free(buf);
	}
	printf("ns %.0f\n", (now_ns() - start) / n);
}

int
main(int argc, char **argv)
{
	if (argc != 4)
		errx(2, "usage: policy WHAT FILE|DIR|RULES N");
	if (strcmp(argv[1], "make") == 0)
		make(argv[2], number(argv[3]));
	else if (strcmp(argv[1], "warm") == 0)
		warm(argv[2], number(argv[3]), 1);
	else if (strcmp(argv[1], "none") == 0)
		warm(argv[2], number(argv[3]), 0);
	else if (strcmp(argv[1], "whole") == 0)
		whole(argv[2], number(argv[3]));
	else if (strcmp(argv[1], "cold") == 0)
		cold(argv[2], number(argv[3]));
	else if (strcmp(argv[1], "hash") == 0)
		hash(argv[2], number(argv[3]));
	else if (strcmp(argv[1], "compile") == 0)
		compile_often(number(argv[2]), number(argv[3]));
	else
		errx(2, "%s?", argv[1]);
	return 0;
}
