/*
 * The other phases, through libpam: account, session with its tickets and
 * ledger, and enrolment in pam_chauthtok.
 */
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/session/ticket.h"
#include "tests/pam_host.h"

#define NEXT_ALL                           \
	"auth required MODULE\n"           \
	"auth optional pam_permit.so\n"    \
	"account required MODULE\n"        \
	"account optional pam_permit.so\n" \
	"session required MODULE\n"        \
	"session optional pam_permit.so\n" \
	"password required MODULE\n"       \
	"password optional pam_permit.so\n"

static const char *const daemon_only[] = { "daemon" };

/* The files below a directory of the host, and the last one's content. */
static int
count(struct pam_host *h, const char *dir, char *text, size_t cap)
{
	char p[FIXTURE_PATH], file[FIXTURE_PATH + 256];
	struct dirent *e;
	DIR *d = opendir(fixture_path(h->f, dir, p));
	ssize_t len;
	FILE *f;
	int n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		if (text == NULL)
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s", p, e->d_name);
		/* A line of the ledger. */
		if ((len = readlink(file, text, cap - 1)) > 0)
			text[len] = '\0';
		if (len != -1 || (f = fopen(file, "re")) == NULL)
			continue;
		if (fgets(text, (int)cap, f) == NULL)
			text[0] = '\0';
		(void)fclose(f);
	}
	(void)closedir(d);
	return n;
}

static void
require(struct pam_host *h, int64_t from_s)
{
	h->required = daemon_only[0];
	h->required_from_s = from_s;
	pam_host_policy(h);
}

/* --- account --- */

static void
account_states(void **state)
{
	static const struct {
		unsigned state;
		const char *service;
		int code;
	} t[] = { { AAS_ST_ENROLLED, "sudo", PAM_SUCCESS },
		{ AAS_ST_ENROLLED, "login", PAM_SUCCESS },
		{ AAS_ST_ENROLLED, "cron", PAM_SUCCESS },
		{ AAS_ST_DEGRADED, "sudo", PAM_SUCCESS },
		{ AAS_ST_RECOVERING, "login", PAM_PERM_DENIED },
		{ AAS_ST_RECOVERY_DUE, "sudo", PAM_PERM_DENIED },
		{ AAS_ST_LOCKED, "sshd", PAM_PERM_DENIED },
		{ AAS_ST_LOCKED, "cron", PAM_PERM_DENIED } };
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pam_host_enroll(h, "daemon", t[i].state);
		assert_int_equal(
		    pam_host_account(h, t[i].service, "daemon", &k), t[i].code);
		assert_int_equal(k.errors, t[i].code == PAM_SUCCESS ? 0 : 1);
	}
	pam_host_enroll(h, "daemon", AAS_ST_DEGRADED);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	assert_int_equal(pam_host_logged(h, "request"), 0);
}

static void
degraded_long_ago(struct aas_index *ix)
{
	ix->deadline_s = 1000;
}

static void
degraded_now(struct aas_index *ix)
{
	ix->deadline_s = time(NULL) - 86400;
}

static void
account_degraded_for_too_long_expires_at_login_only(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_DEGRADED, degraded_now);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
	pam_host_index(h, "daemon", AAS_ST_DEGRADED, degraded_long_ago);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_ACCT_EXPIRED);
	assert_non_null(strstr(k.error, "[degraded]"));
	assert_int_equal(
	    pam_host_account(h, "sudo", "daemon", &k), PAM_SUCCESS);
}

static void
account_without_keys(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };

	pam_host_service(h, "next", NEXT_ALL);
	/* PAM_IGNORE: nothing is left to say yes, or somebody else does. */
	assert_int_equal(
	    pam_host_account(h, "sudo", "daemon", &k), PAM_PERM_DENIED);
	assert_int_equal(
	    pam_host_account(h, "next", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
	/* Required from a date to come: how many days are left. */
	require(h, time(NULL) + 3 * 86400 - 60);
	assert_int_equal(
	    pam_host_account(h, "next", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	assert_non_null(strstr(k.last, "in 3 days"));
	/* Required now. */
	require(h, 0);
	assert_int_equal(
	    pam_host_account(h, "next", "daemon", &k), PAM_ACCT_EXPIRED);
	assert_non_null(strstr(k.error, "[enroll-now]"));
	assert_int_equal(
	    pam_host_account(h, "cron", "daemon", &k), PAM_ACCT_EXPIRED);
	/* login, but its own auth phase did not run: publickey, login -f. */
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_ACCT_EXPIRED);
	assert_int_equal(
	    pam_host_account(h, "sudo", "no-such-user", &k), PAM_USER_UNKNOWN);
}

static void
account_broken_record_stops_people_not_jobs(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char p[FIXTURE_PATH];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(unlink(fixture_path(h->f, "state/records/1", p)), 0);
	pam_host_service(h, "cron", NEXT_ALL);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[record-missing]"));
	assert_int_equal(
	    pam_host_account(h, "cron", "daemon", &k), PAM_SUCCESS);
}

/* F59, CVE-2023-3758: a policy replaced meanwhile is the old or the new. */
static void
account_f59_cve_2023_3758_policy_is_replaced_meanwhile(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char a[FIXTURE_PATH], b[FIXTURE_PATH];
	int expired = 0, passed = 0, st = 0;
	pid_t pid;

	pam_host_service(h, "next", NEXT_ALL);
	assert_int_equal(
	    rename(h->policy, fixture_path(h->f, "free.bin", a)), 0);
	require(h, 0);
	assert_int_equal(
	    rename(h->policy, fixture_path(h->f, "required.bin", b)), 0);
	assert_int_equal(rename(a, h->policy), 0);
	if ((pid = fork()) == 0)
		for (;;)
			if (renameat2(AT_FDCWD, h->policy, AT_FDCWD, b,
				RENAME_EXCHANGE) != 0)
				_exit(1);
	for (int i = 0; i < 2000; i++) {
		int rv = pam_host_account(h, "next", "daemon", &k);

		if (rv == PAM_SUCCESS)
			passed++;
		else {
			assert_int_equal(rv, PAM_ACCT_EXPIRED);
			expired++;
		}
	}
	assert_int_equal(waitpid(pid, &st, WNOHANG), 0);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(passed > 0);
	assert_true(expired > 0);
}

static void
on_another_disk(struct aas_index *ix)
{
	ix->file.dev++;
}

/* The index says nothing and cannot be written: the helper's answer does. */
static void
account_f1_late_with_one_key_is_late_on_a_full_disk(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char script[64];
	int64_t day = 24 * 3600, now = time(NULL);

	pam_host_service(h, "login", NEXT_ALL);
	pam_host_enroll(h, "daemon", AAS_ST_DEGRADED);
	pam_host_index(h, "daemon", AAS_ST_DEGRADED, on_another_disk);
	(void)snprintf(script, sizeof(script), "grant-state 4 %lld\n",
	    (long long)(now - 8 * day));
	pam_host_script(h, 4, script);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_ACCT_EXPIRED);
	assert_int_equal(pam_host_logged(h, "op=4"), 1);
	(void)snprintf(script, sizeof(script), "grant-state 4 %lld\n",
	    (long long)(now - 6 * day));
	pam_host_script(h, 4, script);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
}

static void
account_asks_for_enrolment_after_its_own_auth(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;

	require(h, 0);
	pam_host_service(h, "login", NEXT_ALL);
	pam_host_service(h, "sudo", NEXT_ALL);
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_NEW_AUTHTOK_REQD);
	/* F33: the answer is that user's alone. */
	(void)pam_set_item(pamh, PAM_USER, "bin");
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	pamh = pam_host_start(h, "login", "bin", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	(void)pam_set_item(pamh, PAM_USER, "daemon");
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_ACCT_EXPIRED);
	(void)pam_end(pamh, 0);
	pamh = pam_host_start(h, "sudo", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_ACCT_EXPIRED);
	(void)pam_end(pamh, 0);
}

/* --- session --- */

static void
session_of_a_ceremony_takes_its_ticket_and_has_a_line(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char line[4096] = "";
	pam_handle_t *pamh;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	pamh = pam_host_start(h, "login", "daemon", &k);
	(void)pam_set_item(pamh, PAM_TTY, "tty\"1\n");
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_non_null(pam_getenv(pamh, "AAS_TICKET"));
	assert_int_equal(count(h, "run/tickets", NULL, 0), 1);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_null(pam_getenv(pamh, "AAS_TICKET"));
	assert_int_equal(count(h, "run/tickets", NULL, 0), 0);
	assert_int_equal(count(h, "run/sessions", line, sizeof(line)), 1);
	assert_non_null(strstr(line, "\"user\":\"daemon\",\"uid\":1,"));
	assert_non_null(strstr(line, "\"service\":\"login\""));
	assert_non_null(strstr(line, "\"tty\":\"tty\\\"1\\u000a\""));
	assert_non_null(strstr(line, "\"rhost\":null,\"key\":\"blue\""));
	assert_non_null(strstr(line, "\"via\":\"keys\""));
	assert_non_null(strstr(line, "\"session_s\":86400,\"idle_s\":3600,"));
	/* Opened twice: one line is over. */
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(count(h, "run/sessions", NULL, 0), 2);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(count(h, "run/sessions", NULL, 0), 2);
	/* Closed twice: there is nothing left of ours. */
	assert_int_not_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
}

static void
session_cve_2025_6018_under_sshd_needs_evidence(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pamh = pam_host_start(h, "sshd", "daemon", &k);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[no-ticket]"));
	(void)pam_putenv(pamh, "AAS_TICKET=00112233445566778899aabbccddeeff");
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	(void)pam_putenv(pamh, "AAS_TICKET=../../etc/passwd");
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	(void)pam_putenv(pamh, "SSH_AUTH_INFO_0=password\n");
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	(void)pam_end(pamh, 0);
	/* The same name elsewhere: PAM_TTY says sshd. */
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	(void)pam_set_item(pamh, PAM_TTY, "ssh");
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	(void)pam_end(pamh, 0);
	/* Without keys, sshd is nobody's business. */
	pam_host_service(h, "sshd", NEXT_ALL);
	pamh = pam_host_start(h, "sshd", "bin", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	assert_int_equal(count(h, "run/sessions", NULL, 0), 2);
}

static void
spare_suspended(struct aas_index *ix)
{
	ix->keys[1].active = 0;
}

static void
session_under_sshd_takes_an_enrolled_key(void **state)
{
	static const struct {
		const char *info; /* %s: the key's base64 */
		const char *key;
		int code;
	} t[] = { { "publickey sk-x %s\n", "blue-ssh", PAM_SUCCESS },
		{ "publickey sk-x %s", "blue-ssh", PAM_SUCCESS },
		{ "password\npublickey sk-x %s\n", "blue-ssh", PAM_SUCCESS },
		{ "publickey sk-x %s\n", "spare-ssh", PAM_PERM_DENIED },
		{ "publickey sk-x %s\n", "other-ssh", PAM_PERM_DENIED },
		{ "publickey sk-x %s\n", "blue-sshX", PAM_PERM_DENIED },
		{ "publickey sk-x %s\n", "", PAM_PERM_DENIED },
		{ "hostbased sk-x %s\n", "blue-ssh", PAM_PERM_DENIED },
		{ "publickey %s\n", "blue-ssh", PAM_PERM_DENIED },
		{ "publickey  %s x\n", "blue-ssh", PAM_PERM_DENIED },
		{ "publickey sk-x %s=\n", "blue-ssh", PAM_PERM_DENIED },
		{ "keyboard-interactive/pam\n", "", PAM_PERM_DENIED },
		{ "publickey\n", "", PAM_PERM_DENIED } };
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char b64[128], info[256], env[400], line[4096] = "";
	pam_handle_t *pamh;

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_suspended);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int n = 0;

		aas_b64_format(t[i].key, strlen(t[i].key), b64);
		n = (int)(strchr(t[i].info, '%') == NULL
			? strlen(t[i].info)
			: (size_t)(strchr(t[i].info, '%') - t[i].info));
		(void)snprintf(info, sizeof(info), "%.*s%s%s", n, t[i].info,
		    t[i].info[n] == '%' ? b64 : "",
		    t[i].info[n] == '%' ? t[i].info + n + 2 : "");
		(void)snprintf(env, sizeof(env), "SSH_AUTH_INFO_0=%s", info);
		pamh = pam_host_start(h, "sshd", "daemon", &k);
		(void)pam_putenv(pamh, env);
		assert_int_equal(pam_open_session(pamh, 0), t[i].code);
		(void)pam_end(pamh, 0);
	}
	assert_int_equal(count(h, "run/sessions", line, sizeof(line)), 3);
	assert_non_null(strstr(line, "\"via\":\"ssh-key\""));
	assert_non_null(strstr(line, "\"key\":\"blue\""));
}

/* sshd: auth and account in a child, session in its parent. */
static void
session_takes_the_ticket_of_its_child(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;
	char hex[64] = "", env[128];
	int fds[2], st = 0;
	pid_t pid;

	h->src.server_keys = 1;
	pam_host_policy(h);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	pamh = pam_host_start(h, "sshd", "daemon", &k);
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		if (pam_authenticate(pamh, 0) != PAM_SUCCESS ||
		    write(fds[1], pam_getenv(pamh, "AAS_TICKET"), 32) != 32)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
	assert_int_equal(read(fds[0], hex, 32), 32);
	(void)close(fds[0]);
	(void)close(fds[1]);
	(void)snprintf(env, sizeof(env), "AAS_TICKET=%s", hex);
	(void)pam_putenv(pamh, env);
	/* setcred sees it and leaves it. */
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	/* A grandchild's and another service's it is not. */
	if ((pid = fork()) == 0)
		_exit(pam_open_session(pamh, 0) == PAM_SUCCESS);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	/* Once. */
	(void)pam_putenv(pamh, env);
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	(void)pam_end(pamh, 0);
}

static void
session_of_another_user_drops_the_callers_ticket(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_enroll(h, "root", AAS_ST_LOCKED);
	pam_host_script(h, 1, "grant 1\n");
	pam_host_service(h, "sudo", NEXT_ALL);
	pamh = pam_host_start(h, "sudo", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	(void)pam_set_item(pamh, PAM_USER, "root");
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(count(h, "run/tickets", NULL, 0), 1);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(count(h, "run/tickets", NULL, 0), 0);
	assert_int_equal(count(h, "run/sessions", NULL, 0), 0);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	/* The same within sudo's own time window, without an auth phase. */
	pamh = pam_host_start(h, "sudo", "daemon", &k);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	(void)pam_set_item(pamh, PAM_USER, "root");
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	/* su: the target itself signs in, and is locked. */
	pamh = pam_host_start(h, "sudo", "root", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	(void)pam_end(pamh, 0);
}

static void
session_states(void **state)
{
	static const char *const exempt[] = { "cron" };
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;

	require(h, 0);
	pam_host_service(h, "login", NEXT_ALL);
	pam_host_service(h, "cron", NEXT_ALL);
	pam_host_service(h, "sudo", NEXT_ALL);
	/* Required, and the enrolment was skipped. */
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_PERM_DENIED);
	(void)pam_end(pamh, 0);
	pamh = pam_host_start(h, "sudo", "daemon", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	assert_int_equal(count(h, "run/sessions", NULL, 0), 1);
	pamh = pam_host_start(h, "sudo", "no-such-user", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_USER_UNKNOWN);
	(void)pam_end(pamh, 0);
	/* Exempt: no line. */
	h->exempt = exempt[0];
	pam_host_policy(h);
	pam_host_enroll(h, "daemon", AAS_ST_LOCKED);
	pamh = pam_host_start(h, "cron", "daemon", &k);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	assert_int_equal(count(h, "run/sessions", NULL, 0), 1);
}

static void
empty(const struct pam_host *h, const char *dir)
{
	char p[FIXTURE_PATH];
	const struct dirent *e;
	DIR *d = opendir(fixture_path(h->f, dir, p));

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
	}
	(void)closedir(d);
}

/* Nobody is held to a limit who has no duty and whom nobody named one for. */
static void
session_limits_come_with_the_duty_or_by_name(void **state)
{
	static const struct {
		const char *service;
		int keys, required;
		int64_t named_s;
		const char *line;
	} rows[] = {
		{ "login", 0, 0, 0, "\"session_s\":0,\"idle_s\":0}" },
		{ "login", 0, 0, 3600, "\"session_s\":3600,\"idle_s\":0}" },
		{ "login", 1, 0, 0, "\"session_s\":86400,\"idle_s\":3600}" },
		{ "login", 1, 1, 0, "\"session_s\":43200,\"idle_s\":900}" },
		{ "login", 1, 1, 5, "\"session_s\":5,\"idle_s\":900}" },
		/* Of root's, that nobody authenticated for. */
		{ "su", 1, 1, 5, "\"session_s\":0,\"idle_s\":0}" },
		{ "systemd-user", 1, 1, 5, "\"session_s\":0,\"idle_s\":0}" },
	};
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char line[4096];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pam_handle_t *pamh;

		h->src.session_s = rows[i].named_s;
		h->required = rows[i].required ? daemon_only[0] : NULL;
		pam_host_policy(h);
		pam_host_service(h, rows[i].service, NEXT_ALL);
		if (rows[i].keys)
			pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
		pamh = pam_host_start(h, rows[i].service, "daemon", &k);
		assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
		assert_int_equal(
		    count(h, "run/sessions", line, sizeof(line)), 1);
		assert_non_null(strstr(line, rows[i].line));
		assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
		(void)pam_end(pamh, 0);
		empty(h, "run/sessions");
	}
}

/* Terminals do not tell what is typed into a display; aasd(8) is told so. */
static void
session_of_a_display_says_so(void **state)
{
	static const struct {
		const char *service, *env, *line;
	} rows[] = {
		{ "login", "XDG_SESSION_TYPE=wayland",
		    "\"idle_s\":900,\"display\":1" },
		{ "login", "XDG_SESSION_TYPE=x11",
		    "\"idle_s\":900,\"display\":1" },
		{ "login", "XDG_SESSION_TYPE=tty", "\"idle_s\":900}" },
		{ "login", "XDG_SESSION_TYPE=", "\"idle_s\":900}" },
	};
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char line[4096];

	h->required = daemon_only[0];
	pam_host_policy(h);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pam_handle_t *pamh =
		    pam_host_start(h, rows[i].service, "daemon", &k);

		assert_int_equal(pam_putenv(pamh, rows[i].env), PAM_SUCCESS);
		assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
		assert_int_equal(
		    count(h, "run/sessions", line, sizeof(line)), 1);
		assert_non_null(strstr(line, rows[i].line));
		assert_non_null(strstr(line, "\"session_s\":43200"));
		assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
		(void)pam_end(pamh, 0);
		empty(h, "run/sessions");
	}
}

static void
session_of_two_keys_names_both(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char line[4096] = "";
	pam_handle_t *pamh = NULL;

	h->src.present = 2;
	pam_host_policy(h);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 2\n");
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(count(h, "run/sessions", line, sizeof(line)), 1);
	assert_non_null(strstr(line, ",\"key\":\"blue\","));
	assert_non_null(strstr(line, ",\"key2\":\"spare\","));
	assert_non_null(strstr(line, ",\"key2_id\":\""));
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
}

static void
session_f1_ledger_that_cannot_be_written_lets_in(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char p[FIXTURE_PATH];
	pam_handle_t *pamh;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(rmdir(fixture_path(h->f, "run", p)), 0);
	fixture_write(h->f, "run", "a file", 0600);
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	assert_int_equal(unlink(p), 0);
	/* A run directory that is not there is made. */
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(count(h, "run/sessions", NULL, 0), 1);
	/* Closing needs no policy. */
	assert_int_equal(unlink(h->policy), 0);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(pam_chauthtok(pamh, 0), PAM_AUTHTOK_ERR);
	(void)pam_end(pamh, 0);
}

/* --- password --- */

static void
password_enrols_after_the_hosts_own_method(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL, .answer = "blue" };
	pam_handle_t *pamh;

	require(h, 0);
	pam_host_service(h, "login", NEXT_ALL);
	pam_host_script(h, 6, "info Add keys\nask Name: \ngrant 2\n");
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_NEW_AUTHTOK_REQD);
	assert_int_equal(
	    pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_SUCCESS);
	/* AAS_RQ_UV | AAS_RQ_HOSTAUTH */
	assert_int_equal(
	    pam_host_logged(h, "aas-enroll op=6 flags=18 uid=1"), 1);
	assert_int_equal(count(h, "run/tickets", NULL, 0), 1);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(count(h, "run/tickets", NULL, 0), 0);
	(void)pam_end(pamh, 0);
}

static void
password_second_try_in_a_transaction_refuses(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;

	require(h, 0);
	pam_host_service(h, "login", NEXT_ALL);
	pam_host_script(h, 6, "refuse 17 1\n");
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_NEW_AUTHTOK_REQD);
	assert_int_equal(
	    pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_AUTHTOK_ERR);
	assert_non_null(strstr(k.error, "[canceled]"));
	assert_int_equal(
	    pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_PERM_DENIED);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_NEW_AUTHTOK_REQD);
	assert_int_equal(
	    pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[authority]"));
	(void)pam_end(pamh, 0);
	pam_host_script(h, 6, "refuse 21 1\n");
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_NEW_AUTHTOK_REQD);
	assert_int_equal(
	    pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_TRY_AGAIN);
	(void)pam_end(pamh, 0);
	assert_int_equal(count(h, "run/tickets", NULL, 0), 0);
}

struct changer {
	struct pam_host *h;
	uid_t ruid;
	int flags, code;
	const char *logged;
};

static int
as_changer(void *arg)
{
	struct changer *c = arg;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;
	int rv;

	CHECK(setresuid(c->ruid, 0, 0) == 0);
	pamh = pam_host_start(c->h, "passwd", "daemon", &k);
	rv = pam_chauthtok(pamh, c->flags);
	CHECK(setresuid(0, 0, 0) == 0);
	(void)pam_end(pamh, 0);
	CHECK(rv == c->code);
	CHECK(pam_host_logged(c->h, "op=6") == (c->logged != NULL));
	if (c->logged != NULL)
		CHECK(pam_host_logged(c->h, c->logged) == 1);
	CHECK(count(c->h, "run/tickets", NULL, 0) == 0);
	return 0;
}

static void
password_without_the_hosts_method_is_held_or_refused(void **state)
{
	static struct changer t[] = {
		/* passwd(1) by the user: no authority, held. */
		{ .ruid = 1, .code = PAM_SUCCESS, .logged = "flags=2 uid=1" },
		/* by root: a first password, to enrol with. */
		{ .ruid = 0, .code = PAM_SUCCESS },
		/* su and sudo for somebody else. */
		{ .ruid = 0,
		    .flags = PAM_CHANGE_EXPIRED_AUTHTOK,
		    .code = PAM_PERM_DENIED },
		{ .ruid = 2, .code = PAM_PERM_DENIED },
	};
	struct pam_host *h = *state;

	require(h, 0);
	pam_host_service(h, "passwd", NEXT_ALL);
	pam_host_script(h, 6, "grant 2\n");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		t[i].h = h;
		pam_host_forget(h);
		assert_int_equal(fixture_in_child(as_changer, &t[i]), 0);
	}
}

static void
password_states(void **state)
{
	struct pam_host *h = *state;
	struct changer c = { .h = h, .ruid = 1, .code = PAM_SUCCESS };
	static const char *const exempt[] = { "passwd" };
	char p[FIXTURE_PATH];

	pam_host_service(h, "passwd", NEXT_ALL);
	pam_host_script(h, 6, "grant 2\n");
	/* Nobody requires anything: the next module changes the password. */
	assert_int_equal(fixture_in_child(as_changer, &c), 0);
	require(h, time(NULL) + 86400);
	assert_int_equal(fixture_in_child(as_changer, &c), 0);
	require(h, 0);
	h->exempt = exempt[0];
	pam_host_policy(h);
	assert_int_equal(fixture_in_child(as_changer, &c), 0);
	/* With keys there is no password to change, not even for root. */
	c.code = PAM_PERM_DENIED;
	for (unsigned s = AAS_ST_ENROLLED; s <= AAS_ST_LOCKED; s++) {
		pam_host_enroll(h, "daemon", s);
		c.ruid = s % 2;
		assert_int_equal(fixture_in_child(as_changer, &c), 0);
	}
	assert_int_equal(unlink(fixture_path(h->f, "state/records/1", p)), 0);
	assert_int_equal(fixture_in_child(as_changer, &c), 0);
}

static int
unprivileged(void *arg)
{
	struct pam_host *h = arg;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh;

	/* Root is kept aside, for what a build for coverage writes at dlclose.
	 */
	CHECK(setresgid(1, 1, 0) == 0 && setresuid(1, 1, 0) == 0);
	pamh = pam_host_start(h, "login", "daemon", &k);
	CHECK(pam_chauthtok(pamh, 0) == PAM_PERM_DENIED);
	CHECK(pam_acct_mgmt(pamh, 0) == PAM_PERM_DENIED);
	CHECK(pam_open_session(pamh, 0) == PAM_SUCCESS);
	CHECK(pam_setcred(pamh, 0) == PAM_SUCCESS); /* pam_permit */
	(void)pam_set_item(pamh, PAM_TTY, "ssh");
	CHECK(pam_open_session(pamh, 0) == PAM_PERM_DENIED);
	CHECK(setresuid(0, 0, 0) == 0);
	(void)pam_end(pamh, 0);
	return 0;
}

static void
phases_without_root(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_service(h, "login", NEXT_ALL);
	assert_int_equal(fixture_in_child(unprivileged, h), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(account_states),
		HOST_TEST(account_degraded_for_too_long_expires_at_login_only),
		HOST_TEST(account_without_keys),
		HOST_TEST(account_broken_record_stops_people_not_jobs),
		HOST_TEST(
		    account_f59_cve_2023_3758_policy_is_replaced_meanwhile),
		HOST_TEST(account_f1_late_with_one_key_is_late_on_a_full_disk),
		HOST_TEST(account_asks_for_enrolment_after_its_own_auth),
		HOST_TEST(
		    session_of_a_ceremony_takes_its_ticket_and_has_a_line),
		HOST_TEST(session_cve_2025_6018_under_sshd_needs_evidence),
		HOST_TEST(session_under_sshd_takes_an_enrolled_key),
		HOST_TEST(session_takes_the_ticket_of_its_child),
		HOST_TEST(session_of_another_user_drops_the_callers_ticket),
		HOST_TEST(session_states),
		HOST_TEST(session_limits_come_with_the_duty_or_by_name),
		HOST_TEST(session_of_a_display_says_so),
		HOST_TEST(session_of_two_keys_names_both),
		HOST_TEST(session_f1_ledger_that_cannot_be_written_lets_in),
		HOST_TEST(password_enrols_after_the_hosts_own_method),
		HOST_TEST(password_second_try_in_a_transaction_refuses),
		HOST_TEST(password_without_the_hosts_method_is_held_or_refused),
		HOST_TEST(password_states),
		HOST_TEST(phases_without_root),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
