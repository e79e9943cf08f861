/*
 * Which processes are Codex.
 *
 * 1. What a process calls itself (comm, argv[0]) MUST NOT make it one: a name
 *    is taken from the program, from the script of an interpreter, or from the
 *    unit that root started.
 */
#include <stdio.h>
#include <string.h>

#include "lib/codex/exe.h"

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* One of the list; ${n} bytes of it. */
static int
is_one(const char *name, size_t n, const char *const *v)
{
	for (; *v != NULL; v++) {
		if (strlen(*v) == n && strncmp(name, *v, n) == 0)
			return 1;
	}
	return 0;
}

static size_t
live(const char *name)
{
	static const char gone[] = " (deleted)";
	size_t n = strlen(name), k = sizeof(gone) - 1;

	return n > k && strcmp(name + n - k, gone) == 0 ? n - k : n;
}

static int
is_program(const char *name, size_t n)
{
	static const char *const names[] = { "codex", "codex-exec", "codex-tui",
		"codex-cli", "codex-app-server", "codex-mcp-server", NULL };
	static const char *const targets[] = { "codex-x86_64-",
		"codex-aarch64-", "codex-linux-x64", "codex-linux-arm64",
		NULL };

	if (is_one(name, n, names))
		return 1;
	for (const char *const *t = targets; *t != NULL; t++) {
		if (n >= strlen(*t) && strncmp(name, *t, strlen(*t)) == 0)
			return 1;
	}
	return 0;
}

int
aas_codex_runs(const char *exe)
{
	static const char *const names[] = { "node", "nodejs", "bun", "deno",
		"sh", "dash", "bash", NULL };
	const char *name = base(exe);

	return is_one(name, live(name), names);
}

static int
is_script(const char *path)
{
	const char *name = base(path);

	return strcmp(name, "codex") == 0 || strcmp(name, "codex.js") == 0 ||
	    strstr(path, "/@openai/codex/") != NULL;
}

int
aas_codex_exe(const char *exe, const char *args, size_t len)
{
	/* What follows these is a program, and no file. */
	static const char *const texts[] = { "-c", "-e", "-p", "-pe", "--eval",
		"--print", NULL };
	const char *name = base(exe);
	size_t n = 0;

	if (is_program(name, live(name)))
		return 1;
	if (!aas_codex_runs(exe))
		return 0;
	/* argv[0], then options, then the script. */
	for (size_t at = 0, i = 0; at < len; at += n + 1, i++) {
		n = strnlen(args + at, len - at);
		if (at + n == len)
			return 0;
		if (i > 0 && is_one(args + at, n, texts))
			return 0;
		if (i > 0 && args[at] != '-')
			return is_script(args + at);
	}
	return 0;
}

int
aas_codex_unit(const char *cgroup, char unit[AAS_CODEX_UNIT])
{
	const char *last = NULL;

	if (strncmp(cgroup, "/system.slice/", 14) != 0)
		return 0;
	/* The innermost: a template's instances are in a slice of their own. */
	for (const char *p = cgroup; (p = strchr(p, '/')) != NULL;) {
		size_t n = strcspn(++p, "/");

		if (n > 8 && n < AAS_CODEX_UNIT &&
		    strncmp(p + n - 8, ".service", 8) == 0)
			last = p;
	}
	if (last == NULL || strncmp(last, "codex", 5) != 0)
		return 0;
	(void)snprintf(
	    unit, AAS_CODEX_UNIT, "%.*s", (int)strcspn(last, "/"), last);
	return 1;
}
