/*
 * Who a name is.  The passwd entry decides; a name is only data.
 *
 * 1. A name MUST NOT become a path: '/', "." and ".." are refused.
 * 2. Two spellings MUST NOT be one user: the entry's name must be the name
 *    asked for, byte for byte.
 * 3. A failed look-up MUST NOT look like a user, or like a shorter list of
 *    groups.
 * 4. A uid that some program takes for another MUST NOT be anybody's
 *    (CVE-2018-19788, CVE-2019-14287).
 */
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/user.h"
#include "lib/utf8.h"
#include "lib/str.h"

#define ENTRY_MIN 1024
#define ENTRY_MAX (1024 * 1024)
#define GROUP_MIN ((size_t)16 * 1024)        /* each time it is all read anew */
#define GROUP_MAX ((size_t)16 * 1024 * 1024) /* a very large group */

#define ROOM ((size_t)1024 * 1024) /* what a source may want */

#define NOBODY_ASKED EXDEV /* what no source of users has a use for */

#define GROUP_FILE "/etc/group"

int
aas_user_valid(const char *name)
{
	size_t len = 0;
	uint32_t cp = 0;
	size_t n = 0;

	if (name == NULL)
		return 0;
	len = aas_str_nlen(name, AAS_USER_MAX);
	if (len == 0 || len >= AAS_USER_MAX)
		return 0;
	if (name[0] == '-' || name[0] == ' ' || name[len - 1] == ' ')
		return 0;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	for (size_t i = 0; i < len; i += n) {
		if ((n = aas_utf8_next(name + i, len - i, &cp)) == 0)
			return 0;
		if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f))
			return 0;
		if (cp == '/' || cp == ':')
			return 0;
	}
	return 1;
}

int
aas_user_uid_usable(uid_t uid)
{
	/* -1 means "leave" to chown and setuid; 65535 is its 16-bit form. */
	return uid <= INT_MAX && uid != 65535;
}

unsigned
aas_user_why(int r)
{
	return r == AAS_ERR_DENIED ? AAS_WHY_UID : AAS_WHY_USER;
}

/* Check the entry and copy it; name is NULL when it was asked by uid. */
static int
take(const struct passwd *pw, const char *name, uid_t uid, struct aas_user *u)
{
	struct aas_user got = { 0 };

	if (pw->pw_name == NULL || !aas_user_valid(pw->pw_name))
		return AAS_ERR_INVAL;
	/* Another spelling of somebody is not nobody. */
	if (name != NULL && strcmp(pw->pw_name, name) != 0)
		return AAS_ERR_INVAL;
	if (name == NULL && pw->pw_uid != uid)
		return AAS_ERR_NOTFOUND;
	if (!aas_user_uid_usable(pw->pw_uid))
		return AAS_ERR_DENIED;
	memcpy(got.name, pw->pw_name, strlen(pw->pw_name) + 1);
	got.uid = pw->pw_uid;
	got.gid = pw->pw_gid;
	*u = got;
	return AAS_OK;
}

/* One of the two look-ups, so that who needs one is not linked to both. */
static int
by_name(const char *name, uid_t uid, struct passwd *pw, char *buf, size_t n,
    struct passwd **res)
{
	(void)uid;
	return getpwnam_r(name, pw, buf, n, res);
}

static int
by_uid(const char *name, uid_t uid, struct passwd *pw, char *buf, size_t n,
    struct passwd **res)
{
	(void)name;
	return getpwuid_r(uid, pw, buf, n, res);
}

static int
lookup(int (*ask)(const char *, uid_t, struct passwd *, char *, size_t,
	   struct passwd **),
    const char *name, uid_t uid, struct aas_user *u)
{
	struct passwd pw;
	struct passwd *res = NULL;
	int e = ERANGE;
	int r = AAS_ERR_SYS;

	for (size_t n = ENTRY_MIN; e == ERANGE && n <= ENTRY_MAX; n *= 2) {
		char *buf = malloc(n);

		if (buf == NULL)
			return AAS_ERR_NOMEM;
		do
			e = ask(name, uid, &pw, buf, n, &res);
		while (e == EINTR);
		if (e == 0 && res != NULL)
			r = take(res, name, uid, u);
		explicit_bzero(buf, n); /* it may hold a password hash */
		free(buf);
	}
	if (e == 0)
		return res != NULL ? r : AAS_ERR_NOTFOUND;
	/*
	 * ENOENT and its like: a source could not be asked.  An entry that does
	 * not exist is 0 without one, and only that is an answer.
	 */
	errno = e;
	return e == ENOMEM ? AAS_ERR_NOMEM : AAS_ERR_SYS;
}

int
aas_user_name(const char *name, struct aas_user *u)
{
	if (!aas_user_valid(name))
		return AAS_ERR_INVAL;
	return lookup(by_name, name, 0, u);
}

int
aas_user_uid(uid_t uid, struct aas_user *u)
{
	if (!aas_user_uid_usable(uid))
		return AAS_ERR_DENIED;
	return lookup(by_uid, NULL, uid, u);
}

/* The groups of this host itself can be read, or there are none. */
static int
file_answers(void)
{
	int fd = openat(AT_FDCWD, GROUP_FILE, O_RDONLY | O_CLOEXEC);
	char c;
	int e = 0;

	if (fd == -1)
		return errno == ENOENT ? AAS_OK : AAS_ERR_SYS;
	if (read(fd, &c, 1) == -1)
		e = errno;
	(void)close(fd);
	errno = e;
	return e == 0 ? AAS_OK : AAS_ERR_SYS;
}

/* One group; *found: it is there.  AAS_ERR_SYS, AAS_ERR_NOMEM: no answer. */
static int
ask_gid(gid_t gid, int *found)
{
	struct group gr;
	struct group *res = NULL;
	int e = ERANGE;

	/* ERANGE: some other group, which is read on the way, has many members.
	 */
	for (size_t n = GROUP_MIN; e == ERANGE && n <= GROUP_MAX; n *= 4) {
		char *buf = malloc(n);

		if (buf == NULL)
			return AAS_ERR_NOMEM;
		do {
			/* Where no source was asked at all, it is returned. */
			errno = NOBODY_ASKED;
			e = getgrgid_r(gid, &gr, buf, n, &res);
		} while (e == EINTR);
		free(buf);
	}
	if (e == 0 || e == ENOENT || e == ESRCH) {
		*found = e == 0 && res != NULL;
		return AAS_OK;
	}
	errno = e;
	return e == ENOMEM ? AAS_ERR_NOMEM : AAS_ERR_SYS;
}

/* One of the groups that only another source than the file has. */
static int
proven(const gid_t *proof, unsigned n)
{
	int found = 0;
	int r = AAS_OK;

	for (unsigned i = 0; i < n && !found && r != AAS_ERR_NOMEM; i++)
		r = ask_gid(proof[i], &found);
	if (found || n == 0)
		return AAS_OK;
	if (r == AAS_OK)
		errno = ENODATA;
	return r == AAS_ERR_NOMEM ? r : AAS_ERR_SYS;
}

/*
 * getgrouplist(3) says nothing of a source that it could not ask: the groups
 * of that one are missing, and it is a success.  A source whose library cannot
 * be loaded (whoever runs su has set a limit on memory) is passed over by all
 * functions alike: only a group that no other source has tells of it.  Asking
 * for a group that nobody can have goes through all of them, and tells of the
 * last one; of the file, which is seldom last, file_answers() does.  That it
 * is nowhere is an answer, for which some sources have a number instead of 0.
 */
static int
groups_answer(const gid_t *proof, unsigned proof_n)
{
	int found = 0;
	int r = proven(proof, proof_n);

	if (r == AAS_OK)
		r = ask_gid((gid_t)-1, &found);
	return r == AAS_OK ? file_answers() : r;
}

/* A source that is short of memory in the midst of a list says nothing. */
static int
room(void)
{
	void *p = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return AAS_ERR_NOMEM;
	(void)munmap(p, ROOM);
	return AAS_OK;
}

static int
list(const struct aas_user *u, gid_t *gids, int *n)
{
	int got = AAS_USER_GROUPS;

	if (getgrouplist(u->name, u->gid, gids, &got) == -1) {
		/* -1 with room enough: it had no memory. */
		return got > AAS_USER_GROUPS ? AAS_ERR_TOOBIG : AAS_ERR_NOMEM;
	}
	if (got < 1 || got > AAS_USER_GROUPS)
		return AAS_ERR_SYS;
	*n = got;
	return AAS_OK;
}

int
aas_user_groups(const struct aas_user *u, const gid_t *proof, unsigned proof_n,
    gid_t *gids, int *n)
{
	int got = 0;
	int r = AAS_ERR_INVAL;

	if (!aas_user_valid(u->name) || (proof_n > 0 && (r = room()) != AAS_OK))
		return r;
	r = list(u, gids, &got);
	/* Said twice: one failed read below NSS looks like no group. */
	if (r == AAS_OK && got == 1)
		r = list(u, gids, &got);
	if (r == AAS_OK && (r = groups_answer(proof, proof_n)) == AAS_OK)
		*n = got;
	return r;
}
