/*
 * The ledger of sessions.  It runs inside sshd and login, so it brings its own
 * small JSON writer.  A line is the text of a symbolic link that leads nowhere:
 * made by one call, whole at once, and unchangeable.
 *
 * 1. A name, terminal or host that a peer chose MUST NOT end the string or the
 *    line it stands in, nor make it so long that it is none: what is not in
 *    the ledger nobody ends.
 */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
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

#define SESSIONS "sessions"
#define CUT      64 /* bytes of each where all would be too long */

struct out {
	char b[AAS_LEDGER_MAX];
	size_t len, most; /* most: of what a peer or the service chose */
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
put_some(struct out *o, const char *key, const char *s, size_t most)
{
	const char *from = s;
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
	for (; *s != '\0' && (size_t)(s - from) < most && !o->bad; s += n) {
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
put_text(struct out *o, const char *key, const char *s)
{
	put_some(o, key, s, SIZE_MAX);
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
begin(struct out *o, size_t most)
{
	o->len = 0;
	o->bad = 0;
	o->most = most;
}

static void
put_line(struct out *o, const struct aas_ledger *l, const struct aas_now *now,
    const char *id)
{
	char time[AAS_CLOCK_TEXT], boot[33], key[2 * AAS_LEDGER_KEY + 1];

	aas_clock_format(now->real_s, time);
	aas_hex_format(now->boot_id, sizeof(now->boot_id), boot);
	put(o, AAS_LEDGER_HEAD);
	put_text(o, "id", id);
	put_text(o, "user", l->user);
	put_number(o, "uid", l->uid);
	put_some(o, "service", l->service, o->most);
	put_number(o, "leader", (uint64_t)l->leader.pid);
	put_number(o, "start", l->leader.start);
	put_some(o, "tty", l->tty, o->most);
	put_some(o, "rhost", l->rhost, o->most);
	put_text(o, "key", l->key);
	put_text(o, "via", l->via);
	put_text(o, "origin", origin_name(l->origin));
	put_text(o, "time", time);
	put_number(o, "boottime_ms", (uint64_t)now->boottime_ms);
	put_text(o, "boot", boot);
	if (l->seq != UINT64_MAX)
		put_number(o, "seq", l->seq);
	put_number(o, "session_s", (uint64_t)l->session_s);
	put_number(o, "idle_s", (uint64_t)l->idle_s);
	if (l->display)
		put_number(o, "display", 1);
	if (l->key_id != NULL) {
		aas_hex_format(l->key_id, AAS_LEDGER_KEY, key);
		put_text(o, "key_id", key);
		put_number(o, "uv", l->uv != 0);
	}
	if (l->key_id != NULL && l->key2_id != NULL) {
		aas_hex_format(l->key2_id, AAS_LEDGER_KEY, key);
		put_text(o, "key2", l->key2);
		put_text(o, "key2_id", key);
	}
	if (l->grantor != NULL) {
		put_text(o, "grantor", l->grantor);
		put_number(o, "lease_ms", (uint64_t)l->lease_ms);
		put_text(o, "group", l->group);
	}
	put(o, "}");
}

int
aas_ledger_open(const char *rundir, struct aas_fs_seen *seen,
    const struct aas_ledger *l, const struct aas_now *now,
    char id[AAS_LEDGER_ID])
{
	char path[AAS_RUNDIR_PATH];
	struct out o; /* 4 kB: not worth clearing */
	uint8_t raw[8];
	char name[AAS_LEDGER_ID];
	int r;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return AAS_ERR_SYS;
	aas_hex_format(raw, sizeof(raw), name);
	begin(&o, SIZE_MAX);
	put_line(&o, l, now, name);
	if (o.bad) {
		begin(&o, CUT);
		put_line(&o, l, now, name);
	}
	if (o.bad)
		return AAS_ERR_TOOBIG;
	o.b[o.len] = '\0';
	if ((r = aas_rundir_path(rundir, SESSIONS, name, path)) != AAS_OK ||
	    (r = aas_rundir_look(rundir, SESSIONS, seen)) != AAS_OK)
		return r;
	if (syscall(SYS_symlinkat, o.b, AT_FDCWD, path) == -1)
		return errno == ENAMETOOLONG ? AAS_ERR_TOOBIG : AAS_ERR_SYS;
	memcpy(id, name, sizeof(name));
	return AAS_OK;
}

/*
 * pam_loginuid(8) runs after us: only now the audit session is the session's.
 * Where it does not run that is whoever's who started us, and their whole
 * session is not this one.
 */
static uint32_t
own_audit(uint32_t uid)
{
	uint32_t audit = AAS_PROC_NO_AUDIT, above = AAS_PROC_NO_AUDIT;
	uint32_t login = AAS_PROC_NO_AUDIT;
	pid_t parent = 0; /* outside this container */

	/* Whose it is is not asked where there is none. */
	if (aas_proc_audit(0, &audit, NULL) != AAS_OK ||
	    audit == AAS_PROC_NO_AUDIT ||
	    aas_proc_audit(0, &audit, &login) != AAS_OK || login != uid)
		return AAS_PROC_NO_AUDIT;
	if ((parent = getppid()) > 0 &&
	    aas_proc_audit(parent, &above, NULL) == AAS_OK && above == audit)
		return AAS_PROC_NO_AUDIT;
	return audit;
}

/*
 * The directories were looked at when the line was made, and nobody but root
 * can have changed since what their names mean.
 */
int
aas_ledger_close(const char *rundir, const char *id, uint32_t uid)
{
	char open[AAS_RUNDIR_PATH], closed[AAS_RUNDIR_PATH];
	char name[AAS_LEDGER_ID + sizeof(AAS_LEDGER_CLOSED) + 10];
	uint32_t audit = AAS_PROC_NO_AUDIT;
	struct aas_put t;
	uint8_t raw[8];
	int r;

	if (aas_hex_parse(id, raw, sizeof(raw)) != AAS_OK)
		return AAS_ERR_FORMAT;
	audit = own_audit(uid);
	aas_put_init(&t, name, sizeof(name));
	aas_put_text(&t, id);
	aas_put_text(&t, AAS_LEDGER_CLOSED);
	aas_put_number(&t, audit);
	if ((r = aas_rundir_path(rundir, SESSIONS, id, open)) != AAS_OK ||
	    (r = aas_rundir_path(rundir, SESSIONS, name, closed)) != AAS_OK)
		return r;
	if (renameat2(AT_FDCWD, open, AT_FDCWD, closed, 0) == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	return AAS_OK;
}

/* A file alone proves nothing: it stays where its maker was killed. */
int
aas_ledger_kept(const char *rundir)
{
	char path[AAS_RUNDIR_PATH];
	int kept = 0;
	int fd = -1;

	if (aas_rundir_path(rundir, SESSIONS, AAS_LEDGER_LOCK, path) != AAS_OK)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd != -1)
		kept =
		    flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	aas_close(&fd);
	return kept;
}
