/*
 * The requests that aasd knows: status, record, append, lookup; those about
 * sessions are the keeper's, aasd/sessions.c; about Codex,
 * aasd/codex.c.
 *
 * 1. A request MUST act for the uid of the socket's peer and nobody else; the
 *    one exception is root asking for somebody's status, or what the sources
 *    of policy say of him.
 * 2. A process of the user MUST NOT be authority for a genesis: without an
 *    invite's ticket it is held, and every terminal of the user hears of it.
 * 3. Trailing data, an unknown member or a wrong type MUST be a refusal.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/session/reauth.h"
#include "lib/enroll/shadow.h"
#include "policy/signin/seen.h"
#include "aasd/aasd.h"
#include "aasd/ask.h"
#include "aasd/codex.h"
#include "aasd/lease.h"
#include "aasd/extend.h"
#include "aasd/line.h"
#include "tools/announce.h"
#include "tools/alerts.h"
#include "aasd/alerts.h"
#include "tools/status.h"
#include "tools/told.h"

struct call {
	struct aasd *d;
	struct aas_user u; /* the peer */
	struct aas_now now;
	json_t *rq;
};

/* --- the operations --------------------------------------------------------
 */

static json_t *
op_status(struct call *c)
{
	struct aas_user who = c->u;
	const char *op = NULL;
	json_int_t uid = (json_int_t)c->u.uid;
	json_t *obj = NULL;
	int64_t since_s = 0;
	int r = AAS_ERR_NOTFOUND;

	if (json_unpack_ex(c->rq, NULL, JSON_STRICT, "{s:s, s?I}", "op", &op,
		"uid", &uid) != 0 ||
	    uid < 0 || uid > UINT32_MAX)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if ((uid_t)uid != c->u.uid && c->u.uid != 0)
		return aasd_refuse(AAS_WHY_NOT_SELF);
	if ((r = aas_user_uid((uid_t)uid, &who)) != AAS_OK)
		return aasd_refuse(aas_user_why(r));
	if (aas_status_json(c->d->store, &who, &c->now, &obj) != AAS_OK)
		return NULL;
	/* -1: its beginning is damaged, so that there is no grace. */
	r = aas_seen_get(c->d->statedir, &who, c->now.real_s, &since_s);
	if (r != AAS_OK)
		since_s = r == AAS_ERR_NOTFOUND ? 0 : -1;
	(void)json_object_set_new(
	    obj, "since", json_integer((json_int_t)since_s));
	(void)json_object_set_new(obj, "undelivered",
	    json_integer(
		(json_int_t)alerts_waiting(c->d->statedir, (uint32_t)who.uid)));
	(void)json_object_set_new(obj, "ok", json_true());
	return obj;
}

static json_t *
op_record(struct call *c)
{
	struct aas_buf buf = { NULL, 0 };
	json_t *obj = NULL;
	int r = AAS_ERR_SYS;

	if (json_object_size(c->rq) != 1)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	r = aas_store_read(c->d->store, c->u.uid, &buf);
	if (r == AAS_ERR_NOTFOUND)
		return aasd_refuse(AAS_WHY_NOT_ENROLLED);
	if (r != AAS_OK)
		return aasd_refuse(AAS_WHY_SYSTEM);
	obj = json_pack(
	    "{s:b, s:s%}", "ok", 1, "record", (const char *)buf.p, buf.len);
	aas_buf_free(&buf);
	return obj != NULL ? obj : aasd_refuse(AAS_WHY_RECORD_BROKEN);
}

/* An entry was stored: what follows from it. */
static void
stored(struct call *c, int ticket, int64_t held_until)
{
	char until[AAS_CLOCK_TEXT];
	char text[256];
	struct aas_index *ix = calloc(1, sizeof(*ix));
	unsigned why = 0;

	aas_clock_format(held_until, until);
	if (held_until != 0) {
		aas_log(LOG_WARNING, "event=entry-held user=%s until=%s",
		    c->u.name, until);
		(void)snprintf(text, sizeof(text),
		    "pam_aas: a change of your security keys was asked for by "
		    "a process of yours. It counts from %s. If that was not "
		    "you, tell your administrator now.",
		    until);
		aas_announce(&c->u, text);
	} else {
		aas_log(LOG_NOTICE, "event=entry-stored user=%s via=%s",
		    c->u.name, ticket ? "ticket" : "keys");
	}
	if (held_until == 0 && ix != NULL &&
	    aas_store_load(c->d->store, c->u.uid, c->u.name, &c->now, NULL, ix,
		&why) == AAS_OK) {
		int changed = 0;
		int r = aas_shadow_follow(
		    c->d->statedir, c->u.name, c->u.uid, ix->state, &changed);

		if (r != AAS_OK)
			aas_log(LOG_ERR,
			    "event=password-not-set user=%s: run aasctl verify",
			    c->u.name);
	}
	free(ix);
}

static json_t *
op_append(struct call *c)
{
	const char *line = NULL;
	const char *ticket = NULL;
	const char *op = NULL;
	unsigned why = AAS_WHY_SYSTEM;
	int64_t held = 0;
	int r = AAS_ERR_SYS;

	if (json_unpack_ex(c->rq, NULL, JSON_STRICT, "{s:s, s:s, s?s}", "op",
		&op, "line", &line, "ticket", &ticket) != 0)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	/* Before the entry: a crash in between leaves a mark without effect. */
	if (ticket == NULL && aasd_held_note(c->d, c->u.uid) != AAS_OK)
		return aasd_refuse(AAS_WHY_SYSTEM);
	r = aas_store_append(c->d->store, c->u.uid, c->u.name, line,
	    ticket != NULL ? AAS_AUTH_TICKET : AAS_AUTH_NONE, ticket, &c->now,
	    &held, &why);
	if (r != AAS_OK) {
		aas_log(LOG_NOTICE, "event=entry-refused user=%s reason=%s",
		    c->u.name, aas_reason_code(why));
		return aasd_refuse(why);
	}
	stored(c, ticket != NULL, held);
	aas_told_entry(c->d->statedir,
	    aasd_can_deliver() ? c->d->libexecdir : NULL, &c->u, line, held);
	return json_pack("{s:b, s:I}", "ok", 1, "held_until", (json_int_t)held);
}

static int
service_valid(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 &&
	    strspn(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-") == n;
}

/* A process of its own asks the sources; null: its answer will be ours. */
static json_t *
op_lookup(struct call *c)
{
	char path[PATH_MAX];
	char me[] = "aas-policy-lookup";
	char text[16];
	char copy[65] = "";
	char *argv[] = { me, text, NULL, NULL };
	const char *service = NULL;
	const char *op = NULL;
	json_int_t uid = (json_int_t)c->u.uid;

	if (json_unpack_ex(c->rq, NULL, JSON_STRICT, "{s:s, s?I, s?s}", "op",
		&op, "uid", &uid, "service", &service) != 0 ||
	    uid < 0 || uid > UINT32_MAX ||
	    (service != NULL && !service_valid(service)))
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if ((uid_t)uid != c->u.uid && c->u.uid != 0)
		return aasd_refuse(AAS_WHY_NOT_SELF);
	if (c->d->lookup == NULL)
		return aasd_refuse(AAS_WHY_BUSY);
	(void)snprintf(text, sizeof(text), "%lu", (unsigned long)uid);
	if (service != NULL) {
		(void)snprintf(copy, sizeof(copy), "%s", service);
		argv[2] = copy;
	}
	if (snprintf(path, sizeof(path), "%s/%s", c->d->libexecdir, me) >=
		(int)sizeof(path) ||
	    aas_spawn(path, argv, c->d->lookup) != AAS_OK)
		return aasd_refuse(AAS_WHY_NO_HELPER);
	return json_null();
}

/* sudo and polkit are to ask for a key again. */
static json_t *
op_forget(struct call *c)
{
	if (json_object_size(c->rq) != 1)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (aas_reauth_forget(c->d->rundir, c->u.uid) != AAS_OK)
		return aasd_refuse(AAS_WHY_SYSTEM);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *
dispatch(struct call *c)
{
	const char *op = json_string_value(json_object_get(c->rq, "op"));
	json_t *obj = NULL;
	unsigned why = 0;

	if (op == NULL)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (strcmp(op, "status") == 0)
		return op_status(c);
	if (strcmp(op, "record") == 0)
		return op_record(c);
	if (strcmp(op, "append") == 0)
		return op_append(c);
	if (strcmp(op, "lookup") == 0)
		return op_lookup(c);
	if (strncmp(op, "lease", 5) == 0 &&
	    (obj = aasd_lease_op(c->d, &c->u, &c->now, op, c->rq)) != NULL)
		return obj;
	if (strcmp(op, "alerts") == 0)
		return aasd_alerts_op(c->d, &c->u, c->now.real_s, c->rq);
	if (strcmp(op, "forget") == 0)
		return op_forget(c);
	if (strcmp(op, "extend-ask") == 0 || strcmp(op, "extend") == 0)
		return aasd_extend_op(c->d, &c->u, &c->now, op, c->rq);
	if (aasd_ask_keeper(op))
		return (why = aasd_ask(c->d, &c->u, c->rq)) != 0
		    ? aasd_refuse(why)
		    : json_null();
	if (strcmp(op, "codex") == 0 || strcmp(op, "codex-end") == 0)
		return aasd_codex_op(c->d, &c->u, op, c->rq);
	return aasd_refuse(AAS_WHY_PROTOCOL);
}

int
aasd_answer(struct aasd *d, uid_t uid, const char *line, size_t len, char **out,
    size_t *out_len)
{
	struct call c = { .d = d };
	json_t *obj = NULL;
	int r = AAS_ERR_NOTFOUND;

	if ((r = aas_user_uid(uid, &c.u)) != AAS_OK)
		return aasd_refusal(aas_user_why(r), out, out_len);
	if (aas_clock_now(&c.now) != AAS_OK)
		return aasd_refusal(AAS_WHY_CLOCK, out, out_len);
	/* jansson bounds the nesting itself; it refuses trailing data here. */
	c.rq = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	obj =
	    json_is_object(c.rq) ? dispatch(&c) : aasd_refuse(AAS_WHY_PROTOCOL);
	json_decref(c.rq);
	if (json_is_null(obj)) {
		*out = NULL;
		*out_len = 0;
		return AAS_OK;
	}
	return aasd_line(obj, out, out_len);
}
