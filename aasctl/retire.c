/*
 * aasctl purge USER, aasctl repin USER: a record goes into the archive, and
 * the user is as new.  Both are told to the user, and logged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/enroll/shadow.h"
#include "lib/store/store.h"
#include "aasctl/aasctl.h"
#include "tools/announce.h"
#include "tools/told.h"

static int
retire(const struct aasctl *c, struct aas_context *cx, struct aas_store *store,
    const struct aas_user *u, int purge)
{
	const char *what = purge ? "purge" : "repin";
	struct aas_now now;
	char text[256];
	int restored = 0;
	int r = aas_clock_now(&now);

	/* The password first: a crash in between must not lock anybody out. */
	if (r == AAS_OK && purge)
		r = aas_shadow_unlock(aas_policy_statedir(cx->policy), u->name,
		    u->uid, &restored);
	if (r == AAS_OK)
		r = aas_store_retire(store, u->uid, &now);
	if (r == AAS_ERR_NOTFOUND && !restored)
		return aasctl_fail(
		    c, AASCTL_NOTFOUND, "%s has no record", u->name);
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		return aasctl_fail(
		    c, aasctl_exit_of(r), "%s: %s", what, aas_strerror(r));
	aas_log_sink(NULL);
	aas_log(LOG_WARNING, "event=%s user=%s password=%s", what, u->name,
	    restored ? "restored" : "unchanged");
	aas_told_retired(aas_policy_statedir(cx->policy),
	    aas_policy_libexecdir(cx->policy), u, what);
	(void)snprintf(text, sizeof(text),
	    "pam_aas: root has retired your security keys on this machine "
	    "(%s).",
	    what);
	aas_announce(u, text);
	if (c->json)
		return aasctl_print(c,
		    json_pack("{s:s, s:s, s:b}", "user", u->name, "retired",
			what, "password_restored", restored));
	(void)printf("%s: the record is in the archive%s\n", u->name,
	    restored ? ", the password is back" : "");
	return AASCTL_OK;
}

static int
run(struct aasctl *c, int argc, char **argv, int purge)
{
	struct aas_context cx;
	struct aas_store *store = NULL;
	struct aas_user u;
	int code = AASCTL_USAGE;

	if (argc != 2)
		return aasctl_usage(purge ? "purge USER" : "repin USER");
	if ((code = aasctl_root(c, argv[1], &cx, &u, &store)) != AASCTL_OK)
		return code;
	code = retire(c, &cx, store, &u, purge);
	aas_store_close(&store);
	aas_context_close(&cx);
	return code;
}

int
aasctl_cmd_purge(struct aasctl *c, int argc, char **argv)
{
	return run(c, argc, argv, 1);
}

int
aasctl_cmd_repin(struct aasctl *c, int argc, char **argv)
{
	return run(c, argc, argv, 0);
}
