/*
 * Sessions as they are shown: cells of a table, facts in words.
 *
 * 1. Nothing that came from a peer MUST reach a terminal but through
 *    aas_printable().
 */
#include <string.h>

#include "lib/log.h"
#include "tools/sessions_codex.h"

struct unit {
	int64_t s;
	char letter;
	const char *word;
};

static const struct unit units[] = {
	{ 86400, 'd', "day" },
	{ 3600, 'h', "hour" },
	{ 60, 'm', "minute" },
	{ 1, 's', "second" },
};

static int
print_unit(char *dst, size_t cap, int words, int64_t n, const struct unit *u)
{
	if (!words)
		return snprintf(dst, cap, "%lld%c", (long long)n, u->letter);
	return snprintf(
	    dst, cap, "%lld %s%s", (long long)n, u->word, n == 1 ? "" : "s");
}

/* Its largest unit; from an hour on, with the next one if that is not 0. */
static char *
span(int64_t s, int words, char dst[AAS_SESSION_SPAN])
{
	size_t u = 0;
	int n = 0;

	if (s < 0)
		s = 0;
	while (units[u].s > s && units[u].s > 1)
		u++;
	n = print_unit(dst, AAS_SESSION_SPAN, words, s / units[u].s, &units[u]);
	s %= units[u].s;
	if (u < 2 && s >= units[u + 1].s && n > 0 && n < AAS_SESSION_SPAN - 1) {
		dst[n++] = ' ';
		(void)print_unit(dst + n, AAS_SESSION_SPAN - (size_t)n, words,
		    s / units[u + 1].s, &units[u + 1]);
	}
	return dst;
}

char *
aas_session_span(int64_t s, char dst[AAS_SESSION_SPAN])
{
	return span(s, 0, dst);
}

char *
aas_session_span_words(int64_t s, char dst[AAS_SESSION_SPAN])
{
	return span(s, 1, dst);
}

static int
is_true(const json_t *s, const char *key)
{
	return json_is_true(json_object_get(s, key));
}

static const char *
from_of(const json_t *s)
{
	const char *rhost = aas_session_text(s, "rhost");
	const char *origin = aas_session_text(s, "origin");

	if (rhost != NULL && rhost[0] != '\0')
		return rhost;
	return origin != NULL && strcmp(origin, "local") == 0 ? "here" : NULL;
}

/* What else there is to say; "" if nothing. */
static void
note_of(const json_t *s, char *dst, size_t cap)
{
	const char *why = aas_session_text(s, "ending");
	const char *grantor = aas_session_text(s, "grantor");
	char shown[3 * 64], left[AAS_SESSION_SPAN];
	size_t n = 0;

	if (aas_codex_one(s)) {
		aas_codex_note(s, dst, cap);
		return;
	}
	dst[0] = '\0';
	if (grantor != NULL)
		n = (size_t)snprintf(dst, cap, "lease of %s, %s left",
		    aas_printable(shown, sizeof(shown), grantor),
		    span(aas_session_number(s, "lease_s"), 0, left));
	if (why != NULL && n < cap)
		n += (size_t)snprintf(dst + n, cap - n, "%sending: %s",
		    n > 0 ? ", " : "",
		    aas_printable(shown, sizeof(shown), why));
	if (is_true(s, "closed") && n < cap)
		n += (size_t)snprintf(
		    dst + n, cap - n, "%ssigned out", n > 0 ? ", " : "");
	if (is_true(s, "partial") && n < cap)
		(void)snprintf(
		    dst + n, cap - n, "%spartial", n > 0 ? ", " : "");
}

/* A time from now, or one that is past. */
static void
span_cell(const json_t *s, const char *key, const char *after, int words,
    char dst[AAS_SESSION_CELL])
{
	const json_t *v = json_object_get(s, key);
	char text[AAS_SESSION_SPAN];

	if (json_is_integer(v))
		(void)snprintf(dst, AAS_SESSION_CELL, "%s%s",
		    span(json_integer_value(v), words, text), after);
	else
		(void)snprintf(dst, AAS_SESSION_CELL, "-");
}

static void
text_cell(const char *text, char dst[AAS_SESSION_CELL])
{
	(void)aas_printable(dst, AAS_SESSION_CELL,
	    text == NULL || text[0] == '\0' ? NULL : text);
}

/* "blue", or "blue and spare" where two had to sign in. */
static void
keys_cell(const json_t *s, char dst[AAS_SESSION_CELL])
{
	const char *one = aas_session_text(s, "key");
	const char *two = aas_session_text(s, "key2");
	size_t n = 0;

	text_cell(one, dst);
	if (one == NULL || two == NULL)
		return;
	n = strlen(dst);
	n += (size_t)snprintf(dst + n, AAS_SESSION_CELL - n, " and ");
	if (n < AAS_SESSION_CELL)
		(void)aas_printable(dst + n, AAS_SESSION_CELL - n, two);
}

char *
aas_session_cell(
    const json_t *s, enum aas_session_col col, char dst[AAS_SESSION_CELL])
{
	static const char *const fields[AAS_SC_COLS] = {
		[AAS_SC_ID] = "id",
		[AAS_SC_APP] = "app",
		[AAS_SC_USER] = "user",
		[AAS_SC_TTY] = "tty",
	};

	switch (col) {
	case AAS_SC_CURRENT:
		(void)snprintf(dst, AAS_SESSION_CELL, "%s",
		    is_true(s, "current") ? "*" : "");
		break;
	case AAS_SC_FROM:
		if (aas_codex_one(s))
			aas_codex_from(s, dst, AAS_SESSION_CELL);
		else
			text_cell(from_of(s), dst);
		break;
	case AAS_SC_FIRST:
		(void)snprintf(dst, AAS_SESSION_CELL, "%s",
		    is_true(s, "first") ? "yes" : "");
		break;
	case AAS_SC_SIGNED_IN:
		span_cell(s, "age_s", " ago", 0, dst);
		break;
	case AAS_SC_EXPIRES:
		span_cell(s, "expires_s", "", 0, dst);
		break;
	case AAS_SC_IDLE:
		span_cell(s, "quiet_s", "", 0, dst);
		break;
	case AAS_SC_PROCS:
		(void)snprintf(dst, AAS_SESSION_CELL, "%lld",
		    (long long)aas_session_number(s, "processes"));
		break;
	case AAS_SC_NOTE:
		note_of(s, dst, AAS_SESSION_CELL);
		break;
	case AAS_SC_KEY:
		keys_cell(s, dst);
		break;
	case AAS_SC_ID:
	case AAS_SC_APP:
	case AAS_SC_USER:
	case AAS_SC_TTY:
	case AAS_SC_COLS:
	default:
		text_cell(
		    col < AAS_SC_COLS ? aas_session_text(s, fields[col]) : NULL,
		    dst);
		break;
	}
	return dst;
}

const char *
aas_session_head(enum aas_session_col col)
{
	static const char *const heads[AAS_SC_COLS] = { "ID", "CURRENT", "APP",
		"USER", "TTY", "FROM", "FIRST", "SIGNED IN", "KEY", "EXPIRES",
		"IDLE", "PROCS", "NOTE" };

	return heads[col];
}

/* "key: value", if there is a value. */
static void
fact(FILE *out, const char *name, const char *value)
{
	if (value[0] != '\0' && strcmp(value, "-") != 0)
		(void)fprintf(out, "%s: %s\n", name, value);
}

/* Of a display: on whose word it is idle. */
static void
idle_fact(FILE *out, const json_t *s)
{
	const char *hint = aas_session_text(s, "idle_hint");

	if (aas_session_number(s, "display") != 1 ||
	    aas_session_number(s, "idle_s") == 0)
		return;
	fact(out, "idle limit",
	    hint == NULL ? "by the desktop's hint to logind, asked when near"
		: strcmp(hint, "none") == 0
		? "none: the desktop gives logind no hint"
		: "by the desktop's hint to logind");
}

void
aas_session_facts(FILE *out, const json_t *s)
{
	char cell[AAS_SESSION_CELL];

	if (aas_codex_one(s)) {
		aas_codex_facts(out, s);
		return;
	}
	fact(out, "session", aas_session_cell(s, AAS_SC_ID, cell));
	fact(out, "current", is_true(s, "current") ? "yes" : "no");
	fact(out, "app", aas_session_cell(s, AAS_SC_APP, cell));
	fact(out, "user", aas_session_cell(s, AAS_SC_USER, cell));
	fact(out, "terminal", aas_session_cell(s, AAS_SC_TTY, cell));
	fact(out, "from", aas_session_cell(s, AAS_SC_FROM, cell));
	fact(out, "first time from this network",
	    aas_session_cell(s, AAS_SC_FIRST, cell));
	text_cell(aas_session_text(s, "time"), cell);
	fact(out, "signed in at", cell);
	span_cell(s, "age_s", " ago", 1, cell);
	fact(out, "signed in", cell);
	fact(out, "key", aas_session_cell(s, AAS_SC_KEY, cell));
	text_cell(aas_session_text(s, "via"), cell);
	fact(out, "signed in by", cell);
	span_cell(s, "expires_s", "", 1, cell);
	fact(out, "expires in", cell);
	text_cell(aas_session_text(s, "ends_with"), cell);
	fact(out, "with session", cell);
	span_cell(s, "quiet_s", "", 1, cell);
	fact(out, "idle for", cell);
	idle_fact(out, s);
	fact(out, "processes", aas_session_cell(s, AAS_SC_PROCS, cell));
	fact(out, "note", aas_session_cell(s, AAS_SC_NOTE, cell));
}
