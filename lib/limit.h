#ifndef AAS_LIB_LIMIT_H
#define AAS_LIB_LIMIT_H

#include <sys/resource.h>

/*
 * aas_limit(what, max): no more than ${max} of RLIMIT_${what}, for good.  What
 * is lower already stays: an ordinary user cannot raise it.
 * Returns 0, AAS_ERR_SYS.  Source: setrlimit(2).
 */
int aas_limit(int what, rlim_t max);

#endif
