/*
 * The log of a process that waits for nobody: syslog(3) waits where /dev/log
 * is full, as it is when the daemon behind it is stopped.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/log.h"
#include "aasd/logged.h"

#define LINE 1200

static int sock = -1;

static int
connect_log(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
		.sun_path = "/dev/log" };

	sock = aas_fs_high(
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (sock != -1 &&
	    connect(sock, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return 1;
	aas_close(&sock);
	return 0;
}

/* As RFC 3164, section 4.1, has it, and syslog(3) sends it. */
static void
to_log(int priority, const char *line)
{
	char text[LINE], at[32];
	struct tm tm;
	time_t now = time(NULL);
	int n = 0;

	if (localtime_r(&now, &tm) == NULL ||
	    strftime(at, sizeof(at), "%b %e %H:%M:%S", &tm) == 0)
		at[0] = '\0';
	n = snprintf(text, sizeof(text), "<%d>%s aasd: pam_aas: %s",
	    LOG_AUTHPRIV | (priority & LOG_PRIMASK), at, line);
	if (n < 0)
		return;
	if (n >= (int)sizeof(text))
		n = (int)sizeof(text) - 1;
	if (sock == -1 && !connect_log())
		return;
	if (send(sock, text, (size_t)n, MSG_NOSIGNAL) != -1 || errno == EAGAIN)
		return;
	/* The log's daemon may be another by now. */
	aas_close(&sock);
	if (connect_log())
		(void)send(sock, text, (size_t)n, MSG_NOSIGNAL);
}

void
aasd_logged_start(void)
{
	aas_log_sink(to_log);
}

void
aasd_logged_stop(void)
{
	aas_log_sink(NULL);
	aas_close(&sock);
}
