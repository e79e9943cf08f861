/*
 * aas-alerts: the alerts of one user, for aasd(8), which starts it so that
 * none of its clients waits until a whole chain has been read.
 *
 *	aas-alerts STATE UID BYTES	at most so many bytes of lines
 *
 * One line of JSON goes to the socket on descriptor 0.
 *
 * 1. Who may ask for whom MUST have been decided by the caller.
 * 2. It MUST end in time, whatever it finds.
 */
#include <sys/prctl.h>

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "tools/alerts.h"
#include "tools/packets.h"

#define DEADLINE 8 /* seconds; less than AASD_LOOKUP_MS */

static int
number(const char *text, unsigned long long max, unsigned long long *v)
{
	char *end = NULL;

	if (text[0] < '0' || text[0] > '9')
		return AAS_ERR_FORMAT;
	*v = strtoull(text, &end, 10);
	return *end == '\0' && *v <= max ? AAS_OK : AAS_ERR_FORMAT;
}

int
main(int argc, char **argv)
{
	unsigned long long uid = 0, bytes = 0;
	json_t *obj = NULL;
	int r = AAS_ERR_SYS;

	if (argc != 4 || argv[1][0] != '/' ||
	    number(argv[2], UINT32_MAX, &uid) != AAS_OK ||
	    number(argv[3], SIZE_MAX, &bytes) != AAS_OK)
		return 2;
	/* aasd gone: nobody wants the answer. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return 1;
	(void)alarm(DEADLINE);
	if (aas_crypto_init() != AAS_OK ||
	    alerts_json(argv[1], (uint32_t)uid, (size_t)bytes, &obj) != AAS_OK)
		obj = json_pack("{s:b, s:s, s:s}", "ok", 0, "reason",
		    aas_reason_code(AAS_WHY_SYSTEM), "text",
		    aas_reason_text(AAS_WHY_SYSTEM));
	else
		(void)json_object_set_new(obj, "ok", json_true());
	r = aas_packets_send(0,
	    obj != NULL ? json_dumps(obj, JSON_COMPACT | JSON_ENSURE_ASCII)
			: NULL);
	json_decref(obj);
	return r == AAS_OK ? 0 : 1;
}
