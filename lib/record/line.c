/*
 * The lines of a record: cut, taken apart, put together.
 *
 * 1. One line MUST NOT have two spellings: what is signed is the payload, but
 *    what is pinned is the line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/b64.h"
#include "lib/err.h"
#include "lib/record/parts.h"

#define HEAD      "aas1 "
#define HEAD_LEN  (sizeof(HEAD) - 1)
#define HEAD_KIND 3               /* "aas"; the rest is the version */
#define DOMAIN    "aas-record-v1" /* with its NUL */

int
aas_line_next(
    const uint8_t **p, size_t *len, const uint8_t **line, size_t *line_len)
{
	const uint8_t *lf = NULL;
	size_t n = 0;

	if (*len == 0)
		return AAS_ERR_NOTFOUND;
	n = *len < AAS_LINE_MAX ? *len : AAS_LINE_MAX;
	if ((lf = memchr(*p, '\n', n)) == NULL)
		return *len > n ? AAS_ERR_TOOBIG : AAS_ERR_FORMAT;
	n = (size_t)(lf - *p) + 1;
	*line = *p;
	*line_len = n;
	*p += n;
	*len -= n;
	return AAS_OK;
}

int
aas_entry_challenge(const char *json, uint8_t hash[32])
{
	return aas_sha256(
	    DOMAIN, sizeof(DOMAIN), json, strlen(json), NULL, 0, hash);
}

/* Decode one base64 word into ${dst}, NUL-terminated; NUL inside is refused. */
static int
word(const uint8_t *p, size_t len, char *dst, size_t cap, size_t *n)
{
	int r = aas_b64_parse((const char *)p, len, dst, cap - 1, n);

	if (r != AAS_OK)
		return r;
	dst[*n] = '\0';
	return memchr(dst, '\0', *n) == NULL ? AAS_OK : AAS_ERR_FORMAT;
}

static int
words(const uint8_t *p, size_t len, char *json, size_t cap, struct aas_line *l)
{
	const uint8_t *sp = memchr(p, ' ', len);
	size_t n = 0;
	int r = AAS_ERR_FORMAT;

	if (sp == NULL)
		return AAS_ERR_FORMAT;
	if ((r = word(p, (size_t)(sp - p), json, cap, &n)) != AAS_OK ||
	    (r = aas_payload_parse(json, n, &l->e)) != AAS_OK ||
	    (r = aas_entry_challenge(json, l->challenge)) != AAS_OK)
		return r;
	len -= (size_t)(sp + 1 - p);
	if ((r = word(sp + 1, len, json, cap, &n)) != AAS_OK)
		return r;
	return aas_proofs_parse(json, n, l);
}

int
aas_line_parse(const uint8_t *p, size_t len, struct aas_line **l)
{
	struct aas_line *got = NULL;
	char *json = NULL;
	int r = AAS_ERR_FORMAT;

	if (len > AAS_LINE_MAX)
		return AAS_ERR_TOOBIG;
	if (len < HEAD_LEN + 1 || p[len - 1] != '\n' ||
	    memcmp(p, HEAD, HEAD_KIND) != 0)
		return AAS_ERR_FORMAT;
	if (memcmp(p, HEAD, HEAD_LEN) != 0)
		return AAS_ERR_VERSION;
	r = AAS_ERR_NOMEM;
	if ((got = calloc(1, sizeof(*got))) == NULL ||
	    (json = malloc(len)) == NULL)
		goto out;
	if ((r = aas_sha256(p, len, NULL, 0, NULL, 0, got->hash)) != AAS_OK)
		goto out;
	r = words(p + HEAD_LEN, len - HEAD_LEN - 1, json, len, got);
	if (r != AAS_OK)
		goto out;
	*l = got;
	got = NULL;
out:
	free(json);
	free(got);
	return r;
}

/* One growing piece of text; sticky like lib/wire.h. */
struct text {
	char *p;
	size_t cap, len;
	int bad;
};

static void
add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->bad || n >= t->cap - t->len) {
		t->bad = 1;
		return;
	}
	memcpy(t->p + t->len, s, n + 1);
	t->len += n;
}

static void
add_b64(struct text *t, const void *p, size_t len)
{
	if (t->bad || AAS_B64_TEXT(len) > t->cap - t->len) {
		t->bad = 1;
		return;
	}
	aas_b64_format(p, len, t->p + t->len);
	t->len += AAS_B64_TEXT(len) - 1;
}

static void
add_proofs(struct text *t, const struct aas_proof *proofs, size_t n,
    const uint8_t *rsig, const uint8_t *rpub)
{
	add(t, "{\"fido\":[");
	for (size_t i = 0; i < n; i++) {
		add(t, i == 0 ? "{\"id\":\"" : ",{\"id\":\"");
		add_b64(t, proofs[i].id, proofs[i].id_len);
		add(t, "\",\"auth\":\"");
		add_b64(t, proofs[i].auth, proofs[i].auth_len);
		add(t, "\",\"sig\":\"");
		add_b64(t, proofs[i].sig, proofs[i].sig_len);
		add(t, "\"}");
	}
	add(t, "]");
	if (rsig != NULL && rpub != NULL) {
		add(t, ",\"recovery\":[{\"pub\":\"");
		add_b64(t, rpub, 32);
		add(t, "\",\"sig\":\"");
		add_b64(t, rsig, 64);
		add(t, "\"}]");
	}
	add(t, "}");
}

int
aas_entry_line(const char *json, const struct aas_proof *proofs, size_t n,
    const uint8_t *rsig, const uint8_t *rpub, char **line)
{
	struct text pt = { .cap = AAS_LINE_MAX };
	struct text lt = { .cap = AAS_LINE_MAX + 1 };
	int r = AAS_ERR_NOMEM;

	if (n > AAS_PROOFS_MAX || (rsig == NULL) != (rpub == NULL))
		return AAS_ERR_INVAL;
	if ((pt.p = malloc(pt.cap)) == NULL || (lt.p = malloc(lt.cap)) == NULL)
		goto out;
	add_proofs(&pt, proofs, n, rsig, rpub);
	add(&lt, HEAD);
	add_b64(&lt, json, strlen(json));
	add(&lt, " ");
	add_b64(&lt, pt.p, pt.len);
	add(&lt, "\n");
	r = AAS_ERR_TOOBIG;
	if (pt.bad || lt.bad)
		goto out;
	*line = lt.p;
	lt.p = NULL;
	r = AAS_OK;
out:
	free(pt.p);
	free(lt.p);
	return r;
}
