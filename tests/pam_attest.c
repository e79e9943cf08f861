/*
 * Attestations, through libpam: a user without keys who must have them is let
 * in by a sign-in that shows its evidence, and by no other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/mark.h"
#include "lib/wire.h"
#include "tests/pam_host.h"

#define DAY INT64_C(86400)
#define CA                              \
	"\0\0\0\vssh-ed25519\0\0\0\x20" \
	"the authority of the sso, in 32b"

static const char *const daemon_only[] = { "daemon" };
static const char *const services[] = { "sso-login" };

static void
rules_with(struct pam_host *h, int64_t from_s, int64_t until_s, uint8_t flaw)
{
	static const struct aas_blob ca = { sizeof(CA) - 1,
		(const uint8_t *)CA };
	struct aas_rule r[3];
	int64_t now = time(NULL);

	memset(r, 0, sizeof(r));
	for (int i = 0; i < 3; i++) {
		r[i].source = i == 0 ? "files" : "attest";
		r[i].name = i == 0 ? "staff" : i == 1 ? "attest-1" : "f";
		r[i].where = "here";
		r[i].mode = AAS_MODE_ENFORCE;
		r[i].users = (struct aas_names){ 1,
			(const char **)(uintptr_t)daemon_only };
	}
	r[0].effect = AAS_EF_REQUIRE;
	r[0].attestable = 1;
	r[1].effect = AAS_EF_ATTEST;
	r[1].not_before_s = now + from_s;
	r[1].not_after_s = now + until_s;
	r[1].evidence_services =
	    (struct aas_names){ 1, (const char **)(uintptr_t)services };
	r[1].cas_n = 1;
	r[1].cas = &ca;
	r[2].effect = AAS_EF_ATTEST;
	r[2].flaw = flaw;
	if (flaw == AAS_FLAW_UNREAD)
		r[2].users.n = 0;
	if (until_s == 0) /* the flawed one alone */
		r[1] = r[2];
	pam_host_rules(h, r, flaw != AAS_FLAW_NONE && until_s != 0 ? 3 : 2);
	pam_host_service(h, "sshd", PAM_HOST_NEXT);
	pam_host_service(h, "sso-login", PAM_HOST_NEXT);
	pam_host_service(h, "su", PAM_HOST_NEXT);
}

static void
rules(struct pam_host *h, int64_t from_s, int64_t until_s)
{
	rules_with(h, from_s, until_s, AAS_FLAW_NONE);
}

static void
str(struct aas_wr *w, const void *p, size_t n)
{
	aas_wr_u32(w, (uint32_t)n);
	aas_wr_raw(w, p, n);
}

/* What sshd would put: "publickey TYPE BASE64" of a certificate of ${ca}. */
static void
evidence(char *env, size_t cap, const void *ca, size_t ca_n, uint32_t type)
{
	static const char kind[] = "ssh-ed25519-cert-v01@openssh.com";
	char b64[2048];
	uint8_t buf[1024];
	struct aas_wr w;
	size_t n = 0;

	aas_wr_init(&w, buf, sizeof(buf));
	str(&w, kind, strlen(kind));
	str(&w, "nonce", 5);
	str(&w, "key", 3);
	aas_wr_u64(&w, 1);
	aas_wr_u32(&w, type);
	str(&w, "id", 2);
	str(&w, "", 0);
	aas_wr_u64(&w, 0);
	aas_wr_u64(&w, UINT64_MAX);
	for (int i = 0; i < 3; i++)
		str(&w, "", 0);
	str(&w, ca, ca_n);
	str(&w, "signature", 9);
	assert_int_equal(aas_wr_end(&w, &n), AAS_OK);
	aas_b64_format(buf, n, b64);
	(void)snprintf(
	    env, cap, "SSH_AUTH_INFO_0=publickey %s %s\n", kind, b64);
}

/* Account and session of sshd; env NULL: no certificate. */
static int
session(struct pam_host *h, const char *env, struct talk *k)
{
	pam_handle_t *pamh = NULL;
	int r = 0;

	memset(k, 0, sizeof(*k));
	k->how = TALK_NORMAL;
	pamh = pam_host_start(h, "sshd", "daemon", k);
	(void)pam_set_item(pamh, PAM_TTY, "ssh");
	r = pam_acct_mgmt(pamh, 0);
	if (r == PAM_SUCCESS) {
		/* It is empty in account: sshd fills it only now. */
		if (env != NULL)
			(void)pam_putenv(pamh, env);
		r = pam_open_session(pamh, 0);
	}
	(void)pam_end(pamh, 0);
	return r;
}

static void
attest_certificate_of_the_named_authority_opens(void **state)
{
	struct pam_host *h = *state;
	struct talk k;
	char env[4096], two[8192];

	rules(h, -DAY, 60 * DAY);
	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	assert_int_equal(session(h, env, &k), PAM_SUCCESS);
	assert_int_equal(k.errors, 0);
	assert_int_equal(k.infos, 0);
	/* Two methods: a certificate after something else. */
	(void)snprintf(two, sizeof(two), "SSH_AUTH_INFO_0=password\n%s",
	    env + strlen("SSH_AUTH_INFO_0="));
	assert_int_equal(session(h, two, &k), PAM_SUCCESS);
}

static void
attest_anything_else_is_refused(void **state)
{
	static const char *const envs[] = { NULL,
		"SSH_AUTH_INFO_0=", "SSH_AUTH_INFO_0=password\n",
		"SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA\n",
		"SSH_AUTH_INFO_0=publickey x\n" };
	struct pam_host *h = *state;
	struct talk k;
	char env[4096];

	rules(h, -DAY, 60 * DAY);
	for (size_t i = 0; i < sizeof(envs) / sizeof(envs[0]); i++) {
		assert_int_equal(session(h, envs[i], &k), PAM_PERM_DENIED);
		assert_non_null(strstr(k.error, "[attest-missing]"));
	}
	/* Another authority; a part of it; more than it; a host's. */
	evidence(env, sizeof(env), CA "x", sizeof(CA), 1);
	assert_int_equal(session(h, env, &k), PAM_PERM_DENIED);
	evidence(env, sizeof(env), CA, sizeof(CA) - 2, 1);
	assert_int_equal(session(h, env, &k), PAM_PERM_DENIED);
	evidence(env, sizeof(env), "other", 5, 1);
	assert_int_equal(session(h, env, &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[attest-missing]"));
	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 2);
	assert_int_equal(session(h, env, &k), PAM_PERM_DENIED);
	/* What somebody else says of himself. */
	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	memcpy(strstr(env, "publickey"), "hostbased", 9);
	assert_int_equal(session(h, env, &k), PAM_PERM_DENIED);
}

static void
attest_out_of_its_time_is_refused_by_name(void **state)
{
	struct pam_host *h = *state;
	struct talk k;
	char env[4096];

	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	rules(h, -DAY, -1);
	assert_int_equal(session(h, env, &k), PAM_ACCT_EXPIRED);
	assert_non_null(strstr(k.error, "[attest-expired]"));
	rules(h, DAY, 2 * DAY);
	assert_int_equal(session(h, env, &k), PAM_ACCT_EXPIRED);
	assert_non_null(strstr(k.error, "[attest-not-yet]"));
}

/* Each has its own message, which a better statement takes the place of. */
static void
attest_that_does_not_count_is_refused_by_name(void **state)
{
	static const struct {
		uint8_t flaw;
		const char *code, *text;
	} t[] = {
		{ AAS_FLAW_REVOKED, "[attest-revoked]", "has been revoked" },
		{ AAS_FLAW_VOID, "[attest-void]", "not signed as it must be" },
		{ AAS_FLAW_UNREAD, "[attest-unread]", "not read" },
	};
	struct pam_host *h = *state;
	pam_handle_t *pamh = NULL;
	struct talk k;
	char env[4096];

	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		rules_with(h, 0, 0, t[i].flaw);
		assert_int_equal(session(h, env, &k), PAM_ACCT_EXPIRED);
		assert_non_null(strstr(k.error, t[i].code));
		assert_non_null(strstr(k.error, t[i].text));
		assert_non_null(strstr(k.error, "administrator"));
		/* Nothing to somebody who has not been authenticated. */
		memset(&k, 0, sizeof(k));
		k.how = TALK_NORMAL;
		pamh = pam_host_start(h, "sso-login", "daemon", &k);
		assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
		assert_int_equal(k.errors + k.infos, 0);
		assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_ACCT_EXPIRED);
		assert_non_null(strstr(k.error, t[i].code));
		(void)pam_end(pamh, 0);
		rules_with(h, -DAY, -1, t[i].flaw);
		assert_int_equal(session(h, env, &k), PAM_ACCT_EXPIRED);
		assert_non_null(strstr(k.error, "[attest-expired]"));
		rules_with(h, -DAY, 60 * DAY, t[i].flaw);
		assert_int_equal(session(h, env, &k), PAM_SUCCESS);
		assert_int_equal(k.errors + k.infos, 0);
	}
}

static void
attest_warns_before_its_end(void **state)
{
	static const struct {
		int64_t left;
		const char *text;
		int error;
	} t[] = {
		{ 31 * DAY + 60, NULL, 0 },
		{ 30 * DAY + 60, "in 30 days", 0 },
		{ 7 * DAY + 60, "in 7 days", 0 },
		{ DAY + 60, "in 1 day (", 0 },
		{ 600, "in 0 days", 1 },
	};
	struct pam_host *h = *state;
	struct talk k;
	char env[4096];

	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		rules(h, -DAY, t[i].left);
		assert_int_equal(session(h, env, &k), PAM_SUCCESS);
		if (t[i].text == NULL)
			assert_int_equal(k.infos + k.errors, 0);
		else
			assert_non_null(strstr(k.last, t[i].text));
		assert_int_equal(k.errors, t[i].error);
	}
}

/* A clock that was set back has a statement end no later. */
static void
attest_days_left_count_from_the_mark(void **state)
{
	struct pam_host *h = *state;
	struct talk k;
	char env[4096];
	int64_t now = time(NULL);
	int64_t old = -1;

	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	rules(h, -DAY, 25 * DAY + 60);
	assert_int_equal(
	    aas_mark_accept(h->src.statedir, now + 20 * DAY, &old), AAS_OK);
	assert_int_equal(session(h, env, &k), PAM_SUCCESS);
	assert_non_null(strstr(k.last, "in 5 days"));
	assert_int_equal(
	    aas_mark_accept(h->src.statedir, now + 26 * DAY, &old), AAS_OK);
	assert_int_equal(session(h, env, &k), PAM_ACCT_EXPIRED);
	assert_non_null(strstr(k.error, "[attest-expired]"));
}

static void
attest_service_of_its_own_opens(void **state)
{
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh = NULL;
	char env[4096];

	rules(h, -DAY, 5 * DAY + 60);
	pamh = pam_host_start(h, "sso-login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_non_null(strstr(k.last, "in 5 days"));
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
	/* Another service does not, whatever its environment says. */
	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	pamh = pam_host_start(h, "su", "daemon", &k);
	(void)pam_putenv(pamh, env);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_ACCT_EXPIRED);
	assert_non_null(strstr(k.error, "[attest-missing]"));
	(void)pam_end(pamh, 0);
	rules(h, -DAY, -1);
	assert_int_equal(
	    pam_host_account(h, "sso-login", "daemon", &k), PAM_ACCT_EXPIRED);
}

static void
attest_user_with_keys_uses_them(void **state)
{
	struct pam_host *h = *state;
	struct talk k;
	char env[4096];

	rules(h, -DAY, 60 * DAY);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	evidence(env, sizeof(env), CA, sizeof(CA) - 1, 1);
	assert_int_equal(session(h, env, &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[no-ticket]"));
	pam_host_script(h, 0, "verdict refused no-key\n");
	assert_int_not_equal(
	    pam_host_auth(h, "sso-login", "daemon", &k), PAM_SUCCESS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(attest_certificate_of_the_named_authority_opens),
		HOST_TEST(attest_anything_else_is_refused),
		HOST_TEST(attest_out_of_its_time_is_refused_by_name),
		HOST_TEST(attest_that_does_not_count_is_refused_by_name),
		HOST_TEST(attest_warns_before_its_end),
		HOST_TEST(attest_days_left_count_from_the_mark),
		HOST_TEST(attest_service_of_its_own_opens),
		HOST_TEST(attest_user_with_keys_uses_them),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
