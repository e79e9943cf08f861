/*
 * What a key is asked to sign: fresh, and about this sign-in alone.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "tests/fixture.h"

#define MANY             1000000
#define SET(field, text) memcpy(field, text, sizeof(text))

/* What getrandom(2) does; by --wrap. */
static enum { REAL, FAILS, SHORT, SAME } random_does;

ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);

ssize_t
__wrap_getrandom(void *p, size_t n, unsigned flags)
{
	switch (random_does) {
	case FAILS:
		errno = ENOSYS;
		return -1;
	case SHORT:
		return __real_getrandom(p, n - 1, flags);
	case SAME:
		memset(p, 7, n);
		return (ssize_t)n;
	case REAL:
	default:
		return __real_getrandom(p, n, flags);
	}
}

static struct aas_cer *
sign_in(void)
{
	struct aas_cer *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	SET(c->rp, "aas:example.org");
	SET(c->host, "host-a");
	SET(c->rq.user, "alice");
	SET(c->rq.service, "sshd");
	c->rq.uid = 1000;
	c->now.boot_id[0] = 1;
	random_does = REAL;
	return c;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static void
ceremony_check_f56_a_million_challenges_are_unique(void **state)
{
	size_t n = fixture_valgrind() ? 10000 : MANY;
	uint8_t(*all)[32] = calloc(n, sizeof(*all));
	struct aas_cer *c = sign_in();

	(void)state;
	assert_non_null(all);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(aas_cer_challenge(c, all[i]), AAS_OK);
	qsort(all, n, sizeof(*all), by_bytes);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(all[i - 1], all[i], 32);
	free(all);
	free(c);
}

static void
ceremony_check_cve_2020_27743_no_random_bytes_is_no_challenge(void **state)
{
	struct aas_cer *c = sign_in();
	uint8_t hash[32], before[32];

	(void)state;
	memset(hash, 0x5a, sizeof(hash));
	memcpy(before, hash, sizeof(hash));
	random_does = FAILS;
	assert_int_equal(aas_cer_challenge(c, hash), AAS_ERR_SYS);
	random_does = SHORT;
	assert_int_equal(aas_cer_challenge(c, hash), AAS_ERR_SYS);
	assert_memory_equal(hash, before, sizeof(hash));
	free(c);
}

/* Were the random bytes the same, the rest would still tell two apart. */
static void
ceremony_check_f56_challenge_is_bound_to_what_it_is_for(void **state)
{
	struct aas_cer *c = sign_in();
	uint8_t first[32], other[32];

	(void)state;
	random_does = SAME;
	assert_int_equal(aas_cer_challenge(c, first), AAS_OK);
	assert_int_equal(aas_cer_challenge(c, other), AAS_OK);
	assert_memory_equal(first, other, sizeof(first));
	for (int i = 0; i < 7; i++) {
		struct aas_cer *d = sign_in();

		random_does = SAME;
		c->host[0] ^= i == 0;
		c->rq.user[4] ^= i == 1;
		c->rq.service[0] ^= i == 2;
		c->rq.uid ^= i == 3 ? 1U << 24 : 0;
		c->now.boot_id[15] ^= i == 4;
		c->rp[4] ^= i == 5;
		/* No end of one is the beginning of the next. */
		if (i == 6) {
			SET(c->rp, "aas:example.orghost-");
			SET(c->host, "a");
		}
		assert_int_equal(aas_cer_challenge(c, other), AAS_OK);
		assert_memory_not_equal(first, other, sizeof(first));
		memcpy(c, d, sizeof(*c));
		free(d);
	}
	free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(
		    ceremony_check_f56_a_million_challenges_are_unique),
		FIXTURE_TEST(
		    ceremony_check_cve_2020_27743_no_random_bytes_is_no_challenge),
		FIXTURE_TEST(
		    ceremony_check_f56_challenge_is_bound_to_what_it_is_for),
	};

	return cmocka_run_group_tests_name("ceremony_check", tests, NULL, NULL);
}
