/*
 * libaas_policy_blocked.so: an example of a source of policy.  Who stands in
 * /etc/aas/blocked, one name a line, does not sign in.
 *
 *	cc -shared -fPIC $(pkg-config --cflags aas-policy) \
 *	    -o libaas_policy_blocked.so policy-plugin.c
 *	install -o root -g root -m 755 libaas_policy_blocked.so \
 *	    "$(pkg-config --variable=plugindir aas-policy)"
 *
 * and in aas.conf(5): policy = "files attest blocked";
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aas/policy_plugin.h>

#define NAMES_MAX 4096
#define FILE_MAX  (1024 * 1024)

/* One rule: these users are refused.  A status. */
static int
deny(
    const struct aas_plugin_host *h, const char *path, const char *const *users)
{
	struct aas_plugin_fault fault;
	struct aas_plugin_rule rule;
	char text[400];

	/* Zero is "not said"; the sizes say which version we were built for. */
	memset(&rule, 0, sizeof(rule));
	rule.struct_size = sizeof(rule);
	rule.file = path;
	rule.name = "blocked";
	rule.users = users;
	rule.deny = 1;
	memset(&fault, 0, sizeof(fault));
	fault.struct_size = sizeof(fault);
	if (h->rule(h->ctx, &rule, &fault) == 0)
		return AAS_PLUGIN_SUCCESS;
	(void)snprintf(text, sizeof(text), "%s: %s", fault.field, fault.text);
	h->report(h->ctx, AAS_PLUGIN_ERROR, path, 0, text);
	return AAS_PLUGIN_UNAVAIL;
}

/* The names in the file; all, or only that of one user. */
static int
names(char *text, const char *only, const char **v)
{
	char *save = NULL;
	int n = 0;

	for (char *s = strtok_r(text, "\n", &save); s != NULL;
	     s = strtok_r(NULL, "\n", &save)) {
		if (*s == '#' || (only != NULL && strcmp(s, only) != 0))
			continue;
		if (n == NAMES_MAX)
			return -1; /* dropping one would let him in */
		v[n++] = s;
	}
	v[n] = NULL;
	return n;
}

static int
ask(const struct aas_plugin_host *h, const struct aas_plugin_query *q,
    const char *only)
{
	static const char *v[NAMES_MAX + 1];
	char path[4096];
	char *text = NULL;
	size_t len = 0;
	int status = AAS_PLUGIN_UNAVAIL;
	int n = 0;

	(void)snprintf(path, sizeof(path), "%s/blocked", q->confdir);
	switch (h->read(h->ctx, path, FILE_MAX, 0, &text, &len)) {
	case 0:
		break;
	case -1: /* no file: nobody is blocked */
		return AAS_PLUGIN_NOTFOUND;
	default: /* reported by the host */
		return AAS_PLUGIN_UNAVAIL;
	}
	if (strlen(text) != len)
		h->report(h->ctx, AAS_PLUGIN_ERROR, path, 0, "a NUL byte");
	else if ((n = names(text, only, v)) < 0)
		h->report(h->ctx, AAS_PLUGIN_ERROR, path, 0, "too many names");
	else
		status = n > 0 ? deny(h, path, v) : AAS_PLUGIN_NOTFOUND;
	h->release(h->ctx, text);
	return status;
}

static int
rules(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	return ask(h, q, NULL);
}

static int
lookup(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	return ask(h, q, q->user);
}

AAS_PLUGIN_EXPORT extern const struct aas_plugin aas_policy_plugin;
const struct aas_plugin aas_policy_plugin = {
	AAS_PLUGIN_MAGIC,
	sizeof(struct aas_plugin),
	AAS_PLUGIN_MAJOR,
	AAS_PLUGIN_MINOR,
	"blocked",
	rules,
	lookup,
};
