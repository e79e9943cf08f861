/*
 * The recovery of an account, by one of the keys on paper.
 *
 * 1. The recovery key MUST be wiped on each way out, and go nowhere: what
 *    leaves is its public half and a signature.
 * 2. Whether a recovery is due MUST be the store's to say.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/enroll/parts.h"
#include "lib/enroll/recover.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/record/recovery.h"

#define TRIES 3

/* One that would do: any to begin, the very one that began to finish. */
static int
does(const struct aas_record *rec, const uint8_t pub[32])
{
	if (rec->recovering)
		return memcmp(rec->recovery_by, pub, 32) == 0;
	for (unsigned i = 0; i < rec->recovery_n; i++) {
		if (memcmp(rec->recovery[i], pub, 32) == 0)
			return 1;
	}
	return 0;
}

static int
ask_once(struct aas_dialog *g, const struct aas_record *rec,
    uint8_t key[AAS_RECOVERY_LEN], int *good)
{
	char reply[AAS_REPLY_MAX] = "";
	uint8_t pub[32];
	int r = g->ui->ask(
	    g->ui->arg, 0, "Recovery key (not shown): ", reply, sizeof(reply));

	*good = 0;
	if (r == AAS_OK && aas_recovery_parse(reply, key) != AAS_OK)
		(void)aas_say(g->ui, 1,
		    "That is no recovery key: a character is wrong, or "
		    "missing.");
	else if (r == AAS_OK && (r = aas_recovery_public(key, pub)) == AAS_OK)
		*good = does(rec, pub);
	if (r == AAS_OK && !*good)
		(void)aas_say(g->ui, 1, "That one does not do here.");
	explicit_bzero(reply, sizeof(reply));
	return r;
}

static int
ask_key(struct aas_dialog *g, const struct aas_record *rec,
    uint8_t key[AAS_RECOVERY_LEN])
{
	int good = 0;
	int r = AAS_OK;

	for (int i = 0; r == AAS_OK && !good && i < TRIES; i++)
		r = ask_once(g, rec, key, &good);
	if (r == AAS_OK && !good) {
		(void)aas_enroll_complain(g, AAS_WHY_CREDENTIAL);
		r = AAS_ERR_DENIED;
	}
	return r;
}

static int
begin(struct aas_dialog *g, const struct aas_record *rec)
{
	int64_t held = 0;
	int yes = 0;
	int r = aas_say(g->ui, 0,
	    "This begins a recovery. Nobody signs in to this account, you "
	    "included, for %lld hours;\nuntil it is over any one of its keys "
	    "cancels it. Then \"aasctl recover\" and the same\nrecovery key "
	    "enroll new keys, and all keys of before are gone.",
	    (long long)(rec->recovery_wait_s / 3600));

	if (r == AAS_OK)
		r = aas_enroll_ask_yes(g, "Begin?", &yes);
	if (r == AAS_OK && !yes)
		r = AAS_ERR_CANCELED;
	if (r == AAS_OK)
		r = aas_enroll_fill(g, rec, AAS_T_RECOVERY_START);
	return r == AAS_OK ? aas_enroll_submit(g, 0, &held) : r;
}

static int
finish(struct aas_dialog *g, const struct aas_record *rec)
{
	struct aas_entry *n = &g->entry;
	int64_t held = 0;
	int r = aas_enroll_set(g);

	if (r == AAS_OK)
		r = aas_enroll_recovery(g->ui, n->recovery);
	if (r == AAS_OK)
		r = aas_enroll_fill(g, rec, AAS_T_RECOVERY_FINISH);
	if (r != AAS_OK)
		return r;
	n->keys_n = g->d.keys_n;
	memcpy(n->keys, g->d.keys, g->d.keys_n * sizeof(n->keys[0]));
	n->recovery_n = AAS_ENROLL_RECOVERY;
	r = aas_say(g->ui, 0, "\nEach key now signs the finished recovery.");
	return r == AAS_OK
	    ? aas_enroll_submit(g, (1u << g->d.keys_n) - 1, &held)
	    : r;
}

int
aas_recover_run(const struct aas_enroll *e, const struct aas_record *rec,
    int *finished, unsigned *why)
{
	uint8_t key[AAS_RECOVERY_LEN] = { 0 };
	struct aas_dialog *g = NULL;
	int r = AAS_ERR_NOMEM;

	*why = AAS_WHY_SYSTEM;
	if (!rec->recovering && rec->recovery_n == 0)
		return AAS_ERR_NOTFOUND;
	if ((g = calloc(1, sizeof(*g))) == NULL)
		return r;
	aas_enroll_open(g, e, rec);
	if ((r = ask_key(g, rec, key)) == AAS_OK) {
		g->recovery = key;
		r = rec->recovering ? finish(g, rec) : begin(g, rec);
	}
	explicit_bzero(key, sizeof(key));
	if (r == AAS_OK)
		*finished = rec->recovering;
	return aas_enroll_end(g, r, why);
}
