#ifndef AAS_LIB_NOTIFY_ROOM_H
#define AAS_LIB_NOTIFY_ROOM_H

#include "lib/notify/depot.h"

/*
 * aas_room_make(sp, uid):
 * Where too many of ${uid}'s wait: bury the oldest of them that has been to
 * all its places once, and that settings could leave out.  With ${sp}->waits,
 * which remembers where it stopped: aas_room_forget().
 * Returns 0; AAS_ERR_NOTFOUND: there is none; AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_room_make(const struct aas_depot *sp, uint32_t uid);
void aas_room_forget(struct aas_waits *w);

/*
 * aas_room_dead(sp):
 * Remove the oldest of dead/: of each user's, and of those that are nobody's,
 * AAS_DEAD_USER stay; what no setting leaves out is not removed for others,
 * but there are never more than twice as many.  Returns 0, AAS_ERR_SYS,
 * AAS_ERR_NOMEM.
 */
#define AAS_DEAD_USER 1000
int aas_room_dead(const struct aas_depot *sp);

#endif
