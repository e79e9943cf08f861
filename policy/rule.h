#ifndef AAS_POLICY_RULE_H
#define AAS_POLICY_RULE_H

#include <sys/stat.h>

#include <stddef.h>
#include <stdint.h>

#include "policy/plugin.h"

/*
 * One rule with its values checked and typed: what lies between the text that
 * a source gives (struct aas_plugin_rule) and the compiled form.  For the
 * library, its worker and the tools; not installed.
 */
enum aas_mode { AAS_MODE_OBSERVE = 1, AAS_MODE_WARN = 2, AAS_MODE_ENFORCE = 3 };

/* At most one of the first four; TERMS are limits and duties alone. */
enum aas_effect {
	AAS_EF_TERMS = 1,
	AAS_EF_REQUIRE = 2,
	AAS_EF_EXEMPT = 3,
	AAS_EF_DENY = 4,
	AAS_EF_LEASE = 5,
	AAS_EF_ATTEST = 6 /* an attestation: waives what takes one */
};

/* Why an attestation does not count; it waives nothing then. */
enum aas_flaw {
	AAS_FLAW_NONE = 0,
	AAS_FLAW_REVOKED = 1,
	AAS_FLAW_VOID = 2,
	AAS_FLAW_UNREAD = 3, /* about nobody knows whom: everybody */
	AAS_FLAW_LAST = 3
};

enum aas_origin { AAS_OR_ANY = 0, AAS_OR_LOCAL = 1, AAS_OR_REMOTE = 2 };

struct aas_names {
	uint32_t n;
	const char **v;
};
struct aas_net {
	uint8_t addr[16]; /* IPv4 as ::ffff:0:0/96 and more bits */
	uint8_t bits;     /* 0..128 */
};
struct aas_span {
	uint16_t from,
	    to; /* minutes of the week, Monday 00:00 is 0; from < to <= 10080 */
};
struct aas_blob {
	uint16_t len;
	const uint8_t *p;
};

struct aas_rule {
	const char *source, *name, *where;
	uint8_t mode, effect, origin; /* the enums above */
	/* criteria; n 0: everyone */
	struct aas_names users, groups, services, hosts;
	const gid_t *gids; /* of groups, in the same order */
	uint32_t nets_n, spans_n;
	const struct aas_net *nets;
	const struct aas_span *spans;
	/* require */
	uint8_t attestable; /* require = "attested" */
	int64_t from_s, grace_s;
	/* terms; 0: not said */
	uint8_t break_glass, enrolled_min, present, uv, uv_said, device_bound;
	uint8_t alert, training, sudo; /* sudo: enum aas_sudo_rule */
	uint32_t timeout_s;
	int64_t session_s, idle_s, reauth_s;
	uint32_t aaguids_n;
	const uint8_t (*aaguids)[16];
	/* lease: grantors in gids/groups, accounts in users */
	int64_t lease_s;
	/* attestation */
	uint8_t flaw; /* enum aas_flaw; else no dates and no evidence */
	int64_t not_before_s, not_after_s;
	struct aas_names evidence_services;
	uint32_t cas_n;
	const struct aas_blob *cas;
};

/* Memory of many rules, released at once. */
struct aas_arena;
int aas_arena_new(struct aas_arena **a);
void *aas_arena_get(
    struct aas_arena *a, size_t n); /* zeroed; NULL: no memory */
void aas_arena_free(struct aas_arena **a);

/* The bounds; aas-policy(5), LIMITS. */
#define AAS_RULES_MAX   250000u
#define AAS_NAMES_MAX   4096u /* in one list */
#define AAS_NAME_MAX    255u  /* bytes of a name */
#define AAS_NETS_MAX    1024u
#define AAS_SPANS_MAX   128u
#define AAS_AAGUIDS_MAX 256u
#define AAS_LIMIT_MIN_S 1 /* session, idle, reauth */
#define AAS_LEASE_MIN_S 60
#define AAS_LIMIT_MAX_S ((int64_t)100 * 366 * 86400)

/* gid(arg, name, &gid): 0, AAS_ERR_NOTFOUND, AAS_ERR_SYS, AAS_ERR_NOMEM. */
typedef int aas_rule_gid(void *arg, const char *name, gid_t *gid);

/*
 * aas_rule_from(in, source, gid, arg, arena, out, fault):
 * Check one rule as a source gave it: every value, and that what it says
 * makes sense together.  Copies everything into ${arena}.  ${fault} names the
 * field and says what is wrong with it, in words for file:line.
 * Returns 0; AAS_ERR_FORMAT (fault says), AAS_ERR_SYS (group look-up),
 * AAS_ERR_NOMEM.
 */
int aas_rule_from(const struct aas_plugin_rule *in, const char *source,
    aas_rule_gid *gid, void *arg, struct aas_arena *arena, struct aas_rule *out,
    struct aas_plugin_fault *fault);

/* One value each; 0 or AAS_ERR_FORMAT. */
int aas_rule_net(const char *text, struct aas_net *net);
int aas_rule_hours(const char *text, struct aas_span *spans, size_t room,
    size_t *n); /* one text may give up to 14 spans */
int aas_rule_aaguid(const char *text, uint8_t aaguid[16]);

/* The UTC offset from each instant on, ascending; the host's zone. */
struct aas_zone_step {
	int64_t at_s;
	int32_t offset_s;
};

/* A file the policy was made of, for `aasctl policy check` and aasd. */
struct aas_origin_file {
	const char *path;
	int64_t mtime_ns, ctime_ns; /* 0 and size -1: it was not there */
	int64_t size;
	uint64_t ino, dev;
	uint8_t sha256[32]; /* zero for a directory */
};

/* aas_origin_stat(st, f): what ${st} says of a file; its bytes do not. */
void aas_origin_stat(const struct stat *st, struct aas_origin_file *f);

/* Everything that `aasctl policy build` compiles. */
struct aas_policy_source {
	char realm[256];
	char statedir[256], rundir[256], libexecdir[256];
	uint8_t enrolled_min, present, uv, server_keys, sudo;
	uint8_t codex_grace_s; /* at most 2 */
	uint8_t keeper;        /* 1: required */
	uint32_t timeout_s;
	int64_t session_s, idle_s, reauth_s, degraded_s, total_s;
	int64_t built_s;
	size_t rules_n;
	const struct aas_rule
	    *rules;    /* any order; the file keeps it as number */
	size_t zone_n; /* 0: UTC */
	const struct aas_zone_step *zone;
	size_t files_n;
	const struct aas_origin_file *files;
	size_t proof_n; /* at most 3; aas_policy_proof() */
	const gid_t *proof;
};

/*
 * aas_policy_compile(src, &buf, &len):
 * The bytes of policy.bin, from malloc.  0 stands for the default of
 * enrolled_min (2), present (1), timeout_s (60 s), degraded_s (7 d), total_s
 * (48 h); the other limits stay "not said".  Linear in rules.  Reads itself
 * back, rule by rule, and compares.  Returns 0; AAS_ERR_INVAL (a value out of
 * range), AAS_ERR_EXISTS (two rules of one source with one name),
 * AAS_ERR_NOMEM.
 */
int aas_policy_compile(
    const struct aas_policy_source *src, uint8_t **buf, size_t *len);

struct aas_policy;

/* aas_policy_get(p, number, arena, &rule): a compiled rule back in full. */
int aas_policy_get(const struct aas_policy *p, uint32_t number,
    struct aas_arena *arena, struct aas_rule *rule);

/*
 * aas_policy_minute(p, at_s, &minute):
 * What the clocks of the host's zone show then, in minutes since Monday 00:00.
 * Returns 0; AAS_ERR_FORMAT.
 */
int aas_policy_minute(
    const struct aas_policy *p, int64_t at_s, uint32_t *minute);

/* aas_policy_files(p, i, &f): what it was made of; AAS_ERR_NOTFOUND past the
 * end. */
int aas_policy_files(
    const struct aas_policy *p, size_t i, struct aas_origin_file *f);

#endif
