/*
 * The memory of a transaction.
 *
 * 1. Its end MUST NOT do anything but free it: pam_end(3) also runs in forked
 *    children, whose parent goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "pam_aas/txn.h"

#define NAME "aas_txn"

static void
cleanup(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	if (data == NULL)
		return;
	explicit_bzero(data, sizeof(struct aas_txn));
	free(data);
}

struct aas_txn *
aas_txn_get(pam_handle_t *pamh)
{
	const void *data = NULL;
	void *t = NULL;

	if (pam_get_data(pamh, NAME, &data) != PAM_SUCCESS)
		return NULL;
	/* It is ours to change; the interface says const to all. */
	memcpy(&t, &data, sizeof(t));
	return t;
}

struct aas_txn *
aas_txn_need(pam_handle_t *pamh)
{
	struct aas_txn *t = aas_txn_get(pamh);

	if (t != NULL)
		return t;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	if (pam_set_data(pamh, NAME, t, cleanup) != PAM_SUCCESS) {
		free(t);
		return NULL;
	}
	return t;
}
