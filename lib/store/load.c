/*
 * Loading a user's record for a decision.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/store/parts.h"

/*
 * The same look under the lock, and what it asks to be written.  Without the
 * lock (its holder stopped, a disk that takes nothing) the first look stands:
 * that ${r} it came to.
 */
static int
look_locked(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, int r, struct aas_look *lk, unsigned *why)
{
	char file[16];
	int lock = -1;

	aas_store_file(uid, file);
	if (aas_fs_lock(s->locks, file, 1, AAS_LOCK_MS, &lock) != AAS_OK)
		return r;
	aas_look_free(lk);
	r = aas_look(s, uid, name, now, lk, why);
	if (r == AAS_OK)
		aas_look_save(s, uid, lk);
	aas_close(&lock);
	return r;
}

int
aas_store_load(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, struct aas_record **rec, struct aas_index *ix,
    unsigned *why)
{
	struct aas_look lk;
	int again = 0;
	int r = AAS_ERR_SYS;

	r = aas_look(s, uid, name, now, &lk, why);
	again = r == AAS_OK ? lk.dirty_pin || lk.dirty_state || lk.dirty_index
			    : r != AAS_ERR_NOTFOUND;
	if (again && s->writer && s->locks >= 0) {
		r = look_locked(s, uid, name, now, r, &lk, why);
	} else if (again && r != AAS_OK) {
		/* Read between two steps of an append?  Once more. */
		aas_look_free(&lk);
		r = aas_look(s, uid, name, now, &lk, why);
	}
	if (r == AAS_OK && rec != NULL) {
		*rec = lk.rec;
		lk.rec = NULL;
	}
	if (r == AAS_OK && ix != NULL)
		*ix = lk.ix;
	aas_look_free(&lk);
	return r;
}

int
aas_store_verify(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, unsigned *line, unsigned *why)
{
	struct aas_look lk;
	struct aas_record *rec = NULL;
	int r = AAS_ERR_PERMS;

	if (!s->writer)
		return AAS_ERR_PERMS;
	*line = 0;
	if ((r = aas_look(s, uid, name, now, &lk, why)) == AAS_OK) {
		const struct aas_replay rp = {
			.pin = &lk.pin,
			.verify_from = 1,
			.holds = lk.holds,
			.holds_n = lk.holds_n,
		};

		r = aas_record_replay(
		    lk.record.p, lk.record.len, &rp, &rec, line);
		if (r != AAS_OK)
			*why = AAS_WHY_RECORD_BROKEN;
	}
	aas_record_free(&rec);
	aas_look_free(&lk);
	return r;
}
