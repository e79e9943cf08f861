#ifndef AAS_LIB_CODEX_EXE_H
#define AAS_LIB_CODEX_EXE_H

#include <stddef.h>

#define AAS_CODEX_UNIT 128

/*
 * aas_codex_exe(exe, args, len):
 * 1 if a process is one of Codex: by the program it runs, the link
 * /proc/PID/exe, which its user cannot name at will but by running it; or, of
 * an interpreter, by the script that it was started with.
 *   exe   "/usr/bin/codex", with " (deleted)" behind it perhaps
 *   args  /proc/PID/cmdline, ${len} bytes of it, each argument with its NUL
 * Source: openai/codex, codex-cli/bin/codex.js and the vendor directory of
 * @openai/codex: codex, codex-<target>; codex-exec and the like as released.
 */
int aas_codex_exe(const char *exe, const char *args, size_t len);

/*
 * aas_codex_runs(exe): whether ${exe} is an interpreter that may run Codex:
 * whether its arguments are worth reading.
 */
int aas_codex_runs(const char *exe);

/*
 * aas_codex_unit(cgroup, unit):
 * The service of systemd that ${cgroup} is of, if it is one that runs Codex for
 * nobody at a terminal: one of the system whose name begins with "codex".
 * 1 if there is one, else 0.
 */
int aas_codex_unit(const char *cgroup, char unit[AAS_CODEX_UNIT]);

#endif
