/*
 * authenticatorGetInfo and authenticatorReset of the software key.
 * Source: CTAP 2.1, sections 6.4 and 6.6.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/ctap.h"

#define RESET_WITHIN_MS 10000 /* of being plugged in */
#define PIN_LEN_MIN     4
#define MAX_IDS         8 /* of a list, in one request */

void
rig_aaguid(const struct rig_key *key, uint8_t aaguid[16])
{
	memcpy(aaguid, "aas-rig-softkey1", 16);
	if (key->st.make != 0)
		aaguid[15] = key->st.make;
}

static void
put_option(struct rig_buf *out, const char *name, bool value)
{
	rig_put_text(out, name);
	rig_put_bool(out, value);
}

/* In canonical order: shorter names first. */
static void
put_options(const struct rig_key *key, struct rig_buf *out)
{
	bool uv = key->uv != RIG_UV_NONE;

	rig_put_map(out, 4u + key->pin_option + key->token_option + uv);
	put_option(out, "rk", key->rk_option);
	put_option(out, "up", true);
	if (uv)
		put_option(out, "uv", key->uv != RIG_UV_UNSET);
	put_option(out, "alwaysUv", key->always_uv);
	if (key->pin_option)
		put_option(out, "clientPin", key->st.has_pin);
	if (key->token_option)
		put_option(out, "pinUvAuthToken", true);
	put_option(out, "makeCredUvNotRqd", key->make_uv_not_required);
}

static void
put_algorithm(struct rig_buf *out, int alg)
{
	rig_put_map(out, 2);
	rig_put_text(out, "alg");
	rig_put_int(out, alg);
	rig_put_text(out, "type");
	rig_put_text(out, "public-key");
}

int
rig_cmd_info(struct rig_key *key, struct rig_buf *out)
{
	uint8_t aaguid[16];

	rig_aaguid(key, aaguid);
	rig_put_map(out, 10);
	rig_put_int(out, 0x01);
	rig_put_array(out, 2);
	rig_put_text(out, "FIDO_2_0");
	rig_put_text(out, "FIDO_2_1");
	rig_put_int(out, 0x03);
	rig_put_bytes(out, aaguid, sizeof(aaguid));
	rig_put_int(out, 0x04);
	put_options(key, out);
	rig_put_int(out, 0x05);
	rig_put_int(out, RIG_MSG_MAX);
	rig_put_int(out, 0x06);
	rig_put_array(out, key->protocol_1_only ? 1 : 2);
	if (!key->protocol_1_only)
		rig_put_int(out, 2);
	rig_put_int(out, 1);
	rig_put_int(out, 0x07);
	rig_put_int(out, MAX_IDS);
	rig_put_int(out, 0x08);
	rig_put_int(out, RIG_CRED_ID_LEN);
	rig_put_int(out, 0x09);
	rig_put_array(out, 1);
	rig_put_text(out, "usb");
	rig_put_int(out, 0x0a);
	rig_put_array(out, 2);
	put_algorithm(out, RIG_ES256);
	put_algorithm(out, RIG_EDDSA);
	rig_put_int(out, 0x0d);
	rig_put_int(out, PIN_LEN_MIN);
	return CTAP_OK;
}

int
rig_cmd_reset(struct rig_key *key)
{
	int status;

	if (rig_now_ms() - key->powered_ms > RESET_WITHIN_MS)
		return CTAP_ERR_NOT_ALLOWED;
	if ((status = rig_need_touch(key)) != CTAP_OK)
		return status;
	if (rig_store_wipe(key) != 0)
		return CTAP_ERR_OTHER;
	key->token.live = false;
	key->pin_wrong = 0;
	return rig_pin_new_agreement(key) == 0 ? CTAP_OK : CTAP_ERR_OTHER;
}
