#ifndef AAS_AASCTL_POLICY_H
#define AAS_AASCTL_POLICY_H

#include "policy/policy.h"
#include "aasctl/aasctl.h"
#include "tools/policy_build.h"

/* The parts of `aasctl policy`. */
struct aasctl_policy {
	char conf[PATH_MAX]; /* absolute */
	char out[PATH_MAX];  /* "": policy.bin of the state directory */
	const char *rule;    /* explain: one of this name */
	/* Whose policy that is; "": none of a host's, so nobody hears of it. */
	char statedir[256], libexecdir[256];
	int keep; /* build: not where policy.conf was and is no more */
};

/*
 * aasctl_policy_make(c, o, b):
 * policy_build_make(); what is wrong is said, and ${o}->out is filled.
 * Returns an enum aasctl_exit; policy_build_free() in any case.
 */
int aasctl_policy_make(
    const struct aasctl *c, struct aasctl_policy *o, struct policy_build *b);

/*
 * aasctl_policy_where(c, o): fill ${o}->out from the settings alone.  Returns
 * an enum aasctl_exit.
 */
int aasctl_policy_where(const struct aasctl *c, struct aasctl_policy *o);

/*
 * aasctl_policy_fill(o, conf): where it goes, if that was not said, and whose
 * it is if that is the usual place.
 */
void aasctl_policy_fill(struct aasctl_policy *o, const struct aas_conf *conf);

/*
 * aasctl_policy_usual(o): whose it is where no settings can be read: as the
 * policy in force says.
 */
void aasctl_policy_usual(struct aasctl_policy *o);

/*
 * aasctl_policy_say(c, said, kind): each line of ${said}, which may be NULL,
 * as an error or, by ${kind}, a warning; nothing with --json.
 */
void aasctl_policy_say(
    const struct aasctl *c, const char *said, const char *kind);

/*
 * aasctl_policy_same(o, b):
 * Is ${o}->out what ${b} made, but for time, files, places and order?  1 if
 * it is, 0 if not, or an enum aas_err.
 */
int aasctl_policy_same(
    const struct aasctl_policy *o, const struct policy_build *b);

/* aasctl policy diff, aasctl policy explain; an enum aasctl_exit. */
int aasctl_policy_diff(const struct aasctl *c, struct aasctl_policy *o);
int aasctl_policy_explain(const struct aasctl *c, struct aasctl_policy *o);

#endif
