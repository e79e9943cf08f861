/*
 * Tells a user at the terminals.
 *
 * Only a character device that is a terminal of the user's own MUST be
 * written to, and never so that it blocks.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <utmpx.h>

#include "lib/fs.h"
#include "tools/aasd.h"

#define TERMINALS_MAX 32

static void
tell_line(const char *line, uid_t uid, const char *text)
{
	char path[64];
	char msg[512];
	struct stat st;
	int n = 0;
	int fd = -1;

	if (strstr(line, "..") != NULL || line[0] == '/' ||
	    snprintf(path, sizeof(path), "/dev/%s", line) >= (int)sizeof(path))
		return;
	fd = open(
	    path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return;
	n = snprintf(msg, sizeof(msg), "\r\n\a%s\r\n", text);
	if (n > 0 && n < (int)sizeof(msg) && fstat(fd, &st) == 0 &&
	    S_ISCHR(st.st_mode) && st.st_uid == uid && isatty(fd))
		(void)!write(fd, msg, (size_t)n);
	aas_close(&fd);
}

void
aasd_tell(const struct aas_user *u, const char *text)
{
	const struct utmpx *ut = NULL;
	char line[sizeof(ut->ut_line) + 1];
	char user[sizeof(ut->ut_user) + 1];
	int n = 0;

	setutxent();
	while (n < TERMINALS_MAX && (ut = getutxent()) != NULL) {
		if (ut->ut_type != USER_PROCESS)
			continue;
		memcpy(user, ut->ut_user, sizeof(ut->ut_user));
		user[sizeof(ut->ut_user)] = '\0';
		memcpy(line, ut->ut_line, sizeof(ut->ut_line));
		line[sizeof(ut->ut_line)] = '\0';
		if (strncmp(user, u->name, sizeof(ut->ut_user)) != 0)
			continue;
		n++;
		tell_line(line, u->uid, text);
	}
	endutxent();
}
