/*
 * aasd's part in sessions: each ends when its time is over.  Here is what it
 * waits for; what is due then is in aasd/keep_due.c, which lines of the
 * ledger go in aasd/keep_tick.c.
 *
 * 1. It MUST NOT sleep beyond what is due first.
 */
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/keep/end.h"
#include "lib/session/rundir.h"
#include "aasd/ended.h"
#include "aasd/ends.h"
#include "aasd/keep.h"
#include "aasd/keep_due.h"
#include "aasd/ledger.h"

#define AGAIN_MS 1000 /* what there was no memory for */
#define LOCK_MS  2000 /* who looks whether it is held has it a moment */
#define AFTER_MS 700  /* the session of who asked: after its others */

/* 0: not at all. */
static void
arm_at(struct aasd_keep *k, int64_t at_ms)
{
	struct itimerspec when = { { 0, 0 }, { 0, 0 } };

	when.it_value.tv_sec = at_ms / 1000;
	when.it_value.tv_nsec = at_ms % 1000 * 1000000;
	(void)timerfd_settime(k->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void
aasd_keep_arm(struct aasd_keep *k)
{
	const struct aas_kept *s = aas_book_first(&k->book);

	if (s == NULL || s->due_ms == INT64_MAX)
		arm_at(k, 0);
	else
		arm_at(k, s->due_ms > 0 ? s->due_ms : 1);
}

static void
read_events(struct aasd_keep *k)
{
	char buf[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = 0;

	while ((n = read(k->inotify, buf, sizeof(buf))) > 0) {
		for (const char *p = buf; p < buf + n;) {
			struct inotify_event e;

			memcpy(&e, p, sizeof(e));
			p += sizeof(e);
			if (e.mask & IN_Q_OVERFLOW)
				(void)aasd_ledger_load(k);
			else if (e.len > 0 &&
			    e.mask &
				(IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE)) {
				aasd_ledger_take(k, p);
				aasd_ledger_first(k, p);
			} else if (e.len > 0)
				aasd_ledger_miss(k, p);
			p += e.len;
		}
	}
}

static void
ready(void *arg)
{
	struct aasd_keep *k = arg;
	uint64_t times = 0;

	while (read(k->timer, &times, sizeof(times)) > 0)
		;
	aasd_managers_look(&k->managers);
	read_events(k);
	aasd_signout_read(k);
	aasd_leases_look(&k->leases, &k->book);
	aasd_hints_look(&k->hints, &k->book);
	if (aasd_keep_due(k) == 0) {
		aasd_hints_look(&k->hints, &k->book);
		aasd_keep_arm(k);
	} else {
		arm_at(k, aas_clock_ms() + AGAIN_MS);
	}
}

int
aasd_keep_look(struct aasd_keep *k)
{
	int64_t now_ms = aas_clock_ms();
	int r = AAS_OK;

	if (k->looked_ms != 0 && now_ms - k->looked_ms < AASD_KEEP_FRESH_MS)
		return AAS_OK;
	if ((r = aas_keep_scan(&k->procs, NULL, 0)) == AAS_OK)
		k->looked_ms = now_ms;
	else
		k->looked_ms = 0;
	k->cost_ms = aas_clock_ms() - now_ms;
	return r;
}

int
aasd_keep_look_since(struct aasd_keep *k, int64_t since_ms)
{
	if (k->looked_ms <= since_ms &&
	    aas_clock_ms() - k->looked_ms >= AAS_END_REST * k->cost_ms)
		k->looked_ms = 0;
	return aasd_keep_look(k);
}

void
aasd_keep_end(struct aasd_keep *k, struct aas_kept *s, const char *by, int last)
{
	int64_t now_ms = aas_clock_ms();

	if (s->why != AAS_KEEP_GOES_ON)
		return;
	(void)snprintf(s->by, sizeof(s->by), "%s", by);
	aasd_ledger_note_end(k, s);
	aasd_ends_begin(s, AAS_KEEP_ASKED, last ? now_ms + AFTER_MS : now_ms);
	aas_book_due(&k->book, s, now_ms);
	aasd_keep_arm(k);
}

void
aasd_keep_extend(
    struct aasd_keep *k, struct aas_kept *s, int64_t now_ms, int64_t session_ms)
{
	s->extended_ms = session_ms;
	s->t.session_ms = session_ms;
	s->t.told_ms = 0;
	aasd_ledger_note_extend(k, s, now_ms);
	aas_book_due(&k->book, s, now_ms);
	aasd_keep_arm(k);
}

static int
add(struct aasd_keep *k, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return fd != -1 && epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static int
open_all(struct aasd_keep *k, const char *rundir)
{
	char path[PATH_MAX];
	int r = aas_rundir_open(rundir, "sessions", &k->dirfd);

	if (r != AAS_OK)
		return r;
	if ((r = aas_fs_lock(
		 k->dirfd, AAS_LEDGER_LOCK, 1, LOCK_MS, &k->lock)) != AAS_OK)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", k->dirfd);
	k->epoll = aas_fs_high(epoll_create1(EPOLL_CLOEXEC));
	k->managers.epoll = k->hints.epoll = k->epoll;
	k->inotify = aas_fs_high(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	k->timer = aas_fs_high(
	    timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
	if (k->epoll == -1 || !add(k, k->timer) || !add(k, k->inotify) ||
	    inotify_add_watch(k->inotify, path,
		IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE |
		    IN_ONLYDIR) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

int
aasd_keep_start(struct aasd_keep *k, const char *rundir, const char *statedir)
{
	struct aas_now now;
	int r;

	*k = (struct aasd_keep){ .extra = { -1, ready, k },
		.epoll = -1,
		.inotify = -1,
		.timer = -1,
		.dirfd = -1,
		.ended = -1,
		.lock = -1,
		.out = { .inotify = -1, .watch = -1 } };
	aasd_managers_init(&k->managers, -1);
	aasd_leases_init(&k->leases);
	aasd_hints_init(&k->hints, -1);
	if ((r = aas_clock_boot(&now)) == AAS_OK)
		r = open_all(k, rundir);
	if (r == AAS_OK)
		r = aasd_leases_open(&k->leases, rundir, k->epoll);
	if (r == AAS_OK) {
		/* Without it sessions end all the same. */
		(void)aas_rundir_open(rundir, AASD_ENDED_DIR, &k->ended);
		aasd_signout_start(k, rundir, statedir);
		aas_hex_format(now.boot_id, sizeof(now.boot_id), k->boot);
		r = aasd_ledger_load(k);
	}
	if (r != AAS_OK) {
		aasd_keep_stop(k);
		return r;
	}
	k->extra.fd = k->epoll;
	aasd_keep_arm(k);
	return AAS_OK;
}

void
aasd_keep_leave(struct aasd_keep *k)
{
	aasd_managers_leave(&k->managers);
	aas_close(&k->out.inotify);
	aasd_hints_leave(&k->hints);
	aasd_leases_leave(&k->leases);
	aas_close(&k->timer);
	aas_close(&k->inotify);
	aas_close(&k->epoll);
	aas_close(&k->lock);
	aas_close(&k->ended);
	aas_close(&k->dirfd);
	k->extra.fd = -1;
}

void
aasd_keep_stop(struct aasd_keep *k)
{
	aasd_managers_free(&k->managers);
	aasd_leases_close(&k->leases);
	aasd_hints_free(&k->hints);
	aas_book_free(&k->book);
	aas_keep_procs_free(&k->procs);
	aasd_keep_leave(k);
}
