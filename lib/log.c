/*
 * One line to syslog per fault.
 *
 * 1. A line MUST NOT carry a control byte: what a peer sent is made printable
 *    by the caller, and what slipped through is replaced here.
 * 2. A format MUST be a literal of ours.
 * 3. It MUST NOT change the host's openlog(3) state, errno, or put the
 *    socket of syslog on descriptor 0, 1 or 2.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/utf8.h"
#include "lib/str.h"
#include "lib/put.h"

#define LINE_MAX_LEN 1000

static void to_syslog(int priority, const char *line);

/*
 * The one piece of writable static data; a PAM module leaves it as it is.  Not
 * NULL: data that is all zero costs one more system call at each sign-in.
 */
static void (*sink)(int priority, const char *line) = to_syslog;

void
aas_log_sink(void (*fn)(int priority, const char *line))
{
	sink = fn != NULL ? fn : to_syslog;
}

/*
 * syslog(3) keeps its socket open on the lowest free number.  In a host that
 * runs with 0 to 2 closed that would be stdin or stdout of whatever it starts
 * next, so those numbers are occupied meanwhile.
 */
static void
to_syslog(int priority, const char *line)
{
	int low[3] = { -1, -1, -1 };

	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			low[fd] = openat(
			    AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	syslog(LOG_AUTHPRIV | (priority & LOG_PRIMASK), "pam_aas: %s", line);
	for (int i = 0; i < 3; i++) {
		if (low[i] != -1)
			(void)close(low[i]);
	}
}

void
aas_log(int priority, const char *fmt, ...)
{
	char line[LINE_MAX_LEN + 1];
	int saved = errno;
	va_list ap;
	int n = 0;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		(void)aas_format(line, sizeof(line), "message lost");
	for (char *p = line; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	sink(priority, line);
	errno = saved;
}

/*
 * Write how the first character of src is shown; return its bytes in src.
 * quoted: it goes between double quotes, and none may stand in it.
 */
static size_t
show(char unit[16], const char *src, size_t len, int quoted)
{
	uint32_t cp = 0;
	size_t n = aas_utf8_next(src, len, &cp);

	if (n == 0 || (n == 1 && !aas_utf8_plain(cp))) {
		(void)aas_format(unit, 16, "\\x%02x", (unsigned char)*src);
		return 1;
	}
	if (!aas_utf8_plain(cp)) {
		(void)aas_format(unit, 16, "\\u{%x}", cp);
	} else if (cp == '\\' || (cp == '"' && quoted)) {
		(void)aas_format(unit, 16, "\\%c", (int)cp);
	} else {
		memcpy(unit, src, n);
		unit[n] = '\0';
	}
	return n;
}

static char *
print(char *dst, size_t cap, const char *src, int quoted)
{
	size_t at = 0;
	size_t len = 0;

	if (cap == 0)
		return dst;
	if (src == NULL)
		src = "-";
	/* No more of a huge string is looked at than could be copied. */
	len = aas_str_nlen(src, cap + 4);
	while (len > 0) {
		char unit[16];
		size_t took = 1;
		size_t n = 1;

		/* Most of what is shown is plain ASCII. */
		if (at < cap - 1 && src[0] >= ' ' && src[0] <= '~' &&
		    src[0] != '\\' && src[0] != '"') {
			dst[at++] = *src++;
			len--;
			continue;
		}
		took = show(unit, src, len, quoted);
		n = strlen(unit);
		if (n > cap - 1 - at)
			break;
		memcpy(dst + at, unit, n);
		at += n;
		src += took;
		len -= took;
	}
	dst[at] = '\0';
	return dst;
}

char *
aas_printable(char *dst, size_t cap, const char *src)
{
	return print(dst, cap, src, 1);
}

char *
aas_legible(char *dst, size_t cap, const char *src)
{
	return print(dst, cap, src, 0);
}
