/*
 * When a session ends.  No I/O, no clock.
 *
 * 1. No sum MUST overflow: what is beyond all bounds has the nearest end.
 */
#include "lib/keep/due.h"

#define FAR_MS (INT64_MAX / 4)

/* from + span, where both come from a file. */
static int64_t
end_of(int64_t from, int64_t span)
{
	if (from < 0 || span <= 0 || from > FAR_MS)
		return 0;
	return span > FAR_MS ? FAR_MS : from + span;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The next warning of a limit of that span, before its end; 0: none is left. */
static int64_t
next_warning(int64_t span, int64_t told)
{
	static const int64_t before[] = { AAS_KEEP_SOON_MS, AAS_KEEP_LAST_MS };

	for (unsigned i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		if (span >= 2 * before[i] && (told == 0 || told > before[i]))
			return before[i];
	}
	return 0;
}

static struct aas_keep_due
overall(const struct aas_keep_times *t, int64_t now)
{
	struct aas_keep_due d = { AAS_KEEP_END, now, 0 };
	int64_t end = end_of(t->opened_ms, t->session_ms);
	int64_t warn = next_warning(t->session_ms, t->told_ms);

	if (t->session_ms == 0)
		return (
		    struct aas_keep_due){ AAS_KEEP_WAIT, INT64_MAX, INT64_MAX };
	if (now >= end)
		return d;
	d.left_ms = end - now;
	if (warn != 0 && d.left_ms <= warn) {
		d.act = AAS_KEEP_TELL;
		return d;
	}
	d.act = AAS_KEEP_WAIT;
	d.at_ms = end - warn;
	return d;
}

static struct aas_keep_due
idle(const struct aas_keep_times *t, int64_t now)
{
	struct aas_keep_due d = { AAS_KEEP_END_IDLE, now, 0 };
	int64_t end = end_of(t->input_ms, t->idle_ms);
	int64_t warn = t->idle_told_ms != 0 && t->idle_told_ms == t->input_ms
	    ? 0
	    : AAS_KEEP_LAST_MS;

	if (t->idle_ms < 2 * warn)
		warn = 0;
	if (now >= end)
		return d;
	d.left_ms = end - now;
	if (warn != 0 && d.left_ms <= warn) {
		d.act = AAS_KEEP_TELL_IDLE;
		return d;
	}
	d.act = AAS_KEEP_WAIT;
	d.at_ms = end - warn;
	return d;
}

struct aas_keep_due
aas_keep_due(const struct aas_keep_times *t, int64_t now_ms)
{
	struct aas_keep_due d, i;

	if (now_ms < 0)
		now_ms = 0; /* no time since a boot */
	d = overall(t, now_ms);
	if (d.act != AAS_KEEP_WAIT || t->idle_ms <= 0)
		return d;
	i = idle(t, now_ms);
	if (i.act != AAS_KEEP_WAIT)
		return i;
	d.at_ms = least(d.at_ms, i.at_ms);
	d.left_ms = least(d.left_ms, i.left_ms);
	return d;
}
