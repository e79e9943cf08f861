/*
 * Tickets and the ledger, and the directory they live in.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/session/ledger.h"
#include "lib/session/rundir.h"
#include "lib/session/ticket.h"
#include "tests/fixture.h"

struct case_ {
	char run[FIXTURE_PATH];
	struct aas_now now;
	struct aas_ticket t;
	struct aas_ticket_want want;
	char hex[AAS_TICKET_HEX];
};

static void
prepare(const struct fixture *f, struct case_ *c)
{
	pid_t ppid = 0;

	memset(c, 0, sizeof(*c));
	fixture_path(f, "run", c->run);
	assert_int_equal(aas_clock_now(&c->now), AAS_OK);
	c->t.uid = 1000;
	(void)snprintf(c->t.service, sizeof(c->t.service), "sshd");
	memcpy(c->t.boot_id, c->now.boot_id, sizeof(c->t.boot_id));
	c->t.boottime_ms = c->now.boottime_ms;
	assert_int_equal(aas_proc_get(getpid(), &c->t.caller, &ppid), AAS_OK);
	assert_int_equal(aas_proc_get(ppid, &c->t.parent, NULL), AAS_OK);
	c->t.keys_n = 2;
	(void)snprintf(c->t.label[0], AAS_LABEL_MAX, "blue");
	(void)snprintf(c->t.label[1], AAS_LABEL_MAX, "spare");
	c->t.key[1][31] = 7;
	c->want.uid = 1000;
	c->want.service = "sshd";
	c->want.now = &c->now;
	c->want.me = c->t.caller;
}

static int
count(const char *run, const char *sub)
{
	char p[FIXTURE_PATH + 16];
	struct dirent *e;
	DIR *d;
	int n = 0;

	(void)snprintf(p, sizeof(p), "%s/%s", run, sub);
	if ((d = opendir(p)) == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void
ticket_is_taken_once(void **state)
{
	struct case_ c;
	struct aas_ticket got;

	prepare(*state, &c);
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	assert_int_equal(strlen(c.hex), 32);
	assert_int_equal(aas_ticket_peek(c.run, c.hex, &c.want, &got), AAS_OK);
	memset(&got, 0, sizeof(got));
	assert_int_equal(aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_OK);
	assert_string_equal(got.label[1], "spare");
	assert_int_equal(got.key[1][31], 7);
	assert_int_equal(got.uid, 1000);
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_NOTFOUND);
	assert_int_equal(count(c.run, "tickets"), 0);
}

static void
ticket_of_the_callers_child_is_taken(void **state)
{
	struct case_ c;
	struct aas_ticket got;

	prepare(*state, &c);
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	c.want.me = c.t.parent;
	assert_int_equal(aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_OK);
}

static void
ticket_of_somebody_else_stays(void **state)
{
	struct aas_ticket got;
	struct case_ c;

	prepare(*state, &c);
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	c.want.uid = 1001;
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_DENIED);
	c.want.uid = 1000;
	c.want.service = "login";
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_DENIED);
	c.want.service = "sshd";
	c.want.me.pid = 1;
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_DENIED);
	/* The same pid, started at another time: used again. */
	c.want.me = c.t.caller;
	c.want.me.start++;
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_DENIED);
	aas_ticket_drop(c.run, c.hex, &c.want.me);
	memset(&c.want.me, 0, sizeof(c.want.me));
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_DENIED);
	assert_int_equal(count(c.run, "tickets"), 1);
	aas_ticket_drop(c.run, c.hex, &c.t.caller);
	assert_int_equal(count(c.run, "tickets"), 0);
	aas_ticket_drop(c.run, c.hex, &c.t.caller);
	aas_ticket_drop("/nonexistent/run", c.hex, &c.t.caller);
}

static void
ticket_without_a_parent_admits_no_pid_zero(void **state)
{
	struct aas_ticket got;
	struct case_ c;

	prepare(*state, &c);
	memset(&c.t.parent, 0, sizeof(c.t.parent));
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	memset(&c.want.me, 0, sizeof(c.want.me));
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_DENIED);
}

static void
ticket_f14_past_its_life_or_boot_is_dead(void **state)
{
	struct aas_ticket got;
	struct case_ c;

	prepare(*state, &c);
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	c.now.boottime_ms += AAS_TICKET_S * 1000 - 1;
	assert_int_equal(aas_ticket_peek(c.run, c.hex, &c.want, &got), AAS_OK);
	c.now.boottime_ms += 1;
	assert_int_equal(
	    aas_ticket_peek(c.run, c.hex, &c.want, &got), AAS_ERR_TIMEOUT);
	assert_int_equal(count(c.run, "tickets"), 1);
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_TIMEOUT);
	assert_int_equal(count(c.run, "tickets"), 0);
	/* From the future, and of another boot. */
	prepare(*state, &c);
	c.t.boottime_ms += 5000;
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_TIMEOUT);
	prepare(*state, &c);
	c.t.boot_id[0] ^= 1;
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	assert_int_equal(
	    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_ERR_TIMEOUT);
}

static void
ticket_old_ones_are_swept_when_one_is_written(void **state)
{
	struct case_ c;

	prepare(*state, &c);
	c.t.boottime_ms -= AAS_TICKET_S * 1000;
	for (int i = 0; i < 5; i++)
		assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	prepare(*state, &c);
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	assert_int_equal(count(c.run, "tickets"), 1);
}

static void
ticket_name_or_bytes_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "00", "../../../etc/passwd",
		"00112233445566778899AABBCCDDEEFF",
		"00112233445566778899aabbccddeefg",
		"00112233445566778899aabbccddeeff0" };
	struct aas_ticket got;
	struct fixture *f = *state;
	struct case_ c;
	char name[FIXTURE_PATH], path[FIXTURE_PATH];
	uint8_t bytes[1024];
	ssize_t n;
	int fd;

	prepare(f, &c);
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aas_ticket_take(c.run, bad[i], &c.want, &got),
		    AAS_ERR_FORMAT);
	(void)snprintf(name, sizeof(name), "run/tickets/%s", c.hex);
	fixture_path(f, name, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	n = read(fd, bytes, sizeof(bytes));
	assert_true(n > 0);
	for (ssize_t bit = 0; bit < n * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(pwrite(fd, bytes, (size_t)n, 0), n);
		assert_int_equal(aas_ticket_peek(c.run, c.hex, &c.want, &got),
		    AAS_ERR_FORMAT);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(pwrite(fd, bytes, (size_t)n, 0), n);
	assert_int_equal(ftruncate(fd, n - 1), 0);
	assert_int_equal(
	    aas_ticket_peek(c.run, c.hex, &c.want, &got), AAS_ERR_FORMAT);
	(void)close(fd);
	c.t.keys_n = 3;
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_ERR_INVAL);
	c.t.keys_n = 1;
	c.t.service[0] = '\0';
	assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_ERR_INVAL);
}

/* A foreign process tries all names it sees, 10,000 times. */
static int
thief(const char *run, int ready)
{
	struct aas_ticket_want want = { .uid = 1000, .service = "sshd" };
	struct aas_ticket got;
	struct aas_now now;
	char dir[FIXTURE_PATH + 16];
	struct dirent *e;
	int tries = 0, hit = 0;
	DIR *d;

	(void)snprintf(dir, sizeof(dir), "%s/tickets", run);
	if (aas_clock_now(&now) != AAS_OK ||
	    aas_proc_get(getpid(), &want.me, NULL) != AAS_OK ||
	    (d = opendir(dir)) == NULL || write(ready, "x", 1) != 1)
		return 2;
	want.now = &now;
	while (tries < 10000) {
		rewinddir(d);
		while ((e = readdir(d)) != NULL) {
			if (e->d_name[0] == '.')
				continue;
			tries++;
			(void)aas_clock_now(&now);
			hit |= aas_ticket_take(run, e->d_name, &want, &got) ==
			    AAS_OK;
		}
		if (getppid() == 1)
			break;
	}
	(void)closedir(d);
	return hit;
}

static void
ticket_cve_2013_4288_race_of_a_foreign_process_takes_nothing(void **state)
{
	struct aas_ticket got;
	struct case_ c, decoy;
	int fds[2], st = 0;
	char x;
	pid_t pid;

	prepare(*state, &c);
	prepare(*state, &decoy);
	/* Always one there to try, so that the thief never waits. */
	assert_int_equal(
	    aas_ticket_write(decoy.run, &decoy.t, decoy.hex), AAS_OK);
	assert_int_equal(pipe(fds), 0);
	/* Its parent is the ticket's caller, not the other way round. */
	if ((pid = fork()) == 0)
		_exit(thief(c.run, fds[1]));
	assert_int_equal(read(fds[0], &x, 1), 1);
	while (waitpid(pid, &st, WNOHANG) == 0) {
		assert_int_equal(aas_clock_now(&c.now), AAS_OK);
		c.t.boottime_ms = c.now.boottime_ms;
		assert_int_equal(aas_ticket_write(c.run, &c.t, c.hex), AAS_OK);
		assert_int_equal(
		    aas_ticket_take(c.run, c.hex, &c.want, &got), AAS_OK);
	}
	assert_int_equal(st, 0);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* --- the directory --- */

static void
rundir_is_made_whatever_the_umask(void **state)
{
	struct fixture *f = *state;
	char run[FIXTURE_PATH], p[FIXTURE_PATH];
	struct stat st;
	mode_t old = umask(0777);
	int fd = -1;

	fixture_path(f, "run", run);
	assert_int_equal(aas_rundir_open(run, "tickets", &fd), AAS_OK);
	aas_close(&fd);
	(void)umask(0);
	assert_int_equal(aas_rundir_open(run, "sessions", &fd), AAS_OK);
	aas_close(&fd);
	(void)umask(old);
	assert_int_equal(stat(run, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(fixture_path(f, "run/tickets", p), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(fixture_path(f, "run/sessions", p), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void
rundir_that_others_can_write_is_refused(void **state)
{
	struct fixture *f = *state;
	char run[FIXTURE_PATH], p[FIXTURE_PATH];
	int fd = -1;

	fixture_path(f, "run", run);
	assert_int_equal(mkdir(run, 0777), 0);
	assert_int_equal(chmod(run, 0777), 0);
	assert_int_equal(aas_rundir_open(run, "tickets", &fd), AAS_ERR_PERMS);
	assert_int_equal(chmod(run, 0755), 0);
	assert_int_equal(symlink("/tmp", fixture_path(f, "run/tickets", p)), 0);
	assert_int_not_equal(aas_rundir_open(run, "tickets", &fd), AAS_OK);
	assert_int_equal(unlink(p), 0);
	fixture_write(f, "run/tickets", "", 0600);
	assert_int_not_equal(aas_rundir_open(run, "tickets", &fd), AAS_OK);
	assert_int_equal(
	    aas_rundir_open("relative", "tickets", &fd), AAS_ERR_INVAL);
	assert_int_equal(aas_rundir_open("/", "tickets", &fd), AAS_ERR_INVAL);
	assert_int_equal(
	    aas_rundir_open("/nonexistent/run", "x", &fd), AAS_ERR_NOTFOUND);
	assert_int_equal(fd, -1);
}

/* --- the ledger --- */

static void
ledger_line_is_one_json_line_whatever_comes(void **state)
{
	struct fixture *f = *state;
	struct case_ c;
	struct aas_ledger l = { .user = "al\"ice\\\n\x7f",
		.uid = 4294967294u,
		.service = "sshd",
		.tty = "\xff\xfe \xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91",
		.via = "keys",
		.session_s = 1,
		.idle_s = 2 };
	char id[AAS_LEDGER_ID] = "", path[FIXTURE_PATH + 64], line[4096] = "";
	ssize_t n;

	prepare(f, &c);
	l.leader = c.t.caller;
	assert_int_equal(aas_ledger_open(c.run, NULL, &l, &c.now, id), AAS_OK);
	(void)snprintf(path, sizeof(path), "%s/sessions/%s", c.run, id);
	n = readlink(path, line, sizeof(line));
	assert_in_range(n, 1, sizeof(line) - 1);
	assert_int_equal(line[n - 1], '}');
	assert_non_null(
	    strstr(line, "\"user\":\"al\\\"ice\\\\\\u000a\\u007f\""));
	assert_non_null(strstr(line, "\"uid\":4294967294,"));
	assert_non_null(strstr(
	    line, "\"tty\":\"\\u00ff\\u00fe \\u00e9 \\u20ac \\ud83d\\udd11\""));
	assert_non_null(strstr(line, "\"rhost\":null,\"key\":null,"));
	for (const char *s = line; *s != '\0'; s++)
		assert_true(*s >= 0x20 && *s < 0x7f);
	/* Closed: marked, and not twice. */
	assert_int_equal(aas_ledger_close(c.run, id, l.uid), AAS_OK);
	assert_int_equal(aas_ledger_close(c.run, id, l.uid), AAS_ERR_NOTFOUND);
	assert_int_equal(count(c.run, "sessions"), 1);
	assert_int_equal(
	    aas_ledger_close(c.run, "../x", l.uid), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_ledger_close("/nonexistent/x", id, l.uid), AAS_ERR_NOTFOUND);
}

/* The line of ${l}, read back. */
static int
back(struct case_ *c, const struct aas_ledger *l, struct aas_ledger_line *got)
{
	char id[AAS_LEDGER_ID] = "", path[FIXTURE_PATH + 64];
	int fd = -1, r = AAS_ERR_SYS;

	assert_int_equal(aas_ledger_open(c->run, NULL, l, &c->now, id), AAS_OK);
	(void)snprintf(path, sizeof(path), "%s/sessions", c->run);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = aas_ledger_read(fd, id, got, NULL);
	assert_int_equal(unlinkat(fd, id, 0), 0);
	aas_close(&fd);
	return r;
}

/* How long that text of it is, read back. */
static size_t
back_text_len(struct case_ *c, const struct aas_ledger *l, const char *key)
{
	char id[AAS_LEDGER_ID] = "", path[FIXTURE_PATH + 64];
	char line[AAS_LEDGER_MAX], text[AAS_LEDGER_MAX];
	struct aas_ledger_line got;
	int fd = -1;

	assert_int_equal(aas_ledger_open(c->run, NULL, l, &c->now, id), AAS_OK);
	(void)snprintf(path, sizeof(path), "%s/sessions", c->run);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(aas_ledger_read(fd, id, &got, line), AAS_OK);
	aas_close(&fd);
	assert_int_equal(
	    aas_ledger_text(line, key, text, sizeof(text)), AAS_OK);
	return strlen(text);
}

static void
ledger_line_says_under_which_entry(void **state)
{
	struct case_ c;
	struct aas_ledger_line got;
	struct aas_ledger l = { .user = "a,\"seq\":8,",
		.service = "s,\"seq\":7,",
		.via = "keys",
		.seq = 4711 };

	prepare(*state, &c);
	assert_int_equal(back(&c, &l, &got), AAS_OK);
	assert_int_equal(got.seq, 4711);
	l.seq = 0;
	assert_int_equal(back(&c, &l, &got), AAS_OK);
	assert_int_equal(got.seq, 0);
	/* Not known. */
	l.seq = UINT64_MAX;
	assert_int_equal(back(&c, &l, &got), AAS_OK);
	assert_true(got.seq == UINT64_MAX);
}

/* It would be in no ledger, and end never. */
static void
ledger_line_is_cut_where_a_peer_makes_it_too_long(void **state)
{
	struct case_ c;
	struct aas_ledger_line got;
	char big[5000];
	struct aas_ledger l = { .user = "a",
		.uid = 7,
		.service = big,
		.tty = big,
		.rhost = big,
		.via = "host",
		.session_s = 5 };

	prepare(*state, &c);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	/* What is cut ends with a whole character. */
	for (size_t i = 1; i + 1 < sizeof(big) - 1; i += 2)
		memcpy(big + i, "\xc3\xa4", 2);
	assert_int_equal(back(&c, &l, &got), AAS_OK);
	assert_int_equal(got.uid, 7);
	assert_int_equal(got.session_s, 5);
	memset(big, 1, sizeof(big) - 1);
	assert_int_equal(back(&c, &l, &got), AAS_OK);
	/* One that fits is whole. */
	memset(big, 'x', sizeof(big) - 1);
	big[1000] = '\0';
	assert_int_equal(back(&c, &l, &got), AAS_OK);
	assert_int_equal(back_text_len(&c, &l, "rhost"), 1000);
	big[1000] = 'x';
	assert_int_equal(back_text_len(&c, &l, "rhost"), 64);
}

static void
ledger_line_that_is_too_long_is_refused(void **state)
{
	struct case_ c;
	struct aas_ledger l = { .user = "a", .service = "s", .via = "host" };
	char id[AAS_LEDGER_ID] = "", big[5000];

	prepare(*state, &c);
	memset(big, '"', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	l.key = big;
	assert_int_equal(
	    aas_ledger_open(c.run, NULL, &l, &c.now, id), AAS_ERR_TOOBIG);
	l.key = NULL;
	assert_int_equal(
	    aas_ledger_open("/nonexistent/x", NULL, &l, &c.now, id),
	    AAS_ERR_NOTFOUND);
	assert_string_equal(id, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(ticket_is_taken_once),
		FIXTURE_TEST(ticket_of_the_callers_child_is_taken),
		FIXTURE_TEST(ticket_of_somebody_else_stays),
		FIXTURE_TEST(ticket_without_a_parent_admits_no_pid_zero),
		FIXTURE_TEST(ticket_f14_past_its_life_or_boot_is_dead),
		FIXTURE_TEST(ticket_old_ones_are_swept_when_one_is_written),
		FIXTURE_TEST(ticket_name_or_bytes_that_are_none_are_refused),
		FIXTURE_TEST(
		    ticket_cve_2013_4288_race_of_a_foreign_process_takes_nothing),
		FIXTURE_TEST(rundir_is_made_whatever_the_umask),
		FIXTURE_TEST(rundir_that_others_can_write_is_refused),
		FIXTURE_TEST(ledger_line_is_one_json_line_whatever_comes),
		FIXTURE_TEST(ledger_line_says_under_which_entry),
		FIXTURE_TEST(ledger_line_is_cut_where_a_peer_makes_it_too_long),
		FIXTURE_TEST(ledger_line_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
