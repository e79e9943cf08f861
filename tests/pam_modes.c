/*
 * Modes, exemptions, grace and the clock's mark, through libpam: what the
 * module says while it lets somebody in, and whom a date keeps out.
 */
#include <sys/stat.h>
#include <sys/utsname.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/mark.h"
#include "policy/signin/seen.h"
#include "tests/pam_host.h"

#define DAY INT64_C(86400)

static const char *const daemon_only[] = { "daemon" };
static const char *const cron_only[] = { "cron" };
static const char *const su_only[] = { "su" };

/* One rule about daemon. */
static struct aas_rule
rule(uint8_t effect, uint8_t mode)
{
	struct aas_rule r;

	memset(&r, 0, sizeof(r));
	r.source = "files";
	r.name = "next-year";
	r.where = "here";
	r.mode = mode;
	r.effect = effect;
	r.users =
	    (struct aas_names){ 1, (const char **)(uintptr_t)daemon_only };
	return r;
}

static void
use(struct pam_host *h, const struct aas_rule *r)
{
	pam_host_rules(h, r, 1);
	pam_host_service(h, "su", PAM_HOST_NEXT);
	pam_host_service(h, "cron", PAM_HOST_NEXT);
}

static int
account(struct pam_host *h, struct talk *k)
{
	memset(k, 0, sizeof(*k));
	k->how = TALK_NORMAL;
	return pam_host_account(h, "su", "daemon", k);
}

static void
modes_warn_lets_in_and_says_so(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_WARN);
	struct talk k;

	use(h, &r);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	assert_non_null(strstr(k.last, "\"next-year\""));
	assert_non_null(strstr(k.last, "aasctl enroll"));
	/* Nobody is there to be told. */
	memset(&k, 0, sizeof(k));
	assert_int_equal(
	    pam_host_account(h, "cron", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
	/* It binds a user with keys who is denied, too. */
	r = rule(AAS_EF_DENY, AAS_MODE_WARN);
	use(h, &r);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
}

static void
modes_observe_lets_in_without_a_word(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_DENY, AAS_MODE_OBSERVE);
	struct talk k;

	use(h, &r);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
	assert_int_equal(k.infos + k.errors, 0);
}

static void
modes_enforce_says_by_which_rule(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_DENY, AAS_MODE_ENFORCE);
	struct talk k = { .how = TALK_NORMAL };

	use(h, &r);
	assert_int_equal(account(h, &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "next-year"));
	assert_non_null(strstr(k.error, "[policy-deny]"));
	/* Not to somebody who has not been authenticated. */
	memset(&k, 0, sizeof(k));
	assert_int_equal(pam_host_auth(h, "su", "daemon", &k), PAM_AUTH_ERR);
	assert_null(strstr(k.error, "next-year"));
}

static void
modes_date_that_has_passed_says_what_to_do(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct talk k;

	r.from_s = 1700000000;
	use(h, &r);
	assert_int_equal(account(h, &k), PAM_ACCT_EXPIRED);
	assert_non_null(strstr(k.error, "2023-11-14"));
	assert_non_null(strstr(k.error, "next-year"));
	assert_non_null(strstr(k.error, "administrator"));
	assert_non_null(strstr(k.error, "[enroll-now]"));
}

/* Only break_glass reaches a user with keys. */
static void
modes_exemption_and_keys(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_EXEMPT, AAS_MODE_ENFORCE);
	struct talk k = { .how = TALK_NORMAL };

	r.services = (struct aas_names){ 1, (const char **)(uintptr_t)su_only };
	use(h, &r);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(pam_host_auth(h, "su", "daemon", &k), PAM_AUTH_ERR);
	r.break_glass = 1;
	use(h, &r);
	memset(&k, 0, sizeof(k));
	assert_int_equal(pam_host_auth(h, "su", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.secrets + k.asks, 0);
	pam_host_enroll(h, "daemon", AAS_ST_LOCKED);
	assert_int_equal(pam_host_auth(h, "su", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
}

/* --- grace --- */

static void
put_stamp(struct pam_host *h, int64_t since_s)
{
	struct aas_user u = { .uid = pam_host_uid("daemon") };
	uint8_t buf[AAS_SEEN_MAX];
	char path[PATH_MAX];
	size_t len = 0;
	int fd;

	memcpy(u.name, "daemon", 7);
	assert_int_equal(
	    aas_seen_put(&u, since_s, buf, sizeof(buf), &len), AAS_OK);
	(void)snprintf(
	    path, sizeof(path), "%s/seen/%u", h->src.statedir, (unsigned)u.uid);
	assert_true((fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)) >= 0);
	assert_int_equal(write(fd, buf, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

static void
modes_grace_begins_in_the_account_phase(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	char path[PATH_MAX];
	struct talk k = { .how = TALK_NORMAL };
	struct stat st;

	r.grace_s = 7 * DAY;
	use(h, &r);
	(void)snprintf(path, sizeof(path), "%s/seen", h->src.statedir);
	assert_int_equal(pam_host_auth(h, "su", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
	assert_non_null(strstr(k.last, " 7 days"));
	assert_int_equal(stat(path, &st), 0);
	put_stamp(h, time(NULL) - 6 * DAY);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
	assert_non_null(strstr(k.last, " 1 day "));
	put_stamp(h, time(NULL) - 7 * DAY);
	assert_int_equal(account(h, &k), PAM_ACCT_EXPIRED);
}

static void
modes_grace_that_cannot_be_stored_is_none(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	char path[PATH_MAX];
	struct talk k;
	int fd;

	r.grace_s = 7 * DAY;
	use(h, &r);
	(void)snprintf(path, sizeof(path), "%s/seen", h->src.statedir);
	assert_true(
	    (fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(account(h, &k), PAM_ACCT_EXPIRED);
}

/* --- the clock --- */

static int64_t
set_mark(struct pam_host *h, int64_t at_s)
{
	int64_t old = 0;

	assert_int_equal(aas_mark_accept(h->src.statedir, at_s, &old), AAS_OK);
	return old;
}

/* The clock stands before the date, and this host has seen the date come. */
static void
modes_f11_clock_set_back_reopens_no_date(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	int64_t now = time(NULL);
	struct talk k;

	r.from_s = now + DAY;
	use(h, &r);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
	(void)set_mark(h, now + DAY);
	assert_int_equal(account(h, &k), PAM_ACCT_EXPIRED);
	/* Root says that the clock is right as it is. */
	(void)set_mark(h, now);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
}

/* A mark long past changes nothing; a date ten years off is far. */
static void
modes_f12_mark_behind_the_clock_changes_nothing(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	struct talk k;

	r.from_s = time(NULL) + 3650 * DAY;
	use(h, &r);
	(void)set_mark(h, 1700000000);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
	assert_non_null(strstr(k.last, "3650 days"));
}

/* One that others may write is no mark, and no reason to let anybody in. */
static void
modes_mark_of_others_refuses(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_REQUIRE, AAS_MODE_ENFORCE);
	char path[PATH_MAX];
	struct talk k;

	r.from_s = time(NULL) + DAY;
	use(h, &r);
	(void)set_mark(h, 1700000000);
	(void)snprintf(
	    path, sizeof(path), "%s/" AAS_MARK_FILE, h->src.statedir);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(account(h, &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[clock]"));
	/* Where no rule has a date nobody looks. */
	r.from_s = 0;
	r.mode = AAS_MODE_OBSERVE;
	use(h, &r);
	assert_int_equal(account(h, &k), PAM_SUCCESS);
}

/* Which host this is, nobody can tell the module but the kernel. */
static void
modes_cve_2025_32462_host_is_the_kernels(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_DENY, AAS_MODE_ENFORCE);
	const char *host[1];
	struct utsname un;
	struct talk k;

	for (int here = 0; here < 2; here++) {
		struct talk t = { .how = TALK_NORMAL };
		pam_handle_t *ph;

		assert_int_equal(uname(&un), 0);
		host[0] = here ? un.nodename : "elsewhere.example";
		r.hosts = (struct aas_names){ 1, host };
		use(h, &r);
		ph = pam_host_start(h, "su", "daemon", &t);
		assert_int_equal(setenv("HOSTNAME", "elsewhere.example", 1), 0);
		assert_int_equal(
		    pam_putenv(ph, "HOSTNAME=elsewhere.example"), PAM_SUCCESS);
		assert_int_equal(
		    pam_set_item(ph, PAM_RHOST, "elsewhere.example"),
		    PAM_SUCCESS);
		assert_int_equal(pam_acct_mgmt(ph, 0) != PAM_SUCCESS, here);
		assert_int_equal(pam_end(ph, PAM_SUCCESS), PAM_SUCCESS);
		assert_int_equal(unsetenv("HOSTNAME"), 0);
		assert_int_equal(account(h, &k) != PAM_SUCCESS, here);
	}
}

/* No part of an address or a service's name is taken for another. */
static void
modes_cve_2024_10963_field_is_no_other(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = rule(AAS_EF_DENY, AAS_MODE_ENFORCE);
	struct talk t = { .how = TALK_NORMAL };
	pam_handle_t *ph;

	r.services =
	    (struct aas_names){ 1, (const char **)(uintptr_t)cron_only };
	use(h, &r);
	ph = pam_host_start(h, "su", "daemon", &t);
	assert_int_equal(pam_set_item(ph, PAM_RHOST, "cron"), PAM_SUCCESS);
	assert_int_equal(pam_set_item(ph, PAM_TTY, "cron"), PAM_SUCCESS);
	assert_int_equal(pam_set_item(ph, PAM_RUSER, "cron"), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(ph, 0), PAM_SUCCESS);
	assert_int_equal(pam_end(ph, PAM_SUCCESS), PAM_SUCCESS);
	assert_int_not_equal(
	    pam_host_account(h, "cron", "daemon", &t), PAM_SUCCESS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(modes_warn_lets_in_and_says_so),
		HOST_TEST(modes_observe_lets_in_without_a_word),
		HOST_TEST(modes_enforce_says_by_which_rule),
		HOST_TEST(modes_date_that_has_passed_says_what_to_do),
		HOST_TEST(modes_exemption_and_keys),
		HOST_TEST(modes_grace_begins_in_the_account_phase),
		HOST_TEST(modes_grace_that_cannot_be_stored_is_none),
		HOST_TEST(modes_f11_clock_set_back_reopens_no_date),
		HOST_TEST(modes_f12_mark_behind_the_clock_changes_nothing),
		HOST_TEST(modes_mark_of_others_refuses),
		HOST_TEST(modes_cve_2025_32462_host_is_the_kernels),
		HOST_TEST(modes_cve_2024_10963_field_is_no_other),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
