/*
 * Rules about the kinds of keys, through libpam: who has none of the kind is
 * refused before anything blinks, a helper that lets another one answer is not
 * believed, and an SSH credential of another kind is no evidence.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "tests/pam_host.h"

static const uint8_t makes[][16] = { { 1 }, { 2 }, { 3 } };

/* Terms for everybody. */
static struct aas_rule
terms(void)
{
	struct aas_rule r;

	memset(&r, 0, sizeof(r));
	r.source = "files";
	r.name = "kinds";
	r.where = "here";
	r.mode = AAS_MODE_ENFORCE;
	r.effect = AAS_EF_TERMS;
	return r;
}

/* 'blue' of make 1 is bound to its device, 'spare' of make 2 is synced. */
static void
spare_synced(struct aas_index *ix)
{
	ix->keys[0].aaguid[0] = 1;
	ix->keys[1].aaguid[0] = 2;
	ix->keys[1].backup = AAS_BE | AAS_BS;
}

static void
both_synced(struct aas_index *ix)
{
	spare_synced(ix);
	ix->keys[0].backup = AAS_BE;
}

/* sshd accepted ${key}, and then ${other}, which may be NULL. */
static int
session_with2(
    struct pam_host *h, const char *key, const char *other, struct talk *k)
{
	char b64[2][128], env[400];
	pam_handle_t *pamh;
	int rv;

	aas_b64_format(key, strlen(key), b64[0]);
	aas_b64_format(other != NULL ? other : "",
	    other != NULL ? strlen(other) : 0, b64[1]);
	(void)snprintf(env, sizeof(env),
	    "SSH_AUTH_INFO_0=publickey sk-x %s\n%s%s%s", b64[0],
	    other != NULL ? "publickey sk-x " : "", b64[1],
	    other != NULL ? "\n" : "");
	pamh = pam_host_start(h, "sshd", "daemon", k);
	(void)pam_putenv(pamh, env);
	rv = pam_open_session(pamh, 0);
	(void)pam_end(pamh, 0);
	return rv;
}

static int
session_with(struct pam_host *h, const char *key, struct talk *k)
{
	return session_with2(h, key, NULL, k);
}

static void
kinds_request_says_which(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	pam_host_script(h, 0, "kind 0 1 0\ngrant 1\n");
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(pam_host_logged(h, "bound=0 listed=0 makes=0"), 1);
	r.device_bound = 1;
	pam_host_rules(h, &r, 1);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(pam_host_logged(h, "bound=1 listed=0 makes=0"), 1);
	r.aaguids = makes;
	r.aaguids_n = 3;
	pam_host_rules(h, &r, 1);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(pam_host_logged(h, "bound=1 listed=1 makes=3"), 1);
}

static void
kinds_helper_that_takes_another_is_not_believed(void **state)
{
	static const char *const scripts[] = { "kind 0 2 0\ngrant 1\n",
		"kind 0 1 8\ngrant 1\n", "kind 0 1 24\ngrant 1\n", "grant 1\n",
		"kind 0 1 0\ngrant 2\n", "kind 0 1 0\nkind 1 1 8\ngrant 2\n" };
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	r.device_bound = 1;
	r.aaguids = makes;
	r.aaguids_n = 1;
	pam_host_rules(h, &r, 1);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		pam_host_script(h, 0, scripts[i]);
		assert_int_equal(
		    pam_host_auth(h, "sudo", "daemon", &k), PAM_AUTH_ERR);
		assert_non_null(strstr(k.error, "[key-kind]"));
	}
	pam_host_script(h, 0, "kind 0 1 0\ngrant 1\n");
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
}

static void
kinds_without_such_a_key_nothing_blinks(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, both_synced);
	pam_host_script(h, 0, "kind 0 1 0\ngrant 1\n");
	r.device_bound = 1;
	pam_host_rules(h, &r, 1);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_AUTH_ERR);
	assert_non_null(strstr(k.error, "[key-kind]"));
	assert_non_null(strstr(k.error, "cannot be backed up"));
	assert_non_null(strstr(k.error, "administrator"));
	/* Who has not been authenticated learns no rule's name. */
	assert_null(strstr(k.error, "(rule"));
	assert_int_equal(pam_host_logged(h, "request"), 0);
	/* Programs that sign people in; jobs and root's su go on. */
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "(rule kinds)"));
	assert_int_equal(
	    pam_host_account(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(
	    pam_host_account(h, "cron", "daemon", &k), PAM_SUCCESS);
	/* Two at a sign-in, and one of the kind. */
	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	r.present = 2;
	pam_host_rules(h, &r, 1);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_AUTH_ERR);
	assert_non_null(strstr(k.error, "too few"));
}

static void
kinds_ssh_credential_of_another_is_no_evidence(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	assert_int_equal(session_with(h, "spare-ssh", &k), PAM_SUCCESS);
	r.device_bound = 1;
	pam_host_rules(h, &r, 1);
	assert_int_equal(session_with(h, "blue-ssh", &k), PAM_SUCCESS);
	assert_int_equal(session_with(h, "spare-ssh", &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[key-kind]"));
	assert_int_equal(session_with(h, "other-ssh", &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[no-ticket]"));
	r.device_bound = 0;
	r.aaguids = makes + 1;
	r.aaguids_n = 2;
	pam_host_rules(h, &r, 1);
	assert_int_equal(session_with(h, "blue-ssh", &k), PAM_PERM_DENIED);
	assert_int_equal(session_with(h, "spare-ssh", &k), PAM_SUCCESS);
	/* None of them at all. */
	r.aaguids = makes + 2;
	r.aaguids_n = 1;
	pam_host_rules(h, &r, 1);
	assert_int_equal(session_with(h, "spare-ssh", &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[key-kind]"));
	assert_non_null(strstr(k.error, "(rule kinds)"));
	assert_non_null(strstr(k.error, "makes"));
}

/* sshd takes as many keys as its AuthenticationMethods say, and names each. */
static void
kinds_one_ssh_key_is_not_two(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	r.present = 2;
	pam_host_rules(h, &r, 1);
	assert_int_equal(session_with(h, "blue-ssh", &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[second-key]"));
	assert_int_equal(
	    session_with2(h, "blue-ssh", "blue-ssh", &k), PAM_PERM_DENIED);
	assert_non_null(strstr(k.error, "[second-key]"));
	assert_int_equal(
	    session_with2(h, "other-ssh", "spare-ssh", &k), PAM_PERM_DENIED);
	assert_int_equal(
	    session_with2(h, "spare-ssh", "blue-ssh", &k), PAM_SUCCESS);
	assert_int_equal(
	    session_with2(h, "blue-ssh", "spare-ssh", &k), PAM_SUCCESS);
	/* The second one is of a kind that is not taken. */
	r.device_bound = 1;
	pam_host_rules(h, &r, 1);
	assert_int_equal(
	    session_with2(h, "blue-ssh", "spare-ssh", &k), PAM_PERM_DENIED);
}

static void
kinds_fewer_keys_than_asked_for_are_told(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
	r.enrolled_min = 3;
	pam_host_rules(h, &r, 1);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	assert_non_null(strstr(k.last, "asks for 3"));
	assert_non_null(strstr(k.last, "you have 2"));
	assert_non_null(strstr(k.last, "aasctl keys add"));
	r.device_bound = 1;
	pam_host_rules(h, &r, 1);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_non_null(strstr(k.last, "you have 1"));
	assert_int_equal(
	    pam_host_account(h, "cron", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
}

static void
kinds_of_a_rule_that_warns_are_told(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, both_synced);
	r.mode = AAS_MODE_WARN;
	r.device_bound = 1;
	pam_host_rules(h, &r, 1);
	assert_int_equal(
	    pam_host_account(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	assert_non_null(strstr(k.last, "\"kinds\""));
}

/* Also to who has others: these would do. */
static void
kinds_of_the_key_that_was_used_are_told(void **state)
{
	struct pam_host *h = *state;
	struct aas_rule r = terms();
	struct talk k = { .how = TALK_NORMAL };

	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	r.mode = AAS_MODE_WARN;
	r.device_bound = 1;
	pam_host_rules(h, &r, 1);
	pam_host_script(h, 0, "kind 0 1 0\ngrant 1\n");
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
	pam_host_script(h, 0, "kind 0 2 24\ngrant 1\n");
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	assert_non_null(strstr(k.last, "\"kinds\""));
	assert_int_equal(session_with(h, "blue-ssh", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
	assert_int_equal(session_with(h, "spare-ssh", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	/* Who has none is told once: at a login by the account phase. */
	pam_host_index(h, "daemon", AAS_ST_ENROLLED, both_synced);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 1);
	assert_int_equal(pam_host_auth(h, "login", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
	pam_host_index(h, "daemon", AAS_ST_ENROLLED, spare_synced);
	r.mode = AAS_MODE_OBSERVE;
	pam_host_rules(h, &r, 1);
	assert_int_equal(pam_host_auth(h, "sudo", "daemon", &k), PAM_SUCCESS);
	assert_int_equal(k.infos, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(kinds_request_says_which),
		HOST_TEST(kinds_helper_that_takes_another_is_not_believed),
		HOST_TEST(kinds_without_such_a_key_nothing_blinks),
		HOST_TEST(kinds_ssh_credential_of_another_is_no_evidence),
		HOST_TEST(kinds_one_ssh_key_is_not_two),
		HOST_TEST(kinds_fewer_keys_than_asked_for_are_told),
		HOST_TEST(kinds_of_a_rule_that_warns_are_told),
		HOST_TEST(kinds_of_the_key_that_was_used_are_told),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
