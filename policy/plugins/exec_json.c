/*
 * The question and the answer of a program, in JSON.
 *
 * 1. A member that is not known, stands twice or has the wrong type MUST be
 *    an error: a typing error must not make a rule laxer.
 * 2. A value that means "not said" in struct aas_plugin_rule, an empty list
 *    or 0, MUST NOT be said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "policy/plugins/exec.h"
#include "policy/plugins/fields.h"

#define FORM 1

#define LISTS_MAX 16

/* One rule on its way. */
struct reading {
	const struct aas_plugin_host *h;
	const char *path;
	uint32_t number; /* of the rule in the answer, from 1 */
	struct aas_plugin_rule rule;
	const char **lists[LISTS_MAX];
	size_t lists_n;
};

static int
wrong(const struct reading *rd, const char *member, const char *what)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s%.64s%s%s",
	    member != NULL ? "\"" : "", member != NULL ? member : "",
	    member != NULL ? "\" " : "", what);
	rd->h->report(rd->h->ctx, AAS_PLUGIN_ERROR, rd->path, rd->number, text);
	return -1;
}

/* --- a rule ----------------------------------------------------------------
 */

static int
take_list(struct reading *rd, const char *name, const json_t *v, void *to)
{
	size_t n = json_array_size(v);
	const char **list = NULL;

	if (!json_is_array(v))
		return wrong(rd, name, "is not a list");
	if (n == 0)
		return wrong(rd, name, "is an empty list");
	if (rd->lists_n == LISTS_MAX ||
	    (list = calloc(n + 1, sizeof(*list))) == NULL)
		return wrong(rd, name, "takes more memory than there is");
	rd->lists[rd->lists_n++] = list;
	for (size_t i = 0; i < n; i++) {
		list[i] = json_string_value(json_array_get(v, i));
		if (list[i] == NULL)
			return wrong(rd, name, "holds something but texts");
	}
	memcpy(to, &list, sizeof(list));
	return 0;
}

static int
take_int(struct reading *rd, const char *name, const json_t *v, void *to)
{
	json_int_t n = json_integer_value(v);
	int i = 0;

	if (!json_is_integer(v))
		return wrong(rd, name, "is not a whole number");
	if (n < 1 || n > 1000)
		return wrong(rd, name, "is out of range");
	i = (int)n;
	memcpy(to, &i, sizeof(i));
	return 0;
}

static int take_object(
    struct reading *rd, const struct field *of, const char *name, json_t *v);

static int
take(struct reading *rd, const struct field *f, json_t *v)
{
	void *to = (char *)&rd->rule + f->at;
	const char *text = json_string_value(v);
	int yes = json_is_true(v);

	switch (f->kind) {
	case FIELD_TEXT:
		if (text == NULL)
			return wrong(rd, f->name, "is not a text");
		memcpy(to, &text, sizeof(text));
		return 0;
	case FIELD_LIST:
		return take_list(rd, f->name, v, to);
	case FIELD_FLAG:
		if (!json_is_boolean(v))
			return wrong(rd, f->name, "is neither true nor false");
		memcpy(to, &yes, sizeof(yes));
		return 0;
	case FIELD_COUNT:
		return take_int(rd, f->name, v, to);
	case FIELD_LEASE:
	default:
		/* It says nothing, and its effect would be lost. */
		if (json_is_object(v) && json_object_size(v) == 0)
			return wrong(rd, f->name, "is empty");
		return take_object(rd, lease_fields, f->name, v);
	}
}

static int
take_object(
    struct reading *rd, const struct field *of, const char *name, json_t *v)
{
	const char *key = NULL;
	json_t *value = NULL;

	if (!json_is_object(v))
		return wrong(rd, name, "is not an object");
	json_object_foreach(v, key, value)
	{
		const struct field *f = field_find(of, key);

		if (f == NULL)
			return wrong(rd, key, "is not known");
		if (take(rd, f, value) != 0)
			return -1;
	}
	return 0;
}

static int
hand_over(struct reading *rd)
{
	struct aas_plugin_fault f;
	char text[400];

	memset(&f, 0, sizeof(f));
	f.struct_size = sizeof(f);
	if (rd->h->rule(rd->h->ctx, &rd->rule, &f) == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "%s: %s", f.field, f.text);
	return wrong(rd, NULL, text);
}

static int
one_rule(struct reading *rd, json_t *v)
{
	int r = -1;

	memset(&rd->rule, 0, sizeof(rd->rule));
	rd->rule.struct_size = sizeof(rd->rule);
	rd->rule.file = rd->path;
	rd->rule.line = rd->number;
	rd->lists_n = 0;
	if ((r = take_object(rd, rule_fields, "rules", v)) == 0)
		r = hand_over(rd);
	for (size_t i = 0; i < rd->lists_n; i++)
		free(rd->lists[i]);
	return r;
}

/* --- the answer ------------------------------------------------------------
 */

static int
status_of(const char *text)
{
	static const char *const names[] = { "success", "notfound", "unavail",
		"tryagain" };

	for (int i = 0; i < 4; i++) {
		if (strcmp(names[i], text) == 0)
			return i + 1;
	}
	return 0;
}

static int
read_answer(struct reading *rd, json_t *all)
{
	json_error_t e;
	const char *status = NULL;
	const char *note = NULL;
	json_t *rules = NULL;
	json_int_t version = 0;
	int code = 0;

	if (json_unpack_ex(all, &e, JSON_STRICT, "{s:I, s:s, s?o, s?s}",
		"version", &version, "status", &status, "rules", &rules,
		"message", &note) != 0) {
		(void)wrong(rd, NULL, e.text);
		return AAS_PLUGIN_UNAVAIL;
	}
	if (note != NULL)
		rd->h->report(rd->h->ctx, AAS_PLUGIN_NOTE, rd->path, 0, note);
	if (version != FORM)
		(void)wrong(rd, "version", "is another than 1");
	else if ((code = status_of(status)) == 0)
		(void)wrong(rd, "status", "is not known");
	else if (rules != NULL && !json_is_array(rules))
		(void)wrong(rd, "rules", "is not a list");
	else if (code != AAS_PLUGIN_SUCCESS && json_array_size(rules) > 0)
		(void)wrong(rd, "rules", "need the status \"success\"");
	else if (code != AAS_PLUGIN_SUCCESS)
		return code;
	else {
		for (size_t i = 0; i < json_array_size(rules); i++) {
			rd->number = (uint32_t)i + 1;
			if (one_rule(rd, json_array_get(rules, i)) != 0)
				return AAS_PLUGIN_UNAVAIL;
		}
		return AAS_PLUGIN_SUCCESS;
	}
	return AAS_PLUGIN_UNAVAIL;
}

int
exec_answer(const struct aas_plugin_host *h, const char *path,
    const char *answer, size_t len)
{
	struct reading rd = { .h = h, .path = path };
	json_error_t e;
	json_t *all = json_loadb(answer, len, JSON_REJECT_DUPLICATES, &e);
	char text[300];
	int status = AAS_PLUGIN_UNAVAIL;

	if (all == NULL) {
		(void)snprintf(text, sizeof(text),
		    "its answer, line %d column %d: %s", e.line, e.column,
		    e.text);
		(void)wrong(&rd, NULL, text);
		return status;
	}
	status = read_answer(&rd, all);
	json_decref(all);
	return status;
}

/* --- the question ----------------------------------------------------------
 */

static json_t *
list_of(const char *const *v)
{
	json_t *a = json_array();

	for (size_t i = 0; v != NULL && v[i] != NULL; i++) {
		if (json_array_append_new(a, json_string(v[i])) != 0) {
			json_decref(a);
			return NULL;
		}
	}
	return a;
}

char *
exec_question(int lookup, const struct aas_plugin_query *q)
{
	json_t *o = json_pack("{s:i, s:s, s:s, s:I}", "version", FORM, "op",
	    lookup ? "lookup" : "rules", "confdir", q->confdir, "now",
	    (json_int_t)q->now_s);
	char *s = NULL;
	char *line = NULL;
	size_t n = 0;
	int ok = o != NULL;

	if (ok && lookup)
		ok =
		    json_object_set_new(o, "user", json_string(q->user)) == 0 &&
		    json_object_set_new(o, "uid", json_integer(q->uid)) == 0 &&
		    json_object_set_new(o, "groups", list_of(q->groups)) == 0;
	if (ok && lookup && q->service != NULL)
		ok = json_object_set_new(
			 o, "service", json_string(q->service)) == 0;
	if (ok)
		s = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(o);
	if (s == NULL)
		return NULL;
	n = strlen(s);
	if ((line = realloc(s, n + 2)) == NULL) {
		free(s);
		return NULL;
	}
	memcpy(line + n, "\n", 2);
	return line;
}
