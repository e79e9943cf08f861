/*
 * seeds DIR: write the binary seeds anew below DIR, a corpus folder.  For
 * whoever changes a format; `make seeds` runs it for the tree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/ceremony/msg.h"
#include "lib/frame.h"
#include "lib/record/index.h"
#include "lib/proto.h"
#include "lib/reason.h"
#include "lib/record/record.h"
#include "policy/rule.h"
#include "policy/signin/seen.h"
#include "tests/fuzz/seed.h"
#include "tests/signer.h"

static void
cred(struct aas_cred *c, const char *rp, uint8_t fill)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->rp, sizeof(c->rp), "%s", rp);
	c->alg = AAS_ALG_ES256;
	c->pk_len = 64;
	memset(c->pk, fill, 64);
	c->id_len = 16;
	memset(c->id, fill + 1, 16);
}

/* A granted verdict as fuzz_pam.c wants it. */
static void
verdict(struct aas_verdict *v, unsigned op, unsigned keys)
{
	unsigned i;

	memset(v, 0, sizeof(*v));
	v->result = AAS_GRANTED;
	v->reason = AAS_WHY_OK;
	v->op = (uint8_t)op;
	v->uid = 1000;
	v->state = AAS_ST_ENROLLED;
	memset(v->nonce, 0x42, sizeof(v->nonce));
	v->keys_n = (uint8_t)keys;
	v->uv = keys > 0;
	for (i = 0; i < keys; i++) {
		snprintf(v->label[i], AAS_LABEL_MAX, "key%u", i);
		memset(v->key[i], (int)(9 - i), sizeof(v->key[i]));
		memset(v->aaguid[i], (int)(5 - i), sizeof(v->aaguid[i]));
	}
}

static void
refusal(struct aas_verdict *v, unsigned why, unsigned state)
{
	verdict(v, AAS_OP_ASSERT, 0);
	v->result = AAS_REFUSED;
	v->reason = (uint16_t)why;
	v->state = (uint8_t)state;
	memcpy(v->text, "No.", 4);
}

/* --- proto -----------------------------------------------------------------*/

static void
proto_requests(void)
{
	static struct aas_request rq;
	int i;

	rq.op = AAS_OP_ASSERT;
	rq.flags = AAS_RQ_UV;
	rq.uid = 1000;
	rq.present = 1;
	rq.timeout_s = 60;
	memcpy(rq.user, "alice", 6);
	memcpy(rq.service, "sshd", 5);
	seed_save_part("proto", "request-assert",
	    aas_request_put(&rq, seed_part, sizeof(seed_part), &seed_part_n),
	    0);
	rq.op = AAS_OP_PROVE;
	memcpy(rq.realm, "aas.test", 9);
	for (i = 0; i < 2; i++) {
		snprintf(rq.creds[i].label, AAS_LABEL_MAX, "key%d", i);
		cred(&rq.creds[i].c, "aas.test", (uint8_t)(i + 3));
	}
	rq.creds_n = 2;
	seed_save_part("proto", "request-prove",
	    aas_request_put(&rq, seed_part, sizeof(seed_part), &seed_part_n),
	    0);
	rq.op = AAS_OP_MAKE;
	memcpy(rq.label, "third", 6);
	rq.kinds.device_bound = 1;
	rq.kinds.listed = 1;
	rq.kinds.aaguids_n = 2;
	memset(rq.kinds.aaguids, 5, 32);
	seed_save_part("proto", "request-make",
	    aas_request_put(&rq, seed_part, sizeof(seed_part), &seed_part_n),
	    0);
}

static void
proto_answers(void)
{
	static struct aas_made m;
	struct aas_proof pf = { .id_len = 16, .auth_len = 37, .sig_len = 70 };
	struct aas_verdict v;

	verdict(&v, AAS_OP_ASSERT, 2);
	seed_save_part("proto", "verdict-granted",
	    aas_verdict_put(&v, seed_part, sizeof(seed_part), &seed_part_n), 1);
	refusal(&v, AAS_WHY_NO_KEY, AAS_ST_ENROLLED);
	seed_save_part("proto", "verdict-refused",
	    aas_verdict_put(&v, seed_part, sizeof(seed_part), &seed_part_n), 1);
	seed_save_part("proto", "proof",
	    aas_proof_put(&pf, seed_part, sizeof(seed_part), &seed_part_n), 2);
	cred(&m.login, "aas.test", 3);
	cred(&m.ssh, "ssh:aas.test", 5);
	m.flags = 0x45;
	m.transports = AAS_TR_USB;
	seed_save_part("proto", "made",
	    aas_made_put(&m, seed_part, sizeof(seed_part), &seed_part_n), 3);
}

static void
proto_texts(void)
{
	static const uint8_t head[] = { 8, 'A', 'A', AAS_FRAME_VERSION,
		AAS_MSG_REPLY };
	struct aas_text t = { .text = "Touch 'blue' or 'spare'" };
	struct aas_reply r = { .serial = 3, .text = "1234" };

	seed_save_part("proto", "info",
	    aas_text_put(
		AAS_MSG_INFO, &t, seed_part, sizeof(seed_part), &seed_part_n),
	    4);
	t.serial = 3;
	seed_save_part("proto", "secret",
	    aas_text_put(
		AAS_MSG_SECRET, &t, seed_part, sizeof(seed_part), &seed_part_n),
	    5);
	seed_save_part("proto", "ask",
	    aas_text_put(
		AAS_MSG_ASK, &t, seed_part, sizeof(seed_part), &seed_part_n),
	    6);
	seed_save_part("proto", "reply",
	    aas_reply_put(&r, seed_part, sizeof(seed_part), &seed_part_n), 7);
	seed_begin(head, sizeof(head));
	seed_add(seed_part, seed_part_n);
	seed_save("proto", "frame");
}

/* --- files -----------------------------------------------------------------*/

static const char *users[] = { "alice", "bob" };
static const char *exempt[] = { "cron", "systemd-user" };
static const char *groups[] = { "staff", "users" };
static const gid_t gids[] = { 4, 1000 };
static const struct aas_net nets[] = { { { 0 }, 0 },
	{ { 0x20, 1, 0xd, 0xb8 }, 32 } };
static const struct aas_span spans[] = { { 480, 1080 } };
static const uint8_t aaguids[][16] = { { 1, 2, 3 } };
static const struct aas_blob cas[] = { { 3, (const uint8_t *)"key" } };
static const struct aas_zone_step zone[] = { { 0, 3600 }, { 1000, 7200 } };
static const struct aas_rule rules[] = {
	{ .source = "settings",
	    .name = "required_users",
	    .where = "aas.conf",
	    .mode = AAS_MODE_ENFORCE,
	    .effect = AAS_EF_REQUIRE,
	    .users = { 2, users } },
	{ .source = "settings",
	    .name = "exempt_services",
	    .where = "aas.conf",
	    .mode = AAS_MODE_ENFORCE,
	    .effect = AAS_EF_EXEMPT,
	    .services = { 2, exempt } },
	{ .source = "files",
	    .name = "staff",
	    .where = "policy.conf:3",
	    .mode = AAS_MODE_WARN,
	    .effect = AAS_EF_REQUIRE,
	    .groups = { 2, groups },
	    .gids = gids,
	    .attestable = 1,
	    .from_s = 5000,
	    .grace_s = 86400,
	    .session_s = 3600,
	    .aaguids_n = 1,
	    .aaguids = aaguids },
	{ .source = "files",
	    .name = "outside",
	    .where = "policy.conf:9",
	    .mode = AAS_MODE_OBSERVE,
	    .effect = AAS_EF_DENY,
	    .origin = AAS_OR_REMOTE,
	    .services = { 2, exempt },
	    .hosts = { 2, groups },
	    .nets_n = 2,
	    .nets = nets,
	    .spans_n = 1,
	    .spans = spans },
	{ .source = "attest",
	    .name = "a1",
	    .where = "a1.jws",
	    .mode = AAS_MODE_ENFORCE,
	    .effect = AAS_EF_ATTEST,
	    .users = { 2, users },
	    .not_before_s = 1000,
	    .not_after_s = 1700001000,
	    .evidence_services = { 1, exempt },
	    .cas_n = 1,
	    .cas = cas },
	{ .source = "files",
	    .name = "lease",
	    .where = "policy.conf:20",
	    .mode = AAS_MODE_ENFORCE,
	    .effect = AAS_EF_LEASE,
	    .users = { 1, exempt },
	    .groups = { 1, groups },
	    .gids = gids,
	    .lease_s = 3600 },
	{ .source = "files",
	    .name = "all",
	    .where = "policy.conf:30",
	    .mode = AAS_MODE_ENFORCE,
	    .effect = AAS_EF_TERMS,
	    .present = 2 },
};
static const struct aas_origin_file origin = { .path = "/etc/aas/x",
	.size = 7 };

static void
files_policy(void)
{
	struct aas_policy_source src = {
		.realm = "aas.test",
		.statedir = "/var/lib/aas",
		.rundir = "/run/aas",
		.libexecdir = "/usr/libexec/aas",
		.enrolled_min = 2,
		.present = 1,
		.uv = 1,
		.timeout_s = 60,
		.session_s = 86400,
		.idle_s = 3600,
		.reauth_s = 300,
		.degraded_s = 604800,
		.rules_n = sizeof(rules) / sizeof(rules[0]),
		.rules = rules,
		.zone_n = 2,
		.zone = zone,
		.files_n = 1,
		.files = &origin,
	};
	uint8_t *buf = NULL;

	seed_must(aas_policy_compile(&src, &buf, &seed_part_n) == 0, "policy");
	memcpy(seed_part, buf, seed_part_n);
	free(buf);
	seed_save_part("files", "policy", 0, 0x82);
}

static void
files(void)
{
	static const struct aas_user alice = { "alice", 1001, 1001 };
	static struct aas_index ix;
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	int i;

	memcpy(ix.user, "alice", 6);
	memcpy(ix.realm, "aas.test", 9);
	ix.uid = 1000;
	ix.state = AAS_ST_ENROLLED;
	ix.pin.seq = 1;
	ix.keys_n = 2;
	for (i = 0; i < 2; i++) {
		ix.keys[i].active = 1;
		ix.keys[i].backup = i == 0 ? 0 : AAS_BE | AAS_BS;
		memset(ix.keys[i].aaguid, i + 3, sizeof(ix.keys[i].aaguid));
		memset(ix.keys[i].id, i + 7, sizeof(ix.keys[i].id));
		snprintf(ix.keys[i].label, AAS_LABEL_MAX, "key%d", i);
		ix.keys[i].ssh_len = 100;
		creds[i].login.id_len = 48;
		creds[i].login.alg = i == 0 ? AAS_ALG_ES256 : AAS_ALG_EDDSA;
		creds[i].login.pk_len = i == 0 ? 64 : 32;
	}
	ix.holds_n = 1;
	seed_save_part("files", "index",
	    aas_index_put(
		&ix, creds, seed_part, sizeof(seed_part), &seed_part_n),
	    0x80);
	seed_save_part("files", "pin",
	    aas_pin_put(
		&ix.pin, &ix.pin, seed_part, sizeof(seed_part), &seed_part_n),
	    0x81);
	seed_save_part("files", "seen",
	    aas_seen_put(
		&alice, 1700000000, seed_part, sizeof(seed_part), &seed_part_n),
	    0x84);
	files_policy();
}

/* --- record ----------------------------------------------------------------*/

static void
record(void)
{
	static const uint8_t rkey[16] = "recovery key 0.";
	struct signer a, b, *by[2] = { &a, &b };
	struct aas_entry *e = calloc(1, sizeof(*e));
	struct chain c;
	char *line;

	seed_must(e != NULL, "memory");
	signer_new(&a, "blue", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&b, "spare", SIGNER_REALM, AAS_ALG_EDDSA);
	chain_init(&c, "alice", 1000);
	chain_add(&c, line = chain_genesis(&c, by, 2, rkey));
	free(line);
	seed_begin(c.p, c.len);
	seed_save("record", "genesis");
	chain_entry(&c, AAS_T_SUSPEND_KEY, e);
	seed_must(aas_key_id(&b.key.login, e->key) == 0, "key id");
	chain_add(&c, line = chain_sign(e, by, 1, NULL));
	free(line);
	seed_begin(c.p, c.len);
	seed_save("record", "suspended");
	chain_free(&c);
	signer_free(&a);
	signer_free(&b);
	free(e);
}

/* --- pam -------------------------------------------------------------------*/

static void
packet(uint8_t type)
{
	const uint8_t head[] = { (uint8_t)((seed_part_n + 4) >> 8),
		(uint8_t)(seed_part_n + 4), 'A', 'A', AAS_FRAME_VERSION, type };

	seed_add(head, sizeof(head));
	seed_add(seed_part, seed_part_n);
}

static void
packet_verdict(const struct aas_verdict *v)
{
	seed_must(
	    aas_verdict_put(v, seed_part, sizeof(seed_part), &seed_part_n) == 0,
	    "verdict");
	packet(AAS_MSG_VERDICT);
}

static void
packet_text(uint8_t type, const char *text)
{
	struct aas_text t = { .serial = type >= AAS_MSG_SECRET };

	snprintf(t.text, sizeof(t.text), "%s", text);
	seed_must(aas_text_put(type, &t, seed_part, sizeof(seed_part),
		      &seed_part_n) == 0,
	    text);
	packet(type);
}

/* Flags, state, seed of failures; then one verdict. */
static void
pam(const char *name, const uint8_t how[3], const struct aas_verdict *v)
{
	static const uint8_t talk = 0xbf;

	seed_begin(how, 3);
	seed_add(&talk, 1);
	packet_verdict(v);
	seed_save("pam", name);
}

static void
pam_dialogs(void)
{
	static const uint8_t pin[4] = { 0x20, 3, 0, 0xbf };
	static const uint8_t far[4] = { 0x2a, 3, 0, 0xbf };
	static const uint8_t again[4] = { 0x60, 3, 0, 0xbf };
	struct aas_verdict v;

	verdict(&v, AAS_OP_ASSERT, 1);
	seed_begin(pin, sizeof(pin));
	packet_text(AAS_MSG_INFO, "Touch 'blue' or 'spare'");
	packet_text(AAS_MSG_SECRET, "PIN for 'blue': ");
	packet_text(AAS_MSG_ERROR, "Wrong");
	packet_verdict(&v);
	seed_save("pam", "pin");
	seed_begin(far, sizeof(far));
	packet_text(AAS_MSG_ASK, "Press Enter");
	packet_verdict(&v);
	seed_save("pam", "remote-allowed");
	seed_begin(again, sizeof(again));
	verdict(&v, AAS_OP_VERIFY, 0);
	packet_verdict(&v);
	seed_add("\0\0", 2);
	verdict(&v, AAS_OP_ASSERT, 1);
	packet_verdict(&v);
	seed_save("pam", "verify-first");
}

static void
pam_verdicts(void)
{
	static const struct {
		const char *name;
		uint8_t how[3];
		unsigned keys;
	} seeds[] = {
		{ "granted", { 0x20, AAS_ST_ENROLLED, 0 }, 1 },
		{ "granted-failing", { 0x20, AAS_ST_ENROLLED, 7 }, 1 },
		{ "granted-no-random", { 0x20, AAS_ST_ENROLLED, 255 }, 1 },
		{ "granted-locker", { 0x21, AAS_ST_ENROLLED, 0 }, 1 },
		{ "granted-remote", { 0x22, AAS_ST_ENROLLED, 0 }, 1 },
		{ "granted-two", { 0x30, AAS_ST_ENROLLED, 0 }, 2 },
		{ "degraded", { 0x20, AAS_ST_DEGRADED, 9 }, 1 },
		{ "no-record", { 0x20, AAS_ST_NONE, 0 }, 1 },
		{ "no-record-required", { 0xa0, AAS_ST_NONE, 5 }, 1 },
	};
	static const uint8_t locker[3] = { 0x01, AAS_ST_ENROLLED, 0 };
	static const uint8_t plain[3] = { 0x20, AAS_ST_ENROLLED, 0 };
	struct aas_verdict v;
	size_t i;

	for (i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		verdict(&v, AAS_OP_ASSERT, seeds[i].keys);
		pam(seeds[i].name, seeds[i].how, &v);
	}
	refusal(&v, AAS_WHY_NOT_ENROLLED, AAS_ST_NONE);
	pam("locker-not-enrolled", locker, &v);
	refusal(&v, AAS_WHY_NO_KEY, AAS_ST_ENROLLED);
	pam("refused", plain, &v);
}

/* --- ceremony ------------------------------------------------------------*/

/* The authenticator data of a new credential, an ES256 or an EdDSA key. */
static void
ceremony_made(const char *name, int32_t alg)
{
	static const uint8_t es256[] = { 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21,
		0x58, 0x20 };
	static const uint8_t eddsa[] = { 0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21,
		0x58, 0x20 };
	static const uint8_t head[] = { 0x45, 0, 0, 0, 9 };
	uint8_t hash[32], len[2] = { 0, 64 };
	struct signer s;

	signer_new(&s, "blue", SIGNER_REALM, alg);
	seed_must(aas_sha256(SIGNER_REALM, strlen(SIGNER_REALM), NULL, 0, NULL,
		      0, hash) == 0,
	    name);
	seed_begin("\2", 1);
	seed_add(hash, sizeof(hash));
	seed_add(head, sizeof(head));
	seed_add("0123456789abcdef", 16);
	seed_add(len, sizeof(len));
	seed_add(s.key.login.id, s.key.login.id_len);
	seed_add(alg == AAS_ALG_EDDSA ? eddsa : es256, sizeof(es256));
	seed_add(s.key.login.pk, 32);
	if (alg == AAS_ALG_ES256) {
		seed_add("\x22\x58\x20", 3);
		seed_add(s.key.login.pk + 32, 32);
	}
	seed_save("ceremony", name);
	signer_free(&s);
}

static void
ceremony(void)
{
	static struct aas_io_result r;
	static struct aas_io_job j;

	r.op = AAS_IO_ASSERT;
	r.end = AAS_IO_DONE;
	r.match = 1;
	r.proof.auth_len = 37;
	r.proof.sig_len = 70;
	seed_save_part("ceremony", "result",
	    aas_io_result_put(&r, seed_part, sizeof(seed_part), &seed_part_n),
	    0);
	j.op = AAS_IO_ASSERT;
	j.timeout_ms = 1000;
	snprintf(j.rp, sizeof(j.rp), "%s", SIGNER_REALM);
	j.ids_n = 2;
	j.ids[0].len = j.ids[1].len = 16;
	seed_must(aas_secret_set(&j.pin, "1234", 4) == 0, "job");
	seed_save_part("ceremony", "job",
	    aas_io_job_put(&j, seed_part, sizeof(seed_part), &seed_part_n), 1);
	ceremony_made("made-es256", AAS_ALG_ES256);
	ceremony_made("made-eddsa", AAS_ALG_EDDSA);
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIR\n");
		return 2;
	}
	seed_top = argv[1];
	proto_requests();
	proto_answers();
	proto_texts();
	files();
	record();
	pam_dialogs();
	pam_verdicts();
	ceremony();
	return 0;
}
