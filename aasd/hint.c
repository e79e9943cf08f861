/*
 * Sessions of a display, and whether somebody is there.
 *
 * 1. Who cannot be asked for MUST NOT be ended as idle.
 */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/keep/hint.h"
#include "lib/log.h"
#include "aasd/hint.h"

#define LOGINCTL "/usr/bin/loginctl"
#define ASK_MS   5000
#define FRESH_MS 2000
#define WAIT_MS  1000
#define AGAIN_MS 10000 /* what logind did not answer */

void
aasd_hints_init(struct aasd_hints *h, int epoll)
{
	memset(h, 0, sizeof(*h));
	h->epoll = epoll;
	aasd_ctl_init(&h->ctl);
}

void
aasd_hints_free(struct aasd_hints *h)
{
	aasd_ctl_stop(&h->ctl);
	free(h->ids);
	h->ids = NULL;
	h->n = h->cap = 0;
}

void
aasd_hints_leave(struct aasd_hints *h)
{
	aasd_ctl_leave(&h->ctl);
}

static int
add(struct aasd_hints *h, const char *id)
{
	size_t cap = h->cap == 0 ? 16 : 2 * h->cap;
	char(*v)[AAS_LEDGER_ID] = NULL;

	if (h->n == h->cap) {
		if ((v = reallocarray(h->ids, cap, sizeof(*v))) == NULL)
			return AAS_ERR_NOMEM;
		h->ids = v;
		h->cap = cap;
	}
	memcpy(h->ids[h->n++], id, AAS_LEDGER_ID);
	return AAS_OK;
}

static int
is_to_ask(const struct aas_kept *s, int64_t now_ms)
{
	enum aas_keep_act act = aas_keep_due(&s->t, now_ms).act;

	return s->l.display &&
	    (act == AAS_KEEP_END_IDLE || act == AAS_KEEP_TELL_IDLE) &&
	    (s->hint == AAS_HINT_UNASKED || now_ms - s->hint_ms >= FRESH_MS);
}

size_t
aasd_hints_sift(struct aasd_hints *h, struct aas_book *b, struct aas_kept **v,
    size_t n, int64_t now_ms)
{
	size_t rest = 0;

	for (size_t i = 0; i < n; i++) {
		struct aas_kept *s = v[i];

		if (!is_to_ask(s, now_ms)) {
			v[rest++] = s;
			continue;
		}
		if (!s->hint_asked)
			s->hint_asked = add(h, s->id) == AAS_OK;
		aas_book_due(b, s, now_ms + WAIT_MS);
	}
	return rest;
}

static void
start(struct aasd_hints *h, const char *id)
{
	char name[] = "loginctl", verb[] = "show-session", prop[] = "-p";
	char hint[] = "IdleHint", since[] = "IdleSinceHintMonotonic";
	char last[] = "--", of[AAS_HINT_ID];
	char *argv[] = { name, verb, prop, hint, prop, since, last, of, NULL };
	int r;

	memcpy(of, id, sizeof(of));
	r = aasd_ctl_run(&h->ctl, h->epoll, LOGINCTL, argv, ASK_MS, 1);
	if (r != AAS_OK)
		aas_log(LOG_WARNING, "event=idle-not-asked why=\"%s\"",
		    aas_strerror(r));
}

static void
forget_first(struct aasd_hints *h)
{
	memmove(h->ids, h->ids + 1, --h->n * sizeof(*h->ids));
}

/* The answer about the first; NULL: there was none. */
static void
settle(struct aasd_hints *h, struct aas_book *b, const struct aas_hint *answer)
{
	struct aas_kept *s = aas_book_find(b, h->ids[0]);
	struct timespec ts = { 0, 0 };
	int64_t now_ms = aas_clock_ms();

	forget_first(h);
	if (s == NULL)
		return;
	s->hint_asked = 0;
	if (s->why != AAS_KEEP_GOES_ON)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	if (answer != NULL)
		aas_hint_take(s, answer,
		    (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000, now_ms);
	aas_book_due(b, s, answer != NULL ? 0 : now_ms + AGAIN_MS);
}

void
aasd_hints_look(struct aasd_hints *h, struct aas_book *b)
{
	static const struct aas_hint never = { AAS_HINT_NEVER, 0 };
	struct aas_hint got = never;
	const struct aas_kept *s = NULL;
	char id[AAS_HINT_ID];
	enum aasd_ctl_state is = aasd_ctl_look(&h->ctl);

	if (is == AASD_CTL_LATE)
		aas_log(LOG_WARNING,
		    "event=idle-not-asked why=\"logind does not answer\"");
	if (is == AASD_CTL_LATE || is == AASD_CTL_ENDED)
		settle(h, b,
		    aas_hint_parse(h->ctl.out, &got) == AAS_OK ? &got : NULL);
	while (h->n > 0 && h->ctl.child.pid == -1) {
		s = aas_book_find(b, h->ids[0]);
		/* Where logind knows of no session nobody gives a hint. */
		if (s == NULL || aas_hint_name(s, id) != AAS_OK) {
			settle(h, b, &never);
			continue;
		}
		start(h, id);
		if (h->ctl.child.pid == -1)
			settle(h, b, NULL);
	}
}

const char *
aasd_hints_name(const struct aas_kept *s)
{
	switch (s->hint) {
	case AAS_HINT_NEVER:
		return "none";
	case AAS_HINT_ACTIVE:
		return "active";
	case AAS_HINT_IDLE:
		return "idle";
	case AAS_HINT_UNASKED:
	default:
		return NULL;
	}
}
