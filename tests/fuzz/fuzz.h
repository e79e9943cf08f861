#ifndef AAS_TESTS_FUZZ_FUZZ_H
#define AAS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * LLVMFuzzerTestOneInput(p, len):
 * What each fuzz_*.c defines: feed ${len} bytes to the code under test and
 * return 0; abort() when a promise was broken.  libFuzzer calls it in
 * `make fuzz`, replay.c calls it with the seeds in `make check`.
 */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* A broken promise is a finding in every kind of build. */
#define FUZZ_REQUIRE(cond)                                             \
	do {                                                           \
		if (!(cond)) {                                         \
			fprintf(stderr, "%s:%d: broken promise: %s\n", \
			    __FILE__, __LINE__, #cond);                \
			abort();                                       \
		}                                                      \
	} while (0)

#endif
