/*
 * Jobs and results between the two halves: whole or refused.
 */
#include "tests/fixture.h"

#include <stdio.h>
#include <string.h>

#include "lib/ceremony/msg.h"
#include "lib/err.h"

static uint8_t buf[AAS_IO_PACKET + 1];
static struct aas_io_job job, job2;
static struct aas_io_result res, res2;

static void
ceremony_msg_job_comes_back_whole(void **state)
{
	size_t len;

	(void)state;
	memset(&job, 0, sizeof(job));
	job.op = AAS_IO_ASSERT;
	job.timeout_ms = 5000;
	job.uv = 1;
	(void)snprintf(job.rp, sizeof(job.rp), "example.org");
	memset(job.hash, 1, sizeof(job.hash));
	assert_int_equal(aas_secret_set(&job.pin, "1234", 4), AAS_OK);
	job.ids_n = 3;
	for (size_t i = 0; i < 3; i++) {
		job.ids[i].len = (uint16_t)(16 + i);
		memset(job.ids[i].b, (int)i, job.ids[i].len);
	}
	assert_int_equal(aas_io_job_put(&job, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(aas_io_job_get(buf, len, &job2), AAS_OK);
	assert_memory_equal(&job, &job2, sizeof(job));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(aas_io_job_get(buf, i, &job2), AAS_ERR_FORMAT);
	assert_int_equal(job2.pin.len, 0);
	assert_int_equal(aas_io_job_get(buf, len + 1, &job2), AAS_ERR_FORMAT);
}

static void
ceremony_msg_fullest_job_fits_its_packet(void **state)
{
	size_t len;

	(void)state;
	memset(&job, 0, sizeof(job));
	job.ids_n = AAS_KEYS_MAX;
	for (size_t i = 0; i < AAS_KEYS_MAX; i++)
		job.ids[i].len = AAS_CRED_MAX;
	assert_int_equal(
	    aas_io_job_put(&job, buf, AAS_IO_PACKET, &len), AAS_OK);
	assert_int_equal(aas_io_job_get(buf, len, &job2), AAS_OK);
	job.ids_n = AAS_KEYS_MAX + 1;
	assert_int_equal(
	    aas_io_job_put(&job, buf, AAS_IO_PACKET, &len), AAS_ERR_INVAL);
}

static void
ceremony_msg_result_comes_back_whole(void **state)
{
	size_t len;

	(void)state;
	memset(&res, 0, sizeof(res));
	res.op = AAS_IO_MAKE;
	res.end = AAS_IO_DONE;
	res.fido = -3;
	res.match = AAS_KEYS_MAX;
	res.pin_retries = 255;
	res.proof.auth_len = 37;
	res.proof.sig_len = 70;
	res.auth_len = AAS_IO_AUTH_MAX;
	memset(res.auth, 6, sizeof(res.auth));
	assert_int_equal(
	    aas_io_result_put(&res, buf, sizeof(buf), &len), AAS_OK);
	assert_int_equal(aas_io_result_get(buf, len, &res2), AAS_OK);
	assert_memory_equal(&res, &res2, sizeof(res));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(
		    aas_io_result_get(buf, i, &res2), AAS_ERR_FORMAT);
	assert_int_equal(
	    aas_io_result_get(buf, len + 1, &res2), AAS_ERR_FORMAT);
}

/* The other end may be in a hostile key's hands. */
static void
ceremony_msg_result_out_of_bounds_is_refused(void **state)
{
	size_t len;

	(void)state;
	for (int i = 0; i < 4; i++) {
		memset(&res, 0, sizeof(res));
		res.end = AAS_IO_DONE;
		if (i == 0)
			res.end = AAS_IO_DIED;
		if (i == 1)
			res.end = AAS_IO_CANCELED + 1;
		if (i == 2)
			res.match = AAS_KEYS_MAX + 1;
		if (i == 3)
			res.touched = 2;
		assert_int_equal(
		    aas_io_result_put(&res, buf, sizeof(buf), &len), AAS_OK);
		assert_int_equal(
		    aas_io_result_get(buf, len, &res2), AAS_ERR_FORMAT);
		assert_int_equal(res2.end, AAS_IO_DIED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(ceremony_msg_job_comes_back_whole),
		FIXTURE_TEST(ceremony_msg_fullest_job_fits_its_packet),
		FIXTURE_TEST(ceremony_msg_result_comes_back_whole),
		FIXTURE_TEST(ceremony_msg_result_out_of_bounds_is_refused),
	};

	return cmocka_run_group_tests_name("ceremony_msg", tests, NULL, NULL);
}
