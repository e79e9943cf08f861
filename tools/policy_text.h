#ifndef AAS_TOOLS_POLICY_TEXT_H
#define AAS_TOOLS_POLICY_TEXT_H

#include "policy/rule.h"

/*
 * policy_text(rule, &text):
 * A rule in the grammar of aas-policy(5), without where it is from, several
 * lines, the last without its end, from malloc.  What has no form there (an
 * attestation), or another (a setting), is made of comments.  Two rules have
 * one text if they mean the same and stand in the same order.  Returns 0,
 * AAS_ERR_NOMEM.
 */
int policy_text(const struct aas_rule *rule, char **text);

#endif
