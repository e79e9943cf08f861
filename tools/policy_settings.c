/*
 * The settings of aas.conf(5) as a policy has them: rules of their own, and
 * what stands for all.
 *
 * A group that does not exist MUST be an error with its line, never a rule
 * that binds nobody.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/source/groups.h"
#include "tools/policy_build.h"

void
policy_say(FILE *out, const char *fmt, ...)
{
	va_list ap;

	if (out == NULL)
		return;
	va_start(ap, fmt);
	(void)vfprintf(out, fmt, ap);
	va_end(ap);
	(void)fputc('\n', out);
}

char *
policy_place(struct policy_build *b, uint32_t line)
{
	char shown[PATH_MAX];
	char text[PATH_MAX + 16];
	char *p = NULL;

	(void)aas_printable(shown, sizeof(shown), b->conf_path);
	if (line != 0)
		(void)snprintf(text, sizeof(text), "%s:%u", shown, line);
	else
		(void)snprintf(text, sizeof(text), "%s", shown);
	if ((p = aas_arena_get(b->arena, strlen(text) + 1)) != NULL)
		memcpy(p, text, strlen(text));
	return p;
}

static int
names(struct policy_build *b, const struct aas_conf_list *l,
    struct aas_names *dst)
{
	if (l->n == 0)
		return AAS_OK;
	dst->v = aas_arena_get(b->arena, l->n * sizeof(*dst->v));
	if (dst->v == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < l->n; i++)
		dst->v[i] = l->v[i]; /* the settings live as long */
	dst->n = (uint32_t)l->n;
	return AAS_OK;
}

static int
resolve(struct policy_build *b, const struct aas_names *groups,
    const gid_t **gids, FILE *out)
{
	struct aas_groups *g = NULL;
	char shown[256];
	gid_t *v = aas_arena_get(b->arena, (groups->n + 1) * sizeof(*v));
	int r = v != NULL ? aas_groups_new(&g) : AAS_ERR_NOMEM;

	for (uint32_t i = 0; r == AAS_OK && i < groups->n; i++) {
		r = aas_groups_gid(g, groups->v[i], &v[i]);
		if (r == AAS_OK)
			continue;
		policy_say(out, "%s: required_groups: \"%s\" %s",
		    policy_place(b, b->conf->at.required_groups),
		    aas_printable(shown, sizeof(shown), groups->v[i]),
		    r == AAS_ERR_NOTFOUND ? "is not a group of this host"
					  : "cannot be looked up");
	}
	aas_groups_free(&g);
	if (r == AAS_OK)
		*gids = v;
	return r;
}

int
policy_settings_rules(struct policy_build *b, struct aas_rule *rules, FILE *out)
{
	const struct aas_conf *c = b->conf;
	const struct {
		const char *name;
		const struct aas_conf_list *list;
		uint32_t line;
		uint8_t effect;
	} of[POLICY_SETTINGS] = {
		{ "required_users", &c->required_users, c->at.required_users,
		    AAS_EF_REQUIRE },
		{ "required_groups", &c->required_groups, c->at.required_groups,
		    AAS_EF_REQUIRE },
		{ "exempt_services", &c->exempt_services, c->at.exempt_services,
		    AAS_EF_EXEMPT },
	};
	size_t n = 0;
	int r = AAS_OK;

	for (size_t i = 0; i < POLICY_SETTINGS && r == AAS_OK; i++) {
		struct aas_rule *rule = &rules[n];

		if (of[i].list->n == 0)
			continue;
		rule->source = "settings";
		rule->name = of[i].name;
		rule->mode = AAS_MODE_ENFORCE;
		rule->effect = of[i].effect;
		rule->where = policy_place(b, of[i].line);
		if (of[i].effect == AAS_EF_REQUIRE)
			rule->from_s = c->required_from_s;
		r = rule->where == NULL ? AAS_ERR_NOMEM
		    : i == 0            ? names(b, of[i].list, &rule->users)
		    : i == 1            ? names(b, of[i].list, &rule->groups)
					: names(b, of[i].list, &rule->services);
		if (r == AAS_OK && i == 1)
			r = resolve(b, &rule->groups, &rule->gids, out);
		n++;
	}
	b->settings_n = n;
	return r;
}

void
policy_settings_plain(const struct aas_conf *c, struct aas_policy_source *s)
{
	(void)snprintf(s->realm, sizeof(s->realm), "%s", c->realm);
	(void)snprintf(s->statedir, sizeof(s->statedir), "%s", c->state_dir);
	(void)snprintf(s->rundir, sizeof(s->rundir), "%s", c->run_dir);
	(void)snprintf(
	    s->libexecdir, sizeof(s->libexecdir), "%s", c->libexec_dir);
	s->enrolled_min = c->enrolled_min;
	s->present = c->present;
	s->uv = c->uv;
	s->server_keys = c->server_keys;
	s->sudo = c->sudo;
	s->timeout_s = c->timeout_s;
	s->codex_grace_s = (uint8_t)c->codex_grace_s;
	s->session_s = c->session_s;
	s->idle_s = c->idle_s;
	s->reauth_s = c->reauth_s;
	s->degraded_s = c->degraded_s;
	s->total_s = c->total_s;
	s->keeper = c->keeper;
}
