/*
 * What a helper is asked.
 *
 * 1. Where the caller may be another than the user, nothing MUST blink before
 *    a prompt.
 * 2. Of what may stand in for a key here, only what policy allows MUST be
 *    asked for.
 */
#include <sys/random.h>

#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "pam_aas/ask.h"
#include "pam_aas/window.h"

/*
 * Who types may be another user of this host, as in su: then nothing blinks
 * before a prompt, and a touch comes before the PIN, whose tries are few.
 */
static int
is_stranger(const struct aas_call *c)
{
	if (getuid() != 0)
		return getuid() != c->user.uid;
	/* Its helper, where a socket starts it, is root's for whoever asks. */
	return c->user.uid != 0 && strcmp(c->service, "polkit-1") == 0;
}

/* What serves a caller from elsewhere, should this be one. */
static void
fill_elsewhere(const struct aas_call *c, struct aas_request *rq)
{
	if (!aas_window_own(c)) {
		/* su: by the key of another than who came from there. */
		if (c->d.server_keys && c->d.sudo != AAS_SUDO_DENY)
			rq->flags |= AAS_RQ_SERVER_KEYS;
		return;
	}
	switch (c->d.sudo) {
	case AAS_SUDO_FRESH:
		rq->flags |= AAS_RQ_FRESH;
		rq->fresh_s = c->d.reauth_s < UINT32_MAX
		    ? (uint32_t)c->d.reauth_s
		    : UINT32_MAX;
		if (c->d.server_keys)
			rq->flags |= AAS_RQ_SERVER_KEYS;
		return;
	case AAS_SUDO_AGENT:
		rq->flags |= AAS_RQ_AGENT;
		return;
	case AAS_SUDO_KEY:
		rq->flags |= AAS_RQ_SERVER_KEYS;
		return;
	case AAS_SUDO_DENY:
	default:
		return;
	}
}

int
aas_ask_fill(struct aas_call *c, struct aas_request *rq)
{
	int r;

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
	if ((rq->flags & AAS_RQ_ORIGIN) != 0)
		fill_elsewhere(c, rq);
	else if (rq->op == AAS_OP_ASSERT && c->d.server_keys)
		rq->flags |= AAS_RQ_SERVER_KEYS;
	if (rq->op == AAS_OP_ASSERT &&
	    (r = aas_signin_kinds(c->policy, &c->d, &rq->kinds)) != AAS_OK) {
		(void)aas_call_refuse(c, AAS_WHY_POLICY_BROKEN);
		return r;
	}
	if (c->d.uv)
		rq->flags |= AAS_RQ_UV;
	if (c->flags & PAM_SILENT)
		rq->flags |= AAS_RQ_SILENT;
	return AAS_OK;
}
