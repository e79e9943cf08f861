/*
 * maildrop ARG...: a sendmail for tests, with what is hard about two of them.
 * It appends the message on its standard input to /run/drop/mail, or where that
 * folder is not to /var/spool/drop/mail, a place that its group alone may
 * write, and is installed set-group-ID, as Postfix's postdrop is; and it has
 * taken the mail before that is done, and goes on in the background, as Exim
 * does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

static char mail[1 << 20];

static int
open_drop(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

int
main(void)
{
	const struct timespec some = { 0, 700000000 };
	size_t len = 0;
	ssize_t n = 0;
	int fd = open_drop("/run/drop/mail");

	if (fd == -1 && errno == ENOENT)
		fd = open_drop("/var/spool/drop/mail");
	if (fd == -1)
		return EX_TEMPFAIL;
	while (len < sizeof(mail) &&
	    (n = read(0, mail + len, sizeof(mail) - len)) > 0)
		len += (size_t)n;
	if (n != 0)
		return EX_TEMPFAIL;
	switch (fork()) {
	case -1:
		return EX_TEMPFAIL;
	case 0:
		(void)nanosleep(&some, NULL);
		return write(fd, mail, len) == (ssize_t)len ? 0 : 1;
	default:
		return EX_OK;
	}
}
