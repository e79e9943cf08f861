/*
 * The window of sudo and polkit, through libpam, as sudo stands there: a real
 * uid of the user's, an effective one of root's, and a terminal.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/session/reauth.h"
#include "policy/policy.h"
#include "tests/pam_host.h"

static struct talk normal = { .how = TALK_NORMAL, .answer = "1234" };
static struct pam_host *host;

/* A session of its own with a terminal of its own; the master stays open. */
static int
sit(void)
{
	char name[64];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave = -1;

	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
	    ptsname_r(master, name, sizeof(name)) != 0 || setsid() == -1)
		return -1;
	slave = open(name, O_RDWR | O_CLOEXEC); /* becomes the terminal */
	return slave == -1 ? -1 : setresuid(pam_host_uid("daemon"), 0, 0);
}

/* Another process of this session asks. */
static int
ask_as(const char *service, const char *user)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(pam_host_auth(host, service, user, &normal));
	if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int
ask(const char *service)
{
	return ask_as(service, "daemon");
}

static int
asked(void)
{
	int n = pam_host_logged(host, "request");

	pam_host_forget(host);
	return n;
}

#define PREPARED                                                  \
	do {                                                      \
		CHECK(sit() == 0);                                \
		pam_host_service(host, "polkit-1", NULL);         \
		pam_host_service(host, "su", NULL);               \
		pam_host_service(host, "vlock", NULL);            \
		pam_host_enroll(host, "daemon", AAS_ST_ENROLLED); \
		pam_host_script(host, 1, "key 0 1\ngrant 1\n");   \
	} while (0)

/* --- within --- */

static int
once(void *arg)
{
	(void)arg;
	PREPARED;
	CHECK(ask("sudo") == PAM_SUCCESS);
	CHECK(asked() == 1);
	CHECK(ask("sudo") == PAM_SUCCESS);
	CHECK(ask("polkit-1") == PAM_SUCCESS);
	CHECK(asked() == 0);
	CHECK(aas_reauth_forget(host->src.rundir, 1) == AAS_OK);
	CHECK(ask("polkit-1") == PAM_SUCCESS);
	CHECK(asked() == 1);
	return 0;
}

static int
others(void *arg)
{
	static const char *const services[] = { "su", "login", "vlock",
		"sshd" };

	(void)arg;
	host->src.server_keys = 1;
	pam_host_policy(host);
	PREPARED;
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	for (size_t i = 0; i < 4; i++) {
		CHECK(ask(services[i]) == PAM_SUCCESS);
		CHECK(asked() == 1);
	}
	/* Nor does one of theirs begin a window. */
	CHECK(aas_reauth_forget(host->src.rundir, 1) == AAS_OK);
	CHECK(ask("su") == PAM_SUCCESS && asked() == 1);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	return 0;
}

static int
another_user(void *arg)
{
	(void)arg;
	PREPARED;
	pam_host_enroll(host, "bin", AAS_ST_ENROLLED);
	/* "targetpw": the key of another than who sits here. */
	CHECK(ask_as("sudo", "bin") == PAM_SUCCESS && asked() == 1);
	CHECK(ask_as("sudo", "bin") == PAM_SUCCESS && asked() == 1);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	/* And the same terminal once somebody else sits there. */
	CHECK(setresuid(pam_host_uid("bin"), 0, 0) == 0);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	CHECK(ask_as("sudo", "bin") == PAM_SUCCESS && asked() == 1);
	CHECK(ask_as("sudo", "bin") == PAM_SUCCESS && asked() == 0);
	return 0;
}

/* Root's own programs run for others have none. */
static int
roots(void *arg)
{
	(void)arg;
	PREPARED;
	CHECK(setresuid(0, 0, 0) == 0);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	return 0;
}

/* --- the place --- */

static int
elsewhere(void *arg)
{
	int status = 0;
	pid_t pid;

	(void)arg;
	PREPARED;
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	if ((pid = fork()) == 0) /* another terminal */
		_exit(
		    setresuid(0, 0, 0) == 0 && sit() == 0 ? ask("sudo") : 200);
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 0);
	CHECK(asked() == 1);
	if ((pid = fork()) == 0) /* none */
		_exit(setsid() != -1 ? ask("sudo") + ask("sudo") : 200);
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 0);
	CHECK(asked() == 2);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 0);
	return 0;
}

/* The same terminal, the next session on it. */
static int
next_session(void *arg)
{
	char name[64], was[64] = "";
	int status = 0, master;
	pid_t pid;

	(void)arg;
	PREPARED;
	CHECK(setresuid(0, 0, 0) == 0);
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(master != -1 && grantpt(master) == 0 && unlockpt(master) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(ptsname_r(master, name, sizeof(name)) == 0);
		CHECK(i == 0 || strcmp(name, was) == 0);
		memcpy(was, name, sizeof(was));
		if ((pid = fork()) == 0) {
			if (setsid() == -1 ||
			    open(name, O_RDWR | O_CLOEXEC) == -1 ||
			    setresuid(1, 0, 0) != 0)
				_exit(200);
			_exit(ask("sudo"));
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WEXITSTATUS(status) == 0);
		CHECK(asked() == 1);
	}
	(void)close(master);
	return 0;
}

/* --- the key, the rule, the clock --- */

static void
without_blue(struct aas_index *ix)
{
	ix->keys[0].active = 0;
}

static int
keys(void *arg)
{
	(void)arg;
	PREPARED;
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	pam_host_index(host, "daemon", AAS_ST_ENROLLED, without_blue);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	pam_host_enroll(host, "daemon", AAS_ST_ENROLLED);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 0);
	pam_host_enroll(host, "daemon", AAS_ST_LOCKED);
	CHECK(ask("sudo") == PAM_AUTH_ERR && asked() == 0);
	pam_host_enroll(host, "daemon", AAS_ST_DEGRADED);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	/* A key that is none of the record's cannot have answered. */
	pam_host_enroll(host, "daemon", AAS_ST_ENROLLED);
	CHECK(aas_reauth_forget(host->src.rundir, 1) == AAS_OK);
	pam_host_script(host, 1, "key 0 9\ngrant 1\n");
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	return 0;
}

static int
two_keys(void *arg)
{
	static const char *polkit = "polkit-1";
	const struct aas_rule both = { .name = "both",
		.where = "test",
		.source = "files",
		.mode = AAS_MODE_ENFORCE,
		.effect = AAS_EF_REQUIRE,
		.services = { 1, &polkit },
		.present = 2 };

	(void)arg;
	host->src.rules = &both;
	host->src.rules_n = 1;
	pam_host_policy(host);
	PREPARED;
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 0);
	/* One key does not do where two are asked for ... */
	pam_host_script(host, 1, "key 0 1\nkey 1 2\ngrant 2\n");
	CHECK(ask("polkit-1") == PAM_SUCCESS && asked() == 1);
	/* ... and two do for both. */
	CHECK(ask("polkit-1") == PAM_SUCCESS && asked() == 0);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 0);
	return 0;
}

/* Each stamp there is, older by ${ms}. */
static int
age(int64_t ms)
{
	struct aas_proc_seat seat;
	struct aas_reauth s;
	struct aas_now now;
	struct aas_reauth_want want = {
		.uid = 1, .seat = &seat, .now = &now, .reauth_s = 1000
	};
	struct aas_policy *p = NULL;

	if (aas_policy_open(host->policy, &p) != AAS_OK)
		return -1;
	want.built_s = aas_policy_built_s(p);
	aas_policy_free(&p);
	if (aas_proc_seat(&seat) != AAS_OK || aas_clock_boot(&now) != AAS_OK ||
	    aas_reauth_find(host->src.rundir, &want, &s) != AAS_OK)
		return -1;
	s.boottime_ms -= ms;
	return aas_reauth_write(host->src.rundir, &s);
}

static int
times(void *arg)
{
	(void)arg;
	PREPARED;
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	CHECK(age(290000) == AAS_OK);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 0);
	CHECK(age(10001) == AAS_OK);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	CHECK(age(-100000) == AAS_OK); /* of a time to come */
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	host->src.reauth_s = 1;
	host->src.built_s++;
	pam_host_policy(host); /* of another policy, too */
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	CHECK(age(1000) == AAS_OK);
	CHECK(ask("sudo") == PAM_SUCCESS && asked() == 1);
	return 0;
}

#define IN_CHILD(name, fn)                                       \
	static void name(void **state)                           \
	{                                                        \
		host = *state;                                   \
		assert_int_equal(fixture_in_child(fn, NULL), 0); \
	}
IN_CHILD(reauth_asks_once_at_one_place, once)
IN_CHILD(reauth_is_for_sudo_and_polkit_alone, others)
IN_CHILD(reauth_is_for_ones_own_key_alone, another_user)
IN_CHILD(reauth_is_not_for_what_root_runs, roots)
IN_CHILD(reauth_elsewhere_asks_again, elsewhere)
IN_CHILD(reauth_next_session_of_a_terminal_asks_again, next_session)
IN_CHILD(reauth_of_a_key_that_is_gone_asks_again, keys)
IN_CHILD(reauth_of_fewer_keys_asks_again, two_keys)
IN_CHILD(reauth_ends_with_its_time_and_policy, times)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(reauth_asks_once_at_one_place),
		HOST_TEST(reauth_is_for_sudo_and_polkit_alone),
		HOST_TEST(reauth_is_for_ones_own_key_alone),
		HOST_TEST(reauth_is_not_for_what_root_runs),
		HOST_TEST(reauth_elsewhere_asks_again),
		HOST_TEST(reauth_next_session_of_a_terminal_asks_again),
		HOST_TEST(reauth_of_a_key_that_is_gone_asks_again),
		HOST_TEST(reauth_of_fewer_keys_asks_again),
		HOST_TEST(reauth_ends_with_its_time_and_policy),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
