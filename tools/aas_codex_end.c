/*
 * The end of one Codex.
 *
 * 1. A signal MUST reach what the asker may end, which the kernel decides: it
 *    is sent by a process of the user whose Codex it is.
 * 2. A process MUST be the very one that was found: by pidfd and start time.
 */
#include <sys/prctl.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "tools/aas_codex.h"

#define GRACE_MS 2000 /* from SIGTERM to SIGKILL */
#define REST_MS  500  /* what it started hears of it when it does not */
#define ALL_MS   4500
#define EVERY_MS 50
#define KNOWN    512

struct ending {
	struct aas_proc top;
	struct aas_keep_who who[KNOWN]; /* it, and what stemmed from it */
	size_t n;
	int64_t age_ms;
	int told, told_rest, top_there;
	unsigned left;
	int blind; /* the processes could not be looked at */
};

/* What is found is remembered: its parent may end before it. */
static void
remember(struct ending *e, const struct aas_proc *p)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->who[i].leader.pid == p->pid &&
		    e->who[i].leader.start == p->start)
			return;
	}
	if (e->n < KNOWN)
		e->who[e->n++] =
		    (struct aas_keep_who){ 0, *p, AAS_PROC_NO_AUDIT };
}

static void
visit(void *arg, size_t i, const struct aas_keep_proc *p)
{
	struct ending *e = arg;
	int is_top =
	    p->is.id.pid == e->top.pid && p->is.id.start == e->top.start;

	(void)i;
	e->left++;
	e->top_there |= is_top;
	remember(e, &p->is.id);
	if (e->age_ms >= GRACE_MS) {
		(void)aas_keep_signal(&p->is.id, AAS_PROC_NO_AUDIT, SIGKILL);
	} else if ((is_top && !e->told) ||
	    (!is_top && e->told && e->age_ms >= REST_MS && !e->told_rest)) {
		(void)aas_keep_signal(&p->is.id, AAS_PROC_NO_AUDIT, SIGTERM);
		(void)aas_keep_signal(&p->is.id, AAS_PROC_NO_AUDIT, SIGCONT);
	}
}

/* One look; 1: nothing is left. */
static int
round_of(struct ending *e, struct aas_keep_procs *ps)
{
	struct aas_keep_who who[KNOWN];
	size_t n = e->n;

	e->left = 0;
	e->top_there = 0;
	memcpy(who, e->who, sizeof(who));
	if (aas_keep_scan(ps, NULL, 0) != AAS_OK ||
	    aas_keep_each(ps, who, n, 1, visit, e) != AAS_OK) {
		e->blind = 1;
		return 0;
	}
	e->told_rest |= e->told && e->age_ms >= REST_MS;
	e->told = 1;
	return e->left == 0;
}

/* From here on nothing but what that user may signal is reached. */
static int
become(uid_t uid)
{
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) == -1 ||
		setresgid(AAS_IO_UID, AAS_IO_UID, AAS_IO_UID) == -1 ||
		setresuid(uid, uid, uid) == -1))
		return AAS_ERR_SYS;
	if (getuid() != uid || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

static json_t *
run(struct ending *e, struct aas_keep_procs *ps)
{
	const struct timespec pause = { 0, EVERY_MS * 1000000L };
	int64_t began_ms = aas_clock_ms();
	int empty = 0;

	/* Twice: what was forked meanwhile is found by the second. */
	while (empty < 2 && !e->blind && e->age_ms < ALL_MS) {
		empty = round_of(e, ps) ? empty + 1 : 0;
		(void)nanosleep(&pause, NULL);
		e->age_ms = aas_clock_ms() - began_ms;
	}
	/* With hidepid a user sees none but their own: nothing was told. */
	if (e->blind)
		return codex_refuse(AAS_WHY_SYSTEM);
	return json_pack("{s:b, s:I, s:I, s:I}", "ok", 1, "ended",
	    (json_int_t)e->top.pid, "took_ms", (json_int_t)e->age_ms, "left",
	    (json_int_t)(empty < 2 ? e->left : 0));
}

json_t *
codex_end(uid_t uid, const struct aas_proc *p)
{
	static struct ending e;
	struct aas_keep_procs ps = { NULL, 0, 0, 0 };
	const struct aas_keep_proc *at = NULL;
	json_t *obj = NULL;
	uid_t of = 0;

	if (aas_keep_scan(&ps, NULL, 0) != AAS_OK) {
		obj = codex_refuse(AAS_WHY_SYSTEM);
	} else if ((at = aas_keep_proc(&ps, p->pid)) == NULL ||
	    at->is.id.start != p->start || !aas_codex_of(at, uid) ||
	    aas_codex_uid(p->pid, &of) != AAS_OK) {
		obj = codex_refuse(AAS_WHY_NO_SESSION);
	} else if (become(of) != AAS_OK) {
		obj = codex_refuse(AAS_WHY_SYSTEM);
	} else {
		e.top = *p;
		remember(&e, p);
		obj = run(&e, &ps);
	}
	aas_keep_procs_free(&ps);
	return obj;
}
