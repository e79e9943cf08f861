#ifndef AAS_LIB_ERR_H
#define AAS_LIB_ERR_H

/*
 * One set of results for every function of the project: 0, or a negative
 * value of this enum.  A positive value is never an error.
 */
enum aas_err {
	AAS_OK = 0,
	AAS_ERR_SYS = -1,       /* a system call failed: errno says which */
	AAS_ERR_NOMEM = -2,     /* no memory */
	AAS_ERR_INVAL = -3,     /* the caller broke the contract */
	AAS_ERR_NOTFOUND = -4,  /* the thing asked for does not exist */
	AAS_ERR_PERMS = -5,     /* wrong owner, mode, type or link count */
	AAS_ERR_FORMAT = -6,    /* damaged, truncated or foreign bytes */
	AAS_ERR_TOOBIG = -7,    /* over a bound of ours */
	AAS_ERR_CRYPTO = -8,    /* a signature or a hash does not hold */
	AAS_ERR_TIMEOUT = -9,   /* a deadline passed */
	AAS_ERR_AGAIN = -10,    /* busy: try again later */
	AAS_ERR_DENIED = -11,   /* a rule says no */
	AAS_ERR_CANCELED = -12, /* the user or the host gave up */
	AAS_ERR_EXISTS = -13,   /* it is there already */
	AAS_ERR_VERSION = -14,  /* a version we do not speak */
	AAS_ERR_ROLLBACK =
	    -15,             /* older than what this host has seen, or forked */
	AAS_ERR_DEVICE = -16 /* a security key failed or went away */
};

/*
 * aas_strerror(r):
 * Return a static English phrase for ${r}, an enum aas_err; never NULL.
 * "unknown error" for anything else.  Does not look at errno.
 */
const char *aas_strerror(int r);

#endif
