/*
 * Every message of docs/protocol.md, as either end reads it.  The first byte
 * chooses the message, the rest is its payload, or a whole packet.
 *
 * What is accepted, written again and read again, must be the same bytes:
 * two readers can never understand one message differently.
 */
#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "lib/frame.h"
#include "lib/proto.h"
#include "tests/fuzz/fuzz.h"

static uint8_t out[AAS_FRAME_MAX * 2];

static void
request(const uint8_t *p, size_t len)
{
	static struct aas_request rq;
	size_t n = 0;

	memset(&rq, 0, sizeof(rq));
	if (aas_request_get(p, len, &rq) != 0)
		return;
	FUZZ_REQUIRE(rq.creds_n <= AAS_KEYS_MAX);
	FUZZ_REQUIRE(memchr(rq.user, '\0', sizeof(rq.user)) != NULL);
	FUZZ_REQUIRE(memchr(rq.policy, '\0', sizeof(rq.policy)) != NULL);
	FUZZ_REQUIRE(aas_request_put(&rq, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
verdict(const uint8_t *p, size_t len)
{
	struct aas_verdict v;
	size_t n = 0;

	memset(&v, 0, sizeof(v));
	if (aas_verdict_get(p, len, &v) != 0)
		return;
	FUZZ_REQUIRE(v.keys_n <= 2);
	FUZZ_REQUIRE(memchr(v.text, '\0', sizeof(v.text)) != NULL);
	FUZZ_REQUIRE(aas_verdict_put(&v, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
proof(const uint8_t *p, size_t len)
{
	struct aas_proof pf;
	size_t n = 0;

	memset(&pf, 0, sizeof(pf));
	if (aas_proof_get(p, len, &pf) != 0)
		return;
	FUZZ_REQUIRE(pf.id_len <= sizeof(pf.id));
	FUZZ_REQUIRE(aas_proof_put(&pf, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
made(const uint8_t *p, size_t len)
{
	static struct aas_made m;
	size_t n = 0;

	memset(&m, 0, sizeof(m));
	if (aas_made_get(p, len, &m) != 0)
		return;
	FUZZ_REQUIRE(m.login.id_len <= sizeof(m.login.id));
	FUZZ_REQUIRE(aas_made_put(&m, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
text(uint8_t type, const uint8_t *p, size_t len)
{
	struct aas_text t;
	size_t n = 0;

	memset(&t, 0, sizeof(t));
	if (aas_text_get(type, p, len, &t) != 0)
		return;
	FUZZ_REQUIRE(memchr(t.text, '\0', sizeof(t.text)) != NULL);
	FUZZ_REQUIRE(aas_text_put(type, &t, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
reply(const uint8_t *p, size_t len)
{
	struct aas_reply r;
	size_t n = 0;

	memset(&r, 0, sizeof(r));
	if (aas_reply_get(p, len, &r) != 0)
		return;
	FUZZ_REQUIRE(memchr(r.text, '\0', sizeof(r.text)) != NULL);
	FUZZ_REQUIRE(aas_reply_put(&r, out, sizeof(out), &n) == 0);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

/* One packet on a real socket. */
static void
frame(const uint8_t *p, size_t len)
{
	static struct aas_frame f;
	int s[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) != 0)
		abort();
	if (send(s[0], p, len, MSG_NOSIGNAL) == (ssize_t)len) {
		close(s[0]);
		if (aas_frame_recv(s[1], 0, &f) == 0) {
			FUZZ_REQUIRE(f.len + AAS_FRAME_HEAD == len);
			FUZZ_REQUIRE(
			    memcmp(f.b, p + AAS_FRAME_HEAD, f.len) == 0);
		}
	} else {
		close(s[0]);
	}
	close(s[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	if (len < 1)
		return 0;
	switch (p[0] % 9) {
	case 0:
		request(p + 1, len - 1);
		break;
	case 1:
		verdict(p + 1, len - 1);
		break;
	case 2:
		proof(p + 1, len - 1);
		break;
	case 3:
		made(p + 1, len - 1);
		break;
	case 4:
		text(AAS_MSG_INFO, p + 1, len - 1);
		break;
	case 5:
		text(AAS_MSG_SECRET, p + 1, len - 1);
		break;
	case 6:
		text(AAS_MSG_ASK, p + 1, len - 1);
		break;
	case 7:
		reply(p + 1, len - 1);
		break;
	default:
		frame(p + 1, len - 1);
		break;
	}
	return 0;
}
