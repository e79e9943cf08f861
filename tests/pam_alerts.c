/*
 * What the module tells: events in the spool, counters of refusals, and the
 * notifier, which it starts and forgets.  Through libpam.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/attempts.h"
#include "tests/pam_host.h"

#define ALL                                \
	"auth required MODULE\n"           \
	"auth optional pam_permit.so\n"    \
	"account required MODULE\n"        \
	"account optional pam_permit.so\n" \
	"session required MODULE\n"        \
	"session optional pam_permit.so\n"

/* --- what is in the spool -------------------------------------------------*/

static json_t *events[64];
static int events_n;

static void
forget(void)
{
	while (events_n > 0)
		json_decref(events[--events_n]);
}

static const char *
str(int i, const char *name)
{
	const char *s = json_string_value(json_object_get(events[i], name));

	return s != NULL ? s : "";
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Read all of new/, and empty it. */
static int
look(struct pam_host *h)
{
	static char names[64][300];
	char dir[FIXTURE_PATH], path[FIXTURE_PATH + 304];
	struct dirent *e;
	int n = 0, kept = 0;
	DIR *d;

	forget();
	if ((d = opendir(fixture_path(h->f, "state/spool/new", dir))) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL && n < 64)
		if (e->d_name[0] != '.')
			(void)snprintf(
			    names[n++], sizeof(names[0]), "%s", e->d_name);
	(void)closedir(d);
	qsort(names, (size_t)n, sizeof(names[0]), by_name);
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%.299s", dir, names[i]);
		events[i] = json_load_file(path, 0, NULL);
		assert_non_null(events[i]);
		assert_int_equal(unlink(path), 0);
		if (strcmp(str(i, "type"), "keeper-down") != 0) {
			events[kept++] = events[i];
			continue;
		}
		/* No aasd here: the host's, not the user's. */
		assert_int_equal(
		    json_integer_value(json_object_get(events[i], "uid")), 0);
		assert_string_equal(str(i, "user"), "root");
		assert_null(json_object_get(events[i], "rhost"));
		json_decref(events[i]);
	}
	return events_n = kept;
}

static struct aas_attempts attempts[8];
static int attempts_n;

static int
keep(void *arg, const struct aas_attempts *a)
{
	(void)arg;
	attempts[attempts_n++] = *a;
	return 0;
}

static int
take(struct pam_host *h)
{
	const struct aas_attempts_sink sink = { NULL, keep, NULL };
	char dir[FIXTURE_PATH];

	attempts_n = 0;
	assert_int_equal(
	    aas_attempts_take(fixture_path(h->f, "state/spool", dir), &sink),
	    AAS_OK);
	return attempts_n;
}

/* --- hosts ----------------------------------------------------------------*/

static const char *const daemon_only[] = { "daemon" };

/* Whatever the rule says, it is about daemon. */
static void
rule(struct pam_host *h, struct aas_rule *r)
{
	r->source = "files";
	r->name = "told";
	r->where = "policy.conf:1";
	r->mode = AAS_MODE_ENFORCE;
	r->users =
	    (struct aas_names){ 1, (const char **)(uintptr_t)daemon_only };
	h->src.rules = r;
	h->src.rules_n = 1;
	pam_host_policy(h);
}

static void
require_alert(struct pam_host *h)
{
	static struct aas_rule r = { .effect = AAS_EF_REQUIRE, .alert = 1 };

	r.from_s = time(NULL) + 86400;
	rule(h, &r);
}

/* A program of this text in the place of the notifier. */
static void
notifier(struct pam_host *h, const char *text, mode_t mode)
{
	char path[FIXTURE_PATH];

	(void)unlink(fixture_path(h->f, "libexec/aas-notify", path));
	if (text != NULL)
		fixture_write(h->f, "libexec/aas-notify", text, mode);
}

static int
session(
    struct pam_host *h, const char *service, const char *rhost, struct talk *k)
{
	pam_handle_t *pamh;
	char b64[128], env[256];
	int rv;

	pamh = pam_host_start(h, service, "daemon", k);
	if (rhost != NULL)
		(void)pam_set_item(pamh, PAM_RHOST, rhost);
	aas_b64_format("blue-ssh", 8, b64);
	(void)snprintf(
	    env, sizeof(env), "SSH_AUTH_INFO_0=publickey sk-x %s\n", b64);
	if (strcmp(service, "sshd") == 0)
		(void)pam_putenv(pamh, env);
	rv = pam_open_session(pamh, 0);
	(void)pam_end(pamh, 0);
	return rv;
}

static int
sessions(struct pam_host *h)
{
	char dir[FIXTURE_PATH];
	struct dirent *e;
	DIR *d = opendir(fixture_path(h->f, "run/sessions", dir));
	int n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' && strstr(e->d_name, "closed") == NULL;
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* --- sign-ins -------------------------------------------------------------*/

static void
alerts_sign_in_is_told_with_all_that_is_known(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_service(h, "sshd", ALL);
	assert_int_equal(
	    session(h, "sshd", "evil\"\n\xe2\x80\xae", &k), PAM_SUCCESS);
	assert_int_equal(look(h), 1);
	assert_string_equal(str(0, "type"), "sign-in");
	assert_string_equal(str(0, "user"), "daemon");
	assert_int_equal(
	    json_integer_value(json_object_get(events[0], "uid")), 1);
	assert_string_equal(str(0, "service"), "sshd");
	assert_string_equal(str(0, "rhost"), "evil\"\n\xe2\x80\xae");
	assert_string_equal(str(0, "key"), "blue");
	assert_string_equal(str(0, "via"), "ssh-key");
	assert_int_equal(strlen(str(0, "session")), 16);
	assert_int_equal(sessions(h), 1);
	/* By the host's own method, at the machine. */
	pam_host_service(h, "login", ALL);
	assert_int_equal(session(h, "login", NULL, &k), PAM_SUCCESS);
	assert_int_equal(look(h), 1);
	assert_string_equal(str(0, "via"), "host");
	assert_null(json_object_get(events[0], "rhost"));
	assert_null(json_object_get(events[0], "key"));
	/* Within another session: only where it has to be. */
	assert_int_equal(session(h, "sudo", NULL, &k), PAM_SUCCESS);
	assert_int_equal(look(h), 0);
	require_alert(h);
	assert_int_equal(session(h, "sudo", NULL, &k), PAM_SUCCESS);
	assert_int_equal(look(h), 1);
	/* A job is nobody's sign-in. */
	assert_int_equal(session(h, "cron", NULL, &k), PAM_SUCCESS);
	assert_int_equal(look(h), 0);
}

static void
alerts_sudo_is_told_before_it_is_granted_and_once(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;
	char dir[FIXTURE_PATH];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	require_alert(h);
	pamh = pam_host_start(h, "sudo", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(look(h), 1);
	assert_string_equal(str(0, "service"), "sudo");
	assert_string_equal(str(0, "key"), "blue");
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(look(h), 0);
	(void)pam_end(pamh, 0);
	fixture_path(h->f, "state/spool", dir);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_AUTH_ERR);
	assert_non_null(strstr(k.error, "[alert-spool]"));
	assert_int_equal(look(h), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
}

/* Each way in which a spool can be none. */
static void
spoil(struct pam_host *h, int how)
{
	char dir[FIXTURE_PATH], aside[FIXTURE_PATH];

	fixture_path(h->f, "state/spool", dir);
	fixture_path(h->f, "state/aside", aside);
	switch (how) {
	case 0:
		assert_int_equal(chown(dir, 1234, 1234), 0);
		return;
	case 1:
		assert_int_equal(chown(dir, 0, 0), 0);
		assert_int_equal(chmod(dir, 0777), 0);
		return;
	case 2:
		assert_int_equal(chmod(dir, 0755), 0);
		assert_int_equal(rename(dir, aside), 0);
		assert_int_equal(symlink(aside, dir), 0);
		return;
	case 3:
		assert_int_equal(unlink(dir), 0);
		assert_int_equal(mkfifo(dir, 0600), 0);
		return;
	default:
		assert_int_equal(unlink(dir), 0);
		assert_int_equal(rename(aside, dir), 0);
		return;
	}
}

static void
alerts_unusable_spool_refuses_only_where_it_must(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	for (int how = 0; how < 4; how++) {
		spoil(h, how);
		h->src.rules_n = 0;
		pam_host_policy(h);
		assert_int_equal(
		    session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
		require_alert(h);
		k.error[0] = '\0';
		assert_int_equal(
		    session(h, "sshd", "192.0.2.1", &k), PAM_PERM_DENIED);
		assert_non_null(strstr(k.error, "[alert-spool]"));
		assert_non_null(strstr(k.error, "told to its owner"));
		/* No session, so no line of one. */
		assert_int_equal(sessions(h), how + 2);
	}
	spoil(h, 4);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
}

/* --- refusals -------------------------------------------------------------*/

static void
alerts_refusals_of_known_users_are_counted(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char rhost[32];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (int i = 0; i < 40; i++) {
		pam_handle_t *pamh = pam_host_start(h, "sshd", "daemon", &k);

		(void)snprintf(rhost, sizeof(rhost), "192.0.2.%d", i % 10);
		(void)pam_set_item(pamh, PAM_RHOST, rhost);
		assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
		(void)pam_end(pamh, 0);
	}
	(void)pam_host_auth(h, "sshd", "no-such-user", &k);
	assert_int_equal(look(h), 0);
	assert_int_equal(take(h), 1);
	assert_int_equal(attempts[0].uid, 1);
	assert_int_equal(attempts[0].count, 40);
	assert_string_equal(attempts[0].user, "daemon");
	assert_string_equal(attempts[0].service, "sshd");
	assert_int_equal(attempts[0].hosts_n, 5);
	assert_int_equal(attempts[0].hosts[0].count, 4);
}

static void
alerts_broken_record_is_told_once_not_for_each_attempt(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char p[FIXTURE_PATH];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(unlink(fixture_path(h->f, "state/records/1", p)), 0);
	for (int i = 0; i < 5; i++)
		assert_int_not_equal(
		    pam_host_auth(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_not_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(look(h), 1);
	assert_string_equal(str(0, "type"), "record-broken");
	assert_string_equal(str(0, "why"), "record-missing");
	assert_int_equal(strlen(str(0, "boot")), 32);
	assert_string_not_equal(
	    str(0, "boot"), "00000000000000000000000000000000");
	assert_int_equal(take(h), 1);
	assert_int_equal(attempts[0].count, 6);
}

static void
alerts_exemptions_are_told_and_glass_each_time(void **state)
{
	static const char *const su_only[] = { "su" };
	struct aas_rule r = { .effect = AAS_EF_EXEMPT };
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };

	pam_host_service(h, "su", ALL);
	r.services = (struct aas_names){ 1, (const char **)(uintptr_t)su_only };
	rule(h, &r);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    pam_host_auth(h, "su", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(look(h), 1);
	assert_string_equal(str(0, "type"), "exemption");
	r.break_glass = 1;
	rule(h, &r);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    pam_host_auth(h, "su", "daemon", &k), PAM_SUCCESS);
	/* Nobody has been authenticated yet: who only knocks tells once. */
	assert_int_equal(look(h), 1);
	assert_string_equal(str(0, "type"), "break-glass");
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    pam_host_account(h, "su", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(look(h), 3);
	assert_string_equal(str(2, "type"), "break-glass");
}

/* Nothing can be put into new/, though all else of the spool is there. */
static void
read_only(struct pam_host *h, int on)
{
	char dir[FIXTURE_PATH];

	fixture_path(h->f, "state/spool/new", dir);
	if (!on) {
		assert_int_equal(umount2(dir, MNT_DETACH), 0);
		return;
	}
	assert_int_equal(mount(dir, dir, NULL, MS_BIND, NULL), 0);
	assert_int_equal(
	    mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
}

static void
alerts_event_that_is_not_kept_is_told_by_the_next(void **state)
{
	static const char *const su_only[] = { "su" };
	struct aas_rule r = { .effect = AAS_EF_EXEMPT };
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char p[FIXTURE_PATH];

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		skip();
	pam_host_service(h, "su", ALL);
	pam_host_service(h, "login", ALL);
	/* Which makes the spool. */
	(void)session(h, "login", NULL, &k);
	(void)look(h);
	r.services = (struct aas_names){ 1, (const char **)(uintptr_t)su_only };
	rule(h, &r);
	for (int glass = 0; glass < 2; glass++) {
		r.break_glass = glass != 0;
		rule(h, &r);
		if (glass)
			pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
		read_only(h, 1);
		assert_int_equal(
		    pam_host_auth(h, "su", "daemon", &k), PAM_SUCCESS);
		read_only(h, 0);
		assert_int_equal(look(h), 0);
		for (int i = 0; i < 2; i++)
			assert_int_equal(
			    pam_host_auth(h, "su", "daemon", &k), PAM_SUCCESS);
		assert_int_equal(look(h), 1);
		assert_string_equal(
		    str(0, "type"), glass ? "break-glass" : "exemption");
	}
	assert_int_equal(unlink(fixture_path(h->f, "state/records/1", p)), 0);
	read_only(h, 1);
	assert_int_not_equal(
	    pam_host_auth(h, "login", "daemon", &k), PAM_SUCCESS);
	read_only(h, 0);
	assert_int_equal(look(h), 0);
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(
		    pam_host_auth(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(look(h), 1);
	assert_string_equal(str(0, "type"), "record-broken");
}

/* --- the hand-over --------------------------------------------------------*/

static volatile sig_atomic_t chld;

static void
count_chld(int sig)
{
	(void)sig;
	chld++;
}

/* The pid that a notifier wrote, once it has. */
static pid_t
pid_of(struct pam_host *h)
{
	struct timespec nap = { 0, 10000000 };
	char path[FIXTURE_PATH];
	long pid = 0;

	fixture_path(h->f, "pid", path);
	for (int i = 0; i < 1000 && pid == 0; i++) {
		FILE *f = fopen(path, "re");

		if (f != NULL && fscanf(f, "%ld\n", &pid) != 1)
			pid = 0;
		if (f != NULL)
			(void)fclose(f);
		if (pid == 0)
			(void)nanosleep(&nap, NULL);
	}
	assert_true(pid > 1);
	(void)unlink(path);
	return (pid_t)pid;
}

static void
alerts_f15_f16_notifier_is_started_and_forgotten(void **state)
{
	struct sigaction sa = { .sa_handler = count_chld }, was;
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char text[512], path[FIXTURE_PATH];
	size_t fds;
	int64_t began;
	pid_t pid;

	if (fixture_valgrind())
		skip();
	/* A helper of an earlier test that took its time. */
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	assert_int_equal(sigaction(SIGCHLD, &sa, &was), 0);
	fds = fixture_fds();
	/* One that says who it is, and hangs. */
	(void)snprintf(text, sizeof(text),
	    "#!/bin/sh\n[ \"$1\" = --detach ] && echo $$ >%s\nexec sleep 60\n",
	    fixture_path(h->f, "pid", path));
	notifier(h, text, 0755);
	began = aas_clock_ms();
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	assert_in_range(aas_clock_ms() - began, 0, 5000);
	pid = pid_of(h);
	assert_int_equal(getpgid(pid), pid);
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* Those that fail in all ways there are. */
	notifier(h, "#!/bin/sh\nkill -9 $$\n", 0755);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	notifier(h, "#!/bin/sh\n", 0644);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	notifier(h, "#!/nonexistent/sh\n", 0755);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\necho $$ >%s\n", path);
	notifier(h, text, 0757);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	notifier(h, text, 0755);
	assert_int_equal(chown(fixture_path(h->f, "libexec/aas-notify",
				   (char[FIXTURE_PATH]){ 0 }),
			     1234, 1234),
	    0);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	assert_int_equal(access(path, F_OK), -1); /* nobody ran it */
	notifier(h, NULL, 0);
	assert_int_equal(session(h, "sshd", "192.0.2.1", &k), PAM_SUCCESS);
	assert_int_equal(chld, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(fixture_fds(), fds);
	assert_int_equal(sigaction(SIGCHLD, &was, NULL), 0);
	assert_int_equal(look(h), 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(alerts_sign_in_is_told_with_all_that_is_known),
		HOST_TEST(alerts_sudo_is_told_before_it_is_granted_and_once),
		HOST_TEST(alerts_unusable_spool_refuses_only_where_it_must),
		HOST_TEST(alerts_refusals_of_known_users_are_counted),
		HOST_TEST(
		    alerts_broken_record_is_told_once_not_for_each_attempt),
		HOST_TEST(alerts_exemptions_are_told_and_glass_each_time),
		HOST_TEST(alerts_event_that_is_not_kept_is_told_by_the_next),
		HOST_TEST(alerts_f15_f16_notifier_is_started_and_forgotten),
	};
	int r;

	if (!pam_host_ready())
		return 77;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	forget();
	return r;
}
