/*
 * The ledger in memory: a hash table of ids and a binary heap of due times.
 * Ids are random numbers of our own, so they are their own hash.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/hex.h"
#include "lib/keep/book.h"

static size_t
hash(const char *id)
{
	uint8_t raw[(AAS_LEDGER_ID - 1) / 2];
	size_t h = 0;

	if (aas_hex_parse(id, raw, sizeof(raw)) != AAS_OK)
		return 0;
	memcpy(&h, raw, sizeof(h) < sizeof(raw) ? sizeof(h) : sizeof(raw));
	return h;
}

/* Its slot, or the free one where it would go. */
static size_t
slot_of(const struct aas_book *b, const char *id)
{
	size_t i = hash(id) & (b->slots_n - 1);

	while (b->slots[i] != NULL && strcmp(b->slots[i]->id, id) != 0)
		i = (i + 1) & (b->slots_n - 1);
	return i;
}

static void
slot_set(struct aas_book *b, size_t i, struct aas_kept *k)
{
	b->slots[i] = k;
	if (k != NULL)
		k->slot = i;
}

/* Close the gap: what was pushed on by the one that went moves back. */
static void
slot_clear(struct aas_book *b, size_t i)
{
	size_t mask = b->slots_n - 1;

	slot_set(b, i, NULL);
	for (size_t j = (i + 1) & mask; b->slots[j] != NULL;
	     j = (j + 1) & mask) {
		struct aas_kept *k = b->slots[j];

		b->slots[j] = NULL;
		slot_set(b, slot_of(b, k->id), k);
	}
}

/* Half of the slots at least stay free. */
static int
grow_slots(struct aas_book *b)
{
	struct aas_book old = *b;
	size_t n = b->slots_n == 0 ? 64 : 2 * b->slots_n;

	if (2 * (b->n + 1) <= b->slots_n)
		return AAS_OK;
	if ((b->slots = calloc(n, sizeof(struct aas_kept *))) == NULL) {
		b->slots = old.slots;
		return AAS_ERR_NOMEM;
	}
	b->slots_n = n;
	for (size_t i = 0; i < old.slots_n; i++) {
		if (old.slots[i] != NULL)
			slot_set(b, slot_of(b, old.slots[i]->id), old.slots[i]);
	}
	free(old.slots);
	return AAS_OK;
}

static int
grow_heap(struct aas_book *b)
{
	struct aas_kept **heap = NULL;
	size_t cap = b->cap == 0 ? 64 : 2 * b->cap;

	if (b->n < b->cap)
		return AAS_OK;
	if ((heap = reallocarray(b->heap, cap, sizeof(struct aas_kept *))) ==
	    NULL)
		return AAS_ERR_NOMEM;
	b->heap = heap;
	b->cap = cap;
	return AAS_OK;
}

static void
heap_set(struct aas_book *b, size_t i, struct aas_kept *k)
{
	b->heap[i] = k;
	k->at = i;
}

static void
heap_up(struct aas_book *b, size_t i, struct aas_kept *k)
{
	while (i > 0 && b->heap[(i - 1) / 2]->due_ms > k->due_ms) {
		heap_set(b, i, b->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_set(b, i, k);
}

static void
heap_down(struct aas_book *b, size_t i, struct aas_kept *k)
{
	for (;;) {
		size_t c = 2 * i + 1;

		if (c + 1 < b->n && b->heap[c + 1]->due_ms < b->heap[c]->due_ms)
			c++;
		if (c >= b->n || b->heap[c]->due_ms >= k->due_ms)
			break;
		heap_set(b, i, b->heap[c]);
		i = c;
	}
	heap_set(b, i, k);
}

struct aas_kept *
aas_book_find(const struct aas_book *b, const char id[AAS_LEDGER_ID])
{
	return b->slots_n == 0 ? NULL : b->slots[slot_of(b, id)];
}

struct aas_kept *
aas_book_first(const struct aas_book *b)
{
	return b->n == 0 ? NULL : b->heap[0];
}

void
aas_book_due(struct aas_book *b, struct aas_kept *k, int64_t due_ms)
{
	int sooner = due_ms < k->due_ms;

	k->due_ms = due_ms;
	if (sooner)
		heap_up(b, k->at, k);
	else
		heap_down(b, k->at, k);
}

/* A line's seconds; what is out of all bounds is no limit that could be met. */
static int64_t
ms_of(int64_t s)
{
	return s > INT64_MAX / 4000 ? INT64_MAX / 4 : s * 1000;
}

void
aas_book_lease(struct aas_kept *k, int64_t until_ms)
{
	int64_t own_ms = ms_of(k->l.session_s);
	int64_t ms = until_ms - k->t.opened_ms;

	if (ms < 1)
		ms = 1; /* 0 is no limit */
	k->lease_ms = until_ms;
	k->t.session_ms = own_ms != 0 && own_ms < ms ? own_ms : ms;
}

static void
renew(struct aas_kept *k, const struct aas_ledger_line *l)
{
	uint64_t seq = l->seq;

	/* The line of who closed it says no more than that of before. */
	if (seq == UINT64_MAX && k->text != NULL)
		seq = k->l.seq;
	k->l = *l;
	k->l.seq = seq;
	k->t.opened_ms = l->boottime_ms;
	k->t.session_ms =
	    k->extended_ms != 0 ? k->extended_ms : ms_of(l->session_s);
	k->t.idle_ms = ms_of(l->idle_s);
	if (l->lease_ms != 0)
		aas_book_lease(k, k->lease_ms != 0 ? k->lease_ms : l->lease_ms);
	if (k->t.input_ms < l->boottime_ms)
		k->t.input_ms = l->boottime_ms;
}

static int
add(struct aas_book *b, const char *id, struct aas_kept **out)
{
	struct aas_kept *k = NULL;

	if (grow_heap(b) != AAS_OK || grow_slots(b) != AAS_OK ||
	    (k = calloc(1, sizeof(*k))) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(k->id, id, sizeof(k->id));
	slot_set(b, slot_of(b, id), k);
	heap_up(b, b->n++, k);
	*out = k;
	return AAS_OK;
}

int
aas_book_put(struct aas_book *b, const char id[AAS_LEDGER_ID],
    const struct aas_ledger_line *l, const char *text, struct aas_kept **out)
{
	struct aas_kept *k = aas_book_find(b, id);
	char *copy = strdup(text);
	int r = AAS_ERR_NOMEM;

	if (copy == NULL)
		return r;
	if (k == NULL && (r = add(b, id, &k)) != AAS_OK) {
		free(copy);
		return r;
	}
	renew(k, l);
	free(k->text);
	k->text = copy;
	*out = k;
	return AAS_OK;
}

void
aas_book_drop(struct aas_book *b, struct aas_kept *k)
{
	struct aas_kept *last = b->heap[b->n - 1];
	size_t i = k->at;

	slot_clear(b, k->slot);
	b->n--;
	if (last != k) {
		heap_set(b, i, last);
		heap_up(b, i, last);
		heap_down(b, last->at, last);
	}
	free(k->known.v);
	free(k->next.v);
	free(k->text);
	free(k->scope);
	free(k);
}

void
aas_book_free(struct aas_book *b)
{
	while (b->n > 0)
		aas_book_drop(b, b->heap[b->n - 1]);
	free(b->slots);
	free(b->heap);
	*b = (struct aas_book){ NULL, 0, NULL, 0, 0 };
}
