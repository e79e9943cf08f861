/*
 * One look at a user's files: what they say together, and what this host has
 * to write because of it.
 *
 * 1. The pin MUST be read before the record: an append in between then looks
 *    like a longer chain, never like a rollback.
 * 2. A record without a pin, and a pin without a record, MUST be refused.
 * 3. Entries that this host did not write MUST be held.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/record/parts.h"
#include "lib/store/parts.h"

int
aas_pin_same(const struct aas_pin *a, const struct aas_pin *b)
{
	return a->seq == b->seq &&
	    memcmp(a->genesis, b->genesis, sizeof(a->genesis)) == 0 &&
	    memcmp(a->head, b->head, sizeof(a->head)) == 0;
}

void
aas_look_free(struct aas_look *lk)
{
	aas_buf_free(&lk->record);
	aas_record_free(&lk->rec);
}

static int
read_pin(struct aas_store *s, const char *file, struct aas_look *lk)
{
	struct aas_buf b = { NULL, 0 };
	int r = AAS_ERR_NOTFOUND;

	if (s->pins >= 0)
		r = aas_fs_read(
		    s->pins, file, s->owner, 027, AAS_PIN_MAX, &b, NULL);
	if (r == AAS_OK)
		r = aas_pin_get(b.p, b.len, &lk->pin, &lk->next);
	aas_buf_free(&b);
	return r;
}

static int
read_record(struct aas_store *s, const char *file, struct aas_look *lk)
{
	struct stat st;
	int r = AAS_ERR_NOTFOUND;

	if (s->records >= 0)
		r = aas_fs_read(s->records, file, s->owner, 027, AAS_RECORD_MAX,
		    &lk->record, &st);
	if (r == AAS_OK)
		aas_fileid_of(&st, &lk->file);
	return r;
}

/*
 * No record: was there ever one?  An index is written last and retired first,
 * so one that stands alone has lost record and pin.
 */
static int
no_record(struct aas_store *s, const char *file, const struct aas_look *lk,
    unsigned *why)
{
	struct stat st;
	int lost = lk->pin_r == AAS_ERR_NOTFOUND && s->index >= 0 &&
	    (fstatat(s->index, file, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
		errno != ENOENT);

	if (!lost && (lk->pin_r == AAS_ERR_NOTFOUND || lk->pin.seq == 0)) {
		*why = AAS_WHY_NOT_ENROLLED;
		return AAS_ERR_NOTFOUND;
	}
	*why = AAS_WHY_RECORD_MISSING;
	return AAS_ERR_ROLLBACK;
}

/* The genesis that the pin says was to take a held one's place. */
static int
is_replaced(const struct aas_look *lk, const uint8_t *line, size_t n)
{
	uint8_t hash[32];

	return lk->lines == 1 && lk->next.seq == 1 && lk->pin.seq != 0 &&
	    memcmp(lk->next.genesis, lk->pin.genesis,
		sizeof(lk->pin.genesis)) != 0 &&
	    aas_sha256(line, n, NULL, 0, NULL, 0, hash) == AAS_OK &&
	    memcmp(hash, lk->next.head, sizeof(hash)) == 0;
}

/*
 * Who wrote what is past the pin: *own when it is the one entry that the pin
 * says was to come, *foreign when it is anything else.
 */
static int
past_pin(struct aas_look *lk, int *own, int *foreign)
{
	const uint8_t *p = lk->record.p;
	const uint8_t *line = NULL;
	uint8_t hash[32];
	size_t len = lk->record.len;
	size_t n = 0;
	uint64_t seq = 0;
	int r = AAS_OK;

	while ((r = aas_line_next(&p, &len, &line, &n)) == AAS_OK)
		seq++;
	*own = *foreign = 0;
	if (r != AAS_ERR_NOTFOUND)
		return r;
	lk->lines = seq;
	if (is_replaced(lk, line, n)) {
		/* As any first one: nothing before it counts any more. */
		memset(&lk->pin, 0, sizeof(lk->pin));
		*own = 1;
		return AAS_OK;
	}
	if (seq <= lk->pin.seq)
		return AAS_OK;
	*foreign = 1;
	if (seq == lk->pin.seq + 1 && lk->next.seq == seq &&
	    aas_sha256(line, n, NULL, 0, NULL, 0, hash) == AAS_OK &&
	    memcmp(hash, lk->next.head, sizeof(hash)) == 0) {
		*own = 1;
		*foreign = 0;
	}
	return AAS_OK;
}

static void
collect_holds(struct aas_look *lk)
{
	lk->holds_n = 0;
	for (size_t i = 0; i < lk->hs.waits_n; i++) {
		const struct aas_wait *w = &lk->hs.waits[i];
		struct aas_hold *h = &lk->holds[lk->holds_n];

		if (w->kind != AAS_WAIT_HOLD)
			continue;
		memcpy(h->hash, w->hash, sizeof(h->hash));
		h->release = w->release;
		lk->holds_n++;
	}
}

static int
run(struct aas_look *lk, int foreign)
{
	const struct aas_replay rp = {
		.pin = &lk->pin,
		.verify_from = lk->pin.seq + 1,
		.hold_from = foreign ? lk->pin.seq + 1 : 0,
		.holds = lk->holds,
		.holds_n = lk->holds_n,
	};

	aas_record_free(&lk->rec);
	return aas_record_replay(
	    lk->record.p, lk->record.len, &rp, &lk->rec, NULL);
}

/* What waits in the record must wait in our books; the books' clocks go on. */
static int
update_waits(struct aas_look *lk, const struct aas_now *now, int *again)
{
	const struct aas_record *rec = lk->rec;
	struct aas_hoststate *hs = &lk->hs;
	struct aas_wait *w = NULL;

	*again = 0;
	for (unsigned i = 0; i < rec->pending_n; i++) {
		const struct aas_pending *pe = &rec->pending[i];
		int64_t wait = AAS_HOLD_KEYS_S;

		if (pe->type == AAS_T_RECOVERY_FINISH &&
		    rec->recovery_wait_s > wait)
			wait = rec->recovery_wait_s;
		w = aas_wait_find(hs, AAS_WAIT_HOLD, pe->hash);
		if (w == NULL) {
			if (aas_wait_start(hs, AAS_WAIT_HOLD, pe->hash, wait,
				now) != AAS_OK)
				return AAS_ERR_TOOBIG;
			lk->dirty_state = 1;
			continue;
		}
		if (w->release == 0 && aas_wait_left(w, now) == 0) {
			w->release = rec->pin.seq;
			lk->dirty_state = 1;
			*again = 1;
		}
	}
	if (rec->recovering &&
	    aas_wait_find(hs, AAS_WAIT_RECOVERY, rec->recovery_start) == NULL) {
		if (aas_wait_start(hs, AAS_WAIT_RECOVERY, rec->recovery_start,
			rec->recovery_wait_s, now) != AAS_OK)
			return AAS_ERR_TOOBIG;
		lk->dirty_state = 1;
	}
	for (size_t i = 0; i < hs->waits_n; i++)
		if (hs->waits[i].release == 0 &&
		    aas_wait_mark(&hs->waits[i], now))
			lk->dirty_state = 1;
	return AAS_OK;
}

static unsigned
reason_of(int r)
{
	switch (r) {
	case AAS_ERR_ROLLBACK:
		return AAS_WHY_ROLLBACK;
	case AAS_ERR_NOMEM:
	case AAS_ERR_SYS:
	case AAS_ERR_AGAIN:
		return AAS_WHY_SYSTEM;
	default:
		return AAS_WHY_RECORD_BROKEN;
	}
}

/*
 * Without root's rights the waits cannot be read; the index, if it is of this
 * very head, says which entries are held.
 */
static int
holds_from_index(struct aas_store *s, const char *file, struct aas_look *lk,
    struct aas_index *ix)
{
	struct aas_buf b = { NULL, 0 };
	int r = AAS_ERR_NOTFOUND;

	if (s->index >= 0)
		r = aas_fs_read(
		    s->index, file, s->owner, 027, AAS_INDEX_MAX, &b, NULL);
	if (r == AAS_OK)
		r = aas_index_get(b.p, b.len, ix, NULL);
	if (r == AAS_OK && aas_pin_same(&ix->pin, &lk->pin)) {
		memcpy(lk->holds, ix->holds, sizeof(lk->holds));
		lk->holds_n = ix->holds_n;
	} else {
		r = AAS_ERR_AGAIN;
	}
	aas_buf_free(&b);
	return r;
}

static int
look_writer(struct aas_store *s, const char *file, const struct aas_now *now,
    int foreign, struct aas_look *lk)
{
	int again = 0;
	int r = aas_hoststate_read(s, file, &lk->hs);

	if (r != AAS_OK)
		return r;
	collect_holds(lk);
	if ((r = run(lk, foreign)) != AAS_OK)
		return r;
	do {
		if ((r = update_waits(lk, now, &again)) != AAS_OK)
			return r;
		collect_holds(lk);
		if (again && (r = run(lk, foreign)) != AAS_OK)
			return r;
	} while (again);
	aas_index_make(lk->rec, &lk->hs, &lk->file, now, &lk->ix, lk->creds);
	aas_look_index(s, file, lk);
	return AAS_OK;
}

static int
look_reader(
    struct aas_store *s, const char *file, int past, struct aas_look *lk)
{
	int r = past ? AAS_ERR_AGAIN : holds_from_index(s, file, lk, &lk->ix);

	if (r == AAS_OK)
		r = run(lk, 0);
	return r;
}

int
aas_look(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, struct aas_look *lk, unsigned *why)
{
	char file[16];
	int own = 0;
	int foreign = 0;
	int r = AAS_ERR_SYS;

	memset(lk, 0, sizeof(*lk));
	aas_store_file(uid, file);
	*why = AAS_WHY_SYSTEM;
	lk->pin_r = read_pin(s, file, lk);
	if (lk->pin_r != AAS_OK && lk->pin_r != AAS_ERR_NOTFOUND) {
		*why = reason_of(lk->pin_r);
		return lk->pin_r;
	}
	r = read_record(s, file, lk);
	if (r == AAS_ERR_NOTFOUND)
		return no_record(s, file, lk, why);
	if (r == AAS_OK)
		r = past_pin(lk, &own, &foreign);
	if (r == AAS_OK && (lk->pin_r != AAS_OK || (lk->pin.seq == 0 && !own)))
		r = AAS_ERR_ROLLBACK; /* nobody vouches for it here */
	if (r == AAS_OK)
		r = s->writer ? look_writer(s, file, now, foreign, lk)
			      : look_reader(s, file, own || foreign, lk);
	*why = reason_of(r);
	if (r == AAS_ERR_ROLLBACK && lk->lines >= lk->pin.seq)
		*why = AAS_WHY_FORKED;
	if (r != AAS_OK)
		return r;
	if (lk->rec->uid != uid || strcmp(lk->rec->user, name) != 0) {
		*why = AAS_WHY_USER;
		return AAS_ERR_FORMAT;
	}
	lk->dirty_pin = own || foreign;
	*why = AAS_WHY_OK;
	return AAS_OK;
}
