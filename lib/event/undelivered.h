#ifndef AAS_LIB_EVENT_UNDELIVERED_H
#define AAS_LIB_EVENT_UNDELIVERED_H

#include <stddef.h>
#include <stdint.h>

/*
 * Of whom alerts wait for a place that fails, or were given up: the file
 * <spool>/undelivered/<uid>, as many bytes long as there are such alerts, so
 * that a sign-in opens and reads nothing.  There is none of whom all has been
 * delivered.  aas-notify writes it at the end of each run.
 */
#define AAS_UNDELIVERED "undelivered"

/*
 * aas_undelivered(spooldir, uid):
 * How many; 0 also where it cannot be known.  One system call.  Only after
 * aas_spool_put(), which looked at the spool.
 */
size_t aas_undelivered(const char *spooldir, uint32_t uid);

#endif
