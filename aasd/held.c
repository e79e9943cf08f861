/*
 * Entries that wait before they count: one empty file per user below
 * <state>/held, so that a timer looks at those few and not at everybody.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/enroll/shadow.h"
#include "aasd/aasd.h"

#define MARK_NAME 16
#define TICK_MAX  256 /* marks that one tick looks at */

static int
open_marks(const struct aasd *d, int *fd)
{
	int top = -1;
	int r = aas_fs_dir(d->statedir, geteuid(), &top);

	if (r != AAS_OK)
		return r;
	if (mkdirat(top, "held", 0700) == -1 && errno != EEXIST)
		r = AAS_ERR_SYS;
	else
		r = aas_fs_dirat(top, "held", geteuid(), fd);
	aas_close(&top);
	return r;
}

static void
mark_name(uid_t uid, char dst[MARK_NAME])
{
	(void)snprintf(dst, MARK_NAME, "%lu", (unsigned long)uid);
}

int
aasd_held_note(const struct aasd *d, uid_t uid)
{
	char name[MARK_NAME];
	int fd = -1;
	int r = open_marks(d, &fd);

	if (r != AAS_OK)
		return r;
	mark_name(uid, name);
	r = aas_fs_replace(fd, name, "", 0, (uid_t)-1, (gid_t)-1, 0600);
	aas_close(&fd);
	return r;
}

/* 1: this mark has served. */
static int
settle(struct aasd *d, uid_t uid, const struct aas_now *now)
{
	struct aas_index *ix = calloc(1, sizeof(*ix));
	struct aas_user u;
	unsigned why = AAS_WHY_SYSTEM;
	int done = 0;
	int changed = 0;
	int r = AAS_ERR_SYS;

	if (ix == NULL)
		return 0;
	if ((r = aas_user_uid(uid, &u)) == AAS_OK)
		r = aas_store_load(
		    d->store, u.uid, u.name, now, NULL, ix, &why);
	if (r == AAS_ERR_NOTFOUND) {
		done = 1;
	} else if (r == AAS_OK &&
	    aas_shadow_follow(
		d->statedir, u.name, u.uid, ix->state, &changed) == AAS_OK) {
		done = ix->refresh_s == 0; /* nothing waits any more */
		if (changed)
			aas_log(LOG_NOTICE, "event=hold-over user=%s state=%s",
			    u.name, aas_state_name(ix->state));
	}
	free(ix);
	return done;
}

/* A mark's name is a uid in decimal; anything else is not ours. */
static int
parse_name(const char *s, uid_t *uid)
{
	char back[MARK_NAME];
	unsigned long v = 0;

	if (*s < '0' || *s > '9' || strlen(s) >= MARK_NAME)
		return 0;
	v = strtoul(s, NULL, 10);
	*uid = (uid_t)v;
	mark_name(*uid, back);
	return strcmp(back, s) == 0;
}

void
aasd_held_tick(struct aasd *d)
{
	struct aas_now now;
	struct dirent *de = NULL;
	DIR *dir = NULL;
	uid_t uid = 0;
	int fd = -1;
	int n = 0;

	if (aas_clock_now(&now) != AAS_OK || open_marks(d, &fd) != AAS_OK)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return;
	}
	while (n < TICK_MAX && (de = readdir(dir)) != NULL) {
		if (!parse_name(de->d_name, &uid))
			continue;
		n++;
		if (settle(d, uid, &now))
			(void)unlinkat(dirfd(dir), de->d_name, 0);
	}
	(void)closedir(dir);
}
