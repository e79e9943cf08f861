/*
 * One user's state as a JSON object, for aasd and for root's aasctl.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/enroll/shadow.h"
#include "policy/signin/signin.h"
#include "tools/status.h"

static void
hex(const uint8_t id[32], char dst[65])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(dst + 2 * i, 3, "%02x", id[i]);
}

/* As aas-policy(5) spells it. */
static void
make(const uint8_t aaguid[16], char dst[37])
{
	for (size_t i = 0, n = 0; i < 16; i++)
		n += (size_t)snprintf(dst + n, 37 - n, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		    aaguid[i]);
}

static json_t *
key_json(const struct aas_key *k)
{
	uint8_t id[32] = { 0 };
	char text[65], aaguid[37];

	if (aas_key_id(&k->login, id) != AAS_OK)
		return NULL;
	hex(id, text);
	make(k->aaguid, aaguid);
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:I, s:s, s:b}", "name",
	    k->label, "id", text, "active", !k->suspended && !k->held, "held",
	    k->held, "ssh", k->ssh.id_len > 0, "added_seq",
	    (json_int_t)k->added_seq, "aaguid", aaguid, "device_bound",
	    (k->backup & AAS_BE) == 0);
}

static json_t *
keys_json(const struct aas_record *rec)
{
	json_t *keys = json_array();

	for (size_t i = 0; rec != NULL && i < rec->keys_n; i++) {
		if (json_array_append_new(keys, key_json(&rec->keys[i])) != 0) {
			json_decref(keys);
			return NULL;
		}
	}
	return keys;
}

const char *
aas_status_training(unsigned state, int by_policy)
{
	return by_policy || !aas_signin_keyless(state) ? "excluded"
						       : "undeclared";
}

/* Entries that are held, by their numbers, for who cancels one. */
static json_t *
held_json(const struct aas_record *rec)
{
	json_t *list = json_array();

	for (unsigned i = 0; rec != NULL && i < rec->pending_n; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:I, s:s}", "entry",
			(json_int_t)rec->pending[i].seq, "type",
			aas_type_name(rec->pending[i].type)));
	return list;
}

/* When and why it was locked, as its owner signed it. */
static void
add_lock(json_t *obj, const struct aas_record *rec)
{
	char time[AAS_CLOCK_TEXT];

	if (obj == NULL || rec == NULL || !rec->locked)
		return;
	aas_clock_format(rec->locked_s, time);
	(void)json_object_set_new(obj, "locked_since", json_string(time));
	(void)json_object_set_new(
	    obj, "locked_why", json_string(rec->locked_why));
}

int
aas_status_json(struct aas_store *store, const struct aas_user *u,
    const struct aas_now *now, json_t **obj)
{
	struct aas_index *ix = calloc(1, sizeof(*ix));
	struct aas_record *rec = NULL;
	unsigned why = AAS_WHY_SYSTEM;
	int locked = 0;
	int r = AAS_ERR_NOMEM;

	if (ix == NULL)
		return r;
	r = aas_store_load(store, u->uid, u->name, now, &rec, ix, &why);
	if (r == AAS_ERR_NOTFOUND)
		ix->state = AAS_ST_NONE;
	else if (r != AAS_OK)
		ix->state = AAS_ST_BROKEN;
	if (aas_shadow_locked(u->name, &locked) != AAS_OK)
		locked = 0;
	*obj =
	    json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:i, s:b, s:s, s:o}",
		"user", u->name, "uid", (json_int_t)u->uid, "state",
		aas_state_name(ix->state), "reason", aas_reason_code(why),
		"realm", rec != NULL ? rec->realm : "", "deadline",
		(json_int_t)ix->deadline_s, "seq",
		(json_int_t)(rec != NULL ? rec->pin.seq : 0), "recovery_keys",
		rec != NULL ? rec->recovery_n : 0, "password_locked", locked,
		"training", aas_status_training(ix->state, 0), "keys",
		keys_json(rec));
	add_lock(*obj, rec);
	if (*obj != NULL)
		(void)json_object_set_new(*obj, "held", held_json(rec));
	r = *obj != NULL ? AAS_OK : AAS_ERR_NOMEM;
	aas_record_free(&rec);
	free(ix);
	return r;
}
