/*
 * The networks that somebody has signed in from.
 */
#include "tests/fixture.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/nets.h"

#define A   "00000000000000aa"
#define B   "00000000000000bb"
#define DAY 86400

static void
net_of_an_address_is_its_prefix(void **state)
{
	static const struct {
		const char *rhost, *net;
	} good[] = {
		{ "192.0.2.7", "192.0.2.0/24" },
		{ "::ffff:192.0.2.9", "192.0.2.0/24" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
		{ "2001:DB8:1:2::1", "2001:db8:1:2::/64" },
		{ "fe80::1%eth0", "fe80::/64" },
		{ "fe80::1%../../etc\n", "fe80::/64" },
		{ "Host-7.Example", "host-7.example" },
		{ "a", "a" },
	};
	char net[AAS_NET_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(aas_net_of(good[i].rhost, net), AAS_OK);
		assert_string_equal(net, good[i].net);
	}
}

static void
net_of_this_host_is_none(void **state)
{
	static const char *const here[] = { "127.0.0.1", "127.255.0.9", "::1",
		"::ffff:127.0.0.1", "::1%lo", "localhost", "LocalHost" };
	char net[AAS_NET_TEXT] = "as it was";

	(void)state;
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
		assert_int_equal(aas_net_of(here[i], net), AAS_ERR_NOTFOUND);
	assert_string_equal(net, "as it was");
}

static void
net_of_hostile_text_is_none(void **state)
{
	static const char *const bad[] = { "", " ", "192.0.2", "192.0.2.256",
		"192.0.2.1 ", "1.2.3.4.5", "0.0.0.0", "::", ":", "%", "%eth0",
		"::ffff:0.1.2.3", "a b", "a\nb", "a/b", "..", "-x", ".x",
		"\x1b[2Ja", "h\xc3\xb6st", "1:2:3:4:5:6:7:8:9" };
	char net[AAS_NET_TEXT];
	char name[AAS_NET_TEXT + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aas_net_of(bad[i], net), AAS_ERR_FORMAT);
	memset(name, 'a', sizeof(name));
	name[253] = '\0';
	assert_int_equal(aas_net_of(name, net), AAS_OK);
	assert_string_equal(net, name);
	name[253] = 'a';
	name[254] = '\0';
	assert_int_equal(aas_net_of(name, net), AAS_ERR_FORMAT);
}

static enum aas_nets_first
note(struct aas_nets *n, const char *net, const char id[AAS_LEDGER_ID],
    int64_t at, int store)
{
	enum aas_nets_first first = AAS_NETS_UNKNOWN;

	assert_int_equal(aas_nets_note(n, net, id, at, &first), store);
	return first;
}

static void
nets_first_session_from_somewhere_stays_the_first(void **state)
{
	struct aas_nets n = { .n = 0 };

	(void)state;
	assert_int_equal(note(&n, "x", A, 100, 1), AAS_NETS_FIRST);
	assert_int_equal(note(&n, "x", A, 200, 0), AAS_NETS_FIRST);
	assert_int_equal(note(&n, "x", B, 200, 0), AAS_NETS_BEFORE);
	assert_int_equal(note(&n, "y", B, 200, 1), AAS_NETS_FIRST);
	/* Once a day it is remembered that it is still in use. */
	assert_int_equal(note(&n, "x", B, 100 + DAY, 1), AAS_NETS_BEFORE);
	assert_int_equal(note(&n, "x", B, 101 + DAY, 0), AAS_NETS_BEFORE);
}

static void
nets_full_lose_the_one_not_seen_longest(void **state)
{
	struct aas_nets n = { .n = 0 };
	char net[16];

	(void)state;
	for (int i = 0; i < AAS_NETS_MAX; i++) {
		(void)snprintf(net, sizeof(net), "n%d", i);
		(void)note(&n, net, A, 1000 + i, 1);
	}
	(void)note(&n, "n0", B, 1000 + DAY, 1);
	assert_int_equal(note(&n, "new", B, 2000 + DAY, 1), AAS_NETS_FIRST);
	assert_int_equal(n.n, AAS_NETS_MAX);
	assert_int_equal(note(&n, "n0", B, 2000 + DAY, 0), AAS_NETS_BEFORE);
	assert_int_equal(note(&n, "n1", B, 2000 + DAY, 1), AAS_NETS_FIRST);
}

static void
nets_file_holds_the_largest_there_are(void **state)
{
	struct aas_nets n = { .n = 0 }, again;
	char net[AAS_NET_TEXT], user[AAS_NET_TEXT];
	char *text = malloc(AAS_NETS_FILE);
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	memset(user, 'u', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	for (int i = 0; i < AAS_NETS_MAX; i++) {
		memset(net, 'a', sizeof(net));
		(void)snprintf(net + 250, sizeof(net) - 250, "%03d", i);
		(void)note(&n, net, A, 999999999999999999 - i, 1);
	}
	assert_int_equal(aas_nets_format(&n, user, text, &len), AAS_OK);
	assert_int_equal(aas_nets_parse(text, len, user, &again), AAS_OK);
	assert_int_equal(again.n, AAS_NETS_MAX);
	for (size_t i = 0; i < n.n; i++) {
		assert_string_equal(again.v[i].net, n.v[i].net);
		assert_string_equal(again.v[i].id, n.v[i].id);
		assert_int_equal(again.v[i].first_s, n.v[i].first_s);
		assert_int_equal(again.v[i].last_s, n.v[i].last_s);
	}
	free(text);
}

static void
nets_damaged_file_is_refused(void **state)
{
	static const char *const bad[] = { "", "aas-nets 1 ", "aas-nets 1 u",
		"aas-nets 2 u\n", "aas-nets 1 u\nx\n",
		"aas-nets 1 u\nx " A "\n", "aas-nets 1 u\nx " A " 1 2",
		"aas-nets 1 u\nx " A " 1 -2\n", "aas-nets 1 u\nx " A " 1 2 3\n",
		"aas-nets 1 u\nx  1 2\n", "aas-nets 1 u\n " A " 1 2\n",
		"aas-nets 1 u\nx " A "0 1 2\n", "aas-nets 1 u\nX " A " 1 2\n",
		"aas-nets 1 u\n\n",
		"aas-nets 1 u\nx " A " 1 9999999999999999999\n" };
	static const char good[] = "aas-nets 1 u\nx " A " 1 2\n";
	struct aas_nets n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n.n = 9;
		assert_int_equal(
		    aas_nets_parse(bad[i], strlen(bad[i]), "u", &n),
		    AAS_ERR_FORMAT);
		assert_int_equal(n.n, 0);
	}
	assert_int_equal(aas_nets_parse(good, strlen(good), "u", &n), AAS_OK);
	assert_int_equal(n.n, 1);
	assert_int_equal(
	    aas_nets_parse(good, strlen(good), "v", &n), AAS_ERR_NOTFOUND);
}

static enum aas_nets_first
seen(int fd, const char *user, const char *rhost, const char id[AAS_LEDGER_ID])
{
	enum aas_nets_first first = AAS_NETS_UNKNOWN;

	assert_int_equal(
	    aas_nets_seen(fd, 7, user, rhost, id, 100, &first), AAS_OK);
	return first;
}

static void
nets_seen_are_stored_for_root_alone(void **state)
{
	struct fixture *f = *state;
	enum aas_nets_first first = AAS_NETS_BEFORE;
	struct stat st;
	int fd = -1;

	assert_int_equal(aas_nets_open(f->dir, &fd), AAS_OK);
	assert_int_equal(seen(fd, "u", "192.0.2.1", A), AAS_NETS_FIRST);
	assert_int_equal(seen(fd, "u", "192.0.2.2", B), AAS_NETS_BEFORE);
	assert_int_equal(seen(fd, "u", "192.0.2.1", A), AAS_NETS_FIRST);
	assert_int_equal(seen(fd, "u", "127.0.0.1", B), AAS_NETS_BEFORE);
	assert_int_equal(fstatat(fd, "7", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	/* Another user who has that uid by now. */
	assert_int_equal(seen(fd, "v", "192.0.2.1", B), AAS_NETS_FIRST);
	assert_int_equal(seen(fd, "u", "192.0.2.1", B), AAS_NETS_FIRST);
	assert_int_equal(
	    aas_nets_seen(fd, 7, "u", "a b", A, 1, &first), AAS_ERR_FORMAT);
	assert_int_equal(first, AAS_NETS_UNKNOWN);
	assert_int_equal(
	    aas_nets_seen(fd, 7, "u\nx", "a", A, 1, &first), AAS_ERR_FORMAT);
	aas_close(&fd);
}

static void
nets_seen_learn_anew_what_is_damaged(void **state)
{
	struct fixture *f = *state;
	int fd = -1, file = -1;

	assert_int_equal(aas_nets_open(f->dir, &fd), AAS_OK);
	assert_int_equal(seen(fd, "u", "192.0.2.1", A), AAS_NETS_FIRST);
	file = openat(fd, "7", O_WRONLY | O_TRUNC);
	assert_int_equal(write(file, "aas-nets", 8), 8);
	aas_close(&file);
	assert_int_equal(seen(fd, "u", "192.0.2.1", B), AAS_NETS_FIRST);
	/* One that root did not make, or that others may read, is none. */
	assert_int_equal(fchmodat(fd, "7", 0644, 0), 0);
	assert_int_equal(seen(fd, "u", "192.0.2.1", A), AAS_NETS_FIRST);
	/* What a crash left is in nobody's way. */
	file = openat(fd, ".7", O_WRONLY | O_CREAT, 0600);
	aas_close(&file);
	assert_int_equal(seen(fd, "u", "198.51.100.1", B), AAS_NETS_FIRST);
	assert_int_equal(seen(fd, "u", "198.51.100.9", A), AAS_NETS_BEFORE);
	aas_close(&fd);
}

/* As the ledger's writer has them, and as it never does. */
static void
ledger_text_beyond_ascii_is_read_as_it_was(void **state)
{
	static const struct {
		const char *line, *text;
	} good[] = {
		{ "{\"v\":1,\"user\":\"j\\u00f6rg\"}", "j\xc3\xb6rg" },
		{ "{\"v\":1,\"user\":\"\\u6f22\"}", "\xe6\xbc\xa2" },
		{ "{\"v\":1,\"user\":\"\\ud83d\\ude00x\"}",
		    "\xf0\x9f\x98\x80x" },
		{ "{\"v\":1,\"user\":\"EX\\\\al\"}", "EX\\al" },
		{ "{\"v\":1,\"user\":\"\\\",\\\"user\\\":1\"}",
		    "\",\"user\":1" },
	};
	static const char *const bad[] = { "{\"v\":1,\"user\":\"\\u00f\"}",
		"{\"v\":1,\"user\":\"\\u00f", "{\"v\":1,\"user\":\"\\",
		"{\"v\":1,\"user\":\"a\\u0000b\"}",
		"{\"v\":1,\"user\":\"\\n\"}", "{\"v\":1,\"user\":\"\\ud83d\"}",
		"{\"v\":1,\"user\":\"\\ud83d\\u0041\"}",
		"{\"v\":1,\"user\":\"\\ude00\"}",
		"{\"v\":1,\"user\":\"\xc3\xb6\"}" };
	char text[16] = "was";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    aas_ledger_text(bad[i], "user", text, sizeof(text)),
		    AAS_ERR_FORMAT);
	assert_string_equal(text, "was");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
		    aas_ledger_text(good[i].line, "user", text, sizeof(text)),
		    AAS_OK);
		assert_string_equal(text, good[i].text);
	}
	assert_int_equal(
	    aas_ledger_text(good[1].line, "user", text, 3), AAS_ERR_TOOBIG);
}

static void
ledger_text_is_a_string_of_the_line(void **state)
{
	static const char line[] = "{\"v\":1,\"id\":\"x\",\"user\":\"al\","
				   "\"tty\":null,\"rhost\":\"a\\\"b\","
				   "\"key\":\"rhost\",\"via\":\"key";
	char text[4] = "";

	(void)state;
	assert_int_equal(
	    aas_ledger_text(line, "user", text, sizeof(text)), AAS_OK);
	assert_string_equal(text, "al");
	assert_int_equal(
	    aas_ledger_text(line, "tty", text, sizeof(text)), AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_ledger_text(line, "rhost", text, sizeof(text)), AAS_OK);
	assert_string_equal(text, "a\"b");
	assert_int_equal(
	    aas_ledger_text(line, "key", text, sizeof(text)), AAS_ERR_TOOBIG);
	assert_int_equal(
	    aas_ledger_text(line, "via", text, sizeof(text)), AAS_ERR_FORMAT);
	assert_int_equal(aas_ledger_text(line, "none", text, sizeof(text)),
	    AAS_ERR_NOTFOUND);
	assert_string_equal(text, "a\"b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(net_of_an_address_is_its_prefix),
		cmocka_unit_test(net_of_this_host_is_none),
		cmocka_unit_test(net_of_hostile_text_is_none),
		cmocka_unit_test(
		    nets_first_session_from_somewhere_stays_the_first),
		cmocka_unit_test(nets_full_lose_the_one_not_seen_longest),
		cmocka_unit_test(nets_file_holds_the_largest_there_are),
		cmocka_unit_test(nets_damaged_file_is_refused),
		cmocka_unit_test(ledger_text_is_a_string_of_the_line),
		cmocka_unit_test(ledger_text_beyond_ascii_is_read_as_it_was),
		FIXTURE_TEST(nets_seen_are_stored_for_root_alone),
		FIXTURE_TEST(nets_seen_learn_anew_what_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
