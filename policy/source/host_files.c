/*
 * The host side of a plugin: the files that it reads.
 *
 * 1. A file MUST be root's (or the effective user's), and so each directory
 *    above it; whether it was there, and what it was, goes along with it.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "policy/source/host_parts.h"

#define LIST_MAX 16384

static void
cannot(struct aas_source_host *h, const char *path, int r)
{
	h->api.report(h, AAS_PLUGIN_ERROR, path, 0,
	    r == AAS_ERR_SYS         ? strerror(errno)
		: r == AAS_ERR_PERMS ? "must be a plain file of root, in "
				       "directories of root, that nobody else "
				       "may write"
				     : aas_strerror(r));
}

/* --- files -----------------------------------------------------------------
 */

/* Is this the first time that path is seen? */
static int
first_time(struct aas_source_host *h, const char *path)
{
	char **grown = NULL;

	for (size_t i = 0; i < h->files_n; i++) {
		if (strcmp(h->files[i], path) == 0)
			return 0;
	}
	if (h->files_n == AAS_PW_FILES_MAX) {
		h->error = AAS_ERR_TOOBIG;
		return 0;
	}
	if (h->files_n == h->files_cap) {
		size_t cap = h->files_cap == 0 ? 64 : 2 * h->files_cap;

		grown = realloc(h->files, cap * sizeof(*grown));
		if (grown == NULL) {
			h->error = AAS_ERR_NOMEM;
			return 0;
		}
		h->files = grown;
		h->files_cap = cap;
	}
	if ((h->files[h->files_n] = strdup(path)) == NULL) {
		h->error = AAS_ERR_NOMEM;
		return 0;
	}
	h->files_n++;
	return 1;
}

/* Say which file it was; st NULL: there was none. */
static void
origin(struct aas_source_host *h, const char *path, const struct stat *st,
    const struct aas_buf *text)
{
	struct aas_origin_file f = { .path = path, .size = -1 };
	struct aas_wr w;
	int e = AAS_OK;

	if (!first_time(h, path))
		return;
	if (st != NULL)
		aas_origin_stat(st, &f);
	if (text != NULL &&
	    EVP_Digest(
		text->p, text->len, f.sha256, NULL, EVP_sha256(), NULL) != 1)
		h->error = AAS_ERR_CRYPTO;
	aas_pw_begin(h->pw, &w);
	aas_pw_file_put(&w, &f);
	if ((e = aas_pw_send(h->pw, AAS_PW_FILE, &w)) != AAS_OK)
		h->error = e;
}

/* Something stands there that was not read. */
static void
origin_of_refused(struct aas_source_host *h, const char *path)
{
	struct stat st;
	int saved = errno;

	if (lstat(path, &st) == 0)
		origin(h, path, &st, NULL);
	else
		origin(h, path, NULL, NULL);
	errno = saved;
}

int
aas_host_read(void *ctx, const char *path, size_t max, unsigned flags,
    char **text, size_t *len)
{
	struct aas_source_host *h = ctx;
	char err[AAS_CONF_ERR];
	struct aas_buf buf = { NULL, 0 };
	struct stat st;
	int r = AAS_ERR_SYS;

	r = aas_fs_read_path(path, geteuid(), 022, max, &buf, &st);
	if (r == AAS_ERR_NOTFOUND) {
		origin(h, path, NULL, NULL);
		return -1;
	}
	if (r != AAS_OK) {
		if (path != NULL && path[0] == '/')
			origin_of_refused(h, path);
		cannot(h, path, r);
		return -2;
	}
	origin(h, path, &st, &buf);
	if ((flags & AAS_PLUGIN_LIBCONFIG) != 0 &&
	    aas_conf_guard_max(path, buf.p, buf.len, max, err) != AAS_OK) {
		h->api.report(h, AAS_PLUGIN_ERROR, NULL, 0, err);
		aas_buf_free(&buf);
		return -2;
	}
	*text = (char *)buf.p;
	*len = buf.len;
	return 0;
}

void
aas_host_release(void *ctx, char *text)
{
	(void)ctx;
	free(text);
}

/* --- directories -----------------------------------------------------------
 */

struct names {
	size_t n, cap;
	char **v;
};

static int
by_bytes(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

static void
names_free(struct names *ns)
{
	for (size_t i = 0; i < ns->n; i++)
		free(ns->v[i]);
	free(ns->v);
}

static int
names_add(struct names *ns, const char *dir, const char *name)
{
	char path[PATH_MAX];
	char **grown = NULL;

	if (ns->n == LIST_MAX ||
	    snprintf(path, sizeof(path), "%s/%s", dir, name) >=
		(int)sizeof(path))
		return AAS_ERR_TOOBIG;
	if (ns->n == ns->cap) {
		ns->cap = ns->cap == 0 ? 64 : 2 * ns->cap;
		grown = realloc(ns->v, ns->cap * sizeof(*grown));
		if (grown == NULL)
			return AAS_ERR_NOMEM;
		ns->v = grown;
	}
	if ((ns->v[ns->n] = strdup(path)) == NULL)
		return AAS_ERR_NOMEM;
	ns->n++;
	return AAS_OK;
}

static int
names_read(int dirfd, const char *dir, const char *suffix, struct names *ns)
{
	int fd =
	    openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	const struct dirent *e = NULL;
	size_t want = strlen(suffix);
	int r = AAS_OK;

	if (d == NULL) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	for (errno = 0; r == AAS_OK && (e = readdir(d)) != NULL; errno = 0) {
		size_t n = strlen(e->d_name);

		if (e->d_name[0] != '.' && n >= want &&
		    strcmp(e->d_name + n - want, suffix) == 0)
			r = names_add(ns, dir, e->d_name);
	}
	if (r == AAS_OK && errno != 0)
		r = AAS_ERR_SYS;
	(void)closedir(d);
	if (r == AAS_OK && ns->n > 1)
		qsort(ns->v, ns->n, sizeof(*ns->v), by_bytes);
	return r;
}

int
aas_host_list(void *ctx, const char *dir, const char *suffix,
    int (*each)(void *arg, const char *path), void *arg)
{
	struct aas_source_host *h = ctx;
	struct names ns = { 0, 0, NULL };
	struct stat st;
	int fd = -1;
	int r = aas_fs_dir(dir, geteuid(), &fd);

	if (r == AAS_ERR_NOTFOUND) {
		origin(h, dir, NULL, NULL);
		return -1;
	}
	if (r == AAS_OK && fstat(fd, &st) == -1)
		r = AAS_ERR_SYS;
	if (r == AAS_OK) {
		origin(h, dir, &st, NULL); /* before: what comes later shows */
		r = names_read(fd, dir, suffix, &ns);
	} else if (dir != NULL && dir[0] == '/') {
		origin_of_refused(h, dir);
	}
	aas_close(&fd);
	if (r != AAS_OK) {
		cannot(h, dir, r);
		names_free(&ns);
		return -2;
	}
	for (size_t i = 0; r == 0 && i < ns.n; i++)
		r = each(arg, ns.v[i]);
	names_free(&ns);
	return r;
}
