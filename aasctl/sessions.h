#ifndef AAS_AASCTL_SESSIONS_H
#define AAS_AASCTL_SESSIONS_H

#include "aasctl/aasctl.h"
#include "tools/sessions.h"

/* What aasctl sessions, show and end share. */
struct aasctl_sessions {
	const struct aasctl *c;
	struct aas_context cx;    /* its policy alone: for where aasd is */
	char error[AASCTL_ERROR]; /* why the last request came to nothing */
	int no_codex;             /* it cannot be said which Codex run */
	int more_codex;           /* more run than are told of */
};

/*
 * aasctl_sessions_open(c, x): an error is said.  Returns an enum aasctl_exit.
 * aasctl_sessions_close().
 */
int aasctl_sessions_open(const struct aasctl *c, struct aasctl_sessions *x);
void aasctl_sessions_close(struct aasctl_sessions *x);

/*
 * aasctl_sessions_ask(x, rq, &rep):
 * One request, taken.  Returns an enum aasctl_exit; why is in x->error, and
 * is not said.
 */
int aasctl_sessions_ask(void *x, json_t *rq, json_t **rep);

/*
 * aasctl_sessions_get(x, all, &set): aas_sessions_read(); as above.
 */
int aasctl_sessions_get(struct aasctl_sessions *x, int all, json_t **set);

/*
 * aasctl_sessions_all(x, all, &set): the same, and the Codex that run; where
 * these cannot be had, x->no_codex and x->error say so; where they are not
 * all, x->more_codex does.
 */
int aasctl_sessions_all(struct aasctl_sessions *x, int all, json_t **set);

/*
 * aasctl_codex_show(x, id, &one): the one of that id, with what runs in it; an
 * error is said.  aasctl_codex_end(x, id): end it; an error is in x->error.
 * Blocks until it has ended, some seconds.  Return an enum aasctl_exit.
 */
int aasctl_codex_show(struct aasctl_sessions *x, const char *id, json_t **one);
int aasctl_codex_end(struct aasctl_sessions *x, const char *id);

/*
 * aasctl_codex_there(x, argv, n): whether all that is named runs, where some
 * are Codex: aasd(8) ends these one by one.  An error is said.  Returns an
 * enum aasctl_exit.
 */
int aasctl_codex_there(struct aasctl_sessions *x, char **argv, int n);

/*
 * aasctl_sessions_id(x, text, id):
 * The id that ${text} is or begins, among those the caller may see.  An error
 * is said.  Returns an enum aasctl_exit.
 */
int aasctl_sessions_id(
    struct aasctl_sessions *x, const char *text, char id[AAS_SESSION_ID]);

/*
 * aasctl_sessions_table(out, v, n, all): as a table, as wide as the terminal
 * that ${out} is, or as wide as it gets.  Returns 0, AAS_ERR_NOMEM.
 */
int aasctl_sessions_table(FILE *out, const json_t *const *v, size_t n, int all);

/* aasctl_sessions_color(out): whether colors are wanted there. */
int aasctl_sessions_color(FILE *out);

/*
 * aasctl_sessions_watch(x, all):
 * The live view, until somebody ends it.  An error is said.  Returns an enum
 * aasctl_exit.  A signal that ends it has its way once the terminal is as it
 * was.
 */
int aasctl_sessions_watch(struct aasctl_sessions *x, int all);

#endif
