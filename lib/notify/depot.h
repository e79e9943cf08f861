#ifndef AAS_LIB_NOTIFY_DEPOT_H
#define AAS_LIB_NOTIFY_DEPOT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/notify/alert.h"

/* Names of files, in the order in which they were raised. */
#define AAS_DEPOT_NAME 96 /* a file's, with its NUL */
struct aas_names {
	char (*v)[AAS_DEPOT_NAME];
	size_t n, cap;
};

/* How many alerts wait, by user; what makes room for another is counted anew.
 */
#define AAS_WAITS_MAX 64
struct aas_waits {
	struct {
		uint32_t uid;
		int known;
		size_t n;
	} v[AAS_WAITS_MAX];
	/* of lib/notify/room.c: which of listed_uid's are looked at next */
	struct aas_names queued;
	size_t at;
	int listed;
	uint32_t listed_uid;
	/* 1: too many of crowded_uid's wait for another one */
	int crowded;
	uint32_t crowded_uid;
};

/*
 * The directories a notifier works in; -1: not open.  docs/events.md says
 * what is in them.
 */
struct aas_depot {
	int top;    /* /var/spool/aas */
	int new;    /* events as they were raised */
	int queue;  /* numbered, not yet delivered everywhere */
	int dead;   /* given up */
	int owed;   /* of whom how many of both */
	int spare;  /* of lib/notify/spare.h; -1: there are none */
	int alerts; /* /var/lib/aas/alerts: the chains */
	int lock;
	struct aas_waits *waits; /* not ours; NULL: a user's have no bound */
	/*
	 * Asked when the chain of ${a} is damaged, before it is put aside; 0:
	 * do so, it is told.  NULL: its events wait.
	 */
	int (*damaged)(void *arg, const struct aas_alert *a, int why);
	void *damaged_arg;
};

#define AAS_DEPOT_NONE                                           \
	{                                                        \
		-1, -1, -1, -1, -1, -1, -1, -1, NULL, NULL, NULL \
	}

/*
 * aas_depot_open(spooldir, statedir, &sp):
 * Open them all, and make those that are missing.  None may belong to another
 * user or be writable by one.  Release with aas_depot_close().
 * On a full disk there may be none of spare files.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_depot_open(
    const char *spooldir, const char *statedir, struct aas_depot *sp);
void aas_depot_close(struct aas_depot *sp);

/*
 * aas_depot_lock(sp): 0 if we are the one who drains now; AAS_ERR_AGAIN:
 * another is.  aas_depot_unlock(sp) lets the next in.
 */
int aas_depot_lock(struct aas_depot *sp);
void aas_depot_unlock(struct aas_depot *sp);

/*
 * aas_depot_list(fd, names):
 * Add the names of the directory ${fd} that do not begin with '.', sorted
 * among themselves; AAS_DEPOT_LIST_MAX of them at most.  One that is no name
 * of ours is left out.  aas_names_free().  Returns 0, AAS_ERR_SYS,
 * AAS_ERR_NOMEM.
 */
#define AAS_DEPOT_LIST_MAX 200000
int aas_depot_list(int fd, struct aas_names *names);

/* aas_depot_hidden(fd, names): those that begin with '.', and are ours. */
int aas_depot_hidden(int fd, struct aas_names *names);
void aas_names_free(struct aas_names *names);

/* aas_depot_some(fd): 1 if there is such a name. */
int aas_depot_some(int fd);

#endif
