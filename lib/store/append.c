/*
 * Appending one entry.
 *
 * 1. The order of durable writes MUST be: holds, pin with the intention,
 *    record, pin, index.  An entry that is to be held is never on the disk
 *    before its hold, and after a crash either head is known to be ours.
 * 2. A ticket MUST be spent before the record is written.
 * 3. A genesis MUST NOT replace a record that counts.  One that takes a held
 *    one's place MUST do so in one step: the old record and its hold stay
 *    until the new one is there, and the pin says that it is to come.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/record/parts.h"
#include "lib/store/parts.h"

#define DAY_S (24 * 3600)

struct append {
	struct aas_store *s;
	uint32_t uid;
	const char *name;
	enum aas_authority authority;
	const char *ticket;
	const struct aas_now *now;
	char file[16];
	struct aas_look lk; /* before */
	int looked;         /* what aas_look() said */
	int replaces;       /* a genesis that is held */
	struct aas_line *l;
	struct aas_buf bytes; /* the chain with the new line */
	struct aas_record *rec;
	int64_t hold_s;
};

static int
fail(int r, unsigned reason, unsigned *why)
{
	*why = reason;
	return r;
}

/* Does the line belong here at all? */
static int
check_place(struct append *a, unsigned *why)
{
	const struct aas_entry *e = &a->l->e;

	if (e->uid != a->uid || strcmp(e->user, a->name) != 0)
		return fail(AAS_ERR_DENIED, AAS_WHY_USER, why);
	/* A date to come would put off what counts from it. */
	if (e->time_s > a->now->real_s + DAY_S)
		return fail(AAS_ERR_DENIED, AAS_WHY_CLOCK, why);
	if (e->type == AAS_T_GENESIS) {
		if (a->looked == AAS_ERR_NOTFOUND)
			return AAS_OK;
		if (a->looked != AAS_OK)
			return a->looked;
		if (!a->lk.rec->held || a->authority == AAS_AUTH_NONE)
			return fail(AAS_ERR_EXISTS, AAS_WHY_EXISTS, why);
		return AAS_OK;
	}
	if (a->looked != AAS_OK)
		return a->looked;
	if (e->seq != a->lk.rec->pin.seq + 1 ||
	    memcmp(e->prev, a->lk.rec->pin.head, sizeof(e->prev)) != 0)
		return fail(AAS_ERR_ROLLBACK, AAS_WHY_FORKED, why);
	if (a->lk.rec->held)
		return fail(AAS_ERR_DENIED, AAS_WHY_HELD, why);
	return AAS_OK;
}

/* The chain with the line, replayed in full from the line on. */
static int
check_chain(struct append *a, const char *line, unsigned *why)
{
	const struct aas_record *old =
	    a->l->e.type == AAS_T_GENESIS ? NULL : a->lk.rec;
	size_t have = old == NULL ? 0 : a->lk.record.len;
	size_t more = strlen(line);
	const struct aas_replay rp = {
		.pin = old == NULL ? NULL : &old->pin,
		.verify_from = a->l->e.seq,
		.holds = a->lk.holds,
		.holds_n = a->lk.holds_n,
	};
	int r = AAS_ERR_TOOBIG;

	*why = AAS_WHY_RECORD_BROKEN;
	if (have + more > AAS_RECORD_MAX)
		return AAS_ERR_TOOBIG;
	if ((a->bytes.p = malloc(have + more + 1)) == NULL)
		return fail(AAS_ERR_NOMEM, AAS_WHY_SYSTEM, why);
	if (have > 0)
		memcpy(a->bytes.p, a->lk.record.p, have);
	memcpy(a->bytes.p + have, line, more + 1);
	a->bytes.len = have + more;
	r = aas_record_replay(a->bytes.p, a->bytes.len, &rp, &a->rec, NULL);
	if (r == AAS_ERR_CRYPTO)
		*why = AAS_WHY_SIGNATURE;
	else if (r == AAS_ERR_DENIED)
		*why = AAS_WHY_SECOND_KEY;
	return r;
}

static struct aas_counter *
counter_of_key(struct append *a, const struct aas_proof *pf, int make)
{
	struct aas_cred c = { .id_len = pf->id_len };
	uint8_t id[32];

	memcpy(c.id, pf->id, pf->id_len);
	if (aas_key_id(&c, id) != AAS_OK)
		return NULL;
	return make ? aas_counter_make(&a->lk.hs, id)
		    : aas_counter_find(&a->lk.hs, id);
}

/* A key that was found to have a copy signs nothing here. */
static int
check_clones(struct append *a, unsigned *why)
{
	for (size_t i = 0; i < a->l->proofs_n; i++) {
		const struct aas_counter *ct =
		    counter_of_key(a, &a->l->proofs[i], 0);

		if (ct != NULL && ct->refused)
			return fail(AAS_ERR_DENIED, AAS_WHY_COUNTER, why);
	}
	return AAS_OK;
}

/* What only this host can know: waits that are over, or begin. */
static int
check_waits(struct append *a, unsigned *why)
{
	const struct aas_entry *e = &a->l->e;
	const struct aas_record *rec = a->rec;
	const struct aas_wait *w = NULL;

	if (e->type == AAS_T_GENESIS && a->authority == AAS_AUTH_NONE)
		a->hold_s = AAS_HOLD_GENESIS_S;
	if (rec->pending_n > 0 &&
	    rec->pending[rec->pending_n - 1].seq == e->seq)
		a->hold_s = AAS_HOLD_KEYS_S;
	if (e->type == AAS_T_CANCEL && rec->pending_n >= a->lk.rec->pending_n)
		return fail(AAS_ERR_DENIED, AAS_WHY_HELD, why);
	if (e->type == AAS_T_RECOVERY_FINISH) {
		w = aas_wait_find(
		    &a->lk.hs, AAS_WAIT_RECOVERY, a->lk.rec->recovery_start);
		if (w == NULL || aas_wait_left(w, a->now) > 0)
			return fail(AAS_ERR_DENIED, AAS_WHY_RECOVERING, why);
	}
	return AAS_OK;
}

static uint32_t
counter_of(const struct aas_proof *pf)
{
	return (uint32_t)pf->auth[33] << 24 | (uint32_t)pf->auth[34] << 16 |
	    (uint32_t)pf->auth[35] << 8 | pf->auth[36];
}

/* The counters that the proofs carried; 1 if that is news. */
static int
book_counters(struct append *a)
{
	int dirty = 0;

	for (size_t i = 0; i < a->l->proofs_n; i++) {
		const struct aas_proof *pf = &a->l->proofs[i];
		struct aas_counter *ct = NULL;

		if (counter_of(pf) == 0 ||
		    (ct = counter_of_key(a, pf, 1)) == NULL ||
		    ct->value >= counter_of(pf))
			continue;
		ct->value = counter_of(pf);
		dirty = 1;
	}
	return dirty;
}

/* Book the hold or wait, and the counters. */
static int
book(struct append *a)
{
	struct aas_hoststate *hs = &a->lk.hs;
	int dirty = a->lk.dirty_state;
	int r = AAS_OK;

	if (a->hold_s > 0) {
		dirty = 1;
		r = aas_wait_start(
		    hs, AAS_WAIT_HOLD, a->l->hash, a->hold_s, a->now);
	} else if (a->l->e.type == AAS_T_RECOVERY_START) {
		dirty = 1;
		r = aas_wait_start(hs, AAS_WAIT_RECOVERY, a->l->hash,
		    a->lk.rec->recovery_wait_s, a->now);
	}
	if (r != AAS_OK)
		return r;
	if (book_counters(a))
		dirty = 1;
	return dirty ? aas_hoststate_write(a->s, a->file, hs) : AAS_OK;
}

/* What was booked for the record that is no more; left there, it waits idly. */
static void
forget_replaced(struct append *a)
{
	memset(&a->lk.hs, 0, sizeof(a->lk.hs));
	(void)book_counters(a);
	(void)aas_hoststate_write(a->s, a->file, &a->lk.hs);
}

static int
write_all(struct append *a)
{
	static const struct aas_pin none;
	const struct aas_pin *old =
	    a->l->e.type == AAS_T_GENESIS && !a->replaces ? &none
							  : &a->lk.rec->pin;
	int r = AAS_ERR_SYS;

	if ((r = book(a)) != AAS_OK)
		return r;
	if (a->authority == AAS_AUTH_TICKET && a->l->e.type == AAS_T_GENESIS &&
	    (r = aas_invite_spend(a->s, a->uid)) != AAS_OK)
		return r;
	if ((r = aas_pin_write(a->s, a->file, old, &a->rec->pin)) != AAS_OK)
		return r;
	if ((r = aas_fs_replace(a->s->records, a->file, a->bytes.p,
		 a->bytes.len, (uid_t)-1, a->s->gid, 0640)) != AAS_OK)
		return r;
	/* From here on the entry is in: what fails now, the next load mends. */
	if (aas_pin_write(a->s, a->file, &a->rec->pin, NULL) == AAS_OK &&
	    a->replaces)
		forget_replaced(a);
	return AAS_OK;
}

/*
 * A held genesis gives way, and what a crash left behind of one that never
 * was: its waits are another's.
 */
static int
make_way(struct append *a)
{
	int r;

	a->replaces = a->looked == AAS_OK;
	if (a->replaces)
		return aas_retire_copy(a->s, a->uid, a->now);
	r = aas_retire_locked(a->s, a->uid, a->now);
	memset(&a->lk.hs, 0, sizeof(a->lk.hs));
	return r == AAS_ERR_NOTFOUND ? AAS_OK : r;
}

/* Look again, write the index; says until when the new entry is held. */
static int64_t
finish(struct append *a)
{
	const struct aas_wait *w = NULL;
	struct aas_look lk;
	unsigned why = 0;
	int64_t until = 0;

	if (aas_look(a->s, a->uid, a->name, a->now, &lk, &why) == AAS_OK) {
		aas_look_save(a->s, a->uid, &lk);
		w = aas_wait_find(&lk.hs, AAS_WAIT_HOLD, a->l->hash);
	}
	if (w != NULL)
		until = a->now->real_s + aas_wait_left(w, a->now);
	else if (a->hold_s > 0)
		until = a->now->real_s + a->hold_s;
	aas_look_free(&lk);
	return until;
}

static int
append_locked(struct append *a, const char *line, unsigned *why)
{
	int r = AAS_ERR_FORMAT;

	*why = AAS_WHY_RECORD_BROKEN;
	if ((r = aas_line_parse((const uint8_t *)line, strlen(line), &a->l)) !=
	    AAS_OK)
		return r;
	a->looked = aas_look(a->s, a->uid, a->name, a->now, &a->lk, why);
	if ((r = check_place(a, why)) != AAS_OK ||
	    (r = check_chain(a, line, why)) != AAS_OK ||
	    (r = check_clones(a, why)) != AAS_OK ||
	    (r = check_waits(a, why)) != AAS_OK)
		return r;
	if (a->l->e.type == AAS_T_GENESIS && a->authority == AAS_AUTH_TICKET &&
	    (r = aas_invite_check(a->s, a->uid, a->ticket, a->now)) != AAS_OK)
		return fail(r, AAS_WHY_AUTHORITY, why);
	*why = AAS_WHY_SYSTEM;
	if (a->l->e.type == AAS_T_GENESIS && (r = make_way(a)) != AAS_OK)
		return r;
	if ((r = write_all(a)) != AAS_OK)
		return r;
	*why = a->hold_s > 0 ? AAS_WHY_HELD : AAS_WHY_OK;
	return AAS_OK;
}

int
aas_store_append(struct aas_store *s, uint32_t uid, const char *name,
    const char *line, enum aas_authority authority, const char *ticket,
    const struct aas_now *now, int64_t *held_until, unsigned *why)
{
	struct append *a = NULL;
	int64_t until = 0;
	int lock = -1;
	int r = AAS_ERR_PERMS;

	*why = AAS_WHY_SYSTEM;
	if (!s->writer || s->records < 0 || s->locks < 0)
		return AAS_ERR_PERMS;
	if (strnlen(line, AAS_LINE_MAX + 1) > AAS_LINE_MAX ||
	    strchr(line, '\n') != line + strlen(line) - 1)
		return fail(AAS_ERR_FORMAT, AAS_WHY_RECORD_BROKEN, why);
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return AAS_ERR_NOMEM;
	a->s = s;
	a->uid = uid;
	a->name = name;
	a->authority = authority;
	a->ticket = ticket;
	a->now = now;
	aas_store_file(uid, a->file);
	if ((r = aas_fs_lock(s->locks, a->file, 1, AAS_LOCK_MS, &lock)) !=
	    AAS_OK)
		goto out;
	if ((r = append_locked(a, line, why)) == AAS_OK)
		until = finish(a);
	if (r == AAS_OK && held_until != NULL)
		*held_until = until;
out:
	aas_close(&lock);
	aas_look_free(&a->lk);
	aas_record_free(&a->rec);
	aas_buf_free(&a->bytes);
	free(a->l);
	free(a);
	return r;
}
