#ifndef AAS_TESTS_PAM_HOST_H
#define AAS_TESTS_PAM_HOST_H

#include <sys/types.h>

#include <security/pam_appl.h>

#include <limits.h>
#include <stdint.h>

#include "lib/record/index.h"
#include "policy/rule.h"
#include "tests/fixture.h"

/*
 * A whole host below a test's directory: policy, store, run directory, helper
 * programs (tests/fake_authn) and PAM services; and a program that signs in.
 */
struct pam_host {
	struct fixture *f;
	/* change, then pam_host_policy() */
	struct aas_policy_source src; /* its rules come last */
	const char *required;         /* a user, by the settings */
	int64_t required_from_s;
	const char *exempt;         /* a service, by the settings */
	char module[PATH_MAX + 64]; /* pam_aas.so */
	char policy[FIXTURE_PATH];
	char confdir[FIXTURE_PATH];
};

/* How the program's conversation answers, and what it was shown. */
enum talk_how {
	TALK_NORMAL,
	TALK_NULL, /* no function */
	TALK_ERROR,
	TALK_NOREPLY, /* PAM_SUCCESS and no array */
	TALK_NOTEXT,  /* an array with a NULL in it */
	TALK_HUGE,    /* a million bytes */
	TALK_LONG,    /* 256 bytes */
	TALK_MAX,     /* 255 bytes */
	TALK_OPEN,    /* no NUL at the end */
	TALK_CHATTY   /* replies to texts, too */
};

struct talk {
	enum talk_how how;
	const char *answer;
	int infos, errors, secrets, asks;
	char last[2048];  /* the last text */
	char error[2048]; /* the last error */
};

/*
 * pam_host_setup(&state), pam_host_teardown(&state): with fixture_setup().
 * Skips (77 from the program's main) are the caller's: see pam_host_ready().
 */
int pam_host_setup(void **state);
int pam_host_teardown(void **state);
#define HOST_TEST(f) \
	cmocka_unit_test_setup_teardown(f, pam_host_setup, pam_host_teardown)

/* 1 if tests that need root and the built module can run; else says why. */
int pam_host_ready(void);

/* Compile h->src into the host's policy. */
void pam_host_policy(struct pam_host *h);

/* pam_host_rules(h, r, n): the same with these ${n} rules, this time alone. */
void pam_host_rules(struct pam_host *h, const struct aas_rule *r, size_t n);

/* For pam_host_service(): where we say nothing somebody else lets in. */
#define PAM_HOST_NEXT                      \
	"auth required MODULE\n"           \
	"auth optional pam_permit.so\n"    \
	"account required MODULE\n"        \
	"account optional pam_permit.so\n" \
	"session required MODULE\n"        \
	"session optional pam_permit.so\n"

/*
 * Give ${user} a record in the state ${state}, two keys 'blue' and 'spare',
 * and an SSH public key each: bytes "blue-ssh" and "spare-ssh".
 */
void pam_host_enroll(struct pam_host *h, const char *user, unsigned state);
void pam_host_index(struct pam_host *h, const char *user, unsigned state,
    void (*change)(struct aas_index *ix));

/* The uid of ${user}, who must be in the passwd of this machine. */
uid_t pam_host_uid(const char *user);

/* What the helper will do for ${op} (0: for any); lines as fake_authn.c. */
void pam_host_script(struct pam_host *h, unsigned op, const char *script);

/* 1 if the helper's log holds ${text}; how often. */
int pam_host_logged(struct pam_host *h, const char *text);

/* Remove the helper's log. */
void pam_host_forget(struct pam_host *h);

/*
 * Make the service ${name} of these stack lines, in which MODULE stands for
 * the module with its arguments; NULL: all four types "required MODULE".
 */
void pam_host_service(struct pam_host *h, const char *name, const char *lines);

/* Start a transaction; ${t} is zeroed but for how and answer. */
pam_handle_t *pam_host_start(
    struct pam_host *h, const char *service, const char *user, struct talk *t);

/* One auth phase of a transaction of its own. */
int pam_host_auth(
    struct pam_host *h, const char *service, const char *user, struct talk *t);
int pam_host_account(
    struct pam_host *h, const char *service, const char *user, struct talk *t);

#endif
