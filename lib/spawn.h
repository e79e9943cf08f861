#ifndef AAS_LIB_SPAWN_H
#define AAS_LIB_SPAWN_H

#include <sys/types.h>

#include <stdint.h>

/*
 * A helper process at the other end of one SOCK_SEQPACKET socket pair, its
 * descriptor 0.  It is started by posix_spawn(3) (never fork: a 100 MB host
 * would pay 10 ms), with an empty environment, 1 and 2 on /dev/null, nothing
 * else open, default signals, an empty mask, a session of its own and "/" as
 * directory.  Its exit status decides nothing: a host may have stolen it.
 */
struct aas_child {
	pid_t pid; /* -1: none */
	int pidfd; /* -1: none */
	int sock;  /* our end, -1: none */
};

#define AAS_CHILD_NONE     \
	{                  \
		-1, -1, -1 \
	}

/*
 * aas_spawn(path, argv, &c):
 * Start ${path}, an absolute path; it must be a regular file of root (or of
 * the effective user), not writable by others, and so each directory above.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_spawn(const char *path, char *const argv[], struct aas_child *c);

/*
 * aas_spawn_heard(path, argv, &c):
 * The same, but 1 is the socket, too: what it writes there comes in packets.
 */
int aas_spawn_heard(const char *path, char *const argv[], struct aas_child *c);

/*
 * aas_spawn_away(path, argv, fd):
 * Start ${path}, held to the same, which is nobody's child here: with 0 to 2
 * on /dev/null, ${fd} as 3 if it is not -1, and nothing else open, in a session
 * of its own, with an empty environment, default signals, an empty mask, "/" as
 * directory.  A process that shares this one's memory (clone(2), CLONE_VM and
 * CLONE_VFORK, no signal at its end) starts it and is gone before this returns,
 * so that neither how
 * ${path} behaves nor how the host treats its children matters: no SIGCHLD, no
 * zombie, nothing to wait for.  Limits, umask and control group are those of
 * the host, for ${path} to change.
 * Returns 0 once it was executed; AAS_ERR_NOTFOUND, AAS_ERR_PERMS,
 * AAS_ERR_INVAL, AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_spawn_away(const char *path, char *const argv[], int fd);

/*
 * aas_child_end(&c, grace_ms):
 * Close the socket, give the process ${grace_ms} to go, then SIGKILL it
 * through the pidfd; reap that pid and no other; ECHILD (the host reaped it,
 * or ignores SIGCHLD) is fine.  ${c} becomes AAS_CHILD_NONE.  Blocks at most
 * ${grace_ms} plus a moment.
 */
void aas_child_end(struct aas_child *c, int grace_ms);

/*
 * aas_child_kill_group(c):
 * SIGKILL to the helper and everything it started that did not leave its
 * process group.  Only before aas_child_end(), and only where nobody else
 * reaps: for tools, not for a PAM module.
 */
void aas_child_kill_group(const struct aas_child *c);

#endif
