/*
 * Talks to the host's conversation function.
 *
 * 1. A reply MUST be wiped and freed on every path, and MUST NOT be read
 *    beyond what was allocated for it: it may lack its end.
 * 2. A reply that nobody asked for MUST NOT go anywhere.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "pam_aas/conv.h"
#include "lib/str.h"

static const struct pam_conv *
get_conv(pam_handle_t *pamh)
{
	const void *item = NULL;
	const struct pam_conv *conv;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS)
		return NULL;
	conv = item;
	return conv != NULL && conv->conv != NULL ? conv : NULL;
}

int
aas_conv_usable(pam_handle_t *pamh)
{
	return get_conv(pamh) != NULL;
}

/*
 * The size of the block, not the length of the string: a host may forget the
 * end of it.  What free(3) takes, this takes.
 */
static size_t
reply_room(char *s)
{
	return malloc_usable_size(s);
}

static void
drop(struct pam_response *resp)
{
	if (resp == NULL)
		return;
	if (resp->resp != NULL) {
		explicit_bzero(resp->resp, reply_room(resp->resp));
		free(resp->resp);
	}
	free(resp);
}

/* One message, at most one response; ${resp} is the caller's to drop(). */
static int
converse(
    pam_handle_t *pamh, int style, const char *text, struct pam_response **resp)
{
	const struct pam_conv *conv = get_conv(pamh);
	const struct pam_message msg = { .msg_style = style, .msg = text };
	const struct pam_message *msgs[1] = { &msg };
	int rv;

	*resp = NULL;
	if (conv == NULL)
		return AAS_ERR_CANCELED;
	rv = conv->conv(1, msgs, resp, conv->appdata_ptr);
	if (rv == PAM_SUCCESS)
		return AAS_OK;
	/*
	 * A host that failed may have left anything in resp: a pointer it has
	 * freed already, too.  The contract says to set it only on success.
	 */
	*resp = NULL;
	return AAS_ERR_CANCELED;
}

int
aas_conv_show(pam_handle_t *pamh, int error, const char *text)
{
	struct pam_response *resp = NULL;
	int r;

	r = converse(pamh, error ? PAM_ERROR_MSG : PAM_TEXT_INFO, text, &resp);
	drop(resp);
	return r;
}

int
aas_conv_ask(
    pam_handle_t *pamh, int echo, const char *prompt, char reply[AAS_REPLY_MAX])
{
	struct pam_response *resp = NULL;
	size_t room, n;
	int r;

	memset(reply, 0, AAS_REPLY_MAX);
	r = converse(pamh, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF,
	    prompt, &resp);
	if (r != AAS_OK)
		goto out;
	r = AAS_ERR_CANCELED;
	if (resp == NULL || resp->resp == NULL)
		goto out;
	r = AAS_ERR_TOOBIG;
	room = reply_room(resp->resp);
	n = aas_str_nlen(
	    resp->resp, room < AAS_REPLY_MAX ? room : AAS_REPLY_MAX);
	if (n == room || n >= AAS_REPLY_MAX)
		goto out;
	memcpy(reply, resp->resp, n);
	r = AAS_OK;
out:
	drop(resp);
	return r;
}
