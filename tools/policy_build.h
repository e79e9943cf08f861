#ifndef AAS_TOOLS_POLICY_BUILD_H
#define AAS_TOOLS_POLICY_BUILD_H

#include <limits.h>
#include <stdio.h>

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
 * policy_say(out, fmt, ...): one line more of what is to be said; ${out} may
 * be NULL.  policy_place(b, line): "FILE:LINE" of the settings, printable;
 * NULL without memory.
 */
void policy_say(FILE *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
char *policy_place(struct policy_build *b, uint32_t line);

/*
 * policy_settings_rules(b, rules, out):
 * The rules that the settings stand for, to the zeroed ${rules}, which have
 * room for POLICY_SETTINGS; b->settings_n is how many.  Returns 0,
 * AAS_ERR_NOMEM or what looking up a group returned, and ${out} says so.
 * policy_settings_plain(c, s): the settings that stand for all.
 */
#define POLICY_SETTINGS 3u
int policy_settings_rules(
    struct policy_build *b, struct aas_rule *rules, FILE *out);
void policy_settings_plain(
    const struct aas_conf *c, struct aas_policy_source *s);

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

/*
 * policy_proof(rules, n, arena, &gids, &gids_n):
 * For aas_policy_proof(): the least of the groups that ${rules} name and that
 * are not in /etc/group, at most POLICY_PROOFS, from ${arena}.  Returns 0;
 * AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
#define POLICY_PROOFS 3u
int policy_proof(const struct aas_rule *rules, size_t n,
    struct aas_arena *arena, const gid_t **gids, size_t *gids_n);

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

/*
 * policy_lint(b):
 * Of what was made: what is no mistake, and yet hardly meant; lines, from
 * malloc, at most 21.  NULL without memory.  Asks NSS, and loads the libraries
 * of its sources of groups.
 */
char *policy_lint(const struct policy_build *b);

/*
 * policy_alias_services(rules, n, arena):
 * To the services of each of ${rules} that binds sudo-i beside sudo and su-l
 * beside su.  Returns 0; AAS_ERR_NOMEM, AAS_ERR_TOOBIG.
 */
int policy_alias_services(
    struct aas_rule *rules, size_t n, struct aas_arena *arena);

#endif
