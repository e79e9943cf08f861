#ifndef AAS_TOOLS_SESSIONS_CODEX_H
#define AAS_TOOLS_SESSIONS_CODEX_H

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/proc.h"
#include "tools/sessions.h"

/*
 * The Codex that run, among the sessions.  Each has an id of its own,
 * "codex-" and the number of its process, by which it is shown and ended.
 */

/*
 * aas_sessions_add_codex(set, list):
 * Add what the answer to "codex" lists to ${set}, each with the "session" that
 * it is in: whose audit session it has, whose leader it stems from, or whose
 * scope of systemd it is in; the one opened last, of several; null for none.
 * Returns 0, AAS_ERR_NOMEM.
 */
int aas_sessions_add_codex(json_t *set, const json_t *list);

/* aas_codex_one(s): 1 if ${s}, of such a set, is a Codex. */
int aas_codex_one(const json_t *s);

/* aas_codex_id(text, &pid): whether ${text} is an id of one. */
int aas_codex_id(const char *text, pid_t *pid);

/* aas_codex_proc(s, &p): its process.  AAS_ERR_FORMAT. */
int aas_codex_proc(const json_t *s, struct aas_proc *p);

/* aas_codex_facts(out, s): as aas_session_facts(). */
void aas_codex_facts(FILE *out, const json_t *s);

/* aas_codex_note(s, dst, cap): directory, version, model provider. */
void aas_codex_note(const json_t *s, char *dst, size_t cap);

/* aas_codex_from(s, dst, cap): the session that it is in, or the unit. */
void aas_codex_from(const json_t *s, char *dst, size_t cap);

#endif
