#ifndef AAS_LIB_CODEX_HEAD_H
#define AAS_LIB_CODEX_HEAD_H

#include <stddef.h>
#include <stdint.h>

/*
 * The beginning of a file of lines, packed by zstd or not.
 */
#define AAS_CODEX_HEAD ((size_t)64 * 1024)
#define AAS_CODEX_ZST  ((size_t)1024 * 1024) /* packed bytes read for it */

/*
 * aas_codex_head(fd, zst, until_ms, dst, len):
 * Read the first line of ${fd}, or the first AAS_CODEX_HEAD bytes of it.  A
 * file that is not finished yet gives what there is of it.
 *   zst       it is packed: at most AAS_CODEX_ZST bytes are read for it, with a
 *             window of at most 8 MiB
 *   until_ms  of aas_clock_ms()
 * Returns 0; AAS_ERR_FORMAT (badly packed), AAS_ERR_INVAL (packed, and built
 * without zstd), AAS_ERR_TIMEOUT, AAS_ERR_NOMEM, AAS_ERR_SYS.  Blocks as long
 * as the file system does.
 */
int aas_codex_head(int fd, int zst, int64_t until_ms,
    unsigned char dst[AAS_CODEX_HEAD], size_t *len);

#endif
