/*
 * Attestations: tokens, claims, a signer's settings, SSH authorities, SSH
 * certificates.  The first byte chooses.  Of all texts two alone are signed by
 * the keys below, so that no third one may ever count.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/attest/parts.h"
#include "lib/err.h"
#include "lib/user.h"
#include "lib/sshcert.h"
#include "tests/fuzz/fuzz.h"

#define NOW INT64_C(1780000000)

/*
 * libconfig's scanner forgets strings when it meets an error; only tools read
 * settings, once each.
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(
    void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

/* The keys of the seeds; the private halves are gone. */

static const char key_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYtYU3mwmlkLEdIPxo+QYo7VF9BaC\n"
    "i2ERzzfinrI4/iC+Nes572S9h+N+M0R9mmbktuIgTbWgRKWpSqsboiypuw==\n"
    "-----END PUBLIC KEY-----\n"
    "";

static const char root_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBWTCCAQCgAwIBAgIBATAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARSb290MB4X\n"
    "DTI2MDUyNzIwMjY0MFoXDTI2MDYwNzIwMjY0MFowDzENMAsGA1UEAwwEUm9vdDBZ\n"
    "MBMGByqGSM49AgEGCCqGSM49AwEHA0IABGLWFN5sJpZCxHSD8aPkGKO1RfQWgoth\n"
    "Ec834p6yOP4gvjXrOe9kvYfjfjNEfZpm5LbiIE21oESlqUqrG6IsqbujTTBLMA8G\n"
    "A1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBSqzHfq12Df\n"
    "rx72AgbBtrqEpB27ZjAJBgNVHSMEAjAAMAoGCCqGSM49BAMCA0cAMEQCIELg2Hyu\n"
    "MXu3caJ5/5KUwFxxn5G2NECYaisZIOWOjX9BAiBGtJwb504mkOkp1tmMJ1BoOSjk\n"
    "3s1cIsJ+bKD+R5s++w==\n"
    "-----END CERTIFICATE-----\n"
    "";

static const char good_token[] =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3Nzby5"
    "leGFtcGxlLm9yZyIsImF1ZCI6ImFhczpleGFtcGxlLm9yZyIsImlhdCI6MTc3OTk"
    "5MDAwMCwibmJmIjoxNzc5OTkwMDAwLCJleHAiOjE3ODcwMDAwMDAsImdyb3VwIjo"
    "ic3RhZmYiLCJqdGkiOiJzLTEiLCJhY3IiOiJwaHIifQ.G4wq-UC8MiV09iSoIrqC"
    "1gqa1v7blHxvykXCKnf71BBsGIWqx0o_Hjw_WBlrYmPPPns-9ZLXUvP0rEYTCxSl"
    "hg"
    "";

static const char chain_token[] =
    "eyJhbGciOiJFZERTQSIsIng1YyI6WyJNSUlCWmpDQ0FRdWdBd0lCQWdJQkFqQUtC"
    "Z2dxaGtqT1BRUURBakFQTVEwd0N3WURWUVFEREFSU2IyOTBNQjRYRFRJMk1EVXlO"
    "ekl3TWpZME1Gb1hEVEkyTURZd056SXdNalkwTUZvd0dqRVlNQllHQTFVRUF3d1Bj"
    "M052TG1WNFlXMXdiR1V1YjNKbk1Db3dCUVlESzJWd0F5RUFiekx0OTUyR3l1SFpF"
    "OUM1N2Ztd3ZNUXBHcFBSQ2FxM3Q5TERrV3JzSjFXamZEQjZNQXdHQTFVZEV3RUIv"
    "d1FDTUFBd0RnWURWUjBQQVFIL0JBUURBZ2VBTUIwR0ExVWREZ1FXQkJRdkZ1ZEpo"
    "dStMZnNyNVFQN2E4cTN4QXZ2WkRqQWZCZ05WSFNNRUdEQVdnQlNxekhmcTEyRGZy"
    "eDcyQWdiQnRycUVwQjI3WmpBYUJnTlZIUkVFRXpBUmdnOXpjMjh1WlhoaGJYQnNa"
    "UzV2Y21jd0NnWUlLb1pJemowRUF3SURTUUF3UmdJaEFOZkYvUGo3SmhDemZQekRv"
    "M0IxRWFrcjM2V2hUanNIYjloNGRZVi9DRmdpQWlFQThjTDdjRzVDYzhTalloeVVL"
    "Q0FrWC8zM0tEOUgxMjVSQStZZzdiWGtxWVE9Il19.eyJpc3MiOiJodHRwczovL3N"
    "zby5leGFtcGxlLm9yZyIsImF1ZCI6ImFhczpleGFtcGxlLm9yZyIsImlhdCI6MTc"
    "3OTk5MDAwMCwibmJmIjoxNzc5OTkwMDAwLCJleHAiOjE3ODcwMDAwMDAsImdyb3V"
    "wIjoic3RhZmYiLCJqdGkiOiJzLTEiLCJhY3IiOiJwaHIifQ.nRIaXVadSzZIMX4F"
    "JLDV-mP2L5iI00FCxzdRP4gDFjrA2Z-wWQYO-S-DrdD4VfzrCeRtJ-j42U5F6_9I"
    "T0k5Aw"
    "";

static const char key_conf[] =
    "name = \"key\"; alg = \"ES256\"; key = \"/k.pem\";"
    "issuer = \"https://sso.example.org\"; audience = \"aas:example.org\";"
    "evidence_services = [ \"sso-login\" ];";
static const char root_conf[] =
    "name = \"root\"; alg = \"EdDSA\"; root = \"/r.pem\";"
    "issuer = \"https://sso.example.org\"; audience = \"aas:example.org\";"
    "leaf = \"sso.example.org\"; evidence_services = [ \"sso-login\" ];";

static struct aas_signer signers[2];

static void
setup(void)
{
	char err[AAS_SIGNER_ERR];

	if (signers[0].key != NULL)
		return;
	FUZZ_REQUIRE(aas_signer_parse("k", key_conf, sizeof(key_conf) - 1,
			 &signers[0], err) == AAS_OK);
	FUZZ_REQUIRE(aas_signer_key(&signers[0], key_pem, sizeof(key_pem) - 1,
			 err) == AAS_OK);
	FUZZ_REQUIRE(aas_signer_parse("r", root_conf, sizeof(root_conf) - 1,
			 &signers[1], err) == AAS_OK);
	FUZZ_REQUIRE(aas_signer_root(&signers[1], root_pem,
			 sizeof(root_pem) - 1, err) == AAS_OK);
}

static int
is_text(const char *p, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(p, want, len) == 0;
}

static void
token(const char *p, size_t len)
{
	const struct aas_attest_ask ask = { .now_s = NOW };
	struct aas_claims c;
	size_t which = 9;
	unsigned why = aas_attest_verify(signers, 2, p, len, &ask, &c, &which);

	FUZZ_REQUIRE(why != AAS_AW_UNKNOWN && why <= AAS_AW_LAST);
	FUZZ_REQUIRE((why == AAS_AW_OK) ==
	    (is_text(p, len, good_token) || is_text(p, len, chain_token)));
	FUZZ_REQUIRE((which == 9) == (why != AAS_AW_OK));
	/* What it says of itself: one name that could be one, or nothing. */
	if (aas_attest_claimed(p, len, &c) != AAS_OK)
		FUZZ_REQUIRE(why != AAS_AW_OK);
	else
		FUZZ_REQUIRE(
		    aas_user_valid(c.user[0] != '\0' ? c.user : c.group) &&
		    (c.user[0] == '\0' || c.group[0] == '\0') &&
		    c.jti[0] == '\0' && c.not_after_s == 0);
}

static void
claims(const char *p, size_t len)
{
	json_t *j = json_loadb(p, len, JSON_REJECT_DUPLICATES, NULL);
	struct aas_claims c;

	if (j != NULL && json_is_object(j) &&
	    aas_claims_read(j, &signers[0], NOW + 1, &c) == AAS_AW_OK) {
		FUZZ_REQUIRE((c.user[0] == '\0') != (c.group[0] == '\0'));
		FUZZ_REQUIRE(c.not_after_s <= NOW + 1);
		FUZZ_REQUIRE(c.not_after_s - c.not_before_s <= AAS_LIFE_S);
		FUZZ_REQUIRE(c.jti[0] != '\0' && strlen(c.id) == 16);
	}
	json_decref(j);
}

static void
settings(const char *p, size_t len)
{
	struct aas_signer s;
	char err[AAS_SIGNER_ERR];
	int r = aas_signer_parse("f", p, len, &s, err);

	FUZZ_REQUIRE((r == AAS_OK) == (err[0] == '\0'));
	if (r != AAS_OK)
		return;
	FUZZ_REQUIRE(s.alg >= AAS_JWS_ES256 && s.alg <= AAS_JWS_RS256);
	FUZZ_REQUIRE((s.key_path == NULL) != (s.root_path == NULL));
	FUZZ_REQUIRE(s.max_life_s <= AAS_LIFE_MAX_S);
	aas_signer_free(&s);
}

static void
authorities(const char *p, size_t len)
{
	static char *list[AAS_SIGNER_NAMES + 1];
	struct aas_signer s = { .cas = list };
	char err[AAS_SIGNER_ERR];

	if (aas_signer_ca(&s, p, len, err) == AAS_OK)
		FUZZ_REQUIRE(list[0] != NULL);
	for (size_t i = 0; list[i] != NULL; i++) {
		free(list[i]);
		list[i] = NULL;
	}
}

static void
certificate(const uint8_t *p, size_t len)
{
	const uint8_t *ca = NULL;
	size_t n = 0;

	if (aas_sshcert_ca(p, len, &ca, &n) != AAS_OK)
		return;
	FUZZ_REQUIRE(n > 0 && ca > p && n < len);
	FUZZ_REQUIRE((size_t)(ca - p) + n < len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	setup();
	if (len > 0 && p[0] == '{')
		claims((const char *)p, len);
	else if (len > 0 && p[0] == 'n')
		settings((const char *)p, len);
	else if (len > 0 && p[0] == '#')
		authorities((const char *)p, len);
	else if (len > 0 && p[0] == '\0')
		certificate(p, len);
	else
		token((const char *)p, len);
	return 0;
}
