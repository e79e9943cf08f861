#ifndef AAS_PAM_AAS_WINDOW_H
#define AAS_PAM_AAS_WINDOW_H

#include "pam_aas/call.h"

/*
 * The window in which sudo and polkit do not ask for a key again: `reauth`
 * after one answered there, at the same terminal and in the same session.
 */

/*
 * aas_window_own(c):
 * 1 if sudo, doas or polkit asks, and who runs it is the user whose key is
 * asked for: only then may anything but a key that answers now do.
 */
int aas_window_own(const struct aas_call *c);

/*
 * aas_window_open(c):
 * 1 if a key of this user answered here a moment ago, one that would do now:
 * then auth may grant without a ceremony, and nowhere else.  0 on any doubt,
 * and always for other services and for callers who are not the user.
 * ${label} is the first such key's.
 */
int aas_window_open(struct aas_call *c, char label[AAS_LABEL_MAX]);

/*
 * aas_window_begin(c, v):
 * The ceremony ${v} was verified: leave a stamp, if this is a place that may
 * have one.  A stamp that cannot be written costs a touch: logged.
 */
void aas_window_begin(struct aas_call *c, const struct aas_verdict *v);

#endif
