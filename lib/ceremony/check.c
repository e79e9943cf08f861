/*
 * The two ends of one assertion: the challenge that goes out, and the checks
 * that the answer must pass.
 *
 * 1. A challenge MUST be random, bound to host, user, service and boot, and
 *    given to one device for one attempt.
 * 2. Which key answered MUST come from what setup.c took up and the signature,
 * never from what the I/O process says.
 * 3. Two keys MUST differ in credential id, public key and label.
 */
#include <sys/random.h>

#include <string.h>
#include <syslog.h>

#include "lib/assertion.h"
#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/wire.h"

#define DOMAIN "aas-signin-v1"

/* SHA-256(domain 0x00 || everything this sign-in is about || 32 random). */
int
aas_cer_challenge(struct aas_cer *c, uint8_t hash[32])
{
	uint8_t about[1024], uid[4], fresh[32];
	struct aas_wr w;
	size_t len = 0;
	int r;

	for (size_t i = 0; i < 4; i++)
		uid[i] = (uint8_t)(c->rq.uid >> (24 - 8 * i));
	aas_wr_init(&w, about, sizeof(about));
	aas_wr_str(&w, c->rp);
	aas_wr_str(&w, c->host);
	aas_wr_str(&w, c->rq.user);
	aas_wr_bytes(&w, uid, sizeof(uid));
	aas_wr_str(&w, c->rq.service);
	aas_wr_bytes(&w, c->now.boot_id, sizeof(c->now.boot_id));
	if ((r = aas_wr_end(&w, &len)) != AAS_OK)
		return r;
	if (getrandom(fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh))
		return AAS_ERR_SYS;
	return aas_sha256(
	    DOMAIN, sizeof(DOMAIN), about, len, fresh, sizeof(fresh), hash);
}

int
aas_cer_issue(struct aas_cer *c, struct aas_cer_key *k)
{
	int refused = 0;

	k->issued = 0;
	if (c->store == NULL || !c->enrolled)
		return AAS_OK;
	/* A locker sees no counters, but what they led to. */
	if (c->flags & AAS_CER_UNLOCK)
		return k->copied ? AAS_WHY_COUNTER : AAS_OK;
	if (aas_store_counter_get(
		c->store, c->rq.uid, k->id, &k->issued, &refused) != AAS_OK)
		return AAS_WHY_SYSTEM;
	return refused ? AAS_WHY_COUNTER : AAS_OK;
}

int
aas_cer_prepare(
    struct aas_cer *c, struct aas_slot *s, const uint8_t *fixed, int uv)
{
	struct aas_cer_key *k = &c->keys[s->key];
	struct aas_io_job *j = &c->job;
	int why;

	if ((why = aas_cer_issue(c, k)) != AAS_OK) {
		k->refused = 1;
		return aas_cer_fail(c, (unsigned)why);
	}
	if (fixed != NULL)
		memcpy(s->hash, fixed, sizeof(s->hash));
	else if (aas_cer_challenge(c, s->hash) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	aas_io_job_wipe(j);
	j->op = AAS_IO_ASSERT;
	j->uv = uv != 0;
	memcpy(j->rp, c->rp, sizeof(j->rp));
	memcpy(j->hash, s->hash, sizeof(j->hash));
	j->ids_n = 1;
	j->ids[0].len = k->cred->id_len;
	memcpy(j->ids[0].b, k->cred->id, k->cred->id_len);
	return AAS_OK;
}

static int
distinct(const struct aas_cer *c, const struct aas_cer_key *k)
{
	for (size_t i = 0; i < c->keys_n; i++) {
		const struct aas_cer_key *o = &c->keys[i];

		if (o == k || !o->used)
			continue;
		if (strcmp(o->label, k->label) == 0 ||
		    memcmp(o->id, k->id, sizeof(k->id)) == 0 ||
		    (o->cred->pk_len == k->cred->pk_len &&
			memcmp(o->cred->pk, k->cred->pk, k->cred->pk_len) == 0))
			return 0;
	}
	return 1;
}

/* Everybody hears of it, the index first: lockers and sshd read that. */
static int
copied(struct aas_cer *c, const struct aas_cer_key *k, uint32_t counter)
{
	char user[2 * AAS_USER_MAX], label[4 * AAS_LABEL_MAX];
	unsigned why;

	aas_log(LOG_WARNING,
	    "event=key-copied user=%s key=%s counter=%lu known=%lu",
	    aas_printable(user, sizeof(user), c->rq.user),
	    aas_printable(label, sizeof(label), k->label),
	    (unsigned long)counter, (unsigned long)k->issued);
	(void)aas_store_load(
	    c->store, c->rq.uid, c->rq.user, &c->now, NULL, NULL, &why);
	return aas_cer_fail(c, AAS_WHY_COUNTER);
}

int
aas_cer_check(struct aas_cer *c, struct aas_slot *s, uint8_t *flags)
{
	struct aas_cer_key *k = &c->keys[s->key];
	struct aas_proof *pf = &s->res.proof;
	unsigned why = AAS_WHY_UNKNOWN;
	uint32_t counter = 0;
	uint8_t f = 0;
	int r;

	if (k->used || k->refused || !distinct(c, k))
		return aas_cer_fail(c, AAS_WHY_SECOND_KEY);
	/* With one id to choose from, a key may leave it out (CTAP 6.2.2). */
	if (pf->id_len == 0) {
		pf->id_len = k->cred->id_len;
		memcpy(pf->id, k->cred->id, k->cred->id_len);
	}
	r = aas_assertion_verify(k->cred, s->hash,
	    (c->rq.flags & AAS_RQ_UV) != 0, pf, &f, &counter, &why);
	if (r != AAS_OK)
		return aas_cer_fail(
		    c, why == AAS_WHY_OK ? AAS_WHY_SIGNATURE : why);
	if ((f & AAS_AD_BS) && !(f & AAS_AD_BE))
		return aas_cer_fail(c, AAS_WHY_BACKUP);
	if (k->backup != -1 &&
	    (f & AAS_AD_BE) != ((unsigned)k->backup & AAS_BE))
		return aas_cer_fail(c, AAS_WHY_BACKUP);
	if (c->store != NULL && c->enrolled && !(c->flags & AAS_CER_UNLOCK)) {
		r = aas_store_counter_put(
		    c->store, c->rq.uid, k->id, k->issued, counter);
		if (r == AAS_ERR_DENIED)
			return copied(c, k, counter);
		if (r != AAS_OK)
			aas_log(LOG_WARNING,
			    "counter not stored: uid=%u err=\"%s\"",
			    (unsigned)c->rq.uid, aas_strerror(r));
	}
	*flags = f;
	return AAS_OK;
}
