#ifndef AAS_PAM_AAS_TELL_H
#define AAS_PAM_AAS_TELL_H

#include "pam_aas/call.h"

/*
 * What the owner of an account must hear of, into the spool and over to
 * aas-notify; docs/events.md.  A host that is not root tells nothing: it can
 * write no spool.
 */

/*
 * aas_tell_signin(c, via, label):
 * A session begins: a login service, one from elsewhere, or any other for a
 * user whose sign-ins have to be told.  ${label} of the key; "": none.
 * Returns 0; -1 with a refusal noted, if it has to be told and cannot be.
 */
int aas_tell_signin(struct aas_call *c, const char *via, const char *label);

/*
 * aas_tell_within(c, label):
 * The same in the auth phase of what opens no session of this user's, such as
 * sudo, where it has to be told.
 */
int aas_tell_within(struct aas_call *c, const char *label);

/*
 * aas_tell_exempt(c, glass):
 * An exemption was used: told once an hour for a user and a service, and each
 * time if it breaks the glass.
 */
void aas_tell_exempt(struct aas_call *c, int glass);

/*
 * aas_tell_glass_now(c):
 * 1 if a rule that breaks the glass is to be told of in this phase.  In auth
 * nobody has been authenticated yet: there once an hour for a user and a
 * service, so that who only knocks fills nothing; after it each time.
 */
int aas_tell_glass_now(struct aas_call *c);

/*
 * aas_tell_refused(c):
 * A sign-in of a known user was refused: counted, never spooled.  A record
 * that is not what it was, and a key's counter that went back, are told once
 * an hour.
 */
void aas_tell_refused(struct aas_call *c);

/* aas_tell_unkept(c): nobody ends the sessions of this host. */
void aas_tell_unkept(struct aas_call *c);

#endif
