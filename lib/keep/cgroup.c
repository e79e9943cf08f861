/*
 * Control groups of sessions.
 *
 * 1. Only a group that systemd alone names MUST be killed as a whole: the
 *    scope of a login session, or the service whose first process opened the
 *    session; never one that many share.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/cgroup.h"

#define MOUNT "/sys/fs/cgroup"
#define DEPTH 8 /* groups within groups that are looked at */

static const char *
below(const char *path, uid_t uid)
{
	char slice[64];
	int n = snprintf(slice, sizeof(slice), "/user.slice/user-%lu.slice/",
	    (unsigned long)uid);

	return n > 0 && strncmp(path, slice, (size_t)n) == 0 ? path + n : NULL;
}

int
aas_cgroup_scope(const char *path, uid_t uid, char out[AAS_CGROUP_MAX])
{
	static const char head[] = "session-", tail[] = ".scope";
	const char *p = below(path, uid);
	size_t n = p == NULL ? 0 : strcspn(p, "/");

	if (n < sizeof(head) + sizeof(tail) - 1 ||
	    strncmp(p, head, sizeof(head) - 1) != 0 ||
	    strncmp(p + n - (sizeof(tail) - 1), tail, sizeof(tail) - 1) != 0)
		return 0;
	n += (size_t)(p - path);
	memcpy(out, path, n);
	out[n] = '\0';
	return 1;
}

int
aas_cgroup_manager(const char *path, uint32_t *uid)
{
	static const char head[] = "/user.slice/user-";
	char unit[64];
	char *end = NULL;
	const char *p = NULL;
	unsigned long v = 0;
	int n = 0;

	if (strncmp(path, head, sizeof(head) - 1) != 0)
		return 0;
	v = strtoul(path + sizeof(head) - 1, &end, 10);
	if (v > UINT32_MAX || (p = below(path, (uid_t)v)) == NULL)
		return 0;
	n = snprintf(unit, sizeof(unit), "user@%lu.service", v);
	if (strncmp(p, unit, (size_t)n) != 0 || (p[n] != '/' && p[n] != '\0'))
		return 0;
	*uid = (uint32_t)v;
	return 1;
}

static int
is_path(const char *path)
{
	return path[0] == '/' && path[1] != '\0' &&
	    strstr(path, "/..") == NULL && strlen(path) < AAS_CGROUP_MAX;
}

/* cgroup.procs of a directory that is open. */
static void
each_pid(int dirfd, aas_cgroup_found *found, void *arg)
{
	FILE *f = NULL;
	long pid = 0;
	int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	if ((f = fdopen(fd, "r")) == NULL) {
		aas_close(&fd);
		return;
	}
	while (fscanf(f, "%ld", &pid) == 1) {
		if (pid > 1) /* 0: outside this container */
			found(arg, (pid_t)pid);
	}
	(void)fclose(f);
}

/* Takes fd. */
static void
each_below(int fd, int depth, aas_cgroup_found *found, void *arg)
{
	const struct dirent *e = NULL;
	DIR *dir = NULL;
	int sub = -1;

	each_pid(fd, found, arg);
	if (depth == 0 || (dir = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return;
	}
	while ((e = readdir(dir)) != NULL) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		sub = openat(dirfd(dir), e->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub != -1)
			each_below(sub, depth - 1, found, arg);
	}
	(void)closedir(dir);
}

void
aas_cgroup_each(const char *path, aas_cgroup_found *found, void *arg)
{
	/* Of systemd's own hierarchy, wherever it is. */
	static const char *const mounts[] = { MOUNT, MOUNT "/systemd",
		MOUNT "/unified" };
	char name[sizeof(MOUNT) + 16 + AAS_CGROUP_MAX];

	for (size_t i = 0;
	     is_path(path) && i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		int fd = -1;

		(void)snprintf(name, sizeof(name), "%s%s", mounts[i], path);
		fd =
		    open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd != -1)
			each_below(fd, DEPTH, found, arg);
	}
}

int
aas_cgroup_kill(const char *path)
{
	char file[sizeof(MOUNT) + AAS_CGROUP_MAX + 16];
	int fd = -1;
	int r = AAS_OK;

	if (!is_path(path))
		return AAS_ERR_INVAL;
	(void)snprintf(file, sizeof(file), MOUNT "%s/cgroup.kill", path);
	fd = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	if (write(fd, "1", 1) != 1)
		r = AAS_ERR_SYS;
	aas_close(&fd);
	return r;
}
