/*
 * Which policy the host has is told once for each, as is what it refuses.
 *
 * 1. An event MUST be kept before what it tells is noted as told: who is
 *    killed between the two tells it again, under the same id.
 * 2. What cannot be told MUST NOT keep a policy from being made.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "tools/policy_told.h"
#include "tools/raised.h"
#include "tools/told.h"

#define MARK     "policy.told"
#define LOCK     "policy.told.lock"
#define LOCK_MS  5000
#define MAGIC    "aas-policy-told 1"
#define MARK_MAX 512
#define FILE_MAX ((size_t)64 * 1024 * 1024)
#define SUM      (2 * 32 + 1)

/* What was told last: a digest, or "-". */
struct mark {
	uint64_t n; /* of what was told: makes the same thing, later, another */
	char changed[SUM], refused[SUM];
};

struct place {
	const char *statedir, *libexecdir;
	int dir, lock;
	struct aas_now now;
	struct mark mark;
};

static int
is_sum(const char *s)
{
	uint8_t raw[32];

	return strcmp(s, "-") == 0 ||
	    aas_hex_parse(s, raw, sizeof(raw)) == AAS_OK;
}

static int
parse(const struct aas_buf *buf, struct mark *m)
{
	char text[MARK_MAX + 1], changed[SUM], refused[SUM], end = '\0';
	uint64_t n = 0;

	if (buf->len > MARK_MAX)
		return AAS_ERR_FORMAT;
	memcpy(text, buf->p, buf->len);
	text[buf->len] = '\0';
	if (sscanf(text, MAGIC " %" SCNu64 " %64s %64s%c", &n, changed, refused,
		&end) != 4 ||
	    end != '\n' || !is_sum(changed) || !is_sum(refused))
		return AAS_ERR_FORMAT;
	m->n = n;
	memcpy(m->changed, changed, sizeof(changed));
	memcpy(m->refused, refused, sizeof(refused));
	return AAS_OK;
}

static int
store(const struct place *at)
{
	char text[MARK_MAX];
	int len = snprintf(text, sizeof(text), MAGIC " %" PRIu64 " %s %s\n",
	    at->mark.n, at->mark.changed, at->mark.refused);

	return aas_fs_replace(
	    at->dir, MARK, text, (size_t)len, (uid_t)-1, (gid_t)-1, 0600);
}

/* A new one begins with a number that no other began with. */
static int
load(struct place *at)
{
	struct aas_buf buf = { NULL, 0 };
	int r =
	    aas_fs_read(at->dir, MARK, geteuid(), 077, MARK_MAX, &buf, NULL);

	if (r == AAS_OK)
		r = parse(&buf, &at->mark);
	aas_buf_free(&buf);
	if (r == AAS_OK)
		return r;
	at->mark = (struct mark){ (uint64_t)at->now.real_s * 1000, "-", "-" };
	return store(at);
}

static int
open_place(struct place *at, const char *statedir, const char *libexecdir)
{
	int r;

	*at = (struct place){ .statedir = statedir,
		.libexecdir = libexecdir,
		.dir = -1,
		.lock = -1 };
	if ((r = aas_clock_boot(&at->now)) == AAS_OK &&
	    (r = aas_fs_dir(statedir, geteuid(), &at->dir)) == AAS_OK &&
	    (r = aas_fs_lock(at->dir, LOCK, 1, LOCK_MS, &at->lock)) == AAS_OK)
		r = load(at);
	return r;
}

static void
close_place(struct place *at)
{
	aas_close(&at->lock);
	aas_close(&at->dir);
}

/* The event, then the mark. */
static int
tell(struct place *at, struct aas_event *e, const char *sum)
{
	char fact[SUM + 24];
	int r;

	e->user = "root";
	e->uid = 0;
	(void)snprintf(
	    fact, sizeof(fact), "%" PRIu64 " %s", at->mark.n + 1, sum);
	if ((r = aas_raised(at->statedir, e, &at->now, fact)) != AAS_OK)
		return r;
	at->mark.n++;
	r = store(at);
	if (aasd_can_deliver())
		(void)aas_event_hand(at->statedir, at->libexecdir);
	return r;
}

static void
log_lost(const struct aas_event *e, int r)
{
	aas_log(LOG_ERR, "event=not-kept type=%s: %s", aas_event_name(e->type),
	    aas_strerror(r));
}

/* --- changed -------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct aas_rule *x = a, *y = b;
	int c = strcmp(x->source, y->source);

	return c != 0 ? c : strcmp(x->name, y->name);
}

/* Of what it says: without when, and where in which file. */
static int
sum_of(const struct policy_build *b, char sum[SUM])
{
	struct aas_policy_source src = b->src;
	struct aas_rule *rules = calloc(src.rules_n + 1, sizeof(*rules));
	uint8_t raw[32], *bin = NULL;
	size_t len = 0;
	int r = AAS_ERR_NOMEM;

	if (rules == NULL)
		return r;
	for (size_t i = 0; i < src.rules_n; i++) {
		rules[i] = src.rules[i];
		rules[i].where = "-";
	}
	qsort(rules, src.rules_n, sizeof(*rules), by_name);
	src.rules = rules;
	src.files_n = 0;
	src.built_s = 0;
	if ((r = aas_policy_compile(&src, &bin, &len)) == AAS_OK &&
	    (r = aas_sha256(bin, len, NULL, 0, NULL, 0, raw)) == AAS_OK)
		aas_hex_format(raw, sizeof(raw), sum);
	free(bin);
	free(rules);
	return r;
}

void
policy_told_changed(const char *statedir, const char *libexecdir,
    const struct policy_build *b, int same)
{
	char text[PATH_MAX + 128], sum[SUM];
	struct aas_event e = { .type = AAS_EV_POLICY_CHANGED, .text = text };
	struct place at;
	int r = open_place(&at, statedir, libexecdir);

	if (r == AAS_OK)
		r = sum_of(b, sum);
	if (r != AAS_OK)
		goto out;
	(void)snprintf(text, sizeof(text),
	    "%zu rule%s, from %s and what it names; see aasctl policy explain.",
	    b->src.rules_n, b->src.rules_n == 1 ? "" : "s", b->conf_path);
	/* What was refused is not any more: refused again, it is told. */
	(void)snprintf(at.mark.refused, SUM, "-");
	if (strcmp(at.mark.changed, "-") == 0
		? same
		: strcmp(at.mark.changed, sum) == 0) {
		memcpy(at.mark.changed, sum, SUM);
		r = store(&at);
		goto out;
	}
	memcpy(at.mark.changed, sum, SUM);
	r = tell(&at, &e, sum);
out:
	if (r != AAS_OK)
		log_lost(&e, r);
	close_place(&at);
}

/* --- refused -------------------------------------------------------------- */

/* sum becomes that of itself, a name and the bytes of that file. */
static void
add_file(uint8_t sum[32], const char *path)
{
	struct aas_buf buf = { NULL, 0 };
	char why[32];
	int r = aas_fs_read_path(path, geteuid(), 022, FILE_MAX, &buf, NULL);

	(void)snprintf(why, sizeof(why), "error %d", r);
	(void)aas_sha256(sum, 32, path, strlen(path) + 1,
	    r == AAS_OK ? (const void *)buf.p : why,
	    r == AAS_OK ? buf.len : strlen(why), sum);
	aas_buf_free(&buf);
}

static int
is_shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
add_dir(uint8_t sum[32], const char *dir)
{
	struct dirent **e = NULL;
	char path[PATH_MAX];
	int n = scandir(dir, &e, is_shown, alphasort);

	for (int i = 0; i < n; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name) <
		    (int)sizeof(path))
			add_file(sum, path);
		free(e[i]);
	}
	free(e);
}

/* The words without numbers: a time that something took is nothing new. */
static void
add_words(uint8_t sum[32], const char *said)
{
	char *words = strdup(said), *to = words;

	if (words == NULL)
		return;
	for (const char *p = said; *p != '\0'; p++)
		if (*p < '0' || *p > '9')
			*to++ = *p;
	(void)aas_sha256(sum, 32, words, (size_t)(to - words), NULL, 0, sum);
	free(words);
}

/* What is refused: the files that there are for it, and the reason. */
static void
refused_sum(const char *conf, const char *said, char sum[SUM])
{
	uint8_t raw[32] = { 0 };
	char dir[PATH_MAX], path[PATH_MAX + 32];

	(void)snprintf(dir, sizeof(dir), "%s", conf);
	dir[strrchr(dir, '/') != NULL ? strrchr(dir, '/') - dir : 0] = '\0';
	add_file(raw, conf);
	(void)snprintf(path, sizeof(path), "%s/policy.conf", dir);
	add_file(raw, path);
	(void)snprintf(path, sizeof(path), "%s/policy.conf.d", dir);
	add_dir(raw, path);
	(void)snprintf(path, sizeof(path), "%s/attest", dir);
	add_dir(raw, path);
	add_words(raw, said);
	aas_hex_format(raw, sizeof(raw), sum);
}

void
policy_told_refused(const char *statedir, const char *libexecdir,
    const char *conf, const char *why, const char *said)
{
	char text[512], sum[SUM];
	struct aas_event e = {
		.type = AAS_EV_POLICY_REFUSED, .why = why, .text = text
	};
	struct place at;
	int r = open_place(&at, statedir, libexecdir);

	if (r != AAS_OK)
		goto out;
	(void)snprintf(
	    text, sizeof(text), "%.*s", (int)strcspn(said, "\n"), said);
	refused_sum(conf, said, sum);
	if (strcmp(at.mark.refused, sum) == 0)
		goto out;
	memcpy(at.mark.refused, sum, SUM);
	r = tell(&at, &e, sum);
out:
	if (r != AAS_OK)
		log_lost(&e, r);
	close_place(&at);
}
