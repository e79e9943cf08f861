#ifndef AAS_LIB_CODEX_IS_H
#define AAS_LIB_CODEX_IS_H

#include <sys/types.h>

#include <stddef.h>

/*
 * aas_codex_is(pid, ppid):
 * 1 if the process is Codex, by what aas_codex_exe() and aas_codex_unit() make
 * of its /proc; for root, since Codex is undumpable.  ${ppid} is its parent.
 * A few system calls; opens no file of a user.
 */
int aas_codex_is(pid_t pid, pid_t ppid);

/*
 * aas_codex_native(pid, ppid):
 * The same without the scripts of interpreters: for who may wait for nobody.
 * What reads the arguments of a process waits for its memory map, which that
 * process can hold as long as it likes; this reads links alone.
 */
int aas_codex_native(pid_t pid, pid_t ppid);

/*
 * aas_codex_link(pid, name, dst, cap):
 * Where the link ${name} of /proc/${pid} leads; "" if that cannot be said.
 * Returns 0, AAS_ERR_NOTFOUND.
 */
int aas_codex_link(pid_t pid, const char *name, char *dst, size_t cap);

/*
 * aas_codex_text(pid, name, dst, cap):
 * How many bytes there are of the file ${name} of /proc/${pid}, up to ${cap},
 * which are in ${dst} then.
 */
size_t aas_codex_text(pid_t pid, const char *name, char *dst, size_t cap);

#endif
