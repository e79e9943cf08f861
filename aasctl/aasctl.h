#ifndef AAS_AASCTL_AASCTL_H
#define AAS_AASCTL_AASCTL_H

#include <stddef.h>

#include <jansson.h>

#include "lib/record/record.h"
#include "lib/store/store.h"
#include "tools/context.h"

/*
 * aasctl(8): what a person does.  One file per subcommand; each exports one
 * function of the type below.  No subcommand changes the keys of somebody
 * else than the caller: root may invite, verify and retire, never add.
 */
enum aasctl_exit {
	AASCTL_OK = 0,
	AASCTL_FAILED = 1,
	AASCTL_USAGE = 2,
	AASCTL_DENIED = 3,
	AASCTL_NOTFOUND = 4,
	AASCTL_AGAIN = 75
};

struct aasctl {
	int json;           /* one JSON object on stdout, no other text */
	const char *policy; /* compiled policy, NULL is the default */
};

/*
 * aasctl_cmd_*(c, argc, argv):
 * Do it; argv[0] is the subcommand's own name.  Returns an enum aasctl_exit.
 */
int aasctl_cmd_alerts(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_attest(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_cancel(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_change(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_clock(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_codex_hook(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_extend(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_forget(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_end(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_enroll(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_invite(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_lease(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_keys(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_policy(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_lock(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_purge(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_recover(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_repin(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_sessions(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_show(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_status(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_unlock(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_check(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_compliance(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_rehearse(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_why(struct aasctl *c, int argc, char **argv);
int aasctl_cmd_verify(struct aasctl *c, int argc, char **argv);

/* aasctl policy lookup, of aasctl/lookup.c. */
int aasctl_policy_lookup(struct aasctl *c, int argc, char **argv);

/*
 * aasctl_exit_of(r): the exit code for an enum aas_err.
 */
int aasctl_exit_of(int r);

/*
 * aasctl_no_user(c, r): say what an error of aas_user_name() means; returns the
 * exit status.
 */
int aasctl_no_user(const struct aasctl *c, int r);

/*
 * aasctl_fail(c, code, fmt, ...):
 * Say what went wrong: "aasctl: ..." on stderr, or with --json
 * {"ok":false,"error":"..."} on stdout.  Returns ${code}.
 */
int aasctl_fail(const struct aasctl *c, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * aasctl_print(c, obj):
 * Print the JSON object ${obj}, with "ok":true added, and release it (it may
 * be NULL: no memory).  Returns AASCTL_OK or AASCTL_FAILED.
 */
int aasctl_print(const struct aasctl *c, json_t *obj);

/*
 * aasctl_usage(text): "usage: aasctl ..." on stderr; returns AASCTL_USAGE.
 */
int aasctl_usage(const char *text);

/*
 * aasctl_context(c, cx): the caller's own context; an error is said.
 * Returns an enum aasctl_exit.  aas_context_close().
 */
int aasctl_context(const struct aasctl *c, struct aas_context *cx);

/*
 * aasctl_root(c, name, cx, u, &store):
 * For what root does to somebody's record: that the caller is root, the
 * context, the user ${name}, the store.  An error is said.  Returns an enum
 * aasctl_exit; on AASCTL_OK release with aas_context_close() and
 * aas_store_close().
 */
int aasctl_root(const struct aasctl *c, const char *name,
    struct aas_context *cx, struct aas_user *u, struct aas_store **store);

/*
 * aasctl_status(c, cx, u, &obj):
 * The object of aas_status_json() for ${u}: from the store as root, else from
 * aasd.  An error is said.  Returns an enum aasctl_exit.
 */
int aasctl_status(const struct aasctl *c, struct aas_context *cx,
    const struct aas_user *u, json_t **obj);

/*
 * aasctl_record(c, cx, &rec):
 * The caller's own record, replayed in full.  An error is said.  Returns an
 * enum aasctl_exit.
 */
int aasctl_record(
    const struct aasctl *c, struct aas_context *cx, struct aas_record **rec);

/*
 * aasctl_append(arg, line, &held_until, &why):
 * For struct aas_enroll: hand a line to aasd; ${arg} is a struct
 * aasctl_append, whose ticket may be NULL.
 */
struct aasctl_append {
	const struct aas_context *cx;
	const char *ticket;
};
int aasctl_append(
    void *arg, const char *line, int64_t *held_until, unsigned *why);

/*
 * aasctl_lock_now(c, cx, w, &held_until):
 * One entry that locks or unlocks the caller's own account, signed at the
 * terminal.  An error is said.  Returns an enum aasctl_exit.
 */
struct aas_lock_want;
int aasctl_lock_now(const struct aasctl *c, struct aas_context *cx,
    const struct aas_lock_want *w, int64_t *held_until);

/*
 * aasctl_ask_aasd(c, cx, rq, &rep):
 * aas_client_call() whose "ok" is true; anything else is said.  Takes rq.
 * Returns an enum aasctl_exit.
 */
int aasctl_ask_aasd(const struct aasctl *c, const struct aas_context *cx,
    json_t *rq, json_t **rep);

/*
 * aasctl_try_aasd(cx, rq, &rep, error, cap):
 * The same, but what went wrong is only put into ${error}.
 */
#define AASCTL_ERROR 1024
int aasctl_try_aasd(const struct aas_context *cx, json_t *rq, json_t **rep,
    char *error, size_t cap);

#endif
