/*
 * What the dialogs say and ask, and how they end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/enroll/parts.h"
#include "lib/err.h"
#include "lib/reason.h"

#define LABEL_TRIES 5

int
aas_say(const struct aas_ui *ui, int error, const char *fmt, ...)
{
	char text[AAS_TEXT_MAX];
	va_list ap;
	int r;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r = ui->show(ui->arg, error, text);
	explicit_bzero(text, sizeof(text)); /* recovery keys pass here */
	return r;
}

static void
trim(char *s)
{
	size_t n = strlen(s);
	size_t lead = strspn(s, " \t");

	while (n > lead && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	memmove(s, s + lead, n - lead);
	s[n - lead] = '\0';
}

static int
ask_line(struct aas_dialog *g, const char *prompt, char reply[AAS_REPLY_MAX])
{
	int r = g->ui->ask(g->ui->arg, 1, prompt, reply, AAS_REPLY_MAX);

	if (r == AAS_OK)
		trim(reply);
	return r;
}

int
aas_enroll_ask_yes(struct aas_dialog *g, const char *question, int *yes)
{
	char prompt[256];
	char reply[AAS_REPLY_MAX];
	int r = AAS_ERR_CANCELED;

	(void)snprintf(prompt, sizeof(prompt), "%s [%s]: ", question,
	    *yes ? "Y/n" : "y/N");
	for (int i = 0; i < LABEL_TRIES; i++) {
		if ((r = ask_line(g, prompt, reply)) != AAS_OK)
			return r;
		if (reply[0] == '\0')
			return AAS_OK;
		if (strcasecmp(reply, "y") == 0 ||
		    strcasecmp(reply, "yes") == 0) {
			*yes = 1;
			return AAS_OK;
		}
		if (strcasecmp(reply, "n") == 0 ||
		    strcasecmp(reply, "no") == 0) {
			*yes = 0;
			return AAS_OK;
		}
		(void)aas_say(g->ui, 1, "Please answer y or n.");
	}
	return AAS_ERR_CANCELED;
}

static int
label_taken(const struct aas_dialog *g, const char *label)
{
	for (size_t i = 0; i < g->d.keys_n; i++) {
		if (strcasecmp(g->d.keys[i].label, label) == 0)
			return 1;
	}
	return 0;
}

int
aas_enroll_ask_label(struct aas_dialog *g, char label[AAS_LABEL_MAX])
{
	unsigned n = g->d.keys_n + 1u;
	char prompt[128];
	char reply[AAS_REPLY_MAX];
	int r = AAS_ERR_CANCELED;

	(void)snprintf(prompt, sizeof(prompt),
	    "Name for key %u, such as its color [key%u]: ", n, n);
	for (int i = 0; i < LABEL_TRIES; i++) {
		if ((r = ask_line(g, prompt, reply)) != AAS_OK)
			return r;
		if (reply[0] == '\0')
			(void)snprintf(reply, sizeof(reply), "key%u", n);
		if (!aas_label_valid(reply) || strlen(reply) >= AAS_LABEL_MAX)
			(void)aas_say(g->ui, 1,
			    "A name has 1 to 32 letters, digits and signs.");
		else if (label_taken(g, reply))
			(void)aas_say(
			    g->ui, 1, "'%s' is another key's name.", reply);
		else {
			memcpy(label, reply, strlen(reply) + 1);
			return AAS_OK;
		}
	}
	return AAS_ERR_CANCELED;
}

int
aas_enroll_complain(struct aas_dialog *g, unsigned why)
{
	g->why = why;
	return aas_say(
	    g->ui, 1, "%s [%s]", aas_reason_text(why), aas_reason_code(why));
}

int
aas_enroll_end(struct aas_dialog *g, int r, unsigned *why)
{
	if (r == AAS_OK) {
		g->why = AAS_WHY_OK;
	} else if (r == AAS_ERR_CANCELED) {
		(void)aas_say(g->ui, 1, "Stopped: nothing was changed.");
		g->why = AAS_WHY_CANCELED;
	}
	*why = g->why;
	free(g);
	return r;
}
