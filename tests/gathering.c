/*
 * Sources of policy asked through the real worker.
 */
#include <sys/wait.h>

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "tests/gathering.h"

void
gathering_begin(void **state, struct gathering *w, const char *worker)
{
	memset(w, 0, sizeof(*w));
	w->f = *state;
	fixture_copy(w->f, worker, "worker");
	w->g.worker = fixture_path(w->f, "worker", w->worker);
	w->g.plugindir = w->f->dir;
	w->g.confdir = w->f->dir;
	w->g.now_s = 1000000;
	w->g.timeout_ms = GATHERING_MS;
}

void
gathering_run(struct gathering *w, const char *line)
{
	struct aas_switch sw;
	char err[256];

	aas_gathered_free(&w->got);
	assert_int_equal(aas_switch_parse(line, &sw, err), AAS_OK);
	assert_int_equal(aas_gather_run(&sw, &w->g, &w->got), AAS_OK);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}
