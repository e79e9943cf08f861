/*
 * What loginctl says of a session of a display.
 *
 * Input: the text.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/keep/hint.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct aas_kept k = { .t = { .input_ms = 5 } };
	struct aas_hint h = { AAS_HINT_UNASKED, -1 };
	char *text = malloc(len + 1);

	if (text == NULL)
		return 0;
	memcpy(text, p, len);
	text[len] = '\0';
	if (aas_hint_parse(text, &h) != AAS_OK) {
		FUZZ_REQUIRE(h.is == AAS_HINT_UNASKED && h.since_us == -1);
	} else {
		FUZZ_REQUIRE(h.is != AAS_HINT_UNASKED && h.since_us >= 0);
		FUZZ_REQUIRE(h.is == AAS_HINT_IDLE || h.since_us == 0);
		/* Nobody typed in the future, and no input is undone. */
		aas_hint_take(&k, &h, 7000, 9);
		FUZZ_REQUIRE(k.t.input_ms >= 5 && k.t.input_ms <= 9);
		FUZZ_REQUIRE(k.hint == h.is);
	}
	free(text);
	return 0;
}
