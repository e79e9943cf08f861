/*
 * Where an alert goes.
 *
 * What is never to be suppressed MUST go out whatever the settings name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/notify/target.h"

/* All that two places may differ in. */
#define ARGS_MAX ((size_t)AAS_ALERTS_ARGS * (AAS_ALERTS_PATH + 1))
#define TEXT_MAX (ARGS_MAX + AAS_ALERTS_URL + 64)

int
aas_alert_wanted(const struct aas_alerts *conf, const struct aas_alert *a)
{
	const struct aas_alert_kind *k = NULL;

	if (a->kind == NULL || a->kind->always)
		return 1;
	for (size_t i = 0; (k = aas_alert_kind_at(i)) != NULL; i++)
		if (k == a->kind)
			return (conf->types >> i & 1) != 0;
	return 1;
}

/* The part of it that may be read by whoever reads a log: no token. */
static void
name_of(struct aas_target *t)
{
	char shown[80];
	const char *s = t->to;
	size_t n = 0;

	if (t->ch == &aas_ch_webhook && strlen(s) > 8) {
		s += 8;
		n = strcspn(s, "/?#");
		/* To the last one: a password may have some. */
		for (size_t i = n; i > 0; i--)
			if (s[i - 1] == '@') {
				s += i;
				n -= i;
				break;
			}
	} else
		n = strlen(s);
	(void)snprintf(shown, sizeof(shown), "%.*s", (int)n, s);
	(void)snprintf(t->name, sizeof(t->name), "%s%s%s", t->ch->name,
	    n > 0 ? ":" : "", shown);
}

static struct aas_target *
add(struct aas_target *v, size_t *n, const struct aas_channel *ch,
    const char *to, const char *to2)
{
	struct aas_target *t = &v[*n];
	char hash[65];
	char text[TEXT_MAX];

	if (*n == AAS_TARGETS_MAX)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->ch = ch;
	(void)snprintf(t->to, sizeof(t->to), "%s", to);
	(void)snprintf(text, sizeof(text), "%s|%s|%s", ch->name, to, to2);
	if (aas_alert_hash(text, strlen(text), hash) != AAS_OK)
		return NULL;
	(void)snprintf(t->key, sizeof(t->key), "%.16s", hash);
	for (size_t i = 0; i < *n; i++)
		if (strcmp(v[i].key, t->key) == 0)
			return NULL;
	name_of(t);
	(*n)++;
	return t;
}

/* A desktop that hangs is one user's, not everybody's. */
static const char *
of_user(const struct aas_channel *ch, const struct aas_alert *a, char dst[16])
{
	if (ch != &aas_ch_terminals && ch != &aas_ch_desktop)
		return "";
	(void)snprintf(dst, 16, "%" PRIu32, a->uid);
	return dst;
}

static void
add_exec(struct aas_target *v, size_t *n, const struct aas_alerts_exec *x)
{
	struct aas_target *t = NULL;
	char args[ARGS_MAX] = "";
	size_t at = 0;

	for (uint32_t i = 1; i < x->argc && at < sizeof(args); i++)
		at += (size_t)snprintf(
		    args + at, sizeof(args) - at, "%s|", x->argv[i]);
	if ((t = add(v, n, &aas_ch_exec, x->argv[0], args)) != NULL)
		t->exec = x;
}

size_t
aas_targets_of(const struct aas_alerts *conf, const struct aas_alert *a,
    const struct aas_contacts *c, struct aas_target *v)
{
	const struct {
		int on;
		const struct aas_channel *ch;
	} local[] = { { conf->journal, &aas_ch_journal },
		{ conf->syslog, &aas_ch_syslog },
		{ conf->audit, &aas_ch_audit },
		{ conf->terminals, &aas_ch_terminals },
		{ conf->desktop, &aas_ch_desktop } };
	struct aas_target *t = NULL;
	char uid[16];
	size_t n = 0;

	if (!aas_alert_wanted(conf, a))
		return 0;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (local[i].on)
			(void)add(v, &n, local[i].ch, "",
			    of_user(local[i].ch, a, uid));
	for (uint32_t i = 0; i < conf->mails_n; i++)
		(void)add(v, &n, &aas_ch_mail, conf->mails[i], "");
	for (uint32_t i = 0; i < conf->hooks_n; i++) {
		t = add(v, &n, &aas_ch_webhook, conf->hooks[i].url, "");
		if (t != NULL)
			t->hook = &conf->hooks[i];
	}
	for (uint32_t i = 0; i < conf->execs_n; i++)
		add_exec(v, &n, &conf->execs[i]);
	for (size_t i = 0; conf->contacts && i < c->n; i++) {
		if (strncmp(c->v[i], "mailto:", 7) == 0)
			(void)add(v, &n, &aas_ch_mail, c->v[i] + 7, "");
		else
			(void)add(v, &n, &aas_ch_webhook, c->v[i], "");
	}
	return n;
}

enum aas_sent
aas_ch_plain(const struct aas_job *j)
{
	return j->status == 0 ? AAS_SENT : AAS_SENT_AGAIN;
}
