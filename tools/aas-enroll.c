/*
 * aas-enroll: enrolment inside a PAM transaction, for pam_chauthtok; and the
 * unlocking of an account at a sign-in (tools/unlock.c).  The module starts it
 * as root with one packet socket as descriptor 0 and sends one request; every
 * text and prompt of the dialog goes back over it (docs/protocol.md), and one
 * verdict ends it.
 *
 * 1. It MUST NOT enroll without AAS_RQ_HOSTAUTH: the caller's word that the
 *    host's own method succeeded in this transaction is the authority.
 * 2. It MUST NOT enroll anybody but the user whom name and uid both name.
 * 3. An end of file or a cancel from the caller MUST leave the old state.
 */
#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/clock.h"
#include "lib/enroll/enroll.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/enroll/shadow.h"
#include "lib/store/store.h"
#include "tools/context.h"
#include "tools/told.h"
#include "tools/unlock.h"

#define SOCK       0
#define REQUEST_MS 30000
#define REPLY_MS   600000 /* a person writes recovery keys down meanwhile */

struct state {
	struct aas_request rq;
	struct aas_context cx;
	struct aas_store *store;
	struct aas_frame f;
	uint32_t serial;
	int gone; /* the caller gave up or broke the protocol */
	int drafts;
	struct aas_verdict v; /* what an unlocking has to tell */
};

/* --- the person, behind the caller ---------------------------------------- */

static int
send_text(uint8_t type, uint32_t serial, const char *text)
{
	struct aas_text t;
	uint8_t buf[AAS_TEXT_MAX + 16];
	size_t len = 0;
	int r = AAS_ERR_SYS;

	memset(&t, 0, sizeof(t));
	t.serial = serial;
	(void)snprintf(t.text, sizeof(t.text), "%s", text);
	if ((r = aas_text_put(type, &t, buf, sizeof(buf), &len)) != AAS_OK)
		return r;
	r = aas_frame_send(SOCK, type, buf, len);
	explicit_bzero(&t, sizeof(t)); /* recovery keys pass here */
	explicit_bzero(buf, sizeof(buf));
	return r;
}

static int
ui_show(void *arg, int error, const char *text)
{
	struct state *s = arg;
	int r = send_text(error ? AAS_MSG_ERROR : AAS_MSG_INFO, 0, text);

	if (r != AAS_OK)
		s->gone = 1;
	return r;
}

static int
ui_ask(void *arg, int echo, const char *prompt, char *reply, size_t cap)
{
	struct state *s = arg;
	struct aas_reply rp;
	uint8_t type = echo ? AAS_MSG_ASK : AAS_MSG_SECRET;
	int r =
	    s->gone ? AAS_ERR_CANCELED : send_text(type, ++s->serial, prompt);

	memset(&rp, 0, sizeof(rp));
	if (r == AAS_OK)
		r = aas_frame_recv(SOCK, REPLY_MS, &s->f);
	if (r == AAS_OK && s->f.type != AAS_MSG_REPLY)
		r = AAS_ERR_CANCELED;
	if (r == AAS_OK)
		r = aas_reply_get(s->f.b, s->f.len, &rp);
	if (r == AAS_OK && rp.serial != s->serial)
		r = AAS_ERR_FORMAT;
	if (r != AAS_OK)
		s->gone = 1;
	else if (rp.status != 0)
		r = AAS_ERR_CANCELED;
	else if (strlen(rp.text) >= cap)
		r = AAS_ERR_TOOBIG;
	else
		memcpy(reply, rp.text, strlen(rp.text) + 1);
	explicit_bzero(&rp, sizeof(rp));
	explicit_bzero(&s->f, sizeof(s->f));
	return r;
}

/* Nothing but a cancel may come while no prompt is open. */
static int
ui_canceled(void *arg)
{
	struct state *s = arg;

	if (!s->gone && aas_frame_recv(SOCK, 0, &s->f) != AAS_ERR_TIMEOUT)
		s->gone = 1;
	return s->gone;
}

/* --- the store ------------------------------------------------------------ */

static int
append(void *arg, const char *line, int64_t *held_until, unsigned *why)
{
	struct state *s = arg;
	const struct aas_user *u = &s->cx.user;
	struct aas_now now;
	int locked = 0;
	int r = AAS_ERR_SYS;

	*why = AAS_WHY_SYSTEM;
	if (ui_canceled(s)) {
		*why = AAS_WHY_CANCELED;
		return AAS_ERR_CANCELED;
	}
	if ((r = aas_clock_now(&now)) != AAS_OK)
		return r;
	r = aas_store_append(s->store, u->uid, u->name, line, AAS_AUTH_HOST,
	    NULL, &now, held_until, why);
	if (r != AAS_OK)
		return r;
	aas_log(LOG_NOTICE, "event=enrolled user=%s via=host service=%s",
	    u->name, s->rq.service);
	aas_told_entry(aas_policy_statedir(s->cx.policy),
	    aas_policy_libexecdir(s->cx.policy), u, line, *held_until);
	if (*held_until == 0 &&
	    aas_shadow_lock(aas_policy_statedir(s->cx.policy), u->name, u->uid,
		&locked) != AAS_OK)
		aas_log(LOG_ERR,
		    "event=password-not-locked user=%s: run aasctl verify",
		    u->name);
	return AAS_OK;
}

/* Drafts of users who enroll here: root's, below the state directory. */
static int
open_drafts(const char *statedir)
{
	int top = -1;
	int fd = -1;

	if (aas_fs_dir(statedir, geteuid(), &top) != AAS_OK)
		return -1;
	if (mkdirat(top, "drafts", 0700) == 0 || errno == EEXIST)
		(void)aas_fs_dirat(top, "drafts", geteuid(), &fd);
	aas_close(&top);
	return fd;
}

/* --- the request ---------------------------------------------------------- */

static int
take_request(struct state *s)
{
	int r = aas_frame_recv(SOCK, REQUEST_MS, &s->f);

	if (r == AAS_OK && s->f.type != AAS_MSG_REQUEST)
		r = AAS_ERR_FORMAT;
	if (r == AAS_OK)
		r = aas_request_get(s->f.b, s->f.len, &s->rq);
	if (r == AAS_OK && s->rq.op != AAS_OP_ENROLL &&
	    s->rq.op != AAS_OP_UNLOCK)
		r = AAS_ERR_FORMAT;
	return r;
}

/* May this user enroll here now?  *why says why not. */
static int
admit(struct state *s, unsigned *why)
{
	struct aas_index ix;
	struct aas_now now;
	const char *dir = NULL;
	int r = AAS_ERR_DENIED;

	*why = AAS_WHY_AUTHORITY;
	if (s->rq.op == AAS_OP_ENROLL && (s->rq.flags & AAS_RQ_HOSTAUTH) == 0)
		return r;
	r = aas_context_open(s->rq.policy[0] != '\0' ? s->rq.policy : NULL,
	    s->rq.uid, s->rq.service, &s->cx, why);
	if (r != AAS_OK)
		return r;
	*why = AAS_WHY_USER;
	if (strcmp(s->cx.user.name, s->rq.user) != 0)
		return AAS_ERR_DENIED;
	*why = AAS_WHY_SYSTEM;
	dir = aas_policy_statedir(s->cx.policy);
	if ((r = aas_store_open(dir, 1, &s->store)) != AAS_OK ||
	    (r = aas_clock_now(&now)) != AAS_OK || s->rq.op == AAS_OP_UNLOCK)
		return r;
	r = aas_store_load(
	    s->store, s->cx.user.uid, s->cx.user.name, &now, NULL, &ix, why);
	if (r == AAS_ERR_NOTFOUND || (r == AAS_OK && ix.state == AAS_ST_HELD))
		return AAS_OK;
	if (r == AAS_OK) {
		*why = AAS_WHY_EXISTS;
		r = AAS_ERR_EXISTS;
	}
	return r;
}

static int
enroll(struct state *s, unsigned *why, int64_t *held)
{
	const struct aas_ui ui = { s, ui_show, ui_ask, ui_canceled };
	struct aas_enroll e;

	s->drafts = open_drafts(aas_policy_statedir(s->cx.policy));
	aas_context_enroll(&s->cx, s->rq.service, &e);
	e.drafts = s->drafts;
	e.ui = &ui;
	e.append = append;
	e.append_arg = s;
	return aas_enroll_run(&e, held, why);
}

static int
unlock(struct state *s, unsigned *why)
{
	const struct aas_ui ui = { s, ui_show, ui_ask, ui_canceled };

	return aas_unlock_here(&s->cx, s->store, &ui, &s->rq, &s->v, why);
}

static int
answer(struct state *s, int r, unsigned why, int64_t held)
{
	struct aas_verdict v = s->v;
	uint8_t buf[AAS_TEXT_MAX + 512];
	size_t len = 0;

	v.result = r == AAS_OK ? AAS_GRANTED : AAS_REFUSED;
	v.reason = (uint16_t)(r == AAS_OK ? AAS_WHY_OK : why);
	v.op = s->rq.op;
	memcpy(v.nonce, s->rq.nonce, sizeof(v.nonce));
	v.uid = s->rq.uid;
	if (r == AAS_OK)
		v.state = held == 0 ? AAS_ST_ENROLLED : AAS_ST_HELD;
	else if (v.text[0] == '\0')
		(void)snprintf(
		    v.text, sizeof(v.text), "%s", aas_reason_text(why));
	if (aas_verdict_put(&v, buf, sizeof(buf), &len) != AAS_OK)
		return 1;
	if (aas_frame_send(SOCK, AAS_MSG_VERDICT, buf, len) != AAS_OK)
		return 1;
	return r == AAS_OK ? 0 : 1;
}

int
main(void)
{
	struct state *s = NULL;
	unsigned why = AAS_WHY_SYSTEM;
	int64_t held = 0;
	int r = AAS_ERR_SYS;
	int code = 1;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)umask(077);
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return 1;
	s->drafts = -1;
	if (aas_crypto_init() != AAS_OK || take_request(s) != AAS_OK)
		goto out;
	if ((r = admit(s, &why)) == AAS_OK && s->rq.op == AAS_OP_UNLOCK)
		r = unlock(s, &why);
	else if (r == AAS_OK)
		r = enroll(s, &why, &held);
	code = answer(s, r, why, held);
out:
	aas_close(&s->drafts);
	aas_store_close(&s->store);
	aas_context_close(&s->cx);
	explicit_bzero(s, sizeof(*s));
	free(s);
	return code;
}
