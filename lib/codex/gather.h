#ifndef AAS_LIB_CODEX_GATHER_H
#define AAS_LIB_CODEX_GATHER_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/codex/exe.h"
#include "lib/codex/meta.h"
#include "lib/keep/cgroup.h"
#include "lib/keep/procs.h"

/*
 * The Codex that run on this host: one for each process that is Codex and
 * stems from none that is, with all that stems from it.  Only the kernel is
 * asked, no file of a user is opened.  Codex makes itself undumpable, so that
 * not even its user may look at its /proc: this is for root.
 */
#define AAS_CODEX_MAX  256 /* are told of */
#define AAS_CODEX_UP   64
#define AAS_CODEX_OPEN 4

struct aas_codex_run {
	struct aas_proc id;
	uid_t uid;
	uint32_t audit; /* AAS_PROC_NO_AUDIT: in no audit session */
	uint32_t tty;
	int64_t started_s; /* since 1970 */
	struct aas_proc
	    up[AAS_CODEX_UP]; /* what it stems from, the next first */
	size_t up_n;
	unsigned processes; /* it and what stems from it */
	char exe[AAS_CODEX_PATH];
	char cwd[AAS_CODEX_PATH];
	char home[AAS_CODEX_PATH]; /* $CODEX_HOME of it; "" */
	char cgroup[AAS_CGROUP_MAX];
	char unit[AAS_CODEX_UNIT];                 /* of a runner; "" */
	char open[AAS_CODEX_OPEN][AAS_CODEX_PATH]; /* rollouts it has open */
	size_t open_n;
};

/*
 * aas_codex_gather(ps, uid, pid, v, n, more):
 * Find those of the user ${uid}, or everybody's for (uid_t)-1: up to
 * AAS_CODEX_MAX, from malloc; *more: there are more.  One of each user comes
 * first, by pid, then a second of each, and so on.  ${ps} holds a fresh
 * aas_keep_scan().  A process that ends meanwhile is left out.
 *   pid  that one alone, if it is one; nothing is asked of a process that has
 *        nothing to do with it; 0: all
 * Returns 0; AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_codex_gather(struct aas_keep_procs *ps, uid_t uid, pid_t pid,
    struct aas_codex_run **v, size_t *n, int *more);

/*
 * aas_codex_of(p, uid): 1 if that process of that user ((uid_t)-1: of whom it
 * may be) is Codex.
 */
int aas_codex_of(const struct aas_keep_proc *p, uid_t uid);

/* aas_codex_uid(pid, &uid): its real user.  AAS_ERR_NOTFOUND, AAS_ERR_FORMAT */
int aas_codex_uid(pid_t pid, uid_t *uid);

#endif
