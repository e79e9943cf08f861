/*
 * Files for lib/attest, as a source of policy has them from its host.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "tools/attest_files.h"

static void
files_report(
    void *arg, int level, const char *file, uint32_t line, const char *text)
{
	const struct aas_attest_files *f = arg;

	if (f->report != NULL)
		f->report(f->arg, level, file, line, text);
}

static int
cannot(void *arg, const char *path, int r)
{
	files_report(arg, 1, path, 0,
	    r == AAS_ERR_SYS         ? strerror(errno)
		: r == AAS_ERR_PERMS ? "must be a plain file of root, in "
				       "directories of root, that nobody else "
				       "may write"
				     : aas_strerror(r));
	return -2;
}

static int
files_read(void *arg, const char *path, size_t max, unsigned flags, char **text,
    size_t *len)
{
	struct aas_buf buf = { NULL, 0 };
	int r = aas_fs_read_path(path, geteuid(), 022, max, &buf, NULL);

	(void)flags;
	if (r == AAS_ERR_NOTFOUND)
		return -1;
	if (r != AAS_OK)
		return cannot(arg, path, r);
	*text = (char *)buf.p;
	*len = buf.len;
	return 0;
}

static void
files_release(void *arg, char *text)
{
	(void)arg;
	free(text);
}

/* What scandir(3) is to take; it has no argument for that. */
static const char *wanted;

static int
is_wanted(const struct dirent *e)
{
	size_t n = strlen(e->d_name);
	size_t w = strlen(wanted);

	return e->d_name[0] != '.' && n >= w &&
	    strcmp(e->d_name + n - w, wanted) == 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
files_list(void *arg, const char *dir, const char *suffix,
    int (*each)(void *earg, const char *path), void *earg)
{
	struct dirent **e = NULL;
	char path[PATH_MAX];
	int fd = -1;
	int n = 0;
	int r = aas_fs_dir(dir, geteuid(), &fd);

	if (r == AAS_ERR_NOTFOUND)
		return -1;
	if (r != AAS_OK)
		return cannot(arg, dir, r);
	wanted = suffix;
	n = scandirat(fd, ".", &e, is_wanted, by_bytes);
	aas_close(&fd);
	if (n == -1)
		return cannot(arg, dir, AAS_ERR_SYS);
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name);
		if (r == 0)
			r = each(earg, path);
		free(e[i]);
	}
	free(e);
	return r;
}

void
aas_attest_files(struct aas_attest_files *f, struct aas_attest_io *io)
{
	io->arg = f;
	io->read = files_read;
	io->release = files_release;
	io->list = files_list;
	io->report = files_report;
}
