#ifndef AAS_LIB_CONF_VALUES_H
#define AAS_LIB_CONF_VALUES_H

#include "lib/conf/conf.h"
#include "lib/conf/read.h"

/*
 * aas_conf_take(w, cs, conf):
 * One setting of the file into its field, of the struct aas_conf ${conf}; for
 * aas_conf_each().  Returns 0, AAS_ERR_FORMAT, AAS_ERR_NOMEM.
 */
int aas_conf_take(
    const struct aas_conf_where *w, config_setting_t *cs, void *conf);

#endif
