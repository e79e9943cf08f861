/*
 * Reading the ledger of sessions, for programs: the module only writes it.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/put.h"
#include "lib/session/ledger.h"

/*
 * What follows ${key} in a line of our own writing.  In its strings each
 * quotation mark has a backslash before it, so a key, which begins with a
 * comma and a quotation mark, stands in no string.
 */
static const char *
after(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p == NULL ? "" : p + strlen(key);
}

static int
number(const char *p, uint64_t max, uint64_t *v)
{
	uint64_t got = 0;

	if (*p < '0' || *p > '9')
		return AAS_ERR_FORMAT;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (got > (UINT64_MAX - 9) / 10)
			return AAS_ERR_FORMAT;
		got = got * 10 + (uint64_t)(*p - '0');
	}
	if (got > max || (*p != ',' && *p != '}'))
		return AAS_ERR_FORMAT;
	*v = got;
	return AAS_OK;
}

static int
parse_origin(const char *p, enum aas_origin *o)
{
	static const char *const names[] = {
		[AAS_ORIGIN_WITHIN] = "within\",",
		[AAS_ORIGIN_LOCAL] = "local\",",
		[AAS_ORIGIN_REMOTE] = "remote\",",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(p, names[i], strlen(names[i])) == 0) {
			*o = (enum aas_origin)i;
			return AAS_OK;
		}
	}
	return AAS_ERR_FORMAT;
}

static int
key_id(const char *p, uint8_t id[AAS_LEDGER_KEY])
{
	char hex[2 * AAS_LEDGER_KEY + 1];

	if (strlen(p) < sizeof(hex) || p[sizeof(hex) - 1] != '"')
		return AAS_ERR_FORMAT;
	memcpy(hex, p, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	return aas_hex_parse(hex, id, AAS_LEDGER_KEY);
}

/* The keys that opened it, where one did, or two. */
static void
parse_keys(const char *text, struct aas_ledger_line *l)
{
	uint64_t uv = 0;

	l->keys_n = 0;
	l->uv = 0;
	if (key_id(after(text, ",\"key_id\":\""), l->key_id[0]) != AAS_OK ||
	    number(after(text, ",\"uv\":"), 1, &uv) != AAS_OK)
		return;
	l->keys_n = 1;
	l->uv = (int)uv;
	if (key_id(after(text, ",\"key2_id\":\""), l->key_id[1]) == AAS_OK)
		l->keys_n = 2;
}

/* The group of a line that has one: systemd's names are full of backslashes. */
static void
parse_group(const char *text, char group[AAS_CGROUP_MAX])
{
	const char *p = after(text, ",\"group\":\"");
	size_t n = 0;

	for (; *p != '\0' && *p != '"' && n + 1 < AAS_CGROUP_MAX; p++) {
		if (*p == '\\' && *++p != '\\' && *p != '"')
			break;
		group[n++] = *p;
	}
	group[*p == '"' ? n : 0] = '\0';
}

static int
parse(const char *text, struct aas_ledger_line *l)
{
	size_t n = strlen(text);
	const char *boot, *seq;
	uint64_t uid = 0, pid = 0, began = 0, session = 0, idle = 0;
	uint64_t lease = 0;

	if (strncmp(text, AAS_LEDGER_HEAD ",", sizeof(AAS_LEDGER_HEAD)) != 0 ||
	    text[n - 1] != '}')
		return AAS_ERR_FORMAT;
	boot = after(text, ",\"boot\":\"");
	if (strlen(boot) < sizeof(l->boot) || boot[sizeof(l->boot) - 1] != '"')
		return AAS_ERR_FORMAT;
	memcpy(l->boot, boot, sizeof(l->boot) - 1);
	l->boot[sizeof(l->boot) - 1] = '\0';
	if (number(after(text, ",\"uid\":"), UINT32_MAX, &uid) != 0 ||
	    number(after(text, ",\"leader\":"), INT32_MAX, &pid) != 0 ||
	    number(after(text, ",\"start\":"), UINT64_MAX, &l->leader.start) !=
		0 ||
	    number(after(text, ",\"boottime_ms\":"), INT64_MAX, &began) != 0 ||
	    number(after(text, ",\"session_s\":"), INT64_MAX, &session) != 0 ||
	    number(after(text, ",\"idle_s\":"), INT64_MAX, &idle) != 0)
		return AAS_ERR_FORMAT;
	/* The two that only a session on a lease has. */
	if (*after(text, ",\"lease_ms\":") != '\0' &&
	    number(after(text, ",\"lease_ms\":"), INT64_MAX, &lease) != 0)
		return AAS_ERR_FORMAT;
	l->lease_ms = (int64_t)lease;
	l->display = *after(text, ",\"display\":1") != '\0';
	parse_group(text, l->group);
	l->boottime_ms = (int64_t)began;
	l->session_s = (int64_t)session;
	l->idle_s = (int64_t)idle;
	l->manager =
	    strncmp(after(text, ",\"service\":"), "\"systemd-user\",", 15) == 0;
	l->uid = (uint32_t)uid;
	l->leader.pid = (pid_t)pid;
	parse_keys(text, l);
	l->seq = UINT64_MAX;
	seq = after(text, ",\"seq\":");
	if (*seq != '\0' && number(seq, UINT64_MAX - 1, &l->seq) != 0)
		return AAS_ERR_FORMAT;
	return parse_origin(after(text, ",\"origin\":\""), &l->origin);
}

/* The number that is all of a text, as it is printed. */
static int
whole_number(const char *p, uint32_t *v)
{
	uint64_t got = 0;

	if (*p < '0' || *p > '9' || (*p == '0' && p[1] != '\0'))
		return 0;
	for (; *p >= '0' && *p <= '9' && got <= UINT32_MAX; p++)
		got = got * 10 + (uint64_t)(*p - '0');
	*v = (uint32_t)got;
	return *p == '\0' && got <= UINT32_MAX;
}

/* "<id>" or "<id>.closed-<audit>", and nothing else. */
static int
is_line(const char *name, struct aas_ledger_line *l)
{
	static const char closed[] = AAS_LEDGER_CLOSED;
	char id[AAS_LEDGER_ID];
	uint8_t raw[(AAS_LEDGER_ID - 1) / 2];
	size_t n = strnlen(name, AAS_LEDGER_ID - 1);

	memcpy(id, name, n);
	id[n] = '\0';
	if (aas_hex_parse(id, raw, sizeof(raw)) != AAS_OK)
		return 0;
	name += n;
	l->closed = *name != '\0';
	l->audit = AAS_PROC_NO_AUDIT;
	return !l->closed ||
	    (strncmp(name, closed, sizeof(closed) - 1) == 0 &&
		whole_number(name + sizeof(closed) - 1, &l->audit));
}

/* The text of a link of root's or ours. */
static int
read_line(int dirfd, const char *name, char text[AAS_LEDGER_MAX])
{
	struct stat st;
	ssize_t n = -1;
	int r = AAS_ERR_SYS;
	int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	if (fstat(fd, &st) == -1)
		goto out;
	r = AAS_ERR_PERMS;
	if (!S_ISLNK(st.st_mode) || st.st_nlink > 1 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		goto out;
	n = readlinkat(fd, "", text, AAS_LEDGER_MAX);
	r = n == -1               ? AAS_ERR_SYS
	    : n == AAS_LEDGER_MAX ? AAS_ERR_TOOBIG
				  : AAS_OK;
	if (r == AAS_OK)
		text[n] = '\0';
out:
	aas_close(&fd);
	return r;
}

int
aas_ledger_read(
    int dirfd, const char *name, struct aas_ledger_line *l, char *text)
{
	char line[AAS_LEDGER_MAX];
	struct aas_ledger_line got;
	int r;

	if (!is_line(name, &got))
		return AAS_ERR_INVAL;
	r = read_line(dirfd, name, line);
	if (r == AAS_OK)
		r = parse(line, &got);
	if (r == AAS_OK)
		*l = got;
	if (r == AAS_OK && text != NULL)
		memcpy(text, line, strlen(line) + 1);
	return r;
}

/* The four digits of an escaped character, as our writer has them. */
static int
hex4(const char *p, uint32_t *v)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t got = 0;

	for (int i = 0; i < 4; i++) {
		const char *d = p[i] == '\0' ? NULL : strchr(digits, p[i]);

		if (d == NULL)
			return AAS_ERR_FORMAT;
		got = got << 4 | (uint32_t)(d - digits);
	}
	*v = got;
	return AAS_OK;
}

/* After a backslash: one character; *p is behind it.  NUL is none. */
static int
escaped(const char **p, uint32_t *cp)
{
	uint32_t low = 0;

	if (**p == '"' || **p == '\\') {
		*cp = (unsigned char)*(*p)++;
		return AAS_OK;
	}
	if (**p != 'u' || hex4(*p + 1, cp) != AAS_OK || *cp == 0)
		return AAS_ERR_FORMAT;
	*p += 5;
	if (*cp < 0xd800 || *cp > 0xdfff)
		return AAS_OK;
	if (*cp > 0xdbff || (*p)[0] != '\\' || (*p)[1] != 'u' ||
	    hex4(*p + 2, &low) != AAS_OK || low < 0xdc00 || low > 0xdfff)
		return AAS_ERR_FORMAT;
	*p += 6;
	*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
	return AAS_OK;
}

/* As UTF-8.  Returns how many bytes. */
static size_t
put_utf8(char dst[4], uint32_t cp)
{
	static const unsigned char heads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; cp >>= 6)
		dst[i] = (char)(0x80 | (cp & 0x3f));
	dst[0] = (char)(heads[n == 1 ? 0 : n] | cp);
	return n;
}

int
aas_ledger_text(const char *line, const char *key, char *dst, size_t cap)
{
	char name[32], got[AAS_LEDGER_MAX], bytes[4];
	const char *p = NULL;
	uint32_t cp = 0;
	size_t n = 0, len = 0;

	if (strlen(key) > sizeof(name) - 5)
		return AAS_ERR_NOTFOUND;
	(void)aas_format(name, sizeof(name), ",\"%s\":", key);
	p = after(line, name);
	if (*p++ != '"')
		return AAS_ERR_NOTFOUND;
	for (; *p != '"'; n += len) {
		/* The end of the line is none of a string. */
		if (*p == '\0' || (unsigned char)*p >= 0x80)
			return AAS_ERR_FORMAT;
		cp = (unsigned char)*p++;
		if (cp == '\\' && escaped(&p, &cp) != AAS_OK)
			return AAS_ERR_FORMAT;
		len = put_utf8(bytes, cp);
		if (n + len >= sizeof(got) || n + len >= cap)
			return AAS_ERR_TOOBIG;
		memcpy(got + n, bytes, len);
	}
	got[n] = '\0';
	memcpy(dst, got, n + 1);
	return AAS_OK;
}

int
aas_ledger_extended(
    int dirfd, const char *id, int64_t *at_ms, int64_t *session_ms)
{
	char name[AAS_LEDGER_ID + sizeof(AAS_LEDGER_EXTEND)];
	char text[AAS_LEDGER_MAX];
	uint64_t at = 0, limit = 0;
	char *end = NULL;
	size_t n = strnlen(id, AAS_LEDGER_ID);
	int r;

	if (n != AAS_LEDGER_ID - 1)
		return AAS_ERR_FORMAT;
	memcpy(name, id, n);
	memcpy(name + n, AAS_LEDGER_EXTEND, sizeof(AAS_LEDGER_EXTEND));
	if ((r = read_line(dirfd, name, text)) != AAS_OK)
		return r;
	if ((end = strchr(text, ' ')) == NULL)
		return AAS_ERR_FORMAT;
	/* number() ends at a comma or a brace. */
	*end = ',';
	n = strlen(text);
	if (n + 1 >= sizeof(text))
		return AAS_ERR_FORMAT;
	text[n] = '}';
	text[n + 1] = '\0';
	if (number(text, INT64_MAX / 4, &at) != AAS_OK ||
	    number(end + 1, INT64_MAX / 4, &limit) != AAS_OK || limit == 0 ||
	    text[n] != '}')
		return AAS_ERR_FORMAT;
	*at_ms = (int64_t)at;
	*session_ms = (int64_t)limit;
	return AAS_OK;
}
