/*
 * A signer of attestations, /etc/aas/attest/NAME.conf, to values;
 * aas-policy(5), ATTESTATIONS.
 *
 * 1. A setting that is not known, of another type or out of range MUST be an
 *    error with its line.
 * 2. libconfig MUST see only what aas_conf_guard() accepted.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/attest/signer.h"
#include "lib/clock.h"
#include "lib/conf/conf.h"
#include "lib/conf/read.h"
#include "lib/err.h"
#include "lib/user.h"

enum kind { TEXT, ALG, LIFE, PATH, NAMES, PATHS };

_Static_assert(AAS_SIGNER_ERR == AAS_CONF_ERR, "one writer of errors");

struct setting {
	const char *name;
	enum kind kind;
	size_t off;
	size_t size; /* TEXT */
};

#define AT(f) \
	offsetof(struct aas_signer, f), sizeof(((struct aas_signer *)NULL)->f)

static const struct setting settings[] = {
	{ "name", TEXT, AT(name) },
	{ "alg", ALG, AT(alg) },
	{ "kid", TEXT, AT(kid) },
	{ "issuer", TEXT, AT(issuer) },
	{ "audience", TEXT, AT(audience) },
	{ "leaf", TEXT, AT(leaf) },
	{ "max_life", LIFE, AT(max_life_s) },
	{ "key", PATH, AT(key_path) },
	{ "root", PATH, AT(root_path) },
	{ "users", NAMES, AT(users) },
	{ "groups", NAMES, AT(groups) },
	{ "evidence_services", NAMES, AT(services) },
	{ "evidence_ssh_ca", PATHS, AT(ca_paths) },
};
#define SETTINGS_N (sizeof(settings) / sizeof(settings[0]))

static const char *
text_of(const struct aas_conf_where *w, const config_setting_t *cs,
    const char *name)
{
	const char *s = aas_conf_text(w, cs, name);

	if (s == NULL || s[0] != '\0')
		return s;
	(void)aas_conf_complain(w, config_setting_source_line(cs),
	    "%s must be text in double quotes", name);
	return NULL;
}

/* --- one value ------------------------------------------------------------ */

static int
put_alg(
    const struct aas_conf_where *w, unsigned line, const char *s, unsigned *alg)
{
	static const char *const names[] = { [AAS_JWS_ES256] = "ES256",
		[AAS_JWS_EDDSA] = "EdDSA",
		[AAS_JWS_RS256] = "RS256" };

	for (unsigned i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(s, names[i]) == 0) {
			*alg = i;
			return AAS_OK;
		}
	}
	return aas_conf_complain(
	    w, line, "alg must be \"ES256\", \"EdDSA\" or \"RS256\"");
}

static int
put_life(
    const struct aas_conf_where *w, unsigned line, const char *s, int64_t *life)
{
	if (aas_clock_duration(s, life) != AAS_OK || *life < AAS_LIFE_MIN_S ||
	    *life > AAS_LIFE_MAX_S)
		return aas_conf_complain(w, line,
		    "max_life must be a duration of 1h to 366d, such as "
		    "\"90d\"");
	return AAS_OK;
}

static int
put_path(const struct aas_conf_where *w, unsigned line, const char *name,
    const char *s, char **dst)
{
	if (s[0] != '/')
		return aas_conf_complain(
		    w, line, "%s must be an absolute path", name);
	*dst = strdup(s);
	return *dst != NULL ? AAS_OK : AAS_ERR_NOMEM;
}

static int
put_list(const struct aas_conf_where *w, config_setting_t *cs,
    const struct setting *st, char **dst)
{
	unsigned line = config_setting_source_line(cs);
	int n = config_setting_length(cs);
	const char *s = NULL;
	int r = AAS_OK;

	if ((!config_setting_is_array(cs) && !config_setting_is_list(cs)) ||
	    n <= 0 || n > AAS_SIGNER_NAMES)
		return aas_conf_complain(w, line,
		    "%s must be a list of 1 to %d, such as [ \"one\", \"two\" "
		    "]",
		    st->name, AAS_SIGNER_NAMES);
	for (unsigned i = 0; i < (unsigned)n && r == AAS_OK; i++) {
		s = text_of(w, config_setting_get_elem(cs, i), st->name);
		if (s == NULL)
			return AAS_ERR_FORMAT;
		if (st->kind == PATHS)
			r = put_path(w, line, st->name, s, &dst[i]);
		else if (!aas_user_valid(s))
			r = aas_conf_no_name(w, line, st->name, s);
		else if ((dst[i] = strdup(s)) == NULL)
			r = AAS_ERR_NOMEM;
	}
	return r;
}

static int
put(const struct aas_conf_where *w, config_setting_t *cs,
    const struct setting *st, struct aas_signer *sg)
{
	unsigned line = config_setting_source_line(cs);
	void *dst = (char *)sg + st->off;
	const char *s = NULL;

	if (st->kind == NAMES ||
	    (st->kind == PATHS &&
		config_setting_type(cs) != CONFIG_TYPE_STRING))
		return put_list(w, cs, st, *(char ***)dst);
	if ((s = text_of(w, cs, st->name)) == NULL)
		return AAS_ERR_FORMAT;
	switch (st->kind) {
	case TEXT:
		if (strlen(s) >= st->size)
			return aas_conf_complain(
			    w, line, "%s is too long", st->name);
		memcpy(dst, s, strlen(s) + 1);
		return AAS_OK;
	case ALG:
		return put_alg(w, line, s, dst);
	case LIFE:
		return put_life(w, line, s, dst);
	case PATH:
		return put_path(w, line, st->name, s, dst);
	case PATHS:
		return put_path(w, line, st->name, s, *(char ***)dst);
	case NAMES:
		break;
	}
	return AAS_ERR_INVAL;
}

/* --- all of them ---------------------------------------------------------- */

static int
take_setting(const struct aas_conf_where *w, config_setting_t *cs, void *sg)
{
	const char *name = config_setting_name(cs);

	for (size_t i = 0; name != NULL && i < SETTINGS_N; i++) {
		if (strcmp(name, settings[i].name) == 0)
			return put(w, cs, &settings[i], sg);
	}
	return aas_conf_unknown(w, cs);
}

/* A host's name, and no pattern: OpenSSL takes ".b.c" for any of "a.b.c". */
static int
is_host(const char *s)
{
	return strspn(s,
		   "abcdefghijklmnopqrstuvwxyz"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == strlen(s) &&
	    s[0] != '.' && s[0] != '-' && strstr(s, "..") == NULL;
}

/* What every signer needs, and what does not go together. */
static int
whole(const struct aas_conf_where *w, const struct aas_signer *s)
{
	if (s->name[0] == '\0' || s->alg == 0 || s->issuer[0] == '\0' ||
	    s->audience[0] == '\0')
		return aas_conf_complain(
		    w, 0, "name, alg, issuer and audience must be there");
	if ((s->key_path == NULL) == (s->root_path == NULL))
		return aas_conf_complain(
		    w, 0, "either key or root must be there");
	if ((s->root_path == NULL) != (s->leaf[0] == '\0'))
		return aas_conf_complain(w, 0,
		    "leaf, the DNS name in the signer's certificate, goes with "
		    "root");
	if (s->root_path != NULL && !is_host(s->leaf))
		return aas_conf_complain(
		    w, 0, "leaf is the DNS name of one host, without patterns");
	return AAS_OK;
}

static int
begin(struct aas_signer *s)
{
	char ***const lists[] = { &s->users, &s->groups, &s->services,
		&s->ca_paths, &s->cas };

	memset(s, 0, sizeof(*s));
	s->max_life_s = AAS_LIFE_S;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		*lists[i] = calloc(AAS_SIGNER_NAMES + 1, sizeof(char *));
		if (*lists[i] == NULL)
			return AAS_ERR_NOMEM;
	}
	return AAS_OK;
}

int
aas_signer_parse(const char *name, const void *text, size_t len,
    struct aas_signer *s, char err[AAS_SIGNER_ERR])
{
	const struct aas_conf_where w = { name, err };
	char *copy = NULL;
	int r = AAS_OK;

	if ((r = begin(s)) != AAS_OK ||
	    (r = aas_conf_guard(name, text, len, err)) != AAS_OK)
		goto out;
	if ((copy = strndup(text, len)) == NULL) {
		r = AAS_ERR_NOMEM;
		goto out;
	}
	r = aas_conf_each(&w, copy, take_setting, s);
	if (r == AAS_OK)
		r = whole(&w, s);
out:
	free(copy);
	if (r == AAS_ERR_NOMEM)
		(void)aas_conf_complain(&w, 0, "no memory");
	if (r != AAS_OK)
		aas_signer_free(s);
	return r;
}
