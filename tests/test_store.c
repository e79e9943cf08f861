#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/record/recovery.h"
#include "lib/store/store.h"
#include "lib/store/parts.h"
#include "tests/fixture.h"
#include "tests/signer.h"

#define HOUR 3600

/* A store, and a user with three software keys. */
struct host {
	struct fixture *f;
	char dir[FIXTURE_PATH];
	struct aas_store *s;
	struct aas_now now;
	struct signer a, b, c;
	struct signer *two[2];
	struct chain ch;
	uint8_t rkey[16];
	unsigned why;
	int64_t held;
};

static void
silent(int priority, const char *line)
{
	(void)priority;
	(void)line;
}

static void
host_open(struct host *h, struct fixture *f)
{
	memset(h, 0, sizeof(*h));
	h->f = f;
	aas_log_sink(silent);
	fixture_path(f, "aas", h->dir);
	assert_int_equal(aas_store_open(h->dir, 1, &h->s), AAS_OK);
	h->now.real_s = 1780000000;
	h->now.boottime_ms = 1000000;
	h->now.synced = 1;
	memset(h->now.boot_id, 1, sizeof(h->now.boot_id));
	signer_new(&h->a, "blue", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&h->b, "spare", SIGNER_REALM, AAS_ALG_EDDSA);
	signer_new(&h->c, "third", SIGNER_REALM, AAS_ALG_ES256);
	h->two[0] = &h->a;
	h->two[1] = &h->b;
	memset(h->rkey, 0x11, sizeof(h->rkey));
	chain_init(&h->ch, "alice", 1000);
}

static void
host_close(struct host *h)
{
	signer_free(&h->a);
	signer_free(&h->b);
	signer_free(&h->c);
	chain_free(&h->ch);
	aas_store_close(&h->s);
	aas_log_sink(NULL);
}

/* Append ${line} (freed) and, if it was taken, follow it in the chain. */
static int
append(struct host *h, char *line, enum aas_authority auth, const char *ticket)
{
	int r = aas_store_append(h->s, 1000, "alice", line, auth, ticket,
	    &h->now, &h->held, &h->why);

	if (r == AAS_OK)
		chain_add(&h->ch, line);
	free(line);
	return r;
}

static int
enroll(struct host *h, enum aas_authority auth)
{
	return append(h, chain_genesis(&h->ch, h->two, 2, h->rkey), auth, NULL);
}

/* Who signs in by the index must have what the record would give him. */
static void
same_credentials(const struct aas_record *rec, const struct aas_index *ix,
    const struct aas_index_cred *creds)
{
	static const struct aas_cred none;

	assert_int_equal(ix->keys_n, rec->keys_n);
	for (unsigned i = 0; i < rec->keys_n; i++) {
		const struct aas_key *k = &rec->keys[i];

		assert_string_equal(ix->keys[i].label, k->label);
		assert_int_equal(ix->keys[i].backup, k->backup);
		assert_memory_equal(ix->keys[i].aaguid, k->aaguid, 16);
		if (k->suspended) {
			assert_int_equal(ix->keys[i].active, 0);
			assert_memory_equal(
			    &creds[i].login, &none, sizeof(none));
			continue;
		}
		assert_int_not_equal(ix->keys[i].active, 0);
		assert_string_equal(creds[i].login.rp, k->login.rp);
		assert_int_equal(creds[i].login.alg, k->login.alg);
		assert_int_equal(creds[i].login.pk_len, k->login.pk_len);
		assert_memory_equal(
		    creds[i].login.pk, k->login.pk, k->login.pk_len);
		assert_int_equal(creds[i].login.id_len, k->login.id_len);
		assert_memory_equal(
		    creds[i].login.id, k->login.id, k->login.id_len);
	}
}

static unsigned
state_of(struct host *h)
{
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	struct aas_index ix;
	struct aas_index stored;
	struct aas_record *rec = NULL;
	int r =
	    aas_store_load(h->s, 1000, "alice", &h->now, &rec, &ix, &h->why);

	if (r == AAS_ERR_NOTFOUND)
		return AAS_ST_NONE;
	if (r != AAS_OK)
		return AAS_ST_BROKEN;
	/* What the load wrote is what the module reads. */
	assert_int_equal(aas_index_load_creds(h->dir, 1000, "alice",
			     h->now.real_s, &stored, creds),
	    AAS_OK);
	assert_int_equal(stored.state, ix.state);
	same_credentials(rec, &stored, creds);
	aas_record_free(&rec);
	return ix.state;
}

static void
store_genesis_after_host_method_enrolls(void **state)
{
	struct host h;
	struct aas_record *rec = NULL;
	struct aas_index ix;

	host_open(&h, *state);
	assert_int_equal(state_of(&h), AAS_ST_NONE);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(h.held, 0);
	assert_int_equal(
	    aas_store_load(h.s, 1000, "alice", &h.now, &rec, &ix, &h.why),
	    AAS_OK);
	assert_int_equal(ix.state, AAS_ST_ENROLLED);
	assert_int_equal(rec->keys_n, 2);
	assert_string_equal(rec->keys[0].label, "blue");
	assert_string_equal(rec->keys[1].login.rp, SIGNER_REALM);
	assert_string_equal(rec->keys[1].ssh.rp, "ssh:" SIGNER_REALM);
	assert_int_equal(rec->recovery_n, 1);
	assert_int_equal(ix.keys_n, 2);
	assert_true(ix.keys[0].active && ix.keys[0].ssh_len > 0);
	aas_record_free(&rec);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_ERR_EXISTS);
	host_close(&h);
}

static void
pass(struct host *h, int64_t seconds)
{
	h->now.real_s += seconds;
	h->now.boottime_ms += seconds * 1000;
}

/* An entry at the head about the key of ${about} (may be NULL). */
static struct aas_entry *
entry(struct host *h, enum aas_type type, const struct signer *about)
{
	static struct aas_entry e;

	chain_entry(&h->ch, type, &e);
	if (about != NULL && type == AAS_T_ADD_KEY) {
		e.keys_n = 1;
		e.keys[0] = about->key;
	} else if (about != NULL) {
		assert_int_equal(aas_key_id(&about->key.login, e.key), AAS_OK);
	}
	return &e;
}

/* Sign an entry with up to three keys (NULL: fewer) and append it. */
static int
put(struct host *h, const struct aas_entry *e, struct signer *x,
    struct signer *y, struct signer *z)
{
	struct signer *by[3] = { x, y, z };
	size_t n = x == NULL ? 0 : y == NULL ? 1 : z == NULL ? 2 : 3;

	return append(h, chain_sign(e, by, n, NULL), AAS_AUTH_NONE, NULL);
}

static struct aas_record *
load(struct host *h)
{
	struct aas_record *rec = NULL;

	assert_int_equal(
	    aas_store_load(h->s, 1000, "alice", &h->now, &rec, NULL, &h->why),
	    AAS_OK);
	return rec;
}

static unsigned
active(struct host *h)
{
	struct aas_record *rec = load(h);
	unsigned n = aas_record_active(rec);

	aas_record_free(&rec);
	return n;
}

static unsigned
pending(struct host *h)
{
	struct aas_record *rec = load(h);
	unsigned n = rec->pending_n;

	aas_record_free(&rec);
	return n;
}

/* --- authority of a genesis ---------------------------------------------- */

static void
store_genesis_by_a_process_is_held_24h(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_NONE), AAS_OK);
	assert_int_equal(h.why, AAS_WHY_HELD);
	assert_int_equal(h.held, h.now.real_s + 24 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	assert_int_equal(active(&h), 0);
	pass(&h, 24 * HOUR - 1);
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	pass(&h, 1);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	assert_int_equal(active(&h), 2);
	host_close(&h);
}

static void
store_held_genesis_gives_way_to_one_with_authority(void **state)
{
	struct host h;
	struct signer thief[2];
	struct signer *both[2] = { &thief[0], &thief[1] };
	struct chain ch;
	struct aas_record *rec = NULL;

	host_open(&h, *state);
	signer_new(&thief[0], "x", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&thief[1], "y", SIGNER_REALM, AAS_ALG_ES256);
	assert_int_equal(append(&h, chain_genesis(&h.ch, both, 2, NULL),
			     AAS_AUTH_NONE, NULL),
	    AAS_OK);
	/* Not by another process, and nothing on top of it. */
	chain_init(&ch, "alice", 1000);
	assert_int_equal(
	    append(&h, chain_genesis(&ch, h.two, 2, NULL), AAS_AUTH_NONE, NULL),
	    AAS_ERR_EXISTS);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SET_CONTACTS, NULL), &thief[0], NULL, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(h.why, AAS_WHY_HELD);
	chain_free(&h.ch);
	h.ch = ch;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	rec = load(&h);
	assert_string_equal(rec->keys[0].label, "blue");
	aas_record_free(&rec);
	signer_free(&thief[0]);
	signer_free(&thief[1]);
	host_close(&h);
}

static void
store_ticket_admits_one_genesis(void **state)
{
	struct host h;
	char ticket[AAS_TICKET_TEXT];
	char other[AAS_TICKET_TEXT];
	char loud[AAS_TICKET_TEXT + 1];

	host_open(&h, *state);
	assert_int_equal(
	    aas_store_invite(h.s, 1000, h.now.real_s + HOUR, ticket), AAS_OK);
	assert_int_equal(strlen(ticket), 26);
	assert_int_equal(
	    aas_store_invite(h.s, 1001, h.now.real_s + HOUR, other), AAS_OK);
#define TRY(t) \
	append(&h, chain_genesis(&h.ch, h.two, 2, NULL), AAS_AUTH_TICKET, t)
	assert_int_equal(TRY(NULL), AAS_ERR_PERMS);
	assert_int_equal(h.why, AAS_WHY_AUTHORITY);
	assert_int_equal(TRY(other), AAS_ERR_PERMS);
	assert_int_equal(TRY("0"), AAS_ERR_PERMS);
	assert_int_equal(TRY("aaaaaaaaaaaaaaaaaaaaaaaaab"), AAS_ERR_PERMS);
	assert_int_equal(TRY("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), AAS_ERR_PERMS);
	assert_int_equal(TRY(""), AAS_ERR_PERMS);
	pass(&h, HOUR);
	assert_int_equal(TRY(ticket), AAS_ERR_PERMS);
	pass(&h, -1);
	/* Upper case and a hyphen are how people write. */
	(void)snprintf(loud, sizeof(loud), "%.4s-%s", ticket, ticket + 4);
	for (char *p = loud; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	assert_int_equal(TRY(loud), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	/* Spent: the same text admits nobody again. */
	assert_int_equal(aas_store_retire(h.s, 1000, &h.now), AAS_OK);
	chain_free(&h.ch);
	chain_init(&h.ch, "alice", 1000);
	assert_int_equal(TRY(ticket), AAS_ERR_PERMS);
#undef TRY
	host_close(&h);
}

static void
store_genesis_of_somebody_else_is_refused(void **state)
{
	struct host h;

	host_open(&h, *state);
	memcpy(h.ch.user, "mallory", 8);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_ERR_DENIED);
	assert_int_equal(h.why, AAS_WHY_USER);
	memcpy(h.ch.user, "alice", 6);
	h.ch.uid = 1001;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_ERR_DENIED);
	assert_int_equal(state_of(&h), AAS_ST_NONE);
	host_close(&h);
}

/* --- holds --------------------------------------------------------------- */

static void
store_add_key_by_two_counts_at_once(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, &h.b), AAS_OK);
	assert_int_equal(h.held, 0);
	assert_int_equal(active(&h), 3);
	host_close(&h);
}

static void
store_add_key_by_one_is_held_72h(void **state)
{
	struct host h;
	struct aas_index ix;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, NULL), AAS_OK);
	assert_int_equal(h.held, h.now.real_s + 72 * HOUR);
	assert_int_equal(active(&h), 2);
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alice", h.now.real_s, &ix), AAS_OK);
	assert_int_equal(ix.state, AAS_ST_ENROLLED);
	assert_int_equal(ix.refresh_s, h.held);
	assert_int_equal(ix.keys_n, 3);
	assert_int_equal(ix.keys[2].active, 0);
	/* The held key signs nothing. */
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SET_CONTACTS, NULL), &h.c, NULL, NULL),
	    AAS_ERR_DENIED);
	pass(&h, 72 * HOUR - 1);
	assert_int_equal(active(&h), 2);
	pass(&h, 1);
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alice", h.now.real_s, &ix),
	    AAS_ERR_AGAIN);
	assert_int_equal(active(&h), 3);
	/* And now it is a key like the others, for good. */
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_REMOVE_KEY, &h.b), &h.a, &h.c, NULL),
	    AAS_OK);
	assert_int_equal(active(&h), 2);
	assert_int_equal(pending(&h), 0);
	host_close(&h);
}

static void
store_held_entry_is_cancelled_by_the_other_key(void **state)
{
	struct host h;
	struct aas_entry *e = NULL;
	uint8_t held[32];

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, NULL), AAS_OK);
	memcpy(held, h.ch.pin.head, sizeof(held));
	e = entry(&h, AAS_T_CANCEL, NULL);
	memcpy(e->entry, held, sizeof(held));
	/* Not by who signed it, not by the key it brings. */
	assert_int_equal(put(&h, e, &h.a, NULL, NULL), AAS_ERR_DENIED);
	assert_int_equal(put(&h, e, &h.c, NULL, NULL), AAS_ERR_DENIED);
	assert_int_equal(put(&h, e, &h.b, NULL, NULL), AAS_OK);
	assert_int_equal(pending(&h), 0);
	/* Twice is once too often. */
	e = entry(&h, AAS_T_CANCEL, NULL);
	memcpy(e->entry, held, sizeof(held));
	assert_int_equal(put(&h, e, &h.b, NULL, NULL), AAS_ERR_DENIED);
	pass(&h, 100 * HOUR);
	assert_int_equal(active(&h), 2);
	host_close(&h);
}

static void
store_thief_who_suspends_the_other_key_is_still_cancelled(void **state)
{
	struct host h;
	struct aas_entry *e = NULL;
	uint8_t held[32];

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SUSPEND_KEY, &h.b), &h.a, NULL, NULL),
	    AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_DEGRADED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, NULL), AAS_OK);
	memcpy(held, h.ch.pin.head, sizeof(held));
	pass(&h, 71 * HOUR);
	e = entry(&h, AAS_T_CANCEL, NULL);
	memcpy(e->entry, held, sizeof(held));
	assert_int_equal(put(&h, e, &h.b, NULL, NULL), AAS_OK);
	pass(&h, 71 * HOUR);
	assert_int_equal(active(&h), 1);
	host_close(&h);
}

static void
store_held_entry_of_a_suspended_signer_comes_to_nothing(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, NULL), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SUSPEND_KEY, &h.a), &h.b, NULL, NULL),
	    AAS_OK);
	pass(&h, 100 * HOUR);
	assert_int_equal(active(&h), 1);
	assert_int_equal(pending(&h), 0);
	assert_int_equal(active(&h), 1);
	host_close(&h);
}

static void
store_hold_counts_the_slower_clock(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_NONE), AAS_OK);
	/* f12: somebody sets the date. */
	h.now.real_s += 10 * 365 * 24 * HOUR;
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	h.now.real_s -= 10 * 365 * 24 * HOUR;
	/* A suspended machine with a wall clock that stands still. */
	h.now.boottime_ms += (int64_t)48 * HOUR * 1000;
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	/* Another boot: nothing counts without a synchronized clock. */
	memset(h.now.boot_id, 2, sizeof(h.now.boot_id));
	h.now.boottime_ms = 5000;
	h.now.synced = 0;
	h.now.real_s += 48 * HOUR;
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	pass(&h, 23 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	/* f11: set back, the wait goes on from here. */
	h.now.real_s -= 1000 * HOUR;
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	pass(&h, 23 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	pass(&h, 2 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	host_close(&h);
}

static void
store_hold_counts_wall_time_across_boots_if_synced(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_NONE), AAS_OK);
	memset(h.now.boot_id, 2, sizeof(h.now.boot_id));
	h.now.boottime_ms = 5000;
	h.now.real_s += 20 * HOUR;
	assert_int_equal(state_of(&h), AAS_ST_HELD);
	pass(&h, 4 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	host_close(&h);
}

static void
store_lost_state_holds_weak_entries_anew(void **state)
{
	struct host h;
	char path[FIXTURE_PATH];

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, NULL), AAS_OK);
	pass(&h, 72 * HOUR);
	assert_int_equal(active(&h), 3);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SET_CONTACTS, NULL), &h.c, NULL, NULL),
	    AAS_OK);
	assert_int_equal(unlink(fixture_path(h.f, "aas/state/1000", path)), 0);
	assert_int_equal(active(&h), 2);
	pass(&h, 72 * HOUR);
	assert_int_equal(active(&h), 3);
	host_close(&h);
}

/* --- the other types ----------------------------------------------------- */

static void
store_remove_never_below_two_suspend_never_below_one(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_REMOVE_KEY, &h.b), &h.a, &h.b, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SUSPEND_KEY, &h.b), &h.a, NULL, NULL),
	    AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SUSPEND_KEY, &h.a), &h.a, NULL, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SUSPEND_KEY, &h.b), &h.a, NULL, NULL),
	    AAS_ERR_DENIED);
	/* The resumed key signs too; one active key makes it weak. */
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_RESUME_KEY, &h.b), &h.a, NULL, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_RESUME_KEY, &h.b), &h.a, &h.b, NULL),
	    AAS_OK);
	assert_true(h.held > 0);
	assert_int_equal(state_of(&h), AAS_ST_DEGRADED);
	pass(&h, 72 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	host_close(&h);
}

static void
store_rename_takes_one_key_and_a_free_label(void **state)
{
	struct host h;
	struct aas_entry *e = NULL;
	struct aas_record *rec = NULL;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	e = entry(&h, AAS_T_RENAME_KEY, &h.b);
	memcpy(e->label, "blue", 5);
	assert_int_equal(put(&h, e, &h.a, NULL, NULL), AAS_ERR_DENIED);
	memcpy(e->label, "red", 4);
	assert_int_equal(put(&h, e, &h.a, NULL, NULL), AAS_OK);
	rec = load(&h);
	assert_string_equal(rec->keys[1].label, "red");
	aas_record_free(&rec);
	e = entry(&h, AAS_T_RENAME_KEY, &h.c);
	memcpy(e->label, "green", 6);
	assert_int_equal(put(&h, e, &h.a, NULL, NULL), AAS_ERR_DENIED);
	host_close(&h);
}

static void
store_lock_by_one_unlock_by_two(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_UNLOCK, NULL), &h.a, &h.b, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_LOCK, NULL), &h.a, NULL, NULL), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_LOCKED);
	assert_int_equal(put(&h, entry(&h, AAS_T_LOCK, NULL), &h.a, NULL, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, &h.b),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_UNLOCK, NULL), &h.b, NULL, NULL), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_LOCKED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_UNLOCK, NULL), &h.a, &h.b, NULL), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	/* The weak one comes to nothing in the end: nothing is locked. */
	pass(&h, 72 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	host_close(&h);
}

static void
store_disable_by_two_enable_by_one(void **state)
{
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ENABLE, NULL), &h.a, NULL, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_DISABLE, NULL), &h.a, &h.b, NULL), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_DISABLED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_DISABLE, NULL), &h.a, &h.b, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ENABLE, NULL), &h.b, NULL, NULL), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_DISABLE, NULL), &h.a, NULL, NULL), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	pass(&h, 72 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_DISABLED);
	host_close(&h);
}

static int
put_recovery(struct host *h, const struct aas_entry *e,
    struct signer *const *by, size_t n, const uint8_t *rkey)
{
	return append(h, chain_sign(e, by, n, rkey), AAS_AUTH_NONE, NULL);
}

static struct aas_entry *
recovery_finish(struct host *h, struct signer *const *by)
{
	struct aas_entry *e = entry(h, AAS_T_RECOVERY_FINISH, NULL);

	e->keys_n = 2;
	e->keys[0] = by[0]->key;
	e->keys[1] = by[1]->key;
	e->recovery_n = 1;
	memset(e->recovery[0], 0, 32);
	assert_int_equal(
	    aas_recovery_public(
		(const uint8_t *)"0123456789abcdef", e->recovery[0]),
	    AAS_OK);
	return e;
}

static void
store_recovery_waits_48h_and_brings_new_keys(void **state)
{
	struct host h;
	struct signer d;
	struct signer *fresh[2];
	struct aas_record *rec = NULL;
	const uint8_t wrong[16] = { 9 };

	host_open(&h, *state);
	signer_new(&d, "fourth", SIGNER_REALM, AAS_ALG_EDDSA);
	fresh[0] = &h.c;
	fresh[1] = &d;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(put_recovery(&h, entry(&h, AAS_T_RECOVERY_START, NULL),
			     NULL, 0, wrong),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put_recovery(&h, recovery_finish(&h, fresh), fresh, 2, h.rkey),
	    AAS_ERR_DENIED);
	assert_int_equal(put_recovery(&h, entry(&h, AAS_T_RECOVERY_START, NULL),
			     NULL, 0, h.rkey),
	    AAS_OK);
	assert_int_equal(h.held, 0);
	assert_int_equal(state_of(&h), AAS_ST_RECOVERING);
	assert_int_equal(put_recovery(&h, entry(&h, AAS_T_RECOVERY_START, NULL),
			     NULL, 0, h.rkey),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put_recovery(&h, recovery_finish(&h, fresh), fresh, 2, h.rkey),
	    AAS_ERR_DENIED);
	assert_int_equal(h.why, AAS_WHY_RECOVERING);
	pass(&h, 48 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_RECOVERY_DUE);
	assert_int_equal(
	    put_recovery(&h, recovery_finish(&h, fresh), fresh, 2, wrong),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put_recovery(&h, recovery_finish(&h, fresh), fresh, 1, h.rkey),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    put_recovery(&h, recovery_finish(&h, fresh), fresh, 2, h.rkey),
	    AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	rec = load(&h);
	assert_int_equal(rec->keys_n, 2);
	assert_string_equal(rec->keys[1].label, "fourth");
	assert_int_equal(rec->recovery_n, 1);
	aas_record_free(&rec);
	/* The old keys are out. */
	assert_int_equal(put(&h, entry(&h, AAS_T_LOCK, NULL), &h.a, NULL, NULL),
	    AAS_ERR_DENIED);
	signer_free(&d);
	host_close(&h);
}

static void
store_recovery_cancelled_by_an_active_key_voids_the_set(void **state)
{
	struct host h;
	struct aas_record *rec = NULL;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_RECOVERY_CANCEL, NULL), &h.b, NULL, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(put_recovery(&h, entry(&h, AAS_T_RECOVERY_START, NULL),
			     NULL, 0, h.rkey),
	    AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_RECOVERY_CANCEL, NULL), &h.b, NULL, NULL),
	    AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	rec = load(&h);
	assert_int_equal(rec->recovery_n, 0);
	aas_record_free(&rec);
	assert_int_equal(put_recovery(&h, entry(&h, AAS_T_RECOVERY_START, NULL),
			     NULL, 0, h.rkey),
	    AAS_ERR_DENIED);
	host_close(&h);
}

static void
store_replace_recovery_by_two(void **state)
{
	struct host h;
	struct aas_entry *e = NULL;
	struct aas_record *rec = NULL;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	e = entry(&h, AAS_T_REPLACE_RECOVERY, NULL);
	e->recovery_n = 2;
	assert_int_equal(
	    aas_recovery_public(
		(const uint8_t *)"0123456789abcdef", e->recovery[0]),
	    AAS_OK);
	memcpy(e->recovery[1], e->recovery[0], 32);
	assert_int_equal(put(&h, e, &h.a, &h.b, NULL), AAS_ERR_DENIED);
	e->recovery_n = 1;
	assert_int_equal(put(&h, e, &h.a, &h.b, NULL), AAS_OK);
	rec = load(&h);
	assert_int_equal(rec->recovery_n, 1);
	assert_memory_equal(rec->recovery[0], e->recovery[0], 32);
	aas_record_free(&rec);
	host_close(&h);
}

/* --- what must not be taken ---------------------------------------------- */

static void
store_entry_not_at_the_head_is_refused(void **state)
{
	struct host h;
	struct chain old;
	char *line = NULL;
	struct signer *by[1];

	host_open(&h, *state);
	by[0] = &h.a;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	old = h.ch;
	line = chain_sign(entry(&h, AAS_T_LOCK, NULL), by, 1, NULL);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SET_CONTACTS, NULL), &h.a, NULL, NULL),
	    AAS_OK);
	(void)old;
	assert_int_equal(aas_store_append(h.s, 1000, "alice", line,
			     AAS_AUTH_NONE, NULL, &h.now, NULL, &h.why),
	    AAS_ERR_ROLLBACK);
	assert_int_equal(h.why, AAS_WHY_FORKED);
	free(line);
	host_close(&h);
}

static void
store_bad_lines_are_refused(void **state)
{
	static const char *const bad[] = { "", "\n", "aas1\n",
		"aas1 e30= e30=\n", "aas2 e30= e30=\n", "xyz1 e30= e30=\n",
		"aas1 e30= e30=", "aas1 e30= e30=\n\n", "aas1 !!!! e30=\n",
		"aas1 e30=\n" };
	struct host h;
	char *big = NULL;

	host_open(&h, *state);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int r = aas_store_append(h.s, 1000, "alice", bad[i],
		    AAS_AUTH_HOST, NULL, &h.now, NULL, &h.why);

		assert_true(r == AAS_ERR_FORMAT || r == AAS_ERR_VERSION);
	}
	big = malloc(AAS_LINE_MAX + 10);
	memset(big, 'a', AAS_LINE_MAX + 9);
	big[AAS_LINE_MAX + 8] = '\n';
	big[AAS_LINE_MAX + 9] = '\0';
	assert_int_equal(aas_store_append(h.s, 1000, "alice", big,
			     AAS_AUTH_HOST, NULL, &h.now, NULL, &h.why),
	    AAS_ERR_FORMAT);
	free(big);
	assert_int_equal(state_of(&h), AAS_ST_NONE);
	host_close(&h);
}

/* --- what the files say together ----------------------------------------- */

static void
read_part(struct host *h, const char *part, struct aas_buf *b)
{
	char path[FIXTURE_PATH];
	char name[32];

	(void)snprintf(name, sizeof(name), "aas/%s/1000", part);
	assert_int_equal(aas_fs_read_path(fixture_path(h->f, name, path),
			     geteuid(), 0, AAS_RECORD_MAX, b, NULL),
	    AAS_OK);
}

static void
write_part(struct host *h, const char *part, const void *p, size_t len)
{
	char path[FIXTURE_PATH];
	char name[32];
	int fd = -1;

	(void)snprintf(name, sizeof(name), "aas/%s", part);
	fd = open(fixture_path(h->f, name, path), O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_int_equal(
	    aas_fs_replace(fd, "1000", p, len, (uid_t)-1, (gid_t)-1, 0640),
	    AAS_OK);
	close(fd);
}

static void
remove_part(struct host *h, const char *part)
{
	char path[FIXTURE_PATH];
	char name[32];

	(void)snprintf(name, sizeof(name), "aas/%s/1000", part);
	assert_int_equal(unlink(fixture_path(h->f, name, path)), 0);
}

static int
load_r(struct host *h)
{
	return aas_store_load(
	    h->s, 1000, "alice", &h->now, NULL, NULL, &h->why);
}

static void
store_record_put_back_is_a_rollback(void **state)
{
	struct host h;
	struct aas_buf old = { NULL, 0 };

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	read_part(&h, "records", &old);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_LOCK, NULL), &h.a, NULL, NULL), AAS_OK);
	write_part(&h, "records", old.p, old.len);
	assert_int_equal(load_r(&h), AAS_ERR_ROLLBACK);
	assert_int_equal(h.why, AAS_WHY_ROLLBACK);
	/* With its index, too. */
	assert_int_equal(put(&h, entry(&h, AAS_T_LOCK, NULL), &h.a, NULL, NULL),
	    AAS_ERR_ROLLBACK);
	aas_buf_free(&old);
	host_close(&h);
}

static void
store_index_alone_is_not_a_user_without_a_record(void **state)
{
	char path[FIXTURE_PATH + 32];
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	(void)snprintf(path, sizeof(path), "%s/records/1000", h.dir);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/pins/1000", h.dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(state_of(&h), AAS_ST_BROKEN);
	assert_int_equal(h.why, AAS_WHY_RECORD_MISSING);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_ERR_ROLLBACK);
	/* The way out is root's. */
	assert_int_equal(aas_store_retire(h.s, 1000, &h.now), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_NONE);
	host_close(&h);
}

static void
store_missing_record_of_a_pinned_user_is_a_rollback(void **state)
{
	struct host h;
	struct aas_index ix;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	remove_part(&h, "records");
	assert_int_equal(load_r(&h), AAS_ERR_ROLLBACK);
	assert_int_equal(h.why, AAS_WHY_RECORD_MISSING);
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alice", h.now.real_s, &ix),
	    AAS_ERR_ROLLBACK);
	chain_free(&h.ch);
	chain_init(&h.ch, "alice", 1000);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_ERR_ROLLBACK);
	/* repin: as new. */
	assert_int_equal(aas_store_retire(h.s, 1000, &h.now), AAS_OK);
	assert_int_equal(load_r(&h), AAS_ERR_NOTFOUND);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	host_close(&h);
}

static void
store_record_without_a_pin_is_refused(void **state)
{
	struct host h;
	struct aas_index ix;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	remove_part(&h, "pins");
	assert_int_equal(load_r(&h), AAS_ERR_ROLLBACK);
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alice", h.now.real_s, &ix),
	    AAS_ERR_AGAIN);
	host_close(&h);
}

static void
store_another_genesis_or_head_is_a_fork(void **state)
{
	struct host h;
	struct chain other;
	struct signer *by[2];
	char *line = NULL;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	/* A genesis of other keys for the same user. */
	by[0] = &h.a;
	by[1] = &h.c;
	chain_init(&other, "alice", 1000);
	line = chain_genesis(&other, by, 2, NULL);
	write_part(&h, "records", line, strlen(line));
	assert_int_equal(load_r(&h), AAS_ERR_ROLLBACK);
	assert_int_equal(h.why, AAS_WHY_FORKED);
	free(line);
	/* The same genesis, another second entry. */
	write_part(&h, "records", h.ch.p, h.ch.len);
	assert_int_equal(load_r(&h), AAS_OK);
	line = chain_sign(entry(&h, AAS_T_LOCK, NULL), by, 1, NULL);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SET_CONTACTS, NULL), &h.a, NULL, NULL),
	    AAS_OK);
	{
		size_t first = (size_t)(strchr(h.ch.p, '\n') - h.ch.p) + 1;
		char *forged = malloc(first + strlen(line) + 1);

		memcpy(forged, h.ch.p, first);
		memcpy(forged + first, line, strlen(line) + 1);
		write_part(&h, "records", forged, strlen(forged));
		free(forged);
	}
	assert_int_equal(load_r(&h), AAS_ERR_ROLLBACK);
	free(line);
	host_close(&h);
}

static void
store_f47_empty_or_torn_files_refuse_that_user_alone(void **state)
{
	static const char *const part[] = { "records", "pins", "state" };
	struct host h;
	struct aas_buf b = { NULL, 0 };
	struct aas_index ix;
	uint8_t key[32];

	host_open(&h, *state);
	h.a.counter = 5;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	for (size_t i = 0; i < 3; i++) {
		read_part(&h, part[i], &b);
		for (size_t cut = 0; cut < b.len; cut += 1 + cut / 4) {
			write_part(&h, part[i], b.p, cut);
			assert_int_not_equal(load_r(&h), AAS_OK);
			assert_int_not_equal(load_r(&h), AAS_ERR_NOTFOUND);
			if (i < 2) {
				int r = aas_index_load(
				    h.dir, 1000, "alice", h.now.real_s, &ix);

				assert_int_not_equal(r, AAS_OK);
				assert_int_not_equal(r, AAS_ERR_NOTFOUND);
			}
		}
		if (i == 2) {
			char path[FIXTURE_PATH];
			assert_int_equal(
			    chmod(fixture_path(h.f, "aas/state/1000", path),
				0600),
			    0);
			assert_int_equal(
			    aas_key_id(&h.a.key.login, key), AAS_OK);
			assert_int_not_equal(
			    aas_store_counter_put(h.s, 1000, key, 1, 2),
			    AAS_OK);
		}
		write_part(&h, part[i], b.p, b.len);
		if (i == 2) {
			char path[FIXTURE_PATH];
			assert_int_equal(
			    chmod(fixture_path(h.f, "aas/state/1000", path),
				0600),
			    0);
		}
		aas_buf_free(&b);
		assert_int_equal(load_r(&h), AAS_OK);
	}
	assert_int_equal(
	    aas_store_load(h.s, 1001, "bob", &h.now, NULL, NULL, &h.why),
	    AAS_ERR_NOTFOUND);
	host_close(&h);
}

static void
store_f60_renamed_user_or_reused_uid_is_refused(void **state)
{
	struct host h;
	struct aas_index ix;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    aas_store_load(h.s, 1000, "alicia", &h.now, NULL, NULL, &h.why),
	    AAS_ERR_FORMAT);
	assert_int_equal(h.why, AAS_WHY_USER);
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alicia", h.now.real_s, &ix),
	    AAS_ERR_FORMAT);
	/* The files of another uid. */
	{
		static const char *const part[] = { "records", "pins",
			"index" };

		for (size_t i = 0; i < 3; i++) {
			char from[FIXTURE_PATH];
			char to[FIXTURE_PATH];
			char name[32];

			(void)snprintf(
			    name, sizeof(name), "aas/%s/1000", part[i]);
			fixture_path(h.f, name, from);
			(void)snprintf(
			    name, sizeof(name), "aas/%s/1001", part[i]);
			fixture_path(h.f, name, to);
			assert_int_equal(rename(from, to), 0);
		}
	}
	assert_int_equal(
	    aas_store_load(h.s, 1001, "alice", &h.now, NULL, NULL, &h.why),
	    AAS_ERR_FORMAT);
	assert_int_not_equal(
	    aas_index_load(h.dir, 1001, "alice", h.now.real_s, &ix), AAS_OK);
	host_close(&h);
}

static void
store_chain_extended_elsewhere_is_held(void **state)
{
	struct host h;
	struct signer *by[1];
	char *line = NULL;

	host_open(&h, *state);
	by[0] = &h.a;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	line = chain_sign(entry(&h, AAS_T_LOCK, NULL), by, 1, NULL);
	chain_add(&h.ch, line);
	free(line);
	write_part(&h, "records", h.ch.p, h.ch.len);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	assert_int_equal(pending(&h), 1);
	/* Not pinned means not vouched for; pinned now, and later it counts. */
	pass(&h, 71 * HOUR);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	pass(&h, HOUR);
	assert_int_equal(state_of(&h), AAS_ST_LOCKED);
	host_close(&h);
}

static void
store_chain_extended_elsewhere_needs_good_proofs(void **state)
{
	struct host h;
	struct signer *by[1];
	struct aas_entry *e = NULL;
	char *line = NULL;
	struct chain forged;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	/* A key that nobody enrolled. */
	by[0] = &h.c;
	e = entry(&h, AAS_T_LOCK, NULL);
	line = chain_sign(e, by, 1, NULL);
	chain_init(&forged, "alice", 1000);
	chain_add(&forged, h.ch.p);
	chain_add(&forged, line);
	write_part(&h, "records", forged.p, forged.len);
	assert_int_equal(load_r(&h), AAS_ERR_CRYPTO);
	free(line);
	chain_free(&forged);
	host_close(&h);
}

static void
store_crash_between_record_and_pin_is_mended(void **state)
{
	struct host h;
	struct aas_buf pin = { NULL, 0 };
	struct aas_buf b = { NULL, 0 };
	struct aas_pin old;
	struct aas_pin next;
	struct aas_index ix;
	uint8_t buf[AAS_PIN_MAX];
	size_t len = 0;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	read_part(&h, "pins", &pin);
	assert_int_equal(aas_pin_get(pin.p, pin.len, &old, &next), AAS_OK);
	assert_int_equal(next.seq, 0);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_LOCK, NULL), &h.a, NULL, NULL), AAS_OK);
	/* The pin as it was before the commit. */
	assert_int_equal(
	    aas_pin_put(&old, &h.ch.pin, buf, sizeof(buf), &len), AAS_OK);
	write_part(&h, "pins", buf, len);
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alice", h.now.real_s, &ix),
	    AAS_ERR_AGAIN);
	assert_int_equal(state_of(&h), AAS_ST_LOCKED);
	read_part(&h, "pins", &b);
	assert_int_equal(aas_pin_get(b.p, b.len, &old, &next), AAS_OK);
	assert_int_equal(old.seq, 2);
	assert_int_equal(next.seq, 0);
	aas_buf_free(&b);
	aas_buf_free(&pin);
	host_close(&h);
}

static void
store_crash_before_the_first_record_leaves_a_new_user(void **state)
{
	struct host h;
	static const struct aas_pin none;
	struct aas_pin next = { .seq = 1 };
	struct aas_index ix;
	uint8_t buf[AAS_PIN_MAX];
	size_t len = 0;

	host_open(&h, *state);
	assert_int_equal(
	    aas_pin_put(&none, &next, buf, sizeof(buf), &len), AAS_OK);
	write_part(&h, "pins", buf, len);
	assert_int_equal(load_r(&h), AAS_ERR_NOTFOUND);
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alice", h.now.real_s, &ix),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	host_close(&h);
}

static void
store_lost_index_is_made_anew(void **state)
{
	struct host h;
	struct aas_index ix;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	remove_part(&h, "index");
	assert_int_equal(
	    aas_index_load(h.dir, 1000, "alice", h.now.real_s, &ix),
	    AAS_ERR_AGAIN);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	write_part(&h, "index", "rubbish", 7);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	host_close(&h);
}

static int
load_creds(struct host *h, struct aas_index_cred *creds)
{
	struct aas_index ix;

	return aas_index_load_creds(
	    h->dir, 1000, "alice", h->now.real_s, &ix, creds);
}

/* Of an older or a newer program, or with one bit of a credential wrong. */
static void
store_f75_index_of_another_version_or_torn_is_made_anew(void **state)
{
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	struct aas_buf good = { NULL, 0 };
	struct aas_buf now = { NULL, 0 };
	const size_t back[] = { 1, 20, 60, 100 };
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	read_part(&h, "index", &good);
	for (size_t i = 0; i < 6; i++) {
		size_t at = i < 2 ? 7 : good.len - back[i - 2];
		uint8_t was = good.p[at];

		good.p[at] = i == 0 ? '1' : i == 1 ? '6' : was ^ 0x04;
		write_part(&h, "index", good.p, good.len);
		good.p[at] = was;
		assert_int_equal(load_creds(&h, creds), AAS_ERR_AGAIN);
		assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
		read_part(&h, "index", &now);
		assert_int_equal(now.len, good.len);
		assert_memory_equal(now.p, good.p, good.len);
		aas_buf_free(&now);
	}
	aas_buf_free(&good);
	host_close(&h);
}

/* A key that was suspended does not come back with yesterday's index. */
static void
store_index_of_another_head_signs_nobody_in(void **state)
{
	static struct aas_index_cred creds[AAS_KEYS_MAX];
	const char *const part[] = { "index", "pins", "records" };
	struct aas_buf old[3] = { { NULL, 0 } };
	struct aas_buf new = { NULL, 0 };
	struct host h;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_ENROLLED);
	for (size_t i = 0; i < 3; i++)
		read_part(&h, part[i], &old[i]);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_SUSPEND_KEY, &h.b), &h.a, NULL, NULL),
	    AAS_OK);
	assert_int_equal(state_of(&h), AAS_ST_DEGRADED);
	assert_int_equal(load_creds(&h, creds), AAS_OK);
	assert_int_not_equal(creds[0].login.id_len, 0);
	assert_int_equal(creds[1].login.id_len, 0);
	read_part(&h, "index", &new);
	/* The index is older than pin and record. */
	write_part(&h, "index", old[0].p, old[0].len);
	assert_int_equal(load_creds(&h, creds), AAS_ERR_AGAIN);
	/* Index and pin are: the record has another inode, size and time. */
	write_part(&h, "pins", old[1].p, old[1].len);
	assert_int_equal(load_creds(&h, creds), AAS_ERR_AGAIN);
	/* The index is newer than both. */
	write_part(&h, "index", new.p, new.len);
	write_part(&h, "records", old[2].p, old[2].len);
	assert_int_equal(load_creds(&h, creds), AAS_ERR_AGAIN);
	for (size_t i = 0; i < 3; i++)
		aas_buf_free(&old[i]);
	aas_buf_free(&new);
	host_close(&h);
}

static void
store_verify_finds_what_the_pin_covers(void **state)
{
	static const struct aas_pin none;
	struct host h;
	struct signer fake;
	struct signer *by[1];
	uint8_t buf[AAS_PIN_MAX];
	size_t len = 0;
	char *text = NULL;
	unsigned line = 99;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, NULL), AAS_OK);
	pass(&h, 72 * HOUR);
	assert_int_equal(active(&h), 3);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_LOCK, NULL), &h.c, NULL, NULL), AAS_OK);
	assert_int_equal(
	    aas_store_verify(h.s, 1000, "alice", &h.now, &line, &h.why),
	    AAS_OK);
	/* Root forges an entry and pins it: links hold, proofs do not. */
	signer_new(&fake, "fake", SIGNER_REALM, AAS_ALG_EDDSA);
	fake.key = h.b.key;
	by[0] = &fake;
	text = chain_sign(entry(&h, AAS_T_SUSPEND_KEY, &h.a), by, 1, NULL);
	chain_add(&h.ch, text);
	free(text);
	signer_free(&fake);
	write_part(&h, "records", h.ch.p, h.ch.len);
	assert_int_equal(
	    aas_pin_put(&h.ch.pin, &none, buf, sizeof(buf), &len), AAS_OK);
	write_part(&h, "pins", buf, len);
	assert_int_equal(load_r(&h), AAS_OK);
	assert_int_equal(
	    aas_store_verify(h.s, 1000, "alice", &h.now, &line, &h.why),
	    AAS_ERR_CRYPTO);
	assert_int_equal(line, 4);
	host_close(&h);
}

static void
store_s6_torn_or_flipped_state_is_refused(void **state)
{
	struct aas_hoststate hs;
	struct aas_hoststate back;
	struct aas_now now = { .real_s = 5, .boottime_ms = 7, .synced = 1 };
	uint8_t b[AAS_STATE_MAX];
	size_t len = 0;

	(void)state;
	memset(&hs, 0, sizeof(hs));
	assert_non_null(aas_counter_make(&hs, (const uint8_t[32]){ 3 }));
	hs.counters[0].value = 77;
	hs.counters[0].refused = 1;
	assert_int_equal(aas_wait_start(&hs, AAS_WAIT_HOLD,
			     (const uint8_t[32]){ 4 }, 100, &now),
	    AAS_OK);
	assert_int_equal(aas_hoststate_put(&hs, b, sizeof(b), &len), AAS_OK);
	assert_int_equal(aas_hoststate_get(b, len, &back), AAS_OK);
	assert_memory_equal(&hs, &back, sizeof(hs));
	for (size_t n = 0; n < len; n++)
		assert_int_equal(
		    aas_hoststate_get(b, n, &back), AAS_ERR_FORMAT);
	for (size_t bit = 0; bit < len * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(aas_hoststate_get(b, len, &back), AAS_OK);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
store_full_tables_refuse_and_fit_the_file(void **state)
{
	static struct aas_hoststate hs;
	static uint8_t b[AAS_STATE_MAX];
	struct aas_now now = { .real_s = 5, .boottime_ms = 7 };
	uint8_t id[32] = { 0 };
	size_t len = 0;

	(void)state;
	memset(&hs, 0, sizeof(hs));
	for (unsigned i = 0; i < AAS_COUNTERS_MAX; i++) {
		id[0] = (uint8_t)i;
		assert_non_null(aas_counter_make(&hs, id));
	}
	id[0] = 255;
	assert_null(aas_counter_make(&hs, id));
	for (unsigned i = 0; i < AAS_WAITS_MAX; i++) {
		id[0] = (uint8_t)i;
		assert_int_equal(
		    aas_wait_start(&hs, AAS_WAIT_HOLD, id, 1, &now), AAS_OK);
	}
	/* One that is there begins anew; another finds no room. */
	assert_int_equal(
	    aas_wait_start(&hs, AAS_WAIT_HOLD, id, 1, &now), AAS_OK);
	id[0] = 255;
	assert_int_equal(
	    aas_wait_start(&hs, AAS_WAIT_HOLD, id, 1, &now), AAS_ERR_DENIED);
	assert_int_equal(aas_hoststate_put(&hs, b, sizeof(b), &len), AAS_OK);
}

/* --- counters ------------------------------------------------------------ */

#define RACERS 64

static int
racer(struct host *h, const uint8_t key[32], uint32_t seen)
{
	uint32_t issued = 0;
	int refused = 0;

	if (aas_store_counter_get(h->s, 1000, key, &issued, &refused) != 0)
		return 2;
	if (refused)
		return 3;
	return aas_store_counter_put(h->s, 1000, key, 100, seen) == AAS_OK ? 0
									   : 4;
}

static void
store_counter_64_interleaved_never_look_like_a_clone(void **state)
{
	struct host h;
	const uint8_t key[32] = { 7 };
	uint32_t issued = 0;
	int refused = 0;
	pid_t pid[RACERS];

	host_open(&h, *state);
	assert_int_equal(aas_store_counter_put(h.s, 1000, key, 0, 100), AAS_OK);
	/* All challenges are issued at 100; the key answers 101 to 164. */
	for (uint32_t i = 0; i < RACERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			_exit(racer(&h, key, 164 - i * 37 % RACERS));
	}
	for (size_t i = 0; i < RACERS; i++) {
		int status = 0;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(
	    aas_store_counter_get(h.s, 1000, key, &issued, &refused), AAS_OK);
	assert_int_equal(issued, 164);
	assert_int_equal(refused, 0);
	/* A clone of the key at 101 comes after all of that. */
	for (uint32_t seen = 102; seen <= 164; seen += 31)
		assert_int_equal(
		    aas_store_counter_put(h.s, 1000, key, issued, seen),
		    AAS_ERR_DENIED);
	assert_int_equal(
	    aas_store_counter_get(h.s, 1000, key, &issued, &refused), AAS_OK);
	assert_int_equal(refused, 1);
	assert_int_equal(issued, 164);
	host_close(&h);
}

static void
store_f50_counter_that_stays_or_wraps_is_a_clone(void **state)
{
	struct host h;
	const uint8_t key[32] = { 7 };
	const uint8_t zero[32] = { 8 };
	uint32_t issued = 9;
	int refused = 9;

	host_open(&h, *state);
	assert_int_equal(aas_store_counter_put(h.s, 1000, zero, 0, 0), AAS_OK);
	assert_int_equal(
	    aas_store_counter_get(h.s, 1000, zero, &issued, &refused), AAS_OK);
	assert_int_equal(issued, 0);
	assert_int_equal(refused, 0);
	assert_int_equal(
	    aas_store_counter_put(h.s, 1000, key, 0, UINT32_MAX), AAS_OK);
	assert_int_equal(aas_store_counter_put(h.s, 1000, key, UINT32_MAX, 0),
	    AAS_ERR_DENIED);
	assert_int_equal(
	    aas_store_counter_put(h.s, 1000, key, UINT32_MAX, UINT32_MAX),
	    AAS_ERR_DENIED);
	host_close(&h);
}

/* Found to be copied while another sign-in with it was under way. */
static void
store_counter_of_a_copied_key_admits_nobody_who_began_before(void **state)
{
	const uint8_t key[32] = { 1 };
	struct host h;

	host_open(&h, *state);
	assert_int_equal(aas_store_counter_put(h.s, 1000, key, 0, 5), AAS_OK);
	assert_int_equal(
	    aas_store_counter_put(h.s, 1000, key, 5, 4), AAS_ERR_DENIED);
	assert_int_equal(
	    aas_store_counter_put(h.s, 1000, key, 5, 6), AAS_ERR_DENIED);
	host_close(&h);
}

static void
store_enrolment_books_the_counters_of_its_proofs(void **state)
{
	struct host h;
	uint8_t key[32];
	uint32_t issued = 0;
	int refused = 0;

	host_open(&h, *state);
	h.a.counter = 41;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(aas_key_id(&h.a.key.login, key), AAS_OK);
	assert_int_equal(
	    aas_store_counter_get(h.s, 1000, key, &issued, &refused), AAS_OK);
	assert_int_equal(issued, 41);
	host_close(&h);
}

static void
store_key_with_a_copy_signs_no_entry(void **state)
{
	struct host h;
	uint8_t key[32];

	host_open(&h, *state);
	h.a.counter = 10;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(aas_key_id(&h.a.key.login, key), AAS_OK);
	assert_int_equal(
	    aas_store_counter_put(h.s, 1000, key, 10, 4), AAS_ERR_DENIED);
	assert_int_equal(put(&h, entry(&h, AAS_T_LOCK, NULL), &h.a, NULL, NULL),
	    AAS_ERR_DENIED);
	assert_int_equal(h.why, AAS_WHY_COUNTER);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_LOCK, NULL), &h.b, NULL, NULL), AAS_OK);
	host_close(&h);
}

/* --- readers beside a writer --------------------------------------------- */

#define APPENDS 30
#define READERS 3

static int
read_until(struct host *h, int stop)
{
	struct aas_store *s = NULL;
	struct aas_record *rec = NULL;
	struct aas_index ix;
	unsigned why = 0;
	char c = 0;
	int r = 0;

	if (aas_store_open(h->dir, 0, &s) != AAS_OK)
		return 2;
	while (read(stop, &c, 1) == -1) {
		if (aas_store_load(
			s, 1000, "alice", &h->now, &rec, &ix, &why) != AAS_OK)
			return 3;
		aas_record_free(&rec);
		if (ix.state != AAS_ST_LOCKED && ix.state != AAS_ST_ENROLLED)
			return 4;
		r = aas_index_load(h->dir, 1000, "alice", h->now.real_s, &ix);
		if (r != AAS_OK && r != AAS_ERR_AGAIN)
			return 5;
	}
	aas_store_close(&s);
	return 0;
}

static void
store_f58_readers_beside_a_writer_see_old_or_new(void **state)
{
	struct host h;
	pid_t pid[READERS];
	int stop[2];

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(pipe2(stop, O_CLOEXEC | O_NONBLOCK), 0);
	for (size_t i = 0; i < READERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			close(stop[1]);
			_exit(read_until(&h, stop[0]));
		}
	}
	for (unsigned i = 0; i < APPENDS; i++) {
		enum aas_type t = i % 2 == 0 ? AAS_T_LOCK : AAS_T_UNLOCK;

		assert_int_equal(
		    put(&h, entry(&h, t, NULL), &h.a, &h.b, NULL), AAS_OK);
	}
	close(stop[1]);
	for (size_t i = 0; i < READERS; i++) {
		int status = 0;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_int_equal(status, 0);
	}
	close(stop[0]);
	host_close(&h);
}

static void
store_entry_from_the_future_is_refused(void **state)
{
	struct host h;
	struct aas_entry *e = NULL;

	host_open(&h, *state);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	e = entry(&h, AAS_T_SUSPEND_KEY, &h.b);
	e->time_s = h.now.real_s + 25 * HOUR;
	assert_int_equal(put(&h, e, &h.a, NULL, NULL), AAS_ERR_DENIED);
	assert_int_equal(h.why, AAS_WHY_CLOCK);
	e->time_s = h.now.real_s + 23 * HOUR;
	assert_int_equal(put(&h, e, &h.a, NULL, NULL), AAS_OK);
	host_close(&h);
}

/* --- who may ------------------------------------------------------------- */

#define STRANGER 23456

/* In a child without rights but the group of the files. */
static int
as_reader(void *arg)
{
	struct host *h = arg;
	struct aas_store *s = NULL;
	struct aas_record *rec = NULL;
	struct aas_index ix;
	unsigned why = 0;
	int64_t held = 0;
	const uint8_t key[32] = { 7 };

	CHECK(setgid(STRANGER) == 0 && setuid(STRANGER) == 0);
	CHECK(aas_store_open(h->dir, 0, &s) == AAS_OK);
	CHECK(aas_index_load(h->dir, 1000, "alice", h->now.real_s, &ix) ==
	    AAS_OK);
	memset(&ix, 0, sizeof(ix));
	CHECK(aas_store_load(s, 1000, "alice", &h->now, &rec, &ix, &why) ==
	    AAS_OK);
	CHECK(ix.state == AAS_ST_ENROLLED);
	CHECK(aas_record_active(rec) == 3);
	aas_record_free(&rec);
	CHECK(aas_store_append(s, 1000, "alice", "aas1 x y\n", AAS_AUTH_HOST,
		  NULL, &h->now, &held, &why) == AAS_ERR_PERMS);
	CHECK(aas_store_retire(s, 1000, &h->now) == AAS_ERR_PERMS);
	CHECK(aas_store_invite(s, 1000, 1, (char[AAS_TICKET_TEXT]){ 0 }) ==
	    AAS_ERR_PERMS);
	CHECK(aas_store_counter_put(s, 1000, key, 5, 6) == AAS_ERR_SYS);
	CHECK(aas_store_counter_put(s, 1000, key, 5, 5) == AAS_ERR_DENIED);
	aas_store_close(&s);
	return 0;
}

static int
as_stale_reader(void *arg)
{
	struct host *h = arg;
	struct aas_store *s = NULL;
	unsigned why = 0;

	CHECK(setgid(STRANGER) == 0 && setuid(STRANGER) == 0);
	CHECK(aas_store_open(h->dir, 0, &s) == AAS_OK);
	CHECK(aas_store_load(s, 1000, "alice", &h->now, NULL, NULL, &why) ==
	    AAS_ERR_AGAIN);
	aas_store_close(&s);
	return 0;
}

static int
as_nobody(void *arg)
{
	struct host *h = arg;
	struct aas_store *s = NULL;
	struct aas_index ix;
	unsigned why = 0;
	int r = 0;

	CHECK(setgid(STRANGER + 1) == 0 && setuid(STRANGER) == 0);
	r = aas_index_load(h->dir, 1000, "alice", h->now.real_s, &ix);
	CHECK(r != AAS_OK && r != AAS_ERR_NOTFOUND);
	CHECK(aas_store_open(h->dir, 1, &s) != AAS_OK);
	if (aas_store_open(h->dir, 0, &s) == AAS_OK) {
		r = aas_store_load(s, 1000, "alice", &h->now, NULL, NULL, &why);
		CHECK(r != AAS_OK && r != AAS_ERR_NOTFOUND);
		aas_store_close(&s);
	}
	return 0;
}

static void
store_group_reads_others_do_not(void **state)
{
	static const char *const part[] = { "aas/records", "aas/index",
		"aas/pins" };
	struct host h;
	struct signer d;
	struct aas_buf b = { NULL, 0 };
	char path[FIXTURE_PATH];

	if (geteuid() != 0)
		skip();
	host_open(&h, *state);
	signer_new(&d, "fourth", SIGNER_REALM, AAS_ALG_ES256);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    chown(fixture_path(h.f, part[i], path), 0, STRANGER), 0);
	assert_int_equal(chmod(h.f->dir, 0711), 0);
	aas_store_close(&h.s);
	assert_int_equal(aas_store_open(h.dir, 1, &h.s), AAS_OK);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &h.c), &h.c, &h.a, NULL), AAS_OK);
	pass(&h, 72 * HOUR);
	assert_int_equal(active(&h), 3);
	assert_int_equal(fixture_in_child(as_reader, &h), 0);
	assert_int_equal(fixture_in_child(as_nobody, &h), 0);
	/* An index of another head does not tell what is held. */
	read_part(&h, "index", &b);
	assert_int_equal(
	    put(&h, entry(&h, AAS_T_ADD_KEY, &d), &d, &h.a, NULL), AAS_OK);
	write_part(&h, "index", b.p, b.len);
	assert_int_equal(fixture_in_child(as_stale_reader, &h), 0);
	write_part(&h, "index", "rubbish", 7);
	assert_int_equal(fixture_in_child(as_stale_reader, &h), 0);
	remove_part(&h, "index");
	assert_int_equal(fixture_in_child(as_stale_reader, &h), 0);
	aas_buf_free(&b);
	signer_free(&d);
	host_close(&h);
}

static void
store_f45_wrong_types_and_modes_are_refused(void **state)
{
	static const char *const part[] = { "aas/records/1000", "aas/pins/1000",
		"aas/state/1000" };
	struct host h;
	char path[FIXTURE_PATH];
	char away[FIXTURE_PATH];

	host_open(&h, *state);
	h.a.counter = 1;
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	fixture_path(h.f, "away", away);
	for (size_t i = 0; i < 3; i++) {
		fixture_path(h.f, part[i], path);
		assert_int_equal(chmod(path, 0666), 0);
		assert_int_not_equal(load_r(&h), AAS_OK);
		assert_int_equal(chmod(path, i == 2 ? 0600 : 0640), 0);
		assert_int_equal(rename(path, away), 0);
		assert_int_equal(symlink(away, path), 0);
		assert_int_not_equal(load_r(&h), AAS_OK);
		assert_int_not_equal(load_r(&h), AAS_ERR_NOTFOUND);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkfifo(path, 0600), 0);
		assert_int_not_equal(load_r(&h), AAS_OK);
		assert_int_not_equal(load_r(&h), AAS_ERR_NOTFOUND);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_not_equal(load_r(&h), AAS_OK);
		assert_int_not_equal(load_r(&h), AAS_ERR_NOTFOUND);
		assert_int_equal(rmdir(path), 0);
		assert_int_equal(rename(away, path), 0);
		assert_int_equal(load_r(&h), AAS_OK);
	}
	fixture_path(h.f, "aas/records", path);
	assert_int_equal(chmod(path, 0777), 0);
	aas_store_close(&h.s);
	assert_int_equal(aas_store_open(h.dir, 0, &h.s), AAS_ERR_PERMS);
	host_close(&h);
}

static void
store_retired_user_is_as_new_and_nothing_is_destroyed(void **state)
{
	struct host h;
	char path[FIXTURE_PATH];
	char name[64];

	host_open(&h, *state);
	assert_int_equal(aas_store_retire(h.s, 1000, &h.now), AAS_ERR_NOTFOUND);
	h.a.counter = 1;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
		assert_int_equal(aas_store_retire(h.s, 1000, &h.now), AAS_OK);
		assert_int_equal(state_of(&h), AAS_ST_NONE);
		(void)snprintf(name, sizeof(name),
		    "aas/archive/1000.%lld.%d/record", (long long)h.now.real_s,
		    i);
		assert_int_equal(
		    access(fixture_path(h.f, name, path), F_OK), 0);
		chain_free(&h.ch);
		chain_init(&h.ch, "alice", 1000);
	}
	host_close(&h);
}

static void
store_read_gives_the_bytes(void **state)
{
	struct host h;
	struct aas_buf b = { NULL, 0 };

	host_open(&h, *state);
	assert_int_equal(aas_store_read(h.s, 1000, &b), AAS_ERR_NOTFOUND);
	assert_int_equal(enroll(&h, AAS_AUTH_HOST), AAS_OK);
	assert_int_equal(aas_store_read(h.s, 1000, &b), AAS_OK);
	assert_int_equal(b.len, h.ch.len);
	assert_memory_equal(b.p, h.ch.p, b.len);
	aas_buf_free(&b);
	host_close(&h);
}

static void
store_nothing_there_is_nobody_enrolled(void **state)
{
	struct host h;
	char path[FIXTURE_PATH];
	struct aas_store *s = NULL;
	unsigned why = 0;

	host_open(&h, *state);
	assert_int_equal(aas_store_open(fixture_path(h.f, "none", path), 0, &s),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(aas_store_open(NULL, 0, &s), AAS_ERR_INVAL);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(aas_store_open(path, 0, &s), AAS_OK);
	assert_int_equal(
	    aas_store_load(s, 1000, "alice", &h.now, NULL, NULL, &why),
	    AAS_ERR_NOTFOUND);
	aas_store_close(&s);
	aas_store_close(NULL);
	host_close(&h);
}

static const struct CMUnitTest tests[] = {
	FIXTURE_TEST(store_genesis_after_host_method_enrolls),
	FIXTURE_TEST(store_genesis_by_a_process_is_held_24h),
	FIXTURE_TEST(store_held_genesis_gives_way_to_one_with_authority),
	FIXTURE_TEST(store_ticket_admits_one_genesis),
	FIXTURE_TEST(store_genesis_of_somebody_else_is_refused),
	FIXTURE_TEST(store_add_key_by_two_counts_at_once),
	FIXTURE_TEST(store_add_key_by_one_is_held_72h),
	FIXTURE_TEST(store_held_entry_is_cancelled_by_the_other_key),
	FIXTURE_TEST(store_thief_who_suspends_the_other_key_is_still_cancelled),
	FIXTURE_TEST(store_held_entry_of_a_suspended_signer_comes_to_nothing),
	FIXTURE_TEST(store_hold_counts_the_slower_clock),
	FIXTURE_TEST(store_hold_counts_wall_time_across_boots_if_synced),
	FIXTURE_TEST(store_lost_state_holds_weak_entries_anew),
	FIXTURE_TEST(store_remove_never_below_two_suspend_never_below_one),
	FIXTURE_TEST(store_rename_takes_one_key_and_a_free_label),
	FIXTURE_TEST(store_lock_by_one_unlock_by_two),
	FIXTURE_TEST(store_disable_by_two_enable_by_one),
	FIXTURE_TEST(store_recovery_waits_48h_and_brings_new_keys),
	FIXTURE_TEST(store_recovery_cancelled_by_an_active_key_voids_the_set),
	FIXTURE_TEST(store_replace_recovery_by_two),
	FIXTURE_TEST(store_entry_not_at_the_head_is_refused),
	FIXTURE_TEST(store_bad_lines_are_refused),
	FIXTURE_TEST(store_record_put_back_is_a_rollback),
	FIXTURE_TEST(store_missing_record_of_a_pinned_user_is_a_rollback),
	FIXTURE_TEST(store_index_alone_is_not_a_user_without_a_record),
	FIXTURE_TEST(store_record_without_a_pin_is_refused),
	FIXTURE_TEST(store_another_genesis_or_head_is_a_fork),
	FIXTURE_TEST(store_f47_empty_or_torn_files_refuse_that_user_alone),
	FIXTURE_TEST(store_f60_renamed_user_or_reused_uid_is_refused),
	FIXTURE_TEST(store_chain_extended_elsewhere_is_held),
	FIXTURE_TEST(store_chain_extended_elsewhere_needs_good_proofs),
	FIXTURE_TEST(store_crash_between_record_and_pin_is_mended),
	FIXTURE_TEST(store_crash_before_the_first_record_leaves_a_new_user),
	FIXTURE_TEST(store_lost_index_is_made_anew),
	FIXTURE_TEST(store_f75_index_of_another_version_or_torn_is_made_anew),
	FIXTURE_TEST(store_index_of_another_head_signs_nobody_in),
	FIXTURE_TEST(store_verify_finds_what_the_pin_covers),
	FIXTURE_TEST(store_counter_64_interleaved_never_look_like_a_clone),
	FIXTURE_TEST(store_f50_counter_that_stays_or_wraps_is_a_clone),
	FIXTURE_TEST(
	    store_counter_of_a_copied_key_admits_nobody_who_began_before),
	FIXTURE_TEST(store_enrolment_books_the_counters_of_its_proofs),
	FIXTURE_TEST(store_s6_torn_or_flipped_state_is_refused),
	FIXTURE_TEST(store_full_tables_refuse_and_fit_the_file),
	FIXTURE_TEST(store_key_with_a_copy_signs_no_entry),
	FIXTURE_TEST(store_f58_readers_beside_a_writer_see_old_or_new),
	FIXTURE_TEST(store_entry_from_the_future_is_refused),
	FIXTURE_TEST(store_group_reads_others_do_not),
	FIXTURE_TEST(store_f45_wrong_types_and_modes_are_refused),
	FIXTURE_TEST(store_retired_user_is_as_new_and_nothing_is_destroyed),
	FIXTURE_TEST(store_read_gives_the_bytes),
	FIXTURE_TEST(store_nothing_there_is_nobody_enrolled),
};

int
main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
