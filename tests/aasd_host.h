#ifndef AAS_TESTS_AASD_HOST_H
#define AAS_TESTS_AASD_HOST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/user.h"
#include "policy/format.h"
#include "tests/fixture.h"
#include "tests/signer.h"
#include "aasd/aasd.h"

/*
 * A host whose front is asked: whoever runs the test has two keys there, and a
 * record of them.  Anything that fails ends the test.
 */
struct host {
	struct fixture *f;
	char state[FIXTURE_PATH], run[FIXTURE_PATH], policy[FIXTURE_PATH];
	struct aasd d;
	struct aas_user me;
	struct aas_now now;
	struct signer a, b;
	struct chain ch;
};

/* The last line of the log. */
static char logged[1024];

static inline void
host_note(int priority, const char *line)
{
	(void)priority;
	(void)snprintf(logged, sizeof(logged), "%s", line);
}

/* host_begin(h, f): no policy yet, and no record; a is "blue". */
static inline void
host_begin(struct host *h, struct fixture *f)
{
	memset(h, 0, sizeof(*h));
	logged[0] = '\0';
	aas_log_sink(host_note);
	h->f = f;
	h->d.statedir = fixture_path(f, "state", h->state);
	h->d.rundir = fixture_path(f, "run", h->run);
	h->d.policy = fixture_path(f, "policy.bin", h->policy);
	assert_int_equal(aas_user_uid(getuid(), &h->me), AAS_OK);
	assert_int_equal(aas_clock_now(&h->now), AAS_OK);
	assert_int_equal(aas_store_open(h->state, 1, &h->d.store), AAS_OK);
	signer_new(&h->a, "blue", SIGNER_REALM, AAS_ALG_ES256);
}

/* host_compile(h, s): that is its policy from now on. */
static inline void
host_compile(struct host *h, const struct aas_policy_source *s)
{
	uint8_t *b = NULL;
	size_t n = 0;

	assert_int_equal(aas_policy_compile(s, &b, &n), AAS_OK);
	assert_int_equal(aas_fs_replace(h->f->dirfd, "policy.bin", b, n,
			     (uid_t)-1, (gid_t)-1, 0644),
	    AAS_OK);
	free(b);
}

/* host_enroll(h): with a, and with b, which somebody made. */
static inline void
host_enroll(struct host *h)
{
	struct signer *two[2] = { &h->a, &h->b };
	char ticket[AAS_TICKET_TEXT];
	char *line = NULL;
	int64_t held = 0;
	unsigned why = 0;

	chain_init(&h->ch, h->me.name, h->me.uid);
	line = chain_genesis(&h->ch, two, 2, NULL);
	assert_int_equal(
	    aas_store_invite(h->d.store, h->me.uid, h->now.real_s + 60, ticket),
	    AAS_OK);
	assert_int_equal(
	    aas_store_append(h->d.store, h->me.uid, h->me.name, line,
		AAS_AUTH_TICKET, ticket, &h->now, &held, &why),
	    AAS_OK);
	chain_add(&h->ch, line);
	free(line);
}

static inline void
host_end(struct host *h)
{
	chain_free(&h->ch);
	signer_free(&h->a);
	signer_free(&h->b);
	aas_store_close(&h->d.store);
	aas_log_sink(NULL);
}

/* b64(p, n): as a field of a request; of AAS_CRED_MAX bytes at most. */
static inline json_t *
b64(const void *p, size_t n)
{
	char text[AAS_B64_TEXT(AAS_CRED_MAX)];

	aas_b64_format(p, n, text);
	return json_string(text);
}

#endif
