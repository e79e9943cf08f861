/*
 * The keeper: the process of aasd that ends sessions, and sees to the other
 * one, the front.
 *
 * 1. It MUST NOT wait for anything: no name service, no log, no front.  Names
 *    are those of the ledger, and what the front has resolved.
 * 2. A front that has ended, or that says nothing, MUST be replaced, and MUST
 *    NOT cost more than a start now and then.
 * 3. What is due comes before who asks: one request between two looks at the
 *    clock.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "aasd/front.h"
#include "aasd/keep.h"
#include "aasd/keeper.h"
#include "aasd/link.h"
#include "aasd/logged.h"
#include "aasd/sessions.h"

#define TICK_MS      30000
#define START_MS     90000 /* a front may have to build the policy first */
#define SILENT_MS    15000 /* it hangs, by what it does not say */
#define GOOD_MS      60000 /* one that lived this long begins anew at once */
#define AGAIN_MAX_MS 30000
#define END_MS       2000 /* to end by itself */

struct front {
	pid_t pid; /* -1: none */
	int pidfd;
	int link;
	int64_t began_ms, until_ms; /* it has to say something until then */
	int64_t again_ms;           /* when the next may begin */
	int64_t pause_ms;           /* how long that was put off */
};

struct keeper {
	const struct aasd_keeper_opts *o;
	struct aasd_keep keep;
	int kept; /* the ledger is read */
	struct front front;
	int64_t tick_ms;
	char text[AASD_ASK_MAX];
};

/* --- the front ------------------------------------------------------------ */

/* Where memory is short the keeper is to stay. */
static void
die_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd != -1)
		(void)!write(fd, "300", 3);
	aas_close(&fd);
}

/* In the child: nothing of the keeper's stays open. */
static void
be_front(struct keeper *k, int link, pid_t parent)
{
	const struct aasd_front f = { .policy = k->o->policy,
		.rundir = k->o->rundir,
		.listener = k->o->listener,
		.stop = k->o->stop,
		.link = link };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	(void)prctl(PR_SET_NAME, "aasd-front", 0, 0, 0);
	die_first();
	aasd_logged_stop();
	(void)close(k->o->lock);
	if (k->kept)
		aasd_keep_leave(&k->keep);
	_exit(aasd_front(&f));
}

static int
start_front(struct keeper *k, int64_t now_ms)
{
	struct front *f = &k->front;
	pid_t me = getpid();
	int pair[2] = { -1, -1 };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return AAS_ERR_SYS;
	pair[0] = aas_fs_high(pair[0]);
	pair[1] = aas_fs_high(pair[1]);
	f->pid = pair[0] != -1 && pair[1] != -1 ? fork() : -1;
	if (f->pid == 0) {
		aas_close(&pair[0]);
		be_front(k, pair[1], me);
	}
	aas_close(&pair[1]);
	if (f->pid != -1)
		f->pidfd = aas_fs_high((int)syscall(SYS_pidfd_open, f->pid, 0));
	if (f->pid != -1 && f->pidfd == -1) {
		(void)kill(f->pid, SIGKILL);
		(void)waitpid(f->pid, NULL, 0);
		f->pid = -1;
	}
	if (f->pid == -1) {
		aas_close(&pair[0]);
		return AAS_ERR_SYS;
	}
	f->link = pair[0];
	f->began_ms = now_ms;
	f->until_ms = now_ms + START_MS;
	return AAS_OK;
}

static void
put_off(struct front *f, int64_t now_ms)
{
	if (now_ms - f->began_ms >= GOOD_MS)
		f->pause_ms = 0;
	f->again_ms = now_ms + f->pause_ms;
	f->pause_ms = f->pause_ms == 0       ? 500
	    : f->pause_ms < AGAIN_MAX_MS / 2 ? 2 * f->pause_ms
					     : AGAIN_MAX_MS;
}

/* It has ended, or was killed: its exit status; -1: by a signal. */
static int
reap_front(struct keeper *k, int64_t now_ms)
{
	struct front *f = &k->front;
	int status = 0;

	aas_close(&f->link);
	aas_close(&f->pidfd);
	if (waitpid(f->pid, &status, 0) == -1)
		status = -1;
	f->pid = -1;
	put_off(f, now_ms);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
kill_front(const struct front *f)
{
	(void)syscall(SYS_pidfd_send_signal, f->pidfd, SIGKILL, NULL, 0);
}

/* It sees that the link is closed. */
static void
end_front(struct keeper *k)
{
	struct front *f = &k->front;
	struct pollfd p = { .fd = f->pidfd, .events = POLLIN };

	if (f->pid == -1)
		return;
	aas_close(&f->link);
	if (poll(&p, 1, END_MS) <= 0)
		kill_front(f);
	(void)reap_front(k, aasd_link_ms());
}

/* --- requests ------------------------------------------------------------- */

static void
answer(struct keeper *k, const struct aasd_ask *ask, size_t len)
{
	char *out = NULL;
	size_t n = 0;

	if (aasd_sessions_answer(k->kept ? &k->keep : NULL, ask, k->text, len,
		&out, &n) != AAS_OK ||
	    aasd_link_answer(k->front.link, ask->serial, out, n) != AAS_OK)
		aas_log(LOG_WARNING, "event=answer-lost");
	free(out);
}

static void
take_one(struct keeper *k, int64_t now_ms)
{
	struct aasd_ask ask;
	size_t len = 0;
	int r = aasd_link_take(k->front.link, &ask, k->text, &len);

	if (r == AAS_OK || r == AAS_ERR_FORMAT)
		k->front.until_ms = now_ms + SILENT_MS;
	if (r == AAS_OK && ask.serial != 0)
		answer(k, &ask, len);
	if (r != AAS_OK && r != AAS_ERR_AGAIN)
		kill_front(&k->front);
}

/* --- the loop ------------------------------------------------------------- */

/* Without the ledger sessions have no end but what systemd gives them. */
static void
start_keep(struct keeper *k)
{
	int r = aasd_keep_start(&k->keep, k->o->rundir, k->o->statedir);

	/* Nothing ends before the first wake-up. */
	k->keep.codex_ms = k->o->codex_ms;
	k->kept = r == AAS_OK;
	if (!k->kept)
		aas_log(LOG_ERR, "event=sessions-not-kept why=\"%s\"",
		    aas_strerror(r));
}

static int
time_left(const struct keeper *k, int64_t now_ms)
{
	int64_t next = k->tick_ms;
	int64_t of_front =
	    k->front.pid != -1 ? k->front.until_ms : k->front.again_ms;

	if (of_front < next)
		next = of_front;
	return next <= now_ms ? 0 : (int)(next - now_ms) + 1;
}

static int
see_to_front(struct keeper *k, int ended, int64_t now_ms)
{
	struct front *f = &k->front;
	int status = 0;

	if (ended) {
		status = reap_front(k, now_ms);
		if (status == AASD_FRONT_ELSEWHERE)
			return AAS_ERR_AGAIN;
		aas_log(LOG_WARNING,
		    "event=front-ended status=%d: another one begins in %lld "
		    "ms",
		    status, (long long)(f->again_ms - now_ms));
	} else if (f->pid != -1 && now_ms >= f->until_ms) {
		aas_log(LOG_WARNING,
		    "event=front-hangs: it is replaced; sessions end all the "
		    "same");
		f->until_ms = now_ms + SILENT_MS;
		kill_front(f);
	}
	if (f->pid == -1 && now_ms >= f->again_ms &&
	    start_front(k, now_ms) != AAS_OK) {
		aas_log(LOG_ERR, "event=no-front why=\"%s\"", strerror(errno));
		f->began_ms = now_ms;
		put_off(f, now_ms);
	}
	return AAS_OK;
}

static int
turn(struct keeper *k, struct pollfd p[4])
{
	int64_t now_ms = aasd_link_ms();
	int r = AAS_OK;

	if (k->kept && p[1].revents != 0)
		k->keep.extra.ready(k->keep.extra.arg);
	if (k->front.pid != -1 && p[2].revents & POLLIN)
		take_one(k, now_ms);
	if ((r = see_to_front(k, p[3].revents != 0, now_ms)) != AAS_OK)
		return r;
	if (now_ms >= k->tick_ms) {
		if (!k->kept)
			start_keep(k);
		else
			aasd_keep_tick(&k->keep);
		k->tick_ms = now_ms + TICK_MS;
	}
	return AAS_OK;
}

int
aasd_keeper(const struct aasd_keeper_opts *o)
{
	struct keeper *k = calloc(1, sizeof(*k));
	struct pollfd p[4];
	int r = AAS_ERR_NOMEM;

	if (k == NULL)
		return r;
	k->o = o;
	k->front = (struct front){ .pid = -1, .pidfd = -1, .link = -1 };
	aasd_logged_start();
	for (r = AAS_OK; r == AAS_OK;) {
		memset(p, 0, sizeof(p));
		p[0].fd = o->stop;
		p[1].fd = k->kept ? k->keep.extra.fd : -1;
		p[2].fd = k->front.link;
		p[3].fd = k->front.pidfd;
		for (size_t i = 0; i < 4; i++)
			p[i].events = POLLIN;
		if (poll(p, 4, time_left(k, aasd_link_ms())) == -1 &&
		    errno != EINTR) {
			r = AAS_ERR_SYS;
			break;
		}
		if (p[0].revents != 0)
			break;
		r = turn(k, p);
	}
	end_front(k);
	if (k->kept)
		aasd_keep_stop(&k->keep);
	aasd_logged_stop();
	free(k);
	return r;
}
