/*
 * Refused sign-ins, counted.  It runs inside sshd and login, for whoever
 * knocks.
 *
 * 1. The file MUST NOT grow, whatever a stranger sends and however often.
 * 2. Nobody MUST be waited for: not for a disk, nor for one who holds a lock
 *    and was stopped.
 * 3. A count MUST NOT be lost to others' counts: what is thrown away for room
 *    is where attempts came from, never how many there were.
 */
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/attempts_slot.h"
#include "lib/event/spool.h"
#include "lib/fs_parts.h"
#include "lib/session/rundir.h"

/* --- the file -------------------------------------------------------------*/

int
att_open(const char *spooldir, struct aas_fs_seen *seen, int make, int *fd)
{
	char path[AAS_SPOOL_PATH];
	struct aas_fs_seen own = { .owner = geteuid() };
	struct stat st;
	int f = -1;
	int r = aas_spool_file(spooldir, AAS_ATTEMPTS, path);

	if (r != AAS_OK ||
	    (r = aas_rundir_look(spooldir, AAS_SPOOL_NEW,
		 seen != NULL ? seen : &own)) != AAS_OK)
		return r;
	if (!aas_fs_size_allowed(AAS_ATTEMPTS_SIZE))
		return AAS_ERR_SYS;
	r = aas_fs_file_take(
	    aas_fs_openat(AT_FDCWD, path, O_RDWR | (make ? O_CREAT : 0), 0600),
	    geteuid(), 077, &f, &st);
	if (r != AAS_OK)
		return r;
	if (st.st_size > AAS_ATTEMPTS_SIZE)
		r = AAS_ERR_FORMAT;
	else if (st.st_size < AAS_ATTEMPTS_SIZE &&
	    syscall(SYS_ftruncate, f, (off_t)AAS_ATTEMPTS_SIZE) == -1)
		r = AAS_ERR_SYS;
	if (r != AAS_OK)
		aas_close(&f);
	else
		*fd = f;
	return r;
}

int
att_read(int fd, off_t at, void *p, size_t n)
{
	ssize_t got = 0;

	do
		got = syscall(SYS_pread64, fd, p, n, at);
	while (got == -1 && errno == EINTR);
	return got == (ssize_t)n ? AAS_OK : AAS_ERR_SYS;
}

int
att_write(int fd, off_t at, const void *p, size_t n)
{
	ssize_t put = 0;

	do
		put = syscall(SYS_pwrite64, fd, p, n, at);
	while (put == -1 && errno == EINTR);
	return put == (ssize_t)n ? AAS_OK : AAS_ERR_SYS;
}

int
att_fresh(uint8_t id[16])
{
	uint8_t raw[16];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return AAS_ERR_SYS;
	memcpy(id, raw, sizeof(raw));
	return AAS_OK;
}

uint64_t
att_mix(uint64_t h, uint64_t v)
{
	h ^= v;
	h = (h << 29 | h >> 35) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

uint64_t
att_mix_text(uint64_t h, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		h = att_mix(h, (unsigned char)*s);
	return att_mix(h, UINT64_C(1) << 32);
}

/* Of the words behind the first. */
static uint64_t
check_of(const void *p, size_t n, off_t at)
{
	const uint8_t *b = p;
	uint64_t h = att_mix(UINT64_C(0x6161735f61747431), (uint64_t)at);

	for (size_t i = sizeof(uint64_t); i < n; i += sizeof(uint64_t)) {
		uint64_t v = 0;

		memcpy(&v, b + i, sizeof(v));
		h = att_mix(h, v);
	}
	return h;
}

int
att_good(const void *p, size_t n, off_t at)
{
	uint64_t v = 0;

	memcpy(&v, p, sizeof(v));
	return v == check_of(p, n, at);
}

void
att_seal(void *p, size_t n, off_t at)
{
	uint64_t v = check_of(p, n, at);

	memcpy(p, &v, sizeof(v));
}

/* As much of a text as fits, with zeros behind it. */
static void
keep(char *dst, size_t cap, const char *s)
{
	size_t n = 0;

	memset(dst, 0, cap);
	for (; s != NULL && s[n] != '\0' && n + 1 < cap; n++)
		dst[n] = s[n];
}

/* --- users ----------------------------------------------------------------*/

struct
try {
	uint32_t uid;
	const char *user, *service, *rhost;
	int64_t real_s;
};

static int
count_user(struct att_user *u, const struct try *t, int fresh)
{
	if (fresh) {
		memset(u, 0, sizeof(*u));
		u->uid = t->uid;
		u->first_s = t->real_s;
		keep(u->user, sizeof(u->user),
		    t->uid == AAS_ATTEMPTS_OTHERS ? NULL : t->user);
		if (att_fresh(u->id) != AAS_OK)
			return AAS_ERR_SYS;
	}
	u->count++;
	u->last_s = t->real_s;
	keep(u->service, sizeof(u->service), t->service);
	return AAS_OK;
}

/* In one bucket.  AAS_ERR_AGAIN: it is held; AAS_ERR_TOOBIG: it is full. */
static int
add_user(int fd, unsigned bucket, const struct try *t)
{
	const off_t at = ATT_USERS_AT + (off_t)bucket * 1024;
	struct att_user u[ATT_USERS_IN];
	int mine = -1, room = -1;
	int r = aas_spool_lock(fd, at, sizeof(u), 1);

	if (r != AAS_OK)
		return r;
	r = att_read(fd, at, u, sizeof(u));
	for (int i = 0; r == AAS_OK && i < ATT_USERS_IN; i++) {
		const off_t here = at + i * (off_t)sizeof(u[0]);

		if (!att_good(&u[i], sizeof(u[i]), here) || u[i].count == 0)
			room = room == -1 ? i : room;
		else if (u[i].uid == t->uid)
			mine = i;
	}
	if (r == AAS_OK && mine == -1 && room == -1)
		r = AAS_ERR_TOOBIG;
	if (r == AAS_OK) {
		int i = mine != -1 ? mine : room;
		const off_t here = at + i * (off_t)sizeof(u[0]);

		if ((r = count_user(&u[i], t, mine == -1)) == AAS_OK) {
			att_seal(&u[i], sizeof(u[i]), here);
			r = att_write(fd, here, &u[i], sizeof(u[i]));
		}
	}
	(void)aas_spool_lock(fd, at, sizeof(u), 0);
	return r;
}

/* AAS_ERR_TOOBIG: in none of its buckets is room. */
static int
add_own(int fd, const struct try *t)
{
	unsigned first = (unsigned)(att_mix(7, t->uid) % (ATT_USERS - 1));
	int full = 0;
	int r = AAS_ERR_AGAIN;

	for (int n = 0; n < ATT_ROUNDS; n++) {
		full = 0;
		for (unsigned i = 0; i < ATT_CHOICES; i++) {
			r = add_user(fd, (first + i) % (ATT_USERS - 1), t);
			full += r == AAS_ERR_TOOBIG;
			if (r != AAS_ERR_AGAIN && r != AAS_ERR_TOOBIG)
				return r;
		}
		if (full == ATT_CHOICES)
			return AAS_ERR_TOOBIG;
		(void)syscall(SYS_sched_yield);
	}
	return full > 0 ? AAS_ERR_TOOBIG : AAS_ERR_AGAIN;
}

static int
add_others(int fd, const struct try *t)
{
	struct try others = *t;
	int r = AAS_ERR_AGAIN;

	others.uid = AAS_ATTEMPTS_OTHERS;
	for (int n = 0; r == AAS_ERR_AGAIN && n < ATT_ROUNDS; n++) {
		if (n > 0)
			(void)syscall(SYS_sched_yield);
		r = add_user(fd, ATT_USERS - 1, &others);
	}
	return r == AAS_ERR_TOOBIG ? AAS_ERR_AGAIN : r;
}

/* --- hosts ----------------------------------------------------------------*/

/* The slot of this host, a free one, or that of who came least and longest
 * ago. */
static int
choose_host(
    const struct att_host *h, off_t at, const struct try *t, const char *rhost)
{
	int least = 0;

	for (int i = 0; i < ATT_HOSTS_IN; i++) {
		if (!att_good(
			&h[i], sizeof(h[i]), at + i * (off_t)sizeof(h[i])) ||
		    h[i].count == 0)
			return i;
		if (h[i].uid == t->uid &&
		    memcmp(h[i].rhost, rhost, sizeof(h[i].rhost)) == 0)
			return i;
		if (h[i].count < h[least].count ||
		    (h[i].count == h[least].count &&
			h[i].last_s < h[least].last_s))
			least = i;
	}
	return least;
}

/* Where it came from: of use, but nothing depends on it. */
static void
add_host(int fd, const struct try *t)
{
	struct att_host h[ATT_HOSTS_IN], *mine;
	char rhost[AAS_ATTEMPTS_HOST];
	off_t at, here;
	int i;

	keep(rhost, sizeof(rhost), t->rhost);
	at = ATT_HOSTS_AT +
	    (off_t)(att_mix_text(att_mix(9, t->uid), rhost) % ATT_HOSTS) *
		(off_t)sizeof(h);
	if (aas_spool_lock(fd, at, sizeof(h), 1) != AAS_OK)
		return;
	if (att_read(fd, at, h, sizeof(h)) == AAS_OK) {
		i = choose_host(h, at, t, rhost);
		mine = &h[i];
		here = at + i * (off_t)sizeof(*mine);
		if (!att_good(mine, sizeof(*mine), here) ||
		    mine->uid != t->uid ||
		    memcmp(mine->rhost, rhost, sizeof(rhost)) != 0) {
			memset(mine, 0, sizeof(*mine));
			mine->uid = t->uid;
			memcpy(mine->rhost, rhost, sizeof(rhost));
		}
		mine->count++;
		mine->last_s = t->real_s;
		att_seal(mine, sizeof(*mine), here);
		(void)att_write(fd, here, mine, sizeof(*mine));
	}
	(void)aas_spool_lock(fd, at, sizeof(h), 0);
}

int
aas_attempts_add(const char *spooldir, struct aas_fs_seen *seen, uint32_t uid,
    const char *user, const char *service, const char *rhost, int64_t real_s)
{
	const struct try t = { uid, user, service, rhost, real_s };
	int fd = -1;
	int r = att_open(spooldir, seen, 1, &fd);

	if (r != AAS_OK)
		return r;
	if ((r = add_own(fd, &t)) == AAS_ERR_TOOBIG)
		r = add_others(fd, &t);
	if (r == AAS_OK)
		add_host(fd, &t);
	aas_close(&fd);
	return r;
}
