/*
 * aas.conf(5) to values.
 *
 * 1. A setting that is not known, of another type or out of range MUST be an
 *    error with its line: no default stands in for what somebody wrote.
 * 2. libconfig MUST see only what aas_conf_guard() accepted.
 * 3. A text that libconfig reads in two ways, as it does when memory runs
 *    out, MUST be an error: it is read twice and compared.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "lib/clock.h"
#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/proto.h"
#include "lib/user.h"

#define PRESENT_MAX  2
#define ENROLLED_MAX 8
#define LIMIT_MAX_S  (366LL * 86400)

enum kind { REALM, PATH, BOOL, INT, DURATION, UV, DATE, USERS, SERVICES };

/* One setting: its kind, its range, and where its value goes. */
struct setting {
	const char *name;
	enum kind kind;
	int64_t min, max; /* INT, DURATION */
	size_t off;
	size_t size;
};

#define AT(f) offsetof(struct aas_conf, f), sizeof(((struct aas_conf *)NULL)->f)

static const struct setting settings[] = {
	{ "realm", REALM, 0, 0, AT(realm) },
	{ "state_dir", PATH, 0, 0, AT(state_dir) },
	{ "run_dir", PATH, 0, 0, AT(run_dir) },
	{ "libexec_dir", PATH, 0, 0, AT(libexec_dir) },
	{ "server_keys", BOOL, 0, 0, AT(server_keys) },
	{ "present", INT, 1, PRESENT_MAX, AT(present) },
	{ "uv", UV, 0, 0, AT(uv) },
	{ "enrolled_min", INT, 2, ENROLLED_MAX, AT(enrolled_min) },
	{ "timeout", DURATION, 5, 600, AT(timeout_s) },
	{ "session", DURATION, 60, LIMIT_MAX_S, AT(session_s) },
	{ "idle", DURATION, 60, LIMIT_MAX_S, AT(idle_s) },
	{ "reauth", DURATION, 1, LIMIT_MAX_S, AT(reauth_s) },
	{ "degraded", DURATION, 3600, LIMIT_MAX_S, AT(degraded_s) },
	{ "required_from", DATE, 0, 0, AT(required_from_s) },
	{ "required_users", USERS, 0, 0, AT(required_users) },
	{ "required_groups", USERS, 0, 0, AT(required_groups) },
	{ "exempt_services", SERVICES, 0, 0, AT(exempt_services) },
};
#define SETTINGS_N (sizeof(settings) / sizeof(settings[0]))

/* Where errors are told. */
struct where {
	const char *name;
	char *err;
};

__attribute__((format(printf, 3, 4))) static int
complain(const struct where *w, unsigned line, const char *fmt, ...)
{
	char what[AAS_CONF_ERR / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line != 0)
		(void)snprintf(
		    w->err, AAS_CONF_ERR, "%s:%u: %s", w->name, line, what);
	else
		(void)snprintf(w->err, AAS_CONF_ERR, "%s: %s", w->name, what);
	return AAS_ERR_FORMAT;
}

int
aas_realm_valid(const char *s)
{
	size_t len = strnlen(s, AAS_REALM_MAX);
	size_t label = 0;
	int letters = 0;

	if (len == 0 || len >= AAS_REALM_MAX)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.') {
			if (label == 0 || s[i - 1] == '-')
				return 0;
			label = 0;
			continue;
		}
		if (s[i] >= 'a' && s[i] <= 'z')
			letters = 1;
		else if (s[i] == '-' ? label == 0 : s[i] < '0' || s[i] > '9')
			return 0;
		if (++label > 63)
			return 0;
	}
	return letters && label > 0 && s[len - 1] != '-';
}

static int
service_valid(const char *s)
{
	size_t len = strnlen(s, AAS_SERVICE_MAX);

	return len < AAS_SERVICE_MAX && aas_user_valid(s);
}

static int
path_valid(const char *s)
{
	size_t len = strlen(s);

	return s[0] == '/' && len > 1 && s[len - 1] != '/' &&
	    strstr(s, "//") == NULL && strstr(s, "/./") == NULL &&
	    strstr(s, "/../") == NULL && strchr(s, '\n') == NULL;
}

/* --- one value ------------------------------------------------------------ */

static const char *
text_of(
    const struct where *w, const config_setting_t *cs, const struct setting *st)
{
	const char *s = NULL;

	if (config_setting_type(cs) == CONFIG_TYPE_STRING)
		s = config_setting_get_string(cs);
	if (s == NULL)
		(void)complain(w, config_setting_source_line(cs),
		    "%s must be text in double quotes", st->name);
	return s;
}

static int
put_text(const struct where *w, const config_setting_t *cs,
    const struct setting *st, char *dst)
{
	const char *s = text_of(w, cs, st);
	unsigned line = config_setting_source_line(cs);

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (strlen(s) >= st->size)
		return complain(w, line, "%s is too long", st->name);
	if (st->kind == REALM && !aas_realm_valid(s))
		return complain(w, line,
		    "realm must be a DNS name in lower case, such as "
		    "\"example.org\"");
	if (st->kind == PATH && !path_valid(s))
		return complain(
		    w, line, "%s must be an absolute path", st->name);
	memcpy(dst, s, strlen(s) + 1);
	return AAS_OK;
}

static int
put_number(const struct where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	unsigned line = config_setting_source_line(cs);
	int v = 0;

	if (config_setting_type(cs) != CONFIG_TYPE_INT)
		return complain(w, line, "%s must be a number", st->name);
	v = config_setting_get_int(cs);
	if (v < st->min || v > st->max)
		return complain(w, line, "%s must be %lld to %lld", st->name,
		    (long long)st->min, (long long)st->max);
	*dst = (uint8_t)v;
	return AAS_OK;
}

static int
put_bool(const struct where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	if (config_setting_type(cs) != CONFIG_TYPE_BOOL)
		return complain(w, config_setting_source_line(cs),
		    "%s must be true or false", st->name);
	*dst = config_setting_get_bool(cs) == CONFIG_TRUE;
	return AAS_OK;
}

static int
put_uv(const struct where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	const char *s = text_of(w, cs, st);

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (strcmp(s, "required") != 0 && strcmp(s, "discouraged") != 0)
		return complain(w, config_setting_source_line(cs),
		    "uv must be \"required\" or \"discouraged\"");
	*dst = strcmp(s, "required") == 0;
	return AAS_OK;
}

static int
put_duration(const struct where *w, const config_setting_t *cs,
    const struct setting *st, void *dst)
{
	const char *s = text_of(w, cs, st);
	unsigned line = config_setting_source_line(cs);
	int64_t v = 0;
	uint32_t small = 0;

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (aas_clock_duration(s, &v) != AAS_OK)
		return complain(w, line,
		    "%s must be a duration such as \"90s\", \"15m\" or \"8h\"",
		    st->name);
	if (v < st->min || v > st->max)
		return complain(w, line, "%s must be %lld to %lld seconds",
		    st->name, (long long)st->min, (long long)st->max);
	small = (uint32_t)v;
	if (st->size == sizeof(small))
		memcpy(dst, &small, sizeof(small));
	else
		memcpy(dst, &v, sizeof(v));
	return AAS_OK;
}

static int
put_date(const struct where *w, const config_setting_t *cs,
    const struct setting *st, int64_t *dst)
{
	const char *s = text_of(w, cs, st);
	int64_t v = 0;

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (aas_clock_parse(s, &v) != AAS_OK || v <= 0)
		return complain(w, config_setting_source_line(cs),
		    "%s must be a date such as \"2026-06-01T00:00:00Z\"",
		    st->name);
	*dst = v;
	return AAS_OK;
}

/* The i-th name of a list, checked; NULL with the error told. */
static const char *
list_name(const struct where *w, config_setting_t *cs, const struct setting *st,
    unsigned i)
{
	config_setting_t *el = config_setting_get_elem(cs, i);
	const char *s = NULL;
	char shown[128];

	if (el == NULL || (s = text_of(w, el, st)) == NULL)
		return NULL;
	if (st->kind == SERVICES ? service_valid(s) : aas_user_valid(s))
		return s;
	(void)complain(w, config_setting_source_line(el),
	    "%s: \"%s\" is not a name", st->name,
	    aas_printable(shown, sizeof(shown), s));
	return NULL;
}

static int
put_list(const struct where *w, config_setting_t *cs, const struct setting *st,
    struct aas_conf_list *dst)
{
	unsigned line = config_setting_source_line(cs);
	const char *s = NULL;
	int n = 0;

	if (!config_setting_is_array(cs) && !config_setting_is_list(cs))
		return complain(w, line,
		    "%s must be a list, such as [ \"one\", \"two\" ]",
		    st->name);
	n = config_setting_length(cs);
	if (n > AAS_CONF_NAMES)
		return complain(w, line, "%s has more than %d names", st->name,
		    AAS_CONF_NAMES);
	if (n <= 0)
		return AAS_OK;
	if ((dst->v = calloc((size_t)n, sizeof(*dst->v))) == NULL)
		return AAS_ERR_NOMEM;
	for (unsigned i = 0; i < (unsigned)n; i++) {
		if ((s = list_name(w, cs, st, i)) == NULL)
			return AAS_ERR_FORMAT;
		if ((dst->v[i] = strdup(s)) == NULL)
			return AAS_ERR_NOMEM;
		dst->n++;
	}
	return AAS_OK;
}

static int
put(const struct where *w, config_setting_t *cs, const struct setting *st,
    struct aas_conf *conf)
{
	void *dst = (char *)conf + st->off;

	switch (st->kind) {
	case REALM:
	case PATH:
		return put_text(w, cs, st, dst);
	case BOOL:
		return put_bool(w, cs, st, dst);
	case INT:
		return put_number(w, cs, st, dst);
	case DURATION:
		return put_duration(w, cs, st, dst);
	case UV:
		return put_uv(w, cs, st, dst);
	case DATE:
		return put_date(w, cs, st, dst);
	case USERS:
	case SERVICES:
		return put_list(w, cs, st, dst);
	}
	return AAS_ERR_INVAL;
}

/* --- all of them ---------------------------------------------------------- */

static void
defaults(struct aas_conf *c)
{
	(void)snprintf(c->state_dir, sizeof(c->state_dir), "%s", AAS_STATEDIR);
	(void)snprintf(c->run_dir, sizeof(c->run_dir), "%s", AAS_RUNDIR);
	(void)snprintf(
	    c->libexec_dir, sizeof(c->libexec_dir), "%s", AAS_LIBEXECDIR);
	c->present = 1;
	c->uv = 1;
	c->enrolled_min = 2;
	c->timeout_s = 60;
}

static int
take_setting(const struct where *w, config_setting_t *cs, struct aas_conf *conf)
{
	const char *name = config_setting_name(cs);
	char shown[128];

	for (size_t i = 0; name != NULL && i < SETTINGS_N; i++) {
		if (strcmp(name, settings[i].name) == 0)
			return put(w, cs, &settings[i], conf);
	}
	return complain(w, config_setting_source_line(cs),
	    "unknown setting \"%s\"",
	    aas_printable(shown, sizeof(shown), name));
}

/* text is NUL-terminated and guarded. */
static int
parse_once(const struct where *w, const char *text, struct aas_conf **conf)
{
	struct aas_conf *c = NULL;
	config_t cfg;
	config_setting_t *root = NULL;
	int n = 0;
	int r = AAS_OK;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return AAS_ERR_NOMEM;
	defaults(c);
	config_init(&cfg);
	if (config_read_string(&cfg, text) != CONFIG_TRUE) {
		r = complain(w, (unsigned)config_error_line(&cfg), "%s",
		    config_error_text(&cfg) != NULL ? config_error_text(&cfg)
						    : "syntax error");
		goto out;
	}
	root = config_root_setting(&cfg);
	n = config_setting_length(root);
	for (int i = 0; i < n && r == AAS_OK; i++)
		r = take_setting(
		    w, config_setting_get_elem(root, (unsigned)i), c);
	if (r == AAS_OK && c->realm[0] == '\0')
		r = complain(w, 0, "realm is missing");
out:
	config_destroy(&cfg);
	if (r != AAS_OK)
		aas_conf_free(&c);
	else
		*conf = c;
	return r;
}

static int
list_equal(const struct aas_conf_list *a, const struct aas_conf_list *b)
{
	if (a->n != b->n)
		return 0;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return 0;
	}
	return 1;
}

static int
conf_equal(const struct aas_conf *a, const struct aas_conf *b)
{
	/* Both come from calloc() and the same writers: padding is zero. */
	return memcmp(a, b, offsetof(struct aas_conf, required_users)) == 0 &&
	    list_equal(&a->required_users, &b->required_users) &&
	    list_equal(&a->required_groups, &b->required_groups) &&
	    list_equal(&a->exempt_services, &b->exempt_services);
}

int
aas_conf_parse(const char *name, const void *text, size_t len,
    struct aas_conf **conf, char err[AAS_CONF_ERR])
{
	const struct where w = { name, err };
	struct aas_conf *a = NULL;
	struct aas_conf *b = NULL;
	char *copy = NULL;
	int r = AAS_ERR_FORMAT;

	if ((r = aas_conf_guard(name, text, len, err)) != AAS_OK)
		return r;
	if ((copy = malloc(len + 1)) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if ((r = parse_once(&w, copy, &a)) != AAS_OK ||
	    (r = parse_once(&w, copy, &b)) != AAS_OK)
		goto out;
	if (!conf_equal(a, b)) {
		r = complain(&w, 0, "was not read the same way twice");
		goto out;
	}
	*conf = a;
	a = NULL;
out:
	if (r == AAS_ERR_NOMEM)
		(void)complain(&w, 0, "no memory");
	free(copy);
	aas_conf_free(&a);
	aas_conf_free(&b);
	return r;
}

int
aas_conf_load(const char *path, uid_t owner, struct aas_conf **conf,
    char err[AAS_CONF_ERR])
{
	const struct where w = { path, err };
	struct aas_buf buf = { NULL, 0 };
	int r = AAS_ERR_SYS;

	err[0] = '\0';
	r = aas_fs_read_path(path, owner, 022, AAS_CONF_MAX, &buf, NULL);
	if (r != AAS_OK) {
		(void)complain(&w, 0, "%s",
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
		return r;
	}
	r = aas_conf_parse(path, buf.p, buf.len, conf, err);
	aas_buf_free(&buf);
	return r;
}

static void
list_free(struct aas_conf_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

void
aas_conf_free(struct aas_conf **conf)
{
	if (*conf == NULL)
		return;
	list_free(&(*conf)->required_users);
	list_free(&(*conf)->required_groups);
	list_free(&(*conf)->exempt_services);
	free(*conf);
	*conf = NULL;
}
