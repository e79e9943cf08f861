#ifndef AAS_LIB_CEREMONY_FILTER_H
#define AAS_LIB_CEREMONY_FILTER_H

/*
 * aas_filter_confine(uid):
 * Take everything from this process that talking to one device over open
 * descriptors does not need, for good: supplementary groups, ids (all set to
 * ${uid} when root; a gid from a set-group-id start is dropped otherwise),
 * core dumps, ptrace, new files and processes, and every system call but
 * about a dozen.  Call it in a fresh, single-threaded child.
 * Returns 0, or AAS_ERR_SYS: then the process must exit.
 * Source: seccomp(2), prctl(2), setrlimit(2).
 */
int aas_filter_confine(unsigned uid);

/*
 * aas_filter_calls():
 * Install only the system call filter; for tests.  A call outside the list
 * kills the process with SIGSYS.  Returns 0, AAS_ERR_SYS.
 */
int aas_filter_calls(void);

/*
 * aas_filter_built():
 * 1 if the filter is part of this build: it is left out under the address
 * sanitizer and with --disable-io-filter (valgrind), on other machines than
 * x86_64 and aarch64 aas_filter_calls() fails instead.
 */
int aas_filter_built(void);

#endif
