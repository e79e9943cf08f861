/*
 * The words for what serves a sudo from another machine.
 */
#include "policy/signin/signin.h"

const char *
aas_signin_sudo(unsigned rule)
{
	switch (rule) {
	case AAS_SUDO_FRESH:
		return "fresh-sign-in";
	case AAS_SUDO_AGENT:
		return "agent";
	case AAS_SUDO_KEY:
		return "local-key";
	case AAS_SUDO_DENY:
	default:
		return "deny";
	}
}
