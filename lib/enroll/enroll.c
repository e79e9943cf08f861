/*
 * The dialog of an enrolment, step by step.
 *
 * Until the store accepted the one finished line, nothing MUST change but the
 * draft: giving up at any prompt leaves the old state.
 */
#include <sys/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/enroll/parts.h"
#include "lib/err.h"
#include "lib/reason.h"

#define WAIT_S (72 * 3600) /* of a recovery, before it is done */

static int
save_draft(struct aas_dialog *g)
{
	struct aas_now now;

	if (aas_clock_now(&now) != AAS_OK)
		return AAS_ERR_SYS;
	g->d.time_s = now.real_s;
	/* Without a draft nothing is lost but the keys made so far. */
	(void)aas_draft_save(g->e->drafts, &g->d);
	return AAS_OK;
}

static int
make_key(struct aas_dialog *g)
{
	char label[AAS_LABEL_MAX];
	int r = aas_enroll_ask_label(g, label);

	if (r == AAS_OK)
		r = aas_enroll_make(g, label);
	return r == AAS_OK ? save_draft(g) : r;
}

static int
make_keys(struct aas_dialog *g)
{
	int r = AAS_OK;
	int more = 0;

	while (r == AAS_OK && g->d.keys_n < AAS_ENROLL_KEYS) {
		if (g->d.keys_n >= g->e->keys_min) {
			more = 0;
			r = aas_enroll_ask_yes(g, "Another key?", &more);
			if (r != AAS_OK || !more)
				return r;
		}
		r = make_key(g);
	}
	return r;
}

static int
explain(struct aas_dialog *g)
{
	return aas_say(g->ui, 0,
	    "This enrolls security keys for %s (%s).\n"
	    "Have at least %u keys at hand. Each is made ready, named and "
	    "tested. You then\nget %d recovery keys to write down. Until the "
	    "last step nothing changes; you may\nstop at any prompt with ^C.",
	    g->e->user, g->e->realm, g->e->keys_min, AAS_ENROLL_RECOVERY);
}

/* Policy may take other kinds than when they were made. */
static void
drop_kinds(struct aas_dialog *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->d.keys_n; i++) {
		if (aas_enroll_takes(g, &g->d.keys[i]))
			g->d.keys[n++] = g->d.keys[i];
	}
	g->d.keys_n = (uint8_t)n;
}

/* No keys so far. */
static int
new_set(struct aas_dialog *g)
{
	memset(&g->d, 0, sizeof(g->d));
	g->d.uid = g->e->uid;
	(void)snprintf(g->d.realm, sizeof(g->d.realm), "%s", g->e->realm);
	if (getrandom(g->d.handle, sizeof(g->d.handle), 0) !=
	    (ssize_t)sizeof(g->d.handle))
		return AAS_ERR_SYS;
	return AAS_OK;
}

/* Take up a draft, if there is one and the person wants it. */
static int
resume(struct aas_dialog *g)
{
	const struct aas_enroll *e = g->e;
	struct aas_now now;
	char names[AAS_ENROLL_KEYS * (AAS_LABEL_MAX + 4)] = "";
	char question[sizeof(names) + 64];
	size_t n = 0;
	int yes = 1;
	int r = aas_clock_now(&now);

	if (r != AAS_OK)
		return r;
	r = aas_draft_load(e->drafts, e->uid, e->realm, now.real_s, &g->d);
	if (r == AAS_OK)
		drop_kinds(g);
	if (r == AAS_OK && g->d.keys_n > 0) {
		for (size_t i = 0; i < g->d.keys_n && n < sizeof(names); i++)
			n += (size_t)snprintf(names + n, sizeof(names) - n,
			    "%s'%s'", i > 0 ? ", " : "", g->d.keys[i].label);
		(void)snprintf(question, sizeof(question),
		    "Made before: %s. Go on with that?", names);
		if ((r = aas_enroll_ask_yes(g, question, &yes)) != AAS_OK ||
		    yes)
			return r;
	}
	return new_set(g);
}

static const char *
met(int yes)
{
	return yes ? "yes" : "NO";
}

/* Show what the set meets; AAS_ERR_DEVICE if it cannot be enrolled. */
static int
requirements(struct aas_dialog *g)
{
	int roaming = 0;
	int bound = 1;
	int enough = g->d.keys_n >= g->e->keys_min;

	for (size_t i = 0; i < g->d.keys_n; i++) {
		roaming |= g->d.keys[i].roaming;
		bound &= (g->d.keys[i].backup & AAS_BE) == 0;
	}
	(void)aas_say(g->ui, 0,
	    "\nWhat this set of %u keys meets:\n"
	    "  at least %u distinct keys:              %s\n"
	    "  one of them works on other machines:   %s\n"
	    "  PIN or fingerprint at each sign-in:    %s\n"
	    "  bound to their devices, never copied:  %s",
	    g->d.keys_n, g->e->keys_min, met(enough), met(roaming),
	    g->e->uv ? "yes" : "not required", bound ? "yes" : "no (synced)");
	if (enough && roaming)
		return AAS_OK;
	(void)aas_say(g->ui, 1, "These keys cannot be enrolled.");
	g->why = AAS_WHY_SECOND_KEY;
	return AAS_ERR_DEVICE;
}

int
aas_enroll_set(struct aas_dialog *g)
{
	int r = new_set(g);

	if (r == AAS_OK)
		r = make_keys(g);
	return r == AAS_OK ? requirements(g) : r;
}

static int
fill_entry(struct aas_dialog *g)
{
	struct aas_entry *n = &g->entry;
	struct aas_now now;
	int r = aas_enroll_recovery(g->ui, n->recovery);

	if (r != AAS_OK)
		return r;
	if ((r = aas_clock_now(&now)) != AAS_OK)
		return r;
	n->type = AAS_T_GENESIS;
	n->seq = 1;
	n->uid = g->e->uid;
	(void)snprintf(n->user, sizeof(n->user), "%s", g->e->user);
	(void)snprintf(n->realm, sizeof(n->realm), "%s", g->e->realm);
	(void)snprintf(n->host, sizeof(n->host), "%s", g->e->host);
	n->time_s = now.real_s;
	n->keys_n = g->d.keys_n;
	memcpy(n->keys, g->d.keys, g->d.keys_n * sizeof(n->keys[0]));
	n->recovery_n = AAS_ENROLL_RECOVERY;
	n->recovery_wait_s = WAIT_S;
	return AAS_OK;
}

static int
commit(struct aas_dialog *g, int64_t *held_until)
{
	int r =
	    aas_say(g->ui, 0, "\nEach key now signs the finished enrolment.");

	if (r == AAS_OK)
		r = aas_enroll_submit(g, (1u << g->d.keys_n) - 1, held_until);
	if (r == AAS_OK)
		aas_draft_drop(g->e->drafts, g->e->uid);
	return r;
}

static void
farewell(struct aas_dialog *g, int64_t held_until)
{
	char until[AAS_CLOCK_TEXT];

	if (held_until == 0) {
		(void)aas_say(g->ui, 0,
		    "\nEnrolled. From now on %s signs in with one of these "
		    "keys; the password is locked, and\nall sessions from "
		    "before end.",
		    g->e->user);
		return;
	}
	aas_clock_format(held_until, until);
	(void)aas_say(g->ui, 0,
	    "\nEnrolled, but held until %s: nothing proved that it was you "
	    "who asked.\nUntil then you sign in as before. All your terminals "
	    "were told.",
	    until);
}

int
aas_enroll_run(const struct aas_enroll *e, int64_t *held_until, unsigned *why)
{
	struct aas_dialog *g = calloc(1, sizeof(*g));
	int64_t held = 0;
	int r = AAS_ERR_NOMEM;

	*why = AAS_WHY_SYSTEM;
	if (g == NULL)
		return r;
	g->e = e;
	g->ui = e->ui;
	g->why = AAS_WHY_SYSTEM;
	if ((r = explain(g)) == AAS_OK && (r = resume(g)) == AAS_OK &&
	    (r = make_keys(g)) == AAS_OK && (r = requirements(g)) == AAS_OK &&
	    (r = fill_entry(g)) == AAS_OK)
		r = commit(g, &held);
	if (r == AAS_OK) {
		farewell(g, held);
		*held_until = held;
	}
	return aas_enroll_end(g, r, why);
}
