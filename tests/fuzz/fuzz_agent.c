/*
 * What an SSH agent answers, and keys as SSH writes them: a stranger's bytes.
 *
 * Input: a list of identities or a signed answer, by its first byte; or, bit 7
 * set, a public key. What is taken of it is written again as it was.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/sshsk.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t rp[32];

static void
key(const uint8_t *p, size_t len)
{
	uint8_t again[1024];
	struct aas_cred c;
	size_t n = 0;

	if (aas_sshsk_key(p, len, &c) != AAS_OK)
		return;
	FUZZ_REQUIRE(c.rp[0] != '\0' && c.id_len == 0);
	FUZZ_REQUIRE(aas_sshsk_put(&c, again, sizeof(again), &n) == AAS_OK);
	FUZZ_REQUIRE(n == len && memcmp(again, p, n) == 0);
}

static void
signature(const uint8_t *p, size_t len)
{
	static const int32_t algs[] = { AAS_ALG_ES256, AAS_ALG_EDDSA, 0 };
	struct aas_cred c = { .alg = 0 };
	struct aas_proof pf;

	for (size_t i = 0; i < 3; i++) {
		c.alg = algs[i];
		if (aas_sshsk_sig(p, len, &c, rp, &pf) != AAS_OK)
			continue;
		FUZZ_REQUIRE(i < 2 && pf.auth_len == 37 && pf.id_len == 0);
		FUZZ_REQUIRE(pf.sig_len > 0 && pf.sig_len <= 72);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const uint8_t *sig = NULL;
	size_t n = 0;

	if (len > 0 && p[0] & 0x80) {
		key(p + 1, len - 1);
		signature(p + 1, len - 1);
		return 0;
	}
	(void)aas_agent_has(p, len, rp, 4);
	if (aas_agent_signed(p, len, &sig, &n) == AAS_OK) {
		FUZZ_REQUIRE(n > 0 && n <= AAS_SSHSIG_MAX);
		FUZZ_REQUIRE(sig >= p && sig + n == p + len);
		signature(sig, n);
	}
	return 0;
}
