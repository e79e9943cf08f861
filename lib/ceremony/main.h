#ifndef AAS_LIB_CEREMONY_MAIN_H
#define AAS_LIB_CEREMONY_MAIN_H

#include "lib/ceremony/ceremony.h"

/*
 * aas_ceremony_main(flags, read):
 * What aas-authn and aas-unlock do first: forget environment, umask,
 * arguments and every descriptor but 0, which must be a SOCK_SEQPACKET
 * socket; dump no core; then aas_ceremony_run(0, flags, uid, read).
 * Returns the exit status: 0 a verdict was sent, 1 not.
 */
int aas_ceremony_main(unsigned flags, aas_cer_settings_fn *read);

#endif
