/*
 * The client's side of aasd's socket.
 */
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "tools/aasd.h"
#include "tools/client.h"

#define WAIT_S 30
#define STEP   16384

static int
open_socket(const char *rundir, int *sock)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval tv = { WAIT_S, 0 };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int r = AAS_ERR_SYS;
	int fd = -1;

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/aasd.sock",
		rundir) >= (int)sizeof(sun.sun_path))
		return AAS_ERR_TOOBIG;
	fd = aas_fs_high(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (fd == -1)
		return AAS_ERR_SYS;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == -1)
		goto out;
	r = AAS_ERR_AGAIN;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1)
		goto out;
	r = AAS_ERR_PERMS;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 ||
	    (cred.uid != 0 && cred.uid != geteuid()))
		goto out;
	*sock = fd;
	fd = -1;
	r = AAS_OK;
out:
	aas_close(&fd);
	return r;
}

static int
send_all(int sock, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(sock, p, len, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == EAGAIN ? AAS_ERR_TIMEOUT
					       : AAS_ERR_AGAIN;
		p += n;
		len -= (size_t)n;
	}
	return AAS_OK;
}

static int
recv_all(int sock, char **text, size_t *len)
{
	char *p = NULL;
	char *bigger = NULL;
	size_t n = 0;
	ssize_t got = 0;

	for (;;) {
		if (n >= AASD_ANSWER_MAX ||
		    (bigger = realloc(p, n + STEP)) == NULL) {
			free(p);
			return n >= AASD_ANSWER_MAX ? AAS_ERR_TOOBIG
						    : AAS_ERR_NOMEM;
		}
		p = bigger;
		got = recv(sock, p + n, STEP, 0);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (got == -1 && errno == EAGAIN) {
		free(p);
		return AAS_ERR_TIMEOUT;
	}
	*text = p;
	*len = n;
	return n > 0 ? AAS_OK : AAS_ERR_AGAIN; /* it ended meanwhile */
}

int
aas_client_call(const char *rundir, json_t *rq, json_t **rep)
{
	char *text = NULL;
	char *in = NULL;
	json_t *obj = NULL;
	size_t len = 0;
	int sock = -1;
	int r = AAS_ERR_NOMEM;

	if (rq != NULL)
		text = json_dumps(rq, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (text == NULL)
		goto out;
	if ((r = open_socket(rundir, &sock)) != AAS_OK ||
	    (r = send_all(sock, text, strlen(text))) != AAS_OK ||
	    (r = send_all(sock, "\n", 1)) != AAS_OK ||
	    (r = recv_all(sock, &in, &len)) != AAS_OK)
		goto out;
	r = AAS_ERR_FORMAT;
	obj = json_loadb(in, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_boolean(json_object_get(obj, "ok")))
		goto out;
	*rep = obj;
	obj = NULL;
	r = AAS_OK;
out:
	json_decref(obj);
	json_decref(rq);
	free(text);
	free(in);
	aas_close(&sock);
	return r;
}
