/*
 * The lists of a rule: whom it is about, makes of keys, evidence.
 *
 * 1. A list longer than its cap MUST be refused, never cut.
 * 2. A group that does not exist MUST be a fault, never a rule that binds
 *    nobody.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/user.h"
#include "lib/wire.h"
#include "policy/rule_parts.h"

#define HOURS_MAX    64u
#define CAS_MAX      16u
#define CA_LEN_MAX   4096u
#define TEXT_MAX     8192u /* of one entry, whatever it is */
#define SPANS_OF_ONE 14u

int
aas_rule_some(const char *const *list)
{
	return list != NULL && list[0] != NULL;
}

static int
count(struct aas_rule_work *w, const char *field, const char *const *list,
    size_t max, uint32_t *n)
{
	size_t got = 0;

	while (list != NULL && list[got] != NULL) {
		if (got++ == max)
			return aas_rule_fault(
			    w, field, "more than %zu entries", max);
	}
	*n = (uint32_t)got;
	return AAS_OK;
}

static int
refuse(
    struct aas_rule_work *w, const char *field, const char *s, const char *what)
{
	char shown[128];

	return aas_rule_fault(w, field, "\"%s\" %s",
	    aas_printable(shown, sizeof(shown), s), what);
}

int
aas_rule_names(struct aas_rule_work *w, const char *field,
    const char *const *list, size_t max, int (*valid)(const char *),
    struct aas_names *dst)
{
	struct aas_names got = { 0, NULL };
	int r = count(w, field, list, max, &got.n);

	if (r != AAS_OK || got.n == 0)
		return r;
	if ((got.v = aas_arena_get(w->arena, got.n * sizeof(*got.v))) == NULL)
		return AAS_ERR_NOMEM;
	for (uint32_t i = 0; i < got.n; i++) {
		size_t len = strnlen(list[i], AAS_NAME_MAX + 1);
		char *s = NULL;

		if (len > AAS_NAME_MAX)
			return aas_rule_fault(w, field,
			    "a name of more than %u bytes", AAS_NAME_MAX);
		if (!valid(list[i]))
			return refuse(w, field, list[i], "is not a name here");
		if ((s = aas_arena_get(w->arena, len + 1)) == NULL)
			return AAS_ERR_NOMEM;
		memcpy(s, list[i], len);
		got.v[i] = s;
	}
	*dst = got;
	return AAS_OK;
}

int
aas_rule_groups(
    struct aas_rule_work *w, const char *field, const char *const *list)
{
	gid_t *gids = NULL;
	int r = aas_rule_names(
	    w, field, list, AAS_NAMES_MAX, aas_user_valid, &w->out.groups);

	if (r != AAS_OK || w->out.groups.n == 0)
		return r;
	gids = aas_arena_get(w->arena, w->out.groups.n * sizeof(*gids));
	if (gids == NULL)
		return AAS_ERR_NOMEM;
	for (uint32_t i = 0; i < w->out.groups.n; i++) {
		r = w->gid(w->arg, w->out.groups.v[i], &gids[i]);
		if (r == AAS_ERR_NOTFOUND)
			return refuse(w, field, w->out.groups.v[i],
			    "is not a group of this host");
		if (r != AAS_OK)
			return r;
	}
	w->out.gids = gids;
	return AAS_OK;
}

/*
 * A name stands for itself alone: "*" would be a rule about nobody.  Of groups
 * none is called so, and their names may have blanks.
 */
int
aas_rule_user_valid(const char *s)
{
	return s[strcspn(s, "*? \t")] == '\0' && aas_user_valid(s);
}

/* libpam folds a service's name to lower case: no other is ever asked for. */
static int
service_valid(const char *s)
{
	for (const char *p = s; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			return 0;
	}
	return aas_rule_user_valid(s);
}

static int
host_valid(const char *s)
{
	size_t stars = 0;
	size_t n = 0;

	for (; s[n] != '\0'; n++) {
		if (s[n] <= ' ' || s[n] > '~')
			return 0;
		stars += s[n] == '*';
	}
	return n > 0 && stars <= 1;
}

static int
hosts(struct aas_rule_work *w)
{
	int r = aas_rule_names(
	    w, "hosts", w->in.hosts, AAS_NAMES_MAX, host_valid, &w->out.hosts);

	if (r != AAS_OK)
		return r;
	/* A name of a host is the same in any case of letters. */
	for (uint32_t i = 0; i < w->out.hosts.n; i++) {
		size_t len = strlen(w->out.hosts.v[i]);
		char *s = aas_arena_get(w->arena, len + 1);

		if (s == NULL)
			return AAS_ERR_NOMEM;
		for (size_t k = 0; k < len; k++) {
			char c = w->out.hosts.v[i][k];

			s[k] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
		}
		w->out.hosts.v[i] = s;
	}
	return AAS_OK;
}

static int
networks(struct aas_rule_work *w)
{
	struct aas_net *nets = NULL;
	uint32_t n = 0;
	int r = count(w, "networks", w->in.networks, AAS_NETS_MAX, &n);

	if (r != AAS_OK || n == 0)
		return r;
	if ((nets = aas_arena_get(w->arena, n * sizeof(*nets))) == NULL)
		return AAS_ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		if (aas_rule_net(w->in.networks[i], &nets[i]) != AAS_OK)
			return refuse(w, "networks", w->in.networks[i],
			    "is not a network");
	}
	w->out.nets = nets;
	w->out.nets_n = n;
	return AAS_OK;
}

static int
span_order(const void *a, const void *b)
{
	const struct aas_span *x = a;
	const struct aas_span *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* In order, none touching the next. */
static uint32_t
merge(struct aas_span *s, size_t n)
{
	uint32_t k = 0;

	qsort(s, n, sizeof(*s), span_order);
	for (size_t i = 1; i < n; i++) {
		if (s[i].from > s[k].to)
			s[++k] = s[i];
		else if (s[i].to > s[k].to)
			s[k].to = s[i].to;
	}
	return k + 1;
}

static int
hours(struct aas_rule_work *w)
{
	struct aas_span all[HOURS_MAX * SPANS_OF_ONE];
	struct aas_span *spans = NULL;
	size_t used = 0;
	uint32_t n = 0;
	int r = count(w, "hours", w->in.hours, HOURS_MAX, &n);

	if (r != AAS_OK || n == 0)
		return r;
	for (uint32_t i = 0; i < n; i++) {
		size_t got = 0;

		if (aas_rule_hours(w->in.hours[i], all + used, SPANS_OF_ONE,
			&got) != AAS_OK)
			return refuse(w, "hours", w->in.hours[i],
			    "is not a time of the week");
		used += got;
	}
	n = merge(all, used);
	if (n > AAS_SPANS_MAX)
		return aas_rule_fault(
		    w, "hours", "more than %u spans", AAS_SPANS_MAX);
	if ((spans = aas_arena_get(w->arena, n * sizeof(*spans))) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(spans, all, n * sizeof(*spans));
	w->out.spans = spans;
	w->out.spans_n = n;
	return AAS_OK;
}

int
aas_rule_criteria(struct aas_rule_work *w)
{
	/* Whom an attestation names is not for this host to spell. */
	int r = aas_rule_names(w, "users", w->in.users, AAS_NAMES_MAX,
	    w->out.effect == AAS_EF_ATTEST ? aas_user_valid
					   : aas_rule_user_valid,
	    &w->out.users);

	if (r == AAS_OK)
		r = aas_rule_groups(w, "groups", w->in.groups);
	if (r == AAS_OK)
		r = aas_rule_names(w, "services", w->in.services, AAS_NAMES_MAX,
		    service_valid, &w->out.services);
	if (r == AAS_OK)
		r = hosts(w);
	if (r == AAS_OK)
		r = networks(w);
	return r == AAS_OK ? hours(w) : r;
}

int
aas_rule_aaguids(struct aas_rule_work *w)
{
	uint8_t(*ids)[16] = NULL;
	uint32_t n = 0;
	int r = count(w, "aaguids", w->in.aaguids, AAS_AAGUIDS_MAX, &n);

	if (r != AAS_OK || n == 0)
		return r;
	if ((ids = aas_arena_get(w->arena, n * sizeof(*ids))) == NULL)
		return AAS_ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		if (aas_rule_aaguid(w->in.aaguids[i], ids[i]) != AAS_OK)
			return refuse(
			    w, "aaguids", w->in.aaguids[i], "is not an AAGUID");
	}
	w->out.aaguids = (const uint8_t(*)[16])ids;
	w->out.aaguids_n = n;
	return AAS_OK;
}

/* Services that anybody with a password gets through are no evidence. */
static int
evidence_valid(const char *s)
{
	return !aas_service_shared(s) && service_valid(s);
}

/* A key in SSH's wire form begins with the name of its algorithm. */
static int
ca_valid(const uint8_t *p, size_t len)
{
	struct aas_rd rd;
	uint32_t n = 0;

	aas_rd_init(&rd, p, len);
	n = aas_rd_u32(&rd);
	if (rd.bad || n == 0 || n > 64 || n >= rd.len)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (rd.p[i] <= ' ' || rd.p[i] > '~')
			return 0;
	}
	return 1;
}

int
aas_rule_evidence(struct aas_rule_work *w)
{
	struct aas_blob *cas = NULL;
	uint32_t n = 0;
	int r = aas_rule_names(w, "evidence_services", w->in.evidence_services,
	    AAS_NAMES_MAX, evidence_valid, &w->out.evidence_services);

	if (r == AAS_OK)
		r = count(
		    w, "evidence_ssh_ca", w->in.evidence_ssh_ca, CAS_MAX, &n);
	if (r != AAS_OK || n == 0)
		return r;
	if ((cas = aas_arena_get(w->arena, n * sizeof(*cas))) == NULL)
		return AAS_ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const char *s = w->in.evidence_ssh_ca[i];
		size_t slen = strnlen(s, TEXT_MAX);
		size_t len = 0;
		uint8_t *p = aas_arena_get(w->arena, CA_LEN_MAX);

		if (p == NULL)
			return AAS_ERR_NOMEM;
		if (aas_b64_parse(s, slen, p, CA_LEN_MAX, &len) != AAS_OK ||
		    !ca_valid(p, len))
			return refuse(w, "evidence_ssh_ca", s,
			    "is not a public key of SSH");
		cas[i].p = p;
		cas[i].len = (uint16_t)len;
	}
	w->out.cas = cas;
	w->out.cas_n = n;
	return AAS_OK;
}
