#ifndef AAS_LIB_KEEP_NETS_H
#define AAS_LIB_KEEP_NETS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/session/ledger.h"

/*
 * The networks that somebody has signed in from: an IPv4 /24, an IPv6 /64, or
 * a name where the service tells no address.  One small file for each user,
 * <statedir>/nets/<uid>, root's alone.  A hint for people and for events: what
 * is lost, or damaged, is learned anew, and no sign-in depends on it.
 */
#define AAS_NETS_DIR "nets"
#define AAS_NETS_MAX                                                           \
	64                /* networks of a user; the one not seen longest goes \
			   */
#define AAS_NET_TEXT  256 /* bytes of one, with the NUL */
#define AAS_NETS_FILE ((size_t)32 * 1024)

struct aas_nets_one {
	char net[AAS_NET_TEXT];
	char id[AAS_LEDGER_ID]; /* the session that was the first from there */
	int64_t first_s, last_s;
};

struct aas_nets {
	size_t n;
	struct aas_nets_one v[AAS_NETS_MAX];
};

enum aas_nets_first {
	AAS_NETS_UNKNOWN, /* nobody has looked yet, or there is no telling */
	AAS_NETS_BEFORE,  /* somebody was there before, or it is this host */
	AAS_NETS_FIRST
};

/*
 * aas_net_of(rhost, net):
 * The network of ${rhost}, which a peer may have chosen: an address (also
 * with a scope, or an IPv4 one in an IPv6 one), or a name; printable, without
 * spaces.  Never asks a name service.
 * Returns 0; AAS_ERR_NOTFOUND (this host itself); AAS_ERR_FORMAT (neither).
 */
int aas_net_of(const char *rhost, char net[AAS_NET_TEXT]);

/*
 * aas_nets_note(n, net, id, now_s, &first):
 * The session ${id} came from ${net}.  Asked again of the one that was first,
 * it is the first.  1 if ${n} is to be stored, else 0.
 */
int aas_nets_note(struct aas_nets *n, const char *net,
    const char id[AAS_LEDGER_ID], int64_t now_s, enum aas_nets_first *first);

/*
 * aas_nets_parse(p, len, user, n), aas_nets_format(n, user, dst, &len):
 * What the file holds; ${dst} has AAS_NETS_FILE bytes, which is enough.
 * Returns 0; AAS_ERR_FORMAT; AAS_ERR_NOTFOUND: it is another user's, who had
 * this uid before.
 */
int aas_nets_parse(
    const char *p, size_t len, const char *user, struct aas_nets *n);
int aas_nets_format(
    const struct aas_nets *n, const char *user, char *dst, size_t *len);

/*
 * aas_nets_open(statedir, &dirfd): the directory, made if it is not there.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_nets_open(const char *statedir, int *dirfd);

/*
 * aas_nets_seen(dirfd, uid, user, rhost, id, now_s, &first):
 * The session ${id} of that user came from ${rhost}: is it the first from
 * there?  Remembers it.  Reads one file and, for a new network or once a day,
 * replaces it; without fsync(2).  For one process at a time.
 * Returns 0; AAS_ERR_FORMAT (no telling: ${first} is AAS_NETS_UNKNOWN);
 * AAS_ERR_SYS, AAS_ERR_NOMEM (it could not be stored: ${first} is right).
 */
int aas_nets_seen(int dirfd, uint32_t uid, const char *user, const char *rhost,
    const char id[AAS_LEDGER_ID], int64_t now_s, enum aas_nets_first *first);

#endif
