/*
 * The cage of the process that talks to a security key.  A key is hostile
 * until its signature holds: what it sends is parsed by libfido2 and libcbor,
 * and a fault in them must reach nothing.
 *
 * 1. Rights MUST be dropped before the first byte is read from the device.
 * 2. A system call of another architecture MUST kill: numbers differ there.
 * 3. No call may open, create, execute, signal, trace or map executable.
 */
#include <config.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "lib/ceremony/filter.h"
#include "lib/err.h"
#include "lib/limit.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#if defined(AAS_NO_IO_FILTER) || defined(SANITIZED)
#define WITH_FILTER 0
#else
#define WITH_FILTER 1
#endif

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif WITH_FILTER
#error "no system call filter for this machine: use --disable-io-filter"
#endif

#define MEMORY_MAX ((rlim_t)512 << 20)
#define FILES_MAX  5

#if WITH_FILTER
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(what) BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW(name)                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
	    RET(SECCOMP_RET_ALLOW)

static const struct sock_filter calls[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	RET(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	/* the device and the other half */
	ALLOW(read),
	ALLOW(write),
#if defined(SYS_poll)
	ALLOW(poll),
#endif
	ALLOW(ppoll),
	/* a poll that a stop signal or a suspend broke off */
	ALLOW(restart_syscall),
	/* memory, never executable: checked below */
	ALLOW(brk),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(madvise),
	/* libcrypto: random numbers and its locks */
	ALLOW(getrandom),
	ALLOW(getpid),
	ALLOW(futex),
	ALLOW(clock_gettime),
	ALLOW(exit_group),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
	RET(SECCOMP_RET_KILL_PROCESS),
	/* mmap: PROT_READ and PROT_WRITE only, and no file behind it */
	LOAD(args[2]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, ~3u, 0, 1),
	RET(SECCOMP_RET_KILL_PROCESS),
	LOAD(args[3]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x20 /* MAP_ANONYMOUS */, 1, 0),
	RET(SECCOMP_RET_KILL_PROCESS),
	RET(SECCOMP_RET_ALLOW),
};
#endif

int
aas_filter_built(void)
{
	return WITH_FILTER;
}

int
aas_filter_calls(void)
{
#if WITH_FILTER
	struct sock_fprog prog = {
		.len = sizeof(calls) / sizeof(calls[0]),
		.filter = (struct sock_filter *)(uintptr_t)calls,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == -1)
		return AAS_ERR_SYS;
#endif
	return AAS_OK;
}

/* After this no saved id is left to go back to. */
static int
drop_ids(uid_t uid)
{
	gid_t gid = (gid_t)uid;

	if (geteuid() == 0) {
		if (setgroups(0, NULL) == -1)
			return AAS_ERR_SYS;
	} else {
		uid = getuid();
		gid = getgid();
	}
	if (setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1)
		return AAS_ERR_SYS;
	if (uid != 0 && setuid(0) != -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

int
aas_filter_confine(unsigned uid)
{
	int r;

	if ((r = drop_ids((uid_t)uid)) != AAS_OK ||
	    (r = aas_limit(RLIMIT_CORE, 0)) != AAS_OK ||
	    (r = aas_limit(RLIMIT_NPROC, 0)) != AAS_OK)
		return r;
#if WITH_FILTER
	/*
	 * Sanitizers and valgrind map terabytes of shadow; valgrind keeps
	 * files of its own open and writes its results at the end.
	 */
	if ((r = aas_limit(RLIMIT_NOFILE, FILES_MAX)) != AAS_OK ||
	    (r = aas_limit(RLIMIT_FSIZE, 0)) != AAS_OK ||
	    (r = aas_limit(RLIMIT_AS, MEMORY_MAX)) != AAS_OK)
		return r;
#endif
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return AAS_ERR_SYS;
	return aas_filter_calls();
}
