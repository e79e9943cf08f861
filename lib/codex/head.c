/*
 * The first line of a file that may be anything.
 *
 * 1. What is read, unpacked and held MUST have a bound that the file has no
 *    part in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/codex/head.h"
#include "lib/err.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define STEP 16384

static int
some(int fd, int64_t until_ms, void *p, size_t cap, size_t *n)
{
	ssize_t got = -1;

	do {
		if (aas_clock_ms() >= until_ms)
			return AAS_ERR_TIMEOUT;
		got = read(fd, p, cap);
	} while (got == -1 && errno == EINTR);
	if (got == -1)
		return AAS_ERR_SYS;
	*n = (size_t)got;
	return AAS_OK;
}

static int
plain(int fd, int64_t until_ms, unsigned char *dst, size_t *len)
{
	size_t at = 0, n = 0, want = 0;
	int r = AAS_OK;

	while (at < AAS_CODEX_HEAD) {
		want = AAS_CODEX_HEAD - at < STEP ? AAS_CODEX_HEAD - at : STEP;
		r = some(fd, until_ms, dst + at, want, &n);
		if (r != AAS_OK)
			return r;
		at += n;
		if (n == 0 || memchr(dst + at - n, '\n', n) != NULL)
			break;
	}
	*len = at;
	return AAS_OK;
}

#ifdef HAVE_ZSTD
#define WINDOW_LOG 23

static int
unpack(ZSTD_DCtx *z, int fd, int64_t until_ms, unsigned char *dst, size_t *len)
{
	unsigned char piece[STEP];
	ZSTD_outBuffer out = { dst, AAS_CODEX_HEAD, 0 };
	size_t all = 0, n = 0;
	int r = AAS_OK;

	while (all < AAS_CODEX_ZST && out.pos < out.size) {
		ZSTD_inBuffer in = { piece, 0, 0 };

		if ((r = some(fd, until_ms, piece, sizeof(piece), &n)) !=
		    AAS_OK)
			return r;
		if (n == 0)
			break;
		all += in.size = n;
		while (in.pos < in.size && out.pos < out.size) {
			size_t was = out.pos, in_was = in.pos;

			if (ZSTD_isError(ZSTD_decompressStream(z, &out, &in)))
				return AAS_ERR_FORMAT;
			if (memchr(dst + was, '\n', out.pos - was) != NULL)
				goto out;
			if (out.pos == was && in.pos == in_was)
				break;
		}
	}
out:
	*len = out.pos;
	return AAS_OK;
}

static int
packed(int fd, int64_t until_ms, unsigned char *dst, size_t *len)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();
	int r = AAS_ERR_NOMEM;

	if (z == NULL)
		return r;
	r = AAS_ERR_SYS;
	if (!ZSTD_isError(
		ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG)))
		r = unpack(z, fd, until_ms, dst, len);
	(void)ZSTD_freeDCtx(z);
	return r;
}
#else
static int
packed(int fd, int64_t until_ms, unsigned char *dst, size_t *len)
{
	(void)fd;
	(void)until_ms;
	(void)dst;
	(void)len;
	return AAS_ERR_INVAL;
}
#endif

int
aas_codex_head(int fd, int zst, int64_t until_ms,
    unsigned char dst[AAS_CODEX_HEAD], size_t *len)
{
	return (zst ? packed : plain)(fd, until_ms, dst, len);
}
