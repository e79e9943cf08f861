#ifndef AAS_LIB_NOTIFY_TARGET_H
#define AAS_LIB_NOTIFY_TARGET_H

#include "lib/notify/channel.h"
#include "lib/notify/contacts.h"

#define AAS_TARGETS_MAX 48

/*
 * aas_targets_of(conf, a, c, v):
 * All places that the alert ${a} goes to, of the settings and of the user's
 * own ${c}, into ${v} of AAS_TARGETS_MAX; each once.  None for a type that
 * the settings leave out.  Returns how many.
 */
size_t aas_targets_of(const struct aas_alerts *conf, const struct aas_alert *a,
    const struct aas_contacts *c, struct aas_target *v);

/* aas_alert_wanted(conf, a): 1 if such an alert is told at all. */
int aas_alert_wanted(const struct aas_alerts *conf, const struct aas_alert *a);

#endif
