#ifndef AAS_LIB_CODEX_META_H
#define AAS_LIB_CODEX_META_H

#include <stddef.h>

/*
 * What the first line of a rollout says: the log that Codex writes of each of
 * its sessions.  Everything in it was chosen by whoever may write the file.
 */
#define AAS_CODEX_ID   64
#define AAS_CODEX_WORD 96
#define AAS_CODEX_PATH 1024

struct aas_codex_meta {
	char id[AAS_CODEX_ID]; /* letters, digits, '-', '_' */
	char time[AAS_CODEX_WORD];
	char cwd[AAS_CODEX_PATH];
	char version[AAS_CODEX_WORD];
	char provider[AAS_CODEX_WORD];
	char originator[AAS_CODEX_WORD];
	char source[AAS_CODEX_WORD];
	int whole; /* 0: the line goes on, more may be missing */
};

/*
 * aas_codex_meta(p, len, m):
 * Parse the first ${len} bytes of a rollout: an object with "type" of
 * "session_meta" and "payload", or the payload alone, as old versions wrote it.
 * Only the first line is looked at.  Where it is cut off, what stood before
 * that counts: instructions of any length come after what is wanted.  A text
 * that is not there is "", one that is too long is cut between characters;
 * what is no UTF-8, and NUL, becomes U+FFFD.  No recursion, no memory.
 * Returns 0; AAS_ERR_FORMAT: it is none.
 * Source: openai/codex, codex-rs/protocol/src/protocol.rs, SessionMetaLine.
 */
int aas_codex_meta(const void *p, size_t len, struct aas_codex_meta *m);

#endif
