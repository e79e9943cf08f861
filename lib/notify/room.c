/*
 * Room in the queue and among the dead letters.
 *
 * 1. Who raises alerts without end MUST NOT push out what no setting leaves
 *    out, nor what belongs to another user.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/notify/queue.h"
#include "lib/notify/room.h"

#define NOBODY ((uint32_t)-1)

/* 1: no setting leaves it out; *tried: it has been to its places. */
static int
is_always(int dirfd, const char *name, int *tried)
{
	struct aas_queued *q = calloc(1, sizeof(*q));
	struct aas_alert a = { .o = NULL };
	int always = 0;

	*tried = 0;
	if (q != NULL && aas_queue_load(dirfd, name, q) == AAS_OK &&
	    aas_alert_parse(q->line.p, q->line.len, &a) == AAS_OK) {
		always = a.kind != NULL && a.kind->always;
		*tried = q->tries > 0 || q->marks_n > 0;
	}
	aas_alert_clear(&a);
	free(q);
	return always;
}

void
aas_room_forget(struct aas_waits *w)
{
	aas_names_free(&w->queued);
	w->listed = 0;
}

int
aas_room_make(const struct aas_depot *sp, uint32_t uid)
{
	struct aas_waits *w = sp->waits;
	int r = AAS_OK;

	if (!w->listed || w->listed_uid != uid) {
		aas_room_forget(w);
		if ((r = aas_depot_list(sp->queue, &w->queued)) != AAS_OK)
			return r;
		w->listed = 1;
		w->listed_uid = uid;
		w->at = 0;
	}
	/* None becomes one that was tried while others are numbered. */
	while (w->at < w->queued.n) {
		const char *name = w->queued.v[w->at++];
		int tried = 0;

		if (!aas_queue_is_of(name, uid) ||
		    is_always(sp->queue, name, &tried) || !tried)
			continue;
		if ((r = aas_queue_bury(sp, name)) != AAS_ERR_NOTFOUND)
			return r;
	}
	return AAS_ERR_NOTFOUND;
}

/* --- dead letters --------------------------------------------------------- */

static uint32_t
owner(const char *name)
{
	uint32_t uid = NOBODY;

	return aas_queue_uid(name, &uid) == AAS_OK ? uid : NOBODY;
}

/* By owner, and of one oldest first. */
static int
dead_cmp(const void *a, const void *b)
{
	const uint32_t x = owner(a);
	const uint32_t y = owner(b);

	return x != y ? (x > y) - (x < y) : strcmp(a, b);
}

/* Those of one owner. */
static int
trim(int fd, char (*v)[AAS_DEPOT_NAME], size_t n)
{
	size_t left = n;
	int tried = 0;

	for (size_t i = 0; i < n && left > AAS_DEAD_USER; i++) {
		if (is_always(fd, v[i], &tried))
			continue;
		if (unlinkat(fd, v[i], 0) == -1 && errno != ENOENT)
			return AAS_ERR_SYS;
		v[i][0] = '\0';
		left--;
	}
	for (size_t i = 0; i < n && left > (size_t)2 * AAS_DEAD_USER; i++) {
		if (v[i][0] == '\0')
			continue;
		if (unlinkat(fd, v[i], 0) == -1 && errno != ENOENT)
			return AAS_ERR_SYS;
		left--;
	}
	return AAS_OK;
}

int
aas_room_dead(const struct aas_depot *sp)
{
	struct aas_names l = { NULL, 0, 0 };
	int r = aas_depot_list(sp->dead, &l);
	size_t n = 0;

	if (r == AAS_OK && l.n > AAS_DEAD_USER)
		qsort(l.v, l.n, sizeof(*l.v), dead_cmp);
	for (size_t i = 0; r == AAS_OK && l.n > AAS_DEAD_USER && i < l.n;
	     i += n) {
		for (n = 1; i + n < l.n; n++)
			if (owner(l.v[i + n]) != owner(l.v[i]))
				break;
		r = trim(sp->dead, l.v + i, n);
	}
	aas_names_free(&l);
	return r;
}
