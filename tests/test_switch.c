#include <string.h>

#include "lib/err.h"
#include "policy/source/source.h"
#include "tests/fixture.h"

static struct aas_switch sw;
static char err[256];

static uint8_t
act(size_t i, int status)
{
	return sw.of[i].action[status];
}

static void
switch_names_have_the_defaults(void **state)
{
	(void)state;
	assert_int_equal(
	    aas_switch_parse(" files\tattest my_source2 ", &sw, err), AAS_OK);
	assert_string_equal(err, "");
	assert_int_equal(sw.n, 3);
	assert_string_equal(sw.of[0].name, "files");
	assert_string_equal(sw.of[1].name, "attest");
	assert_string_equal(sw.of[2].name, "my_source2");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(act(i, AAS_PLUGIN_SUCCESS), AAS_SA_CONTINUE);
		assert_int_equal(act(i, AAS_PLUGIN_NOTFOUND), AAS_SA_CONTINUE);
		assert_int_equal(act(i, AAS_PLUGIN_UNAVAIL), AAS_SA_DENY);
		assert_int_equal(act(i, AAS_PLUGIN_TRYAGAIN), AAS_SA_DENY);
	}
}

static void
switch_actions_are_of_the_name_before(void **state)
{
	(void)state;
	assert_int_equal(
	    aas_switch_parse("a [UNAVAIL=continue] b", &sw, err), AAS_OK);
	assert_int_equal(act(0, AAS_PLUGIN_UNAVAIL), AAS_SA_CONTINUE);
	assert_int_equal(act(0, AAS_PLUGIN_TRYAGAIN), AAS_SA_DENY);
	assert_int_equal(act(1, AAS_PLUGIN_UNAVAIL), AAS_SA_DENY);
	/* As nsswitch.conf(5): any case, any space, no space before '['. */
	assert_int_equal(
	    aas_switch_parse("a[ success=RETURN\tNotFound=deny ]b", &sw, err),
	    AAS_OK);
	assert_int_equal(sw.n, 2);
	assert_int_equal(act(0, AAS_PLUGIN_SUCCESS), AAS_SA_RETURN);
	assert_int_equal(act(0, AAS_PLUGIN_NOTFOUND), AAS_SA_DENY);
}

static void
switch_negation_means_every_other(void **state)
{
	(void)state;
	assert_int_equal(
	    aas_switch_parse("a [!SUCCESS=return]", &sw, err), AAS_OK);
	assert_int_equal(act(0, AAS_PLUGIN_SUCCESS), AAS_SA_CONTINUE);
	assert_int_equal(act(0, AAS_PLUGIN_NOTFOUND), AAS_SA_RETURN);
	assert_int_equal(act(0, AAS_PLUGIN_UNAVAIL), AAS_SA_RETURN);
	assert_int_equal(act(0, AAS_PLUGIN_TRYAGAIN), AAS_SA_RETURN);
	/* The later one counts. */
	assert_int_equal(
	    aas_switch_parse("a [!SUCCESS=return UNAVAIL=deny]", &sw, err),
	    AAS_OK);
	assert_int_equal(act(0, AAS_PLUGIN_UNAVAIL), AAS_SA_DENY);
}

static void
switch_unknown_token_is_an_error(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{ "", "no source is named" },
		{ " \t ", "no source is named" },
		{ "[UNAVAIL=deny]", "not expected here" },
		{ "files [UNAVAIL=deny] [TRYAGAIN=deny]", "not expected here" },
		{ "files ]", "not expected here" },
		{ "files [UNAVAIL=deny", "']' is missing" },
		{ "files [", "']' is missing" },
		{ "files []", "nothing in it" },
		{ "files [ ]", "nothing in it" },
		{ "files [[UNAVAIL=deny]]", "not expected here" },
		{ "files [UNAVAIL]", "STATUS=action" },
		{ "files [UNAVAIL = deny]", "STATUS=action" },
		{ "files [UNAVIAL=deny]", "no such status" },
		{ "files [=deny]", "no such status" },
		{ "files [!=deny]", "no such status" },
		{ "files [!!UNAVAIL=deny]", "no such status" },
		{ "files [UNAVAIL=dney]", "no such action" },
		{ "files [UNAVAIL=]", "no such action" },
		{ "files [UNAVAIL=merge]", "no such action" },
		{ "files [UNAVAIL==deny]", "no such action" },
		{ "files [UNAVAIL=deny UNAVAIL=continue]", "said twice" },
		{ "files attest files", "named twice" },
		{ "Files", "not a name" },
		{ "files,attest", "not a name" },
		{ "../files", "not a name" },
		{ "files\nattest", "not a name" },
		{ "fil\xc3\xa9s", "not a name" },
		{ "files [!SUCCESS=deny]!", "not a name" },
		{ "a23456789012345678901234567890123", "not a name" },
		{ "a2345678901234567890123456789012", "not a name" },
		{ "a b c d e f g h i j k l m n o p q", "one source too many" },
	};

	(void)state;
	memset(&sw, 0x5a, sizeof(sw));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    aas_switch_parse(bad[i].line, &sw, err), AAS_ERR_FORMAT);
		if (strstr(err, bad[i].says) == NULL)
			fail_msg("\"%s\": %s", bad[i].line, err);
		assert_int_equal(sw.of[0].action[0], 0x5a); /* untouched */
	}
	assert_int_equal(
	    aas_switch_parse("a234567890123456789012345678901 b c d e f g h i "
			     "j k l m n o p",
		&sw, err),
	    AAS_OK);
}

static void
switch_error_text_is_bounded_and_printable(void **state)
{
	char line[4096];

	(void)state;
	memset(line, '\x1b', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(aas_switch_parse(line, &sw, err), AAS_ERR_FORMAT);
	assert_null(strchr(err, '\x1b'));
	assert_true(strlen(err) < sizeof(err));
}

static void
switch_a_status_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(aas_source_status(AAS_PLUGIN_SUCCESS), "SUCCESS");
	assert_string_equal(aas_source_status(AAS_PLUGIN_TRYAGAIN), "TRYAGAIN");
	assert_string_equal(aas_source_status(0), "UNAVAIL");
	assert_string_equal(aas_source_status(5), "UNAVAIL");
	assert_string_equal(aas_source_status(-1), "UNAVAIL");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(switch_names_have_the_defaults),
		FIXTURE_TEST(switch_actions_are_of_the_name_before),
		FIXTURE_TEST(switch_negation_means_every_other),
		FIXTURE_TEST(switch_unknown_token_is_an_error),
		FIXTURE_TEST(switch_error_text_is_bounded_and_printable),
		FIXTURE_TEST(switch_a_status_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
