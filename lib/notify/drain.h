#ifndef AAS_LIB_NOTIFY_DRAIN_H
#define AAS_LIB_NOTIFY_DRAIN_H

#include <stdint.h>

#include "lib/conf/alerts_conf.h"
#include "lib/notify/depot.h"
#include "lib/notify/place.h"
#include "lib/store/store.h"

/* In which order alerts are delivered. */
enum aas_turn { AAS_TURN_FIRST, AAS_TURN_NEW, AAS_TURN_REST, AAS_TURNS };

/*
 * aas_turn_of(a, tries): the turn of an alert that was tried so often.  What
 * no setting suppresses is first, unless it fails again and again.
 */
enum aas_turn aas_turn_of(const struct aas_alert *a, unsigned tries);

/* One run of the notifier. */
struct aas_drain {
	struct aas_depot sp;
	const struct aas_alerts *conf; /* NULL: nothing can be sent */
	struct aas_store *store;       /* may be NULL */
	const char *spooldir;
	const char *rundir; /* may be NULL */
	int partial;        /* 1: conf is not all; what it tells still waits */
	int all;            /* 1: what waits for its time too */
	int64_t until_ms;   /* aas_clock_ms(): for all of it */
	int progress;       /* 1: at least one event was numbered */
	unsigned taken, sent, waiting;
	struct aas_places places;
	struct aas_waits waits;
	/* of lib/notify/take.c */
	unsigned unnumbered;       /* events that could not be numbered */
	int cut;                   /* 1: more is in new/ than was taken */
	int64_t took_ms;           /* aas_clock_ms(): when that was */
	char seen[AAS_DEPOT_NAME]; /* up to there what is urgent was taken */
};

/* So much of new/ is numbered, or for so long; then what is in the queue is
 * delivered before the rest. */
#define AAS_TAKE_MAX 500
#define AAS_TAKE_MS  10000

/*
 * aas_drain_run(d):
 * Number what is new, deliver what is due, and again while there is more and
 * time.  The caller has the lock.  Returns 0, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_drain_run(struct aas_drain *d);

#endif
