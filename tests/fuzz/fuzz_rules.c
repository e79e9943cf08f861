/*
 * policy.conf as text: the guard, libconfig, the schema, and then what a rule
 * file is for: what was taken is compiled, read back and asked.
 *
 * 1. A text is either refused with its reason, or every rule in it is there.
 * 2. What came of it never reads outside, and never lets anybody in whom a
 *    damaged file would not.
 */
#include <string.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "policy/policy.h"
#include "policy/rule.h"
#include "tests/fuzz/fuzz.h"

/* The source itself, whose only name is the one that all sources have. */
#include "policy/plugins/files.c"
#include "policy/plugins/files_names.c"
#include "policy/plugins/files_read.c"

#define ROOM 512

/* libconfig's scanner forgets strings when it meets an error. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(
    void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

struct fake {
	const uint8_t *p;
	size_t len;
	struct aas_arena *arena;
	struct aas_rule rules[ROOM];
	size_t rules_n;
	unsigned reports;
};

static int
gid_of(void *arg, const char *name, gid_t *gid)
{
	(void)arg;
	if (name[0] == '!')
		return AAS_ERR_NOTFOUND;
	*gid = (gid_t)(1000 + strlen(name));
	return AAS_OK;
}

static int
host_rule(
    void *ctx, const struct aas_plugin_rule *r, struct aas_plugin_fault *fault)
{
	struct fake *f = ctx;
	struct aas_plugin_fault own = { .struct_size = sizeof(own) };

	if (fault == NULL)
		fault = &own;
	if (f->rules_n == ROOM)
		return -1;
	if (aas_rule_from(r, "files", gid_of, NULL, f->arena,
		&f->rules[f->rules_n], fault) != AAS_OK) {
		FUZZ_REQUIRE(
		    memchr(fault->text, '\0', sizeof(fault->text)) != NULL);
		return -1;
	}
	f->rules_n++;
	return 0;
}

static void
host_report(
    void *ctx, int level, const char *file, uint32_t line, const char *text)
{
	struct fake *f = ctx;

	(void)level;
	(void)file;
	(void)line;
	FUZZ_REQUIRE(text != NULL && text[0] != '\0');
	f->reports++;
}

static int
host_read(void *ctx, const char *path, size_t max, unsigned flags, char **text,
    size_t *len)
{
	struct fake *f = ctx;
	char err[AAS_CONF_ERR];

	(void)flags;
	if (aas_conf_guard_max(path, f->p, f->len, max, err) != AAS_OK) {
		f->reports++;
		return -2;
	}
	if ((*text = malloc(f->len + 1)) == NULL)
		return -2;
	memcpy(*text, f->p, f->len);
	(*text)[f->len] = '\0';
	*len = f->len;
	return 0;
}

static void
host_release(void *ctx, char *text)
{
	(void)ctx;
	free(text);
}

static int
host_list(void *ctx, const char *dir, const char *suffix,
    int (*each)(void *arg, const char *path), void *arg)
{
	(void)ctx;
	(void)dir;
	(void)suffix;
	(void)each;
	(void)arg;
	return -1;
}

static int64_t
host_left(void *ctx)
{
	(void)ctx;
	return 10000;
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
compile(struct fake *f)
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
	static struct fake f;
	const struct aas_plugin_host h = { sizeof(h), &f, host_rule,
		host_report, host_read, host_release, host_list, host_left };
	const struct aas_plugin_query q = {
		.struct_size = sizeof(q),
		.confdir = "/etc/aas",
		.now_s = 1780272000,
	};
	int status;

	memset(&f, 0, sizeof(f));
	f.p = p;
	f.len = len;
	if (aas_arena_new(&f.arena) != AAS_OK)
		return 0;
	status = aas_policy_plugin.rules(&h, &q);
	FUZZ_REQUIRE(status == AAS_PLUGIN_SUCCESS ||
	    status == AAS_PLUGIN_UNAVAIL || status == AAS_PLUGIN_NOTFOUND);
	FUZZ_REQUIRE(status != AAS_PLUGIN_UNAVAIL || f.reports > 0);
	FUZZ_REQUIRE(status != AAS_PLUGIN_SUCCESS || f.reports == 0);
	if (status == AAS_PLUGIN_SUCCESS)
		compile(&f);
	aas_arena_free(&f.arena);
	return 0;
}
