/*
 * Several names of one uid: whoever may use one name of a user is that user,
 * so a rule that binds one of them binds the others.  And of one program: with
 * a login shell sudo and su call themselves by another service.
 *
 * 1. A rule that lets somebody off (exempt, attestation) MUST NOT reach a name
 *    that it does not spell.  A lease binds its accounts: without one they do
 *    not run, under whatever name.
 * 2. Of several entries of one name the first MUST count, as at a sign-in: who
 *    fills a directory says nothing of the users of this host.
 * 3. A list of users that could not be read to its end MUST end the making.
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
	size_t seq; /* the first of one name is who getpwnam(3) finds */
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
	return strcmp(x->name, y->name); /* in whatever order they came */
}

static int
by_seq(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : x->seq < y->seq ? -1 : x->seq > y->seq;
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
	e->v[e->n].uid = pw->pw_uid;
	e->v[e->n].seq = e->n;
	e->n++;
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

/* A name that a later source has too is the first one's. */
static void
keep_first(struct entries *e)
{
	size_t n = 0;

	if (e->n > 0)
		qsort(e->v, e->n, sizeof(*e->v), by_seq);
	for (size_t i = 0; i < e->n; i++) {
		if (n > 0 && strcmp(e->v[n - 1].name, e->v[i].name) == 0)
			free(e->v[i].name);
		else
			e->v[n++] = e->v[i];
	}
	e->n = n;
}

/* Only who has another name stays, by uid. */
static void
keep_aliases(struct entries *e)
{
	size_t n = 0;

	if (e->n > 0)
		qsort(e->v, e->n, sizeof(*e->v), by_uid);
	for (size_t i = 0, end; i < e->n; i = end) {
		for (end = i; end < e->n && e->v[end].uid == e->v[i].uid; end++)
			;
		if (end == i + 1) {
			free(e->v[i].name);
			continue;
		}
		for (size_t k = i; k < end; k++)
			e->v[n++] = e->v[k];
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
	return r->effect != AAS_EF_EXEMPT && r->effect != AAS_EF_ATTEST;
}

/* The entries of the user that ${name} is of, next to each other; NULL: none.
 */
static const struct entry *
entries_of(const struct entries *e, const struct entry *const *index,
    const char *name, size_t *n)
{
	struct entry key = { .name = NULL };
	const struct entry *k = &key;
	const struct entry *const *at = NULL;
	const struct entry *from = NULL;
	size_t i = 0;

	/* bsearch(3) takes no const, and changes nothing. */
	memcpy(&key.name, &name, sizeof(name));
	at = bsearch(&k, index, e->n, sizeof(k), by_name);
	if (at == NULL)
		return NULL;
	for (from = *at; from > e->v && from[-1].uid == from->uid; from--)
		;
	while (from + i < e->v + e->n && from[i].uid == from->uid)
		i++;
	*n = i;
	return from;
}

/* How many names there may be more; most rules have none. */
static size_t
others(const struct aas_rule *r, const struct entries *e,
    const struct entry *const *index)
{
	size_t all = 0;

	for (uint32_t i = 0; i < r->users.n; i++) {
		size_t n = 0;

		if (entries_of(e, index, r->users.v[i], &n) != NULL)
			all += n;
	}
	return all;
}

/* The names of ${r}, and behind them what else the same users are called. */
static int
widen(struct aas_rule *r, const struct entries *e,
    const struct entry *const *index, struct aas_arena *arena, size_t *added)
{
	const char **v = NULL;
	size_t more = others(r, e, index);
	size_t n = r->users.n;

	if (more == 0)
		return AAS_OK;
	if ((v = aas_arena_get(arena, (n + more) * sizeof(*v))) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(v, r->users.v, n * sizeof(*v));
	for (uint32_t i = 0; i < r->users.n; i++) {
		size_t m = 0;
		const struct entry *of =
		    entries_of(e, index, r->users.v[i], &m);

		for (size_t j = 0; of != NULL && j < m; j++) {
			char *copy = NULL;

			if (has(v, n, of[j].name))
				continue;
			copy = aas_arena_get(arena, strlen(of[j].name) + 1);
			if (copy == NULL)
				return AAS_ERR_NOMEM;
			memcpy(copy, of[j].name, strlen(of[j].name));
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

/* What ${name} calls itself with a login shell, or NULL. */
static const char *
login_of(const char *name)
{
	return strcmp(name, "sudo") == 0 ? "sudo-i"
	    : strcmp(name, "su") == 0    ? "su-l"
					 : NULL;
}

int
policy_alias_services(struct aas_rule *rules, size_t n, struct aas_arena *arena)
{
	for (size_t i = 0; i < n; i++) {
		struct aas_names *l = &rules[i].services;
		const char *more[2];
		const char **v = NULL;
		size_t add = 0;

		for (uint32_t k = 0; binds(&rules[i]) && k < l->n; k++) {
			const char *name = login_of(l->v[k]);

			if (name != NULL && !has(l->v, l->n, name) &&
			    !has(more, add, name))
				more[add++] = name;
		}
		if (add == 0)
			continue;
		if (l->n + add > AAS_NAMES_MAX)
			return AAS_ERR_TOOBIG;
		if ((v = aas_arena_get(arena, (l->n + add) * sizeof(*v))) ==
		    NULL)
			return AAS_ERR_NOMEM;
		memcpy(v, l->v, l->n * sizeof(*v));
		memcpy(v + l->n, more, add * sizeof(*v));
		l->v = v;
		l->n += (uint32_t)add;
	}
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
	keep_first(&e);
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
