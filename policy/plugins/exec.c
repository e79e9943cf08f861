/*
 * The source "exec": asks the program <confdir>/policy.exec, so that a site
 * can plug in anything without C.
 *
 * 1. A program that others than root may write MUST NOT be run; the host's
 *    read() checks it and each directory above it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/plugins/exec.h"

#define PROGRAM_MAX ((size_t)64 * 1024 * 1024)

/* Is it there, and root's?  It becomes one of the policy's files by this. */
static int
program_check(const struct aas_plugin_host *h, const char *path)
{
	char *text = NULL;
	size_t len = 0;

	switch (h->read(h->ctx, path, PROGRAM_MAX, 0, &text, &len)) {
	case 0:
		h->release(h->ctx, text);
		return AAS_PLUGIN_SUCCESS;
	case -1:
		h->report(h->ctx, AAS_PLUGIN_ERROR, path, 0, "is not there");
		return AAS_PLUGIN_UNAVAIL;
	default:
		return AAS_PLUGIN_UNAVAIL;
	}
}

static int
ask(const struct aas_plugin_host *h, const struct aas_plugin_query *q,
    int lookup)
{
	char path[PATH_MAX];
	char *question = NULL;
	char *answer = NULL;
	size_t len = 0;
	int status = AAS_PLUGIN_UNAVAIL;

	if (snprintf(path, sizeof(path), "%s/policy.exec", q->confdir) >=
	    (int)sizeof(path))
		return AAS_PLUGIN_UNAVAIL;
	if ((status = program_check(h, path)) != AAS_PLUGIN_SUCCESS)
		return status;
	if ((question = exec_question(lookup, q)) == NULL)
		return AAS_PLUGIN_UNAVAIL;
	status = exec_run(h, path, question, &answer, &len);
	free(question);
	if (status == AAS_PLUGIN_SUCCESS)
		status = exec_answer(h, path, answer, len);
	free(answer);
	return status;
}

static int
rules(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	return ask(h, q, 0);
}

static int
lookup(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	return ask(h, q, 1);
}

AAS_PLUGIN_EXPORT extern const struct aas_plugin aas_policy_plugin;
const struct aas_plugin aas_policy_plugin = { AAS_PLUGIN_MAGIC,
	sizeof(struct aas_plugin), AAS_PLUGIN_MAJOR, AAS_PLUGIN_MINOR, "exec",
	rules, lookup };
