#ifndef AAS_LIB_KEEP_DUE_H
#define AAS_LIB_KEEP_DUE_H

#include <stdint.h>

/*
 * When a session has to end, and when its user is told before: a pure
 * function.  All times are CLOCK_BOOTTIME in milliseconds, which goes on while
 * the machine sleeps and which nobody sets.
 */
#define AAS_KEEP_SOON_MS (10 * 60 * 1000) /* told this long before the end */
#define AAS_KEEP_LAST_MS (60 * 1000)      /* and again */

struct aas_keep_times {
	int64_t opened_ms;
	int64_t session_ms;   /* its overall limit; 0: it has none */
	int64_t idle_ms;      /* its limit without input; 0: it has none */
	int64_t input_ms;     /* when a person last typed, as far as known */
	int64_t told_ms;      /* how long before the end the user was told last;
			       * 0: not yet */
	int64_t idle_told_ms; /* input_ms when told that it is idle; 0: never */
};

enum aas_keep_act {
	AAS_KEEP_END,      /* what nobody filled in ends */
	AAS_KEEP_END_IDLE, /* ends, if there was no input meanwhile */
	AAS_KEEP_TELL,
	AAS_KEEP_TELL_IDLE, /* as with END_IDLE */
	AAS_KEEP_WAIT
};

struct aas_keep_due {
	enum aas_keep_act act;
	int64_t at_ms;   /* WAIT: look again then, at the latest */
	int64_t left_ms; /* TELL, TELL_IDLE, WAIT: until it ends */
};

/*
 * aas_keep_due(t, now_ms): what is to be done at ${now_ms}.
 * A limit shorter than twice the time of a warning gets no such warning.
 */
struct aas_keep_due aas_keep_due(
    const struct aas_keep_times *t, int64_t now_ms);

#endif
