/*
 * The drain: new events get their numbers, numbered ones are delivered.
 *
 * Between two deliveries what is new MUST be numbered: a place that takes its
 * time keeps nobody's alert off the disk.  Where there is more than can be
 * numbered at once, the two take turns.
 */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/event/spool.h"
#include "lib/log.h"
#include "lib/notify/drain_parts.h"
#include "lib/notify/owed.h"
#include "lib/notify/room.h"

#define AGAIN_MS 5000

int
aas_drain_raise(const struct aas_drain *d, const struct aas_event *e,
    const struct aas_now *now)
{
	char line[AAS_EVENT_MAX + 1];
	char id[AAS_EVENT_ID];
	size_t len = 0;
	int r = aas_event_id(id);

	if (r == AAS_OK)
		r = aas_event_format(e, now, id, line, sizeof(line), &len);
	if (r == AAS_OK)
		r = aas_spool_put(d->spooldir, NULL, e->type, line, len, id);
	if (r != AAS_OK)
		aas_log(LOG_ERR, "event=alert-not-raised: %s", e->text);
	return r;
}

enum aas_turn
aas_turn_of(const struct aas_alert *a, unsigned tries)
{
	if (a->kind != NULL && a->kind->always && tries < AAS_PLACE_TELL)
		return AAS_TURN_FIRST;
	return tries == 0 ? AAS_TURN_NEW : AAS_TURN_REST;
}

/*
 * Its turn: first what is never suppressed, while it does not fail without
 * end, then what was never tried, then the rest.
 */
static enum aas_turn
turn_of(const struct aas_drain *d, const char *name, struct aas_round *rd)
{
	enum aas_turn turn = AAS_TURN_NEW;

	if (aas_queue_load(d->sp.queue, name, &rd->q) != AAS_OK ||
	    aas_alert_parse(rd->q.line.p, rd->q.line.len, &rd->a) != AAS_OK)
		return turn;
	turn = aas_turn_of(&rd->a, rd->q.tries);
	aas_alert_clear(&rd->a);
	return turn;
}

/* 1: what came in the meantime may be of an earlier turn: begin again. */
static int
take_more(struct aas_drain *d, enum aas_turn turn, int64_t since_ms)
{
	unsigned before = d->taken;

	if (d->cut && aas_clock_ms() - d->took_ms < AGAIN_MS)
		return 0;
	if (!aas_depot_some(d->sp.new))
		return 0;
	aas_drain_take(d);
	return turn != AAS_TURN_FIRST && d->taken != before &&
	    aas_clock_ms() - since_ms > AGAIN_MS;
}

/* One pass over the queue; *more: something new came in the meantime. */
static int
pass(struct aas_drain *d, struct aas_round *rd, int *more)
{
	struct aas_names l = { NULL, 0, 0 };
	unsigned char *turns = NULL;
	int64_t since_ms = aas_clock_ms();
	unsigned before = d->taken;
	int again = 0;
	int r = aas_depot_list(d->sp.queue, &l);

	d->waiting = 0;
	if (r == AAS_OK && (turns = calloc(l.n + 1, 1)) == NULL)
		r = AAS_ERR_NOMEM;
	for (size_t i = 0; r == AAS_OK && i < l.n; i++)
		turns[i] = (unsigned char)turn_of(d, l.v[i], rd);
	for (int turn = 0; turn < AAS_TURNS; turn++) {
		for (size_t i = 0; r == AAS_OK && !again && i < l.n; i++) {
			if (turns[i] != turn)
				continue;
			if (aas_clock_ms() >= d->until_ms) {
				d->waiting++;
				continue;
			}
			again = take_more(d, (enum aas_turn)turn, since_ms);
			/* What it does not do for one it may for the next. */
			if (aas_drain_deliver(d, l.v[i], rd) != AAS_OK)
				aas_log(LOG_ERR,
				    "event=alert-not-settled file=%s", l.v[i]);
		}
	}
	*more = d->taken != before;
	free(turns);
	aas_names_free(&l);
	return r;
}

int
aas_drain_run(struct aas_drain *d)
{
	struct aas_round *rd = calloc(1, sizeof(*rd));
	int more = 1;
	int r = rd != NULL ? AAS_OK : AAS_ERR_NOMEM;

	d->progress = 0;
	aas_places_load(d->sp.top, &d->places);
	while (r == AAS_OK && more) {
		more = 0;
		/* What cannot be numbered now does not keep the rest. */
		aas_drain_take(d);
		d->progress = d->progress || d->taken > 0;
		if (aas_clock_ms() >= d->until_ms)
			break;
		if (d->conf == NULL) {
			more = d->cut && d->taken > 0;
			d->taken = 0;
			continue;
		}
		r = pass(d, rd, &more);
		if (aas_places_save(d->sp.top, &d->places) != AAS_OK)
			aas_log(LOG_WARNING, "event=alert-state-not-saved");
		more = more || aas_depot_some(d->sp.new);
		if (more && d->taken == 0)
			break; /* it cannot be numbered */
		d->taken = 0;
	}
	if (aas_room_dead(&d->sp) != AAS_OK)
		aas_log(LOG_WARNING, "event=dead-letters-not-removed");
	/* Who could deliver nothing knows nothing. */
	if (d->conf != NULL && aas_owed_note(&d->sp) != AAS_OK)
		aas_log(LOG_WARNING, "event=alerts-undelivered-not-noted");
	(void)aas_spool_prepare(d->spooldir);
	free(rd);
	return r;
}
