/*
 * An event: to the disk first, then to who tells it.
 *
 * 1. What cannot be handed over MUST NOT undo what is kept.
 */
#include <limits.h>
#include <string.h>

#include "lib/err.h"
#include "lib/event/duty.h"
#include "lib/event/raise.h"
#include "lib/event/spool.h"
#include "lib/put.h"
#include "lib/spawn.h"

#define PROGRAM "aas-notify"

int
aas_event_keep(const char *statedir, struct aas_fs_seen *seen,
    const struct aas_event *e, const struct aas_now *now, char *id)
{
	char dir[AAS_SPOOL_PATH], line[AAS_EVENT_MAX + 1];
	char own[AAS_EVENT_ID];
	struct aas_put t;
	size_t len = 0;
	int r = aas_spool_dir(statedir, dir);

	if (r != AAS_OK || (r = aas_event_id(own)) != AAS_OK ||
	    (r = aas_event_format(e, now, own, line, sizeof(line), &len)) !=
		AAS_OK ||
	    (r = aas_spool_put(dir, seen, e->type, line, len, own)) != AAS_OK)
		return r;
	if (id != NULL) {
		aas_put_init(&t, id, AAS_EVENT_ID);
		aas_put_text(&t, own);
	}
	return AAS_OK;
}

int
aas_event_hand(const char *statedir, const char *libexecdir)
{
	char path[PATH_MAX], spool[AAS_SPOOL_PATH], state[AAS_SPOOL_PATH];
	char arg0[] = PROGRAM, arg1[] = "--detach", arg2[] = "--state";
	char *argv[] = { arg0, arg1, NULL, state, NULL };
	struct aas_put t;
	int fd = -1;
	int r = aas_spool_dir(statedir, spool);

	if (r != AAS_OK)
		return r;
	if (strcmp(statedir, AAS_STATEDIR) != 0)
		argv[2] = arg2;
	aas_put_init(&t, state, sizeof(state));
	aas_put_text(&t, statedir);
	aas_put_init(&t, path, sizeof(path));
	aas_put_text(&t, libexecdir);
	aas_put_text(&t, "/" PROGRAM);
	if (t.bad)
		return AAS_ERR_INVAL;
	if (!aas_duty_take(spool, &fd))
		return AAS_OK;
	r = aas_spawn_away(path, argv, fd);
	aas_close(&fd);
	return r;
}

int
aas_event_raise(const char *statedir, const char *libexecdir,
    const struct aas_event *e, const struct aas_now *now)
{
	int r = aas_event_keep(statedir, NULL, e, now, NULL);

	if (r == AAS_OK)
		(void)aas_event_hand(statedir, libexecdir);
	return r;
}
