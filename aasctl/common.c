/*
 * What several subcommands need: the caller, the store, the record.
 *
 * The record of somebody else MUST be out of reach here but for root.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/store/store.h"
#include "aasctl/aasctl.h"
#include "tools/alerts.h"
#include "tools/client.h"
#include "tools/status.h"

int
aasctl_context(const struct aasctl *c, struct aas_context *cx)
{
	unsigned why = AAS_WHY_SYSTEM;
	int r = aas_crypto_init();

	if (r == AAS_OK)
		r = aas_context_open(c->policy, getuid(), "aasctl", cx, &why);
	if (r == AAS_OK)
		return AASCTL_OK;
	return aasctl_fail(c,
	    r == AAS_ERR_NOTFOUND ? AASCTL_NOTFOUND : aasctl_exit_of(r),
	    "%s [%s]", aas_reason_text(why), aas_reason_code(why));
}

int
aasctl_no_user(const struct aasctl *c, int r)
{
	if (r != AAS_ERR_DENIED)
		return aasctl_fail(c, AASCTL_NOTFOUND, "there is no such user");
	return aasctl_fail(c, AASCTL_DENIED, "%s [%s]",
	    aas_reason_text(AAS_WHY_UID), aas_reason_code(AAS_WHY_UID));
}

int
aasctl_root(const struct aasctl *c, const char *name, struct aas_context *cx,
    struct aas_user *u, struct aas_store **store)
{
	int code = AASCTL_DENIED;
	int r = AAS_ERR_SYS;

	if (geteuid() != 0)
		return aasctl_fail(c, AASCTL_DENIED, "only root may do this");
	if ((code = aasctl_context(c, cx)) != AASCTL_OK)
		return code;
	if ((r = aas_user_name(name, u)) != AAS_OK)
		code = aasctl_no_user(c, r);
	else if ((r = aas_store_open(
		      aas_policy_statedir(cx->policy), 1, store)) != AAS_OK)
		code = aasctl_fail(c, aasctl_exit_of(r), "%s: %s",
		    aas_policy_statedir(cx->policy), aas_strerror(r));
	if (code != AASCTL_OK)
		aas_context_close(cx);
	return code;
}

static int
exit_of_reason(const char *reason)
{
	static const struct {
		unsigned why;
		int code;
	} t[] = {
		{ AAS_WHY_BUSY, AASCTL_AGAIN },
		{ AAS_WHY_NOT_ENROLLED, AASCTL_NOTFOUND },
		{ AAS_WHY_USER, AASCTL_NOTFOUND },
		{ AAS_WHY_NO_SESSION, AASCTL_NOTFOUND },
		{ AAS_WHY_UID, AASCTL_DENIED },
		{ AAS_WHY_NOT_SELF, AASCTL_DENIED },
		{ AAS_WHY_AUTHORITY, AASCTL_DENIED },
		{ AAS_WHY_EXISTS, AASCTL_DENIED },
		{ AAS_WHY_NO_LEASE, AASCTL_NOTFOUND },
		{ AAS_WHY_NOT_GRANTOR, AASCTL_DENIED },
		{ AAS_WHY_LEASE_LONG, AASCTL_DENIED },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (strcmp(reason, aas_reason_code(t[i].why)) == 0)
			return t[i].code;
	}
	return AASCTL_FAILED;
}

int
aasctl_try_aasd(const struct aas_context *cx, json_t *rq, json_t **rep,
    char *error, size_t cap)
{
	const char *reason = "unknown";
	const char *text = "";
	json_t *obj = NULL;
	int code = AASCTL_FAILED;
	int r = aas_client_call_while(
	    aas_policy_rundir(cx->policy), rq, &obj, cx->go_on, cx->go_on_arg);

	if (r == AAS_ERR_AGAIN) {
		(void)snprintf(error, cap,
		    "aasd does not answer: is it running? Try \"systemctl "
		    "start aasd\" as root, then this again");
		return AASCTL_AGAIN;
	}
	if (r != AAS_OK) {
		(void)snprintf(error, cap, "aasd: %s", aas_strerror(r));
		return aasctl_exit_of(r);
	}
	if (json_is_true(json_object_get(obj, "ok"))) {
		*rep = obj;
		return AASCTL_OK;
	}
	(void)json_unpack(obj, "{s:s, s:s}", "reason", &reason, "text", &text);
	(void)snprintf(error, cap, "%s [%s]", text, reason);
	code = exit_of_reason(reason);
	json_decref(obj);
	return code;
}

int
aasctl_ask_aasd(const struct aasctl *c, const struct aas_context *cx,
    json_t *rq, json_t **rep)
{
	char error[AASCTL_ERROR];
	int code = aasctl_try_aasd(cx, rq, rep, error, sizeof(error));

	return code == AASCTL_OK ? code : aasctl_fail(c, code, "%s", error);
}

int
aasctl_status(const struct aasctl *c, struct aas_context *cx,
    const struct aas_user *u, json_t **obj)
{
	struct aas_store *store = NULL;
	struct aas_now now;
	int r = AAS_ERR_SYS;

	if (geteuid() != 0)
		return aasctl_ask_aasd(
		    c, cx, json_pack("{s:s}", "op", "status"), obj);
	if ((r = aas_clock_now(&now)) == AAS_OK &&
	    (r = aas_store_open(aas_policy_statedir(cx->policy), 1, &store)) ==
		AAS_OK)
		r = aas_status_json(store, u, &now, obj);
	aas_store_close(&store);
	if (r == AAS_OK)
		(void)json_object_set_new(*obj, "undelivered",
		    json_integer((json_int_t)alerts_waiting(
			aas_policy_statedir(cx->policy), u->uid)));
	if (r == AAS_OK)
		return AASCTL_OK;
	return aasctl_fail(c, aasctl_exit_of(r), "%s: %s",
	    aas_policy_statedir(cx->policy), aas_strerror(r));
}

/* As root: from the store. */
static int
own_record(struct aas_context *cx, struct aas_record **rec, unsigned *why)
{
	struct aas_store *store = NULL;
	struct aas_now now;
	int r = aas_clock_now(&now);

	if (r == AAS_OK)
		r = aas_store_open(aas_policy_statedir(cx->policy), 1, &store);
	if (r == AAS_OK)
		r = aas_store_load(
		    store, cx->user.uid, cx->user.name, &now, rec, NULL, why);
	aas_store_close(&store);
	return r;
}

int
aasctl_record(
    const struct aasctl *c, struct aas_context *cx, struct aas_record **rec)
{
	json_t *rep = NULL;
	const char *text = NULL;
	unsigned why = AAS_WHY_SYSTEM;
	int code = AASCTL_OK;
	int r = AAS_ERR_FORMAT;

	if (geteuid() == 0) {
		r = own_record(cx, rec, &why);
	} else {
		code = aasctl_ask_aasd(
		    c, cx, json_pack("{s:s}", "op", "record"), &rep);
		if (code != AASCTL_OK)
			return code;
		text = json_string_value(json_object_get(rep, "record"));
		why = AAS_WHY_RECORD_BROKEN;
		if (text != NULL)
			r = aas_record_load(text, strlen(text), 1, rec, NULL);
		json_decref(rep);
	}
	if (r == AAS_OK)
		return AASCTL_OK;
	if (r == AAS_ERR_NOTFOUND)
		why = AAS_WHY_NOT_ENROLLED;
	return aasctl_fail(c, aasctl_exit_of(r), "%s [%s]",
	    aas_reason_text(why), aas_reason_code(why));
}

/* The reason of an answer that says no. */
static unsigned
reason_of(const json_t *rep)
{
	const char *s = json_string_value(json_object_get(rep, "reason"));

	for (unsigned i = 1; s != NULL && i <= AAS_WHY_LAST; i++) {
		if (strcmp(s, aas_reason_code(i)) == 0)
			return i;
	}
	return AAS_WHY_SYSTEM;
}

int
aasctl_append(void *arg, const char *line, int64_t *held_until, unsigned *why)
{
	const struct aasctl_append *j = arg;
	json_t *rq = json_pack("{s:s, s:s}", "op", "append", "line", line);
	json_t *rep = NULL;
	int r = AAS_ERR_NOMEM;

	*why = AAS_WHY_SYSTEM;
	if (rq != NULL && j->ticket != NULL &&
	    json_object_set_new(rq, "ticket", json_string(j->ticket)) != 0) {
		json_decref(rq);
		return r;
	}
	r = aas_client_call(aas_policy_rundir(j->cx->policy), rq, &rep);
	if (r != AAS_OK) {
		*why = r == AAS_ERR_AGAIN ? AAS_WHY_BUSY : AAS_WHY_SYSTEM;
		return r;
	}
	if (json_is_true(json_object_get(rep, "ok"))) {
		*held_until =
		    json_integer_value(json_object_get(rep, "held_until"));
	} else {
		*why = reason_of(rep);
		r = AAS_ERR_DENIED;
	}
	json_decref(rep);
	return r;
}
