/*
 * CTAPHID, the device's side: 64-byte reports to whole messages and back.
 * It has no descriptor, no clock and never waits: the caller brings reports
 * and the time in milliseconds, and asks when to come again.
 * Source: CTAP 2.1, section 11.2.
 */
#ifndef RIG_CTAPHID_H
#define RIG_CTAPHID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/rig/authenticator.h"

#define CTAPHID_REPORT  64
#define CTAPHID_MSG_MAX 7609

/* Where reports to the host go: CTAPHID_REPORT bytes each. */
typedef void ctaphid_send(void *ctx, const uint8_t *report);

struct ctaphid {
	struct rig_key *key;
	ctaphid_send *send;
	void *ctx;
	uint32_t last_cid; /* handed out */
	bool gone;         /* the key pulled itself out: close it */

	/* the message that is being received or answered */
	enum { CTAPHID_IDLE, CTAPHID_RECEIVING, CTAPHID_WAITING } state;
	uint32_t cid;
	uint8_t cmd;
	uint8_t seq;
	size_t want;
	size_t have;
	uint8_t msg[CTAPHID_MSG_MAX];
	int64_t since_ms; /* last report received, or begin of waiting */
	int64_t keepalive_ms;
};

/* ctaphid_init(hid, key, send, ctx): ${key} stays the caller's. */
void ctaphid_init(
    struct ctaphid *hid, struct rig_key *key, ctaphid_send *send, void *ctx);

/* ctaphid_report(hid, report, now_ms): one report came from the host. */
void ctaphid_report(struct ctaphid *hid, const uint8_t *report, int64_t now_ms);

/* ctaphid_tick(hid, now_ms): time went by, or the key was touched. */
void ctaphid_tick(struct ctaphid *hid, int64_t now_ms);

/*
 * ctaphid_timeout(hid, now_ms):
 * The milliseconds until ctaphid_tick() wants to be called; -1 for never.
 */
int ctaphid_timeout(const struct ctaphid *hid, int64_t now_ms);

/* ctaphid_waiting(hid): does the key blink? */
bool ctaphid_waiting(const struct ctaphid *hid);

#endif
