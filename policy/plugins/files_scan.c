/*
 * A reader of libconfig's syntax that makes nothing: it sums up what a file
 * says, counts, and holds the caps.
 *
 * It MUST NOT share a line with libconfig: it is there to disagree with it.
 */
#include <string.h>
#include <strings.h>

#include "policy/plugins/files.h"

#define DEPTH      16
#define RULES_MAX  250000u
#define LIST_MAX   4096u
#define GROUP_MAX  64u
#define PARTS_MAX  4000000u
#define DIGITS_MAX 10

struct scan {
	const char *p, *end;
	uint32_t line;
	unsigned depth;
	char open[DEPTH];  /* the brackets that are open; [0]: the file */
	uint32_t n[DEPTH]; /* entries of each */
	const char *what;
	struct files_scan *out;
};

void
files_sum(struct files_sum *s, char kind, const void *p, size_t len)
{
	const unsigned char *b = p;
	uint64_t h = s->hash;

	/* FNV-1a, with the length after it: parts do not run together. */
	h = (h ^ (unsigned char)kind) * 0x100000001b3u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	h = (h ^ len) * 0x100000001b3u;
	s->hash = h;
	s->parts++;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static int
wrong(struct scan *s, const char *what)
{
	s->what = what;
	return -1;
}

/* Blanks and comments. */
static void
skip(struct scan *s)
{
	while (s->p < s->end) {
		size_t left = (size_t)(s->end - s->p);
		const char *stop = NULL;

		if (is_blank(*s->p)) {
			s->line += *s->p++ == '\n';
			continue;
		}
		if (*s->p == '#' || (left > 1 && memcmp(s->p, "//", 2) == 0)) {
			stop = memchr(s->p, '\n', left);
		} else if (left > 1 && memcmp(s->p, "/*", 2) == 0) {
			stop = memmem(s->p + 2, left - 2, "*/", 2);
			stop = stop != NULL ? stop + 2 : NULL;
		} else {
			return;
		}
		if (stop == NULL)
			stop = s->end;
		for (; s->p < stop; s->p++)
			s->line += *s->p == '\n';
	}
}

/* One more entry of what is open. */
static int
entry(struct scan *s)
{
	uint32_t n = ++s->n[s->depth];

	if (s->out->sum.parts > PARTS_MAX)
		return wrong(s, "the file says more than it may");
	if (s->open[s->depth] == '{')
		return n > GROUP_MAX ? wrong(s, "a group of too many settings")
				     : 0;
	if (s->depth == 1)
		return n > RULES_MAX ? wrong(s, "more than 250000 rules") : 0;
	return n > LIST_MAX ? wrong(s, "a list of more than 4096 entries") : 0;
}

/* A value in a list counts; in a group its name did. */
static int
value(struct scan *s)
{
	return s->open[s->depth] == '{' ? 0 : entry(s);
}

static int
open_bracket(struct scan *s)
{
	char c = *s->p++;

	if (value(s) == -1)
		return -1;
	if (s->depth + 1 == DEPTH)
		return wrong(s, "nested too deeply");
	if (c == '{' && s->depth == 1 && s->open[1] != '{')
		s->out->rules++;
	s->depth++;
	s->open[s->depth] = c;
	s->n[s->depth] = 0;
	files_sum(&s->out->sum, c, NULL, 0);
	return 0;
}

static int
close_bracket(struct scan *s)
{
	s->p++;
	if (s->depth > 0) {
		s->depth--;
		files_sum(&s->out->sum, FILES_END, NULL, 0);
	}
	return 0;
}

/* Sums up the bytes between the quotes; an escape stands for one of them. */
static int
string(struct scan *s)
{
	struct files_sum *sum = &s->out->sum;
	uint64_t h = sum->hash;
	size_t len = 0;

	if (value(s) == -1)
		return -1;
	h = (h ^ (unsigned char)FILES_STRING) * 0x100000001b3u;
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p == '\n')
			return wrong(s, "a text over the end of its line");
		if (*s->p == '\\' && s->p + 1 < s->end) {
			s->p++;
			if (*s->p != '\\' && *s->p != '"')
				return wrong(
				    s, "an escape other than \\\\ and \\\"");
		}
		h = (h ^ (unsigned char)*s->p) * 0x100000001b3u;
		len++;
	}
	if (s->p == s->end)
		return wrong(s, "a text without its end");
	s->p++;
	sum->hash = (h ^ len) * 0x100000001b3u;
	sum->parts++;
	return 0;
}

static int
number(struct scan *s)
{
	char digits[DIGITS_MAX + 1];
	const char *from = s->p;
	const char *p = s->p;
	size_t n = 0;

	if (value(s) == -1)
		return -1;
	while (s->p < s->end &&
	    (is_digit(*s->p) || is_name(*s->p) ||
		strchr("+-.", *s->p) != NULL) &&
	    *s->p != '\0')
		s->p++;
	if (*p == '-')
		digits[n++] = '-';
	if (*p == '-' || *p == '+')
		p++;
	while (p + 1 < s->p && *p == '0' && is_digit(p[1]))
		p++;
	while (p < s->p && is_digit(*p) && n < DIGITS_MAX)
		digits[n++] = *p++;
	if (p != s->p || p == from || !is_digit(p[-1])) {
		files_sum(&s->out->sum, FILES_OTHER, NULL, 0);
		return 0;
	}
	if (n == 2 && memcmp(digits, "-0", 2) == 0)
		files_sum(&s->out->sum, FILES_INT, "0", 1);
	else
		files_sum(&s->out->sum, FILES_INT, digits, n);
	return 0;
}

static int
word(struct scan *s)
{
	const char *from = s->p;
	size_t n = 0;

	while (s->p < s->end &&
	    (is_name(*s->p) || is_digit(*s->p) || *s->p == '-' || *s->p == '_'))
		s->p++;
	n = (size_t)(s->p - from);
	if ((n == 4 && strncasecmp(from, "true", 4) == 0) ||
	    (n == 5 && strncasecmp(from, "false", 5) == 0)) {
		files_sum(&s->out->sum, FILES_BOOL, n == 4 ? "1" : "0", 1);
		return value(s);
	}
	files_sum(&s->out->sum, FILES_NAME, from, n);
	return entry(s);
}

static int
part(struct scan *s)
{
	char c = *s->p;

	if (c == '{' || c == '(' || c == '[')
		return open_bracket(s);
	if (c == '}' || c == ')' || c == ']')
		return close_bracket(s);
	if (c == '"')
		return string(s);
	if (is_digit(c) || c == '-' || c == '+' || c == '.')
		return number(s);
	if (is_name(c))
		return word(s);
	s->p++; /* what parts them, or libconfig's to complain about */
	return 0;
}

int
files_scan(const char *text, size_t len, struct files_scan *out)
{
	static const struct files_sum none = FILES_SUM_INIT;
	struct scan s;
	int r = 0;

	memset(&s, 0, sizeof(s));
	memset(out, 0, sizeof(*out));
	out->sum = none;
	s.p = text;
	s.end = text + len;
	s.line = 1;
	s.open[0] = '{';
	s.out = out;
	skip(&s);
	while (s.p < s.end && (r = part(&s)) == 0)
		skip(&s);
	out->line = s.line;
	out->what = s.what;
	return r;
}
