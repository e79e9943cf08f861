#ifndef AAS_TOOLS_POLICY_BUILD_H
#define AAS_TOOLS_POLICY_BUILD_H

#include <limits.h>

#include "lib/conf/conf.h"
#include "policy/rule.h"
#include "policy/source/source.h"

/*
 * From aas.conf(5) and the sources it names to the bytes of policy.bin.  For
 * aasctl; libconfig is in it, so it never enters a daemon.
 */
enum {
	POLICY_OWN_CONF,
	POLICY_OWN_ZONE,
	POLICY_OWN_GROUPS,
	POLICY_OWN_USERS,
	POLICY_OWN
};

struct policy_build {
	/* from the caller */
	char conf_path[PATH_MAX]; /* absolute; sources look beside it */
	int64_t now_s;
	/* what was made; policy_build_free() */
	struct aas_conf *conf;
	struct aas_gathered got;
	struct aas_arena *arena;
	struct aas_origin_file own[POLICY_OWN]; /* as before they were read */
	struct aas_policy_source src; /* its rules: settings', then sources' */
	size_t settings_n;
	size_t aliases_n; /* names that policy_alias() added */
	uint8_t *bin;
	size_t len;
	char *said; /* what is wrong, or worth knowing: lines, printable */
};

/*
 * policy_build_make(b):
 * Read, gather, compile.  Blocks as long as the sources may take.  ${said} is
 * written on every return, "" at least (NULL without memory).  Returns 0, or
 * an enum aas_err: nothing may then be replaced.
 */
int policy_build_make(struct policy_build *b);
void policy_build_free(struct policy_build *b);

/*
 * policy_zone_steps(name, &steps, &n, path):
 * The UTC offsets of a time zone from 1970 to 2100; ${name} "" is
 * /etc/localtime, and UTC if there is none.  ${path} is the file it is read
 * from.  The environment does not count; the process' own TZ is as before.
 * ${steps} is from malloc.  Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_NOMEM,
 * AAS_ERR_SYS.
 */
int policy_zone_steps(const char *name, struct aas_zone_step **steps, size_t *n,
    char path[PATH_MAX]);

/* policy_zone_path(name, path): that file. */
void policy_zone_path(const char *name, char path[PATH_MAX]);

/*
 * policy_alias(rules, n, arena, &added):
 * To the users of each of ${rules} that binds (require, deny, terms) the other
 * names of their uids, from ${arena}.  One walk of getpwent(3), if any
 * rule names users; a directory that does not list its users shows none.
 * ${added} is how many names.  Returns 0; AAS_ERR_SYS, AAS_ERR_NOMEM,
 * AAS_ERR_TOOBIG (a list over AAS_NAMES_MAX).
 */
int policy_alias(
    struct aas_rule *rules, size_t n, struct aas_arena *arena, size_t *added);

#endif
