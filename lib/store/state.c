/*
 * What only this host knows about a user: sign counters, and how long an
 * entry has waited here.
 *
 * 1. A wait MUST NOT be shortened by a clock that somebody set: within a boot
 *    the smaller of two clocks counts, across boots the wall clock alone, and
 *    only while it was and is synchronized.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/store/parts.h"
#include "lib/wire.h"

#define MAGIC      "AASSTA01"
#define MAGIC_LEN  8
#define MAGIC_KIND 6
#define CRC_LEN    4

int
aas_hoststate_put(
    const struct aas_hoststate *hs, uint8_t *buf, size_t cap, size_t *len)
{
	struct aas_wr w;
	size_t n = 0;
	int r = AAS_ERR_TOOBIG;

	aas_wr_init(&w, buf, cap);
	aas_wr_raw(&w, MAGIC, MAGIC_LEN);
	aas_wr_u16(&w, (uint16_t)hs->counters_n);
	for (size_t i = 0; i < hs->counters_n; i++) {
		aas_wr_raw(&w, hs->counters[i].id, 32);
		aas_wr_u32(&w, hs->counters[i].value);
		aas_wr_u8(&w, hs->counters[i].refused);
	}
	aas_wr_u16(&w, (uint16_t)hs->waits_n);
	for (size_t i = 0; i < hs->waits_n; i++) {
		const struct aas_wait *x = &hs->waits[i];

		aas_wr_raw(&w, x->hash, sizeof(x->hash));
		aas_wr_u8(&w, x->kind);
		aas_wr_u64(&w, x->release);
		aas_wr_u64(&w, (uint64_t)x->wait_s);
		aas_wr_u64(&w, (uint64_t)x->waited_s);
		aas_wr_u64(&w, (uint64_t)x->real_s);
		aas_wr_u64(&w, (uint64_t)x->boottime_ms);
		aas_wr_raw(&w, x->boot_id, sizeof(x->boot_id));
		aas_wr_u8(&w, x->synced);
	}
	if ((r = aas_wr_end(&w, &n)) != AAS_OK)
		return r;
	aas_wr_u32(&w, aas_crc32(buf, n));
	return aas_wr_end(&w, len);
}

static void
get_wait(struct aas_rd *rd, struct aas_wait *x)
{
	aas_rd_raw(rd, x->hash, sizeof(x->hash));
	x->kind = aas_rd_u8(rd);
	x->release = aas_rd_u64(rd);
	x->wait_s = (int64_t)aas_rd_u64(rd);
	x->waited_s = (int64_t)aas_rd_u64(rd);
	x->real_s = (int64_t)aas_rd_u64(rd);
	x->boottime_ms = (int64_t)aas_rd_u64(rd);
	aas_rd_raw(rd, x->boot_id, sizeof(x->boot_id));
	x->synced = aas_rd_u8(rd);
	if (x->kind > AAS_WAIT_RECOVERY || x->synced > 1 || x->wait_s < 0 ||
	    x->waited_s < 0 || x->real_s < 0 || x->boottime_ms < 0)
		rd->bad = 1;
}

int
aas_hoststate_get(const uint8_t *p, size_t len, struct aas_hoststate *hs)
{
	struct aas_rd rd;
	int r = AAS_ERR_FORMAT;

	if (len < MAGIC_LEN + CRC_LEN || memcmp(p, MAGIC, MAGIC_KIND) != 0)
		return AAS_ERR_FORMAT;
	aas_rd_init(&rd, p + len - CRC_LEN, CRC_LEN);
	if (aas_rd_u32(&rd) != aas_crc32(p, len - CRC_LEN))
		return AAS_ERR_FORMAT;
	if (memcmp(p, MAGIC, MAGIC_LEN) != 0)
		return AAS_ERR_VERSION;
	memset(hs, 0, sizeof(*hs));
	aas_rd_init(&rd, p + MAGIC_LEN, len - MAGIC_LEN - CRC_LEN);
	hs->counters_n = aas_rd_u16(&rd);
	if (hs->counters_n > AAS_COUNTERS_MAX)
		rd.bad = 1;
	for (size_t i = 0; !rd.bad && i < hs->counters_n; i++) {
		aas_rd_raw(&rd, hs->counters[i].id, 32);
		hs->counters[i].value = aas_rd_u32(&rd);
		hs->counters[i].refused = aas_rd_u8(&rd);
	}
	hs->waits_n = aas_rd_u16(&rd);
	if (hs->waits_n > AAS_WAITS_MAX)
		rd.bad = 1;
	for (size_t i = 0; !rd.bad && i < hs->waits_n; i++)
		get_wait(&rd, &hs->waits[i]);
	if ((r = aas_rd_end(&rd)) != AAS_OK)
		memset(hs, 0, sizeof(*hs));
	return r;
}

int
aas_hoststate_read(
    struct aas_store *s, const char *file, struct aas_hoststate *hs)
{
	struct aas_buf b = { NULL, 0 };
	int r = AAS_ERR_NOTFOUND;

	if (s->state >= 0)
		r = aas_fs_read(
		    s->state, file, s->owner, 077, AAS_STATE_MAX, &b, NULL);
	if (r == AAS_OK) {
		r = aas_hoststate_get(b.p, b.len, hs);
	} else if (r == AAS_ERR_NOTFOUND) {
		memset(hs, 0, sizeof(*hs));
		r = AAS_OK;
	}
	aas_buf_free(&b);
	return r;
}

int
aas_hoststate_write(
    struct aas_store *s, const char *file, const struct aas_hoststate *hs)
{
	uint8_t buf[AAS_STATE_MAX];
	size_t len = 0;
	int r = aas_hoststate_put(hs, buf, sizeof(buf), &len);

	if (r != AAS_OK)
		return r;
	return aas_fs_replace(
	    s->state, file, buf, len, (uid_t)-1, (gid_t)-1, 0600);
}

struct aas_wait *
aas_wait_find(struct aas_hoststate *hs, int kind, const uint8_t hash[32])
{
	for (size_t i = 0; i < hs->waits_n; i++)
		if (hs->waits[i].kind == kind &&
		    memcmp(hs->waits[i].hash, hash, 32) == 0)
			return &hs->waits[i];
	return NULL;
}

static void
mark(struct aas_wait *w, const struct aas_now *now)
{
	w->real_s = now->real_s > 0 ? now->real_s : 0;
	w->boottime_ms = now->boottime_ms > 0 ? now->boottime_ms : 0;
	memcpy(w->boot_id, now->boot_id, sizeof(w->boot_id));
	w->synced = now->synced != 0;
}

int
aas_wait_start(struct aas_hoststate *hs, int kind, const uint8_t hash[32],
    int64_t wait_s, const struct aas_now *now)
{
	struct aas_wait *w = NULL;
	size_t n = 0;

	/*
	 * A wait that a crash left without its entry begins anew, and there is
	 * one recovery at a time.
	 */
	for (size_t i = 0; i < hs->waits_n; i++)
		if (hs->waits[i].kind != kind ||
		    (kind == AAS_WAIT_HOLD &&
			memcmp(hs->waits[i].hash, hash, 32) != 0))
			hs->waits[n++] = hs->waits[i];
	hs->waits_n = n;
	if (n == AAS_WAITS_MAX)
		return AAS_ERR_DENIED;
	w = &hs->waits[hs->waits_n++];
	memset(w, 0, sizeof(*w));
	memcpy(w->hash, hash, sizeof(w->hash));
	w->kind = (uint8_t)kind;
	w->wait_s = wait_s;
	mark(w, now);
	return AAS_OK;
}

/* Seconds since the mark that count. */
static int64_t
since_mark(const struct aas_wait *w, const struct aas_now *now)
{
	int64_t real = now->real_s - w->real_s;
	int64_t boot = (now->boottime_ms - w->boottime_ms) / 1000;

	if (memcmp(w->boot_id, now->boot_id, sizeof(w->boot_id)) != 0) {
		if (!w->synced || !now->synced)
			return 0;
		boot = real;
	}
	if (boot < real)
		real = boot;
	return real > 0 ? real : 0;
}

int64_t
aas_wait_left(const struct aas_wait *w, const struct aas_now *now)
{
	int64_t left = w->wait_s - w->waited_s - since_mark(w, now);

	return left > 0 ? left : 0;
}

int
aas_wait_mark(struct aas_wait *w, const struct aas_now *now)
{
	int64_t more = since_mark(w, now);

	/* A wall clock that was set back must not stop the wait for years. */
	if (memcmp(w->boot_id, now->boot_id, sizeof(w->boot_id)) == 0 &&
	    now->real_s >= w->real_s)
		return 0;
	w->waited_s += more;
	mark(w, now);
	return 1;
}

struct aas_counter *
aas_counter_find(struct aas_hoststate *hs, const uint8_t id[32])
{
	for (size_t i = 0; i < hs->counters_n; i++)
		if (memcmp(hs->counters[i].id, id, 32) == 0)
			return &hs->counters[i];
	return NULL;
}

struct aas_counter *
aas_counter_make(struct aas_hoststate *hs, const uint8_t id[32])
{
	struct aas_counter *c = aas_counter_find(hs, id);

	if (c != NULL || hs->counters_n == AAS_COUNTERS_MAX)
		return c;
	c = &hs->counters[hs->counters_n++];
	memset(c, 0, sizeof(*c));
	memcpy(c->id, id, sizeof(c->id));
	return c;
}
