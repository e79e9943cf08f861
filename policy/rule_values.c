/*
 * The words, numbers, durations and dates of a rule.
 *
 * A value that is not exactly of its form MUST be a fault.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/policy.h"
#include "policy/rule_parts.h"

#define DATE_MAX 64u

struct word {
	const char *text;
	uint8_t value;
};

#define WORDS 4

/* One of up to four words; NULL is not said. */
static int
word(struct aas_rule_work *w, const char *field, const char *s,
    const struct word of[WORDS], uint8_t *v)
{
	char shown[64];
	char is[96];

	if (s == NULL)
		return AAS_OK;
	for (size_t i = 0; i < WORDS && of[i].text != NULL; i++) {
		if (strcmp(s, of[i].text) == 0) {
			*v = of[i].value;
			return AAS_OK;
		}
	}
	(void)snprintf(is, sizeof(is), "\"%s\"", of[0].text);
	for (size_t i = 1; i < WORDS && of[i].text != NULL; i++)
		(void)snprintf(is + strlen(is), sizeof(is) - strlen(is),
		    " or \"%s\"", of[i].text);
	return aas_rule_fault(w, field, "\"%s\" is not %s",
	    aas_printable(shown, sizeof(shown), s), is);
}

int
aas_rule_words(struct aas_rule_work *w)
{
	static const struct word modes[WORDS] = { { "enforce",
						      AAS_MODE_ENFORCE },
		{ "warn", AAS_MODE_WARN }, { "observe", AAS_MODE_OBSERVE } };
	static const struct word origins[WORDS] = { { "local", AAS_OR_LOCAL },
		{ "remote", AAS_OR_REMOTE }, { NULL, 0 } };
	static const struct word requires[WORDS] = { { "enrolled", 1 },
		{ "attested", 2 }, { NULL, 0 } };
	static const struct word uvs[WORDS] = { { "required", 2 },
		{ "discouraged", 1 }, { NULL, 0 } };
	static const struct word alerts[WORDS] = { { "required", 1 },
		{ NULL, 0 }, { NULL, 0 } };
	static const struct word trainings[WORDS] = { { "excluded", 1 },
		{ NULL, 0 }, { NULL, 0 } };
	static const struct word sudos[WORDS] = { { "fresh-sign-in",
						      AAS_SUDO_FRESH },
		{ "agent", AAS_SUDO_AGENT }, { "local-key", AAS_SUDO_KEY },
		{ "deny", AAS_SUDO_DENY } };
	static const struct word flaws[WORDS] = { { "revoked",
						      AAS_FLAW_REVOKED },
		{ "void", AAS_FLAW_VOID }, { "unread", AAS_FLAW_UNREAD } };
	uint8_t require = 0;
	uint8_t uv = 0;
	int r = AAS_OK;

	w->out.mode = AAS_MODE_ENFORCE;
	if ((r = word(w, "mode", w->in.mode, modes, &w->out.mode)) != AAS_OK ||
	    (r = word(w, "origin", w->in.origin, origins, &w->out.origin)) !=
		AAS_OK ||
	    (r = word(w, "require", w->in.require, requires, &require)) !=
		AAS_OK ||
	    (r = word(w, "uv", w->in.uv, uvs, &uv)) != AAS_OK ||
	    (r = word(w, "alert", w->in.alert, alerts, &w->out.alert)) !=
		AAS_OK ||
	    (r = word(w, "training", w->in.training, trainings,
		 &w->out.training)) != AAS_OK ||
	    (r = word(w, "sudo", w->in.sudo, sudos, &w->out.sudo)) != AAS_OK ||
	    (r = word(w, "flaw", w->in.flaw, flaws, &w->out.flaw)) != AAS_OK)
		return r;
	w->out.attestable = require == 2;
	w->out.uv_said = uv != 0;
	w->out.uv = uv == 2;
	return AAS_OK;
}

/* 0 is not said. */
static int
number(struct aas_rule_work *w, const char *field, int v, int min, int max,
    uint8_t *dst)
{
	if (v != 0 && (v < min || v > max))
		return aas_rule_fault(w, field, "must be %d to %d", min, max);
	*dst = (uint8_t)v;
	return AAS_OK;
}

int
aas_rule_flag(struct aas_rule_work *w, const char *field, int v, uint8_t *dst)
{
	if (v != 0 && v != 1)
		return aas_rule_fault(w, field, "must be true or false");
	*dst = (uint8_t)v;
	return AAS_OK;
}

int
aas_rule_duration(struct aas_rule_work *w, const char *field, const char *s,
    int64_t min, int64_t max, int64_t *dst)
{
	char shown[64];
	int64_t v = 0;

	if (s == NULL)
		return AAS_OK;
	if (strnlen(s, DATE_MAX) == DATE_MAX ||
	    aas_clock_duration(s, &v) != AAS_OK)
		return aas_rule_fault(w, field,
		    "\"%s\" is not a duration such as \"15m\" or \"8h\"",
		    aas_printable(shown, sizeof(shown), s));
	if (v < min || v > max)
		return aas_rule_fault(w, field, "must be %lld to %lld seconds",
		    (long long)min, (long long)max);
	*dst = v;
	return AAS_OK;
}

int
aas_rule_date(
    struct aas_rule_work *w, const char *field, const char *s, int64_t *dst)
{
	char shown[64];
	int64_t v = 0;

	if (s == NULL)
		return AAS_OK;
	if (strnlen(s, DATE_MAX) == DATE_MAX ||
	    aas_clock_parse(s, &v) != AAS_OK || v <= 0)
		return aas_rule_fault(w, field,
		    "\"%s\" is not a date such as \"2026-06-01T00:00:00Z\"",
		    aas_printable(shown, sizeof(shown), s));
	*dst = v;
	return AAS_OK;
}

int
aas_rule_terms(struct aas_rule_work *w)
{
	const struct aas_plugin_rule *in = &w->in;
	struct aas_rule *o = &w->out;
	int64_t window = 0;
	int r = AAS_OK;

	if ((r = aas_rule_flag(w, "break_glass", in->break_glass,
		 &o->break_glass)) != AAS_OK ||
	    (r = aas_rule_flag(w, "device_bound", in->device_bound,
		 &o->device_bound)) != AAS_OK ||
	    (r = number(w, "enrolled", in->enrolled, 2, 8, &o->enrolled_min)) !=
		AAS_OK ||
	    (r = number(w, "present", in->present, 1, 2, &o->present)) !=
		AAS_OK ||
	    (r = aas_rule_duration(w, "session", in->session, AAS_LIMIT_MIN_S,
		 AAS_LIMIT_MAX_S, &o->session_s)) != AAS_OK ||
	    (r = aas_rule_duration(w, "idle", in->idle, AAS_LIMIT_MIN_S,
		 AAS_LIMIT_MAX_S, &o->idle_s)) != AAS_OK ||
	    (r = aas_rule_duration(w, "reauth", in->reauth, AAS_LIMIT_MIN_S,
		 AAS_LIMIT_MAX_S, &o->reauth_s)) != AAS_OK ||
	    (r = aas_rule_duration(w, "window", in->window, 5, 600, &window)) !=
		AAS_OK ||
	    (r = aas_rule_duration(w, "grace", in->grace, 1, AAS_LIMIT_MAX_S,
		 &o->grace_s)) != AAS_OK ||
	    (r = aas_rule_date(w, "from", in->from, &o->from_s)) != AAS_OK)
		return r;
	o->timeout_s = (uint32_t)window;
	return aas_rule_aaguids(w);
}
