/*
 * Whether a rule can be written: what the reader would take for damage MUST
 * NOT get into a file.
 */
#include <string.h>

#include "policy/build.h"

static int
names_valid(const struct aas_names *l)
{
	if (l->n > AAS_NAMES_MAX || (l->n > 0 && l->v == NULL))
		return 0;
	for (uint32_t i = 0; i < l->n; i++) {
		if (!pol_text_valid(l->v[i], AAS_NAME_MAX))
			return 0;
	}
	return 1;
}

static int
lists_valid(const struct aas_rule *r)
{
	for (int part = 0; part <= PP_EVIDENCE; part++) {
		if (!names_valid(pol_names(r, (enum pol_part)part)))
			return 0;
	}
	if ((r->groups.n > 0 && r->gids == NULL) || r->nets_n > AAS_NETS_MAX ||
	    (r->nets_n > 0 && r->nets == NULL) || r->spans_n > AAS_SPANS_MAX ||
	    (r->spans_n > 0 && r->spans == NULL) ||
	    r->aaguids_n > AAS_AAGUIDS_MAX ||
	    (r->aaguids_n > 0 && r->aaguids == NULL) ||
	    r->cas_n > POL_CAS_MAX || (r->cas_n > 0 && r->cas == NULL))
		return 0;
	for (uint32_t i = 0; i < r->groups.n; i++) {
		if (r->gids[i] == (gid_t)-1)
			return 0;
	}
	for (uint32_t i = 0; i < r->nets_n; i++) {
		if (r->nets[i].bits > 128)
			return 0;
	}
	for (uint32_t i = 0; i < r->spans_n; i++) {
		if (r->spans[i].from >= r->spans[i].to ||
		    r->spans[i].to > 7 * 24 * 60)
			return 0;
	}
	for (uint32_t i = 0; i < r->cas_n; i++) {
		if (r->cas[i].len == 0 || r->cas[i].len > 4096 ||
		    r->cas[i].p == NULL)
			return 0;
	}
	return 1;
}

static int
limit_valid(int64_t s)
{
	return s >= 0 && s <= AAS_LIMIT_MAX_S;
}

static int
numbers_valid(const struct aas_rule *r)
{
	return r->mode >= AAS_MODE_OBSERVE && r->mode <= AAS_MODE_ENFORCE &&
	    r->origin <= AAS_OR_REMOTE && r->attestable <= 1 &&
	    r->flaw <= AAS_FLAW_LAST && r->break_glass <= 1 && r->uv <= 1 &&
	    r->uv_said <= 1 && r->device_bound <= 1 && r->alert <= 1 &&
	    r->training <= 1 && r->sudo <= AAS_SUDO_DENY &&
	    (r->enrolled_min == 0 ||
		(r->enrolled_min >= 2 &&
		    r->enrolled_min <= POL_ENROLLED_MAX)) &&
	    r->present <= 2 && r->timeout_s <= POL_TIMEOUT_MAX &&
	    limit_valid(r->session_s) && limit_valid(r->idle_s) &&
	    limit_valid(r->reauth_s) && limit_valid(r->lease_s) &&
	    limit_valid(r->grace_s) && r->from_s >= 0;
}

/* Criteria beside users, groups and services. */
static int
narrowed(const struct aas_rule *r)
{
	return r->hosts.n > 0 || r->nets_n > 0 || r->spans_n > 0 ||
	    r->origin != AAS_OR_ANY;
}

/* What lets somebody off, or gives something, is in force and names whom. */
static int
sense(const struct aas_rule *r)
{
	switch (r->effect) {
	case AAS_EF_TERMS:
	case AAS_EF_REQUIRE:
	case AAS_EF_DENY:
		return 1;
	case AAS_EF_EXEMPT:
		return r->mode == AAS_MODE_ENFORCE && r->services.n > 0 &&
		    (r->users.n > 0 || strcmp(r->source, "settings") == 0) &&
		    r->groups.n == 0 && !narrowed(r);
	case AAS_EF_LEASE:
		return r->mode == AAS_MODE_ENFORCE && r->users.n > 0 &&
		    r->groups.n > 0 && r->lease_s > 0 && !narrowed(r);
	case AAS_EF_ATTEST:
		/* One that does not count MUST have nothing to count by. */
		if (r->flaw != AAS_FLAW_NONE)
			return r->mode == AAS_MODE_ENFORCE &&
			    r->not_before_s == 0 && r->not_after_s == 0 &&
			    r->evidence_services.n == 0 && r->cas_n == 0 &&
			    (r->users.n > 0 || r->groups.n > 0) ==
			    (r->flaw != AAS_FLAW_UNREAD);
		return r->mode == AAS_MODE_ENFORCE &&
		    (r->users.n > 0 || r->groups.n > 0) &&
		    r->not_before_s < r->not_after_s &&
		    (r->evidence_services.n > 0 || r->cas_n > 0);
	default:
		return 0;
	}
}

int
pol_rule_valid(const struct aas_rule *r)
{
	return pol_text_valid(r->source, AAS_NAME_MAX) &&
	    pol_text_valid(r->name, AAS_NAME_MAX) &&
	    pol_text_valid(r->where, 8192) && lists_valid(r) &&
	    numbers_valid(r) && sense(r);
}
