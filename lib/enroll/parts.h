#ifndef AAS_LIB_ENROLL_PARTS_H
#define AAS_LIB_ENROLL_PARTS_H

#include <stdint.h>

#include "lib/enroll/enroll.h"
#include "lib/enroll/relay.h"

/*
 * What the dialogs of lib/enroll/enroll.c and lib/enroll/change.c share.  Big:
 * 150 kB, so it comes from calloc().
 */
struct aas_dialog {
	const struct aas_enroll *e;
	const struct aas_ui *ui;
	struct aas_draft d; /* the keys there are; a new one goes to the end */
	struct aas_request rq;
	struct aas_enroll_answer ans;
	struct aas_entry entry;
	uint8_t hash[32];
	const uint8_t
	    *recovery; /* a recovery key that signs, too; NULL: none */
	unsigned any;  /* that many of the signers do; 0: each has to sign */
	unsigned why;  /* enum aas_reason of what went wrong last */
};

/*
 * aas_enroll_open(g, e, rec): a zeroed dialog about the record ${rec}.
 * aas_enroll_fill(g, rec, type): g->entry, but for the type's own fields.
 * AAS_ERR_SYS.
 */
void aas_enroll_open(struct aas_dialog *g, const struct aas_enroll *e,
    const struct aas_record *rec);
int aas_enroll_fill(
    struct aas_dialog *g, const struct aas_record *rec, enum aas_type type);

/*
 * aas_enroll_complain(g, why): show the reason and keep it in g->why.
 */
int aas_enroll_complain(struct aas_dialog *g, unsigned why);

/*
 * aas_enroll_ask_yes(g, question, &yes):
 * *yes is what an empty answer means, and then the answer.  Returns 0,
 * AAS_ERR_CANCELED.
 */
int aas_enroll_ask_yes(struct aas_dialog *g, const char *question, int *yes);

/*
 * aas_enroll_ask_label(g, label): a name that none of the keys has.
 */
int aas_enroll_ask_label(struct aas_dialog *g, char label[AAS_LABEL_MAX]);

/*
 * aas_enroll_make(g, label):
 * Make one more key, asking to try again when it fails.  Returns 0 with it at
 * the end of g->d.keys; AAS_ERR_CANCELED, or what the ceremony returned.
 */
int aas_enroll_make(struct aas_dialog *g, const char *label);

/*
 * aas_enroll_set(g): a whole new set of keys in g->d, in the place of those
 * that are there, which is held against what policy wants.  Returns 0;
 * AAS_ERR_CANCELED, AAS_ERR_DEVICE, AAS_ERR_SYS, or what a ceremony returned.
 */
int aas_enroll_set(struct aas_dialog *g);

/* aas_enroll_takes(g, k): 1 if the key is of a kind that policy takes. */
int aas_enroll_takes(const struct aas_dialog *g, const struct aas_key *k);

/*
 * aas_enroll_submit(g, signers, &held_until):
 * Make the payload of g->entry, have those keys of g->d.keys sign it whose
 * bits are set in ${signers}, or g->any of them, and g->recovery, check each
 * proof, and hand the line to e->append.  What went wrong has been shown.
 */
int aas_enroll_submit(
    struct aas_dialog *g, uint32_t signers, int64_t *held_until);

/*
 * aas_enroll_end(g, r, &why):
 * The end of a dialog that came to ${r}: says that it was broken off, frees
 * ${g} and returns ${r}.
 */
int aas_enroll_end(struct aas_dialog *g, int r, unsigned *why);

#endif
