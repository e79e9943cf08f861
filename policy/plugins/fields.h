#ifndef AAS_POLICY_PLUGINS_FIELDS_H
#define AAS_POLICY_PLUGINS_FIELDS_H

#include <stddef.h>

/*
 * What a rule can say in a file or in a program's answer: the names of
 * aas-policy(5), and where each stands in struct aas_plugin_rule.
 */
enum field_kind {
	FIELD_TEXT,  /* const char * */
	FIELD_LIST,  /* const char *const * */
	FIELD_FLAG,  /* int, 0 or 1 */
	FIELD_COUNT, /* int */
	FIELD_LEASE  /* the fields of lease_fields; stands nowhere itself */
};

/* Of a table: its end has no name. */
struct field {
	const char *name;
	enum field_kind kind;
	size_t at; /* in struct aas_plugin_rule */
};

extern const struct field rule_fields[];
extern const struct field lease_fields[];

/* field_find(of, name): the field of that name, or NULL. */
const struct field *field_find(const struct field *of, const char *name);

struct aas_plugin_rule;
struct aas_plugin_fault;

/*
 * field_bad_value(fault):
 * 1 if ${fault} is one value's by itself, whatever else the rule says.
 * field_drop(r, fault):
 * Leave out that value, so that the mistakes behind it can be found: of a list
 * the entry that is quoted, which must be in memory of the caller's that may be
 * written.  A rule keeps some name.  0 if there is no such field.
 */
int field_bad_value(const struct aas_plugin_fault *fault);
int field_drop(struct aas_plugin_rule *r, const struct aas_plugin_fault *fault);

#endif
