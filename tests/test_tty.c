/*
 * Questions at a terminal, to a process that is not in front of it.
 */
#include "tests/fixture.h"

#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "lib/err.h"
#include "tools/tty.h"

struct scene {
	int fd; /* of the controlling terminal */
	pid_t leader;
};

typedef int act(const struct scene *s);

/* In a group of its own, which is not in front: 0, or the line that failed. */
static int
asks_behind(const struct scene *s)
{
	struct aas_tty *t = NULL;
	struct aas_ui ui;

	(void)s;
	if (aas_tty_open(&t, &ui) != AAS_ERR_AGAIN)
		return __LINE__;
	return t == NULL ? 0 : __LINE__;
}

static int
is_sent_behind(const struct scene *s)
{
	struct aas_tty *t = NULL;
	struct aas_ui ui;
	char pin[16];
	sigset_t ttou, was;
	int r;

	(void)sigemptyset(&ttou);
	(void)sigaddset(&ttou, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &ttou, &was);
	r = tcsetpgrp(s->fd, getpgrp());
	(void)sigprocmask(SIG_SETMASK, &was, NULL);
	if (r == -1 || aas_tty_open(&t, &ui) != AAS_OK)
		return __LINE__;
	if (tcsetpgrp(s->fd, s->leader) == -1 || kill(getpid(), SIGTERM) == -1)
		return __LINE__;
	r = ui.ask(ui.arg, 0, "PIN: ", pin, sizeof(pin));
	aas_tty_close(&t);
	return r == AAS_ERR_CANCELED ? 0 : __LINE__;
}

/* One who is stopped fails it, instead of lasting. */
static int
in_a_group(const struct scene *s, act *fn)
{
	pid_t pid = fork();
	int st = 0;

	if (pid == 0) {
		(void)setpgid(0, 0);
		_exit(fn(s) == 0 ? 0 : 1);
	}
	CHECK(pid > 0);
	CHECK(waitpid(pid, &st, WUNTRACED) == pid);
	if (WIFSTOPPED(st)) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	CHECK(WIFEXITED(st));
	CHECK(WEXITSTATUS(st) == 0);
	return 0;
}

static int
at_a_terminal(void *arg)
{
	act *const *fn = arg;
	struct scene s = { -1, 0 };
	struct termios after;
	int r, master = posix_openpt(O_RDWR | O_NOCTTY);

	CHECK(setsid() != -1);
	CHECK(master != -1 && grantpt(master) == 0 && unlockpt(master) == 0);
	CHECK((s.fd = open(ptsname(master), O_RDWR)) != -1);
	s.leader = getpgrp();
	CHECK(tcgetpgrp(s.fd) == s.leader);
	if ((r = in_a_group(&s, *fn)) != 0)
		return r;
	CHECK(tcgetattr(s.fd, &after) == 0);
	CHECK((after.c_lflag & ECHO) != 0);
	return 0;
}

static void
tty_of_another_group_is_not_asked_at(void **state)
{
	act *fn = asks_behind;

	(void)state;
	assert_int_equal(fixture_in_child(at_a_terminal, &fn), 0);
}

static void
tty_lost_at_a_prompt_ends_and_is_left_as_it_was(void **state)
{
	act *fn = is_sent_behind;

	(void)state;
	assert_int_equal(fixture_in_child(at_a_terminal, &fn), 0);
}

static void
tty_errors_are_told_apart(void **state)
{
	(void)state;
	assert_string_not_equal(
	    aas_tty_why(AAS_ERR_AGAIN), aas_tty_why(AAS_ERR_NOTFOUND));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tty_of_another_group_is_not_asked_at),
		cmocka_unit_test(
		    tty_lost_at_a_prompt_ends_and_is_left_as_it_was),
		cmocka_unit_test(tty_errors_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
