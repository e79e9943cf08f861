#ifndef AAS_LIB_KEEP_TERM_H
#define AAS_LIB_KEEP_TERM_H

#include <sys/types.h>

#include <stdint.h>

/*
 * Terminals by the number the kernel has for them (field 7 of
 * /proc/PID/stat): pseudo-terminals, and whatever the kernel says is one.  Only
 * one that belongs to the user is looked at: in a container another terminal
 * may have the same number.  That on which su(1) was called is not: its owner
 * stays who called it (aas_end_owner()).
 */
#define AAS_TERM_PATH 32

#define AAS_TERM_ANYONE ((uid_t)-1) /* for uid below: whosever it is */

/*
 * aas_term_path(tty, path): "/dev/pts/3".  AAS_ERR_NOTFOUND: of no such kind.
 */
int aas_term_path(uint32_t tty, char path[AAS_TERM_PATH]);

/*
 * aas_term_name(uevent, path): "/dev/hvc0" from the "DEVNAME=hvc0" among the
 * lines of a file of that name in /sys/dev/char.  Letters, digits, '-' and '_'
 * alone make a name.  AAS_ERR_NOTFOUND: there is none.
 */
int aas_term_name(const char *uevent, char path[AAS_TERM_PATH]);

/*
 * aas_term_say(tty, uid, text):
 * Write ${text} on it, on a line of its own.  Never blocks: where nobody
 * reads, it is lost.  ${text} has no control characters.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_TOOBIG, AAS_ERR_SYS.
 */
int aas_term_say(uint32_t tty, uid_t uid, const char *text);

/*
 * aas_term_write(path, uid, tty, text):
 * The same for the terminal at ${path}, if it is the one of number ${tty}; of
 * any number, with ${tty} 0.
 */
int aas_term_write(const char *path, uid_t uid, uint32_t tty, const char *text);

/*
 * aas_term_input(tty, uid, &real_ms):
 * When a program last read what a person typed there (the access time of the
 * terminal, which the kernel keeps to within 8 seconds; output does not
 * count): milliseconds since 1970.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS.
 */
int aas_term_input(uint32_t tty, uid_t uid, int64_t *real_ms);

#endif
