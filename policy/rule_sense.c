/*
 * What a rule does, and what in it goes together.
 *
 * 1. Two things that make no sense together MUST be a fault.
 * 2. An exemption MUST name its users and its services.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/user.h"
#include "policy/rule_parts.h"

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
	    : o->sudo != 0          ? "sudo"
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

/* Services alone: where the accounts need a lease. */
static int
lease(struct aas_rule_work *w)
{
	const struct aas_plugin_rule *in = &w->in;
	struct aas_rule but = w->out;
	const char *other;
	int r = AAS_OK;

	but.services.n = 0;
	other = some_criterion(&but);

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
		 AAS_NAMES_MAX, aas_rule_user_valid, &w->out.users)) !=
		AAS_OK ||
	    (r = aas_rule_duration(w, "max", in->lease_max, AAS_LEASE_MIN_S,
		 AAS_LIMIT_MAX_S, &w->out.lease_s)) != AAS_OK)
		return r;
	return always_enforced(w, "a lease");
}

/* One that does not count has nothing by which it could. */
static int
flawed(struct aas_rule_work *w)
{
	const struct aas_plugin_rule *in = &w->in;
	const struct aas_rule *o = &w->out;

	if (in->not_before != NULL || in->not_after != NULL ||
	    in->evidence_services != NULL || in->evidence_ssh_ca != NULL)
		return beside(w, "flaw", "dates or evidence");
	if (o->flaw == AAS_FLAW_UNREAD && (o->users.n != 0 || o->groups.n != 0))
		return beside(w, "flaw", "users or groups");
	return AAS_OK;
}

static int
sound(struct aas_rule_work *w)
{
	struct aas_rule *o = &w->out;
	int r = AAS_OK;

	if ((r = aas_rule_date(w, "not_before", w->in.not_before,
		 &o->not_before_s)) != AAS_OK ||
	    (r = aas_rule_date(
		 w, "not_after", w->in.not_after, &o->not_after_s)) != AAS_OK ||
	    (r = aas_rule_evidence(w)) != AAS_OK)
		return r;
	if (o->not_before_s == 0 || o->not_after_s <= o->not_before_s)
		return aas_rule_fault(
		    w, "not_after", "must be after not_before");
	if (o->evidence_services.n == 0 && o->cas_n == 0)
		return aas_rule_fault(
		    w, "evidence_services", "there is no evidence");
	return AAS_OK;
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
	if ((r = o->flaw != AAS_FLAW_NONE ? flawed(w) : sound(w)) != AAS_OK)
		return r;
	if (o->flaw != AAS_FLAW_UNREAD &&
	    (o->users.n == 0) == (o->groups.n == 0))
		return aas_rule_fault(
		    w, "users", "an attestation has either users or groups");
	if (o->services.n != 0 || o->hosts.n != 0 || o->origin != 0 ||
	    o->nets_n != 0 || o->spans_n != 0)
		return aas_rule_fault(
		    w, "services", "an attestation has no other criterion");
	if (term != NULL)
		return beside(w, term, "an attestation");
	return always_enforced(w, "an attestation");
}

int
aas_rule_effect(struct aas_rule_work *w)
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
			aas_rule_some(in->evidence_ssh_ca) || in->flaw != NULL,
		    AAS_EF_ATTEST } };
	const char *first = NULL;
	int r = aas_rule_flag(w, "deny", in->deny, &said[0]);

	if (r != AAS_OK ||
	    (r = aas_rule_flag(w, "exempt", in->exempt, &said[1])) != AAS_OK)
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

int
aas_rule_sense(struct aas_rule_work *w, const char *source)
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
