/*
 * The addresses of a user's own.
 *
 * 1. Who changes addresses, keys or the record MUST NOT thereby keep the
 *    owner from hearing of it, in whatever order alerts are delivered: each
 *    address known before is told too, until alerts are given up and none
 *    waits that it has to hear of.
 * 2. An address that is not one mail address or https URL MUST be left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/conf/alerts_conf.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/notify/contacts.h"
#include "lib/notify/queue.h"
#include "lib/record/record.h"

#define FILE_MAX ((size_t)8192)

static void
add(struct aas_contacts *c, const char *s, size_t n)
{
	char *dst = NULL;

	if (c->n >= AAS_CONTACTS_MAX || n == 0 || n >= sizeof(c->v[0]))
		return;
	dst = c->v[c->n];
	memcpy(dst, s, n);
	dst[n] = '\0';
	if (strncmp(dst, "mailto:", 7) == 0 ? !aas_alerts_mail_valid(dst + 7)
					    : !aas_alerts_url_valid(dst))
		return;
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i], dst) == 0)
			return;
	c->n++;
}

/* 0 and what the record says, which may be nothing. */
static int
of_record(struct aas_store *store, const struct aas_alert *a,
    const struct aas_now *now, struct aas_contacts *c)
{
	const char *user = aas_alert_str(a, "user");
	struct aas_record *rec = NULL;
	struct aas_index ix;
	unsigned why = 0;
	int r = AAS_ERR_NOTFOUND;

	if (store == NULL || user == NULL)
		return r;
	r = aas_store_load(store, a->uid, user, now, &rec, &ix, &why);
	if (r == AAS_OK && rec != NULL)
		for (unsigned i = 0; i < rec->contacts_n; i++)
			add(c, rec->contacts[i],
			    strnlen(
				rec->contacts[i], sizeof(rec->contacts[i])));
	aas_record_free(&rec);
	return r;
}

/* --- those remembered ----------------------------------------------------- */

/* An address that the record had; gone_s: not any more, since then; 0: has. */
struct known {
	size_t n;
	int changed;
	struct {
		char to[256];
		int64_t gone_s;
	} v[AAS_CONTACTS_MAX];
};

/* "ADDRESS" or "ADDRESS GONE", one a line; what is wrong is left out. */
static void
known_parse(struct known *k, const char *p, size_t len)
{
	struct aas_contacts one;

	while (len > 0) {
		const char *lf = memchr(p, '\n', len);
		size_t n = lf != NULL ? (size_t)(lf - p) : len;
		const char *sp = memchr(p, ' ', n);
		char num[24] = "";

		one.n = 0;
		add(&one, p, sp != NULL ? (size_t)(sp - p) : n);
		if (sp != NULL && (size_t)(p + n - sp) <= sizeof(num))
			memcpy(num, sp + 1, (size_t)(p + n - sp) - 1);
		if (one.n == 1 && k->n < AAS_CONTACTS_MAX) {
			memcpy(k->v[k->n].to, one.v[0], sizeof(k->v[0].to));
			k->v[k->n++].gone_s = strtoll(num, NULL, 10);
		}
		n += lf != NULL;
		p += n;
		len -= n;
	}
}

static void
known_save(int dirfd, const char *name, const struct known *k)
{
	char text[FILE_MAX];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < k->n && at < sizeof(text); i++)
		at += k->v[i].gone_s == 0
		    ? (size_t)snprintf(
			  text + at, sizeof(text) - at, "%s\n", k->v[i].to)
		    : (size_t)snprintf(text + at, sizeof(text) - at,
			  "%s %lld\n", k->v[i].to, (long long)k->v[i].gone_s);
	if (at >= sizeof(text) ||
	    aas_fs_replace(dirfd, name, text, at, (uid_t)-1, (gid_t)-1, 0600) !=
		AAS_OK)
		aas_log(LOG_WARNING, "event=alert-addresses-not-kept file=%s",
		    name);
}

static int
has(const struct aas_contacts *c, const char *to)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i], to) == 0)
			return 1;
	return 0;
}

static int
knows(const struct known *k, const char *to)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].to, to) == 0)
			return 1;
	return 0;
}

/* Is the alert about who is told, or who can get in? */
static int
tells_old(const struct aas_alert *a)
{
	return a->kind != NULL && a->kind->always;
}

/* Does one such of ${uid} wait?  What is not numbered may be one. */
static int
some_wait(const struct aas_depot *sp, uint32_t uid)
{
	struct aas_names l = { NULL, 0, 0 };
	struct aas_queued *q = calloc(1, sizeof(*q));
	int some = q == NULL || aas_depot_some(sp->new) ||
	    aas_depot_list(sp->queue, &l) != AAS_OK;

	for (size_t i = 0; !some && i < l.n; i++) {
		struct aas_alert a = { .o = NULL };

		if (!aas_queue_is_of(l.v[i], uid))
			continue;
		some = aas_queue_load(sp->queue, l.v[i], q) != AAS_OK ||
		    aas_alert_parse(q->line.p, q->line.len, &a) != AAS_OK ||
		    tells_old(&a);
		aas_alert_clear(&a);
	}
	aas_names_free(&l);
	free(q);
	return some;
}

/* One that is gone is forgotten late, and never while it is to hear more. */
static void
turn(struct known *k, const struct aas_contacts *rec,
    const struct aas_depot *sp, uint32_t uid, int64_t now_s, int64_t keep_s)
{
	size_t n = 0;
	int wait = -1;

	for (size_t i = 0; i < k->n; i++) {
		int64_t gone_s = k->v[i].gone_s;

		if (has(rec, k->v[i].to))
			gone_s = 0;
		else if (gone_s <= 0 || gone_s > now_s)
			gone_s = now_s;
		else if (now_s - gone_s > keep_s &&
		    (wait != -1 ? wait : (wait = some_wait(sp, uid))) == 0) {
			k->changed = 1;
			continue;
		}
		k->changed = k->changed || gone_s != k->v[i].gone_s;
		k->v[n] = k->v[i];
		k->v[n++].gone_s = gone_s;
	}
	k->n = n;
	/* Where there is no room the new ones wait, not the old. */
	for (size_t i = 0; i < rec->n && k->n < AAS_CONTACTS_MAX; i++) {
		if (knows(k, rec->v[i]))
			continue;
		memcpy(k->v[k->n].to, rec->v[i], sizeof(k->v[0].to));
		k->v[k->n++].gone_s = 0;
		k->changed = 1;
	}
}

void
aas_contacts_turn(const struct aas_depot *sp, const struct aas_alert *a,
    const struct aas_contacts *rec, int64_t now_s, int64_t keep_s,
    struct aas_contacts *c)
{
	struct aas_buf buf = { NULL, 0 };
	struct known k = { .n = 0 };
	char name[32];

	c->n = 0;
	(void)snprintf(name, sizeof(name), "%" PRIu32 ".to", a->uid);
	if (aas_fs_read(sp->alerts, name, geteuid(), 022, FILE_MAX, &buf,
		NULL) == AAS_OK)
		known_parse(&k, (const char *)buf.p, buf.len);
	aas_buf_free(&buf);
	if (rec != NULL) {
		for (size_t i = 0; i < rec->n; i++)
			add(c, rec->v[i], strlen(rec->v[i]));
		turn(&k, rec, sp, a->uid, now_s, keep_s);
		if (k.changed)
			known_save(sp->alerts, name, &k);
	}
	for (size_t i = 0; i < k.n; i++)
		if (tells_old(a) || (rec == NULL && k.v[i].gone_s == 0))
			add(c, k.v[i].to, strlen(k.v[i].to));
}

void
aas_contacts_get(const struct aas_depot *sp, struct aas_store *store,
    const struct aas_alert *a, const struct aas_now *now, int64_t keep_s,
    struct aas_contacts *c)
{
	struct aas_contacts rec = { .n = 0 };
	int known = of_record(store, a, now, &rec) == AAS_OK;

	aas_contacts_turn(sp, a, known ? &rec : NULL, now->real_s, keep_s, c);
}
