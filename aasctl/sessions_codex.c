/*
 * Codex in aasctl sessions, show and end.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "aasctl/sessions.h"
#include "tools/sessions_codex.h"

/* What ${x} may see of it; ${pid} 0: all of it. */
static int
ask(struct aasctl_sessions *x, int all, pid_t pid, json_t **rep)
{
	json_t *rq = json_pack("{s:s, s:b}", "op", "codex", "all", all);

	if (pid != 0)
		(void)json_object_set_new(rq, "pid", json_integer(pid));
	return aasctl_sessions_ask(x, rq, rep);
}

int
aasctl_sessions_all(struct aasctl_sessions *x, int all, json_t **set)
{
	json_t *got = NULL, *rep = NULL;
	int code = aasctl_sessions_get(x, all, &got);

	if (code != AASCTL_OK)
		return code;
	/* Sessions are what matters: they are shown without it, too. */
	x->no_codex = ask(x, all, 0, &rep) != AASCTL_OK;
	x->more_codex =
	    !x->no_codex && json_is_true(json_object_get(rep, "more"));
	if (!x->no_codex &&
	    aas_sessions_add_codex(got, json_object_get(rep, "codex")) !=
		AAS_OK) {
		(void)snprintf(x->error, sizeof(x->error), "%s",
		    aas_strerror(AAS_ERR_NOMEM));
		json_decref(got);
		json_decref(rep);
		return AASCTL_FAILED;
	}
	json_decref(rep);
	*set = got;
	return AASCTL_OK;
}

/* The one of that number, with what runs in it, in its session. */
static int
find(struct aasctl_sessions *x, const char *id, json_t **one)
{
	json_t *set = NULL, *rep = NULL, *c = NULL;
	pid_t pid = 0;
	int code = AASCTL_OK;

	if (!aas_codex_id(id, &pid))
		return AASCTL_USAGE;
	if ((code = ask(x, 0, pid, &rep)) != AASCTL_OK)
		return code;
	c = json_array_get(json_object_get(rep, "codex"), 0);
	/* What is one of all is one of one's own; and only some see all. */
	if (c != NULL && aasctl_sessions_get(x, 1, &set) != AASCTL_OK &&
	    (code = aasctl_sessions_get(x, 0, &set)) != AASCTL_OK)
		c = NULL;
	if (c != NULL &&
	    aas_sessions_add_codex(set, json_object_get(rep, "codex")) ==
		AAS_OK) {
		/* Of what runs in it, it is what all stems from. */
		(void)json_object_set(c, "leader", json_object_get(c, "pid"));
		*one = json_incref(c);
	} else if (code == AASCTL_OK) {
		(void)snprintf(x->error, sizeof(x->error),
		    "no Codex with this number runs, or it is not yours "
		    "[no-session]");
		code = AASCTL_NOTFOUND;
	}
	json_decref(set);
	json_decref(rep);
	return code;
}

int
aasctl_codex_show(struct aasctl_sessions *x, const char *id, json_t **one)
{
	int code = find(x, id, one);

	return code == AASCTL_OK ? code
				 : aasctl_fail(x->c, code, "%s", x->error);
}

/* Which process it is, if it is there and the caller's. */
static int
process_of(struct aasctl_sessions *x, const char *id, struct aas_proc *p)
{
	json_t *rep = NULL;
	const json_t *c = NULL;
	pid_t pid = 0;
	int code = AASCTL_USAGE;

	if (!aas_codex_id(id, &pid))
		return code;
	if ((code = ask(x, 0, pid, &rep)) != AASCTL_OK)
		return code;
	c = json_array_get(json_object_get(rep, "codex"), 0);
	if (c == NULL || aas_codex_proc(c, p) != AAS_OK) {
		(void)snprintf(x->error, sizeof(x->error),
		    "no Codex with this number runs, or it is not yours "
		    "[no-session]");
		code = AASCTL_NOTFOUND;
	}
	json_decref(rep);
	return code;
}

int
aasctl_codex_end(struct aasctl_sessions *x, const char *id)
{
	json_t *rep = NULL;
	struct aas_proc p;
	int code = process_of(x, id, &p);

	if (code != AASCTL_OK)
		return code;
	code = aasctl_sessions_ask(x,
	    json_pack("{s:s, s:I, s:I}", "op", "codex-end", "pid",
		(json_int_t)p.pid, "start", (json_int_t)p.start),
	    &rep);
	if (code == AASCTL_OK &&
	    json_integer_value(json_object_get(rep, "left")) > 0) {
		(void)snprintf(x->error, sizeof(x->error),
		    "some of what it started still runs: end the session that "
		    "it is in");
		code = AASCTL_FAILED;
	}
	json_decref(rep);
	return code;
}

static int
sessions_there(struct aasctl_sessions *x, char **argv, int n)
{
	char id[AAS_SESSION_ID];
	json_t *set = NULL;
	pid_t pid = 0;
	/* What is one of all is one of one's own; and only some see all. */
	int code = aasctl_sessions_get(x, 1, &set);

	if (code == AASCTL_DENIED)
		code = aasctl_sessions_get(x, 0, &set);
	if (code != AASCTL_OK)
		return aasctl_fail(x->c, code, "%s", x->error);
	for (int i = 0; code == AASCTL_OK && i < n; i++) {
		if (aas_codex_id(argv[i], &pid))
			continue;
		code = aasctl_sessions_id(x, argv[i], id);
		if (code == AASCTL_OK && json_object_get(set, id) == NULL)
			code = aasctl_fail(x->c, AASCTL_NOTFOUND,
			    "%s: no session has this id, or it is not yours "
			    "[no-session]",
			    id);
	}
	json_decref(set);
	return code;
}

int
aasctl_codex_there(struct aasctl_sessions *x, char **argv, int n)
{
	struct aas_proc p;
	pid_t pid = 0;
	int codex = 0, code = AASCTL_OK;

	for (int i = 0; i < n; i++) {
		if (!aas_codex_id(argv[i], &pid))
			continue;
		codex++;
		if ((code = process_of(x, argv[i], &p)) != AASCTL_OK)
			return aasctl_fail(
			    x->c, code, "%s: %s", argv[i], x->error);
	}
	return codex == 0 || codex == n ? AASCTL_OK
					: sessions_there(x, argv, n);
}
