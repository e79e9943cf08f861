#ifndef AAS_LIB_ENROLL_RELAY_H
#define AAS_LIB_ENROLL_RELAY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto.h"

/*
 * The caller's side of docs/protocol.md: one ceremony by a helper, with its
 * texts and prompts passed on to a person.
 */

/* How to reach the person. */
struct aas_ui {
	void *arg;
	/*
	 * Show one text.  Returns 0, or any error: the person is not there.
	 */
	int (*show)(void *arg, int error, const char *text);
	/*
	 * Ask; with ${echo} 0 what is typed must not be seen.  ${reply} has
	 * ${cap} bytes with its NUL, at most AAS_REPLY_MAX; the caller of
	 * ask wipes it.  Returns 0, AAS_ERR_CANCELED (gave up, end of file),
	 * or another error.
	 */
	int (*ask)(
	    void *arg, int echo, const char *prompt, char *reply, size_t cap);
	/* 1 if the person has given up meanwhile; asked 5 times a second. */
	int (*canceled)(void *arg);
};

struct aas_enroll_answer {
	struct aas_verdict v;
	int made_n; /* 1: made holds what a MAKE made */
	struct aas_made made;
	size_t proofs_n;
	struct aas_proof proofs[AAS_KEYS_MAX];
};

/*
 * aas_relay(helper, rq, ui, ans):
 * Run ${helper} (an absolute path) with the request ${rq}, whose nonce is
 * drawn here, until its verdict.  ${ans} is big (26 kB); it is written on
 * every return, with a refusal unless 0 is returned.
 * Returns 0: granted; AAS_ERR_DENIED: refused, ans->v says why;
 * AAS_ERR_CANCELED: the person gave up; AAS_ERR_FORMAT: the helper broke the
 * protocol; AAS_ERR_TIMEOUT; AAS_ERR_NOTFOUND, AAS_ERR_PERMS: the helper is
 * not there or not to be trusted; AAS_ERR_SYS, AAS_ERR_NOMEM.
 * Blocks for a person: at most rq->timeout_s and 10 s.
 */
int aas_relay(const char *helper, struct aas_request *rq,
    const struct aas_ui *ui, struct aas_enroll_answer *ans);

#endif
