/*
 * aasctl clock [accept]: what this host takes for the time when it decides
 * dates.
 *
 * The mark MUST NOT be moved here by anybody but root, nor without an event.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/mark.h"
#include "policy/policy.h"
#include "aasctl/aasctl.h"

static int
show(const struct aasctl *c, const struct aas_now *now, int64_t mark_s)
{
	char clock[AAS_CLOCK_TEXT], mark[AAS_CLOCK_TEXT], used[AAS_CLOCK_TEXT];
	int64_t used_s = aas_mark_later(mark_s, now->real_s);

	aas_clock_format(now->real_s, clock);
	aas_clock_format(mark_s, mark);
	aas_clock_format(used_s, used);
	if (c->json)
		return aasctl_print(c,
		    json_pack("{s:s, s:b, s:s, s:s, s:I}", "clock", clock,
			"synchronized", now->synced, "mark",
			mark_s != 0 ? mark : "", "used", used, "behind_s",
			(json_int_t)(used_s - now->real_s)));
	(void)printf("clock:   %s, %s\n", clock,
	    now->synced ? "synchronized" : "not synchronized");
	(void)printf("mark:    %s\n", mark_s != 0 ? mark : "none yet");
	(void)printf("dates:   decided at %s\n", used);
	if (used_s > now->real_s)
		(void)printf("The clock is behind what it was.  If it is right "
			     "now, root may say so: aasctl clock accept\n");
	return AASCTL_OK;
}

static int
accept(const struct aasctl *c, const char *statedir, const struct aas_now *now)
{
	char from[AAS_CLOCK_TEXT], to[AAS_CLOCK_TEXT];
	int64_t old_s = 0;
	int r = AAS_ERR_PERMS;

	if (geteuid() != 0)
		return aasctl_fail(c, AASCTL_DENIED, "only root may do this");
	if ((r = aas_mark_accept(statedir, now->real_s, &old_s)) != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s/%s: %s", statedir,
		    AAS_MARK_FILE, aas_strerror(r));
	aas_clock_format(old_s, from);
	aas_clock_format(now->real_s, to);
	/* Into the system's log, whatever the terminal shows. */
	aas_log_sink(NULL);
	aas_log(LOG_WARNING, "event=clock-accepted from=%s to=%s by=%u", from,
	    to, (unsigned)getuid());
	return show(c, now, now->real_s);
}

int
aasctl_cmd_clock(struct aasctl *c, int argc, char **argv)
{
	struct aas_policy *policy = NULL;
	struct aas_now now;
	const char *statedir = NULL;
	int64_t mark_s = 0;
	int code = AASCTL_FAILED;
	int r = AAS_ERR_SYS;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "accept") != 0))
		return aasctl_usage("clock [accept]");
	if ((r = aas_policy_open(c->policy, &policy)) != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "compiled policy: %s",
		    aas_strerror(r));
	statedir = aas_policy_statedir(policy);
	if ((r = aas_clock_now(&now)) != AAS_OK)
		code = aasctl_fail(
		    c, aasctl_exit_of(r), "clock: %s", aas_strerror(r));
	else if (argc == 2)
		code = accept(c, statedir, &now);
	else if ((r = aas_mark_get(statedir, &mark_s)) != AAS_OK)
		code = aasctl_fail(c, aasctl_exit_of(r), "%s/%s: %s", statedir,
		    AAS_MARK_FILE, aas_strerror(r));
	else
		code = show(c, &now, mark_s);
	aas_policy_free(&policy);
	return code;
}
