/*
 * Of whom alerts were not delivered, for the next sign-in to say.
 *
 * A number MUST never be one that was not true at the end of a run.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/notify/owed.h"

#define NAME_MAX_ 16

static int
uid_cmp(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a;
	const uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Whose they are, one by one, sorted. */
static uint32_t *
owners(const struct aas_names *l, size_t *n)
{
	uint32_t *v = calloc(l->n + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; v != NULL && i < l->n; i++)
		if (aas_queue_uid(l->v[i], &v[*n]) == AAS_OK)
			++*n;
	if (v != NULL)
		qsort(v, *n, sizeof(*v), uid_cmp);
	return v;
}

static int
put(int dirfd, uint32_t uid, size_t n)
{
	char name[NAME_MAX_];
	struct stat st;
	int fd = -1;
	int r = AAS_ERR_SYS;

	(void)snprintf(name, sizeof(name), "%" PRIu32, uid);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size == (off_t)n)
		return AAS_OK;
	fd = openat(dirfd, name,
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd != -1 && ftruncate(fd, (off_t)n) == 0)
		r = AAS_OK;
	aas_close(&fd);
	return r;
}

/* Of whom all has been delivered. */
static int
forget(int dirfd, const uint32_t *v, size_t n)
{
	struct aas_names l = { NULL, 0, 0 };
	int r = aas_depot_list(dirfd, &l);

	/* One that is in the way keeps no other. */
	for (size_t i = 0; i < l.n; i++) {
		char *end = NULL;
		unsigned long uid = strtoul(l.v[i], &end, 10);
		uint32_t key = (uint32_t)uid;

		if (*end == '\0' && uid <= UINT32_MAX &&
		    bsearch(&key, v, n, sizeof(*v), uid_cmp) != NULL)
			continue;
		if (unlinkat(dirfd, l.v[i], 0) == -1 && errno != ENOENT)
			r = AAS_ERR_SYS;
	}
	aas_names_free(&l);
	return r;
}

int
aas_owed_note(const struct aas_depot *sp)
{
	struct aas_names l = { NULL, 0, 0 };
	uint32_t *v = NULL;
	size_t n = 0;
	int r = aas_depot_list(sp->queue, &l);

	if (r == AAS_OK)
		r = aas_depot_list(sp->dead, &l);
	if (r == AAS_OK && (v = owners(&l, &n)) == NULL)
		r = AAS_ERR_NOMEM;
	for (size_t i = 0, many = 0; v != NULL && i < n; i++) {
		many++;
		if (i + 1 < n && v[i + 1] == v[i])
			continue;
		if (put(sp->owed, v[i], many) != AAS_OK)
			r = AAS_ERR_SYS;
		many = 0;
	}
	if (v != NULL && forget(sp->owed, v, n) != AAS_OK)
		r = AAS_ERR_SYS;
	free(v);
	aas_names_free(&l);
	return r;
}
