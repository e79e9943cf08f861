/*
 * A host for the source "files", of the four tests that read rules by it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "tests/plugin_host.h"

#define MUST(cond)                                                          \
	do {                                                                \
		if (!(cond)) {                                              \
			(void)fprintf(stderr, "%s:%d: not: %s\n", __FILE__, \
			    __LINE__, #cond);                               \
			abort();                                            \
		}                                                           \
	} while (0)

static int
gid_of(void *arg, const char *name, gid_t *gid)
{
	(void)arg;
	if (strcmp(name, "none") == 0)
		return AAS_ERR_NOTFOUND;
	*gid = (gid_t)(1000 + strlen(name));
	return AAS_OK;
}

static int
host_rule(
    void *ctx, const struct aas_plugin_rule *r, struct aas_plugin_fault *fault)
{
	struct plugin_host *ph = ctx;
	struct aas_rule one;

	if (ph->rule != NULL)
		return ph->rule(ctx, r, fault);
	if (aas_rule_from(r, "files", gid_of, NULL, ph->arena, &one, fault) !=
	    AAS_OK) {
		MUST(fault == NULL ||
		    memchr(fault->text, '\0', sizeof(fault->text)) != NULL);
		return -1;
	}
	if (ph->rules_n < PLUGIN_HOST_RULES)
		ph->rules[ph->rules_n] = one;
	ph->rules_n++;
	return 0;
}

static void
host_report(
    void *ctx, int level, const char *file, uint32_t line, const char *text)
{
	struct plugin_host *ph = ctx;
	size_t at = strlen(ph->said);

	MUST(level == AAS_PLUGIN_ERROR && file != NULL);
	MUST(text != NULL && text[0] != '\0');
	ph->reports++;
	if (line != 0)
		(void)snprintf(ph->said + at, sizeof(ph->said) - at,
		    "%s:%u: %s\n", file, line, text);
	else
		(void)snprintf(ph->said + at, sizeof(ph->said) - at, "%s: %s\n",
		    file, text);
}

static int
host_read(void *ctx, const char *path, size_t max, unsigned flags, char **text,
    size_t *len)
{
	struct plugin_host *ph = ctx;
	char err[AAS_CONF_ERR];

	MUST(flags == AAS_PLUGIN_LIBCONFIG);
	if (ph->read_fails)
		return -2;
	for (size_t i = 0; i < PLUGIN_HOST_FILES; i++) {
		size_t n = ph->len[i];

		if (ph->path[i] == NULL || strcmp(ph->path[i], path) != 0)
			continue;
		if (n == 0)
			n = strlen(ph->text[i]);
		if (aas_conf_guard_max(path, ph->text[i], n, max, err) !=
		    AAS_OK) {
			ph->reports++;
			(void)snprintf(ph->said, sizeof(ph->said), "%s\n", err);
			return -2;
		}
		if ((*text = malloc(n + 1)) == NULL)
			return -2;
		memcpy(*text, ph->text[i], n);
		(*text)[n] = '\0';
		*len = n;
		return 0;
	}
	return -1;
}

static void
host_release(void *ctx, char *text)
{
	(void)ctx;
	free(text);
}

static int
host_list(void *ctx, const char *dir, const char *suffix,
    int (*each)(void *arg, const char *path), void *arg)
{
	struct plugin_host *ph = ctx;
	size_t n = strlen(dir);
	int r = 0;

	MUST(strcmp(suffix, ".conf") == 0);
	if (ph->no_dir)
		return -1;
	if (ph->list_fails)
		return -2;
	for (size_t i = 0; i < PLUGIN_HOST_FILES && r == 0; i++) {
		if (ph->path[i] != NULL && strncmp(ph->path[i], dir, n) == 0 &&
		    ph->path[i][n] == '/')
			r = each(arg, ph->path[i]);
	}
	return r;
}

static int64_t
host_left_ms(void *ctx)
{
	return ((struct plugin_host *)ctx)->left_ms;
}

int
plugin_host_run(struct plugin_host *ph, const char *confdir)
{
	const struct aas_plugin_host h = { sizeof(h), ph, host_rule,
		host_report, host_read, host_release, host_list, host_left_ms };
	const struct aas_plugin_query q = { .struct_size = sizeof(q),
		.confdir = confdir,
		.now_s = 1780272000,
		.user = ph->user,
		.groups = ph->groups };

	if (ph->left_ms == 0)
		ph->left_ms = 1000;
	if (ph->user != NULL)
		return aas_policy_plugin.lookup(&h, &q);
	return aas_policy_plugin.rules(&h, &q);
}
