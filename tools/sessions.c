/*
 * Sessions as aasd tells of them: asked for, sorted, found by their ids.  As
 * text they are in tools/sessions_text.c.
 *
 * 1. An id that stands for more than one session MUST NOT be taken for any.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tools/sessions_codex.h"

/* --- asking --------------------------------------------------------------- */

static int
add_page(const json_t *rep, json_t *set)
{
	const json_t *list = json_object_get(rep, "sessions");
	json_t *one = NULL;
	char id[AAS_SESSION_ID];
	size_t i = 0;

	if (!json_is_array(list))
		return AAS_ERR_FORMAT;
	json_array_foreach(list, i, one)
	{
		if (!aas_session_id(aas_session_text(one, "id"), id))
			return AAS_ERR_FORMAT;
		/* Between two pages the book may have grown. */
		if (json_object_set(set, id, one) != 0)
			return AAS_ERR_NOMEM;
	}
	return AAS_OK;
}

int
aas_sessions_read(aas_sessions_ask *ask, void *arg, int all, json_t **set)
{
	json_t *found = json_object(), *rep = NULL, *next = NULL;
	json_int_t from = 0;
	int r = found == NULL ? AAS_ERR_NOMEM : AAS_OK;

	while (r == AAS_OK) {
		r = ask(arg,
		    json_pack("{s:s, s:b, s:I}", "op", "sessions", "all", all,
			"from", from),
		    &rep);
		if (r == AAS_OK)
			r = add_page(rep, found);
		next = json_object_get(rep, "next");
		if (r != AAS_OK || json_is_null(next))
			break;
		if (json_integer_value(next) <= from)
			r = AAS_ERR_FORMAT;
		from = json_integer_value(next);
		json_decref(rep);
		rep = NULL;
	}
	json_decref(rep);
	if (r == AAS_OK)
		*set = found;
	else
		json_decref(found);
	return r;
}

const char *
aas_session_text(const json_t *s, const char *key)
{
	return json_string_value(json_object_get(s, key));
}

int64_t
aas_session_number(const json_t *s, const char *key)
{
	return json_integer_value(json_object_get(s, key));
}

static int
is_manager(const json_t *s)
{
	const char *app = aas_session_text(s, "app");

	return (app != NULL && strcmp(app, "manager") == 0) ||
	    json_is_true(json_object_get(s, "of_manager"));
}

/* A Codex comes after the session that it is in. */
static const char *
place_of(const json_t *s)
{
	const char *session = aas_session_text(s, "session");

	return session != NULL ? session : aas_session_text(s, "id");
}

static int
by_age(const void *a, const void *b)
{
	const json_t *x = *(const json_t *const *)a;
	const json_t *y = *(const json_t *const *)b;
	int64_t at_x = aas_session_number(x, "boottime_ms"),
		at_y = aas_session_number(y, "boottime_ms");

	if (is_manager(x) != is_manager(y))
		return is_manager(x) - is_manager(y);
	if (at_x != at_y)
		return at_x < at_y ? -1 : 1;
	if (strcmp(place_of(x), place_of(y)) != 0)
		return strcmp(place_of(x), place_of(y));
	if (aas_codex_one(x) != aas_codex_one(y))
		return aas_codex_one(x) - aas_codex_one(y);
	return aas_session_number(x, "pid") < aas_session_number(y, "pid") ? -1
									   : 1;
}

int
aas_sessions_sort(json_t *set, const json_t ***v, size_t *n)
{
	const json_t **out = NULL;
	void *it = NULL;
	size_t i = 0, size = json_object_size(set);

	if ((out = calloc(size + 1, sizeof(const json_t *))) == NULL)
		return AAS_ERR_NOMEM;
	for (it = json_object_iter(set); it != NULL && i < size;
	     it = json_object_iter_next(set, it))
		out[i++] = json_object_iter_value(it);
	qsort(out, i, sizeof(const json_t *), by_age);
	*v = out;
	*n = i;
	return AAS_OK;
}

/* --- ids ------------------------------------------------------------------ */

/* Its digits in lower case; 0: something else, or more of them. */
static size_t
digits(const char *text, char id[AAS_SESSION_ID])
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len >= AAS_SESSION_ID)
		return 0;
	for (size_t i = 0; i <= len && len > 0; i++) {
		if (i < len && !isxdigit((unsigned char)text[i]))
			return 0;
		id[i] = (char)tolower((unsigned char)text[i]);
	}
	return len;
}

int
aas_session_id(const char *text, char id[AAS_SESSION_ID])
{
	char low[AAS_SESSION_ID];

	if (digits(text, low) != AAS_SESSION_ID - 1)
		return 0;
	memcpy(id, low, sizeof(low));
	return 1;
}

int
aas_sessions_find(json_t *set, const char *text, char id[AAS_SESSION_ID])
{
	char low[AAS_SESSION_ID];
	const char *found = NULL;
	size_t len = digits(text, low);
	int r = AAS_ERR_NOTFOUND;

	if (len < AAS_SESSION_PREFIX)
		return AAS_ERR_INVAL;
	for (void *it = json_object_iter(set); it != NULL;
	     it = json_object_iter_next(set, it)) {
		const char *key = json_object_iter_key(it);

		if (strncmp(key, low, len) != 0)
			continue;
		r = found == NULL ? AAS_OK : AAS_ERR_EXISTS;
		found = key;
	}
	if (r == AAS_OK)
		(void)snprintf(id, AAS_SESSION_ID, "%s", found);
	return r;
}
