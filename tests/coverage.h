#ifndef AAS_TESTS_COVERAGE_H
#define AAS_TESTS_COVERAGE_H

/*
 * Included before every file of a build with --enable-coverage, and in no
 * other: processes that leave by _exit(2) say what they covered, too.
 */
#include <unistd.h>

void __gcov_dump(void);

static inline _Noreturn void
aas_covered_exit(int status)
{
	__gcov_dump();
	(_exit)(status);
}

#define _exit(status) aas_covered_exit(status)

#endif
