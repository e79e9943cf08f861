/*
 * softkey: say one command to softkeyd and print its reply.
 * Exit status: 0 done, 1 softkeyd refused, 2 usage or no softkeyd.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/rig/softkeyd.h"

static int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
main(int argc, char **argv)
{
	const char *path = SOFTKEY_SOCKET;
	char text[SOFTKEY_LINE * 2 + 1];
	size_t n = 0;
	ssize_t got;
	int fd, i = 1;

	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		path = argv[2];
		i = 3;
	}
	if (i >= argc) {
		(void)fprintf(
		    stderr, "usage: softkey [-s socket] command ...\n");
		return 2;
	}
	for (; i < argc; i++)
		n += (size_t)snprintf(text + n,
		    n < SOFTKEY_LINE ? SOFTKEY_LINE - n : 0, "%s%s", argv[i],
		    i + 1 < argc ? " " : "\n");
	if (n >= SOFTKEY_LINE) {
		(void)fprintf(stderr, "softkey: too long\n");
		return 2;
	}
	if ((fd = dial(path)) == -1 || write(fd, text, n) != (ssize_t)n) {
		(void)fprintf(
		    stderr, "softkey: %s: %s\n", path, strerror(errno));
		return 2;
	}
	n = 0;
	while (n < sizeof(text) - 1 &&
	    (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	(void)close(fd);
	if (strncmp(text, "ok", 2) == 0 || text[0] == '{') {
		(void)fputs(text, stdout);
		return 0;
	}
	(void)fputs(text, stderr);
	return 1;
}
