#ifndef AAS_LIB_EVENT_SPOOL_H
#define AAS_LIB_EVENT_SPOOL_H

#include <sys/types.h>

#include <stddef.h>

#include "lib/event/event.h"
#include "lib/fs.h"

/*
 * The spool: events that aas-notify has not numbered yet.
 *
 *	<spool>            0755  made by whoever comes first
 *	<spool>/new/       0700  <20 digits of nanoseconds>-<id>.json
 *	<spool>/reserve    0600  64 slots of 4 KiB, their blocks taken already
 *	<spool>/attempts   0600  the counters of lib/event/attempts.h
 *
 * Whoever writes an event writes ".<name>" in new/, fsyncs it, and renames it.
 * A crash between the two leaves a whole line under the name with the dot,
 * which aas-notify takes when it is older than AAS_SPOOL_STALE_S.
 *
 * An event with room reserved goes into a free slot of reserve where new/ has
 * no room: a slot begins with '{' when it is used, with NUL when it is free,
 * and whoever changes it holds an open file description lock (fcntl(2)) on its
 * 4 KiB.  No name, inode or block is needed then.
 */
#define AAS_SPOOL_NEW       "new"
#define AAS_SPOOL_RESERVE   "reserve"
#define AAS_SPOOL_SLOTS     64
#define AAS_SPOOL_SLOT      4096
#define AAS_SPOOL_FILES_MAX 100000 /* in new/: more is refused */
#define AAS_SPOOL_STALE_S   60
#define AAS_SPOOL_NAME      59 /* of a file in new/, with the NUL */

/*
 * aas_spool_dir(statedir, path):
 * Where the spool is: AAS_SPOOLDIR; of a state directory that is not where
 * pam_aas was built for, its "spool".
 * Returns 0; AAS_ERR_INVAL: the path is too long.
 */
#define AAS_SPOOL_PATH 512
int aas_spool_dir(const char *statedir, char path[AAS_SPOOL_PATH]);

/* aas_spool_file(spooldir, name, path): the path of a file in it. */
int aas_spool_file(
    const char *spooldir, const char *name, char path[AAS_SPOOL_PATH]);

/*
 * aas_spool_put(spooldir, seen, type, line, len, id):
 * Keep a line: when this returns 0 it survives a crash of the machine.  What
 * is missing of the directories is made.  The line goes to the reserve if it
 * is of a type that has one, and the disk is full, or new/ holds
 * AAS_SPOOL_FILES_MAX files.
 *   seen  as of aas_fs_look(); may be NULL
 *   line  as of aas_event_format(), with its line feed
 * Returns 0; AAS_ERR_TOOBIG (too many files), AAS_ERR_PERMS (the spool is not
 * ours alone), AAS_ERR_NOTFOUND (no directory above it), AAS_ERR_INVAL,
 * AAS_ERR_SYS: errno says.  Waits for the disk, and for nobody.
 */
int aas_spool_put(const char *spooldir, struct aas_fs_seen *seen,
    enum aas_event_type type, const char *line, size_t len, const char *id);

/*
 * aas_spool_prepare(spooldir):
 * Make what is missing: directories, the reserve and the counters of attempts
 * with all their blocks.  For tools: it writes 1.6 MiB.
 * Returns 0; AAS_ERR_PERMS, AAS_ERR_NOTFOUND, AAS_ERR_SYS.
 */
int aas_spool_prepare(const char *spooldir);

/*
 * aas_spool_reserved(spooldir, fn, arg):
 * Call ${fn} with the line of each slot of the reserve that is used (${len}
 * bytes with the line feed, not NUL-terminated); if it returns 0 the line is
 * kept elsewhere, and the slot becomes free.  A slot whose writer is still at
 * it is left out; what a crash left half written is freed.
 * Returns 0, also without a reserve; AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_spool_reserved(const char *spooldir,
    int (*fn)(void *arg, const char *line, size_t len), void *arg);

/*
 * aas_spool_lock(fd, at, len, exclusive):
 * Take (1) or release (0) an open file description lock on a part of ${fd},
 * without waiting.  Returns 0; AAS_ERR_AGAIN, AAS_ERR_SYS.
 */
int aas_spool_lock(int fd, off_t at, off_t len, int exclusive);

#endif
