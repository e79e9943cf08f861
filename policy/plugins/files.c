/*
 * The source "files": policy.conf and policy.conf.d.  aas-policy(5) is the
 * grammar, docs/plugin-abi.md the guide to sources; this is the worked
 * example, and sees the installed header alone.
 *
 * 1. An error anywhere MUST cost the whole answer: nobody knows what the rule
 *    that was lost would have refused.  All that can be found are named, up to
 *    twenty of them.
 * 2. libconfig MUST NOT read it, though the syntax is its: it loses settings
 *    when memory runs out and says nothing, and may end the process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/plugin.h"
#include "policy/plugins/files_rule.h"

#define FILE_MAX  ((size_t)64 * 1024 * 1024)
#define RULES_MAX 250000u

/* After "rules = (".  0 if it went on to the end, -1 if it cannot go on. */
static int
take_rules(struct files_job *j, uint32_t line)
{
	struct files_reader *r = &j->reader;
	uint32_t at = 0;
	int more = 1;

	if (files_empty(r)) {
		(void)files_complain(j, line, "rules is empty");
		return 0;
	}
	while (more == 1) {
		files_forget(r);
		if (files_value(r, &at) == -1)
			return -1;
		if (++j->rules > RULES_MAX) {
			(void)files_complain(j, r->node[at].line,
			    "more than %u rules", RULES_MAX);
			j->reports = FILES_REPORTS_MAX;
			return 0;
		}
		(void)files_take_rule(j, &r->node[at]);
		if (j->reports >= FILES_REPORTS_MAX)
			return 0;
		more = files_more(r);
	}
	return more;
}

/* One setting of the file after another; 0, or -1 if one cannot be read. */
static int
take_settings(struct files_job *j, int *rules)
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
				(void)files_complain(j, line,
				    "rules must be a list of groups, "
				    "( { ... }, ... )");
			else
				(void)files_complain(
				    j, line, "unknown setting \"%s\"", name);
		}
		if (e == -1 || j->reports >= FILES_REPORTS_MAX)
			return e;
		files_close(r);
	}
	return e;
}

static void
take_text(struct files_job *j, char *text, size_t len)
{
	int rules = 0;

	files_begin(&j->reader, text, len);
	if (take_settings(j, &rules) == -1)
		(void)files_complain(j, j->reader.line, "%s", j->reader.what);
	else if (rules == 0)
		(void)files_complain(j, 0, "rules is missing");
	files_end(&j->reader);
}

/* For host->list(); 0 to go on. */
static int
take_file(void *arg, const char *path)
{
	struct files_job *j = arg;
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
		(void)files_complain(j, 0, "there was no time left");
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

/* All rules, or those about somebody. */
static int
tell(const struct aas_plugin_host *h, const struct aas_plugin_query *q,
    const struct aas_plugin_query *about)
{
	struct files_job j = { .h = h, .about = about };
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
		status = (about != NULL ? j.handed > 0 : j.found)
		    ? AAS_PLUGIN_SUCCESS
		    : AAS_PLUGIN_NOTFOUND;
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

static int
rules(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	return tell(h, q, NULL);
}

static int
lookup(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	return q->user != NULL ? tell(h, q, q) : AAS_PLUGIN_UNAVAIL;
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
	.lookup = lookup,
};
