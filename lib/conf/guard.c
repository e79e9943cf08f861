/*
 * What libconfig must not see.
 *
 * 1. Text that libconfig 1.5 reads otherwise than it looks (NUL, wrapped
 *    numbers, escapes that make a NUL, two texts with no comma between them)
 *    MUST be refused before it.
 * 2. Text that makes it open a file or end the process (@include) MUST be
 *    refused before it.
 * 3. Text that costs it more than its length (nesting, long strings) MUST be
 *    refused before it.
 */
#include <stdio.h>
#include <string.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/utf8.h"

#define DIGITS_MAX 9 /* 999999999 is below INT_MAX */
#define DEPTH_MAX  8
#define STRING_MAX 4096

enum at { PLAIN, STRING, LINE, BLOCK };

struct guard {
	enum at at;
	unsigned depth;
	size_t string;     /* bytes of the string so far */
	int after_string;  /* nothing but blanks and comments since one */
	unsigned char was; /* the byte before; 0: none that counts */
};

static int
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static int
is_word(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_';
}

static int
starts(const unsigned char *p, size_t len, const char *what)
{
	size_t n = strlen(what);

	return len >= n && memcmp(p, what, n) == 0;
}

/* A number that libconfig would read as another, or NULL. */
static const char *
judge_number(const unsigned char *p, size_t len, size_t *n)
{
	if (p[0] == '0' && len > 1 && (p[1] == 'x' || p[1] == 'X'))
		return "hexadecimal numbers are not allowed here";
	while (*n < len && is_digit(p[*n]))
		(*n)++;
	return *n > DIGITS_MAX ? "a number of more than nine digits" : NULL;
}

/*
 * What is wrong at p, wherever it stands, or NULL; *n is how many bytes to go
 * on by.
 */
static const char *
judge(const unsigned char *p, size_t len, size_t *n)
{
	uint32_t cp = 0;

	/* Most of a file is plain ASCII. */
	if (p[0] >= 0x20 && p[0] < 0x7f)
		*n = 1;
	else if ((*n = aas_utf8_next(p, len, &cp)) == 0)
		return "not well-formed UTF-8";
	else if (cp == 0)
		return "a NUL byte";
	else if ((cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') ||
	    (cp >= 0x7f && cp <= 0x9f))
		return "a control character";
	if (p[0] == '@' && starts(p, len, "@include"))
		return "@include is not allowed here";
	if (p[0] == '\\' && starts(p, len, "\\x"))
		return "\\x escapes are not allowed here";
	return NULL;
}

/* Outside strings and comments. */
static const char *
plain(struct guard *g, const unsigned char *p, size_t len, size_t *n)
{
	if (p[0] == '#' || starts(p, len, "//")) {
		g->at = LINE;
		return NULL;
	}
	if (starts(p, len, "/*")) {
		g->at = BLOCK;
		g->was = 0;
		*n = 2;
		return NULL;
	}
	if (p[0] == ' ' || p[0] == '\t' || p[0] == '\n' || p[0] == '\r')
		return NULL;
	if (p[0] == '"') {
		if (g->after_string)
			return "two texts with nothing between them";
		g->at = STRING;
		g->string = 0;
		return NULL;
	}
	g->after_string = 0;
	if (p[0] == '{' || p[0] == '[' || p[0] == '(') {
		if (++g->depth > DEPTH_MAX)
			return "nested too deeply";
	} else if ((p[0] == '}' || p[0] == ']' || p[0] == ')') &&
	    g->depth > 0) {
		g->depth--;
	}
	return NULL;
}

static const char *
within_string(struct guard *g, const unsigned char *p, size_t len, size_t *n)
{
	if ((g->string += *n) > STRING_MAX)
		return "a text of more than 4096 bytes";
	if (p[0] == '"') {
		g->at = PLAIN;
		g->after_string = 1;
	} else if (p[0] == '\\' && len > 1 && (p[1] == '"' || p[1] == '\\')) {
		*n = 2;
	}
	return NULL;
}

static const char *
step(struct guard *g, const unsigned char *p, size_t len, size_t *n)
{
	const char *what = NULL;

	switch (g->at) {
	case PLAIN:
		what = plain(g, p, len, n);
		break;
	case STRING:
		what = within_string(g, p, len, n);
		break;
	case LINE:
		if (p[0] == '\n')
			g->at = PLAIN;
		break;
	case BLOCK:
		if (g->was == '*' && p[0] == '/')
			g->at = PLAIN;
		g->was = p[0];
		break;
	}
	return what;
}

/* Letters mean nothing by themselves: most of a file is passed over so. */
static int
pass(struct guard *g, unsigned char c)
{
	if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'))
		return 0;
	if (g->at == STRING)
		return ++g->string <= STRING_MAX;
	g->after_string = g->at == PLAIN ? 0 : g->after_string;
	g->was = c;
	return 1;
}

int
aas_conf_guard_max(const char *name, const void *text, size_t len, size_t max,
    char err[AAS_CONF_ERR])
{
	const unsigned char *p = text;
	struct guard g = { PLAIN, 0, 0, 0, 0 };
	const char *what = NULL;
	unsigned line = 1;
	size_t n = 0;

	err[0] = '\0';
	if (len > max) {
		(void)snprintf(
		    err, AAS_CONF_ERR, "%s: larger than %zu bytes", name, max);
		return AAS_ERR_TOOBIG;
	}
	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		(void)snprintf(err, AAS_CONF_ERR,
		    "%s:1: begins with a byte order mark (BOM); store it "
		    "without",
		    name);
		return AAS_ERR_FORMAT;
	}
	for (size_t i = 0; i < len; i += n) {
		n = 1;
		if (pass(&g, p[i]))
			continue;
		what = judge(p + i, len - i, &n);
		/* In a text or a comment digits are letters like others. */
		if (what == NULL && g.at == PLAIN && is_digit(p[i]) &&
		    (i == 0 || !is_word(p[i - 1])))
			what = judge_number(p + i, len - i, &n);
		if (what == NULL)
			what = step(&g, p + i, len - i, &n);
		if (what != NULL) {
			(void)snprintf(
			    err, AAS_CONF_ERR, "%s:%u: %s", name, line, what);
			return AAS_ERR_FORMAT;
		}
		if (p[i] == '\n')
			line++;
	}
	return AAS_OK;
}

int
aas_conf_guard(
    const char *name, const void *text, size_t len, char err[AAS_CONF_ERR])
{
	return aas_conf_guard_max(name, text, len, AAS_CONF_MAX, err);
}
