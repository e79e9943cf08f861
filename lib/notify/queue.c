/*
 * From raised events to numbered ones that wait for delivery.
 *
 * 1. An event MUST be on the disk in one place before it is removed from
 *    another: new/, then the chain, then queue/, then nothing.
 * 2. What does not parse MUST be put aside, never be in the way of the next.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/spool.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/notify/queue.h"
#include "lib/notify/room.h"
#include "lib/notify/spare.h"

/* --- files ---------------------------------------------------------------- */

int
aas_queue_load(int dirfd, const char *name, struct aas_queued *q)
{
	struct aas_buf buf = { NULL, 0 };
	int r = aas_fs_read(
	    dirfd, name, geteuid(), 077, AAS_QUEUED_MAX, &buf, NULL);

	if (r == AAS_OK)
		r = aas_queued_parse((const char *)buf.p, buf.len, q);
	aas_buf_free(&buf);
	return r;
}

int
aas_queue_save(
    const struct aas_depot *sp, const char *name, const struct aas_queued *q)
{
	char text[AAS_QUEUED_MAX];
	size_t n = 0;
	int r = aas_queued_format(q, text, sizeof(text), &n);

	if (r == AAS_OK)
		r = aas_fs_replace(
		    sp->queue, name, text, n, (uid_t)-1, (gid_t)-1, 0600);
	if (r == AAS_ERR_SYS && aas_spare_full() &&
	    aas_spare_use(sp->spare, sp->queue, name, text, n) == AAS_OK)
		r = AAS_OK;
	return r;
}

/* To dead/, as it is. */
static int
bury(const struct aas_depot *sp, int from, const char *name)
{
	if (renameat(from, name, sp->dead, name) == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	return AAS_OK;
}

int
aas_queue_drop(const struct aas_depot *sp, const char *name)
{
	if (unlinkat(sp->queue, name, 0) == -1 && errno != ENOENT)
		return AAS_ERR_SYS;
	/* Before somebody else has the room. */
	(void)aas_spare_fill(sp->spare);
	return AAS_OK;
}

int
aas_queue_bury(const struct aas_depot *sp, const char *name)
{
	return bury(sp, sp->queue, name);
}

/* --- new events ----------------------------------------------------------- */

/*
 * The name in the queue: that in new/, so that who does it twice after a
 * crash does the same, and whose it is, so that counting opens no file.
 */
static int
queue_name(char dst[AAS_DEPOT_NAME], const char *name, uint32_t uid)
{
	size_t n = strlen(name);

	if (n > 5 && strcmp(name + n - 5, ".json") == 0)
		n -= 5;
	return snprintf(dst, AAS_DEPOT_NAME, "%.*s.u%" PRIu32, (int)n, name,
		   uid) < AAS_DEPOT_NAME
	    ? AAS_OK
	    : AAS_ERR_TOOBIG;
}

/* How many of ${uid}'s wait; NULL: nobody asks. */
static size_t *
waits_of(const struct aas_depot *sp, uint32_t uid)
{
	size_t at = uid % AAS_WAITS_MAX;

	if (sp->waits == NULL)
		return NULL;
	if (!sp->waits->v[at].known || sp->waits->v[at].uid != uid) {
		if (aas_queue_count(sp->queue, uid, &sp->waits->v[at].n) !=
		    AAS_OK)
			return NULL;
		sp->waits->v[at].uid = uid;
		sp->waits->v[at].known = 1;
	}
	return &sp->waits->v[at].n;
}

/* In the chain, which may have to begin anew for it. */
static int
chain(const struct aas_depot *sp, const struct aas_alert *a, const char *p,
    size_t len, struct aas_chain_line *line)
{
	int r = aas_chain_append(sp->alerts, p, len, a, line);

	if (r != AAS_ERR_FORMAT && r != AAS_ERR_PERMS)
		return r;
	if (sp->damaged != NULL && sp->damaged(sp->damaged_arg, a, r) == 0 &&
	    aas_chain_aside(sp->alerts, a->uid) == AAS_OK)
		r = aas_chain_append(sp->alerts, p, len, a, line);
	/* It is not the event that is wrong. */
	return r == AAS_ERR_FORMAT || r == AAS_ERR_PERMS ? AAS_ERR_SYS : r;
}

/*
 * Where too many wait: each is tried once at all its places, and those that
 * were wait no longer for others.  Numbered alone is what finds none of them.
 */
static int
has_room(const struct aas_depot *sp, uint32_t uid)
{
	sp->waits->crowded = 1;
	sp->waits->crowded_uid = uid;
	return aas_room_make(sp, uid) == AAS_OK;
}

static int
enqueue(const struct aas_depot *sp, const char *name, const struct aas_alert *a,
    const char *p, size_t len, int64_t now_s)
{
	struct aas_queued *q = calloc(1, sizeof(*q));
	char to[AAS_DEPOT_NAME];
	struct stat st;
	size_t *waits = NULL;
	int r = AAS_ERR_NOMEM;

	if (q == NULL)
		return r;
	/* With no place to wait in it would get one number after another. */
	if ((r = queue_name(to, name, a->uid)) != AAS_OK ||
	    (r = aas_spare_fill(sp->spare)) != AAS_OK ||
	    (r = chain(sp, a, p, len, &q->line)) != AAS_OK)
		goto out;
	/* It may stand there from before a crash, with marks of its own. */
	if (q->line.old &&
	    fstatat(sp->queue, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		goto out;
	waits = waits_of(sp, a->uid);
	if (waits != NULL && *waits >= AAS_QUEUE_USER &&
	    (a->kind == NULL || !a->kind->always)) {
		if (!has_room(sp, a->uid))
			goto out;
		--*waits;
	}
	q->queued_s = now_s;
	r = aas_queue_save(sp, to, q);
	if (r == AAS_OK && waits != NULL)
		++*waits;
out:
	free(q);
	return r;
}

/* What a file of new/ holds, without its end. */
static int
read_new(const struct aas_depot *sp, const char *name, struct aas_buf *buf,
    struct aas_alert *a)
{
	int r = aas_fs_read(
	    sp->new, name, geteuid(), 022, AAS_ALERT_EVENT + 1, buf, NULL);

	if (r != AAS_OK)
		return r;
	if (buf->len < 2 || buf->p[buf->len - 1] != '\n')
		return AAS_ERR_FORMAT;
	buf->len--;
	r = aas_alert_parse((const char *)buf->p, buf->len, a);
	return r == AAS_OK && a->number != 0 ? AAS_ERR_FORMAT : r;
}

int
aas_queue_urgent(const struct aas_depot *sp, const char *name)
{
	struct aas_buf buf = { NULL, 0 };
	struct aas_alert a = { .o = NULL };
	int urgent = read_new(sp, name, &buf, &a) == AAS_OK && a.kind != NULL &&
	    a.kind->always;

	aas_alert_clear(&a);
	aas_buf_free(&buf);
	return urgent;
}

int
aas_queue_take(const struct aas_depot *sp, const char *name, int64_t now_s)
{
	struct aas_buf buf = { NULL, 0 };
	struct aas_alert a = { .o = NULL };
	int r = read_new(sp, name, &buf, &a);

	if (r == AAS_OK)
		r = enqueue(sp, name, &a, (const char *)buf.p, buf.len, now_s);
	else if (r == AAS_ERR_FORMAT || r == AAS_ERR_TOOBIG ||
	    r == AAS_ERR_PERMS)
		r = bury(sp, sp->new, name) == AAS_OK ? AAS_ERR_FORMAT
						      : AAS_ERR_SYS;
	if (r == AAS_OK && unlinkat(sp->new, name, 0) == -1)
		r = AAS_ERR_SYS;
	if (r == AAS_OK)
		(void)aas_spare_fill(sp->spare);
	aas_alert_clear(&a);
	aas_buf_free(&buf);
	return r;
}

int
aas_queue_line(
    const struct aas_depot *sp, const char *line, size_t len, int64_t now_s)
{
	char name[AAS_DEPOT_NAME];
	struct aas_alert a = { .o = NULL };
	int r = AAS_ERR_FORMAT;

	if (len > 0 && line[len - 1] == '\n')
		len--;
	if ((r = aas_alert_parse(line, len, &a)) != AAS_OK)
		return r;
	(void)snprintf(name, sizeof(name), "%010lld0000000000-%s.json",
	    (long long)a.time_s, a.id);
	r = AAS_ERR_FORMAT;
	if (a.number == 0)
		r = enqueue(sp, name, &a, line, len, now_s);
	aas_alert_clear(&a);
	return r;
}

int
aas_queue_stale(const struct aas_depot *sp, const char *name, int64_t now_s)
{
	struct aas_buf buf = { NULL, 0 };
	struct aas_alert a = { .o = NULL };
	struct stat st;
	int64_t age_s = 0;
	int r = AAS_OK;

	if (fstatat(sp->new, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return AAS_ERR_AGAIN;
	age_s = now_s - st.st_mtim.tv_sec;
	/* A clock that was set back does not keep it for a year. */
	if (age_s < -AAS_SPOOL_STALE_S)
		(void)utimensat(sp->new, name, NULL, AT_SYMLINK_NOFOLLOW);
	if (age_s < AAS_SPOOL_STALE_S)
		return AAS_ERR_AGAIN;
	r = read_new(sp, name, &buf, &a);
	aas_buf_free(&buf);
	aas_alert_clear(&a);
	if (r == AAS_OK)
		r = renameat(sp->new, name, sp->new, name + 1) == 0
		    ? AAS_OK
		    : AAS_ERR_SYS;
	else if (r == AAS_ERR_FORMAT || r == AAS_ERR_TOOBIG)
		r = renameat(sp->new, name, sp->dead, name + 1) == 0
		    ? AAS_ERR_FORMAT
		    : AAS_ERR_SYS;
	return r;
}

/* --- counting ------------------------------------------------------------- */

int
aas_queue_is_of(const char *name, uint32_t uid)
{
	char end[16];
	size_t n = strlen(name);
	size_t len = (size_t)snprintf(end, sizeof(end), ".u%" PRIu32, uid);

	return n > len && strcmp(name + n - len, end) == 0;
}

int
aas_queue_uid(const char *name, uint32_t *uid)
{
	const char *p = strrchr(name, '.');
	char *end = NULL;
	unsigned long v = 0;

	if (p == NULL || p[1] != 'u' || p[2] < '0' || p[2] > '9')
		return AAS_ERR_FORMAT;
	errno = 0;
	v = strtoul(p + 2, &end, 10);
	if (errno != 0 || *end != '\0' || v > UINT32_MAX)
		return AAS_ERR_FORMAT;
	*uid = (uint32_t)v;
	return AAS_OK;
}

int
aas_queue_count(int fd, uint32_t uid, size_t *n)
{
	struct aas_names l = { NULL, 0, 0 };
	size_t got = 0;
	int r = aas_depot_list(fd, &l);

	for (size_t i = 0; r == AAS_OK && i < l.n; i++)
		got += uid == AAS_QUEUE_ALL || aas_queue_is_of(l.v[i], uid);
	aas_names_free(&l);
	if (r == AAS_OK)
		*n = got;
	return r;
}
