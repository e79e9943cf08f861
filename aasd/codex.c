/*
 * Requests about Codex: a process of its own answers them.
 *
 * 1. Nobody but root and the group aas-admin MUST see or end another user's.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "aasd/ask.h"
#include "aasd/codex.h"
#include "aasd/line.h"

struct args {
	char verb[8], who[16], pid[16], start[24];
};

static json_t *
start(struct aasd *d, struct args *a)
{
	char path[PATH_MAX], me[] = "aas-codex";
	char *argv[] = { me, a->verb, a->who, NULL, NULL, NULL };

	if (a->pid[0] != '\0')
		argv[3] = a->pid;
	if (a->start[0] != '\0')
		argv[4] = a->start;
	if (d->lookup == NULL)
		return aasd_refuse(AAS_WHY_BUSY);
	if (snprintf(path, sizeof(path), "%s/%s", d->libexecdir, me) >=
		(int)sizeof(path) ||
	    aas_spawn(path, argv, d->lookup) != AAS_OK)
		return aasd_refuse(AAS_WHY_NO_HELPER);
	return json_null();
}

json_t *
aasd_codex_op(
    struct aasd *d, const struct aas_user *u, const char *op, json_t *rq)
{
	struct args a = { "list", "all", "", "" };
	int all = 0, end = strcmp(op, "codex-end") == 0;
	json_int_t pid = 0, began = 0;

	if (end ? json_unpack_ex(rq, NULL, JSON_STRICT, "{s:s, s:I, s:I}", "op",
		      &op, "pid", &pid, "start", &began)
		: json_unpack_ex(rq, NULL, JSON_STRICT, "{s:s, s?b, s?I}", "op",
		      &op, "all", &all, "pid", &pid))
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (pid < 0 || pid > INT_MAX || began < 0 || (end && pid <= 1))
		return aasd_refuse(AAS_WHY_PROTOCOL);
	if (all && !aasd_is_admin(u))
		return aasd_refuse_others();
	/* Of a pid only who may see all sees another's. */
	if (pid != 0 && !all)
		all = aasd_is_admin(u);
	if (!all)
		(void)snprintf(
		    a.who, sizeof(a.who), "%lu", (unsigned long)u->uid);
	if (pid != 0)
		(void)snprintf(a.pid, sizeof(a.pid), "%lld", (long long)pid);
	if (end) {
		(void)snprintf(a.verb, sizeof(a.verb), "end");
		(void)snprintf(
		    a.start, sizeof(a.start), "%lld", (long long)began);
		aas_log(LOG_NOTICE, "event=codex-end-asked pid=%lld by=%s",
		    (long long)pid, u->name);
	}
	return start(d, &a);
}
