#ifndef AAS_TOOLS_TTY_H
#define AAS_TOOLS_TTY_H

#include "lib/enroll/relay.h"

/*
 * A person at the controlling terminal.
 */
struct aas_tty; /* opaque; one per process: it owns SIGINT and the like */

/*
 * aas_tty_open(&t, &ui):
 * Open /dev/tty and fill ${ui} with its callbacks.  Until aas_tty_close(),
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT mean that the person gave up.
 * Returns 0; AAS_ERR_NOTFOUND (no terminal), AAS_ERR_AGAIN (this process is
 * in the background there), AAS_ERR_NOMEM.
 * aas_tty_why(r): such an error, in words.
 */
int aas_tty_open(struct aas_tty **t, struct aas_ui *ui);
const char *aas_tty_why(int r);

/*
 * aas_tty_close(&t): the terminal and the signals are as they were.
 */
void aas_tty_close(struct aas_tty **t);

#endif
