#ifndef AAS_LIB_FS_H
#define AAS_LIB_FS_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/*
 * Checked access to files.  Nothing here follows a symbolic link in the last
 * component, blocks on a FIFO, or trusts a path twice: what is checked is the
 * descriptor that is read.  All descriptors are O_CLOEXEC and >= 3.
 * AAS_ERR_INVAL everywhere: a path that is not absolute, a component that is
 * empty, "." or ".." or holds a '/'.  Who lists a directory skips the names
 * that begin with '.': they are files not yet finished.
 */

/* A buffer from malloc; release with aas_buf_free(). */
struct aas_buf {
	uint8_t *p; /* p[len] is 0 when p is not NULL */
	size_t len;
};

/*
 * aas_buf_free(b):
 * Wipe, free and empty ${b}; NULL and empty are fine.
 */
void aas_buf_free(struct aas_buf *b);

/*
 * What aas_fs_look() found good, so that one call of the module does not look
 * at the same directories again and again.  All zero: nothing yet.  For one
 * piece of work of one thread, never kept between two.
 */
struct aas_fs_seen {
	char path[256];
	uid_t owner; /* whom else than root it was allowed to belong to */
	uid_t uid;   /* whom ${path} belongs to */
};

/*
 * aas_fs_look(path, owner, seen, &uid):
 * Look whether ${path} (absolute) is a directory that, with every directory
 * above it, belongs to root or ${owner} and is writable by no other user
 * (sticky directories above it are accepted; group-writable only by root's
 * group), and no symbolic link.  Then nobody else can change what it names.
 *   seen  what is already known, and what is known then; may be NULL
 *   uid   whom ${path} itself belongs to; may be NULL
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_fs_look(
    const char *path, uid_t owner, struct aas_fs_seen *seen, uid_t *uid);

/*
 * aas_fs_dir(path, owner, &fd):
 * Open the directory ${path} if it is as aas_fs_look() wants it.  ${fd} is
 * O_PATH, and cannot be listed or synced, where the mode only lets the caller
 * pass.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_fs_dir(const char *path, uid_t owner, int *fd);

/*
 * aas_fs_dirat(dirfd, name, owner, &fd):
 * The same for one component ${name} (no '/', not "." or "..") below an
 * already checked ${dirfd}.
 */
int aas_fs_dirat(int dirfd, const char *name, uid_t owner, int *fd);

/*
 * aas_fs_open(dirfd, name, owner, forbid, &fd, &st):
 * Open ${name} below ${dirfd} for reading.  It must be a regular file with
 * one link (none: it was replaced just now), of root or ${owner}, with none of
 * the mode bits ${forbid} (022: nobody else may write it; 077: nobody else may
 * read it either). st   may be NULL Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS,
 * AAS_ERR_SYS.
 */
int aas_fs_open(int dirfd, const char *name, uid_t owner, mode_t forbid,
    int *fd, struct stat *st);

/*
 * aas_fs_read(dirfd, name, owner, forbid, max, &buf, &st):
 * aas_fs_open() and read all of it; over ${max} bytes is AAS_ERR_TOOBIG, a
 * file that shrinks or grows meanwhile AAS_ERR_AGAIN.  ${st} may be NULL.
 */
int aas_fs_read(int dirfd, const char *name, uid_t owner, mode_t forbid,
    size_t max, struct aas_buf *buf, struct stat *st);

/*
 * aas_fs_open_path(path, owner, forbid, &fd, &st),
 * aas_fs_open_seen(path, owner, forbid, seen, &fd, &st),
 * aas_fs_read_path(path, owner, forbid, max, &buf, &st):
 * aas_fs_look() at the parent of the absolute ${path}, then aas_fs_open() or
 * aas_fs_read().
 */
int aas_fs_open_path(
    const char *path, uid_t owner, mode_t forbid, int *fd, struct stat *st);
int aas_fs_open_seen(const char *path, uid_t owner, mode_t forbid,
    struct aas_fs_seen *seen, int *fd, struct stat *st);
int aas_fs_read_path(const char *path, uid_t owner, mode_t forbid, size_t max,
    struct aas_buf *buf, struct stat *st);

/*
 * aas_fs_stat_path(path, owner, forbid, &st):
 * For who needs to know which file it is, not what stands in it: as
 * aas_fs_open() without opening it, and without a look at its directory.
 */
int aas_fs_stat_path(
    const char *path, uid_t owner, mode_t forbid, struct stat *st);

/*
 * aas_fs_slurp(fd, st, max, &buf):
 * All of the file ${fd}, which is as long as ${st} says; errors as those of
 * aas_fs_read().
 */
int aas_fs_slurp(
    int fd, const struct stat *st, size_t max, struct aas_buf *buf);

/*
 * aas_fs_kernel(path, buf, cap, &len):
 * Read a text of the kernel's own, in /proc or /sys: one that it gives out
 * whole, to the line feed at its end if it has one.  ${buf} is NUL-terminated.
 * Returns 0; AAS_ERR_NOTFOUND (also: the process is gone), AAS_ERR_PERMS,
 * AAS_ERR_TOOBIG (no end within ${cap} - 1 bytes), AAS_ERR_SYS.
 */
int aas_fs_kernel(const char *path, char *buf, size_t cap, size_t *len);

/*
 * aas_fs_replace(dirfd, name, p, len, uid, gid, mode):
 * Make ${name} below ${dirfd} hold exactly ${len} bytes at ${p}, or leave it
 * as it was: write a temporary file, fsync, rename, fsync the directory.  A
 * temporary file left by a crash is overwritten, never in the way.  ${uid}
 * and ${gid} may be -1 (leave).  The caller holds a lock if two may write.
 * Blocks for the disk.  Returns 0, AAS_ERR_SYS.
 */
int aas_fs_replace(int dirfd, const char *name, const void *p, size_t len,
    uid_t uid, gid_t gid, mode_t mode);

/*
 * aas_fs_create(dirfd, name, p, len, mode):
 * Create ${name}, which must not exist (AAS_ERR_EXISTS), and write it; no
 * fsync: for /run, which no crash survives.
 */
int aas_fs_create(
    int dirfd, const char *name, const void *p, size_t len, mode_t mode);

/*
 * aas_fs_lock(dirfd, name, exclusive, timeout_ms, &fd):
 * Open (create, 0600) ${name} and take flock(2) on an open file description
 * of its own.  Waits at most ${timeout_ms}: AAS_ERR_TIMEOUT.  Closing ${fd}
 * releases it.  Never blocks signals, uses no alarm.
 */
int aas_fs_lock(
    int dirfd, const char *name, int exclusive, int timeout_ms, int *fd);

/*
 * For who waits in flock(2) itself:
 * aas_fs_lock_open(dirfd, name, &fd): such a file, checked, not locked yet.
 * aas_fs_lock_same(dirfd, name, fd): once locked, 1 if ${name} is still that
 * file; else whoever held it has replaced it: open anew.
 */
int aas_fs_lock_open(int dirfd, const char *name, int *fd);
int aas_fs_lock_same(int dirfd, const char *name, int fd);

/*
 * aas_fs_write_all(fd, p, len):
 * All of it, through EINTR and short counts.  Returns 0, AAS_ERR_SYS.
 */
int aas_fs_write_all(int fd, const void *p, size_t len);

/*
 * aas_fs_high(fd):
 * Returns a duplicate of ${fd} that is >= 3 and O_CLOEXEC, and closes ${fd};
 * ${fd} itself if it is already so; -1 (with ${fd} closed) on failure.  A
 * host may run with descriptors 0 to 2 closed.
 */
int aas_fs_high(int fd);

/*
 * aas_close(&fd):
 * Close *${fd} if it is not negative, and set it to -1.  errno is kept.
 */
void aas_close(int *fd);

#endif
