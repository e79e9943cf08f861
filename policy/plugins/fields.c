/*
 * The fields of a rule, one table for the sources that read them as text.
 */
#include <string.h>

#include "policy/plugin.h"
#include "policy/plugins/fields.h"

#define AT(m) offsetof(struct aas_plugin_rule, m)

const struct field rule_fields[] = {
	{ "name", FIELD_TEXT, AT(name) },
	{ "mode", FIELD_TEXT, AT(mode) },
	{ "users", FIELD_LIST, AT(users) },
	{ "groups", FIELD_LIST, AT(groups) },
	{ "services", FIELD_LIST, AT(services) },
	{ "hosts", FIELD_LIST, AT(hosts) },
	{ "networks", FIELD_LIST, AT(networks) },
	{ "hours", FIELD_LIST, AT(hours) },
	{ "origin", FIELD_TEXT, AT(origin) },
	{ "deny", FIELD_FLAG, AT(deny) },
	{ "exempt", FIELD_FLAG, AT(exempt) },
	{ "break_glass", FIELD_FLAG, AT(break_glass) },
	{ "require", FIELD_TEXT, AT(require) },
	{ "from", FIELD_TEXT, AT(from) },
	{ "grace", FIELD_TEXT, AT(grace) },
	{ "enrolled", FIELD_COUNT, AT(enrolled) },
	{ "present", FIELD_COUNT, AT(present) },
	{ "uv", FIELD_TEXT, AT(uv) },
	{ "device_bound", FIELD_FLAG, AT(device_bound) },
	{ "aaguids", FIELD_LIST, AT(aaguids) },
	{ "session", FIELD_TEXT, AT(session) },
	{ "idle", FIELD_TEXT, AT(idle) },
	{ "reauth", FIELD_TEXT, AT(reauth) },
	{ "window", FIELD_TEXT, AT(window) },
	{ "alert", FIELD_TEXT, AT(alert) },
	{ "training", FIELD_TEXT, AT(training) },
	{ "sudo", FIELD_TEXT, AT(sudo) },
	{ "lease", FIELD_LEASE, 0 },
	{ NULL, FIELD_TEXT, 0 },
};

const struct field lease_fields[] = {
	{ "grantors", FIELD_LIST, AT(lease_grantors) },
	{ "accounts", FIELD_LIST, AT(lease_accounts) },
	{ "max", FIELD_TEXT, AT(lease_max) },
	{ NULL, FIELD_TEXT, 0 },
};

const struct field *
field_find(const struct field *of, const char *name)
{
	while (of->name != NULL && strcmp(of->name, name) != 0)
		of++;
	return of->name != NULL ? of : NULL;
}

int
field_bad_value(const struct aas_plugin_fault *fault)
{
	static const char must[] = "must be ";

	return fault->text[0] == '"' ||
	    strncmp(fault->text, must, sizeof(must) - 1) == 0;
}

/* The list without the entry that ${text} quotes; NULL: nothing is left. */
static const char *const *
drop_entry(const char *const *list, const char *text)
{
	const char **v = NULL;
	size_t n = 0, left = 0, len = 0;

	memcpy(&v, &list, sizeof(v));
	for (; v != NULL && v[n] != NULL; n++) {
		len = strlen(v[n]);
		if (text[0] != '"' || strncmp(text + 1, v[n], len) != 0 ||
		    text[len + 1] != '"')
			v[left++] = v[n];
	}
	if (left == 0 || left == n)
		return NULL;
	v[left] = NULL;
	return v;
}

int
field_drop(struct aas_plugin_rule *r, const struct aas_plugin_fault *fault)
{
	const struct field *f = field_find(rule_fields, fault->field);
	const char *const **list = NULL;
	void *dst = NULL;

	if (f == NULL)
		f = field_find(lease_fields, fault->field);
	if (f == NULL || f->kind == FIELD_LEASE)
		return 0;
	dst = (char *)r + f->at;
	if (f->kind == FIELD_LIST) {
		list = dst;
		*list = drop_entry(*list, fault->text);
	} else if (f->kind == FIELD_TEXT) {
		*(const char **)dst = f->at == AT(name) ? "some" : NULL;
	} else {
		*(int *)dst = 0;
	}
	return 1;
}
