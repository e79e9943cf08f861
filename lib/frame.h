#ifndef AAS_LIB_FRAME_H
#define AAS_LIB_FRAME_H

#include <stddef.h>
#include <stdint.h>

/*
 * One message of docs/protocol.md: magic "AA", version, type, payload.  It
 * travels as one packet of a SOCK_SEQPACKET socket, so it is never split and
 * never joined; a packet that is longer than AAS_FRAME_MAX, shorter than its
 * header, of another magic or version is AAS_ERR_FORMAT and ends the
 * conversation.
 */
#define AAS_FRAME_MAX     16384
#define AAS_FRAME_HEAD    4
#define AAS_FRAME_VERSION 1

struct aas_frame {
	uint8_t type;
	size_t len; /* of the payload */
	uint8_t b[AAS_FRAME_MAX];
};

/*
 * aas_frame_send(sock, type, p, len):
 * Send one message, MSG_NOSIGNAL; waits at most 5 s for room.
 * Returns 0; AAS_ERR_TOOBIG, AAS_ERR_CANCELED (the peer is gone),
 * AAS_ERR_TIMEOUT, AAS_ERR_SYS.
 */
int aas_frame_send(int sock, uint8_t type, const void *p, size_t len);

/*
 * aas_frame_recv(sock, timeout_ms, &f):
 * Receive one.  ${timeout_ms} -1 waits for ever.  Descriptors that came with
 * it are never accepted.  f->b beyond f->len is left as it was; on a failure
 * all of it is wiped, and the caller wipes it after a secret.  Returns 0;
 * AAS_ERR_TIMEOUT, AAS_ERR_CANCELED (end of file), AAS_ERR_FORMAT, AAS_ERR_SYS.
 */
int aas_frame_recv(int sock, int timeout_ms, struct aas_frame *f);

#endif
