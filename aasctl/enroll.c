/*
 * aasctl enroll [--ticket T]: the dialog, at the caller's own terminal; the
 * finished entry goes to aasd, which stores it.
 *
 * Enrolling anybody but the caller MUST be impossible: there is no argument
 * for it, and aasd looks at SO_PEERCRED.
 */
#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/reason.h"
#include "lib/store/store.h"
#include "aasctl/aasctl.h"
#include "aasctl/dialog.h"

/* Below the home directory; -1, no draft, if anything is odd there. */
static int
open_drafts(uid_t uid)
{
	static const char *const below[] = { ".local", "state", "aas" };
	const struct passwd *pw = getpwuid(uid);
	int fd = -1;
	int next = -1;

	if (pw == NULL || aas_fs_dir(pw->pw_dir, uid, &fd) != AAS_OK)
		return -1;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		if ((mkdirat(fd, below[i], 0700) == -1 && errno != EEXIST) ||
		    aas_fs_dirat(fd, below[i], uid, &next) != AAS_OK)
			next = -1;
		aas_close(&fd);
		fd = next;
		if (fd == -1)
			break;
	}
	return fd;
}

/* No dialog for somebody whom the store will refuse in the end. */
static int
check_state(struct aasctl *c, struct aas_context *cx)
{
	json_t *rep = NULL;
	const char *state = NULL;
	int code =
	    aasctl_ask_aasd(c, cx, json_pack("{s:s}", "op", "status"), &rep);

	if (code != AASCTL_OK)
		return code;
	state = json_string_value(json_object_get(rep, "state"));
	if (state == NULL ||
	    (strcmp(state, aas_state_name(AAS_ST_NONE)) != 0 &&
		strcmp(state, aas_state_name(AAS_ST_HELD)) != 0))
		code = aasctl_fail(c, AASCTL_DENIED, "%s [%s]",
		    aas_reason_text(AAS_WHY_EXISTS),
		    aas_reason_code(AAS_WHY_EXISTS));
	json_decref(rep);
	return code;
}

static int
dialog(struct aasctl *c, struct aas_context *cx, const char *ticket)
{
	struct aasctl_dialog d;
	int64_t held = 0;
	unsigned why = AAS_WHY_SYSTEM;
	int r = aasctl_dialog_open(c, cx, ticket, &d);

	if (r != AASCTL_OK)
		return r;
	d.e.drafts = open_drafts(cx->user.uid);
	r = aas_enroll_run(&d.e, &held, &why);
	aas_close(&d.e.drafts);
	aasctl_dialog_close(&d);
	if (r != AAS_OK)
		return c->json ? aasctl_fail(c, aasctl_exit_of(r), "%s",
				     aas_reason_code(why))
			       : aasctl_exit_of(r);
	if (c->json)
		return aasctl_print(c,
		    json_pack("{s:s, s:I}", "user", cx->user.name, "held_until",
			(json_int_t)held));
	return AASCTL_OK;
}

int
aasctl_cmd_enroll(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "ticket", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	struct aas_context cx;
	char ticket[AAS_TICKET_TEXT * 2] = "";
	int ch = 0;
	int code = AASCTL_USAGE;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch != 't')
			return aasctl_usage("enroll [--ticket T]");
		if (*optarg == '\0' || strlen(optarg) >= sizeof(ticket))
			return aasctl_usage("enroll [--ticket T]");
		/* Anybody may read a command line for as long as it runs. */
		memcpy(ticket, optarg, strlen(optarg) + 1);
		explicit_bzero(optarg, strlen(optarg));
	}
	if (optind != argc)
		return aasctl_usage("enroll [--ticket T]");
	/* Recovery keys are in memory for a while. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	if ((code = check_state(c, &cx)) == AASCTL_OK)
		code = dialog(c, &cx, ticket[0] != '\0' ? ticket : NULL);
	aas_context_close(&cx);
	explicit_bzero(ticket, sizeof(ticket));
	return code;
}
