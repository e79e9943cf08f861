/*
 * What decides whether a prompt or a tool call of Codex may go on.
 *
 * 1. An answer that makes no sense MUST be a refusal.
 * 2. The hook's input comes from a model and from whoever it read: it MUST NOT
 *    decide anything, nor be held.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/record/index.h"
#include "policy/policy.h"
#include "tools/codex.h"
#include "tools/sessions.h"

#define PIECE 65536

int
aas_codex_drain(int fd, int64_t quiet_ms, int64_t whole_ms)
{
	static char piece[PIECE];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t end_ms = aas_clock_ms() + whole_ms;
	ssize_t n = 0;
	int ready = 0;

	while (aas_clock_ms() < end_ms) {
		ready = poll(&p, 1, (int)quiet_ms);
		if (ready == -1 && errno == EINTR)
			continue;
		if (ready == -1)
			return AAS_ERR_SYS;
		/* Silent; or closed from the beginning. */
		if (ready == 0 || (p.revents & POLLNVAL) != 0)
			return AAS_OK;
		n = read(fd, piece, sizeof(piece));
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n == 0 ? AAS_OK : AAS_ERR_SYS;
	}
	return AAS_ERR_TIMEOUT;
}

#define AGAIN "sign in again with your security key, and go on there"

static void
say_ending(const char *why, char text[AAS_CODEX_TEXT])
{
	static const struct {
		const char *why, *said;
	} t[] = {
		{ "limit", "this session has reached its limit and ends" },
		{ "idle", "nobody has typed for too long: this session ends" },
		{ "asked", "somebody has asked for the end of this session" },
		{ "last-session", "your last session ends, and this with it" },
		{ "enrolled",
		    "security keys were enrolled: this session ends" },
		{ "recovered", "the account was recovered: this session ends" },
		{ "locked", "the account was locked: this session ends" },
		{ "key-gone",
		    "the key of this session does not count any more" },
	};
	const char *said = "this session ends";

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (strcmp(why, t[i].why) == 0)
			said = t[i].said;
	}
	(void)snprintf(text, AAS_CODEX_TEXT, "%s; %s", said, AGAIN);
}

static enum aas_codex
judge_one(const json_t *s, int64_t grace_s, char text[AAS_CODEX_TEXT])
{
	const json_t *ending = json_object_get(s, "ending");
	const json_t *left = json_object_get(s, "expires_s");
	char span[AAS_SESSION_SPAN];

	if (json_is_string(ending)) {
		say_ending(json_string_value(ending), text);
		return AAS_CODEX_REFUSE;
	}
	if (!json_is_null(ending) ||
	    (!json_is_null(left) && !json_is_integer(left))) {
		(void)snprintf(text, AAS_CODEX_TEXT,
		    "what aasd says about this session makes no sense");
		return AAS_CODEX_REFUSE;
	}
	if (json_is_null(left) || json_integer_value(left) > grace_s)
		return AAS_CODEX_GO;
	if (json_integer_value(left) <= 0)
		say_ending("limit", text);
	else
		(void)snprintf(text, AAS_CODEX_TEXT,
		    "this session ends in %s; %s",
		    aas_session_span_words(json_integer_value(left), span),
		    AGAIN);
	return AAS_CODEX_REFUSE;
}

enum aas_codex
aas_codex_judge(json_t *set, int64_t grace_s, char text[AAS_CODEX_TEXT])
{
	enum aas_codex verdict = AAS_CODEX_NOWHERE;
	const char *id = NULL;
	json_t *s = NULL;

	text[0] = '\0';
	/* One of each page may be current: the innermost of it. */
	json_object_foreach(set, id, s)
	{
		if (!json_is_true(json_object_get(s, "current")))
			continue;
		verdict = judge_one(s, grace_s, text);
		if (verdict == AAS_CODEX_REFUSE)
			break;
	}
	return verdict;
}

enum aas_codex
aas_codex_judge_around(
    const json_t *rep, int64_t grace_s, char text[AAS_CODEX_TEXT])
{
	text[0] = '\0';
	if (json_is_false(json_object_get(rep, "within")))
		return AAS_CODEX_NOWHERE;
	if (json_is_true(json_object_get(rep, "within")))
		return judge_one(rep, grace_s, text);
	(void)snprintf(text, AAS_CODEX_TEXT, "what aasd says makes no sense");
	return AAS_CODEX_REFUSE;
}

enum aas_codex
aas_codex_outside(
    uint32_t verdict, int64_t from_s, int64_t now_s, const char *state)
{
	static const unsigned keyless[] = { AAS_ST_NONE, AAS_ST_HELD,
		AAS_ST_DISABLED };

	if (verdict == AAS_V_OUT)
		return AAS_CODEX_GO;
	if (state == NULL || verdict == AAS_V_DENY ||
	    (verdict == AAS_V_REQUIRE && from_s <= now_s))
		return AAS_CODEX_REFUSE;
	/* Who has keys signs in with them, also where nobody requires it. */
	for (size_t i = 0; i < sizeof(keyless) / sizeof(keyless[0]); i++) {
		if (strcmp(state, aas_state_name(keyless[i])) == 0)
			return AAS_CODEX_GO;
	}
	return AAS_CODEX_REFUSE;
}
