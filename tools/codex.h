#ifndef AAS_TOOLS_CODEX_H
#define AAS_TOOLS_CODEX_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * What a hook of Codex asks before a prompt or a tool call: may the person
 * behind it go on?  The parts that need neither aasd nor a policy.
 */
enum aas_codex {
	AAS_CODEX_REFUSE = 0, /* what nobody filled in is a refusal */
	AAS_CODEX_GO,
	AAS_CODEX_NOWHERE /* the caller is in no session */
};

#define AAS_CODEX_TEXT 256

/*
 * aas_codex_drain(fd, quiet_ms, whole_ms):
 * Take what comes from ${fd}, and forget it: who starts a hook and cannot
 * write all of its input takes it for broken, and goes on without it.  Ends
 * when the input does, or is silent for ${quiet_ms}.  Returns 0;
 * AAS_ERR_TIMEOUT (still coming after ${whole_ms}), AAS_ERR_SYS.
 */
int aas_codex_drain(int fd, int64_t quiet_ms, int64_t whole_ms);

/*
 * aas_codex_judge(set, grace_s, text):
 * Whether those sessions of ${set}, of aas_sessions_read(), that are current
 * go on.
 *   grace_s  refuse already when no more than this is left until the limit
 *   text     why not, one printable line; "" otherwise
 */
enum aas_codex aas_codex_judge(
    json_t *set, int64_t grace_s, char text[AAS_CODEX_TEXT]);

/*
 * aas_codex_judge_around(rep, grace_s, text):
 * The same by aasd's answer to "within": of the sessions that the caller is in,
 * whosever, the one that ends first.
 */
enum aas_codex aas_codex_judge_around(
    const json_t *rep, int64_t grace_s, char text[AAS_CODEX_TEXT]);

/*
 * aas_codex_outside(verdict, from_s, now_s, state):
 * The same for who is in no session: GO, or REFUSE where keys are asked for.
 *   verdict, from_s  of the decision (policy/policy.h)
 *   state            of the record, as aas_state_name() has it; NULL: unknown
 */
enum aas_codex aas_codex_outside(
    uint32_t verdict, int64_t from_s, int64_t now_s, const char *state);

#endif
