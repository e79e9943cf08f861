/*
 * A request line of aasd, from a process that may be anybody's.
 *
 * fuzz-wrap: aas_store_load aas_store_append aas_store_read aas_user_uid
 * fuzz-wrap: aasd_held_note aas_shadow_follow aas_announce aas_log
 * fuzz-wrap: aasd_keep_look aasd_keep_look_since aasd_keep_end
 * fuzz-wrap: aasd_keep_extend aasd_link_ask
 *
 * Input: who asks (bit 0: root) and how the store answers, then the line.
 * Whatever it says, it acts for the peer alone, is no authority by itself,
 * sees and ends nobody else's session, and is answered by one line of JSON.
 */
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/reason.h"
#include "lib/store/store.h"
#include "tests/fuzz/fuzz.h"
#include "aasd/aasd.h"
#include "aasd/keep.h"
#include "aasd/sessions.h"

#define OWN     1000u
#define OTHER   2000u
#define FOREIGN "00000000000000ff"

static struct {
	uid_t peer;
	int asked; /* what the store answers */
} g;

static int
answer(void)
{
	static const int codes[] = { AAS_OK, AAS_ERR_NOTFOUND, AAS_ERR_SYS,
		AAS_ERR_DENIED };

	return codes[g.asked & 3];
}

int __wrap_aas_user_uid(uid_t uid, struct aas_user *u);
int
__wrap_aas_user_uid(uid_t uid, struct aas_user *u)
{
	/* Nobody but root asks about another. */
	FUZZ_REQUIRE(uid == g.peer || g.peer == 0);
	if (uid != 0 && uid != OWN)
		return AAS_ERR_NOTFOUND;
	memset(u, 0, sizeof(*u));
	memcpy(u->name, uid == 0 ? "root" : "alice", uid == 0 ? 5 : 6);
	u->uid = uid;
	u->gid = (gid_t)uid;
	return AAS_OK;
}

int __wrap_aas_store_load(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, struct aas_record **rec, struct aas_index *ix,
    unsigned *why);
int
__wrap_aas_store_load(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, struct aas_record **rec, struct aas_index *ix,
    unsigned *why)
{
	(void)s;
	(void)name;
	(void)now;
	FUZZ_REQUIRE(uid == g.peer || g.peer == 0);
	*why = AAS_WHY_SYSTEM;
	if (rec != NULL || answer() != AAS_OK)
		return answer() != AAS_OK ? answer() : AAS_ERR_SYS;
	if (ix != NULL) {
		memset(ix, 0, sizeof(*ix));
		ix->uid = uid;
		ix->state = AAS_ST_ENROLLED;
	}
	*why = AAS_WHY_OK;
	return AAS_OK;
}

int __wrap_aas_store_append(struct aas_store *s, uint32_t uid, const char *name,
    const char *line, enum aas_authority authority, const char *ticket,
    const struct aas_now *now, int64_t *held_until, unsigned *why);
int
__wrap_aas_store_append(struct aas_store *s, uint32_t uid, const char *name,
    const char *line, enum aas_authority authority, const char *ticket,
    const struct aas_now *now, int64_t *held_until, unsigned *why)
{
	(void)s;
	(void)now;
	FUZZ_REQUIRE(uid == g.peer);
	FUZZ_REQUIRE(strcmp(name, g.peer == 0 ? "root" : "alice") == 0);
	FUZZ_REQUIRE(strlen(line) < AASD_REQUEST_MAX);
	FUZZ_REQUIRE(
	    authority == (ticket != NULL ? AAS_AUTH_TICKET : AAS_AUTH_NONE));
	*why = AAS_WHY_AUTHORITY;
	if (answer() != AAS_OK)
		return answer();
	if (held_until != NULL)
		*held_until = g.asked & 4 ? 1700000000 : 0;
	*why = AAS_WHY_OK;
	return AAS_OK;
}

int __wrap_aas_store_read(
    struct aas_store *s, uint32_t uid, struct aas_buf *buf);
int
__wrap_aas_store_read(struct aas_store *s, uint32_t uid, struct aas_buf *buf)
{
	(void)s;
	FUZZ_REQUIRE(uid == g.peer);
	if (answer() != AAS_OK)
		return answer();
	buf->p = (uint8_t *)strdup("aas1 e30= e30=\n");
	buf->len = buf->p != NULL ? strlen((char *)buf->p) : 0;
	return buf->p != NULL ? AAS_OK : AAS_ERR_NOMEM;
}

int __wrap_aasd_held_note(const struct aasd *d, uid_t uid);
int
__wrap_aasd_held_note(const struct aasd *d, uid_t uid)
{
	(void)d;
	FUZZ_REQUIRE(uid == g.peer);
	return AAS_OK;
}

int __wrap_aas_shadow_follow(const char *statedir, const char *user, uid_t uid,
    unsigned state, int *changed);
int
__wrap_aas_shadow_follow(const char *statedir, const char *user, uid_t uid,
    unsigned state, int *changed)
{
	(void)statedir;
	(void)user;
	(void)state;
	FUZZ_REQUIRE(uid == g.peer);
	*changed = 0;
	return AAS_OK;
}

void __wrap_aas_announce(const struct aas_user *u, const char *text);
void
__wrap_aas_announce(const struct aas_user *u, const char *text)
{
	FUZZ_REQUIRE(u->uid == g.peer);
	FUZZ_REQUIRE(strchr(text, '\n') == NULL);
}

void __wrap_aas_log(int priority, const char *fmt, ...);
void
__wrap_aas_log(int priority, const char *fmt, ...)
{
	(void)priority;
	(void)fmt;
}

int __wrap_aasd_keep_look(struct aasd_keep *k);
int
__wrap_aasd_keep_look(struct aasd_keep *k)
{
	(void)k;
	return g.asked & 8 ? AAS_ERR_SYS : AAS_OK; /* nothing runs */
}

int __wrap_aasd_keep_look_since(struct aasd_keep *k, int64_t since_ms);
int
__wrap_aasd_keep_look_since(struct aasd_keep *k, int64_t since_ms)
{
	(void)since_ms;
	return __wrap_aasd_keep_look(k);
}

void __wrap_aasd_keep_end(
    struct aasd_keep *k, struct aas_kept *s, const char *by, int last);
void
__wrap_aasd_keep_end(
    struct aasd_keep *k, struct aas_kept *s, const char *by, int last)
{
	(void)last;
	FUZZ_REQUIRE(s == aas_book_find(&k->book, s->id));
	FUZZ_REQUIRE(s->l.uid == g.peer || g.peer == 0);
	FUZZ_REQUIRE(strcmp(by, g.peer == 0 ? "root" : "alice") == 0);
}

void __wrap_aasd_keep_extend(struct aasd_keep *k, struct aas_kept *s,
    int64_t now_ms, int64_t session_ms);
void
__wrap_aasd_keep_extend(
    struct aasd_keep *k, struct aas_kept *s, int64_t now_ms, int64_t session_ms)
{
	(void)now_ms;
	FUZZ_REQUIRE(s == aas_book_find(&k->book, s->id));
	FUZZ_REQUIRE(s->l.uid == g.peer && session_ms > 0);
}

/* Two sessions of alice's, one of somebody else's. */
static struct aasd_keep *
sessions(void)
{
	static struct aasd_keep k;
	static const struct {
		const char *id;
		uint32_t uid;
		enum aas_origin origin;
	} all[] = {
		{ "0123456789abcdef", OWN, AAS_ORIGIN_REMOTE },
		{ "fedcba9876543210", OWN, AAS_ORIGIN_WITHIN },
		{ FOREIGN, OTHER, AAS_ORIGIN_LOCAL },
	};
	struct aas_kept *s = NULL;

	for (size_t i = 0; k.book.n < sizeof(all) / sizeof(all[0]); i++) {
		struct aas_ledger_line l = { .uid = all[i].uid,
			.audit = AAS_PROC_NO_AUDIT,
			.origin = all[i].origin,
			.leader = { 2147483647, 1 },
			.session_s = 60 };

		FUZZ_REQUIRE(
		    aas_book_put(&k.book, all[i].id, &l,
			"{\"v\":1,\"service\":\"sshd\"}", &s) == AAS_OK);
	}
	return &k;
}

/* What the keeper reads is one object that the front has written. */
static struct {
	char *out;
	size_t n;
} said;

int __wrap_aasd_link_ask(
    struct aasd_link *l, struct aasd_ask *ask, const char *text, size_t len);
int
__wrap_aasd_link_ask(
    struct aasd_link *l, struct aasd_ask *ask, const char *text, size_t len)
{
	json_t *obj = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	(void)l;
	FUZZ_REQUIRE(json_is_object(obj));
	json_decref(obj);
	for (size_t i = 0; i < len; i++)
		FUZZ_REQUIRE((unsigned char)text[i] - 0x20U < 0x60);
	FUZZ_REQUIRE(ask->uid == g.peer);
	FUZZ_REQUIRE(ask->admin == (g.peer == 0));
	ask->serial = 1;
	return aasd_sessions_answer(
	    sessions(), ask, text, len, &said.out, &said.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct aasd_link link = { .fd = -1 };
	/* Where nothing can be made: leases end before policy and files. */
	struct aasd d = { .statedir = "/nonexistent",
		.rundir = "/proc/aas",
		.policy = "/nonexistent/policy.bin",
		.link = &link };
	char *out = NULL;
	size_t n = 0;
	json_t *obj;

	if (len < 1)
		return 0;
	g.peer = p[0] & 1 ? 0 : OWN;
	g.asked = p[0] >> 1;
	FUZZ_REQUIRE(aasd_answer(&d, g.peer, (const char *)p + 1, len - 1, &out,
			 &n) == AAS_OK);
	FUZZ_REQUIRE((out == NULL) == (d.asked != 0));
	if (out == NULL) {
		out = said.out;
		n = said.n;
	}
	FUZZ_REQUIRE(n > 1 && out[n - 1] == '\n' && out[n] == '\0');
	FUZZ_REQUIRE(memchr(out, '\n', n) == out + n - 1);
	FUZZ_REQUIRE(g.peer == 0 || strstr(out, FOREIGN) == NULL);
	obj = json_loadb(out, n, 0, NULL);
	FUZZ_REQUIRE(json_is_object(obj));
	FUZZ_REQUIRE(json_is_boolean(json_object_get(obj, "ok")));
	json_decref(obj);
	free(out);
	return 0;
}
