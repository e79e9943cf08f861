/*
 * Sign counters: how a copy of a key gives itself away.
 *
 * 1. A counter MUST be compared with what was known when its challenge was
 *    issued, not with what parallel sign-ins have stored since.
 * 2. A key that was refused as a clone MUST stay refused on this host.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/store/parts.h"

int
aas_store_counter_get(struct aas_store *s, uint32_t uid, const uint8_t key[32],
    uint32_t *issued, int *refused)
{
	struct aas_hoststate hs;
	const struct aas_counter *c = NULL;
	char file[16];
	int r = AAS_ERR_SYS;

	aas_store_file(uid, file);
	if ((r = aas_hoststate_read(s, file, &hs)) != AAS_OK)
		return r;
	c = aas_counter_find(&hs, key);
	*issued = c == NULL ? 0 : c->value;
	*refused = c != NULL && c->refused != 0;
	return AAS_OK;
}

int
aas_store_counter_put(struct aas_store *s, uint32_t uid, const uint8_t key[32],
    uint32_t issued, uint32_t seen)
{
	struct aas_hoststate hs;
	struct aas_counter *c = NULL;
	char file[16];
	int back = seen <= issued && (seen != 0 || issued != 0);
	int lock = -1;
	int r = AAS_ERR_SYS;

	if (seen == 0 && issued == 0)
		return AAS_OK; /* this key does not count */
	if (s->locks < 0 || s->state < 0)
		return back ? AAS_ERR_DENIED : AAS_ERR_SYS;
	aas_store_file(uid, file);
	if ((r = aas_fs_lock(s->locks, file, 1, AAS_LOCK_MS, &lock)) != AAS_OK)
		goto out;
	if ((r = aas_hoststate_read(s, file, &hs)) != AAS_OK)
		goto out;
	r = AAS_ERR_TOOBIG;
	if ((c = aas_counter_make(&hs, key)) == NULL)
		goto out;
	r = AAS_OK;
	/* Found out since the challenge was issued: that counts, too. */
	if (c->refused)
		back = 1;
	if (back || seen > c->value) {
		if (back)
			c->refused = 1;
		if (seen > c->value)
			c->value = seen;
		r = aas_hoststate_write(s, file, &hs);
	}
out:
	aas_close(&lock);
	if (back)
		return AAS_ERR_DENIED; /* whatever the disk said */
	return r == AAS_OK ? AAS_OK : AAS_ERR_SYS;
}
