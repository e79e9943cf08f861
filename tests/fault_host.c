/*
 * One host, whose every sign-in is to be refused, under faults: S1, F40, F41
 * and CVE-2025-23013 (a failed allocation that skipped the factor).
 *
 *	fault_host make        make the host below /tmp, print its directory
 *	fault_host run DIR     the transactions once; for strace to break
 *	fault_host malloc DIR  the same, each allocation failing once
 *
 * Behind the module stands pam_permit, so that PAM_IGNORE and
 * PAM_USER_UNKNOWN would let in.  Exit status 10: all refused; 20: one let in.
 */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "lib/err.h"
#include "lib/record/index.h"
#include "tests/pam_host.h"

#define REFUSED 10
#define LET_IN  20

#if defined(__SANITIZE_ADDRESS__)
#define CAN_FAIL 0
static long fail_at;
#else
#define CAN_FAIL 1
/* What malloc(3) is below its name; ours come first in every object. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t m);
void *__libc_realloc(void *p, size_t n);

static long fail_at; /* counts down; 0: never */
static long allocated;

static int
fails(void)
{
	allocated++;
	if (fail_at == 0 || --fail_at != 0)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n);
void *calloc(size_t n, size_t m);
void *realloc(void *p, size_t n);

__attribute__((visibility("default"))) void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

__attribute__((visibility("default"))) void *
calloc(size_t n, size_t m)
{
	return fails() ? NULL : __libc_calloc(n, m);
}

__attribute__((visibility("default"))) void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}
#endif

struct step {
	const char *service, *user;
	int (*call)(pam_handle_t *pamh, int flags);
};

/* Auth of a user whose key is refused; account of one who is locked; a
 * session under sshd without evidence; a password for one who has keys; and
 * auth of one whose record has to be verified first, and is broken. */
static const struct step steps[] = {
	{ "sudo", "daemon", pam_authenticate },
	{ "login", "bin", pam_acct_mgmt },
	{ "sshd", "daemon", pam_open_session },
	{ "login", "daemon", pam_chauthtok },
	{ "login", "sys", pam_authenticate },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static int
answer(int n, const struct pam_message **msg, struct pam_response **resp,
    void *arg)
{
	(void)arg;
	if (msg[0]->msg_style != PAM_PROMPT_ECHO_OFF || n != 1)
		return PAM_SUCCESS;
	if ((*resp = calloc(1, sizeof(**resp))) == NULL)
		return PAM_BUF_ERR;
	(*resp)->resp = strdup("1234");
	return PAM_SUCCESS;
}

static pam_handle_t *
start(const char *dir, const struct step *s)
{
	struct pam_conv conv = { .conv = answer };
	pam_handle_t *pamh = NULL;
	char confdir[FIXTURE_PATH];

	(void)snprintf(confdir, sizeof(confdir), "%s/pam.d", dir);
	if (pam_start_confdir(s->service, s->user, &conv, confdir, &pamh) !=
	    PAM_SUCCESS)
		exit(3);
	/* libpam reads the stack here, so that no fault of its own loses a
	 * line of it (1.5.2 does that); the call itself decides nothing. */
	(void)pam_setcred(pamh, PAM_DELETE_CRED);
	return pamh;
}

static int
run(const char *dir)
{
	pam_handle_t *pamh[STEPS];
	int let_in = 0;

	for (size_t i = 0; i < STEPS; i++)
		pamh[i] = start(dir, &steps[i]);
	(void)!write(2, "MARK\n", 5);
	for (size_t i = 0; i < STEPS; i++)
		let_in |= steps[i].call(pamh[i], 0) == PAM_SUCCESS;
	return let_in ? LET_IN : REFUSED;
}

static int
one(const char *dir, size_t step, long n, long *count)
{
	pam_handle_t *pamh = start(dir, &steps[step]);
	int rv;

#if CAN_FAIL
	allocated = 0;
	fail_at = n;
	rv = steps[step].call(pamh, 0);
	fail_at = 0;
	*count = allocated;
#else
	(void)n;
	*count = 0;
	rv = steps[step].call(pamh, 0);
#endif
	return rv == PAM_SUCCESS ? LET_IN : REFUSED;
}

/* Each in a process of its own: a crash is a finding, too. */
static int
sweep(const char *dir, size_t step)
{
	long count = 0, bad = 0;
	int st = 0;

	if (one(dir, step, 0, &count) != REFUSED)
		return -1;
	for (long n = 1; n <= count; n++) {
		long unused;
		pid_t pid = fork();

		if (pid == 0)
			_exit(one(dir, step, n, &unused));
		if (waitpid(pid, &st, 0) != pid || !WIFEXITED(st) ||
		    WEXITSTATUS(st) != REFUSED) {
			fprintf(stderr,
			    "step %zu, allocation %ld: status 0x%x\n", step, n,
			    st);
			bad++;
		}
	}
	printf("step %zu: %ld allocations, %ld findings\n", step, count, bad);
	(void)fflush(stdout);
	return bad != 0;
}

static void
stale(struct aas_index *ix)
{
	ix->file.size++;
}

static void
make(void **state)
{
	static const char lines[] =
	    "auth [success=done ignore=ignore user_unknown=ignore "
	    "default=die] MODULE\nauth required pam_permit.so\n"
	    "account [success=ok ignore=ignore user_unknown=ignore "
	    "default=die] MODULE\naccount required pam_permit.so\n"
	    "session [success=ok ignore=ignore user_unknown=ignore "
	    "default=die] MODULE\nsession required pam_permit.so\n"
	    "password [success=done ignore=ignore user_unknown=ignore "
	    "default=die] MODULE\npassword required pam_permit.so\n";
	struct pam_host *h;

	assert_int_equal(pam_host_setup(state), 0);
	h = *state;
	pam_host_enroll(h, "daemon", AAS_ST_ENROLLED);
	pam_host_enroll(h, "bin", AAS_ST_LOCKED);
	pam_host_index(h, "sys", AAS_ST_ENROLLED, stale);
	pam_host_script(h, 1, "info Touch\nsecret PIN: \nrefuse 2 3\n");
	pam_host_script(h, 4, "refuse 26 0\n");
	pam_host_service(h, "sudo", lines);
	pam_host_service(h, "login", lines);
	pam_host_service(h, "sshd", lines);
	fprintf(stdout, "HOST %s\n", h->f->dir);
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(make) };
	int bad = 0;

	if (!pam_host_ready())
		return 77;
	if (argc == 2 && strcmp(argv[1], "make") == 0)
		return cmocka_run_group_tests(tests, NULL, NULL);
	if (argc != 3)
		return 2;
	(void)alarm(300);
	if (strcmp(argv[1], "run") == 0)
		return run(argv[2]);
	if (!CAN_FAIL)
		return 77;
	for (size_t i = 0; i < STEPS; i++)
		bad |= sweep(argv[2], i);
	return bad ? 1 : 0;
}
