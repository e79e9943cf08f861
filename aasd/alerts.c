/*
 * aasd and alerts: the user's own, a test of them, and who delivers what waits
 * where systemd does not.
 *
 * 1. A user MUST see no other user's alerts; root sees everybody's.
 * 2. A user MUST NOT be able to send more than one test a minute: it goes to
 *    addresses that are not the user's, too.
 * 3. Nobody else MUST wait while a chain, of up to 8 MiB, is read: a process of
 *    its own does that.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/attempts.h"
#include "lib/event/raise.h"
#include "lib/event/spool.h"
#include "lib/reason.h"
#include "aasd/alerts.h"
#include "tools/told.h"
#include "aasd/line.h"
#include "tools/alerts.h"

#define LINES_MAX ((size_t)512 * 1024)
#define EVERY_MS  60000
#define TEST_S    60

static json_t *
test(struct aasd *d, const struct aas_user *u, int64_t now_s)
{
	char spool[AAS_SPOOL_PATH];

	if (aas_spool_dir(d->statedir, spool) != AAS_OK)
		return aasd_refuse(AAS_WHY_SYSTEM);
	if (!aas_attempts_once(
		spool, NULL, u->uid, "alert-test", NULL, now_s, TEST_S))
		return aasd_refuse_as(AAS_WHY_BUSY,
		    "There was a test less than a minute ago. Try again in a "
		    "minute.");
	if (alerts_test(d->statedir, aasd_can_deliver() ? d->libexecdir : NULL,
		u->uid, u->name, NULL) != AAS_OK)
		return aasd_refuse(AAS_WHY_SYSTEM);
	return json_pack("{s:b}", "ok", 1);
}

/* null: its answer will be ours. */
static json_t *
start(struct aasd *d, uint32_t uid)
{
	char path[PATH_MAX], me[] = "aas-alerts", state[PATH_MAX];
	char who[16], bytes[24];
	char *argv[] = { me, state, who, bytes, NULL };

	if (d->lookup == NULL)
		return aasd_refuse(AAS_WHY_BUSY);
	(void)snprintf(who, sizeof(who), "%" PRIu32, uid);
	(void)snprintf(bytes, sizeof(bytes), "%zu", LINES_MAX);
	if (snprintf(path, sizeof(path), "%s/%s", d->libexecdir, me) >=
		(int)sizeof(path) ||
	    snprintf(state, sizeof(state), "%s", d->statedir) >=
		(int)sizeof(state) ||
	    aas_spawn(path, argv, d->lookup) != AAS_OK)
		return aasd_refuse(AAS_WHY_NO_HELPER);
	return json_null();
}

json_t *
aasd_alerts_op(
    struct aasd *d, const struct aas_user *u, int64_t now_s, json_t *rq)
{
	const char *op = NULL;
	json_int_t uid = (json_int_t)u->uid;
	int want_test = 0;

	if (json_unpack_ex(rq, NULL, JSON_STRICT, "{s:s, s?I, s?b}", "op", &op,
		"uid", &uid, "test", &want_test) != 0 ||
	    uid < 0 || uid > UINT32_MAX)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if ((uid_t)uid != u->uid && u->uid != 0)
		return aasd_refuse(AAS_WHY_NOT_SELF);
	if (want_test)
		return (uid_t)uid == u->uid ? test(d, u, now_s)
					    : aasd_refuse(AAS_WHY_NOT_SELF);
	return start(d, (uint32_t)uid);
}

void
aasd_alerts_tick(struct aasd *d)
{
	static int64_t next_ms;
	int64_t now_ms = aas_clock_ms();

	if (now_ms < next_ms || !aasd_can_deliver())
		return;
	next_ms = now_ms + EVERY_MS;
	(void)aas_event_hand(d->statedir, d->libexecdir);
}
