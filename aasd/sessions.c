/*
 * Requests about sessions: list them, show one.  Their ends are in
 * aasd/sessions_end.c.
 *
 * 1. Nobody but root and the group aas-admin MUST see another user's
 *    (aasd/asker.c).
 * 2. An answer MUST stay below its bound however many there are: pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/alone.h"
#include "lib/keep/end.h"
#include "lib/keep/learn.h"
#include "lib/keep/term.h"
#include "lib/reason.h"
#include "aasd/asker.h"
#include "aasd/ends.h"
#include "aasd/extend.h"
#include "aasd/line.h"
#include "aasd/sessions.h"
#include "aasd/sessions_end.h"
#include "aasd/within.h"

#define PAGE     1000
#define TREE_MAX 2000

static void
put(json_t *obj, const char *key, json_t *value)
{
	(void)json_object_set_new(obj, key, value);
}

static json_t *
seconds(int64_t ms)
{
	return json_integer((json_int_t)(ms < 0 ? 0 : ms / 1000));
}

/* Nobody knows what is typed into a display that is not idle. */
static json_t *
quiet(const struct aas_kept *s, int64_t now_ms)
{
	return s->l.display && s->hint != AAS_HINT_IDLE
	    ? json_null()
	    : seconds(now_ms - s->t.input_ms);
}

/* The labels of those that opened it: none, one or two. */
static json_t *
keys(const json_t *line)
{
	static const char *const names[] = { "key", "key2" };
	json_t *out = json_array();

	for (size_t i = 0; i < 2; i++) {
		json_t *label = json_object_get(line, names[i]);

		if (json_is_string(label))
			(void)json_array_append(out, label);
	}
	return out;
}

static json_t *
hint(const struct aas_kept *s)
{
	const char *name = aasd_hints_name(s);

	return name == NULL ? json_null() : json_string(name);
}

static const char *
app_of(const struct aas_kept *s, const char *service)
{
	if (s->l.manager)
		return "manager";
	if (s->l.lease_ms != 0)
		return "runner";
	if (s->l.origin == AAS_ORIGIN_REMOTE)
		return "ssh";
	if (service == NULL || s->l.origin == AAS_ORIGIN_WITHIN)
		return service == NULL ? "" : service;
	return strcmp(service, "login") == 0 ? "console" : "desktop";
}

/* Its terminal: the same name, whoever says it. */
static void
put_tty(json_t *obj, uint32_t tty)
{
	static const char dev[] = "/dev/";
	char term[AAS_TERM_PATH];
	const char *name = json_string_value(json_object_get(obj, "tty"));

	/* sshd tells PAM none. */
	if (tty != 0 && aas_term_path(tty, term) == AAS_OK)
		name = term;
	if (name != NULL && strncmp(name, dev, strlen(dev)) == 0)
		put(obj, "tty", json_string(name + strlen(dev)));
}

/* When it ends, and with what; who asks may not see that. */
static void
put_end(json_t *obj, const struct aasd_asker *a, const struct aasd_outer *o)
{
	put(obj, "expires_s",
	    o->end_ms == INT64_MAX ? json_null()
				   : seconds(o->end_ms - a->now.boottime_ms));
	put(obj, "ends_with",
	    o->in == NULL || aasd_asker_named(a, o->in->id) == NULL
		? json_null()
		: json_string(o->in->id));
}

/* What people and programs see of one; the line's own fields, and more. */
static json_t *
describe(const struct aasd_asker *a, const struct aas_kept *s, uint32_t tty,
    const struct aasd_outer *outer)
{
	json_t *obj = json_loads(s->text, JSON_REJECT_DUPLICATES, NULL);
	int64_t now_ms = a->now.boottime_ms;
	const char *end = aasd_ends_why(s->why);

	if (obj == NULL && (obj = json_object()) == NULL)
		return NULL;
	put(obj, "id", json_string(s->id));
	put(obj, "audit",
	    s->l.audit == AAS_PROC_NO_AUDIT ? json_null()
					    : json_integer(s->l.audit));
	put(obj, "app",
	    json_string(
		app_of(s, json_string_value(json_object_get(obj, "service")))));
	put_tty(obj, tty);
	put(obj, "closed", json_boolean(s->l.closed));
	put(obj, "first", json_boolean(s->first));
	put(obj, "age_s", seconds(now_ms - s->t.opened_ms));
	put_end(obj, a, outer);
	if (s->lease_ms != 0)
		put(obj, "lease_s", seconds(s->lease_ms - now_ms));
	put(obj, "quiet_s", quiet(s, now_ms));
	put(obj, "idle_hint", hint(s));
	put(obj, "keys", keys(obj));
	put(obj, "processes", json_integer(s->left));
	/* Without an audit session of its own some of it may be missed. */
	put(obj, "partial",
	    json_boolean(s->l.audit == AAS_PROC_NO_AUDIT &&
		s->l.origin != AAS_ORIGIN_WITHIN));
	put(obj, "ending", end == NULL ? json_null() : json_string(end));
	return obj;
}

/* Facts of the moment for those to be told of. */
static int
refresh(const struct aasd_asker *a, struct aas_kept *const *v, size_t n)
{
	struct aas_alone alone = { .book = &a->k->book };
	int64_t last_ms = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (v[i]->t.opened_ms > last_ms)
			last_ms = v[i]->t.opened_ms;
	}
	r = aasd_keep_look_since(a->k, last_ms);
	if (r == AAS_OK)
		aas_alone_look(&alone, &a->k->procs, v, n);
	aas_alone_free(&alone);
	for (size_t i = 0; r == AAS_OK && i < n; i++)
		(void)aas_learn_audit_from(&a->k->procs, v[i]);
	if (r == AAS_OK)
		r = aas_learn_left(&a->k->procs, v, n);
	if (r == AAS_OK)
		r = aas_learn_input(&a->k->procs, v, n, a->now.real_s * 1000,
		    a->now.boottime_ms);
	return r;
}

/* The terminal of its first process that has one. */
static void
first_tty(void *arg, size_t i, const struct aas_keep_proc *p)
{
	uint32_t *tty = arg;

	if (tty[i] == 0)
		tty[i] = p->is.tty;
}

/* What each call of sudo would leave for half a minute: nothing runs in it. */
static int
is_past(const struct aas_kept *s)
{
	return s->l.origin == AAS_ORIGIN_WITHIN && !s->l.manager &&
	    s->l.closed && s->left == 0 && s->why == AAS_KEEP_GOES_ON;
}

static json_t *
list(struct aasd_asker *a, struct aas_kept **v, size_t n, size_t next)
{
	json_t *out = json_array();
	uint32_t *tty = calloc(n + 1, sizeof(*tty));
	struct aasd_outer *outer = calloc(n + 1, sizeof(*outer));
	const struct aas_kept *mine = NULL;

	if (out == NULL || tty == NULL || outer == NULL ||
	    refresh(a, v, n) != AAS_OK ||
	    aas_end_each(&a->k->procs, v, n, first_tty, tty) != AAS_OK ||
	    aasd_within_look(a->k, v, n, a->now.boottime_ms, outer) != AAS_OK) {
		json_decref(out);
		free(outer);
		free(tty);
		return aasd_refuse(AAS_WHY_SYSTEM);
	}
	mine = aasd_asker_within(a, v, n);
	for (size_t i = 0; i < n; i++) {
		json_t *one = NULL;

		if (is_past(v[i]))
			continue;
		one = describe(a, v[i], tty[i], &outer[i]);
		put(one, "current", json_boolean(v[i] == mine));
		(void)json_array_append_new(out, one);
	}
	free(outer);
	free(tty);
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "sessions", out, "next",
	    next == 0 ? json_null() : json_integer((json_int_t)next));
}

/* {"op":"sessions"}: one page; "from" is what the last one called "next". */
static json_t *
op_sessions(struct aasd_asker *a, json_t *rq)
{
	const struct aas_book *b = &a->k->book;
	const char *op = NULL;
	int all = 0;
	json_int_t from = 0;
	struct aas_kept **v = NULL;
	json_t *obj = NULL;
	size_t n = 0, i = 0, len = 0;

	if (json_unpack_ex(rq, NULL, JSON_STRICT, "{s:s, s?b, s?I}", "op", &op,
		"all", &all, "from", &from) != 0 ||
	    from < 0)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (all && !a->who->admin)
		return aasd_refuse_others();
	if (all)
		aasd_asker_note_all(a);
	if ((v = calloc(PAGE, sizeof(struct aas_kept *))) == NULL)
		return NULL;
	for (i = (size_t)from;
	     i < b->slots_n && n < PAGE && len < AASD_ANSWER_MAX / 2; i++) {
		struct aas_kept *s = b->slots[i];

		if (s == NULL || (!all && s->l.uid != a->who->uid))
			continue;
		v[n++] = s;
		len += strlen(s->text);
	}
	obj = list(a, v, n, i < b->slots_n ? i : 0);
	free(v);
	return obj;
}

struct tree {
	json_t *list;
	int more;
};

static void
add_process(void *arg, size_t i, const struct aas_keep_proc *p)
{
	struct tree *t = arg;
	char path[64], name[64] = "";
	size_t len = 0;

	(void)i;
	if (json_array_size(t->list) >= TREE_MAX) {
		t->more = 1;
		return;
	}
	(void)snprintf(
	    path, sizeof(path), "/proc/%ld/comm", (long)p->is.id.pid);
	if (aas_fs_kernel(path, name, sizeof(name), &len) != AAS_OK)
		return;
	name[strcspn(name, "\n")] = '\0';
	for (char *c = name; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e) /* anybody chooses it */
			*c = '?';
	}
	(void)json_array_append_new(t->list,
	    json_pack("{s:I, s:I, s:s, s:o}", "pid", (json_int_t)p->is.id.pid,
		"ppid", (json_int_t)p->is.ppid, "name", name, "audit",
		p->audit == AAS_PROC_NO_AUDIT ? json_null()
					      : json_integer(p->audit)));
}

/* {"op":"session","id":...}: one, and what runs in it. */
static json_t *
op_session(struct aasd_asker *a, json_t *rq)
{
	const char *op = NULL, *id = NULL;
	struct aas_kept *s = NULL;
	struct tree t = { NULL, 0 };
	struct aasd_outer outer;
	uint32_t tty = 0;
	json_t *obj = NULL;

	if (json_unpack_ex(
		rq, NULL, JSON_STRICT, "{s:s, s:s}", "op", &op, "id", &id) != 0)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if ((s = aasd_asker_named(a, id)) == NULL)
		return aasd_refuse(AAS_WHY_NO_SESSION);
	aasd_asker_note(a, s);
	if (refresh(a, &s, 1) != AAS_OK || (t.list = json_array()) == NULL)
		return aasd_refuse(AAS_WHY_SYSTEM);
	if (aas_end_each(&a->k->procs, &s, 1, add_process, &t) != AAS_OK ||
	    aas_end_each(&a->k->procs, &s, 1, first_tty, &tty) != AAS_OK ||
	    aasd_within_look(a->k, &s, 1, a->now.boottime_ms, &outer) !=
		AAS_OK ||
	    (obj = describe(a, s, tty, &outer)) == NULL) {
		json_decref(t.list);
		return aasd_refuse(AAS_WHY_SYSTEM);
	}
	put(obj, "current", json_boolean(aasd_asker_within(a, &s, 1) == s));
	put(obj, "tree", t.list);
	put(obj, "tree_more", json_boolean(t.more));
	put(obj, "ok", json_true());
	return obj;
}

/* {"op":"within"}: for how long the asker goes on, in whosever session. */
static json_t *
op_within(struct aasd_asker *a, json_t *rq)
{
	int remote = 0;
	const struct aas_kept *s = aasd_asker_around(a, &remote);
	const char *why = s == NULL ? NULL : aasd_ends_why(s->why);
	int64_t now_ms = a->now.boottime_ms;
	int64_t end_ms = INT64_MAX;

	if (json_object_size(rq) != 1)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (s != NULL)
		end_ms = aasd_within_end_ms(s, now_ms);
	return json_pack("{s:b, s:b, s:b, s:o, s:o}", "ok", 1, "within",
	    s != NULL, "remote", remote, "expires_s",
	    end_ms == INT64_MAX ? json_null() : seconds(end_ms - now_ms),
	    "ending", why == NULL ? json_null() : json_string(why));
}

static json_t *
dispatch(struct aasd_asker *a, json_t *rq)
{
	static const struct {
		const char *name;
		json_t *(*run)(struct aasd_asker *, json_t *);
	} ops[] = {
		{ "sessions", op_sessions },
		{ "session", op_session },
		{ "end", aasd_sessions_end },
		{ "within", op_within },
	};
	const char *op = json_string_value(json_object_get(rq, "op"));

	for (size_t i = 0; op != NULL && i < sizeof(ops) / sizeof(ops[0]);
	     i++) {
		if (strcmp(op, ops[i].name) == 0)
			return ops[i].run(a, rq);
	}
	/* Of the front's own: no client's request has that name. */
	if (op != NULL && strcmp(op, "extended") == 0)
		return aasd_extend_keep(a->k, a->who, a->now.boottime_ms, rq);
	return aasd_refuse(AAS_WHY_PROTOCOL);
}

int
aasd_sessions_answer(struct aasd_keep *k, const struct aasd_ask *who,
    const char *text, size_t len, char **out, size_t *out_len)
{
	struct aasd_asker a = { .k = k, .who = who };
	json_t *rq = NULL;
	json_t *obj = NULL;

	if (k == NULL || aas_clock_boot(&a.now) != AAS_OK)
		return aasd_refusal(AAS_WHY_SYSTEM, out, out_len);
	aasd_asker_find(&a);
	rq = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	obj = dispatch(&a, rq);
	json_decref(rq);
	return aasd_line(obj, out, out_len);
}
