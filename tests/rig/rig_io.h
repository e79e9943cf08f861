/*
 * A software key without /dev: as functions for libfido2 within this
 * process, or behind a descriptor that a forked child serves.
 */
#ifndef RIG_RIG_IO_H
#define RIG_RIG_IO_H

#include <sys/types.h>

#include <fido.h>

#include "tests/rig/authenticator.h"

#define RIG_IO_MAX 16

/*
 * rig_io: for fido_dev_set_io_functions().
 * Time is made up: a key that blinks is asked again every 10 ms of a clock
 * that runs as fast as the processor, so no test ever waits for one.  With
 * a key that never answers, read fails after the timeout of that clock.
 */
extern const fido_dev_io_t rig_io;

/*
 * rig_io_add(key), rig_io_remove(path):
 * Give ${key} a path for fido_dev_open(), "rig:N", which stays ours; NULL if
 * RIG_IO_MAX keys have one.  The key stays the caller's and must outlive its
 * path; one open at a time.
 */
const char *rig_io_add(struct rig_key *key);
void rig_io_remove(const char *path);

/*
 * rig_io_fd: for fido_dev_set_io_functions() too, for a key behind a
 * descriptor N of this process.  Its path is "fd:N"; the descriptor is never
 * closed.  Waits in real time.
 */
extern const fido_dev_io_t rig_io_fd;

/*
 * rig_serve(fd, key):
 * Be that key for whoever has the other end of ${fd}, as hidraw is: it reads
 * 64-byte input reports and writes 65-byte output reports, report number 0
 * first, one a call.  Returns 0 at end of file or when a fault pulls the key
 * out, -1 on an error.  Blocks.
 */
int rig_serve(int fd, struct rig_key *key);

/*
 * rig_serve_fork(key, fd, pid):
 * A child that runs rig_serve() for a copy of ${key}, and the descriptor (a
 * SOCK_SEQPACKET socket, close-on-exec) to talk to it.  What happens to the
 * copy is seen by this process only through its state directory, if it was
 * rig_key_open()ed.  The child ends when ${fd} is closed; wait for ${pid}.
 * Returns 0 or -1 with errno.
 */
int rig_serve_fork(struct rig_key *key, int *fd, pid_t *pid);

#endif
