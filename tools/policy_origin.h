#ifndef AAS_TOOLS_POLICY_ORIGIN_H
#define AAS_TOOLS_POLICY_ORIGIN_H

#include <limits.h>

#include "policy/policy.h"

/*
 * policy_origin_changed(p, path, &stamp):
 * Whether a file that ${p} was made of is another one now: 0, or 1 with the
 * first such file in ${path}, or an enum aas_err.  A file that was only
 * touched has not changed.  ${stamp}, if not NULL, becomes a number that is
 * another one whenever the files are: to try a broken one only once.
 */
int policy_origin_changed(
    const struct aas_policy *p, char path[PATH_MAX], uint64_t *stamp);

/*
 * policy_origin_state(bin, path, &stamp):
 * The same of the file ${bin}, NULL for the usual one, that is checked whole
 * before: damage anywhere is AAS_ERR_FORMAT.
 */
int policy_origin_state(const char *bin, char path[PATH_MAX], uint64_t *stamp);

/*
 * policy_origin_stamp(at, n):
 * Such a number for what is in the ${n} directories ${at}, or for those of
 * them that are files, where no policy tells which files count.
 */
uint64_t policy_origin_stamp(const char *const *at, size_t n);

#endif
