/*
 * A whole record, as it lies on the disk.  The fuzzer cannot sign, so that
 * what it gets accepted with proofs checked tells more than a crash does:
 * whatever is verified also replays without, and its links say the same pin.
 */
#include <string.h>

#include "lib/record/record.h"
#include "tests/fuzz/fuzz.h"

static void
sane(const struct aas_record *r)
{
	uint8_t i;

	FUZZ_REQUIRE(r->keys_n <= AAS_KEYS_MAX);
	FUZZ_REQUIRE(r->recovery_n <= AAS_RECOVERY_MAX);
	FUZZ_REQUIRE(aas_record_active(r) <= r->keys_n);
	FUZZ_REQUIRE(memchr(r->user, '\0', sizeof(r->user)) != NULL);
	for (i = 0; i < r->keys_n; i++) {
		FUZZ_REQUIRE(r->keys[i].login.id_len > 0);
		FUZZ_REQUIRE(r->keys[i].login.id_len <= AAS_CRED_MAX);
		FUZZ_REQUIRE(r->keys[i].login.pk_len <= AAS_PK_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct aas_record *a = NULL, *b = NULL;
	unsigned line = 0;
	int fast, full;

	fast = aas_record_load(p, len, 0, &a, &line);
	full = aas_record_load(p, len, 1, &b, &line);
	if (fast == 0) {
		sane(a);
	} else {
		FUZZ_REQUIRE(a == NULL);
	}
	if (full == 0) {
		FUZZ_REQUIRE(fast == 0);
		sane(b);
		FUZZ_REQUIRE(aas_record_active(b) == aas_record_active(a));
	} else {
		FUZZ_REQUIRE(b == NULL);
	}
	aas_record_free(&a);
	aas_record_free(&b);
	return 0;
}
