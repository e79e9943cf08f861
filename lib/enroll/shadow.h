#ifndef AAS_LIB_ENROLL_SHADOW_H
#define AAS_LIB_ENROLL_SHADOW_H

#include <stdint.h>

/*
 * The password of somebody who has security keys opens nothing any more, not
 * even through a PAM stack that lacks our line: its hash is locked in
 * /etc/shadow by usermod(8), which keeps it there, and a note of ours says
 * that it was us, so that purge and disable put back what they found and
 * nothing else.  For root.
 */

/*
 * aas_shadow_lock(statedir, name, uid, &done):
 * Lock the password of ${name}, unless it is locked already or there is no
 * shadow entry (a directory's user: nothing of ours to lock).  The note
 * <statedir>/state/<uid>.shadow is durable before the password changes.
 *   done  may be NULL; 1: locked by this call, 0: there was nothing to do
 * Returns 0; AAS_ERR_SYS (usermod failed, or did not do it), AAS_ERR_PERMS,
 * AAS_ERR_NOTFOUND (no state directory), AAS_ERR_NOMEM.
 * Blocks for usermod(8), at most 20 s.
 */
int aas_shadow_lock(
    const char *statedir, const char *name, uint32_t uid, int *done);

/*
 * aas_shadow_unlock(statedir, name, uid, &done):
 * Put the password back if the note says that we locked it and it still is
 * locked; then remove the note.  Without a note: 0, nothing done.
 * Errors as above.
 */
int aas_shadow_unlock(
    const char *statedir, const char *name, uint32_t uid, int *done);

/*
 * aas_shadow_follow(statedir, name, uid, state, &done):
 * Lock or unlock as the record's ${state} (enum aas_state) wants it: locked
 * while keys sign in, back when they are disabled.  Errors as above.
 */
int aas_shadow_follow(const char *statedir, const char *name, uint32_t uid,
    unsigned state, int *done);

/*
 * aas_shadow_locked(name, &locked):
 * ${locked} 1: no password opens this account through pam_unix; also when
 * there is no shadow entry.  AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_shadow_locked(const char *name, int *locked);

#endif
