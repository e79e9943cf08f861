#ifndef AAS_LIB_NOTIFY_ALERT_H
#define AAS_LIB_NOTIFY_ALERT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/notify/kind.h"

struct json_t; /* jansson's */

/*
 * An event as the notifier reads it: one line of plain ASCII that is a JSON
 * object, as docs/events.md has it.  Numbered, it has "number" and "prev" in
 * front.
 */
#define AAS_ALERT_EVENT 4096 /* a line as raised, without its LF */
#define AAS_ALERT_MAX   4352 /* a numbered one */
#define AAS_ALERT_ID    33   /* 32 lower-case hex digits and a NUL */

struct aas_alert {
	struct json_t *o;
	uint64_t number; /* 0: not numbered yet */
	char prev[65];   /* hash of the line before it; "" likewise */
	char id[AAS_ALERT_ID];
	uint32_t uid;
	int64_t time_s;
	const struct aas_alert_kind *kind; /* NULL: of a newer version */
};

/*
 * aas_alert_parse(line, len, &a):
 * Read one line without its LF.  Members that are not known are allowed: an
 * event of a newer module is told rather than lost.  aas_alert_clear() it.
 * Returns 0, AAS_ERR_FORMAT, AAS_ERR_NOMEM.
 */
int aas_alert_parse(const char *line, size_t len, struct aas_alert *a);
void aas_alert_clear(struct aas_alert *a);

/*
 * aas_alert_str(a, name), aas_alert_int(a, name): a member; NULL and -1 if it
 * is not there or of another type.  A string is UTF-8 as somebody sent it:
 * make it printable before it is shown.
 */
const char *aas_alert_str(const struct aas_alert *a, const char *name);
int64_t aas_alert_int(const struct aas_alert *a, const char *name);

/*
 * aas_alert_number(line, len, number, prev, dst, cap, &n):
 * The numbered line of an event's ${line}, without LF.
 * Returns 0; AAS_ERR_TOOBIG, AAS_ERR_FORMAT (no object).
 */
int aas_alert_number(const char *line, size_t len, uint64_t number,
    const char prev[65], char *dst, size_t cap, size_t *n);

/* aas_alert_hash(line, len, hash): SHA-256 of a numbered line, hex. */
int aas_alert_hash(const char *line, size_t len, char hash[65]);

#endif
