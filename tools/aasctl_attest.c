/*
 * aasctl attest add|list|remove|verify: what the organization has signed.
 *
 * 1. What is not valid MUST NOT be stored.
 * 2. Removing MUST be possible for what was found in the directory alone, and
 *    never by a path.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
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
#include "tools/aasctl.h"
#include "tools/attest_files.h"

#define FILE_MAX (64 * 1024)
#define DAY_S    INT64_C(86400)

struct opts {
	const char *user, *group, *dir;
	const char *what; /* FILE or ID */
};

/* --- what is told --------------------------------------------------------- */

/* 30, 7 or 1: so few days are left that it is said; 0: not yet. */
static int
warning_of(int64_t left_s)
{
	if (left_s <= DAY_S)
		return 1;
	if (left_s <= 7 * DAY_S)
		return 7;
	return left_s <= 30 * DAY_S ? 30 : 0;
}

static const char *
whom(const struct aas_claims *is, char dst[300])
{
	char name[256];

	(void)snprintf(dst, 300, "%s %s",
	    is->user[0] != '\0' ? "user" : "group",
	    aas_printable(name, sizeof(name),
		is->user[0] != '\0' ? is->user : is->group));
	return dst;
}

static json_t *
json_of(const char *path, unsigned why, const struct aas_claims *is, int told,
    const char *signer, int64_t now_s)
{
	char from[AAS_CLOCK_TEXT], until[AAS_CLOCK_TEXT];
	json_t *o = json_pack("{s:s, s:s, s:s, s:b}", "file", path, "code",
	    aas_attest_code(why), "reason", aas_attest_text(why), "valid",
	    why == AAS_AW_OK);

	if (o == NULL || !told)
		return o;
	aas_clock_format(is->not_before_s, from);
	aas_clock_format(is->not_after_s, until);
	if (json_object_update_new(o,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i}", "id",
		    is->id, "jti", is->jti, "signer", signer,
		    is->user[0] != '\0' ? "user" : "group",
		    is->user[0] != '\0' ? is->user : is->group, "from", from,
		    "until", until, "days_left",
		    (json_int_t)(is->not_after_s > now_s
			    ? (is->not_after_s - now_s) / DAY_S
			    : 0),
		    "warn",
		    why == AAS_AW_OK ? warning_of(is->not_after_s - now_s)
				     : 0)) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static void
report(void *arg, int level, const char *file, uint32_t line, const char *text)
{
	const struct aasctl *c = arg;
	char shown[1024];

	(void)line;
	/* A mistake is what the whole fails for; the rest is in the list. */
	if (level != 1 || c->json)
		return;
	(void)fprintf(stderr, "aasctl: %s%s%s\n", file != NULL ? file : "",
	    file != NULL ? ": " : "",
	    aas_printable(shown, sizeof(shown), text));
}

/* --- the directory -------------------------------------------------------- */

/* Without a directory there are no signers: *set is NULL. */
static int
load(struct aasctl *c, const struct opts *o, int64_t now_s,
    struct aas_attest_set **set)
{
	struct aas_attest_files f = { report, c };
	struct aas_attest_io io;
	int r = AAS_OK;

	aas_attest_files(&f, &io);
	r = aas_attest_load(&io, o->dir, now_s, set);
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		return aasctl_fail(c, AASCTL_FAILED,
		    "%s: the signers, or what is revoked, cannot be read: %s",
		    o->dir, aas_strerror(r));
	return AASCTL_OK;
}

static int
now(const struct aasctl *c, int64_t *now_s)
{
	struct aas_now n;
	int r = aas_clock_now(&n);

	if (r != AAS_OK)
		return aasctl_fail(
		    c, AASCTL_FAILED, "the clock: %s", aas_strerror(r));
	*now_s = n.real_s;
	return AASCTL_OK;
}

/* A token that is not in the directory. */
struct token {
	struct aas_buf buf;
	size_t len;
	unsigned why;
	struct aas_claims is;
	size_t signer;
	int told;
};

static int
judge(struct aasctl *c, const struct opts *o, const struct aas_attest_set *set,
    int64_t now_s, struct token *t)
{
	const struct aas_attest_ask ask = {
		.now_s = now_s,
		.user = o->user,
		.group = o->group,
		.gone = set != NULL ? (const char *const *)set->gone : NULL,
	};
	char path[PATH_MAX];
	int r = AAS_OK;

	if (realpath(o->what, path) == NULL)
		return aasctl_fail(
		    c, AASCTL_NOTFOUND, "%s: %s", o->what, strerror(errno));
	r = aas_fs_read_path(path, geteuid(), 022, FILE_MAX, &t->buf, NULL);
	if (r == AAS_ERR_PERMS || r == AAS_ERR_TOOBIG) {
		t->why = r == AAS_ERR_PERMS ? AAS_AW_PERMS : AAS_AW_OVERSIZED;
		return AASCTL_OK;
	}
	if (r != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s: %s", o->what,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	t->len = aas_attest_trim((const char *)t->buf.p, t->buf.len);
	t->why = aas_attest_verify(set != NULL ? set->signers : NULL,
	    set != NULL ? set->signers_n : 0, (const char *)t->buf.p, t->len,
	    &ask, &t->is, &t->signer);
	t->told = aas_attest_rules(t->why) || t->why == AAS_AW_REVOKED;
	return AASCTL_OK;
}

static int
say_verdict(struct aasctl *c, const struct opts *o,
    const struct aas_attest_set *set, int64_t now_s, const struct token *t)
{
	char until[AAS_CLOCK_TEXT], subject[300];
	int code = t->why == AAS_AW_OK ? AASCTL_OK : AASCTL_DENIED;

	if (c->json) {
		int printed = aasctl_print(c,
		    json_of(o->what, t->why, &t->is, t->told,
			t->told ? set->signers[t->signer].name : "", now_s));

		return printed == AASCTL_OK ? code : printed;
	}
	if (!t->told) {
		(void)printf("%s: refused [%s]: %s\n", o->what,
		    aas_attest_code(t->why), aas_attest_text(t->why));
		return code;
	}
	aas_clock_format(t->is.not_after_s, until);
	(void)printf("%s: %s [%s]: %s, until %s, for %s, signed by %s\n",
	    o->what, t->why == AAS_AW_OK ? "valid" : "refused",
	    aas_attest_code(t->why), aas_attest_text(t->why), until,
	    whom(&t->is, subject), set->signers[t->signer].name);
	return code;
}

static int
cmd_verify(struct aasctl *c, const struct opts *o)
{
	struct aas_attest_set *set = NULL;
	struct token t;
	int64_t now_s = 0;
	int code = AASCTL_FAILED;

	memset(&t, 0, sizeof(t));
	if ((code = now(c, &now_s)) == AASCTL_OK &&
	    (code = load(c, o, now_s, &set)) == AASCTL_OK &&
	    (code = judge(c, o, set, now_s, &t)) == AASCTL_OK)
		code = say_verdict(c, o, set, now_s, &t);
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
store(struct aasctl *c, const struct opts *o, struct token *t)
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
cmd_add(struct aasctl *c, const struct opts *o)
{
	struct aas_attest_set *set = NULL;
	struct token t;
	char subject[300];
	int64_t now_s = 0;
	int code = AASCTL_FAILED;

	memset(&t, 0, sizeof(t));
	if ((code = now(c, &now_s)) != AASCTL_OK ||
	    (code = load(c, o, now_s, &set)) != AASCTL_OK ||
	    (code = judge(c, o, set, now_s, &t)) != AASCTL_OK)
		goto out;
	if (t.told && is_used(set, t.is.jti))
		t.why = AAS_AW_JTI;
	if (t.why != AAS_AW_OK && t.why != AAS_AW_FUTURE) {
		code = say_verdict(c, o, set, now_s, &t);
		goto out;
	}
	if ((code = store(c, o, &t)) != AASCTL_OK)
		goto out;
	aas_log_sink(NULL);
	aas_log(LOG_NOTICE, "event=attest-add id=%s %s", t.is.id,
	    whom(&t.is, subject));
	if (c->json) {
		code = aasctl_print(c,
		    json_of(o->what, t.why, &t.is, 1,
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
cmd_remove(struct aasctl *c, const struct opts *o)
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

static void
print_one(const struct aas_attest_token *t, int64_t now_s)
{
	char until[AAS_CLOCK_TEXT], subject[300];
	int64_t left = t->is.not_after_s - now_s;

	if (!t->told) {
		(void)printf("%-16s  %-24s  %s: %s [%s]\n", "-", "-", t->path,
		    aas_attest_text(t->why), aas_attest_code(t->why));
		return;
	}
	aas_clock_format(t->is.not_after_s, until);
	(void)printf(
	    "%-16s  %-24s  until %s", t->is.id, whom(&t->is, subject), until);
	if (t->why != AAS_AW_OK)
		(void)printf("  %s [%s]\n", aas_attest_text(t->why),
		    aas_attest_code(t->why));
	else if (left < DAY_S)
		(void)printf("  less than a day left: ask for a new one\n");
	else
		(void)printf("  %lld days left%s\n", (long long)(left / DAY_S),
		    warning_of(left) != 0 ? ": ask for a new one" : "");
}

static int
cmd_list(struct aasctl *c, const struct opts *o)
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
			print_one(t, now_s);
		else
			(void)json_array_append_new(list,
			    json_of(t->path, t->why, &t->is, t->told,
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

/* --- which one ------------------------------------------------------------ */

static int
usage(void)
{
	return aasctl_usage("attest list | add FILE | remove ID | verify FILE "
			    "[--user U | --group G] [--dir DIR]");
}

static int
parse_opts(int argc, char **argv, struct opts *o)
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
		int (*run)(struct aasctl *c, const struct opts *o);
		int what, root;
	} verbs[] = {
		{ "list", cmd_list, 0, 0 },
		{ "verify", cmd_verify, 1, 0 },
		{ "add", cmd_add, 1, 1 },
		{ "remove", cmd_remove, 1, 1 },
	};
	struct opts o = { NULL, NULL, AAS_SYSCONFDIR "/attest", NULL };

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
