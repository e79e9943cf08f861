/*
 * The ceremonies of the dialogs: a key is made, or signs an entry.
 *
 * 1. Every key MUST have signed the entry that names it, and the signature
 *    MUST be checked here before the line is made.
 * 2. One key MUST NOT count twice: not by its credential, not by its public
 *    key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/enroll/parts.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/record/recovery.h"

#define ALL            UINT32_MAX
#define CEREMONY_MIN_S 120 /* a person looks for a key meanwhile */

/* A request that names those keys whose bits are set in which. */
static void
request(struct aas_dialog *g, uint8_t op, uint32_t which)
{
	const struct aas_enroll *e = g->e;
	struct aas_request *rq = &g->rq;

	memset(rq, 0, sizeof(*rq));
	rq->op = op;
	rq->flags = e->uv ? AAS_RQ_UV : 0;
	rq->uid = e->uid;
	(void)snprintf(rq->user, sizeof(rq->user), "%s", e->user);
	(void)snprintf(rq->service, sizeof(rq->service), "%s", e->service);
	(void)snprintf(rq->policy, sizeof(rq->policy), "%s",
	    e->policy != NULL ? e->policy : "");
	(void)snprintf(rq->realm, sizeof(rq->realm), "%s", e->realm);
	rq->present = 1;
	if (op == AAS_OP_PROVE && g->any != 0) {
		rq->flags |= AAS_RQ_ANY;
		rq->present = (uint8_t)g->any;
	}
	rq->timeout_s =
	    e->timeout_s > CEREMONY_MIN_S ? e->timeout_s : CEREMONY_MIN_S;
	for (size_t i = 0; i < g->d.keys_n; i++) {
		if ((which & 1u << i) == 0)
			continue;
		memcpy(rq->creds[rq->creds_n].label, g->d.keys[i].label,
		    AAS_LABEL_MAX);
		rq->creds[rq->creds_n++].c = g->d.keys[i].login;
	}
}

int
aas_enroll_takes(const struct aas_dialog *g, const struct aas_key *k)
{
	return g->e->kinds == NULL ||
	    aas_kinds_take(g->e->kinds, k->aaguid, k->backup);
}

static int
ceremony(struct aas_dialog *g)
{
	const struct aas_verdict *v = &g->ans.v;
	int r = (g->e->relay != NULL ? g->e->relay : aas_relay)(
	    g->e->helper, &g->rq, g->ui, &g->ans);

	if (r == AAS_OK || r == AAS_ERR_CANCELED)
		return r;
	g->why = v->reason;
	(void)aas_say(g->ui, 1, "%s [%s]",
	    v->text[0] != '\0' ? v->text : aas_reason_text(v->reason),
	    aas_reason_code(v->reason));
	return r;
}

static int
same_cred(const struct aas_cred *a, const struct aas_cred *b)
{
	return (a->id_len == b->id_len &&
		   memcmp(a->id, b->id, a->id_len) == 0) ||
	    (a->pk_len == b->pk_len && memcmp(a->pk, b->pk, a->pk_len) == 0);
}

/* What the helper made becomes the draft's next key. */
static int
take_made(struct aas_dialog *g, const char *label)
{
	const struct aas_made *m = &g->ans.made;
	struct aas_key *k = &g->d.keys[g->d.keys_n];

	if (g->d.keys_n >= AAS_KEYS_MAX) {
		(void)aas_enroll_complain(g, AAS_WHY_EXISTS);
		return AAS_ERR_TOOBIG;
	}
	if (g->ans.made_n != 1 || strcmp(m->login.rp, g->e->realm) != 0) {
		(void)aas_enroll_complain(g, AAS_WHY_PROTOCOL);
		return AAS_ERR_FORMAT;
	}
	for (size_t i = 0; i < g->d.keys_n; i++) {
		if (same_cred(&g->d.keys[i].login, &m->login)) {
			(void)aas_say(g->ui, 1,
			    "That is '%s' again: take another key.",
			    g->d.keys[i].label);
			return AAS_ERR_EXISTS;
		}
	}
	memset(k, 0, sizeof(*k));
	memcpy(k->label, label, strlen(label) + 1);
	k->login = m->login;
	k->ssh = m->ssh;
	memcpy(k->aaguid, m->aaguid, sizeof(k->aaguid));
	k->transports = m->transports;
	k->backup = m->flags & (AAS_BE | AAS_BS);
	k->roaming =
	    m->transports == 0 || (m->transports & ~AAS_TR_INTERNAL) != 0;
	k->counter = m->counter;
	if (!aas_enroll_takes(g, k)) {
		(void)aas_enroll_complain(g, AAS_WHY_KEY_KIND);
		return AAS_ERR_DENIED;
	}
	g->d.keys_n++;
	return AAS_OK;
}

int
aas_enroll_make(struct aas_dialog *g, const char *label)
{
	int again = 1;
	int r = AAS_ERR_CANCELED;

	while (again) {
		request(g, AAS_OP_MAKE, ALL);
		(void)snprintf(g->rq.label, sizeof(g->rq.label), "%s", label);
		memcpy(g->rq.handle, g->d.handle, sizeof(g->rq.handle));
		if (g->e->kinds != NULL)
			g->rq.kinds = *g->e->kinds;
		if ((r = ceremony(g)) == AAS_OK)
			r = take_made(g, label);
		if (r == AAS_OK)
			return aas_say(g->ui, 0, "'%s' is made.", label);
		if (r != AAS_ERR_DENIED && r != AAS_ERR_EXISTS &&
		    r != AAS_ERR_TIMEOUT)
			return r;
		if ((r = aas_enroll_ask_yes(g, "Try again?", &again)) != AAS_OK)
			return r;
	}
	return AAS_ERR_CANCELED;
}

/* Which of the keys made this proof: its bit, 0 for none. */
static uint32_t
maker_of(const struct aas_dialog *g, const struct aas_proof *pf)
{
	for (size_t k = 0; k < g->d.keys_n; k++) {
		const struct aas_cred *c = &g->d.keys[k].login;

		if (pf->id_len == c->id_len &&
		    memcmp(pf->id, c->id, c->id_len) == 0)
			return 1u << k;
	}
	return 0;
}

/* A proof by each signer, or as many as do, by nobody else; each checked. */
static int
check_proofs(struct aas_dialog *g, uint32_t signers)
{
	uint8_t flags = 0;
	uint32_t counter = 0;
	uint32_t seen = 0;
	uint32_t bit = 0;
	unsigned want = 0;
	int r = AAS_OK;

	for (size_t p = 0; p < g->ans.proofs_n; p++) {
		bit = maker_of(g, &g->ans.proofs[p]);
		if ((bit & signers) == 0 || (bit & seen) != 0)
			break;
		r = aas_assertion_verify(&g->d.keys[__builtin_ctz(bit)].login,
		    g->hash, 1, &g->ans.proofs[p], &flags, &counter, &g->why);
		if (r != AAS_OK)
			return r;
		seen |= bit;
	}
	want = g->any != 0 ? g->any : (unsigned)__builtin_popcount(signers);
	if ((unsigned)__builtin_popcount(seen) == want &&
	    g->ans.proofs_n == want)
		return AAS_OK;
	g->why = AAS_WHY_CREDENTIAL;
	return AAS_ERR_CRYPTO;
}

static int
prove(struct aas_dialog *g, uint32_t signers)
{
	int again = 1;
	int r = AAS_ERR_CANCELED;

	while (again) {
		request(g, AAS_OP_PROVE, signers);
		g->rq.flags |= AAS_RQ_UV; /* every entry's proof has UV */
		memcpy(g->rq.hash, g->hash, sizeof(g->rq.hash));
		if ((r = ceremony(g)) == AAS_OK) {
			if ((r = check_proofs(g, signers)) != AAS_OK)
				(void)aas_enroll_complain(g, g->why);
			return r;
		}
		if (r != AAS_ERR_DENIED && r != AAS_ERR_TIMEOUT)
			return r;
		r = aas_enroll_ask_yes(g, "Try again?", &again);
		if (r != AAS_OK)
			return r;
	}
	return AAS_ERR_CANCELED;
}

int
aas_enroll_submit(struct aas_dialog *g, uint32_t signers, int64_t *held_until)
{
	char *json = NULL;
	char *line = NULL;
	const uint8_t *key = g->recovery;
	uint8_t sig[64], pub[32];
	int64_t held = 0;
	int r = AAS_ERR_SYS;

	if ((r = aas_entry_payload(&g->entry, &json)) != AAS_OK ||
	    (r = aas_entry_challenge(json, g->hash)) != AAS_OK ||
	    (r = signers == 0 ? AAS_OK : prove(g, signers)) != AAS_OK ||
	    (key != NULL &&
		((r = aas_recovery_public(key, pub)) != AAS_OK ||
		    (r = aas_recovery_sign(key, g->hash, sig)) != AAS_OK)) ||
	    (r = aas_entry_line(json, g->ans.proofs,
		 signers == 0 ? 0 : g->ans.proofs_n, key != NULL ? sig : NULL,
		 key != NULL ? pub : NULL, &line)) != AAS_OK)
		goto out;
	g->why = AAS_WHY_SYSTEM;
	r = g->e->append(g->e->append_arg, line, &held, &g->why);
	if (r == AAS_OK)
		*held_until = held;
	else if (r != AAS_ERR_CANCELED)
		(void)aas_say(g->ui, 1, "Refused: %s [%s]",
		    aas_reason_text(g->why), aas_reason_code(g->why));
out:
	free(json);
	free(line);
	return r;
}
