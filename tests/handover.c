/*
 * Sign-ins beside notifiers of all kinds: what the hand-over adds to them,
 * and what it leaves behind.
 *
 *	handover bench N [AAS-NOTIFY]	N sign-ins with each, in turn: median,
 *					95th and 99th percentile; and "start":
 *					posix_spawn() of a program that ends,
 *					which is what this machine needs itself
 *	handover crowd N KIND...	N processes at once that sign in, with
 *					each kind: how many were good, times
 *	handover attempts N M		M refused sign-ins through the module,
 *					the other N - M by its counter alone,
 *					each from an address of its own; then
 *					one that has to be told
 *
 * Kinds: off (nothing is told), none (no program there), healthy (the
 * AAS-NOTIFY), hanging, crashing, bomb, flood, foreign (another's program),
 * text (not executable).  As root, in a host of its own.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/attempts.h"
#include "tests/pam_host.h"

#define USER "daemon"

static const struct kind {
	const char *name, *text;
	mode_t mode;
	uid_t owner;
} kinds[] = {
	{ "off", NULL, 0, 0 },
	{ "none", NULL, 0, 0 },
	{ "healthy", NULL, 0755, 0 },
	{ "hanging", "#!/bin/sh\nexec sleep 30\n", 0755, 0 },
	{ "crashing", "#!/bin/sh\nkill -9 $$\n", 0755, 0 },
	/* An end to it: the machine is others', too. */
	{ "bomb",
	    "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do\n"
	    "(n=0; while [ $n -lt 100 ]; do (:); n=$((n + 1)); done) &\n"
	    "done\nwait\n",
	    0755, 0 },
	{ "flood", "#!/bin/sh\nhead -c 1000000000 /dev/zero\n", 0755, 0 },
	{ "foreign", "#!/bin/sh\nexec sleep 30\n", 0755, 1234 },
	{ "text", "#!/bin/sh\nexec sleep 30\n", 0644, 0 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct pam_host *h;
static int has_healthy;

static void
die(const char *what)
{
	(void)fprintf(stderr, "handover: %s\n", what);
	exit(1);
}

/*
 * One host; of each kind a policy, a state directory with a spool, a folder of
 * programs and a service, so that none is spared by another's notifier.
 */
static void
make(const struct kind *k, const char *real)
{
	char dir[32], file[64], path[FIXTURE_PATH], state[32];

	(void)snprintf(dir, sizeof(dir), "lib-%s", k->name);
	(void)snprintf(file, sizeof(file), "%s/aas-notify", dir);
	if (mkdir(fixture_path(h->f, dir, h->src.libexecdir), 0755) != 0)
		die("mkdir");
	(void)snprintf(state, sizeof(state), "state-%s", k->name);
	if (mkdir(fixture_path(h->f, state, h->src.statedir), 0755) != 0)
		die("mkdir");
	if (k->text != NULL)
		fixture_write(h->f, file, k->text, k->mode);
	else if (strcmp(k->name, "healthy") == 0 && real != NULL)
		fixture_copy(h->f, real, file);
	if (k->owner != 0 &&
	    chown(fixture_path(h->f, file, path), k->owner, k->owner) != 0)
		die("chown");
	(void)snprintf(file, sizeof(file), "%s.bin", k->name);
	fixture_path(h->f, file, h->policy);
	pam_host_policy(h);
	pam_host_service(h, k->name,
	    "session required MODULE\nsession optional pam_permit.so\n");
}

static void
prepare(const char *real)
{
	void *state = NULL;

	/* The C library's own socket is not a leak of a module. */
	openlog("handover", LOG_NDELAY, LOG_AUTHPRIV);
	if (!pam_host_ready() || pam_host_setup(&state) != 0)
		die("no host");
	h = state;
	has_healthy = real != NULL;
	pam_host_enroll(h, USER, AAS_ST_ENROLLED);
	for (size_t i = 0; i < KINDS; i++)
		make(&kinds[i], real);
}

static int64_t
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

/* One session of a kind; its time, or -1. */
static int64_t
sign_in(const struct kind *k)
{
	struct talk t = { .how = TALK_NORMAL };
	pam_handle_t *pamh = pam_host_start(h, k->name, USER, &t);
	int64_t began;
	int rv;

	if (strcmp(k->name, "off") != 0)
		(void)pam_set_item(pamh, PAM_RHOST, "192.0.2.1");
	began = now_us();
	rv = pam_open_session(pamh, 0);
	began = now_us() - began;
	if (rv == PAM_SUCCESS)
		(void)pam_close_session(pamh, 0);
	(void)pam_end(pamh, rv);
	return rv == PAM_SUCCESS ? began : -1;
}

static int
by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
row(const char *name, int64_t *us, size_t n, int64_t base[3])
{
	const int64_t now[3] = { us[n / 2], us[n * 95 / 100],
		us[n * 99 / 100] };

	if (strcmp(name, "none") == 0)
		memcpy(base, now, sizeof(now));
	(void)printf("%-9s median %6.2f  p95 %6.2f  p99 %6.2f ms", name,
	    (double)now[0] / 1000, (double)now[1] / 1000,
	    (double)now[2] / 1000);
	if (base[0] != 0)
		(void)printf("  against none %+6.2f %+6.2f %+6.2f",
		    (double)(now[0] - base[0]) / 1000,
		    (double)(now[1] - base[1]) / 1000,
		    (double)(now[2] - base[2]) / 1000);
	(void)printf("\n");
}

/* What the kernel takes to start a program for whoever asks. */
static int64_t
start_one(void)
{
	char path[] = "/bin/true";
	char *const argv[] = { path, NULL };
	int64_t began = now_us();
	pid_t pid = -1;

	if (posix_spawn(&pid, path, NULL, NULL, argv, NULL) != 0)
		die("posix_spawn");
	began = now_us() - began;
	(void)waitpid(pid, NULL, 0);
	return began;
}

/* What it does to the next one is not asked here. */
static void
let_end(const struct kind *k)
{
	static const char *const busy[] = { "healthy", "crashing", "bomb",
		"flood" };
	const struct timespec nap = { 0, 150000000 };

	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++)
		if (strcmp(k->name, busy[i]) == 0)
			(void)nanosleep(&nap, NULL);
}

static int
bench(size_t n)
{
	int64_t *us = calloc(n * (KINDS + 1), sizeof(*us)), base[3] = { 0 };
	int64_t *start = us + n * KINDS;

	if (us == NULL || n == 0)
		die("how many?");
	for (size_t k = 0; k < KINDS; k++)
		(void)sign_in(&kinds[k]);
	for (size_t i = 0; i < n; i++) {
		start[i] = start_one();
		for (size_t k = 0; k < KINDS; k++) {
			if ((us[k * n + i] = sign_in(&kinds[k])) < 0)
				die("a sign-in was refused");
			let_end(&kinds[k]);
		}
	}
	qsort(start, n, sizeof(start[0]), by_value);
	row("start", start, n, base);
	for (size_t k = 0; k < KINDS; k++) {
		qsort(us + k * n, n, sizeof(us[0]), by_value);
		if (has_healthy || strcmp(kinds[k].name, "healthy") != 0)
			row(kinds[k].name, us + k * n, n, base);
	}
	free(us);
	return 0;
}

/* --- many at once ---------------------------------------------------------*/

static int64_t
alone(const struct kind *k)
{
	size_t fds = fixture_fds();
	int64_t us = sign_in(k);

	if (us < 0 || fixture_fds() != fds)
		return -1;
	if (waitpid(-1, NULL, WNOHANG | __WALL) != -1 || errno != ECHILD)
		return -1;
	return us;
}

static int
crowd(size_t n, const char *name)
{
	int64_t *us = mmap(NULL, n * sizeof(*us), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct kind *k = kinds;
	int64_t base[3] = { 0 }, began;
	pid_t *pid = calloc(n, sizeof(*pid));
	size_t good = 0;
	int door[2];
	char c;

	while (k < kinds + KINDS && strcmp(k->name, name) != 0)
		k++;
	if (k == kinds + KINDS || us == MAP_FAILED || pid == NULL ||
	    pipe(door) != 0)
		die(name);
	(void)alone(k);
	(void)fflush(stdout);
	for (size_t i = 0; i < n; i++) {
		switch (pid[i] = fork()) {
		case -1:
			die("fork");
			break;
		case 0:
			(void)close(door[1]);
			(void)!read(door[0], &c, 1);
			(void)close(door[0]);
			us[i] = alone(k);
			_exit(0);
		default:
			break;
		}
	}
	began = now_us();
	(void)close(door[0]);
	(void)close(door[1]);
	/* Only these: what was started is nobody's, or is given to us. */
	for (size_t i = 0; i < n; i++)
		(void)waitpid(pid[i], NULL, 0);
	began = now_us() - began;
	for (size_t i = 0; i < n; i++)
		good += us[i] > 0;
	qsort(us, n, sizeof(us[0]), by_value);
	row(k->name, us, n, base);
	(void)printf("%s: good %zu, all in %lld ms\n", name, good,
	    (long long)(began / 1000));
	free(pid);
	(void)munmap(us, n * sizeof(*us));
	return good == n ? 0 : 1;
}

/* --- attempts -------------------------------------------------------------*/

static void
address(char dst[64], unsigned long i)
{
	(void)snprintf(
	    dst, 64, "2001:db8:%lx:%lx::1", i >> 16 & 0xffff, i & 0xffff);
}

static uint64_t counted;

static int
keep(void *arg, const struct aas_attempts *a)
{
	(void)arg;
	(void)printf("attempts on %s: %llu, most from %s\n", a->user,
	    (unsigned long long)a->count, a->hosts[0].rhost);
	counted += a->count;
	return 0;
}

static int
refused(unsigned long i)
{
	struct talk t = { .how = TALK_NORMAL };
	pam_handle_t *pamh = pam_host_start(h, "sshd", USER, &t);
	char rhost[64];
	int rv;

	address(rhost, i);
	(void)pam_set_item(pamh, PAM_RHOST, rhost);
	rv = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, rv);
	return rv != PAM_SUCCESS;
}

static int
attempts(unsigned long n, unsigned long m)
{
	static const char *const users[] = { USER };
	static struct aas_rule r = { .source = "files",
		.name = "told",
		.where = "policy.conf:1",
		.mode = AAS_MODE_ENFORCE,
		.effect = AAS_EF_REQUIRE,
		.alert = 1 };
	const struct aas_attempts_sink sink = { NULL, keep, NULL };
	char spool[FIXTURE_PATH], rhost[64];

	r.users = (struct aas_names){ 1, (const char **)(uintptr_t)users };
	fixture_path(h->f, "state", h->src.statedir);
	fixture_path(h->f, "state/spool", spool);
	h->src.rules = &r;
	h->src.rules_n = 1;
	pam_host_policy(h);
	pam_host_service(h, "sshd", NULL);
	pam_host_service(h, "told", "session required MODULE\n");
	for (unsigned long i = 0; i < n; i++) {
		address(rhost, i);
		if (i < m ? !refused(i)
			  : aas_attempts_add(spool, NULL, pam_host_uid(USER),
				USER, "sshd", rhost, time(NULL)) != AAS_OK)
			die("an attempt was not counted");
	}
	if (sign_in(&(const struct kind){ "told", NULL, 0, 0 }) < 0)
		die("a sign-in that has to be told was refused");
	(void)printf("a sign-in that has to be told was let in\n");
	if (aas_attempts_take(spool, &sink) != AAS_OK || counted != n)
		die("attempts were lost");
	return 0;
}

int
main(int argc, char **argv)
{
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	void *state = NULL;
	int r = 2;

	if (n == 0)
		die("usage: handover bench|crowd|attempts N ...");
	prepare(strcmp(argv[1], "bench") == 0 && argc > 3 ? argv[3] : NULL);
	if (strcmp(argv[1], "bench") == 0)
		r = bench(n);
	else if (strcmp(argv[1], "attempts") == 0 && argc > 3)
		r = attempts(n, strtoul(argv[3], NULL, 10));
	else if (strcmp(argv[1], "crowd") == 0)
		for (r = 0; argc-- > 3;)
			r |= crowd(n, argv[argc]);
	state = h;
	(void)pam_host_teardown(&state);
	return r;
}
