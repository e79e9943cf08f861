/*
 * Runs a helper process and lends it the host's conversation.
 *
 * 1. Only a verdict that carries this request's nonce, uid and operation, and
 *    the one value for "granted", MUST count; an end of file, a deadline or a
 *    broken message refuses.
 * 2. A reply MUST go out only to the prompt that is open, and be wiped here.
 * 3. The helper's exit status MUST NOT decide anything: a host may reap it.
 */
#include <sys/random.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/spawn.h"
#include "pam_aas/conv.h"
#include "pam_aas/helper.h"
#include "lib/put.h"

#define SLACK_MS     5000 /* the helper's own deadline comes first */
#define GRACE_MS     1000
#define VERIFY_S     30
#define ENROLL_S     600
#define MESSAGES_MAX 4096

/* 60 kB: too much for the stack of a host's thread. */
struct work {
	struct aas_child child;
	int64_t until_ms;
	struct aas_request rq;
	struct aas_frame in;
	struct aas_text text;
	struct aas_reply reply;
	struct aas_verdict v;
	size_t len;
	uint8_t out[AAS_FRAME_MAX - AAS_FRAME_HEAD];
};

/*
 * Who types may be another user of this host, as in su: then nothing blinks
 * before a prompt, and a touch comes before the PIN, whose tries are few.
 */
static int
is_stranger(const struct aas_call *c)
{
	return getuid() != 0 && getuid() != c->user.uid;
}

static int
fill_request(struct aas_call *c, struct aas_request *rq)
{
	if (getrandom(rq->nonce, sizeof(rq->nonce), 0) !=
	    (ssize_t)sizeof(rq->nonce))
		return AAS_ERR_SYS;
	rq->uid = c->user.uid;
	memcpy(rq->user, c->user.name, sizeof(rq->user));
	memcpy(rq->service, c->service, sizeof(rq->service));
	memcpy(rq->policy, c->args.conf, sizeof(rq->policy));
	rq->present = c->d.present != 0 ? c->d.present : 1;
	if (c->remote)
		rq->flags |= AAS_RQ_REMOTE | AAS_RQ_CONFIRM;
	else if (is_stranger(c))
		rq->flags |= AAS_RQ_CONFIRM;
	/* su and sudo say nothing of where their caller signed in. */
	if (rq->op == AAS_OP_ASSERT && !c->remote && geteuid() == 0)
		rq->flags |= AAS_RQ_ORIGIN;
	if (rq->op == AAS_OP_ASSERT && c->d.server_keys)
		rq->flags |= AAS_RQ_SERVER_KEYS;
	if (c->d.uv)
		rq->flags |= AAS_RQ_UV;
	if (c->flags & PAM_SILENT)
		rq->flags |= AAS_RQ_SILENT;
	return AAS_OK;
}

static int
start(struct aas_call *c, struct work *w, const char *name)
{
	char path[AAS_PATH_MAX], arg0[32];
	char *argv[2] = { arg0, NULL };
	int r;

	if ((r = fill_request(c, &w->rq)) != AAS_OK)
		return r;
	if (aas_format(path, sizeof(path), "%s/%s",
		aas_policy_libexecdir(c->policy), name) >= (int)sizeof(path))
		return AAS_ERR_TOOBIG;
	(void)aas_format(arg0, sizeof(arg0), "%s", name);
	r = aas_request_put(&w->rq, w->out, sizeof(w->out), &w->len);
	if (r != AAS_OK)
		return r;
	if ((r = aas_spawn(path, argv, &w->child)) != AAS_OK)
		return r;
	w->until_ms =
	    aas_clock_ms() + (int64_t)w->rq.timeout_s * 1000 + SLACK_MS;
	return aas_frame_send(w->child.sock, AAS_MSG_REQUEST, w->out, w->len);
}

static int
receive(struct work *w)
{
	int64_t left = w->until_ms - aas_clock_ms();

	if (left <= 0)
		return AAS_ERR_TIMEOUT;
	return aas_frame_recv(
	    w->child.sock, left > INT_MAX ? INT_MAX : (int)left, &w->in);
}

/* A prompt of the helper's: ask, and hand the answer back. */
static int
relay_prompt(struct aas_call *c, struct work *w)
{
	int r, asked;

	memset(&w->reply, 0, sizeof(w->reply));
	w->reply.serial = w->text.serial;
	asked = aas_conv_ask(
	    c->pamh, w->in.type == AAS_MSG_ASK, w->text.text, w->reply.text);
	w->reply.status = asked != AAS_OK;
	r = aas_reply_put(&w->reply, w->out, sizeof(w->out), &w->len);
	if (r == AAS_OK)
		r = aas_frame_send(
		    w->child.sock, AAS_MSG_REPLY, w->out, w->len);
	explicit_bzero(&w->reply, sizeof(w->reply));
	explicit_bzero(w->out, sizeof(w->out));
	if (asked != AAS_OK) {
		(void)aas_call_refuse(c, AAS_WHY_CONV);
		return AAS_ERR_CANCELED;
	}
	return r;
}

static int
relay_text(struct aas_call *c, struct work *w)
{
	if (c->flags & PAM_SILENT)
		return AAS_OK;
	if (aas_conv_show(c->pamh, w->in.type == AAS_MSG_ERROR, w->text.text) ==
	    AAS_OK)
		return AAS_OK;
	(void)aas_call_refuse(c, AAS_WHY_CONV);
	return AAS_ERR_CANCELED;
}

/* One message; 1: that was the verdict, 0: go on, negative: over. */
static int
step(struct aas_call *c, struct work *w)
{
	int r;

	if ((r = receive(w)) != AAS_OK)
		return r;
	switch (w->in.type) {
	case AAS_MSG_VERDICT:
		r = aas_verdict_get(w->in.b, w->in.len, &w->v);
		return r == AAS_OK ? 1 : r;
	case AAS_MSG_INFO:
	case AAS_MSG_ERROR:
		r = aas_text_get(w->in.type, w->in.b, w->in.len, &w->text);
		return r == AAS_OK ? relay_text(c, w) : r;
	case AAS_MSG_SECRET:
	case AAS_MSG_ASK:
		r = aas_text_get(w->in.type, w->in.b, w->in.len, &w->text);
		return r == AAS_OK ? relay_prompt(c, w) : r;
	default:
		return AAS_ERR_FORMAT;
	}
}

static int
is_ours(const struct work *w)
{
	return w->v.op == w->rq.op && w->v.uid == w->rq.uid &&
	    aas_mem_equal(w->v.nonce, w->rq.nonce, sizeof(w->rq.nonce));
}

/* Why a conversation ended without a verdict. */
static unsigned
why_of(int r)
{
	switch (r) {
	case AAS_ERR_NOTFOUND:
	case AAS_ERR_PERMS:
		return AAS_WHY_NO_HELPER;
	case AAS_ERR_TIMEOUT:
		return AAS_WHY_TIMEOUT;
	case AAS_ERR_SYS:
	case AAS_ERR_NOMEM:
		return AAS_WHY_SYSTEM;
	default:
		return AAS_WHY_PROTOCOL;
	}
}

/* Start to verdict; AAS_OK means the verdict in w->v answers this request. */
static int
converse(struct aas_call *c, struct work *w, const char *name)
{
	int i, r;

	if ((r = start(c, w, name)) != AAS_OK)
		goto out;
	r = 0;
	for (i = 0; r == 0 && i < MESSAGES_MAX; i++)
		r = step(c, w);
	if (r == 1)
		r = is_ours(w) ? AAS_OK : AAS_ERR_FORMAT;
	else if (r == 0)
		r = AAS_ERR_FORMAT;
out:
	if (r != AAS_OK)
		(void)aas_call_refuse(c, why_of(r));
	aas_child_end(&w->child, GRACE_MS);
	return r;
}

/* The helper refused: its reason and its words. */
static void
note_refusal(struct aas_call *c, const struct aas_verdict *v)
{
	(void)aas_call_refuse(c,
	    v->reason > AAS_WHY_OK && v->reason <= AAS_WHY_LAST
		? v->reason
		: AAS_WHY_PROTOCOL);
	memcpy(c->text, v->text, sizeof(c->text));
}

/* Run ${name} with the request prepared in ${w}; the verdict to ${v}. */
static int
run(struct aas_call *c, struct work *w, const char *name, struct aas_verdict *v)
{
	static const struct aas_child none = AAS_CHILD_NONE;

	memset(v, 0, sizeof(*v));
	w->child = none;
	if (converse(c, w, name) != AAS_OK)
		return -1;
	*v = w->v;
	if (v->result == AAS_GRANTED)
		return 0;
	note_refusal(c, v);
	return -1;
}

static struct work *
work_new(struct aas_call *c, unsigned op, uint32_t timeout_s)
{
	struct work *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)aas_call_refuse(c, AAS_WHY_SYSTEM);
		return NULL;
	}
	w->rq.op = (uint8_t)op;
	w->rq.timeout_s = timeout_s;
	return w;
}

static void
work_free(struct work *w)
{
	/* All that can hold what a person typed; the rest is 40 kB of text. */
	explicit_bzero(&w->reply, sizeof(w->reply));
	explicit_bzero(
	    w->out, w->len < sizeof(w->out) ? w->len : sizeof(w->out));
	free(w);
}

/* As many distinct keys as asked for, and the user verified by each. */
static int
is_enough(const struct aas_call *c, const struct aas_verdict *v)
{
	unsigned present = c->d.present != 0 ? c->d.present : 1;

	if (v->keys_n < present || v->keys_n > 2 || (c->d.uv && v->uv != 1))
		return 0;
	return v->keys_n < 2 ||
	    memcmp(v->key[0], v->key[1], sizeof(v->key[0])) != 0;
}

/* Records are closed to a host that is not root. */
static const char *
authn(void)
{
	return geteuid() == 0 ? "aas-authn" : "aas-unlock";
}

int
aas_helper_assert(struct aas_call *c, struct aas_verdict *v)
{
	struct work *w = work_new(c, AAS_OP_ASSERT, c->d.timeout_s);
	int r;

	memset(v, 0, sizeof(*v));
	if (w == NULL)
		return -1;
	r = run(c, w, authn(), v);
	if (r == 0 && !is_enough(c, v)) {
		(void)aas_call_refuse(c, AAS_WHY_PROTOCOL);
		r = -1;
	}
	work_free(w);
	return r;
}

int
aas_helper_verify(struct aas_call *c, unsigned *state, int64_t *deadline_s)
{
	struct work *w = work_new(c, AAS_OP_VERIFY, VERIFY_S);
	struct aas_verdict v;
	int r;

	if (w == NULL)
		return -1;
	if ((r = run(c, w, authn(), &v)) == 0) {
		*state = v.state;
		*deadline_s = v.deadline_s;
	}
	work_free(w);
	return r;
}

int
aas_helper_enroll(struct aas_call *c, int hostauth, struct aas_verdict *v)
{
	struct work *w = work_new(c, AAS_OP_ENROLL, ENROLL_S);
	int r;

	memset(v, 0, sizeof(*v));
	if (w == NULL)
		return -1;
	if (hostauth)
		w->rq.flags |= AAS_RQ_HOSTAUTH;
	r = run(c, w, "aas-enroll", v);
	work_free(w);
	return r;
}
