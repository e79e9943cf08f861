/*
 * Which sessions an entry of the record ends.
 */
#include <string.h>

#include "lib/record/record.h"
#include "tests/fixture.h"
#include "aasd/signout.h"

static const struct {
	unsigned state;
	uint64_t out_seq, seq;
	uint8_t type;
	int keys; /* so many keys opened it */
	int gone; /* 1: the first is suspended, 2: another's; 3: the
		   * second is suspended */
	enum aas_keep_why why;
} entries[] = {
	/* Nobody had keys: opened before, or by the enrolment. */
	{ AAS_ST_ENROLLED, 1, 0, AAS_T_GENESIS, 0, 0, AAS_KEEP_ENROLLED },
	{ AAS_ST_ENROLLED, 1, 1, AAS_T_GENESIS, 1, 0, AAS_KEEP_GOES_ON },
	{ AAS_ST_HELD, 1, 0, AAS_T_GENESIS, 0, 0, AAS_KEEP_GOES_ON },
	{ AAS_ST_LOCKED, 5, 4, AAS_T_LOCK, 1, 0, AAS_KEEP_LOCKED },
	{ AAS_ST_ENROLLED, 5, 6, AAS_T_LOCK, 1, 0, AAS_KEEP_GOES_ON },
	{ AAS_ST_ENROLLED, 7, 6, AAS_T_RECOVERY_FINISH, 1, 1,
	    AAS_KEEP_RECOVERED },
	/* Not known: nothing of before is held against it. */
	{ AAS_ST_LOCKED, 5, UINT64_MAX, AAS_T_LOCK, 0, 0, AAS_KEEP_GOES_ON },
	/* A key that is suspended, or is not there any more. */
	{ AAS_ST_DEGRADED, 1, 1, AAS_T_GENESIS, 1, 1, AAS_KEEP_KEY },
	{ AAS_ST_DEGRADED, 1, 1, AAS_T_GENESIS, 1, 1, AAS_KEEP_KEY },
	{ AAS_ST_ENROLLED, 1, 1, AAS_T_GENESIS, 1, 2, AAS_KEEP_KEY },
	{ AAS_ST_HELD, 1, 1, AAS_T_GENESIS, 1, 2, AAS_KEEP_GOES_ON },
	{ AAS_ST_DEGRADED, 1, 1, AAS_T_GENESIS, 1, 3, AAS_KEEP_GOES_ON },
	/* Of two either. */
	{ AAS_ST_ENROLLED, 1, 1, AAS_T_GENESIS, 2, 0, AAS_KEEP_GOES_ON },
	{ AAS_ST_DEGRADED, 1, 1, AAS_T_GENESIS, 2, 1, AAS_KEEP_KEY },
	{ AAS_ST_DEGRADED, 1, 1, AAS_T_GENESIS, 2, 3, AAS_KEEP_KEY },
};

static void
signout_ends_what_an_entry_is_younger_than(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct aas_index ix = { .state = (uint8_t)entries[i].state,
			.out_seq = entries[i].out_seq,
			.out_type = entries[i].type,
			.keys_n = 2 };
		struct aas_kept s = { .l = { .seq = entries[i].seq,
					  .keys_n =
					      (unsigned)entries[i].keys } };

		for (unsigned k = 0; k < 2; k++) {
			ix.keys[k].active = 1;
			memset(ix.keys[k].id, (int)k + 1, 32);
		}
		memset(s.l.key_id[0], 1, sizeof(s.l.key_id[0]));
		memset(s.l.key_id[1], 2, sizeof(s.l.key_id[1]));
		if (entries[i].gone == 1)
			ix.keys[0].active = 0;
		else if (entries[i].gone == 2)
			ix.keys[0].id[AAS_LEDGER_KEY - 1] = 9;
		else if (entries[i].gone == 3)
			ix.keys[1].active = 0;
		if (aasd_signout_why(&ix, &s) != entries[i].why)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signout_ends_what_an_entry_is_younger_than),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
