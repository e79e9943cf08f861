/*
 * The names of results, for logs and people.  Nothing is decided here.
 */
#include "lib/err.h"

const char *
aas_strerror(int r)
{
	static const char *const text[] = {
		[-AAS_OK] = "success",
		[-AAS_ERR_SYS] = "system error",
		[-AAS_ERR_NOMEM] = "out of memory",
		[-AAS_ERR_INVAL] = "invalid argument",
		[-AAS_ERR_NOTFOUND] = "not found",
		[-AAS_ERR_PERMS] = "wrong owner, mode or type",
		[-AAS_ERR_FORMAT] = "damaged or foreign data",
		[-AAS_ERR_TOOBIG] = "too big",
		[-AAS_ERR_CRYPTO] = "a signature or hash does not hold",
		[-AAS_ERR_TIMEOUT] = "timed out",
		[-AAS_ERR_AGAIN] = "busy, try again",
		[-AAS_ERR_DENIED] = "denied",
		[-AAS_ERR_CANCELED] = "canceled",
		[-AAS_ERR_EXISTS] = "exists already",
		[-AAS_ERR_VERSION] = "unknown version",
		[-AAS_ERR_ROLLBACK] = "older than what was seen, or forked",
		[-AAS_ERR_DEVICE] = "security key failed",
	};

	if (r > 0 || r <= -(int)(sizeof(text) / sizeof(text[0])))
		return "unknown error";
	return text[-r];
}
