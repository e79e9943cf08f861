/*
 * seeds_plugin DIR: as seeds, for what a worker says.
 */
#include "policy/source/wire.h"
#include "tests/fuzz/seed.h"

/* A message of the stream, or alone. */
static void
plugin_add(struct aas_wr *w, uint8_t type)
{
	uint8_t head[5] = { 0, 0, 0, 0, type };

	seed_must(aas_wr_end(w, &seed_part_n) == 0, "plugin");
	head[2] = (uint8_t)((seed_part_n + 1) >> 8);
	head[3] = (uint8_t)(seed_part_n + 1);
	seed_add(head, sizeof(head));
	seed_add(seed_part, seed_part_n);
}

static void
plugin(void)
{
	static const char *const names[] = { "alice", "bob", NULL };
	static const char *const nets[] = { "192.0.2.0/24", "2001:db8::/32",
		NULL };
	static const char *const hours[] = { "Mon-Fri 08:00-18:00", NULL };
	struct aas_plugin_rule r = { .line = 3,
		.file = "/etc/aas/policy.conf",
		.name = "staff",
		.mode = "warn",
		.users = names,
		.groups = names,
		.networks = nets,
		.hours = hours,
		.require = "enrolled",
		.from = "2026-06-01T00:00:00Z",
		.session = "12h" };
	struct aas_pw_report rp = { 2, 7, "/etc/aas/policy.conf", "hello" };
	struct aas_origin_file f = { .path = "/etc/aas/policy.conf",
		.size = 100 };
	struct aas_pw_query q = { "/etc/aas", "/usr/lib/aas/policy", 1, 2,
		"alice", 1000, names, "sshd" };
	struct aas_wr w;

	aas_wr_init(&w, seed_part, sizeof(seed_part));
	aas_pw_rule_put(&w, &r);
	seed_must(aas_wr_end(&w, &seed_part_n) == 0, "plugin");
	seed_save_part("plugin", "rule", 0, 0);
	aas_wr_init(&w, seed_part, sizeof(seed_part));
	aas_pw_query_put(&w, &q);
	seed_must(aas_wr_end(&w, &seed_part_n) == 0, "plugin");
	seed_save_part("plugin", "query", 0, 1);
	seed_begin("\2", 1);
	aas_wr_init(&w, seed_part, sizeof(seed_part));
	aas_pw_rule_put(&w, &r);
	plugin_add(&w, AAS_PW_RULE);
	aas_wr_init(&w, seed_part, sizeof(seed_part));
	aas_pw_report_put(&w, &rp);
	plugin_add(&w, AAS_PW_REPORT);
	aas_wr_init(&w, seed_part, sizeof(seed_part));
	aas_pw_file_put(&w, &f);
	plugin_add(&w, AAS_PW_FILE);
	aas_wr_init(&w, seed_part, sizeof(seed_part));
	aas_pw_end_put(&w, AAS_PLUGIN_SUCCESS);
	plugin_add(&w, AAS_PW_END);
	seed_save("plugin", "stream");
}

int
main(int argc, char **argv)
{
	seed_must(argc == 2, "seeds_plugin DIR");
	seed_top = argv[1];
	plugin();
	return 0;
}
