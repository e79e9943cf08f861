/*
 * A ceremony from request to verdict: the half that decides.
 *
 * 1. It MUST grant only at the one place below, and only when everything
 *    before it held; every other way out is a refusal.
 * 2. It MUST send one verdict, last, or none at all.
 * 3. No process and no blinking key MUST be left behind.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ceremony/ceremony.h"
#include "lib/ceremony/priv.h"
#include "lib/ceremony/setup.h"
#include "lib/err.h"
#include "lib/fs.h"

#define REQUEST_MS 30000
#define SPARE_S    10 /* the last resort comes this much after the deadline */

static struct aas_cer *
new_ceremony(int sock, unsigned flags)
{
	struct aas_cer *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->sock = sock;
	c->flags = flags;
	c->run_dir = c->lock_local = c->lock_all = c->queue = -1;
	c->only = -1;
	return c;
}

static void
free_ceremony(struct aas_cer *c)
{
	aas_cer_close_others(c, NULL);
	aas_cer_unlock(c);
	aas_close(&c->run_dir);
	aas_record_free(&c->rec);
	aas_store_close(&c->store);
	/* All that can ever hold a PIN; the rest is public, and 150 kB. */
	aas_io_job_wipe(&c->job);
	explicit_bzero(&c->reply, sizeof(c->reply));
	explicit_bzero(c->frame.b, c->frame.len);
	free(c);
}

/* Should all other limits fail, the kernel ends this process. */
static void
last_resort(unsigned seconds)
{
	struct itimerval t;

	memset(&t, 0, sizeof(t));
	t.it_value.tv_sec = (time_t)seconds + SPARE_S;
	(void)setitimer(ITIMER_REAL, &t, NULL);
}

static int
read_request(struct aas_cer *c)
{
	int r;

	last_resort(REQUEST_MS / 1000);
	r = aas_frame_recv(c->sock, REQUEST_MS, &c->frame);
	if (r == AAS_OK && c->frame.type != AAS_MSG_REQUEST)
		r = AAS_ERR_FORMAT;
	if (r == AAS_OK)
		r = aas_request_get(c->frame.b, c->frame.len, &c->rq);
	if (r != AAS_OK)
		return r;
	last_resort(c->rq.timeout_s);
	c->until_ms = aas_clock_ms() + (int64_t)c->rq.timeout_s * 1000;
	c->v.op = c->rq.op;
	c->v.uid = c->rq.uid;
	memcpy(c->v.nonce, c->rq.nonce, sizeof(c->v.nonce));
	return AAS_OK;
}

static int
conduct(struct aas_cer *c)
{
	int r;

	if (c->rq.op == AAS_OP_ENROLL || c->rq.op == AAS_OP_UNLOCK)
		return aas_cer_fail(c, AAS_WHY_PROTOCOL);
	if (aas_io_init() != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	if ((r = aas_cer_setup(c)) != AAS_OK)
		return r;
	switch (c->rq.op) {
	case AAS_OP_ASSERT:
		return c->v.how == AAS_HOW_FRESH ? AAS_OK
		    : c->v.how == AAS_HOW_AGENT  ? aas_cer_agent(c)
						 : aas_cer_assert(c);
	case AAS_OP_MAKE:
		return aas_cer_make(c);
	case AAS_OP_PREFLIGHT:
		return aas_cer_preflight(c);
	case AAS_OP_VERIFY:
		return AAS_OK;
	case AAS_OP_PROVE:
		return aas_cer_prove(c);
	default:
		return aas_cer_fail(c, AAS_WHY_PROTOCOL);
	}
}

static int
send_verdict(struct aas_cer *c)
{
	uint8_t buf[4096];
	size_t len = 0;
	int r;

	if (c->v.result != AAS_GRANTED) {
		/* A refusal tells nothing about what went well before it. */
		c->v.keys_n = 0;
		c->v.uv = 0;
		c->v.how = AAS_HOW_HERE;
		memset(c->v.label, 0, sizeof(c->v.label));
		memset(c->v.key, 0, sizeof(c->v.key));
		memset(c->v.aaguid, 0, sizeof(c->v.aaguid));
		memset(c->v.backup, 0, sizeof(c->v.backup));
		(void)snprintf(c->v.text, sizeof(c->v.text), "%s",
		    c->detail[0] != '\0' ? c->detail : aas_reason_text(c->why));
	}
	c->v.reason = (uint16_t)c->why;
	r = aas_verdict_put(&c->v, buf, sizeof(buf), &len);
	if (r != AAS_OK)
		return r;
	return aas_frame_send(c->sock, AAS_MSG_VERDICT, buf, len);
}

int
aas_ceremony_run(
    int sock, unsigned flags, uid_t caller, aas_cer_settings_fn *read)
{
	struct aas_cer *c = new_ceremony(sock, flags);
	int r = AAS_ERR_NOMEM;

	if (c == NULL)
		return r;
	c->read = read;
	c->caller = caller;
	c->v.result = AAS_REFUSED;
	if ((r = read_request(c)) != AAS_OK)
		goto out;
	r = conduct(c);
	/* Keys stop blinking and locks are free before the caller goes on. */
	aas_cer_close_others(c, NULL);
	aas_cer_unlock(c);
	if (r == AAS_OK && c->why == AAS_WHY_UNKNOWN && !c->dead) {
		c->why = AAS_WHY_OK;
		c->v.result = AAS_GRANTED;
	} else if (c->why == AAS_WHY_UNKNOWN) {
		c->why = AAS_WHY_SYSTEM;
	}
	r = c->dead ? AAS_ERR_CANCELED : send_verdict(c);
out:
	free_ceremony(c);
	return r;
}
