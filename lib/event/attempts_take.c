/*
 * Attempts out of their file and into events.  For aas-notify: it allocates.
 *
 * 1. What was not kept elsewhere MUST stay counted.
 * 2. What was kept, and not yet subtracted when the machine went down or one
 *    of its slots was held, MUST come again as the same event.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/attempts_slot.h"
#include "lib/event/spool.h"
#include "lib/hex.h"

#define USERS (ATT_USERS * ATT_USERS_IN)
#define HOSTS (ATT_HOSTS * ATT_HOSTS_IN)

/* The file as it was, and which of its slots are of one user. */
struct all {
	int fd;
	struct att_user user[USERS];
	struct att_host host[HOSTS];
	int done[USERS];
	int of[USERS], of_n;
};

static off_t
user_at(int i)
{
	return ATT_USERS_AT + i * (off_t)sizeof(struct att_user);
}

static off_t
host_at(int i)
{
	return ATT_HOSTS_AT + i * (off_t)sizeof(struct att_host);
}

/* The bucket that a slot is in. */
static int
lock_user(const struct all *a, int i, int on)
{
	return aas_spool_lock(
	    a->fd, ATT_USERS_AT + (off_t)(i / ATT_USERS_IN) * 1024, 1024, on);
}

static int
is_used(const struct att_user *u, int i)
{
	return att_good(u, sizeof(*u), user_at(i)) && u->count > 0;
}

/* Slot ${i}, locked, is still that of who we think. */
static int
again(const struct all *a, int i, struct att_user *u)
{
	return att_read(a->fd, user_at(i), u, sizeof(*u)) == AAS_OK &&
	    is_used(u, i) && u->uid == a->user[i].uid &&
	    memcmp(u->id, a->user[i].id, sizeof(u->id)) == 0;
}

static int
put_user(const struct all *a, int i, struct att_user *u)
{
	att_seal(u, sizeof(*u), user_at(i));
	return att_write(a->fd, user_at(i), u, sizeof(*u));
}

/*
 * Which slots of the user of slot ${first} are told of now: those that an
 * earlier try has noted already, or else all.  Returns 1 if one has.
 */
static int
gather(struct all *a, int first)
{
	int noted = 0;

	a->of_n = 0;
	for (int i = first; i < USERS; i++) {
		if (!is_used(&a->user[i], i) ||
		    a->user[i].uid != a->user[first].uid)
			continue;
		a->done[i] = 1;
		if (a->user[i].taken > 0 && !noted) {
			noted = 1;
			a->of_n = 0;
		}
		if (!noted || a->user[i].taken > 0)
			a->of[a->of_n++] = i;
	}
	return noted;
}

/*
 * Note in the file how many are told of: of those that an earlier try has
 * noted all, or else none.
 */
static void
note(struct all *a, int noted)
{
	int kept = 0;

	for (int n = 0; n < a->of_n; n++) {
		const int i = a->of[n];
		struct att_user u;

		if (lock_user(a, i, 1) != AAS_OK) {
			if (!noted)
				continue;
			a->of_n = 0; /* whole, or later */
			return;
		}
		if (again(a, i, &u)) {
			if (u.taken == 0 || u.taken > u.count)
				u.taken = u.count;
			if (put_user(a, i, &u) == AAS_OK) {
				a->user[i] = u;
				a->of[kept++] = i;
			}
		}
		(void)lock_user(a, i, 0);
	}
	a->of_n = kept;
}

/* Among those that came most, in their order. */
static void
rank(struct aas_attempts *t, const struct att_host *h)
{
	size_t i = t->hosts_n;

	if (i == AAS_ATTEMPTS_TOP && t->hosts[--i].count >= h->count)
		return;
	for (; i > 0 && t->hosts[i - 1].count < h->count; i--)
		t->hosts[i] = t->hosts[i - 1];
	memcpy(t->hosts[i].rhost, h->rhost, sizeof(t->hosts[i].rhost));
	t->hosts[i].rhost[AAS_ATTEMPTS_HOST - 1] = '\0';
	t->hosts[i].count = h->count;
	if (t->hosts_n < AAS_ATTEMPTS_TOP)
		t->hosts_n++;
}

static void
sum(const struct all *a, struct aas_attempts *t)
{
	memset(t, 0, sizeof(*t));
	for (int n = 0; n < a->of_n; n++) {
		const struct att_user *u = &a->user[a->of[n]];

		if (n == 0) {
			aas_hex_format(u->id, sizeof(u->id), t->id);
			t->uid = u->uid;
			t->first_s = u->first_s;
			memcpy(t->user, u->user, sizeof(t->user));
			t->user[sizeof(t->user) - 1] = '\0';
		}
		t->count += u->taken;
		if (u->first_s < t->first_s)
			t->first_s = u->first_s;
		if (u->last_s >= t->last_s) {
			t->last_s = u->last_s;
			memcpy(t->service, u->service, sizeof(t->service));
			t->service[sizeof(t->service) - 1] = '\0';
		}
	}
	for (int i = 0; i < HOSTS; i++)
		if (att_good(&a->host[i], sizeof(a->host[i]), host_at(i)) &&
		    a->host[i].count > 0 && a->host[i].uid == t->uid)
			rank(t, &a->host[i]);
}

/* Told: what is left begins anew. */
static void
subtract(const struct all *a)
{
	/* The one whose id it has is the last to go. */
	for (int n = a->of_n - 1; n >= 0; n--) {
		const int i = a->of[n];
		struct att_user u;

		if (lock_user(a, i, 1) != AAS_OK)
			return; /* comes again, as the same event */
		if (again(a, i, &u)) {
			u.count -= u.taken;
			u.taken = 0;
			u.first_s = u.last_s;
			if (u.count == 0)
				memset(&u, 0, sizeof(u));
			else
				(void)att_fresh(u.id);
			(void)put_user(a, i, &u);
		}
		(void)lock_user(a, i, 0);
	}
}

static void
forget_hosts(const struct all *a, uint32_t uid)
{
	static const struct att_host none;

	for (int i = 0; i < HOSTS; i++) {
		const off_t at =
		    ATT_HOSTS_AT + (off_t)(i / ATT_HOSTS_IN) * 4096;

		if (a->host[i].uid != uid || a->host[i].count == 0 ||
		    aas_spool_lock(a->fd, at, 4096, 1) != AAS_OK)
			continue;
		(void)att_write(a->fd, host_at(i), &none, sizeof(none));
		(void)aas_spool_lock(a->fd, at, 4096, 0);
	}
}

static void
take_one(struct all *a, int first, const struct aas_attempts_sink *sink)
{
	struct aas_attempts t;
	int noted = gather(a, first);

	if (!noted && sink->due != NULL &&
	    !sink->due(sink->arg, a->user[first].uid))
		return;
	note(a, noted);
	if (a->of_n == 0)
		return;
	sum(a, &t);
	if (sink->keep(sink->arg, &t) != 0)
		return;
	subtract(a);
	forget_hosts(a, t.uid);
}

int
aas_attempts_take(const char *spooldir, const struct aas_attempts_sink *sink)
{
	struct all *a = NULL;
	int fd = -1;
	int r = att_open(spooldir, NULL, 0, &fd);

	if (r != AAS_OK)
		return r == AAS_ERR_NOTFOUND ? AAS_OK : r;
	if ((a = calloc(1, sizeof(*a))) == NULL) {
		aas_close(&fd);
		return AAS_ERR_NOMEM;
	}
	a->fd = fd;
	if ((r = att_read(fd, ATT_USERS_AT, a->user, sizeof(a->user))) ==
		AAS_OK &&
	    (r = att_read(fd, ATT_HOSTS_AT, a->host, sizeof(a->host))) ==
		AAS_OK)
		for (int i = 0; i < USERS; i++)
			if (!a->done[i] && is_used(&a->user[i], i))
				take_one(a, i, sink);
	if (r == AAS_OK && syscall(SYS_fsync, fd) == -1)
		r = AAS_ERR_SYS;
	free(a);
	aas_close(&fd);
	return r;
}
