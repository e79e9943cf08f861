/*
 * Evidence that a session's sign-in used a key.
 *
 * 1. The PAM environment MUST NOT prove anything: ~/.pam_environment can
 *    write it.  It names a ticket, whose own checks decide.
 * 2. A certificate, another key type, a suspended key, or one of a kind that
 *    policy does not take MUST NOT count as a key.
 * 3. What a certificate says of its authority MUST come from sshd, which has
 *    checked it, and from nowhere else.
 */
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sshcert.h"
#include "pam_aas/pass.h"
#include "lib/str.h"
#include "lib/put.h"

#define ENV_TICKET "AAS_TICKET"
#define ENV_SSH    "SSH_AUTH_INFO_0"

static int
who(struct aas_proc *me, struct aas_proc *parent)
{
	pid_t ppid = 0;

	if (aas_proc_self(me, &ppid) != AAS_OK)
		return AAS_ERR_SYS;
	if (parent == NULL)
		return AAS_OK;
	/* Gone, or in another PID namespace: then there is none. */
	if (ppid <= 0 || aas_proc_get(ppid, parent, NULL) != AAS_OK)
		memset(parent, 0, sizeof(*parent));
	return AAS_OK;
}

void
aas_pass_write(
    struct aas_call *c, struct aas_txn *t, const struct aas_verdict *v)
{
	struct aas_ticket k = { .uid = c->user.uid, .uv = v->uv };
	char env[sizeof(ENV_TICKET) + AAS_TICKET_HEX];
	struct aas_now now;
	int r;

	memcpy(k.service, c->service, sizeof(k.service));
	k.keys_n = v->keys_n < 2 ? v->keys_n : 2;
	memcpy(k.label, v->label, sizeof(k.label));
	memcpy(k.key, v->key, sizeof(k.key));
	if ((r = aas_clock_boot(&now)) != AAS_OK)
		goto out;
	memcpy(k.boot_id, now.boot_id, sizeof(k.boot_id));
	k.boottime_ms = now.boottime_ms;
	if ((r = who(&k.caller, &k.parent)) != AAS_OK)
		goto out;
	r = aas_ticket_write(aas_policy_rundir(c->policy), &k, t->ticket);
	if (r != AAS_OK)
		goto out;
	(void)aas_format(env, sizeof(env), ENV_TICKET "=%s", t->ticket);
	if (pam_putenv(c->pamh, env) != PAM_SUCCESS) {
		aas_pass_drop(c, t);
		r = AAS_ERR_NOMEM;
	}
out:
	if (r != AAS_OK)
		aas_log(LOG_WARNING, "no ticket: %s", aas_strerror(r));
}

static int
find(struct aas_call *c, int take, struct aas_ticket *k)
{
	const char *hex = pam_getenv(c->pamh, ENV_TICKET);
	struct aas_ticket_want want = {
		.uid = c->user.uid,
		.service = c->service,
		.now = &c->now,
	};

	if (hex == NULL || geteuid() != 0 || who(&want.me, NULL) != AAS_OK)
		return -1;
	if (take)
		return aas_ticket_take(
		    aas_policy_rundir(c->policy), hex, &want, k);
	return aas_ticket_peek(aas_policy_rundir(c->policy), hex, &want, k);
}

int
aas_pass_there(struct aas_call *c)
{
	struct aas_ticket k;

	if (pam_getenv(c->pamh, ENV_TICKET) == NULL || aas_call_subject(c) != 0)
		return 0;
	return find(c, 0, &k) == AAS_OK;
}

int
aas_pass_take(struct aas_call *c, struct aas_pass_key *key)
{
	struct aas_ticket k;
	int r = find(c, 1, &k);

	if (pam_getenv(c->pamh, ENV_TICKET) != NULL)
		(void)pam_putenv(c->pamh, ENV_TICKET);
	if (r != AAS_OK)
		return -1;
	memcpy(key->label, k.label, sizeof(key->label));
	memcpy(key->id, k.key, sizeof(key->id));
	key->n = k.keys_n;
	key->uv = k.uv == 1;
	return 0;
}

void
aas_pass_drop(struct aas_call *c, struct aas_txn *t)
{
	struct aas_proc me;

	if (t->ticket[0] == '\0')
		return;
	if (who(&me, NULL) == AAS_OK)
		aas_ticket_drop(aas_policy_rundir(c->policy), t->ticket, &me);
	(void)pam_putenv(c->pamh, ENV_TICKET);
	t->ticket[0] = '\0';
}

/* One line of SSH_AUTH_INFO_0: "publickey <type> <base64>". */
static int
line_blob(const char *line, size_t n, uint8_t *blob, size_t cap, size_t *len)
{
	static const char method[] = "publickey ";
	const char *p, *end = line + n;

	if (n < sizeof(method) || !aas_str_begins(line, method))
		return -1;
	line += sizeof(method) - 1;
	for (p = line; p < end && *p != ' '; p++)
		;
	if (p++ == end)
		return -1;
	return aas_b64_parse(p, (size_t)(end - p), blob, cap, len) == AAS_OK
	    ? 0
	    : -1;
}

/* The active key with that SSH credential. */
static const struct aas_index_key *
key_of(const struct aas_index *ix, const uint8_t *blob, size_t len)
{
	unsigned i;

	for (i = 0; i < ix->keys_n; i++) {
		if (ix->keys[i].active == 1 && ix->keys[i].ssh_len > 0 &&
		    ix->keys[i].ssh_len == len &&
		    memcmp(ix->keys[i].ssh, blob, len) == 0)
			return &ix->keys[i];
	}
	return NULL;
}

int
aas_pass_sshkey(const struct aas_call *c, const struct aas_index_key *key[2])
{
	const char *s = pam_getenv(c->pamh, ENV_SSH);
	const struct aas_index_key *k, *first = NULL;
	uint8_t blob[AAS_SSHPK_MAX];
	size_t n, len;
	int r = AAS_WHY_NO_TICKET;

	if (s == NULL || !c->has_index)
		return r;
	for (; *s != '\0'; s += n + (s[n] == '\n')) {
		n = aas_str_to(s, '\n');
		if (line_blob(s, n, blob, sizeof(blob), &len) != 0 ||
		    (k = key_of(c->ix, blob, len)) == NULL || k == first)
			continue;
		if (!aas_signin_takes(c->policy, &c->d, k)) {
			if (r == AAS_WHY_NO_TICKET)
				r = AAS_WHY_KEY_KIND;
			continue;
		}
		if (first == NULL)
			first = k;
		if (c->d.present < 2 || k != first) {
			key[0] = first;
			key[1] = k != first ? k : NULL;
			return 0;
		}
		r = AAS_WHY_SECOND_KEY;
	}
	return r;
}

/* The authority of one certificate; -1: it is none, or too long. */
static int
copy_ca(const uint8_t *cert, size_t n, uint8_t *ca, size_t cap, uint16_t *len)
{
	const uint8_t *p = NULL;
	size_t got = 0;

	if (aas_sshcert_ca(cert, n, &p, &got) != AAS_OK || got > cap)
		return -1;
	memcpy(ca, p, got);
	*len = (uint16_t)got;
	return 0;
}

uint8_t
aas_pass_ca(const struct aas_call *c, uint8_t *ca, size_t cap, uint16_t *len)
{
	const char *s = pam_getenv(c->pamh, ENV_SSH);
	uint8_t *cert = NULL;
	uint8_t state = AAS_CA_NONE;
	size_t line, n;

	if (s == NULL || cap > UINT16_MAX ||
	    (cert = malloc(AAS_SSHCERT_MAX)) == NULL)
		return AAS_CA_NONE;
	for (; *s != '\0' && state == AAS_CA_NONE;
	     s += line + (s[line] == '\n')) {
		line = aas_str_to(s, '\n');
		if (line_blob(s, line, cert, AAS_SSHCERT_MAX, &n) == 0 &&
		    copy_ca(cert, n, ca, cap, len) == 0)
			state = AAS_CA_KNOWN;
	}
	free(cert);
	return state;
}
