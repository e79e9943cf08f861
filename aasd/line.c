/*
 * Answers of aasd: one JSON object on one line.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "aasd/aasd.h"
#include "aasd/line.h"

int
aasd_line(json_t *obj, char **out, size_t *len)
{
	char *s = NULL;
	size_t n = 0;
	char *line = NULL;

	if (obj != NULL)
		s = json_dumps(obj, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(obj);
	if (s == NULL)
		return AAS_ERR_NOMEM;
	n = strlen(s);
	if ((line = realloc(s, n + 2)) == NULL) {
		free(s);
		return AAS_ERR_NOMEM;
	}
	line[n] = '\n';
	line[n + 1] = '\0';
	*out = line;
	*len = n + 1;
	return AAS_OK;
}

json_t *
aasd_refuse_as(unsigned why, const char *text)
{
	return json_pack("{s:b, s:s, s:s}", "ok", 0, "reason",
	    aas_reason_code(why), "text", text);
}

json_t *
aasd_refuse(unsigned why)
{
	/* To a sign-in it says that another one has the keys. */
	if (why == AAS_WHY_BUSY)
		return aasd_refuse_as(
		    why, "aasd is busy with others. Try again in a moment.");
	return aasd_refuse_as(why, aas_reason_text(why));
}

json_t *
aasd_refuse_others(void)
{
	return aasd_refuse_as(AAS_WHY_NOT_SELF,
	    "Only root and the members of the group aas-admin may do this for "
	    "others.");
}

int
aasd_refusal(unsigned why, char **out, size_t *len)
{
	return aasd_line(aasd_refuse(why), out, len);
}
