/*
 * What libconfig must not see.
 *
 * 1. Text that libconfig 1.5 reads otherwise than it looks (NUL, wrapped
 *    numbers, escapes that make a NUL) MUST be refused before it.
 * 2. Text that makes it open a file or end the process (@include) MUST be
 *    refused before it.
 */
#include <stdio.h>
#include <string.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/utf8.h"

#define DIGITS_MAX 9 /* 999999999 is below INT_MAX */

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

/*
 * What is wrong at p, or NULL; *n is how many bytes to go on by.  before is
 * the byte before p, or 0.
 */
static const char *
judge(const unsigned char *p, size_t len, unsigned char before, size_t *n)
{
	uint32_t cp = 0;

	if ((*n = aas_utf8_next(p, len, &cp)) == 0)
		return "not well-formed UTF-8";
	if (cp == 0)
		return "a NUL byte";
	if ((cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') ||
	    (cp >= 0x7f && cp <= 0x9f))
		return "a control character";
	if (starts(p, len, "@include"))
		return "@include is not allowed here";
	if (starts(p, len, "\\x"))
		return "\\x escapes are not allowed here";
	if (!is_digit(p[0]) || is_word(before))
		return NULL;
	if (p[0] == '0' && len > 1 && (p[1] == 'x' || p[1] == 'X'))
		return "hexadecimal numbers are not allowed here";
	while (*n < len && is_digit(p[*n]))
		(*n)++;
	return *n > DIGITS_MAX ? "a number of more than nine digits" : NULL;
}

int
aas_conf_guard(
    const char *name, const void *text, size_t len, char err[AAS_CONF_ERR])
{
	const unsigned char *p = text;
	const char *what = NULL;
	unsigned line = 1;
	size_t n = 0;

	err[0] = '\0';
	if (len > AAS_CONF_MAX) {
		(void)snprintf(err, AAS_CONF_ERR, "%s: larger than %d bytes",
		    name, AAS_CONF_MAX);
		return AAS_ERR_TOOBIG;
	}
	for (size_t i = 0; i < len; i += n) {
		what = judge(p + i, len - i, i > 0 ? p[i - 1] : 0, &n);
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
