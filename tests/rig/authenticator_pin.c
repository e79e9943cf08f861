/*
 * authenticatorClientPIN of the software key, protocols 1 and 2.
 * Source: CTAP 2.1, sections 6.5.4 to 6.5.7.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/crypto.h"
#include "tests/rig/ctap.h"

#define PIN_LEN_MIN  4  /* code points */
#define PIN_PADDED   64 /* bytes */
#define TOKEN_LEN    32
#define CIPHERED_MAX (16 + 64)

enum {
	SUB_PIN_RETRIES = 0x01,
	SUB_AGREEMENT = 0x02,
	SUB_SET = 0x03,
	SUB_CHANGE = 0x04,
	SUB_TOKEN = 0x05,
	SUB_TOKEN_UV = 0x06,
	SUB_UV_RETRIES = 0x07,
	SUB_TOKEN_PIN = 0x09,
};

/* The secrets shared with the host for one command. */
struct shared {
	int protocol;
	uint8_t hmac[32];
	uint8_t aes[32];
};

int
rig_pin_new_agreement(struct rig_key *key)
{
	EVP_PKEY_free(key->agree);
	key->agree = NULL;
	return rig_ecdh_new(&key->agree, key->agree_xy);
}

static int
hash_pin(const uint8_t *pin, size_t n, uint8_t hash[16])
{
	uint8_t full[32];

	if (rig_sha256(pin, n, full) != 0)
		return -1;
	memcpy(hash, full, 16);
	explicit_bzero(full, sizeof(full));
	return 0;
}

int
rig_pin_set(struct rig_key *key, const char *pin)
{
	if (*pin == '\0') {
		key->st.has_pin = false;
	} else {
		if (hash_pin((const uint8_t *)pin, strlen(pin),
			key->st.pin_hash) != 0)
			return -1;
		key->st.has_pin = true;
	}
	key->st.pin_retries = RIG_PIN_RETRIES;
	key->pin_wrong = 0;
	key->token.live = false;
	return rig_store_save(key);
}

/* HKDF-SHA-256 with a salt of zeros, one block (section 6.5.7). */
static int
hkdf(const uint8_t z[32], const char *info, uint8_t out[32])
{
	static const uint8_t salt[32];
	uint8_t prk[32], text[32];
	size_t n = strlen(info);
	int r;

	memcpy(text, info, n);
	text[n] = 0x01;
	if ((r = rig_hmac(salt, sizeof(salt), z, 32, prk)) == 0)
		r = rig_hmac(prk, sizeof(prk), text, n + 1, out);
	explicit_bzero(prk, sizeof(prk));
	return r;
}

/* The shared secrets of the command's protocol and platform key. */
static int
agree(struct rig_key *key, const cbor_item_t *map, struct shared *sh)
{
	const cbor_item_t *cose = rig_map_int(map, 0x03);
	const uint8_t *x, *y;
	uint8_t xy[64], z[32];
	int64_t protocol;
	size_t xn, yn;
	int r;

	if (!rig_get_int(rig_map_int(map, 0x01), &protocol) || cose == NULL)
		return CTAP_ERR_MISSING_PARAMETER;
	if (protocol != 1 && (protocol != 2 || key->protocol_1_only))
		return CTAP_ERR_INVALID_PARAMETER;
	if (!rig_get_bytes(rig_map_int(cose, -2), &x, &xn) || xn != 32 ||
	    !rig_get_bytes(rig_map_int(cose, -3), &y, &yn) || yn != 32)
		return CTAP_ERR_INVALID_PARAMETER;
	memcpy(xy, x, 32);
	memcpy(xy + 32, y, 32);
	if (key->agree == NULL || rig_ecdh_shared(key->agree, xy, z) != 0)
		return CTAP_ERR_INVALID_PARAMETER;
	sh->protocol = (int)protocol;
	if (protocol == 1) {
		r = rig_sha256(z, sizeof(z), sh->aes);
		memcpy(sh->hmac, sh->aes, sizeof(sh->hmac));
	} else if ((r = hkdf(z, "CTAP2 HMAC key", sh->hmac)) == 0) {
		r = hkdf(z, "CTAP2 AES key", sh->aes);
	}
	explicit_bzero(z, sizeof(z));
	return r == 0 ? CTAP_OK : CTAP_ERR_OTHER;
}

/* Is map[0x04] the MAC of what the command carries? */
static bool
authentic(const struct shared *sh, const cbor_item_t *map, const uint8_t *text,
    size_t n)
{
	const uint8_t *param;
	uint8_t mac[32];
	size_t param_n;

	return rig_get_bytes(rig_map_int(map, 0x04), &param, &param_n) &&
	    param_n == (sh->protocol == 1 ? 16 : 32) &&
	    rig_hmac(sh->hmac, sizeof(sh->hmac), text, n, mac) == 0 &&
	    CRYPTO_memcmp(mac, param, param_n) == 0;
}

/* Decrypt ${in} to exactly ${n} bytes; -1 unless it has that length. */
static int
decrypt(const struct shared *sh, const uint8_t *in, size_t in_n, uint8_t *out,
    size_t n)
{
	static const uint8_t zero[16];

	if (sh->protocol == 1)
		return in_n == n ? rig_aes(false, sh->aes, zero, in, n, out)
				 : -1;
	return in_n == n + 16 ? rig_aes(false, sh->aes, in, in + 16, n, out)
			      : -1;
}

static int
encrypt(const struct shared *sh, const uint8_t *in, size_t n, uint8_t *out,
    size_t *out_n)
{
	static const uint8_t zero[16];

	if (sh->protocol == 1) {
		*out_n = n;
		return rig_aes(true, sh->aes, zero, in, n, out);
	}
	*out_n = n + 16;
	if (rig_random(out, 16) != 0)
		return -1;
	return rig_aes(true, sh->aes, out, in, n, out + 16);
}

/*
 * One try at the PIN.  The try is taken off, on disk, before it is looked
 * at, so that pulling out the key does not give it back.
 */
static int
try_pin(
    struct rig_key *key, const struct shared *sh, const uint8_t *in, size_t n)
{
	uint8_t hash[16];
	int r;

	if (key->st.pin_retries == 0)
		return CTAP_ERR_PIN_BLOCKED;
	if (key->pin_wrong >= RIG_PIN_IN_A_ROW)
		return CTAP_ERR_PIN_AUTH_BLOCKED;
	key->st.pin_retries--;
	if (rig_store_save(key) != 0)
		return CTAP_ERR_OTHER;
	r = decrypt(sh, in, n, hash, sizeof(hash));
	if (r == 0 &&
	    CRYPTO_memcmp(hash, key->st.pin_hash, sizeof(hash)) == 0) {
		key->st.pin_retries = RIG_PIN_RETRIES;
		key->pin_wrong = 0;
		return rig_store_save(key) == 0 ? CTAP_OK : CTAP_ERR_OTHER;
	}
	key->pin_wrong++;
	(void)rig_pin_new_agreement(key);
	if (key->st.pin_retries == 0)
		return CTAP_ERR_PIN_BLOCKED;
	if (key->pin_wrong >= RIG_PIN_IN_A_ROW)
		return CTAP_ERR_PIN_AUTH_BLOCKED;
	return CTAP_ERR_PIN_INVALID;
}

/* Take over a new PIN, which came encrypted and padded with zeros. */
static int
new_pin(
    struct rig_key *key, const struct shared *sh, const uint8_t *in, size_t n)
{
	uint8_t pin[PIN_PADDED];
	size_t len, points = 0;
	int status = CTAP_ERR_PIN_POLICY_VIOLATION;

	if (decrypt(sh, in, n, pin, sizeof(pin)) != 0)
		return CTAP_ERR_INVALID_PARAMETER;
	for (len = sizeof(pin); len > 0 && pin[len - 1] == 0; len--)
		;
	for (size_t i = 0; i < len; i++)
		points += (pin[i] & 0xc0) != 0x80;
	if (points < PIN_LEN_MIN || len == sizeof(pin))
		goto out;
	status = CTAP_ERR_OTHER;
	if (hash_pin(pin, len, key->st.pin_hash) != 0)
		goto out;
	key->st.has_pin = true;
	key->st.pin_retries = RIG_PIN_RETRIES;
	key->pin_wrong = 0;
	key->token.live = false;
	if (rig_store_save(key) == 0)
		status = CTAP_OK;
out:
	explicit_bzero(pin, sizeof(pin));
	return status;
}

static int
set_pin(struct rig_key *key, const cbor_item_t *map)
{
	const uint8_t *enc;
	struct shared sh = { 0 };
	size_t n;
	int status;

	if (!rig_get_bytes(rig_map_int(map, 0x05), &enc, &n))
		return CTAP_ERR_MISSING_PARAMETER;
	if (key->st.has_pin)
		return CTAP_ERR_PIN_AUTH_INVALID;
	if ((status = agree(key, map, &sh)) != CTAP_OK)
		return status;
	if (!authentic(&sh, map, enc, n))
		status = CTAP_ERR_PIN_AUTH_INVALID;
	else
		status = new_pin(key, &sh, enc, n);
	explicit_bzero(&sh, sizeof(sh));
	return status;
}

static int
change_pin(struct rig_key *key, const cbor_item_t *map)
{
	const uint8_t *enc, *hash;
	uint8_t text[2 * CIPHERED_MAX];
	struct shared sh = { 0 };
	size_t n, hash_n;
	int status;

	if (!rig_get_bytes(rig_map_int(map, 0x05), &enc, &n) ||
	    !rig_get_bytes(rig_map_int(map, 0x06), &hash, &hash_n))
		return CTAP_ERR_MISSING_PARAMETER;
	if (!key->st.has_pin)
		return CTAP_ERR_PIN_NOT_SET;
	if (n > CIPHERED_MAX || hash_n > CIPHERED_MAX)
		return CTAP_ERR_INVALID_LENGTH;
	if (key->st.pin_retries == 0)
		return CTAP_ERR_PIN_BLOCKED;
	if (key->pin_wrong >= RIG_PIN_IN_A_ROW)
		return CTAP_ERR_PIN_AUTH_BLOCKED;
	if ((status = agree(key, map, &sh)) != CTAP_OK)
		return status;
	memcpy(text, enc, n);
	memcpy(text + n, hash, hash_n);
	if (!authentic(&sh, map, text, n + hash_n))
		status = CTAP_ERR_PIN_AUTH_INVALID;
	else if ((status = try_pin(key, &sh, hash, hash_n)) == CTAP_OK)
		status = new_pin(key, &sh, enc, n);
	explicit_bzero(&sh, sizeof(sh));
	return status;
}

/* What the host wants its token for; subcommand 0x05 cannot say. */
static int
token_scope(const cbor_item_t *map, int64_t sub, struct rig_token *token)
{
	const char *rp;
	int64_t permissions;
	size_t n;

	if (sub == SUB_TOKEN) {
		if (rig_map_int(map, 0x09) != NULL ||
		    rig_map_int(map, 0x0a) != NULL)
			return CTAP_ERR_INVALID_PARAMETER;
		token->permissions = CTAP_PERM_MAKE | CTAP_PERM_GET;
		return CTAP_OK;
	}
	if (!rig_get_int(rig_map_int(map, 0x09), &permissions))
		return CTAP_ERR_MISSING_PARAMETER;
	if (permissions <= 0)
		return CTAP_ERR_INVALID_PARAMETER;
	if ((permissions & ~(CTAP_PERM_MAKE | CTAP_PERM_GET)) != 0)
		return CTAP_ERR_UNAUTHORIZED_PERMISSION;
	if (!rig_get_text(rig_map_int(map, 0x0a), &rp, &n))
		return CTAP_ERR_MISSING_PARAMETER;
	token->permissions = (unsigned)permissions;
	token->bound = true;
	return rig_sha256(rp, n, token->rp_hash) == 0 ? CTAP_OK
						      : CTAP_ERR_OTHER;
}

/* Verify the user, by PIN or by the key itself. */
static int
token_user(struct rig_key *key, const cbor_item_t *map, int64_t sub,
    const struct shared *sh)
{
	const uint8_t *hash;
	size_t n;
	int status;

	if (sub == SUB_TOKEN_UV) {
		if ((status = rig_need_touch(key)) != CTAP_OK)
			return status;
		return rig_uv_builtin(key);
	}
	if (key->fault == RIG_FAULT_PIN)
		return (int)key->fault_arg;
	if (!rig_get_bytes(rig_map_int(map, 0x06), &hash, &n))
		return CTAP_ERR_MISSING_PARAMETER;
	if (!key->st.has_pin)
		return CTAP_ERR_PIN_NOT_SET;
	return try_pin(key, sh, hash, n);
}

static int
get_token(struct rig_key *key, const cbor_item_t *map, int64_t sub,
    struct rig_buf *out)
{
	struct rig_token token = { .live = true };
	struct shared sh = { 0 };
	uint8_t enc[CIPHERED_MAX];
	size_t n;
	int status;

	if ((status = token_scope(map, sub, &token)) != CTAP_OK ||
	    (status = agree(key, map, &sh)) != CTAP_OK ||
	    (status = token_user(key, map, sub, &sh)) != CTAP_OK)
		goto out;
	status = CTAP_ERR_OTHER;
	token.protocol = sh.protocol;
	if (rig_random(token.value, TOKEN_LEN) != 0 ||
	    encrypt(&sh, token.value, TOKEN_LEN, enc, &n) != 0)
		goto out;
	key->token = token;
	rig_put_map(out, 1);
	rig_put_int(out, 0x02);
	rig_put_bytes(out, enc, n);
	status = CTAP_OK;
out:
	explicit_bzero(&sh, sizeof(sh));
	explicit_bzero(&token, sizeof(token));
	return status;
}

static void
put_agreement(const struct rig_key *key, struct rig_buf *out)
{
	rig_put_map(out, 1);
	rig_put_int(out, 0x01);
	rig_put_map(out, 5);
	rig_put_int(out, 1);
	rig_put_int(out, 2);
	rig_put_int(out, 3);
	rig_put_int(out, RIG_ECDH);
	rig_put_int(out, -1);
	rig_put_int(out, 1);
	rig_put_int(out, -2);
	rig_put_bytes(out, key->agree_xy, 32);
	rig_put_int(out, -3);
	rig_put_bytes(out, key->agree_xy + 32, 32);
}

static void
put_retries(const struct rig_key *key, struct rig_buf *out)
{
	rig_put_map(out, 2);
	rig_put_int(out, 0x03);
	rig_put_int(out, key->st.pin_retries);
	rig_put_int(out, 0x04); /* must it be plugged in anew? */
	rig_put_bool(out, key->pin_wrong >= RIG_PIN_IN_A_ROW);
}

int
rig_cmd_pin(struct rig_key *key, const cbor_item_t *map, struct rig_buf *out)
{
	int64_t sub;

	if (!key->pin_option && key->uv == RIG_UV_NONE)
		return CTAP_ERR_INVALID_COMMAND;
	if (!rig_get_int(rig_map_int(map, 0x02), &sub))
		return CTAP_ERR_MISSING_PARAMETER;
	switch (sub) {
	case SUB_PIN_RETRIES:
		put_retries(key, out);
		return CTAP_OK;
	case SUB_AGREEMENT:
		put_agreement(key, out);
		return CTAP_OK;
	case SUB_SET:
		return set_pin(key, map);
	case SUB_CHANGE:
		return change_pin(key, map);
	case SUB_TOKEN_UV:
	case SUB_TOKEN_PIN:
		if (!key->token_option)
			return CTAP_ERR_INVALID_SUBCOMMAND;
		return get_token(key, map, sub, out);
	case SUB_TOKEN:
		return get_token(key, map, sub, out);
	case SUB_UV_RETRIES:
		rig_put_map(out, 1);
		rig_put_int(out, 0x05);
		rig_put_int(out, key->st.uv_retries);
		return CTAP_OK;
	default:
		return CTAP_ERR_INVALID_SUBCOMMAND;
	}
}
