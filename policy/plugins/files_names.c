/*
 * Which names of rules were seen, and where: a table of at most 250,000.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/plugins/files.h"

struct seen {
	uint64_t hash;
	char *name; /* NULL: a free slot */
	struct files_place at;
};

struct files_names {
	size_t n, room; /* room is a power of two */
	struct seen *of;
};

static uint64_t
hash_of(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	return h;
}

static struct seen *
find(struct seen *of, size_t room, uint64_t hash, const char *name)
{
	size_t i = (size_t)(hash ^ hash >> 32) & (room - 1);

	while (of[i].name != NULL &&
	    (of[i].hash != hash || strcmp(of[i].name, name) != 0))
		i = (i + 1) & (room - 1);
	return &of[i];
}

static int
grow(struct files_names *n)
{
	size_t room = n->room != 0 ? n->room * 2 : 256;
	struct seen *of = calloc(room, sizeof(*of));

	if (of == NULL)
		return -1;
	for (size_t i = 0; i < n->room; i++) {
		if (n->of[i].name != NULL)
			*find(of, room, n->of[i].hash, n->of[i].name) =
			    n->of[i];
	}
	free(n->of);
	n->of = of;
	n->room = room;
	return 0;
}

struct files_names *
files_names_new(void)
{
	struct files_names *n = calloc(1, sizeof(*n));

	if (n != NULL && grow(n) == -1) {
		free(n);
		n = NULL;
	}
	return n;
}

int
files_names_add(struct files_names *n, const char *name,
    const struct files_place *here, struct files_place *at)
{
	uint64_t hash = hash_of(name);
	struct seen *s = NULL;

	if (n->n * 2 >= n->room && grow(n) == -1)
		return -1;
	s = find(n->of, n->room, hash, name);
	if (s->name != NULL) {
		*at = s->at;
		return 1;
	}
	if ((s->name = strdup(name)) == NULL)
		return -1;
	s->hash = hash;
	s->at = *here;
	n->n++;
	return 0;
}

void
files_names_free(struct files_names *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->room; i++)
		free(n->of[i].name);
	free(n->of);
	free(n);
}
