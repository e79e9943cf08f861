#ifndef AAS_POLICY_SOURCE_HOST_PARTS_H
#define AAS_POLICY_SOURCE_HOST_PARTS_H

#include "policy/source/groups.h"
#include "policy/source/host.h"

/* What host.c and host_files.c share, and nobody else sees. */
struct aas_source_host {
	struct aas_plugin_host api;
	struct aas_pw *pw;
	const char *source;
	struct aas_groups *groups;
	struct aas_arena *arena;
	size_t rules_n, reports_n;
	char **files; /* whose origin was sent */
	size_t files_n, files_cap;
	int refused; /* 1: some rule */
	int error;
};

/* Files and directories, for struct aas_plugin_host. */
int aas_host_read(void *ctx, const char *path, size_t max, unsigned flags,
    char **text, size_t *len);
void aas_host_release(void *ctx, char *text);
int aas_host_list(void *ctx, const char *dir, const char *suffix,
    int (*each)(void *arg, const char *path), void *arg);

#endif
