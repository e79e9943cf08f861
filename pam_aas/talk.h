#ifndef AAS_PAM_AAS_TALK_H
#define AAS_PAM_AAS_TALK_H

#include "lib/frame.h"
#include "lib/proto.h"
#include "lib/spawn.h"
#include "pam_aas/call.h"

/* One conversation.  60 kB: too much for the stack of a host's thread. */
struct aas_talk {
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
 * aas_talk_new(c, op, timeout_s): one with that request, for aas_talk_free(),
 * which wipes it.  NULL: no memory, the refusal is noted.
 */
struct aas_talk *aas_talk_new(
    struct aas_call *c, unsigned op, uint32_t timeout_s);
void aas_talk_free(struct aas_talk *w);

/*
 * aas_talk_run(c, w, name, &v):
 * Fill in the request, start the helper ${name}, and carry its prompts to the
 * host's conversation until its verdict or the deadline; blocks.  Returns 0
 * if the helper granted this very request, else -1 with the refusal noted;
 * ${v} is what it said, or all zero.
 */
int aas_talk_run(struct aas_call *c, struct aas_talk *w, const char *name,
    struct aas_verdict *v);

#endif
