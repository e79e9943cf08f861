/*
 * Attestations: each way to forge one has its own reason, and no byte of a
 * good one may change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "lib/attest/attest.h"
#include "lib/attest/signer.h"
#include "lib/err.h"
#include "lib/service.h"
#include "tests/attester.h"
#include "tests/fixture.h"

#define NOW    INT64_C(1780000000)
#define DAY    INT64_C(86400)
#define NAMES  "\"iss\":\"https://sso.example.org\",\"aud\":\"aas:example.org\","
#define TIMES  "\"iat\":1779990000,\"nbf\":1779990000,\"exp\":1787000000,"
#define REST   "\"jti\":\"s-1\",\"acr\":\"phr\""
#define GOOD   "{" NAMES TIMES "\"group\":\"staff\"," REST "}"
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"
#define LEAF   "sso.example.org"
#define CONF(alg, more)                         \
	"name = \"corp\"; alg = \"" alg "\";"   \
	"issuer = \"https://sso.example.org\";" \
	"audience = \"aas:example.org\"; " more

static EVP_PKEY *es, *ed, *rs, *other;

static void
make_signer(struct aas_signer *s, const char *conf, EVP_PKEY *key)
{
	char err[AAS_SIGNER_ERR];
	char *pem = attester_public(key);

	assert_int_equal(
	    aas_signer_parse("t.conf", conf, strlen(conf), s, err), AAS_OK);
	assert_string_equal(err, "");
	assert_int_equal(aas_signer_key(s, pem, strlen(pem), err), AAS_OK);
	free(pem);
}

#define KEYED "key = \"/k.pem\"; evidence_services = [ \"sso-login\" ];"

static unsigned
ask(const struct aas_signer *s, size_t n, const char *text, size_t len,
    const char *group)
{
	const struct aas_attest_ask a = { .now_s = NOW, .group = group };
	struct aas_claims c;
	size_t which = 99;

	return aas_attest_verify(s, n, text, len, &a, &c, &which);
}

/* What a signer with the ES256 key says of a token of these texts. */
static unsigned
verdict(EVP_PKEY *key, const char *header, const char *claims)
{
	struct aas_signer s;
	char *t = attester_token(key, AAS_JWS_ES256, header, claims);
	unsigned why = 0;

	make_signer(&s, CONF("ES256", KEYED), es);
	why = ask(&s, 1, t, strlen(t), NULL);
	aas_signer_free(&s);
	free(t);
	return why;
}

#define REFUSED(key, header, claims, code) \
	assert_string_equal(aas_attest_code(verdict(key, header, claims)), code)

/* --- the twelve ----------------------------------------------------------- */

static void
attest_forgery_01_alg_none_is_refused(void **state)
{
	(void)state;
	REFUSED(NULL, "{\"alg\":\"none\"}", GOOD, "alg-none");
	REFUSED(NULL, "{\"alg\":\"nOnE\"}", GOOD, "alg-none");
	REFUSED(es, "{\"alg\":\"none\"}", GOOD, "alg-none");
}

static void
attest_forgery_02_hmac_with_public_key_is_refused(void **state)
{
	char *pem = attester_public(es);
	char *in = NULL, *h = attester_b64url("{\"alg\":\"HS256\"}", 15);
	char *c = attester_b64url(GOOD, strlen(GOOD)), *m = NULL, *t = NULL;
	struct aas_signer s;
	uint8_t mac[32];

	(void)state;
	assert_true(asprintf(&in, "%s.%s", h, c) > 0);
	assert_non_null(HMAC(EVP_sha256(), pem, (int)strlen(pem),
	    (const uint8_t *)in, strlen(in), mac, NULL));
	m = attester_b64url(mac, sizeof(mac));
	assert_true(asprintf(&t, "%s.%s", in, m) > 0);
	make_signer(&s, CONF("ES256", KEYED), es);
	assert_string_equal(
	    aas_attest_code(ask(&s, 1, t, strlen(t), NULL)), "alg-hmac");
	aas_signer_free(&s);
	free(pem);
	free(in);
	free(h);
	free(c);
	free(m);
	free(t);
	REFUSED(es, "{\"alg\":\"hs512\"}", GOOD, "alg-hmac");
}

static void
attest_forgery_03_crit_is_refused(void **state)
{
	(void)state;
	REFUSED(es, "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", GOOD,
	    "crit");
	REFUSED(es, "{\"alg\":\"ES256\",\"crit\":null}", GOOD, "crit");
	REFUSED(es, "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}",
	    GOOD, "crit");
}

static void
attest_forgery_04_other_audience_is_refused(void **state)
{
	static const char iss[] = "{\"iss\":\"https://sso.example.org\",";
	static const char *const auds[] = { "", "\"aud\":\"x\",",
		"\"aud\":[\"x\",\"y\"],", "\"aud\":[],", "\"aud\":7,",
		"\"aud\":[\"aas:example.org\",7],",
		"\"aud\":[[\"aas:example.org\"]],",
		"\"aud\":\"aas:example.org2\"," };
	char claims[512];

	(void)state;
	for (size_t i = 0; i < sizeof(auds) / sizeof(auds[0]); i++) {
		snprintf(claims, sizeof(claims),
		    "%s%s" TIMES "\"group\":\"g\"," REST "}", iss, auds[i]);
		REFUSED(es, HEADER, claims, "audience");
	}
	snprintf(claims, sizeof(claims),
	    "%s%s" TIMES "\"group\":\"g\"," REST "}", iss,
	    "\"aud\":[\"x\",\"aas:example.org\"],");
	REFUSED(es, HEADER, claims, "ok");
}

static void
attest_forgery_05_expired_is_refused(void **state)
{
	(void)state;
	REFUSED(es, HEADER,
	    "{" NAMES "\"iat\":1779000000,\"nbf\":1779000000,"
	    "\"exp\":1780000000,\"group\":\"g\"," REST "}",
	    "expired");
	REFUSED(es, HEADER,
	    "{" NAMES "\"iat\":1779000000,\"nbf\":1779000000,"
	    "\"exp\":1780000001,\"group\":\"g\"," REST "}",
	    "ok");
}

static void
attest_forgery_06_not_yet_valid_is_refused(void **state)
{
	(void)state;
	REFUSED(es, HEADER,
	    "{" NAMES "\"iat\":1779000000,\"nbf\":1780000001,"
	    "\"exp\":1780000002,\"group\":\"g\"," REST "}",
	    "not-yet-valid");
	/* Issued tomorrow: dates may not outrun the cap on its life. */
	REFUSED(es, HEADER,
	    "{" NAMES "\"iat\":1780000001,\"nbf\":1,"
	    "\"exp\":1780000002,\"group\":\"g\"," REST "}",
	    "not-yet-valid");
	REFUSED(es, HEADER,
	    "{" NAMES "\"iat\":1779000000,\"nbf\":1780000000,"
	    "\"exp\":1780000002,\"group\":\"g\"," REST "}",
	    "ok");
}

static void
attest_forgery_07_wrong_signer_is_refused(void **state)
{
	struct aas_signer s;
	char *t = attester_token(other, AAS_JWS_ES256, HEADER, GOOD);

	(void)state;
	REFUSED(other, HEADER, GOOD, "signature");
	assert_string_equal(
	    aas_attest_code(ask(NULL, 0, t, strlen(t), NULL)), "signer");
	/* Right key, other algorithm than the pinned one. */
	make_signer(&s, CONF("RS256", KEYED), rs);
	assert_string_equal(
	    aas_attest_code(ask(&s, 1, t, strlen(t), NULL)), "alg");
	aas_signer_free(&s);
	/* A signer with a number of its key, which the token does not name. */
	make_signer(&s, CONF("ES256", "kid = \"2026\"; " KEYED), other);
	assert_string_equal(
	    aas_attest_code(ask(&s, 1, t, strlen(t), NULL)), "signer");
	free(t);
	t = attester_token(
	    other, AAS_JWS_ES256, "{\"alg\":\"ES256\",\"kid\":\"2026\"}", GOOD);
	assert_string_equal(
	    aas_attest_code(ask(&s, 1, t, strlen(t), NULL)), "ok");
	aas_signer_free(&s);
	free(t);
	REFUSED(es, "{\"alg\":\"ES384\"}", GOOD, "alg");
	REFUSED(es, "{\"alg\":7}", GOOD, "alg");
	REFUSED(es, "{\"typ\":\"JWT\"}", GOOD, "alg");
}

/* A token with the chain ${a}, ${b} signed by ${key}. */
static char *
chained(EVP_PKEY *key, X509 *a, X509 *b)
{
	char *x = attester_der64(a), *y = b != NULL ? attester_der64(b) : NULL;
	char *h = NULL, *t = NULL;

	assert_true(asprintf(&h, "{\"alg\":\"ES256\",\"x5c\":[\"%s\"%s%s%s]}",
			x, y != NULL ? ",\"" : "", y != NULL ? y : "",
			y != NULL ? "\"" : "") > 0);
	t = attester_token(key, AAS_JWS_ES256, h, GOOD);
	free(x);
	free(y);
	free(h);
	return t;
}

static unsigned
by_root(X509 *root, char *t, struct aas_claims *c)
{
	static const char conf[] = CONF("ES256",
	    "root = \"/r.pem\"; leaf = \"" LEAF "\";"
	    "evidence_services = [ \"sso-login\" ];");
	const struct aas_attest_ask a = { .now_s = NOW };
	struct aas_signer s;
	char err[AAS_SIGNER_ERR];
	char *pem = attester_pem(root);
	size_t which = 0;
	unsigned why = 0;

	assert_int_equal(
	    aas_signer_parse("t.conf", conf, strlen(conf), &s, err), AAS_OK);
	assert_int_equal(aas_signer_root(&s, pem, strlen(pem), err), AAS_OK);
	why = aas_attest_verify(&s, 1, t, strlen(t), &a, c, &which);
	aas_signer_free(&s);
	free(pem);
	free(t);
	return why;
}

/* A root of ours, one of somebody else's with its name, and what stems. */
struct chains {
	EVP_PKEY *root_key, *mid_key;
	X509 *root, *fake, *mid;
};

static void
chains_make(struct chains *c)
{
	const struct attester_cert ca = { "Root", 1, 0, NOW - DAY, NOW + DAY };
	const struct attester_cert mid = { "Mid", 1, 0, NOW - DAY, NOW + DAY };

	c->root_key = attester_key(AAS_JWS_ES256);
	c->mid_key = attester_key(AAS_JWS_ES256);
	c->root = attester_cert(&ca, c->root_key, NULL, c->root_key);
	c->fake = attester_cert(&ca, other, NULL, other);
	c->mid = attester_cert(&mid, c->mid_key, c->root, c->root_key);
}

static void
chains_free(struct chains *c)
{
	X509_free(c->root);
	X509_free(c->fake);
	X509_free(c->mid);
	EVP_PKEY_free(c->root_key);
	EVP_PKEY_free(c->mid_key);
}

static void
attest_forgery_08_bad_chain_is_refused(void **state)
{
	const struct attester_cert one = { LEAF, 0, 0, NOW - DAY, NOW + 99 };
	const struct attester_cert host = { "www.example.org", 0, 0, NOW - DAY,
		NOW + DAY };
	const struct attester_cert use = { LEAF, 0, 1, NOW - DAY, NOW + DAY };
	struct chains x;
	struct aas_claims c;

	(void)state;
	chains_make(&x);
	X509 *leaf = attester_cert(&one, es, x.root, x.root_key);
	X509 *deep = attester_cert(&one, es, x.mid, x.mid_key);
	X509 *bad[] = { attester_cert(&one, es, x.fake, other),
		attester_cert(&host, es, x.root, x.root_key),
		attester_cert(&use, es, x.root, x.root_key),
		attester_cert(&one, ed, x.root, x.root_key), /* another kind */
		attester_cert(&one, es, leaf, es) };

	assert_int_equal(
	    by_root(x.root, chained(es, leaf, NULL), &c), AAS_AW_OK);
	assert_int_equal(c.not_after_s, NOW + 99); /* the leaf's end */
	assert_int_equal(
	    by_root(x.root, chained(es, leaf, x.root), &c), AAS_AW_OK);
	assert_int_equal(
	    by_root(x.root, chained(es, deep, x.mid), &c), AAS_AW_OK);
	assert_int_equal(
	    by_root(x.root, chained(es, deep, NULL), &c), AAS_AW_CHAIN);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(by_root(x.root, chained(es, bad[i], NULL), &c),
		    AAS_AW_CHAIN);
		X509_free(bad[i]);
	}
	assert_int_equal(
	    by_root(x.root, chained(other, leaf, NULL), &c), AAS_AW_SIGNATURE);
	X509_free(leaf);
	X509_free(deep);
	chains_free(&x);
}

static void
attest_forgery_08_no_chain_is_refused(void **state)
{
	static const char *const headers[] = { "{\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"x5c\":[\"AAAA\"]}" };
	struct chains x;
	struct aas_claims c;

	(void)state;
	chains_make(&x);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    by_root(x.root,
			attester_token(es, AAS_JWS_ES256, headers[i], GOOD),
			&c),
		    AAS_AW_CHAIN);
	/* A pinned key takes no certificates at all. */
	REFUSED(es, "{\"alg\":\"ES256\",\"x5c\":[\"AAAA\"]}", GOOD, "header");
	chains_free(&x);
}

/* Its own end is told, if there is nothing else against it. */
static void
attest_expired_leaf_is_told_as_expired(void **state)
{
	const struct attester_cert one = { LEAF, 0, 0, NOW - DAY, NOW + 99 };
	const struct attester_cert old = { LEAF, 0, 0, NOW - DAY, NOW - 1 };
	const struct attester_cert early = { "Mid", 1, 0, NOW + 9, NOW + DAY };
	struct chains x;
	struct aas_claims c;

	(void)state;
	chains_make(&x);
	X509 *mid = attester_cert(&early, x.mid_key, x.root, x.root_key);
	X509 *ended[] = { attester_cert(&old, es, x.root, x.root_key),
		attester_cert(&old, es, x.fake, other),
		attester_cert(&one, es, mid, x.mid_key) };

	assert_int_equal(
	    by_root(x.root, chained(es, ended[0], NULL), &c), AAS_AW_EXPIRED);
	assert_int_equal(
	    by_root(x.root, chained(es, ended[1], NULL), &c), AAS_AW_CHAIN);
	assert_int_equal(
	    by_root(x.root, chained(es, ended[2], mid), &c), AAS_AW_CHAIN);
	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++)
		X509_free(ended[i]);
	X509_free(mid);
	chains_free(&x);
}

static void
attest_forgery_09_duplicate_member_is_refused(void **state)
{
	(void)state;
	REFUSED(es, "{\"alg\":\"ES256\",\"alg\":\"ES256\"}", GOOD,
	    "duplicate-member");
	/* The same name, spelled otherwise. */
	REFUSED(es, "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}", GOOD,
	    "duplicate-member");
	REFUSED(es, HEADER,
	    "{" NAMES TIMES "\"group\":\"a\",\"group\":\"b\"," REST "}",
	    "duplicate-member");
}

static void
attest_forgery_10_truncated_is_refused(void **state)
{
	static const struct {
		const char *conf;
		const char *header;
		unsigned alg;
		EVP_PKEY **key;
	} of[] = {
		{ CONF("ES256", KEYED), HEADER, AAS_JWS_ES256, &es },
		{ CONF("EdDSA", KEYED), "{\"alg\":\"EdDSA\"}", AAS_JWS_EDDSA,
		    &ed },
		{ CONF("RS256", KEYED), "{\"alg\":\"RS256\"}", AAS_JWS_RS256,
		    &rs },
	};

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		struct aas_signer s;
		char *t =
		    attester_token(*of[k].key, of[k].alg, of[k].header, GOOD);

		make_signer(&s, of[k].conf, *of[k].key);
		assert_int_equal(ask(&s, 1, t, strlen(t), NULL), AAS_AW_OK);
		for (size_t n = 0; n < strlen(t); n++)
			assert_int_equal(
			    ask(&s, 1, t, n, NULL), AAS_AW_TRUNCATED);
		aas_signer_free(&s);
		free(t);
	}
}

static void
attest_forgery_11_oversized_is_refused(void **state)
{
	char *claims = malloc(AAS_JWS_MAX * 2);
	struct aas_signer s;

	(void)state;
	snprintf(claims, AAS_JWS_MAX * 2,
	    "{\"pad\":\"%0*d\"," NAMES TIMES "\"group\":\"g\"," REST "}",
	    AAS_JWS_MAX, 0);
	REFUSED(es, HEADER, claims, "oversized");
	make_signer(&s, CONF("ES256", KEYED), es);
	memset(claims, 'A', AAS_JWS_MAX + 1);
	assert_int_equal(
	    ask(&s, 1, claims, AAS_JWS_MAX + 1, NULL), AAS_AW_OVERSIZED);
	assert_int_equal(
	    ask(&s, 1, claims, AAS_JWS_MAX, NULL), AAS_AW_TRUNCATED);
	aas_signer_free(&s);
	free(claims);
}

static void
attest_forgery_12_replayed_for_another_group_is_refused(void **state)
{
	char *t = attester_token(es, AAS_JWS_ES256, HEADER, GOOD);
	const struct aas_attest_ask user = { .now_s = NOW, .user = "staff" };
	struct aas_signer s;
	struct aas_claims c;
	size_t which = 0;

	(void)state;
	make_signer(&s, CONF("ES256", KEYED), es);
	assert_int_equal(ask(&s, 1, t, strlen(t), "staff"), AAS_AW_OK);
	assert_int_equal(ask(&s, 1, t, strlen(t), "admins"), AAS_AW_OTHER);
	assert_int_equal(
	    aas_attest_verify(&s, 1, t, strlen(t), &user, &c, &which),
	    AAS_AW_OTHER);
	aas_signer_free(&s);
	/* Somebody whom this signer may not speak for. */
	make_signer(&s, CONF("ES256", "groups = [ \"ops\" ]; " KEYED), es);
	assert_int_equal(ask(&s, 1, t, strlen(t), NULL), AAS_AW_OTHER);
	aas_signer_free(&s);
	make_signer(&s, CONF("ES256", "users = [ \"staff\" ]; " KEYED), es);
	assert_int_equal(ask(&s, 1, t, strlen(t), NULL), AAS_AW_OTHER);
	aas_signer_free(&s);
	make_signer(
	    &s, CONF("ES256", "groups = [ \"ops\", \"staff\" ]; " KEYED), es);
	assert_int_equal(ask(&s, 1, t, strlen(t), NULL), AAS_AW_OK);
	aas_signer_free(&s);
	free(t);
}

/* --- and the rest --------------------------------------------------------- */

static void
attest_any_bit_flipped_never_verifies(void **state)
{
	struct aas_signer s;
	char *t = attester_token(es, AAS_JWS_ES256, HEADER, GOOD);
	size_t n = strlen(t);

	(void)state;
	make_signer(&s, CONF("ES256", KEYED), es);
	for (size_t i = 0; i < n * 8; i++) {
		t[i / 8] = (char)(t[i / 8] ^ (1 << i % 8));
		assert_int_not_equal(ask(&s, 1, t, n, NULL), AAS_AW_OK);
		t[i / 8] = (char)(t[i / 8] ^ (1 << i % 8));
	}
	assert_int_equal(ask(&s, 1, t, n, NULL), AAS_AW_OK);
	aas_signer_free(&s);
	free(t);
}

static void
attest_other_spellings_are_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned why;
	} tails[] = { { "=", AAS_AW_ENCODING }, { "==", AAS_AW_ENCODING },
		{ "\n", AAS_AW_ENCODING }, { " ", AAS_AW_ENCODING },
		{ ".", AAS_AW_TRUNCATED }, { "A", AAS_AW_SIGNATURE },
		{ "AAAA", AAS_AW_SIGNATURE } };
	struct aas_signer s;
	char *t = attester_token(es, AAS_JWS_ES256, HEADER, GOOD);
	char *u = malloc(strlen(t) + 8);

	(void)state;
	make_signer(&s, CONF("ES256", KEYED), es);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		sprintf(u, "%s%s", t, tails[i].text);
		assert_int_equal(ask(&s, 1, u, strlen(u), NULL), tails[i].why);
	}
	/* The unused bits of the last character: 64 bytes leave four. */
	strcpy(u, t);
	u[strlen(u) - 1] =
	    u[strlen(u) - 1] == 'A' ? 'B' : (char)(u[strlen(u) - 1] + 1);
	assert_int_equal(ask(&s, 1, u, strlen(u), NULL), AAS_AW_ENCODING);
	strcpy(u, t);
	u[2] = '+';
	assert_int_equal(ask(&s, 1, u, strlen(u), NULL), AAS_AW_ENCODING);
	aas_signer_free(&s);
	free(t);
	free(u);
}

static void
attest_header_members_that_choose_are_refused(void **state)
{
	static const char *const members[] = { "\"jwk\":{}",
		"\"jku\":\"https://evil\"", "\"x5u\":\"https://evil\"",
		"\"b64\":true", "\"zip\":\"DEF\"", "\"cty\":\"JWT\"",
		"\"typ\":\"at+jwt\"", "\"typ\":1", "\"kid\":1", "\"kid\":\"\"",
		"\"x5c\":[]", "\"x5c\":\"a\"", "\"x5c\":[1]",
		"\"x5c\":[\"\",\"\",\"\",\"\",\"\"]", "\"x5t\":\"a\"" };
	char h[256];

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		snprintf(h, sizeof(h), "{\"alg\":\"ES256\",%s}", members[i]);
		REFUSED(es, h, GOOD, "header");
	}
	REFUSED(es, "{\"alg\":\"ES256\",\"typ\":\"aas+jwt\"}", GOOD, "ok");
}

static void
attest_what_is_no_object_is_refused(void **state)
{
	static const char *const bad[] = { "[]", "7", "null", " {}", "{}x",
		"{\"a\":1,}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}",
		"{\"a\":[[[[[[1]]]]]]}", "{\"a\":1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		REFUSED(es, bad[i], GOOD, "json");
		REFUSED(es, HEADER, bad[i], "json");
	}
}

#define G "\"group\":\"g\","
static const struct {
	const char *claims;
	const char *code;
} claims[] = {
	{ "{\"aud\":\"aas:example.org\"," TIMES G REST "}", "issuer" },
	{ "{\"iss\":7,\"aud\":\"aas:example.org\"," TIMES G REST "}",
	    "issuer" },
	{ "{\"iss\":\"x\",\"aud\":\"aas:example.org\"," TIMES G REST "}",
	    "issuer" },
	{ "{" NAMES TIMES REST "}", "subject" },
	{ "{" NAMES TIMES G "\"sub\":\"u\"," REST "}", "subject" },
	{ "{" NAMES TIMES "\"sub\":7," REST "}", "subject" },
	{ "{" NAMES TIMES "\"sub\":\"\"," REST "}", "subject" },
	{ "{" NAMES TIMES "\"sub\":\"../x\"," REST "}", "subject" },
	{ "{" NAMES TIMES "\"group\":[\"g\"]," REST "}", "subject" },
	{ "{" NAMES TIMES "\"sub\":\"u\"," REST "}", "ok" },
	{ "{" NAMES G REST "}", "time" },
	{ "{" NAMES G REST ",\"iat\":1779990000,\"exp\":1780000009}", "time" },
	{ "{" NAMES G REST ",\"nbf\":1779990000,\"exp\":1780000009}", "time" },
	{ "{" NAMES G REST ",\"nbf\":1779990000,\"iat\":1779990000}", "time" },
	{ "{" NAMES G REST ",\"nbf\":1779990000.0,\"iat\":1779990000,"
	  "\"exp\":1780000009}",
	    "time" },
	{ "{" NAMES G REST ",\"nbf\":\"1779990000\",\"iat\":1779990000,"
	  "\"exp\":1780000009}",
	    "time" },
	{ "{" NAMES G REST ",\"nbf\":-1,\"iat\":1779990000,\"exp\":1780000009}",
	    "time" },
	{ "{" NAMES G REST
	  ",\"nbf\":1,\"iat\":1779990000,\"exp\":253402300800}",
	    "time" },
	{ "{" NAMES G REST ",\"nbf\":1780000009,\"iat\":1779990000,"
	  "\"exp\":1780000009}",
	    "time" },
	{ "{" NAMES G REST ",\"nbf\":1,\"iat\":1780000009,\"exp\":1780000009}",
	    "time" },
	{ "{" NAMES G REST ",\"nbf\":1779990000,\"iat\":1779990000,"
	  "\"exp\":1787766001}",
	    "lifetime" },
	{ "{" NAMES G REST ",\"nbf\":1779990000,\"iat\":1779990000,"
	  "\"exp\":1787766000}",
	    "ok" },
	{ "{" NAMES TIMES G "\"acr\":\"phr\"}", "jti" },
	{ "{" NAMES TIMES G "\"acr\":\"phr\",\"jti\":\"\"}", "jti" },
	{ "{" NAMES TIMES G "\"acr\":\"phr\",\"jti\":\"a b\"}", "jti" },
	{ "{" NAMES TIMES G "\"acr\":\"phr\",\"jti\":\"#a\"}", "jti" },
	{ "{" NAMES TIMES G "\"acr\":\"phr\",\"jti\":\"a\\n\"}", "jti" },
	{ "{" NAMES TIMES G "\"acr\":\"phr\",\"jti\":1}", "jti" },
	{ "{" NAMES TIMES G "\"jti\":\"1\"}", "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"acr\":\"mfa\"}", "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"acr\":[\"phr\"]}", "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"acr\":\"phrh\"}", "ok" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"acr\":\"mfa\",\"amr\":"
	  "[\"hwk\",\"user\"]}",
	    "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"amr\":[\"hwk\"]}", "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"amr\":[\"otp\",\"mfa\"]}",
	    "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"amr\":[\"hwk\",\"pin\",7]}",
	    "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"amr\":\"hwk\"}", "method" },
	{ "{" NAMES TIMES G "\"jti\":\"1\",\"amr\":[\"hwk\",\"pin\"]}", "ok" },
};

static void
attest_claims_each_have_their_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		REFUSED(es, HEADER, claims[i].claims, claims[i].code);
}

static void
attest_f57_revoked_is_refused(void **state)
{
	static const char *const gone[] = { "s-0", "s-1", NULL };
	const struct aas_attest_ask a = { .now_s = NOW, .gone = gone };
	char *t = attester_token(es, AAS_JWS_ES256, HEADER, GOOD);
	struct aas_signer s;
	struct aas_claims c;
	size_t which = 0;

	(void)state;
	make_signer(&s, CONF("ES256", KEYED), es);
	assert_int_equal(aas_attest_verify(&s, 1, t, strlen(t), &a, &c, &which),
	    AAS_AW_REVOKED);
	assert_string_equal(c.jti, "s-1");
	assert_string_equal(c.group, "staff");
	assert_int_equal(strlen(c.id), 16);
	aas_signer_free(&s);
	free(t);
}

static void
attest_f57_password_services_are_no_evidence(void **state)
{
	static const char *const bad[] = { "sshd", "login", "remote", "su",
		"su-l", "sudo", "sudo-i", "passwd", "gdm-password", "lightdm",
		"sddm", "greetd", "polkit-1", "common-auth", "other",
		"cosmic-greeter", "plasmalogin", "ly", "slim", "" };
	char *t = attester_token(es, AAS_JWS_ES256, HEADER, GOOD);
	struct aas_signer s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aas_service_shared(bad[i]), 1);
	assert_int_equal(aas_service_shared("sso-login"), 0);
	make_signer(&s, CONF("ES256", "key = \"/k\";"), es);
	assert_int_equal(ask(&s, 1, t, strlen(t), NULL), AAS_AW_EVIDENCE);
	aas_signer_free(&s);
	make_signer(&s,
	    CONF("ES256",
		"key = \"/k\"; evidence_services = [ \"x\", \"sshd\" ];"),
	    es);
	assert_int_equal(ask(&s, 1, t, strlen(t), NULL), AAS_AW_EVIDENCE);
	aas_signer_free(&s);
	free(t);
}

static void
service_at_this_machine_is_told_from_others(void **state)
{
	static const char *const inside[] = { "su", "su-l", "sudo", "sudo-i",
		"polkit-1" };
	static const char *const jobs[] = { "cron", "crond", "atd",
		"systemd-user", "aas-runner", "codex-runner" };
	static const char *const others[] = { "sshd", "login", "gdm-password",
		"sddm", "sudo-rs", "su-", "vlock", "aasctl", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		assert_int_equal(aas_service_inside(inside[i]), 1);
		assert_int_equal(aas_service_here(inside[i]), 1);
	}
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		assert_int_equal(aas_service_inside(jobs[i]), 0);
		assert_int_equal(aas_service_here(jobs[i]), 1);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(aas_service_inside(others[i]), 0);
		assert_int_equal(aas_service_here(others[i]), 0);
	}
}

static void
attest_second_signer_may_hold(void **state)
{
	const struct aas_attest_ask a = { .now_s = NOW };
	char *t = attester_token(es, AAS_JWS_ES256, HEADER, GOOD);
	struct aas_signer s[3];
	struct aas_claims c;
	size_t which = 0;

	(void)state;
	make_signer(&s[0], CONF("ES256", KEYED), other);
	make_signer(&s[1], CONF("RS256", KEYED), rs);
	make_signer(&s[2], CONF("ES256", KEYED), es);
	assert_int_equal(
	    aas_attest_verify(s, 3, t, strlen(t), &a, &c, &which), AAS_AW_OK);
	assert_int_equal(which, 2);
	assert_int_equal(ask(s, 2, t, strlen(t), NULL), AAS_AW_SIGNATURE);
	for (size_t i = 0; i < 3; i++)
		aas_signer_free(&s[i]);
	free(t);
}

/* --- signers -------------------------------------------------------------- */

static void
signer_bad_setting_is_refused_with_its_line(void **state)
{
#define BASE CONF("ES256", "key = \"/k\";")
	static const struct {
		const char *text;
		const char *err;
	} rows[] = {
		{ "", "t.conf: name, alg, issuer and audience" },
		{ BASE "root = \"/r\";", "t.conf: either key or root" },
		{ CONF("ES256", ""), "t.conf: either key or root" },
		{ CONF("ES256", "root = \"/r\";"), "t.conf: leaf" },
		{ BASE "leaf = \"a.b\";", "t.conf: leaf" },
		{ CONF("ES256", "root = \"/r\"; leaf = \".b.c\";"),
		    "t.conf: leaf is the DNS name of one host" },
		{ CONF("ES256", "root = \"/r\"; leaf = \"*.b.c\";"),
		    "t.conf: leaf is the DNS name of one host" },
		{ CONF("ES256", "root = \"/r\"; leaf = \"a..c\";"),
		    "t.conf: leaf is the DNS name of one host" },
		{ CONF("HS256", "key = \"/k\";"), "t.conf:1: alg must be" },
		{ CONF("none", "key = \"/k\";"), "t.conf:1: alg must be" },
		{ BASE "\nmax_life = \"59m\";", "t.conf:2: max_life" },
		{ BASE "\nmax_life = \"367d\";", "t.conf:2: max_life" },
		{ BASE "\nmax_life = 90;", "t.conf:2: max_life must be text" },
		{ BASE "\nnbf = 90;", "t.conf:2: unknown setting \"nbf\"" },
		{ BASE "\nusers = \"a\";", "t.conf:2: users must be a list" },
		{ BASE "\nusers = [];", "t.conf:2: users must be a list" },
		{ BASE "\nusers = [ 1 ];", "t.conf:2: users must be text" },
		{ BASE "\nusers = [ \"a/b\" ];", "t.conf:2: users: \"a/b\"" },
		{ BASE "\nevidence_ssh_ca = \"x\";",
		    "t.conf:2: evidence_ssh_ca must be an absolute" },
		{ BASE "\nevidence_ssh_ca = [ \"x\" ];",
		    "t.conf:2: evidence_ssh_ca must be an absolute" },
		{ BASE "\n@include \"x\"", "t.conf:2: @include" },
		{ BASE "\nusers = [", "t.conf:2: syntax error" },
	};
	struct aas_signer s;
	char err[AAS_SIGNER_ERR];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(aas_signer_parse("t.conf", rows[i].text,
				     strlen(rows[i].text), &s, err),
		    AAS_ERR_FORMAT);
		if (strncmp(err, rows[i].err, strlen(rows[i].err)) != 0)
			fail_msg("row %zu: %s", i, err);
	}
}

static void
signer_key_that_does_not_fit_is_refused(void **state)
{
	static const char *const confs[] = { CONF("ES256", "key = \"/k\";"),
		CONF("EdDSA", "key = \"/k\";"),
		CONF("RS256", "key = \"/k\";") };
	EVP_PKEY *p384 = EVP_EC_gen("P-384"), *weak = attester_rsa(1024);
	EVP_PKEY *keys[] = { es, ed, rs, p384, weak };
	struct aas_signer s;
	char err[AAS_SIGNER_ERR];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 5; k++) {
			char *pem = attester_public(keys[k]);
			char *two = NULL;

			assert_true(asprintf(&two, "%s%s", pem, pem) > 0);
			assert_int_equal(aas_signer_parse("t", confs[i],
					     strlen(confs[i]), &s, err),
			    AAS_OK);
			assert_int_equal(
			    aas_signer_key(&s, two, strlen(two), err),
			    AAS_ERR_FORMAT);
			assert_int_equal(
			    aas_signer_key(&s, pem, strlen(pem), err),
			    i == k ? AAS_OK : AAS_ERR_FORMAT);
			aas_signer_free(&s);
			free(pem);
			free(two);
		}
	}
	assert_int_equal(
	    aas_signer_parse("t", confs[0], strlen(confs[0]), &s, err), AAS_OK);
	assert_int_equal(
	    aas_signer_key(&s, "-----BEGIN PRIVATE KEY-----\n", 28, err),
	    AAS_ERR_FORMAT);
	assert_non_null(strstr(err, "private key"));
	assert_int_equal(
	    aas_signer_root(&s, "-----BEGIN CERTIFICATE-----\n", 28, err),
	    AAS_ERR_FORMAT);
	assert_int_equal(aas_signer_root(&s, "", 0, err), AAS_ERR_FORMAT);
	aas_signer_free(&s);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(weak);
}

static void
signer_root_that_is_no_root_is_refused(void **state)
{
	const struct attester_cert ca = { "Root", 1, 0, NOW - DAY, NOW + DAY };
	const struct attester_cert one = { LEAF, 0, 0, NOW - DAY, NOW + DAY };
	X509 *root = attester_cert(&ca, es, NULL, es);
	X509 *x[] = { attester_cert(&one, es, NULL, es),
		attester_cert(&ca, other, root, es) };
	struct aas_signer s = { .alg = AAS_JWS_ES256 };
	char err[AAS_SIGNER_ERR];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *pem = attester_pem(x[i]);

		assert_int_equal(
		    aas_signer_root(&s, pem, strlen(pem), err), AAS_ERR_FORMAT);
		free(pem);
		X509_free(x[i]);
	}
	X509_free(root);
}

static void
signer_ssh_authorities_are_read_strictly(void **state)
{
#define CA                                                          \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwND" \
	"g8QERITFBUWFxgZGhscHR4f"
	static const char *const bad[] = { "", "# nothing\n", "ssh-ed25519\n",
		"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITF"
		"BUWFxgZGhscHR4f\n",
		"cert-authority " CA "\n", "ssh-ed25519 !!!!\n",
		"ssh-ed25519 AAAA\n" };
	static const char good[] = "# ours\n\n" CA " me@host\r\n" CA "\n";
	static const char conf[] =
	    CONF("ES256", "key = \"/k\"; evidence_ssh_ca = \"/ca.pub\";");
	struct aas_signer s;
	char err[AAS_SIGNER_ERR];

	(void)state;
	assert_int_equal(
	    aas_signer_parse("t", conf, strlen(conf), &s, err), AAS_OK);
	assert_string_equal(s.ca_paths[0], "/ca.pub");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(aas_signer_ca(&s, bad[i], strlen(bad[i]), err),
		    AAS_ERR_FORMAT);
		assert_int_equal(aas_signer_evidence(&s), 0);
	}
	assert_int_equal(aas_signer_ca(&s, good, strlen(good), err), AAS_OK);
	assert_string_equal(s.cas[0], &CA[12]);
	assert_string_equal(s.cas[1], &CA[12]);
	assert_null(s.cas[2]);
	assert_int_equal(aas_signer_evidence(&s), 1);
	aas_signer_free(&s);
}

static void
attest_every_reason_has_code_and_sentence(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= AAS_AW_LAST; i++) {
		assert_true(strlen(aas_attest_code(i)) > 1);
		assert_true(strlen(aas_attest_text(i)) > 1);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(
			    aas_attest_code(i), aas_attest_code(k));
	}
	assert_string_equal(aas_attest_code(999), "unknown");
	assert_string_equal(aas_attest_text(999), aas_attest_text(0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(attest_forgery_01_alg_none_is_refused),
		FIXTURE_TEST(attest_forgery_02_hmac_with_public_key_is_refused),
		FIXTURE_TEST(attest_forgery_03_crit_is_refused),
		FIXTURE_TEST(attest_forgery_04_other_audience_is_refused),
		FIXTURE_TEST(attest_forgery_05_expired_is_refused),
		FIXTURE_TEST(attest_forgery_06_not_yet_valid_is_refused),
		FIXTURE_TEST(attest_forgery_07_wrong_signer_is_refused),
		FIXTURE_TEST(attest_forgery_08_bad_chain_is_refused),
		FIXTURE_TEST(attest_forgery_08_no_chain_is_refused),
		FIXTURE_TEST(attest_expired_leaf_is_told_as_expired),
		FIXTURE_TEST(attest_forgery_09_duplicate_member_is_refused),
		FIXTURE_TEST(attest_forgery_10_truncated_is_refused),
		FIXTURE_TEST(attest_forgery_11_oversized_is_refused),
		FIXTURE_TEST(
		    attest_forgery_12_replayed_for_another_group_is_refused),
		FIXTURE_TEST(attest_any_bit_flipped_never_verifies),
		FIXTURE_TEST(attest_other_spellings_are_refused),
		FIXTURE_TEST(attest_header_members_that_choose_are_refused),
		FIXTURE_TEST(attest_what_is_no_object_is_refused),
		FIXTURE_TEST(attest_claims_each_have_their_reason),
		FIXTURE_TEST(attest_f57_revoked_is_refused),
		FIXTURE_TEST(attest_f57_password_services_are_no_evidence),
		FIXTURE_TEST(service_at_this_machine_is_told_from_others),
		FIXTURE_TEST(attest_second_signer_may_hold),
		FIXTURE_TEST(attest_every_reason_has_code_and_sentence),
		FIXTURE_TEST(signer_bad_setting_is_refused_with_its_line),
		FIXTURE_TEST(signer_key_that_does_not_fit_is_refused),
		FIXTURE_TEST(signer_root_that_is_no_root_is_refused),
		FIXTURE_TEST(signer_ssh_authorities_are_read_strictly),
	};
	int r = 0;

	es = attester_key(AAS_JWS_ES256);
	ed = attester_key(AAS_JWS_EDDSA);
	rs = attester_key(AAS_JWS_RS256);
	other = attester_key(AAS_JWS_ES256);
	r = cmocka_run_group_tests_name("attest", tests, NULL, NULL);
	EVP_PKEY_free(es);
	EVP_PKEY_free(ed);
	EVP_PKEY_free(rs);
	EVP_PKEY_free(other);
	return r;
}
