/*
 * A locked account is unlocked at a sign-in.
 *
 * 1. It MUST NOT say so unless the store took an entry that two keys signed,
 *    and the account is not locked any more.
 * 2. Nothing MUST blink before the person has answered, and what is answered
 *    MUST NOT be taken for anything but one of the two words asked for: some
 *    hosts feed a password to whatever asks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/clock.h"
#include "lib/enroll/lock.h"
#include "lib/enroll/shadow.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "tools/told.h"
#include "tools/unlock.h"

struct unlock {
	const struct aas_context *cx;
	struct aas_store *store;
	const struct aas_request *rq;
	struct aas_record *rec;
	int64_t held;
};

static int
append(void *arg, const char *line, int64_t *held_until, unsigned *why)
{
	struct unlock *k = arg;
	const struct aas_user *u = &k->cx->user;
	struct aas_now now;
	int r = aas_clock_now(&now);

	*why = AAS_WHY_SYSTEM;
	if (r != AAS_OK)
		return r;
	r = aas_store_append(k->store, u->uid, u->name, line, AAS_AUTH_NONE,
	    NULL, &now, held_until, why);
	if (r == AAS_OK)
		aas_told_entry(aas_policy_statedir(k->cx->policy),
		    aas_policy_libexecdir(k->cx->policy), u, line, *held_until);
	return r;
}

/* Somebody from elsewhere is asked before anything blinks, each time. */
static int
relay_remote(const char *helper, struct aas_request *rq,
    const struct aas_ui *ui, struct aas_enroll_answer *ans)
{
	rq->flags |= AAS_RQ_REMOTE | AAS_RQ_CONFIRM;
	return aas_relay(helper, rq, ui, ans);
}

static int
ask(const struct aas_ui *ui, int *one, unsigned *why)
{
	char reply[AAS_REPLY_MAX] = "";
	int r = aas_say(ui, 0,
	    "This account is locked by its owner. Two of its security keys, "
	    "one after the other,\nunlock it and sign you in. With one alone "
	    "it takes 72 hours.");

	if (r == AAS_OK)
		r = ui->ask(ui->arg, 1,
		    "Press Enter to unlock it with two keys, or type \"one\": ",
		    reply, sizeof(reply));
	*one = strcmp(reply, "one") == 0;
	if (r != AAS_OK) {
		*why = AAS_WHY_CANCELED;
	} else if (reply[0] != '\0' && !*one) {
		*why = AAS_WHY_CONV;
		r = AAS_ERR_DENIED;
	}
	explicit_bzero(reply, sizeof(reply));
	return r;
}

static int
load(struct unlock *k, struct aas_index *ix, unsigned *why)
{
	const struct aas_user *u = &k->cx->user;
	struct aas_now now;
	int r = aas_clock_now(&now);

	*why = AAS_WHY_SYSTEM;
	aas_record_free(&k->rec);
	return r == AAS_OK
	    ? aas_store_load(k->store, u->uid, u->name, &now, &k->rec, ix, why)
	    : r;
}

/* What follows from the entry, and whether it was enough. */
static int
settle(struct unlock *k, struct aas_verdict *v, unsigned *why)
{
	const struct aas_user *u = &k->cx->user;
	struct aas_index *ix = calloc(1, sizeof(*ix));
	char until[AAS_CLOCK_TEXT];
	int changed = 0;
	int r = ix == NULL ? AAS_ERR_NOMEM : load(k, ix, why);

	if (r == AAS_OK && k->held != 0) {
		aas_clock_format(k->held, until);
		aas_log(LOG_WARNING, "event=entry-held user=%s until=%s",
		    u->name, until);
		(void)snprintf(v->text, sizeof(v->text),
		    "One key alone has to wait: this account opens on %s, "
		    "unless another of its keys says no.",
		    until);
		*why = AAS_WHY_HELD;
		r = AAS_ERR_DENIED;
	} else if (r == AAS_OK && ix->state == AAS_ST_LOCKED) {
		*why = AAS_WHY_LOCKED;
		r = AAS_ERR_DENIED;
	} else if (r == AAS_OK) {
		aas_log(LOG_NOTICE, "event=unlocked user=%s service=%s",
		    u->name, k->rq->service);
		if (aas_shadow_follow(aas_policy_statedir(k->cx->policy),
			u->name, u->uid, ix->state, &changed) != AAS_OK)
			aas_log(LOG_ERR,
			    "event=password-not-set user=%s: run aasctl verify",
			    u->name);
	}
	free(ix);
	return r;
}

static int
tell_keys(const struct aas_lock_by *by, struct aas_verdict *v)
{
	for (size_t i = 0; i < by->keys_n && i < 2; i++) {
		const struct aas_key *k = by->keys[i];
		int r = aas_key_id(&k->login, v->key[i]);

		if (r != AAS_OK)
			return r;
		memcpy(v->label[i], k->label, sizeof(v->label[i]));
		memcpy(v->aaguid[i], k->aaguid, sizeof(v->aaguid[i]));
		v->backup[i] = k->backup;
		v->keys_n = (uint8_t)(i + 1);
	}
	v->uv = 1; /* of every entry's proofs */
	return AAS_OK;
}

int
aas_unlock_here(const struct aas_context *cx, struct aas_store *store,
    const struct aas_ui *ui, const struct aas_request *rq,
    struct aas_verdict *v, unsigned *why)
{
	struct unlock k = { .cx = cx, .store = store, .rq = rq };
	struct aas_lock_want w = { .type = AAS_T_UNLOCK };
	struct aas_lock_by by = { 0, { NULL, NULL } };
	struct aas_enroll e;
	int r = load(&k, NULL, why);

	if (r == AAS_OK && (r = ask(ui, &w.one, why)) == AAS_OK) {
		aas_context_enroll(cx, rq->service, &e);
		e.ui = ui;
		e.append = append;
		e.append_arg = &k;
		if (rq->flags & (AAS_RQ_REMOTE | AAS_RQ_CONFIRM))
			e.relay = relay_remote;
		r = aas_lock_run(&e, k.rec, &w, &by, &k.held, why);
	}
	/* It was open already: another sign-in was first. */
	if (r == AAS_ERR_EXISTS)
		*why = AAS_WHY_BUSY;
	if (r == AAS_OK)
		r = tell_keys(&by, v);
	if (r == AAS_OK)
		r = settle(&k, v, why);
	if (r != AAS_OK)
		v->keys_n = 0;
	aas_record_free(&k.rec);
	return r;
}
