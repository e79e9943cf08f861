/*
 * What aasctl why prints for people.
 *
 * 1. Nothing that somebody else chose (names, places) MUST reach a terminal
 *    but through aas_printable().
 */
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/reason.h"
#include "policy/rule.h"
#include "aasctl/why.h"
#include "tools/status.h"

static const char *
attest_name(unsigned attest)
{
	switch (attest) {
	case AAS_AT_NONE:
		return "none";
	case AAS_AT_SHOWN:
		return "shown by this sign-in";
	case AAS_AT_PENDING:
		return "an SSH certificate may show it";
	case AAS_AT_MISSING:
		return "there is one, but not for this sign-in";
	case AAS_AT_EXPIRED:
		return "expired";
	case AAS_AT_FUTURE:
		return "not valid yet";
	case AAS_AT_REVOKED:
		return "revoked";
	case AAS_AT_VOID:
		return "there is one that is not authentic";
	case AAS_AT_UNREAD:
		return "there is a file that others may write";
	default:
		return "?";
	}
}

static const char *
text_of(const json_t *obj, const char *name)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s != NULL ? s : "-";
}

static void
print_trace(const json_t *trace)
{
	const json_t *rule = NULL;
	size_t i = 0;
	char name[AAS_RULE_TEXT], where[512];

	(void)puts("\nrules looked at:");
	if (json_array_size(trace) == 0)
		(void)puts("  none");
	json_array_foreach(trace, i, rule)
	{
		(void)printf("  %-24s %-8s %-8s %s%s  (%s)\n",
		    aas_printable(name, sizeof(name), text_of(rule, "name")),
		    text_of(rule, "effect"), text_of(rule, "mode"),
		    json_is_true(json_object_get(rule, "matched"))
			? "matches"
			: "does not match: ",
		    text_of(rule, "missed"),
		    aas_printable(
			where, sizeof(where), text_of(rule, "where")));
	}
}

static void
print_decision(const struct aas_decision *d, int keys, unsigned state)
{
	const char *training = aas_status_training(state, d->training);
	char date[AAS_CLOCK_TEXT];

	(void)printf("\nverdict:    %s", aasctl_ask_verdict(d->verdict));
	if (d->verdict == AAS_V_REQUIRE && d->from_s > 0) {
		aas_clock_format(d->from_s, date);
		(void)printf(" from %s", date);
	}
	if (d->verdict == AAS_V_DENY)
		(void)printf(" [%s]", aas_reason_code(d->reason));
	(void)printf("\nkeys:       %u enrolled, %u at a sign-in, PIN or "
		     "fingerprint %s%s%s\n",
	    d->enrolled_min, d->present, d->uv ? "required" : "not required",
	    d->device_bound ? ", bound to their device" : "",
	    d->aaguids_n > 0 ? ", of listed makes" : "");
	if (keys >= 0)
		(void)printf("            %d that count\n", keys);
	(void)printf("limits:     session %lld s, idle %lld s, reauth %lld s, "
		     "sign-in %u s\n",
	    (long long)d->session_s, (long long)d->idle_s,
	    (long long)d->reauth_s, d->timeout_s);
	(void)printf(
	    "sudo:       from another machine: %s\n", aas_signin_sudo(d->sudo));
	if (d->alert)
		(void)puts("duties:     the owner is told");
	(void)printf("training:   %s%s\n", training,
	    strcmp(training, "excluded") != 0 ? ""
		: d->training                 ? " (by policy)"
					      : " (as for all who enrolled)");
	(void)printf("attested:   %s", attest_name(d->attest));
	if (d->attest_until_s != 0) {
		aas_clock_format(d->attest_until_s, date);
		(void)printf(" (until %s)", date);
	}
	(void)putchar('\n');
}

static void
print_phases(const struct aas_foretold *f)
{
	static const struct {
		enum aas_phase phase;
		const char *name;
	} t[] = { { AAS_PH_AUTH, "auth:" }, { AAS_PH_ACCOUNT, "account:" },
		{ AAS_PH_SESSION, "session:" } };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		(void)printf("%-11s %s\n", t[i].name,
		    (f->ran & AAS_PHASE_BIT(t[i].phase)) != 0
			? aasctl_ask_act(t[i].phase, f->acts[i])
			: "not asked");
}

void
aasctl_why_print(const struct aas_person *person, const struct aas_scene *scene,
    const struct aas_foretold *f, const json_t *trace)
{
	char user[3 * 64], service[3 * 32], at[AAS_CLOCK_TEXT];

	aas_clock_format(scene->now_s, at);
	(void)printf("%s at %s, %s, %s\n",
	    aas_printable(user, sizeof(user), person->user.name),
	    aas_printable(service, sizeof(service), scene->service),
	    scene->place.remote ? "from elsewhere" : "at this machine", at);
	print_trace(trace);
	print_decision(&f->answer.now, f->keys, person->state);
	(void)printf("record:     %s\n", aas_state_name(person->state));
	print_phases(f);
	if (f->warn_why != 0)
		(void)printf("warned of:  %s\n", aas_reason_code(f->warn_why));
	if (f->observe_why != 0)
		(void)printf(
		    "observed:   %s\n", aas_reason_code(f->observe_why));
	(void)printf("\noutcome:    %s [%s]\n", aas_fate_name(f->fate),
	    aas_reason_code(f->why));
	if (f->text[0] != '\0')
		(void)printf("            %s\n", f->text);
}
