#ifndef AAS_LIB_SESSION_LEASE_H
#define AAS_LIB_SESSION_LEASE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/proto.h"
#include "lib/user.h"

/*
 * A lease: a person lends a service account hours in which it may run.  It is
 * one symbolic link that leads nowhere, <rundir>/leases/<uid> (the directory
 * 0700 root), whose text says whose it is and until when; docs/protocol.md.
 * It is gone at a reboot, and one of another boot counts for nothing.
 */
#define AAS_LEASE_DIR    "leases"
#define AAS_LEASE_ID     17
#define AAS_LEASE_REASON 201  /* bytes of the grantor's reason and a NUL */
#define AAS_LEASE_MAX    4096 /* bytes of the text and a NUL: PATH_MAX */
#define AAS_LEASE_HEAD   "aas-lease1\n"

struct aas_lease {
	char id[AAS_LEASE_ID]; /* 16 hexadecimal digits */
	uint8_t boot_id[16];
	int64_t since_ms, until_ms; /* CLOCK_BOOTTIME */
	int64_t time_s;             /* realtime when it began, to be shown */
	uint32_t uid;               /* of the account */
	char account[AAS_USER_MAX];
	uint32_t grantor_uid;
	char grantor[AAS_USER_MAX];
	char key[AAS_LABEL_MAX];       /* whose touch it was */
	char reason[AAS_LEASE_REASON]; /* "": none was given */
};

/*
 * aas_lease_format(l, text): the text of the link.  AAS_ERR_TOOBIG;
 * AAS_ERR_INVAL: a part has a control character.
 */
int aas_lease_format(const struct aas_lease *l, char text[AAS_LEASE_MAX]);

/*
 * aas_lease_parse(p, len, l): the reverse, for exactly ${len} bytes; AAS_ERR_
 * FORMAT.
 */
int aas_lease_parse(const char *p, size_t len, struct aas_lease *l);

/*
 * aas_lease_lives(l, now): 1 if it is of this boot, and not over.
 */
int aas_lease_lives(const struct aas_lease *l, const struct aas_now *now);

/*
 * aas_lease_read(dirfd, uid, l): the one of the account ${uid}, whether it
 * lives or not.  The directory was looked at.
 * Returns 0; AAS_ERR_NOTFOUND; AAS_ERR_FORMAT (damaged, or another's),
 * AAS_ERR_SYS.
 */
int aas_lease_read(int dirfd, uint32_t uid, struct aas_lease *l);

/*
 * aas_lease_find(rundir, u, now, seen, l):
 * The live lease of ${u}, by its uid and its name.  For root: nobody else can
 * look.
 *   seen  of aas_fs_look(); may be NULL
 * Returns 0; AAS_ERR_NOTFOUND: it has none that lives; AAS_ERR_PERMS,
 * AAS_ERR_FORMAT, AAS_ERR_INVAL, AAS_ERR_SYS: take it as none.
 */
int aas_lease_find(const char *rundir, const struct aas_user *u,
    const struct aas_now *now, struct aas_fs_seen *seen, struct aas_lease *l);

#endif
