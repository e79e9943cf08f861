/*
 * Events of facts that are told once.
 *
 * The same fact MUST have the same id, whoever tells it, and however often.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/event/spool.h"
#include "lib/hex.h"
#include "tools/raised.h"

int
aas_raised(const char *statedir, const struct aas_event *e,
    const struct aas_now *now, const char *fact)
{
	static const char label[] = "aas-event-v1";
	const char *type = aas_event_name(e->type);
	char dir[AAS_SPOOL_PATH], line[AAS_EVENT_MAX + 1], id[AAS_EVENT_ID];
	uint8_t sum[32];
	size_t len = 0;
	int r = aas_spool_dir(statedir, dir);

	if (r != AAS_OK ||
	    (r = aas_sha256(label, sizeof(label), type, strlen(type) + 1, fact,
		 strlen(fact), sum)) != AAS_OK)
		return r;
	aas_hex_format(sum, (sizeof(id) - 1) / 2, id);
	r = aas_event_format(e, now, id, line, sizeof(line), &len);
	return r != AAS_OK ? r
			   : aas_spool_put(dir, NULL, e->type, line, len, id);
}

int
aas_raised_line(const char *text, json_t **line, struct aas_event *e)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_int_t uid = json_integer_value(json_object_get(o, "uid"));
	const struct {
		const char *name, **to;
	} fields[] = { { "user", &e->user }, { "service", &e->service },
		{ "tty", &e->tty }, { "rhost", &e->rhost }, { "key", &e->key },
		{ "via", &e->via }, { "id", &e->session } };

	if (json_string_value(json_object_get(o, "user")) == NULL ||
	    !json_is_integer(json_object_get(o, "uid")) || uid < 0 ||
	    uid > UINT32_MAX) {
		json_decref(o);
		return AAS_ERR_FORMAT;
	}
	e->uid = (uint32_t)uid;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		*fields[i].to =
		    json_string_value(json_object_get(o, fields[i].name));
	*line = o;
	return AAS_OK;
}
