/*
 * Mail, by the host's own sendmail -t: one message an address, so that one
 * that is refused does not take the others with it.
 *
 * 1. No value MUST reach a header but printable and, if it is not plain
 *    ASCII, encoded: no line of a header is begun by a name.
 * 2. The address MUST be one that aas_alerts_mail_valid() accepted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/notify/channel.h"
#include "lib/put.h"

#define WORD 39 /* bytes of an encoded word: with "Subject: " 76 characters */
#define LINE 72 /* of what is encoded */

/* A value of a header; Source: RFC 2047. */
static void
put_header(struct aas_put *t, const char *s)
{
	char b64[AAS_B64_TEXT(WORD)];
	size_t n = strlen(s);
	int plain = strstr(s, "=?") == NULL && n <= 200;

	for (size_t i = 0; i < n; i++)
		plain = plain && s[i] >= ' ' && s[i] <= '~';
	if (plain) {
		aas_put_text(t, s);
		return;
	}
	for (size_t at = 0; at < n;) {
		size_t k = n - at < WORD ? n - at : WORD;

		/* No character is divided between two words. */
		while (k > 1 && at + k < n &&
		    ((unsigned char)s[at + k] & 0xc0) == 0x80)
			k--;
		aas_b64_format(s + at, k, b64);
		aas_put_text(t, at > 0 ? "\n =?UTF-8?B?" : "=?UTF-8?B?");
		aas_put_text(t, b64);
		aas_put_text(t, "?=");
		at += k;
	}
}

/* Quoted-printable; Source: RFC 2045, section 6.7. */
static void
put_quoted(struct aas_put *t, const char *s)
{
	char hex[4];
	size_t col = 0;

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		int last = s[1] == '\n' || s[1] == '\0';

		if (c == '\n') {
			aas_put_char(t, '\n');
			col = 0;
			continue;
		}
		if (col >= LINE) {
			aas_put_text(t, "=\n");
			col = 0;
		}
		/* A dot and "From " mean something at the begin of a line. */
		if (c < ' ' || c > '~' || c == '=' || (c == ' ' && last) ||
		    (col == 0 && (c == '.' || c == 'F'))) {
			(void)snprintf(hex, sizeof(hex), "=%02X", c);
			aas_put_text(t, hex);
			col += 3;
		} else {
			aas_put_char(t, (char)c);
			col++;
		}
	}
}

static void
put_base64(struct aas_put *t, const char *p, size_t len)
{
	char b64[AAS_B64_TEXT(LINE / 4 * 3)];

	for (size_t at = 0; at < len; at += LINE / 4 * 3) {
		size_t k = len - at < LINE / 4 * 3 ? len - at : LINE / 4 * 3;

		aas_b64_format(p + at, k, b64);
		aas_put_text(t, b64);
		aas_put_char(t, '\n');
	}
}

static void
put_date(struct aas_put *t, int64_t now_s)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[64];
	struct tm tm;
	time_t now = (time_t)now_s;

	if (gmtime_r(&now, &tm) == NULL)
		return;
	(void)snprintf(text, sizeof(text),
	    "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\n",
	    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	    1900 + tm.tm_year, tm.tm_hour, tm.tm_min, tm.tm_sec);
	aas_put_text(t, text);
}

static void
put_head(struct aas_put *t, const struct aas_send *s, const char *to)
{
	const char *from = s->conf->from[0] != '\0' ? s->conf->from : "aas";
	const char *at = strchr(from, '@');
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, s->a->number);
	aas_put_text(t, "From: ");
	aas_put_text(t, from);
	aas_put_text(t, "\nTo: ");
	aas_put_text(t, to);
	aas_put_text(t, "\nSubject: ");
	put_header(t, s->told->subject);
	aas_put_char(t, '\n');
	put_date(t, s->now_s);
	aas_put_text(t, "Message-ID: <aas.");
	aas_put_text(t, s->a->id);
	aas_put_text(t, at != NULL ? at : "@aas.invalid");
	aas_put_text(t, ">\nAuto-Submitted: auto-generated\nX-AAS-Id: ");
	aas_put_text(t, s->a->id);
	aas_put_text(t, "\nX-AAS-Number: ");
	aas_put_text(t, number);
	aas_put_text(t,
	    "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; "
	    "boundary=\"aas-");
	aas_put_text(t, s->a->id);
	aas_put_text(t, "\"\n\n");
}

static void
put_boundary(struct aas_put *t, const struct aas_send *s, const char *end)
{
	aas_put_text(t, "--aas-");
	aas_put_text(t, s->a->id);
	aas_put_text(t, end);
}

int
aas_mail_make(
    const struct aas_send *s, const char *to, char *dst, size_t cap, size_t *n)
{
	struct aas_put t;

	aas_put_init(&t, dst, cap);
	put_head(&t, s, to);
	put_boundary(&t, s,
	    "\nContent-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n");
	put_quoted(&t, s->told->body);
	aas_put_char(&t, '\n');
	put_boundary(&t, s,
	    "\nContent-Type: application/json; name=\"alert.json\"\n"
	    "Content-Disposition: attachment; filename=\"alert.json\"\n"
	    "Content-Transfer-Encoding: base64\n\n");
	put_base64(&t, s->line, s->len);
	put_boundary(&t, s, "--\n");
	if (t.bad)
		return AAS_ERR_TOOBIG;
	*n = t.len;
	return AAS_OK;
}

static int
prepare(const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	static char args[2][3] = { "-t", "-i" };
	static char mail[AAS_MAIL_MAX]; /* one at a time is made */
	/* The job does not write it. */
	char *path = (char *)(uintptr_t)s->conf->sendmail;
	size_t n = 0;
	int r = aas_mail_make(s, t->to, mail, sizeof(mail), &n);

	if (r == AAS_OK)
		r = aas_job_file(mail, n, &j->in);
	j->as = AAS_JOB_MTA;
	j->argv[0] = path;
	j->argv[1] = args[0];
	j->argv[2] = args[1];
	return r;
}

const struct aas_channel aas_ch_mail = {
	.name = "mail", .lasting = 1, .prepare = prepare, .judge = aas_ch_plain
};
