#ifndef AAS_LIB_CONF_READ_H
#define AAS_LIB_CONF_READ_H

#include <libconfig.h>

/* What the readers of files in libconfig's syntax share; the folder only. */

/* Where errors are told. */
struct aas_conf_where {
	const char *name; /* of the file */
	char *err;        /* AAS_CONF_ERR bytes */
};

/*
 * aas_conf_complain(w, line, fmt, ...):
 * "NAME:LINE: ..." into w->err; without the line if it is 0.  Returns
 * AAS_ERR_FORMAT.
 */
int aas_conf_complain(const struct aas_conf_where *w, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * aas_conf_each(w, text, take, arg):
 * Read ${text}, which aas_conf_guard() accepted, and hand each of its settings
 * to ${take}, until one returns other than 0.  Returns that, or
 * AAS_ERR_FORMAT.
 */
int aas_conf_each(const struct aas_conf_where *w, const char *text,
    int (*take)(
	const struct aas_conf_where *w, config_setting_t *cs, void *arg),
    void *arg);

/* aas_conf_unknown(w, cs): nobody knows this setting; AAS_ERR_FORMAT. */
int aas_conf_unknown(
    const struct aas_conf_where *w, const config_setting_t *cs);

/* aas_conf_text(w, cs, name): the text that it is; NULL, with the error told.
 */
const char *aas_conf_text(const struct aas_conf_where *w,
    const config_setting_t *cs, const char *name);

/* aas_conf_no_name(w, line, name, s): ${s} is no name; AAS_ERR_FORMAT. */
int aas_conf_no_name(const struct aas_conf_where *w, unsigned line,
    const char *name, const char *s);

#endif
