/*
 * Sessions that aasd has ended, told to their users.
 *
 * 1. A note MUST stay until its event is kept, and go before the next start of
 *    the machine does away with it: who is killed between the two tells it
 *    again, under the same id.
 * 2. However many end at once, the front MUST come back to who asks it.
 */
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "lib/session/ledger.h"
#include "lib/session/rundir.h"
#include "aasd/ended.h"
#include "tools/raised.h"
#include "tools/told.h"

#define AT_ONCE  16 /* each waits for the disk */
#define SOON_NS  1000000
#define AGAIN_S  30    /* after what could not be kept */
#define GIVEN_UP 86400 /* seconds */

static const char *
sentence(const char *why)
{
	static const struct {
		const char *why, *text;
	} all[] = {
		{ "limit", "Its time was over: sign in again to go on." },
		{ "idle", "Nobody had typed in it for as long as may be." },
		{ "asked", "Somebody ended it (aasctl end)." },
		{ "lease", "The lease that it ran on has ended." },
		{ "enrolled",
		    "Security keys were enrolled: sessions of "
		    "before have ended." },
		{ "recovered",
		    "The account was recovered: sessions of before "
		    "have ended." },
		{ "locked", "The account was locked." },
		{ "key-gone",
		    "The key that opened it does not count any "
		    "more." },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i].why, why) == 0)
			return all[i].text;
	}
	return NULL;
}

/* When the note was made. */
static int
noted_at(const struct stat *st, struct aas_now *now)
{
	int64_t ago_s = 0;

	if (aas_clock_boot(now) != AAS_OK)
		return -1;
	if (st->st_mtim.tv_sec < now->real_s)
		ago_s = now->real_s - st->st_mtim.tv_sec;
	if (ago_s * 1000 > now->boottime_ms)
		ago_s = now->boottime_ms / 1000;
	now->real_s -= ago_s;
	now->boottime_ms -= ago_s * 1000;
	return 0;
}

/* "<id>.<why>.<by>", taken apart in place. */
static int
take_apart(char *name, const char **why, const char **by)
{
	uint8_t raw[(AAS_LEDGER_ID - 1) / 2];
	char *dot = strchr(name, '.');
	char *next = dot != NULL ? strchr(dot + 1, '.') : NULL;

	if (next == NULL)
		return AAS_ERR_FORMAT;
	*dot = *next = '\0';
	*why = dot + 1;
	*by = next + 1;
	return aas_hex_parse(name, raw, sizeof(raw));
}

/* Returns 0: it is kept, or is no note; else it is to be tried again. */
static int
tell(const struct aasd_ended *n, const char *file, const struct stat *st)
{
	struct aas_event e = { .type = AAS_EV_SESSION_ENDED };
	char name[NAME_MAX + 1], text[AAS_LEDGER_MAX], fact[64];
	const char *by = "";
	struct aas_now now;
	json_t *line = NULL;
	ssize_t len = readlinkat(n->dir, file, text, sizeof(text) - 1);
	int r = AAS_ERR_SYS;

	if (len <= 0 || !S_ISLNK(st->st_mode))
		return AAS_OK;
	text[len] = '\0';
	(void)snprintf(name, sizeof(name), "%s", file);
	if (take_apart(name, &e.why, &by) != AAS_OK ||
	    aas_raised_line(text, &line, &e) != AAS_OK)
		return AAS_OK;
	if (by[0] != '\0' && strcmp(by, "-") != 0 && strcmp(by, e.user) != 0)
		e.by = by;
	e.session = name;
	e.text = sentence(e.why);
	(void)snprintf(fact, sizeof(fact), "%.32s %.16s",
	    json_string_length(json_object_get(line, "boot")) > 0
		? json_string_value(json_object_get(line, "boot"))
		: "",
	    name);
	if (noted_at(st, &now) == 0)
		r = aas_raised(n->d->statedir, &e, &now, fact);
	json_decref(line);
	return r;
}

static void
wake_in(const struct aasd_ended *n, time_t s, long ns)
{
	const struct itimerspec when = { { 0, 0 }, { s, ns } };

	(void)timerfd_settime(n->timer, 0, &when, NULL);
}

/* One note: 1 if it is to be tried again. */
static int
see_to(const struct aasd_ended *n, const char *name)
{
	struct stat st;
	int r;

	if (fstatat(n->dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	r = tell(n, name, &st);
	if (r != AAS_OK)
		aas_log(LOG_ERR,
		    "event=not-kept type=session-ended id=%.16s: %s", name,
		    aas_strerror(r));
	if (r != AAS_OK && time(NULL) - st.st_mtim.tv_sec < GIVEN_UP)
		return 1;
	(void)unlinkat(n->dir, name, 0);
	return 0;
}

static void
see_to_all(const struct aasd_ended *n)
{
	const struct dirent *e = NULL;
	DIR *d = NULL;
	int fd = openat(n->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int seen = 0, failed = 0;

	if (fd == -1 || (d = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		wake_in(n, AGAIN_S, 0);
		return;
	}
	while (seen < AT_ONCE && failed == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		seen++;
		failed = see_to(n, e->d_name);
	}
	(void)closedir(d);
	if (failed)
		wake_in(n, AGAIN_S, 0);
	else if (seen == AT_ONCE)
		wake_in(n, 0, SOON_NS);
	if (seen > failed && aasd_can_deliver())
		(void)aas_event_hand(n->d->statedir, n->d->libexecdir);
}

static void
ready(void *arg)
{
	const struct aasd_ended *n = arg;
	char buf[4096];

	while (read(n->inotify, buf, sizeof(buf)) > 0)
		;
	while (read(n->timer, buf, sizeof(uint64_t)) > 0)
		;
	see_to_all(n);
}

static int
add(const struct aasd_ended *n, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return fd != -1 && epoll_ctl(n->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

void
aasd_ended_start(struct aasd_ended *n, const struct aasd *d)
{
	char path[PATH_MAX];
	int r;

	*n = (struct aasd_ended){ { -1, ready, n }, -1, -1, -1, -1, d };
	r = aas_rundir_open(d->rundir, AASD_ENDED_DIR, &n->dir);
	if (r == AAS_OK) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", n->dir);
		n->epoll = aas_fs_high(epoll_create1(EPOLL_CLOEXEC));
		n->inotify =
		    aas_fs_high(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
		n->timer = aas_fs_high(
		    timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
		if (n->epoll == -1 || !add(n, n->inotify) ||
		    !add(n, n->timer) ||
		    inotify_add_watch(
			n->inotify, path, IN_CREATE | IN_ONLYDIR) == -1)
			r = AAS_ERR_SYS;
	}
	if (r != AAS_OK) {
		aas_log(LOG_WARNING, "event=ends-not-told why=\"%s\"",
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
		aasd_ended_stop(n);
		return;
	}
	n->extra.fd = n->epoll;
	wake_in(n, 0, SOON_NS); /* what came while there was no front */
}

void
aasd_ended_stop(struct aasd_ended *n)
{
	aas_close(&n->timer);
	aas_close(&n->inotify);
	aas_close(&n->epoll);
	aas_close(&n->dir);
	n->extra.fd = -1;
}
