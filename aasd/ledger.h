#ifndef AAS_AASD_LEDGER_H
#define AAS_AASD_LEDGER_H

#include "aasd/keep.h"

/*
 * The directory of the ledger, as aasd reads it, and what aasd notes there for
 * the one that comes after it: <id>.audit, the audit session of a session,
 * <id>.scope, logind's scope of one that has none, and <id>.end, who asked for
 * its end, or "!idle": all other ends follow again from the line.  Notes are
 * symbolic links that lead nowhere, as lines are.
 */

/* aasd_ledger_load(k): read all of it, anew.  Returns 0, AAS_ERR_SYS. */
int aasd_ledger_load(struct aasd_keep *k);

/* aasd_ledger_take(k, name): something of that name came, or was renamed. */
void aasd_ledger_take(struct aasd_keep *k, const char *name);

/* aasd_ledger_miss(k, name): something of that name was removed. */
void aasd_ledger_miss(struct aasd_keep *k, const char *name);

/*
 * aasd_ledger_first(k, name): a note of the front's came, if ${name} is one:
 * that session is the first from its network.
 */
void aasd_ledger_first(struct aasd_keep *k, const char *name);

/*
 * aasd_ledger_ended(k, s, why): before the line of ${s}, which was ended, is
 * dropped: a note for the front, of aasd/ended.h.  ${why} is a word
 * without a dot.
 */
void aasd_ledger_ended(
    const struct aasd_keep *k, const struct aas_kept *s, const char *why);

/* aasd_ledger_drop(k, s): its line goes, and all notes of it, and ${s}. */
void aasd_ledger_drop(struct aasd_keep *k, struct aas_kept *s);

/* aasd_ledger_note_audit(k, s), _scope(k, s), _end(k, s): see above. */
void aasd_ledger_note_audit(
    const struct aasd_keep *k, const struct aas_kept *s);
void aasd_ledger_note_scope(
    const struct aasd_keep *k, const struct aas_kept *s);
void aasd_ledger_note_end(const struct aasd_keep *k, const struct aas_kept *s);

/*
 * aasd_ledger_note_extend(k, s, now_ms): <id>.extend, in the place of an older
 * one: when that was, and s->extended_ms.
 */
void aasd_ledger_note_extend(
    const struct aasd_keep *k, const struct aas_kept *s, int64_t now_ms);

#endif
