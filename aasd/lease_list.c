/*
 * Leases that are there: who may see which, and who may end it.
 *
 * 1. Nobody but root, the group aas-admin and its grantor MUST end one.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/reason.h"
#include "aasd/ask.h"
#include "aasd/lease_dir.h"
#include "aasd/lease_list.h"
#include "aasd/lease_tell.h"
#include "aasd/line.h"

#define LIST_MAX 1000

struct list {
	const struct aasd_lease_call *c;
	json_t *v;
	int admin;
};

static int
add(void *arg, const struct aas_lease *l, int lives)
{
	const struct list *to = arg;
	uint32_t uid = to->c->u->uid;

	if (lives && (to->admin || l->grantor_uid == uid || l->uid == uid))
		(void)json_array_append_new(
		    to->v, aasd_lease_json(l, to->c->now));
	return json_array_size(to->v) >= LIST_MAX;
}

/* {"op":"leases"} */
json_t *
aasd_lease_list(struct aasd_lease_call *c)
{
	struct list to = { c, NULL, 0 };
	int fd = -1;
	int r;

	if (json_object_size(c->rq) != 1)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	to.admin = aasd_is_admin(c->u);
	if ((to.v = json_array()) == NULL)
		return NULL;
	r = aasd_lease_each(c->d, c->now, add, &to, &fd);
	aas_close(&fd);
	if (r != AAS_OK) {
		json_decref(to.v);
		return aasd_refuse(AAS_WHY_SYSTEM);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "leases", to.v);
}

struct wanted {
	const struct aasd_lease_call *c;
	const char *name; /* an account's, or the id of a lease */
	int admin, found;
	struct aas_lease l;
};

static int
is_wanted(void *arg, const struct aas_lease *l, int lives)
{
	struct wanted *w = arg;

	if (!lives ||
	    (strcmp(l->account, w->name) != 0 && strcmp(l->id, w->name) != 0) ||
	    (!w->admin && l->grantor_uid != w->c->u->uid))
		return 0;
	w->l = *l;
	return w->found = 1;
}

/* {"op":"lease-end","lease":ACCOUNT|ID} */
json_t *
aasd_lease_end(struct aasd_lease_call *c)
{
	struct wanted w = { .c = c };
	const char *op = NULL;
	int fd = -1;
	int r;

	if (json_unpack_ex(c->rq, NULL, JSON_STRICT, "{s:s, s:s}", "op", &op,
		"lease", &w.name) != 0)
		return aasd_refuse(AAS_WHY_PROTOCOL);
	w.admin = aasd_is_admin(c->u);
	r = aasd_lease_each(c->d, c->now, is_wanted, &w, &fd);
	if (r == AAS_OK && w.found && aasd_lease_unlink(fd, w.l.uid) == -1)
		r = AAS_ERR_SYS;
	aas_close(&fd);
	if (r != AAS_OK)
		return aasd_refuse(AAS_WHY_SYSTEM);
	if (!w.found)
		return aasd_refuse_as(AAS_WHY_NO_LEASE,
		    "There is no lease of that account, or of that id, that "
		    "you may end. See aasctl lease list.");
	aasd_lease_event(c->d, c->now, "lease-ended", &w.l, c->u,
	    aasd_lease_left_s(&w.l, c->now));
	return json_pack(
	    "{s:b, s:o}", "ok", 1, "lease", aasd_lease_json(&w.l, c->now));
}
