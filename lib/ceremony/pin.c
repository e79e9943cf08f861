/*
 * The PIN dialog.
 *
 * 1. A PIN MUST go to the one key it was asked for, and be wiped after.
 * 2. Nothing MUST ever be tried again by itself: each try costs one of few.
 * 3. What cannot be a PIN MUST NOT be tried at all.
 */
#include <stdio.h>
#include <string.h>

#include <fido.h>

#include "lib/ceremony/priv.h"
#include "lib/err.h"

#define ASKS    3
#define PIN_MIN 4
#define PIN_MAX 63 /* bytes; CTAP 2.1, 6.5.1 */

/* Characters, as CTAP counts them: code points. */
static size_t
length(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int
fits(const char *pin, size_t min)
{
	return length(pin) >= min && strlen(pin) <= PIN_MAX;
}

/* Move the reply into a secret, leaving nothing behind. */
static int
keep(struct aas_cer *c, struct aas_secret *pin)
{
	int r = aas_secret_set(pin, c->reply.text, strlen(c->reply.text));

	explicit_bzero(&c->reply, sizeof(c->reply));
	if (r != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	if (pin->len == 0)
		return aas_cer_fail(c, AAS_WHY_CANCELED);
	return AAS_OK;
}

int
aas_cer_pin(struct aas_cer *c, struct aas_slot *s, const char *name)
{
	int left = s->seen.pin_retries;
	int r;

	if (left == 0)
		return aas_cer_fail(c, AAS_WHY_PIN_BLOCKED);
	if (left != 255)
		r = aas_cer_ask(c, AAS_MSG_SECRET,
		    "PIN for %s (%d attempt%s left): ", name, left,
		    left == 1 ? "" : "s");
	else
		r = aas_cer_ask(c, AAS_MSG_SECRET, "PIN for %s: ", name);
	if (r != AAS_OK)
		return r;
	return keep(c, &c->job.pin);
}

static int
tell_wrong(struct aas_cer *c, struct aas_slot *s, const char *name)
{
	int left = s->res.pin_retries;

	s->seen.pin_retries = s->res.pin_retries;
	if (left == 255)
		return aas_cer_error(c, "Wrong PIN for %s.", name);
	return aas_cer_error(c, "Wrong PIN for %s, %d attempt%s left.", name,
	    left, left == 1 ? "" : "s");
}

int
aas_cer_with_pin(struct aas_cer *c, struct aas_slot *s, const char *name,
    const char *touch, struct aas_secret *pin)
{
	unsigned why = AAS_WHY_PIN_WRONG;
	int r = AAS_ERR_DENIED;

	for (int i = 0; i < ASKS; i++) {
		c->job.uv = 0;
		if ((r = aas_cer_pin(c, s, name)) != AAS_OK)
			goto out;
		if (!fits((const char *)c->job.pin.b, PIN_MIN)) {
			r = aas_cer_error(c,
			    "A PIN has %d to %d characters. It was not tried.",
			    PIN_MIN, PIN_MAX);
			if (r != AAS_OK)
				goto out;
			continue;
		}
		if ((r = aas_cer_info(c, "%s", touch)) != AAS_OK)
			goto out;
		if ((r = aas_cer_do(c, s)) != AAS_OK)
			goto out;
		if (s->res.end == AAS_IO_DONE && s->res.fido == FIDO_OK) {
			if (pin != NULL)
				*pin = c->job.pin;
			goto out;
		}
		aas_secret_clear(&c->job.pin);
		why = aas_cer_why(&s->res);
		if (why != AAS_WHY_PIN_WRONG)
			break;
		if (i + 1 < ASKS && (r = tell_wrong(c, s, name)) != AAS_OK)
			goto out;
	}
	r = aas_cer_fail(c, why);
out:
	aas_secret_clear(&c->job.pin);
	return r;
}

int
aas_cer_new_pin(struct aas_cer *c, struct aas_slot *s, struct aas_secret *pin)
{
	size_t min = s->seen.pin_min < PIN_MIN ? PIN_MIN : s->seen.pin_min;
	struct aas_secret again = { 0 };
	int r = AAS_ERR_DENIED;

	r = aas_cer_info(c,
	    "This key has no PIN yet. Choose one; it stays on the key and is "
	    "asked for whenever the key is used.");
	if (r != AAS_OK)
		return r;
	for (int i = 0; i < ASKS; i++) {
		r = aas_cer_ask(c, AAS_MSG_SECRET,
		    "New PIN (%zu to %d characters): ", min, PIN_MAX);
		if (r != AAS_OK || (r = keep(c, pin)) != AAS_OK)
			goto out;
		if (!fits((const char *)pin->b, min)) {
			r = aas_cer_error(c, "That PIN has another length.");
			if (r != AAS_OK)
				goto out;
			continue;
		}
		r = aas_cer_ask(c, AAS_MSG_SECRET, "New PIN again: ");
		if (r != AAS_OK || (r = keep(c, &again)) != AAS_OK)
			goto out;
		if (again.len == pin->len &&
		    aas_mem_equal(again.b, pin->b, pin->len))
			break;
		if ((r = aas_cer_error(c, "Those two differ.")) != AAS_OK)
			goto out;
		if (i + 1 == ASKS) {
			r = aas_cer_fail(c, AAS_WHY_NO_PIN);
			goto out;
		}
	}
	if (!fits((const char *)pin->b, min)) {
		r = aas_cer_fail(c, AAS_WHY_NO_PIN);
		goto out;
	}
	aas_io_job_wipe(&c->job);
	c->job.op = AAS_IO_SETPIN;
	(void)aas_secret_set(&c->job.pin, pin->b, pin->len);
	if ((r = aas_cer_do(c, s)) != AAS_OK)
		goto out;
	if (s->res.end != AAS_IO_DONE || s->res.fido != FIDO_OK) {
		if (s->res.end == AAS_IO_DONE &&
		    s->res.fido == FIDO_ERR_PIN_POLICY_VIOLATION)
			r = aas_cer_failf(c, AAS_WHY_NO_PIN,
			    "The key does not accept that PIN. Choose a "
			    "longer, less simple one.");
		else
			r = aas_cer_fail(c, aas_cer_why(&s->res));
	}
out:
	aas_secret_clear(&again);
	aas_secret_clear(&c->job.pin);
	if (r != AAS_OK)
		aas_secret_clear(pin);
	return r;
}
