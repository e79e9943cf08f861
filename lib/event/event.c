/*
 * The text of an event.  It runs inside sshd and login: no allocation, no
 * stdio, no JSON library.
 *
 * 1. A name, terminal or host that a peer chose MUST NOT end the string or the
 *    line it stands in, nor push another field out of it.
 * 2. An event MUST NOT fail for what a peer sent: what is too long is cut, and
 *    the cut shows.
 */
#include <sys/random.h>
#include <sys/utsname.h>

#include <string.h>

#include "lib/err.h"
#include "lib/event/event.h"
#include "lib/hex.h"
#include "lib/put.h"
#include "lib/str.h"
#include "lib/utf8.h"

static const struct {
	const char *name;
	int reserved;
} types[AAS_EV_N] = {
	[AAS_EV_SIGN_IN] = { "sign-in", 1 },
	[AAS_EV_ATTEMPTS] = { "attempts", 0 },
	[AAS_EV_FIRST_NETWORK] = { "first-network", 0 },
	[AAS_EV_SESSION_ENDED] = { "session-ended", 0 },
	[AAS_EV_KEY_ADDED] = { "key-added", 1 },
	[AAS_EV_KEY_REMOVED] = { "key-removed", 1 },
	[AAS_EV_KEY_SUSPENDED] = { "key-suspended", 1 },
	[AAS_EV_KEY_RESUMED] = { "key-resumed", 1 },
	[AAS_EV_COUNTER] = { "counter", 1 },
	[AAS_EV_RECOVERY_STARTED] = { "recovery-started", 1 },
	[AAS_EV_RECOVERY_CANCELLED] = { "recovery-cancelled", 1 },
	[AAS_EV_RECOVERY_FINISHED] = { "recovery-finished", 1 },
	[AAS_EV_ENROLLED] = { "enrolled", 1 },
	[AAS_EV_LOCKED] = { "locked", 1 },
	[AAS_EV_UNLOCKED] = { "unlocked", 1 },
	[AAS_EV_CONTACTS] = { "contacts", 1 },
	[AAS_EV_RECORD_BROKEN] = { "record-broken", 1 },
	[AAS_EV_REPINNED] = { "repinned", 1 },
	[AAS_EV_EXEMPTION] = { "exemption", 0 },
	[AAS_EV_BREAK_GLASS] = { "break-glass", 1 },
	[AAS_EV_POLICY_CHANGED] = { "policy-changed", 0 },
	[AAS_EV_POLICY_REFUSED] = { "policy-refused", 0 },
	[AAS_EV_ATTEST_ENDING] = { "attest-ending", 0 },
	[AAS_EV_KEEPER_DOWN] = { "keeper-down", 0 },
	[AAS_EV_LEASE] = { "lease", 0 },
	[AAS_EV_DELIVERY_FAILING] = { "delivery-failing", 0 },
	[AAS_EV_TEST] = { "test", 0 },
	[AAS_EV_RECOVERY_KEYS] = { "recovery-keys", 1 },
	[AAS_EV_DISABLED] = { "disabled", 1 },
	[AAS_EV_ENABLED] = { "enabled", 1 },
	[AAS_EV_CHANGE_CANCELLED] = { "change-cancelled", 1 },
	[AAS_EV_ALERTS_DAMAGED] = { "alerts-damaged", 1 },
};

/*
 * How many bytes of the line a value may have, without its quotes.  All of
 * them, with the names of the fields, are less than AAS_EVENT_MAX.
 */
enum room {
	R_HOST = 384,
	R_USER = 768,
	R_SERVICE = 128,
	R_TTY = 128,
	R_RHOST = 512,
	R_KEY = 384,
	R_VIA = 16,
	R_SESSION = 32,
	R_BY = 256,
	R_WHY = 64,
	R_TEXT = 720
};
_Static_assert(R_HOST + R_USER + R_SERVICE + R_TTY + R_RHOST + R_KEY + R_VIA +
	    R_SESSION + R_BY + R_WHY + R_TEXT + 560 <
	AAS_EVENT_MAX,
    "every event fits");

#define CUT "..."

const char *
aas_event_name(enum aas_event_type type)
{
	return (unsigned)type < AAS_EV_N ? types[type].name : "";
}

enum aas_event_type
aas_event_type(const char *name)
{
	unsigned i = 0;

	while (i < AAS_EV_N && strcmp(types[i].name, name) != 0)
		i++;
	return (enum aas_event_type)i;
}

int
aas_event_reserved(enum aas_event_type type)
{
	return (unsigned)type < AAS_EV_N && types[type].reserved;
}

int
aas_event_id(char id[AAS_EVENT_ID])
{
	uint8_t raw[(AAS_EVENT_ID - 1) / 2];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return AAS_ERR_SYS;
	aas_hex_format(raw, sizeof(raw), id);
	return AAS_OK;
}

static size_t
put_hex4(char *p, unsigned v)
{
	static const char digits[] = "0123456789abcdef";

	p[0] = '\\';
	p[1] = 'u';
	for (int i = 0; i < 4; i++)
		p[2 + i] = digits[v >> (12 - 4 * i) & 15];
	return 6;
}

/* The first character of ${s} as JSON has it, to ${p}; how much of ${s}. */
static size_t
escape(const char *s, char p[12], size_t *len)
{
	uint32_t cp = (unsigned char)*s;
	size_t n = 1;

	*len = 0;
	if (cp > 0x7e && (n = aas_utf8_next(s, aas_str_nlen(s, 4), &cp)) == 0) {
		cp = (unsigned char)*s;
		n = 1;
	}
	if (cp >= 0x20 && cp <= 0x7e) {
		if (cp == '"' || cp == '\\')
			p[(*len)++] = '\\';
		p[(*len)++] = (char)cp;
	} else if (cp <= 0xffff) {
		*len = put_hex4(p, cp);
	} else {
		*len = put_hex4(p, 0xd800 + ((cp - 0x10000) >> 10));
		*len += put_hex4(p + *len, 0xdc00 + ((cp - 0x10000) & 0x3ff));
	}
	return n;
}

/* ${s} within ${room} bytes; never half of a character. */
static void
put_value(struct aas_put *t, const char *s, size_t room)
{
	size_t len = 0, begin = t->len;
	size_t cut = t->len; /* so far the mark of a cut still fits */
	char one[13];

	while (*s != '\0' && !t->bad) {
		size_t n = escape(s, one, &len);

		if (t->len - begin + len > room) {
			t->len = cut;
			aas_put_text(t, CUT);
			return;
		}
		one[len] = '\0';
		aas_put_text(t, one);
		if (t->len - begin + sizeof(CUT) - 1 <= room)
			cut = t->len;
		s += n;
	}
}

static void
put_name(struct aas_put *t, const char *name)
{
	aas_put_text(t, ",\"");
	aas_put_text(t, name);
	aas_put_text(t, "\":");
}

static void
put_string(struct aas_put *t, const char *name, const char *s, size_t room)
{
	if (s == NULL)
		return;
	put_name(t, name);
	aas_put_char(t, '"');
	put_value(t, s, room);
	aas_put_char(t, '"');
}

static void
put_time(struct aas_put *t, const char *name, int64_t real_s)
{
	char text[AAS_CLOCK_TEXT];

	aas_clock_format(real_s, text);
	put_string(t, name, text, sizeof(text));
}

static void
put_number(struct aas_put *t, const char *name, uint64_t v)
{
	put_name(t, name);
	aas_put_number(t, v);
}

static void
put_head(struct aas_put *t, const struct aas_event *e,
    const struct aas_now *now, const char *id, const char *host)
{
	char boot[33];

	aas_hex_format(now->boot_id, sizeof(now->boot_id), boot);
	aas_put_text(t, "{\"v\":1");
	put_string(t, "id", id, AAS_EVENT_ID);
	put_string(t, "type", types[e->type].name, AAS_EVENT_ID);
	put_time(t, "time", now->real_s);
	put_string(t, "boot", boot, sizeof(boot));
	put_number(t, "boottime_ms",
	    now->boottime_ms > 0 ? (uint64_t)now->boottime_ms : 0);
	put_string(t, "host", host, R_HOST);
}

int
aas_event_format(const struct aas_event *e, const struct aas_now *now,
    const char *id, char *buf, size_t cap, size_t *len)
{
	struct utsname un;
	struct aas_put t;

	if ((unsigned)e->type >= AAS_EV_N || strlen(id) != AAS_EVENT_ID - 1)
		return AAS_ERR_INVAL;
	if (uname(&un) == -1)
		return AAS_ERR_SYS;
	aas_put_init(
	    &t, buf, cap < AAS_EVENT_MAX + 1 ? cap : AAS_EVENT_MAX + 1);
	put_head(&t, e, now, id, un.nodename);
	put_string(&t, "user", e->user, R_USER);
	put_number(&t, "uid", e->uid);
	put_string(&t, "service", e->service, R_SERVICE);
	put_string(&t, "tty", e->tty, R_TTY);
	put_string(&t, "rhost", e->rhost, R_RHOST);
	put_string(&t, "key", e->key, R_KEY);
	put_string(&t, "via", e->via, R_VIA);
	put_string(&t, "session", e->session, R_SESSION);
	put_string(&t, "by", e->by, R_BY);
	put_string(&t, "why", e->why, R_WHY);
	if (e->count > 0)
		put_number(&t, "count", e->count);
	if (e->first_s > 0)
		put_time(&t, "first", e->first_s);
	if (e->last_s > 0)
		put_time(&t, "last", e->last_s);
	put_string(&t, "text", e->text, R_TEXT);
	aas_put_text(&t, "}\n");
	if (t.bad)
		return AAS_ERR_TOOBIG;
	*len = t.len;
	return AAS_OK;
}
