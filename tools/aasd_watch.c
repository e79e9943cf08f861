/*
 * aasd's part in the policy: when a file that it was made of changes, have
 * it built anew.
 *
 * 1. Nothing is parsed here: a process of its own does (aasctl policy build),
 *    and nobody waits for it.
 * 2. A broken file MUST be tried once, not for ever: again only when a file
 *    has changed.
 */
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/spawn.h"
#include "policy/policy.h"
#include "tools/aasd_watch.h"
#include "tools/policy_origin.h"

#define SETTLE_S  1  /* an editor writes, renames and removes */
#define POLL_S    60 /* where inotify(7) does not see it: a network's files */
#define BUILDER   AAS_BINDIR "/aasctl"
#define STAMP_NIL 1 /* there is no policy, or a damaged one */

static void
set_timer(struct aasd_watch *w, int first_s)
{
	const struct itimerspec when = { { POLL_S, 0 }, { first_s, 0 } };

	(void)timerfd_settime(w->timer, 0, &when, NULL);
}

/* Again and again: a directory may have come, or another under its name. */
static void
watch_dirs(struct aasd_watch *w)
{
	static const char *const dirs[] = { AAS_SYSCONFDIR,
		AAS_SYSCONFDIR "/policy.conf.d", AAS_SYSCONFDIR "/attest" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		(void)inotify_add_watch(w->inotify, dirs[i],
		    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
			IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR);
}

/* 1: build; 0: all is as it was; also how to know this state again. */
static int
wanted(uint64_t *stamp)
{
	struct aas_policy *p = NULL;
	char path[PATH_MAX] = "";
	int r = aas_policy_open(NULL, &p);

	*stamp = STAMP_NIL;
	if (r == AAS_OK)
		r = policy_origin_changed(p, path, stamp);
	aas_policy_free(&p);
	return r != 0;
}

static void
build(struct aasd_watch *w)
{
	static char name[] = "aasctl", policy[] = "policy", verb[] = "build";
	char *const argv[] = { name, policy, verb, NULL };
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = -1 };
	int r = aas_spawn(BUILDER, argv, &w->child);

	if (r == AAS_OK &&
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->child.pidfd, &ev) == 0)
		return;
	aas_log(LOG_NOTICE, "event=policy-refused why=\"%s: %s\"", BUILDER,
	    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	aas_child_end(&w->child, 0);
}

static void
look(struct aasd_watch *w)
{
	uint64_t stamp = 0;

	watch_dirs(w);
	if (w->child.pid != -1 || !wanted(&stamp) || stamp == w->tried)
		return;
	w->tried = stamp;
	build(w);
}

/* Is it readable?  It is then read empty. */
static int
drain(int fd)
{
	char buf[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	int some = 0;

	while (read(fd, buf, sizeof(buf)) > 0)
		some = 1;
	return some;
}

static void
ready(void *arg)
{
	struct aasd_watch *w = arg;
	struct epoll_event ev[4];
	int n = epoll_wait(w->epoll, ev, 4, 0);

	if (n <= 0)
		return;
	if (drain(w->inotify))
		set_timer(w, SETTLE_S);
	if (drain(w->timer))
		look(w);
	for (int i = 0; i < n; i++) {
		if (w->child.pid == -1 || ev[i].data.fd != -1)
			continue;
		/* It has ended; look at what came meanwhile. */
		aas_child_end(&w->child, 0);
		set_timer(w, SETTLE_S);
	}
}

static int
add(struct aasd_watch *w, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return fd != -1 && epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

void
aasd_watch_start(struct aasd_watch *w)
{
	*w = (struct aasd_watch){ { -1, ready, w }, -1, -1, -1, 0,
		AAS_CHILD_NONE };
	w->epoll = aas_fs_high(epoll_create1(EPOLL_CLOEXEC));
	w->inotify = aas_fs_high(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	w->timer = aas_fs_high(
	    timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
	if (w->epoll == -1 || !add(w, w->timer) || !add(w, w->inotify)) {
		aas_log(LOG_WARNING,
		    "aasd: changes of the policy are not watched: %s",
		    strerror(errno));
		aasd_watch_stop(w);
		return;
	}
	w->extra.fd = w->epoll;
	watch_dirs(w);
	set_timer(w, SETTLE_S);
}

void
aasd_watch_stop(struct aasd_watch *w)
{
	aas_child_end(&w->child, 1000);
	aas_close(&w->timer);
	aas_close(&w->inotify);
	aas_close(&w->epoll);
	w->extra.fd = -1;
}
