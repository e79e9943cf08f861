/*
 * What the notifier reads: events and numbered lines, files of the queue, the
 * tail of a chain, the state of places.  The first byte chooses.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/notify/channel.h"
#include "lib/notify/place.h"
#include "tests/fuzz/fuzz.h"

static int
each(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	(void)wrong;
	FUZZ_REQUIRE(memchr(line, '\n', len) == NULL);
	FUZZ_REQUIRE(a == NULL || a->number != 0);
	(*(size_t *)arg)++;
	return AAS_OK;
}

/* Whatever was read is told by each channel, in one line where it has one. */
static void
tell(const struct aas_alert *a, const char *line, size_t len)
{
	static struct aas_told told;
	static struct aas_alerts conf;
	static char text[AAS_MAIL_MAX];
	struct aas_send s = { &conf, a, line, len, &told, 1780000000, NULL };
	size_t n = 0;

	aas_alerts_defaults(&conf);
	aas_told_make(a, "https://dash.example.org/", &told);
	FUZZ_REQUIRE(strpbrk(told.line, "\n\r\033") == NULL);
	FUZZ_REQUIRE(strpbrk(told.subject, "\n\r\033") == NULL);
	FUZZ_REQUIRE(
	    aas_mail_make(&s, "a@b.c", text, sizeof(text), &n) == AAS_OK);
	FUZZ_REQUIRE(n == strlen(text));
	for (size_t i = 0; i < n; i++)
		FUZZ_REQUIRE(
		    text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	(void)aas_journal_make(&s, text, sizeof(text), &n);
	FUZZ_REQUIRE(aas_audit_make(&s, text, 4096) == AAS_OK);
	FUZZ_REQUIRE(strpbrk(text, "\n\r") == NULL);
	FUZZ_REQUIRE(
	    aas_desktop_quote(told.body, 1, text, sizeof(text)) == AAS_OK);
	FUZZ_REQUIRE(strpbrk(text, "<>\n") == NULL);
}

static void
event(const char *p, size_t len)
{
	static const char zero[65] = "0000000000000000000000000000000000000000"
				     "000000000000000000000000";
	struct aas_alert a = { .o = NULL };
	struct aas_alert b = { .o = NULL };
	char line[AAS_ALERT_MAX + 1];
	size_t n = 0;

	if (aas_alert_parse(p, len, &a) != AAS_OK)
		return;
	tell(&a, p, len);
	if (a.number == 0 &&
	    aas_alert_number(p, len, 7, zero, line, sizeof(line), &n) ==
		AAS_OK) {
		/* A numbered event is an alert with that number. */
		FUZZ_REQUIRE(n > AAS_ALERT_MAX ||
		    (aas_alert_parse(line, n, &b) == AAS_OK && b.number == 7 &&
			strcmp(a.id, b.id) == 0));
		aas_alert_clear(&b);
	}
	aas_alert_clear(&a);
}

static void
queued(const char *p, size_t len)
{
	struct aas_queued *q = calloc(1, sizeof(*q));
	struct aas_queued *back = calloc(1, sizeof(*back));
	char text[AAS_QUEUED_MAX];
	size_t n = 0;

	if (q != NULL && back != NULL && len > 0 &&
	    aas_queued_parse(p, len, q) == AAS_OK &&
	    aas_queued_format(q, text, sizeof(text), &n) == AAS_OK) {
		FUZZ_REQUIRE(aas_queued_parse(text, n, back) == AAS_OK);
		FUZZ_REQUIRE(memcmp(q, back, sizeof(*q)) == 0);
	}
	free(q);
	free(back);
}

static void
places(const char *p, size_t len)
{
	static struct aas_places s;

	aas_places_parse(p, len, &s);
	for (size_t i = 0; i < s.n; i++)
		FUZZ_REQUIRE(strlen(s.v[i].key) == AAS_MARK_KEY - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct aas_chain_at at = { .number = 0 };
	const char *text = (const char *)p + 1;
	size_t n = 0;

	if (len < 2)
		return 0;
	switch (p[0] % 4) {
	case 0:
		event(text, len - 1);
		break;
	case 1:
		queued(text, len - 1);
		break;
	case 2:
		FUZZ_REQUIRE(
		    aas_chain_text(text, len - 1, &at, each, &n) == AAS_OK);
		break;
	default:
		places(text, len - 1);
	}
	return 0;
}
