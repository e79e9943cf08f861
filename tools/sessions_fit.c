/*
 * Which columns of a table of sessions a terminal has room for.
 */
#include <string.h>
#include <wchar.h>

#include "tools/sessions_codex.h"

/* The next character of it: how many bytes, and how many columns. */
static size_t
step(const char *p, mbstate_t *st, int *cols)
{
	wchar_t wc = 0;
	size_t n = mbrtowc(&wc, p, strlen(p), st);

	if (n == (size_t)-1 || n == (size_t)-2) {
		memset(st, 0, sizeof(*st));
		*cols = 1;
		return 1;
	}
	*cols = wcwidth(wc);
	if (*cols < 0)
		*cols = 1;
	return n > 0 ? n : 1;
}

int
aas_session_width(const char *text)
{
	mbstate_t st = { 0 };
	int all = 0, cols = 0;

	for (const char *p = text; *p != '\0'; all += cols)
		p += step(p, &st, &cols);
	return all;
}

char *
aas_session_cut(enum aas_session_col col, const char *text, int width,
    char dst[AAS_SESSION_CELL])
{
	mbstate_t st = { 0 };
	int all = 0, cols = 0,
	    mark = col != AAS_SC_ID && col != AAS_SC_CURRENT && width > 1;
	size_t len = 0, n = 0;

	if (aas_session_width(text) <= width) {
		(void)snprintf(dst, AAS_SESSION_CELL, "%s", text);
		return dst;
	}
	while (text[len] != '\0') {
		n = step(text + len, &st, &cols);
		if (all + cols > width - mark ||
		    len + n >= AAS_SESSION_CELL - 1)
			break;
		all += cols;
		len += n;
	}
	memcpy(dst, text, len);
	if (mark)
		dst[len++] = '~';
	dst[len] = '\0';
	return dst;
}

#define ID_LEAST 8 /* of a session's */

/* Who gets its least first; where there is no room for that, it is left out. */
static const struct {
	enum aas_session_col col;
	int least; /* 0: never less than it wants */
} rank[AAS_SC_COLS] = {
	{ AAS_SC_ID, ID_LEAST },
	{ AAS_SC_CURRENT, 1 },
	{ AAS_SC_APP, 7 },
	{ AAS_SC_EXPIRES, 0 },
	{ AAS_SC_USER, 8 },
	{ AAS_SC_FROM, 9 },
	{ AAS_SC_FIRST, 0 },
	{ AAS_SC_NOTE, 7 },
	{ AAS_SC_SIGNED_IN, 0 },
	{ AAS_SC_IDLE, 0 },
	{ AAS_SC_TTY, 5 },
	{ AAS_SC_PROCS, 0 },
	{ AAS_SC_KEY, 6 },
};

/* The order in which room that is left over is given away. */
static const enum aas_session_col spare[] = { AAS_SC_FROM, AAS_SC_USER,
	AAS_SC_NOTE, AAS_SC_KEY, AAS_SC_TTY, AAS_SC_APP, AAS_SC_ID,
	AAS_SC_CURRENT };

/* What each column would take; one that nobody has anything in takes nothing.
 */
static void
wanted(const json_t *const *v, size_t n, int all, int want[AAS_SC_COLS])
{
	char cell[AAS_SESSION_CELL];
	int w = 0, noted = 0, first = 0;

	for (int c = 0; c < AAS_SC_COLS; c++)
		want[c] = aas_session_width(
		    aas_session_head((enum aas_session_col)c));
	for (size_t i = 0; i < n; i++) {
		for (int c = 0; c < AAS_SC_COLS; c++) {
			w = aas_session_width(aas_session_cell(
			    v[i], (enum aas_session_col)c, cell));
			if (c == AAS_SC_NOTE)
				noted |= w > 0;
			if (c == AAS_SC_FIRST)
				first |= w > 0;
			if (w > want[c])
				want[c] = w;
		}
	}
	if (!noted)
		want[AAS_SC_NOTE] = 0;
	if (!first)
		want[AAS_SC_FIRST] = 0;
	if (!all)
		want[AAS_SC_USER] = 0;
}

/* A session's id may be cut; that of a Codex would be another one's. */
static int
id_least(const json_t *const *v, size_t n)
{
	char cell[AAS_SESSION_CELL];
	int least = ID_LEAST, w = 0;

	for (size_t i = 0; i < n; i++) {
		if (!aas_codex_one(v[i]))
			continue;
		w = aas_session_width(aas_session_cell(v[i], AAS_SC_ID, cell));
		if (w > least)
			least = w;
	}
	return least;
}

void
aas_sessions_fit(
    const json_t *const *v, size_t n, int all, int width, int give[AAS_SC_COLS])
{
	int want[AAS_SC_COLS];
	int room = width + 1; /* each column, and a space after it */
	int least = 0;

	wanted(v, n, all, want);
	memcpy(give, want, sizeof(want));
	if (width == 0)
		return;
	for (size_t i = 0; i < AAS_SC_COLS; i++) {
		enum aas_session_col c = rank[i].col;

		least = c == AAS_SC_ID ? id_least(v, n) : rank[i].least;
		if (least == 0 || least > want[c])
			least = want[c];
		give[c] = want[c] > 0 && least + 1 <= room ? least : 0;
		if (give[c] > 0)
			room -= least + 1;
	}
	for (size_t i = 0; i < sizeof(spare) / sizeof(spare[0]); i++) {
		enum aas_session_col c = spare[i];
		int more = want[c] - give[c];

		if (give[c] == 0)
			continue;
		if (more > room)
			more = room;
		give[c] += more;
		room -= more;
	}
}
