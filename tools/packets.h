#ifndef AAS_TOOLS_PACKETS_H
#define AAS_TOOLS_PACKETS_H

#include <jansson.h>

/*
 * aas_packets_send(fd, s): the text ${s}, from json_dumps(), and an LF, in as
 * many packets as that takes; ${s} is taken.  Returns 0, AAS_ERR_SYS;
 * AAS_ERR_NOMEM: ${s} is NULL.
 */
int aas_packets_send(int fd, char *s);

#endif
