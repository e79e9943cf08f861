/*
 * Group names to gids.
 *
 * 1. Only NSS's answer that there is no such group MUST count as none: a
 *    directory that is down is an error, not an empty host.
 */
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/source/groups.h"

#define BUCKETS  1024
#define ROOM     ((size_t)4096)             /* for a group's members */
#define ROOM_MAX ((size_t)16 * 1024 * 1024) /* a very large group */

struct entry {
	struct entry *next;
	int r;
	gid_t gid;
	char name[];
};

struct aas_groups {
	struct entry *of[BUCKETS];
};

int
aas_groups_new(struct aas_groups **g)
{
	struct aas_groups *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return AAS_ERR_NOMEM;
	*g = n;
	return AAS_OK;
}

void
aas_groups_free(struct aas_groups **g)
{
	struct entry *e = NULL;
	struct entry *next = NULL;

	if (*g == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (e = (*g)->of[i]; e != NULL; e = next) {
			next = e->next;
			free(e);
		}
	}
	free(*g);
	*g = NULL;
}

static int
ask(const char *name, gid_t *gid)
{
	struct group gr;
	struct group *res = NULL;
	int e = ERANGE;

	for (size_t n = ROOM; e == ERANGE && n <= ROOM_MAX; n *= 4) {
		char *buf = malloc(n);

		if (buf == NULL)
			return AAS_ERR_NOMEM;
		e = getgrnam_r(name, &gr, buf, n, &res);
		if (e == 0 && res != NULL)
			*gid = gr.gr_gid;
		free(buf);
	}
	/* -1 is no number: to the kernel it means "leave it". */
	if (e == 0)
		return res != NULL && *gid != (gid_t)-1 ? AAS_OK
							: AAS_ERR_NOTFOUND;
	errno = e;
	return AAS_ERR_SYS;
}

int
aas_groups_gid(void *g, const char *name, gid_t *gid)
{
	struct aas_groups *all = g;
	struct entry *e = NULL;
	struct entry **head = NULL;
	unsigned h = 5381;
	gid_t found = (gid_t)-1;
	size_t len = strlen(name);
	int r = AAS_ERR_SYS;

	for (size_t i = 0; i < len; i++)
		h = h * 33 + (unsigned char)name[i];
	head = &all->of[h % BUCKETS];
	for (e = *head; e != NULL; e = e->next) {
		if (strcmp(e->name, name) == 0) {
			if (e->r == AAS_OK)
				*gid = e->gid;
			return e->r;
		}
	}
	r = ask(name, &found);
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		return r;
	if ((e = malloc(sizeof(*e) + len + 1)) == NULL)
		return AAS_ERR_NOMEM;
	e->r = r;
	e->gid = found;
	memcpy(e->name, name, len + 1);
	e->next = *head;
	*head = e;
	if (r == AAS_OK)
		*gid = found;
	return r;
}
