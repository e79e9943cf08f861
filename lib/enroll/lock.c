/*
 * The owner's lock: one entry that shuts the account, one that opens it.
 *
 * The store decides what counts and what is held; nothing here MUST matter
 * for that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/enroll/lock.h"
#include "lib/enroll/parts.h"
#include "lib/err.h"
#include "lib/reason.h"

/* Whichever are at hand: all that are active. */
static uint32_t
signers(const struct aas_dialog *g, enum aas_type type)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < g->d.keys_n; i++)
		if (!g->d.keys[i].held &&
		    (!g->d.keys[i].suspended || type == AAS_T_CANCEL))
			bits |= 1u << i;
	return bits;
}

static int
tell(struct aas_dialog *g, const struct aas_lock_want *w)
{
	if (w->type == AAS_T_LOCK)
		return aas_say(g->ui, 0,
		    "To be signed by one of your keys. From then on nobody "
		    "signs in to this account,\nyou included, until two of "
		    "your keys unlock it.");
	if (w->type == AAS_T_CANCEL)
		return aas_say(g->ui, 0,
		    "To be signed by one of your keys, another than signed "
		    "what is to be canceled.");
	if (w->type == AAS_T_RECOVERY_CANCEL)
		return aas_say(g->ui, 0,
		    "To be signed by one of your keys. The recovery is over "
		    "then, and so are all recovery keys.");
	if (g->any >= 2)
		return aas_say(g->ui, 0,
		    "To be signed by two of your keys, one after the other.");
	return aas_say(g->ui, 0,
	    "To be signed by one of your keys. With one alone it takes 72 "
	    "hours until this counts.");
}

/* The entry that is held: by its number, or the only one. */
static const struct aas_pending *
waiting(const struct aas_record *rec, uint64_t seq)
{
	if (seq == 0)
		return rec->pending_n == 1 ? &rec->pending[0] : NULL;
	for (unsigned i = 0; i < rec->pending_n; i++)
		if (rec->pending[i].seq == seq)
			return &rec->pending[i];
	return NULL;
}

static int
check(const struct aas_record *rec, const struct aas_lock_want *w)
{
	if ((w->type != AAS_T_LOCK && w->type != AAS_T_UNLOCK &&
		w->type != AAS_T_CANCEL && w->type != AAS_T_RECOVERY_CANCEL) ||
	    (w->words != NULL && !aas_words_valid(w->words)))
		return AAS_ERR_INVAL;
	if (w->type == AAS_T_CANCEL)
		return waiting(rec, w->seq) != NULL ? AAS_OK : AAS_ERR_NOTFOUND;
	if (w->type == AAS_T_RECOVERY_CANCEL)
		return rec->recovering ? AAS_OK : AAS_ERR_NOTFOUND;
	return (w->type == AAS_T_LOCK) == (rec->locked != 0) ? AAS_ERR_EXISTS
							     : AAS_OK;
}

static int
run(struct aas_dialog *g, const struct aas_record *rec,
    const struct aas_lock_want *w, int64_t *held)
{
	uint32_t bits = signers(g, w->type);
	unsigned have = (unsigned)__builtin_popcount(bits);
	int r = aas_enroll_fill(g, rec, w->type);

	if (r != AAS_OK)
		return r;
	if (w->type == AAS_T_CANCEL)
		memcpy(g->entry.entry, waiting(rec, w->seq)->hash, 32);
	if (w->type == AAS_T_LOCK) {
		g->entry.end = w->end != 0;
		(void)snprintf(g->entry.why, sizeof(g->entry.why), "%s",
		    w->words != NULL ? w->words : "");
	}
	g->any = w->type != AAS_T_UNLOCK || w->one || have < 2 ? 1 : 2;
	if ((r = tell(g, w)) != AAS_OK)
		return r;
	return aas_enroll_submit(g, bits, held);
}

/* Which keys of the record they were; the submission has checked them. */
static void
note_signers(const struct aas_dialog *g, const struct aas_record *rec,
    struct aas_lock_by *by)
{
	by->keys_n = 0;
	for (size_t p = 0; p < g->ans.proofs_n && by->keys_n < 2; p++) {
		for (size_t i = 0; i < rec->keys_n; i++) {
			const struct aas_cred *c = &rec->keys[i].login;

			if (c->id_len != g->ans.proofs[p].id_len ||
			    memcmp(c->id, g->ans.proofs[p].id, c->id_len) != 0)
				continue;
			by->keys[by->keys_n++] = &rec->keys[i];
			break;
		}
	}
}

int
aas_lock_run(const struct aas_enroll *e, const struct aas_record *rec,
    const struct aas_lock_want *w, struct aas_lock_by *by, int64_t *held_until,
    unsigned *why)
{
	struct aas_dialog *g = NULL;
	int64_t held = 0;
	int r = check(rec, w);

	*why = r == AAS_ERR_EXISTS ? AAS_WHY_EXISTS : AAS_WHY_SYSTEM;
	if (r != AAS_OK)
		return r;
	r = AAS_ERR_NOMEM;
	if ((g = calloc(1, sizeof(*g))) == NULL)
		return r;
	aas_enroll_open(g, e, rec);
	r = run(g, rec, w, &held);
	if (r == AAS_OK) {
		if (by != NULL)
			note_signers(g, rec, by);
		*held_until = held;
	}
	return aas_enroll_end(g, r, why);
}
