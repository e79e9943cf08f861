/*
 * Events of arbitrary bytes: the line is one, of plain ASCII, and jansson
 * reads back from it what went in, bytes that are no UTF-8 as Latin-1, or the
 * begin of that with "..." behind.
 */
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/event/event.h"
#include "lib/utf8.h"
#include "tests/fuzz/fuzz.h"

#define FIELDS 10

/* What a field is when it is read back. */
static void
expect(const char *s, char *dst)
{
	while (*s != '\0') {
		uint32_t cp = 0;
		size_t n = aas_utf8_next(s, strlen(s), &cp);

		if (n == 0) {
			unsigned char c = (unsigned char)*s++;

			*dst++ = (char)(0xc0 | c >> 6);
			*dst++ = (char)(0x80 | (c & 63));
		} else {
			memcpy(dst, s, n);
			dst += n;
			s += n;
		}
	}
	*dst = '\0';
}

static void
held(json_t *j, const char *name, const char *s)
{
	static char want[131072];
	const char *is = json_string_value(json_object_get(j, name));
	size_t n;

	FUZZ_REQUIRE(is != NULL);
	expect(s, want);
	if (strcmp(is, want) == 0)
		return;
	n = strlen(is);
	FUZZ_REQUIRE(n >= 3 && strcmp(is + n - 3, "...") == 0);
	FUZZ_REQUIRE(strncmp(is, want, n - 3) == 0);
	FUZZ_REQUIRE(strlen(want) > n - 3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static char text[65536];
	static const struct aas_now now = { .real_s = 1780000000 };
	const char *f[FIELDS];
	char line[AAS_EVENT_MAX + 1];
	struct aas_event e = { .type = AAS_EV_TEST };
	size_t at = 0, n = 0;
	json_t *j;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, p, len);
	text[len] = '\0';
	/* Each field to the next NUL; the last ones are empty. */
	for (int i = 0; i < FIELDS; i++) {
		f[i] = text + at;
		at += strlen(text + at);
		at += at < len;
	}
	e.user = f[0];
	e.service = f[1];
	e.tty = f[2];
	e.rhost = f[3];
	e.key = f[4];
	e.via = f[5];
	e.session = f[6];
	e.by = f[7];
	e.why = f[8];
	e.text = f[9];
	FUZZ_REQUIRE(
	    aas_event_format(&e, &now, "00112233445566778899aabbccddeeff", line,
		sizeof(line), &n) == AAS_OK);
	FUZZ_REQUIRE(n <= AAS_EVENT_MAX && line[n - 1] == '\n');
	for (size_t i = 0; i + 1 < n; i++)
		FUZZ_REQUIRE(line[i] >= 0x20 && line[i] <= 0x7e);
	j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	FUZZ_REQUIRE(j != NULL && json_object_size(j) == 18);
	held(j, "user", e.user);
	held(j, "service", e.service);
	held(j, "tty", e.tty);
	held(j, "rhost", e.rhost);
	held(j, "key", e.key);
	held(j, "via", e.via);
	held(j, "session", e.session);
	held(j, "by", e.by);
	held(j, "why", e.why);
	held(j, "text", e.text);
	json_decref(j);
	return 0;
}
