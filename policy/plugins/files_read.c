/*
 * The reader; files.h.
 *
 * 1. Whatever it takes MUST be read by libconfig in the same way: one syntax
 *    must not mean two things.
 * 2. A text MUST cost no more than its length: no list, group or nesting
 *    without an end.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/plugins/files.h"

#define DEPTH_MAX  8u
#define LIST_MAX   4096u
#define GROUP_MAX  64u
#define DIGITS_MAX 9

static int
wrong(struct files_reader *r, const char *what)
{
	if (r->what == NULL) /* the first is the cause */
		r->what = what;
	return -1;
}

static int
syntax(struct files_reader *r)
{
	return wrong(r, "syntax error");
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static int
is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

void
files_begin(struct files_reader *r, char *text, size_t len)
{
	memset(r, 0, sizeof(*r));
	r->p = text;
	r->end = text + len;
	r->line = 1;
}

void
files_end(struct files_reader *r)
{
	free(r->node);
	r->node = NULL;
	r->n = r->cap = 0;
}

void
files_forget(struct files_reader *r)
{
	r->n = 0;
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
			(void)wrong(r, "a comment without its end");
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

/* The next byte that says something; '\0' at the end. */
static char
peek(struct files_reader *r)
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

/* --- values ----------------------------------------------------------------
 */

static int
add(struct files_reader *r, enum files_kind kind, uint32_t *at)
{
	if (r->n == r->cap) {
		uint32_t cap = r->cap != 0 ? r->cap * 2 : 64;
		struct files_node *more =
		    reallocarray(r->node, cap, sizeof(*more));

		if (more == NULL)
			return wrong(r, "no memory");
		r->node = more;
		r->cap = cap;
	}
	r->node[r->n] = (struct files_node){ .kind = (uint8_t)kind,
		.line = r->line,
		.first = FILES_NONE,
		.next = FILES_NONE };
	*at = r->n++;
	return 0;
}

/* After the opening quote; its bytes move over the escapes. */
static int
text(struct files_reader *r, const char **s)
{
	char *to = r->p;

	*s = to;
	for (; r->p < r->end && *r->p != '"'; r->p++) {
		if (*r->p == '\n')
			return wrong(r, "a text over the end of its line");
		if (*r->p == '\\' && r->p + 1 < r->end) {
			r->p++;
			if (*r->p != '\\' && *r->p != '"')
				return wrong(
				    r, "an escape other than \\\\ and \\\"");
		}
		*to++ = *r->p;
	}
	if (r->p == r->end)
		return wrong(r, "a text without its end");
	r->p++;
	*to = '\0';
	return 0;
}

static int
number(struct files_reader *r, struct files_node *node)
{
	const char *from = r->p;
	int sign = *r->p == '-' ? -1 : 1;
	int v = 0;

	if (*r->p == '-' || *r->p == '+')
		r->p++;
	for (; r->p < r->end && is_digit(*r->p); r->p++) {
		if (r->p - from > DIGITS_MAX)
			return wrong(r, "a number of more than nine digits");
		v = v * 10 + (*r->p - '0');
	}
	node->number = sign * v;
	if (is_digit(r->p[-1]) &&
	    (r->p == r->end || (!is_word(*r->p) && *r->p != '.')))
		return 0;
	/* A fraction or an L: nothing here is such a number. */
	node->kind = FILES_OTHER;
	if (!is_digit(r->p[-1]))
		return syntax(r);
	if (*r->p == 'L')
		r->p++;
	else if (*r->p == '.')
		for (r->p++; r->p < r->end && is_digit(*r->p);)
			r->p++;
	return r->p < r->end && (is_word(*r->p) || *r->p == '.') ? syntax(r)
								 : 0;
}

static int
scalar(struct files_reader *r, char c, uint32_t at)
{
	struct files_node *node = &r->node[at];
	const char *from = r->p;
	size_t n = 0;

	if (c == '"') {
		r->p++;
		return text(r, &node->text);
	}
	if (is_digit(c) || c == '-' || c == '+') {
		node->kind = FILES_NUMBER;
		return number(r, node);
	}
	while (r->p < r->end && is_word(*r->p))
		r->p++;
	n = (size_t)(r->p - from);
	node->kind = FILES_BOOL;
	node->number = n == 4;
	if ((n == 4 && strncasecmp(from, "true", 4) == 0) ||
	    (n == 5 && strncasecmp(from, "false", 5) == 0))
		return 0;
	return syntax(r);
}

/* at is one more of parent; last is the one before it. */
static void
link_to(struct files_reader *r, uint32_t parent, uint32_t *last, uint32_t at)
{
	if (*last == FILES_NONE)
		r->node[parent].first = at;
	else
		r->node[*last].next = at;
	r->node[parent].n++;
	*last = at;
}

static int
same_name(const struct files_reader *r, uint32_t parent, const char *name)
{
	uint32_t i = r->node[parent].first;

	for (; i != FILES_NONE; i = r->node[i].next) {
		if (strcmp(r->node[i].name, name) == 0)
			return 1;
	}
	return 0;
}

static int
group(struct files_reader *r, uint32_t parent)
{
	const char *name = NULL;
	uint32_t last = FILES_NONE, at = 0, line = 0;

	while (peek(r) != '}') {
		int e = files_name(r, &name, &line);

		if (e != 1)
			return e == 0 ? syntax(r) : -1;
		if (r->node[parent].n == GROUP_MAX)
			return wrong(r, "a group of too many settings");
		if (same_name(r, parent, name)) {
			r->line = line;
			return wrong(r, "duplicate setting name");
		}
		if (files_value(r, &at) == -1)
			return -1;
		r->node[at].name = name;
		r->node[at].line = line;
		link_to(r, parent, &last, at);
		files_close(r);
	}
	r->p++;
	return 0;
}

/* An array has scalars of one type. */
static int
fits(const struct files_reader *r, uint32_t parent, uint32_t at)
{
	const struct files_node *p = &r->node[parent];

	if (p->kind == FILES_LIST)
		return 1;
	if (r->node[at].kind >= FILES_OTHER)
		return 0;
	return p->first == FILES_NONE ||
	    r->node[p->first].kind == r->node[at].kind;
}

static int
list(struct files_reader *r, uint32_t parent, char close)
{
	uint32_t last = FILES_NONE, at = 0;
	char c = peek(r);

	while (c != close) {
		if (r->node[parent].n == LIST_MAX)
			return wrong(r, "a list of more than 4096 entries");
		if (files_value(r, &at) == -1)
			return -1;
		if (!fits(r, parent, at))
			return syntax(r);
		link_to(r, parent, &last, at);
		if ((c = peek(r)) == close)
			break;
		if (c != ',')
			return syntax(r);
		r->p++;
		if (peek(r) == close)
			return syntax(r);
	}
	r->p++;
	return 0;
}

int
files_value(struct files_reader *r, uint32_t *at)
{
	char c = peek(r);
	int e = 0;

	if (c == '\0')
		return syntax(r);
	if (add(r,
		c == '{'       ? FILES_GROUP
		    : c == '(' ? FILES_LIST
		    : c == '[' ? FILES_ARRAY
			       : FILES_TEXT,
		at) == -1)
		return -1;
	if (r->node[*at].kind == FILES_TEXT)
		return scalar(r, c, *at);
	if (r->depth == DEPTH_MAX)
		return wrong(r, "nested too deeply");
	r->p++;
	r->depth++;
	e = c == '{' ? group(r, *at) : list(r, *at, c == '(' ? ')' : ']');
	r->depth--;
	return e;
}

/* --- settings --------------------------------------------------------------
 */

int
files_name(struct files_reader *r, const char **name, uint32_t *line)
{
	char c = peek(r);
	char *from = r->p, *to = NULL;

	if (c == '\0')
		return r->what != NULL ? -1 : 0;
	if (!is_letter(c))
		return syntax(r);
	*line = r->line;
	while (r->p < r->end && is_word(*r->p))
		r->p++;
	to = r->p;
	c = peek(r);
	if ((c != '=' && c != ':') ||
	    (to - from == 4 && strncasecmp(from, "true", 4) == 0) ||
	    (to - from == 5 && strncasecmp(from, "false", 5) == 0))
		return syntax(r);
	r->p++;
	*to = '\0'; /* a blank, a comment or what stood between */
	*name = from;
	return 1;
}

int
files_enter(struct files_reader *r)
{
	if (peek(r) != '(')
		return 0;
	r->p++;
	r->depth++;
	return 1;
}

int
files_empty(struct files_reader *r)
{
	if (peek(r) != ')')
		return 0;
	r->p++;
	r->depth--;
	return 1;
}

int
files_more(struct files_reader *r)
{
	char c = peek(r);

	if (c == ')') {
		r->p++;
		r->depth--;
		return 0;
	}
	if (c != ',')
		return syntax(r);
	r->p++;
	return peek(r) == ')' ? syntax(r) : 1;
}

void
files_close(struct files_reader *r)
{
	char c = peek(r);

	if (c == ';' || c == ',')
		r->p++;
}
