#ifndef AAS_POLICY_POLICY_H
#define AAS_POLICY_POLICY_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * The decision: (policy, request, now) -> decision.  Every face asks the same
 * function: the PAM module, aasctl, and other programs, which link
 * libaas_policy.so and include this file as <aas/policy.h>.  aas-policy(5)
 * says what rules mean.
 *
 * The compiled policy is one file, <state>/policy.bin, which `aasctl policy
 * build` writes.  It is mapped (a small one read), never parsed: its header is
 * checked when it is opened, and each bucket and rule when it is touched.
 * Whoever replaces the file renames a new one over it; one that is cut while it
 * is mapped ends the process (SIGBUS).
 *
 * Functions that return int return 0 or a negative number:
 *	-1 AAS_ERR_SYS (errno says), -2 AAS_ERR_NOMEM, -3 AAS_ERR_INVAL (the
 *	caller broke the contract), -4 AAS_ERR_NOTFOUND, -5 AAS_ERR_PERMS (of
 *	somebody else, or others may write it), -6 AAS_ERR_FORMAT (damaged),
 *	-11 AAS_ERR_DENIED, -14 AAS_ERR_VERSION.
 * Anything but 0 means "no".  Nothing here is bound to a thread: a policy may
 * be asked by several at once.
 */

/* Verdicts differ in many bits; 0 and anything unknown is a denial. */
#define AAS_V_DENY     0x00000000u
#define AAS_V_OUT      0x3C5AA53Cu /* exempt: the next module must decide */
#define AAS_V_REQUIRE  0xC33C5AA5u /* enrolment is required */
#define AAS_V_OPTIONAL 0x69969669u /* binds users who have enrolled */

/* What an attestation does for this very request. */
enum aas_attest_state {
	AAS_AT_NONE = 0,    /* there is none, or a rule takes none */
	AAS_AT_SHOWN = 1,   /* this sign-in is the attested one: waived */
	AAS_AT_PENDING = 2, /* an SSH certificate may still show it */
	AAS_AT_MISSING = 3, /* there is one, but this is not that sign-in */
	AAS_AT_EXPIRED = 4,
	AAS_AT_FUTURE = 5,  /* not valid yet */
	AAS_AT_REVOKED = 6, /* signed, and taken back */
	AAS_AT_VOID = 7,  /* says it is about this user, and is not authentic */
	AAS_AT_UNREAD = 8 /* a file is not read: others may write it */
};

/* What is known of the SSH certificate that signed in. */
enum aas_ca_state {
	AAS_CA_UNKNOWN = 0, /* sshd tells only in open_session */
	AAS_CA_NONE = 1,    /* signed in without a certificate */
	AAS_CA_KNOWN = 2    /* ca, ca_len hold its authority's public key */
};

/*
 * What serves who elevates (sudo, doas, polkit) in a session that came from
 * another machine.  The stricter has the larger number; anything else is
 * AAS_SUDO_DENY.
 */
enum aas_sudo_rule {
	AAS_SUDO_FRESH = 1, /* that session's own sign-in by a key, in reauth */
	AAS_SUDO_AGENT = 2, /* a key behind the caller's SSH agent */
	AAS_SUDO_KEY = 3,   /* a key plugged into this host */
	AAS_SUDO_DENY = 4
};

struct aas_policy; /* opaque */

struct aas_query {
	uint32_t size; /* sizeof(struct aas_query) */
	const char *user;
	uid_t uid;         /* one over INT_MAX is nobody's: AAS_ERR_INVAL */
	const gid_t *gids; /* all of the user's groups */
	int gids_n;        /* -1: the look-up failed */
	const char *service;
	const char *host;  /* uname(2)'s nodename; NULL: not known */
	int remote;        /* 1: the person is not at this machine */
	int addr_known;    /* 1: addr is where the person is */
	uint8_t addr[16];  /* IPv6; IPv4 as ::ffff:a.b.c.d */
	int64_t now_s;     /* realtime, UTC */
	int64_t since_s;   /* first seen under a rule with grace; 0: unknown */
	uint8_t ca_state;  /* enum aas_ca_state */
	uint16_t ca_len;   /* up to 4096 */
	const uint8_t *ca; /* SSH wire form of the authority's public key */
	int64_t lease_s;   /* left of a lease of this account; 0: it has none */
};

/* Others of the limits are those that hold where nothing names one. */
#define AAS_LIMIT_SESSION 1u
#define AAS_LIMIT_IDLE    2u

#define AAS_DECIDED 8 /* rules a decision remembers */

/* What holds under one mode and all stricter ones. */
struct aas_decision {
	uint32_t verdict;
	uint16_t reason;      /* enum aas_reason; AAS_WHY_OK unless denied */
	uint8_t enrolled_min; /* keys a record needs, at least 2 */
	uint8_t present;      /* keys at a sign-in, 1 or 2 */
	uint8_t uv;           /* 1: user verification required */
	uint8_t device_bound; /* 1: no key that can be backed up */
	uint8_t alert;        /* 1: no sign-in that cannot be told */
	uint8_t training;     /* 1: excluded from training */
	uint8_t break_glass;  /* 1: the exemption reaches a user with keys */
	uint8_t server_keys;  /* 1: this host's keys serve remote sign-ins */
	uint8_t attest;       /* enum aas_attest_state */
	uint8_t wants_since;  /* 1: since_s would matter: some rule has grace */
	uint8_t limits;       /* AAS_LIMIT_*: what a rule or setting names */
	uint8_t sudo;         /* enum aas_sudo_rule */
	uint8_t wants_lease;  /* 1: only with a lease, whose end is the end */
	uint32_t timeout_s;   /* the sign-in window: of a whole ceremony */
	int64_t from_s; /* require: enrolled from this instant on (0: always) */
	int64_t session_s; /* overall limit */
	int64_t idle_s;
	int64_t reauth_s;
	int64_t degraded_s;     /* one key only for at most this */
	int64_t attest_until_s; /* its end; 0: NONE, REVOKED, VOID, UNREAD */
	uint32_t attest_rule;   /* its number, for aas_policy_rule() */
	uint16_t aaguids_n; /* a key must be in each of these rules' lists */
	uint32_t aaguids[AAS_DECIDED];
	uint32_t
	    bound_rule;   /* the lowest that says device_bound, if one does */
	uint16_t rules_n; /* the rules that made the verdict, the first eight */
	uint32_t rules[AAS_DECIDED]; /* their numbers, ascending */
};

/*
 * now: what is enforced.  warn: what would be if rules with mode "warn" were
 * in force too; observe: and those with "observe".  Equal to now unless such
 * rules matched.
 */
struct aas_answer {
	uint32_t size; /* sizeof(struct aas_answer), set by the caller */
	struct aas_decision now, warn, observe;
};

/*
 * aas_policy_open(path, &p):
 * Map the compiled policy: a regular file of root, not writable by others, in
 * a directory chain of root.  NULL or "" is AAS_STATEDIR "/policy.bin".
 * Checks the header alone.  Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS,
 * AAS_ERR_FORMAT (torn or foreign), AAS_ERR_VERSION, AAS_ERR_NOMEM,
 * AAS_ERR_SYS: any of them means everyone is refused.
 */
int aas_policy_open(const char *path, struct aas_policy **p);

/*
 * aas_policy_parse(buf, len, &p):
 * The same from memory, copied, and checked whole: every rule, every bucket.
 */
int aas_policy_parse(const void *buf, size_t len, struct aas_policy **p);

/*
 * aas_policy_check(p):
 * Check the whole of an opened policy, as aas_policy_parse() does; later
 * decisions then spare the check of what they touch.  Returns 0,
 * AAS_ERR_FORMAT.
 */
int aas_policy_check(struct aas_policy *p);

/* aas_policy_free(&p): NULL is fine; *p becomes NULL. */
void aas_policy_free(struct aas_policy **p);

/* Settings that are no rule.  Borrowed strings, valid while ${p} is. */
const char *aas_policy_realm(const struct aas_policy *p);
const char *aas_policy_statedir(const struct aas_policy *p);
const char *aas_policy_rundir(const struct aas_policy *p);
const char *aas_policy_libexecdir(const struct aas_policy *p);
unsigned aas_policy_codex_grace_s(const struct aas_policy *p);
int64_t aas_policy_built_s(const struct aas_policy *p);
/* 1: no session with a limit where nobody keeps sessions. */
int aas_policy_keeper(const struct aas_policy *p);
/*
 * aas_policy_proof(p, &gids):
 * How many groups are at *${gids}, borrowed: groups that rules name and that
 * were not in /etc/group when ${p} was made.  Where there are some, whoever
 * looks a user's groups up must find one of them, or say that the groups are
 * not known: the C library leaves out a source that it cannot ask, and returns
 * the others' groups as if they were all.
 */
unsigned aas_policy_proof(const struct aas_policy *p, const gid_t **gids);
/* How long a session may last, extended as often as may be; over 0. */
int64_t aas_policy_total_s(const struct aas_policy *p);

/*
 * aas_policy_needs(p):
 * Which facts some rule of ${p} asks for; the others may be left out of the
 * query at no loss.  The grantors of a lease do not count: aas_policy_lease()
 * always wants the groups of who asks.
 */
#define AAS_NEED_GROUPS 0x1u /* gids */
#define AAS_NEED_HOST   0x2u
#define AAS_NEED_ADDR   0x4u
#define AAS_NEED_CA     0x8u
#define AAS_NEED_TIME   0x10u /* now_s: a date, grace, hours, attestations */
#define AAS_NEED_LEASE  0x20u /* lease_s, once a decision says wants_lease */
unsigned aas_policy_needs(const struct aas_policy *p);

/*
 * aas_policy_eval(p, q, &a):
 * Decide.  Pure: no I/O but the pages of the mapped file, no clock, no
 * allocation, no environment.  ${a} is filled on every return, with denials
 * unless it returns 0.  A fact that is not known makes every rule match that
 * asks for it, but an exemption; groups that are not known (gids_n -1) deny
 * where any rule names a group.  Returns 0; AAS_ERR_INVAL; AAS_ERR_FORMAT
 * (what was touched is damaged: the reason is policy-broken).
 */
int aas_policy_eval(const struct aas_policy *p, const struct aas_query *q,
    struct aas_answer *a);

/*
 * aas_policy_trace(p, q, &a, step, arg):
 * The same, and calls ${step} for each rule that was looked at, in the order
 * of their numbers: ${miss} is NULL if it matched, else the criterion that
 * did not ("users", "groups", "services", "hosts", "origin", "networks",
 * "hours").
 */
struct aas_rule_view {
	uint32_t number;
	const char *name;   /* "staff-2026" */
	const char *where;  /* "/etc/aas/policy.conf:12", or the source */
	const char *source; /* "files", "settings", ... */
	uint8_t mode;       /* enum aas_mode of policy/rule.h */
	uint8_t effect;     /* enum aas_effect */
};
typedef void aas_policy_step(
    void *arg, const struct aas_rule_view *v, const char *miss);
int aas_policy_trace(const struct aas_policy *p, const struct aas_query *q,
    struct aas_answer *a, aas_policy_step *step, void *arg);

/*
 * aas_policy_rule(p, number, &v):
 * Borrowed strings.  AAS_ERR_NOTFOUND, AAS_ERR_FORMAT.
 */
int aas_policy_rule(
    const struct aas_policy *p, uint32_t number, struct aas_rule_view *v);
uint32_t aas_policy_rules(const struct aas_policy *p);

/*
 * aas_policy_key(p, d, aaguid, backup_eligible):
 * 1 if a key of this make may serve under ${d}: in every AAGUID list, and
 * bound to its device where that is asked for.  0 on any doubt.
 */
int aas_policy_key(const struct aas_policy *p, const struct aas_decision *d,
    const uint8_t aaguid[16], int backup_eligible);

/*
 * aas_policy_makes(p, d, makes, cap, &makes_n):
 * The AAGUIDs that are in every list, for a program that does not have the
 * policy: none of them is "no key".  256 are always room enough.
 * Returns 0; AAS_ERR_NOTFOUND: no rule has a list, any make will do;
 * AAS_ERR_INVAL, AAS_ERR_FORMAT: take none.
 */
int aas_policy_makes(const struct aas_policy *p, const struct aas_decision *d,
    uint8_t (*makes)[16], size_t cap, size_t *makes_n);

/*
 * aas_policy_lease(p, grantor, account, &max_s):
 * May the person of ${grantor} lend the service account ${account} its hours,
 * and for how long at most?  No rule, no lease.  Returns 0,
 * AAS_ERR_DENIED, AAS_ERR_INVAL, AAS_ERR_FORMAT.
 */
int aas_policy_lease(const struct aas_policy *p,
    const struct aas_query *grantor, const char *account, int64_t *max_s);

/*
 * aas_policy_addr(text, addr):
 * A numeric address to the form of the query; no name is ever looked up.
 * Returns 0, AAS_ERR_FORMAT.
 */
int aas_policy_addr(const char *text, uint8_t addr[16]);

/* The stable code of a reason, and its sentence; never NULL. */
const char *aas_policy_reason(unsigned reason);
const char *aas_policy_reason_text(unsigned reason);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
