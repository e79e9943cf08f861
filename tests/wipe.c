/*
 * Stands in for explicit_bzero(3) by the linker's --wrap, and remembers what
 * it was called on: a missing wipe is found by no compiler and no sanitizer.
 */
#include <stdint.h>
#include <string.h>

#include "tests/fixture.h"

#define WIPES_MAX 256

void __real_explicit_bzero(void *p, size_t len);
void __wrap_explicit_bzero(void *p, size_t len);
void __wrap___explicit_bzero_chk(void *p, size_t len, size_t size);

static struct {
	uintptr_t at;
	size_t len;
} wipes[WIPES_MAX];
static size_t wipes_n;

void
wipe_reset(void)
{
	wipes_n = 0;
}

size_t
wipe_calls(void)
{
	return wipes_n;
}

int
wipe_covers(const void *p, size_t len)
{
	uintptr_t at = (uintptr_t)p;

	for (size_t i = 0; i < wipes_n && i < WIPES_MAX; i++) {
		if (wipes[i].at <= at && at + len <= wipes[i].at + wipes[i].len)
			return 1;
	}
	return 0;
}

void
__wrap_explicit_bzero(void *p, size_t len)
{
	if (wipes_n < WIPES_MAX) {
		wipes[wipes_n].at = (uintptr_t)p;
		wipes[wipes_n].len = len;
	}
	wipes_n++;
	__real_explicit_bzero(p, len);
}

void
__wrap___explicit_bzero_chk(void *p, size_t len, size_t size)
{
	(void)size;
	__wrap_explicit_bzero(p, len);
}
