#ifndef AAS_TESTS_NOMEM_H
#define AAS_TESTS_NOMEM_H

#include <stddef.h>

/*
 * Memory that runs out, in programs linked with $(WRAP_NOMEM) and
 * tests/nomem.c.
 */
extern struct nomem {
	long left;    /* this allocation from now fails, 0 the next; -1 none */
	int for_good; /* and all that come after it */
	int hit;      /* set when one did */
} nomem;

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

#endif
