/*
 * bech32m, the text form of a recovery key: it finds any four mistyped
 * characters before an attempt is spent.
 */
#include <string.h>

#include "lib/bech32.h"
#include "lib/err.h"

#define CONST_M 0x2bc830a3u
#define CHECK_N 6

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t
polymod_step(uint32_t c, uint8_t v)
{
	static const uint32_t gen[5] = { 0x3b6a57b2u, 0x26508e6du, 0x1ea119fau,
		0x3d4233ddu, 0x2a1462b3u };
	uint32_t top = c >> 25;

	c = (c & 0x1ffffffu) << 5 ^ v;
	for (unsigned i = 0; i < 5; i++)
		if (top >> i & 1u)
			c ^= gen[i];
	return c;
}

/* The part of the checksum that the human-readable part makes. */
static uint32_t
polymod_hrp(const char *hrp, size_t n)
{
	uint32_t c = 1;

	for (size_t i = 0; i < n; i++)
		c = polymod_step(c, (uint8_t)((unsigned char)hrp[i] >> 5));
	c = polymod_step(c, 0);
	for (size_t i = 0; i < n; i++)
		c = polymod_step(c, (uint8_t)((unsigned char)hrp[i] & 31));
	return c;
}

static int
hrp_ok(const char *hrp, size_t n)
{
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (hrp[i] < 33 || hrp[i] > 126 ||
		    (hrp[i] >= 'A' && hrp[i] <= 'Z'))
			return 0;
	return 1;
}

int
aas_bech32_encode(
    const char *hrp, const uint8_t *v, size_t n, char *dst, size_t cap)
{
	size_t h = strlen(hrp);
	uint32_t c = 0;

	if (!hrp_ok(hrp, h))
		return AAS_ERR_INVAL;
	if (h + 1 + n + CHECK_N > AAS_BECH32_MAX ||
	    h + 1 + n + CHECK_N + 1 > cap)
		return AAS_ERR_TOOBIG;
	for (size_t i = 0; i < n; i++)
		if (v[i] > 31)
			return AAS_ERR_INVAL;
	c = polymod_hrp(hrp, h);
	memcpy(dst, hrp, h);
	dst += h;
	*dst++ = '1';
	for (size_t i = 0; i < n; i++) {
		c = polymod_step(c, v[i]);
		*dst++ = charset[v[i]];
	}
	for (unsigned i = 0; i < CHECK_N; i++)
		c = polymod_step(c, 0);
	c ^= CONST_M;
	for (unsigned i = 0; i < CHECK_N; i++)
		*dst++ = charset[c >> 5 * (CHECK_N - 1 - i) & 31];
	*dst = '\0';
	return AAS_OK;
}

/* Fold the text to lower case; a mixture is refused (BIP 173). */
static int
fold(const char *s, char dst[AAS_BECH32_MAX + 1], size_t *len)
{
	size_t n = strlen(s);
	int lower = 0;
	int upper = 0;

	if (n > AAS_BECH32_MAX)
		return AAS_ERR_FORMAT;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < 33 || s[i] > 126)
			return AAS_ERR_FORMAT;
		lower |= s[i] >= 'a' && s[i] <= 'z';
		upper |= s[i] >= 'A' && s[i] <= 'Z';
		dst[i] = s[i];
		if (s[i] >= 'A' && s[i] <= 'Z')
			dst[i] = (char)(s[i] - 'A' + 'a');
	}
	dst[n] = '\0';
	*len = n;
	return lower && upper ? AAS_ERR_FORMAT : AAS_OK;
}

int
aas_bech32_decode(
    const char *s, char *hrp, size_t hrp_cap, uint8_t *v, size_t cap, size_t *n)
{
	char t[AAS_BECH32_MAX + 1];
	size_t len = 0;
	size_t h = 0;
	uint32_t c = 0;
	int r = AAS_ERR_FORMAT;

	if (fold(s, t, &len) != AAS_OK)
		goto out;
	for (h = len; h > 0 && t[h - 1] != '1';)
		h--;
	if (h < 2 || len - h < CHECK_N)
		goto out;
	h--; /* now the length of the human-readable part */
	r = AAS_ERR_TOOBIG;
	if (h + 1 > hrp_cap || len - h - 1 - CHECK_N > cap)
		goto out;
	r = AAS_ERR_FORMAT;
	c = polymod_hrp(t, h);
	for (size_t i = h + 1; i < len; i++) {
		const char *at = strchr(charset, t[i]);

		if (at == NULL)
			goto out;
		c = polymod_step(c, (uint8_t)(at - charset));
		if (i < len - CHECK_N)
			v[i - h - 1] = (uint8_t)(at - charset);
	}
	if (c != CONST_M)
		goto out;
	memcpy(hrp, t, h);
	hrp[h] = '\0';
	*n = len - h - 1 - CHECK_N;
	r = AAS_OK;
out:
	explicit_bzero(t, sizeof(t));
	return r;
}
