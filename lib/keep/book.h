#ifndef AAS_LIB_KEEP_BOOK_H
#define AAS_LIB_KEEP_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/keep/due.h"
#include "lib/session/ledger.h"

/*
 * The ledger in memory: found by id, ordered by when each is to be looked at.
 * No I/O.
 */
enum aas_keep_why {
	AAS_KEEP_GOES_ON, /* it is not being ended */
	AAS_KEEP_LIMIT,
	AAS_KEEP_IDLE,
	AAS_KEEP_ASKED, /* its user, or an administrator, ended it */
	AAS_KEEP_LEASE, /* the lease that it runs on has ended */
	AAS_KEEP_LAST,  /* a user manager: its user's last session ended */
	/* by an entry of the record; it was opened before: */
	AAS_KEEP_ENROLLED,
	AAS_KEEP_RECOVERED,
	AAS_KEEP_LOCKED,
	AAS_KEEP_KEY /* a key that opened it does not count any more */
};

/* Of a display: what logind(8) said last of who is there. */
enum aas_keep_hint {
	AAS_HINT_UNASKED,
	AAS_HINT_NEVER, /* no hint was ever given */
	AAS_HINT_ACTIVE,
	AAS_HINT_IDLE
};

struct aas_kept_procs {
	struct aas_proc *v;
	size_t n, cap;
};

struct aas_kept {
	char id[AAS_LEDGER_ID];
	struct aas_ledger_line l;
	char file[48];       /* the name of its line; "": it has none */
	char *text;          /* the line as it stands */
	int64_t extended_ms; /* its overall limit since that; 0: the line's */
	int noted;           /* its audit session stands beside it */
	int first;           /* so does that it is the first from its network */
	int checked;         /* against the record as it stands */
	struct aas_keep_times t;
	int64_t
	    lease_ms;   /* the end of its lease as it is now; 0: it has none */
	int64_t due_ms; /* when it is looked at again */
	enum aas_keep_hint hint;
	int64_t hint_ms; /* when logind said so */
	int64_t hint_us; /* IDLE: since then, by its own clock */
	int hint_asked;  /* its answer is awaited */
	enum aas_keep_why why;
	char by[64];      /* ASKED: who */
	int64_t ended_ms; /* when its end began */
	int asked;        /* its processes were asked to end */
	int codex_asked;  /* and before them those that are Codex */
	int waited;       /* for these */
	int64_t asked_ms; /* how long: 0 if they had not to be waited for */
	unsigned codex;   /* which the last round found: how many */
	unsigned rounds;  /* of looking for what is left since then */
	unsigned empty;   /* rounds in a row that found nothing */
	unsigned left;    /* processes that the last round found */
	struct aas_kept_procs known, next; /* found in the last round; what this
					    * one finds */
	char *scope;   /* logind's, where it has no audit session; NULL: none */
	int shared;    /* another session that goes on is in there, too */
	int told_left; /* the log heard that some outlived their end */
	size_t slot, at; /* the book's own */
};

struct aas_book {
	struct aas_kept **slots; /* by id, open addressing */
	size_t slots_n;          /* a power of two, or 0 */
	struct aas_kept **heap;  /* the soonest first */
	size_t n, cap;
};

/*
 * aas_book_put(b, id, l, text, &k):
 * Add a session, or renew what is known of it; ${text} is copied.  Its limits
 * are those of the line; what was told and looked at before stays, and the
 * entry of the record that it was found under, where the line names none.
 * Returns 0, AAS_ERR_NOMEM.
 */
int aas_book_put(struct aas_book *b, const char id[AAS_LEDGER_ID],
    const struct aas_ledger_line *l, const char *text, struct aas_kept **k);

/* aas_book_lease(k, until_ms): its lease ends then, from now on. */
void aas_book_lease(struct aas_kept *k, int64_t until_ms);

/* aas_book_find(b, id): NULL if there is none. */
struct aas_kept *aas_book_find(
    const struct aas_book *b, const char id[AAS_LEDGER_ID]);

/* aas_book_first(b): the one that is due first; NULL if the book is empty. */
struct aas_kept *aas_book_first(const struct aas_book *b);

/* aas_book_due(b, k, due_ms): look at it then. */
void aas_book_due(struct aas_book *b, struct aas_kept *k, int64_t due_ms);

/* aas_book_drop(b, k): forget it, and free it. */
void aas_book_drop(struct aas_book *b, struct aas_kept *k);

/* aas_book_free(b): all of them; ${b} is empty then. */
void aas_book_free(struct aas_book *b);

#endif
