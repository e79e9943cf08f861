/*
 * The two clocks, dates and durations.
 *
 * 1. A time zone, the locale and the environment MUST NOT change a result.
 * 2. A text that is not exactly of the form MUST be refused, not guessed.
 */
#include <sys/syscall.h>
#include <sys/timex.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/put.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define DAY_S        INT64_C(86400)
#define REAL_MIN     INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define REAL_MAX     INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_MAX (INT64_C(36525) * DAY_S)

int
aas_clock_boot(struct aas_now *now)
{
	struct aas_now got = { 0 };
	struct timespec ts;
	char text[64];
	size_t len = 0;
	int r = AAS_ERR_SYS;

	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		return AAS_ERR_SYS;
	got.real_s = ts.tv_sec;
	if (clock_gettime(CLOCK_BOOTTIME, &ts) == -1)
		return AAS_ERR_SYS;
	got.boottime_ms = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	r = aas_fs_kernel(BOOT_ID_PATH, text, sizeof(text), &len);
	if (r != AAS_OK)
		return r == AAS_ERR_FORMAT ? r : AAS_ERR_SYS;
	/* With the end of its line. */
	if (len != 37 || text[36] != '\n')
		return AAS_ERR_FORMAT;
	if ((r = aas_hex_uuid(text, got.boot_id)) != AAS_OK)
		return r;
	*now = got;
	return AAS_OK;
}

int
aas_clock_synced(void)
{
	struct timex tx = { 0 };
	int state = (int)syscall(SYS_adjtimex, &tx);

	/* A filter may forbid the question: then it is not synchronized. */
	return state != -1 && state != TIME_ERROR &&
	    (tx.status & STA_UNSYNC) == 0;
}

int
aas_clock_now(struct aas_now *now)
{
	int r = aas_clock_boot(now);

	if (r == AAS_OK)
		now->synced = aas_clock_synced();
	return r;
}

int64_t
aas_clock_ms(void)
{
	struct timespec ts = { 0 };

	/* Cannot fail: the clock is there since Linux 2.6.39. */
	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Days since 1970-01-01 of a date of the Gregorian calendar, and back.  The
 * year is counted from March, so that the leap day is its last, and from
 * 0000-03-01 in eras of 400 years, 146,097 days each.
 */
static int64_t
days_from_date(int64_t y, int64_t m, int64_t d)
{
	int64_t era = 0;
	int64_t yoe = 0;
	int64_t doy = 0;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
date_from_days(int64_t days, int *y, int *m, int *d)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

void
aas_clock_format(int64_t real_s, char dst[AAS_CLOCK_TEXT])
{
	struct aas_put t;
	int64_t days = 0;
	int s = 0;
	int y = 0;
	int m = 0;
	int d = 0;

	/* Years of other than four digits have no text: the nearest that has.
	 */
	if (real_s < REAL_MIN)
		real_s = REAL_MIN;
	if (real_s > REAL_MAX)
		real_s = REAL_MAX;
	days = real_s / DAY_S;
	s = (int)(real_s % DAY_S);
	if (s < 0) {
		s += (int)DAY_S;
		days--;
	}
	date_from_days(days, &y, &m, &d);
	aas_put_init(&t, dst, AAS_CLOCK_TEXT);
	aas_put_padded(&t, (uint64_t)y, 4);
	aas_put_char(&t, '-');
	aas_put_padded(&t, (uint64_t)m, 2);
	aas_put_char(&t, '-');
	aas_put_padded(&t, (uint64_t)d, 2);
	aas_put_char(&t, 'T');
	aas_put_padded(&t, (uint64_t)(s / 3600), 2);
	aas_put_char(&t, ':');
	aas_put_padded(&t, (uint64_t)(s / 60 % 60), 2);
	aas_put_char(&t, ':');
	aas_put_padded(&t, (uint64_t)(s % 60), 2);
	aas_put_char(&t, 'Z');
}

/* Exactly n digits at *s, from min to max; moves on. */
static int
digits(const char **s, int n, int min, int max, int *v)
{
	int got = 0;

	for (int i = 0; i < n; i++) {
		char c = **s;

		if (c < '0' || c > '9')
			return AAS_ERR_FORMAT;
		got = got * 10 + (c - '0');
		(*s)++;
	}
	if (got < min || got > max)
		return AAS_ERR_FORMAT;
	*v = got;
	return AAS_OK;
}

static int
literal(const char **s, char c)
{
	if (**s != c)
		return AAS_ERR_FORMAT;
	(*s)++;
	return AAS_OK;
}

static int
month_days(int y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		return 29;
	return days[m - 1];
}

/* "Z" or "+hh:mm", to the end of the string. */
static int
offset_parse(const char *s, int64_t *offset_s)
{
	int sign = 0;
	int h = 0;
	int m = 0;

	if (strcmp(s, "Z") == 0) {
		*offset_s = 0;
		return AAS_OK;
	}
	if (*s != '+' && *s != '-')
		return AAS_ERR_FORMAT;
	sign = *s++ == '-' ? -1 : 1;
	if (digits(&s, 2, 0, 23, &h) != AAS_OK || literal(&s, ':') != AAS_OK ||
	    digits(&s, 2, 0, 59, &m) != AAS_OK || *s != '\0')
		return AAS_ERR_FORMAT;
	*offset_s = (int64_t)sign * (h * 3600 + m * 60);
	return AAS_OK;
}

int
aas_clock_parse(const char *s, int64_t *real_s)
{
	int64_t offset_s = 0;
	int y = 0;
	int mon = 0;
	int d = 0;
	int h = 0;
	int min = 0;
	int sec = 0;

	if (s == NULL || digits(&s, 4, 0, 9999, &y) != AAS_OK ||
	    literal(&s, '-') != AAS_OK ||
	    digits(&s, 2, 1, 12, &mon) != AAS_OK ||
	    literal(&s, '-') != AAS_OK ||
	    digits(&s, 2, 1, month_days(y, mon), &d) != AAS_OK ||
	    literal(&s, 'T') != AAS_OK || digits(&s, 2, 0, 23, &h) != AAS_OK ||
	    literal(&s, ':') != AAS_OK ||
	    digits(&s, 2, 0, 59, &min) != AAS_OK ||
	    literal(&s, ':') != AAS_OK ||
	    digits(&s, 2, 0, 59, &sec) != AAS_OK ||
	    offset_parse(s, &offset_s) != AAS_OK)
		return AAS_ERR_FORMAT;
	*real_s = days_from_date(y, mon, d) * DAY_S + h * 3600 + min * 60 +
	    sec - offset_s;
	return AAS_OK;
}

int
aas_clock_duration(const char *s, int64_t *seconds)
{
	static const struct {
		char name;
		int64_t s;
	} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
	const size_t units_n = sizeof(units) / sizeof(units[0]);
	int64_t total = 0;
	size_t u = 0; /* the largest unit that may still come */

	if (s == NULL || *s == '\0')
		return AAS_ERR_FORMAT;
	while (*s != '\0') {
		int64_t v = 0;

		if (*s < '0' || *s > '9')
			return AAS_ERR_FORMAT;
		for (; *s >= '0' && *s <= '9'; s++) {
			v = v * 10 + (*s - '0');
			if (v > DURATION_MAX)
				return AAS_ERR_FORMAT;
		}
		while (u < units_n && units[u].name != *s)
			u++;
		if (u == units_n)
			return AAS_ERR_FORMAT;
		total += v * units[u++].s;
		if (total > DURATION_MAX)
			return AAS_ERR_FORMAT;
		s++;
	}
	*seconds = total;
	return AAS_OK;
}
