/*
 * JSON read strictly: what is there must have been asked for.
 *
 * 1. Depth and size MUST be bounded before the library sees the text.
 * 2. A member that is missing, unknown, twice there or of another type MUST
 *    make the whole object unusable.
 */
#include <string.h>

#include <jansson.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/json.h"

#define DEPTH_MAX 5

int
aas_json_bounded(const char *json, size_t len)
{
	unsigned depth = 0;
	int quoted = 0;

	if (len == 0 || len > AAS_JSON_MAX || json[0] != '{')
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

int
aas_obj_open(struct aas_obj *o, json_t *j)
{
	o->o = j;
	o->seen = 0;
	o->bad = !json_is_object(j);
	return o->bad;
}

int
aas_obj_close(const struct aas_obj *o)
{
	return o->bad || json_object_size(o->o) != o->seen ? AAS_ERR_FORMAT
							   : AAS_OK;
}

json_t *
aas_obj_member(struct aas_obj *o, const char *name)
{
	json_t *j = o->bad ? NULL : json_object_get(o->o, name);

	if (j == NULL)
		o->bad = 1;
	else
		o->seen++;
	return j;
}

int
aas_obj_has(const struct aas_obj *o, const char *name)
{
	return !o->bad && json_object_get(o->o, name) != NULL;
}

int
aas_json_str(json_t *j, char *dst, size_t cap)
{
	const char *s = json_string_value(j);

	if (s == NULL || json_string_length(j) >= cap ||
	    strlen(s) != json_string_length(j))
		return AAS_ERR_FORMAT;
	memcpy(dst, s, json_string_length(j) + 1);
	return AAS_OK;
}

void
aas_obj_str(struct aas_obj *o, const char *name, char *dst, size_t cap)
{
	json_t *j = aas_obj_member(o, name);

	if (j != NULL && aas_json_str(j, dst, cap) != AAS_OK)
		o->bad = 1;
}

int64_t
aas_obj_int(struct aas_obj *o, const char *name, int64_t min, int64_t max)
{
	json_t *j = aas_obj_member(o, name);

	if (j == NULL || !json_is_integer(j) || json_integer_value(j) < min ||
	    json_integer_value(j) > max) {
		o->bad = 1;
		return 0;
	}
	return json_integer_value(j);
}

void
aas_obj_hex(struct aas_obj *o, const char *name, uint8_t dst[32])
{
	char s[65];

	aas_obj_str(o, name, s, sizeof(s));
	if (!o->bad && aas_hex_parse(s, dst, 32) != AAS_OK)
		o->bad = 1;
}

size_t
aas_obj_bin(struct aas_obj *o, const char *name, void *dst, size_t cap)
{
	json_t *j = aas_obj_member(o, name);
	const char *s = json_string_value(j);
	size_t n = 0;

	if (s == NULL ||
	    aas_b64_parse(s, json_string_length(j), dst, cap, &n) != AAS_OK ||
	    n == 0)
		o->bad = 1;
	return o->bad ? 0 : n;
}

void
aas_obj_bin_exact(struct aas_obj *o, const char *name, void *dst, size_t len)
{
	if (aas_obj_bin(o, name, dst, len) != len)
		o->bad = 1;
}

size_t
aas_obj_array(struct aas_obj *o, const char *name, size_t max, json_t **a)
{
	*a = aas_obj_member(o, name);
	if (!json_is_array(*a) || json_array_size(*a) == 0 ||
	    json_array_size(*a) > max)
		o->bad = 1;
	return o->bad ? 0 : json_array_size(*a);
}

json_t *
aas_json_load(const char *json, size_t len)
{
	if (!aas_json_bounded(json, len))
		return NULL;
	return json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
}
