/*
 * aasctl alerts: what was told, whether alerts arrive, and whether one is
 * missing.
 *
 * 1. Everything in an alert MUST be made printable before it is shown.
 * 2. What aasd says of the chain MUST be checked again here.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/notify/chain.h"
#include "aasctl/aasctl.h"
#include "tools/alerts.h"

#define USAGE                                                                 \
	"alerts [--since T] [--user U] | alerts test|verify [--user U]  (T: " \
	"2027-01-31T12:00:00Z, or how long ago, as 2h)"

enum verb { LIST, TEST, VERIFY };

struct shown {
	const struct aasctl *c;
	int64_t since_s;
	json_t *alerts; /* with --json */
	enum verb verb;
	int before; /* one is older than asked for */
	int begins; /* the last one names none before it */
	json_int_t wrong;
	uint64_t last;
	char hash[65];
};

static const char *
text_of(const struct aas_alert *a, const char *name, char *dst, size_t cap)
{
	const char *s = aas_alert_str(a, name);

	return s != NULL ? aas_printable(dst, cap, s) : "";
}

static void
print_alert(const struct aas_alert *a)
{
	char type[64], when[64], rhost[128], service[64], text[512], sess[80];
	char times[40] = "";
	int64_t count = aas_alert_int(a, "count");
	const char *from = text_of(a, "rhost", rhost, sizeof(rhost));
	const char *note = text_of(a, "text", text, sizeof(text));

	if (count > 0)
		(void)snprintf(
		    times, sizeof(times), " %" PRId64 " times", count);
	(void)printf("%6" PRIu64 "  %s  %-18s %-10s%s%s%s%s%s%s%s\n", a->number,
	    text_of(a, "time", when, sizeof(when)),
	    text_of(a, "type", type, sizeof(type)),
	    text_of(a, "service", service, sizeof(service)), times,
	    *from != '\0' ? " from " : "", from,
	    aas_alert_str(a, "session") != NULL ? " session " : "",
	    text_of(a, "session", sess, sizeof(sess)),
	    *note != '\0' ? ": " : "", note);
}

static int
show(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	struct shown *s = arg;

	if (wrong != NULL) {
		s->wrong++;
		(void)fprintf(stderr,
		    "aasctl: alert %" PRIu64 " (after %" PRIu64 ") %s\n",
		    a != NULL ? a->number : (uint64_t)0, s->last, wrong);
	}
	if (a == NULL)
		return AAS_OK;
	s->last = a->number;
	s->begins = strspn(a->prev, "0") == strlen(a->prev);
	if (aas_alert_hash(line, len, s->hash) != AAS_OK)
		return AAS_ERR_CRYPTO;
	if (a->time_s < s->since_s) {
		s->before = 1;
		return AAS_OK;
	}
	if (s->verb != LIST)
		return AAS_OK;
	if (!s->c->json)
		print_alert(a);
	else if (json_array_append(s->alerts, a->o) != 0)
		return AAS_ERR_NOMEM;
	return AAS_OK;
}

/*
 * The lines one behind the other, as in the files.  Behind one that was put
 * aside the newer file begins anew, once; aasd has seen where files begin.
 */
static int
walk(const json_t *lines, struct shown *s)
{
	struct aas_chain_at at = { .number = 0 };
	const json_t *l = NULL;
	int begun = 0;
	size_t i = 0;
	int r = AAS_OK;

	for (i = 0; r == AAS_OK && i < json_array_size(lines); i++) {
		char text[AAS_ALERT_MAX + 2];
		size_t n = 0;

		l = json_array_get(lines, i);
		n = json_string_length(l);
		if (!json_is_string(l) || n > AAS_ALERT_MAX)
			return AAS_ERR_FORMAT;
		memcpy(text, json_string_value(l), n);
		text[n] = '\n';
		at.begin = i > 0 && !begun;
		s->begins = 0;
		r = aas_chain_text(text, n + 1, &at, show, s);
		begun = begun || (i > 0 && s->begins);
	}
	return r;
}

/* What aasd saw beyond the lines that it sent. */
static void
say_first(const json_t *first)
{
	const char *text = json_string_value(json_object_get(first, "text"));
	json_int_t number =
	    json_integer_value(json_object_get(first, "number"));
	char said[160];

	if (text == NULL)
		return;
	(void)aas_printable(said, sizeof(said), text);
	if (number > 0)
		(void)fprintf(
		    stderr, "aasctl: alert %lld %s\n", (long long)number, said);
	else
		(void)fprintf(stderr, "aasctl: an alert %s\n", said);
}

static int
answer(const struct aasctl *c, const struct aas_user *u, const json_t *rep,
    struct shown *s)
{
	json_int_t told = json_integer_value(json_object_get(rep, "wrong"));
	json_int_t waiting =
	    json_integer_value(json_object_get(rep, "undelivered"));
	json_int_t dead = json_integer_value(json_object_get(rep, "dead"));
	const json_t *lines = json_object_get(rep, "lines");
	json_int_t count = json_integer_value(json_object_get(rep, "count"));
	json_int_t older = count - (json_int_t)json_array_size(lines);
	int r = walk(lines, s);
	int code = AASCTL_OK;

	if (r != AAS_OK)
		return aasctl_fail(
		    c, aasctl_exit_of(r), "the chain: %s", aas_strerror(r));
	if (told > s->wrong) {
		say_first(json_object_get(rep, "first_wrong"));
		s->wrong = told;
	}
	if (s->wrong > 0)
		code = AASCTL_DENIED;
	if (c->json) {
		int p = aasctl_print(c,
		    json_pack("{s:s, s:O, s:I, s:I, s:I, s:I, s:I, s:s}",
			"user", u->name, "alerts", s->alerts, "older", older,
			"wrong", s->wrong, "undelivered", waiting, "dead", dead,
			"last", (json_int_t)s->last, "hash", s->hash));

		return p != AASCTL_OK ? p : code;
	}
	if (s->verb == LIST && older > 0 && !s->before)
		(void)fprintf(stderr,
		    "aasctl: %lld older ones are not shown: root can\n",
		    (long long)older);
	if (waiting > 0 || dead > 0)
		(void)fprintf(stderr,
		    "aasctl: %lld not delivered yet, %lld given up\n",
		    (long long)waiting, (long long)dead);
	if (s->verb == VERIFY && code == AASCTL_OK)
		(void)printf(
		    "%lld alerts, none is missing; the last is %" PRIu64
		    ", %s\n",
		    (long long)count, s->last, s->last > 0 ? s->hash : "-");
	else if (s->wrong > 0)
		(void)fprintf(stderr,
		    "aasctl: %lld alerts do not follow from the one before: "
		    "some are missing or were changed\n",
		    (long long)s->wrong);
	return code;
}

static int
get(const struct aasctl *c, struct aas_context *cx, const struct aas_user *u,
    json_t **rep)
{
	int r = AAS_OK;

	if (geteuid() != 0)
		return aasctl_ask_aasd(
		    c, cx, json_pack("{s:s}", "op", "alerts"), rep);
	r = alerts_json(aas_policy_statedir(cx->policy), u->uid, SIZE_MAX, rep);
	return r == AAS_OK
	    ? AASCTL_OK
	    : aasctl_fail(c, aasctl_exit_of(r), "alerts: %s", aas_strerror(r));
}

static int
test(const struct aasctl *c, struct aas_context *cx, const struct aas_user *u)
{
	json_t *rep = NULL;
	int code = AASCTL_OK;
	int r = AAS_OK;

	if (geteuid() != 0)
		code = aasctl_ask_aasd(c, cx,
		    json_pack("{s:s, s:b}", "op", "alerts", "test", 1), &rep);
	else if ((r = alerts_test(aas_policy_statedir(cx->policy),
		      aas_policy_libexecdir(cx->policy), u->uid, u->name,
		      "root")) != AAS_OK)
		code = aasctl_fail(
		    c, aasctl_exit_of(r), "alert: %s", aas_strerror(r));
	json_decref(rep);
	if (code == AASCTL_OK && c->json)
		return aasctl_print(c, json_object());
	if (code == AASCTL_OK)
		(void)puts("An alert of type \"test\" is on its way. It should "
			   "arrive everywhere within a minute.");
	return code;
}

/* "2h" ago, or a date: with its time, or the begin of the day in UTC. */
static int
since(const char *s, int64_t *at)
{
	char day[AAS_CLOCK_TEXT];
	struct aas_now now;
	int64_t v = 0;

	(void)snprintf(day, sizeof(day), "%.10sT00:00:00Z", s);
	if (aas_clock_parse(strlen(s) == 10 ? day : s, at) == AAS_OK)
		return AAS_OK;
	if (aas_clock_duration(s, &v) != AAS_OK ||
	    aas_clock_now(&now) != AAS_OK)
		return AAS_ERR_INVAL;
	*at = now.real_s - v;
	return AAS_OK;
}

static int
run(struct aasctl *c, const char *name, struct shown *s)
{
	struct aas_context cx;
	struct aas_user u;
	json_t *rep = NULL;
	int code = aasctl_context(c, &cx);
	int r = AAS_OK;

	if (code != AASCTL_OK)
		return code;
	u = cx.user;
	if (name != NULL && (r = aas_user_name(name, &u)) != AAS_OK)
		code = aasctl_no_user(c, r);
	else if (u.uid != cx.user.uid && geteuid() != 0)
		code = aasctl_fail(
		    c, AASCTL_DENIED, "only root sees another user's alerts");
	else if (s->verb == TEST)
		code = test(c, &cx, &u);
	else if ((code = get(c, &cx, &u, &rep)) == AASCTL_OK)
		code = answer(c, &u, rep, s);
	json_decref(rep);
	aas_context_close(&cx);
	return code;
}

int
aasctl_cmd_alerts(struct aasctl *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "since", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	struct shown s = { .c = c };
	const char *user = NULL;
	int code = AASCTL_USAGE;
	int ch = 0;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch == 'u')
			user = optarg;
		else if (ch != 's' || since(optarg, &s.since_s) != AAS_OK)
			return aasctl_usage(USAGE);
	}
	if (optind + 1 == argc && strcmp(argv[optind], "test") == 0)
		s.verb = TEST;
	else if (optind + 1 == argc && strcmp(argv[optind], "verify") == 0)
		s.verb = VERIFY;
	else if (optind != argc)
		return aasctl_usage(USAGE);
	/* A chain is looked at as a whole. */
	if (s.verb != LIST && s.since_s != 0)
		return aasctl_usage(USAGE);
	if ((s.alerts = json_array()) == NULL)
		return AASCTL_FAILED;
	code = run(c, user, &s);
	json_decref(s.alerts);
	return code;
}
