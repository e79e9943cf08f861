/*
 * One user's state as a JSON object, for aasd and for root's aasctl.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/enroll/shadow.h"
#include "tools/status.h"

static void
hex(const uint8_t id[32], char dst[65])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(dst + 2 * i, 3, "%02x", id[i]);
}

static json_t *
key_json(const struct aas_key *k)
{
	uint8_t id[32] = { 0 };
	char text[65];

	if (aas_key_id(&k->login, id) != AAS_OK)
		return NULL;
	hex(id, text);
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:I}", "name", k->label,
	    "id", text, "active", !k->suspended && !k->held, "held", k->held,
	    "ssh", k->ssh.id_len > 0, "added_seq", (json_int_t)k->added_seq);
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
	*obj = json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:i, s:b, s:o}",
	    "user", u->name, "uid", (json_int_t)u->uid, "state",
	    aas_state_name(ix->state), "reason", aas_reason_code(why), "realm",
	    rec != NULL ? rec->realm : "", "deadline",
	    (json_int_t)ix->deadline_s, "seq",
	    (json_int_t)(rec != NULL ? rec->pin.seq : 0), "recovery_keys",
	    rec != NULL ? rec->recovery_n : 0, "password_locked", locked,
	    "keys", keys_json(rec));
	r = *obj != NULL ? AAS_OK : AAS_ERR_NOMEM;
	aas_record_free(&rec);
	free(ix);
	return r;
}
