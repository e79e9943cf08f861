#ifndef AAS_POLICY_OPEN_H
#define AAS_POLICY_OPEN_H

#include "lib/fs.h"
#include "policy/policy.h"

/*
 * aas_policy_open_seen(path, seen, &p):
 * aas_policy_open() with what aas_fs_look() is known to say.
 */
int aas_policy_open_seen(
    const char *path, struct aas_fs_seen *seen, struct aas_policy **p);

/*
 * aas_policy_open_mapped(path, &p):
 * aas_policy_open() for a program that guards nothing, whoever runs it: a large
 * file is mapped, not read, and one that is written over meanwhile ends the
 * program by a signal, which MUST NOT mean yes.
 */
int aas_policy_open_mapped(const char *path, struct aas_policy **p);

#endif
