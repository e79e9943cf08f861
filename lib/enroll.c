/*
 * The dialog of an enrolment.
 *
 * 1. Until the store accepted the one finished line, nothing MUST change but
 *    the draft: giving up at any prompt leaves the old state.
 * 2. Every key MUST have signed the entry that names it, and the signature
 *    MUST be checked here before the line is made.
 * 3. One key MUST NOT count twice: not by its credential, not by its public
 *    key, not by its name.
 */
#include <sys/random.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/clock.h"
#include "lib/enroll.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/secret.h"

#define LABEL_TRIES    5
#define WAIT_S         (72 * 3600) /* of a recovery, before it is done */
#define CEREMONY_MIN_S 120         /* a person looks for a key meanwhile */

struct dialog {
	const struct aas_enroll *e;
	const struct aas_ui *ui;
	struct aas_draft d;
	struct aas_request rq;
	struct aas_answer ans;
	struct aas_entry entry;
	uint8_t hash[32];
	unsigned why;
};

int
aas_say(const struct aas_ui *ui, int error, const char *fmt, ...)
{
	char text[AAS_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ui->show(ui->arg, error, text);
}

/* --- asking ----------------------------------------------------------------*/

static void
trim(char *s)
{
	size_t n = strlen(s);
	size_t lead = strspn(s, " \t");

	while (n > lead && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	memmove(s, s + lead, n - lead);
	s[n - lead] = '\0';
}

static int
ask_line(struct dialog *g, const char *prompt, char reply[AAS_REPLY_MAX])
{
	int r = g->ui->ask(g->ui->arg, 1, prompt, reply, AAS_REPLY_MAX);

	if (r == AAS_OK)
		trim(reply);
	return r;
}

/* *yes is what an empty answer means, and then the answer. */
static int
ask_yes(struct dialog *g, const char *question, int *yes)
{
	char prompt[256];
	char reply[AAS_REPLY_MAX];
	int r = AAS_ERR_CANCELED;

	(void)snprintf(prompt, sizeof(prompt), "%s [%s]: ", question,
	    *yes ? "Y/n" : "y/N");
	for (int i = 0; i < LABEL_TRIES; i++) {
		if ((r = ask_line(g, prompt, reply)) != AAS_OK)
			return r;
		if (reply[0] == '\0')
			return AAS_OK;
		if (strcasecmp(reply, "y") == 0 ||
		    strcasecmp(reply, "yes") == 0) {
			*yes = 1;
			return AAS_OK;
		}
		if (strcasecmp(reply, "n") == 0 ||
		    strcasecmp(reply, "no") == 0) {
			*yes = 0;
			return AAS_OK;
		}
		(void)aas_say(g->ui, 1, "Please answer y or n.");
	}
	return AAS_ERR_CANCELED;
}

static int
label_taken(const struct dialog *g, const char *label)
{
	for (size_t i = 0; i < g->d.keys_n; i++) {
		if (strcasecmp(g->d.keys[i].label, label) == 0)
			return 1;
	}
	return 0;
}

static int
ask_label(struct dialog *g, char label[AAS_LABEL_MAX])
{
	unsigned n = g->d.keys_n + 1u;
	char prompt[128];
	char reply[AAS_REPLY_MAX];
	int r = AAS_ERR_CANCELED;

	(void)snprintf(prompt, sizeof(prompt),
	    "Name for key %u, such as its color [key%u]: ", n, n);
	for (int i = 0; i < LABEL_TRIES; i++) {
		if ((r = ask_line(g, prompt, reply)) != AAS_OK)
			return r;
		if (reply[0] == '\0')
			(void)snprintf(reply, sizeof(reply), "key%u", n);
		if (!aas_label_valid(reply) || strlen(reply) >= AAS_LABEL_MAX)
			(void)aas_say(g->ui, 1,
			    "A name has 1 to 32 letters, digits and signs.");
		else if (label_taken(g, reply))
			(void)aas_say(
			    g->ui, 1, "'%s' is another key's name.", reply);
		else {
			memcpy(label, reply, strlen(reply) + 1);
			return AAS_OK;
		}
	}
	return AAS_ERR_CANCELED;
}

/* --- ceremonies ------------------------------------------------------------*/

static void
request(struct dialog *g, uint8_t op)
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
	rq->timeout_s =
	    e->timeout_s > CEREMONY_MIN_S ? e->timeout_s : CEREMONY_MIN_S;
	for (size_t i = 0; i < g->d.keys_n; i++) {
		memcpy(rq->creds[i].label, g->d.keys[i].label, AAS_LABEL_MAX);
		rq->creds[i].c = g->d.keys[i].login;
	}
	rq->creds_n = g->d.keys_n;
}

static int
complain(struct dialog *g, unsigned why)
{
	g->why = why;
	return aas_say(
	    g->ui, 1, "%s [%s]", aas_reason_text(why), aas_reason_code(why));
}

static int
ceremony(struct dialog *g)
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
take_made(struct dialog *g, const char *label)
{
	const struct aas_made *m = &g->ans.made;
	struct aas_key *k = &g->d.keys[g->d.keys_n];

	if (g->ans.made_n != 1 || strcmp(m->login.rp, g->e->realm) != 0) {
		(void)complain(g, AAS_WHY_PROTOCOL);
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
	g->d.keys_n++;
	return AAS_OK;
}

static int
save_draft(struct dialog *g)
{
	struct aas_now now;

	if (aas_clock_now(&now) != AAS_OK)
		return AAS_ERR_SYS;
	g->d.time_s = now.real_s;
	/* Without a draft nothing is lost but the keys made so far. */
	(void)aas_draft_save(g->e->drafts, &g->d);
	return AAS_OK;
}

static int
make_key(struct dialog *g)
{
	char label[AAS_LABEL_MAX];
	int again = 1;
	int r = ask_label(g, label);

	if (r != AAS_OK)
		return r;
	for (;;) {
		request(g, AAS_OP_MAKE);
		memcpy(g->rq.label, label, sizeof(label));
		memcpy(g->rq.handle, g->d.handle, sizeof(g->rq.handle));
		if ((r = ceremony(g)) == AAS_OK)
			r = take_made(g, label);
		if (r == AAS_OK)
			break;
		if (r != AAS_ERR_DENIED && r != AAS_ERR_EXISTS &&
		    r != AAS_ERR_TIMEOUT)
			return r;
		again = 1;
		r = ask_yes(g, "Try again?", &again);
		if (r != AAS_OK || !again)
			return r != AAS_OK ? r : AAS_ERR_CANCELED;
	}
	(void)aas_say(g->ui, 0, "'%s' is made.", label);
	return save_draft(g);
}

static int
make_keys(struct dialog *g)
{
	int r = AAS_OK;
	int more = 0;

	while (r == AAS_OK && g->d.keys_n < AAS_ENROLL_KEYS) {
		if (g->d.keys_n >= g->e->keys_min) {
			more = 0;
			r = ask_yes(g, "Another key?", &more);
			if (r != AAS_OK || !more)
				return r;
		}
		r = make_key(g);
	}
	return r;
}

/* --- the steps around them -------------------------------------------------*/

static int
explain(struct dialog *g)
{
	return aas_say(g->ui, 0,
	    "This enrolls security keys for %s (%s).\n"
	    "Have at least %u keys at hand. Each is made ready, named and "
	    "tested. You then\nget %d recovery keys to write down. Until the "
	    "last step nothing changes; you may\nstop at any prompt with ^C.",
	    g->e->user, g->e->realm, g->e->keys_min, AAS_ENROLL_RECOVERY);
}

/* Take up a draft, if there is one and the person wants it. */
static int
resume(struct dialog *g)
{
	const struct aas_enroll *e = g->e;
	struct aas_now now;
	char names[AAS_ENROLL_KEYS * (AAS_LABEL_MAX + 4)] = "";
	char question[sizeof(names) + 64];
	size_t n = 0;
	int yes = 1;
	int r = aas_clock_now(&now);

	if (r != AAS_OK)
		return r;
	if (aas_draft_load(e->drafts, e->uid, e->realm, now.real_s, &g->d) ==
		AAS_OK &&
	    g->d.keys_n > 0) {
		for (size_t i = 0; i < g->d.keys_n && n < sizeof(names); i++)
			n += (size_t)snprintf(names + n, sizeof(names) - n,
			    "%s'%s'", i > 0 ? ", " : "", g->d.keys[i].label);
		(void)snprintf(question, sizeof(question),
		    "Made before: %s. Go on with that?", names);
		if ((r = ask_yes(g, question, &yes)) != AAS_OK || yes)
			return r;
	}
	memset(&g->d, 0, sizeof(g->d));
	g->d.uid = e->uid;
	(void)snprintf(g->d.realm, sizeof(g->d.realm), "%s", e->realm);
	if (getrandom(g->d.handle, sizeof(g->d.handle), 0) !=
	    (ssize_t)sizeof(g->d.handle))
		return AAS_ERR_SYS;
	return AAS_OK;
}

static const char *
met(int yes)
{
	return yes ? "yes" : "NO";
}

/* Show what the set meets; AAS_ERR_DEVICE if it cannot be enrolled. */
static int
requirements(struct dialog *g)
{
	int roaming = 0;
	int bound = 1;
	int enough = g->d.keys_n >= g->e->keys_min;

	for (size_t i = 0; i < g->d.keys_n; i++) {
		roaming |= g->d.keys[i].roaming;
		bound &= (g->d.keys[i].backup & AAS_BE) == 0;
	}
	(void)aas_say(g->ui, 0,
	    "\nWhat this set of %u keys meets:\n"
	    "  at least %u distinct keys:              %s\n"
	    "  one of them works on other machines:   %s\n"
	    "  PIN or fingerprint at each sign-in:    %s\n"
	    "  bound to their devices, never copied:  %s",
	    g->d.keys_n, g->e->keys_min, met(enough), met(roaming),
	    g->e->uv ? "yes" : "not required", bound ? "yes" : "no (synced)");
	if (enough && roaming)
		return AAS_OK;
	(void)aas_say(g->ui, 1, "These keys cannot be enrolled.");
	g->why = AAS_WHY_SECOND_KEY;
	return AAS_ERR_DEVICE;
}

static int
fill_entry(struct dialog *g)
{
	struct aas_entry *n = &g->entry;
	struct aas_now now;
	int r = aas_enroll_recovery(g->ui, n->recovery);

	if (r != AAS_OK)
		return r;
	if ((r = aas_clock_now(&now)) != AAS_OK)
		return r;
	n->type = AAS_T_GENESIS;
	n->seq = 1;
	n->uid = g->e->uid;
	(void)snprintf(n->user, sizeof(n->user), "%s", g->e->user);
	(void)snprintf(n->realm, sizeof(n->realm), "%s", g->e->realm);
	(void)snprintf(n->host, sizeof(n->host), "%s", g->e->host);
	n->time_s = now.real_s;
	n->keys_n = g->d.keys_n;
	memcpy(n->keys, g->d.keys, g->d.keys_n * sizeof(n->keys[0]));
	n->recovery_n = AAS_ENROLL_RECOVERY;
	n->recovery_wait_s = WAIT_S;
	return AAS_OK;
}

/* One proof by each key, each checked. */
static int
check_proofs(struct dialog *g)
{
	uint8_t flags = 0;
	uint32_t counter = 0;
	unsigned seen = 0;
	int r = AAS_OK;

	for (size_t p = 0; p < g->ans.proofs_n; p++) {
		for (size_t k = 0; k < g->d.keys_n; k++) {
			const struct aas_cred *c = &g->d.keys[k].login;

			if (g->ans.proofs[p].id_len != c->id_len ||
			    memcmp(g->ans.proofs[p].id, c->id, c->id_len) != 0)
				continue;
			r = aas_assertion_verify(c, g->hash, 1,
			    &g->ans.proofs[p], &flags, &counter, &g->why);
			if (r != AAS_OK)
				return r;
			seen |= 1u << k;
		}
	}
	if (g->ans.proofs_n == g->d.keys_n && seen == (1u << g->d.keys_n) - 1)
		return AAS_OK;
	g->why = AAS_WHY_CREDENTIAL;
	return AAS_ERR_CRYPTO;
}

static int
prove(struct dialog *g)
{
	int again = 1;
	int r = AAS_ERR_CANCELED;

	(void)aas_say(g->ui, 0, "\nEach key now signs the finished enrolment.");
	while (again) {
		request(g, AAS_OP_PROVE);
		g->rq.flags |= AAS_RQ_UV; /* every entry's proof has UV */
		memcpy(g->rq.hash, g->hash, sizeof(g->rq.hash));
		if ((r = ceremony(g)) == AAS_OK) {
			if ((r = check_proofs(g)) != AAS_OK)
				(void)complain(g, g->why);
			return r;
		}
		if (r != AAS_ERR_DENIED && r != AAS_ERR_TIMEOUT)
			return r;
		r = ask_yes(g, "Try again?", &again);
		if (r != AAS_OK)
			return r;
	}
	return AAS_ERR_CANCELED;
}

static int
commit(struct dialog *g, int64_t *held_until)
{
	char *json = NULL;
	char *line = NULL;
	int64_t held = 0;
	int r = AAS_ERR_SYS;

	if ((r = aas_entry_payload(&g->entry, &json)) != AAS_OK ||
	    (r = aas_entry_challenge(json, g->hash)) != AAS_OK ||
	    (r = prove(g)) != AAS_OK ||
	    (r = aas_entry_line(json, g->ans.proofs, g->ans.proofs_n, NULL,
		 NULL, &line)) != AAS_OK)
		goto out;
	g->why = AAS_WHY_SYSTEM;
	r = g->e->append(g->e->append_arg, line, &held, &g->why);
	if (r != AAS_OK) {
		(void)aas_say(g->ui, 1, "Not enrolled: %s [%s]",
		    aas_reason_text(g->why), aas_reason_code(g->why));
		goto out;
	}
	aas_draft_drop(g->e->drafts, g->e->uid);
	*held_until = held;
out:
	free(json);
	free(line);
	return r;
}

static void
farewell(struct dialog *g, int64_t held_until)
{
	char until[AAS_CLOCK_TEXT];

	if (held_until == 0) {
		(void)aas_say(g->ui, 0,
		    "\nEnrolled. From now on %s signs in with one of these "
		    "keys; the password is locked.",
		    g->e->user);
		return;
	}
	aas_clock_format(held_until, until);
	(void)aas_say(g->ui, 0,
	    "\nEnrolled, but held until %s: nothing proved that it was you "
	    "who asked.\nUntil then you sign in as before. All your terminals "
	    "were told.",
	    until);
}

int
aas_enroll_run(const struct aas_enroll *e, int64_t *held_until, unsigned *why)
{
	struct dialog *g = calloc(1, sizeof(*g));
	int64_t held = 0;
	int r = AAS_ERR_NOMEM;

	*why = AAS_WHY_SYSTEM;
	if (g == NULL)
		return r;
	g->e = e;
	g->ui = e->ui;
	g->why = AAS_WHY_SYSTEM;
	if ((r = explain(g)) == AAS_OK && (r = resume(g)) == AAS_OK &&
	    (r = make_keys(g)) == AAS_OK && (r = requirements(g)) == AAS_OK &&
	    (r = fill_entry(g)) == AAS_OK)
		r = commit(g, &held);
	if (r == AAS_OK) {
		farewell(g, held);
		*held_until = held;
		g->why = AAS_WHY_OK;
	} else if (r == AAS_ERR_CANCELED) {
		(void)aas_say(g->ui, 1, "Stopped: nothing was changed.");
		g->why = AAS_WHY_CANCELED;
	}
	*why = g->why;
	free(g);
	return r;
}
