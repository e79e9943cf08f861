/*
 * aas.conf(5) to values, as a whole.
 *
 * 1. libconfig MUST see only what aas_conf_guard() accepted.
 * 2. A text that libconfig reads in two ways, as it does when memory runs
 *    out, MUST be an error: it is read twice and compared.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf/values.h"
#include "lib/err.h"
#include "lib/fs.h"

static void
defaults(struct aas_conf *c)
{
	(void)snprintf(c->state_dir, sizeof(c->state_dir), "%s", AAS_STATEDIR);
	(void)snprintf(c->run_dir, sizeof(c->run_dir), "%s", AAS_RUNDIR);
	(void)snprintf(
	    c->libexec_dir, sizeof(c->libexec_dir), "%s", AAS_LIBEXECDIR);
	(void)snprintf(c->policy, sizeof(c->policy), "%s", AAS_CONF_POLICY);
	c->present = 1;
	c->uv = 1;
	c->enrolled_min = 2;
	c->timeout_s = 60;
	c->codex_grace_s = 1;
	aas_alerts_defaults(&c->alerts);
}

/* text is NUL-terminated and guarded. */
static int
parse_once(
    const struct aas_conf_where *w, const char *text, struct aas_conf **conf)
{
	struct aas_conf *c = NULL;
	int r = AAS_OK;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return AAS_ERR_NOMEM;
	defaults(c);
	r = aas_conf_each(w, text, aas_conf_take, c);
	if (r == AAS_OK && c->realm[0] == '\0')
		r = aas_conf_complain(w, 0, "realm is missing");
	if (r != AAS_OK)
		aas_conf_free(&c);
	else
		*conf = c;
	return r;
}

static int
list_equal(const struct aas_conf_list *a, const struct aas_conf_list *b)
{
	if (a->n != b->n)
		return 0;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return 0;
	}
	return 1;
}

static int
conf_equal(const struct aas_conf *a, const struct aas_conf *b)
{
	/* Both come from calloc() and the same writers: padding is zero. */
	return memcmp(a, b, offsetof(struct aas_conf, required_users)) == 0 &&
	    list_equal(&a->required_users, &b->required_users) &&
	    list_equal(&a->required_groups, &b->required_groups) &&
	    list_equal(&a->exempt_services, &b->exempt_services);
}

int
aas_conf_parse(const char *name, const void *text, size_t len,
    struct aas_conf **conf, char err[AAS_CONF_ERR])
{
	const struct aas_conf_where w = { name, err };
	struct aas_conf *a = NULL;
	struct aas_conf *b = NULL;
	char *copy = NULL;
	int r = AAS_ERR_FORMAT;

	if ((r = aas_conf_guard(name, text, len, err)) != AAS_OK)
		return r;
	if ((copy = malloc(len + 1)) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if ((r = parse_once(&w, copy, &a)) != AAS_OK ||
	    (r = parse_once(&w, copy, &b)) != AAS_OK)
		goto out;
	if (!conf_equal(a, b)) {
		r = aas_conf_complain(&w, 0, "was not read the same way twice");
		goto out;
	}
	*conf = a;
	a = NULL;
out:
	if (r == AAS_ERR_NOMEM)
		(void)aas_conf_complain(&w, 0, "no memory");
	free(copy);
	aas_conf_free(&a);
	aas_conf_free(&b);
	return r;
}

int
aas_conf_load(const char *path, uid_t owner, struct aas_conf **conf,
    char err[AAS_CONF_ERR])
{
	const struct aas_conf_where w = { path, err };
	struct aas_buf buf = { NULL, 0 };
	int r = AAS_ERR_SYS;

	err[0] = '\0';
	r = aas_fs_read_path(path, owner, 022, AAS_CONF_MAX, &buf, NULL);
	if (r != AAS_OK) {
		(void)aas_conf_complain(&w, 0, "%s",
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
		return r;
	}
	r = aas_conf_parse(path, buf.p, buf.len, conf, err);
	aas_buf_free(&buf);
	return r;
}

static void
list_free(struct aas_conf_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

void
aas_conf_free(struct aas_conf **conf)
{
	if (*conf == NULL)
		return;
	list_free(&(*conf)->required_users);
	list_free(&(*conf)->required_groups);
	list_free(&(*conf)->exempt_services);
	free(*conf);
	*conf = NULL;
}
