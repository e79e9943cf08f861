#ifndef AAS_AASCTL_ATTEST_H
#define AAS_AASCTL_ATTEST_H

#include "lib/attest/set.h"
#include "lib/fs.h"
#include "aasctl/aasctl.h"

/* The parts of `aasctl attest`. */
struct aasctl_attest {
	const char *user, *group, *dir;
	const char *what; /* FILE or ID */
};

/* A token that is not in the directory. */
struct aasctl_token {
	struct aas_buf buf;
	size_t len;
	unsigned why;
	struct aas_claims is;
	size_t signer;
	int told;
};

/*
 * aasctl_token_judge(c, o, set, now_s, t):
 * Read the token that ${o} names and verify it by ${set}, which may be NULL;
 * ${t} begins zeroed, its buf is to be freed in any case.  An error is said.
 * Returns an enum aasctl_exit.
 */
int aasctl_token_judge(struct aasctl *c, const struct aasctl_attest *o,
    const struct aas_attest_set *set, int64_t now_s, struct aasctl_token *t);

/* aasctl_token_say(c, o, set, now_s, t): what came of it. */
int aasctl_token_say(struct aasctl *c, const struct aasctl_attest *o,
    const struct aas_attest_set *set, int64_t now_s,
    const struct aasctl_token *t);

#endif
