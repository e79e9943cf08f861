#ifndef AAS_LIB_CODEX_READ_H
#define AAS_LIB_CODEX_READ_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/codex/find.h"
#include "lib/codex/gather.h"

/*
 * What the files of a user say of his Codex, read by a process that has the
 * user's rights and no more, and little time, memory and files.
 */
enum aas_codex_how {
	AAS_CODEX_UNKNOWN, /* which rollout is its own */
	AAS_CODEX_HAS_OPEN,
	AAS_CODEX_BY_CWD, /* one of its directory, begun after it */
};

struct aas_codex_said {
	char home[AAS_CODEX_PATH]; /* "": it cannot be opened */
	int64_t auth_s;            /* when auth.json was written; -1: none */
	int how;                   /* enum aas_codex_how */
	int error;                 /* of the rollout it has open; or 0 */
	char path[AAS_CODEX_PATH]; /* of the rollout, below the home */
	struct aas_codex_meta m;
};

/*
 * aas_codex_read(v, n, dir, until_ms, said):
 * Find out about the ${n} of one user; ${said} has room for as many.
 *   dir  the user's home directory; "" if there is none
 * Runs in this process: see aas_codex_read_as().
 */
void aas_codex_read(const struct aas_codex_run *v, size_t n, const char *dir,
    int64_t until_ms, struct aas_codex_said *said);

/*
 * aas_codex_read_as(v, n, user, until_ms, said):
 * The same in a child that is ${user} and nobody else: of root, with that
 * user's groups; of the user himself, as he is.  It can neither start
 * anything nor write a file, and is killed at ${until_ms}; what it says is
 * checked.  Returns 0; AAS_ERR_TIMEOUT, AAS_ERR_FORMAT, AAS_ERR_NOMEM,
 * AAS_ERR_SYS: ${said} is as good as empty.
 */
struct aas_codex_user {
	uid_t uid;
	gid_t gid;
	const char *dir;
};
int aas_codex_read_as(const struct aas_codex_run *v, size_t n,
    const struct aas_codex_user *user, int64_t until_ms,
    struct aas_codex_said *said);

/*
 * aas_codex_tidy(s, cap): make the text of ${cap} bytes UTF-8: the names of
 * files may be of any bytes.  0: it has no end.
 */
int aas_codex_tidy(char *s, size_t cap);

/*
 * aas_codex_confine(user, memory):
 * Make this process ${user}'s for good: no other rights, no way back, no new
 * privileges, no more than ${memory} bytes of address space, no core, no
 * processes.  Returns 0, AAS_ERR_SYS: it must not go on.
 */
int aas_codex_confine(const struct aas_codex_user *user, size_t memory);

#endif
