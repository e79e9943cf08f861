#ifndef AAS_LIB_EVENT_RAISE_H
#define AAS_LIB_EVENT_RAISE_H

#include "lib/event/event.h"
#include "lib/fs.h"

/*
 * aas_event_keep(statedir, seen, e, now, id):
 * Format the event under a new id and keep it in the spool of ${statedir}.
 *   seen  as of aas_fs_look(); may be NULL
 *   id    AAS_EVENT_ID bytes, written on success; may be NULL
 * Returns 0: a crash does not lose it; errors of aas_event_format() and
 * aas_spool_put().
 */
int aas_event_keep(const char *statedir, struct aas_fs_seen *seen,
    const struct aas_event *e, const struct aas_now *now, char *id);

/*
 * aas_event_hand(statedir, libexecdir):
 * Start `aas-notify --detach`, with --state where ${statedir} is not the one
 * that it was built for, unless one is on duty; see lib/event/duty.h.  It is
 * no child of this process; see aas_spawn_away().  Only after
 * aas_event_keep().  What is not handed over stays in the spool until aasd(8)
 * or the next event starts one.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_INVAL, AAS_ERR_SYS.
 */
int aas_event_hand(const char *statedir, const char *libexecdir);

/*
 * aas_event_raise(statedir, libexecdir, e, now):
 * Both, for tools and aasd.  An event that is kept and not handed over is a
 * success.
 */
int aas_event_raise(const char *statedir, const char *libexecdir,
    const struct aas_event *e, const struct aas_now *now);

#endif
