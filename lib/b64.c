/*
 * Bytes as base64 text.
 *
 * 1. Two texts MUST NOT mean the same bytes: a proof that can be spelled in
 *    two ways could be counted twice.
 */
#include "lib/b64.h"
#include "lib/err.h"

void
aas_b64_format(const void *p, size_t len, char *dst)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789+/";
	const uint8_t *b = p;

	for (; len > 0; b += 3) {
		uint32_t v = (uint32_t)b[0] << 16;

		if (len > 1)
			v |= (uint32_t)b[1] << 8;
		if (len > 2)
			v |= b[2];
		*dst++ = digit[v >> 18];
		*dst++ = digit[v >> 12 & 63];
		*dst++ = len > 1 ? digit[v >> 6 & 63] : '=';
		*dst++ = len > 2 ? digit[v & 63] : '=';
		len -= len > 2 ? 3 : len;
	}
	*dst = '\0';
}

static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
aas_b64_parse(const char *s, size_t slen, void *dst, size_t cap, size_t *len)
{
	uint8_t *b = dst;
	size_t pad = 0;
	size_t n = 0;
	uint32_t v = 0;

	if (slen % 4 != 0)
		return AAS_ERR_FORMAT;
	while (pad < 2 && pad < slen && s[slen - 1 - pad] == '=')
		pad++;
	if (slen / 4 * 3 - pad > cap)
		return AAS_ERR_TOOBIG;
	for (size_t i = 0; i < slen - pad; i++) {
		int d = value(s[i]);

		if (d < 0)
			return AAS_ERR_FORMAT;
		v = v << 6 | (uint32_t)d;
		if (i % 4 == 1)
			b[n++] = (uint8_t)(v >> 4);
		else if (i % 4 == 2)
			b[n++] = (uint8_t)(v >> 2);
		else if (i % 4 == 3)
			b[n++] = (uint8_t)v;
	}
	if ((pad == 1 && (v & 3) != 0) || (pad == 2 && (v & 15) != 0))
		return AAS_ERR_FORMAT;
	*len = n;
	return AAS_OK;
}
