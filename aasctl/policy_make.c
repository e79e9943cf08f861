/*
 * A policy made anew from settings and sources, in memory, for build, check,
 * diff and explain; and whose it is.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "aasctl/policy.h"

static int
exit_of(int r, const struct policy_build *b)
{
	if (r == AAS_ERR_PERMS)
		return AASCTL_DENIED;
	return r == AAS_ERR_NOTFOUND && b->conf == NULL ? AASCTL_NOTFOUND
							: AASCTL_FAILED;
}

/* Each line of it, as an error or a warning. */
void
aasctl_policy_say(const struct aasctl *c, const char *said, const char *kind)
{
	if (c->json || said == NULL)
		return;
	while (*said != '\0') {
		size_t n = strcspn(said, "\n");

		(void)fprintf(stderr, "aasctl: %s%.*s\n", kind, (int)n, said);
		said += n + (said[n] == '\n');
	}
}

void
aasctl_policy_fill(struct aasctl_policy *o, const struct aas_conf *conf)
{
	char own[PATH_MAX];

	(void)snprintf(own, sizeof(own), "%s/policy.bin", conf->state_dir);
	if (o->out[0] == '\0')
		(void)snprintf(o->out, sizeof(o->out), "%s", own);
	if (strcmp(o->out, own) != 0)
		return;
	(void)snprintf(o->statedir, sizeof(o->statedir), "%s", conf->state_dir);
	(void)snprintf(
	    o->libexecdir, sizeof(o->libexecdir), "%s", conf->libexec_dir);
}

void
aasctl_policy_usual(struct aasctl_policy *o)
{
	struct aas_policy *old = NULL;

	if (o->out[0] != '\0' || strcmp(o->conf, AAS_CONF_PATH) != 0)
		return;
	(void)aas_policy_open(NULL, &old);
	(void)snprintf(o->statedir, sizeof(o->statedir), "%s",
	    old != NULL ? aas_policy_statedir(old) : AAS_STATEDIR);
	(void)snprintf(o->libexecdir, sizeof(o->libexecdir), "%s",
	    old != NULL ? aas_policy_libexecdir(old) : AAS_LIBEXECDIR);
	aas_policy_free(&old);
}

int
aasctl_policy_where(const struct aasctl *c, struct aasctl_policy *o)
{
	struct aas_conf *conf = NULL;
	char err[AAS_CONF_ERR];
	int r = AAS_OK;

	if (o->out[0] != '\0')
		return AASCTL_OK;
	if ((r = aas_conf_load(o->conf, geteuid(), &conf, err)) != AAS_OK)
		return aasctl_fail(c, aasctl_exit_of(r), "%s", err);
	aasctl_policy_fill(o, conf);
	aas_conf_free(&conf);
	return AASCTL_OK;
}

int
aasctl_policy_make(
    const struct aasctl *c, struct aasctl_policy *o, struct policy_build *b)
{
	int code = AASCTL_OK;
	int r = AAS_OK;

	memset(b, 0, sizeof(*b));
	(void)snprintf(b->conf_path, sizeof(b->conf_path), "%s", o->conf);
	b->now_s = time(NULL);
	r = policy_build_make(b);
	if (b->conf != NULL)
		aasctl_policy_fill(o, b->conf);
	if (r == AAS_OK) {
		aasctl_policy_say(c, b->said, "warning: ");
		return AASCTL_OK;
	}
	code = exit_of(r, b);
	if (c->json || b->said == NULL)
		return aasctl_fail(
		    c, code, "%s", b->said != NULL ? b->said : aas_strerror(r));
	aasctl_policy_say(c, b->said, "");
	return code;
}
