/*
 * aasctl policy diff, aasctl policy explain: what is compiled, in words, and
 * what a build would change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "aasctl/policy.h"
#include "tools/policy_text.h"

#define POLICY_MAX ((size_t)1 << 30)
#define DIFFERS    3 /* exit code */

/* A rule of a compiled policy, and its words. */
struct said {
	struct aas_rule rule;
	uint32_t number;
	char *text;
};

struct side {
	struct aas_policy *policy;
	struct aas_arena *arena;
	size_t n;
	struct said *of; /* by source and name */
};

static int
by_name(const void *a, const void *b)
{
	const struct said *x = a;
	const struct said *y = b;
	int c = strcmp(x->rule.source, y->rule.source);

	return c != 0 ? c : strcmp(x->rule.name, y->rule.name);
}

/* All rules of s->policy into words. */
static int
side_fill(struct side *s)
{
	uint32_t n = aas_policy_rules(s->policy);
	int r = aas_arena_new(&s->arena);

	if (r == AAS_OK && (s->of = calloc(n + 1, sizeof(*s->of))) == NULL)
		r = AAS_ERR_NOMEM;
	for (uint32_t i = 0; r == AAS_OK && i < n; i++) {
		struct said *one = &s->of[i];

		r = aas_policy_get(s->policy, i, s->arena, &one->rule);
		one->number = i;
		if (r == AAS_OK)
			r = policy_text(&one->rule, &one->text);
		s->n = i + 1;
	}
	return r;
}

static void
side_free(struct side *s)
{
	for (size_t i = 0; s->of != NULL && i < s->n; i++)
		free(s->of[i].text);
	free(s->of);
	aas_arena_free(&s->arena);
	aas_policy_free(&s->policy);
}

static int
failed(const struct aasctl *c, const char *path, int r)
{
	return aasctl_fail(c,
	    r == AAS_ERR_DENIED ? AASCTL_FAILED : aasctl_exit_of(r), "%s: %s",
	    path, r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
}

/* --- explain ---------------------------------------------------------------
 */

static int
explain_json(const struct aasctl *c, const struct side *s, const char *name)
{
	json_t *all = json_array();

	for (size_t i = 0; all != NULL && i < s->n; i++) {
		const struct said *one = &s->of[i];

		if (name == NULL || strcmp(name, one->rule.name) == 0)
			(void)json_array_append_new(all,
			    json_pack("{s:s, s:s, s:s, s:s}", "source",
				one->rule.source, "name", one->rule.name,
				"where", one->rule.where, "text", one->text));
	}
	return aasctl_print(c, json_pack("{s:o}", "rules", all));
}

/* As a file of rules would have them; what is a comment takes no comma. */
static void
print_rules(const struct side *s, const char *name)
{
	const char *comma = "";
	const char *line = ""; /* ends that of the rule before */

	(void)printf("rules = (\n");
	for (size_t i = 0; i < s->n; i++) {
		const struct aas_rule *rule = &s->of[i].rule;

		if (name != NULL && strcmp(name, rule->name) != 0)
			continue;
		if (s->of[i].text[0] == '{') {
			(void)printf("%s", comma);
			comma = ",\n";
			line = "\n";
		} else {
			(void)printf("%s", line);
			line = "";
		}
		(void)printf("// %s: %s\n%s%s", rule->source, rule->where,
		    s->of[i].text, s->of[i].text[0] == '{' ? "" : "\n");
	}
	(void)printf("\n);\n");
}

int
aasctl_policy_explain(const struct aasctl *c, struct aasctl_policy *o)
{
	struct side s = { NULL, NULL, 0, NULL };
	size_t found = 0;
	int code = AASCTL_OK;
	int r = AAS_OK;

	if (c->policy != NULL)
		(void)snprintf(o->out, sizeof(o->out), "%s", c->policy);
	if ((code = aasctl_policy_where(c, o)) != AASCTL_OK)
		return code;
	if ((r = aas_policy_open(o->out, &s.policy)) != AAS_OK ||
	    (r = side_fill(&s)) != AAS_OK) {
		code = failed(c, o->out, r);
		goto out;
	}
	for (size_t i = 0; i < s.n; i++)
		found +=
		    o->rule == NULL || strcmp(o->rule, s.of[i].rule.name) == 0;
	if (found == 0 && o->rule != NULL) {
		code = aasctl_fail(c, AASCTL_NOTFOUND,
		    "%s: there is no rule of that name", o->out);
		goto out;
	}
	if (c->json) {
		code = explain_json(c, &s, o->rule);
		goto out;
	}
	print_rules(&s, o->rule);
out:
	side_free(&s);
	return code;
}

/* --- diff ------------------------------------------------------------------
 */

struct diff {
	size_t n;
	json_t *json; /* NULL: text */
	int quiet;    /* 1: neither */
};

/* one is the new rule, or the old one that has none. */
static void
tell(struct diff *d, const char *what, const struct said *one, const char *old,
    const char *new)
{
	d->n++;
	if (d->quiet)
		return;
	if (d->json != NULL) {
		(void)json_array_append_new(d->json,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "change", what,
			"source", one->rule.source, "name", one->rule.name,
			"where", one->rule.where, "old", old, "new", new));
		return;
	}
	(void)printf("%s %s %s (%s)\n", what, one->rule.source, one->rule.name,
	    one->rule.where);
	if (old[0] != '\0')
		(void)printf("- %s\n", old);
	if (new[0] != '\0')
		(void)printf("+ %s\n", new);
}

/* Both are in the order of by_name(). */
static void
compare(struct diff *d, const struct side *old, const struct side *new)
{
	size_t i = 0, k = 0;

	while (i < old->n || k < new->n) {
		int c = i == old->n ? 1
		    : k == new->n   ? -1
				    : by_name(&old->of[i], &new->of[k]);

		if (c < 0) {
			tell(d, "removed", &old->of[i], old->of[i].text, "");
			i++;
		} else if (c > 0) {
			tell(d, "added", &new->of[k], "", new->of[k].text);
			k++;
		} else {
			if (strcmp(old->of[i].text, new->of[k].text) != 0)
				tell(d, "changed", &new->of[k], old->of[i].text,
				    new->of[k].text);
			i++;
			k++;
		}
	}
}

/*
 * The rules are the same: is all the rest?  Compile what was gathered with
 * the old one's time, files, places and order; the bytes tell.  1: the same.
 */
static int
same_rest(const struct aasctl_policy *o, const struct policy_build *b,
    struct side *old, const struct side *new)
{
	struct aas_policy_source src = b->src;
	struct aas_rule *rules = calloc(old->n + 1, sizeof(*rules));
	struct aas_origin_file *files = NULL;
	struct aas_origin_file f;
	struct aas_buf now = { NULL, 0 };
	uint8_t *bin = NULL;
	size_t len = 0, n = 0;
	int same = 0;

	while (aas_policy_files(old->policy, n, &f) == AAS_OK)
		n++;
	files = calloc(n + 1, sizeof(*files));
	if (rules == NULL || files == NULL)
		goto out;
	for (size_t i = 0; i < n; i++)
		(void)aas_policy_files(old->policy, i, &files[i]);
	for (size_t i = 0; i < old->n; i++) {
		uint32_t at = old->of[i].number;

		rules[at] = b->src.rules[new->of[i].number];
		rules[at].where = old->of[i].rule.where;
	}
	src.rules = rules;
	src.files = files;
	src.files_n = n;
	src.built_s = aas_policy_built_s(old->policy);
	if (aas_policy_compile(&src, &bin, &len) == AAS_OK &&
	    aas_fs_read_path(o->out, geteuid(), 022, POLICY_MAX, &now, NULL) ==
		AAS_OK)
		same = now.len == len && memcmp(now.p, bin, len) == 0;
out:
	aas_buf_free(&now);
	free(bin);
	free(files);
	free(rules);
	return same;
}

static int
diff_sides(const struct aasctl *c, const struct aasctl_policy *o,
    const struct policy_build *b, struct side *old, struct side *new)
{
	struct diff d = { 0, c->json ? json_array() : NULL, 0 };
	int rest = 0;
	int code = AASCTL_OK;

	qsort(old->of, old->n, sizeof(*old->of), by_name);
	qsort(new->of, new->n, sizeof(*new->of), by_name);
	compare(&d, old, new);
	if (d.n == 0)
		rest = !same_rest(o, b, old, new);
	if (c->json)
		code = aasctl_print(c,
		    json_pack("{s:b, s:b, s:o}", "same", d.n == 0 && !rest,
			"settings", rest, "rules", d.json));
	else if (rest)
		(void)printf("changed settings\n");
	return code != AASCTL_OK ? code : d.n > 0 || rest ? DIFFERS : AASCTL_OK;
}

static int
sides_fill(const struct aasctl_policy *o, const struct policy_build *b,
    struct side *old, struct side *new)
{
	int r = aas_policy_open(o->out, &old->policy);

	if (r == AAS_OK)
		r = side_fill(old);
	if (r == AAS_OK)
		r = aas_policy_parse(b->bin, b->len, &new->policy);
	if (r == AAS_OK)
		r = side_fill(new);
	return r;
}

int
aasctl_policy_same(const struct aasctl_policy *o, const struct policy_build *b)
{
	struct diff d = { 0, NULL, 1 };
	struct side old = { NULL, NULL, 0, NULL };
	struct side new = { NULL, NULL, 0, NULL };
	int r = sides_fill(o, b, &old, &new);

	if (r == AAS_OK) {
		qsort(old.of, old.n, sizeof(*old.of), by_name);
		qsort(new.of, new.n, sizeof(*new.of), by_name);
		compare(&d, &old, &new);
		r = d.n == 0 && same_rest(o, b, &old, &new);
	}
	side_free(&old);
	side_free(&new);
	return r;
}

int
aasctl_policy_diff(const struct aasctl *c, struct aasctl_policy *o)
{
	struct policy_build b;
	struct side old = { NULL, NULL, 0, NULL };
	struct side new = { NULL, NULL, 0, NULL };
	int code = aasctl_policy_make(c, o, &b);
	int r = AAS_OK;

	if (code != AASCTL_OK)
		goto out;
	if ((r = sides_fill(o, &b, &old, &new)) != AAS_OK)
		code = failed(c, o->out, r);
	else
		code = diff_sides(c, o, &b, &old, &new);
out:
	side_free(&old);
	side_free(&new);
	policy_build_free(&b);
	return code;
}
