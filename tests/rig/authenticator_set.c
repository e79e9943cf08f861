/*
 * How a software key is told to behave, and what it tells about itself.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rig/authenticator_priv.h"

static const char *const modes[] = { "auto", "manual", "never", "deny", NULL };
static const char *const uvs[] = { "none", "unset", "good", "bad", NULL };
static const char *const whens[] = { "touch", "all", NULL };
static const char *const attests[] = { "self", "none", "basic", NULL };
static const char *const protocols[] = { "both", "1", NULL };
static const char *const noyes[] = { "0", "1", NULL };

/* The place of ${value} in a list; -1 if it is not there. */
static int
choice(const char *const *list, const char *value)
{
	for (int i = 0; list[i] != NULL; i++)
		if (strcmp(list[i], value) == 0)
			return i;
	return -1;
}

static int
number(const char *value, unsigned long max, unsigned long *n)
{
	char *end;
	unsigned long v = strtoul(value, &end, 0);

	if (*value < '0' || *value > '9' || *end != '\0' || v > max)
		return -1;
	*n = v;
	return 0;
}

/* Settings kept on disk, and times: 0, -1, or 1 for another name. */
static int
set_number(struct rig_key *key, const char *name, const char *value)
{
	unsigned long n;

	if (strcmp(name, "counter") == 0) {
		if (number(value, UINT32_MAX, &n) != 0)
			return -1;
		key->st.counter = (uint32_t)n;
		return rig_store_save(key);
	}
	if (strcmp(name, "pin_retries") == 0) {
		if (number(value, RIG_PIN_RETRIES, &n) != 0)
			return -1;
		key->st.pin_retries = (unsigned)n;
		return rig_store_save(key);
	}
	if (strcmp(name, "uv_retries") == 0) {
		if (number(value, RIG_UV_RETRIES, &n) != 0)
			return -1;
		key->st.uv_retries = (unsigned)n;
		return rig_store_save(key);
	}
	if (strcmp(name, "synced") == 0) {
		if (number(value, 1, &n) != 0)
			return -1;
		key->st.synced = n == 1;
		return rig_store_save(key);
	}
	if (strcmp(name, "make") == 0) {
		if (number(value, UINT8_MAX, &n) != 0)
			return -1;
		key->st.make = (uint8_t)n;
		return rig_store_save(key);
	}
	if (strcmp(name, "delay_ms") != 0 && strcmp(name, "timeout_ms") != 0)
		return 1;
	if (number(value, 3600000, &n) != 0)
		return -1;
	if (name[0] == 'd')
		key->delay_ms = (int64_t)n;
	else
		key->timeout_ms = (int64_t)n;
	return 0;
}

static int
set_switch(struct rig_key *key, const char *name, const char *value)
{
	const struct {
		const char *name;
		bool *where;
		const char *const *list;
	} switches[] = {
		{ "rk", &key->rk_option, noyes },
		{ "client_pin", &key->pin_option, noyes },
		{ "uv_token", &key->token_option, noyes },
		{ "always_uv", &key->always_uv, noyes },
		{ "make_uv_not_required", &key->make_uv_not_required, noyes },
		{ "pin_protocols", &key->protocol_1_only, protocols },
		{ "when", &key->fault_always, whens },
	};
	int i;

	for (size_t n = 0; n < sizeof(switches) / sizeof(switches[0]); n++) {
		if (strcmp(switches[n].name, name) != 0)
			continue;
		if ((i = choice(switches[n].list, value)) == -1)
			return -1;
		*switches[n].where = i == 1;
		return 0;
	}
	return -1;
}

int
rig_key_set(struct rig_key *key, const char *setting)
{
	const char *value = strchr(setting, '=');
	char name[32];
	int r;

	if (value == NULL || (size_t)(value - setting) >= sizeof(name))
		return -1;
	memcpy(name, setting, (size_t)(value - setting));
	name[value - setting] = '\0';
	value++;
	if (strcmp(name, "fault") == 0)
		return rig_fault_parse(value, &key->fault, &key->fault_arg);
	if (strcmp(name, "pin") == 0)
		return strlen(value) < 64 ? rig_pin_set(key, value) : -1;
	if (strcmp(name, "touch") == 0) {
		if ((r = choice(modes, value)) == -1)
			return -1;
		key->mode = (enum rig_mode)r;
		return 0;
	}
	if (strcmp(name, "uv") == 0) {
		if ((r = choice(uvs, value)) == -1)
			return -1;
		key->uv = (enum rig_uv)r;
		return 0;
	}
	if (strcmp(name, "attest") == 0) {
		if ((r = choice(attests, value)) == -1)
			return -1;
		key->attest = (enum rig_attest)r;
		return 0;
	}
	if ((r = set_number(key, name, value)) != 1)
		return r;
	return set_switch(key, name, value);
}

int
rig_key_status(const struct rig_key *key, char *text, size_t size)
{
	int n = snprintf(text, size,
	    "\"touch\":\"%s\",\"fault\":\"%s\",\"counter\":%lu,"
	    "\"pin\":%s,\"pin_retries\":%u,\"pin_wrong_in_a_row\":%u,"
	    "\"uv\":\"%s\",\"uv_retries\":%u,\"resident\":%zu,"
	    "\"ops\":%lu,\"assertions\":%lu,\"blinks\":%lu,\"waiting\":%s",
	    modes[key->mode], rig_fault_name(key),
	    (unsigned long)key->st.counter, key->st.has_pin ? "true" : "false",
	    key->st.pin_retries, key->pin_wrong, uvs[key->uv],
	    key->st.uv_retries, key->st.rk_n, key->ops, key->asserts,
	    key->blinks, key->request_n != 0 ? "true" : "false");

	return n < 0 || (size_t)n >= size ? -1 : 0;
}
