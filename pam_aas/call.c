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
#include "pam_aas/tell.h"
#include "lib/put.h"

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

/* The rule that a reason is about. */
static char *
rule_of(const struct aas_call *c, const struct aas_decision *d, unsigned why,
    char *name, size_t cap)
{
	return why == AAS_WHY_KEY_KIND
	    ? aas_signin_kind_rule(c->policy, d, name, cap)
	    : aas_signin_rule(c->policy, d, name, cap);
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
	    rule_of(c, &c->d, c->why, rule, sizeof(rule)),
	    aas_reason_code(c->why),
	    detail != NULL ? aas_printable(more, sizeof(more), detail) : "");
}

static void
log_event(const struct aas_call *c, int priority, const char *what,
    const struct aas_decision *d, unsigned why)
{
	char user[3 * 64], service[3 * 32], rule[AAS_RULE_TEXT];

	aas_log(priority,
	    "event=%s phase=%s user=\"%s\" service=\"%s\" rule=%s reason=%s",
	    what, phase_names[c->phase],
	    aas_printable(user, sizeof(user), c->user.name),
	    aas_printable(service, sizeof(service), c->service),
	    rule_of(c, d, why, rule, sizeof(rule)), aas_reason_code(why));
}

/* 1 if this sign-in would be refused by what ${then} has in force. */
static int
would(const struct aas_call *c, const struct aas_decision *then, unsigned *why)
{
	const struct aas_standing s = { c->state, c->deadline_s,
		c->has_index ? c->ix : NULL };

	return aas_signin_would(c->policy, AAS_PH_ACCOUNT, c->service, c->ssh,
		   &s, c->dates_s, &c->d, then, why) ||
	    aas_signin_would(c->policy, AAS_PH_SESSION, c->service, c->ssh, &s,
		c->dates_s, &c->d, then, why);
}

void
aas_call_exempt(struct aas_call *c)
{
	struct aas_txn *t = NULL;

	if (c->d.verdict != AAS_V_OUT)
		return;
	/* At sshd who has keys shows one: then it is of no use. */
	if (c->class != AAS_CL_EXEMPT && aas_states_keys(c->row))
		return;
	if ((t = aas_txn_need(c->pamh)) != NULL) {
		if (t->let_off && t->let_off_uid == c->user.uid)
			return;
		if (c->row == AAS_ROW_GLASS && !aas_tell_glass_now(c))
			return;
		t->let_off = 1;
		t->let_off_uid = c->user.uid;
	}
	if (c->row == AAS_ROW_GLASS)
		log_event(c, LOG_WARNING, "break-glass", &c->d, AAS_WHY_OK);
	else
		log_event(c, LOG_INFO, "exempt-used", &c->d, AAS_WHY_OK);
	aas_tell_exempt(c, c->row == AAS_ROW_GLASS);
}

void
aas_call_pass(struct aas_call *c)
{
	char text[AAS_TEXT_MAX];
	unsigned why = AAS_WHY_UNKNOWN;

	aas_call_exempt(c);
	if (would(c, &c->answer.warn, &why)) {
		log_event(c, LOG_NOTICE, "would-deny mode=warn",
		    &c->answer.warn, why);
		aas_signin_say_would(
		    c->policy, &c->answer.warn, why, text, sizeof(text));
		if (c->class != AAS_CL_JOB && c->class != AAS_CL_EXEMPT)
			aas_call_say(c, 0, text);
	} else if (would(c, &c->answer.observe, &why)) {
		log_event(c, LOG_NOTICE, "would-deny mode=observe",
		    &c->answer.observe, why);
	}
}

static int
would_take(const struct aas_call *c, const struct aas_decision *then,
    const uint8_t aaguid[16], unsigned backup)
{
	unsigned why = AAS_WHY_UNKNOWN;

	return !aas_signin_asks(then) ||
	    aas_policy_key(c->policy, then, aaguid, backup & AAS_BE) ||
	    would(c, then, &why); /* then the account phase says so */
}

void
aas_call_used(struct aas_call *c, const uint8_t aaguid[16], unsigned backup)
{
	char text[AAS_TEXT_MAX];

	if (!would_take(c, &c->answer.warn, aaguid, backup)) {
		log_event(c, LOG_NOTICE, "would-deny mode=warn",
		    &c->answer.warn, AAS_WHY_KEY_KIND);
		aas_signin_say_would(c->policy, &c->answer.warn,
		    AAS_WHY_KEY_KIND, text, sizeof(text));
		aas_call_say(c, 0, text);
	} else if (!would_take(c, &c->answer.observe, aaguid, backup)) {
		log_event(c, LOG_NOTICE, "would-deny mode=observe",
		    &c->answer.observe, AAS_WHY_KEY_KIND);
	}
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
	aas_tell_refused(c);
	if (c->text[0] == '\0' && c->row_known)
		/* Who has not been authenticated learns no rule's name. */
		aas_signin_say_no(c->phase == AAS_PH_AUTH ? NULL : c->policy,
		    &c->d, c->row, c->keys, c->why, c->text, sizeof(c->text));
	(void)aas_format(line, sizeof(line), "%s [%s]",
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
	free(c->gids);
	free(c->ca);
	free(c->ix);
	free(c->lease);
	free(c); /* no secret was ever in it: a PIN passes through helper.c */
	return a;
}
