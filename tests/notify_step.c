/*
 * What channels make of values that strangers chose, for
 * tests/it_notify_text.sh to parse back.  A line of standard input is a value
 * in hex, which becomes every field of an event; out come, each as
 *	NAME LENGTH LF BYTES LF
 * the fields as they were read back and as they are shown, and what each
 * channel would send.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/event/event.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "lib/notify/channel.h"

#define VALUE_MAX 4096

static const char *const fields[] = { "user", "service", "tty", "rhost", "key",
	"via", "by", "why", "text" };

static void
put(const char *name, const char *p, size_t n)
{
	printf("%s %zu\n", name, n);
	(void)fwrite(p, 1, n, stdout);
	putchar('\n');
}

static void
put_fields(const struct aas_alert *a)
{
	static char shown[65536];
	char name[32];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *s = aas_alert_str(a, fields[i]);

		if (s == NULL)
			continue;
		(void)snprintf(name, sizeof(name), "v:%s", fields[i]);
		put(name, s, strlen(s));
		(void)aas_printable(shown, sizeof(shown), s);
		(void)snprintf(name, sizeof(name), "p:%s", fields[i]);
		put(name, shown, strlen(shown));
	}
}

static int
put_channels(const struct aas_send *s)
{
	static char text[AAS_MAIL_MAX];
	size_t n = 0;

	put("line", s->line, s->len);
	put("subject", s->told->subject, strlen(s->told->subject));
	put("short", s->told->line, strlen(s->told->line));
	put("body", s->told->body, strlen(s->told->body));
	if (aas_mail_make(s, "a@example.org", text, sizeof(text), &n) != AAS_OK)
		return 1;
	put("mail", text, n);
	if (aas_journal_make(s, text, sizeof(text), &n) != AAS_OK)
		return 1;
	put("journal", text, n);
	if (aas_audit_make(s, text, 4096) != AAS_OK)
		return 1;
	put("audit", text, strlen(text));
	if (aas_desktop_quote(s->told->subject, 0, text, sizeof(text)) !=
	    AAS_OK)
		return 1;
	put("summary", text, strlen(text));
	if (aas_desktop_quote(s->told->body, 1, text, sizeof(text)) != AAS_OK)
		return 1;
	put("markup", text, strlen(text));
	return 0;
}

static int
step(const char *v)
{
	static struct aas_told told;
	static struct aas_alerts conf;
	const struct aas_now now = { .real_s = 1780000000 };
	const struct aas_event e = { .type = AAS_EV_SIGN_IN,
		.user = v,
		.uid = 1000,
		.service = v,
		.tty = v,
		.rhost = v,
		.key = v,
		.via = v,
		.by = v,
		.why = v,
		.text = v };
	char zero[65];
	char raised[AAS_EVENT_MAX + 1];
	char line[AAS_ALERT_MAX + 1];
	char id[AAS_EVENT_ID];
	struct aas_alert a = { .o = NULL };
	struct aas_send s = { &conf, &a, line, 0, &told, 1780000000, NULL };
	size_t n = 0;
	int r = 1;

	memset(zero, '0', 64);
	zero[64] = '\0';
	aas_alerts_defaults(&conf);
	if (aas_event_id(id) != AAS_OK ||
	    aas_event_format(&e, &now, id, raised, sizeof(raised), &n) !=
		AAS_OK ||
	    aas_alert_number(raised, n - 1, 117, zero, line, sizeof(line),
		&s.len) != AAS_OK ||
	    aas_alert_parse(line, s.len, &a) != AAS_OK)
		return 1;
	aas_told_make(&a, "https://dash.example.org/", &told);
	put_fields(&a);
	r = put_channels(&s);
	aas_alert_clear(&a);
	puts("end");
	return r;
}

int
main(void)
{
	static char hex[2 * VALUE_MAX + 2];
	static char value[VALUE_MAX + 1];

	while (fgets(hex, sizeof(hex), stdin) != NULL) {
		size_t n = strcspn(hex, "\n");

		hex[n] = '\0';
		memset(value, 0, sizeof(value));
		if (aas_hex_parse(hex, value, n / 2) != AAS_OK ||
		    step(value) != 0) {
			fprintf(stderr, "cannot: %s\n", hex);
			return 1;
		}
	}
	return 0;
}
