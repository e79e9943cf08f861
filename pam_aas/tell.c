/*
 * Events of the module.
 *
 * 1. A sign-in that has to be told MUST NOT be let in before its event is on
 *    the disk.  One that only should be told MUST NOT be refused for it.
 * 2. Who tells it, and whether that works, MUST NOT matter to a sign-in: the
 *    notifier is started and forgotten.
 * 3. What a stranger can repeat MUST cost no more than a counter.
 * 4. What is told once an hour MUST count as told when it is on the disk, not
 *    before: two at the same time are better than none.
 */
#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/attempts.h"
#include "lib/event/raise.h"
#include "lib/event/spool.h"
#include "lib/event/undelivered.h"
#include "lib/log.h"
#include "lib/put.h"
#include "pam_aas/tell.h"

#define ONCE_S 3600

/* What an administrator can do about it. */
static const char *
help(int r)
{
	if (r == AAS_ERR_TOOBIG)
		return "too many events wait there: is aas-notify running?";
	if (r == AAS_ERR_PERMS)
		return "it must belong to root and be writable by nobody else";
	if (r == AAS_ERR_SYS && (errno == ENOSPC || errno == EDQUOT))
		return "its disk is full";
	if (r == AAS_ERR_SYS && errno == EROFS)
		return "its disk is read-only";
	return aas_strerror(r);
}

static void
log_lost(const struct aas_call *c, enum aas_event_type type, int r)
{
	char dir[AAS_SPOOL_PATH] = "", user[3 * 64];
	const char *why = help(r);

	(void)aas_spool_dir(aas_policy_statedir(c->policy), dir);
	aas_log(LOG_WARNING, "event=%s of user=\"%s\" is not kept in %s: %s",
	    aas_event_name(type),
	    aas_printable(user, sizeof(user), c->user.name), dir, why);
}

/* Keep it, then hand it over.  AAS_OK: it is on the disk. */
static int
keep_event(struct aas_call *c, const struct aas_event *e)
{
	struct aas_now now = c->now;
	int r = AAS_OK;

	/* Other phases have no need to know the boot. */
	if (c->phase != AAS_PH_SESSION)
		r = aas_clock_boot(&now);
	if (r == AAS_OK)
		r = aas_event_keep(
		    aas_policy_statedir(c->policy), &c->seen, e, &now, NULL);
	if (r != AAS_OK) {
		log_lost(c, e->type, r);
		return r;
	}
	r = aas_event_hand(
	    aas_policy_statedir(c->policy), aas_policy_libexecdir(c->policy));
	if (r != AAS_OK)
		aas_log(LOG_WARNING,
		    "aas-notify is not started: %s; the event waits for aasd",
		    aas_strerror(r));
	return AAS_OK;
}

/* One of the user. */
static int
raise_event(struct aas_call *c, struct aas_event *e)
{
	e->user = c->user.name;
	e->uid = c->user.uid;
	e->service = c->service;
	e->tty = c->tty;
	e->rhost = c->rhost != NULL && c->rhost[0] != '\0' ? c->rhost : NULL;
	return keep_event(c, e);
}

/* One that has to be told, and is not, is no sign-in. */
static int
must(struct aas_call *c, struct aas_event *e)
{
	if (raise_event(c, e) == AAS_OK || !c->d.alert ||
	    c->d.verdict == AAS_V_OUT)
		return 0;
	c->why = AAS_WHY_UNKNOWN; /* "ok", so far */
	(void)aas_call_refuse(c, AAS_WHY_ALERT_SPOOL);
	(void)aas_format(c->text, sizeof(c->text), "%s",
	    aas_reason_text(AAS_WHY_ALERT_SPOOL));
	return -1;
}

/* What the user has to know of earlier ones: they may be of somebody else. */
static void
say_undelivered(struct aas_call *c)
{
	char dir[AAS_SPOOL_PATH], text[160];
	size_t n = 0;

	if (aas_spool_dir(aas_policy_statedir(c->policy), dir) == AAS_OK)
		n = aas_undelivered(dir, c->user.uid);
	if (n == 0)
		return;
	(void)aas_format(text, sizeof(text),
	    "%zu alert%s about this account ha%s not been delivered; "
	    "\"aasctl alerts\" shows %s.",
	    n, n == 1 ? "" : "s", n == 1 ? "s" : "ve", n == 1 ? "it" : "them");
	aas_call_say(c, 0, text);
}

int
aas_tell_signin(struct aas_call *c, const char *via, const char *label)
{
	struct aas_txn *t = aas_txn_get(c->pamh);
	struct aas_event e = { .type = AAS_EV_SIGN_IN,
		.via = via,
		.key = label[0] != '\0' ? label : NULL };

	if (!c->remote && c->class != AAS_CL_LOGIN &&
	    (c->class != AAS_CL_OTHER || !c->d.alert))
		return 0;
	if (t != NULL && t->told && t->told_uid == c->user.uid)
		return 0; /* in its auth phase */
	if (t != NULL && t->ledger[0] != '\0')
		e.session = t->ledger;
	if (must(c, &e) != 0)
		return -1;
	say_undelivered(c);
	return 0;
}

int
aas_tell_within(struct aas_call *c, const char *label)
{
	struct aas_txn *t = aas_txn_need(c->pamh);
	struct aas_event e = {
		.type = AAS_EV_SIGN_IN, .via = "keys", .key = label
	};

	if (!c->d.alert || c->class != AAS_CL_OTHER || geteuid() != 0)
		return 0;
	if (t == NULL || must(c, &e) != 0)
		return -1;
	t->told = 1;
	t->told_uid = c->user.uid;
	return 0;
}

/* 1 if it was not told for a while. */
static int
is_due(struct aas_call *c, uid_t uid, const char *what, const char *more)
{
	char dir[AAS_SPOOL_PATH];

	return aas_spool_dir(aas_policy_statedir(c->policy), dir) != AAS_OK ||
	    aas_attempts_due(
		dir, &c->seen, uid, what, more, c->now.real_s, ONCE_S);
}

/* It is on the disk: not again for a while. */
static void
told(struct aas_call *c, uid_t uid, const char *what, const char *more)
{
	char dir[AAS_SPOOL_PATH];

	if (aas_spool_dir(aas_policy_statedir(c->policy), dir) == AAS_OK)
		(void)aas_attempts_once(
		    dir, &c->seen, uid, what, more, c->now.real_s, ONCE_S);
}

/* In auth by anybody who knocks. */
static int
glass_is_limited(const struct aas_call *c)
{
	return c->phase == AAS_PH_AUTH && geteuid() == 0;
}

int
aas_tell_glass_now(struct aas_call *c)
{
	return !glass_is_limited(c) ||
	    is_due(c, c->user.uid, "glass", c->service);
}

void
aas_tell_exempt(struct aas_call *c, int glass)
{
	struct aas_event e = { .type = glass ? AAS_EV_BREAK_GLASS
					     : AAS_EV_EXEMPTION };
	const char *what = glass ? "glass" : "exempt";

	if (geteuid() != 0 ||
	    (!glass && !is_due(c, c->user.uid, what, c->service)))
		return;
	if (raise_event(c, &e) == AAS_OK && (!glass || glass_is_limited(c)))
		told(c, c->user.uid, what, c->service);
}

static int
is_broken(unsigned why)
{
	return why == AAS_WHY_RECORD_BROKEN || why == AAS_WHY_ROLLBACK ||
	    why == AAS_WHY_RECORD_MISSING || why == AAS_WHY_FORKED;
}

void
aas_tell_refused(struct aas_call *c)
{
	struct aas_event e = { .why = aas_reason_code(c->why) };
	char dir[AAS_SPOOL_PATH];
	int r;

	if (c->policy == NULL || c->user.name[0] == '\0' || geteuid() != 0 ||
	    (c->phase != AAS_PH_AUTH && c->phase != AAS_PH_ACCOUNT &&
		c->phase != AAS_PH_SESSION) ||
	    c->class == AAS_CL_JOB)
		return;
	r = aas_spool_dir(aas_policy_statedir(c->policy), dir);
	if (r == AAS_OK)
		r = aas_attempts_add(dir, &c->seen, c->user.uid, c->user.name,
		    c->service, c->rhost, c->now.real_s);
	if (r != AAS_OK)
		log_lost(c, AAS_EV_ATTEMPTS, r);
	if (is_broken(c->why))
		e.type = AAS_EV_RECORD_BROKEN;
	else if (c->why == AAS_WHY_COUNTER)
		e.type = AAS_EV_COUNTER;
	else
		return;
	if (is_due(c, c->user.uid, aas_event_name(e.type), NULL) &&
	    raise_event(c, &e) == AAS_OK)
		told(c, c->user.uid, aas_event_name(e.type), NULL);
}

void
aas_tell_unkept(struct aas_call *c)
{
	/* It is the host's, and told once however many sign in. */
	static const struct aas_event e = { .type = AAS_EV_KEEPER_DOWN,
		.user = "root",
		.uid = 0,
		.why = "keeper",
		.text = "aasd does not run: systemd ends sessions a little "
			"later where it can, nobody else does." };

	aas_log(LOG_WARNING,
	    "event=keeper-down user=%s: sessions have no end but systemd's",
	    c->user.name);
	if (is_due(c, e.uid, "keeper", NULL) && keep_event(c, &e) == AAS_OK)
		told(c, e.uid, "keeper", NULL);
}
