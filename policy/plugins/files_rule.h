#ifndef AAS_POLICY_PLUGINS_FILES_RULE_H
#define AAS_POLICY_PLUGINS_FILES_RULE_H

#include "policy/plugin.h"
#include "policy/plugins/files.h"

#define FILES_REPORTS_MAX 20

/* One answer of the source "files". */
struct files_job {
	const struct aas_plugin_host *h;
	struct files_names *names;
	struct path {
		struct path *next;
		char text[];
	} * paths;        /* what ${names} borrows */
	const char *file; /* being read */
	uint32_t rules;
	const struct aas_plugin_query *about; /* NULL: everybody */
	uint32_t handed;                      /* rules about them */
	unsigned reports;
	int found, bad;
	const char **list; /* the lists of one rule */
	size_t list_room, list_n;
	struct files_reader reader;
};

/* files_complain(j, line, fmt, ...): say it; always -1. */
__attribute__((format(printf, 3, 4))) int files_complain(
    struct files_job *j, uint32_t line, const char *fmt, ...);

/*
 * files_take_rule(j, group): hand over what one group says.  Returns 0; -1:
 * there were mistakes, which were said.
 */
int files_take_rule(struct files_job *j, const struct files_node *group);

#endif
