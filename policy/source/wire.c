/*
 * The messages between a worker and its parent.
 *
 * 1. Every length and count from the worker MUST be bounded before it is
 *    used, and nothing may be left over at the end of a message.
 * 2. A message MUST NOT make the parent allocate: texts stay where they were
 *    received, lists go into room of a fixed size.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/source/wire.h"

#define NONE 0xffffu /* a length or count: there is none */

/* --- texts and lists -------------------------------------------------------
 */

/* A u16 length, the text, a NUL: what is read can be used where it is. */
static void
text_put(struct aas_wr *w, const char *s)
{
	size_t n = 0;

	if (s == NULL) {
		aas_wr_u16(w, NONE);
		return;
	}
	if ((n = strnlen(s, AAS_PW_TEXT_MAX + 1)) > AAS_PW_TEXT_MAX) {
		w->bad = 1;
		return;
	}
	aas_wr_u16(w, (uint16_t)n);
	aas_wr_raw(w, s, n + 1);
}

static const char *
text_get(struct aas_rd *r)
{
	size_t n = aas_rd_u16(r);
	const uint8_t *p = r->p;

	if (r->bad || n == NONE)
		return NULL;
	if (r->len < n + 1 || p[n] != '\0' || memchr(p, '\0', n) != NULL) {
		r->bad = 1;
		return NULL;
	}
	r->p += n + 1;
	r->len -= n + 1;
	return (const char *)p;
}

/* A text that has to be there. */
static const char *
must_get(struct aas_rd *r)
{
	const char *s = text_get(r);

	if (s == NULL)
		r->bad = 1;
	return s != NULL ? s : "";
}

static void
list_put(struct aas_wr *w, const char *const *v)
{
	size_t n = 0;

	if (v == NULL) {
		aas_wr_u16(w, NONE);
		return;
	}
	while (n <= AAS_NAMES_MAX && v[n] != NULL)
		n++;
	if (n > AAS_NAMES_MAX) {
		w->bad = 1;
		return;
	}
	aas_wr_u16(w, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		text_put(w, v[i]);
}

static const char *const *
list_get(struct aas_rd *r, struct aas_pw_room *room)
{
	size_t n = aas_rd_u16(r);
	const char **v = room->v + room->n;

	if (r->bad || n == NONE)
		return NULL;
	if (n > AAS_NAMES_MAX || room->n + n + 1 > AAS_PW_ROOM) {
		r->bad = 1;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		v[i] = must_get(r);
	v[n] = NULL;
	room->n += n + 1;
	return v;
}

static int
int_get(struct aas_rd *r)
{
	return (int)(int32_t)aas_rd_u32(r);
}

/* --- a rule ----------------------------------------------------------------
 */

void
aas_pw_rule_put(struct aas_wr *w, const struct aas_plugin_rule *m)
{
	aas_wr_u32(w, m->line);
	text_put(w, m->file);
	text_put(w, m->name);
	text_put(w, m->mode);
	list_put(w, m->users);
	list_put(w, m->groups);
	list_put(w, m->services);
	list_put(w, m->hosts);
	list_put(w, m->networks);
	list_put(w, m->hours);
	text_put(w, m->origin);
	aas_wr_u32(w, (uint32_t)m->deny);
	aas_wr_u32(w, (uint32_t)m->exempt);
	aas_wr_u32(w, (uint32_t)m->break_glass);
	text_put(w, m->require);
	text_put(w, m->from);
	text_put(w, m->grace);
	aas_wr_u32(w, (uint32_t)m->enrolled);
	aas_wr_u32(w, (uint32_t)m->present);
	text_put(w, m->uv);
	aas_wr_u32(w, (uint32_t)m->device_bound);
	list_put(w, m->aaguids);
	text_put(w, m->session);
	text_put(w, m->idle);
	text_put(w, m->reauth);
	text_put(w, m->window);
	text_put(w, m->alert);
	text_put(w, m->training);
	list_put(w, m->lease_grantors);
	list_put(w, m->lease_accounts);
	text_put(w, m->lease_max);
	text_put(w, m->not_before);
	text_put(w, m->not_after);
	list_put(w, m->evidence_services);
	list_put(w, m->evidence_ssh_ca);
	text_put(w, m->flaw);
	text_put(w, m->sudo);
}

int
aas_pw_rule_get(const void *p, size_t len, struct aas_pw_room *room,
    struct aas_plugin_rule *m)
{
	struct aas_rd r;

	aas_rd_init(&r, p, len);
	room->n = 0;
	memset(m, 0, sizeof(*m));
	m->struct_size = sizeof(*m);
	m->line = aas_rd_u32(&r);
	m->file = text_get(&r);
	m->name = text_get(&r);
	m->mode = text_get(&r);
	m->users = list_get(&r, room);
	m->groups = list_get(&r, room);
	m->services = list_get(&r, room);
	m->hosts = list_get(&r, room);
	m->networks = list_get(&r, room);
	m->hours = list_get(&r, room);
	m->origin = text_get(&r);
	m->deny = int_get(&r);
	m->exempt = int_get(&r);
	m->break_glass = int_get(&r);
	m->require = text_get(&r);
	m->from = text_get(&r);
	m->grace = text_get(&r);
	m->enrolled = int_get(&r);
	m->present = int_get(&r);
	m->uv = text_get(&r);
	m->device_bound = int_get(&r);
	m->aaguids = list_get(&r, room);
	m->session = text_get(&r);
	m->idle = text_get(&r);
	m->reauth = text_get(&r);
	m->window = text_get(&r);
	m->alert = text_get(&r);
	m->training = text_get(&r);
	m->lease_grantors = list_get(&r, room);
	m->lease_accounts = list_get(&r, room);
	m->lease_max = text_get(&r);
	m->not_before = text_get(&r);
	m->not_after = text_get(&r);
	m->evidence_services = list_get(&r, room);
	m->evidence_ssh_ca = list_get(&r, room);
	m->flaw = text_get(&r);
	m->sudo = text_get(&r);
	return aas_rd_end(&r);
}

/* --- the others ------------------------------------------------------------
 */

void
aas_pw_query_put(struct aas_wr *w, const struct aas_pw_query *m)
{
	text_put(w, m->confdir);
	text_put(w, m->plugindir);
	aas_wr_u64(w, (uint64_t)m->now_s);
	aas_wr_u64(w, (uint64_t)m->until_ms);
	text_put(w, m->user);
	aas_wr_u32(w, m->uid);
	list_put(w, m->groups);
	text_put(w, m->service);
}

int
aas_pw_query_get(
    const void *p, size_t len, struct aas_pw_room *room, struct aas_pw_query *m)
{
	struct aas_rd r;

	aas_rd_init(&r, p, len);
	room->n = 0;
	m->confdir = must_get(&r);
	m->plugindir = must_get(&r);
	m->now_s = (int64_t)aas_rd_u64(&r);
	m->until_ms = (int64_t)aas_rd_u64(&r);
	m->user = text_get(&r);
	m->uid = aas_rd_u32(&r);
	m->groups = list_get(&r, room);
	m->service = text_get(&r);
	return aas_rd_end(&r);
}

void
aas_pw_report_put(struct aas_wr *w, const struct aas_pw_report *m)
{
	aas_wr_u8(w, m->level);
	aas_wr_u32(w, m->line);
	text_put(w, m->file);
	text_put(w, m->text);
}

int
aas_pw_report_get(const void *p, size_t len, struct aas_pw_report *m)
{
	struct aas_rd r;

	aas_rd_init(&r, p, len);
	m->level = aas_rd_u8(&r);
	m->line = aas_rd_u32(&r);
	m->file = text_get(&r);
	m->text = must_get(&r);
	if (m->level != AAS_PLUGIN_ERROR && m->level != AAS_PLUGIN_NOTE)
		r.bad = 1;
	return aas_rd_end(&r);
}

void
aas_pw_file_put(struct aas_wr *w, const struct aas_origin_file *m)
{
	text_put(w, m->path);
	aas_wr_u64(w, (uint64_t)m->mtime_ns);
	aas_wr_u64(w, (uint64_t)m->ctime_ns);
	aas_wr_u64(w, (uint64_t)m->size);
	aas_wr_u64(w, m->ino);
	aas_wr_u64(w, m->dev);
	aas_wr_raw(w, m->sha256, sizeof(m->sha256));
}

int
aas_pw_file_get(const void *p, size_t len, struct aas_origin_file *m)
{
	struct aas_rd r;

	aas_rd_init(&r, p, len);
	m->path = must_get(&r);
	m->mtime_ns = (int64_t)aas_rd_u64(&r);
	m->ctime_ns = (int64_t)aas_rd_u64(&r);
	m->size = (int64_t)aas_rd_u64(&r);
	m->ino = aas_rd_u64(&r);
	m->dev = aas_rd_u64(&r);
	aas_rd_raw(&r, m->sha256, sizeof(m->sha256));
	if (m->path[0] != '/' || m->size < -1)
		r.bad = 1;
	return aas_rd_end(&r);
}

void
aas_pw_end_put(struct aas_wr *w, int status)
{
	aas_wr_u8(w, (uint8_t)status);
}

int
aas_pw_end_get(const void *p, size_t len, int *status)
{
	struct aas_rd r;

	aas_rd_init(&r, p, len);
	*status = aas_rd_u8(&r);
	if (*status < AAS_PLUGIN_SUCCESS || *status > AAS_PLUGIN_TRYAGAIN)
		r.bad = 1;
	return aas_rd_end(&r);
}
