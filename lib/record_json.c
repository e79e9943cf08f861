/*
 * The JSON of a line, read.
 *
 * 1. A member that is missing, unknown, twice there or of another type MUST be
 *    refused: what one reader skips, another one might obey.
 * 2. Depth and size MUST be bounded before the library sees the text.
 */
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/record_parts.h"
#include "lib/user.h"
#include "lib/utf8.h"

#define DEPTH_MAX 5

/* One object; sticky: after the first fault every later read fails. */
struct obj {
	json_t *o;
	size_t seen; /* members asked for and found */
	int bad;
};

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

int
aas_json_bounded(const char *json, size_t len)
{
	unsigned depth = 0;
	int quoted = 0;

	if (len == 0 || len > AAS_LINE_MAX || json[0] != '{')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (quoted) {
			if (json[i] == '\\')
				i++;
			else if (json[i] == '"')
				quoted = 0;
		} else if (json[i] == '"') {
			quoted = 1;
		} else if (json[i] == '{' || json[i] == '[') {
			if (++depth > DEPTH_MAX)
				return 0;
		} else if (json[i] == '}' || json[i] == ']') {
			if (depth-- == 0)
				return 0;
		}
	}
	return depth == 0 && !quoted;
}

static int
open_obj(struct obj *o, json_t *j)
{
	o->o = j;
	o->seen = 0;
	o->bad = !json_is_object(j);
	return o->bad;
}

/* The object must hold nothing that was not asked for. */
static int
close_obj(const struct obj *o)
{
	return o->bad || json_object_size(o->o) != o->seen ? AAS_ERR_FORMAT
							   : AAS_OK;
}

static json_t *
member(struct obj *o, const char *name)
{
	json_t *j = o->bad ? NULL : json_object_get(o->o, name);

	if (j == NULL)
		o->bad = 1;
	else
		o->seen++;
	return j;
}

static int
has(const struct obj *o, const char *name)
{
	return !o->bad && json_object_get(o->o, name) != NULL;
}

static int
copy_str(json_t *j, char *dst, size_t cap)
{
	const char *s = json_string_value(j);

	if (s == NULL || json_string_length(j) >= cap ||
	    strlen(s) != json_string_length(j))
		return AAS_ERR_FORMAT;
	memcpy(dst, s, json_string_length(j) + 1);
	return AAS_OK;
}

static void
get_str(struct obj *o, const char *name, char *dst, size_t cap)
{
	json_t *j = member(o, name);

	if (j != NULL && copy_str(j, dst, cap) != AAS_OK)
		o->bad = 1;
}

static int64_t
get_int(struct obj *o, const char *name, int64_t min, int64_t max)
{
	json_t *j = member(o, name);

	if (j == NULL || !json_is_integer(j) || json_integer_value(j) < min ||
	    json_integer_value(j) > max) {
		o->bad = 1;
		return 0;
	}
	return json_integer_value(j);
}

static void
get_hex(struct obj *o, const char *name, uint8_t dst[32])
{
	char s[65];

	get_str(o, name, s, sizeof(s));
	if (!o->bad && aas_hex_parse(s, dst, 32) != AAS_OK)
		o->bad = 1;
}

/* base64 of 1 to ${cap} bytes. */
static size_t
get_bin(struct obj *o, const char *name, void *dst, size_t cap)
{
	json_t *j = member(o, name);
	const char *s = json_string_value(j);
	size_t n = 0;

	if (s == NULL ||
	    aas_b64_parse(s, json_string_length(j), dst, cap, &n) != AAS_OK ||
	    n == 0)
		o->bad = 1;
	return o->bad ? 0 : n;
}

static void
get_bin_exact(struct obj *o, const char *name, void *dst, size_t len)
{
	if (get_bin(o, name, dst, len) != len)
		o->bad = 1;
}

static int
cred_parse(json_t *j, const char *prefix, const char *realm, struct aas_cred *c)
{
	struct obj o;
	size_t n = strlen(prefix);

	if (open_obj(&o, j))
		return AAS_ERR_FORMAT;
	memcpy(c->rp, prefix, n);
	memcpy(c->rp + n, realm, strlen(realm) + 1);
	c->id_len = (uint16_t)get_bin(&o, "id", c->id, sizeof(c->id));
	c->alg = (int32_t)get_int(&o, "alg", AAS_ALG_EDDSA, AAS_ALG_ES256);
	c->pk_len = (uint16_t)get_bin(&o, "pk", c->pk, sizeof(c->pk));
	if (c->pk_len != (c->alg == AAS_ALG_ES256 ? 64 : 32))
		o.bad = 1;
	return close_obj(&o);
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
	struct obj o;
	json_t *b = NULL;

	if (open_obj(&o, j))
		return AAS_ERR_FORMAT;
	get_str(&o, "label", k->label, sizeof(k->label));
	if (o.bad || !aas_label_valid(k->label) ||
	    cred_parse(member(&o, "cred"), "", realm, &k->login) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (has(&o, "ssh") &&
	    cred_parse(member(&o, "ssh"), "ssh:", realm, &k->ssh) != AAS_OK)
		return AAS_ERR_FORMAT;
	get_bin_exact(&o, "aaguid", k->aaguid, sizeof(k->aaguid));
	k->transports = (uint8_t)get_int(&o, "transports", 0, 15);
	k->backup = (uint8_t)get_int(&o, "backup", 0, AAS_BE | AAS_BS);
	if (k->backup != 0 && k->backup != AAS_BE &&
	    k->backup != (AAS_BE | AAS_BS))
		o.bad = 1;
	b = member(&o, "roaming");
	if (!json_is_boolean(b))
		o.bad = 1;
	k->roaming = json_is_true(b);
	k->counter = (uint32_t)get_int(&o, "counter", 0, UINT32_MAX);
	return close_obj(&o);
}

/* An array of 1 to ${max} members. */
static size_t
get_array(struct obj *o, const char *name, size_t max, json_t **a)
{
	*a = member(o, name);
	if (!json_is_array(*a) || json_array_size(*a) == 0 ||
	    json_array_size(*a) > max)
		o->bad = 1;
	return o->bad ? 0 : json_array_size(*a);
}

static void
get_keys(struct obj *o, size_t max, struct aas_entry *e)
{
	json_t *a = NULL;
	size_t n = get_array(o, "keys", max, &a);

	for (size_t i = 0; i < n && !o->bad; i++)
		if (key_parse(json_array_get(a, i), e->realm, &e->keys[i]) !=
		    AAS_OK)
			o->bad = 1;
	e->keys_n = (uint8_t)n;
}

static void
get_recovery(struct obj *o, struct aas_entry *e)
{
	json_t *a = NULL;
	size_t n = get_array(o, "recovery", AAS_RECOVERY_MAX, &a);

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

static void
get_contacts(struct obj *o, struct aas_entry *e)
{
	json_t *a = member(o, "contacts");
	size_t n = json_array_size(a);

	if (!json_is_array(a) || n > 8) {
		o->bad = 1;
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (copy_str(json_array_get(a, i), e->contacts[i],
			sizeof(e->contacts[i])) != AAS_OK ||
		    !contact_valid(e->contacts[i]))
			o->bad = 1;
	e->contacts_n = (uint8_t)n;
}

static void
get_fields(struct obj *o, struct aas_entry *e)
{
	switch (e->type) {
	case AAS_T_GENESIS:
		get_keys(o, AAS_KEYS_MAX, e);
		if (has(o, "recovery"))
			get_recovery(o, e);
		e->recovery_wait_s = get_int(o, "recovery_wait_s",
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
		get_str(o, "label", e->label, sizeof(e->label));
		if (o->bad || !aas_label_valid(e->label))
			o->bad = 1;
		get_hex(o, "key", e->key);
		break;
	case AAS_T_REMOVE_KEY:
	case AAS_T_SUSPEND_KEY:
	case AAS_T_RESUME_KEY:
		get_hex(o, "key", e->key);
		break;
	case AAS_T_SET_CONTACTS:
		get_contacts(o, e);
		break;
	case AAS_T_REPLACE_RECOVERY:
		get_recovery(o, e);
		break;
	case AAS_T_CANCEL:
		get_hex(o, "entry", e->entry);
		break;
	case AAS_T_RECOVERY_START:
	case AAS_T_RECOVERY_CANCEL:
	case AAS_T_LOCK:
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
get_common(struct obj *o, struct aas_entry *e)
{
	char text[64];

	e->seq = (uint64_t)get_int(o, "seq", 1, INT32_MAX);
	get_hex(o, "prev", e->prev);
	get_str(o, "user", e->user, sizeof(e->user));
	e->uid = (uint32_t)get_int(o, "uid", 0, UINT32_MAX - 1);
	get_str(o, "realm", e->realm, sizeof(e->realm));
	get_str(o, "host", e->host, sizeof(e->host));
	get_str(o, "time", text, sizeof(text));
	if (o->bad)
		return;
	if (!aas_user_valid(e->user) || !realm_valid(e->realm) ||
	    !host_valid(e->host) || aas_clock_parse(text, &e->time_s) != AAS_OK)
		o->bad = 1;
	get_str(o, "type", text, sizeof(text));
	for (unsigned i = 1; !o->bad && i < TYPES_N; i++)
		if (strcmp(text, type_name[i]) == 0)
			e->type = (enum aas_type)i;
	if (e->type == 0)
		o->bad = 1;
}

static json_t *
load(const char *json, size_t len)
{
	if (!aas_json_bounded(json, len))
		return NULL;
	return json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
}

int
aas_payload_parse(const char *json, size_t len, struct aas_entry *e)
{
	struct obj o;
	json_t *j = load(json, len);
	int r = AAS_ERR_FORMAT;

	memset(e, 0, sizeof(*e));
	if (j != NULL && !open_obj(&o, j)) {
		get_common(&o, e);
		if (!o.bad)
			get_fields(&o, e);
		r = close_obj(&o);
	}
	json_decref(j);
	return r;
}

static int
fido_parse(json_t *j, struct aas_proof *pf)
{
	struct obj o;

	if (open_obj(&o, j))
		return AAS_ERR_FORMAT;
	pf->id_len = (uint16_t)get_bin(&o, "id", pf->id, sizeof(pf->id));
	pf->auth_len =
	    (uint16_t)get_bin(&o, "auth", pf->auth, sizeof(pf->auth));
	pf->sig_len = (uint16_t)get_bin(&o, "sig", pf->sig, sizeof(pf->sig));
	return close_obj(&o);
}

int
aas_proofs_parse(const char *json, size_t len, struct aas_line *l)
{
	struct obj o = { .bad = 1 };
	struct obj ro;
	json_t *a = NULL;
	json_t *j = load(json, len);
	int r = AAS_ERR_FORMAT;

	if (j == NULL || open_obj(&o, j))
		goto out;
	a = member(&o, "fido");
	l->proofs_n = json_array_size(a);
	if (!json_is_array(a) || l->proofs_n > AAS_PROOFS_MAX)
		goto out;
	for (size_t i = 0; i < l->proofs_n; i++)
		if (fido_parse(json_array_get(a, i), &l->proofs[i]) != AAS_OK)
			goto out;
	if (has(&o, "recovery")) {
		l->has_recovery = 1;
		if (get_array(&o, "recovery", 1, &a) != 1 ||
		    open_obj(&ro, json_array_get(a, 0)))
			goto out;
		get_bin_exact(&ro, "pub", l->rpub, 32);
		get_bin_exact(&ro, "sig", l->rsig, 64);
		if (close_obj(&ro) != AAS_OK)
			goto out;
	}
	r = close_obj(&o);
out:
	json_decref(j);
	return r;
}
