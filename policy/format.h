#ifndef AAS_POLICY_FORMAT_H
#define AAS_POLICY_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/err.h"
#include "policy/policy.h"
#include "policy/rule.h"

/*
 * policy.bin, inside the folder only.  It is mapped and used as it lies there:
 * host byte order, with a mark; no pointers; everything at a multiple of 8
 * ("words").  A place is counted in words from the file's begin.
 *
 *	header	struct pol_head, with a check of its own
 *	blocks	buckets, rules, files: a check, a length, then the rest
 *	tables	cells: a value and a check of value and place
 *
 * The check is h = rotate(h ^ word, 29) * odd for each word, from a start that
 * the place gives: each step is one-to-one, so that whatever changes in a
 * single word changes the check, and what is copied elsewhere does not hold. It
 *stands against damage, not against root, who may write the file.
 *
 * Users have a hash table of their own, and their rules come last: all else
 * that a decision may touch is close together, however many users there are.
 * A hash table holds (tag << 32 | ref) at tag & (n - 1) or behind it; 0 is a
 * free cell, and has a check too.  The tag is all there is of the key: keys
 * of one tag share a bucket, and each rule found is compared in full.  A ref
 * is place << 1, with the lowest bit 1 for a rule, 0 for a bucket of rules.
 */
#define POL_MAGIC     "AASPOL04"
#define POL_MAGIC_LEN 8
#define POL_ENDIAN    0x01020304u
#define POL_FILE_MAX  ((uint64_t)1 << 30)
#define POL_KEYS_MAX  ((size_t)1 << 24) /* (key, rule) pairs */
#define POL_NEEDS     0x3fu
#define POL_ZONE_MAX  4096u
#define POL_FILES_MAX 65536u
#define POL_CAS_MAX   256u

/* Bounds of the numbers; the writer refuses what the reader would. */
#define POL_ENROLLED_MAX 16
#define POL_TIMEOUT_MAX  600u
#define POL_GRACE_MAX    2
#define POL_PROOFS       3u

struct pol_table {
	uint32_t at, n; /* cells of 16 bytes; hash: n is a power of 2 */
};

struct pol_head {
	char magic[POL_MAGIC_LEN];
	uint32_t endian, needs;
	uint64_t total; /* bytes of the file */
	uint64_t body;  /* check of all behind the header */
	int64_t built_s;
	/* hash tables: users and accounts; groups and services */
	struct pol_table users, others;
	struct pol_table rules, zone, files; /* by number */
	uint32_t wild; /* ref of the rules that no key leads to; 0: none */
	uint32_t timeout_s;
	uint8_t enrolled_min, present, uv, server_keys;
	uint8_t sudo;          /* enum aas_sudo_rule; 0: not said */
	uint8_t codex_grace_s; /* of sessions that end; for aasd */
	uint8_t keeper;        /* 1: limited sessions need one who keeps them */
	uint8_t zero[1];
	int64_t session_s, idle_s, reauth_s; /* 0: not said */
	int64_t degraded_s, total_s;
	/* groups of rules that this host's own file does not have */
	uint32_t proof_n, proof[POL_PROOFS];
	char realm[256], statedir[256], rundir[256], libexecdir[256];
	uint64_t check; /* of the words before it */
};
#define POL_HEAD_WORDS (sizeof(struct pol_head) / 8)

struct pol_cell {
	uint64_t value, check;
};

struct pol_block {
	uint64_t check; /* of the words behind it */
	uint32_t words; /* of the whole block */
	uint32_t n;     /* bucket: places; rule: its number */
};

enum pol_part {
	PP_USERS,
	PP_GROUPS,
	PP_SERVICES,
	PP_HOSTS,
	PP_EVIDENCE, /* up to here: offsets of strings; sorted */
	PP_GIDS,     /* ascending; PP_GROUPS in their order */
	PP_NETS,
	PP_SPANS,
	PP_AAGUIDS,
	PP_CAS, /* struct pol_slice */
	PP_N
};

/* A blob: bytes from the rule's begin. */
struct pol_slice {
	uint32_t off, n;
};

/* A list: words from the rule's begin, so that 10 of them are 5 words. */
struct pol_part_at {
	uint16_t at, n;
};

struct pol_rule {
	struct pol_block b;
	uint8_t mode, effect, origin;
	uint8_t attest; /* require: attestable; attestation: enum aas_flaw */
	/* eight that few rules have, looked at together: pol_few() */
	uint8_t break_glass, enrolled_min, present, uv; /* uv: POL_UV_* */
	uint8_t sudo, device_bound, alert, training;
	uint32_t timeout_s;
	uint32_t source, name, where;
	uint32_t session_s, idle_s, reauth_s, lease_s, grace_s;
	int64_t from_s, not_before_s, not_after_s;
	struct pol_part_at part[PP_N];
};

#define POL_UV      1u
#define POL_UV_SAID 2u

/* The eight bytes from break_glass on, as one. */
static inline uint64_t
pol_few(const struct pol_rule *r)
{
	uint64_t v;

	memcpy(&v, &r->break_glass, sizeof(v));
	return v;
}

struct pol_file {
	struct pol_block b;
	int64_t mtime_ns, ctime_ns, size;
	uint64_t ino, dev;
	uint8_t sha256[32];
	uint32_t path, zero;
};

_Static_assert(sizeof(struct pol_head) == 1184, "no padding");
_Static_assert(sizeof(struct pol_rule) == 128, "no padding");
_Static_assert(offsetof(struct pol_rule, training) ==
	offsetof(struct pol_rule, break_glass) + 7,
    "eight");
_Static_assert(sizeof(struct pol_file) == 96, "no padding");

struct aas_policy {
	struct pol_head h; /* a copy: what is checked is what is used */
	const uint8_t *map;
	size_t len;
	int mapped; /* 0: from malloc */
	int whole;  /* 1: every check was made */
};

/* One step of the check, and the start that a place gives. */
static inline uint64_t
pol_mix(uint64_t h, uint64_t w)
{
	h ^= w;
	return (h << 29 | h >> 35) * UINT64_C(0x9E3779B97F4A7C15);
}

static inline uint64_t
pol_start(uint32_t at)
{
	return UINT64_C(0xD6E8FEB86659FD93) + at;
}

/*
 * pol_sum(h, p, n):
 * The check of ${n} words at ${p}, aligned, on from ${h}.
 */
uint64_t pol_sum(uint64_t h, const void *p, size_t n);

/* The kinds of keys, and the tag of one. */
enum pol_key { PK_USER = 1, PK_GID, PK_SERVICE, PK_ACCOUNT };

static inline uint32_t
pol_tag_end(uint64_t h)
{
	h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
	return (uint32_t)(h >> 32);
}

static inline uint32_t
pol_tag_name(enum pol_key kind, const char *s)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325) + (uint64_t)kind;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001B3);
	return pol_tag_end(h);
}

static inline uint32_t
pol_tag_gid(gid_t gid)
{
	return pol_tag_end(((uint64_t)gid << 3 | (uint64_t)PK_GID) *
	    UINT64_C(0x9E3779B97F4A7C15));
}

/*
 * pol_head_valid(h):
 * 1 if every setting of ${h} is in range: said once for writer and reader.
 */
int pol_head_valid(const struct pol_head *h);

/*
 * pol_text_valid(s, max):
 * 1 if ${s} has 1 to ${max} bytes before its end and no control character.
 */
int pol_text_valid(const char *s, size_t max);

/*
 * pol_cell(p, table, i, &value), pol_block(p, at, min):
 * Take one cell, or a block of at least ${min} bytes, after its bounds and,
 * unless ${p} was checked whole, its check.  AAS_ERR_FORMAT, NULL: damaged.
 */
static inline int
pol_cell(const struct aas_policy *p, const struct pol_table *t, uint32_t i,
    uint64_t *value)
{
	struct pol_cell c;

	if (i >= t->n)
		return AAS_ERR_FORMAT;
	/* The header's check has held at and n against the file's length. */
	memcpy(&c, p->map + ((size_t)t->at + 2 * (size_t)i) * 8, sizeof(c));
	/* Its place goes in, so that no cell can stand for another. */
	if (!p->whole &&
	    pol_mix(pol_start((uint32_t)(t->at + 2 * i)), c.value) != c.check)
		return AAS_ERR_FORMAT;
	*value = c.value;
	return AAS_OK;
}

const struct pol_block *pol_block(
    const struct aas_policy *p, uint32_t at, size_t min);

/* pol_rule(p, at), pol_rule_number(p, number), pol_file(p, i): or NULL. */
const struct pol_rule *pol_rule(const struct aas_policy *p, uint32_t at);
const struct pol_rule *pol_rule_number(
    const struct aas_policy *p, uint32_t number);
const struct pol_file *pol_file(const struct aas_policy *p, uint32_t i);

static inline size_t
pol_bytes(const struct pol_block *b)
{
	return (size_t)b->words * 8;
}

/*
 * pol_text(b, off), pol_name(r, part, i):
 * A string of a rule or file; the i-th of a list.  NULL: outside of it.
 */
static inline const char *
pol_text(const struct pol_block *b, uint32_t off)
{
	return off < pol_bytes(b) ? (const char *)b + off : NULL;
}

const char *pol_name(const struct pol_rule *r, enum pol_part part, uint32_t i);

/*
 * pol_list(r, part, &p, &n):
 * The entries of a part, all of them inside the rule.  0, AAS_ERR_FORMAT.
 */
static inline int
pol_list(
    const struct pol_rule *r, enum pol_part part, const void **p, uint32_t *n)
{
	static const uint8_t size[PP_N] = { 4, 4, 4, 4, 4, 4,
		sizeof(struct aas_net), sizeof(struct aas_span), 16,
		sizeof(struct pol_slice) };
	const struct pol_part_at *at = &r->part[part];

	if ((size_t)at->at * 8 + (size_t)at->n * size[part] > pol_bytes(&r->b))
		return AAS_ERR_FORMAT;
	*p = (const uint8_t *)r + (size_t)at->at * 8;
	*n = at->n;
	return AAS_OK;
}

/* pol_blob(r, i, &b): the i-th of PP_CAS. */
int pol_blob(const struct pol_rule *r, uint32_t i, struct aas_blob *b);

/*
 * pol_find(p, table, tag), pol_bucket(p, ref):
 * A key's ref, 0 if it has none, negative on damage; the bucket of a ref,
 * with its b->n places behind it, or NULL.
 */
int64_t pol_find(
    const struct aas_policy *p, const struct pol_table *t, uint32_t tag);
const struct pol_block *pol_bucket(const struct aas_policy *p, uint32_t ref);

static inline const uint32_t *
pol_places(const struct pol_block *b)
{
	return (const uint32_t *)(const void *)(b + 1);
}

/*
 * pol_each(p, table, tag, fn, arg), pol_each_ref(p, ref, fn, arg):
 * Call ${fn} with each rule of a key's bucket, or of a ref.  0; what ${fn}
 * returned if that was not 0; AAS_ERR_FORMAT.
 */
typedef int pol_visit(void *arg, const struct pol_rule *r);
int pol_each(const struct aas_policy *p, const struct pol_table *t,
    uint32_t tag, pol_visit *fn, void *arg);
int pol_each_ref(
    const struct aas_policy *p, uint32_t ref, pol_visit *fn, void *arg);

/*
 * pol_minute(p, now_s, &minute):
 * The minute of the week on the clock of the policy's zone, from Monday.
 */
int pol_minute(const struct aas_policy *p, int64_t now_s, uint32_t *minute);

/*
 * pol_match(p, q, r):
 * 0 if ${r} matches, else the criterion that does not; AAS_ERR_FORMAT.
 */
enum pol_miss {
	PM_NONE,
	PM_USERS,
	PM_GROUPS,
	PM_SERVICES,
	PM_HOSTS,
	PM_ORIGIN,
	PM_NETWORKS,
	PM_HOURS
};
int pol_match(const struct aas_policy *p, const struct aas_query *q,
    const struct pol_rule *r);

/*
 * pol_leased(r, q):
 * 1 if the account that ${q} is about needs a lease by the rule ${r}, which is
 * about leases, for that service; 0; AAS_ERR_FORMAT.
 */
int pol_leased(const struct pol_rule *r, const struct aas_query *q);

/* pol_has_name(r, part, s), pol_has_gid(r, q): 1, 0, AAS_ERR_FORMAT. */
int pol_has_name(const struct pol_rule *r, enum pol_part part, const char *s);
int pol_has_gid(const struct pol_rule *r, const struct aas_query *q);

/*
 * pol_query_valid(q):
 * 1 if the caller kept the contract.
 */
int pol_query_valid(const struct aas_query *q);

/* pol_deny(a, why): denials, for ${why}, in all three stages. */
void pol_deny(struct aas_answer *a, unsigned why);

#endif
