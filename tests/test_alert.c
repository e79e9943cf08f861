/*
 * Alerts: their types, numbers, marks, and waits.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/event/event.h"
#include "lib/event/undelivered.h"
#include "lib/notify/drain.h"
#include "lib/notify/owed.h"
#include "lib/notify/place.h"
#include "lib/notify/room.h"
#include "lib/notify/target.h"
#include "tests/depot.h"
#include "tests/fixture.h"

#define ID "00112233445566778899aabbccddeeff"

static void
kind_that_is_always_told_has_room_kept_free(void **state)
{
	(void)state;
	for (int t = 0; t < AAS_EV_N; t++) {
		const char *name = aas_event_name((enum aas_event_type)t);
		const struct aas_alert_kind *k = aas_alert_kind(name);

		if (k == NULL)
			print_error("no kind for %s\n", name);
		assert_non_null(k);
		assert_true(!k->always || t == AAS_EV_TEST ||
		    t == AAS_EV_DELIVERY_FAILING ||
		    aas_event_reserved((enum aas_event_type)t));
	}
	assert_true(aas_alert_kind("recovery-started")->always);
	assert_true(aas_alert_kind("key-removed")->always);
	assert_true(aas_alert_kind("record-broken")->always);
	assert_true(aas_alert_kind("break-glass")->always);
	assert_false(aas_alert_kind("sign-in")->always);
	assert_null(aas_alert_kind("sign"));
	assert_null(aas_alert_kind_at(AAS_EV_N));
}

static void
queued_text_is_read_back_as_it_was(void **state)
{
	struct aas_queued q = { .queued_s = 5, .next_s = 9, .tries = 2 };
	struct aas_queued back;
	char text[AAS_QUEUED_MAX];
	size_t n = 0;

	(void)state;
	(void)snprintf(q.line.p, sizeof(q.line.p),
	    "{\"number\":3,\"prev\":\"%064d\",\"v\":1,\"id\":\"" ID
	    "\",\"type\":\"test\",\"time\":\"2026-01-01T00:00:00Z\","
	    "\"uid\":7}",
	    0);
	q.line.len = strlen(q.line.p);
	assert_int_equal(
	    aas_queued_mark(&q, "0123456789abcdef", AAS_MARK_DONE), AAS_OK);
	assert_int_equal(
	    aas_queued_mark(&q, "fedcba9876543210", AAS_MARK_FAILED), AAS_OK);
	assert_int_equal(aas_queued_format(&q, text, sizeof(text), &n), AAS_OK);
	assert_int_equal(aas_queued_parse(text, n, &back), AAS_OK);
	assert_memory_equal(&back, &q, sizeof(q));
	assert_int_equal(
	    aas_queued_how(&back, "fedcba9876543210"), AAS_MARK_FAILED);
	assert_int_equal(aas_queued_how(&back, "fedcba9876543211"), 0);
	/* Nothing may be missing or added. */
	for (size_t i = 0; i < n; i++)
		if (aas_queued_parse(text, i, &back) == AAS_OK)
			fail_msg("good after %zu of %zu bytes", i, n);
	text[n] = 'x';
	assert_int_equal(aas_queued_parse(text, n + 1, &back), AAS_ERR_FORMAT);
}

static void
turn_of_what_is_never_suppressed_is_first(void **state)
{
	struct aas_alert key = { .kind = aas_alert_kind("key-added") };
	struct aas_alert plain = { .kind = aas_alert_kind("sign-in") };

	(void)state;
	assert_int_equal(aas_turn_of(&key, 0), AAS_TURN_FIRST);
	assert_int_equal(aas_turn_of(&key, 4), AAS_TURN_FIRST);
	/* One that is refused for ever closes its place to nobody. */
	assert_int_equal(aas_turn_of(&key, 5), AAS_TURN_REST);
	assert_int_equal(aas_turn_of(&plain, 0), AAS_TURN_NEW);
	assert_int_equal(aas_turn_of(&plain, 1), AAS_TURN_REST);
}

static void
target_of_a_desktop_is_each_user_s_own(void **state)
{
	struct aas_target *v = calloc(AAS_TARGETS_MAX, sizeof(*v));
	struct aas_alert a = { .uid = 7, .kind = aas_alert_kind("test") };
	struct aas_contacts c = { .n = 0 };
	struct aas_alerts conf = { .journal = 1, .desktop = 1 };
	char keys[2][AAS_MARK_KEY];

	(void)state;
	assert_non_null(v);
	assert_int_equal(aas_targets_of(&conf, &a, &c, v), 2);
	memcpy(keys[0], v[0].key, sizeof(keys[0]));
	memcpy(keys[1], v[1].key, sizeof(keys[1]));
	a.uid = 8;
	assert_int_equal(aas_targets_of(&conf, &a, &c, v), 2);
	assert_string_equal(v[0].key, keys[0]);
	assert_string_not_equal(v[1].key, keys[1]);
	free(v);
}

static void
target_of_settings_and_of_the_user_is_there_once(void **state)
{
	static const char text[] =
	    "realm = \"example.org\"; alerts = { mail = { to = [ \"a@b.c\" ]; "
	    "}; types = [ \"attempts\" ]; terminals = false; };";
	struct aas_contacts c = { .n = 2,
		.v = { "mailto:a@b.c", "https://x.y/" } };
	struct aas_target *v = calloc(AAS_TARGETS_MAX, sizeof(*v));
	struct aas_alert a = { .kind = aas_alert_kind("recovery-started") };
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];

	(void)state;
	assert_non_null(v);
	assert_int_equal(
	    aas_conf_parse("x", text, strlen(text), &conf, err), AAS_OK);
	/* journal, syslog, the mail and the user's webhook */
	assert_int_equal(aas_targets_of(&conf->alerts, &a, &c, v), 4);
	a.kind = aas_alert_kind("sign-in");
	assert_int_equal(aas_targets_of(&conf->alerts, &a, &c, v), 0);
	aas_conf_free(&conf);
	free(v);
}

/* Of what a program is shown in a log, whatever was let in. */
static void
target_name_has_no_password(void **state)
{
	struct aas_target *v = calloc(AAS_TARGETS_MAX, sizeof(*v));
	struct aas_alerts conf;
	struct aas_contacts c;
	struct aas_alert a;

	(void)state;
	assert_non_null(v);
	memset(&a, 0, sizeof(a));
	memset(&c, 0, sizeof(c));
	aas_alerts_defaults(&conf);
	conf.journal = conf.syslog = conf.audit = 0;
	conf.terminals = conf.desktop = 0;
	c.n = 1;
	(void)snprintf(c.v[0], sizeof(c.v[0]), "%s",
	    "https://user:p@ssw0rd@host:1/token@x");
	assert_int_equal(aas_targets_of(&conf, &a, &c, v), 1);
	assert_string_equal(v[0].name, "webhook:host:1");
	free(v);
}

static void
address_that_is_an_option_or_two_is_none(void **state)
{
	static const char *const bad[] = { "", "a", "@b.c", "a@", "-a@b.c",
		"a@b.c,d@e.f", "a b@c.d", "a@b..c", "a@-b", "<a@b.c>",
		"a@b.c\n", "a;b@c.d", "a@[1.2.3.4]" };
	static const char *const bad_url[] = { "", "http://a/", "https://",
		"https:///x", "https://@a", "https://a b", "https://a\"b",
		"https://a\\b", "https://a\nb", "https://{a,b}", "file:///x",
		"https://user:p@ssw0rd@a/", "https://a@b", "https://a@b?c",
		"https://a:b@c#d" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(aas_alerts_mail_valid(bad[i]));
	assert_true(aas_alerts_mail_valid("first.last+x@mail.example.com"));
	for (size_t i = 0; i < sizeof(bad_url) / sizeof(bad_url[0]); i++)
		assert_false(aas_alerts_url_valid(bad_url[i]));
	assert_true(aas_alerts_url_valid("https://a.b:8443/x?y=z"));
	assert_true(aas_alerts_url_valid("https://a.b/@c?d@e"));
}

#ifndef __SANITIZE_ADDRESS__
/* Not until malloc(3) says no: until there is no room for a line. */
static int
without_memory(void *arg)
{
	static const char line[] =
	    "{\"v\":1,\"id\":\"" ID "\",\"type\":\"test\",\"time\":"
	    "\"2026-01-01T00:00:00Z\",\"uid\":7}";
	const struct rlimit none = { 1, RLIM_INFINITY };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct aas_alert a = { .o = NULL };
	void *volatile p = NULL;

	(void)arg;
	CHECK(aas_alert_parse(line, sizeof(line) - 1, &a) == AAS_OK);
	aas_alert_clear(&a);
	CHECK(aas_alert_parse(line, sizeof(line) - 2, &a) == AAS_ERR_FORMAT);
	CHECK(setrlimit(RLIMIT_AS, &none) == 0);
	for (size_t n = (size_t)1 << 20; n >= 16; n /= 2)
		do
			p = malloc(n);
		while (p != NULL);
	CHECK(aas_alert_parse(line, sizeof(line) - 1, &a) == AAS_ERR_NOMEM);
	/* What measures coverage has to write at the end. */
	CHECK(setrlimit(RLIMIT_AS, &all) == 0);
	return 0;
}

static void
event_that_finds_no_memory_is_not_a_wrong_one(void **state)
{
	(void)state;
	if (fixture_valgrind())
		skip();
	assert_int_equal(fixture_in_child(without_memory, NULL), 0);
}
#endif

/* --- addresses ------------------------------------------------------------ */

#define OLD "mailto:owner@b.c"
#define NEW "mailto:thief@b.c"

static void
put(const struct fixture *f, const struct aas_depot *sp, const char *type,
    unsigned k)
{
	assert_int_equal(depot_put(f, sp, type, 7, k), AAS_OK);
}

static int
count(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	(void)line;
	(void)len;
	(void)a;
	*(size_t *)arg += wrong == NULL;
	return AAS_OK;
}

static void
queue_of_one_user_has_a_bound(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct aas_waits waits = { .v = { { 0 } } };
	size_t n = 0;

	sp.waits = &waits;
	put(f, &sp, "sign-in", 1);
	assert_int_equal(aas_queue_count(sp.queue, 7, &n), AAS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(waits.v[7].n, 1);
	waits.v[7].n = AAS_QUEUE_USER;
	put(f, &sp, "sign-in", 2);
	put(f, &sp, "key-added", 3);
	assert_int_equal(aas_queue_count(sp.queue, 7, &n), AAS_OK);
	assert_int_equal(n, 2);
	/* It has its number all the same. */
	n = 0;
	assert_int_equal(aas_chain_each(sp.alerts, 7, count, &n), AAS_OK);
	assert_int_equal(n, 3);
	/* Another's counts for itself, in the same place of the table. */
	waits.v[7].uid = 7 + AAS_WAITS_MAX;
	put(f, &sp, "sign-in", 4);
	assert_int_equal(aas_queue_count(sp.queue, 7, &n), AAS_OK);
	assert_int_equal(n, 3);
	aas_room_forget(&waits);
	aas_depot_close(&sp);
}

static void
buried(const struct aas_depot *sp, size_t queue, size_t dead)
{
	size_t n = 0;

	assert_int_equal(aas_queue_count(sp->queue, 7, &n), AAS_OK);
	assert_int_equal(n, queue);
	assert_int_equal(aas_queue_count(sp->dead, 7, &n), AAS_OK);
	assert_int_equal(n, dead);
}

static void
queue_that_is_full_gives_up_what_was_tried_for_what_is_new(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct aas_waits waits = { .v = { { 0 } } };
	struct aas_names l = { NULL, 0, 0 };
	struct aas_queued q;

	sp.waits = &waits;
	put(f, &sp, "key-added", 1);
	for (unsigned k = 2; k <= 5; k++)
		put(f, &sp, "sign-in", k);
	/* 1, 3 and 5 were tried, or are done at one place. */
	assert_int_equal(aas_depot_list(sp.queue, &l), AAS_OK);
	for (size_t i = 0; i < l.n; i += 2) {
		assert_int_equal(aas_queue_load(sp.queue, l.v[i], &q), AAS_OK);
		q.tries = i != 4;
		if (i == 4)
			assert_int_equal(aas_queued_mark(&q, "0123456789abcdef",
					     AAS_MARK_DONE),
			    AAS_OK);
		assert_int_equal(aas_queue_save(&sp, l.v[i], &q), AAS_OK);
	}
	assert_int_equal(waits.crowded, 0);
	waits.v[7].n = AAS_QUEUE_USER;
	put(f, &sp, "sign-in", 6);
	buried(&sp, 5, 1);
	assert_int_equal(faccessat(sp.dead, l.v[2], F_OK, 0), 0);
	assert_int_equal(waits.crowded, 1);
	assert_int_equal(waits.v[7].n, AAS_QUEUE_USER);
	put(f, &sp, "sign-in", 7);
	buried(&sp, 5, 2);
	assert_int_equal(faccessat(sp.dead, l.v[4], F_OK, 0), 0);
	/* What was never tried, or is never suppressed, is not given up. */
	put(f, &sp, "sign-in", 8);
	buried(&sp, 5, 2);
	put(f, &sp, "key-added", 9);
	buried(&sp, 6, 2);
	aas_room_forget(&waits);
	aas_names_free(&l);
	aas_depot_close(&sp);
}

static void
dead_letters_of_one_user_have_a_bound(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct aas_names l = { NULL, 0, 0 };
	char name[AAS_DEPOT_NAME];
	size_t n = 0;

	put(f, &sp, "key-added", 1);
	assert_int_equal(aas_depot_list(sp.queue, &l), AAS_OK);
	assert_int_equal(aas_queue_bury(&sp, l.v[0]), AAS_OK);
	for (unsigned i = 0; i < AAS_DEAD_USER + 9; i++) {
		(void)snprintf(name, sizeof(name), "spool/dead/1%05u-x.u%d", i,
		    i % 1000 == 0 ? 8 : 7);
		fixture_write(f, name, "x", 0600);
		(void)snprintf(name, sizeof(name), "spool/dead/2%05u-x", i);
		fixture_write(f, name, "x", 0600);
	}
	assert_int_equal(aas_room_dead(&sp), AAS_OK);
	assert_int_equal(aas_queue_count(sp.dead, AAS_QUEUE_ALL, &n), AAS_OK);
	assert_int_equal(n, 2 * AAS_DEAD_USER + 2);
	buried(&sp, 0, AAS_DEAD_USER);
	/* The oldest went, but for what is never suppressed. */
	assert_int_equal(faccessat(sp.dead, l.v[0], F_OK, 0), 0);
	assert_int_equal(faccessat(sp.dead, "100001-x.u7", F_OK, 0), -1);
	assert_int_equal(faccessat(sp.dead, "100008-x.u7", F_OK, 0), -1);
	assert_int_equal(faccessat(sp.dead, "100009-x.u7", F_OK, 0), 0);
	assert_int_equal(faccessat(sp.dead, "100000-x.u8", F_OK, 0), 0);
	assert_int_equal(faccessat(sp.dead, "200008-x", F_OK, 0), -1);
	assert_int_equal(faccessat(sp.dead, "200009-x", F_OK, 0), 0);
	aas_names_free(&l);
	aas_depot_close(&sp);
}

static size_t
undelivered(const struct fixture *f, uint32_t uid)
{
	char path[FIXTURE_PATH];

	return aas_undelivered(fixture_path(f, "spool", path), uid);
}

static void
undelivered_is_what_waits_or_was_given_up(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct aas_names l = { NULL, 0, 0 };
	uint32_t uid = 0;

	assert_int_equal(aas_queue_uid("0-a.u4294967295", &uid), AAS_OK);
	assert_int_equal(uid, UINT32_MAX);
	assert_int_equal(aas_queue_uid("0-a.json", &uid), AAS_ERR_FORMAT);
	assert_int_equal(aas_queue_uid("0-a.u", &uid), AAS_ERR_FORMAT);
	assert_int_equal(aas_queue_uid("0-a.u1x", &uid), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_queue_uid("0-a.u4294967296", &uid), AAS_ERR_FORMAT);
	assert_int_equal(aas_owed_note(&sp), AAS_OK);
	assert_int_equal(undelivered(f, 7), 0);
	for (unsigned k = 1; k <= 3; k++)
		put(f, &sp, "sign-in", k);
	assert_int_equal(undelivered(f, 7), 0);
	assert_int_equal(aas_owed_note(&sp), AAS_OK);
	assert_int_equal(undelivered(f, 7), 3);
	assert_int_equal(undelivered(f, 70), 0);
	assert_int_equal(aas_depot_list(sp.queue, &l), AAS_OK);
	assert_int_equal(aas_queue_bury(&sp, l.v[0]), AAS_OK);
	assert_int_equal(aas_queue_drop(&sp, l.v[1]), AAS_OK);
	assert_int_equal(aas_owed_note(&sp), AAS_OK);
	assert_int_equal(undelivered(f, 7), 2);
	assert_int_equal(aas_queue_drop(&sp, l.v[2]), AAS_OK);
	assert_int_equal(unlinkat(sp.dead, l.v[0], 0), 0);
	assert_int_equal(aas_owed_note(&sp), AAS_OK);
	assert_int_equal(undelivered(f, 7), 0);
	assert_false(aas_depot_some(sp.owed));
	aas_names_free(&l);
	aas_depot_close(&sp);
}

static void
queue_stale_loses_nothing(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct stat st;

#define TORN "00000000000000000001-torn.json"
	fixture_write(f, "spool/new/." TORN, "{\"v\":1,", 0600);
	assert_int_equal(aas_queue_stale(&sp, "." TORN, 0), AAS_ERR_AGAIN);
	assert_int_equal(
	    aas_queue_stale(&sp, "." TORN, 1LL << 40), AAS_ERR_FORMAT);
	assert_int_equal(fstatat(sp.dead, TORN, &st, 0), 0);
	/* One that cannot be read now may be read later. */
	fixture_write(f, "spool/new/." TORN, "{\"v\":1,", 0622);
	assert_int_equal(
	    aas_queue_stale(&sp, "." TORN, 1LL << 40), AAS_ERR_PERMS);
	assert_int_equal(fstatat(sp.new, "." TORN, &st, 0), 0);
	aas_depot_close(&sp);
}

static int
told(const struct aas_contacts *c, const char *to)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i], to) == 0)
			return 1;
	return 0;
}

static void
address_that_was_dropped_hears_of_it_in_any_order(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct aas_alert change = { .uid = 7,
		.kind = aas_alert_kind("contacts") };
	struct aas_alert plain = { .uid = 7,
		.kind = aas_alert_kind("sign-in") };
	struct aas_contacts old = { .n = 1, .v = { OLD } };
	struct aas_contacts new = { .n = 1, .v = { NEW } };
	struct aas_contacts c;

	aas_contacts_turn(&sp, &plain, &old, 1000, 500, &c);
	assert_int_equal(c.n, 1);
	/* The record is changed, and another alert comes before that of it. */
	aas_contacts_turn(&sp, &plain, &new, 2000, 500, &c);
	assert_true(told(&c, NEW) && !told(&c, OLD));
	aas_contacts_turn(&sp, &plain, &new, 2100, 500, &c);
	aas_contacts_turn(&sp, &change, &new, 2200, 500, &c);
	assert_true(told(&c, NEW) && told(&c, OLD));
	/* The record cannot be read any more. */
	aas_contacts_turn(&sp, &change, NULL, 2200, 500, &c);
	assert_true(told(&c, NEW) && told(&c, OLD));
	aas_contacts_turn(&sp, &plain, NULL, 2200, 500, &c);
	assert_true(told(&c, NEW) && !told(&c, OLD));
	/* All its time, and it has still to hear of one. */
	put(f, &sp, "contacts", 1);
	aas_contacts_turn(&sp, &plain, &new, 9000, 500, &c);
	aas_contacts_turn(&sp, &change, &new, 9000, 500, &c);
	assert_true(told(&c, OLD));
	aas_depot_close(&sp);
}

static void
address_that_was_dropped_is_forgotten_late(void **state)
{
	const struct fixture *f = *state;
	struct aas_depot sp = depot_of(f);
	struct aas_alert change = { .uid = 7,
		.kind = aas_alert_kind("contacts") };
	struct aas_contacts old = { .n = 1, .v = { OLD } };
	struct aas_contacts new = { .n = 1, .v = { NEW } };
	struct aas_contacts c;

	aas_contacts_turn(&sp, &change, &old, 1000, 500, &c);
	put(f, &sp, "sign-in", 1);
	aas_contacts_turn(&sp, &change, &new, 9000, 500, &c);
	assert_true(told(&c, OLD));
	aas_contacts_turn(&sp, &change, &new, 9500, 500, &c);
	assert_true(told(&c, OLD));
	/* A clock that went back only makes it longer. */
	aas_contacts_turn(&sp, &change, &new, 8000, 500, &c);
	aas_contacts_turn(&sp, &change, &new, 8500, 500, &c);
	assert_true(told(&c, OLD));
	aas_contacts_turn(&sp, &change, &new, 8501, 500, &c);
	assert_true(told(&c, NEW) && !told(&c, OLD));
	/* However many come after it. */
	aas_contacts_turn(&sp, &change, &old, 8600, 500, &c);
	for (int i = 0; i < 40; i++) {
		(void)snprintf(
		    new.v[0], sizeof(new.v[0]), "mailto:thief%d@b.c", i);
		aas_contacts_turn(&sp, &change, &new, 8700, 500, &c);
		assert_true(told(&c, new.v[0]) && told(&c, OLD));
	}
	aas_depot_close(&sp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(kind_that_is_always_told_has_room_kept_free),
		FIXTURE_TEST(queued_text_is_read_back_as_it_was),
		FIXTURE_TEST(turn_of_what_is_never_suppressed_is_first),
		FIXTURE_TEST(target_of_a_desktop_is_each_user_s_own),
		FIXTURE_TEST(target_of_settings_and_of_the_user_is_there_once),
		FIXTURE_TEST(target_name_has_no_password),
		FIXTURE_TEST(address_that_is_an_option_or_two_is_none),
#ifndef __SANITIZE_ADDRESS__
		FIXTURE_TEST(event_that_finds_no_memory_is_not_a_wrong_one),
#endif
		FIXTURE_TEST(queue_of_one_user_has_a_bound),
		FIXTURE_TEST(
		    queue_that_is_full_gives_up_what_was_tried_for_what_is_new),
		FIXTURE_TEST(dead_letters_of_one_user_have_a_bound),
		FIXTURE_TEST(undelivered_is_what_waits_or_was_given_up),
		FIXTURE_TEST(queue_stale_loses_nothing),
		FIXTURE_TEST(address_that_was_dropped_hears_of_it_in_any_order),
		FIXTURE_TEST(address_that_was_dropped_is_forgotten_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
