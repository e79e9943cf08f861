/*
 * Leases and the people who gave them, in the keeper.
 *
 * 1. A lease MUST end when its grantor's account is locked, in recovery or has
 *    no keys any more, or when the key that signed it does not count.
 * 2. What cannot be told MUST NOT end anything: it is asked again.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "aasd/grantor.h"

int
aasd_grantor_stands(const struct aas_index *ix, const struct aas_lease *l)
{
	if (ix->state != AAS_ST_ENROLLED && ix->state != AAS_ST_DEGRADED)
		return 0;
	for (unsigned k = 0; k < ix->keys_n && k < AAS_KEYS_MAX; k++) {
		if (strcmp(ix->keys[k].label, l->key) == 0)
			return ix->keys[k].active == 1;
	}
	return 0;
}

/* Why that lease is over; NULL: it is not, as far as is known. */
static const char *
over(const char *statedir, const struct aas_lease *l, const struct aas_now *now)
{
	struct aas_index *ix = calloc(1, sizeof(*ix));
	const char *why = NULL;
	int r = AAS_ERR_NOMEM;

	if (ix != NULL)
		r = aas_index_load(
		    statedir, l->grantor_uid, l->grantor, now->real_s, ix);
	/* FORMAT: the grantor's uid or name is somebody else's by now. */
	if (r == AAS_ERR_NOTFOUND || r == AAS_ERR_ROLLBACK ||
	    r == AAS_ERR_FORMAT)
		why = "no-record";
	else if (r == AAS_OK && !aasd_grantor_stands(ix, l))
		why =
		    ix->state == AAS_ST_ENROLLED || ix->state == AAS_ST_DEGRADED
		    ? "key"
		    : aas_state_name(ix->state);
	free(ix);
	return why;
}

static void
end(int dirfd, const char *name, const struct aas_lease *l, const char *why)
{
	char account[3 * 64], grantor[3 * 64], key[3 * AAS_LABEL_MAX];

	if (unlinkat(dirfd, name, 0) == -1)
		return;
	aas_log(LOG_NOTICE,
	    "event=lease-ended account=\"%s\" grantor=\"%s\" key=\"%s\" id=%s "
	    "by=\"aasd\" why=%s",
	    aas_printable(account, sizeof(account), l->account),
	    aas_printable(grantor, sizeof(grantor), l->grantor),
	    aas_printable(key, sizeof(key), l->key), l->id, why);
}

static void
look_at(int dirfd, const char *statedir, const char *name, const uint32_t *uid,
    const struct aas_now *now)
{
	char *rest = NULL;
	unsigned long of = strtoul(name, &rest, 10);
	const char *why = NULL;
	struct aas_lease l;

	if (name[0] < '0' || name[0] > '9' || *rest != '\0' || of > UINT32_MAX)
		return;
	if (aas_lease_read(dirfd, (uint32_t)of, &l) == AAS_OK &&
	    (uid == NULL || l.grantor_uid == *uid) &&
	    aas_lease_lives(&l, now) && (why = over(statedir, &l, now)) != NULL)
		end(dirfd, name, &l, why);
}

void
aasd_grantor_look(int dirfd, const char *statedir, const uint32_t *uid)
{
	const struct dirent *e = NULL;
	struct aas_now now;
	DIR *dir = NULL;
	int fd = -1;

	if (statedir == NULL || aas_clock_now(&now) != AAS_OK)
		return;
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return;
	}
	while ((e = readdir(dir)) != NULL)
		look_at(dirfd, statedir, e->d_name, uid, &now);
	(void)closedir(dir);
}
