/*
 * Refused sign-ins from as many addresses as one likes, for
 * tests/it_attempts.sh.
 *
 *	spray ring SPOOL N USER...	N attempts on each USER, each from an
 *		address of its own, straight into the counters; USER may be a
 *		number that nobody has.  Besides, each is tried WORST times
 *		from one more address.
 *	spray module SERVICE N USER...	N on each through the PAM stack
 *	spray age SPOOL SECONDS USER	the last summary was that long ago
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <security/pam_appl.h>

#include "lib/err.h"
#include "lib/event/attempts.h"
#include "lib/log.h"

#define WORST "203.0.113.66"
#define MANY  1000

static void
die(const char *what)
{
	(void)fprintf(stderr, "spray: %s\n", what);
	exit(1);
}

/* IPv4 and IPv6 in turn. */
static void
address(char dst[64], unsigned long i)
{
	if (i % 2 == 0)
		(void)snprintf(dst, 64, "2001:db8:%lx:%lx::1", i >> 16 & 0xffff,
		    i & 0xffff);
	else
		(void)snprintf(dst, 64, "10.%lu.%lu.%lu", i >> 16 & 0xff,
		    i >> 8 & 0xff, i & 0xff);
}

static uint32_t
uid_of(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	return pw != NULL ? pw->pw_uid : (uint32_t)strtoul(name, NULL, 10);
}

static void
ring(const char *spool, unsigned long n, const char *user)
{
	uint32_t uid = uid_of(user);
	char rhost[64];

	for (unsigned long i = 0; i < n + MANY; i++) {
		address(rhost, i);
		if (aas_attempts_add(spool, NULL, uid, user, "sshd",
			i < n ? rhost : WORST, time(NULL)) != AAS_OK)
			die("an attempt was not counted");
	}
}

/* Whoever sprays knows no answer. */
static int
silent(int n, const struct pam_message **msg, struct pam_response **resp,
    void *data)
{
	(void)n;
	(void)msg;
	(void)resp;
	(void)data;
	return PAM_CONV_ERR;
}

static void
module(const char *service, unsigned long n, const char *user)
{
	const struct pam_conv conv = { silent, NULL };
	pam_handle_t *pamh = NULL;
	char rhost[64];
	int rv = PAM_SUCCESS;

	for (unsigned long i = 0; i < n; i++) {
		address(rhost, (1 << 23) + i);
		if (pam_start(service, user, &conv, &pamh) != PAM_SUCCESS ||
		    pam_set_item(pamh, PAM_RHOST, rhost) != PAM_SUCCESS)
			die("no PAM");
		if ((rv = pam_authenticate(pamh, PAM_SILENT)) == PAM_SUCCESS)
			die("an attempt was let in");
		(void)pam_end(pamh, rv);
	}
}

int
main(int argc, char **argv)
{
	unsigned long n = argc > 4 ? strtoul(argv[3], NULL, 10) : 0;

	if (n == 0)
		die("usage: spray ring|module|age WHERE N USER...");
	for (int i = 4; i < argc; i++) {
		if (strcmp(argv[1], "ring") == 0)
			ring(argv[2], n, argv[i]);
		else if (strcmp(argv[1], "module") == 0)
			module(argv[2], n, argv[i]);
		else if (strcmp(argv[1], "age") == 0)
			(void)aas_attempts_once(argv[2], NULL, uid_of(argv[i]),
			    AAS_ATTEMPTS_TOLD, NULL,
			    (int64_t)time(NULL) - (int64_t)n, 1);
		else
			die("no such thing");
	}
	return 0;
}
