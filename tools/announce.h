#ifndef AAS_TOOLS_ANNOUNCE_H
#define AAS_TOOLS_ANNOUNCE_H

#include "lib/user.h"

/*
 * aas_announce(u, text):
 * Write ${text} (ASCII, one line, no control characters) on every terminal
 * that utmp(5) lists for ${u} and that belongs to it.  Never blocks.
 */
void aas_announce(const struct aas_user *u, const char *text);

#endif
