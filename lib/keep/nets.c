/*
 * The networks that somebody has signed in from.
 *
 * 1. What a peer chose (a name, a scope) MUST NOT reach the file but in a
 *    form that cannot be taken for anything else in it.
 * 2. However many networks somebody comes from, the file MUST stay small.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/keep/nets.h"

#define MAGIC "aas-nets 1 "
#define DAY_S 86400
#define NAMES "abcdefghijklmnopqrstuvwxyz0123456789-_."

/* --- what a network is ---------------------------------------------------- */

static int
of_4(const uint8_t a[4], char net[AAS_NET_TEXT])
{
	if (a[0] == 127)
		return AAS_ERR_NOTFOUND;
	if (a[0] == 0)
		return AAS_ERR_FORMAT;
	(void)snprintf(net, AAS_NET_TEXT, "%u.%u.%u.0/24", a[0], a[1], a[2]);
	return AAS_OK;
}

static int
of_6(struct in6_addr *a, char net[AAS_NET_TEXT])
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_LOOPBACK(a))
		return AAS_ERR_NOTFOUND;
	if (IN6_IS_ADDR_V4MAPPED(a))
		return of_4(a->s6_addr + 12, net);
	if (IN6_IS_ADDR_UNSPECIFIED(a))
		return AAS_ERR_FORMAT;
	memset(a->s6_addr + 8, 0, 8);
	if (inet_ntop(AF_INET6, a, text, sizeof(text)) == NULL)
		return AAS_ERR_FORMAT;
	(void)snprintf(net, AAS_NET_TEXT, "%s/64", text);
	return AAS_OK;
}

/* By DNS; one of digits and dots alone is an address that is none. */
static int
of_name(const char *low, char net[AAS_NET_TEXT])
{
	size_t n = strlen(low);

	if (strcmp(low, "localhost") == 0)
		return AAS_ERR_NOTFOUND;
	if (n == 0 || strspn(low, NAMES) != n ||
	    strspn(low, "0123456789.") == n || low[0] == '-' || low[0] == '.')
		return AAS_ERR_FORMAT;
	memcpy(net, low, n + 1);
	return AAS_OK;
}

int
aas_net_of(const char *rhost, char net[AAS_NET_TEXT])
{
	struct in6_addr six;
	uint8_t four[4];
	char text[AAS_NET_TEXT - 2]; /* a name has 253 bytes at most */
	size_t n = strnlen(rhost, sizeof(text));

	if (n == sizeof(text))
		return AAS_ERR_FORMAT;
	for (size_t i = 0; i <= n; i++)
		text[i] = rhost[i] >= 'A' && rhost[i] <= 'Z'
		    ? (char)(rhost[i] - 'A' + 'a')
		    : rhost[i];
	if (inet_pton(AF_INET, text, four) == 1)
		return of_4(four, net);
	if (strchr(text, ':') == NULL)
		return of_name(text, net);
	text[strcspn(text, "%")] = '\0'; /* on which link: no matter */
	return inet_pton(AF_INET6, text, &six) == 1 ? of_6(&six, net)
						    : AAS_ERR_FORMAT;
}

/* --- those of one user ---------------------------------------------------- */

int
aas_nets_note(struct aas_nets *n, const char *net, const char id[AAS_LEDGER_ID],
    int64_t now_s, enum aas_nets_first *first)
{
	struct aas_nets_one *one = &n->v[0];

	for (size_t i = 0; i < n->n; i++) {
		struct aas_nets_one *o = &n->v[i];

		if (strcmp(o->net, net) == 0) {
			*first = strcmp(o->id, id) == 0 ? AAS_NETS_FIRST
							: AAS_NETS_BEFORE;
			if (now_s - o->last_s < DAY_S && now_s >= o->last_s)
				return 0;
			o->last_s = now_s;
			return 1;
		}
		if (o->last_s < one->last_s)
			one = o;
	}
	if (n->n < AAS_NETS_MAX)
		one = &n->v[n->n++];
	(void)snprintf(one->net, sizeof(one->net), "%s", net);
	(void)snprintf(one->id, sizeof(one->id), "%s", id);
	one->first_s = one->last_s = now_s;
	*first = AAS_NETS_FIRST;
	return 1;
}

/* The next word, which ends with a ${end}; NULL: there is none, or too long. */
static const char *
word(const char **p, const char *stop, char end, char *dst, size_t cap)
{
	const char *at = memchr(*p, end, (size_t)(stop - *p));
	size_t n = at == NULL ? cap : (size_t)(at - *p);

	if (n == 0 || n >= cap || memchr(*p, '\0', n) != NULL)
		return NULL;
	memcpy(dst, *p, n);
	dst[n] = '\0';
	*p = at + 1;
	return dst;
}

/* Seconds since 1970, as they are printed. */
static int
seconds(const char *text, int64_t *v)
{
	if (text == NULL || text[strspn(text, "0123456789")] != '\0')
		return 0;
	*v = strtoll(text, NULL, 10); /* 18 digits at most */
	return 1;
}

static int
parse_one(const char **p, const char *stop, struct aas_nets_one *o)
{
	uint8_t raw[(AAS_LEDGER_ID - 1) / 2];
	char at[19];

	if (word(p, stop, ' ', o->net, sizeof(o->net)) == NULL ||
	    strspn(o->net, NAMES ":/") != strlen(o->net) ||
	    word(p, stop, ' ', o->id, sizeof(o->id)) == NULL ||
	    aas_hex_parse(o->id, raw, sizeof(raw)) != AAS_OK ||
	    !seconds(word(p, stop, ' ', at, sizeof(at)), &o->first_s) ||
	    !seconds(word(p, stop, '\n', at, sizeof(at)), &o->last_s))
		return AAS_ERR_FORMAT;
	return AAS_OK;
}

int
aas_nets_parse(const char *p, size_t len, const char *user, struct aas_nets *n)
{
	const char *stop = p + len;
	char name[AAS_NET_TEXT];

	n->n = 0;
	if (len < strlen(MAGIC) || memcmp(p, MAGIC, strlen(MAGIC)) != 0)
		return AAS_ERR_FORMAT;
	p += strlen(MAGIC);
	if (word(&p, stop, '\n', name, sizeof(name)) == NULL)
		return AAS_ERR_FORMAT;
	if (strcmp(name, user) != 0)
		return AAS_ERR_NOTFOUND;
	for (; p < stop; n->n++) {
		if (n->n == AAS_NETS_MAX ||
		    parse_one(&p, stop, &n->v[n->n]) != AAS_OK) {
			n->n = 0;
			return AAS_ERR_FORMAT;
		}
	}
	return AAS_OK;
}

int
aas_nets_format(
    const struct aas_nets *n, const char *user, char *dst, size_t *len)
{
	size_t at = 0;
	int some = snprintf(dst, AAS_NETS_FILE, MAGIC "%s\n", user);

	for (size_t i = 0;; i++) {
		if (some < 0 || (size_t)some >= AAS_NETS_FILE - at)
			return AAS_ERR_FORMAT;
		at += (size_t)some;
		if (i == n->n)
			break;
		some = snprintf(dst + at, AAS_NETS_FILE - at,
		    "%s %s %" PRId64 " %" PRId64 "\n", n->v[i].net, n->v[i].id,
		    n->v[i].first_s, n->v[i].last_s);
	}
	*len = at;
	return AAS_OK;
}

/* --- on the disk ---------------------------------------------------------- */

int
aas_nets_open(const char *statedir, int *dirfd)
{
	int fd = -1;
	int r = aas_fs_dir(statedir, geteuid(), &fd);

	if (r == AAS_OK && mkdirat(fd, AAS_NETS_DIR, 0700) == -1 &&
	    errno != EEXIST)
		r = AAS_ERR_SYS;
	if (r == AAS_OK)
		r = aas_fs_dirat(fd, AAS_NETS_DIR, geteuid(), dirfd);
	aas_close(&fd);
	return r;
}

/* What was there before, if it can be used. */
static void
load(int dirfd, const char *name, const char *user, struct aas_nets *n)
{
	struct aas_buf buf = { NULL, 0 };

	n->n = 0;
	if (aas_fs_read(dirfd, name, geteuid(), 077, AAS_NETS_FILE, &buf,
		NULL) == AAS_OK)
		(void)aas_nets_parse((const char *)buf.p, buf.len, user, n);
	aas_buf_free(&buf);
}

static int
store(int dirfd, const char *name, const char *user, const struct aas_nets *n)
{
	char fresh[24];
	char *text = malloc(AAS_NETS_FILE);
	size_t len = 0;
	int r = AAS_ERR_NOMEM;

	if (text == NULL)
		return r;
	(void)snprintf(fresh, sizeof(fresh), ".%s", name);
	if ((r = aas_nets_format(n, user, text, &len)) != AAS_OK)
		goto out;
	r = AAS_ERR_SYS;
	if (unlinkat(dirfd, fresh, 0) == -1 && errno != ENOENT)
		goto out;
	if ((r = aas_fs_create(dirfd, fresh, text, len, 0600)) == AAS_OK &&
	    renameat(dirfd, fresh, dirfd, name) == -1)
		r = AAS_ERR_SYS;
out:
	free(text);
	return r;
}

int
aas_nets_seen(int dirfd, uint32_t uid, const char *user, const char *rhost,
    const char id[AAS_LEDGER_ID], int64_t now_s, enum aas_nets_first *first)
{
	struct aas_nets *n = NULL;
	char net[AAS_NET_TEXT];
	char name[16];
	int r = aas_net_of(rhost, net);

	*first = r == AAS_ERR_NOTFOUND ? AAS_NETS_BEFORE : AAS_NETS_UNKNOWN;
	if (r != AAS_OK)
		return r == AAS_ERR_NOTFOUND ? AAS_OK : r;
	if (user[0] == '\0' || strchr(user, '\n') != NULL ||
	    strlen(user) >= AAS_NET_TEXT)
		return AAS_ERR_FORMAT;
	if ((n = malloc(sizeof(*n))) == NULL)
		return AAS_ERR_NOMEM;
	(void)snprintf(name, sizeof(name), "%" PRIu32, uid);
	load(dirfd, name, user, n);
	if (now_s < 0)
		now_s = 0;
	if (aas_nets_note(n, net, id, now_s, first))
		r = store(dirfd, name, user, n);
	free(n);
	return r;
}
