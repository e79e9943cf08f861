/*
 * Which groups of rules only another source than /etc/group has: by them a
 * sign-in knows that the source was asked (aas_policy_proof()).
 *
 * 1. A group that the file has MUST NOT stand for a directory: the file
 *    answers for it whether or not the directory does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tools/policy_build.h"

#define GROUP_FILE "/etc/group"

struct gids {
	gid_t *v;
	unsigned char *local;
	size_t n;
};

static int
by_number(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

/* All that rules name, each once. */
static int
collect(struct gids *g, const struct aas_rule *rules, size_t n)
{
	size_t all = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		all += rules[i].groups.n;
	if (all == 0)
		return AAS_OK;
	if ((g->v = calloc(all, sizeof(*g->v))) == NULL ||
	    (g->local = calloc(all, 1)) == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < rules[i].groups.n; j++)
			g->v[k++] = rules[i].gids[j];
	}
	qsort(g->v, all, sizeof(*g->v), by_number);
	for (size_t i = 0; i < all; i++) {
		if (g->n == 0 || g->v[g->n - 1] != g->v[i])
			g->v[g->n++] = g->v[i];
	}
	return AAS_OK;
}

/* NAME:PASSWORD:GID:MEMBERS */
static void
mark(struct gids *g, const char *line)
{
	const char *p = strchr(line, ':');
	const gid_t *at = NULL;
	char *end = NULL;
	gid_t gid = 0;
	unsigned long v = 0;

	if (p == NULL || (p = strchr(p + 1, ':')) == NULL)
		return;
	v = strtoul(p + 1, &end, 10);
	gid = (gid_t)v;
	if (end == p + 1 || gid != v)
		return;
	at = bsearch(&gid, g->v, g->n, sizeof(*g->v), by_number);
	if (at != NULL)
		g->local[at - g->v] = 1;
}

static int
mark_file(struct gids *g)
{
	FILE *f = fopen(GROUP_FILE, "re");
	char *line = NULL;
	size_t cap = 0;
	int r = AAS_OK;

	if (f == NULL)
		return errno == ENOENT ? AAS_OK : AAS_ERR_SYS;
	while (getline(&line, &cap, f) != -1)
		mark(g, line);
	if (!feof(f))
		r = AAS_ERR_SYS;
	free(line);
	(void)fclose(f);
	return r;
}

int
policy_proof(const struct aas_rule *rules, size_t n, struct aas_arena *arena,
    const gid_t **gids, size_t *gids_n)
{
	struct gids g = { NULL, NULL, 0 };
	gid_t *v = aas_arena_get(arena, POLICY_PROOFS * sizeof(*v));
	size_t k = 0;
	int r = v != NULL ? collect(&g, rules, n) : AAS_ERR_NOMEM;

	if (r == AAS_OK && g.n > 0)
		r = mark_file(&g);
	for (size_t i = 0; r == AAS_OK && i < g.n && k < POLICY_PROOFS; i++) {
		if (!g.local[i])
			v[k++] = g.v[i];
	}
	if (r == AAS_OK) {
		*gids = v;
		*gids_n = k;
	}
	free(g.local);
	free(g.v);
	return r;
}
