#ifndef AAS_LIB_NOTIFY_TEXT_H
#define AAS_LIB_NOTIFY_TEXT_H

#include <stddef.h>

#include "lib/notify/alert.h"

/*
 * An alert as a person reads it.  All that came from somebody else is made
 * printable (aas_printable()): no control, bidirectional or invisible
 * character is left; what is HTML, a header or a shell's in it is not escaped
 * here, as none of them is meant: a channel that has such a syntax escapes.
 */
#define AAS_TOLD_BODY ((size_t)32768)

struct aas_told {
	char subject[512]; /* one line, UTF-8 */
	char line[504];    /* one line for a terminal or a log */
	char body[AAS_TOLD_BODY];
};

/*
 * aas_told_make(a, dashboard, t):
 * ${dashboard} may be NULL or "".  Never fails; what does not fit is left out
 * at the end of a line.
 */
void aas_told_make(
    const struct aas_alert *a, const char *dashboard, struct aas_told *t);

#endif
