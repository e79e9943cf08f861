/*
 * Shows and asks at the controlling terminal.
 *
 * 1. A secret MUST NOT be echoed, and what was typed before its prompt MUST
 *    NOT become its answer.
 * 2. Whatever ends a prompt, the terminal MUST be as it was: signals are
 *    blocked but while we wait, so none can come in between.
 * 3. It MUST NOT be stopped for good: who is not in front of the terminal is
 *    refused, or hears an end of file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "tools/tty.h"

#define ESC_MAX 4 /* a byte made visible: \xNN */

struct aas_tty {
	int fd;
	sigset_t before;  /* the mask as it was */
	sigset_t waiting; /* the mask while we wait */
	struct sigaction old[4];
};

static const int enders[4] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
/*
 * Stopped at a prompt, the shell would find the terminal mute; sent to the
 * background there, we could not give it back.
 */
static const int stoppers[3] = { SIGTSTP, SIGTTIN, SIGTTOU };
static volatile sig_atomic_t ended;

static void
on_end(int sig)
{
	(void)sig;
	ended = 1;
}

static int
tty_canceled(void *arg)
{
	struct aas_tty *t = arg;
	struct pollfd none = { -1, 0, 0 };
	struct timespec now = { 0, 0 };

	/* Let a signal that waits be delivered. */
	(void)ppoll(&none, 1, &now, &t->waiting);
	return ended != 0;
}

/* Text with line breaks; everything else that is not plain is shown as \x. */
static int
put_text(int fd, const char *text)
{
	char line[AAS_TEXT_MAX];
	char shown[AAS_TEXT_MAX * ESC_MAX];
	size_t n = 0;
	int r = AAS_OK;

	while (*text != '\0' && r == AAS_OK) {
		n = strcspn(text, "\n");
		if (n >= sizeof(line))
			return AAS_ERR_TOOBIG;
		memcpy(line, text, n);
		line[n] = '\0';
		aas_printable(shown, sizeof(shown), line);
		r = aas_fs_write_all(fd, shown, strlen(shown));
		text += n;
		if (*text == '\n' && r == AAS_OK) {
			r = aas_fs_write_all(fd, "\n", 1);
			text++;
		}
	}
	explicit_bzero(line, sizeof(line));
	explicit_bzero(shown, sizeof(shown));
	return r;
}

static int
tty_show(void *arg, int error, const char *text)
{
	struct aas_tty *t = arg;
	int r = put_text(t->fd, text);

	(void)error;
	return r == AAS_OK ? aas_fs_write_all(t->fd, "\n", 1) : r;
}

/* One byte, or AAS_ERR_CANCELED at a signal or an end of file. */
static int
get_byte(struct aas_tty *t, char *c)
{
	struct pollfd pfd = { t->fd, POLLIN, 0 };
	ssize_t n = 0;

	for (;;) {
		if (ended)
			return AAS_ERR_CANCELED;
		if (ppoll(&pfd, 1, NULL, &t->waiting) == -1) {
			if (errno == EINTR)
				continue;
			return AAS_ERR_SYS;
		}
		n = read(t->fd, c, 1);
		if (n == 1)
			return AAS_OK;
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		return AAS_ERR_CANCELED;
	}
}

static int
get_line(struct aas_tty *t, char *reply, size_t cap)
{
	size_t n = 0;
	char c = '\0';
	int over = 0;
	int r = AAS_OK;

	while ((r = get_byte(t, &c)) == AAS_OK && c != '\n' && c != '\r') {
		if (n + 1 < cap && c != '\0')
			reply[n++] = c;
		else
			over = 1;
	}
	reply[n] = '\0';
	return r == AAS_OK && over ? AAS_ERR_TOOBIG : r;
}

static int
tty_ask(void *arg, int echo, const char *prompt, char *reply, size_t cap)
{
	struct aas_tty *t = arg;
	struct termios was, now;
	int r = AAS_ERR_SYS;

	if (tcgetattr(t->fd, &was) == -1)
		return r;
	now = was;
	if (!echo) {
		now.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
		if (tcsetattr(t->fd, TCSAFLUSH, &now) == -1)
			return r;
	}
	if ((r = put_text(t->fd, prompt)) == AAS_OK)
		r = get_line(t, reply, cap);
	if (!echo || r != AAS_OK)
		(void)aas_fs_write_all(t->fd, "\n", 1);
	if (!echo)
		(void)tcsetattr(t->fd, TCSAFLUSH, &was);
	if (r != AAS_OK)
		explicit_bzero(reply, cap);
	return r;
}

int
aas_tty_open(struct aas_tty **tp, struct aas_ui *ui)
{
	struct sigaction sa = { .sa_handler = on_end };
	struct aas_tty *t = calloc(1, sizeof(*t));
	sigset_t block;

	if (t == NULL)
		return AAS_ERR_NOMEM;
	t->fd = aas_fs_high(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
	if (t->fd == -1) {
		free(t);
		return AAS_ERR_NOTFOUND;
	}
	/* Another's turn: to ask would stop us, with the end signals blocked.
	 */
	if (tcgetpgrp(t->fd) != getpgrp()) {
		aas_close(&t->fd);
		free(t);
		return AAS_ERR_AGAIN;
	}
	(void)sigemptyset(&block);
	for (size_t i = 0; i < 4; i++)
		(void)sigaddset(&block, enders[i]);
	for (size_t i = 0; i < 3; i++)
		(void)sigaddset(&block, stoppers[i]);
	(void)sigprocmask(SIG_BLOCK, &block, &t->before);
	t->waiting = t->before;
	ended = 0;
	for (size_t i = 0; i < 4; i++) {
		(void)sigdelset(&t->waiting, enders[i]);
		(void)sigaction(enders[i], &sa, &t->old[i]);
	}
	for (size_t i = 0; i < 3; i++)
		(void)sigaddset(&t->waiting, stoppers[i]);
	*ui = (struct aas_ui){ t, tty_show, tty_ask, tty_canceled };
	*tp = t;
	return AAS_OK;
}

const char *
aas_tty_why(int r)
{
	return r == AAS_ERR_AGAIN
	    ? "this needs the terminal, and runs in the background of it (with "
	      "timeout(1): --foreground)"
	    : "this needs a terminal";
}

void
aas_tty_close(struct aas_tty **tp)
{
	struct aas_tty *t = *tp;

	if (t == NULL)
		return;
	for (size_t i = 0; i < 4; i++)
		(void)sigaction(enders[i], &t->old[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &t->before, NULL);
	aas_close(&t->fd);
	free(t);
	*tp = NULL;
}
