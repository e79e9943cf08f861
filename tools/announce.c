/*
 * Tells a user at the terminals that utmp(5) lists.  What may be written to is
 * decided in lib/keep/term.c; what utmp(5) says is believed of nothing else.
 */
#include <stdio.h>
#include <string.h>
#include <utmpx.h>

#include "lib/keep/term.h"
#include "tools/announce.h"

#define TERMINALS_MAX 32

static void
tell_line(const char *line, uid_t uid, const char *text)
{
	char path[64];

	if (strstr(line, "..") != NULL || line[0] == '/' ||
	    snprintf(path, sizeof(path), "/dev/%s", line) >= (int)sizeof(path))
		return;
	(void)aas_term_write(path, uid, 0, text);
}

void
aas_announce(const struct aas_user *u, const char *text)
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
