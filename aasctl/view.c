/*
 * How the live view of sessions looks.  Nothing is asked or ended here.
 */
#include <string.h>

#include <curses.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "aasctl/view.h"
#include "tools/sessions_codex.h"

#define HEAD 2 /* lines above the list */
#define FOOT 1
#define LONG 32 /* columns that each question takes, in full */

const char *
aasctl_view_id(const struct aasctl_view *w)
{
	return w->at < w->n ? aas_session_text(w->v[w->at], "id") : NULL;
}

size_t
aasctl_view_rows(void)
{
	return LINES > HEAD + FOOT ? (size_t)(LINES - HEAD - FOOT) : 1;
}

int
aasctl_view_codex(const char *id)
{
	pid_t pid = 0;

	return aas_codex_id(id, &pid);
}

static void
put_line(int y, const char *text, attr_t how)
{
	char cut[AAS_SESSION_CELL];

	if (y < 0 || y >= LINES)
		return;
	(void)attrset((int)how);
	(void)mvaddstr(y, 0, aas_session_cut(AAS_SC_NOTE, text, COLS, cut));
	(void)attrset((int)A_NORMAL);
}

/* A line of the table; ${s} NULL: its heads. */
static void
put_row(int y, const json_t *s, const int give[AAS_SC_COLS], attr_t how)
{
	char cell[AAS_SESSION_CELL], cut[AAS_SESSION_CELL];
	int x = 0;

	(void)attrset((int)how);
	(void)mvhline(y, 0, ' ' | how, COLS);
	for (int c = 0; c < AAS_SC_COLS; c++) {
		enum aas_session_col col = (enum aas_session_col)c;
		const char *text = aas_session_head(col);

		if (give[c] == 0)
			continue;
		if (s != NULL)
			text = aas_session_cell(s, col, cell);
		(void)mvaddstr(y, x, aas_session_cut(col, text, give[c], cut));
		x += give[c] + 1;
	}
	(void)attrset((int)A_NORMAL);
}

/* What to press comes before what else there is to say. */
static void
short_foot(const struct aasctl_view *w, char *text, size_t cap)
{
	if (w->asking == 'e')
		(void)snprintf(text, cap, "End? y/n  %.*s",
		    aasctl_view_codex(w->id) ? AAS_SESSION_ID : 8, w->id);
	else if (w->asking == 'o')
		(void)snprintf(text, cap, "End others? y/n");
	else
		(void)snprintf(text, cap, "q quit e end o rest");
}

static void
put_foot(const struct aasctl_view *w)
{
	char text[AAS_SESSION_CELL];

	if (COLS < LONG && (w->asking != 0 || w->note[0] == '\0'))
		short_foot(w, text, sizeof(text));
	else if (w->asking == 'e')
		(void)snprintf(text, sizeof(text), "End %s%.*s? y/n%s",
		    aasctl_view_codex(w->id) ? "" : "session ",
		    aasctl_view_codex(w->id) ? AAS_SESSION_ID : 8, w->id,
		    aasctl_view_id(w) != NULL &&
			    strcmp(aasctl_view_id(w), w->id) == 0 &&
			    json_is_true(
				json_object_get(w->v[w->at], "current"))
			? "  (you are in it)"
			: "");
	else if (w->asking == 'o')
		(void)snprintf(
		    text, sizeof(text), "End all your other sessions? y/n");
	else if (w->note[0] != '\0')
		(void)snprintf(text, sizeof(text), "%.300s", w->note);
	else
		(void)snprintf(text, sizeof(text),
		    "e end  o end others  q quit%s",
		    COLS >= 60 ? "  arrows, j, k choose" : "");
	put_line(LINES - 1, text, w->asking != 0 ? A_BOLD : A_NORMAL);
}

void
aasctl_view_draw(struct aasctl_view *w)
{
	int give[AAS_SC_COLS];
	char title[AAS_SESSION_CELL], when[AAS_CLOCK_TEXT] = "";
	struct aas_now now;

	if (w->at < w->top)
		w->top = w->at;
	if (w->at >= w->top + aasctl_view_rows())
		w->top = w->at - aasctl_view_rows() + 1;
	if (w->n <= aasctl_view_rows())
		w->top = 0;
	if (aas_clock_boot(&now) == AAS_OK)
		aas_clock_format(now.real_s, when);
	(void)snprintf(title, sizeof(title), "%s: %zu%s   %s",
	    w->all ? "All sessions" : "Your sessions", w->n,
	    w->x->more_codex ? ", more Codex run than are listed" : "", when);
	(void)erase();
	put_line(0, title, A_NORMAL);
	aas_sessions_fit(w->v, w->n, w->all, COLS, give);
	put_row(1, NULL, give, A_BOLD);
	for (size_t i = 0; i < aasctl_view_rows() && w->top + i < w->n; i++) {
		const json_t *s = w->v[w->top + i];
		attr_t how = w->top + i == w->at ? A_REVERSE : A_NORMAL;

		if (json_is_true(json_object_get(s, "current")))
			how |= A_BOLD;
		put_row(HEAD + (int)i, s, give, how);
	}
	put_foot(w);
	(void)move(LINES - 1, COLS > 0 ? COLS - 1 : 0);
	(void)refresh();
}
