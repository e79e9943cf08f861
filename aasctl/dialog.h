#ifndef AAS_AASCTL_DIALOG_H
#define AAS_AASCTL_DIALOG_H

#include "lib/enroll/enroll.h"
#include "aasctl/aasctl.h"
#include "tools/tty.h"

/* A dialog about the caller's own record, at the terminal. */
struct aasctl_dialog {
	struct aas_enroll e; /* ready for what lib/enroll/ runs */
	struct aasctl_append append;
	struct aas_tty *tty;
	struct aas_ui ui;
};

/*
 * aasctl_dialog_open(c, cx, ticket, d):
 * ${d} stays where it is until aasctl_dialog_close(); so do ${cx} and
 * ${ticket}, which may be NULL.  That there is no terminal is said.  Returns
 * AASCTL_OK, or AASCTL_FAILED: there is nothing to close then.
 */
int aasctl_dialog_open(const struct aasctl *c, struct aas_context *cx,
    const char *ticket, struct aasctl_dialog *d);
void aasctl_dialog_close(struct aasctl_dialog *d);

#endif
