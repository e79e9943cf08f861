#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "tests/fixture.h"

#define PAYLOAD_MAX (AAS_FRAME_MAX - AAS_FRAME_HEAD)

/* 1: a wait for room ends at once, as if its 5 s had passed; by --wrap. */
static int poll_times_out;

int __real_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms);

int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	if (poll_times_out) {
		assert_in_range(ms, 1, 5000);
		return 0;
	}
	return __real_poll(p, n, ms);
}

struct pair {
	int a;
	int b;
};

static struct pair
pair_open(void)
{
	int sv[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	return (struct pair){ sv[0], sv[1] };
}

static void
pair_close(struct pair *p)
{
	if (p->a != -1)
		assert_int_equal(close(p->a), 0);
	if (p->b != -1)
		assert_int_equal(close(p->b), 0);
}

/* Too big for the stack of a small thread. */
static struct aas_frame f;

static int
nothing_in_frame(void)
{
	static const struct aas_frame none;

	return memcmp(&f, &none, sizeof(f)) == 0;
}

static void
frame_what_is_sent_is_received(void **state)
{
	static uint8_t big[PAYLOAD_MAX];
	static const size_t lens[] = { 0, 1, 2, 255, 4096, PAYLOAD_MAX };
	struct pair p = pair_open();

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 31 >> 3);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint8_t type = (uint8_t)(i * 51);

		assert_int_equal(
		    aas_frame_send(p.a, type, big, lens[i]), AAS_OK);
		assert_int_equal(aas_frame_recv(p.b, 0, &f), AAS_OK);
		assert_int_equal(f.type, type);
		assert_int_equal(f.len, lens[i]);
		assert_memory_equal(f.b, big, lens[i]);
	}
	assert_int_equal(aas_frame_send(p.a, 1, NULL, 0), AAS_OK);
	assert_int_equal(aas_frame_recv(p.b, -1, &f), AAS_OK);
	pair_close(&p);
}

static void
frame_on_the_wire_is_magic_version_type_payload(void **state)
{
	struct pair p = pair_open();
	uint8_t b[16];

	(void)state;
	assert_int_equal(aas_frame_send(p.a, 0x42, "xyz", 3), AAS_OK);
	assert_int_equal(recv(p.b, b, sizeof(b), 0), 7);
	assert_memory_equal(b, "AA\x01\x42xyz", 7);
	pair_close(&p);
}

static void
frame_longer_than_the_bound_is_not_sent(void **state)
{
	static uint8_t big[AAS_FRAME_MAX];
	struct pair p = pair_open();

	(void)state;
	assert_int_equal(
	    aas_frame_send(p.a, 1, big, PAYLOAD_MAX + 1), AAS_ERR_TOOBIG);
	assert_int_equal(aas_frame_recv(p.b, 0, &f), AAS_ERR_TIMEOUT);
	pair_close(&p);
}

static void
frame_bad_packet_is_format(void **state)
{
	static uint8_t big[AAS_FRAME_MAX + 1] = "AA\x01";
	static const struct {
		const void *p;
		size_t len;
	} bad[] = { { "A", 1 }, { "AA", 2 }, { "AA\x01", 3 },
		{ "AB\x01\x01xx", 6 }, { "BA\x01\x01xx", 6 },
		{ "AA\x00\x01xx", 6 }, { "AA\x02\x01xx", 6 },
		{ "AA\xff\x01xx", 6 }, { "\0\0\0\0", 4 },
		{ big, sizeof(big) } };
	struct pair p = pair_open();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&f, 0x55, sizeof(f));
		assert_int_equal(
		    send(p.a, bad[i].p, bad[i].len, 0), (int)bad[i].len);
		assert_int_equal(aas_frame_recv(p.b, 0, &f), AAS_ERR_FORMAT);
		assert_true(nothing_in_frame());
	}
	/* The largest packet there may be is still one. */
	assert_int_equal(send(p.a, big, AAS_FRAME_MAX, 0), AAS_FRAME_MAX);
	assert_int_equal(aas_frame_recv(p.b, 0, &f), AAS_OK);
	assert_int_equal(f.len, PAYLOAD_MAX);
	pair_close(&p);
}

static void
frame_descriptor_slipped_in_is_refused_and_closed(void **state)
{
	struct pair p = pair_open();
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(3 * sizeof(int))];
	} c = { 0 };
	char text[] = "AA\x01\x01xx";
	struct iovec iov = { text, 6 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fds[3] = { 0, p.a, p.b };
	size_t before = fixture_fds();

	(void)state;
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(h), fds, sizeof(fds));
	assert_int_equal(sendmsg(p.a, &m, 0), 6);
	assert_int_equal(aas_frame_recv(p.b, 0, &f), AAS_ERR_FORMAT);
	assert_int_equal(fixture_fds(), before);
	pair_close(&p);
}

static void
frame_f24_peer_gone_is_canceled_and_no_signal(void **state)
{
	struct pair p = pair_open();

	(void)state;
	/* SIGPIPE has its default here: it would end the test. */
	assert_int_equal(close(p.b), 0);
	p.b = -1;
	assert_int_equal(aas_frame_send(p.a, 1, "x", 1), AAS_ERR_CANCELED);
	assert_int_equal(aas_frame_recv(p.a, -1, &f), AAS_ERR_CANCELED);
	pair_close(&p);
}

static void
frame_peer_gone_with_our_words_unread_is_canceled(void **state)
{
	struct pair p = pair_open();

	(void)state;
	assert_int_equal(aas_frame_send(p.a, 1, "x", 1), AAS_OK);
	assert_int_equal(close(p.b), 0);
	p.b = -1;
	assert_int_equal(aas_frame_recv(p.a, -1, &f), AAS_ERR_CANCELED);
	pair_close(&p);
}

static void
frame_last_words_of_a_peer_are_heard(void **state)
{
	struct pair p = pair_open();

	(void)state;
	assert_int_equal(aas_frame_send(p.b, 7, "bye", 3), AAS_OK);
	assert_int_equal(close(p.b), 0);
	p.b = -1;
	assert_int_equal(aas_frame_recv(p.a, -1, &f), AAS_OK);
	assert_int_equal(f.type, 7);
	assert_int_equal(aas_frame_recv(p.a, -1, &f), AAS_ERR_CANCELED);
	pair_close(&p);
}

static void
frame_silent_peer_is_a_timeout_at_its_time(void **state)
{
	struct pair p = pair_open();
	int64_t before = aas_clock_ms();

	(void)state;
	assert_int_equal(aas_frame_recv(p.a, 20, &f), AAS_ERR_TIMEOUT);
	assert_true(aas_clock_ms() - before >= 20);
	assert_true(aas_clock_ms() - before < 2000);
	assert_int_equal(aas_frame_recv(p.a, 0, &f), AAS_ERR_TIMEOUT);
	pair_close(&p);
}

static void
frame_peer_that_does_not_read_is_a_timeout(void **state)
{
	static uint8_t big[PAYLOAD_MAX];
	struct pair p = pair_open();
	int r = AAS_OK;
	int sent = 0;

	(void)state;
	poll_times_out = 1;
	while ((r = aas_frame_send(p.a, 1, big, sizeof(big))) == AAS_OK)
		assert_true(++sent < 1000);
	poll_times_out = 0;
	assert_int_equal(r, AAS_ERR_TIMEOUT);
	/* What was sent is whole. */
	for (int i = 0; i < sent; i++) {
		assert_int_equal(aas_frame_recv(p.b, 0, &f), AAS_OK);
		assert_int_equal(f.len, sizeof(big));
	}
	pair_close(&p);
}

static void
frame_what_is_no_socket_is_an_error(void **state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(aas_frame_send(-1, 1, "x", 1), AAS_ERR_SYS);
	assert_int_equal(aas_frame_recv(-1, -1, &f), AAS_ERR_SYS);
	assert_int_equal(aas_frame_send(null, 1, "x", 1), AAS_ERR_SYS);
	assert_int_equal(aas_frame_recv(null, 0, &f), AAS_ERR_SYS);
	assert_int_equal(close(null), 0);
	assert_int_equal(aas_frame_recv(null, -1, &f), AAS_ERR_SYS);
	assert_int_equal(errno, EBADF);
}

static void
frame_is_wiped_before_use_and_after_failure(void **state)
{
	struct pair p = pair_open();

	(void)state;
	memset(&f, 0x55, sizeof(f));
	wipe_reset();
	assert_int_equal(aas_frame_recv(p.a, 0, &f), AAS_ERR_TIMEOUT);
	assert_true(wipe_covers(&f, sizeof(f)));
	assert_true(nothing_in_frame());
	pair_close(&p);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static int
interrupted_each_millisecond(void *arg)
{
	struct sigaction sa = { .sa_handler = on_alarm }; /* no SA_RESTART */
	struct itimerval it = { { 0, 1000 }, { 0, 1000 } };
	int64_t before = 0;
	int sv[2];

	(void)arg;
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == 0);
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	before = aas_clock_ms();
	CHECK(aas_frame_recv(sv[0], 30, &f) == AAS_ERR_TIMEOUT);
	CHECK(aas_clock_ms() - before >= 30);
	for (int i = 0; i < 500; i++) {
		CHECK(aas_frame_send(sv[0], 1, "hello", 5) == AAS_OK);
		CHECK(aas_frame_recv(sv[1], 1000, &f) == AAS_OK);
		CHECK(f.len == 5);
	}
	return 0;
}

static void
frame_f25_signals_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(
	    fixture_in_child(interrupted_each_millisecond, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(frame_what_is_sent_is_received),
		FIXTURE_TEST(frame_on_the_wire_is_magic_version_type_payload),
		FIXTURE_TEST(frame_longer_than_the_bound_is_not_sent),
		FIXTURE_TEST(frame_bad_packet_is_format),
		FIXTURE_TEST(frame_descriptor_slipped_in_is_refused_and_closed),
		FIXTURE_TEST(frame_f24_peer_gone_is_canceled_and_no_signal),
		FIXTURE_TEST(frame_peer_gone_with_our_words_unread_is_canceled),
		FIXTURE_TEST(frame_last_words_of_a_peer_are_heard),
		FIXTURE_TEST(frame_silent_peer_is_a_timeout_at_its_time),
		FIXTURE_TEST(frame_peer_that_does_not_read_is_a_timeout),
		FIXTURE_TEST(frame_what_is_no_socket_is_an_error),
		FIXTURE_TEST(frame_is_wiped_before_use_and_after_failure),
		FIXTURE_TEST(frame_f25_signals_change_nothing),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
