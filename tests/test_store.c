#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/store.h"
#include "tests/fixture.h"
#include "tests/signer.h"

#define HOUR 3600

/* A store, and a user with three software keys. */
struct host {
	struct fixture *f;
	char dir[FIXTURE_PATH];
	struct aas_store *s;
	struct aas_now now;
	struct signer a, b, c;
	struct signer *two[2];
	struct chain ch;
	uint8_t rkey[16];
	unsigned why;
	int64_t held;
};

static void
silent(int priority, const char *line)
{
	(void)priority;
	(void)line;
}

static void
host_open(struct host *h, struct fixture *f)
{
	memset(h, 0, sizeof(*h));
	h->f = f;
	aas_log_sink(silent);
	fixture_path(f, "aas", h->dir);
	assert_int_equal(aas_store_open(h->dir, 1, &h->s), AAS_OK);
	h->now.real_s = 1780000000;
	h->now.boottime_ms = 1000000;
	h->now.synced = 1;
	memset(h->now.boot_id, 1, sizeof(h->now.boot_id));
	signer_new(&h->a, "blue", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&h->b, "spare", SIGNER_REALM, AAS_ALG_EDDSA);
	signer_new(&h->c, "third", SIGNER_REALM, AAS_ALG_ES256);
	h->two[0] = &h->a;
	h->two[1] = &h->b;
	memset(h->rkey, 0x11, sizeof(h->rkey));
	chain_init(&h->ch, "alice", 1000);
}

static void
host_close(struct host *h)
{
	signer_free(&h->a);
	signer_free(&h->b);
	signer_free(&h->c);
	chain_free(&h->ch);
	aas_store_close(&h->s);
	aas_log_sink(NULL);
}

/* Append ${line} (freed) and, if it was taken, follow it in the chain. */
static int
append(struct host *h, char *line, enum aas_authority auth, const char *ticket)
{
	int r = aas_store_append(h->s, 1000, "alice", line, auth, ticket,
	    &h->now, &h->held, &h->why);

	if (r == AAS_OK)
		chain_add(&h->ch, line);
	free(line);
	return r;
}

static int
enroll(struct host *h, enum aas_authority auth)
{
	return append(h, chain_genesis(&h->ch, h->two, 2, h->rkey), auth, NULL);
}

static unsigned
state_of(struct host *h)
{
	struct aas_index ix;
	struct aas_index stored;
	struct aas_record *rec = NULL;
	int r =
	    aas_store_load(h->s, 1000, "alice", &h->now, &rec, &ix, &h->why);

	if (r == AAS_ERR_NOTFOUND)
		return AAS_ST_NONE;
	if (r != AAS_OK)
		return AAS_ST_BROKEN;
	/* What the load wrote is what the module reads. */
	assert_int_equal(
	    aas_index_load(h->dir, 1000, "alice", h->now.real_s, &stored),
	    AAS_OK);
	assert_int_equal(stored.state, ix.state);
	aas_record_free(&rec);
	return ix.state;
}

static void
store_genesis_after_host_method_enrolls(void **state)
{
	struct host h;
	struct aas_record *rec = NULL;
	struct aas_index ix;

	host_open(&h, *state);
	assert_int_equal(state_of(&h), AAS_ST_NONE);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(h.held, 0);
	assert_int_equal(
	    aas_store_load(h.s, 1000, "alice", &h.now, &rec, &ix, &h.why),
	    AAS_OK);
	assert_int_equal(ix.state, AAS_ST_ENROLLED);
	assert_int_equal(rec->keys_n, 2);
	assert_string_equal(rec->keys[0].label, "blue");
	assert_string_equal(rec->keys[1].login.rp, SIGNER_REALM);
	assert_string_equal(rec->keys[1].ssh.rp, "ssh:" SIGNER_REALM);
	assert_int_equal(rec->recovery_n, 1);
	assert_int_equal(ix.keys_n, 2);
	assert_true(ix.keys[0].active && ix.keys[0].ssh_len > 0);
	aas_record_free(&rec);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_ERR_EXISTS);
	host_close(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(store_genesis_after_host_method_enrolls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
