/*
 * /etc/aas/attest as a whole: what is loaded, what is told, and what the
 * source "attest" makes of it, run by the real worker.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "lib/attest/set.h"
#include "lib/err.h"
#include "policy/source/source.h"
#include "tests/attester.h"
#include "tests/fixture.h"
#include "tools/attest_files.h"

#define NOW INT64_C(1780000000)
#define CA                                                \
	"AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8" \
	"QERITFBUWFxgZGhscHR4f"

struct world {
	struct fixture *f;
	EVP_PKEY *key;
	char dir[FIXTURE_PATH];
	char text[8192]; /* what was reported */
};

static void
put(const struct world *w, const char *name, const char *text, unsigned mode)
{
	char path[FIXTURE_PATH];

	snprintf(path, sizeof(path), "attest/%s", name);
	fixture_write(w->f, path, text, mode);
}

static void
conf(const struct world *w, const char *name, const char *more)
{
	char text[2048], file[64];

	snprintf(text, sizeof(text),
	    "name = \"%s\"; alg = \"ES256\"; issuer = \"i\"; audience = \"a\";"
	    "key = \"%s/key.pem\"; %s",
	    name, w->dir, more);
	snprintf(file, sizeof(file), "%s.conf", name);
	put(w, file, text, 0644);
}

/* A statement about ${about}, as "\"group\":\"root\"". */
static void
token(const struct world *w, const char *file, const char *about,
    const char *jti, int64_t from, int64_t until, unsigned mode)
{
	char claims[512], line[4096];
	char *t = NULL;

	snprintf(claims, sizeof(claims),
	    "{\"iss\":\"i\",\"aud\":\"a\",%s,\"jti\":\"%s\",\"iat\":%lld,"
	    "\"nbf\":%lld,\"exp\":%lld,\"acr\":\"phr\"}",
	    about, jti, (long long)from, (long long)from, (long long)until);
	t = attester_token(
	    w->key, AAS_JWS_ES256, "{\"alg\":\"ES256\"}", claims);
	snprintf(line, sizeof(line), "%s\n", t);
	free(t);
	put(w, file, line, mode);
}

static void
begin(void **state, struct world *w)
{
	char *pem = NULL;

	memset(w, 0, sizeof(*w));
	w->f = *state;
	w->key = attester_key(AAS_JWS_ES256);
	assert_int_equal(mkdirat(w->f->dirfd, "attest", 0755), 0);
	fixture_path(w->f, "attest", w->dir);
	pem = attester_public(w->key);
	put(w, "key.pem", pem, 0644);
	free(pem);
}

static void
end(struct world *w)
{
	EVP_PKEY_free(w->key);
}

static void
note(void *arg, int level, const char *file, uint32_t line, const char *text)
{
	struct world *w = arg;
	size_t n = strlen(w->text);

	(void)line;
	snprintf(w->text + n, sizeof(w->text) - n, "%d:%s:%s\n", level,
	    file != NULL ? file + strlen(w->dir) + 1 : "", text);
}

static int
load(struct world *w, struct aas_attest_set **set)
{
	struct aas_attest_files f = { note, w };
	struct aas_attest_io io;

	w->text[0] = '\0';
	aas_attest_files(&f, &io);
	return aas_attest_load(&io, w->dir, NOW, set);
}

#define BIG      (1024 * 1024 + 1) /* of a file */
#define EVIDENCE "evidence_services = [ \"sso-login\" ];"

static void
set_each_file_has_its_reason(void **state)
{
	static const struct {
		const char *file;
		unsigned why;
	} want[] = {
		{ "a.jws", AAS_AW_OK },
		{ "b.jws", AAS_AW_JTI },
		{ "c.jws", AAS_AW_PERMS },
		{ "d.jws", AAS_AW_EXPIRED },
		{ "e.jws", AAS_AW_FUTURE },
		{ "f.jws", AAS_AW_REVOKED },
		{ "g.jws", AAS_AW_TRUNCATED },
		{ "h.jws", AAS_AW_OVERSIZED },
		{ "i.jws", AAS_AW_PERMS },
		{ "j.jws", AAS_AW_OK },
	};
	struct world w;
	struct aas_attest_set *set = NULL;
	char *big = malloc(BIG + 1);

	begin(state, &w);
	conf(&w, "corp", EVIDENCE);
	put(&w, "revoked", "# gone\n\nfff\r\n", 0644);
	token(&w, "a.jws", "\"group\":\"root\"", "1", NOW - 9, NOW + 9, 0644);
	token(&w, "b.jws", "\"sub\":\"root\"", "1", NOW - 9, NOW + 9, 0644);
	token(&w, "c.jws", "\"sub\":\"root\"", "2", NOW - 9, NOW + 9, 0666);
	token(&w, "d.jws", "\"sub\":\"root\"", "3", NOW - 9, NOW, 0644);
	token(&w, "e.jws", "\"sub\":\"root\"", "4", NOW + 1, NOW + 9, 0644);
	token(&w, "f.jws", "\"sub\":\"root\"", "fff", NOW - 9, NOW + 9, 0644);
	put(&w, "g.jws", "", 0644);
	memset(big, 'A', BIG);
	big[BIG] = '\0';
	big[80000] = '\0';
	put(&w, "h.jws", big, 0644);
	big[80000] = 'A';
	put(&w, "i.jws", big, 0644); /* too much to be read at all */
	/* A number that the unreadable c.jws used is free. */
	token(&w, "j.jws", "\"sub\":\"root\"", "2", NOW - 9, NOW + 9, 0644);
	put(&w, ".k.jws", "left by a crash", 0644);
	free(big);

	assert_int_equal(load(&w, &set), AAS_OK);
	assert_int_equal(set->tokens_n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < set->tokens_n; i++) {
		assert_string_equal(
		    set->tokens[i].path + strlen(w.dir) + 1, want[i].file);
		if (set->tokens[i].why != want[i].why)
			fail_msg("%s: %s", want[i].file,
			    aas_attest_code(set->tokens[i].why));
	}
	assert_non_null(strstr(w.text, "1:c.jws:must be a plain file"));
	assert_non_null(strstr(w.text, "2:c.jws:does not count: its file"));
	assert_non_null(strstr(w.text, "[expired]"));
	aas_attest_unload(&set);
	aas_attest_unload(&set);
	end(&w);
}

static void
set_nothing_there_is_not_found(void **state)
{
	struct world w;
	struct aas_attest_set *set = NULL;

	begin(state, &w);
	assert_int_equal(load(&w, &set), AAS_ERR_NOTFOUND);
	put(&w, "g.jws", "x", 0644);
	assert_int_equal(load(&w, &set), AAS_OK); /* and told, though no good */
	assert_int_equal(set->tokens[0].why, AAS_AW_TRUNCATED);
	aas_attest_unload(&set);
	fixture_path(w.f, "nowhere", w.dir);
	assert_int_equal(load(&w, &set), AAS_ERR_NOTFOUND);
	assert_null(set);
	end(&w);
}

/* F45: whatever others may write or what is no plain file fails the whole. */
static void
set_f45_damaged_signer_fails_the_whole(void **state)
{
	static const struct {
		const char *file, *text;
		unsigned mode;
		const char *told;
	} rows[] = {
		{ "z.conf", "name = 1;", 0644, "name must be text" },
		{ "z.conf", "", 0666, "1:z.conf:must be a plain file" },
		{ "revoked", "a b\n", 0644, "1:revoked:holds something else" },
		{ "revoked", "a\n", 0664, "1:revoked:must be a plain file" },
		{ "ca.pub", "ssh-rsa AAAA\n", 0644, "1:ca.pub:must hold" },
		{ "ca.pub", "", 0644, "1:ca.pub:holds no public key" },
		{ "ca.pub", "", 0622, "1:ca.pub:must be a plain file" },
	};
	struct world w;
	struct aas_attest_set *set = NULL;
	char more[256];

	begin(state, &w);
	put(&w, "ca.pub", "ssh-ed25519 " CA " x\n", 0644);
	snprintf(more, sizeof(more), "evidence_ssh_ca = \"%s/ca.pub\";", w.dir);
	conf(&w, "corp", more);
	assert_int_equal(load(&w, &set), AAS_OK);
	assert_string_equal(set->signers[0].cas[0], CA);
	aas_attest_unload(&set);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "attest/%s", rows[i].file);
		(void)unlinkat(w.f->dirfd, path, 0);
		put(&w, rows[i].file, rows[i].text, rows[i].mode);
		assert_int_equal(load(&w, &set), AAS_ERR_FORMAT);
		assert_null(set);
		if (strstr(w.text, rows[i].told) == NULL)
			fail_msg("%s: %s", rows[i].told, w.text);
		assert_int_equal(unlinkat(w.f->dirfd, path, 0), 0);
		if (strcmp(rows[i].file, "ca.pub") != 0)
			continue;
		assert_int_equal(load(&w, &set), AAS_ERR_FORMAT);
		assert_non_null(strstr(w.text, "1:ca.pub:is not there"));
	}
	put(&w, "ca.pub", "ssh-ed25519 " CA " x\n", 0644);
	conf(&w, "other", "");
	assert_int_equal(load(&w, &set), AAS_OK);
	aas_attest_unload(&set);
	put(&w, "twice.conf",
	    "name = \"corp\"; alg = \"ES256\"; issuer = \"i\";"
	    "audience = \"a\"; key = \"/k\";",
	    0644);
	assert_int_equal(load(&w, &set), AAS_ERR_FORMAT);
	assert_non_null(strstr(w.text, "has the same name"));
	end(&w);
}

static void
set_too_many_signers_fail_the_whole(void **state)
{
	struct world w;
	struct aas_attest_set *set = NULL;
	char name[16];

	begin(state, &w);
	for (int i = 0; i <= AAS_SIGNERS_MAX; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		conf(&w, name, EVIDENCE);
	}
	assert_int_equal(load(&w, &set), AAS_ERR_FORMAT);
	assert_non_null(strstr(w.text, "one signer too many"));
	end(&w);
}

/* --- the source ----------------------------------------------------------- */

static void
gather(struct world *w, const char *user, const char *const *groups,
    struct aas_gathered *got)
{
	struct aas_gather g = { .now_s = NOW, .timeout_ms = 20000 };
	struct aas_switch sw;
	char worker[FIXTURE_PATH], err[256];

	if (faccessat(w->f->dirfd, "worker", F_OK, 0) == -1) {
		fixture_copy(w->f, WORKER, "worker");
		fixture_copy(w->f, PLUGIN, "libaas_policy_attest.so");
	}
	g.worker = fixture_path(w->f, "worker", worker);
	g.plugindir = g.confdir = w->f->dir;
	g.user = user;
	g.groups = groups;
	memset(got, 0, sizeof(*got));
	assert_int_equal(aas_switch_parse("attest", &sw, err), AAS_OK);
	assert_int_equal(aas_gather_run(&sw, &g, got), AAS_OK);
}

static void
plugin_gives_one_rule_per_statement(void **state)
{
	static const char *const groups[] = { "root", NULL };
	struct world w;
	struct aas_gathered got;
	const struct aas_rule *r = NULL;
	char more[256];

	begin(state, &w);
	put(&w, "ca.pub", "ssh-ed25519 " CA "\n", 0644);
	snprintf(more, sizeof(more), "%s evidence_ssh_ca = [ \"%s/ca.pub\" ];",
	    EVIDENCE, w.dir);
	conf(&w, "corp", more);
	token(&w, "a.jws", "\"group\":\"root\"", "1", NOW - 9, NOW + 9, 0644);
	token(&w, "b.jws", "\"sub\":\"alice\"", "2", NOW - 9, NOW - 1, 0644);
	token(&w, "c.jws", "\"sub\":\"bob\"", "3", NOW + 1, NOW + 9, 0644);
	token(&w, "d.jws", "\"sub\":\"bob\"", "4", NOW - 9, NOW + 9, 0666);
	token(&w, "e.jws", "\"group\":\"no-such-group\"", "5", NOW - 9, NOW + 9,
	    0644);
	gather(&w, NULL, NULL, &got);
	if (got.answers[0].status != AAS_PLUGIN_SUCCESS)
		fail_msg("%s", got.answers[0].text);
	assert_int_equal(got.denied, 0);
	assert_int_equal(got.rules_n, 4); /* the last: a file is not read */
	r = &got.rules[0];
	assert_string_equal(r->source, "attest");
	assert_string_equal(r->name, "attest-6b86b273ff34fce1");
	assert_int_equal(r->effect, AAS_EF_ATTEST);
	assert_int_equal(r->groups.n, 1);
	assert_string_equal(r->groups.v[0], "root");
	assert_int_equal(r->gids[0], 0);
	assert_int_equal(r->users.n, 0);
	assert_int_equal(r->not_before_s, NOW - 9);
	assert_int_equal(r->not_after_s, NOW + 9);
	assert_int_equal(r->evidence_services.n, 1);
	assert_string_equal(r->evidence_services.v[0], "sso-login");
	assert_int_equal(r->cas_n, 1);
	assert_int_equal(r->cas[0].len, 51);
	assert_string_equal(got.rules[1].users.v[0], "alice");
	assert_string_equal(got.rules[2].users.v[0], "bob");
	assert_non_null(strstr(got.answers[0].text, "[permissions]"));
	assert_non_null(strstr(got.answers[0].text, "is not a group"));
	aas_gathered_free(&got);

	gather(&w, "bob", groups, &got);
	assert_int_equal(got.answers[0].status, AAS_PLUGIN_SUCCESS);
	/* The group's, bob's own, and that a file is not read. */
	assert_int_equal(got.rules_n, 3);
	aas_gathered_free(&got);
	gather(&w, "carol", NULL, &got);
	assert_int_equal(got.rules_n, 1);
	assert_int_equal(got.rules[0].flaw, AAS_FLAW_UNREAD);
	aas_gathered_free(&got);
	end(&w);
}

/* A token of somebody who may not sign, about ${about}. */
static void
forged(const struct world *w, const char *file, const char *about)
{
	struct world other = *w;

	other.key = attester_key(AAS_JWS_ES256);
	token(&other, file, about, "1", NOW - 9, NOW + 9, 0644);
	EVP_PKEY_free(other.key);
}

/* One that counts, and those that do not. */
static void
put_flawed(struct world *w)
{
	conf(w, "corp", EVIDENCE);
	put(w, "revoked", "gone\n", 0644);
	token(w, "a.jws", "\"sub\":\"bob\"", "1", NOW - 9, NOW + 9, 0644);
	/* The same number once more; a forgery; one about nobody here. */
	token(w, "b.jws", "\"sub\":\"bob\"", "1", NOW - 9, NOW + 9, 0644);
	forged(w, "c.jws", "\"group\":\"root\"");
	forged(w, "d.jws", "\"group\":\"no-such-group\"");
	token(w, "e.jws", "\"sub\":\"bob\"", "gone", NOW - 9, NOW + 9, 0644);
	/* It lives too long; cut before its signature; by others writable. */
	token(w, "f.jws", "\"sub\":\"bob\"", "6", NOW - 9,
	    NOW + INT64_C(400) * 86400, 0644);
	put(w, "g.jws", "e30.eyJzdWIiOiJkYW4ifQ", 0644);
	token(w, "h.jws", "\"sub\":\"bob\"", "8", NOW - 9, NOW + 9, 0666);
	token(w, "i.jws", "\"sub\":\"bob\"", "9", NOW - 9, NOW + 9, 0622);
	/* A number that is revoked, once more. */
	token(w, "j.jws", "\"sub\":\"eve\"", "gone", NOW - 9, NOW + 9, 0644);
	/* Nobody knows whom these are about. */
	put(w, "k.jws", "x", 0644);
	put(w, "l.jws", "e30.!.x", 0644);
	forged(w, "m.jws", "\"sub\":\"../x\"");
	forged(w, "n.jws", "\"sub\":\"bob\",\"group\":\"root\"");
}

/* A statement that does not count becomes a rule that can only be told. */
static void
plugin_tells_what_does_not_count(void **state)
{
	static const struct {
		const char *name;
		uint8_t flaw;
		const char *user, *group;
	} want[] = {
		{ "attest-6b86b273ff34fce1", AAS_FLAW_NONE, "bob", NULL },
		{ "attest-void-2", AAS_FLAW_VOID, "bob", NULL },
		{ "attest-void-3", AAS_FLAW_VOID, NULL, "root" },
		{ "attest-revoked-5", AAS_FLAW_REVOKED, "bob", NULL },
		{ "attest-void-6", AAS_FLAW_VOID, "bob", NULL },
		{ "attest-void-7", AAS_FLAW_VOID, "dan", NULL },
		{ "attest-unread-8", AAS_FLAW_UNREAD, NULL, NULL },
		{ "attest-revoked-10", AAS_FLAW_REVOKED, "eve", NULL },
	};
	struct world w;
	struct aas_gathered got;

	begin(state, &w);
	put_flawed(&w);
	gather(&w, NULL, NULL, &got);
	if (got.answers[0].status != AAS_PLUGIN_SUCCESS)
		fail_msg("%s", got.answers[0].text);
	assert_int_equal(got.rules_n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < got.rules_n; i++) {
		const struct aas_rule *r = &got.rules[i];

		assert_string_equal(r->name, want[i].name);
		assert_int_equal(r->flaw, want[i].flaw);
		assert_int_equal(r->users.n, want[i].user != NULL);
		assert_int_equal(r->groups.n, want[i].group != NULL);
		if (want[i].user != NULL)
			assert_string_equal(r->users.v[0], want[i].user);
		if (want[i].group != NULL)
			assert_string_equal(r->groups.v[0], want[i].group);
		assert_int_equal(r->evidence_services.n, i == 0);
	}
	aas_gathered_free(&got);
	end(&w);
}

static void
plugin_says_what_it_cannot_use(void **state)
{
	struct world w;
	struct aas_gathered got;

	begin(state, &w);
	gather(&w, NULL, NULL, &got);
	assert_int_equal(got.answers[0].status, AAS_PLUGIN_NOTFOUND);
	assert_int_equal(got.denied, 0);
	aas_gathered_free(&got);
	/* A token alone, without anybody who may sign: a note, in a rule too.
	 */
	token(&w, "a.jws", "\"sub\":\"bob\"", "1", NOW - 9, NOW + 9, 0644);
	gather(&w, NULL, NULL, &got);
	assert_int_equal(got.rules_n, 1);
	assert_int_equal(got.rules[0].flaw, AAS_FLAW_VOID);
	assert_non_null(strstr(got.answers[0].text, "[signer]"));
	aas_gathered_free(&got);
	/* A signer whose file is damaged: the last good policy stays. */
	conf(&w, "corp", EVIDENCE "max_life = \"1s\";");
	gather(&w, NULL, NULL, &got);
	assert_int_equal(got.answers[0].status, AAS_PLUGIN_UNAVAIL);
	assert_int_equal(got.denied, 1);
	assert_non_null(strstr(got.answers[0].text, "corp.conf:1: max_life"));
	aas_gathered_free(&got);
	end(&w);
}

/* --- the source by itself ------------------------------------------------- */

extern const struct aas_plugin aas_policy_plugin;

/* What a host would say of each rule; NULL: it takes it. */
static const char *refusal_field, *refusal_text;
static int rules_n;

static int
fake_rule(
    void *ctx, const struct aas_plugin_rule *r, struct aas_plugin_fault *f)
{
	(void)ctx;
	(void)r;
	rules_n++;
	if (refusal_field == NULL)
		return 0;
	snprintf(f->field, sizeof(f->field), "%s", refusal_field);
	snprintf(f->text, sizeof(f->text), "%s", refusal_text);
	return -1;
}

static int
ask(struct world *w, const char *confdir, const char *user, int lookup)
{
	struct aas_attest_files f = { note, w };
	struct aas_attest_io io;
	struct aas_plugin_host h = { .struct_size = sizeof(h) };
	struct aas_plugin_query q = { .struct_size = sizeof(q) };

	aas_attest_files(&f, &io);
	h.ctx = io.arg;
	h.rule = fake_rule;
	h.report = io.report;
	h.read = io.read;
	h.release = io.release;
	h.list = io.list;
	q.confdir = confdir;
	q.now_s = NOW;
	q.user = user;
	w->text[0] = '\0';
	rules_n = 0;
	return lookup ? aas_policy_plugin.lookup(&h, &q)
		      : aas_policy_plugin.rules(&h, &q);
}

static void
plugin_rule_that_is_refused_is_not_lost_silently(void **state)
{
	static const struct {
		const char *field, *text;
		int status, level;
	} rows[] = {
		{ NULL, NULL, AAS_PLUGIN_SUCCESS, 0 },
		{ "groups", "\"x\" is not a group of this host",
		    AAS_PLUGIN_SUCCESS, 2 },
		{ "groups", "groups cannot be looked up", AAS_PLUGIN_UNAVAIL,
		    1 },
		{ "name", "one rule too many", AAS_PLUGIN_UNAVAIL, 1 },
	};
	struct world w;

	begin(state, &w);
	conf(&w, "corp", EVIDENCE);
	token(&w, "a.jws", "\"group\":\"g\"", "1", NOW - 9, NOW + 9, 0644);
	token(&w, "b.jws", "\"group\":\"g\"", "2", NOW - 9, NOW + 9, 0644);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		refusal_field = rows[i].field;
		refusal_text = rows[i].text;
		assert_int_equal(ask(&w, w.f->dir, NULL, 0), rows[i].status);
		assert_int_equal(rules_n, rows[i].level == 1 ? 1 : 2);
		if (rows[i].level == 0)
			assert_string_equal(w.text, "");
		else
			assert_int_equal(w.text[0], '0' + rows[i].level);
	}
	refusal_field = NULL;
	end(&w);
}

static void
plugin_question_that_makes_no_sense_is_unavail(void **state)
{
	struct world w;
	char deep[600];

	begin(state, &w);
	conf(&w, "corp", EVIDENCE);
	token(&w, "a.jws", "\"group\":\"g\"", "1", NOW - 9, NOW + 9, 0644);
	assert_int_equal(ask(&w, w.f->dir, NULL, 1), AAS_PLUGIN_UNAVAIL);
	/* Nobody's groups are known: nothing of a group's. */
	assert_int_equal(ask(&w, w.f->dir, "g", 1), AAS_PLUGIN_NOTFOUND);
	/* rules() is about everybody, whoever is named. */
	assert_int_equal(ask(&w, w.f->dir, "g", 0), AAS_PLUGIN_SUCCESS);
	memset(deep, 'x', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(ask(&w, deep, NULL, 0), AAS_PLUGIN_UNAVAIL);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(set_each_file_has_its_reason),
		FIXTURE_TEST(set_nothing_there_is_not_found),
		FIXTURE_TEST(set_f45_damaged_signer_fails_the_whole),
		FIXTURE_TEST(set_too_many_signers_fail_the_whole),
		FIXTURE_TEST(plugin_gives_one_rule_per_statement),
		FIXTURE_TEST(plugin_says_what_it_cannot_use),
		FIXTURE_TEST(plugin_tells_what_does_not_count),
		FIXTURE_TEST(plugin_rule_that_is_refused_is_not_lost_silently),
		FIXTURE_TEST(plugin_question_that_makes_no_sense_is_unavail),
	};

	return cmocka_run_group_tests_name("attest_set", tests, NULL, NULL);
}
