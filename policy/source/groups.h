#ifndef AAS_POLICY_SOURCE_GROUPS_H
#define AAS_POLICY_SOURCE_GROUPS_H

#include <sys/types.h>

/*
 * Group names to gids, each asked once: rules name the same groups again and
 * again, and NSS may be far away.
 */
struct aas_groups;

/* aas_groups_new(&g): 0, AAS_ERR_NOMEM.  aas_groups_free(&g): NULL is fine. */
int aas_groups_new(struct aas_groups **g);
void aas_groups_free(struct aas_groups **g);

/*
 * aas_groups_gid(g, name, &gid):
 * An aas_rule_gid of policy/rule.h; ${g} is a struct aas_groups.  Only an
 * answer is remembered, "there is none" included.  Blocks as long as NSS does.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_groups_gid(void *g, const char *name, gid_t *gid);

#endif
