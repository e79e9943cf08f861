/*
 * A session that goes on because its user's key says so: the front's part, who
 * checks the assertion.
 *
 * 1. An assertion MUST be over a nonce that was drawn here for this very user
 *    and session, and MUST count once.
 * 2. The key MUST be an active one of the user's own record on this host, have
 *    verified its user, be of a kind that policy takes, and be as able to be
 *    copied as it was when it was enrolled.
 */
#include <sys/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/assertion.h"
#include "lib/b64.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/session/ledger.h"
#include "lib/sshsk.h"
#include "aasd/ask.h"
#include "aasd/extend.h"
#include "aasd/line.h"
#include "aasd/rule.h"

#define DOMAIN  "aas-extend-v1"
#define PENDING 256
#define LIFE_MS 180000

/* What was asked for and not answered yet; one for a user. */
static struct pending {
	uint32_t uid;
	char id[AAS_LEDGER_ID]; /* "": free */
	uint8_t nonce[32];
	int64_t until_ms;
} waiting[PENDING];

/* That user's place, or a free one, or the one that ends first. */
static struct pending *
place_of(uint32_t uid)
{
	struct pending *best = &waiting[0];

	for (size_t i = 0; i < PENDING; i++) {
		struct pending *p = &waiting[i];

		if (p->id[0] != '\0' && p->uid == uid)
			return p;
		if (p->id[0] == '\0'
			? best->id[0] != '\0'
			: best->id[0] != '\0' && p->until_ms < best->until_ms)
			best = p;
	}
	return best;
}

static int
is_id(const char *id)
{
	uint8_t raw[(AAS_LEDGER_ID - 1) / 2];

	return aas_hex_parse(id, raw, sizeof(raw)) == AAS_OK;
}

static json_t *
op_ask(const struct aas_user *u, const struct aas_now *now, json_t *rq)
{
	const char *op = NULL, *id = NULL;
	struct pending *p = place_of(u->uid);
	char nonce[65], boot[33];

	if (json_unpack_ex(rq, NULL, JSON_STRICT, "{s:s, s:s}", "op", &op, "id",
		&id) != 0 ||
	    !is_id(id))
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (getrandom(p->nonce, sizeof(p->nonce), 0) !=
	    (ssize_t)sizeof(p->nonce)) {
		p->id[0] = '\0';
		return aasd_refuse(AAS_WHY_SYSTEM);
	}
	p->uid = u->uid;
	(void)snprintf(p->id, sizeof(p->id), "%s", id);
	p->until_ms = now->boottime_ms + LIFE_MS;
	aas_hex_format(p->nonce, sizeof(p->nonce), nonce);
	aas_hex_format(now->boot_id, sizeof(now->boot_id), boot);
	return json_pack(
	    "{s:b, s:s, s:s}", "ok", 1, "nonce", nonce, "boot", boot);
}

/* Taken: it counts once, whatever comes of it. */
static int
take(const struct aas_user *u, const struct aas_now *now, const char *id,
    uint8_t hash[32])
{
	struct pending *p = place_of(u->uid);
	uint8_t about[AAS_LEDGER_ID - 1 + 16];
	int r = AAS_ERR_DENIED;

	if (p->id[0] == '\0' || p->uid != u->uid || strcmp(p->id, id) != 0 ||
	    now->boottime_ms > p->until_ms)
		return r;
	memcpy(about, p->id, AAS_LEDGER_ID - 1);
	memcpy(about + AAS_LEDGER_ID - 1, now->boot_id, 16);
	r = aas_sha256(DOMAIN, sizeof(DOMAIN), about, sizeof(about), p->nonce,
	    sizeof(p->nonce), hash);
	memset(p, 0, sizeof(*p));
	return r;
}

/* Does the index, holds laid over it, count that key of the record? */
static int
counts(const struct aas_index *ix, const struct aas_key *k)
{
	uint8_t id[32];

	if (k->suspended || aas_key_id(&k->login, id) != AAS_OK)
		return 0;
	for (size_t i = 0; i < ix->keys_n && i < AAS_KEYS_MAX; i++) {
		if (memcmp(ix->keys[i].id, id, sizeof(id)) == 0)
			return ix->keys[i].active == 1;
	}
	return 0;
}

static int
bytes(const char *b64, uint8_t *dst, size_t cap, uint16_t *len)
{
	size_t n = 0;
	int r = aas_b64_parse(b64, strlen(b64), dst, cap, &n);

	*len = (uint16_t)n;
	return r;
}

/* What came: an assertion of a key here, or a signature by way of SSH. */
struct shown {
	const char *id, *auth, *sig; /* base64; ${id}: NULL with SSH */
	const char *ssh;             /* its public key */
};

static int
check_ssh(const struct shown *w, const struct aas_key *k,
    const uint8_t hash[32], uint8_t *flags, unsigned *why)
{
	uint8_t blob[AAS_SSHPK_MAX], sig[AAS_SSHSIG_MAX], rp[32];
	uint16_t blob_len = 0, sig_len = 0;
	struct aas_cred cred;
	struct aas_proof pf;
	int r;

	if ((r = bytes(w->ssh, blob, sizeof(blob), &blob_len)) != AAS_OK ||
	    (r = bytes(w->sig, sig, sizeof(sig), &sig_len)) != AAS_OK ||
	    (r = aas_sshsk_key(blob, blob_len, &cred)) != AAS_OK)
		return r;
	*why = AAS_WHY_CREDENTIAL;
	if (k->ssh.id_len == 0 || k->ssh.alg != cred.alg ||
	    strcmp(k->ssh.rp, cred.rp) != 0 || k->ssh.pk_len != cred.pk_len ||
	    memcmp(k->ssh.pk, cred.pk, cred.pk_len) != 0)
		return AAS_ERR_NOTFOUND;
	if ((r = aas_sha256(k->ssh.rp, strlen(k->ssh.rp), NULL, 0, NULL, 0,
		 rp)) != AAS_OK ||
	    (r = aas_sshsk_sig(sig, sig_len, &k->ssh, rp, &pf)) != AAS_OK)
		return r;
	pf.id_len = k->ssh.id_len;
	memcpy(pf.id, k->ssh.id, k->ssh.id_len);
	return aas_assertion_verify(&k->ssh, hash, 1, &pf, flags, NULL, why);
}

static int
check_here(const struct shown *w, const struct aas_key *k,
    const uint8_t hash[32], uint8_t *flags, unsigned *why)
{
	struct aas_proof pf;
	int r;

	if ((r = bytes(w->id, pf.id, sizeof(pf.id), &pf.id_len)) != AAS_OK ||
	    (r = bytes(w->auth, pf.auth, sizeof(pf.auth), &pf.auth_len)) !=
		AAS_OK ||
	    (r = bytes(w->sig, pf.sig, sizeof(pf.sig), &pf.sig_len)) != AAS_OK)
		return r;
	*why = AAS_WHY_CREDENTIAL;
	if (pf.id_len != k->login.id_len ||
	    memcmp(pf.id, k->login.id, pf.id_len) != 0)
		return AAS_ERR_NOTFOUND;
	return aas_assertion_verify(&k->login, hash, 1, &pf, flags, NULL, why);
}

/* Which of the user's keys answered; AAS_WHY_OK, or why it is refused. */
static unsigned
find(const struct aas_record *rec, const struct aas_index *ix,
    const struct shown *w, const uint8_t hash[32], const struct aas_key **by)
{
	unsigned why = AAS_WHY_CREDENTIAL;
	uint8_t flags = 0;
	int r = AAS_ERR_NOTFOUND;

	if (ix->state != AAS_ST_ENROLLED && ix->state != AAS_ST_DEGRADED)
		return why;
	for (size_t i = 0; i < rec->keys_n && r == AAS_ERR_NOTFOUND; i++) {
		const struct aas_key *k = &rec->keys[i];

		if (!counts(ix, k))
			continue;
		r = w->ssh != NULL ? check_ssh(w, k, hash, &flags, &why)
				   : check_here(w, k, hash, &flags, &why);
		*by = k;
	}
	if (r != AAS_OK)
		return why == AAS_WHY_OK ? AAS_WHY_SIGNATURE : why;
	return (flags & AAS_AD_BE) == ((*by)->backup & AAS_BE) ? AAS_WHY_OK
							       : AAS_WHY_BACKUP;
}

/* By a key that policy takes, whose ${label} is then told. */
static unsigned
check(const struct aasd *d, const struct aas_user *u, const struct aas_now *now,
    const struct aasd_rule *rule, const struct shown *w, const uint8_t hash[32],
    char label[AAS_LABEL_MAX])
{
	struct aas_record *rec = NULL;
	struct aas_index *ix = calloc(1, sizeof(*ix));
	const struct aas_key *by = NULL;
	struct aas_decision dec;
	unsigned why = AAS_WHY_SYSTEM;
	int r = AAS_ERR_NOMEM;

	if (ix != NULL)
		r = aas_store_load(
		    d->store, u->uid, u->name, now, &rec, ix, &why);
	if (r == AAS_ERR_NOTFOUND)
		why = AAS_WHY_NOT_ENROLLED;
	else if (r != AAS_OK)
		why = why == AAS_WHY_OK ? AAS_WHY_SYSTEM : why;
	else if ((why = aasd_rule_ask(rule, &dec)) == AAS_WHY_OK &&
	    (why = find(rec, ix, w, hash, &by)) == AAS_WHY_OK)
		why = aasd_rule_key(rule, &dec, by);
	if (r == AAS_OK && why == AAS_WHY_OK)
		memcpy(label, by->label, AAS_LABEL_MAX);
	aas_record_free(&rec);
	free(ix);
	return why;
}

static json_t *
pass_on(struct aasd *d, const struct aas_user *u, const struct aasd_rule *rule,
    const char *id, const char *label)
{
	json_t *rq =
	    json_pack("{s:s, s:s, s:s, s:I}", "op", "extended", "id", id, "key",
		label, "total_s", (json_int_t)aas_policy_total_s(rule->p));
	unsigned why =
	    rq == NULL ? (unsigned)AAS_WHY_SYSTEM : aasd_ask(d, u, rq);

	json_decref(rq);
	return why != 0 ? aasd_refuse(why) : json_null();
}

static json_t *
op_extend(struct aasd *d, const struct aas_user *u, const struct aas_now *now,
    json_t *rq)
{
	const char *op = NULL, *id = NULL;
	struct shown w = { NULL, NULL, NULL, NULL };
	char label[AAS_LABEL_MAX] = "", shown[4 * AAS_LABEL_MAX];
	struct aasd_rule rule;
	json_t *answer = NULL;
	uint8_t hash[32];
	unsigned why = 0;

	if (json_unpack_ex(rq, NULL, JSON_STRICT,
		"{s:s, s:s, s?s, s?s, s?s, s:s}", "op", &op, "id", &id,
		"credential", &w.id, "auth", &w.auth, "ssh", &w.ssh, "sig",
		&w.sig) != 0 ||
	    !is_id(id) || (w.ssh == NULL) != (w.id != NULL) ||
	    (w.id == NULL) != (w.auth == NULL))
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (take(u, now, id, hash) != AAS_OK)
		return aasd_refuse(AAS_WHY_TIMEOUT);
	if ((why = aasd_rule_open(d, u, now, &rule)) == AAS_WHY_OK)
		why = check(d, u, now, &rule, &w, hash, label);
	if (why != AAS_WHY_OK) {
		aas_log(LOG_NOTICE, "event=extend-refused user=%s reason=%s",
		    u->name, aas_reason_code(why));
		answer = aasd_refuse(why);
	} else {
		aas_log(LOG_NOTICE, "event=extend user=%s id=%s key=\"%s\"%s",
		    u->name, id, aas_printable(shown, sizeof(shown), label),
		    w.ssh != NULL ? " by=agent" : "");
		answer = pass_on(d, u, &rule, id, label);
	}
	aasd_rule_close(&rule);
	return answer;
}

json_t *
aasd_extend_op(struct aasd *d, const struct aas_user *u,
    const struct aas_now *now, const char *op, json_t *rq)
{
	return strcmp(op, "extend-ask") == 0 ? op_ask(u, now, rq)
					     : op_extend(d, u, now, rq);
}
