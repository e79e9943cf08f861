/*
 * aasctl keys add|remove|rename|suspend|resume, aasctl disable|enable: one
 * entry, signed by the caller's own keys.
 */
#include <stdio.h>
#include <string.h>

#include "lib/enroll/change.h"
#include "lib/clock.h"
#include "lib/conf/alerts_conf.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "aasctl/aasctl.h"
#include "aasctl/dialog.h"

static const struct {
	const char *verb;
	enum aas_type type;
	int args_min, args_max;
	const char *how;
} changes[] = {
	{ "add", AAS_T_ADD_KEY, 0, 1, "keys add [NAME]" },
	{ "remove", AAS_T_REMOVE_KEY, 1, 1, "keys remove NAME" },
	{ "rename", AAS_T_RENAME_KEY, 2, 2, "keys rename NAME NEW" },
	{ "suspend", AAS_T_SUSPEND_KEY, 1, 1, "keys suspend NAME" },
	{ "resume", AAS_T_RESUME_KEY, 1, 1, "keys resume NAME" },
	{ "disable", AAS_T_DISABLE, 0, 0, "disable" },
	{ "enable", AAS_T_ENABLE, 0, 0, "enable" },
};
#define CHANGES_N (sizeof(changes) / sizeof(changes[0]))

static int
report(const struct aasctl *c, int64_t held)
{
	char until[AAS_CLOCK_TEXT];

	if (c->json)
		return aasctl_print(
		    c, json_pack("{s:I}", "held_until", (json_int_t)held));
	aas_clock_format(held, until);
	if (held != 0)
		(void)printf("held until %s\n", until);
	else
		(void)printf("done\n");
	return AASCTL_OK;
}

static int
explain(const struct aasctl *c, int r, unsigned why)
{
	switch (r) {
	case AAS_ERR_NOTFOUND:
		return aasctl_fail(
		    c, AASCTL_NOTFOUND, "there is no key of that name");
	case AAS_ERR_EXISTS:
		return aasctl_fail(c, AASCTL_DENIED,
		    "there is a key of that name, or that key, already");
	case AAS_ERR_INVAL:
		return aasctl_fail(
		    c, AASCTL_USAGE, "that cannot be the name of a key");
	default:
		break;
	}
	/* At the terminal it was said already. */
	if (c->json)
		(void)aasctl_fail(c, 0, "%s", aas_reason_code(why));
	return aasctl_exit_of(r);
}

static int
run(struct aasctl *c, struct aas_context *cx, enum aas_type type,
    const char *name, const char *to)
{
	struct aas_record *rec = NULL;
	struct aasctl_dialog d;
	int64_t held = 0;
	unsigned why = AAS_WHY_SYSTEM;
	int code = aasctl_record(c, cx, &rec);
	int r = AAS_ERR_SYS;

	if (code != AASCTL_OK)
		return code;
	if ((code = aasctl_dialog_open(c, cx, NULL, &d)) == AASCTL_OK) {
		r = aas_change_run(&d.e, rec, type, name, to, &held, &why);
		aasctl_dialog_close(&d);
		code = r == AAS_OK ? report(c, held) : explain(c, r, why);
	}
	aas_record_free(&rec);
	return code;
}

/* aasctl contacts ADDRESS...: those of alerts, in one text. */
static int
contacts(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	char text[8 * 257] = "";
	size_t at = 0;
	int code = AASCTL_USAGE;

	for (int i = 1; i < argc; i++) {
		const char *s = argv[i];
		size_t n = strlen(s);
		int good = strncmp(s, "mailto:", 7) == 0
		    ? aas_alerts_mail_valid(s + 7)
		    : aas_alerts_url_valid(s);

		if (argc == 2 && strcmp(s, "none") == 0)
			break;
		if (!good || n > 255 || i > 8)
			return aasctl_usage(
			    "contacts none|ADDRESS...  (at most "
			    "8: mailto:you@example.org, "
			    "https://...)");
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "%s%s", i > 1 ? " " : "", s);
	}
	if (argc < 2)
		return aasctl_usage("contacts none|ADDRESS...");
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	code = run(c, &cx, AAS_T_SET_CONTACTS, text, NULL);
	aas_context_close(&cx);
	return code;
}

int
aasctl_cmd_change(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	size_t i = 0;
	int code = AASCTL_USAGE;

	if (strcmp(argv[0], "contacts") == 0)
		return contacts(c, argc, argv);
	while (i < CHANGES_N && strcmp(changes[i].verb, argv[0]) != 0)
		i++;
	if (i == CHANGES_N)
		return aasctl_usage("keys list|test|add|remove|rename|suspend|"
				    "resume [NAME ...]");
	if (argc - 1 < changes[i].args_min || argc - 1 > changes[i].args_max)
		return aasctl_usage(changes[i].how);
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	code = run(c, &cx, changes[i].type, argc > 1 ? argv[1] : NULL,
	    argc > 2 ? argv[2] : NULL);
	aas_context_close(&cx);
	return code;
}
