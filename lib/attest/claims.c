/*
 * What a token says, once its signature holds.
 *
 * 1. A statement MUST be about one user or one group of the signer's, never
 *    both and never nobody.
 * 2. Its whole life MUST be bounded by what the signer is trusted with,
 *    whatever its dates are: it counts from iat, and not before it.
 * 3. Numbers MUST be whole: 1e99 or 1.5 is no date.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "lib/attest/parts.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/json.h"
#include "lib/user.h"

#define AUD_MAX  16
#define AMR_MAX  16
#define TIME_MAX INT64_C(253402300799) /* the end of the year 9999 */

static int
text_is(const json_t *j, const char *want)
{
	const char *s = json_string_value(j);

	return s != NULL && strcmp(s, want) == 0;
}

/* 1: there; 0: not there; -1: not a list of texts. */
static int
list_has(const json_t *list, size_t max, const char *want)
{
	size_t n = json_array_size(list);
	int found = 0;

	if (!json_is_array(list) || n == 0 || n > max)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!json_is_string(json_array_get(list, i)))
			return -1;
		if (text_is(json_array_get(list, i), want))
			found = 1;
	}
	return found;
}

static int
named(char *const *list, const char *name)
{
	for (; *list != NULL; list++) {
		if (strcmp(*list, name) == 0)
			return 1;
	}
	return 0;
}

static int
said_subject(json_t *p, struct aas_claims *c)
{
	json_t *sub = json_object_get(p, "sub");
	json_t *group = json_object_get(p, "group");
	char *dst = sub != NULL ? c->user : c->group;

	return (sub == NULL) != (group == NULL) &&
	    aas_json_str(sub != NULL ? sub : group, dst, sizeof(c->user)) ==
	    AAS_OK &&
	    aas_user_valid(dst);
}

static unsigned
read_subject(json_t *p, const struct aas_signer *s, struct aas_claims *c)
{
	if (!said_subject(p, c))
		return AAS_AW_SUBJECT;
	if (s->users[0] == NULL && s->groups[0] == NULL)
		return AAS_AW_OK;
	return named(c->user[0] != '\0' ? s->users : s->groups,
		   c->user[0] != '\0' ? c->user : c->group)
	    ? AAS_AW_OK
	    : AAS_AW_OTHER;
}

int
aas_attest_claimed(const char *text, size_t len, struct aas_claims *c)
{
	json_t *p = aas_jws_payload(text, len);
	struct aas_claims said;
	int r = AAS_ERR_NOTFOUND;

	memset(&said, 0, sizeof(said));
	if (p != NULL && said_subject(p, &said)) {
		*c = said;
		r = AAS_OK;
	}
	json_decref(p);
	return r;
}

static int
read_time(json_t *p, const char *name, int64_t *out)
{
	json_t *j = json_object_get(p, name);

	if (!json_is_integer(j) || json_integer_value(j) < 1 ||
	    json_integer_value(j) > TIME_MAX)
		return -1;
	*out = json_integer_value(j);
	return 0;
}

static unsigned
read_times(json_t *p, const struct aas_signer *s, int64_t until_s,
    struct aas_claims *c)
{
	int64_t iat = 0;
	int64_t nbf = 0;
	int64_t end = 0;

	if (read_time(p, "iat", &iat) != 0 || read_time(p, "nbf", &nbf) != 0 ||
	    read_time(p, "exp", &end) != 0 || nbf >= end || iat >= end)
		return AAS_AW_TIME;
	if (end - iat > s->max_life_s)
		return AAS_AW_LIFETIME;
	c->not_before_s = nbf > iat ? nbf : iat;
	c->not_after_s = end < until_s ? end : until_s;
	/* Its certificate ends before it would begin. */
	return c->not_after_s > c->not_before_s ? AAS_AW_OK : AAS_AW_CHAIN;
}

static unsigned
read_jti(json_t *p, struct aas_claims *c)
{
	uint8_t hash[EVP_MAX_MD_SIZE];

	if (aas_json_str(json_object_get(p, "jti"), c->jti, sizeof(c->jti)) !=
		AAS_OK ||
	    c->jti[0] == '\0')
		return AAS_AW_JTI;
	for (const char *s = c->jti; *s != '\0'; s++) {
		/* One per line of the revoked list, where '#' is a comment. */
		if (*s <= ' ' || *s >= 0x7f || *s == '#')
			return AAS_AW_JTI;
	}
	if (EVP_Digest(
		c->jti, strlen(c->jti), hash, NULL, EVP_sha256(), NULL) != 1)
		return AAS_AW_UNKNOWN;
	aas_hex_format(hash, 8, c->id);
	return AAS_AW_OK;
}

/*
 * acr says how strong, by name; amr lists what was used, and only a key in
 * hardware together with a check of its holder is what WebAuthn does.
 * Source: OpenID Connect EAP ACR Values 1.0, RFC 8176.
 */
static unsigned
read_method(json_t *p)
{
	static const char *const held[] = { "user", "pin", "fpt", "face" };
	json_t *acr = json_object_get(p, "acr");
	json_t *amr = json_object_get(p, "amr");

	if (acr != NULL)
		return text_is(acr, "phr") || text_is(acr, "phrh")
		    ? AAS_AW_OK
		    : AAS_AW_METHOD;
	if (list_has(amr, AMR_MAX, "hwk") != 1)
		return AAS_AW_METHOD;
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
		if (list_has(amr, AMR_MAX, held[i]) == 1)
			return AAS_AW_OK;
	}
	return AAS_AW_METHOD;
}

unsigned
aas_claims_read(json_t *p, const struct aas_signer *s, int64_t until_s,
    struct aas_claims *c)
{
	json_t *aud = json_object_get(p, "aud");
	unsigned why = AAS_AW_OK;

	memset(c, 0, sizeof(*c));
	if (!text_is(json_object_get(p, "iss"), s->issuer))
		return AAS_AW_ISSUER;
	(void)snprintf(c->issuer, sizeof(c->issuer), "%s", s->issuer);
	if (!text_is(aud, s->audience) &&
	    list_has(aud, AUD_MAX, s->audience) != 1)
		return AAS_AW_AUDIENCE;
	if ((why = read_subject(p, s, c)) != AAS_AW_OK ||
	    (why = read_times(p, s, until_s, c)) != AAS_AW_OK ||
	    (why = read_jti(p, c)) != AAS_AW_OK)
		return why;
	return read_method(p);
}
