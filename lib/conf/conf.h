#ifndef AAS_LIB_CONF_CONF_H
#define AAS_LIB_CONF_CONF_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/conf/alerts_conf.h"

/*
 * aas.conf(5): settings, in libconfig's syntax.  libconfig may end the
 * process (a read error, an @include), crash or lose settings (a failed
 * malloc), and it wraps numbers silently: so only tools call this, never a
 * host of the PAM module, and everything it could stumble over is refused
 * before it sees the text.
 */
#define AAS_CONF_PATH   AAS_SYSCONFDIR "/aas.conf"
#define AAS_CONF_MAX    (256 * 1024)   /* bytes of a file */
#define AAS_CONF_ERR    512            /* an error text with its NUL */
#define AAS_CONF_NAMES  4096           /* names in one list */
#define AAS_CONF_POLICY "files attest" /* the default of policy */

struct aas_conf_list {
	size_t n;
	char **v;
};

struct aas_conf {
	char realm[254];     /* a DNS name, lower case; never empty */
	char state_dir[256]; /* absolute; so are the two below */
	char run_dir[256];
	char libexec_dir[256];
	uint8_t server_keys;    /* 0 or 1 */
	uint8_t keeper;         /* 1: no limit without who keeps sessions */
	uint8_t sudo;           /* 0: not said; 1 fresh-sign-in .. 4 deny */
	uint8_t present;        /* 1 or 2 */
	uint8_t uv;             /* 1: required */
	uint8_t enrolled_min;   /* 2..8 */
	uint32_t timeout_s;     /* 5..600 */
	uint32_t codex_grace_s; /* 0..2 */
	int64_t session_s;      /* 0: not said; so are the four below */
	int64_t idle_s;
	int64_t reauth_s;
	int64_t degraded_s;
	int64_t total_s;
	int64_t required_from_s; /* realtime, 0: always */
	char policy[512];        /* the switch; aas-policy(5), SOURCES */
	char zone[64];           /* "": /etc/localtime */
	struct aas_alerts alerts;
	struct { /* lines of the file; 0: not set */
		uint32_t policy, zone;
		uint32_t required_users, required_groups, exempt_services;
	} at;
	struct aas_conf_list required_users;
	struct aas_conf_list required_groups;
	struct aas_conf_list exempt_services;
};

/*
 * aas_conf_load(path, owner, &conf, err):
 * Read the absolute ${path}, a regular file of root or ${owner} that nobody
 * else may write, and parse it.  A relative path is AAS_ERR_INVAL.
 *   err  always written: "" on 0, else "FILE:LINE: what is wrong", or
 *        "FILE: what is wrong" where no line is to blame
 * Returns 0 with ${conf}, which aas_conf_free() releases; AAS_ERR_NOTFOUND,
 * AAS_ERR_PERMS, AAS_ERR_TOOBIG, AAS_ERR_FORMAT, AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_conf_load(const char *path, uid_t owner, struct aas_conf **conf,
    char err[AAS_CONF_ERR]);

/*
 * aas_conf_parse(name, text, len, &conf, err):
 * The same from memory; ${name} is the file's name for ${err}.
 */
int aas_conf_parse(const char *name, const void *text, size_t len,
    struct aas_conf **conf, char err[AAS_CONF_ERR]);

/* aas_conf_free(&conf): NULL is fine; *conf becomes NULL. */
void aas_conf_free(struct aas_conf **conf);

/*
 * aas_conf_guard(name, text, len, err):
 * Only what is refused before libconfig sees it: over AAS_CONF_MAX bytes,
 * NUL and other control characters, ill-formed UTF-8, "@include", a run of
 * more than nine digits or a hexadecimal number (libconfig wraps both), \x
 * escapes (which can smuggle in a NUL), nesting of more than eight levels, a
 * string of more than 4096 bytes, and two strings with no comma between them
 * (libconfig makes one of them).  Returns 0, AAS_ERR_FORMAT, AAS_ERR_TOOBIG.
 */
int aas_conf_guard(
    const char *name, const void *text, size_t len, char err[AAS_CONF_ERR]);

/* aas_conf_guard_max(): the same, up to ${max} bytes. */
int aas_conf_guard_max(const char *name, const void *text, size_t len,
    size_t max, char err[AAS_CONF_ERR]);

/*
 * aas_realm_valid(s):
 * 1 if ${s} may be a realm: 1 to 253 bytes, labels of a-z, 0-9 and inner
 * hyphens, 1 to 63 bytes each, parted by single dots, at least one letter.
 * Source: RFC 1123 section 2.1.
 */
int aas_realm_valid(const char *s);

#endif
