/*
 * All pids of /proc, in ascending order.
 *
 * readdir(3) reads a thousand names ahead, and most of them may be gone by the
 * time they are looked at.  Here the kernel is asked for one at a time.
 * Source: getdents64(2).
 */
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/pids.h"

/* As getdents64(2) has it. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

#define ONE 48  /* bytes: one pid fits, two do not */
#define ANY 512 /* the longest name of all fits */

/* The youngest pid: the last field of /proc/loadavg, proc(5); -1. */
static long
youngest(void)
{
	char text[128];
	size_t len = 0;
	const char *at = NULL;

	if (aas_fs_kernel("/proc/loadavg", text, sizeof(text), &len) !=
		AAS_OK ||
	    (at = strrchr(text, ' ')) == NULL)
		return -1;
	return strtol(at + 1, NULL, 10);
}

int
aas_pids_open(struct aas_pids *p)
{
	p->last = youngest();
	p->fd = aas_fs_high(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	return p->fd == -1 ? AAS_ERR_SYS : AAS_OK;
}

/* The next name: a pid, or 0; whatever else was read is read again. */
static int
next(int fd, size_t cap, long *pid)
{
	char buf[ANY] __attribute__((aligned(__alignof__(struct entry))));
	struct entry e;
	long n = syscall(SYS_getdents64, fd, buf, cap);

	if (n == 0)
		return AAS_ERR_NOTFOUND;
	if (n < (long)sizeof(e))
		return n == -1 && errno == EINVAL ? AAS_ERR_TOOBIG
						  : AAS_ERR_SYS;
	memcpy(&e, buf, sizeof(e));
	if (e.len > n || (e.len < n && lseek(fd, e.off, SEEK_SET) == -1))
		return AAS_ERR_SYS;
	*pid = strtol(buf + offsetof(struct entry, name), NULL, 10);
	return AAS_OK;
}

int
aas_pids_next(struct aas_pids *p, pid_t *pid)
{
	long got = 0;
	int r = AAS_OK;

	do {
		r = next(p->fd, ONE, &got);
		if (r == AAS_ERR_TOOBIG)
			r = next(p->fd, ANY, &got);
	} while (r == AAS_OK && got <= 0);
	if (r == AAS_OK)
		*pid = (pid_t)got;
	return r == AAS_ERR_TOOBIG ? AAS_ERR_SYS : r;
}

int
aas_pids_skip(struct aas_pids *p, long n)
{
	return lseek(p->fd, n, SEEK_CUR) == -1 ? AAS_ERR_SYS : AAS_OK;
}

int
aas_pids_close(struct aas_pids *p)
{
	long now = youngest();

	aas_close(&p->fd);
	return p->last == -1 || now < p->last;
}
