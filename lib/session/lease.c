/*
 * Leases, as the module reads them.
 *
 * 1. What is damaged, of another boot, of another account or over MUST count
 *    as no lease.
 * 2. Nothing in a name, label or reason MUST be able to stand for another
 *    field.
 */
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/hex.h"
#include "lib/put.h"
#include "lib/session/lease.h"
#include "lib/session/rundir.h"

#define NUMBER_TEXT 24

/* --- writing -------------------------------------------------------------- */

static void
put_line(struct aas_put *t, const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		t->bad |= (unsigned char)*p < 0x20 || *p == 0x7f;
	aas_put_text(t, s);
	aas_put_char(t, '\n');
}

static void
put_number(struct aas_put *t, int64_t v)
{
	t->bad |= v < 0;
	aas_put_number(t, (uint64_t)v);
	aas_put_char(t, '\n');
}

int
aas_lease_format(const struct aas_lease *l, char text[AAS_LEASE_MAX])
{
	char boot[2 * sizeof(l->boot_id) + 1];
	struct aas_put t;

	aas_hex_format(l->boot_id, sizeof(l->boot_id), boot);
	aas_put_init(&t, text, AAS_LEASE_MAX);
	aas_put_text(&t, AAS_LEASE_HEAD);
	put_line(&t, l->id);
	put_line(&t, boot);
	put_number(&t, l->since_ms);
	put_number(&t, l->until_ms);
	put_number(&t, l->time_s);
	put_number(&t, l->uid);
	put_line(&t, l->account);
	put_number(&t, l->grantor_uid);
	put_line(&t, l->grantor);
	put_line(&t, l->key);
	put_line(&t, l->reason);
	return t.bad ? AAS_ERR_INVAL : AAS_OK;
}

/* --- reading -------------------------------------------------------------- */

struct in {
	const char *p, *end;
	int bad;
};

/* The next line, without its end. */
static size_t
line(struct in *in, const char **s)
{
	const char *lf = in->p;

	*s = in->p;
	while (lf < in->end && *lf != '\n')
		lf++;
	if (in->bad || lf == in->end) {
		in->bad = 1;
		return 0;
	}
	in->p = lf + 1;
	return (size_t)(lf - *s);
}

static void
get_text(struct in *in, char *dst, size_t cap, size_t min)
{
	const char *s = NULL;
	size_t n = line(in, &s);

	if (n < min || n >= cap)
		in->bad = 1;
	if (in->bad)
		return;
	for (size_t i = 0; i < n; i++)
		in->bad |= (unsigned char)s[i] < 0x20 || s[i] == 0x7f;
	memcpy(dst, s, n);
	dst[n] = '\0';
}

static void
get_hex(struct in *in, uint8_t *dst, size_t len)
{
	char text[2 * 16 + 1] = "";

	get_text(in, text, sizeof(text), 2 * len);
	if (in->bad || aas_hex_parse(text, dst, len) != AAS_OK)
		in->bad = 1;
}

/* As it is written: no sign, no zero before it. */
static int64_t
get_number(struct in *in, int64_t max)
{
	const char *s = NULL;
	size_t n = line(in, &s);
	int64_t v = 0;

	if (n == 0 || n >= NUMBER_TEXT || (n > 1 && *s == '0'))
		in->bad = 1;
	for (size_t i = 0; i < n && !in->bad; i++) {
		int64_t digit = s[i] - '0';

		if (digit < 0 || digit > 9 || v > (max - digit) / 10)
			in->bad = 1;
		else
			v = v * 10 + digit;
	}
	return v;
}

int
aas_lease_parse(const char *p, size_t len, struct aas_lease *l)
{
	static const char head[] = AAS_LEASE_HEAD;
	struct in in = { p, p + len, 0 };
	struct aas_lease got;
	uint8_t id[(AAS_LEASE_ID - 1) / 2] = { 0 };

	if (len < sizeof(head) - 1 || memcmp(p, head, sizeof(head) - 1) != 0)
		return AAS_ERR_FORMAT;
	in.p += sizeof(head) - 1;
	memset(&got, 0, sizeof(got));
	get_hex(&in, id, sizeof(id));
	aas_hex_format(id, sizeof(id), got.id);
	get_hex(&in, got.boot_id, sizeof(got.boot_id));
	got.since_ms = get_number(&in, INT64_MAX);
	got.until_ms = get_number(&in, INT64_MAX);
	got.time_s = get_number(&in, INT64_MAX);
	got.uid = (uint32_t)get_number(&in, UINT32_MAX);
	get_text(&in, got.account, sizeof(got.account), 1);
	got.grantor_uid = (uint32_t)get_number(&in, UINT32_MAX);
	get_text(&in, got.grantor, sizeof(got.grantor), 1);
	get_text(&in, got.key, sizeof(got.key), 1);
	get_text(&in, got.reason, sizeof(got.reason), 0);
	if (in.bad || in.p != in.end || got.until_ms < got.since_ms)
		return AAS_ERR_FORMAT;
	*l = got;
	return AAS_OK;
}

int
aas_lease_lives(const struct aas_lease *l, const struct aas_now *now)
{
	return memcmp(l->boot_id, now->boot_id, sizeof(l->boot_id)) == 0 &&
	    now->boottime_ms >= l->since_ms && now->boottime_ms < l->until_ms;
}

static int
name_of(uint32_t uid, char name[NUMBER_TEXT])
{
	struct aas_put t;

	aas_put_init(&t, name, NUMBER_TEXT);
	aas_put_number(&t, uid);
	return t.bad ? AAS_ERR_INVAL : AAS_OK;
}

/* The text of a link, which nobody but root can have made there. */
static int
read_link(int dirfd, const char *path, uint32_t uid, struct aas_lease *l)
{
	char text[AAS_LEASE_MAX];
	struct aas_lease got;
	/* One more name to look up would cost every sign-in. */
	long n = syscall(SYS_readlinkat, dirfd, path, text, sizeof(text));

	if (n == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND
		    : errno == EINVAL  ? AAS_ERR_FORMAT
				       : AAS_ERR_SYS;
	if (n == AAS_LEASE_MAX ||
	    aas_lease_parse(text, (size_t)n, &got) != AAS_OK || got.uid != uid)
		return AAS_ERR_FORMAT;
	*l = got;
	return AAS_OK;
}

int
aas_lease_read(int dirfd, uint32_t uid, struct aas_lease *l)
{
	char name[NUMBER_TEXT];
	int r = name_of(uid, name);

	return r == AAS_OK ? read_link(dirfd, name, uid, l) : r;
}

int
aas_lease_find(const char *rundir, const struct aas_user *u,
    const struct aas_now *now, struct aas_fs_seen *seen, struct aas_lease *l)
{
	char path[AAS_RUNDIR_PATH], name[NUMBER_TEXT];
	struct aas_lease got;
	char *slash = NULL;
	int r = name_of(u->uid, name);

	if (r != AAS_OK ||
	    (r = aas_rundir_path(rundir, AAS_LEASE_DIR, name, path)) != AAS_OK)
		return r;
	slash = path + strlen(path) - strlen(name) - 1;
	*slash = '\0';
	r = aas_fs_look(path, geteuid(), seen, NULL);
	*slash = '/';
	if (r != AAS_OK ||
	    (r = read_link(AT_FDCWD, path, u->uid, &got)) != AAS_OK)
		return r;
	if (!aas_lease_lives(&got, now) || strcmp(got.account, u->name) != 0)
		return AAS_ERR_NOTFOUND;
	*l = got;
	return AAS_OK;
}
