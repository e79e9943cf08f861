#ifndef AAS_POLICY_SIGNIN_SEEN_H
#define AAS_POLICY_SIGNIN_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/user.h"

/*
 * When a user first signed in under a rule with grace:
 * <statedir>/seen/<uid>, 0600 root, bytes of lib/wire.h: magic "AASSEEN1",
 * u32 uid, str name, u64 realtime seconds, u32 CRC-32.
 */
#define AAS_SEEN_DIR "seen"
#define AAS_SEEN_MAX 512

/*
 * aas_seen_get(statedir, u, now_s, &since_s):
 * The instant stored for ${u}, under whatever name of that uid.  A stamp that
 * bears a name which is no longer of that uid (the uid is used anew), or lies
 * in the future (a clock ran ahead), counts as none; one that is damaged is an
 * error until root removes it.  For root.  May ask NSS.
 * Returns 0; AAS_ERR_NOTFOUND; AAS_ERR_FORMAT, AAS_ERR_TOOBIG, AAS_ERR_PERMS,
 * AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_seen_get(const char *statedir, const struct aas_user *u, int64_t now_s,
    int64_t *since_s);

/*
 * aas_seen_need(statedir, u, now_s, &since_s):
 * The same; where there is none, ${now_s} is stored first, durably.  A stamp
 * that cannot be stored is an error: without it there is no grace.
 */
int aas_seen_need(const char *statedir, const struct aas_user *u, int64_t now_s,
    int64_t *since_s);

/*
 * The file's bytes; parse refuses trailing data, and says uid and name in ${u}.
 * AAS_ERR_FORMAT.
 */
int aas_seen_put(const struct aas_user *u, int64_t since_s, uint8_t *buf,
    size_t cap, size_t *len);
int aas_seen_parse(
    const uint8_t *p, size_t len, struct aas_user *u, int64_t *since_s);

#endif
