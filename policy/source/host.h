#ifndef AAS_POLICY_SOURCE_HOST_H
#define AAS_POLICY_SOURCE_HOST_H

#include "policy/plugin.h"
#include "policy/source/wire.h"

/*
 * What a worker process offers the plugin it runs: the functions of struct
 * aas_plugin_host, each of which checks what it is given and sends it on.
 */
struct aas_source_host;

/*
 * aas_source_host_new(pw, source, &h):
 * ${pw} and ${source} are borrowed until aas_source_host_free(&h).
 * Returns 0, AAS_ERR_NOMEM.
 */
int aas_source_host_new(
    struct aas_pw *pw, const char *source, struct aas_source_host **h);
void aas_source_host_free(struct aas_source_host **h);

/* For the plugin; valid while ${h} is. */
const struct aas_plugin_host *aas_source_host_api(struct aas_source_host *h);

/*
 * aas_source_host_say(h, fmt, ...): report an error of our own, for no file.
 */
void aas_source_host_say(struct aas_source_host *h, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * aas_source_host_error(h):
 * 0, or the enum aas_err of the first thing that could not be sent: what the
 * plugin then says of its success does not count.
 */
int aas_source_host_error(const struct aas_source_host *h);

/*
 * aas_source_host_refused(h): 1 if some rule was: nobody knows what that one
 * would have refused.
 */
int aas_source_host_refused(const struct aas_source_host *h);

#endif
