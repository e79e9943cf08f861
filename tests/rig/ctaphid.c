/*
 * The device's side of CTAPHID; see ctaphid.h.  It must never read outside a
 * report, and must answer each broken frame as the standard says, because
 * hosts are tested against it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/rig/authenticator.h"
#include "tests/rig/ctaphid.h"

#define FIRST_DATA   57 /* bytes in an initialization packet */
#define NEXT_DATA    59 /* and in a continuation packet */
#define BROADCAST    0xffffffffu
#define KEEPALIVE_MS 100
#define POLL_MS      10   /* how soon a blinking key sees its touch */
#define FRAGMENT_MS  500  /* between two packets of a message */
#define CAPABILITIES 0x0d /* WINK, CBOR, no MSG */

enum {
	CMD_PING = 0x01,
	CMD_INIT = 0x06,
	CMD_WINK = 0x08,
	CMD_CBOR = 0x10,
	CMD_CANCEL = 0x11,
	CMD_KEEPALIVE = 0x3b,
	CMD_ERROR = 0x3f,
};

enum {
	ERR_INVALID_CMD = 0x01,
	ERR_INVALID_LEN = 0x03,
	ERR_INVALID_SEQ = 0x04,
	ERR_MSG_TIMEOUT = 0x05,
	ERR_CHANNEL_BUSY = 0x06,
	ERR_INVALID_CHANNEL = 0x0b,
};

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

void
ctaphid_init(
    struct ctaphid *hid, struct rig_key *key, ctaphid_send *send, void *ctx)
{
	memset(hid, 0, sizeof(*hid));
	hid->key = key;
	hid->send = send;
	hid->ctx = ctx;
	hid->last_cid = 0x52490000;
}

/* Send a whole message in as many packets as it needs. */
static void
reply(struct ctaphid *hid, uint32_t cid, uint8_t cmd, const uint8_t *data,
    size_t n)
{
	enum rig_frame_fault fault = RIG_FRAME_GOOD;
	uint8_t report[CTAPHID_REPORT];
	uint8_t seq = 0;
	size_t off, part;

	if (cmd == CMD_CBOR)
		fault = rig_key_frame_fault(hid->key);
	if (fault == RIG_FRAME_CID)
		cid ^= 0x00010000;
	memset(report, 0, sizeof(report));
	put_u32(report, cid);
	report[4] = (uint8_t)(cmd | 0x80);
	report[5] = (uint8_t)(n >> 8);
	report[6] = (uint8_t)n;
	off = n < FIRST_DATA ? n : FIRST_DATA;
	if (off != 0)
		memcpy(report + 7, data, off);
	hid->send(hid->ctx, report);
	while (off < n) {
		memset(report, 0, sizeof(report));
		put_u32(report, cid);
		if (fault == RIG_FRAME_GAP && seq == 0)
			seq++;
		report[4] = seq++;
		part = n - off < NEXT_DATA ? n - off : NEXT_DATA;
		memcpy(report + 5, data + off, part);
		off += part;
		hid->send(hid->ctx, report);
	}
}

static void
reply_error(struct ctaphid *hid, uint32_t cid, uint8_t code)
{
	reply(hid, cid, CMD_ERROR, &code, 1);
}

/* A new channel, or the same one set back. */
static void
channel(struct ctaphid *hid, uint32_t cid, const uint8_t *nonce)
{
	uint8_t data[17];

	if (cid != BROADCAST && hid->state != CTAPHID_IDLE && hid->cid == cid)
		hid->state = CTAPHID_IDLE;
	memcpy(data, nonce, 8);
	put_u32(data + 8, cid == BROADCAST ? ++hid->last_cid : cid);
	data[12] = 2; /* CTAPHID protocol */
	data[13] = 1; /* device version 1.0.0 */
	data[14] = 0;
	data[15] = 0;
	data[16] = CAPABILITIES;
	reply(hid, cid, CMD_INIT, data, sizeof(data));
}

static void
answered(struct ctaphid *hid, enum rig_answer answer, const uint8_t *out,
    size_t n, int64_t now_ms)
{
	hid->state = CTAPHID_IDLE;
	switch (answer) {
	case RIG_REPLY:
		reply(hid, hid->cid, CMD_CBOR, out, n);
		break;
	case RIG_WAIT:
		hid->state = CTAPHID_WAITING;
		hid->since_ms = now_ms;
		hid->keepalive_ms = now_ms;
		ctaphid_tick(hid, now_ms);
		break;
	case RIG_SILENT:
		break;
	case RIG_UNPLUG:
		hid->gone = true;
		break;
	}
}

static void
resume(struct ctaphid *hid, enum rig_touch touch, int64_t now_ms)
{
	uint8_t out[RIG_MSG_MAX];
	enum rig_answer answer;
	size_t n = 0;

	answer = rig_key_resume(hid->key, touch, out, &n);
	answered(hid, answer, out, n, now_ms);
}

static void
dispatch(struct ctaphid *hid, int64_t now_ms)
{
	uint8_t out[RIG_MSG_MAX];
	enum rig_answer answer;
	size_t n = 0;

	hid->state = CTAPHID_IDLE;
	switch (hid->cmd) {
	case CMD_PING:
		reply(hid, hid->cid, CMD_PING, hid->msg, hid->want);
		break;
	case CMD_WINK:
		reply(hid, hid->cid, CMD_WINK, NULL, 0);
		break;
	case CMD_CBOR:
		if (hid->want == 0) {
			reply_error(hid, hid->cid, ERR_INVALID_LEN);
			break;
		}
		answer = rig_key_start(hid->key, hid->msg, hid->want, out, &n);
		answered(hid, answer, out, n, now_ms);
		break;
	default:
		reply_error(hid, hid->cid, ERR_INVALID_CMD);
	}
}

/* An initialization packet that is neither INIT nor CANCEL. */
static void
begin(struct ctaphid *hid, uint32_t cid, uint8_t cmd, const uint8_t *report,
    int64_t now_ms)
{
	size_t want = (size_t)report[5] << 8 | report[6];

	if (hid->state == CTAPHID_RECEIVING && hid->cid == cid) {
		hid->state = CTAPHID_IDLE;
		reply_error(hid, cid, ERR_INVALID_SEQ);
		return;
	}
	if (hid->state != CTAPHID_IDLE) {
		reply_error(hid, cid, ERR_CHANNEL_BUSY);
		return;
	}
	if (want > sizeof(hid->msg)) {
		reply_error(hid, cid, ERR_INVALID_LEN);
		return;
	}
	hid->state = CTAPHID_RECEIVING;
	hid->cid = cid;
	hid->cmd = cmd;
	hid->seq = 0;
	hid->want = want;
	hid->have = want < FIRST_DATA ? want : FIRST_DATA;
	hid->since_ms = now_ms;
	memcpy(hid->msg, report + 7, hid->have);
	if (hid->have == hid->want)
		dispatch(hid, now_ms);
}

static void
go_on(struct ctaphid *hid, uint32_t cid, const uint8_t *report, int64_t now_ms)
{
	size_t part;

	if (hid->state != CTAPHID_RECEIVING || hid->cid != cid)
		return; /* spurious: ignored */
	if (report[4] != hid->seq) {
		hid->state = CTAPHID_IDLE;
		reply_error(hid, cid, ERR_INVALID_SEQ);
		return;
	}
	hid->seq++;
	hid->since_ms = now_ms;
	part = hid->want - hid->have;
	if (part > NEXT_DATA)
		part = NEXT_DATA;
	memcpy(hid->msg + hid->have, report + 5, part);
	hid->have += part;
	if (hid->have == hid->want)
		dispatch(hid, now_ms);
}

void
ctaphid_report(struct ctaphid *hid, const uint8_t *report, int64_t now_ms)
{
	uint32_t cid = get_u32(report);
	uint8_t cmd = report[4] & 0x7f;
	bool first = (report[4] & 0x80) != 0;
	bool allotted = cid > 0x52490000 && cid <= hid->last_cid;

	if (rig_key_frame_fault(hid->key) == RIG_FRAME_DEAD)
		return;
	if (first && cmd == CMD_INIT && (allotted || cid == BROADCAST)) {
		if (report[5] == 0 && report[6] == 8)
			channel(hid, cid, report + 7);
		else
			reply_error(hid, cid, ERR_INVALID_LEN);
	} else if (!allotted) {
		if (first)
			reply_error(hid, cid, ERR_INVALID_CHANNEL);
	} else if (!first) {
		go_on(hid, cid, report, now_ms);
	} else if (cmd == CMD_CANCEL) {
		if (hid->state == CTAPHID_WAITING && hid->cid == cid)
			resume(hid, RIG_TOUCH_CANCEL, now_ms);
	} else {
		begin(hid, cid, cmd, report, now_ms);
	}
}

void
ctaphid_tick(struct ctaphid *hid, int64_t now_ms)
{
	static const uint8_t up_needed = 2;
	enum rig_touch touch;

	if (hid->state == CTAPHID_RECEIVING &&
	    now_ms - hid->since_ms >= FRAGMENT_MS) {
		hid->state = CTAPHID_IDLE;
		reply_error(hid, hid->cid, ERR_MSG_TIMEOUT);
	}
	if (hid->state != CTAPHID_WAITING)
		return;
	touch = rig_key_touched(hid->key, now_ms - hid->since_ms);
	if (touch != RIG_TOUCH_NONE) {
		resume(hid, touch, now_ms);
	} else if (now_ms >= hid->keepalive_ms) {
		reply(hid, hid->cid, CMD_KEEPALIVE, &up_needed, 1);
		hid->keepalive_ms = now_ms + KEEPALIVE_MS;
	}
}

int
ctaphid_timeout(const struct ctaphid *hid, int64_t now_ms)
{
	int64_t left = POLL_MS;

	if (hid->state == CTAPHID_IDLE)
		return -1;
	if (hid->state == CTAPHID_RECEIVING)
		left = hid->since_ms + FRAGMENT_MS - now_ms;
	return left > 0 ? (int)left : 0;
}

bool
ctaphid_waiting(const struct ctaphid *hid)
{
	return hid->state == CTAPHID_WAITING;
}
