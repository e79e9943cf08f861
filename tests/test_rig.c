/*
 * The software key itself, through unmodified libfido2: what it must do for
 * the tests that lean on it to mean anything.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>

#include "tests/rig/authenticator.h"
#include "tests/rig/ctap.h"
#include "tests/rig/ctaphid.h"
#include "tests/rig/rig_io.h"

#define RP      "pam://rig"
#define CRED_ID 64

static const uint8_t challenge[32] = { 1, 2, 3 };

struct fixture {
	struct rig_key *key;
	const char *path;
	fido_dev_t *dev;
	fido_cred_t *cred;
	fido_assert_t *assertion;
	int descriptors;
};

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

static fido_dev_t *
open_dev(const char *path, const fido_dev_io_t *io)
{
	fido_dev_t *dev = fido_dev_new();

	assert_non_null(dev);
	assert_int_equal(fido_dev_set_io_functions(dev, io), FIDO_OK);
	assert_int_equal(fido_dev_open(dev, path), FIDO_OK);
	return dev;
}

static void
close_dev(fido_dev_t **dev)
{
	if (*dev != NULL)
		(void)fido_dev_close(*dev);
	fido_dev_free(dev);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fido_init(FIDO_DISABLE_U2F_FALLBACK);
	f->descriptors = count_descriptors();
	f->key = rig_key_new("blue");
	assert_non_null(f->key);
	f->path = rig_io_add(f->key);
	assert_non_null(f->path);
	f->dev = open_dev(f->path, &rig_io);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fido_cred_free(&f->cred);
	fido_assert_free(&f->assertion);
	close_dev(&f->dev);
	rig_io_remove(f->path);
	rig_key_free(&f->key);
	assert_int_equal(count_descriptors(), f->descriptors);
	free(f);
	return 0;
}

/* The key as plugged in anew, or after its options changed. */
static void
replug(struct fixture *f)
{
	close_dev(&f->dev);
	rig_key_power(f->key);
	f->dev = open_dev(f->path, &rig_io);
}

static void
set(struct fixture *f, const char *setting)
{
	assert_int_equal(rig_key_set(f->key, setting), 0);
}

static void
assert_status(const struct fixture *f, const char *part)
{
	char text[1024];

	assert_int_equal(rig_key_status(f->key, text, sizeof(text)), 0);
	if (strstr(text, part) == NULL)
		fail_msg("no %s in %s", part, text);
}

static int
make(struct fixture *f, int type, const char *pin, bool rk, uint8_t user)
{
	fido_cred_free(&f->cred);
	f->cred = fido_cred_new();
	fido_cred_set_type(f->cred, type);
	fido_cred_set_clientdata_hash(f->cred, challenge, sizeof(challenge));
	fido_cred_set_rp(f->cred, RP, "rig");
	fido_cred_set_user(f->cred, &user, 1, "alice", NULL, NULL);
	if (rk)
		fido_cred_set_rk(f->cred, FIDO_OPT_TRUE);
	return fido_dev_make_cred(f->dev, f->cred, pin);
}

/* An assertion of the credential made last, or of the resident ones. */
static int
get(struct fixture *f, const char *pin, fido_opt_t up, fido_opt_t uv,
    bool listed)
{
	fido_assert_free(&f->assertion);
	f->assertion = fido_assert_new();
	fido_assert_set_clientdata_hash(
	    f->assertion, challenge, sizeof(challenge));
	fido_assert_set_rp(f->assertion, RP);
	fido_assert_set_up(f->assertion, up);
	fido_assert_set_uv(f->assertion, uv);
	if (listed)
		fido_assert_allow_cred(f->assertion, fido_cred_id_ptr(f->cred),
		    fido_cred_id_len(f->cred));
	return fido_dev_get_assert(f->dev, f->assertion, pin);
}

static int
simple_get(struct fixture *f)
{
	/* Said in so many words, or libfido2 does not check the flag. */
	return get(f, NULL, FIDO_OPT_TRUE, FIDO_OPT_OMIT, true);
}

/* libfido2's check of that assertion with the key made last. */
static int
verify(struct fixture *f, size_t i)
{
	int type = fido_cred_type(f->cred);
	const unsigned char *raw = fido_cred_pubkey_ptr(f->cred);
	size_t n = fido_cred_pubkey_len(f->cred);
	es256_pk_t *es256 = es256_pk_new();
	eddsa_pk_t *eddsa = eddsa_pk_new();
	int r;

	if (type == COSE_ES256) {
		assert_int_equal(es256_pk_from_ptr(es256, raw, n), FIDO_OK);
		r = fido_assert_verify(f->assertion, i, type, es256);
	} else {
		assert_int_equal(eddsa_pk_from_ptr(eddsa, raw, n), FIDO_OK);
		r = fido_assert_verify(f->assertion, i, type, eddsa);
	}
	es256_pk_free(&es256);
	eddsa_pk_free(&eddsa);
	return r;
}

static void
make_es256_verifies(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	assert_int_equal(fido_cred_verify_self(f->cred), FIDO_OK);
	assert_int_equal(fido_cred_id_len(f->cred), CRED_ID);
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
}

static void
make_eddsa_verifies(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_EDDSA, NULL, false, 1), FIDO_OK);
	assert_int_equal(fido_cred_verify_self(f->cred), FIDO_OK);
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
}

static void
make_unknown_algorithm_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_RS256, NULL, false, 1),
	    FIDO_ERR_UNSUPPORTED_ALGORITHM);
}

static void
make_with_own_credential_excluded_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t id[CRED_ID];

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	memcpy(id, fido_cred_id_ptr(f->cred), sizeof(id));
	fido_cred_free(&f->cred);
	f->cred = fido_cred_new();
	fido_cred_set_type(f->cred, COSE_ES256);
	fido_cred_set_clientdata_hash(f->cred, challenge, sizeof(challenge));
	fido_cred_set_rp(f->cred, RP, NULL);
	fido_cred_set_user(f->cred, id, 8, "alice", NULL, NULL);
	fido_cred_exclude(f->cred, id, sizeof(id));
	assert_int_equal(fido_dev_make_cred(f->dev, f->cred, NULL),
	    FIDO_ERR_CREDENTIAL_EXCLUDED);
	assert_status(f, "\"blinks\":2");
}

static void
make_attest_none_has_no_statement(void **state)
{
	struct fixture *f = *state;

	set(f, "attest=none");
	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	assert_string_equal(fido_cred_fmt(f->cred), "none");
	assert_int_equal(fido_cred_sig_len(f->cred), 0);
}

static void
make_attest_basic_has_a_certificate(void **state)
{
	struct fixture *f = *state;

	set(f, "attest=basic");
	assert_int_equal(make(f, RIG_EDDSA, NULL, false, 1), FIDO_OK);
	assert_true(fido_cred_x5c_len(f->cred) > 0);
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
	assert_int_equal(make(f, RIG_ES256, NULL, false, 1), FIDO_OK);
	assert_int_equal(fido_cred_verify(f->cred), FIDO_OK);
}

static void
get_counts_and_preflight_does_not_blink(void **state)
{
	struct fixture *f = *state;
	uint32_t before;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	before = fido_cred_sigcount(f->cred);
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(fido_assert_sigcount(f->assertion, 0), before + 1);
	assert_int_equal(
	    get(f, NULL, FIDO_OPT_FALSE, FIDO_OPT_OMIT, true), FIDO_OK);
	assert_int_equal(fido_assert_flags(f->assertion, 0) & CTAP_FLAG_UP, 0);
	assert_status(f, "\"blinks\":2");
}

static void
get_foreign_credential_finds_none(void **state)
{
	struct fixture *f = *state;
	struct rig_key *other = rig_key_new("spare");
	const char *path = rig_io_add(other);

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	close_dev(&f->dev);
	f->dev = open_dev(path, &rig_io);
	assert_int_equal(simple_get(f), FIDO_ERR_NO_CREDENTIALS);
	close_dev(&f->dev);
	rig_io_remove(path);
	rig_key_free(&other);
}

static void
get_clone_answers_for_the_same_credential(void **state)
{
	struct fixture *f = *state;
	struct rig_key *clone = rig_key_new("spare");
	const char *path = rig_io_add(clone);

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	assert_int_equal(rig_key_clone(clone, f->key), 0);
	assert_int_equal(simple_get(f), FIDO_OK);
	close_dev(&f->dev);
	f->dev = open_dev(path, &rig_io);
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
	/* Both counted for themselves. */
	assert_int_equal(fido_assert_sigcount(f->assertion, 0),
	    fido_cred_sigcount(f->cred) + 1);
	close_dev(&f->dev);
	rig_io_remove(path);
	rig_key_free(&clone);
}

static void
get_resident_credentials_newest_first(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_ES256, NULL, true, 1), FIDO_OK);
	assert_int_equal(make(f, COSE_ES256, NULL, true, 2), FIDO_OK);
	assert_int_equal(
	    get(f, NULL, FIDO_OPT_OMIT, FIDO_OPT_OMIT, false), FIDO_OK);
	assert_int_equal(fido_assert_count(f->assertion), 2);
	assert_int_equal(fido_assert_user_id_ptr(f->assertion, 0)[0], 2);
	assert_int_equal(fido_assert_user_id_ptr(f->assertion, 1)[0], 1);
	assert_int_equal(verify(f, 0), FIDO_OK);
	/* The same user again replaces, it does not add. */
	assert_int_equal(make(f, COSE_EDDSA, NULL, true, 2), FIDO_OK);
	assert_status(f, "\"resident\":2");
}

static void
pin_works_with(struct fixture *f, const char *setting)
{
	set(f, setting);
	replug(f);
	assert_int_equal(fido_dev_set_pin(f->dev, "1234", NULL), FIDO_OK);
	assert_int_equal(make(f, COSE_ES256, "1234", false, 1), FIDO_OK);
	assert_int_not_equal(fido_cred_flags(f->cred) & CTAP_FLAG_UV, 0);
	assert_int_equal(
	    get(f, "1234", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true), FIDO_OK);
	assert_int_not_equal(
	    fido_assert_flags(f->assertion, 0) & CTAP_FLAG_UV, 0);
	assert_int_equal(verify(f, 0), FIDO_OK);
	assert_int_equal(fido_dev_set_pin(f->dev, "5678", "1234"), FIDO_OK);
	assert_int_equal(get(f, "1234", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true),
	    FIDO_ERR_PIN_INVALID);
	assert_int_equal(
	    get(f, "5678", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true), FIDO_OK);
}

static void
pin_protocol_2_verifies_the_user(void **state)
{
	pin_works_with(*state, "pin_protocols=both");
}

static void
pin_protocol_1_verifies_the_user(void **state)
{
	pin_works_with(*state, "pin_protocols=1");
}

static void
pin_legacy_token_verifies_the_user(void **state)
{
	pin_works_with(*state, "uv_token=0");
}

static void
pin_wrong_thrice_blocks_until_replugged(void **state)
{
	struct fixture *f = *state;
	int tries = 0;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	set(f, "pin=1234");
	replug(f);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    get(f, "0000", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true),
		    FIDO_ERR_PIN_INVALID);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    get(f, "0000", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true),
		    FIDO_ERR_PIN_AUTH_BLOCKED);
	assert_int_equal(get(f, "1234", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true),
	    FIDO_ERR_PIN_AUTH_BLOCKED);
	replug(f);
	assert_int_equal(fido_dev_get_retry_count(f->dev, &tries), FIDO_OK);
	assert_int_equal(tries, 5);
	assert_int_equal(
	    get(f, "1234", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true), FIDO_OK);
	assert_int_equal(fido_dev_get_retry_count(f->dev, &tries), FIDO_OK);
	assert_int_equal(tries, 8);
}

static void
pin_wrong_eight_times_blocks_for_good(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	set(f, "pin=1234");
	for (int i = 0; i < 8; i++) {
		replug(f);
		assert_int_equal(
		    get(f, "0000", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true),
		    i < 7 ? FIDO_ERR_PIN_INVALID : FIDO_ERR_PIN_BLOCKED);
	}
	replug(f);
	assert_int_equal(get(f, "1234", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true),
	    FIDO_ERR_PIN_BLOCKED);
}

static void
pin_too_short_is_refused(void **state)
{
	struct fixture *f = *state;

	/* Four bytes, but two code points. */
	assert_int_equal(fido_dev_set_pin(f->dev, "\xc3\xa4\xc3\xb6", NULL),
	    FIDO_ERR_PIN_POLICY_VIOLATION);
	assert_status(f, "\"pin\":false");
}

static void
uv_builtin_verifies_and_blocks(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	set(f, "uv=good");
	replug(f);
	assert_int_equal(
	    get(f, NULL, FIDO_OPT_OMIT, FIDO_OPT_TRUE, true), FIDO_OK);
	assert_int_not_equal(
	    fido_assert_flags(f->assertion, 0) & CTAP_FLAG_UV, 0);
	assert_int_equal(verify(f, 0), FIDO_OK);
	set(f, "uv=bad");
	assert_int_equal(get(f, NULL, FIDO_OPT_OMIT, FIDO_OPT_TRUE, true),
	    FIDO_ERR_UV_INVALID);
	assert_int_equal(get(f, NULL, FIDO_OPT_OMIT, FIDO_OPT_TRUE, true),
	    FIDO_ERR_UV_INVALID);
	assert_int_equal(get(f, NULL, FIDO_OPT_OMIT, FIDO_OPT_TRUE, true),
	    FIDO_ERR_UV_BLOCKED);
}

static void
always_uv_refuses_mere_presence(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	set(f, "pin=1234");
	set(f, "always_uv=1");
	replug(f);
	assert_int_equal(simple_get(f), FIDO_ERR_PIN_REQUIRED);
	assert_int_equal(
	    get(f, NULL, FIDO_OPT_FALSE, FIDO_OPT_OMIT, true), FIDO_OK);
	assert_int_equal(
	    get(f, "1234", FIDO_OPT_OMIT, FIDO_OPT_OMIT, true), FIDO_OK);
}

static void
touch_refused_is_told_apart(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	set(f, "touch=deny");
	assert_int_equal(simple_get(f), FIDO_ERR_OPERATION_DENIED);
	set(f, "touch=never");
	assert_int_equal(simple_get(f), FIDO_ERR_USER_ACTION_TIMEOUT);
	set(f, "touch=auto");
	set(f, "delay_ms=2000");
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_status(f, "\"waiting\":false");
}

static void
reset_forgets_everything(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, COSE_ES256, NULL, true, 1), FIDO_OK);
	set(f, "pin=1234");
	replug(f);
	assert_int_equal(fido_dev_reset(f->dev), FIDO_OK);
	assert_status(f, "\"pin\":false");
	assert_status(f, "\"resident\":0");
	assert_int_equal(simple_get(f), FIDO_ERR_NO_CREDENTIALS);
}

static void
store_survives_its_process(void **state)
{
	char dir[] = "/tmp/test_rig.XXXXXX";
	struct rig_key *key;
	char text[1024];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	key = rig_key_open(fd, "blue");
	assert_non_null(key);
	assert_int_equal(rig_key_set(key, "counter=77"), 0);
	assert_int_equal(rig_key_set(key, "pin=1234"), 0);
	rig_key_free(&key);
	key = rig_key_open(fd, "blue");
	assert_non_null(key);
	assert_int_equal(rig_key_status(key, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "\"counter\":77,\"pin\":true"));
	rig_key_free(&key);
	assert_null(rig_key_open(fd, "../blue"));
	assert_int_equal(unlinkat(fd, "blue.key", 0), 0);
	(void)close(fd);
	assert_int_equal(rmdir(dir), 0);
}

/* After a fault the assertion does not come, or does not hold. */
static void
fault_f54_never_verifies(void **state)
{
	static const char *const faults[] = { "bad-cbor", "truncated", "empty",
		"wrong-rp", "no-up", "other-challenge", "wrong-alg",
		"flip-sig:9", "hang", "unplug", "keepalive", "wrong-cid",
		"sequence-gap", "dead", "denied", "timeout", "error:0x7f",
		"no-credentials", "other-credential" };
	struct fixture *f = *state;
	char setting[64];
	int r;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		/* A fresh port: a key that was pulled out stays out. */
		close_dev(&f->dev);
		rig_io_remove(f->path);
		rig_key_power(f->key);
		f->path = rig_io_add(f->key);
		f->dev = open_dev(f->path, &rig_io);
		(void)fido_dev_set_timeout(f->dev, 300);
		(void)snprintf(setting, sizeof(setting), "fault=%s", faults[i]);
		set(f, setting);
		if ((r = simple_get(f)) == FIDO_OK)
			r = verify(f, 0);
		if (r == FIDO_OK &&
		    memcmp(fido_assert_id_ptr(f->assertion, 0),
			fido_cred_id_ptr(f->cred), CRED_ID) == 0)
			fail_msg("%s was accepted", faults[i]);
		set(f, "fault=none");
	}
}

static void
fault_flipped_bit_never_verifies(void **state)
{
	struct fixture *f = *state;
	char setting[32];
	int r;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	for (unsigned bit = 0; bit < 37 * 8; bit++) {
		(void)snprintf(setting, sizeof(setting), "fault=flip:%u", bit);
		set(f, setting);
		if ((r = simple_get(f)) == FIDO_OK)
			r = verify(f, 0);
		assert_int_not_equal(r, FIDO_OK);
	}
}

static void
fault_counter_and_flags_show(void **state)
{
	struct fixture *f = *state;

	set(f, "counter=10");
	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	set(f, "fault=counter-back");
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
	assert_in_range(fido_assert_sigcount(f->assertion, 0), 1, 10);
	set(f, "fault=counter-zero");
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(fido_assert_sigcount(f->assertion, 0), 0);
	set(f, "fault=extension");
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
	assert_int_not_equal(
	    fido_assert_flags(f->assertion, 0) & CTAP_FLAG_ED, 0);
	set(f, "fault=backup");
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
	assert_int_equal(
	    fido_assert_flags(f->assertion, 0) & (CTAP_FLAG_BE | CTAP_FLAG_BS),
	    CTAP_FLAG_BE | CTAP_FLAG_BS);
}

static void
fault_replay_repeats_the_old_answer(void **state)
{
	struct fixture *f = *state;
	uint32_t count;

	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	assert_int_equal(simple_get(f), FIDO_OK);
	count = fido_assert_sigcount(f->assertion, 0);
	set(f, "fault=replay");
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(fido_assert_sigcount(f->assertion, 0), count);
}

static void
settings_unknown_are_refused(void **state)
{
	static const char *const bad[] = { "touch", "touch=", "touch=soon",
		"fault=flip:", "fault=error:256", "counter=-1", "nothing=1",
		"uv=2", "when=never", "pin_retries=9" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rig_key_set(f->key, bad[i]), -1);
}

static void
message_malformed_gets_a_status(void **state)
{
	static const struct {
		uint8_t in[8];
		size_t n;
		uint8_t status;
	} t[] = {
		{ { 0 }, 0, CTAP_ERR_INVALID_LENGTH },
		{ { 0x55 }, 1, CTAP_ERR_INVALID_COMMAND },
		{ { 0x01, 0xff }, 2, CTAP_ERR_INVALID_CBOR },
		{ { 0x01, 0xa0, 0x00 }, 3, CTAP_ERR_INVALID_CBOR },
		{ { 0x02, 0x80 }, 2, CTAP_ERR_UNEXPECTED_TYPE },
		{ { 0x01, 0xa0 }, 2, CTAP_ERR_MISSING_PARAMETER },
		{ { 0x02 }, 1, CTAP_ERR_MISSING_PARAMETER },
		{ { 0x06, 0xa0 }, 2, CTAP_ERR_MISSING_PARAMETER },
		{ { 0x06, 0xa1, 0x02, 0x0f }, 4, CTAP_ERR_INVALID_SUBCOMMAND },
		{ { 0x08 }, 1, CTAP_ERR_NOT_ALLOWED },
	};
	struct fixture *f = *state;
	uint8_t out[RIG_MSG_MAX];
	size_t n;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(
		    rig_key_message(f->key, t[i].in, t[i].n, out, &n),
		    RIG_REPLY);
		assert_int_equal(n, 1);
		assert_int_equal(out[0], t[i].status);
	}
}

static void
serve_forked_key_signs(void **state)
{
	struct fixture *f = *state;
	char path[16];
	pid_t pid;
	int fd, status;

	set(f, "delay_ms=120"); /* one keep-alive at least */
	assert_int_equal(rig_serve_fork(f->key, &fd, &pid), 0);
	(void)snprintf(path, sizeof(path), "fd:%d", fd);
	close_dev(&f->dev);
	f->dev = open_dev(path, &rig_io_fd);
	assert_int_equal(make(f, COSE_ES256, NULL, false, 1), FIDO_OK);
	assert_int_equal(simple_get(f), FIDO_OK);
	assert_int_equal(verify(f, 0), FIDO_OK);
	close_dev(&f->dev);
	(void)close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* --- the framing, report by report --- */

struct wire {
	struct rig_key *key;
	struct ctaphid hid;
	uint8_t last[CTAPHID_REPORT];
	unsigned reports;
	uint8_t data[CTAPHID_MSG_MAX + CTAPHID_REPORT];
	size_t n;
	uint8_t cid[4];
};

static void
collect(void *ctx, const uint8_t *report)
{
	struct wire *w = ctx;
	size_t skip = report[4] & 0x80 ? 7 : 5;

	memcpy(w->last, report, CTAPHID_REPORT);
	w->reports++;
	if (skip == 7)
		w->n = 0;
	memcpy(w->data + w->n, report + skip, CTAPHID_REPORT - skip);
	w->n += CTAPHID_REPORT - skip;
}

/* One initialization packet. */
static void
say(struct wire *w, const uint8_t cid[4], uint8_t cmd, size_t want,
    const void *data, size_t n, int64_t now_ms)
{
	uint8_t report[CTAPHID_REPORT] = { 0 };

	memcpy(report, cid, 4);
	report[4] = 0x80 | cmd;
	report[5] = (uint8_t)(want >> 8);
	report[6] = (uint8_t)want;
	memcpy(report + 7, data, n);
	ctaphid_report(&w->hid, report, now_ms);
}

static int
wire_setup(void **state)
{
	static const uint8_t all[4] = { 0xff, 0xff, 0xff, 0xff };
	struct wire *w = calloc(1, sizeof(*w));

	w->key = rig_key_new("blue");
	ctaphid_init(&w->hid, w->key, collect, w);
	say(w, all, 0x06, 8, "12345678", 8, 0);
	assert_int_equal(w->reports, 1);
	assert_memory_equal(w->last + 7, "12345678", 8);
	memcpy(w->cid, w->last + 15, 4);
	*state = w;
	return 0;
}

static int
wire_teardown(void **state)
{
	struct wire *w = *state;

	rig_key_free(&w->key);
	free(w);
	return 0;
}

static void
assert_error(const struct wire *w, uint8_t code)
{
	assert_int_equal(w->last[4], 0xbf);
	assert_int_equal(w->last[7], code);
}

static void
ctaphid_longest_ping_comes_back(void **state)
{
	struct wire *w = *state;
	uint8_t text[CTAPHID_MSG_MAX], report[CTAPHID_REPORT];
	uint8_t seq = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	say(w, w->cid, 0x01, sizeof(text), text, 57, 0);
	for (size_t off = 57; off < sizeof(text); off += 59) {
		memcpy(report, w->cid, 4);
		report[4] = seq++;
		memcpy(report + 5, text + off,
		    sizeof(text) - off < 59 ? sizeof(text) - off : 59);
		ctaphid_report(&w->hid, report, 0);
	}
	assert_true(w->n >= sizeof(text));
	assert_memory_equal(w->data, text, sizeof(text));
}

static void
ctaphid_f53_broken_frames_get_their_error(void **state)
{
	static const uint8_t nobody[4] = { 1, 2, 3, 4 };
	struct wire *w = *state;
	uint8_t report[CTAPHID_REPORT] = { 0 };

	say(w, nobody, 0x01, 1, "x", 1, 0);
	assert_error(w, 0x0b);
	say(w, w->cid, 0x01, 7610, "x", 1, 0);
	assert_error(w, 0x03);
	say(w, w->cid, 0x10, 0, "", 0, 0);
	assert_error(w, 0x03);
	say(w, w->cid, 0x33, 1, "x", 1, 0);
	assert_error(w, 0x01);
	say(w, w->cid, 0x01, 200, "x", 1, 0);
	memcpy(report, w->cid, 4);
	report[4] = 1; /* 0 is due */
	ctaphid_report(&w->hid, report, 0);
	assert_error(w, 0x04);
	say(w, w->cid, 0x01, 200, "x", 1, 0);
	ctaphid_tick(&w->hid, 500);
	assert_error(w, 0x05);
	w->reports = 0;
	ctaphid_report(&w->hid, report, 0); /* spurious */
	assert_int_equal(w->reports, 0);
}

static void
ctaphid_waiting_keeps_alive_and_cancels(void **state)
{
	static const uint8_t all[4] = { 0xff, 0xff, 0xff, 0xff };
	struct wire *w = *state;
	uint8_t other[4];

	assert_int_equal(rig_key_set(w->key, "touch=manual"), 0);
	w->reports = 0;
	say(w, w->cid, 0x10, 1, "\x0b", 1, 1000);
	for (int64_t ms = 1000; ms <= 1500; ms += 10)
		ctaphid_tick(&w->hid, ms);
	assert_int_equal(w->reports, 6);
	assert_int_equal(w->last[4], 0xbb);
	assert_int_equal(w->last[7], 2);
	assert_true(ctaphid_waiting(&w->hid));
	/* Another channel finds it busy. */
	say(w, all, 0x06, 8, "abcdefgh", 8, 1510);
	memcpy(other, w->last + 15, 4);
	assert_memory_not_equal(other, w->cid, 4);
	say(w, other, 0x10, 1, "\x04", 1, 1510);
	assert_error(w, 0x06);
	say(w, other, 0x11, 0, "", 0, 1510);
	assert_true(ctaphid_waiting(&w->hid));
	say(w, w->cid, 0x11, 0, "", 0, 1520);
	assert_false(ctaphid_waiting(&w->hid));
	assert_int_equal(w->last[4], 0x90);
	assert_int_equal(w->last[7], CTAP_ERR_KEEPALIVE_CANCEL);
}

static void
ctaphid_touch_is_answered_at_the_next_tick(void **state)
{
	struct wire *w = *state;

	assert_int_equal(rig_key_set(w->key, "touch=manual"), 0);
	say(w, w->cid, 0x10, 1, "\x0b", 1, 0);
	rig_key_press(w->key, RIG_TOUCH_GIVEN);
	ctaphid_tick(&w->hid, 10);
	assert_int_equal(w->last[4], 0x90);
	assert_int_equal(w->last[7], CTAP_OK);
	/* INIT on its channel takes a request back. */
	say(w, w->cid, 0x10, 1, "\x0b", 1, 20);
	assert_true(ctaphid_waiting(&w->hid));
	say(w, w->cid, 0x06, 8, "abcdefgh", 8, 30);
	assert_false(ctaphid_waiting(&w->hid));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define WIRE(name) \
	cmocka_unit_test_setup_teardown(name, wire_setup, wire_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(make_es256_verifies),
		T(make_eddsa_verifies),
		T(make_unknown_algorithm_is_refused),
		T(make_with_own_credential_excluded_is_refused),
		T(make_attest_none_has_no_statement),
		T(make_attest_basic_has_a_certificate),
		T(get_counts_and_preflight_does_not_blink),
		T(get_foreign_credential_finds_none),
		T(get_clone_answers_for_the_same_credential),
		T(get_resident_credentials_newest_first),
		T(pin_protocol_2_verifies_the_user),
		T(pin_protocol_1_verifies_the_user),
		T(pin_legacy_token_verifies_the_user),
		T(pin_wrong_thrice_blocks_until_replugged),
		T(pin_wrong_eight_times_blocks_for_good),
		T(pin_too_short_is_refused),
		T(uv_builtin_verifies_and_blocks),
		T(always_uv_refuses_mere_presence),
		T(touch_refused_is_told_apart),
		T(reset_forgets_everything),
		T(store_survives_its_process),
		T(fault_f54_never_verifies),
		T(fault_flipped_bit_never_verifies),
		T(fault_counter_and_flags_show),
		T(fault_replay_repeats_the_old_answer),
		T(settings_unknown_are_refused),
		T(message_malformed_gets_a_status),
		T(serve_forked_key_signs),
		WIRE(ctaphid_longest_ping_comes_back),
		WIRE(ctaphid_f53_broken_frames_get_their_error),
		WIRE(ctaphid_waiting_keeps_alive_and_cancels),
		WIRE(ctaphid_touch_is_answered_at_the_next_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
