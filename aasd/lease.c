/*
 * Leases: who may lend which account how long, and that it was a person's
 * touch.  The keeper of sessions sees nothing of it but the leases themselves,
 * in their directory (aasd/lease_dir.c).
 *
 * 1. No lease MUST come into being but by a fresh signature of a key that the
 *    grantor's record names and policy takes, over all that the lease says.
 * 2. A challenge MUST be good for one try, whatever comes of it.
 * 3. Rule and record MUST be asked again when the signature comes: they may
 *    have changed since.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/hex.h"
#include "lib/json.h"
#include "lib/lend.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "policy/policy.h"
#include "aasd/begun.h"
#include "aasd/lease.h"
#include "aasd/lease_dir.h"
#include "aasd/lease_list.h"
#include "aasd/lease_tell.h"
#include "aasd/line.h"
#include "aasd/rule.h"

#define SECONDS_MAX (INT64_C(100) * 366 * 86400)

/*
 * What policy says of the grantor: the rule of the lease, and of his keys.
 * ${rule} is to be closed.
 */
static unsigned
may_lend(const struct aasd_lease_call *c, const struct aas_lend *l,
    struct aasd_rule *rule, struct aas_decision *dec)
{
	unsigned why = aasd_rule_open(c->d, c->u, c->now, rule);
	int64_t max_s = 0;
	int r;

	if (why != AAS_WHY_OK)
		return why;
	r = aas_policy_lease(rule->p, &rule->q, l->account, &max_s);
	if (r != AAS_OK || l->uid == c->u->uid)
		return r == AAS_OK || r == AAS_ERR_DENIED
		    ? AAS_WHY_NOT_GRANTOR
		    : AAS_WHY_POLICY_BROKEN;
	if (l->seconds > max_s)
		return AAS_WHY_LEASE_LONG;
	return aasd_rule_ask(rule, dec);
}

/* The grantor's record, if its keys sign in today. */
static unsigned
load_record(const struct aasd_lease_call *c, struct aas_record **rec)
{
	struct aas_index *ix = calloc(1, sizeof(*ix));
	unsigned why = AAS_WHY_SYSTEM;
	int r = AAS_ERR_NOMEM;

	if (ix != NULL)
		r = aas_store_load(
		    c->d->store, c->u->uid, c->u->name, c->now, rec, ix, &why);
	if (r == AAS_ERR_NOTFOUND)
		why = AAS_WHY_NOT_ENROLLED;
	if (r == AAS_OK) {
		why =
		    ix->state == AAS_ST_ENROLLED || ix->state == AAS_ST_DEGRADED
		    ? AAS_WHY_OK
		    : ix->state == AAS_ST_LOCKED ? AAS_WHY_LOCKED
		    : ix->state == AAS_ST_RECOVERING ||
			ix->state == AAS_ST_RECOVERY_DUE
		    ? AAS_WHY_RECOVERING
		    : AAS_WHY_NOT_ENROLLED;
	}
	free(ix);
	return why;
}

/* The counters as they are now: a sign-in meanwhile is no copy of a key. */
static int
note_counters(
    struct aasd *d, const struct aas_record *rec, struct aasd_begun *b)
{
	int refused = 0;
	int r = AAS_OK;

	for (unsigned i = 0; r == AAS_OK && i < rec->keys_n; i++) {
		r = aas_key_id(&rec->keys[i].login, b->keys[i].id);
		if (r == AAS_OK)
			r = aas_store_counter_get(d->store, rec->uid,
			    b->keys[i].id, &b->keys[i].issued, &refused);
	}
	b->keys_n = rec->keys_n;
	return r;
}

static unsigned
check_counter(struct aasd *d, const struct aas_record *rec, unsigned key,
    const struct aasd_begun *b, uint32_t seen)
{
	uint8_t id[32];
	uint32_t issued = 0;
	int refused = 0;
	int r = aas_key_id(&rec->keys[key].login, id);

	if (r != AAS_OK ||
	    aas_store_counter_get(d->store, rec->uid, id, &issued, &refused) !=
		AAS_OK)
		return AAS_WHY_SYSTEM;
	if (refused)
		return AAS_WHY_COUNTER;
	for (unsigned i = 0; i < b->keys_n; i++) {
		if (memcmp(b->keys[i].id, id, sizeof(id)) == 0)
			issued = b->keys[i].issued;
	}
	r = aas_store_counter_put(d->store, rec->uid, id, issued, seen);
	return r == AAS_ERR_DENIED ? AAS_WHY_COUNTER : AAS_WHY_OK;
}

static json_t *
hex(const void *p, size_t len)
{
	char text[2 * 32 + 1];

	aas_hex_format(p, len, text);
	return json_string(text);
}

/* {"op":"lease-begin","account":A,"seconds":N,"reason":R} */
static json_t *
op_begin(struct aasd_lease_call *c)
{
	const char *op = NULL, *account = NULL, *reason = "";
	struct aasd_rule rule;
	struct aas_record *rec = NULL;
	struct aas_decision dec;
	struct aas_user u;
	struct aasd_begun *b = NULL;
	struct aas_lend l;
	json_int_t seconds = 0;
	unsigned why = AAS_WHY_SYSTEM;
	int r;

	if (json_unpack_ex(c->rq, NULL, JSON_STRICT, "{s:s, s:s, s:I, s?s}",
		"op", &op, "account", &account, "seconds", &seconds, "reason",
		&reason) != 0 ||
	    seconds < 1 || seconds > SECONDS_MAX ||
	    !aas_lend_reason_valid(reason))
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if ((r = aas_user_name(account, &u)) != AAS_OK)
		return aasd_refuse(aas_user_why(r));
	memset(&l, 0, sizeof(l));
	memcpy(l.boot_id, c->now->boot_id, sizeof(l.boot_id));
	l.grantor_uid = c->u->uid;
	memcpy(l.grantor, c->u->name, sizeof(l.grantor));
	l.uid = u.uid;
	memcpy(l.account, u.name, sizeof(l.account));
	l.seconds = seconds;
	(void)snprintf(l.reason, sizeof(l.reason), "%s", reason);
	if ((why = may_lend(c, &l, &rule, &dec)) == AAS_WHY_OK)
		why = load_record(c, &rec);
	if (why == AAS_WHY_OK) {
		why = AAS_WHY_SYSTEM;
		if (getrandom(l.nonce, sizeof(l.nonce), 0) ==
			(ssize_t)sizeof(l.nonce) &&
		    (b = aasd_begun_place(
			 c->d, c->u->uid, c->now->boottime_ms)) != NULL) {
			aasd_begun_forget(b);
			b->l = l;
			if (note_counters(c->d, rec, b) == AAS_OK) {
				b->until_ms =
				    c->now->boottime_ms + AASD_BEGUN_MS;
				why = AAS_WHY_OK;
			}
		}
	}
	aas_record_free(&rec);
	aasd_rule_close(&rule);
	if (why != AAS_WHY_OK)
		return aasd_refuse(why);
	return json_pack("{s:b, s:o, s:o, s:s, s:I, s:s, s:I, s:I, s:s}", "ok",
	    1, "nonce", hex(l.nonce, sizeof(l.nonce)), "boot",
	    hex(l.boot_id, sizeof(l.boot_id)), "grantor", l.grantor,
	    "grantor_uid", (json_int_t)l.grantor_uid, "account", l.account,
	    "uid", (json_int_t)l.uid, "seconds", (json_int_t)l.seconds,
	    "reason", l.reason);
}

/* A lease that ends later stays as it is. */
static json_t *
grant(struct aasd_lease_call *c, const struct aas_lend *l, const char *label)
{
	struct aas_lease was, fresh;
	uint8_t id[(AAS_LEASE_ID - 1) / 2];
	int lives = aasd_lease_current(c->d, c->now, l->uid, &was) == AAS_OK;

	memset(&fresh, 0, sizeof(fresh));
	if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return aasd_refuse(AAS_WHY_SYSTEM);
	aas_hex_format(id, sizeof(id), fresh.id);
	memcpy(fresh.boot_id, c->now->boot_id, sizeof(fresh.boot_id));
	fresh.since_ms = c->now->boottime_ms;
	fresh.until_ms = c->now->boottime_ms + l->seconds * 1000;
	fresh.time_s = c->now->real_s;
	fresh.uid = l->uid;
	memcpy(fresh.account, l->account, sizeof(fresh.account));
	fresh.grantor_uid = l->grantor_uid;
	memcpy(fresh.grantor, l->grantor, sizeof(fresh.grantor));
	(void)snprintf(fresh.key, sizeof(fresh.key), "%s", label);
	memcpy(fresh.reason, l->reason, sizeof(fresh.reason));
	if (lives && was.until_ms >= fresh.until_ms)
		return json_pack("{s:b, s:b, s:o}", "ok", 1, "kept", 1, "lease",
		    aasd_lease_json(&was, c->now));
	if (aasd_lease_put(c->d, &fresh) != AAS_OK) {
		aas_log(LOG_ERR, "event=lease-not-stored account=%s why=\"%s\"",
		    l->account, strerror(errno));
		return aasd_refuse(AAS_WHY_SYSTEM);
	}
	aasd_lease_event(c->d, c->now,
	    lives ? "lease-extended" : "lease-granted", &fresh, c->u,
	    l->seconds);
	return json_pack("{s:b, s:b, s:o}", "ok", 1, "kept", 0, "lease",
	    aasd_lease_json(&fresh, c->now));
}

static int
parse_grant(json_t *rq, uint8_t nonce[AAS_LEND_NONCE], struct aas_proof *pf)
{
	struct aas_obj o;
	char op[32];

	if (aas_obj_open(&o, rq) != AAS_OK)
		return AAS_ERR_FORMAT;
	memset(pf, 0, sizeof(*pf));
	aas_obj_str(&o, "op", op, sizeof(op));
	aas_obj_hex(&o, "nonce", nonce);
	pf->id_len = (uint16_t)aas_obj_bin(&o, "id", pf->id, sizeof(pf->id));
	pf->auth_len =
	    (uint16_t)aas_obj_bin(&o, "auth", pf->auth, sizeof(pf->auth));
	pf->sig_len =
	    (uint16_t)aas_obj_bin(&o, "sig", pf->sig, sizeof(pf->sig));
	return aas_obj_close(&o);
}

/* {"op":"lease-grant","nonce":HEX,"id":B64,"auth":B64,"sig":B64} */
static json_t *
op_grant(struct aasd_lease_call *c)
{
	uint8_t nonce[AAS_LEND_NONCE];
	struct aasd_rule rule;
	struct aas_record *rec = NULL;
	struct aas_decision dec;
	struct aas_proof pf;
	struct aasd_begun b, *found = NULL;
	json_t *answer = NULL;
	uint32_t seen = 0;
	unsigned key = 0;
	unsigned why = AAS_WHY_SYSTEM;

	if (parse_grant(c->rq, nonce, &pf) != AAS_OK)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if ((found = aasd_begun_find(
		 c->d, c->u->uid, nonce, c->now->boottime_ms)) == NULL)
		return aasd_refuse(AAS_WHY_TIMEOUT);
	b = *found;
	aasd_begun_forget(found); /* whatever comes of it */
	if ((why = may_lend(c, &b.l, &rule, &dec)) == AAS_WHY_OK &&
	    (why = load_record(c, &rec)) == AAS_WHY_OK)
		(void)aas_lend_check(rec, &b.l, &pf, &key, &seen, &why);
	if (why == AAS_WHY_OK)
		why = aasd_rule_key(&rule, &dec, &rec->keys[key]);
	if (why == AAS_WHY_OK)
		why = check_counter(c->d, rec, key, &b, seen);
	if (why == AAS_WHY_OK)
		answer = grant(c, &b.l, rec->keys[key].label);
	else
		aas_log(LOG_NOTICE,
		    "event=lease-refused account=%s by=%s reason=%s",
		    b.l.account, c->u->name, aas_reason_code(why));
	aas_record_free(&rec);
	aasd_rule_close(&rule);
	return why == AAS_WHY_OK ? answer : aasd_refuse(why);
}

json_t *
aasd_lease_op(struct aasd *d, const struct aas_user *u,
    const struct aas_now *now, const char *op, json_t *rq)
{
	static const struct {
		const char *name;
		json_t *(*run)(struct aasd_lease_call *);
	} ops[] = {
		{ "lease-begin", op_begin },
		{ "lease-grant", op_grant },
		{ "lease-end", aasd_lease_end },
		{ "leases", aasd_lease_list },
	};
	struct aasd_lease_call c = { d, u, now, rq };
	json_t *out = NULL;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(op, ops[i].name) == 0)
			out = ops[i].run(&c);
	}
	return out;
}
