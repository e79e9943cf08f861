/*
 * Recovery key text, as a person types it.  What is accepted must be what
 * aas_recovery_format() prints for that key, apart from case, blanks and
 * hyphens: no second text opens the same account.
 */
#include <ctype.h>
#include <string.h>

#include "lib/record/recovery.h"
#include "tests/fuzz/fuzz.h"

/* Lower case, without blanks and hyphens. */
static void
squeeze(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from != '\0' && n + 1 < size; from++)
		if (*from != ' ' && *from != '-' && *from != '\t')
			to[n++] = (char)tolower((unsigned char)*from);
	to[n] = '\0';
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	uint8_t key[AAS_RECOVERY_LEN];
	char text[1024], printed[AAS_RECOVERY_TEXT], a[1024], b[1024];

	if (len >= sizeof(text))
		return 0;
	memcpy(text, p, len);
	text[len] = '\0';
	if (aas_recovery_parse(text, key) == 0) {
		aas_recovery_format(key, printed);
		squeeze(text, a, sizeof(a));
		squeeze(printed, b, sizeof(b));
		FUZZ_REQUIRE(strcmp(a, b) == 0);
	}
	if (len >= AAS_RECOVERY_LEN) {
		uint8_t back[AAS_RECOVERY_LEN];

		aas_recovery_format(p, printed);
		FUZZ_REQUIRE(aas_recovery_parse(printed, back) == 0);
		FUZZ_REQUIRE(memcmp(back, p, sizeof(back)) == 0);
	}
	return 0;
}
