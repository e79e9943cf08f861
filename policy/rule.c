/*
 * A rule as a source gave it, in text, to typed values.  aas-policy(5) is the
 * grammar.
 *
 * 1. A fault anywhere MUST cost the whole rule: it is taken as it stands or
 *    not at all.
 * 2. What a newer source says and this library does not know MUST be a fault,
 *    and what an older one cannot say MUST read as not said.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/rule_parts.h"

#define RULE_NAME_MAX 64u
#define WHERE_MAX     1024u
#define STRUCT_MAX    4096u

int
aas_rule_fault(struct aas_rule_work *w, const char *field, const char *fmt, ...)
{
	struct aas_plugin_fault *f = w->fault;
	va_list ap;

	if (f == NULL || f->struct_size < sizeof(*f))
		return AAS_ERR_FORMAT;
	(void)snprintf(f->field, sizeof(f->field), "%s", field);
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return AAS_ERR_FORMAT;
}

/* What the source knows of the structure; the rest is not said. */
static int
take(struct aas_rule_work *w, const struct aas_plugin_rule *in)
{
	const unsigned char *p = (const unsigned char *)in;
	size_t n = in->struct_size;

	/* Up to the name every version has it. */
	if (n < offsetof(struct aas_plugin_rule, mode) || n > STRUCT_MAX ||
	    n % _Alignof(struct aas_plugin_rule) != 0)
		return aas_rule_fault(w, "struct_size", "%zu is not a size", n);
	for (size_t i = sizeof(w->in); i < n; i++) {
		if (p[i] != 0)
			return aas_rule_fault(w, "struct_size",
			    "says more than this version knows");
	}
	memcpy(&w->in, p, n < sizeof(w->in) ? n : sizeof(w->in));
	return AAS_OK;
}

static int
name_valid(const char *s)
{
	size_t n = strnlen(s, RULE_NAME_MAX + 1);

	for (size_t i = 0; i < n; i++) {
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') && s[i] != '.' &&
		    s[i] != '_' && s[i] != '-')
			return 0;
	}
	return n > 0 && n <= RULE_NAME_MAX;
}

static const char *
copy(struct aas_rule_work *w, const char *s)
{
	size_t len = strlen(s);
	char *p = aas_arena_get(w->arena, len + 1);

	if (p != NULL)
		memcpy(p, s, len);
	return p;
}

/* "FILE:LINE"; called for each rule of many, so without printf(3). */
static const char *
place(struct aas_rule_work *w, const char *file, uint32_t line)
{
	char shown[WHERE_MAX];
	char digits[16];
	size_t at = sizeof(digits);
	size_t len = 0;
	char *p = NULL;

	len = strlen(aas_printable(shown, sizeof(shown), file));
	for (; line != 0; line /= 10)
		digits[--at] = (char)('0' + line % 10);
	if (at != sizeof(digits))
		digits[--at] = ':';
	p = aas_arena_get(w->arena, len + (sizeof(digits) - at) + 1);
	if (p != NULL) {
		memcpy(p, shown, len);
		memcpy(p + len, digits + at, sizeof(digits) - at);
	}
	return p;
}

static int
identity(struct aas_rule_work *w, const char *source)
{
	if (w->in.name == NULL)
		return aas_rule_fault(w, "name", "is missing");
	if (!name_valid(w->in.name))
		return aas_rule_fault(w, "name",
		    "must be 1 to %u of a-z, A-Z, 0-9, \".\", \"_\" and \"-\"",
		    RULE_NAME_MAX);
	w->out.source = copy(w, source);
	w->out.name = copy(w, w->in.name);
	w->out.where =
	    place(w, w->in.file != NULL ? w->in.file : source, w->in.line);
	if (w->out.source == NULL || w->out.name == NULL ||
	    w->out.where == NULL)
		return AAS_ERR_NOMEM;
	return AAS_OK;
}

int
aas_rule_from(const struct aas_plugin_rule *in, const char *source,
    aas_rule_gid *gid, void *arg, struct aas_arena *arena, struct aas_rule *out,
    struct aas_plugin_fault *fault)
{
	struct aas_rule_work w;
	int r = AAS_ERR_INVAL;

	memset(&w, 0, sizeof(w));
	w.arena = arena;
	w.fault = fault;
	w.gid = gid;
	w.arg = arg;
	if ((r = take(&w, in)) != AAS_OK ||
	    (r = identity(&w, source)) != AAS_OK ||
	    (r = aas_rule_words(&w)) != AAS_OK ||
	    (r = aas_rule_effect(&w)) != AAS_OK ||
	    (r = aas_rule_criteria(&w)) != AAS_OK ||
	    (r = aas_rule_terms(&w)) != AAS_OK ||
	    (r = aas_rule_sense(&w, source)) != AAS_OK)
		return r;
	*out = w.out;
	return AAS_OK;
}
