/*
 * The line that names the sources: aas-policy(5), SOURCES.
 *
 * 1. What is not understood MUST be an error: a typing error in
 *    [UNAVAIL=deny] must not turn into "go on without it".
 * 2. A source that cannot be asked MUST deny, unless the line says otherwise.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/source/source.h"

#define SPACE " \t"

static const char *const statuses[] = {
	[AAS_PLUGIN_SUCCESS] = "SUCCESS",
	[AAS_PLUGIN_NOTFOUND] = "NOTFOUND",
	[AAS_PLUGIN_UNAVAIL] = "UNAVAIL",
	[AAS_PLUGIN_TRYAGAIN] = "TRYAGAIN",
};
static const char *const actions[] = {
	[AAS_SA_CONTINUE] = "continue",
	[AAS_SA_RETURN] = "return",
	[AAS_SA_DENY] = "deny",
};

/* A token of the line, and what was said so far. */
struct parser {
	const char *p;
	struct aas_switch sw;
	unsigned said; /* bit 2 * status + negated: stood in this bracket */
	char *err;
};

const char *
aas_source_status(int status)
{
	if (status < AAS_PLUGIN_SUCCESS || status > AAS_PLUGIN_TRYAGAIN)
		return "UNAVAIL";
	return statuses[status];
}

static int
fail(struct parser *ps, const char *what, const char *token, size_t len)
{
	char raw[64];
	char shown[160];

	if (len >= sizeof(raw))
		len = sizeof(raw) - 1;
	memcpy(raw, token, len);
	raw[len] = '\0';
	(void)snprintf(ps->err, 256, "\"%s\": %s",
	    aas_printable(shown, sizeof(shown), raw), what);
	return AAS_ERR_FORMAT;
}

/* The place of a word in a table, in any case of letters; -1: nowhere. */
static int
find(const char *const *table, size_t n, const char *word, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (table[i] != NULL && strlen(table[i]) == len &&
		    strncasecmp(table[i], word, len) == 0)
			return (int)i;
	}
	return -1;
}

/* One STATUS=action, or !STATUS=action. */
static int
criterion(struct parser *ps, const char *t, size_t len)
{
	uint8_t *action = ps->sw.of[ps->sw.n - 1].action;
	size_t not = len > 0 && t[0] == '!';
	const char *eq = memchr(t, '=', len);
	int status = 0;
	int to = 0;

	if (eq == NULL)
		return fail(ps, "not of the form STATUS=action", t, len);
	status = find(statuses, sizeof(statuses) / sizeof(statuses[0]), t + not,
	    (size_t)(eq - t) - not );
	if (status == -1)
		return fail(ps, "no such status", t, (size_t)(eq - t));
	to = find(actions, sizeof(actions) / sizeof(actions[0]), eq + 1,
	    len - (size_t)(eq - t) - 1);
	if (to == -1)
		return fail(ps, "no such action", t, len);
	if ((ps->said & 1U << (2 * status + (int)not )) != 0)
		return fail(ps, "said twice", t, len);
	ps->said |= 1U << (2 * status + (int)not );
	for (int s = AAS_PLUGIN_SUCCESS; s <= AAS_PLUGIN_TRYAGAIN; s++) {
		if ((s == status) != (int)not )
			action[s] = (uint8_t)to;
	}
	return AAS_OK;
}

/* From behind '[' to behind ']'. */
static int
bracket(struct parser *ps)
{
	size_t len = 0;
	int r = AAS_OK;

	ps->said = 0;
	for (;;) {
		ps->p += strspn(ps->p, SPACE);
		if (*ps->p == '\0')
			return fail(ps, "']' is missing", "[", 1);
		if (*ps->p == ']')
			break;
		len = strcspn(ps->p, SPACE "[]");
		if (len == 0)
			return fail(ps, "not expected here", ps->p, 1);
		if ((r = criterion(ps, ps->p, len)) != AAS_OK)
			return r;
		ps->p += len;
	}
	ps->p++;
	if (ps->said == 0)
		return fail(ps, "nothing in it", "[]", 2);
	return AAS_OK;
}

static int
name(struct parser *ps, size_t len)
{
	uint8_t *action = NULL;

	if (len >= AAS_SOURCE_NAME_MAX ||
	    strspn(ps->p, "abcdefghijklmnopqrstuvwxyz0123456789_") < len)
		return fail(ps, "not a name of a source", ps->p, len);
	for (size_t i = 0; i < ps->sw.n; i++) {
		if (strlen(ps->sw.of[i].name) == len &&
		    memcmp(ps->sw.of[i].name, ps->p, len) == 0)
			return fail(ps, "named twice", ps->p, len);
	}
	if (ps->sw.n == AAS_SOURCES_MAX)
		return fail(ps, "one source too many", ps->p, len);
	memcpy(ps->sw.of[ps->sw.n].name, ps->p, len);
	action = ps->sw.of[ps->sw.n].action;
	action[AAS_PLUGIN_SUCCESS] = AAS_SA_CONTINUE;
	action[AAS_PLUGIN_NOTFOUND] = AAS_SA_CONTINUE;
	action[AAS_PLUGIN_UNAVAIL] = AAS_SA_DENY;
	action[AAS_PLUGIN_TRYAGAIN] = AAS_SA_DENY;
	ps->sw.n++;
	return AAS_OK;
}

int
aas_switch_parse(const char *line, struct aas_switch *sw, char err[256])
{
	struct parser ps = { .p = line, .err = err };
	int may_open = 0; /* a name just stood here */
	int r = AAS_OK;

	err[0] = '\0';
	memset(&ps.sw, 0, sizeof(ps.sw));
	for (;;) {
		size_t len = 0;

		ps.p += strspn(ps.p, SPACE);
		if (*ps.p == '\0')
			break;
		if (*ps.p == '[' && may_open) {
			ps.p++;
			r = bracket(&ps);
			may_open = 0;
		} else if ((len = strcspn(ps.p, SPACE "[]")) == 0) {
			r = fail(&ps, "not expected here", ps.p, 1);
		} else {
			r = name(&ps, len);
			ps.p += len;
			may_open = 1;
		}
		if (r != AAS_OK)
			return r;
	}
	if (ps.sw.n == 0) {
		(void)snprintf(err, 256, "no source is named");
		return AAS_ERR_FORMAT;
	}
	*sw = ps.sw;
	return AAS_OK;
}
