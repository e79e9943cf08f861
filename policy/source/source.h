#ifndef AAS_POLICY_SOURCE_SOURCE_H
#define AAS_POLICY_SOURCE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "policy/rule.h"

/*
 * The switch: which sources there are, asked one after the other, each in a
 * process of its own.  For tools and aasd; never in a host of the PAM module.
 */
#define AAS_SOURCES_MAX      16
#define AAS_SOURCE_NAME_MAX  32
#define AAS_SOURCE_RULES_MS  30000 /* deadline of rules() */
#define AAS_SOURCE_LOOKUP_MS 2000  /* and of lookup() */

enum aas_source_action { AAS_SA_CONTINUE, AAS_SA_RETURN, AAS_SA_DENY };

struct aas_switch {
	size_t n;
	struct {
		char name[AAS_SOURCE_NAME_MAX]; /* a-z 0-9 _ */
		uint8_t action[5];              /* by enum aas_plugin_status */
	} of[AAS_SOURCES_MAX];
};

/*
 * aas_switch_parse(line, &sw, err):
 * The line of aas.conf(5); aas-policy(5), SOURCES.  An unknown token, status
 * or action, a name twice, or none at all is an error.
 *   err  256 bytes, what is wrong; "" on 0
 */
int aas_switch_parse(const char *line, struct aas_switch *sw, char err[256]);

/* "SUCCESS" and so on; anything unknown is "UNAVAIL". */
const char *aas_source_status(int status);

/* What one source said. */
struct aas_source_answer {
	char name[AAS_SOURCE_NAME_MAX];
	int status; /* enum aas_plugin_status */
	int asked;  /* 0: an earlier one ended the line */
	size_t rules_n;
	int64_t took_ms;
	char *text; /* reports, one per line, printable; may be NULL */
};

struct aas_gathered {
	struct aas_arena *arena; /* owns every text below */
	size_t rules_n;
	struct aas_rule *rules;
	size_t files_n;
	struct aas_origin_file *files;
	size_t answers_n;
	struct aas_source_answer answers[AAS_SOURCES_MAX];
	int denied; /* 1: an action said deny: nothing may be built */
};

struct aas_gather {
	const char *plugindir; /* $(libdir)/aas/policy */
	const char *worker;    /* $(libexecdir)/aas/aas-policy-worker */
	const char *confdir;   /* "/etc/aas" */
	int64_t now_s;
	int timeout_ms; /* per source; 0: the default */
	/* lookup() of this user; NULL: rules() */
	const char *user;
	uid_t uid;
	const char *const *groups;
	const char *service;
};

/*
 * aas_gather_run(sw, g, &out):
 * Ask each source in turn.  Blocks, at most a deadline per source.  A source
 * that fails costs its own answer; what it said before it failed is dropped,
 * but for its reports and for which files it was made of: when one of them
 * changes it is worth asking again.  After a "deny" no further source is
 * asked, and there are no rules.
 * Returns 0 with ${out} (also when denied); AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_gather_run(const struct aas_switch *sw, const struct aas_gather *g,
    struct aas_gathered *out);
void aas_gathered_free(struct aas_gathered *g);

#endif
