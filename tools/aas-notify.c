/*
 * aas-notify(8): numbers events and delivers them.
 *
 * 1. Whoever starts it MUST NOT wait: with --detach it forks itself first.
 * 2. Two MUST NOT drain at once, and no event MUST be left behind between one
 *    that ends and one that found it busy: who has let go of the lock looks
 *    once more.
 * 3. It MUST end: a minute after its time at the latest.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <linux/capability.h>

#include "lib/assertion.h"
#include "lib/cgroup.h"
#include "lib/clock.h"
#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/event/duty.h"
#include "lib/event/spool.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/notify/drain.h"

#define WHOLE_MS  300000
#define GRACE_S   60
#define EX_TEMP   75
#define FILES_MAX ((rlim_t)1024)
#define STACK_MAX ((rlim_t)8 << 20)

/* Source: ioprio_set(2); libc has no names for them. */
#define IOPRIO_OF_PROCESS 1
#define IOPRIO_BY_NICE    0

struct opts {
	const char *config, *state, *spool;
	int detach, all, verbose;
};

static int
usage(void)
{
	(void)fputs("usage: aas-notify [--detach] [--all] [--verbose] "
		    "[--config FILE] [--state DIR] [--spool DIR]\n",
	    stderr);
	return 2;
}

static int
parse(int argc, char **argv, struct opts *o)
{
	static const struct option longs[] = {
		{ "detach", no_argument, NULL, 'd' },
		{ "all", no_argument, NULL, 'a' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "config", required_argument, NULL, 'c' },
		{ "state", required_argument, NULL, 's' },
		{ "spool", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int ch = 0;

	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch == 'd')
			o->detach = 1;
		else if (ch == 'a')
			o->all = 1;
		else if (ch == 'v')
			o->verbose = 1;
		else if (ch == 'c')
			o->config = optarg;
		else if (ch == 's')
			o->state = optarg;
		else if (ch == 'p')
			o->spool = optarg;
		else
			return AAS_ERR_INVAL;
	}
	return optind == argc ? AAS_OK : AAS_ERR_INVAL;
}

static void
to_stderr(int priority, const char *line)
{
	(void)priority;
	(void)fprintf(stderr, "aas-notify: %s\n", line);
}

/* --- the process ---------------------------------------------------------- */

/* sudo starts it with the caller's real ids: all of them become root's. */
static int
become_root(void)
{
	if (geteuid() != 0)
		return AAS_OK;
	return setgroups(0, NULL) == 0 && setresgid(0, 0, 0) == 0 &&
		setresuid(0, 0, 0) == 0
	    ? AAS_OK
	    : AAS_ERR_SYS;
}

/* Up, where we may; else as far as we may. */
static void
limit(int what, rlim_t max)
{
	struct rlimit rl = { .rlim_cur = max, .rlim_max = max };

	if (setrlimit((__rlimit_resource_t)what, &rl) == 0 ||
	    getrlimit((__rlimit_resource_t)what, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max < max ? rl.rlim_max : max;
	(void)setrlimit((__rlimit_resource_t)what, &rl);
}

/*
 * Limits, ranks and control group of whoever started it: su has those of a
 * user, which are to make no other user's alerts late or lost.
 */
static void
unbind(void)
{
	static const struct sched_param sp = { .sched_priority = 0 };
	cpu_set_t all;
	int fd = -1;

	if (geteuid() != 0)
		return;
	limit(RLIMIT_NOFILE, FILES_MAX);
	limit(RLIMIT_STACK, STACK_MAX);
	limit(RLIMIT_CPU, RLIM_INFINITY);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	limit(RLIMIT_AS, RLIM_INFINITY);
	limit(RLIMIT_DATA, RLIM_INFINITY);
	limit(RLIMIT_NPROC, RLIM_INFINITY);
	(void)sched_setscheduler(0, SCHED_OTHER, &sp);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, IOPRIO_OF_PROCESS, 0, IOPRIO_BY_NICE);
	memset(&all, 0xff, sizeof(all));
	(void)sched_setaffinity(0, sizeof(all), &all);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd != -1 && write(fd, "0", 1) != 1)
		aas_log(LOG_DEBUG, "event=alert-oom-score-kept");
	aas_close(&fd);
	/* Before any lock: who owns the group could freeze it with us. */
	(void)aas_cgroup_leave();
}

/* Whatever the starter's host had: nothing of it is to matter. */
static int
clean(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int fd = -1;

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
	/* A write over the limit of a file is an error, not the end. */
	(void)sigaction(SIGXFSZ, &sa, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)umask(077);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	unbind();
	if (clearenv() != 0 || chdir("/") == -1)
		return AAS_ERR_SYS;
	/* 0 to 2 exist, so that no file of ours becomes one of them. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd != AAS_DUTY_FD)
		aas_close(&fd);
	(void)fcntl(AAS_DUTY_FD, F_SETFD, FD_CLOEXEC);
	return syscall(SYS_close_range, AAS_DUTY_FD + 1, ~0U, 0) == 0
	    ? AAS_OK
	    : AAS_ERR_SYS;
}

/* 1: we are the one who goes on; 0: we have started it; -1: no. */
static int
detach(void)
{
	pid_t pid = fork();
	int fd = -1;

	if (pid != 0)
		return pid > 0 ? 0 : -1;
	if (setsid() == -1 || (fd = open("/dev/null", O_RDWR)) == -1)
		return -1;
	for (int i = 0; i <= 2; i++)
		if (dup2(fd, i) == -1)
			return -1;
	aas_close(&fd);
	return 1;
}

/* --- the work ------------------------------------------------------------- */

/* What it cannot read makes nobody deaf: what needs no setting is told. */
static const struct aas_alerts *
settings(const struct opts *o, struct aas_conf **conf, int *partial)
{
	static struct aas_alerts plain;
	char err[AAS_CONF_ERR];
	int r = aas_conf_load(
	    o->config != NULL ? o->config : AAS_CONF_PATH, 0, conf, err);

	if (r == AAS_OK)
		return &(*conf)->alerts;
	aas_alerts_defaults(&plain);
	if (r != AAS_ERR_NOTFOUND) {
		aas_log(LOG_ERR, "event=alerts-sent-by-defaults: %s", err);
		*partial = 1;
	}
	return &plain;
}

/* 1 if something came since ${before}, or was done. */
static int
is_other(const struct aas_drain *d, const struct stat *before)
{
	struct stat now;

	return d->progress || fstat(d->sp.new, &now) == -1 ||
	    now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

/* Whoever finds us on duty starts no other: see lib/event/duty.h. */
static int
drain(struct aas_drain *d, int duty)
{
	struct stat before;
	int r = AAS_OK;

	do {
		r = aas_depot_lock(&d->sp);
		if (r == AAS_ERR_AGAIN) /* who has it looks once more */
			return AAS_OK;
		if (r != AAS_OK) {
			aas_log(LOG_CRIT, "event=spool-not-locked: %s%s%s",
			    aas_strerror(r), r == AAS_ERR_SYS ? ": " : "",
			    r == AAS_ERR_SYS ? strerror(errno) : "");
			return r;
		}
		aas_duty_begin(duty);
		if (fstat(d->sp.new, &before) == -1)
			memset(&before, 0, sizeof(before));
		r = aas_drain_run(d);
		aas_duty_end(duty);
		aas_depot_unlock(&d->sp);
	} while (r == AAS_OK && aas_depot_some(d->sp.new) &&
	    is_other(d, &before) && aas_clock_ms() < d->until_ms);
	return r;
}

/*
 * Some programs run the module in a sandbox in which nobody can become another
 * user or gain a right, and which may have no network: there events are
 * numbered, and the timer delivers them.  That one may be in a container where
 * systemd takes such rights from every unit.
 */
static int
can_deliver(const struct opts *o)
{
	return geteuid() != 0 ||
	    ((!o->detach || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0) &&
		prctl(PR_CAPBSET_READ, CAP_SETUID, 0, 0, 0) == 1 &&
		prctl(PR_CAPBSET_READ, CAP_SETGID, 0, 0, 0) == 1);
}

static int
run(const struct opts *o)
{
	struct aas_drain d = { .sp = AAS_DEPOT_NONE, .all = o->all };
	struct aas_conf *conf = NULL;
	const char *state = AAS_STATEDIR;
	char spool[AAS_SPOOL_PATH];
	int duty = -1;
	int r = AAS_ERR_SYS;

	d.until_ms = aas_clock_ms() + WHOLE_MS;
	d.conf = settings(o, &conf, &d.partial);
	if (!can_deliver(o))
		d.conf = NULL;
	d.rundir = conf != NULL ? conf->run_dir : AAS_RUNDIR;
	if (conf != NULL)
		state = conf->state_dir;
	if (o->state != NULL)
		state = o->state;
	d.spooldir = spool;
	if (o->spool != NULL)
		d.spooldir = o->spool;
	else if ((r = aas_spool_dir(state, spool)) != AAS_OK)
		goto out;
	r = aas_depot_open(d.spooldir, state, &d.sp);
	if (r != AAS_OK) {
		aas_log(LOG_CRIT, "event=spool-unusable: %s%s%s",
		    aas_strerror(r), r == AAS_ERR_SYS ? ": " : "",
		    r == AAS_ERR_SYS ? strerror(errno) : "");
		goto out;
	}
	if (aas_store_open(state, 0, &d.store) != AAS_OK)
		d.store = NULL;
	duty = aas_duty_inherit(d.spooldir);
	r = drain(&d, duty);
out:
	aas_close(&duty);
	aas_store_close(&d.store);
	aas_depot_close(&d.sp);
	aas_conf_free(&conf);
	return r;
}

int
main(int argc, char **argv)
{
	struct opts o = { NULL, NULL, NULL, 0, 0, 0 };
	int r = AAS_OK;

	if (parse(argc, argv, &o) != AAS_OK)
		return usage();
	if (o.verbose)
		aas_log_sink(to_stderr);
	if (become_root() != AAS_OK || clean() != AAS_OK)
		return 1;
	if (o.detach && (r = detach()) <= 0)
		return r == 0 ? 0 : 1;
	/* Should a disk or a look-up hang: the end, and the next one tries. */
	(void)alarm(WHOLE_MS / 1000 + GRACE_S);
	if (aas_crypto_init() != AAS_OK)
		return 1;
	return run(&o) == AAS_OK ? 0 : 1;
}
