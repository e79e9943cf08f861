/*
 * The replay of a chain: links, proofs, rules and this host's holds, in this
 * order, entry by entry.
 *
 * 1. An entry MUST NOT have an effect before its link, its owner, and where
 *    the pin does not vouch for it its proofs have been checked.
 * 2. A held or weak entry MUST NOT have an effect before its release.
 * 3. On any error no record comes out.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/record/parts.h"

#define KNOWN_MAX 128 /* keys ever named in one chain */
#define NOT_YET   UINT64_MAX

/* An entry that waits, and after which entry its wait was over. */
struct waiting {
	struct aas_line *l;
	uint64_t release; /* NOT_YET, or a seq */
	int weak;
};

struct replay {
	const struct aas_replay *rp;
	struct aas_record *rec;
	struct aas_key *known;
	size_t known_n;
	struct waiting wait[AAS_HOLDS_MAX];
	size_t wait_n;
};

static const struct aas_hold *
hold_of(const struct aas_replay *rp, const uint8_t hash[32])
{
	for (size_t i = 0; i < rp->holds_n; i++)
		if (memcmp(rp->holds[i].hash, hash, 32) == 0)
			return &rp->holds[i];
	return NULL;
}

/* Is this the next entry of this chain, and of this user? */
static int
check_link(const struct aas_record *rec, const struct aas_entry *e)
{
	if (e->seq != rec->pin.seq + 1 ||
	    (e->type == AAS_T_GENESIS) != (e->seq == 1))
		return AAS_ERR_FORMAT;
	if (memcmp(e->prev, rec->pin.head, sizeof(e->prev)) != 0)
		return AAS_ERR_CRYPTO;
	if (e->seq > 1 &&
	    (e->uid != rec->uid || strcmp(e->user, rec->user) != 0 ||
		strcmp(e->realm, rec->realm) != 0))
		return AAS_ERR_FORMAT;
	return AAS_OK;
}

static void
advance(struct aas_record *rec, const struct aas_line *l)
{
	if (l->e.seq == 1) {
		rec->uid = l->e.uid;
		memcpy(rec->user, l->e.user, sizeof(rec->user));
		memcpy(rec->realm, l->e.realm, sizeof(rec->realm));
		memcpy(rec->pin.genesis, l->hash, sizeof(l->hash));
	}
	rec->pin.seq = l->e.seq;
	memcpy(rec->pin.head, l->hash, sizeof(l->hash));
}

/* The chain must be the pinned one as far as the pin reaches. */
static int
check_pin(const struct aas_pin *pin, const struct aas_pin *now)
{
	if (pin == NULL || pin->seq == 0)
		return AAS_OK;
	if (memcmp(pin->genesis, now->genesis, sizeof(pin->genesis)) != 0)
		return AAS_ERR_ROLLBACK;
	if (now->seq == pin->seq &&
	    memcmp(pin->head, now->head, sizeof(pin->head)) != 0)
		return AAS_ERR_ROLLBACK;
	return AAS_OK;
}

/* Remember the keys an entry names: they may sign before they count. */
static int
learn(struct replay *re, const struct aas_entry *e)
{
	struct aas_key *more = NULL;

	for (unsigned i = 0; i < e->keys_n; i++) {
		const struct aas_key *k = &e->keys[i];
		size_t j = 0;

		while (j < re->known_n &&
		    (re->known[j].login.id_len != k->login.id_len ||
			memcmp(re->known[j].login.id, k->login.id,
			    k->login.id_len) != 0))
			j++;
		if (j < re->known_n) {
			/* The same credential has the same public key. */
			if (re->known[j].login.alg != k->login.alg ||
			    memcmp(re->known[j].login.pk, k->login.pk,
				sizeof(k->login.pk)) != 0)
				return AAS_ERR_DENIED;
			continue;
		}
		if (re->known_n == KNOWN_MAX)
			return AAS_ERR_TOOBIG;
		more = realloc(re->known, (re->known_n + 1) * sizeof(*more));
		if (more == NULL)
			return AAS_ERR_NOMEM;
		re->known = more;
		re->known[re->known_n++] = *k;
	}
	return AAS_OK;
}

static int
wait_add(struct replay *re, struct aas_line **l, uint64_t release, int weak)
{
	if (re->wait_n == AAS_HOLDS_MAX)
		return AAS_ERR_DENIED;
	re->wait[re->wait_n].l = *l;
	re->wait[re->wait_n].release = release;
	re->wait[re->wait_n].weak = weak;
	re->wait_n++;
	*l = NULL;
	return AAS_OK;
}

static void
wait_drop(struct replay *re, size_t i)
{
	free(re->wait[i].l);
	re->wait_n--;
	memmove(&re->wait[i], &re->wait[i + 1],
	    (re->wait_n - i) * sizeof(re->wait[0]));
}

/* Those whose wait was over when entry ${seq} was the head. */
static void
release(struct replay *re, uint64_t seq)
{
	int weak = 0;

	for (size_t i = 0; i < re->wait_n;) {
		if (re->wait[i].release != seq) {
			i++;
			continue;
		}
		if (aas_rules_check(re->rec, re->wait[i].l, &weak) == AAS_OK)
			aas_rules_apply(re->rec, re->wait[i].l);
		wait_drop(re, i);
	}
}

static int
signed_too(const struct aas_line *l, const struct aas_proof *pf)
{
	for (size_t i = 0; i < l->proofs_n; i++)
		if (l->proofs[i].id_len == pf->id_len &&
		    memcmp(l->proofs[i].id, pf->id, pf->id_len) == 0)
			return 1;
	return 0;
}

/*
 * Drop the waiting entry that ${l} names.  One that no longer waits is no
 * fault of the chain: hosts differ in what they hold.
 */
static int
cancel(struct replay *re, const struct aas_line *l)
{
	int other = 0;

	for (size_t i = 0; i < l->proofs_n; i++) {
		enum aas_signer s =
		    aas_signer_of(re->rec, &l->e, &l->proofs[i]);

		if (s != AAS_SIGN_ACTIVE && s != AAS_SIGN_SUSPENDED)
			return AAS_ERR_DENIED;
	}
	if (l->proofs_n == 0 || l->has_recovery)
		return AAS_ERR_DENIED;
	for (size_t i = 0; i < re->wait_n; i++) {
		if (memcmp(re->wait[i].l->hash, l->e.entry, 32) != 0)
			continue;
		for (size_t j = 0; j < l->proofs_n; j++)
			if (!signed_too(re->wait[i].l, &l->proofs[j]))
				other = 1;
		if (!other)
			return AAS_ERR_DENIED;
		wait_drop(re, i);
		break;
	}
	return AAS_OK;
}

/* Give the entry its effect, or let it wait; takes *${l} if it waits. */
static int
dispose(struct replay *re, struct aas_line **l)
{
	const struct aas_replay *rp = re->rp;
	const struct aas_hold *h = hold_of(rp, (*l)->hash);
	uint64_t seq = (*l)->e.seq;
	int weak = 0;
	int r = AAS_ERR_DENIED;

	if ((*l)->e.type == AAS_T_CANCEL)
		return cancel(re, *l);
	if (h != NULL && h->release >= seq)
		return wait_add(re, l, h->release, 0);
	if (h != NULL || (rp->hold_from != 0 && seq >= rp->hold_from))
		return wait_add(re, l, NOT_YET, 0);
	if ((r = aas_rules_check(re->rec, *l, &weak)) != AAS_OK)
		return r;
	if (weak)
		return wait_add(re, l, NOT_YET, 1);
	aas_rules_apply(re->rec, *l);
	return AAS_OK;
}

static int
one(struct replay *re, const uint8_t *p, size_t len)
{
	struct aas_line *l = NULL;
	uint64_t seq = 0;
	int strict = 0;
	int r = aas_line_parse(p, len, &l);

	if (r != AAS_OK)
		return r;
	if ((r = check_link(re->rec, &l->e)) != AAS_OK)
		goto out;
	seq = l->e.seq;
	advance(re->rec, l);
	if ((r = check_pin(re->rp->pin, &re->rec->pin)) != AAS_OK)
		goto out;
	strict = seq >= re->rp->verify_from;
	if (strict &&
	    (r = aas_proofs_verify(l, re->known, re->known_n)) != AAS_OK)
		goto out;
	if ((r = learn(re, &l->e)) != AAS_OK)
		goto out;
	r = dispose(re, &l);
	if (r == AAS_ERR_DENIED && !strict)
		r = AAS_OK;
	if (r == AAS_OK)
		release(re, seq);
out:
	free(l);
	return r;
}

/* Show what still waits, and the keys it would bring. */
static void
show_waiting(struct replay *re)
{
	struct aas_record *rec = re->rec;

	for (size_t i = 0; i < re->wait_n; i++) {
		const struct aas_line *l = re->wait[i].l;
		struct aas_pending *pe = &rec->pending[rec->pending_n++];

		memcpy(pe->hash, l->hash, sizeof(pe->hash));
		pe->seq = l->e.seq;
		pe->type = (uint8_t)l->e.type;
		pe->weak = re->wait[i].weak != 0;
		if (l->e.type == AAS_T_GENESIS)
			rec->held = 1;
		for (unsigned k = 0; k < l->e.keys_n; k++) {
			if (rec->keys_n == AAS_KEYS_MAX ||
			    !aas_keys_distinct(
				rec->keys, rec->keys_n, &l->e.keys[k], 1))
				continue;
			rec->keys[rec->keys_n] = l->e.keys[k];
			rec->keys[rec->keys_n].added_seq = l->e.seq;
			rec->keys[rec->keys_n].held = 1;
			rec->keys[rec->keys_n++].suspended = 1;
		}
	}
}

static int
replay(struct replay *re, const uint8_t *p, size_t len, unsigned *line)
{
	const uint8_t *l = NULL;
	size_t n = 0;
	int r = AAS_ERR_FORMAT;

	if (len > AAS_RECORD_MAX)
		return AAS_ERR_TOOBIG;
	while ((r = aas_line_next(&p, &len, &l, &n)) == AAS_OK) {
		(*line)++;
		if ((r = one(re, l, n)) != AAS_OK)
			return r;
	}
	if (r != AAS_ERR_NOTFOUND) {
		(*line)++;
		return r;
	}
	if (re->rec->pin.seq == 0)
		return AAS_ERR_FORMAT; /* an empty file is no record */
	if (re->rp->pin != NULL && re->rec->pin.seq < re->rp->pin->seq)
		return AAS_ERR_ROLLBACK;
	return AAS_OK;
}

int
aas_record_replay(const void *p, size_t len, const struct aas_replay *rp,
    struct aas_record **rec, unsigned *line)
{
	struct replay re = { .rp = rp };
	unsigned at = 0;
	int r = AAS_ERR_NOMEM;

	if ((re.rec = calloc(1, sizeof(*re.rec))) == NULL)
		goto out;
	if ((r = replay(&re, p, len, &at)) != AAS_OK)
		goto out;
	show_waiting(&re);
	r = AAS_ERR_DENIED;
	if (re.rec->keys_n == 0)
		goto out; /* a genesis that breaks the rules is none */
	r = AAS_OK;
	*rec = re.rec;
	re.rec = NULL;
out:
	if (line != NULL)
		*line = at;
	while (re.wait_n > 0)
		wait_drop(&re, re.wait_n - 1);
	free(re.known);
	free(re.rec);
	return r;
}

int
aas_record_load(const void *p, size_t len, int verify, struct aas_record **rec,
    unsigned *line)
{
	const struct aas_replay rp = {
		.verify_from = verify ? 1 : UINT64_MAX,
	};

	return aas_record_replay(p, len, &rp, rec, line);
}

void
aas_record_free(struct aas_record **rec)
{
	free(*rec);
	*rec = NULL;
}
