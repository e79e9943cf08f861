/*
 * The first line of a rollout.
 *
 * 1. It MUST NOT matter how long or how deep it is: nothing is read beyond the
 *    bytes given, and nothing recurses.
 * 2. What it says MUST come out as valid UTF-8, never longer than its field.
 */
#include <stdint.h>
#include <string.h>

#include "lib/codex/meta.h"
#include "lib/err.h"
#include "lib/utf8.h"

#define DEPTH 128

struct in {
	const unsigned char *p, *end;
};

/* What a text becomes; cap 0: it is skipped. */
struct text {
	char *dst;
	size_t cap, len;
	int full;
};

static void
put(struct text *t, const void *p, size_t n)
{
	if (t->full || t->cap == 0)
		return;
	if (t->len + n >= t->cap) {
		t->full = 1;
		return;
	}
	memcpy(t->dst + t->len, p, n);
	t->len += n;
	t->dst[t->len] = '\0';
}

static void
put_char(struct text *t, uint32_t cp)
{
	unsigned char b[4];
	size_t n = 1;

	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		b[0] = (unsigned char)cp;
	} else if (cp < 0x800) {
		n = 2;
		b[0] = (unsigned char)(0xc0 | cp >> 6);
	} else if (cp < 0x10000) {
		n = 3;
		b[0] = (unsigned char)(0xe0 | cp >> 12);
	} else {
		n = 4;
		b[0] = (unsigned char)(0xf0 | cp >> 18);
	}
	for (size_t i = 1; i < n; i++)
		b[i] = (unsigned char)(0x80 | (cp >> 6 * (n - 1 - i) & 0x3f));
	put(t, b, n);
}

/* --- the parts of JSON ---------------------------------------------------- */

/* The next byte that is no space; -1: there is none. */
static int
next(struct in *in)
{
	while (in->p < in->end &&
	    (*in->p == ' ' || *in->p == '\t' || *in->p == '\r'))
		in->p++;
	return in->p < in->end && *in->p != '\n' ? *in->p : -1;
}

/* Four hexadecimal digits; -1: there are not. */
static int
hex4(struct in *in)
{
	int v = 0;

	if (in->end - in->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = in->p[i], low = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (low - 'a' + 10);
		else
			return -1;
	}
	in->p += 4;
	return v;
}

/* After a backslash. */
static int
escape(struct in *in, struct text *t)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = NULL;
	struct in low;
	int c = 0, d = 0;

	if (in->p >= in->end)
		return AAS_ERR_TOOBIG;
	c = *in->p++;
	if (c != 'u') {
		if (c == '\0' || (at = strchr(from, c)) == NULL)
			return AAS_ERR_FORMAT;
		put(t, &to[at - from], 1);
		return AAS_OK;
	}
	if (in->end - in->p < 4)
		return AAS_ERR_TOOBIG;
	if ((c = hex4(in)) < 0)
		return AAS_ERR_FORMAT;
	low = *in;
	if (c >= 0xd800 && c <= 0xdbff && low.end - low.p >= 6 &&
	    low.p[0] == '\\' && low.p[1] == 'u') {
		low.p += 2;
		d = hex4(&low);
		if (d >= 0xdc00 && d <= 0xdfff) {
			*in = low;
			c = 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
		}
	}
	put_char(t, (uint32_t)c);
	return AAS_OK;
}

/* A string, in->p at its quotation mark.  AAS_ERR_TOOBIG: it goes on. */
static int
string(struct in *in, struct text *t)
{
	int r = AAS_OK;

	for (in->p++; in->p < in->end && *in->p != '\n';) {
		uint32_t cp = 0;
		size_t n = 0;

		if (*in->p == '"') {
			in->p++;
			return AAS_OK;
		}
		if (*in->p == '\\') {
			in->p++;
			if ((r = escape(in, t)) != AAS_OK)
				return r;
			continue;
		}
		n = aas_utf8_next(in->p, (size_t)(in->end - in->p), &cp);
		put_char(t, n == 0 ? 0xfffd : cp);
		in->p += n == 0 ? 1 : n;
	}
	return in->p < in->end ? AAS_ERR_FORMAT : AAS_ERR_TOOBIG;
}

/* Any value; brackets are counted, not matched. */
static int
skip(struct in *in)
{
	struct text none = { .cap = 0 };
	int depth = 0, c = 0, r = AAS_OK;

	do {
		if ((c = next(in)) == -1)
			return in->p < in->end ? AAS_ERR_FORMAT
					       : AAS_ERR_TOOBIG;
		if (c == '"') {
			if ((r = string(in, &none)) != AAS_OK)
				return r;
			continue;
		}
		in->p++;
		if ((c == '{' || c == '[') && ++depth > DEPTH)
			return AAS_ERR_FORMAT;
		if (c == '}' || c == ']')
			depth--;
		/* The rest of a number or a word is as good as a value. */
		while (depth == 0 && in->p < in->end &&
		    strchr(",]} \t\r\n", *in->p) == NULL && c != '}' &&
		    c != ']')
			in->p++;
	} while (depth > 0);
	return depth < 0 ? AAS_ERR_FORMAT : AAS_OK;
}

/* --- what is wanted of it ------------------------------------------------- */

struct field {
	const char *name;
	char *dst;
	size_t cap;
};

/* A value that is a text, or an object: the name of its first member. */
static int
value(struct in *in, const struct field *f)
{
	struct in look = *in;
	struct text t = { f->dst, f->cap, 0, 0 };
	int r = AAS_OK;

	if (f->dst[0] != '\0' || next(in) != '"') {
		if (f->dst[0] == '\0' && next(&look) == '{') {
			look.p++;
			if (next(&look) == '"' && string(&look, &t) != AAS_OK)
				f->dst[0] = '\0';
		}
		return skip(in);
	}
	if ((r = string(in, &t)) != AAS_OK)
		f->dst[0] = '\0';
	return r;
}

/*
 * The members of an object, in->p behind its brace: those that are wanted are
 * taken; *inner is where the value of "payload" begins.
 */
static int
members(struct in *in, const struct field *f, size_t n, struct in *inner)
{
	int c = 0, r = AAS_OK;

	for (;;) {
		char name[32] = "";
		struct text t = { name, sizeof(name), 0, 0 };
		size_t i = 0;

		if ((c = next(in)) == '}') {
			in->p++;
			return AAS_OK;
		}
		if (c == ',') {
			in->p++;
			continue;
		}
		if (c != '"')
			return c == -1 && in->p == in->end ? AAS_ERR_TOOBIG
							   : AAS_ERR_FORMAT;
		if ((r = string(in, &t)) != AAS_OK)
			return r;
		if (next(in) != ':')
			return in->p == in->end ? AAS_ERR_TOOBIG
						: AAS_ERR_FORMAT;
		in->p++;
		if (next(in) == '{' && inner != NULL && inner->p == NULL &&
		    strcmp(name, "payload") == 0)
			*inner = *in;
		while (i < n && (t.full || strcmp(name, f[i].name) != 0))
			i++;
		if ((r = i < n ? value(in, &f[i]) : skip(in)) != AAS_OK)
			return r;
	}
}

static int
is_id(const char *id)
{
	return id[0] != '\0' &&
	    id[strspn(id,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_")] == '\0';
}

int
aas_codex_meta(const void *p, size_t len, struct aas_codex_meta *m)
{
	struct aas_codex_meta got;
	char type[32] = "", other[AAS_CODEX_ID] = "", time[AAS_CODEX_WORD] = "";
	const struct field outer[] = { { "type", type, sizeof(type) },
		{ "id", got.id, sizeof(got.id) },
		{ "timestamp", time, sizeof(time) } };
	const struct field fields[] = {
		{ "id", got.id, sizeof(got.id) },
		{ "session_id", other, sizeof(other) },
		{ "timestamp", got.time, sizeof(got.time) },
		{ "cwd", got.cwd, sizeof(got.cwd) },
		{ "cli_version", got.version, sizeof(got.version) },
		{ "model_provider", got.provider, sizeof(got.provider) },
		{ "originator", got.originator, sizeof(got.originator) },
		{ "source", got.source, sizeof(got.source) },
	};
	struct in in = { p, (const unsigned char *)p + len };
	struct in inner = { NULL, NULL };
	int r = AAS_ERR_FORMAT;

	memset(&got, 0, sizeof(got));
	if (next(&in) != '{')
		return r;
	in.p++;
	r = members(&in, outer, sizeof(outer) / sizeof(outer[0]), &inner);
	if (r != AAS_OK && r != AAS_ERR_TOOBIG)
		return AAS_ERR_FORMAT;
	got.whole = r == AAS_OK;
	if (inner.p != NULL && strcmp(type, "session_meta") == 0) {
		got.id[0] = '\0';
		inner.p++;
		(void)members(
		    &inner, fields, sizeof(fields) / sizeof(fields[0]), NULL);
	} else if (type[0] != '\0' || inner.p != NULL) {
		return AAS_ERR_FORMAT;
	}
	if (got.id[0] == '\0')
		memcpy(got.id, other, sizeof(got.id));
	if (got.time[0] == '\0')
		memcpy(got.time, time, sizeof(got.time));
	if (!is_id(got.id) || got.time[0] == '\0')
		return AAS_ERR_FORMAT;
	*m = got;
	return AAS_OK;
}
