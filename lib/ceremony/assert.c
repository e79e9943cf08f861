/*
 * Proving presence: who may answer, how, in which order; one touch, one
 * verified assertion (lib/ceremony/check.c).
 *
 * 1. From afar nothing MUST blink before the person has answered, and no PIN
 *    be asked for before a touch.
 * 2. No key MUST answer twice.
 */
#include <stdio.h>
#include <string.h>

#include <fido.h>

#include "lib/assertion.h"
#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"

#define TICK_MS 250

enum how { HOW_NOT, HOW_TOUCH, HOW_UV, HOW_PIN };

int
aas_cer_confirm(struct aas_cer *c)
{
	char labels[AAS_TEXT_MAX - 200], host[4 * sizeof(c->host)];
	int r;

	if (!(c->rq.flags & (AAS_RQ_REMOTE | AAS_RQ_CONFIRM)))
		return AAS_OK;
	aas_cer_labels(c, 0, labels, sizeof(labels));
	(void)aas_printable(host, sizeof(host), c->host);
	r = aas_cer_ask(c, AAS_MSG_ASK, "Press Enter, then touch %s on %s: ",
	    *labels != '\0' ? labels : "the new key", host);
	if (r != AAS_OK)
		return r;
	/* A host that feeds a password here is not a person at a prompt. */
	r = AAS_OK;
	if (c->reply.text[0] != '\0') {
		r = AAS_ERR_DENIED;
		for (size_t i = 0; i < c->keys_n; i++)
			if (!c->keys[i].refused &&
			    strcmp(c->reply.text, c->keys[i].label) == 0) {
				c->only = (int)i;
				r = AAS_OK;
			}
	}
	explicit_bzero(&c->reply, sizeof(c->reply));
	if (r != AAS_OK)
		return aas_cer_failf(c, AAS_WHY_CONV,
		    "Only Enter, or the name of a key, was asked for. A "
		    "password does not open this account.");
	return AAS_OK;
}

/* What the key may be asked for, given what it says it can do. */
static enum how
ability(const struct aas_cer *c, const struct aas_slot *s)
{
	if (!(c->rq.flags & AAS_RQ_UV))
		return HOW_TOUCH;
	if ((s->seen.caps & AAS_CAP_HASUV) && s->seen.uv_retries != 0)
		return HOW_UV;
	if (s->seen.caps & AAS_CAP_HASPIN)
		return HOW_PIN;
	return HOW_NOT;
}

static void
name_of(
    const struct aas_cer *c, const struct aas_slot *s, char *dst, size_t cap)
{
	char label[4 * AAS_LABEL_MAX];

	(void)aas_printable(label, sizeof(label), c->keys[s->key].label);
	(void)snprintf(dst, cap, "'%s'", label);
}

/* All plugged keys blink; the first one touched answers. */
static int
race(struct aas_cer *c, const uint8_t *fixed, enum how how,
    struct aas_slot **won)
{
	unsigned why = AAS_WHY_DEVICE;

	for (;;) {
		size_t left = aas_cer_pending(c);
		int r;

		if ((r = aas_cer_tend(c)) != AAS_OK)
			return r;
		for (size_t i = 0; i < c->slots_n; i++) {
			struct aas_slot *s = &c->slots[i];

			if (s->state != AAS_SLOT_YOURS)
				continue;
			if (s->ready && s->res.end == AAS_IO_DONE &&
			    s->res.fido == FIDO_OK) {
				s->ready = 0;
				*won = s;
				return AAS_OK;
			}
			if (s->ready) {
				why = aas_cer_why(&s->res);
				aas_cer_close(s, TICK_MS);
				s->state = AAS_SLOT_FAULTY;
				continue;
			}
			if (!s->busy) {
				if ((r = aas_cer_prepare(
					 c, s, fixed, how == HOW_UV)) != AAS_OK)
					return r;
				if (aas_cer_start(
					c, s, c->until_ms - aas_clock_ms()) !=
				    AAS_OK) {
					s->state = AAS_SLOT_FAULTY;
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

/* One chosen key: its own user verification, or its PIN. */
static int
alone(struct aas_cer *c, struct aas_slot *s, const uint8_t *fixed, enum how how)
{
	char name[4 * AAS_LABEL_MAX + 2], touch[sizeof(name) + 64];
	int r;

	name_of(c, s, name, sizeof(name));
	(void)snprintf(touch, sizeof(touch), "Touch %s.", name);
	for (int i = 0; how == HOW_UV && i < 3; i++) {
		if ((r = aas_cer_prepare(c, s, fixed, how == HOW_UV)) !=
			AAS_OK ||
		    (r = aas_cer_info(c, "Touch the sensor of %s.", name)) !=
			AAS_OK ||
		    (r = aas_cer_do(c, s)) != AAS_OK)
			return r;
		if (s->res.end == AAS_IO_DONE && s->res.fido == FIDO_OK)
			return AAS_OK;
		if (aas_cer_why(&s->res) != AAS_WHY_UV)
			return aas_cer_fail(c, aas_cer_why(&s->res));
		if (s->res.fido == FIDO_ERR_UV_BLOCKED)
			break;
	}
	if (how == HOW_UV) {
		if (!(s->seen.caps & AAS_CAP_HASPIN))
			return aas_cer_fail(c, AAS_WHY_UV);
		r = aas_cer_info(
		    c, "%s did not recognize you; its PIN will do.", name);
		if (r != AAS_OK)
			return r;
	}
	if ((r = aas_cer_prepare(c, s, fixed, 0)) != AAS_OK)
		return r;
	return aas_cer_with_pin(c, s, name, touch, NULL);
}

/* Leave out keys that cannot do what is needed; what do the others need? */
static int
sort_out(struct aas_cer *c, size_t *n, int *all_uv)
{
	struct aas_slot *last = NULL;
	char name[4 * AAS_LABEL_MAX + 2];

	*n = 0;
	*all_uv = 1;
	for (size_t i = 0; i < c->slots_n; i++) {
		struct aas_slot *s = &c->slots[i];
		enum how how;

		if (s->state != AAS_SLOT_YOURS)
			continue;
		how = ability(c, s);
		if (how == HOW_NOT) {
			last = s;
			aas_cer_close(s, TICK_MS);
			s->state = AAS_SLOT_FAULTY;
			continue;
		}
		*all_uv = *all_uv && how == HOW_UV;
		(*n)++;
	}
	if (*n > 0 || last == NULL)
		return AAS_OK;
	name_of(c, last, name, sizeof(name));
	return aas_cer_failf(c, AAS_WHY_NO_PIN,
	    "%s has no PIN, and one is needed. Use another key, or set a PIN "
	    "on this one.",
	    name);
}

static struct aas_slot *
first_of(struct aas_cer *c, enum aas_slot_state st)
{
	for (size_t i = 0; i < c->slots_n; i++)
		if (c->slots[i].state == st)
			return &c->slots[i];
	return NULL;
}

/*
 * The PIN or fingerprint of one of ${n}.  A stranger's touch comes before the
 * PIN: guesses must not use up the key's attempts.
 */
static int
one_of(struct aas_cer *c, size_t n, const char *labels, const uint8_t *fixed,
    struct aas_slot **s)
{
	int r = AAS_OK;

	if ((*s = first_of(c, AAS_SLOT_YOURS)) == NULL)
		return aas_cer_fail(c, AAS_WHY_UNPLUGGED);
	if (n > 1 || (c->rq.flags & (AAS_RQ_REMOTE | AAS_RQ_CONFIRM))) {
		r = aas_cer_info(c, "Touch %s to choose it.", labels);
		if (r == AAS_OK)
			r = aas_cer_choose(c, AAS_SLOT_YOURS, s);
	}
	return r == AAS_OK ? alone(c, *s, fixed, ability(c, *s)) : r;
}

int
aas_cer_round(struct aas_cer *c, const uint8_t *fixed, unsigned *key,
    struct aas_proof *pf, uint8_t *flags)
{
	char labels[AAS_TEXT_MAX - 200];
	struct aas_slot *s = NULL;
	size_t n = 0;
	int all_uv = 0, r;

	c->want = (c->rq.flags & AAS_RQ_UV) ? AAS_IO_RETRIES : 0;
	if ((r = aas_cer_find(c)) != AAS_OK ||
	    (r = sort_out(c, &n, &all_uv)) != AAS_OK)
		return r;
	aas_cer_labels(c, 1, labels, sizeof(labels));
	if (!(c->rq.flags & AAS_RQ_UV)) {
		r = aas_cer_info(c, "Touch %s.", labels);
		if (r == AAS_OK)
			r = race(c, fixed, HOW_TOUCH, &s);
	} else if (n > 1 && all_uv) {
		r = aas_cer_info(c, "Touch the sensor of %s.", labels);
		if (r == AAS_OK)
			r = race(c, fixed, HOW_UV, &s);
	} else {
		r = one_of(c, n, labels, fixed, &s);
	}
	if (r != AAS_OK)
		return r;
	/* The other keys stop blinking; this one's process ends meanwhile. */
	aas_cer_close_others(c, s);
	aas_close(&s->io.sock);
	r = aas_cer_check(c, s, flags);
	aas_cer_close(s, TICK_MS);
	if (r != AAS_OK)
		return r;
	*key = s->key;
	*pf = s->res.proof;
	c->keys[s->key].used = 1;
	s->state = AAS_SLOT_USED;
	/* What was set aside in this round may be needed in the next. */
	for (size_t i = 0; i < c->slots_n; i++)
		if (c->slots[i].state != AAS_SLOT_USED &&
		    c->slots[i].state != AAS_SLOT_NOKEY)
			c->slots[i].state = AAS_SLOT_FREE;
	c->scanned_ms = 0;
	c->only = -1;
	return AAS_OK;
}

void
aas_cer_answered(struct aas_cer *c, unsigned key, unsigned i)
{
	const struct aas_cer_key *k = &c->keys[key];

	memcpy(c->v.label[i], k->label, sizeof(c->v.label[i]));
	memcpy(c->v.key[i], k->id, sizeof(c->v.key[i]));
	memcpy(c->v.aaguid[i], k->aaguid, sizeof(c->v.aaguid[i]));
	c->v.backup[i] = (uint8_t)k->backup;
	c->v.keys_n = (uint8_t)(i + 1);
}

int
aas_cer_assert(struct aas_cer *c)
{
	unsigned need = c->rq.present == 2 ? 2 : 1, key = 0;
	unsigned why = AAS_WHY_SECOND_KEY;
	struct aas_proof pf;
	uint8_t flags = 0, uv = 1;
	size_t usable = 0;
	int r;

	for (size_t i = 0; i < c->keys_n; i++) {
		int w = aas_cer_issue(c, &c->keys[i]);

		if (w != AAS_OK) {
			c->keys[i].refused = 1;
			why = (unsigned)w;
		}
		usable += !c->keys[i].refused;
	}
	if (usable < need)
		return aas_cer_fail(c, usable > 0 ? AAS_WHY_SECOND_KEY : why);
	if ((r = aas_cer_confirm(c)) != AAS_OK ||
	    (r = aas_cer_lock(c)) != AAS_OK)
		return r;
	for (unsigned i = 0; i < need; i++) {
		if ((r = aas_cer_round(c, NULL, &key, &pf, &flags)) != AAS_OK)
			return r;
		aas_cer_answered(c, key, i);
		uv = uv && (flags & AAS_AD_UV) != 0;
	}
	c->v.uv = uv;
	return AAS_OK;
}

int
aas_cer_prove(struct aas_cer *c)
{
	uint8_t buf[AAS_IO_PACKET];
	struct aas_proof pf;
	unsigned key = 0;
	uint8_t flags = 0;
	size_t need = c->keys_n, len = 0;
	int r;

	if (c->rq.flags & AAS_RQ_ANY)
		need = c->rq.present;
	if (need == 0 || need > c->keys_n)
		return aas_cer_fail(c, AAS_WHY_PROTOCOL);
	if ((r = aas_cer_confirm(c)) != AAS_OK ||
	    (r = aas_cer_lock(c)) != AAS_OK)
		return r;
	for (size_t i = 0; i < need; i++) {
		r = aas_cer_round(c, c->rq.hash, &key, &pf, &flags);
		if (r != AAS_OK)
			return r;
		if (aas_proof_put(&pf, buf, sizeof(buf), &len) != AAS_OK)
			return aas_cer_fail(c, AAS_WHY_SYSTEM);
		if ((r = aas_cer_send(c, AAS_MSG_PROOF, buf, len)) != AAS_OK)
			return r;
		c->v.uv = 1;
	}
	return AAS_OK;
}
