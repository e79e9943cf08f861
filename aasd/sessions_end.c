/*
 * Requests to end sessions: these, all of a user's, or all but the asker's.
 *
 * 1. Nobody but root and the group aas-admin MUST end another user's.
 * 2. Of sessions asked for by their ids all MUST end, or none.
 */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/log.h"
#include "lib/reason.h"
#include "aasd/line.h"
#include "aasd/sessions_end.h"

#define END_MAX 1000

static int
end_one(const struct aasd_asker *a, struct aas_kept *s, int last, json_t *ended)
{
	if (s->why != AAS_KEEP_GOES_ON || s->l.manager)
		return 0;
	aas_log(LOG_NOTICE, "event=session-end-asked id=%s uid=%lu by=%s",
	    s->id, (unsigned long)s->l.uid, a->who->name);
	aasd_keep_end(a->k, s, a->who->name, last);
	return json_array_append_new(ended, json_string(s->id));
}

static json_t *
end_ids(const struct aasd_asker *a, json_t *ids)
{
	struct aas_kept *v[1] = { NULL };
	json_t *ended = json_array();
	const json_t *id = NULL;
	size_t i = 0;

	/* All of them, or none. */
	json_array_foreach(ids, i, id)
	{
		if (aasd_asker_named(a, json_string_value(id)) == NULL) {
			json_decref(ended);
			return aasd_refuse(AAS_WHY_NO_SESSION);
		}
	}
	(void)aasd_keep_look(a->k);
	json_array_foreach(ids, i, id)
	{
		v[0] = aasd_asker_named(a, json_string_value(id));
		(void)end_one(
		    a, v[0], aasd_asker_within(a, v, 1) != NULL, ended);
	}
	return ended == NULL ? NULL
			     : json_pack("{s:b, s:o}", "ok", 1, "ended", ended);
}

/* Those of one user; the one that the asker is in last, or not at all. */
static json_t *
end_of_user(const struct aasd_asker *a, uint32_t uid, int others)
{
	const struct aas_book *b = &a->k->book;
	struct aas_kept **v = calloc(b->n + 1, sizeof(struct aas_kept *));
	json_t *ended = json_array();
	size_t n = 0;

	if (v == NULL || ended == NULL) {
		free(v);
		json_decref(ended);
		return NULL;
	}
	for (size_t i = 0; i < b->n; i++) {
		if (b->heap[i]->l.uid == uid)
			v[n++] = b->heap[i];
	}
	(void)aasd_keep_look(a->k);
	for (size_t i = 0; i < n; i++) {
		int mine = aasd_asker_within(a, &v[i], 1) != NULL;

		if (!mine || !others)
			(void)end_one(a, v[i], mine, ended);
	}
	free(v);
	return json_pack("{s:b, s:o}", "ok", 1, "ended", ended);
}

/* {"op":"end","ids":[...]} or {"op":"end","which":"all"|"others"}. */
json_t *
aasd_sessions_end(struct aasd_asker *a, json_t *rq)
{
	const char *op = NULL, *which = NULL;
	json_int_t uid = (json_int_t)a->who->uid;
	json_t *ids = NULL;
	int others = 0;

	if (json_unpack_ex(rq, NULL, JSON_STRICT, "{s:s, s?o, s?s, s?I}", "op",
		&op, "ids", &ids, "which", &which, "uid", &uid) != 0 ||
	    (ids == NULL) == (which == NULL) || uid < 0 || uid > UINT32_MAX)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if ((uint32_t)uid != a->who->uid && !a->who->admin)
		return aasd_refuse_others();
	if (ids != NULL)
		return json_is_array(ids) && json_array_size(ids) <= END_MAX
		    ? end_ids(a, ids)
		    : aasd_refuse(AAS_WHY_PROTOCOL);
	others = strcmp(which, "others") == 0;
	if (!others && strcmp(which, "all") != 0)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	return end_of_user(a, (uint32_t)uid, others);
}
