#ifndef AAS_LIB_KEEP_HINT_H
#define AAS_LIB_KEEP_HINT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/keep/book.h"

/*
 * What logind says of a session of a display, where no terminal tells whether
 * somebody types.  Its desktop tells logind (IdleHint); logind says no more
 * than it was told.
 * Source: org.freedesktop.login1(5).
 */
struct aas_hint {
	enum aas_keep_hint is; /* never AAS_HINT_UNASKED */
	int64_t since_us;      /* IDLE: since then, CLOCK_MONOTONIC */
};

#define AAS_HINT_ID 32 /* of logind's name of a session, with a NUL */

/*
 * aas_hint_name(k, id): logind's name of the session, by the scope its leader
 * is in.  Returns 0; AAS_ERR_NOTFOUND: there is none, or no leader.
 */
int aas_hint_name(const struct aas_kept *k, char id[AAS_HINT_ID]);

/*
 * aas_hint_parse(text, &h): what loginctl(1) printed: "Name=value" lines, of
 * these IdleHint and IdleSinceHintMonotonic once each, and others.  A hint
 * that is not idle and never was, was never given: AAS_HINT_NEVER.
 * Returns 0, AAS_ERR_FORMAT.
 */
int aas_hint_parse(const char *text, struct aas_hint *h);

/*
 * aas_hint_take(k, h, mono_us, now_ms): sets t.input_ms and hint of ${k}.
 *   mono_us, now_ms  CLOCK_MONOTONIC and CLOCK_BOOTTIME of this moment
 * While the hint stays the same the time that it stands for does, too: the
 * machine may have slept since.
 */
void aas_hint_take(struct aas_kept *k, const struct aas_hint *h,
    int64_t mono_us, int64_t now_ms);

#endif
