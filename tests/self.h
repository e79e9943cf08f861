#ifndef AAS_TESTS_SELF_H
#define AAS_TESTS_SELF_H

#include <sys/stat.h>
#include <sys/types.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What a program that was started sees of itself, as bytes that can be sent to
 * the test that started it.
 */
struct self {
	pid_t pid, ppid, sid;
	int env_n, argc;
	unsigned int fds; /* bit N: descriptor N is open */
	unsigned int null_fds;
	unsigned long long ignored, blocked;
	char cwd[64];
};

static inline unsigned long long
self_mask(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p == NULL ? ~0ULL : strtoull(p + strlen(name), NULL, 16);
}

/* self_look(s, argc): all of it. */
static inline void
self_look(struct self *s, int argc)
{
	static char text[8192];
	struct stat null, st;
	ssize_t n = 0;
	int fd = -1;

	memset(s, 0, sizeof(*s));
	s->argc = argc;
	s->pid = getpid();
	s->ppid = getppid();
	s->sid = getsid(0);
	while (environ[s->env_n] != NULL)
		s->env_n++;
	(void)stat("/dev/null", &null);
	for (int i = 0; i < 32; i++) {
		if (fstat(i, &st) == -1)
			continue;
		s->fds |= 1U << i;
		if (S_ISCHR(st.st_mode) && st.st_rdev == null.st_rdev)
			s->null_fds |= 1U << i;
	}
	if (getcwd(s->cwd, sizeof(s->cwd)) == NULL)
		s->cwd[0] = '\0';
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd != -1 && (n = read(fd, text, sizeof(text) - 1)) > 0) {
		text[n] = '\0';
		s->ignored = self_mask(text, "SigIgn:");
		s->blocked = self_mask(text, "SigBlk:");
	}
	(void)close(fd);
}

#endif
