/*
 * aasd: what its protocol takes and refuses, and that one client does not keep
 * others waiting.  The password and the terminals are stood in for.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/enroll/shadow.h"
#include "tests/fixture.h"
#include "tests/signer.h"
#include "aasd/aasd.h"
#include "tools/client.h"

struct host {
	struct fixture *f;
	char dir[FIXTURE_PATH];
	struct aasd d;
	struct aas_user me;
	struct signer a, b;
	struct signer *two[2];
	struct chain ch;
};

/* --- stand-ins: a test must not lock the password of who runs it ---------- */

static unsigned locks, unlocks, tells;

int __wrap_aas_shadow_lock(
    const char *statedir, const char *name, uint32_t uid, int *done);
int __wrap_aas_shadow_unlock(
    const char *statedir, const char *name, uint32_t uid, int *done);
void __wrap_aas_announce(const struct aas_user *u, const char *text);

int
__wrap_aas_shadow_lock(
    const char *statedir, const char *name, uint32_t uid, int *done)
{
	(void)statedir;
	(void)name;
	(void)uid;
	locks++;
	if (done != NULL)
		*done = 1;
	return AAS_OK;
}

int
__wrap_aas_shadow_unlock(
    const char *statedir, const char *name, uint32_t uid, int *done)
{
	(void)statedir;
	(void)name;
	(void)uid;
	(void)done;
	unlocks++;
	return AAS_OK;
}

void
__wrap_aas_announce(const struct aas_user *u, const char *text)
{
	(void)u;
	for (; *text != '\0'; text++)
		assert_in_range(*text, 0x20, 0x7e);
	tells++;
}

static void
silent(int priority, const char *line)
{
	(void)priority;
	(void)line;
}

/* --- a host --------------------------------------------------------------- */

static void
host_open(struct host *h, struct fixture *f)
{
	memset(h, 0, sizeof(*h));
	aas_log_sink(silent);
	locks = unlocks = tells = 0;
	h->f = f;
	fixture_path(f, "aas", h->dir);
	assert_int_equal(aas_store_open(h->dir, 1, &h->d.store), AAS_OK);
	h->d.statedir = h->dir;
	assert_int_equal(aas_user_uid(getuid(), &h->me), AAS_OK);
	signer_new(&h->a, "blue", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&h->b, "spare", SIGNER_REALM, AAS_ALG_ES256);
	h->two[0] = &h->a;
	h->two[1] = &h->b;
	chain_init(&h->ch, h->me.name, h->me.uid);
}

static void
host_close(struct host *h)
{
	chain_free(&h->ch);
	signer_free(&h->a);
	signer_free(&h->b);
	aas_store_close(&h->d.store);
	aas_log_sink(NULL);
}

/* The answer to one line, which must be one JSON object and an LF. */
static json_t *
ask_as(struct host *h, uid_t uid, const char *line, size_t len)
{
	char *out = NULL;
	size_t n = 0;
	json_t *obj = NULL;

	assert_int_equal(aasd_answer(&h->d, uid, line, len, &out, &n), AAS_OK);
	assert_int_equal(out[n - 1], '\n');
	assert_null(memchr(out, '\n', n - 1));
	obj = json_loadb(out, n, 0, NULL);
	assert_true(json_is_boolean(json_object_get(obj, "ok")));
	free(out);
	return obj;
}

static json_t *
ask(struct host *h, const char *line)
{
	return ask_as(h, h->me.uid, line, strlen(line));
}

static void
refused(json_t *obj, const char *reason)
{
	assert_false(json_is_true(json_object_get(obj, "ok")));
	assert_string_equal(
	    json_string_value(json_object_get(obj, "reason")), reason);
	json_decref(obj);
}

/* A refusal by one code may be for another reason than a sign-in's. */
static void
refused_as(json_t *obj, const char *reason, const char *text)
{
	const char *got = json_string_value(json_object_get(obj, "text"));

	assert_non_null(got);
	if (strstr(got, text) == NULL)
		print_error("%s\n", got);
	assert_non_null(strstr(got, text));
	refused(obj, reason);
}

static char *
append_of(const char *line, const char *ticket)
{
	json_t *rq = json_pack("{s:s, s:s}", "op", "append", "line", line);
	char *s = NULL;

	if (ticket != NULL)
		assert_int_equal(
		    json_object_set_new(rq, "ticket", json_string(ticket)), 0);
	s = json_dumps(rq, JSON_COMPACT);
	json_decref(rq);
	assert_non_null(s);
	return s;
}

/* --- operations ----------------------------------------------------------- */

static void
aasd_what_is_no_request_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "\"status\"", "null",
		"{}", "{\"op\":1}", "{\"op\":\"\"}", "{\"op\":\"purge\"}",
		"{\"op\":\"status\"} x", "{\"op\":\"status\"}{}",
		"{\"op\":\"status\",\"op\":\"status\"}",
		"{\"op\":\"status\",\"who\":1}",
		"{\"op\":\"status\",\"uid\":\"0\"}",
		"{\"op\":\"status\",\"uid\":-1}",
		"{\"op\":\"status\",\"uid\":4294967296}",
		"{\"op\":\"record\",\"uid\":0}", "{\"op\":\"append\"}",
		"{\"op\":\"append\",\"line\":1}",
		"{\"op\":\"append\",\"line\":\"x\",\"ticket\":1}",
		"{\"op\":\"append\",\"line\":\"x\",\"uid\":0}",
		"{\"op\":\"append\",\"line\":\"a\\u0000b\"}",
		"{\"op\":\"lookup\",\"user\":\"root\"}",
		"{\"op\":\"lookup\",\"uid\":-1}",
		"{\"op\":\"lookup\",\"uid\":4294967296}",
		"{\"op\":\"lookup\",\"service\":1}",
		"{\"op\":\"lookup\",\"service\":\"\"}",
		"{\"op\":\"lookup\",\"service\":\"a b\"}",
		"{\"op\":\"lookup\",\"service\":\"../a\"}", "\xff\xfe" };
	struct host h;

	host_open(&h, *state);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(ask(&h, bad[i]), "protocol");
	refused(ask_as(&h, h.me.uid, "{\"op\"\0:1}", 9), "protocol");
	host_close(&h);
}

static void
aasd_deep_nesting_is_refused(void **state)
{
	struct host h;
	char *deep = malloc(AASD_REQUEST_MAX);

	host_open(&h, *state);
	memset(deep, '[', AASD_REQUEST_MAX);
	refused(ask_as(&h, h.me.uid, deep, AASD_REQUEST_MAX), "protocol");
	free(deep);
	host_close(&h);
}

static void
aasd_cve_2018_1116_status_of_another_is_for_root_alone(void **state)
{
	struct host h;
	json_t *obj = NULL;
	static const char of_root[] = "{\"op\":\"status\",\"uid\":0}";

	host_open(&h, *state);
	/* 2: bin, who is everywhere. */
	refused(ask_as(&h, 2, of_root, sizeof(of_root) - 1), "not-self");
	obj = ask_as(&h, 0, "{\"op\":\"status\",\"uid\":2}", 23);
	assert_true(json_is_true(json_object_get(obj, "ok")));
	assert_int_equal(json_integer_value(json_object_get(obj, "uid")), 2);
	assert_string_equal(
	    json_string_value(json_object_get(obj, "state")), "none");
	json_decref(obj);
	refused(ask_as(&h, 0, "{\"op\":\"status\",\"uid\":1999999999}", 32),
	    "user");
	refused(
	    ask_as(&h, 0, "{\"op\":\"status\",\"uid\":3999999999}", 32), "uid");
	refused(ask_as(&h, 0x80000000, "{\"op\":\"status\"}", 15), "uid");
	refused(ask_as(&h, 0x7ffffff0, "{\"op\":\"status\"}", 15), "user");
	host_close(&h);
}

static void
aasd_genesis_without_a_ticket_is_held_and_told(void **state)
{
	struct host h;
	char *line = NULL;
	char *rq = NULL;
	json_t *obj = NULL;

	host_open(&h, *state);
	line = chain_genesis(&h.ch, h.two, 2, NULL);
	rq = append_of(line, NULL);
	obj = ask(&h, rq);
	assert_true(json_is_true(json_object_get(obj, "ok")));
	assert_true(json_integer_value(json_object_get(obj, "held_until")) > 0);
	json_decref(obj);
	assert_int_equal(tells, 1);
	assert_int_equal(locks, 0);
	/* The timer leaves it alone while it waits. */
	aasd_held_tick(&h.d);
	assert_int_equal(locks, 0);
	obj = ask(&h, "{\"op\":\"status\"}");
	assert_string_equal(
	    json_string_value(json_object_get(obj, "state")), "held");
	json_decref(obj);
	free(rq);
	free(line);
	host_close(&h);
}

static void
aasd_genesis_with_a_ticket_counts_and_locks(void **state)
{
	struct host h;
	struct aas_now now;
	char ticket[AAS_TICKET_TEXT];
	char *line = NULL;
	char *rq = NULL;
	json_t *obj = NULL;

	host_open(&h, *state);
	assert_int_equal(aas_clock_now(&now), AAS_OK);
	assert_int_equal(
	    aas_store_invite(h.d.store, h.me.uid, now.real_s + 60, ticket),
	    AAS_OK);
	line = chain_genesis(&h.ch, h.two, 2, NULL);
	rq = append_of(line, "aaaaaaaaaaaaaaaaaaaaaaaaaa");
	refused(ask(&h, rq), "authority");
	assert_int_equal(locks, 0);
	free(rq);
	rq = append_of(line, ticket);
	obj = ask(&h, rq);
	assert_true(json_is_true(json_object_get(obj, "ok")));
	assert_int_equal(
	    json_integer_value(json_object_get(obj, "held_until")), 0);
	json_decref(obj);
	assert_int_equal(locks, 1);
	assert_int_equal(tells, 0);
	refused(ask(&h, rq), "exists");
	obj = ask(&h, "{\"op\":\"record\"}");
	assert_string_equal(
	    json_string_value(json_object_get(obj, "record")), line);
	json_decref(obj);
	free(rq);
	free(line);
	host_close(&h);
}

static void
aasd_entry_of_somebody_else_is_refused(void **state)
{
	struct host h;
	struct chain other;
	char *line = NULL;
	char *rq = NULL;
	json_t *obj = NULL;

	host_open(&h, *state);
	chain_init(&other, "mallory", h.me.uid + 1);
	line = chain_genesis(&other, h.two, 2, NULL);
	rq = append_of(line, NULL);
	obj = ask(&h, rq);
	assert_false(json_is_true(json_object_get(obj, "ok")));
	json_decref(obj);
	assert_int_equal(tells, 0);
	obj = ask(&h, "{\"op\":\"status\"}");
	assert_string_equal(
	    json_string_value(json_object_get(obj, "state")), "none");
	json_decref(obj);
	free(rq);
	free(line);
	chain_free(&other);
	host_close(&h);
}

/* --- connections ---------------------------------------------------------- */

static int listener, stop[2];
static pid_t server;

static void
no_tick(struct aasd *d)
{
	(void)d;
}

static void
serve(struct host *h)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)snprintf(
	    sun.sun_path, sizeof(sun.sun_path), "%s/aasd.sock", h->f->dir);
	listener =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(listener, 64), 0);
	assert_int_equal(pipe(stop), 0);
	server = fork();
	assert_int_not_equal(server, -1);
	if (server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(stop[1]);
		_exit(aasd_serve(&h->d, listener, stop[0], no_tick) == AAS_OK
			? 0
			: 1);
	}
}

static void
served(void)
{
	int status = -1;

	close(stop[1]);
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(status, 0);
	close(stop[0]);
	close(listener);
}

static int
dial(const struct host *h)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(
	    sun.sun_path, sizeof(sun.sun_path), "%s/aasd.sock", h->f->dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

/* Read until the end; 1 if it holds text. */
static int
answer_has(int fd, const char *text)
{
	char buf[8192];
	size_t n = 0;
	ssize_t got = 0;

	while ((got = recv(fd, buf + n, sizeof(buf) - 1 - n, 0)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	close(fd);
	return strstr(buf, text) != NULL;
}

static void
put(int fd, const char *text)
{
	assert_int_equal(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void
aasd_slow_clients_do_not_hold_up_others(void **state)
{
	struct host h;
	int slow[AASD_CONNS_UID - 1];
	int fd = -1;

	host_open(&h, *state);
	serve(&h);
	for (size_t i = 0; i < AASD_CONNS_UID - 1; i++) {
		slow[i] = dial(&h);
		put(slow[i], "{\"op\"");
	}
	fd = dial(&h);
	put(fd, "{\"op\":\"status\"}\n");
	assert_true(answer_has(fd, "\"state\":\"none\""));
	for (size_t i = 0; i < AASD_CONNS_UID - 1; i++)
		close(slow[i]);
	served();
	host_close(&h);
}

static void
aasd_too_many_of_one_user_are_turned_away(void **state)
{
	struct host h;
	int fds[AASD_CONNS_UID];
	json_t *rep = NULL;
	int fd = -1;

	/* Too slow there for its deadlines. */
	if (fixture_valgrind())
		skip();
	host_open(&h, *state);
	serve(&h);
	for (size_t i = 0; i < AASD_CONNS_UID; i++)
		fds[i] = dial(&h);
	fd = dial(&h);
	assert_true(answer_has(fd, "\"reason\":\"busy\""));
	for (size_t i = 0; i < AASD_CONNS_UID; i++)
		close(fds[i]);
	/* Once they are gone there is room; the client finds it. */
	for (int i = 0; i < 100 && rep == NULL; i++) {
		assert_int_equal(aas_client_call(h.f->dir,
				     json_pack("{s:s}", "op", "status"), &rep),
		    AAS_OK);
		if (!json_is_true(json_object_get(rep, "ok"))) {
			json_decref(rep);
			rep = NULL;
		}
	}
	assert_non_null(rep);
	json_decref(rep);
	served();
	host_close(&h);
}

static void
aasd_cve_2026_4897_trailing_and_endless_requests_are_refused(void **state)
{
	struct host h;
	char *big = malloc(AASD_REQUEST_MAX);
	size_t sent = 0;
	ssize_t n = 0;
	int fd = -1;

	host_open(&h, *state);
	serve(&h);
	fd = dial(&h);
	put(fd, "{\"op\":\"status\"}\n{\"op\":\"status\"}\n");
	assert_true(answer_has(fd, "\"reason\":\"protocol\""));
	fd = dial(&h);
	memset(big, ' ', AASD_REQUEST_MAX);
	while (sent < AASD_REQUEST_MAX &&
	    (n = send(fd, big, AASD_REQUEST_MAX - sent, MSG_NOSIGNAL)) > 0)
		sent += (size_t)n;
	assert_true(answer_has(fd, "\"reason\":\"protocol\""));
	free(big);
	served();
	host_close(&h);
}

/* --- look-ups: a script stands in for what asks the sources --------------- */

static void
lookup_helper(struct host *h, const char *script)
{
	char text[512];

	(void)unlinkat(h->f->dirfd, "aas-policy-lookup", 0);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	fixture_write(h->f, "aas-policy-lookup", text, 0755);
	h->d.libexecdir = h->f->dir;
}

static void
aasd_lookup_of_another_is_for_root_alone(void **state)
{
	char rq[64];
	struct host h;

	host_open(&h, *state);
	(void)snprintf(rq, sizeof(rq), "{\"op\":\"lookup\",\"uid\":%lu}",
	    (unsigned long)h.me.uid + 1);
	if (h.me.uid != 0)
		refused(ask(&h, rq), "not-self");
	refused(
	    ask_as(&h, 65534, "{\"op\":\"lookup\",\"uid\":0}", 23), "not-self");
	/* Nowhere to start one. */
	refused_as(ask(&h, "{\"op\":\"lookup\"}"), "busy", "aasd is busy");
	host_close(&h);
}

static void
aasd_second_test_of_a_minute_is_told_to_wait(void **state)
{
	static const char rq[] = "{\"op\":\"alerts\",\"test\":true}";
	struct host h;
	json_t *first = NULL;

	host_open(&h, *state);
	first = ask(&h, rq);
	assert_true(json_is_true(json_object_get(first, "ok")));
	json_decref(first);
	refused_as(ask(&h, rq), "busy", "in a minute");
	host_close(&h);
}

static void
aasd_lookup_answers_with_what_its_process_says(void **state)
{
	char want[64];
	struct host h;
	int fd = -1;

	if (fixture_valgrind())
		skip(); /* it cannot run posix_spawn(3) */
	host_open(&h, *state);
	lookup_helper(
	    &h, "echo \"{\\\"ok\\\":true,\\\"args\\\":\\\"$*\\\"}\" >&0");
	serve(&h);
	(void)snprintf(want, sizeof(want), "\"args\":\"%lu sshd\"}\n",
	    (unsigned long)h.me.uid);
	fd = dial(&h);
	put(fd, "{\"op\":\"lookup\",\"service\":\"sshd\"}\n");
	assert_true(answer_has(fd, want));
	lookup_helper(&h, "exit 0");
	fd = dial(&h);
	put(fd, "{\"op\":\"lookup\"}\n");
	assert_true(answer_has(fd, "\"reason\":\"system\""));
	lookup_helper(&h, "printf half >&0");
	fd = dial(&h);
	put(fd, "{\"op\":\"lookup\"}\n");
	assert_true(answer_has(fd, "\"reason\":\"system\""));
	lookup_helper(&h, "cat /dev/zero >&0");
	fd = dial(&h);
	put(fd, "{\"op\":\"lookup\"}\n");
	assert_true(answer_has(fd, "\"reason\":\"system\""));
	(void)unlinkat(h.f->dirfd, "aas-policy-lookup", 0);
	fd = dial(&h);
	put(fd, "{\"op\":\"lookup\"}\n");
	assert_true(answer_has(fd, "\"reason\":\"no-helper\""));
	served();
	host_close(&h);
}

/* However long a chain is, and whatever reading it takes. */
static void
aasd_alerts_are_read_by_a_process_of_their_own(void **state)
{
	char want[FIXTURE_PATH + 64];
	struct host h;
	int slow = -1, fd = -1;

	if (fixture_valgrind())
		skip(); /* it cannot run posix_spawn(3) */
	host_open(&h, *state);
	refused(ask(&h, "{\"op\":\"alerts\"}"), "busy");
	fixture_write(h.f, "aas-alerts", "#!/bin/sh\nexec sleep 600\n", 0755);
	h.d.libexecdir = h.f->dir;
	serve(&h);
	slow = dial(&h);
	put(slow, "{\"op\":\"alerts\"}\n");
	fd = dial(&h);
	put(fd, "{\"op\":\"status\"}\n");
	assert_true(answer_has(fd, "\"ok\":true"));
	(void)unlinkat(h.f->dirfd, "aas-alerts", 0);
	fixture_write(h.f, "aas-alerts",
	    "#!/bin/sh\necho \"{\\\"args\\\":\\\"$*\\\"}\" >&0\n", 0755);
	(void)snprintf(
	    want, sizeof(want), "%lu 524288\"}\n", (unsigned long)h.me.uid);
	fd = dial(&h);
	put(fd, "{\"op\":\"alerts\"}\n");
	assert_true(answer_has(fd, want));
	(void)close(slow);
	served();
	host_close(&h);
}

static void
aasd_lookup_that_hangs_holds_up_nobody(void **state)
{
	struct host h;
	int slow[AASD_LOOKUPS_UID];
	int fd = -1;

	if (fixture_valgrind())
		skip(); /* it cannot run posix_spawn(3) */
	host_open(&h, *state);
	lookup_helper(&h, "exec sleep 600");
	serve(&h);
	for (size_t i = 0; i < AASD_LOOKUPS_UID; i++) {
		slow[i] = dial(&h);
		put(slow[i], "{\"op\":\"lookup\"}\n");
	}
	fd = dial(&h);
	put(fd, "{\"op\":\"status\"}\n");
	assert_true(answer_has(fd, "\"state\":\"none\""));
	fd = dial(&h);
	put(fd, "{\"op\":\"lookup\"}\n");
	assert_true(answer_has(fd, "\"reason\":\"busy\""));
	/* Who goes does not get more of them by that. */
	for (size_t i = 0; i < AASD_LOOKUPS_UID; i++)
		close(slow[i]);
	fd = dial(&h);
	put(fd, "{\"op\":\"lookup\"}\n");
	assert_true(answer_has(fd, "\"reason\":\"busy\""));
	served();
	host_close(&h);
}

static void
client_without_a_server_says_try_again(void **state)
{
	struct fixture *f = *state;
	json_t *rep = NULL;

	assert_int_equal(
	    aas_client_call(f->dir, json_pack("{s:s}", "op", "status"), &rep),
	    AAS_ERR_AGAIN);
	assert_null(rep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(aasd_what_is_no_request_is_refused),
		FIXTURE_TEST(aasd_deep_nesting_is_refused),
		FIXTURE_TEST(
		    aasd_cve_2018_1116_status_of_another_is_for_root_alone),
		FIXTURE_TEST(aasd_genesis_without_a_ticket_is_held_and_told),
		FIXTURE_TEST(aasd_genesis_with_a_ticket_counts_and_locks),
		FIXTURE_TEST(aasd_entry_of_somebody_else_is_refused),
		FIXTURE_TEST(aasd_slow_clients_do_not_hold_up_others),
		FIXTURE_TEST(aasd_too_many_of_one_user_are_turned_away),
		FIXTURE_TEST(
		    aasd_cve_2026_4897_trailing_and_endless_requests_are_refused),
		FIXTURE_TEST(aasd_lookup_of_another_is_for_root_alone),
		FIXTURE_TEST(aasd_second_test_of_a_minute_is_told_to_wait),
		FIXTURE_TEST(aasd_lookup_answers_with_what_its_process_says),
		FIXTURE_TEST(aasd_alerts_are_read_by_a_process_of_their_own),
		FIXTURE_TEST(aasd_lookup_that_hangs_holds_up_nobody),
		FIXTURE_TEST(client_without_a_server_says_try_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
