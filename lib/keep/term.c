/*
 * Terminals of sessions.
 *
 * 1. Only a terminal of the user's own, or on which a session within another
 *    was begun, MUST be written to, and never so that it blocks.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/term.h"

#define PTS_MAJOR    136
#define TTY_MAJOR    4
#define FIRST_SERIAL 64
#define ALIAS_MAJOR  5
#define TEXT_MAX     512
#define UEVENT_MAX   1024

/* As the kernel's new_encode_dev() has it; proc(5) says less. */
static dev_t
dev_of(uint32_t tty)
{
	return makedev(
	    (tty >> 8) & 0xfff, (tty & 0xff) | ((tty >> 12) & 0xfff00));
}

int
aas_term_name(const char *uevent, char path[AAS_TERM_PATH])
{
	static const char key[] = "DEVNAME=",
			  plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	const char *s = uevent;
	size_t n = 0;

	while (strncmp(s, key, sizeof(key) - 1) != 0) {
		if ((s = strchr(s, '\n')) == NULL)
			return AAS_ERR_NOTFOUND;
		s++;
	}
	s += sizeof(key) - 1;
	n = strspn(s, plain);
	if (n == 0 || n >= AAS_TERM_PATH - sizeof("/dev/") + 1 ||
	    (s[n] != '\n' && s[n] != '\0'))
		return AAS_ERR_NOTFOUND;
	(void)snprintf(path, AAS_TERM_PATH, "/dev/%.*s", (int)n, s);
	return AAS_OK;
}

int
aas_term_path(uint32_t tty, char path[AAS_TERM_PATH])
{
	char file[64], text[UEVENT_MAX];
	unsigned of = major(dev_of(tty)), n = minor(dev_of(tty));
	size_t len = 0;

	/* Those of a devpts are not in /sys, and not every container has it. */
	if (of == PTS_MAJOR)
		(void)snprintf(path, AAS_TERM_PATH, "/dev/pts/%u", n);
	else if (of == TTY_MAJOR && n >= FIRST_SERIAL)
		(void)snprintf(
		    path, AAS_TERM_PATH, "/dev/ttyS%u", n - FIRST_SERIAL);
	else if (of == TTY_MAJOR && n != 0)
		(void)snprintf(path, AAS_TERM_PATH, "/dev/tty%u", n);
	if (of == PTS_MAJOR || (of == TTY_MAJOR && n != 0))
		return AAS_OK;
	/* Other names of what has one: never that of a process's. */
	if (of == 0 || of == TTY_MAJOR || of == ALIAS_MAJOR)
		return AAS_ERR_NOTFOUND;
	(void)snprintf(file, sizeof(file), "/sys/dev/char/%u:%u/uevent", of, n);
	if (aas_fs_kernel(file, text, sizeof(text), &len) != AAS_OK)
		return AAS_ERR_NOTFOUND;
	return aas_term_name(text, path);
}

static int
is_of(const struct stat *st, uid_t uid)
{
	return S_ISCHR(st->st_mode) &&
	    (uid == AAS_TERM_ANYONE || st->st_uid == uid);
}

int
aas_term_write(const char *path, uid_t uid, uint32_t tty, const char *text)
{
	char msg[TEXT_MAX];
	struct stat st;
	int fd = -1;
	int n = snprintf(msg, sizeof(msg), "\r\n\a%s\r\n", text);
	int r = AAS_ERR_SYS;

	if (n < 0 || n >= (int)sizeof(msg))
		return AAS_ERR_TOOBIG;
	fd = open(
	    path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return AAS_ERR_NOTFOUND;
	if (fstat(fd, &st) == 0)
		r = is_of(&st, uid) &&
			(tty != 0 ? st.st_rdev == dev_of(tty) : isatty(fd))
		    ? AAS_OK
		    : AAS_ERR_PERMS;
	if (r == AAS_OK && write(fd, msg, (size_t)n) != n)
		r = AAS_ERR_SYS;
	aas_close(&fd);
	return r;
}

int
aas_term_say(uint32_t tty, uid_t uid, const char *text)
{
	char path[AAS_TERM_PATH];
	int r = aas_term_path(tty, path);

	return r == AAS_OK ? aas_term_write(path, uid, tty, text) : r;
}

int
aas_term_input(uint32_t tty, uid_t uid, int64_t *real_ms)
{
	char path[AAS_TERM_PATH];
	struct stat st;
	int r = aas_term_path(tty, path);

	if (r != AAS_OK)
		return r;
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return AAS_ERR_NOTFOUND;
	if (!is_of(&st, uid) || st.st_rdev != dev_of(tty))
		return AAS_ERR_PERMS;
	*real_ms =
	    (int64_t)st.st_atim.tv_sec * 1000 + st.st_atim.tv_nsec / 1000000;
	return AAS_OK;
}
