/*
 * Reading the ledger of sessions, for programs: the module only writes it.
 */
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
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

	while (*p == ' ')
		p++;
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
parse(const struct aas_buf *b, struct aas_ledger_line *l)
{
	const char *text = (const char *)b->p;
	const char *boot;
	uint64_t audit = 0, uid = 0, pid = 0;

	if (b->len < 2 || strlen(text) != b->len ||
	    strcmp(text + b->len - 2, "}\n") != 0 ||
	    strncmp(text, AAS_LEDGER_HEAD, sizeof(AAS_LEDGER_HEAD) - 1) != 0)
		return AAS_ERR_FORMAT;
	boot = after(text, ",\"boot\":\"");
	if (strlen(boot) < sizeof(l->boot) || boot[sizeof(l->boot) - 1] != '"')
		return AAS_ERR_FORMAT;
	memcpy(l->boot, boot, sizeof(l->boot) - 1);
	l->boot[sizeof(l->boot) - 1] = '\0';
	if (number(text + sizeof(AAS_LEDGER_HEAD) - 1, UINT32_MAX, &audit) !=
		0 ||
	    number(after(text, ",\"uid\":"), UINT32_MAX, &uid) != 0 ||
	    number(after(text, ",\"leader\":"), INT32_MAX, &pid) != 0 ||
	    number(after(text, ",\"start\":"), UINT64_MAX, &l->leader.start) !=
		0)
		return AAS_ERR_FORMAT;
	l->audit = (uint32_t)audit;
	l->uid = (uint32_t)uid;
	l->leader.pid = (pid_t)pid;
	return parse_origin(after(text, ",\"origin\":\""), &l->origin);
}

/* "<id>" or "<id>.closed", and nothing else. */
static int
is_line(const char *name, int *closed)
{
	char id[AAS_LEDGER_ID];
	uint8_t raw[(AAS_LEDGER_ID - 1) / 2];
	size_t n = strnlen(name, AAS_LEDGER_ID - 1);

	memcpy(id, name, n);
	id[n] = '\0';
	*closed = name[n] != '\0';
	return aas_hex_parse(id, raw, sizeof(raw)) == AAS_OK &&
	    (!*closed || strcmp(name + n, ".closed") == 0);
}

int
aas_ledger_read(int dirfd, const char *name, struct aas_ledger_line *l)
{
	struct aas_buf b = { NULL, 0 };
	struct aas_ledger_line got;
	int r;

	if (!is_line(name, &got.closed))
		return AAS_ERR_INVAL;
	r = aas_fs_read(dirfd, name, geteuid(), 077, AAS_LEDGER_MAX, &b, NULL);
	if (r == AAS_OK)
		r = parse(&b, &got);
	if (r == AAS_OK)
		*l = got;
	aas_buf_free(&b);
	return r;
}
