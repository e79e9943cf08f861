/*
 * Codex among the sessions.
 *
 * 1. What a Codex is counted to MUST be what the kernel says it is of, never
 *    what its files say.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/keep/cgroup.h"
#include "lib/log.h"
#include "tools/sessions_codex.h"

#define PREFIX "codex-"

static void
put(json_t *obj, const char *key, json_t *value)
{
	(void)json_object_set_new(obj, key, value);
}

int
aas_codex_id(const char *text, pid_t *pid)
{
	static const size_t n = sizeof(PREFIX) - 1;
	char *end = NULL;
	long v = 0;

	if (text == NULL || strncmp(text, PREFIX, n) != 0 || text[n] < '1' ||
	    text[n] > '9' || strlen(text) >= AAS_SESSION_ID)
		return 0;
	v = strtol(text + n, &end, 10);
	if (*end != '\0' || v > INT32_MAX)
		return 0;
	*pid = (pid_t)v;
	return 1;
}

int
aas_codex_one(const json_t *s)
{
	pid_t pid = 0;

	return aas_codex_id(aas_session_text(s, "id"), &pid);
}

int
aas_codex_proc(const json_t *s, struct aas_proc *p)
{
	pid_t pid = 0;
	const json_t *start = json_object_get(s, "start");

	if (!aas_codex_id(aas_session_text(s, "id"), &pid) ||
	    aas_session_number(s, "pid") != pid || !json_is_integer(start) ||
	    json_integer_value(start) < 0)
		return AAS_ERR_FORMAT;
	*p = (struct aas_proc){ pid, (uint64_t)json_integer_value(start) };
	return AAS_OK;
}

/* --- whose it is ---------------------------------------------------------- */

static int
leads(const json_t *s, json_int_t pid, json_int_t start)
{
	return aas_session_number(s, "leader") == pid &&
	    aas_session_number(s, "start") == start;
}

static int
by_kernel(const json_t *s, const json_t *c)
{
	const json_t *audit = json_object_get(c, "audit"), *up = NULL;
	const char *origin = aas_session_text(s, "origin");
	size_t i = 0;

	/* One within another has its audit session. */
	if (json_is_integer(audit) &&
	    (origin == NULL || strcmp(origin, "within") != 0) &&
	    json_equal(audit, json_object_get(s, "audit")))
		return 1;
	if (leads(s, aas_session_number(c, "pid"),
		aas_session_number(c, "start")))
		return 1;
	json_array_foreach(json_object_get(c, "ancestors"), i, up)
	{
		if (leads(s, json_integer_value(json_array_get(up, 0)),
			json_integer_value(json_array_get(up, 1))))
			return 1;
	}
	return 0;
}

/* Where there are no audit sessions, and its parents have ended. */
static int
by_scope(const json_t *s, const json_t *c)
{
	char path[AAS_CGROUP_MAX], of[AAS_CGROUP_MAX], its[AAS_CGROUP_MAX];
	const char *cgroup = aas_session_text(c, "cgroup");
	json_int_t uid = aas_session_number(c, "uid");

	return cgroup != NULL && aas_session_number(s, "uid") == uid &&
	    aas_session_number(s, "leader") > 0 &&
	    aas_cgroup_scope(cgroup, (uid_t)uid, its) &&
	    aas_cgroup_of((pid_t)aas_session_number(s, "leader"), path) ==
	    AAS_OK &&
	    aas_cgroup_scope(path, (uid_t)uid, of) && strcmp(of, its) == 0;
}

static json_t *
session_of(
    json_t *set, const json_t *c, int (*is)(const json_t *, const json_t *))
{
	json_t *found = NULL, *s = NULL;
	const char *id = NULL;

	json_object_foreach(set, id, s)
	{
		if (!aas_codex_one(s) && is(s, c) &&
		    (found == NULL ||
			aas_session_number(s, "boottime_ms") >
			    aas_session_number(found, "boottime_ms")))
			found = s;
	}
	return found;
}

static void
join(json_t *c, const json_t *s)
{
	const char *app = aas_session_text(s, "app");

	put(c, "session", json_string(aas_session_text(s, "id")));
	/* Where it stands: next to that one. */
	put(c, "boottime_ms",
	    json_integer(aas_session_number(s, "boottime_ms")));
	put(c, "of_manager",
	    json_boolean(app != NULL && strcmp(app, "manager") == 0));
	put(c, "expires_s", json_incref(json_object_get(s, "expires_s")));
	put(c, "ending", json_incref(json_object_get(s, "ending")));
}

int
aas_sessions_add_codex(json_t *set, const json_t *list)
{
	struct aas_proc p;
	json_t *c = NULL;
	const json_t *s = NULL;
	size_t i = 0;

	json_array_foreach(list, i, c)
	{
		if (aas_codex_proc(c, &p) != AAS_OK)
			continue;
		s = session_of(set, c, by_kernel);
		if (s == NULL)
			s = session_of(set, c, by_scope);
		put(c, "current", json_false());
		if (s != NULL) {
			join(c, s);
		} else {
			put(c, "session", json_null());
			put(c, "boottime_ms", json_integer(INT64_MAX));
		}
		if (json_object_set(set, aas_session_text(c, "id"), c) != 0)
			return AAS_ERR_NOMEM;
	}
	return AAS_OK;
}

/* --- what is shown -------------------------------------------------------- */

void
aas_codex_from(const json_t *s, char *dst, size_t cap)
{
	const char *session = aas_session_text(s, "session");
	const char *unit = aas_session_text(s, "unit");

	if (unit != NULL)
		(void)aas_printable(dst, cap, unit);
	else if (session != NULL)
		(void)snprintf(dst, cap, "in %.8s", session);
	else
		(void)snprintf(dst, cap, "no session");
}

void
aas_codex_note(const json_t *s, char *dst, size_t cap)
{
	static const char *const keys[] = { "cwd", "version", "provider" };
	const char *why = aas_session_text(s, "ending");
	char shown[256];
	size_t n = 0;

	dst[0] = '\0';
	if (why != NULL)
		n = (size_t)snprintf(
		    dst, cap, "ending: %s", aas_printable(shown, 64, why));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = aas_session_text(s, keys[i]);

		if (text == NULL || n >= cap)
			continue;
		n += (size_t)snprintf(dst + n, cap - n, "%s%s",
		    n > 0 ? ", " : "",
		    aas_printable(shown, i == 0 ? sizeof(shown) : 48, text));
	}
}

static void
fact(FILE *out, const char *name, const json_t *s, const char *key)
{
	const char *text = aas_session_text(s, key);
	char shown[AAS_SESSION_CELL * 2];

	if (text != NULL && text[0] != '\0')
		(void)fprintf(out, "%s: %s\n", name,
		    aas_printable(shown, sizeof(shown), text));
}

static void
span(FILE *out, const char *name, const json_t *s, const char *key,
    const char *after)
{
	const json_t *v = json_object_get(s, key);
	char text[AAS_SESSION_SPAN];

	if (json_is_integer(v))
		(void)fprintf(out, "%s: %s%s\n", name,
		    aas_session_span_words(json_integer_value(v), text), after);
}

void
aas_codex_facts(FILE *out, const json_t *s)
{
	fact(out, "session", s, "id");
	fact(out, "app", s, "app");
	fact(out, "in session", s, "session");
	fact(out, "unit", s, "unit");
	fact(out, "user", s, "user");
	fact(out, "terminal", s, "tty");
	(void)fprintf(
	    out, "process: %lld\n", (long long)aas_session_number(s, "pid"));
	fact(out, "program", s, "program");
	span(out, "running for", s, "age_s", "");
	span(out, "expires in", s, "expires_s", "");
	(void)fprintf(out, "processes: %lld\n",
	    (long long)aas_session_number(s, "processes"));
	fact(out, "working directory", s, "cwd");
	fact(out, "version", s, "version");
	fact(out, "model provider", s, "provider");
	fact(out, "started by", s, "originator");
	fact(out, "source", s, "source");
	fact(out, "rollout", s, "rollout");
	fact(out, "rollout found by", s, "rollout_by");
	fact(out, "rollout file", s, "rollout_file");
	fact(out, "rollout not read", s, "rollout_error");
	fact(out, "home of codex", s, "codex_home");
	span(out, "auth.json written", s, "auth_age_s", " ago");
	fact(out, "ending", s, "ending");
}
