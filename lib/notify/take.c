/*
 * What was raised gets its number and its place in the queue.
 *
 * 1. One event that cannot be numbered, or one user's chain that is damaged,
 *    MUST keep nobody else's waiting.
 * 2. Thousands of events of one user MUST keep no delivery waiting until they
 *    all have their numbers.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/event/attempts.h"
#include "lib/event/spool.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/notify/drain_parts.h"
#include "lib/notify/room.h"
#include "lib/notify/spare.h"

#define ATTEMPTS_S 3600
#define DAMAGED_S  3600
#define CROWDED_S  3600
#define SAID_MAX   3
#define BAD_MAX    1000 /* that cannot be numbered: then it is the disk */

/* What crashes left under names with a dot. */
static void
take_stale(struct aas_drain *d, const struct aas_now *now)
{
	struct aas_names l = { NULL, 0, 0 };

	if (aas_depot_hidden(d->sp.new, &l) == AAS_OK)
		for (size_t i = 0; i < l.n; i++)
			if (aas_queue_stale(&d->sp, l.v[i], now->real_s) ==
			    AAS_ERR_FORMAT)
				aas_log(LOG_ERR,
				    "event=alert-unreadable file=%s: it is in "
				    "dead/",
				    l.v[i] + 1);
	aas_names_free(&l);
}

static int
bury_line(const struct aas_drain *d, const char *line, size_t len,
    const struct aas_now *now)
{
	char name[AAS_DEPOT_NAME];
	char id[AAS_EVENT_ID];
	int r = aas_event_id(id);

	if (r != AAS_OK)
		return r;
	(void)snprintf(name, sizeof(name), "%010lld0000000000-%s.json",
	    (long long)now->real_s, id);
	r = aas_fs_replace(
	    d->sp.dead, name, line, len, (uid_t)-1, (gid_t)-1, 0600);
	if (r == AAS_OK)
		aas_log(LOG_ERR,
		    "event=alert-unreadable file=%s: it is in dead/", name);
	return r;
}

static int
take_reserved(void *arg, const char *line, size_t len)
{
	struct aas_drain *d = arg;
	struct aas_now now;
	int r = aas_clock_now(&now);

	if (r == AAS_OK)
		r = aas_queue_line(&d->sp, line, len, now.real_s);
	d->taken += r == AAS_OK;
	/* A slot is too good for what will never be an event. */
	if (r == AAS_ERR_FORMAT || r == AAS_ERR_TOOBIG)
		r = bury_line(d, line, len, &now);
	return r;
}

static int
take_one(struct aas_drain *d, const char *name, const struct aas_now *now)
{
	int r = aas_queue_take(&d->sp, name, now->real_s);

	if (r == AAS_OK)
		d->taken++;
	else if (r == AAS_ERR_FORMAT)
		aas_log(LOG_ERR,
		    "event=alert-unreadable file=%s: it is in dead/", name);
	else if (r != AAS_ERR_NOTFOUND) {
		int e = errno;

		/* A full disk says so once, not a thousand times. */
		if (d->unnumbered++ < SAID_MAX)
			aas_log(LOG_CRIT,
			    "event=alert-not-numbered file=%s: %s%s%s", name,
			    aas_strerror(r), r == AAS_ERR_SYS ? ": " : "",
			    r == AAS_ERR_SYS ? strerror(e) : "");
		return r;
	}
	return AAS_OK;
}

/* The first at once, then one an hour. */
static int
attempts_due(void *arg, uint32_t uid)
{
	const struct aas_drain *d = arg;
	struct aas_now now;

	return aas_clock_now(&now) == AAS_OK &&
	    aas_attempts_due(d->spooldir, NULL, uid, AAS_ATTEMPTS_TOLD, NULL,
		now.real_s, ATTEMPTS_S);
}

/* One word of a list: what a stranger chose adds no other one to it. */
static const char *
host_text(const char *rhost, char *dst, size_t cap)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:%_-";

	if (rhost[0] == '\0')
		return "this machine";
	(void)snprintf(dst, cap, "%s", rhost);
	for (char *p = dst; *(p += strspn(p, fit)) != '\0';)
		*p++ = '?';
	return dst;
}

static int
attempts_keep(void *arg, const struct aas_attempts *t)
{
	struct aas_drain *d = arg;
	int several = t->uid == AAS_ATTEMPTS_OTHERS;
	struct aas_event e = { .type = AAS_EV_ATTEMPTS,
		.user = several ? "root" : t->user,
		.uid = several ? 0 : t->uid,
		.service = t->service,
		.count = t->count,
		.first_s = t->first_s,
		.last_s = t->last_s };
	char line[AAS_EVENT_MAX + 1];
	char host[AAS_ATTEMPTS_HOST];
	char text[1024] = "";
	struct aas_now now;
	size_t at = 0;
	size_t len = 0;
	int r = aas_clock_now(&now);

	if (several)
		at = (size_t)snprintf(text, sizeof(text), "several users; ");
	for (size_t i = 0; i < t->hosts_n && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "%s%s (%" PRIu64 ")", i == 0 ? "most from " : ", ",
		    host_text(t->hosts[i].rhost, host, sizeof(host)),
		    t->hosts[i].count);
	e.text = text;
	if (t->hosts_n > 0 && t->hosts[0].rhost[0] != '\0')
		e.rhost = t->hosts[0].rhost;
	if (r == AAS_OK)
		r = aas_event_format(&e, &now, t->id, line, sizeof(line), &len);
	if (r == AAS_OK)
		r = aas_queue_line(&d->sp, line, len, now.real_s);
	if (r == AAS_OK) {
		d->taken++;
		/* Only now: what was not kept is to be told as soon as it is.
		 */
		(void)aas_attempts_once(d->spooldir, NULL, t->uid,
		    AAS_ATTEMPTS_TOLD, NULL, now.real_s, ATTEMPTS_S);
	} else
		aas_log(LOG_CRIT, "event=attempts-not-kept uid=%" PRIu32 ": %s",
		    t->uid, aas_strerror(r));
	return r;
}

/*
 * Before a damaged file of a chain is put aside: its user and root hear of it.
 * Where that does not work, of one or the other, for an hour nobody tries.
 */
static int
tell_damaged(void *arg, const struct aas_alert *a, int why)
{
	const struct aas_drain *d = arg;
	const char *user = aas_alert_str(a, "user");
	char text[160];
	struct aas_event e = { .type = AAS_EV_ALERTS_DAMAGED,
		.user = user,
		.uid = a->uid,
		.text = text };
	struct aas_now now;
	int r = aas_clock_now(&now);

	if (r != AAS_OK ||
	    !aas_attempts_due(d->spooldir, NULL, a->uid, "damaged", NULL,
		now.real_s, DAMAGED_S))
		return r;
	(void)snprintf(text, sizeof(text),
	    "the file of the alerts of uid %" PRIu32 " is damaged, and is kept "
	    "as %" PRIu32 ".damaged beside the new one",
	    a->uid, a->uid);
	aas_log(LOG_CRIT, "event=alerts-damaged uid=%" PRIu32 ": %s", a->uid,
	    why == AAS_ERR_PERMS ? "it is no file of root's alone"
				 : "its end is no alert");
	r = aas_drain_raise(d, &e, &now);
	if (r == AAS_OK && a->uid != 0) {
		e.user = "root";
		e.uid = 0;
		r = aas_drain_raise(d, &e, &now);
	}
	(void)aas_attempts_once(
	    d->spooldir, NULL, a->uid, "damaged", NULL, now.real_s, DAMAGED_S);
	return r;
}

/* One who keeps the queue full: root hears of it, once an hour. */
static void
tell_crowded(struct aas_drain *d, const struct aas_now *now)
{
	char text[160];
	const struct aas_event e = {
		.type = AAS_EV_DELIVERY_FAILING, .user = "root", .text = text
	};

	if (!d->waits.crowded ||
	    !aas_attempts_once(
		d->spooldir, NULL, 0, "crowded", NULL, now->real_s, CROWDED_S))
		return;
	(void)snprintf(text, sizeof(text),
	    "%d alerts of uid %" PRIu32
	    " wait: the oldest are given up for new ones",
	    AAS_QUEUE_USER, d->waits.crowded_uid);
	aas_log(LOG_ERR, "event=alerts-crowded uid=%" PRIu32 ": %d wait",
	    d->waits.crowded_uid, AAS_QUEUE_USER);
	(void)aas_drain_raise(d, &e, now);
}

/* 1: for this time enough was numbered. */
static int
is_enough(const struct aas_drain *d, int64_t since_ms)
{
	int64_t now_ms = aas_clock_ms();

	return now_ms >= d->until_ms || now_ms - since_ms >= AAS_TAKE_MS;
}

/*
 * More than is taken at once: first what no setting leaves out, so that who
 * raises thousands of others delays none of it.  Each is looked at once.
 */
static void
take_urgent(struct aas_drain *d, struct aas_names *l, const struct aas_now *now)
{
	int64_t since_ms = aas_clock_ms();

	for (size_t i = 0; i < l->n && !is_enough(d, since_ms); i++) {
		if (strcmp(l->v[i], d->seen) <= 0)
			continue;
		(void)snprintf(d->seen, sizeof(d->seen), "%s", l->v[i]);
		if (!aas_queue_urgent(&d->sp, l->v[i]))
			continue;
		(void)take_one(d, l->v[i], now);
		l->v[i][0] = '\0';
	}
}

static void
take_new(struct aas_drain *d, const struct aas_now *now)
{
	struct aas_names l = { NULL, 0, 0 };
	int64_t since_ms = 0;
	unsigned bad = 0;
	unsigned good = 0;
	size_t i = 0;
	int r = aas_depot_list(d->sp.new, &l);

	if (r != AAS_OK)
		aas_log(LOG_CRIT, "event=spool-unusable: %s", aas_strerror(r));
	if (l.n > AAS_TAKE_MAX)
		take_urgent(d, &l, now);
	else
		d->seen[0] = '\0';
	since_ms = aas_clock_ms();
	/* One that fails, or one user's damaged chain, is nobody else's. */
	for (; i < l.n && bad < BAD_MAX && good < AAS_TAKE_MAX &&
	     !is_enough(d, since_ms);
	     i++) {
		if (l.v[i][0] == '\0')
			continue;
		r = take_one(d, l.v[i], now);
		bad += r != AAS_OK;
		good += r == AAS_OK;
	}
	d->cut = i < l.n;
	d->took_ms = aas_clock_ms();
	aas_names_free(&l);
}

void
aas_drain_take(struct aas_drain *d)
{
	const struct aas_attempts_sink sink = { attempts_due, attempts_keep,
		d };
	struct aas_now now;

	if (aas_clock_now(&now) != AAS_OK)
		return;
	memset(&d->waits, 0, sizeof(d->waits));
	d->unnumbered = 0;
	d->sp.waits = &d->waits;
	d->sp.damaged = tell_damaged;
	d->sp.damaged_arg = d;
	(void)aas_spare_fill(d->sp.spare);
	take_stale(d, &now);
	/* These first: what a crash had numbered already is found again while
	 * it is among the last lines of its chain. */
	if (aas_spool_reserved(d->spooldir, take_reserved, d) != AAS_OK)
		aas_log(LOG_ERR, "event=spool-reserve-not-read");
	if (aas_attempts_take(d->spooldir, &sink) != AAS_OK)
		aas_log(LOG_ERR, "event=attempts-not-read");
	take_new(d, &now);
	if (d->unnumbered > SAID_MAX)
		aas_log(LOG_CRIT, "event=alerts-not-numbered: %u wait in new/",
		    d->unnumbered);
	tell_crowded(d, &now);
	aas_room_forget(&d->waits);
}
