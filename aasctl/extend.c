/*
 * aasctl extend [ID]: a session goes on, because a key of its user's says so.
 * aasctl forget: sudo and polkit ask for a key again, as after sudo -k.
 *
 * What is signed names the session and aasd's own nonce, and serves for nothing
 * else; aasd checks it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/enroll/relay.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/session/ledger.h"
#include "lib/sshagent.h"
#include "aasctl/sessions.h"
#include "tools/tty.h"

#define USAGE    "extend [ID] [--json]"
#define DOMAIN   "aas-extend-v1"
#define DATA_LEN (sizeof(DOMAIN) + AAS_LEDGER_ID - 1 + 16 + 32)
#define AGENT_MS 60000
#define B64_CAP  2048

struct extend {
	struct aasctl *c;
	struct aasctl_sessions x;
	struct aas_context cx;
	char id[AAS_SESSION_ID];
	int remote;  /* the person is at another machine */
	int endless; /* it has no limit */
	uint8_t data[DATA_LEN];
	struct aas_request rq;
	struct aas_enroll_answer ans;
};

/*
 * The caller's own, or the one of those that it was opened in which ends
 * before it: NULL if there is none.
 */
static const char *
current(json_t *set)
{
	json_t *one = NULL;
	const char *id = NULL, *found = NULL, *with = NULL;

	json_object_foreach(set, id, one)
	{
		if (json_is_true(json_object_get(one, "current"))) {
			with = aas_session_text(one, "ends_with");
			found =
			    with != NULL && json_object_get(set, with) != NULL
			    ? with
			    : id;
		}
	}
	return found;
}

/*
 * Where the person is to touch a key: where this is run, whichever session is
 * meant; as that is where it is not known.
 */
static int
find_place(struct extend *e, const json_t *one)
{
	const char *origin = aas_session_text(one, "origin");
	json_t *rep = NULL;
	int code = aasctl_sessions_ask(
	    &e->x, json_pack("{s:s}", "op", "within"), &rep);

	if (code != AASCTL_OK)
		return aasctl_fail(e->c, code, "%s", e->x.error);
	e->remote = json_is_true(json_object_get(rep, "within"))
	    ? json_is_true(json_object_get(rep, "remote"))
	    : origin != NULL && strcmp(origin, "remote") == 0;
	json_decref(rep);
	return AASCTL_OK;
}

/* The session that is named, or the caller's own. */
static int
find(struct extend *e, const char *name)
{
	json_t *set = NULL;
	const json_t *one = NULL;
	char named[AAS_SESSION_ID];
	const char *id = named;
	int code = AASCTL_OK;

	if (name != NULL)
		code = aasctl_sessions_id(&e->x, name, named);
	if (code != AASCTL_OK)
		return code;
	if ((code = aasctl_sessions_get(&e->x, 0, &set)) != AASCTL_OK)
		return aasctl_fail(e->c, code, "%s", e->x.error);
	if (name == NULL)
		id = current(set);
	if (id != NULL && (one = json_object_get(set, id)) != NULL) {
		(void)snprintf(e->id, sizeof(e->id), "%s", id);
		code = find_place(e, one);
		e->endless = json_is_null(json_object_get(one, "expires_s"));
	} else {
		/* Not after a PIN and a touch. */
		code = aasctl_fail(e->c, AASCTL_NOTFOUND, "%s",
		    name == NULL
			? "this is no session that aasd keeps: say which, see "
			  "aasctl sessions"
			: "no session of yours has this id [no-session]");
	}
	json_decref(set);
	return code;
}

/* What is to be signed, with aasd's nonce in it. */
static int
begin(struct extend *e)
{
	uint8_t boot[16], nonce[32], *p = e->data;
	json_t *rep = NULL;
	const char *text[2] = { NULL, NULL };
	int code = aasctl_ask_aasd(e->c, &e->x.cx,
	    json_pack("{s:s, s:s}", "op", "extend-ask", "id", e->id), &rep);

	if (code != AASCTL_OK)
		return code;
	text[0] = json_string_value(json_object_get(rep, "nonce"));
	text[1] = json_string_value(json_object_get(rep, "boot"));
	if (text[0] == NULL || text[1] == NULL ||
	    aas_hex_parse(text[0], nonce, sizeof(nonce)) != AAS_OK ||
	    aas_hex_parse(text[1], boot, sizeof(boot)) != AAS_OK)
		code = aasctl_fail(e->c, AASCTL_FAILED, "aasd: %s",
		    aas_strerror(AAS_ERR_FORMAT));
	json_decref(rep);
	if (code != AASCTL_OK)
		return code;
	memcpy(p, DOMAIN, sizeof(DOMAIN));
	p += sizeof(DOMAIN);
	memcpy(p, e->id, AAS_LEDGER_ID - 1);
	p += AAS_LEDGER_ID - 1;
	memcpy(p, boot, sizeof(boot));
	memcpy(p + sizeof(boot), nonce, sizeof(nonce));
	return AASCTL_OK;
}

static int
put_b64(json_t *obj, const char *key, const uint8_t *p, size_t len)
{
	char text[B64_CAP];

	if (AAS_B64_TEXT(len) > sizeof(text))
		return -1;
	aas_b64_format(p, len, text);
	return json_object_set_new(obj, key, json_string(text));
}

/* By a key plugged in here. */
static int
sign_here(struct extend *e, const struct aas_record *rec, json_t *rq)
{
	const struct aas_proof *pf = &e->ans.proofs[0];
	struct aas_request *q = &e->rq;
	struct aas_tty *tty = NULL;
	struct aas_ui ui;
	int r;

	q->op = AAS_OP_PROVE;
	q->flags = AAS_RQ_UV | AAS_RQ_ANY;
	q->uid = e->cx.user.uid;
	(void)snprintf(q->user, sizeof(q->user), "%s", e->cx.user.name);
	(void)snprintf(q->service, sizeof(q->service), "aasctl");
	(void)snprintf(q->policy, sizeof(q->policy), "%s", e->cx.path);
	(void)snprintf(q->realm, sizeof(q->realm), "%s", rec->realm);
	q->present = 1;
	q->timeout_s = e->cx.d.timeout_s;
	for (size_t i = 0; i < rec->keys_n; i++) {
		if (rec->keys[i].suspended || rec->keys[i].held)
			continue;
		memcpy(q->creds[q->creds_n].label, rec->keys[i].label,
		    AAS_LABEL_MAX);
		q->creds[q->creds_n++].c = rec->keys[i].login;
	}
	if (aas_sha256(e->data, sizeof(e->data), NULL, 0, NULL, 0, q->hash) !=
	    AAS_OK)
		return aasctl_fail(e->c, AASCTL_FAILED, "no SHA-256");
	if ((r = aas_tty_open(&tty, &ui)) != AAS_OK)
		return aasctl_fail(e->c, AASCTL_FAILED, "%s", aas_tty_why(r));
	r = aas_relay(e->cx.authn, q, &ui, &e->ans);
	aas_tty_close(&tty);
	if (r != AAS_OK)
		return aasctl_fail(e->c, aasctl_exit_of(r), "%s [%s]",
		    e->ans.v.text[0] != '\0' ? e->ans.v.text : aas_strerror(r),
		    aas_reason_code(e->ans.v.reason));
	if (e->ans.proofs_n != 1 ||
	    put_b64(rq, "credential", pf->id, pf->id_len) != 0 ||
	    put_b64(rq, "auth", pf->auth, pf->auth_len) != 0 ||
	    put_b64(rq, "sig", pf->sig, pf->sig_len) != 0)
		return aasctl_fail(e->c, AASCTL_FAILED, "%s",
		    aas_reason_text(AAS_WHY_PROTOCOL));
	return AASCTL_OK;
}

/* Public keys as SSH writes them, one after the other. */
static int
list_blobs(const struct aas_record *rec, struct aas_agent_want *want,
    uint8_t (*blobs)[AAS_SSHPK_MAX])
{
	for (size_t i = 0; i < rec->keys_n; i++) {
		size_t len = 0;

		if (rec->keys[i].suspended || rec->keys[i].held ||
		    aas_sshsk_put(&rec->keys[i].ssh, blobs[i], AAS_SSHPK_MAX,
			&len) != AAS_OK)
			continue;
		want->key[want->n].blob = blobs[i];
		want->key[want->n++].len = len;
	}
	return want->n > 0 ? AAS_OK : AAS_ERR_NOTFOUND;
}

/* From another machine: by the agent there. */
static int
sign_there(struct extend *e, const struct aas_record *rec, json_t *rq)
{
	uint8_t blobs[AAS_KEYS_MAX][AAS_SSHPK_MAX], sig[AAS_SSHSIG_MAX];
	struct aas_agent_want want = { .data = e->data,
		.data_len = sizeof(e->data) };
	const char *path = getenv("SSH_AUTH_SOCK");
	unsigned which = 0;
	size_t len = 0;
	int r = list_blobs(rec, &want, blobs);

	if (!e->c->json)
		(void)puts("Touch your key, where your SSH agent is.");
	(void)fflush(stdout);
	if (r == AAS_OK)
		r = path == NULL
		    ? AAS_ERR_NOTFOUND
		    : aas_agent_sign(path, e->cx.user.uid, &want,
			  aas_clock_ms() + AGENT_MS, &which, sig, &len);
	if (r != AAS_OK)
		return aasctl_fail(e->c, AASCTL_FAILED, "%s [%s]",
		    aas_reason_text(AAS_WHY_AGENT),
		    aas_reason_code(AAS_WHY_AGENT));
	if (put_b64(rq, "ssh", want.key[which].blob, want.key[which].len) !=
		0 ||
	    put_b64(rq, "sig", sig, len) != 0)
		return aasctl_fail(e->c, AASCTL_FAILED, "no memory");
	return AASCTL_OK;
}

static int
report(const struct aasctl *c, const json_t *rep)
{
	const json_t *left = json_object_get(rep, "expires_s");
	long long minutes = (json_integer_value(left) + 59) / 60;
	int last = json_is_true(json_object_get(rep, "last"));

	if (c->json)
		return aasctl_print(c,
		    json_pack("{s:O, s:b}", "expires_s", left, "last", last));
	if (!json_is_integer(left)) {
		(void)puts("This session has no limit: there is nothing to "
			   "extend.");
		return AASCTL_OK;
	}
	(void)printf("This session goes on for %lld hour%s %lld minute%s%s.\n",
	    minutes / 60, minutes / 60 == 1 ? "" : "s", minutes % 60,
	    minutes % 60 == 1 ? "" : "s",
	    last ? ", and that is as long as one may last here" : "");
	return AASCTL_OK;
}

/* Nobody has to touch a key for that. */
static int
no_limit(const struct aasctl *c)
{
	json_t *rep = json_pack("{s:n}", "expires_s");
	int code = report(c, rep);

	json_decref(rep);
	return code;
}

static int
run(struct extend *e)
{
	struct aas_record *rec = NULL;
	json_t *rq = NULL, *rep = NULL;
	int code = aasctl_record(e->c, &e->cx, &rec);

	if (code == AASCTL_OK)
		code = begin(e);
	if (code == AASCTL_OK &&
	    (rq = json_pack("{s:s, s:s}", "op", "extend", "id", e->id)) == NULL)
		code = aasctl_fail(e->c, AASCTL_FAILED, "no memory");
	if (code == AASCTL_OK)
		code =
		    e->remote ? sign_there(e, rec, rq) : sign_here(e, rec, rq);
	if (code == AASCTL_OK) {
		code = aasctl_ask_aasd(e->c, &e->x.cx, rq, &rep);
		rq = NULL;
	}
	if (code == AASCTL_OK)
		code = report(e->c, rep);
	json_decref(rep);
	json_decref(rq);
	aas_record_free(&rec);
	return code;
}

int
aasctl_cmd_extend(struct aasctl *c, int argc, char **argv)
{
	struct extend *e = NULL;
	int code = AASCTL_OK;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return aasctl_usage(USAGE);
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return aasctl_fail(c, AASCTL_FAILED, "no memory");
	e->c = c;
	if ((code = aasctl_sessions_open(c, &e->x)) != AASCTL_OK)
		goto out;
	code = find(e, argc == 2 ? argv[1] : NULL);
	if (code == AASCTL_OK && e->endless) {
		code = no_limit(c);
	} else if (code == AASCTL_OK &&
	    (code = aasctl_context(c, &e->cx)) == AASCTL_OK) {
		code = run(e);
		aas_context_close(&e->cx);
	}
	aasctl_sessions_close(&e->x);
out:
	free(e);
	return code;
}

int
aasctl_cmd_forget(struct aasctl *c, int argc, char **argv)
{
	struct aasctl_sessions x;
	json_t *rep = NULL;
	int code = AASCTL_OK;

	(void)argv;
	if (argc != 1)
		return aasctl_usage("forget");
	if ((code = aasctl_sessions_open(c, &x)) != AASCTL_OK)
		return code;
	code =
	    aasctl_ask_aasd(c, &x.cx, json_pack("{s:s}", "op", "forget"), &rep);
	if (code == AASCTL_OK && c->json)
		code = aasctl_print(c, json_pack("{s:b}", "forgotten", 1));
	json_decref(rep);
	aasctl_sessions_close(&x);
	return code;
}
