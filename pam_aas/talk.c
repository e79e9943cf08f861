/*
 * Runs a helper process and lends it the host's conversation.
 *
 * 1. Only a verdict that carries this request's nonce, uid and operation, and
 *    the one value for "granted", MUST count; an end of file, a deadline or a
 *    broken message refuses.
 * 2. A reply MUST go out only to the prompt that is open, and be wiped here.
 * 3. The helper's exit status MUST NOT decide anything: a host may reap it.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/put.h"
#include "lib/secret.h"
#include "pam_aas/ask.h"
#include "pam_aas/conv.h"
#include "pam_aas/talk.h"

#define SLACK_MS     5000 /* the helper's own deadline comes first */
#define GRACE_MS     1000
#define MESSAGES_MAX 4096

static int
start(struct aas_call *c, struct aas_talk *w, const char *name)
{
	char path[AAS_PATH_MAX], arg0[32];
	char *argv[2] = { arg0, NULL };
	int r;

	if ((r = aas_ask_fill(c, &w->rq)) != AAS_OK)
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
receive(struct aas_talk *w)
{
	int64_t left = w->until_ms - aas_clock_ms();

	if (left <= 0)
		return AAS_ERR_TIMEOUT;
	return aas_frame_recv(
	    w->child.sock, left > INT_MAX ? INT_MAX : (int)left, &w->in);
}

/* A prompt of the helper's: ask, and hand the answer back. */
static int
relay_prompt(struct aas_call *c, struct aas_talk *w)
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
relay_text(struct aas_call *c, struct aas_talk *w)
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
step(struct aas_call *c, struct aas_talk *w)
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
is_ours(const struct aas_talk *w)
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
converse(struct aas_call *c, struct aas_talk *w, const char *name)
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

int
aas_talk_run(struct aas_call *c, struct aas_talk *w, const char *name,
    struct aas_verdict *v)
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

struct aas_talk *
aas_talk_new(struct aas_call *c, unsigned op, uint32_t timeout_s)
{
	struct aas_talk *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)aas_call_refuse(c, AAS_WHY_SYSTEM);
		return NULL;
	}
	w->rq.op = (uint8_t)op;
	w->rq.timeout_s = timeout_s;
	return w;
}

void
aas_talk_free(struct aas_talk *w)
{
	/* All that can hold what a person typed; the rest is 40 kB of text. */
	explicit_bzero(&w->reply, sizeof(w->reply));
	explicit_bzero(
	    w->out, w->len < sizeof(w->out) ? w->len : sizeof(w->out));
	free(w);
}
