/*
 * The caller's side of the helper protocol, against helpers that break it:
 * this very program, started as aas_relay() starts a helper, plays them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/enroll/relay.h"
#include "tests/fixture.h"

#define SOCK   0
#define ANSWER "correct horse"

/* --- the helper ----------------------------------------------------------- */

static uint8_t buf[AAS_FRAME_MAX];

static void
send_verdict(
    const struct aas_request *rq, uint32_t result, unsigned why, int flaw)
{
	struct aas_verdict v;
	size_t len = 0;

	memset(&v, 0, sizeof(v));
	v.result = result;
	v.reason = (uint16_t)why;
	v.op = rq->op;
	v.uid = rq->uid;
	memcpy(v.nonce, rq->nonce, sizeof(v.nonce));
	if (flaw == 'n')
		v.nonce[0] ^= 1;
	if (flaw == 'o')
		v.op = AAS_OP_ASSERT;
	if (flaw == 'u')
		v.uid++;
	if (aas_verdict_put(&v, buf, sizeof(buf), &len) == AAS_OK)
		(void)aas_frame_send(
		    SOCK, AAS_MSG_VERDICT, buf, len + (flaw == 't'));
}

static void
send_made(void)
{
	struct aas_made m;
	size_t len = 0;

	memset(&m, 0, sizeof(m));
	(void)snprintf(m.login.rp, sizeof(m.login.rp), "example.org");
	m.login.alg = AAS_ALG_ES256;
	m.login.pk_len = 64;
	m.login.id_len = 16;
	if (aas_made_put(&m, buf, sizeof(buf), &len) == AAS_OK)
		(void)aas_frame_send(SOCK, AAS_MSG_CRED, buf, len);
}

static void
send_proof(void)
{
	struct aas_proof p;
	size_t len = 0;

	memset(&p, 0, sizeof(p));
	p.id_len = 16;
	p.auth_len = 37;
	p.sig_len = 70;
	if (aas_proof_put(&p, buf, sizeof(buf), &len) == AAS_OK)
		(void)aas_frame_send(SOCK, AAS_MSG_PROOF, buf, len);
}

static void
send_text(uint8_t type, const char *text)
{
	struct aas_text t;
	size_t len = 0;

	memset(&t, 0, sizeof(t));
	t.serial = type == AAS_MSG_INFO ? 0 : 7;
	(void)snprintf(t.text, sizeof(t.text), "%s", text);
	if (aas_text_put(type, &t, buf, sizeof(buf), &len) == AAS_OK)
		(void)aas_frame_send(SOCK, type, buf, len);
}

/* Granted for the right answer to a prompt; canceled for none. */
static void
converse(const struct aas_request *rq, struct aas_frame *f)
{
	struct aas_reply rp;

	send_text(AAS_MSG_INFO, "hello");
	send_text(AAS_MSG_SECRET, "PIN: ");
	if (aas_frame_recv(SOCK, 5000, f) != AAS_OK ||
	    f->type != AAS_MSG_REPLY ||
	    aas_reply_get(f->b, f->len, &rp) != AAS_OK || rp.serial != 7)
		return;
	if (rp.status != 0)
		send_verdict(rq, AAS_REFUSED, AAS_WHY_CANCELED, 0);
	else
		send_verdict(rq,
		    strcmp(rp.text, ANSWER) == 0 ? AAS_GRANTED : AAS_REFUSED,
		    AAS_WHY_PIN_WRONG, 0);
}

/* What the label of the request says, letter by letter. */
static void
play(const struct aas_request *rq, struct aas_frame *f)
{
	for (const char *s = rq->label; *s != '\0'; s++) {
		if (*s == 'M')
			send_made();
		else if (*s == 'P')
			send_proof();
		else if (*s == 'G')
			send_verdict(rq, AAS_GRANTED, AAS_WHY_OK, s[1]);
		else if (*s == 'R')
			send_verdict(rq, AAS_REFUSED, AAS_WHY_NO_KEY, 0);
		else if (*s == 'X')
			send_verdict(rq, 1, AAS_WHY_OK, 0);
		else if (*s == 'C')
			converse(rq, f);
		else if (*s == 'Q')
			(void)aas_frame_send(SOCK, AAS_MSG_REQUEST, "", 0);
		else if (*s == 'W') /* for a cancel */
			(void)aas_frame_recv(SOCK, 5000, f);
	}
}

static int
helper(void)
{
	static struct aas_frame f;
	static struct aas_request rq;

	if (aas_frame_recv(SOCK, 5000, &f) != AAS_OK ||
	    f.type != AAS_MSG_REQUEST ||
	    aas_request_get(f.b, f.len, &rq) != AAS_OK)
		return 1;
	play(&rq, &f);
	return 0;
}

/* --- the caller ----------------------------------------------------------- */

struct person {
	const char *answer; /* NULL: gives up */
	int echo;
	int shown;
	int canceled;
	int show_r;
};

static int
show(void *arg, int error, const char *text)
{
	struct person *p = arg;

	assert_int_equal(error, 0);
	assert_string_equal(text, "hello");
	p->shown++;
	return p->show_r;
}

static int
ask(void *arg, int echo, const char *prompt, char *reply, size_t cap)
{
	struct person *p = arg;

	assert_string_equal(prompt, "PIN: ");
	p->echo = echo;
	if (p->answer == NULL)
		return AAS_ERR_CANCELED;
	(void)snprintf(reply, cap, "%s", p->answer);
	return AAS_OK;
}

static int
canceled(void *arg)
{
	return ((struct person *)arg)->canceled;
}

static char self[512];
static struct aas_enroll_answer ans;

static int
run(struct person *p, uint8_t op, const char *script)
{
	const struct aas_ui ui = { p, show, ask, canceled };
	static struct aas_request rq;

	memset(&rq, 0, sizeof(rq));
	rq.op = op;
	rq.uid = 1000;
	(void)snprintf(rq.user, sizeof(rq.user), "alice");
	(void)snprintf(rq.service, sizeof(rq.service), "test");
	(void)snprintf(rq.realm, sizeof(rq.realm), "example.org");
	(void)snprintf(rq.label, sizeof(rq.label), "%s", script);
	rq.present = 1;
	rq.timeout_s = 5;
	rq.creds_n = op == AAS_OP_PROVE ? 2 : 0;
	for (size_t i = 0; i < rq.creds_n; i++) {
		(void)snprintf(rq.creds[i].label, AAS_LABEL_MAX, "k%zu", i);
		(void)snprintf(
		    rq.creds[i].c.rp, sizeof(rq.creds[i].c.rp), "example.org");
		rq.creds[i].c.alg = AAS_ALG_ES256;
		rq.creds[i].c.pk_len = 64;
		rq.creds[i].c.id_len = 16;
		rq.creds[i].c.id[0] = (uint8_t)i;
	}
	return aas_relay(self, &rq, &ui, &ans);
}

static void
relay_granted_brings_what_was_made(void **state)
{
	struct person p = { 0 };

	(void)state;
	assert_int_equal(run(&p, AAS_OP_MAKE, "MG"), AAS_OK);
	assert_true(ans.v.result == AAS_GRANTED);
	assert_int_equal(ans.made_n, 1);
	assert_string_equal(ans.made.login.rp, "example.org");
	assert_int_equal(run(&p, AAS_OP_PROVE, "PPG"), AAS_OK);
	assert_int_equal(ans.proofs_n, 2);
}

static void
relay_refused_brings_nothing_but_the_reason(void **state)
{
	struct person p = { 0 };

	(void)state;
	assert_int_equal(run(&p, AAS_OP_MAKE, "MR"), AAS_ERR_DENIED);
	assert_true(ans.v.result == AAS_REFUSED);
	assert_int_equal(ans.v.reason, AAS_WHY_NO_KEY);
	assert_int_equal(ans.made_n, 0);
}

static void
relay_f53_broken_protocol_is_never_a_grant(void **state)
{
	/* No verdict; a second result; a result not asked for; a verdict of
	 * another nonce, operation or user, with trailing data, or neither
	 * granted nor refused; a message that only a caller sends. */
	static const char *const make[] = { "", "M", "MMG", "PG", "MGn", "MGo",
		"MGu", "MGt", "Q" };
	struct person p = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		assert_int_equal(run(&p, AAS_OP_MAKE, make[i]), AAS_ERR_FORMAT);
		assert_true(ans.v.result == AAS_REFUSED);
		assert_int_equal(ans.made_n, 0);
	}
	assert_int_equal(run(&p, AAS_OP_PROVE, "PPPG"), AAS_ERR_FORMAT);
	assert_int_equal(ans.proofs_n, 0);
	assert_int_equal(run(&p, AAS_OP_PROVE, "MG"), AAS_ERR_FORMAT);
	assert_int_not_equal(run(&p, AAS_OP_MAKE, "MX"), AAS_OK);
	assert_true(ans.v.result == AAS_REFUSED);
}

static void
relay_reply_goes_to_its_prompt(void **state)
{
	struct person p = { .answer = ANSWER, .echo = -1 };

	(void)state;
	assert_int_equal(run(&p, AAS_OP_MAKE, "C"), AAS_OK);
	assert_int_equal(p.echo, 0);
	assert_int_equal(p.shown, 1);
	p.answer = "wrong";
	assert_int_equal(run(&p, AAS_OP_MAKE, "C"), AAS_ERR_DENIED);
	assert_int_equal(ans.v.reason, AAS_WHY_PIN_WRONG);
}

static void
relay_person_who_gives_up_cancels(void **state)
{
	struct person p = { 0 };

	(void)state;
	assert_int_equal(run(&p, AAS_OP_MAKE, "C"), AAS_ERR_CANCELED);
	assert_int_equal(ans.v.reason, AAS_WHY_CANCELED);
	p.canceled = 1;
	assert_int_equal(run(&p, AAS_OP_MAKE, "W"), AAS_ERR_CANCELED);
	assert_true(ans.v.result == AAS_REFUSED);
	/* A terminal that is gone is a person who is gone. */
	p.canceled = 0;
	p.show_r = AAS_ERR_SYS;
	assert_int_equal(run(&p, AAS_OP_MAKE, "C"), AAS_ERR_CANCELED);
}

static void
relay_helper_that_is_not_there_is_refused(void **state)
{
	const struct aas_ui ui = { NULL, show, ask, canceled };
	struct aas_request rq;

	(void)state;
	memset(&rq, 0, sizeof(rq));
	assert_int_equal(
	    aas_relay("/nonexistent/aas", &rq, &ui, &ans), AAS_ERR_NOTFOUND);
	assert_int_equal(ans.v.reason, AAS_WHY_NO_HELPER);
	assert_true(ans.v.result == AAS_REFUSED);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(relay_granted_brings_what_was_made),
		FIXTURE_TEST(relay_refused_brings_nothing_but_the_reason),
		FIXTURE_TEST(relay_f53_broken_protocol_is_never_a_grant),
		FIXTURE_TEST(relay_reply_goes_to_its_prompt),
		FIXTURE_TEST(relay_person_who_gives_up_cancels),
		FIXTURE_TEST(relay_helper_that_is_not_there_is_refused),
	};
	ssize_t n = 0;

	if (argc > 0 && strcmp(argv[0], "aas-helper") == 0)
		return helper();
	if ((n = readlink("/proc/self/exe", self, sizeof(self) - 1)) <= 0)
		return 99;
	self[n] = '\0';
	if (fixture_valgrind()) {
		(void)fprintf(stderr, "valgrind knows no posix_spawn\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
