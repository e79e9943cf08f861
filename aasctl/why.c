/*
 * aasctl why USER: the decision, with its trace; aasctl check: the same for a
 * program that wants yes or no.
 *
 * 1. What is printed MUST come from the functions that the module asks.
 * 2. check MUST answer "denied" whenever it cannot tell.
 * 3. check lets in, so it MUST NOT give grace that has not begun: it would
 *    begin anew at each question.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "policy/rule.h"
#include "policy/signin/seen.h"
#include "aasctl/why.h"
#include "tools/stacks.h"

#define WHY_USAGE \
	"why USER [--service S] [--from ADDRESS|local] [--at TIME] [--json]"
#define CHECK_USAGE "check --user USER --service S [--json]"

struct opts {
	const char *user, *from, *at;
	char *service; /* NULL: not said */
};

static int
parse_opts(int argc, char **argv, struct opts *o)
{
	static const struct option longs[] = {
		{ "user", required_argument, NULL, 'u' },
		{ "service", required_argument, NULL, 's' },
		{ "from", required_argument, NULL, 'f' },
		{ "at", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	int ch = 0;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch == 'u')
			o->user = optarg;
		else if (ch == 's')
			o->service = optarg;
		else if (ch == 'f')
			o->from = optarg;
		else if (ch == 'a')
			o->at = optarg;
		else
			return AAS_ERR_INVAL;
	}
	if (optind < argc && o->user == NULL)
		o->user = argv[optind++];
	return optind == argc ? AAS_OK : AAS_ERR_INVAL;
}

static const char *
mode_name(unsigned mode)
{
	switch (mode) {
	case AAS_MODE_OBSERVE:
		return "observe";
	case AAS_MODE_WARN:
		return "warn";
	case AAS_MODE_ENFORCE:
		return "enforce";
	default:
		return "?";
	}
}

static const char *
effect_name(unsigned effect)
{
	switch (effect) {
	case AAS_EF_TERMS:
		return "terms";
	case AAS_EF_REQUIRE:
		return "require";
	case AAS_EF_EXEMPT:
		return "exempt";
	case AAS_EF_DENY:
		return "deny";
	case AAS_EF_LEASE:
		return "lease";
	case AAS_EF_ATTEST:
		return "attestation";
	default:
		return "?";
	}
}

/* Each rule that was looked at, as JSON; printed from that too. */
static void
note(void *arg, const struct aas_rule_view *v, const char *miss)
{
	json_t *trace = arg;

	(void)json_array_append_new(trace,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "name", v->name,
		"where", v->where, "source", v->source, "mode",
		mode_name(v->mode), "effect", effect_name(v->effect), "matched",
		miss == NULL, "missed", miss != NULL ? miss : ""));
}

static int
why(const struct aasctl *c, const struct aasctl_ask *k,
    const struct aas_person *person, const struct aas_scene *scene, int covered)
{
	struct aas_foretold f;
	json_t *trace = json_array();
	json_t *obj = NULL;
	int code = AASCTL_OK;

	(void)aas_foretell(k->policy, person, scene, note, trace, &f);
	if (c->json) {
		obj = aasctl_ask_json(k, person, scene, &f);
		if (obj != NULL) {
			(void)json_object_set(obj, "trace", trace);
			(void)json_object_set_new(
			    obj, "covered", json_boolean(covered));
		}
		code = aasctl_print(c, obj);
	} else {
		aasctl_why_print(person, scene, &f, trace);
		if (!covered)
			(void)printf("but:        no line of the stack of %s "
				     "asks pam_aas.so, so nothing of this "
				     "holds there\n",
			    scene->service);
	}
	json_decref(trace);
	return code != AASCTL_OK        ? code
	    : f.fate == AAS_FATE_DENIED ? AASCTL_DENIED
					: AASCTL_OK;
}

int
aasctl_cmd_why(struct aasctl *c, int argc, char **argv)
{
	struct opts o = { NULL, NULL, NULL, NULL };
	const char *service = "sshd";
	struct aas_person person;
	struct aas_scene scene;
	struct aas_user u;
	struct aasctl_ask k;
	unsigned phases = 0;
	int covered = 1;
	int code = AASCTL_USAGE;

	if (parse_opts(argc, argv, &o) != AAS_OK || o.user == NULL ||
	    (o.service != NULL &&
		(service = aasctl_ask_service(o.service)) == NULL))
		return aasctl_usage(WHY_USAGE);
	if ((code = aasctl_ask_user(c, o.user, &u)) != AASCTL_OK ||
	    (code = aasctl_ask_open(c, o.at, 0, &k)) != AASCTL_OK)
		return code;
	if (aasctl_ask_scene(&k, service, o.from, &scene) != AAS_OK) {
		code = aasctl_fail(
		    c, AASCTL_USAGE, "--from takes an address, or \"local\"");
	} else if ((code = aasctl_ask_person(c, &k, &u, &person)) ==
	    AASCTL_OK) {
		if (aas_stacks_phases(aas_stacks_dirs, service, &phases) ==
		    AAS_OK)
			covered = phases != 0;
		/* A stack that never asks us is shown as if it did. */
		if (covered && phases != 0)
			scene.phases = phases;
		code = why(c, &k, &person, &scene, covered);
		aasctl_ask_forget(&person);
	}
	aasctl_ask_close(&k);
	return code;
}

/* Grace begins at the account phase, which for root this is. */
static int
begin_grace(const struct aasctl_ask *k, struct aas_person *person,
    const struct aas_scene *scene, const struct aas_answer *a)
{
	if (k->store == NULL || person->since_s != 0 ||
	    !aas_signin_keyless(person->state) ||
	    (!a->now.wants_since && !a->warn.wants_since))
		return 0;
	return aas_seen_need(aas_policy_statedir(k->policy), &person->user,
		   scene->now_s, &person->since_s) == AAS_OK;
}

/* As the module logs it: check is how a runner uses its exemption. */
static void
log_let_off(const struct aasctl_ask *k, const struct aas_person *person,
    const char *service, const struct aas_foretold *f)
{
	char user[3 * 64], where[3 * 32], rule[AAS_RULE_TEXT];

	if (f->fate == AAS_FATE_DENIED || f->answer.now.verdict != AAS_V_OUT)
		return;
	aas_log_sink(NULL); /* the system's log, not the terminal */
	aas_log(f->row == AAS_ROW_GLASS ? LOG_WARNING : LOG_INFO,
	    "event=%s phase=check user=\"%s\" service=\"%s\" rule=%s "
	    "reason=%s",
	    f->row == AAS_ROW_GLASS ? "break-glass" : "exempt-used",
	    aas_printable(user, sizeof(user), person->user.name),
	    aas_printable(where, sizeof(where), service),
	    aas_signin_rule(k->policy, &f->answer.now, rule, sizeof(rule)),
	    aas_reason_code(AAS_WHY_OK));
}

/* Nobody is there to touch a key: the account phase and the session. */
static int
check(const struct aasctl *c, const struct aasctl_ask *k,
    struct aas_person *person, const char *service)
{
	struct aas_scene scene;
	struct aas_foretold f;
	int code = AASCTL_OK;

	if (aasctl_ask_scene(k, service, "local", &scene) != AAS_OK)
		return AASCTL_DENIED;
	/* Nor is a certificate, of which sshd's session might yet tell. */
	scene.place.ssh = 0;
	scene.phases =
	    AAS_PHASE_BIT(AAS_PH_ACCOUNT) | AAS_PHASE_BIT(AAS_PH_SESSION);
	person->stamped = 1;
	if (aas_foretell(k->policy, person, &scene, NULL, NULL, &f) == AAS_OK &&
	    begin_grace(k, person, &scene, &f.answer))
		(void)aas_foretell(k->policy, person, &scene, NULL, NULL, &f);
	log_let_off(k, person, service, &f);
	if (c->json)
		code = aasctl_print(c, aasctl_ask_json(k, person, &scene, &f));
	else if (f.text[0] != '\0')
		(void)printf("%s: %s [%s]\n", aas_fate_name(f.fate), f.text,
		    aas_reason_code(f.why));
	else
		(void)printf(
		    "%s [%s]\n", aas_fate_name(f.fate), aas_reason_code(f.why));
	return f.fate == AAS_FATE_DENIED || code != AASCTL_OK ? AASCTL_DENIED
							      : AASCTL_OK;
}

int
aasctl_cmd_check(struct aasctl *c, int argc, char **argv)
{
	struct opts o = { NULL, NULL, NULL, NULL };
	struct aas_person person;
	struct aas_user u;
	struct aasctl_ask k;
	const char *service = NULL;
	int code = AASCTL_USAGE;

	if (parse_opts(argc, argv, &o) != AAS_OK || o.user == NULL ||
	    o.service == NULL || o.from != NULL || o.at != NULL)
		return aasctl_usage(CHECK_USAGE);
	if ((service = aasctl_ask_service(o.service)) == NULL)
		return aasctl_fail(
		    c, AASCTL_DENIED, "that is no name of a PAM service");
	/* Whatever could not be found out, and was said, is no. */
	if (aasctl_ask_user(c, o.user, &u) != AASCTL_OK ||
	    aasctl_ask_open(c, NULL, 0, &k) != AASCTL_OK)
		return AASCTL_DENIED;
	code = AASCTL_DENIED;
	if (aasctl_ask_person(c, &k, &u, &person) == AASCTL_OK) {
		code = check(c, &k, &person, service);
		aasctl_ask_forget(&person);
	}
	aasctl_ask_close(&k);
	return code;
}
