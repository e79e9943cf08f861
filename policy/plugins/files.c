/*
 * The source "files": policy.conf and policy.conf.d.  aas-policy(5) is the
 * grammar, docs/plugin-abi.md the guide to sources; this is the worked
 * example, and sees the installed header alone.
 *
 * 1. A setting that is not known, of another type, twice or empty MUST be an
 *    error with its line, and an error anywhere MUST cost the whole answer:
 *    nobody knows what the rule that was lost would have refused.
 * 2. libconfig MUST NOT read it, though the syntax is its: it loses settings
 *    when memory runs out and says nothing, and may end the process.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/plugin.h"
#include "policy/plugins/files.h"

#define FILE_MAX    ((size_t)64 * 1024 * 1024)
#define RULES_MAX   250000u
#define REPORTS_MAX 20

struct job {
	const struct aas_plugin_host *h;
	struct files_names *names;
	struct path {
		struct path *next;
		char text[];
	} * paths;        /* what ${names} borrows */
	const char *file; /* being read */
	uint32_t rules;
	unsigned reports;
	int found, bad;
	const char **list; /* the lists of one rule */
	size_t list_room, list_n;
	struct files_reader reader;
};

enum kind { TEXT, LIST, TRUE_ONLY, COUNT };

struct field {
	const char *name;
	enum kind kind;
	size_t off;
};

#define AT(f) offsetof(struct aas_plugin_rule, f)

static const struct field fields[] = {
	{ "name", TEXT, AT(name) },
	{ "mode", TEXT, AT(mode) },
	{ "users", LIST, AT(users) },
	{ "groups", LIST, AT(groups) },
	{ "services", LIST, AT(services) },
	{ "hosts", LIST, AT(hosts) },
	{ "origin", TEXT, AT(origin) },
	{ "networks", LIST, AT(networks) },
	{ "hours", LIST, AT(hours) },
	{ "deny", TRUE_ONLY, AT(deny) },
	{ "exempt", TRUE_ONLY, AT(exempt) },
	{ "break_glass", TRUE_ONLY, AT(break_glass) },
	{ "require", TEXT, AT(require) },
	{ "from", TEXT, AT(from) },
	{ "grace", TEXT, AT(grace) },
	{ "enrolled", COUNT, AT(enrolled) },
	{ "present", COUNT, AT(present) },
	{ "uv", TEXT, AT(uv) },
	{ "device_bound", TRUE_ONLY, AT(device_bound) },
	{ "aaguids", LIST, AT(aaguids) },
	{ "session", TEXT, AT(session) },
	{ "idle", TEXT, AT(idle) },
	{ "reauth", TEXT, AT(reauth) },
	{ "window", TEXT, AT(window) },
	{ "alert", TEXT, AT(alert) },
	{ "training", TEXT, AT(training) },
	{ NULL, TEXT, 0 },
};

static const struct field lease_fields[] = {
	{ "grantors", LIST, AT(lease_grantors) },
	{ "accounts", LIST, AT(lease_accounts) },
	{ "max", TEXT, AT(lease_max) },
	{ NULL, TEXT, 0 },
};

/* Say it; always -1. */
__attribute__((format(printf, 3, 4))) static int
complain(struct job *j, uint32_t line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j->bad = 1;
	if (j->reports++ < REPORTS_MAX)
		j->h->report(j->h->ctx, AAS_PLUGIN_ERROR, j->file, line, text);
	return -1;
}

/* --- one rule --------------------------------------------------------------
 */

static int
put_list(struct job *j, const struct files_node *node, const char *const **dst)
{
	const char **v = j->list + j->list_n;
	uint32_t n = 0;

	if (node->kind != FILES_ARRAY && node->kind != FILES_LIST)
		return complain(j, node->line,
		    "%s must be a list, such as [ \"one\", \"two\" ]",
		    node->name);
	if (node->n == 0)
		return complain(j, node->line, "%s is empty", node->name);
	for (uint32_t i = node->first; i != FILES_NONE;
	     i = j->reader.node[i].next) {
		const struct files_node *el = &j->reader.node[i];

		if (el->kind != FILES_TEXT)
			return complain(j, el->line,
			    "%s must be text in double quotes", node->name);
		v[n++] = el->text;
	}
	v[n++] = NULL;
	j->list_n += n;
	*dst = v;
	return 0;
}

static int
put(struct job *j, const struct files_node *node, const struct field *f,
    struct aas_plugin_rule *r)
{
	void *dst = (char *)r + f->off;

	switch (f->kind) {
	case TEXT:
		if (node->kind != FILES_TEXT)
			return complain(j, node->line,
			    "%s must be text in double quotes", f->name);
		*(const char **)dst = node->text;
		return 0;
	case LIST:
		return put_list(j, node, dst);
	case TRUE_ONLY:
		if (node->kind != FILES_BOOL || node->number != 1)
			return complain(j, node->line,
			    "%s can only be true; otherwise leave it out",
			    f->name);
		*(int *)dst = 1;
		return 0;
	case COUNT:
		if (node->kind != FILES_NUMBER)
			return complain(
			    j, node->line, "%s must be a number", f->name);
		/* 0 would be "not said"; no number is -1. */
		*(int *)dst = node->number != 0 ? node->number : -1;
		return 0;
	}
	return -1;
}

static int
take_fields(struct job *j, const struct files_node *group,
    const struct field *of, struct aas_plugin_rule *r)
{
	int bad = 0;

	for (uint32_t i = group->first; i != FILES_NONE;
	     i = j->reader.node[i].next) {
		const struct files_node *node = &j->reader.node[i];
		const struct field *f = of;

		while (f->name != NULL && strcmp(f->name, node->name) != 0)
			f++;
		if (f->name != NULL) {
			bad |= put(j, node, f, r);
		} else if (of == fields && strcmp(node->name, "lease") == 0) {
			if (node->kind != FILES_GROUP)
				bad = complain(j, node->line,
				    "lease must be a group, { ... }");
			else if (node->n == 0)
				bad = complain(j, node->line, "lease is empty");
			else
				bad |= take_fields(j, node, lease_fields, r);
		} else {
			bad = complain(j, node->line, "unknown setting \"%s\"",
			    node->name);
		}
	}
	return bad;
}

static const struct files_node *
member(const struct job *j, const struct files_node *group, const char *name)
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
fault_line(const struct job *j, const struct files_node *group,
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
		size_t n = strlen(s);

		if (n + 2 < sizeof(f->text) && f->text[n + 1] == '"' &&
		    memcmp(f->text + 1, s, n) == 0)
			return j->reader.node[i].line;
	}
	return node->line;
}

/* Room for every list of the rule, so that none moves while it is filled. */
static int
list_room(struct job *j)
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

static int
take_rule(struct job *j, const struct files_node *group)
{
	struct aas_plugin_rule r = { .struct_size = sizeof(r) };
	struct aas_plugin_fault fault = { .struct_size = sizeof(fault) };
	struct files_place here = { j->file, group->line };
	struct files_place at = { NULL, 0 };
	int seen = 0;

	if (group->kind != FILES_GROUP)
		return complain(
		    j, group->line, "a rule must be a group, { ... }");
	if (list_room(j) == -1)
		return complain(j, group->line, "no memory");
	r.file = j->file;
	r.line = group->line;
	if (take_fields(j, group, fields, &r) != 0)
		return -1;
	if (j->h->rule(j->h->ctx, &r, &fault) != 0)
		return complain(j, fault_line(j, group, &fault), "%s: %s",
		    fault.field, fault.text);
	if ((seen = files_names_add(j->names, r.name, &here, &at)) == -1)
		return complain(j, r.line, "no memory");
	if (seen)
		return complain(j, r.line, "the name \"%s\" is in use: %s:%u",
		    r.name, at.file, at.line);
	return 0;
}

/* --- files -----------------------------------------------------------------
 */

/* After "rules = (".  0 if it went on to the end, -1 if it cannot go on. */
static int
take_rules(struct job *j, uint32_t line)
{
	struct files_reader *r = &j->reader;
	uint32_t at = 0;
	int more = 1;

	if (files_empty(r)) {
		(void)complain(j, line, "rules is empty");
		return 0;
	}
	while (more == 1) {
		files_forget(r);
		if (files_value(r, &at) == -1)
			return -1;
		if (++j->rules > RULES_MAX) {
			(void)complain(j, r->node[at].line,
			    "more than %u rules", RULES_MAX);
			j->reports = REPORTS_MAX;
			return 0;
		}
		(void)take_rule(j, &r->node[at]);
		if (j->reports >= REPORTS_MAX)
			return 0;
		more = files_more(r);
	}
	return more;
}

/* One setting of the file after another; 0, or -1 if one cannot be read. */
static int
take_settings(struct job *j, int *rules)
{
	struct files_reader *r = &j->reader;
	const char *name = NULL;
	uint32_t line = 0, at = 0;
	int e = 0;

	while ((e = files_name(r, &name, &line)) == 1) {
		int is_rules = strcmp(name, "rules") == 0;

		if (is_rules && (*rules)++ > 0) {
			r->what = "duplicate setting name";
			r->line = line;
			return -1;
		}
		files_forget(r);
		if (is_rules && files_enter(r)) {
			e = take_rules(j, line);
		} else if ((e = files_value(r, &at)) == 0) {
			if (is_rules)
				(void)complain(j, line,
				    "rules must be a list of groups, "
				    "( { ... }, ... )");
			else
				(void)complain(
				    j, line, "unknown setting \"%s\"", name);
		}
		if (e == -1 || j->reports >= REPORTS_MAX)
			return e;
		files_close(r);
	}
	return e;
}

static void
take_text(struct job *j, char *text, size_t len)
{
	int rules = 0;

	files_begin(&j->reader, text, len);
	if (take_settings(j, &rules) == -1)
		(void)complain(j, j->reader.line, "%s", j->reader.what);
	else if (rules == 0)
		(void)complain(j, 0, "rules is missing");
	files_end(&j->reader);
}

/* For host->list(); 0 to go on. */
static int
take_file(void *arg, const char *path)
{
	struct job *j = arg;
	struct path *keep = NULL;
	size_t n = strlen(path) + 1;
	char *text = NULL;
	size_t len = 0;
	int r = 0;

	if ((keep = malloc(sizeof(*keep) + n)) == NULL) {
		j->bad = 1;
		return 0;
	}
	memcpy(keep->text, path, n);
	keep->next = j->paths;
	j->paths = keep;
	j->file = keep->text;
	if (j->h->left_ms(j->h->ctx) <= 0) {
		(void)complain(j, 0, "there was no time left");
		return 0;
	}
	r = j->h->read(
	    j->h->ctx, path, FILE_MAX, AAS_PLUGIN_LIBCONFIG, &text, &len);
	if (r == 0) {
		j->found = 1;
		take_text(j, text, len);
		j->h->release(j->h->ctx, text);
	} else if (r != -1) {
		j->bad = 1; /* reported already */
	}
	return 0;
}

static int
path_of(char *dst, size_t cap, const char *dir, const char *name)
{
	int n = snprintf(dst, cap, "%s/%s", dir, name);

	return n > 0 && (size_t)n < cap ? 0 : -1;
}

static int
rules(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	struct job j = { .h = h };
	char path[4096];
	int status = AAS_PLUGIN_UNAVAIL;

	if (h->struct_size < sizeof(*h) ||
	    (j.names = files_names_new()) == NULL ||
	    path_of(path, sizeof(path), q->confdir, "policy.conf") == -1)
		goto out;
	(void)take_file(&j, path);
	if (path_of(path, sizeof(path), q->confdir, "policy.conf.d") == -1 ||
	    h->list(h->ctx, path, ".conf", take_file, &j) < -1)
		goto out;
	if (!j.bad)
		status = j.found ? AAS_PLUGIN_SUCCESS : AAS_PLUGIN_NOTFOUND;
out:
	while (j.paths != NULL) {
		struct path *next = j.paths->next;

		free(j.paths);
		j.paths = next;
	}
	files_names_free(j.names);
	free(j.list);
	return status;
}

__attribute__((visibility("default")))
const struct aas_plugin aas_policy_plugin;

const struct aas_plugin aas_policy_plugin = {
	.magic = AAS_PLUGIN_MAGIC,
	.struct_size = sizeof(aas_policy_plugin),
	.major = AAS_PLUGIN_MAJOR,
	.minor = AAS_PLUGIN_MINOR,
	.name = "files",
	.rules = rules,
};
