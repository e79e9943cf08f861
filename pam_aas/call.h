#ifndef AAS_PAM_AAS_CALL_H
#define AAS_PAM_AAS_CALL_H

#include <sys/utsname.h>

#include <security/pam_modules.h>

#include <stdint.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/record/index.h"
#include "lib/proto.h"
#include "lib/reason.h"
#include "lib/session/lease.h"
#include "lib/user.h"
#include "pam_aas/args.h"
#include "policy/signin/signin.h"
#include "pam_aas/txn.h"
#include "policy/policy.h"

/*
 * What a phase answers.  Values differ in many bits, and whatever is none of
 * them is a refusal.
 */
#define AAS_A_REFUSE 0x00000000u
#define AAS_A_GRANT  0xA5C3961Eu
#define AAS_A_NEXT   0x3C69E15Au /* PAM_IGNORE */
#define AAS_A_ENROLL 0x5A963CE1u /* PAM_NEW_AUTHTOK_REQD, account only */

/* One call of one entry point; on the heap.  Never holds a secret. */
struct aas_call {
	pam_handle_t *pamh;
	unsigned flags;
	enum aas_phase phase;
	struct aas_args args;
	struct aas_now now;
	struct aas_fs_seen seen; /* directories looked at in this call */
	char service[AAS_SERVICE_MAX];
	const char *tty, *rhost; /* of libpam; may be NULL */
	int ssh;                 /* sshd, under whatever name */
	int remote;              /* the person is not at this machine */
	struct aas_user user;
	struct aas_policy *policy;
	int64_t dates_s; /* the instant that decides dates */
	struct aas_query q;
	struct utsname un; /* q.host */
	gid_t *gids;       /* q.gids */
	uint8_t *ca;       /* q.ca */
	struct aas_answer answer;
	struct aas_decision d; /* answer.now */
	enum aas_class class;
	enum aas_row row;
	int row_known;
	unsigned state;          /* enum aas_state */
	int64_t deadline_s;      /* of that, as in the index; 0: none */
	int keys;                /* as in aas_states_row() */
	int has_index;           /* ix is the user's, and vouched for */
	struct aas_index *ix;    /* 14 kB: only if has_index */
	struct aas_lease *lease; /* by which the account runs; mostly NULL */
	/* the refusal: */
	unsigned why;            /* enum aas_reason */
	int code;                /* PAM code; 0: derived from why */
	int quiet;               /* neither text nor log: an unknown name */
	char text[AAS_TEXT_MAX]; /* for the user; "": the reason's sentence */
};

/*
 * aas_call_run(phase, fn, pamh, flags, argc, argv, &rv):
 * One entry point: arguments, a zeroed call, ${fn}, then what all have in
 * common: the refusal is said to the user and logged, everything is freed.
 * Returns the answer; ${rv} is the PAM code for every answer but AAS_A_GRANT,
 * and never PAM_SUCCESS.
 */
uint32_t aas_call_run(enum aas_phase phase, uint32_t (*fn)(struct aas_call *),
    pam_handle_t *pamh, int flags, int argc, const char **argv, int *rv);

/*
 * aas_call_refuse(c, why):
 * Note the reason, unless one is noted already.  Returns AAS_A_REFUSE.
 */
uint32_t aas_call_refuse(struct aas_call *c, unsigned why);

/*
 * aas_call_subject(c):
 * Clock, service, terminal, user, policy and decision.  Returns 0, or -1 with
 * a refusal noted.
 */
int aas_call_subject(struct aas_call *c);

/*
 * aas_call_state(c):
 * The user's state: from the index, or by running `aas-authn` to verify the
 * record when the index does not vouch for it; then row and class.  Never
 * fails: what cannot be told is AAS_ROW_BROKEN, with the reason noted.
 */
void aas_call_state(struct aas_call *c);

/*
 * aas_call_attested(c):
 * If this sign-in is one that an attestation is about, log that, and tell the
 * user when 30 days or less of it are left.
 */
void aas_call_attested(struct aas_call *c);

/*
 * aas_call_exempt(c):
 * Log that an exemption was used, if one was, also one that breaks the glass;
 * once for a sign-in of a user.  In a transaction of sshd, which has several
 * processes, the account phase alone does so.
 */
void aas_call_exempt(struct aas_call *c);

/*
 * aas_call_pass(c):
 * Somebody is let in: exemptions that were used, and rules that only warn or
 * observe and would refuse, are logged; of those that warn the user is told.
 */
void aas_call_pass(struct aas_call *c);

/*
 * aas_call_used(c, aaguid, backup):
 * A key of that make and with these backup flags (AAS_BE) was used.  Log and
 * say so if a rule that only warns or observes asks for another kind.
 */
void aas_call_used(
    struct aas_call *c, const uint8_t aaguid[16], unsigned backup);

/* aas_call_row(c): row and reason from state, keys, policy and clock. */
void aas_call_row(struct aas_call *c);

/* aas_call_say(c, error, text): show, unless PAM_SILENT; errors ignored. */
void aas_call_say(struct aas_call *c, int error, const char *text);

/* aas_call_log(c, verdict, detail): one line about an answer. */
void aas_call_log(
    const struct aas_call *c, const char *verdict, const char *detail);

/* The six phases. */
uint32_t aas_auth(struct aas_call *c);
uint32_t aas_cred(struct aas_call *c);
uint32_t aas_account(struct aas_call *c);
uint32_t aas_session_open(struct aas_call *c);
uint32_t aas_session_close(struct aas_call *c);
uint32_t aas_password(struct aas_call *c);

#endif
