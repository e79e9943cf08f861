/*
 * A program of the administrator's: the numbered line and an LF on its
 * standard input; exit status 0: told, 75: again later, another: failed.
 *
 * Nothing of an alert MUST stand in its arguments or its environment: there a
 * name could be taken for an option, and others on the host could read it.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/notify/channel.h"

#define EX_AGAIN   75
#define EX_NO_FILE 127

static int
prepare(const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	char text[AAS_ALERT_MAX + 2];

	if (s->len > AAS_ALERT_MAX || t->exec->argc >= AAS_JOB_ARGS)
		return AAS_ERR_TOOBIG;
	memcpy(text, s->line, s->len);
	text[s->len] = '\n';
	for (uint32_t i = 0; i < t->exec->argc; i++)
		j->argv[i] = (char *)(uintptr_t)t->exec->argv[i];
	j->as = AAS_JOB_NOBODY;
	return aas_job_file(text, s->len + 1, &j->in);
}

static enum aas_sent
judge(const struct aas_job *j)
{
	if (j->status == 0)
		return AAS_SENT;
	return j->status == EX_AGAIN || j->status == AAS_JOB_CANNOT ||
		j->status == EX_NO_FILE || j->status >= AAS_JOB_KILLED
	    ? AAS_SENT_AGAIN
	    : AAS_SENT_FAILED;
}

const struct aas_channel aas_ch_exec = {
	.name = "exec", .lasting = 1, .prepare = prepare, .judge = judge
};
