#ifndef AAS_PAM_AAS_HELPER_H
#define AAS_PAM_AAS_HELPER_H

#include "pam_aas/call.h"

/*
 * The helper programs, spoken to by docs/protocol.md.  Each of these starts a
 * process, carries its prompts to the host's conversation, and blocks until
 * its verdict or a deadline.
 */

/*
 * aas_helper_assert(c, &v):
 * Run the sign-in ceremony: aas-authn, or aas-unlock for a host that is not
 * root.  Returns 0 if the helper said, for this very request, that as many
 * keys as policy wants were verified; else -1 with the refusal noted, and
 * v->state and v->reason as the helper said them, or zero.
 */
int aas_helper_assert(struct aas_call *c, struct aas_verdict *v);

/*
 * aas_helper_does(c, v):
 * Whether the keys that ${v} says were verified are as many, and of the kinds,
 * as policy wants: 0, else -1 with the refusal noted.
 */
int aas_helper_does(struct aas_call *c, const struct aas_verdict *v);

/*
 * aas_helper_unlock(c, &v):
 * Have two keys unlock the account; an entry of the record says so then.
 * Returns 0 with what is known of the two, else -1 with the refusal noted.
 */
int aas_helper_unlock(struct aas_call *c, struct aas_verdict *v);

/*
 * aas_helper_verify(c, &state, &deadline_s):
 * Have the user's whole record verified and the index renewed; for a host
 * that is not root aas-unlock tells the state of its real user, and that is
 * all.  Returns 0 with the state and its date (deadline_s of the index), else
 * -1 with the refusal noted.
 */
int aas_helper_verify(struct aas_call *c, unsigned *state, int64_t *deadline_s);

/*
 * aas_helper_enroll(c, hostauth, &v):
 * Run the enrolment dialog.  ${hostauth} 1: the host's own method let this
 * user in, in this transaction.  Returns as aas_helper_assert().
 */
int aas_helper_enroll(struct aas_call *c, int hostauth, struct aas_verdict *v);

#endif
