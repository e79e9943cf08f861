/*
 * aasctl attest add|list|remind|remove|verify: what the organization has
 * signed.
 *
 * 1. What is not valid MUST NOT be stored.
 * 2. Removing MUST be possible for what was found in the directory alone, and
 *    never by a path.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/attest/set.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/mark.h"
#include "aasctl/attest.h"
#include "policy/policy.h"
#include "tools/attest_files.h"
#include "tools/attest_remind.h"
#include "tools/attest_say.h"
#include "tools/told.h"

/* Mistakes go to a terminal as they come; of JSON the last is the error. */
struct said {
	const struct aasctl *c;
	char what[768];
};

static void
report(void *arg, int level, const char *file, uint32_t line, const char *text)
{
	struct said *s = arg;
	char shown[4 * sizeof(s->what)];

	(void)line;
	/* A mistake is what the whole fails for; the rest is in the list. */
	if (level != 1)
		return;
	(void)snprintf(s->what, sizeof(s->what), "%s%s%s",
	    file != NULL ? file : "", file != NULL ? ": " : "", text);
	if (!s->c->json)
		(void)fprintf(stderr, "aasctl: %s\n",
		    aas_legible(shown, sizeof(shown), s->what));
}

/* --- the directory -------------------------------------------------------- */

/* Without a directory there are no signers: *set is NULL. */
static int
load(struct aasctl *c, const struct aasctl_attest *o, int64_t now_s,
    struct aas_attest_set **set)
{
	struct said s = { c, "" };
	struct aas_attest_files f = { report, &s };
	struct aas_attest_io io;
	int r = AAS_OK;

	aas_attest_files(&f, &io);
	r = aas_attest_load(&io, o->dir, now_s, set);
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		return aasctl_fail(c, AASCTL_FAILED,
		    "%s: the signers, or what is revoked, cannot be read: %s",
		    o->dir,
		    c->json && s.what[0] != '\0' ? s.what : aas_strerror(r));
	return AASCTL_OK;
}

/* As a sign-in takes it: a clock that was set back brings nothing back. */
static int
now(const struct aasctl *c, int64_t *now_s)
{
	struct aas_policy *p = NULL;
	struct aas_now n;
	int64_t mark_s = 0;
	int r = aas_clock_now(&n);

	/* Without a policy, as before the first build, nobody signs in. */
	if (r == AAS_OK && aas_policy_open(c->policy, &p) == AAS_OK)
		r = aas_mark_get(aas_policy_statedir(p), &mark_s);
	aas_policy_free(&p);
	if (r != AAS_OK)
		return aasctl_fail(
		    c, AASCTL_FAILED, "the clock: %s", aas_strerror(r));
	*now_s = aas_mark_later(mark_s, n.real_s);
	return AASCTL_OK;
}

static int
cmd_verify(struct aasctl *c, const struct aasctl_attest *o)
{
	struct aas_attest_set *set = NULL;
	struct aasctl_token t;
	int64_t now_s = 0;
	int code = AASCTL_FAILED;

	memset(&t, 0, sizeof(t));
	if ((code = now(c, &now_s)) == AASCTL_OK &&
	    (code = load(c, o, now_s, &set)) == AASCTL_OK &&
	    (code = aasctl_token_judge(c, o, set, now_s, &t)) == AASCTL_OK)
		code = aasctl_token_say(c, o, set, now_s, &t);
	aas_buf_free(&t.buf);
	aas_attest_unload(&set);
	return code;
}

/* --- add, remove ---------------------------------------------------------- */

static int
is_used(const struct aas_attest_set *set, const char *jti)
{
	for (size_t i = 0; set != NULL && i < set->tokens_n; i++) {
		if (set->tokens[i].told &&
		    strcmp(set->tokens[i].is.jti, jti) == 0)
			return 1;
	}
	return 0;
}

static int
store(struct aasctl *c, const struct aasctl_attest *o, struct aasctl_token *t)
{
	char name[sizeof(t->is.id) + sizeof(".jws")];
	int fd = -1;
	int r = aas_fs_dir(o->dir, geteuid(), &fd);

	(void)snprintf(name, sizeof(name), "%s.jws", t->is.id);
	/* buf.p[buf.len] is 0: there is room for the line's end. */
	t->buf.p[t->len] = '\n';
	if (r == AAS_OK)
		r = aas_fs_replace(
		    fd, name, t->buf.p, t->len + 1, (uid_t)-1, (gid_t)-1, 0644);
	aas_close(&fd);
	if (r != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s/%s: %s", o->dir,
		    name, r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	return AASCTL_OK;
}

static int
cmd_add(struct aasctl *c, const struct aasctl_attest *o)
{
	struct aas_attest_set *set = NULL;
	struct aasctl_token t;
	char subject[ATTEST_WHOM];
	int64_t now_s = 0;
	int code = AASCTL_FAILED;

	memset(&t, 0, sizeof(t));
	if ((code = now(c, &now_s)) != AASCTL_OK ||
	    (code = load(c, o, now_s, &set)) != AASCTL_OK ||
	    (code = aasctl_token_judge(c, o, set, now_s, &t)) != AASCTL_OK)
		goto out;
	if (t.told && is_used(set, t.is.jti))
		t.why = AAS_AW_JTI;
	if (t.why != AAS_AW_OK && t.why != AAS_AW_FUTURE) {
		code = aasctl_token_say(c, o, set, now_s, &t);
		goto out;
	}
	if ((code = store(c, o, &t)) != AASCTL_OK)
		goto out;
	aas_log_sink(NULL);
	aas_log(LOG_NOTICE, "event=attest-add id=%s %s", t.is.id,
	    attest_whom(&t.is, subject));
	if (c->json) {
		code = aasctl_print(c,
		    attest_json(o->what, t.why, &t.is, 1,
			set->signers[t.signer].name, now_s));
		goto out;
	}
	(void)printf("%s: added, for %s\n"
		     "It counts after \"aasctl policy build\".\n",
	    t.is.id, subject);
out:
	aas_buf_free(&t.buf);
	aas_attest_unload(&set);
	return code;
}

/* The file of this id, or of this name. */
static const char *
find(const struct aas_attest_set *set, const char *id)
{
	for (size_t i = 0; set != NULL && i < set->tokens_n; i++) {
		const struct aas_attest_token *t = &set->tokens[i];
		const char *base = strrchr(t->path, '/') + 1;
		size_t n = strlen(base) - strlen(".jws");

		if ((t->told && strcmp(t->is.id, id) == 0) ||
		    strcmp(base, id) == 0 ||
		    (strlen(id) == n && strncmp(base, id, n) == 0))
			return base;
	}
	return NULL;
}

static int
cmd_remove(struct aasctl *c, const struct aasctl_attest *o)
{
	struct aas_attest_set *set = NULL;
	const char *base = NULL;
	char shown[256];
	int64_t now_s = 0;
	int fd = -1;
	int code = AASCTL_FAILED;

	if ((code = now(c, &now_s)) != AASCTL_OK ||
	    (code = load(c, o, now_s, &set)) != AASCTL_OK)
		goto out;
	(void)aas_printable(shown, sizeof(shown), o->what);
	if ((base = find(set, o->what)) == NULL) {
		code = aasctl_fail(
		    c, AASCTL_NOTFOUND, "there is no statement \"%s\"", shown);
		goto out;
	}
	if (aas_fs_dir(o->dir, geteuid(), &fd) != AAS_OK ||
	    unlinkat(fd, base, 0) == -1 || fsync(fd) == -1) {
		code = aasctl_fail(c, AASCTL_FAILED, "%s/%s: %s", o->dir, base,
		    strerror(errno));
		goto out;
	}
	aas_log_sink(NULL);
	aas_log(LOG_NOTICE, "event=attest-remove id=%s", shown);
	if (c->json)
		code = aasctl_print(c, json_pack("{s:s}", "removed", base));
	else
		(void)printf("%s: removed\n"
			     "It no longer counts after \"aasctl policy "
			     "build\".\n",
		    base);
out:
	aas_close(&fd);
	aas_attest_unload(&set);
	return code;
}

/* --- list ----------------------------------------------------------------- */

static int
cmd_list(struct aasctl *c, const struct aasctl_attest *o)
{
	struct aas_attest_set *set = NULL;
	json_t *list = json_array();
	int64_t now_s = 0;
	int code = AASCTL_FAILED;

	if ((code = now(c, &now_s)) != AASCTL_OK ||
	    (code = load(c, o, now_s, &set)) != AASCTL_OK)
		goto out;
	for (size_t i = 0; set != NULL && i < set->tokens_n; i++) {
		const struct aas_attest_token *t = &set->tokens[i];

		if (!c->json)
			attest_print(t, now_s);
		else
			(void)json_array_append_new(list,
			    attest_json(t->path, t->why, &t->is, t->told,
				t->told ? set->signers[t->signer].name : "",
				now_s));
	}
	if (c->json)
		code =
		    aasctl_print(c, json_pack("{s:O}", "attestations", list));
	else if (set == NULL || set->tokens_n == 0)
		(void)printf("no attestations in %s\n", o->dir);
out:
	json_decref(list);
	aas_attest_unload(&set);
	return code;
}

/* --- remind --------------------------------------------------------------- */

static int
cmd_remind(struct aasctl *c, const struct aasctl_attest *o)
{
	struct aas_policy *p = NULL;
	int r = aas_policy_open(c->policy, &p);

	if (r != AAS_OK)
		return aasctl_fail(
		    c, AASCTL_FAILED, "compiled policy: %s", aas_strerror(r));
	r = attest_remind(aas_policy_statedir(p),
	    aasd_can_deliver() ? aas_policy_libexecdir(p) : NULL, o->dir);
	aas_policy_free(&p);
	if (r != AAS_OK)
		return aasctl_fail(
		    c, aasctl_exit_of(r), "%s: %s", o->dir, aas_strerror(r));
	return c->json ? aasctl_print(c, json_object()) : AASCTL_OK;
}

/* --- which one ------------------------------------------------------------ */

static int
usage(void)
{
	return aasctl_usage(
	    "attest list | add FILE | remove ID | remind | verify FILE "
	    "[--user U | --group G] [--dir DIR]");
}

static int
parse_opts(int argc, char **argv, struct aasctl_attest *o)
{
	static const struct option longs[] = {
		{ "user", required_argument, NULL, 'u' },
		{ "group", required_argument, NULL, 'g' },
		{ "dir", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	int ch = 0;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "u:g:d:", longs, NULL)) != -1) {
		if (ch == 'u')
			o->user = optarg;
		else if (ch == 'g')
			o->group = optarg;
		else if (ch == 'd' && optarg[0] == '/')
			o->dir = optarg;
		else
			return -1;
	}
	if (o->user != NULL && o->group != NULL)
		return -1;
	if (optind < argc)
		o->what = argv[optind++];
	return optind == argc ? 0 : -1;
}

int
aasctl_cmd_attest(struct aasctl *c, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct aasctl *c, const struct aasctl_attest *o);
		int what, root;
	} verbs[] = {
		{ "list", cmd_list, 0, 0 },
		{ "verify", cmd_verify, 1, 0 },
		{ "add", cmd_add, 1, 1 },
		{ "remove", cmd_remove, 1, 1 },
		{ "remind", cmd_remind, 0, 1 },
	};
	struct aasctl_attest o = { NULL, NULL, AAS_SYSCONFDIR "/attest", NULL };

	if (argc < 2 || parse_opts(argc - 1, argv + 1, &o) != 0)
		return usage();
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (verbs[i].what != (o.what != NULL))
			return usage();
		if (verbs[i].root && geteuid() != 0)
			return aasctl_fail(
			    c, AASCTL_DENIED, "only root may do that");
		return verbs[i].run(c, &o);
	}
	return usage();
}
