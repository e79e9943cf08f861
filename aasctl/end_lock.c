/*
 * aasctl end --lock: the end of sessions, and then the lock of the account.
 *
 * 1. What was to end MUST end, whether or not a key answers.
 * 2. An account that is not locked MUST NOT be said to be.
 */
#include <stdio.h>
#include <string.h>

#include "lib/enroll/lock.h"
#include "lib/err.h"
#include "aasctl/end.h"
#include "tools/sessions_codex.h"

/* The session that this runs in; "" if that is not known. */
static int
current(struct aasctl_sessions *x, char id[AAS_SESSION_ID])
{
	json_t *set = NULL;
	const char *one = NULL;
	json_t *s = NULL;
	int code = aasctl_sessions_get(x, 0, &set);

	id[0] = '\0';
	if (code != AASCTL_OK)
		return aasctl_fail(x->c, code, "%s", x->error);
	json_object_foreach(set, one, s)
	{
		if (json_is_true(json_object_get(s, "current")))
			(void)aas_session_id(one, id);
	}
	json_decref(set);
	return AASCTL_OK;
}

/* All that are named but this one: 1 if it is among them. */
static int
but_this(struct aasctl_sessions *x, const char *this, char **argv, int *n)
{
	char id[AAS_SESSION_ID];
	pid_t pid = 0;
	int rest = 0, found = 0;

	for (int i = 0; i < *n; i++) {
		if (this[0] != '\0' && !aas_codex_id(argv[i], &pid) &&
		    aasctl_sessions_id(x, argv[i], id) == AASCTL_OK &&
		    strcmp(id, this) == 0)
			found = 1;
		else
			argv[rest++] = argv[i];
	}
	*n = rest;
	return found;
}

#define NOT_LOCKED                                                            \
	"this account is NOT locked: whoever has a key of yours and its PIN " \
	"still signs in. Try \"aasctl lock\" with one of your keys plugged "  \
	"in, or tell your administrator"

static int
lock(const struct aasctl *c, int all)
{
	const struct aas_lock_want w = { .type = AAS_T_LOCK, .end = all };
	struct aas_context cx;
	int64_t held = 0;
	int code = aasctl_context(c, &cx);

	if (code == AASCTL_OK) {
		code = aasctl_lock_now(c, &cx, &w, &held);
		aas_context_close(&cx);
	}
	return code;
}

/* Once all is done: one object, or a line. */
static int
say_locked(const struct aasctl *c, json_t *sum, int locked, int code)
{
	if (locked != AASCTL_OK) {
		json_decref(sum);
		return aasctl_fail(c, locked, NOT_LOCKED);
	}
	if (!c->json) {
		(void)puts("This account is locked.");
		return code;
	}
	if (code == AASCTL_OK)
		return aasctl_print(
		    c, json_pack("{s:o, s:b}", "ended", sum, "locked", 1));
	json_decref(sum);
	return aasctl_fail(c, code,
	    "this account is locked, but what was named has not ended");
}

/*
 * A touch may take its time, or never come: what was to end ends before it,
 * but for the session that it is asked for in.
 */
int
aasctl_end_and_lock(struct aasctl_sessions *x, const struct aasctl *c,
    struct aasctl_end_want w, char **argv, int n)
{
	const struct aasctl plain = { 0, c->policy }; /* to stderr meanwhile */
	char this[AAS_SESSION_ID] = "";
	char *self[] = { this, NULL };
	int all = w.which != NULL && strcmp(w.which, "all") == 0;
	int mine = 0, code = current(x, this), locked = AASCTL_OK;

	if (code != AASCTL_OK)
		return code;
	w.sum = c->json ? json_array() : NULL;
	x->c = &plain;
	if (w.which == NULL)
		mine = but_this(x, this, argv, &n);
	else
		w.which = "others";
	if (w.which != NULL || n > 0)
		code = aasctl_end_ask(x, &w, argv, n);
	locked = lock(&plain, all);
	if (!c->json) /* before the terminal goes */
		code = say_locked(c, NULL, locked, code);
	if (all && locked != AASCTL_OK)
		(void)aasctl_end_ask(x,
		    &(struct aasctl_end_want){ "all", NULL, 0, w.sum }, NULL,
		    0);
	if (mine)
		(void)aasctl_end_ask(x,
		    &(struct aasctl_end_want){ NULL, NULL, 0, w.sum }, self, 1);
	x->c = c;
	return c->json ? say_locked(c, w.sum, locked, code) : code;
}
