/*
 * What Codex writes of its sessions: the first line of a rollout, and that of a
 * packed one.  The first byte chooses.  Whatever it says comes out as texts of
 * UTF-8 within their fields, and an id that is none of a path.
 */
#include <sys/mman.h>

#include <string.h>
#include <unistd.h>

#include "lib/codex/exe.h"
#include "lib/codex/head.h"
#include "lib/codex/meta.h"
#include "lib/err.h"
#include "lib/utf8.h"
#include "tests/fuzz/fuzz.h"

static void
is_text(const char *s, size_t cap)
{
	size_t len = strnlen(s, cap), took = 0;
	uint32_t cp = 0;

	FUZZ_REQUIRE(len < cap);
	for (size_t at = 0; at < len; at += took) {
		took = aas_utf8_next(s + at, len - at, &cp);
		FUZZ_REQUIRE(took > 0);
	}
}

static void
line(const uint8_t *p, size_t len)
{
	struct aas_codex_meta m;

	memset(&m, 'x', sizeof(m));
	if (aas_codex_meta(p, len, &m) != AAS_OK) {
		FUZZ_REQUIRE(m.id[0] == 'x'); /* written only on success */
		return;
	}
	is_text(m.id, sizeof(m.id));
	is_text(m.time, sizeof(m.time));
	is_text(m.cwd, sizeof(m.cwd));
	is_text(m.version, sizeof(m.version));
	is_text(m.provider, sizeof(m.provider));
	is_text(m.originator, sizeof(m.originator));
	is_text(m.source, sizeof(m.source));
	FUZZ_REQUIRE(m.id[0] != '\0' && strpbrk(m.id, "/. \n") == NULL);
	FUZZ_REQUIRE(m.time[0] != '\0');
}

static void
file(const uint8_t *p, size_t len, int zst)
{
	static unsigned char head[AAS_CODEX_HEAD];
	size_t n = 0;
	int fd = memfd_create("rollout", MFD_CLOEXEC);

	FUZZ_REQUIRE(fd != -1);
	FUZZ_REQUIRE(write(fd, p, len) == (ssize_t)len);
	FUZZ_REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
	if (aas_codex_head(fd, zst, INT64_MAX, head, &n) == AAS_OK) {
		FUZZ_REQUIRE(n <= sizeof(head));
		line(head, n);
	}
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char unit[AAS_CODEX_UNIT], path[256];

	if (len == 0)
		return 0;
	if (p[0] == 'z') {
		file(p + 1, len - 1, 1);
	} else if (p[0] == 'p') {
		file(p + 1, len - 1, 0);
	} else if (p[0] == 'a') {
		(void)aas_codex_exe(
		    "/usr/bin/node", (const char *)p + 1, len - 1);
	} else if (p[0] == 'u' && len < sizeof(path)) {
		memcpy(path, p + 1, len - 1);
		path[len - 1] = '\0';
		if (aas_codex_unit(path, unit))
			FUZZ_REQUIRE(strncmp(unit, "codex", 5) == 0 &&
			    strchr(unit, '/') == NULL);
	} else {
		line(p, len);
	}
	return 0;
}
