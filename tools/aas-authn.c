/*
 * aas-authn: one ceremony for the program at the other end of descriptor 0
 * (docs/protocol.md).  Not for people; not set-user-id.
 */
#include "lib/ceremony/ceremony.h"
#include "lib/ceremony/main.h"
#include "tools/ceremony_settings.h"

int
main(void)
{
	return aas_ceremony_main(0, aas_ceremony_settings);
}
