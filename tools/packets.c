/*
 * Answers of the programs that aasd starts: one line, over a socket of packets.
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tools/packets.h"

#define PACKET ((size_t)60 * 1024)

int
aas_packets_send(int fd, char *s)
{
	const char *p = s;
	size_t left = 0;

	if (s == NULL)
		return AAS_ERR_NOMEM;
	left = strlen(s);
	s[left++] = '\n'; /* over its NUL */
	while (left > 0) {
		size_t n = left > PACKET ? PACKET : left;

		if (send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
			break;
		p += n;
		left -= n;
	}
	free(s);
	return left == 0 ? AAS_OK : AAS_ERR_SYS;
}
