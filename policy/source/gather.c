/*
 * Asks the sources of a switch, each in a process of its own.
 *
 * 1. A source that is missing, crashes, hangs, floods or answers nonsense
 *    MUST cost its own answer and nothing else: no other source, no process
 *    left behind, no descriptor, no wait beyond the deadline.
 * 2. Whatever comes from a worker MUST be checked anew: a plugin lives in it.
 * 3. Rules of a source that did not end with SUCCESS MUST NOT count.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/spawn.h"
#include "policy/source/groups.h"
#include "policy/source/source.h"
#include "policy/source/wire.h"

#define TEXT_MAX ((size_t)256 * 1024) /* of the reports of one source */

#ifdef AAS_COVERAGE
#define LINGER_MS 5000 /* it writes what it covered at its very end */
#else
#define LINGER_MS 0
#endif

struct run {
	const struct aas_gather *g;
	struct aas_gathered *out;
	struct aas_groups *groups;
	struct aas_pw_room *room;
	size_t rules_cap, files_cap;
};

/* One source being asked. */
struct asking {
	struct run *run;
	struct aas_source_answer *a;
	char *text;
	size_t text_len, text_cap;
	size_t rules_before;
	size_t files_n, reports_n;
};

/* --- what it says ----------------------------------------------------------
 */

/* A line more of reports; over the bound, or without memory, it is lost. */
static void
say(struct asking *k, const char *file, uint32_t line, const char *text)
{
	char name[512];
	char shown[2048];
	char full[3072];
	char at[16] = "";
	size_t n = 0;
	char *grown = NULL;

	if (line != 0)
		(void)snprintf(at, sizeof(at), ":%lu", (unsigned long)line);
	(void)snprintf(full, sizeof(full), "%s%s%s%s\n",
	    file != NULL ? aas_legible(name, sizeof(name), file) : "",
	    file != NULL ? at : "", file != NULL ? ": " : "",
	    aas_legible(shown, sizeof(shown), text));
	n = strlen(full);
	if (k->text_len + n >= TEXT_MAX)
		return;
	if (k->text_len + n >= k->text_cap) {
		grown = realloc(k->text, 2 * k->text_cap + n + 1);
		if (grown == NULL)
			return;
		k->text = grown;
		k->text_cap = 2 * k->text_cap + n + 1;
	}
	memcpy(k->text + k->text_len, full, n + 1);
	k->text_len += n;
}

static char *
copy(struct aas_arena *arena, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = aas_arena_get(arena, n);

	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

/* Room for one element more. */
static int
grow(void **v, size_t *cap, size_t n, size_t size)
{
	void *p = NULL;
	size_t to = *cap == 0 ? 64 : 2 * *cap;

	if (n < *cap)
		return AAS_OK;
	if ((p = realloc(*v, to * size)) == NULL)
		return AAS_ERR_NOMEM;
	*v = p;
	*cap = to;
	return AAS_OK;
}

static int
take_rule(struct asking *k, const uint8_t *p, size_t len)
{
	struct aas_gathered *out = k->run->out;
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };
	struct aas_plugin_rule in;
	struct aas_rule rule;
	void *v = out->rules;
	int r = aas_pw_rule_get(p, len, k->run->room, &in);

	if (r != AAS_OK)
		return r;
	if (out->rules_n == AAS_RULES_MAX)
		return AAS_ERR_TOOBIG;
	if (grow(&v, &k->run->rules_cap, out->rules_n, sizeof(rule)) != AAS_OK)
		return AAS_ERR_NOMEM;
	out->rules = v;
	r = aas_rule_from(&in, k->a->name, aas_groups_gid, k->run->groups,
	    out->arena, &rule, &f);
	if (r == AAS_ERR_FORMAT)
		say(k, in.file, in.line, f.text);
	if (r == AAS_OK)
		out->rules[out->rules_n++] = rule;
	return r;
}

static int
take_file(struct asking *k, const uint8_t *p, size_t len)
{
	struct aas_gathered *out = k->run->out;
	struct aas_origin_file f;
	void *v = out->files;
	int r = aas_pw_file_get(p, len, &f);

	if (r != AAS_OK)
		return r;
	if (k->files_n++ == AAS_PW_FILES_MAX)
		return AAS_ERR_TOOBIG;
	if (grow(&v, &k->run->files_cap, out->files_n, sizeof(f)) != AAS_OK)
		return AAS_ERR_NOMEM;
	out->files = v;
	if ((f.path = copy(out->arena, f.path)) == NULL)
		return AAS_ERR_NOMEM;
	out->files[out->files_n++] = f;
	return AAS_OK;
}

static int
take_report(struct asking *k, const uint8_t *p, size_t len)
{
	struct aas_pw_report m;
	int r = aas_pw_report_get(p, len, &m);

	if (r != AAS_OK)
		return r;
	if (k->reports_n++ == AAS_PW_REPORTS_MAX)
		return AAS_ERR_TOOBIG;
	say(k, m.file, m.line, m.text);
	return AAS_OK;
}

/* All messages up to the last one; *status is said there. */
static int
listen_to(struct asking *k, struct aas_pw *pw, int *status)
{
	const uint8_t *p = NULL;
	uint8_t type = 0;
	size_t len = 0;
	int r = AAS_OK;

	while (r == AAS_OK) {
		if ((r = aas_pw_recv(pw, &type, &p, &len)) != AAS_OK)
			return r;
		switch (type) {
		case AAS_PW_RULE:
			r = take_rule(k, p, len);
			break;
		case AAS_PW_REPORT:
			r = take_report(k, p, len);
			break;
		case AAS_PW_FILE:
			r = take_file(k, p, len);
			break;
		case AAS_PW_END:
			if ((r = aas_pw_end_get(p, len, status)) == AAS_OK &&
			    aas_pw_more(pw))
				r = AAS_ERR_FORMAT;
			return r;
		default:
			return AAS_ERR_FORMAT;
		}
		/* It may keep us busy instead of waiting. */
		if (r == AAS_OK && aas_clock_ms() >= pw->until_ms)
			r = AAS_ERR_TIMEOUT;
	}
	return r;
}

/* --- one source ------------------------------------------------------------
 */

static int
send_query(const struct aas_gather *g, struct aas_pw *pw)
{
	struct aas_pw_query q = { g->confdir, g->plugindir, g->now_s,
		pw->until_ms, g->user, (uint32_t)g->uid,
		g->user != NULL ? g->groups : NULL,
		g->user != NULL ? g->service : NULL };
	struct aas_wr w;
	int r = AAS_OK;

	aas_pw_begin(pw, &w);
	aas_pw_query_put(&w, &q);
	if ((r = aas_pw_send(pw, AAS_PW_QUERY, &w)) != AAS_OK)
		return r;
	return aas_pw_flush(pw);
}

/* Why it has no answer, for people. */
static void
say_why(struct asking *k, int r, int timeout_ms)
{
	char text[384];

	switch (r) {
	case AAS_ERR_TIMEOUT:
		(void)snprintf(text, sizeof(text), "no answer within %d.%d s",
		    timeout_ms / 1000, timeout_ms % 1000 / 100);
		break;
	case AAS_ERR_CANCELED:
		(void)snprintf(text, sizeof(text), "it ended without answer");
		break;
	case AAS_ERR_FORMAT:
		(void)snprintf(text, sizeof(text), "it answered nonsense");
		break;
	case AAS_ERR_TOOBIG:
		(void)snprintf(text, sizeof(text), "it said too much");
		break;
	default:
		/* The worker may be missing, which its name tells. */
		(void)snprintf(text, sizeof(text),
		    "it could not be asked by %.256s: %s", k->run->g->worker,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
		break;
	}
	say(k, NULL, 0, text);
}

/* Start a worker and hear it out.  Returns 0, or why it has no answer. */
static int
ask_worker(struct asking *k, int64_t until_ms, int *status)
{
	const struct aas_gather *g = k->run->g;
	struct aas_child c = AAS_CHILD_NONE;
	struct aas_pw pw;
	char me[] = "aas-policy-worker";
	char name[AAS_SOURCE_NAME_MAX];
	char rules[] = "rules";
	char lookup[] = "lookup";
	char *argv[] = { me, name, g->user != NULL ? lookup : rules, NULL };
	int r = AAS_ERR_SYS;

	memcpy(name, k->a->name, sizeof(name));
	if ((r = aas_spawn(g->worker, argv, &c)) != AAS_OK)
		return r;
	if ((r = aas_pw_init(&pw, c.sock, until_ms)) == AAS_OK) {
		if ((r = send_query(g, &pw)) == AAS_OK)
			r = listen_to(k, &pw, status);
		aas_pw_free(&pw);
	}
	if (r == AAS_OK && LINGER_MS > 0) {
		struct pollfd pfd = { c.pidfd, POLLIN, 0 };

		(void)poll(&pfd, 1, LINGER_MS);
	}
	/* What it started and left behind goes with it. */
	aas_child_kill_group(&c);
	aas_child_end(&c, 0);
	return r;
}

/* Returns AAS_ERR_NOMEM where it is us who failed. */
static int
ask(struct run *run, struct aas_source_answer *a)
{
	struct asking k = { .run = run, .a = a };
	int64_t began_ms = aas_clock_ms();
	int timeout_ms = run->g->timeout_ms;
	int r = AAS_ERR_SYS;

	if (timeout_ms <= 0)
		timeout_ms = run->g->user != NULL ? AAS_SOURCE_LOOKUP_MS
						  : AAS_SOURCE_RULES_MS;
	k.rules_before = run->out->rules_n;
	a->asked = 1;
	a->status = AAS_PLUGIN_UNAVAIL;
	r = ask_worker(&k, began_ms + timeout_ms, &a->status);
	if (r != AAS_OK) {
		a->status = AAS_PLUGIN_UNAVAIL;
		say_why(&k, r, timeout_ms);
	}
	if (a->status != AAS_PLUGIN_SUCCESS)
		run->out->rules_n = k.rules_before;
	a->rules_n = run->out->rules_n - k.rules_before;
	a->took_ms = aas_clock_ms() - began_ms;
	if (k.text != NULL)
		a->text = copy(run->out->arena, k.text);
	free(k.text);
	return r == AAS_ERR_NOMEM ? r : AAS_OK;
}

/* --- all of them -----------------------------------------------------------
 */

static int
ask_all(const struct aas_switch *sw, struct run *run)
{
	struct aas_gathered *out = run->out;
	int ended = 0;
	int r = AAS_OK;

	for (size_t i = 0; i < sw->n && i < AAS_SOURCES_MAX; i++) {
		struct aas_source_answer *a = &out->answers[i];

		memcpy(a->name, sw->of[i].name, sizeof(a->name));
		a->name[sizeof(a->name) - 1] = '\0';
		out->answers_n = i + 1;
		if (ended)
			continue;
		if ((r = ask(run, a)) != AAS_OK)
			return r;
		switch (sw->of[i].action[a->status]) {
		case AAS_SA_CONTINUE:
			break;
		case AAS_SA_RETURN:
			ended = 1;
			break;
		default:
			ended = 1;
			out->denied = 1;
			break;
		}
	}
	if (out->denied)
		out->rules_n = 0;
	return AAS_OK;
}

int
aas_gather_run(const struct aas_switch *sw, const struct aas_gather *g,
    struct aas_gathered *out)
{
	struct run run = { .g = g, .out = out };
	int r = AAS_ERR_NOMEM;

	memset(out, 0, sizeof(*out));
	if (aas_arena_new(&out->arena) != AAS_OK ||
	    aas_groups_new(&run.groups) != AAS_OK ||
	    (run.room = malloc(sizeof(*run.room))) == NULL)
		goto out;
	r = ask_all(sw, &run);
out:
	free(run.room);
	aas_groups_free(&run.groups);
	if (r != AAS_OK)
		aas_gathered_free(out);
	return r;
}

void
aas_gathered_free(struct aas_gathered *g)
{
	free(g->rules);
	free(g->files);
	aas_arena_free(&g->arena);
	memset(g, 0, sizeof(*g));
}
