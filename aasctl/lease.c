/*
 * aasctl lease: lend a service account hours, see who lends which, end it.
 *
 * 1. What is signed MUST be what was asked for here: aasd adds its nonce, and
 *    nothing that it says takes the place of what the person said.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/lend.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "aasctl/aasctl.h"
#include "tools/sessions.h"
#include "tools/tty.h"

#define USAGE_GRANT                                                         \
	"lease grant --for ACCOUNT (--hours N | --time D) [--reason TEXT] " \
	"[--key NAME]  (N: 1 or more; D: 90m, 8h, 2d)"
#define USAGE                                                           \
	"lease grant --for ACCOUNT --hours N | lease list | lease end " \
	"ACCOUNT|ID"
#define HOURS_MAX  (100 * 366 * 24)
#define CEREMONY_S 60 /* at least: aasd waits two minutes */

struct want {
	const char *account, *reason, *key;
	int64_t seconds;
};

/* What one touch needs; big. */
struct touch {
	struct aas_lend l;
	struct aas_request rq;
	struct aas_enroll_answer ans;
};

static int
parse_hours(const char *s, int64_t *seconds)
{
	char *end = NULL;
	long n = strtol(s, &end, 10);

	if (*s < '1' || *s > '9' || *end != '\0' || n > HOURS_MAX)
		return AAS_ERR_FORMAT;
	*seconds = (int64_t)n * 3600;
	return AAS_OK;
}

static int
parse_grant(int argc, char **argv, struct want *w)
{
	static const struct option longs[] = {
		{ "for", required_argument, NULL, 'f' },
		{ "hours", required_argument, NULL, 'h' },
		{ "time", required_argument, NULL, 't' },
		{ "reason", required_argument, NULL, 'r' },
		{ "key", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	int ch = 0, times = 0, r = AAS_OK;

	*w = (struct want){ NULL, "", NULL, 0 };
	optind = 1;
	while (r == AAS_OK &&
	    (ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch == 'f')
			w->account = optarg;
		else if (ch == 'r')
			w->reason = optarg;
		else if (ch == 'k')
			w->key = optarg;
		else if (ch == 'h')
			r = parse_hours(optarg, &w->seconds);
		else if (ch == 't')
			r = aas_clock_duration(optarg, &w->seconds);
		else
			r = AAS_ERR_INVAL;
		times += ch == 'h' || ch == 't';
	}
	return r == AAS_OK && optind == argc && w->account != NULL &&
		times == 1 && w->seconds > 0 && aas_lend_reason_valid(w->reason)
	    ? AAS_OK
	    : AAS_ERR_INVAL;
}

/* The key that is to sign: the one that was named, or the first. */
static const struct aas_key *
choose(const struct aas_record *rec, const char *name)
{
	for (unsigned i = 0; i < rec->keys_n; i++) {
		const struct aas_key *k = &rec->keys[i];

		if (k->suspended || k->held)
			continue;
		if (name == NULL || strcmp(k->label, name) == 0)
			return k;
	}
	return NULL;
}

static int
begin(const struct aasctl *c, const struct aas_context *cx,
    const struct want *w, struct aas_lend *l)
{
	const char *nonce = NULL, *boot = NULL;
	struct aas_user u;
	json_t *rep = NULL;
	int code, r;

	if ((r = aas_user_name(w->account, &u)) != AAS_OK)
		return aasctl_no_user(c, r);
	code = aasctl_ask_aasd(c, cx,
	    json_pack("{s:s, s:s, s:I, s:s}", "op", "lease-begin", "account",
		u.name, "seconds", (json_int_t)w->seconds, "reason", w->reason),
	    &rep);
	if (code != AASCTL_OK)
		return code;
	l->grantor_uid = cx->user.uid;
	memcpy(l->grantor, cx->user.name, sizeof(l->grantor));
	l->uid = u.uid;
	memcpy(l->account, u.name, sizeof(l->account));
	l->seconds = w->seconds;
	(void)snprintf(l->reason, sizeof(l->reason), "%s", w->reason);
	if (json_unpack(rep, "{s:s, s:s}", "nonce", &nonce, "boot", &boot) !=
		0 ||
	    aas_hex_parse(nonce, l->nonce, sizeof(l->nonce)) != AAS_OK ||
	    aas_hex_parse(boot, l->boot_id, sizeof(l->boot_id)) != AAS_OK)
		code = aasctl_fail(
		    c, AASCTL_FAILED, "aasd: %s", aas_strerror(AAS_ERR_FORMAT));
	json_decref(rep);
	return code;
}

static int
touch(const struct aasctl *c, const struct aas_context *cx,
    const struct aas_record *rec, const struct aas_key *key,
    const struct aas_ui *ui, struct touch *t)
{
	char hours[AAS_SESSION_SPAN], name[3 * 64], label[3 * AAS_LABEL_MAX];
	char text[512];
	int r;

	t->rq.op = AAS_OP_PROVE;
	t->rq.flags = AAS_RQ_UV;
	t->rq.uid = cx->user.uid;
	(void)snprintf(t->rq.user, sizeof(t->rq.user), "%s", cx->user.name);
	(void)snprintf(t->rq.service, sizeof(t->rq.service), "aasctl");
	(void)snprintf(t->rq.policy, sizeof(t->rq.policy), "%s", cx->path);
	(void)snprintf(t->rq.realm, sizeof(t->rq.realm), "%s", rec->realm);
	t->rq.present = 1;
	t->rq.timeout_s =
	    cx->d.timeout_s > CEREMONY_S ? cx->d.timeout_s : CEREMONY_S;
	t->rq.creds_n = 1;
	memcpy(t->rq.creds[0].label, key->label, AAS_LABEL_MAX);
	t->rq.creds[0].c = key->login;
	if (aas_lend_challenge(&t->l, t->rq.hash) != AAS_OK)
		return aasctl_fail(
		    c, AASCTL_FAILED, "%s", aas_strerror(AAS_ERR_CRYPTO));
	(void)snprintf(text, sizeof(text),
	    "With '%s' you lend %s this host for %s, from now on.",
	    aas_printable(label, sizeof(label), key->label),
	    aas_printable(name, sizeof(name), t->l.account),
	    aas_session_span_words(t->l.seconds, hours));
	(void)ui->show(ui->arg, 0, text);
	r = aas_relay(cx->authn, &t->rq, ui, &t->ans);
	if (r == AAS_OK && t->ans.proofs_n == 1)
		return AASCTL_OK;
	if (r == AAS_ERR_CANCELED)
		return aasctl_fail(c, AASCTL_FAILED, "%s [%s]",
		    aas_reason_text(AAS_WHY_CANCELED),
		    aas_reason_code(AAS_WHY_CANCELED));
	return aasctl_fail(c, AASCTL_DENIED, "%s [%s]",
	    t->ans.v.text[0] != '\0' ? t->ans.v.text
				     : aas_reason_text(t->ans.v.reason),
	    aas_reason_code(t->ans.v.reason));
}

static json_t *
b64(const void *p, size_t len)
{
	char *text = malloc(AAS_B64_TEXT(len));
	json_t *s = NULL;

	if (text == NULL)
		return NULL;
	aas_b64_format(p, len, text);
	s = json_string(text);
	free(text);
	return s;
}

static int
hand_in(const struct aasctl *c, const struct aas_context *cx,
    const struct touch *t, json_t **rep)
{
	const struct aas_proof *pf = &t->ans.proofs[0];
	char nonce[2 * AAS_LEND_NONCE + 1];

	aas_hex_format(t->l.nonce, sizeof(t->l.nonce), nonce);
	return aasctl_ask_aasd(c, cx,
	    json_pack("{s:s, s:s, s:o, s:o, s:o}", "op", "lease-grant", "nonce",
		nonce, "id", b64(pf->id, pf->id_len), "auth",
		b64(pf->auth, pf->auth_len), "sig", b64(pf->sig, pf->sig_len)),
	    rep);
}

static const char *
text_of(const json_t *l, const char *key, char *dst, size_t cap)
{
	return aas_printable(
	    dst, cap, json_string_value(json_object_get(l, key)));
}

static void
print_lease(const json_t *l)
{
	char account[3 * 64], grantor[3 * 64], until[64], id[64], key[128];
	char reason[3 * AAS_LEASE_REASON], left[AAS_SESSION_SPAN];
	const char *why = json_string_value(json_object_get(l, "reason"));

	(void)printf("%s: lease of %s until %s, %s left (key %s, id %s)%s%s\n",
	    text_of(l, "account", account, sizeof(account)),
	    text_of(l, "grantor", grantor, sizeof(grantor)),
	    text_of(l, "until", until, sizeof(until)),
	    aas_session_span(
		json_integer_value(json_object_get(l, "left_s")), left),
	    text_of(l, "key", key, sizeof(key)),
	    text_of(l, "id", id, sizeof(id)),
	    why != NULL && *why != '\0' ? ": " : "",
	    why != NULL && *why != '\0'
		? text_of(l, "reason", reason, sizeof(reason))
		: "");
}

/* The answer of aasd that has a lease in it; takes it. */
static int
report(const struct aasctl *c, json_t *rep, const char *what)
{
	if (c->json)
		return aasctl_print(c, rep);
	if (json_is_true(json_object_get(rep, "kept")))
		(void)puts("A lease that ends later is there already, and "
			   "stays:");
	else
		(void)puts(what);
	print_lease(json_object_get(rep, "lease"));
	json_decref(rep);
	return AASCTL_OK;
}

static int
grant_with(const struct aasctl *c, const struct aas_context *cx,
    const struct aas_record *rec, const struct want *w)
{
	const struct aas_key *key = choose(rec, w->key);
	struct touch *t = NULL;
	struct aas_tty *tty = NULL;
	struct aas_ui ui;
	json_t *rep = NULL;
	int code = AASCTL_FAILED, r = AAS_OK;

	if (key == NULL)
		return aasctl_fail(c, AASCTL_NOTFOUND,
		    "there is no key of that name that signs in");
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return aasctl_fail(c, AASCTL_FAILED, "no memory");
	if ((r = aas_tty_open(&tty, &ui)) != AAS_OK) {
		free(t);
		return aasctl_fail(c, AASCTL_FAILED, "%s", aas_tty_why(r));
	}
	if ((code = begin(c, cx, w, &t->l)) == AASCTL_OK &&
	    (code = touch(c, cx, rec, key, &ui, t)) == AASCTL_OK)
		code = hand_in(c, cx, t, &rep);
	aas_tty_close(&tty);
	free(t);
	return code == AASCTL_OK ? report(c, rep, "Lent.") : code;
}

static int
grant(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	struct aas_record *rec = NULL;
	struct want w;
	int code;

	if (parse_grant(argc, argv, &w) != AAS_OK)
		return aasctl_usage(USAGE_GRANT);
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	if ((code = aasctl_record(c, &cx, &rec)) == AASCTL_OK)
		code = grant_with(c, &cx, rec, &w);
	aas_record_free(&rec);
	aas_context_close(&cx);
	return code;
}

/* Not aasctl_context(): who may not sign in may look, and end. */
static int
ask(const struct aasctl *c, json_t *rq, json_t **rep)
{
	struct aas_context cx = { .policy = NULL };
	int r = aas_policy_open(c->policy, &cx.policy);
	int code;

	if (r != AAS_OK) {
		json_decref(rq);
		return aasctl_fail(c, aasctl_exit_of(r), "compiled policy: %s",
		    aas_strerror(r));
	}
	code = aasctl_ask_aasd(c, &cx, rq, rep);
	aas_policy_free(&cx.policy);
	return code;
}

static int
list(const struct aasctl *c)
{
	const json_t *leases = NULL, *l = NULL;
	json_t *rep = NULL;
	size_t i = 0;
	int code = ask(c, json_pack("{s:s}", "op", "leases"), &rep);

	if (code != AASCTL_OK)
		return code;
	if (c->json)
		return aasctl_print(c, rep);
	leases = json_object_get(rep, "leases");
	if (json_array_size(leases) == 0)
		(void)puts("No lease.");
	json_array_foreach(leases, i, l)
	{
		print_lease(l);
	}
	json_decref(rep);
	return AASCTL_OK;
}

int
aasctl_cmd_lease(struct aasctl *c, int argc, char **argv)
{
	json_t *rep = NULL;
	int code;

	if (argc >= 2 && strcmp(argv[1], "grant") == 0)
		return grant(c, argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list(c);
	if (argc != 3 || strcmp(argv[1], "end") != 0 || argv[2][0] == '-')
		return aasctl_usage(USAGE);
	code = ask(c,
	    json_pack("{s:s, s:s}", "op", "lease-end", "lease", argv[2]), &rep);
	return code == AASCTL_OK ? report(c, rep, "Ended:") : code;
}
