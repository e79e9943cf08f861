/*
 * What the subcommands that append to the caller's record begin and end with.
 */
#include "lib/err.h"
#include "aasctl/dialog.h"

int
aasctl_dialog_open(const struct aasctl *c, struct aas_context *cx,
    const char *ticket, struct aasctl_dialog *d)
{
	int r;

	d->append = (struct aasctl_append){ cx, ticket };
	d->tty = NULL;
	if ((r = aas_tty_open(&d->tty, &d->ui)) != AAS_OK)
		return aasctl_fail(c, AASCTL_FAILED, "%s", aas_tty_why(r));
	aas_context_enroll(cx, "aasctl", &d->e);
	d->e.ui = &d->ui;
	d->e.append = aasctl_append;
	d->e.append_arg = &d->append;
	return AASCTL_OK;
}

void
aasctl_dialog_close(struct aasctl_dialog *d)
{
	aas_tty_close(&d->tty);
}
