/*
 * aasctl policy lookup USER: what the sources of policy say about somebody,
 * asked live, through aasd.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "aasctl/ask.h"

static const char *
text_of(const json_t *obj, const char *name)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s != NULL ? s : "-";
}

static long
int_of(const json_t *obj, const char *name)
{
	return (long)json_integer_value(json_object_get(obj, name));
}

/* Reports are lines; each is printable already, but who sent them? */
static void
print_reports(const char *text)
{
	char line[1024];
	char shown[2048];
	size_t n = 0;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		(void)snprintf(line, sizeof(line), "%.*s",
		    (int)(n < sizeof(line) ? n : sizeof(line) - 1), text);
		(void)printf(
		    "    ! %s\n", aas_printable(shown, sizeof(shown), line));
	}
}

static void
print_source(const json_t *s)
{
	char name[256];
	char where[1024];
	const json_t *rules = json_object_get(s, "rules");
	const json_t *rule = NULL;
	size_t i = 0;

	(void)aas_printable(name, sizeof(name), text_of(s, "name"));
	if (!json_is_true(json_object_get(s, "asked"))) {
		(void)printf("  %-12s not asked\n", name);
		return;
	}
	(void)printf("  %-12s %-9s %ld rules, %ld ms\n", name,
	    text_of(s, "status"), int_of(s, "rules_n"), int_of(s, "took_ms"));
	for (i = 0; i < json_array_size(rules); i++) {
		rule = json_array_get(rules, i);
		(void)printf("    %s  %s\n",
		    aas_printable(name, sizeof(name), text_of(rule, "name")),
		    aas_printable(
			where, sizeof(where), text_of(rule, "where")));
	}
	print_reports(json_is_string(json_object_get(s, "text"))
		? text_of(s, "text")
		: "");
}

static void
print_text(const json_t *rep)
{
	char shown[512];
	const json_t *sources = json_object_get(rep, "sources");
	size_t i = 0;

	(void)printf(
	    "%s:\n", aas_printable(shown, sizeof(shown), text_of(rep, "user")));
	for (i = 0; i < json_array_size(sources); i++)
		print_source(json_array_get(sources, i));
	if (json_is_true(json_object_get(rep, "denied")))
		(void)puts("  a source could not be asked: a build would keep "
			   "the last good policy");
}

static int
ask(struct aasctl *c, const char *name, const char *service)
{
	/* Not aasctl_context(): who is refused may ask why, too. */
	struct aas_context cx = { .policy = NULL };
	struct aas_user u;
	json_t *rep = NULL;
	int code = AASCTL_FAILED;
	int r = aas_policy_open(c->policy, &cx.policy);

	if (r != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "compiled policy: %s",
		    aas_strerror(r));
	if ((r = aas_user_name(name, &u)) != AAS_OK)
		code = aasctl_no_user(c, r);
	else
		code = aasctl_ask_aasd(c, &cx,
		    json_pack("{s:s, s:I, s:s*}", "op", "lookup", "uid",
			(json_int_t)u.uid, "service", service),
		    &rep);
	if (code == AASCTL_OK && c->json)
		code = aasctl_print(c, json_incref(rep));
	else if (code == AASCTL_OK)
		print_text(rep);
	json_decref(rep);
	aas_policy_free(&cx.policy);
	return code;
}

int
aasctl_policy_lookup(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "service", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	const char *service = NULL;
	int ch = 0;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "s:", longs, NULL)) != -1) {
		if (ch != 's' || (service = aasctl_ask_service(optarg)) == NULL)
			return aasctl_usage("policy lookup USER [--service S]");
	}
	if (optind + 1 != argc)
		return aasctl_usage("policy lookup USER [--service S]");
	return ask(c, argv[optind], service);
}
