/*
 * Who asks about sessions: which it may see, which it is in.
 *
 * 1. Nobody but root and the group aas-admin MUST see or end another user's;
 *    the front says who is of these, nothing here asks the host.
 */
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/keep/learn.h"
#include "lib/log.h"
#include "aasd/asker.h"
#include "aasd/within.h"

#define LOOKS    16     /* administrators whose looks are remembered */
#define LOOKS_MS 600000 /* a live view looks every two seconds */

/* A user manager found without a line, or of the future, is not listed. */
static int
may_see(const struct aasd_asker *a, const struct aas_kept *s)
{
	return a->who->admin || s->l.uid == a->who->uid;
}

/* Not by the last look at all processes: the asker may be younger. */
void
aasd_asker_find(struct aasd_asker *a)
{
	pid_t pid = a->who->pid;

	a->audit = AAS_PROC_NO_AUDIT;
	if (pid <= 0) /* outside this container */
		return;
	(void)aas_proc_audit(pid, &a->audit, NULL);
	while (pid > 0 && a->up_n < AASD_ASKER_UP &&
	    aas_proc_get(pid, &a->up[a->up_n], &pid) == AAS_OK)
		a->up_n++;
}

static int
is_in(const struct aasd_asker *a, const struct aas_kept *s)
{
	if (s->l.origin != AAS_ORIGIN_WITHIN && a->audit != AAS_PROC_NO_AUDIT &&
	    s->l.audit == a->audit)
		return 1;
	for (size_t i = 0; i < a->up_n; i++) {
		if (a->up[i].pid == s->l.leader.pid &&
		    a->up[i].start == s->l.leader.start)
			return 1;
	}
	return 0;
}

static int
is_mine(const struct aasd_asker *a, struct aas_kept *s)
{
	(void)aas_learn_audit_from(&a->k->procs, s);
	return is_in(a, s);
}

/* What is to be learned of a session is, two seconds after its beginning. */
const struct aas_kept *
aasd_asker_around(const struct aasd_asker *a, int *remote)
{
	const struct aas_book *b = &a->k->book;
	const struct aas_kept *found = NULL;
	int64_t now_ms = a->now.boottime_ms, end_ms = 0, first_ms = 0;

	*remote = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (!is_in(a, b->heap[i]))
			continue;
		*remote |= b->heap[i]->l.origin == AAS_ORIGIN_REMOTE;
		end_ms = aasd_within_end_ms(b->heap[i], now_ms);
		if (found != NULL && end_ms >= first_ms)
			continue;
		found = b->heap[i];
		first_ms = end_ms;
	}
	return found;
}

const struct aas_kept *
aasd_asker_within(
    const struct aasd_asker *a, struct aas_kept *const *v, size_t n)
{
	const struct aas_kept *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if ((found == NULL || v[i]->t.opened_ms > found->t.opened_ms) &&
		    is_mine(a, v[i]))
			found = v[i];
	}
	return found;
}

struct aas_kept *
aasd_asker_named(const struct aasd_asker *a, const char *id)
{
	struct aas_kept *s = NULL;

	if (id != NULL && strlen(id) == AAS_LEDGER_ID - 1)
		s = aas_book_find(&a->k->book, id);
	return s != NULL && may_see(a, s) ? s : NULL;
}

void
aasd_asker_note_all(const struct aasd_asker *a)
{
	static struct {
		uint32_t uid;
		int64_t until_ms;
	} seen[LOOKS];
	size_t oldest = 0;

	if (a->who->uid == 0)
		return;
	for (size_t i = 0; i < LOOKS; i++) {
		if (seen[i].uid == a->who->uid &&
		    a->now.boottime_ms < seen[i].until_ms)
			return;
		if (seen[i].until_ms < seen[oldest].until_ms)
			oldest = i;
	}
	seen[oldest].uid = a->who->uid;
	seen[oldest].until_ms = a->now.boottime_ms + LOOKS_MS;
	aas_log(LOG_NOTICE, "event=sessions-seen by=%s", a->who->name);
}

void
aasd_asker_note(const struct aasd_asker *a, const struct aas_kept *s)
{
	if (a->who->uid != 0 && a->who->uid != s->l.uid)
		aas_log(LOG_NOTICE, "event=session-shown id=%s uid=%lu by=%s",
		    s->id, (unsigned long)s->l.uid, a->who->name);
}
