/*
 * A request line of aasd, from a process that may be anybody's.
 *
 * fuzz-wrap: aas_store_load aas_store_append aas_store_read aas_user_uid
 * fuzz-wrap: aasd_held_note aas_shadow_follow aasd_tell aas_log
 *
 * Input: who asks (bit 0: root) and how the store answers, then the line.
 * Whatever it says, it acts for the peer alone, is no authority by itself,
 * and is answered by one line of JSON.
 */
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/reason.h"
#include "lib/store/store.h"
#include "tests/fuzz/fuzz.h"
#include "tools/aasd.h"

#define OWN 1000u

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

void __wrap_aasd_tell(const struct aas_user *u, const char *text);
void
__wrap_aasd_tell(const struct aas_user *u, const char *text)
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

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct aasd d = { .statedir = "/nonexistent" };
	char *out = NULL;
	size_t n = 0;
	json_t *obj;

	if (len < 1)
		return 0;
	g.peer = p[0] & 1 ? 0 : OWN;
	g.asked = p[0] >> 1;
	FUZZ_REQUIRE(aasd_answer(&d, g.peer, (const char *)p + 1, len - 1, &out,
			 &n) == AAS_OK);
	FUZZ_REQUIRE(n > 1 && out[n - 1] == '\n' && out[n] == '\0');
	FUZZ_REQUIRE(memchr(out, '\n', n) == out + n - 1);
	obj = json_loadb(out, n, 0, NULL);
	FUZZ_REQUIRE(json_is_object(obj));
	FUZZ_REQUIRE(json_is_boolean(json_object_get(obj, "ok")));
	json_decref(obj);
	free(out);
	return 0;
}
