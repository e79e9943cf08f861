#ifndef AAS_POLICY_SIGNIN_FORETELL_H
#define AAS_POLICY_SIGNIN_FORETELL_H

#include <stdint.h>

#include "lib/proto.h"
#include "lib/user.h"
#include "policy/signin/signin.h"

/*
 * The answer beforehand: what the module would say to one user at one
 * service, phase by phase.
 */

/* What this host knows of a user, whatever the service. */
struct aas_person {
	struct aas_user user;
	const gid_t *gids;
	int gids_n;         /* -1: the look-up failed */
	unsigned state;     /* enum aas_state */
	int64_t deadline_s; /* of the index */
	unsigned why; /* BROKEN: enum aas_reason; UNKNOWN: no more known */
	/* the keys: active, ssh_len, aaguid, backup; NULL: not known */
	const struct aas_index *ix;
	int64_t since_s;       /* of the stamp; 0: there is none */
	int stamped;           /* 1: without a stamp there is no grace */
	int64_t lease_until_s; /* realtime; 0: no lease */
};

#define AAS_PHASE_BIT(phase) (1u << (unsigned)(phase))
#define AAS_PHASES                                                    \
	(AAS_PHASE_BIT(AAS_PH_AUTH) | AAS_PHASE_BIT(AAS_PH_ACCOUNT) | \
	    AAS_PHASE_BIT(AAS_PH_SESSION))

struct aas_scene {
	const char *service;
	const char *host; /* uname(2)'s nodename; NULL: not known */
	struct aas_place place;
	unsigned phases; /* AAS_PHASE_BIT()s in which the module stands */
	int64_t now_s;   /* from aas_signin_now(), or made up */
	int unkept;      /* 1: nobody runs who would end a session */
};

/* Strictest first; what nobody filled in is a denial. */
enum aas_fate { AAS_FATE_DENIED, AAS_FATE_WARNED, AAS_FATE_KEY, AAS_FATE_IN };

struct aas_foretold {
	enum aas_fate fate;
	int key;      /* a key is asked for, or its SSH credential */
	int enroll;   /* denied, but who can answer may enroll at once */
	unsigned why; /* enum aas_reason; OK: nothing to say */
	enum aas_row row;
	int keys; /* as in aas_states_row() */
	enum aas_class class;
	unsigned ran;         /* the phases that such a program runs */
	enum aas_act acts[3]; /* of AUTH, ACCOUNT, SESSION, if in ran */
	unsigned warn_why;    /* refused if rules that warn were in force */
	unsigned observe_why; /* and those that observe; 0: not */
	struct aas_answer answer;
	char text[AAS_TEXT_MAX]; /* for the user; "" if let in without a word */
};

/*
 * aas_foretell(p, person, scene, step, arg, &f):
 * Pure but for the pages of ${p}.  ${step} (NULL: none) hears of each rule, as
 * in aas_policy_trace().  A user without a stamp gets one now where a rule
 * gives grace, as at a sign-in, unless ${stamped} is set.  ${f} is filled on
 * every return, with a denial unless it returns 0.  Returns 0; AAS_ERR_INVAL,
 * AAS_ERR_FORMAT.
 */
int aas_foretell(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_scene *scene, aas_policy_step *step, void *arg,
    struct aas_foretold *f);

/* "denied", "warned", "key", "in". */
const char *aas_fate_name(enum aas_fate fate);

#endif
