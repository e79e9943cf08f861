/*
 * The parts of a source when memory, a group look-up or the other end fails:
 * each allocation in turn.  The host of a plugin runs in this process, and a
 * worker's words come from here.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/spawn.h"
#include "policy/plugins/exec.h"
#include "policy/source/groups.h"
#include "policy/source/host.h"
#include "policy/source/source.h"
#include "tests/fixture.h"
#include "tests/nomem.h"

#define ROUNDS 400

static int group_error;

int __wrap_getgrnam_r(
    const char *name, struct group *gr, char *b, size_t n, struct group **res);
int __wrap_aas_spawn(const char *path, char *const argv[], struct aas_child *c);

int
__wrap_getgrnam_r(
    const char *name, struct group *gr, char *b, size_t n, struct group **res)
{
	(void)name;
	(void)b;
	(void)n;
	*res = NULL;
	if (group_error != 0)
		return group_error;
	gr->gr_gid = 7;
	*res = gr;
	return 0;
}

/* --- the host of a plugin --------------------------------------------------
 */

struct end {
	int peer;
	struct aas_pw pw;
	struct aas_source_host *host;
	const struct aas_plugin_host *h;
};

static int
end_open(struct end *e)
{
	int sv[2];
	int r = 0;

	memset(e, 0, sizeof(*e));
	e->peer = -1;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	if ((r = aas_pw_init(&e->pw, sv[0], aas_clock_ms() + 10000)) == 0)
		r = aas_source_host_new(&e->pw, "test", &e->host);
	if (r != AAS_OK) {
		aas_pw_free(&e->pw);
		(void)close(sv[0]);
		(void)close(sv[1]);
		return r;
	}
	e->pw.fd = sv[0];
	e->peer = sv[1];
	e->h = aas_source_host_api(e->host);
	return AAS_OK;
}

static void
end_close(struct end *e)
{
	(void)close(e->pw.fd);
	if (e->peer != -1)
		(void)close(e->peer);
	aas_source_host_free(&e->host);
	assert_null(e->host);
	aas_source_host_free(&e->host);
	aas_pw_free(&e->pw);
}

static int
each(void *arg, const char *path)
{
	(void)path;
	(*(int *)arg)++;
	return 0;
}

static struct aas_plugin_rule
rule_of(const char *name)
{
	static const char *const groups[] = { "staff", NULL };
	struct aas_plugin_rule r;

	memset(&r, 0, sizeof(r));
	r.struct_size = sizeof(r);
	r.name = name;
	r.groups = groups;
	r.deny = 1;
	return r;
}

/* 1 if all of it held. */
static int
everything(struct end *e, const struct fixture *f)
{
	struct aas_plugin_rule r = rule_of("one");
	struct aas_plugin_fault fault = { .struct_size = sizeof(fault) };
	char path[FIXTURE_PATH];
	char *text = NULL;
	size_t len = 0;
	int n = 0;
	int held = 1;

	held &= e->h->list(e->h->ctx, f->dir, ".conf", each, &n) == 0;
	held &= n == 2;
	n = e->h->read(e->h->ctx, fixture_path(f, "a.conf", path), 100,
	    AAS_PLUGIN_LIBCONFIG, &text, &len);
	held &= n == 0;
	if (n == 0)
		e->h->release(e->h->ctx, text);
	n = e->h->rule(e->h->ctx, &r, &fault);
	held &= n == 0;
	if (n != 0)
		assert_true(fault.text[0] != '\0');
	return held && aas_source_host_error(e->host) == AAS_OK;
}

static void
host_nomem_is_never_taken_for_success(void **state)
{
	struct fixture *f = *state;
	struct end e;
	int held = 0;
	int round = 0;

	fixture_write(f, "a.conf", "x = 1;", 0644);
	fixture_write(f, "b.conf", "x = 1;", 0644);
	for (; round < ROUNDS; round++) {
		nomem.hit = 0;
		nomem.left = round;
		if (end_open(&e) != AAS_OK) {
			nomem.left = -1;
			continue;
		}
		held = everything(&e, f);
		nomem.left = -1;
		end_close(&e);
		/* opendir(3) and its like do without. */
		if (!nomem.hit)
			break;
		if (held)
			fail_msg("round %d: nobody noticed", round);
	}
	assert_true(held);
	assert_true(round > 8 && round < ROUNDS);
}

/* A plugin that was made for an older minor version still works. */
static void
host_rule_of_minor_version_0_is_taken(void **state)
{
	/* What stands behind it is not the rule's. */
	struct aas_plugin_rule r = rule_of("one");
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };
	struct end e;

	(void)state;
	assert_int_equal(end_open(&e), AAS_OK);
	r.struct_size = offsetof(struct aas_plugin_rule, flaw);
	memset(&r.flaw, 'x', sizeof(r) - r.struct_size);
	assert_int_equal(e.h->rule(e.h->ctx, &r, &f), 0);
	r.struct_size = offsetof(struct aas_plugin_rule, sudo);
	r.flaw = NULL;
	assert_int_equal(e.h->rule(e.h->ctx, &r, &f), 0);
	assert_int_equal(aas_source_host_refused(e.host), 0);
	r.struct_size = offsetof(struct aas_plugin_rule, flaw) - 8;
	assert_int_equal(e.h->rule(e.h->ctx, &r, &f), -1);
	assert_string_equal(f.field, "struct_size");
	assert_int_equal(aas_source_host_refused(e.host), 1);
	/* A good one behind it does not make up for it. */
	r.struct_size = offsetof(struct aas_plugin_rule, sudo);
	assert_int_equal(e.h->rule(e.h->ctx, &r, &f), 0);
	assert_int_equal(aas_source_host_refused(e.host), 1);
	end_close(&e);
}

static void
host_says_what_it_refuses(void **state)
{
	static const char *names[AAS_NAMES_MAX + 1];
	static char name[AAS_NAME_MAX + 1];
	struct aas_plugin_fault small;
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };
	struct aas_plugin_rule r = rule_of("one");
	struct end e;
	char *text = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(end_open(&e), AAS_OK);
	r.struct_size = sizeof(r) - 1;
	assert_int_equal(e.h->rule(e.h->ctx, &r, NULL), -1);
	/* A fault smaller than ours is filled no further than it goes. */
	memset(&small, 'x', sizeof(small));
	small.struct_size = offsetof(struct aas_plugin_fault, text);
	assert_int_equal(e.h->rule(e.h->ctx, &r, &small), -1);
	assert_string_equal(small.field, "struct_size");
	assert_int_equal(small.text[0], 'x');
	r = rule_of("one");
	group_error = EIO;
	assert_int_equal(e.h->rule(e.h->ctx, &r, &f), -1);
	assert_string_equal(f.text, "groups cannot be looked up");
	group_error = 0;
	/* Each value may be, and all together do not fit a message. */
	memset(name, 'n', AAS_NAME_MAX);
	for (size_t i = 0; i < AAS_NAMES_MAX; i++)
		names[i] = name;
	r.groups = NULL;
	r.users = r.services = r.hosts = names;
	assert_int_equal(e.h->rule(e.h->ctx, &r, &f), -1);
	assert_string_equal(f.text, "the rule is too large");
	assert_int_equal(aas_source_host_error(e.host), AAS_OK);
	assert_int_equal(e.h->read(e.h->ctx, NULL, 1, 0, &text, &len), -2);
	assert_int_equal(e.h->list(e.h->ctx, NULL, "", each, NULL), -2);
	assert_int_equal(e.h->list(e.h->ctx, "etc", "", each, NULL), -2);
	e.h->report(e.h->ctx, 77, NULL, 0, NULL);
	for (int i = 0; i < 2 * AAS_PW_REPORTS_MAX; i++)
		e.h->report(e.h->ctx, AAS_PLUGIN_NOTE, NULL, 0, "note");
	end_close(&e);
}

static void
host_nobody_listens_is_an_error(void **state)
{
	static const char *names[1000];
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };
	struct aas_plugin_rule r = rule_of("one");
	struct fixture *fx = *state;
	char name[200];
	char path[FIXTURE_PATH];
	char *text = NULL;
	size_t len = 0;
	struct end e;
	int n = 0;

	assert_int_equal(end_open(&e), AAS_OK);
	(void)close(e.peer);
	e.peer = -1;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < 999; i++)
		names[i] = name;
	r.users = names;
	for (int i = 0; i < 10 && n == 0; i++)
		n = e.h->rule(e.h->ctx, &r, &f);
	assert_int_equal(n, -1);
	assert_string_equal(f.text, "nobody listens any more");
	assert_int_equal(aas_source_host_error(e.host), AAS_ERR_CANCELED);
	(void)e.h->read(
	    e.h->ctx, fixture_path(fx, "none", path), 1, 0, &text, &len);
	end_close(&e);
}

/* --- the parent ------------------------------------------------------------
 */

static uint8_t said[65536];
static size_t said_n;

/* A worker that has said all of it already, and ended. */
int
__wrap_aas_spawn(const char *path, char *const argv[], struct aas_child *c)
{
	int sv[2];

	(void)path;
	(void)argv;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(send(sv[1], said, said_n, 0), said_n);
	assert_int_equal(shutdown(sv[1], SHUT_WR), 0);
	c->pid = -1;
	c->pidfd = sv[1]; /* closed with the rest */
	c->sock = sv[0];
	return AAS_OK;
}

static void
say_all(void)
{
	struct aas_plugin_rule r = rule_of("one");
	struct aas_pw_report rp = { AAS_PLUGIN_NOTE, 1, "/f", "text" };
	struct aas_origin_file f = { .path = "/f", .size = 1 };
	struct aas_pw pw;
	struct aas_wr w;

	assert_int_equal(aas_pw_init(&pw, -1, 0), AAS_OK);
	aas_pw_begin(&pw, &w);
	aas_pw_rule_put(&w, &r);
	assert_int_equal(aas_pw_send(&pw, AAS_PW_RULE, &w), AAS_OK);
	aas_pw_begin(&pw, &w);
	aas_pw_report_put(&w, &rp);
	assert_int_equal(aas_pw_send(&pw, AAS_PW_REPORT, &w), AAS_OK);
	aas_pw_begin(&pw, &w);
	aas_pw_file_put(&w, &f);
	assert_int_equal(aas_pw_send(&pw, AAS_PW_FILE, &w), AAS_OK);
	aas_pw_begin(&pw, &w);
	aas_pw_end_put(&w, AAS_PLUGIN_SUCCESS);
	assert_int_equal(aas_pw_send(&pw, AAS_PW_END, &w), AAS_OK);
	memcpy(said, pw.out, pw.out_len);
	said_n = pw.out_len;
	aas_pw_free(&pw);
}

static void
gather_nomem_is_an_error_and_leaves_nothing(void **state)
{
	struct aas_gather g = {
		.plugindir = "/p", .worker = "/w", .confdir = "/c"
	};
	struct aas_gathered got;
	struct aas_switch sw;
	char err[256];
	int round = 0;
	int r = AAS_ERR_NOMEM;

	(void)state;
	say_all();
	assert_int_equal(aas_switch_parse("a b", &sw, err), AAS_OK);
	for (; round < ROUNDS; round++) {
		nomem.hit = 0;
		nomem.left = round;
		r = aas_gather_run(&sw, &g, &got);
		nomem.left = -1;
		if (!nomem.hit)
			break;
		if (r == AAS_OK) {
			/* A report may be lost, a rule never. */
			assert_int_equal(got.denied, 0);
			assert_int_equal(got.rules_n, 2);
			aas_gathered_free(&got);
		} else {
			assert_int_equal(r, AAS_ERR_NOMEM);
			assert_null(got.rules);
			assert_null(got.arena);
		}
	}
	assert_int_equal(r, AAS_OK);
	assert_int_equal(got.rules_n, 2);
	assert_int_equal(got.files_n, 2);
	assert_string_equal(got.answers[1].text, "/f:1: text\n");
	aas_gathered_free(&got);
	assert_true(round > 8 && round < ROUNDS);
}

static void
gather_groups_that_cannot_be_looked_up_are_unavail(void **state)
{
	struct aas_gather g = {
		.plugindir = "/p", .worker = "/w", .confdir = "/c"
	};
	struct aas_gathered got;
	struct aas_switch sw;
	char err[256];

	(void)state;
	say_all();
	assert_int_equal(aas_switch_parse("a", &sw, err), AAS_OK);
	group_error = EIO;
	assert_int_equal(aas_gather_run(&sw, &g, &got), AAS_OK);
	group_error = 0;
	assert_int_equal(got.denied, 1);
	assert_int_equal(got.answers[0].status, AAS_PLUGIN_UNAVAIL);
	assert_non_null(strstr(got.answers[0].text, "could not be asked"));
	aas_gathered_free(&got);
}

/* --- the answer of a program -----------------------------------------------
 */

static int taken;

static int
take(void *ctx, const struct aas_plugin_rule *r, struct aas_plugin_fault *f)
{
	(void)ctx;
	(void)r;
	(void)f;
	taken++;
	return 0;
}

static void
ignore(void *ctx, int level, const char *file, uint32_t line, const char *text)
{
	(void)ctx;
	(void)level;
	(void)file;
	(void)line;
	assert_non_null(text);
}

static void
exec_nomem_is_unavail(void **state)
{
	static const char json[] =
	    "{\"version\":1,\"status\":\"success\",\"rules\":[{\"name\":\"a\","
	    "\"users\":[\"x\",\"y\"],\"hosts\":[\"h\"],\"deny\":true}]}";
	const struct aas_plugin_host h = {
		.struct_size = sizeof(h), .rule = take, .report = ignore
	};
	int status = 0;
	int round = 0;

	(void)state;
	json_set_alloc_funcs(__wrap_malloc, free);
	for (; round < ROUNDS; round++) {
		nomem.hit = taken = 0;
		nomem.left = round;
		status = exec_answer(&h, "/x", json, sizeof(json) - 1);
		nomem.left = -1;
		if (!nomem.hit)
			break;
		if (status == AAS_PLUGIN_SUCCESS)
			assert_int_equal(taken, 1);
	}
	assert_int_equal(status, AAS_PLUGIN_SUCCESS);
	assert_true(round > 8 && round < ROUNDS);
	json_set_alloc_funcs(malloc, free);
}

static void
exec_nomem_asks_nothing_by_half(void **state)
{
	static const char *const groups[] = { "a", "b", NULL };
	const struct aas_plugin_query q = { .struct_size = sizeof(q),
		.confdir = "/etc/aas",
		.user = "alice",
		.uid = 1000,
		.groups = groups,
		.service = "sshd" };
	char *s = NULL;
	int round = 0;

	(void)state;
	json_set_alloc_funcs(__wrap_malloc, free);
	for (; round < ROUNDS; round++) {
		nomem.hit = 0;
		nomem.left = round;
		s = exec_question(1, &q);
		nomem.left = -1;
		if (s != NULL)
			assert_non_null(strstr(s,
			    "\"groups\":[\"a\",\"b\"],\"service\":\"sshd\"}"
			    "\n"));
		free(s);
		if (!nomem.hit)
			break;
	}
	assert_true(round > 8 && round < ROUNDS);
	json_set_alloc_funcs(malloc, free);
}

/* --- the process of a program ----------------------------------------------
 */

static long call_at = -1; /* this system call from now fails */
static int *call_failed;  /* shared with the child */
static char last_report[256];

static int
call_fails(void)
{
	if (call_at < 0 || call_at-- > 0)
		return 0;
	*call_failed = 1;
	errno = EMFILE;
	return 1;
}

int __real_pipe2(int fds[2], int flags);
int __real_pidfd_open(pid_t pid, unsigned flags);
pid_t __real_fork(void);
int __real_dup2(int from, int to);
int __real_close_range(unsigned from, unsigned to, int flags);
int __real_execve(const char *path, char *const argv[], char *const envp[]);
int __wrap_pipe2(int fds[2], int flags);
int __wrap_pidfd_open(pid_t pid, unsigned flags);
pid_t __wrap_fork(void);
int __wrap_dup2(int from, int to);
int __wrap_close_range(unsigned from, unsigned to, int flags);
int __wrap_execve(const char *path, char *const argv[], char *const envp[]);

int
__wrap_pipe2(int fds[2], int flags)
{
	return call_fails() ? -1 : __real_pipe2(fds, flags);
}

int
__wrap_pidfd_open(pid_t pid, unsigned flags)
{
	return call_fails() ? -1 : __real_pidfd_open(pid, flags);
}

pid_t
__wrap_fork(void)
{
	pid_t pid = call_fails() ? -1 : __real_fork();

	/* Memory fails for the parent: libgcov may need some in the child. */
	if (pid == 0)
		nomem.left = -1;
	return pid;
}

int
__wrap_dup2(int from, int to)
{
	return call_fails() ? -1 : __real_dup2(from, to);
}

int
__wrap_close_range(unsigned from, unsigned to, int flags)
{
	return call_fails() ? -1 : __real_close_range(from, to, flags);
}

int
__wrap_execve(const char *path, char *const argv[], char *const envp[])
{
	return call_fails() ? -1 : __real_execve(path, argv, envp);
}

static void
keep(void *ctx, int level, const char *file, uint32_t line, const char *text)
{
	(void)ctx;
	(void)level;
	(void)file;
	(void)line;
	(void)snprintf(last_report, sizeof(last_report), "%s", text);
}

static int64_t
left(void *ctx)
{
	(void)ctx;
	return 10000;
}

static void
exec_each_call_that_fails_is_unavail(void **state)
{
	const struct aas_plugin_host h = {
		.struct_size = sizeof(h), .report = keep, .left_ms = left
	};
	char path[FIXTURE_PATH];
	char *answer = NULL;
	size_t len = 0;
	int status = 0;
	int round = 0;

	if (fixture_valgrind())
		skip();
	call_failed = mmap(NULL, sizeof(*call_failed), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(call_failed != MAP_FAILED);
	fixture_write(*state, "program", "#!/bin/sh\ncat\n", 0755);
	(void)fixture_path(*state, "program", path);
	for (; round < ROUNDS; round++) {
		*call_failed = 0;
		call_at = round;
		last_report[0] = '\0';
		status = exec_run(&h, path, "question", &answer, &len);
		call_at = -1;
		if (!*call_failed)
			break;
		assert_int_equal(status, AAS_PLUGIN_UNAVAIL);
		assert_true(last_report[0] != '\0');
		assert_null(answer);
	}
	assert_int_equal(status, AAS_PLUGIN_SUCCESS);
	assert_int_equal(len, 8);
	assert_memory_equal(answer, "question", 8);
	free(answer);
	assert_true(round > 7 && round < ROUNDS);
	/* And without memory for what it says. */
	nomem.left = 0;
	assert_int_equal(
	    exec_run(&h, path, "question", &answer, &len), AAS_PLUGIN_UNAVAIL);
	nomem.left = -1;
	assert_string_equal(last_report, "said too much");
	assert_int_equal(munmap(call_failed, sizeof(*call_failed)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(host_nomem_is_never_taken_for_success),
		FIXTURE_TEST(host_rule_of_minor_version_0_is_taken),
		FIXTURE_TEST(host_says_what_it_refuses),
		FIXTURE_TEST(host_nobody_listens_is_an_error),
		FIXTURE_TEST(gather_nomem_is_an_error_and_leaves_nothing),
		FIXTURE_TEST(
		    gather_groups_that_cannot_be_looked_up_are_unavail),
		FIXTURE_TEST(exec_nomem_is_unavail),
		FIXTURE_TEST(exec_nomem_asks_nothing_by_half),
		FIXTURE_TEST(exec_each_call_that_fails_is_unavail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
