/*
 * alerts = { ... } of aas.conf(5) to values.
 *
 * 1. A setting that is not known, of another type or out of range MUST be an
 *    error with its line: an alert that goes nowhere is noticed too late.
 */
#include <string.h>

#include "lib/clock.h"
#include "lib/conf/alerts_take.h"
#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/notify/kind.h"

#define DAY_S 86400

enum kind { FLAG, DURATION, TEXT_URL, MAIL, HOOKS, EXECS, TYPES, DAYS };

struct setting {
	const char *name;
	enum kind kind;
	size_t off;
	int64_t min, max; /* seconds */
};

#define AT(f) offsetof(struct aas_alerts, f)

static const struct setting settings[] = {
	{ "mail", MAIL, 0, 0, 0 },
	{ "webhook", HOOKS, 0, 0, 0 },
	{ "exec", EXECS, 0, 0, 0 },
	{ "journal", FLAG, AT(journal), 0, 0 },
	{ "syslog", FLAG, AT(syslog), 0, 0 },
	{ "audit", FLAG, AT(audit), 0, 0 },
	{ "terminals", FLAG, AT(terminals), 0, 0 },
	{ "desktop", FLAG, AT(desktop), 0, 0 },
	{ "contacts", FLAG, AT(contacts), 0, 0 },
	{ "dashboard", TEXT_URL, AT(dashboard), 0, 0 },
	{ "types", TYPES, AT(types), 0, 0 },
	{ "keep_days", DAYS, AT(keep_s), 1, 365 },
	{ "retry_max", DURATION, AT(retry_s), 60, DAY_S },
	{ "timeout", DURATION, AT(timeout_s), 1, 120 },
};
#define SETTINGS_N (sizeof(settings) / sizeof(settings[0]))

void
aas_alerts_defaults(struct aas_alerts *a)
{
	memset(a, 0, sizeof(*a));
	memcpy(a->sendmail, "/usr/sbin/sendmail", 19);
	a->journal = a->syslog = a->terminals = a->contacts = 1;
	a->types = UINT32_MAX;
	a->keep_s = 7 * DAY_S;
	a->retry_s = 600;
	a->timeout_s = 20;
}

/* --- one value ------------------------------------------------------------ */

static int
put_text(const struct aas_conf_where *w, const config_setting_t *cs,
    const char *name, char *dst, size_t cap)
{
	const char *s = aas_conf_text(w, cs, name);

	if (s == NULL)
		return AAS_ERR_FORMAT;
	if (s[0] == '\0' || strlen(s) >= cap)
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "%s must be text of 1 to %zu bytes", name, cap - 1);
	memcpy(dst, s, strlen(s) + 1);
	return AAS_OK;
}

static int
put_path(const struct aas_conf_where *w, const config_setting_t *cs,
    const char *name, char *dst)
{
	int r = put_text(w, cs, name, dst, AAS_ALERTS_PATH);

	if (r == AAS_OK && dst[0] != '/')
		r = aas_conf_complain(w, config_setting_source_line(cs),
		    "%s must be an absolute path", name);
	return r;
}

static int
put_url(const struct aas_conf_where *w, const config_setting_t *cs,
    const char *name, char *dst)
{
	int r = put_text(w, cs, name, dst, AAS_ALERTS_URL);

	if (r == AAS_OK && !aas_alerts_url_valid(dst))
		r = aas_conf_complain(w, config_setting_source_line(cs),
		    "%s must be an address that begins with \"https://\"",
		    name);
	return r;
}

static int
put_mail(const struct aas_conf_where *w, const config_setting_t *cs,
    const char *name, char *dst)
{
	int r = put_text(w, cs, name, dst, AAS_ALERTS_PATH);

	if (r == AAS_OK && !aas_alerts_mail_valid(dst))
		r = aas_conf_complain(w, config_setting_source_line(cs),
		    "%s must be an address such as \"alerts@example.com\"",
		    name);
	return r;
}

static int
put_seconds(const struct aas_conf_where *w, const config_setting_t *cs,
    const struct setting *st, uint32_t *dst)
{
	unsigned line = config_setting_source_line(cs);
	const char *s = NULL;
	int64_t v = 0;

	if (st->kind == DAYS) {
		if (config_setting_type(cs) != CONFIG_TYPE_INT ||
		    (v = config_setting_get_int(cs)) < st->min || v > st->max)
			return aas_conf_complain(w, line,
			    "%s must be a number of %lld to %lld", st->name,
			    (long long)st->min, (long long)st->max);
		*dst = (uint32_t)v * DAY_S;
		return AAS_OK;
	}
	if ((s = aas_conf_text(w, cs, st->name)) == NULL)
		return AAS_ERR_FORMAT;
	if (aas_clock_duration(s, &v) != AAS_OK || v < st->min || v > st->max)
		return aas_conf_complain(w, line,
		    "%s must be a duration of %lld to %lld seconds, such as "
		    "\"90s\"",
		    st->name, (long long)st->min, (long long)st->max);
	*dst = (uint32_t)v;
	return AAS_OK;
}

/* A list or array of 1 to max. */
static int
list_of(const struct aas_conf_where *w, const config_setting_t *cs,
    const char *name, int max, int *n)
{
	*n = config_setting_length(cs);
	if ((config_setting_is_array(cs) || config_setting_is_list(cs)) &&
	    *n >= 1 && *n <= max)
		return AAS_OK;
	return aas_conf_complain(w, config_setting_source_line(cs),
	    "%s must be a list of 1 to %d", name, max);
}

/* --- channels ------------------------------------------------------------- */

static int
take_mail(const struct aas_conf_where *w, const config_setting_t *cs,
    struct aas_alerts *a)
{
	int n = 0;
	int r = AAS_OK;

	for (unsigned i = 0;
	     r == AAS_OK && i < (unsigned)config_setting_length(cs); i++) {
		config_setting_t *m = config_setting_get_elem(cs, i);
		const char *name = config_setting_name(m);

		if (strcmp(name, "from") == 0)
			r = put_mail(w, m, "mail.from", a->from);
		else if (strcmp(name, "sendmail") == 0)
			r = put_path(w, m, "mail.sendmail", a->sendmail);
		else if (strcmp(name, "to") == 0) {
			r = list_of(w, m, "mail.to", AAS_ALERTS_MAILS, &n);
			for (int k = 0; r == AAS_OK && k < n; k++)
				r = put_mail(w,
				    config_setting_get_elem(m, (unsigned)k),
				    "mail.to", a->mails[a->mails_n++]);
		} else
			r = aas_conf_unknown(w, m);
	}
	return r;
}

static int
take_hook(const struct aas_conf_where *w, const config_setting_t *cs,
    struct aas_alerts_hook *h)
{
	int r = AAS_OK;

	if (!config_setting_is_group(cs))
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "webhook must be a list of groups, such as ( { url = "
		    "\"https://...\"; } )");
	for (unsigned i = 0;
	     r == AAS_OK && i < (unsigned)config_setting_length(cs); i++) {
		config_setting_t *m = config_setting_get_elem(cs, i);
		const char *name = config_setting_name(m);

		if (strcmp(name, "url") == 0)
			r = put_url(w, m, "webhook.url", h->url);
		else if (strcmp(name, "secret_file") == 0)
			r = put_path(
			    w, m, "webhook.secret_file", h->secret_file);
		else if (strcmp(name, "ca_file") == 0)
			r = put_path(w, m, "webhook.ca_file", h->ca_file);
		else if (strcmp(name, "pin") == 0) {
			r = put_text(
			    w, m, "webhook.pin", h->pin, sizeof(h->pin));
			if (r == AAS_OK &&
			    (strncmp(h->pin, "sha256//", 8) != 0 ||
				h->pin[strspn(h->pin,
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789+/=;")] != '\0'))
				r = aas_conf_complain(w,
				    config_setting_source_line(m),
				    "webhook.pin must be \"sha256//...\", the "
				    "hash of a public key");
		} else
			r = aas_conf_unknown(w, m);
	}
	if (r == AAS_OK && h->url[0] == '\0')
		r = aas_conf_complain(w, config_setting_source_line(cs),
		    "webhook.url is missing");
	return r;
}

static int
take_exec(const struct aas_conf_where *w, const config_setting_t *cs,
    struct aas_alerts_exec *x)
{
	config_setting_t *m = NULL;
	int n = 0;
	int r = AAS_OK;

	if (!config_setting_is_group(cs) ||
	    (m = config_setting_get_member(cs, "argv")) == NULL ||
	    config_setting_length(cs) != 1)
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "exec must be a list of groups, such as ( { argv = [ "
		    "\"/usr/local/libexec/page\" ]; } )");
	if ((r = list_of(w, m, "exec.argv", AAS_ALERTS_ARGS - 1, &n)) != AAS_OK)
		return r;
	for (int k = 0; r == AAS_OK && k < n; k++) {
		const config_setting_t *el =
		    config_setting_get_elem(m, (unsigned)k);

		r = k == 0
		    ? put_path(w, el, "exec.argv", x->argv[0])
		    : put_text(w, el, "exec.argv", x->argv[k], AAS_ALERTS_PATH);
	}
	x->argc = (uint32_t)n;
	return r;
}

static int
take_types(const struct aas_conf_where *w, const config_setting_t *cs,
    struct aas_alerts *a)
{
	char shown[128];
	const struct aas_alert_kind *k = NULL;
	int n = 0;
	int r = list_of(w, cs, "types", AAS_ALERT_KINDS, &n);

	a->types = 0;
	for (int i = 0; r == AAS_OK && i < n; i++) {
		const config_setting_t *el =
		    config_setting_get_elem(cs, (unsigned)i);
		const char *s = aas_conf_text(w, el, "types");
		size_t at = 0;

		if (s == NULL)
			return AAS_ERR_FORMAT;
		while ((k = aas_alert_kind_at(at)) != NULL &&
		    strcmp(k->name, s) != 0)
			at++;
		if (k == NULL)
			return aas_conf_complain(w,
			    config_setting_source_line(el),
			    "types: \"%s\" is no type of an alert",
			    aas_printable(shown, sizeof(shown), s));
		a->types |= (uint32_t)1 << at;
	}
	return r;
}

/* A list of groups, or one group. */
static int
take_groups(const struct aas_conf_where *w, config_setting_t *cs,
    const struct setting *st, struct aas_alerts *a)
{
	int max = st->kind == HOOKS ? AAS_ALERTS_HOOKS : AAS_ALERTS_EXECS;
	int n = 1;
	int one = config_setting_is_group(cs);
	int r = one ? AAS_OK : list_of(w, cs, st->name, max, &n);

	for (int i = 0; r == AAS_OK && i < n; i++) {
		const config_setting_t *el =
		    one ? cs : config_setting_get_elem(cs, (unsigned)i);

		r = st->kind == HOOKS
		    ? take_hook(w, el, &a->hooks[a->hooks_n++])
		    : take_exec(w, el, &a->execs[a->execs_n++]);
	}
	return r;
}

static int
put(const struct aas_conf_where *w, config_setting_t *cs,
    const struct setting *st, struct aas_alerts *a)
{
	char *dst = (char *)a + st->off;
	uint32_t seconds = 0;
	int r = AAS_ERR_INVAL;

	switch (st->kind) {
	case FLAG:
		if (config_setting_type(cs) != CONFIG_TYPE_BOOL)
			return aas_conf_complain(w,
			    config_setting_source_line(cs),
			    "%s must be true or false", st->name);
		*dst = config_setting_get_bool(cs) == CONFIG_TRUE;
		return AAS_OK;
	case DURATION:
	case DAYS:
		if ((r = put_seconds(w, cs, st, &seconds)) == AAS_OK)
			memcpy(dst, &seconds, sizeof(seconds));
		return r;
	case TEXT_URL:
		return put_url(w, cs, st->name, dst);
	case MAIL:
		if (!config_setting_is_group(cs))
			return aas_conf_complain(w,
			    config_setting_source_line(cs),
			    "mail must be a group, such as { to = [ "
			    "\"alerts@example.com\" ]; }");
		return take_mail(w, cs, a);
	case HOOKS:
	case EXECS:
		return take_groups(w, cs, st, a);
	case TYPES:
		return take_types(w, cs, a);
	}
	return r;
}

int
aas_alerts_take(const struct aas_conf_where *w, const config_setting_t *cs,
    struct aas_alerts *a)
{
	int r = AAS_OK;

	if (!config_setting_is_group(cs))
		return aas_conf_complain(w, config_setting_source_line(cs),
		    "alerts must be a group: alerts = { ... };");
	for (unsigned i = 0;
	     r == AAS_OK && i < (unsigned)config_setting_length(cs); i++) {
		config_setting_t *m = config_setting_get_elem(cs, i);
		const char *name = config_setting_name(m);
		size_t k = 0;

		while (k < SETTINGS_N && strcmp(settings[k].name, name) != 0)
			k++;
		r = k < SETTINGS_N ? put(w, m, &settings[k], a)
				   : aas_conf_unknown(w, m);
	}
	return r;
}
