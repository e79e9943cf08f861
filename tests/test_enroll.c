/*
 * The dialog of an enrolment, with a person and keys of this program's own:
 * what it appends, and that giving up anywhere appends nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/enroll/enroll.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "tests/fixture.h"
#include "tests/signer.h"

#define ASKS_MAX 32

enum trick { HONEST, SAME_TWICE, OTHER_HASH, ONE_PROOF, OTHER_KEY, REFUSE };

/* A person, the keys at hand, and the store. */
struct world {
	struct fixture *f;
	struct aas_enroll e;
	struct aas_ui ui;
	struct signer key[3];
	enum trick trick;
	/* The person. */
	const char *answers[ASKS_MAX][2]; /* what the prompt holds, answer */
	unsigned asked;
	int give_up_at;     /* at this question, from 0; -1: never */
	const char *groups; /* instead of the right ones */
	char recovery[2][128];
	char said[8192];
	/* The keys and the store. */
	unsigned made;
	unsigned appended;
	char line[AAS_LINE_MAX];
	int append_r;
	int64_t held;
	unsigned why;
};

/* --- the person ----------------------------------------------------------- */

static int
person_show(void *arg, int error, const char *text)
{
	struct world *w = arg;
	size_t n = strlen(w->said);

	(void)error;
	for (int i = 0; i < 2; i++) {
		char head[16];

		(void)snprintf(head, sizeof(head), "  %d:  ", i + 1);
		if (strncmp(text, head, strlen(head)) == 0)
			(void)snprintf(w->recovery[i], sizeof(w->recovery[i]),
			    "%s", text + strlen(head));
	}
	(void)snprintf(w->said + n, sizeof(w->said) - n, "%s\n", text);
	return AAS_OK;
}

/* The group of the recovery key that the prompt names. */
static int
type_group(const struct world *w, const char *prompt, char *reply, size_t cap)
{
	unsigned group = 0, key = 0;
	const char *p = NULL;

	if (sscanf(prompt, "Group %u of recovery key %u", &group, &key) != 2)
		return 0;
	assert_in_range(key, 1, 2);
	p = w->recovery[key - 1];
	for (unsigned i = 1; i < group; i++)
		p = strchr(p, ' ') + 1;
	(void)snprintf(reply, cap, "%.4s", w->groups != NULL ? w->groups : p);
	return 1;
}

static int
person_ask(void *arg, int echo, const char *prompt, char *reply, size_t cap)
{
	struct world *w = arg;

	assert_int_equal(echo, 1);
	reply[0] = '\0';
	if (w->give_up_at == (int)w->asked++)
		return AAS_ERR_CANCELED;
	assert_in_range(w->asked, 1, ASKS_MAX);
	if (type_group(w, prompt, reply, cap))
		return AAS_OK;
	for (size_t i = 0; i < ASKS_MAX && w->answers[i][0] != NULL; i++) {
		if (strstr(prompt, w->answers[i][0]) == NULL)
			continue;
		(void)snprintf(reply, cap, "%s", w->answers[i][1]);
		return AAS_OK;
	}
	return AAS_OK; /* the default */
}

static int
person_canceled(void *arg)
{
	(void)arg;
	return 0;
}

/* --- the keys ------------------------------------------------------------- */

static struct world *here; /* aas_relay() has no argument of the caller's */

static void
make(struct aas_enroll_answer *ans)
{
	const struct aas_key *k = &here->key[here->made % 3].key;

	ans->made_n = 1;
	ans->made.login = k->login;
	ans->made.ssh = k->ssh;
	memcpy(ans->made.aaguid, k->aaguid, sizeof(ans->made.aaguid));
	ans->made.transports = k->transports;
	ans->made.flags = 0x45 | k->backup;
	here->made += here->trick == SAME_TWICE && here->made == 0 ? 3 : 1;
}

static void
prove(const struct aas_request *rq, struct aas_enroll_answer *ans)
{
	uint8_t hash[32];

	memcpy(hash, rq->hash, sizeof(hash));
	hash[0] ^= here->trick == OTHER_HASH;
	for (size_t i = 0; i < rq->creds_n; i++) {
		for (size_t k = 0; k < 3; k++) {
			if (memcmp(rq->creds[i].c.id, here->key[k].key.login.id,
				rq->creds[i].c.id_len) == 0)
				signer_prove(&here->key[k], hash,
				    &ans->proofs[ans->proofs_n++]);
		}
	}
	if (here->trick == ONE_PROOF)
		ans->proofs_n = 1;
	if (here->trick == OTHER_KEY)
		signer_prove(&here->key[2], hash, &ans->proofs[1]);
}

static int
relay(const char *helper, struct aas_request *rq, const struct aas_ui *ui,
    struct aas_enroll_answer *ans)
{
	(void)helper;
	(void)ui;
	memset(ans, 0, sizeof(*ans));
	assert_string_equal(rq->user, "alice");
	assert_int_equal(rq->uid, 1000);
	assert_true(rq->flags & AAS_RQ_UV);
	if (here->trick == REFUSE) {
		ans->v.reason = AAS_WHY_NO_KEY;
		return AAS_ERR_DENIED;
	}
	if (rq->op == AAS_OP_MAKE)
		make(ans);
	else
		prove(rq, ans);
	return AAS_OK;
}

static int
append(void *arg, const char *line, int64_t *held, unsigned *why)
{
	struct world *w = arg;

	w->appended++;
	(void)snprintf(w->line, sizeof(w->line), "%s", line);
	*held = w->held;
	*why = w->append_r == AAS_OK ? AAS_WHY_OK : AAS_WHY_AUTHORITY;
	return w->append_r;
}

/* --- the world ------------------------------------------------------------ */

static void
world_open(struct world *w, struct fixture *f)
{
	memset(w, 0, sizeof(*w));
	here = w;
	w->f = f;
	w->give_up_at = -1;
	w->ui = (struct aas_ui){ w, person_show, person_ask, person_canceled };
	w->answers[0][0] = "Name for key 1";
	w->answers[0][1] = "blue";
	w->answers[1][0] = "Name for key 2";
	w->answers[1][1] = "spare";
	w->e.uid = 1000;
	strcpy(w->e.user, "alice");
	strcpy(w->e.realm, SIGNER_REALM);
	strcpy(w->e.host, "host");
	strcpy(w->e.service, "test");
	w->e.policy = "";
	w->e.helper = "/nonexistent";
	w->e.keys_min = 2;
	w->e.uv = 1;
	w->e.timeout_s = 60;
	w->e.drafts = f->dirfd;
	w->e.ui = &w->ui;
	w->e.append = append;
	w->e.append_arg = w;
	w->e.relay = relay;
	signer_new(&w->key[0], "a", SIGNER_REALM, AAS_ALG_ES256);
	signer_new(&w->key[1], "b", SIGNER_REALM, AAS_ALG_EDDSA);
	signer_new(&w->key[2], "c", SIGNER_REALM, AAS_ALG_ES256);
}

static void
world_close(struct world *w)
{
	aas_draft_drop(w->f->dirfd, 1000);
	for (size_t i = 0; i < 3; i++)
		signer_free(&w->key[i]);
}

static int
run(struct world *w)
{
	int64_t held = -1;

	w->asked = 0;
	return aas_enroll_run(&w->e, &held, &w->why);
}

/* --- tests ---------------------------------------------------------------- */

static void
enroll_two_keys_appends_one_line_that_all_signed(void **state)
{
	struct world *w = malloc(sizeof(*w));
	struct aas_record *rec = NULL;

	world_open(w, *state);
	assert_int_equal(run(w), AAS_OK);
	assert_int_equal(w->why, AAS_WHY_OK);
	assert_int_equal(w->appended, 1);
	assert_int_equal(
	    aas_record_load(w->line, strlen(w->line), 1, &rec, NULL), AAS_OK);
	assert_int_equal(rec->keys_n, 2);
	assert_string_equal(rec->keys[0].label, "blue");
	assert_string_equal(rec->keys[1].label, "spare");
	assert_int_equal(rec->recovery_n, AAS_ENROLL_RECOVERY);
	assert_string_equal(rec->user, "alice");
	assert_int_equal(faccessat(w->f->dirfd, "draft.1000", F_OK, 0), -1);
	assert_non_null(strstr(w->said, "2 distinct keys:              yes"));
	/* What was shown is not what is stored. */
	assert_null(strstr(w->line, w->recovery[0]));
	aas_record_free(&rec);
	world_close(w);
	free(w);
}

static void
enroll_giving_up_at_any_question_appends_nothing(void **state)
{
	struct world *w = malloc(sizeof(*w));
	int n = 0;

	for (n = 0; n < ASKS_MAX; n++) {
		world_open(w, *state);
		w->give_up_at = n;
		if (run(w) == AAS_OK) {
			world_close(w);
			break;
		}
		assert_int_equal(w->why, AAS_WHY_CANCELED);
		assert_int_equal(w->appended, 0);
		assert_non_null(strstr(w->said, "nothing was changed"));
		world_close(w);
	}
	/* Two names, another key, two groups. */
	assert_int_equal(n, 5);
	free(w);
}

static void
enroll_f49_same_key_twice_is_refused_in_words(void **state)
{
	struct world *w = malloc(sizeof(*w));

	world_open(w, *state);
	w->trick = SAME_TWICE;
	assert_int_equal(run(w), AAS_OK);
	assert_non_null(strstr(w->said, "That is 'blue' again"));
	assert_int_equal(w->made, 5);
	world_close(w);
	free(w);
}

static void
enroll_same_name_twice_asks_again(void **state)
{
	struct world *w = malloc(sizeof(*w));

	world_open(w, *state);
	w->answers[1][1] = "BLUE";
	assert_int_equal(run(w), AAS_ERR_CANCELED);
	assert_non_null(strstr(w->said, "is another key's name"));
	assert_int_equal(w->appended, 0);
	world_close(w);
	free(w);
}

static void
enroll_proof_that_does_not_hold_appends_nothing(void **state)
{
	static const enum trick tricks[] = { OTHER_HASH, ONE_PROOF, OTHER_KEY };
	struct world *w = malloc(sizeof(*w));

	for (size_t i = 0; i < 3; i++) {
		world_open(w, *state);
		w->trick = tricks[i];
		assert_int_not_equal(run(w), AAS_OK);
		assert_int_equal(w->appended, 0);
		assert_int_not_equal(w->why, AAS_WHY_OK);
		assert_non_null(strchr(w->said, '['));
		world_close(w);
	}
	free(w);
}

static void
enroll_recovery_key_not_typed_back_ends_it(void **state)
{
	struct world *w = malloc(sizeof(*w));

	world_open(w, *state);
	w->groups = "!!!!";
	assert_int_equal(run(w), AAS_ERR_CANCELED);
	assert_int_equal(w->appended, 0);
	world_close(w);
	free(w);
}

static void
enroll_without_a_roaming_key_is_refused(void **state)
{
	struct world *w = malloc(sizeof(*w));

	world_open(w, *state);
	w->key[0].key.transports = AAS_TR_INTERNAL;
	w->key[1].key.transports = AAS_TR_INTERNAL;
	assert_int_equal(run(w), AAS_ERR_DEVICE);
	assert_int_equal(w->appended, 0);
	assert_non_null(strstr(w->said, "other machines:   NO"));
	world_close(w);
	free(w);
}

static void
enroll_refused_ceremony_says_why_and_asks_again(void **state)
{
	struct world *w = malloc(sizeof(*w));

	world_open(w, *state);
	w->trick = REFUSE;
	w->answers[2][0] = "Try again?";
	w->answers[2][1] = "n";
	assert_int_equal(run(w), AAS_ERR_CANCELED);
	assert_non_null(strstr(w->said, "[no-key]"));
	assert_int_equal(w->appended, 0);
	world_close(w);
	free(w);
}

static void
enroll_refused_by_the_store_says_why_and_keeps_the_keys(void **state)
{
	struct world *w = malloc(sizeof(*w));

	world_open(w, *state);
	w->append_r = AAS_ERR_PERMS;
	assert_int_equal(run(w), AAS_ERR_PERMS);
	assert_int_equal(w->why, AAS_WHY_AUTHORITY);
	assert_non_null(strstr(w->said, "Refused:"));
	assert_non_null(strstr(w->said, "[authority]"));
	/* The next try needs no key made anew. */
	w->append_r = AAS_OK;
	w->made = 0;
	assert_int_equal(run(w), AAS_OK);
	assert_int_equal(w->made, 0);
	world_close(w);
	free(w);
}

static void
enroll_held_entry_says_until_when(void **state)
{
	struct world *w = malloc(sizeof(*w));

	world_open(w, *state);
	w->held = 1780272000;
	assert_int_equal(run(w), AAS_OK);
	assert_non_null(strstr(w->said, "held until 2026-06-01T00:00:00Z"));
	assert_null(strstr(w->said, "the password is locked"));
	world_close(w);
	free(w);
}

/* As many as policy asks, before "another key?" may be answered no. */
static void
enroll_takes_as_many_keys_as_policy_asks(void **state)
{
	struct world *w = malloc(sizeof(*w));
	struct aas_record *rec = NULL;

	world_open(w, *state);
	w->e.keys_min = 3;
	w->answers[2][0] = "Another key?";
	w->answers[2][1] = "n";
	assert_int_equal(run(w), AAS_OK);
	assert_int_equal(
	    aas_record_load(w->line, strlen(w->line), 1, &rec, NULL), AAS_OK);
	assert_int_equal(rec->keys_n, 3);
	assert_non_null(strstr(w->said, "3 distinct keys:              yes"));
	aas_record_free(&rec);
	world_close(w);
	free(w);
}

/* Whatever the helper made of it. */
static void
enroll_f57_key_of_another_kind_is_refused(void **state)
{
	static struct aas_kinds kinds;
	struct world *w = malloc(sizeof(*w));

	for (int i = 0; i < 2; i++) {
		world_open(w, *state);
		memset(&kinds, 0, sizeof(kinds));
		w->e.kinds = &kinds;
		w->answers[2][0] = "Try again?";
		w->answers[2][1] = "n";
		if (i == 0) {
			kinds.device_bound = 1;
			w->key[1].key.backup = AAS_BE | AAS_BS;
		} else {
			kinds.listed = 1;
			kinds.aaguids_n = 1;
			memcpy(kinds.aaguids[0], w->key[0].key.aaguid, 16);
			w->key[1].key.aaguid[3] ^= 1;
		}
		assert_int_equal(run(w), AAS_ERR_CANCELED);
		assert_non_null(strstr(w->said, "[key-kind]"));
		assert_non_null(strstr(w->said, "'blue' is made"));
		assert_null(strstr(w->said, "'spare' is made"));
		assert_int_equal(w->appended, 0);
		world_close(w);
	}
	free(w);
}

/* Rules may change while a draft waits. */
static void
enroll_draft_gives_no_key_of_another_kind(void **state)
{
	static struct aas_kinds kinds;
	struct world *w = malloc(sizeof(*w));
	struct aas_record *rec = NULL;

	world_open(w, *state);
	w->key[0].key.aaguid[3] ^= 1;
	w->append_r = AAS_ERR_PERMS;
	assert_int_equal(run(w), AAS_ERR_PERMS);
	memset(&kinds, 0, sizeof(kinds));
	kinds.listed = 1;
	kinds.aaguids_n = 1;
	memcpy(kinds.aaguids[0], w->key[1].key.aaguid, 16);
	w->e.kinds = &kinds;
	w->append_r = AAS_OK;
	w->made = 2;
	w->answers[1][1] = "third";
	assert_int_equal(run(w), AAS_OK);
	assert_int_equal(w->made, 3);
	assert_int_equal(
	    aas_record_load(w->line, strlen(w->line), 1, &rec, NULL), AAS_OK);
	assert_int_equal(rec->keys_n, 2);
	assert_string_equal(rec->keys[0].label, "spare");
	assert_string_equal(rec->keys[1].label, "third");
	aas_record_free(&rec);
	world_close(w);
	free(w);
}

static void
draft_is_for_its_user_realm_and_day_only(void **state)
{
	struct fixture *f = *state;
	struct aas_draft *d = calloc(2, sizeof(*d));
	struct signer s;

	signer_new(&s, "blue", SIGNER_REALM, AAS_ALG_ES256);
	d->uid = 1000;
	strcpy(d->realm, SIGNER_REALM);
	d->time_s = 1000000;
	d->keys_n = 1;
	d->keys[0] = s.key;
	assert_int_equal(aas_draft_save(f->dirfd, d), AAS_OK);
	assert_int_equal(
	    aas_draft_load(f->dirfd, 1000, SIGNER_REALM, 1086400, d + 1),
	    AAS_OK);
	assert_string_equal(d[1].keys[0].label, "blue");
	assert_memory_equal(
	    d[1].keys[0].login.id, s.key.login.id, s.key.login.id_len);
	assert_int_equal(
	    aas_draft_load(f->dirfd, 1000, SIGNER_REALM, 1086401, d + 1),
	    AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_draft_load(f->dirfd, 1000, SIGNER_REALM, 999999, d + 1),
	    AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_draft_load(f->dirfd, 1000, "other", 1000000, d + 1),
	    AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_draft_load(f->dirfd, 1001, SIGNER_REALM, 1000000, d + 1),
	    AAS_ERR_NOTFOUND);
	assert_int_equal(aas_draft_load(-1, 1000, SIGNER_REALM, 1000000, d + 1),
	    AAS_ERR_NOTFOUND);
	aas_draft_drop(f->dirfd, 1000);
	fixture_write(f, "draft.1000", "AASDRF01 not really", 0600);
	assert_int_equal(
	    aas_draft_load(f->dirfd, 1000, SIGNER_REALM, 1000000, d + 1),
	    AAS_ERR_FORMAT);
	signer_free(&s);
	free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(enroll_two_keys_appends_one_line_that_all_signed),
		FIXTURE_TEST(enroll_giving_up_at_any_question_appends_nothing),
		FIXTURE_TEST(enroll_f49_same_key_twice_is_refused_in_words),
		FIXTURE_TEST(enroll_same_name_twice_asks_again),
		FIXTURE_TEST(enroll_proof_that_does_not_hold_appends_nothing),
		FIXTURE_TEST(enroll_recovery_key_not_typed_back_ends_it),
		FIXTURE_TEST(enroll_without_a_roaming_key_is_refused),
		FIXTURE_TEST(enroll_refused_ceremony_says_why_and_asks_again),
		FIXTURE_TEST(
		    enroll_refused_by_the_store_says_why_and_keeps_the_keys),
		FIXTURE_TEST(enroll_held_entry_says_until_when),
		FIXTURE_TEST(enroll_takes_as_many_keys_as_policy_asks),
		FIXTURE_TEST(enroll_f57_key_of_another_kind_is_refused),
		FIXTURE_TEST(enroll_draft_gives_no_key_of_another_kind),
		FIXTURE_TEST(draft_is_for_its_user_realm_and_day_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
