/*
 * Out of a control group that is somebody else's.
 *
 * Who may write to the group of a process can freeze it, with each lock that
 * it holds.  A user's own manager has such groups, and what the user starts by
 * sudo or su is in one of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/err.h"
#include "lib/fs.h"

#define TEXT_MAX 8192
#define PATH_CAP 320

static int
enter(const char *hierarchy, const char *group)
{
	char path[PATH_CAP];
	int fd = -1;
	int r = AAS_ERR_SYS;

	if (snprintf(path, sizeof(path), "/sys/fs/cgroup%s%s/cgroup.procs",
		hierarchy, group) >= (int)sizeof(path))
		return AAS_ERR_TOOBIG;
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return AAS_ERR_SYS;
	if (write(fd, "0", 1) == 1)
		r = AAS_OK;
	aas_close(&fd);
	return r;
}

/*
 * The first one takes processes at the root of the machine; below it, as in a
 * container, a group with controllers takes none, and systemd's own does.
 */
static int
enter_unified(void)
{
	static const char *const at[] = { "", "/unified" };
	static const char *const into[] = { "", "/init.scope" };

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 2; k++)
			if (enter(at[i], into[k]) == AAS_OK)
				return AAS_OK;
	return AAS_ERR_SYS;
}

/* A line of /proc/self/cgroup: "number:controllers:path". */
static int
leave(char *line)
{
	char *what = strchr(line, ':');
	char *path = what != NULL ? strchr(what + 1, ':') : NULL;
	char dir[PATH_CAP / 2];

	if (path == NULL)
		return AAS_ERR_FORMAT;
	*what++ = '\0';
	*path++ = '\0';
	if (strcmp(path, "/") == 0)
		return AAS_OK;
	if (what[0] == '\0')
		return enter_unified();
	/* What it may open, and how systemd knows it, is no hold on it. */
	if (strcmp(what, "devices") == 0 || strncmp(what, "name=", 5) == 0)
		return AAS_OK;
	if (snprintf(dir, sizeof(dir), "/%s", what) >= (int)sizeof(dir))
		return AAS_ERR_TOOBIG;
	return enter(dir, "");
}

int
aas_cgroup_leave(void)
{
	char text[TEXT_MAX];
	char *next = NULL;
	size_t len = 0;
	int r = aas_fs_kernel("/proc/self/cgroup", text, sizeof(text), &len);
	int one = AAS_OK;

	if (r != AAS_OK)
		return r;
	for (char *s = strtok_r(text, "\n", &next); s != NULL;
	     s = strtok_r(NULL, "\n", &next))
		if ((one = leave(s)) != AAS_OK)
			r = one;
	return r;
}
