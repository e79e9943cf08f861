#ifndef AAS_TOOLS_RAISED_H
#define AAS_TOOLS_RAISED_H

#include <jansson.h>

#include "lib/event/event.h"

/*
 * aas_raised(statedir, e, now, fact):
 * Keep the event of a fact: its id is made of the type and ${fact}, a text
 * that no other fact of that type has.  Who was killed before it could note
 * that it had told the fact may so tell it again: both have one id, and only
 * one of them gets a number.  Nobody is started to deliver it; see
 * aas_event_hand().
 * Returns 0, AAS_ERR_CRYPTO; errors of aas_event_format(), aas_spool_put().
 */
int aas_raised(const char *statedir, const struct aas_event *e,
    const struct aas_now *now, const char *fact);

/*
 * aas_raised_line(text, line, e):
 * What a line of the ledger says of its session: ${e} gets user, uid, service,
 * tty, rhost, key, via and session, which borrow from ${line}; the caller
 * releases that by json_decref().
 * Returns 0, AAS_ERR_FORMAT.
 */
int aas_raised_line(const char *text, json_t **line, struct aas_event *e);

#endif
