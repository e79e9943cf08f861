/*
 * What a program says to the source "exec": JSON, as text.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "policy/plugins/exec_json.c"
#include "policy/plugins/fields.c"

static size_t seen;

static void
walk(const char *s)
{
	if (s != NULL)
		seen += strlen(s);
}

/* A list that is there has an entry. */
static void
walk_list(const char *const *v)
{
	if (v == NULL)
		return;
	FUZZ_REQUIRE(v[0] != NULL);
	for (; *v != NULL; v++)
		seen += strlen(*v);
}

static int
host_rule(
    void *ctx, const struct aas_plugin_rule *r, struct aas_plugin_fault *f)
{
	(void)ctx;
	FUZZ_REQUIRE(r->struct_size == sizeof(*r) && r->line > 0);
	FUZZ_REQUIRE(strcmp(r->file, "/policy.exec") == 0);
	FUZZ_REQUIRE(r->deny == 0 || r->deny == 1);
	FUZZ_REQUIRE(r->present >= 0 && r->enrolled >= 0);
	FUZZ_REQUIRE(r->not_before == NULL && r->evidence_ssh_ca == NULL);
	walk(r->name);
	walk(r->mode);
	walk_list(r->users);
	walk_list(r->groups);
	walk_list(r->services);
	walk_list(r->hosts);
	walk_list(r->networks);
	walk_list(r->hours);
	walk_list(r->aaguids);
	walk_list(r->lease_grantors);
	walk_list(r->lease_accounts);
	walk(r->lease_max);
	if (r->name != NULL)
		return 0;
	memcpy(f->field, "name", 5);
	return -1;
}

static void
host_report(
    void *ctx, int level, const char *file, uint32_t line, const char *text)
{
	(void)ctx;
	(void)line;
	FUZZ_REQUIRE(level == AAS_PLUGIN_ERROR || level == AAS_PLUGIN_NOTE);
	walk(file);
	walk(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct aas_plugin_host h = { .struct_size = sizeof(h),
		.rule = host_rule,
		.report = host_report };
	int status = exec_answer(&h, "/policy.exec", (const char *)p, len);

	FUZZ_REQUIRE(status >= 1 && status <= 4);
	return 0;
}
