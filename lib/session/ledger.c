/*
 * The ledger of sessions.  It runs inside sshd and login, so it brings its own
 * small JSON writer.
 *
 * 1. A name, terminal or host that a peer chose MUST NOT end the string or the
 *    line it stands in.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/session/ledger.h"
#include "lib/session/rundir.h"
#include "lib/utf8.h"
#include "lib/str.h"
#include "lib/put.h"

struct out {
	char b[AAS_LEDGER_MAX];
	size_t len;
	int bad;
};

static void
put_char(struct out *o, char c)
{
	if (o->len + 1 >= sizeof(o->b))
		o->bad = 1;
	else
		o->b[o->len++] = c;
}

static void
put(struct out *o, const char *s)
{
	while (*s != '\0')
		put_char(o, *s++);
}

static void
put_hex4(struct out *o, unsigned v)
{
	static const char digits[] = "0123456789abcdef";
	int i;

	put(o, "\\u");
	for (i = 12; i >= 0; i -= 4)
		put_char(o, digits[v >> i & 15]);
}

/*
 * A string in plain ASCII.  A byte that is no UTF-8 becomes the code point of
 * the same number: the line is valid JSON whatever a peer sent.
 */
static void
put_text(struct out *o, const char *key, const char *s)
{
	uint32_t cp;
	size_t n;

	put(o, ",\"");
	put(o, key);
	put(o, "\":");
	if (s == NULL) {
		put(o, "null");
		return;
	}
	put(o, "\"");
	for (; *s != '\0' && !o->bad; s += n) {
		cp = (unsigned char)*s;
		n = 1;
		if (cp > 0x7e &&
		    (n = aas_utf8_next(s, aas_str_nlen(s, 4), &cp)) == 0) {
			cp = (unsigned char)*s;
			n = 1;
		}
		if (cp >= 0x20 && cp <= 0x7e) {
			if (cp == '"' || cp == '\\')
				put_char(o, '\\');
			put_char(o, (char)cp);
		} else if (cp <= 0xffff) {
			put_hex4(o, cp);
		} else {
			put_hex4(o, 0xd800 + ((cp - 0x10000) >> 10));
			put_hex4(o, 0xdc00 + ((cp - 0x10000) & 0x3ff));
		}
	}
	put(o, "\"");
}

static void
put_number(struct out *o, const char *key, uint64_t v)
{
	char digits[24];
	size_t n = sizeof(digits) - 1;

	digits[n] = '\0';
	do
		digits[--n] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	put(o, ",\"");
	put(o, key);
	put(o, "\":");
	put(o, digits + n);
}

static const char *
origin_name(enum aas_origin o)
{
	switch (o) {
	case AAS_ORIGIN_LOCAL:
		return "local";
	case AAS_ORIGIN_REMOTE:
		return "remote";
	case AAS_ORIGIN_WITHIN:
	default:
		return "within";
	}
}

static void
put_line(struct out *o, const struct aas_ledger *l, const struct aas_now *now,
    const char *id)
{
	char time[AAS_CLOCK_TEXT], boot[33];

	aas_clock_format(now->real_s, time);
	aas_hex_format(now->boot_id, sizeof(now->boot_id), boot);
	/* aas_ledger_close() writes over the ten digits. */
	put(o, AAS_LEDGER_HEAD "4294967295");
	put_text(o, "id", id);
	put_text(o, "user", l->user);
	put_number(o, "uid", l->uid);
	put_text(o, "service", l->service);
	put_number(o, "leader", (uint64_t)l->leader.pid);
	put_number(o, "start", l->leader.start);
	put_text(o, "tty", l->tty);
	put_text(o, "rhost", l->rhost);
	put_text(o, "key", l->key);
	put_text(o, "via", l->via);
	put_text(o, "origin", origin_name(l->origin));
	put_text(o, "time", time);
	put_number(o, "boottime_ms", (uint64_t)now->boottime_ms);
	put_text(o, "boot", boot);
	put_number(o, "session_s", (uint64_t)l->session_s);
	put_number(o, "idle_s", (uint64_t)l->idle_s);
	put(o, "}\n");
}

int
aas_ledger_open(const char *rundir, const struct aas_ledger *l,
    const struct aas_now *now, char id[AAS_LEDGER_ID])
{
	struct out o; /* 4 kB: not worth clearing */
	uint8_t raw[8];
	char name[AAS_LEDGER_ID];
	int dirfd = -1;
	int r;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return AAS_ERR_SYS;
	aas_hex_format(raw, sizeof(raw), name);
	o.len = 0;
	o.bad = 0;
	put_line(&o, l, now, name);
	if (o.bad)
		return AAS_ERR_TOOBIG;
	if ((r = aas_rundir_open(rundir, "sessions", &dirfd)) != AAS_OK)
		return r;
	r = aas_rundir_create(dirfd, name, o.b, o.len);
	if (r == AAS_OK)
		memcpy(id, name, sizeof(name));
	aas_close(&dirfd);
	return r;
}

/* pam_loginuid(8) runs after us: only now the audit session is the session's.
 */
static void
note_audit(int dirfd, const char *id)
{
	uint32_t audit = AAS_PROC_NO_AUDIT, above = AAS_PROC_NO_AUDIT;
	char digits[11];

	if (aas_proc_audit(getpid(), &audit, NULL) != AAS_OK ||
	    audit == AAS_PROC_NO_AUDIT ||
	    (aas_proc_audit(getppid(), &above, NULL) == AAS_OK &&
		above == audit))
		return;
	(void)aas_format(digits, sizeof(digits), "%10u", audit);
	(void)aas_rundir_patch(
	    dirfd, id, sizeof(AAS_LEDGER_HEAD) - 1, digits, 10);
}

int
aas_ledger_close(const char *rundir, const char *id)
{
	char closed[AAS_LEDGER_ID + 8];
	uint8_t raw[8];
	int dirfd = -1;
	int r;

	if (aas_hex_parse(id, raw, sizeof(raw)) != AAS_OK)
		return AAS_ERR_FORMAT;
	(void)aas_format(closed, sizeof(closed), "%s.closed", id);
	if ((r = aas_rundir_open(rundir, "sessions", &dirfd)) != AAS_OK)
		return r;
	note_audit(dirfd, id);
	if (renameat2(dirfd, id, dirfd, closed, 0) == -1)
		r = errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	aas_close(&dirfd);
	return r;
}
