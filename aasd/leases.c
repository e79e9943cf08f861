/*
 * Leases and the sessions that run on them.
 *
 * 1. A session MUST NOT outlive its lease: what cannot be read is no lease.
 */
#include <sys/epoll.h>
#include <sys/inotify.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/session/lease.h"
#include "lib/session/rundir.h"
#include "aasd/leases.h"

#define SYSTEMCTL "/usr/bin/systemctl"
#define CHILD_MS  20000 /* one that hangs does not hold up the rest */

void
aasd_leases_init(struct aasd_leases *ls)
{
	memset(ls, 0, sizeof(*ls));
	ls->epoll = ls->dirfd = ls->inotify = -1;
	aasd_ctl_init(&ls->ctl);
}

int
aasd_leases_open(struct aasd_leases *ls, const char *rundir, int epoll)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = -1 };
	char path[64];
	int r = aas_rundir_open(rundir, AAS_LEASE_DIR, &ls->dirfd);

	if (r != AAS_OK)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ls->dirfd);
	ls->epoll = epoll;
	ls->inotify = aas_fs_high(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	if (ls->inotify == -1 ||
	    inotify_add_watch(ls->inotify, path,
		IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
		    IN_ONLYDIR) == -1 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, ls->inotify, &ev) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

void
aasd_leases_leave(struct aasd_leases *ls)
{
	aasd_ctl_leave(&ls->ctl);
	aas_close(&ls->inotify);
	aas_close(&ls->dirfd);
}

void
aasd_leases_close(struct aasd_leases *ls)
{
	aasd_ctl_stop(&ls->ctl);
	aasd_leases_leave(ls);
	free(ls->units);
	ls->units = NULL;
	ls->n = ls->cap = 0;
}

void
aasd_leases_apply(struct aasd_leases *ls, struct aas_kept *s)
{
	struct aas_lease l;
	struct aas_now now;

	if (s->l.lease_ms == 0)
		return;
	if (aas_clock_boot(&now) == AAS_OK &&
	    aas_lease_read(ls->dirfd, s->l.uid, &l) == AAS_OK &&
	    aas_lease_lives(&l, &now))
		aas_book_lease(s, l.until_ms);
	else if (s->lease_ms > aas_clock_ms())
		aas_book_lease(s, aas_clock_ms());
}

/* All of the account's, or of all. */
static void
apply_to(struct aasd_leases *ls, struct aas_book *b, uint32_t uid, int all)
{
	struct aas_kept **v = calloc(b->n + 1, sizeof(struct aas_kept *));
	size_t n = 0;

	/* Who is due moves up in the heap: those to be looked at come first. */
	for (size_t i = 0; v != NULL && i < b->n; i++) {
		if (b->heap[i]->l.lease_ms != 0 &&
		    (all || b->heap[i]->l.uid == uid))
			v[n++] = b->heap[i];
	}
	for (size_t i = 0; i < n; i++) {
		aasd_leases_apply(ls, v[i]);
		if (v[i]->why == AAS_KEEP_GOES_ON)
			aas_book_due(b, v[i], 0);
	}
	free(v);
}

static void
take(struct aasd_leases *ls, struct aas_book *b, const char *name)
{
	char *end = NULL;
	unsigned long uid = strtoul(name, &end, 10);

	if (name[0] >= '0' && name[0] <= '9' && *end == '\0' &&
	    uid <= UINT32_MAX)
		apply_to(ls, b, (uint32_t)uid, 0);
}

static void
read_events(struct aasd_leases *ls, struct aas_book *b)
{
	char buf[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = 0;

	while ((n = read(ls->inotify, buf, sizeof(buf))) > 0) {
		for (const char *p = buf; p < buf + n;) {
			struct inotify_event e;

			memcpy(&e, p, sizeof(e));
			p += sizeof(e);
			if (e.mask & IN_Q_OVERFLOW)
				apply_to(ls, b, 0, 1);
			else if (e.len > 0)
				take(ls, b, p);
			p += e.len;
		}
	}
}

/* --- units ---------------------------------------------------------------- */

static void
not_stopped(const char *unit, size_t n, const char *why)
{
	aas_log(LOG_WARNING,
	    "event=units-not-stopped count=%zu first=%s why=\"%s\"", n, unit,
	    why);
}

static void
forget(struct aasd_leases *ls, size_t n)
{
	ls->n -= n;
	memmove(ls->units, ls->units + n, ls->n * sizeof(*ls->units));
}

/* As many of those that wait as one systemctl is told of. */
static void
start(struct aasd_leases *ls)
{
	char name[] = "systemctl", verb[] = "stop", wait[] = "--no-block";
	char last[] = "--";
	char *argv[AASD_LEASES_UNITS + 5] = { name, verb, wait, last };
	size_t n = ls->n < AASD_LEASES_UNITS ? ls->n : AASD_LEASES_UNITS;
	int r;

	if (n == 0 || ls->ctl.child.pid != -1)
		return;
	for (size_t i = 0; i < n; i++)
		argv[i + 4] = ls->units[i];
	r = aasd_ctl_run(&ls->ctl, ls->epoll, SYSTEMCTL, argv, CHILD_MS, 0);
	if (r != AAS_OK) {
		not_stopped(ls->units[0], n, aas_strerror(r));
		forget(ls, n);
		return;
	}
	ls->told = n;
}

/* The last one has ended, or was killed as it hung: the others' turn. */
static void
look(struct aasd_leases *ls)
{
	enum aasd_ctl_state is = aasd_ctl_look(&ls->ctl);

	if (is == AASD_CTL_LATE)
		not_stopped(ls->units[0], ls->told, "systemctl hangs");
	if (is == AASD_CTL_LATE || is == AASD_CTL_ENDED)
		forget(ls, ls->told);
	start(ls);
}

static int
has(const struct aasd_leases *ls, const char *unit)
{
	for (size_t i = 0; i < ls->n; i++) {
		if (strcmp(ls->units[i], unit) == 0)
			return 1;
	}
	return 0;
}

static int
add(struct aasd_leases *ls, const char unit[AAS_CGROUP_UNIT])
{
	size_t cap = ls->cap == 0 ? AASD_LEASES_UNITS : 2 * ls->cap;
	char(*v)[AAS_CGROUP_UNIT] = NULL;

	if (ls->n == ls->cap) {
		if ((v = reallocarray(ls->units, cap, sizeof(*v))) == NULL)
			return AAS_ERR_NOMEM;
		ls->units = v;
		ls->cap = cap;
	}
	memcpy(ls->units[ls->n++], unit, AAS_CGROUP_UNIT);
	return AAS_OK;
}

void
aasd_leases_stop(struct aasd_leases *ls, const struct aas_kept *s)
{
	char unit[AAS_CGROUP_UNIT];

	if (s->l.group[0] == '\0' || access(AASD_CTL_BOOTED, F_OK) == -1 ||
	    aas_cgroup_unit(s->l.group, unit) != AAS_OK || has(ls, unit))
		return;
	if (add(ls, unit) != AAS_OK)
		not_stopped(unit, 1, aas_strerror(AAS_ERR_NOMEM));
	look(ls);
}

void
aasd_leases_look(struct aasd_leases *ls, struct aas_book *b)
{
	read_events(ls, b);
	look(ls);
}
