/*
 * When to ask about rules that hold at some hours.
 *
 * A rule whose hours cannot be met (a clock that jumps over them) is left out;
 * everything else that fails MUST be an error: a moment that is missing is
 * somebody who looks free.
 */
#include <stdlib.h>

#include "lib/err.h"
#include "policy/rule.h"
#include "aasctl/moments.h"

#define WEEK_MIN    10080
#define WEEKS       2
#define MOMENTS_MAX 4096

struct moments {
	const struct aas_policy *p;
	int64_t now_s;
	int64_t *at;      /* instants */
	uint32_t *minute; /* of the week, of each */
	size_t n;
};

static int
holds(const struct aas_rule *r, uint32_t minute)
{
	for (uint32_t i = 0; i < r->spans_n; i++) {
		if (r->spans[i].from <= minute && minute < r->spans[i].to)
			return 1;
	}
	return 0;
}

static int
add(struct moments *m, int64_t at_s, uint32_t minute)
{
	if (m->n == MOMENTS_MAX)
		return AAS_ERR_TOOBIG;
	m->at[m->n] = at_s;
	m->minute[m->n++] = minute;
	return AAS_OK;
}

/*
 * The next time that the clocks of the host show a minute of the week.  Where
 * they are set between now and then the first guess is off by that.  1: found.
 */
static int
next_of(const struct moments *m, const struct aas_rule *r, uint32_t from,
    int week, int64_t *at_s, uint32_t *minute)
{
	int64_t ahead = ((int64_t)from - m->minute[0] + WEEK_MIN) % WEEK_MIN +
	    (int64_t)week * WEEK_MIN;

	*at_s = m->now_s + ahead * 60;
	for (int i = 0; i < 3; i++) {
		int64_t off;

		if (aas_policy_minute(m->p, *at_s, minute) != AAS_OK)
			return AAS_ERR_FORMAT;
		if (holds(r, *minute))
			return 1;
		off = ((int64_t)from - *minute + WEEK_MIN) % WEEK_MIN;
		*at_s += (off > WEEK_MIN / 2 ? off - WEEK_MIN : off) * 60;
	}
	return 0;
}

static int
meet(struct moments *m, const struct aas_rule *r)
{
	int64_t at_s = 0;
	uint32_t minute = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (holds(r, m->minute[i]))
			return AAS_OK;
	}
	for (int week = 0; week < WEEKS; week++) {
		for (uint32_t i = 0; i < r->spans_n; i++) {
			int found = next_of(
			    m, r, r->spans[i].from, week, &at_s, &minute);

			if (found != 0)
				return found < 0 ? found : add(m, at_s, minute);
		}
	}
	return AAS_OK;
}

static int
meet_all(struct moments *m)
{
	uint32_t n = aas_policy_rules(m->p);
	int r = AAS_OK;

	for (uint32_t i = 0; r == AAS_OK && i < n; i++) {
		struct aas_arena *arena = NULL;
		struct aas_rule rule;

		if ((r = aas_arena_new(&arena)) == AAS_OK &&
		    (r = aas_policy_get(m->p, i, arena, &rule)) == AAS_OK &&
		    rule.spans_n > 0)
			r = meet(m, &rule);
		aas_arena_free(&arena);
	}
	return r;
}

int
aasctl_moments(
    const struct aas_policy *p, int64_t now_s, int64_t **v, size_t *n)
{
	struct moments m = { .p = p, .now_s = now_s };
	uint32_t minute = 0;
	int r = AAS_ERR_NOMEM;

	m.at = calloc(MOMENTS_MAX, sizeof(*m.at));
	m.minute = calloc(MOMENTS_MAX, sizeof(*m.minute));
	if (m.at == NULL || m.minute == NULL)
		goto out;
	if ((r = aas_policy_minute(p, now_s, &minute)) != AAS_OK ||
	    (r = add(&m, now_s, minute)) != AAS_OK ||
	    (r = meet_all(&m)) != AAS_OK)
		goto out;
	*v = m.at;
	*n = m.n;
	m.at = NULL;
out:
	free(m.at);
	free(m.minute);
	return r;
}
