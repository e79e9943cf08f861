/*
 * What no mistake of a file is, and yet hardly meant: names that this host does
 * not have, places that a service never sees, a source of groups that cannot
 * be loaded.  For `aasctl policy check`.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/service.h"
#include "lib/user.h"
#include "tools/policy_build.h"
#include "tools/stacks.h"

#define NSSWITCH "/etc/nsswitch.conf"
#define SAID_MAX 20   /* nobody reads more */
#define ASK_MAX  1000 /* users: a directory may be slow */

struct lint {
	FILE *out;
	int said, asked;
};

static int
has(const struct aas_names *l, const char *name)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i], name) == 0)
			return 1;
	}
	return 0;
}

static void
say(struct lint *t, const struct aas_rule *r, const char *field,
    const char *name, const char *what)
{
	if (t->said++ < SAID_MAX)
		policy_say(
		    t->out, "%s: %s: \"%s\" %s", r->where, field, name, what);
}

static void
users(struct lint *t, const struct aas_rule *r)
{
	struct aas_user u;

	for (uint32_t i = 0; i < r->users.n && t->asked < ASK_MAX; i++) {
		t->asked++;
		if (aas_user_name(r->users.v[i], &u) == AAS_ERR_NOTFOUND)
			say(t, r, "users", r->users.v[i],
			    "is not a user of this host");
	}
}

static int
service_known(const struct aas_names *l, const char *name)
{
	char path[512];

	/* Ours, which is no PAM service; and what policy_alias.c adds. */
	if (strcmp(name, "aasctl") == 0 ||
	    (strcmp(name, "sudo-i") == 0 && has(l, "sudo")) ||
	    (strcmp(name, "su-l") == 0 && has(l, "su")))
		return 1;
	for (const char *const *dir = aas_stacks_dirs; *dir != NULL; dir++) {
		(void)snprintf(path, sizeof(path), "%s/%s", *dir, name);
		if (access(path, F_OK) == 0)
			return 1;
	}
	return 0;
}

static void
services(struct lint *t, const struct aas_rule *r)
{
	uint32_t inside = 0;

	for (uint32_t i = 0; i < r->services.n; i++) {
		const char *name = r->services.v[i];

		inside += (uint32_t)aas_service_inside(name);
		if (!service_known(&r->services, name))
			say(t, r, "services", name,
			    "has no file in /etc/pam.d");
	}
	if (r->services.n > 0 && inside == r->services.n &&
	    (r->origin != 0 || r->nets_n > 0))
		say(t, r, r->origin != 0 ? "origin" : "networks",
		    r->services.v[0],
		    "is always at this machine, also inside a session from "
		    "another one: see \"sudo\" in aas-policy(5)");
}

/* One word of the line of groups. */
static void
source(struct lint *t, const char *name)
{
	char lib[128];
	void *h = NULL;

	/* These are in the C library itself. */
	if (strcmp(name, "files") == 0 || strcmp(name, "dns") == 0 ||
	    snprintf(lib, sizeof(lib), "libnss_%s.so.2", name) >=
		(int)sizeof(lib))
		return;
	if ((h = dlopen(lib, RTLD_LAZY | RTLD_LOCAL)) != NULL) {
		(void)dlclose(h);
		return;
	}
	if (t->said++ < SAID_MAX)
		policy_say(t->out,
		    NSSWITCH ": group: %s cannot be loaded: the groups of that "
			     "source are missing",
		    lib);
}

static void
group_line(struct lint *t, char *line)
{
	char *rest = NULL;
	char *word = NULL;

	line[strcspn(line, "#\n")] = '\0';
	line += strspn(line, " \t");
	if (strncmp(line, "group:", 6) != 0)
		return;
	/* [NOTFOUND=return] is no source. */
	for (char *p = line; (p = strchr(p, '[')) != NULL;) {
		while (*p != '\0' && *p != ']')
			*p++ = ' ';
		if (*p == ']')
			*p = ' ';
	}
	for (word = strtok_r(line + 6, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest))
		source(t, word);
}

static void
sources(struct lint *t)
{
	FILE *f = fopen(NSSWITCH, "re");
	char *line = NULL;
	size_t cap = 0;

	if (f == NULL)
		return;
	while (getline(&line, &cap, f) != -1)
		group_line(t, line);
	free(line);
	(void)fclose(f);
}

char *
policy_lint(const struct policy_build *b)
{
	char *text = NULL;
	size_t len = 0;
	struct lint t = { .out = open_memstream(&text, &len) };
	int groups = 0;

	if (t.out == NULL)
		return NULL;
	for (size_t i = 0; i < b->src.rules_n; i++) {
		const struct aas_rule *r = &b->src.rules[i];

		groups |= r->groups.n > 0;
		/* An attestation may be about people of other hosts. */
		if (r->effect == AAS_EF_ATTEST)
			continue;
		users(&t, r);
		services(&t, r);
	}
	if (groups)
		sources(&t);
	if (t.said > SAID_MAX)
		policy_say(t.out, "and %d more", t.said - SAID_MAX);
	if (fclose(t.out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
