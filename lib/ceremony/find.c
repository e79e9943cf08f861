/*
 * Which of the plugged keys may be used: list, open, probe, and tell the
 * person what is missing.  A probe needs no touch and lights nothing.
 *
 * 1. What a probe says MUST choose only whom to ask, never whom to believe.
 */
#include <string.h>

#include <fido.h>

#include "lib/assertion.h"
#include "lib/ceremony/priv.h"
#include "lib/err.h"

#define TICK_MS    250
#define PROBE_MS   3000
#define TRIES      3
#define AGAIN_MS   100
#define WRONG_MS   3000  /* only wrong keys here: give up after this long */
#define NOTHING_MS 15000 /* none at all */
#define SLOW_MS    500   /* one is known: wait this long for the others */

static int
listed(const struct aas_dev *devs, size_t n, const struct aas_dev *d)
{
	for (size_t i = 0; i < n; i++)
		if (aas_dev_same(&devs[i], d))
			return 1;
	return 0;
}

static struct aas_slot *
slot_of(struct aas_cer *c, const struct aas_dev *d)
{
	for (size_t i = 0; i < c->slots_n; i++)
		if (c->slots[i].state != AAS_SLOT_FREE &&
		    aas_dev_same(&c->slots[i].dev, d))
			return &c->slots[i];
	return NULL;
}

static void
scan(struct aas_cer *c)
{
	static const struct aas_io none = AAS_IO_NONE;
	struct aas_dev devs[AAS_DEV_MAX];
	size_t n = 0, i, k;

	if (aas_dev_list(AAS_DEV_SYS, devs, &n) != AAS_OK)
		n = 0;
	for (i = 0; i < c->slots_n; i++) {
		struct aas_slot *s = &c->slots[i];

		/* A busy one says itself how it ended. */
		if (s->state == AAS_SLOT_FREE || s->busy || s->ready ||
		    listed(devs, n, &s->dev))
			continue;
		aas_cer_close(s, 0);
		s->state = AAS_SLOT_FREE;
	}
	for (i = 0; i < n; i++) {
		if (slot_of(c, &devs[i]) != NULL)
			continue;
		for (k = 0; k < c->slots_n; k++)
			if (c->slots[k].state == AAS_SLOT_FREE)
				break;
		if (k == AAS_DEV_MAX)
			break;
		if (k == c->slots_n)
			c->slots[c->slots_n++].io = none;
		c->slots[k].state = AAS_SLOT_NEW;
		c->slots[k].dev = devs[i];
		c->slots[k].tries = 0;
		c->slots[k].again_ms = 0;
	}
	c->scanned_ms = aas_clock_ms();
}

/* A probe of all that may answer; the order in the job says which matched. */
static void
probe_job(struct aas_cer *c)
{
	struct aas_io_job *j = &c->job;

	aas_io_job_wipe(j);
	j->op = AAS_IO_PROBE;
	j->want = c->want;
	memcpy(j->rp, c->rp, sizeof(j->rp));
	for (size_t i = 0; i < c->keys_n; i++) {
		const struct aas_cred *cr = c->keys[i].cred;

		j->ids[j->ids_n].len = cr->id_len;
		memcpy(j->ids[j->ids_n].b, cr->id, cr->id_len);
		j->ids_n++;
	}
}

static void
classify(struct aas_cer *c, struct aas_slot *s)
{
	const struct aas_cer_key *k;

	s->seen = s->res;
	s->ready = 0;
	if (s->res.end != AAS_IO_DONE || s->res.fido != FIDO_OK ||
	    s->res.match > c->keys_n) {
		s->state = AAS_SLOT_FAULTY;
		if (s->res.end == AAS_IO_GONE)
			s->state = AAS_SLOT_FREE;
		/* Another program's conversation may have come between. */
		else if (s->res.end == AAS_IO_DONE && ++s->tries < TRIES)
			s->state = AAS_SLOT_NEW;
		s->again_ms = aas_clock_ms() + AGAIN_MS;
		aas_cer_close(s, 0);
		return;
	}
	s->state = AAS_SLOT_FOREIGN;
	if (s->res.match > 0) {
		s->key = s->res.match - 1u;
		k = &c->keys[s->key];
		s->state = AAS_SLOT_YOURS;
		if (k->used)
			s->state = AAS_SLOT_USED;
		else if (k->refused)
			s->state = AAS_SLOT_REFUSED;
		else if (c->only != -1 && c->only != (int)s->key)
			s->state = AAS_SLOT_FOREIGN;
	}
	/* Whoever is not needed lets go of its key. */
	if ((s->state == AAS_SLOT_YOURS) == (c->making != 0))
		aas_cer_close(s, TICK_MS);
}

int
aas_cer_tend(struct aas_cer *c)
{
	if (c->scanned_ms == 0 || aas_clock_ms() - c->scanned_ms >= TICK_MS)
		scan(c);
	for (size_t i = 0; i < c->slots_n; i++) {
		struct aas_slot *s = &c->slots[i];
		int r;

		if (s->state == AAS_SLOT_PROBING && s->ready)
			classify(c, s);
		if (s->state != AAS_SLOT_NEW || aas_clock_ms() < s->again_ms)
			continue;
		probe_job(c);
		r = aas_cer_start(c, s, PROBE_MS);
		if (r == AAS_OK)
			s->state = AAS_SLOT_PROBING;
		else if (r == AAS_ERR_FORMAT)
			s->state = AAS_SLOT_NOKEY;
		else if (r == AAS_ERR_NOTFOUND)
			s->state = AAS_SLOT_FREE;
		else if (r != AAS_ERR_AGAIN)
			s->state = AAS_SLOT_FAULTY;
	}
	return AAS_OK;
}

size_t
aas_cer_pending(const struct aas_cer *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->slots_n; i++)
		n += c->slots[i].state == AAS_SLOT_PROBING ||
		    (c->slots[i].state == AAS_SLOT_NEW &&
			c->slots[i].tries > 0);
	return n;
}

static unsigned
missing(const struct aas_cer *c)
{
	if (aas_cer_count(c, AAS_SLOT_REFUSED) > 0)
		return AAS_WHY_COUNTER;
	if (c->v.keys_n > 0)
		return AAS_WHY_SECOND_KEY;
	if (aas_cer_count(c, AAS_SLOT_FOREIGN) > 0)
		return AAS_WHY_FOREIGN_KEY;
	if (aas_cer_count(c, AAS_SLOT_FAULTY) > 0)
		return AAS_WHY_DEVICE;
	if (aas_cer_count(c, AAS_SLOT_NEW) > 0)
		return AAS_WHY_BUSY;
	return AAS_WHY_NO_KEY;
}

/* Say once for each kind of absence what to do about it. */
static int
tell(struct aas_cer *c, unsigned why)
{
	char labels[AAS_TEXT_MAX - 200];

	aas_cer_labels(c, 0, labels, sizeof(labels));
	switch (why) {
	case AAS_WHY_COUNTER:
		return aas_cer_info(c,
		    "The key that is plugged in is no longer accepted here: a "
		    "copy of it may exist.");
	case AAS_WHY_FOREIGN_KEY:
		return aas_cer_info(c,
		    "The security key that is plugged in is not the right "
		    "one. Plug in %s.",
		    labels);
	case AAS_WHY_DEVICE:
		return aas_cer_info(c,
		    "The security key that is plugged in does not answer. "
		    "Unplug it and plug it in again.");
	case AAS_WHY_BUSY:
		return aas_cer_info(
		    c, "Another program is using the security key. Waiting.");
	case AAS_WHY_SECOND_KEY:
		return aas_cer_info(
		    c, "Now a second key is needed. Plug in %s.", labels);
	default:
		return aas_cer_info(c, "Plug in %s.", labels);
	}
}

/* A key that was left out by its kind cannot be told from a stranger's. */
static int
give_up(struct aas_cer *c, unsigned why)
{
	char labels[AAS_TEXT_MAX - 200];

	if (why != AAS_WHY_FOREIGN_KEY || c->others == 0)
		return aas_cer_fail(c, why);
	aas_cer_labels(c, 0, labels, sizeof(labels));
	return aas_cer_failf(c, why,
	    "The security key that is plugged in is not one of yours, or of a "
	    "kind that policy does not take here. Plug in %s and try again.",
	    labels);
}

/* The same when any key will do that is not one of keys[]. */
static int
tell_making(struct aas_cer *c, unsigned why)
{
	if (aas_cer_count(c, AAS_SLOT_YOURS) > 0)
		return aas_cer_info(c,
		    "The key that is plugged in is already one of those. "
		    "Unplug it and plug in the new one.");
	if (why == AAS_WHY_DEVICE || why == AAS_WHY_BUSY)
		return tell(c, why);
	return aas_cer_info(c, "Plug in the new security key.");
}

/* For how long it makes sense to wait for a change. */
static int64_t
patience(const struct aas_cer *c, unsigned why)
{
	if (why == AAS_WHY_FOREIGN_KEY || why == AAS_WHY_DEVICE ||
	    why == AAS_WHY_COUNTER)
		return WRONG_MS;
	/* Who enrolls has just been told to go and fetch the key. */
	return c->making ? INT64_MAX : NOTHING_MS;
}

int
aas_cer_find(struct aas_cer *c)
{
	enum aas_slot_state good =
	    c->making ? AAS_SLOT_FOREIGN : AAS_SLOT_YOURS;
	enum aas_slot_state bad = c->making ? AAS_SLOT_YOURS : AAS_SLOT_FOREIGN;
	int64_t since = aas_clock_ms(), known = 0;
	unsigned why, last = AAS_WHY_OK;
	int r, warm = 0;

	for (;;) {
		int64_t now = aas_clock_ms();

		if ((r = aas_cer_tend(c)) != AAS_OK)
			return r;
		if (aas_cer_count(c, good) > 0) {
			if (known == 0)
				known = now;
			if (aas_cer_pending(c) == 0 || now - known > SLOW_MS)
				return AAS_OK;
		} else if (aas_cer_pending(c) == 0) {
			known = 0;
			why = missing(c);
			if (c->making && why == AAS_WHY_FOREIGN_KEY)
				why = AAS_WHY_NO_KEY;
			if (c->making && aas_cer_count(c, bad) > 0)
				why = AAS_WHY_EXISTS;
			/* What comes with the end of the time is that. */
			if (why != last && now >= c->until_ms - 1)
				return aas_cer_fail(c, AAS_WHY_TIMEOUT);
			if (why != last) {
				since = now;
				last = why;
				r = c->making ? tell_making(c, why)
					      : tell(c, why);
				if (r != AAS_OK)
					return r;
			}
			if (now >= c->until_ms - 1 ||
			    now - since >= patience(c, why))
				return give_up(c, why);
		}
		/* The keys are busy now; later the person waits for us. */
		if (!warm && c->keys_n > 0)
			aas_crypto_warm(c->keys[0].cred->alg);
		warm = 1;
		r = aas_cer_step(c,
		    aas_cer_pending(c) > 0 ? AGAIN_MS : c->until_ms - 1 - now);
		if (r != AAS_OK) {
			/* Not "time ran out" but what was waited for. */
			if (c->why == AAS_WHY_TIMEOUT && last != AAS_WHY_OK)
				c->why = last;
			return r;
		}
	}
}

int
aas_cer_choose(struct aas_cer *c, enum aas_slot_state st, struct aas_slot **s)
{
	unsigned why = AAS_WHY_DEVICE;
	size_t left;
	int r;

	for (;;) {
		left = aas_cer_pending(c);
		if ((r = aas_cer_tend(c)) != AAS_OK)
			return r;
		for (size_t i = 0; i < c->slots_n; i++) {
			struct aas_slot *t = &c->slots[i];

			if (t->state != st)
				continue;
			if (t->ready && t->res.end == AAS_IO_DONE &&
			    t->res.fido == FIDO_OK && t->res.touched) {
				aas_cer_close_others(c, NULL);
				*s = t;
				return AAS_OK;
			}
			if (t->ready) {
				why = aas_cer_why(&t->res);
				if (t->res.fido == FIDO_OK &&
				    t->res.end == AAS_IO_DONE)
					why = AAS_WHY_TIMEOUT;
				aas_cer_close(t, TICK_MS);
				t->state = AAS_SLOT_FAULTY;
				continue;
			}
			if (!t->busy) {
				aas_io_job_wipe(&c->job);
				c->job.op = AAS_IO_TOUCH;
				r = aas_cer_start(
				    c, t, c->until_ms - aas_clock_ms());
				if (r != AAS_OK) {
					t->state = AAS_SLOT_FAULTY;
					continue;
				}
			}
			left++;
		}
		if (left == 0)
			return aas_cer_fail(c, why);
		if ((r = aas_cer_step(c, TICK_MS)) != AAS_OK)
			return r;
	}
}
