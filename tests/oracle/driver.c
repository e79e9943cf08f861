/*
 * The library's side of compare.py: reads policies and requests as JSON, one
 * per line, and prints each decision in compare.py's words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "policy/policy.h"
#include "policy/rule.h"

#define LINE_MAX_B (1 << 20)
#define LIST_MAX_N 64
#define KEYS_MAX_N 8

static const char *const group_names[] = { "staff", "ops", "build", "guests",
	"cyber", "all", "root", "aas" };

static void
die(const char *what)
{
	(void)fprintf(stderr, "oracle: %s\n", what);
	exit(2);
}

static int
gid_of(void *arg, const char *name, gid_t *gid)
{
	(void)arg;
	for (unsigned i = 0; i < sizeof(group_names) / sizeof(*group_names);
	     i++) {
		if (strcmp(name, group_names[i]) == 0) {
			*gid = 2000 + i * 7;
			return AAS_OK;
		}
	}
	return AAS_ERR_NOTFOUND;
}

static const char *
text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static int64_t
number(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_true(v) ? 1 : json_integer_value(v);
}

/* A list that ends with NULL, or NULL if it is not said. */
static const char *const *
list(const json_t *o, const char *name)
{
	const json_t *a = json_object_get(o, name);
	const char **v;

	if (a == NULL)
		return NULL;
	if ((v = calloc(json_array_size(a) + 1, sizeof(*v))) == NULL)
		die("no memory");
	for (size_t i = 0; i < json_array_size(a); i++)
		v[i] = json_string_value(json_array_get(a, i));
	return v;
}

static void
lists_free(struct aas_plugin_rule *r)
{
	free((void *)(uintptr_t)r->users);
	free((void *)(uintptr_t)r->groups);
	free((void *)(uintptr_t)r->services);
	free((void *)(uintptr_t)r->hosts);
	free((void *)(uintptr_t)r->networks);
	free((void *)(uintptr_t)r->hours);
	free((void *)(uintptr_t)r->aaguids);
	free((void *)(uintptr_t)r->lease_grantors);
	free((void *)(uintptr_t)r->lease_accounts);
	free((void *)(uintptr_t)r->evidence_services);
	free((void *)(uintptr_t)r->evidence_ssh_ca);
}

static void
rule_of(const json_t *o, struct aas_arena *arena, struct aas_rule *out)
{
	const json_t *lease = json_object_get(o, "lease");
	struct aas_plugin_fault fault = { .struct_size = sizeof(fault) };
	struct aas_plugin_rule r = {
		.struct_size = sizeof(r),
		.file = "oracle",
		.name = text(o, "name"),
		.mode = text(o, "mode"),
		.users = list(o, "users"),
		.groups = list(o, "groups"),
		.services = list(o, "services"),
		.hosts = list(o, "hosts"),
		.networks = list(o, "networks"),
		.hours = list(o, "hours"),
		.origin = text(o, "origin"),
		.deny = (int)number(o, "deny"),
		.exempt = (int)number(o, "exempt"),
		.break_glass = (int)number(o, "break_glass"),
		.require = text(o, "require"),
		.from = text(o, "from"),
		.grace = text(o, "grace"),
		.enrolled = (int)number(o, "enrolled"),
		.present = (int)number(o, "present"),
		.uv = text(o, "uv"),
		.device_bound = (int)number(o, "device_bound"),
		.aaguids = list(o, "aaguids"),
		.session = text(o, "session"),
		.idle = text(o, "idle"),
		.reauth = text(o, "reauth"),
		.window = text(o, "window"),
		.alert = text(o, "alert"),
		.training = text(o, "training"),
		.sudo = text(o, "sudo"),
		.lease_grantors = list(lease, "grantors"),
		.lease_accounts = list(lease, "accounts"),
		.lease_max = text(lease, "max"),
		.not_before = text(o, "not_before"),
		.not_after = text(o, "not_after"),
		.evidence_services = list(o, "evidence_services"),
		.evidence_ssh_ca = list(o, "evidence_ssh_ca"),
		.flaw = text(o, "flaw"),
	};

	if (aas_rule_from(&r,
		r.not_before != NULL || r.flaw != NULL ? "attest" : "oracle",
		gid_of, NULL, arena, out, &fault) != AAS_OK) {
		(void)fprintf(stderr, "oracle: rule %s: %s: %s\n", r.name,
		    fault.field, fault.text);
		exit(2);
	}
	lists_free(&r);
}

static void
zone_of(const json_t *a, struct aas_zone_step *zone)
{
	for (size_t i = 0; i < json_array_size(a) && i < LIST_MAX_N; i++) {
		const json_t *step = json_array_get(a, i);

		zone[i].at_s = json_integer_value(json_array_get(step, 0));
		zone[i].offset_s =
		    (int32_t)json_integer_value(json_array_get(step, 1));
	}
}

static const char *const sudos[] = { "", "fresh-sign-in", "agent", "local-key",
	"deny" };

static uint8_t
sudo_of(const char *word)
{
	for (uint8_t i = 0; i < 5; i++) {
		if (strcmp(sudos[i], word) == 0)
			return i;
	}
	die("sudo");
	return 0;
}

static void
build(const json_t *o, struct aas_policy **p)
{
	const json_t *s = json_object_get(o, "settings");
	const json_t *rules = json_object_get(o, "rules");
	const json_t *steps = json_object_get(o, "zone");
	struct aas_zone_step zone[LIST_MAX_N];
	struct aas_policy_source src = {
		.realm = "example.org",
		.statedir = "/var/lib/aas",
		.rundir = "/run/aas",
		.libexecdir = "/usr/libexec/aas",
		.enrolled_min = (uint8_t)number(s, "enrolled"),
		.present = (uint8_t)number(s, "present"),
		.uv = (uint8_t)number(s, "uv"),
		.timeout_s = (uint32_t)number(s, "timeout"),
		.session_s = number(s, "session"),
		.idle_s = number(s, "idle"),
		.reauth_s = number(s, "reauth"),
		.sudo = sudo_of(text(s, "sudo")),
		.built_s = 1,
		.rules_n = json_array_size(rules),
		.zone_n = json_array_size(steps),
		.zone = zone,
	};
	struct aas_arena *arena = NULL;
	struct aas_rule *typed = calloc(src.rules_n + 1, sizeof(*typed));
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (typed == NULL || aas_arena_new(&arena) != AAS_OK)
		die("no memory");
	zone_of(steps, zone);
	for (size_t i = 0; i < src.rules_n; i++)
		rule_of(json_array_get(rules, i), arena, &typed[i]);
	src.rules = typed;
	aas_policy_free(p);
	if (aas_policy_compile(&src, &bytes, &len) != AAS_OK)
		die("cannot compile");
	if (aas_policy_parse(bytes, len, p) != AAS_OK)
		die("cannot read what was compiled");
	free(bytes);
	free(typed);
	aas_arena_free(&arena);
}

static const char *
verdict_word(uint32_t v)
{
	switch (v) {
	case AAS_V_DENY:
		return "deny";
	case AAS_V_OUT:
		return "exempt";
	case AAS_V_REQUIRE:
		return "require";
	case AAS_V_OPTIONAL:
		return "optional";
	default:
		return "?";
	}
}

static void
print_rules(const struct aas_decision *d)
{
	if (d->verdict == AAS_V_OPTIONAL || d->rules_n == 0) {
		(void)printf(" -");
		return;
	}
	for (unsigned i = 0; i < d->rules_n; i++)
		(void)printf("%s%u", i == 0 ? " " : ",", d->rules[i]);
}

static void
print_stage(const struct aas_policy *p, const struct aas_decision *d,
    const json_t *keys)
{
	static const char *const attests[] = { "none", "shown", "pending",
		"missing", "expired", "future", "revoked", "void", "unread" };
	const char *reason = aas_policy_reason(d->reason);
	int required = d->verdict == AAS_V_REQUIRE;

	if (strcmp(reason, "groups") == 0) {
		(void)printf("%s groups|", verdict_word(d->verdict));
		return;
	}
	(void)printf("%s %s %lld %s %lld %d %d %d %d %d %d %d %d %u %lld %lld "
		     "%lld %s %d",
	    verdict_word(d->verdict), reason,
	    (long long)(required ? d->from_s : 0),
	    d->attest < 9 ? attests[d->attest] : "?",
	    (long long)d->attest_until_s, required && d->wants_since,
	    d->break_glass, d->enrolled_min, d->present, d->uv, d->device_bound,
	    d->alert, d->training, d->timeout_s, (long long)d->session_s,
	    (long long)d->idle_s, (long long)d->reauth_s,
	    d->sudo < 5 ? sudos[d->sudo] : "?", d->wants_lease);
	print_rules(d);
	(void)printf(" ");
	for (size_t i = 0; i < json_array_size(keys); i++) {
		const json_t *key = json_array_get(keys, i);
		uint8_t aaguid[16];

		if (aas_rule_aaguid(json_string_value(json_array_get(key, 0)),
			aaguid) != AAS_OK)
			die("aaguid");
		(void)printf("%d",
		    aas_policy_key(
			p, d, aaguid, json_is_true(json_array_get(key, 1))));
	}
	(void)printf("|");
}

static void
ask(const json_t *o, const struct aas_policy *p)
{
	const json_t *groups = json_object_get(o, "groups");
	const char *ca = text(o, "ca_state");
	struct aas_answer a = { .size = sizeof(a) };
	gid_t gids[LIST_MAX_N];
	uint8_t ca_key[512];
	size_t ca_len = 0;
	int64_t max_s = 0;
	struct aas_query q = {
		.size = sizeof(q),
		.user = text(o, "user"),
		.uid = 1000,
		.gids = gids,
		.gids_n =
		    json_is_array(groups) ? (int)json_array_size(groups) : -1,
		.service = text(o, "service"),
		.host = text(o, "host"),
		.remote = (int)number(o, "remote"),
		.now_s = number(o, "now"),
		.since_s = number(o, "since"),
		.lease_s = number(o, "lease"),
	};

	for (size_t i = 0; i < json_array_size(groups); i++)
		(void)gid_of(NULL, json_string_value(json_array_get(groups, i)),
		    &gids[i]);
	if (text(o, "addr") != NULL && q.remote) {
		if (aas_policy_addr(text(o, "addr"), q.addr) != AAS_OK)
			die("addr");
		q.addr_known = 1;
	}
	q.ca_state = strcmp(ca, "unknown") == 0 ? AAS_CA_UNKNOWN
	    : strcmp(ca, "known") == 0          ? AAS_CA_KNOWN
						: AAS_CA_NONE;
	if (q.ca_state == AAS_CA_KNOWN) {
		if (aas_b64_parse(text(o, "ca"), strlen(text(o, "ca")), ca_key,
			sizeof(ca_key), &ca_len) != AAS_OK)
			die("ca");
		q.ca = ca_key;
		q.ca_len = (uint16_t)ca_len;
	}
	if (aas_policy_eval(p, &q, &a) != AAS_OK)
		die("eval");
	print_stage(p, &a.now, json_object_get(o, "keys"));
	print_stage(p, &a.warn, json_object_get(o, "keys"));
	print_stage(p, &a.observe, json_object_get(o, "keys"));
	if (aas_policy_lease(p, &q, text(o, "account"), &max_s) != AAS_OK)
		max_s = 0;
	(void)printf("%lld\n", (long long)max_s);
}

int
main(void)
{
	static char line[LINE_MAX_B];
	struct aas_policy *p = NULL;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		json_t *o = json_loads(line, 0, NULL);

		if (json_object_get(o, "policy") != NULL)
			build(json_object_get(o, "policy"), &p);
		else if (json_object_get(o, "request") != NULL && p != NULL)
			ask(json_object_get(o, "request"), p);
		else
			die("neither policy nor request");
		json_decref(o);
	}
	aas_policy_free(&p);
	return ferror(stdin) || fflush(stdout) != 0;
}
