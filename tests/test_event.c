/*
 * The text of an event, held against docs/events.schema.json.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/event/event.h"
#include "tests/fixture.h"

static const struct aas_now now = {
	.real_s = 1780000000, .boottime_ms = 123456, .boot_id = { 1, 2, 3 }
};
#define ID "00112233445566778899aabbccddeeff"

static json_t *
schema(void)
{
	const char *top = getenv("AAS_TOP_SRCDIR");
	char path[4096];
	json_error_t e;
	json_t *j;

	(void)snprintf(path, sizeof(path), "%s/docs/events.schema.json",
	    top != NULL ? top : ".");
	j = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	if (j == NULL)
		fprintf(stderr, "%s:%d: %s\n", path, e.line, e.text);
	assert_non_null(j);
	return j;
}

static int
matches(const char *pattern, const char *s)
{
	regex_t re;
	int r;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	r = regexec(&re, s, 0, NULL, 0) == 0;
	regfree(&re);
	return r;
}

static int
in_list(const json_t *list, const json_t *v)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one) if (json_equal(one, v)) return 1;
	return 0;
}

/* As much of JSON Schema as events.schema.json has. */
static int
fits(const json_t *rule, const json_t *v)
{
	static const char *const known[] = { "type", "const", "enum", "pattern",
		"maxLength", "minimum", "maximum" };
	const char *type = json_string_value(json_object_get(rule, "type"));
	const char *name;
	json_t *x;
	int r = 1;

	json_object_foreach((json_t *)(uintptr_t)rule, name, x)
	{
		size_t i = 0;

		while (i < 7 && strcmp(known[i], name) != 0)
			i++;
		assert_in_range(i, 0, 6);
	}
	if (type != NULL)
		r &= strcmp(type, "string") == 0 ? json_is_string(v)
						 : json_is_integer(v);
	if ((x = json_object_get(rule, "const")) != NULL)
		r &= json_equal(x, v);
	if ((x = json_object_get(rule, "enum")) != NULL)
		r &= in_list(x, v);
	if ((x = json_object_get(rule, "pattern")) != NULL)
		r &= matches(json_string_value(x), json_string_value(v));
	if ((x = json_object_get(rule, "maxLength")) != NULL)
		r &= json_string_length(v) <= (size_t)json_integer_value(x);
	if ((x = json_object_get(rule, "minimum")) != NULL)
		r &= json_integer_value(v) >= json_integer_value(x);
	if ((x = json_object_get(rule, "maximum")) != NULL)
		r &= json_integer_value(v) <= json_integer_value(x);
	return r;
}

/* The line is one, and as the schema wants it. */
static json_t *
load(const char *line, size_t len)
{
	json_t *s = schema();
	const json_t *props = json_object_get(s, "properties");
	json_error_t e;
	json_t *j, *v, *one;
	const char *name;
	size_t i;

	assert_true(len > 0 && len <= AAS_EVENT_MAX && line[len - 1] == '\n');
	assert_int_equal(strlen(line), len);
	for (i = 0; i + 1 < len; i++)
		assert_true(line[i] >= 0x20 && line[i] <= 0x7e);
	j = json_loadb(line, len, JSON_REJECT_DUPLICATES, &e);
	if (j == NULL)
		fprintf(stderr, "%s: %s\n", e.text, line);
	assert_non_null(j);
	json_object_foreach(j, name, v)
	{
		json_t *rule = json_object_get(props, name);

		assert_non_null(rule);
		if (!fits(rule, v))
			fprintf(stderr, "%s: %s", name, line);
		assert_true(fits(rule, v));
	}
	json_array_foreach(json_object_get(s, "required"), i, one)
	    assert_non_null(json_object_get(j, json_string_value(one)));
	json_decref(s);
	return j;
}

static json_t *
made(const struct aas_event *e)
{
	char line[AAS_EVENT_MAX + 1];
	size_t len = 0;

	assert_int_equal(
	    aas_event_format(e, &now, ID, line, sizeof(line), &len), AAS_OK);
	return load(line, len);
}

static const char *
str(json_t *j, const char *name)
{
	return json_string_value(json_object_get(j, name));
}

static void
event_every_type_has_its_name_in_the_schema(void **state)
{
	json_t *s = schema();
	json_t *names = json_object_get(
	    json_object_get(json_object_get(s, "properties"), "type"), "enum");

	(void)state;
	assert_int_equal(json_array_size(names), AAS_EV_N);
	for (int i = 0; i < AAS_EV_N; i++) {
		struct aas_event e = { .type = (enum aas_event_type)i,
			.user = "alice",
			.uid = 1000 };
		json_t *j = made(&e);

		assert_string_equal(str(j, "type"), aas_event_name(e.type));
		assert_int_equal(aas_event_type(str(j, "type")), i);
		assert_string_equal(
		    json_string_value(json_array_get(names, (size_t)i)),
		    aas_event_name(e.type));
		json_decref(j);
	}
	assert_int_equal(aas_event_type("no such"), AAS_EV_N);
	assert_string_equal(aas_event_name(AAS_EV_N), "");
	json_decref(s);
}

static void
event_fields_stand_as_they_were_given(void **state)
{
	const struct aas_event e = { .type = AAS_EV_SIGN_IN,
		.user = "alice",
		.uid = 4294967295u,
		.service = "sshd",
		.tty = "ssh",
		.rhost = "192.0.2.1",
		.key = "blue",
		.via = "ssh-key",
		.session = "0123456789abcdef",
		.by = "root",
		.why = "ok",
		.count = UINT64_C(1) << 40,
		.first_s = 1,
		.last_s = 2,
		.text = "One sentence." };
	json_t *j = made(&e);

	(void)state;
	assert_string_equal(str(j, "id"), ID);
	assert_string_equal(str(j, "time"), "2026-05-28T20:26:40Z");
	assert_string_equal(str(j, "user"), "alice");
	assert_int_equal(
	    json_integer_value(json_object_get(j, "uid")), 4294967295);
	assert_string_equal(str(j, "rhost"), "192.0.2.1");
	assert_string_equal(str(j, "session"), "0123456789abcdef");
	assert_string_equal(str(j, "text"), "One sentence.");
	assert_string_equal(str(j, "first"), "1970-01-01T00:00:01Z");
	assert_int_equal(json_integer_value(json_object_get(j, "count")),
	    (json_int_t)1 << 40);
	json_decref(j);
}

static void
event_what_a_peer_sent_stays_in_its_string(void **state)
{
	static const char *const bad[] = { "\",\"uid\":0,\"x\":\"",
		"a\nb\r\nSubject: x", "\x1b[2J\x07", "\xff\xfe\x80",
		"\xe2\x80\xae"
		"evil",
		"<script>", "\\u0000\\", "\xf0\x9f\x94\x91", "\x7f" };
	/* The same, bytes that are no UTF-8 as Latin-1. */
	static const char *const back[] = { "\",\"uid\":0,\"x\":\"",
		"a\nb\r\nSubject: x", "\x1b[2J\x07", "\xc3\xbf\xc3\xbe\xc2\x80",
		"\xe2\x80\xae"
		"evil",
		"<script>", "\\u0000\\", "\xf0\x9f\x94\x91", "\x7f" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct aas_event e = { .type = AAS_EV_SIGN_IN,
			.user = bad[i],
			.uid = 7,
			.rhost = bad[i],
			.key = bad[i] };
		json_t *j = made(&e);

		assert_string_equal(str(j, "user"), back[i]);
		assert_string_equal(str(j, "rhost"), back[i]);
		assert_string_equal(str(j, "key"), back[i]);
		assert_int_equal(
		    json_integer_value(json_object_get(j, "uid")), 7);
		json_decref(j);
	}
}

static void
event_too_long_is_cut_in_every_field_and_fits(void **state)
{
	static char longs[3][20001];
	json_t *j;

	(void)state;
	memset(longs[0], 'a', 20000);
	memset(longs[1], '\xff', 20000);
	for (size_t i = 0; i < 20000; i += 4)
		memcpy(longs[2] + i, "\xf0\x9f\x94\x91", 4);
	for (size_t i = 0; i < 3; i++) {
		const char *s = longs[i];
		struct aas_event e = { AAS_EV_RECOVERY_CANCELLED, s, UINT32_MAX,
			s, s, s, s, s, s, s, s, UINT64_MAX / 2, INT64_MAX,
			INT64_MAX, s };

		j = made(&e);
		assert_true(
		    strcmp(str(j, "rhost") + strlen(str(j, "rhost")) - 3,
			"...") == 0);
		assert_true(strlen(str(j, "user")) >= 250 || i > 0);
		json_decref(j);
	}
	/* What fits to the byte is whole. */
	longs[0][768] = '\0';
	struct aas_event e = { .type = AAS_EV_TEST, .user = longs[0] };
	j = made(&e);
	assert_string_equal(str(j, "user"), longs[0]);
	json_decref(j);
}

static void
event_without_room_is_told_and_writes_nothing_beyond(void **state)
{
	const struct aas_event e = { .type = AAS_EV_TEST, .user = "alice" };
	char line[AAS_EVENT_MAX + 1], small[AAS_EVENT_MAX + 2];
	size_t len = 0, n = 0;

	(void)state;
	assert_int_equal(
	    aas_event_format(&e, &now, ID, line, sizeof(line), &len), AAS_OK);
	for (size_t cap = 0; cap <= len + 1; cap++) {
		memset(small, 'x', sizeof(small));
		n = 77;
		assert_int_equal(aas_event_format(&e, &now, ID, small, cap, &n),
		    cap == len + 1 ? AAS_OK : AAS_ERR_TOOBIG);
		assert_int_equal(small[cap], 'x');
		assert_int_equal(n, cap == len + 1 ? len : 77);
	}
	assert_int_equal(
	    aas_event_format(&e, &now, "short", line, sizeof(line), &len),
	    AAS_ERR_INVAL);
	struct aas_event none = { .type = AAS_EV_N };
	assert_int_equal(
	    aas_event_format(&none, &now, ID, line, sizeof(line), &len),
	    AAS_ERR_INVAL);
}

static void
event_ids_are_never_twice_the_same(void **state)
{
	char a[AAS_EVENT_ID], b[AAS_EVENT_ID];

	(void)state;
	assert_int_equal(aas_event_id(a), AAS_OK);
	assert_int_equal(aas_event_id(b), AAS_OK);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
}

static void
event_what_has_room_kept_free_is_what_the_page_says(void **state)
{
	(void)state;
	assert_true(aas_event_reserved(AAS_EV_SIGN_IN));
	assert_false(aas_event_reserved(AAS_EV_ATTEMPTS));
	assert_false(aas_event_reserved(AAS_EV_N));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(event_every_type_has_its_name_in_the_schema),
		FIXTURE_TEST(event_fields_stand_as_they_were_given),
		FIXTURE_TEST(event_what_a_peer_sent_stays_in_its_string),
		FIXTURE_TEST(event_too_long_is_cut_in_every_field_and_fits),
		FIXTURE_TEST(
		    event_without_room_is_told_and_writes_nothing_beyond),
		FIXTURE_TEST(event_ids_are_never_twice_the_same),
		FIXTURE_TEST(
		    event_what_has_room_kept_free_is_what_the_page_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
