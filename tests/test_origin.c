/*
 * Whether a caller stems from a sign-in from elsewhere.  The processes are
 * real, their audit sessions made up.
 */
#include "tests/fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/proc.h"
#include "lib/session/ledger.h"
#include "lib/session/origin.h"

#define NONE AAS_PROC_NO_AUDIT

/* --- made-up audit sessions --- */

static struct {
	pid_t pid;
	uint32_t session, uid;
} audits[8];
static size_t audits_n;

static void
audit(pid_t pid, uint32_t session, uint32_t uid)
{
	audits[audits_n].pid = pid;
	audits[audits_n].session = session;
	audits[audits_n++].uid = uid;
}

static int parentless;

pid_t __real_getppid(void);
pid_t __wrap_getppid(void);

pid_t
__wrap_getppid(void)
{
	return parentless ? 0 : __real_getppid();
}

int __wrap_aas_proc_audit(pid_t pid, uint32_t *session, uint32_t *uid);

int
__wrap_aas_proc_audit(pid_t pid, uint32_t *session, uint32_t *uid)
{
	*session = NONE;
	if (uid != NULL)
		*uid = NONE;
	for (size_t i = 0; i < audits_n; i++) {
		if (audits[i].pid != (pid != 0 ? pid : getpid()))
			continue;
		*session = audits[i].session;
		if (uid != NULL)
			*uid = audits[i].uid;
	}
	return AAS_OK;
}

/* --- a host --- */

struct world {
	char run[FIXTURE_PATH];
	struct aas_now now;
	struct aas_proc me, parent;
	struct aas_proc leader, caller; /* two children of ours */
	char id[AAS_LEDGER_ID];         /* of the last line */
};

static void
child(struct aas_proc *p)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	assert_int_equal(aas_proc_get(pid, p, NULL), AAS_OK);
}

static void
end(const struct aas_proc *p)
{
	(void)kill(p->pid, SIGKILL);
	(void)waitpid(p->pid, NULL, 0);
}

static void
prepare(struct fixture *f, struct world *w)
{
	pid_t above = 0;

	memset(w, 0, sizeof(*w));
	audits_n = 0;
	fixture_path(f, "run", w->run);
	assert_int_equal(aas_clock_now(&w->now), AAS_OK);
	assert_int_equal(aas_proc_get(getpid(), &w->me, &above), AAS_OK);
	assert_int_equal(aas_proc_get(above, &w->parent, NULL), AAS_OK);
}

static void
line(struct world *w, enum aas_origin origin, const struct aas_proc *leader,
    uint32_t uid)
{
	struct aas_ledger l = { .user = "u,\"origin\":\"local\",\"",
		.uid = uid,
		.service = "sshd",
		.tty = ",\"leader\":1,",
		.rhost = origin == AAS_ORIGIN_REMOTE ? "192.0.2.1" : NULL,
		.via = "keys",
		.origin = origin,
		.leader = *leader };

	assert_int_equal(
	    aas_ledger_open(w->run, NULL, &l, &w->now, w->id), AAS_OK);
}

static int
remote_as(const struct world *w, pid_t pid, uid_t uid)
{
	const struct aas_origin_query q = {
		.rundir = w->run, .now = &w->now, .pid = pid, .uid = uid
	};

	struct aas_ledger_line l;
	char id[AAS_LEDGER_ID];

	return aas_origin_look(&q, &l, id) != 0;
}

/* Everything gone again but the directory. */
static void
forget(struct world *w)
{
	char cmd[FIXTURE_PATH + 64];

	(void)snprintf(cmd, sizeof(cmd), "%s/sessions/%s", w->run, w->id);
	if (unlink(cmd) == -1) {
		(void)strcat(cmd, ".closed-4294967295");
		assert_int_equal(unlink(cmd), 0);
	}
}

/* --- tests --- */

static void
origin_without_a_ledger_is_local(void **state)
{
	struct world w;

	prepare(*state, &w);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
	assert_int_equal(mkdir(w.run, 0755), 0);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
}

static void
origin_is_that_of_the_ancestors_line(void **state)
{
	struct world w;

	prepare(*state, &w);
	line(&w, AAS_ORIGIN_REMOTE, &w.parent, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1001), 1);
	assert_int_equal(remote_as(&w, getpid(), 0), 1);
	forget(&w);
	line(&w, AAS_ORIGIN_LOCAL, &w.parent, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1001), 0);
	/* su within a remote sign-in says nothing against it. */
	line(&w, AAS_ORIGIN_REMOTE, &w.parent, 1000);
	line(&w, AAS_ORIGIN_WITHIN, &w.me, 1001);
	assert_int_equal(remote_as(&w, getpid(), 1001), 1);
}

static void
origin_f66_recycled_pid_is_another_process(void **state)
{
	struct world w;

	prepare(*state, &w);
	w.parent.start++;
	line(&w, AAS_ORIGIN_REMOTE, &w.parent, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1001), 0);
	audit(getpid(), 7, 1001);
	audit(w.parent.pid, 7, 1001);
	assert_int_equal(remote_as(&w, getpid(), 1001), 0);
}

static void
origin_f14_of_another_boot_does_not_count(void **state)
{
	struct world w;

	prepare(*state, &w);
	line(&w, AAS_ORIGIN_REMOTE, &w.parent, 1000);
	w.now.boot_id[0] ^= 1;
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
}

/* Detached from its ancestors, a process keeps its audit session. */
static void
origin_follows_the_audit_session(void **state)
{
	struct world w;

	prepare(*state, &w);
	child(&w.leader);
	child(&w.caller);
	audit(w.leader.pid, 7, 1000);
	audit(w.caller.pid, 7, 1000);
	line(&w, AAS_ORIGIN_REMOTE, &w.leader, 1000);
	assert_int_equal(remote_as(&w, w.caller.pid, 1001), 1);
	audit(w.caller.pid, 8, 1002);
	assert_int_equal(remote_as(&w, w.caller.pid, 1001), 0);
	/* The leader has only inherited it: that tells nothing. */
	audit(w.caller.pid, 7, 1002);
	audit(getpid(), 7, 1002);
	assert_int_equal(remote_as(&w, w.caller.pid, 1001), 0);
	end(&w.leader);
	end(&w.caller);
}

static void
origin_outlives_the_end_of_the_session(void **state)
{
	struct world w;

	prepare(*state, &w);
	child(&w.caller);
	audit(getpid(), 7, 1000);
	audit(w.caller.pid, 7, 1000);
	w.me.start++; /* our leader is gone */
	line(&w, AAS_ORIGIN_REMOTE, &w.me, 1000);
	assert_int_equal(aas_ledger_close(w.run, w.id, 1000), AAS_OK);
	assert_int_equal(remote_as(&w, w.caller.pid, 1001), 1);
	audit(w.caller.pid, 8, 1000);
	assert_int_equal(remote_as(&w, w.caller.pid, 1000), 0);
	end(&w.caller);
}

/* Where nobody told the kernel who signs in it is the caller's own. */
static void
origin_close_names_no_audit_session_of_another(void **state)
{
	char closed[AAS_LEDGER_ID + 32], path[2 * FIXTURE_PATH];
	struct world w;

	prepare(*state, &w);
	audit(getpid(), 7, 1001);
	line(&w, AAS_ORIGIN_LOCAL, &w.me, 1000);
	assert_int_equal(aas_ledger_close(w.run, w.id, 1000), AAS_OK);
	(void)snprintf(closed, sizeof(closed), "%s" AAS_LEDGER_CLOSED "%lu",
	    w.id, (unsigned long)NONE);
	(void)snprintf(path, sizeof(path), "%s/sessions/%s", w.run, closed);
	assert_int_equal(
	    faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW), 0);
}

/* Into a container from outside: its parent has no number there. */
static void
origin_of_a_leader_without_a_parent_is_kept(void **state)
{
	struct world w;

	prepare(*state, &w);
	child(&w.caller);
	audit(getpid(), 7, 1000);
	audit(w.caller.pid, 7, 1000);
	w.me.start++;
	line(&w, AAS_ORIGIN_REMOTE, &w.me, 1000);
	parentless = 1;
	assert_int_equal(aas_ledger_close(w.run, w.id, 1000), AAS_OK);
	parentless = 0;
	assert_int_equal(remote_as(&w, w.caller.pid, 1001), 1);
	end(&w.caller);
}

/* A service of the user's own manager, at(1): no session of theirs. */
static void
origin_nobody_accounts_for_is_that_of_the_users_open_sessions(void **state)
{
	struct world w;

	prepare(*state, &w);
	child(&w.leader);
	line(&w, AAS_ORIGIN_REMOTE, &w.leader, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
	assert_int_equal(remote_as(&w, getpid(), 1001), 0);
	assert_int_equal(remote_as(&w, getpid(), 0), 0);
	/* Who became another, or root, is still who signed in. */
	audit(getpid(), 9, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1001), 1);
	assert_int_equal(remote_as(&w, getpid(), 0), 1);
	/* The leader was killed: nothing says that the session is over. */
	end(&w.leader);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
	audits_n = 0;
	assert_int_equal(aas_ledger_close(w.run, w.id, 1000), AAS_OK);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
	/* At this machine and by SSH at once: this one is at the machine. */
	line(&w, AAS_ORIGIN_REMOTE, &w.leader, 1000);
	line(&w, AAS_ORIGIN_LOCAL, &w.parent, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
}

static void
origin_f66_damaged_line_may_be_the_callers(void **state)
{
	static const char *const others[] = { "run/sessions/.x",
		"run/sessions/x", "run/sessions/0123456789abcdef.old",
		"run/sessions/0123456789abcdef.closed",
		"run/sessions/0123456789abcdef.closed-",
		"run/sessions/0123456789abcdef.closed-01",
		"run/sessions/0123456789abcdef.closed-1x",
		"run/sessions/0123456789abcdef.closed-4294967296",
		"run/sessions/0123456789abcdefg" };
	struct fixture *f = *state;
	struct world w;
	char p[FIXTURE_PATH];

	prepare(f, &w);
	assert_int_equal(mkdir(w.run, 0755), 0);
	assert_int_equal(mkdir(fixture_path(f, "run/sessions", p), 0700), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		fixture_write(f, others[i], "?", 0600);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
	fixture_write(f, "run/sessions/0123456789abcdef", "?", 0600);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
	/* Who signs in at the machine has a line that can be read. */
	line(&w, AAS_ORIGIN_LOCAL, &w.parent, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
	forget(&w);
	/* No line of a person's: a greeter must still let them in. */
	assert_int_equal(remote_as(&w, getpid(), 0), 0);
	fixture_path(f, "run/sessions/0123456789abcdef", p);
	assert_int_equal(unlink(p), 0);
	assert_int_equal(mkfifo(p, 0600), 0);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
	assert_int_equal(unlink(p), 0);
	assert_int_equal(symlink("/dev/zero", p), 0);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
	assert_int_equal(unlink(p), 0);
	assert_int_equal(chmod(fixture_path(f, "run/sessions", p), 0777), 0);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
}

static void
origin_line_cut_anywhere_is_damaged(void **state)
{
	struct fixture *f = *state;
	struct world w;
	char path[FIXTURE_PATH + 64], text[AAS_LEDGER_MAX];
	ssize_t n;

	prepare(f, &w);
	line(&w, AAS_ORIGIN_LOCAL, &w.parent, 1000);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
	(void)snprintf(path, sizeof(path), "%s/sessions/%s", w.run, w.id);
	n = readlink(path, text, sizeof(text));
	assert_in_range(n, 1, sizeof(text) - 1);
	while (--n > 0) {
		text[n] = '\0';
		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink(text, path), 0);
		assert_int_equal(remote_as(&w, getpid(), 1000), 1);
	}
}

/* The directory is root's alone: whoever made one got root to do it. */
static void
origin_line_of_another_owner_is_damaged(void **state)
{
	char path[FIXTURE_PATH + 64], other[FIXTURE_PATH + 64];
	struct world w;

	if (geteuid() != 0)
		skip();
	prepare(*state, &w);
	line(&w, AAS_ORIGIN_LOCAL, &w.parent, 1000);
	(void)snprintf(path, sizeof(path), "%s/sessions/%s", w.run, w.id);
	assert_int_equal(remote_as(&w, getpid(), 1000), 0);
	assert_int_equal(lchown(path, 1000, 0), 0);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
	/* A second name of a line is none that we gave. */
	assert_int_equal(lchown(path, 0, 0), 0);
	(void)snprintf(
	    other, sizeof(other), "%s/sessions/0123456789abcdef", w.run);
	assert_int_equal(linkat(AT_FDCWD, path, AT_FDCWD, other, 0), 0);
	assert_int_equal(remote_as(&w, getpid(), 1000), 1);
}

/* A thousand shells deep, nobody sees the bottom: that is no way to be local.
 */
static int
nest(const struct world *w, int depth)
{
	int status = 0;
	pid_t pid;

	if (depth == 0)
		return remote_as(w, getpid(), 1000);
	if ((pid = fork()) == 0)
		_exit(nest(w, depth - 1));
	if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 2;
	return WEXITSTATUS(status);
}

static void
origin_too_deep_to_be_told_is_not_local(void **state)
{
	struct world w;

	prepare(*state, &w);
	line(&w, AAS_ORIGIN_REMOTE, &w.parent, 1000);
	forget(&w);
	assert_int_equal(nest(&w, 2), 0);
	if (fixture_valgrind())
		return; /* a hundred of it are too many */
	assert_int_equal(nest(&w, 130), 1);
}

/* --- what is swept --- */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(origin_without_a_ledger_is_local),
		FIXTURE_TEST(origin_is_that_of_the_ancestors_line),
		FIXTURE_TEST(origin_f66_recycled_pid_is_another_process),
		FIXTURE_TEST(origin_f14_of_another_boot_does_not_count),
		FIXTURE_TEST(origin_follows_the_audit_session),
		FIXTURE_TEST(origin_outlives_the_end_of_the_session),
		FIXTURE_TEST(origin_close_names_no_audit_session_of_another),
		FIXTURE_TEST(origin_of_a_leader_without_a_parent_is_kept),
		FIXTURE_TEST(
		    origin_nobody_accounts_for_is_that_of_the_users_open_sessions),
		FIXTURE_TEST(origin_f66_damaged_line_may_be_the_callers),
		FIXTURE_TEST(origin_line_cut_anywhere_is_damaged),
		FIXTURE_TEST(origin_line_of_another_owner_is_damaged),
		FIXTURE_TEST(origin_too_deep_to_be_told_is_not_local),
	};

	return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
