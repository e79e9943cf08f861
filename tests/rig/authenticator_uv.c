/*
 * User verification of makeCredential and getAssertion: by a pinUvAuthToken
 * or by the key itself.  Source: CTAP 2.1, sections 6.1.2, 6.2.2, 6.5.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/crypto.h"
#include "tests/rig/ctap.h"

/* The key's own verification, a fingerprint say: good or bad as set. */
int
rig_uv_builtin(struct rig_key *key)
{
	if (key->uv == RIG_UV_NONE || key->uv == RIG_UV_UNSET)
		return CTAP_ERR_INVALID_OPTION;
	if (key->fault == RIG_FAULT_UV)
		return (int)key->fault_arg;
	if (key->st.uv_retries == 0)
		return CTAP_ERR_UV_BLOCKED;
	if (key->uv == RIG_UV_GOOD) {
		key->st.uv_retries = RIG_UV_RETRIES;
		return CTAP_OK;
	}
	key->blinks++;
	key->st.uv_retries--;
	if (rig_store_save(key) != 0)
		return CTAP_ERR_OTHER;
	return key->st.uv_retries == 0 ? CTAP_ERR_UV_BLOCKED
				       : CTAP_ERR_UV_INVALID;
}

/* A touch spends what the token allowed (section 6.1.2, step 14). */
void
rig_token_used(struct rig_key *key)
{
	key->token.permissions = 0;
}

static int
token_check(struct rig_key *key, const struct rig_uv_ask *ask,
    const uint8_t *param, size_t n)
{
	struct rig_token *token = &key->token;
	uint8_t mac[32];
	int64_t protocol;

	if (!rig_get_int(rig_map_int(ask->map, ask->protocol), &protocol))
		return CTAP_ERR_MISSING_PARAMETER;
	if (protocol != 1 && protocol != 2)
		return CTAP_ERR_INVALID_PARAMETER;
	if (!token->live || token->protocol != protocol ||
	    n != (protocol == 1 ? 16 : 32))
		return CTAP_ERR_PIN_AUTH_INVALID;
	if (rig_hmac(token->value, sizeof(token->value), ask->challenge, 32,
		mac) != 0)
		return CTAP_ERR_OTHER;
	if (CRYPTO_memcmp(mac, param, n) != 0 ||
	    (token->permissions & ask->permission) == 0 ||
	    (token->bound && memcmp(token->rp_hash, ask->rp_hash, 32) != 0))
		return CTAP_ERR_PIN_AUTH_INVALID;
	memcpy(token->rp_hash, ask->rp_hash, 32);
	token->bound = true;
	return CTAP_OK;
}

int
rig_uv_check(struct rig_key *key, const struct rig_uv_ask *ask, bool *verified)
{
	const cbor_item_t *item = rig_map_int(ask->map, ask->param);
	const uint8_t *param;
	size_t n;
	int status;

	if (item == NULL && !ask->uv)
		return CTAP_OK;
	if (item == NULL) {
		if ((status = rig_uv_builtin(key)) == CTAP_OK)
			*verified = true;
		return status;
	}
	if (!rig_get_bytes(item, &param, &n))
		return CTAP_ERR_UNEXPECTED_TYPE;
	if (n == 0) { /* "which key do you mean?": touch, then say no */
		if ((status = rig_need_touch(key)) != CTAP_OK)
			return status;
		return key->st.has_pin ? CTAP_ERR_PIN_INVALID
				       : CTAP_ERR_PIN_NOT_SET;
	}
	if ((status = token_check(key, ask, param, n)) == CTAP_OK)
		*verified = true;
	return status;
}
