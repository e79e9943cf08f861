/*
 * Changes of a record, told to its owner.
 */
#include <sys/prctl.h>

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/log.h"
#include "lib/record/parts.h"
#include "tools/told.h"

/*
 * Our own unit has these rights and no network: what tells it from a daemon
 * that was started without one is that no program may gain any.
 */
int
aasd_can_deliver(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 &&
	    prctl(PR_CAPBSET_READ, CAP_SETUID, 0, 0, 0) == 1 &&
	    prctl(PR_CAPBSET_READ, CAP_SETGID, 0, 0, 0) == 1;
}

/* What is told of which entry.  Another name for a key changes nothing. */
static enum aas_event_type
type_of(enum aas_type type)
{
	switch (type) {
	case AAS_T_GENESIS:
		return AAS_EV_ENROLLED;
	case AAS_T_ADD_KEY:
		return AAS_EV_KEY_ADDED;
	case AAS_T_REMOVE_KEY:
		return AAS_EV_KEY_REMOVED;
	case AAS_T_SUSPEND_KEY:
		return AAS_EV_KEY_SUSPENDED;
	case AAS_T_RESUME_KEY:
		return AAS_EV_KEY_RESUMED;
	case AAS_T_SET_CONTACTS:
		return AAS_EV_CONTACTS;
	case AAS_T_REPLACE_RECOVERY:
		return AAS_EV_RECOVERY_KEYS;
	case AAS_T_RECOVERY_START:
		return AAS_EV_RECOVERY_STARTED;
	case AAS_T_RECOVERY_CANCEL:
		return AAS_EV_RECOVERY_CANCELLED;
	case AAS_T_RECOVERY_FINISH:
		return AAS_EV_RECOVERY_FINISHED;
	case AAS_T_LOCK:
		return AAS_EV_LOCKED;
	case AAS_T_UNLOCK:
		return AAS_EV_UNLOCKED;
	case AAS_T_DISABLE:
		return AAS_EV_DISABLED;
	case AAS_T_ENABLE:
		return AAS_EV_ENABLED;
	case AAS_T_CANCEL:
		return AAS_EV_CHANGE_CANCELLED;
	case AAS_T_RENAME_KEY:
	default:
		return AAS_EV_N;
	}
}

static void
tell(const char *statedir, const char *libexecdir, struct aas_event *e,
    const struct aas_user *u)
{
	struct aas_now now;
	char user[3 * 64];
	int r = aas_clock_boot(&now);

	e->user = u->name;
	e->uid = u->uid;
	if (r == AAS_OK)
		r = libexecdir != NULL
		    ? aas_event_raise(statedir, libexecdir, e, &now)
		    : aas_event_keep(statedir, NULL, e, &now, NULL);
	if (r != AAS_OK)
		aas_log(LOG_ERR, "event=not-kept type=%s user=\"%s\": %s",
		    aas_event_name(e->type),
		    aas_printable(user, sizeof(user), u->name),
		    aas_strerror(r));
}

void
aas_told_entry(const char *statedir, const char *libexecdir,
    const struct aas_user *u, const char *line, int64_t held_until)
{
	char until[AAS_CLOCK_TEXT], text[160];
	struct aas_event e = { .type = AAS_EV_N };
	struct aas_line *l = NULL;
	size_t n = strcspn(line, "\n");
	char *whole = malloc(n + 2);

	if (whole == NULL)
		return;
	memcpy(whole, line, n);
	memcpy(whole + n, "\n", 2);
	if (aas_line_parse((const uint8_t *)whole, n + 1, &l) != AAS_OK)
		goto out;
	e.type = type_of(l->e.type);
	if (l->e.type == AAS_T_ADD_KEY && l->e.keys_n == 1)
		e.key = l->e.keys[0].label;
	if (held_until != 0) {
		aas_clock_format(held_until, until);
		(void)snprintf(text, sizeof(text),
		    "This was asked for and counts from %s. If it was not "
		    "you, run \"aasctl cancel\" before.",
		    until);
		e.why = "held";
		e.text = text;
	}
	if (e.type != AAS_EV_N)
		tell(statedir, libexecdir, &e, u);
out:
	free(l);
	free(whole);
}

void
aas_told_retired(const char *statedir, const char *libexecdir,
    const struct aas_user *u, const char *what)
{
	struct aas_event e = {
		.type = AAS_EV_REPINNED, .why = what, .by = "root"
	};

	tell(statedir, libexecdir, &e, u);
}
