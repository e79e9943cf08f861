/*
 * libconfig's syntax to one setting after the other, and what is wrong with
 * one to a line.
 *
 * libconfig MUST see only what aas_conf_guard() accepted.
 */
#include <stdarg.h>
#include <stdio.h>

#include "lib/conf/conf.h"
#include "lib/conf/read.h"
#include "lib/err.h"
#include "lib/log.h"

int
aas_conf_complain(
    const struct aas_conf_where *w, unsigned line, const char *fmt, ...)
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
aas_conf_each(const struct aas_conf_where *w, const char *text,
    int (*take)(
	const struct aas_conf_where *w, config_setting_t *cs, void *arg),
    void *arg)
{
	config_t cfg;
	config_setting_t *root = NULL;
	int n = 0;
	int r = AAS_OK;

	config_init(&cfg);
	if (config_read_string(&cfg, text) != CONFIG_TRUE) {
		r = aas_conf_complain(w, (unsigned)config_error_line(&cfg),
		    "%s",
		    config_error_text(&cfg) != NULL ? config_error_text(&cfg)
						    : "syntax error");
		goto out;
	}
	root = config_root_setting(&cfg);
	n = config_setting_length(root);
	for (int i = 0; i < n && r == AAS_OK; i++)
		r = take(w, config_setting_get_elem(root, (unsigned)i), arg);
out:
	config_destroy(&cfg);
	return r;
}

int
aas_conf_unknown(const struct aas_conf_where *w, const config_setting_t *cs)
{
	char shown[128];

	return aas_conf_complain(w, config_setting_source_line(cs),
	    "unknown setting \"%s\"",
	    aas_printable(shown, sizeof(shown), config_setting_name(cs)));
}

const char *
aas_conf_text(const struct aas_conf_where *w, const config_setting_t *cs,
    const char *name)
{
	const char *s = NULL;

	if (config_setting_type(cs) == CONFIG_TYPE_STRING)
		s = config_setting_get_string(cs);
	if (s == NULL)
		(void)aas_conf_complain(w, config_setting_source_line(cs),
		    "%s must be text in double quotes", name);
	return s;
}

int
aas_conf_no_name(const struct aas_conf_where *w, unsigned line,
    const char *name, const char *s)
{
	char shown[128];

	return aas_conf_complain(w, line, "%s: \"%s\" is not a name", name,
	    aas_printable(shown, sizeof(shown), s));
}
