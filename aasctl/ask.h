#ifndef AAS_AASCTL_ASK_H
#define AAS_AASCTL_ASK_H

#include <jansson.h>

#include "policy/signin/foretell.h"
#include "aasctl/aasctl.h"

/*
 * What the commands that foretell have in common: why, rehearse, check,
 * compliance.
 */
struct aasctl_ask {
	struct aas_policy *policy;
	struct aas_store *store; /* NULL: not root */
	struct aas_now now;
	int64_t at_s;  /* what decides dates */
	int64_t now_s; /* the same of this moment, if that is another */
	char host[256];
	int unkept; /* 1: no aasd keeps sessions at this moment */
};

/*
 * aasctl_ask_open(c, at, whole, k):
 * Policy, clock (or the instant ${at}, RFC 3339; NULL: now), this host's name,
 * and as root the store.  ${whole}: many questions follow, so that the policy
 * is checked at once.  An error is said.  Returns an enum aasctl_exit; on
 * AASCTL_OK release with aasctl_ask_close().
 */
int aasctl_ask_open(
    const struct aasctl *c, const char *at, int whole, struct aasctl_ask *k);
void aasctl_ask_close(struct aasctl_ask *k);

/*
 * aasctl_ask_person(c, k, u, person):
 * Groups, state, stamp of ${u}: as root from the files, else from aasd, which
 * tells about the caller alone.  What cannot be told is a state, or groups, of
 * which nothing good comes.  aasctl_ask_forget() releases it.  Returns an enum
 * aasctl_exit, with the error said.
 */
int aasctl_ask_person(const struct aasctl *c, const struct aasctl_ask *k,
    const struct aas_user *u, struct aas_person *person);
void aasctl_ask_forget(struct aas_person *person);

/*
 * aasctl_ask_user(c, name, u):
 * Look up ${name}; who is not root may name nobody but himself.  Said.
 */
int aasctl_ask_user(
    const struct aasctl *c, const char *name, struct aas_user *u);

/*
 * aasctl_ask_service(text):
 * The PAM service that a program gets which asks for ${text}: what pam_start(3)
 * makes of it, the end of a path, in lower case; changed in place.  NULL: none
 * that pam_aas answers.
 */
char *aasctl_ask_service(char *text);

/*
 * aasctl_ask_scene(k, service, from, scene):
 * ${from}: an address, "local", or NULL: as the service has it.  The phases
 * are all; see aas_stacks_phases().  AAS_ERR_FORMAT (no address).
 */
int aasctl_ask_scene(const struct aasctl_ask *k, const char *service,
    const char *from, struct aas_scene *scene);

/*
 * aasctl_ask_unkept(p):
 * 1 if ${p} wants a keeper of sessions, and none runs.  For root.
 */
int aasctl_ask_unkept(const struct aas_policy *p);

/*
 * aasctl_ask_json(k, person, scene, f):
 * {"user", "service", "outcome", "reason", "text", "state", "verdict",
 * "rules", ...}; NULL: no memory.
 */
json_t *aasctl_ask_json(const struct aasctl_ask *k,
    const struct aas_person *person, const struct aas_scene *scene,
    const struct aas_foretold *f);

/* "denied", "exempt", "required", "optional". */
const char *aasctl_ask_verdict(uint32_t verdict);

/* What an act means in a phase, in words. */
const char *aasctl_ask_act(enum aas_phase phase, enum aas_act act);

#endif
