/*
 * The settings of aas.conf(5), one by one: which there are, and their values.
 *
 * A setting that is not known, of another type or out of range MUST be an
 * error with its line: no default stands in for what somebody wrote.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf/alerts_take.h"
#include "lib/conf/values.h"
#include "lib/err.h"
#include "lib/proto.h"
#include "lib/user.h"

#define PRESENT_MAX  2
#define ENROLLED_MAX 8
#define LIMIT_MAX_S  (366LL * 86400)

enum kind {
	REALM,
	PATH,
	BOOL,
	INT,
	DURATION,
	UV,
	SUDO,
	KEEPER,
	DATE,
	USERS,
	SERVICES,
	SOURCES,
	ZONE,
	ALERTS
};

/* One setting: its kind, its range, and where its value goes. */
struct setting {
	const char *name;
	enum kind kind;
	int64_t min, max; /* INT, DURATION */
	size_t off;
	size_t size;
	size_t line; /* where its line goes, too; 0: nowhere */
};

#define AT(f) offsetof(struct aas_conf, f), sizeof(((struct aas_conf *)NULL)->f)

#define LINE(f) offsetof(struct aas_conf, at.f)

static const struct setting settings[] = {
	{ "realm", REALM, 0, 0, AT(realm), 0 },
	{ "state_dir", PATH, 0, 0, AT(state_dir), 0 },
	{ "run_dir", PATH, 0, 0, AT(run_dir), 0 },
	{ "libexec_dir", PATH, 0, 0, AT(libexec_dir), 0 },
	{ "server_keys", BOOL, 0, 0, AT(server_keys), 0 },
	{ "keeper", KEEPER, 0, 0, AT(keeper), 0 },
	{ "sudo", SUDO, 0, 0, AT(sudo), 0 },
	{ "present", INT, 1, PRESENT_MAX, AT(present), 0 },
	{ "uv", UV, 0, 0, AT(uv), 0 },
	{ "enrolled_min", INT, 2, ENROLLED_MAX, AT(enrolled_min), 0 },
	{ "timeout", DURATION, 5, 600, AT(timeout_s), 0 },
	{ "codex_grace", DURATION, 0, 2, AT(codex_grace_s), 0 },
	{ "session", DURATION, 1, LIMIT_MAX_S, AT(session_s), 0 },
	{ "idle", DURATION, 1, LIMIT_MAX_S, AT(idle_s), 0 },
	{ "reauth", DURATION, 1, LIMIT_MAX_S, AT(reauth_s), 0 },
	{ "degraded", DURATION, 3600, LIMIT_MAX_S, AT(degraded_s), 0 },
	{ "max_total", DURATION, 1, LIMIT_MAX_S, AT(total_s), 0 },
	{ "required_from", DATE, 0, 0, AT(required_from_s), 0 },
	{ "required_users", USERS, 0, 0, AT(required_users),
	    LINE(required_users) },
	{ "required_groups", USERS, 0, 0, AT(required_groups),
	    LINE(required_groups) },
	{ "exempt_services", SERVICES, 0, 0, AT(exempt_services),
	    LINE(exempt_services) },
	{ "policy", SOURCES, 0, 0, AT(policy), LINE(policy) },
	{ "zone", ZONE, 0, 0, AT(zone), LINE(zone) },
	{ "alerts", ALERTS, 0, 0, AT(alerts), 0 },
};
#define SETTINGS_N (sizeof(settings) / sizeof(settings[0]))

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

/* A name below a directory of zones, such as "Europe/Berlin". */
static int
zone_valid(const char *s)
{
	if (s[0] == '\0' || s[0] == '/' || s[0] == '-' ||
	    strstr(s, "..") != NULL || strstr(s, "//") != NULL)
		return 0;
	return s[strspn(s,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "0123456789_+-/")] == '\0';
}

/* --- one value ------------------------------------------------------------ */

static int
put_text(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, char *dst)
{
	const char *s = aas_conf_text(w, cs, st->name);
	unsigned line = config_setting_source_line(cs);

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (strlen(s) >= st->size)
		return aas_conf_complain(w, line, "%s is too long", st->name);
	if (st->kind == REALM && !aas_realm_valid(s))
		return aas_conf_complain(w, line,
		    "realm must be a DNS name in lower case, such as "
		    "\"example.org\"");
	if (st->kind == PATH && !path_valid(s))
		return aas_conf_complain(
		    w, line, "%s must be an absolute path", st->name);
	if (st->kind == ZONE && !zone_valid(s))
		return aas_conf_complain(w, line,
		    "zone must be the name of a time zone, such as "
		    "\"Europe/Berlin\"");
	memcpy(dst, s, strlen(s) + 1);
	return AAS_OK;
}

static int
put_number(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	unsigned line = config_setting_source_line(cs);
	int v = 0;

	if (config_setting_type(cs) != CONFIG_TYPE_INT)
		return aas_conf_complain(
		    w, line, "%s must be a number", st->name);
	v = config_setting_get_int(cs);
	if (v < st->min || v > st->max)
		return aas_conf_complain(w, line, "%s must be %lld to %lld",
		    st->name, (long long)st->min, (long long)st->max);
	*dst = (uint8_t)v;
	return AAS_OK;
}

static int
put_bool(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	if (config_setting_type(cs) != CONFIG_TYPE_BOOL)
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "%s must be true or false", st->name);
	*dst = config_setting_get_bool(cs) == CONFIG_TRUE;
	return AAS_OK;
}

static int
put_uv(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	const char *s = aas_conf_text(w, cs, st->name);

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (strcmp(s, "required") != 0 && strcmp(s, "discouraged") != 0)
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "uv must be \"required\" or \"discouraged\"");
	*dst = strcmp(s, "required") == 0;
	return AAS_OK;
}

static int
put_sudo(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	static const char *const names[] = { "fresh-sign-in", "agent",
		"local-key", "deny" };
	const char *s = aas_conf_text(w, cs, st->name);

	if (s == NULL)
		return AAS_ERR_FORMAT;
	for (uint8_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(s, names[i]) == 0) {
			*dst = (uint8_t)(i + 1);
			return AAS_OK;
		}
	}
	return aas_conf_complain(w, config_setting_source_line(cs),
	    "sudo must be \"fresh-sign-in\", \"agent\", \"local-key\" or "
	    "\"deny\"");
}

static int
put_keeper(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, uint8_t *dst)
{
	const char *s = aas_conf_text(w, cs, st->name);

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (strcmp(s, "required") != 0 && strcmp(s, "optional") != 0)
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "keeper must be \"required\" or \"optional\"");
	*dst = strcmp(s, "required") == 0;
	return AAS_OK;
}

static int
put_duration(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, void *dst)
{
	const char *s = aas_conf_text(w, cs, st->name);
	unsigned line = config_setting_source_line(cs);
	int64_t v = 0;
	uint32_t small = 0;

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (aas_clock_duration(s, &v) != AAS_OK)
		return aas_conf_complain(w, line,
		    "%s must be a duration such as \"90s\", \"15m\" or \"8h\"",
		    st->name);
	if (v < st->min || v > st->max)
		return aas_conf_complain(w, line,
		    "%s must be %lld to %lld seconds", st->name,
		    (long long)st->min, (long long)st->max);
	small = (uint32_t)v;
	if (st->size == sizeof(small))
		memcpy(dst, &small, sizeof(small));
	else
		memcpy(dst, &v, sizeof(v));
	return AAS_OK;
}

static int
put_date(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, int64_t *dst)
{
	const char *s = aas_conf_text(w, cs, st->name);
	int64_t v = 0;

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (aas_clock_parse(s, &v) != AAS_OK || v <= 0)
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "%s must be a date such as \"2026-06-01T00:00:00Z\"",
		    st->name);
	*dst = v;
	return AAS_OK;
}

/* The i-th name of a list, checked; NULL with the error told. */
static const char *
list_name(const struct aas_conf_where *w, config_setting_t *cs,
    const struct setting *st, unsigned i)
{
	config_setting_t *el = config_setting_get_elem(cs, i);
	const char *s = NULL;

	if (el == NULL || (s = aas_conf_text(w, el, st->name)) == NULL)
		return NULL;
	if (st->kind == SERVICES ? service_valid(s) : aas_user_valid(s))
		return s;
	(void)aas_conf_no_name(w, config_setting_source_line(el), st->name, s);
	return NULL;
}

static int
put_list(const struct aas_conf_where *w, config_setting_t *cs,
    const struct setting *st, struct aas_conf_list *dst)
{
	unsigned line = config_setting_source_line(cs);
	const char *s = NULL;
	int n = 0;

	if (!config_setting_is_array(cs) && !config_setting_is_list(cs))
		return aas_conf_complain(w, line,
		    "%s must be a list, such as [ \"one\", \"two\" ]",
		    st->name);
	n = config_setting_length(cs);
	if (n > AAS_CONF_NAMES)
		return aas_conf_complain(w, line, "%s has more than %d names",
		    st->name, AAS_CONF_NAMES);
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
put(const struct aas_conf_where *w, config_setting_t *cs,
    const struct setting *st, struct aas_conf *conf)
{
	void *dst = (char *)conf + st->off;

	switch (st->kind) {
	case REALM:
	case PATH:
	case SOURCES:
	case ZONE:
		return put_text(w, cs, st, dst);
	case BOOL:
		return put_bool(w, cs, st, dst);
	case INT:
		return put_number(w, cs, st, dst);
	case DURATION:
		return put_duration(w, cs, st, dst);
	case UV:
		return put_uv(w, cs, st, dst);
	case KEEPER:
		return put_keeper(w, cs, st, dst);
	case SUDO:
		return put_sudo(w, cs, st, dst);
	case DATE:
		return put_date(w, cs, st, dst);
	case USERS:
	case SERVICES:
		return put_list(w, cs, st, dst);
	case ALERTS:
		return aas_alerts_take(w, cs, dst);
	}
	return AAS_ERR_INVAL;
}

int
aas_conf_take(const struct aas_conf_where *w, config_setting_t *cs, void *conf)
{
	const char *name = config_setting_name(cs);

	for (size_t i = 0; name != NULL && i < SETTINGS_N; i++) {
		uint32_t line = config_setting_source_line(cs);

		if (strcmp(name, settings[i].name) != 0)
			continue;
		if (settings[i].line != 0)
			memcpy((char *)conf + settings[i].line, &line,
			    sizeof(line));
		return put(w, cs, &settings[i], conf);
	}
	return aas_conf_unknown(w, cs);
}
