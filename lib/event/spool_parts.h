#ifndef AAS_LIB_EVENT_SPOOL_PARTS_H
#define AAS_LIB_EVENT_SPOOL_PARTS_H

#include <stddef.h>

/*
 * aas_spool_put_reserve(spooldir, line, len): for lib/event/spool.c alone: the
 * line into a free slot of the reserve.
 * Returns 0; AAS_ERR_AGAIN (none is free), AAS_ERR_TOOBIG, AAS_ERR_NOTFOUND,
 * AAS_ERR_FORMAT (it is not whole), AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_spool_put_reserve(const char *spooldir, const char *line, size_t len);

#endif
