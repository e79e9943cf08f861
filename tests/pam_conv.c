/*
 * The conversation: a host's copy of a reply is wiped on every path, F34.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>

#include "lib/err.h"
#include "pam_aas/conv.h"
#include "tests/pam_host.h"

static char *given; /* the reply; wiped and freed after the call */
static size_t given_len;
static int answer_code;

static int
answer(int n, const struct pam_message **msg, struct pam_response **resp,
    void *arg)
{
	(void)n;
	(void)msg;
	*resp = calloc(1, sizeof(**resp));
	assert_non_null(*resp);
	given = malloc(given_len + 1);
	assert_non_null(given);
	memset(given, 'p', given_len);
	given[given_len] = arg != NULL ? 'p' : '\0';
	(*resp)->resp = given;
	if (answer_code != PAM_SUCCESS) {
		free(given);
		free(*resp);
		*resp = NULL;
	}
	return answer_code;
}

static pam_handle_t *
start(struct pam_host *h, void *arg)
{
	struct pam_conv conv = { .conv = answer, .appdata_ptr = arg };
	pam_handle_t *pamh = NULL;

	assert_int_equal(
	    pam_start_confdir("sudo", "daemon", &conv, h->confdir, &pamh),
	    PAM_SUCCESS);
	wipe_reset();
	answer_code = PAM_SUCCESS;
	return pamh;
}

static void
conv_cve_2019_18634_cve_2022_43995_reply_of_any_length_is_wiped(void **state)
{
	static const size_t lens[] = { 0, 1, 23, 24, 255, 256, 1000, 1000000 };
	struct pam_host *h = *state;
	pam_handle_t *pamh = start(h, NULL);
	char reply[AAS_REPLY_MAX];

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		given_len = lens[i];
		wipe_reset();
		assert_int_equal(aas_conv_ask(pamh, 0, "PIN: ", reply),
		    lens[i] < AAS_REPLY_MAX ? AAS_OK : AAS_ERR_TOOBIG);
		assert_int_equal(
		    strlen(reply), lens[i] < AAS_REPLY_MAX ? lens[i] : 0);
		assert_int_equal(wipe_covers(given, lens[i]), 1);
	}
	(void)pam_end(pamh, 0);
}

static void
conv_reply_without_an_end_is_wiped_and_refused(void **state)
{
	struct pam_host *h = *state;
	int open_end = 1;
	pam_handle_t *pamh = start(h, &open_end);
	char reply[AAS_REPLY_MAX];

	given_len = 23; /* 24 bytes: all that malloc(3) gives */
	assert_int_equal(
	    aas_conv_ask(pamh, 1, "Name: ", reply), AAS_ERR_TOOBIG);
	assert_string_equal(reply, "");
	assert_int_equal(wipe_covers(given, 24), 1);
	(void)pam_end(pamh, 0);
}

static void
conv_reply_that_nobody_asked_for_is_wiped(void **state)
{
	struct pam_host *h = *state;
	pam_handle_t *pamh = start(h, NULL);

	given_len = 40;
	assert_int_equal(aas_conv_show(pamh, 0, "Touch 'blue'"), AAS_OK);
	assert_int_equal(wipe_covers(given, 40), 1);
	assert_int_equal(aas_conv_usable(pamh), 1);
	answer_code = PAM_ABORT;
	assert_int_equal(
	    aas_conv_show(pamh, 1, "Touch 'blue'"), AAS_ERR_CANCELED);
	(void)pam_end(pamh, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(
		    conv_cve_2019_18634_cve_2022_43995_reply_of_any_length_is_wiped),
		HOST_TEST(conv_reply_without_an_end_is_wiped_and_refused),
		HOST_TEST(conv_reply_that_nobody_asked_for_is_wiped),
	};

	if (!pam_host_ready())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
