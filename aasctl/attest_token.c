/*
 * A token in a file that somebody names: whether it is valid, for aasctl attest
 * verify and add.
 *
 * 1. What could not be read and verified whole MUST NOT be told as valid.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "aasctl/attest.h"
#include "tools/attest_say.h"

#define FILE_MAX (64 * 1024)

int
aasctl_token_judge(struct aasctl *c, const struct aasctl_attest *o,
    const struct aas_attest_set *set, int64_t now_s, struct aasctl_token *t)
{
	const struct aas_attest_ask ask = {
		.now_s = now_s,
		.user = o->user,
		.group = o->group,
		.gone = set != NULL ? (const char *const *)set->gone : NULL,
	};
	char path[PATH_MAX];
	int r = AAS_OK;

	if (realpath(o->what, path) == NULL)
		return aasctl_fail(
		    c, AASCTL_NOTFOUND, "%s: %s", o->what, strerror(errno));
	r = aas_fs_read_path(path, geteuid(), 022, FILE_MAX, &t->buf, NULL);
	if (r == AAS_ERR_PERMS || r == AAS_ERR_TOOBIG) {
		t->why = r == AAS_ERR_PERMS ? AAS_AW_PERMS : AAS_AW_OVERSIZED;
		return AASCTL_OK;
	}
	if (r != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s: %s", o->what,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	t->len = aas_attest_trim((const char *)t->buf.p, t->buf.len);
	t->why = aas_attest_verify(set != NULL ? set->signers : NULL,
	    set != NULL ? set->signers_n : 0, (const char *)t->buf.p, t->len,
	    &ask, &t->is, &t->signer);
	t->told = aas_attest_rules(t->why) || t->why == AAS_AW_REVOKED;
	return AASCTL_OK;
}

int
aasctl_token_say(struct aasctl *c, const struct aasctl_attest *o,
    const struct aas_attest_set *set, int64_t now_s,
    const struct aasctl_token *t)
{
	char until[AAS_CLOCK_TEXT], subject[ATTEST_WHOM];
	int code = t->why == AAS_AW_OK ? AASCTL_OK : AASCTL_DENIED;

	if (c->json) {
		int printed = aasctl_print(c,
		    attest_json(o->what, t->why, &t->is, t->told,
			t->told ? set->signers[t->signer].name : "", now_s));

		return printed == AASCTL_OK ? code : printed;
	}
	if (!t->told) {
		(void)printf("%s: refused [%s]: %s\n", o->what,
		    aas_attest_code(t->why), aas_attest_text(t->why));
		return code;
	}
	aas_clock_format(t->is.not_after_s, until);
	(void)printf("%s: %s [%s]: %s, until %s, for %s, signed by %s\n",
	    o->what, t->why == AAS_AW_OK ? "valid" : "refused",
	    aas_attest_code(t->why), aas_attest_text(t->why), until,
	    attest_whom(&t->is, subject), set->signers[t->signer].name);
	return code;
}
