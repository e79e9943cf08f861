/*
 * Kinds of keys: make, and whether a key can be backed up.
 *
 * A list that takes no make MUST NOT read as no list.
 */
#include "lib/kinds.h"

#include <string.h>

#include "lib/put.h"

int
aas_kinds_make(const struct aas_kinds *k, const uint8_t aaguid[16])
{
	if (!k->listed)
		return 1;
	for (size_t i = 0; i < k->aaguids_n && i < AAS_KINDS_MAX; i++)
		if (memcmp(k->aaguids[i], aaguid, 16) == 0)
			return 1;
	return 0;
}

int
aas_kinds_take(
    const struct aas_kinds *k, const uint8_t aaguid[16], unsigned backup)
{
	if (k->device_bound && (backup & AAS_BE) != 0)
		return 0;
	return aas_kinds_make(k, aaguid);
}

void
aas_kinds_say(int device_bound, int listed, const char *rule, unsigned have,
    char *text, size_t cap)
{
	const char *what = !listed ? "security keys that cannot be backed up"
	    : !device_bound
	    ? "certain makes of security keys"
	    : "certain makes of security keys that cannot be backed up";

	(void)aas_format(text, cap,
	    "Only %s are taken here%s, and you have %s. Sign in where that is "
	    "not asked for and run \"aasctl keys add\" with such a key, or "
	    "ask your administrator.",
	    what, rule, have == 0 ? "none of them" : "too few of them");
}
