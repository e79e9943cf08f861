#ifndef AAS_TOOLS_CEREMONY_SETTINGS_H
#define AAS_TOOLS_CEREMONY_SETTINGS_H

#include "lib/ceremony/ceremony.h"

/*
 * aas_ceremony_settings(path, set):
 * The aas_cer_settings_fn of the installed helpers: aas_policy_open().
 */
aas_cer_settings_fn aas_ceremony_settings;

#endif
