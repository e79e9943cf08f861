#ifndef AAS_LIB_ATTEST_SET_H
#define AAS_LIB_ATTEST_SET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attest/attest.h"
#include "lib/attest/signer.h"

/*
 * What stands in /etc/aas/attest: signers (*.conf), what is revoked (revoked)
 * and the statements (*.jws).
 */
#define AAS_TOKENS_MAX     4096
#define AAS_REVOKED_MAX    65536
#define AAS_ATTEST_NOTHING (-4) /* is AAS_ERR_NOTFOUND, for plugins */
#define AAS_REVOKED_LEN    (4 * 1024 * 1024) /* bytes of the file */

/*
 * Where files come from.  The members are those of struct aas_plugin_host, and
 * so are their contracts; ${arg} is handed to each.
 */
struct aas_attest_io {
	void *arg;
	int (*read)(void *arg, const char *path, size_t max, unsigned flags,
	    char **text, size_t *len);
	void (*release)(void *arg, char *text);
	int (*list)(void *arg, const char *dir, const char *suffix,
	    int (*each)(void *earg, const char *path), void *earg);
	/* level: 1 a mistake in the policy, 2 a statement that does not count
	 */
	void (*report)(void *arg, int level, const char *file, uint32_t line,
	    const char *text);
};

/* One file, whatever it is worth. */
struct aas_attest_token {
	char *path;
	unsigned why;         /* enum aas_attest_why, at the time of loading */
	struct aas_claims is; /* as aas_attest_verify() leaves it */
	size_t signer;        /* its index */
	int told;             /* 1: is and signer hold */
	int claimed; /* 1: is has what it says of itself, user or group */
};

struct aas_attest_set {
	size_t signers_n;
	struct aas_signer signers[AAS_SIGNERS_MAX];
	size_t gone_n;
	char **gone; /* ends with NULL */
	size_t tokens_n;
	struct aas_attest_token *tokens; /* in the order of their names */
};

/*
 * aas_attest_load(io, dir, now_s, set):
 * Read and check everything in ${dir}.  A statement that is no good is kept
 * with its reason and reported as a note; of two with one jti the first
 * counts.  A signer, a key or the list of revoked ones that is damaged is
 * reported and fails the whole.
 * Returns 0 with ${set}, which aas_attest_unload() releases;
 * AAS_ERR_NOTFOUND (no directory, or neither signers nor statements in it),
 * AAS_ERR_FORMAT, AAS_ERR_NOMEM.
 */
int aas_attest_load(const struct aas_attest_io *io, const char *dir,
    int64_t now_s, struct aas_attest_set **set);
void aas_attest_unload(struct aas_attest_set **set);

/*
 * aas_attest_trim(text, len):
 * The length without the line's end that editors put behind a token.
 */
size_t aas_attest_trim(const char *text, size_t len);

/*
 * aas_attest_rules(why): 1 if a statement with this result becomes a rule with
 * its dates, so that a refusal can say what became of it.
 */
int aas_attest_rules(unsigned why);

/*
 * aas_attest_flaw(t):
 * What a refusal may say of ${t}, which does not count: "revoked"; "void",
 * where it can be told whom it is, or says that it is, about; "unread", of a
 * file that cannot be trusted.  NULL: nothing, or it does count.
 */
const char *aas_attest_flaw(const struct aas_attest_token *t);

#endif
