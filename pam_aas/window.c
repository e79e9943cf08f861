/*
 * The window after a ceremony of sudo or polkit.
 *
 * 1. This is the one place where auth grants what was not verified in this
 *    call: it MUST hold that the same user's own program asks, at the terminal
 *    and in the session where the key answered (lib/session/reauth.c), and
 *    that this key would do for what is asked now.
 * 2. Programs that sign somebody in, lock a screen, or let one user become
 *    another by that one's key MUST NOT have a window.
 */
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/session/reauth.h"
#include "pam_aas/window.h"

/*
 * Programs by which a user does something as root, by their own key.  su asks
 * for the key of whom it becomes: it is not among them.
 */
static int
elevates(const char *service)
{
	static const char *const names[] = { "sudo", "sudo-i", "doas",
		"polkit-1" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(service, names[i]) == 0)
			return 1;
	}
	return 0;
}

/*
 * Set-user-ID programs of the user's own: their real uid cannot be chosen.  By
 * "targetpw" sudo asks for another's key: that one is not here.
 */
int
aas_window_own(const struct aas_call *c)
{
	return geteuid() == 0 && c->user.uid != 0 && getuid() == c->user.uid &&
	    !c->remote && c->class == AAS_CL_OTHER && elevates(c->service);
}

/* The active key with that credential, of a kind that policy takes. */
static const struct aas_index_key *
key_of(const struct aas_call *c, const uint8_t id[32])
{
	for (unsigned i = 0; i < c->ix->keys_n && i < AAS_KEYS_MAX; i++) {
		const struct aas_index_key *k = &c->ix->keys[i];

		if (k->active == 1 && memcmp(k->id, id, sizeof(k->id)) == 0)
			return aas_signin_takes(c->policy, &c->d, k) ? k : NULL;
	}
	return NULL;
}

/* Of a caller from elsewhere: does this rule still take what did then? */
static int
is_way(const struct aas_call *c, const struct aas_reauth *s)
{
	switch (s->how) {
	case AAS_HOW_HERE:
		return 1;
	case AAS_HOW_AGENT:
		return c->d.sudo == AAS_SUDO_FRESH ||
		    c->d.sudo == AAS_SUDO_AGENT;
	case AAS_HOW_SERVER:
		return c->d.sudo == AAS_SUDO_KEY ||
		    (c->d.sudo == AAS_SUDO_FRESH && c->d.server_keys);
	default:
		return 0;
	}
}

/* Would those keys do, as they answered then? */
static int
is_enough(const struct aas_call *c, const struct aas_reauth *s,
    const struct aas_index_key **first)
{
	unsigned present = c->d.present != 0 ? c->d.present : 1;

	if (!is_way(c, s) || s->keys_n < present || (c->d.uv && s->uv != 1))
		return 0;
	for (unsigned i = s->keys_n; i > 0; i--) {
		if ((*first = key_of(c, s->key[i - 1])) == NULL)
			return 0;
	}
	return 1;
}

int
aas_window_open(struct aas_call *c, char label[AAS_LABEL_MAX])
{
	const struct aas_index_key *first = NULL;
	struct aas_proc_seat seat;
	struct aas_reauth s;
	struct aas_now now;
	const struct aas_reauth_want want = { .uid = c->user.uid,
		.seat = &seat,
		.now = &now,
		.built_s = aas_policy_built_s(c->policy),
		.reauth_s = c->d.reauth_s };

	if (!aas_window_own(c) || !c->has_index ||
	    (c->row != AAS_ROW_KEYS && c->row != AAS_ROW_FEW))
		return 0;
	if (aas_proc_seat(&seat) != AAS_OK || aas_clock_boot(&now) != AAS_OK ||
	    aas_reauth_find(aas_policy_rundir(c->policy), &want, &s) != AAS_OK)
		return 0;
	if (!is_enough(c, &s, &first))
		return 0;
	memcpy(label, first->label, AAS_LABEL_MAX);
	return 1;
}

void
aas_window_begin(struct aas_call *c, const struct aas_verdict *v)
{
	struct aas_reauth s = { .uid = c->user.uid, .uv = v->uv };
	struct aas_now now;
	int r;

	if (!aas_window_own(c) || c->d.reauth_s <= 0 || v->keys_n < 1 ||
	    v->how == AAS_HOW_FRESH || aas_proc_seat(&s.seat) != AAS_OK)
		return;
	s.built_s = aas_policy_built_s(c->policy);
	s.how = v->how;
	s.keys_n = v->keys_n < 2 ? v->keys_n : 2;
	memcpy(s.service, c->service, sizeof(s.service));
	memcpy(s.key, v->key, sizeof(s.key));
	if ((r = aas_clock_boot(&now)) == AAS_OK) {
		memcpy(s.boot_id, now.boot_id, sizeof(s.boot_id));
		s.boottime_ms = now.boottime_ms;
		r = aas_reauth_write(aas_policy_rundir(c->policy), &s);
	}
	if (r != AAS_OK)
		aas_log(LOG_WARNING, "no window: %s", aas_strerror(r));
}
