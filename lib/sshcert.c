/*
 * Who signed an OpenSSH certificate.
 *
 * 1. Every length MUST be checked against what is left, and nothing may be
 *    left at the end.
 * 2. A host's certificate MUST NOT count as a user's.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/sshcert.h"
#include "lib/wire.h"

#define TYPE_USER 1

/* How many strings make up the key itself, after the nonce. */
static const struct {
	const char *name;
	unsigned strings;
} kinds[] = {
	{ "ssh-ed25519-cert-v01@openssh.com", 1 },
	{ "sk-ssh-ed25519-cert-v01@openssh.com", 2 },
	{ "ecdsa-sha2-nistp256-cert-v01@openssh.com", 2 },
	{ "ecdsa-sha2-nistp384-cert-v01@openssh.com", 2 },
	{ "ecdsa-sha2-nistp521-cert-v01@openssh.com", 2 },
	{ "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 3 },
	{ "ssh-rsa-cert-v01@openssh.com", 2 },
};

static void
skip(struct aas_rd *r, unsigned strings)
{
	size_t len = 0;

	while (strings-- > 0)
		(void)aas_rd_part(r, &len);
}

/* 0, AAS_ERR_NOTFOUND or AAS_ERR_FORMAT. */
static int
kind_of(const uint8_t *type, size_t len, unsigned *strings)
{
	static const char mark[] = "-cert-v";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == len &&
		    memcmp(kinds[i].name, type, len) == 0) {
			*strings = kinds[i].strings;
			return AAS_OK;
		}
	}
	for (size_t i = 0; i + sizeof(mark) - 1 <= len; i++)
		if (memcmp(type + i, mark, sizeof(mark) - 1) == 0)
			return AAS_ERR_FORMAT;
	return AAS_ERR_NOTFOUND;
}

int
aas_sshcert_ca(
    const uint8_t *cert, size_t len, const uint8_t **ca, size_t *ca_len)
{
	struct aas_rd r;
	const uint8_t *p = NULL;
	size_t n = 0;
	unsigned strings = 0;
	uint32_t type = 0;
	int k = AAS_ERR_FORMAT;

	if (len > AAS_SSHCERT_MAX)
		return AAS_ERR_FORMAT;
	aas_rd_init(&r, cert, len);
	p = aas_rd_part(&r, &n);
	if (r.bad)
		return AAS_ERR_FORMAT;
	if ((k = kind_of(p, n, &strings)) != AAS_OK)
		return k;
	skip(&r, 1 + strings); /* nonce, key */
	(void)aas_rd_u64(&r);  /* serial */
	type = aas_rd_u32(&r);
	skip(&r, 2);          /* key id, principals */
	(void)aas_rd_u64(&r); /* valid after, valid before */
	(void)aas_rd_u64(&r);
	skip(&r, 3); /* critical options, extensions, reserved */
	p = aas_rd_part(&r, &n);
	skip(&r, 1); /* signature */
	if (aas_rd_end(&r) != AAS_OK || type != TYPE_USER || n == 0)
		return AAS_ERR_FORMAT;
	*ca = p;
	*ca_len = n;
	return AAS_OK;
}
