/*
 * Times of the week: "Mon-Fri 08:00-18:00" to minutes since Monday 00:00.
 *
 * A text that is not exactly of the form MUST be refused, not guessed: half a
 * time window is somebody let in.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/rule.h"

#define DAY_MIN  1440u
#define WEEK_MIN (7u * DAY_MIN)

static int
day(const char **s)
{
	static const char names[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun" };

	for (int i = 0; i < 7; i++) {
		if (strncmp(*s, names[i], 3) == 0) {
			*s += 3;
			return i;
		}
	}
	return -1;
}

/* "Sat", "Mon-Fri", "Sat-Mon", "Sat,Sun"; a bit for each day. */
static int
days(const char **s, unsigned *bits)
{
	unsigned got = 0;

	for (;;) {
		int from = day(s);
		int to = from;

		if (from == -1)
			return AAS_ERR_FORMAT;
		if (**s == '-') {
			(*s)++;
			if ((to = day(s)) == -1)
				return AAS_ERR_FORMAT;
		}
		for (int d = from; d != to; d = (d + 1) % 7)
			got |= 1u << d;
		got |= 1u << to;
		if (**s != ',')
			break;
		(*s)++;
	}
	*bits = got;
	return AAS_OK;
}

/* "08:00" to minutes of the day, up to 24:00. */
static int
minute(const char **s, unsigned *min)
{
	const char *p = *s;
	unsigned h = 0;
	unsigned m = 0;

	for (int i = 0; i < 5; i++) {
		if (i == 2 ? p[i] != ':' : p[i] < '0' || p[i] > '9')
			return AAS_ERR_FORMAT;
	}
	h = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	m = (unsigned)(p[3] - '0') * 10 + (unsigned)(p[4] - '0');
	if (m > 59 || h * 60 + m > DAY_MIN)
		return AAS_ERR_FORMAT;
	*min = h * 60 + m;
	*s += 5;
	return AAS_OK;
}

static int
put(unsigned from, unsigned to, struct aas_span *spans, size_t room, size_t *n)
{
	if (*n == room)
		return AAS_ERR_FORMAT;
	spans[*n].from = (uint16_t)from;
	spans[*n].to = (uint16_t)to;
	(*n)++;
	return AAS_OK;
}

/* From one time to another of each day; to <= from is in the next day. */
static int
spread(unsigned bits, unsigned from, unsigned to, struct aas_span *spans,
    size_t room, size_t *n)
{
	unsigned len = to > from ? to - from : DAY_MIN - from + to;
	int r = AAS_OK;

	for (unsigned d = 0; d < 7 && r == AAS_OK; d++) {
		unsigned at = d * DAY_MIN + from;

		if ((bits & 1u << d) == 0)
			continue;
		if (at + len <= WEEK_MIN) {
			r = put(at, at + len, spans, room, n);
			continue;
		}
		/* Over the end of the week: the rest is on Monday. */
		r = put(at, WEEK_MIN, spans, room, n);
		if (r == AAS_OK)
			r = put(0, at + len - WEEK_MIN, spans, room, n);
	}
	return r;
}

int
aas_rule_hours(const char *text, struct aas_span *spans, size_t room, size_t *n)
{
	unsigned bits = 0x7f;
	unsigned from = 0;
	unsigned to = 0;
	size_t got = 0;
	int r = AAS_OK;

	if (text == NULL)
		return AAS_ERR_FORMAT;
	if (text[0] < '0' || text[0] > '9') {
		if (days(&text, &bits) != AAS_OK || *text++ != ' ')
			return AAS_ERR_FORMAT;
	}
	if (minute(&text, &from) != AAS_OK || *text++ != '-' ||
	    minute(&text, &to) != AAS_OK || *text != '\0')
		return AAS_ERR_FORMAT;
	/* "08:00-08:00" may mean a day or nothing; 24:00 begins no day. */
	if (from == to || from == DAY_MIN)
		return AAS_ERR_FORMAT;
	if ((r = spread(bits, from, to, spans, room, &got)) == AAS_OK)
		*n = got;
	return r;
}
