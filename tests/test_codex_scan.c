/*
 * What Codex writes of its sessions, and what somebody else may have written
 * there.
 */
#include "tests/fixture.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "lib/clock.h"
#include "lib/codex/exe.h"
#include "lib/codex/find.h"
#include "lib/codex/head.h"
#include "lib/codex/meta.h"
#include "lib/codex/read.h"
#include "lib/err.h"

#define ID "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
#define HEAD                                                              \
	"{\"timestamp\":\"2026-06-01T10:00:00.123Z\",\"type\":\"session_" \
	"meta\","
#define LINE                                                                 \
	HEAD "\"payload\":{\"id\":\"" ID                                     \
	     "\",\"timestamp\":\"2026-06-01T10:00:00.100Z\",\"cwd\":\"/w\"," \
	     "\"originator\":\"codex_exec\",\"cli_version\":\"0.46.0\","     \
	     "\"source\":\"exec\",\"model_provider\":\"openai\""
#define DAY  "sessions/2026/06/01"
#define NAME DAY "/rollout-2026-06-01T10-00-00-" ID ".jsonl"
#define LONG 30000

static int
meta(const char *text, struct aas_codex_meta *m)
{
	return aas_codex_meta(text, strlen(text), m);
}

/* --- the line ------------------------------------------------------------- */

static void
meta_a_line_of_codex_is_read(void **state)
{
	struct aas_codex_meta m;

	(void)state;
	assert_int_equal(meta(LINE ",\"base_instructions\":{\"text\":\"x\"},"
				   "\"git\":{\"branch\":\"main\"}}}\n{}",
			     &m),
	    AAS_OK);
	assert_string_equal(m.id, ID);
	assert_string_equal(m.cwd, "/w");
	assert_string_equal(m.version, "0.46.0");
	assert_string_equal(m.provider, "openai");
	assert_string_equal(m.originator, "codex_exec");
	assert_string_equal(m.source, "exec");
	assert_string_equal(m.time, "2026-06-01T10:00:00.100Z");
	assert_int_equal(m.whole, 1);
}

static void
meta_members_in_any_order_and_of_any_kind_are_read(void **state)
{
	struct aas_codex_meta m;

	(void)state;
	assert_int_equal(
	    meta("{ \"ordinal\" : 7, \"payload\": {\"git\":null,\"x\":[{},[]],"
		 "\"model_provider\":null,\"source\":{\"subagent\":\"review\"},"
		 "\"cwd\":[\"/no\"],\"session_id\":\"s-1\",\"timestamp\":"
		 "\"t\"} , \"type\" : \"session_meta\" }",
		&m),
	    AAS_OK);
	assert_string_equal(m.id, "s-1");
	assert_string_equal(m.source, "subagent");
	assert_string_equal(m.cwd, "");
	assert_string_equal(m.provider, "");
}

static void
meta_a_line_of_an_old_version_is_read(void **state)
{
	struct aas_codex_meta m;

	(void)state;
	assert_int_equal(
	    meta("{\"id\":\"" ID "\",\"timestamp\":\"2025-08-01T00:00:00Z\","
		 "\"instructions\":null}\n",
		&m),
	    AAS_OK);
	assert_string_equal(m.id, ID);
	assert_string_equal(m.version, "");
}

static void
meta_a_line_cut_anywhere_gives_what_stood_before(void **state)
{
	static const char whole[] = LINE "}}";
	struct aas_codex_meta m;
	size_t got = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		int r = aas_codex_meta(whole, n, &m);

		if (r != AAS_OK)
			continue;
		assert_int_equal(m.whole, 0);
		assert_string_equal(m.id, ID);
		assert_true(m.cwd[0] == '\0' || strcmp(m.cwd, "/w") == 0);
		assert_true(
		    m.version[0] == '\0' || strcmp(m.version, "0.46.0") == 0);
		got++;
	}
	assert_true(got > 50);
}

static void
meta_other_lines_are_none(void **state)
{
	static const char *const bad[] = { "", "\n", "{", "[]", "null", "{}",
		"\"x\"", "{\"type\":\"session_meta\"}",
		"{\"type\":\"event_msg\",\"payload\":{\"id\":\"a\"}}",
		"{\"payload\":{\"id\":\"a\",\"timestamp\":\"t\"}}",
		"{\"id\":\"../../etc\",\"timestamp\":\"t\"}",
		"{\"id\":\"\",\"timestamp\":\"t\"}", "{\"id\":\"a\"}",
		"{\"id\":\"a\"\n,\"timestamp\":\"t\"}", "{\"id\" \"a\"}",
		"{\"id\":\"\\q\",\"timestamp\":\"t\"}", "{]}", "{\"a\":}",
		HEAD "\"payload\":\"x\"}", HEAD "\"payload\":{}}" };
	struct aas_codex_meta m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(meta(bad[i], &m), AAS_ERR_FORMAT);
}

static void
meta_depth_has_a_bound(void **state)
{
	char *text = malloc(LONG + 64);
	struct aas_codex_meta m;

	(void)state;
	assert_non_null(text);
	memset(text, '[', LONG);
	memcpy(text, "{\"id\":", 6);
	text[LONG] = '\0';
	assert_int_equal(meta(text, &m), AAS_ERR_FORMAT);
	free(text);
}

static void
meta_texts_are_utf8_and_bounded(void **state)
{
	char *text = malloc(LONG + 512);
	struct aas_codex_meta m;
	size_t n = 0;

	(void)state;
	assert_int_equal(
	    meta("{\"id\":\"a\",\"timestamp\":\"t\",\"type\":\"session_meta\","
		 "\"payload\":{\"id\":\"a\",\"cwd\":\"\\u0000\\ud800x"
		 "\\ud83d\\ude00\\u00e9\xff\xc3\",\"originator\":\"\\\"\\n\"}}",
		&m),
	    AAS_OK);
	assert_string_equal(m.cwd,
	    "\xef\xbf\xbd\xef\xbf\xbdx\xf0\x9f\x98\x80\xc3\xa9"
	    "\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(m.originator, "\"\n");
	assert_non_null(text);
	n = (size_t)sprintf(text,
	    "{\"timestamp\":\"t\",\"type\":\"session_meta\",\"payload\":{"
	    "\"id\":\"a\",\"cwd\":\"");
	for (size_t i = 0; i < LONG / 2; i++) {
		text[n++] = '\xc3';
		text[n++] = '\xa9';
	}
	(void)strcpy(text + n, "\",\"cli_version\":\"1\"}}");
	assert_int_equal(meta(text, &m), AAS_OK);
	assert_int_equal(strlen(m.cwd), AAS_CODEX_PATH - 2);
	assert_string_equal(m.version, "1");
	free(text);
}

/* --- the folder ----------------------------------------------------------- */

static void
make_dirs(const struct fixture *f, const char *path)
{
	char part[FIXTURE_PATH];

	for (size_t n = 1; n <= strlen(path); n++) {
		if (path[n] != '/' && path[n] != '\0')
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, path);
		(void)mkdirat(f->dirfd, part, 0700);
	}
}

struct seen {
	int n, good, bad;
	char first[AAS_CODEX_PATH];
	struct aas_codex_meta m; /* of the last good one */
};

static int
see(void *arg, const char *path, int r, const struct aas_codex_meta *m)
{
	struct seen *s = arg;

	if (s->n++ == 0)
		(void)snprintf(s->first, sizeof(s->first), "%s", path);
	if (r == AAS_OK) {
		s->good++;
		s->m = *m;
	} else {
		s->bad++;
	}
	return 0;
}

static void
walk(const struct fixture *f, struct aas_codex_budget *b, struct seen *s)
{
	struct aas_codex_budget whole =
	    AAS_CODEX_BUDGET(aas_clock_ms() + 20000);
	struct aas_codex_home h;

	memset(s, 0, sizeof(*s));
	assert_int_equal(
	    aas_codex_home_open(-1, f->dir, geteuid(), &h), AAS_OK);
	aas_codex_walk(&h, b != NULL ? b : &whole, see, s);
	aas_codex_home_close(&h);
}

static void
find_the_newest_comes_first(void **state)
{
	const struct fixture *f = *state;
	struct seen s;

	make_dirs(f, "sessions/2025/12/31");
	make_dirs(f, DAY);
	fixture_write(f,
	    "sessions/2025/12/31/rollout-2025-12-31T00-00-00-a.jsonl",
	    LINE "}}\n", 0600);
	fixture_write(f, NAME, LINE "}}\n", 0600);
	fixture_write(
	    f, DAY "/rollout-2026-06-01T09-00-00-b.jsonl", LINE "}}\n", 0600);
	fixture_write(f, DAY "/notes.txt", "x", 0600);
	fixture_write(f, "sessions/rollout-flat.jsonl", LINE "}}\n", 0600);
	walk(f, NULL, &s);
	assert_int_equal(s.good, 3);
	assert_int_equal(s.bad, 0);
	assert_string_equal(s.first, NAME);
}

/* Everything that is no regular file of one's own. */
static void
find_hostile_entries_are_not_opened(void **state)
{
	const struct fixture *f = *state;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct seen s;
	int fd = -1;

	make_dirs(f, DAY);
	make_dirs(f, "sessions/2026/06/02");
	fixture_write(f, NAME, LINE "}}\n", 0600);
	assert_int_equal(
	    symlinkat(f->dir, f->dirfd, DAY "/rollout-1.jsonl"), 0);
	assert_int_equal(
	    symlinkat("/dev/zero", f->dirfd, DAY "/rollout-2.jsonl"), 0);
	assert_int_equal(
	    symlinkat("/etc/passwd", f->dirfd, DAY "/rollout-3.jsonl"), 0);
	assert_int_equal(mkfifoat(f->dirfd, DAY "/rollout-4.jsonl", 0600), 0);
	assert_int_equal(mkdirat(f->dirfd, DAY "/rollout-5.jsonl", 0700), 0);
	assert_int_equal(symlinkat("..", f->dirfd, "sessions/2027"), 0);
	assert_int_equal(symlinkat("01", f->dirfd, "sessions/2026/06/03"), 0);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path),
	    "%s/sessions/2026/06/02/rollout-6.jsonl", f->dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	walk(f, NULL, &s);
	assert_int_equal(close(fd), 0);
	assert_int_equal(s.good, 1);
	assert_int_equal(s.bad, 6);
}

static void
find_what_is_anothers_is_not_opened(void **state)
{
	const struct fixture *f = *state;
	struct aas_codex_home h;
	struct seen s;

	if (geteuid() != 0) {
		print_message("needs root to give a file away\n");
		skip();
	}
	make_dirs(f, DAY);
	make_dirs(f, "sessions/2026/06/02");
	fixture_write(f, NAME, LINE "}}\n", 0644);
	fixture_write(
	    f, "sessions/2026/06/02/rollout-a.jsonl", LINE "}}\n", 0644);
	assert_int_equal(fchownat(f->dirfd, NAME, 65534, 65534, 0), 0);
	assert_int_equal(
	    fchownat(f->dirfd, "sessions/2026/06/02", 65534, 65534, 0), 0);
	walk(f, NULL, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.bad, 1);
	assert_int_equal(
	    aas_codex_home_open(-1, f->dir, 65534, &h), AAS_ERR_PERMS);
}

static void
find_a_home_is_below_the_root_of_its_process(void **state)
{
	const struct fixture *f = *state;
	struct aas_codex_home h;
	struct stat want, got;
	int root = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(root >= 0);
	make_dirs(f, "tmp/c");
	assert_int_equal(fstatat(root, "tmp/c", &want, 0), 0);
	assert_int_equal(
	    aas_codex_home_open(root, "//tmp/c", geteuid(), &h), AAS_OK);
	assert_int_equal(fstat(h.fd, &got), 0);
	assert_true(got.st_ino == want.st_ino && got.st_dev == want.st_dev);
	aas_codex_home_close(&h);
	assert_int_equal(
	    aas_codex_home_open(root, f->dir, geteuid(), &h), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_codex_home_open(root, "tmp/c", geteuid(), &h),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(close(root), 0);
}

static void
find_paths_that_leave_it_are_refused(void **state)
{
	static const char *const bad[] = { "../x/rollout-1.jsonl",
		"sessions/../rollout-1.jsonl", "sessions//rollout-1.jsonl",
		"/etc/rollout-1.jsonl", "rollout-1.jsonl", "auth.json",
		"a/b/c/d/e/rollout-1.jsonl", "" };
	const struct fixture *f = *state;
	struct aas_codex_budget b = AAS_CODEX_BUDGET(aas_clock_ms() + 20000);
	struct aas_codex_home h;
	struct aas_codex_meta m;

	make_dirs(f, DAY);
	fixture_write(f, NAME, LINE "}}\n", 0600);
	fixture_write(f, "rollout-1.jsonl", LINE "}}\n", 0600);
	assert_int_equal(
	    aas_codex_home_open(-1, f->dir, geteuid(), &h), AAS_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(
		    aas_codex_file(&h, bad[i], &b, &m), AAS_OK);
	assert_int_equal(aas_codex_file(&h, NAME, &b, &m), AAS_OK);
	b.files = 0;
	assert_int_equal(aas_codex_file(&h, NAME, &b, &m), AAS_ERR_TIMEOUT);
	aas_codex_home_close(&h);
}

static void
find_the_budget_is_kept(void **state)
{
	const struct fixture *f = *state;
	struct aas_codex_budget b = AAS_CODEX_BUDGET(aas_clock_ms() + 20000);
	char name[FIXTURE_PATH];
	struct seen s;

	make_dirs(f, DAY);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(
		    name, sizeof(name), DAY "/rollout-%03d.jsonl", i);
		fixture_write(f, name, LINE "}}\n", 0600);
	}
	walk(f, NULL, &s);
	assert_int_equal(s.good, 128);
	assert_string_equal(s.first, DAY "/rollout-299.jsonl");
	b.files = 5;
	walk(f, &b, &s);
	assert_int_equal(s.n, 5);
	b = (struct aas_codex_budget)AAS_CODEX_BUDGET(aas_clock_ms() - 1);
	walk(f, &b, &s);
	assert_int_equal(s.n, 0);
	b = (struct aas_codex_budget)AAS_CODEX_BUDGET(aas_clock_ms() + 20000);
	b.entries = 4;
	walk(f, &b, &s);
	assert_int_equal(s.n, 0);
}

static void
find_auth_json_is_told_by_its_metadata(void **state)
{
	const struct fixture *f = *state;
	struct timespec t[2] = { { 1000, 0 }, { 2000, 0 } };
	struct aas_codex_home h;
	struct stat st;
	int64_t at_s = 0;

	assert_int_equal(
	    aas_codex_home_open(-1, f->dir, geteuid(), &h), AAS_OK);
	assert_int_equal(aas_codex_auth(&h, &at_s), AAS_ERR_NOTFOUND);
	fixture_write(f, "auth.json", "{\"secret\":1}", 0);
	assert_int_equal(utimensat(f->dirfd, "auth.json", t, 0), 0);
	assert_int_equal(aas_codex_auth(&h, &at_s), AAS_OK);
	assert_int_equal(at_s, 2000);
	/* Nobody read it. */
	assert_int_equal(fstatat(f->dirfd, "auth.json", &st, 0), 0);
	assert_int_equal(st.st_atim.tv_sec, 1000);
	assert_int_equal(unlinkat(f->dirfd, "auth.json", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", f->dirfd, "auth.json"), 0);
	assert_int_equal(aas_codex_auth(&h, &at_s), AAS_ERR_NOTFOUND);
	aas_codex_home_close(&h);
}

/* --- size ----------------------------------------------------------------- */

#define GIB ((off_t)1 << 30)

/* Of a gibibyte that has no end; its beginning may be a line of Codex. */
static int
is_bounded(void *arg)
{
	const struct fixture *f = arg;
	struct rusage ru;
	struct seen s;
	int64_t began_ms = aas_clock_ms();

	walk(f, NULL, &s);
	CHECK(s.n == 1);
	CHECK(aas_clock_ms() - began_ms < 5000);
	CHECK(getrusage(RUSAGE_SELF, &ru) == 0);
	CHECK(ru.ru_maxrss < 64 * 1024);
	return s.good == 1 ? 0 : -2;
}

static void
head_a_line_of_a_gibibyte_takes_little_memory(void **state)
{
	const struct fixture *f = *state;
	struct seen s;
	int fd = -1;

	make_dirs(f, DAY);
	fixture_write(
	    f, NAME, LINE ",\"base_instructions\":{\"text\":\"", 0600);
	fd = openat(f->dirfd, NAME, O_WRONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(ftruncate(fd, GIB), 0);
	assert_int_equal(close(fd), 0);
	walk(f, NULL, &s);
	assert_int_equal(s.good, 1);
	assert_string_equal(s.m.cwd, "/w");
	assert_int_equal(s.m.whole, 0);
	if (!fixture_valgrind())
		assert_int_equal(
		    fixture_in_child(is_bounded, (void *)(uintptr_t)f), 0);
}

#ifdef HAVE_ZSTD
/* Packed: what stands before, then as many zeros. */
static void
pack(const struct fixture *f, const char *text, off_t zeros, int window)
{
	static char in[1 << 20], out[1 << 20];
	ZSTD_CCtx *z = ZSTD_createCCtx();
	ZSTD_inBuffer i = { text, strlen(text), 0 };
	int fd = openat(f->dirfd, NAME ".zst",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_non_null(z);
	assert_int_not_equal(fd, -1);
	if (window != 0)
		assert_false(ZSTD_isError(
		    ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window)));
	for (int last = 0; !last;) {
		size_t left = 0;

		last = zeros <= 0;
		do {
			ZSTD_outBuffer o = { out, sizeof(out), 0 };

			left = ZSTD_compressStream2(
			    z, &o, &i, last ? ZSTD_e_end : ZSTD_e_continue);
			assert_false(ZSTD_isError(left));
			assert_int_equal(write(fd, out, o.pos), (ssize_t)o.pos);
		} while (last ? left != 0 : i.pos < i.size);
		i = (ZSTD_inBuffer){ in, sizeof(in), 0 };
		zeros -= (off_t)sizeof(in);
	}
	(void)ZSTD_freeCCtx(z);
	assert_int_equal(close(fd), 0);
}

static void
head_a_packed_line_is_read(void **state)
{
	const struct fixture *f = *state;
	struct seen s;

	make_dirs(f, DAY);
	pack(f, LINE "}}\n{\"more\":1}\n", 0, 0);
	walk(f, NULL, &s);
	assert_int_equal(s.good, 1);
	assert_string_equal(s.m.version, "0.46.0");
	/* The plain one stands for both. */
	fixture_write(f, NAME, LINE "}}\n", 0600);
	walk(f, NULL, &s);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.first, NAME);
}

static void
head_a_packed_gibibyte_takes_little_memory(void **state)
{
	const struct fixture *f = *state;
	struct seen s;

	make_dirs(f, DAY);
	pack(f, LINE ",\"x\":\"", GIB, 0);
	walk(f, NULL, &s);
	assert_int_equal(s.good, 1);
	assert_string_equal(s.m.cwd, "/w");
	if (!fixture_valgrind())
		assert_int_equal(
		    fixture_in_child(is_bounded, (void *)(uintptr_t)f), 0);
}

static void
head_packed_rubbish_is_an_error(void **state)
{
	const struct fixture *f = *state;
	struct seen s;
	int fd = -1;

	make_dirs(f, DAY);
	fixture_write(f, NAME ".zst", "not packed at all", 0600);
	walk(f, NULL, &s);
	assert_int_equal(s.bad, 1);
	/* A window that takes 64 MiB to unpack. */
	pack(f, LINE "}}\n", (off_t)80 << 20, 26);
	walk(f, NULL, &s);
	assert_int_equal(s.bad, 1);
	/* Cut off. */
	pack(f, LINE "}}\n", 0, 0);
	fd = openat(f->dirfd, NAME ".zst", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 20), 0);
	assert_int_equal(close(fd), 0);
	walk(f, NULL, &s);
	assert_int_equal(s.bad, 1);
}
#endif

/* --- which is whose ------------------------------------------------------- */

static void
put_line(const struct fixture *f, const char *name, const char *id,
    const char *time, const char *cwd)
{
	char text[512], path[FIXTURE_PATH];

	(void)snprintf(text, sizeof(text),
	    HEAD "\"payload\":{\"id\":\"%s\",\"timestamp\":\"%s\",\"cwd\":"
		 "\"%s\"}}\n",
	    id, time, cwd);
	(void)snprintf(path, sizeof(path), DAY "/rollout-%s.jsonl", name);
	fixture_write(f, path, text, 0600);
}

static void
run_at(struct aas_codex_run *c, const struct fixture *f, int64_t at_s,
    const char *cwd)
{
	memset(c, 0, sizeof(*c));
	c->uid = geteuid();
	c->started_s = at_s;
	(void)snprintf(c->home, sizeof(c->home), "%s", f->dir);
	(void)snprintf(c->cwd, sizeof(c->cwd), "%s", cwd);
}

static void
read_rollouts_go_to_their_processes(void **state)
{
	const struct fixture *f = *state;
	static struct aas_codex_run v[5];
	static struct aas_codex_said said[5];
	struct aas_codex_user user = { geteuid(), getegid(), "" };
	int64_t at_s = 0;

	/* Too slow there for its deadlines. */
	if (fixture_valgrind())
		skip();
	make_dirs(f, DAY);
	assert_int_equal(aas_clock_parse("2026-06-01T12:00:00Z", &at_s), 0);
	put_line(f, "1", "before", "2026-06-01T11:00:00.000Z", "/w");
	put_line(f, "2", "first", "2026-06-01T12:00:01.000Z", "/w");
	put_line(f, "3", "elsewhere", "2026-06-01T12:00:02.000Z", "/x");
	put_line(f, "4", "second", "2026-06-01T12:01:01.000Z", "/w");
	put_line(f, "5", "opened", "2026-06-01T12:02:00.000Z", "/w");
	run_at(&v[0], f, at_s, "/w");
	run_at(&v[1], f, at_s + 60, "/w");
	run_at(&v[2], f, at_s + 60, "/w");
	(void)snprintf(v[2].open[0], sizeof(v[2].open[0]),
	    "%s/" DAY "/rollout-5.jsonl", f->dir);
	v[2].open_n = 1;
	run_at(&v[3], f, at_s + 3600, "/w");
	run_at(&v[4], f, at_s, "/w");
	(void)snprintf(v[4].home, sizeof(v[4].home), "%s/none", f->dir);
	assert_int_equal(
	    aas_codex_read_as(v, 5, &user, aas_clock_ms() + 20000, said),
	    AAS_OK);
	assert_string_equal(said[0].m.id, "first");
	assert_int_equal(said[0].how, AAS_CODEX_BY_CWD);
	assert_string_equal(said[1].m.id, "second");
	assert_string_equal(said[2].m.id, "opened");
	assert_int_equal(said[2].how, AAS_CODEX_HAS_OPEN);
	assert_int_equal(said[3].how, AAS_CODEX_UNKNOWN);
	assert_string_equal(said[4].home, "");
	assert_int_equal(said[4].auth_s, -1);
}

static void
read_an_open_file_elsewhere_is_not_read(void **state)
{
	const struct fixture *f = *state;
	static struct aas_codex_run v[1];
	static struct aas_codex_said said[1];

	make_dirs(f, DAY);
	make_dirs(f, "other/sessions");
	fixture_write(f, "other/sessions/rollout-1.jsonl", LINE "}}\n", 0600);
	make_dirs(f, "home");
	run_at(&v[0], f, 0, "/w");
	(void)snprintf(v[0].home, sizeof(v[0].home), "%s/home", f->dir);
	(void)snprintf(v[0].open[0], sizeof(v[0].open[0]),
	    "%s/other/sessions/rollout-1.jsonl", f->dir);
	v[0].open_n = 1;
	aas_codex_read(v, 1, "", aas_clock_ms() + 20000, said);
	assert_int_equal(said[0].how, AAS_CODEX_UNKNOWN);
}

/* --- processes ------------------------------------------------------------ */

static void
exe_codex_is_known_by_its_program(void **state)
{
	static const char node[] = "node\0--no-warnings\0/usr/bin/codex\0exec";
	static const char npm[] =
	    "node\0/usr/lib/node_modules/@openai/codex/bin/codex.js";
	static const char other[] = "node\0/home/u/my-codex/server.js\0codex";
	static const char eval[] = "node\0-e\0codex";
	static const char *const yes[] = { "/usr/bin/codex", "codex",
		"/home/u/.nvm/x/vendor/x86_64-unknown-linux-musl/codex/codex",
		"/opt/codex-x86_64-unknown-linux-musl",
		"/opt/codex-aarch64-unknown-linux-gnu",
		"/usr/bin/codex (deleted)", "/usr/bin/codex-exec" };
	static const char *const no[] = { "/usr/bin/codexify", "/bin/sleep",
		"/usr/bin/codex/", "/usr/bin/xcodex", "", "/codex/sh",
		"/usr/bin/codex.bak" };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_int_equal(aas_codex_exe(yes[i], "", 0), 1);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_int_equal(aas_codex_exe(no[i], "codex\0", 6), 0);
	assert_int_equal(aas_codex_exe("/usr/bin/node", node, sizeof(node)), 1);
	assert_int_equal(
	    aas_codex_exe("/usr/bin/node (deleted)", npm, sizeof(npm)), 1);
	assert_int_equal(
	    aas_codex_exe("/usr/bin/node", other, sizeof(other)), 0);
	/* Cut off before its end. */
	assert_int_equal(aas_codex_exe("/usr/bin/node", npm, 12), 0);
	assert_int_equal(aas_codex_exe("/bin/sleep", npm, sizeof(npm)), 0);
	assert_int_equal(aas_codex_exe("/usr/bin/node", eval, sizeof(eval)), 0);
}

static void
exe_a_runner_is_known_by_its_unit(void **state)
{
	char unit[AAS_CODEX_UNIT] = "";

	(void)state;
	assert_int_equal(
	    aas_codex_unit("/system.slice/codex-runner.service", unit), 1);
	assert_string_equal(unit, "codex-runner.service");
	assert_int_equal(
	    aas_codex_unit("/system.slice/system-codex\\x2drun.slice/"
			   "codex-run@1.service/sub",
		unit),
	    1);
	assert_string_equal(unit, "codex-run@1.service");
	assert_int_equal(
	    aas_codex_unit("/user.slice/user-1000.slice/user@1000.service/"
			   "app.slice/codex.service",
		unit),
	    0);
	assert_int_equal(aas_codex_unit("/system.slice/ssh.service", unit), 0);
	assert_int_equal(aas_codex_unit("/system.slice/codex", unit), 0);
	assert_int_equal(aas_codex_unit("/", unit), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meta_a_line_of_codex_is_read),
		cmocka_unit_test(
		    meta_members_in_any_order_and_of_any_kind_are_read),
		cmocka_unit_test(meta_a_line_of_an_old_version_is_read),
		cmocka_unit_test(
		    meta_a_line_cut_anywhere_gives_what_stood_before),
		cmocka_unit_test(meta_other_lines_are_none),
		cmocka_unit_test(meta_depth_has_a_bound),
		cmocka_unit_test(meta_texts_are_utf8_and_bounded),
		FIXTURE_TEST(find_the_newest_comes_first),
		FIXTURE_TEST(find_hostile_entries_are_not_opened),
		FIXTURE_TEST(find_what_is_anothers_is_not_opened),
		FIXTURE_TEST(find_a_home_is_below_the_root_of_its_process),
		FIXTURE_TEST(find_paths_that_leave_it_are_refused),
		FIXTURE_TEST(find_the_budget_is_kept),
		FIXTURE_TEST(find_auth_json_is_told_by_its_metadata),
		FIXTURE_TEST(head_a_line_of_a_gibibyte_takes_little_memory),
#ifdef HAVE_ZSTD
		FIXTURE_TEST(head_a_packed_line_is_read),
		FIXTURE_TEST(head_a_packed_gibibyte_takes_little_memory),
		FIXTURE_TEST(head_packed_rubbish_is_an_error),
#endif
		FIXTURE_TEST(read_rollouts_go_to_their_processes),
		FIXTURE_TEST(read_an_open_file_elsewhere_is_not_read),
		cmocka_unit_test(exe_codex_is_known_by_its_program),
		cmocka_unit_test(exe_a_runner_is_known_by_its_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
