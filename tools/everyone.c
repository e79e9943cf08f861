/*
 * Every user of a host, as NSS lists them and as records name them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "tools/everyone.h"

static int
add(struct aas_everyone *all, size_t *cap, const struct aas_user *u)
{
	struct aas_user *more;

	if (all->n == *cap) {
		*cap = *cap == 0 ? 256 : 2 * *cap;
		more = reallocarray(all->u, *cap, sizeof(*more));
		if (more == NULL)
			return AAS_ERR_NOMEM;
		all->u = more;
	}
	all->u[all->n++] = *u;
	return AAS_OK;
}

/* What aas_user_name() would refuse is nobody here. */
static int
take(const struct passwd *pw, struct aas_user *u)
{
	if (pw->pw_name == NULL || !aas_user_valid(pw->pw_name) ||
	    !aas_user_uid_usable(pw->pw_uid))
		return 0;
	memset(u, 0, sizeof(*u));
	memcpy(u->name, pw->pw_name, strlen(pw->pw_name) + 1);
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	return 1;
}

/* What each of NSS's list is given to: 0, or an error that ends it. */
typedef int each_fn(void *arg, const struct passwd *pw);

static int
each_listed(each_fn *each, void *arg)
{
	const struct passwd *pw = NULL;
	int r = AAS_OK;
	int e = 0;

	setpwent();
	do {
		errno = 0;
		pw = getpwent();
		e = errno;
	} while (pw != NULL && (r = each(arg, pw)) == AAS_OK);
	endpwent();
	/* ENOENT: the end, as some sources say it. */
	return pw == NULL && e != 0 && e != ENOENT ? AAS_ERR_SYS : r;
}

struct listing {
	struct aas_everyone *all;
	size_t *cap;
};

static int
add_listed(void *arg, const struct passwd *pw)
{
	struct listing *l = arg;
	struct aas_user u;

	return take(pw, &u) ? add(l->all, l->cap, &u) : AAS_OK;
}

static int
listed(struct aas_everyone *all, size_t *cap)
{
	struct listing l = { all, cap };

	return each_listed(add_listed, &l);
}

struct barring {
	void (*each)(void *arg, const char *name, unsigned why);
	void *arg;
};

static int
tell_barred(void *arg, const struct passwd *pw)
{
	const struct barring *b = arg;
	struct aas_user u;
	int r = AAS_OK;

	/* Of two entries of a name the first is who signs in. */
	if (pw->pw_name != NULL && !take(pw, &u) &&
	    (r = aas_user_name(pw->pw_name, &u)) != AAS_OK)
		b->each(b->arg, pw->pw_name, aas_user_why(r));
	return AAS_OK;
}

int
aas_everyone_barred(
    void (*each)(void *arg, const char *name, unsigned why), void *arg)
{
	struct barring b = { each, arg };

	return each_listed(tell_barred, &b);
}

static int
by_uid(const void *a, const void *b)
{
	const struct aas_user *x = a;
	const struct aas_user *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static int
by_name(const void *a, const void *b)
{
	const struct aas_user *x = a;
	const struct aas_user *y = b;

	return strcmp(x->name, y->name);
}

/* Users of records that NSS does not list, as of a large directory. */
static int
recorded(int fd, struct aas_everyone *all, size_t *cap)
{
	struct dirent *de = NULL;
	const size_t known = all->n;
	struct aas_user u = { .name = "" };
	char *end = NULL;
	DIR *d = fdopendir(fd);
	int r = AAS_OK;

	if (d == NULL)
		return AAS_ERR_SYS;
	while (r == AAS_OK && (de = readdir(d)) != NULL) {
		if (de->d_name[0] < '0' || de->d_name[0] > '9')
			continue;
		u.uid = (uid_t)strtoul(de->d_name, &end, 10);
		if (*end != '\0' ||
		    (known > 0 &&
			bsearch(&u, all->u, known, sizeof(u), by_uid) != NULL))
			continue;
		if (aas_user_uid(u.uid, &u) == AAS_OK)
			r = add(all, cap, &u);
	}
	(void)closedir(d);
	return r;
}

static void
drop_twins(struct aas_everyone *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (n == 0 || by_name(&all->u[n - 1], &all->u[i]) != 0)
			all->u[n++] = all->u[i];
	}
	all->n = n;
}

int
aas_everyone_read(const char *statedir, struct aas_everyone *all)
{
	struct aas_everyone got = { NULL, 0 };
	size_t cap = 0;
	char path[512];
	int fd = -1;
	int r = listed(&got, &cap);

	if (r != AAS_OK)
		goto out;
	if (got.n > 0)
		qsort(got.u, got.n, sizeof(*got.u), by_uid);
	(void)snprintf(path, sizeof(path), "%s/records", statedir);
	fd = aas_fs_high(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd != -1)
		r = recorded(fd, &got, &cap); /* takes fd */
	else if (errno != ENOENT)
		r = AAS_ERR_SYS;
	if (r != AAS_OK)
		goto out;
	if (got.n > 0)
		qsort(got.u, got.n, sizeof(*got.u), by_name);
	drop_twins(&got);
	*all = got;
	got.u = NULL;
out:
	free(got.u);
	return r;
}

void
aas_everyone_free(struct aas_everyone *all)
{
	free(all->u);
	all->u = NULL;
	all->n = 0;
}
