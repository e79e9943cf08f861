/*
 * aasctl rehearse: who would be let in, and who would not, on a day to come.
 *
 * 1. What is printed MUST come from the functions that the module asks.
 * 2. Who could not be told about MUST count as denied.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "aasctl/ask.h"
#include "tools/everyone.h"
#include "tools/stacks.h"

#define USAGE                                                             \
	"rehearse [--at TIME] [--service S]... [--user USER]... [--from " \
	"ADDRESS] [--all] [--json]"
#define NAMES_MAX 256
#define FATES     4

struct rehearsal {
	const struct aasctl *c;
	struct aasctl_ask k;
	const char *at, *from;
	const char *services[NAMES_MAX], *users[NAMES_MAX];
	size_t services_n, users_n;
	int all;
	struct aas_stack *stacks;
	size_t stacks_n;
	size_t (*counts)[FATES]; /* of each stack */
	size_t enroll;           /* denied that may enroll at once */
	size_t barred;           /* users whom no rule is about */
	size_t said;
	FILE *json; /* answers so far; printed when all went well */
};

static int
add_name(const char **list, size_t *n, const char *name)
{
	if (name == NULL)
		return AAS_ERR_INVAL;
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(list[i], name) == 0)
			return AAS_OK;
	}
	if (*n == NAMES_MAX)
		return AAS_ERR_INVAL;
	list[(*n)++] = name;
	return AAS_OK;
}

static int
parse_opts(struct rehearsal *h, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'A' },
		{ "at", required_argument, NULL, 'a' },
		{ "from", required_argument, NULL, 'f' },
		{ "service", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	int r = AAS_OK;
	int ch = 0;

	optind = 1;
	while (r == AAS_OK &&
	    (ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch == 'A')
			h->all = 1;
		else if (ch == 'a')
			h->at = optarg;
		else if (ch == 'f')
			h->from = optarg;
		else if (ch == 's')
			r = add_name(h->services, &h->services_n,
			    aasctl_ask_service(optarg));
		else if (ch == 'u')
			r = add_name(h->users, &h->users_n, optarg);
		else
			r = AAS_ERR_INVAL;
	}
	return r == AAS_OK && optind == argc ? AAS_OK : AAS_ERR_INVAL;
}

/* The services asked for, or all of this host. */
static int
read_stacks(struct rehearsal *h)
{
	struct aas_stack *s;
	int r;

	if (h->services_n == 0) {
		r = aas_stacks_read(aas_stacks_dirs, &h->stacks, &h->stacks_n);
		if (r != AAS_OK)
			return aasctl_fail(h->c, aasctl_exit_of(r), "%s: %s",
			    aas_stacks_dirs[0], aas_strerror(r));
		return AASCTL_OK;
	}
	if ((h->stacks = calloc(h->services_n, sizeof(*s))) == NULL)
		return aasctl_fail(
		    h->c, AASCTL_FAILED, "%s", aas_strerror(AAS_ERR_NOMEM));
	for (size_t i = 0; i < h->services_n; i++) {
		s = &h->stacks[h->stacks_n++];
		r = aas_stacks_phases(
		    aas_stacks_dirs, h->services[i], &s->phases);
		if (r != AAS_OK)
			return aasctl_fail(h->c, aasctl_exit_of(r), "%s/%s: %s",
			    aas_stacks_dirs[0], h->services[i],
			    aas_strerror(r));
		(void)snprintf(
		    s->service, sizeof(s->service), "%s", h->services[i]);
	}
	return AASCTL_OK;
}

static void
say(struct rehearsal *h, const struct aas_person *person,
    const struct aas_stack *s, const struct aas_foretold *f)
{
	const struct aas_decision *d = f->fate == AAS_FATE_WARNED &&
		f->warn_why != 0 && f->why == f->warn_why
	    ? &f->answer.warn
	    : &f->answer.now;
	char rule[AAS_RULE_TEXT], user[3 * 64], service[3 * 32];
	json_t *obj = NULL;

	(void)aas_signin_rule(h->k.policy, d, rule, sizeof(rule));
	if (!h->c->json) {
		(void)printf("%-7s %-16s %-16s %-14s %s\n",
		    aas_fate_name(f->fate),
		    aas_printable(user, sizeof(user), person->user.name),
		    aas_printable(service, sizeof(service), s->service),
		    aas_reason_code(f->why), rule);
		return;
	}
	obj = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:s}", "user",
	    person->user.name, "service", s->service, "outcome",
	    aas_fate_name(f->fate), "reason", aas_reason_code(f->why), "rule",
	    rule, "key", f->key, "enroll", f->enroll, "state",
	    aas_state_name(person->state), "text", f->text);
	(void)fputs(h->said++ > 0 ? ",\n" : "\n", h->json);
	if (obj != NULL)
		(void)json_dumpf(
		    obj, h->json, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(obj);
}

static int
ask_one(struct rehearsal *h, const struct aas_person *person, size_t i)
{
	const struct aas_stack *s = &h->stacks[i];
	struct aas_scene scene;
	struct aas_foretold f;

	if (s->phases == 0)
		return AAS_OK;
	if (aasctl_ask_scene(&h->k, s->service, h->from, &scene) != AAS_OK)
		return AAS_ERR_FORMAT;
	scene.phases = s->phases;
	(void)aas_foretell(h->k.policy, person, &scene, NULL, NULL, &f);
	h->counts[i][f.fate]++;
	h->enroll += f.fate == AAS_FATE_DENIED && f.enroll;
	if (h->all || f.fate == AAS_FATE_DENIED || f.fate == AAS_FATE_WARNED)
		say(h, person, s, &f);
	return AAS_OK;
}

static int
ask_user(struct rehearsal *h, const struct aas_user *u)
{
	struct aas_person person;
	int code = aasctl_ask_person(h->c, &h->k, u, &person);

	if (code != AASCTL_OK)
		return code;
	for (size_t i = 0; code == AASCTL_OK && i < h->stacks_n; i++) {
		if (ask_one(h, &person, i) != AAS_OK)
			code = aasctl_fail(h->c, AASCTL_USAGE,
			    "--from takes an address, or \"local\"");
	}
	aasctl_ask_forget(&person);
	return code;
}

/* The module refuses whom no rule is about: for aas_everyone_barred(). */
static void
barred(void *arg, const char *name, unsigned why)
{
	struct rehearsal *h = arg;
	struct aas_person person = { .state = AAS_ST_NONE };
	struct aas_foretold f = { .fate = AAS_FATE_DENIED, .why = why };

	if (h->c->json) /* which has no other bytes than UTF-8 */
		(void)aas_printable(
		    person.user.name, sizeof(person.user.name), name);
	else
		(void)snprintf(
		    person.user.name, sizeof(person.user.name), "%s", name);
	(void)snprintf(f.text, sizeof(f.text), "%s", aas_reason_text(why));
	for (size_t i = 0; i < h->stacks_n; i++) {
		if (h->stacks[i].phases == 0)
			continue;
		h->counts[i][AAS_FATE_DENIED]++;
		say(h, &person, &h->stacks[i], &f);
	}
	h->barred++;
}

static int
ask_all(struct rehearsal *h, size_t *n)
{
	struct aas_everyone all = { NULL, 0 };
	struct aas_user u;
	int code = AASCTL_OK;
	int r;

	*n = h->users_n;
	for (size_t i = 0; code == AASCTL_OK && i < h->users_n; i++) {
		code = aasctl_ask_user(h->c, h->users[i], &u);
		if (code == AASCTL_OK)
			code = ask_user(h, &u);
	}
	if (code != AASCTL_OK || h->users_n > 0)
		return code;
	if (h->k.store == NULL)
		return aasctl_fail(h->c, AASCTL_DENIED,
		    "only root may ask about everybody; or name --user");
	r = aas_everyone_read(aas_policy_statedir(h->k.policy), &all);
	if (r != AAS_OK)
		return aasctl_fail(
		    h->c, AASCTL_FAILED, "users: %s", aas_strerror(r));
	for (size_t i = 0; code == AASCTL_OK && i < all.n; i++)
		code = ask_user(h, &all.u[i]);
	if (code == AASCTL_OK && aas_everyone_barred(barred, h) != AAS_OK)
		code = aasctl_fail(h->c, AASCTL_FAILED, "users: %s",
		    aas_strerror(AAS_ERR_SYS));
	*n = all.n + h->barred;
	aas_everyone_free(&all);
	return code;
}

static size_t
total(const struct rehearsal *h, enum aas_fate fate)
{
	size_t n = 0;

	for (size_t i = 0; i < h->stacks_n; i++)
		n += h->counts[i][fate];
	return n;
}

static void
table(const struct rehearsal *h, size_t users, const char *at)
{
	(void)printf("\n%zu users at %s\n%-20s %8s %8s %8s %8s\n", users, at,
	    "service", "in", "key", "warned", "denied");
	for (size_t i = 0; i < h->stacks_n; i++) {
		if (h->stacks[i].phases == 0)
			continue;
		(void)printf("%-20s %8zu %8zu %8zu %8zu\n",
		    h->stacks[i].service, h->counts[i][AAS_FATE_IN],
		    h->counts[i][AAS_FATE_KEY], h->counts[i][AAS_FATE_WARNED],
		    h->counts[i][AAS_FATE_DENIED]);
	}
	if (h->enroll > 0)
		(void)printf("%zu of the denied can enroll at that sign-in, if "
			     "they can answer it.\n",
		    h->enroll);
	(void)printf("not covered (no pam_aas.so in the stack):");
	for (size_t i = 0; i < h->stacks_n; i++) {
		if (h->stacks[i].phases == 0)
			(void)printf(" %s", h->stacks[i].service);
	}
	(void)putchar('\n');
}

/* The end of the object whose begin and answers are printed already. */
static void
tail(const struct rehearsal *h, size_t users, const char *at)
{
	json_t *services = json_array();
	json_t *without = json_array();
	json_t *obj = NULL;
	char *text = NULL;

	for (size_t i = 0; i < h->stacks_n; i++) {
		const struct aas_stack *s = &h->stacks[i];

		if (s->phases == 0)
			(void)json_array_append_new(
			    without, json_string(s->service));
		else
			(void)json_array_append_new(services,
			    json_pack("{s:s, s:I, s:I, s:I, s:I}", "service",
				s->service, "in",
				(json_int_t)h->counts[i][AAS_FATE_IN], "key",
				(json_int_t)h->counts[i][AAS_FATE_KEY],
				"warned",
				(json_int_t)h->counts[i][AAS_FATE_WARNED],
				"denied",
				(json_int_t)h->counts[i][AAS_FATE_DENIED]));
	}
	obj = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:b}", "at", at,
	    "users", (json_int_t)users, "denied",
	    (json_int_t)total(h, AAS_FATE_DENIED), "warned",
	    (json_int_t)total(h, AAS_FATE_WARNED), "enroll",
	    (json_int_t)h->enroll, "services", services, "not_covered", without,
	    "ok", 1);
	text = obj != NULL ? json_dumps(obj, JSON_COMPACT | JSON_ENSURE_ASCII)
			   : NULL;
	(void)printf("],\n%s\n", text != NULL ? text + 1 : "\"ok\":false}");
	free(text);
	json_decref(obj);
}

static int
report(struct rehearsal *h, size_t users, const char *answers)
{
	char at[AAS_CLOCK_TEXT];

	aas_clock_format(h->k.at_s, at);
	if (h->c->json) {
		(void)printf("{\"answers\":[%s", answers);
		tail(h, users, at);
	} else {
		table(h, users, at);
	}
	return total(h, AAS_FATE_DENIED) > 0 ? AASCTL_DENIED : AASCTL_OK;
}

static int
rehearse(struct rehearsal *h)
{
	char *answers = NULL;
	size_t len = 0, users = 0;
	int code = AASCTL_OK;

	if ((code = read_stacks(h)) != AASCTL_OK)
		return code;
	h->counts = calloc(h->stacks_n + 1, sizeof(*h->counts));
	h->json = open_memstream(&answers, &len);
	if (h->counts == NULL || h->json == NULL)
		code = aasctl_fail(
		    h->c, AASCTL_FAILED, "%s", aas_strerror(AAS_ERR_NOMEM));
	if (code == AASCTL_OK)
		code = ask_all(h, &users);
	if (h->json != NULL && fclose(h->json) == EOF && code == AASCTL_OK)
		code = aasctl_fail(
		    h->c, AASCTL_FAILED, "%s", aas_strerror(AAS_ERR_NOMEM));
	if (code == AASCTL_OK)
		code = report(h, users, answers);
	free(answers);
	return code;
}

int
aasctl_cmd_rehearse(struct aasctl *c, int argc, char **argv)
{
	struct rehearsal *h = calloc(1, sizeof(*h));
	int code = AASCTL_USAGE;

	if (h == NULL)
		return AASCTL_FAILED;
	h->c = c;
	if (parse_opts(h, argc, argv) != AAS_OK) {
		free(h);
		return aasctl_usage(USAGE);
	}
	if ((code = aasctl_ask_open(c, h->at, 1, &h->k)) == AASCTL_OK) {
		code = rehearse(h);
		aasctl_ask_close(&h->k);
	}
	free(h->counts);
	free(h->stacks);
	free(h);
	return code;
}
