/*
 * Where somebody signed in from, as a peer may choose it, and the file in
 * which it is remembered.
 *
 * Input: the remote host, a zero byte, the file.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/keep/nets.h"
#include "tests/fuzz/fuzz.h"

static char rhost[1024], text[AAS_NETS_FILE];

static void
read_file(const char *p, size_t len, struct aas_nets *n)
{
	static struct aas_nets again;
	size_t out = 0;

	if (aas_nets_parse(p, len, "alice", n) != AAS_OK) {
		FUZZ_REQUIRE(n->n == 0);
		return;
	}
	FUZZ_REQUIRE(n->n <= AAS_NETS_MAX);
	/* What was read can be written, and means the same. */
	FUZZ_REQUIRE(aas_nets_format(n, "alice", text, &out) == AAS_OK);
	FUZZ_REQUIRE(aas_nets_parse(text, out, "alice", &again) == AAS_OK);
	FUZZ_REQUIRE(again.n == n->n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const char id[AAS_LEDGER_ID] = "0123456789abcdef";
	static struct aas_nets n, again;
	enum aas_nets_first first = AAS_NETS_UNKNOWN;
	char net[AAS_NET_TEXT] = "";
	const uint8_t *z = memchr(p, 0, len);
	size_t host = z == NULL ? len : (size_t)(z - p);
	size_t out = 0;

	if (host >= sizeof(rhost))
		return 0;
	memcpy(rhost, p, host);
	rhost[host] = '\0';
	n.n = 0;
	if (z != NULL)
		read_file((const char *)z + 1, len - host - 1, &n);
	if (aas_net_of(rhost, net) != AAS_OK) {
		FUZZ_REQUIRE(net[0] == '\0');
		return 0;
	}
	FUZZ_REQUIRE(net[0] != '\0' && strchr(net, ' ') == NULL &&
	    strchr(net, '\n') == NULL);
	/* One more: the file can still be written, and read. */
	(void)aas_nets_note(&n, net, id, 1800000000, &first);
	FUZZ_REQUIRE(first != AAS_NETS_UNKNOWN && n.n <= AAS_NETS_MAX);
	FUZZ_REQUIRE(aas_nets_format(&n, "alice", text, &out) == AAS_OK);
	FUZZ_REQUIRE(aas_nets_parse(text, out, "alice", &again) == AAS_OK);
	FUZZ_REQUIRE(aas_nets_note(&again, net, "00000000000000ff", 1800000000,
			 &first) == 0 &&
	    first != AAS_NETS_UNKNOWN);
	return 0;
}
