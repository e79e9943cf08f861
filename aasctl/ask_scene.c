/*
 * Where a question is set, and what the commands that foretell say of its
 * answer.
 *
 * Names of states, verdicts and acts MUST be those of aasctl(8): programs read
 * them.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/session/ledger.h"
#include "aasctl/ask.h"
#include "tools/status.h"

int
aasctl_ask_unkept(const struct aas_policy *p)
{
	return aas_policy_keeper(p) && !aas_ledger_kept(aas_policy_rundir(p));
}

char *
aasctl_ask_service(char *text)
{
	char *slash = strrchr(text, '/');
	char *name = slash != NULL ? slash + 1 : text;
	size_t n = strlen(name);

	if (n >= AAS_SERVICE_MAX || !aas_user_valid(name))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] - 'A' + 'a');
	}
	return name;
}

int
aasctl_ask_scene(const struct aasctl_ask *k, const char *service,
    const char *from, struct aas_scene *scene)
{
	int local = from != NULL && strcmp(from, "local") == 0;

	memset(scene, 0, sizeof(*scene));
	aas_signin_place(service, NULL, local ? NULL : from, &scene->place);
	if (from != NULL && !local && !scene->place.addr_known)
		return AAS_ERR_FORMAT;
	scene->service = service;
	scene->host = k->host[0] != '\0' ? k->host : NULL;
	scene->phases = AAS_PHASES;
	scene->now_s = k->at_s;
	scene->unkept = k->unkept;
	return AAS_OK;
}

const char *
aasctl_ask_verdict(uint32_t verdict)
{
	switch (verdict) {
	case AAS_V_OUT:
		return "exempt";
	case AAS_V_REQUIRE:
		return "required";
	case AAS_V_OPTIONAL:
		return "optional";
	default:
		return "denied";
	}
}

const char *
aasctl_ask_act(enum aas_phase phase, enum aas_act act)
{
	switch (act) {
	case AAS_ACT_NEXT:
		return phase == AAS_PH_AUTH ? "the host's own method"
					    : "nothing against it";
	case AAS_ACT_UNLOCK:
		return "two keys unlock the account";
	case AAS_ACT_KEY:
		return "a security key";
	case AAS_ACT_PASS:
		return "ok";
	case AAS_ACT_ENROLL:
		return "enroll now";
	case AAS_ACT_EXPIRED:
		return "expired";
	case AAS_ACT_REFUSE:
	default:
		return "refused";
	}
}

static json_t *
rules_json(const struct aas_policy *p, const struct aas_decision *d)
{
	json_t *list = json_array();
	struct aas_rule_view v;

	for (unsigned i = 0; i < d->rules_n && i < AAS_DECIDED; i++) {
		if (aas_policy_rule(p, d->rules[i], &v) != AAS_OK)
			continue;
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s}", "name", v.name, "where",
			    v.where, "source", v.source)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *
aasctl_ask_json(const struct aasctl_ask *k, const struct aas_person *person,
    const struct aas_scene *scene, const struct aas_foretold *f)
{
	const struct aas_decision *d = &f->answer.now;

	return json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:I, s:s, s:s, s:s, "
	    "s:o}",
	    "user", person->user.name, "service", scene->service, "outcome",
	    aas_fate_name(f->fate), "reason", aas_reason_code(f->why), "text",
	    f->text, "key", f->key, "enroll", f->enroll, "state",
	    aas_state_name(person->state), "verdict",
	    aasctl_ask_verdict(d->verdict), "from", (json_int_t)d->from_s,
	    "warn", f->warn_why != 0 ? aas_reason_code(f->warn_why) : "",
	    "observe",
	    f->observe_why != 0 ? aas_reason_code(f->observe_why) : "",
	    "training", aas_status_training(person->state, d->training),
	    "rules", rules_json(k->policy, d));
}
