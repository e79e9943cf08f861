/*
 * The JSON of a line, read.
 *
 * 1. A member that is missing, unknown, twice there or of another type MUST be
 *    refused: what one reader skips, another one might obey.
 */
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/record/parts.h"
#include "lib/user.h"
#include "lib/utf8.h"

static const char *const type_name[] = { NULL, "genesis", "add-key",
	"remove-key", "rename-key", "suspend-key", "resume-key", "set-contacts",
	"replace-recovery", "recovery-start", "recovery-cancel",
	"recovery-finish", "lock", "unlock", "disable", "enable", "cancel" };
#define TYPES_N (sizeof(type_name) / sizeof(type_name[0]))

const char *
aas_type_name(unsigned type)
{
	return type < TYPES_N ? type_name[type] : NULL;
}

int
aas_type_brings_keys(enum aas_type type)
{
	return type == AAS_T_GENESIS || type == AAS_T_ADD_KEY ||
	    type == AAS_T_RECOVERY_FINISH;
}

static int
cred_parse(json_t *j, const char *prefix, const char *realm, struct aas_cred *c)
{
	struct aas_obj o;
	size_t n = strlen(prefix);

	if (aas_obj_open(&o, j))
		return AAS_ERR_FORMAT;
	memcpy(c->rp, prefix, n);
	memcpy(c->rp + n, realm, strlen(realm) + 1);
	c->id_len = (uint16_t)aas_obj_bin(&o, "id", c->id, sizeof(c->id));
	c->alg = (int32_t)aas_obj_int(&o, "alg", AAS_ALG_EDDSA, AAS_ALG_ES256);
	c->pk_len = (uint16_t)aas_obj_bin(&o, "pk", c->pk, sizeof(c->pk));
	if (c->pk_len != (c->alg == AAS_ALG_ES256 ? 64 : 32))
		o.bad = 1;
	return aas_obj_close(&o);
}

int
aas_label_valid(const char *s)
{
	size_t len = strlen(s);
	uint32_t cp = 0;

	if (len == 0 || len >= AAS_LABEL_MAX || s[0] == ' ' ||
	    s[len - 1] == ' ')
		return 0;
	while (*s != '\0') {
		size_t n = aas_utf8_next(s, strlen(s), &cp);

		if (n == 0 || !aas_utf8_plain(cp) || cp == '"' || cp == '\'')
			return 0;
		s += n;
	}
	return 1;
}

static int
key_parse(json_t *j, const char *realm, struct aas_key *k)
{
	struct aas_obj o;
	json_t *b = NULL;

	if (aas_obj_open(&o, j))
		return AAS_ERR_FORMAT;
	aas_obj_str(&o, "label", k->label, sizeof(k->label));
	if (o.bad || !aas_label_valid(k->label) ||
	    cred_parse(aas_obj_member(&o, "cred"), "", realm, &k->login) !=
		AAS_OK)
		return AAS_ERR_FORMAT;
	if (aas_obj_has(&o, "ssh") &&
	    cred_parse(aas_obj_member(&o, "ssh"), "ssh:", realm, &k->ssh) !=
		AAS_OK)
		return AAS_ERR_FORMAT;
	aas_obj_bin_exact(&o, "aaguid", k->aaguid, sizeof(k->aaguid));
	k->transports = (uint8_t)aas_obj_int(&o, "transports", 0, 15);
	k->backup = (uint8_t)aas_obj_int(&o, "backup", 0, AAS_BE | AAS_BS);
	if (k->backup != 0 && k->backup != AAS_BE &&
	    k->backup != (AAS_BE | AAS_BS))
		o.bad = 1;
	b = aas_obj_member(&o, "roaming");
	if (!json_is_boolean(b))
		o.bad = 1;
	k->roaming = json_is_true(b);
	k->counter = (uint32_t)aas_obj_int(&o, "counter", 0, UINT32_MAX);
	return aas_obj_close(&o);
}

static void
get_keys(struct aas_obj *o, size_t max, struct aas_entry *e)
{
	json_t *a = NULL;
	size_t n = aas_obj_array(o, "keys", max, &a);

	for (size_t i = 0; i < n && !o->bad; i++)
		if (key_parse(json_array_get(a, i), e->realm, &e->keys[i]) !=
		    AAS_OK)
			o->bad = 1;
	e->keys_n = (uint8_t)n;
}

static void
get_recovery(struct aas_obj *o, struct aas_entry *e)
{
	json_t *a = NULL;
	size_t n = aas_obj_array(o, "recovery", AAS_RECOVERY_MAX, &a);

	for (size_t i = 0; i < n && !o->bad; i++) {
		json_t *j = json_array_get(a, i);
		const char *s = json_string_value(j);
		size_t got = 0;

		if (s == NULL ||
		    aas_b64_parse(s, json_string_length(j), e->recovery[i], 32,
			&got) != AAS_OK ||
		    got != 32)
			o->bad = 1;
	}
	e->recovery_n = (uint8_t)n;
}

static int
contact_valid(const char *s)
{
	uint32_t cp = 0;

	if (*s == '\0')
		return 0;
	while (*s != '\0') {
		size_t n = aas_utf8_next(s, strlen(s), &cp);

		if (n == 0 || !aas_utf8_plain(cp))
			return 0;
		s += n;
	}
	return 1;
}

int
aas_words_valid(const char *s)
{
	return strlen(s) < AAS_WORDS_MAX && (*s == '\0' || contact_valid(s));
}

/* Both members may be missing; what is there says something. */
static void
get_lock(struct aas_obj *o, struct aas_entry *e)
{
	json_t *end = NULL;

	if (aas_obj_has(o, "end")) {
		end = aas_obj_member(o, "end");
		if (!json_is_true(end))
			o->bad = 1;
		e->end = 1;
	}
	if (aas_obj_has(o, "why")) {
		aas_obj_str(o, "why", e->why, sizeof(e->why));
		if (o->bad || e->why[0] == '\0' || !aas_words_valid(e->why))
			o->bad = 1;
	}
}

static void
get_contacts(struct aas_obj *o, struct aas_entry *e)
{
	json_t *a = aas_obj_member(o, "contacts");
	size_t n = json_array_size(a);

	if (!json_is_array(a) || n > 8) {
		o->bad = 1;
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (aas_json_str(json_array_get(a, i), e->contacts[i],
			sizeof(e->contacts[i])) != AAS_OK ||
		    !contact_valid(e->contacts[i]))
			o->bad = 1;
	e->contacts_n = (uint8_t)n;
}

static void
get_fields(struct aas_obj *o, struct aas_entry *e)
{
	switch (e->type) {
	case AAS_T_GENESIS:
		get_keys(o, AAS_KEYS_MAX, e);
		if (aas_obj_has(o, "recovery"))
			get_recovery(o, e);
		e->recovery_wait_s = aas_obj_int(o, "recovery_wait_s",
		    AAS_RECOVERY_WAIT_MIN, AAS_RECOVERY_WAIT_MAX);
		break;
	case AAS_T_ADD_KEY:
		get_keys(o, 1, e);
		break;
	case AAS_T_RECOVERY_FINISH:
		get_keys(o, AAS_KEYS_MAX, e);
		get_recovery(o, e);
		break;
	case AAS_T_RENAME_KEY:
		aas_obj_str(o, "label", e->label, sizeof(e->label));
		if (o->bad || !aas_label_valid(e->label))
			o->bad = 1;
		aas_obj_hex(o, "key", e->key);
		break;
	case AAS_T_REMOVE_KEY:
	case AAS_T_SUSPEND_KEY:
	case AAS_T_RESUME_KEY:
		aas_obj_hex(o, "key", e->key);
		break;
	case AAS_T_SET_CONTACTS:
		get_contacts(o, e);
		break;
	case AAS_T_REPLACE_RECOVERY:
		get_recovery(o, e);
		break;
	case AAS_T_CANCEL:
		aas_obj_hex(o, "entry", e->entry);
		break;
	case AAS_T_LOCK:
		get_lock(o, e);
		break;
	case AAS_T_RECOVERY_START:
	case AAS_T_RECOVERY_CANCEL:
	case AAS_T_UNLOCK:
	case AAS_T_DISABLE:
	case AAS_T_ENABLE:
		break;
	default:
		o->bad = 1;
	}
}

static int
realm_valid(const char *s)
{
	if (*s == '\0' || *s == '.' || *s == '-')
		return 0;
	for (; *s != '\0'; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') &&
		    *s != '.' && *s != '-')
			return 0;
	return 1;
}

static int
host_valid(const char *s)
{
	if (*s == '\0')
		return 0;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return 0;
	return 1;
}

static void
get_common(struct aas_obj *o, struct aas_entry *e)
{
	char text[64];

	e->seq = (uint64_t)aas_obj_int(o, "seq", 1, INT32_MAX);
	aas_obj_hex(o, "prev", e->prev);
	aas_obj_str(o, "user", e->user, sizeof(e->user));
	e->uid = (uint32_t)aas_obj_int(o, "uid", 0, UINT32_MAX - 1);
	aas_obj_str(o, "realm", e->realm, sizeof(e->realm));
	aas_obj_str(o, "host", e->host, sizeof(e->host));
	aas_obj_str(o, "time", text, sizeof(text));
	if (o->bad)
		return;
	if (!aas_user_valid(e->user) || !realm_valid(e->realm) ||
	    !host_valid(e->host) || aas_clock_parse(text, &e->time_s) != AAS_OK)
		o->bad = 1;
	aas_obj_str(o, "type", text, sizeof(text));
	for (unsigned i = 1; !o->bad && i < TYPES_N; i++)
		if (strcmp(text, type_name[i]) == 0)
			e->type = (enum aas_type)i;
	if (e->type == 0)
		o->bad = 1;
}

int
aas_payload_parse(const char *json, size_t len, struct aas_entry *e)
{
	struct aas_obj o;
	json_t *j = aas_json_load(json, len);
	int r = AAS_ERR_FORMAT;

	if (j != NULL && !aas_obj_open(&o, j)) {
		get_common(&o, e);
		if (!o.bad)
			get_fields(&o, e);
		r = aas_obj_close(&o);
	}
	json_decref(j);
	return r;
}

static int
fido_parse(json_t *j, struct aas_proof *pf)
{
	struct aas_obj o;

	if (aas_obj_open(&o, j))
		return AAS_ERR_FORMAT;
	pf->id_len = (uint16_t)aas_obj_bin(&o, "id", pf->id, sizeof(pf->id));
	pf->auth_len =
	    (uint16_t)aas_obj_bin(&o, "auth", pf->auth, sizeof(pf->auth));
	pf->sig_len =
	    (uint16_t)aas_obj_bin(&o, "sig", pf->sig, sizeof(pf->sig));
	return aas_obj_close(&o);
}

int
aas_proofs_parse(const char *json, size_t len, struct aas_line *l)
{
	struct aas_obj o = { .bad = 1 };
	struct aas_obj ro;
	json_t *a = NULL;
	json_t *j = aas_json_load(json, len);
	int r = AAS_ERR_FORMAT;

	if (j == NULL || aas_obj_open(&o, j))
		goto out;
	a = aas_obj_member(&o, "fido");
	l->proofs_n = json_array_size(a);
	if (!json_is_array(a) || l->proofs_n > AAS_PROOFS_MAX)
		goto out;
	for (size_t i = 0; i < l->proofs_n; i++)
		if (fido_parse(json_array_get(a, i), &l->proofs[i]) != AAS_OK)
			goto out;
	if (aas_obj_has(&o, "recovery")) {
		l->has_recovery = 1;
		if (aas_obj_array(&o, "recovery", 1, &a) != 1 ||
		    aas_obj_open(&ro, json_array_get(a, 0)))
			goto out;
		aas_obj_bin_exact(&ro, "pub", l->rpub, 32);
		aas_obj_bin_exact(&ro, "sig", l->rsig, 64);
		if (aas_obj_close(&ro) != AAS_OK)
			goto out;
	}
	r = aas_obj_close(&o);
out:
	json_decref(j);
	return r;
}
