/*
 * The I/O process: libfido2 over one inherited descriptor.  It decides
 * nothing: it carries bytes between a key and the half that checks them.
 * Everything here runs behind lib/ceremony/filter.c.
 *
 * 1. It MUST NOT know more than the job at hand: no record, no other key.
 * 2. After a job that did not end with an answer of the key the channel holds
 *    stale replies: the process MUST be ended and a new one started.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>

#include "lib/ceremony/io.h"
#include "lib/ceremony/line.h"
#include "lib/err.h"

#define UNKNOWN 255 /* tries left: the key does not say */

static fido_dev_t *key;

/* Bytes of a CBOR byte string: libfido2 1.12 hands out the item as it came. */
static int
cbor_bytes(
    const unsigned char *p, size_t len, const unsigned char **out, size_t *n)
{
	size_t head, want;

	if (p == NULL || len < 2 || (p[0] & 0xe0) != 0x40)
		return FIDO_ERR_RX_INVALID_CBOR;
	switch (p[0] & 0x1f) {
	case 24:
		head = 2;
		want = p[1];
		break;
	case 25:
		if (len < 3)
			return FIDO_ERR_RX_INVALID_CBOR;
		head = 3;
		want = (size_t)p[1] << 8 | p[2];
		break;
	default:
		if ((p[0] & 0x1f) > 23)
			return FIDO_ERR_RX_INVALID_CBOR;
		head = 1;
		want = p[0] & 0x1f;
		break;
	}
	if (len - head != want)
		return FIDO_ERR_RX_INVALID_CBOR;
	*out = p + head;
	*n = want;
	return FIDO_OK;
}

static void
say_caps(struct aas_io_result *res)
{
	if (fido_dev_is_fido2(key))
		res->caps |= AAS_CAP_FIDO2;
	if (fido_dev_supports_pin(key))
		res->caps |= AAS_CAP_PIN;
	if (fido_dev_has_pin(key))
		res->caps |= AAS_CAP_HASPIN;
	if (fido_dev_has_uv(key))
		res->caps |= AAS_CAP_HASUV;
}

static void
say_retries(struct aas_io_result *res)
{
	int n;

	if ((res->caps & AAS_CAP_HASPIN) &&
	    fido_dev_get_retry_count(key, &n) == FIDO_OK && n >= 0 &&
	    n < UNKNOWN)
		res->pin_retries = (uint8_t)n;
	if ((res->caps & AAS_CAP_HASUV) &&
	    fido_dev_get_uv_retry_count(key, &n) == FIDO_OK && n >= 0 &&
	    n < UNKNOWN)
		res->uv_retries = (uint8_t)n;
}

static void
say_transports(const fido_cbor_info_t *ci, struct aas_io_result *res)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} known[] = {
		{ "usb", AAS_TR_USB },
		{ "nfc", AAS_TR_NFC },
		{ "ble", AAS_TR_BLE },
		{ "internal", AAS_TR_INTERNAL },
	};
	char **t = fido_cbor_info_transports_ptr(ci);

	for (size_t i = 0; i < fido_cbor_info_transports_len(ci); i++)
		for (size_t k = 0; k < 4; k++)
			if (strcmp(t[i], known[k].name) == 0)
				res->transports |= known[k].bit;
}

static int
say_info(struct aas_io_result *res)
{
	fido_cbor_info_t *ci = fido_cbor_info_new();
	int r = FIDO_ERR_INTERNAL;
	uint64_t min;

	if (ci == NULL)
		return r;
	if ((r = fido_dev_get_cbor_info(key, ci)) != FIDO_OK)
		goto out;
	if (fido_cbor_info_aaguid_len(ci) == sizeof(res->aaguid))
		memcpy(res->aaguid, fido_cbor_info_aaguid_ptr(ci),
		    sizeof(res->aaguid));
	say_transports(ci, res);
	min = fido_cbor_info_minpinlen(ci);
	res->pin_min = min < 4 ? 4 : min > 63 ? 63 : (uint8_t)min;
	for (size_t i = 0; i < fido_cbor_info_algorithm_count(ci); i++) {
		if (fido_cbor_info_algorithm_cose(ci, i) == COSE_ES256)
			res->caps |= AAS_CAP_ES256;
		if (fido_cbor_info_algorithm_cose(ci, i) == COSE_EDDSA)
			res->caps |= AAS_CAP_EDDSA;
	}
out:
	fido_cbor_info_free(&ci);
	return r;
}

/* Ask without a touch which of ids[first..last) the key holds. */
static int
holds(const struct aas_io_job *job, size_t first, size_t last, uint8_t *match)
{
	fido_assert_t *a = fido_assert_new();
	const unsigned char *id;
	int r = FIDO_ERR_INTERNAL;
	size_t len;

	if (a == NULL || fido_assert_set_rp(a, job->rp) != FIDO_OK ||
	    fido_assert_set_clientdata_hash(a, job->hash, sizeof(job->hash)) !=
		FIDO_OK ||
	    fido_assert_set_up(a, FIDO_OPT_FALSE) != FIDO_OK)
		goto out;
	for (size_t i = first; i < last; i++)
		if (fido_assert_allow_cred(a, job->ids[i].b, job->ids[i].len) !=
		    FIDO_OK)
			goto out;
	if ((r = fido_dev_get_assert(key, a, NULL)) != FIDO_OK)
		goto out;
	id = fido_assert_id_ptr(a, 0);
	len = fido_assert_id_len(a, 0);
	/* A key may leave the id out if it had only one to choose from. */
	if (len == 0 && last - first == 1)
		*match = (uint8_t)(first + 1);
	for (size_t i = first; i < last && id != NULL && len > 0; i++)
		if (len == job->ids[i].len &&
		    memcmp(id, job->ids[i].b, len) == 0)
			*match = (uint8_t)(i + 1);
out:
	fido_assert_free(&a);
	return r;
}

static int
do_probe(const struct aas_io_job *job, struct aas_io_result *res)
{
	size_t i;
	int r;

	if (!(res->caps & AAS_CAP_FIDO2))
		return FIDO_OK;
	if ((job->want & AAS_IO_INFO) && (r = say_info(res)) != FIDO_OK)
		return r;
	if (job->want & AAS_IO_RETRIES)
		say_retries(res);
	if (job->ids_n == 0)
		return FIDO_OK;
	r = holds(job, 0, job->ids_n, &res->match);
	if (r == FIDO_ERR_LIMIT_EXCEEDED || r == FIDO_ERR_REQUEST_TOO_LARGE ||
	    r == FIDO_ERR_INVALID_LENGTH) {
		/* Too long a list for this key: one by one. */
		for (i = 0, r = FIDO_OK; i < job->ids_n && res->match == 0; i++)
			r = holds(job, i, i + 1, &res->match);
	}
	if (r == FIDO_ERR_NO_CREDENTIALS || r == FIDO_ERR_INVALID_CREDENTIAL)
		r = FIDO_OK;
	return r;
}

static const char *
pin_of(const struct aas_io_job *job)
{
	return job->pin.len > 0 ? (const char *)job->pin.b : NULL;
}

static int
take_proof(fido_assert_t *a, struct aas_proof *pf)
{
	const unsigned char *auth = NULL;
	size_t n = 0;
	int r;

	if (fido_assert_count(a) != 1)
		return FIDO_ERR_RX_INVALID_CBOR;
	if ((r = cbor_bytes(fido_assert_authdata_ptr(a, 0),
		 fido_assert_authdata_len(a, 0), &auth, &n)) != FIDO_OK)
		return r;
	if (n > sizeof(pf->auth) ||
	    fido_assert_sig_len(a, 0) > sizeof(pf->sig) ||
	    fido_assert_id_len(a, 0) > sizeof(pf->id))
		return FIDO_ERR_RX_INVALID_CBOR;
	pf->auth_len = (uint16_t)n;
	memcpy(pf->auth, auth, n);
	pf->sig_len = (uint16_t)fido_assert_sig_len(a, 0);
	if (pf->sig_len > 0)
		memcpy(pf->sig, fido_assert_sig_ptr(a, 0), pf->sig_len);
	pf->id_len = (uint16_t)fido_assert_id_len(a, 0);
	if (pf->id_len > 0)
		memcpy(pf->id, fido_assert_id_ptr(a, 0), pf->id_len);
	return FIDO_OK;
}

static int
do_assert(const struct aas_io_job *job, struct aas_io_result *res)
{
	fido_assert_t *a = fido_assert_new();
	int r = FIDO_ERR_INTERNAL;

	if (a == NULL || fido_assert_set_rp(a, job->rp) != FIDO_OK ||
	    fido_assert_set_clientdata_hash(a, job->hash, sizeof(job->hash)) !=
		FIDO_OK ||
	    fido_assert_set_up(a, FIDO_OPT_TRUE) != FIDO_OK)
		goto out;
	if (job->uv && fido_assert_set_uv(a, FIDO_OPT_TRUE) != FIDO_OK)
		goto out;
	for (size_t i = 0; i < job->ids_n; i++)
		if (fido_assert_allow_cred(a, job->ids[i].b, job->ids[i].len) !=
		    FIDO_OK)
			goto out;
	r = fido_dev_get_assert(key, a, pin_of(job));
	if (r == FIDO_OK)
		r = take_proof(a, &res->proof);
	else if (r == FIDO_ERR_PIN_INVALID || r == FIDO_ERR_PIN_AUTH_INVALID ||
	    r == FIDO_ERR_UV_INVALID)
		say_retries(res);
out:
	fido_assert_free(&a);
	return r;
}

static int
do_make(const struct aas_io_job *job, struct aas_io_result *res)
{
	fido_cred_t *c = fido_cred_new();
	int r = FIDO_ERR_INTERNAL;

	if (c == NULL || fido_cred_set_type(c, job->alg) != FIDO_OK ||
	    fido_cred_set_rp(c, job->rp, job->rp) != FIDO_OK ||
	    fido_cred_set_clientdata_hash(c, job->hash, sizeof(job->hash)) !=
		FIDO_OK ||
	    fido_cred_set_user(c, job->handle, sizeof(job->handle), job->user,
		job->user, NULL) != FIDO_OK)
		goto out;
	if (job->uv && fido_cred_set_uv(c, FIDO_OPT_TRUE) != FIDO_OK)
		goto out;
	for (size_t i = 0; i < job->ids_n; i++)
		if (fido_cred_exclude(c, job->ids[i].b, job->ids[i].len) !=
		    FIDO_OK)
			goto out;
	r = fido_dev_make_cred(key, c, pin_of(job));
	if (r == FIDO_ERR_PIN_INVALID || r == FIDO_ERR_PIN_AUTH_INVALID ||
	    r == FIDO_ERR_UV_INVALID)
		say_retries(res);
	if (r != FIDO_OK)
		goto out;
	r = FIDO_ERR_RX_INVALID_CBOR;
	if (fido_cred_authdata_raw_len(c) == 0 ||
	    fido_cred_authdata_raw_len(c) > sizeof(res->auth))
		goto out;
	res->auth_len = (uint16_t)fido_cred_authdata_raw_len(c);
	memcpy(res->auth, fido_cred_authdata_raw_ptr(c), res->auth_len);
	r = FIDO_OK;
out:
	fido_cred_free(&c);
	return r;
}

static int
do_touch(struct aas_io_result *res)
{
	int touched = 0;
	int r;

	if ((r = fido_dev_get_touch_begin(key)) != FIDO_OK)
		return r;
	r = fido_dev_get_touch_status(key, &touched, aas_line_left_ms());
	res->touched = touched != 0;
	return r;
}

static void
work(const struct aas_io_job *job, struct aas_io_result *res)
{
	res->op = job->op;
	res->pin_retries = UNKNOWN;
	res->uv_retries = UNKNOWN;
	res->fido = aas_line_begin(job->timeout_ms, &key);
	if (res->fido != FIDO_OK)
		goto out;
	say_caps(res);
	switch (job->op) {
	case AAS_IO_PROBE:
		res->fido = do_probe(job, res);
		break;
	case AAS_IO_ASSERT:
		res->fido = do_assert(job, res);
		break;
	case AAS_IO_MAKE:
		res->fido = do_make(job, res);
		break;
	case AAS_IO_TOUCH:
		res->fido = do_touch(res);
		break;
	case AAS_IO_SETPIN:
		res->fido = fido_dev_set_pin(key, pin_of(job), NULL);
		break;
	default:
		_exit(1);
	}
out:
	res->end = aas_line_end();
}

_Noreturn void
aas_io_main(int dev, int ctl)
{
	static uint8_t buf[AAS_IO_PACKET];
	static struct aas_io_job job;
	static struct aas_io_result res;

	aas_line_init(dev, ctl);
	for (;;) {
		ssize_t n = read(ctl, buf, sizeof(buf));
		size_t len;

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		if (n == 1 && buf[0] == AAS_IO_CANCEL)
			continue; /* it came after the answer */
		if (aas_io_job_get(buf, (size_t)n, &job) != AAS_OK ||
		    job.timeout_ms > 3600000)
			_exit(1);
		explicit_bzero(buf, (size_t)n);
		memset(&res, 0, sizeof(res));
		work(&job, &res);
		aas_io_job_wipe(&job);
		if (aas_io_result_put(&res, buf, sizeof(buf), &len) != AAS_OK ||
		    write(ctl, buf, len) != (ssize_t)len)
			_exit(1);
	}
}
