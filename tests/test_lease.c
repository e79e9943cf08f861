/*
 * Leases: what is stored, what is signed, and what aasd takes for a lease.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/lend.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/session/lease.h"
#include "tests/aasd_host.h"
#include "tests/policy_make.h"
#include "aasd/begun.h"
#include "aasd/grantor.h"
#include "aasd/lease.h"

#define ACCOUNT "bin" /* who is everywhere */
#define MAX_S   3600

/* --- what is stored ------------------------------------------------------- */

static struct aas_lease
some_lease(void)
{
	struct aas_lease l;

	memset(&l, 0, sizeof(l));
	(void)snprintf(l.id, sizeof(l.id), "0123456789abcdef");
	memset(l.boot_id, 7, sizeof(l.boot_id));
	l.since_ms = 1000;
	l.until_ms = 5000;
	l.time_s = 1700000000;
	l.uid = 2;
	(void)snprintf(l.account, sizeof(l.account), ACCOUNT);
	l.grantor_uid = 1000;
	(void)snprintf(l.grantor, sizeof(l.grantor), "alice b");
	(void)snprintf(l.key, sizeof(l.key), "blue");
	return l;
}

static void
lease_is_read_as_it_was_written(void **state)
{
	static const char *const reasons[] = { "", "nightly \"x\"",
		"\xc3\xa9" };
	char text[AAS_LEASE_MAX];
	struct aas_lease l = some_lease(), got;

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		memset(l.reason, 0, sizeof(l.reason));
		(void)snprintf(l.reason, sizeof(l.reason), "%s", reasons[i]);
		memset(&got, 0, sizeof(got));
		assert_int_equal(aas_lease_format(&l, text), AAS_OK);
		assert_int_equal(
		    aas_lease_parse(text, strlen(text), &got), AAS_OK);
		assert_memory_equal(&l, &got, sizeof(l));
	}
}

static void
lease_that_is_damaged_is_none(void **state)
{
	char text[AAS_LEASE_MAX], bad[AAS_LEASE_MAX + 2];
	struct aas_lease l = some_lease(), got;
	size_t n = 0;

	(void)state;
	assert_int_equal(aas_lease_format(&l, text), AAS_OK);
	n = strlen(text);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
		    aas_lease_parse(text, i, &got), AAS_ERR_FORMAT);
	(void)snprintf(bad, sizeof(bad), "%sx", text);
	assert_int_equal(aas_lease_parse(bad, n + 1, &got), AAS_ERR_FORMAT);
	(void)snprintf(bad, sizeof(bad), "%s\n", text);
	assert_int_equal(aas_lease_parse(bad, n + 1, &got), AAS_ERR_FORMAT);
	/* No field can be made to stand for two. */
	(void)snprintf(l.grantor, sizeof(l.grantor), "alice\nblue");
	assert_int_equal(aas_lease_format(&l, text), AAS_ERR_INVAL);
	/* Numbers have one text. */
	for (int i = 0; i < 4; i++) {
		static const char *const numbers[] = { "01000", "+1000",
			"99999999999999999999", "-1" };

		(void)snprintf(bad, sizeof(bad),
		    AAS_LEASE_HEAD "0123456789abcdef\n%032d\n%s\n"
				   "5000\n1\n2\nbin\n3\nalice\nblue\n\n",
		    0, numbers[i]);
		assert_int_equal(
		    aas_lease_parse(bad, strlen(bad), &got), AAS_ERR_FORMAT);
	}
}

static void
lease_lives_within_its_time_and_boot(void **state)
{
	struct aas_lease l = some_lease();
	struct aas_now now = { .boottime_ms = 1000 };

	(void)state;
	memset(now.boot_id, 7, sizeof(now.boot_id));
	assert_true(aas_lease_lives(&l, &now));
	now.boottime_ms = 4999;
	assert_true(aas_lease_lives(&l, &now));
	now.boottime_ms = 5000;
	assert_false(aas_lease_lives(&l, &now));
	now.boottime_ms = 999;
	assert_false(aas_lease_lives(&l, &now));
	now.boottime_ms = 2000;
	now.boot_id[15] ^= 1;
	assert_false(aas_lease_lives(&l, &now));
}

/* --- a host --------------------------------------------------------------- */

/* Members of ${gid} may lend ACCOUNT an hour. */
static void
host_policy(struct host *h, gid_t gid, int lends)
{
	static const char *accounts[] = { ACCOUNT }, *groups[] = { "lenders" };
	struct aas_rule r = make_rule(AAS_EF_LEASE);
	struct aas_policy_source s = make_source(&r, lends ? 1 : 0);

	r.users = (struct aas_names){ 1, accounts };
	r.groups = (struct aas_names){ 1, groups };
	r.gids = &gid;
	r.lease_s = MAX_S;
	host_compile(h, &s);
}

static void
host_open(struct host *h, struct fixture *f)
{
	host_begin(h, f);
	host_policy(h, h->me.gid, 1);
	signer_new(&h->b, "spare", SIGNER_REALM, AAS_ALG_EDDSA);
	host_enroll(h);
}

static void
host_close(struct host *h)
{
	aasd_begun_end(&h->d);
	host_end(h);
}

/* One request of ${u}, taken. */
static json_t *
ask_as(struct host *h, const struct aas_user *u, json_t *rq)
{
	const char *op = json_string_value(json_object_get(rq, "op"));
	json_t *rep = aasd_lease_op(&h->d, u, &h->now, op, rq);

	assert_non_null(rep);
	json_decref(rq);
	return rep;
}

static void
refused(json_t *rep, const char *reason)
{
	assert_false(json_is_true(json_object_get(rep, "ok")));
	assert_string_equal(
	    json_string_value(json_object_get(rep, "reason")), reason);
	json_decref(rep);
}

static void
granted(json_t *rep)
{
	if (!json_is_true(json_object_get(rep, "ok")))
		fail_msg(
		    "%s", json_string_value(json_object_get(rep, "reason")));
	json_decref(rep);
}

static json_t *
begin_rq(int64_t seconds)
{
	return json_pack("{s:s, s:s, s:I, s:s}", "op", "lease-begin", "account",
	    ACCOUNT, "seconds", (json_int_t)seconds, "reason", "nightly");
}

/* What aasctl signs, from aasd's answer. */
static void
begin(struct host *h, int64_t seconds, struct aas_lend *l)
{
	json_t *rep = ask_as(h, &h->me, begin_rq(seconds));
	struct aas_user u;

	assert_true(json_is_true(json_object_get(rep, "ok")));
	memset(l, 0, sizeof(*l));
	assert_int_equal(
	    aas_hex_parse(json_string_value(json_object_get(rep, "nonce")),
		l->nonce, sizeof(l->nonce)),
	    AAS_OK);
	assert_int_equal(
	    aas_hex_parse(json_string_value(json_object_get(rep, "boot")),
		l->boot_id, sizeof(l->boot_id)),
	    AAS_OK);
	json_decref(rep);
	assert_int_equal(aas_user_name(ACCOUNT, &u), AAS_OK);
	l->grantor_uid = h->me.uid;
	memcpy(l->grantor, h->me.name, sizeof(l->grantor));
	l->uid = u.uid;
	memcpy(l->account, u.name, sizeof(l->account));
	l->seconds = seconds;
	(void)snprintf(l->reason, sizeof(l->reason), "nightly");
}

static json_t *
grant_rq(const struct aas_lend *l, const struct aas_proof *pf)
{
	char nonce[2 * AAS_LEND_NONCE + 1];

	aas_hex_format(l->nonce, sizeof(l->nonce), nonce);
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "op", "lease-grant",
	    "nonce", nonce, "id", b64(pf->id, pf->id_len), "auth",
	    b64(pf->auth, pf->auth_len), "sig", b64(pf->sig, pf->sig_len));
}

/* Signed by ${s}, handed in by ${u}. */
static json_t *
sign(struct host *h, struct signer *s, const struct aas_user *u,
    const struct aas_lend *l)
{
	struct aas_proof pf;
	uint8_t hash[32];

	assert_int_equal(aas_lend_challenge(l, hash), AAS_OK);
	signer_prove(s, hash, &pf);
	return ask_as(h, u, grant_rq(l, &pf));
}

static struct aas_user
account(void)
{
	struct aas_user u;

	assert_int_equal(aas_user_name(ACCOUNT, &u), AAS_OK);
	return u;
}

/* Seconds that are left of the account's lease; -1: it has none. */
static int64_t
left(const struct host *h)
{
	struct aas_user u = account();
	struct aas_lease l;

	if (aas_lease_find(h->run, &u, &h->now, NULL, &l) != AAS_OK)
		return -1;
	return (l.until_ms - h->now.boottime_ms) / 1000;
}

/* --- what aasd takes ------------------------------------------------------ */

static void
lease_is_lent_by_a_touch(void **state)
{
	struct host h;
	struct aas_lend l;
	struct aas_user u = account();
	struct aas_lease got;

	host_open(&h, *state);
	assert_int_equal(left(&h), -1);
	begin(&h, 600, &l);
	assert_int_equal(left(&h), -1);
	granted(sign(&h, &h.a, &h.me, &l));
	assert_int_equal(aas_lease_find(h.run, &u, &h.now, NULL, &got), AAS_OK);
	assert_string_equal(got.grantor, h.me.name);
	assert_string_equal(got.key, "blue");
	assert_string_equal(got.reason, "nightly");
	assert_int_equal(got.until_ms, h.now.boottime_ms + 600000);
	/* The event names the person. */
	assert_non_null(strstr(logged, "event=lease-granted"));
	assert_non_null(strstr(logged, h.me.name));
	/* Over is over. */
	h.now.boottime_ms += 600000;
	assert_int_equal(left(&h), -1);
	host_close(&h);
}

static void
lease_needs_a_rule_and_stays_below_its_max(void **state)
{
	struct host h;
	struct aas_user other;

	host_open(&h, *state);
	refused(ask_as(&h, &h.me, begin_rq(MAX_S + 1)), "lease-too-long");
	refused(ask_as(&h, &h.me, begin_rq(0)), "protocol");
	refused(ask_as(&h, &h.me, begin_rq(-1)), "protocol");
	refused(ask_as(&h, &h.me, begin_rq(INT64_MAX)), "protocol");
	/* An account lends itself nothing. */
	other = account();
	refused(ask_as(&h, &other, begin_rq(60)), "not-grantor");
	refused(ask_as(&h, &h.me,
		    json_pack("{s:s, s:s, s:i}", "op", "lease-begin", "account",
			"nobody-of-that-name", "seconds", 60)),
	    "user");
	refused(ask_as(&h, &h.me,
		    json_pack("{s:s, s:s, s:i}", "op", "lease-begin", "account",
			h.me.name, "seconds", 60)),
	    "not-grantor");
	host_policy(&h, 0x7ffffff0, 1);
	refused(ask_as(&h, &h.me, begin_rq(60)), "not-grantor");
	host_policy(&h, h.me.gid, 0);
	refused(ask_as(&h, &h.me, begin_rq(60)), "not-grantor");
	h.d.policy = "/nonexistent/policy.bin";
	refused(ask_as(&h, &h.me, begin_rq(60)), "policy-broken");
	assert_int_equal(left(&h), -1);
	host_close(&h);
}

/* A rule that was taken away meanwhile does not do. */
static void
lease_rule_is_asked_again_for_the_signature(void **state)
{
	struct host h;
	struct aas_lend l;

	host_open(&h, *state);
	begin(&h, 600, &l);
	host_policy(&h, h.me.gid, 0);
	refused(sign(&h, &h.a, &h.me, &l), "not-grantor");
	assert_int_equal(left(&h), -1);
	host_close(&h);
}

static void
lease_signature_is_good_once(void **state)
{
	struct host h;
	struct aas_lend l;
	struct aas_proof pf;
	uint8_t hash[32];

	host_open(&h, *state);
	begin(&h, 600, &l);
	assert_int_equal(aas_lend_challenge(&l, hash), AAS_OK);
	signer_prove(&h.a, hash, &pf);
	granted(ask_as(&h, &h.me, grant_rq(&l, &pf)));
	granted(ask_as(&h, &h.me,
	    json_pack("{s:s, s:s}", "op", "lease-end", "lease", ACCOUNT)));
	assert_int_equal(left(&h), -1);
	refused(ask_as(&h, &h.me, grant_rq(&l, &pf)), "timeout");
	/* Nor is a bad one followed by a good one. */
	begin(&h, 600, &l);
	refused(ask_as(&h, &h.me, grant_rq(&l, &pf)), "signature");
	refused(sign(&h, &h.a, &h.me, &l), "timeout");
	assert_int_equal(left(&h), -1);
	host_close(&h);
}

static void
lease_challenge_is_its_askers_for_two_minutes(void **state)
{
	struct host h;
	struct aas_lend l;
	struct aas_user other = account();

	host_open(&h, *state);
	begin(&h, 600, &l);
	refused(sign(&h, &h.a, &other, &l), "timeout");
	h.now.boottime_ms += 120001;
	refused(sign(&h, &h.a, &h.me, &l), "timeout");
	/* Nor does one of them make room for any number of others. */
	for (int i = 0; i < 100; i++)
		begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	host_close(&h);
}

/* Each field is signed: a touch for one lease is none for another. */
static void
lease_signature_is_over_all_of_it(void **state)
{
	struct host h;
	struct aas_lend l, m;
	uint8_t hash[32];
	struct aas_proof pf;

	host_open(&h, *state);
	for (int i = 0; i < 8; i++) {
		begin(&h, 600, &l);
		m = l;
		switch (i) {
		case 0:
			m.seconds = 601;
			break;
		case 1:
			m.uid++;
			break;
		case 2:
			m.account[0] ^= 1;
			break;
		case 3:
			m.grantor_uid++;
			break;
		case 4:
			m.grantor[0] ^= 1;
			break;
		case 5:
			m.boot_id[0] ^= 1;
			break;
		case 6:
			m.reason[0] ^= 1;
			break;
		default:
			m.nonce[0] ^= 1;
			break;
		}
		assert_int_equal(aas_lend_challenge(&m, hash), AAS_OK);
		signer_prove(&h.a, hash, &pf);
		refused(ask_as(&h, &h.me, grant_rq(&l, &pf)), "signature");
	}
	assert_int_equal(left(&h), -1);
	host_close(&h);
}

static void
lease_takes_a_key_of_the_record_that_verified_its_user(void **state)
{
	struct host h;
	struct aas_lend l;
	struct signer c;

	host_open(&h, *state);
	signer_new(&c, "blue", SIGNER_REALM, AAS_ALG_ES256);
	begin(&h, 600, &l);
	refused(sign(&h, &c, &h.me, &l), "credential");
	signer_free(&c);
	h.a.flags = AAS_AD_UP;
	begin(&h, 600, &l);
	refused(sign(&h, &h.a, &h.me, &l), "uv");
	h.a.flags = AAS_AD_UP | AAS_AD_UV | AAS_AD_BE;
	begin(&h, 600, &l);
	refused(sign(&h, &h.a, &h.me, &l), "backup");
	h.a.flags = AAS_AD_UP | AAS_AD_UV;
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	begin(&h, 700, &l);
	granted(sign(&h, &h.b, &h.me, &l));
	host_close(&h);
}

/* A copy of a key gives itself away here, too. */
static void
lease_counter_that_went_back_is_refused(void **state)
{
	struct host h;
	struct aas_lend l;

	host_open(&h, *state);
	h.a.counter = 10;
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	h.a.counter = 5;
	begin(&h, 700, &l);
	refused(sign(&h, &h.a, &h.me, &l), "counter");
	/* From then on the key is no more taken. */
	h.a.counter = 50;
	begin(&h, 800, &l);
	refused(sign(&h, &h.a, &h.me, &l), "counter");
	begin(&h, 900, &l);
	granted(sign(&h, &h.b, &h.me, &l));
	host_close(&h);
}

static void
lease_is_extended_and_never_shortened(void **state)
{
	struct host h;
	struct aas_lend l;
	json_t *rep = NULL;

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	begin(&h, 500, &l);
	rep = sign(&h, &h.a, &h.me, &l);
	assert_true(json_is_true(json_object_get(rep, "kept")));
	granted(rep);
	assert_int_equal(left(&h), 600);
	begin(&h, 1200, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	assert_non_null(strstr(logged, "event=lease-extended"));
	assert_int_equal(left(&h), 1200);
	host_close(&h);
}

static void
lease_is_ended_by_its_grantor_and_seen_by_few(void **state)
{
	struct host h;
	struct aas_lend l;
	struct aas_user other = account();
	struct aas_user stranger = { .name = "stranger", .uid = 54321 };
	json_t *rep = NULL;
	const struct aas_user *who[] = { &h.me, &other, &stranger };

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	for (size_t i = 0; i < 3; i++) {
		rep = ask_as(&h, who[i], json_pack("{s:s}", "op", "leases"));
		assert_int_equal(
		    json_array_size(json_object_get(rep, "leases")), i < 2);
		granted(rep);
	}
	refused(
	    ask_as(&h, &other,
		json_pack("{s:s, s:s}", "op", "lease-end", "lease", ACCOUNT)),
	    "no-lease");
	refused(
	    ask_as(&h, &stranger,
		json_pack("{s:s, s:s}", "op", "lease-end", "lease", ACCOUNT)),
	    "no-lease");
	refused(ask_as(&h, &h.me,
		    json_pack("{s:s, s:s}", "op", "lease-end", "lease", "x")),
	    "no-lease");
	assert_int_equal(left(&h), 600);
	granted(ask_as(&h, &h.me,
	    json_pack("{s:s, s:s}", "op", "lease-end", "lease", ACCOUNT)));
	assert_non_null(strstr(logged, "event=lease-ended"));
	assert_int_equal(left(&h), -1);
	host_close(&h);
}

/* Put there by somebody who can write where only root can. */
static void
lease_that_is_forged_or_anothers_is_none(void **state)
{
	struct host h;
	struct aas_lend l;
	struct aas_user u = account(), other;
	struct aas_lease got;
	char path[FIXTURE_PATH + 32], to[FIXTURE_PATH + 32];
	char text[AAS_LEASE_MAX];
	ssize_t n = 0;

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	(void)snprintf(path, sizeof(path), "%s/leases/%u", h.run, u.uid);
	n = readlink(path, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	/* Of one account for another; or for a name that the uid had before. */
	other = u;
	other.uid++;
	(void)snprintf(to, sizeof(to), "%s/leases/%u", h.run, other.uid);
	assert_int_equal(symlink(text, to), 0);
	assert_int_equal(
	    aas_lease_find(h.run, &other, &h.now, NULL, &got), AAS_ERR_FORMAT);
	other = u;
	other.name[0] ^= 1;
	assert_int_equal(aas_lease_find(h.run, &other, &h.now, NULL, &got),
	    AAS_ERR_NOTFOUND);
	/* Of another boot. */
	assert_int_equal(left(&h), 600);
	h.now.boot_id[0] ^= 1;
	assert_int_equal(left(&h), -1);
	h.now.boot_id[0] ^= 1;
	/* A file, or nothing that makes sense. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(
	    aas_lease_find(h.run, &u, &h.now, NULL, &got), AAS_ERR_FORMAT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(
	    aas_lease_find(h.run, &u, &h.now, NULL, &got), AAS_ERR_FORMAT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(text, path), 0);
	assert_int_equal(left(&h), 600);
	/* Where others may write. */
	(void)snprintf(to, sizeof(to), "%s/leases", h.run);
	assert_int_equal(chmod(to, 0777), 0);
	assert_int_equal(
	    aas_lease_find(h.run, &u, &h.now, NULL, &got), AAS_ERR_PERMS);
	assert_int_equal(chmod(to, 0700), 0);
	host_close(&h);
}

static void
lease_requests_of_no_form_are_refused(void **state)
{
	static const char *const bad[] = { "{\"op\":\"leases\",\"x\":1}",
		"{\"op\":\"lease-begin\"}",
		"{\"op\":\"lease-begin\",\"account\":\"bin\"}",
		"{\"op\":\"lease-begin\",\"account\":\"bin\",\"seconds\":"
		"\"1\"}",
		"{\"op\":\"lease-begin\",\"account\":\"bin\",\"seconds\":1,"
		"\"reason\":\"a\\nb\"}",
		"{\"op\":\"lease-begin\",\"account\":\"bin\",\"seconds\":1,"
		"\"uid\":0}",
		"{\"op\":\"lease-grant\"}",
		"{\"op\":\"lease-grant\",\"nonce\":\"00\",\"id\":\"AAAA\","
		"\"auth\":\"AAAA\",\"sig\":\"AAAA\"}",
		"{\"op\":\"lease-end\"}",
		"{\"op\":\"lease-end\",\"lease\":1}" };
	struct host h;

	host_open(&h, *state);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(
		    ask_as(&h, &h.me, json_loads(bad[i], 0, NULL)), "protocol");
	host_close(&h);
}

/* What is over is removed, and what lives stays. */
static void
lease_tick_removes_what_is_over(void **state)
{
	struct host h;
	struct aas_lend l;
	struct aas_user u = account();
	char path[FIXTURE_PATH + 32], text[AAS_LEASE_MAX];
	struct aas_lease old;

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	(void)snprintf(path, sizeof(path), "%s/leases/%u", h.run, u.uid);
	aasd_lease_tick(&h.d);
	assert_int_equal(access(h.run, F_OK), 0);
	assert_int_equal(left(&h), 600);
	assert_int_equal(aas_lease_find(h.run, &u, &h.now, NULL, &old), AAS_OK);
	old.boot_id[0] ^= 1;
	assert_int_equal(aas_lease_format(&old, text), AAS_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(text, path), 0);
	aasd_lease_tick(&h.d);
	assert_int_equal(unlink(path), -1);
	host_close(&h);
}

/* The keeper's look, by the index alone. */
static void
look(const struct host *h, uint32_t uid)
{
	char path[FIXTURE_PATH + 32];
	int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/leases", h->run);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	aasd_grantor_look(fd, h->state, &uid);
	assert_int_equal(close(fd), 0);
}

/* An entry by ${by}, about the key ${of} unless that is NULL. */
static void
change(struct host *h, enum aas_type type, struct signer *by,
    const struct signer *of)
{
	struct signer *one[1] = { by };
	struct aas_entry e;
	char *line = NULL;
	int64_t held = 0;
	unsigned why = 0;

	chain_entry(&h->ch, type, &e);
	if (of != NULL)
		assert_int_equal(aas_key_id(&of->key.login, e.key), AAS_OK);
	line = chain_sign(&e, one, 1, NULL);
	if (aas_store_append(h->d.store, h->me.uid, h->me.name, line,
		AAS_AUTH_NONE, NULL, &h->now, &held, &why) != AAS_OK)
		fail_msg("why %u", why);
	chain_add(&h->ch, line);
	free(line);
}

static void
lease_ends_when_its_grantor_is_locked(void **state)
{
	struct host h;
	struct aas_lend l;

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	look(&h, h.me.uid);
	assert_int_equal(left(&h), 600);
	change(&h, AAS_T_LOCK, &h.b, NULL);
	/* Another's record tells nothing of it. */
	look(&h, h.me.uid + 1);
	assert_int_equal(left(&h), 600);
	look(&h, h.me.uid);
	assert_int_equal(left(&h), -1);
	assert_non_null(strstr(logged, "event=lease-ended"));
	assert_non_null(strstr(logged, "why=locked"));
	host_close(&h);
}

static void
lease_ends_with_the_key_that_signed_it(void **state)
{
	struct host h;
	struct aas_lend l;

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	change(&h, AAS_T_SUSPEND_KEY, &h.b, &h.a);
	look(&h, h.me.uid);
	assert_int_equal(left(&h), -1);
	assert_non_null(strstr(logged, "why=key"));
	host_close(&h);
}

static void
lease_goes_on_when_another_key_is_suspended(void **state)
{
	struct host h;
	struct aas_lend l;

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	change(&h, AAS_T_SUSPEND_KEY, &h.a, &h.b);
	look(&h, h.me.uid);
	assert_int_equal(left(&h), 600);
	host_close(&h);
}

static void
lease_of_a_record_that_cannot_be_told_goes_on(void **state)
{
	char path[FIXTURE_PATH + 32];
	struct host h;
	struct aas_lend l;

	host_open(&h, *state);
	begin(&h, 600, &l);
	granted(sign(&h, &h.a, &h.me, &l));
	(void)snprintf(path, sizeof(path), "%s/index/%u", h.state, h.me.uid);
	assert_int_equal(unlink(path), 0);
	look(&h, h.me.uid);
	assert_int_equal(left(&h), 600);
	/* Of nobody's record. */
	(void)snprintf(path, sizeof(path), "%s/records/%u", h.state, h.me.uid);
	assert_int_equal(unlink(path), 0);
	look(&h, h.me.uid);
	assert_int_equal(left(&h), -1);
	host_close(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lease_is_read_as_it_was_written),
		cmocka_unit_test(lease_that_is_damaged_is_none),
		cmocka_unit_test(lease_lives_within_its_time_and_boot),
		FIXTURE_TEST(lease_is_lent_by_a_touch),
		FIXTURE_TEST(lease_needs_a_rule_and_stays_below_its_max),
		FIXTURE_TEST(lease_rule_is_asked_again_for_the_signature),
		FIXTURE_TEST(lease_signature_is_good_once),
		FIXTURE_TEST(lease_challenge_is_its_askers_for_two_minutes),
		FIXTURE_TEST(lease_signature_is_over_all_of_it),
		FIXTURE_TEST(
		    lease_takes_a_key_of_the_record_that_verified_its_user),
		FIXTURE_TEST(lease_counter_that_went_back_is_refused),
		FIXTURE_TEST(lease_is_extended_and_never_shortened),
		FIXTURE_TEST(lease_is_ended_by_its_grantor_and_seen_by_few),
		FIXTURE_TEST(lease_that_is_forged_or_anothers_is_none),
		FIXTURE_TEST(lease_requests_of_no_form_are_refused),
		FIXTURE_TEST(lease_tick_removes_what_is_over),
		FIXTURE_TEST(lease_ends_when_its_grantor_is_locked),
		FIXTURE_TEST(lease_ends_with_the_key_that_signed_it),
		FIXTURE_TEST(lease_goes_on_when_another_key_is_suspended),
		FIXTURE_TEST(lease_of_a_record_that_cannot_be_told_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
