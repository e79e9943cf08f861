/*
 * Locks and unlocks a password hash, through usermod(8), which knows the
 * locks and the format of /etc/shadow.
 *
 * 1. A password that we did not lock MUST NOT be unlocked by us.
 * 2. Neither the hash nor any other secret MUST leave this file; usermod is
 *    told a name and nothing else.
 * 3. What /etc/shadow says afterwards decides, never an exit status.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/enroll/shadow.h"
#include "lib/spawn.h"
#include "lib/user.h"

#define USERMOD    "/usr/sbin/usermod"
#define USERMOD_MS 5000 /* one run; another tool may hold the lock */
#define TRIES      3
#define ENTRY_MAX  (64 * 1024)
#define NOTE_MAX   64

/* What a password field is, of shadow(5). */
enum field {
	FIELD_NONE,      /* no entry, or no password can match */
	FIELD_OPEN,      /* a hash */
	FIELD_EMPTY,     /* no password is asked for */
	FIELD_SHUT,      /* a hash behind "!" */
	FIELD_SHUT_EMPTY /* "!" alone: what locking an empty one leaves */
};

static enum field
field_of(const char *pw)
{
	if (pw == NULL || pw[0] == '*')
		return FIELD_NONE;
	if (pw[0] == '\0')
		return FIELD_EMPTY;
	if (pw[0] != '!')
		return FIELD_OPEN;
	if (pw[1] == '\0')
		return FIELD_SHUT_EMPTY;
	return pw[1] == '!' || pw[1] == '*' ? FIELD_NONE : FIELD_SHUT;
}

static int
look(const char *name, enum field *f)
{
	struct spwd sp;
	struct spwd *res = NULL;
	int e = ERANGE;

	for (size_t n = 4096; e == ERANGE && n <= ENTRY_MAX; n *= 4) {
		char *buf = malloc(n);

		if (buf == NULL)
			return AAS_ERR_NOMEM;
		do
			e = getspnam_r(name, &sp, buf, n, &res);
		while (e == EINTR);
		if (e == 0)
			*f = res != NULL ? field_of(res->sp_pwdp) : FIELD_NONE;
		explicit_bzero(buf, n);
		free(buf);
	}
	if (e == 0)
		return AAS_OK;
	if (e == ENOENT) {
		*f = FIELD_NONE;
		return AAS_OK;
	}
	errno = e;
	return AAS_ERR_SYS;
}

/* Run usermod and wait for its end; what it did is looked up by the caller. */
static int
usermod(char *const argv[])
{
	struct aas_child c = AAS_CHILD_NONE;
	struct pollfd pfd = { -1, POLLIN, 0 };
	int r = aas_spawn(USERMOD, argv, &c);

	if (r != AAS_OK)
		return r == AAS_ERR_NOMEM ? r : AAS_ERR_SYS;
	/* Its end of the socket closes when it ends. */
	pfd.fd = c.sock;
	(void)poll(&pfd, 1, USERMOD_MS);
	aas_child_end(&c, USERMOD_MS);
	return AAS_OK;
}

static int
set_lock(const char *name, int lock, int empty)
{
	char prog[] = "usermod";
	char opt_lock[] = "-L";
	char opt_unlock[] = "-U";
	char opt_password[] = "-p";
	char nothing[] = "";
	char end[] = "--";
	char who[AAS_USER_MAX];
	char *argv[] = { prog, lock ? opt_lock : opt_unlock, end, who, NULL };
	/* usermod -U refuses to make a password empty again. */
	char *put_empty[] = { prog, opt_password, nothing, end, who, NULL };
	enum field f = FIELD_NONE;
	int r = AAS_ERR_SYS;

	if (!aas_user_valid(name))
		return AAS_ERR_INVAL;
	(void)snprintf(who, sizeof(who), "%s", name);
	for (int i = 0; i < TRIES; i++) {
		r = usermod(!lock && empty ? put_empty : argv);
		if (r != AAS_OK || (r = look(name, &f)) != AAS_OK)
			return r;
		if (lock ? f != FIELD_OPEN && f != FIELD_EMPTY
			 : f == FIELD_OPEN || f == FIELD_EMPTY)
			return AAS_OK;
	}
	errno = EBUSY;
	return AAS_ERR_SYS;
}

/* The directory of the notes, made if it is not there. */
static int
open_notes(const char *statedir, int *fd)
{
	int top = -1;
	int r = aas_fs_dir(statedir, geteuid(), &top);

	if (r != AAS_OK)
		return r;
	if (mkdirat(top, "state", 0700) == -1 && errno != EEXIST)
		r = AAS_ERR_SYS;
	else
		r = aas_fs_dirat(top, "state", geteuid(), fd);
	aas_close(&top);
	return r;
}

static void
note_name(uint32_t uid, char dst[NOTE_MAX])
{
	(void)snprintf(dst, NOTE_MAX, "%lu.shadow", (unsigned long)uid);
}

int
aas_shadow_locked(const char *name, int *locked)
{
	enum field f = FIELD_NONE;
	int r = look(name, &f);

	if (r == AAS_OK)
		*locked = f != FIELD_OPEN && f != FIELD_EMPTY;
	return r;
}

int
aas_shadow_lock(const char *statedir, const char *name, uint32_t uid, int *done)
{
	char note[NOTE_MAX];
	const char *was = NULL;
	enum field f = FIELD_NONE;
	int fd = -1;
	int r = look(name, &f);

	if (r != AAS_OK)
		return r;
	if (done != NULL)
		*done = 0;
	if (f != FIELD_OPEN && f != FIELD_EMPTY)
		return AAS_OK;
	if ((r = open_notes(statedir, &fd)) != AAS_OK)
		return r;
	note_name(uid, note);
	was = f == FIELD_EMPTY ? "empty\n" : "locked\n";
	r = aas_fs_replace(
	    fd, note, was, strlen(was), (uid_t)-1, (gid_t)-1, 0600);
	if (r == AAS_OK)
		r = set_lock(name, 1, f == FIELD_EMPTY);
	if (r == AAS_OK && done != NULL)
		*done = 1;
	aas_close(&fd);
	return r;
}

/* Put it back as the note says. */
static int
restore(const char *name, const struct aas_buf *note, int *done)
{
	enum field f = FIELD_NONE;
	int empty = strcmp((const char *)note->p, "empty\n") == 0;
	int r = look(name, &f);

	if (r != AAS_OK)
		return r;
	if (f != (empty ? FIELD_SHUT_EMPTY : FIELD_SHUT))
		return AAS_OK; /* somebody else has changed it since */
	if ((r = set_lock(name, 0, empty)) == AAS_OK)
		*done = 1;
	return r;
}

int
aas_shadow_unlock(
    const char *statedir, const char *name, uint32_t uid, int *done)
{
	struct aas_buf buf = { NULL, 0 };
	char note[NOTE_MAX];
	int did = 0;
	int fd = -1;
	int r = open_notes(statedir, &fd);

	if (r != AAS_OK)
		return r;
	note_name(uid, note);
	r = aas_fs_read(fd, note, geteuid(), 077, NOTE_MAX, &buf, NULL);
	if (r == AAS_ERR_NOTFOUND)
		r = AAS_OK;
	else if (r == AAS_OK && (r = restore(name, &buf, &did)) == AAS_OK &&
	    unlinkat(fd, note, 0) == -1 && errno != ENOENT)
		r = AAS_ERR_SYS;
	if (r == AAS_OK && done != NULL)
		*done = did;
	aas_buf_free(&buf);
	aas_close(&fd);
	return r;
}
