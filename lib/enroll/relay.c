/*
 * Runs one helper and passes its prompts on.
 *
 * 1. A reply MUST go to the prompt that is open, and MUST be wiped here.
 * 2. What the helper made or proved MUST NOT count without its verdict, with
 *    this request's nonce, operation and user.
 * 3. More of anything than was asked for MUST end the conversation.
 */
#include <sys/random.h>

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/enroll/relay.h"
#include "lib/spawn.h"

#define SLICE_MS  200
#define MARGIN_MS 10000 /* after the ceremony's own deadline */
#define CANCEL_MS 5000  /* for a helper to say that it gave up */
#define GRACE_MS  1000

struct relay {
	const struct aas_request *rq;
	const struct aas_ui *ui;
	struct aas_enroll_answer *ans;
	struct aas_child child;
	struct aas_frame f;
	int64_t until_ms;
	int canceled;
};

static void
cancel(struct relay *s)
{
	int64_t soon = aas_clock_ms() + CANCEL_MS;

	if (s->canceled)
		return;
	s->canceled = 1;
	if (soon < s->until_ms)
		s->until_ms = soon;
	(void)aas_frame_send(s->child.sock, AAS_MSG_CANCEL, NULL, 0);
}

static int
send_request(struct relay *s)
{
	uint8_t *buf = malloc(AAS_FRAME_MAX);
	size_t len = 0;
	int r = AAS_ERR_NOMEM;

	if (buf == NULL)
		return r;
	r = aas_request_put(s->rq, buf, AAS_FRAME_MAX, &len);
	if (r == AAS_OK)
		r = aas_frame_send(s->child.sock, AAS_MSG_REQUEST, buf, len);
	free(buf);
	return r;
}

static int
pass_text(struct relay *s)
{
	struct aas_text t;
	int r = aas_text_get(s->f.type, s->f.b, s->f.len, &t);

	if (r != AAS_OK)
		return r;
	if (s->ui->show(s->ui->arg, s->f.type == AAS_MSG_ERROR, t.text) !=
	    AAS_OK)
		cancel(s);
	return AAS_OK;
}

static int
pass_prompt(struct relay *s)
{
	struct aas_text t;
	struct aas_reply rp;
	uint8_t buf[AAS_REPLY_MAX + 16];
	size_t len = 0;
	int r = aas_text_get(s->f.type, s->f.b, s->f.len, &t);

	if (r != AAS_OK)
		return r;
	memset(&rp, 0, sizeof(rp));
	rp.serial = t.serial;
	if (s->ui->ask(s->ui->arg, s->f.type == AAS_MSG_ASK, t.text, rp.text,
		sizeof(rp.text)) != AAS_OK) {
		explicit_bzero(rp.text, sizeof(rp.text));
		rp.status = 1;
	}
	r = aas_reply_put(&rp, buf, sizeof(buf), &len);
	if (r == AAS_OK)
		r = aas_frame_send(s->child.sock, AAS_MSG_REPLY, buf, len);
	explicit_bzero(&rp, sizeof(rp));
	explicit_bzero(buf, sizeof(buf));
	return r;
}

static int
take_result(struct relay *s)
{
	struct aas_enroll_answer *a = s->ans;

	if (s->f.type == AAS_MSG_CRED) {
		if (s->rq->op != AAS_OP_MAKE || a->made_n != 0)
			return AAS_ERR_FORMAT;
		a->made_n = 1;
		return aas_made_get(s->f.b, s->f.len, &a->made);
	}
	if (s->rq->op != AAS_OP_PROVE || a->proofs_n >= s->rq->creds_n)
		return AAS_ERR_FORMAT;
	return aas_proof_get(s->f.b, s->f.len, &a->proofs[a->proofs_n++]);
}

static int
take_verdict(struct relay *s)
{
	struct aas_verdict *v = &s->ans->v;
	int r = aas_verdict_get(s->f.b, s->f.len, v);

	if (r != AAS_OK)
		return r;
	if (v->op != s->rq->op || v->uid != s->rq->uid ||
	    memcmp(v->nonce, s->rq->nonce, sizeof(v->nonce)) != 0)
		return AAS_ERR_FORMAT;
	if (v->result == AAS_GRANTED)
		return AAS_OK;
	return v->reason == AAS_WHY_CANCELED ? AAS_ERR_CANCELED
					     : AAS_ERR_DENIED;
}

/* One message; *done when it was the verdict. */
static int
step(struct relay *s, int *done)
{
	switch (s->f.type) {
	case AAS_MSG_INFO:
	case AAS_MSG_ERROR:
		return pass_text(s);
	case AAS_MSG_SECRET:
	case AAS_MSG_ASK:
		return pass_prompt(s);
	case AAS_MSG_CRED:
	case AAS_MSG_PROOF:
		return take_result(s);
	case AAS_MSG_VERDICT:
		*done = 1;
		return take_verdict(s);
	default:
		return AAS_ERR_FORMAT;
	}
}

static int
converse(struct relay *s)
{
	int done = 0;
	int r = AAS_ERR_TIMEOUT;

	while (!done) {
		if (aas_clock_ms() >= s->until_ms)
			return s->canceled ? AAS_ERR_CANCELED : AAS_ERR_TIMEOUT;
		if (!s->canceled && s->ui->canceled(s->ui->arg))
			cancel(s);
		r = aas_frame_recv(s->child.sock, SLICE_MS, &s->f);
		if (r == AAS_ERR_TIMEOUT)
			continue;
		/* It ended without a verdict. */
		if (r == AAS_ERR_CANCELED && !s->canceled)
			r = AAS_ERR_FORMAT;
		if (r == AAS_OK)
			r = step(s, &done);
		if (r != AAS_OK)
			return r;
	}
	return r;
}

/* What a caller may not overlook: no result without a grant. */
static void
settle(struct aas_enroll_answer *ans, int r)
{
	if (r == AAS_OK)
		return;
	ans->made_n = 0;
	ans->proofs_n = 0;
	ans->v.result = AAS_REFUSED;
	if (r == AAS_ERR_DENIED || ans->v.reason > AAS_WHY_OK)
		return;
	if (r == AAS_ERR_CANCELED)
		ans->v.reason = AAS_WHY_CANCELED;
	else if (r == AAS_ERR_TIMEOUT)
		ans->v.reason = AAS_WHY_TIMEOUT;
	else if (r == AAS_ERR_FORMAT)
		ans->v.reason = AAS_WHY_PROTOCOL;
	else if (r == AAS_ERR_NOTFOUND || r == AAS_ERR_PERMS)
		ans->v.reason = AAS_WHY_NO_HELPER;
	else
		ans->v.reason = AAS_WHY_SYSTEM;
}

int
aas_relay(const char *helper, struct aas_request *rq, const struct aas_ui *ui,
    struct aas_enroll_answer *ans)
{
	char name[] = "aas-helper";
	char *argv[] = { name, NULL };
	struct relay *s = NULL;
	int r = AAS_ERR_NOMEM;

	memset(ans, 0, sizeof(*ans));
	if ((s = calloc(1, sizeof(*s))) == NULL)
		goto out;
	s->rq = rq;
	s->ui = ui;
	s->ans = ans;
	s->child = (struct aas_child)AAS_CHILD_NONE;
	r = AAS_ERR_SYS;
	if (getrandom(rq->nonce, sizeof(rq->nonce), 0) !=
	    (ssize_t)sizeof(rq->nonce))
		goto out;
	if ((r = aas_spawn(helper, argv, &s->child)) != AAS_OK)
		goto out;
	s->until_ms =
	    aas_clock_ms() + (int64_t)rq->timeout_s * 1000 + MARGIN_MS;
	if ((r = send_request(s)) == AAS_OK)
		r = converse(s);
	aas_child_end(&s->child, GRACE_MS);
out:
	free(s);
	settle(ans, r);
	return r;
}
