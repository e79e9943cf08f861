/*
 * aasctl status [USER]: what the record says.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "aasctl/aasctl.h"
#include "tools/policy_origin.h"
#include "tools/status.h"

static const char *
text_of(json_t *obj, const char *name)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s != NULL ? s : "-";
}

static void
print_text(json_t *obj)
{
	char when[AAS_CLOCK_TEXT];
	char shown[128];
	json_t *key = NULL;
	json_int_t deadline = 0;
	size_t active = 0;
	size_t i = 0;

	deadline = json_integer_value(json_object_get(obj, "deadline"));
	json_array_foreach(json_object_get(obj, "keys"), i, key) active +=
	    json_is_true(json_object_get(key, "active"));
	(void)printf("user:           %s\n",
	    aas_printable(shown, sizeof(shown), text_of(obj, "user")));
	(void)printf("state:          %s\n", text_of(obj, "state"));
	if (json_object_get(obj, "locked_since") != NULL) {
		char why[4 * AAS_WORDS_MAX];

		(void)printf(
		    "locked since:   %s\n", text_of(obj, "locked_since"));
		(void)printf("because:        %s\n",
		    aas_printable(
			why, sizeof(why), text_of(obj, "locked_why")));
	}
	if (strcmp(text_of(obj, "state"), "broken") == 0)
		(void)printf("reason:         %s\n", text_of(obj, "reason"));
	if (deadline > 0) {
		aas_clock_format(deadline, when);
		(void)printf("until:          %s\n", when);
	}
	json_array_foreach(json_object_get(obj, "held"), i, key)(void)
	    printf("held:           entry %lld, %s\n",
		(long long)json_integer_value(json_object_get(key, "entry")),
		text_of(key, "type"));
	(void)printf("active keys:    %zu of %zu\n", active,
	    json_array_size(json_object_get(obj, "keys")));
	(void)printf("recovery keys:  %d\n",
	    (int)json_integer_value(json_object_get(obj, "recovery_keys")));
	(void)printf("training:       %s\n", text_of(obj, "training"));
	if (json_integer_value(json_object_get(obj, "undelivered")) > 0)
		(void)printf("alerts:         %d not delivered\n",
		    (int)json_integer_value(
			json_object_get(obj, "undelivered")));
	(void)printf("password:       %s\n",
	    json_is_true(json_object_get(obj, "password_locked")) ? "locked"
								  : "open");
}

/* A rule may say it of who has no keys too. */
static void
add_training(const struct aasctl *c, const struct aas_context *own,
    const struct aas_user *u, json_t *obj)
{
	struct aas_context cx;
	unsigned why = AAS_WHY_SYSTEM;
	int by_policy = own->d.training;

	if (u->uid != own->user.uid) {
		if (aas_context_open(c->policy, u->uid, "aasctl", &cx, &why) !=
		    AAS_OK)
			return;
		by_policy = cx.d.training;
		aas_context_close(&cx);
	}
	if (by_policy)
		(void)json_object_set_new(obj, "training",
		    json_string(aas_status_training(AAS_ST_NONE, by_policy)));
}

/* The policy may be older than its files; root can do something about it. */
static void
warn_stale(const struct aasctl *c, const struct aas_context *cx)
{
	char path[PATH_MAX];
	char shown[PATH_MAX];

	if (c->json || geteuid() != 0 ||
	    policy_origin_changed(cx->policy, path, NULL) != 1)
		return;
	(void)fprintf(stderr,
	    "aasctl: the compiled policy is stale: %s has changed: run "
	    "\"aasctl policy build\"\n",
	    aas_printable(shown, sizeof(shown), path));
}

int
aasctl_cmd_status(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	struct aas_user u;
	json_t *obj = NULL;
	int code = AASCTL_USAGE;
	int r = AAS_OK;

	if (argc > 2)
		return aasctl_usage("status [USER]");
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	warn_stale(c, &cx);
	u = cx.user;
	if (argc == 2 && (r = aas_user_name(argv[1], &u)) != AAS_OK)
		code = aasctl_no_user(c, r);
	else if (u.uid != cx.user.uid && geteuid() != 0)
		code = aasctl_fail(
		    c, AASCTL_DENIED, "only root sees another user's status");
	else if ((code = aasctl_status(c, &cx, &u, &obj)) == AASCTL_OK) {
		add_training(c, &cx, &u, obj);
		if (c->json)
			code = aasctl_print(c, json_incref(obj));
		else
			print_text(obj);
	}
	json_decref(obj);
	aas_context_close(&cx);
	return code;
}
