/*
 * The host side of a plugin, in the worker process: rules and reports.
 *
 * 1. A rule MUST be checked before it is sent, so that the plugin hears of
 *    its mistake while it knows the line.
 * 2. A field that this build does not know and that is not zero MUST refuse
 *    the rule: what is not understood may be what makes it strict.
 * 3. A rule that was refused MUST be remembered: a plugin that goes on without
 *    it would make the policy laxer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/source/host_parts.h"

/* What a plugin knows that was made for an older minor version. */
#define RULE_1_0 offsetof(struct aas_plugin_rule, flaw)
#define RULE_1_1 offsetof(struct aas_plugin_rule, sudo)

#define REPORT_MAX  1024
#define ARENA_RULES 1024 /* so often is the memory of checked rules let go */

/* --- rules -----------------------------------------------------------------
 */

static int
refuse(struct aas_plugin_fault *out, const char *field, const char *text)
{
	struct aas_plugin_fault f;
	size_t n = 0;

	if (out == NULL)
		return -1;
	memset(&f, 0, sizeof(f));
	(void)snprintf(f.field, sizeof(f.field), "%s", field);
	(void)snprintf(f.text, sizeof(f.text), "%s", text);
	/* Not beyond what the plugin has room for. */
	n = out->struct_size < sizeof(f) ? out->struct_size : sizeof(f);
	f.struct_size = out->struct_size;
	memcpy(out, &f, n);
	return -1;
}

/* The rule in this build's form, whatever minor version the plugin speaks. */
static int
rule_known(const struct aas_plugin_rule *in, struct aas_plugin_rule *r)
{
	const unsigned char *p = (const unsigned char *)in;

	size_t n = in->struct_size < sizeof(*r) ? in->struct_size : sizeof(*r);

	if (n < sizeof(*r) && n != RULE_1_0 && n != RULE_1_1)
		return AAS_ERR_VERSION; /* there was no such one */
	for (size_t i = n; i < in->struct_size; i++) {
		if (p[i] != 0)
			return AAS_ERR_VERSION;
	}
	memset(r, 0, sizeof(*r));
	memcpy(r, in, n);
	r->struct_size = sizeof(*r);
	return AAS_OK;
}

static int
arena_ready(struct aas_source_host *h)
{
	if (h->rules_n % ARENA_RULES != 0)
		return AAS_OK;
	aas_arena_free(&h->arena);
	return aas_arena_new(&h->arena);
}

static int
take_rule(struct aas_source_host *h, const struct aas_plugin_rule *in,
    struct aas_plugin_fault *fault)
{
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };
	struct aas_plugin_rule r;
	struct aas_rule checked;
	struct aas_wr w;
	int e = AAS_ERR_SYS;

	if (rule_known(in, &r) != AAS_OK)
		return refuse(fault, "struct_size",
		    "says something that this host does not know");
	if (h->rules_n == AAS_RULES_MAX)
		return refuse(fault, "name", "one rule too many");
	if (arena_ready(h) != AAS_OK)
		return refuse(fault, "name", "no memory");
	e = aas_rule_from(
	    &r, h->source, aas_groups_gid, h->groups, h->arena, &checked, &f);
	if (e == AAS_ERR_FORMAT)
		return refuse(fault, f.field, f.text);
	if (e != AAS_OK)
		return refuse(fault, "groups",
		    e == AAS_ERR_NOMEM ? "no memory"
				       : "groups cannot be looked up");
	h->rules_n++;
	aas_pw_begin(h->pw, &w);
	aas_pw_rule_put(&w, &r);
	if ((e = aas_pw_send(h->pw, AAS_PW_RULE, &w)) == AAS_ERR_TOOBIG)
		return refuse(fault, "name", "the rule is too large");
	if (e != AAS_OK) {
		h->error = e;
		return refuse(fault, "name", "nobody listens any more");
	}
	return 0;
}

static int
host_rule(
    void *ctx, const struct aas_plugin_rule *in, struct aas_plugin_fault *fault)
{
	struct aas_source_host *h = ctx;
	int r = take_rule(h, in, fault);

	h->refused |= r != 0;
	return r;
}

/* --- reports ---------------------------------------------------------------
 */

static void
host_report(
    void *ctx, int level, const char *file, uint32_t line, const char *text)
{
	struct aas_source_host *h = ctx;
	struct aas_pw_report m = { .line = line, .file = file };
	char copy[REPORT_MAX];
	struct aas_wr w;

	if (h->reports_n == AAS_PW_REPORTS_MAX)
		return;
	h->reports_n++;
	(void)snprintf(copy, sizeof(copy), "%s", text != NULL ? text : "");
	m.level = level == AAS_PLUGIN_NOTE ? AAS_PLUGIN_NOTE : AAS_PLUGIN_ERROR;
	m.text = copy;
	aas_pw_begin(h->pw, &w);
	aas_pw_report_put(&w, &m);
	/* What is too long for the wire is not worth the plugin's life. */
	(void)aas_pw_send(h->pw, AAS_PW_REPORT, &w);
}

void
aas_source_host_say(struct aas_source_host *h, const char *fmt, ...)
{
	char text[REPORT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	host_report(h, AAS_PLUGIN_ERROR, NULL, 0, text);
}

/* --- the whole -------------------------------------------------------------
 */

static int64_t
host_left_ms(void *ctx)
{
	const struct aas_source_host *h = ctx;

	return h->pw->until_ms - aas_clock_ms();
}

int
aas_source_host_new(
    struct aas_pw *pw, const char *source, struct aas_source_host **h)
{
	struct aas_source_host *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return AAS_ERR_NOMEM;
	n->pw = pw;
	n->source = source;
	n->api.struct_size = sizeof(n->api);
	n->api.ctx = n;
	n->api.rule = host_rule;
	n->api.report = host_report;
	n->api.read = aas_host_read;
	n->api.release = aas_host_release;
	n->api.list = aas_host_list;
	n->api.left_ms = host_left_ms;
	if (aas_groups_new(&n->groups) != AAS_OK) {
		free(n);
		return AAS_ERR_NOMEM;
	}
	*h = n;
	return AAS_OK;
}

void
aas_source_host_free(struct aas_source_host **h)
{
	if (*h == NULL)
		return;
	for (size_t i = 0; i < (*h)->files_n; i++)
		free((*h)->files[i]);
	free((*h)->files);
	aas_arena_free(&(*h)->arena);
	aas_groups_free(&(*h)->groups);
	free(*h);
	*h = NULL;
}

const struct aas_plugin_host *
aas_source_host_api(struct aas_source_host *h)
{
	return &h->api;
}

int
aas_source_host_error(const struct aas_source_host *h)
{
	return h->error;
}

int
aas_source_host_refused(const struct aas_source_host *h)
{
	return h->refused;
}
