/*
 * How each place did lately.
 *
 * 1. One that does not answer MUST NOT cost its time again for every alert, nor
 *    one alert that it refuses keep it from the others.
 * 2. One that is slow MUST NOT take the time of all the others.
 * 3. One of which nothing is known MUST be tried: there may be more of them
 *    than there is room for here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/notify/place.h"

#define NAME      "targets"
#define LINE_MAX_ 64

static struct aas_place *
find(struct aas_places *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].key, key) == 0)
			return &s->v[i];
	return NULL;
}

/*
 * Who makes room: one that fails in this run, or took all its time of it,
 * stays if it can; of the others the one that was to be tried again longest
 * ago: of what nobody names any more no time is ever noted again.
 */
static int
is_shut(const struct aas_place *t)
{
	return t->run_fails > 0 || t->run_ms >= AAS_PLACE_MS;
}

static int
is_less(const struct aas_place *a, const struct aas_place *b)
{
	if (is_shut(a) != is_shut(b))
		return is_shut(b);
	if (a->next_s != b->next_s)
		return a->next_s < b->next_s;
	return a->run_ms < b->run_ms;
}

static struct aas_place *
least(struct aas_places *s)
{
	struct aas_place *t = &s->v[0];

	for (size_t i = 1; i < s->n; i++)
		if (is_less(&s->v[i], t))
			t = &s->v[i];
	return t;
}

static struct aas_place *
find_or_add(struct aas_places *s, const char *key)
{
	struct aas_place *t = find(s, key);

	if (t == NULL) {
		t = s->n < AAS_PLACES_MAX ? &s->v[s->n++] : least(s);
		memset(t, 0, sizeof(*t));
		(void)snprintf(t->key, sizeof(t->key), "%s", key);
	}
	return t;
}

static void
parse_line(const char *p, size_t n, struct aas_places *s)
{
	char line[LINE_MAX_ + 1];
	struct aas_place t = { .next_s = 0 };
	long long next = 0;
	int end = 0;

	if (n > LINE_MAX_ || s->n == AAS_PLACES_MAX ||
	    memchr(p, '\0', n) != NULL)
		return;
	memcpy(line, p, n);
	line[n] = '\0';
	if (sscanf(line, "%16[0-9a-f] %9u %14lld%n", t.key, &t.fails, &next,
		&end) != 3 ||
	    (size_t)end != n || strlen(t.key) != AAS_MARK_KEY - 1 || next < 0 ||
	    find(s, t.key) != NULL)
		return;
	t.next_s = next;
	s->v[s->n++] = t;
}

void
aas_places_parse(const char *p, size_t len, struct aas_places *s)
{
	memset(s, 0, sizeof(*s));
	while (len > 0) {
		const char *lf = memchr(p, '\n', len);
		size_t n = lf != NULL ? (size_t)(lf - p) : len;

		parse_line(p, n, s);
		n += lf != NULL;
		p += n;
		len -= n;
	}
}

void
aas_places_load(int dirfd, struct aas_places *s)
{
	struct aas_buf buf = { NULL, 0 };

	memset(s, 0, sizeof(*s));
	if (aas_fs_read(dirfd, NAME, geteuid(), 022,
		(size_t)AAS_PLACES_MAX * LINE_MAX_, &buf, NULL) == AAS_OK)
		aas_places_parse((const char *)buf.p, buf.len, s);
	aas_buf_free(&buf);
}

int
aas_places_save(int dirfd, struct aas_places *s)
{
	char text[AAS_PLACES_MAX * LINE_MAX_];
	size_t at = 0;

	if (!s->changed)
		return AAS_OK;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].fails > 0)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
			    "%s %u %lld\n", s->v[i].key, s->v[i].fails,
			    (long long)s->v[i].next_s);
	s->changed = 0;
	return aas_fs_replace(
	    dirfd, NAME, text, at, (uid_t)-1, (gid_t)-1, 0600);
}

int
aas_place_open(
    const struct aas_places *s, const char *key, int64_t now_s, int64_t max_s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct aas_place *t = &s->v[i];

		if (strcmp(t->key, key) != 0)
			continue;
		if (t->run_ms >= AAS_PLACE_MS)
			return 0;
		if (t->run_fails > 0)
			return t->run_fails < AAS_PLACE_RUN;
		return t->fails == 0 || t->next_s <= now_s ||
		    t->next_s - now_s > max_s;
	}
	return 1;
}

void
aas_place_spent(struct aas_places *s, const char *key, int64_t ms)
{
	if (ms > 0)
		find_or_add(s, key)->run_ms += ms;
}

void
aas_place_good(struct aas_places *s, const char *key)
{
	struct aas_place *t = find(s, key);

	if (t == NULL || (t->fails == 0 && t->run_fails == 0))
		return;
	t->fails = t->run_fails = 0;
	t->next_s = 0;
	s->changed = 1;
}

int64_t
aas_place_wait(unsigned fails, int64_t max_s)
{
	int64_t wait_s = AAS_PLACE_STEP;

	for (unsigned i = 1; i < fails && wait_s < max_s; i++)
		wait_s *= 2;
	return wait_s < max_s ? wait_s : max_s;
}

int64_t
aas_place_span(unsigned fails, int64_t max_s)
{
	int64_t span_s = 0;
	int64_t wait_s = 0;

	for (unsigned i = 1; i <= fails; i++) {
		wait_s = aas_place_wait(i, max_s);
		if (wait_s == max_s)
			return span_s + (int64_t)(fails - i + 1) * max_s;
		span_s += wait_s;
	}
	return span_s;
}

unsigned
aas_place_down(const struct aas_places *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].key, key) == 0)
			return s->v[i].run_fails > 0 ? s->v[i].fails : 0;
	return 0;
}

unsigned
aas_place_bad(struct aas_places *s, const char *key, int64_t now_s,
    int64_t max_s, int late)
{
	struct aas_place *t = find_or_add(s, key);

	t->run_fails += late ? AAS_PLACE_RUN : 1;
	if (t->run_fails > 1 && !(late && t->run_fails == AAS_PLACE_RUN))
		return 0;
	if (t->fails < AAS_PLACE_FAILS)
		t->fails++;
	t->next_s = now_s + aas_place_wait(t->fails, max_s);
	s->changed = 1;
	return t->fails;
}
