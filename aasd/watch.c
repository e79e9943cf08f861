/*
 * aasd's part in the policy: when a file that it was made of changes, have
 * it built anew.
 *
 * 1. Nothing is parsed here: a process of its own does (aasctl policy build),
 *    and nobody waits for it.
 * 2. A broken file MUST NOT be tried again and again: at once when a file has
 *    changed, else ever more seldom.  A source that was out of reach, or a
 *    policy that is lost twice, MUST NOT wait for a change.
 * 3. A build that hangs MUST NOT be the last one.
 * 4. A policy.conf that is gone MUST NOT be a policy without its rules: an
 *    administrator says that.
 */
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/spawn.h"
#include "policy/policy.h"
#include "aasd/watch.h"
#include "tools/policy_origin.h"
#include "tools/raised.h"
#include "tools/told.h"

#define SETTLE_S  1  /* an editor writes, renames and removes */
#define POLL_S    60 /* where inotify(7) does not see it: a network's files */
#define BUILDER   AAS_BINDIR "/aasctl"
#define AGAIN_S   60 /* after a build that did not help; doubled each time */
#define AGAIN_MAX 3600
#define BUILD_S   600   /* it may wait for a name service that hangs */
#define FIRST_MS  60000 /* for a build before anything else */

static void
set_timer(struct aasd_watch *w, int first_s)
{
	const struct itimerspec when = { { POLL_S, 0 }, { first_s, 0 } };

	(void)timerfd_settime(w->timer, 0, &when, NULL);
}

static const char *const dirs[] = { AAS_SYSCONFDIR,
	AAS_SYSCONFDIR "/policy.conf.d", AAS_SYSCONFDIR "/attest" };
#define DIRS (sizeof(dirs) / sizeof(dirs[0]))

/* What a build that failed may have failed by, known to the old policy or not.
 */
static const char *const places[] = { AAS_SYSCONFDIR,
	AAS_SYSCONFDIR "/policy.conf.d", AAS_SYSCONFDIR "/attest",
	"/etc/group" };
#define PLACES (sizeof(places) / sizeof(places[0]))

/* Again and again: a directory may have come, or another under its name. */
static void
watch_dirs(struct aasd_watch *w)
{
	for (size_t i = 0; i < DIRS; i++)
		(void)inotify_add_watch(w->inotify, dirs[i],
		    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
			IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR);
}

int
aasd_watch_wanted(
    const char *bin, const char *const *at, size_t n, uint64_t *stamp)
{
	char path[PATH_MAX] = "";
	uint64_t seen = 0;
	int r = policy_origin_state(bin, path, &seen);

	/* A file that is new is none of the old policy's. */
	*stamp = policy_origin_stamp(at, n) + (r < 0 ? 0 : seen);
	return r != 0;
}

int
aasd_watch_due(struct aasd_watch *w, int want, uint64_t stamp, int64_t now_ms)
{
	int same = w->again_s != 0 && stamp == w->tried;

	if (!want) {
		w->again_s = 0;
		return 0;
	}
	if (same && now_ms < w->again_ms)
		return 0;
	w->again_s = !same               ? AGAIN_S
	    : w->again_s < AGAIN_MAX / 2 ? 2 * w->again_s
					 : AGAIN_MAX;
	w->again_ms = now_ms + (int64_t)w->again_s * 1000;
	w->tried = stamp;
	return 1;
}

int
aasd_watch_stuck(const struct aasd_watch *w, int64_t now_ms)
{
	return w->child.pid != -1 && now_ms >= w->until_ms;
}

static int
start(struct aas_child *child)
{
	static char name[] = "aasctl", policy[] = "policy", verb[] = "build",
		    keep[] = "--keep";
	char *const argv[] = { name, policy, verb, keep, NULL };
	int r = aas_spawn(BUILDER, argv, child);

	if (r != AAS_OK)
		aas_log(LOG_NOTICE, "event=policy-refused why=\"%s: %s\"",
		    BUILDER,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	return r;
}

/* To root, once for each state of the files: what no builder could tell. */
static void
tell(const struct aasd_watch *w, const char *why, const char *text)
{
	const struct aas_event e = { .type = AAS_EV_POLICY_REFUSED,
		.user = "root",
		.uid = 0,
		.why = why,
		.text = text };
	char fact[64];
	struct aas_now now;

	(void)snprintf(fact, sizeof(fact), "%s %" PRIx64, why, w->tried);
	if (aas_clock_boot(&now) == AAS_OK &&
	    aas_raised(w->d->statedir, &e, &now, fact) == AAS_OK &&
	    aasd_can_deliver())
		(void)aas_event_hand(w->d->statedir, w->d->libexecdir);
}

static void
build(struct aasd_watch *w)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = -1 };

	w->until_ms = aas_clock_ms() + (int64_t)BUILD_S * 1000;
	if (start(&w->child) == AAS_OK &&
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->child.pidfd, &ev) == 0)
		return;
	tell(w, "not-started",
	    "aasctl policy build could not be started: the old policy stays.");
	aas_child_end(&w->child, 0);
}

void
aasd_watch_first(void)
{
	struct aas_child child = AAS_CHILD_NONE;

	if (start(&child) == AAS_OK)
		aas_child_end(&child, FIRST_MS);
}

static void
look(struct aasd_watch *w)
{
	uint64_t stamp = 0;
	int want = 0;

	watch_dirs(w);
	if (w->child.pid != -1 && !aasd_watch_stuck(w, aas_clock_ms()))
		return;
	if (w->child.pid != -1) {
		aas_log(LOG_NOTICE,
		    "event=policy-refused why=\"%s: did not end in %d s\"",
		    BUILDER, BUILD_S);
		tell(w, "hangs",
		    "aasctl policy build did not end: the old policy stays. "
		    "Does a source wait for something?");
		aas_child_kill_group(&w->child);
		aas_child_end(&w->child, 0);
	}
	want = aasd_watch_wanted(NULL, places, PLACES, &stamp);
	if (aasd_watch_due(w, want, stamp, aas_clock_ms()))
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
aasd_watch_start(struct aasd_watch *w, const struct aasd *d)
{
	*w = (struct aasd_watch){ .extra = { -1, ready, w },
		.epoll = -1,
		.inotify = -1,
		.timer = -1,
		.child = AAS_CHILD_NONE,
		.d = d };
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
