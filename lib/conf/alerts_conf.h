#ifndef AAS_LIB_CONF_ALERTS_CONF_H
#define AAS_LIB_CONF_ALERTS_CONF_H

#include <stddef.h>
#include <stdint.h>

/*
 * alerts = { ... } of aas.conf(5): where alerts go.  No pointers, so that two
 * readings of one file can be compared.
 */
#define AAS_ALERTS_MAILS 8
#define AAS_ALERTS_HOOKS 4
#define AAS_ALERTS_EXECS 4
#define AAS_ALERTS_ARGS  16
#define AAS_ALERTS_PATH  256
#define AAS_ALERTS_URL   512

struct aas_alerts_hook {
	char url[AAS_ALERTS_URL];
	char secret_file[AAS_ALERTS_PATH]; /* "": not signed */
	char ca_file[AAS_ALERTS_PATH];     /* "": those of the host */
	char pin[128];                     /* "sha256//...", or "" */
};

struct aas_alerts_exec {
	uint32_t argc;
	char argv[AAS_ALERTS_ARGS][AAS_ALERTS_PATH];
};

struct aas_alerts {
	uint32_t mails_n, hooks_n, execs_n;
	char mails[AAS_ALERTS_MAILS][AAS_ALERTS_PATH];
	char from[AAS_ALERTS_PATH];     /* "" : aas */
	char sendmail[AAS_ALERTS_PATH]; /* absolute */
	struct aas_alerts_hook hooks[AAS_ALERTS_HOOKS];
	struct aas_alerts_exec execs[AAS_ALERTS_EXECS];
	uint8_t journal, syslog, audit, terminals, desktop; /* 0 or 1 */
	uint8_t contacts; /* 1: to the addresses of the record too */
	char dashboard[AAS_ALERTS_URL]; /* "": none */
	uint32_t types;     /* bits, by the places of lib/notify/kind.h */
	uint32_t keep_s;    /* then it is given up */
	uint32_t retry_s;   /* never longer between two attempts */
	uint32_t timeout_s; /* of one channel, for one alert */
};

/* aas_alerts_defaults(a): as without any setting. */
void aas_alerts_defaults(struct aas_alerts *a);

/*
 * aas_alerts_mail_valid(s): 1 if ${s} is one plain address, name@host.name,
 * that no mail program takes for anything else.
 * aas_alerts_url_valid(s): 1 if it begins with "https://" and has a host, no
 * user or password before that, and only characters that may stand in a URL.
 */
int aas_alerts_mail_valid(const char *s);
int aas_alerts_url_valid(const char *s);

#endif
