/*
 * aasctl verify [USER | --all]: check every proof of every entry again, and
 * that the password of those with keys is locked.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/enroll/shadow.h"
#include "lib/store/store.h"
#include "aasctl/aasctl.h"

struct job {
	const struct aasctl *c;
	struct aas_context *cx;
	struct aas_store *store;
	struct aas_now now;
	json_t *list; /* results, for --json */
	unsigned good, bad;
};

static void
tell(struct job *j, const struct aas_user *u, int r, unsigned line,
    unsigned why, unsigned state)
{
	char shown[128];

	(void)aas_printable(shown, sizeof(shown), u->name);
	if (r == AAS_OK)
		j->good++;
	else
		j->bad++;
	if (j->c->json)
		(void)json_array_append_new(j->list,
		    json_pack("{s:s, s:b, s:s, s:s, s:i}", "user", u->name,
			"valid", r == AAS_OK, "state", aas_state_name(state),
			"reason", aas_reason_code(why), "entry", (int)line));
	else if (r == AAS_OK)
		(void)printf("%s: good, %s\n", shown, aas_state_name(state));
	else if (line != 0)
		(void)printf("%s: BROKEN at entry %u [%s]\n", shown, line,
		    aas_reason_code(why));
	else
		(void)printf("%s: BROKEN [%s]\n", shown, aas_reason_code(why));
}

/* As root. */
static int
verify_one(struct job *j, const struct aas_user *u)
{
	struct aas_index *ix = calloc(1, sizeof(*ix));
	unsigned line = 0;
	unsigned why = AAS_WHY_SYSTEM;
	int changed = 0;
	int r = AAS_ERR_NOMEM;

	if (ix == NULL)
		return r;
	r = aas_store_verify(j->store, u->uid, u->name, &j->now, &line, &why);
	if (r == AAS_OK)
		r = aas_store_load(
		    j->store, u->uid, u->name, &j->now, NULL, ix, &why);
	if (r == AAS_OK) {
		r = aas_shadow_follow(aas_policy_statedir(j->cx->policy),
		    u->name, u->uid, ix->state, &changed);
		why = r == AAS_OK ? why : AAS_WHY_SYSTEM;
	}
	if (r != AAS_ERR_NOTFOUND)
		tell(j, u, r, line, why, r == AAS_OK ? ix->state : 0);
	free(ix);
	return r;
}

/* A record's file is called after its uid. */
static void
verify_name(struct job *j, const char *file)
{
	struct aas_user u;
	char *end = NULL;
	unsigned long uid = strtoul(file, &end, 10);
	int r = AAS_ERR_NOTFOUND;

	if (*file < '0' || *file > '9' || *end != '\0')
		return;
	if ((r = aas_user_uid((uid_t)uid, &u)) != AAS_OK) {
		memset(&u, 0, sizeof(u));
		(void)snprintf(u.name, sizeof(u.name), "%s", file);
		tell(
		    j, &u, AAS_ERR_NOTFOUND, 0, aas_user_why(r), AAS_ST_BROKEN);
		return;
	}
	(void)verify_one(j, &u);
}

/* Pins, not records: a record that has gone missing is broken too. */
static int
verify_all(struct job *j)
{
	struct dirent *de = NULL;
	DIR *dir = NULL;
	int top = -1, fd = -1;
	int r = aas_fs_dir(aas_policy_statedir(j->cx->policy), geteuid(), &top);

	if (r == AAS_OK)
		r = aas_fs_dirat(top, "pins", geteuid(), &fd);
	aas_close(&top);
	if (r == AAS_ERR_NOTFOUND)
		return AAS_OK;
	if (r != AAS_OK)
		return r;
	if ((dir = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	while ((de = readdir(dir)) != NULL)
		verify_name(j, de->d_name);
	(void)closedir(dir);
	return AAS_OK;
}

static int
report(struct job *j)
{
	if (j->c->json)
		(void)aasctl_print(j->c,
		    json_pack("{s:O, s:i, s:i}", "users", j->list, "good",
			(int)j->good, "bad", (int)j->bad));
	else if (j->good + j->bad != 1)
		(void)printf("%u good, %u broken\n", j->good, j->bad);
	return j->bad == 0 ? AASCTL_OK : AASCTL_FAILED;
}

/* Somebody who is not root: the own record, as aasd hands it out. */
static int
verify_own(const struct aasctl *c, struct aas_context *cx)
{
	struct aas_record *rec = NULL;
	int code = aasctl_record(c, cx, &rec);

	if (code != AASCTL_OK)
		return code;
	if (c->json)
		code = aasctl_print(c,
		    json_pack("{s:s, s:I}", "user", rec->user, "entries",
			(json_int_t)rec->pin.seq));
	else
		(void)printf("%s: good, %llu entries\n", rec->user,
		    (unsigned long long)rec->pin.seq);
	aas_record_free(&rec);
	return code;
}

static int
verify_as_root(struct job *j, const char *what)
{
	struct aas_user u = j->cx->user;
	int r = AAS_OK;

	if (aas_clock_now(&j->now) != AAS_OK)
		return aasctl_fail(j->c, AASCTL_FAILED, "no clock");
	if ((r = aas_store_open(
		 aas_policy_statedir(j->cx->policy), 1, &j->store)) != AAS_OK)
		return aasctl_fail(
		    j->c, aasctl_exit_of(r), "%s", aas_strerror(r));
	if (what != NULL && strcmp(what, "--all") == 0) {
		if ((r = verify_all(j)) != AAS_OK)
			return aasctl_fail(
			    j->c, aasctl_exit_of(r), "%s", aas_strerror(r));
		return report(j);
	}
	if (what != NULL && (r = aas_user_name(what, &u)) != AAS_OK)
		return aasctl_no_user(j->c, r);
	if (verify_one(j, &u) == AAS_ERR_NOTFOUND)
		return aasctl_fail(
		    j->c, AASCTL_NOTFOUND, "%s has no record", u.name);
	return report(j);
}

int
aasctl_cmd_verify(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	struct job j = { .c = c, .cx = &cx };
	const char *what = argc > 1 ? argv[1] : NULL;
	int code = AASCTL_USAGE;

	if (argc > 2 ||
	    (what != NULL && what[0] == '-' && strcmp(what, "--all") != 0))
		return aasctl_usage("verify [USER | --all]");
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	if (geteuid() == 0) {
		j.list = json_array();
		code = verify_as_root(&j, what);
		json_decref(j.list);
		aas_store_close(&j.store);
	} else if (what != NULL && strcmp(what, cx.user.name) != 0) {
		code = aasctl_fail(
		    c, AASCTL_DENIED, "only root verifies others' records");
	} else {
		code = verify_own(c, &cx);
	}
	aas_context_close(&cx);
	return code;
}
