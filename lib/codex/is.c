/*
 * Whether a process is Codex.
 *
 * 1. A path that a process chose MUST NOT be opened: this runs as root.
 * 2. What is read of a process MUST have a bound.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/codex/exe.h"
#include "lib/codex/is.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/cgroup.h"

#define EXE  1024
#define ARGS 4096

int
aas_codex_link(pid_t pid, const char *name, char *dst, size_t cap)
{
	char path[64];
	ssize_t n = -1;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	n = readlink(path, dst, cap);
	if (n <= 0 || (size_t)n >= cap) {
		dst[0] = '\0';
		return AAS_ERR_NOTFOUND;
	}
	dst[n] = '\0';
	return AAS_OK;
}

size_t
aas_codex_text(pid_t pid, const char *name, char *dst, size_t cap)
{
	char path[64];
	size_t at = 0;
	ssize_t n = 0;
	int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	if ((fd = aas_fs_high(open(path, O_RDONLY | O_CLOEXEC))) == -1)
		return 0;
	while (at < cap && (n = read(fd, dst + at, cap - at)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		at += (size_t)n;
	}
	aas_close(&fd);
	return at;
}

/* What a unit's control group holds stems from what process 1 started. */
static int
is_runner(pid_t pid, pid_t ppid)
{
	char path[AAS_CGROUP_MAX], unit[AAS_CODEX_UNIT];

	return ppid == 1 && aas_cgroup_of(pid, path) == AAS_OK &&
	    aas_codex_unit(path, unit);
}

int
aas_codex_native(pid_t pid, pid_t ppid)
{
	char exe[EXE];

	return pid > 1 &&
	    aas_codex_link(pid, "exe", exe, sizeof(exe)) == AAS_OK &&
	    (aas_codex_exe(exe, NULL, 0) || is_runner(pid, ppid));
}

int
aas_codex_is(pid_t pid, pid_t ppid)
{
	char exe[EXE], args[ARGS];
	size_t n = 0;

	/* A kernel thread has none. */
	if (pid <= 1 || aas_codex_link(pid, "exe", exe, sizeof(exe)) != AAS_OK)
		return 0;
	if (aas_codex_runs(exe))
		n = aas_codex_text(pid, "cmdline", args, sizeof(args));
	return aas_codex_exe(exe, args, n) || is_runner(pid, ppid);
}
