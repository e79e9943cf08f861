/*
 * The auth phase, through libpam: each PAM code of pam_aas(8), the helper's
 * protocol, the conversation, arguments and names.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "tests/pam_host.h"

static struct talk normal = { .how = TALK_NORMAL, .answer = "1234" };

/* --- answers --- */

static void
auth_without_a_record_is_the_next_modules(void **state)
{
	struct pam_host *h = *state;

	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_PERM_DENIED);
	/* "required" alone has nobody left to ask: that was PAM_IGNORE. */
	pam_host_service(h, "next",
	    "auth required MODULE\n"
	    "auth required pam_permit.so\n");
	assert_int_equal(
	    pam_host_auth(h, "next", "daemon", &normal), PAM_SUCCESS);
	assert_int_equal(pam_host_logged(h, "request"), 0);
}

static void
auth_granted_ceremony_succeeds(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "info Touch 'blue'\nsecret PIN: \ngrant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_SUCCESS);
	assert_int_equal(normal.infos, 1);
	assert_int_equal(normal.secrets, 1);
	assert_int_equal(normal.errors, 0);
	assert_int_equal(pam_host_logged(h, "reply 1 0 1234"), 1);
	assert_int_equal(pam_host_logged(h,
			     "request aas-authn op=1 flags=34 uid=1 "
			     "user=daemon service=sudo present=1 timeout=20"),
	    1);
	assert_int_equal(
	    pam_host_logged(h, "process fds=1 env=0 blocked=0 leader=1"), 1);
}

static void
auth_refused_ceremony_says_why(void **state)
{
	static const struct {
		unsigned why;
		int code;
	} t[] = { { AAS_WHY_NO_KEY, PAM_AUTH_ERR },
		{ AAS_WHY_FOREIGN_KEY, PAM_AUTH_ERR },
		{ AAS_WHY_PIN_WRONG, PAM_MAXTRIES },
		{ AAS_WHY_PIN_BLOCKED, PAM_MAXTRIES },
		{ AAS_WHY_PIN_AUTH_BLOCKED, PAM_MAXTRIES },
		{ AAS_WHY_SIGNATURE, PAM_AUTH_ERR },
		{ AAS_WHY_TIMEOUT, PAM_AUTH_ERR },
		{ AAS_WHY_BUSY, PAM_AUTH_ERR },
		{ AAS_WHY_SYSTEM, PAM_SYSTEM_ERR },
		{ AAS_WHY_POLICY_BROKEN, PAM_AUTHINFO_UNAVAIL },
		{ AAS_WHY_UNKNOWN, PAM_AUTHINFO_UNAVAIL },
		{ AAS_WHY_OK, PAM_AUTHINFO_UNAVAIL },
		/* From a root helper these are no way to the next module. */
		{ AAS_WHY_NOT_ENROLLED, PAM_AUTH_ERR },
		{ AAS_WHY_DISABLED, PAM_AUTH_ERR } };
	struct pam_host *h = *state;
	char script[64], code[64];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		unsigned why =
		    t[i].why <= AAS_WHY_OK ? AAS_WHY_PROTOCOL : t[i].why;

		(void)snprintf(
		    script, sizeof(script), "refuse %u 1\n", t[i].why);
		pam_host_script(h, 1, script);
		assert_int_equal(
		    pam_host_auth(h, "sudo", "daemon", &normal), t[i].code);
		assert_int_equal(normal.errors, 1);
		(void)snprintf(
		    code, sizeof(code), "[%s]", aas_reason_code(why));
		assert_non_null(strstr(normal.error, code));
		assert_non_null(strstr(normal.error, aas_reason_text(why)));
	}
	pam_host_script(h, 1, "refuse 3 3 Not your key.\n");
	(void)pam_host_auth(h, "sudo", "daemon", &normal);
	assert_string_equal(normal.error, "Not your key. [foreign-key]");
}

static void
auth_verdict_that_is_not_exact_refuses(void **state)
{
	static const char *const bad[] = { "nonce\ngrant 1\n", "uid\ngrant 1\n",
		"op\ngrant 1\n", "word\ngrant 1\n", "uv\ngrant 1\n",
		"grant 0\n", "junk 0\n", "junk 3\n", "long\n", "type 31\n",
		"type 16\n", "type 18\n", "type 20\n", "type 21\n", "type 22\n",
		"type 1\n", "type 2\n", "type 0\n", "type 255\n", "exit\n", "",
		"info hello\n" };
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pam_host_script(h, 1, bad[i]);
		assert_int_equal(pam_host_auth(h, "sudo", "daemon", &normal),
		    PAM_AUTHINFO_UNAVAIL);
		assert_non_null(strstr(normal.error, "[protocol]"));
	}
}

static void
auth_f49_present_2_needs_two_distinct_keys(void **state)
{
	struct pam_host *h = *state;

	h->src.present = 2;
	pam_host_policy(h);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	pam_host_script(h, 1, "same\ngrant 2\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	pam_host_script(h, 1, "grant 2\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_SUCCESS);
	assert_int_equal(pam_host_logged(h, "present=2"), 3);
}

static void
auth_s13_helper_that_hangs_is_ended(void **state)
{
	struct pam_host *h = *state;

	h->src.timeout_s = 1;
	pam_host_policy(h);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "hang\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[timeout]"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* reaped */
}

static void
auth_states_answer_as_the_table_says(void **state)
{
	static const struct {
		unsigned state;
		int code;
		const char *why;
	} t[] = { { AAS_ST_ENROLLED, PAM_SUCCESS, NULL },
		{ AAS_ST_DEGRADED, PAM_SUCCESS, NULL },
		{ AAS_ST_RECOVERING, PAM_AUTH_ERR, "[recovering]" },
		{ AAS_ST_RECOVERY_DUE, PAM_AUTH_ERR, "[recovering]" },
		{ AAS_ST_LOCKED, PAM_AUTH_ERR, "[locked]" } };
	static const char *const services[] = { "sudo", "login", "sshd" };
	struct pam_host *h = *state;

	h->src.server_keys = 1;
	pam_host_policy(h);
	pam_host_script(h, 1, "grant 1\n");
	/* Whatever it says, the account is locked. */
	pam_host_script(h, AAS_OP_UNLOCK, "grant 2\n");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pam_host_enroll(h, "daemon", t[i].state);
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(
			    pam_host_auth(h, services[k], "daemon", &normal),
			    t[i].code);
			if (t[i].why != NULL)
				assert_non_null(strstr(normal.error, t[i].why));
		}
	}
	/* A ceremony is no use to a job, and a password is none either. */
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(
	    pam_host_auth(h, "cron", "daemon", &normal), PAM_AUTH_ERR);
	/* Held and disabled count as none. */
	pam_host_service(h, "next",
	    "auth required MODULE\n"
	    "auth required pam_permit.so\n");
	pam_host_enroll(h, "daemon", AAS_ST_HELD);
	assert_int_equal(
	    pam_host_auth(h, "next", "daemon", &normal), PAM_SUCCESS);
	pam_host_enroll(h, "daemon", AAS_ST_DISABLED);
	assert_int_equal(
	    pam_host_auth(h, "next", "daemon", &normal), PAM_SUCCESS);
	/* One key left: said before the ceremony. */
	pam_host_enroll(h, "daemon", AAS_ST_DEGRADED);
	(void)pam_host_auth(h, "login", "daemon", &normal);
	assert_int_equal(normal.infos, 1);
}

static void
auth_exempt_service_is_no_way_around_keys(void **state)
{
	static const char *const exempt[] = { "next" };
	struct pam_host *h = *state;

	h->exempt = exempt[0];
	pam_host_policy(h);
	pam_host_service(h, "next",
	    "auth required MODULE\n"
	    "auth required pam_permit.so\n");
	assert_int_equal(
	    pam_host_auth(h, "next", "daemon", &normal), PAM_SUCCESS);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(
	    pam_host_auth(h, "next", "daemon", &normal), PAM_AUTH_ERR);
}

/* --- remote --- */

static void
auth_remote_never_uses_the_hosts_keys(void **state)
{
	struct pam_host *h = *state;
	pam_handle_t *pamh;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sshd", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[remote]"));
	pamh = pam_host_start(h, "login", "daemon", &normal);
	(void)pam_set_item(pamh, PAM_RHOST, "127.0.0.1");
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	(void)pam_end(pamh, 0);
	pamh = pam_host_start(h, "sudo", "daemon", &normal);
	(void)pam_set_item(pamh, PAM_TTY, "ssh");
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	(void)pam_end(pamh, 0);
	assert_int_equal(pam_host_logged(h, "request"), 0);
	/* An empty PAM_RHOST is nobody. */
	pamh = pam_host_start(h, "login", "daemon", &normal);
	(void)pam_set_item(pamh, PAM_RHOST, "");
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
}

static void
auth_remote_with_server_keys_is_marked(void **state)
{
	struct pam_host *h = *state;

	h->src.server_keys = 1;
	pam_host_policy(h);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sshd", "daemon", &normal), PAM_SUCCESS);
	/* AAS_RQ_REMOTE | AAS_RQ_UV | AAS_RQ_CONFIRM */
	assert_int_equal(pam_host_logged(h, "flags=75 "), 1);
}

/* --- the record --- */

static void
stale(struct aas_index *ix)
{
	ix->file.size++;
}

static void
other_user(struct aas_index *ix)
{
	(void)snprintf(ix->user, sizeof(ix->user), "bin");
}

static void
overdue(struct aas_index *ix)
{
	ix->refresh_s = 1;
}

static void
auth_index_that_does_not_vouch_is_verified(void **state)
{
	struct pam_host *h = *state;
	char script[64];

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, stale);
	pam_host_script(h, 1, "grant 1\n");
	/* The answer decides, on a disk that takes no new index. */
	(void)snprintf(
	    script, sizeof(script), "grant-state %d\n", AAS_ST_ENROLLED);
	pam_host_script(h, 4, script);
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_SUCCESS);
	assert_int_equal(pam_host_logged(h, "op=4"), 1);
	pam_host_script(h, 4, "grant-state 7\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[locked]"));
	pam_host_script(h, 4, "grant-state 0\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[record-broken]"));
	pam_host_script(h, 4, "refuse 27 0\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[record-rollback]"));
	pam_host_script(h, 4, "exit\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	/* Verified: none after all. */
	pam_host_service(h, "next",
	    "auth required MODULE\n"
	    "auth required pam_permit.so\n");
	pam_host_script(h, 4, "grant-state 1\n");
	assert_int_equal(
	    pam_host_auth(h, "next", "daemon", &normal), PAM_SUCCESS);
	pam_host_index(h, "daemon", AAS_ST_ENROLLED, overdue);
	pam_host_forget(h);
	pam_host_script(h, 4, "refuse 26 0\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_int_equal(pam_host_logged(h, "op=4"), 1);
}

static void
auth_renewed_index_is_read_again(void **state)
{
	struct pam_host *h = *state;
	char from[FIXTURE_PATH], to[FIXTURE_PATH];

	pam_host_enroll(h, "daemon", AAS_ST_LOCKED);
	fixture_path(h->f, "state/index/1", from);
	fixture_path(h->f, "renewed", to);
	assert_int_equal(rename(from, to), 0);
	pam_host_script(h, 4, "renew renewed state/index/1\ngrant-state 3\n");
	pam_host_script(h, 1, "grant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[locked]"));
}

static struct pam_host *unlocked_of;

/* The index as it is once two keys have unlocked the account. */
static void
keep_unlocked(struct aas_index *ix)
{
	struct aas_index open = *ix;
	uint8_t buf[AAS_INDEX_MAX];
	char path[FIXTURE_PATH];
	size_t n = 0;
	FILE *f;

	open.state = AAS_ST_ENROLLED;
	assert_int_equal(
	    aas_index_put(&open, NULL, buf, sizeof(buf), &n), AAS_OK);
	fixture_path(unlocked_of->f, "unlocked", path);
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(fwrite(buf, 1, n, f), n);
	assert_int_equal(fchmod(fileno(f), 0640), 0);
	assert_int_equal(fclose(f), 0);
}

static void
auth_locked_account_is_unlocked_by_two_keys(void **state)
{
	static const struct {
		const char *service, *script;
		uint8_t server_keys;
		int code;
		const char *why;
	} t[] = {
		{ "login", "grant 2\n", 0, PAM_SUCCESS, NULL },
		{ "sshd", "grant 2\n", 1, PAM_SUCCESS, NULL },
		{ "sshd", "grant 2\n", 0, PAM_AUTH_ERR, "[locked]" },
		{ "sudo", "grant 2\n", 1, PAM_AUTH_ERR, "[locked]" },
		{ "login", "grant 1\n", 0, PAM_AUTHINFO_UNAVAIL, "[protocol]" },
		{ "login", "key 1 255\ngrant 2\n", 0, PAM_AUTHINFO_UNAVAIL,
		    "[protocol]" },
		{ "login", "refuse 34 0\n", 0, PAM_AUTH_ERR, "[held]" },
	};
	struct pam_host *h = *state;

	unlocked_of = h;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char script[128];

		h->src.server_keys = t[i].server_keys;
		pam_host_policy(h);
		pam_host_index(h, "daemon", AAS_ST_LOCKED, keep_unlocked);
		(void)snprintf(script, sizeof(script),
		    "renew unlocked state/index/1\n%s", t[i].script);
		pam_host_script(h, AAS_OP_UNLOCK, script);
		pam_host_forget(h);
		assert_int_equal(
		    pam_host_auth(h, t[i].service, "daemon", &normal),
		    t[i].code);
		if (t[i].why != NULL)
			assert_non_null(strstr(normal.error, t[i].why));
		/* Where it cannot be, nobody is asked. */
		assert_int_equal(pam_host_logged(h, "op=7"),
		    t[i].why == NULL || strcmp(t[i].why, "[locked]") != 0);
	}
}

static void
auth_record_of_somebody_else_refuses(void **state)
{
	struct pam_host *h = *state;

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, other_user);
	pam_host_script(h, 0, "grant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[record-broken]"));
}

static void
auth_missing_record_of_a_pinned_user_refuses(void **state)
{
	struct pam_host *h = *state;
	char p[FIXTURE_PATH];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(unlink(fixture_path(h->f, "state/records/1", p)), 0);
	pam_host_script(h, 0, "grant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTH_ERR);
	assert_non_null(strstr(normal.error, "[record-missing]"));
}

/* --- policy, arguments, names --- */

/* CVE-2021-31924: a PIN that was asked for and not checked. */
static void
auth_cve_2021_31924_verdict_without_uv_refuses(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "secret PIN: \nuv\ngrant 1\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	h->src.uv = 0;
	pam_host_policy(h);
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_SUCCESS);
}

/* What may lie at a path instead of the file. */
static void
put_instead(const char *path, int what)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char aside[FIXTURE_PATH + 8];
	int fd;

	(void)snprintf(aside, sizeof(aside), "%s.real", path);
	assert_int_equal(rename(path, aside), 0);
	switch (what) {
	case 0:
		assert_int_equal(mkfifo(path, 0640), 0);
		break;
	case 1:
		assert_int_equal(mkdir(path, 0750), 0);
		break;
	case 2:
		assert_int_equal(symlink(aside, path), 0);
		break;
	case 3:
		assert_int_equal(link(aside, path), 0);
		break;
	case 4:
		assert_int_equal(mknod(path, S_IFCHR | 0640, makedev(1, 3)), 0);
		break;
	case 5:
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
		assert_int_equal(
		    bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
		(void)close(fd);
		break;
	default: /* F47: no bytes at all */
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
		assert_int_not_equal(fd, -1);
		(void)close(fd);
		break;
	}
}

static void
put_back(const char *path)
{
	char aside[FIXTURE_PATH + 8];

	(void)snprintf(aside, sizeof(aside), "%s.real", path);
	(void)remove(path);
	assert_int_equal(rename(aside, path), 0);
}

/*
 * CVE-2024-22365: a FIFO where a file should be blocks the login.  Nothing at
 * any path does, and nothing there lets in.
 */
static void
auth_f45_f47_cve_2024_22365_other_types_at_each_path(void **state)
{
	static const char *const paths[] = { "policy.bin", "state/records/1",
		"state/index/1", "state/pins/1", "libexec/aas-authn" };
	struct pam_host *h = *state;
	struct timespec a, b;
	char p[FIXTURE_PATH];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "grant 1\n");
	pam_host_script(h, 4, "refuse 26 0\n");
	pam_host_service(h, "sudo",
	    "auth required MODULE\n"
	    "auth optional pam_permit.so\n");
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_SUCCESS);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		for (int what = 0; what < 7; what++) {
			put_instead(fixture_path(h->f, paths[i], p), what);
			(void)clock_gettime(CLOCK_MONOTONIC, &a);
			/* A record's bytes are the helper's to judge. */
			if (what != 6 || i != 1)
				assert_int_not_equal(
				    pam_host_auth(h, "sudo", "daemon", &normal),
				    PAM_SUCCESS);
			(void)clock_gettime(CLOCK_MONOTONIC, &b);
			assert_true(b.tv_sec - a.tv_sec <= 1);
			put_back(p);
			if (i == 1) /* its ctime moved */
				pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
		}
}

static void
auth_without_a_policy_refuses_everyone(void **state)
{
	struct pam_host *h = *state;

	assert_int_equal(truncate(h->policy, 20), 0);
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(normal.error, "[policy-broken]"));
	assert_int_equal(unlink(h->policy), 0);
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(normal.error, "[policy-missing]"));
	assert_int_equal(symlink("/etc/passwd", h->policy), 0);
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(normal.error, "[policy-broken]"));
}

static void
auth_helper_that_is_missing_or_not_roots_refuses(void **state)
{
	struct pam_host *h = *state;
	char p[FIXTURE_PATH];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 0, "grant 1\n");
	fixture_path(h->f, "libexec/aas-authn", p);
	assert_int_equal(chown(p, 1, 1), 0);
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(normal.error, "[no-helper]"));
	assert_int_equal(unlink(p), 0);
	assert_int_equal(
	    pam_host_auth(h, "sudo", "daemon", &normal), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(normal.error, "[no-helper]"));
}

static void
auth_f39_h6_cve_2025_24032_no_argument_turns_a_check_off(void **state)
{
	static const char *const bad[] = { "", "aas2", "aas1 nouserok",
		"aas1 aas1", "aas1 debug debug", "aas1 audit audit",
		"aas1 conf=", "aas1 conf=/", "aas1 conf=relative",
		"aas1 conf=/a conf=/b", "debug", "conf=/x", "AAS1", "aas1 aas",
		"aas1 use_first_pass" };
	struct pam_host *h = *state;
	char line[16384];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(line, sizeof(line),
		    "auth required %s %s\nauth sufficient pam_permit.so\n"
		    "account required %s %s\n"
		    "account sufficient pam_permit.so\n",
		    h->module, bad[i], h->module, bad[i]);
		pam_host_service(h, "args", line);
		assert_int_equal(pam_host_auth(h, "args", "daemon", &normal),
		    PAM_SERVICE_ERR);
		assert_non_null(strstr(normal.error, "[config]"));
		assert_int_equal(pam_host_account(h, "args", "daemon", &normal),
		    PAM_SERVICE_ERR);
	}
	(void)snprintf(line, sizeof(line),
	    "auth required %s aas1 conf=/%0300d\n", h->module, 0);
	pam_host_service(h, "args", line);
	assert_int_equal(
	    pam_host_auth(h, "args", "daemon", &normal), PAM_SERVICE_ERR);
	pam_host_service(h, "args",
	    "auth required MODULE audit debug\n"
	    "auth required pam_permit.so\n");
	assert_int_equal(
	    pam_host_auth(h, "args", "daemon", &normal), PAM_SUCCESS);
}

static void
auth_f32_cve_2020_27780_cve_2023_42456_names(void **state)
{
	static const char *const unknown[] = { "no-such-user", "Daemon",
		"daemon ", "0", "1", "%n%s", "user@dom", "$(id)", "a;b" };
	static const char *const bad[] = { "../x", "-x", " x", "a/b", "a:b",
		"a\nb", "\xff\xfe", ".", "..", "a\x1b[m" };
	struct pam_host *h = *state;
	struct talk t = { .how = TALK_NORMAL };
	char longer[300];

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 0, "grant 1\n");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		int rv = pam_host_auth(h, "sudo", unknown[i], &t);

		assert_true(rv == PAM_USER_UNKNOWN || rv == PAM_AUTH_ERR);
		assert_int_equal(t.infos + t.errors, 0);
	}
	assert_int_equal(
	    pam_host_auth(h, "sudo", "no-such-user", &t), PAM_USER_UNKNOWN);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    pam_host_auth(h, "sudo", bad[i], &t), PAM_AUTH_ERR);
		assert_int_equal(t.infos + t.errors, 0);
	}
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(pam_host_auth(h, "sudo", longer, &t), PAM_AUTH_ERR);
	assert_int_equal(pam_host_logged(h, "request"), 0);
	/* No name at all: libpam asks for it. */
	t.answer = "daemon";
	assert_int_equal(pam_host_auth(h, "sudo", NULL, &t), PAM_SUCCESS);
	assert_int_equal(t.asks, 1);
	t.answer = "";
	assert_int_not_equal(pam_host_auth(h, "sudo", NULL, &t), PAM_SUCCESS);
	t.how = TALK_ERROR;
	assert_int_equal(pam_host_auth(h, "sudo", NULL, &t), PAM_CONV_ERR);
	t.how = TALK_NULL;
	assert_int_equal(pam_host_auth(h, "sudo", NULL, &t), PAM_CONV_ERR);
}

/* --- conversation --- */

static void
auth_f34_conversation_that_fails_refuses(void **state)
{
	static const enum talk_how bad[] = { TALK_NULL, TALK_ERROR,
		TALK_NOREPLY, TALK_NOTEXT, TALK_HUGE, TALK_LONG, TALK_OPEN };
	static const char *const scripts[] = { "secret PIN: \ngrant 1\n",
		"ask Press Enter: \ngrant 1\n" };
	struct pam_host *h = *state;
	struct talk t = { .how = TALK_NORMAL };

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (size_t k = 0; k < 2; k++) {
		pam_host_script(h, 1, scripts[k]);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			t.how = bad[i];
			assert_int_equal(pam_host_auth(h, "sudo", "daemon", &t),
			    PAM_CONV_ERR);
		}
		t.how = TALK_MAX;
		assert_int_equal(
		    pam_host_auth(h, "sudo", "daemon", &t), PAM_SUCCESS);
	}
	assert_int_equal(pam_host_logged(h, "reply 1 1 "), 14);
	pam_host_script(h, 1, "info hello\ngrant 1\n");
	t.how = TALK_NULL;
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &t), PAM_CONV_ERR);
	t.how = TALK_ERROR;
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &t), PAM_CONV_ERR);
	t.how = TALK_CHATTY;
	t.answer = "secret";
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &t), PAM_SUCCESS);
}

static void
auth_empty_reply_is_passed_on_as_empty(void **state)
{
	struct pam_host *h = *state;
	struct talk t = { .how = TALK_NORMAL, .answer = "" };

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "secret PIN: \nrefuse 17 3\n");
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &t), PAM_AUTH_ERR);
	assert_int_equal(pam_host_logged(h, "reply 1 0 \n"), 1);
}

static void
auth_f35_flags(void **state)
{
	struct pam_host *h = *state;
	struct talk t = { .how = TALK_NORMAL, .answer = "1" };
	pam_handle_t *pamh;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_script(h, 1, "info a\nerror b\nsecret PIN: \nrefuse 2 3\n");
	pamh = pam_host_start(h, "sudo", "daemon", &t);
	assert_int_equal(pam_authenticate(pamh, (int)PAM_SILENT), PAM_AUTH_ERR);
	(void)pam_end(pamh, 0);
	assert_int_equal(t.infos + t.errors, 0);
	assert_int_equal(t.secrets, 1);
	assert_int_equal(pam_host_logged(h, "flags=38 "), 1);
	pam_host_script(h, 1, "grant 1\n");
	for (int flags = 1; flags < 0x10000; flags *= 2) {
		pamh = pam_host_start(h, "sudo", "daemon", &t);
		assert_int_equal(
		    pam_authenticate(pamh, flags & ~0x6000), PAM_SUCCESS);
		(void)pam_end(pamh, 0);
	}
}

/* --- setcred --- */

static void
setcred_only_follows_what_auth_said(void **state)
{
	struct pam_host *h = *state;
	struct talk t = { .how = TALK_NORMAL };
	pam_handle_t *pamh;

	pam_host_service(h, "cred", "auth required MODULE\n");
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	/* First and alone: nothing granted. */
	pamh = pam_host_start(h, "cred", "daemon", &t);
	assert_int_not_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), 0);
	(void)pam_end(pamh, 0);
	pam_host_script(h, 1, "grant 1\n");
	pamh = pam_host_start(h, "cred", "daemon", &t);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_setcred(pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	/* A second try that fails takes it back. */
	pam_host_script(h, 1, "refuse 2 3\n");
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_int_not_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), 0);
	(void)pam_end(pamh, 0);
}

/* --- hosts that are not root --- */

struct locker {
	struct pam_host *h;
	const char *script;
	const char *user;
	int auth, account;
};

static int
as_locker(void *arg)
{
	struct locker *l = arg;
	struct talk t = { .how = TALK_NORMAL, .answer = "1234" };
	pam_handle_t *pamh;
	int a, b;

	/* Root is kept aside, for what a build for coverage writes at dlclose.
	 */
	CHECK(setresgid(1, 1, 0) == 0 && setresuid(1, 1, 0) == 0);
	pamh = pam_host_start(l->h, "locker", l->user, &t);
	a = pam_authenticate(pamh, 0);
	b = pam_acct_mgmt(pamh, 0);
	CHECK(setresuid(0, 0, 0) == 0);
	(void)pam_end(pamh, 0);
	if (a != l->auth || b != l->account)
		fprintf(stderr, "auth %d account %d: %s\n", a, b, t.error);
	CHECK(a == l->auth);
	CHECK(b == l->account);
	return 0;
}

static struct locker lockers[] = {
	{ .script = "secret PIN: \ngrant 1\n",
	    .user = "daemon",
	    .auth = PAM_SUCCESS,
	    .account = PAM_SUCCESS },
	{ .script = "refuse 2 3\n",
	    .user = "daemon",
	    .auth = PAM_AUTH_ERR,
	    .account = PAM_PERM_DENIED },
	/* Not enrolled: the next module's, here pam_permit. */
	{ .script = "refuse 24 1\n",
	    .user = "daemon",
	    .auth = PAM_SUCCESS,
	    .account = PAM_SUCCESS },
	{ .script = "refuse 34 2\n",
	    .user = "daemon",
	    .auth = PAM_SUCCESS,
	    .account = PAM_SUCCESS },
	{ .script = "refuse 33 8\n",
	    .user = "daemon",
	    .auth = PAM_SUCCESS,
	    .account = PAM_SUCCESS },
	/* Reason and state must agree. */
	{ .script = "refuse 24 3\n",
	    .user = "daemon",
	    .auth = PAM_AUTH_ERR,
	    .account = PAM_PERM_DENIED },
	{ .script = "refuse 30 7\n",
	    .user = "daemon",
	    .auth = PAM_AUTH_ERR,
	    .account = PAM_PERM_DENIED },
	{ .script = "exit\n",
	    .user = "daemon",
	    .auth = PAM_AUTHINFO_UNAVAIL,
	    .account = PAM_PERM_DENIED },
	/* Somebody else. */
	{ .script = "grant 1\n",
	    .user = "bin",
	    .auth = PAM_AUTH_ERR,
	    .account = PAM_PERM_DENIED },
};

static void
auth_f28_locker_asks_the_unlock_helper(void **state)
{
	struct pam_host *h = *state;

	pam_host_service(h, "locker",
	    "auth required MODULE\n"
	    "auth optional pam_permit.so\n"
	    "account required MODULE\n"
	    "account optional pam_permit.so\n");
	for (size_t i = 0; i < sizeof(lockers) / sizeof(lockers[0]); i++) {
		char p[FIXTURE_PATH];

		lockers[i].h = h;
		pam_host_forget(h);
		pam_host_script(h, 1, lockers[i].script);
		fixture_write(h->f, "libexec/log", "", 0666);
		assert_int_equal(fixture_in_child(as_locker, &lockers[i]), 0);
		if (strcmp(lockers[i].user, "daemon") == 0)
			assert_int_equal(
			    pam_host_logged(h, "request aas-unlock op=1"), 1);
		(void)unlink(fixture_path(h->f, "libexec/log", p));
	}
}

/* Exempt: no ceremony, only whether the caller has keys. */
static void
auth_exempt_locker_is_the_next_modules_without_keys(void **state)
{
	static const char *const service[] = { "locker" };
	static struct locker t[] = {
		{ .script = "grant-state 1\n", /* none */
		    .auth = PAM_SUCCESS,
		    .account = PAM_SUCCESS },
		{ .script = "grant-state 2\n", /* held */
		    .auth = PAM_SUCCESS,
		    .account = PAM_SUCCESS },
		{ .script = "grant-state 8\n", /* disabled */
		    .auth = PAM_SUCCESS,
		    .account = PAM_SUCCESS },
		{ .script = "grant-state 3\n", /* enrolled */
		    .auth = PAM_AUTH_ERR,
		    .account = PAM_PERM_DENIED },
		{ .script = "grant-state 4\n", /* degraded */
		    .auth = PAM_AUTH_ERR,
		    .account = PAM_PERM_DENIED },
		{ .script = "grant-state 7\n", /* locked */
		    .auth = PAM_AUTH_ERR,
		    .account = PAM_PERM_DENIED },
		{ .script = "grant-state 0\n", /* broken, or never said */
		    .auth = PAM_AUTH_ERR,
		    .account = PAM_PERM_DENIED },
		{ .script = "refuse 26 0\n",
		    .auth = PAM_AUTH_ERR,
		    .account = PAM_PERM_DENIED },
		/* A refusal tells no state that counts. */
		{ .script = "refuse 24 1\n",
		    .auth = PAM_AUTH_ERR,
		    .account = PAM_PERM_DENIED },
		{ .script = "exit\n",
		    .auth = PAM_AUTHINFO_UNAVAIL,
		    .account = PAM_PERM_DENIED },
	};
	struct pam_host *h = *state;

	pam_host_service(h, "locker",
	    "auth required MODULE\n"
	    "auth optional pam_permit.so\n"
	    "account required MODULE\n"
	    "account optional pam_permit.so\n");
	h->exempt = service[0];
	pam_host_policy(h);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char p[FIXTURE_PATH];

		t[i].h = h;
		t[i].user = "daemon";
		pam_host_script(h, 4, t[i].script);
		pam_host_script(h, 1, "grant 1\n");
		fixture_write(h->f, "libexec/log", "", 0666);
		assert_int_equal(fixture_in_child(as_locker, &t[i]), 0);
		assert_int_equal(
		    pam_host_logged(h, "request aas-unlock op=4"), 1);
		assert_int_equal(pam_host_logged(h, "op=1"), 0);
		(void)unlink(fixture_path(h->f, "libexec/log", p));
	}
}

static void
auth_locker_under_a_rule_that_requires(void **state)
{
	static const char *const users[] = { "daemon" };
	struct pam_host *h = *state;
	struct locker l = { .h = h,
		.user = "daemon",
		.auth = PAM_SUCCESS, /* the host's method, as for sudo */
		.account = PAM_PERM_DENIED };

	pam_host_service(h, "locker",
	    "auth required MODULE\n"
	    "auth optional pam_permit.so\n"
	    "account required MODULE\n"
	    "account optional pam_permit.so\n");
	h->required = users[0];
	pam_host_policy(h);
	pam_host_script(h, 1, "refuse 24 1\n");
	assert_int_equal(fixture_in_child(as_locker, &l), 0);
	/* From a day on that is still to come. */
	h->required_from_s = 4102444800;
	pam_host_policy(h);
	l.account = PAM_SUCCESS;
	assert_int_equal(fixture_in_child(as_locker, &l), 0);
	/* The day does not let in whom auth refused. */
	pam_host_script(h, 1, "refuse 26 0\n");
	l.auth = PAM_AUTH_ERR;
	l.account = PAM_PERM_DENIED;
	assert_int_equal(fixture_in_child(as_locker, &l), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(auth_without_a_record_is_the_next_modules),
		HOST_TEST(auth_granted_ceremony_succeeds),
		HOST_TEST(auth_refused_ceremony_says_why),
		HOST_TEST(auth_verdict_that_is_not_exact_refuses),
		HOST_TEST(auth_f49_present_2_needs_two_distinct_keys),
		HOST_TEST(auth_s13_helper_that_hangs_is_ended),
		HOST_TEST(auth_states_answer_as_the_table_says),
		HOST_TEST(auth_exempt_service_is_no_way_around_keys),
		HOST_TEST(auth_remote_never_uses_the_hosts_keys),
		HOST_TEST(auth_remote_with_server_keys_is_marked),
		HOST_TEST(auth_index_that_does_not_vouch_is_verified),
		HOST_TEST(auth_locked_account_is_unlocked_by_two_keys),
		HOST_TEST(auth_renewed_index_is_read_again),
		HOST_TEST(auth_record_of_somebody_else_refuses),
		HOST_TEST(auth_missing_record_of_a_pinned_user_refuses),
		HOST_TEST(auth_cve_2021_31924_verdict_without_uv_refuses),
		HOST_TEST(auth_f45_f47_cve_2024_22365_other_types_at_each_path),
		HOST_TEST(auth_without_a_policy_refuses_everyone),
		HOST_TEST(auth_helper_that_is_missing_or_not_roots_refuses),
		HOST_TEST(
		    auth_f39_h6_cve_2025_24032_no_argument_turns_a_check_off),
		HOST_TEST(auth_f32_cve_2020_27780_cve_2023_42456_names),
		HOST_TEST(auth_f34_conversation_that_fails_refuses),
		HOST_TEST(auth_empty_reply_is_passed_on_as_empty),
		HOST_TEST(auth_f35_flags),
		HOST_TEST(setcred_only_follows_what_auth_said),
		HOST_TEST(auth_f28_locker_asks_the_unlock_helper),
		HOST_TEST(auth_exempt_locker_is_the_next_modules_without_keys),
		HOST_TEST(auth_locker_under_a_rule_that_requires),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
