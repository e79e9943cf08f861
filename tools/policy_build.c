/*
 * The making of a policy: settings, sources, zone, compiled.
 *
 * 1. What cannot be read, decoded or resolved MUST end the making: nobody
 *    knows what the part that is missing would have refused.
 * 2. What a file is known again by MUST be taken before the file is read: an
 *    edit meanwhile must show as one.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "tools/policy_build.h"

#define GROUP_FILE "/etc/group" /* of nss_files */
#define USER_FILE  "/etc/passwd"
#define ZONE_MAX   ((size_t)1024 * 1024)

/* --- sources ---------------------------------------------------------------
 */

static int
gather(struct policy_build *b, FILE *out)
{
	struct aas_switch sw;
	char worker[PATH_MAX];
	char confdir[PATH_MAX];
	char err[256];
	struct aas_gather g = { .plugindir = AAS_PLUGINDIR,
		.worker = worker,
		.confdir = confdir,
		.now_s = b->now_s };
	char *slash = NULL;
	int r = aas_switch_parse(b->conf->policy, &sw, err);

	if (r != AAS_OK) {
		policy_say(out, "%s: policy: %s",
		    policy_place(b, b->conf->at.policy), err);
		return r;
	}
	(void)snprintf(confdir, sizeof(confdir), "%s", b->conf_path);
	if ((slash = strrchr(confdir, '/')) != NULL)
		slash[slash == confdir] = '\0';
	if (snprintf(worker, sizeof(worker), "%s/aas-policy-worker",
		b->conf->libexec_dir) >= PATH_MAX)
		return AAS_ERR_TOOBIG;
	if ((r = aas_gather_run(&sw, &g, &b->got)) != AAS_OK)
		return r;
	for (size_t i = 0; i < b->got.answers_n; i++) {
		const struct aas_source_answer *a = &b->got.answers[i];

		if (a->text != NULL && out != NULL)
			(void)fputs(a->text, out);
		if (a->asked && a->status != AAS_PLUGIN_SUCCESS &&
		    a->status != AAS_PLUGIN_NOTFOUND)
			policy_say(out, "source %s: %s", a->name,
			    aas_source_status(a->status));
	}
	return b->got.denied ? AAS_ERR_DENIED : AAS_OK;
}

/* --- what it is made of ----------------------------------------------------
 */

static int
own_file(struct policy_build *b, const char *path, uid_t owner,
    struct aas_origin_file *f)
{
	struct aas_buf buf = { NULL, 0 };
	struct stat st;
	char *copy = aas_arena_get(b->arena, strlen(path) + 1);
	int r = AAS_OK;

	if (copy == NULL)
		return AAS_ERR_NOMEM;
	memcpy(copy, path, strlen(path));
	f->path = copy;
	f->size = -1;
	if (stat(path, &st) == -1)
		return AAS_OK;
	/* A zone's file is reached by links, which reading by path refuses. */
	if (owner != (uid_t)-1)
		r = aas_fs_read_path(path, owner, 022, ZONE_MAX, &buf, &st);
	if (r == AAS_OK && owner != (uid_t)-1)
		r = aas_sha256(buf.p, buf.len, NULL, 0, NULL, 0, f->sha256);
	aas_buf_free(&buf);
	aas_origin_stat(&st, f);
	return r;
}

/* A host without a group file, or with a foreign one, is not at fault here. */
static int
group_file(struct policy_build *b, struct aas_origin_file *f)
{
	int r = own_file(b, GROUP_FILE, 0, f);

	return r == AAS_OK || r == AAS_ERR_NOMEM
	    ? r
	    : own_file(b, GROUP_FILE, (uid_t)-1, f);
}

/* 1: some rule has numbers that were made of names of groups. */
static int
has_groups(const struct policy_build *b)
{
	for (size_t i = 0; i < b->src.rules_n; i++) {
		if (b->src.rules[i].groups.n > 0)
			return 1;
	}
	return 0;
}

static int
files(struct policy_build *b)
{
	size_t own = POLICY_OWN_GROUPS + (has_groups(b) != 0);
	struct aas_origin_file *f =
	    aas_arena_get(b->arena, (b->got.files_n + own + 1) * sizeof(*f));

	if (f == NULL)
		return AAS_ERR_NOMEM;
	memcpy(f, b->own, own * sizeof(*f));
	/* Another name that goes matters to a rule that has it. */
	if (b->aliases_n > 0)
		f[own++] = b->own[POLICY_OWN_USERS];
	if (b->got.files_n > 0)
		memcpy(f + own, b->got.files, b->got.files_n * sizeof(*f));
	b->src.files = f;
	b->src.files_n = b->got.files_n + own;
	return AAS_OK;
}

static int
zone(struct policy_build *b, FILE *out)
{
	struct aas_zone_step *steps = NULL;
	struct aas_zone_step *copy = NULL;
	char path[PATH_MAX];
	size_t n = 0;
	int r = AAS_OK;

	policy_zone_path(b->conf->zone, path);
	r = own_file(b, path, (uid_t)-1, &b->own[POLICY_OWN_ZONE]);
	if (r == AAS_OK)
		r = policy_zone_steps(b->conf->zone, &steps, &n, path);
	if (r != AAS_OK) {
		policy_say(out, "%s: zone: %s: %s",
		    policy_place(b, b->conf->at.zone), path,
		    r == AAS_ERR_NOTFOUND  ? "there is no such zone"
			: r == AAS_ERR_SYS ? strerror(errno)
					   : aas_strerror(r));
		return r;
	}
	copy = aas_arena_get(b->arena, n * sizeof(*copy));
	if (copy != NULL) {
		memcpy(copy, steps, n * sizeof(*copy));
		b->src.zone = copy;
		b->src.zone_n = n;
	}
	free(steps);
	return copy != NULL ? files(b) : AAS_ERR_NOMEM;
}

/* Rules that name users get their other names. */
static int
aliases(struct policy_build *b, struct aas_rule *rules, size_t n, FILE *out)
{
	int r = own_file(b, USER_FILE, (uid_t)-1, &b->own[POLICY_OWN_USERS]);

	if (r == AAS_OK)
		r = policy_alias(rules, n, b->arena, &b->aliases_n);
	if (r != AAS_OK)
		policy_say(out, "%s: %s", USER_FILE,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	if (r == AAS_OK &&
	    (r = policy_alias_services(rules, n, b->arena)) != AAS_OK)
		policy_say(out, "services: %s", aas_strerror(r));
	return r;
}

static int
proof(struct policy_build *b, FILE *out)
{
	int r = policy_proof(b->src.rules, b->src.rules_n, b->arena,
	    &b->src.proof, &b->src.proof_n);

	if (r != AAS_OK)
		policy_say(out, "%s: %s", GROUP_FILE,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	return r;
}

/* --- all of it -------------------------------------------------------------
 */

static int
by_name(const void *a, const void *b)
{
	const struct aas_rule *x = *(const struct aas_rule *const *)a;
	const struct aas_rule *y = *(const struct aas_rule *const *)b;
	int c = strcmp(x->source, y->source);

	return c != 0 ? c : strcmp(x->name, y->name);
}

/* Which two of one source have one name. */
static void
say_twice(const struct policy_build *b, FILE *out)
{
	const struct aas_rule **v = calloc(b->src.rules_n, sizeof(*v));

	if (v == NULL)
		return;
	for (size_t i = 0; i < b->src.rules_n; i++)
		v[i] = &b->src.rules[i];
	qsort(v, b->src.rules_n, sizeof(*v), by_name);
	for (size_t i = 1; i < b->src.rules_n; i++) {
		if (by_name(&v[i - 1], &v[i]) == 0)
			policy_say(out, "%s: the name \"%s\" is in use: %s",
			    v[i]->where, v[i]->name, v[i - 1]->where);
	}
	free(v);
}

static int
compile(struct policy_build *b, FILE *out)
{
	size_t n = b->got.rules_n;
	struct aas_rule *rules =
	    aas_arena_get(b->arena, (n + POLICY_SETTINGS) * sizeof(*rules));
	int r = AAS_ERR_NOMEM;

	if (rules == NULL ||
	    (r = policy_settings_rules(b, rules, out)) != AAS_OK)
		return r;
	if (n > 0)
		memcpy(rules + b->settings_n, b->got.rules, n * sizeof(*rules));
	n += b->settings_n;
	if ((r = aliases(b, rules, n, out)) != AAS_OK)
		return r;
	b->src.rules = rules;
	b->src.rules_n = n;
	b->src.built_s = b->now_s;
	policy_settings_plain(b->conf, &b->src);
	if ((r = proof(b, out)) != AAS_OK)
		return r;
	if ((r = zone(b, out)) != AAS_OK)
		return r;
	r = aas_policy_compile(&b->src, &b->bin, &b->len);
	if (r == AAS_ERR_EXISTS)
		say_twice(b, out);
	return r;
}

int
policy_build_make(struct policy_build *b)
{
	char err[AAS_CONF_ERR] = "";
	size_t len = 0;
	FILE *out = open_memstream(&b->said, &len);
	int known = AAS_OK;
	int r = out != NULL ? aas_arena_new(&b->arena) : AAS_ERR_NOMEM;

	if (r == AAS_OK) {
		known = own_file(
		    b, b->conf_path, geteuid(), &b->own[POLICY_OWN_CONF]);
		r = group_file(b, &b->own[POLICY_OWN_GROUPS]);
	}
	if (r == AAS_OK &&
	    (r = aas_conf_load(b->conf_path, geteuid(), &b->conf, err)) !=
		AAS_OK)
		policy_say(out, "%s", err);
	r = r != AAS_OK ? r : known; /* loading has the better words */
	if (r == AAS_OK && (r = gather(b, out)) == AAS_OK)
		r = compile(b, out);
	/* Every failure has its line, if only this. */
	if (r != AAS_OK && out != NULL && ftell(out) == 0)
		policy_say(out, "%s: cannot be compiled: %s", b->conf_path,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	if (out != NULL && fclose(out) != 0) {
		free(b->said);
		b->said = NULL;
		r = r != AAS_OK ? r : AAS_ERR_NOMEM;
	}
	return r;
}

void
policy_build_free(struct policy_build *b)
{
	aas_gathered_free(&b->got);
	aas_arena_free(&b->arena);
	aas_conf_free(&b->conf);
	free(b->bin);
	free(b->said);
	memset(b, 0, sizeof(*b));
}
