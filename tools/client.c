/*
 * The client's side of aasd's socket.
 */
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "tools/client.h"

#define WAIT_MS  30000
#define SLICE_MS 200
#define STEP     16384

struct call {
	int sock;
	int64_t until_ms;
	aas_client_go_on *go_on; /* NULL: nobody gives up sooner */
	void *arg;
};

/* Nothing has come for a while, or a signal has. */
static int
still(const struct call *c)
{
	if (c->go_on != NULL && !c->go_on(c->arg))
		return AAS_ERR_CANCELED;
	return aas_clock_ms() < c->until_ms ? AAS_OK : AAS_ERR_TIMEOUT;
}

static int
wait_for(const struct call *c, short events)
{
	struct pollfd p = { c->sock, events, 0 };
	int r = AAS_OK, n = 0;

	for (;;) {
		n = poll(&p, 1, SLICE_MS);
		if (n > 0)
			return AAS_OK;
		if (n == -1 && errno != EINTR)
			return AAS_ERR_SYS;
		if ((r = still(c)) != AAS_OK)
			return r;
	}
}

/* Where many wait to be heard, the kernel lets them in in their order. */
static int
connect_to(const struct call *c, const struct sockaddr_un *sun)
{
	int r = AAS_OK;

	while (connect(c->sock, (const struct sockaddr *)sun, sizeof(*sun)) ==
	    -1) {
		if (errno != EAGAIN && errno != EINTR)
			return AAS_ERR_AGAIN;
		if ((r = still(c)) != AAS_OK)
			return r == AAS_ERR_TIMEOUT ? AAS_ERR_AGAIN : r;
	}
	return AAS_OK;
}

static int
open_socket(const char *rundir, struct call *c)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval tv = { 1, 0 };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int r = AAS_ERR_SYS;

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/aasd.sock",
		rundir) >= (int)sizeof(sun.sun_path))
		return AAS_ERR_TOOBIG;
	c->sock = aas_fs_high(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (c->sock == -1)
		return AAS_ERR_SYS;
	if (c->go_on == NULL)
		tv.tv_sec = WAIT_MS / 1000;
	if (setsockopt(c->sock, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == -1)
		return AAS_ERR_SYS;
	if ((r = connect_to(c, &sun)) != AAS_OK)
		return r;
	if (getsockopt(c->sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 ||
	    (cred.uid != 0 && cred.uid != geteuid()))
		return AAS_ERR_PERMS;
	return AAS_OK;
}

static int
send_all(const struct call *c, const char *p, size_t len)
{
	int r = AAS_OK;

	while (len > 0) {
		ssize_t n = send(c->sock, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
			if ((r = wait_for(c, POLLOUT)) != AAS_OK)
				return r;
			continue;
		}
		if (n <= 0)
			return AAS_ERR_AGAIN;
		p += n;
		len -= (size_t)n;
	}
	return AAS_OK;
}

static int
recv_all(const struct call *c, char **text, size_t *len)
{
	char *p = NULL, *bigger = NULL;
	size_t n = 0;
	ssize_t got = 1;
	int r = AAS_OK;

	while (got > 0) {
		if (n >= AASD_ANSWER_MAX ||
		    (bigger = realloc(p, n + STEP)) == NULL) {
			r = n >= AASD_ANSWER_MAX ? AAS_ERR_TOOBIG
						 : AAS_ERR_NOMEM;
			goto out;
		}
		p = bigger;
		while ((got = recv(c->sock, p + n, STEP, MSG_DONTWAIT)) == -1 &&
		    (errno == EAGAIN || errno == EINTR)) {
			if ((r = wait_for(c, POLLIN)) != AAS_OK)
				goto out;
		}
		if (got > 0)
			n += (size_t)got;
	}
	if (n == 0) {
		r = AAS_ERR_AGAIN; /* it ended meanwhile */
		goto out;
	}
	*text = p;
	*len = n;
	return AAS_OK;
out:
	free(p);
	return r;
}

int
aas_client_call_while(const char *rundir, json_t *rq, json_t **rep,
    aas_client_go_on *go_on, void *arg)
{
	struct call c = { -1, aas_clock_ms() + WAIT_MS, go_on, arg };
	char *text = NULL;
	char *in = NULL;
	json_t *obj = NULL;
	size_t len = 0;
	int r = AAS_ERR_NOMEM;

	if (rq != NULL)
		text = json_dumps(rq, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (text == NULL)
		goto out;
	if ((r = open_socket(rundir, &c)) != AAS_OK ||
	    (r = send_all(&c, text, strlen(text))) != AAS_OK ||
	    (r = send_all(&c, "\n", 1)) != AAS_OK ||
	    (r = recv_all(&c, &in, &len)) != AAS_OK)
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
	aas_close(&c.sock);
	return r;
}

int
aas_client_call(const char *rundir, json_t *rq, json_t **rep)
{
	return aas_client_call_while(rundir, rq, rep, NULL, NULL);
}
