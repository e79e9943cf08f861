#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "policy/policy.h"
#include "policy/rule.h"
#include "tests/fixture.h"

/* The n-th calloc() from now on fails; 0: none. */
static int calloc_fails;
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *
__wrap_calloc(size_t n, size_t size)
{
	if (calloc_fails != 0 && --calloc_fails == 0)
		return NULL;
	return __real_calloc(n, size);
}

#define LIST(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static int
gid_of(void *arg, const char *name, gid_t *gid)
{
	if (arg != NULL)
		return *(const int *)arg;
	if (strcmp(name, "none") == 0)
		return AAS_ERR_NOTFOUND;
	*gid = (gid_t)(1000 + name[0]);
	return AAS_OK;
}

struct kept {
	struct aas_arena *arena;
	struct aas_rule rule;
	struct aas_plugin_fault fault;
};

static int
from(struct kept *k, struct aas_plugin_rule in, const char *source)
{
	if (in.struct_size == 0)
		in.struct_size = sizeof(in);
	if (in.name == NULL)
		in.name = "r";
	memset(k, 0, sizeof(*k));
	k->fault.struct_size = sizeof(k->fault);
	assert_int_equal(aas_arena_new(&k->arena), AAS_OK);
	return aas_rule_from(
	    &in, source, gid_of, NULL, k->arena, &k->rule, &k->fault);
}

/* The rule is refused, because of ${field}, and in these words. */
static void
refused(struct aas_plugin_rule in, const char *field, const char *words)
{
	struct kept k;

	assert_int_equal(from(&k, in, "files"), AAS_ERR_FORMAT);
	if (strcmp(k.fault.field, field) != 0 ||
	    strstr(k.fault.text, words) == NULL)
		fail_msg("%s: %s; not %s: %s", k.fault.field, k.fault.text,
		    field, words);
	aas_arena_free(&k.arena);
}

static void
taken(struct aas_plugin_rule in)
{
	struct kept k;

	if (from(&k, in, "files") != AAS_OK)
		fail_msg("%s: %s", k.fault.field, k.fault.text);
	aas_arena_free(&k.arena);
}

/* --- networks, hours, makes ------------------------------------------------
 */

static void
rule_net_takes_networks(void **state)
{
	static const struct {
		const char *text;
		uint8_t bits, at12, at0;
	} good[] = {
		{ "192.0.2.0/24", 120, 192, 0 },
		{ "192.0.2.7", 128, 192, 0 },
		{ "0.0.0.0/0", 96, 0, 0 },
		{ "255.255.255.255/32", 128, 255, 0 },
		{ "2001:db8::/32", 32, 0, 0x20 },
		{ "::/0", 0, 0, 0 },
		{ "fe80::1", 128, 0, 0xfe },
		{ "::ffff:192.0.2.0/120", 120, 192, 0 },
		{ "::ffff:0:0/96", 96, 0, 0 },
	};
	struct aas_net a, b;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(aas_rule_net(good[i].text, &a), AAS_OK);
		assert_int_equal(a.bits, good[i].bits);
		assert_int_equal(a.addr[12], good[i].at12);
		assert_int_equal(a.addr[0], good[i].at0);
	}
	/* IPv4 and IPv4 in IPv6 are the same. */
	assert_int_equal(aas_rule_net("10.1.0.0/16", &a), AAS_OK);
	assert_int_equal(aas_rule_net("::ffff:10.1.0.0/112", &b), AAS_OK);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void
rule_net_refuses_what_is_none(void **state)
{
	static const char *const bad[] = { "", "/", "/24", "192.0.2.0/",
		"192.0.2.0/33", "192.0.2.0/024", "192.0.2.0/00", "192.0.2.0/-1",
		"192.0.2.0/ 8", "192.0.2.0/24 ", "192.0.2.0/24/8",
		"192.0.2.1/24", "192.0.2/24", "10", "10.1", "0x7f.0.0.1",
		"010.0.0.1", "256.0.0.1", "1.2.3.4.5", "example.org",
		"localhost", "::/129", "2001:db8::1/64", "::1%lo",
		"fe80::%eth0/64", ":::", "[::1]", "::ffff:1.2.3.4/8",
		"2001:db8::/4294967328",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/3",
		"192.0.2.0\n", " 192.0.2.0" };
	struct aas_net net = { { 1 }, 7 };

	(void)state;
	assert_int_equal(aas_rule_net(NULL, &net), AAS_ERR_FORMAT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (aas_rule_net(bad[i], &net) != AAS_ERR_FORMAT)
			fail_msg("\"%s\" is taken", bad[i]);
	}
	assert_int_equal(net.bits, 7);
}

#define M(d, h, m) ((d)*1440 + (h)*60 + (m))

static void
rule_hours_gives_minutes_of_the_week(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		struct aas_span spans[8];
	} good[] = {
		{ "Mon-Fri 08:00-18:00", 5,
		    { { M(0, 8, 0), M(0, 18, 0) }, { M(1, 8, 0), M(1, 18, 0) },
			{ M(2, 8, 0), M(2, 18, 0) },
			{ M(3, 8, 0), M(3, 18, 0) },
			{ M(4, 8, 0), M(4, 18, 0) } } },
		{ "Sat,Sun 00:00-24:00", 2,
		    { { M(5, 0, 0), M(6, 0, 0) },
			{ M(6, 0, 0), M(7, 0, 0) } } },
		/* over the end of the week */
		{ "Sun 22:00-06:00", 2,
		    { { M(6, 22, 0), M(7, 0, 0) },
			{ M(0, 0, 0), M(0, 6, 0) } } },
		{ "Sun 22:00-24:00", 1, { { M(6, 22, 0), M(7, 0, 0) } } },
		{ "Sun 22:00-00:00", 1, { { M(6, 22, 0), M(7, 0, 0) } } },
		{ "Tue 23:59-00:01", 1, { { M(1, 23, 59), M(2, 0, 1) } } },
		{ "Sat-Mon 12:00-12:01", 3,
		    { { M(0, 12, 0), M(0, 12, 1) },
			{ M(5, 12, 0), M(5, 12, 1) },
			{ M(6, 12, 0), M(6, 12, 1) } } },
		{ "Wed-Wed 01:00-02:00", 1, { { M(2, 1, 0), M(2, 2, 0) } } },
		{ "Sun,Mon,Sun 01:00-02:00", 2,
		    { { M(0, 1, 0), M(0, 2, 0) },
			{ M(6, 1, 0), M(6, 2, 0) } } },
	};
	struct aas_span got[14];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
		    aas_rule_hours(good[i].text, got, 14, &n), AAS_OK);
		assert_int_equal(n, good[i].n);
		assert_memory_equal(got, good[i].spans, n * sizeof(got[0]));
	}
	assert_int_equal(aas_rule_hours("22:00-06:00", got, 14, &n), AAS_OK);
	assert_int_equal(n, 8);
	assert_int_equal(got[7].to, 6 * 60);
	assert_int_equal(
	    aas_rule_hours("Tue-Mon 00:00-24:00", got, 14, &n), AAS_OK);
	assert_int_equal(n, 7);
	/* no room */
	assert_int_equal(
	    aas_rule_hours("22:00-06:00", got, 7, &n), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_rule_hours("Sun 22:00-06:00", got, 0, &n), AAS_ERR_FORMAT);
}

static void
rule_hours_refuses_what_is_none(void **state)
{
	static const char *const bad[] = { "", "Mon", "Mon-Fri",
		"mon 08:00-09:00", "Mon  08:00-09:00", "Mon\t08:00-09:00",
		"Mon, 08:00-09:00", "Mon-08:00-09:00", "Mon-Xyz 08:00-09:00",
		"Monday 08:00-09:00", "Mo 08:00-09:00", "8:00-09:00", "08:00",
		"08:00-", "08:00-9:00", "08:00-09:60", "08:00-24:01",
		"24:00-06:00", "08:00-08:00", "00:00-00:00", "08:00 - 09:00",
		"08:00-09:00 ", "08.00-09:00", "08:00-09:00-10:00",
		"-1:00-09:00", "08:00-25:00", "99:99-10:00", "08:0",
		"Mon 08:00_09:00", ",Mon 08:00-09:00" };
	struct aas_span got[14];
	size_t n = 3;

	(void)state;
	assert_int_equal(aas_rule_hours(NULL, got, 14, &n), AAS_ERR_FORMAT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (aas_rule_hours(bad[i], got, 14, &n) != AAS_ERR_FORMAT)
			fail_msg("\"%s\" is taken", bad[i]);
	}
	assert_int_equal(n, 3);
}

static void
rule_aaguid_takes_one_form(void **state)
{
	static const uint8_t want[16] = { 0x2f, 0xc0, 0x57, 0x9f, 0x81, 0x13,
		0x47, 0xea, 0xb1, 0x16, 0xbb, 0x5a, 0x8d, 0xb9, 0x20, 0x2a };
	static const char *const bad[] = { "",
		"2fc0579f811347eab116bb5a8db9202a",
		"2fc0579f-8113-47ea-b116-bb5a8db9202",
		"2fc0579f-8113-47ea-b116-bb5a8db9202aa",
		"2fc0579g-8113-47ea-b116-bb5a8db9202a",
		"2fc0579f-8113-47ea-b116-bb5a8db9202G",
		"2fc0579f_8113-47ea-b116-bb5a8db9202a",
		"{fc0579f-8113-47ea-b116-bb5a8db9202a" };
	uint8_t got[16];

	(void)state;
	assert_int_equal(
	    aas_rule_aaguid("2fc0579f-8113-47EA-b116-bb5a8db9202A", got),
	    AAS_OK);
	assert_memory_equal(got, want, 16);
	assert_int_equal(aas_rule_aaguid(NULL, got), AAS_ERR_FORMAT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aas_rule_aaguid(bad[i], got), AAS_ERR_FORMAT);
}

/* --- rules -----------------------------------------------------------------
 */

static const struct aas_plugin_rule everything = { .line = 12,
	.file = "/etc/aas/policy.conf",
	.name = "Staff-2.x_y",
	.mode = "warn",
	.users = LIST("alice", "bob"),
	.groups = LIST("staff"),
	.services = LIST("sshd"),
	.hosts = LIST("WEB*.Example.ORG"),
	.networks = LIST("192.0.2.0/24"),
	.hours = LIST("Mon 09:00-10:00", "Mon 10:00-11:00", "Mon 09:30-09:40",
	    "Tue 09:00-10:00"),
	.origin = "remote",
	.require = "attested",
	.from = "2026-06-01T00:00:00Z",
	.grace = "14d",
	.enrolled = 3,
	.present = 2,
	.uv = "required",
	.device_bound = 1,
	.aaguids = LIST("2fc0579f-8113-47ea-b116-bb5a8db9202a"),
	.session = "12h",
	.idle = "15m",
	.reauth = "5m",
	.window = "90s",
	.alert = "required",
	.training = "excluded",
	.sudo = "local-key" };

static void
rule_from_takes_every_criterion_and_term(void **state)
{
	struct kept k;

	(void)state;
	assert_int_equal(from(&k, everything, "files"), AAS_OK);
	assert_string_equal(k.rule.source, "files");
	assert_string_equal(k.rule.name, "Staff-2.x_y");
	assert_string_equal(k.rule.where, "/etc/aas/policy.conf:12");
	assert_int_equal(k.rule.mode, AAS_MODE_WARN);
	assert_int_equal(k.rule.effect, AAS_EF_REQUIRE);
	assert_int_equal(k.rule.origin, AAS_OR_REMOTE);
	assert_int_equal(k.rule.users.n, 2);
	assert_string_equal(k.rule.users.v[1], "bob");
	assert_int_equal(k.rule.gids[0], 1000 + 's');
	assert_string_equal(k.rule.hosts.v[0], "web*.example.org");
	assert_int_equal(k.rule.nets_n, 1);
	assert_int_equal(k.rule.spans_n, 2);
	assert_int_equal(k.rule.spans[0].from, M(0, 9, 0));
	assert_int_equal(k.rule.spans[0].to, M(0, 11, 0));
	assert_int_equal(k.rule.attestable, 1);
	assert_true(k.rule.from_s == 1780272000);
	assert_true(k.rule.grace_s == 14 * 86400);
	assert_int_equal(k.rule.enrolled_min, 3);
	assert_int_equal(k.rule.present, 2);
	assert_int_equal(k.rule.uv, 1);
	assert_int_equal(k.rule.uv_said, 1);
	assert_int_equal(k.rule.device_bound, 1);
	assert_int_equal(k.rule.aaguids_n, 1);
	assert_int_equal(k.rule.aaguids[0][0], 0x2f);
	assert_true(k.rule.session_s == 43200 && k.rule.idle_s == 900 &&
	    k.rule.reauth_s == 300);
	assert_int_equal(k.rule.timeout_s, 90);
	assert_int_equal(k.rule.alert, 1);
	assert_int_equal(k.rule.training, 1);
	assert_int_equal(k.rule.sudo, AAS_SUDO_KEY);
	aas_arena_free(&k.arena);
}

static void
rule_from_knows_each_effect(void **state)
{
	const struct {
		struct aas_plugin_rule in;
		uint8_t effect;
	} all[] = {
		{ { .deny = 1 }, AAS_EF_DENY },
		{ { .deny = 1,
		      .hours = LIST("22:00-06:00"),
		      .mode = "observe" },
		    AAS_EF_DENY },
		{ { .exempt = 1,
		      .users = LIST("backup"),
		      .services = LIST("cron") },
		    AAS_EF_EXEMPT },
		{ { .exempt = 1,
		      .users = LIST("root"),
		      .services = LIST("login"),
		      .break_glass = 1,
		      .mode = "enforce" },
		    AAS_EF_EXEMPT },
		{ { .require = "enrolled", .session = "1h" }, AAS_EF_REQUIRE },
		{ { .lease_grantors = LIST("ops"),
		      .lease_accounts = LIST("deploy"),
		      .lease_max = "8h" },
		    AAS_EF_LEASE },
		{ { .lease_grantors = LIST("ops"),
		      .lease_accounts = LIST("deploy"),
		      .lease_max = "8h",
		      .services = LIST("cron") },
		    AAS_EF_LEASE },
		{ { .uv = "discouraged" }, AAS_EF_TERMS },
	};
	struct kept k;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (from(&k, all[i].in, "files") != AAS_OK)
			fail_msg("%zu: %s: %s", i, k.fault.field, k.fault.text);
		assert_int_equal(k.rule.effect, all[i].effect);
		assert_string_equal(k.rule.where, "files");
		assert_int_equal(k.rule.uv, 0);
		assert_int_equal(k.rule.uv_said, all[i].in.uv != NULL);
		if (k.rule.effect == AAS_EF_LEASE) {
			assert_string_equal(k.rule.users.v[0], "deploy");
			assert_int_equal(k.rule.gids[0], 1000 + 'o');
			assert_true(k.rule.lease_s == 28800);
		}
		aas_arena_free(&k.arena);
	}
}

#define R(...) ((struct aas_plugin_rule){ __VA_ARGS__ })

static void
rule_from_refuses_bad_names(void **state)
{
	static const char *const bad[] = { "", "a b", "a/b", "\xc3\xa4", "a\n",
		"12345678901234567890123456789012345678901234567890123456789012"
		"345" };
	char most[65];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(
		    R(.name = bad[i], .deny = 1), "name", "must be 1 to 64");
	memset(most, 'z', 64);
	most[64] = '\0';
	taken(R(.name = most, .deny = 1));
}

static void
rule_from_without_a_name_is_refused(void **state)
{
	struct aas_plugin_rule in = R(.struct_size = sizeof(in), .deny = 1);
	struct aas_plugin_fault fault = { .struct_size = sizeof(fault) };
	struct aas_arena *arena = NULL;
	struct aas_rule out;

	(void)state;
	assert_int_equal(aas_arena_new(&arena), AAS_OK);
	assert_int_equal(
	    aas_rule_from(&in, "exec", gid_of, NULL, arena, &out, &fault),
	    AAS_ERR_FORMAT);
	assert_string_equal(fault.field, "name");
	/* nobody wants to know why, or cannot be told */
	assert_int_equal(
	    aas_rule_from(&in, "exec", gid_of, NULL, arena, &out, NULL),
	    AAS_ERR_FORMAT);
	fault.struct_size = 40;
	fault.field[0] = '\0';
	assert_int_equal(
	    aas_rule_from(&in, "exec", gid_of, NULL, arena, &out, &fault),
	    AAS_ERR_FORMAT);
	assert_string_equal(fault.field, "");
	aas_arena_free(&arena);
}

static const struct {
	struct aas_plugin_rule in;
	const char *field, *words;
} bad_values[] = {
	{ { .mode = "permissive", .deny = 1 }, "mode", "enforce" },
	{ { .origin = "Local", .deny = 1 }, "origin", "\"local\"" },
	{ { .require = "yes" }, "require", "\"enrolled\"" },
	{ { .uv = "preferred" }, "uv", "\"required\"" },
	{ { .alert = "no" }, "alert", "\"no\" is not \"required\"" },
	{ { .training = "" }, "training", "\"\" is not" },
	{ { .sudo = "allow" }, "sudo",
	    "\"allow\" is not \"fresh-sign-in\" or \"agent\" or "
	    "\"local-key\" or \"deny\"" },
	{ { .deny = 2 }, "deny", "true or false" },
	{ { .exempt = -1 }, "exempt", "true or false" },
	{ { .deny = 1, .break_glass = 3 }, "break_glass", "true" },
	{ { .device_bound = 7 }, "device_bound", "true" },
	{ { .enrolled = 1 }, "enrolled", "2 to 8" },
	{ { .enrolled = 9 }, "enrolled", "2 to 8" },
	{ { .enrolled = -2 }, "enrolled", "2 to 8" },
	{ { .present = 3 }, "present", "1 to 2" },
	{ { .present = 257 }, "present", "1 to 2" },
	{ { .session = "12" }, "session", "not a duration" },
	{ { .session = "" }, "session", "not a duration" },
	{ { .session = "0s" }, "session", "1 to" },
	{ { .idle = "36526d" }, "idle", "not a duration" },
	{ { .reauth = "-1m" }, "reauth", "not a duration" },
	{ { .window = "4s" }, "window", "5 to 600" },
	{ { .window = "601s" }, "window", "5 to 600" },
	{ { .session = "1000000000000000000000000000000000000000000000"
		       "00000000000000000000000000000000000000s" },
	    "session", "not a duration" },
	{ { .require = "enrolled", .grace = "0s" }, "grace", "1 to" },
	{ { .require = "enrolled", .from = "2026-06-01" }, "from",
	    "not a date" },
	{ { .require = "enrolled", .from = "2026-02-29T00:00:00Z" }, "from",
	    "not a date" },
	{ { .require = "enrolled", .from = "2026-06-01T00:00:00" }, "from",
	    "not a date" },
	{ { .require = "enrolled", .from = "1969-12-31T00:00:00Z" }, "from",
	    "not a date" },
	{ { .require = "enrolled", .from = "1970-01-01T00:00:00Z" }, "from",
	    "not a date" },
	{ { .deny = 1, .users = LIST("a", "b:c") }, "users",
	    "\"b:c\" is not a name" },
	{ { .deny = 1, .users = LIST("") }, "users", "not a name" },
	{ { .deny = 1, .users = LIST("*") }, "users", "\"*\" is not a name" },
	{ { .deny = 1, .users = LIST("a?") }, "users", "not a name" },
	{ { .deny = 1, .users = LIST("a b") }, "users", "not a name" },
	{ { .deny = 1, .services = LIST("*") }, "services", "not a name" },
	{ { .deny = 1, .services = LIST("su?") }, "services", "not a name" },
	{ { .deny = 1, .services = LIST("su sudo") }, "services",
	    "not a name" },
	{ { .deny = 1, .groups = LIST("staff", "none") }, "groups",
	    "\"none\" is not a group" },
	{ { .deny = 1, .groups = LIST("-x") }, "groups", "not a name" },
	{ { .deny = 1, .services = LIST("SSHD") }, "services",
	    "\"SSHD\" is not a name" },
	{ { .deny = 1, .services = LIST("a/b") }, "services", "a name" },
	{ { .deny = 1, .hosts = LIST("a*b*") }, "hosts", "a name" },
	{ { .deny = 1, .hosts = LIST("a b") }, "hosts", "a name" },
	{ { .deny = 1, .hosts = LIST("") }, "hosts", "a name" },
	{ { .deny = 1, .hosts = LIST("h\xc3\xa4") }, "hosts", "a name" },
	{ { .deny = 1, .networks = LIST("10.0.0.0/33") }, "networks",
	    "\"10.0.0.0/33\" is not a network" },
	{ { .deny = 1, .hours = LIST("always") }, "hours",
	    "\"always\" is not a time" },
	{ { .aaguids = LIST("x\x1b[m") }, "aaguids",
	    "\"x\\x1b[m\" is not an AAGUID" },
};

static void
rule_from_refuses_bad_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++)
		refused(
		    bad_values[i].in, bad_values[i].field, bad_values[i].words);
}

static const struct {
	struct aas_plugin_rule in;
	const char *field, *words;
} bad_pairs[] = {
	{ { .users = LIST("a") }, "name", "does nothing" },
	{ { .deny = 1, .exempt = 1 }, "exempt", "beside deny" },
	{ { .exempt = 1, .require = "enrolled" }, "require", "beside exempt" },
	{ { .deny = 1, .lease_max = "1h" }, "lease", "beside deny" },
	{ { .deny = 1, .lease_accounts = LIST("a") }, "lease", "deny" },
	{ { .deny = 1, .from = "2026-06-01T00:00:00Z" }, "from",
	    "needs require" },
	{ { .uv = "required", .grace = "1d" }, "grace", "needs require" },
	{ { .require = "enrolled", .break_glass = 1 }, "break_glass",
	    "needs exempt" },
	{ { .exempt = 1, .services = LIST("cron") }, "exempt", "needs users" },
	{ { .exempt = 1, .users = LIST("a") }, "exempt", "needs services" },
};

static void
rule_from_refuses_what_makes_no_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_pairs) / sizeof(bad_pairs[0]); i++)
		refused(
		    bad_pairs[i].in, bad_pairs[i].field, bad_pairs[i].words);
	refused(R(.exempt = 1, .users = LIST("a"), .services = LIST("cron"),
		    .mode = "warn"),
	    "mode", "only be in force");
}

static void
rule_from_refuses_terms_beside_an_effect(void **state)
{
	const struct {
		struct aas_plugin_rule in;
		const char *field;
	} terms[] = {
		{ { .enrolled = 2 }, "enrolled" },
		{ { .present = 1 }, "present" },
		{ { .uv = "discouraged" }, "uv" },
		{ { .device_bound = 1 }, "device_bound" },
		{ { .aaguids = LIST("00000000-0000-0000-0000-000000000000") },
		    "aaguids" },
		{ { .session = "1h" }, "session" },
		{ { .idle = "1h" }, "idle" },
		{ { .reauth = "1h" }, "reauth" },
		{ { .window = "1m" }, "window" },
		{ { .alert = "required" }, "alert" },
		{ { .training = "excluded" }, "training" },
		{ { .sudo = "deny" }, "sudo" },
	};
	struct aas_plugin_rule in;

	(void)state;
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		in = terms[i].in;
		taken(in);
		in.deny = 1;
		refused(in, terms[i].field, "beside deny");
		in.deny = 0;
		in.exempt = 1;
		in.users = LIST("a");
		in.services = LIST("cron");
		refused(in, terms[i].field, "beside exempt");
		in = terms[i].in;
		in.lease_max = "1h";
		refused(in, terms[i].field, "beside lease");
	}
}

static void
rule_from_refuses_criteria_beside_an_effect(void **state)
{
	const struct {
		struct aas_plugin_rule in;
		const char *field;
	} others[] = {
		{ { .groups = LIST("g") }, "groups" },
		{ { .hosts = LIST("h") }, "hosts" },
		{ { .origin = "local" }, "origin" },
		{ { .networks = LIST("::1") }, "networks" },
		{ { .hours = LIST("00:00-24:00") }, "hours" },
	};
	struct aas_plugin_rule in;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		in = others[i].in;
		in.exempt = 1;
		in.users = LIST("a");
		in.services = LIST("cron");
		refused(in, others[i].field, "beside exempt");
		in = others[i].in;
		in.lease_max = "1h";
		if (strcmp(others[i].field, "services") != 0)
			refused(in, others[i].field, "beside lease");
	}
}

static void
rule_from_refuses_bad_leases(void **state)
{
	(void)state;
	refused(R(.lease_grantors = LIST("g")), "lease", "needs grantors");
	refused(R(.lease_grantors = LIST("g"), .lease_accounts = LIST("a")),
	    "lease", "needs grantors");
	refused(R(.lease_grantors = LIST("none"), .lease_accounts = LIST("a"),
		    .lease_max = "1h"),
	    "grantors", "not a group");
	refused(R(.lease_grantors = LIST("g"), .lease_accounts = LIST("a:"),
		    .lease_max = "1h"),
	    "accounts", "not a name");
	refused(R(.lease_grantors = LIST("g"), .lease_accounts = LIST("a"),
		    .lease_max = "1s"),
	    "max", "60 to");
	refused(R(.lease_grantors = LIST("g"), .lease_accounts = LIST("a"),
		    .lease_max = "1h", .mode = "observe"),
	    "mode", "only be in force");
	refused(R(.lease_grantors = LIST("g"), .lease_accounts = LIST("a"),
		    .lease_max = "1h", .users = LIST("b")),
	    "users", "beside lease");
	refused(R(.lease_grantors = LIST("g"), .lease_accounts = LIST("a"),
		    .lease_max = "1h", .hosts = LIST("b")),
	    "hosts", "beside lease");
}

/* --- attestations ----------------------------------------------------------
 */

#define CA \
	"AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

static struct aas_plugin_rule
attested(void)
{
	static const char *const users[] = { "alice", NULL };
	static const char *const services[] = { "sso-login", NULL };

	return R(.not_before = "2026-01-01T00:00:00Z",
	    .not_after = "2026-07-01T00:00:00Z", .users = users,
	    .evidence_services = services);
}

static void
attest_refused(struct aas_plugin_rule in, const char *field, const char *words)
{
	struct kept k;

	assert_int_equal(from(&k, in, "attest"), AAS_ERR_FORMAT);
	assert_string_equal(k.fault.field, field);
	if (strstr(k.fault.text, words) == NULL)
		fail_msg("%s: %s; not %s", field, k.fault.text, words);
	aas_arena_free(&k.arena);
}

static void
rule_from_takes_an_attestation_of_its_source_alone(void **state)
{
	struct aas_plugin_rule in = attested();
	struct kept k;

	(void)state;
	in.evidence_ssh_ca = LIST(CA);
	assert_int_equal(from(&k, in, "attest"), AAS_OK);
	assert_int_equal(k.rule.effect, AAS_EF_ATTEST);
	assert_true(k.rule.not_before_s == 1767225600);
	assert_true(k.rule.not_after_s > k.rule.not_before_s);
	assert_string_equal(k.rule.evidence_services.v[0], "sso-login");
	assert_int_equal(k.rule.cas_n, 1);
	assert_int_equal(k.rule.cas[0].len, 51);
	assert_memory_equal(k.rule.cas[0].p + 4, "ssh-ed25519", 11);
	aas_arena_free(&k.arena);
	in.users = NULL;
	in.evidence_services = NULL;
	in.groups = LIST("staff");
	assert_int_equal(from(&k, in, "attest"), AAS_OK);
	aas_arena_free(&k.arena);
	refused(in, "not_after", "alone");
	refused(R(.evidence_services = LIST("x")), "not_after", "alone");
	refused(R(.evidence_ssh_ca = LIST("x")), "not_after", "alone");
	refused(R(.not_before = "x", .deny = 1), "not_after", "beside deny");
}

static void
rule_from_takes_an_attestation_that_does_not_count(void **state)
{
	static const char *const flaws[] = { "revoked", "void", "unread" };
	static const char *const alice[] = { "alice", NULL };
	struct aas_plugin_rule in;
	struct kept k;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		in = R(.flaw = flaws[i]);
		if (i < 2)
			in.users = alice;
		assert_int_equal(from(&k, in, "attest"), AAS_OK);
		assert_int_equal(k.rule.effect, AAS_EF_ATTEST);
		assert_int_equal(k.rule.flaw, AAS_FLAW_REVOKED + i);
		assert_true(k.rule.not_after_s == 0);
		aas_arena_free(&k.arena);
		refused(in, "not_after", "alone");
		in = attested();
		in.flaw = flaws[i];
		attest_refused(in, "flaw", "dates or evidence");
		in.not_before = in.not_after = NULL;
		attest_refused(in, "flaw", "dates or evidence");
	}
	in = R(.flaw = "unread", .users = LIST("alice"));
	attest_refused(in, "flaw", "users or groups");
	in = R(.flaw = "void");
	attest_refused(in, "users", "either");
	in = R(.flaw = "old", .users = LIST("alice"));
	attest_refused(in, "flaw", "is not");
	in = R(.flaw = "void", .users = LIST("alice"), .mode = "warn");
	attest_refused(in, "mode", "only be in force");
	in = R(.flaw = "void", .users = LIST("alice"), .services = LIST("a"));
	attest_refused(in, "services", "no other criterion");
}

static void
rule_from_refuses_bad_attestations(void **state)
{
	static const char *const never[] = { "sshd", "login", "su", "sudo",
		"passwd", "other", "gdm-password", "sddm", "lightdm", "greetd",
		"cosmic-greeter", "plasmalogin", "ly", "slim", "common-auth",
		"system-auth", "SSO", "a/b" };
	static const char *const cas[] = { "", "!", "AAAA",
		"AAAAAA==", "AAAAAWE=", "AAAABGE=", "AAAAASAAAAAA",
		"/////3NzaA==", "AAAAQQ==", "AAAAAX8AAA==" };
	struct aas_plugin_rule in = attested();

	(void)state;
	in.not_before = NULL;
	attest_refused(in, "not_after", "after not_before");
	in = attested();
	in.not_after = in.not_before;
	attest_refused(in, "not_after", "after not_before");
	in.not_after = "soon";
	attest_refused(in, "not_after", "not a date");
	in.not_before = "soon";
	attest_refused(in, "not_before", "not a date");
	in = attested();
	in.groups = LIST("g");
	attest_refused(in, "users", "either");
	in.groups = NULL;
	in.users = NULL;
	attest_refused(in, "users", "either");
	in = attested();
	in.evidence_services = NULL;
	attest_refused(in, "evidence_services", "no evidence");
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		in.evidence_services = (const char *const[]){ never[i], NULL };
		attest_refused(in, "evidence_services", "not a name");
	}
	in = attested();
	for (size_t i = 0; i < sizeof(cas) / sizeof(cas[0]); i++) {
		in.evidence_ssh_ca = (const char *const[]){ cas[i], NULL };
		attest_refused(in, "evidence_ssh_ca", "not a public key");
	}
	in.evidence_ssh_ca = LIST(
	    CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA, CA);
	attest_refused(in, "evidence_ssh_ca", "more than 16");
}

static void
rule_from_refuses_more_than_an_attestation_says(void **state)
{
	struct aas_plugin_rule in = attested();

	(void)state;
	in.session = "1h";
	attest_refused(in, "session", "beside an attestation");
	in = attested();
	in.mode = "warn";
	attest_refused(in, "mode", "only be in force");
	in = attested();
	in.services = LIST("x");
	attest_refused(in, "services", "no other");
	in = attested();
	in.hosts = LIST("x");
	attest_refused(in, "services", "no other");
	in = attested();
	in.origin = "local";
	attest_refused(in, "services", "no other");
	in = attested();
	in.networks = LIST("::1");
	attest_refused(in, "services", "no other");
	in = attested();
	in.hours = LIST("00:00-24:00");
	attest_refused(in, "services", "no other");
}

/* --- bounds ----------------------------------------------------------------
 */

/* A list of n times the same text. */
static const char *const *
many(size_t n, const char *s)
{
	const char **v = calloc(n + 1, sizeof(*v));

	assert_non_null(v);
	for (size_t i = 0; i < n; i++)
		v[i] = s;
	return v;
}

static void
rule_from_holds_the_caps_of_lists(void **state)
{
	static const struct {
		size_t max;
		const char *text, *field;
		size_t off;
	} caps[] = {
		{ AAS_NAMES_MAX, "a", "users",
		    offsetof(struct aas_plugin_rule, users) },
		{ AAS_NAMES_MAX, "a", "groups",
		    offsetof(struct aas_plugin_rule, groups) },
		{ AAS_NAMES_MAX, "a", "services",
		    offsetof(struct aas_plugin_rule, services) },
		{ AAS_NAMES_MAX, "a", "hosts",
		    offsetof(struct aas_plugin_rule, hosts) },
		{ AAS_NETS_MAX, "::1", "networks",
		    offsetof(struct aas_plugin_rule, networks) },
		{ 64, "22:00-06:00", "hours",
		    offsetof(struct aas_plugin_rule, hours) },
		{ AAS_AAGUIDS_MAX, "2fc0579f-8113-47ea-b116-bb5a8db9202a",
		    "aaguids", offsetof(struct aas_plugin_rule, aaguids) },
	};
	char name[AAS_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		struct aas_plugin_rule in = R(.require = "enrolled");
		const char *const *list = many(caps[i].max, caps[i].text);

		memcpy((char *)&in + caps[i].off, &list, sizeof(list));
		taken(in);
		free((void *)(uintptr_t)list);
		list = many(caps[i].max + 1, caps[i].text);
		memcpy((char *)&in + caps[i].off, &list, sizeof(list));
		refused(in, caps[i].field, "more than");
		free((void *)(uintptr_t)list);
	}
	memset(name, 'n', sizeof(name));
	name[AAS_NAME_MAX + 1] = '\0';
	refused(R(.deny = 1, .users = LIST(name)), "users", "255 bytes");
	name[AAS_NAME_MAX] = '\0';
	taken(R(.deny = 1, .users = LIST(name)));
}

static void
rule_from_refuses_more_spans_than_fit(void **state)
{
	char texts[64][32];
	const char *list[65] = { NULL };

	(void)state;
	/* 64 windows of each day, none touching: 448. */
	for (size_t i = 0; i < 64; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]),
		    "%02zu:%02zu-%02zu:%02zu", i / 3, i % 3 * 20, i / 3,
		    i % 3 * 20 + 1);
		list[i] = texts[i];
	}
	refused(R(.deny = 1, .hours = list), "hours", "more than 128");
	list[18] = NULL; /* 126 */
	taken(R(.deny = 1, .hours = list));
}

static void
rule_from_honours_the_size_of_the_structure(void **state)
{
	struct {
		struct aas_plugin_rule r;
		uint64_t more;
	} next;
	struct kept k;
	struct aas_plugin_rule in =
	    R(.deny = 1, .training = "excluded", .not_before = "x");

	(void)state;
	/* What an older one has no room for is not said. */
	in.struct_size = offsetof(struct aas_plugin_rule, training);
	taken(in);
	in.struct_size = offsetof(struct aas_plugin_rule, lease_grantors);
	refused(in, "training", "beside deny");
	in.struct_size = offsetof(struct aas_plugin_rule, mode) - 8;
	refused(in, "struct_size", "not a size");
	in.struct_size = sizeof(in) - 4;
	refused(in, "struct_size", "not a size");
	in.struct_size = 5000 / 8 * 8;
	refused(in, "struct_size", "not a size");
	/* A newer one may say no more than we know. */
	memset(&next, 0, sizeof(next));
	next.r = R(.struct_size = sizeof(next), .name = "n", .deny = 1);
	memset(&k, 0, sizeof(k));
	k.fault.struct_size = sizeof(k.fault);
	assert_int_equal(aas_arena_new(&k.arena), AAS_OK);
	assert_int_equal(aas_rule_from(&next.r, "x", gid_of, NULL, k.arena,
			     &k.rule, &k.fault),
	    AAS_OK);
	next.more = 1;
	assert_int_equal(aas_rule_from(&next.r, "x", gid_of, NULL, k.arena,
			     &k.rule, &k.fault),
	    AAS_ERR_FORMAT);
	assert_string_equal(k.fault.field, "struct_size");
	aas_arena_free(&k.arena);
}

static void
rule_from_f62_a_failed_group_look_up_is_no_answer(void **state)
{
	static int fails[] = { AAS_ERR_SYS, AAS_ERR_NOMEM };
	struct aas_plugin_rule in = R(.struct_size = sizeof(in), .name = "r",
	    .deny = 1, .groups = LIST("staff"));
	struct aas_arena *arena = NULL;
	struct aas_rule out;

	(void)state;
	assert_int_equal(aas_arena_new(&arena), AAS_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(aas_rule_from(&in, "files", gid_of, &fails[i],
				     arena, &out, NULL),
		    fails[i]);
	aas_arena_free(&arena);
}

static void
rule_arena_gives_zeroed_memory(void **state)
{
	struct aas_arena *a = NULL;
	uint8_t *p = NULL;

	(void)state;
	assert_int_equal(aas_arena_new(&a), AAS_OK);
	assert_non_null(aas_arena_get(a, 0));
	for (size_t i = 0; i < 3000; i++) {
		size_t n = i % 7 == 0 ? 100000 : i % 100;

		p = aas_arena_get(a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t k = 0; k < n; k += 997)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, n);
	}
	assert_null(aas_arena_get(a, SIZE_MAX));
	assert_null(aas_arena_get(a, SIZE_MAX / 2));
	aas_arena_free(&a);
	assert_null(a);
	aas_arena_free(&a);
	/* a large one first */
	assert_int_equal(aas_arena_new(&a), AAS_OK);
	assert_non_null(aas_arena_get(a, 200000));
	assert_non_null(aas_arena_get(a, 8));
	aas_arena_free(&a);
	calloc_fails = 1;
	assert_int_equal(aas_arena_new(&a), AAS_ERR_NOMEM);
	calloc_fails = 0;
}

/*
 * Every piece of memory but the first fails once; pieces are made larger than
 * a chunk's rest by taking the rest away.
 */
static void
rule_from_h2_without_memory_there_is_no_rule(void **state)
{
	const struct aas_plugin_rule in[] = {
		R(.struct_size = sizeof(in[0]), .name = "r", .users = LIST("a"),
		    .groups = LIST("g"), .services = LIST("s"),
		    .hosts = LIST("h"), .networks = LIST("::1"),
		    .hours = LIST("00:00-01:00"),
		    .aaguids = LIST("2fc0579f-8113-47ea-b116-bb5a8db9202a")),
		R(.struct_size = sizeof(in[0]), .name = "r",
		    .lease_grantors = LIST("g"), .lease_accounts = LIST("a"),
		    .lease_max = "1h"),
		R(.struct_size = sizeof(in[0]), .name = "r", .users = LIST("a"),
		    .not_before = "2026-01-01T00:00:00Z",
		    .not_after = "2026-07-01T00:00:00Z",
		    .evidence_services = LIST("e"),
		    .evidence_ssh_ca = LIST(CA)),
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int failed = 0;

		/* Leave room for k pieces of 16 bytes, then nothing. */
		for (size_t k = 0; k < 64; k++) {
			struct aas_arena *arena = NULL;
			struct aas_rule out = { .name = "untouched" };
			int r = 0;

			assert_int_equal(aas_arena_new(&arena), AAS_OK);
			for (size_t n = 0; n + k < 4096; n++)
				assert_non_null(aas_arena_get(arena, 16));
			calloc_fails = 1;
			r = aas_rule_from(
			    &in[i], "attest", gid_of, NULL, arena, &out, NULL);
			if (r != AAS_OK) {
				assert_int_equal(r, AAS_ERR_NOMEM);
				assert_string_equal(out.name, "untouched");
				failed++;
			}
			calloc_fails = 0;
			aas_arena_free(&arena);
		}
		assert_true(failed > 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_net_takes_networks),
		cmocka_unit_test(rule_net_refuses_what_is_none),
		cmocka_unit_test(rule_hours_gives_minutes_of_the_week),
		cmocka_unit_test(rule_hours_refuses_what_is_none),
		cmocka_unit_test(rule_aaguid_takes_one_form),
		cmocka_unit_test(rule_from_takes_every_criterion_and_term),
		cmocka_unit_test(rule_from_knows_each_effect),
		cmocka_unit_test(rule_from_refuses_bad_names),
		cmocka_unit_test(rule_from_without_a_name_is_refused),
		cmocka_unit_test(rule_from_refuses_bad_values),
		cmocka_unit_test(rule_from_refuses_what_makes_no_sense),
		cmocka_unit_test(rule_from_refuses_terms_beside_an_effect),
		cmocka_unit_test(rule_from_refuses_criteria_beside_an_effect),
		cmocka_unit_test(rule_from_refuses_bad_leases),
		cmocka_unit_test(
		    rule_from_takes_an_attestation_of_its_source_alone),
		cmocka_unit_test(
		    rule_from_takes_an_attestation_that_does_not_count),
		cmocka_unit_test(rule_from_refuses_bad_attestations),
		cmocka_unit_test(
		    rule_from_refuses_more_than_an_attestation_says),
		cmocka_unit_test(rule_from_holds_the_caps_of_lists),
		cmocka_unit_test(rule_from_refuses_more_spans_than_fit),
		cmocka_unit_test(rule_from_honours_the_size_of_the_structure),
		cmocka_unit_test(
		    rule_from_f62_a_failed_group_look_up_is_no_answer),
		cmocka_unit_test(rule_arena_gives_zeroed_memory),
		cmocka_unit_test(rule_from_h2_without_memory_there_is_no_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
