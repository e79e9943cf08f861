#ifndef AAS_LIB_ENROLL_ENROLL_H
#define AAS_LIB_ENROLL_ENROLL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto.h"
#include "lib/record/record.h"
#include "lib/enroll/relay.h"

/*
 * The dialog that enrolls a person: keys are made and named, the set is held
 * against what is required, recovery keys are shown once and two of their
 * groups typed back, every key signs the finished entry, and one line goes to
 * the store.  All or nothing: until that line is accepted, nothing changes
 * but the draft.
 */
#define AAS_ENROLL_KEYS     8 /* keys that one enrolment may make */
#define AAS_ENROLL_RECOVERY 2 /* recovery keys that it makes */

struct aas_enroll {
	uint32_t uid;
	char user[AAS_USER_MAX];
	char realm[AAS_REALM_MAX];
	char host[256]; /* this machine's name, for the entry */
	char service[AAS_SERVICE_MAX];
	const char *policy;            /* compiled policy's path, "" default */
	const char *helper;            /* path of aas-authn */
	uint8_t keys_min;              /* what the policy wants, at least 2 */
	uint8_t uv;                    /* 1: keys must verify the person */
	const struct aas_kinds *kinds; /* that policy takes; NULL: any */
	uint32_t timeout_s;            /* of one ceremony */
	int drafts;                    /* directory of drafts, -1: none */
	const struct aas_ui *ui;
	/*
	 * Hand the finished line to the store.  *held_until is 0 if it counts
	 * at once.  Returns an enum aas_err, with *why on every return.
	 */
	int (*append)(
	    void *arg, const char *line, int64_t *held_until, unsigned *why);
	void *append_arg;
	/*
	 * NULL is aas_relay().  Tests of the dialog alone give their own.
	 */
	int (*relay)(const char *helper, struct aas_request *rq,
	    const struct aas_ui *ui, struct aas_enroll_answer *ans);
};

/*
 * aas_enroll_run(e, &held_until, &why):
 * The whole dialog.  ${why} (enum aas_reason) is written on every return.
 * Returns 0: the entry is stored; AAS_ERR_CANCELED: the person gave up, at
 * whatever point, and nothing changed; AAS_ERR_DENIED, AAS_ERR_EXISTS, ...:
 * refused by the store; AAS_ERR_DEVICE: no usable keys; AAS_ERR_SYS,
 * AAS_ERR_NOMEM.  What failed has been shown to the person.
 */
int aas_enroll_run(
    const struct aas_enroll *e, int64_t *held_until, unsigned *why);

/* --- parts, for the file's own tests ------------------------------------- */

/* Keys made so far: public data only. */
struct aas_draft {
	uint32_t uid;
	char realm[AAS_REALM_MAX];
	int64_t time_s;
	uint8_t handle[32]; /* WebAuthn user handle, random */
	uint8_t keys_n;
	struct aas_key keys[AAS_KEYS_MAX];
};

/*
 * aas_draft_save(dirfd, d), aas_draft_load(dirfd, uid, realm, now_s, d),
 * aas_draft_drop(dirfd, uid):
 * Keep a draft for a day, so that an enrolment that was broken off goes on
 * with the keys that were made.  ${dirfd} -1 is no draft.  load returns
 * AAS_ERR_NOTFOUND for none, AAS_ERR_FORMAT for one that is damaged, of
 * another user or realm, or too old.
 */
int aas_draft_save(int dirfd, const struct aas_draft *d);
int aas_draft_load(int dirfd, uint32_t uid, const char *realm, int64_t now_s,
    struct aas_draft *d);
void aas_draft_drop(int dirfd, uint32_t uid);

/*
 * aas_enroll_recovery(ui, pubs):
 * Make the recovery keys, show them once, have two groups typed back.
 * Returns 0, AAS_ERR_CANCELED, AAS_ERR_CRYPTO, AAS_ERR_SYS.
 */
int aas_enroll_recovery(
    const struct aas_ui *ui, uint8_t pubs[AAS_ENROLL_RECOVERY][32]);

/*
 * aas_say(ui, error, fmt, ...): show one text of at most AAS_TEXT_MAX bytes.
 * Returns what ui->show does.
 */
int aas_say(const struct aas_ui *ui, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
