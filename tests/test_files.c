/*
 * The source "files", through a host of the test's own: what it hands over,
 * and what it says of which line.
 */
#include <sys/resource.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libconfig.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "policy/plugins/files.h"
#include "tests/fixture.h"
#include "tests/plugin_host.h"

#define MAIN "/etc/aas/policy.conf"
#define DIR  "/etc/aas/policy.conf.d"
#define ONE  DIR "/10-one.conf"
#define TWO  DIR "/20-two.conf"

static int
run(struct plugin_host *f)
{
	int status = 0;

	assert_int_equal(aas_arena_new(&f->arena), AAS_OK);
	status = plugin_host_run(f, "/etc/aas");
	aas_arena_free(&f->arena); /* names in f->rules are gone */
	return status;
}

/* The file is refused, and said is exactly this. */
static void
refused(const char *text, const char *said)
{
	struct plugin_host f = { .path = { MAIN }, .text = { text } };

	if (run(&f) != AAS_PLUGIN_UNAVAIL || strcmp(f.said, said) != 0)
		fail_msg("%s\nsays: %snot: %s", text, f.said, said);
}

static void
files_descriptor_is_of_this_version(void **state)
{
	(void)state;
	assert_int_equal(aas_policy_plugin.magic, AAS_PLUGIN_MAGIC);
	assert_int_equal(aas_policy_plugin.major, AAS_PLUGIN_MAJOR);
	assert_string_equal(aas_policy_plugin.name, "files");
	assert_non_null(aas_policy_plugin.lookup);
}

#define ABOUT                                                            \
	"rules = (\n"                                                    \
	"  { name = \"all\"; services = [ \"sshd\" ]; deny = true; },\n" \
	"  { name = \"alice\"; users = [ \"bob\", \"alice\" ];\n"        \
	"    deny = true; },\n"                                          \
	"  { name = \"staff\"; groups = [ \"ops\", \"staff\" ];\n"       \
	"    require = \"enrolled\"; },\n"                               \
	"  { name = \"both\"; users = [ \"alice\" ];\n"                  \
	"    groups = [ \"ops\" ]; deny = true; },\n"                    \
	"  { name = \"lent\"; lease = { grantors = [ \"ops\" ];\n"       \
	"    accounts = [ \"ci\" ]; max = \"8h\"; }; }\n"                \
	");\n"

/* Bits of the rules of ABOUT, in their order, that are about somebody. */
static unsigned
about(const char *user, const char *const *groups)
{
	static const char *const names[] = { "all", "alice", "staff", "both",
		"lent" };
	struct plugin_host f = { .path = { MAIN },
		.text = { ABOUT },
		.user = user,
		.groups = groups };
	unsigned bits = 0;

	assert_int_equal(aas_arena_new(&f.arena), AAS_OK);
	assert_int_equal(plugin_host_run(&f, "/etc/aas"), AAS_PLUGIN_SUCCESS);
	for (unsigned i = 0; i < f.rules_n; i++) {
		for (unsigned k = 0; k < 5; k++)
			bits |=
			    (unsigned)(strcmp(f.rules[i].name, names[k]) == 0)
			    << k;
	}
	aas_arena_free(&f.arena);
	return bits;
}

static void
files_lookup_says_what_is_about_somebody(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const staff[] = { "users", "staff", NULL };
	static const char *const ops[] = { "ops", NULL };

	(void)state;
	assert_int_equal(about("alice", none), 0x03);
	assert_int_equal(about("alice", staff), 0x07);
	assert_int_equal(about("alice", ops), 0x1f);
	assert_int_equal(about("alice", NULL), 0x1f);
	assert_int_equal(about("carol", ops), 0x15);
	assert_int_equal(about("ci", none), 0x11);
	assert_int_equal(about("carol", none), 0x01);
}

static void
files_lookup_without_a_rule_is_notfound(void **state)
{
	static const char *const none[] = { NULL };
	struct plugin_host f = { .path = { MAIN },
		.text = { "rules = ( { name = \"a\"; users = [ \"bob\" ];"
			  " deny = true; } );" },
		.user = "alice",
		.groups = none };

	(void)state;
	assert_int_equal(run(&f), AAS_PLUGIN_NOTFOUND);
	f.user = "bob";
	assert_int_equal(run(&f), AAS_PLUGIN_SUCCESS);
	/* A file with a mistake says nothing of anybody. */
	f.text[0] = "rules = ( { name = \"a\"; users = [ \"bob\" ];"
		    " dny = true; } );";
	f.user = "alice";
	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
}

#define WHOLE                                                               \
	"/* all of it */ rules = (\n"                                       \
	"  { name = \"everything\"; mode = \"warn\";\n"                     \
	"    users = [ \"alice\", \"d\\\\om\" ]; groups = ( \"staff\" );\n" \
	"    services = [ \"sshd\" ]; hosts = [ \"*.example.org\" ];\n"     \
	"    origin = \"remote\"; networks = [ \"192.0.2.0/24\" ];\n"       \
	"    hours = [ \"Mon-Fri 08:00-18:00\" ];\n"                        \
	"    require = \"enrolled\"; from = \"2026-06-01T00:00:00Z\";\n"    \
	"    grace = \"14d\"; enrolled = 3; present = 2;\n"                 \
	"    uv = \"required\"; device_bound = TRUE;\n"                     \
	"    aaguids = [ \"2fc0579f-8113-47ea-b116-bb5a8db9202a\" ];\n"     \
	"    session = \"12h\"; idle = \"15m\"; reauth = \"5m\";\n"         \
	"    window = \"90s\"; alert = \"required\";\n"                     \
	"    training = \"excluded\" },\n"                                  \
	"  { name = \"no\"; deny = true; } // the last\n"                   \
	");\n"

static void
files_whole_grammar_is_handed_over(void **state)
{
	struct plugin_host f = { .path = { MAIN, ONE, TWO },
		.text = { WHOLE,
		    "rules: ( { name: \"glass\", users: (\"root\"),\n"
		    "services: [\"login\"], exempt: true,\n"
		    "break_glass: true } )",
		    "rules = ( { name = \"lend\"; lease = { grantors =\n"
		    "[ \"ops\" ]; accounts = [ \"deploy\", \"ci\" ];\n"
		    "max = \"8h\"; }; } );" } };
	int status = run(&f);

	(void)state;
	if (status != AAS_PLUGIN_SUCCESS)
		fail_msg("%s", f.said);
	assert_string_equal(f.said, "");
	assert_int_equal(f.rules_n, 4);
	assert_int_equal(f.rules[0].effect, AAS_EF_REQUIRE);
	assert_int_equal(f.rules[0].mode, AAS_MODE_WARN);
	assert_int_equal(f.rules[0].users.n, 2);
	assert_int_equal(f.rules[0].groups.n, 1);
	assert_int_equal(f.rules[0].services.n, 1);
	assert_int_equal(f.rules[0].hosts.n, 1);
	assert_int_equal(f.rules[0].origin, AAS_OR_REMOTE);
	assert_int_equal(f.rules[0].nets_n, 1);
	assert_int_equal(f.rules[0].spans_n, 5);
	assert_true(f.rules[0].from_s == 1780272000);
	assert_true(f.rules[0].grace_s == 14 * 86400);
	assert_int_equal(f.rules[0].enrolled_min, 3);
	assert_int_equal(f.rules[0].present, 2);
	assert_int_equal(f.rules[0].uv, 1);
	assert_int_equal(f.rules[0].device_bound, 1);
	assert_int_equal(f.rules[0].aaguids_n, 1);
	assert_true(f.rules[0].session_s == 43200);
	assert_true(f.rules[0].idle_s == 900);
	assert_true(f.rules[0].reauth_s == 300);
	assert_int_equal(f.rules[0].timeout_s, 90);
	assert_int_equal(f.rules[0].alert, 1);
	assert_int_equal(f.rules[0].training, 1);
	assert_int_equal(f.rules[1].effect, AAS_EF_DENY);
	assert_int_equal(f.rules[2].effect, AAS_EF_EXEMPT);
	assert_int_equal(f.rules[2].break_glass, 1);
	assert_int_equal(f.rules[3].effect, AAS_EF_LEASE);
	assert_int_equal(f.rules[3].users.n, 2);
	assert_true(f.rules[3].lease_s == 28800);
}

static void
files_neither_file_nor_directory_is_notfound(void **state)
{
	struct plugin_host none = { .no_dir = 1 };
	struct plugin_host empty = { .no_dir = 0 };

	(void)state;
	assert_int_equal(run(&none), AAS_PLUGIN_NOTFOUND);
	assert_int_equal(run(&empty), AAS_PLUGIN_NOTFOUND);
	assert_string_equal(none.said, "");
}

static void
files_what_cannot_be_read_is_unavail(void **state)
{
	struct plugin_host f = { .path = { MAIN }, .text = { WHOLE } };
	struct aas_plugin_host old = { .struct_size = 16 };

	(void)state;
	f.read_fails = 1;
	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
	f.read_fails = 0;
	f.list_fails = 1;
	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
	f.list_fails = 0;
	f.left_ms = -1;
	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
	assert_non_null(strstr(f.said, "no time left"));
	assert_int_equal(
	    aas_policy_plugin.rules(&old, NULL), AAS_PLUGIN_UNAVAIL);
}

/* In each, the line that is to blame ends with what is expected. */
static const struct {
	const char *text, *said;
} mistakes[] = {
	{ "", ": rules is missing" },
	{ "# nothing\n/* at all */\n", ": rules is missing" },
	{ "rules = ();", ":1: rules is empty" },
	{ "\nrules = { };",
	    ":2: rules must be a list of groups, ( { ... }, ... )" },
	{ "rules = [ ];",
	    ":1: rules must be a list of groups, ( { ... }, ... )" },
	{ "rules = true;",
	    ":1: rules must be a list of groups, ( { ... }, ... )" },
	{ "rules = ( { name = \"a\"; deny = true; } );\n\nrule = 1;",
	    ":3: unknown setting \"rule\"" },
	{ "Rules = ( { name = \"a\"; deny = true; } );",
	    ":1: unknown setting \"Rules\"\n" MAIN ": rules is missing" },
	{ "rules = ( 1 );", ":1: a rule must be a group, { ... }" },
	{ "rules = (\n( { name = \"a\"; deny = true; } ) );",
	    ":2: a rule must be a group, { ... }" },
	/* truncated */
	{ "rules = ( { name = \"a\"; deny = true; }\n", ":2: syntax error" },
	{ "rules = ( { name = \"a\"; deny = true;\n", ":2: syntax error" },
	{ "rules = ( { name = \"a", ":1: a text without its end" },
	{ "rules = ( { name = \"a\n\"; } );",
	    ":1: a text over the end of its line" },
	{ "rules = (\n{ name = \"a\"; deny = true; } );\n/* )\n\n",
	    ":5: a comment without its end" },
	{ "rules = ( { name = \"a\";\n/* deny = true; } );",
	    ":2: a comment without its end" },
	{ "rules = ( { name = \"a\"; deny = true; } ); # end", NULL },
	{ "rules = (\n{ name = \"a\"; deny = true; } );\n)",
	    ":3: syntax error" },
	/* twice */
	{ "rules = ( { name = \"a\"; deny = true; } );\n"
	  "rules = ( { name = \"b\"; deny = true; } );",
	    ":2: duplicate setting name" },
	{ "rules = ( { name = \"a\";\nname = \"b\"; deny = true; } );",
	    ":2: duplicate setting name" },
	{ "rules = (\n{ name = \"a\"; deny = true; },\n"
	  "{ name = \"a\"; uv = \"required\"; } );",
	    ":3: the name \"a\" is in use: " MAIN ":2" },
	/* settings */
	{ "rules = (\n{ deny = true; } );", ":2: name: is missing" },
	{ "rules = ( { name = \"a\";\nfoo = 1; deny = true; } );",
	    ":2: unknown setting \"foo\"" },
	{ "rules = ( { name = \"a\";\nUsers = [ \"a\" ]; } );",
	    ":2: unknown setting \"Users\"" },
	{ "rules = ( {\nname = 1; deny = true; } );",
	    ":2: name must be text in double quotes" },
	{ "rules = ( { name = \"a\";\ndeny = false; } );",
	    ":2: deny can only be true; otherwise leave it out" },
	{ "rules = ( { name = \"a\";\ndeny = 1; } );",
	    ":2: deny can only be true; otherwise leave it out" },
	{ "rules = ( { name = \"a\";\ndeny = \"true\"; } );",
	    ":2: deny can only be true; otherwise leave it out" },
	{ "rules = ( { name = \"a\"; deny = true;\nusers = \"b\"; } );",
	    ":2: users must be a list, such as [ \"one\", \"two\" ]" },
	{ "rules = ( { name = \"a\"; deny = true;\nusers = [ ]; } );",
	    ":2: users is empty" },
	{ "rules = ( { name = \"a\"; deny = true;\nusers = ( ); } );",
	    ":2: users is empty" },
	{ "rules = ( { name = \"a\"; deny = true; users = (\n"
	  "\"b\",\n2 ); } );",
	    ":3: users must be text in double quotes" },
	{ "rules = ( { name = \"a\"; deny = true; users = (\n"
	  "( \"b\" ) ); } );",
	    ":2: users must be text in double quotes" },
	{ "rules = ( { name = \"a\";\npresent = \"2\"; } );",
	    ":2: present must be a number" },
	{ "rules = ( { name = \"a\";\npresent = 1.0; } );",
	    ":2: present must be a number" },
	{ "rules = ( { name = \"a\";\npresent = 1L; } );",
	    ":2: present must be a number" },
	{ "rules = ( { name = \"a\";\nlease = true; } );",
	    ":2: lease must be a group, { ... }" },
	{ "rules = ( { name = \"a\";\nlease = { }; } );",
	    ":2: lease is empty" },
	{ "rules = ( { name = \"a\"; lease = {\nuntil = \"1h\"; }; } "
	  ");",
	    ":2: unknown setting \"until\"" },
	{ "rules = ( { name = \"a\"; deny = true;\nname\n= [ ]; } );",
	    ":2: duplicate setting name" },
	/* what the host says, where it stands */
	{ "rules = ( { name = \"a\"; deny = true;\n"
	  "networks = [ \"10.0.0.0/33\" ]; } );",
	    ":2: networks: \"10.0.0.0/33\" is not a network" },
	{ "rules = ( { name = \"a\"; deny = true;\n"
	  "networks = [ \"10.0.0.0/8\",\n\"10.0.0.1/8\" ]; } );",
	    ":3: networks: \"10.0.0.1/8\" is not a network" },
	{ "rules = ( { name = \"a\"; deny = true;\n\n"
	  "groups = [ \"none\" ]; } );",
	    ":3: groups: \"none\" is not a group of this host" },
	{ "rules = ( { name = \"a\"; require = \"enrolled\";\n"
	  "from = \"2026-02-29T00:00:00Z\"; } );",
	    ":2: from: \"2026-02-29T00:00:00Z\" is not a date such as "
	    "\"2026-06-01T00:00:00Z\"" },
	{ "rules = ( { name = \"a\";\npresent = 0; } );",
	    ":2: present: must be 1 to 2" },
	{ "rules = ( { name = \"a\";\npresent = -1; } );",
	    ":2: present: must be 1 to 2" },
	{ "rules = ( { name = \"a\"; lease = {\n"
	  "grantors = [ \"g\" ];\naccounts = [ \"b\" ];\n"
	  "max = \"1s\"; }; } );",
	    ":4: max: must be 60 to 3162240000 seconds" },
	{ "rules = ( { name = \"a\"; lease = {\n"
	  "grantors = [ \"none\" ];\naccounts = [ \"b\" ];\n"
	  "max = \"1h\"; }; } );",
	    ":2: grantors: \"none\" is not a group of this host" },
	{ "rules = ( { name = \"a\";\nlease = {\n"
	  "grantors = [ \"g\" ]; }; } );",
	    ":2: lease: needs grantors, accounts and max" },
	{ "rules = ( { name = \"a\";\ndeny = true;\n"
	  "session = \"1h\"; } );",
	    ":3: session: cannot stand beside deny" },
	{ "rules = (\n\n{ name = \"a\"; users = [ \"b\" ]; } );",
	    ":3: name: the rule does nothing: it has no deny, exempt, "
	    "require, lease or term" },
	/* several at once */
	{ "rules = (\n{ name = \"a\"; x = 1; },\n"
	  "{ name = \"b\"; y = 1; } );",
	    ":2: unknown setting \"x\"\n" MAIN ":3: unknown setting \"y\"" },
};

static void
files_f44_bad_file_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char said[512];

		if (mistakes[i].said == NULL) {
			struct plugin_host f = { .path = { MAIN },
				.text = { mistakes[i].text } };

			assert_int_equal(run(&f), AAS_PLUGIN_SUCCESS);
			continue;
		}
		(void)snprintf(
		    said, sizeof(said), MAIN "%s\n", mistakes[i].said);
		refused(mistakes[i].text, said);
	}
}

static void
files_h3_h4_what_libconfig_misreads_is_refused(void **state)
{
	static const char nul[] = "rules = ( { name = \"a\";\nusers = [ "
				  "\"a\0b\" ]; deny = true; } );";
	struct plugin_host f = {
		.path = { MAIN }, .text = { nul }, .len = { sizeof(nul) - 1 }
	};

	(void)state;
	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
	assert_string_equal(f.said, MAIN ":2: a NUL byte\n");
	refused("rules = ( { name = \"a\";\nenrolled = 4294967299; } );",
	    MAIN ":2: a number of more than nine digits\n");
	refused("rules = ( { name = \"a\";\nenrolled = 0x3; } );",
	    MAIN ":2: hexadecimal numbers are not allowed here\n");
	refused("rules = ( { name = \"a\"; deny = true;\n"
		"users = [ \"a\" \"b\" ]; } );",
	    MAIN ":2: two texts with nothing between them\n");
	refused("rules = ( { name = \"a\"; deny = true;\n"
		"users = [ \"a\\nb\" ]; } );",
	    MAIN ":2: a backslash before neither a backslash nor a quote\n");
	refused("@include \"/etc/shadow\"\n",
	    MAIN ":1: @include is not allowed here\n");
	/* Octal is decimal to libconfig, and 010 nobody means. */
	refused("rules = ( { name = \"a\";\nenrolled = 010; } );",
	    MAIN ":2: enrolled: must be 2 to 8\n");
}

static void
files_same_name_in_two_files_names_both(void **state)
{
	struct plugin_host f = { .path = { ONE, TWO },
		.text = { "\nrules = ( { name = \"a\"; deny = true; } );",
		    "rules = ( { name = \"b\"; deny = true; },\n\n"
		    "{ name = \"a\"; deny = true; } );" } };

	(void)state;
	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
	assert_string_equal(
	    f.said, TWO ":3: the name \"a\" is in use: " ONE ":2\n");
}

/* All mistakes of a file are said, each with its line; in one rule, too. */
static void
files_every_mistake_is_said(void **state)
{
	(void)state;
	refused("rules = (\n"
		"{ name = \"a\"; require = \"enrolled\";\n"
		"  groups = [ \"g\",\n"
		"    \"none\" ];\n"
		"  networks = [ \"192.0.2.1/24\", \"::/0\",\n"
		"    \"everywhere\" ];\n"
		"  hours = [ \"24:00-06:00\" ];\n"
		"  from = \"soon\";\n"
		"  present = 3;\n"
		"  uv = \"no\"; },\n"
		"{ name = \"b b\"; deny = true;\n"
		"  aaguids = [ \"x\" ]; },\n"
		"{ name = \"c\"; user = [ \"d\" ];\n"
		"  session = \"0s\"; },\n"
		"{ name = 1; idle = \"0s\"; hosts = ( \"h\", 1 ); },\n"
		"{ name = \"c\"; lease = { grantors = [ \"g\", \"none\" ];\n"
		"  accounts = [ \"e\" ];\n"
		"  max = \"1s\"; }; } );\n",
	    MAIN ":10: uv: \"no\" is not \"required\" or \"discouraged\"\n" MAIN
		 ":4: groups: \"none\" is not a group of this host\n" MAIN
		 ":5: networks: \"192.0.2.1/24\" is not a network\n" MAIN
		 ":6: networks: \"everywhere\" is not a network\n" MAIN
		 ":7: hours: \"24:00-06:00\" is not a time of the week\n" MAIN
		 ":9: present: must be 1 to 2\n" MAIN
		 ":8: from: \"soon\" is not a date such as "
		 "\"2026-06-01T00:00:00Z\"\n" MAIN
		 ":11: name: must be 1 to 64 of a-z, A-Z, 0-9, \".\", \"_\" "
		 "and \"-\"\n" MAIN
		 ":12: aaguids: \"x\" is not an AAGUID\n" MAIN
		 ":13: unknown setting \"user\"\n" MAIN
		 ":14: session: must be 1 to 3162240000 seconds\n" MAIN
		 ":15: name must be text in double quotes\n" MAIN
		 ":15: hosts must be text in double quotes\n" MAIN
		 ":15: idle: must be 1 to 3162240000 seconds\n" MAIN
		 ":16: grantors: \"none\" is not a group of this host\n" MAIN
		 ":18: max: must be 60 to 3162240000 seconds\n" MAIN
		 ":16: the name \"c\" is in use: " MAIN ":13\n");
	/* What does not go together is not said of what is left. */
	refused("rules = ( { name = \"a\"; exempt = true;\n"
		"users = [ \"a/b\" ]; services = [ \"s\" ]; } );",
	    MAIN ":2: users: \"a/b\" is not a name here\n");
}

static void
files_reports_end_after_twenty(void **state)
{
	struct plugin_host f = { .path = { MAIN } };
	char text[4096] = "rules = (";

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "{ name = \"a\"; foo = 1; }, ");
	strcat(text, "{ name = \"z\"; deny = true; } );");
	f.text[0] = text;
	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
	assert_int_equal(f.reports, 20);
	assert_int_equal(f.rules_n, 0);
}

/* --- the reader against libconfig ------------------------------------------
 */

static int
same(const struct files_reader *r, uint32_t at, config_setting_t *cs)
{
	const struct files_node *node = &r->node[at];
	const char *name = config_setting_name(cs);
	uint32_t i = node->first;
	int type = config_setting_type(cs);

	if ((name == NULL) != (node->name == NULL) ||
	    (name != NULL && strcmp(name, node->name) != 0))
		return 0;
	switch ((enum files_kind)node->kind) {
	case FILES_TEXT:
		return type == CONFIG_TYPE_STRING &&
		    strcmp(config_setting_get_string(cs), node->text) == 0;
	case FILES_NUMBER:
		return type == CONFIG_TYPE_INT &&
		    config_setting_get_int(cs) == node->number;
	case FILES_BOOL:
		return type == CONFIG_TYPE_BOOL &&
		    config_setting_get_bool(cs) == node->number;
	case FILES_OTHER:
		return type == CONFIG_TYPE_INT64 || type == CONFIG_TYPE_FLOAT;
	case FILES_GROUP:
		if (type != CONFIG_TYPE_GROUP)
			return 0;
		break;
	case FILES_ARRAY:
		if (type != CONFIG_TYPE_ARRAY)
			return 0;
		break;
	case FILES_LIST:
		if (type != CONFIG_TYPE_LIST)
			return 0;
		break;
	}
	if (config_setting_length(cs) != (int)node->n)
		return 0;
	for (unsigned k = 0; k < node->n; k++, i = r->node[i].next) {
		if (i == FILES_NONE ||
		    !same(r, i, config_setting_get_elem(cs, k)))
			return 0;
	}
	return i == FILES_NONE;
}

#define ROOT_MAX 64

/* The settings of a text, as nodes; how many, or -1: it is not taken. */
static int
read_all(struct files_reader *r, char *text, uint32_t at[ROOT_MAX])
{
	const char *name = NULL;
	uint32_t line = 0;
	int n = 0;
	int e = 0;

	files_begin(r, text, strlen(text));
	while ((e = files_name(r, &name, &line)) == 1) {
		if (n == ROOT_MAX || files_value(r, &at[n]) == -1)
			return -1;
		r->node[at[n]].name = name;
		/* At the top the plugin knows what is there twice. */
		for (int i = 0; i < n; i++) {
			if (strcmp(r->node[at[i]].name, name) == 0)
				return -1;
		}
		n++;
		files_close(r);
	}
	return e == 0 ? n : -1;
}

/*
 * 1: the reader takes it and libconfig reads the same, 0: it is not taken,
 * -1: read in two ways.  libconfig leaks where it fails, so it is asked last.
 */
static int
agrees(const char *text)
{
	char copy[4096], ended[4096];
	char err[AAS_CONF_ERR];
	uint32_t at[ROOT_MAX];
	struct files_reader r;
	config_t cfg;
	int n = 0;
	int bad = 0;

	if (aas_conf_guard("t", text, strlen(text), err) != AAS_OK)
		return 0;
	/* libconfig wants an end of the last line, if it is a comment. */
	(void)snprintf(copy, sizeof(copy), "%s", text);
	(void)snprintf(ended, sizeof(ended), "%s\n", text);
	n = read_all(&r, copy, at);
	if (n != -1) {
		config_setting_t *root = NULL;

		config_init(&cfg);
		bad = config_read_string(&cfg, ended) != CONFIG_TRUE;
		root = config_root_setting(&cfg);
		bad |= config_setting_length(root) != n;
		for (int i = 0; !bad && i < n; i++)
			bad = !same(&r, at[i],
			    config_setting_get_elem(root, (unsigned)i));
		config_destroy(&cfg);
	}
	files_end(&r);
	return n == -1 ? 0 : bad ? -1 : 1;
}

static void
files_h3_reader_takes_nothing_that_libconfig_reads_otherwise(void **state)
{
	static const char bytes[] = "{}()[];,:=\"\\#/*-+.0123456789LeEtruefals "
				    "\n\trx_";
	static const char *const texts[] = { WHOLE,
		"a=-1;b=[1,-22,+3];c:(TRUE,\"\",{d=010;},()),e=1L;f=2.50;",
		"r=({n=\"a\";u=[\"b\",\"c\"];p=2;d=true},{}//\n,{/**/});" };
	unsigned long seed = 20260601;
	unsigned taken_n = 0;

	(void)state;
	for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
		assert_int_equal(agrees(texts[k]), 1);
	for (unsigned i = 0; i < 60000; i++) {
		char text[2048];
		size_t len = 0;
		int r = 0;

		(void)snprintf(text, sizeof(text), "%s", texts[i % 3]);
		len = strlen(text);
		for (unsigned k = 0; k < 1 + i % 4; k++) {
			char *at = NULL;

			seed =
			    seed * 6364136223846793005u + 1442695040888963407u;
			at = text + (seed >> 33) % len;
			if ((seed >> 20) % 3 == 0) /* one byte less */
				memmove(at, at + 1, strlen(at));
			else
				*at = bytes[(seed >> 40) % (sizeof(bytes) - 1)];
			if ((len = strlen(text)) == 0)
				break;
		}
		if ((r = agrees(text)) == -1)
			fail_msg("%u: read in two ways: %s", i, text);
		taken_n += (unsigned)r;
	}
	assert_true(taken_n > 3000);
}

/* --- how much --------------------------------------------------------------
 */

struct text {
	char *p;
	size_t len, room;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	if (t->room - t->len < 256) {
		t->room = t->room * 2 + 4096;
		t->p = realloc(t->p, t->room);
		assert_non_null(t->p);
	}
	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->p + t->len, t->room - t->len, fmt, ap);
	va_end(ap);
}

static double
seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Where time and memory are not what they are elsewhere. */
static int
slow(void)
{
#ifdef __SANITIZE_ADDRESS__
	return 1;
#else
	return fixture_valgrind();
#endif
}

/* Refused in these words, within two seconds of processor time. */
static void
refused_soon(struct text *t, const char *said)
{
	struct plugin_host f = {
		.path = { MAIN }, .text = { t->p }, .len = { t->len }
	};
	double from = seconds();

	assert_int_equal(run(&f), AAS_PLUGIN_UNAVAIL);
	assert_string_equal(f.said, said);
	assert_true(slow() || seconds() - from < 2.0);
	t->len = 0;
}

static void
files_f43_cve_2025_7519_huge_file_is_refused_by_a_limit(void **state)
{
	struct text t = { NULL, 0, 0 };
	struct rusage before, after;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	/* a million rules */
	add(&t, "rules = (\n");
	for (int i = 0; i < 1000000; i++)
		add(&t, "{name=\"r%d\";deny=true;},\n", i);
	add(&t, "{name=\"z\";deny=true;});\n");
	refused_soon(&t, MAIN ":250002: more than 250000 rules\n");
	/* a million deep */
	add(&t, "rules = ");
	for (int i = 0; i < 1000000; i++)
		add(&t, "(");
	refused_soon(&t, MAIN ":1: nested too deeply\n");
	/* a string of 4 MB */
	add(&t, "rules = ( { name = \"");
	for (int i = 0; i < 4000000; i++)
		add(&t, "x");
	add(&t, "\"; } );");
	refused_soon(&t, MAIN ":1: a text of more than 4096 bytes\n");
	/* a list, a group */
	add(&t, "rules = ( { name = \"a\"; users = [ \"b\"");
	for (int i = 0; i < 4096; i++)
		add(&t, ", \"b\"");
	add(&t, "]; } );");
	refused_soon(&t, MAIN ":1: a list of more than 4096 entries\n");
	add(&t, "rules = ( {");
	for (int i = 0; i < 100; i++)
		add(&t, "n%d = 1;\n", i);
	add(&t, "} );");
	refused_soon(&t, MAIN ":65: a group of too many settings\n");
	/* 64 MiB and one byte */
	free(t.p);
	t.len = (size_t)64 * 1024 * 1024 + 1;
	t.p = malloc(t.len);
	assert_non_null(t.p);
	memset(t.p, ' ', t.len);
	refused_soon(&t, MAIN ": larger than 67108864 bytes\n");
	free(t.p);
	/* Beside the texts themselves next to nothing. */
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(slow() || after.ru_maxrss - before.ru_maxrss < 256L * 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    files_f43_cve_2025_7519_huge_file_is_refused_by_a_limit),
		cmocka_unit_test(files_descriptor_is_of_this_version),
		cmocka_unit_test(files_lookup_says_what_is_about_somebody),
		cmocka_unit_test(files_lookup_without_a_rule_is_notfound),
		cmocka_unit_test(files_whole_grammar_is_handed_over),
		cmocka_unit_test(files_neither_file_nor_directory_is_notfound),
		cmocka_unit_test(files_what_cannot_be_read_is_unavail),
		cmocka_unit_test(files_f44_bad_file_is_refused_with_its_line),
		cmocka_unit_test(
		    files_h3_h4_what_libconfig_misreads_is_refused),
		cmocka_unit_test(files_same_name_in_two_files_names_both),
		cmocka_unit_test(files_every_mistake_is_said),
		cmocka_unit_test(files_reports_end_after_twenty),
		cmocka_unit_test(
		    files_h3_reader_takes_nothing_that_libconfig_reads_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
