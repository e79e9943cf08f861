/*
 * An alert as a person reads it.
 *
 * 1. Every value MUST have gone through aas_printable(), and stand behind its
 *    own label on a line of its own: nobody makes a line of ours by a name.
 * 2. What a name of a host says about where somebody came from MUST be marked
 *    as not verified, and stand in quotation marks where more follows on its
 *    line.
 * 3. The identity of a session MUST be hex before it is part of a command to
 *    copy.
 */
#include <arpa/inet.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/notify/text.h"

#define VALUE_MAX ((size_t)8192)

struct body {
	char *p;
	size_t cap, len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct body *b, const char *fmt, ...)
{
	va_list ap;
	int n = 0;

	va_start(ap, fmt);
	n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= b->cap - b->len)
		b->p[b->len] = '\0'; /* a line whole or not at all */
	else
		b->len += (size_t)n;
}

static const char *
show(const struct aas_alert *a, const char *name, char *dst, size_t cap)
{
	const char *s = aas_alert_str(a, name);

	return s != NULL && *s != '\0' ? aas_printable(dst, cap, s) : NULL;
}

/* An address is what the host saw; a name was told by somebody. */
static int
is_address(const char *s)
{
	unsigned char buf[16];

	return inet_pton(AF_INET, s, buf) == 1 ||
	    inet_pton(AF_INET6, s, buf) == 1;
}

static int
is_session(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	return n >= 8 && n <= 64 && strspn(s, "0123456789abcdef") == n;
}

static void
add_fields(const struct aas_alert *a, struct body *b)
{
	static const struct {
		const char *name, *label;
	} fields[] = { { "user", "Account:  " }, { "time", "When:     " },
		{ "host", "Host:     " }, { "service", "Service:  " },
		{ "tty", "Terminal: " }, { "rhost", "From:     " },
		{ "via", "By way of:" }, { "key", "Key:      " },
		{ "by", "Done by:  " }, { "why", "Why:      " },
		{ "session", "Session:  " }, { "first", "First:    " },
		{ "last", "Last:     " }, { "text", "Note:     " } };
	char shown[VALUE_MAX];
	int64_t count = aas_alert_int(a, "count");

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *s = show(a, fields[i].name, shown, sizeof(shown));

		if (s == NULL)
			continue;
		add(b, "%s %s%s\n", fields[i].label, s,
		    strcmp(fields[i].name, "rhost") == 0 &&
			    !is_address(aas_alert_str(a, "rhost"))
			? " (a name, not verified)"
			: "");
	}
	if (count >= 0)
		add(b, "Count:     %" PRId64 "\n", count);
}

static void
make_body(const struct aas_alert *a, const char *dashboard, struct aas_told *t)
{
	struct body b = { t->body, sizeof(t->body), 0 };
	char shown[VALUE_MAX];
	const char *s = aas_alert_str(a, "session");
	const char *type = show(a, "type", shown, sizeof(shown));

	if (a->kind != NULL)
		add(&b, "%s.\n\n", a->kind->what);
	add(&b, "Type:      %s\n", type != NULL ? type : "-");
	add_fields(a, &b);
	add(&b, "\n");
	if (a->kind != NULL && a->kind->mine) {
		add(&b, "If this was not you: ");
		if (is_session(s))
			add(&b, "aasctl end %s --lock\n", s);
		else
			add(&b, "tell your administrator now.\n");
	}
	if (dashboard != NULL && *dashboard != '\0')
		add(&b, "More: %s\n",
		    aas_printable(shown, sizeof(shown), dashboard));
	if (a->number != 0)
		add(&b, "Alert %" PRIu64 ", previous %" PRIu64 ".\n", a->number,
		    a->number - 1);
	add(&b, "Id %s\n", a->id);
}

/* Not in the middle of a character. */
static void
cut(char *s, size_t max)
{
	if (strlen(s) <= max)
		return;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	s[max] = '\0';
}

static void
make_lines(const struct aas_alert *a, struct aas_told *t)
{
	char user[96], rhost[128], host[96], sess[80] = "";
	char from[sizeof(rhost) + 32] = "";
	const char *s = aas_alert_str(a, "session");
	char shown[64];
	const char *type = show(a, "type", shown, sizeof(shown));
	char number[32] = "";

	if (show(a, "user", user, sizeof(user)) == NULL)
		(void)snprintf(user, sizeof(user), "uid %" PRIu32, a->uid);
	if (show(a, "host", host, sizeof(host)) == NULL)
		(void)snprintf(host, sizeof(host), "-");
	if (a->number != 0)
		(void)snprintf(number, sizeof(number), " %" PRIu64, a->number);
	if (show(a, "rhost", rhost, sizeof(rhost)) != NULL)
		(void)snprintf(from, sizeof(from),
		    is_address(aas_alert_str(a, "rhost"))
			? " from %s"
			: " from \"%s\" (not verified)",
		    rhost);
	(void)snprintf(t->subject, sizeof(t->subject),
	    "[aas] %s: %s of %s%s (alert%s)", host, type != NULL ? type : "-",
	    user, from, number);
	if (a->kind != NULL && a->kind->mine && is_session(s))
		(void)snprintf(
		    sess, sizeof(sess), " Not you? aasctl end %.48s --lock", s);
	(void)snprintf(t->line, sizeof(t->line),
	    "pam_aas alert%s: %s of %s on %s%s.%s", number,
	    type != NULL ? type : "-", user, host, from, sess);
	cut(t->subject, 400);
	cut(t->line, sizeof(t->line) - 8);
}

void
aas_told_make(
    const struct aas_alert *a, const char *dashboard, struct aas_told *t)
{
	make_lines(a, t);
	make_body(a, dashboard, t);
}
