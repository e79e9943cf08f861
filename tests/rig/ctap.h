/*
 * The numbers of CTAP 2.1 that the software key speaks.
 * Source: FIDO Client to Authenticator Protocol 2.1, sections 6, 8.2, 11.2.
 */
#ifndef RIG_CTAP_H
#define RIG_CTAP_H

/* Commands (section 6). */
#define CTAP_CMD_MAKE      0x01
#define CTAP_CMD_GET       0x02
#define CTAP_CMD_INFO      0x04
#define CTAP_CMD_PIN       0x06
#define CTAP_CMD_RESET     0x07
#define CTAP_CMD_NEXT      0x08
#define CTAP_CMD_SELECTION 0x0b

/* Status codes (section 8.2). */
#define CTAP_OK                          0x00
#define CTAP_ERR_INVALID_COMMAND         0x01
#define CTAP_ERR_INVALID_PARAMETER       0x02
#define CTAP_ERR_INVALID_LENGTH          0x03
#define CTAP_ERR_UNEXPECTED_TYPE         0x11
#define CTAP_ERR_INVALID_CBOR            0x12
#define CTAP_ERR_MISSING_PARAMETER       0x14
#define CTAP_ERR_CREDENTIAL_EXCLUDED     0x19
#define CTAP_ERR_UNSUPPORTED_ALGORITHM   0x26
#define CTAP_ERR_OPERATION_DENIED        0x27
#define CTAP_ERR_KEY_STORE_FULL          0x28
#define CTAP_ERR_UNSUPPORTED_OPTION      0x2b
#define CTAP_ERR_INVALID_OPTION          0x2c
#define CTAP_ERR_KEEPALIVE_CANCEL        0x2d
#define CTAP_ERR_NO_CREDENTIALS          0x2e
#define CTAP_ERR_USER_ACTION_TIMEOUT     0x2f
#define CTAP_ERR_NOT_ALLOWED             0x30
#define CTAP_ERR_PIN_INVALID             0x31
#define CTAP_ERR_PIN_BLOCKED             0x32
#define CTAP_ERR_PIN_AUTH_INVALID        0x33
#define CTAP_ERR_PIN_AUTH_BLOCKED        0x34
#define CTAP_ERR_PIN_NOT_SET             0x35
#define CTAP_ERR_PUAT_REQUIRED           0x36
#define CTAP_ERR_PIN_POLICY_VIOLATION    0x37
#define CTAP_ERR_UV_BLOCKED              0x3c
#define CTAP_ERR_INVALID_SUBCOMMAND      0x3e
#define CTAP_ERR_UV_INVALID              0x3f
#define CTAP_ERR_UNAUTHORIZED_PERMISSION 0x40
#define CTAP_ERR_OTHER                   0x7f

/* Flags of the authenticator data (WebAuthn, section 6.1). */
#define CTAP_FLAG_UP 0x01
#define CTAP_FLAG_UV 0x04
#define CTAP_FLAG_BE 0x08
#define CTAP_FLAG_BS 0x10
#define CTAP_FLAG_AT 0x40
#define CTAP_FLAG_ED 0x80

/* COSE algorithms. */
#define RIG_ES256 (-7)
#define RIG_EDDSA (-8)
#define RIG_ECDH  (-25)

/* Permissions of a pinUvAuthToken (section 6.5.5.7). */
#define CTAP_PERM_MAKE 0x01
#define CTAP_PERM_GET  0x02

#endif
