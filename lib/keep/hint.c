/*
 * Is somebody at a display?
 *
 * 1. Who gives no hint MUST NOT be taken for idle, nor who cannot be asked.
 */
#include <ctype.h>
#include <string.h>

#include "lib/cgroup.h"
#include "lib/err.h"
#include "lib/keep/cgroup.h"
#include "lib/keep/hint.h"

#define DIGITS_MAX 18

int
aas_hint_name(const struct aas_kept *k, char id[AAS_HINT_ID])
{
	static const char head[] = "/session-", tail[] = ".scope";
	char path[AAS_CGROUP_MAX], scope[AAS_CGROUP_MAX];
	const char *p = NULL;
	size_t n = 0;

	if (!aas_proc_alive(&k->l.leader) ||
	    aas_cgroup_of(k->l.leader.pid, path) != AAS_OK ||
	    !aas_cgroup_scope(path, k->l.uid, scope) ||
	    (p = strrchr(scope, '/')) == NULL)
		return AAS_ERR_NOTFOUND;
	p += sizeof(head) - 1;
	n = strlen(p) - (sizeof(tail) - 1);
	if (n >= AAS_HINT_ID)
		return AAS_ERR_NOTFOUND;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)p[i]))
			return AAS_ERR_NOTFOUND;
	}
	memcpy(id, p, n);
	id[n] = '\0';
	return AAS_OK;
}

/* What follows "name=" at the beginning of the only such line; else NULL. */
static const char *
value_of(const char *text, const char *name)
{
	const char *found = NULL;
	size_t n = strlen(name);

	for (const char *p = text; *p != '\0';
	     p += strcspn(p, "\n"), p += *p == '\n') {
		if (strncmp(p, name, n) != 0 || p[n] != '=')
			continue;
		if (found != NULL)
			return NULL;
		found = p + n + 1;
	}
	return found;
}

static int
is_line(const char *p, const char *word)
{
	size_t n = strlen(word);

	return strncmp(p, word, n) == 0 && p[n] == '\n';
}

static int
number(const char *p, int64_t *v)
{
	int64_t got = 0;
	size_t n = 0;

	for (; p[n] >= '0' && p[n] <= '9'; n++) {
		if (n == DIGITS_MAX)
			return AAS_ERR_FORMAT;
		got = got * 10 + (p[n] - '0');
	}
	if (n == 0 || p[n] != '\n')
		return AAS_ERR_FORMAT;
	*v = got;
	return AAS_OK;
}

int
aas_hint_parse(const char *text, struct aas_hint *h)
{
	const char *hint = value_of(text, "IdleHint");
	const char *since = value_of(text, "IdleSinceHintMonotonic");
	int64_t us = 0;

	if (hint == NULL || since == NULL || number(since, &us) != AAS_OK ||
	    (!is_line(hint, "yes") && !is_line(hint, "no")))
		return AAS_ERR_FORMAT;
	if (is_line(hint, "yes"))
		*h = (struct aas_hint){ AAS_HINT_IDLE, us };
	else
		*h = (struct aas_hint){
			us == 0 ? AAS_HINT_NEVER : AAS_HINT_ACTIVE, 0
		};
	return AAS_OK;
}

void
aas_hint_take(struct aas_kept *k, const struct aas_hint *h, int64_t mono_us,
    int64_t now_ms)
{
	int64_t at_ms = now_ms;

	if (h->is == AAS_HINT_IDLE && k->hint == AAS_HINT_IDLE &&
	    k->hint_us == h->since_us)
		at_ms = k->t.input_ms;
	else if (h->is == AAS_HINT_IDLE && h->since_us <= mono_us)
		at_ms = now_ms - (mono_us - h->since_us) / 1000;
	k->hint = h->is;
	k->hint_us = h->since_us;
	k->hint_ms = now_ms;
	if (at_ms > k->t.input_ms)
		k->t.input_ms = at_ms;
}
