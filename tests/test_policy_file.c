/*
 * The compiled file: what is written is read, and what is damaged lets nobody
 * in.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "policy/open.h"
#include "tests/nomem.h"
#include "tests/policy_make.h"

/* --- a writer whose file is another's
 * ---------------------------------------*/

static const uint8_t *other;
static size_t other_n;

int __real_aas_policy_parse(const void *buf, size_t len, struct aas_policy **p);
int __wrap_aas_policy_parse(const void *buf, size_t len, struct aas_policy **p);

int
__wrap_aas_policy_parse(const void *buf, size_t len, struct aas_policy **p)
{
	return other != NULL ? __real_aas_policy_parse(other, other_n, p)
			     : __real_aas_policy_parse(buf, len, p);
}

/* --- one of everything -----------------------------------------------------*/

static const char *users[] = { "carol", "alice", "bob", "alice" };
static const char *services[] = { "sudo", "cron" };
static const char *hosts[] = { "web*", "db1" };
static const char *groups[] = { "staff", "eng", "ops", "staff" };
static const gid_t gids[] = { 40, 10, 30, 40 };
static const struct aas_net nets[] = { { { 0x20, 1, 0xd, 0xb8 }, 32 },
	{ { 0 }, 0 } };
static const struct aas_span spans[] = { { 480, 1080 }, { 0, 10080 } };
static const uint8_t aaguids[][16] = { { 1 }, { 2 }, { 3 } };
static const struct aas_blob cas[] = { { 3, (const uint8_t *)"abc" },
	{ 5, (const uint8_t *)"defgh" } };
static const struct aas_zone_step zone[] = { { -5000000000, -3600 },
	{ 0, 3600 }, { 1700000000, 7200 } };
static const struct aas_origin_file origins[] = {
	{ .path = "/etc/aas/policy.conf",
	    .mtime_ns = 1,
	    .ctime_ns = 2,
	    .size = 3,
	    .ino = 4,
	    .dev = 5,
	    .sha256 = { 6 } },
	{ .path = "/etc/aas/policy.conf.d", .size = -1 },
};

/* Every criterion and term. */
static void
say_all(struct aas_rule *r)
{
	r->effect = AAS_EF_TERMS;
	r->services = (struct aas_names){ 2, services };
	r->hosts = (struct aas_names){ 2, hosts };
	r->nets = nets;
	r->nets_n = 2;
	r->spans = spans;
	r->spans_n = 2;
	r->enrolled_min = 3;
	r->present = 2;
	r->uv = 1;
	r->uv_said = 1;
	r->device_bound = 1;
	r->alert = 1;
	r->training = 1;
	r->sudo = AAS_SUDO_AGENT;
	r->timeout_s = 50;
	r->session_s = AAS_LIMIT_MAX_S;
	r->idle_s = 61;
	r->reauth_s = 62;
	r->aaguids = aaguids;
	r->aaguids_n = 3;
}

#define RULES 8
static struct aas_rule *
all_rules(void)
{
	static const char *const names[] = { "r0", "r1", "r2", "r3", "r4", "r5",
		"r6", "r7" };
	static struct aas_rule r[RULES];

	for (int i = 0; i < RULES; i++) {
		r[i] = make_rule(AAS_EF_REQUIRE);
		r[i].name = names[i];
	}
	r[0].users = (struct aas_names){ 4, users };
	r[0].from_s = 1000;
	r[0].grace_s = 100;
	r[1].groups = (struct aas_names){ 4, groups };
	r[1].gids = gids;
	r[1].attestable = 1;
	r[1].mode = AAS_MODE_WARN;
	r[2].effect = AAS_EF_EXEMPT;
	r[2].source = "settings";
	r[2].services = (struct aas_names){ 1, &services[1] };
	say_all(&r[3]);
	r[4].effect = AAS_EF_LEASE;
	r[4].users = (struct aas_names){ 2, services };
	r[4].groups = (struct aas_names){ 1, groups };
	r[4].gids = gids;
	r[4].lease_s = 3600;
	r[5].effect = AAS_EF_ATTEST;
	r[5].users = (struct aas_names){ 2, users };
	r[5].not_before_s = -5;
	r[5].not_after_s = 1800000000;
	r[5].evidence_services = (struct aas_names){ 1, services };
	r[5].cas = cas;
	r[5].cas_n = 2;
	r[6].effect = AAS_EF_DENY;
	r[6].mode = AAS_MODE_OBSERVE;
	r[6].origin = AAS_OR_REMOTE;
	r[7].effect = AAS_EF_EXEMPT;
	r[7].users = (struct aas_names){ 1, users };
	r[7].services = (struct aas_names){ 2, services };
	r[7].break_glass = 1;
	return r;
}

static struct aas_policy_source
all(void)
{
	struct aas_policy_source s = make_source(all_rules(), RULES);

	s.built_s = 1700000000;
	s.zone = zone;
	s.zone_n = 3;
	s.files = origins;
	s.files_n = 2;
	return s;
}

static uint8_t *
compiled(const struct aas_policy_source *s, size_t *n)
{
	uint8_t *b = NULL;

	assert_int_equal(aas_policy_compile(s, &b, n), AAS_OK);
	return b;
}

/* Questions that come by every rule. */
#define QUERIES 5
static struct aas_query
query(int i)
{
	static const gid_t mine[] = { 9, 10, 40 };
	struct aas_query q = make_query();

	q.gids = mine;
	q.gids_n = 3;
	q.host = "web1";
	q.remote = i & 1;
	q.addr_known = 1;
	if (i == 1)
		q.user = "mallory";
	if (i == 2)
		q.service = "cron";
	if (i == 3)
		q.user = "carol";
	if (i == 4)
		q.ca_state = AAS_CA_UNKNOWN;
	return q;
}

/* --- back ------------------------------------------------------------------*/

static int
has_name(const struct aas_names *l, const char *s)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return 1;
	return 0;
}

static void
policy_file_rule_comes_back_in_full(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = make_compiled(&s);
	struct aas_arena *arena = NULL;
	struct aas_rule r;

	(void)state;
	assert_int_equal(aas_arena_new(&arena), AAS_OK);
	for (uint32_t i = 0; i < RULES; i++) {
		const struct aas_rule *o = &s.rules[i];

		assert_int_equal(aas_policy_get(p, i, arena, &r), AAS_OK);
		assert_string_equal(r.source, o->source);
		assert_string_equal(r.name, o->name);
		assert_string_equal(r.where, o->where);
		assert_int_equal(r.mode, o->mode);
		assert_int_equal(r.effect, o->effect);
		assert_int_equal(r.origin, o->origin);
		assert_int_equal(r.from_s, o->from_s);
		assert_int_equal(r.grace_s, o->grace_s);
		assert_int_equal(r.session_s, o->session_s);
		assert_int_equal(r.lease_s, o->lease_s);
		assert_int_equal(r.not_before_s, o->not_before_s);
		assert_int_equal(r.not_after_s, o->not_after_s);
		assert_int_equal(r.break_glass, o->break_glass);
		for (uint32_t k = 0; k < o->users.n; k++)
			assert_true(has_name(&r.users, o->users.v[k]));
		for (uint32_t k = 0; k < o->groups.n; k++)
			assert_true(has_name(&r.groups, o->groups.v[k]));
		for (uint32_t k = 0; k < o->hosts.n; k++)
			assert_true(has_name(&r.hosts, o->hosts.v[k]));
		assert_int_equal(r.nets_n, o->nets_n);
		assert_int_equal(r.spans_n, o->spans_n);
		assert_int_equal(r.aaguids_n, o->aaguids_n);
		assert_int_equal(r.cas_n, o->cas_n);
	}
	assert_int_equal(aas_policy_get(p, 0, arena, &r), AAS_OK);
	assert_int_equal(r.users.n, 3); /* sorted, each once */
	assert_string_equal(r.users.v[0], "alice");
	assert_int_equal(aas_policy_get(p, 1, arena, &r), AAS_OK);
	assert_int_equal(r.groups.n, 3);
	assert_int_equal(r.gids[0], 10);
	assert_string_equal(r.groups.v[0], "eng");
	assert_int_equal(aas_policy_get(p, 3, arena, &r), AAS_OK);
	assert_memory_equal(r.nets, nets, sizeof(nets));
	assert_memory_equal(r.spans, spans, sizeof(spans));
	assert_memory_equal(r.aaguids, aaguids, sizeof(aaguids));
	assert_int_equal(aas_policy_get(p, 5, arena, &r), AAS_OK);
	assert_memory_equal(r.cas[1].p, "defgh", 5);
	assert_int_equal(aas_policy_get(p, RULES, arena, &r), AAS_ERR_NOTFOUND);
	aas_arena_free(&arena);
	aas_policy_free(&p);
}

static void
policy_file_says_what_it_was_made_of(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = make_compiled(&s);
	struct aas_origin_file f;

	(void)state;
	assert_int_equal(aas_policy_files(p, 0, &f), AAS_OK);
	assert_string_equal(f.path, "/etc/aas/policy.conf");
	assert_int_equal(f.mtime_ns, 1);
	assert_int_equal(f.ctime_ns, 2);
	assert_int_equal(f.size, 3);
	assert_int_equal(f.ino, 4);
	assert_int_equal(f.dev, 5);
	assert_int_equal(f.sha256[0], 6);
	assert_int_equal(aas_policy_files(p, 1, &f), AAS_OK);
	assert_int_equal(f.size, -1);
	assert_int_equal(aas_policy_files(p, 2, &f), AAS_ERR_NOTFOUND);
	aas_policy_free(&p);
}

static void
policy_file_finds_each_of_many(void **state)
{
	enum { N = 5000 };
	struct aas_rule *r = calloc(N, sizeof(*r));
	char(*text)[16] = calloc(N, 16);
	const char **names = calloc(N, sizeof(*names));
	struct aas_policy *p;

	(void)state;
	for (int i = 0; i < N; i++) {
		(void)snprintf(text[i], 16, "user%d", i * 7919 % N);
		names[i] = text[i];
		r[i] = make_rule(AAS_EF_DENY);
		r[i].name = names[i];
		r[i].users = (struct aas_names){ 1, &names[i] };
	}
	p = make_policy(r, N);
	for (int i = 0; i < N; i += 7) {
		struct aas_query q = make_query();
		struct aas_answer a;

		q.user = names[i];
		q.gids_n = -1; /* no rule asks for them */
		a = make_ask(p, &q);
		assert_int_equal(a.now.verdict, AAS_V_DENY);
		assert_int_equal(a.now.rules_n, 1);
		assert_int_equal(a.now.rules[0], i);
	}
	assert_int_equal(make_ask(p, NULL).now.verdict, AAS_V_OPTIONAL);
	aas_policy_free(&p);
	/* One rule, many users; and one list too long. */
	r[0].users = (struct aas_names){ AAS_NAMES_MAX, names };
	p = make_policy(r, 1);
	for (uint32_t i = 0; i < AAS_NAMES_MAX; i += 101) {
		struct aas_query q = make_query();

		q.user = names[i];
		assert_int_equal(make_ask(p, &q).now.verdict, AAS_V_DENY);
	}
	aas_policy_free(&p);
	/* Many rules that everybody comes by, and many of one user. */
	for (int i = 0; i < 300; i++) {
		r[i].users = (struct aas_names){ i & 1, &names[7] };
		r[i].effect = AAS_EF_REQUIRE;
	}
	p = make_policy(r, 300);
	assert_int_equal(make_ask(p, NULL).now.rules[1], 2);
	aas_policy_free(&p);
	free(names);
	free(text);
	free(r);
}

/* --- damage ----------------------------------------------------------------*/

static void
policy_file_s6_flipped_bit_or_short_file_is_refused(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = NULL;
	size_t n = 0;
	uint8_t *b = compiled(&s, &n);

	(void)state;
	for (size_t bit = 0; bit < n * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(aas_policy_parse(b, n, &p), AAS_OK);
		assert_null(p);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < n; len++)
		assert_int_not_equal(aas_policy_parse(b, len, &p), AAS_OK);
	b = realloc(b, n + 8);
	memset(b + n, 0, 8);
	assert_int_not_equal(aas_policy_parse(b, n + 8, &p), AAS_OK);
	assert_int_equal(aas_policy_parse(b, n, &p), AAS_OK);
	aas_policy_free(&p);
	free(b);
}

/* The map of a parsed policy, to be damaged under its feet. */
static uint8_t *
bytes_of(struct aas_policy *p)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} u = { p->map };

	return u.out;
}

static void
policy_file_s6_damage_denies_when_it_is_touched(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = make_compiled(&s);
	struct aas_answer good[QUERIES], a;
	size_t denied = 0, same = 0;
	uint8_t *b = bytes_of(p);
	int64_t max = 0;

	(void)state;
	p->whole = 0;
	for (int i = 0; i < QUERIES; i++) {
		struct aas_query q = query(i);

		memset(&good[i], 0, sizeof(a));
		good[i].size = sizeof(a);
		assert_int_equal(aas_policy_eval(p, &q, &good[i]), AAS_OK);
	}
	/* Opened, not checked: each bit behind the header. */
	for (size_t bit = sizeof(struct pol_head) * 8; bit < p->len * 8;
	     bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		for (int i = 0; i < QUERIES; i++) {
			struct aas_query q = query(i);

			memset(&a, 0, sizeof(a));
			a.size = sizeof(a);
			if (aas_policy_eval(p, &q, &a) == AAS_OK) {
				/* Then it was not touched. */
				assert_memory_equal(&a, &good[i], sizeof(a));
				same++;
				continue;
			}
			assert_int_equal(a.now.verdict, AAS_V_DENY);
			assert_int_equal(a.now.reason, AAS_WHY_POLICY_BROKEN);
			assert_int_equal(a.warn.verdict, AAS_V_DENY);
			assert_int_equal(a.observe.verdict, AAS_V_DENY);
			denied++;
		}
		{
			struct aas_query q = query(0);
			int r = aas_policy_lease(p, &q, "sudo", &max);

			assert_true(r == AAS_ERR_FORMAT ||
			    (r == AAS_OK && max == 3600));
		}
		assert_int_equal(aas_policy_check(p), AAS_ERR_FORMAT);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(denied > 1000);
	assert_true(same > 1000);
	assert_int_equal(aas_policy_check(p), AAS_OK);
	aas_policy_free(&p);
}

static void
on_step(void *arg, const struct aas_rule_view *v, const char *miss)
{
	*(size_t *)arg += strlen(v->name) + (miss != NULL);
}

static void
use(struct aas_policy *p)
{
	static const uint8_t aaguid[16] = { 2 };
	struct aas_arena *arena = NULL;
	struct aas_answer a;
	struct aas_origin_file f;
	struct aas_rule r;
	struct aas_rule_view v;
	size_t steps = 0;
	int64_t max = 0;

	assert_int_equal(aas_arena_new(&arena), AAS_OK);
	for (int i = 0; i < QUERIES; i++) {
		struct aas_query q = query(i);

		a.size = sizeof(a);
		if (aas_policy_trace(p, &q, &a, on_step, &steps) != AAS_OK)
			assert_int_equal(a.now.verdict, AAS_V_DENY);
		assert_true(a.now.present >= 1 && a.now.present <= 2);
		(void)aas_policy_key(p, &a.now, aaguid, 0);
		(void)aas_policy_lease(p, &q, "sudo", &max);
	}
	for (uint32_t i = 0; i < RULES; i++) {
		(void)aas_policy_rule(p, i, &v);
		(void)aas_policy_get(p, i, arena, &r);
	}
	for (size_t i = 0; i < 2; i++)
		(void)aas_policy_files(p, i, &f);
	aas_arena_free(&arena);
}

/* As if every check held: nothing may be read outside the file. */
static void
policy_file_well_sealed_nonsense_is_refused_without_harm(void **state)
{
	static const uint8_t v[] = { 0, 1, 0x7f, 0xff };
	struct aas_policy_source s = all();
	struct aas_policy *p = make_compiled(&s);
	uint8_t *b = bytes_of(p);

	(void)state;
	for (size_t i = sizeof(struct pol_head); i < p->len; i++) {
		uint8_t was = b[i];

		for (size_t k = 0; k < sizeof(v); k++) {
			b[i] = v[k];
			p->whole = 1;
			use(p);
		}
		b[i] = was;
	}
	aas_policy_free(&p);
}

static void
seal_head(uint8_t *b)
{
	struct pol_head h;

	memcpy(&h, b, sizeof(h));
	h.check = pol_sum(pol_start(0), &h, sizeof(h) / 8 - 1);
	memcpy(b, &h, sizeof(h));
}

/* The file's own check made right: the parts' still say what is wrong. */
static void
policy_file_parts_are_checked_where_the_whole_is_right(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = NULL;
	struct pol_head h;
	size_t n = 0, ok = 0;
	uint8_t *b = compiled(&s, &n);

	(void)state;
	for (size_t bit = sizeof(h) * 8; bit < n * 8; bit += 3) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memcpy(&h, b, sizeof(h));
		h.body =
		    pol_sum(pol_start(0), b + sizeof(h), (n - sizeof(h)) / 8);
		memcpy(b, &h, sizeof(h));
		seal_head(b);
		ok += aas_policy_parse(b, n, &p) == AAS_OK;
		aas_policy_free(&p);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(ok, 0);
	free(b);
}

/* Every check of ${b} made right again, but of what stands at ${at}. */
static void
seal_block(uint8_t *b, uint32_t at)
{
	struct pol_block blk;

	memcpy(&blk, b + (size_t)at * 8, sizeof(blk));
	blk.check =
	    pol_sum(pol_start(at), b + (size_t)at * 8 + 8, blk.words - 1);
	memcpy(b + (size_t)at * 8, &blk, sizeof(blk));
}

static uint64_t
cell_get(const uint8_t *b, const struct pol_table *t, uint32_t i)
{
	uint64_t v;

	memcpy(&v, b + ((size_t)t->at + 2 * (size_t)i) * 8, sizeof(v));
	return v;
}

static void
cell_set(uint8_t *b, const struct pol_table *t, uint32_t i, uint64_t v)
{
	uint32_t at = t->at + 2 * i;
	struct pol_cell c = { v, pol_mix(pol_start(at), v) };

	memcpy(b + (size_t)at * 8, &c, sizeof(c));
}

/* A block of the file, as what it may be. */
union place {
	uint8_t *b;
	struct pol_rule *r;
	struct pol_file *f;
	uint32_t *u;
};

#define RULE_HARMS 17
#define HARMS      26

static void
harm_rule(int i, union place at)
{
	union place ca = { at.b + (size_t)at.r->part[PP_CAS].at * 8 };

	switch (i) {
	case 0:
		at.r->source = UINT32_MAX;
		break;
	case 1:
		at.r->name = at.r->b.words * 8;
		break;
	case 2:
		at.r->where = UINT32_MAX;
		break;
	case 3:
		at.r->part[PP_NETS].at = UINT16_MAX;
		break;
	case 4:
		at.r->part[PP_AAGUIDS].n = UINT16_MAX;
		break;
	case 5:
		at.u[at.r->part[PP_USERS].at * 2] = UINT32_MAX;
		break;
	case 6:
		ca.u[0] = UINT32_MAX; /* offset */
		break;
	case 7:
		ca.u[1] = UINT16_MAX; /* length */
		break;
	case 8:
		at.r->effect = 99;
		break;
	case 9:
		at.r->mode = 0;
		break;
	case 10:
		at.r->present = 3;
		break;
	case 11:
		at.r->b.n = 4; /* another's number */
		break;
	case 12:
		at.r->b.n = UINT32_MAX;
		break;
	case 13:
		at.b[at.r->b.words * 8 - 1] = 1; /* no end */
		break;
	case 14:
		at.r->enrolled_min = 1;
		break;
	case 15:
		at.r->from_s = -1;
		break;
	case 16:
		at.r->uv = 4;
		break;
	default:
		break;
	}
}

/* ${rule} and ${file}: places of a rule and of a file. */
static void
harm_cell(int i, uint8_t *b, size_t n, uint32_t rule, uint32_t file)
{
	union place at = { b + (size_t)file * 8 };
	struct pol_head h;
	uint32_t k = 0;

	memcpy(&h, b, sizeof(h));
	while (cell_get(b, &h.users, k) == 0)
		k++;
	switch (i) {
	case 17:
		at.f->path = UINT32_MAX;
		seal_block(b, file);
		break;
	case 18:
		cell_set(b, &h.files, 0, UINT64_MAX);
		break;
	case 19:
		cell_set(b, &h.files, 0, n / 8 - 1);
		break;
	case 20:
		cell_set(b, &h.rules, 0, UINT64_MAX);
		break;
	case 21:
		cell_set(b, &h.rules, 0, n / 8);
		break;
	case 22: /* a ref to nothing, to no rule, to no bucket */
		cell_set(b, &h.users, k, 5);
		break;
	case 23:
		cell_set(b, &h.users, k, (uint64_t)file << 1 | 1);
		break;
	case 24:
		cell_set(b, &h.users, k, UINT32_MAX - 1);
		break;
	default:
		cell_set(b, &h.others, 0, (uint64_t)rule << 1);
		break;
	}
}

static void
policy_file_places_out_of_bounds_are_refused(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = NULL;
	size_t n = 0;
	uint8_t *good = compiled(&s, &n), *b = malloc(n);

	(void)state;
	for (int i = 0; i < HARMS; i++) {
		struct pol_head h;
		uint32_t rule, file;

		memcpy(b, good, n);
		memcpy(&h, b, sizeof(h));
		/* The attestation, as it has most parts. */
		rule = (uint32_t)cell_get(b, &h.rules, 5);
		file = (uint32_t)cell_get(b, &h.files, 0);
		if (i < RULE_HARMS)
			harm_rule(i, (union place){ b + (size_t)rule * 8 });
		else
			harm_cell(i, b, n, rule, file);
		seal_block(b, rule);
		h.body =
		    pol_sum(pol_start(0), b + sizeof(h), (n - sizeof(h)) / 8);
		memcpy(b, &h, sizeof(h));
		seal_head(b);
		if (aas_policy_parse(b, n, &p) == AAS_OK)
			fail_msg("case %d", i);
	}
	free(b);
	free(good);
}

/* One change of one field. */
struct poke {
	size_t at, size;
	const char *what;
	enum { POKE_SET, POKE_ADD, POKE_FILL } how;
	int64_t v;
	const void *p; /* instead of v, for a pointer */
};

static void
poke(void *base, const struct poke *k)
{
	uint8_t *to = (uint8_t *)base + k->at;
	uint8_t b = *to;
	uint16_t h = 0;
	uint32_t w = 0;
	uint64_t d = 0;

	assert_true(k->how == POKE_FILL || k->size <= sizeof(d));
	if (k->how == POKE_FILL) {
		memset(to, (int)k->v, k->size);
	} else if (k->p != NULL) {
		memcpy(to, &k->p, sizeof(k->p));
	} else if (k->size == sizeof(b)) {
		*to = (uint8_t)(k->v + (k->how == POKE_ADD ? b : 0));
	} else if (k->size == sizeof(h)) {
		memcpy(&h, to, sizeof(h));
		h = (uint16_t)(k->v + (k->how == POKE_ADD ? h : 0));
		memcpy(to, &h, sizeof(h));
	} else if (k->size == sizeof(w)) {
		memcpy(&w, to, sizeof(w));
		w = (uint32_t)(k->v + (k->how == POKE_ADD ? w : 0));
		memcpy(to, &w, sizeof(w));
	} else {
		memcpy(&d, to, sizeof(d));
		d = (uint64_t)k->v + (k->how == POKE_ADD ? d : 0);
		memcpy(to, &d, sizeof(d));
	}
}

#define IN_HEAD(m) \
	offsetof(struct pol_head, m), sizeof(((struct pol_head *)NULL)->m), #m
#define HEAD(m, v)                                       \
	{                                                \
		IN_HEAD(m), POKE_SET, (int64_t)(v), NULL \
	}
#define HEAD_ADD(m, v)                        \
	{                                     \
		IN_HEAD(m), POKE_ADD, v, NULL \
	}
#define HEAD_FILL(m, v)                        \
	{                                      \
		IN_HEAD(m), POKE_FILL, v, NULL \
	}

static void
policy_file_header_out_of_range_is_refused(void **state)
{
	static const struct poke pokes[] = {
		HEAD(endian, 0x04030201),
		HEAD_ADD(magic[0], 1),
		HEAD_ADD(total, 8),
		HEAD_ADD(needs, 0x100),
		HEAD(users.n, 0),
		HEAD_ADD(others.n, -1),
		HEAD(others.at, 0),
		HEAD(rules.at, UINT32_MAX),
		HEAD(rules.n, UINT32_MAX),
		HEAD(zone.n, POL_ZONE_MAX + 1),
		HEAD(files.n, UINT32_MAX),
		HEAD(present, 3),
		HEAD(present, 0),
		HEAD(enrolled_min, 1),
		HEAD(enrolled_min, 17),
		HEAD(uv, 2),
		HEAD(server_keys, 2),
		HEAD(timeout_s, 0),
		HEAD(proof_n, POL_PROOFS + 1),
		HEAD(timeout_s, 601),
		HEAD(session_s, -1),
		HEAD(idle_s, AAS_LIMIT_MAX_S + 1),
		HEAD(reauth_s, INT64_MIN),
		HEAD(degraded_s, 0),
		HEAD_FILL(realm, 'x'),
		HEAD_FILL(rundir, '/'),
		HEAD_ADD(body, 1),
		HEAD(wild, 2),
		HEAD(wild, UINT32_MAX - 1),
	};
	struct aas_policy_source s = all();
	struct aas_policy *p = NULL;
	size_t n = 0;
	uint8_t *b = compiled(&s, &n);
	const struct poke past = HEAD(zone.at, n / 8 + 1);
	struct pol_head was;

	(void)state;
	memcpy(&was, b, sizeof(was));
	poke(b, &past);
	seal_head(b);
	assert_int_equal(aas_policy_parse(b, n, &p), AAS_ERR_FORMAT);
	memcpy(b, &was, sizeof(was));
	for (size_t i = 0; i < sizeof(pokes) / sizeof(pokes[0]); i++) {
		poke(b, &pokes[i]);
		seal_head(b);
		if (aas_policy_parse(b, n, &p) != AAS_ERR_FORMAT || p != NULL)
			fail_msg("%s, row %zu", pokes[i].what, i);
		memcpy(b, &was, sizeof(was));
	}
	free(b);
}

static void
policy_file_f75_of_another_version_is_told_apart(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = NULL;
	struct pol_head h;
	size_t n = 0;
	uint8_t *b = compiled(&s, &n);

	(void)state;
	memcpy(&h, b, sizeof(h));
	h.magic[7]++;
	memcpy(b, &h, sizeof(h));
	seal_head(b);
	assert_int_equal(aas_policy_parse(b, n, &p), AAS_ERR_VERSION);
	free(b);
	assert_int_equal(
	    aas_policy_parse("AASPOL03\0\0", 10, &p), AAS_ERR_VERSION);
	assert_int_equal(
	    aas_policy_parse("AASPOL04\0\0", 10, &p), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_policy_parse("#!/bin/sh\n", 10, &p), AAS_ERR_FORMAT);
	assert_int_equal(aas_policy_parse("", 0, &p), AAS_ERR_FORMAT);
	assert_null(p);
}

/* --- the writer ------------------------------------------------------------*/

static void
refused(const struct aas_policy_source *s, int want, const char *what)
{
	uint8_t *b = NULL;
	size_t n = 0;

	if (aas_policy_compile(s, &b, &n) != want || b != NULL)
		fail_msg("%s", what);
}

#define TEN "xxxxxxxxxx"

#define IN_SETTINGS(m)                         \
	offsetof(struct aas_policy_source, m), \
	    sizeof(((struct aas_policy_source *)NULL)->m), #m
#define SETTING(m, v)                                        \
	{                                                    \
		IN_SETTINGS(m), POKE_SET, (int64_t)(v), NULL \
	}

static void
policy_file_settings_out_of_range_are_refused(void **state)
{
	static const struct poke pokes[] = {
		SETTING(enrolled_min, 1),
		SETTING(enrolled_min, 17),
		SETTING(present, 3),
		SETTING(timeout_s, 601),
		SETTING(session_s, -1),
		SETTING(idle_s, INT64_MAX),
		SETTING(uv, 2),
		SETTING(server_keys, 2),
		SETTING(rules_n, AAS_RULES_MAX + 1),
		SETTING(zone_n, POL_ZONE_MAX + 1),
		SETTING(files_n, POL_FILES_MAX + 1),
		SETTING(degraded_s, -1),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pokes) / sizeof(pokes[0]); i++) {
		struct aas_policy_source s = all();

		poke(&s, &pokes[i]);
		refused(&s, AAS_ERR_INVAL, pokes[i].what);
	}
}

static void
policy_file_texts_of_no_use_are_refused(void **state)
{
	static const char x[] = "/" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	    TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN;
	static const struct {
		size_t at;
		const char *text;
	} texts[] = {
		{ offsetof(struct aas_policy_source, realm), "" },
		{ offsetof(struct aas_policy_source, realm), "a\nb" },
		{ offsetof(struct aas_policy_source, statedir), "relative" },
		{ offsetof(struct aas_policy_source, statedir), x },
		{ offsetof(struct aas_policy_source, rundir), "/" },
		{ offsetof(struct aas_policy_source, rundir), "/a//b" },
		{ offsetof(struct aas_policy_source, libexecdir), "/a/../b" },
	};
	struct aas_policy_source s = all();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		s = all();
		(void)snprintf(
		    (char *)&s + texts[i].at, 256, "%s", texts[i].text);
		refused(&s, AAS_ERR_INVAL, texts[i].text);
	}
	s = all();
	memset(s.realm, 'x', sizeof(s.realm));
	refused(&s, AAS_ERR_INVAL, "a text without its end");
}

#define IN_RULE(i, m)                                                 \
	(i) * sizeof(struct aas_rule) + offsetof(struct aas_rule, m), \
	    sizeof(((struct aas_rule *)NULL)->m), "r[" #i "]." #m
#define RULE(i, m, v)                                       \
	{                                                   \
		IN_RULE(i, m), POKE_SET, (int64_t)(v), NULL \
	}
#define RULE_P(i, m, p)                       \
	{                                     \
		IN_RULE(i, m), POKE_SET, 0, p \
	}

/* Lists of as many as stand in the rule, whose first is to blame. */
static const char *const null[4] = { NULL };
static const char *const empty[4] = { "" };
static const char *const control[4] = { "a\033[2J" };
static const char *const longs[4] = { TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	    TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	"xxxxxx" };
static const gid_t nobody[4] = { (gid_t)-1 };
static const struct aas_net wide[2] = { { { 0 }, 129 }, { { 0 }, 0 } };
static const struct aas_span upside[2] = { { 5, 5 }, { 0, 1 } };
static const struct aas_span late[2] = { { 5, 10081 }, { 0, 1 } };
static const struct aas_blob no_ca[2] = { { 0, NULL },
	{ 1, (const uint8_t *)"a" } };

static const struct poke bad_rules[] = {
	RULE(0, source, 0),
	RULE_P(0, name, ""),
	RULE_P(0, where, "a\n"),
	RULE(0, mode, 0),
	RULE(0, mode, 4),
	RULE(0, effect, 0),
	RULE(0, effect, 7),
	RULE(0, origin, 3),
	RULE(0, attestable, 2),
	RULE(0, break_glass, 2),
	RULE(0, uv, 2),
	RULE(0, uv_said, 2),
	RULE(0, sudo, 5),
	RULE(0, device_bound, 2),
	RULE(0, alert, 2),
	RULE(0, training, 2),
	RULE(0, enrolled_min, 1),
	RULE(0, enrolled_min, 17),
	RULE(0, present, 3),
	RULE(0, timeout_s, 601),
	RULE(0, session_s, AAS_LIMIT_MAX_S + 1),
	RULE(0, idle_s, -1),
	RULE(0, reauth_s, INT64_MAX),
	RULE(0, grace_s, -1),
	RULE(0, lease_s, -1),
	RULE(0, from_s, -1),
	RULE(0, users.n, AAS_NAMES_MAX + 1),
	RULE(0, users.v, 0),
	RULE_P(0, users.v, null),
	RULE_P(0, users.v, empty),
	RULE_P(0, users.v, control),
	RULE_P(0, users.v, longs),
	RULE(1, gids, 0),
	RULE_P(1, gids, nobody),
	RULE(3, nets, 0),
	RULE(3, nets_n, AAS_NETS_MAX + 1),
	RULE(3, spans_n, AAS_SPANS_MAX + 1),
	RULE(3, spans, 0),
	RULE(3, aaguids, 0),
	RULE(3, aaguids_n, AAS_AAGUIDS_MAX + 1),
	RULE(5, cas_n, POL_CAS_MAX + 1),
	RULE(5, cas, 0),
	RULE(5, mode, AAS_MODE_WARN),
	RULE(5, not_after_s, -5),
	RULE_P(3, nets, wide),
	RULE_P(3, spans, upside),
	RULE_P(3, spans, late),
	RULE_P(5, cas, no_ca),
};

static void
policy_file_rule_out_of_range_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_rules) / sizeof(bad_rules[0]); i++) {
		struct aas_policy_source s = all();

		poke(all_rules(), &bad_rules[i]);
		refused(&s, AAS_ERR_INVAL, bad_rules[i].what);
	}
}

#define SENSELESS 17

/* What an exemption cannot have: r[7] is one. */
static void
make_no_exemption(int i, struct aas_rule *r)
{
	switch (i) {
	case 0:
		r[2].source = "files";
		break;
	case 1:
		r[7].services.n = 0;
		break;
	case 2:
		r[7].mode = AAS_MODE_WARN;
		break;
	case 3:
		r[7].groups = r[1].groups;
		r[7].gids = gids;
		break;
	case 4:
		r[7].hosts = r[3].hosts;
		break;
	case 5:
		r[7].nets = nets;
		r[7].nets_n = 1;
		break;
	case 6:
		r[7].spans = spans;
		r[7].spans_n = 1;
		break;
	default:
		r[7].origin = AAS_OR_LOCAL;
		break;
	}
}

static void
make_senseless(int i, struct aas_rule *r)
{
	if (i < 8) {
		make_no_exemption(i, r);
		return;
	}
	switch (i) {
	case 8:
		r[4].mode = AAS_MODE_OBSERVE;
		break;
	case 9:
		r[4].users.n = 0;
		break;
	case 10:
		r[4].groups.n = 0;
		break;
	case 11:
		r[4].lease_s = 0;
		break;
	case 12:
		r[4].hosts = r[3].hosts;
		break;
	case 13:
		r[5].users.n = 0;
		break;
	case 14:
		r[5].cas_n = 0;
		r[5].evidence_services.n = 0;
		break;
	case 15:
		r[5].not_before_s = r[5].not_after_s;
		break;
	default:
		r[2].users.n = 0;
		r[2].services.n = 0;
		break;
	}
}

static void
policy_file_senseless_rule_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < SENSELESS; i++) {
		struct aas_policy_source s = all();

		make_senseless(i, all_rules());
		refused(&s, AAS_ERR_INVAL, "a senseless rule");
	}
}

static void
policy_file_zone_and_files_out_of_range_are_refused(void **state)
{
	static const struct aas_zone_step bad[][2] = {
		{ { 5, 0 }, { 5, 0 } },
		{ { 5, 0 }, { 4, 0 } },
		{ { 5, 26 * 3600 + 1 }, { 6, 0 } },
		{ { 5, -26 * 3600 - 1 }, { 6, 0 } },
		{ { INT64_MIN, 0 }, { 6, 0 } },
		{ { 5, 0 }, { INT64_MAX, 0 } },
	};
	static char path[9000];
	static struct aas_origin_file f;
	struct aas_policy_source s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = all();
		s.zone = bad[i];
		s.zone_n = 2;
		refused(&s, AAS_ERR_INVAL, "zone or files");
	}
	s = all();
	s.files = &f;
	s.files_n = 1;
	refused(&s, AAS_ERR_INVAL, "zone or files");
	f.path = "";
	refused(&s, AAS_ERR_INVAL, "zone or files");
	memset(path, 'x', sizeof(path) - 1);
	f.path = path;
	refused(&s, AAS_ERR_INVAL, "zone or files");
}

static void
policy_file_two_rules_of_one_name_are_refused(void **state)
{
	struct aas_policy_source s = all();
	struct aas_rule *r = all_rules();

	(void)state;
	r[6].name = "r0";
	refused(&s, AAS_ERR_EXISTS, "one name");
	r[6].source = "exec"; /* of two sources they may */
	free(compiled(&s, &(size_t){ 0 }));
}

static void
policy_file_f40_no_memory_is_an_error(void **state)
{
	struct aas_policy_source s = all();
	struct aas_policy *p = NULL;
	uint8_t *b = NULL;
	size_t n = 0;
	int r = AAS_ERR_NOMEM;
	long i;

	(void)state;
	for (i = 0; r != AAS_OK && i < 200; i++) {
		nomem.left = i;
		r = aas_policy_compile(&s, &b, &n);
		nomem.left = -1;
		assert_true(r == AAS_OK || r == AAS_ERR_NOMEM);
		assert_true((b != NULL) == (r == AAS_OK));
	}
	assert_int_equal(r, AAS_OK);
	assert_true(i > 5);
	for (i = 0; i < 2; i++) {
		nomem.left = i;
		assert_int_equal(aas_policy_parse(b, n, &p), AAS_ERR_NOMEM);
		nomem.left = -1;
		assert_null(p);
	}
	free(b);
}

static const struct aas_zone_step later[] = { { -5000000000, -3600 },
	{ 1, 3600 }, { 1700000000, 7200 } };
static const struct aas_net other_net[] = { { { 3 }, 32 }, { { 0 }, 0 } };
static const struct aas_span other_span[] = { { 481, 1080 }, { 0, 10080 } };
static const uint8_t other_make[][16] = { { 1 }, { 2 }, { 4 } };
static const struct aas_blob other_ca[] = { { 3, (const uint8_t *)"abd" },
	{ 5, (const uint8_t *)"defgh" } };
static const struct aas_blob long_ca[] = { { 4, (const uint8_t *)"abcd" },
	{ 5, (const uint8_t *)"defgh" } };
static const gid_t other_gids[] = { 41, 10, 30, 41 };
static const char *other_users[] = { "carol", "alicf", "bob", "zoe" };

#define CHANGES 25

static void
change_settings(int i, struct aas_policy_source *s, struct aas_origin_file *f)
{
	switch (i) {
	case 0:
		s->rules_n--;
		break;
	case 1:
		s->zone = later;
		break;
	case 2:
		s->zone_n--;
		break;
	case 3:
		f[0].path = "/x";
		break;
	case 4:
		f[0].mtime_ns++;
		break;
	case 5:
		f[0].ctime_ns++;
		break;
	case 6:
		f[0].size++;
		break;
	case 7:
		f[0].ino++;
		break;
	case 8:
		f[0].dev++;
		break;
	case 9:
		f[0].sha256[31]++;
		break;
	case 10:
		s->files_n--;
		break;
	default:
		s->built_s++; /* the header alone */
		break;
	}
}

static void
change_rule(int i, struct aas_rule *r)
{
	switch (i) {
	case 11:
		r[0].from_s++;
		break;
	case 12:
		r[0].users.v = other_users;
		break;
	case 13:
		r[0].users.n = 2;
		break;
	case 14:
		r[1].gids = other_gids;
		break;
	case 15:
		r[3].nets = other_net;
		break;
	case 16:
		r[3].spans = other_span;
		break;
	case 17:
		r[3].aaguids = other_make;
		break;
	case 18:
		r[5].cas = other_ca;
		break;
	case 19:
		r[5].cas_n = 1;
		break;
	case 20:
		r[0].name = "r9";
		break;
	case 21:
		r[0].where = "elsewhere";
		break;
	case 22:
		r[0].source = "exec";
		break;
	case 23:
		r[5].cas = long_ca;
		break;
	default:
		break;
	}
}

/* What reads back as something else is never handed out. */
static void
policy_file_h2_that_reads_back_otherwise_is_refused(void **state)
{
	struct aas_origin_file f[2];

	(void)state;
	for (int i = 0; i < CHANGES; i++) {
		struct aas_policy_source s = all();
		uint8_t *b, *none = NULL;
		size_t n = 0;

		memcpy(f, origins, sizeof(f));
		s.files = f;
		if (i >= 11 && i <= 23)
			change_rule(i, all_rules());
		else
			change_settings(i, &s, f);
		b = compiled(&s, &n);
		s = all();
		other = b;
		other_n = n;
		assert_int_equal(
		    aas_policy_compile(&s, &none, &n), AAS_ERR_INVAL);
		assert_null(none);
		other_n -= 8;
		assert_int_equal(
		    aas_policy_compile(&s, &none, &n), AAS_ERR_FORMAT);
		other = NULL;
		free(b);
	}
}

/* --- on disk ---------------------------------------------------------------*/

/* Returns how long it is. */
static size_t
put_large(struct fixture *f, char path[FIXTURE_PATH])
{
	struct aas_rule many[200];
	char names[200][16];
	struct aas_policy_source s = make_source(many, 200);
	size_t n = 0;
	uint8_t *b = NULL;
	FILE *out;

	for (int i = 0; i < 200; i++) {
		many[i] = all_rules()[0];
		(void)snprintf(names[i], sizeof(names[i]), "many%d", i);
		many[i].name = names[i];
	}
	b = compiled(&s, &n);
	out = fopen(fixture_path(f, "policy.bin", path), "we");
	assert_non_null(out);
	assert_int_equal(fwrite(b, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	free(b);
	assert_int_equal(chmod(path, 0644), 0);
	return n;
}

/* ${who} in a process of its own, with the path of a large file. */
static void
with_large(struct fixture *f, int (*who)(void *))
{
	char path[FIXTURE_PATH];

	if (geteuid() != 0)
		skip();
	put_large(f, path);
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(fixture_in_child(who, path), 0);
}

/* A screen locker must not end by what somebody does to the file. */
static int
as_locker(void *arg)
{
	struct aas_policy *p = NULL;
	struct aas_query q = query(0);
	struct aas_answer a = { .size = sizeof(a) };

	CHECK(seteuid(65534) == 0);
	CHECK(aas_policy_open(arg, &p) == AAS_OK);
	CHECK(!p->mapped);
	CHECK(seteuid(0) == 0);
	CHECK(truncate(arg, 0) == 0);
	CHECK(aas_policy_check(p) == AAS_OK);
	CHECK(aas_policy_eval(p, &q, &a) == AAS_OK);
	aas_policy_free(&p);
	return 0;
}

static void
policy_file_that_is_large_is_mapped(void **state)
{
	struct fixture *f = *state;
	struct aas_policy *p = NULL;
	struct aas_query q = query(0);
	struct aas_answer a = { .size = sizeof(a) };
	char path[FIXTURE_PATH];
	size_t n = 0;

	if (geteuid() != 0)
		skip();
	n = put_large(f, path);
	assert_int_equal(aas_policy_open(path, &p), AAS_OK);
	assert_int_equal(p->mapped, 1);
	assert_int_equal(aas_policy_check(p), AAS_OK);
	assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
	aas_policy_free(&p);
	assert_int_equal(truncate(path, (off_t)(n - 8)), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_FORMAT);
	assert_null(p);
}

static void
policy_file_that_is_large_is_read_by_who_is_not_root(void **state)
{
	with_large(*state, as_locker);
}

/* aasctl check, of a runner's own account, has no time to read it all. */
static int
as_runner(void *arg)
{
	struct aas_policy *p = NULL;
	struct aas_query q = query(0);
	struct aas_answer a = { .size = sizeof(a) };

	CHECK(seteuid(65534) == 0);
	CHECK(aas_policy_open_mapped(arg, &p) == AAS_OK);
	CHECK(p->mapped);
	CHECK(aas_policy_eval(p, &q, &a) == AAS_OK);
	aas_policy_free(&p);
	return 0;
}

static void
policy_file_that_is_large_is_mapped_by_who_guards_nothing(void **state)
{
	with_large(*state, as_runner);
}

static void
policy_file_of_others_is_refused(void **state)
{
	struct fixture *f = *state;
	struct aas_policy_source s = all();
	struct aas_query q = query(0);
	struct aas_answer a = { .size = sizeof(a) };
	struct aas_policy *p = NULL;
	char path[FIXTURE_PATH], link[FIXTURE_PATH];
	size_t n = 0;
	uint8_t *b = compiled(&s, &n);
	FILE *out;

	if (geteuid() != 0) {
		free(b);
		skip();
	}
	out = fopen(fixture_path(f, "policy.bin", path), "we");
	assert_non_null(out);
	assert_int_equal(fwrite(b, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_OK);
	assert_int_equal(p->mapped, 0); /* so small, it is read */
	assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
	assert_int_equal(aas_policy_check(p), AAS_OK);
	assert_int_equal(aas_policy_check(p), AAS_OK);
	assert_int_equal(aas_policy_eval(p, &q, &a), AAS_OK);
	aas_policy_free(&p);
	for (int i = 0; i < 2; i++) {
		nomem.left = i;
		assert_int_equal(aas_policy_open(path, &p), AAS_ERR_NOMEM);
	}
	nomem.left = -1;
	assert_int_equal(symlink(path, fixture_path(f, "link", link)), 0);
	assert_int_not_equal(aas_policy_open(link, &p), AAS_OK);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 1, 0), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_PERMS);
	assert_int_equal(chown(path, 0, 0), 0);
	/* Cut, where it is long enough and where not. */
	assert_int_equal(truncate(path, (off_t)(n - 8)), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_FORMAT);
	assert_int_equal(truncate(path, (off_t)(n - 9)), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_FORMAT);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(aas_policy_open(path, &p), AAS_ERR_FORMAT);
	assert_int_equal(aas_policy_open(fixture_path(f, "none", link), &p),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(mkfifo(fixture_path(f, "fifo", link), 0644), 0);
	assert_int_not_equal(aas_policy_open(link, &p), AAS_OK);
	assert_int_not_equal(aas_policy_open(f->dir, &p), AAS_OK);
	assert_int_equal(aas_policy_open("policy.bin", &p), AAS_ERR_INVAL);
	(void)aas_policy_open("", &p);
	aas_policy_free(&p);
	(void)aas_policy_open(NULL, &p);
	aas_policy_free(&p);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(policy_file_rule_comes_back_in_full),
		FIXTURE_TEST(policy_file_says_what_it_was_made_of),
		FIXTURE_TEST(policy_file_finds_each_of_many),
		FIXTURE_TEST(
		    policy_file_s6_flipped_bit_or_short_file_is_refused),
		FIXTURE_TEST(policy_file_s6_damage_denies_when_it_is_touched),
		FIXTURE_TEST(
		    policy_file_well_sealed_nonsense_is_refused_without_harm),
		FIXTURE_TEST(policy_file_header_out_of_range_is_refused),
		FIXTURE_TEST(policy_file_f75_of_another_version_is_told_apart),
		FIXTURE_TEST(policy_file_settings_out_of_range_are_refused),
		FIXTURE_TEST(policy_file_texts_of_no_use_are_refused),
		FIXTURE_TEST(policy_file_rule_out_of_range_is_refused),
		FIXTURE_TEST(policy_file_senseless_rule_is_refused),
		FIXTURE_TEST(
		    policy_file_zone_and_files_out_of_range_are_refused),
		FIXTURE_TEST(policy_file_two_rules_of_one_name_are_refused),
		FIXTURE_TEST(policy_file_f40_no_memory_is_an_error),
		FIXTURE_TEST(
		    policy_file_h2_that_reads_back_otherwise_is_refused),
		FIXTURE_TEST(
		    policy_file_parts_are_checked_where_the_whole_is_right),
		FIXTURE_TEST(policy_file_places_out_of_bounds_are_refused),
		FIXTURE_TEST(policy_file_that_is_large_is_mapped),
		FIXTURE_TEST(
		    policy_file_that_is_large_is_read_by_who_is_not_root),
		FIXTURE_TEST(
		    policy_file_that_is_large_is_mapped_by_who_guards_nothing),
		FIXTURE_TEST(policy_file_of_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
