#ifndef AAS_LIB_NOTIFY_CHANNEL_H
#define AAS_LIB_NOTIFY_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/conf/alerts_conf.h"
#include "lib/notify/alert.h"
#include "lib/notify/job.h"
#include "lib/notify/queue.h"
#include "lib/notify/text.h"

/* One alert on its way. */
struct aas_send {
	const struct aas_alerts *conf;
	const struct aas_alert *a;
	const char *line; /* the numbered line, no LF */
	size_t len;
	const struct aas_told *told;
	int64_t now_s;
	const char *rundir; /* where the ledger is; NULL: nobody knows */
};

/* One place it goes to. */
struct aas_channel;
struct aas_target {
	const struct aas_channel *ch;
	char key[AAS_MARK_KEY]; /* of the same place, always the same */
	char name[96];          /* for a log */
	char to[AAS_ALERTS_URL];
	const struct aas_alerts_hook *hook; /* NULL: of the user's own */
	const struct aas_alerts_exec *exec;
	char text[96]; /* for the job: a variable of its environment */
};

enum aas_sent { AAS_SENT, AAS_SENT_AGAIN, AAS_SENT_FAILED };

/*
 * A way to tell: prepare makes the job of one alert to one place (0, or
 * AAS_ERR_*; AAS_ERR_NOTFOUND: there is nobody), judge says how it went.
 */
struct aas_channel {
	const char *name;
	/*
	 * 1: an alert waits in the queue until it is sent there.  0: of the
	 * moment, once is enough; nobody knows whether it was read.
	 */
	int lasting;
	/* 1: of the moment, but a failure is no everyday thing: log it. */
	int failure_is_news;
	int (*prepare)(
	    const struct aas_send *s, struct aas_target *t, struct aas_job *j);
	enum aas_sent (*judge)(const struct aas_job *j);
};

extern const struct aas_channel aas_ch_mail, aas_ch_webhook, aas_ch_exec,
    aas_ch_journal, aas_ch_syslog, aas_ch_audit, aas_ch_terminals,
    aas_ch_desktop;

/* aas_ch_plain(j): exit status 0 is sent, all others are to be tried again. */
enum aas_sent aas_ch_plain(const struct aas_job *j);

/*
 * aas_mail_make(s, to, dst, cap, &n):
 * The message as sendmail -t reads it: text for a person, and the numbered
 * line as it is.  AAS_ERR_TOOBIG.
 */
int aas_mail_make(
    const struct aas_send *s, const char *to, char *dst, size_t cap, size_t *n);
#define AAS_MAIL_MAX ((size_t)131072)

/*
 * aas_hook_sign(secret, n, now_s, line, len, hex): HMAC-SHA256 over the time,
 * a dot and the line, in hex.  AAS_ERR_CRYPTO.
 */
int aas_hook_sign(const void *secret, size_t n, int64_t now_s, const char *line,
    size_t len, char hex[65]);

/*
 * aas_journal_make(s, dst, cap, &n): the datagram for journald.
 * aas_audit_make(s, dst, cap): the text of the audit record.
 * aas_desktop_quote(src, markup, dst, cap): a GVariant's text of a string; with
 * ${markup} what the desktop could take for HTML is escaped.
 * AAS_ERR_TOOBIG.
 */
int aas_journal_make(
    const struct aas_send *s, char *dst, size_t cap, size_t *n);
int aas_audit_make(const struct aas_send *s, char *dst, size_t cap);
int aas_desktop_quote(const char *src, int markup, char *dst, size_t cap);

#endif
