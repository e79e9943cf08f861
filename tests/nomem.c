/*
 * Memory that runs out where a test says.
 */
#include "tests/nomem.h"

struct nomem nomem = { .left = -1 };

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);

static int
fails(void)
{
	if (nomem.left < 0)
		return 0;
	if (nomem.left > 0) {
		nomem.left--;
		return 0;
	}
	nomem.hit = 1;
	if (!nomem.for_good)
		nomem.left = -1;
	return 1;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}
