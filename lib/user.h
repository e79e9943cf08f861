#ifndef AAS_LIB_USER_H
#define AAS_LIB_USER_H

#include <sys/types.h>

#define AAS_USER_MAX    256  /* a name with its NUL */
#define AAS_USER_GROUPS 1024 /* more groups than this: an error, no guess */

struct aas_user {
	char name[AAS_USER_MAX]; /* as the passwd entry spells it */
	uid_t uid;
	gid_t gid;
};

/*
 * aas_user_valid(name):
 * 1 if ${name} may be looked up at all: 1 to 255 bytes, none of '/', ':',
 * NUL, control, space at the ends, leading '-', "." or "..", well-formed
 * UTF-8.  The passwd entry decides the rest.
 */
int aas_user_valid(const char *name);

/*
 * aas_user_name(name, &u), aas_user_uid(uid, &u):
 * Look up by getpwnam_r(3) / getpwuid_r(3).  The entry's name must equal
 * ${name} byte for byte (a directory that folds case does not make two names
 * one): another spelling of somebody is AAS_ERR_INVAL.  A uid that is not
 * usable is AAS_ERR_DENIED.  AAS_ERR_NOTFOUND is said only when NSS answered
 * that there is no such entry.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_INVAL, AAS_ERR_DENIED, AAS_ERR_SYS,
 * AAS_ERR_NOMEM.
 * Blocks as long as NSS does.
 */
int aas_user_name(const char *name, struct aas_user *u);
int aas_user_uid(uid_t uid, struct aas_user *u);

/*
 * aas_user_uid_usable(uid):
 * 0 for the uids that programs take for another: over INT_MAX, where many
 * compare them as int, and 65535, a -1 of 16 bits.
 */
int aas_user_uid_usable(uid_t uid);

/* aas_user_why(r): the reason for an error of the look-ups: "uid", "user". */
unsigned aas_user_why(int r);

/*
 * aas_user_groups(u, proof, proof_n, gids, &n):
 * getgrouplist(3), and getgrgid_r(3): one of the ${proof_n} groups at
 * ${proof}, if there are some, must be found (aas_policy_proof()), or some
 * source was passed over; and of a group that is nowhere, which tells of a
 * source that cannot be asked, if it is the last of nsswitch.conf(5) or the
 * file.  ${gids} has room for
 * AAS_USER_GROUPS; AAS_ERR_TOOBIG over that.  AAS_ERR_SYS, AAS_ERR_NOMEM: some
 * groups may be missing, and none are told.
 */
int aas_user_groups(const struct aas_user *u, const gid_t *proof,
    unsigned proof_n, gid_t *gids, int *n);

#endif
