/*
 * aasctl keys list, aasctl keys test: the caller's own keys.  What changes
 * them is in aasctl/change.c.
 */
#include <sys/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "aasctl/aasctl.h"
#include "tools/tty.h"

static const char *
state_of(json_t *key)
{
	if (json_is_true(json_object_get(key, "held")))
		return "held";
	return json_is_true(json_object_get(key, "active")) ? "active"
							    : "suspended";
}

static void
print_keys(json_t *keys)
{
	char shown[AAS_LABEL_MAX * 4];
	json_t *key = NULL;
	size_t i = 0;

	(void)printf("%-16s %-10s %-4s %-6s %s\n", "NAME", "STATE", "SSH",
	    "ENTRY", "ID");
	json_array_foreach(keys, i, key)
	{
		(void)printf("%-16s %-10s %-4s %-6lld %.16s\n",
		    aas_printable(shown, sizeof(shown),
			json_string_value(json_object_get(key, "name"))),
		    state_of(key),
		    json_is_true(json_object_get(key, "ssh")) ? "yes" : "no",
		    (long long)json_integer_value(
			json_object_get(key, "added_seq")),
		    json_string_value(json_object_get(key, "id")));
	}
}

static int
keys_list(struct aasctl *c, struct aas_context *cx)
{
	json_t *obj = NULL;
	json_t *keys = NULL;
	int code = aasctl_status(c, cx, &cx->user, &obj);

	if (code != AASCTL_OK)
		return code;
	keys = json_object_get(obj, "keys");
	if (json_array_size(keys) == 0)
		code = aasctl_fail(c, AASCTL_NOTFOUND, "%s [%s]",
		    aas_reason_text(AAS_WHY_NOT_ENROLLED),
		    aas_reason_code(AAS_WHY_NOT_ENROLLED));
	else if (c->json)
		code = aasctl_print(c, json_pack("{s:O}", "keys", keys));
	else
		print_keys(keys);
	json_decref(obj);
	return code;
}

/* --- test ------------------------------------------------------------------
 */

static void
fill_request(const struct aas_context *cx, const struct aas_record *rec,
    struct aas_request *rq)
{
	rq->op = AAS_OP_PROVE;
	rq->flags = AAS_RQ_UV;
	rq->uid = cx->user.uid;
	(void)snprintf(rq->user, sizeof(rq->user), "%s", cx->user.name);
	(void)snprintf(rq->service, sizeof(rq->service), "aasctl");
	(void)snprintf(rq->policy, sizeof(rq->policy), "%s", cx->path);
	(void)snprintf(rq->realm, sizeof(rq->realm), "%s", rec->realm);
	rq->present = 1;
	rq->timeout_s = cx->d.timeout_s;
	rq->creds_n = 1;
}

/* One assertion by one key over a challenge that is good for nothing else. */
static int
test_key(const struct aas_context *cx, const struct aas_key *key,
    const struct aas_ui *ui, struct aas_request *rq,
    struct aas_enroll_answer *ans)
{
	uint8_t flags = 0;
	uint32_t counter = 0;
	uint8_t random[32];
	static const char tag[] = "aas-test-v1";
	unsigned why = 0;
	int r = AAS_ERR_SYS;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
	    aas_sha256(tag, sizeof(tag), random, sizeof(random), NULL, 0,
		rq->hash) != AAS_OK)
		return AAS_ERR_SYS;
	memcpy(rq->creds[0].label, key->label, AAS_LABEL_MAX);
	rq->creds[0].c = key->login;
	if ((r = aas_relay(cx->authn, rq, ui, ans)) != AAS_OK)
		return r;
	if (ans->proofs_n != 1)
		return AAS_ERR_FORMAT;
	ans->v.reason = AAS_WHY_SIGNATURE;
	r = aas_assertion_verify(
	    &key->login, rq->hash, 1, &ans->proofs[0], &flags, &counter, &why);
	if (r != AAS_OK)
		ans->v.reason = (uint16_t)why;
	return r;
}

struct test {
	struct aas_request rq;
	struct aas_enroll_answer ans;
};

static int
test_all(struct aasctl *c, const struct aas_context *cx,
    const struct aas_record *rec, const struct aas_ui *ui)
{
	struct test *t = calloc(1, sizeof(*t));
	json_t *list = json_array();
	unsigned bad = 0;
	int r = AAS_OK;

	if (t == NULL) {
		json_decref(list);
		return aasctl_fail(c, AASCTL_FAILED, "no memory");
	}
	fill_request(cx, rec, &t->rq);
	for (size_t i = 0; i < rec->keys_n; i++) {
		if (rec->keys[i].suspended)
			continue;
		r = test_key(cx, &rec->keys[i], ui, &t->rq, &t->ans);
		if (r == AAS_ERR_CANCELED)
			break;
		bad += r != AAS_OK;
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:b, s:s}", "name", rec->keys[i].label,
			"works", r == AAS_OK, "reason",
			aas_reason_code(r == AAS_OK ? (unsigned)AAS_WHY_OK
						    : t->ans.v.reason)));
		if (!c->json)
			(void)printf("%s: %s%s%s\n", rec->keys[i].label,
			    r == AAS_OK ? "works" : "FAILED: ",
			    r == AAS_OK ? "" : aas_reason_text(t->ans.v.reason),
			    "");
		(void)fflush(stdout);
	}
	free(t);
	if (r == AAS_ERR_CANCELED)
		bad += (unsigned)aasctl_fail(c, AASCTL_FAILED, "stopped");
	else if (c->json)
		(void)aasctl_print(c, json_pack("{s:O}", "keys", list));
	json_decref(list);
	return bad == 0 ? AASCTL_OK : AASCTL_FAILED;
}

static int
keys_test(struct aasctl *c, struct aas_context *cx)
{
	struct aas_record *rec = NULL;
	struct aas_tty *tty = NULL;
	struct aas_ui ui;
	int code = aasctl_record(c, cx, &rec), r = AAS_OK;

	if (code != AASCTL_OK)
		return code;
	if ((r = aas_tty_open(&tty, &ui)) != AAS_OK)
		code = aasctl_fail(c, AASCTL_FAILED, "%s", aas_tty_why(r));
	else
		code = test_all(c, cx, rec, &ui);
	aas_tty_close(&tty);
	aas_record_free(&rec);
	return code;
}

int
aasctl_cmd_keys(struct aasctl *c, int argc, char **argv)
{
	struct aas_context cx;
	int code = AASCTL_USAGE;

	if (argc < 2)
		return aasctl_usage("keys list|test|add|remove|rename|suspend|"
				    "resume [NAME ...]");
	if (strcmp(argv[1], "list") != 0 && strcmp(argv[1], "test") != 0)
		return aasctl_cmd_change(c, argc - 1, argv + 1);
	if (argc != 2)
		return aasctl_usage("keys list|test");
	if ((code = aasctl_context(c, &cx)) != AASCTL_OK)
		return code;
	code = strcmp(argv[1], "list") == 0 ? keys_list(c, &cx)
					    : keys_test(c, &cx);
	aas_context_close(&cx);
	return code;
}
