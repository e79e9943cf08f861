/*
 * Changes of an enrolled set of keys: one entry, signed by its owner's keys.
 *
 * The store decides what counts and what is held; nothing here MUST matter
 * for that.
 */
#include <sys/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/enroll/change.h"
#include "lib/clock.h"
#include "lib/enroll/parts.h"
#include "lib/err.h"
#include "lib/reason.h"

#define NO_KEY (-1)

/* How many active keys have to sign; 0: not an entry of ours. */
static unsigned
signers_of(enum aas_type type)
{
	switch ((unsigned)type) {
	case AAS_T_ADD_KEY:
	case AAS_T_REMOVE_KEY:
	case AAS_T_RESUME_KEY:
	case AAS_T_DISABLE:
		return 2;
	case AAS_T_RENAME_KEY:
	case AAS_T_SUSPEND_KEY:
	case AAS_T_ENABLE:
	case AAS_T_SET_CONTACTS:
		return 1;
	default:
		return 0;
	}
}

static int
find(const struct aas_dialog *g, const char *label)
{
	for (int i = 0; i < g->d.keys_n; i++) {
		if (strcmp(g->d.keys[i].label, label) == 0)
			return i;
	}
	return NO_KEY;
}

/* The first n active keys, those that the change is not about before it. */
static uint32_t
choose(const struct aas_dialog *g, unsigned n, int target)
{
	uint32_t bits = 0;

	for (int i = 0; n > 0 && i < g->d.keys_n; i++) {
		if (i == target || g->d.keys[i].suspended || g->d.keys[i].held)
			continue;
		bits |= 1u << i;
		n--;
	}
	if (n > 0 && target != NO_KEY && !g->d.keys[target].suspended &&
	    !g->d.keys[target].held)
		bits |= 1u << target;
	return bits;
}

int
aas_enroll_fill(
    struct aas_dialog *g, const struct aas_record *rec, enum aas_type type)
{
	struct aas_entry *n = &g->entry;
	struct aas_now now;
	int r = aas_clock_now(&now);

	if (r != AAS_OK)
		return r;
	n->type = type;
	n->seq = rec->pin.seq + 1;
	memcpy(n->prev, rec->pin.head, sizeof(n->prev));
	n->uid = rec->uid;
	(void)snprintf(n->user, sizeof(n->user), "%s", rec->user);
	(void)snprintf(n->realm, sizeof(n->realm), "%s", rec->realm);
	(void)snprintf(n->host, sizeof(n->host), "%s", g->e->host);
	n->time_s = now.real_s;
	return AAS_OK;
}

static int
fill(struct aas_dialog *g, const struct aas_record *rec, enum aas_type type,
    int target)
{
	struct aas_entry *n = &g->entry;
	int r = aas_enroll_fill(g, rec, type);

	if (r != AAS_OK)
		return r;
	if (type == AAS_T_ADD_KEY) {
		n->keys_n = 1;
		n->keys[0] = g->d.keys[target];
		return AAS_OK;
	}
	return target != NO_KEY ? aas_key_id(&g->d.keys[target].login, n->key)
				: AAS_OK;
}

/* Addresses with a blank between each two; "": none. */
static int
take_contacts(struct aas_entry *n, const char *s)
{
	n->contacts_n = 0;
	while (s != NULL && *s != '\0') {
		size_t len = strcspn(s, " ");

		if (n->contacts_n ==
		    sizeof(n->contacts) / sizeof(n->contacts[0]))
			return AAS_ERR_TOOBIG;
		if (len == 0 || len >= sizeof(n->contacts[0]))
			return AAS_ERR_INVAL;
		memcpy(n->contacts[n->contacts_n], s, len);
		n->contacts[n->contacts_n++][len] = '\0';
		s += len + (s[len] == ' ');
	}
	return AAS_OK;
}

/* The key the change is about; for add-key it is made now. */
static int
take_target(struct aas_dialog *g, enum aas_type type, const char *name,
    const char *to, int *target)
{
	char label[AAS_LABEL_MAX];
	int r = AAS_OK;

	*target = NO_KEY;
	if (type == AAS_T_DISABLE || type == AAS_T_ENABLE)
		return AAS_OK;
	if (type == AAS_T_SET_CONTACTS)
		return take_contacts(&g->entry, name);
	if (type != AAS_T_ADD_KEY) {
		*target = name != NULL ? find(g, name) : NO_KEY;
		if (*target == NO_KEY)
			return AAS_ERR_NOTFOUND;
		if (type != AAS_T_RENAME_KEY)
			return AAS_OK;
		if (to == NULL || !aas_label_valid(to))
			return AAS_ERR_INVAL;
		(void)snprintf(
		    g->entry.label, sizeof(g->entry.label), "%s", to);
		return find(g, to) == NO_KEY ? AAS_OK : AAS_ERR_EXISTS;
	}
	if (name != NULL && !aas_label_valid(name))
		return AAS_ERR_INVAL;
	if (name != NULL && find(g, name) != NO_KEY)
		return AAS_ERR_EXISTS;
	if (name == NULL && (r = aas_enroll_ask_label(g, label)) != AAS_OK)
		return r;
	*target = g->d.keys_n;
	return aas_enroll_make(g, name != NULL ? name : label);
}

static int
tell_signers(struct aas_dialog *g, uint32_t bits, unsigned want)
{
	char names[AAS_KEYS_MAX * (AAS_LABEL_MAX + 4)] = "";
	size_t n = 0;
	unsigned have = (unsigned)__builtin_popcount(bits);

	for (size_t i = 0; i < g->d.keys_n && n < sizeof(names); i++) {
		if (bits & 1u << i)
			n += (size_t)snprintf(names + n, sizeof(names) - n,
			    "%s'%s'", n > 0 ? ", " : "", g->d.keys[i].label);
	}
	return aas_say(g->ui, 0, "To be signed by %s.%s", names,
	    have < want ? "\nWith one key alone this change is held for 72 "
			  "hours before it counts."
			: "");
}

static int
change(struct aas_dialog *g, const struct aas_record *rec, enum aas_type type,
    const char *name, const char *to, int64_t *held)
{
	uint32_t bits = 0;
	int target = NO_KEY;
	int own = type == AAS_T_ADD_KEY || type == AAS_T_RESUME_KEY;
	int r = take_target(g, type, name, to, &target);

	if (r != AAS_OK || (r = fill(g, rec, type, target)) != AAS_OK)
		return r;
	/* A key that is added or resumed signs besides the others. */
	if (own && target != NO_KEY)
		g->d.keys[target].suspended = 1;
	bits = choose(g, signers_of(type), target);
	r = tell_signers(g, bits, signers_of(type));
	if (own && target != NO_KEY)
		bits |= 1u << target;
	return r == AAS_OK ? aas_enroll_submit(g, bits, held) : r;
}

void
aas_enroll_open(struct aas_dialog *g, const struct aas_enroll *e,
    const struct aas_record *rec)
{
	g->e = e;
	g->ui = e->ui;
	g->why = AAS_WHY_SYSTEM;
	g->d.uid = rec->uid;
	(void)snprintf(g->d.realm, sizeof(g->d.realm), "%s", rec->realm);
	g->d.keys_n = rec->keys_n;
	memcpy(g->d.keys, rec->keys, sizeof(g->d.keys));
}

int
aas_change_run(const struct aas_enroll *e, const struct aas_record *rec,
    enum aas_type type, const char *name, const char *to, int64_t *held_until,
    unsigned *why)
{
	struct aas_dialog *g = NULL;
	int64_t held = 0;
	int r = AAS_ERR_NOMEM;

	*why = AAS_WHY_SYSTEM;
	if (signers_of(type) == 0)
		return AAS_ERR_INVAL;
	if ((g = calloc(1, sizeof(*g))) == NULL)
		return r;
	aas_enroll_open(g, e, rec);
	r = AAS_ERR_SYS;
	if (getrandom(g->d.handle, sizeof(g->d.handle), 0) ==
	    (ssize_t)sizeof(g->d.handle))
		r = change(g, rec, type, name, to, &held);
	if (r == AAS_OK)
		*held_until = held;
	return aas_enroll_end(g, r, why);
}
