/*
 * /etc/aas/attest: its signers, and what their statements are worth.
 *
 * 1. A file that others may write MUST be worth nothing, and nothing in it
 *    be read.
 * 2. A damaged list of revoked statements MUST NOT be an empty one.
 * 3. A number that a good statement used MUST NOT be used again, and one of a
 *    forged statement MUST NOT be in the way of a good one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attest/parts.h"
#include "lib/attest/set.h"
#include "lib/err.h"

#define CONF_MAX  (256 * 1024)
#define TOKEN_MAX (1024 * 1024) /* more than a token: its own reason */
#define DIR_TEXT  512
enum { LEVEL_ERROR = 1, LEVEL_NOTE = 2 };

_Static_assert(AAS_ATTEST_NOTHING == AAS_ERR_NOTFOUND, "one number");

struct load {
	const struct aas_attest_io *io;
	struct aas_attest_set *set;
	int64_t now_s;
	int r;
};

static int
fail(struct load *l, const char *file, const char *text)
{
	l->io->report(l->io->arg, LEVEL_ERROR, file, 0, text);
	l->r = AAS_ERR_FORMAT;
	return l->r;
}

/* A file that a signer names; it has to be there. */
static int
named_file(struct load *l, struct aas_signer *s, const char *path,
    int (*take)(struct aas_signer *s, const char *text, size_t len,
	char err[AAS_SIGNER_ERR]))
{
	char err[AAS_SIGNER_ERR];
	char *text = NULL;
	size_t len = 0;
	int r = l->io->read(l->io->arg, path, AAS_PEM_MAX, 0, &text, &len);

	if (r == -1)
		return fail(l, path, "is not there");
	if (r != 0) {
		l->r = AAS_ERR_FORMAT;
		return l->r;
	}
	r = take(s, text, len, err);
	l->io->release(l->io->arg, text);
	if (r == AAS_ERR_FORMAT)
		return fail(l, path, err);
	l->r = r;
	return r;
}

static int
keys_of(struct load *l, struct aas_signer *s)
{
	int r = AAS_OK;

	if (s->key_path != NULL)
		r = named_file(l, s, s->key_path, aas_signer_key);
	else
		r = named_file(l, s, s->root_path, aas_signer_root);
	for (size_t i = 0; r == AAS_OK && s->ca_paths[i] != NULL; i++)
		r = named_file(l, s, s->ca_paths[i], aas_signer_ca);
	return r;
}

/* Called for each *.conf; anything but 0 ends the walk. */
static int
one_signer(void *arg, const char *path)
{
	struct load *l = arg;
	struct aas_attest_set *set = l->set;
	struct aas_signer *s = &set->signers[set->signers_n];
	char err[AAS_SIGNER_ERR];
	char *text = NULL;
	size_t len = 0;
	int r = AAS_OK;

	if (set->signers_n == AAS_SIGNERS_MAX)
		return fail(l, path, "one signer too many");
	r = l->io->read(l->io->arg, path, CONF_MAX, 0, &text, &len);
	if (r == -1)
		return 0; /* it went away meanwhile */
	if (r != 0) {
		l->r = AAS_ERR_FORMAT;
		return l->r;
	}
	r = aas_signer_parse(path, text, len, s, err);
	l->io->release(l->io->arg, text);
	if (r != AAS_OK)
		return fail(l, NULL, err);
	set->signers_n++;
	for (size_t i = 0; i + 1 < set->signers_n; i++) {
		if (strcmp(set->signers[i].name, s->name) == 0)
			return fail(
			    l, path, "another signer has the same name");
	}
	return keys_of(l, s);
}

/* --- what is revoked ------------------------------------------------------ */

static int
gone_line(struct load *l, const char *file, const char *line, size_t n)
{
	struct aas_attest_set *set = l->set;

	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' '))
		n--;
	if (n == 0 || line[0] == '#')
		return AAS_OK;
	if (n >= AAS_JTI_MAX || set->gone_n == AAS_REVOKED_MAX)
		return fail(l, file,
		    "holds one number (jti) per line, at most 65536 of at most "
		    "128 characters");
	for (size_t i = 0; i < n; i++) {
		if (line[i] <= ' ' || line[i] >= 0x7f)
			return fail(l, file,
			    "holds something else than one number (jti) per "
			    "line");
	}
	if ((set->gone[set->gone_n] = strndup(line, n)) == NULL) {
		l->r = AAS_ERR_NOMEM;
		return l->r;
	}
	set->gone_n++;
	return AAS_OK;
}

static int
read_gone(struct load *l, const char *file)
{
	char *text = NULL;
	size_t len = 0;
	size_t lines = 2;
	int r = l->io->read(l->io->arg, file, AAS_REVOKED_LEN, 0, &text, &len);

	if (r < -1) {
		l->r = AAS_ERR_FORMAT;
		return l->r;
	}
	for (size_t i = 0; r == 0 && i < len; i++)
		lines += text[i] == '\n';
	if (lines > AAS_REVOKED_MAX + 2)
		lines = AAS_REVOKED_MAX + 2;
	l->set->gone = calloc(lines, sizeof(char *));
	if (l->set->gone == NULL)
		l->r = AAS_ERR_NOMEM;
	for (size_t i = 0; r == 0 && l->r == AAS_OK && i < len;) {
		const char *nl = memchr(text + i, '\n', len - i);
		size_t n = nl != NULL ? (size_t)(nl - text) - i : len - i;

		(void)gone_line(l, file, text + i, n);
		i += n + 1;
	}
	if (r == 0)
		l->io->release(l->io->arg, text);
	return l->r;
}

/* --- statements ----------------------------------------------------------- */

size_t
aas_attest_trim(const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	return len;
}

int
aas_attest_rules(unsigned why)
{
	return why == AAS_AW_OK || why == AAS_AW_EXPIRED ||
	    why == AAS_AW_FUTURE;
}

const char *
aas_attest_flaw(const struct aas_attest_token *t)
{
	if (aas_attest_rules(t->why))
		return NULL;
	if (t->why == AAS_AW_REVOKED)
		return "revoked";
	if (t->why == AAS_AW_PERMS)
		return "unread";
	return t->told || t->claimed ? "void" : NULL;
}

static struct aas_attest_token *
token_new(struct load *l, const char *path)
{
	struct aas_attest_set *set = l->set;
	struct aas_attest_token *t = &set->tokens[set->tokens_n];

	if ((t->path = strdup(path)) == NULL) {
		l->r = AAS_ERR_NOMEM;
		return NULL;
	}
	set->tokens_n++;
	return t;
}

/* The same number in an earlier file, if that one is good for something. */
static int
used(const struct aas_attest_set *set, const struct aas_attest_token *t)
{
	for (const struct aas_attest_token *o = set->tokens; o != t; o++) {
		if (o->told && strcmp(o->is.jti, t->is.jti) == 0 &&
		    o->why != AAS_AW_JTI)
			return 1;
	}
	return 0;
}

static void
judge(struct load *l, struct aas_attest_token *t, const char *text, size_t len)
{
	const struct aas_attest_ask ask = {
		.now_s = l->now_s,
		.gone = (const char *const *)l->set->gone,
	};

	t->why = aas_attest_verify(l->set->signers, l->set->signers_n, text,
	    aas_attest_trim(text, len), &ask, &t->is, &t->signer);
	t->told = aas_attest_rules(t->why) || t->why == AAS_AW_REVOKED;
	if (t->told && t->why != AAS_AW_REVOKED && used(l->set, t))
		t->why = AAS_AW_JTI;
	if (!t->told && t->why != AAS_AW_UNKNOWN)
		t->claimed = aas_attest_claimed(text,
				 aas_attest_trim(text, len), &t->is) == AAS_OK;
}

static int
one_token(void *arg, const char *path)
{
	struct load *l = arg;
	struct aas_attest_token *t = NULL;
	char note[512];
	char *text = NULL;
	size_t len = 0;
	int r = AAS_OK;

	if (l->set->tokens_n == AAS_TOKENS_MAX)
		return fail(l, path, "one statement too many");
	r = l->io->read(l->io->arg, path, TOKEN_MAX, 0, &text, &len);
	if (r == -1)
		return 0;
	if ((t = token_new(l, path)) == NULL) {
		if (r == 0)
			l->io->release(l->io->arg, text);
		return l->r;
	}
	t->why = AAS_AW_PERMS;
	if (r == 0) {
		judge(l, t, text, len);
		l->io->release(l->io->arg, text);
	}
	if (t->why == AAS_AW_OK)
		return 0;
	(void)snprintf(note, sizeof(note), "does not count: %s [%s]",
	    aas_attest_text(t->why), aas_attest_code(t->why));
	l->io->report(l->io->arg, LEVEL_NOTE, path, 0, note);
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

int
aas_attest_load(const struct aas_attest_io *io, const char *dir, int64_t now_s,
    struct aas_attest_set **out)
{
	struct load l = { io, NULL, now_s, AAS_OK };
	char gone[DIR_TEXT];
	int r = AAS_OK;

	if ((l.set = calloc(1, sizeof(*l.set))) == NULL ||
	    (l.set->tokens = calloc(AAS_TOKENS_MAX, sizeof(*l.set->tokens))) ==
		NULL) {
		aas_attest_unload(&l.set);
		return AAS_ERR_NOMEM;
	}
	(void)snprintf(gone, sizeof(gone), "%s/revoked", dir);
	r = io->list(io->arg, dir, ".conf", one_signer, &l);
	if (r == 0)
		r = read_gone(&l, gone);
	if (r == 0)
		r = io->list(io->arg, dir, ".jws", one_token, &l);
	if (l.r == AAS_OK && r == -1)
		l.r = AAS_ERR_NOTFOUND;
	else if (l.r == AAS_OK && r != 0)
		l.r = AAS_ERR_FORMAT; /* reported by the host */
	if (l.r == AAS_OK && l.set->signers_n == 0 && l.set->tokens_n == 0)
		l.r = AAS_ERR_NOTFOUND;
	if (l.r == AAS_OK)
		*out = l.set;
	else
		aas_attest_unload(&l.set);
	return l.r;
}

void
aas_attest_unload(struct aas_attest_set **set)
{
	struct aas_attest_set *s = *set;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->signers_n; i++)
		aas_signer_free(&s->signers[i]);
	for (size_t i = 0; i < s->gone_n; i++)
		free(s->gone[i]);
	for (size_t i = 0; i < s->tokens_n; i++)
		free(s->tokens[i].path);
	free(s->gone);
	free(s->tokens);
	free(s);
	*set = NULL;
}
