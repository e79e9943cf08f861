#ifndef AAS_TOOLS_SESSIONS_H
#define AAS_TOOLS_SESSIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/*
 * Sessions as aasd tells of them, made ready to be shown: by a table, by the
 * live view, line by line.  Needs no terminal.  What is in a session was
 * chosen by people and by peers: only aas_session_cell() and the like make it
 * fit to be shown.
 */
#define AAS_SESSION_ID     17  /* 16 hexadecimal digits and the NUL */
#define AAS_SESSION_PREFIX 4   /* digits that an id may be cut to */
#define AAS_SESSION_CELL   384 /* bytes of a cell's text */
#define AAS_SESSION_SPAN   64  /* bytes of a span of time in words */

enum aas_session_col {
	AAS_SC_ID,
	AAS_SC_CURRENT,
	AAS_SC_APP,
	AAS_SC_USER,
	AAS_SC_TTY,
	AAS_SC_FROM,
	AAS_SC_FIRST,
	AAS_SC_SIGNED_IN,
	AAS_SC_KEY,
	AAS_SC_EXPIRES,
	AAS_SC_IDLE,
	AAS_SC_PROCS,
	AAS_SC_NOTE,
	AAS_SC_COLS
};

/*
 * aas_sessions_read(ask, arg, all, &set):
 * Ask for page after page: ${set} is a JSON object from id to session, each
 * once, for json_decref().
 *   ask  sends ${rq}, which it takes; returns 0 and the answer, or anything
 *        else, which ends it and is what this returns
 *   all  1: everybody's
 * Returns 0; AAS_ERR_FORMAT, AAS_ERR_NOMEM; what ${ask} returned.
 */
typedef int aas_sessions_ask(void *arg, json_t *rq, json_t **rep);
int aas_sessions_read(aas_sessions_ask *ask, void *arg, int all, json_t **set);

/*
 * aas_sessions_sort(set, &v, &n):
 * The oldest first, user managers last; for free(), the sessions are borrowed.
 * Returns 0, AAS_ERR_NOMEM.
 */
int aas_sessions_sort(json_t *set, const json_t ***v, size_t *n);

/*
 * aas_session_id(text, id):
 * Whether ${text} is a whole id, which is copied in lower case.
 */
int aas_session_id(const char *text, char id[AAS_SESSION_ID]);

/*
 * aas_sessions_find(set, text, id):
 * The one whose id begins with ${text}.  Returns 0; AAS_ERR_INVAL (no
 * hexadecimal digits, too few or too many), AAS_ERR_NOTFOUND, AAS_ERR_EXISTS
 * (more than one).
 */
int aas_sessions_find(json_t *set, const char *text, char id[AAS_SESSION_ID]);

/* aas_session_text(s, key): a string of it as it came; NULL if it is none. */
const char *aas_session_text(const json_t *s, const char *key);

/* aas_session_number(s, key): a number of it; 0 if it is none. */
int64_t aas_session_number(const json_t *s, const char *key);

/*
 * aas_session_cell(s, col, dst): what a table has there, "-" for nothing.
 * Printable.  Returns ${dst}.
 */
char *aas_session_cell(
    const json_t *s, enum aas_session_col col, char dst[AAS_SESSION_CELL]);

/* aas_session_head(col): the column's heading, in capitals. */
const char *aas_session_head(enum aas_session_col col);

/*
 * aas_session_span(s, dst): "45s", "12m", "3h 5m", "2d 4h"; less than 0 is 0.
 * aas_session_span_words(s, dst): "3 hours 5 minutes".
 * Return ${dst}.
 */
char *aas_session_span(int64_t s, char dst[AAS_SESSION_SPAN]);
char *aas_session_span_words(int64_t s, char dst[AAS_SESSION_SPAN]);

/*
 * aas_session_width(text): columns of a terminal that it takes, by the locale.
 * aas_session_cut(col, text, width, dst): no more than ${width} columns of
 * it, the last "~" if that cuts it; an id is cut without that.  Returns ${dst}.
 */
int aas_session_width(const char *text);
char *aas_session_cut(enum aas_session_col col, const char *text, int width,
    char dst[AAS_SESSION_CELL]);

/*
 * aas_sessions_fit(v, n, all, width, give):
 * How many columns of a terminal each column gets, a space between two; 0: it
 * is left out.
 *   all    1: with the user
 *   width  of the terminal; 0: there is no end to it
 */
void aas_sessions_fit(const json_t *const *v, size_t n, int all, int width,
    int give[AAS_SC_COLS]);

/*
 * aas_session_facts(out, s): one "key: value" line for each fact, to be read
 * aloud.
 */
void aas_session_facts(FILE *out, const json_t *s);

/*
 * aas_session_tree_mark(s):
 * Add "outlives" and "depth" to each process of the "tree" of ${s}: 1 and 0 if
 * it does not stem from the session's leader; and put a process before those
 * that stem from it.  Returns 0, AAS_ERR_NOMEM.
 */
int aas_session_tree_mark(json_t *s);

#endif
