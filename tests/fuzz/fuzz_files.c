/*
 * The small binary files that the module reads: index, pin, compiled policy,
 * ticket, stamp of grace, lease.
 * The first byte chooses, its top bit asks for a right checksum, which a
 * fuzzer would not find by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/record/index.h"
#include "lib/session/lease.h"
#include "lib/wire.h"
#include "policy/format.h"
#include "policy/signin/seen.h"
#include "tests/fuzz/fuzz.h"

/* Their readers are private, and files of root cannot be made everywhere. */
#include "lib/session/ticket.c"
#include "policy/image.c"

static uint8_t out[AAS_INDEX_MAX * 2];

static void
read_index(const uint8_t *p, size_t len)
{
	static struct aas_index ix;
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	size_t n = 0;
	int front = 0;

	memset(&ix, 0, sizeof(ix));
	front = aas_index_get(p, len, &ix, NULL);
	if (aas_index_get(p, len, &ix, creds) != 0)
		return;
	/* The module must not refuse what a sign-in trusts. */
	FUZZ_REQUIRE(front == 0);
	for (unsigned i = 0; i < ix.keys_n; i++)
		FUZZ_REQUIRE(
		    creds[i].login.id_len == 0 || ix.keys[i].active != 0);
	FUZZ_REQUIRE(ix.keys_n <= AAS_KEYS_MAX);
	FUZZ_REQUIRE(memchr(ix.user, '\0', sizeof(ix.user)) != NULL);
	FUZZ_REQUIRE(memchr(ix.realm, '\0', sizeof(ix.realm)) != NULL);
	FUZZ_REQUIRE(aas_index_put(&ix, creds, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
read_pin(const uint8_t *p, size_t len)
{
	struct aas_pin pin, next;
	size_t n = 0;

	memset(&pin, 0, sizeof(pin));
	memset(&next, 0, sizeof(next));
	if (aas_pin_get(p, len, &pin, &next) != 0)
		return;
	FUZZ_REQUIRE(aas_pin_put(&pin, &next, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

/* Whatever the policy says, and whatever of it is damaged. */
static void
check_answer(const struct aas_policy *p, const struct aas_answer *a, int r)
{
	const struct aas_decision *d = &a->now;
	static const uint8_t aaguid[16] = { 1, 2, 3 };

	for (int i = 0; i < 3; i++, d++) {
		FUZZ_REQUIRE(r == 0 || d->verdict == AAS_V_DENY);
		FUZZ_REQUIRE(d->verdict == AAS_V_DENY ||
		    d->verdict == AAS_V_OUT || d->verdict == AAS_V_REQUIRE ||
		    d->verdict == AAS_V_OPTIONAL);
		FUZZ_REQUIRE(d->present >= 1 && d->present <= 2);
		FUZZ_REQUIRE(d->enrolled_min >= 2 && d->timeout_s >= 1);
		FUZZ_REQUIRE(d->session_s > 0 && d->idle_s > 0);
		FUZZ_REQUIRE(d->rules_n <= AAS_DECIDED);
		(void)aas_policy_key(p, d, aaguid, 1);
	}
}

static void
on_step(void *arg, const struct aas_rule_view *v, const char *miss)
{
	FUZZ_REQUIRE(strlen(v->name) < SIZE_MAX);
	FUZZ_REQUIRE(strlen(v->where) + strlen(v->source) < SIZE_MAX);
	*(size_t *)arg += miss != NULL;
}

static void
ask(const struct aas_policy *p)
{
	static const gid_t gids[] = { 0, 4, 1000 };
	struct aas_answer a;
	struct aas_origin_file f;
	struct aas_query q = {
		.size = sizeof(q),
		.user = "alice",
		.uid = 1000,
		.gids = gids,
		.gids_n = 3,
		.service = "cron",
		.host = "staff",
		.remote = 1,
		.addr_known = 1,
		.addr = { 0x20, 1, 0xd, 0xb8 },
		.now_s = 1700000000,
		.since_s = 1699999999,
		.ca_state = AAS_CA_KNOWN,
		.ca = (const uint8_t *)"key",
		.ca_len = 3,
	};
	int64_t max_s = 0;
	size_t steps = 0;

	for (int i = 0; i < 4; i++) {
		memset(&a, 0xff, sizeof(a));
		a.size = sizeof(a);
		check_answer(p, &a, aas_policy_eval(p, &q, &a));
		q.gids_n = i == 1 ? -1 : 3;
		q.user = i & 1 ? "alice" : "mallory";
		q.ca_state = i & 1 ? AAS_CA_UNKNOWN : AAS_CA_NONE;
		q.addr_known = i & 1;
	}
	check_answer(p, &a, aas_policy_trace(p, &q, &a, on_step, &steps));
	(void)aas_policy_lease(p, &q, "cron", &max_s);
	FUZZ_REQUIRE(max_s >= 0);
	for (size_t i = 0; i < 4; i++) {
		if (aas_policy_files(p, i, &f) == 0)
			FUZZ_REQUIRE(strlen(f.path) < SIZE_MAX);
	}
}

/* As it is opened, unchecked; and as it is read, checked whole. */
static void
read_policy(const uint8_t *p, size_t len)
{
	struct aas_policy *pol = NULL;
	uint8_t *copy;

	if (len_valid(len)) {
		if ((copy = malloc(len)) == NULL)
			return;
		memcpy(copy, p, len);
		if (adopt(copy, len, 0, &pol) == 0)
			ask(pol);
		else
			free(copy);
		aas_policy_free(&pol);
	}
	if (aas_policy_parse(p, len, &pol) != 0) {
		FUZZ_REQUIRE(pol == NULL);
		return;
	}
	FUZZ_REQUIRE(aas_policy_realm(pol) != NULL);
	FUZZ_REQUIRE(aas_policy_statedir(pol)[0] == '/');
	FUZZ_REQUIRE(aas_policy_rundir(pol)[0] == '/');
	FUZZ_REQUIRE(aas_policy_libexecdir(pol)[0] == '/');
	ask(pol);
	aas_policy_free(&pol);
}

static void
put64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

static void
seal_block(uint8_t *p, size_t len, uint64_t at)
{
	struct pol_block b;

	if (at > len / 8 || len / 8 - at < 2)
		return;
	memcpy(&b, p + at * 8, sizeof(b));
	if (b.words < 2 || b.words > len / 8 - at)
		return;
	put64(p + at * 8,
	    pol_sum(pol_start((uint32_t)at), p + at * 8 + 8, b.words - 1));
}

static void
seal_table(uint8_t *p, size_t len, const struct pol_table *t, int shift)
{
	for (uint32_t i = 0; i < t->n; i++) {
		size_t at = ((size_t)t->at + 2 * (size_t)i) * 8;
		uint64_t v;

		if (at > len || len - at < 16)
			return;
		memcpy(&v, p + at, sizeof(v));
		seal_block(p, len, (shift ? (uint32_t)v : v) >> shift);
		put64(p + at + 8, pol_mix(pol_start((uint32_t)(at / 8)), v));
	}
}

/* Every check made right: what is wrong behind them is reached then. */
static void
seal_policy(uint8_t *p, size_t len)
{
	struct pol_head h;

	if (!len_valid(len))
		return;
	memcpy(&h, p, sizeof(h));
	seal_table(p, len, &h.rules, 0);
	seal_table(p, len, &h.files, 0);
	seal_table(p, len, &h.users, 1);
	seal_table(p, len, &h.others, 1);
	seal_table(p, len, &h.zone, 63);
	seal_block(p, len, h.wild >> 1);
	memcpy(&h, p, sizeof(h));
	h.total = len;
	h.body = pol_sum(pol_start(0), p + sizeof(h), (len - sizeof(h)) / 8);
	h.check = pol_sum(pol_start(0), &h, sizeof(h) / 8 - 1);
	memcpy(p, &h, sizeof(h));
}

static void
read_ticket(const uint8_t *p, size_t len)
{
	struct aas_ticket t;
	size_t n = 0;

	if (decode(p, len, &t) != 0)
		return;
	FUZZ_REQUIRE(t.keys_n <= 2);
	FUZZ_REQUIRE(memchr(t.service, '\0', sizeof(t.service)) != NULL);
	FUZZ_REQUIRE(encode(&t, out, &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
read_seen(const uint8_t *p, size_t len)
{
	struct aas_user u = { "", 0, 0 };
	int64_t since_s = -1;
	size_t n = 0;

	if (aas_seen_parse(p, len, &u, &since_s) != 0) {
		FUZZ_REQUIRE(since_s == -1 && u.name[0] == '\0');
		return;
	}
	FUZZ_REQUIRE(since_s > 0);
	FUZZ_REQUIRE(aas_seen_put(&u, since_s, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
read_lease(const uint8_t *p, size_t len)
{
	static char text[AAS_LEASE_MAX];
	struct aas_lease l;

	memset(&l, 0, sizeof(l));
	if (aas_lease_parse((const char *)p, len, &l) != 0) {
		FUZZ_REQUIRE(l.until_ms == 0 && l.account[0] == '\0');
		return;
	}
	FUZZ_REQUIRE(l.since_ms >= 0 && l.until_ms >= l.since_ms);
	FUZZ_REQUIRE(aas_lease_format(&l, text) == 0);
	FUZZ_REQUIRE(strlen(text) == len && memcmp(text, p, len) == 0);
}

static void
seal(uint8_t *p, size_t len)
{
	uint32_t crc;

	if (len < 4)
		return;
	crc = aas_crc32(p, len - 4);
	p[len - 4] = (uint8_t)(crc >> 24);
	p[len - 3] = (uint8_t)(crc >> 16);
	p[len - 2] = (uint8_t)(crc >> 8);
	p[len - 1] = (uint8_t)crc;
}

/* Both parts of an index, if the first says a length that can be. */
static void
seal_index(uint8_t *p, size_t len)
{
	size_t front = 0;

	if (len < 12)
		return;
	front = (size_t)p[8] << 24 | (size_t)p[9] << 16 | (size_t)p[10] << 8 |
	    p[11];
	if (front > len)
		return;
	seal(p, front);
	seal(p + front, len - front);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	uint8_t *copy;

	if (len < 2 || (copy = malloc(len - 1)) == NULL)
		return 0;
	memcpy(copy, p + 1, len - 1);
	if ((p[0] & 0x80) && (p[0] & 0x7f) % 6 == 0)
		seal_index(copy, len - 1);
	else if ((p[0] & 0x80) && (p[0] & 0x7f) % 6 == 2)
		seal_policy(copy, len - 1);
	else if (p[0] & 0x80)
		seal(copy, len - 1);
	switch ((p[0] & 0x7f) % 6) {
	case 0:
		read_index(copy, len - 1);
		break;
	case 1:
		read_pin(copy, len - 1);
		break;
	case 2:
		read_policy(copy, len - 1);
		break;
	case 3:
		read_ticket(copy, len - 1);
		break;
	case 4:
		read_seen(copy, len - 1);
		break;
	default:
		read_lease(copy, len - 1);
		break;
	}
	free(copy);
	return 0;
}
