/*
 * aasctl recover: the caller's own account, by a recovery key; --cancel, by one
 * of its keys.
 */
#include <sys/prctl.h>

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/enroll/lock.h"
#include "lib/enroll/recover.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/store/store.h"
#include "aasctl/aasctl.h"
#include "aasctl/dialog.h"

#define USAGE "recover [--cancel]"

/* Until when it waits; "": it is due, or the state is another one. */
static int
ask_state(struct aasctl *c, struct aas_context *cx, char until[AAS_CLOCK_TEXT])
{
	json_t *rep = NULL;
	const char *state = NULL;
	int code =
	    aasctl_ask_aasd(c, cx, json_pack("{s:s}", "op", "status"), &rep);

	until[0] = '\0';
	if (code != AASCTL_OK)
		return code;
	state = json_string_value(json_object_get(rep, "state"));
	if (state != NULL &&
	    strcmp(state, aas_state_name(AAS_ST_RECOVERING)) == 0)
		aas_clock_format(
		    json_integer_value(json_object_get(rep, "deadline")),
		    until);
	json_decref(rep);
	return AASCTL_OK;
}

static int
failed(const struct aasctl *c, int r, unsigned why)
{
	if (r == AAS_ERR_NOTFOUND)
		return aasctl_fail(c, AASCTL_NOTFOUND,
		    "this account has no recovery key left");
	/* At the terminal it was said already. */
	if (c->json)
		(void)aasctl_fail(c, 0, "%s", aas_reason_code(why));
	return aasctl_exit_of(r);
}

static int
recover(struct aasctl *c, struct aas_context *cx, const struct aas_record *rec)
{
	struct aasctl_dialog d;
	char until[AAS_CLOCK_TEXT];
	unsigned why = AAS_WHY_SYSTEM;
	int finished = 0;
	int r = AAS_ERR_SYS;
	int code = ask_state(c, cx, until);

	if (code != AASCTL_OK)
		return code;
	if (until[0] != '\0')
		return aasctl_fail(c, AASCTL_DENIED,
		    "a recovery has begun: it can be finished from %s on [%s]",
		    until, aas_reason_code(AAS_WHY_RECOVERING));
	if ((code = aasctl_dialog_open(c, cx, NULL, &d)) != AASCTL_OK)
		return code;
	r = aas_recover_run(&d.e, rec, &finished, &why);
	aasctl_dialog_close(&d);
	if (r != AAS_OK)
		return failed(c, r, why);
	if (!finished && (code = ask_state(c, cx, until)) != AASCTL_OK)
		return code;
	if (c->json)
		return aasctl_print(c,
		    json_pack(
			"{s:b, s:s}", "finished", finished, "until", until));
	if (finished)
		(void)puts("recovered: sign in with your new keys; sessions of "
			   "before end");
	else
		(void)printf("begun: run this again from %s on\n", until);
	return AASCTL_OK;
}

static int
cancel(struct aasctl *c, struct aas_context *cx)
{
	const struct aas_lock_want w = { .type = AAS_T_RECOVERY_CANCEL };
	int64_t held = 0;
	int code = aasctl_lock_now(c, cx, &w, &held);

	if (code != AASCTL_OK)
		return code;
	if (c->json)
		return aasctl_print(c, json_object());
	(void)puts("canceled; no recovery key is left");
	return AASCTL_OK;
}

int
aasctl_cmd_recover(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "cancel", no_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	struct aas_record *rec = NULL;
	struct aas_context cx;
	int back = 0, ch = 0;
	int code = AASCTL_USAGE;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch != 'c')
			return aasctl_usage(USAGE);
		back = 1;
	}
	if (optind != argc)
		return aasctl_usage(USAGE);
	/* A recovery key is in memory for a while. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	if (back)
		code = cancel(c, &cx);
	else if ((code = aasctl_record(c, &cx, &rec)) == AASCTL_OK)
		code = recover(c, &cx, rec);
	aas_record_free(&rec);
	aas_context_close(&cx);
	return code;
}
