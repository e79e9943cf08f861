/*
 * The module as a guest: in hosts that handle signals and children their own
 * way, lack descriptors, run threads, fork, call in odd orders or have little
 * of everything; and what it leaves behind in them.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/pam_host.h"

extern char **environ;

/* --- what a process is --- */

struct snapshot {
	char fds[64][64];
	int fds_n;
	uint64_t mask, pending; /* one bit a signal */
	struct {
		void *handler;
		int flags;
		uint64_t mask;
	} act[32];
	mode_t umask;
	char cwd[PATH_MAX];
	char env[4096];
	struct rlimit limits[RLIM_NLIMITS];
	struct itimerval timers[3];
	uid_t uids[3], gids[3];
	gid_t groups[64];
	int groups_n, children, threads;
	char locale[128];
};

static void
look_at_fds(struct snapshot *s)
{
	char path[32];
	ssize_t n;

	for (int i = 0; i < 64; i++) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		n = readlink(path, s->fds[i], sizeof(s->fds[i]) - 1);
		s->fds_n += n > 0;
	}
}

static uint64_t
bits(const sigset_t *set)
{
	uint64_t b = 0;

	for (int i = 1; i < 64; i++)
		b |= (uint64_t)(sigismember(set, i) == 1) << i;
	return b;
}

static void
look(struct snapshot *s)
{
	struct stat st;
	sigset_t set;

	memset(s, 0, sizeof(*s));
	look_at_fds(s);
	(void)sigprocmask(SIG_SETMASK, NULL, &set);
	s->mask = bits(&set);
	(void)sigpending(&set);
	s->pending = bits(&set);
	for (int i = 1; i < 32; i++) {
		struct sigaction sa = { .sa_flags = 0 };

		(void)sigaction(i, NULL, &sa);
		memcpy(&s->act[i].handler, &sa.sa_handler, sizeof(void *));
		s->act[i].flags = sa.sa_flags;
		s->act[i].mask = bits(&sa.sa_mask);
	}
	s->umask = umask(0);
	(void)umask(s->umask);
	if (getcwd(s->cwd, sizeof(s->cwd)) == NULL)
		s->cwd[0] = '\0';
	for (char **e = environ; *e != NULL; e++)
		strncat(s->env, *e, sizeof(s->env) - strlen(s->env) - 1);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		(void)getrlimit((__rlimit_resource_t)i, &s->limits[i]);
	(void)getitimer(ITIMER_REAL, &s->timers[0]);
	(void)getitimer(ITIMER_VIRTUAL, &s->timers[1]);
	(void)getitimer(ITIMER_PROF, &s->timers[2]);
	(void)getresuid(&s->uids[0], &s->uids[1], &s->uids[2]);
	(void)getresgid(&s->gids[0], &s->gids[1], &s->gids[2]);
	s->groups_n = getgroups(64, s->groups);
	s->children =
	    waitpid(-1, NULL, WNOHANG | WNOWAIT) != -1 || errno != ECHILD;
	(void)snprintf(
	    s->locale, sizeof(s->locale), "%s", setlocale(LC_ALL, NULL));
	s->threads = stat("/proc/self/task", &st) == 0 ? (int)st.st_nlink : 0;
}

static int
phase(pam_handle_t *pamh, int i)
{
	switch (i) {
	case 0:
		return pam_authenticate(pamh, 0);
	case 1:
		return pam_setcred(pamh, PAM_ESTABLISH_CRED);
	case 2:
		return pam_acct_mgmt(pamh, 0);
	case 3:
		return pam_open_session(pamh, 0);
	case 4:
		return pam_close_session(pamh, 0);
	default:
		return pam_chauthtok(pamh, 0);
	}
}

static void
guest_s11_cve_2024_6387_process_is_as_before(void **state)
{
	static const char *const scripts[] = { "secret PIN: \ngrant 1\n",
		"refuse 2 3\n", "exit\n" };
	struct pam_host *h = *state;
	struct snapshot *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	struct talk k = { .how = TALK_NORMAL };

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (size_t s = 0; s < 3; s++) {
		pam_handle_t *pamh = pam_host_start(h, "login", "daemon", &k);

		pam_host_script(h, 0, scripts[s]);
		(void)pam_acct_mgmt(pamh, 0); /* libpam loads what it needs */
		for (int i = 0; i < 6; i++) {
			look(a);
			(void)phase(pamh, i);
			look(b);
			assert_memory_equal(a, b, sizeof(*a));
		}
		(void)pam_end(pamh, 0);
	}
	free(a);
	free(b);
}

static void
guest_h7_account_brings_no_library(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;
	char line[1024];
	FILE *f;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	f = fopen("/proc/self/maps", "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		assert_null(strstr(line, "libcrypto"));
		assert_null(strstr(line, "libfido2"));
		assert_null(strstr(line, "libconfig"));
		assert_null(strstr(line, "libjansson"));
		assert_null(strstr(line, "libcbor"));
	}
	(void)fclose(f);
	(void)pam_end(pamh, 0);
}

/* --- signals and children --- */

static volatile sig_atomic_t reaped;

static void
reap_all(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		reaped++;
	errno = saved;
}

static void
nothing(int sig)
{
	(void)sig;
}

static int
auth_ok(struct pam_host *h)
{
	struct talk k = { .how = TALK_NORMAL, .answer = "1234" };

	return pam_host_auth(h, "sudo", "daemon", &k) == PAM_SUCCESS;
}

static int
with_sigchld(void *arg)
{
	struct pam_host *h = arg;
	struct sigaction sa = { .sa_handler = SIG_IGN };
	sigset_t set;

	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	CHECK(auth_ok(h));
	sa.sa_handler = SIG_DFL;
	sa.sa_flags = SA_NOCLDWAIT;
	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	CHECK(auth_ok(h));
	sa.sa_handler = reap_all;
	sa.sa_flags = 0;
	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	CHECK(auth_ok(h));
	sa.sa_flags = SA_RESTART;
	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	CHECK(auth_ok(h));
	sa.sa_handler = SIG_DFL;
	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	(void)sigfillset(&set);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(auth_ok(h));
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	return 0;
}

static void
guest_f22_sigchld_of_the_host(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "secret PIN: \ngrant 1\n");
	assert_int_equal(fixture_in_child(with_sigchld, h), 0);
}

static int
with_children(void *arg)
{
	struct pam_host *h = arg;
	pid_t pids[50];
	int st;

	for (int i = 0; i < 50; i++)
		if ((pids[i] = fork()) == 0)
			_exit(i);
	CHECK(auth_ok(h));
	for (int i = 0; i < 50; i++)
		CHECK(waitpid(pids[i], &st, 0) == pids[i] &&
		    WEXITSTATUS(st) == i);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	return 0;
}

static void
guest_f23_children_of_the_host_stay_its_own(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(fixture_in_child(with_children, h), 0);
}

static int
with_alarms(void *arg)
{
	struct pam_host *h = arg;
	struct sigaction sa = { .sa_handler = nothing }; /* no SA_RESTART */
	struct itimerval it = { { 0, 1000 }, { 0, 1000 } };
	struct talk k = { .how = TALK_NORMAL, .answer = "1" };

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	for (int i = 0; i < 5; i++)
		CHECK(auth_ok(h));
	/* F24: the helper goes away in the middle. */
	pam_host_script(h, 1, "exit\n");
	CHECK(pam_host_auth(h, "sudo", "daemon", &k) == PAM_AUTHINFO_UNAVAIL);
	return 0;
}

static void
guest_f25_signals_all_the_time(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "slow 20\nsecret PIN: \nslow 20\ngrant 1\n");
	assert_int_equal(fixture_in_child(with_alarms, h), 0);
}

/* --- threads --- */

static void *
one_thread(void *arg)
{
	struct pam_host *h = arg;
	pam_handle_t *pamh = NULL;
	struct pam_conv conv = { .conv = NULL };
	int bad = 0;

	for (int i = 0; i < 3; i++) {
		if (pam_start_confdir("sudo", "daemon", &conv, h->confdir,
			&pamh) != PAM_SUCCESS) {
			bad++;
			continue;
		}
		bad += pam_authenticate(pamh, (int)PAM_SILENT) != PAM_SUCCESS;
		bad += pam_acct_mgmt(pamh, (int)PAM_SILENT) != PAM_SUCCESS;
		bad += pam_open_session(pamh, (int)PAM_SILENT) != PAM_SUCCESS;
		bad += pam_close_session(pamh, (int)PAM_SILENT) != PAM_SUCCESS;
		(void)pam_end(pamh, 0);
	}
	return bad == 0 ? NULL : h;
}

static int
with_threads(void *arg)
{
	pthread_t t[32];
	pthread_attr_t at;
	void *bad = NULL;

	CHECK(pthread_attr_init(&at) == 0);
	/* As small as hosts have them; libpam itself needs some. */
	CHECK(pthread_attr_setstacksize(&at, 64 * 1024) == 0);
	for (int i = 0; i < 32; i++)
		CHECK(pthread_create(&t[i], &at, one_thread, arg) == 0);
	for (int i = 0; i < 32; i++) {
		CHECK(pthread_join(t[i], &bad) == 0);
		CHECK(bad == NULL);
	}
	return 0;
}

static void
guest_f26_threads_with_small_stacks(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(fixture_in_child(with_threads, h), 0);
}

/* --- descriptors, environment, limits --- */

static int
without_fds(void *arg)
{
	struct pam_host *h = arg;
	struct snapshot a, b;

	for (int i = 0; i < 64; i++)
		(void)close(i);
	look(&a);
	CHECK(auth_ok(h));
	look(&b);
	/* Where there is a log, syslog(3) takes its own anew. */
	CHECK(b.fds_n <= a.fds_n + (access("/dev/log", F_OK) == 0));
	return 0;
}

static void
guest_f30_closed_descriptors(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "secret PIN: \ngrant 1\n");
	assert_int_equal(fixture_in_child(without_fds, h), 0);
	assert_int_equal(
	    pam_host_logged(h, "process fds=1 env=0 blocked=0 leader=1"), 1);
}

static int
with_environment(void *arg)
{
	static const char *const names[] = { "LD_PRELOAD", "LD_LIBRARY_PATH",
		"TZ", "HOME", "XDG_SEAT", "XDG_RUNTIME_DIR", "LANG", "LC_ALL",
		"OPENSSL_CONF", "FIDO_DEBUG", "TMPDIR", "http_proxy",
		"MALLOC_ARENA_MAX", "AAS_TICKET", "AAS_STATEDIR", "AAS_CONF",
		"SSH_AUTH_INFO_0", "PATH", "IFS", "USER", "LOGNAME", "SHELL",
		"GCONV_PATH", "LOCPATH", "NLSPATH", "RES_OPTIONS",
		"HOSTALIASES", "PAM_USER", "SUDO_USER", "DBUS_SESSION_BUS" };
	struct pam_host *h = arg;
	char big[4096];

	memset(big, 'A', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(setenv(names[i],
			  i % 3 == 0       ? "/tmp/evil"
			      : i % 3 == 1 ? "%n%s\n$(id)"
					   : big,
			  1) == 0);
	}
	CHECK(auth_ok(h));
	return 0;
}

static void
guest_f31_cve_2015_8325_cve_2019_3842_hostile_environment(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(fixture_in_child(with_environment, h), 0);
	assert_int_equal(pam_host_logged(h, "env=0"), 1);
}

struct limited {
	struct pam_host *h;
	int what;
	rlim_t value;
	int exact; /* 1: must succeed all the same */
};

/* As pam_host_auth(), in a host that may be too poor to start at all. */
static int
poor_auth(struct pam_host *h)
{
	struct pam_conv conv = { .conv = NULL };
	pam_handle_t *pamh = NULL;
	int rv;

	rv = pam_start_confdir("next", "daemon", &conv, h->confdir, &pamh);
	if (rv != PAM_SUCCESS)
		return rv;
	rv = pam_authenticate(pamh, (int)PAM_SILENT);
	(void)pam_end(pamh, 0);
	return rv;
}

/* What ${take} takes from the host lets in nobody; good: nor keeps it out. */
static int
poor_host(
    struct pam_host *h, int (*take)(const void *), const void *arg, int good)
{
	char p[FIXTURE_PATH], q[FIXTURE_PATH];

	/* libpam and NSS have loaded everything before. */
	CHECK(poor_auth(h) == PAM_SUCCESS);
	fixture_path(h->f, "libexec/script.2", p);
	fixture_path(h->f, "libexec/script.1", q);
	CHECK(take(arg) == 0);
	CHECK(poor_auth(h) == PAM_SUCCESS || !good);
	/* The helper refuses: nothing here may say yes. */
	CHECK(rename(p, q) == 0);
	CHECK(poor_auth(h) != PAM_SUCCESS);
	return 0;
}

static int
take_limit(const void *arg)
{
	const struct limited *l = arg;
	struct rlimit r = { l->value, l->value };

	return setrlimit((__rlimit_resource_t)l->what, &r);
}

static int
with_limit(void *arg)
{
	struct limited *l = arg;

	return poor_host(l->h, take_limit, l, l->exact);
}

static void
guest_f42_limits(void **state)
{
	static struct limited t[] = {
		{ .what = RLIMIT_CORE, .value = 0, .exact = 1 },
		{ .what = RLIMIT_STACK, .value = 65536 },
		{ .what = RLIMIT_AS, .value = 64u << 20 },
		{ .what = RLIMIT_AS, .value = 16u << 20 },
		{ .what = RLIMIT_NPROC, .value = 1 },
		{ .what = RLIMIT_NOFILE, .value = 3 },
		{ .what = RLIMIT_NOFILE, .value = 5 },
		{ .what = RLIMIT_NOFILE, .value = 6 },
		{ .what = RLIMIT_NOFILE, .value = 7 },
		{ .what = RLIMIT_NOFILE, .value = 8 },
		{ .what = RLIMIT_NOFILE, .value = 10 },
		{ .what = RLIMIT_MEMLOCK, .value = 0, .exact = 1 },
	};
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_service(h, "next",
	    "auth required MODULE\n"
	    "auth optional pam_permit.so\n");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int r;

		pam_host_script(h, 1, "grant 1\n");
		pam_host_script(h, 2, "refuse 2 3\n");
		t[i].h = h;
		if ((r = fixture_in_child(with_limit, &t[i])) != 0)
			fail_msg("limit %zu: line %d", i, r);
	}
}

static int
with_fsize(void *arg)
{
	struct pam_host *h = arg;
	struct rlimit r = { 0, RLIM_INFINITY };
	struct talk k = { .how = TALK_NORMAL, .answer = "1" };
	pam_handle_t *pamh = pam_host_start(h, "login", "daemon", &k);

	CHECK(pam_authenticate(pamh, 0) == PAM_SUCCESS);
	CHECK(setrlimit(RLIMIT_FSIZE, &r) == 0);
	/* No SIGXFSZ, and no ledger line that would lock out. */
	CHECK(pam_open_session(pamh, 0) == PAM_SUCCESS);
	CHECK(pam_close_session(pamh, 0) != PAM_ABORT);
	r.rlim_cur = RLIM_INFINITY; /* a build for coverage writes at dlclose */
	CHECK(setrlimit(RLIMIT_FSIZE, &r) == 0);
	(void)pam_end(pamh, 0);
	return 0;
}

static void
guest_f42_file_size_limit_ends_no_host(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(fixture_in_child(with_fsize, h), 0);
}

struct filtered {
	struct pam_host *h;
	int nr;   /* the system call that the host's filter takes away */
	int code; /* what it says instead */
	int good; /* 1: a sign-in works without it */
};

static int
take_call(const void *arg)
{
	const struct filtered *t = arg;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)t->nr, 0, 1),
		BPF_STMT(
		    BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)t->code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int
with_filter(void *arg)
{
	struct filtered *t = arg;

	return poor_host(t->h, take_call, t, t->good);
}

/* Calls that filters made for an older libc, or for containers, do not know. */
static void
guest_f74_filter_of_the_host(void **state)
{
	static struct filtered t[] = {
		{ .nr = SYS_clone3, .code = ENOSYS, .good = 1 },
		{ .nr = SYS_close_range, .code = ENOSYS, .good = 1 },
		{ .nr = SYS_pidfd_open, .code = ENOSYS, .good = 1 },
		{ .nr = SYS_pidfd_open, .code = EPERM, .good = 1 },
		{ .nr = SYS_pidfd_send_signal, .code = EPERM, .good = 1 },
		{ .nr = SYS_statx, .code = EPERM, .good = 1 },
		{ .nr = SYS_openat2, .code = ENOSYS, .good = 1 },
		{ .nr = SYS_openat2, .code = EPERM, .good = 1 },
		{ .nr = SYS_getrandom, .code = ENOSYS },
		{ .nr = SYS_clone, .code = EPERM },
		{ .nr = SYS_socketpair, .code = EPERM },
		{ .nr = SYS_prlimit64, .code = EPERM },
		{ .nr = SYS_setsid, .code = EPERM },
		{ .nr = SYS_uname, .code = EPERM },
	};
	struct pam_host *h = *state;

	if (fixture_valgrind())
		skip();
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_service(h, "next",
	    "auth required MODULE\n"
	    "auth optional pam_permit.so\n");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int r;

		pam_host_script(h, 1, "grant 1\n");
		pam_host_script(h, 2, "refuse 2 3\n");
		t[i].h = h;
		if ((r = fixture_in_child(with_filter, &t[i])) != 0)
			fail_msg("call %d: line %d", t[i].nr, r);
	}
}

static int
in_empty_root(void *arg)
{
	struct pam_host *h = arg;
	struct talk k = { .how = TALK_NORMAL, .answer = "1" };
	pam_handle_t *pamh = pam_host_start(h, "next", "daemon", &k);

	(void)pam_setcred(pamh, 0); /* loads the module */
	CHECK(chroot(h->f->dir) == 0 && chdir("/") == 0);
	for (int i = 0; i < 6; i++)
		CHECK(phase(pamh, i) != PAM_SUCCESS || i == 1 || i == 4);
	(void)pam_end(pamh, 0);
	return 0;
}

static void
guest_f73_without_proc(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 0, "grant 1\n");
	pam_host_service(h, "next",
	    "auth required MODULE\n"
	    "auth optional pam_permit.so\n"
	    "account required MODULE\n"
	    "account optional pam_permit.so\n"
	    "session required MODULE\n"
	    "session optional pam_permit.so\n"
	    "password required MODULE\n"
	    "password optional pam_permit.so\n");
	assert_int_equal(fixture_in_child(in_empty_root, h), 0);
}

/* --- odd hosts --- */

/* The n-th order of six. */
static void
order(int n, int out[6])
{
	int left[6] = { 0, 1, 2, 3, 4, 5 };
	int count = 6;

	for (int i = 0; i < 6; i++) {
		int pick = n % count;

		n /= count;
		out[i] = left[pick];
		memmove(&left[pick], &left[pick + 1],
		    sizeof(int) * (size_t)(count - pick - 1));
		count--;
	}
}

static void
guest_f36_order_of_calls_grants_nothing(void **state)
{
	static const char *const users[] = { "daemon", "bin", "no-such-user" };
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	int o[6];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 0, "refuse 2 3\n");
	for (int n = 0; n < 720; n++) {
		/* All orders for those who cost no helper. */
		const char *user = users[n % 12 == 0 ? 0 : 1 + n % 2];
		pam_handle_t *pamh = pam_host_start(h, "login", user, &k);

		order(n, o);
		for (int i = 0; i < 6; i++) {
			int rv = phase(pamh, o[i]);

			/* With keys, account and session may pass; without,
			 * or unknown, nothing ever says yes. */
			if (o[i] == 0 || o[i] == 1 || o[i] == 5 ||
			    strcmp(user, "daemon") != 0)
				assert_int_not_equal(rv, PAM_SUCCESS);
		}
		(void)pam_end(pamh, 0);
	}
}

static void
guest_f37_end_in_a_forked_child(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;
	int st = 0;
	pid_t pid;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	if ((pid = fork()) == 0) {
		(void)pam_end(pamh, (int)PAM_DATA_SILENT);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	if ((pid = fork()) == 0) {
		(void)pam_end(pamh, (int)PAM_DATA_SILENT);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
}

static long
rss(void)
{
	char line[256];
	long size = 0, res = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    sscanf(line, "%ld %ld", &size, &res) != 2)
		res = -1;
	if (f != NULL)
		(void)fclose(f);
	return res;
}

static void
guest_f38_cve_2018_9275_a_thousand_transactions_leave_nothing(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	size_t fds = 0;
	long first = 0;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(
		    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
		if (i == 20) {
			fds = fixture_fds();
			first = rss();
		}
	}
	assert_int_equal(fixture_fds(), fds);
	/* 64 pages: what malloc may do, not what 980 leaks would. */
#if !defined(__SANITIZE_ADDRESS__) /* which keeps what was freed */
	assert_true(rss() - first < 64);
#else
	assert_true(first > 0);
#endif
	for (int i = 0; i < 200; i++) {
		void *so = dlopen(h->module, RTLD_NOW | RTLD_LOCAL);

		assert_non_null(so);
		assert_int_equal(dlclose(so), 0);
	}
	assert_int_equal(fixture_fds(), fds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(guest_s11_cve_2024_6387_process_is_as_before),
		HOST_TEST(guest_h7_account_brings_no_library),
		HOST_TEST(guest_f22_sigchld_of_the_host),
		HOST_TEST(guest_f23_children_of_the_host_stay_its_own),
		HOST_TEST(guest_f25_signals_all_the_time),
		HOST_TEST(guest_f26_threads_with_small_stacks),
		HOST_TEST(guest_f30_closed_descriptors),
		HOST_TEST(
		    guest_f31_cve_2015_8325_cve_2019_3842_hostile_environment),
		HOST_TEST(guest_f42_limits),
		HOST_TEST(guest_f42_file_size_limit_ends_no_host),
		HOST_TEST(guest_f73_without_proc),
		HOST_TEST(guest_f74_filter_of_the_host),
		HOST_TEST(guest_f36_order_of_calls_grants_nothing),
		HOST_TEST(guest_f37_end_in_a_forked_child),
		HOST_TEST(
		    guest_f38_cve_2018_9275_a_thousand_transactions_leave_nothing),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
