#ifndef AAS_POLICY_SIGNIN_STATES_H
#define AAS_POLICY_SIGNIN_STATES_H

#include <stdint.h>

#include "lib/record/index.h"
#include "policy/policy.h"

/*
 * The sign-in state machine: one table, a pure function.  What nobody filled
 * in refuses.
 */
enum aas_phase {
	AAS_PH_AUTH,
	AAS_PH_ACCOUNT,
	AAS_PH_SESSION,
	AAS_PH_PASSWORD,
	AAS_PH_CRED,
	AAS_PH_CLOSE
};

/* What kind of program asks. */
enum aas_class {
	AAS_CL_OTHER,  /* sudo, su, polkit, lockers, and what is not known */
	AAS_CL_LOGIN,  /* sshd, login, greeters: enrolment can follow */
	AAS_CL_JOB,    /* cron, systemd-user: nobody is there to answer */
	AAS_CL_EXEMPT, /* exempt_services of the policy */
	AAS_CL_N
};

enum aas_row {
	AAS_ROW_BROKEN,
	AAS_ROW_DENY,     /* by policy */
	AAS_ROW_FREE,     /* no keys, none required */
	AAS_ROW_SOON,     /* no keys, required from a date to come */
	AAS_ROW_DUE,      /* no keys, required */
	AAS_ROW_ATTEST,   /* the same, but a certificate may yet do instead */
	AAS_ROW_KEYS,     /* enrolled */
	AAS_ROW_FEW,      /* the same, with fewer keys than policy asks */
	AAS_ROW_KIND,     /* keys, but too few of a kind that policy takes */
	AAS_ROW_ONE,      /* degraded */
	AAS_ROW_ONE_LATE, /* degraded for too long */
	AAS_ROW_RECOVERING,
	AAS_ROW_RECOVERY_DUE,
	AAS_ROW_LOCKED,
	AAS_ROW_GLASS, /* keys, and an exemption that breaks the glass */
	AAS_ROW_N
};

enum aas_act {
	AAS_ACT_REFUSE,
	AAS_ACT_NEXT,   /* PAM_IGNORE: the next module must decide */
	AAS_ACT_KEY,    /* auth: run a ceremony */
	AAS_ACT_UNLOCK, /* auth: two keys unlock the account, and admit */
	AAS_ACT_PASS,   /* account, session: nothing against it */
	AAS_ACT_ENROLL, /* account: PAM_NEW_AUTHTOK_REQD */
	AAS_ACT_EXPIRED /* account: PAM_ACCT_EXPIRED */
};

/*
 * aas_states_row(state, d, keys, deadline_s, now_s, &why):
 * Which row of the table a user is in.
 *   state       enum aas_state; anything unknown is broken
 *   keys        active keys of a kind that ${d} takes; AAS_KEYS_UNKNOWN where
 *               a ceremony has to tell
 *   deadline_s  of the index: degraded since, 0 if unknown
 *   why         enum aas_reason if the row refuses; written on every call
 */
#define AAS_KEYS_UNKNOWN (-1)
enum aas_row aas_states_row(unsigned state, const struct aas_decision *d,
    int keys, int64_t deadline_s, int64_t now_s, unsigned *why);

/*
 * aas_states_class(service, ssh, d):
 * What kind of program a PAM service is.
 *   ssh  1: sshd under whatever name (its PAM_TTY is "ssh").  It asks us only
 *        after it took a public key, and the auth phase never: exempt there is
 *        a login, unless ${d} says break_glass, so that who has keys shows one.
 */
enum aas_class aas_states_class(
    const char *service, int ssh, const struct aas_decision *d);

/*
 * aas_states_act(phase, row, class):
 * The table itself: AUTH, ACCOUNT or SESSION; any other phase or value
 * refuses.
 */
enum aas_act aas_states_act(
    enum aas_phase phase, enum aas_row row, enum aas_class class);

/* aas_states_keys(row): 1 if the user has keys, so that no password may do. */
int aas_states_keys(enum aas_row row);

#endif
