/*
 * The software key: life, dispatch and touch.  Each command is in a file of
 * its own.  It must never crash on what a host sends: whatever comes, the
 * answer is a CTAP status.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/crypto.h"
#include "tests/rig/ctap.h"

#define TOUCH_TIMEOUT_MS 30000
#define UNPLUG_AFTER_MS  150 /* fault "unplug": after the first keep-alive */

int64_t
rig_now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct rig_key *
key_alloc(void)
{
	struct rig_key *key = calloc(1, sizeof(*key));

	if (key == NULL)
		return NULL;
	key->dirfd = -1;
	key->st.pin_retries = RIG_PIN_RETRIES;
	key->st.uv_retries = RIG_UV_RETRIES;
	key->timeout_ms = TOUCH_TIMEOUT_MS;
	key->rk_option = true;
	key->pin_option = true;
	key->token_option = true;
	key->make_uv_not_required = true;
	rig_key_power(key);
	if (key->agree == NULL)
		rig_key_free(&key);
	return key;
}

struct rig_key *
rig_key_new(const char *seed)
{
	struct rig_key *key = key_alloc();

	if (key != NULL && rig_sha256(seed, strlen(seed), key->st.seed) != 0)
		rig_key_free(&key);
	return key;
}

static bool
name_valid(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= RIG_NAME_MAX &&
	    strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_") == n;
}

struct rig_key *
rig_key_open(int dirfd, const char *name)
{
	struct rig_key *key;

	if (!name_valid(name) || (key = key_alloc()) == NULL)
		return NULL;
	memcpy(key->name, name, strlen(name) + 1);
	key->dirfd = dirfd;
	if (rig_store_load(key) != 0)
		rig_key_free(&key);
	return key;
}

void
rig_key_free(struct rig_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->agree);
	explicit_bzero(*key, sizeof(**key));
	free(*key);
	*key = NULL;
}

void
rig_key_power(struct rig_key *key)
{
	key->request_n = 0;
	key->verdict = RIG_TOUCH_NONE;
	key->pressed = RIG_TOUCH_NONE;
	key->pin_wrong = 0;
	explicit_bzero(&key->token, sizeof(key->token));
	memset(&key->next, 0, sizeof(key->next));
	key->powered_ms = rig_now_ms();
	(void)rig_pin_new_agreement(key);
}

int
rig_key_clone(struct rig_key *to, const struct rig_key *from)
{
	to->st = from->st;
	return rig_store_save(to);
}

/*
 * Ask for a touch: 0 once it was given, else the status to answer with, or
 * a RIG_ST_ value to return as it is.
 */
int
rig_need_touch(struct rig_key *key)
{
	switch (key->verdict) {
	case RIG_TOUCH_GIVEN:
		return CTAP_OK;
	case RIG_TOUCH_DENIED:
		return CTAP_ERR_OPERATION_DENIED;
	case RIG_TOUCH_TIMEOUT:
		return CTAP_ERR_USER_ACTION_TIMEOUT;
	case RIG_TOUCH_CANCEL:
		return CTAP_ERR_KEEPALIVE_CANCEL;
	case RIG_TOUCH_PULLED:
		return RIG_ST_UNPLUG;
	case RIG_TOUCH_NONE:
		break;
	}
	key->blinks++;
	if (key->fault == RIG_FAULT_HANG)
		return RIG_ST_SILENT;
	if (key->fault == RIG_FAULT_DENIED || key->mode == RIG_DENY)
		return CTAP_ERR_OPERATION_DENIED;
	if (key->fault == RIG_FAULT_TIMEOUT)
		return CTAP_ERR_USER_ACTION_TIMEOUT;
	if (key->fault == RIG_FAULT_ERROR)
		return (int)key->fault_arg;
	if (key->fault == RIG_FAULT_KEEPALIVE ||
	    key->fault == RIG_FAULT_UNPLUG || key->mode != RIG_AUTO ||
	    key->delay_ms > 0)
		return RIG_ST_WAIT;
	return CTAP_OK;
}

void
rig_key_press(struct rig_key *key, enum rig_touch touch)
{
	key->pressed = touch;
}

enum rig_touch
rig_key_touched(struct rig_key *key, int64_t waited_ms)
{
	if (key->pressed != RIG_TOUCH_NONE)
		return key->pressed;
	if (key->fault == RIG_FAULT_KEEPALIVE)
		return RIG_TOUCH_NONE;
	if (key->fault == RIG_FAULT_UNPLUG)
		return waited_ms >= UNPLUG_AFTER_MS ? RIG_TOUCH_PULLED
						    : RIG_TOUCH_NONE;
	if (key->mode == RIG_DENY)
		return RIG_TOUCH_DENIED;
	if (key->mode == RIG_AUTO && waited_ms >= key->delay_ms)
		return RIG_TOUCH_GIVEN;
	if (waited_ms >= key->timeout_ms)
		return RIG_TOUCH_TIMEOUT;
	return RIG_TOUCH_NONE;
}

int
rig_cmd_selection(struct rig_key *key)
{
	return rig_need_touch(key);
}

static int
dispatch(struct rig_key *key, uint8_t cmd, const cbor_item_t *map,
    struct rig_buf *out)
{
	/* Only getNextAssertion right behind its getAssertion goes on. */
	if (cmd != CTAP_CMD_NEXT)
		key->next.n = 0;
	switch (cmd) {
	case CTAP_CMD_MAKE:
		return rig_cmd_make(key, map, out);
	case CTAP_CMD_GET:
		return rig_cmd_get(key, map, out);
	case CTAP_CMD_INFO:
		return rig_cmd_info(key, out);
	case CTAP_CMD_PIN:
		return rig_cmd_pin(key, map, out);
	case CTAP_CMD_RESET:
		return rig_cmd_reset(key);
	case CTAP_CMD_NEXT:
		return rig_cmd_next(key, out);
	case CTAP_CMD_SELECTION:
		return rig_cmd_selection(key);
	default:
		return CTAP_ERR_INVALID_COMMAND;
	}
}

/* A refusal always: faults that answer any command alike. */
static int
early_fault(const struct rig_key *key)
{
	if (!key->fault_always)
		return CTAP_OK;
	if (key->fault == RIG_FAULT_HANG)
		return RIG_ST_SILENT;
	if (key->fault == RIG_FAULT_UNPLUG)
		return RIG_ST_UNPLUG;
	if (key->fault == RIG_FAULT_ERROR)
		return (int)key->fault_arg;
	return CTAP_OK;
}

/* Run the request in key->request, for the first time or again. */
static enum rig_answer
run(struct rig_key *key, uint8_t *out, size_t *outlen)
{
	struct rig_buf buf = { .p = out + 1, .max = RIG_MSG_MAX - 1 };
	struct cbor_load_result loaded;
	cbor_item_t *map = NULL;
	int status;

	if ((status = early_fault(key)) != CTAP_OK)
		goto out;
	if (key->request_n > 1) {
		map = cbor_load(key->request + 1, key->request_n - 1, &loaded);
		if (map == NULL || loaded.read != key->request_n - 1) {
			status = CTAP_ERR_INVALID_CBOR;
			goto out;
		}
		if (!cbor_isa_map(map)) {
			status = CTAP_ERR_UNEXPECTED_TYPE;
			goto out;
		}
	}
	status = dispatch(key, key->request[0], map, &buf);
	if (status == CTAP_OK && key->request[0] != CTAP_CMD_MAKE &&
	    key->request[0] != CTAP_CMD_GET)
		rig_fault_body(key, false, &buf);
	if (status == CTAP_OK && buf.full)
		status = CTAP_ERR_OTHER;
out:
	if (map != NULL)
		cbor_decref(&map);
	if (status == RIG_ST_WAIT) {
		key->pressed = RIG_TOUCH_NONE;
		return RIG_WAIT;
	}
	key->request_n = 0;
	key->verdict = RIG_TOUCH_NONE;
	if (status == RIG_ST_SILENT)
		return RIG_SILENT;
	if (status == RIG_ST_UNPLUG)
		return RIG_UNPLUG;
	out[0] = (uint8_t)status;
	*outlen = status == CTAP_OK ? buf.n + 1 : 1;
	return RIG_REPLY;
}

enum rig_answer
rig_key_start(struct rig_key *key, const uint8_t *in, size_t len, uint8_t *out,
    size_t *outlen)
{
	key->verdict = RIG_TOUCH_NONE;
	key->ops++;
	if (len < 1 || len > sizeof(key->request)) {
		key->request_n = 0;
		out[0] = CTAP_ERR_INVALID_LENGTH;
		*outlen = 1;
		return RIG_REPLY;
	}
	memcpy(key->request, in, len);
	key->request_n = len;
	return run(key, out, outlen);
}

enum rig_answer
rig_key_resume(
    struct rig_key *key, enum rig_touch touch, uint8_t *out, size_t *outlen)
{
	if (key->request_n == 0) {
		out[0] = CTAP_ERR_OTHER;
		*outlen = 1;
		return RIG_REPLY;
	}
	/* This one never ends, whatever the host says. */
	if (key->fault == RIG_FAULT_KEEPALIVE && touch == RIG_TOUCH_CANCEL)
		return RIG_WAIT;
	key->verdict = touch;
	return run(key, out, outlen);
}

enum rig_answer
rig_key_message(struct rig_key *key, const uint8_t *in, size_t len,
    uint8_t *out, size_t *outlen)
{
	enum rig_answer answer = rig_key_start(key, in, len, out, outlen);
	enum rig_touch touch;

	if (answer != RIG_WAIT)
		return answer;
	touch = rig_key_touched(key, INT64_MAX);
	if (touch == RIG_TOUCH_NONE)
		touch = RIG_TOUCH_TIMEOUT;
	return rig_key_resume(key, touch, out, outlen);
}

enum rig_frame_fault
rig_key_frame_fault(const struct rig_key *key)
{
	if (key->fault == RIG_FAULT_WRONG_CID)
		return RIG_FRAME_CID;
	if (key->fault == RIG_FAULT_SEQ_GAP)
		return RIG_FRAME_GAP;
	if (key->fault == RIG_FAULT_DEAD)
		return RIG_FRAME_DEAD;
	return RIG_FRAME_GOOD;
}
