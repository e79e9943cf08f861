/*
 * Networks and makes of keys, from text.
 *
 * 1. No name is ever looked up.
 * 2. A network with bits behind its prefix MUST be refused: whoever wrote
 *    192.0.2.5/24 meant either of two things.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <string.h>

#include "lib/err.h"
#include "lib/hex.h"
#include "policy/rule.h"

#define MAPPED_BITS 96u /* ::ffff:0:0/96, IPv4 */

/* "0" to "128", no zero in front. */
static int
prefix(const char *s, unsigned max, unsigned *bits)
{
	unsigned v = 0;

	if (*s == '\0' || (*s == '0' && s[1] != '\0'))
		return AAS_ERR_FORMAT;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return AAS_ERR_FORMAT;
		v = v * 10 + (unsigned)(*s - '0');
		if (v > max)
			return AAS_ERR_FORMAT;
	}
	*bits = v;
	return AAS_OK;
}

static int
host_bits(const uint8_t addr[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++) {
		if ((addr[i / 8] & 0x80u >> i % 8) != 0)
			return 1;
	}
	return 0;
}

int
aas_rule_net(const char *text, struct aas_net *net)
{
	struct aas_net got = { { 0 }, 0 };
	char addr[INET6_ADDRSTRLEN];
	const char *slash = NULL;
	unsigned base = 0;
	unsigned bits = 0;
	size_t len = 0;

	if (text == NULL)
		return AAS_ERR_FORMAT;
	slash = strchr(text, '/');
	len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (len >= sizeof(addr))
		return AAS_ERR_FORMAT;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (strchr(addr, ':') != NULL) {
		if (inet_pton(AF_INET6, addr, got.addr) != 1)
			return AAS_ERR_FORMAT;
	} else {
		base = MAPPED_BITS;
		got.addr[10] = got.addr[11] = 0xff;
		if (inet_pton(AF_INET, addr, got.addr + 12) != 1)
			return AAS_ERR_FORMAT;
	}
	bits = 128 - base;
	if (slash != NULL && prefix(slash + 1, 128 - base, &bits) != AAS_OK)
		return AAS_ERR_FORMAT;
	got.bits = (uint8_t)(base + bits);
	if (host_bits(got.addr, got.bits))
		return AAS_ERR_FORMAT;
	*net = got;
	return AAS_OK;
}

int
aas_rule_aaguid(const char *text, uint8_t aaguid[16])
{
	if (text == NULL || strnlen(text, 37) != 36)
		return AAS_ERR_FORMAT;
	return aas_hex_uuid(text, aaguid);
}
