#ifndef AAS_LIB_NOTIFY_KIND_H
#define AAS_LIB_NOTIFY_KIND_H

#include <stddef.h>

/* What a notifier knows of a type of event; docs/events.md has the table. */
struct aas_alert_kind {
	const char *name; /* "sign-in" */
	const char *what; /* for a person: "a sign-in" */
	int always;       /* 1: told whatever the settings say */
	int mine;         /* 1: "if this was not you" makes sense */
};

/* aas_alert_kind(name): NULL if there is none of that name. */
const struct aas_alert_kind *aas_alert_kind(const char *name);

/* aas_alert_kind_at(i): the ${i}-th of them; NULL behind the last. */
const struct aas_alert_kind *aas_alert_kind_at(size_t i);
#define AAS_ALERT_KINDS 32 /* no more than these: a bit each */

#endif
