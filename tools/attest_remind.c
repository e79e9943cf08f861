/*
 * Attestations that are about to end.
 *
 * 1. Each threshold of each MUST be told once: the event is kept first, and
 *    then noted; who is killed between the two tells it again, under the same
 *    id.
 * 2. A statement that was renewed MUST NOT be told of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/user.h"
#include "tools/attest_remind.h"
#include "tools/attest_files.h"
#include "tools/raised.h"

#define DAY_S    86400
#define MARK     "attest.told"
#define MAGIC    "aas-attest-told 1\n"
#define LINE     24 /* "<id> <days>\n" */
#define MARK_MAX (sizeof(MAGIC) + (size_t)AAS_TOKENS_MAX * LINE)

static const int steps[] = { 1, 7, 30 };
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* One that ends later, or as late and comes first, makes this one no matter. */
static int
is_followed(const struct aas_attest_set *set, size_t i)
{
	const struct aas_claims *own = &set->tokens[i].is;

	for (size_t k = 0; k < set->tokens_n; k++) {
		const struct aas_attest_token *t = &set->tokens[k];

		if (k == i || !t->told ||
		    (t->why != AAS_AW_OK && t->why != AAS_AW_FUTURE) ||
		    strcmp(t->is.user, own->user) != 0 ||
		    strcmp(t->is.group, own->group) != 0)
			continue;
		/* Nor does one that begins after a gap. */
		if (t->is.not_before_s <= own->not_after_s &&
		    (t->is.not_after_s > own->not_after_s ||
			(t->is.not_after_s == own->not_after_s && k < i)))
			return 1;
	}
	return 0;
}

int
attest_remind_days(const struct aas_attest_set *set, size_t i, int64_t now_s)
{
	const struct aas_attest_token *t = &set->tokens[i];
	int64_t left_s = t->is.not_after_s - now_s;
	int64_t whole_s = t->is.not_after_s - t->is.not_before_s;

	if (t->why != AAS_AW_OK || left_s <= 0 || is_followed(set, i))
		return 0;
	for (size_t k = 0; k < STEPS; k++) {
		int64_t step_s = (int64_t)steps[k] * DAY_S;

		if (left_s <= step_s)
			return whole_s > step_s ? steps[k] : 0;
	}
	return 0;
}

/* --- what was told -------------------------------------------------------- */

/* The least that was told of it; INT_MAX or so: nothing. */
static int
told_of(const char *mark, const char *id)
{
	const char *p = strstr(mark, id);

	return p != NULL && p > mark && p[-1] == '\n' && p[strlen(id)] == ' '
	    ? atoi(p + strlen(id) + 1)
	    : 9999;
}

/* NULL without memory; "" without a file that can be used. */
static char *
load(int dir)
{
	struct aas_buf buf = { NULL, 0 };
	char *mark = NULL;

	if (aas_fs_read(dir, MARK, geteuid(), 077, MARK_MAX, &buf, NULL) ==
		AAS_OK &&
	    buf.len >= strlen(MAGIC) &&
	    memcmp(buf.p, MAGIC, strlen(MAGIC)) == 0)
		mark = strndup((const char *)buf.p, buf.len);
	else
		mark = strdup("");
	aas_buf_free(&buf);
	return mark;
}

/* --- telling -------------------------------------------------------------- */

struct look {
	const char *statedir;
	struct aas_now now;
	int some;
};

/* Whose it is; a group's, and that of nobody here, is root's. */
static int
whose(const struct aas_claims *is, struct aas_event *e)
{
	struct aas_user u = { .uid = 0 };
	int r = AAS_ERR_NOTFOUND;

	e->user = "root";
	e->uid = 0;
	if (is->user[0] != '\0')
		r = aas_user_name(is->user, &u);
	if (r == AAS_OK) {
		e->user = is->user;
		e->uid = u.uid;
	}
	return r == AAS_ERR_SYS || r == AAS_ERR_NOMEM ? r : AAS_OK;
}

static int
tell(struct look *l, const struct aas_attest_set *set, size_t i, int days)
{
	const struct aas_attest_token *t = &set->tokens[i];
	char text[700], why[16], until[AAS_CLOCK_TEXT], fact[64], whom[400];
	struct aas_event e = {
		.type = AAS_EV_ATTEST_ENDING, .why = why, .text = text
	};
	int r = whose(&t->is, &e);

	aas_clock_format(t->is.not_after_s, until);
	(void)snprintf(
	    why, sizeof(why), "%d-day%s", days, days == 1 ? "" : "s");
	(void)snprintf(text, sizeof(text),
	    "What %.100s has signed for %s %.300s ends at %s: without another "
	    "one it does not count from then on (%s).",
	    set->signers[t->signer].name,
	    t->is.user[0] != '\0' ? "user" : "group",
	    aas_printable(whom, sizeof(whom),
		t->is.user[0] != '\0' ? t->is.user : t->is.group),
	    until, t->is.id);
	(void)snprintf(fact, sizeof(fact), "%s %d", t->is.id, days);
	if (r == AAS_OK)
		r = aas_raised(l->statedir, &e, &l->now, fact);
	if (r != AAS_OK)
		aas_log(LOG_ERR, "event=not-kept type=attest-ending id=%s: %s",
		    t->is.id, aas_strerror(r));
	else
		l->some = 1;
	return r;
}

/* What is told of each that is still there, to text. */
static size_t
look_at(struct look *l, const struct aas_attest_set *set, const char *mark,
    char *text)
{
	size_t len = strlen(MAGIC);

	memcpy(text, MAGIC, len);
	for (size_t i = 0; i < set->tokens_n; i++) {
		int days = attest_remind_days(set, i, l->now.real_s);
		int told = told_of(mark, set->tokens[i].is.id);

		if (!set->tokens[i].told)
			continue;
		if (days != 0 && days < told && tell(l, set, i, days) == AAS_OK)
			told = days;
		if (told <= steps[STEPS - 1])
			len += (size_t)snprintf(text + len, LINE, "%s %d\n",
			    set->tokens[i].is.id, told);
	}
	return len;
}

int
attest_remind(const char *statedir, const char *libexecdir, const char *dir)
{
	struct aas_attest_files f = { NULL, NULL };
	struct aas_attest_set *set = NULL;
	struct aas_attest_io io;
	struct look l = { .statedir = statedir };
	char *mark = NULL, *text = malloc(MARK_MAX);
	size_t len = 0;
	int fd = -1;
	int r = AAS_ERR_NOMEM;

	aas_attest_files(&f, &io);
	if (text == NULL || (r = aas_clock_boot(&l.now)) != AAS_OK ||
	    (r = aas_attest_load(&io, dir, l.now.real_s, &set)) != AAS_OK ||
	    (r = aas_fs_dir(statedir, geteuid(), &fd)) != AAS_OK)
		goto out;
	r = AAS_ERR_NOMEM;
	if ((mark = load(fd)) == NULL)
		goto out;
	r = AAS_OK;
	len = look_at(&l, set, mark, text);
	if (len != strlen(mark) || memcmp(text, mark, len) != 0)
		r = aas_fs_replace(
		    fd, MARK, text, len, (uid_t)-1, (gid_t)-1, 0600);
	if (l.some && libexecdir != NULL)
		(void)aas_event_hand(statedir, libexecdir);
out:
	/* No directory: nothing is signed here. */
	if (r == AAS_ERR_NOTFOUND && set == NULL)
		r = AAS_OK;
	aas_close(&fd);
	aas_attest_unload(&set);
	free(text);
	free(mark);
	return r;
}
