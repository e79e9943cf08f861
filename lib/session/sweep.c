/*
 * Clearing the ledger of sessions.
 *
 * 1. A line MUST stay while a process of its session may be there: it is how
 *    su and sudo know that one came from elsewhere.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/proc.h"
#include "lib/session/ledger.h"

#define LIVE_MAX  4096 /* audit sessions; with more of them nothing goes */
#define SWEEP_MAX 4096 /* lines looked at in one go */

struct live {
	uint32_t *session; /* NULL: not looked yet */
	size_t n;
	int r; /* what the look came to */
};

static int
is_live(const struct live *v, uint32_t session)
{
	for (size_t i = 0; i < v->n; i++) {
		if (v->session[i] == session)
			return 1;
	}
	return 0;
}

static int
add(struct live *v, pid_t pid)
{
	uint32_t session = AAS_PROC_NO_AUDIT;
	int r = aas_proc_audit(pid, &session, NULL);

	if (r == AAS_ERR_NOTFOUND || session == AAS_PROC_NO_AUDIT)
		return r == AAS_ERR_NOTFOUND ? AAS_OK : r;
	if (r != AAS_OK || is_live(v, session))
		return r;
	if (v->n == LIVE_MAX)
		return AAS_ERR_TOOBIG;
	v->session[v->n++] = session;
	return AAS_OK;
}

/* One pass over all processes. */
static int
look(struct live *v)
{
	struct dirent *e;
	DIR *d = opendir("/proc");
	int r = AAS_OK;

	if (d == NULL)
		return AAS_ERR_SYS;
	for (errno = 0; r == AAS_OK && (e = readdir(d)) != NULL; errno = 0) {
		long pid = strtol(e->d_name, NULL, 10);

		if (pid > 0)
			r = add(v, (pid_t)pid);
	}
	if (r == AAS_OK && errno != 0)
		r = AAS_ERR_SYS;
	(void)closedir(d);
	return r;
}

/* Twice: pids may have begun anew in between, behind the first look. */
static int
find_live(struct live *v)
{
	struct aas_proc init;
	int r;

	/* Where even this one is hidden, others are. */
	if (aas_proc_get(1, &init, NULL) != AAS_OK)
		return AAS_ERR_PERMS;
	v->session = calloc(LIVE_MAX, sizeof(*v->session));
	if (v->session == NULL)
		return AAS_ERR_NOMEM;
	r = look(v);
	return r == AAS_OK ? look(v) : r;
}

/* 1: it tells nothing any more. */
static int
is_over(const struct aas_ledger_line *l, const char *boot, struct live *v)
{
	if (strcmp(l->boot, boot) != 0)
		return 1;
	if (!l->closed || aas_proc_alive(&l->leader))
		return 0;
	/* Known by its leader alone. */
	if (l->audit == AAS_PROC_NO_AUDIT)
		return 1;
	if (v->session == NULL)
		v->r = find_live(v);
	return v->r == AAS_OK && !is_live(v, l->audit);
}

static int
sweep(DIR *d, const char *boot, struct live *v)
{
	struct aas_ledger_line l;
	struct dirent *e;
	int n = 0;

	for (int i = 0; i < SWEEP_MAX && (e = readdir(d)) != NULL; i++) {
		if (aas_ledger_read(dirfd(d), e->d_name, &l) == AAS_OK &&
		    is_over(&l, boot, v) &&
		    unlinkat(dirfd(d), e->d_name, 0) == 0)
			n++;
	}
	return n;
}

int
aas_ledger_sweep(const char *rundir, const struct aas_now *now)
{
	struct live v = { NULL, 0, AAS_ERR_SYS };
	char boot[2 * 16 + 1];
	DIR *d = NULL;
	int top = -1, fd = -1;
	int r = aas_fs_dir(rundir, geteuid(), &top);

	if (r == AAS_OK)
		r = aas_fs_dirat(top, "sessions", geteuid(), &fd);
	aas_close(&top);
	if (r != AAS_OK)
		return r;
	if ((d = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	aas_hex_format(now->boot_id, sizeof(now->boot_id), boot);
	r = sweep(d, boot, &v);
	(void)closedir(d);
	free(v.session);
	return r;
}
