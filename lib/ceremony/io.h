#ifndef AAS_LIB_CEREMONY_IO_H
#define AAS_LIB_CEREMONY_IO_H

#include <sys/types.h>

#include "lib/ceremony/msg.h"

/*
 * One process per plugged key.  It inherits the open device and one socket,
 * gives up every right (lib/ceremony/filter.h), and does one job at a time.
 */
struct aas_io {
	pid_t pid; /* -1: none */
	int pidfd; /* -1: none */
	int sock;  /* -1: none */
};

#define AAS_IO_NONE        \
	{                  \
		-1, -1, -1 \
	}

/*
 * aas_io_init():
 * libfido2 and libcrypto, once, before any aas_io_start(): what is set up
 * here is not set up again in each process.  The environment must be empty.
 * Returns 0, AAS_ERR_CRYPTO.
 */
int aas_io_init(void);

/*
 * aas_io_start(&devfd, &io):
 * Fork the process for the open device *${devfd}, which it takes: closed
 * here, on success and failure alike.  Returns 0, AAS_ERR_SYS.
 */
int aas_io_start(int *devfd, struct aas_io *io);

/*
 * aas_io_send(io, job):
 * Hand over a job; never blocks.  The copy of a PIN made here is wiped.
 * Returns 0; AAS_ERR_TOOBIG, AAS_ERR_DEVICE (the process is gone).
 */
int aas_io_send(const struct aas_io *io, const struct aas_io_job *job);

/*
 * aas_io_recv(io, &res):
 * Take a result after poll(2) said that io->sock is readable.  A process that
 * died, or that talks nonsense, yields a result with end AAS_IO_DIED.
 */
void aas_io_recv(const struct aas_io *io, struct aas_io_result *res);

/*
 * aas_io_cancel(io):
 * Ask it to take its job back from the key, so that it stops blinking; a
 * result follows within a second.  No job under way, no process: nothing.
 */
void aas_io_cancel(const struct aas_io *io);

/*
 * aas_io_end(&io, grace_ms):
 * Close the socket, upon which the process cancels and exits; kill it through
 * its pidfd after ${grace_ms}; reap it.  The device is free when this
 * returns.
 */
void aas_io_end(struct aas_io *io, int grace_ms);

/* The process itself, for aas_io_start(): device on 3, socket on 4. */
_Noreturn void aas_io_main(int dev, int ctl);

#endif
