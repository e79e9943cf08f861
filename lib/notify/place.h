#ifndef AAS_LIB_NOTIFY_PLACE_H
#define AAS_LIB_NOTIFY_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/notify/queue.h"

/*
 * How each place did lately, in the file "targets" of the spool: where one
 * fails all that waits for it waits a while.  Without the file everything is
 * tried at once.  Of more than AAS_PLACES_MAX those are forgotten that were to
 * be tried again longest ago, and are tried at once.
 */
#define AAS_PLACES_MAX  256
#define AAS_PLACE_RUN   3        /* that fail in a run; then it is left alone */
#define AAS_PLACE_TELL  5        /* in a row; then somebody else is told */
#define AAS_PLACE_STEP  45       /* seconds: the first wait */
#define AAS_PLACE_FAILS 10000000 /* counted no further: a year and more */
#define AAS_PLACE_MS    20000    /* of a run: what one may take of it in all */

struct aas_place {
	char key[AAS_MARK_KEY];
	unsigned fails; /* in a row, at most one a run */
	int64_t next_s;
	/* of this run: */
	unsigned run_fails;
	int64_t run_ms;
};

struct aas_places {
	size_t n;
	int changed;
	struct aas_place v[AAS_PLACES_MAX];
};

/* aas_places_load(dirfd, s): what cannot be read is forgotten. */
void aas_places_load(int dirfd, struct aas_places *s);
int aas_places_save(int dirfd, struct aas_places *s);

/*
 * aas_places_parse(p, len, s): the bytes of the file; a line that is wrong is
 * left out.
 */
void aas_places_parse(const char *p, size_t len, struct aas_places *s);

/*
 * aas_place_open(s, key, now_s, max_s): may it be tried now?  One that would
 * have to wait for more than ${max_s} seconds was noted by a wrong clock.
 */
int aas_place_open(
    const struct aas_places *s, const char *key, int64_t now_s, int64_t max_s);

/* aas_place_spent(s, key, ms): an alert took that long there, good or not. */
void aas_place_spent(struct aas_places *s, const char *key, int64_t ms);

/*
 * aas_place_good(s, key), aas_place_bad(s, key, now_s, max_s, late):
 * It worked; it did not (${late}: it took all its time, once is enough).
 * The latter returns how often in a row, or 0 if this was not the first
 * failure of this run.
 */
void aas_place_good(struct aas_places *s, const char *key);
unsigned aas_place_bad(struct aas_places *s, const char *key, int64_t now_s,
    int64_t max_s, int late);

/* aas_place_wait(fails, max_s): seconds until the next attempt. */
int64_t aas_place_wait(unsigned fails, int64_t max_s);

/*
 * aas_place_span(fails, max_s): the seconds that so many failures in a row
 * waited in all: time in which the notifier ran, whatever the clock says.
 * aas_place_down(s, key): how many in a row, the last in this run; else 0.
 */
int64_t aas_place_span(unsigned fails, int64_t max_s);
unsigned aas_place_down(const struct aas_places *s, const char *key);

#endif
