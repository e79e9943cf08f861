#ifndef AAS_LIB_ATTEST_SIGNER_H
#define AAS_LIB_ATTEST_SIGNER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Who may sign attestations, and how this host recognizes the sign-ins that
 * they are about: one /etc/aas/attest/NAME.conf each; aas-policy(5).
 */
#define AAS_SIGNERS_MAX  32
#define AAS_SIGNER_ERR   512         /* an error text with its NUL */
#define AAS_SIGNER_NAMES 256         /* entries of one list */
#define AAS_PEM_MAX      (64 * 1024) /* bytes of a key or certificate file */
#define AAS_LIFE_MIN_S   3600
#define AAS_LIFE_MAX_S   ((int64_t)366 * 86400)
#define AAS_LIFE_S       ((int64_t)90 * 86400) /* unless it says otherwise */
#define AAS_CHAIN_MAX    4 /* certificates that a token may carry */

enum aas_jws_alg { AAS_JWS_ES256 = 1, AAS_JWS_EDDSA = 2, AAS_JWS_RS256 = 3 };

struct evp_pkey_st;
struct x509_st;

/* Lists end with NULL and are never NULL in a signer that was parsed. */
struct aas_signer {
	unsigned alg; /* enum aas_jws_alg */
	char name[65];
	char kid[129]; /* "": any, or none */
	char issuer[256], audience[256];
	char leaf[254];     /* DNS name of the chain's leaf; with root alone */
	int64_t max_life_s; /* exp - iat */
	char *key_path;     /* one of the two */
	char *root_path;
	char **users, **groups; /* whom it may speak for; both empty: anybody */
	char **services;        /* evidence: PAM services of their own */
	char **ca_paths;        /* evidence: files of SSH authorities */
	char **cas;             /* what is in them: base64, SSH wire form */
	struct evp_pkey_st *key;
	struct x509_st *root;
};

/*
 * aas_signer_parse(name, text, len, s, err):
 * The settings of one file; keys are not read yet.  libconfig parses it, after
 * the same guard as aas.conf(5): for tools only.  Stands in lib/conf.
 *   err  always written: "" on 0, else "FILE:LINE: what is wrong"
 * Returns 0; AAS_ERR_FORMAT, AAS_ERR_TOOBIG, AAS_ERR_NOMEM.  ${s} is then
 * empty.
 */
int aas_signer_parse(const char *name, const void *text, size_t len,
    struct aas_signer *s, char err[AAS_SIGNER_ERR]);

/*
 * aas_signer_key(s, pem, len, err), aas_signer_root(s, pem, len, err):
 * The pinned public key, or the root certificate: exactly one PEM block, of a
 * kind that fits the signer's algorithm.  ${err} as above, without a file.
 * Returns 0; AAS_ERR_FORMAT, AAS_ERR_NOMEM.
 */
int aas_signer_key(struct aas_signer *s, const char *pem, size_t len,
    char err[AAS_SIGNER_ERR]);
int aas_signer_root(struct aas_signer *s, const char *pem, size_t len,
    char err[AAS_SIGNER_ERR]);

/*
 * aas_signer_ca(s, text, len, err):
 * Public keys of SSH authorities, as ssh-keygen(1) writes them: one per line,
 * no options; empty lines and '#' are skipped.  They are added to s->cas.
 */
int aas_signer_ca(struct aas_signer *s, const char *text, size_t len,
    char err[AAS_SIGNER_ERR]);

/*
 * aas_signer_evidence(s):
 * 1 if it names at least one way to recognize such a sign-in, and no PAM
 * service where a password would do.
 */
int aas_signer_evidence(const struct aas_signer *s);

/* aas_signer_free(s): release and empty; an empty one is fine. */
void aas_signer_free(struct aas_signer *s);

#endif
