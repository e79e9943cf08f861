#ifndef AAS_POLICY_RULE_PARTS_H
#define AAS_POLICY_RULE_PARTS_H

#include "policy/rule.h"

/* One rule on its way from text to values; for policy/rule*.c alone. */
struct aas_rule_work {
	struct aas_plugin_rule in; /* as far as the source knows it */
	struct aas_rule out;
	struct aas_arena *arena;
	struct aas_plugin_fault *fault; /* may be NULL */
	aas_rule_gid *gid;
	void *arg;
};

/* aas_rule_fault(w, field, fmt, ...): say it; returns AAS_ERR_FORMAT. */
int aas_rule_fault(struct aas_rule_work *w, const char *field, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* 1 if a list or a text says something. */
int aas_rule_some(const char *const *list);

/*
 * aas_rule_names(w, field, list, max, valid, dst):
 * Copy a list of names that ${valid} accepts.
 */
int aas_rule_names(struct aas_rule_work *w, const char *field,
    const char *const *list, size_t max, int (*valid)(const char *),
    struct aas_names *dst);

/* 1 for a name that may be a user's, without the signs of patterns. */
int aas_rule_user_valid(const char *s);

/* Each part of the rule, in policy/rule_lists.c; 0 or an enum aas_err. */
int aas_rule_criteria(struct aas_rule_work *w);
int aas_rule_evidence(struct aas_rule_work *w);
int aas_rule_aaguids(struct aas_rule_work *w);
int aas_rule_groups(
    struct aas_rule_work *w, const char *field, const char *const *list);

/*
 * One value, in policy/rule_values.c: ${field} as it is said.  What is not
 * said, NULL or 0, leaves a duration and a date alone.
 */
int aas_rule_flag(
    struct aas_rule_work *w, const char *field, int v, uint8_t *dst);
int aas_rule_duration(struct aas_rule_work *w, const char *field, const char *s,
    int64_t min, int64_t max, int64_t *dst);
int aas_rule_date(
    struct aas_rule_work *w, const char *field, const char *s, int64_t *dst);
/* All words but its effect's; and its terms. */
int aas_rule_words(struct aas_rule_work *w);
int aas_rule_terms(struct aas_rule_work *w);

/*
 * In policy/rule_sense.c: which effect it has, at most one; and, when all the
 * rest is read, what goes together and what does not.
 */
int aas_rule_effect(struct aas_rule_work *w);
int aas_rule_sense(struct aas_rule_work *w, const char *source);

#endif
