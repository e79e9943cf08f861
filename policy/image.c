/*
 * Opens and checks policy.bin.  It is mapped inside sshd and login, so this
 * file
 *  1. MUST NOT accept a file that is torn, flipped, foreign, of another byte
 *     order or of a version it does not know: any of them refuses everyone;
 *  2. MUST NOT use what stands in the map for the header: it is copied first,
 *     and the copy is checked;
 *  3. MUST NOT guess: what is out of range is damage, not a default.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "policy/format.h"
#include "policy/policy.h"
#include "lib/str.h"
#include "policy/open.h"

#define HEAD_WORDS (sizeof(struct pol_head) / 8)

static int
path_valid(const char s[256])
{
	size_t len = aas_str_nlen(s, 256);

	/* 200: a helper's or a file's name still has to fit behind it. */
	return s[0] == '/' && len > 1 && len <= 200 && s[len - 1] != '/' &&
	    !aas_str_has(s, "//") && !aas_str_has(s, "/../");
}

static int
text_valid(const char s[256])
{
	size_t len = aas_str_nlen(s, 256);

	if (len == 0 || len == 256)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return 0;
	}
	return 1;
}

static int
limit_valid(int64_t s)
{
	return s >= 0 && s <= AAS_LIMIT_MAX_S;
}

int
pol_head_valid(const struct pol_head *h)
{
	return text_valid(h->realm) && path_valid(h->statedir) &&
	    path_valid(h->rundir) && path_valid(h->libexecdir) &&
	    h->enrolled_min >= 2 && h->enrolled_min <= POL_ENROLLED_MAX &&
	    h->present >= 1 && h->present <= 2 && h->uv <= 1 &&
	    h->server_keys <= 1 && h->timeout_s >= 1 &&
	    h->timeout_s <= POL_TIMEOUT_MAX && limit_valid(h->session_s) &&
	    limit_valid(h->idle_s) && limit_valid(h->reauth_s) &&
	    h->degraded_s >= 1 && limit_valid(h->degraded_s) &&
	    (h->needs & ~POL_NEEDS) == 0;
}

static int
table_valid(const struct pol_head *h, const struct pol_table *t)
{
	return t->at >= HEAD_WORDS && t->at <= h->total / 8 &&
	    t->n <= (h->total / 8 - t->at) / 2;
}

static int
hash_valid(const struct pol_head *h, const struct pol_table *t)
{
	return table_valid(h, t) && t->n > 0 && (t->n & (t->n - 1)) == 0;
}

static int
tables_valid(const struct pol_head *h)
{
	return hash_valid(h, &h->users) && hash_valid(h, &h->others) &&
	    table_valid(h, &h->rules) && table_valid(h, &h->zone) &&
	    table_valid(h, &h->files) && h->rules.n <= AAS_RULES_MAX &&
	    h->zone.n <= POL_ZONE_MAX && h->files.n <= POL_FILES_MAX;
}

/* The header of ${len} bytes: is this ours, whole, and of this version? */
static int
check_head(const struct pol_head *h, size_t len)
{
	if (memcmp(h->magic, POL_MAGIC, POL_MAGIC_LEN - 2) != 0)
		return AAS_ERR_FORMAT;
	if (memcmp(h->magic, POL_MAGIC, POL_MAGIC_LEN) != 0)
		return AAS_ERR_VERSION;
	if (h->endian != POL_ENDIAN || h->total != len ||
	    h->check != pol_sum(pol_start(0), h, HEAD_WORDS - 1))
		return AAS_ERR_FORMAT;
	return pol_head_valid(h) && tables_valid(h) ? AAS_OK : AAS_ERR_FORMAT;
}

static int
len_valid(uint64_t len)
{
	return len >= sizeof(struct pol_head) && len <= POL_FILE_MAX &&
	    len % 8 == 0;
}

static int
adopt(const uint8_t *map, size_t len, int mapped, struct aas_policy **out)
{
	struct aas_policy *p = malloc(sizeof(*p));
	int r;

	if (p == NULL)
		return AAS_ERR_NOMEM;
	memcpy(&p->h, map, sizeof(p->h));
	p->map = map;
	p->len = len;
	p->mapped = mapped;
	p->whole = 0;
	if ((r = check_head(&p->h, len)) != AAS_OK) {
		free(p);
		return r;
	}
	*out = p;
	return AAS_OK;
}

/* A file too short for a header may still show what it was. */
static int
short_file(const void *buf, size_t len)
{
	if (len >= POL_MAGIC_LEN &&
	    memcmp(buf, POL_MAGIC, POL_MAGIC_LEN - 2) == 0 &&
	    memcmp(buf, POL_MAGIC, POL_MAGIC_LEN) != 0)
		return AAS_ERR_VERSION;
	return AAS_ERR_FORMAT;
}

int
aas_policy_parse(const void *buf, size_t len, struct aas_policy **out)
{
	struct aas_policy *p = NULL;
	uint8_t *copy;
	int r;

	if (!len_valid(len))
		return short_file(buf, len);
	if ((copy = malloc(len)) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(copy, buf, len);
	if ((r = adopt(copy, len, 0, &p)) != AAS_OK) {
		free(copy);
		return r;
	}
	if ((r = aas_policy_check(p)) != AAS_OK) {
		aas_policy_free(&p);
		return r;
	}
	*out = p;
	return AAS_OK;
}

int
aas_policy_open(const char *path, struct aas_policy **p)
{
	struct aas_fs_seen seen = { .path = "" };

	return aas_policy_open_seen(path, &seen, p);
}

int
aas_policy_open_seen(
    const char *path, struct aas_fs_seen *seen, struct aas_policy **p)
{
	struct stat st;
	void *map = MAP_FAILED;
	int fd = -1;
	int r;

	if (path == NULL || *path == '\0')
		path = AAS_STATEDIR "/policy.bin";
	if ((r = aas_fs_open_seen(path, 0, 022, seen, &fd, &st)) != AAS_OK)
		return r;
	r = AAS_ERR_FORMAT;
	if (st.st_size < 0 || !len_valid((uint64_t)st.st_size))
		goto out;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	r = map == MAP_FAILED ? AAS_ERR_SYS
			      : adopt(map, (size_t)st.st_size, 1, p);
	if (r != AAS_OK && map != MAP_FAILED)
		(void)munmap(map, (size_t)st.st_size);
out:
	aas_close(&fd);
	return r;
}

void
aas_policy_free(struct aas_policy **p)
{
	union {
		const uint8_t *in;
		void *out;
	} map;

	if (*p == NULL)
		return;
	map.in = (*p)->map;
	if ((*p)->mapped)
		(void)munmap(map.out, (*p)->len);
	else
		free(map.out);
	free(*p);
	*p = NULL;
}

/* --- whole -----------------------------------------------------------------*/

static int
check_rule(const struct pol_rule *r)
{
	const void *v = NULL;
	struct aas_blob b;
	uint32_t n = 0;

	if (pol_text(&r->b, r->source) == NULL ||
	    pol_text(&r->b, r->name) == NULL ||
	    pol_text(&r->b, r->where) == NULL)
		return AAS_ERR_FORMAT;
	for (int part = 0; part < PP_N; part++) {
		if (pol_list(r, (enum pol_part)part, &v, &n) != AAS_OK)
			return AAS_ERR_FORMAT;
		for (uint32_t i = 0; part <= PP_EVIDENCE && i < n; i++) {
			if (pol_name(r, (enum pol_part)part, i) == NULL)
				return AAS_ERR_FORMAT;
		}
		for (uint32_t i = 0; part == PP_CAS && i < n; i++) {
			if (pol_blob(r, i, &b) != AAS_OK)
				return AAS_ERR_FORMAT;
		}
	}
	return AAS_OK;
}

static int
visit_nothing(void *arg, const struct pol_rule *r)
{
	(void)arg;
	(void)r;
	return 0;
}

/* Of each cell and each bucket its own check; the rules' are made once. */
static int
check_hash(const struct aas_policy *p, const struct pol_table *t)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		if (pol_cell(p, t, i, &v) != AAS_OK ||
		    (v != 0 && (v & 1) == 0 &&
			pol_bucket(p, (uint32_t)v) == NULL))
			return AAS_ERR_FORMAT;
	}
	return AAS_OK;
}

static int
check_wild(const struct aas_policy *p)
{
	uint32_t wild = p->h.wild;

	return wild == 0 || (wild & 1) != 0 || pol_bucket(p, wild) != NULL
	    ? AAS_OK
	    : AAS_ERR_FORMAT;
}

/* Whatever a look-up may come by is a rule. */
static int
check_refs(const struct aas_policy *p, const struct pol_table *t)
{
	uint64_t v = 0;
	int r = AAS_OK;

	for (uint32_t i = 0; r == AAS_OK && i < t->n; i++) {
		r = pol_cell(p, t, i, &v);
		if (r == AAS_OK && v != 0)
			r = pol_each_ref(p, (uint32_t)v, visit_nothing, NULL);
	}
	return r;
}

static int
check_tables(const struct aas_policy *p)
{
	const struct pol_rule *rule;
	const struct pol_file *file;
	uint64_t v = 0;

	for (uint32_t i = 0; i < p->h.rules.n; i++) {
		if ((rule = pol_rule_number(p, i)) == NULL ||
		    check_rule(rule) != AAS_OK)
			return AAS_ERR_FORMAT;
	}
	for (uint32_t i = 0; i < p->h.zone.n; i++) {
		if (pol_cell(p, &p->h.zone, i, &v) != AAS_OK)
			return AAS_ERR_FORMAT;
	}
	for (uint32_t i = 0; i < p->h.files.n; i++) {
		if ((file = pol_file(p, i)) == NULL ||
		    pol_text(&file->b, file->path) == NULL)
			return AAS_ERR_FORMAT;
	}
	return AAS_OK;
}

int
aas_policy_check(struct aas_policy *p)
{
	const struct pol_head *h = &p->h;
	size_t words = p->len / 8 - HEAD_WORDS;

	if (p->whole)
		return AAS_OK;
	if (pol_sum(pol_start(0), p->map + sizeof(*h), words) != h->body ||
	    check_hash(p, &h->users) != AAS_OK ||
	    check_hash(p, &h->others) != AAS_OK || check_wild(p) != AAS_OK ||
	    check_tables(p) != AAS_OK)
		return AAS_ERR_FORMAT;
	p->whole = 1;
	if (check_refs(p, &h->users) == AAS_OK &&
	    check_refs(p, &h->others) == AAS_OK &&
	    (h->wild == 0 ||
		pol_each_ref(p, h->wild, visit_nothing, NULL) == AAS_OK))
		return AAS_OK;
	p->whole = 0;
	return AAS_ERR_FORMAT;
}

/* --- settings --------------------------------------------------------------*/

const char *
aas_policy_realm(const struct aas_policy *p)
{
	return p->h.realm;
}

const char *
aas_policy_statedir(const struct aas_policy *p)
{
	return p->h.statedir;
}

const char *
aas_policy_rundir(const struct aas_policy *p)
{
	return p->h.rundir;
}

const char *
aas_policy_libexecdir(const struct aas_policy *p)
{
	return p->h.libexecdir;
}

int64_t
aas_policy_built_s(const struct aas_policy *p)
{
	return p->h.built_s;
}

unsigned
aas_policy_needs(const struct aas_policy *p)
{
	return p->h.needs;
}

uint32_t
aas_policy_rules(const struct aas_policy *p)
{
	return p->h.rules.n;
}
