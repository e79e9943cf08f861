/*
 * What the rules of two modes say together.
 *
 * 1. It MUST NOT depend on which comes first.
 */
#include "policy/combine.h"

static void
low_join(struct pol_low *to, const struct pol_low *from)
{
	for (uint32_t i = 0; i < from->n; i++)
		pol_low_add(to, from->v[i]);
	to->more |= from->more;
}

void
pol_join(struct pol_acc *to, const struct pol_acc *from)
{
	if (!from->used)
		return;
	pol_set_class(to, from->class);
	if (from->class == to->class)
		low_join(&to->rules, &from->rules);
	low_join(&to->aaguids, &from->aaguids);
	if (from->required)
		to->from_s = !to->required || from->from_s < to->from_s
		    ? from->from_s
		    : to->from_s;
	to->required |= from->required;
	to->plain |= from->plain;
	to->grace |= from->grace;
	to->break_glass |= from->break_glass;
	to->enrolled_min = pol_more(to->enrolled_min, from->enrolled_min);
	to->present = pol_more(to->present, from->present);
	to->uv |= from->uv;
	pol_set_bound(to, from->device_bound, from->bound_rule);
	to->alert |= from->alert;
	to->training |= from->training;
	to->sudo = pol_more(to->sudo, from->sudo);
	to->timeout_s = (uint32_t)pol_shorter(to->timeout_s, from->timeout_s);
	to->session_s = pol_shorter(to->session_s, from->session_s);
	to->idle_s = pol_shorter(to->idle_s, from->idle_s);
	to->reauth_s = pol_shorter(to->reauth_s, from->reauth_s);
}
