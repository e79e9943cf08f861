/*
 * The pty that stands as a key's /dev/hidrawN.
 *
 * A hidraw device gives every reader each report since its open; a pty has
 * one queue for all.  Therefore what an earlier reader left is dropped when
 * somebody asks for a channel, as each new reader does first, and two
 * processes must not talk to one key at a time: libfido2 locks it anyway.
 *
 * A pty may become the controlling terminal of a session leader that opens
 * it, an sshd say, which would then be killed when the key is pulled out.
 * So each pty belongs to a session from its begin: the keeper's, who is
 * nobody in particular, so that nobody is told anything on that terminal.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tests/rig/softkeyd.h"

#define KEEPER   65533
#define STALE_MS 200 /* half a report older than that is nobody's */

/* A session that does nothing but own the terminal until its hangup. */
static void
keep(int slave, int ready)
{
	static const char ok = 'k';

	(void)dup2(slave, 0);
	(void)dup2(ready, 1);
	(void)close_range(2, ~0U, 0);
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	if (setsid() == -1 || ioctl(0, TIOCSCTTY, 0) == -1 ||
	    (geteuid() == 0 &&
		(setresgid(KEEPER, KEEPER, KEEPER) == -1 ||
		    setresuid(KEEPER, KEEPER, KEEPER) == -1)) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || write(1, &ok, 1) != 1)
		_exit(1);
	(void)close(1);
	for (;;)
		(void)pause();
}

static int
start_keeper(struct softkey *sk)
{
	int p[2], r = -1;
	char ok;

	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	if ((sk->keeper = fork()) == 0)
		keep(sk->slave, p[1]);
	(void)close(p[1]);
	if (sk->keeper != -1 && read(p[0], &ok, 1) == 1)
		r = 0;
	(void)close(p[0]);
	return r;
}

/* Bytes through untouched, and never less than a report to a reader. */
static int
set_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) == -1)
		return -1;
	cfmakeraw(&t);
	t.c_cc[VMIN] = CTAPHID_REPORT;
	t.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &t);
}

static void
queue(void *ctx, const uint8_t *report)
{
	struct softkey *sk = ctx;

	/* As hidraw does when nobody reads: what is too much is lost. */
	if (sk->out_n + CTAPHID_REPORT > sizeof(sk->out))
		return;
	memcpy(sk->out + sk->out_n, report, CTAPHID_REPORT);
	sk->out_n += CTAPHID_REPORT;
}

int
softkey_port_open(struct softkey *sk, uid_t uid, gid_t gid, mode_t mode)
{
	int saved;

	sk->slave = -1;
	sk->keeper = -1;
	sk->in_n = 0;
	sk->out_n = 0;
	sk->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (sk->master == -1)
		return -1;
	if (grantpt(sk->master) == -1 || unlockpt(sk->master) == -1 ||
	    ptsname_r(sk->master, sk->pts, sizeof(sk->pts)) != 0 ||
	    (sk->slave = open(
		 sk->pts, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    set_raw(sk->slave) == -1 || fchown(sk->slave, uid, gid) == -1 ||
	    fchmod(sk->slave, mode) == -1 || start_keeper(sk) == -1) {
		saved = errno;
		softkey_port_close(sk);
		errno = saved;
		return -1;
	}
	ctaphid_init(&sk->hid, sk->key, queue, sk);
	return 0;
}

void
softkey_port_close(struct softkey *sk)
{
	if (sk->slave != -1)
		(void)close(sk->slave);
	if (sk->master != -1)
		(void)close(sk->master); /* hangs up, kills the keeper */
	if (sk->keeper > 0) {
		(void)kill(sk->keeper, SIGKILL);
		(void)waitpid(sk->keeper, NULL, 0);
	}
	sk->slave = -1;
	sk->master = -1;
	sk->keeper = -1;
}

/* Is this the first report of somebody new, asking for a channel? */
static bool
asks_channel(const uint8_t *report)
{
	static const uint8_t init[5] = { 0xff, 0xff, 0xff, 0xff, 0x86 };

	return memcmp(report, init, sizeof(init)) == 0;
}

static void
drop_unread(struct softkey *sk)
{
	uint8_t waste[1024];

	sk->out_n = 0;
	while (read(sk->slave, waste, sizeof(waste)) > 0)
		;
}

void
softkey_port_read(struct softkey *sk)
{
	int64_t now_ms = softkeyd_now_ms();
	ssize_t n;

	if (sk->in_n != 0 && now_ms - sk->in_ms > STALE_MS)
		sk->in_n = 0;
	while (!sk->hid.gone &&
	    (n = read(sk->master, sk->in + sk->in_n,
		 sizeof(sk->in) - sk->in_n)) > 0) {
		sk->in_ms = now_ms;
		sk->in_n += (size_t)n;
		if (sk->in_n < sizeof(sk->in))
			continue;
		sk->in_n = 0;
		if (asks_channel(sk->in + 1))
			drop_unread(sk);
		ctaphid_report(&sk->hid, sk->in + 1, now_ms);
		softkey_port_write(sk);
	}
}

void
softkey_port_write(struct softkey *sk)
{
	ssize_t n;

	while (
	    sk->out_n > 0 && (n = write(sk->master, sk->out, sk->out_n)) > 0) {
		sk->out_n -= (size_t)n;
		memmove(sk->out, sk->out + n, sk->out_n);
	}
}
