/*
 * One call of one entry point, from its arguments to its PAM code.
 *
 * 1. A refusal MUST have a code, a reason the user sees, and a line in the
 *    log; an unknown name is neither logged nor told from another one.
 * 2. PAM_SUCCESS MUST NOT come from here, whatever was noted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/log.h"
#include "pam_aas/call.h"
#include "pam_aas/conv.h"

static const char *const phase_names[] = {
	[AAS_PH_AUTH] = "auth",
	[AAS_PH_ACCOUNT] = "account",
	[AAS_PH_SESSION] = "session",
	[AAS_PH_PASSWORD] = "password",
	[AAS_PH_CRED] = "setcred",
	[AAS_PH_CLOSE] = "close",
};

uint32_t
aas_call_refuse(struct aas_call *c, unsigned why)
{
	if (c->why == AAS_WHY_UNKNOWN)
		c->why = why;
	return AAS_A_REFUSE;
}

void
aas_call_say(struct aas_call *c, int error, const char *text)
{
	if ((c->flags & PAM_SILENT) == 0)
		(void)aas_conv_show(c->pamh, error, text);
}

/* The first of the rules that decided. */
static const char *
rule_name(const struct aas_call *c)
{
	struct aas_rule_view v;

	if (c->policy == NULL || c->d.rules_n == 0 ||
	    aas_policy_rule(c->policy, c->d.rules[0], &v) != AAS_OK)
		return "-";
	return v.name;
}

void
aas_call_log(const struct aas_call *c, const char *verdict, const char *detail)
{
	char user[3 * 64], service[3 * 32], rule[3 * 64], more[3 * 64];

	aas_log(strcmp(verdict, "deny") == 0 ? LOG_NOTICE : LOG_INFO,
	    "verdict=%s phase=%s user=\"%s\" service=\"%s\" rule=%s "
	    "reason=%s %s",
	    verdict, phase_names[c->phase],
	    aas_printable(user, sizeof(user),
		c->user.name[0] != '\0' ? c->user.name : NULL),
	    aas_printable(service, sizeof(service), c->service),
	    aas_printable(rule, sizeof(rule), rule_name(c)),
	    aas_reason_code(c->why),
	    detail != NULL ? aas_printable(more, sizeof(more), detail) : "");
}

/* The fault of a part of ours that is missing or wrong, by phase. */
static int
code_unavailable(enum aas_phase phase)
{
	switch (phase) {
	case AAS_PH_AUTH:
	case AAS_PH_ACCOUNT:
		return PAM_AUTHINFO_UNAVAIL;
	case AAS_PH_SESSION:
	case AAS_PH_CLOSE:
		return PAM_SESSION_ERR;
	case AAS_PH_CRED:
		return PAM_CRED_UNAVAIL;
	case AAS_PH_PASSWORD:
	default:
		return PAM_AUTHTOK_ERR;
	}
}

static int
code_of(enum aas_phase phase, unsigned why)
{
	switch (why) {
	case AAS_WHY_CONFIG:
		return PAM_SERVICE_ERR;
	case AAS_WHY_SYSTEM:
		return PAM_SYSTEM_ERR;
	case AAS_WHY_CONV:
		return PAM_CONV_ERR;
	case AAS_WHY_POLICY_MISSING:
	case AAS_WHY_POLICY_BROKEN:
	case AAS_WHY_GROUPS:
	case AAS_WHY_NO_HELPER:
	case AAS_WHY_PROTOCOL:
		return code_unavailable(phase);
	case AAS_WHY_PIN_WRONG:
	case AAS_WHY_PIN_BLOCKED:
	case AAS_WHY_PIN_AUTH_BLOCKED:
		if (phase == AAS_PH_AUTH)
			return PAM_MAXTRIES;
		break;
	default:
		break;
	}
	return phase == AAS_PH_AUTH ? PAM_AUTH_ERR : PAM_PERM_DENIED;
}

/* Tell user and log; the PAM code. */
static int
refused(struct aas_call *c)
{
	char line[AAS_TEXT_MAX + 64];
	int code = c->code != 0 ? c->code : code_of(c->phase, c->why);

	/* None of these says "no". */
	if (code == PAM_SUCCESS || code == PAM_IGNORE ||
	    code == PAM_NEW_AUTHTOK_REQD)
		code = PAM_SYSTEM_ERR;
	if (c->quiet && !c->args.audit)
		return code;
	aas_call_log(c, "deny", NULL);
	if (c->quiet)
		return code;
	(void)snprintf(line, sizeof(line), "%s [%s]",
	    c->text[0] != '\0' ? c->text : aas_reason_text(c->why),
	    aas_reason_code(c->why));
	aas_call_say(c, 1, line);
	return code;
}

static const char *
answer_name(uint32_t a)
{
	switch (a) {
	case AAS_A_GRANT:
		return "grant";
	case AAS_A_NEXT:
		return "next";
	case AAS_A_ENROLL:
		return "enroll";
	default:
		return "refuse";
	}
}

uint32_t
aas_call_run(enum aas_phase phase, uint32_t (*fn)(struct aas_call *),
    pam_handle_t *pamh, int flags, int argc, const char **argv, int *rv)
{
	struct aas_call *c;
	uint32_t a = AAS_A_REFUSE;

	*rv = PAM_BUF_ERR;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return AAS_A_REFUSE;
	c->pamh = pamh;
	c->flags = (unsigned)flags;
	c->phase = phase;
	if (aas_args_parse(argc, argv, &c->args) != AAS_OK)
		a = aas_call_refuse(c, AAS_WHY_CONFIG);
	else
		a = fn(c);
	if (a == AAS_A_NEXT)
		*rv = PAM_IGNORE;
	else if (a == AAS_A_ENROLL && phase == AAS_PH_ACCOUNT)
		*rv = PAM_NEW_AUTHTOK_REQD;
	else if (a != AAS_A_GRANT)
		*rv = refused(c);
	if (a == AAS_A_NEXT && c->args.audit)
		aas_call_log(c, "ignore", NULL);
	if (c->args.debug)
		aas_log(LOG_DEBUG,
		    "phase=%s state=%s class=%d remote=%d answer=%s",
		    phase_names[phase], aas_state_name(c->state), (int)c->class,
		    c->remote, answer_name(a));
	aas_policy_free(&c->policy);
	free(c->ix);
	free(c); /* no secret was ever in it: a PIN passes through helper.c */
	return a;
}
