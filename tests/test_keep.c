/*
 * Which process belongs to which session, and how sessions end.  The processes
 * are real, their audit sessions made up.
 */
#include "tests/fixture.h"

#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/keep/cgroup.h"
#include "lib/keep/end.h"
#include "lib/keep/learn.h"
#include "lib/keep/pids.h"
#include "lib/keep/tell.h"
#include "lib/keep/term.h"

#define NONE     AAS_PROC_NO_AUDIT
#define CODEX_MS 1000

/* --- who is another process all the time: each pid that is asked for is gone,
 * until so many stretches of pids were left out ------------------------------
 */

static unsigned chased, skips;

int __real_aas_pids_next(struct aas_pids *p, pid_t *pid);
int __wrap_aas_pids_next(struct aas_pids *p, pid_t *pid);
int __wrap_aas_pids_skip(struct aas_pids *p, long n);

int
__wrap_aas_pids_next(struct aas_pids *p, pid_t *pid)
{
	if (skips >= chased)
		return __real_aas_pids_next(p, pid);
	*pid = INT32_MAX; /* above any that the kernel gives */
	return AAS_OK;
}

int
__wrap_aas_pids_skip(struct aas_pids *p, long n)
{
	(void)p;
	assert_true(n > 0);
	skips++;
	return AAS_OK;
}

/* --- made-up audit sessions: by process group, which children inherit ------
 */

static struct {
	pid_t group;
	uint32_t session, uid;
} audits[8];
static size_t audits_n;

int __wrap_aas_proc_audit(pid_t pid, uint32_t *session, uint32_t *uid);

int
__wrap_aas_proc_audit(pid_t pid, uint32_t *session, uint32_t *uid)
{
	pid_t group = getpgid(pid);

	*session = NONE;
	if (uid != NULL)
		*uid = NONE;
	for (size_t i = 0; i < audits_n; i++) {
		if (audits[i].group != group)
			continue;
		*session = audits[i].session;
		if (uid != NULL)
			*uid = audits[i].uid;
	}
	return AAS_OK;
}

static pid_t asked_of; /* how often for its audit session */
static unsigned asked_n;

int __wrap_aas_proc_session(pid_t pid, uint32_t *session);

int
__wrap_aas_proc_session(pid_t pid, uint32_t *session)
{
	asked_n += pid == asked_of;
	return __wrap_aas_proc_audit(pid, session, NULL);
}

static void
audit(pid_t group, uint32_t session)
{
	audits[audits_n].group = group;
	audits[audits_n].uid = getuid();
	audits[audits_n++].session = session;
}

/* --- processes ------------------------------------------------------------ */

/*
 * A session's leader with ${depth} generations below it, each with two
 * children; all but the leader do not mind SIGTERM if ${deaf}.  ${*n}: how
 * many there are.
 */
static void
generation(int depth, int deaf, int fd)
{
	if (deaf) {
		(void)signal(SIGTERM, SIG_IGN);
		(void)signal(SIGHUP, SIG_IGN);
	}
	for (int i = 0; depth > 0 && i < 2;) {
		if (fork() != 0) {
			i++;
		} else {
			depth--;
			i = 0;
		}
	}
	(void)!write(fd, "x", 1);
	for (;;)
		(void)pause();
}

static pid_t
tree(int depth, int deaf, unsigned *n)
{
	char c = 0;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)setpgid(0, 0);
		generation(depth, deaf, fds[1]);
	}
	*n = (2u << depth) - 1;
	for (unsigned i = 0; i < *n; i++)
		assert_int_equal(read(fds[0], &c, 1), 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return pid;
}

static struct aas_kept
session_of(pid_t leader, uint32_t session)
{
	struct aas_kept k = { .id = "0123456789abcdef",
		.l = { .uid = getuid(),
		    .audit = session,
		    .origin = AAS_ORIGIN_REMOTE } };

	assert_int_equal(aas_proc_get(leader, &k.l.leader, NULL), AAS_OK);
	return k;
}

static void
reap(pid_t leader)
{
	(void)kill(-leader, SIGKILL);
	while (waitpid(-leader, NULL, 0) > 0)
		;
}

static void
forget(struct aas_kept *k)
{
	free(k->known.v);
	free(k->next.v);
}

static unsigned
count(struct aas_keep_procs *ps, struct aas_kept *k)
{
	assert_int_equal(aas_keep_scan(ps, NULL, 0), AAS_OK);
	assert_int_equal(aas_learn_left(ps, &k, 1), AAS_OK);
	return k->left;
}

/* --- who belongs to it ---------------------------------------------------- */

static void
learn_from_the_last_look_is_as_from_the_kernel(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	unsigned n = 0;
	pid_t a = tree(0, 0, &n), late = 0;
	struct aas_kept k = session_of(a, NONE), young, other;

	(void)state;
	audit(a, 7);
	assert_int_equal(aas_keep_scan(&ps, NULL, 0), AAS_OK);
	other = k;
	other.l.leader.start++;
	assert_int_equal(aas_learn_audit_from(&ps, &k), 1);
	assert_int_equal(k.l.audit, 7);
	assert_int_equal(aas_learn_audit_from(&ps, &k), 0);
	assert_int_equal(aas_learn_audit_from(&ps, &other), 0);
	assert_int_equal(other.l.audit, NONE);
	/* One that began since then is asked itself. */
	late = tree(0, 0, &n);
	audit(late, 8);
	young = session_of(late, NONE);
	assert_int_equal(aas_learn_audit_from(&ps, &young), 1);
	assert_int_equal(young.l.audit, 8);
	/* One that shares its parent's has none of its own. */
	audit(getpgrp(), 9);
	audits[0].session = 9;
	k.l.audit = NONE;
	assert_int_equal(aas_keep_scan(&ps, NULL, 0), AAS_OK);
	assert_int_equal(aas_learn_audit_from(&ps, &k), 0);
	audits_n = 0;
	reap(a);
	reap(late);
	aas_keep_procs_free(&ps);
}

/* sudo's leader was started by another's session, and given to process 1. */
static void
learn_audit_session_of_another_is_none_of_its_own(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	unsigned n = 0;
	pid_t a = tree(0, 0, &n);
	struct aas_kept k = session_of(a, NONE);

	(void)state;
	audits_n = 0;
	audit(a, 7);
	audits[0].uid = k.l.uid + 1;
	assert_int_equal(aas_keep_scan(&ps, NULL, 0), AAS_OK);
	assert_int_equal(aas_learn_audit(&k), 0);
	assert_int_equal(aas_learn_audit_from(&ps, &k), 0);
	assert_int_equal(k.l.audit, NONE);
	/* Until the kernel is told whose it is; that it is a new one, too. */
	audits[0].uid = k.l.uid;
	audits[0].session = 8;
	assert_int_equal(aas_learn_audit_from(&ps, &k), 0);
	assert_int_equal(aas_learn_audit(&k), 1);
	assert_int_equal(k.l.audit, 8);
	audits_n = 0;
	reap(a);
	aas_keep_procs_free(&ps);
}

static void
keep_counts_each_process_of_a_session_once(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	unsigned n = 0, other = 0;
	pid_t a = tree(3, 0, &n), b = tree(2, 0, &other);
	struct aas_kept k = session_of(a, NONE);

	(void)state;
	audits_n = 0;
	assert_int_equal(count(&ps, &k), n);
	/* By tree and by audit session at once. */
	audit(a, 77);
	k.l.audit = 77;
	assert_int_equal(count(&ps, &k), n);
	/* And whoever else is in that audit session. */
	audit(b, 77);
	assert_int_equal(count(&ps, &k), n + other);
	/* What another has the pid of leads nothing. */
	k.l.leader.start++;
	k.l.audit = NONE;
	assert_int_equal(count(&ps, &k), 0);
	reap(a);
	reap(b);
	aas_keep_procs_free(&ps);
}

static void
keep_cve_4294967295_is_no_audit_session(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	unsigned n = 0;
	pid_t a = tree(1, 0, &n);
	struct aas_kept k = session_of(a, NONE);

	(void)state;
	audits_n = 0; /* all of the machine is in none */
	assert_int_equal(count(&ps, &k), n);
	reap(a);
	aas_keep_procs_free(&ps);
}

static void
keep_session_within_another_is_its_own_tree_alone(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	unsigned n = 0, other = 0;
	pid_t a = tree(2, 0, &n), b = tree(1, 0, &other);
	struct aas_kept k = session_of(a, 77);

	(void)state;
	audits_n = 0;
	audit(a, 77);
	audit(b, 77);
	k.l.origin = AAS_ORIGIN_WITHIN;
	assert_int_equal(count(&ps, &k), n);
	reap(a);
	reap(b);
	aas_keep_procs_free(&ps);
}

/* --- made-up processes ---------------------------------------------------- */

#define CHAIN 2000

struct told {
	unsigned sum[2];
	unsigned char of[2][CHAIN];
};

static void
note_told(void *arg, size_t session, const struct aas_keep_proc *p)
{
	struct told *t = arg;

	t->sum[session]++;
	t->of[session][p->is.id.pid - 10]++;
}

static struct aas_keep_proc
made_up(pid_t pid, pid_t ppid, uint64_t start)
{
	struct aas_keep_proc p = { .audit = NONE };

	p.is.id.pid = pid;
	p.is.id.start = start;
	p.is.ppid = ppid;
	return p;
}

/* Each below the one before, and each of them a leader. */
static void
keep_chain_of_leaders_is_climbed_in_one_step(void **state)
{
	static struct aas_keep_proc v[CHAIN];
	static struct aas_keep_who who[2 * CHAIN];
	static struct told t;
	struct aas_keep_procs ps = { v, CHAIN, CHAIN, 0 };
	size_t n = 0;

	(void)state;
	for (int i = 0; i < CHAIN; i++) {
		v[i] = made_up(10 + i, 9 + i, 100 + (uint64_t)i / 50);
		who[n++] = (struct aas_keep_who){ 0, v[i].is.id, NONE };
		/* Within that one another, from the middle on. */
		if (i >= CHAIN / 2)
			who[n++] = (struct aas_keep_who){ 1, v[i].is.id, NONE };
	}
	assert_int_equal(aas_keep_each(&ps, who, n, 2, note_told, &t), AAS_OK);
	assert_int_equal(t.sum[0], CHAIN);
	assert_int_equal(t.sum[1], CHAIN / 2);
	for (int i = 0; i < CHAIN; i++) {
		assert_int_equal(t.of[0][i], 1);
		assert_int_equal(t.of[1][i], i >= CHAIN / 2);
		assert_int_equal(v[i].up, i < CHAIN / 2 ? 0 : CHAIN / 2);
	}
}

/* Read at different times: 10 is below 12, which is below 11, below 10. */
static void
keep_circle_of_leaders_loses_none(void **state)
{
	struct aas_keep_proc v[] = { made_up(10, 12, 5), made_up(11, 10, 5),
		made_up(12, 11, 9), made_up(13, 12, 9) };
	struct aas_keep_procs ps = { v, 4, 4, 0 };
	struct aas_keep_who who[3];
	struct told t = { { 0, 0 }, { { 0 }, { 0 } } };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		who[i] = (struct aas_keep_who){ 0, v[i].is.id, NONE };
	assert_int_equal(aas_keep_each(&ps, who, 3, 1, note_told, &t), AAS_OK);
	assert_int_equal(t.sum[0], 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(t.of[0][i], 1);
}

static void
signal_f67_reaches_no_other_process(void **state)
{
	unsigned n = 0;
	pid_t a = tree(0, 0, &n);
	struct aas_kept k = session_of(a, 5);
	struct aas_proc p = k.l.leader, me = { 0, 0 }, init = { 0, 0 };

	(void)state;
	audits_n = 0;
	audit(a, 5);
	p.start++;
	assert_int_equal(aas_keep_signal(&p, NONE, SIGKILL), AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_keep_signal(&k.l.leader, 6, SIGKILL), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_proc_get(getpid(), &me, NULL), AAS_OK);
	assert_int_equal(aas_keep_signal(&me, NONE, SIGKILL), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_proc_get(1, &init, NULL), AAS_OK);
	assert_int_equal(
	    aas_keep_signal(&init, NONE, SIGKILL), AAS_ERR_NOTFOUND);
	assert_int_equal(waitpid(a, NULL, WNOHANG), 0);
	assert_int_equal(aas_keep_signal(&k.l.leader, 5, SIGKILL), AAS_OK);
	assert_int_equal(waitpid(a, NULL, 0), a);
	assert_int_equal(
	    aas_keep_signal(&k.l.leader, 5, SIGKILL), AAS_ERR_NOTFOUND);
}

/* --- the end -------------------------------------------------------------- */

/* All rounds of it, on a clock of our own. */
static unsigned
end_it(struct aas_kept *k, int64_t *took_ms)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	int64_t now = 0;

	k->why = AAS_KEEP_LIMIT;
	k->ended_ms = 0;
	for (now = 0; now < AAS_END_LATE_MS && !aas_end_done(k);
	     now += AAS_END_ROUND_MS) {
		assert_int_equal(
		    aas_end_round(&ps, &k, 1, now, CODEX_MS, NULL), AAS_OK);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	*took_ms = now;
	aas_keep_procs_free(&ps);
	return k->left;
}

static void
end_takes_all_of_a_deaf_tree_without_audit(void **state)
{
	unsigned n = 0, other = 0;
	pid_t a = tree(3, 1, &n), b = tree(1, 0, &other);
	struct aas_kept k = session_of(a, NONE);
	int64_t took = 0;

	(void)state;
	audits_n = 0;
	/* Whose parents ended is ours, as with a subreaper: reaped, too. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(end_it(&k, &took), 0);
	assert_int_equal(aas_end_done(&k), 1);
	assert_in_range(took, AAS_END_KILL_MS, AAS_END_LATE_MS);
	assert_int_equal(kill(-a, 0), -1);
	assert_int_equal(waitpid(b, NULL, WNOHANG), 0);
	reap(b);
	forget(&k);
}

static void
end_finds_by_audit_what_left_the_tree(void **state)
{
	unsigned n = 0, other = 0;
	pid_t a = tree(1, 1, &n), away = tree(2, 1, &other);
	struct aas_kept k = session_of(a, 9);
	int64_t took = 0;

	(void)state;
	audits_n = 0;
	audit(a, 9);
	audit(away, 9);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(end_it(&k, &took), 0);
	assert_int_equal(kill(-away, 0), -1);
	assert_int_equal(kill(-a, 0), -1);
	forget(&k);
}

/* A copy of the shell, under that name. */
static void
copy_shell(const char *path)
{
	int from = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	struct stat st;

	assert_true(from != -1 && to != -1);
	assert_int_equal(fstat(from, &st), 0);
	assert_int_equal(
	    sendfile(to, from, NULL, (size_t)st.st_size), st.st_size);
	assert_int_equal(close(to), 0);
	assert_int_equal(close(from), 0);
}

/*
 * A Codex, by the program that it is, a shell: it writes "flushed" when it is
 * asked, or is deaf; any other signal but SIGTERM ends it at once.
 */
static pid_t
codex_in(const struct fixture *f, int deaf)
{
	char path[FIXTURE_PATH], script[FIXTURE_PATH], told[FIXTURE_PATH];
	char text[512];
	int p[2] = { -1, -1 };
	char c = 0;
	pid_t pid = -1;

	copy_shell(fixture_path(f, "codex", path));
	(void)fixture_path(f, "script", script);
	(void)fixture_path(f, "flushed", told);
	(void)snprintf(text, sizeof(text),
	    "trap '%s%s%s' TERM\necho x >&3\nexec 3>&-\n"
	    "while :; do sleep 0.02; done\n",
	    deaf ? "" : "sleep 0.1; echo done >", deaf ? ":" : told,
	    deaf ? "" : "; exit 0");
	fixture_write(f, "script", text, 0600);
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		if (setpgid(0, 0) == 0 && dup2(p[1], 3) == 3)
			(void)execl(path, "sh", script, (char *)NULL);
		_exit(1);
	}
	assert_int_equal(close(p[1]), 0);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(close(p[0]), 0);
	(void)setpgid(pid, pid);
	return pid;
}

static void
end_codex_writes_what_it_has_before_all_else_is_asked(void **state)
{
	struct aas_keep_procs ps = { 0 };
	const struct fixture *f = *state;
	unsigned n = 0;
	pid_t a = tree(0, 0, &n), shell = tree(0, 0, &n), codex = -1;
	struct aas_kept k = session_of(a, 9), *v = &k;
	int status = -1;

	audits_n = 0;
	codex = codex_in(f, 0);
	audit(a, 9);
	audit(shell, 9);
	audit(codex, 9);
	k.why = AAS_KEEP_ASKED;
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_SAID_MS - 1, CODEX_MS, NULL),
	    AAS_OK);
	assert_int_equal(k.codex_asked, 0);
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_SAID_MS, CODEX_MS, NULL), AAS_OK);
	assert_true(k.codex >= 1); /* a child of it before its exec */
	assert_int_equal(k.asked, 0);
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_SAID_MS + 1, CODEX_MS, NULL),
	    AAS_OK);
	assert_int_equal(waitpid(codex, &status, 0), codex);
	assert_int_equal(status, 0);
	assert_int_equal(faccessat(f->dirfd, "flushed", F_OK, 0), 0);
	assert_int_equal(waitpid(shell, NULL, WNOHANG), 0);
	/* That is not waited for longer than it takes. */
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_SAID_MS + 150, CODEX_MS, NULL),
	    AAS_OK);
	assert_int_equal(k.asked, 1);
	assert_int_equal(waitpid(shell, &status, 0), shell);
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_ALL_MS, CODEX_MS, NULL), AAS_OK);
	assert_int_equal(waitpid(a, NULL, 0), a);
	forget(&k);
	aas_keep_procs_free(&ps);
}

static void
end_a_deaf_codex_has_its_grace_and_no_more(void **state)
{
	struct aas_keep_procs ps = { 0 };
	unsigned n = 0;
	pid_t a = tree(0, 0, &n), shell = tree(0, 0, &n), codex = -1;
	struct aas_kept k = session_of(a, 9), *v = &k;
	const int64_t asked = AAS_END_SAID_MS + AAS_END_CODEX_MS;
	int64_t took = 0;

	audits_n = 0;
	codex = codex_in(*state, 1);
	audit(a, 9);
	audit(shell, 9);
	audit(codex, 9);
	k.why = AAS_KEEP_ASKED;
	for (int64_t t = AAS_END_SAID_MS; t < asked; t += 100)
		assert_int_equal(
		    aas_end_round(&ps, &v, 1, t, AAS_END_CODEX_MS, NULL),
		    AAS_OK);
	assert_int_equal(k.asked, 0);
	assert_int_equal(waitpid(shell, NULL, WNOHANG), 0);
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, asked, AAS_END_CODEX_MS, NULL), AAS_OK);
	assert_int_equal(k.asked, 1);
	assert_int_equal(waitpid(shell, NULL, 0), shell);
	assert_int_equal(aas_end_round(&ps, &v, 1, asked + AAS_END_GAP_MS,
			     AAS_END_CODEX_MS, NULL),
	    AAS_OK);
	assert_int_equal(waitpid(codex, NULL, 0), codex);
	assert_int_equal(waitpid(a, NULL, WNOHANG), 0);
	took = asked + AAS_END_GAP_MS + AAS_END_LEAD_MS;
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, took, AAS_END_CODEX_MS, NULL), AAS_OK);
	assert_int_equal(waitpid(a, NULL, 0), a);
	assert_true(took + 4 * AAS_END_ROUND_MS < AAS_END_LATE_MS);
	forget(&k);
	aas_keep_procs_free(&ps);
}

static void
end_gives_the_leader_time_to_close_the_session(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	unsigned n = 0;
	pid_t a = tree(0, 0, &n);
	struct aas_kept k = session_of(a, NONE), *v = &k;

	(void)state;
	audits_n = 0;
	k.why = AAS_KEEP_ASKED;
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_ALL_MS - 1, 0, NULL), AAS_OK);
	assert_int_equal(k.left, 1);
	assert_int_equal(waitpid(a, NULL, WNOHANG), 0);
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_ALL_MS, 0, NULL), AAS_OK);
	assert_int_equal(waitpid(a, NULL, 0), a);
	assert_int_equal(aas_end_done(&k), 0);
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_ALL_MS, 0, NULL), AAS_OK);
	assert_int_equal(
	    aas_end_round(&ps, &v, 1, AAS_END_ALL_MS, 0, NULL), AAS_OK);
	assert_int_equal(aas_end_done(&k), 1);
	forget(&k);
	aas_keep_procs_free(&ps);
}

/* What others run must not cost the ends more than what they take. */
static void
end_rests_until_there_is_something_to_do(void **state)
{
	struct aas_kept k = { .l = { .audit = 7, .origin = AAS_ORIGIN_REMOTE },
		.ended_ms = 1000 };
	int64_t kill = 1000 + AAS_END_KILL_MS;

	(void)state;
	/* Until they are asked, and until they are killed. */
	assert_int_equal(aas_end_next_ms(&k, 1000, 1, CODEX_MS), 1150);
	assert_int_equal(aas_end_next_ms(&k, 1000, 50, CODEX_MS), 1200);
	assert_int_equal(aas_end_next_ms(&k, 1000, 500, CODEX_MS), 1300);
	k.waited = 1;
	assert_int_equal(aas_end_next_ms(&k, 1300, 90, CODEX_MS), 1660);
	assert_int_equal(aas_end_next_ms(&k, 1300, 500, CODEX_MS), 2300);
	k.waited = 0;
	k.asked = 1;
	assert_int_equal(aas_end_next_ms(&k, 1300, 1, CODEX_MS), 1450);
	assert_int_equal(aas_end_next_ms(&k, 1300, 100, CODEX_MS), 1700);
	assert_int_equal(aas_end_next_ms(&k, 1300, 500, CODEX_MS), kill);
	assert_int_equal(
	    aas_end_next_ms(&k, kill - 1, 500, CODEX_MS), kill + 149);
	/* Then it is chased. */
	assert_int_equal(aas_end_next_ms(&k, kill, 500, CODEX_MS), kill + 150);
	assert_int_equal(
	    aas_end_next_ms(&k, kill + 900, 500, CODEX_MS), kill + 1050);
	/* Where Codex had to be waited for that is later. */
	k.asked_ms = 1300;
	assert_int_equal(aas_end_next_ms(&k, 2300, 500, CODEX_MS), 3000);
	k.asked_ms = 0;
	/* Ancestry is lost with a parent that ends between two looks. */
	k.l.audit = NONE;
	assert_int_equal(aas_end_next_ms(&k, 1300, 500, CODEX_MS), 1450);
	k.l.audit = 7;
	k.l.origin = AAS_ORIGIN_WITHIN;
	assert_int_equal(aas_end_next_ms(&k, 1300, 500, CODEX_MS), 1450);
}

/* --- what is told, and where ---------------------------------------------- */

static void
tell_says_why_and_what_to_do(void **state)
{
	static const enum aas_keep_why whys[] = { AAS_KEEP_LIMIT, AAS_KEEP_IDLE,
		AAS_KEEP_ASKED, AAS_KEEP_LAST };
	struct aas_kept k = { .by = "root" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
		k.why = whys[i];
		aas_tell_end(&k, text, sizeof(text));
		assert_int_equal(strncmp(text, "pam_aas: ", 9), 0);
		assert_true(strlen(text) < sizeof(text) - 1);
	}
	k.t.told_ms = 59001;
	aas_tell_soon(&k, text, sizeof(text));
	assert_non_null(strstr(text, "1 minute,"));
	k.t.told_ms = 600000;
	aas_tell_soon(&k, text, sizeof(text));
	assert_non_null(strstr(text, "10 minutes,"));
}

/* What was written on the terminal with that other side, if it has text. */
static int
was_told(int master, const char *text)
{
	char got[512];
	ssize_t n = read(master, got, sizeof(got) - 1);

	if (n <= 0)
		return 0;
	got[n] = '\0';
	return strstr(got, text) != NULL;
}

/* su(1) leaves the terminal to who called it. */
static void
term_of_who_called_su_is_the_sessions_within(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	struct aas_kept k, *one = &k;
	int master = -1;
	char c = 0;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	(void)state;
	audits_n = 0;
	if (pid == 0) {
		(void)!write(STDOUT_FILENO, "x", 1);
		for (;;)
			(void)pause();
	}
	assert_int_not_equal(pid, -1);
	assert_int_equal(read(master, &c, 1), 1); /* it sits there */
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	k = session_of(pid, NONE);
	k.l.uid++; /* of another than the terminal */
	k.why = AAS_KEEP_LIMIT;
	assert_int_equal(aas_keep_scan(&ps, NULL, 0), AAS_OK);
	assert_int_equal(aas_tell(&ps, &one, 1, aas_tell_end), AAS_OK);
	assert_int_equal(was_told(master, "limit"), 0);
	k.l.origin = AAS_ORIGIN_WITHIN;
	assert_int_equal(aas_tell(&ps, &one, 1, aas_tell_end), AAS_OK);
	assert_int_equal(was_told(master, "limit"), 1);
	/* By a clock that is far ahead: nobody typed for long. */
	assert_int_equal(
	    aas_learn_input(&ps, &one, 1, INT64_MAX / 4, 5000), AAS_OK);
	assert_int_equal(k.t.input_ms, 0);
	k.l.origin = AAS_ORIGIN_REMOTE;
	assert_int_equal(
	    aas_learn_input(&ps, &one, 1, INT64_MAX / 4, 5000), AAS_OK);
	assert_int_equal(k.t.input_ms, 5000);
	/* Another has its pid by now. */
	k.l.origin = AAS_ORIGIN_WITHIN;
	k.l.leader.start++;
	assert_int_equal(
	    aas_end_owner(&ps, &k, aas_keep_proc(&ps, pid)->is.tty), k.l.uid);
	(void)close(master);
	reap(pid);
	aas_keep_procs_free(&ps);
}

static void
term_names_terminals_by_their_number(void **state)
{
	char path[AAS_TERM_PATH];

	(void)state;
	assert_int_equal(aas_term_path(136 << 8 | 7, path), AAS_OK);
	assert_string_equal(path, "/dev/pts/7");
	/* The 300th: the upper bits of its minor number stand above. */
	assert_int_equal(
	    aas_term_path(136 << 8 | (300 & 0xff) | (300 >> 8) << 20, path),
	    AAS_OK);
	assert_string_equal(path, "/dev/pts/300");
	assert_int_equal(aas_term_path(4 << 8 | 2, path), AAS_OK);
	assert_string_equal(path, "/dev/tty2");
	assert_int_equal(aas_term_path(4 << 8 | 64, path), AAS_OK);
	assert_string_equal(path, "/dev/ttyS0");
	assert_int_equal(aas_term_path(0, path), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_term_path(4 << 8, path), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_term_path(5 << 8, path), AAS_ERR_NOTFOUND);
}

static void
term_name_is_a_plain_one_from_the_kernel(void **state)
{
	static const char *const bad[] = { "", "MAJOR=229\nMINOR=0\n",
		"DEVNAME=\n", "DEVNAME=../etc/x\n", "DEVNAME=a/b\n",
		"DEVNAME=..\n", "DEVNAME=hvc0 \n", "XDEVNAME=hvc0\n",
		"DEVNAME=a2345678901234567890123456\xc3\n",
		"DEVNAME=a23456789012345678901234567\n" };
	char path[AAS_TERM_PATH] = "as it was";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(aas_term_name(bad[i], path), AAS_ERR_NOTFOUND);
		assert_string_equal(path, "as it was");
	}
	assert_int_equal(
	    aas_term_name("MAJOR=229\nMINOR=0\nDEVNAME=hvc0\n", path), AAS_OK);
	assert_string_equal(path, "/dev/hvc0");
	assert_int_equal(
	    aas_term_name("DEVNAME=ttyUSB12\nDEVMODE=0660\n", path), AAS_OK);
	assert_string_equal(path, "/dev/ttyUSB12");
	assert_int_equal(
	    aas_term_name("DEVNAME=a2345678901234567890123456", path), AAS_OK);
	assert_int_equal(strlen(path), AAS_TERM_PATH - 1);
}

static void
term_path_is_what_the_kernel_calls_it(void **state)
{
	char path[AAS_TERM_PATH];

	(void)state;
	/* No terminal, but wherever there is a /sys, and found alike. */
	if (access("/sys/dev/char/1:7/uevent", R_OK) != 0)
		skip();
	assert_int_equal(aas_term_path(1 << 8 | 7, path), AAS_OK);
	assert_string_equal(path, "/dev/full");
	assert_int_equal(aas_term_path(1 << 8 | 250, path), AAS_ERR_NOTFOUND);
}

static void
cgroup_scope_is_of_that_user_alone(void **state)
{
	char out[AAS_CGROUP_MAX];
	uint32_t uid = 0;

	(void)state;
	assert_int_equal(
	    aas_cgroup_scope(
		"/user.slice/user-1000.slice/session-c3.scope/deep", 1000, out),
	    1);
	assert_string_equal(
	    out, "/user.slice/user-1000.slice/session-c3.scope");
	assert_int_equal(
	    aas_cgroup_scope(
		"/user.slice/user-1000.slice/session-3.scope", 1001, out),
	    0);
	assert_int_equal(
	    aas_cgroup_scope("/user.slice/user-1000.slice", 1000, out), 0);
	assert_int_equal(
	    aas_cgroup_scope(
		"/user.slice/user-1000.slice/user@1000.service/session-1.scope",
		1000, out),
	    0);
	assert_int_equal(
	    aas_cgroup_scope("/system.slice/ssh.service", 0, out), 0);
	assert_int_equal(
	    aas_cgroup_scope("/user.slice/user-1.slice/session-.scope", 1, out),
	    0);
	assert_int_equal(
	    aas_cgroup_manager(
		"/user.slice/user-7.slice/user@7.service/app.slice/x", &uid),
	    1);
	assert_int_equal(uid, 7);
	assert_int_equal(
	    aas_cgroup_manager("/user.slice/user-9.slice/user@9.service", &uid),
	    1);
	assert_int_equal(uid, 9);
	assert_int_equal(aas_cgroup_manager(
			     "/user.slice/user-7.slice/user@7.service2", &uid),
	    0);
	assert_int_equal(
	    aas_cgroup_manager("/user.slice/user-7.slice/user@8.service", &uid),
	    0);
	assert_int_equal(
	    aas_cgroup_manager("/user.slice/user-.slice/user@0.service", &uid),
	    0);
	assert_int_equal(
	    aas_cgroup_manager(
		"/user.slice/user-4294967303.slice/user@7.service", &uid),
	    0);
	assert_int_equal(aas_cgroup_kill("/a/../x"), AAS_ERR_INVAL);
	assert_int_equal(aas_cgroup_kill("x"), AAS_ERR_INVAL);
}

/* One that forks and ends all the time hides nobody whose pid is higher. */
static void
scan_goes_on_behind_who_is_chased(void **state)
{
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };

	(void)state;
	chased = 3;
	skips = 0;
	assert_int_equal(aas_keep_scan(&ps, NULL, 0), AAS_OK);
	assert_int_equal(skips, 3);
	assert_int_equal(ps.unsure, 1);
	assert_non_null(aas_keep_proc(&ps, getpid()));
	/* The next look may prove something again. */
	chased = 0;
	for (int i = 0; i < 100 && ps.unsure; i++)
		assert_int_equal(aas_keep_scan(&ps, NULL, 0), AAS_OK);
	assert_int_equal(ps.unsure, 0);
	aas_keep_procs_free(&ps);
}

/* What tells whether it is to be stopped tells whose it is. */
static void
scan_asks_once_for_an_audit_session(void **state)
{
	static const struct aas_keep_stop stop[] = { { 5, 0 }, { 9, 0 } };
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	unsigned n = 0;
	pid_t a = tree(0, 0, &n), b = tree(0, 0, &n);

	(void)state;
	audits_n = 0;
	audit(a, 7);
	audit(b, 9);
	asked_of = a;
	for (size_t stops = 0; stops < 3; stops++) {
		asked_n = 0;
		assert_int_equal(aas_keep_scan(&ps, stop, stops), AAS_OK);
		assert_int_equal(asked_n, 1);
		assert_int_equal(aas_keep_proc(&ps, a)->audit, 7);
		assert_int_equal(aas_keep_proc(&ps, b)->audit, 9);
	}
	asked_of = 0;
	assert_int_equal(waitpid(b, NULL, WUNTRACED), b); /* stopped */
	reap(a);
	reap(b);
	aas_keep_procs_free(&ps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_goes_on_behind_who_is_chased),
		FIXTURE_TEST(learn_from_the_last_look_is_as_from_the_kernel),
		FIXTURE_TEST(learn_audit_session_of_another_is_none_of_its_own),
		FIXTURE_TEST(keep_counts_each_process_of_a_session_once),
		FIXTURE_TEST(keep_cve_4294967295_is_no_audit_session),
		FIXTURE_TEST(keep_session_within_another_is_its_own_tree_alone),
		FIXTURE_TEST(keep_chain_of_leaders_is_climbed_in_one_step),
		FIXTURE_TEST(keep_circle_of_leaders_loses_none),
		FIXTURE_TEST(signal_f67_reaches_no_other_process),
		FIXTURE_TEST(end_takes_all_of_a_deaf_tree_without_audit),
		FIXTURE_TEST(end_finds_by_audit_what_left_the_tree),
		FIXTURE_TEST(
		    end_codex_writes_what_it_has_before_all_else_is_asked),
		FIXTURE_TEST(end_a_deaf_codex_has_its_grace_and_no_more),
		FIXTURE_TEST(end_gives_the_leader_time_to_close_the_session),
		FIXTURE_TEST(end_rests_until_there_is_something_to_do),
		FIXTURE_TEST(scan_asks_once_for_an_audit_session),
		FIXTURE_TEST(tell_says_why_and_what_to_do),
		FIXTURE_TEST(term_of_who_called_su_is_the_sessions_within),
		FIXTURE_TEST(term_names_terminals_by_their_number),
		FIXTURE_TEST(term_name_is_a_plain_one_from_the_kernel),
		FIXTURE_TEST(term_path_is_what_the_kernel_calls_it),
		FIXTURE_TEST(cgroup_scope_is_of_that_user_alone),
	};

	/* It has no pidfd_send_signal(2): nothing would ever end. */
	if (fixture_valgrind()) {
		(void)fprintf(stderr, "valgrind cannot signal by pidfd\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
