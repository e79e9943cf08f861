/*
 * Payloads of the helper protocol that people read and type.
 *
 * The rules of lib/proto.c, and:
 * 1. What was typed MUST be wiped where the rest of the payload does not hold.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/proto_parts.h"
#include "lib/secret.h"
#include "lib/str.h"

static int
is_prompt(uint8_t type)
{
	return type == AAS_MSG_SECRET || type == AAS_MSG_ASK;
}

int
aas_text_put(uint8_t type, const struct aas_text *t, uint8_t *buf, size_t cap,
    size_t *len)
{
	size_t n = aas_str_nlen(t->text, sizeof(t->text));
	struct aas_wr w;

	if (n == 0 || n == sizeof(t->text))
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	if (is_prompt(type))
		aas_wr_u32(&w, t->serial);
	aas_wr_raw(&w, t->text, n);
	return aas_wr_end(&w, len);
}

int
aas_text_get(uint8_t type, const uint8_t *p, size_t len, struct aas_text *t)
{
	struct aas_rd r;
	size_t n;
	int e;

	memset(t, 0, sizeof(*t));
	aas_rd_init(&r, p, len);
	if (is_prompt(type))
		t->serial = aas_rd_u32(&r);
	n = r.len;
	if (r.bad || n == 0 || n >= sizeof(t->text))
		return AAS_ERR_FORMAT;
	aas_rd_raw(&r, t->text, n);
	aas_part_check(&r, t->text, 1);
	if (strlen(t->text) != n)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		memset(t, 0, sizeof(*t));
	return e;
}

int
aas_reply_put(const struct aas_reply *rp, uint8_t *buf, size_t cap, size_t *len)
{
	size_t n = aas_str_nlen(rp->text, sizeof(rp->text));
	struct aas_wr w;

	if (n == sizeof(rp->text))
		return AAS_ERR_INVAL;
	aas_wr_init(&w, buf, cap);
	aas_wr_u32(&w, rp->serial);
	aas_wr_u8(&w, rp->status);
	aas_wr_raw(&w, rp->text, n);
	return aas_wr_end(&w, len);
}

int
aas_reply_get(const uint8_t *p, size_t len, struct aas_reply *rp)
{
	struct aas_rd r;
	size_t n;
	int e;

	explicit_bzero(rp, sizeof(*rp));
	aas_rd_init(&r, p, len);
	rp->serial = aas_rd_u32(&r);
	rp->status = aas_part_get_u8_max(&r, 1);
	n = r.len;
	if (r.bad || n >= sizeof(rp->text)) {
		explicit_bzero(rp, sizeof(*rp));
		return AAS_ERR_FORMAT;
	}
	if (n > 0)
		aas_rd_raw(&r, rp->text, n);
	if (strlen(rp->text) != n)
		r.bad = 1;
	if ((e = aas_rd_end(&r)) != AAS_OK)
		explicit_bzero(rp, sizeof(*rp));
	return e;
}
