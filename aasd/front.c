/*
 * The front of aasd: connections, records, entries that wait, the policy.
 *
 * 1. It asks the host for users and groups, and a directory may hang: nothing
 *    here MUST be needed for a session to end.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/session/reauth.h"
#include "policy/policy.h"
#include "aasd/aasd.h"
#include "aasd/alerts.h"
#include "aasd/begun.h"
#include "aasd/ended.h"
#include "aasd/front.h"
#include "aasd/lease.h"
#include "aasd/link.h"
#include "aasd/nets.h"
#include "aasd/watch.h"

#define FD_MAX  4096   /* more than aasd ever has open */
#define HELD_MS 120000 /* for all entries that wait */

/* That attestations are about to end: it parses what is no business of ours. */
#define REMIND_MS 3600000
#define REMINDER  AAS_BINDIR "/aasctl"

/*
 * Entries that wait, by a process of its own: each asks the host for its user,
 * and those who ask us something are not to wait for that.
 */
struct aasd_held {
	struct aasd_extra extra; /* its pidfd */
	pid_t pid;               /* -1: none */
	int64_t until_ms;
	int64_t remind_ms; /* when it looks at attestations, too */
};

static void
held_ended(void *arg)
{
	struct aasd_held *h = arg;

	(void)waitpid(h->pid, NULL, 0);
	h->pid = -1;
	aas_close(&h->extra.fd);
}

/*
 * The listener and those who are connected: what bears our name.  Who asked is
 * to see the end of the connection when the front closes it.
 */
static void
leave_clients(void)
{
	for (int fd = STDERR_FILENO + 1; fd < FD_MAX; fd++) {
		struct sockaddr_un a = { .sun_family = AF_UNSPEC };
		socklen_t len = sizeof(a);

		if (getsockname(fd, (void *)&a, &len) == 0 &&
		    a.sun_family == AF_UNIX && len > sizeof(a.sun_family) &&
		    a.sun_path[0] == '/')
			(void)close(fd);
	}
}

/* In a child: its place is taken. */
static void
run_remind(void)
{
	static char name[] = "aasctl", what[] = "attest", verb[] = "remind";
	char *const argv[] = { name, what, verb, NULL };
	char *const none[] = { NULL };
	sigset_t all;

	(void)sigemptyset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)execve(REMINDER, argv, none);
}

static void
see_to_held(struct aasd *d)
{
	struct aasd_held *h = d->held;
	int64_t now_ms = aasd_link_ms();
	int remind = now_ms >= h->remind_ms;

	if (h->pid != -1) {
		if (now_ms >= h->until_ms)
			(void)kill(h->pid, SIGKILL);
		return;
	}
	h->until_ms = now_ms + HELD_MS;
	if ((h->pid = fork()) == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		(void)prctl(PR_SET_NAME, "aasd-held", 0, 0, 0);
		aas_close(&d->link->fd);
		leave_clients();
		aasd_held_tick(d);
		if (remind)
			run_remind();
		_exit(0);
	}
	if (h->pid == -1)
		return;
	if (remind)
		h->remind_ms = now_ms + REMIND_MS;
	h->extra.fd = aas_fs_high((int)syscall(SYS_pidfd_open, h->pid, 0));
	if (h->extra.fd == -1) {
		(void)kill(h->pid, SIGKILL);
		held_ended(h);
	}
}

static void
tick(struct aasd *d)
{
	struct aas_now now;

	see_to_held(d);
	aasd_clock_tick(d);
	aasd_alerts_tick(d);
	if (aas_clock_boot(&now) == AAS_OK)
		(void)aas_reauth_sweep(d->rundir, &now);
	aasd_lease_tick(d);
}

static int
open_policy(const char *file, struct aas_policy **policy)
{
	int r = aas_policy_open(file, policy);

	/* Of the usual one: everybody is refused until it can be used. */
	if (r != AAS_OK && file == NULL) {
		aasd_watch_first();
		r = aas_policy_open(file, policy);
	}
	if (r != AAS_OK)
		aas_log(LOG_ERR, "aasd: compiled policy: %s", aas_strerror(r));
	return r;
}

static int
serve(const struct aasd_front *f, struct aasd *d)
{
	struct aasd_watch watch;
	struct aasd_nets nets;
	struct aasd_ended ended;
	int r = AAS_ERR_SYS;

	if ((r = aas_store_open(d->statedir, 1, &d->store)) != AAS_OK)
		return r;
	if (f->policy == NULL) {
		aasd_watch_start(&watch, d);
		d->extra[0] = &watch.extra;
	}
	aasd_nets_start(&nets, d);
	d->extra[2] = &nets.extra;
	aasd_ended_start(&ended, d);
	d->extra[3] = &ended.extra;
	r = aasd_serve(d, f->listener, f->stop, tick);
	aasd_ended_stop(&ended);
	aasd_nets_stop(&nets);
	if (d->extra[0] != NULL)
		aasd_watch_stop(&watch);
	aas_store_close(&d->store);
	return r;
}

int
aasd_front(const struct aasd_front *f)
{
	struct aasd_link link = { .fd = f->link };
	struct aasd_held held = { { -1, held_ended, &held }, -1, 0, 0 };
	struct aasd d = { .link = &link,
		.held = &held,
		.policy = f->policy,
		.extra = { NULL, &held.extra } };
	struct aas_policy *policy = NULL;
	int r = open_policy(f->policy, &policy);

	if (r == AAS_OK) {
		d.policy = f->policy;
		d.statedir = aas_policy_statedir(policy);
		d.libexecdir = aas_policy_libexecdir(policy);
		d.rundir = aas_policy_rundir(policy);
		if (strcmp(d.rundir, f->rundir) != 0) {
			aas_policy_free(&policy);
			aas_close(&link.fd);
			return AASD_FRONT_ELSEWHERE;
		}
		if ((r = serve(f, &d)) != AAS_OK)
			aas_log(LOG_ERR, "aasd: %s%s%s", aas_strerror(r),
			    r == AAS_ERR_SYS ? ": " : "",
			    r == AAS_ERR_SYS ? strerror(errno) : "");
	}
	aasd_begun_end(&d);
	aas_policy_free(&policy);
	aas_close(&link.fd);
	return r == AAS_OK ? 0 : 1;
}
