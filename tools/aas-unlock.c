/*
 * aas-unlock: the ceremony for a screen locker, which runs as the user.
 * Installed set-group-id aas, so that it can read the user's record.
 *
 * 1. It MUST serve the real uid alone: the sign-in, and the record's state.
 * 2. It MUST tell its caller nothing but the answer.
 */
#include "lib/ceremony/ceremony.h"
#include "lib/ceremony/main.h"
#include "tools/ceremony_settings.h"

int
main(void)
{
	return aas_ceremony_main(AAS_CER_UNLOCK, aas_ceremony_settings);
}
