/*
 * Events as the notifier reads them.
 *
 * 1. Only plain ASCII in one line MUST be taken: whatever else stands in an
 *    event was escaped by who raised it.
 * 2. What is signed, hashed and sent MUST be the bytes that were written,
 *    never a text made anew from what was parsed.
 * 3. A good event MUST NOT be taken for a wrong one for lack of memory: it
 *    would be put aside.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/assertion.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "lib/json.h"
#include "lib/notify/alert.h"

#define SPARE ((size_t)1 << 20)

static int
plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] < ' ' || s[i] > '~')
			return 0;
	}
	return 1;
}

static int
hex_valid(const char *s, size_t len)
{
	return s != NULL && strlen(s) == len &&
	    strspn(s, "0123456789abcdef") == len;
}

const char *
aas_alert_str(const struct aas_alert *a, const char *name)
{
	return json_string_value(json_object_get(a->o, name));
}

int64_t
aas_alert_int(const struct aas_alert *a, const char *name)
{
	const json_t *j = json_object_get(a->o, name);

	return json_is_integer(j) && json_integer_value(j) >= 0
	    ? (int64_t)json_integer_value(j)
	    : -1;
}

static int
fill(struct aas_alert *a)
{
	const char *id = aas_alert_str(a, "id");
	const char *type = aas_alert_str(a, "type");
	const char *time = aas_alert_str(a, "time");
	const char *prev = aas_alert_str(a, "prev");
	int64_t uid = aas_alert_int(a, "uid");
	int64_t number = aas_alert_int(a, "number");

	if (!hex_valid(id, AAS_ALERT_ID - 1) || type == NULL || uid < 0 ||
	    uid > UINT32_MAX || aas_alert_int(a, "v") != 1 || time == NULL ||
	    aas_clock_parse(time, &a->time_s) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (json_object_get(a->o, "number") != NULL ||
	    json_object_get(a->o, "prev") != NULL) {
		if (number < 1 || !hex_valid(prev, sizeof(a->prev) - 1))
			return AAS_ERR_FORMAT;
		a->number = (uint64_t)number;
		memcpy(a->prev, prev, sizeof(a->prev));
	}
	memcpy(a->id, id, sizeof(a->id));
	a->uid = (uint32_t)uid;
	a->kind = aas_alert_kind(type);
	return AAS_OK;
}

/*
 * jansson says the same of a line that is wrong and of no memory: without as
 * much as it could have wanted it was not the line.
 */
static int
why_not(size_t len)
{
	void *volatile p = malloc(SPARE + len);
	int r = p != NULL ? AAS_ERR_FORMAT : AAS_ERR_NOMEM;

	free(p);
	return r;
}

int
aas_alert_parse(const char *line, size_t len, struct aas_alert *a)
{
	struct aas_alert got = { .o = NULL };

	if (len > AAS_ALERT_MAX || !plain(line, len) ||
	    !aas_json_bounded(line, len))
		return AAS_ERR_FORMAT;
	if ((got.o = aas_json_load(line, len)) == NULL)
		return why_not(len);
	if (fill(&got) != AAS_OK) {
		aas_alert_clear(&got);
		return AAS_ERR_FORMAT;
	}
	*a = got;
	return AAS_OK;
}

void
aas_alert_clear(struct aas_alert *a)
{
	json_decref(a->o);
	a->o = NULL;
}

int
aas_alert_number(const char *line, size_t len, uint64_t number,
    const char prev[65], char *dst, size_t cap, size_t *n)
{
	int got = 0;

	if (len < 2 || line[0] != '{' || line[1] == '}')
		return AAS_ERR_FORMAT;
	got = snprintf(dst, cap, "{\"number\":%" PRIu64 ",\"prev\":\"%s\",%.*s",
	    number, prev, (int)(len - 1), line + 1);
	if (got < 0 || (size_t)got >= cap)
		return AAS_ERR_TOOBIG;
	*n = (size_t)got;
	return AAS_OK;
}

int
aas_alert_hash(const char *line, size_t len, char hash[65])
{
	uint8_t digest[32];
	int r = aas_sha256(line, len, NULL, 0, NULL, 0, digest);

	if (r == AAS_OK)
		aas_hex_format(digest, sizeof(digest), hash);
	return r;
}
