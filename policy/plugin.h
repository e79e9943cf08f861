#ifndef AAS_POLICY_PLUGIN_H
#define AAS_POLICY_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/*
 * A source of policy: libaas_policy_<name>.so, named in aas.conf(5) by
 *	policy = "files attest <name> [UNAVAIL=continue]";
 * This file is installed as <aas/policy_plugin.h> and is all a plugin needs;
 * docs/plugin-abi.md is the guide.
 *
 * A plugin runs in a process of its own, as root, with an empty environment, a
 * deadline, no terminal, and never inside sshd or login.  It may block, and it
 * may crash: that costs its own answer (UNAVAIL).
 *
 * It exports one object:
 *	AAS_PLUGIN_EXPORT const struct aas_plugin aas_policy_plugin = { ... };
 * Another major version is refused; within one major version structures only
 *grow at their end, and struct_size says how far the other side knows them.
 */
#define AAS_PLUGIN_MAGIC 0x41415350u
#define AAS_PLUGIN_MAJOR 1
#define AAS_PLUGIN_MINOR 2

#if defined(__GNUC__)
#define AAS_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define AAS_PLUGIN_EXPORT
#endif

/* As in nsswitch.conf(5); anything else is UNAVAIL. */
enum aas_plugin_status {
	AAS_PLUGIN_SUCCESS = 1,
	AAS_PLUGIN_NOTFOUND = 2, /* asked, and there is nothing */
	AAS_PLUGIN_UNAVAIL = 3,  /* cannot be asked, or is damaged */
	AAS_PLUGIN_TRYAGAIN = 4  /* busy: the same question may work later */
};

/*
 * One rule, in the words of aas-policy(5).  A NULL pointer, a zero or an empty
 * list is "not said".  Lists end with NULL.  All text is the plugin's own and
 * is copied before rule() returns.
 */
struct aas_plugin_rule {
	uint32_t struct_size; /* sizeof(struct aas_plugin_rule) */
	uint32_t line;        /* where it stands; 0: no line */
	const char *file;     /* and in which file, or another origin */
	const char *name, *mode;
	/* whom it is about */
	const char *const *users, *const *groups, *const *services;
	const char *const *hosts, *const *networks, *const *hours;
	const char *origin;
	/* what it does */
	int deny, exempt, break_glass; /* 0, 1 */
	const char *require, *from, *grace;
	int enrolled, present;
	const char *uv;
	int device_bound; /* 0, 1 */
	const char *const *aaguids;
	const char *session, *idle, *reauth, *window;
	const char *alert, *training;
	const char *const *lease_grantors, *const *lease_accounts;
	const char *lease_max;
	/* an attestation; for the source "attest" */
	const char *not_before, *not_after;   /* RFC 3339 */
	const char *const *evidence_services; /* PAM services */
	const char *const *evidence_ssh_ca;   /* base64, SSH wire form */
	/*
	 * Since 1.1: an attestation that does not count, which a refusal may
	 * mention; then without dates and evidence.  "revoked"; "void": not
	 * authentic, so that users or groups are only what it says of itself;
	 * "unread": without them, too.
	 */
	const char *flaw;
	/* Since 1.2: "fresh-sign-in", "agent", "local-key", "deny" */
	const char *sudo;
};

/* What was wrong with a rule that was not taken. */
struct aas_plugin_fault {
	uint32_t struct_size;
	char field[32]; /* "networks" */
	char text[256]; /* "\"10.0.0.0/33\" is not a network" */
};

enum aas_plugin_level { AAS_PLUGIN_ERROR = 1, AAS_PLUGIN_NOTE = 2 };

/* What the host offers; every call copies, none keeps a pointer. */
struct aas_plugin_host {
	uint32_t struct_size;
	void *ctx; /* first argument of each */
	/*
	 * rule(ctx, r, fault): hand over one rule.  Returns 0; -1 if it was
	 * refused, ${fault} then says why (NULL is fine) and the plugin
	 * should report it with its line and end with AAS_PLUGIN_UNAVAIL.
	 */
	int (*rule)(void *ctx, const struct aas_plugin_rule *r,
	    struct aas_plugin_fault *fault);
	/*
	 * report(ctx, level, file, line, text): say what is wrong, or worth
	 * knowing.  ${file} may be NULL and ${line} 0.
	 */
	void (*report)(void *ctx, int level, const char *file, uint32_t line,
	    const char *text);
	/*
	 * read(ctx, path, max, flags, &text, &len): read a file of root that
	 * nobody else may write, up to ${max} bytes; text[len] is 0.
	 * Returns 0; -1 it is not there; -2 anything else, reported already.
	 * The file becomes one of those the policy was made of, there or not.
	 * AAS_PLUGIN_LIBCONFIG: also refuse what libconfig must not see.
	 */
	int (*read)(void *ctx, const char *path, size_t max, unsigned flags,
	    char **text, size_t *len);
	void (*release)(void *ctx, char *text);
	/*
	 * list(ctx, dir, suffix, each, arg): call ${each} with the full path
	 * of every file in ${dir} whose name ends with ${suffix} and does not
	 * begin with '.', in the order of strcmp(3); stops if it returns
	 * other than 0, and returns that.  -1 there is no such directory; -2
	 * anything else, reported.
	 */
	int (*list)(void *ctx, const char *dir, const char *suffix,
	    int (*each)(void *arg, const char *path), void *arg);
	/* left_ms(ctx): until the deadline; 0 or less: it has passed. */
	int64_t (*left_ms)(void *ctx);
};
#define AAS_PLUGIN_LIBCONFIG 0x1u

struct aas_plugin_query {
	uint32_t struct_size;
	const char *confdir; /* "/etc/aas" */
	int64_t now_s;       /* realtime */
	/* lookup() alone: */
	const char *user;
	uint32_t uid;
	const char *const *groups; /* their names */
	const char *service;       /* or NULL */
};

struct aas_plugin {
	uint32_t magic;       /* AAS_PLUGIN_MAGIC */
	uint32_t struct_size; /* sizeof(struct aas_plugin) */
	uint16_t major, minor;
	const char *name; /* as in the file's name */
	/*
	 * Each may be NULL.  rules(): everything this source knows, for the
	 * build.  lookup(): the rules that are about one user, asked live.
	 * Both return an enum aas_plugin_status.
	 */
	int (*rules)(
	    const struct aas_plugin_host *h, const struct aas_plugin_query *q);
	int (*lookup)(
	    const struct aas_plugin_host *h, const struct aas_plugin_query *q);
};

#endif
