#ifndef AAS_TOOLS_POLICY_TOLD_H
#define AAS_TOOLS_POLICY_TOLD_H

#include "tools/policy_build.h"

/*
 * That the host has another policy, or was given one that it refuses, told to
 * root (uid 0), once for each content: what was told last stands in
 * <statedir>/policy.told.
 */

/*
 * policy_told_changed(statedir, libexecdir, b, same):
 * ${b} is about to take the place of the policy of ${statedir}; the caller
 * holds the lock of that.  Told if it says anything else than the last one
 * that was told: another time of the build, another place of a rule in its
 * file is nothing.
 *   same  1 if it says what the one in its place says, or there is none: what
 *         counts where nothing was told yet
 */
void policy_told_changed(const char *statedir, const char *libexecdir,
    const struct policy_build *b, int same);

/*
 * policy_told_refused(statedir, libexecdir, conf, why, said):
 * A policy was refused, and the old one stays.
 *   conf  the path of aas.conf: with what stands beside it, it is what was
 *         refused
 *   why   a word
 *   said  why, line by line
 */
void policy_told_refused(const char *statedir, const char *libexecdir,
    const char *conf, const char *why, const char *said);

#endif
