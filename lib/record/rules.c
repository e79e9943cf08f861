/*
 * What an entry may do to the state of a record: the table of DESIGN's rules
 * in lib/record/record.h.
 *
 * 1. One key MUST NOT be enough to change keys, recovery keys or a lock: with
 *    one the entry is weak, whoever asks.
 * 2. remove-key MUST NOT leave fewer than two active keys; suspend-key MUST
 *    leave one.
 * 3. Two keys of a record MUST NOT share an id, a public key or a label.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/record/parts.h"

static int
cred_alike(const struct aas_cred *a, const struct aas_cred *b)
{
	if (a->id_len == 0 || b->id_len == 0)
		return 0;
	return (a->id_len == b->id_len &&
		   memcmp(a->id, b->id, a->id_len) == 0) ||
	    (a->pk_len == b->pk_len && memcmp(a->pk, b->pk, a->pk_len) == 0);
}

static int
key_alike(const struct aas_key *a, const struct aas_key *b)
{
	return strcmp(a->label, b->label) == 0 ||
	    cred_alike(&a->login, &b->login) || cred_alike(&a->ssh, &b->ssh) ||
	    cred_alike(&a->login, &b->ssh) || cred_alike(&a->ssh, &b->login);
}

int
aas_keys_distinct(const struct aas_key *keys, size_t n,
    const struct aas_key *more, size_t more_n)
{
	for (size_t i = 0; i < more_n; i++) {
		if (cred_alike(&more[i].login, &more[i].ssh))
			return 0;
		for (size_t j = 0; j < i; j++)
			if (key_alike(&more[i], &more[j]))
				return 0;
		for (size_t j = 0; j < n; j++)
			if (key_alike(&more[i], &keys[j]))
				return 0;
	}
	return 1;
}

unsigned
aas_record_active(const struct aas_record *rec)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rec->keys_n; i++)
		n += rec->keys[i].suspended ? 0 : 1;
	return n;
}

/* Who signed, counted. */
struct signers {
	unsigned own, active, suspended, none;
};

static void
count(const struct aas_record *rec, const struct aas_line *l, struct signers *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < l->proofs_n; i++)
		switch (aas_signer_of(rec, &l->e, &l->proofs[i])) {
		case AAS_SIGN_OWN:
			s->own++;
			break;
		case AAS_SIGN_ACTIVE:
			s->active++;
			break;
		case AAS_SIGN_SUSPENDED:
			s->suspended++;
			break;
		case AAS_SIGN_NONE:
		default:
			s->none++;
		}
}

static int
in_recovery(const struct aas_record *rec, const uint8_t pub[32])
{
	for (unsigned i = 0; i < rec->recovery_n; i++)
		if (memcmp(rec->recovery[i], pub, 32) == 0)
			return 1;
	return 0;
}

static int
recovery_distinct(const struct aas_entry *e)
{
	for (unsigned i = 0; i < e->recovery_n; i++)
		for (unsigned j = 0; j < i; j++)
			if (memcmp(e->recovery[i], e->recovery[j], 32) == 0)
				return 0;
	return 1;
}

/* A whole new set of keys: genesis and recovery-finish. */
static int
check_set(const struct aas_line *l, const struct signers *s)
{
	unsigned roaming = 0;

	for (unsigned i = 0; i < l->e.keys_n; i++)
		roaming += l->e.keys[i].roaming;
	if (l->e.keys_n < 2 || roaming == 0 || s->own != l->e.keys_n ||
	    s->active != 0 || !recovery_distinct(&l->e) ||
	    !aas_keys_distinct(NULL, 0, l->e.keys, l->e.keys_n))
		return AAS_ERR_DENIED;
	return AAS_OK;
}

static int
check_recovery(const struct aas_record *rec, const struct aas_line *l,
    const struct signers *s)
{
	if (!l->has_recovery)
		return AAS_ERR_DENIED;
	if (l->e.type == AAS_T_RECOVERY_START)
		return !rec->recovering && l->proofs_n == 0 &&
			in_recovery(rec, l->rpub)
		    ? AAS_OK
		    : AAS_ERR_DENIED;
	if (!rec->recovering || memcmp(rec->recovery_by, l->rpub, 32) != 0)
		return AAS_ERR_DENIED;
	return check_set(l, s);
}

/* What the entry wants done must make sense in this state. */
static int
check_effect(const struct aas_record *rec, const struct aas_entry *e)
{
	const struct aas_key *k = NULL;
	unsigned active = aas_record_active(rec);
	int at = aas_key_find(rec->keys, rec->keys_n, e->key);
	int ok = 0;

	if (at >= 0)
		k = &rec->keys[at];
	switch ((unsigned)e->type) {
	case AAS_T_ADD_KEY:
		ok = rec->keys_n < AAS_KEYS_MAX &&
		    aas_keys_distinct(rec->keys, rec->keys_n, e->keys, 1);
		break;
	case AAS_T_REMOVE_KEY:
		ok = k != NULL && active - (k->suspended ? 0 : 1) >= 2;
		break;
	case AAS_T_RENAME_KEY:
		ok = k != NULL;
		for (unsigned i = 0; i < rec->keys_n; i++)
			ok = ok && strcmp(rec->keys[i].label, e->label) != 0;
		break;
	case AAS_T_SUSPEND_KEY:
		ok = k != NULL && !k->suspended && active >= 2;
		break;
	case AAS_T_RESUME_KEY:
		ok = k != NULL && k->suspended;
		break;
	case AAS_T_REPLACE_RECOVERY:
		ok = recovery_distinct(e);
		break;
	case AAS_T_RECOVERY_CANCEL:
		ok = rec->recovering;
		break;
	case AAS_T_LOCK:
		ok = !rec->locked;
		break;
	case AAS_T_UNLOCK:
		ok = rec->locked;
		break;
	case AAS_T_DISABLE:
		ok = !rec->disabled;
		break;
	case AAS_T_ENABLE:
		ok = rec->disabled;
		break;
	case AAS_T_SET_CONTACTS:
		ok = 1;
		break;
	default:
		break;
	}
	return ok ? AAS_OK : AAS_ERR_DENIED;
}

static int
needs_two(enum aas_type type)
{
	return type == AAS_T_ADD_KEY || type == AAS_T_REMOVE_KEY ||
	    type == AAS_T_RESUME_KEY || type == AAS_T_REPLACE_RECOVERY ||
	    type == AAS_T_UNLOCK || type == AAS_T_DISABLE;
}

static int
while_locked(enum aas_type type)
{
	return type == AAS_T_UNLOCK || type == AAS_T_SUSPEND_KEY ||
	    type == AAS_T_RECOVERY_CANCEL;
}

int
aas_rules_check(
    const struct aas_record *rec, const struct aas_line *l, int *weak)
{
	const struct aas_entry *e = &l->e;
	struct signers s;
	unsigned own = e->type == AAS_T_ADD_KEY || e->type == AAS_T_RESUME_KEY;

	*weak = 0;
	count(rec, l, &s);
	if (e->type == AAS_T_GENESIS)
		return rec->keys_n == 0 && e->seq == 1 && s.none == 0 &&
			!l->has_recovery
		    ? check_set(l, &s)
		    : AAS_ERR_DENIED;
	if (e->type == AAS_T_RECOVERY_START || e->type == AAS_T_RECOVERY_FINISH)
		return s.none == 0 && s.suspended == 0
		    ? check_recovery(rec, l, &s)
		    : AAS_ERR_DENIED;
	if (s.none != 0 || s.suspended != 0 || s.active == 0 || s.own != own ||
	    l->has_recovery)
		return AAS_ERR_DENIED;
	if (rec->locked && !while_locked(e->type))
		return AAS_ERR_DENIED;
	*weak = needs_two(e->type) && s.active < 2;
	return check_effect(rec, e);
}

static void
bring(struct aas_record *rec, const struct aas_entry *e)
{
	for (unsigned i = 0; i < e->keys_n && rec->keys_n < AAS_KEYS_MAX; i++) {
		struct aas_key *k = &rec->keys[rec->keys_n++];

		*k = e->keys[i];
		k->suspended = 0;
		k->held = 0;
		k->added_seq = e->seq;
	}
}

static void
set_recovery(struct aas_record *rec, const struct aas_entry *e)
{
	rec->recovery_n = e->recovery_n;
	memcpy(rec->recovery, e->recovery, sizeof(rec->recovery));
}

/* A recovery key that started a recovery is good for finishing it alone. */
static void
start_recovery(struct aas_record *rec, const struct aas_line *l)
{
	unsigned n = 0;

	rec->recovering = 1;
	memcpy(rec->recovery_by, l->rpub, sizeof(rec->recovery_by));
	memcpy(rec->recovery_start, l->hash, sizeof(rec->recovery_start));
	for (unsigned i = 0; i < rec->recovery_n; i++)
		if (memcmp(rec->recovery[i], l->rpub, 32) != 0)
			memmove(rec->recovery[n++], rec->recovery[i], 32);
	rec->recovery_n = (uint8_t)n;
}

static void
apply_key(struct aas_record *rec, const struct aas_entry *e)
{
	int at = aas_key_find(rec->keys, rec->keys_n, e->key);
	struct aas_key *k = NULL;

	if (at < 0)
		return;
	k = &rec->keys[at];
	if (e->type == AAS_T_RENAME_KEY)
		memcpy(k->label, e->label, sizeof(k->label));
	else if (e->type == AAS_T_SUSPEND_KEY)
		k->suspended = 1;
	else if (e->type == AAS_T_RESUME_KEY)
		k->suspended = 0;
	else
		memmove(k, k + 1,
		    (size_t)(--rec->keys_n - at) * sizeof(rec->keys[0]));
}

/* Keys, recovery keys, or a whole new set of both. */
static void
apply_set(struct aas_record *rec, const struct aas_entry *e)
{
	if (e->type == AAS_T_GENESIS) {
		rec->recovery_wait_s = e->recovery_wait_s;
		rec->genesis_time_s = e->time_s;
	}
	if (e->type == AAS_T_RECOVERY_FINISH) {
		rec->keys_n = 0;
		rec->recovering = 0;
		rec->locked = 0;
	}
	bring(rec, e);
	set_recovery(rec, e);
}

/*
 * All sessions from before are over.  While a genesis or a finish waits nobody
 * signs in by it; while a lock does, people may, until it counts.
 */
static void
sign_out(struct aas_record *rec, const struct aas_entry *e)
{
	if (e->type != AAS_T_GENESIS && e->type != AAS_T_RECOVERY_FINISH &&
	    !(e->type == AAS_T_LOCK && e->end))
		return;
	rec->out_seq = e->seq;
	rec->out_type = (uint8_t)e->type;
	if (e->type == AAS_T_LOCK && rec->pin.seq > e->seq)
		rec->out_seq = rec->pin.seq + 1;
}

void
aas_rules_apply(struct aas_record *rec, const struct aas_line *l)
{
	const struct aas_entry *e = &l->e;

	sign_out(rec, e);

	switch ((unsigned)e->type) {
	case AAS_T_GENESIS:
	case AAS_T_RECOVERY_FINISH:
		apply_set(rec, e);
		break;
	case AAS_T_ADD_KEY:
		bring(rec, e);
		break;
	case AAS_T_REMOVE_KEY:
	case AAS_T_RENAME_KEY:
	case AAS_T_SUSPEND_KEY:
	case AAS_T_RESUME_KEY:
		apply_key(rec, e);
		break;
	case AAS_T_REPLACE_RECOVERY:
		set_recovery(rec, e);
		break;
	case AAS_T_RECOVERY_START:
		start_recovery(rec, l);
		break;
	case AAS_T_RECOVERY_CANCEL:
		rec->recovering = 0;
		rec->recovery_n = 0;
		break;
	case AAS_T_LOCK:
		rec->locked = 1;
		rec->locked_s = e->time_s;
		memcpy(rec->locked_why, e->why, sizeof(rec->locked_why));
		break;
	case AAS_T_UNLOCK:
		rec->locked = 0;
		break;
	case AAS_T_DISABLE:
	case AAS_T_ENABLE:
		rec->disabled = e->type == AAS_T_DISABLE;
		break;
	case AAS_T_SET_CONTACTS:
		rec->contacts_n = e->contacts_n;
		memcpy(rec->contacts, e->contacts, sizeof(rec->contacts));
		break;
	default:
		break;
	}
	if (aas_record_active(rec) >= 2)
		rec->degraded_since_s = 0;
	else if (rec->degraded_since_s == 0)
		rec->degraded_since_s = e->time_s;
}
