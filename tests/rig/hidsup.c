/*
 * hidsup: run a command under a seccomp supervisor that lets a pty slave
 * stand as /dev/hidrawN.
 *
 * It answers, for the command and all its descendants, setuid programs and
 * static ones too: the hidraw ioctls on a pty slave, and fstatfs() of a tmpfs
 * below /sys, which libudev wants to see as sysfs.  Everything else runs
 * natively.  The keys are softkeyd's.  x86_64 only; needs CAP_SYS_ADMIN, so
 * that no_new_privs stays off and sudo keeps working.
 *
 * 1. It MUST NOT act on a pty that asked for anything but a hidraw ioctl.
 * 2. It MUST NOT answer a notification whose process is gone.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/hidraw.h>
#include <linux/input.h>
#include <linux/magic.h>
#include <linux/seccomp.h>

#include "tests/rig/hidraw.h"

#define PTS_MAJOR_FIRST 136
#define PTS_MAJOR_LAST  143
#define CANNOT          126

static int
failed(const char *what)
{
	(void)fprintf(stderr, "hidsup: %s: %s\n", what, strerror(errno));
	return CANNOT;
}

/* Notify for fstatfs and for ioctls of type 'H'; allow all else. */
static int
install_filter(void)
{
	static const unsigned type_mask = 0xff00;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fstatfs, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, type_mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'H' << 8, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

/* The child: filter itself, hand the listener over, become the command. */
static void
run_child(char **argv, int to_parent, int from_parent)
{
	int listener = install_filter();
	char go;

	if (listener == -1) {
		(void)failed("seccomp listener");
		_exit(CANNOT);
	}
	if (write(to_parent, &listener, sizeof(listener)) != sizeof(listener) ||
	    read(from_parent, &go, 1) != 1)
		_exit(CANNOT);
	(void)close(listener);
	(void)execvp(argv[0], argv);
	(void)failed(argv[0]);
	_exit(127);
}

/* Another process's memory: 0 or a negative errno. */
static int
poke(pid_t pid, __u64 address, const void *data, size_t n)
{
	char path[64];
	ssize_t done;
	int fd, r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return -errno;
	done = pwrite(fd, data, n, (off_t)address);
	if (done != (ssize_t)n)
		r = done == -1 ? -errno : -EFAULT;
	(void)close(fd);
	return r;
}

/* A path-only view of a descriptor of the caller, which may be a thread. */
static int
peek_fd(const struct seccomp_notif *req, char *target, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)req->pid,
	    (int)req->data.args[0]);
	if ((fd = open(path, O_PATH | O_CLOEXEC)) == -1)
		return -1;
	if ((n = readlink(path, target, size - 1)) == -1)
		n = 0;
	target[n] = '\0';
	return fd;
}

static bool
is_pts(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    major(st.st_rdev) >= PTS_MAJOR_FIRST &&
	    major(st.st_rdev) <= PTS_MAJOR_LAST;
}

static int
answer_text(const struct seccomp_notif *req, unsigned cmd, const char *text)
{
	size_t n = strlen(text) + 1;
	int r;

	if (n > _IOC_SIZE(cmd))
		n = _IOC_SIZE(cmd);
	r = poke((pid_t)req->pid, req->data.args[2], text, n);
	return r == 0 ? (int)n : r;
}

/* The reply to a hidraw ioctl in *result; false: not one of ours. */
static bool
answer_ioctl(const struct seccomp_notif *req, int *result)
{
	const __u64 where = req->data.args[2];
	const unsigned cmd = (unsigned)req->data.args[1];
	const pid_t pid = (pid_t)req->pid;
	struct hidraw_report_descriptor desc = { 0 };
	struct hidraw_devinfo info = { BUS_USB, RIG_VENDOR, RIG_PRODUCT };
	int size = sizeof(rig_report_descriptor);

	if (cmd == HIDIOCGRDESCSIZE) {
		*result = poke(pid, where, &size, sizeof(size));
	} else if (cmd == HIDIOCGRDESC) {
		desc.size = (__u32)size;
		memcpy(desc.value, rig_report_descriptor, (size_t)size);
		*result = poke(pid, where, &desc,
		    offsetof(struct hidraw_report_descriptor, value) +
			(size_t)size);
	} else if (cmd == HIDIOCGRAWINFO) {
		*result = poke(pid, where, &info, sizeof(info));
	} else if (_IOC_NR(cmd) == _IOC_NR(HIDIOCGRAWNAME(0)) &&
	    _IOC_DIR(cmd) == _IOC_READ) {
		*result = answer_text(req, cmd, RIG_TITLE);
	} else {
		return false;
	}
	return true;
}

/* fstatfs of what softkeyd laid over a part of /sys. */
static bool
answer_fstatfs(
    const struct seccomp_notif *req, int fd, const char *path, int *result)
{
	struct statfs fs;

	if ((strncmp(path, "/sys/class/", 11) != 0 &&
		strncmp(path, "/sys/devices/", 13) != 0) ||
	    fstatfs(fd, &fs) == -1 || fs.f_type != TMPFS_MAGIC)
		return false;
	fs.f_type = SYSFS_MAGIC;
	*result = poke((pid_t)req->pid, req->data.args[1], &fs, sizeof(fs));
	return true;
}

static void
serve(int listener)
{
	struct seccomp_notif req;
	struct seccomp_notif_resp resp = { 0 };
	char path[256] = "";
	bool ours = false;
	int fd, result = 0;

	memset(&req, 0, sizeof(req)); /* the kernel wants zeros */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req) == -1)
		return;
	if ((fd = peek_fd(&req, path, sizeof(path))) != -1) {
		/* That pid may be another's by now: ask before writing. */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &req.id) ==
		    -1)
			ours = false;
		else if (req.data.nr == SYS_fstatfs)
			ours = answer_fstatfs(&req, fd, path, &result);
		else if (is_pts(fd))
			ours = answer_ioctl(&req, &result);
		(void)close(fd);
	}
	resp.id = req.id;
	if (!ours)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (result < 0)
		resp.error = result;
	else
		resp.val = result;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* Serve until the command ends; its exit status. */
static int
supervise(pid_t child, int pidfd, int listener)
{
	struct pollfd p[2] = { { .fd = listener, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };
	int status;

	for (;;) {
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[0].revents & POLLIN)
			serve(listener);
		else if (p[0].revents != 0)
			p[0].fd = -1; /* nobody is left under the filter */
		if (p[1].revents != 0 &&
		    waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status);
	}
}

int
main(int argc, char **argv)
{
	int up[2], down[2], theirs, pidfd, listener;
	pid_t child;

	if (argc > 1 && strcmp(argv[1], "--") == 0) {
		argv++;
		argc--;
	}
	if (argc < 2) {
		(void)fprintf(stderr, "usage: hidsup [--] command ...\n");
		return 2;
	}
	if (pipe2(up, O_CLOEXEC) == -1 || pipe2(down, O_CLOEXEC) == -1)
		return failed("pipe");
	if ((child = fork()) == -1)
		return failed("fork");
	if (child == 0) {
		(void)close(down[1]);
		run_child(argv + 1, up[1], down[0]);
	}
	(void)close(up[1]);
	(void)close(down[0]);
	if (read(up[0], &theirs, sizeof(theirs)) != sizeof(theirs))
		return CANNOT;
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, theirs, 0);
	if (listener == -1 || write(down[1], "g", 1) != 1)
		return failed("pidfd_getfd");
	/* The command decides about the terminal's signals, not we. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	return supervise(child, pidfd, listener);
}
