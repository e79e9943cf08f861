/*
 * seeds_plugin DIR: as seeds, for what a worker says.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/source/wire.h"

static const char *top;
static uint8_t out[65536], part[65536];
static size_t out_n, part_n;

static void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "seeds: %s\n", what);
		exit(1);
	}
}

static void
save(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, dir);
	(void)mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", top, dir, name);
	must((f = fopen(path, "we")) != NULL, path);
	must(fwrite(out, 1, out_n, f) == out_n, path);
	must(fclose(f) == 0, path);
}

static void
begin(const void *p, size_t n)
{
	memcpy(out, p, n);
	out_n = n;
}

static void
add(const void *p, size_t n)
{
	memcpy(out + out_n, p, n);
	out_n += n;
}

static void
save_part(const char *dir, const char *name, int r, uint8_t which)
{
	must(r == 0, name);
	begin(&which, 1);
	add(part, part_n);
	save(dir, name);
}

/* A message of the stream, or alone. */
static void
plugin_add(struct aas_wr *w, uint8_t type)
{
	uint8_t head[5] = { 0, 0, 0, 0, type };

	must(aas_wr_end(w, &part_n) == 0, "plugin");
	head[2] = (uint8_t)((part_n + 1) >> 8);
	head[3] = (uint8_t)(part_n + 1);
	add(head, sizeof(head));
	add(part, part_n);
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

	aas_wr_init(&w, part, sizeof(part));
	aas_pw_rule_put(&w, &r);
	must(aas_wr_end(&w, &part_n) == 0, "plugin");
	save_part("plugin", "rule", 0, 0);
	aas_wr_init(&w, part, sizeof(part));
	aas_pw_query_put(&w, &q);
	must(aas_wr_end(&w, &part_n) == 0, "plugin");
	save_part("plugin", "query", 0, 1);
	begin("\2", 1);
	aas_wr_init(&w, part, sizeof(part));
	aas_pw_rule_put(&w, &r);
	plugin_add(&w, AAS_PW_RULE);
	aas_wr_init(&w, part, sizeof(part));
	aas_pw_report_put(&w, &rp);
	plugin_add(&w, AAS_PW_REPORT);
	aas_wr_init(&w, part, sizeof(part));
	aas_pw_file_put(&w, &f);
	plugin_add(&w, AAS_PW_FILE);
	aas_wr_init(&w, part, sizeof(part));
	aas_pw_end_put(&w, AAS_PLUGIN_SUCCESS);
	plugin_add(&w, AAS_PW_END);
	save("plugin", "stream");
}

int
main(int argc, char **argv)
{
	must(argc == 2, "seeds_plugin DIR");
	top = argv[1];
	plugin();
	return 0;
}
