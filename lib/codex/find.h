#ifndef AAS_LIB_CODEX_FIND_H
#define AAS_LIB_CODEX_FIND_H

#include <sys/types.h>

#include <stdint.h>

#include "lib/codex/meta.h"

/*
 * The folder in which Codex keeps what it knows, $CODEX_HOME or ~/.codex, as
 * its owner reads it: never with more rights than his.  Below it nothing that
 * is a symbolic link, no file that belongs to somebody else and nothing but
 * regular files and directories is opened.
 * Source: openai/codex, codex-rs/rollout: sessions/YYYY/MM/DD/
 * rollout-<time>-<id>.jsonl, or .jsonl.zst.
 */
struct aas_codex_home {
	int fd;
	uid_t uid;
	char path[AAS_CODEX_PATH]; /* with no symbolic link in it */
};

/* What may still be spent on it; one for all homes of a user. */
struct aas_codex_budget {
	int64_t until_ms; /* of aas_clock_ms() */
	unsigned dirs;    /* directories listed */
	unsigned entries; /* of them */
	unsigned files;   /* rollouts opened */
};

#define AAS_CODEX_BUDGET(until)          \
	{                                \
		(until), 128, 16384, 256 \
	}

/*
 * aas_codex_home_open(root, path, uid, h), aas_codex_home_close(h):
 *   root  what "/" of ${path} is, a descriptor of a directory; -1: our own,
 *         as it is for a link with an absolute name that stands on the way
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS (it is not the user's),
 * AAS_ERR_TOOBIG.
 */
int aas_codex_home_open(
    int root, const char *path, uid_t uid, struct aas_codex_home *h);
void aas_codex_home_close(struct aas_codex_home *h);

/*
 * aas_codex_auth(h, mtime_s):
 * When auth.json was written last.  It is not opened, nor is anything of it
 * read.  Returns 0, AAS_ERR_NOTFOUND.
 */
int aas_codex_auth(const struct aas_codex_home *h, int64_t *mtime_s);

/*
 * aas_codex_file(h, path, b, m):
 * Read what the rollout ${path}, below ${h}, says of its session.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_TIMEOUT (also: nothing
 * is left of the budget), and those of aas_codex_head() and aas_codex_meta().
 */
int aas_codex_file(const struct aas_codex_home *h, const char *path,
    struct aas_codex_budget *b, struct aas_codex_meta *m);

/*
 * aas_codex_walk(h, b, each, arg):
 * Call ${each} for rollouts, the newest by name first, until it returns 1 or
 * the budget is spent.  ${m} is NULL where ${r} is not 0.
 *   path  below the home: "sessions/2026/06/01/rollout-....jsonl"
 */
typedef int aas_codex_each(
    void *arg, const char *path, int r, const struct aas_codex_meta *m);
void aas_codex_walk(const struct aas_codex_home *h, struct aas_codex_budget *b,
    aas_codex_each *each, void *arg);

/* aas_codex_rollout(name): 1: a rollout by its name, 2: a packed one; else 0 */
int aas_codex_rollout(const char *name);

#endif
