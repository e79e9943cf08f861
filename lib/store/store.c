/*
 * The records of one host: where they are, and who may touch them.
 *
 * 1. Nothing below the state directory MUST be trusted that does not belong to
 *    its owner or that others may write.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/store/parts.h"

#define SHARED  0750 /* the group of the unlock helper may read */
#define PRIVATE 0700

void
aas_store_file(uint32_t uid, char file[16])
{
	(void)snprintf(file, 16, "%u", uid);
}

/* The group of the unlock helper; root's where there is none. */
static gid_t
group(void)
{
	char buf[16384];
	struct group gr;
	struct group *found = NULL;

	if (geteuid() != 0)
		return (gid_t)-1;
	if (getgrnam_r(AAS_GROUP, &gr, buf, sizeof(buf), &found) != 0 ||
	    found == NULL)
		return 0;
	return found->gr_gid;
}

static int
make_dir(int top, const char *name, mode_t mode, gid_t gid)
{
	if (mkdirat(top, name, 0700) == -1)
		return errno == EEXIST ? AAS_OK : AAS_ERR_SYS;
	if (fchownat(top, name, (uid_t)-1, gid, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fchmodat(top, name, mode, 0) == -1 || fsync(top) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

struct part {
	int *fd;
	const char *name;
	mode_t mode;
};

static int
open_parts(struct aas_store *s, int create)
{
	const struct part parts[] = {
		{ &s->records, "records", SHARED },
		{ &s->index, "index", SHARED },
		{ &s->pins, "pins", SHARED },
		{ &s->state, "state", PRIVATE },
		{ &s->locks, "locks", PRIVATE },
		{ &s->invites, "invites", PRIVATE },
		{ &s->archive, "archive", PRIVATE },
	};
	gid_t gid = create ? group() : (gid_t)-1;
	struct stat st;
	int r = AAS_OK;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct part *p = &parts[i];

		if (p->mode == PRIVATE && !s->writer)
			continue;
		if (create &&
		    (r = make_dir(s->top, p->name, p->mode,
			 p->mode == SHARED ? gid : (gid_t)-1)) != AAS_OK)
			return r;
		r = aas_fs_dirat(s->top, p->name, s->owner, p->fd);
		if (r != AAS_OK && (create || r != AAS_ERR_NOTFOUND))
			return r;
	}
	/* Files get the group of their directory: no look-up at a sign-in. */
	if (s->records >= 0) {
		if (fstat(s->records, &st) == -1)
			return AAS_ERR_SYS;
		s->gid = s->owner == 0 ? st.st_gid : (gid_t)-1;
	}
	return AAS_OK;
}

int
aas_store_open(const char *statedir, int create, struct aas_store **s)
{
	struct aas_store *st = NULL;
	int r = AAS_ERR_NOMEM;

	if (statedir == NULL)
		return AAS_ERR_INVAL;
	if ((st = calloc(1, sizeof(*st))) == NULL)
		return AAS_ERR_NOMEM;
	st->top = st->records = st->index = st->pins = -1;
	st->state = st->locks = st->invites = st->archive = -1;
	st->gid = (gid_t)-1;
	r = AAS_ERR_SYS;
	if (create && mkdir(statedir, 0755) == -1 && errno != EEXIST)
		goto out;
	if ((r = aas_index_dir(statedir, &st->top, &st->owner)) != AAS_OK)
		goto out;
	st->writer = geteuid() == st->owner;
	r = AAS_ERR_PERMS;
	if (create && !st->writer)
		goto out;
	if ((r = open_parts(st, create)) != AAS_OK)
		goto out;
	*s = st;
	st = NULL;
out:
	aas_store_close(&st);
	return r;
}

void
aas_store_close(struct aas_store **s)
{
	if (s == NULL || *s == NULL)
		return;
	aas_close(&(*s)->top);
	aas_close(&(*s)->records);
	aas_close(&(*s)->index);
	aas_close(&(*s)->pins);
	aas_close(&(*s)->state);
	aas_close(&(*s)->locks);
	aas_close(&(*s)->invites);
	aas_close(&(*s)->archive);
	free(*s);
	*s = NULL;
}

int
aas_store_read(struct aas_store *s, uint32_t uid, struct aas_buf *buf)
{
	char file[16];

	if (s->records < 0)
		return AAS_ERR_NOTFOUND;
	aas_store_file(uid, file);
	return aas_fs_read(
	    s->records, file, s->owner, 027, AAS_RECORD_MAX, buf, NULL);
}
