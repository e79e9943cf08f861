/*
 * The small binary files that the module reads: index, pin, compiled policy,
 * ticket.
 * The first byte chooses, its top bit asks for a right checksum, which a
 * fuzzer would not find by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/record/index.h"
#include "lib/wire.h"
#include "policy/policy.h"
#include "tests/fuzz/fuzz.h"

/* Its reader is private, and files of root cannot be made everywhere. */
#include "lib/session/ticket.c"

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

/* Whatever the policy says: a group look-up that failed never lets go. */
static void
ask(const struct aas_policy *p)
{
	static const gid_t gids[] = { 0, 4, 1000 };
	struct aas_decision d;
	struct aas_query q = {
		.user = "alice",
		.uid = 1000,
		.gids = gids,
		.gids_n = 3,
		.service = "sshd",
		.now_s = 1700000000,
	};

	memset(&d, 0xff, sizeof(d));
	if (aas_policy_eval(p, &q, &d) != 0)
		FUZZ_REQUIRE(d.verdict == AAS_V_DENY);
	FUZZ_REQUIRE(d.verdict == AAS_V_DENY || d.verdict == AAS_V_OUT ||
	    d.verdict == AAS_V_REQUIRE || d.verdict == AAS_V_OPTIONAL);
	FUZZ_REQUIRE(memchr(d.rule, '\0', sizeof(d.rule)) != NULL);
	FUZZ_REQUIRE(
	    d.verdict == AAS_V_DENY || (d.present >= 1 && d.present <= 2));
}

static void
read_policy(const uint8_t *p, size_t len)
{
	struct aas_policy *pol = NULL;

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
	if ((p[0] & 0x80) && (p[0] & 0x7f) % 4 == 0)
		seal_index(copy, len - 1);
	else if (p[0] & 0x80)
		seal(copy, len - 1);
	switch ((p[0] & 0x7f) % 4) {
	case 0:
		read_index(copy, len - 1);
		break;
	case 1:
		read_pin(copy, len - 1);
		break;
	case 2:
		read_policy(copy, len - 1);
		break;
	default:
		read_ticket(copy, len - 1);
		break;
	}
	free(copy);
	return 0;
}
