/*
 * Reads policy.bin.  It is read inside sshd and login, so this file
 *  1. MUST NOT accept a file that is torn, flipped, foreign or of a version it
 *     does not know: any of them refuses everyone;
 *  2. MUST NOT write outside what it allocated for the lengths it has checked;
 *  3. MUST NOT guess: what is out of range is damage, not a default.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/wire.h"
#include "policy/format.h"
#include "policy/policy.h"

static int
path_valid(const char *s)
{
	size_t len = strlen(s);

	/* 200: a helper's or a file's name still has to fit behind it. */
	return s[0] == '/' && len > 1 && len <= 200 && s[len - 1] != '/' &&
	    strstr(s, "//") == NULL && strstr(s, "/../") == NULL;
}

static int
text_valid(const char *s)
{
	if (*s == '\0')
		return 0;
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return 0;
	}
	return 1;
}

static int
list_valid(const struct pol_list *l)
{
	uint32_t i;

	for (i = 0; i < l->n; i++) {
		if (!text_valid(l->s[i]) || strlen(l->s[i]) > 255)
			return 0;
		if (i > 0 && strcmp(l->s[i - 1], l->s[i]) >= 0)
			return 0;
	}
	return 1;
}

static int
limit_valid(int64_t s)
{
	return s >= 0 && s <= POL_LIMIT_MAX;
}

int
pol_valid(const struct aas_policy *p)
{
	uint32_t i;

	if (!text_valid(p->realm) || !path_valid(p->statedir) ||
	    !path_valid(p->rundir) || !path_valid(p->libexecdir))
		return 0;
	if (p->enrolled_min < 2 || p->enrolled_min > POL_ENROLLED_MAX ||
	    p->present < 1 || p->present > 2 || p->timeout_s < 1 ||
	    p->timeout_s > POL_TIMEOUT_MAX)
		return 0;
	if (!limit_valid(p->session_s) || !limit_valid(p->idle_s) ||
	    !limit_valid(p->reauth_s) || !limit_valid(p->degraded_s) ||
	    p->required_from_s < 0)
		return 0;
	for (i = 1; i < p->groups_n; i++) {
		if (p->groups[i - 1] >= p->groups[i])
			return 0;
	}
	return list_valid(&p->users) && list_valid(&p->services);
}

/*
 * Strings go one after the other into p->text, which is as long as the file:
 * a string takes two bytes of length there and one NUL here.
 */
static int
read_list(struct aas_rd *r, struct pol_list *l, char **text, size_t *room)
{
	uint32_t i, n = aas_rd_u32(r);
	size_t len;

	if (r->bad || n > POL_LIST_MAX || n > r->len / 3)
		return AAS_ERR_FORMAT;
	if (n == 0)
		return AAS_OK;
	if ((l->s = calloc(n, sizeof(*l->s))) == NULL)
		return AAS_ERR_NOMEM;
	for (i = 0; i < n; i++) {
		aas_rd_str(r, *text, *room);
		if (r->bad)
			return AAS_ERR_FORMAT;
		l->s[i] = *text;
		len = strlen(*text) + 1;
		*text += len;
		*room -= len;
	}
	l->n = n;
	return AAS_OK;
}

static int
read_groups(struct aas_rd *r, struct aas_policy *p)
{
	uint32_t i, n = aas_rd_u32(r);

	if (r->bad || n > POL_LIST_MAX || n > r->len / 4)
		return AAS_ERR_FORMAT;
	if (n == 0)
		return AAS_OK;
	if ((p->groups = calloc(n, sizeof(*p->groups))) == NULL)
		return AAS_ERR_NOMEM;
	for (i = 0; i < n; i++)
		p->groups[i] = aas_rd_u32(r);
	p->groups_n = n;
	return AAS_OK;
}

static void
read_settings(struct aas_rd *r, uint32_t flags, struct aas_policy *p)
{
	aas_rd_str(r, p->realm, sizeof(p->realm));
	aas_rd_str(r, p->statedir, sizeof(p->statedir));
	aas_rd_str(r, p->rundir, sizeof(p->rundir));
	aas_rd_str(r, p->libexecdir, sizeof(p->libexecdir));
	p->uv = (flags & POL_UV) != 0;
	p->server_keys = (flags & POL_SERVER_KEYS) != 0;
	p->enrolled_min = aas_rd_u8(r);
	p->present = aas_rd_u8(r);
	p->timeout_s = aas_rd_u32(r);
	p->session_s = (int64_t)aas_rd_u64(r);
	p->idle_s = (int64_t)aas_rd_u64(r);
	p->reauth_s = (int64_t)aas_rd_u64(r);
	p->degraded_s = (int64_t)aas_rd_u64(r);
	p->required_from_s = (int64_t)aas_rd_u64(r);
}

static int
read_all(struct aas_rd *r, size_t size, struct aas_policy *p)
{
	char *text;
	size_t room = size;
	uint32_t flags;
	int e;

	flags = aas_rd_u32(r);
	read_settings(r, flags, p);
	if (r->bad || (flags & ~POL_FLAGS) != 0)
		return AAS_ERR_FORMAT;
	if ((text = p->text = malloc(size)) == NULL)
		return AAS_ERR_NOMEM;
	if ((e = read_list(r, &p->users, &text, &room)) != AAS_OK ||
	    (e = read_groups(r, p)) != AAS_OK ||
	    (e = read_list(r, &p->services, &text, &room)) != AAS_OK)
		return e;
	if (aas_rd_end(r) != AAS_OK || !pol_valid(p))
		return AAS_ERR_FORMAT;
	return AAS_OK;
}

/* Magic, length and checksum hold: the rest is then this program's own. */
static int
check_frame(const void *buf, size_t len, struct aas_rd *r)
{
	const uint8_t *p = buf;
	struct aas_rd tail;
	uint8_t magic[POL_MAGIC_LEN];

	if (len < POL_MAGIC_LEN + 12 || len > POL_FILE_MAX)
		return AAS_ERR_FORMAT;
	aas_rd_init(r, p, len - 4);
	aas_rd_raw(r, magic, sizeof(magic));
	if (memcmp(magic, POL_MAGIC, POL_MAGIC_LEN - 2) != 0)
		return AAS_ERR_FORMAT;
	aas_rd_init(&tail, p + len - 4, 4);
	if (aas_rd_u32(r) != len || aas_rd_u32(&tail) != aas_crc32(p, len - 4))
		return AAS_ERR_FORMAT;
	if (memcmp(magic, POL_MAGIC, POL_MAGIC_LEN) != 0)
		return AAS_ERR_VERSION;
	return AAS_OK;
}

int
aas_policy_parse(const void *buf, size_t len, struct aas_policy **out)
{
	struct aas_policy *p = NULL;
	struct aas_rd rd;
	int r;

	if ((r = check_frame(buf, len, &rd)) != AAS_OK)
		return r;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return AAS_ERR_NOMEM;
	if ((r = read_all(&rd, len, p)) != AAS_OK) {
		aas_policy_free(&p);
		return r;
	}
	*out = p;
	return AAS_OK;
}

int
aas_policy_open(const char *path, struct aas_policy **p)
{
	struct aas_buf buf = { NULL, 0 };
	int r;

	if (path == NULL || *path == '\0')
		path = AAS_STATEDIR "/policy.bin";
	r = aas_fs_read_path(path, 0, 022, POL_FILE_MAX, &buf, NULL);
	if (r == AAS_OK)
		r = aas_policy_parse(buf.p, buf.len, p);
	aas_buf_free(&buf);
	return r;
}

void
aas_policy_free(struct aas_policy **p)
{
	if (*p == NULL)
		return;
	free((*p)->users.s);
	free((*p)->services.s);
	free((*p)->groups);
	free((*p)->text);
	free(*p);
	*p = NULL;
}

const char *
aas_policy_realm(const struct aas_policy *p)
{
	return p->realm;
}

const char *
aas_policy_statedir(const struct aas_policy *p)
{
	return p->statedir;
}

const char *
aas_policy_rundir(const struct aas_policy *p)
{
	return p->rundir;
}

const char *
aas_policy_libexecdir(const struct aas_policy *p)
{
	return p->libexecdir;
}

int
aas_policy_needs_groups(const struct aas_policy *p)
{
	return p->groups_n > 0;
}
