/*
 * aasctl extend: whose touch lets a session go on.  No keeper listens here:
 * what the front takes is in the log.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "tests/aasd_host.h"
#include "tests/policy_make.h"
#include "aasd/extend.h"

#define ID     "0123456789abcdef"
#define DOMAIN "aas-extend-v1"

static void
host_policy(struct host *h, const struct aas_rule *r)
{
	struct aas_policy_source s = make_source(r, r != NULL);

	host_compile(h, &s);
}

/* Its b can be backed up. */
static void
host_open(struct host *h, struct fixture *f)
{
	host_begin(h, f);
	host_policy(h, NULL);
	signer_new(&h->b, "phone", SIGNER_REALM, AAS_ALG_ES256);
	h->b.key.backup = AAS_BE;
	h->b.flags |= AAS_AD_BE;
	host_enroll(h);
}

/* What aasctl signs, from aasd's answer. */
static void
challenge(struct host *h, uint8_t hash[32])
{
	json_t *rq = json_pack("{s:s, s:s}", "op", "extend-ask", "id", ID);
	json_t *rep = aasd_extend_op(&h->d, &h->me, &h->now, "extend-ask", rq);
	uint8_t about[sizeof(ID) - 1 + 16], nonce[32];

	assert_true(json_is_true(json_object_get(rep, "ok")));
	memcpy(about, ID, sizeof(ID) - 1);
	assert_int_equal(
	    aas_hex_parse(json_string_value(json_object_get(rep, "boot")),
		about + sizeof(ID) - 1, 16),
	    AAS_OK);
	assert_int_equal(
	    aas_hex_parse(json_string_value(json_object_get(rep, "nonce")),
		nonce, sizeof(nonce)),
	    AAS_OK);
	assert_int_equal(aas_sha256(DOMAIN, sizeof(DOMAIN), about,
			     sizeof(about), nonce, sizeof(nonce), hash),
	    AAS_OK);
	json_decref(rep);
	json_decref(rq);
}

/* One extension by ${s}: its log must begin so. */
static void
extend(struct host *h, struct signer *s, const char *want)
{
	struct aas_proof pf;
	uint8_t hash[32];
	json_t *rq = NULL;

	challenge(h, hash);
	signer_prove(s, hash, &pf);
	rq = json_pack("{s:s, s:s, s:o, s:o, s:o}", "op", "extend", "id", ID,
	    "credential", b64(pf.id, pf.id_len), "auth",
	    b64(pf.auth, pf.auth_len), "sig", b64(pf.sig, pf.sig_len));
	logged[0] = '\0';
	json_decref(aasd_extend_op(&h->d, &h->me, &h->now, "extend", rq));
	json_decref(rq);
	if (strstr(logged, want) == NULL)
		fail_msg("%s: %s", want, logged);
}

static void
extend_takes_an_active_key_that_verified_its_user(void **state)
{
	struct host h;

	host_open(&h, *state);
	extend(&h, &h.a, "event=extend user=");
	extend(&h, &h.b, "key=\"phone\"");
	h.a.flags = AAS_AD_UP;
	extend(&h, &h.a, "reason=uv");
	host_end(&h);
}

static void
extend_by_a_key_of_a_kind_that_policy_refuses_is_refused(void **state)
{
	uint8_t makes[16];
	struct aas_rule r = make_rule(AAS_EF_TERMS);
	struct host h;

	host_open(&h, *state);
	r.device_bound = 1;
	host_policy(&h, &r);
	extend(&h, &h.b, "event=extend-refused");
	extend(&h, &h.b, "reason=key-kind");
	extend(&h, &h.a, "event=extend user=");
	memset(makes, 0x77, sizeof(makes));
	r = make_rule(AAS_EF_TERMS);
	r.aaguids = (const uint8_t(*)[16]) & makes;
	r.aaguids_n = 1;
	host_policy(&h, &r);
	extend(&h, &h.a, "reason=key-kind");
	host_end(&h);
}

static void
extend_is_refused_to_whom_policy_denies(void **state)
{
	static const char *services[] = { "aasctl" };
	struct aas_rule r = make_rule(AAS_EF_DENY);
	char name[256];
	const char *hosts[] = { name };
	struct host h;

	host_open(&h, *state);
	r.services = (struct aas_names){ 1, services };
	host_policy(&h, &r);
	extend(&h, &h.a, "event=extend-refused");
	/* By the name of this host, which is known. */
	assert_int_equal(gethostname(name, sizeof(name)), 0);
	r.hosts = (struct aas_names){ 1, hosts };
	host_policy(&h, &r);
	extend(&h, &h.a, "event=extend-refused");
	(void)snprintf(name, sizeof(name), "elsewhere.example");
	host_policy(&h, &r);
	extend(&h, &h.a, "event=extend user=");
	h.d.policy = "/nonexistent/policy.bin";
	extend(&h, &h.a, "reason=policy-broken");
	host_end(&h);
}

/* A key that says another thing of itself than at its enrolment. */
static void
extend_by_a_key_that_became_one_to_copy_is_refused(void **state)
{
	struct host h;

	host_open(&h, *state);
	h.a.flags |= AAS_AD_BE;
	extend(&h, &h.a, "reason=backup");
	h.b.flags &= (uint8_t)~AAS_AD_BE;
	extend(&h, &h.b, "reason=backup");
	host_end(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(extend_takes_an_active_key_that_verified_its_user),
		FIXTURE_TEST(
		    extend_by_a_key_of_a_kind_that_policy_refuses_is_refused),
		FIXTURE_TEST(extend_is_refused_to_whom_policy_denies),
		FIXTURE_TEST(
		    extend_by_a_key_that_became_one_to_copy_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
