/*
 * A rule as a source gave it, in text, to typed values.  aas-policy(5) is the
 * grammar.
 *
 * 1. A value that is not exactly of its form, and two that make no sense
 *    together, MUST be a fault: a rule is taken as it stands or not at all.
 * 2. What a newer source says and this library does not know MUST be a fault,
 *    and what an older one cannot say MUST read as not said.
 * 3. An exemption MUST name its users and its services.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/user.h"
#include "policy/rule_parts.h"

#define RULE_NAME_MAX 64u
#define WHERE_MAX     1024u
#define STRUCT_MAX    4096u
#define DATE_MAX      64u

int
aas_rule_fault(struct aas_rule_work *w, const char *field, const char *fmt, ...)
{
	struct aas_plugin_fault *f = w->fault;
	va_list ap;

	if (f == NULL || f->struct_size < sizeof(*f))
		return AAS_ERR_FORMAT;
	(void)snprintf(f->field, sizeof(f->field), "%s", field);
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return AAS_ERR_FORMAT;
}

/* What the source knows of the structure; the rest is not said. */
static int
take(struct aas_rule_work *w, const struct aas_plugin_rule *in)
{
	const unsigned char *p = (const unsigned char *)in;
	size_t n = in->struct_size;

	/* Up to the name every version has it. */
	if (n < offsetof(struct aas_plugin_rule, mode) || n > STRUCT_MAX ||
	    n % _Alignof(struct aas_plugin_rule) != 0)
		return aas_rule_fault(w, "struct_size", "%zu is not a size", n);
	for (size_t i = sizeof(w->in); i < n; i++) {
		if (p[i] != 0)
			return aas_rule_fault(w, "struct_size",
			    "says more than this version knows");
	}
	memcpy(&w->in, p, n < sizeof(w->in) ? n : sizeof(w->in));
	return AAS_OK;
}

static int
name_valid(const char *s)
{
	size_t n = strnlen(s, RULE_NAME_MAX + 1);

	for (size_t i = 0; i < n; i++) {
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') && s[i] != '.' &&
		    s[i] != '_' && s[i] != '-')
			return 0;
	}
	return n > 0 && n <= RULE_NAME_MAX;
}

static const char *
copy(struct aas_rule_work *w, const char *s)
{
	size_t len = strlen(s);
	char *p = aas_arena_get(w->arena, len + 1);

	if (p != NULL)
		memcpy(p, s, len);
	return p;
}

/* "FILE:LINE"; called for each rule of many, so without printf(3). */
static const char *
place(struct aas_rule_work *w, const char *file, uint32_t line)
{
	char shown[WHERE_MAX];
	char digits[16];
	size_t at = sizeof(digits);
	size_t len = 0;
	char *p = NULL;

	len = strlen(aas_printable(shown, sizeof(shown), file));
	for (; line != 0; line /= 10)
		digits[--at] = (char)('0' + line % 10);
	if (at != sizeof(digits))
		digits[--at] = ':';
	p = aas_arena_get(w->arena, len + (sizeof(digits) - at) + 1);
	if (p != NULL) {
		memcpy(p, shown, len);
		memcpy(p + len, digits + at, sizeof(digits) - at);
	}
	return p;
}

static int
identity(struct aas_rule_work *w, const char *source)
{
	if (w->in.name == NULL)
		return aas_rule_fault(w, "name", "is missing");
	if (!name_valid(w->in.name))
		return aas_rule_fault(w, "name",
		    "must be 1 to %u of a-z, A-Z, 0-9, \".\", \"_\" and \"-\"",
		    RULE_NAME_MAX);
	w->out.source = copy(w, source);
	w->out.name = copy(w, w->in.name);
	w->out.where =
	    place(w, w->in.file != NULL ? w->in.file : source, w->in.line);
	if (w->out.source == NULL || w->out.name == NULL ||
	    w->out.where == NULL)
		return AAS_ERR_NOMEM;
	return AAS_OK;
}

struct word {
	const char *text;
	uint8_t value;
};

/* One of up to three words; NULL is not said. */
static int
word(struct aas_rule_work *w, const char *field, const char *s,
    const struct word of[3], uint8_t *v)
{
	char shown[64];
	char is[64];

	if (s == NULL)
		return AAS_OK;
	for (size_t i = 0; i < 3 && of[i].text != NULL; i++) {
		if (strcmp(s, of[i].text) == 0) {
			*v = of[i].value;
			return AAS_OK;
		}
	}
	(void)snprintf(is, sizeof(is), "\"%s\"", of[0].text);
	for (size_t i = 1; i < 3 && of[i].text != NULL; i++)
		(void)snprintf(is + strlen(is), sizeof(is) - strlen(is),
		    " or \"%s\"", of[i].text);
	return aas_rule_fault(w, field, "\"%s\" is not %s",
	    aas_printable(shown, sizeof(shown), s), is);
}

static int
words(struct aas_rule_work *w)
{
	static const struct word modes[3] = { { "enforce", AAS_MODE_ENFORCE },
		{ "warn", AAS_MODE_WARN }, { "observe", AAS_MODE_OBSERVE } };
	static const struct word origins[3] = { { "local", AAS_OR_LOCAL },
		{ "remote", AAS_OR_REMOTE }, { NULL, 0 } };
	static const struct word requires[3] = { { "enrolled", 1 },
		{ "attested", 2 }, { NULL, 0 } };
	static const struct word uvs[3] = { { "required", 2 },
		{ "discouraged", 1 }, { NULL, 0 } };
	static const struct word alerts[3] = { { "required", 1 }, { NULL, 0 },
		{ NULL, 0 } };
	static const struct word trainings[3] = { { "excluded", 1 },
		{ NULL, 0 }, { NULL, 0 } };
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
		 &w->out.training)) != AAS_OK)
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

static int
flag(struct aas_rule_work *w, const char *field, int v, uint8_t *dst)
{
	if (v != 0 && v != 1)
		return aas_rule_fault(w, field, "must be true or false");
	*dst = (uint8_t)v;
	return AAS_OK;
}

static int
duration(struct aas_rule_work *w, const char *field, const char *s, int64_t min,
    int64_t max, int64_t *dst)
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

static int
date(struct aas_rule_work *w, const char *field, const char *s, int64_t *dst)
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

static int
terms(struct aas_rule_work *w)
{
	const struct aas_plugin_rule *in = &w->in;
	struct aas_rule *o = &w->out;
	int64_t window = 0;
	int r = AAS_OK;

	if ((r = flag(w, "break_glass", in->break_glass, &o->break_glass)) !=
		AAS_OK ||
	    (r = flag(w, "device_bound", in->device_bound, &o->device_bound)) !=
		AAS_OK ||
	    (r = number(w, "enrolled", in->enrolled, 2, 8, &o->enrolled_min)) !=
		AAS_OK ||
	    (r = number(w, "present", in->present, 1, 2, &o->present)) !=
		AAS_OK ||
	    (r = duration(w, "session", in->session, AAS_LIMIT_MIN_S,
		 AAS_LIMIT_MAX_S, &o->session_s)) != AAS_OK ||
	    (r = duration(w, "idle", in->idle, AAS_LIMIT_MIN_S, AAS_LIMIT_MAX_S,
		 &o->idle_s)) != AAS_OK ||
	    (r = duration(w, "reauth", in->reauth, AAS_LIMIT_MIN_S,
		 AAS_LIMIT_MAX_S, &o->reauth_s)) != AAS_OK ||
	    (r = duration(w, "window", in->window, 5, 600, &window)) !=
		AAS_OK ||
	    (r = duration(w, "grace", in->grace, 1, AAS_LIMIT_MAX_S,
		 &o->grace_s)) != AAS_OK ||
	    (r = date(w, "from", in->from, &o->from_s)) != AAS_OK)
		return r;
	o->timeout_s = (uint32_t)window;
	return aas_rule_aaguids(w);
}

/* The first criterion or term the source named, or NULL. */
static const char *
some_criterion(const struct aas_rule *o)
{
	return o->users.n != 0   ? "users"
	    : o->groups.n != 0   ? "groups"
	    : o->services.n != 0 ? "services"
	    : o->hosts.n != 0    ? "hosts"
	    : o->origin != 0     ? "origin"
	    : o->nets_n != 0     ? "networks"
	    : o->spans_n != 0    ? "hours"
				 : NULL;
}

static const char *
some_term(const struct aas_rule *o)
{
	return o->enrolled_min != 0 ? "enrolled"
	    : o->present != 0       ? "present"
	    : o->uv_said != 0       ? "uv"
	    : o->device_bound != 0  ? "device_bound"
	    : o->aaguids_n != 0     ? "aaguids"
	    : o->session_s != 0     ? "session"
	    : o->idle_s != 0        ? "idle"
	    : o->reauth_s != 0      ? "reauth"
	    : o->timeout_s != 0     ? "window"
	    : o->alert != 0         ? "alert"
	    : o->training != 0      ? "training"
				    : NULL;
}

static int
beside(struct aas_rule_work *w, const char *field, const char *what)
{
	return aas_rule_fault(w, field, "cannot stand beside %s", what);
}

static int
always_enforced(struct aas_rule_work *w, const char *what)
{
	if (w->out.mode != AAS_MODE_ENFORCE)
		return aas_rule_fault(
		    w, "mode", "%s can only be in force", what);
	return AAS_OK;
}

static int
check_exempt(struct aas_rule_work *w)
{
	const struct aas_rule *o = &w->out;
	const char *term = some_term(o);

	if (o->users.n == 0)
		return aas_rule_fault(
		    w, "exempt", "needs users: it must say for whom");
	if (o->services.n == 0)
		return aas_rule_fault(
		    w, "exempt", "needs services: it must say for what");
	if (o->groups.n != 0 || o->hosts.n != 0 || o->origin != 0 ||
	    o->nets_n != 0 || o->spans_n != 0)
		return beside(w,
		    o->groups.n != 0      ? "groups"
			: o->hosts.n != 0 ? "hosts"
			: o->origin != 0  ? "origin"
			: o->nets_n != 0  ? "networks"
					  : "hours",
		    "exempt");
	if (term != NULL)
		return beside(w, term, "exempt");
	return always_enforced(w, "an exemption");
}

static int
lease(struct aas_rule_work *w)
{
	const struct aas_plugin_rule *in = &w->in;
	const char *other = some_criterion(&w->out);
	int r = AAS_OK;

	if (other == NULL)
		other = some_term(&w->out);
	if (other != NULL)
		return beside(w, other, "lease");
	if (!aas_rule_some(in->lease_grantors) ||
	    !aas_rule_some(in->lease_accounts) || in->lease_max == NULL)
		return aas_rule_fault(
		    w, "lease", "needs grantors, accounts and max");
	if ((r = aas_rule_groups(w, "grantors", in->lease_grantors)) !=
		AAS_OK ||
	    (r = aas_rule_names(w, "accounts", in->lease_accounts,
		 AAS_NAMES_MAX, aas_user_valid, &w->out.users)) != AAS_OK ||
	    (r = duration(w, "max", in->lease_max, AAS_LIMIT_MIN_S,
		 AAS_LIMIT_MAX_S, &w->out.lease_s)) != AAS_OK)
		return r;
	return always_enforced(w, "a lease");
}

static int
attestation(struct aas_rule_work *w, const char *source)
{
	struct aas_rule *o = &w->out;
	const char *term = some_term(o);
	int r = AAS_OK;

	if (strcmp(source, "attest") != 0)
		return aas_rule_fault(
		    w, "not_after", "is for the source \"attest\" alone");
	if ((r = date(w, "not_before", w->in.not_before, &o->not_before_s)) !=
		AAS_OK ||
	    (r = date(w, "not_after", w->in.not_after, &o->not_after_s)) !=
		AAS_OK ||
	    (r = aas_rule_evidence(w)) != AAS_OK)
		return r;
	if (o->not_before_s == 0 || o->not_after_s <= o->not_before_s)
		return aas_rule_fault(
		    w, "not_after", "must be after not_before");
	if ((o->users.n == 0) == (o->groups.n == 0))
		return aas_rule_fault(
		    w, "users", "an attestation has either users or groups");
	if (o->services.n != 0 || o->hosts.n != 0 || o->origin != 0 ||
	    o->nets_n != 0 || o->spans_n != 0)
		return aas_rule_fault(
		    w, "services", "an attestation has no other criterion");
	if (term != NULL)
		return beside(w, term, "an attestation");
	if (o->evidence_services.n == 0 && o->cas_n == 0)
		return aas_rule_fault(
		    w, "evidence_services", "there is no evidence");
	return always_enforced(w, "an attestation");
}

/* Which effect it has; at most one. */
static int
effect(struct aas_rule_work *w)
{
	const struct aas_plugin_rule *in = &w->in;
	uint8_t said[2] = { 0, 0 };
	struct {
		const char *field;
		int said;
		uint8_t effect;
	} of[] = { { "deny", 0, AAS_EF_DENY }, { "exempt", 0, AAS_EF_EXEMPT },
		{ "require", in->require != NULL, AAS_EF_REQUIRE },
		{ "lease",
		    aas_rule_some(in->lease_grantors) ||
			aas_rule_some(in->lease_accounts) ||
			in->lease_max != NULL,
		    AAS_EF_LEASE },
		{ "not_after",
		    in->not_before != NULL || in->not_after != NULL ||
			aas_rule_some(in->evidence_services) ||
			aas_rule_some(in->evidence_ssh_ca),
		    AAS_EF_ATTEST } };
	const char *first = NULL;
	int r = flag(w, "deny", in->deny, &said[0]);

	if (r != AAS_OK ||
	    (r = flag(w, "exempt", in->exempt, &said[1])) != AAS_OK)
		return r;
	of[0].said = said[0];
	of[1].said = said[1];
	w->out.effect = AAS_EF_TERMS;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if (!of[i].said)
			continue;
		if (first != NULL)
			return beside(w, of[i].field, first);
		first = of[i].field;
		w->out.effect = of[i].effect;
	}
	return AAS_OK;
}

/* What goes together, and what does not. */
static int
sense(struct aas_rule_work *w, const char *source)
{
	const struct aas_rule *o = &w->out;
	const char *term = some_term(o);

	if (o->effect != AAS_EF_REQUIRE && w->in.from != NULL)
		return aas_rule_fault(w, "from", "needs require");
	if (o->effect != AAS_EF_REQUIRE && w->in.grace != NULL)
		return aas_rule_fault(w, "grace", "needs require");
	if (o->effect != AAS_EF_EXEMPT && o->break_glass)
		return aas_rule_fault(w, "break_glass", "needs exempt");
	if (o->effect == AAS_EF_EXEMPT)
		return check_exempt(w);
	if (o->effect == AAS_EF_LEASE)
		return lease(w);
	if (o->effect == AAS_EF_ATTEST)
		return attestation(w, source);
	if (o->effect == AAS_EF_DENY && term != NULL)
		return beside(w, term, "deny");
	if (o->effect == AAS_EF_TERMS && term == NULL)
		return aas_rule_fault(w, "name",
		    "the rule does nothing: it has no deny, exempt, require, "
		    "lease or term");
	return AAS_OK;
}

int
aas_rule_from(const struct aas_plugin_rule *in, const char *source,
    aas_rule_gid *gid, void *arg, struct aas_arena *arena, struct aas_rule *out,
    struct aas_plugin_fault *fault)
{
	struct aas_rule_work w;
	int r = AAS_ERR_INVAL;

	memset(&w, 0, sizeof(w));
	w.arena = arena;
	w.fault = fault;
	w.gid = gid;
	w.arg = arg;
	if ((r = take(&w, in)) != AAS_OK ||
	    (r = identity(&w, source)) != AAS_OK || (r = words(&w)) != AAS_OK ||
	    (r = effect(&w)) != AAS_OK ||
	    (r = aas_rule_criteria(&w)) != AAS_OK ||
	    (r = terms(&w)) != AAS_OK || (r = sense(&w, source)) != AAS_OK)
		return r;
	*out = w.out;
	return AAS_OK;
}
