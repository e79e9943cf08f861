#ifndef AAS_PAM_AAS_CONV_H
#define AAS_PAM_AAS_CONV_H

#include <security/pam_modules.h>

#include "lib/proto.h"

/*
 * The host's conversation function.  It is other people's code: everything
 * it may do wrong is an error here and nothing else.  Each call is one
 * struct pam_message.
 */

/* aas_conv_usable(pamh): 1 if there is a conversation function at all. */
int aas_conv_usable(pam_handle_t *pamh);

/*
 * aas_conv_show(pamh, error, text):
 * Show one text, as PAM_ERROR_MSG if ${error}, else PAM_TEXT_INFO.  A reply,
 * which nobody asked for, is wiped.  Returns 0 or AAS_ERR_CANCELED.
 */
int aas_conv_show(pam_handle_t *pamh, int error, const char *text);

/*
 * aas_conv_ask(pamh, echo, prompt, reply):
 * Ask; ${reply} has room for AAS_REPLY_MAX and belongs to the caller, who
 * wipes it.  The host's copy is wiped and freed.
 * Returns 0; AAS_ERR_CANCELED (no function, an error, no reply), or
 * AAS_ERR_TOOBIG (over AAS_REPLY_MAX - 1 bytes, or not terminated), with
 * ${reply} empty.
 */
int aas_conv_ask(pam_handle_t *pamh, int echo, const char *prompt,
    char reply[AAS_REPLY_MAX]);

#endif
