/*
 * aasctl codex-hook: asked by Codex before each prompt and tool call.
 *
 * Codex blocks on exit status 2 with a reason on stderr, and on nothing else:
 * every other status, a signal, a timeout and input that could not be written
 * let the call through; stdout is read as JSON, or given to the model.
 *
 * 1. It MUST exit 0 or 2, whatever goes wrong, and in time.
 * 2. It MUST NOT write to stdout.
 * 3. It MUST take all of its input, and believe none of it.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/record/index.h"
#include "aasctl/sessions.h"
#include "tools/codex.h"

#define USAGE    "codex-hook [--grace DURATION]"
#define BLOCK    2
#define ANSWER_S 1     /* for aasd, and for who knows groups */
#define QUIET_MS 300   /* input that is silent for this has ended */
#define WHOLE_MS 30000 /* of input that goes on and on */
/* By this name rules know what runs here where nobody has signed in. */
#define SERVICE "codex-runner"

static int block(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int
block(const char *fmt, ...)
{
	char text[AASCTL_ERROR];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "aasctl: %s\n", text);
	return BLOCK;
}

static void
too_late(int sig)
{
	static const char line[] =
	    "aasctl: no answer within a second, so it is no; \"systemctl "
	    "status aasd\" may say why\n";

	(void)sig;
	if (write(STDERR_FILENO, line, sizeof(line) - 1) == -1)
		_exit(BLOCK);
	_exit(BLOCK);
}

/* Whatever hangs from here on, a directory of users too, is a no. */
static int
set_deadline(void)
{
	struct sigaction sa = { .sa_handler = too_late };
	sigset_t set;

	if (sigemptyset(&set) == -1 || sigaddset(&set, SIGALRM) == -1 ||
	    sigaction(SIGALRM, &sa, NULL) == -1 ||
	    sigprocmask(SIG_UNBLOCK, &set, NULL) == -1)
		return AAS_ERR_SYS;
	(void)alarm(ANSWER_S);
	return AAS_OK;
}

/* In no session: what the policy asks of this user. */
static int
outside(const struct aasctl *c, const char *state)
{
	struct aas_context cx;
	struct aas_now now;
	unsigned why = AAS_WHY_SYSTEM;
	enum aas_codex verdict = AAS_CODEX_REFUSE;
	int r = aas_clock_now(&now);

	if (r == AAS_OK)
		r = aas_context_open(c->policy, getuid(), SERVICE, &cx, &why);
	if (r != AAS_OK)
		return block(
		    "%s [%s]", aas_reason_text(why), aas_reason_code(why));
	verdict =
	    aas_codex_outside(cx.d.verdict, cx.d.from_s, now.real_s, state);
	aas_context_close(&cx);
	if (verdict == AAS_CODEX_GO)
		return AASCTL_OK;
	return block("this runs in none of your sessions, and you sign in with "
		     "a security key: sign in, and start Codex there "
		     "[no-session]");
}

static int
ask(struct aasctl_sessions *x, const char *op, json_t **rep)
{
	return aasctl_sessions_ask(x, json_pack("{s:s}", "op", op), rep);
}

static int
decide(const struct aasctl *c, struct aasctl_sessions *x, int64_t grace_s)
{
	char text[AAS_CODEX_TEXT], around[AAS_CODEX_TEXT];
	enum aas_codex verdict = AAS_CODEX_REFUSE;
	json_t *set = NULL, *status = NULL, *rep = NULL;
	const char *state = NULL;
	int code = BLOCK;

	if (aasctl_sessions_get(x, 0, &set) != AASCTL_OK ||
	    ask(x, "within", &rep) != AASCTL_OK ||
	    ask(x, "status", &status) != AASCTL_OK) {
		json_decref(set);
		json_decref(rep);
		return block("%s", x->error);
	}
	verdict = aas_codex_judge(set, grace_s, text);
	/* What sudo runs for another user is in a person's session, too. */
	if (verdict != AAS_CODEX_REFUSE &&
	    aas_codex_judge_around(rep, grace_s, around) == AAS_CODEX_REFUSE) {
		verdict = AAS_CODEX_REFUSE;
		memcpy(text, around, sizeof(text));
	}
	state = aas_session_text(status, "state");
	if (state != NULL && strcmp(state, aas_state_name(AAS_ST_LOCKED)) == 0)
		code = block("%s [%s]", aas_reason_text(AAS_WHY_LOCKED),
		    aas_reason_code(AAS_WHY_LOCKED));
	else if (verdict == AAS_CODEX_GO)
		code = AASCTL_OK;
	else if (verdict == AAS_CODEX_NOWHERE)
		code = outside(c, state);
	else
		code = block("%s", text);
	json_decref(set);
	json_decref(rep);
	json_decref(status);
	return code;
}

int
aasctl_cmd_codex_hook(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "grace", required_argument, NULL, 'g' },
		{ NULL, 0, NULL, 0 },
	};
	struct aasctl plain = { 0, c->policy }; /* --json is for stdout */
	struct aasctl_sessions x;
	int64_t grace_s = 0;
	int ch = 0, code = BLOCK;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "g:", longs, NULL)) != -1) {
		if (ch == '?' || aas_clock_duration(optarg, &grace_s) != AAS_OK)
			return aasctl_usage(USAGE);
	}
	if (optind != argc)
		return aasctl_usage(USAGE);
	if (aas_codex_drain(STDIN_FILENO, QUIET_MS, WHOLE_MS) != AAS_OK)
		return block("what the hook is given does not end");
	if (set_deadline() != AAS_OK)
		return block("%s", aas_strerror(AAS_ERR_SYS));
	if (aasctl_sessions_open(&plain, &x) != AASCTL_OK)
		return BLOCK;
	code = decide(&plain, &x, grace_s);
	aasctl_sessions_close(&x);
	(void)alarm(0);
	return code;
}
