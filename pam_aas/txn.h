#ifndef AAS_PAM_AAS_TXN_H
#define AAS_PAM_AAS_TXN_H

#include <sys/types.h>

#include <security/pam_modules.h>

#include <stdint.h>

#include "lib/session/ledger.h"
#include "lib/session/ticket.h"

/*
 * What one PAM transaction has to remember between its phases, by
 * pam_set_data(3).  It never leaves the process: sshd runs auth and account
 * in a child, whose facts travel as a ticket instead.
 */
struct aas_txn {
	uint32_t auth; /* AAS_A_GRANT, AAS_A_NEXT, or 0: refused, not run */
	int auth_ran;
	uid_t auth_uid;
	uint32_t account; /* AAS_A_ENROLL: it asked for an enrolment */
	int account_ran;
	uid_t account_uid;
	int let_off; /* the event of an exemption is in the log */
	uid_t let_off_uid;
	int told; /* the event of a sign-in is kept */
	uid_t told_uid;
	int enrolled; /* chauthtok had its one try */
	char ticket[AAS_TICKET_HEX];
	char ledger[AAS_LEDGER_ID];
	uid_t ledger_uid;
	char rundir[256]; /* where that line is */
	char soft[24];    /* lent to pam_systemd: a limit in seconds */
};

/* aas_txn_get(pamh): what is remembered, or NULL. */
struct aas_txn *aas_txn_get(pam_handle_t *pamh);

/* aas_txn_need(pamh): the same, made if it is missing; NULL: no memory. */
struct aas_txn *aas_txn_need(pam_handle_t *pamh);

#endif
