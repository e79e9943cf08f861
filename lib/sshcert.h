#ifndef AAS_LIB_SSHCERT_H
#define AAS_LIB_SSHCERT_H

#include <stddef.h>
#include <stdint.h>

#define AAS_SSHCERT_MAX 16384 /* bytes of a certificate that are looked at */

/*
 * aas_sshcert_ca(cert, len, &ca, &ca_len):
 * Find the authority's public key, in SSH wire form, in an OpenSSH user
 * certificate of ${len} bytes; ${ca} points into it.  The certificate's
 * signature is not checked here: sshd(8) has done that before it names one.
 * Returns 0; AAS_ERR_NOTFOUND (no certificate at all, but perhaps a key);
 * AAS_ERR_FORMAT (a certificate that is damaged, of a kind that is not known,
 * or of a host).  Source: OpenSSH, PROTOCOL.certkeys.
 */
int aas_sshcert_ca(
    const uint8_t *cert, size_t len, const uint8_t **ca, size_t *ca_len);

#endif
