/*
 * What a worker says: a plugin lives in it, so to its parent every byte is
 * hostile.  The first byte chooses: one message of a kind, or the whole
 * stream as the parent hears it.
 *
 * fuzz-wrap: aas_groups_gid
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fs.h"
#include "policy/source/wire.h"
#include "tests/fuzz/fuzz.h"

/* How it hears is private. */
#include "policy/source/gather.c"

#define PACKET 65536

static uint8_t out[AAS_PW_MSG_MAX];
static struct aas_pw_room room;

int __wrap_aas_groups_gid(void *g, const char *name, gid_t *gid);

int
__wrap_aas_groups_gid(void *g, const char *name, gid_t *gid)
{
	(void)g;
	if (name[0] == 'x')
		return AAS_ERR_NOTFOUND;
	if (name[0] == 'y')
		return AAS_ERR_SYS;
	*gid = (gid_t)strlen(name);
	return AAS_OK;
}

/* What was read is written as the same bytes. */
static void
same(const struct aas_wr *w, const uint8_t *p, size_t len)
{
	size_t n = 0;

	FUZZ_REQUIRE(aas_wr_end(w, &n) == AAS_OK);
	FUZZ_REQUIRE(n == len && memcmp(out, p, n) == 0);
}

static void
one_rule(const uint8_t *p, size_t len)
{
	struct aas_plugin_rule m;
	struct aas_wr w;

	if (aas_pw_rule_get(p, len, &room, &m) != AAS_OK)
		return;
	aas_wr_init(&w, out, sizeof(out));
	aas_pw_rule_put(&w, &m);
	same(&w, p, len);
}

static void
one_other(const uint8_t *p, size_t len)
{
	struct aas_pw_report rp;
	struct aas_origin_file f;
	struct aas_pw_query q;
	struct aas_wr w;
	int status = 0;

	aas_wr_init(&w, out, sizeof(out));
	if (aas_pw_report_get(p, len, &rp) == AAS_OK) {
		aas_pw_report_put(&w, &rp);
		same(&w, p, len);
	}
	aas_wr_init(&w, out, sizeof(out));
	if (aas_pw_file_get(p, len, &f) == AAS_OK) {
		FUZZ_REQUIRE(f.path[0] == '/' && f.size >= -1);
		aas_pw_file_put(&w, &f);
		same(&w, p, len);
	}
	aas_wr_init(&w, out, sizeof(out));
	if (aas_pw_query_get(p, len, &room, &q) == AAS_OK) {
		aas_pw_query_put(&w, &q);
		same(&w, p, len);
	}
	if (aas_pw_end_get(p, len, &status) == AAS_OK)
		FUZZ_REQUIRE(status >= 1 && status <= 4);
}

/* All of it, in packets, and then the end. */
static void
stream(const uint8_t *p, size_t len)
{
	struct aas_gathered got;
	struct run run = { .out = &got, .room = &room };
	struct aas_source_answer a = { .name = "fuzz" };
	struct asking k = { .run = &run, .a = &a };
	struct aas_pw pw;
	int sv[2];
	int status = 0;
	int r;

	if (len > PACKET)
		return;
	memset(&got, 0, sizeof(got));
	FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == 0);
	FUZZ_REQUIRE(aas_arena_new(&got.arena) == AAS_OK);
	FUZZ_REQUIRE(aas_pw_init(&pw, sv[0], aas_clock_ms() + 60000) == AAS_OK);
	for (size_t n = 0; len > 0; len -= n, p += n) {
		n = len > 1000 ? 1000 : len;
		FUZZ_REQUIRE(send(sv[1], p, n, 0) == (ssize_t)n);
	}
	(void)close(sv[1]);
	r = listen_to(&k, &pw, &status);
	FUZZ_REQUIRE(r != AAS_ERR_TIMEOUT && r != AAS_ERR_NOMEM);
	FUZZ_REQUIRE(r != AAS_OK || (status >= 1 && status <= 4));
	for (size_t i = 0; i < got.rules_n; i++) {
		FUZZ_REQUIRE(got.rules[i].effect != 0);
		FUZZ_REQUIRE(strcmp(got.rules[i].source, "fuzz") == 0);
	}
	for (size_t i = 0; i < k.text_len; i++)
		FUZZ_REQUIRE(
		    k.text[i] == '\n' || (unsigned char)k.text[i] >= 0x20);
	free(k.text);
	(void)close(sv[0]);
	aas_pw_free(&pw);
	aas_gathered_free(&got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	if (len < 1)
		return 0;
	switch (p[0] % 3) {
	case 0:
		one_rule(p + 1, len - 1);
		break;
	case 1:
		one_other(p + 1, len - 1);
		break;
	default:
		stream(p + 1, len - 1);
		break;
	}
	return 0;
}
