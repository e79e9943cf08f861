/*
 * Changes of keys: who signs, and that what is appended fits the record.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/enroll/change.h"
#include "lib/enroll/lock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "tests/fixture.h"
#include "tests/signer.h"

#define KEYS 4

struct world {
	struct signer key[KEYS];
	unsigned made; /* the next key that is made */
	struct chain ch;
	struct aas_record *rec;
	struct aas_enroll e;
	struct aas_ui ui;
	int64_t held;
	unsigned why;
	unsigned signed_by; /* bits, of the last ceremony */
	unsigned creds_n;
	int one_too_few, from_first;
	int append_r;
	char said[4096];
};

static struct world *here;

static int
show(void *arg, int error, const char *text)
{
	struct world *w = arg;
	size_t n = strlen(w->said);

	(void)error;
	(void)snprintf(w->said + n, sizeof(w->said) - n, "%s\n", text);
	return AAS_OK;
}

static int
ask(void *arg, int echo, const char *prompt, char *reply, size_t cap)
{
	(void)arg;
	(void)echo;
	(void)snprintf(
	    reply, cap, "%s", strncmp(prompt, "Name", 4) == 0 ? "asked" : "n");
	return AAS_OK;
}

static int
canceled(void *arg)
{
	(void)arg;
	return 0;
}

static int
relay(const char *helper, struct aas_request *rq, const struct aas_ui *ui,
    struct aas_enroll_answer *ans)
{
	(void)helper;
	(void)ui;
	memset(ans, 0, sizeof(*ans));
	if (rq->op == AAS_OP_MAKE) {
		assert_int_equal(rq->creds_n, here->rec->keys_n);
		ans->made_n = 1;
		ans->made.login = here->key[here->made].key.login;
		ans->made.ssh = here->key[here->made].key.ssh;
		ans->made.transports = AAS_TR_USB;
		return AAS_OK;
	}
	here->signed_by = 0;
	here->creds_n = rq->creds_n;
	/* Any that are asked for: the last ones first. */
	for (size_t n = 0; n < rq->creds_n; n++) {
		size_t i = (rq->flags & AAS_RQ_ANY) && !here->from_first
		    ? rq->creds_n - 1 - n
		    : n;

		if ((rq->flags & AAS_RQ_ANY) && n >= rq->present)
			break;
		for (size_t k = 0; k < KEYS; k++) {
			if (memcmp(rq->creds[i].c.id, here->key[k].key.login.id,
				rq->creds[i].c.id_len) != 0)
				continue;
			here->signed_by |= 1u << k;
			signer_prove(&here->key[k], rq->hash,
			    &ans->proofs[ans->proofs_n++]);
		}
	}
	if (here->one_too_few)
		ans->proofs_n--;
	return AAS_OK;
}

static void
reload(struct world *w)
{
	aas_record_free(&w->rec);
	assert_int_equal(
	    aas_record_load(w->ch.p, w->ch.len, 1, &w->rec, NULL), AAS_OK);
}

static int
append(void *arg, const char *line, int64_t *held, unsigned *why)
{
	struct world *w = arg;

	*why = w->append_r == AAS_OK ? AAS_WHY_OK : AAS_WHY_BUSY;
	*held = 0;
	if (w->append_r == AAS_OK) {
		chain_add(&w->ch, line);
		reload(w);
	}
	return w->append_r;
}

/* A record with ${n} of the keys. */
static void
world_open(struct world *w, size_t n)
{
	static const char *const names[KEYS] = { "blue", "spare", "third",
		"fourth" };
	struct signer *by[KEYS];
	char *line = NULL;

	memset(w, 0, sizeof(*w));
	here = w;
	for (size_t i = 0; i < KEYS; i++) {
		signer_new(&w->key[i], names[i], SIGNER_REALM, AAS_ALG_ES256);
		by[i] = &w->key[i];
	}
	w->made = (unsigned)n;
	chain_init(&w->ch, "alice", 1000);
	line = chain_genesis(&w->ch, by, n, NULL);
	chain_add(&w->ch, line);
	free(line);
	reload(w);
	w->ui = (struct aas_ui){ w, show, ask, canceled };
	w->e.uid = 1000;
	strcpy(w->e.user, "alice");
	strcpy(w->e.realm, SIGNER_REALM);
	strcpy(w->e.host, "host");
	strcpy(w->e.service, "test");
	w->e.helper = "/nonexistent";
	w->e.uv = 1;
	w->e.drafts = -1;
	w->e.ui = &w->ui;
	w->e.append = append;
	w->e.append_arg = w;
	w->e.relay = relay;
}

static void
world_close(struct world *w)
{
	aas_record_free(&w->rec);
	chain_free(&w->ch);
	for (size_t i = 0; i < KEYS; i++)
		signer_free(&w->key[i]);
}

static int
run(struct world *w, enum aas_type type, const char *name, const char *to)
{
	struct aas_record *rec = w->rec;
	int r = AAS_ERR_SYS;

	/* append() replaces w->rec while the change still reads it. */
	w->rec = NULL;
	assert_int_equal(
	    aas_record_load(w->ch.p, w->ch.len, 1, &w->rec, NULL), AAS_OK);
	r = aas_change_run(&w->e, rec, type, name, to, &w->held, &w->why);
	aas_record_free(&rec);
	return r;
}

static void
change_add_is_signed_by_two_and_the_new_key(void **state)
{
	struct world *w = malloc(sizeof(*w));

	(void)state;
	world_open(w, 2);
	assert_int_equal(run(w, AAS_T_ADD_KEY, "third", NULL), AAS_OK);
	assert_int_equal(w->signed_by, 7);
	assert_int_equal(w->rec->keys_n, 3);
	assert_string_equal(w->rec->keys[2].label, "third");
	w->made = 3;
	assert_int_equal(run(w, AAS_T_ADD_KEY, NULL, NULL), AAS_OK);
	assert_string_equal(w->rec->keys[3].label, "asked");
	/* The same key again: refused in words, and given up. */
	assert_int_equal(
	    run(w, AAS_T_ADD_KEY, "again", NULL), AAS_ERR_CANCELED);
	assert_non_null(strstr(w->said, "That is 'asked' again"));
	assert_int_equal(run(w, AAS_T_ADD_KEY, "blue", NULL), AAS_ERR_EXISTS);
	assert_int_equal(run(w, AAS_T_ADD_KEY, "", NULL), AAS_ERR_INVAL);
	world_close(w);
	free(w);
}

static void
change_remove_is_signed_by_the_others(void **state)
{
	struct world *w = malloc(sizeof(*w));

	(void)state;
	world_open(w, 3);
	assert_int_equal(run(w, AAS_T_REMOVE_KEY, "blue", NULL), AAS_OK);
	assert_int_equal(w->signed_by, 6);
	assert_int_equal(w->rec->keys_n, 2);
	assert_int_equal(
	    run(w, AAS_T_REMOVE_KEY, "blue", NULL), AAS_ERR_NOTFOUND);
	assert_int_equal(
	    run(w, AAS_T_REMOVE_KEY, NULL, NULL), AAS_ERR_NOTFOUND);
	world_close(w);
	free(w);
}

static int
lock(struct world *w, const struct aas_lock_want *want, struct aas_lock_by *by)
{
	struct aas_record *rec = w->rec;
	int r = AAS_ERR_SYS;

	w->rec = NULL;
	reload(w);
	r = aas_lock_run(&w->e, rec, want, by, &w->held, &w->why);
	for (size_t i = 0; by != NULL && r == AAS_OK && i < by->keys_n; i++)
		assert_in_range(by->keys[i] - rec->keys, 0, rec->keys_n - 1);
	aas_record_free(&rec);
	return r;
}

static void
change_any_key_locks_and_any_two_unlock(void **state)
{
	const struct aas_lock_want shut = { .type = AAS_T_LOCK,
		.end = 1,
		.words = "b\xc3\xa4"
			 "g gone" };
	const struct aas_lock_want quiet = { .type = AAS_T_LOCK };
	const struct aas_lock_want open = { .type = AAS_T_UNLOCK };
	const struct aas_lock_want no = { .type = AAS_T_CANCEL };
	const struct aas_lock_want late = { .type = AAS_T_CANCEL, .seq = 99 };
	const struct aas_lock_want alone = { .type = AAS_T_UNLOCK, .one = 1 };
	struct aas_lock_by by = { 0, { NULL, NULL } };
	struct world *w = malloc(sizeof(*w));

	(void)state;
	world_open(w, 3);
	assert_int_equal(lock(w, &open, NULL), AAS_ERR_EXISTS);
	assert_int_equal(lock(w, &shut, NULL), AAS_OK);
	assert_int_equal(w->creds_n, 3);
	assert_int_equal(w->signed_by, 4);
	assert_int_equal(w->rec->locked, 1);
	assert_string_equal(w->rec->locked_why, shut.words);
	assert_int_equal(w->rec->out_seq, 2);
	assert_int_equal(w->rec->out_type, AAS_T_LOCK);
	assert_int_equal(lock(w, &shut, NULL), AAS_ERR_EXISTS);
	/* Proofs of fewer keys than were asked for are none. */
	w->one_too_few = 1;
	assert_int_equal(lock(w, &open, NULL), AAS_ERR_CRYPTO);
	w->one_too_few = 0;
	assert_int_equal(lock(w, &alone, &by), AAS_OK);
	assert_int_equal(by.keys_n, 1);
	assert_int_equal(w->rec->locked, 1);
	assert_int_equal(w->rec->pending_n, 1);
	/* By its number, or as the only one; another key's word. */
	assert_int_equal(lock(w, &late, NULL), AAS_ERR_NOTFOUND);
	w->from_first = 1;
	assert_int_equal(lock(w, &no, &by), AAS_OK);
	assert_int_equal(w->signed_by, 1);
	w->from_first = 0;
	assert_int_equal(w->rec->pending_n, 0);
	assert_int_equal(w->rec->locked, 1);
	assert_int_equal(lock(w, &no, NULL), AAS_ERR_NOTFOUND);
	assert_int_equal(lock(w, &open, &by), AAS_OK);
	assert_int_equal(w->signed_by, 6);
	assert_int_equal(by.keys_n, 2);
	assert_int_equal(w->rec->locked, 0);
	/* Without a word of it nobody is signed out. */
	assert_int_equal(lock(w, &quiet, NULL), AAS_OK);
	assert_string_equal(w->rec->locked_why, "");
	assert_int_equal(w->rec->out_seq, 2);
	world_close(w);
	free(w);
}

static void
change_lock_takes_words_that_can_be_read(void **state)
{
	char words[AAS_WORDS_MAX + 1];
	struct aas_lock_want w = { .type = AAS_T_LOCK };
	struct world *at = malloc(sizeof(*at));

	(void)state;
	world_open(at, 2);
	memset(words, 'x', AAS_WORDS_MAX);
	words[AAS_WORDS_MAX] = '\0';
	w.words = words;
	assert_int_equal(lock(at, &w, NULL), AAS_ERR_INVAL);
	w.words = "two\nlines";
	assert_int_equal(lock(at, &w, NULL), AAS_ERR_INVAL);
	w.words = "\xff";
	assert_int_equal(lock(at, &w, NULL), AAS_ERR_INVAL);
	w.words = "";
	w.type = AAS_T_DISABLE;
	assert_int_equal(lock(at, &w, NULL), AAS_ERR_INVAL);
	words[AAS_WORDS_MAX - 1] = '\0';
	w.type = AAS_T_LOCK;
	w.words = words;
	assert_int_equal(lock(at, &w, NULL), AAS_OK);
	world_close(at);
	free(at);
}

static void
change_rename_suspend_resume_follow_each_other(void **state)
{
	struct world *w = malloc(sizeof(*w));

	(void)state;
	world_open(w, 2);
	assert_int_equal(run(w, AAS_T_RENAME_KEY, "blue", "navy"), AAS_OK);
	assert_int_equal(w->signed_by, 2);
	assert_string_equal(w->rec->keys[0].label, "navy");
	assert_int_equal(
	    run(w, AAS_T_RENAME_KEY, "navy", "spare"), AAS_ERR_EXISTS);
	assert_int_equal(run(w, AAS_T_RENAME_KEY, "navy", NULL), AAS_ERR_INVAL);
	assert_int_equal(run(w, AAS_T_SUSPEND_KEY, "navy", NULL), AAS_OK);
	assert_int_equal(w->signed_by, 2);
	assert_int_equal(aas_record_active(w->rec), 1);
	/* One active key and the resumed one: weak, so it waits. */
	assert_int_equal(run(w, AAS_T_RESUME_KEY, "navy", NULL), AAS_OK);
	assert_int_equal(w->signed_by, 3);
	assert_non_null(strstr(w->said, "held for 72 hours"));
	assert_int_equal(aas_record_active(w->rec), 1);
	assert_int_equal(w->rec->pending_n, 1);
	world_close(w);
	free(w);
}

static void
change_disable_takes_two_and_enable_one(void **state)
{
	struct world *w = malloc(sizeof(*w));

	(void)state;
	world_open(w, 2);
	assert_int_equal(run(w, AAS_T_DISABLE, NULL, NULL), AAS_OK);
	assert_int_equal(w->signed_by, 3);
	assert_int_equal(w->rec->disabled, 1);
	assert_int_equal(run(w, AAS_T_ENABLE, NULL, NULL), AAS_OK);
	assert_int_equal(w->signed_by, 1);
	assert_int_equal(w->rec->disabled, 0);
	world_close(w);
	free(w);
}

static void
change_refused_by_the_store_or_not_ours_changes_nothing(void **state)
{
	struct world *w = malloc(sizeof(*w));

	(void)state;
	world_open(w, 2);
	w->append_r = AAS_ERR_AGAIN;
	assert_int_equal(
	    run(w, AAS_T_RENAME_KEY, "blue", "navy"), AAS_ERR_AGAIN);
	assert_int_equal(w->why, AAS_WHY_BUSY);
	assert_non_null(strstr(w->said, "[busy]"));
	assert_int_equal(w->rec->pin.seq, 1);
	assert_int_equal(run(w, AAS_T_GENESIS, NULL, NULL), AAS_ERR_INVAL);
	assert_int_equal(run(w, AAS_T_UNLOCK, NULL, NULL), AAS_ERR_INVAL);
	world_close(w);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(change_add_is_signed_by_two_and_the_new_key),
		FIXTURE_TEST(change_remove_is_signed_by_the_others),
		FIXTURE_TEST(change_any_key_locks_and_any_two_unlock),
		FIXTURE_TEST(change_lock_takes_words_that_can_be_read),
		FIXTURE_TEST(change_rename_suspend_resume_follow_each_other),
		FIXTURE_TEST(change_disable_takes_two_and_enable_one),
		FIXTURE_TEST(
		    change_refused_by_the_store_or_not_ours_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
