/*
 * One rule of policy.conf: from what was read to what the host takes.
 *
 * 1. A setting that is not known, of another type or empty MUST be an error
 *    with its line: nobody knows what the rule that was lost would have
 *    refused.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/plugins/fields.h"
#include "policy/plugins/files_rule.h"

int
files_complain(struct files_job *j, uint32_t line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j->bad = 1;
	if (j->reports++ < FILES_REPORTS_MAX)
		j->h->report(j->h->ctx, AAS_PLUGIN_ERROR, j->file, line, text);
	return -1;
}

static int
put_list(
    struct files_job *j, const struct files_node *node, const char *const **dst)
{
	const char **v = j->list + j->list_n;
	uint32_t n = 0;

	if (node->kind != FILES_ARRAY && node->kind != FILES_LIST)
		return files_complain(j, node->line,
		    "%s must be a list, such as [ \"one\", \"two\" ]",
		    node->name);
	if (node->n == 0)
		return files_complain(j, node->line, "%s is empty", node->name);
	for (uint32_t i = node->first; i != FILES_NONE;
	     i = j->reader.node[i].next) {
		const struct files_node *el = &j->reader.node[i];

		if (el->kind != FILES_TEXT)
			return files_complain(j, el->line,
			    "%s must be text in double quotes", node->name);
		v[n++] = el->text;
	}
	v[n++] = NULL;
	j->list_n += n;
	*dst = v;
	return 0;
}

static int take_fields(struct files_job *j, const struct files_node *group,
    const struct field *of, struct aas_plugin_rule *r);

static int
put(struct files_job *j, const struct files_node *node, const struct field *f,
    struct aas_plugin_rule *r)
{
	void *dst = (char *)r + f->at;

	switch (f->kind) {
	case FIELD_TEXT:
		if (node->kind != FILES_TEXT)
			return files_complain(j, node->line,
			    "%s must be text in double quotes", f->name);
		*(const char **)dst = node->text;
		return 0;
	case FIELD_LIST:
		return put_list(j, node, dst);
	case FIELD_FLAG:
		if (node->kind != FILES_BOOL || node->number != 1)
			return files_complain(j, node->line,
			    "%s can only be true; otherwise leave it out",
			    f->name);
		*(int *)dst = 1;
		return 0;
	case FIELD_COUNT:
		if (node->kind != FILES_NUMBER)
			return files_complain(
			    j, node->line, "%s must be a number", f->name);
		/* 0 would be "not said"; no number is -1. */
		*(int *)dst = node->number != 0 ? node->number : -1;
		return 0;
	case FIELD_LEASE:
		if (node->kind != FILES_GROUP)
			return files_complain(
			    j, node->line, "lease must be a group, { ... }");
		if (node->n == 0)
			return files_complain(j, node->line, "lease is empty");
		return take_fields(j, node, lease_fields, r);
	}
	return -1;
}

static int
take_fields(struct files_job *j, const struct files_node *group,
    const struct field *of, struct aas_plugin_rule *r)
{
	int bad = 0;

	for (uint32_t i = group->first; i != FILES_NONE;
	     i = j->reader.node[i].next) {
		const struct files_node *node = &j->reader.node[i];
		const struct field *f = field_find(of, node->name);

		if (f != NULL)
			bad |= put(j, node, f, r);
		else
			bad = files_complain(j, node->line,
			    "unknown setting \"%s\"", node->name);
	}
	return bad;
}

static const struct files_node *
member(
    const struct files_job *j, const struct files_node *group, const char *name)
{
	for (uint32_t i = group->first; i != FILES_NONE;
	     i = j->reader.node[i].next) {
		if (strcmp(j->reader.node[i].name, name) == 0)
			return &j->reader.node[i];
	}
	return NULL;
}

/* Where the host's fault is: the entry it quotes, its setting, the rule. */
static uint32_t
fault_line(const struct files_job *j, const struct files_node *group,
    const struct aas_plugin_fault *f)
{
	const struct files_node *lease = member(j, group, "lease");
	const struct files_node *node = member(j, group, f->field);

	if (node == NULL && lease != NULL)
		node = member(j, lease, f->field);
	if (node == NULL)
		return group->line;
	if (f->text[0] != '"' ||
	    (node->kind != FILES_ARRAY && node->kind != FILES_LIST))
		return node->line;
	for (uint32_t i = node->first; i != FILES_NONE;
	     i = j->reader.node[i].next) {
		const char *s = j->reader.node[i].text;
		size_t n = s != NULL ? strlen(s) : sizeof(f->text);

		if (n + 2 < sizeof(f->text) && f->text[n + 1] == '"' &&
		    memcmp(f->text + 1, s, n) == 0)
			return j->reader.node[i].line;
	}
	return node->line;
}

/* Room for every list of the rule, so that none moves while it is filled. */
static int
list_room(struct files_job *j)
{
	size_t n = 2 * (size_t)j->reader.n; /* entries, and an end of each */
	const char **more = NULL;

	j->list_n = 0;
	if (n <= j->list_room)
		return 0;
	if ((more = reallocarray(j->list, n, sizeof(*more))) == NULL)
		return -1;
	j->list = more;
	j->list_room = n;
	return 0;
}

/*
 * Hand it over; after a fault once more without the value, until there is no
 * other: nobody likes to hear of one mistake at a time.  The whole answer is
 * lost then, and what the host has taken with it.  -1: there were mistakes.
 */
static int
hand_over(struct files_job *j, const struct files_node *group,
    struct aas_plugin_rule *r, int bad)
{
	struct aas_plugin_fault fault;

	if (bad && r->name == NULL)
		r->name = "some";
	for (;;) {
		memset(&fault, 0, sizeof(fault));
		fault.struct_size = sizeof(fault);
		if (j->h->rule(j->h->ctx, r, &fault) == 0)
			return bad ? -1 : 0;
		/* What does not go together may do so without the mistake. */
		if (!bad || field_bad_value(&fault))
			(void)files_complain(j, fault_line(j, group, &fault),
			    "%s: %s", fault.field, fault.text);
		bad = 1;
		if (!field_bad_value(&fault) ||
		    j->reports >= FILES_REPORTS_MAX || !field_drop(r, &fault))
			return -1;
	}
}

static int
has(const char *const *list, const char *name)
{
	for (; list != NULL && *list != NULL; list++) {
		if (strcmp(*list, name) == 0)
			return 1;
	}
	return 0;
}

/* Groups that are not known may be any. */
static int
has_one(const char *const *list, const char *const *names)
{
	if (list == NULL || names == NULL)
		return list != NULL;
	for (; *names != NULL; names++) {
		if (has(list, *names))
			return 1;
	}
	return 0;
}

/* At which service, from where and when is another question. */
static int
is_about(const struct aas_plugin_rule *r, const struct aas_plugin_query *q)
{
	if (r->lease_accounts != NULL || r->lease_grantors != NULL)
		return has(r->lease_accounts, q->user) ||
		    has_one(r->lease_grantors, q->groups);
	return (r->users == NULL || has(r->users, q->user)) &&
	    (r->groups == NULL || has_one(r->groups, q->groups));
}

int
files_take_rule(struct files_job *j, const struct files_node *group)
{
	struct aas_plugin_rule r = { .struct_size = sizeof(r) };
	struct files_place here = { j->file, group->line };
	struct files_place at = { NULL, 0 };
	const char *name = NULL;
	int bad = 0;
	int seen = 0;

	if (group->kind != FILES_GROUP)
		return files_complain(
		    j, group->line, "a rule must be a group, { ... }");
	if (list_room(j) == -1)
		return files_complain(j, group->line, "no memory");
	r.file = j->file;
	r.line = group->line;
	bad = take_fields(j, group, rule_fields, &r) != 0;
	name = r.name;
	if (j->about == NULL || is_about(&r, j->about)) {
		bad = hand_over(j, group, &r, bad) != 0;
		j->handed++;
	}
	if (name == NULL || r.name != name)
		return -1; /* it was none */
	if ((seen = files_names_add(j->names, name, &here, &at)) == -1)
		return files_complain(j, r.line, "no memory");
	if (seen)
		return files_complain(j, r.line,
		    "the name \"%s\" is in use: %s:%u", name, at.file, at.line);
	return bad ? -1 : 0;
}
