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

/* Where libpam looks for a file: in the first that has it. */
const char *const aas_stacks_dirs[] = { "/etc/pam.d", "/usr/lib/pam.d", NULL };

struct places {
	const char *const *dirs;
	int fds[AAS_STACKS_DIRS_MAX]; /* -1: not there */
};

static int follow(const struct places *in, const char *file, unsigned want,
    int depth, unsigned *phases);

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
see_line(const struct places *in, char *line, unsigned want, int depth,
    unsigned *phases)
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
		return follow(in, control, want, depth + 1, phases);
	if ((phase = phase_of(type) & want) == 0 ||
	    (module = next_word(&s)) == NULL)
		return AAS_OK;
	if (strcasecmp(control, "include") == 0 ||
	    strcasecmp(control, "substack") == 0)
		return follow(in, module, phase, depth + 1, phases);
	if (is_module(module))
		*phases |= phase;
	return AAS_OK;
}

/* Line by line; one that ends with a backslash goes on. */
static int
see_text(const struct places *in, char *text, unsigned want, int depth,
    unsigned *phases)
{
	char *line = text;
	int r = AAS_OK;

	for (char *p = text; (p = strpbrk(p, "\\\n")) != NULL;) {
		if (p[0] == '\\' && p[1] == '\n') {
			p[0] = p[1] = ' ';
		} else if (*p == '\n') {
			*p++ = '\0';
			r = see_line(in, line, want, depth, phases);
			if (r != AAS_OK)
				return r;
			line = p;
		} else {
			p++;
		}
	}
	return see_line(in, line, want, depth, phases);
}

/*
 * A file by its name, from the first place that has it; by a path, from that
 * place alone.  What lies elsewhere is not ours to follow.
 */
static int
load(const struct places *in, const char *file, struct aas_buf *buf)
{
	const char *base = strrchr(file, '/');
	int r = AAS_ERR_NOTFOUND;

	if (base != NULL ? base[1] == '\0' : *file == '\0')
		return r;
	for (size_t i = 0; in->dirs[i] != NULL; i++) {
		size_t n = strlen(in->dirs[i]);

		if (in->fds[i] == -1 ||
		    (base != NULL &&
			((size_t)(base - file) != n ||
			    strncmp(file, in->dirs[i], n) != 0)))
			continue;
		r = aas_fs_read(in->fds[i], base != NULL ? base + 1 : file,
		    geteuid(), 0, FILE_MAX, buf, NULL);
		if (r != AAS_ERR_NOTFOUND)
			break;
	}
	return r;
}

static int
follow(const struct places *in, const char *file, unsigned want, int depth,
    unsigned *phases)
{
	struct aas_buf buf = { NULL, 0 };
	int r;

	if (depth > DEPTH_MAX)
		return AAS_ERR_TOOBIG;
	r = load(in, file, &buf);
	if (r == AAS_OK && buf.p != NULL)
		r = see_text(in, (char *)buf.p, want, depth, phases);
	aas_buf_free(&buf);
	/* What is included and is not there fails in libpam, not here. */
	return r == AAS_ERR_NOTFOUND && depth > 0 ? AAS_OK : r;
}

static void
leave(struct places *in)
{
	for (size_t i = 0; i < AAS_STACKS_DIRS_MAX; i++)
		aas_close(&in->fds[i]);
}

/* AAS_ERR_NOTFOUND: there is none of them. */
static int
enter(struct places *in, const char *const *dirs)
{
	int r = AAS_ERR_NOTFOUND;

	in->dirs = dirs;
	for (size_t i = 0; i < AAS_STACKS_DIRS_MAX; i++)
		in->fds[i] = -1;
	for (size_t i = 0; dirs[i] != NULL; i++) {
		if (i == AAS_STACKS_DIRS_MAX) {
			r = AAS_ERR_INVAL;
			break;
		}
		in->fds[i] = aas_fs_high(
		    open(dirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		if (in->fds[i] != -1) {
			r = AAS_OK;
		} else if (errno != ENOENT) {
			r = AAS_ERR_SYS;
			break;
		}
	}
	if (r != AAS_OK)
		leave(in);
	return r;
}

int
aas_stacks_phases(
    const char *const *dirs, const char *service, unsigned *phases)
{
	struct places in;
	unsigned got = 0;
	int r;

	if (!name_valid(service))
		return AAS_ERR_INVAL;
	if ((r = enter(&in, dirs)) != AAS_OK)
		return r;
	r = follow(&in, service, AAS_PHASES, 0, &got);
	leave(&in);
	if (r == AAS_OK)
		*phases = got;
	return r;
}

/* --- all of them ---------------------------------------------------------- */

struct listing {
	struct aas_stack *v;
	size_t n;
};

static int
by_name(const void *a, const void *b)
{
	const struct aas_stack *x = a;
	const struct aas_stack *y = b;

	return strcmp(x->service, y->service);
}

static int
is_listed(const struct listing *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].service, name) == 0)
			return 1;
	}
	return 0;
}

static int
add(const struct places *in, const char *name, struct listing *l)
{
	struct aas_stack *more;
	unsigned phases = 0;

	/* One that nobody may read, or is no file, is no service here. */
	if (!name_valid(name) || is_leftover(name) || is_part(name) ||
	    is_listed(l, name) ||
	    follow(in, name, AAS_PHASES, 0, &phases) != AAS_OK)
		return AAS_OK;
	if (l->n == AAS_STACKS_MAX)
		return AAS_ERR_TOOBIG;
	more = reallocarray(l->v, l->n + 1, sizeof(*more));
	if (more == NULL)
		return AAS_ERR_NOMEM;
	l->v = more;
	(void)snprintf(
	    more[l->n].service, sizeof(more[l->n].service), "%s", name);
	more[l->n++].phases = phases;
	return AAS_OK;
}

static int
add_all(const struct places *in, const char *dir, struct listing *l)
{
	struct dirent *de = NULL;
	DIR *d = opendir(dir);
	int r = AAS_OK;

	if (d == NULL)
		return errno == ENOENT ? AAS_OK : AAS_ERR_SYS;
	while (r == AAS_OK && (de = readdir(d)) != NULL)
		r = add(in, de->d_name, l);
	(void)closedir(d);
	return r;
}

int
aas_stacks_read(const char *const *dirs, struct aas_stack **list, size_t *n)
{
	struct listing l = { NULL, 0 };
	struct places in;
	int r;

	if ((r = enter(&in, dirs)) != AAS_OK)
		return r;
	for (size_t i = 0; r == AAS_OK && dirs[i] != NULL; i++)
		r = add_all(&in, dirs[i], &l);
	leave(&in);
	if (r != AAS_OK) {
		free(l.v);
		return r;
	}
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_name);
	*list = l.v;
	*n = l.n;
	return AAS_OK;
}
