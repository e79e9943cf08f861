#ifndef AAS_LIB_CONF_ALERTS_TAKE_H
#define AAS_LIB_CONF_ALERTS_TAKE_H

#include "lib/conf/alerts_conf.h"
#include "lib/conf/read.h"

/*
 * aas_alerts_take(w, cs, a):
 * The setting "alerts" into ${a}, which holds the defaults.  Returns 0,
 * AAS_ERR_FORMAT with the error told.
 */
int aas_alerts_take(const struct aas_conf_where *w, const config_setting_t *cs,
    struct aas_alerts *a);

#endif
