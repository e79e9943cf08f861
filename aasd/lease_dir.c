/*
 * The directory of leases: written, read and swept by the front.
 *
 * 1. A lease MUST appear under its account's name whole, or not at all.
 */
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/session/rundir.h"
#include "aasd/lease.h"
#include "aasd/lease_dir.h"

#define PART_NAME ".new"

static void
name_of(uint32_t uid, char name[16])
{
	(void)snprintf(name, 16, "%lu", (unsigned long)uid);
}

int
aasd_lease_put(const struct aasd *d, const struct aas_lease *l)
{
	char text[AAS_LEASE_MAX], name[16];
	int fd = -1;
	int r = aas_lease_format(l, text);

	if (r != AAS_OK ||
	    (r = aas_rundir_open(d->rundir, AAS_LEASE_DIR, &fd)) != AAS_OK)
		return r;
	name_of(l->uid, name);
	r = AAS_ERR_SYS;
	if (unlinkat(fd, PART_NAME, 0) == -1 && errno != ENOENT)
		goto out;
	if (symlinkat(text, fd, PART_NAME) == 0) {
		if (renameat(fd, PART_NAME, fd, name) == 0)
			r = AAS_OK;
		else
			(void)unlinkat(fd, PART_NAME, 0);
	}
out:
	aas_close(&fd);
	return r;
}

int
aasd_lease_current(const struct aasd *d, const struct aas_now *now,
    uint32_t uid, struct aas_lease *l)
{
	int fd = -1;
	int r = aas_rundir_open(d->rundir, AAS_LEASE_DIR, &fd);

	if (r == AAS_OK)
		r = aas_lease_read(fd, uid, l);
	if (r == AAS_OK && !aas_lease_lives(l, now))
		r = AAS_ERR_NOTFOUND;
	aas_close(&fd);
	return r;
}

int
aasd_lease_each(const struct aasd *d, const struct aas_now *now,
    aasd_lease_fn *fn, void *arg, int *dirfd)
{
	const struct dirent *e = NULL;
	struct aas_lease l;
	DIR *dir = NULL;
	int fd = -1, found = 0;
	int r = aas_rundir_open(d->rundir, AAS_LEASE_DIR, dirfd);

	if (r != AAS_OK)
		return r;
	if ((fd = openat(*dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
		-1 ||
	    (dir = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	while (!found && (e = readdir(dir)) != NULL) {
		char *end = NULL;
		unsigned long uid = strtoul(e->d_name, &end, 10);

		if (e->d_name[0] < '0' || e->d_name[0] > '9' || *end != '\0' ||
		    uid > UINT32_MAX)
			continue;
		if (aas_lease_read(*dirfd, (uint32_t)uid, &l) == AAS_OK)
			found = fn(arg, &l, aas_lease_lives(&l, now));
	}
	(void)closedir(dir);
	return AAS_OK;
}

int
aasd_lease_unlink(int dirfd, uint32_t uid)
{
	char name[16];

	name_of(uid, name);
	return unlinkat(dirfd, name, 0);
}

struct sweep {
	int *fd;
};

static int
sweep(void *arg, const struct aas_lease *l, int lives)
{
	const struct sweep *s = arg;

	if (lives)
		return 0;
	if (aasd_lease_unlink(*s->fd, l->uid) == 0)
		aas_log(LOG_INFO, "event=lease-over uid=%lu id=%s",
		    (unsigned long)l->uid, l->id);
	return 0;
}

void
aasd_lease_tick(const struct aasd *d)
{
	struct aas_now now;
	int fd = -1;
	struct sweep s = { &fd };

	if (aas_clock_boot(&now) == AAS_OK)
		(void)aasd_lease_each(d, &now, sweep, &s, &fd);
	aas_close(&fd);
}
