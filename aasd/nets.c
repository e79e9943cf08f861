/*
 * Which session is the first from its network.
 *
 * 1. The front does it: it may wait for a disk, which the keeper must not.
 * 2. No sign-in waits for it, and none depends on it.
 */
#include <sys/inotify.h>
#include <sys/stat.h>

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
#include "lib/keep/nets.h"
#include "lib/log.h"
#include "lib/session/ledger.h"
#include "lib/session/rundir.h"
#include "aasd/nets.h"
#include "tools/raised.h"
#include "tools/told.h"

/* A session, by its line. */
struct session {
	char id[AAS_LEDGER_ID];
	char text[AAS_LEDGER_MAX], user[AAS_NET_TEXT], rhost[AAS_NET_TEXT];
	struct aas_ledger_line l;
	struct aas_now now;
};

/* To the user.  The id of the session makes the fact one. */
static void
tell(const struct aasd_nets *n, const struct session *s)
{
	struct aas_event e = { .type = AAS_EV_FIRST_NETWORK };
	char shown[3 * AAS_NET_TEXT], net[AAS_NET_TEXT], said[400], fact[64];
	json_t *line = NULL;
	int r = aas_raised_line(s->text, &line, &e);

	if (aas_net_of(s->rhost, net) == AAS_OK) {
		(void)snprintf(said, sizeof(said),
		    "Nobody had signed in to this account from %.300s before.",
		    aas_printable(shown, sizeof(shown), net));
		e.text = said;
	}
	(void)snprintf(fact, sizeof(fact), "%s %s", s->l.boot, s->id);
	if (r == AAS_OK)
		r = aas_raised(n->d->statedir, &e, &s->now, fact);
	if (r != AAS_OK)
		aas_log(LOG_ERR, "event=not-kept type=first-network id=%s: %s",
		    s->id, aas_strerror(r));
	else if (aasd_can_deliver())
		(void)aas_event_hand(n->d->statedir, n->d->libexecdir);
	json_decref(line);
}

/*
 * The event, the log, and a note for the keeper, in this order: with the note
 * all is done, and a line that is closed, or seen by the next front, is not
 * told again.
 */
static void
note(const struct aasd_nets *n, const struct session *s)
{
	char name[AAS_LEDGER_ID + sizeof(AAS_LEDGER_FIRST)];
	char shown[64], user[3 * AAS_NET_TEXT];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s" AAS_LEDGER_FIRST, s->id);
	if (fstatat(n->lines, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	tell(n, s);
	aas_log(LOG_NOTICE, "event=first-network id=%s user=%s from=%s", s->id,
	    aas_printable(user, sizeof(user), s->user),
	    aas_printable(shown, sizeof(shown), s->rhost));
	if (symlinkat("-", n->lines, name) == -1 && errno != EEXIST)
		aas_log(LOG_WARNING, "event=ledger-note line=%s why=\"%s\"",
		    name, strerror(errno));
}

/* after_ms: older ones are left alone.  1: it was looked up. */
static int
look(const struct aasd_nets *n, const char *name, int64_t after_ms)
{
	enum aas_nets_first first = AAS_NETS_UNKNOWN;
	struct session s;

	/* Also one that is over by now: it came from there all the same. */
	if (strlen(name) < sizeof(s.id) - 1 ||
	    aas_ledger_read(n->lines, name, &s.l, s.text) != AAS_OK ||
	    s.l.origin != AAS_ORIGIN_REMOTE || s.l.boottime_ms < after_ms ||
	    aas_ledger_text(s.text, "user", s.user, sizeof(s.user)) != AAS_OK ||
	    aas_ledger_text(s.text, "rhost", s.rhost, sizeof(s.rhost)) !=
		AAS_OK ||
	    aas_clock_boot(&s.now) != AAS_OK)
		return 0;
	memcpy(s.id, name, sizeof(s.id) - 1);
	s.id[sizeof(s.id) - 1] = '\0';
	(void)aas_nets_seen(
	    n->dir, s.l.uid, s.user, s.rhost, s.id, s.now.real_s, &first);
	if (first == AAS_NETS_FIRST)
		note(n, &s);
	return 1;
}

static void
ready(void *arg)
{
	const struct aasd_nets *n = arg;
	char buf[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got = read(n->extra.fd, buf, sizeof(buf));

	for (const char *p = buf; got > 0 && p < buf + got;) {
		struct inotify_event e;

		memcpy(&e, p, sizeof(e));
		p += sizeof(e);
		if (e.len > 0)
			(void)look(n, p, 0);
		p += e.len;
	}
}

/* What came while there was no front. */
static void
catch_up(const struct aasd_nets *n)
{
	const struct dirent *e = NULL;
	DIR *d = NULL;
	struct aas_now now;
	int left = AASD_NETS_MAX;
	int fd = openat(n->lines, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || aas_clock_boot(&now) != AAS_OK ||
	    (d = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return;
	}
	while (left > 0 && (e = readdir(d)) != NULL)
		left -= look(n, e->d_name, now.boottime_ms - AASD_NETS_OLD_MS);
	(void)closedir(d);
}

void
aasd_nets_start(struct aasd_nets *n, const struct aasd *d)
{
	char path[PATH_MAX];
	int r;

	*n = (struct aasd_nets){ { -1, ready, n }, -1, -1, d };
	if ((r = aas_nets_open(d->statedir, &n->dir)) == AAS_OK)
		r = aas_rundir_open(d->rundir, "sessions", &n->lines);
	if (r == AAS_OK) {
		(void)snprintf(
		    path, sizeof(path), "/proc/self/fd/%d", n->lines);
		n->extra.fd =
		    aas_fs_high(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
		if (n->extra.fd == -1 ||
		    inotify_add_watch(n->extra.fd, path,
			IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) == -1)
			r = AAS_ERR_SYS;
	}
	if (r == AAS_OK) {
		catch_up(n);
		return;
	}
	aas_log(LOG_WARNING, "event=networks-not-kept why=\"%s\"",
	    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	aasd_nets_stop(n);
}

void
aasd_nets_stop(struct aasd_nets *n)
{
	aas_close(&n->extra.fd);
	aas_close(&n->lines);
	aas_close(&n->dir);
}
