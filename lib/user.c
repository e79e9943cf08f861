/*
 * Who a name is.  The passwd entry decides; a name is only data.
 *
 * 1. A name MUST NOT become a path: '/', "." and ".." are refused.
 * 2. Two spellings MUST NOT be one user: the entry's name must be the name
 *    asked for, byte for byte.
 * 3. A failed look-up MUST NOT look like a user, or like a shorter list of
 *    groups.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/user.h"
#include "lib/utf8.h"
#include "lib/str.h"

#define ENTRY_MIN 1024
#define ENTRY_MAX (1024 * 1024)

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

static int
uid_usable(uid_t uid)
{
	/* -1 means "leave" to chown and setuid; 65535 is its 16-bit form. */
	return uid != (uid_t)-1 && uid != 65535;
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
	if (!uid_usable(pw->pw_uid))
		return AAS_ERR_INVAL;
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
	if (!uid_usable(uid))
		return AAS_ERR_INVAL;
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

/*
 * getgrouplist(3) says nothing of a source that it could not ask: the groups
 * of that one are missing, and it is a success.  Asking for the user's own
 * group goes the same way, and tells, unless a later source knows no such
 * group.  That it is nowhere is an answer, for which some sources have a
 * number instead of 0.
 */
static int
groups_answer(gid_t gid)
{
	struct group gr;
	struct group *res = NULL;
	char buf[ENTRY_MIN];
	int e;

	do
		e = getgrgid_r(gid, &gr, buf, sizeof(buf), &res);
	while (e == EINTR);
	/* ERANGE: there it is, with many members. */
	if (e == ERANGE || (e == 0 && res != NULL))
		return AAS_OK;
	if (e == 0 || e == ENOENT || e == ESRCH)
		return file_answers();
	errno = e;
	return e == ENOMEM ? AAS_ERR_NOMEM : AAS_ERR_SYS;
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
aas_user_groups(const struct aas_user *u, gid_t *gids, int *n)
{
	int got = 0;
	int r = AAS_ERR_INVAL;

	if (!aas_user_valid(u->name))
		return r;
	r = list(u, gids, &got);
	/* Said twice: one failed read below NSS looks like no group. */
	if (r == AAS_OK && got == 1)
		r = list(u, gids, &got);
	if (r == AAS_OK && (r = groups_answer(u->gid)) == AAS_OK)
		*n = got;
	return r;
}
