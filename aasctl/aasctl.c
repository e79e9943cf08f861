/*
 * aasctl(8): finds the subcommand, and says how it went.
 */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "aasctl/aasctl.h"

struct verb {
	const char *name;
	int (*run)(struct aasctl *c, int argc, char **argv);
	const char *what;
};

static const struct verb verbs[] = {
	{ "enroll", aasctl_cmd_enroll,
	    "[--ticket T]            enroll your security keys" },
	{ "keys", aasctl_cmd_keys,
	    "list|test               your keys, or a real test of each" },
	{ "keys", aasctl_cmd_keys,
	    "add|remove|rename|suspend|resume NAME   change them" },
	{ "contacts", aasctl_cmd_change,
	    "none|ADDRESS...         where alerts of yours go, too" },
	{ "disable", aasctl_cmd_change,
	    "                        keys off, password back (two keys)" },
	{ "enable", aasctl_cmd_change,
	    "                        keys on again" },
	{ "status", aasctl_cmd_status,
	    "[USER]                  what the record says" },
	{ "verify", aasctl_cmd_verify,
	    "[USER|--all]            check every signature again" },
	{ "alerts", aasctl_cmd_alerts,
	    "[--since T]|test|verify  what was told of your account" },
	{ "sessions", aasctl_cmd_sessions,
	    "[--all] [--watch]       where you are signed in" },
	{ "show", aasctl_cmd_show,
	    "ID                      a session, and what runs in it" },
	{ "end", aasctl_cmd_end,
	    "ID...|--others|--all [--lock]   end sessions" },
	{ "lease", aasctl_cmd_lease,
	    "grant|list|end          lend a service account hours" },
	{ "lock", aasctl_cmd_lock,
	    "[--end] [--reason TEXT] nobody signs in; --end: all end" },
	{ "cancel", aasctl_cmd_cancel,
	    "[ENTRY]                 take back what is still held" },
	{ "unlock", aasctl_cmd_unlock,
	    "[--one-key]             open again (two keys)" },
	{ "recover", aasctl_cmd_recover,
	    "[--cancel]              in again without your keys" },
	{ "extend", aasctl_cmd_extend,
	    "[ID]                    a session goes on, by a touch" },
	{ "forget", aasctl_cmd_forget,
	    "                        sudo asks for a key again" },
	{ "codex-hook", aasctl_cmd_codex_hook,
	    "[--grace D]           may Codex go on? (docs/runners.md)" },
	{ "invite", aasctl_cmd_invite,
	    "USER [--hours N]        a one-time ticket to enroll (root)" },
	{ "purge", aasctl_cmd_purge,
	    "USER                    retire keys, password back (root)" },
	{ "repin", aasctl_cmd_repin,
	    "USER                    retire record and pin (root)" },
	{ "clock", aasctl_cmd_clock,
	    "[accept]                what decides dates; accept it (root)" },
	{ "check", aasctl_cmd_check,
	    "--user U --service S    may this account run a job?" },
	{ "compliance", aasctl_cmd_compliance,
	    "                        who is overdue (root)" },
	{ "rehearse", aasctl_cmd_rehearse,
	    "[--at T] [--service S]  who would be let in, and who not" },
	{ "why", aasctl_cmd_why,
	    "USER [--service S]      the decision, and each rule of it" },
	{ "attest", aasctl_cmd_attest,
	    "list|add|remove|verify|remind   what the organization has "
	    "signed" },
	{ "policy", aasctl_cmd_policy,
	    "build|check|diff        compile settings and rules; look first" },
	{ "policy", aasctl_cmd_policy,
	    "explain [RULE]          what is compiled, in words" },
	{ "policy", aasctl_cmd_policy,
	    "lookup USER [--service S]   what the sources say, asked now" },
};
#define VERBS_N (sizeof(verbs) / sizeof(verbs[0]))

int
aasctl_exit_of(int r)
{
	switch (r) {
	case AAS_OK:
		return AASCTL_OK;
	case AAS_ERR_INVAL:
		return AASCTL_USAGE;
	case AAS_ERR_DENIED:
	case AAS_ERR_PERMS:
		return AASCTL_DENIED;
	case AAS_ERR_NOTFOUND:
		return AASCTL_NOTFOUND;
	case AAS_ERR_AGAIN:
	case AAS_ERR_TIMEOUT:
		return AASCTL_AGAIN;
	default:
		return AASCTL_FAILED;
	}
}

int
aasctl_fail(const struct aasctl *c, int code, const char *fmt, ...)
{
	char text[1024];
	char shown[4 * sizeof(text)];
	va_list ap;
	json_t *obj = NULL;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!c->json) {
		(void)fprintf(stderr, "aasctl: %s\n", text);
		return code;
	}
	obj = json_pack("{s:b, s:s}", "ok", 0, "error", text);
	if (obj == NULL) /* a name in it is no UTF-8 */
		obj = json_pack("{s:b, s:s}", "ok", 0, "error",
		    aas_printable(shown, sizeof(shown), text));
	if (obj != NULL)
		(void)json_dumpf(obj, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	(void)puts("");
	json_decref(obj);
	return code;
}

int
aasctl_print(const struct aasctl *c, json_t *obj)
{
	int ok = 0;

	if (obj == NULL)
		return aasctl_fail(c, AASCTL_FAILED,
		    "no memory for the answer, or a name in it is no UTF-8");
	if (json_object_set_new(obj, "ok", json_true()) == 0 &&
	    json_dumpf(obj, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) == 0 &&
	    puts("") >= 0)
		ok = 1;
	json_decref(obj);
	return ok ? AASCTL_OK : AASCTL_FAILED;
}

int
aasctl_usage(const char *text)
{
	(void)fprintf(stderr, "usage: aasctl %s\n", text);
	return AASCTL_USAGE;
}

static void
usage(FILE *out)
{
	(void)fputs(
	    "usage: aasctl [--json] [--policy FILE] COMMAND ...\n", out);
	for (size_t i = 0; i < VERBS_N; i++)
		(void)fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].what);
}

/* Who asks for help gets it, and has done nothing wrong. */
static int
is_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0 ||
	    strcmp(arg, "help") == 0;
}

static void
to_stderr(int priority, const char *line)
{
	(void)priority;
	(void)fprintf(stderr, "aasctl: %s\n", line);
}

/*
 * Take --json and --policy FILE out of the arguments, wherever they stand;
 * "--" ends it.  Returns the new argc, or -1.
 */
static int
take_globals(struct aasctl *c, int argc, char **argv)
{
	int n = 1;
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			c->json = 1;
		} else if (strcmp(argv[i], "--policy") == 0) {
			if (++i == argc)
				return -1;
			c->policy = argv[i];
		} else {
			argv[n++] = argv[i];
		}
	}
	for (; i < argc; i++)
		argv[n++] = argv[i];
	argv[n] = NULL;
	return n;
}

static int
run(struct aasctl *c, int argc, char **argv)
{
	char name[64];

	if (argc < 2) {
		usage(stderr);
		return AASCTL_USAGE;
	}
	if (is_help(argv[1])) {
		usage(stdout);
		return AASCTL_OK;
	}
	for (size_t i = 0; i < VERBS_N; i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(c, argc - 1, argv + 1);
	}
	(void)fprintf(stderr,
	    "aasctl: there is no command \"%s\"; \"aasctl help\" lists them\n",
	    aas_printable(name, sizeof(name), argv[1]));
	return AASCTL_USAGE;
}

int
main(int argc, char **argv)
{
	struct aasctl c = { 0, NULL };
	int code = AASCTL_USAGE;

	(void)setlocale(LC_CTYPE, "");
	aas_log_sink(to_stderr);
	code = run(&c, take_globals(&c, argc, argv), argv);
	/* A command may have flushed, and lost, a part of it before. */
	if ((fflush(stdout) == EOF || ferror(stdout)) && code == AASCTL_OK) {
		(void)fputs(
		    "aasctl: standard output could not be written\n", stderr);
		code = AASCTL_FAILED;
	}
	return code;
}
