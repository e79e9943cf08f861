/*
 * Opens and checks policy.bin.  It is mapped, or read if it is small, inside
 * sshd and login, so this file
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
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "policy/format.h"
#include "policy/policy.h"
#include "lib/str.h"
#include "policy/open.h"

#define READ_MAX 16384 /* a file up to this size is read, not mapped */

static int
path_valid(const char s[256])
{
	size_t len = aas_str_nlen(s, 256);

	/* 200: a helper's or a file's name still has to fit behind it. */
	if (s[0] != '/' || len <= 1 || len > 200 || s[len - 1] == '/')
		return 0;
	for (; *s != '\0'; s++) {
		if (*s == '/' && (s[1] == '/' || aas_str_begins(s, "/../")))
			return 0;
	}
	return 1;
}

int
pol_text_valid(const char *s, size_t max)
{
	size_t len = s != NULL ? aas_str_nlen(s, max + 1) : 0;

	if (len == 0 || len > max)
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
	return pol_text_valid(h->realm, sizeof(h->realm) - 1) &&
	    path_valid(h->statedir) && path_valid(h->rundir) &&
	    path_valid(h->libexecdir) && h->enrolled_min >= 2 &&
	    h->enrolled_min <= POL_ENROLLED_MAX && h->present >= 1 &&
	    h->present <= 2 && h->uv <= 1 && h->server_keys <= 1 &&
	    h->sudo <= AAS_SUDO_DENY && h->codex_grace_s <= POL_GRACE_MAX &&
	    h->keeper <= 1 && h->total_s >= 1 && limit_valid(h->total_s) &&
	    h->timeout_s >= 1 && h->timeout_s <= POL_TIMEOUT_MAX &&
	    limit_valid(h->session_s) && limit_valid(h->idle_s) &&
	    limit_valid(h->reauth_s) && h->degraded_s >= 1 &&
	    limit_valid(h->degraded_s) && (h->needs & ~POL_NEEDS) == 0 &&
	    h->proof_n <= POL_PROOFS;
}

static int
table_valid(const struct pol_head *h, const struct pol_table *t)
{
	return t->at >= POL_HEAD_WORDS && t->at <= h->total / 8 &&
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
	    h->check != pol_sum(pol_start(0), h, POL_HEAD_WORDS - 1))
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

/* A call less than a map of it where it is small, and no page fault. */
static int
open_read(int fd, const struct stat *st, struct aas_policy **p)
{
	struct aas_buf b = { NULL, 0 };
	int r = aas_fs_slurp(fd, st, (size_t)st->st_size, &b);

	if (r == AAS_OK && (r = adopt(b.p, b.len, 0, p)) != AAS_OK)
		free(b.p);
	return r;
}

static int
open_map(int fd, size_t len, struct aas_policy **p)
{
	void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	int r;

	if (map == MAP_FAILED)
		return AAS_ERR_SYS;
	if ((r = adopt(map, len, 1, p)) != AAS_OK)
		(void)munmap(map, len);
	return r;
}

/*
 * A file that somebody writes over, or a disk that fails, ends whoever has it
 * mapped: a program of root's that lets nobody in then, but a screen locker
 * with what it covers.
 */
static int
open_by(
    const char *path, struct aas_fs_seen *seen, int maps, struct aas_policy **p)
{
	struct stat st;
	int fd = -1;
	int r;

	if (path == NULL || *path == '\0')
		path = AAS_STATEDIR "/policy.bin";
	if ((r = aas_fs_open_seen(path, 0, 022, seen, &fd, &st)) != AAS_OK)
		return r;
	if (st.st_size < 0 || !len_valid((uint64_t)st.st_size))
		r = AAS_ERR_FORMAT;
	else if (st.st_size <= READ_MAX || (!maps && geteuid() != 0))
		r = open_read(fd, &st, p);
	else
		r = open_map(fd, (size_t)st.st_size, p);
	aas_close(&fd);
	return r;
}

int
aas_policy_open_seen(
    const char *path, struct aas_fs_seen *seen, struct aas_policy **p)
{
	return open_by(path, seen, 0, p);
}

int
aas_policy_open_mapped(const char *path, struct aas_policy **p)
{
	struct aas_fs_seen seen = { .path = "" };

	return open_by(path, &seen, 1, p);
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

unsigned
aas_policy_codex_grace_s(const struct aas_policy *p)
{
	return p->h.codex_grace_s;
}

int64_t
aas_policy_built_s(const struct aas_policy *p)
{
	return p->h.built_s;
}

unsigned
aas_policy_proof(const struct aas_policy *p, const gid_t **gids)
{
	*gids = p->h.proof;
	return p->h.proof_n;
}

int
aas_policy_keeper(const struct aas_policy *p)
{
	return p->h.keeper;
}

int64_t
aas_policy_total_s(const struct aas_policy *p)
{
	return p->h.total_s;
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
