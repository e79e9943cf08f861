/*
 * aasctl keys add|remove|rename|suspend|resume, aasctl disable|enable: one
 * entry, signed by the caller's own keys.
 */
#include <stdio.h>
#include <string.h>

#include "lib/enroll/change.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "tools/aasctl.h"
#include "tools/tty.h"

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
	struct aasctl_append j = { cx, NULL };
	struct aas_record *rec = NULL;
	struct aas_enroll e;
	struct aas_tty *tty = NULL;
	struct aas_ui ui;
	int64_t held = 0;
	unsigned why = AAS_WHY_SYSTEM;
	int code = aasctl_record(c, cx, &rec);
	int r = AAS_ERR_SYS;

	if (code != AASCTL_OK)
		return code;
	if (aas_tty_open(&tty, &ui) != AAS_OK) {
		aas_record_free(&rec);
		return aasctl_fail(c, AASCTL_FAILED, "this needs a terminal");
	}
	aas_context_enroll(cx, "aasctl", &e);
	e.ui = &ui;
	e.append = aasctl_append;
	e.append_arg = &j;
	r = aas_change_run(&e, rec, type, name, to, &held, &why);
	aas_tty_close(&tty);
	aas_record_free(&rec);
	return r == AAS_OK ? report(c, held) : explain(c, r, why);
}

int
aasctl_cmd_change(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	size_t i = 0;
	int code = AASCTL_USAGE;

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
