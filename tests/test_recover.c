/*
 * Recovery by a key on paper: who begins it, who finishes it, who cancels it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/enroll/lock.h"
#include "lib/enroll/recover.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/record/recovery.h"
#include "tests/fixture.h"
#include "tests/signer.h"

#define KEYS 4

static const uint8_t paper[AAS_RECOVERY_LEN] = { 1, 2, 3 };
static const uint8_t foreign[AAS_RECOVERY_LEN] = { 4, 5, 6 };

struct world {
	struct signer key[KEYS]; /* two of before, two new ones */
	unsigned made;           /* the next key that is made */
	struct chain ch;
	struct aas_record *rec;
	struct aas_enroll e;
	struct aas_ui ui;
	/* The person. */
	const char *typed; /* as recovery key; it is never echoed */
	const char *begin; /* the answer */
	unsigned asked;    /* for a recovery key */
	char shown[2][128];
	char said[8192];
	int append_r;
	unsigned why;
};

static struct world *here;

static int
show(void *arg, int error, const char *text)
{
	struct world *w = arg;
	size_t n = strlen(w->said);

	(void)error;
	for (unsigned i = 0; i < 2; i++) {
		char head[16];

		(void)snprintf(head, sizeof(head), "  %u:  ", i + 1);
		if (strncmp(text, head, strlen(head)) == 0)
			(void)snprintf(w->shown[i], sizeof(w->shown[i]), "%s",
			    text + strlen(head));
	}
	(void)snprintf(w->said + n, sizeof(w->said) - n, "%s\n", text);
	return AAS_OK;
}

static int
ask(void *arg, int echo, const char *prompt, char *reply, size_t cap)
{
	struct world *w = arg;
	unsigned group = 0, key = 0;
	const char *p = NULL;

	if (strncmp(prompt, "Recovery key", 12) == 0) {
		assert_int_equal(echo, 0);
		w->asked++;
		(void)snprintf(reply, cap, "%s", w->typed);
		return AAS_OK;
	}
	assert_int_equal(echo, 1);
	if (sscanf(prompt, "Group %u of recovery key %u", &group, &key) == 2) {
		assert_in_range(key, 1, 2);
		p = w->shown[key - 1];
		for (unsigned i = 1; i < group; i++)
			p = strchr(p, ' ') + 1;
		(void)snprintf(reply, cap, "%.4s", p);
	} else if (strncmp(prompt, "Begin", 5) == 0) {
		(void)snprintf(reply, cap, "%s", w->begin);
	} else if (strncmp(prompt, "Name", 4) == 0) {
		(void)snprintf(reply, cap, "new%u", w->made);
	} else {
		(void)snprintf(reply, cap, "n");
	}
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
		assert_in_range(here->made, 2, KEYS - 1);
		ans->made_n = 1;
		ans->made.login = here->key[here->made].key.login;
		ans->made.ssh = here->key[here->made++].key.ssh;
		ans->made.transports = AAS_TR_USB;
		return AAS_OK;
	}
	for (size_t n = 0; n < rq->creds_n; n++) {
		if ((rq->flags & AAS_RQ_ANY) && n >= rq->present)
			break;
		for (size_t k = 0; k < KEYS; k++) {
			if (memcmp(rq->creds[n].c.id, here->key[k].key.login.id,
				rq->creds[n].c.id_len) == 0)
				signer_prove(&here->key[k], rq->hash,
				    &ans->proofs[ans->proofs_n++]);
		}
	}
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

	*why = w->append_r == AAS_OK ? AAS_WHY_OK : AAS_WHY_RECOVERING;
	*held = 0;
	if (w->append_r == AAS_OK) {
		chain_add(&w->ch, line);
		reload(w);
	}
	return w->append_r;
}

static struct world *
world_open(const uint8_t *rkey)
{
	static const char *const names[KEYS] = { "blue", "spare", "new2",
		"new3" };
	struct world *w = calloc(1, sizeof(*w));
	struct signer *by[KEYS];
	char *line = NULL;

	assert_non_null(w);
	here = w;
	for (size_t i = 0; i < KEYS; i++) {
		signer_new(&w->key[i], names[i], SIGNER_REALM, AAS_ALG_ES256);
		by[i] = &w->key[i];
	}
	w->made = 2;
	w->begin = "y";
	chain_init(&w->ch, "alice", 1000);
	line = chain_genesis(&w->ch, by, 2, rkey);
	chain_add(&w->ch, line);
	free(line);
	reload(w);
	w->ui = (struct aas_ui){ w, show, ask, canceled };
	w->e = (struct aas_enroll){ .uid = 1000,
		.user = "alice",
		.realm = SIGNER_REALM,
		.host = "host",
		.service = "test",
		.helper = "/nonexistent",
		.keys_min = 2,
		.uv = 1,
		.drafts = -1,
		.ui = &w->ui,
		.append = append,
		.append_arg = w,
		.relay = relay };
	return w;
}

static void
world_close(struct world *w)
{
	aas_record_free(&w->rec);
	chain_free(&w->ch);
	for (size_t i = 0; i < KEYS; i++)
		signer_free(&w->key[i]);
	free(w);
}

/* append() replaces w->rec while the dialog still reads it. */
static int
recover(struct world *w, const uint8_t *key, int *finished)
{
	struct aas_record *rec = w->rec;
	char text[AAS_RECOVERY_TEXT] = "not a key";
	int r = AAS_ERR_SYS;

	if (key != NULL)
		aas_recovery_format(key, text);
	w->typed = text;
	w->asked = 0;
	w->said[0] = '\0';
	w->rec = NULL;
	reload(w);
	r = aas_recover_run(&w->e, rec, finished, &w->why);
	aas_record_free(&rec);
	return r;
}

static int
lock(struct world *w, enum aas_type type)
{
	const struct aas_lock_want want = { .type = type };
	struct aas_record *rec = w->rec;
	int64_t held = 0;
	int r = AAS_ERR_SYS;

	w->rec = NULL;
	reload(w);
	r = aas_lock_run(&w->e, rec, &want, NULL, &held, &w->why);
	aas_record_free(&rec);
	return r;
}

static void
recover_opens_a_locked_account_with_new_keys(void **state)
{
	struct world *w = world_open(paper);
	int finished = -1;

	(void)state;
	assert_int_equal(lock(w, AAS_T_LOCK), AAS_OK);
	assert_int_equal(recover(w, paper, &finished), AAS_OK);
	assert_int_equal(finished, 0);
	assert_int_equal(w->rec->recovering, 1);
	assert_int_equal(w->rec->locked, 1);
	/* Whether it is time is the store's to say. */
	w->append_r = AAS_ERR_DENIED;
	assert_int_equal(recover(w, paper, &finished), AAS_ERR_DENIED);
	assert_int_equal(w->why, AAS_WHY_RECOVERING);
	assert_non_null(strstr(w->said, "[recovering]"));
	w->append_r = AAS_OK;
	w->made = 2;
	assert_int_equal(recover(w, paper, &finished), AAS_OK);
	assert_int_equal(finished, 1);
	assert_int_equal(w->rec->recovering, 0);
	assert_int_equal(w->rec->locked, 0);
	assert_int_equal(w->rec->keys_n, 2);
	assert_string_equal(w->rec->keys[0].label, "new2");
	assert_string_equal(w->rec->keys[1].label, "new3");
	assert_int_equal(w->rec->recovery_n, AAS_ENROLL_RECOVERY);
	assert_int_equal(w->rec->out_type, AAS_T_RECOVERY_FINISH);
	/* It is spent. */
	assert_int_equal(recover(w, paper, &finished), AAS_ERR_DENIED);
	world_close(w);
}

static void
recover_by_what_is_no_key_of_this_record_changes_nothing(void **state)
{
	struct world *w = world_open(paper);
	int finished = -1;

	(void)state;
	assert_int_equal(recover(w, NULL, &finished), AAS_ERR_DENIED);
	assert_int_equal(w->asked, 3);
	assert_int_equal(recover(w, foreign, &finished), AAS_ERR_DENIED);
	assert_int_equal(w->asked, 3);
	assert_int_equal(w->why, AAS_WHY_CREDENTIAL);
	w->begin = "n";
	assert_int_equal(recover(w, paper, &finished), AAS_ERR_CANCELED);
	assert_int_equal(w->asked, 1);
	assert_int_equal(w->rec->pin.seq, 1);
	/* One that began finishes, no other one. */
	w->begin = "y";
	assert_int_equal(recover(w, paper, &finished), AAS_OK);
	assert_int_equal(recover(w, foreign, &finished), AAS_ERR_DENIED);
	assert_int_equal(w->rec->pin.seq, 2);
	assert_int_equal(finished, 0);
	world_close(w);
	w = world_open(NULL);
	finished = -1;
	assert_int_equal(recover(w, paper, &finished), AAS_ERR_NOTFOUND);
	assert_int_equal(w->asked, 0);
	assert_int_equal(finished, -1);
	world_close(w);
}

static void
recover_is_canceled_by_any_key_and_then_over(void **state)
{
	struct world *w = world_open(paper);
	int finished = -1;

	(void)state;
	assert_int_equal(lock(w, AAS_T_RECOVERY_CANCEL), AAS_ERR_NOTFOUND);
	assert_int_equal(lock(w, AAS_T_LOCK), AAS_OK);
	assert_int_equal(recover(w, paper, &finished), AAS_OK);
	assert_int_equal(lock(w, AAS_T_RECOVERY_CANCEL), AAS_OK);
	assert_int_equal(w->rec->recovering, 0);
	assert_int_equal(w->rec->locked, 1);
	assert_int_equal(recover(w, paper, &finished), AAS_ERR_NOTFOUND);
	world_close(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(recover_opens_a_locked_account_with_new_keys),
		FIXTURE_TEST(
		    recover_by_what_is_no_key_of_this_record_changes_nothing),
		FIXTURE_TEST(recover_is_canceled_by_any_key_and_then_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
