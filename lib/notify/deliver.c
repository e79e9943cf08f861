/*
 * One alert, to all places that have not had it.
 *
 * It MUST NOT leave the queue before each place that lasts has it or has
 * refused it for good; and then it is a dead letter, and told.
 */
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

#define SAID       160
#define GIVEN_UP_S 3600

/* An event of root's about alerts themselves. */
static void
raise_failing(const struct aas_drain *d, const struct aas_round *rd,
    const char *text, const struct aas_now *now)
{
	const struct aas_event e = {
		.type = AAS_EV_DELIVERY_FAILING, .user = "root", .text = text
	};
	const char *type = aas_alert_str(&rd->a, "type");
	/* Not about its own kind: that would never end. */
	if (type != NULL && strcmp(type, aas_event_name(e.type)) == 0)
		return;
	(void)aas_drain_raise(d, &e, now);
}

/*
 * It did not take one now.  For the fifth time in a row: tell by the others.
 */
static void
place_bad(struct aas_drain *d, struct aas_round *rd, const struct aas_target *t,
    const struct aas_now *now, int late)
{
	char text[SAID + 64];

	rd->again++;
	if (aas_place_bad(&d->places, t->key, now->real_s, d->conf->retry_s,
		late) != AAS_PLACE_TELL)
		return;
	(void)snprintf(text, sizeof(text),
	    "%s has not taken alerts %d times in a row", t->name,
	    AAS_PLACE_TELL);
	raise_failing(d, rd, text, now);
}

static void
prepare(struct aas_drain *d, struct aas_round *rd, const struct aas_now *now)
{
	for (size_t i = 0; i < rd->t_n; i++) {
		struct aas_target *t = &rd->t[i];
		struct aas_job *j = &rd->j[rd->j_n];
		int r = AAS_OK;

		if (aas_queued_how(&rd->q, t->key) != 0)
			continue;
		if (!d->all &&
		    !aas_place_open(
			&d->places, t->key, now->real_s, d->conf->retry_s)) {
			rd->skipped += t->ch->lasting;
			continue;
		}
		aas_job_init(j);
		r = t->ch->prepare(&rd->send, t, j);
		if (r != AAS_OK) {
			aas_close(&j->in);
			aas_close(&j->extra[0]);
			aas_close(&j->extra[1]);
		}
		if (r == AAS_ERR_NOTFOUND && !t->ch->lasting)
			continue;
		if (r != AAS_OK) {
			aas_log(LOG_ERR, "event=alert-not-sent to=%s: %s",
			    t->name, aas_strerror(r));
			if (t->ch->lasting)
				place_bad(d, rd, t, now, 0);
			else
				(void)aas_place_bad(&d->places, t->key,
				    now->real_s, d->conf->retry_s, 0);
			continue;
		}
		rd->of[rd->j_n++] = t;
	}
}

static void
say_how(const struct aas_round *rd, const struct aas_target *t,
    const struct aas_job *j)
{
	char said[SAID];
	char status[32];

	if (j->status == AAS_JOB_LATE)
		(void)snprintf(status, sizeof(status), "took too long");
	else if (j->status == AAS_JOB_NO_USER)
		(void)snprintf(status, sizeof(status), "no user aas-notify");
	else if (j->status > AAS_JOB_LATE)
		(void)snprintf(status, sizeof(status), "cannot be started");
	else if (j->status == AAS_JOB_KILLED)
		(void)snprintf(status, sizeof(status), "was killed");
	else
		(void)snprintf(status, sizeof(status), "status %d", j->status);
	aas_log(LOG_WARNING,
	    "event=alert-not-sent to=%s number=%" PRIu64 " uid=%" PRIu32
	    ": %s: %s",
	    t->name, rd->a.number, rd->a.uid, status,
	    aas_printable(said, sizeof(said), j->out));
}

/* One that hangs is left alone for a while; nobody waits for it. */
static void
of_the_moment(struct aas_drain *d, const struct aas_round *rd,
    const struct aas_target *t, const struct aas_job *j,
    const struct aas_now *now)
{
	if (j->status != AAS_JOB_LATE) {
		if (j->status != 0 && t->ch->failure_is_news)
			say_how(rd, t, j);
		aas_place_good(&d->places, t->key);
		return;
	}
	say_how(rd, t, j);
	(void)aas_place_bad(
	    &d->places, t->key, now->real_s, d->conf->retry_s, 1);
}

static void
settle(struct aas_drain *d, struct aas_round *rd, const struct aas_now *now)
{
	for (size_t i = 0; i < rd->j_n; i++) {
		const struct aas_target *t = rd->of[i];
		const struct aas_job *j = &rd->j[i];
		enum aas_sent how = t->ch->judge(j);

		/* Of the moment: once, whatever became of it. */
		if (!t->ch->lasting || how != AAS_SENT_AGAIN) {
			(void)aas_queued_mark(&rd->q, t->key,
			    how == AAS_SENT_FAILED && t->ch->lasting
				? AAS_MARK_FAILED
				: AAS_MARK_DONE);
		}
		aas_place_spent(&d->places, t->key, j->ms);
		if (!t->ch->lasting) {
			of_the_moment(d, rd, t, j, now);
			continue;
		}
		if (how != AAS_SENT)
			say_how(rd, t, j);
		if (how == AAS_SENT_AGAIN) {
			place_bad(d, rd, t, now, j->status == AAS_JOB_LATE);
		} else {
			d->sent += how == AAS_SENT;
			aas_place_good(&d->places, t->key);
		}
	}
	for (size_t i = 0; i < rd->q.marks_n; i++)
		rd->failed += rd->q.marks[i].how == AAS_MARK_FAILED;
}

/* Given up: it stays in dead/, and root hears of it. */
static int
give_up(struct aas_drain *d, const char *name, const struct aas_round *rd,
    const struct aas_now *now)
{
	char text[SAID];
	int r = aas_queue_bury(&d->sp, name);

	(void)snprintf(text, sizeof(text),
	    "alert %" PRIu64 " of uid %" PRIu32
	    " was given up: /var/spool/aas/dead",
	    rd->a.number, rd->a.uid);
	aas_log(LOG_ERR, "event=alert-given-up number=%" PRIu64 " uid=%" PRIu32,
	    rd->a.number, rd->a.uid);
	/* Thousands may end at the same time. */
	if (aas_attempts_once(d->spooldir, NULL, 0, "given-up", NULL,
		now->real_s, GIVEN_UP_S))
		raise_failing(d, rd, text, now);
	return r;
}

/*
 * 1: it is older than what is kept, and each place that it waits for failed
 * just now and for as long, one failure after the other.  Age alone says
 * nothing: the machine may have been off, or the clock have jumped.
 */
static int
is_over(const struct aas_drain *d, const struct aas_round *rd, int64_t now_s)
{
	int waits = 0;

	if (rd->q.queued_s + (int64_t)d->conf->keep_s >= now_s)
		return 0;
	for (size_t i = 0; i < rd->t_n; i++) {
		const struct aas_target *t = &rd->t[i];
		unsigned fails = 0;

		if (!t->ch->lasting || aas_queued_how(&rd->q, t->key) != 0)
			continue;
		waits++;
		if ((fails = aas_place_down(&d->places, t->key)) == 0)
			return 0;
		/* The place may take all others, and never this one. */
		if (fails < rd->q.tries)
			fails = rd->q.tries;
		if (aas_place_span(fails, d->conf->retry_s) <
		    (int64_t)d->conf->keep_s)
			return 0;
	}
	return waits > 0;
}

static int
conclude(struct aas_drain *d, const char *name, struct aas_round *rd,
    const struct aas_now *now)
{
	if (rd->again == 0 && rd->skipped == 0 && !d->partial)
		return rd->failed > 0 ? give_up(d, name, rd, now)
				      : aas_queue_drop(&d->sp, name);
	if (is_over(d, rd, now->real_s))
		return give_up(d, name, rd, now);
	d->waiting++;
	if (rd->j_n == 0 && rd->again == 0)
		return AAS_OK;
	if (rd->again > 0) {
		rd->q.tries++;
		rd->q.next_s =
		    now->real_s + aas_place_wait(rd->q.tries, d->conf->retry_s);
	}
	return aas_queue_save(&d->sp, name, &rd->q);
}

/* What does not parse any more cannot be sent: aside with it. */
static int
load(struct aas_drain *d, const char *name, struct aas_round *rd)
{
	int r = aas_queue_load(d->sp.queue, name, &rd->q);

	if (r == AAS_OK)
		r = aas_alert_parse(rd->q.line.p, rd->q.line.len, &rd->a);
	if (r == AAS_ERR_FORMAT || r == AAS_ERR_TOOBIG || r == AAS_ERR_PERMS) {
		aas_log(LOG_ERR,
		    "event=alert-unreadable file=%s: it is in dead/", name);
		(void)aas_queue_bury(&d->sp, name);
	}
	return r;
}

int
aas_drain_deliver(struct aas_drain *d, const char *name, struct aas_round *rd)
{
	struct aas_now now;
	int64_t left_ms = d->until_ms - aas_clock_ms();
	int timeout_ms = (int)d->conf->timeout_s * 1000;
	int r = AAS_OK;

	memset(rd, 0, sizeof(*rd));
	if (aas_clock_now(&now) != AAS_OK)
		return AAS_ERR_SYS;
	if (load(d, name, rd) != AAS_OK)
		return AAS_OK;
	/* A clock that was set back does not keep it for a year. */
	if (!d->all && rd->q.next_s > now.real_s &&
	    rd->q.next_s - now.real_s <= (int64_t)d->conf->retry_s) {
		d->waiting++;
		goto out;
	}
	aas_contacts_get(
	    &d->sp, d->store, &rd->a, &now, d->conf->keep_s, &rd->c);
	aas_told_make(&rd->a, d->conf->dashboard, &rd->told);
	rd->send = (struct aas_send){ d->conf, &rd->a, rd->q.line.p,
		rd->q.line.len, &rd->told, now.real_s, d->rundir };
	rd->t_n = aas_targets_of(d->conf, &rd->a, &rd->c, rd->t);
	prepare(d, rd, &now);
	if (left_ms < timeout_ms)
		timeout_ms = left_ms > 1000 ? (int)left_ms : 1000;
	aas_jobs_run(rd->j, rd->j_n, timeout_ms);
	settle(d, rd, &now);
	r = conclude(d, name, rd, &now);
out:
	aas_alert_clear(&rd->a);
	return r;
}
