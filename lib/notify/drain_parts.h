#ifndef AAS_LIB_NOTIFY_DRAIN_PARTS_H
#define AAS_LIB_NOTIFY_DRAIN_PARTS_H

#include "lib/clock.h"
#include "lib/event/event.h"
#include "lib/notify/contacts.h"
#include "lib/notify/drain.h"
#include "lib/notify/job.h"
#include "lib/notify/queue.h"
#include "lib/notify/target.h"
#include "lib/notify/text.h"

/*
 * What lib/notify/drain.c is made of, for its files alone.
 */

/*
 * aas_drain_raise(d, e, now): an event of our own into the spool.  Returns 0;
 * errors as of aas_spool_put(), and then it is in the log.
 */
int aas_drain_raise(const struct aas_drain *d, const struct aas_event *e,
    const struct aas_now *now);

/*
 * aas_drain_take(d): number all that is new: in new/, in the reserve, and the
 * attempts that are due (lib/notify/take.c).
 */
void aas_drain_take(struct aas_drain *d);

/* One alert and where it goes. */
struct aas_round {
	struct aas_queued q;
	struct aas_alert a;
	struct aas_contacts c;
	struct aas_told told;
	struct aas_send send;
	struct aas_target t[AAS_TARGETS_MAX];
	struct aas_job j[AAS_TARGETS_MAX];
	struct aas_target *of[AAS_TARGETS_MAX]; /* of each job */
	size_t t_n, j_n;
	int skipped, again, failed;
};

/*
 * aas_drain_deliver(d, name, rd): queue/${name}, if its time has come, to all
 * places that have not had it (lib/notify/deliver.c).  ${rd} is room to work
 * in.  Returns 0; AAS_ERR_SYS: what became of it is not on the disk.
 */
int aas_drain_deliver(
    struct aas_drain *d, const char *name, struct aas_round *rd);

#endif
