/*
 * The Codex that run here, as aasd(8) tells of them.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/term.h"
#include "lib/reason.h"
#include "tools/aas_codex.h"

#define USER_MS  1000 /* for the files of one user */
#define ALL_MS   4000
#define TREE_MAX 500
#define LIST_MAX ((size_t)1024 * 1024) /* bytes; aasd takes twice that */

static void
put(json_t *obj, const char *key, json_t *value)
{
	(void)json_object_set_new(obj, key, value);
}

static void
put_text(json_t *obj, const char *key, const char *text)
{
	put(obj, key, text[0] == '\0' ? json_null() : json_string(text));
}

json_t *
codex_meta(const struct aas_codex_meta *m)
{
	json_t *o = json_object();

	put_text(o, "rollout", m->id);
	put_text(o, "began", m->time);
	put_text(o, "rollout_cwd", m->cwd);
	put_text(o, "version", m->version);
	put_text(o, "provider", m->provider);
	put_text(o, "originator", m->originator);
	put_text(o, "source", m->source);
	put(o, "rollout_whole", json_boolean(m->whole));
	return o;
}

static json_t *
ancestors(const struct aas_codex_run *c)
{
	json_t *a = json_array();

	for (size_t i = 0; i < c->up_n; i++)
		(void)json_array_append_new(a,
		    json_pack("[I, I]", (json_int_t)c->up[i].pid,
			(json_int_t)c->up[i].start));
	return a;
}

static void
put_said(json_t *o, const struct aas_codex_said *s, int64_t now_s)
{
	static const char *const hows[] = { NULL, "open", "directory" };
	json_t *m = NULL;

	put_text(o, "codex_home", s->home);
	/* Metadata alone: what is in it is nobody's business. */
	put(o, "auth_age_s",
	    s->auth_s < 0
		? json_null()
		: json_integer(
		      (json_int_t)(s->auth_s > now_s ? 0 : now_s - s->auth_s)));
	put(o, "rollout_by",
	    hows[s->how] == NULL ? json_null() : json_string(hows[s->how]));
	put_text(o, "rollout_file", s->path);
	if (s->error != AAS_OK)
		put(o, "rollout_error", json_string(aas_strerror(s->error)));
	if (s->how == AAS_CODEX_UNKNOWN || s->error != AAS_OK)
		return;
	m = codex_meta(&s->m);
	(void)json_object_update(o, m);
	json_decref(m);
}

static json_t *
describe(struct aas_codex_run *c, const struct aas_codex_said *s,
    const char *user, const struct aas_now *now)
{
	char id[32], tty[AAS_TERM_PATH];
	json_t *o = json_object();

	(void)aas_codex_tidy(c->exe, sizeof(c->exe));
	(void)aas_codex_tidy(c->cwd, sizeof(c->cwd));
	(void)aas_codex_tidy(c->cgroup, sizeof(c->cgroup));
	(void)aas_codex_tidy(c->unit, sizeof(c->unit));
	(void)snprintf(id, sizeof(id), "codex-%ld", (long)c->id.pid);
	put_text(o, "id", id);
	put_text(o, "app", "codex");
	put(o, "pid", json_integer(c->id.pid));
	put(o, "start", json_integer((json_int_t)c->id.start));
	put(o, "uid", json_integer((json_int_t)c->uid));
	put_text(o, "user", user);
	put(o, "audit",
	    c->audit == AAS_PROC_NO_AUDIT ? json_null()
					  : json_integer(c->audit));
	put(o, "ancestors", ancestors(c));
	if (c->tty != 0 && aas_term_path(c->tty, tty) == AAS_OK)
		put_text(o, "tty", tty + strlen("/dev/"));
	put_text(o, "cgroup", c->cgroup);
	put_text(o, "unit", c->unit);
	put_text(o, "program", c->exe);
	put_text(o, "cwd", c->cwd);
	put(o, "started_s", json_integer((json_int_t)c->started_s));
	put(o, "age_s",
	    json_integer((json_int_t)(now->real_s > c->started_s
		    ? now->real_s - c->started_s
		    : 0)));
	put(o, "processes", json_integer(c->processes));
	put_said(o, s, now->real_s);
	return o;
}

/* --- what runs below one -------------------------------------------------- */

static void
add_process(void *arg, size_t i, const struct aas_keep_proc *p)
{
	json_t *tree = arg;
	char path[64], name[64] = "";
	size_t len = 0;

	(void)i;
	if (json_array_size(tree) >= TREE_MAX)
		return;
	(void)snprintf(
	    path, sizeof(path), "/proc/%ld/comm", (long)p->is.id.pid);
	if (aas_fs_kernel(path, name, sizeof(name), &len) != AAS_OK)
		return;
	name[strcspn(name, "\n")] = '\0';
	(void)aas_codex_tidy(name, sizeof(name));
	(void)json_array_append_new(tree,
	    json_pack("{s:I, s:I, s:s}", "pid", (json_int_t)p->is.id.pid,
		"ppid", (json_int_t)p->is.ppid, "name", name));
}

static json_t *
tree_of(struct aas_keep_procs *ps, const struct aas_codex_run *c)
{
	const struct aas_keep_who w = { 0, c->id, AAS_PROC_NO_AUDIT };
	json_t *tree = json_array();

	(void)aas_keep_each(ps, &w, 1, 1, add_process, tree);
	return tree;
}

/* --- all of them ---------------------------------------------------------- */

static int
by_uid(const void *a, const void *b)
{
	const struct aas_codex_run *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return (x->id.pid > y->id.pid) - (x->id.pid < y->id.pid);
}

/* Those of one user; name: his, to be told. */
static void
look(const struct aas_codex_run *v, size_t n, int64_t until_ms,
    struct aas_codex_said *said, char *name, size_t cap)
{
	static char buf[65536];
	struct passwd pw, *res = NULL;
	struct aas_codex_user user = { v[0].uid, (gid_t)-1, "" };
	int64_t user_ms = aas_clock_ms() + USER_MS;

	(void)snprintf(name, cap, "%lu", (unsigned long)v[0].uid);
	if (getpwuid_r(v[0].uid, &pw, buf, sizeof(buf), &res) == 0 &&
	    res != NULL) {
		user.gid = pw.pw_gid;
		user.dir = pw.pw_dir;
		(void)snprintf(name, cap, "%s", pw.pw_name);
	} else if (geteuid() != 0) {
		user.gid = getgid();
	}
	if (user.gid == (gid_t)-1 ||
	    aas_codex_read_as(v, n, &user,
		user_ms < until_ms ? user_ms : until_ms, said) == AAS_OK)
		return;
	memset(said, 0, n * sizeof(*said));
	for (size_t i = 0; i < n; i++)
		said[i].auth_s = -1;
}

struct row {
	json_t *o;
	size_t rank, bytes, at;
	int listed;
};

/* In turn, as they were gathered; of as many-th ones the short ones first. */
static int
by_turn(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int
by_place(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* What is too much for one answer is left out, of those who have most. */
static void
list_rows(struct row *rows, size_t n, json_t *list, int *more)
{
	size_t left = LIST_MAX;

	qsort(rows, n, sizeof(*rows), by_turn);
	for (size_t i = 0; i < n; i++) {
		rows[i].listed = rows[i].o != NULL && rows[i].bytes <= left;
		if (rows[i].listed)
			left -= rows[i].bytes;
		else
			*more = 1;
	}
	qsort(rows, n, sizeof(*rows), by_place);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].listed)
			(void)json_array_append(list, rows[i].o);
		json_decref(rows[i].o);
	}
}

static int
describe_all(struct aas_keep_procs *ps, struct aas_codex_run *v, size_t n,
    const struct aas_now *now, int tree, json_t *list, int *more)
{
	struct aas_codex_said *said = calloc(n, sizeof(*said));
	struct row *rows = calloc(n, sizeof(*rows));
	int64_t until_ms = aas_clock_ms() + ALL_MS;
	char name[256];
	size_t end = 0;
	int r = said == NULL || rows == NULL ? AAS_ERR_NOMEM : AAS_OK;

	for (size_t i = 0; r == AAS_OK && i < n; i = end) {
		for (end = i + 1; end < n && v[end].uid == v[i].uid;)
			end++;
		for (size_t k = i; k < end; k++)
			said[k].auth_s = -1;
		look(&v[i], end - i, until_ms, &said[i], name, sizeof(name));
		(void)aas_codex_tidy(name, sizeof(name));
		for (size_t k = i; k < end; k++) {
			json_t *o = describe(&v[k], &said[k], name, now);

			if (tree)
				put(o, "tree", tree_of(ps, &v[k]));
			/* With the comma after it. */
			rows[k] = (struct row){ o, k - i,
				json_dumpb(o, NULL, 0,
				    JSON_COMPACT | JSON_ENSURE_ASCII) +
				    1,
				k, 0 };
		}
	}
	if (r == AAS_OK)
		list_rows(rows, n, list, more);
	free(said);
	free(rows);
	return r;
}

json_t *
codex_list(uid_t uid, pid_t pid)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	struct aas_codex_run *v = NULL;
	struct aas_now now;
	json_t *list = json_array(), *obj = NULL;
	size_t n = 0;
	int more = 0;

	if (list == NULL || aas_clock_boot(&now) != AAS_OK ||
	    aas_keep_scan(&ps, NULL, 0) != AAS_OK ||
	    aas_codex_gather(&ps, uid, pid, &v, &n, &more) != AAS_OK) {
		obj = codex_refuse(AAS_WHY_SYSTEM);
		goto out;
	}
	if (n > 0) {
		qsort(v, n, sizeof(*v), by_uid);
		if (describe_all(&ps, v, n, &now, pid != 0, list, &more) !=
		    AAS_OK) {
			obj = codex_refuse(AAS_WHY_SYSTEM);
			goto out;
		}
	}
	obj =
	    json_pack("{s:b, s:O, s:b}", "ok", 1, "codex", list, "more", more);
out:
	json_decref(list);
	free(v);
	aas_keep_procs_free(&ps);
	return obj;
}
