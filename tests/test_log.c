#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/utf8.h"
#include "tests/fixture.h"

static char last[2048];
static int last_priority;
static int lines;

static void
keep(int priority, const char *line)
{
	last_priority = priority;
	lines++;
	errno = EDOM; /* a sink may leave anything there */
	(void)snprintf(last, sizeof(last), "%s", line);
}

static void
log_line_reaches_the_sink_and_errno_stays(void **state)
{
	(void)state;
	lines = 0;
	aas_log_sink(keep);
	errno = ENOENT;
	aas_log(LOG_WARNING, "user=%s n=%d", "alice", 7);
	assert_int_equal(errno, ENOENT);
	aas_log_sink(NULL);
	assert_int_equal(lines, 1);
	assert_int_equal(last_priority, LOG_WARNING);
	assert_string_equal(last, "user=alice n=7");
}

static void
log_line_is_one_line_of_1000_bytes(void **state)
{
	char big[4000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	memcpy(big, "a\nb\rc\x1b[2J\x7f", 10);
	aas_log_sink(keep);
	aas_log(LOG_INFO, "%s", big);
	aas_log_sink(NULL);
	assert_int_equal(strlen(last), 1000);
	assert_memory_equal(last, "a?b?c?[2J?", 10);
}

/* The number that the next socket of syslog(3) would get; by --wrap. */
static int syslog_fd = -1;

void __wrap_syslog(int priority, const char *fmt, ...);
void __wrap___syslog_chk(int priority, int flag, const char *fmt, ...);

static void
syslog_stand_in(int priority)
{
	last_priority = priority;
	syslog_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)close(syslog_fd);
}

void
__wrap_syslog(int priority, const char *fmt, ...)
{
	(void)fmt;
	syslog_stand_in(priority);
}

void
__wrap___syslog_chk(int priority, int flag, const char *fmt, ...)
{
	(void)flag;
	(void)fmt;
	syslog_stand_in(priority);
}

/* The numbers 0 to 2 are free before, and still free after, a line. */
static int
log_without_standard_descriptors(void *arg)
{
	(void)arg;
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	aas_log(LOG_DEBUG, "one line");
	CHECK(syslog_fd >= 3);
	CHECK(last_priority == (LOG_AUTHPRIV | LOG_DEBUG));
	for (int fd = 0; fd < 3; fd++)
		CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
	return 0;
}

static void
log_f30_syslog_is_never_descriptor_0_to_2(void **state)
{
	(void)state;
	assert_int_equal(
	    fixture_in_child(log_without_standard_descriptors, NULL), 0);
}

static void
log_printable_shows_what_hides(void **state)
{
	static const struct {
		const char *src;
		const char *want;
	} t[] = {
		{ NULL, "-" },
		{ "", "" },
		{ "alice", "alice" },
		{ "a b~", "a b~" },
		{ "\n\r\t\x1b[31m\x7f", "\\x0a\\x0d\\x09\\x1b[31m\\x7f" },
		{ "\\ \"", "\\\\ \\\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91",
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc0\xaf", "\\xc0\\xaf" },          /* overlong / */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" },    /* cut */
		{ "\xc2\x9b", "\\u{9b}" },       /* C1 CSI */
		{ "\xe2\x80\xae", "\\u{202e}" }, /* right to left */
		{ "\xe2\x80\x8b", "\\u{200b}" }, /* zero width */
		{ "\xe2\x80\xa8", "\\u{2028}" }, /* line separator */
		{ "\xef\xbb\xbf", "\\u{feff}" },
		{ "\xe2\x81\xa6", "\\u{2066}" },
		{ "\xf3\xa0\x80\x81", "\\u{e0001}" }, /* tag */
		{ "\xef\xbf\xbf", "\\u{ffff}" },
		{ "%n%s$(id);`id`", "%n%s$(id);`id`" },
	};
	char dst[128];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_ptr_equal(
		    aas_printable(dst, sizeof(dst), t[i].src), dst);
		assert_string_equal(dst, t[i].want);
	}
	assert_string_equal(
	    aas_legible(dst, sizeof(dst), "\"a\\\n\""), "\"a\\\\\\x0a\"");
}

static void
log_f21_printable_is_clean_for_every_two_bytes(void **state)
{
	char src[3] = { 0 };
	char dst[32];
	uint32_t cp = 0;

	(void)state;
	for (unsigned int i = 0x0101; i <= 0xffff; i++) {
		size_t n = 0;

		src[0] = (char)(i >> 8);
		src[1] = (char)(i & 0xff);
		(void)aas_printable(dst, sizeof(dst), src);
		for (const char *p = dst; *p != '\0'; p += n) {
			n = aas_utf8_next(p, strlen(p), &cp);
			assert_int_not_equal(n, 0);
			assert_true(aas_utf8_plain(cp));
		}
	}
}

static void
log_printable_never_cuts_inside_a_unit(void **state)
{
	static const char src[] = "ab\n\xe2\x82\xac\xe2\x80\xae\\z";
	static const char want[] = "ab\\x0a\xe2\x82\xac\\u{202e}\\\\z";
	static const size_t ends[] = { 0, 1, 2, 6, 9, 17, 19, 20 };
	char dst[32];

	(void)state;
	memset(dst, 'q', sizeof(dst));
	assert_ptr_equal(aas_printable(dst, 0, src), dst);
	assert_int_equal(dst[0], 'q');
	for (size_t cap = 1; cap <= sizeof(want); cap++) {
		size_t best = 0;

		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			if (ends[i] <= cap - 1)
				best = ends[i];
		}
		memset(dst, 'q', sizeof(dst));
		(void)aas_printable(dst, cap, src);
		assert_int_equal(strlen(dst), best);
		assert_memory_equal(dst, want, best);
		assert_int_equal(dst[cap], 'q');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(log_line_reaches_the_sink_and_errno_stays),
		FIXTURE_TEST(log_line_is_one_line_of_1000_bytes),
		FIXTURE_TEST(log_f30_syslog_is_never_descriptor_0_to_2),
		FIXTURE_TEST(log_printable_shows_what_hides),
		FIXTURE_TEST(log_f21_printable_is_clean_for_every_two_bytes),
		FIXTURE_TEST(log_printable_never_cuts_inside_a_unit),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
