#ifndef AAS_TOOLS_STATUS_H
#define AAS_TOOLS_STATUS_H

#include <jansson.h>

#include "lib/store/store.h"
#include "lib/user.h"

/*
 * aas_status_training(state, by_policy):
 * "excluded": what this user does is declared not to be for training, by a rule
 * (${by_policy}) or, whatever rules say, because there are keys that count;
 * else "undeclared".  Nothing on this host can check the other end.
 *   state  enum aas_state; what is broken counts as keys
 */
const char *aas_status_training(unsigned state, int by_policy);

/*
 * aas_status_json(store, u, now, &obj):
 * What the record of ${u} says: {"user", "uid", "state", "reason", "realm",
 * "deadline", "seq", "recovery_keys", "password_locked", "training", "keys":
 * [{"name", "id", "active", "held", "ssh", "added_seq"}]}.  A record that is
 * missing, or broken, is a state, not an error.  For root. Returns 0,
 * AAS_ERR_NOMEM.
 */
int aas_status_json(struct aas_store *store, const struct aas_user *u,
    const struct aas_now *now, json_t **obj);

#endif
