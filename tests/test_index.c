#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/record/index.h"
#include "lib/wire.h"
#include "tests/fixture.h"

#define NOW 1780000000

static void
sample(struct aas_index *ix)
{
	memset(ix, 0, sizeof(*ix));
	ix->uid = 1000;
	memcpy(ix->user, "alice", 6);
	memcpy(ix->realm, "login.example.org", 18);
	ix->state = AAS_ST_ENROLLED;
	ix->refresh_s = NOW + 10;
	ix->pin.seq = 3;
	memset(ix->pin.genesis, 1, 32);
	memset(ix->pin.head, 2, 32);
	ix->keys_n = 2;
	for (unsigned i = 0; i < 2; i++) {
		ix->keys[i].active = (uint8_t)(i == 0);
		ix->keys[i].backup = i == 0 ? AAS_BE : 0;
		memset(ix->keys[i].aaguid, (int)i + 3, 16);
		memset(ix->keys[i].id, (int)i + 7, 32);
		memcpy(ix->keys[i].label, i == 0 ? "blue" : "spare", 5 + i);
		ix->keys[i].ssh_len = 70;
		memset(ix->keys[i].ssh, 9, 70);
	}
	ix->holds_n = 1;
	memset(ix->holds[0].hash, 4, 32);
	ix->holds[0].release = 2;
}

/* Credentials of the two, as far as they count. */
static void
sample_creds(const struct aas_index *ix, struct aas_index_cred *creds)
{
	memset(creds, 0, AAS_KEYS_MAX * sizeof(*creds));
	for (unsigned i = 0; i < ix->keys_n; i++) {
		struct aas_cred *c = &creds[i].login;

		if (ix->keys[i].active == 0)
			continue;
		memcpy(c->rp, ix->realm, sizeof(ix->realm));
		c->alg = i == 0 ? AAS_ALG_ES256 : AAS_ALG_EDDSA;
		c->pk_len = i == 0 ? 64 : 32;
		memset(c->pk, 0x51, c->pk_len);
		c->id_len = 48;
		memset(c->id, 0x52, c->id_len);
	}
}

/* Bytes of the part that the module reads. */
static size_t
front_of(const uint8_t *b)
{
	return (size_t)b[8] << 24 | (size_t)b[9] << 16 | (size_t)b[10] << 8 |
	    b[11];
}

/* --- the bytes ----------------------------------------------------------- */

static void
index_what_is_put_is_got(void **state)
{
	static struct aas_index_cred creds[AAS_KEYS_MAX], cback[AAS_KEYS_MAX];
	struct aas_index ix;
	struct aas_index back;
	uint8_t b[AAS_INDEX_MAX];
	size_t len = 0;

	(void)state;
	sample(&ix);
	ix.keys[1].active = AAS_INDEX_COPIED;
	sample_creds(&ix, creds);
	memset(&back, 0, sizeof(back)); /* unused keys are left alone */
	assert_int_equal(aas_index_put(&ix, creds, b, sizeof(b), &len), AAS_OK);
	assert_int_equal(aas_index_get(b, len, &back, cback), AAS_OK);
	assert_memory_equal(&ix, &back, sizeof(ix));
	assert_memory_equal(creds, cback, 2 * sizeof(creds[0]));
	/* The module takes the front alone. */
	memset(&back, 0, sizeof(back));
	assert_int_equal(aas_index_get(b, len, &back, NULL), AAS_OK);
	assert_memory_equal(&ix, &back, sizeof(ix));
	/* Written without credentials, it has none. */
	assert_int_equal(aas_index_put(&ix, NULL, b, sizeof(b), &len), AAS_OK);
	assert_int_equal(aas_index_get(b, len, &back, cback), AAS_OK);
	assert_int_equal(cback[0].login.id_len, 0);
	assert_int_equal(cback[1].login.id_len, 0);
}

static void
index_credential_that_does_not_count_is_not_put(void **state)
{
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	struct aas_index ix;
	uint8_t b[AAS_INDEX_MAX];
	size_t len = 0;

	(void)state;
	sample(&ix);
	sample_creds(&ix, creds);
	creds[1] = creds[0];
	assert_int_equal(
	    aas_index_put(&ix, creds, b, sizeof(b), &len), AAS_ERR_INVAL);
	sample_creds(&ix, creds);
	creds[0].login.alg = AAS_ALG_EDDSA;
	assert_int_equal(
	    aas_index_put(&ix, creds, b, sizeof(b), &len), AAS_ERR_INVAL);
	creds[0].login.alg = 0;
	assert_int_equal(
	    aas_index_put(&ix, creds, b, sizeof(b), &len), AAS_ERR_INVAL);
}

static void
index_biggest_one_fits_its_bound(void **state)
{
	static struct aas_index ix;
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	static uint8_t b[AAS_INDEX_MAX];
	size_t len = 0;

	(void)state;
	sample(&ix);
	memset(ix.user, 'u', sizeof(ix.user) - 1);
	memset(ix.realm, 'r', sizeof(ix.realm) - 1);
	ix.keys_n = AAS_KEYS_MAX;
	ix.holds_n = AAS_HOLDS_MAX;
	for (unsigned i = 0; i < AAS_KEYS_MAX; i++) {
		memset(ix.keys[i].label, 'l', sizeof(ix.keys[i].label) - 1);
		ix.keys[i].ssh_len = AAS_SSHPK_MAX;
		ix.keys[i].active = 1;
	}
	sample_creds(&ix, creds);
	for (unsigned i = 0; i < AAS_KEYS_MAX; i++)
		creds[i].login.id_len = AAS_CRED_MAX;
	assert_int_equal(aas_index_put(&ix, creds, b, sizeof(b), &len), AAS_OK);
	assert_int_equal(
	    aas_index_put(&ix, creds, b, len - 1, &len), AAS_ERR_TOOBIG);
	for (size_t n = 0; n < len; n += 97)
		assert_int_equal(
		    aas_index_put(&ix, creds, b, n, &len), AAS_ERR_TOOBIG);
	ix.keys_n = AAS_KEYS_MAX + 1;
	assert_int_equal(
	    aas_index_put(&ix, NULL, b, sizeof(b), &len), AAS_ERR_INVAL);
	ix.keys_n = 1;
	ix.holds_n = AAS_HOLDS_MAX + 1;
	assert_int_equal(
	    aas_index_put(&ix, NULL, b, sizeof(b), &len), AAS_ERR_INVAL);
}

static void
index_s6_torn_or_flipped_is_broken(void **state)
{
	static struct aas_index_cred creds[AAS_KEYS_MAX], cback[AAS_KEYS_MAX];
	struct aas_index ix;
	struct aas_index back;
	uint8_t b[AAS_INDEX_MAX + 1];
	size_t len = 0;

	(void)state;
	sample(&ix);
	sample_creds(&ix, creds);
	assert_int_equal(
	    aas_index_put(&ix, creds, b, AAS_INDEX_MAX, &len), AAS_OK);
	for (size_t n = 0; n < len; n++) {
		assert_int_equal(
		    aas_index_get(b, n, &back, cback), AAS_ERR_FORMAT);
		assert_int_equal(back.state, AAS_ST_BROKEN);
	}
	for (size_t n = 0; n < front_of(b); n++)
		assert_int_equal(
		    aas_index_get(b, n, &back, NULL), AAS_ERR_FORMAT);
	b[len] = 0;
	assert_int_equal(
	    aas_index_get(b, len + 1, &back, cback), AAS_ERR_FORMAT);
	/* The credentials, too: every bit of them. */
	for (size_t bit = 0; bit < len * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(
		    aas_index_get(b, len, &back, cback), AAS_OK);
		if (bit / 8 < front_of(b))
			assert_int_not_equal(
			    aas_index_get(b, len, &back, NULL), AAS_OK);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* A checksum that fits over b[from..to). */
static void
sum(uint8_t *b, size_t from, size_t to)
{
	struct aas_wr w;

	aas_wr_init(&w, b + to - 4, 4);
	aas_wr_u32(&w, aas_crc32(b + from, to - from - 4));
}

/* The same with checksums that fit: counts, states and versions. */
static int
forged(const uint8_t *good, size_t len, size_t at, uint8_t value)
{
	static struct aas_index_cred cback[AAS_KEYS_MAX];
	uint8_t b[AAS_INDEX_MAX];
	struct aas_index back;
	size_t front = front_of(good);

	memcpy(b, good, len);
	b[at] = value;
	sum(b, 0, front);
	sum(b, front, len);
	return aas_index_get(b, len, &back, cback);
}

static void
index_nonsense_with_a_good_checksum_is_broken(void **state)
{
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	struct aas_index ix;
	uint8_t b[AAS_INDEX_MAX];
	size_t len = 0;
	size_t state_at = 8 + 4 + 4 + 2 + 5 + 2 + 17;
	size_t keys_at = state_at + 1 + 16 + 72 + 9 + 2 * 48;
	size_t creds_at;

	(void)state;
	sample(&ix);
	sample_creds(&ix, creds);
	assert_int_equal(aas_index_put(&ix, creds, b, sizeof(b), &len), AAS_OK);
	assert_int_equal(b[state_at], AAS_ST_ENROLLED);
	assert_int_equal(b[keys_at], 2);
	/* Of an older and a newer version: stale, to be made anew. */
	assert_int_equal(forged(b, len, 7, '1'), AAS_ERR_VERSION);
	assert_int_equal(forged(b, len, 7, '6'), AAS_ERR_VERSION);
	assert_int_equal(forged(b, len, 3, 'X'), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, state_at, 0), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, state_at, AAS_ST_NONE), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, state_at, 9), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, keys_at, 3), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, keys_at, 1), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, keys_at, 255), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, keys_at + 1, 3), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, keys_at + 1, AAS_INDEX_COPIED), AAS_OK);
	assert_int_equal(forged(b, len, keys_at + 2, AAS_BE | AAS_BS), AAS_OK);
	assert_int_equal(forged(b, len, keys_at + 2, 0x04), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, state_at, AAS_ST_LOCKED), AAS_OK);
	/* A credential whose key does not count, or of no known kind. */
	creds_at = front_of(b) + 8;
	assert_int_equal(b[creds_at + 1], 48);
	assert_int_equal(forged(b, len, keys_at + 1, 0), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, creds_at + 1, 47), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, creds_at, 0x7f), AAS_ERR_FORMAT);
	assert_int_equal(
	    forged(b, len, creds_at + 2 + 48 + 3, 0xf8), AAS_ERR_FORMAT);
	assert_int_equal(
	    forged(b, len, creds_at + 2 + 48 + 5, 32), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, front_of(b), 'X'), AAS_ERR_FORMAT);
	assert_int_equal(forged(b, len, front_of(b) + 7, '1'), AAS_ERR_VERSION);
}

static void
index_pin_comes_back_or_is_broken(void **state)
{
	struct aas_pin pin = { .seq = 7, .genesis = { 1 }, .head = { 2 } };
	struct aas_pin next = { .seq = 8, .genesis = { 1 }, .head = { 3 } };
	struct aas_pin a;
	struct aas_pin b;
	uint8_t buf[AAS_PIN_MAX];
	size_t len = 0;

	(void)state;
	assert_int_equal(
	    aas_pin_put(&pin, &next, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(aas_pin_get(buf, len, &a, &b), AAS_OK);
	assert_memory_equal(&a, &pin, sizeof(a));
	assert_memory_equal(&b, &next, sizeof(b));
	assert_int_equal(
	    aas_pin_put(&pin, &next, buf, len - 1, &len), AAS_ERR_TOOBIG);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(aas_pin_get(buf, n, &a, &b), AAS_ERR_FORMAT);
	for (size_t bit = 0; bit < len * 8; bit++) {
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(aas_pin_get(buf, len, &a, &b), AAS_OK);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
index_states_have_names(void **state)
{
	(void)state;
	assert_string_equal(aas_state_name(AAS_ST_BROKEN), "broken");
	assert_string_equal(aas_state_name(AAS_ST_NONE), "none");
	assert_string_equal(aas_state_name(AAS_ST_ENROLLED), "enrolled");
	assert_string_equal(
	    aas_state_name(AAS_ST_RECOVERY_DUE), "recovery-due");
	assert_string_equal(aas_state_name(AAS_ST_DISABLED), "disabled");
	assert_string_equal(aas_state_name(99), "broken");
}

/* --- trust --------------------------------------------------------------- */

struct place {
	struct fixture *f;
	char dir[FIXTURE_PATH];
	struct aas_index ix;
	struct aas_index_cred creds[AAS_KEYS_MAX];
	struct aas_pin next;
};

static void
put_file(struct place *p, const char *part, const void *b, size_t len)
{
	char path[FIXTURE_PATH];
	int fd = open(fixture_path(p->f, part, path), O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	assert_int_equal(
	    aas_fs_replace(fd, "1000", b, len, (uid_t)-1, (gid_t)-1, 0640),
	    AAS_OK);
	close(fd);
}

static void
put_index(struct place *p)
{
	uint8_t b[AAS_INDEX_MAX];
	size_t len = 0;

	assert_int_equal(
	    aas_index_put(&p->ix, p->creds, b, sizeof(b), &len), AAS_OK);
	put_file(p, "index", b, len);
}

static void
put_pin(struct place *p, const struct aas_pin *pin)
{
	uint8_t b[AAS_PIN_MAX];
	size_t len = 0;

	assert_int_equal(
	    aas_pin_put(pin, &p->next, b, sizeof(b), &len), AAS_OK);
	put_file(p, "pins", b, len);
}

/* A record that is only a name and its fstat(2), and an index that fits. */
static void
place(struct place *p, struct fixture *f)
{
	static const char *const part[] = { "records", "index", "pins" };
	struct stat st;
	char path[FIXTURE_PATH];

	memset(p, 0, sizeof(*p));
	p->f = f;
	memcpy(p->dir, f->dir, sizeof(f->dir));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    mkdir(fixture_path(f, part[i], path), 0750), 0);
	sample(&p->ix);
	sample_creds(&p->ix, p->creds);
	put_file(p, "records", "aas1\n", 5);
	assert_int_equal(stat(fixture_path(f, "records/1000", path), &st), 0);
	aas_fileid_of(&st, &p->ix.file);
	put_pin(p, &p->ix.pin);
	assert_int_equal(stat(fixture_path(f, "pins/1000", path), &st), 0);
	aas_fileid_of(&st, &p->ix.pinfile);
	put_index(p);
}

static int
load(struct place *p)
{
	static struct aas_index_cred back[AAS_KEYS_MAX];
	struct aas_index ix;
	int r = aas_index_load(p->dir, 1000, "alice", NOW, &ix);

	if (r != AAS_OK)
		assert_int_equal(ix.state, AAS_ST_BROKEN);
	/* Who wants the credentials, too, gets the same answer. */
	assert_int_equal(
	    aas_index_load_creds(p->dir, 1000, "alice", NOW, &ix, back), r);
	assert_true(r != AAS_OK ||
	    (p->creds[0].login.id_len == 48 &&
		memcmp(back, p->creds, 2 * sizeof(back[0])) == 0));
	return r;
}

static void
drop(struct place *p, const char *name)
{
	char path[FIXTURE_PATH];

	assert_int_equal(unlink(fixture_path(p->f, name, path)), 0);
}

static void
index_that_fits_is_trusted(void **state)
{
	struct place p;

	place(&p, *state);
	assert_int_equal(load(&p), AAS_OK);
	/* An intention that came to nothing does no harm. */
	p.next.seq = 4;
	put_pin(&p, &p.ix.pin);
	assert_int_equal(load(&p), AAS_OK);
}

static void
index_of_another_pin_or_file_is_not(void **state)
{
	struct place p;
	struct aas_index good;
	struct aas_pin pin;

	place(&p, *state);
	good = p.ix;
	pin = good.pin;
	pin.head[9] ^= 1;
	put_pin(&p, &pin);
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
	pin = good.pin;
	pin.genesis[9] ^= 1;
	put_pin(&p, &pin);
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
	pin = good.pin;
	pin.seq++;
	put_pin(&p, &pin);
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
	put_pin(&p, &good.pin);
	assert_int_equal(load(&p), AAS_OK);
#define WITH(field)                                        \
	do {                                               \
		p.ix = good;                               \
		p.ix.file.field ^= 1;                      \
		put_index(&p);                             \
		assert_int_equal(load(&p), AAS_ERR_AGAIN); \
	} while (0)
	WITH(dev);
	WITH(ino);
	WITH(size);
	WITH(mtime_s);
	WITH(mtime_ns);
	WITH(ctime_s);
	WITH(ctime_ns);
#undef WITH
	/* The same bytes put in place anew are another file. */
	p.ix = good;
	put_index(&p);
	assert_int_equal(load(&p), AAS_OK);
	put_file(&p, "records", "aas1\n", 5);
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
}

/* One byte of it gone wrong: the module may not notice, a sign-in does. */
static void
index_with_torn_credentials_signs_nobody_in(void **state)
{
	static struct aas_index_cred back[AAS_KEYS_MAX];
	struct place p;
	struct aas_index ix;
	uint8_t b[AAS_INDEX_MAX];
	size_t len = 0;

	place(&p, *state);
	assert_int_equal(
	    aas_index_put(&p.ix, p.creds, b, sizeof(b), &len), AAS_OK);
	for (size_t at = front_of(b); at < len; at++) {
		b[at] ^= 0x10;
		put_file(&p, "index", b, len);
		assert_int_equal(
		    aas_index_load_creds(p.dir, 1000, "alice", NOW, &ix, back),
		    AAS_ERR_AGAIN);
		b[at] ^= 0x10;
	}
	put_file(&p, "index", b, front_of(b));
	assert_int_equal(
	    aas_index_load_creds(p.dir, 1000, "alice", NOW, &ix, back),
	    AAS_ERR_AGAIN);
	put_index(&p);
	assert_int_equal(load(&p), AAS_OK);
}

/* The file alone does, while it is that file; else what stands in it. */
static void
index_pin_that_is_the_same_file_is_not_read(void **state)
{
	struct place p;
	struct aas_pin pin;

	place(&p, *state);
	/* Another pin in the index: nobody looks. */
	pin = p.ix.pin;
	p.ix.pin.head[9] ^= 1;
	put_index(&p);
	assert_int_equal(load(&p), AAS_OK);
	/* The same bytes in another file: somebody does. */
	put_pin(&p, &pin);
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
	p.ix.pin = pin;
	put_index(&p);
	assert_int_equal(load(&p), AAS_OK);
	/* Without a pin file nothing is quick. */
	memset(&p.ix.pinfile, 0, sizeof(p.ix.pinfile));
	put_index(&p);
	assert_int_equal(load(&p), AAS_OK);
	drop(&p, "pins/1000");
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
}

static void
index_past_its_time_is_not(void **state)
{
	struct place p;
	struct aas_index ix;

	place(&p, *state);
	assert_int_equal(
	    aas_index_load(p.dir, 1000, "alice", NOW + 9, &ix), AAS_OK);
	assert_int_equal(
	    aas_index_load(p.dir, 1000, "alice", NOW + 10, &ix), AAS_ERR_AGAIN);
	p.ix.refresh_s = 0;
	put_index(&p);
	assert_int_equal(
	    aas_index_load(p.dir, 1000, "alice", INT64_MAX, &ix), AAS_OK);
}

static void
index_f60_of_another_name_or_uid_is_a_fault(void **state)
{
	struct place p;
	struct aas_index ix;

	place(&p, *state);
	assert_int_equal(
	    aas_index_load(p.dir, 1000, "alicia", NOW, &ix), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_index_load(p.dir, 1000, "", NOW, &ix), AAS_ERR_FORMAT);
	p.ix.uid = 1001;
	put_index(&p);
	assert_int_equal(load(&p), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_index_load(p.dir, 1001, "alice", NOW, &ix), AAS_ERR_NOTFOUND);
}

static void
index_what_is_missing_decides(void **state)
{
	struct place p;
	static const struct aas_pin none;

	place(&p, *state);
	drop(&p, "index/1000");
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
	drop(&p, "pins/1000");
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
	put_pin(&p, &p.ix.pin);
	drop(&p, "records/1000");
	assert_int_equal(load(&p), AAS_ERR_ROLLBACK);
	put_index(&p);
	assert_int_equal(load(&p), AAS_ERR_ROLLBACK);
	put_pin(&p, &none);
	assert_int_equal(load(&p), AAS_ERR_NOTFOUND);
	put_file(&p, "pins", "x", 1);
	assert_int_equal(load(&p), AAS_ERR_FORMAT);
	drop(&p, "pins/1000");
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
	drop(&p, "index/1000");
	assert_int_equal(load(&p), AAS_ERR_NOTFOUND);
}

static void
index_f45_wrong_kinds_of_files_are_never_none(void **state)
{
	static const char *const name[] = { "records/1000", "pins/1000",
		"index/1000" };
	struct place p;
	char path[FIXTURE_PATH];
	char away[FIXTURE_PATH];

	place(&p, *state);
	fixture_path(p.f, "away", away);
#define BAD()                                                     \
	do {                                                      \
		assert_int_not_equal(load(&p), AAS_OK);           \
		assert_int_not_equal(load(&p), AAS_ERR_NOTFOUND); \
	} while (0)
	for (size_t i = 0; i < 3; i++) {
		fixture_path(p.f, name[i], path);
		assert_int_equal(chmod(path, 0646), 0);
		BAD();
		assert_int_equal(chmod(path, 0640), 0);
		assert_int_equal(rename(path, away), 0);
		assert_int_equal(symlink(away, path), 0);
		BAD();
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkfifo(path, 0640), 0);
		BAD();
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0750), 0);
		BAD();
		assert_int_equal(rmdir(path), 0);
		assert_int_equal(link(away, path), 0);
		BAD();
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(away, path), 0);
	}
#undef BAD
	/* chmod(2) and rename(2) have moved the record's ctime. */
	assert_int_equal(load(&p), AAS_ERR_AGAIN);
}

/* Who may write a directory could take away what stands in it. */
static void
index_s6_directory_that_others_may_write_is_never_none(void **state)
{
	static const char *const dir[] = { "records", "pins", "index", "" };
	static const char *const file[] = { "records/1000", "pins/1000",
		"index/1000" };
	struct place p;
	char path[FIXTURE_PATH];

	place(&p, *state);
	for (size_t i = 0; i < 4; i++) {
		fixture_path(p.f, dir[i], path);
		assert_int_equal(chmod(path, 0777), 0);
		if (i > 1) /* "again": ask who can tell, and will not */
			assert_int_equal(
			    load(&p), i < 3 ? AAS_ERR_AGAIN : AAS_ERR_PERMS);
		assert_int_equal(chmod(path, 0755), 0);
	}
	/* Those of record and pin alone give nothing away. */
	assert_int_equal(load(&p), AAS_OK);
	for (size_t i = 0; i < 3; i++)
		drop(&p, file[i]);
	assert_int_equal(load(&p), AAS_ERR_NOTFOUND);
	for (size_t i = 0; i < 4; i++) {
		fixture_path(p.f, dir[i], path);
		assert_int_equal(chmod(path, 0777), 0);
		assert_int_equal(load(&p), AAS_ERR_PERMS);
		assert_int_equal(chmod(path, 0755), 0);
	}
	/* A link to a good one is none. */
	for (size_t i = 0; i < 3; i++) {
		char away[FIXTURE_PATH];

		fixture_path(p.f, dir[i], path);
		fixture_path(p.f, "away", away);
		assert_int_equal(rename(path, away), 0);
		assert_int_equal(symlink(away, path), 0);
		assert_int_equal(load(&p), AAS_ERR_PERMS);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(load(&p), AAS_ERR_NOTFOUND);
		assert_int_equal(rename(away, path), 0);
	}
}

static void
index_without_a_state_directory_is_a_fault(void **state)
{
	struct fixture *f = *state;
	struct aas_index ix;
	char path[FIXTURE_PATH];
	int r = aas_index_load(
	    fixture_path(f, "none", path), 1000, "alice", NOW, &ix);

	assert_int_not_equal(r, AAS_OK);
	assert_int_not_equal(r, AAS_ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(index_what_is_put_is_got),
		FIXTURE_TEST(index_credential_that_does_not_count_is_not_put),
		FIXTURE_TEST(index_biggest_one_fits_its_bound),
		FIXTURE_TEST(index_s6_torn_or_flipped_is_broken),
		FIXTURE_TEST(index_nonsense_with_a_good_checksum_is_broken),
		FIXTURE_TEST(index_pin_comes_back_or_is_broken),
		FIXTURE_TEST(index_states_have_names),
		FIXTURE_TEST(index_that_fits_is_trusted),
		FIXTURE_TEST(index_of_another_pin_or_file_is_not),
		FIXTURE_TEST(index_with_torn_credentials_signs_nobody_in),
		FIXTURE_TEST(index_pin_that_is_the_same_file_is_not_read),
		FIXTURE_TEST(index_past_its_time_is_not),
		FIXTURE_TEST(index_f60_of_another_name_or_uid_is_a_fault),
		FIXTURE_TEST(index_what_is_missing_decides),
		FIXTURE_TEST(index_f45_wrong_kinds_of_files_are_never_none),
		FIXTURE_TEST(
		    index_s6_directory_that_others_may_write_is_never_none),
		FIXTURE_TEST(index_without_a_state_directory_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
