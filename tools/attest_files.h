#ifndef AAS_TOOLS_ATTEST_FILES_H
#define AAS_TOOLS_ATTEST_FILES_H

#include "lib/attest/set.h"

/*
 * aas_attest_files(report, arg, io):
 * Files of root, or of the effective user, for aas_attest_load() outside of a
 * source of policy.  ${report} gets ${arg}, and may be NULL: nothing is told.
 */
typedef void aas_attest_report(
    void *arg, int level, const char *file, uint32_t line, const char *text);
struct aas_attest_files {
	aas_attest_report *report;
	void *arg;
};
void aas_attest_files(struct aas_attest_files *f, struct aas_attest_io *io);

#endif
