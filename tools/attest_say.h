#ifndef AAS_TOOLS_ATTEST_SAY_H
#define AAS_TOOLS_ATTEST_SAY_H

#include <jansson.h>

#include "lib/attest/set.h"

/* attest_whom(is, dst): "user NAME" or "group NAME", printable; ${dst}. */
#define ATTEST_WHOM 300
const char *attest_whom(const struct aas_claims *is, char dst[ATTEST_WHOM]);

/*
 * attest_json(path, why, is, told, signer, now_s):
 * One attestation as an object; what it says only if ${told}.  NULL: no
 * memory.
 */
json_t *attest_json(const char *path, unsigned why, const struct aas_claims *is,
    int told, const char *signer, int64_t now_s);

/* attest_print(t, now_s): the same as a line of a list, to stdout. */
void attest_print(const struct aas_attest_token *t, int64_t now_s);

#endif
