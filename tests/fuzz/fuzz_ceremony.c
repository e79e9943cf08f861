/*
 * What comes from the process that talks to a key, which a hostile key may
 * have taken over: results, and the authenticator data of a new credential.
 * The first byte chooses.
 */
#include <string.h>

#include "lib/ceremony/made.h"
#include "lib/ceremony/msg.h"
#include "lib/reason.h"
#include "tests/fuzz/fuzz.h"

static uint8_t out[AAS_IO_PACKET * 2];

static void
result(const uint8_t *p, size_t len)
{
	static struct aas_io_result r;
	size_t n = 0;

	if (aas_io_result_get(p, len, &r) != 0) {
		FUZZ_REQUIRE(r.end == AAS_IO_DIED && r.match == 0);
		return;
	}
	FUZZ_REQUIRE(r.match <= AAS_KEYS_MAX);
	FUZZ_REQUIRE(r.auth_len <= sizeof(r.auth));
	FUZZ_REQUIRE(r.proof.sig_len <= sizeof(r.proof.sig));
	FUZZ_REQUIRE(aas_io_result_put(&r, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
job(const uint8_t *p, size_t len)
{
	static struct aas_io_job j;
	size_t n = 0;

	if (aas_io_job_get(p, len, &j) != 0)
		return;
	FUZZ_REQUIRE(j.ids_n <= AAS_KEYS_MAX);
	FUZZ_REQUIRE(aas_io_job_put(&j, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
made(const uint8_t *p, size_t len)
{
	static struct aas_cred c;
	uint8_t flags = 0, aaguid[16];
	uint32_t counter = 0;
	unsigned why = AAS_WHY_UNKNOWN;

	if (aas_made_parse(p, len, "login.example.org", 1, &c, &flags, &counter,
		aaguid, &why) != 0) {
		FUZZ_REQUIRE(why != AAS_WHY_OK);
		return;
	}
	FUZZ_REQUIRE(c.id_len > 0 && c.id_len <= sizeof(c.id));
	FUZZ_REQUIRE((flags & 0x45) == 0x45);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	if (len < 1)
		return 0;
	switch (p[0] % 3) {
	case 0:
		result(p + 1, len - 1);
		break;
	case 1:
		job(p + 1, len - 1);
		break;
	default:
		made(p + 1, len - 1);
		break;
	}
	return 0;
}
