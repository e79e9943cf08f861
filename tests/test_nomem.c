/*
 * f40: each allocation fails once, ours, jansson's and OpenSSL's.  What the
 * record says then is what it says anyway, or an error: never "no record",
 * never another state, and never a crash.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/store/store.h"
#include "tests/fixture.h"
#include "tests/nomem.h"
#include "tests/signer.h"

#define STRIDE 5 /* of an append, which takes the disk's time */

static void *
ssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_malloc(n);
}

static void *
ssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_realloc(p, n);
}

static void
ssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void
silent(int priority, const char *line)
{
	(void)priority;
	(void)line;
}

static const struct aas_now now = { .real_s = 1780000000,
	.boottime_ms = 1000000,
	.boot_id = { 1 },
	.synced = 1 };

struct place {
	char dir[FIXTURE_PATH];
	struct signer a, b, c;
	struct chain ch;
	struct aas_store *s;
};

static int
append(struct place *p, const char *line)
{
	unsigned why = 0;

	return aas_store_append(
	    p->s, 1000, "alice", line, AAS_AUTH_HOST, NULL, &now, NULL, &why);
}

static void
place_open(struct place *p, const struct fixture *f)
{
	struct signer *by[2] = { &p->a, &p->b };
	char *line = NULL;

	memset(p, 0, sizeof(*p));
	aas_log_sink(silent);
	fixture_path(f, "aas", p->dir);
	assert_int_equal(aas_store_open(p->dir, 1, &p->s), AAS_OK);
	signer_new(&p->a, "blue", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&p->b, "spare", SIGNER_REALM, AAS_ALG_EDDSA);
	signer_new(&p->c, "third", SIGNER_REALM, AAS_ALG_ES256);
	chain_init(&p->ch, "alice", 1000);
	line = chain_genesis(&p->ch, by, 2, NULL);
	assert_int_equal(append(p, line), AAS_OK);
	chain_add(&p->ch, line);
	free(line);
}

static void
place_close(struct place *p)
{
	signer_free(&p->a);
	signer_free(&p->b);
	signer_free(&p->c);
	chain_free(&p->ch);
	aas_store_close(&p->s);
	aas_log_sink(NULL);
}

static unsigned
active(struct place *p)
{
	struct aas_record *rec = NULL;
	unsigned why = 0;
	unsigned n = 0;

	assert_int_equal(
	    aas_store_load(p->s, 1000, "alice", &now, &rec, NULL, &why),
	    AAS_OK);
	n = aas_record_active(rec);
	aas_record_free(&rec);
	return n;
}

/* Load with allocation ${n} failing; 0 once there are not that many. */
static int
load_without(struct place *p, long n, unsigned *failed)
{
	struct aas_record *rec = NULL;
	struct aas_store *s = NULL;
	struct aas_index ix;
	unsigned why = 0;
	int r = 0;

	nomem.hit = 0;
	nomem.left = n;
	r = aas_store_open(p->dir, 0, &s);
	if (r == AAS_OK)
		r = aas_store_load(s, 1000, "alice", &now, &rec, &ix, &why);
	nomem.left = -1;
	aas_store_close(&s);
	if (r == AAS_OK) {
		assert_int_equal(ix.state, AAS_ST_ENROLLED);
		assert_int_equal(aas_record_active(rec), 2);
	} else {
		assert_int_not_equal(r, AAS_ERR_NOTFOUND);
		assert_null(rec);
		(*failed)++;
	}
	aas_record_free(&rec);
	return nomem.hit;
}

static void
nomem_load_is_right_or_an_error(void **state)
{
	struct place p;
	unsigned failed = 0;

	place_open(&p, *state);
	for (nomem.for_good = 0; nomem.for_good < 2; nomem.for_good++)
		for (long n = 0; load_without(&p, n, &failed); n++)
			assert_true(n < 5000);
	nomem.for_good = 0;
	assert_true(failed > 10);
	place_close(&p);
}

static void
nomem_append_leaves_old_or_new(void **state)
{
	static struct aas_entry e;
	struct place p;
	struct signer *by[3] = { &p.a, &p.b, &p.c };
	char *line = NULL;
	int r = AAS_ERR_SYS;

	place_open(&p, *state);
	chain_entry(&p.ch, AAS_T_ADD_KEY, &e);
	e.keys_n = 1;
	e.keys[0] = p.c.key;
	line = chain_sign(&e, by, 3, NULL);
	for (long n = 0; n < 20000 && r != AAS_OK; n += STRIDE) {
		nomem.left = n;
		r = append(&p, line);
		nomem.left = -1;
		if (r != AAS_OK && active(&p) == 3) {
			/* In the end it was written all the same. */
			r = AAS_OK;
		}
	}
	assert_int_equal(r, AAS_OK);
	assert_int_equal(active(&p), 3);
	free(line);
	place_close(&p);
}

static void
nomem_payload_is_right_or_an_error(void **state)
{
	static struct aas_entry e;
	struct place p;
	char *want = NULL;

	place_open(&p, *state);
	chain_entry(&p.ch, AAS_T_GENESIS, &e);
	e.keys_n = 2;
	e.keys[0] = p.a.key;
	e.keys[1] = p.b.key;
	e.recovery_n = 2;
	assert_int_equal(aas_entry_payload(&e, &want), AAS_OK);
	for (long n = 0; n < 5000; n++) {
		char *json = NULL;
		char *line = NULL;
		int r = 0;

		nomem.hit = 0;
		nomem.left = n;
		r = aas_entry_payload(&e, &json);
		if (r == AAS_OK)
			(void)aas_entry_line(json, NULL, 0, NULL, NULL, &line);
		nomem.left = -1;
		if (r == AAS_OK)
			assert_string_equal(json, want);
		else
			assert_null(json);
		free(json);
		free(line);
		if (!nomem.hit)
			break;
		assert_int_not_equal(n, 4999);
	}
	free(want);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(nomem_load_is_right_or_an_error),
		FIXTURE_TEST(nomem_append_leaves_old_or_new),
		FIXTURE_TEST(nomem_payload_is_right_or_an_error),
	};

	if (CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) != 1)
		return 1;
	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
