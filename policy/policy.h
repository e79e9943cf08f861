#ifndef AAS_POLICY_POLICY_H
#define AAS_POLICY_POLICY_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/*
 * The decision: (policy, request, now) -> decision.  Every face asks the same
 * function.  The compiled policy is one file, <state>/policy.bin, which
 * `aasctl policy build` writes from aas.conf; it is read into memory whole,
 * checked (magic, version, length, CRC-32) and never parsed further than it
 * declares.
 */

/* Verdicts differ in many bits; 0 and anything unknown is a denial. */
#define AAS_V_DENY     0x00000000u
#define AAS_V_OUT      0x3C5AA53Cu /* not ours: the next module must decide */
#define AAS_V_REQUIRE  0xC33C5AA5u /* enrolment is required */
#define AAS_V_OPTIONAL 0x69969669u /* binds users who have enrolled */

struct aas_policy; /* opaque */

struct aas_query {
	const char *user;
	uid_t uid;
	const gid_t *gids; /* all of the user's groups */
	int gids_n;        /* -1: the look-up failed */
	const char *service;
	int remote;
	int64_t now_s;
};

struct aas_decision {
	uint32_t verdict;
	uint16_t reason; /* enum aas_reason */
	int64_t from_s;  /* require: enrolled from this date on (0: always) */
	uint8_t enrolled_min; /* keys a record needs, default 2 */
	uint8_t present;      /* keys at a sign-in, 1 or 2 */
	uint8_t uv;           /* 1: user verification required (default) */
	uint8_t server_keys;  /* 1: this host's keys serve remote sign-ins */
	uint32_t timeout_s;   /* of a ceremony, default 60 */
	int64_t session_s;    /* overall limit, default 24 h (12 h required) */
	int64_t idle_s;       /* default 1 h (15 min required) */
	int64_t reauth_s;     /* default 5 min */
	int64_t degraded_s;   /* one key only for at most this, default 7 d */
	char rule[64];        /* what decided: "required_groups", ... */
};

/*
 * aas_policy_open(path, &p):
 * Read the compiled policy: a regular file of root, not writable by others, in
 * a directory chain of root.  NULL or "" is AAS_STATEDIR "/policy.bin". Returns
 * 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_FORMAT (torn or foreign),
 * AAS_ERR_VERSION, AAS_ERR_NOMEM, AAS_ERR_SYS: any of them means everyone is
 * refused.
 */
int aas_policy_open(const char *path, struct aas_policy **p);

/* aas_policy_parse(buf, len, &p): the same from memory; copies. */
int aas_policy_parse(const void *buf, size_t len, struct aas_policy **p);

/* aas_policy_free(&p): NULL is fine; *p becomes NULL. */
void aas_policy_free(struct aas_policy **p);

/* Settings that are no rule.  Borrowed strings, valid while ${p} is. */
const char *aas_policy_realm(const struct aas_policy *p);
const char *aas_policy_statedir(const struct aas_policy *p);
const char *aas_policy_rundir(const struct aas_policy *p);
const char *aas_policy_libexecdir(const struct aas_policy *p);

/*
 * aas_policy_needs_groups(p):
 * 1 if some rule of ${p} names a group: only then is a look-up of the user's
 * groups worth its price, else gids_n may be 0.
 */
int aas_policy_needs_groups(const struct aas_policy *p);

/*
 * aas_policy_eval(p, q, &d):
 * Decide.  Pure: no I/O, no clock, no allocation.  ${d} is filled on every
 * return, with a denial unless it returns 0.  A group rule whose look-up
 * failed (gids_n -1) can only deny.
 */
int aas_policy_eval(const struct aas_policy *p, const struct aas_query *q,
    struct aas_decision *d);

/* What `aasctl policy build` compiles; the writer's side. */
struct aas_policy_source {
	char realm[256];
	char statedir[256], rundir[256], libexecdir[256];
	uint8_t enrolled_min, present, uv, server_keys;
	uint32_t timeout_s;
	int64_t session_s, idle_s, reauth_s, degraded_s;
	int64_t required_from_s;
	size_t users_n; /* required_users */
	const char *const *users;
	size_t groups_n; /* required_groups, names resolved to gids */
	const gid_t *groups;
	size_t exempt_services_n; /* services that never run a ceremony */
	const char *const *exempt_services;
};

/*
 * aas_policy_compile(src, &buf, &len):
 * The bytes of policy.bin, from malloc.  0 stands for the default of
 * enrolled_min, present, timeout_s and the four limits; uv, server_keys and
 * required_from_s mean what they say.  Reads itself back and compares.
 * Returns 0; AAS_ERR_INVAL (a value out of range), AAS_ERR_NOMEM.
 */
int aas_policy_compile(
    const struct aas_policy_source *src, uint8_t **buf, size_t *len);

#endif
