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

#include "policy/plugins/files_scan.h"

#define DEPTH_MAX  8u
#define LIST_MAX   4096u
#define GROUP_MAX  64u
#define DIGITS_MAX 9

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
			return files_wrong(r, "no memory");
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
			return files_wrong(
			    r, "a text over the end of its line");
		if (*r->p == '\\' && r->p + 1 < r->end) {
			r->p++;
			if (*r->p != '\\' && *r->p != '"')
				return files_wrong(r,
				    "a backslash before neither a backslash "
				    "nor a quote");
		}
		*to++ = *r->p;
	}
	if (r->p == r->end)
		return files_wrong(r, "a text without its end");
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
	for (; r->p < r->end && files_is_digit(*r->p); r->p++) {
		if (r->p - from > DIGITS_MAX)
			return files_wrong(
			    r, "a number of more than nine digits");
		v = v * 10 + (*r->p - '0');
	}
	node->number = sign * v;
	if (files_is_digit(r->p[-1]) &&
	    (r->p == r->end || (!files_is_word(*r->p) && *r->p != '.')))
		return 0;
	/* A fraction or an L: nothing here is such a number. */
	node->kind = FILES_OTHER;
	if (!files_is_digit(r->p[-1]))
		return files_syntax(r);
	if (*r->p == 'L')
		r->p++;
	else if (*r->p == '.')
		for (r->p++; r->p < r->end && files_is_digit(*r->p);)
			r->p++;
	return r->p < r->end && (files_is_word(*r->p) || *r->p == '.')
	    ? files_syntax(r)
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
	if (files_is_digit(c) || c == '-' || c == '+') {
		node->kind = FILES_NUMBER;
		return number(r, node);
	}
	while (r->p < r->end && files_is_word(*r->p))
		r->p++;
	n = (size_t)(r->p - from);
	node->kind = FILES_BOOL;
	node->number = n == 4;
	if ((n == 4 && strncasecmp(from, "true", 4) == 0) ||
	    (n == 5 && strncasecmp(from, "false", 5) == 0))
		return 0;
	return files_syntax(r);
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

	while (files_peek(r) != '}') {
		int e = files_name(r, &name, &line);

		if (e != 1)
			return e == 0 ? files_syntax(r) : -1;
		if (r->node[parent].n == GROUP_MAX)
			return files_wrong(r, "a group of too many settings");
		if (same_name(r, parent, name)) {
			r->line = line;
			return files_wrong(r, "duplicate setting name");
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
	char c = files_peek(r);

	while (c != close) {
		if (r->node[parent].n == LIST_MAX)
			return files_wrong(
			    r, "a list of more than 4096 entries");
		if (files_value(r, &at) == -1)
			return -1;
		if (!fits(r, parent, at))
			return files_syntax(r);
		link_to(r, parent, &last, at);
		if ((c = files_peek(r)) == close)
			break;
		if (c != ',')
			return files_syntax(r);
		r->p++;
		if (files_peek(r) == close)
			return files_syntax(r);
	}
	r->p++;
	return 0;
}

int
files_value(struct files_reader *r, uint32_t *at)
{
	char c = files_peek(r);
	int e = 0;

	if (c == '\0')
		return files_syntax(r);
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
		return files_wrong(r, "nested too deeply");
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
	char c = files_peek(r);
	char *from = r->p, *to = NULL;

	if (c == '\0')
		return r->what != NULL ? -1 : 0;
	if (!files_is_letter(c))
		return files_syntax(r);
	*line = r->line;
	while (r->p < r->end && files_is_word(*r->p))
		r->p++;
	to = r->p;
	c = files_peek(r);
	if ((c != '=' && c != ':') ||
	    (to - from == 4 && strncasecmp(from, "true", 4) == 0) ||
	    (to - from == 5 && strncasecmp(from, "false", 5) == 0))
		return files_syntax(r);
	r->p++;
	*to = '\0'; /* a blank, a comment or what stood between */
	*name = from;
	return 1;
}

int
files_enter(struct files_reader *r)
{
	if (files_peek(r) != '(')
		return 0;
	r->p++;
	r->depth++;
	return 1;
}

int
files_empty(struct files_reader *r)
{
	if (files_peek(r) != ')')
		return 0;
	r->p++;
	r->depth--;
	return 1;
}

int
files_more(struct files_reader *r)
{
	char c = files_peek(r);

	if (c == ')') {
		r->p++;
		r->depth--;
		return 0;
	}
	if (c != ',')
		return files_syntax(r);
	r->p++;
	return files_peek(r) == ')' ? files_syntax(r) : 1;
}

void
files_close(struct files_reader *r)
{
	char c = files_peek(r);

	if (c == ';' || c == ',')
		r->p++;
}
