#ifndef AAS_TESTS_PLUGIN_HOST_H
#define AAS_TESTS_PLUGIN_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "policy/rule.h"

/*
 * A host for the source "files", which is linked into the test: files are
 * texts, and rules are taken as the real one takes them.  Without cmocka: what
 * a source must never do ends the process.
 */
#define PLUGIN_HOST_FILES 3
#define PLUGIN_HOST_RULES 64

struct plugin_host {
	/* From the test.  The first that has a path may be policy.conf. */
	const char *path[PLUGIN_HOST_FILES]; /* NULL: not there */
	const char *text[PLUGIN_HOST_FILES];
	size_t len[PLUGIN_HOST_FILES]; /* 0: strlen() */
	int no_dir, read_fails, list_fails;
	const char *user;          /* not NULL: look up */
	const char *const *groups; /* of user; NULL: not known */
	int64_t left_ms;           /* 0: enough */
	/* Instead of what follows: called for each rule. */
	int (*rule)(void *ctx, const struct aas_plugin_rule *r,
	    struct aas_plugin_fault *fault);
	struct aas_arena *arena; /* of the rules; the test's */
	/* What came of it. */
	struct aas_rule rules[PLUGIN_HOST_RULES];
	unsigned rules_n; /* of all, though not all are kept */
	char said[8192];  /* "FILE:LINE: TEXT", line by line */
	unsigned reports;
};

extern const struct aas_plugin aas_policy_plugin;

/*
 * plugin_host_run(ph, confdir):
 * Ask the source for its rules.  Every group is one, but for "none".  Returns
 * an enum aas_plugin_status.
 */
int plugin_host_run(struct plugin_host *ph, const char *confdir);

#endif
