#ifndef AAS_TOOLS_AAS_CODEX_H
#define AAS_TOOLS_AAS_CODEX_H

#include <sys/types.h>

#include <jansson.h>

#include "lib/codex/read.h"
#include "lib/proc.h"

/* The parts of aas-codex; each gives the whole answer, NULL: no memory. */
#define CODEX_MEMORY ((size_t)64 * 1024 * 1024)

/* codex_refuse(why): the answer that says no. */
json_t *codex_refuse(unsigned why);

/*
 * codex_list(uid, pid): those of ${uid}, (uid_t)-1: everybody's; with ${pid}
 * that one alone, and the processes that stem from it.
 */
json_t *codex_list(uid_t uid, pid_t pid);

/*
 * codex_end(uid, p): end the one that ${p} is, if it is ${uid}'s: SIGTERM, a
 * grace, then SIGKILL for it and all that stems from it.  Blocks for some
 * seconds.
 */
json_t *codex_end(uid_t uid, const struct aas_proc *p);

/* codex_meta(m): what a rollout says, as members of an object. */
json_t *codex_meta(const struct aas_codex_meta *m);

#endif
