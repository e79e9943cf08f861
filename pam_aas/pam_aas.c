/*
 * The module's six entry points, and nothing else.
 *
 * 1. Each MUST start as a refusal and say PAM_SUCCESS in one place.
 * 2. Nothing here, or in what is linked here, MUST exit, fork, start a thread,
 *    touch signals, read the environment, or open a device or a socket to
 *    another host: it runs inside sshd, login and sudo.
 */
#define PAM_SM_AUTH
#define PAM_SM_ACCOUNT
#define PAM_SM_SESSION
#define PAM_SM_PASSWORD
#include <security/pam_modules.h>

#include "pam_aas/call.h"

#define ENTRY __attribute__((visibility("default")))

ENTRY int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int rv = PAM_AUTH_ERR;

	if (aas_call_run(AAS_PH_AUTH, aas_auth, pamh, flags, argc, argv, &rv) ==
	    AAS_A_GRANT)
		return PAM_SUCCESS;
	return rv;
}

ENTRY int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int rv = PAM_CRED_ERR;

	if (aas_call_run(AAS_PH_CRED, aas_cred, pamh, flags, argc, argv, &rv) ==
	    AAS_A_GRANT)
		return PAM_SUCCESS;
	return rv;
}

ENTRY int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int rv = PAM_PERM_DENIED;

	if (aas_call_run(AAS_PH_ACCOUNT, aas_account, pamh, flags, argc, argv,
		&rv) == AAS_A_GRANT)
		return PAM_SUCCESS;
	return rv;
}

ENTRY int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int rv = PAM_SESSION_ERR;

	if (aas_call_run(AAS_PH_SESSION, aas_session_open, pamh, flags, argc,
		argv, &rv) == AAS_A_GRANT)
		return PAM_SUCCESS;
	return rv;
}

ENTRY int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int rv = PAM_SESSION_ERR;

	if (aas_call_run(AAS_PH_CLOSE, aas_session_close, pamh, flags, argc,
		argv, &rv) == AAS_A_GRANT)
		return PAM_SUCCESS;
	return rv;
}

ENTRY int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int rv = PAM_AUTHTOK_ERR;

	if (aas_call_run(AAS_PH_PASSWORD, aas_password, pamh, flags, argc, argv,
		&rv) == AAS_A_GRANT)
		return PAM_SUCCESS;
	return rv;
}
