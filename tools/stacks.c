/*
 * Reads pam.d(5), to find the services whose stacks hold our module.
 *
 * 1. A file MUST NOT make this loop, or read without end: depth, lines and
 *    their length are bounded.
 * 2. It only looks; libpam alone decides how a stack runs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "policy/signin/foretell.h"
#include "tools/stacks.h"

#define DEPTH_MAX 32
#define FILE_MAX  (256 * 1024)
#define MODULE    "pam_aas.so"

static int follow(
    int dirfd, const char *file, unsigned want, int depth, unsigned *phases);

static int
name_valid(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < AAS_SERVICE_MAX && s[0] != '.' &&
	    strchr(s, '/') == NULL;
}

/* What packages and editors leave behind. */
static int
is_leftover(const char *s)
{
	static const char *const ends[] = { "~", ".dpkg-old", ".dpkg-new",
		".dpkg-dist", ".dpkg-bak", ".ucf-old", ".ucf-dist", ".rpmsave",
		".rpmnew", ".rpmorig", ".bak", ".orig" };
	size_t n = strlen(s);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t e = strlen(ends[i]);

		if (n > e && strcmp(s + n - e, ends[i]) == 0)
			return 1;
	}
	return 0;
}

/* Files that distributions have for others to include. */
static int
is_part(const char *s)
{
	static const char *const names[] = { "system-auth", "password-auth",
		"postlogin", "fingerprint-auth", "smartcard-auth",
		"system-login", "system-local-login", "system-remote-login",
		"system-services" };

	if (strncmp(s, "common-", 7) == 0)
		return 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(s, names[i]) == 0)
			return 1;
	}
	return 0;
}

/* The phase of a line's first word; 0: none that the module answers. */
static unsigned
phase_of(const char *word)
{
	if (*word == '-')
		word++;
	if (strcasecmp(word, "auth") == 0)
		return AAS_PHASE_BIT(AAS_PH_AUTH);
	if (strcasecmp(word, "account") == 0)
		return AAS_PHASE_BIT(AAS_PH_ACCOUNT);
	if (strcasecmp(word, "session") == 0)
		return AAS_PHASE_BIT(AAS_PH_SESSION);
	return 0;
}

/* The next word of a line; "[...]" is one. */
static char *
next_word(char **s)
{
	char *p = *s + strspn(*s, " \t");
	char *end = p;

	if (*p == '\0')
		return NULL;
	if (*p == '[')
		end += strcspn(p, "]");
	end += strcspn(end, " \t");
	*s = *end == '\0' ? end : end + 1;
	*end = '\0';
	return p;
}

static int
is_module(const char *path)
{
	const char *base = strrchr(path, '/');

	return strcmp(base != NULL ? base + 1 : path, MODULE) == 0;
}

static int
see_line(int dirfd, char *line, unsigned want, int depth, unsigned *phases)
{
	char *s = line;
	const char *type, *control, *module;
	unsigned phase;

	s[strcspn(s, "#")] = '\0';
	if ((type = next_word(&s)) == NULL)
		return AAS_OK;
	if ((control = next_word(&s)) == NULL)
		return AAS_OK;
	if (strcmp(type, "@include") == 0)
		return follow(dirfd, control, want, depth + 1, phases);
	if ((phase = phase_of(type) & want) == 0 ||
	    (module = next_word(&s)) == NULL)
		return AAS_OK;
	if (strcasecmp(control, "include") == 0 ||
	    strcasecmp(control, "substack") == 0)
		return follow(dirfd, module, phase, depth + 1, phases);
	if (is_module(module))
		*phases |= phase;
	return AAS_OK;
}

/* Line by line; one that ends with a backslash goes on. */
static int
see_text(int dirfd, char *text, unsigned want, int depth, unsigned *phases)
{
	char *line = text;
	int r = AAS_OK;

	for (char *p = text; (p = strpbrk(p, "\\\n")) != NULL;) {
		if (p[0] == '\\' && p[1] == '\n') {
			p[0] = p[1] = ' ';
		} else if (*p == '\n') {
			*p++ = '\0';
			r = see_line(dirfd, line, want, depth, phases);
			if (r != AAS_OK)
				return r;
			line = p;
		} else {
			p++;
		}
	}
	return see_line(dirfd, line, want, depth, phases);
}

static int
follow(int dirfd, const char *file, unsigned want, int depth, unsigned *phases)
{
	struct aas_buf buf = { NULL, 0 };
	int r;

	if (depth > DEPTH_MAX)
		return AAS_ERR_TOOBIG;
	if (strncmp(file, AAS_STACKS_DIR "/", sizeof(AAS_STACKS_DIR)) == 0)
		file += sizeof(AAS_STACKS_DIR);
	if (strchr(file, '/') != NULL || *file == '\0')
		return AAS_OK; /* elsewhere: not ours to follow */
	r = aas_fs_read(dirfd, file, geteuid(), 0, FILE_MAX, &buf, NULL);
	if (r == AAS_OK && buf.p != NULL)
		r = see_text(dirfd, (char *)buf.p, want, depth, phases);
	aas_buf_free(&buf);
	/* What is included and is not there fails in libpam, not here. */
	return r == AAS_ERR_NOTFOUND && depth > 0 ? AAS_OK : r;
}

int
aas_stacks_phases(const char *dir, const char *service, unsigned *phases)
{
	unsigned got = 0;
	int fd = -1;
	int r;

	if (!name_valid(service))
		return AAS_ERR_INVAL;
	fd = aas_fs_high(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	r = follow(fd, service, AAS_PHASES, 0, &got);
	aas_close(&fd);
	if (r == AAS_OK)
		*phases = got;
	return r;
}

static int
by_name(const void *a, const void *b)
{
	const struct aas_stack *x = a;
	const struct aas_stack *y = b;

	return strcmp(x->service, y->service);
}

static int
add(int dirfd, const char *name, struct aas_stack **list, size_t *n)
{
	struct aas_stack *more;
	unsigned phases = 0;

	/* One that nobody may read, or is no file, is no service here. */
	if (!name_valid(name) || is_leftover(name) || is_part(name) ||
	    follow(dirfd, name, AAS_PHASES, 0, &phases) != AAS_OK)
		return AAS_OK;
	if (*n == AAS_STACKS_MAX)
		return AAS_ERR_TOOBIG;
	if ((more = reallocarray(*list, *n + 1, sizeof(*more))) == NULL)
		return AAS_ERR_NOMEM;
	*list = more;
	(void)snprintf(more[*n].service, sizeof(more[*n].service), "%s", name);
	more[(*n)++].phases = phases;
	return AAS_OK;
}

int
aas_stacks_read(const char *dir, struct aas_stack **list, size_t *n)
{
	struct aas_stack *got = NULL;
	struct dirent *de = NULL;
	size_t got_n = 0;
	DIR *d = opendir(dir);
	int r = AAS_OK;

	if (d == NULL)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	while (r == AAS_OK && (de = readdir(d)) != NULL)
		r = add(dirfd(d), de->d_name, &got, &got_n);
	(void)closedir(d);
	if (r != AAS_OK) {
		free(got);
		return r;
	}
	if (got_n > 0)
		qsort(got, got_n, sizeof(*got), by_name);
	*list = got;
	*n = got_n;
	return AAS_OK;
}
