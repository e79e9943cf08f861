#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/b64.h"
#include "lib/err.h"
#include "lib/record/record.h"
#include "lib/record/recovery.h"
#include "tests/fixture.h"
#include "tests/signer.h"

static struct signer a, b, c, d;
static const uint8_t rkey[16] = { 0x42 };

static int
group_setup(void **state)
{
	(void)state;
	signer_new(&a, "blue", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&b, "spare", SIGNER_REALM, AAS_ALG_EDDSA);
	signer_new(&c, "third", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&d, "fourth", SIGNER_REALM, AAS_ALG_EDDSA);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	signer_free(&a);
	signer_free(&b);
	signer_free(&c);
	signer_free(&d);
	return 0;
}

static int
load_bytes(const void *p, size_t len, int verify, unsigned *line)
{
	struct aas_record *rec = NULL;
	int r = aas_record_load(p, len, verify, &rec, line);

	if (r != AAS_OK)
		assert_null(rec);
	aas_record_free(&rec);
	return r;
}

/* Does the chain with this line (freed) load? */
static int
try_line(const struct chain *ch, char *line)
{
	size_t n = strlen(line);
	char *p = malloc(ch->len + n + 1);
	int r = 0;

	assert_non_null(p);
	if (ch->len > 0)
		memcpy(p, ch->p, ch->len);
	memcpy(p + ch->len, line, n + 1);
	r = load_bytes(p, ch->len + n, 1, NULL);
	free(p);
	free(line);
	return r;
}

static void
start(struct chain *ch)
{
	struct signer *by[] = { &a, &b };
	char *line = NULL;

	chain_init(ch, "alice", 1000);
	line = chain_genesis(ch, by, 2, rkey);
	chain_add(ch, line);
	free(line);
}

static struct aas_entry *
fresh(const struct chain *ch, enum aas_type type)
{
	static struct aas_entry e;

	chain_entry(ch, type, &e);
	return &e;
}

static struct aas_entry *
genesis_of(
    const struct chain *ch, const struct signer *x, const struct signer *y)
{
	struct aas_entry *e = fresh(ch, AAS_T_GENESIS);

	e->keys_n = 2;
	e->keys[0] = x->key;
	e->keys[1] = y->key;
	return e;
}

/* --- genesis ------------------------------------------------------------- */

static void
record_genesis_of_two_keys_loads(void **state)
{
	struct chain ch;
	struct aas_record *rec = NULL;
	unsigned line = 9;

	(void)state;
	start(&ch);
	assert_int_equal(aas_record_load(ch.p, ch.len, 1, &rec, &line), AAS_OK);
	assert_int_equal(line, 1);
	assert_string_equal(rec->user, "alice");
	assert_int_equal(rec->uid, 1000);
	assert_string_equal(rec->realm, SIGNER_REALM);
	assert_int_equal(rec->keys_n, 2);
	assert_int_equal(aas_record_active(rec), 2);
	assert_memory_equal(
	    &rec->keys[0].login, &a.key.login, sizeof(a.key.login));
	assert_memory_equal(&rec->keys[1].ssh, &b.key.ssh, sizeof(b.key.ssh));
	assert_memory_equal(rec->keys[0].aaguid, a.key.aaguid, 16);
	assert_int_equal(rec->keys[0].transports, AAS_TR_USB);
	assert_int_equal(rec->keys[0].roaming, 1);
	assert_int_equal(rec->recovery_wait_s, 48 * 3600);
	assert_memory_equal(&rec->pin, &ch.pin, sizeof(ch.pin));
	aas_record_free(&rec);
	chain_free(&ch);
}

static void
record_genesis_needs_a_proof_by_every_key(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &b, &c };
	struct signer *twice[] = { &a, &a };

	(void)state;
	chain_init(&ch, "alice", 1000);
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &b), by, 1, NULL)),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &b), by, 0, NULL)),
	    AAS_ERR_DENIED);
	/* One key twice is not two; a third nobody named is too many. */
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &b), twice, 2, NULL)),
	    AAS_ERR_CRYPTO);
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &b), by, 3, NULL)),
	    AAS_ERR_CRYPTO);
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &b), by, 2, rkey)),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &b), by, 2, NULL)),
	    AAS_OK);
}

static void
record_f48_the_same_key_is_not_two(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &b };
	struct aas_entry *e = NULL;
	struct signer copy = a;

	(void)state;
	chain_init(&ch, "alice", 1000);
	/* The very same key under another label. */
	memcpy(copy.key.label, "other", 6);
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &copy), by, 1, NULL)),
	    AAS_ERR_DENIED);
	/* The same public key under another credential id, with its proof. */
	copy.key.login.id[0] ^= 1;
	copy.key.ssh = c.key.ssh;
	by[1] = &copy;
	assert_int_equal(
	    try_line(&ch, chain_sign(genesis_of(&ch, &a, &copy), by, 2, NULL)),
	    AAS_ERR_DENIED);
	/* The SSH credential of one is that of the other; the same label. */
	by[1] = &b;
	e = genesis_of(&ch, &a, &b);
	e->keys[1].ssh = a.key.ssh;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_DENIED);
	e = genesis_of(&ch, &a, &b);
	memcpy(e->keys[1].label, "blue", 5);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_DENIED);
	/* Login and SSH are one credential. */
	e = genesis_of(&ch, &a, &b);
	e->keys[1].ssh = b.key.login;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_DENIED);
}

static void
record_genesis_needs_a_roaming_key_and_uv(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &b };
	struct aas_entry *e = NULL;

	(void)state;
	chain_init(&ch, "alice", 1000);
	e = genesis_of(&ch, &a, &b);
	e->keys[0].roaming = e->keys[1].roaming = 0;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_DENIED);
	e->keys[1].roaming = 1;
	assert_int_equal(try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_OK);
	a.flags = AAS_AD_UP;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_CRYPTO);
	a.flags = AAS_AD_UV;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_CRYPTO);
	/* A key that was not to be copied says it is now. */
	a.flags = AAS_AD_UP | AAS_AD_UV | AAS_AD_BE;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_CRYPTO);
	a.flags = AAS_AD_UP | AAS_AD_UV;
	e->keys_n = 1;
	e->keys[0].roaming = 1;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_ERR_DENIED);
}

static void
record_f55_a_key_that_is_no_point_is_refused(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &b };
	struct aas_entry *e = NULL;

	(void)state;
	chain_init(&ch, "alice", 1000);
	e = genesis_of(&ch, &a, &b);
	e->keys[0].ssh.pk[5] ^= 1;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_CRYPTO);
	e = genesis_of(&ch, &a, &b);
	memset(e->keys[1].ssh.pk, 0, 32);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_CRYPTO);
	e = genesis_of(&ch, &a, &b);
	e->recovery_n = 1; /* all zero: anybody could sign for it */
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 2, NULL)), AAS_ERR_CRYPTO);
}

/* --- links --------------------------------------------------------------- */

static void
record_links_hold_the_chain_together(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &b };
	struct aas_entry *e = NULL;

	(void)state;
	start(&ch);
	e = fresh(&ch, AAS_T_LOCK);
	e->prev[0] ^= 1;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_ERR_CRYPTO);
	e = fresh(&ch, AAS_T_LOCK);
	e->seq = 3;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_ERR_FORMAT);
	e = fresh(&ch, AAS_T_LOCK);
	e->uid = 1001;
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_ERR_FORMAT);
	e = fresh(&ch, AAS_T_LOCK);
	memcpy(e->user, "bob", 4);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_ERR_FORMAT);
	e = fresh(&ch, AAS_T_LOCK);
	memcpy(e->realm, "evil.example.org", 17);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_ERR_FORMAT);
	/* A second genesis is no entry; nor is a chain without a first. */
	assert_int_equal(try_line(&ch, strdup(ch.p)), AAS_ERR_FORMAT);
	e = fresh(&ch, AAS_T_LOCK);
	assert_int_equal(try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_OK);
	chain_free(&ch);
	chain_init(&ch, "alice", 1000);
	e = fresh(&ch, AAS_T_LOCK);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, by, 1, NULL)), AAS_ERR_FORMAT);
}

static void
record_no_assertion_serves_two_entries(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &b };
	char *first = NULL;
	char *second = NULL;
	char *mixed = NULL;
	size_t head = 0;

	(void)state;
	start(&ch);
	first = chain_sign(fresh(&ch, AAS_T_LOCK), by, 2, NULL);
	chain_add(&ch, first);
	second = chain_sign(fresh(&ch, AAS_T_UNLOCK), by, 2, NULL);
	/* The payload of the second with the proofs of the first. */
	head = (size_t)(strchr(second + 5, ' ') - second);
	mixed = malloc(strlen(first) + strlen(second));
	memcpy(mixed, second, head);
	strcpy(mixed + head, strchr(first + 5, ' '));
	assert_int_equal(try_line(&ch, mixed), AAS_ERR_CRYPTO);
	/* The first line once more. */
	assert_int_equal(try_line(&ch, first), AAS_ERR_FORMAT);
	assert_int_equal(try_line(&ch, second), AAS_OK);
	chain_free(&ch);
}

static void
record_a_key_that_was_never_named_signs_nothing(void **state)
{
	struct chain ch;
	struct signer *by[] = { &c, &a };

	(void)state;
	start(&ch);
	assert_int_equal(
	    try_line(&ch, chain_sign(fresh(&ch, AAS_T_LOCK), by, 1, NULL)),
	    AAS_ERR_CRYPTO);
	assert_int_equal(
	    try_line(&ch, chain_sign(fresh(&ch, AAS_T_LOCK), by, 2, NULL)),
	    AAS_ERR_CRYPTO);
	assert_int_equal(
	    try_line(&ch, chain_sign(fresh(&ch, AAS_T_LOCK), by, 0, NULL)),
	    AAS_ERR_DENIED);
	chain_free(&ch);
}

/* --- add, remove, weak --------------------------------------------------- */

static struct aas_entry *
adding(const struct chain *ch, const struct signer *s)
{
	struct aas_entry *e = fresh(ch, AAS_T_ADD_KEY);

	e->keys_n = 1;
	e->keys[0] = s->key;
	return e;
}

static void
record_add_key_carries_the_new_keys_assertion(void **state)
{
	struct chain ch;
	struct signer *two[] = { &a, &b };
	struct signer *three[] = { &a, &b, &c };
	struct aas_record *rec = NULL;
	char *line = NULL;

	(void)state;
	start(&ch);
	assert_int_equal(
	    try_line(&ch, chain_sign(adding(&ch, &c), two, 2, NULL)),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    try_line(&ch, chain_sign(adding(&ch, &c), three + 2, 1, NULL)),
	    AAS_ERR_DENIED);
	/* One that is there already. */
	assert_int_equal(
	    try_line(&ch, chain_sign(adding(&ch, &b), two, 2, NULL)),
	    AAS_ERR_DENIED);
	line = chain_sign(adding(&ch, &c), three, 3, NULL);
	chain_add(&ch, line);
	free(line);
	assert_int_equal(aas_record_load(ch.p, ch.len, 1, &rec, NULL), AAS_OK);
	assert_int_equal(rec->keys_n, 3);
	assert_int_equal(rec->keys[2].added_seq, 2);
	assert_int_equal(rec->pending_n, 0);
	aas_record_free(&rec);
	chain_free(&ch);
}

static void
record_weak_entry_has_no_effect_by_itself(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &c };
	struct aas_record *rec = NULL;
	char *line = NULL;

	(void)state;
	start(&ch);
	line = chain_sign(adding(&ch, &c), by, 2, NULL);
	chain_add(&ch, line);
	free(line);
	assert_int_equal(aas_record_load(ch.p, ch.len, 1, &rec, NULL), AAS_OK);
	assert_int_equal(aas_record_active(rec), 2);
	assert_int_equal(rec->keys_n, 3);
	assert_int_equal(rec->keys[2].held, 1);
	assert_int_equal(rec->keys[2].suspended, 1);
	assert_int_equal(rec->pending_n, 1);
	assert_int_equal(rec->pending[0].weak, 1);
	assert_int_equal(rec->pending[0].seq, 2);
	assert_int_equal(rec->pending[0].type, AAS_T_ADD_KEY);
	aas_record_free(&rec);
	chain_free(&ch);
}

/* ${type} about ${s} at the end of the chain, by these, and added to it. */
static void
extend(struct chain *ch, enum aas_type type, const struct signer *s,
    struct signer *const *by, size_t n)
{
	struct aas_entry *e =
	    type == AAS_T_ADD_KEY ? adding(ch, s) : fresh(ch, type);
	char *line = NULL;

	assert_int_equal(aas_key_id(&s->key.login, e->key), AAS_OK);
	line = chain_sign(e, by, n, NULL);
	chain_add(ch, line);
	free(line);
	assert_int_equal(load_bytes(ch->p, ch->len, 1, NULL), AAS_OK);
}

static void
record_one_bad_signer_spoils_the_entry(void **state)
{
	struct chain ch;
	struct signer *abc[] = { &a, &b, &c };
	struct signer *good[] = { &a };
	struct signer *with_c[] = { &a, &c };
	struct signer *with_d[] = { &a, &d };

	(void)state;
	start(&ch);
	/* c comes and goes; d waits; b is suspended. */
	extend(&ch, AAS_T_ADD_KEY, &c, abc, 3);
	extend(&ch, AAS_T_REMOVE_KEY, &c, abc, 2);
	extend(&ch, AAS_T_ADD_KEY, &d, with_d, 2);
	extend(&ch, AAS_T_SUSPEND_KEY, &b, abc, 1);
#define BY(who, n, rk) \
	try_line(&ch, chain_sign(fresh(&ch, AAS_T_LOCK), who, n, rk))
	assert_int_equal(BY(good, 1, NULL), AAS_OK);
	assert_int_equal(BY(abc, 2, NULL), AAS_ERR_DENIED);
	assert_int_equal(BY(abc + 1, 1, NULL), AAS_ERR_DENIED);
	assert_int_equal(BY(with_c, 2, NULL), AAS_ERR_DENIED);
	assert_int_equal(BY(with_d, 2, NULL), AAS_ERR_DENIED);
	assert_int_equal(BY(good, 1, rkey), AAS_ERR_DENIED);
#undef BY
	chain_free(&ch);
}

static void
record_add_key_takes_no_stranger_along(void **state)
{
	struct chain ch;
	struct signer *all[] = { &a, &b, &c };
	struct aas_entry *e = NULL;

	(void)state;
	start(&ch);
	/* The new key's assertion where none belongs. */
	e = fresh(&ch, AAS_T_SUSPEND_KEY);
	assert_int_equal(aas_key_id(&a.key.login, e->key), AAS_OK);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, all, 3, NULL)), AAS_ERR_CRYPTO);
	/* Recovery keys alike, and a recovery that nobody started. */
	e = fresh(&ch, AAS_T_RECOVERY_START);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, all, 1, rkey)), AAS_ERR_DENIED);
	assert_int_equal(
	    try_line(&ch, chain_sign(e, all, 0, NULL)), AAS_ERR_DENIED);
	assert_int_equal(try_line(&ch, chain_sign(e, all, 0, rkey)), AAS_OK);
	chain_free(&ch);
}

static void
record_release_takes_effect_after_its_entry(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a, &c };
	struct aas_record *rec = NULL;
	struct aas_hold hold = { .release = 2 };
	struct aas_replay rp = {
		.verify_from = 1, .holds = &hold, .holds_n = 1
	};
	char *line = NULL;

	(void)state;
	start(&ch);
	line = chain_sign(adding(&ch, &c), by, 2, NULL);
	chain_add(&ch, line);
	free(line);
	memcpy(hold.hash, ch.pin.head, 32);
	line = chain_sign(fresh(&ch, AAS_T_LOCK), by + 1, 1, NULL);
	chain_add(&ch, line);
	free(line);
	assert_int_equal(
	    aas_record_replay(ch.p, ch.len, &rp, &rec, NULL), AAS_OK);
	assert_int_equal(aas_record_active(rec), 3);
	assert_int_equal(rec->locked, 1);
	aas_record_free(&rec);
	/* Released only after entry 3: who signed that was no key yet. */
	hold.release = 3;
	assert_int_equal(
	    aas_record_replay(ch.p, ch.len, &rp, &rec, NULL), AAS_ERR_DENIED);
	/* Where the pin vouches for it, it merely has no effect. */
	rp.verify_from = 4;
	assert_int_equal(
	    aas_record_replay(ch.p, ch.len, &rp, &rec, NULL), AAS_OK);
	assert_int_equal(rec->locked, 0);
	assert_int_equal(aas_record_active(rec), 3);
	aas_record_free(&rec);
	chain_free(&ch);
}

static void
record_pin_must_be_on_the_chain(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a };
	struct aas_record *rec = NULL;
	struct aas_pin pin;
	struct aas_replay rp = { .verify_from = 1, .pin = &pin };
	char *line = NULL;

	(void)state;
	start(&ch);
	pin = ch.pin;
	line = chain_sign(fresh(&ch, AAS_T_LOCK), by, 1, NULL);
	chain_add(&ch, line);
	free(line);
	assert_int_equal(
	    aas_record_replay(ch.p, ch.len, &rp, &rec, NULL), AAS_OK);
	aas_record_free(&rec);
	pin.head[3] ^= 1;
	assert_int_equal(
	    aas_record_replay(ch.p, ch.len, &rp, &rec, NULL), AAS_ERR_ROLLBACK);
	pin = ch.pin;
	pin.genesis[3] ^= 1;
	assert_int_equal(
	    aas_record_replay(ch.p, ch.len, &rp, &rec, NULL), AAS_ERR_ROLLBACK);
	pin = ch.pin;
	pin.seq = 3;
	assert_int_equal(
	    aas_record_replay(ch.p, ch.len, &rp, &rec, NULL), AAS_ERR_ROLLBACK);
	chain_free(&ch);
}

static void
record_credential_id_keeps_its_public_key(void **state)
{
	struct chain ch;
	struct signer *three[] = { &a, &b, &c };
	struct signer *back[] = { &a, &b, &d };
	struct signer copy = d;
	struct aas_entry *e = NULL;
	char *line = NULL;

	(void)state;
	start(&ch);
	line = chain_sign(adding(&ch, &c), three, 3, NULL);
	chain_add(&ch, line);
	free(line);
	e = fresh(&ch, AAS_T_REMOVE_KEY);
	assert_int_equal(aas_key_id(&c.key.login, e->key), AAS_OK);
	line = chain_sign(e, three, 2, NULL);
	chain_add(&ch, line);
	free(line);
	/* The removed one may come back as it was ... */
	assert_int_equal(
	    try_line(&ch, chain_sign(adding(&ch, &c), three, 3, NULL)), AAS_OK);
	/* ... but its credential id is not for another key. */
	memcpy(copy.key.login.id, c.key.login.id, 64);
	back[2] = &copy;
	assert_int_equal(
	    try_line(&ch, chain_sign(adding(&ch, &copy), back, 3, NULL)),
	    AAS_ERR_DENIED);
	chain_free(&ch);
}

/* --- signed out ---------------------------------------------------------- */

static void
expect_out(const struct chain *ch, const struct aas_replay *rp, uint64_t seq,
    enum aas_type type, int locked)
{
	struct aas_record *rec = NULL;

	assert_int_equal(
	    aas_record_replay(ch->p, ch->len, rp, &rec, NULL), AAS_OK);
	assert_int_equal(rec->out_seq, seq);
	assert_int_equal(rec->out_type, type);
	assert_int_equal(rec->locked, locked);
	aas_record_free(&rec);
}

static void
put_entry(struct chain *ch, const struct aas_entry *e, struct signer **by,
    size_t n, const uint8_t *rk)
{
	char *line = chain_sign(e, by, n, rk);

	chain_add(ch, line);
	free(line);
}

static void
record_signs_out_by_enrolment_lock_and_recovery(void **state)
{
	const struct aas_replay rp = { .verify_from = 1 };
	struct signer *ab[] = { &a, &b };
	struct signer *cd[] = { &c, &d };
	struct chain ch;
	struct aas_entry *e = NULL;

	(void)state;
	start(&ch);
	expect_out(&ch, &rp, 1, AAS_T_GENESIS, 0);
	put_entry(&ch, fresh(&ch, AAS_T_LOCK), ab, 1, NULL);
	expect_out(&ch, &rp, 1, AAS_T_GENESIS, 1);
	put_entry(&ch, fresh(&ch, AAS_T_UNLOCK), ab, 2, NULL);
	e = fresh(&ch, AAS_T_LOCK);
	e->end = 1;
	put_entry(&ch, e, ab, 1, NULL);
	expect_out(&ch, &rp, 4, AAS_T_LOCK, 1);
	/* A recovery gets out of it. */
	put_entry(&ch, fresh(&ch, AAS_T_RECOVERY_START), NULL, 0, rkey);
	expect_out(&ch, &rp, 4, AAS_T_LOCK, 1);
	e = fresh(&ch, AAS_T_RECOVERY_FINISH);
	e->keys_n = 2;
	e->keys[0] = c.key;
	e->keys[1] = d.key;
	e->recovery_n = 1;
	memset(e->recovery[0], 7, 32);
	put_entry(&ch, e, cd, 2, rkey);
	expect_out(&ch, &rp, 6, AAS_T_RECOVERY_FINISH, 0);
	chain_free(&ch);
}

/* Who signed in while it waited is signed out too. */
static void
record_lock_that_was_held_signs_out_at_its_release(void **state)
{
	struct signer *ab[] = { &a, &b };
	struct aas_hold hold = { .release = 3 };
	struct aas_replay rp = {
		.verify_from = 1, .holds = &hold, .holds_n = 1
	};
	struct chain ch;
	struct aas_entry *e = NULL;

	(void)state;
	start(&ch);
	e = fresh(&ch, AAS_T_LOCK);
	e->end = 1;
	put_entry(&ch, e, ab, 1, NULL);
	memcpy(hold.hash, ch.pin.head, 32);
	put_entry(&ch, fresh(&ch, AAS_T_SET_CONTACTS), ab, 1, NULL);
	expect_out(&ch, &rp, 4, AAS_T_LOCK, 1);
	chain_free(&ch);
}

/* --- s6: torn and flipped ------------------------------------------------ */

static void
record_f6_pam_u2f_1_2_1_truncated_anywhere_is_refused(void **state)
{
	struct chain ch;
	struct signer *by[] = { &a };
	char *line = NULL;
	size_t first = 0;

	(void)state;
	start(&ch);
	first = ch.len;
	line = chain_sign(fresh(&ch, AAS_T_LOCK), by, 1, NULL);
	chain_add(&ch, line);
	free(line);
	for (size_t n = 0; n < ch.len; n++) {
		/* At the end of a line it is the shorter chain: the pin's. */
		if (n != first)
			assert_int_not_equal(
			    load_bytes(ch.p, n, 0, NULL), AAS_OK);
	}
	chain_free(&ch);
}

static void
record_s6_each_flipped_bit_changes_nothing_or_is_refused(void **state)
{
	struct chain ch;
	struct aas_record *rec = NULL;

	(void)state;
	start(&ch);
	for (size_t i = 0; i < ch.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			ch.p[i] = (char)(ch.p[i] ^ (1 << bit));
			/* Without a proof checked, the head still tells. */
			if (aas_record_load(ch.p, ch.len, 0, &rec, NULL) ==
			    AAS_OK) {
				assert_memory_not_equal(
				    rec->pin.head, ch.pin.head, 32);
				aas_record_free(&rec);
			}
			/* And every eighth byte in full. */
			if (i % 8 == bit)
				assert_int_not_equal(
				    load_bytes(ch.p, ch.len, 1, NULL), AAS_OK);
			ch.p[i] = (char)(ch.p[i] ^ (1 << bit));
		}
	}
	assert_int_equal(load_bytes(ch.p, ch.len, 1, NULL), AAS_OK);
	chain_free(&ch);
}

static void
record_bounds_hold(void **state)
{
	char *big = malloc(AAS_RECORD_MAX + 2);
	unsigned line = 0;

	(void)state;
	memset(big, 'a', AAS_RECORD_MAX + 1);
	assert_int_equal(
	    load_bytes(big, AAS_RECORD_MAX + 1, 1, &line), AAS_ERR_TOOBIG);
	assert_int_equal(
	    load_bytes(big, AAS_LINE_MAX + 1, 1, &line), AAS_ERR_TOOBIG);
	assert_int_equal(line, 1);
	assert_int_equal(load_bytes(big, 100, 1, &line), AAS_ERR_FORMAT);
	assert_int_equal(load_bytes("", 0, 1, &line), AAS_ERR_FORMAT);
	free(big);
}

/* --- the JSON ------------------------------------------------------------ */

/* A line of these two texts, without any care for what they say. */
static int
load_json(const char *payload, const char *proofs)
{
	size_t n = AAS_B64_TEXT(strlen(payload)) + AAS_B64_TEXT(strlen(proofs));
	char *line = malloc(n + 8);
	size_t at = 5;
	int r = 0;

	memcpy(line, "aas1 ", 5);
	aas_b64_format(payload, strlen(payload), line + at);
	at += strlen(line + at);
	line[at++] = ' ';
	aas_b64_format(proofs, strlen(proofs), line + at);
	at += strlen(line + at);
	line[at++] = '\n';
	r = load_bytes(line, at, 0, NULL);
	free(line);
	return r;
}

/* ${text} with the first ${from} replaced; malloc. */
static char *
change(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *s = malloc(strlen(text) + strlen(to) + 1);

	assert_non_null(at);
	memcpy(s, text, (size_t)(at - text));
	strcpy(s + (at - text), to);
	strcat(s, at + strlen(from));
	return s;
}

#define PROOFS "{\"fido\":[]}"

/* A change of one member that must cost the whole entry. */
static const struct {
	const char *from, *to;
} bad_json[] = {
	{ "\"seq\":1", "\"seq\":0" },
	{ "\"seq\":1", "\"seq\":-1" },
	{ "\"seq\":1", "\"seq\":1.0" },
	{ "\"seq\":1", "\"seq\":\"1\"" },
	{ "\"seq\":1", "\"seq\":true" },
	{ "\"seq\":1", "\"seq\":99999999999999999999" },
	{ "\"seq\":1", "\"seq\":1,\"seq\":1" },
	{ "\"seq\":1,", "" },
	{ "\"seq\":1", "\"seq\":1,\"extra\":1" },
	{ "\"prev\":\"0", "\"prev\":\"" },
	{ "\"prev\":\"0", "\"prev\":\"A" },
	{ "\"prev\":\"0", "\"prev\":\"00" },
	{ "\"user\":\"alice\"", "\"user\":\"../x\"" },
	{ "\"user\":\"alice\"", "\"user\":\"\"" },
	{ "\"user\":\"alice\"", "\"user\":\"a\\u0000b\"" },
	{ "\"user\":\"alice\"", "\"user\":[\"alice\"]" },
	{ "\"uid\":1000", "\"uid\":4294967295" },
	{ "\"uid\":1000", "\"uid\":-1" },
	{ "\"realm\":\"login", "\"realm\":\"Login" },
	{ "\"realm\":\"login", "\"realm\":\"-login" },
	{ "\"host\":\"host1\"", "\"host\":\"a b\"" },
	{ "\"host\":\"host1\"", "\"host\":\"\"" },
	{ "\"time\":\"2026", "\"time\":\"x026" },
	{ "\"type\":\"genesis\"", "\"type\":\"genius\"" },
	{ "\"type\":\"genesis\"", "\"type\":\"lock\"" },
	{ "\"label\":\"blue\"", "\"label\":\"\"" },
	{ "\"label\":\"blue\"", "\"label\":\" blue\"" },
	{ "\"label\":\"blue\"", "\"label\":\"blue \"" },
	{ "\"label\":\"blue\"", "\"label\":\"b\\u001bue\"" },
	{ "\"label\":\"blue\"", "\"label\":\"b\\u202eue\"" },
	{ "\"label\":\"blue\"", "\"label\":\"b'lue\"" },
	{ "\"label\":\"blue\"",
	    "\"label\":\"123456789012345678901234567890123\"" },
	{ "\"alg\":-7", "\"alg\":-8" },
	{ "\"alg\":-7", "\"alg\":-257" },
	{ "\"alg\":-7", "\"alg\":-7,\"crv\":1" },
	{ "\"cred\":{", "\"cred\":[],\"x\":{" },
	{ "\"ssh\":{", "\"ssh\":3,\"x\":{" },
	{ "\"aaguid\":\"", "\"aaguid\":\"AAAA" },
	{ "\"aaguid\":\"Wlpa", "\"aaguid\":\"" },
	{ "\"transports\":1", "\"transports\":16" },
	{ "\"backup\":0", "\"backup\":16" },
	{ "\"backup\":0", "\"backup\":1" },
	{ "\"roaming\":true", "\"roaming\":1" },
	{ "\"counter\":0", "\"counter\":-1" },
	{ "\"counter\":0", "\"counter\":4294967296" },
	{ "\"recovery_wait_s\":172800", "\"recovery_wait_s\":172799" },
	{ "\"recovery_wait_s\":172800", "\"recovery_wait_s\":999999999" },
	{ "\"recovery\":[\"", "\"recovery\":[\"AAAA" },
	{ "\"recovery\":[\"", "\"recovery\":[3,\"" },
	{ "\"keys\":[{", "\"keys\":{\"a\":[{" },
	{ "\"keys\":[{", "\"keys\":[3,{" },
	{ "\"keys\":[{", "\"keys\":[[[[[[{" },
	{ "}],", "}]}," },
};

static const char *const bad_proofs[] = { "", "{}", "[]", "{\"fido\":[]} x",
	"{\"fido\":{}}", "{\"fido\":[3]}", "{\"fido\":[],\"x\":1}",
	"{\"fido\":[{\"id\":\"AA==\",\"auth\":\"AA==\"}]}",
	"{\"fido\":[{\"id\":\"\",\"auth\":\"AA==\",\"sig\":\"AA==\"}]}",
	"{\"fido\":[],\"recovery\":[]}", "{\"fido\":[],\"recovery\":[3]}",
	"{\"fido\":[],\"recovery\":[{\"pub\":\"AA==\",\"sig\":\"AA==\"}"
	"]}",
	"{\"fido\":[[[[[[[]]]]]]]}", "{\"fido\":[]", "{\"fido\":\"" };

static void
record_json_is_read_strictly(void **state)
{
	struct chain ch;
	struct aas_entry *e = NULL;
	char *json = NULL;

	(void)state;
	chain_init(&ch, "alice", 1000);
	e = genesis_of(&ch, &a, &b);
	e->recovery_n = 1;
	e->recovery[0][0] = 9;
	assert_int_equal(aas_entry_payload(e, &json), AAS_OK);
	/* As it is it gets past the JSON, to the rule about proofs. */
	assert_int_equal(load_json(json, PROOFS), AAS_ERR_DENIED);
	for (size_t i = 0; i < sizeof(bad_json) / sizeof(bad_json[0]); i++) {
		char *s = change(json, bad_json[i].from, bad_json[i].to);

		if (load_json(s, PROOFS) != AAS_ERR_FORMAT)
			fail_msg("taken: %s -> %s", bad_json[i].from,
			    bad_json[i].to);
		free(s);
	}
	for (size_t i = 0; i < sizeof(bad_proofs) / sizeof(bad_proofs[0]); i++)
		if (load_json(json, bad_proofs[i]) != AAS_ERR_FORMAT)
			fail_msg("taken: %s", bad_proofs[i]);
	free(json);
}

static void
record_every_type_is_written_and_read(void **state)
{
	struct chain ch;
	struct aas_entry *e = NULL;
	char want[64];

	(void)state;
	start(&ch);
	for (unsigned t = AAS_T_GENESIS; t <= AAS_T_CANCEL; t++) {
		char *json = NULL;

		e = fresh(&ch, (enum aas_type)t);
		e->keys_n = 1;
		e->keys[0] = c.key;
		e->keys[0].backup = AAS_BE;
		memcpy(e->label, "n", 2);
		e->recovery_n = 1;
		e->contacts_n = 1;
		memcpy(e->contacts[0], "alice@example.org", 18);
		assert_int_equal(aas_entry_payload(e, &json), AAS_OK);
		(void)snprintf(
		    want, sizeof(want), "\"type\":\"%s\"", aas_type_name(t));
		assert_non_null(strstr(json, want));
		free(json);
	}
	assert_null(aas_type_name(0));
	assert_null(aas_type_name(99));
	chain_free(&ch);
}

static void
record_payload_that_would_not_read_back_is_not_given_out(void **state)
{
	struct chain ch;
	struct aas_entry *e = NULL;
	char *json = NULL;

	(void)state;
	start(&ch);
	e = fresh(&ch, (enum aas_type)99);
	assert_int_equal(aas_entry_payload(e, &json), AAS_ERR_INVAL);
	e = fresh(&ch, AAS_T_RENAME_KEY);
	memcpy(e->label, "\x1b[31m", 6);
	assert_int_equal(aas_entry_payload(e, &json), AAS_ERR_INVAL);
	memcpy(e->label, "\xff", 2);
	assert_int_equal(aas_entry_payload(e, &json), AAS_ERR_INVAL);
	e = fresh(&ch, AAS_T_LOCK);
	e->host[0] = '\0';
	assert_int_equal(aas_entry_payload(e, &json), AAS_ERR_INVAL);
	e = fresh(&ch, AAS_T_SET_CONTACTS);
	e->contacts_n = 9;
	assert_int_equal(aas_entry_payload(e, &json), AAS_ERR_INVAL);
	e->contacts_n = 1;
	memcpy(e->contacts[0], "a\nb", 4);
	assert_int_equal(aas_entry_payload(e, &json), AAS_ERR_INVAL);
	e->contacts[0][0] = '\0';
	assert_int_equal(aas_entry_payload(e, &json), AAS_ERR_INVAL);
	assert_null(json);
	chain_free(&ch);
}

static void
record_label_is_what_a_person_can_read(void **state)
{
	(void)state;
	assert_true(aas_label_valid("blue"));
	assert_true(aas_label_valid("my key 2"));
	assert_true(aas_label_valid("gr\xc3\xbcn"));
	assert_true(aas_label_valid("12345678901234567890123456789012"));
	assert_false(aas_label_valid(""));
	assert_false(aas_label_valid("123456789012345678901234567890123"));
	assert_false(aas_label_valid(" a"));
	assert_false(aas_label_valid("a "));
	assert_false(aas_label_valid("a\tb"));
	assert_false(aas_label_valid("a\x80"));
	assert_false(aas_label_valid("a\xe2\x80\xae"));
}

static void
record_line_refuses_what_does_not_fit(void **state)
{
	struct aas_proof *pf = calloc(AAS_KEYS_MAX + 3, sizeof(*pf));
	uint8_t sig[64] = { 0 };
	char *line = NULL;
	char *json = malloc(AAS_LINE_MAX + 1);

	(void)state;
	memset(json, 'a', AAS_LINE_MAX);
	json[AAS_LINE_MAX] = '\0';
	assert_int_equal(
	    aas_entry_line("{}", pf, AAS_KEYS_MAX + 3, NULL, NULL, &line),
	    AAS_ERR_INVAL);
	assert_int_equal(
	    aas_entry_line("{}", pf, 1, sig, NULL, &line), AAS_ERR_INVAL);
	assert_int_equal(
	    aas_entry_line(json, pf, 1, NULL, NULL, &line), AAS_ERR_TOOBIG);
	assert_null(line);
	free(json);
	free(pf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(record_genesis_of_two_keys_loads),
		FIXTURE_TEST(record_genesis_needs_a_proof_by_every_key),
		FIXTURE_TEST(record_f48_the_same_key_is_not_two),
		FIXTURE_TEST(record_genesis_needs_a_roaming_key_and_uv),
		FIXTURE_TEST(record_f55_a_key_that_is_no_point_is_refused),
		FIXTURE_TEST(record_links_hold_the_chain_together),
		FIXTURE_TEST(record_no_assertion_serves_two_entries),
		FIXTURE_TEST(record_a_key_that_was_never_named_signs_nothing),
		FIXTURE_TEST(record_add_key_carries_the_new_keys_assertion),
		FIXTURE_TEST(record_weak_entry_has_no_effect_by_itself),
		FIXTURE_TEST(record_one_bad_signer_spoils_the_entry),
		FIXTURE_TEST(record_add_key_takes_no_stranger_along),
		FIXTURE_TEST(record_release_takes_effect_after_its_entry),
		FIXTURE_TEST(record_pin_must_be_on_the_chain),
		FIXTURE_TEST(record_credential_id_keeps_its_public_key),
		FIXTURE_TEST(record_signs_out_by_enrolment_lock_and_recovery),
		FIXTURE_TEST(
		    record_lock_that_was_held_signs_out_at_its_release),
		FIXTURE_TEST(
		    record_f6_pam_u2f_1_2_1_truncated_anywhere_is_refused),
		FIXTURE_TEST(
		    record_s6_each_flipped_bit_changes_nothing_or_is_refused),
		FIXTURE_TEST(record_bounds_hold),
		FIXTURE_TEST(record_json_is_read_strictly),
		FIXTURE_TEST(record_every_type_is_written_and_read),
		FIXTURE_TEST(
		    record_payload_that_would_not_read_back_is_not_given_out),
		FIXTURE_TEST(record_label_is_what_a_person_can_read),
		FIXTURE_TEST(record_line_refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
