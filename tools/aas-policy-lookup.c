/*
 * aas-policy-lookup UID [SERVICE]: asks every source of the switch about one
 * user and writes the answer, one line of JSON, to the socket on descriptor 0.
 * aasd(8) starts it, so that its other clients do not wait for sources.
 *
 * 1. Who may ask MUST have been decided by the caller: this has no secret and
 *    no right that its caller lacks.
 * 2. It MUST end before its caller kills it, however long the names of groups
 *    took: what the sources started ends with its own deadline.
 */
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/user.h"
#include "policy/source/source.h"
#include "tools/packets.h"

#define ALL_MS    10000 /* for all of it; less than AASD_LOOKUP_MS */
#define RULES_MAX 1000  /* of one source are shown */

struct lookup {
	int64_t until_ms; /* aas_clock_ms() */
	struct aas_user u;
	const char *service;
	char *groups[AAS_USER_GROUPS + 1]; /* their names */
	char worker[sizeof(((struct aas_conf *)NULL)->libexec_dir) + 32];
	struct aas_switch sw;
	struct aas_gathered got;
};

/* --- the facts -------------------------------------------------------------
 */

static int
group_name(gid_t gid, char **name)
{
	struct group gr;
	struct group *res = NULL;
	int e = ERANGE;

	*name = NULL;
	for (size_t n = 4096; e == ERANGE && n <= 16 * 1024 * 1024; n *= 4) {
		char *buf = malloc(n);

		if (buf == NULL)
			return AAS_ERR_NOMEM;
		e = getgrgid_r(gid, &gr, buf, n, &res);
		if (e == 0 && res != NULL)
			*name = strdup(gr.gr_name);
		free(buf);
	}
	if (e != 0)
		return AAS_ERR_SYS;
	/* A gid without a name is in no list. */
	return res == NULL || *name != NULL ? AAS_OK : AAS_ERR_NOMEM;
}

static int
group_names(struct lookup *l)
{
	gid_t gids[AAS_USER_GROUPS];
	size_t k = 0;
	int n = 0;
	int r = aas_user_groups(&l->u, NULL, 0, gids, &n);

	for (int i = 0; r == AAS_OK && i < n; i++) {
		r = group_name(gids[i], &l->groups[k]);
		if (l->groups[k] != NULL)
			k++;
	}
	return r;
}

/* What aas.conf(5) says about sources; text says what is wrong. */
static int
settings(struct lookup *l, char *text, size_t cap)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];
	int r = aas_conf_load(AAS_CONF_PATH, geteuid(), &conf, err);

	if (r == AAS_OK) {
		(void)snprintf(l->worker, sizeof(l->worker),
		    "%s/aas-policy-worker", conf->libexec_dir);
		r = aas_switch_parse(conf->policy, &l->sw, err);
	}
	if (r != AAS_OK)
		(void)snprintf(text, cap, "%s", err);
	aas_conf_free(&conf);
	return r;
}

/* --- the answer ------------------------------------------------------------
 */

static json_t *
rules_of(const struct lookup *l, const char *source)
{
	json_t *a = json_array();

	for (size_t i = 0; a != NULL && i < l->got.rules_n; i++) {
		const struct aas_rule *r = &l->got.rules[i];

		if (strcmp(r->source, source) != 0)
			continue;
		if (json_array_size(a) == RULES_MAX)
			break;
		if (json_array_append_new(a,
			json_pack("{s:s, s:s}", "name", r->name, "where",
			    r->where != NULL ? r->where : source)) != 0) {
			json_decref(a);
			return NULL;
		}
	}
	return a;
}

static json_t *
source_of(const struct lookup *l, const struct aas_source_answer *s)
{
	if (!s->asked)
		return json_pack("{s:s, s:b}", "name", s->name, "asked", 0);
	return json_pack("{s:s, s:b, s:s, s:I, s:I, s:o, s:s}", "name", s->name,
	    "asked", 1, "status", aas_source_status(s->status), "rules_n",
	    (json_int_t)s->rules_n, "took_ms", (json_int_t)s->took_ms, "rules",
	    rules_of(l, s->name), "text", s->text != NULL ? s->text : "");
}

static json_t *
answer_of(const struct lookup *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->got.answers_n; i++) {
		if (json_array_append_new(
			a, source_of(l, &l->got.answers[i])) != 0) {
			json_decref(a);
			return NULL;
		}
	}
	return json_pack("{s:b, s:s, s:I, s:s*, s:b, s:o}", "ok", 1, "user",
	    l->u.name, "uid", (json_int_t)l->u.uid, "service", l->service,
	    "denied", l->got.denied, "sources", a);
}

static json_t *
refusal(unsigned why, const char *text)
{
	return json_pack("{s:b, s:s, s:s}", "ok", 0, "reason",
	    aas_reason_code(why), "text",
	    text != NULL ? text : aas_reason_text(why));
}

static json_t *
run(struct lookup *l, uid_t uid)
{
	struct aas_gather g = { .plugindir = AAS_PLUGINDIR,
		.confdir = AAS_SYSCONFDIR };
	struct aas_now now;
	int64_t left_ms = 0;
	char text[AAS_CONF_ERR] = "";
	int r = AAS_ERR_NOTFOUND;

	if ((r = aas_user_uid(uid, &l->u)) != AAS_OK)
		return refusal(aas_user_why(r), NULL);
	if (aas_clock_now(&now) != AAS_OK)
		return refusal(AAS_WHY_CLOCK, NULL);
	if (group_names(l) != AAS_OK)
		return refusal(AAS_WHY_GROUPS, NULL);
	if (settings(l, text, sizeof(text)) != AAS_OK)
		return refusal(AAS_WHY_CONFIG, text);
	g.worker = l->worker;
	g.now_s = now.real_s;
	left_ms = l->until_ms - aas_clock_ms();
	if (left_ms < (int64_t)l->sw.n)
		return refusal(AAS_WHY_TIMEOUT, NULL);
	g.timeout_ms = (int)(left_ms / (int64_t)l->sw.n);
	if (g.timeout_ms > AAS_SOURCE_LOOKUP_MS)
		g.timeout_ms = AAS_SOURCE_LOOKUP_MS;
	g.user = l->u.name;
	g.uid = l->u.uid;
	g.groups = (const char *const *)l->groups;
	g.service = l->service;
	if (aas_gather_run(&l->sw, &g, &l->got) != AAS_OK)
		return refusal(AAS_WHY_SYSTEM, NULL);
	return answer_of(l);
}

static int
send_line(json_t *obj)
{
	return aas_packets_send(0,
	    obj != NULL ? json_dumps(obj, JSON_COMPACT | JSON_ENSURE_ASCII)
			: NULL);
}

int
main(int argc, char **argv)
{
	static struct lookup l;
	unsigned long uid = 0;
	char *end = NULL;
	json_t *obj = NULL;
	int r = AAS_ERR_SYS;

	if (argc < 2 || argc > 3 || argv[1][0] < '0' || argv[1][0] > '9')
		return 2;
	uid = strtoul(argv[1], &end, 10);
	if (*end != '\0' || uid > UINT32_MAX)
		return 2;
	l.service = argc == 3 ? argv[2] : NULL;
	/* aasd gone: nobody wants the answer. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return 1;
	l.until_ms = aas_clock_ms() + ALL_MS;
	obj = run(&l, (uid_t)uid);
	r = send_line(obj);
	json_decref(obj);
	aas_gathered_free(&l.got);
	for (size_t i = 0; l.groups[i] != NULL; i++)
		free(l.groups[i]);
	return r == AAS_OK ? 0 : 1;
}
