/*
 * aasctl policy build, aasctl policy check: settings and sources to
 * policy.bin; diff and explain are next door.
 *
 * 1. The old policy MUST stay until the new one is whole: one durable
 *    replace, after the compiled bytes were read back, under a lock.
 * 2. A broken file MUST be an event, and change nothing; so is a policy that
 *    cannot be stored.
 */
#include <sys/stat.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "aasctl/policy.h"
#include "tools/policy_origin.h"
#include "tools/policy_told.h"

#define LOCK_NAME "policy.lock"
#define LOCK_MS   60000

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
parse_opts(int argc, char **argv, struct aasctl_policy *o)
{
	static const struct option longs[] = {
		{ "conf", required_argument, NULL, 'c' },
		{ "out", required_argument, NULL, 'o' },
		{ "keep", no_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	int ch = 0;
	int r = absolute(AAS_CONF_PATH, o->conf);

	optind = 1;
	while (r == AAS_OK &&
	    (ch = getopt_long(argc, argv, "c:o:k", longs, NULL)) != -1) {
		if (ch == 'c')
			r = absolute(optarg, o->conf);
		else if (ch == 'o')
			r = absolute(optarg, o->out);
		else if (ch == 'k')
			o->keep = 1;
		else
			r = AAS_ERR_INVAL;
	}
	if (r == AAS_OK && optind < argc)
		o->rule = argv[optind++];
	if (r == AAS_OK && optind != argc)
		r = AAS_ERR_INVAL;
	return r;
}

/* --- build -----------------------------------------------------------------
 */

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

/*
 * Into the system's log, whatever the terminal shows, which aasd's builds have
 * none of: the first line.  And to root.
 */
static void
event_refused(const struct aasctl_policy *o, const char *why, const char *said)
{
	char line[512];
	char shown[768];

	(void)snprintf(
	    line, sizeof(line), "%.*s", (int)strcspn(said, "\n"), said);
	aas_log_sink(NULL);
	aas_log(LOG_NOTICE, "event=policy-refused conf=%s why=\"%s\"", o->conf,
	    aas_printable(shown, sizeof(shown), line));
	if (o->statedir[0] != '\0')
		policy_told_refused(
		    o->statedir, o->libexecdir, o->conf, why, line);
}

/* The old one stays, for another reason than a mistake in a file. */
static int
not_stored(const struct aasctl *c, const struct aasctl_policy *o, int r)
{
	char said[PATH_MAX + 256];

	(void)snprintf(said, sizeof(said), "%s: %s", o->out,
	    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	event_refused(o, "not-stored", said);
	return aasctl_fail(c, aasctl_exit_of(r), "%s", said);
}

static json_t *
sources_json(const struct policy_build *b)
{
	json_t *all = json_array();

	for (size_t i = 0; all != NULL && i < b->got.answers_n; i++) {
		const struct aas_source_answer *a = &b->got.answers[i];

		(void)json_array_append_new(all,
		    json_pack("{s:s, s:s, s:I, s:I}", "name", a->name, "status",
			a->asked ? aas_source_status(a->status) : "not asked",
			"rules", (json_int_t)a->rules_n, "ms",
			(json_int_t)a->took_ms));
	}
	return all;
}

static int
say_built(const struct aasctl *c, const struct aasctl_policy *o,
    const struct policy_build *b)
{
	if (c->json)
		return aasctl_print(c,
		    json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:s}", "conf",
			o->conf, "out", o->out, "bytes", (json_int_t)b->len,
			"rules", (json_int_t)b->src.rules_n, "settings",
			(json_int_t)b->settings_n, "sources", sources_json(b),
			"warnings", b->said));
	(void)printf("%s: built from %s, %zu rules, %zu bytes\n", o->out,
	    o->conf, b->src.rules_n, b->len);
	(void)printf("  %-10s %7zu\n", "settings", b->settings_n);
	for (size_t i = 0; i < b->got.answers_n; i++) {
		const struct aas_source_answer *a = &b->got.answers[i];

		(void)printf("  %-10s %7zu  %s, %lld ms\n", a->name, a->rules_n,
		    a->asked ? aas_source_status(a->status) : "not asked",
		    (long long)a->took_ms);
	}
	return AASCTL_OK;
}

/* It says what the old one says, or is the first. */
static int
is_known(const struct aasctl_policy *o, const struct policy_build *b)
{
	int r = aasctl_policy_same(o, b);

	return r == 1 || r == AAS_ERR_NOTFOUND;
}

/* Of what ${b} was made, if it was not there: the path of that end. */
static const char *
missing(const struct policy_build *b, const char *end)
{
	for (size_t i = 0; i < b->src.files_n; i++) {
		const char *slash = strrchr(b->src.files[i].path, '/');

		if (b->src.files[i].size == -1 && slash != NULL &&
		    strcmp(slash, end) == 0)
			return b->src.files[i].path;
	}
	return NULL;
}

/*
 * The file of rules that the old policy was made of and that is no more, or
 * NULL: somebody may be about to write it anew, or has lost it.
 */
static const char *
gone(const struct aasctl_policy *o, const struct policy_build *b)
{
	const char *path = missing(b, "/policy.conf");
	struct aas_policy *old = NULL;
	struct aas_origin_file f;
	int was = 0;

	if (path == NULL || aas_policy_open(o->out, &old) != AAS_OK)
		return NULL;
	for (size_t i = 0; aas_policy_files(old, i, &f) == AAS_OK; i++)
		was |= f.size != -1 && strcmp(f.path, path) == 0;
	aas_policy_free(&old);
	return was ? path : NULL;
}

/* 1 if the old policy stays for it; who builds by hand is told. */
static int
kept(const struct aasctl *c, const struct aasctl_policy *o,
    const struct policy_build *b)
{
	const char *path = gone(o, b);
	char said[PATH_MAX + 256];

	if (path == NULL)
		return 0;
	(void)snprintf(said, sizeof(said), "%s: is gone: %s", path,
	    o->keep ? "the old policy stays, unless you run \"aasctl policy "
		      "build\""
		    : "the new policy is without its rules");
	aasctl_policy_say(c, said, o->keep ? "" : "warning: ");
	if (o->keep)
		event_refused(o, "gone", said);
	return o->keep;
}

static int
build_locked(
    const struct aasctl *c, struct aasctl_policy *o, const char *base, int fd)
{
	struct policy_build b;
	int code = aasctl_policy_make(c, o, &b);
	int r = AAS_OK;

	if (code != AASCTL_OK) {
		event_refused(o, "mistake", b.said != NULL ? b.said : "");
		goto out;
	}
	if (kept(c, o, &b)) {
		code = AASCTL_FAILED;
		goto out;
	}
	/* First: who is killed behind it tells it again, under one id. */
	if (o->statedir[0] != '\0')
		policy_told_changed(
		    o->statedir, o->libexecdir, &b, is_known(o, &b));
	r = aas_fs_replace(fd, base, b.bin, b.len, (uid_t)-1, (gid_t)-1, 0644);
	if (r == AAS_OK) {
		aas_log_sink(NULL);
		aas_log(LOG_NOTICE, "event=policy-built conf=%s rules=%zu",
		    o->conf, b.src.rules_n);
	}
	code = r == AAS_OK ? say_built(c, o, &b) : not_stored(c, o, r);
out:
	policy_build_free(&b);
	return code;
}

static int
cmd_build(struct aasctl *c, struct aasctl_policy *o)
{
	const char *base = NULL;
	int fd = -1, lock = -1;
	int code = AASCTL_OK;
	int r = AAS_OK;

	/* Where the lock is, the settings say; they are read again under it. */
	if (o->out[0] == '\0') {
		struct aas_conf *conf = NULL;
		char err[AAS_CONF_ERR];

		r = aas_conf_load(o->conf, geteuid(), &conf, err);
		if (r != AAS_OK) {
			aasctl_policy_usual(o);
			event_refused(o, "mistake", err);
			return aasctl_fail(c, aasctl_exit_of(r), "%s", err);
		}
		aasctl_policy_fill(o, conf);
		aas_conf_free(&conf);
	}
	if ((r = open_parent(o->out, &base, &fd)) == AAS_OK)
		r = aas_fs_lock(fd, LOCK_NAME, 1, LOCK_MS, &lock);
	code = r == AAS_OK ? build_locked(c, o, base, fd) : not_stored(c, o, r);
	aas_close(&lock);
	aas_close(&fd);
	return code;
}

/* --- check -----------------------------------------------------------------
 */

/* "current", "stale" with the file that is to blame, "absent", or a fault. */
static const char *
state_of(const struct aasctl_policy *o, const struct policy_build *b,
    char path[PATH_MAX])
{
	int r = AAS_OK;

	path[0] = '\0';
	r = policy_origin_state(o->out, path, NULL);
	/* No file tells of a group that a directory has given a new number. */
	if (r == AAS_OK && aasctl_policy_same(o, b) != 1)
		return "stale";
	if (r == AAS_OK)
		return "current";
	if (r == 1)
		return "stale";
	return r == AAS_ERR_NOTFOUND ? "absent" : "damaged";
}

static int
cmd_check(struct aasctl *c, struct aasctl_policy *o)
{
	struct policy_build b;
	char path[PATH_MAX];
	const char *state = NULL;
	char *lint = NULL;
	int code = aasctl_policy_make(c, o, &b);

	if (code != AASCTL_OK)
		goto out;
	lint = policy_lint(&b);
	state = state_of(o, &b, path);
	if (c->json) {
		code = aasctl_print(c,
		    json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:s, s:s}",
			"conf", o->conf, "out", o->out, "state", state,
			"changed", path, "rules", (json_int_t)b.src.rules_n,
			"sources", sources_json(&b), "warnings", b.said, "lint",
			lint != NULL ? lint : ""));
		goto judge;
	}
	aasctl_policy_say(c, lint, "warning: ");
	(void)printf("%s: no errors, %zu rules\n", o->conf, b.src.rules_n);
	if (strcmp(state, "stale") == 0 && path[0] == '\0')
		(void)printf("%s: stale: a build would differ, see \"aasctl "
			     "policy diff\": run \"aasctl policy build\"\n",
		    o->out);
	else if (strcmp(state, "stale") == 0)
		(void)printf("%s: stale: %s has changed: run \"aasctl policy "
			     "build\"\n",
		    o->out, path);
	else if (strcmp(state, "current") != 0)
		(void)printf(
		    "%s: %s: run \"aasctl policy build\"\n", o->out, state);
	else
		(void)printf("%s: current\n", o->out);
judge:
	if (code == AASCTL_OK && strcmp(state, "damaged") == 0)
		code = AASCTL_FAILED;
out:
	free(lint);
	policy_build_free(&b);
	return code;
}

int
aasctl_cmd_policy(struct aasctl *c, int argc, char **argv)
{
	static const char how[] =
	    "policy build|check|diff [--conf FILE] [--out FILE] [--keep]\n"
	    "       aasctl policy explain [--conf FILE] [--out FILE] [RULE]";
	struct aasctl_policy o = { "", "", NULL, "", "", 0 };
	int r = AAS_ERR_INVAL;
	int explain = 0;

	if (argc < 2)
		return aasctl_usage(how);
	if (strcmp(argv[1], "lookup") == 0)
		return aasctl_policy_lookup(c, argc - 1, argv + 1);
	explain = strcmp(argv[1], "explain") == 0;
	r = parse_opts(argc - 1, argv + 1, &o);
	if (r == AAS_ERR_INVAL || (o.rule != NULL && !explain) ||
	    (o.keep && strcmp(argv[1], "build") != 0))
		return aasctl_usage(how);
	if (r != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s", aas_strerror(r));
	if (strcmp(argv[1], "build") == 0)
		return cmd_build(c, &o);
	if (strcmp(argv[1], "check") == 0)
		return cmd_check(c, &o);
	if (strcmp(argv[1], "diff") == 0)
		return aasctl_policy_diff(c, &o);
	if (explain)
		return aasctl_policy_explain(c, &o);
	return aasctl_usage(how);
}
