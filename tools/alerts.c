/*
 * Somebody's alerts, for aasctl and for aasd.
 *
 * A chain MUST be looked at as a whole, whatever part of it is shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/event/spool.h"
#include "lib/fs.h"
#include "lib/notify/queue.h"
#include "tools/alerts.h"

struct seen {
	json_t *lines;
	size_t bytes, max;
	json_int_t wrong, count;
	json_t *first_wrong;
};

static int
see(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	struct seen *s = arg;

	if (wrong != NULL && s->wrong++ == 0)
		s->first_wrong = json_pack("{s:I, s:s}", "number",
		    a != NULL ? (json_int_t)a->number : (json_int_t)0, "text",
		    wrong);
	if (a == NULL)
		return AAS_OK;
	s->count++;
	if (json_array_append_new(s->lines, json_stringn(line, len)) != 0)
		return AAS_ERR_NOMEM;
	s->bytes += len;
	while (s->bytes > s->max && json_array_size(s->lines) > 1) {
		s->bytes -= json_string_length(json_array_get(s->lines, 0));
		(void)json_array_remove(s->lines, 0);
	}
	return AAS_OK;
}

/* How many of uid are in a directory of the spool. */
static size_t
count(const char *spooldir, const char *name, uint32_t uid)
{
	char path[AAS_SPOOL_PATH];
	size_t n = 0;
	int fd = -1;

	if (aas_spool_file(spooldir, name, path) != AAS_OK ||
	    aas_fs_dir(path, geteuid(), &fd) != AAS_OK)
		return 0;
	if (aas_queue_count(fd, uid, &n) != AAS_OK)
		n = 0;
	aas_close(&fd);
	return n;
}

static void
counts(const char *statedir, uint32_t uid, size_t *queued, size_t *dead)
{
	char spool[AAS_SPOOL_PATH];

	*queued = *dead = 0;
	if (aas_spool_dir(statedir, spool) != AAS_OK)
		return;
	*queued = count(spool, "queue", uid);
	*dead = count(spool, "dead", uid);
}

size_t
alerts_waiting(const char *statedir, uint32_t uid)
{
	size_t queued = 0;
	size_t dead = 0;

	counts(statedir, uid, &queued, &dead);
	return queued + dead;
}

int
alerts_json(const char *statedir, uint32_t uid, size_t max, json_t **obj)
{
	struct seen s = { .max = max };
	char path[AAS_SPOOL_PATH];
	size_t queued = 0;
	size_t dead = 0;
	int fd = -1;
	int n = snprintf(path, sizeof(path), "%s/alerts", statedir);
	int r = AAS_ERR_NOMEM;

	if (n < 0 || n >= (int)sizeof(path))
		return AAS_ERR_INVAL;
	if ((s.lines = json_array()) == NULL)
		return AAS_ERR_NOMEM;
	r = aas_fs_dir(path, geteuid(), &fd);
	if (r == AAS_OK)
		r = aas_chain_each(fd, uid, see, &s);
	aas_close(&fd);
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		goto out;
	counts(statedir, uid, &queued, &dead);
	*obj = json_pack("{s:O, s:I, s:I, s:O*, s:I, s:I}", "lines", s.lines,
	    "count", s.count, "wrong", s.wrong, "first_wrong", s.first_wrong,
	    "undelivered", (json_int_t)queued, "dead", (json_int_t)dead);
	r = *obj != NULL ? AAS_OK : AAS_ERR_NOMEM;
out:
	json_decref(s.lines);
	json_decref(s.first_wrong);
	return r;
}

int
alerts_test(const char *statedir, const char *libexecdir, uint32_t uid,
    const char *name, const char *by)
{
	const struct aas_event e = {
		.type = AAS_EV_TEST,
		.user = name,
		.uid = uid,
		.by = by,
		.text = "somebody asked whether alerts arrive",
	};
	struct aas_now now;
	int r = aas_clock_now(&now);

	if (r != AAS_OK)
		return r;
	return libexecdir != NULL
	    ? aas_event_raise(statedir, libexecdir, &e, &now)
	    : aas_event_keep(statedir, NULL, &e, &now, NULL);
}
