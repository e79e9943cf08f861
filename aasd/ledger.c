/*
 * The directory of the ledger.
 *
 * 1. What cannot be read MUST NOT be taken for the end of a session.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/cgroup.h"
#include "lib/log.h"
#include "aasd/ledger.h"

#define AUDIT    ".audit"
#define END      ".end"
#define SCOPE    ".scope"
#define IDLE     "!idle" /* in END: no user has such a name */
#define FIRST    AAS_LEDGER_FIRST
#define NAME_LEN (AAS_LEDGER_ID + 8)

/* 1: the name is "<id><suffix>". */
static int
is_note(const char *name, const char *suffix)
{
	return strlen(name) == AAS_LEDGER_ID - 1 + strlen(suffix) &&
	    strcmp(name + AAS_LEDGER_ID - 1, suffix) == 0;
}

static struct aas_kept *
find(const struct aasd_keep *k, const char *name)
{
	char id[AAS_LEDGER_ID];

	if (strlen(name) < AAS_LEDGER_ID - 1)
		return NULL;
	memcpy(id, name, AAS_LEDGER_ID - 1);
	id[AAS_LEDGER_ID - 1] = '\0';
	return aas_book_find(&k->book, id);
}

static void
note(const struct aasd_keep *k, const struct aas_kept *s, const char *suffix,
    const char *text)
{
	char name[NAME_LEN];

	(void)snprintf(name, sizeof(name), "%s%s", s->id, suffix);
	if (symlinkat(text, k->dirfd, name) == -1 && errno != EEXIST)
		aas_log(LOG_WARNING, "event=ledger-note line=%s why=\"%s\"",
		    name, strerror(errno));
}

void
aasd_ledger_note_audit(const struct aasd_keep *k, const struct aas_kept *s)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%lu", (unsigned long)s->l.audit);
	note(k, s, AUDIT, text);
}

void
aasd_ledger_note_scope(const struct aasd_keep *k, const struct aas_kept *s)
{
	note(k, s, SCOPE, s->scope);
}

void
aasd_ledger_note_end(const struct aasd_keep *k, const struct aas_kept *s)
{
	note(k, s, END,
	    s->why == AAS_KEEP_IDLE ? IDLE
		: s->by[0] != '\0'  ? s->by
				    : "-");
}

void
aasd_ledger_note_extend(
    const struct aasd_keep *k, const struct aas_kept *s, int64_t now_ms)
{
	char name[NAME_LEN], next[NAME_LEN + 8], text[64];

	(void)snprintf(name, sizeof(name), "%s" AAS_LEDGER_EXTEND, s->id);
	(void)snprintf(next, sizeof(next), ".%s", name);
	(void)snprintf(text, sizeof(text), "%lld %lld", (long long)now_ms,
	    (long long)s->extended_ms);
	(void)unlinkat(k->dirfd, next, 0);
	if (symlinkat(text, k->dirfd, next) == -1 ||
	    renameat(k->dirfd, next, k->dirfd, name) == -1)
		aas_log(LOG_WARNING, "event=ledger-note line=%s why=\"%s\"",
		    name, strerror(errno));
}

static void
forget(const struct aasd_keep *k, const struct aas_kept *s, const char *suffix)
{
	char name[NAME_LEN];

	(void)snprintf(name, sizeof(name), "%s%s", s->id, suffix);
	(void)unlinkat(k->dirfd, name, 0);
}

/* Where no disk is: the keeper waits for none. */
void
aasd_ledger_ended(
    const struct aasd_keep *k, const struct aas_kept *s, const char *why)
{
	char name[NAME_MAX + 1];

	if (k->ended == -1)
		return;
	(void)snprintf(name, sizeof(name), "%s.%s.%s", s->id, why,
	    strchr(s->by, '/') == NULL ? s->by : "");
	if (symlinkat(s->text, k->ended, name) == -1 && errno != EEXIST)
		aas_log(LOG_WARNING, "event=ended-note id=%s why=\"%s\"", s->id,
		    strerror(errno));
}

void
aasd_ledger_drop(struct aasd_keep *k, struct aas_kept *s)
{
	/* It may be closed just now, under another name. */
	if (s->file[0] != '\0' && unlinkat(k->dirfd, s->file, 0) == -1 &&
	    errno == ENOENT)
		(void)unlinkat(k->dirfd, s->id, 0);
	if (s->noted)
		forget(k, s, AUDIT);
	if (s->scope != NULL)
		forget(k, s, SCOPE);
	if (s->first)
		forget(k, s, FIRST);
	if (s->why == AAS_KEEP_ASKED || s->why == AAS_KEEP_IDLE)
		forget(k, s, END);
	if (s->extended_ms != 0)
		forget(k, s, AAS_LEDGER_EXTEND);
	aas_book_drop(&k->book, s);
}

void
aasd_ledger_take(struct aasd_keep *k, const char *name)
{
	struct aas_kept *s = find(k, name);
	char text[AAS_LEDGER_MAX];
	struct aas_ledger_line l;
	int fresh = s == NULL;
	uint32_t audit = s != NULL ? s->l.audit : AAS_PROC_NO_AUDIT;
	char id[AAS_LEDGER_ID];
	int r = aas_ledger_read(k->dirfd, name, &l, text);

	if (r == AAS_OK) {
		memcpy(id, name, AAS_LEDGER_ID - 1);
		id[AAS_LEDGER_ID - 1] = '\0';
		r = aas_book_put(&k->book, id, &l, text, &s);
	}
	if (r == AAS_OK) {
		(void)snprintf(s->file, sizeof(s->file), "%s", name);
		if (s->l.audit == AAS_PROC_NO_AUDIT)
			s->l.audit = audit;
		aasd_leases_apply(&k->leases, s);
		if (s->why == AAS_KEEP_GOES_ON)
			aas_book_due(&k->book, s, 0);
		if (fresh && !l.manager)
			aasd_managers_back(&k->managers, l.uid, aas_clock_ms());
	} else if (r != AAS_ERR_NOTFOUND && r != AAS_ERR_INVAL) {
		aas_log(LOG_WARNING, "event=ledger-damaged line=%s why=\"%s\"",
		    name, aas_strerror(r));
	}
}

void
aasd_ledger_miss(struct aasd_keep *k, const char *name)
{
	struct aas_kept *s = find(k, name);

	if (s != NULL && s->why == AAS_KEEP_GOES_ON &&
	    strcmp(s->file, name) == 0)
		aas_book_drop(&k->book, s);
}

void
aasd_ledger_first(struct aasd_keep *k, const char *name)
{
	struct aas_kept *s = is_note(name, FIRST) ? find(k, name) : NULL;

	if (s != NULL)
		s->first = 1;
	else if (is_note(name, FIRST))
		(void)unlinkat(k->dirfd, name, 0);
}

static void
recall_extend(struct aasd_keep *k, const char *name)
{
	struct aas_kept *s = find(k, name);
	int64_t at_ms = 0;

	if (s == NULL) {
		(void)unlinkat(k->dirfd, name, 0);
	} else if (s->l.lease_ms == 0 &&
	    aas_ledger_extended(k->dirfd, s->id, &at_ms, &s->extended_ms) ==
		AAS_OK) {
		s->t.session_ms = s->extended_ms;
		aas_book_due(&k->book, s, 0);
	}
}

static void
recall_scope(const struct aasd_keep *k, const char *name)
{
	char text[AAS_CGROUP_MAX], scope[AAS_CGROUP_MAX];
	struct aas_kept *s = find(k, name);
	ssize_t n = readlinkat(k->dirfd, name, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	if (s == NULL || !aas_cgroup_scope(text, s->l.uid, scope) ||
	    strcmp(text, scope) != 0)
		(void)unlinkat(k->dirfd, name, 0);
	else if (s->scope == NULL)
		s->scope = strdup(scope);
}

/* What an aasd before us noted. */
static void
recall(struct aasd_keep *k, const char *name)
{
	char text[64];
	struct aas_kept *s = find(k, name);
	ssize_t n = 0;

	if (is_note(name, FIRST))
		aasd_ledger_first(k, name);
	if (is_note(name, AAS_LEDGER_EXTEND))
		recall_extend(k, name);
	if (is_note(name, SCOPE))
		recall_scope(k, name);
	if (!is_note(name, AUDIT) && !is_note(name, END))
		return;
	n = readlinkat(k->dirfd, name, text, sizeof(text) - 1);
	if (s == NULL || n <= 0) {
		(void)unlinkat(k->dirfd, name, 0);
		return;
	}
	text[n] = '\0';
	if (is_note(name, AUDIT)) {
		s->noted = 1;
		if (s->l.audit == AAS_PROC_NO_AUDIT)
			s->l.audit = (uint32_t)strtoul(text, NULL, 10);
	} else if (s->why == AAS_KEEP_GOES_ON) {
		s->why =
		    strcmp(text, IDLE) == 0 ? AAS_KEEP_IDLE : AAS_KEEP_ASKED;
		s->ended_ms = aas_clock_ms();
		if (s->why == AAS_KEEP_ASKED)
			memcpy(s->by, text, sizeof(s->by));
		aas_book_due(&k->book, s, 0);
	}
}

int
aasd_ledger_load(struct aasd_keep *k)
{
	const struct dirent *e = NULL;
	DIR *d = NULL;
	int fd = openat(k->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return AAS_ERR_SYS;
	if ((d = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			aasd_ledger_take(k, e->d_name);
	}
	rewinddir(d);
	while ((e = readdir(d)) != NULL)
		recall(k, e->d_name);
	(void)closedir(d);
	return AAS_OK;
}
