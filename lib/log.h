#ifndef AAS_LIB_LOG_H
#define AAS_LIB_LOG_H

#include <stddef.h>

/*
 * One line per fault, where it is first seen.  Goes to syslog(3), facility
 * LOG_AUTHPRIV, without openlog(3): a host's own ident and options stay as
 * they are.  Format strings are literals; what came from a peer goes through
 * aas_printable() first.
 */

/*
 * aas_log(priority, fmt, ...):
 * Write one line of at most 1,000 bytes, "pam_aas: " before it.  Never fails,
 * keeps errno.  May block as long as syslog(3) does.
 */
void aas_log(int priority, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * aas_log_sink(fn):
 * Send lines to ${fn} instead of syslog, without the "pam_aas: ", for tools
 * that speak to a terminal and for tests; NULL restores syslog.  Not for a PAM
 * module.
 */
void aas_log_sink(void (*fn)(int priority, const char *line));

/*
 * aas_printable(dst, cap, src):
 * Copy the string ${src} (NULL is "-") to ${dst}, at most ${cap} - 1 bytes
 * and always NUL-terminated, with everything made visible that is not plain
 * printable ASCII or well-formed, printable UTF-8: control bytes, broken
 * UTF-8, bidirectional and zero-width characters become \xNN or \u{N}; a
 * backslash becomes \\ and a double quote \".  Returns ${dst}.
 */
char *aas_printable(char *dst, size_t cap, const char *src);

/* aas_legible(dst, cap, src): the same for people; a double quote is itself. */
char *aas_legible(char *dst, size_t cap, const char *src);

#endif
