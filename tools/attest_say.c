/*
 * What `aasctl attest` tells of an attestation.
 */
#include <stdio.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "tools/attest_say.h"

#define DAY_S INT64_C(86400)

/* 30, 7 or 1: so few days are left that it is said; 0: not yet. */
static int
warning_of(int64_t left_s)
{
	if (left_s <= DAY_S)
		return 1;
	if (left_s <= 7 * DAY_S)
		return 7;
	return left_s <= 30 * DAY_S ? 30 : 0;
}

const char *
attest_whom(const struct aas_claims *is, char dst[ATTEST_WHOM])
{
	char name[256];

	(void)snprintf(dst, ATTEST_WHOM, "%s %s",
	    is->user[0] != '\0' ? "user" : "group",
	    aas_printable(name, sizeof(name),
		is->user[0] != '\0' ? is->user : is->group));
	return dst;
}

json_t *
attest_json(const char *path, unsigned why, const struct aas_claims *is,
    int told, const char *signer, int64_t now_s)
{
	char from[AAS_CLOCK_TEXT], until[AAS_CLOCK_TEXT];
	char shown[4 * 512];
	json_t *file = json_string(path);
	json_t *o = NULL;

	if (file == NULL) /* no UTF-8, and nothing is left out */
		file = json_string(aas_printable(shown, sizeof(shown), path));
	o = json_pack("{s:o, s:s, s:s, s:b}", "file", file, "code",
	    aas_attest_code(why), "reason", aas_attest_text(why), "valid",
	    why == AAS_AW_OK);

	if (o == NULL || !told)
		return o;
	aas_clock_format(is->not_before_s, from);
	aas_clock_format(is->not_after_s, until);
	if (json_object_update_new(o,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i}", "id",
		    is->id, "jti", is->jti, "signer", signer,
		    is->user[0] != '\0' ? "user" : "group",
		    is->user[0] != '\0' ? is->user : is->group, "from", from,
		    "until", until, "days_left",
		    (json_int_t)(is->not_after_s > now_s
			    ? (is->not_after_s - now_s) / DAY_S
			    : 0),
		    "warn",
		    why == AAS_AW_OK ? warning_of(is->not_after_s - now_s)
				     : 0)) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

void
attest_print(const struct aas_attest_token *t, int64_t now_s)
{
	char until[AAS_CLOCK_TEXT], subject[ATTEST_WHOM];
	char shown[4 * 512];
	int64_t left = t->is.not_after_s - now_s;

	if (!t->told) {
		(void)printf("%-16s  %-24s  %s: %s [%s]\n", "-", "-",
		    aas_printable(shown, sizeof(shown), t->path),
		    aas_attest_text(t->why), aas_attest_code(t->why));
		return;
	}
	aas_clock_format(t->is.not_after_s, until);
	(void)printf("%-16s  %-24s  until %s", t->is.id,
	    attest_whom(&t->is, subject), until);
	if (t->why != AAS_AW_OK)
		(void)printf("  %s [%s]\n", aas_attest_text(t->why),
		    aas_attest_code(t->why));
	else if (left < DAY_S)
		(void)printf("  less than a day left: ask for a new one\n");
	else
		(void)printf("  %lld days left%s\n", (long long)(left / DAY_S),
		    warning_of(left) != 0 ? ": ask for a new one" : "");
}
