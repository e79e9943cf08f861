/*
 * The payload of an entry, written.
 *
 * 1. What is written MUST read back as the same entry, or it is not given out:
 *    somebody is about to sign it.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/assertion.h"
#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/record/parts.h"

/*
 * jansson takes NULL values as a failure and frees what it is given, so a
 * whole object is built without a check in between; ${bad} keeps the result.
 */
static void
put(json_t *o, const char *name, json_t *v, int *bad)
{
	if (json_object_set_new(o, name, v) == -1)
		*bad = 1;
}

static json_t *
bin(const void *p, size_t len)
{
	char s[AAS_B64_TEXT(AAS_CRED_MAX)];

	if (len > AAS_CRED_MAX)
		return NULL;
	aas_b64_format(p, len, s);
	return json_string(s);
}

static json_t *
hex(const uint8_t p[32])
{
	char s[65];

	aas_hex_format(p, 32, s);
	return json_string(s);
}

static json_t *
cred(const struct aas_cred *c, int *bad)
{
	json_t *o = json_object();

	put(o, "id", bin(c->id, c->id_len), bad);
	put(o, "alg", json_integer(c->alg), bad);
	put(o, "pk", bin(c->pk, c->pk_len), bad);
	return o;
}

static json_t *
keys(const struct aas_entry *e, int *bad)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < e->keys_n; i++) {
		const struct aas_key *k = &e->keys[i];
		json_t *o = json_object();

		put(o, "label", json_string(k->label), bad);
		put(o, "cred", cred(&k->login, bad), bad);
		if (k->ssh.id_len > 0)
			put(o, "ssh", cred(&k->ssh, bad), bad);
		put(o, "aaguid", bin(k->aaguid, sizeof(k->aaguid)), bad);
		put(o, "transports", json_integer(k->transports), bad);
		put(o, "backup", json_integer(k->backup), bad);
		put(o, "roaming", json_boolean(k->roaming), bad);
		put(o, "counter", json_integer(k->counter), bad);
		if (json_array_append_new(a, o) == -1)
			*bad = 1;
	}
	return a;
}

static json_t *
recovery(const struct aas_entry *e, int *bad)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < e->recovery_n; i++)
		if (json_array_append_new(a, bin(e->recovery[i], 32)) == -1)
			*bad = 1;
	return a;
}

static json_t *
contacts(const struct aas_entry *e, int *bad)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < e->contacts_n; i++)
		if (json_array_append_new(a, json_string(e->contacts[i])) == -1)
			*bad = 1;
	return a;
}

static void
put_common(json_t *o, const struct aas_entry *e, int *bad)
{
	const char *type = aas_type_name(e->type);
	char time[AAS_CLOCK_TEXT];

	aas_clock_format(e->time_s, time);
	put(o, "seq", json_integer((json_int_t)e->seq), bad);
	put(o, "prev", hex(e->prev), bad);
	put(o, "user", json_string(e->user), bad);
	put(o, "uid", json_integer(e->uid), bad);
	put(o, "realm", json_string(e->realm), bad);
	put(o, "time", json_string(time), bad);
	put(o, "host", json_string(e->host), bad);
	put(o, "type", type == NULL ? NULL : json_string(type), bad);
}

static void
put_fields(json_t *o, const struct aas_entry *e, int *bad)
{
	if (aas_type_brings_keys(e->type))
		put(o, "keys", keys(e, bad), bad);
	switch ((unsigned)e->type) {
	case AAS_T_GENESIS:
		if (e->recovery_n > 0)
			put(o, "recovery", recovery(e, bad), bad);
		put(o, "recovery_wait_s", json_integer(e->recovery_wait_s),
		    bad);
		break;
	case AAS_T_RECOVERY_FINISH:
	case AAS_T_REPLACE_RECOVERY:
		put(o, "recovery", recovery(e, bad), bad);
		break;
	case AAS_T_RENAME_KEY:
		put(o, "key", hex(e->key), bad);
		put(o, "label", json_string(e->label), bad);
		break;
	case AAS_T_REMOVE_KEY:
	case AAS_T_SUSPEND_KEY:
	case AAS_T_RESUME_KEY:
		put(o, "key", hex(e->key), bad);
		break;
	case AAS_T_SET_CONTACTS:
		put(o, "contacts", contacts(e, bad), bad);
		break;
	case AAS_T_CANCEL:
		put(o, "entry", hex(e->entry), bad);
		break;
	case AAS_T_LOCK:
		if (e->end)
			put(o, "end", json_true(), bad);
		if (e->why[0] != '\0')
			put(o, "why", json_string(e->why), bad);
		break;
	default:
		break;
	}
}

int
aas_entry_payload(const struct aas_entry *e, char **json)
{
	struct aas_entry *back = calloc(1, sizeof(*back));
	json_t *o = json_object();
	char *s = NULL;
	int bad = 0;
	int r = AAS_ERR_NOMEM;

	if (back == NULL || o == NULL)
		goto out;
	r = AAS_ERR_INVAL;
	if (e->keys_n > AAS_KEYS_MAX || e->recovery_n > AAS_RECOVERY_MAX ||
	    e->contacts_n > 8)
		goto out;
	put_common(o, e, &bad);
	put_fields(o, e, &bad);
	if (bad || (s = json_dumps(o, JSON_COMPACT)) == NULL)
		goto out;
	if (aas_payload_parse(s, strlen(s), back) != AAS_OK)
		goto out;
	*json = s;
	s = NULL;
	r = AAS_OK;
out:
	free(s);
	free(back);
	json_decref(o);
	return r;
}

int
aas_key_id(const struct aas_cred *c, uint8_t id[32])
{
	if (c->id_len == 0 || c->id_len > sizeof(c->id))
		return AAS_ERR_INVAL;
	return aas_sha256(c->id, c->id_len, NULL, 0, NULL, 0, id);
}
