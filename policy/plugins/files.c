/*
 * The source "files": policy.conf and policy.conf.d.  aas-policy(5) is the
 * grammar, docs/plugin-abi.md the guide to sources; this is the worked
 * example, and sees the installed header alone.
 *
 * 1. A setting that is not known, of another type, twice or empty MUST be an
 *    error with its line, and an error anywhere MUST cost the whole answer:
 *    nobody knows what the rule that was lost would have refused.
 * 2. What libconfig delivers MUST be what the file says: it loses settings
 *    when memory runs out, so every part is summed up by a scanner of our own
 *    and compared.
 */
#include <libconfig.h>
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
complain(struct job *j, unsigned line, const char *fmt, ...)
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

static unsigned
line_of(const config_setting_t *cs)
{
	return (unsigned)config_setting_source_line(cs);
}

static unsigned
length(const config_setting_t *cs)
{
	int n = config_setting_length(cs);

	return n > 0 ? (unsigned)n : 0;
}

/* --- libconfig against the scanner -----------------------------------------
 */

static void
sum_up(struct files_sum *sum, config_setting_t *cs)
{
	const char *name = config_setting_name(cs);
	const char *s = NULL;
	char digits[32];
	char kind = 0;

	if (name != NULL)
		files_sum(sum, FILES_NAME, name, strlen(name));
	switch (config_setting_type(cs)) {
	case CONFIG_TYPE_STRING:
		s = config_setting_get_string(cs);
		files_sum(sum, FILES_STRING, s, s != NULL ? strlen(s) : 0);
		return;
	case CONFIG_TYPE_INT:
		(void)snprintf(
		    digits, sizeof(digits), "%d", config_setting_get_int(cs));
		files_sum(sum, FILES_INT, digits, strlen(digits));
		return;
	case CONFIG_TYPE_BOOL:
		files_sum(sum, FILES_BOOL,
		    config_setting_get_bool(cs) == CONFIG_TRUE ? "1" : "0", 1);
		return;
	case CONFIG_TYPE_GROUP:
		kind = FILES_GROUP;
		break;
	case CONFIG_TYPE_LIST:
		kind = FILES_LIST;
		break;
	case CONFIG_TYPE_ARRAY:
		kind = FILES_ARRAY;
		break;
	default:
		files_sum(sum, FILES_OTHER, NULL, 0);
		return;
	}
	files_sum(sum, kind, NULL, 0);
	for (unsigned i = 0; i < length(cs); i++)
		sum_up(sum, config_setting_get_elem(cs, i));
	files_sum(sum, FILES_END, NULL, 0);
}

/* 1 if the tree is what the scanner saw, part by part. */
static int
delivered(config_setting_t *root, const struct files_scan *scan)
{
	struct files_sum sum = FILES_SUM_INIT;

	for (unsigned i = 0; i < length(root); i++)
		sum_up(&sum, config_setting_get_elem(root, i));
	return sum.parts == scan->sum.parts && sum.hash == scan->sum.hash;
}

/* --- one rule --------------------------------------------------------------
 */

static int
put_list(struct job *j, config_setting_t *cs, const char *const **dst)
{
	const char *name = config_setting_name(cs);
	const char **v = j->list + j->list_n;
	unsigned n = length(cs);

	if (!config_setting_is_array(cs) && !config_setting_is_list(cs))
		return complain(j, line_of(cs),
		    "%s must be a list, such as [ \"one\", \"two\" ]", name);
	if (n == 0)
		return complain(j, line_of(cs), "%s is empty", name);
	for (unsigned i = 0; i < n; i++) {
		config_setting_t *el = config_setting_get_elem(cs, i);

		if (config_setting_type(el) != CONFIG_TYPE_STRING)
			return complain(j, line_of(el),
			    "%s must be text in double quotes", name);
		v[i] = config_setting_get_string(el);
	}
	v[n] = NULL;
	j->list_n += n + 1;
	*dst = v;
	return 0;
}

static int
put(struct job *j, config_setting_t *cs, const struct field *f,
    struct aas_plugin_rule *r)
{
	void *dst = (char *)r + f->off;
	int type = config_setting_type(cs);
	int v = 0;

	switch (f->kind) {
	case TEXT:
		if (type != CONFIG_TYPE_STRING)
			return complain(j, line_of(cs),
			    "%s must be text in double quotes", f->name);
		*(const char **)dst = config_setting_get_string(cs);
		return 0;
	case LIST:
		return put_list(j, cs, dst);
	case TRUE_ONLY:
		if (type != CONFIG_TYPE_BOOL ||
		    config_setting_get_bool(cs) != CONFIG_TRUE)
			return complain(j, line_of(cs),
			    "%s can only be true; otherwise leave it out",
			    f->name);
		*(int *)dst = 1;
		return 0;
	case COUNT:
		if (type != CONFIG_TYPE_INT)
			return complain(
			    j, line_of(cs), "%s must be a number", f->name);
		/* 0 would be "not said"; no number is -1. */
		v = config_setting_get_int(cs);
		*(int *)dst = v != 0 ? v : -1;
		return 0;
	}
	return -1;
}

static int
take_fields(struct job *j, config_setting_t *group, const struct field *of,
    struct aas_plugin_rule *r)
{
	int bad = 0;

	for (unsigned i = 0; i < length(group); i++) {
		config_setting_t *cs = config_setting_get_elem(group, i);
		const char *name = config_setting_name(cs);
		const struct field *f = of;

		while (f->name != NULL && strcmp(f->name, name) != 0)
			f++;
		if (f->name != NULL) {
			bad |= put(j, cs, f, r);
		} else if (of == fields && strcmp(name, "lease") == 0) {
			if (!config_setting_is_group(cs))
				bad = complain(j, line_of(cs),
				    "lease must be a group, { ... }");
			else if (length(cs) == 0)
				bad =
				    complain(j, line_of(cs), "lease is empty");
			else
				bad |= take_fields(j, cs, lease_fields, r);
		} else {
			bad = complain(
			    j, line_of(cs), "unknown setting \"%s\"", name);
		}
	}
	return bad;
}

/* Where the host's fault is: the entry it quotes, its setting, the rule. */
static unsigned
fault_line(config_setting_t *group, const struct aas_plugin_fault *f)
{
	config_setting_t *lease = config_setting_get_member(group, "lease");
	config_setting_t *cs = config_setting_get_member(group, f->field);

	if (cs == NULL && lease != NULL && config_setting_is_group(lease))
		cs = config_setting_get_member(lease, f->field);
	if (cs == NULL)
		return line_of(group);
	for (unsigned i = 0; f->text[0] == '"' && i < length(cs) &&
	     !config_setting_is_group(cs);
	     i++) {
		config_setting_t *el = config_setting_get_elem(cs, i);
		const char *s = config_setting_get_string(el);
		size_t n = s != NULL ? strlen(s) : sizeof(f->text);

		if (n + 2 < sizeof(f->text) && f->text[n + 1] == '"' &&
		    memcmp(f->text + 1, s, n) == 0)
			return line_of(el);
	}
	return line_of(cs);
}

/* Room for every list of the rule, so that none moves while it is filled. */
static int
list_room(struct job *j, config_setting_t *group)
{
	size_t n = 0;
	const char **more = NULL;

	for (unsigned i = 0; i < length(group); i++) {
		config_setting_t *cs = config_setting_get_elem(group, i);

		n += length(cs) + 1;
		for (unsigned k = 0;
		     config_setting_is_group(cs) && k < length(cs); k++)
			n += length(config_setting_get_elem(cs, k)) + 1;
	}
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
take_rule(struct job *j, config_setting_t *group)
{
	struct aas_plugin_rule r = { .struct_size = sizeof(r) };
	struct aas_plugin_fault fault = { .struct_size = sizeof(fault) };
	struct files_place here = { j->file, 0 };
	struct files_place at = { NULL, 0 };
	int seen = 0;

	if (!config_setting_is_group(group))
		return complain(
		    j, line_of(group), "a rule must be a group, { ... }");
	if (list_room(j, group) == -1)
		return complain(j, line_of(group), "no memory");
	r.file = j->file;
	r.line = here.line = line_of(group);
	if (take_fields(j, group, fields, &r) != 0)
		return -1;
	if (j->h->rule(j->h->ctx, &r, &fault) != 0)
		return complain(j, fault_line(group, &fault), "%s: %s",
		    fault.field, fault.text);
	if ((seen = files_names_add(j->names, r.name, &here, &at)) == -1)
		return complain(j, r.line, "no memory");
	if (seen)
		return complain(j, r.line, "the name \"%s\" is in use: %s:%u",
		    r.name, at.file, at.line);
	if (++j->rules > RULES_MAX)
		return complain(
		    j, r.line, "more than %u rules in all", RULES_MAX);
	return 0;
}

/* --- files -----------------------------------------------------------------
 */

static void
take_tree(struct job *j, config_setting_t *root, const struct files_scan *scan)
{
	config_setting_t *rules = NULL;
	uint32_t before = j->rules;
	unsigned n = 0;

	for (unsigned i = 0; i < length(root); i++) {
		config_setting_t *cs = config_setting_get_elem(root, i);

		if (strcmp(config_setting_name(cs), "rules") == 0)
			rules = cs;
		else
			(void)complain(j, line_of(cs), "unknown setting \"%s\"",
			    config_setting_name(cs));
	}
	if (rules == NULL) {
		(void)complain(j, 0, "rules is missing");
		return;
	}
	if (!config_setting_is_list(rules)) {
		(void)complain(j, line_of(rules),
		    "rules must be a list of groups, ( { ... }, ... )");
		return;
	}
	if ((n = length(rules)) == 0)
		(void)complain(j, line_of(rules), "rules is empty");
	for (unsigned i = 0; i < n && j->reports < REPORTS_MAX; i++)
		(void)take_rule(j, config_setting_get_elem(rules, i));
	if (!j->bad && j->rules - before != scan->rules)
		(void)complain(j, 0, "%u rules were read of %u",
		    j->rules - before, scan->rules);
}

static void
take_text(struct job *j, const char *text, size_t len)
{
	struct files_scan scan;
	config_t cfg;

	if (files_scan(text, len, &scan) != 0) {
		(void)complain(j, scan.line, "%s", scan.what);
		return;
	}
	config_init(&cfg);
	if (config_read_string(&cfg, text) != CONFIG_TRUE)
		(void)complain(j, (unsigned)config_error_line(&cfg), "%s",
		    config_error_text(&cfg) != NULL ? config_error_text(&cfg)
						    : "syntax error");
	else if (!delivered(config_root_setting(&cfg), &scan))
		(void)complain(j, 0,
		    "libconfig reads something else than "
		    "the file says");
	else
		take_tree(j, config_root_setting(&cfg), &scan);
	config_destroy(&cfg);
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
