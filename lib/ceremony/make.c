/*
 * Making the credentials of a new key, and looking at what is plugged in.
 *
 * 1. A key that holds one of the credentials to exclude MUST NOT be used: one
 *    key is not two.
 * 2. The PIN typed here MUST serve the two credentials of this one key, and
 *    nothing else.
 */
#include <sys/random.h>

#include <stdio.h>
#include <string.h>

#include <fido.h>

#include "lib/assertion.h"
#include "lib/ceremony/made.h"
#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "lib/log.h"

static int
prepare(struct aas_cer *c, const char *rp, int32_t alg, int uv)
{
	struct aas_io_job *j = &c->job;

	aas_io_job_wipe(j);
	j->op = AAS_IO_MAKE;
	j->uv = uv != 0;
	j->alg = alg;
	(void)snprintf(j->rp, sizeof(j->rp), "%s", rp);
	(void)snprintf(j->user, sizeof(j->user), "%s", c->rq.user);
	memcpy(j->handle, c->rq.handle, sizeof(j->handle));
	/* Excluded ids are of the login rp; only there do they say anything. */
	for (size_t i = 0; i < c->keys_n; i++) {
		const struct aas_cred *cr = c->keys[i].cred;

		if (strcmp(rp, c->rp) != 0)
			break;
		j->ids[j->ids_n].len = cr->id_len;
		memcpy(j->ids[j->ids_n].b, cr->id, cr->id_len);
		j->ids_n++;
	}
	if (getrandom(j->hash, sizeof(j->hash), 0) != (ssize_t)sizeof(j->hash))
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	return AAS_OK;
}

/* Which algorithm this key will be asked for. */
static int32_t
algorithm(const struct aas_slot *s)
{
	if ((s->seen.caps & AAS_CAP_EDDSA) && !(s->seen.caps & AAS_CAP_ES256))
		return AAS_ALG_EDDSA;
	return AAS_ALG_ES256;
}

/* One credential.  ${pin} empty and ${uv} 0: ask for the PIN, and keep it. */
static int
make_one(struct aas_cer *c, struct aas_slot *s, const char *rp, int uv,
    struct aas_secret *pin, const char *name, const char *touch)
{
	int r;

	if ((r = prepare(c, rp, algorithm(s), uv)) != AAS_OK)
		return r;
	if (!uv && pin->len == 0)
		return aas_cer_with_pin(c, s, name, touch, pin);
	if (pin->len > 0)
		(void)aas_secret_set(&c->job.pin, pin->b, pin->len);
	if ((r = aas_cer_info(c, "%s", touch)) == AAS_OK)
		r = aas_cer_do(c, s);
	aas_secret_clear(&c->job.pin);
	if (r != AAS_OK)
		return r;
	if (s->res.end != AAS_IO_DONE || s->res.fido != FIDO_OK)
		return aas_cer_fail(c, aas_cer_why(&s->res));
	return AAS_OK;
}

static int
parse(struct aas_cer *c, struct aas_slot *s, const char *rp,
    struct aas_cred *cred, uint8_t *flags, uint32_t *counter, uint8_t *aaguid)
{
	unsigned why;

	if (aas_made_parse(s->res.auth, s->res.auth_len, rp, 1, cred, flags,
		counter, aaguid, &why) != AAS_OK)
		return aas_cer_fail(c, why);
	return AAS_OK;
}

/* What policy does not take, said before more is asked of the person. */
static int
refuse_kind(struct aas_cer *c, const char *why)
{
	return aas_cer_failf(c, AAS_WHY_KEY_KIND,
	    "Policy does not take this key here: %s. Use another key, or ask "
	    "your administrator.",
	    why);
}

/* The first credential tells its flags, and its make for the second time. */
static int
check_kind(struct aas_cer *c, const struct aas_made *m)
{
	if (!aas_kinds_make(&c->rq.kinds, m->aaguid))
		return refuse_kind(c, "it is not of a make that is listed");
	if (!aas_kinds_take(&c->rq.kinds, m->aaguid, m->flags))
		return refuse_kind(c, "it can be backed up");
	return AAS_OK;
}

static int
make_both(struct aas_cer *c, struct aas_slot *s, struct aas_made *m)
{
	char name[4 * AAS_LABEL_MAX + 2], touch[sizeof(name) + 64];
	char ssh[AAS_REALM_MAX + 4], label[4 * AAS_LABEL_MAX];
	struct aas_secret pin = { 0 };
	uint8_t guid[16], flags;
	uint32_t counter;
	int uv, r = AAS_OK;

	(void)aas_printable(label, sizeof(label),
	    c->rq.label[0] != '\0' ? c->rq.label : "the new key");
	(void)snprintf(name, sizeof(name), "'%s'", label);
	(void)snprintf(ssh, sizeof(ssh), "ssh:%s", c->rq.realm);
	uv = (s->seen.caps & AAS_CAP_HASUV) && s->seen.uv_retries != 0;
	if (!uv && !(s->seen.caps & AAS_CAP_HASPIN)) {
		if (!(s->seen.caps & AAS_CAP_PIN))
			return aas_cer_failf(c, AAS_WHY_NO_PIN,
			    "This key can neither have a PIN nor read a "
			    "finger. Use another key.");
		r = aas_cer_new_pin(c, s, &pin);
	}
	if (r != AAS_OK)
		goto out;
	(void)snprintf(touch, sizeof(touch), "Touch %s (1 of 2).", name);
	if ((r = make_one(c, s, c->rp, uv, &pin, name, touch)) != AAS_OK ||
	    (r = parse(c, s, c->rp, &m->login, &m->flags, &m->counter,
		 m->aaguid)) != AAS_OK)
		goto out;
	if ((r = check_kind(c, m)) != AAS_OK)
		goto out;
	(void)snprintf(touch, sizeof(touch), "Touch %s (2 of 2).", name);
	if ((r = make_one(c, s, ssh, uv, &pin, name, touch)) != AAS_OK ||
	    (r = parse(c, s, ssh, &m->ssh, &flags, &counter, guid)) != AAS_OK)
		goto out;
	if (memcmp(guid, m->aaguid, sizeof(guid)) != 0)
		r = aas_cer_fail(c, AAS_WHY_DEVICE);
	m->transports = s->seen.transports;
	if (m->transports == 0)
		m->transports = AAS_TR_USB;
	c->v.uv = 1;
out:
	aas_secret_clear(&pin);
	return r;
}

int
aas_cer_make(struct aas_cer *c)
{
	uint8_t buf[AAS_IO_PACKET];
	struct aas_slot *s = NULL;
	struct aas_made m;
	size_t len = 0;
	int r;

	memset(&m, 0, sizeof(m));
	c->making = 1;
	c->want = AAS_IO_INFO | AAS_IO_RETRIES;
	if ((r = aas_cer_confirm(c)) != AAS_OK ||
	    (r = aas_cer_lock(c)) != AAS_OK || (r = aas_cer_find(c)) != AAS_OK)
		return r;
	if (aas_cer_count(c, AAS_SLOT_FOREIGN) > 1 ||
	    (c->rq.flags & AAS_RQ_REMOTE)) {
		r = aas_cer_info(c, "Touch the new key to choose it.");
		if (r != AAS_OK ||
		    (r = aas_cer_choose(c, AAS_SLOT_FOREIGN, &s)) != AAS_OK)
			return r;
	}
	for (size_t i = 0; s == NULL && i < c->slots_n; i++)
		if (c->slots[i].state == AAS_SLOT_FOREIGN)
			s = &c->slots[i];
	if (s == NULL)
		return aas_cer_fail(c, AAS_WHY_UNPLUGGED);
	if (!(s->seen.caps & AAS_CAP_FIDO2))
		return aas_cer_failf(c, AAS_WHY_DEVICE,
		    "This key is too old: it does not speak FIDO2. Use "
		    "another key.");
	if (!aas_kinds_make(&c->rq.kinds, s->seen.aaguid))
		return refuse_kind(c, "it is not of a make that is listed");
	r = make_both(c, s, &m);
	aas_cer_close_others(c, NULL);
	if (r != AAS_OK)
		return r;
	if (aas_made_put(&m, buf, sizeof(buf), &len) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	return aas_cer_send(c, AAS_MSG_CRED, buf, len);
}

static int
tell_key(struct aas_cer *c, const struct aas_slot *s)
{
	struct aas_plugged k;
	uint8_t buf[256];
	size_t len = 0;

	memset(&k, 0, sizeof(k));
	switch (s->state) {
	case AAS_SLOT_YOURS:
	case AAS_SLOT_REFUSED:
		k.state = AAS_PLUGGED_YOURS;
		(void)snprintf(
		    k.label, sizeof(k.label), "%s", c->keys[s->key].label);
		break;
	case AAS_SLOT_FOREIGN:
		k.state = AAS_PLUGGED_FOREIGN;
		break;
	case AAS_SLOT_FAULTY:
	case AAS_SLOT_NEW:
		k.state = AAS_PLUGGED_FAULTY;
		break;
	case AAS_SLOT_FREE:
	case AAS_SLOT_PROBING:
	case AAS_SLOT_USED:
	case AAS_SLOT_NOKEY:
	default:
		return AAS_OK;
	}
	memcpy(k.aaguid, s->seen.aaguid, sizeof(k.aaguid));
	k.pin = (s->seen.caps & AAS_CAP_HASPIN) != 0;
	k.uv = (s->seen.caps & AAS_CAP_HASUV) != 0;
	k.pin_retries = s->seen.pin_retries;
	k.uv_retries = s->seen.uv_retries;
	if (aas_plugged_put(&k, buf, sizeof(buf), &len) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	return aas_cer_send(c, AAS_MSG_KEY, buf, len);
}

int
aas_cer_preflight(struct aas_cer *c)
{
	int r;

	c->want = AAS_IO_INFO | AAS_IO_RETRIES;
	if ((r = aas_cer_lock(c)) != AAS_OK)
		return r;
	do {
		if ((r = aas_cer_tend(c)) != AAS_OK ||
		    (r = aas_cer_step(c, aas_cer_pending(c) > 0 ? 250 : 0)) !=
			AAS_OK)
			return r;
	} while (aas_cer_pending(c) > 0);
	for (size_t i = 0; i < c->slots_n; i++)
		if ((r = tell_key(c, &c->slots[i])) != AAS_OK)
			return r;
	return AAS_OK;
}
