/*
 * What the front finds out for the keeper: who asks about sessions, and
 * whether they are an administrator of them.
 *
 * 1. The keeper MUST NOT see a byte of a client's: it gets what was parsed
 *    here, written anew.
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "aasd/ask.h"
#include "aasd/link.h"

#define ADMINS "aas-admin"

int
aasd_ask_keeper(const char *op)
{
	static const char *const ops[] = { "sessions", "session", "end",
		"within" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(op, ops[i]) == 0)
			return 1;
	}
	return 0;
}

int
aasd_is_admin(const struct aas_user *u)
{
	const struct group *g = NULL;
	gid_t *gids = NULL;
	int n = 0, is = u->uid == 0;

	if (is || (g = getgrnam(ADMINS)) == NULL ||
	    (gids = calloc(AAS_USER_GROUPS, sizeof(*gids))) == NULL)
		return is;
	if (aas_user_groups(u, NULL, 0, gids, &n) == AAS_OK) {
		for (int i = 0; i < n; i++)
			is |= gids[i] == g->gr_gid;
	}
	free(gids);
	return is;
}

unsigned
aasd_ask(struct aasd *d, const struct aas_user *u, json_t *rq)
{
	struct aasd_ask ask;
	char *text = NULL;
	int r = AAS_ERR_NOMEM;

	if (d->link == NULL)
		return AAS_WHY_SYSTEM;
	memset(&ask, 0, sizeof(ask)); /* all of it is sent */
	ask.uid = u->uid;
	ask.pid = d->peer;
	ask.admin = (uint32_t)aasd_is_admin(u);
	(void)snprintf(ask.name, sizeof(ask.name), "%s", u->name);
	if ((text = json_dumps(rq, JSON_COMPACT | JSON_ENSURE_ASCII)) != NULL)
		r = aasd_link_ask(d->link, &ask, text, strlen(text));
	free(text);
	if (r == AAS_OK)
		d->asked = ask.serial;
	return r == AAS_OK        ? 0
	    : r == AAS_ERR_TOOBIG ? AAS_WHY_PROTOCOL
	    : r == AAS_ERR_AGAIN  ? AAS_WHY_BUSY
				  : AAS_WHY_SYSTEM;
}
