/*
 * Several names of one uid: whoever may use one name of a user is that user,
 * so a rule that binds one of them binds the others.
 *
 * 1. A rule that lets somebody off (exempt, attestation, lease) MUST NOT
 *    reach a name that it does not spell.
 * 2. A list of users that could not be read to its end MUST end the making.
 */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/user.h"
#include "tools/policy_build.h"

struct entry {
	char *name;
	uid_t uid;
};

struct entries {
	struct entry *v;
	size_t n, cap;
};

static int
by_uid(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int
add(struct entries *e, const struct passwd *pw)
{
	struct entry *grown = NULL;
	size_t cap = e->cap != 0 ? e->cap * 2 : 64;

	if (e->n == e->cap) {
		grown = reallocarray(e->v, cap, sizeof(*grown));
		if (grown == NULL)
			return AAS_ERR_NOMEM;
		e->v = grown;
		e->cap = cap;
	}
	if ((e->v[e->n].name = strdup(pw->pw_name)) == NULL)
		return AAS_ERR_NOMEM;
	e->v[e->n++].uid = pw->pw_uid;
	return AAS_OK;
}

static int
read_all(struct entries *e)
{
	const struct passwd *pw = NULL;
	int r = AAS_OK;
	int err = 0;

	setpwent();
	for (;;) {
		errno = 0;
		if ((pw = getpwent()) == NULL)
			break;
		if (aas_user_valid(pw->pw_name) && (r = add(e, pw)) != AAS_OK)
			break;
	}
	err = errno;
	endpwent();
	/* A source that is not there leaves other numbers. */
	if (r == AAS_OK &&
	    (err == EIO || err == EMFILE || err == ENFILE || err == ENOMEM)) {
		errno = err;
		r = AAS_ERR_SYS;
	}
	return r;
}

/* Only who has another name stays, by uid. */
static void
keep_aliases(struct entries *e)
{
	size_t n = 0;

	if (e->n > 0)
		qsort(e->v, e->n, sizeof(*e->v), by_uid);
	for (size_t i = 0, end; i < e->n; i = end) {
		size_t from = n;

		for (end = i; end < e->n && e->v[end].uid == e->v[i].uid; end++)
			;
		for (size_t k = i; k < end; k++) {
			/* One name from two sources is one name. */
			if (n > from &&
			    strcmp(e->v[n - 1].name, e->v[k].name) == 0)
				free(e->v[k].name);
			else
				e->v[n++] = e->v[k];
		}
		if (n == from + 1)
			free(e->v[--n].name);
	}
	e->n = n;
}

static int
has(const char *const *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(v[i], name) == 0)
			return 1;
	}
	return 0;
}

static int
binds(const struct aas_rule *r)
{
	return r->effect != AAS_EF_EXEMPT && r->effect != AAS_EF_ATTEST &&
	    r->effect != AAS_EF_LEASE;
}

/* The names of ${r}, and behind them what else the same users are called. */
static int
widen(struct aas_rule *r, const struct entries *e,
    const struct entry *const *index, struct aas_arena *arena, size_t *added)
{
	const char **v = NULL;
	size_t n = r->users.n;

	for (uint32_t i = 0; i < r->users.n; i++) {
		char *name = NULL;
		struct entry key = { NULL, 0 };
		const struct entry *k = &key;
		const struct entry *const *at = NULL;

		/* bsearch(3) takes no const, and changes nothing. */
		memcpy(&name, &r->users.v[i], sizeof(name));
		key.name = name;
		at = bsearch(&k, index, e->n, sizeof(k), by_name);
		if (at == NULL)
			continue;
		if (v == NULL) {
			v = aas_arena_get(arena, (n + e->n) * sizeof(*v));
			if (v == NULL)
				return AAS_ERR_NOMEM;
			memcpy(v, r->users.v, n * sizeof(*v));
		}
		for (size_t j = 0; j < e->n; j++) {
			char *copy = NULL;

			if (e->v[j].uid != (*at)->uid ||
			    has(v, n, e->v[j].name))
				continue;
			copy = aas_arena_get(arena, strlen(e->v[j].name) + 1);
			if (copy == NULL)
				return AAS_ERR_NOMEM;
			memcpy(copy, e->v[j].name, strlen(e->v[j].name));
			v[n++] = copy;
		}
	}
	if (n == r->users.n)
		return AAS_OK;
	if (n > AAS_NAMES_MAX)
		return AAS_ERR_TOOBIG;
	*added += n - r->users.n;
	r->users.v = v;
	r->users.n = (uint32_t)n;
	return AAS_OK;
}

int
policy_alias(
    struct aas_rule *rules, size_t n, struct aas_arena *arena, size_t *added)
{
	struct entries e = { NULL, 0, 0 };
	const struct entry **index = NULL;
	size_t any = 0;
	int r = AAS_OK;

	*added = 0;
	for (size_t i = 0; i < n; i++)
		any += binds(&rules[i]) && rules[i].users.n > 0;
	if (any == 0)
		return AAS_OK;
	if ((r = read_all(&e)) != AAS_OK)
		goto out;
	keep_aliases(&e);
	if (e.n == 0)
		goto out;
	if ((index = calloc(e.n, sizeof(*index))) == NULL) {
		r = AAS_ERR_NOMEM;
		goto out;
	}
	for (size_t i = 0; i < e.n; i++)
		index[i] = &e.v[i];
	qsort(index, e.n, sizeof(*index), by_name);
	for (size_t i = 0; i < n && r == AAS_OK; i++) {
		if (binds(&rules[i]) && rules[i].users.n > 0)
			r = widen(&rules[i], &e, index, arena, added);
	}
out:
	for (size_t i = 0; i < e.n; i++)
		free(e.v[i].name);
	free(e.v);
	free(index);
	return r;
}
