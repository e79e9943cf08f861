/*
 * The process that talks to a security key, libfido2 included, against a key
 * that is played by the input.
 *
 * fuzz-wrap: read write poll _exit
 *
 * Input: the job (low bits) and with a PIN or not (0x40), or with its
 * packets as they come (0x80) instead of well-framed; then the replies, a
 * u16 length before each.  The key takes part in the framing rightly enough
 * to be heard, and says what it likes.  Whatever it says, one well-formed
 * result goes to the other half, and no assertion in it holds.
 */
#include <setjmp.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/reason.h"
#include "tests/fuzz/fuzz.h"

/* For its private state, which an exit would have freed. */
#include "lib/ceremony/line.c"

#define DEV    900
#define CTL    901
#define FRAME  64
#define QUEUE  200
#define CBOR   0x90
#define INIT   0x86
#define CANCEL 0x91

static struct {
	jmp_buf over;
	const uint8_t *p;
	size_t len;
	int raw, jobs, results;
	uint8_t cid[4];
	size_t want, got; /* bytes of the request that is coming in */
	uint8_t cmd;
	uint8_t queue[QUEUE][FRAME];
	int first, last;
	struct aas_io_job job;
} g;

/* The key of fuzz_assertion.c. */
static const uint8_t pk[64] = { 0x72, 0x90, 0x05, 0xa7, 0xd4, 0xee, 0xac, 0x83,
	0x26, 0x7a, 0x67, 0x29, 0x37, 0x2b, 0x2a, 0x77, 0x0b, 0xc5, 0x22, 0x78,
	0x6d, 0x7a, 0xc4, 0xd6, 0x3c, 0xaa, 0x31, 0xcf, 0xba, 0x39, 0x3f, 0x0e,
	0x03, 0x6f, 0xfe, 0x6f, 0x9f, 0x33, 0x30, 0x49, 0x97, 0x11, 0x7c, 0x08,
	0x5a, 0x21, 0xdf, 0x9b, 0xe9, 0x1e, 0x13, 0x31, 0xa2, 0xb2, 0xdd, 0xf3,
	0x2d, 0xd9, 0x33, 0x95, 0x5e, 0x6f, 0x74, 0xd4 };

/*
 * libcbor reserves whatever a reply says its map will need.  In the real
 * process RLIMIT_AS refuses that; here the sanitizer does.
 */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=512";
}

/* --- the key ---------------------------------------------------------------*/

static void
queue(const uint8_t *frame)
{
	if (g.last < QUEUE)
		memcpy(g.queue[g.last++], frame, FRAME);
}

/* One message in as many frames as it needs. */
static void
reply(const uint8_t cid[4], uint8_t cmd, const uint8_t *p, size_t len)
{
	uint8_t f[FRAME] = { 0 };
	size_t n = len < FRAME - 7 ? len : FRAME - 7;
	uint8_t seq = 0;

	memcpy(f, cid, 4);
	f[4] = cmd;
	f[5] = (uint8_t)(len >> 8);
	f[6] = (uint8_t)len;
	memcpy(f + 7, p, n);
	queue(f);
	for (p += n, len -= n; len > 0 && seq < 0x80; p += n, len -= n) {
		memset(f, 0, sizeof(f));
		memcpy(f, cid, 4);
		f[4] = seq++;
		n = len < FRAME - 5 ? len : FRAME - 5;
		memcpy(f + 5, p, n);
		queue(f);
	}
}

static void
reply_init(const uint8_t *request)
{
	static const uint8_t all[4] = { 0xff, 0xff, 0xff, 0xff };
	uint8_t b[17] = { 0 };

	memcpy(b, request + 7, 8);
	memcpy(b + 8, g.cid, 4);
	b[12] = 2;
	b[16] = 0x05; /* wink, CBOR */
	reply(all, INIT, b, sizeof(b));
}

/* The next of what the input has to say. */
static void
reply_next(void)
{
	uint8_t f[FRAME] = { 0 };
	size_t n;

	if (g.len < 2)
		return;
	n = (size_t)(g.p[0] << 8 | g.p[1]);
	g.p += 2;
	g.len -= 2;
	if (n > g.len)
		n = g.len;
	if (!g.raw) {
		reply(g.cid, g.cmd, g.p, n);
	} else {
		memcpy(f, g.p, n < FRAME ? n : FRAME);
		memcpy(f, g.cid, 4);
		queue(f);
	}
	g.p += n;
	g.len -= n;
}

/* One output report: report number, then a frame. */
static void
hear_report(const uint8_t *b)
{
	const uint8_t *f = b + 1;

	if (f[4] & 0x80) {
		g.cmd = f[4];
		g.want = (size_t)(f[5] << 8 | f[6]);
		g.got = FRAME - 7;
	} else {
		g.got += FRAME - 5;
	}
	if (g.cmd == INIT)
		reply_init(f);
	else if (g.cmd != CANCEL && g.got >= g.want)
		reply_next();
}

/* --- the calls -------------------------------------------------------------*/

ssize_t __real_read(int fd, void *p, size_t len);
ssize_t __wrap_read(int fd, void *p, size_t len);
ssize_t
__wrap_read(int fd, void *p, size_t len)
{
	size_t n = 0;

	if (fd == CTL) {
		if (g.jobs++ > 0 ||
		    aas_io_job_put(&g.job, p, len, &n) != AAS_OK)
			return 0;
		return (ssize_t)n;
	}
	if (fd != DEV)
		return __real_read(fd, p, len);
	if (g.first == g.last || len < FRAME)
		return -1;
	memcpy(p, g.queue[g.first++], FRAME);
	return FRAME;
}

static void
take(const uint8_t *p, size_t len)
{
	static struct aas_io_result res;
	struct aas_cred c = { .alg = AAS_ALG_ES256, .pk_len = sizeof(pk) };
	uint8_t flags;
	uint32_t counter;
	unsigned why;

	g.results++;
	FUZZ_REQUIRE(aas_io_result_get(p, len, &res) == AAS_OK);
	FUZZ_REQUIRE(res.op == g.job.op);
	FUZZ_REQUIRE(res.match <= g.job.ids_n);
	if (res.op != AAS_IO_ASSERT || res.fido != FIDO_OK)
		return;
	memcpy(c.rp, "aas.test", 9);
	memcpy(c.pk, pk, sizeof(pk));
	c.id_len = g.job.ids[0].len;
	memcpy(c.id, g.job.ids[0].b, c.id_len);
	if (res.proof.id_len == 0) {
		res.proof.id_len = c.id_len;
		memcpy(res.proof.id, c.id, c.id_len);
	}
	FUZZ_REQUIRE(aas_assertion_verify(&c, g.job.hash, 0, &res.proof, &flags,
			 &counter, &why) != AAS_OK);
	FUZZ_REQUIRE(why != AAS_WHY_OK);
}

ssize_t __real_write(int fd, const void *p, size_t len);
ssize_t __wrap_write(int fd, const void *p, size_t len);
ssize_t
__wrap_write(int fd, const void *p, size_t len)
{
	if (fd == CTL)
		take(p, len);
	else if (fd != DEV)
		return __real_write(fd, p, len);
	else if (len == FRAME + 1)
		hear_report(p);
	return (ssize_t)len;
}

int __wrap_poll(struct pollfd *p, nfds_t n, int ms);
int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	(void)ms;
	if (n != 2)
		return 0; /* nothing old to throw away */
	p[0].revents = g.first < g.last ? POLLIN : POLLHUP;
	p[1].revents = 0;
	return 1;
}

void __wrap__exit(int status) __attribute__((noreturn));
void
__wrap__exit(int status)
{
	FUZZ_REQUIRE(status == 0);
	longjmp(g.over, 1);
}

/* --- one run ---------------------------------------------------------------*/

static void
job(uint8_t how)
{
	static const uint8_t ops[] = { AAS_IO_PROBE, AAS_IO_ASSERT, AAS_IO_MAKE,
		AAS_IO_TOUCH, AAS_IO_SETPIN };
	struct aas_io_job *j = &g.job;
	int i;

	j->op = ops[(how & 7) % 5];
	j->timeout_ms = 1000;
	j->want = AAS_IO_RETRIES | AAS_IO_INFO;
	j->uv = how >> 5 & 1;
	memcpy(j->rp, "aas.test", 9);
	/* The seeds' assertion is good, but over 32 x 0x11: a replay. */
	memset(j->hash, 0x22, sizeof(j->hash));
	j->alg = how & 0x10 ? AAS_ALG_EDDSA : AAS_ALG_ES256;
	memcpy(j->user, "alice", 6);
	j->ids_n = 2;
	for (i = 0; i < 2; i++) {
		j->ids[i].len = 16;
		memset(j->ids[i].b, 'a' + i, 16);
	}
	if (j->op == AAS_IO_SETPIN || (how & 0x40)) {
		memcpy(j->pin.b, "1234", 5);
		j->pin.len = 4;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static int ready;

	if (len < 1)
		return 0;
	if (!ready) {
		ready = 1;
		(void)aas_crypto_init();
		fido_init(FIDO_DISABLE_U2F_FALLBACK);
	}
	memset(&g, 0, sizeof(g));
	memcpy(g.cid, "\1\2\3\4", 4);
	g.raw = (p[0] & 0x80) != 0;
	job(p[0]);
	g.p = p + 1;
	g.len = len - 1;
	if (setjmp(g.over) == 0)
		aas_io_main(DEV, CTL);
	if (line.key != NULL) {
		(void)fido_dev_close(line.key);
		fido_dev_free(&line.key);
	}
	FUZZ_REQUIRE(g.results == 1);
	return 0;
}
