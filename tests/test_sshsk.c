/*
 * Security keys as OpenSSH writes them, what its agent answers, and a whole
 * conversation with an agent.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/sshagent.h"
#include "lib/sshsk.h"
#include "lib/wire.h"
#include "tests/fixture.h"

static const char *const types[] = { "sk-ecdsa-sha2-nistp256@openssh.com",
	"sk-ssh-ed25519@openssh.com" };

static void
put(struct aas_wr *w, const void *p, size_t len)
{
	aas_wr_u32(w, (uint32_t)len);
	aas_wr_raw(w, p, len);
}

static void
cred_of(int32_t alg, struct aas_cred *c)
{
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->rp, sizeof(c->rp), "ssh:example.org");
	c->alg = alg;
	c->pk_len = alg == AAS_ALG_ES256 ? 64 : 32;
	for (unsigned i = 0; i < c->pk_len; i++)
		c->pk[i] = (uint8_t)(i + 1);
}

static size_t
sig_of(int32_t alg, uint8_t *buf, size_t cap)
{
	static const uint8_t r[33] = { 0, 0x80, 1 }, s[20] = { 7 };
	uint8_t inner[128] = { 9 };
	struct aas_wr w, in;
	size_t n = 64;

	if (alg == AAS_ALG_ES256) {
		aas_wr_init(&in, inner, sizeof(inner));
		put(&in, r, sizeof(r));
		put(&in, s, sizeof(s));
		assert_int_equal(aas_wr_end(&in, &n), AAS_OK);
	}
	aas_wr_init(&w, buf, cap);
	put(&w, types[alg == AAS_ALG_EDDSA],
	    strlen(types[alg == AAS_ALG_EDDSA]));
	put(&w, inner, n);
	aas_wr_u8(&w, 5);
	aas_wr_u32(&w, 77);
	assert_int_equal(aas_wr_end(&w, &n), AAS_OK);
	return n;
}

static void
sshsk_key_and_signature_come_back(void **state)
{
	static const int32_t algs[] = { AAS_ALG_ES256, AAS_ALG_EDDSA };
	static const uint8_t rp[32] = { 3 };
	struct aas_cred in, out;
	struct aas_proof pf;
	uint8_t buf[512];
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		cred_of(algs[i], &in);
		assert_int_equal(
		    aas_sshsk_put(&in, buf, sizeof(buf), &len), AAS_OK);
		assert_int_equal(aas_sshsk_key(buf, len, &out), AAS_OK);
		assert_memory_equal(&in, &out, sizeof(in));
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(
			    aas_sshsk_key(buf, cut, &out), AAS_ERR_FORMAT);
		buf[len] = 0;
		assert_int_equal(
		    aas_sshsk_key(buf, len + 1, &out), AAS_ERR_FORMAT);

		len = sig_of(algs[i], buf, sizeof(buf));
		assert_int_equal(aas_sshsk_sig(buf, len, &in, rp, &pf), AAS_OK);
		assert_int_equal(pf.auth_len, 37);
		assert_int_equal(pf.auth[0], 3);
		assert_int_equal(pf.auth[32], 5);
		assert_int_equal(pf.auth[36], 77);
		assert_int_equal(
		    pf.sig_len, algs[i] == AAS_ALG_EDDSA ? 64 : 59);
		assert_int_equal(
		    pf.sig[0], algs[i] == AAS_ALG_EDDSA ? 9 : 0x30);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(aas_sshsk_sig(buf, cut, &in, rp, &pf),
			    AAS_ERR_FORMAT);
		buf[len] = 0;
		assert_int_equal(
		    aas_sshsk_sig(buf, len + 1, &in, rp, &pf), AAS_ERR_FORMAT);
		/* Of the other kind of key. */
		len = sig_of(algs[1 - i], buf, sizeof(buf));
		assert_int_equal(
		    aas_sshsk_sig(buf, len, &in, rp, &pf), AAS_ERR_FORMAT);
	}
}

static size_t
ids(uint8_t *buf, size_t cap, uint32_t said, unsigned n)
{
	struct aas_wr w;
	size_t len = 0;

	aas_wr_init(&w, buf, cap);
	aas_wr_u8(&w, AAS_AGENT_IDS);
	aas_wr_u32(&w, said);
	for (unsigned i = 0; i < n; i++) {
		put(&w, i == 1 ? "mine" : "other", i == 1 ? 4 : 5);
		put(&w, "comment", 7);
	}
	assert_int_equal(aas_wr_end(&w, &len), AAS_OK);
	return len;
}

static void
agent_list_says_what_it_has(void **state)
{
	static const uint8_t mine[] = "mine", none[] = "min";
	uint8_t buf[512];
	size_t len = ids(buf, sizeof(buf), 3, 3);

	(void)state;
	assert_int_equal(aas_agent_has(buf, len, mine, 4), 1);
	assert_int_equal(aas_agent_has(buf, len, none, 3), 0);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(
		    aas_agent_has(buf, cut, mine, 4), AAS_ERR_FORMAT);
	len = ids(buf, sizeof(buf), 2, 3); /* one more than it says */
	assert_int_equal(aas_agent_has(buf, len, mine, 4), AAS_ERR_FORMAT);
	len = ids(buf, sizeof(buf), 0xffffffff, 3);
	assert_int_equal(aas_agent_has(buf, len, mine, 4), AAS_ERR_FORMAT);
}

static void
agent_signature_is_taken_whole_or_not(void **state)
{
	uint8_t buf[1024] = { AAS_AGENT_SIGNED, 0, 0, 0, 2, 'a', 'b' };
	const uint8_t *sig = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(aas_agent_signed(buf, 7, &sig, &n), AAS_OK);
	assert_true(n == 2 && sig == buf + 5);
	for (size_t cut = 0; cut < 7; cut++)
		assert_int_equal(
		    aas_agent_signed(buf, cut, &sig, &n), AAS_ERR_FORMAT);
	assert_int_equal(aas_agent_signed(buf, 8, &sig, &n), AAS_ERR_FORMAT);
	buf[4] = 0;
	assert_int_equal(aas_agent_signed(buf, 5, &sig, &n), AAS_ERR_FORMAT);
	buf[3] = 2;
	buf[4] = 1; /* 513 */
	assert_int_equal(
	    aas_agent_signed(buf, 5 + 513, &sig, &n), AAS_ERR_FORMAT);
	buf[0] = 5; /* SSH_AGENT_FAILURE */
	assert_int_equal(aas_agent_signed(buf, 1, &sig, &n), AAS_ERR_DENIED);
}

/* --- an agent, in a child --- */

struct agent {
	char path[FIXTURE_PATH];
	int fd;
	pid_t pid;
};

static void
answer(int fd, const uint8_t *p, size_t len)
{
	uint8_t head[4] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len };

	(void)!write(fd, head, sizeof(head));
	(void)!write(fd, p, len);
}

/* ${how}: 0 signs, 1 refuses, 2 hangs, 3 says a huge length, 4 goes away. */
static void
serve(int listener, int how)
{
	static const uint8_t yes[] = { AAS_AGENT_SIGNED, 0, 0, 0, 3, 's', 'i',
		'g' },
			     no[] = { 5 }, huge[] = { 255, 255, 255, 255 };
	uint8_t buf[1024];
	size_t n;
	int fd = accept(listener, NULL, NULL);

	(void)!read(fd, buf, sizeof(buf));
	if (how == 2)
		(void)pause();
	if (how == 4)
		_exit(0);
	if (how == 3) {
		(void)!write(fd, huge, sizeof(huge));
		(void)pause();
	}
	n = ids(buf, sizeof(buf), 3, 3);
	answer(fd, buf, n);
	(void)!read(fd, buf, sizeof(buf));
	answer(fd, how == 1 ? no : yes, how == 1 ? sizeof(no) : sizeof(yes));
	(void)pause();
}

static void
begin(const struct fixture *f, struct agent *a, int how)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	fixture_path(f, "agent", a->path);
	(void)unlink(a->path);
	assert_true(strlen(a->path) < sizeof(sun.sun_path));
	memcpy(sun.sun_path, a->path, strlen(a->path) + 1);
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(a->fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(a->fd, 1), 0);
	if ((a->pid = fork()) == 0) {
		serve(a->fd, how);
		_exit(0);
	}
	assert_int_not_equal(a->pid, -1);
}

static void
end(struct agent *a)
{
	(void)kill(a->pid, SIGKILL);
	(void)waitpid(a->pid, NULL, 0);
	(void)close(a->fd);
}

static void
agent_conversation_ends_as_it_should(void **state)
{
	static const int want_r[] = { AAS_OK, AAS_ERR_DENIED, AAS_ERR_TIMEOUT,
		AAS_ERR_FORMAT, AAS_ERR_SYS };
	static const uint8_t mine[] = "mine", data[] = "data", not [] = "not";
	struct aas_agent_want want = { .n = 2,
		.key = { { not, 3 }, { mine, 4 } },
		.data = data,
		.data_len = 4 };
	uint8_t sig[AAS_SSHSIG_MAX];
	struct agent a;
	unsigned which = 9;
	size_t len = 0;

	for (int how = 0; how < 5; how++) {
		begin(*state, &a, how);
		assert_int_equal(aas_agent_sign(a.path, geteuid(), &want,
				     aas_clock_ms() + (how == 2 ? 50 : 5000),
				     &which, sig, &len),
		    want_r[how]);
		if (how == 0) {
			assert_int_equal(which, 1);
			assert_int_equal(len, 3);
			assert_memory_equal(sig, "sig", 3);
		}
		end(&a);
	}
	want.n = 1; /* none that it has */
	begin(*state, &a, 0);
	assert_int_equal(aas_agent_sign(a.path, geteuid(), &want,
			     aas_clock_ms() + 5000, &which, sig, &len),
	    AAS_ERR_NOTFOUND);
	/* Somebody else's socket is not even called. */
	assert_int_equal(aas_agent_sign(a.path, geteuid() + 1, &want,
			     aas_clock_ms() + 5000, &which, sig, &len),
	    AAS_ERR_PERMS);
	assert_int_equal(aas_agent_sign("agent", geteuid(), &want,
			     aas_clock_ms() + 5000, &which, sig, &len),
	    AAS_ERR_NOTFOUND);
	end(&a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FIXTURE_TEST(sshsk_key_and_signature_come_back),
		FIXTURE_TEST(agent_list_says_what_it_has),
		FIXTURE_TEST(agent_signature_is_taken_whole_or_not),
		FIXTURE_TEST(agent_conversation_ends_as_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
