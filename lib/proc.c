/*
 * Processes by pid and start time.
 *
 * 1. A reused pid MUST NOT pass for the process that had it before.
 * 2. The name of a program, which anybody chooses, MUST NOT shift a field.
 * 3. A process whose first thread has ended MUST NOT pass for one that is over:
 *    the kernel says zombie of both.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/proc.h"
#include "lib/put.h"
#include "lib/str.h"

#define TEXT_MAX (STAT_MAX + 2)
#define STAT_MAX 1024 /* 52 numbers of 20 digits at most; the name has 15 */

/* Read that file of a process, 0: of this one, NUL-terminated, into text. */
static int
proc_read(pid_t pid, const char *name, char text[TEXT_MAX])
{
	struct aas_put path;
	char p[48];
	size_t len = 0;
	int r = AAS_ERR_SYS;

	aas_put_init(&path, p, sizeof(p));
	aas_put_text(&path, "/proc/");
	if (pid == 0)
		aas_put_text(&path, "self");
	else
		aas_put_number(&path, (uint64_t)pid);
	aas_put_char(&path, '/');
	aas_put_text(&path, name);
	r = aas_fs_kernel(p, text, STAT_MAX + 1, &len);
	if (r != AAS_OK)
		return r == AAS_ERR_NOTFOUND ? r : AAS_ERR_SYS;
	return strlen(text) == len ? AAS_OK : AAS_ERR_FORMAT;
}

/* The decimal number at *s, without sign, and the space after it. */
static int
number(const char **s, uint64_t *v)
{
	uint64_t got = 0;
	const char *p = *s;

	if (*p < '0' || *p > '9')
		return AAS_ERR_FORMAT;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (got > (UINT64_MAX - 9) / 10)
			return AAS_ERR_FORMAT;
		got = got * 10 + (uint64_t)(*p - '0');
	}
	if (*p != ' ')
		return AAS_ERR_FORMAT;
	*s = p + 1;
	*v = got;
	return AAS_OK;
}

/* Past that many fields more. */
static const char *
skip(const char *s, int fields)
{
	while (fields-- > 0) {
		if ((s = aas_str_chr(s, ' ')) == NULL)
			return NULL;
		s++;
	}
	return s;
}

static int
stat_parse(const char *text, struct aas_proc_seen *l)
{
	const char *s = text;
	const char *tty = NULL;
	uint64_t v = 0;

	if (number(&s, &v) != AAS_OK || v == 0 || v > INT32_MAX || *s != '(')
		return AAS_ERR_FORMAT;
	l->id.pid = (pid_t)v;
	/* The name may hold anything, ") " too: it ends at the last one. */
	if ((s = aas_str_rchr(s, ')')) == NULL || s[1] != ' ' || s[2] == '\0' ||
	    s[3] != ' ')
		return AAS_ERR_FORMAT;
	l->state = s[2];
	s += 4;
	if (number(&s, &v) != AAS_OK || v > INT32_MAX)
		return AAS_ERR_FORMAT;
	l->ppid = (pid_t)v;
	/* Below zero: it is ending just now, and in no session any more. */
	if ((s = skip(s, 6 - 5)) == NULL)
		return AAS_ERR_FORMAT;
	tty = s;
	l->session =
	    number(&tty, &v) == AAS_OK && v <= INT32_MAX ? (pid_t)v : 0;
	if ((s = skip(s, 7 - 6)) == NULL)
		return AAS_ERR_FORMAT;
	tty = s; /* may be below zero: none */
	l->tty =
	    number(&tty, &v) == AAS_OK && v <= UINT32_MAX ? (uint32_t)v : 0;
	if ((s = skip(s, 20 - 7)) == NULL || number(&s, &v) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (v > 1 && (l->state == 'Z' || l->state == 'X'))
		l->state = AAS_PROC_HEADLESS;
	if ((s = skip(s, 22 - 21)) == NULL)
		return AAS_ERR_FORMAT;
	return number(&s, &l->id.start);
}

/* pid 0: this process */
static int
look(pid_t pid, struct aas_proc_seen *l)
{
	char text[TEXT_MAX];
	int r = proc_read(pid, "stat", text);

	if (r == AAS_OK)
		r = stat_parse(text, l);
	return r == AAS_OK && pid != 0 && l->id.pid != pid ? AAS_ERR_FORMAT : r;
}

static int
get(pid_t pid, struct aas_proc *p, pid_t *ppid)
{
	struct aas_proc_seen l = { .ppid = 0 };
	int r = look(pid, &l);

	if (r != AAS_OK)
		return r;
	*p = l.id;
	if (ppid != NULL)
		*ppid = l.ppid;
	return AAS_OK;
}

int
aas_proc_see(pid_t pid, struct aas_proc_seen *p)
{
	struct aas_proc_seen l = { .ppid = 0 };
	int r = pid > 0 ? look(pid, &l) : AAS_ERR_NOTFOUND;

	if (r == AAS_OK)
		*p = l;
	return r;
}

int
aas_proc_get(pid_t pid, struct aas_proc *p, pid_t *ppid)
{
	return pid > 0 ? get(pid, p, ppid) : AAS_ERR_NOTFOUND;
}

int
aas_proc_self(struct aas_proc *p, pid_t *ppid)
{
	return get(0, p, ppid);
}

/*
 * A file that is nothing but one number.  Missing: a kernel without it, or no
 * such process.
 */
static int
audit_number(pid_t pid, const char *name, uint32_t *v)
{
	char text[TEXT_MAX];
	const char *s = text;
	uint64_t got = 0;
	size_t n;
	int r = pid >= 0 ? proc_read(pid, name, text) : AAS_ERR_NOTFOUND;

	if (r != AAS_OK)
		return r;
	n = aas_str_to(text, '\n');
	text[n] = ' '; /* proc_read() left room */
	text[n + 1] = '\0';
	if (number(&s, &got) != AAS_OK || *s != '\0' || got > UINT32_MAX)
		return AAS_ERR_FORMAT;
	*v = (uint32_t)got;
	return AAS_OK;
}

int
aas_proc_audit(pid_t pid, uint32_t *session, uint32_t *uid)
{
	struct aas_proc p;
	uint32_t s = AAS_PROC_NO_AUDIT, u = AAS_PROC_NO_AUDIT;
	int r = audit_number(pid, "sessionid", &s);

	if (r == AAS_OK && uid != NULL)
		r = audit_number(pid, "loginuid", &u);
	if (r == AAS_ERR_NOTFOUND)
		r = get(pid, &p, NULL);
	if (r != AAS_OK)
		return r;
	*session = s;
	if (uid != NULL)
		*uid = u;
	return AAS_OK;
}

int
aas_proc_seat(struct aas_proc_seat *seat)
{
	struct aas_proc_seen me = { .ppid = 0 }, leader = { .ppid = 0 };
	uint32_t audit = AAS_PROC_NO_AUDIT;
	int r = look(0, &me);

	if (r != AAS_OK)
		return r;
	if (me.tty == 0 || me.session <= 0)
		return AAS_ERR_NOTFOUND;
	if ((r = look(me.session, &leader)) != AAS_OK)
		return r;
	if (leader.tty != me.tty || leader.session != me.session ||
	    leader.state == 'Z' || leader.state == 'X')
		return AAS_ERR_NOTFOUND;
	if ((r = aas_proc_audit(0, &audit, NULL)) != AAS_OK)
		return r;
	*seat = (struct aas_proc_seat){ me.tty, leader.id, audit };
	return AAS_OK;
}

int
aas_proc_session(pid_t pid, uint32_t *session)
{
	return audit_number(pid, "sessionid", session);
}

int
aas_proc_alive(const struct aas_proc *p)
{
	struct aas_proc_seen l = { .ppid = 0 };

	if (p->pid <= 0 || look(p->pid, &l) != AAS_OK)
		return 0;
	return l.id.start == p->start && l.state != 'Z' && l.state != 'X';
}
