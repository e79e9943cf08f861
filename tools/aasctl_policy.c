/*
 * aasctl policy build, aasctl policy check: aas.conf(5) to policy.bin.
 *
 * 1. The old policy MUST stay until the new one is whole: one durable
 *    replace, after the compiled bytes were read back.
 * 2. A group that does not exist MUST be an error, never a rule that binds
 *    nobody.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "policy/rule.h"
#include "tools/aasctl.h"

#define POLICY_MAX ((size_t)1 << 30)

struct opts {
	char conf[PATH_MAX];
	char out[PATH_MAX];
};

/* Make an absolute path of it. */
static int
absolute(const char *path, char dst[PATH_MAX])
{
	char cwd[PATH_MAX / 2] = "";

	if (path[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		return AAS_ERR_SYS;
	if (snprintf(dst, PATH_MAX, "%s%s%s", cwd, cwd[0] ? "/" : "", path) >=
	    PATH_MAX)
		return AAS_ERR_TOOBIG;
	return AAS_OK;
}

static int
parse_opts(int argc, char **argv, struct opts *o)
{
	static const struct option longs[] = {
		{ "conf", required_argument, NULL, 'c' },
		{ "out", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int ch = 0;
	int r = absolute(AAS_CONF_PATH, o->conf);

	optind = 1;
	while (r == AAS_OK &&
	    (ch = getopt_long(argc, argv, "c:o:", longs, NULL)) != -1) {
		if (ch == 'c')
			r = absolute(optarg, o->conf);
		else if (ch == 'o')
			r = absolute(optarg, o->out);
		else
			r = AAS_ERR_INVAL;
	}
	if (r == AAS_OK && optind != argc)
		r = AAS_ERR_INVAL;
	return r;
}

static int
group_gid(const char *name, gid_t *gid)
{
	struct group gr;
	struct group *res = NULL;
	int e = ERANGE;

	/* A group with many members needs much room. */
	for (size_t n = 4096; e == ERANGE && n <= 16 * 1024 * 1024; n *= 4) {
		char *buf = malloc(n);

		if (buf == NULL)
			return AAS_ERR_NOMEM;
		e = getgrnam_r(name, &gr, buf, n, &res);
		if (e == 0 && res != NULL)
			*gid = gr.gr_gid;
		free(buf);
	}
	if (e == 0)
		return res != NULL ? AAS_OK : AAS_ERR_NOTFOUND;
	errno = e;
	return AAS_ERR_SYS;
}

static int
resolve_groups(const struct aasctl *c, const struct opts *o,
    const struct aas_conf *conf, gid_t **gids)
{
	size_t n = conf->required_groups.n;
	char shown[256];
	gid_t *g = NULL;
	int r = AAS_OK;

	if ((g = calloc(n + 1, sizeof(*g))) == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		r = group_gid(conf->required_groups.v[i], &g[i]);
		if (r == AAS_OK)
			continue;
		(void)aasctl_fail(c, AASCTL_FAILED,
		    "%s: required_groups: group \"%s\": %s", o->conf,
		    aas_printable(
			shown, sizeof(shown), conf->required_groups.v[i]),
		    r == AAS_ERR_NOTFOUND ? "there is no such group"
					  : strerror(errno));
		free(g);
		return AAS_ERR_CANCELED; /* said already */
	}
	*gids = g;
	return AAS_OK;
}

static struct aas_names
names_of(const struct aas_conf_list *l)
{
	union {
		char **in;
		const char **out;
	} v = { l->v };
	struct aas_names names = { (uint32_t)l->n, v.out };

	return names;
}

/* The rules that the settings stand for: at most three. */
static size_t
settings_rules(const struct aas_conf *conf, const char *where,
    const gid_t *gids, struct aas_rule r[3])
{
	size_t n = 0;

	if (conf->required_users.n > 0)
		r[n++] = (struct aas_rule){ .name = "required_users",
			.effect = AAS_EF_REQUIRE,
			.from_s = conf->required_from_s,
			.users = names_of(&conf->required_users) };
	if (conf->required_groups.n > 0)
		r[n++] = (struct aas_rule){ .name = "required_groups",
			.effect = AAS_EF_REQUIRE,
			.from_s = conf->required_from_s,
			.groups = names_of(&conf->required_groups),
			.gids = gids };
	if (conf->exempt_services.n > 0)
		r[n++] = (struct aas_rule){ .name = "exempt_services",
			.effect = AAS_EF_EXEMPT,
			.services = names_of(&conf->exempt_services) };
	for (size_t i = 0; i < n; i++) {
		r[i].source = "settings";
		r[i].where = where;
		r[i].mode = AAS_MODE_ENFORCE;
	}
	return n;
}

static void
source_of(const struct aas_conf *conf, struct aas_policy_source *s)
{
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->realm, sizeof(s->realm), "%s", conf->realm);
	(void)snprintf(s->statedir, sizeof(s->statedir), "%s", conf->state_dir);
	(void)snprintf(s->rundir, sizeof(s->rundir), "%s", conf->run_dir);
	(void)snprintf(
	    s->libexecdir, sizeof(s->libexecdir), "%s", conf->libexec_dir);
	s->enrolled_min = conf->enrolled_min;
	s->present = conf->present;
	s->uv = conf->uv;
	s->server_keys = conf->server_keys;
	s->timeout_s = conf->timeout_s;
	s->session_s = conf->session_s;
	s->idle_s = conf->idle_s;
	s->reauth_s = conf->reauth_s;
	s->degraded_s = conf->degraded_s;
}

/* Read and compile; errors are said here.  An enum aasctl_exit. */
static int
compile(const struct aasctl *c, struct opts *o, uint8_t **bin, size_t *len)
{
	struct aas_policy_source src;
	struct aas_rule rules[3];
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];
	gid_t *gids = NULL;
	int code = AASCTL_FAILED;
	int r = AAS_ERR_SYS;

	r = aas_conf_load(o->conf, geteuid(), &conf, err);
	if (r != AAS_OK) {
		code = aasctl_fail(c, aasctl_exit_of(r), "%s", err);
		goto out;
	}
	if (o->out[0] == '\0')
		(void)snprintf(
		    o->out, sizeof(o->out), "%s/policy.bin", conf->state_dir);
	r = resolve_groups(c, o, conf, &gids);
	if (r == AAS_ERR_CANCELED)
		goto out;
	if (r == AAS_OK) {
		source_of(conf, &src);
		src.rules = rules;
		src.rules_n = settings_rules(conf, o->conf, gids, rules);
		r = aas_policy_compile(&src, bin, len);
	}
	if (r != AAS_OK)
		code = aasctl_fail(c, AASCTL_FAILED,
		    "%s: cannot be compiled: %s", o->conf, aas_strerror(r));
	else
		code = AASCTL_OK;
out:
	free(gids);
	aas_conf_free(&conf);
	return code;
}

/* Open the directory of path, made if it is the state directory's place. */
static int
open_parent(char *path, const char **base, int *fd)
{
	char *slash = strrchr(path, '/');
	int r = AAS_ERR_SYS;

	*base = slash + 1;
	*slash = '\0';
	/* EEXIST is the usual case; another failure shows below. */
	(void)mkdir(path[0] ? path : "/", 0755);
	r = aas_fs_dir(path[0] ? path : "/", geteuid(), fd);
	*slash = '/';
	return r;
}

static int
cmd_build(struct aasctl *c, struct opts *o)
{
	const char *base = NULL;
	uint8_t *bin = NULL;
	size_t len = 0;
	int fd = -1;
	int code = AASCTL_FAILED;
	int r = AAS_ERR_SYS;

	if ((code = compile(c, o, &bin, &len)) != AASCTL_OK)
		goto out;
	if ((r = open_parent(o->out, &base, &fd)) == AAS_OK)
		r = aas_fs_replace(
		    fd, base, bin, len, (uid_t)-1, (gid_t)-1, 0644);
	if (r != AAS_OK) {
		code = aasctl_fail(c, aasctl_exit_of(r), "%s: %s", o->out,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
		goto out;
	}
	if (c->json)
		code = aasctl_print(c,
		    json_pack("{s:s, s:s, s:I}", "conf", o->conf, "out", o->out,
			"bytes", (json_int_t)len));
	else
		(void)printf(
		    "%s: built from %s, %zu bytes\n", o->out, o->conf, len);
out:
	aas_close(&fd);
	free(bin);
	return code;
}

/* 1: policy.bin holds these very bytes; 0: others; or an enum aas_err. */
static int
same_as_built(struct opts *o, const uint8_t *bin, size_t len)
{
	struct aas_buf old = { NULL, 0 };
	int r =
	    aas_fs_read_path(o->out, geteuid(), 022, POLICY_MAX, &old, NULL);
	int same = 0;

	if (r != AAS_OK)
		return r;
	same = old.len == len && memcmp(old.p, bin, len) == 0;
	aas_buf_free(&old);
	return same;
}

static int
cmd_check(struct aasctl *c, struct opts *o)
{
	uint8_t *bin = NULL;
	const char *built = "no";
	size_t len = 0;
	int code = compile(c, o, &bin, &len);
	int same = 0;

	if (code != AASCTL_OK)
		return code;
	same = same_as_built(o, bin, len);
	free(bin);
	if (same == 1)
		built = "yes";
	else if (same == 0)
		built = "stale";
	if (c->json)
		return aasctl_print(c,
		    json_pack("{s:s, s:s, s:s}", "conf", o->conf, "out", o->out,
			"built", built));
	(void)printf("%s: no errors\n", o->conf);
	if (same == 0)
		(void)printf(
		    "%s: differs: run \"aasctl policy build\"\n", o->out);
	else if (same != 1)
		(void)printf("%s: %s: run \"aasctl policy build\"\n", o->out,
		    aas_strerror(same));
	return AASCTL_OK;
}

int
aasctl_cmd_policy(struct aasctl *c, int argc, char **argv)
{
	static const char how[] =
	    "policy build|check [--conf FILE] [--out FILE]";
	struct opts o = { "", "" };
	int r = AAS_ERR_INVAL;

	if (argc < 2)
		return aasctl_usage(how);
	if (strcmp(argv[1], "lookup") == 0)
		return aasctl_policy_lookup(c, argc - 1, argv + 1);
	if ((r = parse_opts(argc - 1, argv + 1, &o)) == AAS_ERR_INVAL)
		return aasctl_usage(how);
	if (r != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s", aas_strerror(r));
	if (strcmp(argv[1], "build") == 0)
		return cmd_build(c, &o);
	if (strcmp(argv[1], "check") == 0)
		return cmd_check(c, &o);
	return aasctl_usage(how);
}
