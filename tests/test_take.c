/*
 * How new events are numbered: in which order, and how many at a time.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/attempts.h"
#include "lib/event/spool.h"
#include "lib/event/spool_parts.h"
#include "lib/fs.h"
#include "lib/notify/drain_parts.h"
#include "tests/depot.h"
#include "tests/fixture.h"

#define UID 7

static void
put(const struct fixture *f, unsigned k, const char *type)
{
	char path[96], text[256];

	(void)snprintf(path, sizeof(path), "spool/new/0%019u-%032x.json", k, k);
	(void)snprintf(text, sizeof(text),
	    "{\"v\":1,\"id\":\"%032x\",\"type\":\"%s\",\"time\":"
	    "\"2026-01-01T00:00:00Z\",\"uid\":%d}\n",
	    k, type, UID);
	fixture_write(f, path, text, 0600);
}

/* Which number the one of that type has; how many there are. */
struct seen {
	const char *type;
	size_t n, times;
	uint64_t number;
};

static int
see(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	struct seen *s = arg;

	(void)line;
	(void)len;
	assert_null(wrong);
	s->n++;
	if (strcmp(aas_alert_str(a, "type"), s->type) == 0) {
		s->times++;
		s->number = a->number;
	}
	return AAS_OK;
}

static struct seen
chain_of(const struct aas_drain *d, const char *type)
{
	struct seen s = { .type = type };

	assert_int_equal(aas_chain_each(d->sp.alerts, UID, see, &s), AAS_OK);
	return s;
}

static void
begin(const struct fixture *f, struct aas_drain *d, char *path)
{
	memset(d, 0, sizeof(*d));
	d->spooldir = fixture_path(f, "spool", path);
	d->sp = depot_of(f);
	d->until_ms = aas_clock_ms() + 600000;
}

static void
take_of_thousands_stops_and_has_what_is_urgent(void **state)
{
	const struct fixture *f = *state;
	struct aas_drain d;
	char path[FIXTURE_PATH];
	struct seen s;

	/* Minutes, there. */
	if (fixture_valgrind())
		skip();
	begin(f, &d, path);
	for (unsigned k = 1; k <= AAS_TAKE_MAX + 1; k++)
		put(f, k, "sign-in");
	put(f, AAS_TAKE_MAX + 2, "key-added");
	aas_drain_take(&d);
	s = chain_of(&d, "key-added");
	assert_int_equal(s.times, 1);
	assert_int_equal(s.number, 1);
	assert_in_range(s.n, 2, AAS_TAKE_MAX + 1);
	assert_true(d.cut);
	/* Its time is over. */
	d.until_ms = aas_clock_ms();
	aas_drain_take(&d);
	assert_int_equal(chain_of(&d, "key-added").n, s.n);
	assert_true(d.cut);
	d.until_ms += 600000;
	while (d.cut)
		aas_drain_take(&d);
	assert_false(aas_depot_some(d.sp.new));
	s = chain_of(&d, "sign-in");
	assert_int_equal(s.n, AAS_TAKE_MAX + 2);
	assert_int_equal(s.times, AAS_TAKE_MAX + 1);
	aas_depot_close(&d.sp);
}

static void
take_after_a_crash_numbers_attempts_once(void **state)
{
	const struct fixture *f = *state;
	struct aas_drain d;
	char path[FIXTURE_PATH];
	struct seen s;
	int queue;

	if (fixture_valgrind())
		skip();
	begin(f, &d, path);
	assert_int_equal(aas_attempts_add(d.spooldir, NULL, UID, "u", "sshd",
			     "192.0.2.1", 1780000000),
	    AAS_OK);
	/* Numbered, and then the end. */
	queue = d.sp.queue;
	d.sp.queue = -1;
	aas_drain_take(&d);
	d.sp.queue = queue;
	assert_int_equal(chain_of(&d, "attempts").times, 1);
	/* More than the lines in which it is looked for. */
	for (unsigned k = 1; k <= AAS_TAKE_MAX; k++)
		put(f, k, "sign-in");
	aas_drain_take(&d);
	while (d.cut)
		aas_drain_take(&d);
	s = chain_of(&d, "attempts");
	assert_int_equal(s.n, AAS_TAKE_MAX + 1);
	assert_int_equal(s.times, 1);
	assert_true((size_t)AAS_TAKE_MAX * 200 > AAS_CHAIN_TAIL);
	aas_depot_close(&d.sp);
}

static int
see_text(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	(void)line;
	(void)len;
	(void)wrong;
	(void)snprintf(arg, 256, "%s", aas_alert_str(a, "text"));
	return AAS_OK;
}

static void
take_of_attempts_lists_a_name_as_one_word(void **state)
{
	const struct fixture *f = *state;
	struct aas_drain d;
	char path[FIXTURE_PATH], text[256];

	begin(f, &d, path);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    aas_attempts_add(d.spooldir, NULL, UID, "u", "sshd",
			i > 0 ? "2001:db8::1" : "x (9), 192.0.2.1\n",
			1780000000),
		    AAS_OK);
	aas_drain_take(&d);
	assert_int_equal(
	    aas_chain_each(d.sp.alerts, UID, see_text, text), AAS_OK);
	assert_string_equal(
	    text, "most from 2001:db8::1 (2), x??9???192.0.2.1? (1)");
	aas_depot_close(&d.sp);
}

static int
slot(void *arg, const char *line, size_t len)
{
	(void)line;
	(void)len;
	++*(int *)arg;
	return 1;
}

static void
take_of_a_slot_that_holds_no_event_frees_it(void **state)
{
	static const char *const lines[] = { "{\"v\":1,garbage}\n",
		"{\"v\":1,\"id\":\"x\"}\n", "{}\n" };
	const struct fixture *f = *state;
	struct aas_drain d;
	char path[FIXTURE_PATH];
	size_t dead = 0;
	int slots = 0;

	begin(f, &d, path);
	assert_int_equal(aas_spool_prepare(d.spooldir), AAS_OK);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(aas_spool_put_reserve(
				     d.spooldir, lines[i], strlen(lines[i])),
		    AAS_OK);
	assert_int_equal(aas_spool_reserved(d.spooldir, slot, &slots), AAS_OK);
	assert_int_equal(slots, 3);
	aas_drain_take(&d);
	slots = 0;
	assert_int_equal(aas_spool_reserved(d.spooldir, slot, &slots), AAS_OK);
	assert_int_equal(slots, 0);
	assert_int_equal(
	    aas_queue_count(d.sp.dead, AAS_QUEUE_ALL, &dead), AAS_OK);
	assert_int_equal(dead, 3);
	aas_depot_close(&d.sp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(take_of_thousands_stops_and_has_what_is_urgent),
		FIXTURE_TEST(take_of_a_slot_that_holds_no_event_frees_it),
		FIXTURE_TEST(take_after_a_crash_numbers_attempts_once),
		FIXTURE_TEST(take_of_attempts_lists_a_name_as_one_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
