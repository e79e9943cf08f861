/*
 * aasctl status [USER]: what the record says.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "tools/aasctl.h"
#include "tools/policy_origin.h"

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
	if (strcmp(text_of(obj, "state"), "broken") == 0)
		(void)printf("reason:         %s\n", text_of(obj, "reason"));
	if (deadline > 0) {
		aas_clock_format(deadline, when);
		(void)printf("until:          %s\n", when);
	}
	(void)printf("active keys:    %zu of %zu\n", active,
	    json_array_size(json_object_get(obj, "keys")));
	(void)printf("recovery keys:  %d\n",
	    (int)json_integer_value(json_object_get(obj, "recovery_keys")));
	(void)printf("password:       %s\n",
	    json_is_true(json_object_get(obj, "password_locked")) ? "locked"
								  : "open");
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

	if (argc > 2)
		return aasctl_usage("status [USER]");
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	warn_stale(c, &cx);
	u = cx.user;
	if (argc == 2 && aas_user_name(argv[1], &u) != AAS_OK)
		code = aasctl_fail(c, AASCTL_NOTFOUND, "there is no such user");
	else if (u.uid != cx.user.uid && geteuid() != 0)
		code = aasctl_fail(
		    c, AASCTL_DENIED, "only root sees another user's status");
	else if ((code = aasctl_status(c, &cx, &u, &obj)) == AASCTL_OK) {
		if (c->json)
			code = aasctl_print(c, json_incref(obj));
		else
			print_text(obj);
	}
	json_decref(obj);
	aas_context_close(&cx);
	return code;
}
