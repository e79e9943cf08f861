/*
 * The helper protocol's payloads: what is put is got, and nothing else.
 */
#include "tests/fixture.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/record/index.h"
#include "lib/proto.h"

#define CAP 32768

static uint8_t buf[CAP], again[CAP];

typedef int get_fn(const uint8_t *p, size_t len);

static struct aas_request rq;

static int
request(const uint8_t *p, size_t len)
{
	return aas_request_get(p, len, &rq);
}

static int
verdict(const uint8_t *p, size_t len)
{
	static struct aas_verdict v;

	return aas_verdict_get(p, len, &v);
}

static int
proof(const uint8_t *p, size_t len)
{
	static struct aas_proof pf;

	return aas_proof_get(p, len, &pf);
}

static int
made(const uint8_t *p, size_t len)
{
	static struct aas_made m;

	return aas_made_get(p, len, &m);
}

static int
plugged(const uint8_t *p, size_t len)
{
	static struct aas_plugged k;

	return aas_plugged_get(p, len, &k);
}

/* Cut anywhere, or one byte longer, it is no message any more. */
static void
whole_or_nothing(get_fn *get, size_t len)
{
	assert_int_equal(get(buf, len), AAS_OK);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(get(buf, i), AAS_ERR_FORMAT);
	buf[len] = 0;
	assert_int_equal(get(buf, len + 1), AAS_ERR_FORMAT);
}

static void
fill_cred(struct aas_cred *c, const char *rp)
{
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->rp, sizeof(c->rp), "%s", rp);
	c->alg = AAS_ALG_ES256;
	c->pk_len = 64;
	memset(c->pk, 7, 64);
	c->id_len = 48;
	memset(c->id, 9, 48);
}

static void
fill_request(struct aas_request *r)
{
	memset(r, 0, sizeof(*r));
	r->op = AAS_OP_PROVE;
	r->flags = AAS_RQ_UV | AAS_RQ_REMOTE;
	memset(r->nonce, 5, sizeof(r->nonce));
	r->uid = 1000;
	(void)snprintf(r->user, sizeof(r->user), "demo");
	(void)snprintf(r->service, sizeof(r->service), "sshd");
	(void)snprintf(r->policy, sizeof(r->policy), "/var/policy.bin");
	r->present = 2;
	r->timeout_s = 60;
	(void)snprintf(r->realm, sizeof(r->realm), "example.org");
	(void)snprintf(r->label, sizeof(r->label), "blue");
	memset(r->hash, 3, sizeof(r->hash));
	memset(r->handle, 4, sizeof(r->handle));
	r->creds_n = 2;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(
		    r->creds[i].label, sizeof(r->creds[i].label), "key%zu", i);
		fill_cred(&r->creds[i].c, "example.org");
	}
}

static void
proto_request_comes_back_whole(void **state)
{
	static struct aas_request in;
	size_t len, n;

	(void)state;
	fill_request(&in);
	assert_int_equal(aas_request_put(&in, buf, CAP, &len), AAS_OK);
	assert_int_equal(aas_request_get(buf, len, &rq), AAS_OK);
	assert_memory_equal(&in, &rq, sizeof(in));
	assert_int_equal(aas_request_put(&rq, again, CAP, &n), AAS_OK);
	assert_int_equal(n, len);
	assert_memory_equal(buf, again, len);
	whole_or_nothing(request, len);
}

/* No list, and a list without an entry, are not the same. */
static void
proto_request_kinds(void **state)
{
	static struct aas_request in;
	static const uint8_t none[16];
	size_t len, plain;

	(void)state;
	fill_request(&in);
	assert_int_equal(aas_request_put(&in, buf, CAP, &plain), AAS_OK);
	assert_int_equal(buf[plain - 1], 0);
	assert_false(rq.kinds.device_bound || rq.kinds.listed);
	for (unsigned said = 1; said < 4; said++)
		for (unsigned n = 0; n < 3; n++) {
			memset(&in.kinds, 0, sizeof(in.kinds));
			in.kinds.device_bound = (said & 1) != 0;
			in.kinds.listed = (said & 2) != 0;
			in.kinds.aaguids_n =
			    (uint16_t)(in.kinds.listed ? n : 0);
			memset(in.kinds.aaguids, 6, 16 * in.kinds.aaguids_n);
			assert_int_equal(
			    aas_request_put(&in, buf, CAP, &len), AAS_OK);
			assert_int_equal(
			    len, plain + (in.kinds.listed ? 2u + 16u * n : 0u));
			memset(&rq, 0, sizeof(rq));
			assert_int_equal(
			    aas_request_get(buf, len, &rq), AAS_OK);
			assert_memory_equal(&in, &rq, sizeof(in));
			assert_true(rq.kinds.device_bound || rq.kinds.listed);
			assert_int_equal(aas_kinds_take(&rq.kinds, none, 0),
			    !in.kinds.listed);
			assert_int_equal(
			    aas_kinds_take(&rq.kinds, none, AAS_BE),
			    !in.kinds.listed && !in.kinds.device_bound);
			if (n > 0 && in.kinds.listed)
				assert_int_equal(aas_kinds_make(&rq.kinds,
						     in.kinds.aaguids[0]),
				    1);
			whole_or_nothing(request, len);
		}
	/* As many as a policy can have; no more, and no other kinds. */
	in.creds_n = 0;
	in.kinds.aaguids_n = AAS_KINDS_MAX;
	assert_int_equal(aas_request_put(&in, buf, CAP, &len), AAS_OK);
	assert_true(len <= AAS_FRAME_MAX - AAS_FRAME_HEAD);
	assert_int_equal(aas_request_get(buf, len, &rq), AAS_OK);
	buf[len - 16 * AAS_KINDS_MAX - 1] = 1;
	assert_int_equal(aas_request_get(buf, len + 16, &rq), AAS_ERR_FORMAT);
	assert_int_equal(rq.kinds.aaguids_n, 0);
	in.kinds.aaguids_n = AAS_KINDS_MAX + 1;
	assert_int_equal(aas_request_put(&in, buf, CAP, &len), AAS_ERR_INVAL);
	fill_request(&in);
	assert_int_equal(aas_request_put(&in, buf, CAP, &len), AAS_OK);
	buf[len - 1] = 4;
	assert_int_equal(aas_request_get(buf, len, &rq), AAS_ERR_FORMAT);
}

static void
proto_request_out_of_bounds_is_refused(void **state)
{
	static struct aas_request in;
	size_t len;

	(void)state;
	for (int i = 0; i < 9; i++) {
		fill_request(&in);
		switch (i) {
		case 0:
			in.op = 0;
			break;
		case 1:
			in.op = AAS_OP_UNLOCK + 1;
			break;
		case 2:
			in.flags = 0x8000;
			break;
		case 3:
			in.timeout_s = 0;
			break;
		case 4:
			in.timeout_s = 601;
			break;
		case 5:
			in.present = 3;
			break;
		case 6:
			in.user[1] = '\n';
			break;
		case 7:
			in.policy[0] = 'x';
			break;
		default:
			in.creds[1].c.alg = -257;
			break;
		}
		assert_int_equal(aas_request_put(&in, buf, CAP, &len), AAS_OK);
		assert_int_equal(
		    aas_request_get(buf, len, &rq), AAS_ERR_FORMAT);
		assert_int_equal(rq.uid, 0);
	}
}

static void
proto_put_over_a_bound_is_refused(void **state)
{
	static struct aas_request in;
	struct aas_proof pf = { .id_len = AAS_CRED_MAX + 1 };
	size_t len;

	(void)state;
	fill_request(&in);
	in.creds_n = AAS_KEYS_MAX + 1;
	assert_int_not_equal(aas_request_put(&in, buf, CAP, &len), AAS_OK);
	fill_request(&in);
	in.creds[0].c.pk_len = AAS_PK_MAX + 1;
	assert_int_not_equal(aas_request_put(&in, buf, CAP, &len), AAS_OK);
	fill_request(&in);
	memset(in.label, 'x', sizeof(in.label)); /* no NUL */
	assert_int_not_equal(aas_request_put(&in, buf, CAP, &len), AAS_OK);
	fill_request(&in);
	assert_int_equal(aas_request_put(&in, buf, 100, &len), AAS_ERR_TOOBIG);
	assert_int_not_equal(aas_proof_put(&pf, buf, CAP, &len), AAS_OK);
}

static void
proto_verdict_comes_back_whole(void **state)
{
	struct aas_verdict in, out;
	size_t len;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.result = AAS_GRANTED;
	in.reason = 1;
	in.op = AAS_OP_ASSERT;
	in.uid = 4294967294u;
	in.keys_n = 2;
	(void)snprintf(in.label[0], AAS_LABEL_MAX, "blue");
	(void)snprintf(in.label[1], AAS_LABEL_MAX, "spare");
	memset(in.key, 8, sizeof(in.key));
	memset(in.aaguid, 9, sizeof(in.aaguid));
	in.backup[1] = AAS_BE | AAS_BS;
	in.uv = 1;
	in.state = AAS_ST_DISABLED;
	in.deadline_s = 0x123456789a;
	(void)snprintf(in.text, sizeof(in.text), "two\nlines");
	assert_int_equal(aas_verdict_put(&in, buf, CAP, &len), AAS_OK);
	assert_int_equal(aas_verdict_get(buf, len, &out), AAS_OK);
	assert_memory_equal(&in, &out, sizeof(in));
	whole_or_nothing(verdict, len);
}

/* What a fault in memory makes of a verdict must never be a yes. */
static void
proto_verdict_with_a_flipped_result_is_refused(void **state)
{
	struct aas_verdict in, out;
	size_t len;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.result = AAS_REFUSED;
	assert_int_equal(aas_verdict_put(&in, buf, CAP, &len), AAS_OK);
	for (unsigned bit = 0; bit < 32; bit++) {
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
		    aas_verdict_get(buf, len, &out), AAS_ERR_FORMAT);
		assert_int_equal(out.result, 0);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(AAS_GRANTED ^ AAS_REFUSED, 0xffffffffu);
}

static void
proto_verdict_out_of_bounds_is_refused(void **state)
{
	struct aas_verdict in, out;
	size_t len;

	(void)state;
	for (int i = 0; i < 6; i++) {
		memset(&in, 0, sizeof(in));
		in.result = AAS_GRANTED;
		in.backup[1] = i == 5 ? 0x40 : 0;
		in.deadline_s = i == 4 ? -1 : 1;
		in.keys_n = i == 0 ? 3 : 1;
		in.uv = i == 1 ? 2 : 1;
		in.state = i == 2 ? AAS_ST_DISABLED + 1 : 1;
		in.text[0] = i == 3 ? '\033' : 'x';
		assert_int_equal(aas_verdict_put(&in, buf, CAP, &len), AAS_OK);
		assert_int_equal(
		    aas_verdict_get(buf, len, &out), AAS_ERR_FORMAT);
	}
}

static void
proto_proof_and_made_come_back_whole(void **state)
{
	static struct aas_proof pf, pf2;
	static struct aas_made m, m2;
	static struct aas_plugged k, k2;
	size_t len;

	(void)state;
	pf.id_len = AAS_CRED_MAX;
	pf.auth_len = 37;
	pf.sig_len = 72;
	memset(pf.id, 1, pf.id_len);
	memset(pf.auth, 2, pf.auth_len);
	memset(pf.sig, 3, pf.sig_len);
	assert_int_equal(aas_proof_put(&pf, buf, CAP, &len), AAS_OK);
	assert_int_equal(aas_proof_get(buf, len, &pf2), AAS_OK);
	assert_memory_equal(&pf, &pf2, sizeof(pf));
	whole_or_nothing(proof, len);

	fill_cred(&m.login, "example.org");
	fill_cred(&m.ssh, "ssh:example.org");
	m.flags = 0x45;
	m.transports = AAS_TR_USB | AAS_TR_NFC;
	m.counter = 77;
	assert_int_equal(aas_made_put(&m, buf, CAP, &len), AAS_OK);
	assert_int_equal(aas_made_get(buf, len, &m2), AAS_OK);
	assert_memory_equal(&m, &m2, sizeof(m));
	whole_or_nothing(made, len);

	k.state = AAS_PLUGGED_FOREIGN;
	k.pin_retries = 255;
	(void)snprintf(k.label, sizeof(k.label), "blue");
	assert_int_equal(aas_plugged_put(&k, buf, CAP, &len), AAS_OK);
	assert_int_equal(aas_plugged_get(buf, len, &k2), AAS_OK);
	assert_memory_equal(&k, &k2, sizeof(k));
	whole_or_nothing(plugged, len);
	k.state = 0;
	assert_int_equal(aas_plugged_put(&k, buf, CAP, &len), AAS_OK);
	assert_int_equal(aas_plugged_get(buf, len, &k2), AAS_ERR_FORMAT);
}

static void
proto_text_holds_to_its_rules(void **state)
{
	struct aas_text in = { .serial = 9 }, out;
	size_t len;

	(void)state;
	(void)snprintf(in.text, sizeof(in.text), "PIN: ");
	assert_int_equal(
	    aas_text_put(AAS_MSG_SECRET, &in, buf, CAP, &len), AAS_OK);
	assert_int_equal(len, 4 + 5);
	assert_int_equal(aas_text_get(AAS_MSG_SECRET, buf, len, &out), AAS_OK);
	assert_int_equal(out.serial, 9);
	assert_string_equal(out.text, "PIN: ");
	assert_int_equal(
	    aas_text_get(AAS_MSG_SECRET, buf, 4, &out), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_text_get(AAS_MSG_SECRET, buf, 3, &out), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_text_put(AAS_MSG_INFO, &in, buf, CAP, &len), AAS_OK);
	assert_int_equal(len, 5);
	assert_int_equal(aas_text_get(AAS_MSG_INFO, buf, len, &out), AAS_OK);
	assert_int_equal(out.serial, 0);
	buf[2] = 0;
	assert_int_equal(
	    aas_text_get(AAS_MSG_INFO, buf, len, &out), AAS_ERR_FORMAT);
	buf[2] = 0x1b;
	assert_int_equal(
	    aas_text_get(AAS_MSG_INFO, buf, len, &out), AAS_ERR_FORMAT);
	memset(buf, 'x', AAS_TEXT_MAX);
	assert_int_equal(
	    aas_text_get(AAS_MSG_INFO, buf, AAS_TEXT_MAX - 1, &out), AAS_OK);
	assert_int_equal(aas_text_get(AAS_MSG_INFO, buf, AAS_TEXT_MAX, &out),
	    AAS_ERR_FORMAT);
	in.text[0] = '\0';
	assert_int_equal(
	    aas_text_put(AAS_MSG_INFO, &in, buf, CAP, &len), AAS_ERR_INVAL);
}

static void
proto_reply_holds_to_its_rules(void **state)
{
	struct aas_reply in = { .serial = 3 }, out;
	size_t len;

	(void)state;
	(void)snprintf(in.text, sizeof(in.text), "1234");
	assert_int_equal(aas_reply_put(&in, buf, CAP, &len), AAS_OK);
	assert_int_equal(aas_reply_get(buf, len, &out), AAS_OK);
	assert_memory_equal(&in, &out, sizeof(in));
	/* A reply may be empty: that is five bytes. */
	assert_int_equal(aas_reply_get(buf, 5, &out), AAS_OK);
	assert_string_equal(out.text, "");
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(aas_reply_get(buf, i, &out), AAS_ERR_FORMAT);
	buf[4] = 2;
	assert_int_equal(aas_reply_get(buf, len, &out), AAS_ERR_FORMAT);
	assert_string_equal(out.text, "");
	buf[4] = 0;
	buf[6] = 0;
	assert_int_equal(aas_reply_get(buf, len, &out), AAS_ERR_FORMAT);
	memset(buf + 5, 'x', AAS_REPLY_MAX);
	assert_int_equal(
	    aas_reply_get(buf, 5 + AAS_REPLY_MAX - 1, &out), AAS_OK);
	assert_int_equal(
	    aas_reply_get(buf, 5 + AAS_REPLY_MAX, &out), AAS_ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(proto_request_comes_back_whole),
		FIXTURE_TEST(proto_request_out_of_bounds_is_refused),
		cmocka_unit_test(proto_request_kinds),
		FIXTURE_TEST(proto_put_over_a_bound_is_refused),
		FIXTURE_TEST(proto_verdict_comes_back_whole),
		FIXTURE_TEST(proto_verdict_with_a_flipped_result_is_refused),
		FIXTURE_TEST(proto_verdict_out_of_bounds_is_refused),
		FIXTURE_TEST(proto_proof_and_made_come_back_whole),
		FIXTURE_TEST(proto_text_holds_to_its_rules),
		FIXTURE_TEST(proto_reply_holds_to_its_rules),
	};

	return cmocka_run_group_tests_name("proto", tests, NULL, NULL);
}
