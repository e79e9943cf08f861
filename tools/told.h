#ifndef AAS_TOOLS_TOLD_H
#define AAS_TOOLS_TOLD_H

#include <stdint.h>

#include "lib/user.h"

/*
 * aas_told_entry(statedir, libexecdir, u, line, held_until):
 * An entry of ${u}'s record, ${line} as it was stored (with or without its
 * LF), has changed it: the owner hears of it.
 *   libexecdir  where the notifier is; NULL: the event is kept alone
 *   held_until  it counts only from then on; 0: at once
 * What cannot be kept is logged: the entry is stored all the same.
 */
void aas_told_entry(const char *statedir, const char *libexecdir,
    const struct aas_user *u, const char *line, int64_t held_until);

/* aas_told_retired(...): root has put the record away; ${what} is a word. */
void aas_told_retired(const char *statedir, const char *libexecdir,
    const struct aas_user *u, const char *what);

/*
 * aasd_can_deliver(): 1 if an aas-notify that we start could deliver.  Not in
 * aasd's own unit: there an event is kept alone, and systemd's path and timer
 * units deliver it.
 */
int aasd_can_deliver(void);

#endif
