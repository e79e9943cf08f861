#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/source/wire.h"
#include "tests/fixture.h"

static uint8_t buf[AAS_PW_MSG_MAX];
static struct aas_pw_room room;

static const char *const two[] = { "a", "", NULL };
static const char *const none[] = { NULL };

static struct aas_plugin_rule
full_rule(void)
{
	struct aas_plugin_rule r = { sizeof(r), 12, "/f", "n", "warn", two, two,
		two, two, two, two, "remote", 1, 0, -1, "enrolled", "", "3d", 2,
		1, "required", 1, two, "12h", "15m", "5m", "60s", "required",
		"excluded", two, two, "8h", "nb", "na", two, two, "void",
		"agent" };

	return r;
}

static size_t
put_rule(const struct aas_plugin_rule *r)
{
	struct aas_wr w;
	size_t len = 0;

	aas_wr_init(&w, buf, sizeof(buf));
	aas_pw_rule_put(&w, r);
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	return len;
}

static int
put_fails(const struct aas_plugin_rule *r)
{
	struct aas_wr w;
	size_t len = 0;

	aas_wr_init(&w, buf, sizeof(buf));
	aas_pw_rule_put(&w, r);
	return aas_wr_end(&w, &len);
}

static void
source_wire_rule_arrives_as_it_was_sent(void **state)
{
	struct aas_plugin_rule in = full_rule();
	struct aas_plugin_rule out;
	size_t len = put_rule(&in);

	(void)state;
	assert_int_equal(aas_pw_rule_get(buf, len, &room, &out), AAS_OK);
	assert_int_equal(out.struct_size, sizeof(out));
	assert_int_equal(out.line, 12);
	assert_string_equal(out.file, "/f");
	assert_string_equal(out.mode, "warn");
	assert_string_equal(out.users[0], "a");
	assert_string_equal(out.users[1], "");
	assert_null(out.users[2]);
	assert_string_equal(out.origin, "remote");
	assert_string_equal(out.sudo, "agent");
	assert_int_equal(out.deny, 1);
	assert_int_equal(out.exempt, 0);
	assert_int_equal(out.break_glass, -1);
	assert_string_equal(out.from, "");
	assert_int_equal(out.enrolled, 2);
	assert_int_equal(out.device_bound, 1);
	assert_string_equal(out.window, "60s");
	assert_string_equal(out.lease_max, "8h");
	assert_string_equal(out.not_after, "na");
	assert_string_equal(out.evidence_ssh_ca[0], "a");
	assert_string_equal(out.flaw, "void");
	/* Nothing said and an empty list are two things. */
	memset(&in, 0, sizeof(in));
	in.hosts = none;
	len = put_rule(&in);
	assert_int_equal(aas_pw_rule_get(buf, len, &room, &out), AAS_OK);
	assert_null(out.name);
	assert_null(out.users);
	assert_non_null(out.hosts);
	assert_null(out.hosts[0]);
}

static void
source_wire_rule_cut_or_followed_is_refused(void **state)
{
	struct aas_plugin_rule in = full_rule();
	struct aas_plugin_rule out;
	size_t len = put_rule(&in);
	uint8_t *exact = NULL;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		exact = malloc(n + 1);
		memcpy(exact, buf, n);
		assert_int_equal(
		    aas_pw_rule_get(exact, n, &room, &out), AAS_ERR_FORMAT);
		free(exact);
	}
	assert_int_equal(
	    aas_pw_rule_get(buf, len + 1, &room, &out), AAS_ERR_FORMAT);
}

static void
source_wire_text_without_its_nul_is_refused(void **state)
{
	struct aas_plugin_rule in;
	struct aas_plugin_rule out;
	size_t len = 0;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.file = "abc"; /* at 4: length, text, NUL */
	len = put_rule(&in);
	buf[9] = 'd';
	assert_int_equal(
	    aas_pw_rule_get(buf, len, &room, &out), AAS_ERR_FORMAT);
	buf[9] = '\0';
	buf[7] = '\0';
	assert_int_equal(
	    aas_pw_rule_get(buf, len, &room, &out), AAS_ERR_FORMAT);
	buf[7] = 'b';
	assert_int_equal(aas_pw_rule_get(buf, len, &room, &out), AAS_OK);
}

static void
source_wire_bounds_are_exact(void **state)
{
	static const char *names[AAS_NAMES_MAX + 2];
	static char text[AAS_PW_TEXT_MAX + 2];
	struct aas_plugin_rule in;
	struct aas_plugin_rule out;
	size_t len = 0;

	(void)state;
	memset(&in, 0, sizeof(in));
	memset(text, 'x', AAS_PW_TEXT_MAX);
	in.name = text;
	len = put_rule(&in);
	assert_int_equal(aas_pw_rule_get(buf, len, &room, &out), AAS_OK);
	text[AAS_PW_TEXT_MAX] = 'x';
	assert_int_equal(put_fails(&in), AAS_ERR_TOOBIG);
	in.name = "n";
	for (size_t i = 0; i < AAS_NAMES_MAX; i++)
		names[i] = "u";
	in.users = in.groups = in.services = in.hosts = in.networks = names;
	in.hours = in.aaguids = in.lease_grantors = in.lease_accounts = names;
	in.evidence_services = in.evidence_ssh_ca = names;
	len = put_rule(&in);
	assert_int_equal(aas_pw_rule_get(buf, len, &room, &out), AAS_OK);
	assert_null(out.evidence_ssh_ca[AAS_NAMES_MAX]);
	names[AAS_NAMES_MAX] = "u";
	assert_int_equal(put_fails(&in), AAS_ERR_TOOBIG);
	/* The other side says one more than there may be. */
	names[AAS_NAMES_MAX] = NULL;
	len = put_rule(&in);
	buf[12]++; /* line, file, name "n", mode, then users */
	assert_int_equal(
	    aas_pw_rule_get(buf, len, &room, &out), AAS_ERR_FORMAT);
}

static void
source_wire_other_messages(void **state)
{
	struct aas_pw_query q = { "/etc/aas", "/usr/lib/aas/policy", 5, 6,
		"alice", 7, two, NULL };
	struct aas_pw_report rp = { AAS_PLUGIN_NOTE, 3, NULL, "text" };
	struct aas_origin_file f = {
		.path = "/etc/aas/x", .size = -1, .mtime_ns = -1, .ino = 9
	};
	struct aas_pw_query q2;
	struct aas_pw_report rp2;
	struct aas_origin_file f2;
	struct aas_wr w;
	size_t len = 0;
	int status = 0;

	(void)state;
	aas_wr_init(&w, buf, sizeof(buf));
	aas_pw_query_put(&w, &q);
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	assert_int_equal(aas_pw_query_get(buf, len, &room, &q2), AAS_OK);
	assert_string_equal(q2.plugindir, q.plugindir);
	assert_int_equal(q2.until_ms, 6);
	assert_string_equal(q2.user, "alice");
	assert_string_equal(q2.groups[0], "a");
	assert_null(q2.service);
	assert_int_equal(
	    aas_pw_query_get(buf, len - 1, &room, &q2), AAS_ERR_FORMAT);

	aas_wr_init(&w, buf, sizeof(buf));
	aas_pw_report_put(&w, &rp);
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	assert_int_equal(aas_pw_report_get(buf, len, &rp2), AAS_OK);
	assert_string_equal(rp2.text, "text");
	assert_null(rp2.file);
	buf[0] = 0;
	assert_int_equal(aas_pw_report_get(buf, len, &rp2), AAS_ERR_FORMAT);

	aas_wr_init(&w, buf, sizeof(buf));
	aas_pw_file_put(&w, &f);
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	assert_int_equal(aas_pw_file_get(buf, len, &f2), AAS_OK);
	assert_int_equal(f2.size, -1);
	assert_int_equal(f2.mtime_ns, -1);
	buf[2] = 'x'; /* not absolute */
	assert_int_equal(aas_pw_file_get(buf, len, &f2), AAS_ERR_FORMAT);
	buf[2] = '/';
	buf[13 + 16] = 0x80; /* a size below -1 */
	assert_int_equal(aas_pw_file_get(buf, len, &f2), AAS_ERR_FORMAT);

	for (int s = 0; s < 256; s++) {
		aas_wr_init(&w, buf, sizeof(buf));
		aas_pw_end_put(&w, s);
		assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
		assert_int_equal(aas_pw_end_get(buf, len, &status),
		    s >= 1 && s <= 4 ? AAS_OK : AAS_ERR_FORMAT);
	}
	assert_int_equal(aas_pw_end_get(buf, 0, &status), AAS_ERR_FORMAT);
}

/* --- the stream ------------------------------------------------------------
 */

struct pair {
	struct aas_pw a, b;
};

static void
pair_open(struct pair *p)
{
	int sv[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(
	    aas_pw_init(&p->a, sv[0], aas_clock_ms() + 10000), AAS_OK);
	assert_int_equal(
	    aas_pw_init(&p->b, sv[1], aas_clock_ms() + 10000), AAS_OK);
}

static void
pair_close(struct pair *p)
{
	(void)close(p->a.fd);
	(void)close(p->b.fd);
	aas_pw_free(&p->a);
	aas_pw_free(&p->b);
}

static void
stream_messages_of_any_size_arrive(void **state)
{
	static const size_t sizes[] = { 0, 1, 65530, 65531, 65532, 100000, 3 };
	const uint8_t *p = NULL;
	struct pair pr;
	struct aas_wr w;
	uint8_t type = 0;
	size_t len = 0;

	(void)state;
	pair_open(&pr);
	memset(buf, 'm', sizeof(buf));
	for (size_t i = 0; i < 7; i++) {
		aas_pw_begin(&pr.a, &w);
		aas_wr_raw(&w, buf, sizes[i]);
		assert_int_equal(aas_pw_send(&pr.a, AAS_PW_RULE, &w), AAS_OK);
		if (i % 2 == 1)
			continue; /* two at a time */
		assert_int_equal(aas_pw_flush(&pr.a), AAS_OK);
		for (size_t k = i > 0 ? i - 1 : 0; k <= i; k++) {
			assert_int_equal(
			    aas_pw_recv(&pr.b, &type, &p, &len), AAS_OK);
			assert_int_equal(type, AAS_PW_RULE);
			assert_int_equal(len, sizes[k]);
			assert_memory_equal(p, buf, len);
		}
		assert_false(aas_pw_more(&pr.b));
	}
	pair_close(&pr);
}

static void
stream_too_large_a_message_is_not_sent(void **state)
{
	struct pair pr;
	struct aas_wr w;

	(void)state;
	pair_open(&pr);
	aas_pw_begin(&pr.a, &w);
	aas_wr_raw(&w, buf, AAS_PW_MSG_MAX);
	assert_int_equal(aas_pw_send(&pr.a, AAS_PW_RULE, &w), AAS_ERR_TOOBIG);
	assert_int_equal(pr.a.out_len, 0);
	pair_close(&pr);
}

static int
recv_of(const void *p, size_t n, int then_close)
{
	const uint8_t *got = NULL;
	struct pair pr;
	uint8_t type = 0;
	size_t len = 0;
	int r = 0;

	pair_open(&pr);
	pr.b.until_ms = aas_clock_ms() + 20;
	if (n > 0)
		assert_int_equal(send(pr.a.fd, p, n, 0), n);
	if (then_close) {
		(void)close(pr.a.fd);
		pr.a.fd = -1;
	}
	r = aas_pw_recv(&pr.b, &type, &got, &len);
	pair_close(&pr);
	return r;
}

static void
stream_ends_and_lengths(void **state)
{
	struct pair pr;
	const uint8_t *p = NULL;
	uint8_t type = 0;
	size_t len = 0;

	(void)state;
	memset(buf, 0, sizeof(buf));
	assert_int_equal(recv_of("", 0, 1), AAS_ERR_CANCELED);
	assert_int_equal(recv_of("", 0, 0), AAS_ERR_TIMEOUT);
	assert_int_equal(recv_of("\0\0", 2, 1), AAS_ERR_FORMAT);
	assert_int_equal(recv_of("\0\0", 2, 0), AAS_ERR_TIMEOUT);
	assert_int_equal(recv_of("\0\0\0\0", 4, 0), AAS_ERR_FORMAT);
	assert_int_equal(recv_of("\0\x10\0\1", 4, 0), AAS_ERR_FORMAT);
	assert_int_equal(recv_of("\0\x10\0\0", 4, 0), AAS_ERR_TIMEOUT);
	assert_int_equal(recv_of("\xff\xff\xff\xff", 4, 0), AAS_ERR_FORMAT);
	/* A packet larger than ours ever are. */
	assert_int_equal(recv_of(buf, 65537, 0), AAS_ERR_FORMAT);
	pair_open(&pr);
	pr.b.in_total = AAS_PW_TOTAL_MAX;
	assert_int_equal(send(pr.a.fd, "\0\0\0\1\5", 5, 0), 5);
	assert_int_equal(aas_pw_recv(&pr.b, &type, &p, &len), AAS_ERR_TOOBIG);
	pair_close(&pr);
}

static int
send_until(struct aas_pw *pw)
{
	struct aas_wr w;
	int r = AAS_OK;

	for (int i = 0; r == AAS_OK && i < 100; i++) {
		aas_pw_begin(pw, &w);
		aas_wr_raw(&w, buf, 65536);
		r = aas_pw_send(pw, AAS_PW_RULE, &w);
	}
	return r;
}

static void
stream_nobody_reads(void **state)
{
	struct pair pr;

	(void)state;
	pair_open(&pr);
	pr.a.until_ms = aas_clock_ms() + 20;
	assert_int_equal(send_until(&pr.a), AAS_ERR_TIMEOUT);
	pair_close(&pr);
	pair_open(&pr);
	(void)close(pr.b.fd);
	pr.b.fd = -1;
	assert_int_equal(send_until(&pr.a), AAS_ERR_CANCELED);
	pair_close(&pr);
	pair_open(&pr);
	(void)close(pr.a.fd);
	pr.a.fd = -1;
	assert_int_equal(send_until(&pr.a), AAS_ERR_SYS);
	pair_close(&pr);
}

static void
stream_both_ways_at_once_reset_is_an_end(void **state)
{
	const uint8_t *p = NULL;
	struct pair pr;
	uint8_t type = 0;
	size_t len = 0;

	/* It closed without reading all: ECONNRESET. */
	(void)state;
	pair_open(&pr);
	assert_int_equal(send(pr.b.fd, "x", 1, 0), 1);
	(void)close(pr.a.fd);
	pr.a.fd = -1;
	assert_int_equal(aas_pw_recv(&pr.b, &type, &p, &len), AAS_ERR_CANCELED);
	pair_close(&pr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(source_wire_rule_arrives_as_it_was_sent),
		FIXTURE_TEST(source_wire_rule_cut_or_followed_is_refused),
		FIXTURE_TEST(source_wire_text_without_its_nul_is_refused),
		FIXTURE_TEST(source_wire_bounds_are_exact),
		FIXTURE_TEST(source_wire_other_messages),
		FIXTURE_TEST(stream_messages_of_any_size_arrive),
		FIXTURE_TEST(stream_too_large_a_message_is_not_sent),
		FIXTURE_TEST(stream_ends_and_lengths),
		FIXTURE_TEST(stream_nobody_reads),
		FIXTURE_TEST(stream_both_ways_at_once_reset_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
