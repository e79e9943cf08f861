/*
 * Compiled rules back to words.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/b64.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "policy/signin/signin.h"
#include "tools/policy_text.h"

#define DAY_MIN 1440u

struct out {
	FILE *f;
	const char *margin; /* "", or that of a comment */
};

static void
begin(const struct out *o, const char *name)
{
	(void)fprintf(o->f, "\n%s  %s = ", o->margin, name);
}

/* In quotes; a quote or a backslash in a name is escaped. */
static void
quoted(const struct out *o, const char *s)
{
	(void)fputc('"', o->f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			(void)fputc('\\', o->f);
		(void)fputc(*s, o->f);
	}
	(void)fputc('"', o->f);
}

static void
text(const struct out *o, const char *name, const char *s)
{
	begin(o, name);
	quoted(o, s);
	(void)fputc(';', o->f);
}

static void
list_of(const struct out *o, const char *name, const struct aas_names *l)
{
	if (l->n == 0)
		return;
	begin(o, name);
	(void)fputs("[ ", o->f);
	for (uint32_t i = 0; i < l->n; i++) {
		if (i > 0)
			(void)fputs(", ", o->f);
		quoted(o, l->v[i]);
	}
	(void)fputs(" ];", o->f);
}

static void
duration(const struct out *o, const char *name, int64_t s)
{
	static const struct {
		char unit;
		int64_t s;
	} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

	if (s == 0)
		return;
	begin(o, name);
	(void)fputc('"', o->f);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (s / units[i].s > 0)
			(void)fprintf(o->f, "%" PRId64 "%c", s / units[i].s,
			    units[i].unit);
		s %= units[i].s;
	}
	(void)fputs("\";", o->f);
}

static void
date(const struct out *o, const char *name, int64_t s)
{
	char when[AAS_CLOCK_TEXT];

	if (s == 0)
		return;
	aas_clock_format(s, when);
	text(o, name, when);
}

static void
number(const struct out *o, const char *name, unsigned v)
{
	if (v == 0)
		return;
	begin(o, name);
	(void)fprintf(o->f, "%u;", v);
}

static void
truth(const struct out *o, const char *name, int v)
{
	if (!v)
		return;
	begin(o, name);
	(void)fputs("true;", o->f);
}

static void
networks(const struct out *o, const struct aas_rule *r)
{
	static const uint8_t v4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		0xff };

	if (r->nets_n == 0)
		return;
	begin(o, "networks");
	for (uint32_t i = 0; i < r->nets_n; i++) {
		const struct aas_net *n = &r->nets[i];
		char addr[INET6_ADDRSTRLEN] = "";
		unsigned bits = n->bits;

		if (bits >= 96 && memcmp(n->addr, v4, sizeof(v4)) == 0) {
			(void)inet_ntop(
			    AF_INET, n->addr + 12, addr, sizeof(addr));
			bits -= 96;
		} else {
			(void)inet_ntop(AF_INET6, n->addr, addr, sizeof(addr));
		}
		(void)fprintf(
		    o->f, "%s\"%s/%u\"", i > 0 ? ", " : "[ ", addr, bits);
	}
	(void)fputs(" ];", o->f);
}

static void
hours(const struct out *o, const struct aas_rule *r)
{
	static const char days[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun" };
	const char *comma = "[ ";

	if (r->spans_n == 0)
		return;
	begin(o, "hours");
	for (uint32_t i = 0; i < r->spans_n; i++) {
		unsigned from = r->spans[i].from;

		/* A span may go over several days: a text for each. */
		while (from < r->spans[i].to) {
			unsigned day = from / DAY_MIN;
			unsigned end = (day + 1) * DAY_MIN;
			unsigned to =
			    r->spans[i].to < end ? r->spans[i].to : end;

			(void)fprintf(o->f, "%s\"%s %02u:%02u-%02u:%02u\"",
			    comma, days[day % 7], from % DAY_MIN / 60,
			    from % 60, (to - day * DAY_MIN) / 60, to % 60);
			comma = ", ";
			from = to;
		}
	}
	(void)fputs(" ];", o->f);
}

static void
aaguids(const struct out *o, const struct aas_rule *r)
{
	if (r->aaguids_n == 0)
		return;
	begin(o, "aaguids");
	for (uint32_t i = 0; i < r->aaguids_n; i++) {
		(void)fputs(i > 0 ? ", \"" : "[ \"", o->f);
		for (size_t k = 0; k < 16; k++)
			(void)fprintf(o->f, "%s%02x",
			    k == 4 || k == 6 || k == 8 || k == 10 ? "-" : "",
			    r->aaguids[i][k]);
		(void)fputc('"', o->f);
	}
	(void)fputs(" ];", o->f);
}

static void
effect(const struct out *o, const struct aas_rule *r)
{
	truth(o, "deny", r->effect == AAS_EF_DENY);
	truth(o, "exempt", r->effect == AAS_EF_EXEMPT);
	truth(o, "break_glass", r->break_glass);
	if (r->effect == AAS_EF_REQUIRE)
		text(o, "require", r->attestable ? "attested" : "enrolled");
	date(o, "from", r->from_s);
	duration(o, "grace", r->grace_s);
}

static void
lease(const struct out *o, const struct aas_rule *r)
{
	begin(o, "lease");
	(void)fputc('{', o->f);
	list_of(o, "  grantors", &r->groups);
	list_of(o, "  accounts", &r->users);
	duration(o, "  max", r->lease_s);
	(void)fputs(" };", o->f);
}

static void
evidence(const struct out *o, const struct aas_rule *r)
{
	static const char *const flaws[] = { NULL, "revoked", "void",
		"unread" };

	if (r->flaw != AAS_FLAW_NONE && r->flaw <= AAS_FLAW_LAST)
		text(o, "flaw", flaws[r->flaw]);
	date(o, "not_before", r->not_before_s);
	date(o, "not_after", r->not_after_s);
	list_of(o, "evidence_services", &r->evidence_services);
	for (uint32_t i = 0; i < r->cas_n; i++) {
		char *b64 = malloc(AAS_B64_TEXT(r->cas[i].len));

		if (b64 == NULL)
			continue;
		aas_b64_format(r->cas[i].p, r->cas[i].len, b64);
		text(o, "evidence_ssh_ca", b64);
		free(b64);
	}
}

static void
terms(const struct out *o, const struct aas_rule *r)
{
	number(o, "enrolled", r->enrolled_min);
	number(o, "present", r->present);
	if (r->uv_said)
		text(o, "uv", r->uv ? "required" : "discouraged");
	truth(o, "device_bound", r->device_bound);
	aaguids(o, r);
	duration(o, "session", r->session_s);
	duration(o, "idle", r->idle_s);
	duration(o, "reauth", r->reauth_s);
	duration(o, "window", r->timeout_s);
	if (r->alert)
		text(o, "alert", "required");
	if (r->training)
		text(o, "training", "excluded");
	if (r->sudo)
		text(o, "sudo", aas_signin_sudo(r->sudo));
}

static void
print(const struct out *o, const struct aas_rule *r)
{
	(void)fprintf(o->f, "%s{ name = \"%s\";", o->margin, r->name);
	if (r->mode != AAS_MODE_ENFORCE)
		text(o, "mode", r->mode == AAS_MODE_WARN ? "warn" : "observe");
	if (r->effect == AAS_EF_LEASE) {
		list_of(o, "services", &r->services);
		lease(o, r);
	} else {
		list_of(o, "users", &r->users);
		list_of(o, "groups", &r->groups);
		list_of(o, "services", &r->services);
		list_of(o, "hosts", &r->hosts);
		if (r->origin != AAS_OR_ANY)
			text(o, "origin",
			    r->origin == AAS_OR_LOCAL ? "local" : "remote");
		networks(o, r);
		hours(o, r);
		effect(o, r);
		evidence(o, r);
		terms(o, r);
	}
	(void)fprintf(o->f, " }");
}

int
policy_text(const struct aas_rule *r, char **dst)
{
	struct out o = { NULL, "" };
	char *got = NULL;
	size_t len = 0;
	int bad = 0;

	if ((o.f = open_memstream(&got, &len)) == NULL)
		return AAS_ERR_NOMEM;
	if (r->effect == AAS_EF_ATTEST || strcmp(r->source, "settings") == 0)
		o.margin = "// ";
	print(&o, r);
	bad = ferror(o.f);
	if (fclose(o.f) != 0 || bad) {
		free(got);
		return AAS_ERR_NOMEM;
	}
	*dst = got;
	return AAS_OK;
}
