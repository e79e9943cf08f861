#ifndef AAS_POLICY_BUILD_H
#define AAS_POLICY_BUILD_H

#include "policy/format.h"

/* The writer's parts, inside the folder only. */

/* The file while it grows; always a whole number of words. */
struct pol_out {
	uint8_t *p;
	size_t len, cap;
};

/*
 * pol_out_add(out, n, &at):
 * ${n} zeroed bytes at the end, rounded up to words, from word ${at} on.
 * Pointers into ${out} do not survive it.  AAS_ERR_NOMEM, AAS_ERR_INVAL (the
 * file would be too long).
 */
int pol_out_add(struct pol_out *out, size_t n, uint32_t *at);

/*
 * pol_out_seal(out, at, n, size):
 * Make the ${size} bytes from ${at} on a block, and write its check.
 */
void pol_out_seal(struct pol_out *out, uint32_t at, uint32_t n, size_t size);

/* pol_out_cell(out, t, i, value): write one cell. */
void pol_out_cell(
    struct pol_out *out, const struct pol_table *t, uint32_t i, uint64_t value);

/* A rule with its lists sorted, on a scratch of its own. */
struct pol_sorted {
	uint32_t n[PP_N];
	const char **names[PP_EVIDENCE + 1];
	uint32_t *gids;
	void *mem;
	size_t cap;
};

/* pol_sort(r, s): fill ${s}; AAS_ERR_NOMEM.  pol_sorted_free(s). */
int pol_sort(const struct aas_rule *r, struct pol_sorted *s);
void pol_sorted_free(struct pol_sorted *s);

/*
 * pol_encode(out, r, s, number, &at):
 * Write the rule ${r}, already found valid and sorted into ${s}.
 */
int pol_encode(struct pol_out *out, const struct aas_rule *r,
    const struct pol_sorted *s, uint32_t number, uint32_t *at);

/* pol_rule_valid(r): 1 if ${r} makes sense and is in range. */
int pol_rule_valid(const struct aas_rule *r);

/* pol_same(r, rule, s): 1 if ${r} of the file is ${rule}, sorted as ${s}. */
int pol_same(const struct pol_rule *r, const struct aas_rule *rule,
    const struct pol_sorted *s);

/* The list of names that a part was made of. */
const struct aas_names *pol_names(const struct aas_rule *r, enum pol_part part);

/* What leads to rules: (tag << 32 | place), and those that no key leads to. */
struct pol_keys {
	uint64_t *v;
	size_t n, cap;
	uint32_t *wild;
	size_t wild_n, wild_cap;
};

/* pol_keys_add(k, r, at): the keys of the rule at ${at}. */
int pol_keys_add(struct pol_keys *k, const struct aas_rule *r, uint32_t at);

/*
 * pol_keys_write(k, out, &hash, &wild):
 * Buckets and table.  Users have a struct pol_keys of their own.
 */
int pol_keys_write(struct pol_keys *k, struct pol_out *out,
    struct pol_table *hash, uint32_t *wild);

/* pol_keys_lead(p, r, number): 1 if all keys of ${r} lead to rule ${number}. */
int pol_keys_lead(
    const struct aas_policy *p, const struct aas_rule *r, uint32_t number);
void pol_keys_free(struct pol_keys *k);

#endif
