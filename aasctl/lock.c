/*
 * aasctl lock, aasctl unlock: the caller's own account; aasctl cancel: an entry
 * of its record that is still held.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/enroll/lock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "aasctl/aasctl.h"
#include "aasctl/dialog.h"

#define USAGE_LOCK   "lock [--end] [--reason TEXT]"
#define USAGE_UNLOCK "unlock [--one-key]"
#define USAGE_CANCEL "cancel [ENTRY]"

static int
explain(
    const struct aasctl *c, const struct aas_lock_want *w, int r, unsigned why)
{
	if (r == AAS_ERR_EXISTS)
		return aasctl_fail(c, AASCTL_DENIED, "%s",
		    w->type == AAS_T_LOCK ? "this account is locked already"
					  : "this account is not locked");
	if (r == AAS_ERR_NOTFOUND && w->type == AAS_T_RECOVERY_CANCEL)
		return aasctl_fail(c, AASCTL_NOTFOUND, "no recovery has begun");
	if (r == AAS_ERR_NOTFOUND)
		return aasctl_fail(c, AASCTL_NOTFOUND,
		    w->seq != 0 ? "no entry of that number is held"
				: "no entry is held, or several are: give "
				  "the number of one");
	if (r == AAS_ERR_INVAL)
		return aasctl_fail(c, AASCTL_USAGE,
		    "the reason is a line of at most %d bytes that can be read",
		    AAS_WORDS_MAX - 1);
	/* At the terminal it was said already. */
	if (c->json)
		(void)aasctl_fail(c, 0, "%s", aas_reason_code(why));
	return aasctl_exit_of(r);
}

int
aasctl_lock_now(const struct aasctl *c, struct aas_context *cx,
    const struct aas_lock_want *w, int64_t *held_until)
{
	struct aas_record *rec = NULL;
	struct aasctl_dialog d;
	unsigned why = AAS_WHY_SYSTEM;
	int code = aasctl_record(c, cx, &rec);
	int r = AAS_ERR_SYS;

	if (code != AASCTL_OK)
		return code;
	if ((code = aasctl_dialog_open(c, cx, NULL, &d)) == AASCTL_OK) {
		r = aas_lock_run(&d.e, rec, w, NULL, held_until, &why);
		aasctl_dialog_close(&d);
		code = r == AAS_OK ? AASCTL_OK : explain(c, w, r, why);
	}
	aas_record_free(&rec);
	return code;
}

static int
report(const struct aasctl *c, const struct aas_lock_want *w, int64_t held)
{
	char until[AAS_CLOCK_TEXT];

	if (c->json && w->type == AAS_T_CANCEL)
		return aasctl_print(c, json_object());
	if (c->json)
		return aasctl_print(c,
		    json_pack("{s:b, s:I}", "locked",
			w->type == AAS_T_LOCK || held != 0, "held_until",
			(json_int_t)held));
	aas_clock_format(held, until);
	if (held != 0)
		(void)printf("held until %s: locked until then\n", until);
	else if (w->type == AAS_T_CANCEL)
		(void)puts("canceled");
	else if (w->type == AAS_T_UNLOCK)
		(void)puts("unlocked");
	else
		(void)printf("locked%s\n",
		    w->end ? "; all your sessions end now, this one last" : "");
	return AASCTL_OK;
}

static int
run(struct aasctl *c, const struct aas_lock_want *w)
{
	struct aas_context cx;
	int64_t held = 0;
	int code = aasctl_context(c, &cx);

	if (code != AASCTL_OK)
		return code;
	code = aasctl_lock_now(c, &cx, w, &held);
	aas_context_close(&cx);
	return code == AASCTL_OK ? report(c, w, held) : code;
}

int
aasctl_cmd_lock(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "end", no_argument, NULL, 'e' },
		{ "reason", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	struct aas_lock_want w = { .type = AAS_T_LOCK };
	int ch = 0;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch == 'e')
			w.end = 1;
		else if (ch == 'r')
			w.words = optarg;
		else
			return aasctl_usage(USAGE_LOCK);
	}
	return optind == argc ? run(c, &w) : aasctl_usage(USAGE_LOCK);
}

int
aasctl_cmd_unlock(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "one-key", no_argument, NULL, '1' },
		{ NULL, 0, NULL, 0 },
	};
	struct aas_lock_want w = { .type = AAS_T_UNLOCK };
	int ch = 0;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch != '1')
			return aasctl_usage(USAGE_UNLOCK);
		w.one = 1;
	}
	return optind == argc ? run(c, &w) : aasctl_usage(USAGE_UNLOCK);
}

int
aasctl_cmd_cancel(struct aasctl *c, int argc, char **argv)
{
	struct aas_lock_want w = { .type = AAS_T_CANCEL };
	char *end = NULL;

	if (argc > 2)
		return aasctl_usage(USAGE_CANCEL);
	if (argc == 2) {
		w.seq = strtoul(argv[1], &end, 10);
		if (argv[1][0] < '0' || argv[1][0] > '9' || *end != '\0' ||
		    w.seq == 0)
			return aasctl_usage(USAGE_CANCEL);
	}
	return run(c, &w);
}
