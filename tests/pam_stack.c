/*
 * Each stack line that pam_aas(8) and the examples print, through libpam, with
 * a module after it that says yes and one that says no.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/pam_host.h"

#define LINES_MAX 32

static char lines[LINES_MAX][512];
static size_t lines_n;

/* The lines of a text that name the module, "MODULE" in place of it. */
static void
read_lines(const char *name)
{
	const char *top = getenv("AAS_TOP_SRCDIR");
	char path[1024], line[512], *so;
	FILE *f;

	(void)snprintf(
	    path, sizeof(path), "%s/%s", top != NULL ? top : ".", name);
	if ((f = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		if ((so = strstr(line, "pam_aas.so aas1")) == NULL ||
		    strpbrk(line, "\t") == NULL || line[0] == '.')
			continue;
		assert_true(lines_n < LINES_MAX);
		(void)snprintf(lines[lines_n++], sizeof(lines[0]),
		    "%.*sMODULE%s", (int)(so - line), line,
		    so + strlen("pam_aas.so aas1"));
	}
	(void)fclose(f);
}

/*
 * A service of one found line and what comes after it: twice the module that
 * must not be asked, over which "success=2" jumps, and one that agrees.
 */
static void
service(struct pam_host *h, const char *line, const char *after)
{
	char text[1024], type[16];

	(void)snprintf(
	    type, sizeof(type), "%.*s", (int)strcspn(line, "\t"), line);
	(void)snprintf(text, sizeof(text),
	    "%s%s required %s\n%s required %s\n%s required pam_permit.so\n",
	    line, type, after, type, after, type);
	pam_host_service(h, "login", text);
}

static int
run(struct pam_host *h, const char *type, const char *user)
{
	struct talk k = { .how = TALK_NORMAL };
	pam_handle_t *pamh = pam_host_start(h, "login", user, &k);
	int rv = PAM_SYSTEM_ERR;

	if (strncmp(type, "auth\t", 5) == 0)
		rv = pam_authenticate(pamh, 0);
	else if (strncmp(type, "account", 7) == 0)
		rv = pam_acct_mgmt(pamh, 0);
	else if (strncmp(type, "session", 7) == 0)
		rv = pam_open_session(pamh, 0);
	else if (strncmp(type, "password", 8) == 0)
		rv = pam_chauthtok(pamh, 0);
	(void)pam_end(pamh, 0);
	return rv;
}

static int
is(const char *line, const char *type)
{
	return strncmp(line, type, strlen(type)) == 0;
}

static void
stack_each_type_is_printed(void **state)
{
	int found[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < lines_n; i++) {
		found[0] += is(lines[i], "auth\t");
		found[1] += is(lines[i], "account\t");
		found[2] += is(lines[i], "session\t");
		found[3] += is(lines[i], "password\t");
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(found[i], 2);
}

/* success=done, ok, and required: who decides for a user with keys. */
static void
stack_user_with_keys(void **state)
{
	struct pam_host *h = *state;

	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	for (size_t i = 0; i < lines_n; i++) {
		int auth = is(lines[i], "auth");
		int password = is(lines[i], "password");

		/* Granted: a password module is not asked, account is. */
		pam_host_script(h, 1, "grant 1\n");
		service(h, lines[i], "pam_deny.so");
		if (auth)
			assert_int_equal(
			    run(h, lines[i], "daemon"), PAM_SUCCESS);
		else
			assert_int_not_equal(
			    run(h, lines[i], "daemon"), PAM_SUCCESS);
		/* Refused: dies, whatever comes after. */
		pam_host_script(h, 1, "refuse 2 3\n");
		service(h, lines[i], "pam_permit.so");
		if (auth)
			assert_int_equal(
			    run(h, lines[i], "daemon"), PAM_AUTH_ERR);
		else if (password)
			assert_int_equal(
			    run(h, lines[i], "daemon"), PAM_PERM_DENIED);
		else
			assert_int_equal(
			    run(h, lines[i], "daemon"), PAM_SUCCESS);
	}
	pam_host_enroll(h, "daemon", AAS_ST_LOCKED);
	/* Whatever it says, the account is locked. */
	pam_host_script(h, AAS_OP_UNLOCK, "grant 2\n");
	for (size_t i = 0; i < lines_n; i++) {
		service(h, lines[i], "pam_permit.so");
		assert_int_equal(run(h, lines[i], "daemon"),
		    is(lines[i], "auth") ? PAM_AUTH_ERR : PAM_PERM_DENIED);
	}
}

/* ignore=ignore, user_unknown=ignore: the next module decides. */
static void
stack_user_without_keys_and_unknown_user(void **state)
{
	struct pam_host *h = *state;

	for (size_t i = 0; i < lines_n; i++) {
		int session = is(lines[i], "session");

		service(h, lines[i], "pam_permit.so");
		assert_int_equal(run(h, lines[i], "daemon"), PAM_SUCCESS);
		assert_int_equal(run(h, lines[i], "no-such-user"),
		    session ? PAM_USER_UNKNOWN : PAM_SUCCESS);
		service(h, lines[i], "pam_deny.so");
		assert_int_not_equal(run(h, lines[i], "daemon"), PAM_SUCCESS);
		assert_int_not_equal(
		    run(h, lines[i], "no-such-user"), PAM_SUCCESS);
	}
}

/* default=die: a fault is never the next module's. */
static void
stack_fault_dies(void **state)
{
	struct pam_host *h = *state;

	assert_int_equal(unlink(h->policy), 0);
	for (size_t i = 0; i < lines_n; i++) {
		int rv;

		service(h, lines[i], "pam_permit.so");
		rv = run(h, lines[i], "daemon");
		assert_true(rv == PAM_AUTHINFO_UNAVAIL ||
		    rv == PAM_SESSION_ERR || rv == PAM_AUTHTOK_ERR);
	}
}

/* The printed stack as a whole: password, then keys, in one transaction. */
static void
stack_enrolment_at_login(void **state)
{
	static const char *const users[] = { "daemon" };
	struct pam_host *h = *state;
	struct talk k = { .how = TALK_NORMAL };
	char text[8192] = "";
	FILE *out;
	pam_handle_t *pamh;

	out = fmemopen(text, sizeof(text), "w");
	for (size_t i = 0; i < lines_n / 2; i++)
		fprintf(out, "%s%.*s required %s\n", lines[i],
		    (int)strcspn(lines[i], "\t"), lines[i],
		    is(lines[i], "password") ? "pam_deny.so" : "pam_permit.so");
	(void)fclose(out);
	pam_host_service(h, "login", text);
	h->required = users[0];
	pam_host_policy(h);
	pam_host_script(h, 6, "grant 2\n");
	pamh = pam_host_start(h, "login", "daemon", &k);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_NEW_AUTHTOK_REQD);
	assert_int_equal(
	    pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_SUCCESS);
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	(void)pam_end(pamh, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stack_each_type_is_printed),
		HOST_TEST(stack_user_with_keys),
		HOST_TEST(stack_user_without_keys_and_unknown_user),
		HOST_TEST(stack_fault_dies),
		HOST_TEST(stack_enrolment_at_login),
	};

	if (!pam_host_ready())
		return 77;
	read_lines("docs/pam_aas.8");
	read_lines("conf/pam.d/common-auth");
	read_lines("conf/pam.d/common-account");
	read_lines("conf/pam.d/common-password");
	read_lines("conf/pam.d/session");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
