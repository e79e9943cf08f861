/*
 * The bytes of policy.conf: blanks, comments, lines, and what is wrong.
 *
 * 1. The first thing that is wrong MUST be what is told: it is the cause.
 */
#include <string.h>

#include "policy/plugins/files_scan.h"

int
files_wrong(struct files_reader *r, const char *what)
{
	if (r->what == NULL) /* the first is the cause */
		r->what = what;
	return -1;
}

int
files_syntax(struct files_reader *r)
{
	return files_wrong(r, "syntax error");
}

/* Past a comment; 0: there is none. */
static int
comment(struct files_reader *r)
{
	size_t left = (size_t)(r->end - r->p);
	char *stop = NULL;

	if (*r->p == '#' || (left > 1 && memcmp(r->p, "//", 2) == 0)) {
		stop = memchr(r->p, '\n', left);
	} else if (left > 1 && memcmp(r->p, "/*", 2) == 0) {
		stop = memmem(r->p + 2, left - 2, "*/", 2);
		if (stop == NULL)
			(void)files_wrong(r, "a comment without its end");
		stop = stop != NULL ? stop + 2 : NULL;
	} else {
		return 0;
	}
	if (stop == NULL)
		stop = r->end;
	for (; r->p < stop; r->p++)
		r->line += *r->p == '\n';
	return 1;
}

char
files_peek(struct files_reader *r)
{
	while (r->p < r->end) {
		char c = *r->p;

		if (c == '\n') {
			r->line++;
			r->p++;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			r->p++;
		} else if ((c != '#' && c != '/') || !comment(r)) {
			return c;
		}
	}
	return '\0';
}
