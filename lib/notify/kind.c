/*
 * The types of events: their names for people, and which of them no setting
 * takes away.
 *
 * What changes keys, records or how somebody gets in MUST always be told:
 * whoever can write aas.conf would otherwise begin with its types.
 */
#include <string.h>

#include "lib/notify/kind.h"

static const struct aas_alert_kind kinds[] = {
	{ "sign-in", "A sign-in", 0, 1 },
	{ "attempts", "Failed attempts to sign in", 0, 0 },
	{ "first-network", "A sign-in from a new network", 0, 1 },
	{ "session-ended", "A session has ended", 0, 0 },
	{ "key-added", "A security key was added", 1, 1 },
	{ "key-removed", "A security key was removed", 1, 1 },
	{ "key-suspended", "A security key was suspended", 1, 1 },
	{ "key-resumed", "A security key was resumed", 1, 1 },
	{ "counter", "A security key may have been copied", 1, 1 },
	{ "recovery-started", "A recovery was started", 1, 1 },
	{ "recovery-cancelled", "A recovery was cancelled", 1, 1 },
	{ "recovery-finished", "A recovery was finished", 1, 1 },
	{ "enrolled", "Security keys were enrolled", 1, 1 },
	{ "locked", "The account was locked", 1, 1 },
	{ "unlocked", "The account was unlocked", 1, 1 },
	{ "contacts", "The addresses for alerts were changed", 1, 1 },
	{ "record-broken", "The record of security keys is damaged", 1, 0 },
	{ "repinned", "The record of security keys was retired", 1, 1 },
	{ "exemption", "Somebody was let in by an exemption", 0, 1 },
	{ "break-glass", "Emergency access was used", 1, 1 },
	{ "policy-changed", "The policy was changed", 0, 0 },
	{ "policy-refused", "A policy was refused", 0, 0 },
	{ "attest-ending", "An attestation is about to end", 0, 0 },
	{ "keeper-down", "Sessions are not ended on time", 0, 0 },
	{ "lease", "A session was lent or extended", 0, 1 },
	{ "delivery-failing", "Alerts cannot be delivered", 1, 0 },
	{ "test", "A test: nothing has happened", 1, 0 },
	{ "recovery-keys", "The recovery keys were replaced", 1, 1 },
	{ "disabled", "The security keys were switched off", 1, 1 },
	{ "enabled", "The security keys were switched on", 1, 1 },
	{ "change-cancelled", "A change that waited was cancelled", 1, 1 },
	{ "alerts-damaged", "The file of earlier alerts was damaged", 1, 0 },
};
#define KINDS_N (sizeof(kinds) / sizeof(kinds[0]))

_Static_assert(KINDS_N <= AAS_ALERT_KINDS, "a bit each");

const struct aas_alert_kind *
aas_alert_kind(const char *name)
{
	for (size_t i = 0; i < KINDS_N; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

const struct aas_alert_kind *
aas_alert_kind_at(size_t i)
{
	return i < KINDS_N ? &kinds[i] : NULL;
}
