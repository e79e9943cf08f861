#ifndef AAS_POLICY_SIGNIN_SIGNIN_H
#define AAS_POLICY_SIGNIN_SIGNIN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/kinds.h"
#include "lib/record/index.h"
#include "policy/policy.h"
#include "policy/signin/states.h"

/*
 * The steps between what is known of a sign-in and its answer, for the module,
 * which gives the answer, and for the tools, which foretell it.
 */

/* Where the person is. */
struct aas_place {
	int ssh;    /* sshd, under whatever name */
	int remote; /* not at this machine */
	int addr_known;
	uint8_t addr[16]; /* as in struct aas_query */
};

/*
 * aas_signin_place(service, tty, rhost, &pl):
 * From PAM's own items; ${tty} and ${rhost} may be NULL.  No name is ever
 * looked up: one that is no address stays unknown.
 */
void aas_signin_place(const char *service, const char *tty, const char *rhost,
    struct aas_place *pl);

/*
 * aas_signin_now(p, real_s, &now_s):
 * What decides dates: the clock, or the mark it once reached (lib/mark.h) if
 * it is behind that.  Where no rule of ${p} depends on the time the mark is
 * not read.
 * Returns 0; what aas_mark_get() returns: nobody must be let in then.
 */
int aas_signin_now(const struct aas_policy *p, int64_t real_s, int64_t *now_s);

/*
 * aas_signin_tick(p, real_s):
 * A sign-in of root's: see to the mark, at most once a minute, where a rule of
 * ${p} depends on the time.  Errors do not matter.
 */
void aas_signin_tick(const struct aas_policy *p, int64_t real_s);

/*
 * aas_signin_grace(p, q, state, since, arg, &a):
 * ${a} is the answer to ${q} so far.  If a rule gives grace, and the user has
 * no keys that count (enum aas_state), ask ${since} when it began, and decide
 * again.  Where it cannot tell there is no grace.  If only rules that are
 * observed give grace, ${since} is not asked: as if it began now.
 * Returns what aas_policy_eval() does; 0 if there was nothing to do.
 */
typedef int aas_signin_since(void *arg, int64_t now_s, int64_t *since_s);
int aas_signin_grace(const struct aas_policy *p, struct aas_query *q,
    unsigned state, aas_signin_since *since, void *arg, struct aas_answer *a);

/*
 * aas_signin_lease(p, q, lent, arg, &a):
 * ${a} is the answer to ${q} so far.  If it is no for want of a lease, ask
 * ${lent} for one, and decide again.  Where it cannot tell there is none.
 *   lent  writes how much of it is left in seconds, 1 at least; what it
 *         returns but 0 says that there is none
 * Returns what aas_policy_eval() does; 0 if there was nothing to do.
 */
typedef int aas_signin_lent(void *arg, int64_t *left_s);
int aas_signin_lease(const struct aas_policy *p, struct aas_query *q,
    aas_signin_lent *lent, void *arg, struct aas_answer *a);

/* aas_signin_keyless(state): 1 if no key counts, as in none, held, disabled. */
int aas_signin_keyless(unsigned state);

/*
 * aas_signin_why(r): the reason (enum aas_reason) for an error of
 * aas_index_load() that is neither NOTFOUND nor AGAIN.
 */
unsigned aas_signin_why(int r);

/*
 * The kinds of keys that ${d} asks for.
 * aas_signin_asks(d): 1 if it asks for any.
 * aas_signin_takes(p, d, k): 1 if the key ${k} is of such a kind.
 * aas_signin_keys(p, d, ix): how many active keys of ${ix} are;
 * AAS_KEYS_UNKNOWN if that is NULL.
 * aas_signin_kinds(p, d, &k): the same for a request; ${k} is filled on every
 * return, and takes too few keys rather than one too many.  AAS_ERR_FORMAT.
 * aas_signin_kind_rule(p, d, name, cap): the rule that asks, as
 * aas_signin_rule().
 */
int aas_signin_asks(const struct aas_decision *d);
int aas_signin_takes(const struct aas_policy *p, const struct aas_decision *d,
    const struct aas_index_key *k);
int aas_signin_keys(const struct aas_policy *p, const struct aas_decision *d,
    const struct aas_index *ix);
int aas_signin_kinds(const struct aas_policy *p, const struct aas_decision *d,
    struct aas_kinds *k);
char *aas_signin_kind_rule(const struct aas_policy *p,
    const struct aas_decision *d, char *name, size_t cap);

/* What is known of a user's keys, for a row: all of it from one look. */
struct aas_standing {
	unsigned state;             /* enum aas_state */
	int64_t deadline_s;         /* of the index */
	const struct aas_index *ix; /* NULL: keys are not known */
};

/* aas_signin_row(p, d, s, now_s, &why): aas_states_row() of all that. */
enum aas_row aas_signin_row(const struct aas_policy *p,
    const struct aas_decision *d, const struct aas_standing *s, int64_t now_s,
    unsigned *why);

/*
 * aas_signin_would(p, phase, service, ssh, s, now_s, now, then, &why):
 * 1 if ${phase} lets somebody pass by the decision ${now}, and would not by
 * ${then}, which has rules in force that only warn or observe; ${why} is the
 * reason then.
 */
int aas_signin_would(const struct aas_policy *p, enum aas_phase phase,
    const char *service, int ssh, const struct aas_standing *s, int64_t now_s,
    const struct aas_decision *now, const struct aas_decision *then,
    unsigned *why);

/*
 * aas_signin_rule(p, d, name, cap):
 * The name of the strictest rule that made the verdict, "settings" with a
 * rule of the settings before its name; "-" if none did.  Returns ${name}.
 */
#define AAS_RULE_TEXT 160
char *aas_signin_rule(const struct aas_policy *p, const struct aas_decision *d,
    char *name, size_t cap);

/* aas_signin_sudo(rule): the word of an enum aas_sudo_rule; "deny" else. */
const char *aas_signin_sudo(unsigned rule);

/*
 * aas_signin_days(d, now_s): whole days, rounded up, until ${d} requires keys.
 */
int64_t aas_signin_days(const struct aas_decision *d, int64_t now_s);

/* The texts for the user, each what, why and what to do; ${cap} bytes. */

/* Keys will be required: N days left. */
void aas_signin_say_soon(
    const struct aas_decision *d, int64_t now_s, char *text, size_t cap);

/*
 * aas_signin_say_no(p, d, row, keys, why, text, cap):
 * Why not.  ${p} NULL: to somebody who has not been authenticated, who learns
 * no rule's name.  ${keys}: as in aas_states_row().
 */
void aas_signin_say_no(const struct aas_policy *p, const struct aas_decision *d,
    enum aas_row row, int keys, unsigned why, char *text, size_t cap);

/* The same, to who has ${keys} keys of the kind, which are too few. */
void aas_signin_say_kind(const struct aas_policy *p,
    const struct aas_decision *d, int keys, char *text, size_t cap);

/* Let in, with fewer keys than policy asks for. */
void aas_signin_say_few(
    const struct aas_decision *d, int keys, char *text, size_t cap);

/* A rule that warns would refuse from the day it is enforced. */
void aas_signin_say_would(const struct aas_policy *p,
    const struct aas_decision *then, unsigned why, char *text, size_t cap);

#endif
