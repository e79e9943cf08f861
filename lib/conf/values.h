#ifndef AAS_LIB_CONF_VALUES_H
#define AAS_LIB_CONF_VALUES_H

#include <libconfig.h>

#include "lib/conf/conf.h"

/* Where errors are told; inside the folder only. */
struct aas_conf_where {
	const char *name;
	char *err; /* AAS_CONF_ERR bytes */
};

/*
 * aas_conf_complain(w, line, fmt, ...):
 * "NAME:LINE: ..." into w->err; without the line if it is 0.  Returns
 * AAS_ERR_FORMAT.
 */
int aas_conf_complain(const struct aas_conf_where *w, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * aas_conf_take(w, cs, conf):
 * One setting of the file into its field.  Returns 0, AAS_ERR_FORMAT,
 * AAS_ERR_NOMEM.
 */
int aas_conf_take(const struct aas_conf_where *w, config_setting_t *cs,
    struct aas_conf *conf);

#endif
