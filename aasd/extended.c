/*
 * A session that goes on: the keeper's part.
 *
 * 1. A session MUST NOT go on for longer than the policy's total, counted from
 *    its own beginning, however often it is extended.
 * 2. A session on a lease MUST NOT go on for longer than that: who lent it
 *    extends the lease.
 * 3. Nobody MUST extend another's session, not even an administrator.
 */
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "aasd/extend.h"
#include "aasd/keep.h"
#include "aasd/line.h"
#include "aasd/link.h"
#include "aasd/within.h"

#define FAR_S (INT64_MAX / 4000)

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static json_t *
refuse(const char *text)
{
	return aasd_refuse_as(AAS_WHY_MAX_TOTAL, text);
}

/* Seconds until it ends, with one that it was opened in, too. */
static json_t *
left(struct aasd_keep *k, struct aas_kept *s, int64_t now_ms)
{
	struct aasd_outer outer = { NULL, INT64_MAX };

	if (aasd_keep_look_since(k, s->t.opened_ms) != AAS_OK ||
	    aasd_within_look(k, &s, 1, now_ms, &outer) != AAS_OK)
		outer.end_ms = s->t.opened_ms + s->t.session_ms;
	if (outer.end_ms == INT64_MAX)
		return json_null();
	return json_integer(
	    outer.end_ms < now_ms ? 0 : (outer.end_ms - now_ms) / 1000);
}

/* One without a limit of its own. */
static json_t *
without(struct aasd_keep *k, struct aas_kept *s, int64_t now_ms)
{
	struct aasd_outer outer = { NULL, INT64_MAX };

	if (aasd_keep_look_since(k, s->t.opened_ms) == AAS_OK &&
	    aasd_within_look(k, &s, 1, now_ms, &outer) == AAS_OK &&
	    outer.in != NULL)
		return refuse(
		    "This session has no limit of its own: it ends with the "
		    "one that it was opened in. Extend that one.");
	return json_pack("{s:b, s:n, s:b}", "ok", 1, "expires_s", "last", 0);
}

json_t *
aasd_extend_keep(
    struct aasd_keep *k, const struct aasd_ask *who, int64_t now_ms, json_t *rq)
{
	const char *op = NULL, *id = NULL, *key = NULL;
	json_int_t total_s = 0;
	struct aas_kept *s = NULL;
	int64_t age_ms, cap_ms, want_ms;

	if (json_unpack_ex(rq, NULL, JSON_STRICT, "{s:s, s:s, s:s, s:I}", "op",
		&op, "id", &id, "key", &key, "total_s", &total_s) != 0 ||
	    total_s < 1 || total_s > FAR_S || strlen(id) != AAS_LEDGER_ID - 1)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	s = aas_book_find(&k->book, id);
	if (s == NULL || s->l.uid != who->uid || s->l.manager || s->l.closed ||
	    s->why != AAS_KEEP_GOES_ON)
		return aasd_refuse(AAS_WHY_NO_SESSION);
	if (s->l.lease_ms != 0)
		return refuse(
		    "This session runs on a lease, which is what ends it. Who "
		    "granted that can grant it again.");
	age_ms = now_ms - s->t.opened_ms;
	if (s->l.session_s <= 0 || age_ms < 0)
		return without(k, s, now_ms);
	cap_ms = total_s * 1000;
	want_ms = least(s->l.session_s, FAR_S) * 1000 + age_ms;
	if (least(want_ms, cap_ms) <= s->t.session_ms)
		return aasd_refuse(AAS_WHY_MAX_TOTAL);
	aasd_keep_extend(k, s, now_ms, least(want_ms, cap_ms));
	aas_log(LOG_NOTICE, "event=session-extended id=%s uid=%lu left_s=%lld",
	    s->id, (unsigned long)s->l.uid,
	    (long long)((s->t.session_ms - age_ms) / 1000));
	return json_pack("{s:b, s:o, s:b}", "ok", 1, "expires_s",
	    left(k, s, now_ms), "last", want_ms >= cap_ms);
}
