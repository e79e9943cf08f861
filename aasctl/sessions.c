/*
 * aasctl sessions: where one is signed in; and what show and end share.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "aasctl/sessions.h"

#define USAGE "sessions [--all] [--json | --plain | --watch]"

int
aasctl_sessions_open(const struct aasctl *c, struct aasctl_sessions *x)
{
	int r;

	memset(x, 0, sizeof(*x));
	x->c = c;
	/* Not aasctl_context(): who may not sign in may look, and end. */
	if ((r = aas_policy_open(c->policy, &x->cx.policy)) != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "compiled policy: %s",
		    aas_strerror(r));
	return AASCTL_OK;
}

void
aasctl_sessions_close(struct aasctl_sessions *x)
{
	aas_policy_free(&x->cx.policy);
}

int
aasctl_sessions_ask(void *x, json_t *rq, json_t **rep)
{
	struct aasctl_sessions *of = x;

	return aasctl_try_aasd(&of->cx, rq, rep, of->error, sizeof(of->error));
}

int
aasctl_sessions_get(struct aasctl_sessions *x, int all, json_t **set)
{
	int r = aas_sessions_read(aasctl_sessions_ask, x, all, set);

	if (r >= 0)
		return r;
	(void)snprintf(x->error, sizeof(x->error), "aasd: %s", aas_strerror(r));
	return aasctl_exit_of(r);
}

int
aasctl_sessions_id(
    struct aasctl_sessions *x, const char *text, char id[AAS_SESSION_ID])
{
	json_t *set = NULL;
	int code = AASCTL_OK, r = AAS_OK;

	if (aas_session_id(text, id))
		return AASCTL_OK;
	/* What is one of all is one of one's own; and only some see all. */
	code = aasctl_sessions_get(x, 1, &set);
	if (code == AASCTL_DENIED)
		code = aasctl_sessions_get(x, 0, &set);
	if (code != AASCTL_OK)
		return aasctl_fail(x->c, code, "%s", x->error);
	r = aas_sessions_find(set, text, id);
	json_decref(set);
	if (r == AAS_ERR_INVAL)
		return aasctl_fail(x->c, AASCTL_USAGE,
		    "an id is 16 hexadecimal digits, or the first 4 or more");
	if (r == AAS_ERR_EXISTS)
		return aasctl_fail(x->c, AASCTL_USAGE,
		    "more than one session's id begins so: give more of it");
	if (r != AAS_OK)
		return aasctl_fail(x->c, AASCTL_NOTFOUND,
		    "no session's id begins so [no-session]");
	return AASCTL_OK;
}

static int
print_json(const struct aasctl_sessions *x, json_t *set, const json_t *const *v,
    size_t n)
{
	json_t *list = json_array();

	/* Not a copy: there may be 100,000. */
	for (size_t i = 0; i < n; i++)
		(void)json_array_append(
		    list, json_object_get(set, aas_session_text(v[i], "id")));
	return aasctl_print(x->c,
	    json_pack("{s:o, s:o}", "sessions", list, "codex_more",
		x->no_codex ? json_null() : json_boolean(x->more_codex)));
}

static int
print(const struct aasctl_sessions *x, json_t *set, int all, int plain)
{
	const struct aasctl *c = x->c;
	const json_t **v = NULL;
	size_t n = 0;
	int r = aas_sessions_sort(set, &v, &n);
	int code = AASCTL_OK;

	if (r == AAS_OK && c->json) {
		code = print_json(x, set, v, n);
	} else if (r == AAS_OK && n == 0) {
		(void)puts("No session.");
	} else if (r == AAS_OK && plain) {
		for (size_t i = 0; i < n; i++) {
			if (i > 0)
				(void)putchar('\n');
			aas_session_facts(stdout, v[i]);
		}
	} else if (r == AAS_OK) {
		r = aasctl_sessions_table(stdout, v, n, all);
	}
	free(v);
	(void)fflush(stdout);
	if (x->no_codex)
		(void)fprintf(stderr,
		    "aasctl: it is not known which Codex run: %s\n", x->error);
	if (x->more_codex)
		(void)fprintf(
		    stderr, "aasctl: more Codex run than are listed\n");
	return r == AAS_OK
	    ? code
	    : aasctl_fail(c, aasctl_exit_of(r), "%s", aas_strerror(r));
}

int
aasctl_cmd_sessions(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "plain", no_argument, NULL, 'p' },
		{ "watch", no_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	struct aasctl_sessions x;
	json_t *set = NULL;
	int ch = 0, all = 0, plain = 0, watch = 0, code = AASCTL_OK;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "apw", longs, NULL)) != -1) {
		if (ch == '?')
			return aasctl_usage(USAGE);
		all |= ch == 'a';
		plain |= ch == 'p';
		watch |= ch == 'w';
	}
	if (optind != argc || plain + watch + c->json > 1)
		return aasctl_usage(USAGE);
	if ((code = aasctl_sessions_open(c, &x)) != AASCTL_OK)
		return code;
	if (watch)
		code = aasctl_sessions_watch(&x, all);
	else if ((code = aasctl_sessions_all(&x, all, &set)) == AASCTL_OK)
		code = print(&x, set, all, plain);
	else
		code = aasctl_fail(c, code, "%s", x.error);
	json_decref(set);
	aasctl_sessions_close(&x);
	return code;
}
