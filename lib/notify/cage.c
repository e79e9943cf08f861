/*
 * What a channel may not do.  A channel is a program that somebody wrote for
 * a notice, and reads text that strangers had a hand in.
 *
 * 1. No right of root MUST be left before the program starts, and none come
 *    back: no_new_privs, but for sendmail, which is set-group-ID with most.
 * 2. It MUST NOT make namespaces, mounts or kernel objects, or look into
 *    other processes.
 * 3. All channels are one user: they MUST NOT meet where that user's files and
 *    processes can be seen.  In /proc stand an address with its token and what
 *    an administrator set; a file in /tmp may be another's.
 */
#include <config.h>

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "lib/err.h"
#include "lib/limit.h"
#include "lib/notify/job.h"

#define FILE_MAX  ((rlim_t)16 << 20)
#define FILES_MAX 256

#define FREE       ((rlim_t)AAS_JOB_PROCS / 2)
#define HIDDEN_MAX ((rlim_t)1 << 20)
#define ROOM_OPTS  "mode=1777,size=16m,nr_inodes=1024"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(what) BPF_STMT(BPF_RET | BPF_K, what)
#define ERR(e)    RET(SECCOMP_RET_ERRNO | (e))
#define REFUSE(name, e) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), ERR(e)

/* CLONE_NEW*: namespaces, where a user would be root again. */
#define CLONE_NEW_ALL                                                  \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static const struct sock_filter calls[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	RET(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
#ifdef __x86_64__
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
	ERR(ENOSYS),
#endif
	REFUSE(ptrace, EPERM),
	REFUSE(process_vm_readv, EPERM),
	REFUSE(process_vm_writev, EPERM),
	REFUSE(kexec_load, EPERM),
	REFUSE(init_module, EPERM),
	REFUSE(finit_module, EPERM),
	REFUSE(delete_module, EPERM),
	REFUSE(bpf, EPERM),
	REFUSE(perf_event_open, EPERM),
	REFUSE(userfaultfd, EPERM),
	REFUSE(keyctl, EPERM),
	REFUSE(add_key, EPERM),
	REFUSE(request_key, EPERM),
	REFUSE(mount, EPERM),
	REFUSE(umount2, EPERM),
	REFUSE(pivot_root, EPERM),
	REFUSE(unshare, EPERM),
	REFUSE(setns, EPERM),
	REFUSE(swapon, EPERM),
	REFUSE(reboot, EPERM),
	REFUSE(open_by_handle_at, EPERM),
#ifdef SYS_io_uring_setup
	REFUSE(io_uring_setup, ENOSYS),
#endif
#ifdef SYS_fsopen
	REFUSE(fsopen, ENOSYS),
	REFUSE(open_tree, ENOSYS),
	REFUSE(move_mount, ENOSYS),
#endif
	/* Its flags are in memory, out of sight; libc then uses clone(2). */
	REFUSE(clone3, ENOSYS),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
	RET(SECCOMP_RET_ALLOW),
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEW_ALL, 0, 1),
	ERR(EPERM),
	RET(SECCOMP_RET_ALLOW),
};
#endif

static int
filter(void)
{
#ifdef ARCH
	struct sock_fprog prog = {
		.len = sizeof(calls) / sizeof(calls[0]),
		.filter = (struct sock_filter *)(uintptr_t)calls,
	};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == -1)
		return AAS_ERR_SYS;
#endif
	return AAS_OK;
}

int
aas_cage_apart(void)
{
	static const char *const rooms[] = { "/tmp", "/var/tmp", "/dev/shm" };
	unsigned long flags = MS_NOSUID | MS_NODEV;

	/* First of all: no mount of ours is to reach the host. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == -1 ||
	    mount("proc", "/proc", "proc", flags | MS_NOEXEC, NULL) == -1)
		return AAS_ERR_SYS;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (mount("tmpfs", rooms[i], "tmpfs", flags, ROOM_OPTS) == -1 &&
		    errno != ENOENT)
			return AAS_ERR_SYS;
	return AAS_OK;
}

/* Nobody hears us: who would have killed us was killed before that was set. */
static int
is_orphan(void)
{
	struct pollfd p = { .fd = 1 };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

/* Of processes, for now: a limit that can be raised again. */
static int
soft_procs(rlim_t procs)
{
	struct rlimit rl = { .rlim_cur = 0, .rlim_max = 0 };

	if (getrlimit(RLIMIT_NPROC, &rl) == -1)
		return AAS_ERR_SYS;
	rl.rlim_cur = procs < rl.rlim_max ? procs : rl.rlim_max;
	return setrlimit(RLIMIT_NPROC, &rl) == -1 ? AAS_ERR_SYS : AAS_OK;
}

int
aas_cage(enum aas_job_as as, uid_t uid, gid_t gid, rlim_t procs)
{
	if (aas_limit(RLIMIT_CORE, 0) != AAS_OK)
		return AAS_ERR_SYS;
	if (as == AAS_JOB_ROOT)
		return AAS_OK;
	if (aas_limit(RLIMIT_NOFILE, FILES_MAX) != AAS_OK ||
	    (as != AAS_JOB_MTA &&
		(aas_limit(RLIMIT_FSIZE, FILE_MAX) != AAS_OK ||
		    (as != AAS_JOB_USER && /* who has a desktop full */
			soft_procs(procs) != AAS_OK))))
		return AAS_ERR_SYS;
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
		setresuid(uid, uid, uid) == -1 || setuid(0) != -1))
		return AAS_ERR_SYS;
	/* The change of user has cleared it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 || is_orphan())
		return AAS_ERR_SYS;
	if (as == AAS_JOB_MTA)
		return AAS_OK;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return AAS_ERR_SYS;
	return filter();
}

/* The first process, until the one that it is there for has ended. */
static void __attribute__((noreturn)) look_after(pid_t pid)
{
	int ws = 0;
	pid_t got = 0;

	do
		got = waitpid(-1, &ws, 0);
	while (got != pid && (got != -1 || errno == EINTR));
	if (got == pid && WIFEXITED(ws))
		_exit(WEXITSTATUS(ws));
	if (got == pid)
		(void)dprintf(1, "killed by signal %d", WTERMSIG(ws));
	_exit(AAS_JOB_CANNOT);
}

/*
 * fork(2), with room for FREE more of that user's.  The kernel counts those of
 * other PID namespaces, too, such as another container's: they are in no /proc
 * of ours, and what does not fit is all that is to be known of them.
 */
static pid_t
fork_beside(rlim_t *procs)
{
	pid_t pid = -1;

	for (rlim_t hidden = 0; hidden <= HIDDEN_MAX; hidden += hidden + FREE) {
		if (soft_procs(*procs + hidden - FREE) != AAS_OK)
			return -1;
		if ((pid = fork()) != -1) {
			*procs += hidden;
			return pid;
		}
		if (errno != EAGAIN)
			return -1;
	}
	return -1;
}

int
aas_cage_second(rlim_t procs)
{
	pid_t pid = 0;

	if (getpid() == 1) {
		/* What is ours is in it; a change of user may allow it. */
		if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
		    (pid = fork_beside(&procs)) == -1)
			return AAS_ERR_SYS;
		if (pid != 0)
			look_after(pid);
	}
	return procs != 0 ? aas_limit(RLIMIT_NPROC, procs) : AAS_OK;
}
