/*
 * Who gets a place among the connections of aasd.
 *
 * 1. No number of connections of some users MUST keep another one out.
 */
#include "aasd/seat.h"

struct sum {
	size_t all, own; /* places that are taken */
	int free_one;
};

static struct sum
count(const struct aasd_seat *v, uid_t uid)
{
	struct sum s = { 0, 0, -1 };

	for (size_t i = 0; i < AASD_CONNS; i++) {
		if (!v[i].taken) {
			s.free_one = (int)i;
			continue;
		}
		s.all++;
		s.own += v[i].uid == uid;
	}
	return s;
}

static size_t
places_of(const struct aasd_seat *v, uid_t uid)
{
	return count(v, uid).own;
}

/* Of that user's, the one that has asked nothing for the longest. */
static int
oldest_of(const struct aasd_seat *v, uid_t uid)
{
	int found = -1;

	for (int i = 0; i < AASD_CONNS; i++) {
		if (v[i].taken && !v[i].busy && v[i].uid == uid &&
		    (found == -1 || v[i].since_ms < v[found].since_ms))
			found = i;
	}
	return found;
}

/* Whose place another user takes; root's is nobody's. */
static int
of_the_greediest(const struct aasd_seat *v, size_t own, int64_t now_ms)
{
	int found = -1;
	size_t most = 0;

	for (int i = 0; i < AASD_CONNS; i++) {
		size_t n;

		if (!v[i].taken || v[i].busy || v[i].uid == 0)
			continue;
		n = places_of(v, v[i].uid);
		if (n <= own ||
		    (n == own + 1 &&
			now_ms - v[i].since_ms < AASD_SEAT_EVEN_MS))
			continue;
		if (found == -1 || n > most ||
		    (n == most && v[i].since_ms < v[found].since_ms)) {
			found = i;
			most = n;
		}
	}
	return found;
}

int
aasd_seat_pick(const struct aasd_seat v[AASD_CONNS], uid_t uid, int64_t now_ms)
{
	struct sum s = count(v, uid);
	size_t room = uid == 0 ? AASD_CONNS : AASD_CONNS - AASD_CONNS_ROOT;
	int i = -1;

	if (s.own >= AASD_CONNS_UID) {
		i = oldest_of(v, uid);
		return i != -1 && now_ms - v[i].since_ms >= AASD_SEAT_OWN_MS
		    ? i
		    : -1;
	}
	if (s.all < room)
		return s.free_one;
	return of_the_greediest(v, s.own, now_ms);
}
