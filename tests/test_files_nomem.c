/*
 * H2: each allocation fails once while the source "files" reads rules.  What
 * comes of it may be an error, an end or a crash of the process, which is all
 * the same to who asked; never SUCCESS with other rules than the file has.
 *
 * Without cmocka: malloc(3) itself is ours.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/plugin_host.h"

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static long left = -1; /* allocations until one fails; -1: none does */
static long count;

static int
fails(void)
{
	count++;
	if (left == 0) {
		left = -1;
		errno = ENOMEM;
		return 1;
	}
	if (left > 0)
		left--;
	return 0;
}

#pragma GCC visibility push(default)
void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}
#pragma GCC visibility pop

static const char text[] =
    "# two rules\n"
    "rules = (\n"
    "  { name = \"all\"; require = \"enrolled\";\n"
    "    users = [ \"alice\", \"bob\" ]; present = 2;\n"
    "    session = \"8h\"; },\n"
    "  { name = \"no\"; deny = true;\n"
    "    services = ( \"cron\", \"atd\" ); },\n"
    "  { name = \"lend\"; lease = {\n"
    "    grantors = [ \"ops\" ]; accounts = [ \"ci\" ];\n"
    "    max = \"8h\"; }; }\n"
    ");\n";

static struct sum {
	uint64_t hash, parts;
} got;

static void
sum(char kind, const void *p, size_t len)
{
	const unsigned char *b = p;

	got.hash = (got.hash ^ (unsigned char)kind) * 0x100000001b3u;
	for (size_t i = 0; i < len; i++)
		got.hash = (got.hash ^ b[i]) * 0x100000001b3u;
	got.parts++;
}

static void
sum_text(const char *s)
{
	sum('t', s, s != NULL ? strlen(s) : 0);
}

static void
sum_list(const char *const *list)
{
	sum('l', NULL, 0);
	for (; list != NULL && *list != NULL; list++)
		sum_text(*list);
}

static int
sum_rule(
    void *ctx, const struct aas_plugin_rule *r, struct aas_plugin_fault *fault)
{
	(void)ctx;
	(void)fault;
	sum_text(r->name);
	sum_text(r->require);
	sum_text(r->session);
	sum_text(r->lease_max);
	sum_list(r->users);
	sum_list(r->services);
	sum_list(r->lease_grantors);
	sum_list(r->lease_accounts);
	sum('n', &r->present, sizeof(r->present));
	sum('n', &r->deny, sizeof(r->deny));
	sum('n', &r->line, sizeof(r->line));
	return 0;
}

static int
run(void)
{
	static const struct sum none = { 0xcbf29ce484222325u, 0 };
	struct plugin_host h = { .path = { "/c/policy.conf" },
		.text = { text },
		.no_dir = 1,
		.rule = sum_rule };

	got = none;
	return plugin_host_run(&h, "/c");
}

/* What a child says: 0 exactly those rules, 1 an error, 2 other rules. */
static int
child(long nth, const struct sum *want)
{
	const struct rlimit no_core = { 0, 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == -1)
		return -1;
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)close(STDERR_FILENO);
		left = nth;
		if (run() != AAS_PLUGIN_SUCCESS)
			_exit(1);
		_exit(got.hash == want->hash && got.parts == want->parts ? 40
									 : 41);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 40)
		return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 41 ? 2 : 1;
}

int
main(void)
{
	struct sum want;
	long n = 0, same = 0;

	if (run() != AAS_PLUGIN_SUCCESS || run() != AAS_PLUGIN_SUCCESS)
		return 1;
	want = got;
	count = 0;
	(void)run();
	n = count;
	if (n == 0) {
		fprintf(stderr, "malloc(3) is not ours here: valgrind?\n");
		return 77;
	}
	if (n < 6) {
		fprintf(stderr, "only %ld allocations were seen\n", n);
		return 1;
	}
	if (child(n + 1000, &want) != 0) {
		fprintf(stderr, "a child does not get the same rules\n");
		return 1;
	}
	for (long i = 0; i < n; i++) {
		int r = child(i, &want);

		if (r == 0)
			same++;
		if (r == 2 || r == -1) {
			fprintf(stderr, "allocation %ld: other rules\n", i);
			return 1;
		}
	}
	printf("%ld allocations, each failed once: %ld times the same rules, "
	       "else none\n",
	    n, same);
	return 0;
}
