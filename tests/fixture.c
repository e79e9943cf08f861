/*
 * A directory of its own for every test, and what it must leave as it was.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "tests/fixture.h"

static size_t
open_fds(uint64_t *first)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e = NULL;
	size_t n = 0;

	*first = 0;
	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		int fd = atoi(e->d_name);

		if (e->d_name[0] == '.' || fd == dirfd(d))
			continue;
		if (fd < 64)
			*first |= UINT64_C(1) << fd;
		n++;
	}
	(void)closedir(d);
	return n;
}

size_t
fixture_fds(void)
{
	uint64_t first = 0;

	return open_fds(&first);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	/* syslog(3) keeps its descriptor: where there is a log, have it now. */
	openlog(NULL, LOG_NDELAY, LOG_AUTHPRIV);
	f->before_n = open_fds(&f->before);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/aas.XXXXXX");
	if (mkdtemp(f->dir) == NULL) {
		free(f);
		return -1;
	}
	f->dirfd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->dirfd == -1 ? -1 : 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;
	uint64_t after = 0;
	size_t after_n = 0;
	int r = 0;

	(void)close(f->dirfd);
	if (nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
		(void)fprintf(stderr, "%s: not removed\n", f->dir);
		r = -1;
	}
	after_n = open_fds(&after);
	if (after_n != f->before_n || after != f->before) {
		(void)fprintf(stderr,
		    "descriptors: %zu (%#llx) before, %zu (%#llx) after\n",
		    f->before_n, (unsigned long long)f->before, after_n,
		    (unsigned long long)after);
		r = -1;
	}
	free(f);
	*state = NULL;
	return r;
}

char *
fixture_path(const struct fixture *f, const char *name, char dst[FIXTURE_PATH])
{
	int n = snprintf(dst, FIXTURE_PATH, "%s/%s", f->dir, name);

	assert_in_range(n, 1, FIXTURE_PATH - 1);
	return dst;
}

void
fixture_write(const struct fixture *f, const char *name, const char *text,
    unsigned int mode)
{
	int fd = openat(
	    f->dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	assert_int_equal(fchmod(fd, (mode_t)mode), 0);
	assert_int_equal(close(fd), 0);
}

int
fixture_in_child(int (*fn)(void *arg), void *arg)
{
	volatile int *line = NULL;
	int status = 0;
	int r = -1;
	pid_t pid = 0;

	line = mmap(NULL, sizeof(*line), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(line, MAP_FAILED);
	*line = -1;
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		/* A test that is killed leaves nobody behind. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		*line = fn(arg);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == -1)
		assert_int_equal(errno, EINTR);
	r = WIFEXITED(status) ? *line : -1;
	assert_int_equal(munmap((void *)(uintptr_t)line, sizeof(*line)), 0);
	return r;
}

int
fixture_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

void
fixture_copy(const struct fixture *f, const char *from, const char *name)
{
	char b[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = openat(
	    f->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	ssize_t n = 0;

	if (in == -1)
		fail_msg("%s: %s", from, strerror(errno));
	assert_int_not_equal(out, -1);
	while ((n = read(in, b, sizeof(b))) > 0)
		assert_int_equal(write(out, b, (size_t)n), n);
	assert_int_equal(fchmod(out, 0755), 0);
	assert_int_equal(close(in), 0);
	assert_int_equal(close(out), 0);
}

int
fixture_disk(const char *dir, const char *options)
{
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return -2;
	return mkdir(dir, 0755) == 0 &&
		mount("tmpfs", dir, "tmpfs", 0, options) == 0
	    ? 0
	    : -1;
}

int
fixture_fill(int fd)
{
	static char block[4096];
	int n = 0;

	while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
		n++;
	return n;
}
