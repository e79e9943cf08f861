#ifndef AAS_AASCTL_VIEW_H
#define AAS_AASCTL_VIEW_H

#include "aasctl/sessions.h"

/* The live view of sessions: what it knows, and how that looks. */
struct aasctl_view {
	struct aasctl_sessions *x;
	int all;
	json_t *set;
	const json_t **v; /* sorted, borrowed from the set */
	size_t n, at, top;
	int64_t read_ms;
	int failed;              /* the last look */
	int over;                /* 'q' while aasd was asked */
	int64_t asked_ms;        /* since when it is; 0: it is not */
	int asking;              /* 'e', 'o'; 0: nothing */
	char id[AAS_SESSION_ID]; /* 'e': of whom */
	char note[AASCTL_ERROR]; /* for the last line; "" for what keys do */
};

/* aasctl_view_id(w): of the session that is chosen; NULL: there is none. */
const char *aasctl_view_id(const struct aasctl_view *w);

/* aasctl_view_codex(id): 1 if that is the id of a Codex. */
int aasctl_view_codex(const char *id);

/* aasctl_view_rows(): how many sessions the screen has room for. */
size_t aasctl_view_rows(void);

/* aasctl_view_draw(w): all of it, on the screen of curses. */
void aasctl_view_draw(struct aasctl_view *w);

#endif
