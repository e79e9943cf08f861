/*
 * Bounded text.
 *
 * 1. It MUST NOT write beyond what it was given, and what was cut MUST be
 *    told.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/put.h"

void
aas_put_init(struct aas_put *t, char *p, size_t cap)
{
	t->p = p;
	t->cap = cap;
	t->len = 0;
	t->bad = cap == 0;
	if (cap > 0)
		p[0] = '\0';
}

static void
add(struct aas_put *t, const char *s, size_t n)
{
	if (t->bad || n >= t->cap - t->len) {
		t->bad = 1;
		return;
	}
	memcpy(t->p + t->len, s, n);
	t->len += n;
	t->p[t->len] = '\0';
}

void
aas_put_char(struct aas_put *t, char c)
{
	add(t, &c, 1);
}

void
aas_put_text(struct aas_put *t, const char *s)
{
	add(t, s, strlen(s));
}

void
aas_put_padded(struct aas_put *t, uint64_t v, unsigned width)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	while (n > 0 && sizeof(digits) - n < width)
		digits[--n] = '0';
	add(t, digits + n, sizeof(digits) - n);
}

void
aas_put_number(struct aas_put *t, uint64_t v)
{
	aas_put_padded(t, v, 1);
}

int
aas_format(char *dst, size_t cap, const char *fmt, ...)
{
	va_list ap;
	int n = 0;

	va_start(ap, fmt);
	n = vsnprintf(dst, cap, fmt, ap);
	va_end(ap);
	return n;
}
