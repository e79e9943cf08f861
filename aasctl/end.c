/*
 * aasctl show and aasctl end: one session and what runs in it; and its end.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "aasctl/end.h"
#include "aasctl/sessions.h"
#include "tools/sessions_codex.h"

#define USAGE_SHOW "show ID [--json]"
#define USAGE_END  "end ID... | --others | --all [--user U | --lock] [--json]"
#define DEPTH_MAX  20 /* what is deeper is not indented more */

static void
print_tree(const json_t *tree)
{
	char name[AAS_SESSION_CELL];
	const json_t *p = NULL;
	size_t i = 0;

	json_array_foreach(tree, i, p)
	{
		int depth =
		    (int)json_integer_value(json_object_get(p, "depth"));

		if (depth < 0 || depth > DEPTH_MAX)
			depth = DEPTH_MAX;
		(void)printf("  %7lld  %*s%s%s\n",
		    (long long)json_integer_value(json_object_get(p, "pid")),
		    2 * depth, "",
		    aas_printable(
			name, sizeof(name), aas_session_text(p, "name")),
		    json_is_true(json_object_get(p, "outlives"))
			? "  (outlives a logout)"
			: "");
	}
}

static int
show(const struct aasctl *c, json_t *s)
{
	if (aas_session_tree_mark(s) != AAS_OK)
		return aasctl_fail(
		    c, AASCTL_FAILED, "%s", aas_strerror(AAS_ERR_NOMEM));
	if (c->json)
		return aasctl_print(c, json_incref(s));
	aas_session_facts(stdout, s);
	(void)puts("running:");
	print_tree(json_object_get(s, "tree"));
	if (json_is_true(json_object_get(s, "tree_more")))
		(void)puts("  and more than can be listed");
	return AASCTL_OK;
}

int
aasctl_cmd_show(struct aasctl *c, int argc, char **argv)
{
	struct aasctl_sessions x;
	char id[AAS_SESSION_ID];
	json_t *rep = NULL;
	pid_t pid = 0;
	int code = AASCTL_OK;

	if (argc != 2 || argv[1][0] == '-')
		return aasctl_usage(USAGE_SHOW);
	if ((code = aasctl_sessions_open(c, &x)) != AASCTL_OK)
		return code;
	if (aas_codex_id(argv[1], &pid))
		code = aasctl_codex_show(&x, argv[1], &rep);
	else if ((code = aasctl_sessions_id(&x, argv[1], id)) == AASCTL_OK)
		code = aasctl_ask_aasd(c, &x.cx,
		    json_pack("{s:s, s:s}", "op", "session", "id", id), &rep);
	if (code == AASCTL_OK)
		code = show(c, rep);
	json_decref(rep);
	aasctl_sessions_close(&x);
	return code;
}

/* --- end ------------------------------------------------------------------ */

/* Whether ${id} is in the list. */
static int
has(const json_t *list, const char *id)
{
	const json_t *one = NULL;
	size_t i = 0;

	json_array_foreach(list, i, one)
	{
		const char *text = json_string_value(one);

		if (text != NULL && strcmp(text, id) == 0)
			return 1;
	}
	return 0;
}

static int
named(struct aasctl_sessions *x, char **argv, int n, json_t **ids)
{
	char id[AAS_SESSION_ID];
	int code = AASCTL_OK;

	if ((*ids = json_array()) == NULL)
		return AASCTL_FAILED;
	for (int i = 0; code == AASCTL_OK && i < n; i++) {
		code = aasctl_sessions_id(x, argv[i], id);
		if (code == AASCTL_OK && !has(*ids, id) &&
		    json_array_append_new(*ids, json_string(id)) != 0)
			code = AASCTL_FAILED;
	}
	return code;
}

static int
request(struct aasctl_sessions *x, const struct aasctl_end_want *w, char **argv,
    int n, json_t **rq, json_t **ids)
{
	struct aas_user u;
	int code = AASCTL_OK, r = AAS_OK;

	if (w->which == NULL) {
		if ((code = named(x, argv, n, ids)) == AASCTL_OK)
			*rq = json_pack("{s:s, s:O}", "op", "end", "ids", *ids);
		return code;
	}
	*rq = json_pack("{s:s, s:s}", "op", "end", "which", w->which);
	if (w->user == NULL)
		return AASCTL_OK;
	if ((r = aas_user_name(w->user, &u)) != AAS_OK)
		return aasctl_no_user(x->c, r);
	return json_object_set_new(
		   *rq, "uid", json_integer((json_int_t)u.uid)) == 0
	    ? AASCTL_OK
	    : AASCTL_FAILED;
}

/* Those of argv that are Codex end at once; *n: of the others, in front. */
static int
end_codex(struct aasctl_sessions *x, const struct aasctl_end_want *w,
    char **argv, int *n, json_t *ended)
{
	pid_t pid = 0;
	int rest = 0, code = AASCTL_OK;

	for (int i = 0; i < *n && code == AASCTL_OK; i++) {
		if (!aas_codex_id(argv[i], &pid)) {
			argv[rest++] = argv[i];
			continue;
		}
		if (has(ended, argv[i]))
			continue;
		if ((code = aasctl_codex_end(x, argv[i])) != AASCTL_OK)
			return aasctl_fail(x->c, code, "%s: %s%s", argv[i],
			    x->error,
			    json_array_size(ended) > 0
				? "; the Codex named before it have ended"
				: "");
		(void)json_array_append_new(ended, json_string(argv[i]));
		if (!x->c->json && w->sum == NULL)
			(void)printf("ended %s\n", argv[i]);
	}
	*n = rest;
	return code;
}

/* As the one object of it all, or a part of that. */
static int
sum_up(const struct aasctl *c, const struct aasctl_end_want *w, json_t *ended)
{
	if (w->sum != NULL)
		return json_array_extend(w->sum, ended) == 0 ? AASCTL_OK
							     : AASCTL_FAILED;
	return c->json ? aasctl_print(c, json_pack("{s:O}", "ended", ended))
		       : AASCTL_OK;
}

static int
say_ended(const struct aasctl *c, const struct aasctl_end_want *w,
    const json_t *rep, const json_t *ids)
{
	json_t *ended = json_object_get(rep, "ended");
	char shown[AAS_SESSION_CELL];
	json_t *id = NULL;
	size_t i = 0;

	if (c->json || w->sum != NULL)
		return sum_up(c, w, ended);
	json_array_foreach(ended, i, id)(void) printf("ending %s\n",
	    aas_printable(shown, sizeof(shown), json_string_value(id)));
	json_array_foreach(ids, i, id)
	{
		if (!has(ended, json_string_value(id)))
			(void)printf("%s is ending already, or is a user "
				     "manager, which ends with its user's last "
				     "session\n",
			    json_string_value(id));
	}
	if (json_array_size(ended) == 0 && json_array_size(ids) == 0)
		(void)puts("No session to end.");
	return AASCTL_OK;
}

int
aasctl_end_ask(struct aasctl_sessions *x, const struct aasctl_end_want *w,
    char **argv, int n)
{
	json_t *rq = NULL, *rep = NULL, *ids = NULL, *codex = json_array();
	int code = AASCTL_FAILED;

	if (codex == NULL)
		goto out;
	if ((code = aasctl_codex_there(x, argv, n)) == AASCTL_OK)
		code = end_codex(x, w, argv, &n, codex);
	if (code == AASCTL_OK && w->which == NULL && n == 0) {
		code = sum_up(x->c, w, codex);
		goto out;
	}
	if (code == AASCTL_OK)
		code = request(x, w, argv, n, &rq, &ids);
	if (code == AASCTL_OK) {
		code = aasctl_ask_aasd(x->c, &x->cx, rq, &rep);
		rq = NULL;
	}
	if (code == AASCTL_OK) {
		if (x->c->json || w->sum != NULL)
			(void)json_array_extend(
			    json_object_get(rep, "ended"), codex);
		code = say_ended(x->c, w, rep, ids);
	}
out:
	json_decref(codex);
	json_decref(rq);
	json_decref(rep);
	json_decref(ids);
	return code;
}

static int
end(struct aasctl *c, const struct aasctl_end_want *w, char **argv, int n)
{
	struct aasctl_sessions x;
	int code = aasctl_sessions_open(c, &x);

	if (code != AASCTL_OK)
		return code;
	code = w->lock ? aasctl_end_and_lock(&x, c, *w, argv, n)
		       : aasctl_end_ask(&x, w, argv, n);
	aasctl_sessions_close(&x);
	return code;
}

int
aasctl_cmd_end(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "others", no_argument, NULL, 'o' },
		{ "user", required_argument, NULL, 'u' },
		{ "lock", no_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	struct aasctl_end_want w = { NULL, NULL, 0, NULL };
	int ch = 0, whiches = 0;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "aou:", longs, NULL)) != -1) {
		if (ch == '?')
			return aasctl_usage(USAGE_END);
		if (ch == 'u') {
			w.user = optarg;
			continue;
		}
		if (ch == 'l') {
			w.lock = 1;
			continue;
		}
		whiches++;
		w.which = ch == 'a' ? "all" : "others";
	}
	/* Named ones, or one of the two; a user only with these. */
	if (whiches > 1 || (whiches == 1) != (optind == argc) ||
	    (w.user != NULL && (whiches == 0 || w.lock)))
		return aasctl_usage(USAGE_END);
	return end(c, &w, argv + optind, argc - optind);
}
