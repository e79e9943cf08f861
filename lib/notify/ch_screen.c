/*
 * Where the user may be looking: terminals, and the desktop.
 *
 * 1. A terminal MUST be the user's own, and not the one the alert is about:
 *    who sits there need not be told, and could be the stranger.
 * 2. Who speaks to a user's bus MUST be that user: the bus is a program of
 *    the user's.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/term.h"
#include "lib/notify/channel.h"
#include "lib/proc.h"
#include "lib/session/ledger.h"

#define TERMS_MAX 64
#define DEEP_MAX  64 /* ancestors that are looked at */
#define PATH_LEN  320
#define GDBUS     "/usr/bin/gdbus"
#define QUOTED    ((size_t)65536)

/* --- terminals ------------------------------------------------------------ */

struct terms {
	uint32_t v[TERMS_MAX];
	size_t n;
};

static int
terms_has(const struct terms *t, uint32_t tty)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i] == tty)
			return 1;
	return 0;
}

static void
terms_add(struct terms *t, uint32_t tty)
{
	if (!terms_has(t, tty) && t->n < TERMS_MAX)
		t->v[t->n++] = tty;
}

/*
 * The session that the alert is about.  At sign-in by SSH it has no terminal
 * yet, and when somebody comes to tell it, it may have one.
 */
struct own {
	struct aas_proc leader; /* pid 0: nobody knows */
	uint32_t audit;
};

static void
own_find(const struct aas_send *s, struct own *o)
{
	const char *id = aas_alert_str(s->a, "session");
	struct aas_ledger_line l;
	char path[PATH_LEN];
	int fd = -1;

	o->leader.pid = 0;
	o->audit = AAS_PROC_NO_AUDIT;
	if (id == NULL || s->rundir == NULL ||
	    snprintf(path, sizeof(path), "%s/sessions", s->rundir) >=
		(int)sizeof(path) ||
	    aas_fs_dir(path, geteuid(), &fd) != AAS_OK)
		return;
	if (aas_ledger_read(fd, id, &l, NULL) == AAS_OK &&
	    aas_proc_alive(&l.leader)) {
		o->leader = l.leader;
		if (l.origin != AAS_ORIGIN_WITHIN)
			(void)aas_proc_session(l.leader.pid, &o->audit);
	}
	aas_close(&fd);
}

static int
is_inside(pid_t pid, const struct own *o)
{
	struct aas_proc p;
	uint32_t audit = AAS_PROC_NO_AUDIT;

	if (o->leader.pid == 0)
		return 0;
	if (o->audit != AAS_PROC_NO_AUDIT &&
	    aas_proc_session(pid, &audit) == AAS_OK && audit == o->audit)
		return 1;
	for (int i = 0; i < DEEP_MAX && pid > 1; i++)
		if (pid == o->leader.pid ||
		    aas_proc_get(pid, &p, &pid) != AAS_OK)
			break;
	return pid == o->leader.pid;
}

/*
 * Those that a process of the user's has for its own.  A device of theirs that
 * no such process sits at may be anything, such as the line to a program.
 * In ${not}: those of the session that the alert is about.
 */
static void
terms_find(struct terms *t, struct terms * not, uid_t uid, const struct own *o)
{
	struct aas_proc_seen p;
	struct stat st;
	const struct dirent *e = NULL;
	DIR *d = opendir("/proc");

	while (d != NULL && (e = readdir(d)) != NULL) {
		char *end = NULL;
		long pid = strtol(e->d_name, &end, 10);

		if (*end == '\0' && pid > 0 &&
		    fstatat(dirfd(d), e->d_name, &st, 0) == 0 &&
		    st.st_uid == uid &&
		    aas_proc_see((pid_t)pid, &p) == AAS_OK && p.tty != 0)
			terms_add(is_inside((pid_t)pid, o) ? not : t, p.tty);
	}
	if (d != NULL)
		(void)closedir(d);
}

static int
is_own(uint32_t tty, const char *name)
{
	char path[AAS_TERM_PATH];

	if (name == NULL || aas_term_path(tty, path) != AAS_OK)
		return 0;
	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	return strcmp(path + 5, name) == 0;
}

static int
terminals_run(void *arg)
{
	const struct aas_send *s = arg;
	struct terms t = { .n = 0 };
	struct terms not = { .n = 0 };
	struct own o;
	int told = 0;

	own_find(s, &o);
	terms_find(&t, &not, (uid_t)s->a->uid, &o);
	for (size_t i = 0; i < t.n; i++)
		if (!terms_has(&not, t.v[i]) &&
		    !is_own(t.v[i], aas_alert_str(s->a, "tty")))
			told += aas_term_say(t.v[i], (uid_t)s->a->uid,
				    s->told->line) == AAS_OK;
	return told > 0 ? 0 : 1;
}

static int
terminals(const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	(void)t;
	j->as = AAS_JOB_ROOT; /* a terminal belongs to its user */
	j->fn = terminals_run;
	j->arg = (void *)(uintptr_t)s;
	return AAS_OK;
}

/* --- the desktop ---------------------------------------------------------- */

int
aas_desktop_quote(const char *src, int markup, char *dst, size_t cap)
{
	size_t at = 0;

	if (cap < 16)
		return AAS_ERR_TOOBIG;
	dst[at++] = '"';
	for (; *src != '\0'; src++) {
		const char *put = NULL;
		char one[2] = { *src, '\0' };

		switch (*src) {
		case '"':
			put = "\\\"";
			break;
		case '\\':
			put = "\\\\";
			break;
		case '\n':
			put = "\\n";
			break;
		case '<':
			put = markup ? "&lt;" : one;
			break;
		case '>':
			put = markup ? "&gt;" : one;
			break;
		case '&':
			put = markup ? "&amp;" : one;
			break;
		default:
			put = one;
		}
		if (at + strlen(put) + 2 > cap)
			return AAS_ERR_TOOBIG;
		memcpy(dst + at, put, strlen(put));
		at += strlen(put);
	}
	dst[at++] = '"';
	dst[at] = '\0';
	return AAS_OK;
}

/* Source: Desktop Notifications Specification 1.2, org.freedesktop. */
static int
desktop(const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	static char summary[QUOTED / 16], body[QUOTED];
	static char args[][48] = { GDBUS, "call", "--session", "--dest",
		"org.freedesktop.Notifications", "--object-path",
		"/org/freedesktop/Notifications", "--method",
		"org.freedesktop.Notifications.Notify", "\"pam_aas\"",
		"uint32 0", "\"dialog-warning\"" };
	static char rest[][40] = { "@as []", "@a{sv} {\"urgency\": <byte 2>}",
		"0" };
	char path[64];
	struct stat st;
	size_t n = sizeof(args) / sizeof(args[0]);
	int r = AAS_OK;

	(void)snprintf(
	    path, sizeof(path), "/run/user/%" PRIu32 "/bus", s->a->uid);
	if (lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode) ||
	    st.st_uid != s->a->uid || s->a->uid == 0)
		return AAS_ERR_NOTFOUND;
	(void)snprintf(t->text, sizeof(t->text),
	    "DBUS_SESSION_BUS_ADDRESS=unix:path=%.36s", path);
	if ((r = aas_desktop_quote(
		 s->told->subject, 0, summary, sizeof(summary))) != AAS_OK ||
	    (r = aas_desktop_quote(s->told->body, 1, body, sizeof(body))) !=
		AAS_OK)
		return r;
	for (size_t i = 0; i < n; i++)
		j->argv[i] = args[i];
	j->argv[n] = summary;
	j->argv[n + 1] = body;
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		j->argv[n + 2 + i] = rest[i];
	j->as = AAS_JOB_USER;
	j->uid = (uid_t)s->a->uid;
	j->gid = st.st_gid;
	j->env = t->text;
	return AAS_OK;
}

const struct aas_channel aas_ch_terminals = {
	.name = "terminals", .prepare = terminals, .judge = aas_ch_plain
};
const struct aas_channel aas_ch_desktop = {
	.name = "desktop", .prepare = desktop, .judge = aas_ch_plain
};
