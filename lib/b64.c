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

/* One digit; ${last} are those of 62 and 63. */
static int
value(char c, const char last[2])
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == last[0])
		return 62;
	return c == last[1] ? 63 : -1;
}

static int
decode(const char *s, size_t slen, const char last[2], uint8_t *dst, size_t cap,
    size_t *len)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;
	int v = 0;

	if (slen / 4 * 3 + slen % 4 * 6 / 8 > cap)
		return AAS_ERR_TOOBIG;
	for (size_t i = 0; i < slen; i++) {
		if ((v = value(s[i], last)) < 0)
			return AAS_ERR_FORMAT;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			dst[n++] = (uint8_t)(acc >> bits);
			acc &= (1u << bits) - 1;
		}
	}
	/* What is left over must be less than a digit, and zero. */
	if (bits >= 6 || acc != 0)
		return AAS_ERR_FORMAT;
	*len = n;
	return AAS_OK;
}

int
aas_b64_parse(const char *s, size_t slen, void *dst, size_t cap, size_t *len)
{
	size_t pad = 0;

	if (slen % 4 != 0)
		return AAS_ERR_FORMAT;
	while (pad < 2 && pad < slen && s[slen - 1 - pad] == '=')
		pad++;
	return decode(s, slen - pad, "+/", dst, cap, len);
}

int
aas_b64_url_parse(
    const char *s, size_t slen, void *dst, size_t cap, size_t *len)
{
	return decode(s, slen, "-_", dst, cap, len);
}
