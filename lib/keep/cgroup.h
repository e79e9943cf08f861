#ifndef AAS_LIB_KEEP_CGROUP_H
#define AAS_LIB_KEEP_CGROUP_H

#include <sys/types.h>

#include <stdint.h>

#include "lib/cgroup.h"

/*
 * What may be ended of where systemd has put a process.
 */

/*
 * aas_cgroup_scope(path, uid, out):
 * The scope of a login session of that user which ${path} is in or below:
 * "/user.slice/user-1000.slice/session-3.scope".  1 if there is one, else 0.
 */
int aas_cgroup_scope(const char *path, uid_t uid, char out[AAS_CGROUP_MAX]);

/*
 * aas_cgroup_manager(path, &uid): 1 if ${path} is of a user's manager, in or
 * below /user.slice/user-1000.slice/user@1000.service, and of which; else 0.
 */
int aas_cgroup_manager(const char *path, uint32_t *uid);

/*
 * aas_cgroup_each(path, found, arg):
 * Call ${found} for each process in that group, and in those below it.
 * Nothing is said of one that comes meanwhile.
 */
typedef void aas_cgroup_found(void *arg, pid_t pid);
void aas_cgroup_each(const char *path, aas_cgroup_found *found, void *arg);

/*
 * aas_cgroup_kill(path): SIGKILL for all of it at once.
 * Returns 0; AAS_ERR_NOTFOUND: there is no such group, or this kernel or this
 * hierarchy cannot; AAS_ERR_INVAL, AAS_ERR_SYS.
 */
int aas_cgroup_kill(const char *path);

#endif
