/*
 * What stands in the file of an alert that waits: its state, then its line.
 *
 * 1. What does not parse MUST be refused, never be guessed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/notify/queue.h"

#define STATE_TAG "aasq1"

/* One number and the blank or end behind it. */
static int
take_number(const char **p, int64_t max, int64_t *v)
{
	char *end = NULL;
	long long n = 0;

	if (**p < '0' || **p > '9')
		return AAS_ERR_FORMAT;
	errno = 0;
	n = strtoll(*p, &end, 10);
	if (errno != 0 || n > max || (*end != ' ' && *end != '\0'))
		return AAS_ERR_FORMAT;
	*v = n;
	*p = end + (*end == ' ');
	return AAS_OK;
}

static int
take_marks(const char *p, struct aas_queued *q)
{
	while (*p != '\0') {
		struct aas_mark *m = &q->marks[q->marks_n];
		size_t n = strspn(p, "0123456789abcdef");

		if (q->marks_n == AAS_MARKS_MAX || n != AAS_MARK_KEY - 1 ||
		    p[n] != ':' ||
		    (p[n + 1] != AAS_MARK_DONE && p[n + 1] != AAS_MARK_FAILED))
			return AAS_ERR_FORMAT;
		memcpy(m->key, p, n);
		m->key[n] = '\0';
		m->how = p[n + 1];
		q->marks_n++;
		p += n + 2;
		if (*p == ' ')
			p++;
		else if (*p != '\0')
			return AAS_ERR_FORMAT;
	}
	return AAS_OK;
}

static int
state_parse(const char *p, size_t len, struct aas_queued *q)
{
	char text[AAS_QUEUED_MAX];
	const char *s = text;
	int64_t tries = 0;
	int r = AAS_ERR_FORMAT;

	if (len >= sizeof(text) || memchr(p, '\0', len) != NULL)
		return AAS_ERR_FORMAT;
	memcpy(text, p, len);
	text[len] = '\0';
	if (strncmp(s, STATE_TAG " ", sizeof(STATE_TAG)) != 0)
		return AAS_ERR_FORMAT;
	s += sizeof(STATE_TAG);
	if ((r = take_number(&s, INT64_MAX, &q->queued_s)) != AAS_OK ||
	    (r = take_number(&s, UINT32_MAX, &tries)) != AAS_OK ||
	    (r = take_number(&s, INT64_MAX, &q->next_s)) != AAS_OK)
		return r;
	q->tries = (unsigned)tries;
	return take_marks(s, q);
}

int
aas_queued_parse(const char *p, size_t len, struct aas_queued *q)
{
	struct aas_alert a = { .o = NULL };
	const char *lf = memchr(p, '\n', len);
	size_t n = 0;
	int r = AAS_ERR_FORMAT;

	if (lf == NULL || p[len - 1] != '\n' || lf == p + len - 1)
		return AAS_ERR_FORMAT;
	n = (size_t)(lf - p);
	if (n > AAS_ALERT_MAX)
		return AAS_ERR_FORMAT;
	if ((r = aas_alert_parse(p, n, &a)) != AAS_OK)
		return r;
	r = a.number != 0 ? AAS_OK : AAS_ERR_FORMAT;
	aas_alert_clear(&a);
	memset(q, 0, sizeof(*q));
	memcpy(q->line.p, p, n);
	q->line.len = n;
	return r == AAS_OK ? state_parse(lf + 1, len - n - 2, q) : r;
}

int
aas_queued_format(const struct aas_queued *q, char *dst, size_t cap, size_t *n)
{
	int at = snprintf(dst, cap, "%s\n" STATE_TAG " %lld %u %lld", q->line.p,
	    (long long)q->queued_s, q->tries, (long long)q->next_s);

	for (size_t i = 0; at >= 0 && i < q->marks_n; i++) {
		if ((size_t)at >= cap)
			return AAS_ERR_TOOBIG;
		at += snprintf(dst + at, cap - (size_t)at, " %s:%c",
		    q->marks[i].key, q->marks[i].how);
	}
	if (at < 0 || (size_t)at + 1 >= cap)
		return AAS_ERR_TOOBIG;
	dst[at] = '\n';
	dst[at + 1] = '\0';
	*n = (size_t)at + 1;
	return AAS_OK;
}

char
aas_queued_how(const struct aas_queued *q, const char *key)
{
	for (size_t i = 0; i < q->marks_n; i++) {
		if (strcmp(q->marks[i].key, key) == 0)
			return q->marks[i].how;
	}
	return 0;
}

int
aas_queued_mark(struct aas_queued *q, const char *key, enum aas_mark_how how)
{
	struct aas_mark *m = NULL;

	if (q->marks_n >= AAS_MARKS_MAX)
		return AAS_ERR_TOOBIG;
	m = &q->marks[q->marks_n];
	(void)snprintf(m->key, sizeof(m->key), "%s", key);
	m->how = (char)how;
	q->marks_n++;
	return AAS_OK;
}
