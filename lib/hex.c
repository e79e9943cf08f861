/*
 * Bytes as hexadecimal text.
 *
 * 1. Two texts MUST NOT mean the same bytes, UUIDs aside: upper case is
 *    refused.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/hex.h"

void
aas_hex_format(const void *p, size_t len, char *dst)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++) {
		*dst++ = digit[b[i] >> 4];
		*dst++ = digit[b[i] & 15];
	}
	*dst = '\0';
}

static int
value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
aas_hex_parse(const char *s, void *dst, size_t len)
{
	uint8_t *b = dst;

	for (size_t i = 0; i < len; i++) {
		int hi = value(s[0]);
		int lo = hi < 0 ? -1 : value(s[1]);

		if (lo < 0)
			return AAS_ERR_FORMAT;
		b[i] = (uint8_t)(hi << 4 | lo);
		s += 2;
	}
	return *s == '\0' ? AAS_OK : AAS_ERR_FORMAT;
}

static int
value_any(char c)
{
	return value(c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c);
}

int
aas_hex_uuid(const char *s, uint8_t id[16])
{
	uint8_t got[16];

	for (size_t i = 0; i < 16; i++) {
		int hi = 0;
		int lo = 0;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *s++ != '-')
			return AAS_ERR_FORMAT;
		hi = value_any(*s++);
		lo = value_any(*s++);
		if (hi < 0 || lo < 0)
			return AAS_ERR_FORMAT;
		got[i] = (uint8_t)(hi << 4 | lo);
	}
	memcpy(id, got, sizeof(got));
	return AAS_OK;
}
