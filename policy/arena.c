/*
 * Memory of many rules: taken piece by piece, released at once.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/err.h"
#include "policy/rule.h"

#define CHUNK ((size_t)64 * 1024)
#define ALIGN _Alignof(max_align_t)
#define MOST  ((size_t)1 << 30) /* no one piece of a policy is as large */

struct chunk {
	struct chunk *next;
	size_t used, room;
	_Alignas(max_align_t) unsigned char at[];
};

struct aas_arena {
	struct chunk *last; /* where there may be room */
};

int
aas_arena_new(struct aas_arena **a)
{
	struct aas_arena *got = calloc(1, sizeof(*got));

	if (got == NULL)
		return AAS_ERR_NOMEM;
	*a = got;
	return AAS_OK;
}

static struct chunk *
add(struct aas_arena *a, size_t n)
{
	size_t room = n > CHUNK / 4 ? n : CHUNK;
	struct chunk *c = NULL;

	if ((c = calloc(1, sizeof(*c) + room)) == NULL)
		return NULL;
	c->room = room;
	/* A large piece has its own chunk; what was open stays open. */
	if (room != CHUNK && a->last != NULL) {
		c->next = a->last->next;
		a->last->next = c;
	} else {
		c->next = a->last;
		a->last = c;
	}
	return c;
}

void *
aas_arena_get(struct aas_arena *a, size_t n)
{
	struct chunk *c = a->last;
	void *p = NULL;

	if (n > MOST)
		return NULL;
	n = n == 0 ? ALIGN : (n + ALIGN - 1) / ALIGN * ALIGN;
	if ((c == NULL || c->room - c->used < n) && (c = add(a, n)) == NULL)
		return NULL;
	p = c->at + c->used;
	c->used += n;
	return p;
}

void
aas_arena_free(struct aas_arena **a)
{
	struct chunk *c = NULL;

	if (*a == NULL)
		return;
	while ((c = (*a)->last) != NULL) {
		(*a)->last = c->next;
		free(c);
	}
	free(*a);
	*a = NULL;
}
