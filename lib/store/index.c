/*
 * From a record and this host's waits to the index.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/store/parts.h"
#include "lib/wire.h"

/* A string of the SSH wire protocol.  Source: RFC 4251 section 5. */
static void
ssh_string(struct aas_wr *w, const void *p, size_t len)
{
	aas_wr_u32(w, (uint32_t)len);
	aas_wr_raw(w, p, len);
}

size_t
aas_ssh_blob(const struct aas_cred *c, uint8_t *buf, size_t cap)
{
	static const char ec[] = "sk-ecdsa-sha2-nistp256@openssh.com";
	static const char curve[] = "nistp256";
	static const char ed[] = "sk-ssh-ed25519@openssh.com";
	uint8_t point[65] = { 0x04 };
	struct aas_wr w;
	size_t len = 0;

	if (c->id_len == 0)
		return 0;
	aas_wr_init(&w, buf, cap);
	if (c->alg == AAS_ALG_ES256) {
		memcpy(point + 1, c->pk, 64);
		ssh_string(&w, ec, sizeof(ec) - 1);
		ssh_string(&w, curve, sizeof(curve) - 1);
		ssh_string(&w, point, sizeof(point));
	} else {
		ssh_string(&w, ed, sizeof(ed) - 1);
		ssh_string(&w, c->pk, 32);
	}
	ssh_string(&w, c->rp, strlen(c->rp));
	return aas_wr_end(&w, &len) == AAS_OK ? len : 0;
}

/* The earliest moment at which a wait ends; 0 for none. */
static int64_t
first_release(const struct aas_record *rec, struct aas_hoststate *hs,
    const struct aas_now *now)
{
	int64_t first = 0;

	for (unsigned i = 0; i < rec->pending_n; i++) {
		const struct aas_wait *w =
		    aas_wait_find(hs, AAS_WAIT_HOLD, rec->pending[i].hash);
		int64_t end = 0;

		if (w == NULL || w->release != 0)
			continue;
		end = now->real_s + aas_wait_left(w, now);
		if (first == 0 || end < first)
			first = end;
	}
	return first;
}

static void
set_state(const struct aas_record *rec, struct aas_hoststate *hs,
    const struct aas_now *now, struct aas_index *ix)
{
	const struct aas_wait *w = NULL;
	int64_t left = rec->recovery_wait_s;

	ix->refresh_s = first_release(rec, hs, now);
	if (rec->held) {
		ix->state = AAS_ST_HELD;
		ix->deadline_s = ix->refresh_s;
	} else if (rec->recovering) {
		w = aas_wait_find(hs, AAS_WAIT_RECOVERY, rec->recovery_start);
		if (w != NULL)
			left = aas_wait_left(w, now);
		ix->state = left == 0 ? AAS_ST_RECOVERY_DUE : AAS_ST_RECOVERING;
		ix->deadline_s = now->real_s + left;
		if (left > 0 &&
		    (ix->refresh_s == 0 || ix->deadline_s < ix->refresh_s))
			ix->refresh_s = ix->deadline_s;
	} else if (rec->locked) {
		ix->state = AAS_ST_LOCKED;
	} else if (rec->disabled) {
		ix->state = AAS_ST_DISABLED;
	} else if (aas_record_active(rec) < 2) {
		ix->state = AAS_ST_DEGRADED;
		ix->deadline_s = rec->degraded_since_s;
	} else {
		ix->state = AAS_ST_ENROLLED;
	}
}

static uint8_t
active(const struct aas_key *k, const uint8_t id[32], struct aas_hoststate *hs)
{
	const struct aas_counter *c = aas_counter_find(hs, id);

	if (k->suspended)
		return 0;
	return c != NULL && c->refused != 0 ? AAS_INDEX_COPIED : 1;
}

void
aas_index_make(const struct aas_record *rec, struct aas_hoststate *hs,
    const struct aas_fileid *file, const struct aas_now *now,
    struct aas_index *ix, struct aas_index_cred creds[AAS_KEYS_MAX])
{
	memset(ix, 0, sizeof(*ix));
	memset(creds, 0, AAS_KEYS_MAX * sizeof(*creds));
	ix->uid = rec->uid;
	memcpy(ix->user, rec->user, sizeof(ix->user));
	memcpy(ix->realm, rec->realm, sizeof(ix->realm));
	ix->pin = rec->pin;
	ix->out_seq = rec->out_seq;
	ix->out_type = rec->out_type;
	ix->file = *file;
	for (unsigned i = 0; i < rec->keys_n; i++) {
		struct aas_index_key *k = &ix->keys[ix->keys_n];

		if (aas_key_id(&rec->keys[i].login, k->id) != AAS_OK)
			continue;
		k->active = active(&rec->keys[i], k->id, hs);
		k->backup = rec->keys[i].backup;
		memcpy(k->aaguid, rec->keys[i].aaguid, sizeof(k->aaguid));
		memcpy(k->label, rec->keys[i].label, sizeof(k->label));
		k->ssh_len = (uint16_t)aas_ssh_blob(
		    &rec->keys[i].ssh, k->ssh, sizeof(k->ssh));
		if (k->active != 0)
			creds[ix->keys_n].login = rec->keys[i].login;
		ix->keys_n++;
	}
	for (size_t i = 0; i < hs->waits_n; i++) {
		if (hs->waits[i].kind != AAS_WAIT_HOLD)
			continue;
		memcpy(ix->holds[ix->holds_n].hash, hs->waits[i].hash, 32);
		ix->holds[ix->holds_n++].release = hs->waits[i].release;
	}
	set_state(rec, hs, now, ix);
}
