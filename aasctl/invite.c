/*
 * aasctl invite USER [--hours N]: a one-time ticket, with which USER may
 * enroll at once.  It names no key: root says who may, never with what.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/store/store.h"
#include "aasctl/aasctl.h"

#define HOURS     24
#define HOURS_MAX (14 * 24)

static const char how[] = "invite USER [--hours N]  (1 to 336)";

/* For whom, and for how long. */
static int
parse_opts(int argc, char **argv, const char **name, long *hours)
{
	static const struct option longs[] = {
		{ "hours", required_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	char *end = NULL;
	int ch = 0;

	optind = 1;
	*hours = HOURS;
	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch != 'h')
			return AAS_ERR_INVAL;
		*hours = strtol(optarg, &end, 10);
		if (*optarg == '\0' || *end != '\0' || *hours < 1 ||
		    *hours > HOURS_MAX)
			return AAS_ERR_INVAL;
	}
	if (optind + 1 != argc)
		return AAS_ERR_INVAL;
	*name = argv[optind];
	return AAS_OK;
}

/* The record must leave room for a first entry. */
static int
check_state(const struct aasctl *c, struct aas_store *store,
    const struct aas_user *u, const struct aas_now *now)
{
	struct aas_index *ix = calloc(1, sizeof(*ix));
	unsigned why = AAS_WHY_SYSTEM;
	int code = AASCTL_OK;
	int r = AAS_ERR_NOMEM;

	if (ix != NULL)
		r = aas_store_load(store, u->uid, u->name, now, NULL, ix, &why);
	if (r == AAS_OK && ix->state != AAS_ST_HELD)
		code = aasctl_fail(
		    c, AASCTL_DENIED, "%s has keys already", u->name);
	else if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		code = aasctl_fail(c, aasctl_exit_of(r), "%s [%s]",
		    aas_reason_text(why), aas_reason_code(why));
	free(ix);
	return code;
}

static int
invite(const struct aasctl *c, struct aas_store *store,
    const struct aas_user *u, long hours)
{
	char ticket[AAS_TICKET_TEXT] = "";
	char until[AAS_CLOCK_TEXT];
	struct aas_now now;
	int64_t expires = 0;
	int code = AASCTL_OK;
	int r = aas_clock_now(&now);

	if (r == AAS_OK && (code = check_state(c, store, u, &now)) != AASCTL_OK)
		return code;
	expires = now.real_s + hours * 3600;
	if (r == AAS_OK)
		r = aas_store_invite(store, u->uid, expires, ticket);
	if (r != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s", aas_strerror(r));
	aas_clock_format(expires, until);
	aas_log_sink(NULL); /* the system's log, not the terminal */
	aas_log(LOG_NOTICE, "event=invite user=%s until=%s", u->name, until);
	if (c->json)
		code = aasctl_print(c,
		    json_pack("{s:s, s:s, s:s}", "user", u->name, "ticket",
			ticket, "until", until));
	else
		(void)printf("%s\nvalid for %s until %s, once:\n"
			     "aasctl enroll --ticket %s\n",
		    ticket, u->name, until, ticket);
	explicit_bzero(ticket, sizeof(ticket));
	return code;
}

int
aasctl_cmd_invite(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	struct aas_store *store = NULL;
	struct aas_user u;
	const char *name = NULL;
	long hours = 0;
	int code = AASCTL_USAGE;

	if (parse_opts(argc, argv, &name, &hours) != AAS_OK)
		return aasctl_usage(how);
	if ((code = aasctl_root(c, name, &cx, &u, &store)) != AASCTL_OK)
		return code;
	code = invite(c, store, &u, hours);
	aas_store_close(&store);
	aas_context_close(&cx);
	return code;
}
