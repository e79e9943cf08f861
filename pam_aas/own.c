/*
 * Calls of libc that the module brings itself.
 *
 * Each name that a module takes from libc is looked up anew in every process
 * that loads it, in every library there: some 700 instructions, which is more
 * than most of these do.  sshd loads us once for each connection.  The names
 * below are libc's own, so that all that the module is linked from calls these
 * without knowing; version script and visibility keep them inside.
 *
 * 1. They MUST do what libc's do for the arguments that the module passes, and
 *    set errno as those do.
 * 2. What the kernel takes in another form than libc MUST NOT be here: on a
 *    machine that is not listed all of it comes from libc.
 */
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a sanitizer stands before is its own: else it sees none of it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define WATCHED
#endif
#endif

#if (defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__) && \
    !defined(WATCHED)

#define AAS_OWN

/* Under a name of ours in C, where libc's header may have it as a macro. */
#ifndef OWN
#define OWN(type, name, ...)                             \
	type aas_own_##name(__VA_ARGS__) __asm__(#name); \
	type aas_own_##name(__VA_ARGS__)
#endif

/* --- files ----------------------------------------------------------------*/

OWN(int, close, int fd)
{
	return (int)syscall(SYS_close, fd);
}

OWN(int, openat, int dirfd, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t); /* whatever is there, if nothing was given */
	va_end(ap);
	return (int)syscall(SYS_openat, dirfd, path, flags, mode);
}

/* A number or a pointer (libgcov's lock), each in a register of its own. */
OWN(int, fcntl, int fd, int op, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, op);
	arg = va_arg(ap, void *);
	va_end(ap);
	return (int)syscall(SYS_fcntl, fd, op, arg);
}

OWN(ssize_t, read, int fd, void *p, size_t n)
{
	return syscall(SYS_read, fd, p, n);
}

OWN(ssize_t, write, int fd, const void *p, size_t n)
{
	return syscall(SYS_write, fd, p, n);
}

OWN(int, fstatat, int dirfd, const char *path, struct stat *st, int flags)
{
	return (int)syscall(SYS_newfstatat, dirfd, path, st, flags);
}

OWN(int, fstat, int fd, struct stat *st)
{
	return (int)syscall(SYS_fstat, fd, st);
}

OWN(int, fchmod, int fd, mode_t mode)
{
	return (int)syscall(SYS_fchmod, fd, mode);
}

OWN(int, fchown, int fd, uid_t uid, gid_t gid)
{
	return (int)syscall(SYS_fchown, fd, uid, gid);
}

OWN(int, futimens, int fd, const struct timespec t[2])
{
	return (int)syscall(SYS_utimensat, fd, NULL, t, 0);
}

OWN(int, mkdirat, int dirfd, const char *path, mode_t mode)
{
	return (int)syscall(SYS_mkdirat, dirfd, path, mode);
}

OWN(int, unlinkat, int dirfd, const char *path, int flags)
{
	return (int)syscall(SYS_unlinkat, dirfd, path, flags);
}

OWN(int, renameat2, int from, const char *a, int to, const char *b,
    unsigned flags)
{
	return (int)syscall(SYS_renameat2, from, a, to, b, flags);
}

OWN(void *, mmap, void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	union {
		long in;
		void *out;
	} p;

	p.in = syscall(SYS_mmap, at, n, prot, flags, fd, off);
	return p.out;
}

OWN(int, munmap, void *p, size_t n)
{
	return (int)syscall(SYS_munmap, p, n);
}

/* --- the process, the host ------------------------------------------------*/

OWN(uid_t, getuid, void)
{
	return (uid_t)syscall(SYS_getuid);
}

OWN(uid_t, geteuid, void)
{
	return (uid_t)syscall(SYS_geteuid);
}

OWN(pid_t, getppid, void)
{
	return (pid_t)syscall(SYS_getppid);
}

OWN(int, getrlimit, int what, struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0, what, NULL, limit);
}

OWN(ssize_t, getrandom, void *p, size_t n, unsigned flags)
{
	return syscall(SYS_getrandom, p, n, flags);
}

OWN(int, uname, struct utsname *un)
{
	return (int)syscall(SYS_uname, un);
}

/* --- talking to a helper --------------------------------------------------*/

OWN(int, poll, struct pollfd *p, nfds_t n, int ms)
{
	/* The kernel writes into it what is left. */
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	return (int)syscall(SYS_ppoll, p, n, ms < 0 ? NULL : &t, NULL, 0);
}

OWN(ssize_t, sendmsg, int fd, const struct msghdr *m, int flags)
{
	return syscall(SYS_sendmsg, fd, m, flags);
}

OWN(ssize_t, recvmsg, int fd, struct msghdr *m, int flags)
{
	return syscall(SYS_recvmsg, fd, m, flags);
}

/* --- bytes ----------------------------------------------------------------*/

/* A compiler would else make a call of strlen(3) of what is strlen(3). */
#define PLAIN_LOOP __asm__ __volatile__("")

OWN(size_t, strlen, const char *s)
{
	const char *p = s;

	while (*p != '\0') {
		p++;
		PLAIN_LOOP;
	}
	return (size_t)(p - s);
}

OWN(int, strcmp, const char *a, const char *b)
{
	for (; *a != '\0' && *a == *b; a++)
		b++;
	return (unsigned char)*a - (unsigned char)*b;
}

OWN(int, memcmp, const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n > 0; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

OWN(void *, memmove, void *to, const void *from, size_t n)
{
	const unsigned char *q = from;
	unsigned char *p = to;

	if (p < q) {
		while (n-- > 0) {
			*p++ = *q++;
			PLAIN_LOOP;
		}
	} else {
		while (n-- > 0) {
			p[n] = q[n];
			PLAIN_LOOP;
		}
	}
	return to;
}

/* What the compiler calls for memcpy(3) where it knows how much fits. */
OWN(void *, __memcpy_chk, void *to, const void *from, size_t n, size_t room)
{
	if (n > room)
		__builtin_trap();
	return memcpy(to, from, n);
}

OWN(void, __explicit_bzero_chk, void *p, size_t n, size_t room)
{
	if (n > room)
		__builtin_trap();
	memset(p, 0, n);
	/* It is looked at afterwards, for all the compiler knows. */
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

OWN(void, explicit_bzero, void *p, size_t n)
{
	aas_own___explicit_bzero_chk(p, n, n);
}

#else
typedef int aas_own_none; /* C wants something in a file */
#endif
