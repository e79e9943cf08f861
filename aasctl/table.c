/*
 * A table of sessions on a terminal, or in a file.
 *
 * 1. What a cell holds has been made printable, once: libsmartcols MUST NOT
 *    escape it again, and nothing else MUST be given to it.
 */
#include <sys/ioctl.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libsmartcols.h>

#include "lib/err.h"
#include "aasctl/sessions.h"

/* 0: it is none, or does not say. */
static int
width_of(FILE *out)
{
	struct winsize ws = { 0 };

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &ws) == -1)
		return 0;
	return ws.ws_col;
}

int
aasctl_sessions_color(FILE *out)
{
	/* What its own user chose to see; no rule depends on it. */
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && (no == NULL || no[0] == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

static int
add_columns(struct libscols_table *t, const int give[AAS_SC_COLS],
    enum aas_session_col cols[AAS_SC_COLS], size_t *n)
{
	char head[AAS_SESSION_CELL];

	for (int c = 0; c < AAS_SC_COLS; c++) {
		enum aas_session_col col = (enum aas_session_col)c;
		int flags = col == AAS_SC_PROCS ? SCOLS_FL_RIGHT : 0;

		if (give[c] == 0)
			continue;
		if (scols_table_new_column(t,
			aas_session_cut(
			    col, aas_session_head(col), give[c], head),
			give[c], flags | SCOLS_FL_TRUNC) == NULL)
			return AAS_ERR_NOMEM;
		cols[(*n)++] = col;
	}
	return AAS_OK;
}

/* Where a byte is a character, those of other locales may be controls. */
static char *
in_locale(char *cell)
{
	for (char *p = cell; MB_CUR_MAX == 1 && *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	return cell;
}

static int
add_line(struct libscols_table *t, const json_t *s, const int give[AAS_SC_COLS],
    const enum aas_session_col *cols, size_t n)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	char cell[AAS_SESSION_CELL], cut[AAS_SESSION_CELL];

	if (line == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		(void)aas_session_cut(cols[i],
		    in_locale(aas_session_cell(s, cols[i], cell)),
		    give[cols[i]], cut);
		if (scols_line_set_data(line, i, cut) != 0)
			return AAS_ERR_NOMEM;
	}
	if (aas_session_text(s, "ending") != NULL)
		return scols_line_set_color(line, "red") == 0 ? AAS_OK
							      : AAS_ERR_NOMEM;
	if (json_is_true(json_object_get(s, "current")))
		return scols_line_set_color(line, "bold") == 0 ? AAS_OK
							       : AAS_ERR_NOMEM;
	return AAS_OK;
}

int
aasctl_sessions_table(FILE *out, const json_t *const *v, size_t n, int all)
{
	struct libscols_table *t = scols_new_table();
	int give[AAS_SC_COLS], width = width_of(out);
	enum aas_session_col cols[AAS_SC_COLS];
	size_t cols_n = 0;
	int r = AAS_ERR_NOMEM;

	if (t == NULL)
		return r;
	aas_sessions_fit(v, n, all, width, give);
	(void)scols_table_enable_noencoding(t, 1);
	(void)scols_table_set_stream(t, out);
	(void)scols_table_set_termforce(
	    t, width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (width > 0)
		(void)scols_table_set_termwidth(t, (size_t)width);
	(void)scols_table_enable_colors(t, aasctl_sessions_color(out));
	r = add_columns(t, give, cols, &cols_n);
	for (size_t i = 0; r == AAS_OK && i < n; i++)
		r = add_line(t, v[i], give, cols, cols_n);
	if (r == AAS_OK && scols_print_table(t) != 0)
		r = AAS_ERR_NOMEM;
	scols_unref_table(t);
	return r;
}
