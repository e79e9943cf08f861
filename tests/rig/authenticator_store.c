/*
 * What a software key remembers: its state file and its credential ids.
 *
 * A credential id is a 32-byte nonce, whose first bit chooses the algorithm,
 * and a MAC over nonce and relying party; the private half is derived from
 * the same, so that nothing is stored for a credential that is not resident.
 * A clone therefore is a copy of this state.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/crypto.h"
#include "tests/rig/ctap.h"

#define FORMAT 1

/* The whole file: a header that a changed layout no longer matches. */
struct image {
	uint32_t format;
	uint32_t size;
	struct rig_state st;
};

int
rig_store_save(const struct rig_key *key)
{
	struct image *img;
	char tmp[RIG_NAME_MAX + 8], name[RIG_NAME_MAX + 8];
	int fd = -1;
	int r = -1;

	if (key->dirfd == -1)
		return 0;
	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", key->name);
	(void)snprintf(name, sizeof(name), "%s.key", key->name);
	if ((img = calloc(1, sizeof(*img))) == NULL)
		return -1;
	img->format = FORMAT;
	img->size = sizeof(*img);
	img->st = key->st;
	fd = openat(
	    key->dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd != -1 && write(fd, img, sizeof(*img)) == sizeof(*img) &&
	    renameat(key->dirfd, tmp, key->dirfd, name) == 0)
		r = 0;
	if (fd != -1)
		(void)close(fd);
	free(img);
	return r;
}

int
rig_store_load(struct rig_key *key)
{
	struct image *img;
	char name[RIG_NAME_MAX + 8];
	int fd;
	int r = -1;

	(void)snprintf(name, sizeof(name), "%s.key", key->name);
	fd = openat(key->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return rig_store_wipe(key);
	if ((img = calloc(1, sizeof(*img))) != NULL &&
	    read(fd, img, sizeof(*img)) == sizeof(*img) &&
	    img->format == FORMAT && img->size == sizeof(*img) &&
	    img->st.rk_n <= RIG_RESIDENT_MAX) {
		key->st = img->st;
		r = 0;
	}
	free(img);
	(void)close(fd);
	return r;
}

/* As new, with another seed: what a reset makes of the key. */
int
rig_store_wipe(struct rig_key *key)
{
	memset(&key->st, 0, sizeof(key->st));
	key->st.pin_retries = RIG_PIN_RETRIES;
	key->st.uv_retries = RIG_UV_RETRIES;
	if (rig_random(key->st.seed, sizeof(key->st.seed)) != 0)
		return -1;
	return rig_store_save(key);
}

/* HMAC(seed, what || nonce || rp_hash) */
static int
derive(const struct rig_key *key, char what, const uint8_t rp_hash[32],
    const uint8_t *nonce, uint8_t out[32])
{
	uint8_t text[65];

	text[0] = (uint8_t)what;
	memcpy(text + 1, nonce, 32);
	memcpy(text + 33, rp_hash, 32);
	return rig_hmac(
	    key->st.seed, sizeof(key->st.seed), text, sizeof(text), out);
}

int
rig_cred_new(const struct rig_key *key, const uint8_t rp_hash[32], int alg,
    uint8_t id[RIG_CRED_ID_LEN])
{
	if (rig_random(id, 32) != 0)
		return -1;
	id[0] = (uint8_t)(id[0] & 0x7f);
	if (alg == RIG_EDDSA)
		id[0] |= 0x80;
	return derive(key, 'I', rp_hash, id, id + 32);
}

bool
rig_cred_known(const struct rig_key *key, const uint8_t rp_hash[32],
    const uint8_t *id, size_t n)
{
	uint8_t mac[32];

	return n == RIG_CRED_ID_LEN &&
	    derive(key, 'I', rp_hash, id, mac) == 0 &&
	    CRYPTO_memcmp(mac, id + 32, sizeof(mac)) == 0;
}

int
rig_cred_alg(const uint8_t id[RIG_CRED_ID_LEN])
{
	return id[0] & 0x80 ? RIG_EDDSA : RIG_ES256;
}

int
rig_cred_secret(const struct rig_key *key, const uint8_t rp_hash[32],
    const uint8_t id[RIG_CRED_ID_LEN], uint8_t secret[32])
{
	if (derive(key, 'K', rp_hash, id, secret) != 0)
		return -1;
	secret[0] &= 0x7f; /* below the order of P-256 */
	return 0;
}
