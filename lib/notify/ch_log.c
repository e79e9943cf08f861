/*
 * The host's own books: the journal, syslog, the audit log.
 *
 * 1. What was handed to a log MUST NOT count as told: nobody may be reading,
 *    and the journal's library says it succeeded when there is no journal.
 * 2. A value MUST be printable and framed by its length (journal), in hex
 *    (audit) or printable (syslog): none adds a field or a record, or does
 *    something to a terminal on which it is read.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/netlink.h>

#include "lib/err.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "lib/notify/channel.h"

#define JOURNAL     "/run/systemd/journal/socket"
#define JOURNAL_MAX ((size_t)65536)
#define SHOWN_MAX   ((size_t)8192)
#define AUDIT_MAX   ((size_t)4096)
#define AUDIT_MS    2000
#define TRUSTED_APP 1121 /* libaudit's AUDIT_TRUSTED_APP */
#define VALUE_MAX   1024 /* of an audit record's field */

/* --- journal -------------------------------------------------------------- */

struct field {
	char *p;
	size_t cap, len;
	int bad;
};

static void
put(struct field *f, const void *p, size_t n)
{
	if (f->bad || n > f->cap - f->len) {
		f->bad = 1;
		return;
	}
	memcpy(f->p + f->len, p, n);
	f->len += n;
}

/* Source: systemd's "Native Journal Protocol". */
static void
put_bytes(struct field *f, const char *name, const char *value, size_t n)
{
	uint8_t le[8];

	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)((uint64_t)n >> (8 * i));
	put(f, name, strlen(name));
	put(f, "\n", 1);
	put(f, le, sizeof(le));
	put(f, value, n);
	put(f, "\n", 1);
}

static void
put_field(struct field *f, const char *name, const char *value)
{
	put_bytes(f, name, value, strlen(value));
}

int
aas_journal_make(const struct aas_send *s, char *dst, size_t cap, size_t *n)
{
	static const char *const names[] = { "type", "user", "service", "tty",
		"rhost", "key", "via", "session", "by", "why", "host" };
	struct field f = { dst, cap, 0, 0 };
	char shown[SHOWN_MAX];
	char name[32];
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, s->a->number);
	put_field(&f, "MESSAGE", s->told->line);
	put_field(&f, "PRIORITY", "4");
	put_field(&f, "SYSLOG_FACILITY", "10");
	put_field(&f, "SYSLOG_IDENTIFIER", "aas-notify");
	put_field(&f, "AAS_ID", s->a->id);
	put_field(&f, "AAS_NUMBER", number);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = aas_alert_str(s->a, names[i]);

		if (v == NULL)
			continue;
		(void)snprintf(name, sizeof(name), "AAS_%s", names[i]);
		for (char *p = name; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		/* journalctl -F, or -o cat, shows it on a terminal as it is. */
		put_field(&f, name, aas_printable(shown, sizeof(shown), v));
	}
	put_bytes(&f, "AAS_EVENT", s->line, s->len);
	if (f.bad)
		return AAS_ERR_TOOBIG;
	*n = f.len;
	return AAS_OK;
}

static int
journal_run(void *arg)
{
	static char text[JOURNAL_MAX];
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = JOURNAL };
	size_t n = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1 ||
	    aas_journal_make(arg, text, sizeof(text), &n) != AAS_OK ||
	    sendto(fd, text, n, MSG_NOSIGNAL, (struct sockaddr *)&to,
		sizeof(to)) != (ssize_t)n)
		return 1;
	return 0;
}

/* --- syslog --------------------------------------------------------------- */

static int
syslog_run(void *arg)
{
	const struct aas_send *s = arg;

	openlog("aas-notify", LOG_NDELAY, LOG_AUTHPRIV);
	syslog(LOG_WARNING, "%s id=%s", s->told->line, s->a->id);
	return 0;
}

/* --- audit ---------------------------------------------------------------- */

static void
put_hex(char *dst, size_t cap, const char *name, const char *value)
{
	size_t at = strlen(dst);
	size_t n = strnlen(value, VALUE_MAX / 2);

	if (at + strlen(name) + 2 * n + 3 > cap)
		return;
	at += (size_t)snprintf(dst + at, cap - at, " %s=", name);
	aas_hex_format(value, n, dst + at);
}

/* Source: the audit project's "Specs for audit user space record". */
int
aas_audit_make(const struct aas_send *s, char *dst, size_t cap)
{
	static const struct {
		const char *member, *name;
	} names[] = { { "type", "aas_type" }, { "user", "acct" },
		{ "rhost", "aas_rhost" }, { "tty", "aas_tty" },
		{ "service", "aas_service" }, { "session", "aas_session" } };
	int n = snprintf(dst, cap,
	    "op=aas-alert id=%s aas_number=%" PRIu64 " aas_uid=%" PRIu32,
	    s->a->id, s->a->number, s->a->uid);

	if (n < 0 || (size_t)n >= cap)
		return AAS_ERR_TOOBIG;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = aas_alert_str(s->a, names[i].member);

		if (v != NULL && *v != '\0')
			put_hex(dst, cap, names[i].name, v);
	}
	return AAS_OK;
}

/* What the kernel made of it, as an errno. */
static int
audit_answer(int fd)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[AUDIT_MAX];
	} ack;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = poll(&p, 1, AUDIT_MS) == 1
	    ? recv(fd, &ack, sizeof(ack), MSG_DONTWAIT)
	    : -1;

	if (n < (ssize_t)NLMSG_LENGTH(sizeof(ack.e)) ||
	    ack.h.nlmsg_type != NLMSG_ERROR)
		return ETIMEDOUT;
	return -ack.e.error;
}

/* Sent is not taken: without the right to, only the answer says so. */
static int
audit_run(void *arg)
{
	struct {
		struct nlmsghdr h;
		char text[AUDIT_MAX];
	} msg;
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int fd = -1;
	int e = 0;

	memset(&msg, 0, sizeof(msg));
	if (aas_audit_make(arg, msg.text, sizeof(msg.text)) != AAS_OK)
		return 1;
	msg.h.nlmsg_type = TRUSTED_APP;
	msg.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	msg.h.nlmsg_len = (uint32_t)NLMSG_LENGTH(strlen(msg.text) + 1);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (fd == -1 ||
	    sendto(fd, &msg, msg.h.nlmsg_len, MSG_DONTWAIT,
		(struct sockaddr *)&to, sizeof(to)) == -1)
		e = errno;
	else
		e = audit_answer(fd);
	if (e != 0)
		(void)dprintf(1, "the kernel takes no record: %s", strerror(e));
	return e == 0 ? 0 : 1;
}

/* --- the three ------------------------------------------------------------ */

static int
prepare(
    const struct aas_send *s, struct aas_job *j, int (*run)(void *), int root)
{
	j->as = root ? AAS_JOB_ROOT : AAS_JOB_NOBODY;
	j->fn = run;
	j->arg = (void *)(uintptr_t)s;
	return AAS_OK;
}

static int
prepare_journal(
    const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	(void)t;
	return prepare(s, j, journal_run, 0);
}

static int
prepare_syslog(
    const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	(void)t;
	return prepare(s, j, syslog_run, 0);
}

static int
prepare_audit(const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	(void)t;
	return prepare(s, j, audit_run, 1); /* CAP_AUDIT_WRITE */
}

const struct aas_channel aas_ch_journal = {
	.name = "journal", .prepare = prepare_journal, .judge = aas_ch_plain
};
const struct aas_channel aas_ch_syslog = {
	.name = "syslog", .prepare = prepare_syslog, .judge = aas_ch_plain
};
const struct aas_channel aas_ch_audit = { .name = "audit",
	.failure_is_news = 1,
	.prepare = prepare_audit,
	.judge = aas_ch_plain };
