#ifndef AAS_POLICY_FORMAT_H
#define AAS_POLICY_FORMAT_H

#include <stddef.h>
#include <stdint.h>

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
 * The check is h = (h ^ word) * odd, h ^= h >> 29 for each word, from a start
 * that the place gives: each step is one-to-one, so that whatever changes in
 * a single word changes the check, and what is copied elsewhere does not
 * hold.  It stands against damage, not against root, who may write the file.
 *
 * A hash table holds (tag << 32 | ref) at tag & (n - 1) or behind it; 0 is a
 * free cell, and has a check too.  The tag is all there is of the key: keys
 * of one tag share a bucket, and each rule found is compared in full.  A ref
 * is place << 1, with the lowest bit 1 for a rule, 0 for a bucket of rules.
 */
#define POL_MAGIC     "AASPOL02"
#define POL_MAGIC_LEN 8
#define POL_ENDIAN    0x01020304u
#define POL_FILE_MAX  ((uint64_t)1 << 30)
#define POL_KEYS_MAX  ((size_t)1 << 24) /* (key, rule) pairs */
#define POL_NEEDS     0x1fu
#define POL_ZONE_MAX  4096u
#define POL_FILES_MAX 65536u
#define POL_CAS_MAX   256u

/* Bounds of the numbers; the writer refuses what the reader would. */
#define POL_ENROLLED_MAX 16
#define POL_TIMEOUT_MAX  600u

struct pol_table {
	uint32_t at, n; /* cells of 16 bytes; hash: n is a power of 2 */
};

struct pol_head {
	char magic[POL_MAGIC_LEN];
	uint32_t endian, needs;
	uint64_t total; /* bytes of the file */
	uint64_t body;  /* check of all behind the header */
	int64_t built_s;
	struct pol_table hash, rules, zone, files;
	uint32_t wild; /* ref of the rules that no key leads to; 0: none */
	uint32_t timeout_s;
	uint8_t enrolled_min, present, uv, server_keys;
	uint8_t zero[4];
	int64_t session_s, idle_s, reauth_s; /* 0: not said */
	int64_t degraded_s;
	char realm[256], statedir[256], rundir[256], libexecdir[256];
	uint64_t check; /* of the words before it */
};

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

/* Offsets are in bytes from the rule's begin. */
struct pol_slice {
	uint32_t off, n;
};

struct pol_rule {
	struct pol_block b;
	uint8_t mode, effect, origin, attestable;
	uint8_t break_glass, enrolled_min, present, uv;
	uint8_t uv_said, device_bound, alert, training;
	uint32_t timeout_s;
	uint32_t source, name, where;
	uint32_t session_s, idle_s, reauth_s, lease_s, grace_s;
	int64_t from_s, not_before_s, not_after_s;
	struct pol_slice part[PP_N];
};

struct pol_file {
	struct pol_block b;
	int64_t mtime_ns, ctime_ns, size;
	uint64_t ino, dev;
	uint8_t sha256[32];
	uint32_t path, zero;
};

_Static_assert(sizeof(struct pol_head) == 1152, "no padding");
_Static_assert(sizeof(struct pol_rule) == 168, "no padding");
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
	h = (h ^ w) * UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 29;
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
 * pol_rule_sound(r):
 * 1 if every number of a rule is in range; its parts are not looked at.
 */
int pol_rule_sound(const struct pol_rule *r);

/*
 * pol_cell(p, table, i, &value), pol_block(p, at, min, &block):
 * Take one cell, or a block of at least ${min} bytes, after its bounds and,
 * unless ${p} was checked whole, its check.  Returns 0, AAS_ERR_FORMAT.
 */
int pol_cell(const struct aas_policy *p, const struct pol_table *t, uint32_t i,
    uint64_t *value);
int pol_block(const struct aas_policy *p, uint32_t at, size_t min,
    const struct pol_block **b);

/* pol_rule(p, at, &r), pol_rule_number(p, number, &r): 0, AAS_ERR_FORMAT. */
int pol_rule(
    const struct aas_policy *p, uint32_t at, const struct pol_rule **r);
int pol_rule_number(
    const struct aas_policy *p, uint32_t number, const struct pol_rule **r);

/* pol_file(p, i, &f): likewise. */
int pol_file(const struct aas_policy *p, uint32_t i, const struct pol_file **f);

/*
 * pol_text(b, off, &s), pol_name(r, part, i, &s):
 * A string of a rule or file; the i-th of a list.  0, AAS_ERR_FORMAT.
 */
int pol_text(const struct pol_block *b, uint32_t off, const char **s);
int pol_name(
    const struct pol_rule *r, enum pol_part part, uint32_t i, const char **s);

/*
 * pol_list(r, part, &p, &n):
 * The entries of a part, all of them inside the rule.  0, AAS_ERR_FORMAT.
 */
int pol_list(
    const struct pol_rule *r, enum pol_part part, const void **p, uint32_t *n);

/* pol_blob(r, i, &b): the i-th of PP_CAS. */
int pol_blob(const struct pol_rule *r, uint32_t i, struct aas_blob *b);

/*
 * pol_find(p, tag, &ref), pol_bucket(p, ref, &at, &n):
 * A key's ref, 0 if it has none; the places in a bucket.  0, AAS_ERR_FORMAT.
 */
int pol_find(const struct aas_policy *p, uint32_t tag, uint32_t *ref);
int pol_bucket(
    const struct aas_policy *p, uint32_t ref, const uint32_t **at, uint32_t *n);

/*
 * pol_each(p, tag, fn, arg), pol_each_ref(p, ref, fn, arg):
 * Call ${fn} with each rule of a key's bucket, or of a ref.  0; what ${fn}
 * returned if that was not 0; AAS_ERR_FORMAT.
 */
typedef int pol_visit(void *arg, const struct pol_rule *r);
int pol_each(
    const struct aas_policy *p, uint32_t tag, pol_visit *fn, void *arg);
int pol_each_ref(
    const struct aas_policy *p, uint32_t ref, pol_visit *fn, void *arg);

/*
 * pol_minute(p, now_s, &minute):
 * The minute of the week on the clock of the policy's zone, from Monday.
 */
int pol_minute(const struct aas_policy *p, int64_t now_s, uint32_t *minute);

/*
 * pol_match(p, q, r, &miss):
 * Whether ${r} matches; ${miss} is NULL, or the criterion that does not.
 * Returns 0, AAS_ERR_FORMAT.
 */
int pol_match(const struct aas_policy *p, const struct aas_query *q,
    const struct pol_rule *r, const char **miss);

/* pol_has_name(r, part, s, &has), pol_has_gid(r, q, &has): 0, _FORMAT. */
int pol_has_name(
    const struct pol_rule *r, enum pol_part part, const char *s, int *has);
int pol_has_gid(const struct pol_rule *r, const struct aas_query *q, int *has);

/*
 * pol_query_valid(q):
 * 1 if the caller kept the contract.
 */
int pol_query_valid(const struct aas_query *q);

/* pol_deny(a, why): denials, for ${why}, in all three stages. */
void pol_deny(struct aas_answer *a, unsigned why);

#endif
