/*
 * Recovery keys in an enrolment: made, shown once, and typed back in part, so
 * that nobody goes on who has not written them down.
 *
 * A recovery key MUST NOT be stored or logged; it is wiped here, and only its
 * public half leaves.
 */
#include <sys/random.h>

#include <stdio.h>
#include <string.h>

#include "lib/enroll/enroll.h"
#include "lib/err.h"
#include "lib/record/recovery.h"

#define TRIES 3

/* The keys while they are shown; wiped by the one who holds it. */
struct shown {
	uint8_t key[AAS_ENROLL_RECOVERY][AAS_RECOVERY_LEN];
	char text[AAS_ENROLL_RECOVERY][AAS_RECOVERY_TEXT];
};

/* Groups of text, parted by spaces. */
static unsigned
groups_n(const char *text)
{
	unsigned n = 1;

	for (; *text != '\0'; text++)
		n += *text == ' ';
	return n;
}

/* The i-th group, from 0; "" if there are fewer. */
static void
group_at(const char *text, unsigned i, char *dst, size_t cap)
{
	size_t n = 0;

	for (; i > 0 && *text != '\0'; text++)
		i -= *text == ' ';
	while (i == 0 && n + 1 < cap && text[n] != '\0' && text[n] != ' ') {
		dst[n] = text[n];
		n++;
	}
	dst[n] = '\0';
}

/* A group to ask for: not the first, which is the same in every key. */
static int
draw(unsigned n, unsigned *i)
{
	uint8_t b = 0;

	if (n < 2)
		return AAS_ERR_INVAL;
	do {
		if (getrandom(&b, 1, 0) != 1)
			return AAS_ERR_SYS;
	} while (b >= 256 - 256 % (n - 1));
	*i = 1 + b % (n - 1);
	return AAS_OK;
}

/* What was typed, without spaces and in lower case. */
static void
tidy(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == ' ' || *s == '\t')
			continue;
		*to++ = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
	}
	*to = '\0';
}

static int
ask_group(const struct aas_ui *ui, const char *text, unsigned which, int *same)
{
	char reply[AAS_REPLY_MAX] = "";
	char want[16];
	char prompt[128];
	unsigned i = 0;
	int r = draw(groups_n(text), &i);

	if (r != AAS_OK)
		return r;
	group_at(text, i, want, sizeof(want));
	(void)snprintf(prompt, sizeof(prompt),
	    "Group %u of recovery key %u: ", i + 1, which);
	r = ui->ask(ui->arg, 1, prompt, reply, sizeof(reply));
	tidy(reply);
	*same = strcmp(reply, want) == 0;
	explicit_bzero(reply, sizeof(reply));
	explicit_bzero(want, sizeof(want));
	return r;
}

static int
show(const struct aas_ui *ui, const struct shown *s)
{
	int r = aas_say(ui, 0,
	    "\nRecovery keys. If you lose your security keys, these and "
	    "nothing else bring\nyou back, after a wait. Write them on paper "
	    "now: they are not shown again.\n");

	for (size_t i = 0; r == AAS_OK && i < AAS_ENROLL_RECOVERY; i++)
		r = aas_say(ui, 0, "  %zu:  %s", i + 1, s->text[i]);
	if (r == AAS_OK)
		r = aas_say(ui, 0,
		    "\nTo be sure that they are written down, type one group "
		    "of four of each.");
	return r;
}

static int
type_back(const struct aas_ui *ui, const struct shown *s)
{
	int same = 0;
	int r = AAS_OK;

	for (unsigned k = 0; k < AAS_ENROLL_RECOVERY; k++) {
		same = 0;
		for (int t = 0; !same && t < TRIES; t++) {
			r = ask_group(ui, s->text[k], k + 1, &same);
			if (r != AAS_OK)
				return r;
			if (!same)
				(void)aas_say(
				    ui, 1, "That is not what was shown.");
		}
		if (!same)
			return AAS_ERR_CANCELED;
	}
	return AAS_OK;
}

int
aas_enroll_recovery(
    const struct aas_ui *ui, uint8_t pubs[AAS_ENROLL_RECOVERY][32])
{
	uint8_t made[AAS_ENROLL_RECOVERY][32];
	struct shown s;
	int r = AAS_ERR_SYS;

	memset(&s, 0, sizeof(s));
	for (size_t i = 0; i < AAS_ENROLL_RECOVERY; i++) {
		if ((r = aas_recovery_new(s.key[i])) != AAS_OK ||
		    (r = aas_recovery_public(s.key[i], made[i])) != AAS_OK)
			goto out;
		aas_recovery_format(s.key[i], s.text[i]);
	}
	if ((r = show(ui, &s)) == AAS_OK && (r = type_back(ui, &s)) == AAS_OK)
		memcpy(pubs, made, sizeof(made));
out:
	explicit_bzero(&s, sizeof(s));
	return r;
}
