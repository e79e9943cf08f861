#ifndef AAS_TESTS_GATHERING_H
#define AAS_TESTS_GATHERING_H

#include "policy/source/source.h"
#include "tests/fixture.h"

/* Sources of policy asked through the real worker, in the test's directory. */
struct gathering {
	struct fixture *f;
	char worker[FIXTURE_PATH];
	struct aas_gather g;
	struct aas_gathered got; /* aas_gathered_free() */
};

#define GATHERING_MS 20000 /* until the deadline, unless the test says */

/* gathering_begin(state, w, worker): ${worker} is copied there. */
void gathering_begin(void **state, struct gathering *w, const char *worker);

/*
 * gathering_run(w, line): ask the sources that the switch ${line} names, which
 * leaves no process behind.
 */
void gathering_run(struct gathering *w, const char *line);

#endif
