/*
 * policy.conf as text: the guard, libconfig, the schema, and then what a rule
 * file is for: what was taken is compiled, read back and asked.
 *
 * 1. A text is either refused with its reason, or every rule in it is there.
 * 2. What came of it never reads outside, and never lets anybody in whom a
 *    damaged file would not.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/policy.h"
#include "tests/fuzz/fuzz.h"

/* The source itself, whose only name is the one that all sources have. */
#include "policy/plugins/fields.c"
#include "policy/plugins/files.c"
#include "policy/plugins/files_names.c"
#include "policy/plugins/files_read.c"
#include "policy/plugins/files_rule.c"
#include "policy/plugins/files_scan.c"
#include "tests/plugin_host.c"

/* libconfig's scanner forgets strings when it meets an error. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(
    void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

static void
ask(const struct aas_policy *p)
{
	static const gid_t gids[] = { 1003, 1005 };
	struct aas_answer a = { .size = sizeof(a) };
	struct aas_query q = {
		.size = sizeof(q),
		.user = "alice",
		.uid = 1000,
		.gids = gids,
		.gids_n = 2,
		.service = "sshd",
		.remote = 1,
		.now_s = 1780272000,
	};

	FUZZ_REQUIRE(aas_policy_eval(p, &q, &a) == AAS_OK);
	/* Stricter stages are at least as strict. */
	if (a.now.verdict == AAS_V_DENY)
		FUZZ_REQUIRE(a.observe.verdict == AAS_V_DENY);
	FUZZ_REQUIRE(a.observe.present >= a.now.present);
}

static void
compile(const struct plugin_host *f)
{
	struct aas_policy_source src = {
		.realm = "example.org",
		.statedir = "/var/lib/aas",
		.rundir = "/run/aas",
		.libexecdir = "/usr/libexec/aas",
		.uv = 1,
		.built_s = 1,
		.rules_n = f->rules_n,
		.rules = f->rules,
	};
	struct aas_policy *p = NULL;
	uint8_t *bytes = NULL;
	size_t len = 0;

	FUZZ_REQUIRE(aas_policy_compile(&src, &bytes, &len) == AAS_OK);
	FUZZ_REQUIRE(aas_policy_parse(bytes, len, &p) == AAS_OK);
	FUZZ_REQUIRE(aas_policy_rules(p) == f->rules_n);
	ask(p);
	aas_policy_free(&p);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct plugin_host f;
	int status;

	memset(&f, 0, sizeof(f));
	f.path[0] = "/etc/aas/policy.conf";
	f.text[0] = len > 0 ? (const char *)p : "";
	f.len[0] = len;
	f.no_dir = 1;
	if (aas_arena_new(&f.arena) != AAS_OK)
		return 0;
	status = plugin_host_run(&f, "/etc/aas");
	FUZZ_REQUIRE(status == AAS_PLUGIN_SUCCESS ||
	    status == AAS_PLUGIN_UNAVAIL || status == AAS_PLUGIN_NOTFOUND);
	FUZZ_REQUIRE(status != AAS_PLUGIN_UNAVAIL || f.reports > 0);
	FUZZ_REQUIRE(status != AAS_PLUGIN_SUCCESS || f.reports == 0);
	if (status == AAS_PLUGIN_SUCCESS && f.rules_n <= PLUGIN_HOST_RULES)
		compile(&f);
	aas_arena_free(&f.arena);
	return 0;
}
