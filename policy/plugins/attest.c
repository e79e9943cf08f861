/*
 * The source "attest": what the organization has signed, as rules.
 *
 * 1. Only a statement whose signature and claims hold MUST become a rule that
 *    waives anything.  One that has expired, or is not valid yet, becomes one
 *    with its dates; any other one with its flaw, and without dates and
 *    evidence: a refusal can say which, and nothing else comes of it.
 * 2. A mistake in a signer's file MUST NOT look like "nothing attested": the
 *    last good policy stays.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/attest/set.h"
#include "policy/plugin.h"

#define STAMP sizeof("9999-12-31T23:59:59Z")

static int
stamp(int64_t s, char dst[STAMP])
{
	time_t t = (time_t)s;
	struct tm tm;

	return gmtime_r(&t, &tm) != NULL &&
	    strftime(dst, STAMP, "%Y-%m-%dT%H:%M:%SZ", &tm) == STAMP - 1;
}

/* A group that this host does not have; anything else is a mistake. */
static int
no_group(const struct aas_plugin_fault *f)
{
	return strcmp(f->field, "groups") == 0 &&
	    strstr(f->text, "is not a group of this host") != NULL;
}

static int
hand_over(const struct aas_plugin_host *h, const struct aas_plugin_rule *r)
{
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };
	char text[400];

	if (h->rule(h->ctx, r, &f) == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "%s: %s", f.field, f.text);
	h->report(h->ctx, no_group(&f) ? AAS_PLUGIN_NOTE : AAS_PLUGIN_ERROR,
	    r->file, 0, text);
	return no_group(&f) ? 0 : -1;
}

/* Its number is its own, if it was signed at all: so it is called by its place.
 */
static int
flawed_rule(const struct aas_plugin_host *h, const struct aas_attest_token *t,
    size_t place)
{
	const char *user[] = { t->is.user, NULL };
	const char *group[] = { t->is.group, NULL };
	char name[64];
	struct aas_plugin_rule r = {
		.struct_size = sizeof(r),
		.file = t->path,
		.name = name,
		.flaw = aas_attest_flaw(t),
	};

	(void)snprintf(name, sizeof(name), "attest-%s-%zu", r.flaw, place + 1);
	if (t->why != AAS_AW_PERMS && t->is.user[0] != '\0')
		r.users = user;
	else if (t->why != AAS_AW_PERMS)
		r.groups = group;
	return hand_over(h, &r);
}

static int
one_rule(const struct aas_plugin_host *h, const struct aas_attest_token *t,
    const struct aas_signer *s)
{
	const char *user[] = { t->is.user, NULL };
	const char *group[] = { t->is.group, NULL };
	char name[sizeof("attest-") + sizeof(t->is.id)];
	char from[STAMP], until[STAMP];
	struct aas_plugin_rule r = {
		.struct_size = sizeof(r),
		.file = t->path,
		.name = name,
		.users = t->is.user[0] != '\0' ? user : NULL,
		.groups = t->is.group[0] != '\0' ? group : NULL,
		.not_before = from,
		.not_after = until,
		.evidence_services = (const char *const *)s->services,
		.evidence_ssh_ca = (const char *const *)s->cas,
	};

	(void)snprintf(name, sizeof(name), "attest-%s", t->is.id);
	if (!stamp(t->is.not_before_s, from) ||
	    !stamp(t->is.not_after_s, until))
		return -1;
	return hand_over(h, &r);
}

static int
named(const char *const *list, const char *name)
{
	for (; list != NULL && *list != NULL; list++) {
		if (strcmp(*list, name) == 0)
			return 1;
	}
	return 0;
}

/* Is it about this user?  rules() asks about everybody. */
static int
about(const struct aas_plugin_query *q, const struct aas_attest_token *t)
{
	const struct aas_claims *c = &t->is;

	if (q->user == NULL || t->why == AAS_AW_PERMS)
		return 1;
	return c->user[0] != '\0' ? strcmp(c->user, q->user) == 0
				  : named(q->groups, c->group);
}

static int
run(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	const struct aas_attest_io io = { h->ctx, h->read, h->release, h->list,
		h->report };
	struct aas_attest_set *set = NULL;
	char dir[512];
	int status = AAS_PLUGIN_NOTFOUND;
	int unread = 0;
	int r = 0;

	if (snprintf(dir, sizeof(dir), "%s/attest", q->confdir) >=
	    (int)sizeof(dir) - 16)
		return AAS_PLUGIN_UNAVAIL;
	r = aas_attest_load(&io, dir, q->now_s, &set);
	if (r == AAS_ATTEST_NOTHING)
		return AAS_PLUGIN_NOTFOUND;
	if (r != 0)
		return AAS_PLUGIN_UNAVAIL;
	for (size_t i = 0; i < set->tokens_n; i++) {
		const struct aas_attest_token *t = &set->tokens[i];
		int sound = aas_attest_rules(t->why);

		if ((!sound && aas_attest_flaw(t) == NULL) || !about(q, t))
			continue;
		/* Of files that nobody can trust one is enough to say so. */
		if (t->why == AAS_AW_PERMS && unread++ > 0)
			continue;
		status = AAS_PLUGIN_SUCCESS;
		if ((sound ? one_rule(h, t, &set->signers[t->signer])
			   : flawed_rule(h, t, i)) != 0) {
			status = AAS_PLUGIN_UNAVAIL;
			break;
		}
	}
	aas_attest_unload(&set);
	return status;
}

static int
rules(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	struct aas_plugin_query all = *q;

	all.user = NULL;
	return run(h, &all);
}

static int
lookup(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	return q->user != NULL ? run(h, q) : AAS_PLUGIN_UNAVAIL;
}

extern const struct aas_plugin aas_policy_plugin;
__attribute__((visibility("default")))
const struct aas_plugin aas_policy_plugin = {
	.magic = AAS_PLUGIN_MAGIC,
	.struct_size = sizeof(struct aas_plugin),
	.major = AAS_PLUGIN_MAJOR,
	.minor = AAS_PLUGIN_MINOR,
	.name = "attest",
	.rules = rules,
	.lookup = lookup,
};
