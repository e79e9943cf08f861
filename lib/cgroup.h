#ifndef AAS_LIB_CGROUP_H
#define AAS_LIB_CGROUP_H

#include <sys/types.h>

/*
 * Where systemd has put a process.  Source: cgroups(7), /proc/PID/cgroup.
 */
#define AAS_CGROUP_MAX 512

/*
 * aas_cgroup_of(pid, path):
 * The control group of the process (0: the caller) in the hierarchy that
 * systemd uses: the unified one, or the one named "systemd".
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_TOOBIG, AAS_ERR_SYS.
 */
int aas_cgroup_of(pid_t pid, char path[AAS_CGROUP_MAX]);

/*
 * aas_cgroup_unit(path, unit):
 * The name of the system service whose group ${path} is, as
 * "codex-runner@a.service" of "/system.slice/codex-runner@a.service".  Those
 * of users' own managers are none.  AAS_ERR_NOTFOUND, AAS_ERR_TOOBIG.
 */
#define AAS_CGROUP_UNIT 256
int aas_cgroup_unit(const char *path, char unit[AAS_CGROUP_UNIT]);

/*
 * aas_cgroup_leave():
 * Move this process, which is root's, to the root of each hierarchy, or to
 * init.scope: whoever starts it may own the group that it is in, and freeze it
 * there.  Not in a PAM module.  Where groups are read-only, as in a unit with
 * ProtectControlGroups=, it stays.
 * Returns 0; AAS_ERR_*: it stays in some.  Source: cgroups(7).
 */
int aas_cgroup_leave(void);

#endif
