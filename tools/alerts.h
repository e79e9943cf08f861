#ifndef AAS_TOOLS_ALERTS_H
#define AAS_TOOLS_ALERTS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * alerts_json(statedir, uid, max, &obj):
 * The alerts of one user: {"lines": the last of them as they were written, at
 * most ${max} bytes; "wrong": how many lines of the whole chain do not follow
 * from the one before; "first_wrong": {"number", "text"}; "undelivered",
 * "dead": how many wait, and how many were given up}.  A user without any has
 * no lines.
 * Returns 0; AAS_ERR_PERMS, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int alerts_json(const char *statedir, uint32_t uid, size_t max, json_t **obj);

/*
 * alerts_waiting(statedir, uid): how many of theirs are not delivered yet,
 * given up included; 0 where it cannot be known.
 */
size_t alerts_waiting(const char *statedir, uint32_t uid);

/*
 * alerts_test(statedir, libexecdir, uid, name, by): raise an event "test";
 * ${libexecdir} NULL: nobody is started to deliver it.  AAS_ERR_*.
 */
int alerts_test(const char *statedir, const char *libexecdir, uint32_t uid,
    const char *name, const char *by);

#endif
